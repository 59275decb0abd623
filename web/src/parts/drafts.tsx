// SPDX-License-Identifier: Apache-2.0
// drafts.tsx: keeping what is written, and going on with it; a dropped draft can be taken back while the page is open.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useApp, useLoaded } from '../app.ts';
import type { Schemas } from '../api.ts';
import { type DraftText, dropDraft, fitsDraft, getDraft, listDrafts, openDraft, putDraft, sealDraft } from '../drafts.ts';
import { when } from '../format.ts';
import { Refused } from '../sign.ts';
import { t } from '../text.ts';
import { Trouble } from './parts.tsx';

const KEEP_MS = 1500;

interface Dropped {
    id: string;
    sealed: string;
}

export interface DraftKeeping {
    list: Schemas['Draft'][];
    id: string;
    note: string;
    error: Error | null;
    conflict: boolean;
    dropped: Dropped | null;
    load(id: string): void;
    drop(id: string): void;
    undo(): void;
    fork(): void;
    end(): Promise<void>;
}

// ${text} is kept once it has rested, if ${on}. One write at a time, so that a tab is never in conflict with itself.
export function useDraft(text: DraftText, write: (text: DraftText) => void, on: boolean): DraftKeeping {
    const { api } = useApp();
    const [round, again] = useState(0);
    const [note, say] = useState('');
    const [error, fail] = useState<Error | null>(null);
    const [dropped, remember] = useState<Dropped | null>(null);
    const list = useLoaded(() => listDrafts(api), [round]);
    const now = useRef({ id: '', version: 0, kept: '', turn: Promise.resolve() as Promise<unknown> });
    const refused = (why: Error) => fail(why);
    const turn = (work: () => Promise<unknown>): Promise<unknown> => {
        now.current.turn = now.current.turn.then(work).catch(refused);
        return now.current.turn;
    };
    const start = (id: string, version: number, kept: string) => Object.assign(now.current, { id, version, kept });
    const refresh = () => again((n) => n + 1);
    const keep = async () => {
        const made = JSON.stringify(text);
        if (made === now.current.kept || !text.source.trim()) return;
        if (!fitsDraft(text)) return say(t.write.big);
        if (!now.current.id) start(crypto.randomUUID(), 0, '');
        const { id, version } = now.current;
        start(id, await putDraft(api, id, version, await sealDraft(api, id, text)), made);
        say(`${t.write.kept} ${when(new Date().toISOString())}`);
        if (version === 0) refresh();
    };
    useEffect(() => {
        if (!on || error) return undefined;
        const timer = setTimeout(() => void turn(keep), KEEP_MS);
        return () => clearTimeout(timer);
    }, [text, on, error]);
    return {
        list: list.value ?? [], id: now.current.id, note, error: error ?? list.error, conflict: error instanceof Refused && error.status === 409, dropped,
        load: (id) => void turn(async () => {
            const got = await getDraft(api, id);
            const opened = await openDraft(api, id, got.sealed);
            if (!opened) return say(t.write.foreign);
            start(id, got.version, JSON.stringify(opened));
            write(opened);
            say('');
        }),
        drop: (id) => void turn(async () => {
            const { sealed } = await getDraft(api, id);
            await dropDraft(api, id);
            if (id === now.current.id) start('', 0, JSON.stringify(text));
            remember({ id, sealed });
            refresh();
        }),
        undo: () => void turn(async () => {
            if (!dropped) return;
            await putDraft(api, dropped.id, 0, dropped.sealed);
            remember(null);
            refresh();
        }),
        fork: () => {
            start('', 0, '');
            fail(null);
        },
        end: async () => {
            const { id } = now.current;
            await now.current.turn;
            start('', 0, '');
            if (id) await dropDraft(api, id);
            refresh();
        },
    };
}

export function Drafts({ draft }: { draft: DraftKeeping }) {
    return (
        <section class="drafts" aria-label={t.write.drafts}>
            <p class="quiet" role="status">{draft.note}</p>
            {draft.error && <Trouble error={draft.error} />}
            {draft.conflict && <p>{t.write.conflict} <button type="button" onClick={draft.fork}>{t.write.keepNew}</button></p>}
            {draft.dropped && <p role="status">{t.write.dropped} <button type="button" onClick={draft.undo}>{t.write.undo}</button></p>}
            {draft.list.length > 0 && <h2>{t.write.drafts}</h2>}
            <ul class="choices">{draft.list.map((one) => (
                <li key={one.draft}>{when(one.changed)}{one.draft !== draft.id && <button type="button" onClick={() => draft.load(one.draft)}>{t.write.load}</button>}<button type="button" onClick={() => draft.drop(one.draft)}>{t.write.drop}</button></li>
            ))}</ul>
            {draft.list.length > 0 && <p class="quiet">{t.write.draftNote}</p>}
        </section>
    );
}
