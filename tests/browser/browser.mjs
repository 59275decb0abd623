// SPDX-License-Identifier: Apache-2.0
// browser.mjs: Debian's chromium, and everything that a page does on record.
//
//   const chrome = await launch(...OPTIONS)
//   const tab = await visit(chrome, {dark, narrow})   a context of its own: storage, no cache; tab.page is Playwright's page
//   tab.record                                        {requests[], problems[]}: every request with its bodies, and every console
//                                                     error, uncaught error and violation of the page's policy
//                                                     of any page in the context
//   tab.clean()                                       throws if there is a problem
import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const launch = (...more) => chromium.launch({ executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb', ...more] });

function watch(page, record) {
    page.on('console', (message) => {
        if (message.type() === 'error') record.problems.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => record.problems.push(`uncaught: ${error.message}`));
    page.on('request', (request) => record.requests.push({ method: request.method(), url: request.url(), body: request.postData() ?? '',
        headers: request.headers() }));
    page.on('response', async (response) => {
        const entry = { url: response.url(), status: response.status(), text: '' };
        record.answers.push(entry);
        // a stream has no end that could be waited for
        if (!(response.headers()['content-type'] ?? '').includes('event-stream'))
            entry.text = await response.text().catch(() => '');
    });
}

export async function visit(chrome, { dark = false, narrow = false } = {}) {
    const context = await chrome.newContext({ colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce',
        viewport: narrow ? { width: 360, height: 740 } : { width: 1280, height: 860 } });
    const record = { requests: [], answers: [], problems: [] };
    await context.exposeBinding('__violated', (_, what) => { record.problems.push(`policy: ${what}`); });
    await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) =>
            window.__violated(`${event.violatedDirective} ${event.blockedURI} ${event.sample ?? ''}`));
    });
    context.on('page', (one) => watch(one, record));
    const page = await context.newPage();
    return {
        context, page, record,
        clean() {
            if (record.problems.length) throw new Error(record.problems.join('\n'));
        },
        close: () => context.close(),
    };
}
