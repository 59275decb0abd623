// SPDX-License-Identifier: Apache-2.0
// node.tsx: the node as its admins see it: what to mend first, then keys, ledger, what waits to be delivered.
import type { Schemas } from '../api.ts';
import { back, useApp, useKeys, useLoaded, useTitle } from '../app.ts';
import { when } from '../format.ts';
import { Load } from '../parts/parts.tsx';
import { t } from '../text.ts';
import { Commands } from './people.tsx';

type Status = Schemas['Node'];

const facts = (n: Status): [string, string][] => [
    [t.node.facts.domain ?? '', `${n.domain}${n.name ? ` (${n.name})` : ''}`], [t.node.facts.url ?? '', n.url], [t.node.facts.version ?? '', n.version], [t.node.facts.started ?? '', when(n.started)],
    [t.node.facts.ledger ?? '', t.node.ledger(n.generation, n.entries, n.signed)], [t.node.facts.checkpoint ?? '', when(n.checkpoint)], [t.node.facts.card ?? '', `${n.card} (${n.words})`],
];

function Table({ name, heads, rows }: { name: string; heads: string[]; rows: string[][] }) {
    return (
        <div class="scroll" role="region" aria-label={name} tabIndex={0}><table class="plain">
            <thead><tr>{heads.map((head) => <th key={head} scope="col">{head}</th>)}</tr></thead>
            <tbody>{rows.map((row, i) => <tr key={i}>{row.map((cell, j) => <td key={j}>{cell}</td>)}</tr>)}</tbody>
        </table></div>
    );
}

export function NodePage() {
    const { api } = useApp();
    const loaded = useLoaded(() => api.get<Status>('/v1/node', 'checks', 'outbox', 'keys'), []);
    useTitle(t.node.title);
    useKeys({ Escape: back });
    return (
        <section class="list list-wide" aria-label={t.node.title}>
            <h1>{t.node.title}</h1>
            <Load from={loaded} lines={8}>{(n) => (
                <>
                    <p><strong class={n.good ? 'good' : 'urgent'}>{n.good ? t.node.good : t.node.mend}</strong></p>
                    <dl class="facts">{facts(n).map(([name, value]) => <><dt key={name}>{name}</dt><dd>{value}</dd></>)}</dl>
                    <h2>{t.node.checks}</h2>
                    <ul class="checks">{[...n.checks].sort((a, b) => Number(a.state === 'good') - Number(b.state === 'good')).map((c) => (
                        <li key={c.check + c.text}><span class={c.state === 'good' ? 'good' : 'urgent'}>{t.node.states[c.state] ?? c.state}</span> <strong>{c.check.replace(/[-_]/g, ' ')}</strong> {c.text}</li>
                    ))}</ul>
                    <h2>{t.node.outbox}</h2>
                    {n.outbox.length === 0 ? <p class="quiet">{t.node.emptyOutbox}</p> : <Table name={t.node.outbox} heads={[t.node.partner, t.node.waiting, t.node.oldest]} rows={n.outbox.map((o) => [o.partner, String(o.waiting), when(o.oldest)])} />}
                    <h2>{t.node.keys}</h2>
                    <Table name={t.node.keys} heads={[t.node.use, t.node.kid, t.node.from, t.node.until]} rows={n.keys.map((k) => [k.use, k.kid.slice(0, 12), when(k.from), k.revoked ? `${t.node.revoked} ${when(k.revoked)}` : when(k.until)])} />
                    <Commands rows={t.node.commands} />
                </>
            )}</Load>
        </section>
    );
}
