// SPDX-License-Identifier: Apache-2.0
// cited.tsx: what a draft cites, and by whose leave it may go to whom; and the button that asks each originator for what is missing.
import { useState } from 'preact/hooks';
import { useApp } from '../app.ts';
import { type CitedPortion, type Leave, type Wanted, askFor, plan } from '../cite.ts';
import { shortOf, when } from '../format.ts';
import { t } from '../text.ts';
import { useFirst } from './first.tsx';
import { Link, Mark, Trouble } from './parts.tsx';

const SHOWN = 60;
const HOURS = [4, 24, 72];

function State({ leave }: { leave: Leave }) {
    const { state, request, request_state: was, due, until } = leave;
    const words = state === 'free' ? t.cited.free : state === 'granted' ? t.cited.granted(when(until)) : state === 'asked' ? t.cited.asked(when(due)) : t.cited.missing(was ? t.decide.settled[was] ?? was : '');
    return <>{words}{request && <>, <Link to={`/inbox/${request}`}>q-{shortOf(request)}</Link></>}</>;
}

function AskAll({ wanted, asked }: { wanted: Wanted[]; asked: () => void }) {
    const { api } = useApp();
    const [reason, because] = useState('');
    const [hours, within] = useState(24);
    const [busy, work] = useState(false);
    const [error, fail] = useState<Error | null>(null);
    const send = async (mine: Wanted[]) => {
        work(true);
        fail(null);
        const by = new Date(Date.now() + hours * 3600000).toISOString();
        try {
            for (const one of mine) await askFor(api, one, reason, by); // what was asked before one fails has been asked
        } catch (why) {
            fail(why as Error);
        }
        work(false);
        asked();
    };
    return (
        <>
            {wanted.length > 0 && (
                <>
                    <label class="field">{t.ask.reason}<textarea rows={2} value={reason} onInput={(event) => because(event.currentTarget.value)} /></label>
                    <label class="field">{t.ask.by}<select value={hours} onChange={(event) => within(Number(event.currentTarget.value))}>{HOURS.map((n) => <option key={n} value={n}>{t.ask.hours(n)}</option>)}</select></label>
                </>
            )}
            {error && <Trouble error={error} />}
            <div class="buttons">{[...new Set(wanted.map((one) => one.originator))].map((originator) => {
                const mine = wanted.filter((one) => one.originator === originator);
                const list = (of: (one: Wanted) => string[]) => [...new Set(mine.flatMap(of))].join(', ');
                return <button type="button" key={originator} disabled={busy || !reason.trim()} onClick={() => send(mine)}>{t.cited.ask(originator, list((one) => one.names), list((one) => [one.to]))}</button>;
            })}</div>
        </>
    );
}

export function Cited({ cited, asked }: { cited: CitedPortion[]; asked: () => void }) {
    const rows = cited.flatMap((one) => (one.leaves.length ? one.leaves : [null]).map((leave) => ({ one, leave })));
    const [shown, more] = useFirst(rows, SHOWN);
    if (cited.length === 0) return null;
    return (
        <section aria-label={t.cited.title}>
            <h2>{t.cited.title}</h2>
            <div class="scroll" role="region" aria-label={t.cited.table} tabIndex={0}><table class="plain cited">
                <thead><tr>{t.cited.columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
                <tbody>{shown.map(({ one, leave }) => (
                    <tr key={`${one.portion} ${leave?.to ?? ''}`}>
                        <th scope="row">{t.cited.portion(one.short, one.n, one.originator)} <Mark text={one.mark} /></th><td>{one.in.join(', ')}</td><td>{leave?.to}</td>
                        <td>{leave ? <State leave={leave} /> : t.write.needTo}</td>
                    </tr>
                ))}</tbody>
            </table></div>
            {more}
            <p class="quiet">{t.cited.note}</p>
            <AskAll wanted={plan(cited)} asked={asked} />
        </section>
    );
}
