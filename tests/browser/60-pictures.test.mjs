// SPDX-License-Identifier: Apache-2.0
// The pictures: a matrix of 200 persons by 40 portions that is whole, for keys, screen readers and paper; what its cells, the lines of
// the path and those of the timeline lead to.
import { join } from 'node:path';
import { launch, visit } from './browser.mjs';
import { sees, tabTo, unhindered } from './keyboard.mjs';
import { open } from './stage.mjs';
import { run, same, test, until, yes } from './tap.mjs';

let [PERSONS, PORTIONS] = [200, 40];
const stage = await open();
const chrome = await launch();
const { report } = stage.as('amy@alder.example', 'share', join(stage.dir, 'warning.md'), '--to', 'birch.example');
await until(() => stage.as('bob@birch.example', 'open', report).portions, 'bob opens it');

async function enter(person) {
    const desk = await stage.desk(person);
    const tab = await visit(chrome);
    tab.origin = desk.origin;
    await tab.page.goto(desk.enrol);
    await sees(tab.page, 'Sign in on this browser');
    await tabTo(tab.page, 'Make a key');
    await tab.page.keyboard.press('Enter');
    await sees(tab.page, 'Read these six words');
    stage.confirm(person);
    return tab;
}

const amy = await enter('amy@alder.example');

// The node's answer, blown up: the last cell is the only one told by voice.
async function blownUp(route) {
    const answer = await route.fetch();
    const was = await answer.json();
    const portions = Array.from({ length: PORTIONS }, (_, i) => ({ ...was.portions[0], n: i + 1 }));
    const cell = (i, n) => (i === PERSONS - 1 && n === PORTIONS ? { ...was.persons[0].cells[0], n, state: 'told', at: was.at, entry: '1/77', by: 'amy@alder.example' } : { n, state: n % 2 ? 'may' : 'withheld', reason: '' });
    const persons = Array.from({ length: PERSONS }, (_, i) => ({ ...was.persons[0], person: `reader${i}@birch.example`, organisation: 'birch.example', cells: portions.map(({ n }) => cell(i, n)) }));
    await route.fulfill({ response: answer, json: { ...was, portions, persons, totals: portions.map(({ n }) => ({ n, briefed: 0, told: n === PORTIONS ? 1 : 0 })) } });
}

test('200 persons by 40 portions: every row is in the document, and every cell is reached by keys', async () => {
    const { page } = amy;
    await page.route('**/v1/knowers', blownUp);
    await page.goto(`${amy.origin}/reports/${report}/knows`);
    await sees(page, 'reader0@birch.example');
    await until(async () => await page.locator('.matrix tbody tr').count() === PERSONS, 'all rows');
    same(await page.locator('.matrix td.cell').count(), PERSONS * PORTIONS);
    same(await page.locator('.matrix [tabindex="0"]').count(), 1, 'stops for Tab');
    await page.locator('.matrix [tabindex="0"]').focus();
    await page.keyboard.press('End');
    for (let i = 0; i < PERSONS / 10; i++) await page.keyboard.press('PageDown');
    await sees(page, `reader${PERSONS - 1}@birch.example, Portion ${PORTIONS}: told`);
    same(await page.locator('.matrix [tabindex="0"]').count(), 1, 'stops for Tab, later');
    await page.keyboard.press('Enter');
    await until(() => /\/evidence\/reader199%40birch\.example\/\d+$/.test(page.url()), 'the proof of that cell');
});

test('on paper it is whole: blocks of columns, each with every person; axe finds nothing', async () => {
    const { page } = amy;
    await page.goto(`${amy.origin}/reports/${report}/knows`);
    await sees(page, 'reader0@birch.example');
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await page.emulateMedia({ media: 'print' });
    const blocks = page.locator('.paper table');
    same(await blocks.count(), Math.ceil(PORTIONS / 6));
    same(await blocks.locator('td.cell').count(), PERSONS * PORTIONS);
    same(await blocks.last().locator('tbody th').last().innerText(), `reader${PERSONS - 1}@birch.example`);
    same(await page.evaluate(() => [...document.querySelectorAll('.paper table')].every((one) => one.scrollWidth <= innerWidth)), true, 'as wide as the paper');
    await page.emulateMedia({ media: 'screen' });
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    same(await blocks.count(), 0, 'blocks that are left on the screen');
    [PERSONS, PORTIONS] = [12, 8]; // axe takes minutes for the large one
    await page.goto(`${amy.origin}/reports/${report}/knows`);
    await sees(page, 'reader11@birch.example');
    await unhindered(amy);
    await page.unroute('**/v1/knowers');
});

// What a line leads to, by keys; back again.
async function follow(name, words) {
    const { page } = amy;
    await tabTo(page, name);
    await page.keyboard.press('Enter');
    await sees(page, words);
    await sees(page, 'In the ledger: verified');
}

test('a line of the path leads to its entry, in the picture and in the table, and to the proof that it stands', async () => {
    const { page } = amy;
    await page.goto(`${amy.origin}/reports/${report}/path`);
    await sees(page, 'granted');
    const lines = page.locator('svg.path a');
    yes(await lines.count() >= 2, 'lines that lead on');
    same(await page.getByText('no entry of ours').count(), 0);
    await unhindered(amy);
    await follow('1: alder.example → birch.example, granted, entry', 'birch.example, portion 1');
    await sees(page, 'Anchors');
    await unhindered(amy);
});

test('each line of the timeline leads to its entry', async () => {
    const { page } = amy;
    stage.as('amy@alder.example', 'tell', 'S. Lind, ministry', `${report}/1`, '--reason', 'a meeting');
    await page.goto(`${amy.origin}/reports/${report}/timeline`);
    await sees(page, 'share');
    const [lines, links] = [await page.locator('.timeline li').count(), await page.locator('.timeline li a').count()];
    yes(lines > 0 && lines === links, `${links} of ${lines}`);
    await follow('entry 1/', 'share');
});

test('somebody who is named in words only leads to the entry that says so', async () => {
    const { page } = amy;
    await page.goto(`${amy.origin}/reports/${report}/knows`);
    await sees(page, 'S. Lind');
    await page.locator('tr', { hasText: 'S. Lind' }).locator('.cell-told').click();
    await sees(page, 'In the ledger: verified');
    yes(/\/entry\/1\/\d+$/.test(page.url()), page.url());
});

test('an entry that is not there is said to be none, whatever the address says', async () => {
    const { page } = amy;
    for (const [at, words] of [['1/999999', 'not under a signed checkpoint yet'], ['1/x', 'No such entry'], ['0/1', 'No such entry']]) {
        await page.goto(`${amy.origin}/reports/${report}/entry/${at}`);
        await sees(page, words);
    }
});

test('a ledger that shows another entry than it signed is found out', async () => {
    const { page } = amy;
    await page.route('**/log/1/tile/entries/**', async (route) => {
        const answer = await route.fetch();
        const body = await answer.body();
        for (let at = 0; at < body.length; at += 2 + body.readUInt16BE(at)) body[at + 1 + body.readUInt16BE(at)] ^= 1; // the last byte of each
        await route.fulfill({ response: answer, body });
    });
    await page.goto(`${amy.origin}/reports/${report}/timeline`);
    await sees(page, 'share');
    await page.locator('.timeline li a').first().click();
    await sees(page, 'this entry is not in the log: show your officers');
    yes(!(await page.locator('body').innerText()).includes('verified'), 'nothing is called verified');
    await page.unroute('**/log/1/tile/entries/**');
});

test('no fault was logged, no policy violated', () => {
    same(amy.record.problems.filter((line) => !/Failed to load resource|ERR_/.test(line)), []);
});

await run(async () => {
    await chrome.close();
    await stage.end();
});
