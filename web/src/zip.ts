// SPDX-License-Identifier: Apache-2.0
// zip.ts: stored-only ZIP as orcon writes it (docs/formats.md, 3): packages, and the containers in them. Anything else is refused.
import { Reader, need, text } from './bytes.ts';

const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const END_LEN = 22;

function view(bytes: Uint8Array): DataView {
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function entryBytes(zip: Uint8Array, at: number, name: string, size: number, until: number): Uint8Array {
    const v = view(zip);
    need(at + 30 <= until && v.getUint32(at, true) === LOCAL, `${name}: no local header`);
    const [nameLen, extraLen] = [v.getUint16(at + 26, true), v.getUint16(at + 28, true)];
    const start = at + 30 + nameLen + extraLen;
    need(v.getUint16(at + 8, true) === 0 && v.getUint32(at + 18, true) === size && start + size <= until, `${name}: local and central header differ`);
    need(text(zip.subarray(at + 30, at + 30 + nameLen)) === name, `${name}: another name in its local header`);
    return zip.subarray(start, start + size);
}

export function readZip(zip: Uint8Array, most = 1024): Map<string, Uint8Array> {
    const out = new Map<string, Uint8Array>();
    const v = view(zip);
    const end = zip.length - END_LEN;
    need(end >= 0 && v.getUint32(end, true) === END, 'not a package, or cut short');
    const count = v.getUint16(end + 10, true);
    let at = v.getUint32(end + 16, true);
    need(count <= most && at <= end, 'too many entries, or a directory outside the file');
    const directory = at;
    for (let i = 0; i < count; i++) {
        need(at + 46 <= end && v.getUint32(at, true) === CENTRAL, 'a directory that is damaged');
        const nameLen = v.getUint16(at + 28, true);
        const name = text(new Reader(zip.subarray(at + 46, end), 'directory').take(nameLen));
        need(v.getUint16(at + 10, true) === 0 && v.getUint32(at + 20, true) === v.getUint32(at + 24, true), `${name}: compressed`);
        need(!out.has(name), `${name}: twice`);
        out.set(name, entryBytes(zip, v.getUint32(at + 42, true), name, v.getUint32(at + 24, true), directory));
        at += 46 + nameLen + v.getUint16(at + 30, true) + v.getUint16(at + 32, true);
    }
    need(at === end, 'bytes after the directory');
    return out;
}
