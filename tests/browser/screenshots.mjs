// SPDX-License-Identifier: Apache-2.0
// screenshots.mjs DIR: the pages of the desk as people see them, light, dark and narrow; script/screenshots runs it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch, visit } from './browser.mjs';
import { open } from './stage.mjs';

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

const { report } = stage.as('amy@alder.example', 'share', join(stage.dir, 'warning.md'), '--to', 'birch.example');
const { request } = stage.as('bob@birch.example', 'request', report, '--to', 'cedar.example', '--portion', '1', '--reason', 'joint operation Friday');
for (const [look, options] of [['light', {}], ['dark', { dark: true }], ['narrow', { narrow: true }]])
    await series(look, options, report, request);
await chrome.close();
await stage.end();
console.log(`screenshots in ${dir}`);
process.exit(0);
