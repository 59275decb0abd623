// SPDX-License-Identifier: Apache-2.0
// grid.ts: a large table of plain cells, made without a component for each: a shape and a word in every cell, one stop for Tab, arrows
// between cells, one listener for all. Rows are boxes of their own (style.css), so that those outside of the window cost no layout and
// no paint until they come into view; all are in the document, for searching and for screen readers. Roles are written out, since a
// table whose rows are no table rows loses them.
import { label, mark } from '../format.ts';

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

function make<K extends keyof HTMLElementTagNameMap>(tag: K, look: string, text: string): HTMLElementTagNameMap[K] {
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
    const row = make('tr', '', '');
    row.setAttribute('role', 'row');
    row.append(...cells);
    return row;
}

function section(tag: 'thead' | 'tbody' | 'tfoot', ...rows: Node[]): HTMLTableSectionElement {
    const part = make(tag, '', '');
    part.setAttribute('role', 'rowgroup');
    part.append(...rows);
    return part;
}

// A cell to copy.
function pattern(look: string, text: string): HTMLTableCellElement {
    const td = make('td', look, text);
    td.setAttribute('role', 'gridcell');
    td.tabIndex = -1;
    return td;
}

function head(g: Grid): HTMLTableSectionElement {
    return section('thead', line(heading('col', g.corner), ...g.columns.map((c) => heading('col', make('span', 'number', c.n), ' ', make('span', `mark mark-${label(c.mark)}`, mark(c.mark, g.home))))));
}

function body(g: Grid): HTMLTableSectionElement {
    const patterns = new Map<string, HTMLTableCellElement>();
    const blank = pattern('cell', '');
    const like = (said: { text: string; look: string } | null): HTMLTableCellElement => {
        if (!said) return blank;
        const key = `${said.look} ${said.text}`;
        const known = patterns.get(key) ?? pattern(`cell cell-${said.look}`, said.text);
        patterns.set(key, known);
        return known;
    };
    return section('tbody', ...g.rows.map((r, i) => line(heading('row', r.name, make('span', 'quiet', ` ${r.more}`)), ...g.columns.map((_, j) => like(g.cell(i, j)).cloneNode(true)))));
}

const STEPS: Record<string, [number, number]> = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], PageUp: [-10, 0], PageDown: [10, 0], Home: [0, -1e9], End: [0, 1e9] };

function listen(table: HTMLTableElement, tbody: HTMLTableSectionElement, g: Grid): void {
    const at = (target: EventTarget | null): [number, number] | null => {
        const cell = (target as Element | null)?.closest?.('td.cell') as HTMLTableCellElement | null;
        return cell ? [(cell.parentElement as HTMLTableRowElement).sectionRowIndex, cell.cellIndex - 1] : null;
    };
    const cellAt = (i: number, j: number) => tbody.rows[i]?.cells[j + 1];
    let stop = cellAt(0, 0);
    if (stop) stop.tabIndex = 0;
    table.addEventListener('focusin', (event) => {
        const where = at(event.target);
        if (!where) return;
        if (stop) stop.tabIndex = -1;
        stop = cellAt(...where);
        if (stop) stop.tabIndex = 0;
        g.chosen(...where);
    });
    table.addEventListener('click', (event) => {
        const where = at(event.target);
        if (where) g.open(...where);
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
            const within = (n: number, most: number) => Math.max(0, Math.min(most - 1, n));
            cellAt(within(where[0] + step[0], g.rows.length), within(where[1] + step[1], g.columns.length))?.focus();
        }
    });
}

export function grid(g: Grid): HTMLTableElement {
    const table = make('table', 'matrix', '');
    table.setAttribute('role', 'grid');
    table.setAttribute('aria-label', g.label);
    const tbody = body(g);
    const foot = line(heading('row', g.foot.name), ...g.columns.map((_, j) => {
        const td = make('td', '', g.foot.cell(j));
        td.setAttribute('role', 'gridcell');
        return td;
    }));
    table.style.setProperty('--columns', String(g.columns.length));
    table.append(head(g), tbody, section('tfoot', foot));
    listen(table, tbody, g);
    return table;
}
