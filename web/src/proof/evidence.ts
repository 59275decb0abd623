// SPDX-License-Identifier: Apache-2.0
// evidence.ts: `orcon/evidence@v1` (docs/formats.md, 2.4): exactly the lines of its claim, and a last line over every byte before it.
// What follows from it is in verdict.ts.
import { type Bytes, equal, need, sha256, text, unb64 } from '../bytes.ts';
import { isSigned, readJws, str } from '../jose.ts';
import { isDomain, isObject, isOrganisation, isPerson } from './entry.ts';
import { decimal } from './note.ts';
import type { FindKey } from './shown.ts';

export type Claim = 'yes' | 'no-record' | 'unknown' | 'events' | 'list';

export interface Evidence {
    claim: Claim;
    count: bigint; // events, list
    reasons: string[]; // unknown: at least one
    ledger: string;
    portion: string; // empty only in events
    subject: string; // person or `@domain`; list: empty
    time: bigint;
    generation: bigint;
    index: bigint;
    family: 'none' | 'not-covered' | string[];
    reports: { domain: string; until: bigint; jws: string }[]; // jws empty: nothing was reported
    assume: string[];
    parts: { absence: boolean; text: string }[];
    covered: Uint8Array;
    signed: boolean;
    last: string;
}

const EVIDENCE_MAX = 64 << 20;
const [LIST_MAX, PARTS_MAX] = [256, 100000];

class FileLines {
    line = '';
    start = 0; // of the line
    at = 0; // behind it
    constructor(readonly bytes: Uint8Array) {
        this.next();
    }
    next(): void {
        const end = this.bytes.indexOf(10, this.at);
        need(end >= 0, 'evidence: cut short');
        this.start = this.at;
        this.line = text(this.bytes.subarray(this.at, end));
        this.at = end + 1;
    }
    is(name: string): boolean {
        return this.line.startsWith(`${name} `) && this.line.length > name.length + 1;
    }
    words(name: string, count: number): string[] {
        const words = this.is(name) ? this.line.slice(name.length + 1).split(' ') : [];
        need(words.length > 0 && (count === 0 || words.length === count) && !words.includes(''), `evidence: ${name} line`);
        return words;
    }
    take(name: string, count: number): string[] {
        const words = this.words(name, count);
        this.next();
        return words;
    }
    all(name: string, good: (word: string) => boolean): string[] {
        const out: string[] = [];
        while (this.is(name)) {
            const [word] = this.take(name, 1) as [string];
            need(good(word) && !out.includes(word) && out.length < LIST_MAX, `evidence: ${name} line`);
            out.push(word);
        }
        return out;
    }
    takeBytes(n: number): Uint8Array {
        need(this.at + n <= this.bytes.length, 'evidence: a part is cut short');
        this.at += n;
        return this.bytes.subarray(this.at - n, this.at);
    }
}

function readClaim(l: FileLines): Pick<Evidence, 'claim' | 'count' | 'reasons'> {
    const [claim = '', ...more] = l.take('claim', 0);
    const counts = claim === 'events' || claim === 'list';
    need((claim === 'yes' || claim === 'no-record') ? more.length === 0 : claim === 'unknown' ? more.length > 0 && more.length <= LIST_MAX && new Set(more).size === more.length : counts && more.length === 1, 'evidence: claim line');
    return { claim: claim as Claim, count: counts ? decimal(more[0] as string) : 0n, reasons: counts ? [] : more };
}

function readSubject(l: FileLines, claim: Claim): Pick<Evidence, 'ledger' | 'portion' | 'subject'> {
    const [ledger] = l.take('ledger', 1) as [string];
    const [portion] = l.take('portion', 1) as [string];
    const none = claim === 'events' && portion === '-';
    need(isDomain(ledger) && (none || isObject(portion)), 'evidence: ledger or portion line');
    let subject = '';
    if (claim === 'list') {
        need(l.line === 'everyone', 'evidence: everyone line');
        l.next();
    } else {
        subject = l.take(claim === 'events' ? 'organisation' : 'person', 1)[0] as string;
        need(isOrganisation(subject) || (claim !== 'events' && isPerson(subject)), 'evidence: person or organisation line');
    }
    return { ledger, portion: none ? '' : portion, subject };
}

function readFamily(l: FileLines, portion: string): Evidence['family'] {
    if (l.line === 'family none' || l.line === 'family not-covered') {
        const word = l.line.slice(7) as 'none' | 'not-covered';
        l.next();
        return word;
    }
    const listed = l.all('family', (one) => isObject(one) && one !== portion);
    need(listed.length > 0, 'evidence: family line');
    return listed;
}

function readReports(l: FileLines): Evidence['reports'] {
    const out: Evidence['reports'] = [];
    if (l.line === 'report none') {
        l.next();
        return out;
    }
    while (l.is('report')) {
        const [domain = '', until = '', jws = '', more] = l.take('report', 0);
        need(isDomain(domain) && out.length < LIST_MAX && !out.some((one) => one.domain === domain) && more === undefined && (until === '-') === (jws === ''), 'evidence: report line');
        out.push({ domain, until: until === '-' ? 0n : decimal(until), jws });
    }
    need(out.length > 0, 'evidence: report line');
    return out;
}

function readParts(l: FileLines): Evidence['parts'] {
    const out: Evidence['parts'] = [];
    while (l.is('part')) {
        const [kind, length] = l.words('part', 2) as [string, string];
        need((kind === 'absence' || kind === 'presence') && out.length < PARTS_MAX && decimal(length) <= 4n << 20n, `evidence: part ${out.length + 1}`);
        out.push({ absence: kind === 'absence', text: text(l.takeBytes(Number(length))) });
        l.next();
    }
    need(out.length > 0, 'evidence: no part');
    return out;
}

export function readEvidence(bytes: Uint8Array): Evidence {
    need(bytes.length <= EVIDENCE_MAX, 'evidence: too long');
    const l = new FileLines(bytes);
    need(l.line === 'orcon/evidence@v1', 'not evidence');
    l.next();
    const claim = readClaim(l);
    const subject = readSubject(l, claim.claim);
    const [time, generation, index] = l.take(claim.claim === 'yes' ? 'at' : 'until', 3).map(decimal) as [bigint, bigint, bigint];
    need(generation >= 1n && generation < 1n << 32n, 'evidence: at or until line');
    const about = claim.claim === 'no-record' || claim.claim === 'unknown';
    const family = about ? readFamily(l, subject.portion) : 'none';
    const reports = about ? readReports(l) : [];
    const assume = claim.claim === 'yes' ? [] : l.all('assume', () => true);
    const parts = readParts(l);
    const signed = l.is('signed');
    const [last] = l.words(signed ? 'signed' : 'end', 1) as [string];
    need(l.at === bytes.length, 'evidence: bytes behind its last line');
    return { ...claim, ...subject, time, generation, index, family, reports, assume, parts, covered: bytes.subarray(0, l.start), signed, last };
}

// Signed by a statement key of the ledger's organisation; or, only in a `yes`, the bare digest.
export async function verifyLast(e: Evidence, find: FindKey): Promise<void> {
    const digest: Bytes = await sha256(e.covered);
    if (!e.signed) {
        need(e.claim === 'yes', 'only a yes may go unsigned');
        need(equal(unb64(e.last), digest), 'the digest of the file does not hold');
        return;
    }
    const jws = readJws(e.last, 65536, 'signature of the file');
    const kid = str(jws.header, 'kid');
    need(jws.header.typ === 'orcon-evidence+jws', 'the signature of the file is not of its kind');
    const key = find(e.ledger, 'statement', kid);
    need(key, `no statement key ${kid} in the card of ${e.ledger}`);
    need(equal(jws.payload, digest) && await isSigned(jws, key), 'the signature of the file does not hold');
}
