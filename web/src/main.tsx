// SPDX-License-Identifier: Apache-2.0
// main.tsx: the frame: sign-in, navigation, the page that the address names, the live feed.
import { render } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Api, type Home, type Schemas, Wrong, home as askHome } from './api.ts';
import { AppContext, type Loaded, back, go, useKeys, useLoaded, usePath } from './app.ts';
import { when } from './format.ts';
import { sweep } from './held.ts';
import { type Device, forgetDevice, loadDevices } from './keys.ts';
import { type Absence, listen } from './live.ts';
import { DevicePage } from './pages/device.tsx';
import { Exposure } from './pages/exposure.tsx';
import { Inbox } from './pages/inbox.tsx';
import { NodePage } from './pages/node.tsx';
import { Partners } from './pages/partners.tsx';
import { People } from './pages/people.tsx';
import { Proofs } from './pages/proofs.tsx';
import { Recall } from './pages/recall.tsx';
import { Report } from './pages/report.tsx';
import { Reports } from './pages/reports.tsx';
import { SecondPage } from './pages/second.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { Tell } from './pages/tell.tsx';
import { Write } from './pages/write.tsx';
import { Boundary, Empty, Link, Load, wordsOf } from './parts/parts.tsx';
import { t } from './text.ts';

// Pages that not everybody has, and the roles that do.
const FOR: Record<string, string[]> = { write: ['author'], exposure: ['author', 'officer'], people: ['admin'], node: ['admin'] };

function Closed({ title, needed, me }: { title: string; needed: string[]; me: Loaded<string[]> }) {
    useKeys({ Escape: back });
    return <Load from={me} lines={6} title={title}>{() => <section class="list-wide"><h1>{title}</h1><Empty>{t.onlyFor(needed)}</Empty></section>}</Load>;
}

// ${me}: whose page it is; until the node has said, a page that not everybody has waits.
function Page({ path, title, me }: { path: string; title: string; me: Loaded<string[]> }) {
    const [, page = '', id = '', tab = ''] = path.split('/');
    const needed = FOR[page];
    if (needed && !needed.some((role) => me.value?.includes(role))) return <Closed title={title} needed={needed} me={me} />;
    switch (page) {
    case 'write': return <Write />;
    case 'reports': return tab === 'recall' ? <Recall key={id} id={id} /> : tab === 'tell' || tab === 'override' ? <Tell key={id} id={id} override={tab === 'override'} /> : id ? <Report key={id} id={id} tab={tab} /> : <Reports />;
    case 'partners': return <Partners key={`${id} ${tab}`} domain={id} list={tab} />;
    case 'seconds': return <SecondPage key={id} id={id} />;
    case 'device': return <DevicePage />;
    case 'proofs': return <Proofs />;
    case 'exposure': return <Exposure />;
    case 'people': return <People />;
    case 'node': return <NodePage />;
    default: return <Inbox chosen={page === 'inbox' || page === 'requests' ? id : ''} />;
    }
}

type Lost = { how: Absence; since: string } | null;

// The feed of notices; since when nothing was heard.
function useLive(api: Api): { version: number; away: Lost } {
    const [version, rise] = useState(0);
    const [away, lost] = useState<Lost>(null);
    useEffect(() => {
        const stop = new AbortController();
        void listen((heard, alive, signal) => api.follow(heard, alive, signal), {
            event: (name) => name === 'inbox' && rise((n) => n + 1),
            alive: () => lost(null),
            lost: (how, since) => lost((before) => before ?? { how, since }),
        }, stop.signal);
        return () => stop.abort();
    }, [api]);
    return { version, away };
}

// A dialog of the browser's own keeps the focus inside, and gives it back.
function Keys({ close }: { close: () => void }) {
    const dialog = useRef<HTMLDialogElement>(null);
    useKeys({ '?': () => dialog.current?.close() });
    useEffect(() => {
        dialog.current?.showModal();
    }, []);
    return (
        <dialog class="sheet" ref={dialog} aria-label={t.keys.title} onClose={close}>
            <h2>{t.keys.title}</h2>
            <dl class="facts">{t.keys.rows.map(([key, what]) => <><dt key={key}><kbd>{key}</kbd></dt><dd>{what}</dd></>)}</dl>
            <p class="quiet">{t.keys.note}</p>
            <button type="button" onClick={() => dialog.current?.close()}>{t.keys.close}</button>
        </dialog>
    );
}

function rolesOf({ roles }: Schemas['Me']): string[] {
    if (!Array.isArray(roles)) throw new Wrong('no roles');
    return roles;
}

const pagesFor = (roles: string[]) => (['inbox', 'reports', 'write', 'partners', 'proofs', 'exposure', 'people', 'node'] as const).filter((one) => !FOR[one] || FOR[one].some((role) => roles.includes(role)));

function Frame({ device, leave }: { device: Device; leave: () => Promise<void> }) {
    const api = useMemo(() => new Api(device), [device]);
    const [keys, help] = useState(false);
    const live = useLive(api);
    const path = usePath();
    const me = useLoaded(async () => rolesOf(await api.get<Schemas['Me']>('/v1/me')), [api, live.version]);
    const roles = me.value ?? [];
    useEffect(() => {
        sweep(api).catch(() => {}); // what can't be asked about now stays; an end by time holds all the same
    }, [api, live.version]);
    useKeys({
        '?': () => help(true), 'g i': () => go('/inbox'), 'g r': () => go('/reports'), 'g p': () => go('/partners'), 'g o': () => go('/proofs'), 'g w': () => go('/write'),
        '/': () => path !== '/reports' && go('/reports', false, true), // there it is the page's own
    });
    const app = { api, roles, inboxVersion: live.version, signOut: leave };
    const first = path.split('/')[1] ?? '';
    const section = first in t.nav ? first : 'inbox'; // what an inbox leads to belongs to it
    const title = t.nav[section as keyof typeof t.nav];
    return (
        <AppContext.Provider value={app}>
            <a class="skip" href="#main">{t.skip}</a>
            <header class="bar">
                <strong class="product">{t.product}</strong>
                <nav aria-label={t.product}>
                    {pagesFor(roles).map((one) => <Link key={one} to={`/${one}`} current={section === one}>{t.nav[one]}</Link>)}
                </nav>
                <Link to="/device" current={section === 'device'} look="who">{device.person}</Link>
            </header>
            {live.away && <div class="offline" role="status">{t.live[live.away.how]} {when(live.away.since)}.</div>}
            <main id="main"><Boundary at={path} title={title}><Page path={path} title={title} me={me} /></Boundary></main>
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
        render(<main class="sign-in"><h1>{t.product}</h1><p class="trouble" role="alert">{wordsOf(why as Error, location.origin)}</p><button type="button" onClick={() => location.reload()}>{t.error.again}</button></main>, root);
    }
}

void start();
