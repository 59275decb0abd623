// SPDX-License-Identifier: Apache-2.0
// map.ts: that a tag is not in the map which a seal commits (docs/formats.md, 1.4): the walk for it ends at another leaf.
import { type Bytes, Reader, concat, equal, need, sha256 } from '../bytes.ts';

const KEY_BITS = 256;

function uv(n: number): Bytes {
    return n < 128 ? new Uint8Array([n]) : new Uint8Array([(n & 127) | 128, n >> 7]);
}

// As uv writes it; the longer spellings of a number, and numbers over 255, are refused.
function readUv(r: Reader): number {
    const low = r.u8();
    if (low < 128) return low;
    need(r.u8() === 1, 'proof of absence: a number');
    return (low & 127) | 128;
}

const bitOf = (key: Uint8Array, bit: number): number => ((key[bit >> 3] as number) >> (7 - (bit & 7))) & 1;

// Throws unless ${proof} shows that ${key} has no leaf under ${root}.
export async function verifyAbsent(root: Uint8Array, key: Uint8Array, proof: Uint8Array): Promise<void> {
    const failed = 'the proof of absence from the map does not hold';
    let hash = await sha256();
    if (proof.length > 0) {
        const r = new Reader(proof, 'proof of absence');
        need(r.u8() === 32, failed);
        const other = r.take(32);
        need(r.u8() === 32, failed);
        const value = r.take(32);
        need(!equal(other, key), 'the tag is in the map: there is a briefing');
        hash = await sha256(new Uint8Array([0]), uv(32), other, uv(32), value);
        for (let below = KEY_BITS; !r.done();) {
            const bit = readUv(r);
            need(bit < below && bitOf(other, bit) === bitOf(key, bit), failed);
            const sibling = r.take(32);
            hash = await sha256(concat(new Uint8Array([1]), uv(bit), ...(bitOf(other, bit) === 0 ? [hash, sibling] : [sibling, hash])));
            below = bit;
        }
    }
    need(equal(hash, root), failed);
}
