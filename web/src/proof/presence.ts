// SPDX-License-Identifier: Apache-2.0
// presence.ts: `orcon/presence@v1` (docs/formats.md, 2): this entry stands in that log, and these of its fields say this. A
// key is taken only with one.
import { type Bytes, Invalid, Reader, concat, equal, need, text, u16, u32, u64, unb64, utf8 } from '../bytes.ts';
import { type Checkpoint, type LogKey, decimal, openCheckpoint } from './note.ts';
import { isIncluded, leafHash, nodeHash } from './tree.ts';
import { vrfVerify } from './vrf.ts';

export const FIELD = { kind: 0, time: 1, portion: 2, person: 3, organisation: 4 } as const;
const TAG_PERSON = 1;
const BRIEFINGS = [5, 16, 17]; // briefing, told, reported-briefing

interface Genesis {
    origin: string;
    logKey: Uint8Array;
    vrfKey: Uint8Array;
}

interface Part {
    genesis: Uint8Array | null;
    genesisProof: Uint8Array[];
    entry: Uint8Array;
    fields: Map<number, { salt: Uint8Array; path: Uint8Array; value: Uint8Array }>;
    tags: { cls: number; version: bigint; proof: Uint8Array }[];
    index: bigint;
    hashes: Uint8Array[];
    checkpoint: string;
}

export interface Presence {
    checkpoint: Checkpoint;
    index: bigint;
    fields: Map<number, Uint8Array>;
    hasPersonTag: boolean;
}

const MAGIC = utf8('orcnle1\n');

function begin(entry: Uint8Array, form: number): Reader {
    const r = new Reader(entry, 'ledger entry');
    need(equal(r.take(8), MAGIC) && r.u8() === form, 'not the ledger entry that it should be');
    return r;
}

function readGenesis(entry: Uint8Array): Genesis {
    const r = begin(entry, 1);
    r.u64();
    r.u32();
    const origin = text(r.take(r.u16()));
    const [logKey, vrfKey] = [r.take(32), r.take(32)];
    need(equal(r.take(4), new Uint8Array([3, 1, 2, 3])), 'genesis: classes are not 1, 2, 3');
    r.u8();
    r.take(r.u16());
    r.take(40);
    need(r.done(), 'trailing bytes after a ledger entry');
    return { origin, logKey, vrfKey };
}

function readEvent(entry: Uint8Array): { tags: Uint8Array[]; commitment: Uint8Array } {
    const r = begin(entry, 2);
    need(r.u8() === 3, 'event: tag count');
    const tags = [r.take(32), r.take(32), r.take(32)];
    const commitment = r.take(32);
    need(r.done(), 'trailing bytes after a ledger entry');
    return { tags, commitment };
}

const value = (word: string): Bytes => (word === '-' ? new Uint8Array(0) : unb64(word));

function chunks(joined: Uint8Array): Uint8Array[] {
    need(joined.length % 32 === 0, 'hashes of another length');
    return Array.from({ length: joined.length / 32 }, (_, i) => joined.subarray(32 * i, 32 * i + 32));
}

// Lines in the one order that the format has.
class Lines {
    at = 0;
    constructor(readonly lines: string[]) {}
    line(): string {
        const line = this.lines[this.at];
        need(line !== undefined, 'evidence part: a line is missing');
        return line;
    }
    is(name: string): string[] | null {
        return this.line().startsWith(`${name} `) ? this.line().slice(name.length + 1).split(' ') : null;
    }
    take(name: string, words: number): string[] {
        const found = this.is(name);
        need(found && found.length === words, `evidence part: line '${name}' is missing or malformed`);
        this.at++;
        return found;
    }
}

function readFields(l: Lines): Part['fields'] {
    const fields: Part['fields'] = new Map();
    let last = -1;
    while (l.is('field')) {
        const [number, salt, path, v] = l.take('field', 4) as [string, string, string, string];
        const j = Number(decimal(number));
        need(j > last && j < 16, 'evidence part: fields out of order');
        const field = { salt: value(salt), path: value(path), value: value(v) };
        need(field.salt.length === 32 && field.path.length === 128, 'evidence part: a field of another length');
        fields.set(j, field);
        last = j;
    }
    return fields;
}

function readTags(l: Lines): Part['tags'] {
    const tags: Part['tags'] = [];
    while (l.is('tag')) {
        const [cls, version, proof] = l.take('tag', 3) as [string, string, string];
        const tag = { cls: Number(decimal(cls)), version: decimal(version), proof: value(proof) };
        need(tag.cls >= 1 && tag.cls <= 3 && tag.cls > (tags.at(-1)?.cls ?? 0), 'evidence part: tags out of order');
        tags.push(tag);
    }
    return tags;
}

function readPart(whole: string): Part {
    const l = new Lines(whole.split('\n'));
    need(l.line() === 'orcon/presence@v1', 'not a presence part');
    l.at++;
    let genesis: Uint8Array | null = null;
    let genesisProof: Uint8Array[] = [];
    if (l.is('genesis')) {
        genesis = value((l.take('genesis', 1) as [string])[0]);
        genesisProof = chunks(value((l.take('genesis-proof', 1) as [string])[0]));
    }
    const entry = value((l.take('entry', 1) as [string])[0]);
    const fields = readFields(l);
    const tags = readTags(l);
    for (const name of ['key', 'srt', 'token', 'statement']) if (l.is(name)) l.take(name, 1);
    need(l.line() === '', 'evidence part: a line where none, or another, belongs');
    l.at++;
    need(l.line() === 'c2sp.org/tlog-proof@v1', 'not a tlog-proof');
    l.at++;
    const index = decimal((l.take('index', 1) as [string])[0]);
    const hashes: Uint8Array[] = [];
    for (; l.line() !== ''; l.at++) {
        const hash = unb64(l.line());
        need(hash.length === 32 && hashes.length < 64, 'tlog-proof: a hash of another length');
        hashes.push(hash);
    }
    const checkpoint = l.lines.slice(l.at + 1).join('\n');
    return { genesis, genesisProof, entry, fields, tags, index, hashes, checkpoint };
}

async function opened(j: number, f: { salt: Uint8Array; path: Uint8Array; value: Uint8Array }, commitment: Uint8Array): Promise<void> {
    let hash: Bytes = await leafHash(concat(utf8('orcon/field/v1\n'), new Uint8Array([j]), f.salt, u32(f.value.length), f.value));
    for (let k = 0; k < 4; k++) {
        const sibling = f.path.subarray(32 * k, 32 * k + 32);
        hash = (j >> k) & 1 ? await nodeHash(sibling, hash) : await nodeHash(hash, sibling);
    }
    need(equal(hash, commitment), `field ${j} is not in the commitment`);
}

function alpha(cls: number, portion: Uint8Array, name: Uint8Array, version: bigint): Bytes {
    return concat(utf8('orcon/tag/v1\n'), new Uint8Array([cls]), u16(portion.length), portion, u16(name.length), name, u64(version));
}

function checkTag(tag: Part['tags'][0], genesis: Genesis, fields: Map<number, Uint8Array>, inEntry: Uint8Array): void {
    const nameField = { 1: FIELD.person, 2: FIELD.organisation }[tag.cls];
    const portion = fields.get(FIELD.portion);
    const name = nameField === undefined ? new Uint8Array(0) : fields.get(nameField);
    need(portion && name, `a tag of class ${tag.cls} whose names are not opened`);
    need((tag.cls === 3) === (name.length === 0) && (portion.length > 0 || tag.cls === 2), `no tag of class ${tag.cls} has these names`);
    need(tag.cls !== TAG_PERSON || tag.version === 0n, 'class 1 has version 0 only');
    const beta = vrfVerify(genesis.vrfKey, alpha(tag.cls, portion, name, tag.version), tag.proof);
    need(equal(beta.subarray(0, 32), inEntry), `the entry has another tag of class ${tag.cls}`);
}

// A genesis that was seen before, by origin: a later part may leave it out.
export type Known = Map<string, Genesis>;

export async function verifyPresence(part: string, logs: LogKey[], known: Known = new Map()): Promise<Presence> {
    const p = readPart(part);
    const checkpoint = openCheckpoint(p.checkpoint, logs);
    let genesis = known.get(checkpoint.origin);
    if (p.genesis) {
        need(await isIncluded(0n, checkpoint.size, await leafHash(p.genesis), p.genesisProof, checkpoint.root), 'the genesis is not in the log');
        genesis = readGenesis(p.genesis);
    }
    need(genesis, 'evidence part without a genesis');
    need(genesis.origin === checkpoint.origin && equal(genesis.logKey, checkpoint.log.key), 'genesis and checkpoint are not of one log');
    need(await isIncluded(p.index, checkpoint.size, await leafHash(p.entry), p.hashes, checkpoint.root), 'the entry is not in the log');
    const event = readEvent(p.entry);
    for (const [j, field] of p.fields) await opened(j, field, event.commitment);
    const fields = new Map([...p.fields].map(([j, field]) => [j, field.value]));
    for (const tag of p.tags) checkTag(tag, genesis, fields, event.tags[tag.cls - 1] as Uint8Array);
    known.set(checkpoint.origin, genesis);
    return { checkpoint, index: p.index, fields, hasPersonTag: p.tags.some((tag) => tag.cls === TAG_PERSON) };
}

// What a reader demands before he takes a key: the first briefing of this person on this portion.
export function checkReply(p: Presence, portion: string, person: string): void {
    const kind = p.fields.get(FIELD.kind);
    const is = (j: number, want: string) => equal(p.fields.get(j) ?? new Uint8Array(0), utf8(want));
    if (!p.hasPersonTag || kind?.length !== 1 || !BRIEFINGS.includes(kind[0] as number) || !is(FIELD.portion, portion) || !is(FIELD.person, person))
        throw new Invalid('not the first briefing of this person on this portion');
}
