// SPDX-License-Identifier: Apache-2.0
// reports.tsx: what is sent and held, newest first; a filter over marks, ids and partners.
import { useState } from 'preact/hooks';
import { type Schemas } from '../api.ts';
import { go, useApp, useKeys, useLoaded, useTitle } from '../app.ts';
import { when } from '../format.ts';
import { Empty, Link, Load, Mark } from '../parts/parts.tsx';
import { t } from '../text.ts';

type Row = Schemas['Reports']['reports'][0];

const matches = (row: Row, words: string): boolean => {
    const all = [row.short, row.report, row.originator, row.banner, row.own ? t.reports.sent : t.reports.received, ...(row.to ?? [])].join(' ').toLowerCase();
    return words.toLowerCase().split(/\s+/).every((word) => all.includes(word));
};

export function Reports() {
    const { api, inboxVersion } = useApp();
    const loaded = useLoaded(() => api.get<Schemas['Reports']>('/v1/reports'), [inboxVersion]);
    const [filter, narrow] = useState('');
    const [at, move] = useState(0);
    const rows = (loaded.value?.reports ?? []).filter((row) => matches(row, filter));
    const current = Math.min(at, rows.length - 1);
    useTitle(t.reports.title);
    useKeys({
        j: () => move(Math.min(current + 1, rows.length - 1)), k: () => move(Math.max(current - 1, 0)),
        Enter: () => rows[current] && go(`/reports/${rows[current].report}`), '/': () => document.getElementById('filter')?.focus(),
        Escape: () => (document.activeElement as HTMLElement | null)?.blur(),
    });
    return (
        <section class="list list-wide" aria-label={t.reports.title}>
            <h1>{t.reports.title}</h1>
            <label class="field search">{t.reports.filter}<input id="filter" type="search" value={filter} onInput={(event) => narrow(event.currentTarget.value)} /></label>
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
