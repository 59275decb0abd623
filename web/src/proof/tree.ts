// SPDX-License-Identifier: Apache-2.0
// tree.ts: the Merkle tree of RFC 6962: leaves, nodes, proofs that an entry is in it.
import { type Bytes, equal, sha256 } from '../bytes.ts';

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

export const leafHash = (entry: Uint8Array): Promise<Bytes> => sha256(LEAF, entry);
export const nodeHash = (left: Uint8Array, right: Uint8Array): Promise<Bytes> => sha256(NODE, left, right);

// RFC 9162, 2.1.4.2: the tree of ${size} with ${root} extends that of ${old} with ${oldRoot}.
export async function isConsistent(old: bigint, size: bigint, oldRoot: Uint8Array, root: Uint8Array, proof: Uint8Array[]): Promise<boolean> {
    if (old < 1n || old > size || oldRoot.length !== 32 || root.length !== 32 || proof.some((hash) => hash.length !== 32)) return false;
    if (old === size) return proof.length === 0 && equal(oldRoot, root);
    const path = (old & (old - 1n)) === 0n ? [oldRoot, ...proof] : [...proof];
    let [node, last] = [old - 1n, size - 1n];
    while ((node & 1n) === 1n) {
        node >>= 1n;
        last >>= 1n;
    }
    const first = path.shift();
    if (!first) return false;
    let [before, after]: [Uint8Array, Uint8Array] = [first, first];
    for (const hash of path) {
        if (last === 0n) return false;
        if ((node & 1n) === 1n || node === last) {
            [before, after] = [await nodeHash(hash, before), await nodeHash(hash, after)];
            while ((node & 1n) === 0n && node !== 0n) {
                node >>= 1n;
                last >>= 1n;
            }
        } else {
            after = await nodeHash(after, hash);
        }
        node >>= 1n;
        last >>= 1n;
    }
    return last === 0n && equal(before, oldRoot) && equal(after, root);
}

// RFC 9162, 2.1.3.2.
export async function isIncluded(index: bigint, size: bigint, leaf: Bytes, proof: Uint8Array[], root: Uint8Array): Promise<boolean> {
    if (index < 0n || index >= size || root.length !== 32 || proof.some((hash) => hash.length !== 32)) return false;
    let [node, last, hash] = [index, size - 1n, leaf];
    for (const sibling of proof) {
        if (last === 0n) return false;
        if ((node & 1n) === 1n || node === last) {
            hash = await nodeHash(sibling, hash);
            while ((node & 1n) === 0n && node !== 0n) {
                node >>= 1n;
                last >>= 1n;
            }
        } else {
            hash = await nodeHash(hash, sibling);
        }
        node >>= 1n;
        last >>= 1n;
    }
    return last === 0n && equal(hash, root);
}
