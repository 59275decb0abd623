// SPDX-License-Identifier: Apache-2.0
// bytes.ts: bytes, texts and their encodings; digests by WebCrypto. Readers are strict: what has two spellings is refused.

export type Bytes = Uint8Array<ArrayBuffer>;

export class Invalid extends Error {}

export function need(condition: unknown, what: string): asserts condition {
    if (!condition) throw new Invalid(what);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Bytes => encoder.encode(text);
export const text = (bytes: Uint8Array): string => decoder.decode(bytes);

export function concat(...parts: Uint8Array[]): Bytes {
    const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
    let at = 0;
    for (const part of parts) {
        out.set(part, at);
        at += part.length;
    }
    return out;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
    if (a.length !== b.length) return false;
    let differs = 0;
    for (let i = 0; i < a.length; i++) differs |= (a[i] as number) ^ (b[i] as number);
    return differs === 0;
}

export function b64(bytes: Uint8Array): string {
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    return btoa(binary);
}

export function unb64(coded: string): Bytes {
    need(/^[A-Za-z0-9+/]*={0,2}$/.test(coded) && coded.length % 4 === 0, 'not base64');
    const binary = atob(coded);
    const out = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) out[i] = binary.charCodeAt(i);
    need(b64(out) === coded, 'not the one base64 of its bytes');
    return out;
}

export const b64u = (bytes: Uint8Array): string => b64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

export function unb64u(coded: string): Bytes {
    need(/^[A-Za-z0-9_-]*$/.test(coded), 'not base64url');
    const padded = coded.replace(/-/g, '+').replace(/_/g, '/');
    return unb64(padded + '='.repeat((4 - (padded.length % 4)) % 4));
}

export const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

export function u16(n: number): Bytes {
    return new Uint8Array([n >> 8, n & 255]);
}

export function u32(n: number): Bytes {
    return new Uint8Array([n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
}

export function u64(n: bigint): Bytes {
    const out = new Uint8Array(8);
    new DataView(out.buffer).setBigUint64(0, n);
    return out;
}

export async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.digest('SHA-256', concat(...parts)));
}

export async function hmac(key: Uint8Array, ...parts: Uint8Array[]): Promise<Bytes> {
    const k = await crypto.subtle.importKey('raw', concat(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return new Uint8Array(await crypto.subtle.sign('HMAC', k, concat(...parts)));
}

export function random(n: number): Bytes {
    return crypto.getRandomValues(new Uint8Array(n));
}

// A reader over bytes: each take fails, naming what is read, rather than pass the end.
export class Reader {
    at = 0;
    constructor(readonly bytes: Uint8Array, readonly what: string) {}
    take(n: number): Uint8Array {
        need(n >= 0 && this.at + n <= this.bytes.length, `${this.what} ends early`);
        this.at += n;
        return this.bytes.subarray(this.at - n, this.at);
    }
    u8(): number {
        return this.take(1)[0] as number;
    }
    u16(): number {
        return this.u8() * 256 + this.u8();
    }
    u32(): number {
        return this.u16() * 65536 + this.u16();
    }
    u64(): bigint {
        return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
    }
    done(): boolean {
        return this.at === this.bytes.length;
    }
}
