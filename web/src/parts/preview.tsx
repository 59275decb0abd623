// SPDX-License-Identifier: Apache-2.0
// preview.tsx: portion x reader. Of a thousand portions only the rows in sight are drawn.
import { useState } from 'preact/hooks';
import type { Schemas } from '../api.ts';
import { visible } from '../format.ts';
import { markText } from '../marking.ts';
import type { Source } from '../source.ts';
import { t } from '../text.ts';
import { useFirst } from './first.tsx';
import { Mark } from './parts.tsx';

const ROW_PX = 36;
const SHOWN = 14;
const SPARE = 4;
const SHAPES: Record<string, string> = { yes: '●', some: '◐', no: '–' };

const DIFFER_SHOWN = 20;
const UNREAD_SHOWN = 3;

function Places({ p }: { p: Source['portions'][0] }) {
    const [shown, more] = useFirst(p.wordings, DIFFER_SHOWN);
    return <li>{t.write.differ(p.n, p.wordings.length)} {shown.map((w, i) => <span key={i} class="wording">{visible(w.first)} <span aria-hidden="true">|</span> {visible(w.second)}</span>)}{more}</li>;
}

// What each holder's copy has one wording of.
export function Wordings({ source }: { source: Source }) {
    const all = source.portions.filter((p) => p.wordings.length > 0);
    const [shown, more] = useFirst(all, DIFFER_SHOWN);
    if (all.length === 0) return null;
    return (
        <section aria-label={t.write.differing}>
            <h2>{t.write.differing}</h2>
            <ul class="wordings">{shown.map((p) => <Places key={p.n} p={p} />)}</ul>
            {more}
            <p class="quiet">{t.write.differNote}</p>
        </section>
    );
}

// The first label of a domain, the name of a person: what fits over a column; whole where two would look the same.
const shortName = (who: string): string => who.split(/[.@]/)[0] || who;

export function Preview({ source, matrix, asked }: { source: Source; matrix: Schemas['Preview'] | null; asked: boolean }) {
    const [top, scroll] = useState(0);
    const rows = [{ n: 0, mark: source.title.mark }, ...source.portions];
    const from = Math.max(0, Math.min(rows.length - 1, Math.floor(top / ROW_PX)) - SPARE);
    const until = Math.min(rows.length, from + SHOWN + 2 * SPARE);
    const heads = matrix?.portions[0]?.columns.map((column, i) => (i === 1 ? t.write.others : column.who)) ?? [];
    const columnOf = (who: string) => (heads.filter((other) => shortName(other) === shortName(who)).length > 1 ? who : shortName(who));
    const beyond = (code: string) => t.write.beyondWords[code] ?? t.write.ask;
    const unread: [string, number[]][] = heads.slice(2).map((who, i) => [who, rows.flatMap(({ n, mark }, at) => (!mark.hidden && matrix?.portions[at]?.columns[i + 2]?.may === 'no' ? [n] : []))] as [string, number[]]).filter(([, list]) => list.length > 0);
    const [told, more] = useFirst(unread, UNREAD_SHOWN);
    return (
        <>
            <h2>{t.write.readers}</h2>
            {!matrix && <p class="quiet">{asked ? t.write.checking : t.write.needTo}</p>}
            <div class="preview" role="region" aria-label={t.write.readers} tabIndex={0} onScroll={(event) => scroll(event.currentTarget.scrollTop)}>
                <table class="plain" aria-rowcount={rows.length + 1}>
                    <thead><tr><th scope="col">{t.write.portion}</th>{heads.map((who, i) => <th key={i} scope="col" title={who}>{columnOf(who)}</th>)}{matrix && <th scope="col">{t.write.beyond}</th>}</tr></thead>
                    <tbody>
                        {from > 0 && <tr aria-hidden="true" style={{ height: `${from * ROW_PX}px` }} />}
                        {rows.slice(from, until).map((row, i) => {
                            const said = matrix?.portions[from + i];
                            return (
                                <tr key={row.n} class="preview-row" aria-rowindex={from + i + 2}>
                                    <th scope="row"><span class="number">{row.n}</span> <Mark text={markText(row.mark)} /></th>
                                    {said?.columns.map((cell, j) => <td key={j} title={cell.text}>{SHAPES[cell.may]} {t.write.cells[cell.may]}</td>)}
                                    {said && <td title={said.beyond_text}>{beyond(said.beyond)}</td>}
                                </tr>
                            );
                        })}
                        {until < rows.length && <tr aria-hidden="true" style={{ height: `${(rows.length - until) * ROW_PX}px` }} />}
                    </tbody>
                </table>
            </div>
            {matrix && <p class="quiet">{t.write.note}</p>}
            {told.map(([who, list]) => <p key={who} class="quiet">{t.write.exists(who, list.length > 12 ? `${list.slice(0, 12).join(', ')} …` : list.join(', '))}</p>)}
            {more}
        </>
    );
}
