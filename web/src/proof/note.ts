// SPDX-License-Identifier: Apache-2.0
// note.ts: signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature): who has signed which root.
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Bytes, Reader, concat, equal, hex, need, sha256, unb64, utf8 } from '../bytes.ts';

export interface LogKey {
    name: string;
    id: Bytes;
    key: Bytes;
    type: number;
    vkey: string;
}

export interface Checkpoint {
    origin: string;
    size: bigint;
    root: Bytes;
    log: LogKey;
}

export const [ED25519, COSIGNATURE] = [1, 4];
const TIME_END = 253402300800n; // seconds: the year 10000
const LINES_MAX = 100;

// "NAME+ID+BASE64": base64 has `+` too, so only the first two divide.
export async function readNoteKey(vkey: string, type: number): Promise<LogKey> {
    const [name = '', id = ''] = vkey.split('+', 2);
    const material = unb64(vkey.slice(name.length + id.length + 2));
    need(name !== '' && material.length === 33 && material[0] === type, type === ED25519 ? 'not the key of a log' : 'not the key of a witness');
    const computed = (await sha256(utf8(`${name}\n`), material)).subarray(0, 4);
    need(hex(computed) === id, `key ID and key of ${name} differ`);
    return { name, id: concat(computed), key: material.slice(1), type, vkey };
}

export const readLogKey = (vkey: string): Promise<LogKey> => readNoteKey(vkey, ED25519);

// Text, and the lines of signatures after the last empty line.
function split(note: string): [string, string[]] {
    const at = note.lastIndexOf('\n\n');
    need(at > 0 && note.endsWith('\n'), 'not a signed note');
    const lines = note.slice(at + 2, -1).split('\n');
    need(lines.length <= LINES_MAX, 'too many signatures on a note');
    return [note.slice(0, at + 1), lines];
}

function holds(signed: string, value: Bytes, k: LogKey): { good: boolean; time: bigint } {
    const r = new Reader(value.subarray(4), 'signature');
    const cosigned = k.type === COSIGNATURE;
    if (value.length !== (cosigned ? 76 : 68)) return { good: false, time: 0n };
    const time = cosigned ? r.u64() : 0n;
    const message = cosigned ? `cosignature/v1\ntime ${time}\n${signed}` : signed;
    return { good: time < TIME_END && ed25519.verify(r.take(64), utf8(message), k.key, { zip215: false }), time };
}

// Which of ${keys} signed: the time of a cosignature, 0 of a log's own, undefined of none. A line in the name of a known key that
// does not hold is an error.
function signatures(signed: string, lines: string[], keys: LogKey[]): (bigint | undefined)[] {
    const out: (bigint | undefined)[] = keys.map(() => undefined);
    for (const line of lines) {
        const [dash, name, coded, more] = line.split(' ');
        need(dash === '—' && name && coded && more === undefined, 'a signature line that is none');
        const value = unb64(coded);
        need(value.length > 4, 'a signature line that is none');
        for (const [i, k] of keys.entries()) {
            if (out[i] !== undefined || k.name !== name || !equal(value.subarray(0, 4), k.id)) continue;
            const { good, time } = holds(signed, value, k);
            need(good, `the signature by ${name} does not hold`);
            out[i] = time;
        }
    }
    return out;
}

export function cosigners(note: string, keys: LogKey[]): (bigint | undefined)[] {
    const [signed, lines] = split(note);
    return signatures(signed, lines, keys);
}

function isSigned(signed: string, lines: string[], log: LogKey): boolean {
    try {
        return signatures(signed, lines, [log])[0] !== undefined;
    } catch {
        return false;
    }
}

export function decimal(word: string): bigint {
    need(/^(0|[1-9][0-9]{0,18})$/.test(word), 'not a number');
    return BigInt(word);
}

// The checkpoint that one of ${logs} has signed, without extension lines.
export function openCheckpoint(note: string, logs: LogKey[]): Checkpoint {
    const [signed, lines] = split(note);
    const [origin, size, root, end, ...more] = signed.split('\n');
    need(origin && size && root && end === '' && more.length === 0, 'not a checkpoint');
    const log = logs.find((one) => one.name === origin && isSigned(signed, lines, one));
    need(log, 'not signed by the log');
    const hash = unb64(root);
    need(hash.length === 32, 'not a checkpoint');
    return { origin, size: decimal(size), root: hash, log };
}
