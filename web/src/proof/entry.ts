// SPDX-License-Identifier: Apache-2.0
// entry.ts: the four forms of a ledger entry (docs/formats.md, 1.1). An entry has one encoding; no other is read.
import { type Bytes, Reader, concat, equal, need, sha256, text, u32, u64, utf8 } from '../bytes.ts';
import { decimal } from './note.ts';

export interface Genesis {
    time: bigint;
    generation: number;
    origin: string;
    logKey: Uint8Array;
    vrfKey: Uint8Array;
    how: 0 | 1 | 2; // first, continued, cut
    prevSize: bigint;
    prevRoot: Uint8Array;
}

export interface Seal {
    covered: bigint;
    time: bigint;
    mapRoot: Uint8Array;
}

export interface Close {
    nextOrigin: string;
    nextLogKey: Uint8Array;
    nextVrfKey: Uint8Array;
}

const MAGIC = utf8('orcnle1\n');
const DOMAIN = '(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const whole = (pattern: string) => new RegExp(`^${pattern}$`);
const [domain, person, object, organisation] = [DOMAIN, `[a-z0-9_-]+(?:\\.[a-z0-9_-]+)*@${DOMAIN}`, `${DOMAIN}/${UUID}`, `@${DOMAIN}`].map(whole) as [RegExp, RegExp, RegExp, RegExp];

export const isDomain = (name: string): boolean => name.length <= 253 && domain.test(name);
export const isPerson = (name: string): boolean => name.indexOf('@') <= 64 && person.test(name) && isDomain(name.slice(name.indexOf('@') + 1));
export const isObject = (name: string): boolean => object.test(name) && isDomain(name.split('/')[0] as string);
export const isOrganisation = (name: string): boolean => organisation.test(name) && isDomain(name.slice(1));

// "<domain>/orcon/<generation>".
export function readOrigin(origin: string): { domain: string; generation: number } {
    const [name = '', middle, generation = '', more] = origin.split('/');
    need(isDomain(name) && middle === 'orcon' && more === undefined && /^[1-9][0-9]*$/.test(generation), 'not the origin of a log');
    const number = decimal(generation);
    need(number < 1n << 32n, 'not the origin of a log');
    return { domain: name, generation: Number(number) };
}

// As the fields that name another entry have it.
export const entryRef = (generation: number, index: bigint): Bytes => concat(u32(generation), u64(index));

function read<T>(entry: Uint8Array, form: number, rest: (r: Reader) => T): T {
    const r = new Reader(entry, 'ledger entry');
    need(equal(r.take(8), MAGIC) && r.u8() === form, 'not the ledger entry that it should be');
    const found = rest(r);
    need(r.done(), 'trailing bytes after a ledger entry');
    return found;
}

async function checkBefore(g: Genesis, prevOrigin: string): Promise<void> {
    const self = readOrigin(g.origin);
    need(self.generation === g.generation, 'genesis: origin and generation differ');
    const nothing = g.prevSize === 0n && equal(g.prevRoot, await sha256());
    if (g.how === 0) {
        need(g.generation === 1 && prevOrigin === '' && nothing, 'genesis: a first generation has number 1 and no predecessor');
        return;
    }
    const prev = readOrigin(prevOrigin);
    need(prev.domain === self.domain && g.generation >= 2 && prev.generation === g.generation - 1, 'genesis: the predecessor is not the generation before');
    need(g.prevSize < 1n << 63n && (g.prevSize !== 0n || nothing) && (g.how !== 1 || g.prevSize >= 3n), 'genesis: size or root of the predecessor');
}

export async function readGenesis(entry: Uint8Array): Promise<Genesis> {
    let prevOrigin = '';
    const genesis = read(entry, 1, (r) => {
        const [time, generation, origin, logKey, vrfKey] = [r.u64(), r.u32(), text(r.take(r.u16())), r.take(32), r.take(32)];
        need(equal(r.take(4), new Uint8Array([3, 1, 2, 3])), 'genesis: classes are not 1, 2, 3');
        const how = r.u8();
        need(how === 0 || how === 1 || how === 2, 'genesis: unknown way to begin');
        prevOrigin = text(r.take(r.u16()));
        return { time, generation, origin, logKey, vrfKey, how, prevSize: r.u64(), prevRoot: r.take(32) } as Genesis;
    });
    await checkBefore(genesis, prevOrigin);
    return genesis;
}

export const readEvent = (entry: Uint8Array): { tags: Uint8Array[]; commitment: Uint8Array } => read(entry, 2, (r) => {
    need(r.u8() === 3, 'event: tag count');
    return { tags: [r.take(32), r.take(32), r.take(32)], commitment: r.take(32) };
});

export const readSeal = (entry: Uint8Array): Seal => read(entry, 3, (r) => {
    const covered = r.u64();
    r.u64();
    const time = r.u64();
    r.u64();
    return { covered, time, mapRoot: r.take(32) };
});

export const readClose = (entry: Uint8Array): Close => read(entry, 4, (r) => {
    r.u64();
    const nextOrigin = text(r.take(r.u16()));
    need(readOrigin(nextOrigin).generation >= 2, 'close: origin of the next generation');
    return { nextOrigin, nextLogKey: r.take(32), nextVrfKey: r.take(32) };
});
