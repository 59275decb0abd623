// SPDX-License-Identifier: Apache-2.0
// report.tsx: one report: its text by portions, who knows what, the path of its copies, what was said about it.
import { useState } from 'preact/hooks';
import { go, useApp, useKeys, useLoaded, useTitle } from '../app.ts';
import { visible, when } from '../format.ts';
import { Markdown } from '../markdown.tsx';
import { type OpenPortion, type OpenReport, openReport } from '../open.ts';
import { Banner, Link, Load, Mark } from '../parts/parts.tsx';
import { t } from '../text.ts';
import { Ask } from './ask.tsx';
import { Knows } from './knows.tsx';
import { Path } from './path.tsx';
import { Timeline } from './timeline.tsx';

const TABS = ['text', 'knows', 'path', 'timeline'] as const;

function Portion({ p, askable, ask }: { p: OpenPortion; askable: boolean; ask: () => void }) {
    return (
        <article class={`portion ${p.state === 'open' ? '' : 'portion-withheld'}`} id={`portion-${p.n}`} tabIndex={-1} aria-label={`${p.n}`}>
            <div class="margin"><span class="number">{p.n}</span><Mark text={p.mark} /></div>
            {p.state === 'open'
                ? <div class="content"><Markdown text={p.text} />{p.differs && <p class="quiet">{t.report.differs}</p>}</div>
                : <div class="hatched"><p><strong>{t.report.withheld}</strong>: {p.why || p.reason}</p>{askable && <button type="button" onClick={ask}>{t.report.ask}</button>}</div>}
        </article>
    );
}

// The roll-up of what is open: the strictest level, and every compartment and control that occurs.
function bannerOf(report: OpenReport): string {
    const open = [...(report.title ? [report.title] : []), ...report.portions].filter((p) => p.state === 'open');
    if (open.length === 0) return '';
    if (open.length === report.portions.length + (report.title ? 1 : 0)) return report.view.banner;
    const order = ['TLP:CLEAR', 'TLP:GREEN', 'TLP:AMBER', 'TLP:AMBER+STRICT', 'TLP:RED'];
    const parts = open.map((p) => p.mark.split('//'));
    const level = Math.max(...parts.map((part) => order.indexOf(part[0] ?? '')));
    const rest = [...new Set(parts.flatMap((part) => part.slice(1)))].filter((part) => part !== 'TEARLINE');
    return [order[level] ?? '', ...rest.filter((part) => part.includes('/')), ...rest.filter((part) => !part.includes('/'))].join('//');
}

function Text({ report, ask }: { report: OpenReport; ask: (ids: string[]) => void }) {
    const open = report.portions.filter((p) => p.state === 'open' && p.entry !== 'public');
    const entry = open.map((p) => p.entry).filter(Boolean).at(-1) ?? '';
    const own = report.view.own || report.view.stray;
    return (
        <div class="text">
            {report.view.stray && <p class="note">{t.report.stray}</p>}
            {report.portions.map((p) => <Portion key={p.id} p={p} askable={!own && p.reason !== 'no-proof' && p.reason !== 'tampered'} ask={() => ask([p.id])} />)}
            {open.length > 0 && <p class="quiet">{t.report.briefed(open.map((p) => p.n).join(', '), entry)}</p>}
        </div>
    );
}

export function Report({ id, tab }: { id: string; tab: string }) {
    const { api } = useApp();
    const loaded = useLoaded(() => openReport(api, id), [id]);
    const [asking, ask] = useState<string[] | null>(null);
    const shown = TABS.find((one) => one === tab) ?? 'text';
    const report = loaded.value;
    useTitle(report?.view.short ?? '');
    const focus = (n: number) => document.getElementById(`portion-${n}`)?.focus();
    useKeys({
        ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [String(i + 1), () => focus(i + 1)])),
        a: () => report && !report.view.own && ask(report.portions.filter((p) => p.state === 'withheld').map((p) => p.id)),
        Escape: () => (asking ? ask(null) : go('/reports')),
    });
    return (
        <Load from={loaded} lines={8}>{(r) => (
            <section class="report" aria-label={r.view.short}>
                <Banner text={bannerOf(r)} edge="top" />
                <header class="head">
                    <h1><span class="id">{r.view.short}</span> {r.title?.state === 'open' ? visible(r.title.text) : <em>{t.report.untitled}</em>} {r.title && <Mark text={r.title.mark} />}</h1>
                    <p class="quiet">{t.report.from} {r.originator} · {when(r.view.at)}</p>
                </header>
                <nav class="tabs" aria-label={r.view.short}>
                    {TABS.map((one) => <Link key={one} to={`/reports/${id}${one === 'text' ? '' : `/${one}`}`} current={one === shown}>{t.report.tabs[one]}</Link>)}
                </nav>
                {shown === 'text' && <Text report={r} ask={ask} />}
                {shown === 'knows' && <Knows report={r} />}
                {shown === 'path' && <Path id={r.view.report} />}
                {shown === 'timeline' && <Timeline id={r.view.report} />}
                {asking && <Ask report={r} chosen={asking} close={() => ask(null)} />}
                <Banner text={bannerOf(r)} edge="bottom" />
            </section>
        )}</Load>
    );
}
