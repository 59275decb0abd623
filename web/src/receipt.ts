// SPDX-License-Identifier: Apache-2.0
// receipt.ts: that what was opened has arrived: its reader signs that to the originator, for each portion, as `orcon open` does; again, if the page was left before the answer. Without it
// nobody may cite a portion (docs/protocol.md, "Drafts that cite").
import type { Api } from './api.ts';
import { b64u } from './bytes.ts';
import { getSeen, putSeen } from './keys.ts';
import type { Package } from './package.ts';

const named = (portion: string): string => `receipt ${portion}`;

async function sign(api: Api, p: Package): Promise<void> {
    const { person } = api.device;
    const arrived: string[] = [];
    for (const { portion, row } of p.sealed) if (portion.state === 'open' && !await getSeen(person, named(row.id))) arrived.push(row.id);
    if (arrived.length === 0) return;
    await api.act('receipt', p.statement.report, arrived, { digest: b64u(p.statement.digest) });
    for (const id of arrived) await putSeen(person, named(id), p.statement.id);
}

// Of what came from its originator; of what was passed on, who passed it on reports. What is not taken now is signed when it is opened again.
export async function signArrivals(api: Api, packages: Package[]): Promise<void> {
    await navigator.locks.request(`orcon receipts ${api.device.person}`, async () => {
        for (const p of packages) if (p.giver === '') await sign(api, p);
    }).catch(() => {});
}
