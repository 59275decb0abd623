// SPDX-License-Identifier: Apache-2.0
// What the page demands of an override's copies before it opens one: whose text, whose receipt, whose place in a ledger. The witnessed way, and
// that no key is asked for before, says the browser test (tests/browser/36-override).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bundle } from './bundle.mjs';

const { readStatement, verifyStatement, readOverride, checkText, checkReceipt, checkInclusion, readLogKey, LARGE } = await bundle(`
    export { readStatement, verifyStatement, LARGE } from './src/statement.ts';
    export { readOverride, checkText, checkReceipt, checkInclusion } from './src/onward.ts';
    export { readLogKey } from './src/proof/note.ts';`);

const b64u = (bytes) => Buffer.from(bytes).toString('base64url');
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const [ALDER, BIRCH, CEDAR] = ['alder.example', 'birch.example', 'cedar.example'];
const at = '2026-03-01T12:00:00.000Z';

async function organisation(domain) {
    const pair = await crypto.subtle.generateKey(P256, true, ['sign', 'verify']);
    const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey);
    return { pair, card: { domain, url: `https://${domain}`, logs: [], keys: [{ kid: 'k1', use: 'statement', alg: 'ES256', jwk, nbf: 1, exp: 0, revoked_at: 0 }] } };
}
const [alder, birch] = [await organisation(ALDER), await organisation(BIRCH)];

async function sign(by, said, header = {}) {
    const whole = { v: 1, id: crypto.randomUUID(), iss: by.card.domain, by: `@${by.card.domain}`, at, aud: [], report: '', portions: [], body: {}, ...said };
    const input = [{ alg: 'ES256', kid: 'k1', typ: 'orcon-statement+jws', ...header }, whole].map((part) => b64u(JSON.stringify(part))).join('.');
    return `${input}.${b64u(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, by.pair.privateKey, Buffer.from(input)))}`;
}
const read = (jws) => readStatement(jws, LARGE);

const [report, portion, copy, share] = Array.from({ length: 4 }, () => crypto.randomUUID());
const [digest, commitment, another] = [1, 2, 3].map((n) => b64u(Buffer.alloc(32, n)));
const mine = { id: portion, n: 1, mark: 'TLP:AMBER//ORCON', digest: another, commitment };
const passed = { id: portion, n: 1, mark: 'TLP:AMBER//ORCON', copy, share, digest, commitment };
const shared = (more = {}, by = alder, header = {}) => sign(by, { kind: 'share', id: share, aud: [BIRCH], report, portions: [portion], body: { portions: [mine] }, ...more }, header);
const overrode = async (row = {}, shares = [shared()], body = {}) => read(await sign(birch, { kind: 'override', aud: [ALDER, CEDAR], report, portions: [portion],
    body: { to: CEDAR, originator: ALDER, oral: false, banner: mine.mark, portions: [{ ...passed, ...row }], shares: await Promise.all(shares), ...body } }));

const judge = async (s) => checkText(s, readOverride(s), alder.card);
const reason = (want, words) => (why) => why.reason === want && words.test(why.message);

test('the text that its originator committed to', async () => {
    const s = await overrode();
    await verifyStatement(s, birch.card);
    await judge(s);
});

test('numbers in a statement are integers', async () => {
    for (const later of [0, -1, 2 ** 53, ['1.5', '"-0'], true, null]) await read(await sign(birch, { kind: 'tell', later }));
    for (const text of ['1.5', '1.0', '1e3', '-0', '9007199254740993', '-9007199254740993', '[0,[{"n":0.5}]]']) {
        const [head, body, signature] = (await sign(birch, { kind: 'tell', later: 7 })).split('.');
        const bent = b64u(Buffer.from(body, 'base64url').toString().replace('"later":7', `"later":${text}`));
        await assert.rejects(read(`${head}.${bent}.${signature}`), /JSON: the number/);
    }
});

const revoked = { ...alder.card, keys: [{ ...alder.card.keys[0], revoked_at: 5 }] };
const replaced = { ...alder.card, keys: [{ ...alder.card.keys[0], exp: 5 }] };
for (const [name, made, words, card] of [
    ['another mark', () => overrode({ mark: 'TLP:GREEN' }), /another mark or number/],
    ['another number', () => overrode({ n: 2 }), /another mark or number/],
    ['another commitment', () => overrode({ commitment: another }), /not the text that its originator committed to/],
    ['a portion that he did not share', () => overrode({}, [shared({ body: { portions: [{ ...mine, id: copy }] } })]), /another mark or number/],
    ['no share with it', () => overrode({}, []), /statement of it is missing/],
    ['a share that can’t be read', () => overrode({}, ['x.y.z']), /statement of it is missing/],
    ['another share', () => overrode({ share: copy }), /statement of it is missing/],
    ['a share with somebody else', () => overrode({}, [shared({ aud: [CEDAR] })]), /shared something else/],
    ['a share of another report', () => overrode({}, [shared({ report: copy })]), /shared something else/],
    ['what is no share', () => overrode({}, [shared({ kind: 'release' })]), /shared something else/],
    ['a share of the giver’s own', () => overrode({}, [shared({}, birch)]), /shared something else/],
    ['a share in his name that the giver signed', () => overrode({}, [shared({ iss: ALDER }, birch)]), /has not signed/],
    ['a share of another type', () => overrode({}, [shared({}, alder, { typ: 'orcon-act+jws' })]), /has not signed/],
    ['a share by an unknown key', () => overrode({}, [shared({}, alder, { kid: 'k2' })]), /has not signed/],
    ['a share by a revoked key', () => overrode(), /has not signed/, revoked],
    ['a share by a key that was replaced before', () => overrode(), /has not signed/, replaced],
])
    test(`text changed: ${name}`, async () => {
        const s = await made();
        await assert.rejects(checkText(s, readOverride(s), card ?? alder.card), reason('text-changed', words));
    });

for (const [name, row, body] of [['no copy', { copy: '' }, {}], ['no digest', { digest: 'AAAA' }, {}], ['no commitment', { commitment: undefined }, {}], ['a number that is none', { n: -1 }, {}], ['a portion that the statement does not name', { id: copy }, {}],
    ['by voice', {}, { oral: true }], ['to a person', {}, { to: 'cyd@cedar.example' }], ['no portions', {}, { portions: [] }], ['one portion twice', {}, { portions: [passed, passed] }]])
    test(`no override of sealed copies: ${name}`, async () => {
        const s = await overrode(row, undefined, body);
        assert.throws(() => readOverride(s), /^Error: override: /);
    });

const acked = async (s, by = alder, more = {}, header = {}) => sign(by, { kind: 'ack', aud: [CEDAR], report, body: { digest: b64u(s.digest) }, ...more }, header);
for (const [name, made, want, words] of [
    ['its originator’s, of this statement', (s) => acked(s)],
    ['none', () => 'x', 'receipt-forged', /what is shown as a receipt of alder.example is none/],
    ['another kind of statement', (s) => acked(s, alder, { kind: 'notice' }), 'receipt-forged', /is none/],
    ['by the giver', (s) => acked(s, birch), 'receipt-foreign', /the receipt is by birch.example, not by alder.example/],
    ['in his name, by the giver', (s) => acked(s, birch, { iss: ALDER }), 'receipt-forged', /not signed by a key of alder.example/],
    ['by a key that his card has not', (s) => acked(s, alder, {}, { kid: 'k2' }), 'receipt-forged', /not signed by a key of alder.example/],
    ['of another statement', (s) => acked(s, alder, { body: { digest: another } }), 'receipt-of-another', /for another statement/],
    ['of nothing', (s) => acked(s, alder, { body: {} }), 'receipt-of-another', /for another statement/],
    ['of what is no digest', (s) => acked(s, alder, { body: { digest: '??' } }), 'receipt-of-another', /for another statement/],
])
    test(`receipt: ${name}`, async () => {
        const s = await overrode();
        const judged = checkReceipt(s, await made(s), alder.card);
        if (want) await assert.rejects(judged, reason(want, words));
        else await judged;
    });

test('a true entry of another kind is no place of this override', async () => {
    const small = JSON.parse(readFileSync(new URL('../../tests/vectors/ledger/orcon_ledger_small.json', import.meta.url)));
    const logs = await Promise.all(small.generations.map((g) => readLogKey(g.log_vkey)));
    const trust = { policyFor: async () => ({ logs, keys: [], quorum: { need: 1, members: [] }, monitor: null, reportLag: 0n, gap: 0n }) };
    const part = small.replies.find((one) => one.want.accepted && one.part.includes('\ngenesis '))?.part ?? small.evidence.filter((one) => one.want.verified && one.text.includes('orcon/presence@v1') && one.text.includes('\ngenesis '))
        .map((one) => one.text.slice(one.text.indexOf('orcon/presence@v1'))).map((text) => text.slice(0, text.indexOf('\n', text.lastIndexOf('— ')) + 1))[0];
    await assert.rejects(checkInclusion(await overrode(), part, trust, CEDAR, portion), /is not of this override/);
    await assert.rejects(checkInclusion(await overrode(), '', trust, CEDAR, portion), /not orcon\/presence@v1/);
});
