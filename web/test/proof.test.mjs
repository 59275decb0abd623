// SPDX-License-Identifier: Apache-2.0
// The page's verifiers against the vectors that the C ones pass: tests/vectors/ledger (docs/formats.md says where from).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bundle } from './bundle.mjs';

const vectors = (name) => JSON.parse(readFileSync(new URL(`../../tests/vectors/ledger/${name}.json`, import.meta.url)));
const { vrfVerify, verifyPresence, checkReply, readLogKey, isIncluded, isConsistent } = await bundle(`
    export { vrfVerify } from './src/proof/vrf.ts';
    export { verifyPresence, checkReply } from './src/proof/presence.ts';
    export { readLogKey } from './src/proof/note.ts';
    export { isIncluded, isConsistent } from './src/proof/tree.ts';`);
const unhex = (text) => new Uint8Array(Buffer.from(text, 'hex'));
const hex = (bytes) => Buffer.from(bytes).toString('hex');

for (const [i, v] of vectors('vrf_r255').vectors.entries())
    test(`VRF ${i}, ${v.origin}: ${v.why ?? 'holds'}`, () => {
        const [key, alpha, proof] = [v.pk, v.alpha, v.pi].map(unhex);
        if (!v.want_ok) {
            assert.throws(() => vrfVerify(key, alpha, proof));
            return;
        }
        assert.equal(hex(vrfVerify(key, alpha, proof)), v.beta);
        for (const at of [0, 40, 60, 79]) {
            const changed = proof.slice();
            changed[at] ^= 1;
            assert.throws(() => vrfVerify(key, alpha, changed), `byte ${at} changed`);
        }
    });

const small = vectors('orcon_ledger_small');
const logs = await Promise.all(small.generations.map((g) => readLogKey(g.log_vkey)));

// Replies come with a pinned genesis in the vectors: here the first part that shows one pins it.
async function pinned() {
    const known = new Map();
    for (const e of small.evidence) {
        const at = e.text.indexOf('orcon/presence@v1');
        if (!e.want.verified || at < 0 || !e.text.includes('\ngenesis ')) continue;
        const part = e.text.slice(at);
        const end = part.indexOf('\n', part.lastIndexOf('— '));
        await verifyPresence(part.slice(0, end + 1), logs, known).catch(() => {});
    }
    return known;
}
const known = await pinned();

for (const r of small.replies)
    test(`reply: ${r.name}`, async () => {
        const judged = verifyPresence(r.part, logs, new Map(known)).then((p) => checkReply(p, r.portion, r.person));
        if (r.want.accepted) await judged;
        else await assert.rejects(judged);
    });

for (const v of vectors('merkle_inclusion').vectors)
    test(`inclusion: ${v.file}`, async () => {
        const raw = (text) => new Uint8Array(Buffer.from(text ?? '', 'base64'));
        const holds = await isIncluded(BigInt(v.leafIdx), BigInt(v.treeSize), raw(v.leafHash), (v.proof ?? []).map(raw), raw(v.root));
        assert.equal(holds, !v.wantErr);
    });

for (const v of vectors('merkle_consistency').vectors)
    test(`consistency: ${v.file}`, async () => {
        const raw = (text) => new Uint8Array(Buffer.from(text ?? '', 'base64'));
        if (BigInt(v.size1) === 0n || raw(v.root1).length !== 32) return; // an empty tree, or words for a root: the page never asks
        const holds = await isConsistent(BigInt(v.size1), BigInt(v.size2), raw(v.root1), raw(v.root2), (v.proof ?? []).map(raw));
        assert.equal(holds, !v.wantErr);
    });
