// SPDX-License-Identifier: Apache-2.0
// Writing, telling and overriding on the desk, by keyboard alone: live faults and preview, sealing in the page, a draft, attacks in the source.
import { launch } from './browser.mjs';
import { enter, press, sees, tabTo, unhindered } from './keyboard.mjs';
import { open } from './stage.mjs';
import { run, same, test, until, yes } from './tap.mjs';

const stage = await open();
const chrome = await launch();
const tabs = {};
let report = '';

async function enterAs(person) {
    const tab = await enter(stage, chrome, person);
    tabs[person.split('@')[0]] = tab;
    return tab;
}

const source = '---\ntitle: (TLP:GREEN) A page’s own report\n---\n(TLP:AMBER//ORCON) <script>window.__hit=1</script> [here](javascript:window.__hit=1) a\u202eb\n\n'
    + '(TLP:GREEN//TEARLINE) Take care.\n\n(TLP:RED//SOURCE//ORCON) From one person.\n\n(TLP:RED//SOURCE//HIDDEN) Not even that.\n';

test('she writes: faults at their lines, preview by the policy, a draft that goes on after a reload', async () => {
    const tab = await enterAs('amy@alder.example');
    const { page } = tab;
    await sees(page, 'Write');
    await page.keyboard.press('g');
    await page.keyboard.press('w');
    await sees(page, 'Report: (MARK)');
    await tabTo(page, 'To (domains');
    await page.keyboard.type('birch');
    await sees(page, 'neither a domain nor a person');
    await page.keyboard.type('.example');
    await tabTo(page, 'Report: (MARK)');
    await page.keyboard.type('(TLP:AMBER) One.\n - (TLP:GREEN) Two.');
    await sees(page, 'line 2');
    await unhindered(tab);
    same(await page.locator('button.primary').count(), 0, 'no way to share what has a fault');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.insertText(source);
    await sees(page, 'Share 4 portions with birch.example');
    same(await page.locator('.banner').first().innerText(), 'TLP:RED//SOURCE//HIDDEN//ORCON');
    await sees(page, 'birch.example will see that 3 exists');
    await sees(page, 'Draft kept');
    await unhindered(tab);
    same(await page.evaluate(() => window.__hit), undefined);
    const wire = JSON.stringify(tab.record.requests);
    for (const text of ['Take care', 'From one person', 'own report']) yes(!wire.includes(text), `“${text}” left the page before it was shared`);
    await page.reload();
    await sees(page, 'Go on writing');
    await tabTo(page, 'Go on writing');
    await page.keyboard.press('Enter');
    await sees(page, 'Share 4 portions with birch.example');
});

test('it is sealed in the page; the program opens it, and each reads what he may', async () => {
    const { page } = tabs.amy;
    await tabTo(page, 'Share 4 portions');
    await page.keyboard.press('Enter');
    await sees(page, 'Open the report');
    const wire = JSON.stringify(tabs.amy.record.requests);
    yes(!wire.includes('From one person'), 'its text in a request');
    report = stage.as('bob@birch.example', 'list').reports?.[0]?.report ?? '';
    await until(() => {
        report = stage.as('amy@alder.example', 'list').reports?.[0]?.report ?? '';
        return report && stage.as('bob@birch.example', 'open', report).portions?.some((one) => one.n === 2 && one.state === 'open');
    }, 'bob can read it');
    const read = stage.as('bob@birch.example', 'open', report);
    yes(JSON.stringify(read).includes('Take care.'), 'the tearline');
    yes(!JSON.stringify(read).includes('From one person') && !JSON.stringify(read).includes('HIDDEN'), 'the source, or the hidden one');
    await sees(page, 'Write another');
});

test('a thousand portions and much text stay usable', async () => {
    const { page } = tabs.amy;
    await tabTo(page, 'Write another');
    await page.keyboard.press('Enter');
    await tabTo(page, 'To (domains');
    await page.keyboard.type('birch.example');
    await tabTo(page, 'Report: (MARK)');
    await page.evaluate((text) => {
        const area = document.activeElement;
        Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(area, text);
        area.dispatchEvent(new Event('input', { bubbles: true }));
    }, '(TLP:GREEN) some text\n\n'.repeat(1000) + 'word '.repeat(400000));
    await sees(page, 'Share 1000 portions');
    yes(await page.locator('.preview-row').count() < 40, 'only the rows in sight are drawn');
    await sees(page, 'Too large for a draft');
});

test('she records that somebody was told by voice', async () => {
    const { page } = tabs.amy;
    await page.goto(`${tabs.amy.origin}/reports/${report}/tell`);
    await sees(page, 'Who was told');
    await unhindered(tabs.amy);
    await tabTo(page, 'Who was told');
    await page.keyboard.type('S. Lind, rail operator');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await tabTo(page, 'Reason');
    await page.keyboard.type('duty call');
    await tabTo(page, 'Those present');
    await page.keyboard.type('olga@alder.example');
    await tabTo(page, 'Record: S. Lind, rail operator was told 1 portion');
    await page.keyboard.press('Enter');
    await sees(page, 'It counts as a briefing');
});

test('an authority overrides by voice, after the typed confirmation; the originator signs that it heard', async () => {
    const tab = await enterAs('pat@birch.example');
    const { page } = tab;
    await page.goto(`${tab.origin}/reports/${report}/override`);
    await sees(page, 'without leave');
    await unhindered(tab);
    await tabTo(page, 'Who is told');
    await page.keyboard.type('cedar.example');
    await sees(page, 'needs no override');
    for (let i = 0; i < 13; i++) await page.keyboard.press('Backspace');
    await page.keyboard.type('S. Lind, rail operator');
    await tabTo(page, '1');
    await page.keyboard.press('Space');
    await tabTo(page, 'Reason');
    await page.keyboard.type('a train is due');
    same(await page.locator('button.danger').isDisabled(), true, 'not before it is confirmed');
    await tabTo(page, 'to confirm');
    await page.keyboard.type(await page.locator('section.list').getAttribute('aria-label'));
    await tabTo(page, 'Override: tell S. Lind, rail operator 1 portion');
    await page.keyboard.press('Enter');
    await sees(page, 'Recorded and sent');
    await until(async () => {
        if ((await page.locator('body').innerText()).includes('signed that it has heard')) return true;
        await page.getByRole('button', { name: 'Try again' }).press('Enter', { timeout: 500 }).catch(() => {});
        return false;
    }, 'the receipt');
    await unhindered(tab);
});

test('the officer reads in full what she decides on; what needs no leave is said by the policy', async () => {
    const { request } = stage.as('bob@birch.example', 'request', report, '--to', 'cedar.example', '--portion', '1', '--reason', 'joint operation');
    const { page } = tabs.amy;
    await until(() => stage.as('amy@alder.example', 'inbox').items?.some((one) => JSON.stringify(one).includes(request)), 'it has come');
    await page.goto(`${tabs.amy.origin}/inbox/${request}`);
    await sees(page, 'Read them here');
    await tabTo(page, 'Read them here');
    await page.keyboard.press('Enter');
    await sees(page, '[U+202E]');
    await sees(page, '<script>window.__hit=1</script>');
    same(await page.evaluate(() => window.__hit), undefined);
    same(await page.locator('.in-full a, .in-full script').count(), 0, 'elements that a text brought along');
    await unhindered(tabs.amy);
});

test('no fault was logged, no policy violated', () => {
    for (const [who, tab] of Object.entries(tabs)) same(tab.record.problems.filter((line) => !/Failed to load resource|ERR_/.test(line)), [], who);
});

await run(async () => {
    await chrome.close();
    await stage.end();
});
