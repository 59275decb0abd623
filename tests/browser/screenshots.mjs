// SPDX-License-Identifier: Apache-2.0
// screenshots.mjs DIR [NAME...]: every page of the desk and every state of it, from real nodes: light, dark, narrow where people work so, and on
// paper; or only the shots whose names begin so, where `light-` and so on may stand before. script/screenshots runs it. What a node does
// seldom, or slowly, is played: a late answer, a wrong one, silence.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { launch, visit } from './browser.mjs';
import { open } from './stage.mjs';
import { until } from './tap.mjs';

const [dir, ...only] = process.argv.slice(2);
const LOOKS = { light: {}, dark: { dark: true }, narrow: { narrow: true }, paper: {} };
// Read, decided and asked at 360 px; printed, what is evidence or text.
const NARROW = /^(words|inbox|report|ask|forward|decide|denied|second|recall|offline|stale|keys|sign-in|enrol|override|device)/;
const PAPER = /^(report|knows|path|timeline|evidence|evidence-yes|report-passed)$/;
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

const later = "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1], timeout=20)\ndb.execute('UPDATE enrolment SET expires_ms = 1 WHERE used_ms = 0')\ndb.commit()\n";
const write = (name, text) => {
    const file = join(stage.dir, name);
    writeFileSync(file, text);
    return file;
};
const share = (file, ...to) => stage.as('amy@alder.example', 'share', file, '--to', ...(to.length ? to : ['birch.example'])).report;

// As stage.as, and what is refused ends it all.
const act = (person, ...args) => JSON.parse(stage.orcon(['--json', '--as', person, ...args]));

// Four eyes: waiting, agreed, refused.
function second(w) {
    const ask = (title, ...more) => act('amy@alder.example', 'share', write(`${title}.md`, `---\ntitle: (TLP:GREEN) ${title}\n---\n(TLP:AMBER) For two pairs of eyes.\n\n(TLP:RED//SOURCE) One person said so.\n`), '--to', 'birch.example,cedar.example', '--second', 'olga@alder.example', ...more).waits.second;
    [w.waiting, w.agreed, w.refused] = ['Waiting', 'Agreed', 'Refused'].map((title) => ask(title));
    act('olga@alder.example', 'second', w.agreed);
    act('olga@alder.example', 'second', w.refused, '--refuse', '--reason', 'the second portion names a source');
}

// What val cites of amy's: one portion with leave for cedar, one without; and a report that rests on one.
async function citing(w) {
    stage.person('val@birch.example', 'reader,author');
    w.third = share(write('third.md', '(TLP:AMBER//ORCON) The third of them.\n'));
    for (const one of [w.report, w.third]) await until(() => stage.as('val@birch.example', 'open', one).portions, 'val reads it', 60000);
    const [free, held] = [w.report, w.third].map((one) => act('val@birch.example', 'show', one).short);
    w.cites = `---\ntitle: (TLP:GREEN) What we make of it\n---\n(TLP:GREEN) As they say: [[${free}/1]], and again in [[${held}/1]].\n\n(TLP:GREEN) Ours: check the lining.\n`;
    w.badCites = `(TLP:GREEN) As in [[${free}/3]].\n\n(TLP:GREEN) And [[zzzz/1]].\n`;
    w.citing = act('val@birch.example', 'share', write('cites.md', `---\ntitle: (TLP:GREEN) What we make of it\n---\n(TLP:GREEN) As they say: [[${free}/1]].\n`), '--to', 'cedar.example').report;
}

// Passed on by an override, sealed.
function passed(w) {
    act('pat@birch.example', 'open', w.sourced);
    w.override = act('pat@birch.example', 'override', w.sourced, '--portion', '1', '--to', 'cedar.example', '--reason', 'a train is due').override;
    w.forwarded = act('bob@birch.example', 'forward', w.sourced, '--to', 'cedar.example', '--portion', '2', '--reason', 'they act on it').request;
    w.short = act('amy@alder.example', 'show', w.report).short;
    w.files = act('amy@alder.example', 'share', write('plan.txt', 'Route A-B, Friday.\n'), write('plan.png', 'not really a picture'), '--mark', 'TLP:AMBER', '--to', 'birch.example').report;
}

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
    second(w);
    await citing(w);
    passed(w);
    w.evidence = join(stage.dir, 'pat.evidence');
    await until(() => stage.as('amy@alder.example', 'briefed', 'pat@birch.example', `${w.report}/3`, '--evidence', w.evidence).evidence ?? existsSync(w.evidence), 'evidence', 60000);
    w.changed = join(stage.dir, 'changed.evidence');
    const bytes = readFileSync(w.evidence);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(w.changed, bytes);
    return w;
}

/* Played states ------------------------------------------------------------------------------------------------------- */

const late = (path, ms = 4000) => (page) => page.route(path, async (route) => {
    await new Promise((next) => setTimeout(next, ms));
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

// In the address: what is opened reads otherwise, as if whoever sealed it had sealed another text.
const otherText = (page) => page.addInitScript(() => {
    if (location.hash !== '#other') return;
    const decrypt = crypto.subtle.decrypt.bind(crypto.subtle);
    crypto.subtle.decrypt = async (...args) => {
        const plain = new Uint8Array(await decrypt(...args));
        if (new TextDecoder().decode(plain).startsWith('The group')) plain[4] ^= 32;
        return plain.buffer;
    };
});
const away = { first: () => stage.stop('alder'), after: () => stage.start('alder') };
const wrongShape = (path) => (page) => page.route(path, (route) => route.fulfill({ status: 200, contentType: 'application/json', body: '{}' }));
const fresh = (w) => async (page, tab) => { // taken back while it is open
    const report = share(write('fresh.md', w.plain.replace('Explosive devices', 'Hinges')));
    await until(() => stage.as('bob@birch.example', 'show', report).report, 'delivered');
    await page.goto(`${tab.origin}/reports/${report}`);
    await page.getByText('You were briefed on').waitFor();
    stage.as('amy@alder.example', 'recall', report, '--portion', '1', '--from', 'birch.example');
};
const fill = (label, value) => (page) => page.getByLabel(label, { exact: false }).first().fill(value);
const all = (...steps) => async (page, tab) => { for (const step of steps) await step(page, tab); };
const typed = (source, to = 'birch.example') => all(fill('To', to), (page) => page.locator('textarea').first().fill(source));
const tick = (nth, on = true) => (page) => page.locator('.choices input').nth(nth - 1).setChecked(on);
const press = (name) => (page) => page.getByRole('button', { name }).first().click();
const key = (...keys) => async (page) => { for (const one of keys) await page.keyboard.press(one); };

async function expired(page) {
    const { enrol } = stage.json('cedar', 'person', 'add', 'cyd@cedar.example');
    spawnSync('python3', ['-c', later, join(stage.home('cedar'), 'orcon.db')]);
    await page.getByRole('textbox').first().fill(enrol);
    await page.getByRole('button', { name: 'Make a key' }).click();
}

function revoke() {
    const { devices } = stage.json('cedar', 'person', 'list').people.find((one) => one.person === 'eve@cedar.example');
    stage.orcon(['person', 'suspend', 'eve@cedar.example', '--device', devices.at(-1).thumbprint], { home: 'cedar' });
}

/* The shots: who, name, address, what is waited for; first: before the page is loaded; then: what is done on it ----------- */

function shots(w) {
    const [report, amy, olga, bob, val, pat, ada, cyd, eve] = [`/reports/${w.report}`, 'amy@alder.example', 'olga@alder.example', 'bob@birch.example', 'val@birch.example', 'pat@birch.example', 'ada@birch.example', 'cyd@cedar.example', 'eve@cedar.example'];
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
        [bob, 'report-late', report, 'still waiting', { first: late('**/v1/reports/*', 9000) }],
        [bob, 'report-wrong', report, 'can’t read', { first: wrongShape('**/v1/reports/*') }],
        [bob, 'report-away', `/reports/${w.sourced}`, 'the key must come from', { ...away, patience: 40000 }],
        [bob, 'report-files', `/reports/${w.files}`, 'A file of'],
        [bob, 'report-recalled-open', '/inbox', 'took his leave back', { then: fresh(w) }],
        [bob, 'report-carried', report, 'still sealed', { then: all((page) => page.getByText('You were briefed on').waitFor(), press('Save it sealed')) }],
        [bob, 'forward', report, 'Pass 1 portion on', { then: all((page) => page.getByText('You were briefed on').waitFor(), key('a'), tick(2), tick(1, false), (page) => page.getByLabel('another organisation').check(), fill('Its domain', 'cedar.example'), fill('Why', 'they act on it')) }],
        [bob, 'forwarded', `/inbox/${w.forwarded}`, 'they act on it'],
        [bob, 'inbox-loading', '/inbox', '', { first: late('**/v1/inbox?*'), wait: 900 }],
        [bob, 'inbox-error', '/inbox', 'r-7f3a91', { first: answered('**/v1/inbox?*', 507, failed) }],
        [bob, 'inbox-wrong', '/inbox', 'can’t read', { first: wrongShape('**/v1/inbox?*') }],
        [bob, 'partner-holder', '/partners/alder.example', '30 days'],
        [cyd, 'report-passed', `/reports/${w.sourced}`, 'without waiting for'],
        [cyd, 'report-passed-untold', `/reports/${w.sourced}`, 'Originator not yet told', { first: changed('**/v1/overrides/*', (body) => { delete body.receipt_jws; body.notice = 'queued'; }) }],
        [cyd, 'report-passed-closed', `/reports/${w.sourced}`, 'no notice is on its way', { first: changed('**/v1/overrides/*', (body) => { delete body.receipt_jws; body.notice = 'failed'; }) }],
        [cyd, 'report-passed-changed', `/reports/${w.sourced}/text#other`, 'not the text that', { first: otherText }],
        [cyd, 'report-cites', `/reports/${w.citing}`, 'cites'],
        [cyd, 'reports-taken-wrong', '/reports', 'can’t be taken', { then: (page) => page.locator('input[type=file]').setInputFiles(w.changed) }],
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
        [val, 'write-cites', '/write', 'leave is missing', { then: typed(w.cites, 'cedar.example') }],
        [val, 'write-cites-faults', '/write', 'line', { then: typed(w.badCites, 'cedar.example') }],
        [val, 'write-cites-asked', '/write', 'asked for, answer due', { then: all(typed(w.cites, 'cedar.example'), (page) => page.getByText('leave is missing').waitFor(), fill('Why', 'joint warning'), press('Ask alder.example')) }],
        [olga, 'inbox-second', '/inbox', 'second person'],
        [olga, 'second', `/seconds/${w.waiting}`, 'Agree: share'],
        [olga, 'second-agreed', `/seconds/${w.agreed}`, 'agreed'],
        [amy, 'second-mine', `/seconds/${w.waiting}`, 'Take it back'],
        [amy, 'second-refused', `/seconds/${w.refused}`, 'names a source'],
        [pat, 'override-sealed', `${report}/override`, 'Override: pass', { then: all((page) => page.getByLabel('as a sealed copy').check(), fill('Passed on to', 'cedar.example'), fill('Reason', 'a train is due'), tick(1)) }],
        [pat, 'override-done', `${report}/override`, 'signed that it has heard', { then: all(fill('Who is told', 'S. Lind, ministry of cedar'), fill('Reason', 'threat to life: flights tomorrow'), tick(1), (page) => page.getByLabel('to confirm').fill(w.short), press('Override: tell'), (page) => page.getByText('Recorded and sent').waitFor(), (page) => page.waitForTimeout(2500), (page) => page.getByRole('button', { name: 'Try again' }).click({ timeout: 500 }).catch(() => {})) }],
        [pat, 'override', `${report}/override`, 'to confirm', { then: all(fill('Who is told', 'S. Lind, ministry of cedar'), fill('Reason', 'threat to life: flights tomorrow'), tick(1)) }],
        [amy, 'inbox', '/inbox', 'birch.example'],
        [amy, 'inbox-over', '/inbox', 'overdue', { first: changed('**/v1/inbox?all=1', (body) => body.items.forEach((one) => { if (one.due) one.due = '2026-01-05T10:00:00Z'; })) }],
        [amy, 'decide', `/inbox/${w.request}`, 'joint operation Friday'],
        [amy, 'decide-read', `/inbox/${w.request}`, 'hides explosives', { then: press('Read them here') }],
        [amy, 'decide-deny', `/inbox/${w.request}`, 'Reason for denying', { then: all((page) => page.locator('.detail').getByText('joint operation Friday').waitFor(), key('n')) }],
        [amy, 'own-report', report, 'one person inside'],
        [amy, 'recall', `/reports/${w.recalled}/recall`, 'Taken back before'],
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
        [amy, 'write-wordings', '/write', 'Wordings that differ', { then: all(typed('(TLP:AMBER) We {conceal|hide} it in {small|little} boxes and {carry|take} them out.\n\n(TLP:GREEN) Look there.'), fill('Second person', 'olga@alder.example')) }],
        [amy, 'write-files', '/write', 'Mark of', { then: all(typed('(TLP:AMBER) With a plan.'), (page) => page.locator('input[type=file]').setInputFiles(w.evidence)) }],
        [amy, 'write-many', '/write', 'Share 200 portions', { then: typed(Array.from({ length: 200 }, (_, i) => `(TLP:${['GREEN', 'AMBER//ORCON', 'RED//SOURCE//ORCON'][i % 3]}) Portion ${i + 1}.`).join('\n\n')) }],
        [amy, 'write-waits', '/write', 'must agree first', { then: all(typed('(TLP:AMBER) For two.'), fill('Second person', 'olga@alder.example'), press('Share 1 portion')) }],
        [amy, 'write-shared', '/write', 'Shared.', { then: all(typed('(TLP:AMBER) For one.'), press('Share 1 portion')) }],
        [amy, 'write-loading', '/write', '', { first: late('**/v1/me'), wait: 900 }],
        [amy, 'tell-done', `${report}/tell`, 'Recorded.', { then: all(fill('Who was told', 'S. Lind, ministry of cedar'), fill('Reason', 'meeting'), tick(2), press('Record:')) }],
        [amy, 'entry-early', `${report}/entry/1/99999`, 'not under a signed checkpoint'],
        [amy, 'entry-bad', `${report}/entry/x/y`, 'No such entry'],
        [amy, 'knows-loading', `${report}/knows`, '', { first: late('**/v1/knowers'), wait: 900 }],
        [amy, 'partners', '/partners', 'birch.example'],
        [amy, 'partner', '/partners/birch.example', '30 days'],
        [amy, 'partner-list', '/partners/birch.example/overrides', 'The whole record'],
        [amy, 'proofs', '/proofs', 'Drop an evidence file'],
        [amy, 'proofs-verified', '/proofs', 'Anchors', { then: (page) => page.locator('input[type=file]').setInputFiles(w.evidence) }],
        [amy, 'proofs-refused', '/proofs', 'not verified', { then: (page) => page.locator('input[type=file]').setInputFiles(w.changed) }],
        [amy, 'exposure-form', '/exposure', 'Handle of a source'],
        [amy, 'exposure', '/exposure', 'asked in entry', { then: all(fill('Handle of a source', 'heron-7'), key('Enter')) }],
        [amy, 'exposure-nothing', '/exposure', 'Nothing for you', { then: all(fill('Handle of a source', 'egret-1'), key('Enter')) }],
        [bob, 'device-holder', '/device', 'this browser'],
        [pat, 'device-held', '/device', 'Held keys'],
        [amy, 'device', '/device', 'What this browser has seen'],
        [ada, 'people', '/people', 'bob@birch.example'],
        [ada, 'node', '/node', 'Checks'],
        [ada, 'node-loading', '/node', '', { first: late('**/v1/node'), wait: 900 }],
        [bob, 'offline', '/reports', 'Offline', { then: (_, tab) => tab.desk.kill() }],
        [null, 'sign-in', '/sign-in', 'This browser has no key'],
        [null, 'enrol-bad', '/sign-in', 'no enrolment link', { then: all(fill('This browser has no key', 'https://node/enrol#two.words'), press('Make a key')) }],
        [null, 'enrol-expired', '/sign-in', 'has run out', { then: expired }],
        [eve, 'device-revoked', '/reports', 'revoked', { first: revoke }],
        [amy, 'stale', '/inbox', 'Nothing was heard', { first: (page) => page.route('**/v1/inbox/events*', () => {}), patience: 60000 }],
    ];
}

async function shoot(tab, look, [, name, path, words, { first, then, after, wait = 400, patience = 20000 } = {}]) {
    const { page } = tab;
    if (first) await first(page);
    if (path) await page.goto(tab.origin + path);
    if (then) {
        await page.waitForTimeout(300);
        await then(page, tab);
    }
    if (words) await page.getByText(words).filter({ visible: true }).first().waitFor({ timeout: patience });
    await page.waitForTimeout(wait);
    if (look === 'paper') await page.emulateMedia({ media: 'print' });
    await page.screenshot({ path: join(dir, `${look}-${name}.png`), fullPage: true });
    if (look === 'paper') await page.emulateMedia({ media: 'screen' });
    await after?.();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    if (path === null) await page.getByRole('button', { name: /Go on/ }).click();
}

const w = await world();
let missed = 0;
for (const [look, options] of Object.entries(LOOKS)) {
    const tabs = {};
    for (const shot of shots(w)) {
        const [who, name] = shot;
        if (only.length && !only.some((one) => name.startsWith(one) || `${look}-${name}`.startsWith(one))) continue;
        if (!({ narrow: NARROW, paper: PAPER }[look] ?? /./).test(name)) continue;
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
