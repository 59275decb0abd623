// SPDX-License-Identifier: Apache-2.0
// api.ts: every call to the person's own node: a token and a proof of possession on each, no cookies; what goes wrong is a Refused,
// an Unreachable, or a Wrong. Types are those of api/openapi.yaml.
import type { components } from './openapi.d.ts';
import type { Device } from './keys.ts';
import { ANSWER_MS, PACKAGE_MS, Wrong, read, send } from './send.ts';
import { Tokens, dpop, refusal, signAct } from './sign.ts';

export type Schemas = components['schemas'];

export { Unreachable, Wrong } from './send.ts';

export interface Home {
    domain: string;
    url: string;
    version: string;
    local: boolean;
}

export async function home(): Promise<Home> {
    const answer = await send('/v1/desk', {});
    if (!answer.ok) throw await refusal(answer);
    const said = await read<Home>(answer);
    if (typeof said.domain !== 'string' || typeof said.url !== 'string') throw new Wrong('no node');
    return said;
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
            const headers = { ...init.headers as Record<string, string>, Authorization: `DPoP ${token}`, DPoP: await dpop(this.device, method, htu, token, this.tokens.nonces.get(resource)) };
            return send(path, { ...init, method, headers }, ms);
        };
        const answer = await once();
        if (answer.ok) return answer;
        const named = this.tokens.nonces.take(resource, answer); // a node that has just started asks for its nonce
        const why = await refusal(answer);
        if (why.reason !== 'replay' && !named) throw why;
        const again = await once(); // or a kept connection ended just when the call was on it: a new proof
        if (!again.ok) throw await refusal(again);
        return again;
    }

    async get<T>(path: string, ...lists: (keyof T)[]): Promise<T> {
        return read<T>(await this.call('GET', path), lists);
    }

    // ${to}: what may go there by rule is said, too.
    async report(id: string, to = ''): Promise<Schemas['Report']> {
        const view = await this.get<Schemas['Report']>(`/v1/reports/${id}${to ? `?to=${encodeURIComponent(to)}` : ''}`, 'portions', 'derived_from');
        if (![view.report, view.short, view.originator].every((one) => typeof one === 'string')) throw new Wrong('no report');
        return view;
    }

    async bytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
        return new Uint8Array(await (await this.call('GET', path)).arrayBuffer());
    }

    // All partners, or ${domain} alone; ${query} as in `?record=1`.
    async partners(domain = '', query = ''): Promise<Schemas['Partner'][]> {
        const { partners } = await this.get<Schemas['Partners']>(`/v1/partners${domain && `/${domain}`}${query}`, 'partners');
        if (!partners.every((one) => typeof one.domain === 'string' && typeof one.requests === 'number')) throw new Wrong('no partner');
        return partners;
    }

    // A document, or a package's bytes; for another node where the own one passes it on.
    async post<T>(path: string, body: object, { signal, htu, resource, method = 'POST' }: { signal?: AbortSignal; htu?: string; resource?: string; method?: string } = {}): Promise<T> {
        const packed = body instanceof Uint8Array;
        const init = { headers: { 'Content-Type': packed ? 'application/zip' : 'application/json' }, body: packed ? body as Uint8Array<ArrayBuffer> : JSON.stringify(body), ...(signal ? { signal } : {}) };
        return read<T>(await this.call(method, path, init, htu, resource));
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
        return this.post(path, { signedRequestToken: request }, { htu, resource: originator });
    }

    // A question to a node: to another one passed on by the own, byte for byte.
    async relay<T>({ domain, url }: Pick<Home, 'domain' | 'url'>, name: string, body: object): Promise<T> {
        if (domain === this.device.home.domain) return this.post(`/v1/${name}`, body);
        return this.post(`/relay/v1/${domain}/${name}`, body, { htu: `${url}/v1/${name}`, resource: domain });
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
