// SPDX-License-Identifier: Apache-2.0
// card.ts: an organisation's card, signed by its own card key; the key's hash is what people compare and enrolment links carry.
import { b64u, need, sha256 } from './bytes.ts';
import { isSigned, payloadOf, readJws, str } from './jose.ts';

export interface CardKey {
    kid: string;
    use: string;
    alg: string;
    jwk: JsonWebKey;
    nbf: number; // seconds; 0: none, also below
    exp: number;
    revoked_at: number;
}

export interface Card {
    domain: string;
    url: string;
    keys: CardKey[];
    logs: string[];
    witness?: string;
    monitor?: string;
    serial?: number;
}

const CARD_MAX = 65536;
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

// The card, and the SHA-256 of its card key's SPKI. Whose key that is, somebody else must know.
export async function readCardKey(compact: string): Promise<{ card: Card; keyHash: string }> {
    const jws = readJws(compact.trim(), CARD_MAX, 'card');
    const card = payloadOf(jws) as unknown as Card;
    need(Array.isArray(card.keys) && Array.isArray(card.logs) && typeof card.domain === 'string', 'a card without keys, logs or domain');
    const own = card.keys.find((one) => one.use === 'card' && one.kid === str(jws.header, 'kid'));
    need(own, 'a card that its own key has not signed');
    need(await isSigned(jws, own.jwk), 'a card that does not verify');
    const key = await crypto.subtle.importKey('jwk', own.jwk, P256, true, ['verify']);
    return { card, keyHash: b64u(await sha256(new Uint8Array(await crypto.subtle.exportKey('spki', key)))) };
}

export const readCard = async (compact: string): Promise<Card> => (await readCardKey(compact)).card;

// The newest key of this use that was not revoked.
export function currentKey(card: Card, use: string): CardKey | undefined {
    return card.keys.filter((one) => one.use === use && !one.revoked_at).reduce<CardKey | undefined>((best, one) => (best && best.nbf >= one.nbf ? best : one), undefined);
}

// Whether ${next} may stand for ${last} without asking people again: newer, and signed by a card key of ${last}. Serials between them
// may have been missed here.
export async function succeeds(last: string, next: string): Promise<boolean> {
    if (last === next) return true;
    const [before, after] = [await readCard(last), await readCard(next)];
    const jws = readJws(next.trim(), CARD_MAX, 'card');
    const key = before.keys.find((one) => one.use === 'card' && one.kid === str(jws.header, 'kid') && !one.revoked_at);
    return key !== undefined && before.domain === after.domain && (after.serial ?? 0) > (before.serial ?? 0) && isSigned(jws, key.jwk);
}
