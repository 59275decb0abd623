// SPDX-License-Identifier: Apache-2.0
// second.tsx: what waits for a second person: everything that he agrees to, and his answer under his own name; who made it can take it back.
import { useState } from 'preact/hooks';
import type { Schemas } from '../api.ts';
import { go, useApp, useKeys, useLoaded, useNow, useTitle } from '../app.ts';
import { left, shortOf, visible, when } from '../format.ts';
import { Link, Load, Mark, Trouble } from '../parts/parts.tsx';
import { t } from '../text.ts';

type Second = Schemas['Second'];

function Waiting({ s, again }: { s: Second; again: () => void }) {
    const { api } = useApp();
    const [reason, because] = useState('');
    const [busy, work] = useState(false);
    const [error, fail] = useState<Error | null>(null);
    const mine = s.person === api.device.person;
    const say = (state: string) => {
        work(true);
        fail(null);
        const body = { state, digest: s.digest, ...(s.package ? { package: s.package } : {}), ...(reason.trim() ? { reason: reason.trim() } : {}) };
        api.act('second', s.report, [], body, s.second).then(again, fail).finally(() => work(false));
    };
    return (
        <>
            <label class="field narrow-field">{t.second.reason}<input value={reason} autocomplete="off" onInput={(event) => because(event.currentTarget.value)} /></label>
            {error && <Trouble error={error} />}
            <p class="quiet">{t.second.note}</p>
            <div class="buttons">
                {mine && <button type="button" class="primary" disabled={busy} onClick={() => say('agreed')}>{t.second.agree(s.act, s.portions.filter((p) => p.n > 0).length, s.by)}</button>}
                {mine && <button type="button" class="danger" disabled={busy || !reason.trim()} onClick={() => say('refused')}>{t.second.refuse}</button>}
                {!mine && s.by === api.device.person && <button type="button" disabled={busy} onClick={() => say('withdrawn')}>{t.second.withdraw}</button>}
            </div>
        </>
    );
}

export function SecondPage({ id }: { id: string }) {
    const { api, inboxVersion } = useApp();
    const now = useNow();
    const loaded = useLoaded(() => api.get<Second>(`/v1/seconds/${id}`, 'portions'), [id, inboxVersion]);
    useTitle(loaded.value?.short ?? '');
    useKeys({ Escape: () => go('/inbox') });
    return (
        <Load from={loaded} lines={6} title={t.inbox.title}>{(s) => (
            <section class="list list-wide" aria-label={t.inbox.kinds.second}>
                <h1>{t.second.title(s.by, s.act, shortOf(s.report))}</h1>
                <p><span class={`state state-${s.state}`}>{t.second.states[s.state] ?? s.state}</span>{s.reason && ` ${visible(s.reason)}`}</p>
                <dl class="facts">
                    <dt>{t.second.who}</dt><dd>{s.person}</dd>
                    {s.asker && <><dt>{t.second.asker}</dt><dd>{s.asker}</dd></>}
                    <dt>{t.second.to}</dt><dd>{(s.holders ?? s.to).join(', ')}</dd>
                    {s.state === 'waiting' && <><dt>{t.second.until}</dt><dd>{when(s.until)} · {left(s.until, now).text}</dd></>}
                    {s.terms?.until && <><dt>{t.second.terms}</dt><dd>{when(s.terms.until)}</dd></>}
                    {s.terms?.note && <><dt>{t.decide.note}</dt><dd>{visible(s.terms.note)}</dd></>}
                </dl>
                <ul class="choices">{s.portions.map((p) => <li key={p.id}><span class="number">{p.n}</span> <Mark text={p.mark} /></li>)}</ul>
                {s.state === 'waiting' && <Waiting s={s} again={loaded.again} />}
                {s.state === 'agreed' && <p><Link to={`/reports/${s.report}`}>{t.write.open}</Link></p>}
            </section>
        )}</Load>
    );
}
