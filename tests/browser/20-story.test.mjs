// SPDX-License-Identifier: Apache-2.0
// The desk, by keyboard alone: enrol, read by portions, ask, decide, see who knows what.
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { enter, sees, tabTo, unhindered } from './keyboard.mjs';
import { open } from './stage.mjs';
import { run, same, test, until, yes } from './tap.mjs';

const stage = await open();
const chrome = await launch();
const { report } = stage.as('amy@alder.example', 'share', join(stage.dir, 'warning.md'), '--to', 'birch.example');
const tabs = {};

async function enterAs(person) {
    const tab = await enter(stage, chrome, person, { looked: Object.keys(tabs).length === 0 });
    tabs[person.split('@')[0]] = tab;
    return tab;
}

test('bob enrols this browser; the secret stands nowhere any more', async () => {
    const tab = await enterAs('bob@birch.example');
    yes(!tab.page.url().includes('#'), tab.page.url());
    await sees(tab.page, 'alder.example');
    await unhindered(tab);
});

test('he reads by portions; the source is withheld, with the reason and a way to ask', async () => {
    const { page } = tabs.bob;
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await sees(page, 'TLP:RED');
    await unhindered(tabs.bob);
    await page.keyboard.press('Enter');
    await sees(page, 'The group hides explosives');
    await sees(page, 'Take portable computers');
    await sees(page, 'Withheld');
    await sees(page, 'You were briefed on 1, 2');
    const text = await page.locator('body').innerText();
    yes(!text.includes('one person inside'), 'the source');
    same(await page.locator('.banner').first().innerText(), 'TLP:AMBER//ORCON');
    yes(/^[0-9a-z]{4} – orcon$/.test(await page.title()), `the browser's title is the id only: ${await page.title()}`);
    await unhindered(tabs.bob);
    const asked = tabs.bob.record.requests.filter((one) => one.url.endsWith('/rewrap'));
    same(asked.length, 1, 'one key request for all portions');
    yes(stage.as('amy@alder.example', 'show', report).briefed.some((one) => one.person === 'bob@birch.example' && one.n === 1), 'the briefing is on record');
});

test('he asks to pass portions on, by keyboard', async () => {
    const { page } = tabs.bob;
    await page.keyboard.press('a');
    await sees(page, 'Ask the originator');
    await unhindered(tabs.bob);
    await page.keyboard.type('joint operation Friday');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('ArrowDown'); // from "me" to another organisation
    await page.keyboard.press('Tab');
    await page.keyboard.type('cedar.example');
    await page.locator('.ask .choices input').nth(0).focus();
    await page.keyboard.press('Space');
    await page.locator('.ask .choices input').nth(2).focus();
    await page.keyboard.press('Space'); // not the source
    await tabTo(page, 'Ask for 1 portion, for cedar.example');
    await page.keyboard.press('Enter');
    await sees(page, 'asks to pass');
});

test('amy sees it without a reload, and grants it in a named button', async () => {
    const tab = await enterAs('amy@alder.example');
    const { page } = tab;
    await sees(page, 'birch.example → cedar.example');
    await page.keyboard.press('Enter');
    await sees(page, 'joint operation Friday');
    await unhindered(tab);
    await page.keyboard.press('y'); // no key grants
    await page.keyboard.press('Enter');
    await sees(page, 'Grant 1 portion to cedar.example');
    await tabTo(page, 'Grant 1 portion to cedar.example');
    await page.keyboard.press('Enter');
    await sees(page, 'Leave can be taken back');
    await until(() => stage.as('cyd@cedar.example', 'open', report).portions?.some((one) => one.n === 1 && one.state === 'open'), 'cyd can read it');
});

test('she sees who knows what, the path and the timeline', async () => {
    const { page } = tabs.amy;
    for (const [tab, words] of [['knows', ['bob@birch.example', 'briefed', 'not released']], ['path', ['cedar.example', 'granted']], ['timeline', ['share', 'grant']]]) {
        await page.goto(`${tabs.amy.origin}/reports/${report}/${tab}`);
        for (const word of words) await sees(page, word);
        await unhindered(tabs.amy);
    }
});

test('what is recalled does not open any more', async () => {
    stage.as('amy@alder.example', 'recall', report, '--portion', '1', '--from', 'birch.example');
    await tabs.bob.page.goto(`${tabs.bob.origin}/reports/${report}`);
    await sees(tabs.bob.page, 'Take portable computers');
    yes(!(await tabs.bob.page.locator('body').innerText()).includes('hides explosives'), 'portion 1 is gone');
});

test('the node away: the page says so, and reads on when it is back', async () => {
    const { page } = tabs.bob;
    await stage.stop('birch');
    await page.goto(`${tabs.bob.origin}/reports`);
    await until(async () => /can.t be reached|unavailable|status 50/i.test(await page.locator('body').innerText()), 'what failed')
        .catch(async (why) => { throw new Error(`${why.message}; it says: ${await page.locator('body').innerText()}`); });
    await stage.start('birch');
    await page.goto(`${tabs.bob.origin}/reports`);
    await sees(page, 'TLP:');
});

test('signing out deletes the key', async () => {
    const { page } = tabs.amy;
    await page.goto(`${tabs.amy.origin}/device`);
    await sees(page, 'amy@alder.example');
    await tabTo(page, 'Sign out');
    await page.keyboard.press('Enter');
    await sees(page, 'This browser has no key yet');
    same(await page.evaluate(async () => (await indexedDB.databases()).length && new Promise((done) => {
        const request = indexedDB.open('orcon');
        request.onsuccess = () => { const all = request.result.transaction('device').objectStore('device').count(); all.onsuccess = () => done(all.result); };
    })), 0, 'keys that are left');
    same(await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length), 0, 'anything stored');
});

test('no fault was logged, no policy violated', () => {
    for (const [who, tab] of Object.entries(tabs)) {
        const bad = tab.record.problems.filter((line) => !/Failed to load resource|ERR_/.test(line));
        same(bad, [], who);
    }
});

await run(async () => {
    await chrome.close();
    await stage.end();
});
