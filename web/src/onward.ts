// SPDX-License-Identifier: Apache-2.0
// onward.ts: what an override passed on, at its reader: it opens only with the originator's receipt of exactly this statement, or, while there is
// none, with its place in the giver's ledger under a witness. As src/ledger/override.c and src/client/onward.c (docs/protocol.md, "Sealed override").
import type { Api, Schemas } from './api.ts';
import { equal, need, unb64u } from './bytes.ts';
import type { Card } from './card.ts';
import { type Json, object, str } from './jose.ts';
import { isDomain } from './proof/entry.ts';
import { cosigners } from './proof/note.ts';
import { isMet } from './proof/policy.ts';
import { FIELD, KIND, fieldIs, verifyPresence } from './proof/presence.ts';
import { type Trust, fetchCard, loadTrust } from './seen.ts';
import { LARGE, SMALL, type Statement, isId, readStatement, verifyStatement } from './statement.ts';

const PORTIONS_MAX = 8;
const N_MAX = 1023;

// Why it stays closed.
export class Closed extends Error {
    constructor(readonly reason: string, what: string) {
        super(what);
    }
}

export interface PassedRow {
    id: string;
    n: number;
    mark: string;
    copy: string; // policy of the new copy
    share: string; // id of the originator's statement that it came with
    digest: string; // of the new copy's manifest
    commitment: string;
}

export interface Override {
    originator: string;
    portions: PassedRow[];
}

export const isSealedOverride = (s: Statement): boolean => s.kind === 'override' && s.body.oral !== true;

const isDigest = (coded: string): boolean => coded.length === 43 && unb64u(coded).length === 32;

function readRow(value: unknown): PassedRow {
    const row = object(value);
    const [id, mark, copy, share, digest, commitment] = ['id', 'mark', 'copy', 'share', 'digest', 'commitment'].map((name) => str(row, name)) as [string, string, string, string, string, string];
    const n = Number.isInteger(row.n) ? row.n as number : -1;
    need(isId(id) && isId(copy) && isId(share) && n >= 0 && n <= N_MAX && mark !== '', 'override: a portion without a proper id, copy, share or number');
    need(isDigest(digest) && isDigest(commitment), `override: portion ${n} has no digest, or no commitment`);
    return { id, n, mark, copy, share, digest, commitment };
}

export function readOverride(s: Statement): Override {
    const [to, originator, rows] = [str(s.body, 'to'), str(s.body, 'originator'), s.body.portions];
    need(isSealedOverride(s) && isDomain(to) && isDomain(originator), 'override: a sealed copy is an organisation’s, for an organisation');
    need(Array.isArray(rows) && rows.length >= 1 && rows.length <= PORTIONS_MAX && rows.length === s.portions.length, 'override: it does not list the portions that it names');
    const portions = rows.map(readRow);
    need(portions.every((row, i) => s.portions.includes(row.id) && (i === 0 || row.n > (portions[i - 1] as PassedRow).n)), 'override: portions are not in order, or not the statement’s');
    return { originator, portions };
}

async function findShare(s: Statement, id: string): Promise<Statement | null> {
    for (const jws of Array.isArray(s.body.shares) ? s.body.shares as unknown[] : []) {
        const share = typeof jws === 'string' ? await readStatement(jws, LARGE).catch(() => null) : null;
        if (share?.id === id) return share;
    }
    return null;
}

async function checkRow(s: Statement, row: PassedRow, originator: Card): Promise<void> {
    const changed = (good: boolean, why: string) => {
        if (!good) throw new Closed('text-changed', `portion ${row.n}: ${why}`);
    };
    const share = await findShare(s, row.share);
    if (!share) throw new Closed('text-changed', `portion ${row.n}: the originator’s statement of it is missing`);
    changed(share.kind === 'share' && share.iss === originator.domain && share.report === s.report && share.aud.includes(s.iss), 'its originator shared something else with who passes it on');
    changed(await verifyStatement(share, originator).then(() => true, () => false), 'its originator has not signed what is shown of him');
    const rows = Array.isArray(share.body.portions) ? share.body.portions as unknown[] : [];
    const signed = rows.find((one) => str(one, 'id') === row.id) as Json | undefined;
    changed(signed !== undefined && str(signed, 'mark') === row.mark && signed.n === row.n, 'its originator signed another mark or number');
    changed(str(signed, 'commitment') === row.commitment, 'not the text that its originator committed to');
}

// For every portion a share of ${originator}, to the giver, has the same mark and number, and commits to the same text.
export async function checkText(s: Statement, o: Override, originator: Card): Promise<void> {
    need(o.originator === originator.domain, `override: ${originator.domain} is not the originator that it names`);
    for (const row of o.portions) await checkRow(s, row, originator);
}

// ${receipt} is the originator's ack, and of exactly this statement.
export async function checkReceipt(s: Statement, receipt: string, originator: Card): Promise<void> {
    const { domain } = originator;
    const ack = await readStatement(receipt, SMALL).catch(() => null);
    if (ack?.kind !== 'ack') throw new Closed('receipt-forged', `what is shown as a receipt of ${domain} is none`);
    if (ack.iss !== domain) throw new Closed('receipt-foreign', `the receipt is by ${ack.iss}, not by ${domain}, whose text it is`);
    if (!await verifyStatement(ack, originator).then(() => true, () => false)) throw new Closed('receipt-forged', `the receipt is not signed by a key of ${domain}`);
    const digest = str(ack.body, 'digest');
    if (!isDigestOf(digest, s.digest)) throw new Closed('receipt-of-another', `the receipt of ${domain} is for another statement`);
}

function isDigestOf(coded: string, digest: Uint8Array): boolean {
    try {
        return equal(unb64u(coded), digest);
    } catch {
        return false;
    }
}

// The giver's ledger has this override, to ${holder}, of this portion; and a witness whom the confirmed cards make one stands behind that.
export async function checkInclusion(s: Statement, part: string, trust: Pick<Trust, 'policyFor'>, holder: string, portion: string): Promise<void> {
    const policy = await trust.policyFor(s.iss);
    const presence = await verifyPresence(part, policy.logs);
    const isOf = presence.kind === KIND.override && fieldIs(presence, FIELD.portion, `${str(s.body, 'originator')}/${portion}`) && fieldIs(presence, FIELD.organisation, `@${holder}`)
        && equal(presence.fields.get(FIELD.statement) ?? new Uint8Array(0), s.digest);
    need(isOf, `the entry in the ledger of ${s.iss} is not of this override`);
    const by = new Set(cosigners(presence.note, policy.keys).flatMap((time, i) => (time === undefined ? [] : [i])));
    need(policy.quorum !== null && isMet(policy.quorum, by), `no witness that ${holder} knows stands behind the ledger of ${s.iss}`);
}

async function checkWitnessed(api: Api, s: Statement): Promise<void> {
    const answer = await api.relay<{ parts?: Record<string, string> }>(await fetchCard(api, s.iss), 'inclusion', { override: s.id });
    const trust = await loadTrust(api);
    for (const id of s.portions) await checkInclusion(s, answer.parts?.[id] ?? '', trust, api.device.home.domain, id);
}

// Whether it may be opened, or else a Closed; true: its originator was told. Nothing was asked of the giver's keys yet: that alone would be a briefing.
export async function mayOpen(api: Api, s: Statement, originator: Card): Promise<boolean> {
    const { receipt_jws: receipt, notice } = await api.get<Schemas['Override']>(`/v1/overrides/${s.id}`);
    if (receipt) {
        await checkReceipt(s, receipt, originator);
        return true;
    }
    if (notice !== 'queued' && notice !== 'delivered') throw new Closed('originator-not-told', `${originator.domain} has not been told of this override, and no notice is on its way`);
    try {
        await checkWitnessed(api, s);
    } catch (why) {
        throw new Closed('originator-not-told', `${originator.domain} has not been told of this override yet, and: ${(why as Error).message}`);
    }
    return false;
}
