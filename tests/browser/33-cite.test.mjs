// SPDX-License-Identifier: Apache-2.0
// A report that cites a portion of a partner's, by keyboard alone: its mark is inherited, its leave asked for and waited for, and then it goes; its
// reader sees what it rests on.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { enter, press, sees, tabTo, toWrite, unhindered } from './keyboard.mjs';
import { open } from './stage.mjs';
import { run, same, test, until, yes } from './tap.mjs';

const stage = await open();
const chrome = await launch();
const tabs = {};
stage.person('val@birch.example', 'reader,author');
const { report: first } = stage.as('amy@alder.example', 'share', join(stage.dir, 'warning.md'), '--to', 'birch.example');
writeFileSync(join(stage.dir, 'second.md'), '(TLP:GREEN//TEARLINE) Look under the lid.\n');
const { report: second } = stage.as('amy@alder.example', 'share', join(stage.dir, 'second.md'), '--to', 'birch.example');
const shortOf = (id) => stage.as('val@birch.example', 'show', id).short;
const banner = (page) => page.locator('.banner').first().innerText();
let a = '';
let b = '';

// The source, written anew.
async function writes(page, source) {
    await page.getByLabel('Report: (MARK)').focus();
    await press(page, 'Control+a');
    await page.keyboard.insertText(source);
}

test('val opens both in his browser: he signs that they arrived', async () => {
    await until(() => ['show', 'show'].every((verb, i) => stage.as('val@birch.example', verb, [first, second][i]).report), 'they arrive', 60000);
    [a, b] = [shortOf(first), shortOf(second)];
    tabs.val = await enter(stage, chrome, 'val@birch.example');
    const { page, origin, record } = tabs.val;
    const receipts = () => record.requests.filter((one) => one.url.endsWith('/v1/acts'))
        .map((one) => JSON.parse(Buffer.from(JSON.parse(one.body).act.split('.')[1], 'base64url'))).filter((act) => act.kind === 'receipt');
    for (const [id, words] of [[first, 'The group hides'], [second, 'under the lid'], [first, 'The group hides']]) {
        await page.goto(`${origin}/reports/${id}`);
        await sees(page, words);
        await until(() => receipts().some((act) => act.report === id), 'the receipt', 60000);
    }
    await page.goto(`${origin}/device`);
    await sees(page, '1 ledger');
});

test('what it cites raises its mark, and keeps it here', async () => {
    const { page } = tabs.val;
    await toWrite(page);
    await tabTo(page, 'To (domains');
    await page.keyboard.type('cedar.example');
    await writes(page, `(TLP:GREEN) As they say: [[${a}/1]], and [[alder.example/${b}/1]].\n\n(TLP:GREEN) Ours. \\[[${a}/1]] is text.`);
    await sees(page, `${a}/1 of alder.example`);
    await sees(page, 'leave is missing');
    await sees(page, 'needs no leave'); // the tearline, by rule
    same(await banner(page), 'TLP:AMBER//ORCON');
    await sees(page, '1 leave missing: it can’t be shared yet');
    same(await page.locator('button.primary').isDisabled(), true, 'nothing can be sent');
    same(await page.getByRole('button', { name: `Ask alder.example for ${a}/1, for cedar.example` }).isDisabled(), true, 'not without a reason');
    await unhindered(tabs.val);
    yes(!tabs.val.record.requests.some((one) => one.body.includes('As they say')), 'its text in a request');
});

test('for more recipients than fit the table, it shows all of them when asked, and the first again', async () => {
    const { page } = tabs.val;
    const readers = Array.from({ length: 62 }, (_, i) => `reader${i + 1}@cedar.example`);
    await writes(page, `(TLP:GREEN) As they say: [[${a}/1]].`);
    await page.getByLabel('To (domains').fill(readers.join(', '));
    await sees(page, '62 leaves missing');
    const rows = () => page.locator('.cited tbody tr').count();
    same(await rows(), 60);
    await tabTo(page, 'Show all 62');
    await press(page, 'Enter');
    same(await rows(), 62);
    await sees(page, 'reader62@cedar.example');
    await unhindered(tabs.val);
    same(await page.evaluate(() => document.activeElement.textContent), 'Show the first 60', 'the focus stays where it was');
    await press(page, 'Enter');
    same(await rows(), 60);
    await page.getByLabel('To (domains').fill('cedar.example');
    await sees(page, '1 leave missing');
});

test('what may not be cited is refused at its line', async () => {
    const { page } = tabs.val;
    for (const [cited, why] of [[`${a}/3`, 'only what he was briefed on'], [`${a}/9`, 'unknown, or not yours'], [`cedar.example/${a}/1`, 'unknown, or not yours'], ['7k3/1', 'no id of a report'], [`${a}/0`, 'a title is not cited']]) {
        await writes(page, `(TLP:GREEN) Words.\nAs in [[${cited}]].`);
        await sees(page, why);
        await sees(page, 'line 2');
        same(await page.locator('button.primary').count(), 0, `${cited}: no way to share it`);
    }
});

test('asked once, granted while he looks, and shared', async () => {
    const { page } = tabs.val;
    await writes(page, `(TLP:GREEN) As they say: [[${a}/1]], and [[alder.example/${b}/1]].`);
    await sees(page, 'leave is missing');
    await tabTo(page, 'Why');
    await page.keyboard.type('for the joint operation');
    await tabTo(page, 'Ask alder.example');
    await press(page, 'Enter');
    await sees(page, 'asked for, answer due');
    same(await page.getByRole('button', { name: 'Ask alder.example' }).count(), 0, 'nobody is asked twice');
    same(await page.locator('button.primary').isDisabled(), true, 'asked is not granted');
    const request = await until(() => stage.as('olga@alder.example', 'inbox', '--all').items.find((one) => one.kind === 'request')?.about.request, 'olga is asked', 60000);
    same(stage.as('olga@alder.example', 'show', request).cited, true);
    stage.as('olga@alder.example', 'grant', request, '--until', '+2h');
    await sees(page, 'granted until');
    await sees(page, 'Share 1 portion with cedar.example');
    await unhindered(tabs.val);
    await tabTo(page, 'Share 1 portion');
    await press(page, 'Enter');
    await sees(page, 'Open the report');
    await tabTo(page, 'Open the report');
    await press(page, 'Enter');
    await sees(page, `cites ${a}/1 of alder.example`);
    await sees(page, `cites ${b}/1 of alder.example`);
});

test('cyd reads it, and what it rests on', async () => {
    const of = (one) => (stage.as('cyd@cedar.example', 'list').reports ?? []).find((r) => r.originator === one);
    const { report } = await until(() => of('birch.example'), 'it arrives at cedar', 60000);
    same(stage.as('cyd@cedar.example', 'show', report).derived_from.map((one) => `${one.in_n} ${one.originator} ${one.report}`).sort(), [first, second].map((id) => `1 alder.example ${id}`).sort());
    tabs.cyd = await enter(stage, chrome, 'cyd@cedar.example');
    const { page, origin } = tabs.cyd;
    await page.goto(`${origin}/reports/${report}`);
    await sees(page, 'As they say');
    await sees(page, `cites ${a}/1 of alder.example`); // granted: cedar has it itself
    await sees(page, `cites a portion of ${b} of alder.example`);
    same(await banner(page), 'TLP:AMBER//ORCON');
    await unhindered(tabs.cyd);
});

test('no fault was logged, no policy violated', () => {
    for (const [who, tab] of Object.entries(tabs)) same(tab.record.problems.filter((line) => !/Failed to load resource|ERR_/.test(line)), [], who);
});

await run(async () => {
    await chrome.close();
    await stage.end();
});
