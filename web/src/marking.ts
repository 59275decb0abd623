// SPDX-License-Identifier: Apache-2.0
// marking.ts: TLP marks as an author writes them here. The rules are those of the program (docs/formats.md, 5); where this reader knows
// less than the program it refuses, so that nothing is ever taken for a milder mark, or for text. The node reads each mark again.

export interface Marking {
    level: number; // of LEVELS
    compartments: string[]; // domain/NAME, in order
    tearline: boolean;
    hidden: boolean;
    orcon: boolean;
    relTo: string[] | null; // domains, in order; null: not said
}

export class BadMark extends Error {}

const LEVELS = ['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED'];
const RESERVED = new Set(['TLP', 'CLEAR', 'WHITE', 'GREEN', 'AMBER', 'RED', 'REL', 'NONE', 'REL-TO', 'RELEASE', 'STRICT', 'ORCON', 'TEARLINE', 'HIDDEN']);
// Words of other systems: never compartments here.
const OTHERS = new Set(('S,TS,C,U,R,SECRET,TOP SECRET,TOPSECRET,CONFIDENTIAL,RESTRICTED,UNCLASSIFIED,RSEN,RS,FOUO,OC,ORCON-USGOV,OC-USGOV,IMCON,IMC,NOFORN,NF,PROPIN,PR,'
    + 'RELIDO,DSEN,DEA SENSITIVE,FISA,DISPLAYONLY,EYES,EYES ONLY,LIMDIS,DS,EXDIS,XD,NODIS,ND,SBU,SBU-NF,LES,LES-NF,SSI,FGI,CUI,RD,FRD,JOINT,CTS,NS,NC,NR,NU,ATOMAL,BALK,'
    + 'BOHEMIA,NATO,COSMIC,H0,H1,H2,H3,IEP').split(','));
const NAMES_MAX = 256;
const TEXT_MAX = 4096;

export const isDomain = (text: string): boolean => text.length <= 253 && /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/.test(text);
export const isPerson = (text: string): boolean => /^[a-z0-9._-]{1,64}@[^@]+$/.test(text) && isDomain(text.slice(text.indexOf('@') + 1));

const need = (good: unknown, why: string): void => {
    if (!good) throw new BadMark(why);
};
const blanks = /^[ \t]+|[ \t]+$/g;
const trim = (text: string): string => text.replace(blanks, '');
const other = (word: string): boolean => OTHERS.has(word) || word.startsWith('SAR-') || word.startsWith('PAP:');
const added = (list: string[], name: string): string[] => [...new Set([...list, name])].sort();

function takeList(list: string): string[] {
    if (list.toUpperCase() === 'NONE') return [];
    return list.split(',').map((piece) => trim(piece).toLowerCase()).reduce<string[]>((all, domain) => {
        need(isDomain(domain), `'${domain.slice(0, 40)}' in REL TO is no domain`);
        return added(all, domain);
    }, []);
}

function takeCompartments(m: Marking, word: string, home: string): void {
    const pieces = word.split('/').map(trim);
    for (let i = 0; i < pieces.length; i++) {
        let domain = home;
        if (pieces[i]?.includes('.')) {
            domain = (pieces[i] ?? '').toLowerCase();
            need(isDomain(domain) && i + 1 < pieces.length, `'${domain.slice(0, 40)}' is a domain: write domain/NAME for its compartment`);
            i++;
        }
        const name = (pieces[i] ?? '').toUpperCase();
        need(!RESERVED.has(name) && !name.startsWith('TLP'), `'${name.slice(0, 40)}' can’t be a compartment: parts of a mark are joined by //, such as TLP:RED//SOURCE//ORCON`);
        need(!other(name), `'${name}' is of another marking system: the command line may know it (orcon share)`);
        need(/^(?!-)[A-Z0-9-]{1,32}$/.test(name), `'${name.slice(0, 40)}' is no part of a TLP mark: a compartment has 1 to 32 letters, digits and -`);
        m.compartments = added(m.compartments, `${domain}/${name}`);
    }
}

function check(m: Marking): void {
    need(m.level >= 0, 'no TLP label: write one first, such as TLP:AMBER//ORCON');
    need(m.level !== 0 || !(m.compartments.length || m.orcon || m.hidden || m.relTo), 'TLP:CLEAR is public, so it takes no compartment, HIDDEN, ORCON or REL TO: use a stricter label');
    need(!m.tearline || !m.compartments.length, 'a TEARLINE never carries a compartment: it is meant for wider release');
    need(!m.tearline || !m.orcon, 'TEARLINE and ORCON contradict each other: passed on by rule, or asked for');
    need(!m.tearline || !m.hidden, 'TEARLINE and HIDDEN contradict each other: meant to be seen, or not');
    need(m.compartments.length <= NAMES_MAX && (m.relTo?.length ?? 0) <= NAMES_MAX, `more than ${NAMES_MAX} names in one mark`);
}

const FLAGS: Record<string, 'tearline' | 'hidden' | 'orcon'> = { TEARLINE: 'tearline', HIDDEN: 'hidden', ORCON: 'orcon' };

function takePart(m: Marking, word: string, home: string): void {
    const upper = word.toUpperCase();
    const label = /^TLP[ \t]*:[ \t]*(.*)$/.exec(upper)?.[1];
    const list = /^REL[ \t]+TO(?:[ \t]+(.*))?$/i.exec(word);
    const flag = FLAGS[upper];
    need(word !== '', 'an empty part beside //');
    need(!other(upper), `'${upper}' is of another marking system: the command line may know it (orcon share)`);
    if (label !== undefined) {
        need(m.level < 0, 'two TLP labels in one mark: a portion has one');
        m.level = LEVELS.indexOf(label === 'WHITE' ? 'CLEAR' : label);
        need(m.level >= 0, `'TLP:${label.slice(0, 40)}' is no TLP label: it is CLEAR, GREEN, AMBER, AMBER+STRICT or RED`);
    } else if (flag) {
        need(!m[flag], `${upper} stands twice in one mark`);
        m[flag] = true;
    } else if (list) {
        need(m.relTo === null, 'REL TO stands twice in one mark');
        m.relTo = takeList(list[1] ?? '');
    } else {
        need(!LEVELS.includes(upper) && !upper.startsWith('TLP'), `'${upper.slice(0, 40)}' is no TLP label: write TLP: before the colour, such as TLP:RED`);
        takeCompartments(m, word, home);
    }
}

// What stands between ( and ). ${home}: whose bare compartments are.
export function readMark(text: string, home: string): Marking {
    const m: Marking = { level: -1, compartments: [], tearline: false, hidden: false, orcon: false, relTo: null };
    need(text.length <= TEXT_MAX, `a mark of more than ${TEXT_MAX} bytes`);
    need(/^[\x20-\x7e\t]*$/.test(text), 'a mark has ASCII letters only');
    need(trim(text) !== '', 'an empty mark: write one such as TLP:AMBER');
    need(/(^|\/\/)[ \t]*TLP/i.test(text), `'${trim(text).slice(0, 40)}' is no TLP mark, and marks of other systems are not read: for text, write \\(`);
    for (const word of text.split('//')) takePart(m, trim(word), home);
    check(m);
    return m;
}

export function markText(m: Marking): string {
    const rel = m.relTo === null ? [] : [`REL TO ${m.relTo.length ? m.relTo.join(', ') : 'NONE'}`];
    return [`TLP:${LEVELS[m.level] ?? ''}`, ...(m.compartments.length ? [m.compartments.join('/')] : []), ...(m.tearline ? ['TEARLINE'] : []),
        ...(m.hidden ? ['HIDDEN'] : []), ...(m.orcon ? ['ORCON'] : []), ...rel].join('//');
}

// The roll-up of several marks: the strictest of each part.
export function join(marks: Marking[]): Marking {
    const lists = marks.flatMap((m) => (m.relTo ? [m.relTo] : []));
    return {
        level: Math.max(...marks.map((m) => m.level)),
        compartments: [...new Set(marks.flatMap((m) => m.compartments))].sort(),
        tearline: false,
        hidden: marks.some((m) => m.hidden),
        orcon: marks.some((m) => m.orcon),
        relTo: lists.length ? (lists[0] ?? []).filter((one) => lists.every((list) => list.includes(one))) : null,
    };
}

// What a portion is marked that cites another: as join, but a tearline where both are one.
export const joinCited = (mine: Marking, cited: Marking): Marking => ({ ...join([mine, cited]), tearline: mine.tearline && cited.tearline });

// Whether ${text}, behind a bracket, is meant as a mark. In closed brackets whatever is all capitals: stricter than the program.
export function claimsMark(text: string, closed: boolean): boolean {
    const word = trim(text);
    if (/^TLP[ \t]*:/i.test(word) || /^TLP[^a-z]*(CLEAR|WHITE|GREEN|AMBER|RED)/i.test(word)) return true;
    return closed && (/(^|[^:])\/\//.test(word) || (/[A-Z]/.test(word) && !/[a-z]/.test(word)));
}
