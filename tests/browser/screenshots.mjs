// SPDX-License-Identifier: Apache-2.0
// screenshots.mjs DIR [proofs]: the pages of the desk as people see them, light, dark and narrow; script/screenshots runs it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, visit } from './browser.mjs';
import { open } from './stage.mjs';
import { until } from './tap.mjs';

const dir = process.argv[2];
mkdirSync(dir, { recursive: true });
const stage = await open();
const chrome = await launch();

async function enter(person, look) {
    const desk = await stage.desk(person);
    const tab = await visit(chrome, look);
    await tab.page.goto(desk.enrol);
    await tab.page.getByRole('button', { name: /enrol/i }).click();
    await tab.page.getByText('Read these six words').waitFor();
    stage.confirm(person);
    tab.origin = desk.origin;
    return tab;
}

async function shoot(tab, look, name, path, words) {
    if (path) await tab.page.goto(tab.origin + path);
    await tab.page.getByText(words).filter({ visible: true }).first().waitFor();
    await tab.page.waitForTimeout(400);
    await tab.page.screenshot({ path: join(dir, `${look}-${name}.png`) });
}

async function series(look, options, id, request) {
    const bob = await enter('bob@birch.example', options);
    await shoot(bob, look, 'words', '', 'Read these six words');
    await bob.page.getByRole('button', { name: /Go on/ }).click();
    await shoot(bob, look, 'reports', '/reports', 'TLP:RED');
    await shoot(bob, look, 'report', `/reports/${id}`, 'You were briefed on');
    await bob.page.keyboard.press('a');
    await shoot(bob, look, 'ask', '', 'Ask the originator');
    const amy = await enter('amy@alder.example', options);
    await amy.page.getByRole('button', { name: /Go on/ }).click();
    await shoot(amy, look, 'inbox', '/inbox', 'birch.example');
    await shoot(amy, look, 'decide', `/inbox/${request}`, 'joint operation Friday');
    await shoot(amy, look, 'knows', `/reports/${id}/knows`, 'as of');
    await shoot(amy, look, 'path', `/reports/${id}/path`, 'granted');
    await shoot(amy, look, 'timeline', `/reports/${id}/timeline`, 'share');
    await shoot(amy, look, 'partner', '/partners/birch.example', '30 days');
    await bob.close();
    await amy.close();
}

// Evidence and its check; what admins see; one's devices.
async function proofs(look, options, id) {
    const amy = await enter('amy@alder.example', options);
    await amy.page.getByRole('button', { name: /Go on/ }).click();
    await shoot(amy, look, 'evidence-yes', `/reports/${id}/evidence/bob@birch.example/1`, 'Anchors');
    await shoot(amy, look, 'evidence', `/reports/${id}/evidence/pat@birch.example/3`, 'Anchors');
    const file = join(stage.dir, 'pat.evidence');
    const changed = join(stage.dir, 'changed.evidence');
    stage.as('amy@alder.example', 'briefed', 'pat@birch.example', `${id}/3`, '--evidence', file);
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(changed, bytes);
    await shoot(amy, look, 'proofs', '/proofs', 'Drop an evidence file');
    await amy.page.locator('input[type=file]').setInputFiles(file);
    await shoot(amy, look, 'proofs-verified', '', 'Anchors');
    await amy.page.locator('input[type=file]').setInputFiles(changed);
    await shoot(amy, look, 'proofs-refused', '', 'not verified');
    await amy.page.goto(`${amy.origin}/exposure`);
    await amy.page.getByLabel('Handle of a source').fill('heron-7');
    await amy.page.keyboard.press('Enter');
    await shoot(amy, look, 'exposure', '', 'asked in entry');
    await shoot(amy, look, 'device', '/device', 'What this browser has seen');
    const ada = await enter('ada@birch.example', options);
    await ada.page.getByRole('button', { name: /Go on/ }).click();
    await shoot(ada, look, 'people', '/people', 'bob@birch.example');
    await shoot(ada, look, 'node', '/node', 'Checks');
    await amy.close();
    await ada.close();
}

const { report } = stage.as('amy@alder.example', 'share', join(stage.dir, 'warning.md'), '--to', 'birch.example');
writeFileSync(join(stage.dir, 'sourced.md'), readFileSync(join(stage.dir, 'warning.md'), 'utf8').replace(/^title: .*$/m, '$&\nsource 1: heron-7\nsource 3: heron-7'));
const sourced = stage.as('amy@alder.example', 'share', join(stage.dir, 'sourced.md'), '--to', 'birch.example').report;
await until(() => stage.as('bob@birch.example', 'open', sourced).portions, 'bob opens it');
stage.person('ada@birch.example', 'reader,admin', false);
stage.as('bob@birch.example', 'open', report);
const { request } = stage.as('bob@birch.example', 'request', report, '--to', 'cedar.example', '--portion', '1', '--reason', 'joint operation Friday');
for (const [look, options] of [['light', {}], ['dark', { dark: true }], ['narrow', { narrow: true }]]) {
    if (process.argv[3] !== 'proofs') await series(look, options, report, request);
    await proofs(look, options, report);
}
await chrome.close();
await stage.end();
console.log(`screenshots in ${dir}`);
process.exit(0);
