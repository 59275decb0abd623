// SPDX-License-Identifier: Apache-2.0
// tell.tsx: told by voice: the originator's own record; or an authority's override of what he was briefed on, by voice or as a sealed copy.
// It ends in a named button, an override after the report's id was typed.
import { useState } from 'preact/hooks';
import type { Api, Schemas } from '../api.ts';
import { go, useApp, useKeys, useLoaded, useTitle } from '../app.ts';
import { visible, when } from '../format.ts';
import { useFree } from '../free.ts';
import { isDomain, isPerson } from '../marking.ts';
import { heldOf } from '../held.ts';
import { type OpenReport, openReport } from '../open.ts';
import type { OpenPortion } from '../package.ts';
import { passOn } from '../override.ts';
import { Link, Load, Mark, Trouble } from '../parts/parts.tsx';
import { t } from '../text.ts';

interface Words {
    who: string;
    reason: string;
    occasion: string;
    at: string;
    present: string;
    confirm: string;
}

const localNow = (): string => new Date(Date.now() - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 16);

function Field({ label, value, set, needed, time }: { label: string; value: string; set: (value: string) => void; needed?: boolean; time?: boolean }) {
    const common = { required: needed === true, value, autocomplete: 'off', onInput: (event: { currentTarget: HTMLInputElement }) => set(event.currentTarget.value) };
    return <label class="field">{label}{time ? <input type="datetime-local" {...common} /> : <input type="text" {...common} />}</label>;
}

function Choices({ report, override, sealed, chosen, choose, free }: { report: Told; override: boolean; sealed: boolean; chosen: Set<string>; choose: (ids: Set<string>) => void; free: Set<string> }) {
    const toggle = (id: string) => {
        const next = new Set(chosen);
        if (!next.delete(id)) next.add(id);
        choose(next);
    };
    const why = (p: OpenPortion) => (!override ? '' : free.has(p.id) ? t.tell.needed : !p.proof ? t.tell.unread : sealed && !report.held.has(p.id) ? t.tell.noKey : '');
    return (
        <fieldset>
            <legend>{t.tell.portions}</legend>
            <ul class="choices">{report.portions.map((p) => (
                <li key={p.id}><label>
                    <input type="checkbox" checked={chosen.has(p.id)} disabled={why(p) !== ''} onChange={() => toggle(p.id)} />
                    <span class="number">{p.n}</span><Mark text={p.mark} /><span class="quiet">{why(p)}</span>
                </label></li>
            ))}</ul>
        </fieldset>
    );
}

// What the originator has said to it, as it comes.
function Outcome({ id, originator }: { id: string; originator: string }) {
    const { api, inboxVersion } = useApp();
    const [round, again] = useState(0);
    const loaded = useLoaded(() => api.get<Schemas['Override']>(`/v1/overrides/${id}`), [id, inboxVersion, round]);
    return <Load from={loaded} lines={2}>{(o) => (
        <>
            <p>{t.tell.receipt(originator, when(o.receipt ?? ''))} {t.tell.review}: {t.tell.states[o.review] ?? o.review}.</p>
            {!o.receipt && <button type="button" onClick={() => again(round + 1)}>{t.error.again}</button>}
        </>
    )}</Load>;
}

// ${held}: portions whose keys this browser holds.
interface Told extends OpenReport {
    held: Set<string>;
}

// Proofs of one's own briefings: those that were kept with the keys, and where there are none, from the originator, with the keys.
async function openForOverride(api: Api, id: string): Promise<Told> {
    const before = await heldOf(api, id);
    const report = await openReport(api, id, before.size === 0);
    const held = before.size ? before : await heldOf(api, id);
    for (const p of report.portions) p.proof ||= held.get(p.id)?.proof ?? '';
    return { ...report, held: new Set([...held.values()].flatMap((one) => (one.sealed ? [one.portion] : []))) };
}

function Form({ report, override, done }: { report: Told; override: boolean; done: (override: string) => void }) {
    const { api } = useApp();
    const [words, write] = useState<Words>({ who: '', reason: '', occasion: '', at: localNow(), present: '', confirm: '' });
    const [sealed, seal] = useState(false);
    const [picked, choose] = useState(new Set<string>());
    const [busy, work] = useState(false);
    const [error, fail] = useState<Error | null>(null);
    const who = words.who.trim();
    const free = useFree(report.view.report, who);
    const chosen = new Set([...picked].filter((id) => !override || (!free.has(id) && (!sealed || report.held.has(id)))));
    const tearlines = report.portions.filter((p) => p.proof && (!sealed || report.held.has(p.id)) && p.mark.includes('TEARLINE') && !free.has(p.id));
    const short = report.view.short;
    const set = (name: keyof Words) => (value: string) => write({ ...words, [name]: value });
    const future = !override && new Date(words.at).getTime() > Date.now() + 60000;
    const ready = who && (!sealed || isDomain(who)) && words.reason.trim() && chosen.size > 0 && (override ? words.confirm.trim() === short : words.at && !future);
    const send = (event: Event) => {
        event.preventDefault();
        if (!ready || busy) return;
        work(true);
        fail(null);
        const chosenNow = report.portions.filter((p) => chosen.has(p.id));
        const common = { reason: words.reason.trim(), occasion: words.occasion.trim() };
        const body = override
            ? { to: who, oral: true, ...common, originator: report.originator, evidence: Object.fromEntries(chosenNow.map((p) => [p.id, p.proof])) }
            : { [isPerson(who) ? 'person' : 'words']: who, ...common, at: new Date(words.at).toISOString(), present: words.present.split(',').map((one) => one.trim()).filter(Boolean) };
        const ids = chosenNow.map((p) => p.id);
        const sent: Promise<{ statement: string }> = sealed
            ? passOn(api, report.view.report, ids, { to: who, ...common, originator: report.originator })
            : api.act<{ statement: string }>(override ? 'override' : 'tell', report.view.report, ids, body);
        sent.then((said) => done(override ? said.statement : ''), (why: Error) => {
                fail(why);
                work(false);
            });
    };
    return (
        <form class="panel ask" onSubmit={send}>
            {override && <p class="note">{t.tell.asked} <Link to={`/reports/${report.view.report}`}>{t.report.ask}</Link></p>}
            {override && (
                <fieldset>
                    <legend>{t.tell.how}</legend>
                    <label class="tick"><input type="radio" name="how" checked={!sealed} onChange={() => seal(false)} /> {t.tell.byVoice}</label>
                    <label class="tick"><input type="radio" name="how" checked={sealed} disabled={report.held.size === 0} onChange={() => seal(true)} /> {t.tell.bySeal}</label>
                </fieldset>
            )}
            <Field label={sealed ? t.tell.whoSealed : override ? t.tell.whoTo : t.tell.who} value={words.who} set={set('who')} needed />
            {override && tearlines.length > 0 && <p><button type="button" onClick={() => choose(new Set(tearlines.map((p) => p.id)))}>{t.tell.tearlines}</button></p>}
            <Choices report={report} override={override} sealed={sealed} chosen={chosen} choose={choose} free={free} />
            <Field label={t.tell.reason} value={words.reason} set={set('reason')} needed />
            <Field label={t.tell.occasion} value={words.occasion} set={set('occasion')} />
            {!override && <Field label={t.tell.at} value={words.at} set={set('at')} time needed />}
            {!override && <Field label={t.tell.present} value={words.present} set={set('present')} />}
            {future && <p class="urgent">{t.tell.future}</p>}
            {override && <p>{t.tell.what(report.originator, api.device.home.domain)}{sealed && ` ${t.tell.whatSealed}`}</p>}
            {sealed && who !== '' && !isDomain(who) && <p class="urgent">{t.tell.domain}</p>}
            {override && <Field label={t.tell.confirm(short)} value={words.confirm} set={set('confirm')} needed />}
            {error && <Trouble error={error} />}
            <div class="buttons">
                <button type="submit" class={override ? 'danger' : 'primary'} disabled={!ready || busy}>{(sealed ? t.tell.pass : override ? t.tell.now : t.tell.telling)(chosen.size, visible(who) || '…')}</button>
                <button type="button" onClick={() => go(`/reports/${report.view.report}`)}>{t.decide.cancel}</button>
            </div>
            {override && <p class="quiet">{report.held.size ? t.tell.sealed : t.tell.notHeld(short)}</p>}
        </form>
    );
}

export function Tell({ id, override }: { id: string; override: boolean }) {
    const { api } = useApp();
    const [done, say] = useState<string | null>(null);
    // a telling asks for no key
    const loaded = useLoaded<Told>(async () => (override ? openForOverride(api, id) : { ...await openReport(api, id, false), held: new Set() }), [id, override]);
    useTitle(loaded.value?.view.short ?? '');
    useKeys({ Escape: () => go(`/reports/${id}`) });
    return (
        <Load from={loaded} lines={6} title={t.nav.reports}>{(r) => (
            <section class="list list-wide" aria-label={r.view.short}>
                <h1>{(override ? t.tell.overrideTitle : t.tell.title)(r.view.short)}</h1>
                {done === null
                    ? override && !r.portions.some((p) => p.proof) ? <p class="empty">{t.tell.none}</p> : <Form report={r} override={override} done={say} />
                    : <div role="status"><p><strong>{override ? t.tell.overridden : t.tell.done}</strong></p>{override && <Outcome id={done} originator={r.originator} />}<p><Link to={`/reports/${id}/knows`}>{t.tell.knows}</Link></p></div>}
            </section>
        )}</Load>
    );
}
