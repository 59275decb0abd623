// SPDX-License-Identifier: Apache-2.0
// wording.ts: `{conceal|hide}` in a portion's text: two wordings, of which each holder's copy has one (docs/formats.md, 4.2), as the program
// finds them; and citations, which the page refuses.
import { utf8 } from './bytes.ts';

export interface Wording {
    at: number; // of `{`, in the portion's text
    first: string;
    second: string;
}

export interface Found {
    wordings: Wording[]; // ascending
    fault: { at: number; what: string } | null; // the first
}

const PLACES_MAX = 256;
const WORDING_MAX = 1024;

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

function wrong(one: Wording, inside: string, count: number, isMark: (text: string) => boolean): string {
    if (one.second.includes('|')) return 'wordings by holder are two: {conceal|hide}';
    if (inside.includes('\n')) return 'both wordings stand on one line';
    if (utf8(one.first).length > WORDING_MAX || utf8(one.second).length > WORDING_MAX) return `a wording of more than ${WORDING_MAX} bytes`;
    if (one.first === one.second) return 'both wordings are the same';
    if (isMark(one.first) || isMark(one.second)) return 'a wording looks like a mark: marks are the same for all';
    return count === PLACES_MAX ? `more than ${PLACES_MAX} places in one portion whose wording differs by holder` : '';
}

// ${same}: why there may be none at all, "" where there may; ${isMark}: whether a wording would be taken for one.
export function findWordings(text: string, same: string, isMark: (text: string) => boolean): Found {
    const wordings: Wording[] = [];
    const next = /[\\`{[]/g;
    for (let found = next.exec(text); found; found = next.exec(text)) {
        const at = found.index;
        if (found[0] === '\\') next.lastIndex = at + 2;
        else if (found[0] === '`') next.lastIndex = codeSpan(text, at);
        else if (found[0] === '[' && /^\[\[[a-z0-9/.@-]+\]\]/i.test(text.slice(at, at + 400))) return { wordings, fault: { at, what: 'citations of other reports are made on the command line (orcon share); for text, write \\[' } };
        else if (found[0] === '{') {
            const end = endOf(text, at);
            if (!end) continue;
            const inside = text.slice(at + 1, end - 1);
            const bar = inside.indexOf('|');
            const one = { at, first: inside.slice(0, bar), second: inside.slice(bar + 1) };
            const what = same || wrong(one, inside, wordings.length, isMark);
            if (what) return { wordings, fault: { at, what: `${what}; for text, write \\{` } };
            wordings.push(one);
            next.lastIndex = end;
        }
    }
    return { wordings, fault: null };
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
