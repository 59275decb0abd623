// SPDX-License-Identifier: Apache-2.0
// api.ts: every call to the person's own node: a token and a proof of possession on each, no cookies; what goes wrong is a Refused
// or an Unreachable. Types are those of api/openapi.yaml.
import type { components } from './openapi.d.ts';
import type { Device } from './keys.ts';
import { ANSWER_MS, PACKAGE_MS, Unreachable, send } from './send.ts';
import { Tokens, dpop, refusal, signAct } from './sign.ts';

export type Schemas = components['schemas'];

export { Unreachable } from './send.ts';

// An answer that says it is well, and is none.
export class Wrong extends Error {}

export interface Home {
    domain: string;
    url: string;
    version: string;
    local: boolean;
}

async function read<T>(answer: Response): Promise<T> {
    const value: unknown = await answer.json().catch((why: Error) => {
        throw why instanceof SyntaxError ? new Wrong(why.message) : new Unreachable(String(why));
    });
    if (typeof value !== 'object' || value === null) throw new Wrong(typeof value);
    return value as T;
}

export async function home(): Promise<Home> {
    const answer = await send('/v1/desk', {});
    if (!answer.ok) throw await refusal(answer);
    return read<Home>(answer);
}

export class Api {
    readonly tokens: Tokens;
    constructor(readonly device: Device) {
        this.tokens = new Tokens(device);
    }

    // ${htu}: what the proof is made for, where the own node passes the call on; ${resource}: whom the token is for.
    async call(method: string, path: string, init: RequestInit = {}, htu = this.device.home.url + path, resource = this.device.home.domain,
        ms = init.body instanceof Uint8Array ? PACKAGE_MS : ANSWER_MS): Promise<Response> {
        const once = async (): Promise<Response> => {
            const token = await this.tokens.get(resource);
            const headers = { ...init.headers as Record<string, string>, Authorization: `DPoP ${token}`, DPoP: await dpop(this.device, method, htu, token) };
            return send(path, { ...init, method, headers }, ms);
        };
        const answer = await once();
        if (answer.ok) return answer;
        const why = await refusal(answer);
        if (why.reason !== 'replay') throw why;
        const again = await once(); // a kept connection ended just when the call was on it: a new proof
        if (!again.ok) throw await refusal(again);
        return again;
    }

    async get<T>(path: string): Promise<T> {
        return read<T>(await this.call('GET', path));
    }

    async bytes(path: string): Promise<Uint8Array> {
        return new Uint8Array(await (await this.call('GET', path)).arrayBuffer());
    }

    async post<T>(path: string, body: object): Promise<T> {
        return read<T>(await this.call('POST', path, { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }));
    }

    async act<T>(kind: string, report: string, portions: string[], body: object, ref = ''): Promise<T> {
        return this.post('/v1/acts', { act: await signAct(this.device, kind, report, portions, body, ref) });
    }

    // An act that is a question: about no report, answered and kept at home.
    async ask<T>(path: string, kind: string, body: object): Promise<T> {
        return this.post(path, { act: await signAct(this.device, kind, '', [], body) });
    }

    // A key request to the originator, through the own node, byte for byte.
    async rewrap(originator: string, originatorUrl: string, request: string): Promise<unknown> {
        const htu = `${originatorUrl}/kas.AccessService/Rewrap`;
        const here = originator === this.device.home.domain;
        const path = here ? '/kas.AccessService/Rewrap' : `/relay/v1/${originator}/rewrap`;
        const init = { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ signedRequestToken: request }) };
        return read(await this.call('POST', path, init, htu, originator));
    }

    // A question to another node, passed on by the own one byte for byte.
    async relay<T>(other: Pick<Home, 'domain' | 'url'>, name: string, body: object): Promise<T> {
        const init = { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
        return read<T>(await this.call('POST', `/relay/v1/${other.domain}/${name}`, init, `${other.url}/v1/${name}`, other.domain));
    }

    // The feed of notices, until ${signal} or its end; ${heard} gets each event's name and data, ${alive} is called for every piece.
    async follow(heard: (name: string, data: string) => void, alive: () => void, signal: AbortSignal): Promise<void> {
        const answer = await this.call('GET', '/v1/inbox/events', { headers: { Accept: 'text/event-stream' }, signal }, undefined, undefined, 0);
        const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
        let pending = '';
        for (;;) {
            const piece = await reader?.read();
            if (!piece || piece.done) return;
            alive();
            pending += piece.value;
            for (let end = pending.indexOf('\n\n'); end >= 0; end = pending.indexOf('\n\n')) {
                const lines = pending.slice(0, end).split('\n');
                pending = pending.slice(end + 2);
                const of = (name: string) => lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1).trim() ?? '';
                if (of('event')) heard(of('event'), of('data'));
            }
        }
    }
}
