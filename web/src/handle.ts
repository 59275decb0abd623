// SPDX-License-Identifier: Apache-2.0
// handle.ts: the handle of a source, sealed to the own node's keeper for one person's question (docs/formats.md, 4.4): it goes out in no
// other form.
import { b64, b64u, concat, need, random, sha256, u16, utf8 } from './bytes.ts';
import { type Card, currentKey } from './card.ts';

const HANDLE_MAX = 64;
const ECDH = { name: 'ECDH', namedCurve: 'P-256' };

export const isHandle = (text: string): boolean => text.length <= HANDLE_MAX && /^[A-Za-z0-9._-]+$/.test(text);

function newestKas(card: Card): { kid: string; jwk: JsonWebKey } {
    const key = currentKey(card, 'kas');
    need(key, `the card of ${card.domain} has no key to seal to`);
    return key;
}

export async function sealQuestion(card: Card, person: string, handle: string): Promise<string> {
    need(isHandle(handle), 'no handle of a source');
    const { kid, jwk } = newestKas(card);
    const theirs = await crypto.subtle.importKey('jwk', { kty: 'EC', crv: 'P-256', x: jwk.x ?? '', y: jwk.y ?? '' }, ECDH, false, []);
    const ours = await crypto.subtle.generateKey(ECDH, true, ['deriveBits']) as CryptoKeyPair;
    const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, ours.privateKey, 256);
    const hkdf = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
    const key = await crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: await sha256(utf8('TDF')), info: new Uint8Array(0) }, hkdf, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
    const name = utf8(handle.toLowerCase());
    const plain = concat(await sha256(utf8(`orcon/source/v1\nquestion\n${card.domain}\n${person}\n`)), name, new Uint8Array(HANDLE_MAX - name.length));
    const iv = random(12);
    const wrapped = concat(iv, new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain)));
    const spki = b64(new Uint8Array(await crypto.subtle.exportKey('spki', ours.publicKey)));
    const pem = utf8(`-----BEGIN PUBLIC KEY-----\n${spki.replace(/(.{64})(?=.)/g, '$1\n')}\n-----END PUBLIC KEY-----\n`);
    const part = (bytes: Uint8Array) => concat(u16(bytes.length), bytes);
    return b64u(concat(new Uint8Array([1]), part(utf8(kid)), part(pem), part(wrapped)));
}
