/* SPDX-License-Identifier: Apache-2.0 */
#include "tdf/crc.h"

#include <string.h>

#include <libdeflate.h>

#if defined(__x86_64__)
#include <immintrin.h>

/*
 * Where the processor multiplies two pairs of 64-bit polynomials at once, a checksum costs half of what it
 * costs otherwise, and sealing is mostly AES and this. Four vectors are folded over the input: a vector moved
 * on by 1024 bits equals its halves multiplied by x^(1024+32) and x^(1024-32) modulo the polynomial
 * (V. Gopal and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", Intel, 2009). The
 * vectors left at the end are a message of 128 bytes with the same remainder.
 */
#define LANES  4
#define BLOCK  (LANES * sizeof(__m256i))
#define VECTOR __attribute__((target("avx2,vpclmulqdq")))

VECTOR static inline __m256i step(__m256i lane, __m256i k, const __m256i_u *next)
{
    __m256i low = _mm256_clmulepi64_epi128(lane, k, 0x00);
    __m256i high = _mm256_clmulepi64_epi128(lane, k, 0x11);
    return _mm256_xor_si256(_mm256_xor_si256(low, high), _mm256_loadu_si256(next));
}

/* ${blocks} blocks, at least one, after the register state ${state}; the message they fold to in ${out}. */
VECTOR static void fold(uint32_t state, const uint8_t *p, size_t blocks, uint8_t out[static BLOCK])
{
    const __m256i k = _mm256_set_epi64x(0x14a7fe880, 0x1e88ef372, 0x14a7fe880, 0x1e88ef372);
    const __m256i_u *at = (const void *)p;
    __m256i first = _mm256_set_epi32(0, 0, 0, 0, 0, 0, 0, (int)state);
    __m256i a = _mm256_xor_si256(first, _mm256_loadu_si256(at)), b = _mm256_loadu_si256(at + 1);
    __m256i c = _mm256_loadu_si256(at + 2), d = _mm256_loadu_si256(at + 3);
    while (--blocks) {
        at += LANES;
        a = step(a, k, at);
        b = step(b, k, at + 1);
        c = step(c, k, at + 2);
        d = step(d, k, at + 3);
    }
    const __m256i lanes[LANES] = { a, b, c, d };
    memcpy(out, lanes, sizeof lanes);
}

static uint32_t add(uint32_t crc, struct bytes v)
{
    size_t blocks = v.len / BLOCK;
    if (blocks > 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("vpclmulqdq")) {
        uint8_t folded[BLOCK];
        fold(~crc, v.data, blocks, folded);
        crc = libdeflate_crc32(UINT32_MAX, folded, sizeof folded); /* from a register of zero */
        v = BYTES(v.data + blocks * BLOCK, v.len % BLOCK);
    }
    return libdeflate_crc32(crc, v.data, v.len);
}
#else
static uint32_t add(uint32_t crc, struct bytes v)
{
    return libdeflate_crc32(crc, v.data, v.len);
}
#endif

uint32_t crc_add(uint32_t crc, struct bytes v)
{
    return v.len ? add(crc, v) : crc;
}
