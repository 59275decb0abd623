// SPDX-License-Identifier: Apache-2.0
// The feed: opened again after an end, an error, a silence; what is said while it is away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundle } from './bundle.mjs';

const { listen } = await bundle(`export { listen } from './src/live.ts';`);
const turns = async () => { for (let i = 0; i < 20; i++) await Promise.resolve(); };

// A feed whose streams are played by hand.
function played() {
    const [streams, said, stop] = [[], [], new AbortController()];
    const follow = (event, alive, signal) => new Promise((end, fail) => {
        signal.addEventListener('abort', () => fail(new Error('aborted')));
        streams.push({ event, alive, end, fail, signal });
    });
    const on = { event: (name) => said.push(name), alive: () => said.push('alive'), lost: (how) => said.push(how) };
    return { streams, said, stop, done: listen(follow, on, stop.signal) };
}

test('comments keep a stream; silence ends it, is said, and it is opened again', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const feed = played();
    for (let i = 0; i < 4; i++) {
        context.mock.timers.tick(15000);
        feed.streams[0].alive();
    }
    await turns();
    assert.equal(feed.streams[0].signal.aborted, false);
    context.mock.timers.tick(25001);
    await turns();
    assert.equal(feed.streams[0].signal.aborted, true);
    assert.equal(feed.said.at(-1), 'silent');
    context.mock.timers.tick(2001);
    await turns();
    assert.equal(feed.streams.length, 2);
    feed.streams[1].event('inbox');
    assert.equal(feed.said.at(-1), 'inbox');
    feed.stop.abort();
    await feed.done;
    assert.equal(feed.said.includes('offline'), false);
});

test('an error is offline; an end is neither; stopping opens nothing more', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const feed = played();
    feed.streams[0].end();
    await turns();
    assert.deepEqual(feed.said, []);
    context.mock.timers.tick(2001);
    await turns();
    feed.streams[1].fail(new Error('gone'));
    await turns();
    assert.deepEqual(feed.said, ['offline']);
    feed.stop.abort();
    context.mock.timers.tick(2001);
    await feed.done;
    assert.equal(feed.streams.length, 2);
});
