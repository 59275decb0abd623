// SPDX-License-Identifier: Apache-2.0
// text.ts: every text of the page, in one place. Marks are never translated.

import { proofs } from './text-proofs.ts';
import { writing } from './text-write.ts';

export const t = {
    ...proofs,
    ...writing,
    product: 'orcon',
    nav: { inbox: 'Inbox', reports: 'Reports', write: 'Write', partners: 'Partners', device: 'This device', exposure: 'Exposure', proofs: 'Proofs', people: 'People', node: 'Node' },
    skip: 'To the content',
    keys: {
        title: 'Keys',
        rows: [
            ['?', 'this list'], ['j k', 'move'], ['Enter', 'open'], ['g i', 'inbox'], ['g r', 'reports'], ['g w', 'write'], ['g p', 'partners'], ['g o', 'proofs'], ['a', 'ask for a portion'],
            ['y', 'grant panel'], ['n', 'deny panel'], ['1–9', 'portion'], ['Esc', 'back'],
        ] as [string, string][],
        note: 'No single key grants, shares or overrides.',
    },
    signIn: {
        title: 'Sign in on this browser',
        none: 'This browser has no key yet. Ask your admin for an enrolment link, and open it here; or paste it:',
        link: 'Enrolment link',
        enrol: 'Make a key and enrol',
        badLink: 'This is no enrolment link: it ends in /enrol# and two long words.',
        choose: 'Who are you?',
        words: 'Read these six words to your admin. Until he has confirmed them you can read, and nothing more.',
        go: 'Go on to the inbox',
        forget: 'Sign out on this browser',
        forgetWhy: 'Its key is deleted. To come back you need a new enrolment link.',
        kept: 'The key of this browser can sign and can’t be read out. No text that you open is kept here.',
        signedIn: 'Signed in as',
    },
    inbox: {
        title: 'Inbox', needs: 'Needs you', info: 'For information', empty: 'Nothing needs you. Requests, alerts and deliveries will be here.',
        emptyAll: 'Nothing is here yet. Requests, alerts, deliveries and answers will be, as soon as a partner sends something.',
        kinds: {
            request: 'request', alert: 'refused try', override: 'override', delivery: 'report', decision: 'decision', recall: 'recall', inquiry: 'inquiry',
            second: 'second person', absence: 'absence', told: 'told', release: 'released',
        } as Record<string, string>,
        overdue: 'overdue',
    },
    decide: {
        asks: (asker: string, report: string, to: string) => `${asker} asks to pass ${report} to ${to}`,
        forSelf: (asker: string, report: string, who: string) => `${asker} asks for ${report}, for ${who}`,
        why: 'Why', due: 'Answer due', until: 'Wanted until', open: 'open', by: 'Asked by',
        who: 'who would learn it', record: 'Record', asked: 'asked', needsLeave: 'needs leave', noLeave: 'needs no leave',
        untilLabel: 'Until (a day, or empty)', note: 'Note to the asker', reason: 'Reason for denying',
        grant: (n: number, to: string) => `Grant ${n} portion${n === 1 ? '' : 's'} to ${to}`,
        tearline: 'Tearline only', deny: 'Deny', denyNow: 'Deny this request', cancel: 'Back',
        settled: { granted: 'granted', denied: 'denied', silent: 'nobody answered in time', withdrawn: 'withdrawn', open: 'open' } as Record<string, string>,
        done: 'Done.', undo: 'Leave can be taken back: recall, on the report.',
        nothing: 'Choose at least one portion.',
        notMine: 'Only an officer of the originator decides on it.', own: 'Nobody decides on his own request.',
        words: 'Six words of its card',
        show: 'Read the portions',
    },
    reports: { title: 'Reports', filter: 'Filter', sent: 'sent', received: 'received', stray: 'made for somebody else', recalled: 'recalled',
        empty: 'No report yet. What partners send, and what you share, will be here.', none: 'None fits the filter.',
        waits: 'waits until its sender’s card is confirmed by an admin', to: 'to' },
    report: {
        tabs: { text: 'Text', knows: 'Who knows', path: 'Path', timeline: 'Timeline', evidence: 'Evidence' },
        withheld: 'Withheld', sealed: 'Sealed', recalled: 'its originator took his leave back', openStray: 'Open it all the same', ask: 'Ask', from: 'from', for: 'for', opening: 'Opening…', untitled: 'title withheld',
        differs: 'Copies of this portion differ in some words, by holder.',
        briefed: (list: string, entry: string) => `You were briefed on ${list}${entry ? `, ledger entry ${entry}` : ''}.`,
        public: 'public, no record', stray: 'This package was made for somebody else. Opening it tells its originator.',
        asOf: 'as of', retry: 'Try again', entry: 'entry',
        file: (mime: string, size: string) => `A file of ${size}, ${mime}.`, save: 'Save as a file', saved: 'A saved file is no longer sealed: its name carries the report and the mark.',
        limit: 'orcon can’t make a reader unhear.',
    },
    ask: {
        title: 'Ask the originator', to: 'For', me: 'me', other: 'another organisation', domain: 'Its domain', reason: 'Why', by: 'Answer needed within',
        hours: (n: number) => `${n} h`, send: (n: number, whom: string) => `Ask for ${n} portion${n === 1 ? '' : 's'}, for ${whom}`, sent: 'Sent. Silence until then is a denial.', portions: 'Portions',
        pass: (n: number, whom: string) => `Pass ${n} portion${n === 1 ? '' : 's'} on to ${whom} now`, byRule: 'passed on by rule',
    },
    knows: { title: 'Who knows what', empty: 'Nobody has opened it yet.', person: 'Person', total: 'total', nothing: 'nothing to say', after: 'after ✕', proof: 'Enter opens the proof', toEntry: 'Enter opens the entry', hint: 'Arrows move from cell to cell; Enter, or a click, opens the proof of one.', by: (who: string) => `by ${who}`,
        refused: (times: number, at: string, entry: string) => `refused ${times === 1 ? 'once' : `${times} times`}, ${at}, entry ${entry}`, totals: (briefed: number, told: number) => `${briefed} read, ${told} told`, states: {
        briefed: ['●', 'briefed'], told: ['◐', 'told'], override: ['▲', 'by override'], may: ['○', 'may read'], refused: ['✕', 'refused try'], withheld: ['–', 'not released'],
    } as Record<string, [string, string]>, truncated: 'More than 1,000 rows: the rest is left out.' },
    path: { title: 'Path of release', which: (list: number[]) => (list.length === 1 ? `portion ${list[0]}` : `portions ${list.join(', ')}`), proof: (who: string) => `evidence about ${who}`, table: 'Path of release, as a table', from: 'From', to: 'To', portion: 'Portion', kind: 'How', by: 'By', at: 'When', empty: 'It went nowhere yet.',
        kinds: { granted: 'granted', recalled: 'recalled', override: 'override', refused: 'refused try', asked: 'asked', denied: 'denied' } as Record<string, string> },
    timeline: { title: 'Timeline', by: 'By', filter: 'Only by', all: 'all', empty: 'Nothing was said about it yet.' },
    partners: { title: 'Partners', empty: 'No partner yet. An admin adds one: orcon partner add FILE.', given: 'given', received: 'received', open: 'undelivered',
        columns: ['30 days', '1 year'], overrides: (n: number) => `${n} override${n === 1 ? '' : 's'}`, uncoordinated: (n: number) => `${n} uncoordinated`, same: 'Both sides compute these numbers from statements that both have acknowledged.' },
    live: { offline: 'Offline: what you see is as of', back: 'connected' },
    error: { what: 'What failed', request: 'Request', again: 'Try again', late: 'No answer yet; still waiting.', wrong: (url: string) => `The node at ${url} gave an answer that this page can’t read. Nothing of it was used.`, unreachable: (url: string) => `The node at ${url} can’t be reached. Trying again.`, copy: 'Copy' },
    marks: { banner: 'Highest mark of what is open on this page', none: 'NOTHING OPEN' },
};
