// SPDX-License-Identifier: Apache-2.0
// ask.tsx: a request to the originator: for me, or to pass portions on; what needs no leave is passed on at once, by rule.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { go, useApp } from '../app.ts';
import { useFree } from '../free.ts';
import type { OpenReport } from '../open.ts';
import { Mark, Trouble } from '../parts/parts.tsx';
import { t } from '../text.ts';

const HOURS = [4, 24, 72];

export function Ask({ report, chosen, close }: { report: OpenReport; chosen: string[]; close: () => void }) {
    const { api } = useApp();
    const [ids, choose] = useState(new Set(chosen));
    const [whom, to] = useState(chosen.length ? 'me' : 'other');
    const [domain, name] = useState('');
    const [reason, because] = useState('');
    const [hours, within] = useState(24);
    const [busy, work] = useState(false);
    const [error, fail] = useState<Error | null>(null);
    const first = useRef<HTMLTextAreaElement>(null);
    useLayoutEffect(() => first.current?.focus(), []); // before anything is typed
    const free = useFree(report.view.report, whom === 'other' ? domain.trim() : '');
    const target = whom === 'me' ? api.device.person : domain.trim();
    const [asked, passed] = [[...ids].filter((id) => !free.has(id)), [...ids].filter((id) => free.has(id))];
    const send = (portions: string[], more: object) => {
        work(true);
        fail(null);
        const by = new Date(Date.now() + hours * 3600000).toISOString();
        api.act<{ request: string }>('request', report.view.report, portions, { to: target, by, until: '', precedence: 'routine', originator: report.originator, ...more }).then((said) => go(`/inbox/${said.request}`), (why: Error) => {
            fail(why);
            work(false);
        });
    };
    const toggle = (id: string) => {
        const next = new Set(ids);
        if (!next.delete(id)) next.add(id);
        choose(next);
    };
    return (
        <form class="panel ask" onSubmit={(event) => { event.preventDefault(); send(asked, { reason }); }} aria-label={t.ask.title}>
            <h2>{t.ask.title}</h2>
            <fieldset>
                <legend>{t.ask.portions}</legend>
                <ul class="choices">{report.portions.map((p) => (
                    <li key={p.id}><label><input type="checkbox" checked={ids.has(p.id)} onChange={() => toggle(p.id)} /><span class="number">{p.n}</span><Mark text={p.mark} />{free.has(p.id) && <span class="quiet">{t.decide.noLeave}</span>}</label></li>
                ))}</ul>
            </fieldset>
            <fieldset>
                <legend>{t.ask.to}</legend>
                <label><input type="radio" name="whom" checked={whom === 'me'} onChange={() => to('me')} /> {t.ask.me}</label>
                <label><input type="radio" name="whom" checked={whom === 'other'} onChange={() => to('other')} /> {t.ask.other}</label>
                {whom === 'other' && <label class="field">{t.ask.domain}<input required value={domain} onInput={(event) => name(event.currentTarget.value)} /></label>}
            </fieldset>
            <label class="field">{t.ask.reason}<textarea ref={first} required rows={2} value={reason} onInput={(event) => because(event.currentTarget.value)} /></label>
            <label class="field">{t.ask.by}<select value={hours} onChange={(event) => within(Number(event.currentTarget.value))}>{HOURS.map((n) => <option key={n} value={n}>{t.ask.hours(n)}</option>)}</select></label>
            {error && <Trouble error={error} />}
            <div class="buttons">
                <button type="submit" class="primary" disabled={busy || asked.length === 0 || !reason.trim() || !target}>{t.ask.send(asked.length, whom === 'me' ? t.ask.me : target)}</button>
                {passed.length > 0 && <button type="button" disabled={busy} onClick={() => send(passed, { reason: reason.trim() || t.ask.byRule, forward: 1 })}>{t.ask.pass(passed.length, target)}</button>}
                <button type="button" onClick={close}>{t.decide.cancel}</button>
            </div>
        </form>
    );
}
