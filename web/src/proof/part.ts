// SPDX-License-Identifier: Apache-2.0
// part.ts: what parts of evidence have in common (docs/formats.md, 2): lines in the one order that the format has, the genesis, the
// place under a signed checkpoint, and tags.
import { type Bytes, concat, equal, need, u16, u64, unb64, utf8 } from '../bytes.ts';
import { type Genesis, readGenesis } from './entry.ts';
import { type Checkpoint, type LogKey, decimal, openCheckpoint } from './note.ts';
import { isIncluded, leafHash } from './tree.ts';
import { vrfVerify } from './vrf.ts';

export const [TAG_PERSON, TAG_ORGANISATION, TAG_LIST] = [1, 2, 3];
const PART_MAX = 4 << 20;

export function value(word: string): Bytes {
    need(word !== '', 'evidence part: an empty word');
    return word === '-' ? new Uint8Array(0) : unb64(word);
}

export class Lines {
    at = 0;
    readonly lines: string[];
    constructor(whole: string, header: string) {
        need(whole.length <= PART_MAX, 'evidence part: too long');
        this.lines = whole.split('\n');
        need(this.lines[this.at++] === header, `not ${header}`);
    }
    line(): string {
        const line = this.lines[this.at];
        need(line !== undefined, 'evidence part: a line is missing');
        return line;
    }
    is(name: string): boolean {
        return this.line().startsWith(`${name} `);
    }
    take(name: string, words: number): string[] {
        const found = this.is(name) ? this.line().slice(name.length + 1).split(' ') : [];
        need(found.length === words, `evidence part: line '${name}' is missing or malformed`);
        this.at++;
        return found;
    }
    bytes(name: string): Bytes {
        return value(this.take(name, 1)[0] as string);
    }
}

function chunks(joined: Uint8Array): Uint8Array[] {
    need(joined.length % 32 === 0 && joined.length <= 64 * 32, 'hashes of another length');
    return Array.from({ length: joined.length / 32 }, (_, i) => joined.subarray(32 * i, 32 * i + 32));
}

export interface Placed {
    entry: Uint8Array;
    hashes: Uint8Array[];
}

export function readPlaced(l: Lines, name: string): Placed | null {
    if (!l.is(name)) return null;
    const entry = l.bytes(name);
    need(entry.length > 0, `evidence part: line '${name}' is empty`);
    return { entry, hashes: chunks(l.bytes(`${name}-proof`)) };
}

export interface Place {
    index: bigint;
    hashes: Uint8Array[];
    note: string;
}

export function readPlace(l: Lines): Place {
    need(l.line() === '', 'evidence part: a line where none, or another, belongs');
    l.at++;
    need(l.line() === 'c2sp.org/tlog-proof@v1', 'not a tlog-proof');
    l.at++;
    const index = decimal(l.take('index', 1)[0] as string);
    const hashes: Uint8Array[] = [];
    for (; l.line() !== ''; l.at++) {
        const hash = unb64(l.line());
        need(hash.length === 32 && hashes.length < 64, 'tlog-proof: a hash of another length');
        hashes.push(hash);
    }
    return { index, hashes, note: l.lines.slice(l.at + 1).join('\n') };
}

// A genesis that was seen before, by origin: a later part may leave it out.
export type Known = Map<string, Genesis>;

export interface Anchor {
    checkpoint: Checkpoint;
    genesis: Genesis;
}

export async function placed(a: { checkpoint: Checkpoint }, index: bigint, p: Placed, what: string): Promise<void> {
    need(await isIncluded(index, a.checkpoint.size, await leafHash(p.entry), p.hashes, a.checkpoint.root), `${what} is not in the log`);
}

export async function anchor(genesisLine: Placed | null, place: Place, logs: LogKey[], known: Known): Promise<Anchor> {
    const checkpoint = openCheckpoint(place.note, logs);
    let genesis = known.get(checkpoint.origin);
    if (genesisLine) {
        await placed({ checkpoint }, 0n, genesisLine, 'the genesis');
        genesis = await readGenesis(genesisLine.entry);
    }
    need(genesis, 'evidence part without a genesis');
    need(genesis.origin === checkpoint.origin && equal(genesis.logKey, checkpoint.log.key), 'genesis and checkpoint are not of one log');
    return { checkpoint, genesis };
}

// The tag of these names, by its VRF proof under the ledger's key.
export function tagOf(genesis: Genesis, cls: number, version: bigint, portion: Uint8Array, name: Uint8Array, proof: Uint8Array): Uint8Array {
    need(cls >= TAG_PERSON && cls <= TAG_LIST && (cls === TAG_LIST) === (name.length === 0) && (portion.length > 0 || cls === TAG_ORGANISATION), `no tag of class ${cls} has these names`);
    need(cls !== TAG_PERSON || version === 0n, 'class 1 has version 0 only');
    const alpha = concat(utf8('orcon/tag/v1\n'), new Uint8Array([cls]), u16(portion.length), portion, u16(name.length), name, u64(version));
    return vrfVerify(genesis.vrfKey, alpha, proof).subarray(0, 32);
}
