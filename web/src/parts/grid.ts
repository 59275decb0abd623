// SPDX-License-Identifier: Apache-2.0
// grid.ts: a large table of plain cells, made without a component for each: a shape and a word in every cell, one stop for Tab, arrows
// between cells, one listener for all. The rows and columns of the first window are there at once, the others a few milliseconds later, in
// slices; whoever prints, or moves with a key, before that gets all of them then. Rows are boxes of their own (style.css), so that those outside
// of the window cost no layout and no paint until they come into view; all are in the document, for searching and for screen readers.
// Roles are written out, since a table whose rows are no table rows loses them.
import { breaks, label, mark } from '../format.ts';

export interface Grid {
    label: string;
    corner: string;
    home: string; // whose compartments are written bare
    columns: { n: string; mark: string }[];
    rows: { name: string; more: string }[];
    cell(i: number, j: number): { text: string; look: string } | null;
    foot: { name: string; cell(j: number): string };
    chosen(i: number, j: number): void;
    open(i: number, j: number): void;
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, look: string, text: string): HTMLElementTagNameMap[K] {
    const e = document.createElement(tag);
    if (look) e.className = look;
    if (text) e.textContent = text;
    return e;
}

function heading(tag: 'col' | 'row', ...inside: (Node | string)[]): HTMLTableCellElement {
    const th = document.createElement('th');
    th.scope = tag;
    th.setAttribute('role', tag === 'col' ? 'columnheader' : 'rowheader');
    th.append(...inside);
    return th;
}

function line(...cells: Node[]): HTMLTableRowElement {
    const row = element('tr', '', '');
    row.setAttribute('role', 'row');
    row.append(...cells);
    return row;
}

function section(tag: 'thead' | 'tbody' | 'tfoot', ...rows: Node[]): HTMLTableSectionElement {
    const part = element(tag, '', '');
    part.setAttribute('role', 'rowgroup');
    part.append(...rows);
    return part;
}

// A cell to copy. It has no tab stop of its own: one that is moved to gets it.
function pattern(look: string, text: string): HTMLTableCellElement {
    const td = element('td', look, text);
    td.setAttribute('role', 'gridcell');
    return td;
}

// It breaks behind its slashes.
function markOf(text: string, home: string): HTMLElement {
    const e = element('span', `mark mark-${label(text)}`, '');
    breaks(mark(text, home)).forEach((part, i) => e.append(...(i ? [element('wbr', '', '')] : []), part));
    return e;
}

function head(g: Grid): HTMLTableSectionElement {
    return section('thead', line(heading('col', g.corner), ...g.columns.map((c) => heading('col', element('span', 'number', c.n), ' ', markOf(c.mark, g.home)))));
}

function foot(g: Grid): HTMLTableSectionElement {
    return section('tfoot', line(heading('row', g.foot.name), ...g.columns.map((_, j) => pattern('', g.foot.cell(j)))));
}

// When the first frame has been shown; when all rows are there.
export interface Progress {
    shown(): void;
    whole(): void;
}

interface Maker {
    row(i: number, columns: number): HTMLTableRowElement; // with its first ${columns}
    rest(row: HTMLTableRowElement, i: number): void;
}

// What makes one row after the other: cells that look alike are copies of one.
function maker(g: Grid): Maker {
    const patterns = new Map<string, HTMLTableCellElement>();
    const blank = pattern('cell', '');
    const first = line(heading('row', 'x', element('span', 'quiet', 'x')));
    const like = (said: { text: string; look: string } | null): Node => {
        if (!said) return blank.cloneNode();
        const known = patterns.get(said.text) ?? pattern(`cell cell-${said.look}`, said.text);
        patterns.set(said.text, known);
        return known.cloneNode(true);
    };
    const add = (row: HTMLTableRowElement, i: number, from: number, until: number) => {
        for (let j = from; j < until; j++) row.appendChild(like(g.cell(i, j)));
    };
    return {
        row(i, columns) {
            const row = first.cloneNode(true) as HTMLTableRowElement;
            const [name, more] = row.firstChild?.childNodes as unknown as [Text, HTMLElement];
            name.data = g.rows[i]?.name ?? '';
            (more.firstChild as Text).data = ` ${g.rows[i]?.more}`;
            add(row, i, 0, columns);
            return row;
        },
        rest: (row, i) => add(row, i, row.cells.length - 1, g.columns.length),
    };
}

// Rows are at least so high, and columns so wide: no window shows more of them.
const [ROW_PX, COLUMN_PX, SLICE_MS, ON_PAPER] = [34, 120, 8, 6];

// The cells that a window shows now, the others in slices; what is returned makes all that are still missing.
function fill(g: Grid, tbody: HTMLTableSectionElement, on: Progress, over: AbortSignal): () => void {
    const make = maker(g);
    const [rows, columns] = [g.rows.length, g.columns.length];
    let [made, whole] = [0, 0]; // rows that are there; those of them that have all their cells
    const until = (enough: () => boolean) => {
        for (const row of [...tbody.rows].slice(whole, made)) {
            if (enough()) return;
            make.rest(row, whole++);
        }
        const some = document.createDocumentFragment();
        for (; made < rows && !enough(); whole = ++made) some.append(make.row(made, columns));
        tbody.append(some);
        if (made < rows) return;
        tbody.style.minHeight = '';
        on.whole();
    };
    const slice = () => {
        if (over.aborted || whole === rows) return;
        const began = performance.now();
        until(() => whole % 8 === 0 && performance.now() - began > SLICE_MS);
        setTimeout(slice);
    };
    const window = Math.ceil(innerHeight / ROW_PX);
    tbody.style.minHeight = `${rows * ROW_PX}px`; // so that nothing below jumps
    for (; made < Math.min(rows, window); made++) tbody.append(make.row(made, Math.min(columns, Math.ceil(innerWidth / COLUMN_PX))));
    requestAnimationFrame(() => setTimeout(() => { // behind the first frame
        on.shown();
        slice();
    }));
    return () => {
        if (whole < rows) until(() => false);
    };
}

// Paper has no scroll bar: blocks of as many columns as fit on it, each with its heads and with all persons.
function paper(g: Grid): HTMLElement {
    const blocks = element('div', 'paper', '');
    for (let from = 0; from < g.columns.length; from += ON_PAPER) {
        const part = { ...g, columns: g.columns.slice(from, from + ON_PAPER), cell: (i: number, j: number) => g.cell(i, from + j), foot: { name: g.foot.name, cell: (j: number) => g.foot.cell(from + j) } };
        const [table, make] = [element('table', 'matrix', ''), maker(part)];
        table.append(head(part), section('tbody', ...g.rows.map((_, i) => make.row(i, part.columns.length))), foot(part));
        blocks.append(table);
    }
    return blocks;
}

const STEPS: Record<string, [number, number]> = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], PageUp: [-10, 0], PageDown: [10, 0], Home: [0, -1e9], End: [0, 1e9] };

function listen(table: HTMLTableElement, tbody: HTMLTableSectionElement, g: Grid, finish: () => void): void {
    const at = (target: EventTarget | null): [number, number] | null => {
        const cell = (target as Element | null)?.closest?.('td.cell') as HTMLTableCellElement | null;
        return cell ? [(cell.parentElement as HTMLTableRowElement).sectionRowIndex, cell.cellIndex - 1] : null;
    };
    const cellAt = (i: number, j: number) => tbody.rows[i]?.cells[j + 1];
    let stop = cellAt(0, 0);
    if (stop) stop.tabIndex = 0;
    const move = (i: number, j: number) => {
        const cell = cellAt(i, j);
        if (!cell) return;
        if (cell !== stop) {
            cell.tabIndex = 0;
            stop?.removeAttribute('tabindex');
            stop = cell;
        }
        cell.focus();
    };
    table.addEventListener('focusin', (event) => {
        const where = at(event.target);
        if (where) g.chosen(...where);
    });
    table.addEventListener('click', (event) => {
        const where = at(event.target);
        if (!where) return;
        move(...where);
        g.open(...where);
    });
    table.addEventListener('keydown', (event) => {
        const where = at(event.target);
        const step = STEPS[event.key];
        if (!where || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === 'Enter') {
            event.preventDefault();
            g.open(...where);
        } else if (step) {
            event.preventDefault();
            finish();
            const within = (n: number, most: number) => Math.max(0, Math.min(most - 1, n));
            move(within(where[0] + step[0], g.rows.length), within(where[1] + step[1], g.columns.length));
        }
    });
}

// The table goes into ${place}. It ends, with all that it listens to, when ${over} says so.
export function grid(g: Grid, place: HTMLElement, on: Progress, over: AbortSignal): void {
    const table = element('table', 'matrix', '');
    table.setAttribute('role', 'grid');
    table.setAttribute('aria-label', g.label);
    table.setAttribute('aria-rowcount', String(g.rows.length + 2));
    table.style.setProperty('--columns', String(g.columns.length));
    const tbody = section('tbody');
    table.append(head(g), tbody, foot(g));
    const finish = fill(g, tbody, on, over);
    listen(table, tbody, g, finish);
    place.replaceChildren(table);
    addEventListener('beforeprint', () => {
        finish();
        if (g.columns.length > ON_PAPER) place.append(paper(g));
    }, { signal: over });
    addEventListener('afterprint', () => place.querySelector('.paper')?.remove(), { signal: over });
}
