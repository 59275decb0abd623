// SPDX-License-Identifier: Apache-2.0
// The eight lines of `orcon demo` on the desk, over three nodes, by keyboard alone: also what goes by hand from birch to cedar.
import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { launch } from './browser.mjs';
import { attach, enter, press, sees, tabTo, toWrite, unhindered } from './keyboard.mjs';
import { open, report as source } from './stage.mjs';
import { run, same, test, until, yes } from './tap.mjs';

const stage = await open();
const chrome = await launch();
const tabs = {};
const as = async (name, person) => {
    tabs[name] = await enter(stage, chrome, person);
    return tabs[name].page;
};
let report = '';
let short = '';
const main = (page) => page.locator('main').innerText();
const openReport = async (page) => {
    await press(page, 'g', 'r');
    await sees(page, 'TLP:');
    await press(page, 'Enter');
};

test('1: amy shares a report of three portions with birch', async () => {
    const page = await as('amy', 'amy@alder.example');
    await sees(page, 'Exposure');
    await toWrite(page);
    await sees(page, 'To (domains');
    await tabTo(page, 'To (domains');
    await page.keyboard.type('birch.example');
    await tabTo(page, 'Report: (MARK)');
    await page.keyboard.insertText(source);
    await sees(page, 'birch.example will see that 3 exists');
    await tabTo(page, 'Share 3 portions with birch.example');
    await press(page, 'Enter');
    await sees(page, 'Open the report');
});

test('2: bob opens it: two portions, the source withheld', async () => {
    const page = await as('bob', 'bob@birch.example');
    await sees(page, 'report');
    await openReport(page);
    await sees(page, 'You were briefed on 1, 2');
    await sees(page, 'Withheld');
    yes(!(await main(page)).includes('one person inside'), 'the source');
    [, report] = /reports\/([0-9a-f-]{36})/.exec(page.url()) ?? [];
    short = (await page.title()).slice(0, 4);
});

test('3: carried to cedar without asking: cyd can’t open it, and amy is told whose copy it was', async () => {
    const carried = join(stage.dir, 'carried.orcon');
    const saved = tabs.bob.page.waitForEvent('download');
    await tabTo(tabs.bob.page, 'Save it sealed');
    await press(tabs.bob.page, 'Enter');
    const download = await saved;
    same(download.suggestedFilename(), `${short}.orcon`);
    await download.saveAs(carried);
    await sees(tabs.bob.page, 'still sealed: only those whom alder.example released it to');
    yes(!readFileSync(carried).includes('hides explosives'), 'its words in the file');
    const page = await as('cyd', 'cyd@cedar.example');
    const takes = async (file) => {
        await press(page, 'g', 'r');
        await tabTo(page, 'Take a package that came by hand');
        await attach(page, file);
    };
    const broken = join(stage.dir, 'broken.orcon');
    writeFileSync(broken, readFileSync(carried).subarray(0, 3000));
    await takes(broken);
    await sees(page, 'broken.orcon can’t be taken: not a package, or cut short. Nothing was sent.');
    same(tabs.cyd.record.requests.filter((one) => one.url.endsWith('/v1/packages')).length, 0, 'nothing was sent');
    await unhindered(tabs.cyd);
    await takes(carried);
    await sees(page, 'made for somebody else');
    await takes(carried); // twice is no fault
    await sees(page, 'made for somebody else');
    yes(!(await main(page)).includes('hides explosives'), 'nothing is opened unasked');
    await tabTo(page, 'Open it all the same');
    await press(page, 'Enter');
    await sees(page, 'Withheld');
    yes(!/hides explosives|cabin baggage on these/.test(await main(page)), 'its words');
    await press(tabs.amy.page, 'g', 'i');
    await sees(tabs.amy.page, 'refused try');
    await sees(tabs.amy.page, 'cedar.example');
    await unhindered(tabs.amy);
});

test('4: bob passes the tearline on by rule, and asks for portion 1; amy grants it until a day; cyd reads both', async () => {
    const { page } = tabs.bob;
    await press(page, 'a');
    await sees(page, 'Ask the originator');
    await page.keyboard.type('joint operation Friday');
    await press(page, 'Shift+Tab', 'ArrowDown', 'Tab');
    await page.keyboard.type('cedar.example');
    await sees(page, 'needs no leave');
    await press(page, 'Shift+Tab', 'Shift+Tab', 'Space', 'Shift+Tab', 'Space'); // not 3, but 2
    await sees(page, 'Pass 1 portion on to cedar.example now');
    await unhindered(tabs.bob);
    await tabTo(page, 'Pass 1 portion on');
    await press(page, 'Enter');
    await sees(page, 'granted');
    await until(() => stage.as('cyd@cedar.example', 'open', report).portions?.some((one) => one.n === 2 && one.state === 'open'), 'cyd can read the tearline');
    await openReport(page);
    await sees(page, 'You were briefed on 1, 2');
    await press(page, 'a');
    await sees(page, 'Ask the originator');
    await page.keyboard.type('joint operation Friday');
    await press(page, 'Shift+Tab', 'ArrowDown', 'Tab');
    await page.keyboard.type('cedar.example');
    await press(page, 'Shift+Tab', 'Shift+Tab', 'Space', 'Shift+Tab', 'Shift+Tab', 'Space');
    await tabTo(page, 'Ask for 1 portion, for cedar.example');
    await press(page, 'Enter');
    await sees(page, 'asks to pass');
    const amy = tabs.amy.page;
    await sees(amy, 'birch.example → cedar.example');
    await sees(amy, 'joint operation Friday');
    await press(amy, 'Enter');
    await sees(amy, 'Grant 1 portion to cedar.example');
    await tabTo(amy, 'Until (a day');
    await amy.keyboard.type('12312030');
    await tabTo(amy, 'Grant 1 portion to cedar.example');
    await press(amy, 'Enter');
    await sees(amy, 'Leave can be taken back');
    const cyd = tabs.cyd.page;
    await sees(page, 'granted');
    await until(async () => {
        await press(cyd, 'g', 'i', 'g', 'r');
        await sees(cyd, 'TLP:');
        await press(cyd, 'Enter');
        return until(async () => /hides explosives[^]*cabin baggage on these/.test(await main(cyd)), 'both', 3000).catch(() => false);
    }, 'cyd reads 1, 2', 40000);
    await press(page, 'g', 'i');
    await until(async () => (await page.locator('.row').allInnerTexts()).some((row) => /decision[^]*granted/.test(row)), 'bob’s inbox says what was decided');
});

test('5: pat overrides for portion 1, by voice, to an outsider; amy is told without a reload', async () => {
    const page = await as('pat', 'pat@birch.example');
    await openReport(page);
    await sees(page, 'You were briefed on 1, 2');
    await tabTo(page, 'Override…');
    await press(page, 'Enter');
    await sees(page, 'without leave');
    await tabTo(page, 'Who is told');
    await page.keyboard.type('S. Lind, ministry of cedar');
    await tabTo(page, '1');
    await press(page, 'Space');
    await tabTo(page, 'Reason');
    await page.keyboard.type('threat to life: flights tomorrow');
    await tabTo(page, 'to confirm');
    await page.keyboard.type(short);
    await tabTo(page, 'Override: tell S. Lind, ministry of cedar 1 portion');
    await press(page, 'Enter');
    await sees(page, 'Recorded and sent');
    await press(tabs.amy.page, 'g', 'i');
    await sees(tabs.amy.page, 'threat to life: flights tomorrow');
});

test('6: nobody overrides on what he was not briefed on: the source can’t be chosen; nor does the node take it from a browser that says he was', async () => {
    const { page } = tabs.pat;
    await openReport(page);
    await tabTo(page, 'Override…');
    await press(page, 'Enter');
    await sees(page, 'you were not briefed on it');
    same(await page.locator('.choices input').nth(2).isDisabled(), true);
    // the proof of portion 1, put in the place of one of portion 3
    const { id } = stage.as('bob@birch.example', 'show', report).portions.find((one) => one.n === 3);
    await page.evaluate((portion) => new Promise((done) => {
        indexedDB.open('orcon').onsuccess = (event) => {
            const store = event.target.result.transaction('held', 'readwrite').objectStore('held');
            store.getAll().onsuccess = (all) => { store.put({ ...all.target.result[0], portion, sealed: null }).onsuccess = () => { event.target.result.close(); done(); }; };
        };
    }), id);
    await page.reload();
    await sees(page, 'without leave');
    await tabTo(page, 'Who is told');
    await page.keyboard.type('S. Lind');
    await tabTo(page, '3');
    await press(page, 'Space');
    await tabTo(page, 'Reason');
    await page.keyboard.type('to see whether it goes');
    await tabTo(page, 'to confirm');
    await page.keyboard.type(short);
    await tabTo(page, 'Override: tell S. Lind 1 portion');
    await press(page, 'Enter');
    await page.locator('.trouble').waitFor();
    yes(/briefing|briefed/.test(await page.locator('.trouble').innerText()), `the node says why: ${await page.locator('.trouble').innerText()}`);
    yes(!(await main(page)).includes('Recorded and sent'), 'nothing was recorded');
    same(stage.as('amy@alder.example', 'inbox', '--all').items.filter((one) => one.kind === 'override').length, 1, 'overrides that alder hears of');
});

test('7: was pat briefed on the source? No briefing on record; the file is checked in Proofs', async () => {
    const { page } = tabs.amy;
    await openReport(page);
    await sees(page, 'Evidence');
    await tabTo(page, 'Evidence');
    await press(page, 'Enter');
    await sees(page, 'Make evidence');
    await tabTo(page, 'Person');
    await page.keyboard.type('pat@birch.example');
    await press(page, 'Tab', 'End'); // the last portion
    await tabTo(page, 'Make evidence');
    await press(page, 'Enter');
    await sees(page, 'No briefing of pat@birch.example');
    const saved = page.waitForEvent('download');
    await tabTo(page, 'Download the file');
    await press(page, 'Enter');
    const file = join(stage.dir, 'pat.evidence');
    await (await saved).saveAs(file);
    same(stage.as('amy@alder.example', 'verify', file).verified, true);
    await press(page, 'g', 'o');
    await sees(page, 'Choose');
    await tabTo(page, 'Choose');
    await attach(page, file);
    await sees(page, 'No briefing of pat@birch.example');
    await unhindered(tabs.amy);
});

test('8: birch’s record is the same on both desks', async () => {
    const numbers = async (name, partner) => {
        const { page } = tabs[name];
        await press(page, 'g', 'p');
        await sees(page, partner);
        await tabTo(page, partner);
        await press(page, 'Enter');
        await page.locator('tbody').waitFor();
        return page.locator('main table').innerText();
    };
    const rows = await numbers('amy', 'birch.example');
    yes(/alder\.example\s+birch\.example/.test(rows) && /overrides made\s+0\s+0\s+1\s+1/.test(rows) && /uncoordinated sharing\s+0\s+0\s+1\s+1/.test(rows), rows);
    await until(async () => {
        if (await numbers('bob', 'alder.example') === rows) return true;
        await press(tabs.bob.page, 'g', 'i');
        return false;
    }, 'the same, once each has the other’s acknowledgement', 30000);
});

test('each number of the record opens the statements behind it', async () => {
    const { page } = tabs.amy;
    await press(page, 'g', 'p');
    await sees(page, 'birch.example');
    await tabTo(page, 'birch.example');
    await press(page, 'Enter');
    await page.locator('tbody').waitFor();
    await tabTo(page, '1, overrides made');
    await press(page, 'Enter');
    await sees(page, 'The whole record');
    same(await page.locator('main h2').innerText(), 'overrides made 1');
    const row = await page.locator('main tbody tr').innerText();
    yes(/override\s+birch\.example/.test(row) && row.includes(short) && row.includes('open'), row);
    await unhindered(tabs.amy);
    await page.goto(`${tabs.amy.origin}/partners/birch.example/nothing-like-this`);
    await sees(page, 'no list');
    await press(page, 'g', 'i');
});

test('she takes her leave back: cyd’s open page closes, and the desk shows who has heard', async () => {
    const { page } = tabs.amy;
    const cyd = tabs.cyd.page;
    await openReport(page);
    await sees(page, 'Take leave back');
    await tabTo(page, 'Take leave back');
    await press(page, 'Enter');
    await sees(page, 'Recall 3 portions from all holders');
    await tabTo(page, 'From');
    await page.keyboard.type('cedar.example');
    await sees(page, 'Recall 3 portions from cedar.example');
    await unhindered(tabs.amy);
    await tabTo(page, 'Recall 3 portions from cedar.example');
    await press(page, 'Enter');
    await until(async () => {
        if ((await main(page)).includes('heard, by his word')) return true;
        await page.reload(); // an ack is no notice
        return sees(page, 'Taken back before').then(() => false);
    }, 'cedar has heard', 30000);
    await until(async () => !/hides explosives/.test(await main(cyd)), 'closed');
    await sees(cyd, 'took his leave back');
});

test('at 360 px: inbox, deciding, reading, asking; nothing is wider than the page', async () => {
    const { request } = stage.as('bob@birch.example', 'request', report, '--to', 'cedar.example', '--portion', '1', '--reason', 'again, for as long as it takes to say so in a narrow column');
    await until(() => stage.as('amy@alder.example', 'inbox').items?.some((one) => JSON.stringify(one).includes(request)), 'it has come');
    for (const [name, paths] of [['amy', ['/inbox', `/inbox/${request}`, `/reports/${report}`, `/reports/${report}/recall`]], ['bob', ['/inbox', '/reports', `/reports/${report}`]]]) {
        const { page } = tabs[name];
        await page.setViewportSize({ width: 360, height: 740 });
        for (const path of paths) {
            await page.goto(tabs[name].origin + path);
            await page.locator('main :is(h1, h2)').locator('visible=true').first().waitFor();
            await until(async () => await page.locator('.skeleton').count() === 0, 'it is all there');
            same(await page.evaluate(() => document.documentElement.scrollWidth), 360, path);
            await unhindered(tabs[name]);
        }
    }
    const { page } = tabs.amy;
    await page.goto(`${tabs.amy.origin}/inbox/${request}`);
    await sees(page, 'Grant 1 portion to cedar.example');
    for (const button of ['Grant 1 portion', 'Deny…']) {
        const box = await page.getByRole('button', { name: button }).boundingBox();
        yes(box && box.x >= 0 && box.x + box.width <= 360 && box.height >= 30, `${button} can be pressed`);
    }
    await tabTo(page, 'Deny…');
    await press(page, 'Enter');
    await page.keyboard.press('Shift+Tab');
    await tabTo(page, 'Reason for denying');
    await page.keyboard.type('not this time');
    // another tab of hers shows it settled, without a reload
    const other = await tabs.amy.context.newPage();
    await other.goto(`${tabs.amy.origin}/inbox/${request}`);
    await sees(other, 'Grant 1 portion');
    await page.bringToFront();
    await tabTo(page, 'Deny this request');
    await press(page, 'Enter');
    await page.locator('.state-denied').waitFor();
    await until(async () => await other.getByRole('button', { name: /Grant/ }).count() === 0, 'what can’t be decided any more is no button');
    await other.locator('.state-denied').waitFor();
    await other.close();
    for (const tab of [tabs.amy, tabs.bob]) await tab.page.setViewportSize({ width: 1280, height: 860 });
});

// The drawing of each page of a PDF, as text.
function pagesOf(pdf) {
    const out = [];
    for (let at = pdf.indexOf('stream\n'); at >= 0; at = pdf.indexOf('stream\n', at + 7)) {
        if (pdf.subarray(at - 3, at).toString() === 'end') continue;
        try {
            const text = inflateSync(pdf.subarray(at + 7, pdf.indexOf('endstream', at))).toString('latin1');
            if (/ Tj|\] ?TJ/.test(text)) out.push(text);
        } catch { /* a font, an image */ }
    }
    return out;
}

test('in print each page has the banner at its top and bottom, and nothing lies under them', async () => {
    writeFileSync(join(stage.dir, 'long.md'), Array.from({ length: 30 }, (_, i) => `(TLP:AMBER//ORCON) Portion ${i + 1}. ${'Some words to fill the page. '.repeat(20)}\n`).join('\n'));
    const long = stage.as('amy@alder.example', 'share', 'long.md', '--to', 'birch.example').report;
    await until(() => stage.as('bob@birch.example', 'show', long).report, 'delivered');
    const { page, origin } = tabs.bob;
    await page.goto(`${origin}/reports/${long}`);
    await sees(page, 'Portion 30.');
    const pdf = join(stage.dir, 'report.pdf');
    await page.pdf({ path: pdf, format: 'A4', printBackground: true });
    await page.emulateMedia({ media: 'print' });
    const banners = await page.evaluate(() => [...document.querySelectorAll('.banner')].map((one) => { const s = getComputedStyle(one); return [s.display, one.innerText]; }));
    same(banners, [['table-header-group', 'TLP:AMBER//ORCON'], ['table-footer-group', 'TLP:AMBER//ORCON']], 'groups that are repeated on each page');
    same(await page.locator('.bar').isVisible(), false, 'no navigation on paper');
    const pages = pagesOf(readFileSync(pdf));
    yes(pages.length > 2, `several pages: ${pages.length}`);
    // letters are numbers of glyphs, and a banner is drawn letter by letter, from a T on: at the right, above and below all else
    for (const [i, drawn] of pages.entries()) {
        const words = [...drawn.matchAll(/1 0 0 -1 ([\d.]+) ([\d.]+) Tm\n<([0-9A-F]+)> Tj/g)].map(([, x, y, letters]) => ({ x: Number(x), y: Number(y), letters }));
        const label = words.find((one) => one.letters.length === 4 * 'TLP:AMBER//'.length && one.x < 200)?.letters; // of a portion, in the margin
        const heights = words.filter((one) => one.letters === label?.slice(0, 4) && one.x > 400).map((one) => one.y).sort((one, other) => one - other);
        const rest = words.filter((one) => !heights.includes(one.y)).map((one) => one.y);
        yes(label && heights.length === 2, `page ${i + 1} has two banners: ${heights}`);
        yes(heights[0] < Math.min(...rest) - 10 && heights[1] > Math.max(...rest) + 10, `page ${i + 1}: they stand clear of the text`);
    }
    await page.emulateMedia({ media: 'screen' });
});

test('no fault was logged, no policy violated', () => {
    for (const [who, tab] of Object.entries(tabs)) same(tab.record.problems.filter((line) => !/Failed to load resource|ERR_/.test(line)), [], who);
});

await run(async () => {
    await chrome.close();
    await stage.end();
});
