// SPDX-License-Identifier: Apache-2.0
// cite.ts: what a draft cites: looked up at the author's own node, whose answer says which mark each portion inherits and by whose leave it may go to
// whom; and asked for, as src/client/cite.c does (docs/protocol.md, "Drafts that cite").
import type { Api, Schemas } from './api.ts';
import { need } from './bytes.ts';
import { isDomain } from './marking.ts';
import { type Fault, type Source, citationsOf, inherit } from './source.ts';
import { isId } from './statement.ts';

export type Answer = Schemas['Cited']['cited'][number];
export type Leave = NonNullable<Answer['leaves']>[number];

// One cited portion, once.
export interface CitedPortion {
    in: number[]; // the portions that cite it
    originator: string;
    report: string;
    short: string;
    portion: string;
    n: number;
    mark: string;
    leaves: Leave[];
}

// What the act says that a portion rests on.
export interface Derived {
    n: number; // the portion that cites
    originator: string;
    report: string;
    portion: string;
}

export interface Judged {
    source: Source | null; // with the marks that are inherited
    faults: Fault[];
    cited: CitedPortion[];
    derived: Derived[];
}

// ${holders}: none, and only what is cited is asked. Answers in the order of citationsOf.
export async function lookUp(api: Api, source: Source, holders: string[], signal: AbortSignal): Promise<Answer[]> {
    const cites = citationsOf(source).map(({ report, originator, n }) => ({ report, n, ...(originator ? { originator } : {}) }));
    if (cites.length === 0) return [];
    const { cited } = await api.post<Schemas['Cited']>('/v1/cited', { cites, ...(holders.length ? { to: holders } : {}) }, { signal });
    need(Array.isArray(cited) && cited.length === cites.length, `the node answered ${cited?.length} of ${cites.length} citations`);
    for (const one of cited) need(one.state === 'refused' || (isDomain(one.originator ?? '') && isId(one.report) && isId(one.portion) && one.n && one.mark), 'the node’s answer about a citation names no portion');
    return cited;
}

const add = <T>(list: T[], one: T): T[] => (list.includes(one) ? list : [...list, one]);

// What the answers make of a source; what may not be cited is a fault at its line.
export function judge(source: Source, answers: Answer[], home: string): Judged {
    const refused = citationsOf(source).flatMap((one, i) => (answers[i]?.state === 'cited' ? [] : [{ line: one.line, what: `[[${one.originator && `${one.originator}/`}${one.report}/${one.n}]]: ${answers[i]?.why ?? ''}` }]));
    const made = inherit(source, answers.map((one) => one.mark ?? ''), home);
    const faults = [...refused, ...made.faults];
    if (faults.length || !made.source) return { source: null, faults, cited: [], derived: [] };
    const [cited, derived] = [new Map<string, CitedPortion>(), new Map<string, Derived>()];
    let at = 0;
    for (const p of made.source.written)
        for (let i = 0; i < p.citations.length; i++) {
            const { originator = '', report = '', short = '', portion = '', n = 0, mark = '', leaves = [] } = answers[at++] ?? {};
            const key = `${originator} ${portion}`;
            const known = cited.get(key) ?? { in: [], originator, report, short, portion, n, mark, leaves };
            cited.set(key, { ...known, in: add(known.in, p.n) });
            derived.set(`${p.n} ${key}`, { n: p.n, originator, report, portion });
        }
    return { source: made.source, faults: [], cited: [...cited.values()], derived: [...derived.values()] };
}

export const isMissing = (leave: Leave): boolean => leave.state === 'missing' || leave.state === 'asked';
export const missing = (cited: CitedPortion[]): number => cited.flatMap((one) => one.leaves).filter(isMissing).length;

// One request: a report of an originator, and an organisation to which what is cited would go.
export interface Wanted {
    originator: string;
    report: string;
    to: string;
    portions: string[];
    names: string[]; // such as 7k3q/1
}

// What nobody was asked for yet.
export function plan(cited: CitedPortion[]): Wanted[] {
    const all = new Map<string, Wanted>();
    for (const one of cited)
        for (const leave of one.leaves.filter(({ state }) => state === 'missing')) {
            const to = leave.to.slice(leave.to.indexOf('@') + 1);
            const key = `${one.originator} ${one.report} ${to}`;
            const known = all.get(key) ?? { originator: one.originator, report: one.report, to, portions: [], names: [] };
            all.set(key, { ...known, portions: add(known.portions, one.portion), names: add(known.names, `${one.short}/${one.n}`) });
        }
    return [...all.values()];
}

export const askFor = async (api: Api, { originator, report, to, portions }: Wanted, reason: string, by: string): Promise<unknown> => api.act('request', report, portions,
    { to, reason, by, until: '', precedence: 'routine', originator, cited: 1 });
