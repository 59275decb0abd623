// SPDX-License-Identifier: Apache-2.0
// text-proofs.ts: the part of the catalogue (text.ts) for evidence, proofs, people and the node.

export const proofs = {
    verdict: {
        verified: 'verified', refused: 'not verified', why: 'Why not', file: 'File',
        answers: { yes: 'Briefed', 'no-record': 'No briefing on record', unknown: 'Unknown', events: 'Events, complete', list: 'Briefings, complete' } as Record<string, string>,
        marks: { yes: '●', 'no-record': '○', unknown: '?', events: '≡', list: '≡' } as Record<string, string>,
        basis: 'Rests on', entry: 'Ledger entry', time: 'Time', until: 'Up to', anchors: 'Anchors', assumptions: 'It assumes', words: 'six words',
        card: (domain: string) => `card of ${domain}`, log: 'log', witness: 'witness', monitor: 'monitor', ledger: (domain: string) => `Ledger of ${domain}`,
        here: 'Checked in this page, with the cards that your node has confirmed.',
        claims: (claim: string, ledger: string) => `The file claims “${claim}”, of the ledger of ${ledger}. Nothing of it is taken for granted.`,
    },
    proofs: {
        title: 'Proofs', drop: 'Drop an evidence file here, or choose one', choose: 'Choose a file', again: 'Check another file',
        note: 'The file stays on this machine: the page reads it, and asks your node for nothing but cards.', checking: 'Checking…',
        ask: 'To make evidence, open a report and its tab Evidence. The command line checks the same files: orcon verify FILE.',
        large: 'A file of more than 64 MiB is no evidence.',
    },
    evidence: {
        title: 'Evidence', person: 'Person', portion: 'Portion', make: 'Make evidence', making: 'Asking the originator’s ledger; witnesses are waited for.', download: 'Download the file', print: 'Print',
        intro: 'Was this person briefed on this portion? The originator’s ledger answers, with a file that anybody can check who has the cards.',
        public: 'This portion is public: no record is kept of who reads it.', badPerson: 'A person is written name@domain; an organisation as a whole @domain.',
        back: 'Who knows what', size: (kb: string) => `${kb} kB`,
    },
    entry: {
        title: 'Ledger entry', none: 'Nothing of this entry is opened to you.', notHere: 'The entry is in the ledger of another node; its proof is asked for from Evidence.',
        fields: { 0: 'Kind', 1: 'Time', 2: 'Portion', 3: 'Person', 4: 'Organisation', 5: 'By', 6: 'Report', 14: 'Digest of the statement' } as Record<number, string>,
        kinds: ['', 'request', 'grant', 'deny', 'override', 'briefing', 'refused', 'recall', 'remark', 'receipt', 'silence', 'shared', 'received', 'ack', 'notice', 'reissue', 'told', 'reported briefing', 'read-in',
            'person key', 'card', 'arrangement', 'objection', 'review closed'],
        proved: (index: string, size: string, log: string) => `Entry ${index} is in ${log}, under its signed checkpoint of ${size} entries.`, show: 'Proof', close: 'Close',
    },
    people: {
        title: 'People', table: 'Everybody, with roles and devices', empty: 'Nobody yet. Add the first: orcon person add NAME@DOMAIN --role reader', columns: ['Person', 'Roles', 'Cleared', 'Read in', 'Devices'],
        suspended: 'suspended', machine: 'machine', pending: (roles: string) => `${roles} waits for a confirmed device`, waits: 'waits for confirmation', words: 'six words', revoked: 'revoked', all: 'everything', device: 'device', confirmed: 'confirmed',
        acts: 'An admin’s acts belong to the node’s own user, on its machine; no key of a browser can do them:',
        commands: [['Invite', 'orcon person add NAME@DOMAIN --role reader,author'], ['Confirm six words', 'orcon person confirm NAME@DOMAIN "SIX WORDS"'], ['Suspend', 'orcon person suspend NAME@DOMAIN'],
            ['Read in', 'orcon read-in NAME@DOMAIN COMPARTMENT'], ['Revoke a device', 'orcon person suspend NAME@DOMAIN --device ID']] as [string, string][],
    },
    node: {
        title: 'Node', good: 'All checks are good', mend: 'Something needs mending', checks: 'Checks', keys: 'Keys', outbox: 'Outbox', emptyOutbox: 'Everything has been delivered.',
        facts: { domain: 'Domain', url: 'Address', version: 'Version', started: 'Running since', ledger: 'Ledger', checkpoint: 'Last checkpoint', card: 'Card' } as Record<string, string>,
        ledger: (generation: number, entries: number, signed: number) => `generation ${generation}, ${entries} entries, ${signed} of them signed`,
        use: 'Use', kid: 'Id', from: 'From', until: 'Until', partner: 'Partner', waiting: 'Waiting', oldest: 'Oldest', revoked: 'revoked', states: { good: '● good', mend: '▲ mend' } as Record<string, string>,
        commands: [['The same checks', 'orcon doctor'], ['Back up', 'orcon backup -o FILE']] as [string, string][],
    },
    devices: {
        title: 'My devices', this: 'this browser', confirmed: 'confirmed', waits: 'waits for confirmation', revoked: 'revoked', revoke: 'Revoke', revokeNow: (words: string) => `Revoke the device “${words}”`, keep: 'Keep it', enrolled: 'enrolled',
        note: 'A revoked device hears nothing more and opens nothing more. To enrol it again takes a new link.',
    },
    pins: {
        title: 'What this browser has seen', cards: (n: number) => `${n} card${n === 1 ? '' : 's'}`, ledgers: (n: number) => `${n} ledger${n === 1 ? '' : 's'}`, none: 'nothing yet', forget: 'Forget it',
        note: 'Cards and checkpoints are kept here, so that another key in a card, or a second history of a ledger, is noticed after a reload too. Nothing that was opened is among them.',
        changed: (domain: string) => `The card of ${domain} has another key than this browser saw before. Ask your admin whether its six words were compared anew; if so, forget what this browser has seen (on the page of your device), and try again.`,
    },
    stale: { text: 'Nothing was heard from the node; what you see may be stale, as of' },
    noLeave: 'This page is for admins.',
};
