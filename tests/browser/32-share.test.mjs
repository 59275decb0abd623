// SPDX-License-Identifier: Apache-2.0
// Writing with all that a share can have, by keyboard alone: files, wordings by holder, a group, a second person; and two tabs on one draft.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { attach, enter, press, sees, tabTo, toWrite, unhindered } from './keyboard.mjs';
import { open } from './stage.mjs';
import { run, same, test, until, yes } from './tap.mjs';

const stage = await open();
const chrome = await launch();
const tabs = {};
const file = (name, bytes) => {
    writeFileSync(join(stage.dir, name), bytes);
    return join(stage.dir, name);
};
const picture = file('plan.png', Buffer.from(Array.from({ length: 3001 }, (_, i) => (i * 7) & 255)));
const table = file('routes.csv', 'route;day\nA-B;Friday \u202e<script>window.__hit=1</script>\n');
stage.orcon(['group', 'set', 'isac', 'birch.example,cedar.example'], { home: 'alder' });
const entries = (person) => stage.as(person, 'list').reports ?? [];
const textOf = (person, report, n) => stage.as(person, 'open', report).portions?.find((one) => one.n === n)?.text ?? '';

async function startAt(page, text, to) {
    await sees(page, 'Exposure'); // her roles are known
    await toWrite(page);
    await sees(page, 'To (domains');
    await tabTo(page, 'To (domains');
    await page.keyboard.type(to);
    await tabTo(page, 'Report: (MARK)');
    await page.keyboard.insertText(text);
}

let report = '';

test('wordings by holder, files with marks of their own, and a group: all in the preview before anything is sent', async () => {
    tabs.amy = await enter(stage, chrome, 'amy@alder.example');
    const { page } = tabs.amy;
    await startAt(page, '(TLP:AMBER) We {conceal|hide} it in {small|little} boxes and {carry|take} them out.\n\n(TLP:RED//SOURCE) One person said so.', 'group:isac');
    await sees(page, 'Share 2 portions with 2 recipients');
    await sees(page, 'portion 1, 3 places');
    yes(/conceal\s*\|\s*hide/.test(await page.locator('.wordings').innerText()), 'both wordings');
    await tabTo(page, 'Attach files');
    await attach(page, picture, table);
    await sees(page, 'Mark of plan.png (3.0 kB)');
    await sees(page, 'plan.png: an empty mark');
    same(await page.locator('button.primary').count(), 0, 'no way to share what has no mark');
    await press(page, 'Shift+Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab');
    await page.keyboard.type('TLP:AMBER//ORCON');
    await press(page, 'Tab', 'Tab');
    await page.keyboard.type('(TLP:GREEN)');
    await sees(page, 'Share 4 portions with 2 recipients');
    for (const who of ['birch', 'cedar']) yes((await page.locator('.preview thead').innerText()).includes(who), `a column of ${who}`);
    same(await page.locator('.banner').first().innerText(), 'TLP:RED//SOURCE//ORCON');
    await unhindered(tabs.amy);
    yes(!JSON.stringify(tabs.amy.record.requests).includes('conceal'), 'a wording left the page before it was shared');
    await tabTo(page, 'Share 4 portions');
    await press(page, 'Enter');
    await sees(page, 'Open the report');
    for (const person of ['bob@birch.example', 'cyd@cedar.example'])
        await until(() => entries(person)[0] && textOf(person, entries(person)[0].report, 1), `${person} can read it`);
    report = entries('bob@birch.example')[0].report;
});

test('each holder has one wording at each place, and the program says whose copy a text is', async () => {
    const [birch, cedar] = ['bob@birch.example', 'cyd@cedar.example'].map((person) => textOf(person, report, 1));
    for (const text of [birch, cedar]) yes(/^We (conceal|hide) it in (small|little) boxes and (carry|take) them out\.$/.test(text), text);
    yes(birch !== cedar, 'three places tell two holders apart');
    const found = JSON.stringify(stage.as('amy@alder.example', 'trace', file('leaked.txt', birch), '--report', report));
    yes(found.includes('birch.example'), found);
});

test('the program gets the files as they were; the page shows text as text, and saves the rest under its mark', async () => {
    stage.as('bob@birch.example', 'open', report, '--portion', '3', '-o', 'out.bin');
    yes(readFileSync(picture).equals(readFileSync(join(stage.dir, 'out.bin'))), 'byte for byte');
    tabs.bob = await enter(stage, chrome, 'bob@birch.example');
    const { page } = tabs.bob;
    await page.goto(`${tabs.bob.origin}/reports/${report}`);
    await sees(page, 'A file of 3.0 kB, image/png');
    await sees(page, 'A-B;Friday [U+202E]<script>');
    await sees(page, 'Copies of this portion differ');
    same(await page.evaluate(() => window.__hit), undefined);
    same(await page.locator('main img').count(), 0, 'nothing is shown that a file brought along');
    await unhindered(tabs.bob);
    await press(page, '3');
    const saved = page.waitForEvent('download');
    await tabTo(page, 'Save as a file');
    await press(page, 'Enter');
    const download = await saved;
    yes(/^[0-9a-z]{4}-3 TLP-AMBER-ORCON\.png$/.test(download.suggestedFilename()), download.suggestedFilename());
    yes(readFileSync(picture).equals(readFileSync(await download.path())), 'byte for byte');
});

test('four eyes: nothing is sent before the second person agrees, in his inbox', async () => {
    const { page } = tabs.amy;
    const before = entries('bob@birch.example').length;
    await tabTo(page, 'Write another');
    await press(page, 'Enter');
    await startAt(page, '(TLP:AMBER) For two pairs of eyes.', 'birch.example');
    await tabTo(page, 'Second person');
    await page.keyboard.type('olga@alder.example');
    await sees(page, 'Share 1 portion with birch.example');
    await tabTo(page, 'Share 1 portion');
    await press(page, 'Enter');
    await sees(page, 'Nothing was sent yet: olga@alder.example must agree first');
    tabs.olga = await enter(stage, chrome, 'olga@alder.example');
    const olga = tabs.olga.page;
    await sees(olga, 'second person');
    await press(olga, 'Enter');
    await sees(olga, 'amy@alder.example would share');
    await sees(olga, 'birch.example');
    await unhindered(tabs.olga);
    same(await olga.getByRole('button', { name: 'Refuse' }).isDisabled(), true, 'no refusal without a reason');
    same(entries('bob@birch.example').length, before, 'nothing was sent');
    await tabTo(olga, 'Agree: share 1 portion, as amy@alder.example would');
    await press(olga, 'Enter');
    await sees(olga, 'agreed');
    await until(() => entries('bob@birch.example').length === before + 1, 'it was sent');
    await press(page, 'g', 'i');
    await sees(page, 'olga@alder.example');
});

test('two tabs on one draft: the second is told, and keeps both', async () => {
    const { page, context, origin } = tabs.amy;
    await startAt(page, '(TLP:GREEN) First words.', 'birch.example');
    await sees(page, 'Draft kept');
    const other = await context.newPage();
    await other.goto(`${origin}/write`);
    await sees(other, 'Go on writing');
    await tabTo(other, 'Go on writing');
    await press(other, 'Enter');
    await until(() => other.evaluate(() => document.querySelector('textarea').value.includes('First words')), 'the draft is there, too');
    await tabTo(other, 'Report: (MARK)');
    await press(other, 'End');
    await other.keyboard.type(' From the other tab.');
    await sees(other, 'Draft kept');
    await page.bringToFront();
    await tabTo(page, 'Report: (MARK)');
    await press(page, 'End');
    await page.keyboard.type(' From this tab.');
    await sees(page, 'This draft was changed in another tab');
    await unhindered(tabs.amy);
    await tabTo(page, 'Keep as a new draft');
    await press(page, 'Enter');
    await sees(page, 'Draft kept');
    await until(async () => (await page.locator('.drafts li').count()) === 2, 'two drafts');
    const texts = new Set();
    await page.reload();
    for (let i = 0; i < 2; i++) {
        await sees(page, 'Go on writing');
        await until(async () => (await page.locator('.drafts li').count()) === 2, 'both are listed');
        await page.locator('.drafts li').nth(i).getByRole('button', { name: 'Go on writing' }).press('Enter');
        await until(() => page.evaluate(() => document.querySelector('textarea').value.includes('First words')), 'opened');
        texts.add(await page.evaluate(() => document.querySelector('textarea').value));
        await page.reload();
    }
    same([...texts].sort(), ['(TLP:GREEN) First words. From the other tab.', '(TLP:GREEN) First words. From this tab.']);
});

test('a draft of another browser of hers stays closed; a dropped one comes back', async () => {
    const { page } = tabs.amy;
    const second = await enter(stage, chrome, 'amy@alder.example');
    tabs.amy2 = second;
    await toWrite(second.page);
    await sees(second.page, 'Go on writing');
    await tabTo(second.page, 'Go on writing');
    await press(second.page, 'Enter');
    await sees(second.page, 'sealed by another browser of yours');
    same(await second.page.evaluate(() => document.querySelector('textarea').value), '');
    await sees(page, 'Go on writing');
    await tabTo(page, 'Drop');
    await press(page, 'Enter');
    await sees(page, 'Draft dropped.');
    await until(async () => (await page.locator('.drafts li').count()) === 1, 'one is gone');
    await tabTo(page, 'Undo');
    await press(page, 'Enter');
    await until(async () => (await page.locator('.drafts li').count()) === 2, 'it is back');
});

test('no fault was logged, no policy violated', () => {
    // the draft that another tab changed is refused with 409, which chromium logs
    for (const [who, tab] of Object.entries(tabs)) same(tab.record.problems.filter((line) => !/Failed to load resource.*409/.test(line)), [], who);
});

await run(async () => {
    await chrome.close();
    await stage.end();
});
