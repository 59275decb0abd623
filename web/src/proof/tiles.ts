// SPDX-License-Identifier: Apache-2.0
// tiles.ts: a log as static resources (C2SP tlog-tiles): where a hash or an entry stands, and the proof that an entry is in the tree,
// made of them. What they say is worth nothing by itself: the proof has to lead to a signed root (tree.ts).
import { type Bytes, need } from '../bytes.ts';
import { nodeHash } from './tree.ts';

export type Fetch = (path: string) => Promise<Uint8Array>;
const WIDTH = 256;

// "tile/0/x001/x234/067.p/5"; a full tile has no suffix.
export function tilePath(level: number | 'entries', number: number, width: number): string {
    const groups = [String(number % 1000).padStart(3, '0')];
    for (let rest = Math.floor(number / 1000); rest > 0; rest = Math.floor(rest / 1000)) groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
    return `tile/${level}/${groups.join('/')}${width < WIDTH ? `.p/${width}` : ''}`;
}

const widthOf = (level: number, number: number, size: number): number => Math.min(WIDTH, Math.floor(size / WIDTH ** level) - WIDTH * number);

// The entry at ${index} of a log of ${size}, out of its bundle: each entry after its length.
export async function fetchEntry(fetch: Fetch, index: number, size: number): Promise<Bytes> {
    const number = Math.floor(index / WIDTH);
    const bundle = await fetch(tilePath('entries', number, widthOf(0, number, size)));
    let at = 0;
    for (let i = 0; ; i++) {
        need(at + 2 <= bundle.length, 'a bundle of entries is cut short');
        const length = (bundle[at] as number) << 8 | bundle[at + 1] as number;
        need(at + 2 + length <= bundle.length, 'a bundle of entries is cut short');
        if (i === index % WIDTH) return bundle.slice(at + 2, at + 2 + length);
        at += 2 + length;
    }
}

// RFC 6962, 2.1.1: what has to be hashed with entry ${index}, from the leaf up to the root of a tree of ${size}.
export async function fetchProof(fetch: Fetch, index: number, size: number): Promise<Uint8Array[]> {
    const tiles = new Map<string, Promise<Uint8Array>>();
    const tile = (level: number, number: number) => {
        const path = tilePath(level, number, widthOf(level, number, size));
        const got = tiles.get(path) ?? fetch(path);
        tiles.set(path, got);
        return got;
    };
    // the tree over leaves [from, to)
    const hash = async (from: number, to: number): Promise<Uint8Array> => {
        const count = to - from;
        const height = Math.log2(count);
        if (!Number.isInteger(height)) {
            const half = 2 ** Math.floor(height);
            return nodeHash(await hash(from, from + half), await hash(from + half, to));
        }
        const level = Math.floor(height / 8);
        const at = from / WIDTH ** level;
        const hashes = await tile(level, Math.floor(at / WIDTH));
        const start = 32 * (at % WIDTH);
        need(hashes.length >= start + 32, 'a tile of hashes is cut short');
        const wide = count / WIDTH ** level; // 1, 2 .. 128 hashes of the tile
        return wide === 1 ? hashes.subarray(start, start + 32) : nodeHash(await hash(from, from + count / 2), await hash(from + count / 2, to));
    };
    const proof: Uint8Array[] = [];
    let [from, to] = [0, size];
    while (to - from > 1) {
        const half = 2 ** Math.ceil(Math.log2(to - from) - 1);
        const left = index < from + half;
        proof.unshift(await (left ? hash(from + half, to) : hash(from, from + half)));
        [from, to] = left ? [from, from + half] : [from + half, to];
    }
    return proof;
}
