// SPDX-License-Identifier: Apache-2.0
// decide.tsx: one request: what is asked, by whom, for whom; and for an officer of the originator the decision, with its terms. It ends in a
// named button, never in a key.
import { useState } from 'preact/hooks';
import { type Schemas } from '../api.ts';
import { digits, useApp, useKeys, useLoaded, useNow } from '../app.ts';
import { actor, left, shortOf, visible, when } from '../format.ts';
import { type OpenReport, openReport } from '../open.ts';
import type { OpenPortion } from '../package.ts';
import { Content } from '../parts/content.tsx';
import { Link, Load, Mark, Trouble } from '../parts/parts.tsx';
import { t } from '../text.ts';

type Request = Schemas['Request'];

const pending = (r: Request): boolean => r.state === 'open' || r.state === 'silent';

interface Terms {
    chosen: Set<string>;
    until: string;
    note: string;
}

function Facts({ r }: { r: Request }) {
    const time = left(r.due, useNow());
    return (
        <dl class="facts">
            <dt>{t.decide.why}</dt><dd>{visible(r.reason)}</dd>
            <dt>{t.decide.by}</dt><dd>{r.by}</dd>
            <dt>{t.decide.due}</dt><dd class={pending(r) && time.urgent ? 'urgent' : ''}>{when(r.due)}{pending(r) && time.text && ` · ${time.text}`}</dd>
            <dt>{t.decide.until}</dt><dd>{when(r.until) || t.decide.open}</dd>
            {pending(r) && r.third?.words && <><dt>{t.decide.words}</dt><dd class="words">{r.third.words}</dd></>}
        </dl>
    );
}

// Which portions may go there by rule, as the own node's policy has it. Whether whoever asks serves a client we can't know: then it is asked.
function useFree(r: Request): Set<string> {
    const { api } = useApp();
    const to = r.to || r.asker;
    const loaded = useLoaded(() => api.report(r.report, to), [r.report, to]);
    return new Set((loaded.value?.portions ?? []).filter((p) => !p.leave && p.onward !== 'client-rule').map((p) => p.id));
}

function Portions({ r, terms, set, free, open }: { r: Request; terms: Terms; set: ((terms: Terms) => void) | null; free: Set<string>; open?: OpenReport | null }) {
    const full = (id: string) => open?.portions.find((p) => p.id === id) ?? null;
    const shown = (p: OpenPortion) => (p.state === 'open' ? <Content p={p} short={open?.view.short ?? ''} /> : <p class="quiet">{visible(p.why)}</p>);
    const toggle = (id: string) => {
        const chosen = new Set(terms.chosen);
        if (!chosen.delete(id)) chosen.add(id);
        set?.({ ...terms, chosen });
    };
    return (
        <ul class="choices">
            {r.portions.map((p) => (
                <li key={p.id}>
                    <label>
                        {set && <input type="checkbox" id={`choice-${p.n}`} checked={terms.chosen.has(p.id)} onChange={() => toggle(p.id)} />}
                        <span class="number">{p.n}</span>
                        {p.mark && <Mark text={p.mark} />}
                        <span class="quiet">{free.has(p.id) ? t.decide.noLeave : pending(r) ? t.decide.needsLeave : t.decide.settled[p.state] ?? p.state}</span>
                    </label>
                    {full(p.id) && <div class="in-full">{shown(full(p.id) as OpenPortion)}</div>}
                </li>
            ))}
        </ul>
    );
}

function Panel({ r, settled }: { r: Request; settled: () => void }) {
    const { api } = useApp();
    const [terms, set] = useState<Terms>({ chosen: new Set(r.portions.map((p) => p.id)), until: '', note: '' });
    const [denying, deny] = useState(false);
    const [reason, because] = useState('');
    const [busy, work] = useState(false);
    const [error, fail] = useState<Error | null>(null);
    const free = useFree(r);
    const [open, show] = useState<OpenReport | null>(null);
    const read = () => {
        work(true);
        openReport(api, r.report, true).then(show, fail).finally(() => work(false));
    };
    const tearlines = r.portions.filter((p) => p.mark?.includes('TEARLINE'));
    const to = r.to.includes('@') ? r.to : r.to || r.asker;
    const focus = (n: number) => document.getElementById(`choice-${n}`)?.focus();
    useKeys({ ...digits(focus), y: () => deny(false), n: () => deny(true) });
    const act = (kind: string, portions: string[], body: object) => {
        work(true);
        fail(null);
        api.act(kind, r.report, portions, body, r.request).then(settled, (why: Error) => {
            fail(why);
            work(false);
        });
    };
    const grant = (ids: string[]) => act('grant', ids, { until: terms.until ? `${terms.until}T23:59:59.999Z` : '', note: terms.note });
    if (denying) return (
        <form class="panel" onSubmit={(event) => { event.preventDefault(); act('deny', [], { reason }); }}>
            <label class="field">{t.decide.reason}<textarea required rows={3} value={reason} onInput={(event) => because(event.currentTarget.value)} /></label>
            {error && <Trouble error={error} />}
            <div class="buttons">
                <button type="submit" class="danger" disabled={busy || !reason.trim()}>{t.decide.denyNow}</button>
                <button type="button" onClick={() => deny(false)}>{t.decide.cancel}</button>
            </div>
        </form>
    );
    return (
        <div class="panel">
            <Portions r={r} terms={terms} set={set} free={free} open={open} />
            {!open && <p><button type="button" disabled={busy} onClick={read}>{t.full.read}</button> <span class="quiet">{t.full.note}</span></p>}
            <div class="fields">
                <label class="field">{t.decide.untilLabel}<input type="date" value={terms.until} onInput={(event) => set({ ...terms, until: event.currentTarget.value })} /></label>
                <label class="field">{t.decide.note}<input type="text" value={terms.note} onInput={(event) => set({ ...terms, note: event.currentTarget.value })} /></label>
            </div>
            {error && <Trouble error={error} />}
            <div class="buttons">
                <button type="button" class="primary" disabled={busy || terms.chosen.size === 0} onClick={() => grant([...terms.chosen])}>{t.decide.grant(terms.chosen.size, to)}</button>
                {tearlines.length > 0 && tearlines.length < r.portions.length && <button type="button" disabled={busy} onClick={() => grant(tearlines.map((p) => p.id))}>{t.decide.tearline}</button>}
                <button type="button" class="danger" disabled={busy} onClick={() => deny(true)}>{t.decide.deny}…</button>
            </div>
        </div>
    );
}

function Partner({ domain }: { domain: string }) {
    const { api } = useApp();
    const loaded = useLoaded(() => api.partners(domain), [domain]);
    const p = loaded.value?.[0];
    if (!p) return null;
    return <p class="quiet">{domain}: {p.requests} {t.decide.asked}, {p.granted} {t.decide.settled.granted}, {p.denied} {t.decide.settled.denied}, {p.silent} {t.decide.unanswered}, {t.partners.overrides(p.overrides)}, {t.partners.uncoordinated(p.uncoordinated)}</p>;
}

export function Decide({ id }: { id: string }) {
    const { api, roles, inboxVersion } = useApp();
    const loaded = useLoaded(() => api.get<Request>(`/v1/requests/${id}`, 'portions'), [id, inboxVersion]);
    return (
        <section class="detail" aria-label={t.inbox.kinds.request}>
            <Load from={loaded} lines={6}>{(r) => {
                const home = api.device.home.domain;
                const may = pending(r) && r.originator === home && roles.includes('officer') && r.by !== api.device.person;
                const self = r.to.includes('@');
                return (
                    <>
                        <p class="back"><Link to="/inbox">← {t.inbox.title}</Link></p>
                        <h2>{self ? t.decide.forSelf(r.asker, shortOf(r.report), r.to) : t.decide.asks(r.asker, shortOf(r.report), r.to)}</h2>
                        <p><span class={`state state-${r.state}`}>{t.decide.settled[r.state] ?? r.state}</span>{r.decided_by && <span class="quiet"> {actor(r.decided_by)}, {when(r.decided)}</span>}</p>
                        <Facts r={r} />
                        {r.originator === home && <Partner domain={r.asker} />}
                        {!may && <p><Link to={`/reports/${r.report}`}>{t.decide.show}</Link></p>}
                        {r.note && !pending(r) && <p class="note">{visible(r.note)}</p>}
                        {may ? <Panel r={r} settled={loaded.again} /> : <Portions r={r} terms={{ chosen: new Set(), until: '', note: '' }} set={null} free={new Set()} />}
                        {pending(r) && !may && r.originator === home && <p class="quiet">{r.by === api.device.person ? t.decide.own : t.decide.notMine}</p>}
                        {r.state === 'granted' && r.originator === home && <p class="quiet">{t.decide.undo} <Link to={`/reports/${r.report}/recall`}>{t.recall.link}</Link></p>}
                    </>
                );
            }}</Load>
        </section>
    );
}
