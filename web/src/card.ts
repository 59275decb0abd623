// SPDX-License-Identifier: Apache-2.0
// card.ts: an organisation's card, signed by its own card key; the key's hash is what people compare and enrolment links carry.
import { b64u, need, sha256, text, unb64u, utf8 } from './bytes.ts';

export interface Card {
    domain: string;
    url: string;
    keys: { kid: string; use: string; alg: string; jwk: JsonWebKey }[];
    logs: string[];
}

// The card, and the SHA-256 of its card key's SPKI. Whose key that is, somebody else must know.
export async function readCardKey(compact: string): Promise<{ card: Card; keyHash: string }> {
    const [head, body, signature, more] = compact.trim().split('.');
    need(head && body && signature && more === undefined, 'a card that is no statement');
    const { kid, alg } = JSON.parse(text(unb64u(head))) as { kid?: string; alg?: string };
    const card = JSON.parse(text(unb64u(body))) as Card;
    const own = card.keys.find((one) => one.use === 'card' && one.kid === kid);
    need(own && alg === 'ES256', 'a card that its own key has not signed');
    const key = await crypto.subtle.importKey('jwk', own.jwk, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
    need(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, unb64u(signature), utf8(`${head}.${body}`)), 'a card that does not verify');
    return { card, keyHash: b64u(await sha256(new Uint8Array(await crypto.subtle.exportKey('spki', key)))) };
}

export const readCard = async (compact: string): Promise<Card> => (await readCardKey(compact)).card;
