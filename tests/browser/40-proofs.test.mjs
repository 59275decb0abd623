// SPDX-License-Identifier: Apache-2.0
// Evidence by keyboard: from a cell of who knows what to its proof, a file checked in the page and sent nowhere, one byte changed; what
// admins see; own devices; what a browser remembers of cards.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, visit } from './browser.mjs';
import { press, sees, tabTo, unhindered } from './keyboard.mjs';
import { open } from './stage.mjs';
import { run, same, test, until, yes } from './tap.mjs';

const stage = await open();
const chrome = await launch();
const { report } = stage.as('amy@alder.example', 'share', join(stage.dir, 'warning.md'), '--to', 'birch.example');
await until(() => stage.as('bob@birch.example', 'open', report).portions?.some((one) => one.n === 1 && one.state === 'open'), 'bob was briefed');
const tabs = {};

const textOf = (page) => page.locator('main').innerText();
async function enter(person) {
    const desk = await stage.desk(person);
    const tab = await visit(chrome);
    tabs[person.split('@')[0]] = tab;
    tab.page.on('filechooser', () => {}); // otherwise each wait turns the interception on and off, and a dialog may come between
    tab.origin = desk.origin;
    await tab.page.goto(desk.enrol);
    await tab.page.getByRole('button', { name: /enrol/i }).click();
    await sees(tab.page, 'Read these six words');
    stage.confirm(person);
    await tab.page.getByRole('button', { name: /Go on/ }).click();
    await sees(tab.page, 'Inbox');
    return tab;
}


async function choose(page, path) {
    const chooser = page.waitForEvent('filechooser');
    await press(page, 'Enter');
    await (await chooser).setFiles(path);
}

const evidence = join(stage.dir, 'pat.evidence');

test('a cell of who knows what leads to its proof', async () => {
    const tab = await enter('amy@alder.example');
    const { page } = tab;
    await press(page, 'g', 'r');
    await sees(page, 'TLP:RED');
    await press(page, 'Enter');
    await sees(page, 'You were briefed on');
    await tabTo(page, 'Who knows');
    await press(page, 'Enter');
    await sees(page, 'pat@birch.example');
    await unhindered(tab);
    await press(page, 'Tab');
    for (let i = 0; i < 20 && !await page.evaluate(() => document.activeElement?.matches('td.cell')); i++) await press(page, 'Tab');
    const row = await page.evaluate(() => [...document.querySelectorAll('.matrix tbody tr')].findIndex((tr) => tr.innerText.startsWith('bob@')));
    await press(page, 'Home', ...Array(row).fill('ArrowDown'), 'ArrowRight'); // the title, then portion 1
    await sees(page, 'bob@birch.example, Portion 1: briefed');
    await press(page, 'Enter');
    await sees(page, 'Briefed: verified');
    const text = await textOf(page);
    yes(text.includes('bob@birch.example was briefed on portion alder.example/'), text);
    yes(text.includes("The person's own signed request and access token are in the proof."), text);
    yes(/witness birch\.example\/witness\+|witness cedar\.example\/witness\+/.test(text.replace(/\s+/g, ' ')), `an outside witness among the anchors: ${text}`);
    await unhindered(tab);
    tab.clean();
});

test('evidence for another person and portion, made, checked and downloaded: the words are those of the command line', async () => {
    const { page } = tabs.amy;
    await page.locator('.asking input').focus();
    await press(page, 'Control+a');
    await page.keyboard.type('pat@birch.example');
    await press(page, 'Tab');
    await page.keyboard.type('3');
    await tabTo(page, 'Make evidence');
    await press(page, 'Enter');
    await sees(page, 'No briefing on record: verified');
    const text = (await textOf(page)).replace(/\s+/g, ' ');
    yes(!/\bnever\b|was not told|did not know/.test(text), 'no claim beyond the ledger');
    const download = page.waitForEvent('download');
    await tabTo(page, 'Download the file');
    await press(page, 'Enter');
    await (await download).saveAs(evidence);
    const said = stage.as('amy@alder.example', 'verify', evidence);
    same(said.verified, true);
    yes(text.includes(said.statement.replace(/\s+/g, ' ')), `the sentence of orcon verify: ${said.statement}`);
    for (const anchor of said.anchors.filter((one) => !one.startsWith('card '))) yes(text.replace(/ /g, '').includes(anchor.split(' ')[1].replace(/ /g, '')), anchor);
    tabs.amy.clean();
});

test('a dropped file is checked in the page and sent nowhere; with one byte changed it is refused', async () => {
    const tab = tabs.amy;
    const { page } = tab;
    const before = tab.record.requests.length;
    await press(page, 'g', 'o');
    await sees(page, 'Drop an evidence file here');
    await unhindered(tab);
    await tabTo(page, 'Choose a file');
    await choose(page, evidence);
    await sees(page, 'No briefing on record: verified');
    await sees(page, 'It does not show what the person saw or heard otherwise.');
    await unhindered(tab);
    const good = readFileSync(evidence);
    for (const at of [60, good.length >> 1, good.length - 5]) {
        const changed = join(stage.dir, `changed-${at}.evidence`);
        const bytes = Buffer.from(good);
        bytes[at] ^= 1;
        writeFileSync(changed, bytes);
        await page.getByRole('button', { name: 'Check another file' }).focus();
        await choose(page, changed);
        await sees(page, `changed-${at}.evidence`);
        await sees(page, 'not verified');
        same(stage.as('amy@alder.example', 'verify', changed).verified, false, `byte ${at} on the command line`);
        yes(!(await textOf(page)).includes('Anchors'), 'no anchors of what is refused');
    }
    await unhindered(tab);
    // dropped, as by a mouse
    await page.evaluate((text) => {
        const data = new DataTransfer();
        data.items.add(new File([text], 'dropped.evidence'));
        document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }, good.toString());
    await sees(page, 'dropped.evidence');
    await sees(page, 'No briefing on record: verified');
    const asked = tab.record.requests.slice(before).filter((one) => one.method !== 'GET' && !one.url.endsWith('/token'));
    same(asked.map((one) => one.url), [], 'nothing but cards was asked for');
    tab.clean();
});

test('who may not ask gets the same words as for what is not there', async () => {
    const tab = await enter('bob@birch.example');
    const { page } = tab;
    await press(page, 'g', 'r');
    await sees(page, 'TLP:RED');
    await press(page, 'Enter');
    await sees(page, 'You were briefed on');
    await tabTo(page, 'Evidence');
    await press(page, 'Enter');
    await sees(page, 'Was this person briefed');
    await tabTo(page, 'Make evidence');
    await press(page, 'Enter');
    await sees(page, 'Briefed: verified');
    await page.goto(`${page.url().replace('bob%40birch', 'amy%40alder')}`);
    await sees(page, 'not yours to ask about');
});

test('the list of keys keeps the focus, and Esc gives it back', async () => {
    const { page } = tabs.bob;
    await press(page, 'g', 'o');
    await sees(page, 'Drop an evidence file here');
    await press(page, '?');
    await page.getByRole('dialog').waitFor();
    await unhindered(tabs.bob);
    for (let i = 0; i < 5; i++) {
        await press(page, 'Tab');
        yes(await page.evaluate(() => document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)), 'the focus is inside');
    }
    await press(page, 'Escape');
    await until(async () => await page.getByRole('dialog').count() === 0, 'it is closed');
    yes(page.url().endsWith('/proofs'), 'and the page is the same');
});

test('a browser that saw another card before says so, after a reload too', async () => {
    const { page } = tabs.bob;
    await press(page, 'g', 'r');
    await sees(page, 'TLP:RED');
    const cards = await page.evaluate(() => new Promise((done) => {
        indexedDB.open('orcon').onsuccess = ({ target }) => {
            const store = target.result.transaction('seen', 'readwrite').objectStore('seen');
            store.getAll().onsuccess = ({ target: { result } }) => {
                const of = (domain) => result.find((one) => one.what === `card ${domain}`);
                store.put({ ...of('alder.example'), text: of('birch.example').text });
                store.transaction.oncomplete = () => {
                    target.result.close();
                    done(result.map((one) => one.what).sort());
                };
            };
        };
    }));
    yes(cards.includes('card alder.example') && cards.includes('log alder.example/orcon/1'), cards.join());
    await page.reload();
    await sees(page, 'TLP:RED');
    await press(page, 'Enter');
    await sees(page, 'another key than this browser saw before');
    await page.goto(`${tabs.bob.origin}/device`);
    await sees(page, 'What this browser has seen');
    await unhindered(tabs.bob);
    await tabTo(page, 'Forget it');
    await press(page, 'Enter');
    await sees(page, 'nothing yet');
});

test('he revokes his other device', async () => {
    const { page } = tabs.bob;
    await sees(page, 'this browser');
    await page.locator('h1').click();
    await tabTo(page, 'Revoke');
    await press(page, 'Enter');
    await sees(page, 'Revoke the device');
    await press(page, 'Enter'); // the named button has the focus
    await sees(page, 'revoked, enrolled');
    yes(!stage.as('bob@birch.example', 'open', report).portions, 'it opens nothing more');
    await unhindered(tabs.bob);
    same(tabs.bob.record.problems.filter((line) => !/Failed to load resource/.test(line)), [], 'faults besides the refusal');
});

test('an officer asks what came from a source; its handle goes out in no other form than sealed', async () => {
    const handle = 'Heron-7';
    writeFileSync(join(stage.dir, 'sourced.md'), readFileSync(join(stage.dir, 'warning.md'), 'utf8').replace(/^title: .*$/m, `$&\nsource 3: ${handle}`));
    const sourced = stage.as('amy@alder.example', 'share', join(stage.dir, 'sourced.md'), '--to', 'birch.example');
    const tab = tabs.amy;
    const { page } = tab;
    await page.goto(`${tab.origin}/proofs`);
    await sees(page, 'Drop an evidence file here');
    await tabTo(page, 'Exposure');
    await press(page, 'Enter');
    await sees(page, 'Handle of a source');
    await tabTo(page, 'Handle of a source');
    await page.keyboard.type(handle);
    await press(page, 'Enter');
    await sees(page, 'asked in entry');
    const text = await textOf(page);
    yes(text.includes(sourced.short ?? '1 portion') && text.includes('1 portion, 1 report'), text);
    await unhindered(tab);
    const wire = JSON.stringify(tab.record.requests) + page.url() + await page.title();
    yes(!wire.toLowerCase().includes(handle.toLowerCase()), 'the handle is not on the wire');
    tab.clean();
});

test('an admin sees people and node; others are not offered them', async () => {
    yes(!(await tabs.bob.page.locator('header').innerText()).includes('People'), 'not for bob');
    stage.person('ada@birch.example', 'reader,admin', false);
    const tab = await enter('ada@birch.example');
    const { page } = tab;
    await tabTo(page, 'People');
    await press(page, 'Enter');
    await sees(page, 'pat@birch.example');
    await sees(page, 'orcon person add');
    await unhindered(tab);
    await tabTo(page, 'Node');
    await press(page, 'Enter');
    await sees(page, 'birch.example');
    await sees(page, 'Checks');
    await unhindered(tab);
    const node = stage.json('birch', 'doctor');
    yes((await textOf(page)).includes(`generation ${node.generation ?? 1}`), 'the ledger');
    tab.clean();
});

await run(async () => {
    await chrome.close();
    await stage.end();
});
