// SPDX-License-Identifier: Apache-2.0
// device.tsx: who is signed in here, the six words until they are confirmed, and the way out.
import { useApp, useTitle } from '../app.ts';
import { t } from '../text.ts';

export function DevicePage() {
    const { api, roles, signOut } = useApp();
    useTitle(t.nav.device);
    return (
        <section class="list list-wide" aria-label={t.nav.device}>
            <h1>{t.nav.device}</h1>
            <p>{t.signIn.signedIn} <strong>{api.device.person}</strong> ({roles.join(', ') || 'reader'})</p>
            {roles.length < 2 && <><p>{t.signIn.words}</p><p class="words">{api.device.check}</p></>}
            <p class="quiet">{t.signIn.kept}</p>
            <div class="buttons"><button type="button" class="danger" onClick={() => void signOut()}>{t.signIn.forget}</button></div>
            <p class="quiet">{t.signIn.forgetWhy}</p>
        </section>
    );
}
