// SPDX-License-Identifier: Apache-2.0
// override.ts: an authority's sealed override: his held copies, opened with the held keys, asked of nobody; each text checked against what its
// originator committed to, and sealed anew to the own node's key. `orcon override` does the same (docs/protocol.md, "Sealed override").
import type { Api } from './api.ts';
import { concat, need, utf8 } from './bytes.ts';
import { heldOf, unhold } from './held.ts';
import { readHeld } from './package.ts';
import { kasOf, sealPortion, writeZip } from './seal.ts';
import { fetchCard } from './seen.ts';
import { signAct } from './sign.ts';
import { openContainer, saltOf } from './tdf.ts';
import { t } from './text.ts';

export interface Passing {
    to: string; // a domain
    reason: string;
    occasion: string;
    originator: string;
}

// ${ids}: portions that are held. Nothing is sent where one of them does not open.
export async function passOn(api: Api, report: string, ids: string[], { to, reason, occasion, originator }: Passing): Promise<{ statement: string }> {
    const kas = kasOf(await fetchCard(api, api.device.home.domain));
    const [held, copies] = [await heldOf(api, report), await readHeld(api, report)];
    const rows: object[] = [];
    const entries: [string, Uint8Array][] = [];
    const evidence: Record<string, string> = {};
    for (const id of ids) {
        const [mine, from] = [held.get(id), copies.find((one) => one.row.id === id)];
        need(mine && from && mine.copy === from.row.digest, t.tell.noKey);
        const key = await unhold(mine);
        need(key, t.tell.noKey);
        const plain = await openContainer(from.container, key, from.row.commitment ?? '');
        const { salt, size } = await saltOf(from.container, key);
        key.fill(0);
        const copy = crypto.randomUUID();
        const made = await sealPortion(kas, copy, concat(plain), from.container.manifest.payload.mimeType ?? 'application/octet-stream', { pad: size !== null, places: [] }, salt);
        plain.fill(0);
        rows.push({ id, copy, share: from.share, digest: made.digest });
        entries.push([`portions/${id}.tdf`, made.bytes]);
        evidence[id] = mine.proof;
    }
    const act = await signAct(api.device, 'override', report, ids, { to, oral: false, reason, occasion, originator, evidence, portions: rows });
    const zip = writeZip([['report.json', utf8(act)], ...entries]);
    return api.post('/v1/overrides', zip);
}
