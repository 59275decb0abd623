// SPDX-License-Identifier: Apache-2.0
// seen.ts: cards and checkpoints as this browser has seen them before: another key in a card, or a second history of a ledger, is
// noticed after a reload too.
import type { Api } from './api.ts';
import { need, unb64 } from './bytes.ts';
import { type Card, readCard, succeeds } from './card.ts';
import { getSeen, putSeen } from './keys.ts';
import { type LogKey, openCheckpoint } from './proof/note.ts';
import { type Policy, policyOf } from './proof/policy.ts';
import type { FindKey } from './proof/shown.ts';
import { isConsistent } from './proof/tree.ts';
import { t } from './text.ts';

// A partner's card, or the own one, from the own node, which says that it is confirmed.
export async function fetchCard(api: Api, domain: string): Promise<Card> {
    const { card } = await api.get<{ card: string }>(`/v1/partners/${domain}/card`);
    const said = await readCard(card);
    need(said.domain === domain, `asked for the card of ${domain}, got another`);
    const [{ person }, what] = [api.device, `card ${domain}`];
    const before = await getSeen(person, what);
    need(before === '' || await succeeds(before, card), t.pins.changed(domain));
    if (before !== card) await putSeen(person, what, card);
    return said;
}

// One check at a time, so that two answers don't both count as the newest.
let turn: Promise<unknown> = Promise.resolve();

// That a ledger grew from what was seen of it before; the own node compares with what it saw itself.
export function checkHistory(api: Api, note: string, logs: LogKey[]): Promise<void> {
    const mine = turn.then(() => history(api, note, logs));
    turn = mine.catch(() => {});
    return mine;
}

async function history(api: Api, note: string, logs: LogKey[]): Promise<void> {
    const now = openCheckpoint(note, logs);
    const { origin, size } = now;
    const [{ person }, what] = [api.device, `log ${origin}`];
    const before = await getSeen(person, what);
    if (before === note) return;
    const answer = await api.post<{ proof?: string }>('/v1/history', { checkpoint: note, seen: before });
    if (before !== '') {
        const then = openCheckpoint(before, logs);
        const [small, large] = then.size <= size ? [then, now] : [now, then];
        const joined = unb64(answer.proof ?? '');
        const proof = Array.from({ length: joined.length / 32 }, (_, i) => joined.subarray(32 * i, 32 * i + 32));
        need(await isConsistent(small.size, large.size, small.root, large.root, proof), 'the ledger did not grow from what it was before: show your officers');
        if (then.size >= size) return;
    }
    await putSeen(person, what, note);
}

export interface Trust {
    find: FindKey;
    policyFor(ledger: string): Promise<Policy>;
    words: Map<string, string>; // the six words of each partner's card, as the node has them
}

const AT_ONCE = 8;

// What evidence is checked with: the own card and all that are confirmed.
export async function loadTrust(api: Api): Promise<Trust> {
    const known = (await api.partners()).filter((one) => one.state === 'confirmed');
    const domains = [...new Set([api.device.home.domain, ...known.map((one) => one.domain)])];
    const cards: Card[] = [];
    for (let at = 0; at < domains.length; at += AT_ONCE) cards.push(...await Promise.all(domains.slice(at, at + AT_ONCE).map((domain) => fetchCard(api, domain))));
    const find: FindKey = (domain, use, kid) => cards.find((one) => one.domain === domain)?.keys.find((key) => key.use === use && key.kid === kid)?.jwk;
    return { find, policyFor: (ledger) => policyOf(cards, ledger), words: new Map(known.map((one) => [one.domain, one.words])) };
}
