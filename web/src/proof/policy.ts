// SPDX-License-Identifier: Apache-2.0
// policy.ts: whose signatures a verifier asks for (docs/formats.md, 2.6): the logs in the card of the ledger's organisation, any one
// witness and any one monitor of the other confirmed cards.
import type { Card } from '../card.ts';
import { equal, need } from '../bytes.ts';
import { COSIGNATURE, type LogKey, readLogKey, readNoteKey } from './note.ts';

// So many of these: keys by index, or groups.
export interface Group {
    need: number;
    members: (number | Group)[];
}

export interface Policy {
    logs: LogKey[];
    keys: LogKey[]; // cosigners
    quorum: Group | null; // null: none is asked for
    monitor: Group | 'none' | null; // null: none is named, so that nothing is monitored
    reportLag: bigint; // seconds
    gap: bigint;
}

export const REPORT_LAG_S = 86400n;

export const isMet = (g: Group, by: Set<number>): boolean => g.members.filter((m) => (typeof m === 'number' ? by.has(m) : isMet(m, by))).length >= g.need;

export const keysOf = (g: Group): number[] => g.members.flatMap((m) => (typeof m === 'number' ? [m] : keysOf(m)));

// The outside monitors among those who signed, and whether they are enough; the ledger's own doesn't count.
export function monitorsOf(policy: Policy, by: Set<number>, ledger: string): { enough: boolean; keys: Set<number> } {
    if (policy.monitor === null || policy.monitor === 'none') return { enough: false, keys: new Set() };
    const outside = (i: number) => (policy.keys[i] as LogKey).name.split('/')[0] !== ledger;
    const keys = new Set(keysOf(policy.monitor).filter((i) => by.has(i) && outside(i)));
    return { enough: isMet(policy.monitor, keys), keys };
}

async function cosigner(card: Card, what: 'witness' | 'monitor'): Promise<LogKey | null> {
    const vkey = card[what];
    if (!vkey) return null;
    const key = await readNoteKey(vkey, COSIGNATURE).catch(() => null);
    return key?.name === `${card.domain}/${what}` ? key : null;
}

// What the cards that the own node has confirmed make of a verifier who gives no policy of his own.
export async function policyOf(cards: Card[], ledger: string): Promise<Policy> {
    const own = cards.find((card) => card.domain === ledger);
    need(own, `there is no confirmed card of ${ledger}`);
    const logs = await Promise.all(own.logs.map(readLogKey));
    const keys: LogKey[] = [];
    const [quorum, monitor]: [Group, Group] = [{ need: 1, members: [] }, { need: 1, members: [] }];
    for (const card of cards) {
        if (card === own) continue;
        const [w, m] = [await cosigner(card, 'witness'), await cosigner(card, 'monitor')];
        if (w) quorum.members.push(keys.push(w) - 1);
        if (m && !(w && equal(w.key, m.key))) monitor.members.push(keys.push(m) - 1); // one key for both would count twice
    }
    return { logs, keys, quorum, monitor, reportLag: REPORT_LAG_S, gap: 0n };
}
