/* SPDX-License-Identifier: Apache-2.0 - base64 and hex: RFC 4648 section 10, and what must be refused */
#include "base/b64.h"
#include "base/hex.h"
#include "tap.h"

static const struct {
    enum b64 kind;
    const char *plain, *text;
} good[] = {
    { B64_STD, "", "" },
    { B64_STD, "f", "Zg==" },
    { B64_STD, "fo", "Zm8=" },
    { B64_STD, "foo", "Zm9v" },
    { B64_STD, "foob", "Zm9vYg==" },
    { B64_STD, "fooba", "Zm9vYmE=" },
    { B64_STD, "foobar", "Zm9vYmFy" },
    { B64_URL, "f", "Zg" },
    { B64_URL, "fo", "Zm8" },
    { B64_URL, "\xfb\xff", "-_8" },
    { B64_STD, "\xfb\xff", "+/8=" },
};

static const struct {
    enum b64 kind;
    const char *text, *why;
} bad[] = {
    { B64_STD, "Zg", "missing padding" },        { B64_STD, "Zg=", "half the padding" },
    { B64_STD, "Zh==", "spare bits" },           { B64_STD, "Zm9=", "spare bits, two bytes" },
    { B64_STD, "Zm9v\n", "line break" },         { B64_STD, "Z===", "one letter" },
    { B64_STD, "====", "padding only" },         { B64_STD, "Zg==Zg==", "padding inside" },
    { B64_STD, "-_8=", "URL alphabet" },         { B64_URL, "Zg==", "padding in base64url" },
    { B64_URL, "+/8", "standard alphabet" },     { B64_URL, "Zh", "spare bits in base64url" },
    { B64_URL, "Z", "one letter in base64url" }, { B64_URL, "Zm 9v", "space" },
};

static void round_trip(size_t n)
{
    uint8_t plain[70], back[70];
    for (size_t i = 0; i < n; i++)
        plain[i] = (uint8_t)(i * 37 + n);
    for (int kind = B64_STD; kind <= B64_URL; kind++) {
        struct buf text;
        buf_init(&text, 200);
        b64_put(&text, (enum b64)kind, BYTES(plain, n));
        ok(text.len == b64_len((enum b64)kind, n) &&
               b64_read_exact((enum b64)kind, bytes_of(&text), back, n) &&
               (n == 0 || memcmp(plain, back, n) == 0),
           "round trip of %zu bytes, alphabet %d", n, kind);
        buf_clear(&text);
    }
}

static void test_hex(void)
{
    uint8_t out[4];
    ok(hex_read(bytes_str("00ff10ab"), out, 4) && memcmp(out, "\x00\xff\x10\xab", 4) == 0, "hex reads");
    static const char *const refused[] = { "00FF10AB", "00ff10a",  "00ff10abc",
                                           "00ff10ag", "0x0f10ab", "00ff 0ab" };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        ok(!hex_read(bytes_str(refused[i]), out, 4), "hex refuses '%s'", refused[i]);
}

int main(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct fail f = { 0 };
        struct buf text, plain;
        buf_init(&text, 100);
        buf_init(&plain, 100);
        b64_put(&text, good[i].kind, bytes_str(good[i].plain));
        is_str(buf_text(&text), good[i].text, "written");
        ok(b64_read(good[i].kind, bytes_str(good[i].text), &plain, "it", &f) == OK, "read %s", good[i].text);
        is_str(buf_text(&plain), good[i].plain, "and the same");
        buf_clear(&text);
        buf_clear(&plain);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fail f = { 0 };
        struct buf plain;
        buf_init(&plain, 100);
        ok(b64_read(bad[i].kind, bytes_str(bad[i].text), &plain, "it", &f) == E_INVALID && plain.len == 0,
           "refused: %s", bad[i].why);
        buf_clear(&plain);
    }
    for (size_t n = 0; n < 70; n++)
        round_trip(n);
    test_hex();
    return tap_done();
}
