// SPDX-License-Identifier: Apache-2.0
// device.tsx: who is signed in here, the six words until they are confirmed, one's other devices, what was seen here, and the way out.
import { useState } from 'preact/hooks';
import type { Schemas } from '../api.ts';
import { back, useApp, useKeys, useLoaded, useTitle } from '../app.ts';
import { when } from '../format.ts';
import { forgetSeen, listHeld, listSeen } from '../keys.ts';
import { Load, Trouble } from '../parts/parts.tsx';
import { t } from '../text.ts';

type Device = Schemas['Device'];

function Row({ d, revoke }: { d: Device; revoke: (() => void) | null }) {
    const state = d.state === 'revoked' ? t.devices.revoked : d.confirmed ? t.devices.confirmed : t.devices.waits;
    return (
        <li class="row device">
            <span class="row-what"><span class="row-main">{d.check}</span><span class="row-sub">{d.this && <strong>{t.devices.this}, </strong>}{state}, {t.devices.enrolled} {when(d.enrolled)}</span></span>
            {revoke && <button type="button" onClick={revoke} aria-label={`${t.devices.revoke}: ${d.check}`}>{t.devices.revoke}</button>}
        </li>
    );
}

function Devices() {
    const { api } = useApp();
    const loaded = useLoaded(() => api.get<Schemas['Devices']>('/v1/devices', 'devices'), []);
    const [asked, ask] = useState<Device | null>(null);
    const [error, fail] = useState<Error | null>(null);
    const revoke = async (d: Device) => {
        ask(null);
        try {
            await api.call('DELETE', `/v1/devices/${d.thumbprint}`);
            loaded.again();
        } catch (why) {
            fail(why as Error);
        }
    };
    return (
        <>
            <h2>{t.devices.title}</h2>
            <Load from={loaded}>{({ devices }) => <ul class="rows">{devices.map((d) => <Row key={d.thumbprint} d={d} revoke={d.state === 'active' && !d.this ? () => ask(d) : null} />)}</ul>}</Load>
            {asked && <div class="buttons panel"><button type="button" class="danger" ref={(button) => button?.focus()} onClick={() => void revoke(asked)}>{t.devices.revokeNow(asked.check)}</button><button type="button" onClick={() => ask(null)}>{t.devices.keep}</button></div>}
            {error && <Trouble error={error} />}
            <p class="quiet">{t.devices.note}</p>
        </>
    );
}

function Pins() {
    const { api } = useApp();
    const { person } = api.device;
    const loaded = useLoaded(async () => (await listSeen(person)).filter((one) => !one.what.startsWith('receipt ')), [person]);
    const forget = async () => {
        await forgetSeen(person);
        loaded.again();
    };
    return (
        <Load from={loaded} lines={1}>{(seen) => {
            const cards = seen.filter((one) => one.what.startsWith('card ')).length;
            return (
                <>
                    <h2>{t.pins.title}</h2>
                    <p>{seen.length === 0 ? t.pins.none : `${t.pins.cards(cards)}, ${t.pins.ledgers(seen.length - cards)}`}</p>
                    <p class="quiet">{t.pins.note}</p>
                    {seen.length > 0 && <div class="buttons"><button type="button" onClick={() => void forget()}>{t.pins.forget}</button></div>}
                </>
            );
        }}</Load>
    );
}

// Of an authority: keys for overrides, until their releases end.
function Holding() {
    const { api } = useApp();
    const { person } = api.device;
    const loaded = useLoaded(() => listHeld(person), [person]);
    const count = loaded.value?.filter((one) => one.sealed).length ?? 0;
    return count ? <><h2>{t.pins.holding}</h2><p>{t.pins.held(count)}</p></> : null;
}

export function DevicePage() {
    const { api, roles, signOut } = useApp();
    useTitle(t.nav.device);
    useKeys({ Escape: back });
    return (
        <section class="list list-wide" aria-label={t.nav.device}>
            <h1>{t.nav.device}</h1>
            <p>{t.signIn.signedIn} <strong>{api.device.person}</strong> ({roles.join(', ') || 'reader'})</p>
            {roles.length < 2 && <><p>{t.signIn.words}</p><p class="words">{api.device.check}</p></>}
            <p class="quiet">{t.signIn.kept}</p>
            <Devices />
            <Pins />
            <Holding />
            <div class="buttons panel"><button type="button" class="danger" onClick={() => void signOut()}>{t.signIn.forget}</button></div>
            <p class="quiet">{t.signIn.forgetWhy}</p>
        </section>
    );
}
