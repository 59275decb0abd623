// SPDX-License-Identifier: Apache-2.0
// presence.ts: `orcon/presence@v1` (docs/formats.md, 2.1): this entry stands in that log, and these of its fields say this. A
// key is taken only with one.
import { type Bytes, Invalid, concat, equal, need, u32, utf8 } from '../bytes.ts';
import { readEvent } from './entry.ts';
import { type LogKey, decimal } from './note.ts';
import { type Anchor, type Known, Lines, type Place, type Placed, TAG_PERSON, anchor, placed, readPlace, readPlaced, tagOf, value } from './part.ts';
import { leafHash, nodeHash } from './tree.ts';

export type { Known } from './part.ts';

export const FIELD = { kind: 0, time: 1, portion: 2, person: 3, organisation: 4, actor: 5, copy: 7, follows: 8, reason: 10, statement: 14, reader: 15 } as const;
export const KIND = { override: 4, briefing: 5, receipt: 9, reissue: 15, told: 16, reported: 17 } as const;
const BRIEFINGS: number[] = [KIND.briefing, KIND.told, KIND.reported];

interface Part {
    genesis: Placed | null;
    entry: Uint8Array;
    fields: Map<number, { salt: Uint8Array; path: Uint8Array; value: Uint8Array }>;
    tags: { cls: number; version: bigint; proof: Uint8Array }[];
    key: Uint8Array;
    srt: string;
    token: string;
    statement: string;
    place: Place;
}

export interface Presence extends Anchor, Pick<Part, 'key' | 'srt' | 'token' | 'statement'> {
    note: string;
    index: bigint;
    fields: Map<number, Uint8Array>;
    tags: Map<number, bigint>; // class to version
    kind: number; // 0: not opened
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

function readJws(l: Lines, name: string): string {
    const [jws] = l.take(name, 1) as [string];
    need(/^[A-Za-z0-9_.-]+$/.test(jws), `evidence part: line '${name}' is malformed`);
    return jws;
}

function readPart(whole: string): Part {
    const l = new Lines(whole, 'orcon/presence@v1');
    const genesis = readPlaced(l, 'genesis');
    const entry = l.bytes('entry');
    const [fields, tags] = [readFields(l), readTags(l)];
    const [key, srt, token] = l.is('key') ? [l.bytes('key'), readJws(l, 'srt'), readJws(l, 'token')] : [new Uint8Array(0), '', ''];
    need(srt === '' || key.length > 0, "evidence part: line 'key' is empty");
    const statement = l.is('statement') ? readJws(l, 'statement') : '';
    return { genesis, entry, fields, tags, key, srt, token, statement, place: readPlace(l) };
}

async function opened(j: number, f: { salt: Uint8Array; path: Uint8Array; value: Uint8Array }, commitment: Uint8Array): Promise<void> {
    let hash: Bytes = await leafHash(concat(utf8('orcon/field/v1\n'), new Uint8Array([j]), f.salt, u32(f.value.length), f.value));
    for (let k = 0; k < 4; k++) {
        const sibling = f.path.subarray(32 * k, 32 * k + 32);
        hash = (j >> k) & 1 ? await nodeHash(sibling, hash) : await nodeHash(hash, sibling);
    }
    need(equal(hash, commitment), `field ${j} is not in the commitment`);
}

function checkTag(tag: Part['tags'][0], a: Anchor, fields: Map<number, Uint8Array>, inEntry: Uint8Array): void {
    const nameField = { 1: FIELD.person, 2: FIELD.organisation }[tag.cls];
    const portion = fields.get(FIELD.portion);
    const name = nameField === undefined ? new Uint8Array(0) : fields.get(nameField);
    need(portion && name, `a tag of class ${tag.cls} whose names are not opened`);
    need(equal(tagOf(a.genesis, tag.cls, tag.version, portion, name, tag.proof), inEntry), `the entry has another tag of class ${tag.cls}`);
}

export async function verifyPresence(part: string, logs: LogKey[], known: Known = new Map()): Promise<Presence> {
    const p = readPart(part);
    const a = await anchor(p.genesis, p.place, logs, known);
    await placed(a, p.place.index, { entry: p.entry, hashes: p.place.hashes }, 'the entry');
    const event = readEvent(p.entry);
    for (const [j, field] of p.fields) await opened(j, field, event.commitment);
    const fields = new Map([...p.fields].map(([j, field]) => [j, field.value]));
    for (const tag of p.tags) checkTag(tag, a, fields, event.tags[tag.cls - 1] as Uint8Array);
    known.set(a.checkpoint.origin, a.genesis);
    const kind = fields.get(FIELD.kind);
    const { key, srt, token, statement } = p;
    return { ...a, key, srt, token, statement, note: p.place.note, index: p.place.index, fields, tags: new Map(p.tags.map((tag) => [tag.cls, tag.version])),
        kind: kind?.length === 1 ? kind[0] as number : 0 };
}

export const isBriefing = (p: Presence): boolean => BRIEFINGS.includes(p.kind);
export const fieldIs = (p: Presence, j: number, want: string): boolean => equal(p.fields.get(j) ?? new Uint8Array(0), utf8(want));

// What a reader demands before he takes a key: the first briefing of this person on this portion.
export function checkReply(p: Presence, portion: string, person: string): void {
    if (!p.tags.has(TAG_PERSON) || !isBriefing(p) || !fieldIs(p, FIELD.portion, portion) || !fieldIs(p, FIELD.person, person))
        throw new Invalid('not the first briefing of this person on this portion');
}
