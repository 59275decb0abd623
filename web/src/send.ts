// SPDX-License-Identifier: Apache-2.0
// send.ts: one call to the own node: nothing but the call goes along, and a node that says nothing for too long can't be reached.

export class Unreachable extends Error {}

// An answer that says it is well, and is none.
export class Wrong extends Error {}

export const ANSWER_MS = 60000; // a call that is passed on to another node may wait for that one
export const PACKAGE_MS = 600000;

// ${ms} 0: for as long as it takes (a stream). The answer's body is for whoever called.
export async function send(path: string, init: RequestInit, ms = ANSWER_MS): Promise<Response> {
    const signals = [...(ms ? [AbortSignal.timeout(ms)] : []), ...(init.signal ? [init.signal] : [])];
    try {
        return await fetch(path, { ...init, ...(signals.length ? { signal: AbortSignal.any(signals) } : {}), credentials: 'omit', cache: 'no-store', redirect: 'error' });
    } catch (why) {
        throw new Unreachable(String(why));
    }
}

// A document; ${lists}: members without which it says nothing, so that none of them is taken for an empty one.
export async function read<T>(answer: Response, lists: (keyof T)[] = []): Promise<T> {
    const value: unknown = await answer.json().catch((why: Error) => {
        throw why instanceof SyntaxError ? new Wrong(why.message) : new Unreachable(String(why));
    });
    if (typeof value !== 'object' || value === null) throw new Wrong(typeof value);
    for (const name of lists) if (!Array.isArray((value as T)[name])) throw new Wrong(`no ${String(name)}`);
    return value as T;
}
