// SPDX-License-Identifier: Apache-2.0
// keyboard.mjs: what a person with a keyboard does with a page, and sees.
//
//   await sees(page, TEXT)     wait until the page says so
//   await tabTo(page, NAME)    press Tab until what has the focus is called so
//   await press(page, KEY...)
//   await toWrite(page)
//   await enter(stage, chrome, PERSON, OPTIONS)   a new tab in which he has enrolled, at his inbox; tab.origin, tab.desk
//   await attach(page, FILE...)                   what the button that has the focus asks for
//   await unhindered(tab)      axe finds nothing, in light and in dark
import { barriers } from './barriers.mjs';
import { visit } from './browser.mjs';
import { same, until } from './tap.mjs';

export const sees = (page, text) => until(async () => (await page.locator('body').innerText()).includes(text), text, 20000)
    .catch(async (why) => { throw new Error(`${why.message}; it says: ${(await page.locator('body').innerText()).slice(0, 1500)}`); });

export async function tabTo(page, name) {
    for (let i = 0; i < 80; i++) {
        await page.keyboard.press('Tab');
        const found = await page.evaluate(() => {
            const e = document.activeElement;
            if (e === document.body) return ''; // past the last one
            return `${e?.getAttribute('aria-label') ?? ''} ${e?.innerText ?? ''} ${[...(e?.labels ?? [])].map((l) => l.innerText).join(' ')} ${e?.value ?? ''}`;
        });
        if (found.includes(name)) return;
    }
    throw new Error(`no way by Tab to ${name}`);
}

export const press = async (page, ...keys) => { for (const key of keys) await page.keyboard.press(key); };

// By `g w`, which is there once the page knows that he is an author.
export async function toWrite(page) {
    await page.getByRole('link', { name: 'Write', exact: true }).first().waitFor();
    await press(page, 'g', 'w');
}

export async function unhindered(tab) {
    for (const colorScheme of ['light', 'dark']) {
        await tab.page.emulateMedia({ colorScheme });
        same(await barriers(tab.page), [], colorScheme);
    }
}

// ${looked}: axe looks at what he meets on the way.
export async function enter(stage, chrome, person, { looked = false, ...options } = {}) {
    const desk = await stage.desk(person);
    const tab = await visit(chrome, options);
    const { page } = tab;
    page.on('filechooser', () => {}); // otherwise each wait turns the interception on and off, and a dialog may come between
    tab.origin = desk.origin;
    tab.desk = desk;
    await page.goto(desk.enrol);
    await sees(page, 'Sign in on this browser');
    if (looked) await unhindered(tab);
    await tabTo(page, 'Make a key');
    await page.keyboard.press('Enter');
    await sees(page, 'Read these six words');
    if (looked) await unhindered(tab);
    stage.confirm(person);
    await tabTo(page, 'Go on');
    await page.keyboard.press('Enter');
    await sees(page, 'Inbox');
    // until the inbox has come, a key may meet no page
    await until(async () => /Needs you|Nothing is here yet/.test(await page.locator('main').innerText()), 'the inbox', 20000);
    // and until Preact has run its effects, which it does after a frame or 100 ms at most, nobody listens to keys
    await page.evaluate(() => new Promise((done) => { setTimeout(done, 200); }));
    return tab;
}

export async function attach(page, ...paths) {
    const chooser = page.waitForEvent('filechooser');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(paths);
}
