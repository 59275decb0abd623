// SPDX-License-Identifier: Apache-2.0
// ask.tsx: a request to the originator: for me, or to pass portions on.
import { useEffect, useRef, useState } from 'preact/hooks';
import { go, useApp } from '../app.ts';
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
    useEffect(() => first.current?.focus(), []);
    const target = whom === 'me' ? api.device.person : domain.trim();
    const send = (event: Event) => {
        event.preventDefault();
        work(true);
        const until = new Date(Date.now() + hours * 3600000).toISOString();
        api.act<{ request: string }>('request', report.view.report, [...ids], { to: target, reason, by: until, until: '', precedence: 'routine', originator: report.originator }).then((said) => go(`/inbox/${said.request}`), (why: Error) => {
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
        <form class="panel ask" onSubmit={send} aria-label={t.ask.title}>
            <h2>{t.ask.title}</h2>
            <fieldset>
                <legend>{t.ask.portions}</legend>
                <ul class="choices">{report.portions.map((p) => (
                    <li key={p.id}><label><input type="checkbox" checked={ids.has(p.id)} onChange={() => toggle(p.id)} /><span class="number">{p.n}</span><Mark text={p.mark} /></label></li>
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
                <button type="submit" class="primary" disabled={busy || ids.size === 0 || !reason.trim() || !target}>{t.ask.send(ids.size, whom === 'me' ? t.ask.me : target)}</button>
                <button type="button" onClick={close}>{t.decide.cancel}</button>
            </div>
        </form>
    );
}
