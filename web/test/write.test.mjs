// SPDX-License-Identifier: Apache-2.0
// The page's reader of sources and marks, and what it seals: read again by the page's own opener. That the program takes it, the
// browser test says (tests/browser/30-write).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundle } from './bundle.mjs';

const { readMark, markText, readSource, readRecipients, padded, sealPortion, readContainer, openContainer, unwrapOf } = await bundle(`
    export { readMark, markText } from './src/marking.ts';
    export { readSource, readRecipients } from './src/source.ts';
    export { padded, sealPortion } from './src/seal.ts';
    export { readContainer, openContainer, unwrap as unwrapOf } from './src/tdf.ts';`);
const HOME = 'alder.example';

for (const [text, want] of [['TLP:AMBER', 'TLP:AMBER'], [' tlp : amber+strict // orcon ', 'TLP:AMBER+STRICT//ORCON'], ['TLP:WHITE', 'TLP:CLEAR'],
    ['TLP:RED//ORCON//SOURCE', 'TLP:RED//alder.example/SOURCE//ORCON'], ['TLP:RED//B/A/birch.example/X', 'TLP:RED//alder.example/A/alder.example/B/birch.example/X'],
    ['TLP:GREEN//REL TO cedar.example, Birch.Example', 'TLP:GREEN//REL TO birch.example, cedar.example'], ['TLP:RED//REL TO NONE//HIDDEN', 'TLP:RED//HIDDEN//REL TO NONE']])
    test(`mark ${text}`, () => assert.equal(markText(readMark(text, HOME)), want));

for (const text of ['', 'TLP:PURPLE', 'TLP:RED//TLP:GREEN', 'RED', 'TLP:RED//NOFORN', 'TLP:RED//SECRET', 'S//NF', 'TLP:CLEAR//ORCON', 'TLP:GREEN//TEARLINE//ORCON', 'TLP:GREEN//TEARLINE//X',
    'TLP:RED//', 'TLP:RED//ORCON//ORCON', 'TLP:RED//a b', 'TLP:RED//REL TO usa', 'TLP:RED//birch.example', 'TLP:RЕD'])
    test(`no mark: ${text}`, () => assert.throws(() => readMark(text, HOME)));

test('a source: title, portions, HIDDEN last, banner', () => {
    const { source, faults } = readSource('---\ntitle: (TLP:GREEN) Two\n---\n(TLP:RED//HIDDEN) last\n\n(TLP:AMBER//ORCON) first\nline (not a mark)\n\n', HOME);
    assert.deepEqual(faults, []);
    assert.equal(source.title.text, 'Two');
    assert.deepEqual(source.portions.map((p) => [p.n, p.text]), [[1, 'first\nline (not a mark)'], [2, 'last']]);
    assert.equal(source.banner, 'TLP:RED//HIDDEN//ORCON');
});

for (const [text, line] of [['no mark', 1], ['(TLP:RED) x\n (TLP:GREEN) y', 2], ['(TLP:RED) x\n- (TLP:GREEN) y', 2], ['(TLP:RED)\n\n(TLP:GREEN) y', 1], ['(TLP:RED x', 1], ['(TLP:RED) (TLP:GREEN) x', 1],
    ['(TLP:RED) a\n{b|c}', 2], ['(TLP:RED) a\n\nsee [[7k3q/1]]', 3], ['(TLP:RED) a\n(S//NF) b', 2], ['(TLP:RED) a\n(SECRET) b', 2], ['---\nsource: h\n---\n(TLP:RED) a', 2], ['---\ntitle: "(TLP:RED) a"\n---\n(TLP:RED) a', 2],
    ['---\ntitle: x\n', 1], ['(TLP:RED//HIDDEN) a', 1], ['(TLP:RED) a\0', 1], ['(TLP:RED) a\ud800', 1]])
    test(`fault at line ${line}: ${JSON.stringify(text)}`, () => assert.equal(readSource(text, HOME).faults[0]?.line, line));

test('text that only looks so', () => {
    for (const text of ['(TLP:RED) \\{a|b} `{a|b}` (see http://x) {a}', '(TLP:RED) a\n\\(TLP:GREEN) b']) assert.deepEqual(readSource(text, HOME).faults, []);
});

test('10 MB, and a thousand portions', () => {
    const began = performance.now();
    assert.equal(readSource(`(TLP:RED) ${'word {a `b` [c '.repeat(700000)}`, HOME).source.portions.length, 1);
    assert.equal(readSource('(TLP:GREEN) some text\n\n'.repeat(1000), HOME).source.portions.length, 1000);
    assert.equal(readSource('(TLP:GREEN) some text\n\n'.repeat(1023), HOME).source, null);
    assert.ok(performance.now() - began < 5000, `${performance.now() - began} ms`);
});

test('recipients', () => {
    assert.deepEqual(readRecipients('birch.example, group:isac cyd@cedar.example birch.example'), { to: ['birch.example', 'group:isac', 'cyd@cedar.example'], wrong: '' });
    for (const text of ['birch', 'Birch.example', 'group:', '@a.b', '<img src=x>']) assert.notEqual(readRecipients(text).wrong, '', text);
});

test('Padme', () => assert.deepEqual([0, 1, 9, 100, 1000, 100000].map(padded), [0, 1, 10, 104, 1024, 100352]));

test('what is sealed opens again, and only whole', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
    const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey);
    const plain = new TextEncoder().encode('word '.repeat(300000)); // two segments
    const made = await sealPortion({ url: 'https://a/kas', kid: 'k', jwk }, crypto.randomUUID(), plain, 'text/markdown');
    const container = readContainer(made.bytes);
    const key = await unwrapOf(pair.privateKey, container.access.ephemeralPublicKey, new Uint8Array(Buffer.from(container.access.wrappedKey, 'base64')));
    assert.deepEqual(await openContainer(container, key, made.commitment), plain);
    container.payload[100] ^= 1;
    await assert.rejects(openContainer(container, key, made.commitment));
});
