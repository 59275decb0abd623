/* SPDX-License-Identifier: Apache-2.0 */
#include "tdf/crc.h"

#include <libdeflate.h>

#if defined(__x86_64__)
#include <immintrin.h>

/*
 * Where the processor multiplies several pairs of 64-bit polynomials at once, a checksum costs a half or a
 * quarter of what it costs otherwise, and sealing is mostly AES and this. Four vectors are folded over the
 * input: a vector moved on by n bits, those of four vectors, equals its halves multiplied by x^(n+32) and
 * x^(n-32) modulo the polynomial (V. Gopal and others, "Fast CRC Computation for Generic Polynomials Using
 * PCLMULQDQ", Intel, 2009). The vectors left at the end are a message of n bits with the same remainder.
 */
#define LANES     4
#define BLOCK     (LANES * sizeof(__m256i))
#define WIDE      (LANES * sizeof(__m512i))
#define VECTOR    __attribute__((target("avx2,vpclmulqdq")))
#define WIDE_ONLY __attribute__((target("avx512f,vpclmulqdq")))

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
    /* straight to where they go: a local of such width wants an alignment that not every stack gives */
    __m256i_u *to = (void *)out;
    _mm256_storeu_si256(to, a);
    _mm256_storeu_si256(to + 1, b);
    _mm256_storeu_si256(to + 2, c);
    _mm256_storeu_si256(to + 3, d);
}

WIDE_ONLY static inline __m512i step_wide(__m512i lane, __m512i k, const __m512i_u *next)
{
    __m512i low = _mm512_clmulepi64_epi128(lane, k, 0x00);
    __m512i high = _mm512_clmulepi64_epi128(lane, k, 0x11);
    return _mm512_ternarylogic_epi64(low, high, _mm512_loadu_si512(next), 0x96); /* the sum of all three */
}

/* The same in vectors of twice the width. */
WIDE_ONLY static void fold_wide(uint32_t state, const uint8_t *p, size_t blocks, uint8_t out[static WIDE])
{
    const __m512i k = _mm512_set4_epi64(0x1322d1430, 0x11542778a, 0x1322d1430, 0x11542778a);
    const __m512i_u *at = (const void *)p;
    __m512i first = _mm512_maskz_set1_epi32(1, (int)state);
    __m512i a = _mm512_xor_si512(first, _mm512_loadu_si512(at)), b = _mm512_loadu_si512(at + 1);
    __m512i c = _mm512_loadu_si512(at + 2), d = _mm512_loadu_si512(at + 3);
    while (--blocks) {
        at += LANES;
        a = step_wide(a, k, at);
        b = step_wide(b, k, at + 1);
        c = step_wide(c, k, at + 2);
        d = step_wide(d, k, at + 3);
    }
    __m512i_u *to = (void *)out;
    _mm512_storeu_si512(to, a);
    _mm512_storeu_si512(to + 1, b);
    _mm512_storeu_si512(to + 2, c);
    _mm512_storeu_si512(to + 3, d);
}

static uint32_t add(uint32_t crc, struct bytes v)
{
    uint8_t folded[WIDE];
    size_t block = 0;
    if (v.len >= 2 * WIDE && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq"))
        fold_wide(~crc, v.data, v.len / (block = WIDE), folded);
    else if (v.len >= 2 * BLOCK && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("vpclmulqdq"))
        fold(~crc, v.data, v.len / (block = BLOCK), folded);
    if (block) {
        crc = libdeflate_crc32(UINT32_MAX, folded, block); /* from a register of zero */
        v = BYTES(v.data + v.len / block * block, v.len % block);
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
