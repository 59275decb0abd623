#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""log.py URL [SEEN]: read a whole log from outside, by C2SP tlog-tiles and nothing else, and check it.

URL is in front of /checkpoint. Every bundle and every hash tile of the checkpoint's size is fetched; the root of the
entries must be the checkpoint's, and the tiles must be what the entries give. Prints one JSON object: origin, size,
root, cosigners (names on the other lines), forms (how many entries of each).

SEEN is a file of earlier checkpoints, a line "size root" each: every root must be that of so many first entries."""
import base64
import hashlib
import json
import ssl
import struct
import sys
import urllib.request

CONTEXT = ssl._create_unverified_context()  # the scenario pins nothing: what is read proves itself


def fetch(url):
    with urllib.request.urlopen(url, timeout=10, context=CONTEXT) as answer:
        return answer.read()


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes):
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node(root(hashes[:half]), root(hashes[half:]))


def number(n):
    parts = [f"{n % 1000:03}"]
    while n >= 1000:
        n //= 1000
        parts.insert(0, f"x{n % 1000:03}")
    return "/".join(parts)


def tiles(size, level):
    """(number, width) of each tile of a level."""
    count = size >> (8 * level)
    return [(n, min(256, count - 256 * n)) for n in range((count + 255) // 256)]


def path(kind, n, width):
    return f"tile/{kind}/{number(n)}" + ("" if width == 256 else f".p/{width}")


def entries_of(bundle, width):
    found, at = [], 0
    for _ in range(width):
        (length,) = struct.unpack(">H", bundle[at:at + 2])
        found.append(bundle[at + 2:at + 2 + length])
        at += 2 + length
    assert at == len(bundle), "bytes after the last entry of a bundle"
    return found


def check_seen(path_of_seen, hashes):
    with open(path_of_seen, encoding="ascii") as lines:
        seen = sorted({(int(size), claimed) for size, claimed in map(str.split, lines)})
    assert seen, "no earlier checkpoint was noted"
    for size, claimed in seen:
        assert size <= len(hashes), f"{size} entries were signed, and there are {len(hashes)}"
        assert root(hashes[:size]) == base64.b64decode(claimed), f"another root was signed for {size} entries"


def main(url, seen=None):
    note = fetch(url + "/checkpoint").decode()
    text, _, signatures = note.rpartition("\n\n")
    origin, size, claimed = text.split("\n")
    size = int(size)
    entries = []
    for n, width in tiles(size, 0):
        entries += entries_of(fetch(f"{url}/{path('entries', n, width)}"), width)
    hashes = [hashlib.sha256(b"\x00" + e).digest() for e in entries]
    assert root(hashes) == base64.b64decode(claimed), "the entries do not give the root that was signed"
    if seen:
        check_seen(seen, hashes)
    level, below = 0, hashes
    while below:
        for n, width in tiles(size, level):
            got = fetch(f"{url}/{path(level, n, width)}")
            assert got == b"".join(below[256 * n:256 * n + width]), f"tile {level}, {n} is not its entries'"
        below = [root(below[256 * i:256 * i + 256]) for i in range(len(below) // 256)]
        level += 1
    forms = {}
    for e in entries:
        assert e[:8] == b"orcnle1\n"
        forms[str(e[8])] = forms.get(str(e[8]), 0) + 1
    names = [line.split(" ")[1] for line in signatures.splitlines()]
    print(json.dumps({"origin": origin, "size": size, "root": claimed, "forms": forms,
                      "cosigners": sorted(name for name in names if name != origin)}))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (AssertionError, OSError, ValueError, struct.error) as why:
        print(f"log.py: {why}", file=sys.stderr)
        sys.exit(1)
