// SPDX-License-Identifier: Apache-2.0
// partners.tsx: partners and their record, as both sides compute it.
import type { Schemas } from '../api.ts';
import { back, go, useApp, useKeys, useLoaded, useRows, useTitle } from '../app.ts';
import { shortOf, when } from '../format.ts';
import { Empty, Link, Load } from '../parts/parts.tsx';
import { t } from '../text.ts';

type Partner = Schemas['Partner'];

// "given_by_alder.example" is a row `given by` with a number for each side.
function sorted(names: string[]): { rows: Map<string, Map<string, string>>; sides: string[] } {
    const [rows, sides] = [new Map<string, Map<string, string>>(), new Set<string>()];
    for (const name of names) {
        const at = name.lastIndexOf('_'); // none in a domain
        const [what, side] = [name.slice(0, at).replace('_s_by', '_in_seconds_by').replace(/_/g, ' '), name.slice(at + 1)];
        rows.set(what, (rows.get(what) ?? new Map<string, string>()).set(side, name));
        sides.add(side);
    }
    return { rows, sides: [...sides] };
}

// The list of statements behind each number.
const LISTS: Record<string, string> = {
    'given by': 'given', 'asked by': 'asked', 'granted to': 'granted', 'denied to': 'denied', 'silent to': 'silent', 'withdrawn by': 'withdrawn', 'overrides by': 'overrides', 'reviews open of': 'unreviewed',
    'objections to': 'objections', 'uncoordinated of': 'uncoordinated', 'uncoordinated open of': 'open', 'uncoordinated explained of': 'explained', 'uncoordinated attributed of': 'attributed', 'recalled by': 'recalled',
    'inquiries by': 'inquiries', 'unanswered by': 'unanswered',
};

const label = (what: string): string => t.partners.rows[what] ?? what;

function Count({ p, what, count }: { p: Partner; what: string; count: number | undefined }) {
    const list = LISTS[what];
    return count && list ? <Link to={`/partners/${p.domain}/${list}`} name={`${count}, ${label(what)}`}>{count}</Link> : <>{count}</>;
}

// Statements of the year, of either side.
function Statements({ p, name }: { p: Partner; name: string }) {
    const what = label(Object.keys(LISTS).find((one) => LISTS[one] === name) ?? name);
    const rows = p.list ?? [];
    return (
        <>
            <h2>{what} <span class="count">{rows.length}</span></h2>
            {rows.length === 0 ? <Empty>{t.partners.noneOf}</Empty> : (
                <div class="scroll" role="region" aria-label={what} tabIndex={0}><table class="plain">
                    <thead><tr>{t.partners.listed.map((head) => <th key={head} scope="col">{head}</th>)}</tr></thead>
                    <tbody>{rows.map((one) => <tr key={one.statement}><td>{when(one.at)}</td><th scope="row">{one.kind}</th><td>{one.iss}</td><td>{one.report && <Link to={`/reports/${one.report}`}>{shortOf(one.report)}</Link>}</td><td>{one.state}</td></tr>)}</tbody>
                </table></div>
            )}
            <p><Link to={`/partners/${p.domain}`}>{t.partners.whole}</Link></p>
        </>
    );
}

function Record({ p }: { p: Partner }) {
    if (!p.record) return null;
    const { d30, y1 } = p.record;
    const { rows, sides } = sorted(Object.keys(y1));
    return (
        <div class="scroll" role="region" aria-label={p.domain} tabIndex={0}><table class="plain">
            <thead>
                <tr><td />{sides.map((side) => <th key={side} scope="colgroup" colSpan={2}>{side}</th>)}</tr>
                <tr><td />{sides.map((side) => t.partners.columns.map((name) => <th key={side + name} scope="col">{name}</th>))}</tr>
            </thead>
            <tbody>{[...rows].map(([what, names]) => (
                <tr key={what}><th scope="row">{label(what)}</th>{sides.map((side) => [d30, y1].map((span, i) => <td key={side + String(i)}><Count p={p} what={what} count={span[names.get(side) ?? '']} /></td>))}</tr>
            ))}</tbody>
        </table></div>
    );
}

export function Partners({ domain, list }: { domain: string; list: string }) {
    const { api } = useApp();
    const loaded = useLoaded(() => api.partners(domain, list ? `?list=${encodeURIComponent(list)}` : domain && '?record=1'), [domain, list]);
    const rows = domain ? [] : loaded.value ?? [];
    const current = useRows(rows.length, (i) => rows[i] && go(`/partners/${rows[i].domain}`));
    useTitle(domain || t.partners.title);
    useKeys({ Escape: back });
    return (
        <section class="list list-wide" aria-label={t.partners.title}>
            <h1>{domain || t.partners.title}</h1>
            <Load from={loaded} lines={5}>{(partners) => (
                <>
                    {partners.length === 0 && <Empty>{t.partners.empty}</Empty>}
                    {domain ? partners.map((p) => <div key={p.domain}><p><span class="state">{p.state}</span>{t.partners.untold(p.not_yet_told)}</p>{list ? <Statements p={p} name={list} /> : <Record p={p} />}</div>) : (
                        <ul class="rows">{partners.map((p, i) => (
                            <li key={p.domain} class={`row ${i === current ? 'row-chosen' : ''}`}><Link to={`/partners/${p.domain}`}><span class="row-kind">{p.state}</span><span class="row-what"><span class="row-main">{p.domain}</span>
                                <span class="row-sub">{p.requests} {t.decide.asked}, {p.granted} {t.decide.settled.granted}, {p.denied} {t.decide.settled.denied}, {t.partners.overrides(p.overrides)}, {t.partners.uncoordinated(p.uncoordinated)}{t.partners.untold(p.not_yet_told)}</span></span></Link></li>
                        ))}</ul>
                    )}
                    <p class="quiet">{domain && !list ? `${t.partners.whose} ` : ''}{t.partners.same}</p>
                </>
            )}</Load>
        </section>
    );
}
