// SPDX-License-Identifier: Apache-2.0
// The harness itself: what it must find it finds, on pages made for it. A test that can't fail proves nothing.
import { createServer } from 'node:http';
import { barriers } from './barriers.mjs';
import { launch, visit } from './browser.mjs';
import { run, same, test, until, yes } from './tap.mjs';

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
const pages = {
    '/good': ['text/html', '<!doctype html><html lang="en"><title>7k3q</title><main><h1>7k3q</h1><button>Grant 1 portion</button></main></html>'],
    '/faulty': ['text/html', '<!doctype html><title></title><img src="/x"><button></button>'],
    '/throws': ['text/html', '<!doctype html><title>t</title><script src="/throws.js"></script>'],
    '/throws.js': ['text/javascript', 'throw new Error("planted")'],
    '/inline': ['text/html', '<!doctype html><title>t</title><script>1</script>'],
    '/says': ['text/html', '<!doctype html><title>t</title><script src="/says.js"></script>'],
    '/says.js': ['text/javascript', 'fetch("/heard", { method: "POST", body: "the words that were sent" })'],
    '/heard': ['text/plain', 'the words that came'],
};
const server = createServer((request, answer) => {
    const [type, text] = pages[request.url] ?? ['text/plain', 'nothing'];
    answer.writeHead(pages[request.url] ? 200 : 404, { 'content-type': type, 'content-security-policy': POLICY });
    answer.end(text);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const origin = `http://127.0.0.1:${server.address().port}`;
const chrome = await launch();

async function at(path, body, options) {
    const tab = await visit(chrome, options);
    await tab.page.goto(origin + path);
    try { await body(tab); } finally { await tab.close(); }
}

for (const [options, name] of [[{}, 'light'], [{ dark: true }, 'dark'], [{ narrow: true }, 'narrow']])
    test(`a page without a fault has none, under the desk's policy: ${name}`, () => at('/good', async (tab) => {
        same(await barriers(tab.page), []);
        tab.clean();
        same(await tab.page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches), Boolean(options.dark));
    }, options));

test('barriers are found, each with its place', () => at('/faulty', async (tab) => {
    const found = await barriers(tab.page);
    for (const id of ['document-title', 'html-has-lang', 'image-alt', 'button-name'])
        yes(found.some((line) => line.startsWith(`${id}: `)), `${id} is among ${found.join('; ')}`);
}));

for (const [path, what] of [['/throws', 'uncaught: planted'], ['/inline', 'policy: script-src'], ['/faulty', 'console: ']])
    test(`what goes wrong on a page is a failure: ${what}`, () => at(path, async (tab) => {
        await until(() => tab.record.problems.some((line) => line.startsWith(what)), `${what} in ${tab.record.problems.join('; ')}`, 5000);
        let threw = false;
        try { tab.clean(); } catch { threw = true; }
        yes(threw, 'clean() throws');
    }));

test('every request and answer is on record, with its body', () => at('/says', async (tab) => {
    await until(() => tab.record.answers.some((one) => one.text === 'the words that came'), 'the answer');
    yes(tab.record.requests.some((one) => one.body === 'the words that were sent'), 'the request');
}));

test('contexts share nothing', async () => {
    await at('/good', (tab) => tab.page.evaluate(() => localStorage.setItem('a', '1')));
    await at('/good', async (tab) => same(await tab.page.evaluate(() => localStorage.getItem('a')), null));
});

await run(async () => {
    await chrome.close();
    server.close();
});
