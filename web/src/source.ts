// SPDX-License-Identifier: Apache-2.0
// source.ts: a report's source, and the files that go with it, as portions (docs/formats.md, 5), with errors at their lines. What only
// the program understands (other front matter) is refused here, never sent as text.
import { BadMark, type Marking, claimsMark, isDomain, isPerson, join, joinCited, markText, readMark } from './marking.ts';
import { utf8 } from './bytes.ts';
import { CITATIONS_MAX, type Citation, type Wording, findConstructs } from './wording.ts';

// A file of any kind that is a portion of its own. It is read when it is sealed.
export interface Attached {
    name: string;
    size: number;
    mark: string; // as its author writes it
    arrayBuffer(): Promise<ArrayBuffer>;
}

export interface SourcePortion {
    n: number;
    mark: Marking;
    text: string;
    line: number;
    wordings: Wording[]; // where copies differ by holder
    citations: Cited[];
    file: Attached | null; // instead of text
}

// A citation in the text, and its line in the source.
export interface Cited extends Citation {
    line: number;
}

export interface Fault {
    line: number; // from 1; 0: of a file
    what: string;
}

export interface Source {
    title: { text: string; mark: Marking; marked: boolean }; // not marked: as the portions that are seen
    portions: SourcePortion[]; // those that are seen, then HIDDEN ones
    written: SourcePortion[]; // the same as they were written
    banner: string;
}

export const SOURCE_MAX = 16 << 20;
export const FILES_MAX = 56 << 20; // all of them: what a node takes as one package, less some room
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

const isMarkAlone = (text: string): boolean => markOf(text) !== null || isStray(text);

class Reading {
    readonly faults: Fault[] = [];
    title: { text: string; mark: Marking | null } | null = null;
    readonly portions: SourcePortion[] = [];
    open: { mark: Marking; line: number; text: string[] } | null = null;
    cited = 0;
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
        const lineOf = (at: number): number => o.line + first + text.slice(0, at).split('\n').length - 1;
        const found = findConstructs(text, o.mark.level === 0 ? 'a TLP:CLEAR portion is the same for all' : '', '', isMarkAlone);
        if (found.fault) this.fault(lineOf(found.fault.at), found.fault.what);
        const citations = found.citations.map((one) => ({ ...one, line: lineOf(one.at) }));
        const before = this.cited;
        this.cited += citations.length;
        if (before <= CITATIONS_MAX && this.cited > CITATIONS_MAX) this.fault(citations[CITATIONS_MAX - before]?.line ?? o.line, `more than ${CITATIONS_MAX} citations in one report`);
        this.portions.push({ n: 0, mark: o.mark, text, line: o.line, wordings: found.wordings, citations, file: null });
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
        const { fault } = findConstructs(text, 'a title is the same for all', 'a title cites nothing: cite in a portion; for text, write \\[[', isMarkAlone);
        if (fault) this.fault(number, fault.what);
    }

    files(files: Attached[]): void {
        for (const file of files) {
            const inside = file.mark.trim().replace(/^\((.*)\)$/, '$1');
            if (file.size === 0) this.fault(0, `${file.name}: an empty file`);
            try {
                this.portions.push({ n: 0, mark: readMark(inside, this.home), text: '', line: 0, wordings: [], citations: [], file });
            } catch (why) {
                if (!(why instanceof BadMark)) throw why;
                this.fault(0, `${file.name}: ${why.message}`);
            }
        }
        if (files.reduce((n, file) => n + file.size, 0) > FILES_MAX) this.fault(0, `files of more than ${FILES_MAX >> 20} MiB together: share them as several reports`);
        if (this.portions.length > PORTIONS_MAX) this.fault(0, `more than ${PORTIONS_MAX} portions in one report: share it as several`);
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

// Text of a report, or none where files are all there is: then the first one's name is the title.
function readText(r: Reading, text: string, files: Attached[]): void {
    const whole = text.replace(/^\ufeff/, '');
    if (utf8(whole).length > SOURCE_MAX) return r.fault(1, 'larger than 16 MiB: share it as several reports');
    if (/[\ud800-\udfff]/u.test(whole) || whole.includes('\0')) r.fault(1, 'a zero byte, or half a character: this is no text');
    const lines = whole.split('\n');
    for (let i = readFront(r, lines); i < lines.length; i++) r.line(lines[i] ?? '', i + 1);
    r.close();
    if (r.faults.length === 0 && r.portions.length === 0 && files.length === 0) r.fault(1, 'a report without a portion: write a mark, such as (TLP:AMBER), and text');
}

// A file's name, where it can stand for a title.
const titleOf = (name: string): string => (name && utf8(name).length <= TITLE_MAX && !/[\x00-\x1f\x7f\ud800-\udfff]/u.test(name) ? name : UNTITLED);

const ALL_HIDDEN = 'every portion is HIDDEN: one at least has to be seen, with the title';

// Numbers, the mark of an unmarked title, and the banner; null: nothing is seen.
function settle(title: { text: string; mark: Marking | null }, written: SourcePortion[]): Source | null {
    const seen = written.filter((p) => !p.mark.hidden);
    if (seen.length === 0) return null;
    const numbers = new Map([...seen, ...written.filter((p) => p.mark.hidden)].map((p, i) => [p, i + 1]));
    const numbered = written.map((p) => ({ ...p, n: numbers.get(p) ?? 0 }));
    const portions = [...numbered].sort((a, b) => a.n - b.n);
    const mark = title.mark ?? join(seen.map((p) => p.mark));
    return { title: { text: title.text, mark, marked: title.mark !== null }, portions, written: numbered, banner: markText(join([mark, ...portions.map((p) => p.mark)])) };
}

// ${banner}: of what has a mark, also where the rest has faults; of what is cited it knows nothing. Files come after what is written, HIDDEN ones last
// of all.
export function readSource(text: string, home: string, files: Attached[] = []): { source: Source | null; faults: Fault[]; banner: string } {
    const r = new Reading(home);
    readText(r, text, files);
    r.files(files);
    const named = text.trim() === '' ? titleOf(files[0]?.name ?? '') : UNTITLED;
    const source = settle({ text: r.title?.text ?? named, mark: r.title?.mark ?? null }, r.portions);
    if (r.faults.length === 0 && !source) r.fault(files.length ? 0 : 1, ALL_HIDDEN);
    const known = [...(r.title?.mark ? [r.title.mark] : []), ...r.portions.map((p) => p.mark)];
    if (r.faults.length || !source) return { source: null, faults: r.faults, banner: known.length ? markText(join(known)) : '' };
    return { source, faults: [], banner: source.banner };
}

export const citationsOf = (source: Source): Cited[] => source.written.flatMap((p) => p.citations);

// With the marks that each portion inherits from what it cites: ${marks} in the order of citationsOf, "" for what is not known.
export function inherit(source: Source, marks: string[], home: string): { source: Source | null; faults: Fault[] } {
    const faults: Fault[] = [];
    let at = 0;
    const written = source.written.map((p) => {
        const marked = p.citations.flatMap((one) => {
            const mark = marks[at++] ?? '';
            try {
                return mark ? [readMark(mark, home)] : [];
            } catch (why) {
                if (!(why instanceof BadMark)) throw why;
                faults.push({ line: one.line, what: why.message });
                return [];
            }
        });
        return { ...p, mark: marked.reduce(joinCited, p.mark) };
    });
    const settled = settle({ text: source.title.text, mark: source.title.marked ? source.title.mark : null }, written);
    if (!settled) faults.push({ line: 1, what: ALL_HIDDEN });
    return { source: faults.length ? null : settled, faults };
}

// `birch.example, group:isac`: domains, persons, groups, each once.
export function readRecipients(text: string): { to: string[]; wrong: string } {
    const to = [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
    const wrong = to.find((one) => !isDomain(one) && !isPerson(one) && !/^group:(?!-)[a-z0-9-]{1,32}$/.test(one));
    return { to, wrong: wrong ?? '' };
}
