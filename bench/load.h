/* SPDX-License-Identifier: Apache-2.0
 * bench/load.h - requests made beforehand, sent over kept-alive TLS connections, as fast as answers come or at given times */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stddef.h>
#include <stdint.h>

#define LOAD_CONNECTIONS_MAX 64

/* One request, whole as it goes over the wire. */
struct job {
    char *text;
    size_t len;
    const char *mark; /* stands ${times} times in a good answer */
    unsigned times;
    double due;     /* seconds from the start, where a rate is kept */
    double latency; /* out: seconds from due (or from sending) to the last byte of the answer */
};
void job_clear(struct job *j);

struct load;
/* load_open: ${connections} of them to a port on loopback, TLS 1.3. */
struct load *load_open(uint16_t port, unsigned connections);
void load_close(struct load *l);

/* load_run: all jobs; ${rate} a second at random times (0: each connection sends its next one when it has its answer). Gives the
 * seconds it took. An answer that is not as it should be ends the program. */
double load_run(struct load *l, struct job *jobs, size_t count, double rate);

#endif
