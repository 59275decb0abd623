// SPDX-License-Identifier: Apache-2.0
// sign-in.tsx: enrolling this browser by a one-time link, and choosing who one is where several people share it.
import { useState } from 'preact/hooks';
import type { Home } from '../api.ts';
import { useTitle } from '../app.ts';
import { type Device, saveDevice } from '../keys.ts';
import { wordsOf } from '../parts/parts.tsx';
import { Refused, enrol } from '../sign.ts';
import { t } from '../text.ts';

// The secret of a link stands in no address, and in no history, once the page has it.
function takeLink(): string {
    const { href, pathname, hash } = location;
    if (pathname !== '/enrol' || hash === '') return '';
    history.replaceState(null, '', '/enrol');
    return href;
}

const LINK = /#([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/;

export function SignIn({ home, devices, chosen }: { home: Home; devices: Device[]; chosen: (device: Device) => void }) {
    const [link, paste] = useState(takeLink);
    const [made, show] = useState<Device | null>(null);
    const [error, fail] = useState('');
    const [busy, work] = useState(false);
    useTitle('');
    const start = async (event: Event) => {
        event.preventDefault();
        const found = LINK.exec(link.trim());
        if (!found?.[1] || !found[2]) {
            fail(t.signIn.badLink);
            return;
        }
        work(true);
        history.replaceState(null, '', '/sign-in');
        try {
            const device = await enrol(found[1], found[2], { domain: home.domain, url: home.url });
            await saveDevice(device);
            show(device);
        } catch (why) {
            fail(why instanceof Refused ? why.message : wordsOf(why as Error, home.url));
        }
        work(false);
    };
    if (made) return (
        <main class="sign-in">
            <h1>{made.person}</h1>
            <p>{t.signIn.words}</p>
            <p class="words">{made.check}</p>
            <div class="buttons"><button type="button" class="primary" onClick={() => chosen(made)}>{t.signIn.go}</button></div>
        </main>
    );
    return (
        <main class="sign-in">
            <h1>{t.signIn.title}</h1>
            <p class="quiet">{home.domain}</p>
            {devices.length > 0 && <><h2>{t.signIn.choose}</h2><ul class="rows">{devices.map((one) => <li key={one.person} class="row"><button type="button" class="row-button" onClick={() => chosen(one)}>{one.person}</button></li>)}</ul></>}
            <form onSubmit={start}>
                <label class="field">{devices.length ? t.signIn.link : t.signIn.none}<input name="link" autocomplete="off" spellcheck={false} value={link} onInput={(event) => paste(event.currentTarget.value)} /></label>
                {error && <p class="trouble" role="alert">{error}</p>}
                <div class="buttons"><button type="submit" class="primary" disabled={busy || !link}>{t.signIn.enrol}</button></div>
            </form>
            <p class="quiet">{t.signIn.kept}</p>
        </main>
    );
}
