// SPDX-License-Identifier: Apache-2.0
// held.ts: what an authority's browser keeps of portions that he was briefed on, so that he can override while their originator is away: the
// proof of his briefing, and the data key, sealed with a key of this browser that nobody can read out. No text; until the release ends or is
// recalled; nothing where the originator forbids it (docs/protocol.md, "Sealed override").
import type { Api } from './api.ts';
import { type Bytes, concat, random, text, unb64u, utf8 } from './bytes.ts';
import { type Held, dropHeld, listHeld, ownKey, putHeld } from './keys.ts';
import { Refused } from './sign.ts';

const IV = 12;

// Bound to person, portion and copy, so that a row can't stand for another.
const bound = (of: Pick<Held, 'person' | 'portion' | 'copy'>): Bytes => utf8(`orcon/held/v1\n${of.person}\n${of.portion}\n${of.copy}`);
const hasEnded = (held: Held): boolean => held.until !== '' && new Date(held.until).getTime() <= Date.now();

// As the originator sees it, too: by the roles in the token that the key was asked for with.
export async function isAuthority(api: Api, originator: string): Promise<boolean> {
    const said = JSON.parse(text(unb64u((await api.tokens.get(originator)).split('.')[1] ?? ''))) as { roles?: unknown };
    return Array.isArray(said.roles) && said.roles.includes('authority');
}

// ${key} null: its originator forbids that it is held; the proof alone is kept, for an override by voice.
export async function hold(held: Omit<Held, 'sealed'>, key: Uint8Array | null): Promise<void> {
    if (!key) return void await putHeld({ ...held, sealed: null });
    const iv = random(IV);
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: bound(held) }, await ownKey(held.person, 'holding'), concat(key));
    await putHeld({ ...held, sealed: concat(iv, new Uint8Array(sealed)) });
}

export async function unhold(held: Held): Promise<Bytes | null> {
    if (!held.sealed || hasEnded(held)) return null;
    const key = await ownKey(held.person, 'holding');
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: held.sealed.slice(0, IV), additionalData: bound(held) }, key, held.sealed.slice(IV)));
}

export async function heldOf(api: Api, report: string): Promise<Map<string, Held>> {
    const all = await listHeld(api.device.person);
    return new Map(all.filter((one) => one.report === report && !hasEnded(one)).map((one) => [one.portion, one]));
}

// Lets go of what has ended, was recalled, or is not there any more, as the own node has heard; of all if it says that this person is out.
export async function sweep(api: Api): Promise<void> {
    const all = await listHeld(api.device.person);
    for (const report of new Set(all.map((one) => one.report))) {
        const mine = all.filter((one) => one.report === report);
        let stands = new Set<string>();
        try {
            const view = await api.report(report);
            stands = new Set([...(view.title ? [view.title] : []), ...view.portions].filter((p) => !p.recalled).map((p) => p.id));
        } catch (why) {
            if (!(why instanceof Refused && (why.status === 404 || /^(person-suspended|device-revoked)$/.test(why.reason)))) continue;
        }
        for (const one of mine) if (hasEnded(one) || !stands.has(one.portion)) await dropHeld(one.person, one.portion);
    }
}
