// SPDX-License-Identifier: Apache-2.0
// text-write.ts: the texts of Write, of telling and overriding.

const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

export const writing = {
    full: {
        read: 'Read them here', note: 'Reading is a briefing: it is entered in the ledger.',
    },
    write: {
        title: 'Write', to: 'To (domains, persons, group:NAME)', second: 'Second person who must agree (or empty)', noHeld: 'Nobody there keeps keys: every reading asks us',
        source: 'Report: (MARK) at the start of a line begins a portion', hint: '---\ntitle: (TLP:GREEN) Some words\n---\n(TLP:AMBER//ORCON) Some text.',
        banner: 'Banner of the whole report', unmarked: 'NOT MARKED YET', readers: 'Who could read it', portion: 'Portion', others: 'others here', beyond: 'beyond', empty: 'The preview stands here once the source has a portion.',
        wrongTo: (who: string) => `“${who}” is neither a domain nor a person, in lower case, nor group:NAME.`, needTo: 'Say to whom.',
        faults: (n: number) => plural(n, 'fault'), at: (line: number) => `line ${line}`, cells: { yes: 'yes', some: 'some', no: 'no' } as Record<string, string>,
        beyondWords: { clear: 'anyone', 'community-rule': 'the community', 'tearline-rule': 'confirmed partners', 'client-rule': 'its clients' } as Record<string, string>, ask: 'must ask you',
        note: '0 is the title. Some: those who are read in. Each partner decides who its readers are.',
        exists: (who: string, list: string) => `${who} will see that ${list} exist${list.includes(',') ? '' : 's'}; HIDDEN hides.`, checking: 'Asking the node…',
        share: (n: number, whom: string) => `Share ${plural(n, 'portion')} with ${whom}`, organisations: (n: number) => `${n} recipients`, sealing: 'Sealing…',
        final: 'It is sealed here, in this page, and can’t be unsent: what somebody has read stays read. Leave for what was not read yet can be taken back.',
        sent: 'Shared. It goes to its recipients by itself.', waits: (who: string) => `Nothing was sent yet: ${who} must agree first, in his inbox.`, whatWaits: 'What waits', open: 'Open the report', another: 'Write another',
        drafts: 'Drafts', kept: 'Draft kept', big: 'Too large for a draft: it stays in this tab alone.', foreign: 'sealed by another browser of yours', load: 'Go on writing', drop: 'Drop',
        files: 'Files', addFile: 'Attach files…', filesNote: 'Each is a portion of its own, after the text; its size can be seen by those who hold it, its name goes nowhere. Drafts don’t keep files.',
        fileMark: (name: string, size: string) => `Mark of ${name} (${size})`, remove: 'Remove', removeFile: (name: string) => `Remove ${name}`,
        differing: 'Wordings that differ by holder', differ: (n: number, places: number) => `portion ${n}, ${places} place${places === 1 ? '' : 's'}:`, first: (n: number) => `Show the first ${n}`, all: (n: number) => `Show all ${n}`,
        differNote: 'Each holder’s copy has one wording at each place, so that orcon trace can say whose copy it was. Holders are told that copies differ, not where.',
        undo: 'Undo', dropped: 'Draft dropped.', conflict: 'This draft was changed in another tab. Keep yours as a new one:', keepNew: 'Keep as a new draft',
        draftNote: 'Drafts are sealed with a key of this browser: neither the node nor another browser can read them, and signing out ends them.',
    },
    cited: {
        title: 'What it cites', table: 'What it cites, and by whose leave it goes to whom', columns: ['Portion', 'Cited in', 'For', 'Leave'], portion: (short: string, n: number, originator: string) => `${short}/${n} of ${originator}`,
        free: 'needs no leave', granted: (until: string) => `granted${until ? ` until ${until}` : ''}`, asked: (due: string) => `asked for, answer due ${due}`,
        missing: (was: string) => `leave is missing${was ? `, the last request was ${was === 'nobody answered in time' ? 'not answered' : was}` : ''}`,
        note: 'A portion takes at least the mark of what it cites, and goes nowhere without its originator’s leave. For text, write \\[[.',
        ask: (originator: string, names: string, to: string) => `Ask ${originator} for ${names}, for ${to}`, blocked: (n: number) => `${plural(n, 'leave')} missing: it can’t be shared yet`,
        cites: (name: string, originator: string) => `cites ${name} of ${originator}`, some: (short: string) => `a portion of ${short}`, recalled: (at: string) => `recalled ${at}`,
    },
    carry: {
        save: 'Save it sealed…', take: 'Take a package that came by hand…',
        out: (names: string[], originator: string) => `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} in your downloads, still sealed: only those whom ${originator} released it to can open it.${names.length === 1 ? '' : ' At the other end each of them is taken.'}`,
        none: (name: string, why: string) => `${name} can’t be taken: ${why}. Nothing was sent.`, large: (name: string) => `${name} is larger than any package. Nothing was sent.`,
    },
    second: {
        title: (by: string, act: string, report: string) => `${by} would ${act} ${report}`, who: 'Second person', asker: 'Asked for by', to: 'To', until: 'Ends by itself', terms: 'Leave until',
        states: { waiting: 'waiting', agreed: 'agreed', refused: 'refused', withdrawn: 'withdrawn', ended: 'ended' } as Record<string, string>, reason: 'Reason (for refusing, or taking back)',
        note: 'The text is its author’s to show: the node keeps it sealed until both have agreed.', refuse: 'Refuse', withdraw: 'Take it back',
        agree: (act: string, n: number, by: string) => `Agree: ${act} ${plural(n, 'portion')}, as ${by} would`,
    },
    recall: {
        link: 'Take leave back…', title: (id: string) => `Take leave of ${id} back`, from: 'From', all: 'all holders', nobody: 'Nobody holds it: there is no leave to take back.', before: 'Taken back before',
        what: 'No key leaves any more for what was not read yet; what somebody has read stays read. A later share, or grant, gives leave again.', now: (n: number, from: string) => `Recall ${plural(n, 'portion')} from ${from}`,
        states: { acknowledged: 'heard, by his word', waiting: 'on its way', refused: 'not taken' } as Record<string, string>,
    },
    tell: {
        link: 'Told by voice…', overrideLink: 'Override…',
        title: (id: string) => `Record that somebody was told ${id}`, overrideTitle: (id: string) => `Override: tell on ${id} without leave`,
        who: 'Who was told (a person, or words)', whoTo: 'Who is told (a person, an organisation, or words)', reason: 'Reason', occasion: 'Occasion', at: 'When (your clock)', present: 'Those present, with commas', portions: 'Portions',
        needed: 'needs no override: it may go there by rule (orcon forward)', unread: 'you were not briefed on it',
        what: (originator: string, home: string) => `You are about to tell this without the answer of ${originator}. It learns of it at once, under your name, with your reason; it counts in the record of ${home}, and its review stays open until ${originator} closes it.`,
        confirm: (id: string) => `Type ${id} to confirm`, telling: (n: number, whom: string) => `Record: ${whom} was told ${plural(n, 'portion')}`, now: (n: number, whom: string) => `Override: tell ${whom} ${plural(n, 'portion')}`,
        asked: 'Ask for leave first, where there is time: it is answered on record.', done: 'Recorded. It counts as a briefing, and can’t be taken back.', knows: 'Who knows what',
        overridden: 'Recorded and sent.', receipt: (originator: string, at: string) => (at ? `${originator} signed that it has heard: ${at}.` : `${originator} has not signed yet that it has heard.`), review: 'Review', states: { open: 'open', closed: 'closed' } as Record<string, string>,
        tearlines: 'Tearline first: choose these alone', none: 'You have read no portion of it that is under its originator’s say.', future: 'This is still to come.',
        how: 'How', byVoice: 'by voice: it is told, and recorded', bySeal: 'as a sealed copy, for an organisation’s readers', whoSealed: 'Passed on to (an organisation, such as cedar.example)', domain: 'A sealed copy goes to an organisation; whoever else is told, by voice.',
        whatSealed: 'Its readers open the copy with keys of your node, not before the originator was told.', pass: (n: number, whom: string) => `Override: pass ${plural(n, 'portion')} on to ${whom}`,
        noKey: 'no key of it is held in this browser', sealed: 'This browser holds the keys, sealed, from when you opened the report until its release ends or is recalled: both ways work while the originator’s node is away.',
        notHeld: (id: string) => `No key is held in this browser, so by voice only. A sealed copy is made where you opened it: orcon override ${id} --portion N --to DOMAIN --reason ...`,
    },
};
