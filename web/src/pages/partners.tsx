// SPDX-License-Identifier: Apache-2.0
// partners.tsx: partners and their record, as both sides compute it.
import { useApp, useKeys, useLoaded, useTitle } from '../app.ts';
import { Empty, Link, Load } from '../parts/parts.tsx';
import { t } from '../text.ts';

interface Partner {
    domain: string;
    state: string;
    requests: number;
    granted: number;
    denied: number;
    silent: number;
    overrides: number;
    uncoordinated: number;
    recalls_open: number;
    record?: { d30: Record<string, number>; y1: Record<string, number> };
}

function Record({ p }: { p: Partner }) {
    if (!p.record) return null;
    const { d30, y1 } = p.record;
    return (
        <div class="scroll" role="region" aria-label={p.domain} tabIndex={0}><table class="plain">
            <thead><tr><th scope="col" /><th scope="col">{t.partners.columns[0]}</th><th scope="col">{t.partners.columns[1]}</th></tr></thead>
            <tbody>{Object.keys(y1).map((name) => <tr key={name}><th scope="row">{name.replace(/_/g, ' ')}</th><td>{d30[name]}</td><td>{y1[name]}</td></tr>)}</tbody>
        </table></div>
    );
}

export function Partners({ domain }: { domain: string }) {
    const { api } = useApp();
    const loaded = useLoaded(() => api.get<{ partners: Partner[] }>(domain ? `/v1/partners/${domain}?record=1` : '/v1/partners'), [domain]);
    useTitle(domain || t.partners.title);
    useKeys({ Escape: () => history.back() });
    return (
        <section class="list list-wide" aria-label={t.partners.title}>
            <h1>{domain || t.partners.title}</h1>
            <Load from={loaded} lines={5}>{({ partners }) => (
                <>
                    {partners.length === 0 && <Empty>{t.partners.empty}</Empty>}
                    {domain ? partners.map((p) => <div key={p.domain}><p><span class="state">{p.state}</span></p><Record p={p} /></div>) : (
                        <ul class="rows">{partners.map((p) => (
                            <li key={p.domain} class="row"><Link to={`/partners/${p.domain}`}><span class="row-kind">{p.state}</span><span class="row-what"><span class="row-main">{p.domain}</span>
                                <span class="row-sub">{p.requests} {t.decide.asked}, {p.granted} {t.decide.settled.granted}, {p.denied} {t.decide.settled.denied}, {p.overrides} overrides, {p.uncoordinated} uncoordinated</span></span></Link></li>
                        ))}</ul>
                    )}
                    <p class="quiet">{t.partners.same}</p>
                </>
            )}</Load>
        </section>
    );
}
