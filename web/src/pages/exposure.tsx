// SPDX-License-Identifier: Apache-2.0
// exposure.tsx: what came from a source, who knows of it, what was done and tried. The handle is in no address, title or history.
import { useState } from 'preact/hooks';
import type { Schemas } from '../api.ts';
import { back, useApp, useKeys, useTitle } from '../app.ts';
import { actor, when } from '../format.ts';
import { isHandle, sealQuestion } from '../handle.ts';
import { Empty, Link, Mark, Trouble } from '../parts/parts.tsx';
import { fetchCard } from '../seen.ts';
import { t } from '../text.ts';

type Answer = Schemas['Exposure'];
type One = Schemas['ExposedReport'];

function Knowers({ r }: { r: One }) {
    const rows = r.persons.flatMap((p) => p.cells.filter((c) => c.state !== 'may' && c.state !== 'withheld').map((c) => ({ p, c })));
    return rows.length === 0 ? null : (
        <div class="scroll" role="region" aria-label={t.exposure.who(r.short)} tabIndex={0}><table class="plain">
            <thead><tr>{t.exposure.columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
            <tbody>{rows.map(({ p, c }) => (
                <tr key={`${p.person}${p.words}${c.n}`}><td>{c.n}</td><td>{actor(p.person) || p.words}</td><td class={`cell-${c.state}`}>{t.knows.states[c.state]?.join(' ') ?? c.state}</td>
                    <td>{when(c.refused && c.state === 'refused' ? c.refused.at : c.at)}{p.person && <> <Link to={`/reports/${r.report}/evidence/${encodeURIComponent(p.person)}/${c.n}`}>{t.report.tabs.evidence}</Link></>}</td></tr>
            ))}</tbody>
        </table></div>
    );
}

function Report({ r }: { r: One }) {
    return (
        <article class="exposed">
            <h2><Link to={`/reports/${r.report}/knows`}>{r.short}</Link> <span class="quiet">{r.author}, {when(r.shared)}</span></h2>
            <p>{r.portions.map((p) => <span key={p.n} class="came"><span class="number">{p.n}</span> <Mark text={p.mark} /> </span>)}</p>
            <Knowers r={r} />
            {r.overrides.length > 0 && <ul class="anchors">{r.overrides.map((o) => <li key={o.override}><span class="cell-override">▲ o-{o.short}</span> {t.exposure.override(o.by, o.to, o.review)} {when(o.at)} · {o.n.join(', ')}</li>)}</ul>}
            {r.attempts.length > 0 && <ul class="anchors">{r.attempts.map((a) => <li key={a.alert}><span class="cell-refused">✕ {a.short}</span> {t.exposure.attempt(a.by, a.copy_of, a.state)} {when(a.at)} · {a.n}</li>)}</ul>}
        </article>
    );
}

export function Exposure() {
    const { api } = useApp();
    const [handle, name] = useState('');
    const [busy, work] = useState(false);
    const [answer, show] = useState<Answer | null>(null);
    const [error, fail] = useState<Error | null>(null);
    useTitle('');
    useKeys({ Escape: () => (answer ? show(null) : back()) });
    const ask = async (event: Event) => {
        event.preventDefault();
        work(true);
        fail(null);
        show(null);
        try {
            const { person, home } = api.device;
            const sealed = await sealQuestion(await fetchCard(api, home.domain), person, handle);
            show(await api.ask<Answer>('/v1/exposures', 'exposure', { sealed }));
        } catch (why) {
            fail(why as Error);
        }
        work(false);
    };
    return (
        <section class="list list-wide" aria-label={t.exposure.title}>
            <h1>{t.exposure.title}</h1>
            <form class="asking" onSubmit={(event) => void ask(event)}>
                <label class="field">{t.exposure.handle}<input value={handle} autocomplete="off" spellcheck={false} onInput={(event) => name(event.currentTarget.value.trim())} /></label>
                <button type="submit" class="primary" disabled={busy || !isHandle(handle)}>{t.exposure.ask}</button>
            </form>
            <p class="quiet">{t.exposure.note}</p>
            {error && <Trouble error={error} />}
            {answer && (
                <div role="status">
                    <p><strong>{t.exposure.totals(answer.totals)}</strong> <span class="quiet">{t.exposure.entry(answer.entry)}, {when(answer.at)}</span></p>
                    {answer.reports.length === 0 && <Empty>{t.exposure.nothing}</Empty>}
                </div>
            )}
            {answer?.reports.map((r) => <Report key={r.report} r={r} />)}
        </section>
    );
}
