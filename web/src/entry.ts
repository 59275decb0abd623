// SPDX-License-Identifier: Apache-2.0
// entry.ts: one entry of the own node's ledger, checked here: that it stands in the log, under a checkpoint that the log has signed,
// who of the others has signed that, and that the log grew from what this browser saw of it before.
import type { Api } from './api.ts';
import { hex, need, text } from './bytes.ts';
import { checkHistory, loadTrust } from './seen.ts';
import { cosigners, openCheckpoint } from './proof/note.ts';
import { fetchEntry, fetchProof } from './proof/tiles.ts';
import { isIncluded, leafHash } from './proof/tree.ts';

export interface Standing {
    origin: string;
    index: number;
    size: number;
    leaf: string; // hash, in hex
    log: string; // the key of the log
    outside: { name: string; key: string; at: string }[]; // who cosigned
}

// null: it is not under a signed checkpoint yet.
export async function checkEntry(api: Api, generation: number, index: number): Promise<Standing | null> {
    const policy = await (await loadTrust(api)).policyFor(api.device.home.domain);
    const fetch = (path: string) => api.bytes(`/log/${generation}/${path}`);
    const note = text(await fetch('checkpoint'));
    const checkpoint = openCheckpoint(note, policy.logs);
    need(checkpoint.origin === `${api.device.home.domain}/orcon/${generation}`, 'the checkpoint is of another log');
    const size = Number(checkpoint.size);
    if (index >= size) return null;
    await checkHistory(api, note, policy.logs);
    const leaf = await leafHash(await fetchEntry(fetch, index, size));
    need(await isIncluded(BigInt(index), checkpoint.size, leaf, await fetchProof(fetch, index, size), checkpoint.root), 'this entry is not in the log: show your officers');
    const signed = cosigners(note, policy.keys);
    const outside = policy.keys.flatMap((key, i) => (signed[i] === undefined ? [] : [{ name: key.name, key: key.vkey, at: new Date(Number(signed[i]) * 1000).toISOString() }]));
    return { origin: checkpoint.origin, index, size, leaf: hex(leaf), log: checkpoint.log.vkey, outside };
}
