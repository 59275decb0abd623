// SPDX-License-Identifier: Apache-2.0
// grid.ts: a large table of plain cells, made without a component for each: a shape and a word in every cell, one stop for Tab, arrows
// between cells, one listener for all. 200 x 40 cells are drawn in the time of a few frames.
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
    th.append(...inside);
    return th;
}

function head(g: Grid): HTMLTableSectionElement {
    const thead = document.createElement('thead');
    const row = thead.insertRow();
    row.append(heading('col', g.corner), ...g.columns.map((c) => heading('col', make('span', 'number', c.n), ' ', make('span', `mark mark-${label(c.mark)}`, mark(c.mark, g.home)))));
    return thead;
}

function body(g: Grid): HTMLTableSectionElement {
    const tbody = document.createElement('tbody');
    const looks = new Map<string, HTMLTableCellElement>();
    const blank = make('td', 'cell', '');
    blank.tabIndex = -1;
    for (const [i, r] of g.rows.entries()) {
        const row = document.createElement('tr');
        row.append(heading('row', r.name, make('span', 'quiet', ` ${r.more}`)));
        for (let j = 0; j < g.columns.length; j++) {
            const said = g.cell(i, j);
            const key = said ? `${said.look} ${said.text}` : '';
            let pattern = said ? looks.get(key) : blank;
            if (!pattern && said) {
                pattern = make('td', `cell cell-${said.look}`, said.text);
                pattern.tabIndex = -1;
                looks.set(key, pattern);
            }
            row.append((pattern as HTMLTableCellElement).cloneNode(true));
        }
        tbody.append(row);
    }
    return tbody;
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
    const tfoot = document.createElement('tfoot');
    tfoot.insertRow().append(heading('row', g.foot.name), ...g.columns.map((_, j) => make('td', '', g.foot.cell(j))));
    table.append(head(g), tbody, tfoot);
    listen(table, tbody, g);
    return table;
}
