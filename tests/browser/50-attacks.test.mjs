// SPDX-License-Identifier: Apache-2.0
// What bad input gets on the desk: texts that attack, much text, many portions; a node that answers late, wrong, or not at all; a lost key, an
// expired enrolment, a portion recalled while open. Any report by the page's policy, and any uncaught error, is a failure.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, visit } from './browser.mjs';
import { enter, press, sees, tabTo } from './keyboard.mjs';
import { open } from './stage.mjs';
import { run, same, test, until, yes } from './tap.mjs';

const stage = await open();
const chrome = await launch();
const write = (name, text) => {
    writeFileSync(join(stage.dir, name), text);
    return join(stage.dir, name);
};
const share = (name, text) => stage.as('amy@alder.example', 'share', write(name, text), '--to', 'birch.example').report;
const arrives = (report) => until(() => stage.as('bob@birch.example', 'show', report).report, 'delivered', 60000);
const bob = await enter(stage, chrome, 'bob@birch.example');
const at = (path) => bob.page.goto(bob.origin + path);

// What is refused on purpose is logged by chromium; nothing else may be.
const clean = (tab, expected = /^$/) => same(tab.record.problems.splice(0).filter((line) => !expected.test(line)), [], 'problems');

const ATTACKS = ['<script>window.__hit=1</script>', '<img src=x onerror="window.__hit=1">', '<svg onload="window.__hit=1">', '<iframe srcdoc="<script>parent.__hit=1</script>"></iframe>',
    '![p](http://evil.example/p.png "t")', '![r][ref]', '[here](javascript:window.__hit=1)', '[there](data:text/html,<script>window.__hit=1</script>)', '<javascript:window.__hit=1>', '[plain](http://evil.example/)',
    '<base href="http://evil.example/">', '<meta http-equiv="refresh" content="0;url=http://evil.example/">', '<style>@import "http://evil.example/x.css"</style>', '<form action="http://evil.example"><button>Grant</button></form>',
    '&lt;script&gt;window.__hit=1&lt;/script&gt;', 'a\u202eb\u2066c\u200bd\ufeffe', '<a href="/device" id="root" class="primary">Sign out</a>', '`<b>code</b>`'];

test('texts that attack: shown as text; nothing is run, loaded, or an element of theirs', async () => {
    const report = share('attack.md', `---\ntitle: (TLP:GREEN) <img src=x onerror="window.__hit=1"> \u202etitle\n---\n(TLP:GREEN) ${ATTACKS.join('\n\n')}\n\n[ref]: http://evil.example/r.png\n`);
    await arrives(report);
    await at(`/reports/${report}`);
    await sees(bob.page, '<script>window.__hit=1</script>');
    await sees(bob.page, '[U+202E]title');
    for (const code of ['202E', '2066', '200B', 'FEFF']) await sees(bob.page, `[U+${code}]`);
    await sees(bob.page, '[image: p]');
    same(await bob.page.locator('.prose').locator('a, img, script, svg, iframe, base, meta, style, form, button, b, [id], [onload], [onerror]').count(), 0, 'elements that a text brought along');
    same(await bob.page.evaluate(() => [window.__hit, document.querySelectorAll('#root').length, document.baseURI.startsWith(location.origin)]), [null, 1, true]);
    yes(/^[0-9a-z]{4} – orcon$/.test(await bob.page.title()), await bob.page.title());
    for (const tab of ['knows', 'path', 'timeline', 'evidence']) {
        await at(`/reports/${report}/${tab}`);
        await sees(bob.page, 'alder.example');
        same(await bob.page.evaluate(() => window.__hit), undefined, tab);
    }
    yes(!bob.record.requests.some((one) => new URL(one.url).origin !== bob.origin && !one.url.startsWith('blob:')), 'requests elsewhere');
    clean(bob);
});

test('words of a request that attack: in inbox and decision as text', async () => {
    const report = share('asked.md', '(TLP:AMBER//ORCON) To be asked for.\n');
    await arrives(report);
    const { request } = stage.as('bob@birch.example', 'request', report, '--to', 'cedar.example', '--portion', '1', '--reason', '<img src=x onerror="window.__hit=1"> \u202e[x](javascript:1)');
    await at(`/inbox/${request}`);
    await sees(bob.page, '<img src=x onerror="window.__hit=1"> [U+202E][x](javascript:1)');
    same(await bob.page.locator('main img').count(), 0);
    same(await bob.page.evaluate(() => window.__hit), undefined);
    clean(bob);
});

test('addresses that attack: pages for what is not there, nothing run', async () => {
    for (const path of ['/reports/<script>window.__hit=1</script>', '/reports/javascript:1', '/inbox/..%2f..%2fv1%2fme', '/partners/<img src=x>', '/seconds/%00', '/reports/%ff', '/reports/x/evidence/%ff/1', '/reports/a/b/c/d', '/enrol#<script>']) {
        await at(path);
        await until(async () => (await bob.page.locator('body').innerText()).length > 20, path);
        same(await bob.page.evaluate(() => window.__hit), undefined, path);
    }
    clean(bob, /Failed to load resource/);
});

test('10 MB of text, and a thousand portions: read, and the page stays alive', async () => {
    const long = share('long.md', `(TLP:GREEN) ${'word '.repeat(2000000)}end of it\n`);
    const many = share('many.md', Array.from({ length: 1000 }, (_, i) => `(TLP:GREEN) portion ${i + 1} says this\n`).join('\n'));
    await arrives(long);
    await at(`/reports/${long}`);
    await until(() => bob.page.evaluate(() => document.querySelector('.prose')?.textContent.endsWith('end of it')), 'all of it', 90000);
    await press(bob.page, '?');
    await sees(bob.page, 'No single key grants');
    await press(bob.page, 'Escape');
    await arrives(many);
    const before = bob.record.requests.length;
    await at(`/reports/${many}`);
    await until(() => bob.page.evaluate(() => document.querySelector('#portion-1000 .prose')?.textContent === 'portion 1000 says this'), 'the last one', 90000);
    same(bob.record.requests.slice(before).filter((one) => one.url.endsWith('/rewrap')).length, 8, 'key requests, of 128 portions each');
    clean(bob);
});

// From now on the node's answers are what ${say} makes of them.
async function lying(paths, say) {
    const pattern = (url) => paths.some((path) => new URL(url).pathname.startsWith(path));
    await bob.page.route(pattern, say);
    return () => bob.page.unroute(pattern, say);
}

const PAGES = ['/inbox', '/reports', '/partners'];

test('a node that answers late: the page waits, says so, and goes on', async () => {
    let let_go = () => {};
    const held = new Promise((go) => { let_go = go; });
    const honest = await lying(['/v1/reports'], async (route) => { await held; await route.continue().catch(() => {}); });
    await at('/reports');
    await until(() => bob.page.locator('.skeleton .bone').count(), 'a skeleton');
    await sees(bob.page, 'No answer yet; still waiting.');
    await press(bob.page, 'g', 'p');
    await sees(bob.page, 'alder.example'); // other pages go on
    let_go();
    await honest();
    await press(bob.page, 'g', 'r');
    await sees(bob.page, 'TLP:');
    clean(bob);
});

const WRONG = [['no JSON', { status: 200, contentType: 'application/json', body: '<html>no' }], ['another shape', { status: 200, contentType: 'application/json', body: '{"items":7,"reports":{"a":1},"partners":"x"}' }],
    ['nothing', { status: 200, contentType: 'application/json', body: 'null' }], ['a page with a script', { status: 502, contentType: 'text/html', body: '<script>window.__hit=1</script>' }],
    ['a problem that attacks', { status: 403, contentType: 'application/problem+json', body: JSON.stringify({ title: '<img src=x onerror=window.__hit=1>', detail: '\u202ehidden', reason: 'x' }) }]];
for (const [name, answer] of WRONG)
    test(`a node that answers wrong: ${name}`, async () => {
        const honest = await lying(['/v1/inbox', '/v1/reports', '/v1/partners'], (route) => route.fulfill(answer));
        for (const path of PAGES) {
            await at(path);
            await bob.page.locator('.trouble').first().waitFor({ timeout: 20000 });
            same(await bob.page.evaluate(() => window.__hit), undefined, path);
            same(await bob.page.locator('.trouble img').count(), 0);
        }
        await honest();
        await at('/reports');
        await sees(bob.page, 'TLP:');
        clean(bob, /Failed to load resource/);
    });

test('a package, a key answer, a card of somebody else’s making: nothing of it is shown', async () => {
    const report = share('honest.md', '(TLP:AMBER) Honest words.\n');
    const other = share('other.md', '(TLP:AMBER) Other words.\n');
    await arrives(report);
    await arrives(other);
    let theirs = null; // the package of the other report
    let honest = await lying([`/v1/reports/${other}/package`], async (route) => {
        const real = await route.fetch();
        theirs = await real.body();
        await route.fulfill({ response: real });
    });
    await at(`/reports/${other}`);
    await sees(bob.page, 'Other words');
    await honest();
    honest = await lying([`/v1/reports/${report}/package`], (route) => route.fulfill({ status: 200, contentType: 'application/zip', body: theirs }));
    await at(`/reports/${report}`);
    await bob.page.locator('.trouble').first().waitFor({ timeout: 20000 });
    yes(!/Honest words|Other words/.test(await bob.page.locator('main').innerText()), 'words');
    await honest();
    // one byte of the container turned
    honest = await lying([`/v1/reports/${report}/package`], async (route) => {
        const real = await route.fetch();
        const body = Buffer.from(await real.body());
        let place = -1; // each container names it before its bytes, in its manifest, and in its directory; the title comes first
        for (let i = 0; i < 4; i++) place = body.indexOf('0.payload', place + 1);
        body[place + 40] ^= 1;
        await route.fulfill({ status: 200, contentType: 'application/zip', body });
    });
    await at(`/reports/${report}`);
    await sees(bob.page, 'it does not open');
    yes(!(await bob.page.locator('main').innerText()).includes('Honest words'), 'its words');
    await honest();
    // keys without proof that the briefing is on record
    honest = await lying(['/relay/v1/alder.example/rewrap'], async (route) => {
        const real = await route.fetch();
        const said = await real.json();
        for (const one of said.responses) for (const result of one.results) if (result.metadata) delete result.metadata['orcon-presence'];
        await route.fulfill({ response: real, json: said });
    });
    await at(`/reports/${report}`);
    await sees(bob.page, 'without proof of its briefing');
    yes(!(await bob.page.locator('main').innerText()).includes('Honest words'), 'its words');
    await honest();
    await at(`/reports/${report}`);
    await sees(bob.page, 'Honest words');
    clean(bob, /Failed to load resource/);
});

test('a node that does not answer at all: said, tried again, and there again', async () => {
    await at('/reports');
    await sees(bob.page, 'TLP:');
    const honest = await lying(['/v1/', '/token'], (route) => route.abort('connectionrefused'));
    await press(bob.page, 'g', 'p');
    await sees(bob.page, 'can’t be reached. Trying again.');
    await honest();
    await sees(bob.page, 'alder.example'); // by itself
    clean(bob, /Failed to load resource/);
});

test('the originator away: what can’t be opened says why, and the rest stands', async () => {
    const report = share('away.md', '(TLP:AMBER) While away.\n\n(TLP:CLEAR) For everybody.\n');
    await arrives(report);
    await stage.stop('alder');
    await at(`/reports/${report}`);
    await sees(bob.page, 'For everybody');
    await sees(bob.page, 'the key must come from alder.example');
    yes(!(await bob.page.locator('main').innerText()).includes('While away'), 'its words');
    await stage.start('alder');
    await at(`/reports/${report}`);
    await sees(bob.page, 'While away');
    clean(bob, /Failed to load resource/);
});

test('a portion recalled while it is open: closed in every tab, without a reload', async () => {
    const report = share('recalled.md', '(TLP:AMBER) Taken back.\n\n(TLP:GREEN) Stays.\n');
    await arrives(report);
    await at(`/reports/${report}`);
    await sees(bob.page, 'Taken back');
    const other = await bob.context.newPage();
    await other.goto(`${bob.origin}/reports/${report}`);
    await sees(other, 'Taken back');
    stage.as('amy@alder.example', 'recall', report, '--portion', '1', '--from', 'birch.example');
    for (const page of [bob.page, other]) {
        await sees(page, 'its originator took his leave back');
        const shown = await page.content();
        yes(!shown.includes('Taken back') && shown.includes('Stays'), 'what is left of it');
    }
    await other.close();
    clean(bob);
});

test('a hidden portion: no trace in anything that ever stood in the page, in its titles, its addresses, or on the wire', async () => {
    const hidden = stage.as('amy@alder.example', 'share', write('hidden.md', '---\ntitle: (TLP:GREEN) Two things\n---\n(TLP:AMBER//ORCON) The first thing.\n\n(TLP:RED//SOURCE//HIDDEN) The veiled one.\n'), '--to', 'birch.example');
    const secret = hidden.portions.find((one) => one.mark.includes('HIDDEN')).id;
    await arrives(hidden.report);
    // all that is ever added to the page, or changed in it
    await bob.context.addInitScript(() => {
        window.__dom = [];
        new MutationObserver((changes) => changes.forEach((one) => {
            for (const node of one.addedNodes) window.__dom.push(node.outerHTML ?? node.data ?? '');
            window.__dom.push(one.target.data ?? `${one.attributeName ?? ''} ${one.target.getAttribute?.(one.attributeName ?? '') ?? ''}`);
        })).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    });
    const visit = async (report) => {
        const from = { requests: bob.record.requests.length, answers: bob.record.answers.length };
        const seen = [];
        for (const path of ['', '/knows', '/path', '/timeline', '/evidence', '/tell', '/override', `/evidence/bob@birch.example/2`, `/evidence/bob@birch.example/${secret}`]) {
            await at(`/reports/${report}${path}`);
            await bob.page.locator('main h1, main .trouble').first().waitFor({ timeout: 20000 });
            if (path === '') await sees(bob.page, 'You were briefed on 1');
            await until(async () => await bob.page.locator('.skeleton').count() === 0, 'it is all there');
            seen.push(await bob.page.evaluate(() => [...window.__dom, document.title, location.href, document.documentElement.outerHTML]));
        }
        for (const path of ['/inbox', '/reports', '/partners/alder.example']) {
            await at(path);
            await sees(bob.page, 'alder.example');
            seen.push(await bob.page.evaluate(() => [...window.__dom, document.title, location.href, document.documentElement.outerHTML]));
        }
        const answers = bob.record.answers.slice(from.answers).filter((one) => new URL(one.url).pathname !== '/desk.js'); // alike for all
        return { dom: JSON.stringify(seen).replaceAll(`/${secret}`, ''), wire: JSON.stringify([bob.record.requests.slice(from.requests), answers]).replaceAll(`/${secret}`, '') };
    };
    const with_ = await visit(hidden.report);
    yes(with_.dom.includes('The first thing') && with_.wire.includes(hidden.report), 'the record has what there is');
    for (const [what, all] of [['the page', with_.dom], ['the wire', with_.wire]])
        for (const trace of [secret, 'HIDDEN', 'veiled', 'SOURCE', 'TLP:RED']) yes(!all.includes(trace), `${trace} in ${what}`);
    clean(bob, /Failed to load resource/);
});

test('an enrolment that was used, is damaged, or for another node: said before a key is made', async () => {
    const { enrol } = stage.json('birch', 'person', 'add', 'ben@birch.example');
    stage.orcon(['enrol', '-'], { input: enrol }); // used by somebody else
    const tab = await visit(chrome);
    await tab.page.goto(`${bob.origin}/enrol#${enrol.split('#')[1]}`);
    await sees(tab.page, 'Sign in on this browser');
    yes(!tab.page.url().includes('#'), 'the secret is not in the address');
    await tabTo(tab.page, 'Make a key');
    await press(tab.page, 'Enter');
    await tab.page.locator('.trouble, [role=alert]').first().waitFor({ timeout: 20000 });
    await tab.page.goto(`${bob.origin}/enrol#two.words`);
    await sees(tab.page, 'Sign in on this browser');
    const foreign = stage.json('alder', 'person', 'add', 'amy@alder.example').enrol;
    await tab.page.goto(`${bob.origin}/sign-in`);
    await tab.page.goto(`${bob.origin}/enrol#${foreign.split('#')[1]}`);
    await tabTo(tab.page, 'Make a key');
    await press(tab.page, 'Enter');
    await sees(tab.page, 'its secret was not sent');
    yes(!tab.record.requests.some((one) => one.body.includes(foreign.split('#')[1].split('.')[0])), 'the secret of another node went out');
    clean(tab, /Failed to load resource/);
    await tab.close();
});

test('a lost key leaves the page at its door; a device that was suspended reads nothing more', async () => {
    const report = share('lost.md', '(TLP:AMBER) Not for a lost key.\n');
    await arrives(report);
    const ben = await enter(stage, chrome, 'ben@birch.example');
    const { devices } = stage.json('birch', 'person', 'list').people.find((one) => one.person === 'ben@birch.example');
    stage.orcon(['person', 'suspend', 'ben@birch.example', '--device', devices.at(-1).thumbprint], { home: 'birch' });
    for (const path of ['/reports', `/reports/${report}`, '/inbox']) {
        await ben.page.goto(ben.origin + path);
        await ben.page.locator('.trouble').first().waitFor({ timeout: 20000 });
        yes(!(await ben.page.locator('main').innerText()).includes('Not for a lost key'), 'its words');
    }
    await ben.page.evaluate(() => new Promise((done) => {
        const request = indexedDB.deleteDatabase('orcon'); // as a browser that was cleaned does
        request.onsuccess = request.onblocked = request.onerror = done;
    }));
    await ben.page.goto(`${ben.origin}/reports`);
    await sees(ben.page, 'This browser has no key yet');
    clean(ben, /Failed to load resource/);
    await ben.close();
});

await run(async () => {
    await chrome.close();
    await stage.end();
});
