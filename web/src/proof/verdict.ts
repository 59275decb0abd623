// SPDX-License-Identifier: Apache-2.0
// verdict.ts: what follows from an evidence file under a verifier's policy and the confirmed cards (docs/formats.md, 2.5). The outcome
// is computed from the parts; the claim is only compared with it, and a claim of `unknown` is never strengthened.
import { equal, need } from '../bytes.ts';
import { str } from '../jose.ts';
import { type Absence, verifyAbsence } from './absence.ts';
import { isDomain, readOrigin } from './entry.ts';
import { type Claim, type Evidence, readEvidence, verifyLast } from './evidence.ts';
import { cosigners } from './note.ts';
import { type Known, TAG_LIST, TAG_ORGANISATION, TAG_PERSON } from './part.ts';
import { type Policy, isMet, monitorsOf } from './policy.ts';
import { FIELD, type Presence, fieldIs, verifyPresence } from './presence.ts';
import { type FindKey, has, names, readStatement } from './shown.ts';
import { yes } from './verdict-yes.ts';

export interface Verdict {
    outcome: Claim; // of a refused file: unknown
    basis: string;
    reasons: string[];
    count: bigint;
    cosigners: Set<number>; // keys of the policy that signed the checkpoint of a part
    logs: Set<number>;
    monitors: Set<number>; // those that the answer rests on
    why: string; // why it is refused; empty: it verifies
}

export interface Seen {
    generation: number;
    absence: Absence | null;
    presence: Presence | null;
}

export class Judge {
    readonly seen: Seen[] = [];
    unmonitored = false;
    monitors: Set<number> | null = null; // that signed every part
    readonly monitorsOfAny = new Set<number>();
    constructor(readonly e: Evidence, readonly policy: Policy, readonly find: FindKey, readonly v: Verdict) {}

    reason(why: string): void {
        if (!this.v.reasons.includes(why)) this.v.reasons.push(why);
    }
}

const FUTURE_MS = 60000n; // a seal may be so much ahead of the newest cosignature

// Who cosigned a part's checkpoint, and whether they are a quorum; the newest time among them.
function cosigned(j: Judge, note: string, log: Presence['checkpoint']['log']): bigint {
    const times = cosigners(note, j.policy.keys);
    const by = new Set(times.flatMap((time, i) => (time === undefined ? [] : [i])));
    need(j.policy.quorum === null || isMet(j.policy.quorum, by), 'no quorum of witnesses signed the checkpoint');
    j.v.logs.add(j.policy.logs.indexOf(log));
    const { enough, keys } = monitorsOf(j.policy, by, j.e.ledger);
    if (!enough) j.unmonitored = true;
    for (const i of by) j.v.cosigners.add(i);
    for (const i of keys) j.monitorsOfAny.add(i);
    j.monitors = new Set([...keys].filter((i) => j.monitors === null || j.monitors.has(i)));
    return times.reduce<bigint>((newest, time) => (time !== undefined && time > newest ? time : newest), 0n);
}

async function see(j: Judge): Promise<void> {
    const known: Known = new Map();
    for (const part of j.e.parts) {
        const [absence, presence] = part.absence ? [await verifyAbsence(part.text, j.policy.logs, known), null] : [null, await verifyPresence(part.text, j.policy.logs, known)];
        const found = (absence ?? presence) as Absence | Presence;
        const { domain, generation } = readOrigin(found.checkpoint.origin);
        need(domain === j.e.ledger, `a part of another ledger than ${j.e.ledger}`);
        const newest = cosigned(j, found.note, found.checkpoint.log);
        need(!absence || newest === 0n || absence.seal.time <= newest * 1000n + FUTURE_MS, 'seal from the future');
        need(generation >= (j.seen.at(-1)?.generation ?? 0), 'the parts are not in the order of generations');
        j.seen.push({ generation, absence, presence });
    }
}

const PERSON_ASSUMES = ['declared-tellings', 'family-by-originator', 'ledgers-by-originator', 'one-identity', 'reader-software'];

// The assumptions of a claim about a person, in their order, then those that may be true besides.
function assumed(e: Evidence): boolean {
    if (e.claim === 'events' || e.claim === 'list') return e.assume.length === 1 && e.assume[0] === 'originator-tags';
    const rest = e.assume.slice(PERSON_ASSUMES.length);
    if (PERSON_ASSUMES.some((one, i) => e.assume[i] !== one)) return false;
    if (rest[0] === 'interop') rest.shift();
    if (rest[0] === 'guests') rest.shift();
    if (/^told-in-words:(0|[1-9][0-9]{0,18})$/.test(rest[0] ?? '')) rest.shift();
    return rest.length === 0;
}

function absenceOf(j: Judge, generation: number): Seen & { absence: Absence } | null {
    const found = j.seen.filter((s) => s.absence !== null && s.generation === generation);
    need(found.length <= 1, `two absence parts of generation ${generation}`);
    return (found[0] as Seen & { absence: Absence }) ?? null;
}

function lastSeal(j: Judge): void {
    const last = absenceOf(j, Number(j.e.generation));
    need(last && j.seen.at(-1)?.generation === last.generation && last.absence.seal.time === j.e.time && last.absence.index === j.e.index, 'until line');
}

// On what the map rests. A group can be met by other members in each part: then all of them are named.
function monitored(j: Judge): void {
    if (j.policy.monitor === 'none' || j.unmonitored) {
        j.v.basis = 'self-asserted';
        return;
    }
    j.v.monitors = j.monitors?.size ? j.monitors : j.monitorsOfAny;
    j.v.basis = `monitored by ${[...j.v.monitors].map((i) => j.policy.keys[i]?.name ?? '').sort().join(' ')}`;
}

const organisationOf = (person: string): string => person.slice(person.indexOf('@'));

// Every presence part of a claim about a person can show one thing: a briefing of his whole organisation.
function organisationWide(j: Judge): void {
    const all = organisationOf(j.e.subject);
    const covered = [j.e.portion, ...(Array.isArray(j.e.family) ? j.e.family : [])];
    for (const { presence } of j.seen) {
        if (!presence) continue;
        const fits = all !== j.e.subject && presence.tags.has(TAG_PERSON) && fieldIs(presence, FIELD.person, all) && covered.some((portion) => fieldIs(presence, FIELD.portion, portion));
        need(fits, 'a presence part that has no place in this claim');
        j.reason('organisation-wide');
    }
}

// In one generation, about the person and his organisation, on every covered portion.
function allAsked(j: Judge, s: Seen & { absence: Absence }): void {
    const shown = (portion: string, name: string) => j.seen.some(({ generation, presence }) => presence && generation === s.generation && fieldIs(presence, FIELD.portion, portion) && fieldIs(presence, FIELD.person, name));
    for (const portion of [j.e.portion, ...(Array.isArray(j.e.family) ? j.e.family : [])])
        for (const [n, name] of [j.e.subject, organisationOf(j.e.subject)].entries())
            need(s.absence.queries.some((q) => q.cls === TAG_PERSON && q.portion === portion && q.name === name) || (n === 1 && shown(portion, name)),
                `no query for ${name} on ${portion} in generation ${s.generation}`);
}

async function reportHolds(j: Judge, r: Evidence['reports'][0]): Promise<boolean> {
    const { said } = await readStatement(r.jws, j.find);
    const body = said.body as Record<string, unknown> | undefined;
    const until = Date.parse(str(body, 'until'));
    return str(said, 'iss') === r.domain && str(said, 'kind') === 'briefing-report' && body?.person === undefined && BigInt(until) === r.until &&
        Array.isArray(said.aud) && has(said.aud, j.e.ledger) && [j.e.portion, ...(Array.isArray(j.e.family) ? j.e.family : [])].every((portion) => names(said, portion));
}

async function reports(j: Judge): Promise<void> {
    for (const r of j.e.reports) {
        need(r.jws === '' || await reportHolds(j, r).catch(() => false), `report of ${r.domain}`);
        const behind = r.until < j.e.time ? j.e.time - r.until : 0n;
        if (r.jws === '' || behind > j.policy.reportLag * 1000n) j.reason(`report-missing:${r.domain}`);
    }
}

// Presence parts of one generation show the versions 0..end-1 of the class, each once.
function counted(j: Judge, generation: number, cls: number, end: bigint): void {
    const versions = new Set<bigint>();
    for (const { generation: g, presence } of j.seen) {
        if (!presence || g !== generation) continue;
        const version = presence.tags.get(cls);
        need(version !== undefined && fieldIs(presence, FIELD.portion, j.e.portion) && (cls !== TAG_ORGANISATION || fieldIs(presence, FIELD.organisation, j.e.subject)), 'a presence part that has no place in this claim');
        need(version < end && !versions.has(version), `version ${version} is shown, but not before the closing query`);
        versions.add(version);
    }
    need(BigInt(versions.size) === end, `versions 0..${end - 1n} are not all shown`);
}

// One closing query a generation, and everything before it shown.
function complete(j: Judge): void {
    const cls = j.e.claim === 'events' ? TAG_ORGANISATION : TAG_LIST;
    for (const s of j.seen) {
        need(absenceOf(j, s.generation), 'one closing query a generation');
        if (!s.absence) continue;
        const [q, more] = s.absence.queries;
        need(q && !more && q.cls === cls && q.portion === j.e.portion && q.name === j.e.subject, 'one closing query a generation');
        counted(j, s.generation, cls, q.version);
        j.v.count += q.version;
    }
    need(j.v.count === j.e.count, `the parts show ${j.v.count}, not ${j.e.count}`);
}

// A log that was cut leaves a gap; a policy may tolerate a short one, if it begins where the part before ends.
function cut(j: Judge, before: Absence | null, now: Absence): void {
    const g = now.genesis;
    const seconds = before ? (g.time - before.seal.time + 999n) / 1000n : 0n;
    if (!before || before.checkpoint.size !== g.prevSize || !equal(before.checkpoint.root, g.prevRoot) || before.seal.time > g.time || seconds > j.policy.gap) j.reason(`cut:${g.generation}`);
    else j.v.basis += `, gap of ${seconds} s before generation ${g.generation}`;
}

// A continued log begins where the closed one before it ends, and is the one that it named.
function follows(before: Absence, now: Absence): boolean {
    const [g, close] = [now.genesis, before.close];
    return close !== null && before.checkpoint.size === g.prevSize && equal(before.checkpoint.root, g.prevRoot) && close.nextOrigin === g.origin &&
        equal(close.nextLogKey, g.logKey) && equal(close.nextVrfKey, g.vrfKey) && before.seal.time <= g.time;
}

function chain(j: Judge): void {
    need(j.e.generation <= 64n, 'more generations than a policy has logs');
    let before: Absence | null = null;
    for (let g = 1; g <= Number(j.e.generation); g++) {
        const now: Absence | null = absenceOf(j, g)?.absence ?? null;
        if (!now) {
            j.reason(`generation-missing:${g}`);
        } else if (now.genesis.how === 2) {
            cut(j, before, now);
        } else if (now.genesis.how === 1 && before) {
            need(before.close, `close-log entry of generation ${g - 1} is not shown`);
            need(follows(before, now), `generation ${g - 1} does not end where ${g} begins`);
        }
        before = now;
    }
}

async function rest(j: Judge): Promise<void> {
    need(assumed(j.e), 'assume lines');
    lastSeal(j);
    monitored(j);
    if (j.e.claim === 'events' || j.e.claim === 'list') {
        complete(j);
    } else {
        organisationWide(j);
        for (const s of j.seen) if (s.absence) allAsked(j, s as Seen & { absence: Absence });
        await reports(j);
    }
    chain(j);
    if (j.policy.monitor !== 'none' && j.unmonitored) j.reason('no-monitor');
}

const isReason = (word: string): boolean => word === 'organisation-wide' || word === 'no-monitor' || /^(generation-missing|cut):[1-9][0-9]{0,18}$/.test(word) ||
    (word.startsWith('report-missing:') && isDomain(word.slice(15)));

async function judge(j: Judge): Promise<void> {
    await verifyLast(j.e, j.find);
    await see(j);
    for (const word of j.e.reasons) {
        need(isReason(word), `evidence: a reason of the claim: ${word}`);
        j.reason(word);
    }
    await (j.e.claim === 'yes' ? yes(j) : rest(j));
    const follow = j.v.reasons.length > 0 ? 'unknown' : j.e.claim;
    need(follow === j.e.claim, `the claim does not follow: ${j.v.reasons.join(' ')}`);
    j.v.outcome = follow;
}

export async function verify(bytes: Uint8Array, policyFor: (ledger: string) => Promise<Policy>, find: FindKey): Promise<{ e: Evidence | null; policy: Policy | null; v: Verdict }> {
    const v: Verdict = { outcome: 'unknown', basis: '', reasons: [], count: 0n, cosigners: new Set(), logs: new Set(), monitors: new Set(), why: '' };
    let [e, policy]: [Evidence | null, Policy | null] = [null, null];
    try {
        e = readEvidence(bytes);
        policy = await policyFor(e.ledger);
        await judge(new Judge(e, policy, find, v));
    } catch (why) {
        v.why = (why as Error).message || 'it can’t be read';
    }
    return { e, policy, v };
}
