// SPDX-License-Identifier: Apache-2.0
// entry.tsx: one entry of our ledger: what it was made for, and that it stands there. The address says which: /reports/ID/entry/G/INDEX.
import type { Schemas } from '../api.ts';
import { useApp, useLoaded, usePath } from '../app.ts';
import { type Standing, checkEntry } from '../entry.ts';
import { actor, when } from '../format.ts';
import { Link, Load } from '../parts/parts.tsx';
import { isPerson } from '../proof/entry.ts';
import { t } from '../text.ts';

// A place in our ledger, as a link; without one, words that say so.
export function EntryLink({ id, entry }: { id: string; entry: string }) {
    return entry ? <Link to={`/reports/${id}/entry/${entry}`}>{t.report.entry} {entry}</Link> : <span class="quiet">{t.entry.none}</span>;
}

// Whose briefing, or none, a line is about: to whom it went, or who was refused.
export function subject(e: Schemas['Path']['edges'][0]): string {
    const who = e.kind === 'refused' ? e.by : e.to;
    return isPerson(who) ? who : '';
}

function Standing({ s }: { s: Standing }) {
    return (
        <section class="verdict verdict-yes" aria-label={t.verdict.verified}>
            <p class="verdict-head" role="status"><span aria-hidden="true">●</span> <strong>{t.entry.stands}</strong></p>
            <p class="claim">{t.entry.claim(s.index, s.origin, s.size, s.outside.map((one) => one.name.split('/')[0] ?? ''))}</p>
            <h2>{t.verdict.anchors}</h2>
            <ul class="anchors">
                <li><span class="quiet">{t.entry.hash}</span> <code>{s.leaf}</code></li>
                <li><span class="quiet">{t.verdict.log}</span> <code>{s.log}</code></li>
                {s.outside.map((one) => <li key={one.key}><span class="quiet">{one.name.endsWith('/monitor') ? t.verdict.monitor : t.verdict.witness}, {when(one.at)}</span> <code>{one.key}</code></li>)}
            </ul>
            <p class="quiet">{t.entry.limit}</p>
        </section>
    );
}

// What the timeline and the path have with this entry; each is left out where the asker may not see it.
function MadeFor({ id, entry }: { id: string; entry: string }) {
    const { api } = useApp();
    const loaded = useLoaded(async () => {
        const [lines, edges] = await Promise.all([
            api.get<Schemas['Timeline']>(`/v1/reports/${id}/timeline`, 'lines').then((one) => one.lines, () => []),
            api.get<Schemas['Path']>(`/v1/reports/${id}/path`, 'edges').then((one) => one.edges, () => []),
        ]);
        const here = edges.filter((one) => one.entry === entry);
        // a statement about several portions has an entry for each; it knows the last of them
        return { lines: lines.filter((one) => one.entry === entry || here.some((edge) => edge.ref === one.id)), edges: here };
    }, [id, entry]);
    return (
        <Load from={loaded} lines={2}>{({ lines, edges }) => (lines.length + edges.length === 0 ? <p class="quiet">{t.entry.other}</p> : (
            <ul class="anchors">
                {lines.map((one) => <li key={one.id}><strong>{one.kind}</strong> {actor(one.by || one.from)}{one.to.length > 0 && ` → ${one.to.join(', ')}`}{one.n.length > 0 && `, ${t.path.which(one.n)}`} <span class="quiet">{when(one.at)}</span></li>)}
                {edges.map((one) => <li key={`${one.n} ${one.to}`}><strong>{t.path.kinds[one.kind] ?? one.kind}</strong> {one.from} → {one.to}, {t.path.which([one.n])} <span class="quiet">{when(one.at)}</span>{subject(one) && <> <Link to={`/reports/${id}/evidence/${encodeURIComponent(subject(one))}/${one.n}`}>{t.path.proof(subject(one))}</Link></>}</li>)}
            </ul>
        ))}</Load>
    );
}

export function EntryPage({ id }: { id: string }) {
    const { api } = useApp();
    const [, , , , generation = '', index = ''] = usePath().split('/');
    const good = /^[1-9][0-9]{0,9}$/.test(generation) && /^(0|[1-9][0-9]{0,14})$/.test(index);
    const loaded = useLoaded(async () => (good ? { standing: await checkEntry(api, Number(generation), Number(index)) } : { standing: null }), [generation, index]);
    if (!good) return <p class="empty">{t.entry.bad}</p>;
    return (
        <>
            <h2>{t.entry.title(generation, index, api.device.home.domain)}</h2>
            <MadeFor id={id} entry={`${generation}/${index}`} />
            <Load from={loaded} lines={4}>{({ standing }) => (standing
                ? <Standing s={standing} />
                : <p class="note">{t.entry.early} <button type="button" onClick={loaded.again}>{t.error.again}</button></p>)}</Load>
        </>
    );
}
