// SPDX-License-Identifier: Apache-2.0
// verdict-yes.ts: what a `yes` rests on: the entry that it is about, and entries that follow it (docs/formats.md, 2.5).
import { equal, need, text } from '../bytes.ts';
import { type Json, str } from '../jose.ts';
import { entryRef } from './entry.ts';
import type { Evidence } from './evidence.ts';
import { TAG_PERSON } from './part.ts';
import { FIELD, KIND, type Presence, fieldIs, isBriefing } from './presence.ts';
import { checkReader, names, statementOf, timeOf } from './shown.ts';
import type { Judge, Seen } from './verdict.ts';

const domainOf = (who: string): string => who.slice(who.indexOf('@') + 1);
const field = (p: Presence, j: number): string => text(p.fields.get(j) ?? new Uint8Array(0));
const sameMatter = (e: Evidence, p: Presence): boolean => fieldIs(p, FIELD.portion, e.portion) && fieldIs(p, FIELD.person, e.subject);

// `, reader`, and who vouched if not his home.
async function reader(j: Judge, p: Presence): Promise<string> {
    const issuer = await checkReader(p, j.e.ledger, j.find);
    return domainOf(field(p, FIELD.person)) === issuer ? ', reader' : `, reader via ${issuer}`;
}

// The statement is the report of field 5's organisation about this portion and person.
function byReporter(e: Evidence, p: Presence, said: Json): boolean {
    return p.kind === KIND.reported && p.fields.has(FIELD.copy) && field(p, FIELD.actor).includes('@') && str(said, 'iss') === domainOf(field(p, FIELD.actor)) &&
        str(said, 'kind') === 'briefing-report' && str(said.body, 'person') === e.subject && names(said, e.portion);
}

async function first(j: Judge, { generation, presence: p }: Seen): Promise<void> {
    need(p && sameMatter(j.e, p) && p.tags.has(TAG_PERSON) && isBriefing(p), 'no briefing of this person on this portion');
    need(timeOf(p) === j.e.time && BigInt(generation) === j.e.generation && p.index === j.e.index, 'at line');
    const byKey = p.kind === KIND.briefing || (p.kind === KIND.reported && (p.fields.get(FIELD.copy)?.length ?? 0) > 0);
    j.v.basis = byKey ? 'key' : 'told';
    const said = await statementOf(p, j.find);
    j.v.basis += p.srt ? await reader(j, p) : said && byReporter(j.e, p, said) ? ', reporter' : ', originator';
}

// A receipt from the person's home, or a key with the reader's own proof.
async function further(j: Judge, { presence: p }: Seen): Promise<void> {
    need(p && sameMatter(j.e, p) && equal(p.fields.get(FIELD.follows) ?? new Uint8Array(0), entryRef(Number(j.e.generation), j.e.index)), 'a part that does not follow the first');
    const said = await statementOf(p, j.find);
    if (p.kind === KIND.receipt && said && str(said, 'iss') === domainOf(j.e.subject)) {
        j.v.basis += ', receipt';
        return;
    }
    need(p.kind === KIND.reissue && p.srt, 'a part that adds nothing to the first');
    j.v.basis += `, key${await reader(j, p)}`;
}

export async function yes(j: Judge): Promise<void> {
    const [one, ...more] = j.seen;
    need(one, 'no part');
    await first(j, one);
    for (const part of more) await further(j, part);
}
