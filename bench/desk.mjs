// SPDX-License-Identifier: Apache-2.0
// desk.mjs: what the desk costs, in chromium on loopback: the page's weight and when it can be used, the answer behind the
// who-knows matrix (200 persons, 40 portions), and how long a share takes to be heard of. script/bench desk runs it; --matrix: the
// matrix alone.
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { launch, visit } from '../tests/browser/browser.mjs';
import { call, heard, listen, signIn } from '../tests/browser/signin.mjs';
import { open } from '../tests/browser/stage.mjs';
import { until } from '../tests/browser/tap.mjs';

const quick = process.argv.includes('--quick');
const PERSONS = quick ? 20 : 200;
const PORTIONS = 40;
const SCRIPT_MAX_KB = 150;
const INTERACTIVE_MAX_MS = 1000;
const DRAWN_MAX_MS = 50;
let missed = false;

function figure(name, value, unit, most) {
    const over = most !== undefined && value > most;
    missed ||= over;
    console.log(`${name.padEnd(52)} ${value.toFixed(1).padStart(9)} ${unit}${most === undefined ? '' : `   at most ${most}${over ? ': MISSED' : ''}`}`);
}

const median = (list) => list.toSorted?.()[list.length >> 1] ?? [...list].sort((a, b) => a - b)[list.length >> 1];
const b64u = (v) => Buffer.from(v).toString('base64url');
const sha256 = async (v) => new Uint8Array(await webcrypto.subtle.digest('SHA-256', v));

// A person with a key that is thrown away: he is there to be read about.
async function enrolPerson(stage, origin, person) {
    const { enrol } = stage.json('birch', 'person', 'add', person, '--role', 'reader');
    const secret = Buffer.from(enrol.split('#')[1].split('.')[0], 'base64url');
    const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
    const { kty, crv, x, y } = await webcrypto.subtle.exportKey('jwk', pair.publicKey);
    const input = [{ typ: 'orcon-enrol+jws', alg: 'ES256' },
        { v: 1, secret_sha: b64u(await sha256(secret)), jwk: { kty, crv, x, y }, at: new Date().toISOString() }].map((part) => b64u(JSON.stringify(part))).join('.');
    const proof = `${input}.${b64u(await webcrypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, Buffer.from(input)))}`;
    const answer = await fetch(`${origin}/enrol`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ secret: b64u(secret), proof }) });
    if (answer.status !== 200) throw new Error(await answer.text());
}

async function weigh(chrome, desk) {
    const { page: built } = await (await fetch(`${desk.origin}/v1/desk`)).json();
    if (!built) {
        console.log('the page is not in this program: its weight and its start are not measured');
        return;
    }
    const starts = [];
    let kb = 0;
    for (let i = 0; i < (quick ? 2 : 7); i++) {
        const tab = await visit(chrome);
        const scripts = [];
        tab.page.on('response', (one) => { if (one.request().resourceType() === 'script') scripts.push(one.body()); });
        await tab.page.goto(desk.origin, { waitUntil: 'networkidle' });
        kb = (await Promise.all(scripts)).reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0) / 1024;
        // something can be pressed or written into
        await tab.page.locator('button:enabled, a[href], input:enabled').first().waitFor();
        starts.push(await tab.page.evaluate(() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd));
        await tab.close();
    }
    figure('page: script, compressed', kb, 'kB', SCRIPT_MAX_KB);
    figure('page: until it can be used, median', median(starts), 'ms', INTERACTIVE_MAX_MS);
}

async function matrix(stage, chrome) {
    const text = Array.from({ length: PORTIONS }, (_, i) => `(TLP:AMBER//ORCON) Portion ${i + 1} of many.`).join('\n\n');
    writeFileSync(join(stage.dir, 'many.md'), `---\ntitle: (TLP:GREEN) Many\n---\n${text}\n`);
    const desk = await stage.desk('bob@birch.example');
    for (let i = 0; i < PERSONS; i++) await enrolPerson(stage, desk.origin, `reader${i}@birch.example`);
    const { report } = stage.as('amy@alder.example', 'share', 'many.md', '--to', 'birch.example');
    const tab = await visit(chrome);
    await signIn(tab, await stage.desk('amy@alder.example'));
    const ask = () => call(tab, 'POST', '/v1/knowers', { body: JSON.stringify({ report }) });
    // what the people of birch are reaches alder by statements
    const known = await until(async () => {
        const { text: said } = await ask();
        const { persons } = JSON.parse(said);
        return persons.filter((one) => one.organisation === 'birch.example').length >= PERSONS && said;
    }, `${PERSONS} persons are known at alder`, 120000);
    const took = [];
    for (let i = 0; i < (quick ? 3 : 15); i++) {
        const began = performance.now();
        await ask();
        took.push(performance.now() - began);
    }
    figure(`who knows: ${PERSONS} x ${PORTIONS}, asked and answered, median`, median(took), 'ms');
    figure('who knows: size of the answer', known.length / 1024, 'kB');
    await tab.close();
    await draw(stage, chrome, report);
}

// As many rows and cells as the answer has, and no two rows alike: the states go round.
function varied(text) {
    const answer = JSON.parse(text);
    const states = ['briefed', 'may', 'told', 'withheld', 'override', 'refused', 'briefed'];
    const at = answer.at;
    answer.persons.forEach((row, i) => row.cells.forEach((cell, j) => {
        const state = states[(i * i + 3 * j + (i >> 2)) % states.length];
        Object.assign(cell, { state }, state === 'may' || state === 'withheld' ? {} : { at, entry: `1/${100 + i + j}` });
    }));
    return JSON.stringify(answer);
}

// The floor: as many plain cells, as text that the browser's own parser makes a table of, until the frame that shows them.
const plain = ({ rows, columns }) => new Promise((done) => {
    const words = ['● briefed', '○ may read', '◐ told', '– not released', '▲ by override', '✕ refused try'];
    const row = (i) => `<tr><th>reader${i}@birch.example</th>${Array.from({ length: columns }, (_, j) => `<td>${words[(i * i + 3 * j) % 6]}</td>`).join('')}</tr>`;
    const text = `<table>${Array.from({ length: rows }, (_, i) => row(i)).join('')}</table>`;
    document.body.textContent = '';
    const began = performance.now();
    document.body.innerHTML = text;
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
});

// From the answer to the frame that shows it: cells made, laid out, painted; and until the rows below the window are there, too.
async function draw(stage, chrome, report) {
    const desk = await stage.desk('amy@alder.example');
    const [tab, bare] = [await visit(chrome), await visit(chrome)];
    await tab.page.route('**/v1/knowers', async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, body: varied(await answer.text()) });
    });
    await tab.page.goto(desk.enrol);
    await tab.page.getByRole('button', { name: /enrol/i }).click();
    await tab.page.getByText('Read these six words').waitFor();
    const took = { matrix: [], 'matrix-whole': [], floor: [] };
    for (let i = 0; i < (quick ? 3 : 15); i++) {
        await tab.page.goto(`${desk.origin}/reports/${report}/knows`);
        await tab.page.waitForFunction(() => ['matrix', 'matrix-whole'].every((name) => performance.getEntriesByName(name).length > 0));
        for (const name of ['matrix', 'matrix-whole']) took[name].push(await tab.page.evaluate((one) => performance.getEntriesByName(one)[0].duration, name));
        took.floor.push(await bare.page.evaluate(plain, { rows: PERSONS + 1, columns: PORTIONS }));
    }
    const cells = await tab.page.locator('td.cell').count();
    const least = Math.min(...took.matrix);
    figure(`who knows: drawn, ${cells} cells, median`, median(took.matrix), 'ms', DRAWN_MAX_MS);
    figure('who knows: drawn, the quickest', least, 'ms');
    figure('who knows: all rows are there, median', median(took['matrix-whole']), 'ms');
    figure('floor: the same number of plain cells by innerHTML', median(took.floor), 'ms');
    await tab.close();
    await bare.close();
}

async function hearing(stage, chrome) {
    const tab = await visit(chrome);
    await signIn(tab, await stage.desk('ben@birch.example'));
    await listen(tab);
    await until(async () => (await heard(tab)).includes('event: inbox'), 'the stream begins');
    const took = [];
    for (let i = 0; i < (quick ? 2 : 7); i++) {
        const before = (await heard(tab)).split('"kind":"delivery"').length;
        stage.as('amy@alder.example', 'share', 'warning.md', '--to', 'birch.example');
        const began = performance.now();
        await until(async () => (await heard(tab)).split('"kind":"delivery"').length > before, 'a delivery');
        took.push(performance.now() - began);
    }
    figure('live: from the share\'s end to the other desk, median', median(took), 'ms', 1000);
    await tab.close();
}

const stage = await open();
const chrome = await launch();
try {
    if (!process.argv.includes('--matrix')) {
        await weigh(chrome, await stage.desk('cyd@cedar.example'));
        await hearing(stage, chrome);
    }
    await matrix(stage, chrome);
} finally {
    await chrome.close();
    await stage.end();
}
process.exit(missed ? 1 : 0);
