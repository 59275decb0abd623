// SPDX-License-Identifier: Apache-2.0
// main.tsx: the frame: sign-in, navigation, the page that the address names, the live feed.
import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Api, type Home, type Schemas, home as askHome } from './api.ts';
import { AppContext, go, useKeys, usePath } from './app.ts';
import { when } from './format.ts';
import { type Device, forgetDevice, loadDevices } from './keys.ts';
import { DevicePage } from './pages/device.tsx';
import { Inbox } from './pages/inbox.tsx';
import { Partners } from './pages/partners.tsx';
import { Report } from './pages/report.tsx';
import { Reports } from './pages/reports.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { Link } from './parts/parts.tsx';
import { t } from './text.ts';


function Page() {
    const [, page = '', id = '', tab = ''] = usePath().split('/');
    switch (page) {
    case 'reports': return id ? <Report key={id} id={id} tab={tab} /> : <Reports />;
    case 'partners': return <Partners key={id} domain={id} />;
    case 'device': return <DevicePage />;
    default: return <Inbox chosen={page === 'inbox' || page === 'requests' ? id : ''} />;
    }
}

// The feed of notices, opened again when it ends; since when nothing was heard.
function useLive(api: Api): { version: number; offlineSince: string } {
    const [version, rise] = useState(0);
    const [offlineSince, lost] = useState('');
    useEffect(() => {
        const stop = new AbortController();
        const listen = async () => {
            while (!stop.signal.aborted) {
                try {
                    await api.follow((name) => {
                        lost('');
                        if (name === 'inbox') rise((n) => n + 1);
                    }, stop.signal);
                } catch {
                    if (stop.signal.aborted) return;
                    lost((before) => before || new Date().toISOString());
                }
                await new Promise((next) => setTimeout(next, 2000));
            }
        };
        void listen();
        return () => stop.abort();
    }, [api]);
    return { version, offlineSince };
}

function Keys({ close }: { close: () => void }) {
    useKeys({ Escape: close, '?': close });
    return (
        <div class="cover" role="dialog" aria-modal="true" aria-label={t.keys.title}>
            <div class="sheet">
                <h2>{t.keys.title}</h2>
                <dl class="facts">{t.keys.rows.map(([key, what]) => <><dt key={key}><kbd>{key}</kbd></dt><dd>{what}</dd></>)}</dl>
                <p class="quiet">{t.keys.note}</p>
                <button type="button" onClick={close}>{t.decide.cancel}</button>
            </div>
        </div>
    );
}

function Frame({ device, leave }: { device: Device; leave: () => Promise<void> }) {
    const api = useMemo(() => new Api(device), [device]);
    const [roles, know] = useState<string[]>([]);
    const [keys, help] = useState(false);
    const live = useLive(api);
    const path = usePath();
    useEffect(() => {
        api.get<Schemas['Me']>('/v1/me').then((me) => know(me.roles), () => know([]));
    }, [api, live.version]);
    useKeys({ '?': () => help(true), 'g i': () => go('/inbox'), 'g r': () => go('/reports'), 'g p': () => go('/partners') });
    const app = { api, roles, inboxVersion: live.version, signOut: leave };
    const section = path.split('/')[1] || 'inbox';
    return (
        <AppContext.Provider value={app}>
            <a class="skip" href="#main">{t.skip}</a>
            <header class="bar">
                <strong class="product">{t.product}</strong>
                <nav aria-label={t.product}>
                    {(['inbox', 'reports', 'partners'] as const).map((one) => <Link key={one} to={`/${one}`} current={section === one}>{t.nav[one]}</Link>)}
                </nav>
                <Link to="/device" current={section === 'device'} look="who">{device.person}</Link>
            </header>
            {live.offlineSince && <div class="offline" role="status">{t.live.offline} {when(live.offlineSince)}.</div>}
            <main id="main"><Page /></main>
            {keys && <Keys close={() => help(false)} />}
        </AppContext.Provider>
    );
}

function Desk({ home, devices }: { home: Home; devices: Device[] }) {
    const enrolling = location.pathname === '/enrol';
    const [device, choose] = useState<Device | null>(!enrolling && devices.length === 1 ? devices[0] ?? null : null);
    const leave = async () => {
        if (device) await forgetDevice(device.person);
        location.assign('/sign-in');
    };
    if (!device) return <SignIn home={home} devices={devices} chosen={(one) => {
        choose({ ...one, home: { domain: home.domain, url: home.url } });
        if (/^\/(sign-in|enrol)?$/.test(location.pathname)) go('/inbox', true);
    }} />;
    return <Frame device={{ ...device, home: { domain: home.domain, url: home.url } }} leave={leave} />;
}

async function start(): Promise<void> {
    const root = document.getElementById('root') as HTMLElement;
    try {
        const [home, devices] = await Promise.all([askHome(), loadDevices()]);
        render(<Desk home={home} devices={devices.filter((one) => one.home.domain === home.domain)} />, root);
    } catch (why) {
        render(<main class="sign-in"><h1>{t.product}</h1><p class="trouble" role="alert">{(why as Error).message}</p><button type="button" onClick={() => location.reload()}>{t.error.again}</button></main>, root);
    }
}

void start();
