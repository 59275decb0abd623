// SPDX-License-Identifier: Apache-2.0
// reports.tsx: what is sent and held, newest first; a filter over marks, ids and partners.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Schemas } from '../api.ts';
import { go, leave, takeSearch, useApp, useKeys, useLoaded, useRows, useTitle } from '../app.ts';
import { takeIn } from '../carry.ts';
import { when } from '../format.ts';
import { Choose } from '../parts/choose.tsx';
import { Empty, Link, Load, Mark, Trouble } from '../parts/parts.tsx';
import { t } from '../text.ts';

type Row = Schemas['Reports']['reports'][0];

const matches = (row: Row, words: string): boolean => {
    const all = [row.short, row.report, row.originator, row.banner, row.own ? t.reports.sent : t.reports.received, ...(row.to ?? [])].join(' ').toLowerCase();
    return words.toLowerCase().split(/\s+/).every((word) => all.includes(word));
};

export function Reports() {
    const { api, inboxVersion } = useApp();
    const loaded = useLoaded(() => api.get<Schemas['Reports']>('/v1/reports', 'reports', 'quarantined'), [inboxVersion]);
    const [filter, narrow] = useState('');
    const rows = (loaded.value?.reports ?? []).filter((row) => matches(row, filter));
    const current = useRows(rows.length, (i) => rows[i] && go(`/reports/${rows[i].report}`));
    const search = useRef<HTMLInputElement>(null);
    const [busy, work] = useState(false);
    const [error, fail] = useState<Error | null>(null);
    const take = async (file: File) => {
        work(true);
        fail(null);
        try {
            go(`/reports/${await takeIn(api, file)}`);
        } catch (why) {
            fail(why as Error);
            work(false);
        }
    };
    useTitle(t.reports.title);
    useKeys({ '/': () => search.current?.focus(), Escape: leave });
    useLayoutEffect(() => {
        if (takeSearch()) search.current?.focus();
    }, []);
    return (
        <section class="list list-wide" aria-label={t.reports.title}>
            <h1>{t.reports.title}</h1>
            <div class="above"><label class="field search">{t.reports.filter}<input ref={search} type="search" value={filter} onInput={(event) => narrow(event.currentTarget.value)} /></label><Choose label={t.carry.take} take={([file]) => file && void take(file)} disabled={busy} /></div>
            {error && <Trouble error={error} />}
            <Load from={loaded} lines={6}>{(all) => (
                <>
                    {all.quarantined.map((q) => <p key={q.report} class="note">{q.originator}: {t.reports.waits}</p>)}
                    {all.reports.length === 0 && <Empty>{t.reports.empty}</Empty>}
                    {all.reports.length > 0 && rows.length === 0 && <Empty>{t.reports.none}</Empty>}
                    <ul class="rows">
                        {rows.map((row, i) => (
                            <li key={row.report + row.originator} class={`row ${i === current ? 'row-chosen' : ''}`}>
                                <Link to={`/reports/${row.report}`}>
                                    <span class="row-kind id">{row.short}</span>
                                    <span class="row-what">
                                        <span class="row-main"><Mark text={row.banner} /></span>
                                        <span class="row-sub">{row.own ? `${t.reports.to} ${(row.to ?? []).join(', ') || '–'}` : row.originator}{row.stray && ` · ${t.reports.stray}`}{(row.recalled?.length ?? 0) > 0 && ` · ${t.reports.recalled}`}</span>
                                    </span>
                                    <span class="row-time">{row.own ? t.reports.sent : t.reports.received} {when(row.at)}</span>
                                </Link>
                            </li>
                        ))}
                    </ul>
                </>
            )}</Load>
        </section>
    );
}
