// SPDX-License-Identifier: Apache-2.0
// tdf.ts: one sealed portion (OpenTDF 4.3.0): its manifest, and opening it with its data key. docs/formats.md, 4.
import { type Bytes, Invalid, b64, concat, equal, hex, hmac, need, sha256, text, u32, unb64, unb64u, utf8 } from './bytes.ts';
import { readZip } from './zip.ts';

const TAG = 16;
const OVERHEAD = 28;

export class OtherText extends Invalid {}

export interface KeyAccess {
    type: string;
    url: string;
    protocol: string;
    kid?: string;
    wrappedKey: string;
    policyBinding: { alg: string; hash: string };
    encryptedMetadata?: string;
    ephemeralPublicKey?: string;
}

interface Segment {
    hash: string;
    segmentSize: number;
    encryptedSegmentSize: number;
}

interface Manifest {
    payload: { mimeType?: string };
    encryptionInformation: {
        keyAccess: KeyAccess[];
        policy: string;
        integrityInformation: { rootSignature: { alg: string; sig: string }; segmentHashAlg: string; segments: Segment[] };
    };
}

export interface Container {
    manifest: Manifest;
    manifestBytes: Uint8Array;
    payload: Uint8Array;
    access: KeyAccess;
}

export function readContainer(bytes: Uint8Array): Container {
    const entries = readZip(bytes, 2);
    const [manifestBytes, payload] = [entries.get('0.manifest.json'), entries.get('0.payload')];
    need(manifestBytes && payload && manifestBytes.length <= 1 << 20, 'not a container');
    const manifest = JSON.parse(text(manifestBytes)) as Manifest;
    const [access, second] = manifest.encryptionInformation.keyAccess;
    need(access && !second, 'not sealed to one key server');
    return { manifest, manifestBytes, payload, access };
}

async function aes(key: Uint8Array, sealed: Uint8Array): Promise<Bytes> {
    const k = await crypto.subtle.importKey('raw', concat(key), 'AES-GCM', false, ['decrypt']);
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: concat(sealed.subarray(0, 12)) }, k, concat(sealed.subarray(12))));
}

// `ec-wrapped`: ECDH P-256, HKDF-SHA-256 with salt SHA-256("TDF"), AES-256-GCM.
export async function unwrap(session: CryptoKey, serverPem: string, wrapped: Uint8Array): Promise<Bytes> {
    const der = unb64(serverPem.replace(/-----[A-Z ]+-----|\s/g, ''));
    const theirs = await crypto.subtle.importKey('spki', der, { name: 'ECDH', namedCurve: 'P-256' }, false, []);
    const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, session, 256);
    const hkdf = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveBits']);
    const key = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: await sha256(utf8('TDF')), info: new Uint8Array(0) }, hkdf, 256);
    const data = await aes(new Uint8Array(key), wrapped);
    need(data.length === 32, 'the key is not of 32 bytes');
    return data;
}

async function checkBinding(c: Container, key: Uint8Array): Promise<void> {
    const mac = await hmac(key, utf8(c.manifest.encryptionInformation.policy));
    need(c.access.policyBinding.hash === b64(utf8(hex(mac))), 'the policy is not the one that was sealed');
}

async function checkRoot(c: Container, key: Uint8Array): Promise<Segment[]> {
    const { rootSignature, segmentHashAlg, segments } = c.manifest.encryptionInformation.integrityInformation;
    need(rootSignature.alg === 'HS256' && segmentHashAlg === 'GMAC', 'not sealed as orcon seals');
    const root = await hmac(key, ...segments.map((s) => unb64(s.hash)));
    need(equal(root, unb64(rootSignature.sig)), 'the sealed object was altered');
    return segments;
}

async function openSegments(c: Container, key: Uint8Array, segments: Segment[]): Promise<Bytes> {
    const parts: Bytes[] = [];
    let at = 0;
    for (const s of segments) {
        need(s.encryptedSegmentSize === s.segmentSize + OVERHEAD && at + s.encryptedSegmentSize <= c.payload.length, 'segments of other sizes');
        const sealed = c.payload.subarray(at, at + s.encryptedSegmentSize);
        need(equal(sealed.subarray(sealed.length - TAG), unb64(s.hash)), 'a segment was altered');
        parts.push(await aes(key, sealed));
        at += s.encryptedSegmentSize;
    }
    need(at === c.payload.length, 'bytes after the last segment');
    return concat(...parts);
}

// The encrypted metadata is {iv, ciphertext...}: base64 of JSON whose ciphertext is iv || text || tag.
async function openMetadata(c: Container, key: Uint8Array): Promise<{ salt: Bytes; size: number | null; variants: Place[] }> {
    need(c.access.encryptedMetadata, 'no salt');
    const wrapped = JSON.parse(text(unb64(c.access.encryptedMetadata))) as { ciphertext: string };
    const said = JSON.parse(text(await aes(key, unb64(wrapped.ciphertext)))) as { salt: string; size?: string; variants?: Place[] };
    const salt = unb64u(said.salt);
    need(salt.length === 32 && (said.size === undefined || /^[0-9]{13}$/.test(said.size)), 'metadata that is none');
    return { salt, size: said.size === undefined ? null : Number(said.size), variants: said.variants ?? [] };
}

// What the originator's commitment was made with, and whether the text was padded: for sealing it anew.
export const saltOf = async (c: Container, key: Uint8Array): Promise<{ salt: Bytes; size: number | null }> => openMetadata(c, key);

// Where copies differ by holder: [offset of `{`, length of the first wording, of the second].
type Place = [number, number, number];

// A master has both wordings at each place; our own people read the one of number 0 (docs/formats.md, 4.2).
async function houseWording(raw: Bytes, places: Place[], key: Uint8Array): Promise<Bytes> {
    const secret = await hmac(key, utf8('orcon/variants/v1'));
    const parts: Uint8Array[] = [];
    let at = 0;
    for (const [i, [from, first, second]] of places.entries()) {
        const end = from + first + second + 3;
        need(from >= at && first > 0 && second > 0 && end <= raw.length, 'no proper variants');
        const drawn = (await hmac(secret, u32(i)))[0] as number;
        const start = drawn & 1 ? from + first + 2 : from + 1;
        parts.push(raw.subarray(at, from), raw.subarray(start, start + (drawn & 1 ? second : first)));
        at = end;
    }
    return concat(...parts, raw.subarray(at));
}

// The text under ${key}, without padding, checked against the originator's commitment.
export async function openContainer(c: Container, key: Uint8Array, commitment: string): Promise<Bytes> {
    await checkBinding(c, key);
    const segments = await checkRoot(c, key);
    const { salt, size, variants } = await openMetadata(c, key);
    const whole = await openSegments(c, key, segments);
    const plain = size === null ? whole : whole.slice(0, size);
    need(size === null || whole.subarray(size).every((byte) => byte === 0x20), 'something stands behind the text');
    if (!equal(await sha256(utf8('orcon/portion/v1\n'), salt, plain), unb64u(commitment))) throw new OtherText('not the text that its originator committed to');
    return variants.length ? houseWording(plain, variants, key) : plain;
}
