// SPDX-License-Identifier: Apache-2.0
// What a browser may do on the desk's origin, and what others may do to it: with a real chromium, whatever page is built in.
import { createServer } from 'node:http';
import { launch, visit } from './browser.mjs';
import { call, heard, listen, signIn } from './signin.mjs';
import { open } from './stage.mjs';
import { run, same, test, until, yes } from './tap.mjs';

const stage = await open();
const chrome = await launch();
const desk = await stage.desk('bob@birch.example');

// Another site that the person has open, too.
const evil = createServer((request, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end('<!doctype html><title>evil</title><p>evil');
});
await new Promise((ready) => evil.listen(0, '127.0.0.1', ready));
const evilOrigin = `http://localhost:${evil.address().port}`;

test('the desk is a secure context: a key that can be used and not taken out enrols, signs in, and hears the inbox', async () => {
    const tab = await visit(chrome);
    same(await signIn(tab, desk), { status: 200, person: 'bob@birch.example', extracted: false, secure: true });
    same(JSON.parse((await call(tab, 'GET', '/v1/me')).text).person, 'bob@birch.example');
    same(await listen(tab), 200);
    await until(async () => (await heard(tab)).includes('event: inbox'), 'the stream begins');
    stage.as('amy@alder.example', 'share', 'warning.md', '--to', 'birch.example');
    await until(async () => (await heard(tab)).includes('"kind":"delivery"'), 'a delivery is heard of at once', 5000);
    same(tab.record.problems.filter((line) => !line.startsWith('console: Failed to load')), []); // of a program without a page
    await tab.close();
});

test('no cookie, nothing in a cache', async () => {
    const tab = await visit(chrome);
    await tab.page.goto(desk.origin);
    same(await tab.context.cookies(), []);
    same(await tab.page.evaluate(() => document.cookie), '');
    same(await tab.page.evaluate(async () => (await caches.keys()).length), 0);
    await tab.close();
});

test('the page runs no script but its own: not inline, not from elsewhere, not from text', async () => {
    const tab = await visit(chrome);
    await tab.page.goto(desk.origin);
    const problems = tab.record.problems.length;
    await tab.page.evaluate((elsewhere) => {
        window.__ran = [];
        const tries = [
            () => { const s = document.createElement('script'); s.textContent = 'window.__ran.push("inline")'; document.body.append(s); },
            () => { const s = document.createElement('script'); s.src = `${elsewhere}/x.js`; document.body.append(s); },
            () => { document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.__ran.push(1)">'); },
            () => { document.body.innerHTML = '<b>markup</b>'; },
            () => { const f = document.createElement('iframe'); f.src = elsewhere; document.body.append(f); },
            () => { const i = new Image(); i.src = `${elsewhere}/pixel.png`; document.body.append(i); },
            () => { window.__policy = trustedTypes.createPolicy('mine', { createHTML: (v) => v }); },
            () => { location.assign('javascript:window.__ran.push("url")'); },
        ];
        for (const attempt of tries) { try { attempt(); } catch { /* refused at once: so much the better */ } }
    }, evilOrigin);
    await until(() => tab.record.problems.length >= problems + 6, 'each is a violation');
    same(await tab.page.evaluate(() => window.__ran), []);
    yes(await tab.page.evaluate(() => !window.__policy), 'no policy can be made that would let markup in');
    yes(!tab.record.answers.some((one) => one.url.startsWith(evilOrigin)), 'nothing was fetched from elsewhere');
    await tab.close();
});

test('the page calls its own origin only', async () => {
    const tab = await visit(chrome);
    await tab.page.goto(desk.origin);
    same(await tab.page.evaluate(async (at) => fetch(at).then(() => 'sent', () => 'refused'), evilOrigin), 'refused');
    same(await tab.page.evaluate(async (at) => new Promise((done) => {
        try { const s = new WebSocket(at.replace('http', 'ws')); s.onopen = () => done('sent'); s.onerror = () => done('refused'); } catch { done('refused'); }
    }), evilOrigin), 'refused');
    same(await tab.page.evaluate((at) => navigator.sendBeacon(at, 'x'), evilOrigin) && tab.record.answers.filter((one) => one.url.startsWith(evilOrigin)).length, 0);
    await tab.close();
});

test('another site can neither call the desk, nor frame it, nor read it', async () => {
    const tab = await visit(chrome);
    await tab.page.goto(evilOrigin);
    same(await tab.page.evaluate(async (at) => fetch(`${at}/card`).then(() => 'read', () => 'refused'), desk.origin), 'refused');
    same(await tab.page.evaluate(async (at) => fetch(`${at}/enrol`, { method: 'POST', mode: 'no-cors', body: '{}' }).then((a) => a.type, () => 'refused'), desk.origin),
        'refused', 'a simple request goes out, and its answer is kept from the page by CORP');
    await tab.page.evaluate((at) => {
        const frame = document.createElement('iframe');
        frame.src = at;
        document.body.append(frame);
    }, desk.origin);
    await new Promise((next) => setTimeout(next, 500));
    const framed = tab.page.frames().find((frame) => frame !== tab.page.mainFrame());
    yes(!framed || !framed.url().startsWith('http'), `not in a frame: ${framed?.url()}`);
    // a link leads to the page, and there the two have nothing to do with each other
    const opened = tab.context.waitForEvent('page');
    await tab.page.evaluate((at) => { window.__other = window.open(at); }, desk.origin);
    await (await opened).waitForLoadState();
    await until(() => tab.page.evaluate(() => window.__other === null || window.__other.closed), 'the opener is cut off');
    await tab.close();
});

test('a name that leads to loopback is not the desk', async () => {
    const rebound = await launch('--host-resolver-rules=MAP evil.example 127.0.0.1');
    const tab = await visit(rebound);
    const answer = await tab.page.goto(`http://evil.example:${new URL(desk.origin).port}/v1/desk`);
    same(answer.status(), 421);
    await tab.close();
    await rebound.close();
});

test('a node that is down, and back: the desk says what is wrong, and goes on', async () => {
    const tab = await visit(chrome);
    await tab.page.goto(desk.origin);
    await stage.stop('birch');
    const status = () => tab.page.evaluate(async () => { const a = await fetch('/card'); return [a.status, a.status === 200 ? '' : (await a.json()).detail]; });
    const [code, why] = await status();
    same(code, 503);
    yes(why.includes("can't be reached"), why);
    await stage.start('birch');
    same((await status())[0], 200);
    await tab.close();
});

await run(async () => {
    evil.close();
    await chrome.close();
    await stage.end();
});
