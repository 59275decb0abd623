// SPDX-License-Identifier: Apache-2.0
// screenshots.mjs DIR [NAME...]: every page of the desk and every state of it, from real nodes: light, dark and narrow; or only the shots
// whose names begin so. script/screenshots runs it. What a node does seldom, or slowly, is played: a late answer, a wrong one, silence.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, visit } from './browser.mjs';
import { open } from './stage.mjs';
import { until } from './tap.mjs';

const [dir, ...only] = process.argv.slice(2);
const LOOKS = { light: {}, dark: { dark: true }, narrow: { narrow: true } };
mkdirSync(dir, { recursive: true });
const stage = await open();
const chrome = await launch();

async function enter(person, look) {
    const desk = await stage.desk(person);
    const tab = await visit(chrome, look);
    Object.assign(tab, { origin: desk.origin, enrol: desk.enrol, desk: desk.child });
    await tab.page.goto(desk.enrol);
    await tab.page.getByRole('button', { name: /enrol/i }).click();
    await tab.page.getByText('Read these six words').waitFor();
    stage.confirm(person);
    return tab;
}

/* What there is to see -------------------------------------------------------------------------------------------- */

const write = (name, text) => {
    const file = join(stage.dir, name);
    writeFileSync(file, text);
    return file;
};
const share = (file, ...to) => stage.as('amy@alder.example', 'share', file, '--to', ...(to.length ? to : ['birch.example'])).report;

async function world() {
    const warning = join(stage.dir, 'warning.md');
    const text = readFileSync(warning, 'utf8');
    const w = { report: share(warning), plain: text };
    w.sourced = share(write('sourced.md', text.replace(/^title: .*$/m, '$&\nsource 1: heron-7\nsource 3: heron-7')));
    w.recalled = share(write('recalled.md', text.replace('Explosive devices', 'Timers')));
    stage.person('ada@birch.example', 'reader,admin', false);
    stage.person('eve@cedar.example', 'reader', false);
    for (const one of [w.report, w.sourced, w.recalled]) await until(() => stage.as('bob@birch.example', 'open', one).portions, 'bob opens it');
    stage.as('pat@birch.example', 'open', w.report);
    stage.as('amy@alder.example', 'recall', w.recalled, '--portion', '1', '--from', 'birch.example');
    stage.as('amy@alder.example', 'tell', 'S. Lind, ministry', `${w.report}/1`, '--reason', 'meeting of the two services');
    stage.as('pat@birch.example', 'override', w.report, '--portion', '1', '--oral', '--to', 'duty officer, port of cedar', '--reason', 'threat to life: flights tomorrow');
    const ask = (report, why) => stage.as('bob@birch.example', 'request', report, '--to', 'cedar.example', '--portion', '1', '--reason', why).request;
    w.granted = ask(w.report, 'joint operation, first part');
    w.denied = ask(w.sourced, 'for the press');
    w.request = ask(w.sourced, 'joint operation Friday');
    await until(() => stage.as('amy@alder.example', 'show', w.request).request, 'the requests arrive');
    stage.as('amy@alder.example', 'grant', w.granted, '--note', 'not to media');
    stage.as('amy@alder.example', 'deny', w.denied, '--reason', 'not to media');
    await until(() => stage.as('cyd@cedar.example', 'open', w.report).portions, 'cyd opens it');
    w.evidence = join(stage.dir, 'pat.evidence');
    stage.as('amy@alder.example', 'briefed', 'pat@birch.example', `${w.report}/3`, '--evidence', w.evidence);
    w.changed = join(stage.dir, 'changed.evidence');
    const bytes = readFileSync(w.evidence);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(w.changed, bytes);
    return w;
}

/* Played states ------------------------------------------------------------------------------------------------------- */

const late = (path) => (page) => page.route(path, async (route) => {
    await new Promise((next) => setTimeout(next, 4000));
    await route.continue().catch(() => {});
});
const answered = (path, status, body) => (page) => page.route(path, (route) => route.fulfill({ status, contentType: 'application/problem+json', body: JSON.stringify(body) }));
const changed = (path, change) => (page) => page.route(path, async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    change(body);
    await route.fulfill({ response: answer, json: body });
});
const failed = { type: 'about:blank', title: 'the store is full', status: 507, detail: 'nothing can be written until there is room on the disk', reason: 'store', instance: 'r-7f3a91' };

const fill = (label, value) => (page) => page.getByLabel(label, { exact: false }).first().fill(value);
const all = (...steps) => async (page, tab) => { for (const step of steps) await step(page, tab); };
const tick = (nth) => (page) => page.locator('.choices input').nth(nth - 1).check();
const press = (name) => (page) => page.getByRole('button', { name }).first().click();
const key = (...keys) => async (page) => { for (const one of keys) await page.keyboard.press(one); };

/* The shots: who, name, address, what is waited for; first: before the page is loaded; then: what is done on it ----------- */

function shots(w) {
    const [report, amy, bob, pat, ada, eve] = [`/reports/${w.report}`, 'amy@alder.example', 'bob@birch.example', 'pat@birch.example', 'ada@birch.example', 'eve@cedar.example'];
    const wrong = '(TLP:AMBER//ORCON) The first.\n\nNo mark here.\n\n(SECRET) Of another system.\n';
    return [
        [eve, 'words', null, 'Read these six words'],
        [eve, 'inbox-empty', '/inbox', 'Nothing is here yet', { first: changed('**/v1/inbox?all=1', (body) => { body.items = []; }) }],
        [eve, 'reports-empty', '/reports', 'No report yet', { first: changed('**/v1/reports', (body) => { body.reports = []; }) }],
        [eve, 'keys', '/inbox', 'No single key', { then: key('?') }],
        [bob, 'inbox-information', '/inbox', 'For information'],
        [bob, 'reports', '/reports', 'TLP:RED'],
        [bob, 'reports-none', '/reports', 'None fits', { then: fill('Filter', 'nothing like this') }],
        [bob, 'report', report, 'You were briefed on'],
        [bob, 'report-loading', report, '', { first: late('**/v1/reports/*'), wait: 900 }],
        [bob, 'report-error', report, 'r-7f3a91', { first: answered('**/v1/reports/*', 507, failed) }],
        [bob, 'report-unreachable', report, 'reached', { first: (page) => page.route('**/v1/reports/*', (route) => route.abort()) }],
        [bob, 'report-recalled', `/reports/${w.recalled}`, 'You were briefed on'],
        [bob, 'report-unknown', '/reports/0000', 'unknown'],
        [bob, 'ask', report, 'Ask the originator', { then: all((page) => page.getByText('You were briefed on').waitFor(), key('a')) }],
        [bob, 'asked', `/inbox/${w.request}`, 'joint operation Friday'],
        [bob, 'denied', `/inbox/${w.denied}`, 'not to media'],
        [bob, 'knows-holder', `${report}/knows`, 'as of'],
        [bob, 'path-holder', `${report}/path`, 'granted'],
        [bob, 'timeline-holder', `${report}/timeline`, 'share'],
        [bob, 'evidence-form', `${report}/evidence`, 'Was this person briefed'],
        [bob, 'people-no-leave', '/people', 'People'],
        [pat, 'override', `${report}/override`, 'to confirm', { then: all(fill('Who is told', 'S. Lind, ministry of cedar'), fill('Reason', 'threat to life: flights tomorrow'), tick(1)) }],
        [amy, 'inbox', '/inbox', 'birch.example'],
        [amy, 'inbox-over', '/inbox', 'overdue', { first: changed('**/v1/inbox?all=1', (body) => body.items.forEach((one) => { if (one.due) one.due = '2026-01-05T10:00:00Z'; })) }],
        [amy, 'decide', `/inbox/${w.request}`, 'joint operation Friday'],
        [amy, 'decide-read', `/inbox/${w.request}`, 'hides explosives', { then: press('Read them here') }],
        [amy, 'decide-deny', `/inbox/${w.request}`, 'Reason for denying', { then: all((page) => page.locator('.detail').getByText('joint operation Friday').waitFor(), key('n')) }],
        [amy, 'own-report', report, 'one person inside'],
        [amy, 'knows', `${report}/knows`, 'as of', { then: (page) => page.locator('.matrix [tabindex="0"]').focus() }],
        [amy, 'path', `${report}/path`, 'granted'],
        [amy, 'path-entry', `${report}/path`, 'In the ledger', { then: (page) => page.locator('td a').first().click() }],
        [amy, 'timeline', `${report}/timeline`, 'share'],
        [amy, 'evidence-yes', `${report}/evidence/bob@birch.example/1`, 'Anchors'],
        [amy, 'evidence', `${report}/evidence/pat@birch.example/3`, 'Anchors'],
        [amy, 'tell', `${report}/tell`, 'Record:', { then: all(fill('Who was told', 'S. Lind, ministry of cedar'), fill('Reason', 'meeting'), tick(2)) }],
        [amy, 'write-empty', '/write', 'Write'],
        [amy, 'write', '/write', 'Share 3 portions', { then: all(fill('To', 'birch.example'), (page) => page.locator('textarea').fill(w.plain)) }],
        [amy, 'write-faults', '/write', 'line', { then: all(fill('To', 'birch.example'), (page) => page.locator('textarea').fill(wrong)) }],
        [amy, 'partners', '/partners', 'birch.example'],
        [amy, 'partner', '/partners/birch.example', '30 days'],
        [amy, 'proofs', '/proofs', 'Drop an evidence file'],
        [amy, 'proofs-verified', '/proofs', 'Anchors', { then: (page) => page.locator('input[type=file]').setInputFiles(w.evidence) }],
        [amy, 'proofs-refused', '/proofs', 'not verified', { then: (page) => page.locator('input[type=file]').setInputFiles(w.changed) }],
        [amy, 'exposure-form', '/exposure', 'Handle of a source'],
        [amy, 'exposure', '/exposure', 'asked in entry', { then: all(fill('Handle of a source', 'heron-7'), key('Enter')) }],
        [amy, 'exposure-nothing', '/exposure', 'Nothing for you', { then: all(fill('Handle of a source', 'egret-1'), key('Enter')) }],
        [amy, 'device', '/device', 'What this browser has seen'],
        [ada, 'people', '/people', 'bob@birch.example'],
        [ada, 'node', '/node', 'Checks'],
        [ada, 'node-loading', '/node', '', { first: late('**/v1/node'), wait: 900 }],
        [bob, 'offline', '/reports', 'Offline', { then: (_, tab) => tab.desk.kill() }],
        [null, 'sign-in', '/sign-in', 'This browser has no key'],
        [amy, 'stale', '/inbox', 'Nothing was heard', { first: (page) => page.route('**/v1/inbox/events*', () => {}), patience: 60000 }],
    ];
}

async function shoot(tab, look, [, name, path, words, { first, then, wait = 400, words: more, patience = 20000 } = {}]) {
    const { page } = tab;
    if (first) await first(page);
    if (path) await page.goto(tab.origin + path);
    if (then) {
        await page.waitForTimeout(300);
        await then(page, tab);
    }
    const wanted = more ?? words;
    if (wanted) await page.getByText(wanted).filter({ visible: true }).first().waitFor({ timeout: patience });
    await page.waitForTimeout(wait);
    await page.screenshot({ path: join(dir, `${look}-${name}.png`), fullPage: true });
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    if (path === null) await page.getByRole('button', { name: /Go on/ }).click();
}

const w = await world();
let missed = 0;
for (const [look, options] of Object.entries(LOOKS)) {
    const tabs = {};
    for (const shot of shots(w)) {
        const [who, name] = shot;
        if (only.length && !only.some((one) => name.startsWith(one))) continue;
        const began = Object.hasOwn(tabs, String(who));
        try {
            tabs[who] ??= who ? await enter(who, options) : { ...await visit(chrome, options), origin: (await stage.desk('cyd@cedar.example')).origin };
            if (who && !began && shot[2] !== null) await tabs[who].page.getByRole('button', { name: /Go on/ }).click();
            await shoot(tabs[who], look, shot);
        } catch (why) {
            missed++;
            console.log(`${look}-${name}: ${why.message.split('\n')[0]}`);
            await tabs[who]?.page.screenshot({ path: join(dir, `${look}-${name}-MISSED.png`) }).catch(() => {});
            await tabs[who]?.page.unrouteAll({ behavior: 'ignoreErrors' }).catch(() => {});
        }
    }
    for (const tab of Object.values(tabs)) await tab.close();
}
await chrome.close();
await stage.end();
console.log(`screenshots in ${dir}${missed ? `, ${missed} missed` : ''}`);
process.exit(missed ? 1 : 0);
