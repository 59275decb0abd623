// SPDX-License-Identifier: Apache-2.0
// An authority's sealed override on the desk, by keyboard alone, while the originator's node is away: with the keys that his browser holds, sealed,
// from when he opened the report until its recall; and nobody else's browser holds any.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { enter, press, sees, tabTo, unhindered } from './keyboard.mjs';
import { open } from './stage.mjs';
import { run, same, test, until, yes } from './tap.mjs';

const stage = await open();
const chrome = await launch();
const tabs = {};
const { report } = stage.as('amy@alder.example', 'share', join(stage.dir, 'warning.md'), '--to', 'birch.example');
writeFileSync(join(stage.dir, 'never.md'), '(TLP:AMBER//ORCON) Ask each time.\n');
const never = stage.as('amy@alder.example', 'share', join(stage.dir, 'never.md'), '--to', 'birch.example', '--no-held').report;

// What the browser keeps of its portions, whose database it is, and whether any of it is text.
const held = (page) => page.evaluate(() => new Promise((done, failed) => {
    const request = indexedDB.open('orcon');
    request.onerror = () => failed(request.error);
    request.onsuccess = () => {
        const all = request.result.transaction('held').objectStore('held').getAll();
        all.onsuccess = () => {
            request.result.close();
            done(all.result.map((one) => ({ report: one.report, sealed: one.sealed && one.sealed.length, fields: Object.keys(one).sort().join(' ') })));
        };
    };
}));

test('pat reads; his browser holds keys, sealed, and no text; bob\'s holds none', async () => {
    for (const [name, person] of [['pat', 'pat@birch.example'], ['bob', 'bob@birch.example']]) {
        const tab = await enter(stage, chrome, person);
        tabs[name] = tab;
        for (const [id, words] of [[report, 'The group hides explosives'], [never, 'Ask each time']]) {
            await tab.page.goto(`${tab.origin}/reports/${id}`);
            await sees(tab.page, words);
        }
    }
    await until(async () => (await held(tabs.pat.page)).length >= 4, 'held keys');
    const rows = await held(tabs.pat.page);
    same([...new Set(rows.map((one) => one.fields))], ['copy originator person portion proof report sealed until']);
    for (const one of rows) same(one.sealed, one.report === report ? 60 : null, 'IV, key and tag; of what may not be held the proof alone');
    same(await held(tabs.bob.page), []);
    await tabs.pat.page.goto(`${tabs.pat.origin}/device`);
    await sees(tabs.pat.page, 'Held keys');
    same(await tabs.pat.page.evaluate(async () => {
        const db = await new Promise((done) => { indexedDB.open('orcon').onsuccess = (event) => done(event.target.result); });
        const device = await new Promise((done) => { db.transaction('device').objectStore('device').getAll().onsuccess = (event) => done(event.target.result[0]); });
        db.close();
        return crypto.subtle.exportKey('raw', device.holding).then(() => 'taken out', () => 'stays in');
    }), 'stays in');
});

test('what may not be held is for the voice alone', async () => {
    const { page, origin } = tabs.pat;
    await page.goto(`${origin}/reports/${never}/override`);
    await sees(page, 'No key is held in this browser, so by voice only');
    await sees(page, 'orcon override');
    same(await page.getByLabel('as a sealed copy').isDisabled(), true);
    await unhindered(tabs.pat);
});

test('the originator is away: pat passes portion 1 on, after the typed confirmation; the tearline first', async () => {
    await stage.stop('alder');
    const { page, origin } = tabs.pat;
    await page.goto(`${origin}/reports/${report}/override`);
    await sees(page, 'without leave');
    await tabTo(page, 'by voice');
    await press(page, 'ArrowDown');
    await sees(page, 'Passed on to');
    await tabTo(page, 'Passed on to');
    await page.keyboard.type('S. Lind');
    await sees(page, 'A sealed copy goes to an organisation');
    for (let i = 0; i < 7; i++) await press(page, 'Backspace');
    await page.keyboard.type('cedar.example');
    await sees(page, 'needs no override'); // the tearline
    await sees(page, 'you were not briefed on it'); // the source
    await unhindered(tabs.pat);
    await tabTo(page, '1');
    await press(page, 'Space');
    await tabTo(page, 'Reason');
    await page.keyboard.type('a train is due');
    same(await page.locator('button.danger').isDisabled(), true, 'not before it is confirmed');
    await press(page, 'Tab', 'Tab');
    await page.keyboard.type(await page.locator('section.list').getAttribute('aria-label'));
    await tabTo(page, 'Override: pass 1 portion on to cedar.example');
    await press(page, 'Enter');
    await sees(page, 'Recorded and sent');
    await sees(page, 'has not signed yet');
    yes(!tabs.pat.record.requests.some((one) => /hides explosives/.test(one.body)), 'its text in a request');
});

// The text of an answer, changed on its way to cyd's page.
const forge = (path, change) => tabs.cyd.page.route((url) => url.pathname === path, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: change(await answer.text()) });
});
const asked = () => tabs.cyd.record.requests.filter((one) => one.url.endsWith('/rewrap')).length;

// He reloads: it stays closed, for this reason, and no key was asked for.
async function staysClosed(why) {
    const { page, origin } = tabs.cyd;
    const before = asked();
    await page.goto(`${origin}/reports/${report}`);
    await sees(page, why);
    yes(!(await page.locator('body').innerText()).includes('The group hides'), 'its text');
    same(asked(), before, 'no key was asked for');
    await page.unrouteAll({ behavior: 'wait' });
}

let override = '';

test('cyd opens it while alder is away: its place in the ledger of birch, under a witness; said and counted as not yet told', async () => {
    await until(() => stage.as('cyd@cedar.example', 'show', report).report, 'it has arrived at cedar', 60000);
    tabs.cyd = await enter(stage, chrome, 'cyd@cedar.example');
    const { page, origin } = tabs.cyd;
    await page.goto(`${origin}/reports/${report}`);
    await sees(page, 'The group hides explosives');
    await sees(page, 'Passed on by birch.example without waiting for alder.example.');
    await sees(page, 'Originator not yet told');
    same(await page.getByRole('article').count(), 1, 'only what was passed on');
    await unhindered(tabs.cyd);
    override = /\/v1\/overrides\/([0-9a-f-]{36})/.exec(tabs.cyd.record.requests.map((one) => one.url).join('\n'))[1];
    await page.goto(`${origin}/partners`);
    await sees(page, 'not yet told of 1 override');
    same(await held(page), [], 'of what was passed on nothing is held');
});

test('without a proof of its place, or a witness behind it, it stays closed', async () => {
    const path = '/relay/v1/birch.example/inclusion';
    const parts = (change) => (text) => JSON.stringify({ ...JSON.parse(text), parts: Object.fromEntries(Object.entries(JSON.parse(text).parts).map(([id, part]) => [id, change(part)])) });
    const yet = 'alder.example has not been told of this override yet, and: ';
    await forge(path, parts((part) => part.slice(0, part.indexOf('— birch.example/orcon')) + part.split('\n').find((line) => line.startsWith('— birch.example/orcon')) + '\n'));
    await staysClosed(`${yet}no witness that cedar.example knows stands behind the ledger of birch.example`);
    await forge(path, parts(() => ''));
    await staysClosed(yet);
    await forge(path, parts((part) => part.replace(/^field 14 .*\n/m, '')));
    await staysClosed(`${yet}the entry in the ledger of birch.example is not of this override`);
    await tabs.cyd.page.route((url) => url.pathname === path, (route) => route.abort());
    await staysClosed(yet);
    await forge(`/v1/overrides/${override}`, (text) => JSON.stringify({ ...JSON.parse(text), notice: 'failed' }));
    await staysClosed('alder.example has not been told of this override, and no notice is on its way');
});

test('alder hears of it once it is back: then its receipt opens it', async () => {
    await stage.start('alder');
    const { page, origin } = tabs.cyd;
    const view = await until(() => {
        const said = stage.as('cyd@cedar.example', 'show', override);
        return said.originator_told ? said : null;
    }, 'the receipt', 60000);
    const receipt = view.receipt_jws;
    const other = (text) => JSON.stringify({ ...JSON.parse(text), receipt_jws: `${receipt.slice(0, -10)}${receipt.at(-10) === 'A' ? 'B' : 'A'}${receipt.slice(-9)}` });
    await forge(`/v1/overrides/${override}`, other);
    await staysClosed('the receipt is not signed by a key of alder.example');
    await forge(`/v1/overrides/${override}`, (text) => JSON.stringify({ ...JSON.parse(text), receipt_jws: 'x' }));
    await staysClosed('what is shown as a receipt of alder.example is none');
    await page.goto(`${origin}/reports/${report}`);
    await sees(page, 'The group hides explosives');
    await sees(page, 'Passed on by birch.example without waiting for alder.example.');
    yes(!(await page.locator('body').innerText()).includes('not yet told'), 'alder was told');
    await page.goto(`${origin}/partners`);
    await sees(page, 'alder.example');
    yes(!(await page.locator('body').innerText()).includes('not yet told'), 'nothing is counted');
});

test('who passes on another text, or another name on it, is found out: it stays closed, and nothing of it is shown', async () => {
    const { page, origin, context } = tabs.cyd;
    // as if birch had sealed other words: all that is sealed holds, and what comes out is not what alder committed to
    await context.addInitScript(() => {
        if (!location.hash.includes('other')) return;
        const decrypt = crypto.subtle.decrypt.bind(crypto.subtle);
        crypto.subtle.decrypt = async (...args) => {
            const plain = new Uint8Array(await decrypt(...args));
            if (new TextDecoder().decode(plain).startsWith('The group hides')) plain.set(new TextEncoder().encode('The group sells'));
            return plain.buffer;
        };
    });
    await page.goto('about:blank');
    await page.goto(`${origin}/reports/${report}#other`);
    await sees(page, 'portion 1 is not the text that its originator committed to');
    yes(!/The group (hides|sells)/.test(await page.content()), 'its words, or others');
    await unhindered(tabs.cyd);
    // another signature under the giver's statement: nothing of the package is used
    await page.route((url) => url.pathname === `/v1/reports/${report}/package`, async (route) => {
        const real = await route.fetch();
        const body = Buffer.from(await real.body());
        const first = body.indexOf('report.json') + 'report.json'.length;
        const dots = [body.indexOf('.', first), body.indexOf('.', body.indexOf('.', first) + 1)];
        body[dots[1] + 20] = body[dots[1] + 20] === 65 ? 66 : 65; // in its third part
        await route.fulfill({ status: 200, contentType: 'application/zip', body });
    });
    await page.goto('about:blank');
    await page.goto(`${origin}/reports/${report}`);
    await sees(page, 'the signature does not hold');
    yes(!/The group/.test(await page.content()), 'its words');
    await unhindered(tabs.cyd);
    await page.unrouteAll({ behavior: 'wait' });
    await page.goto(`${origin}/reports/${report}`);
    await sees(page, 'The group hides explosives');
});

test('amy is told of it, and pat that she was', async () => {
    await until(() => stage.as('amy@alder.example', 'inbox', '--all').items.some((one) => one.kind === 'override'), 'amy is told', 60000);
    await until(async () => {
        if ((await tabs.pat.page.locator('body').innerText()).includes('signed that it has heard')) return true;
        await tabs.pat.page.getByRole('button', { name: 'Try again' }).press('Enter', { timeout: 500 }).catch(() => {});
        return false;
    }, 'the receipt', 60000);
});

test('a recall ends what is held, without a reload', async () => {
    stage.as('amy@alder.example', 'recall', report, '--from', 'birch.example');
    await until(async () => (await held(tabs.pat.page)).every((one) => one.report !== report), 'the held keys are gone', 60000);
});

test('no fault was logged, no policy violated', () => {
    for (const [who, tab] of Object.entries(tabs)) same(tab.record.problems.filter((line) => !/Failed to load resource|ERR_/.test(line)), [], who);
});

await run(async () => {
    await chrome.close();
    await stage.end();
});
