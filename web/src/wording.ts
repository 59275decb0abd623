// SPDX-License-Identifier: Apache-2.0
// wording.ts: what a portion's text has beside words: `{conceal|hide}`, two wordings of which each holder's copy has one (docs/formats.md, 4.2), and
// `[[7k3q/1]]`, which cites a portion that is held from somebody else; as the program finds them (src/marking/source.c).
import { utf8 } from './bytes.ts';
import { isDomain } from './marking.ts';

export interface Wording {
    at: number; // of `{`, in the portion's text
    first: string;
    second: string;
}

// As it was written: which report that is, and whether anybody may cite it, the own node says.
export interface Citation {
    at: number; // of `[[`, in the portion's text
    originator: string; // a domain, "" where it is left out
    report: string; // an id, or a short form of one
    n: number;
}

export interface Found {
    wordings: Wording[]; // ascending
    citations: Citation[]; // each once, in the order of the text
    fault: { at: number; what: string } | null; // the first
}

const PLACES_MAX = 256;
const WORDING_MAX = 1024;
const N_MAX = 1022;
export const CITATIONS_MAX = 256; // in one report

const citing = /\[\[([A-Za-z0-9/.@-]+)\/([0-9]+)\]\]/y;

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

// Where the construct that begins with the brace at ${at} ends; 0 if it is text: two sides or more, none blank, no blank line between.
function endOf(text: string, at: number): number {
    const brace = /[{}]/g;
    brace.lastIndex = at + 1;
    const end = brace.exec(text);
    if (end?.[0] !== '}') return 0;
    const inside = text.slice(at + 1, end.index);
    if (/\n[ \t\r]*\n/.test(inside)) return 0;
    const sides = inside.split('|');
    return sides.length > 1 && sides.every((side) => /[^ \t\r\n]/.test(side)) ? end.index + 1 : 0;
}

interface Construct {
    kind: 'citation' | 'wordings';
    at: number;
    end: number;
}

// The first one at ${from} or behind it; what is escaped, or code, is text.
function construct(text: string, from: number): Construct | null {
    const next = /[\\`{[]/g;
    next.lastIndex = from;
    for (let found = next.exec(text); found; found = next.exec(text)) {
        const at = found.index;
        if (found[0] === '\\') next.lastIndex = at + 2;
        else if (found[0] === '`') next.lastIndex = codeSpan(text, at);
        else if (found[0] === '[') {
            citing.lastIndex = at;
            if (citing.test(text)) return { kind: 'citation', at, end: citing.lastIndex };
        } else {
            const end = endOf(text, at);
            if (end) return { kind: 'wordings', at, end };
        }
    }
    return null;
}

const cites = (wording: string): boolean => construct(wording, 0)?.kind === 'citation';

function wrong(one: Wording, inside: string, count: number, isMark: (text: string) => boolean): string {
    if (one.second.includes('|')) return 'wordings by holder are two: {conceal|hide}';
    if (inside.includes('\n')) return 'both wordings stand on one line';
    if (utf8(one.first).length > WORDING_MAX || utf8(one.second).length > WORDING_MAX) return `a wording of more than ${WORDING_MAX} bytes`;
    if (one.first === one.second) return 'both wordings are the same';
    if (isMark(one.first) || isMark(one.second)) return 'a wording looks like a mark: marks are the same for all';
    if (cites(one.first) || cites(one.second)) return 'a wording cites nothing: what is cited is the same for all';
    return count === PLACES_MAX ? `more than ${PLACES_MAX} places in one portion whose wording differs by holder` : '';
}

const isId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
const isShort = (text: string): boolean => /^[0-9a-tv-z]{4,24}$/i.test(text);

// `7k3q/1` or `alder.example/7k3q/1`: or what is wrong with it.
function readCitation(text: string, at: number): Citation | string {
    citing.lastIndex = at;
    const [, name = '', digits = ''] = citing.exec(text) ?? [];
    const [slash, n] = [name.lastIndexOf('/'), Number(digits)];
    const [originator, report] = [name.slice(0, Math.max(0, slash)), name.slice(slash + 1)];
    if (digits === '0') return 'a title is not cited: cite a portion, such as [[7k3q/1]]';
    if (digits.startsWith('0') || n > N_MAX) return 'no report has a portion of this number';
    if (report.length > 36 || originator.length > 253) return 'a citation is [[REPORT/N]], such as [[7k3q/1]]; for text, write \\[[';
    if (!isId(report) && !isShort(report)) return `'${report}' is no id of a report, nor a short form of one; for text, write \\[[`;
    if (slash >= 0 && !isDomain(originator)) return `'${originator}' is no domain; for text, write \\[[`;
    return { at, originator, report, n };
}

export const isCited = (a: Citation, b: Citation): boolean => a.n === b.n && a.report === b.report && a.originator === b.originator;

// ${same}: why no wording may differ, "" where it may; ${uncited}: why nothing may be cited; ${isMark}: whether a wording would be taken for one.
export function findConstructs(text: string, same: string, uncited: string, isMark: (text: string) => boolean): Found {
    const [wordings, citations]: [Wording[], Citation[]] = [[], []];
    const faulty = (at: number, what: string): Found => ({ wordings, citations, fault: { at, what } });
    for (let one = construct(text, 0); one; one = construct(text, one.end)) {
        const { at, end } = one;
        if (one.kind === 'citation') {
            const found = uncited || readCitation(text, at);
            if (typeof found === 'string') return faulty(at, found);
            if (!citations.some((other) => isCited(other, found))) citations.push(found);
            continue;
        }
        const inside = text.slice(at + 1, end - 1);
        const bar = inside.indexOf('|');
        const wording = { at, first: inside.slice(0, bar), second: inside.slice(bar + 1) };
        const what = same || wrong(wording, inside, wordings.length, isMark);
        if (what) return faulty(at, `${what}; for text, write \\{`);
        wordings.push(wording);
    }
    return { wordings, citations, fault: null };
}

// As the master's metadata has them: [offset of `{`, length of the first wording, of the second], in bytes.
export function placesOf(text: string, wordings: Wording[]): [number, number, number][] {
    let [from, bytes] = [0, 0];
    return wordings.map(({ at, first, second }) => {
        bytes += utf8(text.slice(from, at)).length;
        from = at;
        return [bytes, utf8(first).length, utf8(second).length];
    });
}
