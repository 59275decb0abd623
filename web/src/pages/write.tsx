// SPDX-License-Identifier: Apache-2.0
// write.tsx: a report's source, and beside it, while it is written, its banner, its faults at their lines, and who could read which portion
// by the own node's policy. It is sealed here; sharing ends in a named button.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Schemas } from '../api.ts';
import { leave, useApp, useKeys, useTitle } from '../app.ts';
import { type Answer, type Judged, judge, lookUp, missing } from '../cite.ts';
import { visible } from '../format.ts';
import { markText } from '../marking.ts';
import { Banner, Link, Trouble } from '../parts/parts.tsx';
import { type Chosen, Files } from '../parts/files.tsx';
import { Cited } from '../parts/cited.tsx';
import { Preview, Wordings } from '../parts/preview.tsx';
import { Drafts, useDraft } from '../parts/drafts.tsx';
import type { DraftText } from '../drafts.ts';
import { type Recipients, resolve, shareReport } from '../seal.ts';
import { type Fault, type Source, readRecipients, readSource } from '../source.ts';
import { t } from '../text.ts';

const PAUSE_MS = 250;

// ${value} once it has rested; at once where it is small.
function useRested<T>(value: T, ms: number): T {
    const [rested, rest] = useState(value);
    useEffect(() => {
        const timer = setTimeout(() => rest(value), ms);
        return () => clearTimeout(timer);
    }, [value, ms]);
    return rested;
}

interface Seen {
    of: string; // marks, citations and recipients that it was asked for
    answers: Answer[]; // about what is cited
    matrix: Schemas['Preview'] | null; // null: nobody is named, or something may not be cited
    whom: Recipients;
}

const rowsOf = (source: Source) => [{ n: 0, mark: markText(source.title.mark) }, ...source.portions.map((p) => ({ n: p.n, mark: markText(p.mark) }))];

// What the node's policy says; marks, citations and recipients alone are asked for, never text. An older question is given up. What may be cited can
// change, so that it is asked for again with every notice.
function usePreview(source: Source | null, to: string[]): { seen: Seen | null; error: Error | null; key: string; again: () => void } {
    const { api, inboxVersion } = useApp();
    const [round, again] = useState(0);
    const [seen, see] = useState<Seen | null>(null);
    const [error, fail] = useState<Error | null>(null);
    const cites = source ? source.written.flatMap((p) => p.citations.map((one) => [p.n, one.originator, one.report, one.n, one.line])) : [];
    const key = source && (to.length || cites.length) ? JSON.stringify([to, rowsOf(source), source.title.marked, cites]) : '';
    useEffect(() => {
        fail(null);
        if (!key || !source) return undefined;
        const stop = new AbortController();
        const ask = async () => {
            const whom = await resolve(api, to);
            const answers = await lookUp(api, source, whom.holders, stop.signal);
            const judged = judge(source, answers, api.device.home.domain).source;
            let matrix: Schemas['Preview'] | null = null;
            if (judged && to.length) matrix = await api.post<Schemas['Preview']>('/v1/preview', { to: whom.holders, portions: rowsOf(judged) }, { signal: stop.signal });
            if (!stop.signal.aborted) see({ of: key, answers, matrix, whom });
        };
        ask().catch((why: Error) => {
            if (!stop.signal.aborted) fail(why);
        });
        return () => stop.abort();
    }, [key, cites.length ? inboxVersion : 0, round]);
    return { seen: key && seen?.of === key ? seen : null, error, key, again: () => again((n) => n + 1) };
}

function Faults({ faults, show }: { faults: Fault[]; show: (line: number) => void }) {
    if (faults.length === 0) return null;
    return (
        <section aria-label={t.write.faults(faults.length)}>
            <h2>{t.write.faults(faults.length)}</h2>
            <ul class="faults">{faults.map((f, i) => <li key={i}>{f.line > 0 && <button type="button" onClick={() => show(f.line)}>{t.write.at(f.line)}</button>} {visible(f.what)}</li>)}</ul>
        </section>
    );
}

function Sent({ said, again }: { said: Schemas['Shared']; again: () => void }) {
    const heading = useRef<HTMLHeadingElement>(null);
    useEffect(() => heading.current?.focus(), []);
    return (
        <section class="list list-wide" role="status">
            <h1 tabIndex={-1} ref={heading}>{said.waits ? t.write.waits(said.waits.person) : t.write.sent}</h1>
            {said.waits && <p><Link to={`/seconds/${said.waits.second}`}>{t.write.whatWaits}</Link></p>}
            {!said.waits && <p><Link to={`/reports/${said.report}`}>{t.write.open}</Link></p>}
            <p><button type="button" onClick={again}>{t.write.another}</button></p>
        </section>
    );
}

const EMPTY: DraftText = { to: '', second: '', noHeld: false, source: '' };

export function Write() {
    const { api } = useApp();
    const [text, write] = useState<DraftText>(EMPTY);
    const [files, attach] = useState<Chosen[]>([]);
    const [busy, work] = useState(false);
    const [error, fail] = useState<Error | null>(null);
    const [sent, say] = useState<Schemas['Shared'] | null>(null);
    const area = useRef<HTMLTextAreaElement>(null);
    const go = (opened: DraftText) => {
        write(opened);
        area.current?.focus(); // the button that was pressed is gone
    };
    const draft = useDraft(text, go, sent === null && !busy);
    const rested = useRested(text.source, PAUSE_MS);
    const restedTo = useRested(text.to, PAUSE_MS);
    const { source, faults, banner } = useMemo(() => (rested.trim() || files.length ? readSource(rested, api.device.home.domain, files) : { source: null, faults: [], banner: '' }), [rested, files]);
    const { to, wrong } = useMemo(() => readRecipients(restedTo), [restedTo]);
    const preview = usePreview(source, wrong ? [] : to);
    const second = text.second.trim();
    const { seen } = preview;
    const cites = source !== null && source.written.some((p) => p.citations.length > 0);
    // marks are what they are with what is cited; until the node has said, nothing is shown as if it were milder
    const judged = useMemo<Judged | null>(() => (source && (!cites || seen) ? judge(source, seen?.answers ?? [], api.device.home.domain) : null), [source, seen]);
    const shown = judged?.source ?? null;
    const waits = missing(judged?.cited ?? []);
    const current = rested === text.source && restedTo === text.to && shown !== null && seen !== null && seen.matrix !== null;
    useTitle(t.write.title);
    useKeys({ Escape: leave });
    const show = (line: number) => {
        const lines = text.source.split('\n');
        const at = lines.slice(0, line - 1).reduce((n, one) => n + one.length + 1, 0);
        area.current?.focus();
        area.current?.setSelectionRange(at, at + (lines[line - 1]?.length ?? 0));
    };
    const send = () => {
        if (!current || !shown || !judged || !seen || waits || busy) return;
        work(true);
        fail(null);
        // the author signs for those whom he saw in the preview
        shareReport(api, shown, seen.whom, { second, noHeld: text.noHeld, derived: judged.derived }).then(async (said) => {
            await draft.end().catch(() => {});
            attach([]);
            say(said);
        }, fail).finally(() => work(false));
    };
    if (sent) return <Sent said={sent} again={() => { write(EMPTY); say(null); }} />;
    const holders = seen?.whom.holders ?? [];
    const [whole, none] = cites ? [shown?.banner ?? '', judged ? t.write.unmarked : t.write.checking] : [banner, t.write.unmarked];
    const whom = holders.length === 1 ? holders[0] ?? '' : t.write.organisations(holders.length);
    return (
        <div class="write">
            <section aria-label={t.write.title}>
                <h1>{t.write.title}</h1>
                <label class="field">{t.write.to}<input value={text.to} autocomplete="off" spellcheck={false} onInput={(event) => write({ ...text, to: event.currentTarget.value })} /></label>
                {wrong && <p class="urgent" role="alert">{t.write.wrongTo(visible(wrong))}</p>}
                <label class="field">{t.write.source}<textarea ref={area} class="source" rows={20} spellcheck={false} placeholder={t.write.hint} value={text.source} onInput={(event) => write({ ...text, source: event.currentTarget.value })} /></label>
                <Files files={files} set={attach} />
                <label class="field">{t.write.second}<input value={text.second} autocomplete="off" spellcheck={false} onInput={(event) => write({ ...text, second: event.currentTarget.value })} /></label>
                <label class="tick"><input type="checkbox" checked={text.noHeld} onChange={() => write({ ...text, noHeld: !text.noHeld })} /> {t.write.noHeld}</label>
                <Drafts draft={draft} />
            </section>
            <section aria-label={t.write.banner}>
                <Banner text={whole} edge="top" none={none} />
                <Faults faults={[...faults, ...judged?.faults ?? []]} show={show} />
                {preview.error && <Trouble error={preview.error} />}
                {shown && judged ? <><Preview source={shown} matrix={seen?.matrix ?? null} asked={to.length > 0} /><Wordings source={shown} /><Cited cited={judged.cited} asked={preview.again} /></> : faults.length === 0 && !judged && <p class="empty">{cites ? t.write.checking : t.write.empty}</p>}
                {error && <Trouble error={error} />}
                {shown && (
                    <>
                        <p class="quiet">{t.write.final}</p>
                        <div class="buttons"><button type="button" class="primary" disabled={!current || waits > 0 || busy} onClick={send}>{busy ? t.write.sealing : !to.length ? t.write.needTo : !current ? t.write.checking : waits ? t.cited.blocked(waits) : t.write.share(shown.portions.length, whom)}</button></div>
                    </>
                )}
                <Banner text={whole} edge="bottom" none={none} />
            </section>
        </div>
    );
}
