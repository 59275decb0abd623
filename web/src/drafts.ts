// SPDX-License-Identifier: Apache-2.0
// drafts.ts: what somebody is writing, kept at his node, sealed here with a key of this browser that nobody can read out.
import type { Api, Schemas } from './api.ts';
import { b64u, concat, random, text, unb64u, utf8 } from './bytes.ts';
import { ownKey } from './keys.ts';

export interface DraftText {
    to: string;
    second: string;
    noHeld: boolean;
    source: string;
}

export const DRAFT_MAX = 1 << 20;
const IV = 12;
const ROOM = 64; // IV and tag, and some

// Bound to person and draft, so that the node can't hand out one for another.
const bound = (api: Api, id: string) => utf8(`orcon/draft/v1\n${api.device.person}\n${id}`);
export const fitsDraft = (draft: DraftText): boolean => utf8(JSON.stringify(draft)).length + ROOM <= DRAFT_MAX;

export async function sealDraft(api: Api, id: string, draft: DraftText): Promise<string> {
    const iv = random(IV);
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: bound(api, id) }, await ownKey(api.device.person, 'drafts'), utf8(JSON.stringify(draft)));
    return b64u(concat(iv, new Uint8Array(sealed)));
}

// null: sealed by another browser.
export async function openDraft(api: Api, id: string, sealed: string): Promise<DraftText | null> {
    const bytes = unb64u(sealed);
    try {
        const key = await ownKey(api.device.person, 'drafts');
        const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: bytes.slice(0, IV), additionalData: bound(api, id) }, key, bytes.slice(IV));
        return JSON.parse(text(new Uint8Array(plain))) as DraftText;
    } catch {
        return null;
    }
}

export async function putDraft(api: Api, id: string, version: number, sealed: string): Promise<number> {
    return (await api.post<Schemas['Draft']>(`/v1/drafts/${id}`, { sealed, version }, { method: 'PUT' })).version;
}

export const listDrafts = async (api: Api): Promise<Schemas['Draft'][]> => (await api.get<Schemas['Drafts']>('/v1/drafts', 'drafts')).drafts;
export const getDraft = (api: Api, id: string): Promise<Schemas['SealedDraft']> => api.get(`/v1/drafts/${id}`);
export const dropDraft = (api: Api, id: string): Promise<unknown> => api.call('DELETE', `/v1/drafts/${id}`);
