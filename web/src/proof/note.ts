// SPDX-License-Identifier: Apache-2.0
// note.ts: signed notes and checkpoints (C2SP signed-note, tlog-checkpoint): which log has signed which root.
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Bytes, concat, equal, hex, need, sha256, text, unb64, utf8 } from '../bytes.ts';

export interface LogKey {
    name: string;
    id: Bytes;
    key: Bytes;
}

export interface Checkpoint {
    origin: string;
    size: bigint;
    root: Bytes;
    log: LogKey;
}

const ED25519 = 1;

// "NAME+ID+BASE64": base64 has `+` too, so only the first two divide.
export async function readLogKey(vkey: string): Promise<LogKey> {
    const [name = '', id = ''] = vkey.split('+', 2);
    const material = unb64(vkey.slice(name.length + id.length + 2));
    need(name !== '' && material.length === 33 && material[0] === ED25519, 'not the key of a log');
    const computed = (await sha256(utf8(`${name}\n`), material)).subarray(0, 4);
    need(hex(computed) === id, `key ID and key of ${name} differ`);
    return { name, id: concat(computed), key: material.slice(1) };
}

// Text, and the lines of signatures after the last empty line.
function split(note: string): [string, string[]] {
    const at = note.lastIndexOf('\n\n');
    need(at > 0 && note.endsWith('\n'), 'not a signed note');
    return [note.slice(0, at + 1), note.slice(at + 2, -1).split('\n')];
}

function isSigned(signed: string, lines: string[], log: LogKey): boolean {
    for (const line of lines) {
        const [dash, name, coded, more] = line.split(' ');
        need(dash === '—' && name && coded && more === undefined, 'a signature line that is none');
        if (name !== log.name) continue;
        const value = unb64(coded);
        if (value.length === 68 && equal(value.subarray(0, 4), log.id) &&
            ed25519.verify(value.subarray(4), utf8(signed), log.key, { zip215: false })) return true;
    }
    return false;
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

export const noteText = (bytes: Uint8Array): string => text(bytes);
