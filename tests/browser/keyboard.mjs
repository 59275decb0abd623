// SPDX-License-Identifier: Apache-2.0
// keyboard.mjs: what a person with a keyboard does with a page, and sees.
//
//   await sees(page, TEXT)     wait until the page says so
//   await tabTo(page, NAME)    press Tab until what has the focus is called so
//   await press(page, KEY...)
//   await unhindered(tab)      axe finds nothing, in light and in dark
import { barriers } from './barriers.mjs';
import { same, until } from './tap.mjs';

export const sees = (page, text) => until(async () => (await page.locator('body').innerText()).includes(text), text, 20000)
    .catch(async (why) => { throw new Error(`${why.message}; it says: ${(await page.locator('body').innerText()).slice(0, 1500)}`); });

export async function tabTo(page, name) {
    for (let i = 0; i < 80; i++) {
        await page.keyboard.press('Tab');
        const found = await page.evaluate(() => {
            const e = document.activeElement;
            return `${e?.getAttribute('aria-label') ?? ''} ${e?.innerText ?? ''} ${[...(e?.labels ?? [])].map((l) => l.innerText).join(' ')} ${e?.value ?? ''}`;
        });
        if (found.includes(name)) return;
    }
    throw new Error(`no way by Tab to ${name}`);
}

export const press = async (page, ...keys) => { for (const key of keys) await page.keyboard.press(key); };

export async function unhindered(tab) {
    for (const colorScheme of ['light', 'dark']) {
        await tab.page.emulateMedia({ colorScheme });
        same(await barriers(tab.page), [], colorScheme);
    }
}
