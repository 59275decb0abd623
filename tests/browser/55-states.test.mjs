// SPDX-License-Identifier: Apache-2.0
// What the pages say when answers have another shape, whichever page and whichever call; when an enrolment's time ran out; and that the feed
// comes back by itself, with what happened meanwhile.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { launch, visit } from './browser.mjs';
import { attach, enter, press, sees, tabTo, unhindered } from './keyboard.mjs';
import { open } from './stage.mjs';
import { run, same, test, until, yes } from './tap.mjs';

const stage = await open();
const chrome = await launch();
stage.person('ann@alder.example', 'reader,author,officer,admin');
const { report } = stage.as('amy@alder.example', 'share', join(stage.dir, 'warning.md'), '--to', 'birch.example');
await until(() => stage.as('bob@birch.example', 'open', report).portions, 'bob reads it', 60000);
const { request } = stage.as('bob@birch.example', 'request', report, '--to', 'cedar.example', '--portion', '1', '--reason', 'joint operation');
await until(() => stage.as('amy@alder.example', 'show', request).request, 'the request arrives', 60000);
const { second } = stage.as('amy@alder.example', 'share', join(stage.dir, 'warning.md'), '--to', 'birch.example', '--second', 'ann@alder.example').waits;
const evidence = join(stage.dir, 'bob.evidence');
stage.as('amy@alder.example', 'briefed', 'bob@birch.example', `${report}/1`, '--evidence', evidence);
const ann = await enter(stage, chrome, 'ann@alder.example');
const { page } = ann;

// As a link would, without a reload.
const goTo = (path) => page.evaluate((to) => {
    history.pushState({ depth: 1 }, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
}, path);

// Until ${end}: what the node answers there.
async function lying(path, answer) {
    const pattern = (url) => url.pathname.startsWith(path);
    const say = (route) => route.fulfill(answer);
    await page.route(pattern, say);
    return () => page.unroute(pattern, say);
}

const NO_JSON = ['no JSON', '<html>no']; // where an answer is read, for all calls alike
const SHAPES = [['nothing in it', '{}'], ['other members', '{"items":7,"reports":{"a":1},"portions":"x","partners":[[]],"people":1,"checks":{},"devices":"x","drafts":3,"roles":"author","cited":{},"lines":0,"edges":"y","persons":{"a":1}}']];
const of = `/reports/${report}`;
const fill = (label, value) => async () => page.getByLabel(label, { exact: false }).first().fill(value);

// Page, the call whose answer is wrong, and what is done there before it is asked.
const CALLS = [
    ['/inbox', '/v1/inbox'], [`/inbox/${request}`, '/v1/requests/'], ['/reports', '/v1/reports'], [of, '/v1/reports/'], [of, `/v1/partners/`], [`${of}/knows`, '/v1/knowers'], [`${of}/path`, `/v1/reports/${report}/path`],
    [`${of}/timeline`, `/v1/reports/${report}/timeline`], [`${of}/evidence/bob@birch.example/1`, '/v1/briefed'], [`${of}/entry/1/2`, '/log/'], [`${of}/tell`, '/v1/reports/'], [`${of}/recall`, '/v1/reports/'],
    ['/write', '/v1/drafts'], ['/write', '/v1/preview', async () => {
        await fill('To (domains', 'birch.example')();
        await fill('Report: (MARK)', '(TLP:AMBER) Words.')();
    }], ['/partners', '/v1/partners'], ['/partners/birch.example', '/v1/partners/'], ['/proofs', '/v1/partners', async () => {
        await tabTo(page, 'Choose a file');
        await attach(page, evidence);
    }], ['/exposure', '/v1/exposures', async () => {
        await fill('Handle of a source', 'heron-7')();
        await press(page, 'Enter');
    }], ['/people', '/v1/people'], ['/node', '/v1/node'], ['/device', '/v1/devices'], [`/seconds/${second}`, '/v1/seconds/'],
];
for (const [where, call, first] of CALLS)
    test(`an answer of another shape: ${call.replace(report, 'R')} on ${where.replace(report, 'R').replace(request, 'Q').replace(second, 'S')}`, async () => {
        for (const [name, body] of call === '/v1/inbox' ? [NO_JSON, ...SHAPES] : SHAPES) {
            const honest = await lying(call, { status: 200, contentType: 'application/json', body });
            const [elsewhere, words] = new URL(page.url()).pathname === '/exposure' ? ['/proofs', 'Drop an evidence file'] : ['/exposure', 'Handle of a source'];
            await goTo(elsewhere); // nothing of the last time stands there
            await sees(page, words);
            await goTo(where);
            await first?.();
            await page.locator('.trouble').first().waitFor({ timeout: 20000 }).catch(async () => {
                throw new Error(`${name}: no trouble is shown, but: ${(await page.locator('main').innerText()).slice(0, 400)}`);
            });
            const said = await page.locator('.trouble').first().innerText();
            yes(!/undefined|not iterable|is not a function|Cannot read|JSON|null/.test(said), `${name}: it speaks to people: ${said}`);
            yes(await page.locator('.bar nav a').count() >= 5, `${name}: the frame stands`);
            await honest();
        }
        const again = page.getByRole('button', { name: 'Try again' }).first();
        if (!first && await again.count()) { // and it goes on
            await again.press('Enter');
            await until(async () => await page.locator('.trouble').count() === 0, 'it is there now');
        }
    });

test('an answer of another shape about who one is: pages that all have are there, the others say what is wrong', async () => {
    const honest = await lying('/v1/me', { status: 200, contentType: 'application/json', body: '{"roles":"admin"}' });
    await page.goto(`${ann.origin}/reports`);
    await sees(page, 'TLP:');
    await press(page, 'g', 'w');
    await sees(page, 'gave an answer that this page can’t read');
    await unhindered(ann);
    await honest();
    await tabTo(page, 'Try again');
    await press(page, 'Enter');
    await sees(page, 'To (domains');
});

test('an answer of another shape at the door: no half-made page', async () => {
    for (const body of ['<html>no', '{}', 'null']) {
        const tab = await visit(chrome);
        await tab.page.route('**/v1/desk', (route) => route.fulfill({ status: 200, contentType: 'application/json', body }));
        await tab.page.goto(ann.origin);
        await sees(tab.page, 'gave an answer that this page can’t read');
        same(await tab.page.getByRole('button').allInnerTexts(), ['Try again']);
        await unhindered(tab);
        await tab.close();
    }
});

test('an enrolment whose time ran out: said, with what to do; no key is left', async () => {
    const { enrol } = stage.json('alder', 'person', 'add', 'olga@alder.example');
    // an hour later
    const later = `import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1], timeout=20)\ndb.execute('UPDATE enrolment SET expires_ms = 1 WHERE used_ms = 0')\ndb.commit()\n`;
    const done = spawnSync('python3', ['-c', later, join(stage.home('alder'), 'orcon.db')], { encoding: 'utf8' });
    same(done.status, 0, done.stderr);
    const tab = await visit(chrome);
    await tab.page.goto(`${ann.origin}/enrol#${enrol.split('#')[1]}`);
    await tabTo(tab.page, 'Make a key');
    await press(tab.page, 'Enter');
    await sees(tab.page, 'this enrolment has run out: ask the admin for a new one');
    await unhindered(tab);
    same(await tab.page.evaluate(async () => (await indexedDB.databases()).length && new Promise((found) => {
        indexedDB.open('orcon').onsuccess = (event) => {
            const all = event.target.result.transaction('device').objectStore('device').getAll();
            all.onsuccess = () => found(all.result.length);
        };
    })), 0, 'keys that are kept');
    await tab.page.reload();
    await sees(tab.page, 'This browser has no key yet');
    await tab.close();
});

test('the feed comes back after the node was away, with what happened meanwhile, and no reload', async () => {
    const bob = await enter(stage, chrome, 'bob@birch.example');
    await bob.page.evaluate(() => { window.__same = true; });
    const rows = () => bob.page.locator('.row').count();
    const before = await rows();
    await stage.stop('birch');
    await sees(bob.page, 'Offline: what you see is as of');
    const missed = stage.as('amy@alder.example', 'share', join(stage.dir, 'warning.md'), '--to', 'birch.example').report; // waits in the outbox
    await press(bob.page, 'g', 'r');
    await sees(bob.page, 'Trying again.');
    await stage.start('birch');
    await until(() => stage.as('bob@birch.example', 'show', missed).report, 'delivered', 60000);
    await until(async () => await bob.page.locator('.offline').count() === 0, 'no longer offline', 30000);
    await sees(bob.page, 'TLP:'); // by itself
    await press(bob.page, 'g', 'i');
    await until(async () => await rows() > before, 'what came meanwhile', 30000);
    const now = await rows();
    stage.as('amy@alder.example', 'share', join(stage.dir, 'warning.md'), '--to', 'birch.example'); // and the feed is heard again
    await until(async () => await rows() > now, 'what comes now', 30000);
    same(await bob.page.evaluate(() => window.__same), true, 'it is the same page');
    same(bob.record.problems.filter((line) => !/Failed to load resource|ERR_/.test(line)), []);
});

test('no fault was logged, no policy violated', () => same(ann.record.problems.filter((line) => !/Failed to load resource|ERR_/.test(line)), []));

await run(async () => {
    await chrome.close();
    await stage.end();
});
