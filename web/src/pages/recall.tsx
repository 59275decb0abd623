// SPDX-License-Identifier: Apache-2.0
// recall.tsx: leave taken back, of portions, from one holder or all; and which holders have said that they heard. It ends in a named button.
import { useState } from 'preact/hooks';
import type { Schemas } from '../api.ts';
import { go, useApp, useKeys, useLoaded, useTitle } from '../app.ts';
import { visible, when } from '../format.ts';
import { Link, Load, Mark, Trouble } from '../parts/parts.tsx';
import { t } from '../text.ts';

type View = Schemas['Report'];

// A holder's ack is his word that he has heard, no more.
function Heard({ view }: { view: View }) {
    const recalls = view.recalls ?? [];
    if (recalls.length === 0) return null;
    return (
        <>
            <h2>{t.recall.before}</h2>
            <ul class="rows">{recalls.flatMap((r) => r.holders.map((h) => (
                <li key={`${r.recall} ${h.domain}`} class="row device"><span class="row-what"><span class="row-main">{h.domain}: {h.n.join(', ')}</span>
                    <span class="row-sub">{when(r.at)}, {r.by}{r.reason && `, ${visible(r.reason)}`}</span></span><span>{[t.recall.states[h.state], when(h.at)].filter(Boolean).join(', ')}</span></li>
            )))}</ul>
        </>
    );
}

function Form({ view, again }: { view: View; again: () => void }) {
    const { api } = useApp();
    const sealed = view.portions.filter((p) => !p.mark.startsWith('TLP:CLEAR'));
    const [from, name] = useState('');
    const [chosen, choose] = useState(new Set(sealed.map((p) => p.id)));
    const [reason, because] = useState('');
    const [busy, work] = useState(false);
    const [error, fail] = useState<Error | null>(null);
    const domains = [...new Set((view.holders ?? []).map((one) => one.split('@').at(-1) ?? one))];
    const toggle = (id: string) => {
        const next = new Set(chosen);
        if (!next.delete(id)) next.add(id);
        choose(next);
    };
    const send = (event: Event) => {
        event.preventDefault();
        work(true);
        fail(null);
        const body = { ...(from ? { from } : {}), ...(reason.trim() ? { reason: reason.trim() } : {}) };
        // all of them: the title, too
        const ids = chosen.size === sealed.length ? [] : [...chosen];
        api.act('recall', view.report, ids, body).then(again, fail).finally(() => work(false));
    };
    return (
        <form class="panel ask" onSubmit={send}>
            <label class="field">{t.recall.from}<select value={from} onChange={(event) => name(event.currentTarget.value)}><option value="">{t.recall.all}</option>{domains.map((one) => <option key={one}>{one}</option>)}</select></label>
            <fieldset>
                <legend>{t.tell.portions}</legend>
                <ul class="choices">{sealed.map((p) => (
                    <li key={p.id}><label><input type="checkbox" checked={chosen.has(p.id)} onChange={() => toggle(p.id)} /><span class="number">{p.n}</span><Mark text={p.mark} /></label></li>
                ))}</ul>
            </fieldset>
            <label class="field">{t.tell.reason}<input value={reason} autocomplete="off" onInput={(event) => because(event.currentTarget.value)} /></label>
            <p>{t.recall.what}</p>
            {error && <Trouble error={error} />}
            <div class="buttons">
                <button type="submit" class="danger" disabled={busy || chosen.size === 0}>{t.recall.now(chosen.size, from || t.recall.all)}</button>
                <button type="button" onClick={() => go(`/reports/${view.report}`)}>{t.decide.cancel}</button>
            </div>
        </form>
    );
}

export function Recall({ id }: { id: string }) {
    const { api, inboxVersion } = useApp();
    const loaded = useLoaded(() => api.report(id), [id, inboxVersion]);
    useTitle(loaded.value?.short ?? '');
    useKeys({ Escape: () => go(`/reports/${id}`) });
    return (
        <Load from={loaded} lines={6} title={t.nav.reports}>{(view) => (
            <section class="list list-wide" aria-label={view.short}>
                <h1>{t.recall.title(view.short)}</h1>
                {(view.holders ?? []).length === 0 ? <p class="empty">{t.recall.nobody}</p> : <Form view={view} again={loaded.again} />}
                <div role="status"><Heard view={view} /></div>
                <p><Link to={`/reports/${id}/knows`}>{t.tell.knows}</Link></p>
            </section>
        )}</Load>
    );
}
