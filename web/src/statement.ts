// SPDX-License-Identifier: Apache-2.0
// statement.ts: what an organisation says to another: compact JWS by a statement key in its card, read and checked as the program does.
import type { Card } from './card.ts';
import { need } from './bytes.ts';
import { type Json, type Jws, digestOf, isSigned, object, readJws, saidOf, str } from './jose.ts';
import { isDomain } from './proof/entry.ts';

export const [SMALL, LARGE] = [65536, 1 << 20];

export interface Statement {
    kind: string;
    id: string;
    iss: string;
    at: number; // seconds
    aud: string[];
    report: string;
    portions: string[];
    body: Json;
    jws: Jws;
    digest: Uint8Array; // of the signing input: what acks and ledger entries name
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const isId = (text: unknown): text is string => typeof text === 'string' && UUID.test(text);

function list(said: Json, name: string, is: (text: string) => boolean): string[] {
    const all: unknown = said[name];
    need(Array.isArray(all) && all.every((one) => typeof one === 'string' && is(one)), `statement: ${name} is not a list of what it should be`);
    return all as string[];
}

export async function readStatement(compact: string, max: number): Promise<Statement> {
    const jws = readJws(compact, max, 'statement');
    const said = saidOf(jws);
    const [kind, id, iss, report, at] = [str(said, 'kind'), str(said, 'id'), str(said, 'iss'), str(said, 'report'), Date.parse(str(said, 'at'))];
    need(said.v === 1 && kind !== '' && isId(id) && isDomain(iss) && !Number.isNaN(at) && (report === '' || isId(report)), 'statement: a member that is none, or missing');
    return { kind, id, iss, at: at / 1000, aud: list(said, 'aud', isDomain), report, portions: list(said, 'portions', isId), body: object(said.body), jws, digest: await digestOf(jws) };
}

// Signed by a statement key in the card of who says it, that was good at the time.
export async function verifyStatement(s: Statement, card: Card): Promise<void> {
    need(s.iss === card.domain, `a statement of ${s.iss} can't be checked with the card of ${card.domain}`);
    const kid = str(s.jws.header, 'kid');
    const key = card.keys.find((one) => one.use === 'statement' && one.kid === kid && kid !== '');
    need(key, `${s.kind} statement of ${s.iss}: signed by a key that is not in its card`);
    need(!key.revoked_at, `${s.kind} statement of ${s.iss}: signed by a revoked key`);
    need(!key.exp || Math.floor(s.at) <= key.exp, `${s.kind} statement of ${s.iss}: signed by a key that was replaced before`);
    need(s.jws.header.typ === 'orcon-statement+jws' && await isSigned(s.jws, key.jwk), `${s.kind} statement of ${s.iss}: the signature does not hold`);
}
