// SPDX-License-Identifier: Apache-2.0
// knows.tsx: persons by portions: a shape and a word in each cell, totals below.
import { type Schemas } from '../api.ts';
import { useApp, useLoaded } from '../app.ts';
import { when } from '../format.ts';
import { type OpenReport, fetchCard } from '../open.ts';
import { Empty, Load, Mark } from '../parts/parts.tsx';
import { t } from '../text.ts';

type Answer = Schemas['Knowers'];
type Cell = Schemas['KnowerCell'];

function CellOf({ cell }: { cell: Cell | undefined }) {
    if (!cell) return <td />;
    const [shape, word] = t.knows.states[cell.state] ?? ['', cell.state];
    const more = [word, when(cell.at), cell.entry && `${t.report.entry} ${cell.entry}`].filter(Boolean).join(', ');
    return <td class={`cell cell-${cell.state}`} title={more}><span aria-hidden="true">{shape}</span> <span class="cell-word">{word}</span>{cell.at && <span class="cell-time">{when(cell.at)}</span>}</td>;
}

function Matrix({ answer }: { answer: Answer }) {
    return (
        <div class="scroll" role="region" aria-label={t.knows.title} tabIndex={0}>
            <table class="matrix">
                <thead><tr><th scope="col">{t.knows.person}</th>{answer.portions.map((p) => <th key={p.n} scope="col"><span class="number">{p.n}</span> <Mark text={p.mark} /></th>)}</tr></thead>
                <tbody>{answer.persons.map((row) => (
                    <tr key={`${row.person}${row.words}${row.organisation}`}><th scope="row">{row.person || row.words}<span class="quiet"> {row.organisation}</span></th>
                        {answer.portions.map((p) => <CellOf key={p.n} cell={row.cells.find((c) => c.n === p.n)} />)}</tr>
                ))}</tbody>
                <tfoot><tr><th scope="row">{t.knows.total}</th>{answer.portions.map((p) => {
                    const total = answer.totals.find((one) => one.n === p.n);
                    return <td key={p.n}>{total ? `${total.briefed} read, ${total.told} told` : ''}</td>;
                })}</tr></tfoot>
            </table>
        </div>
    );
}

export function Knows({ report }: { report: OpenReport }) {
    const { api } = useApp();
    const loaded = useLoaded(async () => {
        const ours = report.originator === api.device.home.domain;
        const url = ours ? api.device.home.url : (await fetchCard(api, report.originator)).url;
        const init = { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ report: report.view.report }) };
        return await (await api.call('POST', ours ? '/v1/knowers' : `/relay/v1/${report.originator}/knowers`, init, `${url}/v1/knowers`, report.originator)).json() as Answer;
    }, [report.view.report]);
    return (
        <Load from={loaded} lines={6}>{(answer) => (
            <>
                {answer.persons.length === 0 ? <Empty>{t.knows.empty}</Empty> : <Matrix answer={answer} />}
                {answer.truncated && <p class="note">{t.knows.truncated}</p>}
                <p class="quiet">{t.report.asOf} {when(answer.at)}. {t.report.limit}</p>
            </>
        )}</Load>
    );
}
