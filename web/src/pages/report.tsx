// SPDX-License-Identifier: Apache-2.0
// report.tsx: one report: its text by portions, who knows what, the path of its copies, what was said about it.
import { useEffect, useState } from 'preact/hooks';
import type { Schemas } from '../api.ts';
import { digits, go, useApp, useKeys, useLoaded, useTitle } from '../app.ts';
import { takeOut } from '../carry.ts';
import { shortOf, visible, when } from '../format.ts';
import { type OpenReport, openReport } from '../open.ts';
import type { OpenPortion } from '../package.ts';
import { Content } from '../parts/content.tsx';
import { Banner, Link, Load, Mark, Trouble } from '../parts/parts.tsx';
import { t } from '../text.ts';
import { Ask } from './ask.tsx';
import { EntryPage } from './entry.tsx';
import { EvidencePage } from './evidence.tsx';
import { Knows } from './knows.tsx';
import { Path } from './path.tsx';
import { Timeline } from './timeline.tsx';

const TABS = ['text', 'knows', 'path', 'timeline', 'evidence'] as const;
const SHOWN = [...TABS, 'entry'] as const; // one entry: what a line of the others leads to

const RETRY_MS = 5000; // while a key can't be had

type Derived = Schemas['Report']['derived_from'][number];

// What it rests on of others', by its originator's word: theirs to say where it goes.
function Cites({ row }: { row: Derived }) {
    const words = t.cited.cites(row.n === undefined ? t.cited.some(shortOf(row.report)) : `${shortOf(row.report)}/${row.n}`, row.originator);
    return <li class="quiet">{row.n === undefined ? words : <Link to={`/reports/${row.report}`}>{words}</Link>}{row.mark && <> <Mark text={row.mark} /></>}{row.recalled && <>, {t.cited.recalled(when(row.recalled))}</>}</li>;
}

function Portion({ p, short, cites, askable, ask }: { p: OpenPortion; short: string; cites: Derived[]; askable: boolean; ask: () => void }) {
    return (
        <article class={`portion ${p.state === 'open' ? '' : 'portion-withheld'}`} id={`portion-${p.n}`} tabIndex={-1} aria-label={`${p.n}`}>
            <div class="margin"><span class="number">{p.n}</span><Mark text={p.mark} /></div>
            {p.state === 'open'
                ? <div class="content"><Content p={p} short={short} />{p.differs && <p class="quiet">{t.report.differs}</p>}</div>
                : <div class="hatched"><p><strong>{p.state === 'sealed' ? t.report.sealed : t.report.withheld}</strong>{(p.why || p.reason) && `: ${visible(p.why || p.reason)}`}</p>{askable && <button type="button" onClick={ask}>{t.report.ask}</button>}</div>}
            {cites.length > 0 && <ul class="cites">{cites.map((row) => <Cites key={`${row.originator} ${row.portion}`} row={row} />)}</ul>}
        </article>
    );
}

// The roll-up of what is open: the strictest level, and every compartment and control that occurs.
function bannerOf(report: OpenReport): string {
    const open = [...(report.title ? [report.title] : []), ...report.portions].filter((p) => p.state === 'open');
    if (open.length === 0) return '';
    // what is not TLP alone rolls up by rules of its own: then the banner of the whole, which is never too mild
    if (open.length === report.portions.length + (report.title ? 1 : 0) || open.some((p) => !p.mark.startsWith('TLP:'))) return report.view.banner;
    const order = ['TLP:CLEAR', 'TLP:GREEN', 'TLP:AMBER', 'TLP:AMBER+STRICT', 'TLP:RED'];
    const parts = open.map((p) => p.mark.split('//'));
    const level = Math.max(...parts.map((part) => order.indexOf(part[0] ?? '')));
    const rest = [...new Set(parts.flatMap((part) => part.slice(1)))].filter((part) => part !== 'TEARLINE');
    return [order[level] ?? '', ...rest.filter((part) => part.includes('/')), ...rest.filter((part) => !part.includes('/'))].join('//');
}

function Text({ report, ask, open: start }: { report: OpenReport; ask: (ids: string[]) => void; open: (() => void) | null }) {
    const open = report.portions.filter((p) => p.state === 'open' && p.entry !== 'public');
    const entry = open.map((p) => p.entry).filter(Boolean).at(-1) ?? '';
    const givers = [...new Set(open.map((p) => p.giver).filter(Boolean))];
    const own = report.view.own || report.view.stray;
    // none, where all that is here came from him
    const passedBy = (giver: string) => (report.portions.every((p) => p.giver === giver) ? [] : report.portions.filter((p) => p.giver === giver).map((p) => p.n));
    return (
        <div class="text">
            {report.view.stray && <p class="note">{t.report.stray} {start && <button type="button" onClick={start}>{t.report.openStray}</button>}</p>}
            {givers.map((giver) => <p class="note" key={giver}>{t.report.passed(giver, report.originator, passedBy(giver))}{report.untold && <> {t.report.untold}</>}</p>)}
            {report.portions.map((p) => <Portion key={p.id} p={p} short={report.view.short} cites={report.view.derived_from.filter((row) => row.in === p.id)} askable={!own && p.reason !== 'unreachable' && p.reason !== 'no-proof' && p.reason !== 'tampered' && p.giver === ''} ask={() => ask([p.id])} />)}
            {open.length > 0 && <p class="quiet briefed">{t.report.briefed(open.map((p) => p.n).join(', '), entry)}</p>}
        </div>
    );
}

// Whose it is, and what else can be done with it.
function Head({ report }: { report: OpenReport }) {
    const { api, roles } = useApp();
    const { view } = report;
    const [said, say] = useState('');
    const [error, fail] = useState<Error | null>(null);
    const at = `/reports/${view.report}`;
    const links = view.own
        ? roles.some((role) => role === 'author' || role === 'officer') ? [[`${at}/tell`, t.tell.link], [`${at}/recall`, t.recall.link]] : []
        : roles.includes('authority') && !view.stray ? [[`${at}/override`, t.tell.overrideLink]] : [];
    const carry = () => takeOut(api, view).then((names) => say(t.carry.out(names, report.originator)), fail);
    return (
        <>
            <p class="quiet actions"><span>{t.report.from} {report.originator}</span><span>{when(view.at)}</span>
                {links.map(([to = '', what]) => <Link key={to} to={to}>{what}</Link>)}{!view.own && <button type="button" class="as-link" onClick={() => void carry()}>{t.carry.save}</button>}</p>
            {said && <p class="quiet" role="status">{said}</p>}
            {error && <Trouble error={error} />}
        </>
    );
}

// What its originator took back while it was open is closed here, too.
function withoutRecalled(report: OpenReport | null, recalled: Set<string>): OpenReport | null {
    if (!report || recalled.size === 0) return report;
    const close = (p: OpenPortion): OpenPortion => (recalled.has(p.id) ? { ...p, state: 'withheld', text: '', bytes: null, reason: 'recalled', why: t.report.recalled } : p);
    return { ...report, title: report.title && close(report.title), portions: report.portions.map(close) };
}

export function Report({ id, tab }: { id: string; tab: string }) {
    const { api, inboxVersion } = useApp();
    const [asking, ask] = useState<string[] | null>(null);
    const [wanted, want] = useState(false);
    const shown = SHOWN.find((one) => one === tab) ?? 'text';
    const view = useLoaded(() => api.report(id), [id, inboxVersion]);
    // reading is a briefing: keys are asked for where the text is shown, once; of what was made for somebody else, not unasked
    const ready = view.value !== null && (!view.value.stray || wanted);
    const [reads, read] = useState(false);
    useEffect(() => {
        if (shown === 'text' && ready) read(true);
    }, [shown, ready]);
    const loaded = useLoaded(() => openReport(api, id, reads), [id, reads]);
    const waits = loaded.value?.portions.some((p) => p.reason === 'unreachable') === true;
    useEffect(() => {
        const timer = waits ? setInterval(loaded.again, RETRY_MS) : 0;
        return () => clearInterval(timer);
    }, [waits]);
    const recalled = new Set((view.value?.portions ?? []).filter((p) => p.recalled).map((p) => p.id));
    const report = withoutRecalled(loaded.value, recalled);
    useTitle(report?.view.short ?? '');
    const focus = (n: number) => document.getElementById(`portion-${n}`)?.focus();
    useKeys({
        ...digits(focus),
        a: () => report && !report.view.own && ask(report.portions.filter((p) => p.state === 'withheld' && p.giver === '').map((p) => p.id)),
        Escape: () => (asking ? ask(null) : go('/reports')),
    });
    return (
        <Load from={{ ...loaded, value: report }} lines={8} title={t.nav.reports}>{(r) => (
            <section class="report" aria-label={r.view.short}>
                <Banner text={bannerOf(r)} edge="top" />
                <header class="head">
                    <h1><span class="id">{r.view.short}</span> {r.title?.state === 'open' ? visible(r.title.text) : reads && <em>{t.report.untitled}</em>} {r.title && reads && <Mark text={r.title.mark} />}</h1>
                    <Head report={r} />
                </header>
                <nav class="tabs" aria-label={r.view.short}>
                    {TABS.map((one) => <Link key={one} to={`/reports/${id}${one === 'text' ? '' : `/${one}`}`} current={one === shown}>{t.report.tabs[one]}</Link>)}
                </nav>
                {shown === 'text' && <Text report={r} ask={ask} open={r.view.stray && !wanted ? () => want(true) : null} />}
                {shown === 'knows' && <Knows report={r} />}
                {shown === 'path' && <Path id={r.view.report} />}
                {shown === 'timeline' && <Timeline id={r.view.report} />}
                {shown === 'entry' && <EntryPage id={r.view.report} />}
                {shown === 'evidence' && <EvidencePage report={r} />}
                {asking && <Ask report={r} chosen={asking} close={() => ask(null)} />}
                <Banner text={bannerOf(r)} edge="bottom" />
            </section>
        )}</Load>
    );
}
