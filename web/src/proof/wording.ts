// SPDX-License-Identifier: Apache-2.0
// wording.ts: what evidence says, in the sentences of the node and of the command line (docs/protocol.md, 5). The words 'never', 'was not
// told' and 'did not know' appear nowhere: no ledger can show that.
import type { Evidence } from './evidence.ts';
import { type Policy, keysOf } from './policy.ts';
import type { Verdict } from './verdict.ts';

const LIMIT = 'No key was released to this identity through orcon, and no telling was declared. It does not show what the person saw or heard otherwise.';

const meanings = (rows: Record<string, string>) => (word: string): string => {
    const [head = '', value] = word.split(/:(.*)/, 2);
    return rows[value === undefined ? word : `${head}:`]?.concat(value === undefined ? '' : ` ${value}`) ?? word;
};

export const reasonWords = meanings({
    'organisation-wide': 'his whole organisation was briefed',
    'report-missing:': 'there is no recent report from',
    'generation-missing:': "nothing is shown of the ledger's generation",
    'cut:': "entries may have been lost before the ledger's generation",
    'no-monitor': "no monitor outside the originator has checked the ledger's map",
});

export const assumeWords = meanings({
    'declared-tellings': 'who tells somebody by voice or paper records it',
    'family-by-originator': "which portions have the same text is the originator's word",
    'ledgers-by-originator': "which other ledgers could release it is the originator's word",
    'one-identity': 'each person has one id, at his own organisation',
    'reader-software': "readers' programs refuse a key without the proof of its entry",
    interop: 'keys were released to other programs, which check no proof',
    guests: 'guests of a node are known to it alone',
    'told-in-words:': 'tellings to somebody who is named only in words:',
    'originator-tags': "which organisation an entry concerns is the originator's word",
});

const iso = (ms: bigint): string => new Date(Number(ms)).toISOString();

function cosigners(v: Verdict, policy: Policy, monitors: boolean): string {
    const isMonitor = new Set(policy.monitor && policy.monitor !== 'none' ? keysOf(policy.monitor) : []);
    const names = policy.keys.flatMap((key, i) => (v.cosigners.has(i) && (monitors ? v.monitors.has(i) : !isMonitor.has(i)) ? [key.name.split('/')[0] ?? ''] : []));
    return names.join(', ') || 'nobody outside';
}

const family = (e: Evidence): string => ` (family: ${Array.isArray(e.family) ? e.family.join(', ') : e.family === 'none' ? 'none' : 'not covered'})`;
const place = (e: Evidence): string => `${e.ledger}/orcon/${e.generation} up to ${iso(e.time)}, entry ${e.index}`;

function checked(e: Evidence, v: Verdict, policy: Policy): string {
    const reports = e.reports.map((r) => `; reports from ${r.domain}${r.jws ? ` up to ${iso(r.until)}` : ' are missing'}`).join('');
    return `; map checked by ${cosigners(v, policy, true)}; witnessed by ${cosigners(v, policy, false)}${reports}. `;
}

const YES: [string, string][] = [
    [', reader', "The person's own signed request and access token are in the proof. "],
    [', reporter', 'The signed report of the organisation that released or told it is in the proof. '],
    [', originator', "It is the originator's word: the person's own request is not in the proof. "],
    [', receipt', "A receipt from the person's organisation says that it arrived. "],
];

function sayYes(e: Evidence, v: Verdict, policy: Policy): string {
    const how = v.basis.startsWith('told') ? ': a telling was recorded at ' : ': its key was released at ';
    return `${e.subject} was briefed on portion ${e.portion}${how}${iso(e.time)}, entry ${e.index} of ${e.ledger}/orcon/${e.generation}; witnessed by ${cosigners(v, policy, false)}. ` +
        `${YES.filter(([word]) => v.basis.includes(word)).map(([, says]) => says).join('')}It does not show what the person read, saw or heard.`;
}

function sayUnknown(e: Evidence, v: Verdict, policy: Policy): string {
    const no = v.basis.startsWith('self-asserted') ? ". By the originator's own word no" : '. No';
    return `Whether ${e.subject} was briefed on portion ${e.portion}${family(e)} is unknown: ${v.reasons.map(reasonWords).join('; ')}${no} briefing of this person himself is on record in ` +
        `${place(e)}${checked(e, v, policy)}It does not show what the person saw or heard otherwise.`;
}

function sayCount(e: Evidence, v: Verdict, policy: Policy): string {
    const what = e.claim === 'events' ? `${v.count === 1n ? 'event' : 'events'} with ${e.subject}` : v.count === 1n ? 'briefing' : 'briefings';
    return `${v.count} ${what} on portion ${e.portion || '-'} are on record in ${place(e)}${checked(e, v, policy)}`.trimEnd();
}

// Of a file that verifies.
export function wording(e: Evidence, v: Verdict, policy: Policy): string {
    switch (v.outcome) {
    case 'yes': return sayYes(e, v, policy);
    case 'unknown': return sayUnknown(e, v, policy);
    case 'no-record': return `No briefing of ${e.subject} on portion ${e.portion}${family(e)} is on record in ${place(e)}${checked(e, v, policy)}${LIMIT}`;
    default: return sayCount(e, v, policy);
    }
}
