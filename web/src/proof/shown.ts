// SPDX-License-Identifier: Apache-2.0
// shown.ts: what a part of evidence shows besides the ledger: the reader's own request and token, and statements (docs/formats.md, 2.5).
import { concat, equal, need, sha256, text, u32, unb64, utf8 } from '../bytes.ts';
import { type Json, type Jws, digestOf, exactJwk, isSigned, object, payloadOf, readJson, readJws, saidOf, str, thumbprintOf } from '../jose.ts';
import { isDomain, isPerson } from './entry.ts';
import { FIELD, type Presence } from './presence.ts';

// A key in a card: use `statement` or `token`.
export type FindKey = (domain: string, use: 'statement' | 'token', kid: string) => JsonWebKey | undefined;

const [SMALL, LARGE] = [65536, 1 << 20];
const [TOKEN_SKEW_S, REQUEST_SKEW_S] = [30, 60];

function fitsTime(claims: Json, at: number, skew: number): boolean {
    const { iat, exp } = claims;
    return typeof iat === 'number' && typeof exp === 'number' && Number.isInteger(iat) && Number.isInteger(exp) && iat >= 0 && iat <= at + skew && at <= exp + skew;
}

export const has = (list: unknown, what: string): boolean => list === what || (Array.isArray(list) && list.includes(what));

// `@domain` stands for any person of it.
const subFits = (sub: string, person: string): boolean => isPerson(sub) && (person.startsWith('@') ? sub.split('@')[1] === person.slice(1) : sub === person);

async function checkToken(compact: string, thumbprint: string, person: string, at: number, ledger: string, find: FindKey): Promise<string> {
    const jws = readJws(compact, SMALL, 'token');
    const claims = payloadOf(jws);
    const [iss, kid] = [str(claims, 'iss'), str(jws.header, 'kid')];
    const key = isDomain(iss) && kid ? find(iss, 'token', kid) : undefined;
    need(key, `no token key ${kid} in the card of ${iss}`);
    need(await isSigned(jws, key), 'the signature of the token does not hold');
    need(subFits(str(claims, 'sub'), person), 'token of another person');
    need(has(claims.aud, ledger), 'token for another audience');
    need(fitsTime(claims, at, TOKEN_SKEW_S), 'token of another time');
    need(str(claims.cnf, 'jkt') === thumbprint, 'token bound to another key');
    return iss;
}

function policyIs(body: string, copy: string): boolean {
    try {
        return copy !== '' && str(readJson(text(unb64(body))), 'uuid') === copy;
    } catch {
        return false;
    }
}

function asksFor(claims: Json, copy: string): boolean {
    try {
        const body = object(readJson(str(claims, 'requestBody')));
        const requests = Array.isArray(body.requests) ? body.requests as Json[] : [];
        return requests.some((one) => policyIs(str(one?.policy, 'body'), copy)) || policyIs(str(body, 'policy'), copy);
    } catch {
        return false;
    }
}

const word = (p: Presence, j: number): string => text(p.fields.get(j) ?? new Uint8Array(0));

export function timeOf(p: Presence): bigint {
    const field = p.fields.get(FIELD.time);
    need(field?.length === 8, 'the time is not opened');
    return new DataView(field.buffer, field.byteOffset, 8).getBigUint64(0);
}

// The reader lines of a part hold; who vouched for him.
export async function checkReader(p: Presence, ledger: string, find: FindKey): Promise<string> {
    need([FIELD.time, FIELD.person, FIELD.copy, FIELD.reader].every((j) => p.fields.has(j)), 'reader lines without fields 1, 3, 7 and 15');
    const at = Number(timeOf(p) / 1000n);
    const [srt, token] = [utf8(p.srt), utf8(p.token)];
    const digest = await sha256(concat(utf8('orcon/reader/v1\n'), u32(srt.length), srt, u32(token.length), token));
    need(equal(p.fields.get(FIELD.reader) as Uint8Array, digest), 'field 15 is not the digest of SRT and token');
    const jwk = object(readJson(text(p.key)));
    need(jwk.kty === 'EC' && jwk.crv === 'P-256' && exactJwk(jwk) === text(p.key), 'the reader’s key is not in its one form');
    const issuer = await checkToken(p.token, await thumbprintOf(exactJwk(jwk)), word(p, FIELD.person), at, ledger, find);
    const jws = readJws(p.srt, LARGE, 'SRT');
    need(await isSigned(jws, jwk as JsonWebKey), 'the signature of the SRT does not hold');
    need(fitsTime(payloadOf(jws), at, REQUEST_SKEW_S), 'SRT of another time');
    need(asksFor(payloadOf(jws), word(p, FIELD.copy)), 'SRT asks for another copy');
    return issuer;
}

// A statement, signed by a statement key in the card of who says it.
export async function readStatement(compact: string, find: FindKey): Promise<{ jws: Jws; said: Json }> {
    const jws = readJws(compact, LARGE, 'statement');
    const said = saidOf(jws);
    const [iss, kid] = [str(said, 'iss'), str(jws.header, 'kid')];
    need(said.v === 1, 'statement of an unknown version');
    const key = isDomain(iss) && kid ? find(iss, 'statement', kid) : undefined;
    need(key, `no statement key ${kid} in the card of ${iss}`);
    need(jws.header.typ === 'orcon-statement+jws' && await isSigned(jws, key), 'the signature of the statement does not hold');
    return { jws, said };
}

export async function statementOf(p: Presence, find: FindKey): Promise<Json | null> {
    if (p.statement === '') return null;
    const { jws, said } = await readStatement(p.statement, find);
    need(equal(p.fields.get(FIELD.statement) ?? new Uint8Array(0), await digestOf(jws)), 'field 14 is not the digest of the statement');
    return said;
}

// A statement about this portion, by its full name, or by its id to its originator.
export function names(said: Json, portion: string): boolean {
    if (!Array.isArray(said.portions)) return false;
    const [domain = '', id = ''] = portion.split('/');
    return has(said.portions, portion) || (has(said.aud, domain) && has(said.portions, id));
}
