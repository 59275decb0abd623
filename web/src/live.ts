// SPDX-License-Identifier: Apache-2.0
// live.ts: the feed, kept open: after an end, an error, or a silence longer than the node ever keeps, it is opened again.

import { Refused, isAway } from './sign.ts';

const SILENCE_MS = 25000; // a node says something at least every 15 s (docs/desk-serving.md)
const PAUSE_MS = 2000;

// Nobody is reached; who is reached says nothing; the node will not say anything to this browser.
export type Absence = 'offline' | 'silent' | 'refused';

export interface Heard {
    event(name: string): void;
    alive(): void; // anything at all, a comment too
    lost(how: Absence, since: string): void; // since: when something was heard last
}

type Follow = (heard: (name: string) => void, alive: () => void, signal: AbortSignal) => Promise<void>;

// One stream until it ends, fails, or says nothing for too long; whether it was silence.
async function once(follow: Follow, on: Heard, stop: AbortSignal): Promise<boolean> {
    const turn = new AbortController();
    const end = () => turn.abort();
    let [silent, timer] = [false, 0 as unknown as ReturnType<typeof setTimeout>];
    const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
            silent = true;
            end();
        }, SILENCE_MS);
    };
    stop.addEventListener('abort', end);
    wait();
    try {
        await follow((name) => on.event(name), () => {
            wait();
            on.alive();
        }, turn.signal);
    } catch (why) {
        if (!silent) throw why;
    } finally {
        clearTimeout(timer);
        stop.removeEventListener('abort', end);
    }
    return silent;
}

export async function listen(follow: Follow, on: Heard, stop: AbortSignal): Promise<void> {
    let last = new Date().toISOString();
    const marking = { ...on, alive: () => { last = new Date().toISOString(); on.alive(); } };
    while (!stop.aborted) {
        try {
            if (await once(follow, marking, stop)) on.lost('silent', last);
        } catch (why) {
            if (!stop.aborted) on.lost(why instanceof Refused && !isAway(why) ? 'refused' : 'offline', last);
        }
        if (!stop.aborted) await new Promise((next) => setTimeout(next, PAUSE_MS));
    }
}
