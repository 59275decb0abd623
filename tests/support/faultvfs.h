/* SPDX-License-Identifier: Apache-2.0
 * tests/support/faultvfs.h - a disk that fails, for tests: SQLite's own files go through it
 *
 * It stands in front of SQLite's default VFS and keeps, for each file below one folder, what a disk is sure to hold: the
 * bytes of the last sync that succeeded. What was written since may be there after a fault or not, sector by sector, as
 * the seed has it: nothing, all of it, or any part in any order. Nothing of this is in the shipped program: a test
 * links it and installs it, in a process of its own.
 */
#ifndef TESTS_FAULTVFS_H
#define TESTS_FAULTVFS_H

#include <stdbool.h>
#include <stdint.h>

#define FAULT_POWER_STATUS 98 /* of a process whose power went */
#define FAULT_SECTOR       512

/* What happens at the ${n}-th call of its kind. All but FAULT_FULL happen once. */
enum fault_kind {
    FAULT_NONE,
    FAULT_WRITE, /* a write fails, and nothing of it is there */
    FAULT_TORN,  /* a write fails, and some of its sectors are there */
    FAULT_FULL, /* the disk is full: from here on every write fails, and the first half of this one is there */
    FAULT_SYNC, /* a sync fails, and the kernel has dropped what was not synced: reads show it */
    FAULT_STALE, /* the same, but reads still show what the disk does not hold; the next sync says all is well */
    FAULT_TRUNCATE, /* cutting a file fails */
    FAULT_READ,
    FAULT_OPEN,
    FAULT_SHM,   /* mapping the index of the write-ahead log fails */
    FAULT_POWER, /* before a write, cut or sync the power goes */
    FAULT_KINDS
};

struct fault {
    enum fault_kind kind;
    unsigned n; /* from 1 */
    uint64_t seed;
    const char *under;     /* files below this folder; the string stays the caller's, and stays there */
    void (*happens)(void); /* called when it does, NULL for nothing; must not touch a database */
};

/* faultvfs_install: from now on, for this process, which has no database open. Any number of threads may follow. */
void faultvfs_install(const struct fault *fault);

/* faultvfs_power: the power goes now. After a FAULT_STALE in an earlier process that is what the disk held since. */
_Noreturn void faultvfs_power(void);

#endif
