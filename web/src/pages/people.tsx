// SPDX-License-Identifier: Apache-2.0
// people.tsx: the organisation's people, for admins: roles, clearance, compartments, devices. Acts are the node's own user's.
import type { Schemas } from '../api.ts';
import { back, useApp, useKeys, useLoaded, useTitle } from '../app.ts';
import { when } from '../format.ts';
import { Empty, Load } from '../parts/parts.tsx';
import { t } from '../text.ts';

type Person = Schemas['OnePerson'];

function Device({ d }: { d: Schemas['Device'] }) {
    const state = d.state === 'revoked' ? t.people.revoked : d.confirmed ? t.people.confirmed : t.people.waits;
    return (
        <li class={d.state === 'active' && !d.confirmed ? 'waits' : 'quiet'}>
            <code title={d.thumbprint}>{d.thumbprint.slice(0, 8)}</code> {state}, {when(d.enrolled)}{d.state === 'active' && !d.confirmed && <span class="block">{t.people.words}: <code>{d.check}</code></span>}
        </li>
    );
}

function Row({ p }: { p: Person }) {
    return (
        <tr>
            <th scope="row">{p.person}{p.state === 'suspended' && <span class="state state-denied"> {t.people.suspended}</span>}{p.service && <span class="quiet"> {t.people.machine}</span>}</th>
            <td>{p.roles.join(', ')}{p.pending.length > 0 && <span class="block waits">{t.people.pending(p.pending.join(', '))}</span>}</td>
            <td>{p.clearance || t.people.all}</td>
            <td>{p.read_in.join(', ')}</td>
            <td><ul class="bare">{p.devices.map((d) => <Device key={d.thumbprint} d={d} />)}</ul></td>
        </tr>
    );
}

export function Commands({ rows, why }: { rows: [string, string][]; why?: string }) {
    return <>{why && <p class="quiet">{why}</p>}<dl class="facts">{rows.map(([what, command]) => <><dt key={what}>{what}</dt><dd><code>{command}</code></dd></>)}</dl></>;
}

export function People() {
    const { api, inboxVersion } = useApp();
    const loaded = useLoaded(() => api.get<Schemas['People']>('/v1/people', 'people'), [inboxVersion]);
    useTitle(t.people.title);
    useKeys({ Escape: back });
    return (
        <section class="list list-wide" aria-label={t.people.title}>
            <h1>{t.people.title}</h1>
            <Load from={loaded} lines={6}>{({ people }) => (people.length === 0 ? <Empty>{t.people.empty}</Empty> : (
                <div class="scroll" role="region" aria-label={t.people.table} tabIndex={0}><table class="plain">
                    <thead><tr>{t.people.columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
                    <tbody>{people.map((p) => <Row key={p.person} p={p} />)}</tbody>
                </table></div>
            ))}</Load>
            <Commands rows={t.people.commands} why={t.people.acts} />
        </section>
    );
}
