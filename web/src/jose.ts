// SPDX-License-Identifier: Apache-2.0
// jose.ts: reading compact JWS of others: strict JSON, ES256 alone, a key that the caller found by its kid.
import { b64u, need, sha256, text, unb64u, utf8 } from './bytes.ts';

export type Json = Record<string, unknown>;

const DEPTH_MAX = 16;

// JSON.parse takes the last of two members with one name, where another reader takes the first: neither is right.
function needSingle(source: string): void {
    const open: (Set<string> | null)[] = [];
    let name: string | null = null;
    for (const [token] of source.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]/g)) {
        if (token === '{' || token === '[') open.push(token === '{' ? new Set() : null);
        else if (token === '}' || token === ']') open.pop();
        else if (token === ':') {
            const names = open.at(-1);
            need(names && name !== null && !names.has(name), 'JSON: a member twice');
            names.add(name);
        }
        name = token.startsWith('"') ? JSON.parse(token) as string : null;
        need(open.length <= DEPTH_MAX, 'JSON: too deep');
    }
}

export function readJson(source: string): unknown {
    const value: unknown = JSON.parse(source);
    needSingle(source);
    return value;
}

export function object(value: unknown): Json {
    need(typeof value === 'object' && value !== null && !Array.isArray(value), 'not a JSON object');
    return value as Json;
}

// A member that is text; "" if there is none.
export const str = (o: unknown, name: string): string => {
    const value = typeof o === 'object' && o !== null ? (o as Json)[name] : undefined;
    return typeof value === 'string' ? value : '';
};

export interface Jws {
    header: Json;
    payload: Uint8Array;
    input: string; // what is signed
    signature: Uint8Array;
}

export function readJws(compact: string, max: number, what: string): Jws {
    need(compact.length <= max, `${what}: too long`);
    const [head, body, signature, more] = compact.split('.');
    need(head && body && signature && more === undefined, `${what}: not a compact JWS`);
    const header = object(readJson(text(unb64u(head))));
    need(header.alg === 'ES256' && header.crit === undefined && header.b64 === undefined, `${what}: a header that is not read here`);
    return { header, payload: unb64u(body), input: `${head}.${body}`, signature: unb64u(signature) };
}

// What a statement or act says. A number in it is an integer from -2^53 to 2^53, without fraction, exponent, or sign at zero.
export function saidOf(jws: Jws): Json {
    const said = payloadOf(jws);
    for (const [token] of text(jws.payload).matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g))
        need(token.startsWith('"') || (/^(?:0|-?[1-9]\d{0,15})$/.test(token) && BigInt(token.replace('-', '')) <= 2n ** 53n), `JSON: the number ${token.slice(0, 40)}`);
    return said;
}

export const payloadOf = (jws: Jws): Json => object(readJson(text(jws.payload)));
export const digestOf = (jws: Jws): Promise<Uint8Array> => sha256(utf8(jws.input));

export async function isSigned(jws: Jws, jwk: JsonWebKey): Promise<boolean> {
    const key = await crypto.subtle.importKey('jwk', { kty: 'EC', crv: 'P-256', ...(jwk.x ? { x: jwk.x } : {}), ...(jwk.y ? { y: jwk.y } : {}) }, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
    return jws.signature.length === 64 && crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, new Uint8Array(jws.signature), utf8(jws.input));
}

// RFC 7638, and the one text that it is the digest of.
export const exactJwk = (jwk: Json): string => JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y });
export const thumbprintOf = async (exact: string): Promise<string> => b64u(await sha256(utf8(exact)));
