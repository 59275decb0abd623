// SPDX-License-Identifier: Apache-2.0
// Every key of the desk, from every page; the list of keys has exactly these; and who is quicker than the node's answers is not ignored.
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { enter, press, sees } from './keyboard.mjs';
import { open } from './stage.mjs';
import { run, same, test, until, yes } from './tap.mjs';

const stage = await open();
const chrome = await launch();
const { report } = stage.as('amy@alder.example', 'share', join(stage.dir, 'warning.md'), '--to', 'birch.example');
const { report: second } = stage.as('amy@alder.example', 'share', join(stage.dir, 'warning.md'), '--to', 'birch.example');
await until(() => stage.as('bob@birch.example', 'open', report).portions && stage.as('bob@birch.example', 'show', second).report, 'both arrive', 60000);
const { request } = stage.as('bob@birch.example', 'request', report, '--to', 'cedar.example', '--portion', '1,3', '--reason', 'joint operation');
await until(() => stage.as('amy@alder.example', 'show', request).request, 'the request arrives', 60000);
const [amy, bob] = [await enter(stage, chrome, 'amy@alder.example'), await enter(stage, chrome, 'bob@birch.example')];
const { page } = amy;
const path = () => new URL(page.url()).pathname;
const leads = (to) => until(() => path() === to, `${to}, and not ${path()}`);
const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.type || document.activeElement.tagName);
const at = async (where, tab = amy) => {
    await tab.page.goto(tab.origin + where);
    await tab.page.locator('main :is(h1, .trouble, .empty)').first().waitFor();
    await until(async () => await tab.page.locator('.skeleton').count() === 0, 'it is all there');
};

test('the list has the keys that there are, and no other', async () => {
    await at('/inbox');
    await press(page, '?');
    await sees(page, 'No single key grants');
    same(await page.locator('dialog dt').allInnerTexts(), ['?', '/', 'j k', 'Enter', 'g i', 'g r', 'g w', 'g p', 'g o', 'a', 'y', 'n', '1–9', 'Esc']);
    await press(page, 'g', 'r');
    same(path(), '/inbox', 'behind the list no other key is heard');
    await press(page, '?');
    await until(async () => await page.locator('dialog').count() === 0, 'the same key closes it');
});

// Where Escape leads from each.
const of = `/reports/${report}`;
const PAGES = [['/inbox', '/inbox'], [`/inbox/${request}`, '/inbox'], ['/reports', '/inbox'], [of, '/reports'], [`${of}/knows`, '/reports'],
    [`${of}/evidence`, '/reports'], [`${of}/tell`, of], [`${of}/recall`, of], ['/write', '/inbox'], ['/partners', '/inbox'], ['/partners/birch.example', '/inbox'],
    ['/proofs', '/inbox'], ['/exposure', '/inbox'], ['/device', '/inbox'], ['/people', '/inbox'], ['/seconds/x', '/inbox']];
for (const [where, back] of PAGES)
    test(`? / g i g r g p g o g w and Esc, from ${where.replace(report, 'R').replace(request, 'Q')}`, async () => {
        await at(where);
        await press(page, '?');
        await page.locator('dialog[open]').waitFor();
        await press(page, 'Escape');
        await until(async () => await page.locator('dialog').count() === 0, 'closed');
        for (const [key, to] of [['i', '/inbox'], ['r', '/reports'], ['p', '/partners'], ['o', '/proofs'], ['w', '/write']]) {
            await press(page, 'g', key);
            await leads(to);
            if (to !== where) await page.goBack();
            await leads(where);
        }
        await press(page, '/');
        await leads('/reports');
        await until(async () => await focused() === 'search', 'in the search');
        await page.keyboard.type('gwn');
        same([path(), await page.locator('input[type=search]').inputValue()], ['/reports', 'gwn'], 'letters are letters there');
        await press(page, 'Escape');
        await until(async () => await focused() === 'BODY', 'out of the search');
        if (where !== '/reports') {
            await press(page, 'Escape');
            await leads(where);
        }
        if (where === '/people' || where === '/seconds/x') return; // not hers; nothing is there
        const fresh = await amy.context.newPage(); // with no page of ours before it
        await fresh.goto(amy.origin + where);
        await fresh.locator('main h1').first().waitFor();
        await press(fresh, 'Escape');
        await until(() => new URL(fresh.url()).pathname === back, `${back}, and not ${fresh.url()}`);
        await fresh.close();
    });

test('Esc goes to the page before, if there was one, and leaves a field first', async () => {
    await at('/reports');
    await press(page, 'g', 'p');
    await leads('/partners');
    await press(page, 'g', 'w');
    await leads('/write');
    await page.getByLabel('To (domains').focus();
    await press(page, 'Escape');
    same([path(), await focused()], ['/write', 'BODY']);
    await press(page, 'Escape');
    await leads('/partners');
    await press(page, 'Escape');
    await leads('/reports');
});

test('j and k move in inbox, reports and partners, Enter opens', async () => {
    const chosen = () => page.locator('.row-chosen').innerText();
    for (const [where, to] of [['/reports', /^\/reports\/.+/], ['/partners', /^\/partners\/.+/]]) {
        await at(where);
        const first = await chosen();
        await press(page, 'j');
        const next = await chosen();
        yes(next !== first, `${where}: j moves`);
        await press(page, 'j', 'j', 'j', 'k', 'k', 'k', 'k');
        same(await chosen(), first, `${where}: k goes back, and no further than the first`);
        await press(page, 'j', 'Enter');
        await until(() => to.test(path()), `${where}: Enter opens`);
    }
    await at('/inbox');
    await press(page, 'k');
    await leads(`/inbox/${request}`);
});

test('a asks; y and n turn the panel; 1 to 9 go to a portion; none of them decides', async () => {
    await at(`/inbox/${request}`);
    await sees(page, 'Grant 2 portions to cedar.example');
    for (const [key, focus] of [['3', 'choice-3'], ['1', 'choice-1']]) {
        await press(page, key);
        same(await focused(), focus);
    }
    await press(page, 'n');
    await sees(page, 'Reason for denying');
    await press(page, 'y');
    await sees(page, 'Grant 2 portions to cedar.example');
    same(stage.as('amy@alder.example', 'show', request).state, 'open', 'nothing was decided');
    await at(of, bob);
    await sees(bob.page, 'You were briefed on');
    await press(bob.page, '2');
    same(await bob.page.evaluate(() => document.activeElement.id), 'portion-2');
    await press(bob.page, 'a');
    await sees(bob.page, 'Ask the originator');
    await press(bob.page, 'Escape');
    await until(async () => !(await bob.page.locator('main').innerText()).includes('Ask the originator'), 'closed');
});

test('g w before the node has said who one is: the page waits for it, and says whose it is not', async () => {
    for (const [tab, words] of [[amy, 'To (domains'], [bob, 'This page is for people with the role author.']]) {
        let let_go = () => {};
        const held = new Promise((done) => { let_go = done; });
        const late = async (route) => { await held; await route.continue().catch(() => {}); };
        await tab.page.route('**/v1/me', late);
        await tab.page.goto(`${tab.origin}/reports`);
        await tab.page.locator('main h1').first().waitFor();
        await press(tab.page, 'g', 'w');
        await tab.page.locator('.skeleton .bone').first().waitFor();
        same(new URL(tab.page.url()).pathname, '/write');
        yes(!(await tab.page.locator('body').innerText()).includes(words), 'not before the answer');
        let_go();
        await sees(tab.page, words);
        await tab.page.unroute('**/v1/me', late);
    }
});

test('no fault was logged, no policy violated', () => {
    for (const tab of [amy, bob]) same(tab.record.problems.filter((line) => !/Failed to load resource|ERR_/.test(line)), [], tab.origin);
});

await run(async () => {
    await chrome.close();
    await stage.end();
});
