// SPDX-License-Identifier: Apache-2.0
// text-proofs.ts: the part of the catalogue (text.ts) for evidence, proofs, people and the node.

export const proofs = {
    verdict: {
        verified: 'verified', refused: 'not verified', why: 'Why not',
        answers: { yes: 'Briefed', 'no-record': 'No briefing on record', unknown: 'Unknown', events: 'Events, complete', list: 'Briefings, complete' } as Record<string, string>,
        marks: { yes: '●', 'no-record': '○', unknown: '?', events: '≡', list: '≡' } as Record<string, string>,
        basis: 'Rests on', entry: 'Ledger entry', time: 'Time', until: 'Up to', anchors: 'Anchors', assumptions: 'It assumes',
        own: 'your own organisation', card: (domain: string) => `card of ${domain}`, log: 'log', witness: 'witness', monitor: 'monitor',
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
        person: 'Person', portion: 'Portion', make: 'Make evidence', making: 'Asking the originator’s ledger; witnesses are waited for.', download: 'Download the file', print: 'Print',
        intro: 'Was this person briefed on this portion? The originator’s ledger answers, with a file that anybody can check who has the cards.',
        public: 'This portion is public: no record is kept of who reads it.', badPerson: 'A person is written name@domain; an organisation as a whole @domain.',
        size: (kb: string) => `${kb} kB`,
    },
    entry: {
        title: (generation: string, index: string, domain: string) => `Entry ${generation}/${index} of ${domain}’s ledger`, none: 'no entry of ours', bad: 'No such entry: a generation and an index name one, as in 1/41.',
        stands: 'In the ledger: verified', hash: 'hash of the entry', early: 'It is not under a signed checkpoint yet: that takes a moment.', other: 'Nothing of this report that you may see was made with this entry.',
        claim: (index: number, origin: string, size: number, outside: string[]) => `Entry ${index} stands in ${origin}, under a checkpoint of ${size} entries that the ledger signed${outside.length ? ` and ${[...new Set(outside)].join(', ')} signed, too` : '; nobody outside has signed it yet'}. It can’t be changed or taken out unnoticed.`,
        limit: 'Checked in this page. What the entry says is sealed in it: the lines above are your node’s word. Evidence about a person opens what it says of him.',
    },
    exposure: {
        title: 'Exposure', handle: 'Handle of a source', ask: 'Ask what came from it', columns: ['Portion', 'Person', 'Knows', 'When'], nothing: 'Nothing for you to know came from this source.',
        note: 'The handle leaves this page sealed to your node’s keeper alone. The question goes on record before it is answered.',
        who: (report: string) => `Who knows of ${report}`, entry: (n: number) => `asked in entry ${n}`,
        override: (by: string, to: string, review: string) => `by ${by} to ${to}, review ${review},`, attempt: (by: string, copy: string, state: string) => `${by} tried a copy of ${copy}, ${state},`,
        totals: (n: { reports: number; portions: number; briefed: number; told: number; overrides: number; attempts: number }) => [[n.portions, 'portion', 'portions'], [n.reports, 'report', 'reports'], [n.briefed, 'person briefed', 'persons briefed'], [n.told, 'told', 'told'],
            [n.overrides, 'override', 'overrides'], [n.attempts, 'foreign copy tried', 'foreign copies tried']].map(([count, one, many]) => `${count} ${count === 1 ? one : many}`).join(', '),
    },
    people: {
        title: 'People', table: 'Everybody, with roles and devices', empty: 'Nobody yet. Add the first: orcon person add NAME@DOMAIN --role reader', columns: ['Person', 'Roles', 'Cleared', 'Read in', 'Devices'],
        suspended: 'suspended', machine: 'machine', pending: (roles: string) => `${roles} waits for a confirmed device`, waits: 'waits for confirmation', words: 'six words', revoked: 'revoked', all: 'everything', confirmed: 'confirmed',
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
        holding: 'Held keys', held: (n: number) => `Keys of ${n} portion${n === 1 ? '' : 's'}, sealed, for an override while their originator is away; each until its release ends or is recalled.`,
        note: 'Cards and checkpoints are kept here, so that another key in a card, or a second history of a ledger, is noticed after a reload too. Nothing that was opened is among them.',
        changed: (domain: string) => `The card of ${domain} has another key than this browser saw before. Ask your admin whether its six words were compared anew; if so, forget what this browser has seen (on the page of your device), and try again.`,
    },
    onlyFor: (roles: string[]) => `This page is for people with the role ${roles.join(' or ')}.`,
};
