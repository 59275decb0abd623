// SPDX-License-Identifier: Apache-2.0
// The page's reader of sources and marks, and what it seals: read again by the page's own opener. That the program takes it, the
// browser test says (tests/browser/30-write).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundle } from './bundle.mjs';

const { citationsOf, inherit, judge, plan, missing, readMark, markText, readSource, readRecipients, placesOf, padded, sealPortion, readContainer, openContainer, unwrapOf, currentKey } = await bundle(`
    export { currentKey } from './src/card.ts';
    export { readMark, markText } from './src/marking.ts';
    export { readSource, readRecipients, citationsOf, inherit } from './src/source.ts';
    export { judge, plan, missing } from './src/cite.ts';
    export { placesOf } from './src/wording.ts';
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
    ['(TLP:RED) a\n{b|b}', 2], ['(TLP:RED) a\n{b|c|d}', 2], ['(TLP:RED) {a\n|c}', 1], ['(TLP:CLEAR) {b|c}', 1], ['(TLP:RED) {(TLP:GREEN)|c}', 1], ['(TLP:RED) {a|- (TLP:GREEN) b}', 1],
    [`(TLP:RED) ${'{b|c}'.repeat(257)}`, 1], [`(TLP:RED) {b|${'c'.repeat(1025)}}`, 1], ['---\ntitle: {a|b}\n---\n(TLP:RED) a', 2], ['(TLP:RED) a\n(S//NF) b', 2], ['(TLP:RED) a\n(SECRET) b', 2], ['---\nsource: h\n---\n(TLP:RED) a', 2], ['---\ntitle: "(TLP:RED) a"\n---\n(TLP:RED) a', 2],
    ['---\ntitle: x\n', 1], ['(TLP:RED//HIDDEN) a', 1], ['(TLP:RED) a\0', 1], ['(TLP:RED) a\ud800', 1]])
    test(`fault at line ${line}: ${JSON.stringify(text)}`, () => assert.equal(readSource(text, HOME).faults[0]?.line, line));

test('text that only looks so', () => {
    for (const text of ['(TLP:RED) \\{a|b} `{a|b}` (see http://x) {a}', '(TLP:RED) a\n\\(TLP:GREEN) b']) assert.deepEqual(readSource(text, HOME).faults, []);
});

test('wordings by holder, with their places in bytes', () => {
    const { source, faults } = readSource('(TLP:RED) \u00fc {conceal|hide} `{a|b}` {} {a| } \\{a|b} [[ {\u20ac|x y}', HOME);
    assert.deepEqual(faults, []);
    const [p] = source.portions;
    assert.deepEqual(p.wordings.map((w) => [w.first, w.second]), [['conceal', 'hide'], ['\u20ac', 'x y']]);
    const bytes = Buffer.from(p.text);
    assert.deepEqual(placesOf(p.text, p.wordings).map(([at, first, second]) => bytes.subarray(at, at + first + second + 3).toString()), ['{conceal|hide}', '{\u20ac|x y}']);
});

// The rows of tests/unit/marking/test_source.c.
test('brackets that cite nothing', () => {
    const { source, faults } = readSource('(TLP:GREEN) [[wiki]] [[a/b]] [x/1] [[/1]] [[a /1]] \\[[7k3q/1]] [[7k3q/1]', HOME);
    assert.deepEqual(faults, []);
    assert.deepEqual(citationsOf(source), []);
});

test('what each portion cites, as it was written, once', () => {
    const { source, faults } = readSource('(TLP:RED) As in [[7k3q/1]], [[alder.example/4m8x/12]]\nand `[[7k3q/2]]` \\[[7k3q/3]] [[7k3q/1]]\n{see \\[[7k3q/4]]|see nothing}\n(TLP:GREEN) None.\n\n'
        + '(TLP:GREEN) x\n[[0b5b4a4e-5d5e-4e51-8f0a-1d5c8d1f0a77/1022]]\n', HOME);
    assert.deepEqual(faults, []);
    assert.deepEqual(source.portions.map((p) => p.citations.map((c) => [c.originator, c.report, c.n, c.line])), [[['', '7k3q', 1, 1], ['alder.example', '4m8x', 12, 1]], [], [['', '0b5b4a4e-5d5e-4e51-8f0a-1d5c8d1f0a77', 1022, 7]]]);
});

for (const [text, line, words] of [['(TLP:RED) a\nsee [[7k3q/0]] there', 2, /a title is not cited/], ['(TLP:RED) [[7k3q/01]]', 1, /no report has a portion/], ['(TLP:RED) [[7k3q/1023]]', 1, /no report has a portion/],
    ['(TLP:RED) [[7k3q/99999999999999999999]]', 1, /no report has a portion/], ['(TLP:RED) [[7k3/1]]', 1, /no id of a report/], ['(TLP:RED) [[7k3u/1]]', 1, /no id of a report/], ['(TLP:RED) [[q-7k3q/1]]', 1, /no id of a report/],
    ['(TLP:RED) [[0b5b4a4e-5d5e-4e51/1]]', 1, /no id of a report/], ['(TLP:RED) [[0b5b4a4e-5d5e-4e51-8f0a-1d5c8d1f0a771/1]]', 1, /\[\[REPORT\/N\]\]/], ['(TLP:RED) [[alder/7k3q/1]]', 1, /'alder' is no domain/],
    ['(TLP:RED) [[a.example/b/7k3q/1]]', 1, /is no domain/], ['(TLP:RED) [[amy@alder.example/7k3q/1]]', 1, /is no domain/], ['(TLP:RED) [[/7k3q/1]]', 1, /'' is no domain/], ['---\ntitle: On [[7k3q/1]]\n---\n(TLP:RED) a', 2, /a title cites nothing/],
    ['(TLP:RED) a {b|see [[7k3q/1]]}', 1, /a wording cites nothing/], [`(TLP:RED)${Array.from({ length: 257 }, (_, i) => ` [[7k3q/${i + 1}]]`).join('')}`, 1, /more than 256 citations/]])
    test(`no citation: ${text.slice(0, 60)}`, () => {
        const { source, faults } = readSource(text, HOME);
        assert.equal(source, null);
        assert.equal(faults[0].line, line);
        assert.match(faults[0].what, words);
    });

test('256 citations in one report, and as many in several portions', () => {
    const some = (from, count) => `(TLP:RED)${Array.from({ length: count }, (_, i) => ` [[7k3q/${from + i}]]`).join('')}\n\n`;
    assert.equal(citationsOf(readSource(some(1, 256), HOME).source).length, 256);
    assert.equal(citationsOf(readSource(some(1, 128) + some(1, 128), HOME).source).length, 256);
    assert.match(readSource(some(1, 128) + some(1, 128) + some(1, 1), HOME).faults[0].what, /more than 256/);
});

for (const [mine, cited, want] of [['TLP:GREEN', 'TLP:AMBER//ORCON', 'TLP:AMBER//ORCON'], ['TLP:RED//SOURCE', 'TLP:GREEN//birch.example/X', 'TLP:RED//alder.example/SOURCE/birch.example/X'], ['TLP:GREEN//TEARLINE', 'TLP:GREEN', 'TLP:GREEN'],
    ['TLP:GREEN//TEARLINE', 'TLP:GREEN//TEARLINE', 'TLP:GREEN//TEARLINE'], ['TLP:AMBER//REL TO a.example, b.example', 'TLP:AMBER//REL TO b.example, c.example', 'TLP:AMBER//REL TO b.example'], ['TLP:CLEAR', 'TLP:AMBER//REL TO b.example', 'TLP:AMBER//REL TO b.example']])
    test(`${mine} that cites ${cited}`, () => {
        const { source } = readSource(`(${mine}) [[7k3q/1]]`, HOME);
        const made = inherit(source, [cited], HOME);
        assert.equal(markText(made.source.portions[0].mark), want);
        assert.equal(made.source.banner, want.replace('//TEARLINE', ''));
        assert.equal(markText(made.source.title.mark), want.replace('//TEARLINE', ''));
    });

test('a portion that cites a HIDDEN one is HIDDEN, and stands last; one at least is seen', () => {
    const { source } = readSource('(TLP:GREEN) [[7k3q/1]]\n\n(TLP:GREEN) seen', HOME);
    const { source: made } = inherit(source, ['TLP:RED//HIDDEN'], HOME);
    assert.deepEqual(made.portions.map((p) => [p.n, p.text]), [[1, 'seen'], [2, '[[7k3q/1]]']]);
    assert.equal(markText(made.title.mark), 'TLP:GREEN');
    assert.match(inherit(readSource('(TLP:GREEN) [[7k3q/1]]', HOME).source, ['TLP:RED//HIDDEN'], HOME).faults[0].what, /every portion is HIDDEN/);
    assert.match(inherit(source, ['SECRET//NF'], HOME).faults[0].what, /another marking system|no TLP/);
});

test('what is cited, each once; what is asked for: one a report and recipient', () => {
    const [first, second, one, two] = Array.from({ length: 4 }, () => crypto.randomUUID());
    const row = (originator, report, portion, n, leaves) => ({ state: 'cited', originator, report, portion, n, short: report.slice(0, 4), mark: 'TLP:AMBER', leaves });
    const missingFor = (...to) => to.map((who) => ({ to: who, state: 'missing', reason: 'orcon' }));
    const { source } = readSource('(TLP:GREEN) [[aaaa/1]] [[birch.example/aaaa/1]] [[aaaa/2]]\n\n(TLP:GREEN) [[aaaa/1]] [[bbbb/1]]', HOME);
    const to = missingFor('cyd@cedar.example', 'cora@cedar.example', 'dove.example');
    const answers = [row('birch.example', first, one, 1, to), row('birch.example', first, one, 1, to), row('birch.example', first, two, 2, [{ to: 'dove.example', state: 'asked', reason: 'orcon' }, { to: 'cedar.example', state: 'granted', reason: '' }]),
        row('birch.example', first, one, 1, to), row('cedar.example', second, two, 1, [{ to: 'cedar.example', state: 'free', reason: 'own' }, ...missingFor('dove.example')])];
    const { cited, derived, faults } = judge(source, answers, HOME);
    assert.deepEqual(faults, []);
    assert.deepEqual(cited.map((c) => [c.portion, c.in]), [[one, [1, 2]], [two, [1]], [two, [2]]]);
    assert.deepEqual(derived.map((d) => [d.n, d.originator, d.portion]), [[1, 'birch.example', one], [1, 'birch.example', two], [2, 'birch.example', one], [2, 'cedar.example', two]]);
    assert.equal(missing(cited), 5);
    assert.deepEqual(plan(cited).map((w) => [w.originator, w.report, w.to, w.portions]), [['birch.example', first, 'cedar.example', [one]], ['birch.example', first, 'dove.example', [one]], ['cedar.example', second, 'dove.example', [two]]]);
    const refused = judge(source, [{ state: 'refused', reason: 'not-found', why: 'unknown, or not yours' }, ...answers.slice(1)], HOME);
    assert.deepEqual([refused.source, refused.faults], [null, [{ line: 1, what: '[[aaaa/1]]: unknown, or not yours' }]]);
});

test('files: portions after the text, HIDDEN ones last of all; none without a mark', () => {
    const file = (name, mark, size = 3) => ({ name, mark, size, arrayBuffer: async () => new ArrayBuffer(size) });
    const { source } = readSource('(TLP:GREEN//HIDDEN) last\n\n(TLP:GREEN) first', HOME, [file('a.pdf', '(TLP:RED//SOURCE)'), file('b.png', 'TLP:AMBER//HIDDEN')]);
    assert.deepEqual(source.portions.map((p) => [p.n, p.text || p.file.name]), [[1, 'first'], [2, 'a.pdf'], [3, 'last'], [4, 'b.png']]);
    assert.equal(source.banner, 'TLP:RED//alder.example/SOURCE//HIDDEN');
    assert.equal(markText(source.title.mark), 'TLP:RED//alder.example/SOURCE');
    assert.equal(readSource('', HOME, [file('a.pdf', 'TLP:RED')]).source.title.text, 'a.pdf');
    for (const one of [file('a.pdf', ''), file('a.pdf', 'TLP:PINK'), file('a.pdf', 'TLP:RED', 0), file('a.pdf', 'TLP:RED', 57 << 20), file('a.pdf', 'TLP:RED//HIDDEN')]) assert.equal(readSource('', HOME, [one]).faults[0]?.line, 0);
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

test('a file is sealed as it is, and wordings are in the metadata alone', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
    const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey);
    const kas = { url: 'https://a/kas', kid: 'k', jwk };
    const open = async (made) => {
        const c = readContainer(made.bytes);
        return openContainer(c, await unwrapOf(pair.privateKey, c.access.ephemeralPublicKey, new Uint8Array(Buffer.from(c.access.wrappedKey, 'base64'))), made.commitment);
    };
    const file = Uint8Array.from({ length: 1003 }, (_, i) => i & 255);
    assert.deepEqual(await open(await sealPortion(kas, crypto.randomUUID(), file, 'image/png', { pad: false, places: [] })), file);
    const text = 'we {conceal|hide} it';
    const read = new TextDecoder().decode(await open(await sealPortion(kas, crypto.randomUUID(), new TextEncoder().encode(text), 'text/markdown', { pad: true, places: [[3, 7, 4]] })));
    assert.ok(['we conceal it', 'we hide it'].includes(read), read);
});

test('the key of a card that is used: the newest that was not revoked', () => {
    const key = (kid, nbf, revoked_at = 0, use = 'kas') => ({ kid, nbf, revoked_at, use, exp: 0, alg: 'ECDH-ES', jwk: {} });
    const of = (...keys) => currentKey({ domain: HOME, url: '', logs: [], keys }, 'kas')?.kid;
    assert.equal(of(key('old', 1), key('new', 2), key('other', 9, 0, 'statement')), 'new');
    assert.equal(of(key('new', 2, 3), key('old', 1)), 'old');
    assert.equal(of(key('gone', 2, 3)), undefined);
});
