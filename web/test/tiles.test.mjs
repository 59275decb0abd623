// SPDX-License-Identifier: Apache-2.0
// Proofs made of tiles lead from every kind of place to the root of the tree, at sizes around the edges of tiles; changed ones don't.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { bundle } from './bundle.mjs';

const { fetchEntry, fetchProof, isIncluded, tilePath } = await bundle(`export * from './src/proof/tiles.ts'; export { isIncluded } from './src/proof/tree.ts';`);
const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const entry = (i) => Buffer.from(`entry ${i}`);
const node = (left, right) => sha(Buffer.from([1]), left, right);

// A log with everything that it serves, built from the leaves up.
function log(size) {
    const files = new Map();
    let row = Array.from({ length: size }, (_, i) => sha(Buffer.from([0]), entry(i)));
    const bundles = Array.from({ length: size }, (_, i) => Buffer.concat([Buffer.from([0, entry(i).length]), entry(i)]));
    const cut = (level, parts) => {
        for (let n = 0; n * 256 < parts.length; n++) files.set(tilePath(level, n, Math.min(256, parts.length - 256 * n)), Buffer.concat(parts.slice(256 * n, 256 * n + 256)));
    };
    cut('entries', bundles);
    for (let level = 0; row.length > 0; level++) {
        cut(level, row);
        for (let i = 0; i < 8; i++) row = Array.from({ length: row.length >> 1 }, (_, at) => node(row[2 * at], row[2 * at + 1]));
    }
    const root = (from, to) => {
        if (to - from === 1) return sha(Buffer.from([0]), entry(from));
        let half = 1;
        while (half * 2 < to - from) half *= 2;
        return node(root(from, from + half), root(from + half, to));
    };
    const fetch = async (path) => {
        assert.ok(files.has(path), `asked for ${path}, which a log of ${size} has not`);
        return new Uint8Array(files.get(path));
    };
    return { fetch, root: root(0, size) };
}

test('paths are those of tlog-tiles', () => {
    assert.equal(tilePath(0, 1234067, 5), 'tile/0/x001/x234/067.p/5');
    assert.equal(tilePath('entries', 0, 256), 'tile/entries/000');
    assert.equal(tilePath(2, 1000, 256), 'tile/2/x001/000');
});

for (const size of [1, 2, 3, 7, 255, 256, 257, 300, 511, 512, 1000, 66000]) test(`entries of a log of ${size}`, async () => {
    const { fetch, root } = log(size);
    for (const index of new Set([0, 1, size >> 1, size - 2, size - 1].filter((i) => i >= 0 && i < size))) {
        const found = await fetchEntry(fetch, index, size);
        assert.equal(Buffer.from(found).toString(), `entry ${index}`);
        const proof = await fetchProof(fetch, index, size);
        const leaf = new Uint8Array(sha(Buffer.from([0]), found));
        assert.ok(await isIncluded(BigInt(index), BigInt(size), leaf, proof, root), `${index}`);
        assert.ok(!await isIncluded(BigInt(index), BigInt(size), new Uint8Array(sha(found)), proof, root), `another leaf at ${index}`);
    }
});

test('what is cut short is refused', async () => {
    const { fetch } = log(300);
    const short = async (path) => (await fetch(path)).subarray(0, 40);
    await assert.rejects(fetchEntry(short, 250, 300), /cut short/);
    await assert.rejects(fetchProof(short, 250, 300), /cut short/);
});
