// SPDX-License-Identifier: Apache-2.0
// knows.tsx: persons by portions: a shape and a word in each cell, totals below. One grid with one stop for Tab: arrows move, Enter or a
// click opens the cell's proof.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { type Schemas } from '../api.ts';
import { go, useApp, useLoaded } from '../app.ts';
import { when } from '../format.ts';
import type { OpenReport } from '../open.ts';
import { Empty, Load } from '../parts/parts.tsx';
import { grid } from '../parts/grid.ts';
import { fetchCard } from '../seen.ts';
import { t } from '../text.ts';

type Answer = Schemas['Knowers'];
type Cell = Schemas['KnowerCell'];
type Row = Answer['persons'][0];

const wordOf = (cell: Cell): string => t.knows.states[cell.state]?.join(' ') ?? cell.state;

// Time, entry, who told, and a try that was refused before: for who stays on the cell.
function detail(cell: Cell | undefined): string {
    if (!cell) return t.knows.nothing;
    return [t.knows.states[cell.state]?.[1] ?? cell.state, when(cell.at), cell.by && t.knows.by(cell.by), cell.entry && `${t.report.entry} ${cell.entry}`, cell.reason,
        cell.refused && t.knows.refused(cell.refused.times, when(cell.refused.at), cell.refused.entry)].filter(Boolean).join(', ');
}

// script/bench desk: until the frame is shown that has the window's rows, and until all rows are there.
const measure = (name: string, came: number) => performance.measure(name, { start: came, end: performance.now() });

function Matrix({ answer, came, open }: { answer: Answer; came: number; open: (row: Row, cell: Cell | undefined, n: number) => void }) {
    const { api } = useApp();
    const [place, said] = [useRef<HTMLDivElement>(null), useRef<HTMLParagraphElement>(null)];
    useLayoutEffect(() => {
        const over = new AbortController();
        const rows = answer.persons;
        const head = (n: number) => answer.portions[n] as Answer['portions'][0];
        const whose = (i: number) => rows[i]?.person || rows[i]?.words || '';
        // a row is looked at when it is made, most of them after the first frame
        const cells: Map<number, Cell>[] = [];
        const cellAt = (i: number, j: number) => (cells[i] ??= new Map(rows[i]?.cells.map((cell) => [cell.n, cell]))).get(head(j).n);
        grid({
            label: t.knows.title, corner: t.knows.person, home: api.device.home.domain,
            columns: answer.portions.map((p) => ({ n: String(p.n), mark: p.mark })),
            rows: rows.map((row) => ({ name: row.person || row.words || '', more: row.person?.endsWith(`@${row.organisation}`) ? '' : row.organisation })),
            cell: (i, j) => {
                const cell = cellAt(i, j);
                return cell ? { text: wordOf(cell) + (cell.refused && cell.state !== 'refused' ? ` ${t.knows.after}` : ''), look: cell.state } : null;
            },
            foot: { name: t.knows.total, cell: (j) => {
                const total = answer.totals.find((one) => one.n === head(j).n);
                return total ? t.knows.totals(total.briefed, total.told) : '';
            } },
            chosen: (i, j) => {
                const cell = cellAt(i, j);
                const leads = rows[i]?.person ? t.knows.proof : cell?.entry ? t.knows.toEntry : '';
                if (said.current) said.current.textContent = `${whose(i)}, ${t.path.portion} ${head(j).n}: ${detail(cell)}${leads && `. ${leads}`}`;
            },
            open: (i, j) => {
                const row = rows[i];
                if (row) open(row, cellAt(i, j), head(j).n);
            },
        }, place.current as HTMLElement, { shown: () => measure('matrix', came), whole: () => measure('matrix-whole', came) }, over.signal);
        return () => over.abort();
    }, [answer]);
    return <><div class="scroll" ref={place} /><p class="quiet cell-detail" role="status" ref={said}>{t.knows.hint}</p></>;
}

export function Knows({ report }: { report: OpenReport }) {
    const { api } = useApp();
    const loaded = useLoaded(async () => {
        const whose = report.originator === api.device.home.domain ? api.device.home : await fetchCard(api, report.originator);
        const answer = await api.relay<Answer>(whose, 'knowers', { report: report.view.report });
        return { answer, came: performance.now() };
    }, [report.view.report]);
    // a partner's node counts portions as its own people see them: ids are what both have
    const number = (answer: Answer, n: number) => {
        const id = answer.portions.find((p) => p.n === n)?.id;
        return [...(report.title ? [report.title] : []), ...report.portions].find((p) => p.id === id)?.n ?? n;
    };
    // who is named in words only has no evidence of his own: the entry says that he was told; a refused try has one, too
    const open = (answer: Answer, row: Row, cell: Cell | undefined, n: number) => {
        const entry = cell?.entry || cell?.refused?.entry;
        const at = `/reports/${report.view.report}`;
        if (row.person) go(`${at}/evidence/${encodeURIComponent(row.person)}/${number(answer, n)}`);
        else if (entry && report.originator === api.device.home.domain) go(`${at}/entry/${entry}`);
    };
    return (
        <Load from={loaded} lines={6}>{({ answer, came }) => (
            <>
                {answer.persons.length === 0 ? <Empty>{t.knows.empty}</Empty> : <Matrix answer={answer} came={came} open={(row, cell, n) => open(answer, row, cell, n)} />}
                {answer.truncated && <p class="note">{t.knows.truncated}</p>}
                <p class="quiet">{t.report.asOf} {when(answer.at)}. {t.report.limit}</p>
            </>
        )}</Load>
    );
}
