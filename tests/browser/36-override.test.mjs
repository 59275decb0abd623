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

test('cyd reads it, and alder hears of it once it is back', async () => {
    await stage.start('alder');
    await until(() => stage.as('cyd@cedar.example', 'open', report).portions?.some((one) => one.n === 1 && one.state === 'open' && one.text.includes('The group hides')), 'cyd can read portion 1', 60000);
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
