// SPDX-License-Identifier: Apache-2.0
// source.ts: a report's source as portions (docs/formats.md, 5), with errors at their lines. What only the program understands
// (wordings by holder, citations, other front matter) is refused here, never sent as text.
import { BadMark, type Marking, claimsMark, isDomain, isPerson, join, markText, readMark } from './marking.ts';
import { utf8 } from './bytes.ts';

export interface SourcePortion {
    n: number;
    mark: Marking;
    text: string;
    line: number;
}

export interface Fault {
    line: number; // from 1
    what: string;
}

export interface Source {
    title: { text: string; mark: Marking };
    portions: SourcePortion[]; // those that are seen, then HIDDEN ones
    banner: string;
}

export const SOURCE_MAX = 16 << 20;
const TITLE_MAX = 1024;
const PORTIONS_MAX = 1022;
const FAULTS_MAX = 50;
const UNTITLED = 'untitled';

const blank = (line: string): boolean => /^[ \t\r]*$/.test(line);
const decoration = /^(?:[ \t>*#+_~|.0-9-]|\u00a0|\u200b|\u2060|\ufeff|\u3000)+/;

function isStray(line: string): boolean {
    const rest = line.replace(decoration, '');
    return /^[([\uff08\uff3b\u3010]/.test(rest) && claimsMark(rest.slice(1), false);
}

// Of a line that begins with a mark: what is inside, and after it; null if it does not.
function markOf(line: string): { inside: string; after: string | null } | null {
    if (!line.startsWith('(')) return null;
    const end = line.indexOf(')');
    const inside = end < 0 ? line.slice(1) : line.slice(1, end);
    if (!claimsMark(inside, end >= 0)) return null;
    return { inside, after: end < 0 ? null : line.slice(end + 1) };
}

// A code span ends at as many backquotes as it began with; without an end they are text.
function codeSpan(text: string, at: number): number {
    const open = /^`+/.exec(text.slice(at, at + 1000))?.[0].length ?? 1;
    for (let i = at + open; i < text.length;) {
        const next = text.indexOf('`', i);
        if (next < 0) break;
        let n = next;
        while (text[n] === '`') n++;
        if (n - next === open) return n;
        i = n;
    }
    return at + open;
}

// Sides between the brace at ${at} and the next one; the program asks for more, so this sees no fewer.
function hasWordings(text: string, at: number): boolean {
    const brace = /[{}]/g;
    brace.lastIndex = at + 1;
    const end = brace.exec(text);
    return end?.[0] === '}' && text.slice(at, end.index).includes('|');
}

// Where the program would see more than text: `{conceal|hide}` and `[[7k3q/1]]`.
function construct(text: string): { at: number; what: string } | null {
    const next = /[\\`{[]/g;
    for (let found = next.exec(text); found; found = next.exec(text)) {
        const at = found.index;
        if (found[0] === '\\') next.lastIndex = at + 2;
        else if (found[0] === '`') next.lastIndex = codeSpan(text, at);
        else if (found[0] === '{' && hasWordings(text, at)) return { at, what: 'wordings that differ by holder are made on the command line (orcon share); for text, write \\{' };
        else if (found[0] === '[' && /^\[\[[a-z0-9/.@-]+\]\]/i.test(text.slice(at, at + 400))) return { at, what: 'citations of other reports are made on the command line (orcon share); for text, write \\[' };
    }
    return null;
}

class Reading {
    readonly faults: Fault[] = [];
    title: { text: string; mark: Marking | null } | null = null;
    readonly portions: SourcePortion[] = [];
    open: { mark: Marking; line: number; text: string[] } | null = null;
    constructor(readonly home: string) {}

    fault(line: number, what: string): void {
        if (this.faults.length < FAULTS_MAX) this.faults.push({ line, what });
    }

    mark(line: number, inside: string): Marking | null {
        try {
            return readMark(inside, this.home);
        } catch (why) {
            if (!(why instanceof BadMark)) throw why;
            this.fault(line, why.message);
            return null;
        }
    }

    close(): void {
        const o = this.open;
        this.open = null;
        if (!o) return;
        const first = o.text.findIndex((line) => !blank(line));
        let last = o.text.length - 1;
        while (last > first && blank(o.text[last] ?? '')) last--;
        if (first < 0) {
            this.fault(o.line, 'a portion without text: write some after its mark');
            return;
        }
        const text = o.text.slice(first, last + 1).join('\n').replace(/\r$/, '');
        const more = construct(text);
        if (more) this.fault(o.line + first + text.slice(0, more.at).split('\n').length - 1, more.what);
        this.portions.push({ n: 0, mark: o.mark, text, line: o.line });
        if (this.portions.length === PORTIONS_MAX + 1) this.fault(o.line, `more than ${PORTIONS_MAX} portions in one report: share it as several`);
    }

    line(line: string, number: number): void {
        const found = markOf(line);
        if (!found) {
            if (isStray(line)) this.fault(number, 'a mark stands in ( ) at the very start of its line; write \\( if this is text');
            else if (!this.open && !blank(line) && this.faults.length === 0) this.fault(number, 'text before the first mark: start it with one, such as (TLP:AMBER)');
            this.open?.text.push(line);
            return;
        }
        this.close();
        if (found.after === null) this.fault(number, 'no ) closes the mark on its line');
        else if (markOf(found.after.replace(/^[ \t]+/, ''))) this.fault(number, 'a second mark for one portion: write one mark, or \\( for text');
        const mark = found.after === null ? null : this.mark(number, found.inside);
        if (mark) this.open = { mark, line: number, text: [(found.after ?? '').replace(/^ /, '')] };
    }

    front(line: string, number: number): void {
        if (blank(line)) return;
        const value = /^title:(.*)$/.exec(line)?.[1]?.replace(/\r+$/, '').replace(/^[ \t]+|[ \t]+$/g, '');
        if (value === undefined) {
            this.fault(number, 'front matter takes only title: here; all else on the command line (orcon share)');
            return;
        }
        if (this.title) this.fault(number, 'a second title');
        const found = markOf(value);
        const text = (found ? found.after ?? '' : value).replace(/^[ \t]+|[ \t]+$/g, '');
        const mark = found ? this.mark(number, found.inside) : null;
        this.title = { text, mark };
        if (found && markOf(text)) this.fault(number, 'a second mark for one title');
        if (text === '') this.fault(number, 'an empty title: write one, or leave title: out');
        if (utf8(text).length > TITLE_MAX) this.fault(number, `a title of more than ${TITLE_MAX} bytes`);
        if (!found && [...text.matchAll(/[([]/g)].some((at) => claimsMark(text.slice(at.index + 1), false))) this.fault(number, 'the mark of a title comes first, without quotes: title: (TLP:GREEN) Some words');
        if (mark?.hidden) this.fault(number, 'a title can’t be HIDDEN: whoever gets the report sees that it has one');
        const more = construct(text);
        if (more) this.fault(number, more.what);
    }
}

// Lines from 1 on; how many of them are front matter.
function readFront(r: Reading, lines: string[]): number {
    const fence = (line: string | undefined): boolean => line !== undefined && line.startsWith('---') && blank(line.slice(3));
    if (!fence(lines[0])) return 0;
    const end = lines.findIndex((line, i) => i > 0 && fence(line));
    if (end < 0) {
        r.fault(1, 'front matter without an end: close it with a line ---');
        return lines.length;
    }
    for (let i = 1; i < end; i++) r.front(lines[i] ?? '', i + 1);
    return end + 1;
}

// ${banner}: of what has a mark, also where the rest has faults.
export function readSource(text: string, home: string): { source: Source | null; faults: Fault[]; banner: string } {
    const r = new Reading(home);
    const whole = text.replace(/^\ufeff/, '');
    if (utf8(whole).length > SOURCE_MAX) return { source: null, banner: '', faults: [{ line: 1, what: 'larger than 16 MiB: share it as several reports' }] };
    if (/[\ud800-\udfff]/u.test(whole) || whole.includes('\0')) r.fault(1, 'a zero byte, or half a character: this is no text');
    const lines = whole.split('\n');
    for (let i = readFront(r, lines); i < lines.length; i++) r.line(lines[i] ?? '', i + 1);
    r.close();
    if (r.faults.length === 0 && r.portions.length === 0) r.fault(1, 'a report without a portion: write a mark, such as (TLP:AMBER), and text');
    const seen = r.portions.filter((p) => !p.mark.hidden);
    if (r.faults.length === 0 && seen.length === 0) r.fault(1, 'every portion is HIDDEN: one at least has to be seen, with the title');
    const known = [...(r.title?.mark ? [r.title.mark] : []), ...r.portions.map((p) => p.mark)];
    if (r.faults.length) return { source: null, faults: r.faults, banner: known.length ? markText(join(known)) : '' };
    const portions = [...seen, ...r.portions.filter((p) => p.mark.hidden)].map((p, i) => ({ ...p, n: i + 1 }));
    const mark = r.title?.mark ?? join(seen.map((p) => p.mark));
    const banner = markText(join([mark, ...known]));
    return { source: { title: { text: r.title?.text ?? UNTITLED, mark }, portions, banner }, faults: [], banner };
}

// `birch.example, group:isac`: domains, persons, groups, each once.
export function readRecipients(text: string): { to: string[]; wrong: string } {
    const to = [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
    const wrong = to.find((one) => !isDomain(one) && !isPerson(one) && !/^group:(?!-)[a-z0-9-]{1,32}$/.test(one));
    return { to, wrong: wrong ?? '' };
}
