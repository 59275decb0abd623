// SPDX-License-Identifier: Apache-2.0
// absence.ts: `orcon/absence@v1` (docs/formats.md, 2.2): up to its last seal no entry of that log has these tags.
import { need, utf8 } from '../bytes.ts';
import { type Close, type Seal, readClose, readSeal } from './entry.ts';
import { verifyAbsent } from './map.ts';
import { type LogKey, decimal } from './note.ts';
import { type Anchor, type Known, Lines, anchor, placed, readPlace, readPlaced, tagOf } from './part.ts';

const QUERIES_MAX = 2048;

export interface Query {
    cls: number;
    version: bigint;
    portion: string;
    name: string;
}

export interface Absence extends Anchor {
    note: string;
    index: bigint;
    seal: Seal;
    close: Close | null;
    queries: Query[];
}

interface Asked extends Query {
    vrf: Uint8Array;
    map: Uint8Array;
}

function readQueries(l: Lines): Asked[] {
    const out: Asked[] = [];
    while (l.is('query')) {
        const [cls, version, portion, name] = l.take('query', 4) as [string, string, string, string];
        need(portion !== '' && name !== '' && out.length < QUERIES_MAX, "absence part: line 'query'");
        const bare = (word: string) => (word === '-' ? '' : word);
        out.push({ cls: Number(decimal(cls)), version: decimal(version), portion: bare(portion), name: bare(name), vrf: l.bytes('vrf'), map: l.bytes('map') });
    }
    need(out.length > 0, 'absence part without a query');
    return out;
}

export async function verifyAbsence(part: string, logs: LogKey[], known: Known): Promise<Absence> {
    const l = new Lines(part, 'orcon/absence@v1');
    const genesis = readPlaced(l, 'genesis');
    const closing = readPlaced(l, 'close');
    const sealed = l.bytes('seal');
    const asked = readQueries(l);
    const place = readPlace(l);
    const a = await anchor(genesis, place, logs, known);
    await placed(a, place.index, { entry: sealed, hashes: place.hashes }, 'the seal');
    const seal = readSeal(sealed);
    need(place.index + 1n === a.checkpoint.size && seal.covered === place.index, 'the seal is not the last entry');
    if (closing) await placed(a, place.index - 1n, closing, 'the close');
    const close = closing ? readClose(closing.entry) : null;
    for (const q of asked) await verifyAbsent(seal.mapRoot, tagOf(a.genesis, q.cls, q.version, utf8(q.portion), utf8(q.name), q.vrf), q.map);
    known.set(a.checkpoint.origin, a.genesis);
    return { ...a, note: place.note, index: place.index, seal, close, queries: asked };
}
