// SPDX-License-Identifier: Apache-2.0
// sign.ts: what this browser's key signs: proofs of possession, acts, sign-in, enrolment (docs/protocol.md, 1 and 2).
import { readCardKey } from './card.ts';
import { b64u, sha256, unb64u, utf8 } from './bytes.ts';
import { type Device, type HomeInfo, makeKey } from './keys.ts';
import { Unreachable, Wrong, read, send } from './send.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const SPARE_S = 30;

type Signer = Pick<Device, 'key' | 'jwk'>;

// RFC 7638.
export async function thumbprint(jwk: Device['jwk']): Promise<string> {
    return b64u(await sha256(utf8(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }))));
}

export const nowS = (): number => Math.floor(Date.now() / 1000);

export async function jws(signer: Signer, header: object, payload: object): Promise<string> {
    const input = `${b64u(utf8(JSON.stringify(header)))}.${b64u(utf8(JSON.stringify(payload)))}`;
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, signer.key.privateKey, utf8(input));
    return `${input}.${b64u(new Uint8Array(signature))}`;
}

// RFC 9449. The path is that of the node's own URL, wherever the page came from, without its query.
export async function dpop(signer: Signer, method: string, url: string, token?: string, nonce?: string): Promise<string> {
    const payload = { jti: crypto.randomUUID(), htm: method, htu: url.split('?', 1)[0], iat: nowS(), ...(token ? { ath: b64u(await sha256(utf8(token))) } : {}),
        ...(nonce ? { nonce } : {}) };
    return jws(signer, { alg: 'ES256', typ: 'dpop+jwt', jwk: signer.jwk }, payload);
}

// A person's act, for POST /v1/acts.
export async function signAct(device: Device, kind: string, report: string, portions: string[], body: object, ref = ''): Promise<string> {
    const act = { v: 1, kind, id: crypto.randomUUID(), by: device.person, at: new Date().toISOString(), org: device.home.domain, report, portions, ref, body };
    return jws(device, { alg: 'ES256', kid: await thumbprint(device.jwk), typ: 'orcon-act+jws' }, act);
}

export class Refused extends Error {
    constructor(readonly status: number, readonly title: string, readonly detail: string, readonly reason: string, readonly request: string) {
        super(detail || title);
    }
}

// What may be well in a moment: the node, or whom it asked for us, can't be reached.
export const isAway = (error: Error): boolean => error instanceof Unreachable || (error instanceof Refused && error.status === 503);

// What a node says when it refuses: a problem document (RFC 9457), Connect's {code, message}, or nothing that can be read.
export async function refusal(answer: Response): Promise<Refused> {
    const said = await answer.json().catch(() => ({})) as Record<string, unknown>;
    const str = (name: string): string => (typeof said[name] === 'string' ? said[name] as string : '');
    return new Refused(answer.status, str('title') || `status ${answer.status}`, str('detail') || str('message'), str('reason') || str('code'),
        str('instance'));
}

// What each node asked proofs to have since its start (RFC 9449, 8 and 9).
export class Nonces {
    private readonly held = new Map<string, string>();
    get(domain: string): string | undefined {
        return this.held.get(domain);
    }

    // Whether the node of ${domain} refused a proof for lack of a nonce that it gives: with that it may be tried once more.
    take(domain: string, answer: Response): boolean {
        const nonce = answer.headers.get('DPoP-Nonce');
        if ((answer.status !== 401 && answer.status !== 400) || !nonce) return false;
        this.held.set(domain, nonce);
        return true;
    }
}

interface Token {
    text: string;
    ends: number;
}

// One person's tokens, by whom they are for; in memory only.
export class Tokens {
    private readonly held = new Map<string, Promise<Token>>();
    constructor(readonly device: Device, readonly nonces = new Nonces()) {}

    async get(resource: string): Promise<string> {
        const held = await this.held.get(resource)?.catch(() => null);
        if (held && held.ends > nowS() + SPARE_S) return held.text;
        const fresh = this.ask(resource);
        this.held.set(resource, fresh);
        return (await fresh).text;
    }

    private async ask(resource: string): Promise<Token> {
        const { person, home } = this.device;
        const url = `${home.url}/token`;
        const iat = nowS();
        const assertion = await jws(this.device, { alg: 'ES256', typ: 'JWT' }, { iss: person, sub: person, aud: url, iat, exp: iat + 60, jti: crypto.randomUUID() });
        const once = async (): Promise<Response> => send('/token', { method: 'POST',
            headers: { DPoP: await dpop(this.device, 'POST', url, undefined, this.nonces.get(home.domain)) },
            body: new URLSearchParams({ grant_type: GRANT, resource, assertion }) });
        let answer = await once();
        if (this.nonces.take(home.domain, answer)) answer = await once();
        if (!answer.ok) throw await refusal(answer);
        const said = await read<{ access_token: string; expires_in: number }>(answer);
        if (typeof said.access_token !== 'string' || !(said.expires_in > 0)) throw new Wrong('no token');
        return { text: said.access_token, ends: iat + Math.min(said.expires_in, 300) };
    }
}

// Enrolment by the one-time URL's secret: a new key, proof of it; the words are read to the admin.
export async function enrol(secret: string, cardHash: string, home: HomeInfo): Promise<Device> {
    const card = await send('/card', {});
    if (!card.ok) throw await refusal(card);
    const { card: its, keyHash } = await readCardKey(await card.text());
    if (keyHash !== cardHash) throw new Error(`This link is for another node than that of ${home.domain}: its secret was not sent.`);
    const signer = await makeKey();
    const payload = { v: 1, secret_sha: b64u(await sha256(unb64u(secret))), aud: its.domain, jwk: signer.jwk, at: new Date().toISOString() };
    const proof = await jws(signer, { alg: 'ES256', typ: 'orcon-enrol+jws' }, payload);
    const answer = await send('/enrol', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ secret, proof }) });
    if (!answer.ok) throw await refusal(answer);
    const said = await read<{ person: string; check: string }>(answer);
    if (typeof said.person !== 'string' || typeof said.check !== 'string') throw new Wrong('no enrolment');
    return { ...signer, person: said.person, home, check: said.check };
}
