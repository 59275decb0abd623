// SPDX-License-Identifier: Apache-2.0
// A hidden portion leaves no trace for those who may not know of it: not in any answer that the desk of a reader, of his
// officer, or of a colleague of the author can get, however it asks.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, visit } from './browser.mjs';
import { call, signIn } from './signin.mjs';
import { open, report } from './stage.mjs';
import { run, same, test, yes } from './tap.mjs';

const stage = await open();
const chrome = await launch();
stage.person('rita@alder.example', 'reader');
stage.person('bert@birch.example', 'reader,officer');
writeFileSync(join(stage.dir, 'hidden.md'), `${report}\n(TLP:RED//SOURCE//HIDDEN//ORCON) His name is known to two of us.\n`);
const plain = stage.as('amy@alder.example', 'share', 'warning.md', '--to', 'birch.example').report;
const shared = stage.as('amy@alder.example', 'share', 'hidden.md', '--to', 'birch.example').report;
const hidden = stage.as('amy@alder.example', 'show', shared).portions.find((one) => one.mark.includes('HIDDEN')).id;
for (const id of [plain, shared]) for (const who of ['amy@alder.example', 'bob@birch.example']) stage.as(who, 'open', id);
const alder = stage.nodes.alder.url;

// Everything that is there to ask about a report, from one's own node and from the originator's.
const questions = (id) => [
    ['GET', '/v1/reports'], ['GET', `/v1/reports/${id}`], ['GET', `/v1/reports/${id}/path`], ['GET', `/v1/reports/${id}/timeline`],
    ['GET', '/v1/inbox?all=1'], ['GET', '/v1/inbox/events?after=0'], ['GET', '/v1/partners'], ['GET', '/v1/partners/alder.example?record=1'],
    ['GET', '/v1/partners/birch.example?record=1'], ['GET', '/v1/drafts'], ['GET', '/v1/me'],
    ...[0, 1, 2, 3, 4, 5].map((n) => ['GET', `/v1/explain?person=bob@birch.example&report=${id}&n=${n}`]),
    ['POST', '/v1/knowers', { body: JSON.stringify({ report: id }) }],
    ['POST', '/relay/v1/alder.example/knowers', { body: JSON.stringify({ report: id }), relayed: { domain: 'alder.example', htu: `${alder}/v1/knowers` } }],
];

// What somebody gets, about the report that has a hidden portion and about the one that has none, made comparable.
async function answers(tab, id) {
    const all = [];
    for (const [method, path, options] of questions(id)) {
        const { status, text } = await call(tab, method, path, options);
        all.push({ method, path: path.replaceAll(id, 'ID'), status, text });
    }
    return all;
}

const traceless = (person) => test(`no trace for ${person}`, async () => {
    const tab = await visit(chrome);
    const desk = await stage.desk(person);
    same((await signIn(tab, desk)).status, 200);
    stage.confirm(person);
    const [with_, without] = [await answers(tab, shared), await answers(tab, plain)];
    yes(with_.some((one) => one.status === 200 && one.text.includes(shared)), 'he knows of the report');
    with_.forEach((one, i) => {
        const at = `${one.method} ${one.path}`;
        same(one.status, without[i].status, `${at}: status`);
        yes(!one.text.includes(hidden), `${at}: the portion's id: ${one.text.slice(0, 300)}`);
        yes(!one.text.includes('HIDDEN'), `${at}: its mark`);
    });
    const count = (list) => list.map((one) => one.status === 200 && one.path.includes('/reports/ID') ? (one.text.match(/"n":/g) ?? []).length : 0);
    same(count(with_), count(without), 'as many portions, edges and lines as where there is none');
    // in nothing that went over the wire, the headers and the requests included
    const wire = JSON.stringify(tab.record);
    yes(!wire.includes(hidden) && !wire.includes('His name'), 'the record of the network');
    await tab.close();
});

for (const person of ['bob@birch.example', 'bert@birch.example', 'rita@alder.example']) traceless(person);

test('and whoever may know of it has it: else the rest would prove nothing', async () => {
    const tab = await visit(chrome);
    same((await signIn(tab, await stage.desk('amy@alder.example'))).status, 200);
    stage.confirm('amy@alder.example');
    const found = (await answers(tab, shared)).filter((one) => one.text.includes(hidden)).map((one) => one.path);
    for (const path of ['/v1/reports/ID', '/v1/knowers']) yes(found.includes(path), `${path} is among ${found.join(' ')}`);
    await tab.close();
});

test('asked for by its id, it is like one that is not there', async () => {
    const tab = await visit(chrome);
    same((await signIn(tab, await stage.desk('bert@birch.example'))).status, 200);
    const ask = (portion) => call(tab, 'POST', '/relay/v1/alder.example/briefed', { body: JSON.stringify({ person: 'bob@birch.example', portion }),
        relayed: { domain: 'alder.example', htu: `${alder}/v1/briefed` } });
    const [real, none] = [await ask(hidden), await ask('11111111-2222-4333-8444-555555555555')];
    const bare = ({ status, text }) => [status, text.replace(/"instance":"[0-9a-f]+"/, '')];
    same(bare(real), bare(none));
    await tab.close();
});

await run(async () => {
    await chrome.close();
    await stage.end();
});
