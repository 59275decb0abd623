// SPDX-License-Identifier: Apache-2.0
// Whole evidence files in the page, against the vectors that the C verifier passes: the verdict, its basis and reasons, and that every
// byte counts. Policies are the vectors' own texts, read here: the page makes its own of cards.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bundle } from './bundle.mjs';

const small = JSON.parse(readFileSync(new URL('../../tests/vectors/ledger/orcon_ledger_small.json', import.meta.url)));
const { verify, wording, readNoteKey, thumbprintOf, policyOf } = await bundle(`
    export { verify } from './src/proof/verdict.ts';
    export { wording } from './src/proof/wording.ts';
    export { readNoteKey } from './src/proof/note.ts';
    export { policyOf } from './src/proof/policy.ts';
    export { thumbprintOf } from './src/jose.ts';`);

// A tlog-policy text, of well-formed lines.
async function readPolicy(text) {
    const policy = { logs: [], keys: [], quorum: null, monitor: null, reportLag: 86400n, gap: 0n };
    const named = new Map();
    for (const line of text.split('\n')) {
        const [word, a, b, ...more] = line.split(' ');
        if (word === 'log') policy.logs.push(await readNoteKey(a, 1));
        if (word === 'witness') named.set(a, { need: 1, members: [policy.keys.push(await readNoteKey(b, 4)) - 1] });
        if (word === 'group') named.set(a, { need: b === 'all' ? more.length : b === 'any' ? 1 : Number(b), members: more.map((name) => named.get(name)) });
        if (word === 'quorum') policy.quorum = a === 'none' ? null : named.get(a);
        if (word === '#orcon' && a === 'monitor') policy.monitor = b === 'none' ? 'none' : named.get(b);
        if (word === '#orcon' && a === 'report-lag') policy.reportLag = BigInt(b);
        if (word === '#orcon' && a === 'gap') policy.gap = BigInt(b);
    }
    return policy;
}

const policies = new Map(await Promise.all(Object.entries(small.policies).map(async ([name, text]) => [name, await readPolicy(text)])));
const keys = new Map();
for (const [domain, card] of Object.entries(small.cards))
    for (const use of ['statement', 'token']) for (const jwk of card[use]) keys.set(`${domain} ${use} ${await thumbprintOf(jwk)}`, JSON.parse(jwk));
const find = (domain, use, kid) => keys.get(`${domain} ${use} ${kid}`);
const utf8 = (text) => new TextEncoder().encode(text);
const judge = (bytes, policy) => verify(bytes, async () => policies.get(policy), find);

for (const row of small.evidence)
    test(`evidence: ${row.name}`, async () => {
        const { e, policy, v } = await judge(utf8(row.text), row.policy);
        assert.equal(v.why === '', row.want.verified, v.why);
        assert.equal(v.outcome, row.want.outcome);
        if (row.want.basis !== undefined) assert.equal(v.basis, row.want.basis);
        if (row.want.reasons !== undefined) assert.deepEqual(v.reasons, row.want.reasons);
        if (row.want.count !== undefined) assert.equal(Number(v.count), row.want.count);
        if (!row.want.verified) return;
        assert.deepEqual([e.time, e.generation, e.index].map(Number), row.want.at ?? row.want.until);
        assert.doesNotMatch(wording(e, v, policy), /never|was not told|did not know|undefined/);
    });

for (const i of [1, 11])
    test(`every byte counts: ${small.evidence[i].name}`, async () => {
        const bytes = utf8(small.evidence[i].text);
        const taken = [];
        for (let at = 0; at < bytes.length; at += 7) {
            const changed = bytes.slice();
            changed[at] ^= 1;
            if ((await judge(changed, small.evidence[i].policy)).v.why === '') taken.push(at);
        }
        for (let end = 0; end < bytes.length; end += 61) if ((await judge(bytes.slice(0, end), small.evidence[i].policy)).v.why === '') taken.push(-end);
        assert.deepEqual(taken, []);
        assert.notEqual((await judge(utf8(`${small.evidence[i].text}\n`), small.evidence[i].policy)).v.why, '');
    });

test('a policy of cards: outside witnesses and monitors alone, each under its one name', async () => {
    const vkey = (name) => Object.values(small.policies).join('\n').split('\n').find((line) => line.startsWith('witness') && line.includes(` ${name}+`)).split(' ')[2];
    const logs = policies.get('strict').logs.map((log) => log.vkey);
    const cards = [{ domain: 'alder.example', logs, monitor: vkey('alder.example/monitor') }, { domain: 'birch.example', logs: [], witness: vkey('birch.example/witness'), monitor: vkey('birch.example/monitor') },
        { domain: 'elm.example', logs: [], witness: vkey('birch.example/witness'), monitor: vkey('elm.example/witness') }];
    const policy = await policyOf(cards, 'alder.example');
    assert.deepEqual(policy.keys.map((key) => key.name), ['birch.example/witness', 'birch.example/monitor']);
    assert.deepEqual([policy.quorum, policy.monitor], [{ need: 1, members: [0] }, { need: 1, members: [1] }]);
    const good = small.evidence.find((row) => row.name.startsWith('no record: two generations'));
    assert.equal((await verify(utf8(good.text), (ledger) => policyOf(cards, ledger), find)).v.why, '');
    assert.match((await verify(utf8(good.text), (ledger) => policyOf(cards.slice(0, 1), ledger), find)).v.why, /no quorum/);
    assert.match((await verify(utf8(good.text), (ledger) => policyOf(cards.slice(1), ledger), find)).v.why, /no confirmed card of alder.example/);
});
