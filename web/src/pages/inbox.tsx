// SPDX-License-Identifier: Apache-2.0
// inbox.tsx: what needs me, by time left; then what is for information. Beside it the chosen request, with its decision.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Schemas } from '../api.ts';
import { go, useApp, useKeys, useLoaded, useNow, useTitle } from '../app.ts';
import { left, shortOf, visible, when } from '../format.ts';
import { Empty, Link, Load } from '../parts/parts.tsx';
import { t } from '../text.ts';
import { Decide } from './decide.tsx';

type Item = Schemas['InboxItem'];
type About = Record<string, unknown>;

const str = (about: About, name: string): string => (typeof about[name] === 'string' ? about[name] as string : '');

function portions(about: About): string {
    const n = Array.isArray(about.n) ? about.n : Array.isArray(about.portions) ? about.portions : typeof about.portion === 'number' ? [about.portion] : [];
    return n.filter((one) => typeof one === 'number').join(', ');
}

export function target(item: Item): string {
    const about = item.about as About;
    const report = str(about, 'report');
    if (item.kind === 'second' || str(about, 'second')) return `/seconds/${str(about, 'second') || item.id}`;
    if (item.kind === 'request' || item.kind === 'decision') return `/inbox/${str(about, 'request') || item.id}`;
    return report ? `/reports/${report}` : '/inbox';
}

function Row({ item, chosen, now }: { item: Item; chosen: boolean; now: number }) {
    const about = item.about as About;
    const time = left(item.due, now);
    const report = str(about, 'report');
    const which = portions(about);
    const who = str(about, 'by') || item.from;
    const to = str(about, 'to');
    const decided = item.kind === 'decision' ? t.decide.settled[str(about, 'state')] ?? visible(str(about, 'what')) : '';
    return (
        <li class={`row ${chosen ? 'row-chosen' : ''} ${item.done ? 'row-done' : ''}`}>
            <Link to={target(item)} current={chosen}>
                <span class="row-kind">{t.inbox.kinds[item.kind] ?? item.kind}</span>
                <span class="row-what">
                    <span class="row-main">{visible(to ? `${item.from} → ${to}` : who)}</span>
                    <span class="row-sub">{[decided, report && `${shortOf(report)}${which ? `/${which}` : ''}`, visible(str(about, 'reason') || str(about, 'occasion'))].filter(Boolean).join(' · ')}</span>
                </span>
                <span class={`row-time ${item.needs && !item.done && time.urgent ? 'urgent' : ''}`}>{item.needs && item.due ? (time.over ? t.inbox.overdue : time.text) : when(item.at)}</span>
            </Link>
        </li>
    );
}

export function Inbox({ chosen }: { chosen: string }) {
    const { api, inboxVersion } = useApp();
    const now = useNow();
    const inbox = useLoaded(() => api.get<Schemas['Inbox']>('/v1/inbox?all=1', 'items'), [inboxVersion]);
    const items = inbox.value?.items ?? [];
    const order = [...items.filter((i) => i.needs && !i.done), ...items.filter((i) => !i.needs || i.done)];
    const [at, move] = useState(0);
    const current = chosen ? order.findIndex((i) => target(i) === `/inbox/${chosen}`) : at;
    const moved = useRef(false);
    const step = (by: number) => {
        moved.current = true;
        const next = Math.max(0, Math.min(order.length - 1, current + by));
        move(next);
        const item = order[next];
        if (item) go(target(item).startsWith('/inbox/') ? target(item) : '/inbox', true);
    };
    useLayoutEffect(() => {
        if (moved.current) document.querySelector('.row-chosen')?.scrollIntoView({ block: 'nearest' });
    }, [current]);
    useTitle(chosen ? shortOf(chosen) : t.inbox.title);
    useKeys({ j: () => step(1), k: () => step(-1), Enter: () => order[current] && go(target(order[current])), Escape: () => go('/inbox') });
    const needs = order.filter((i) => i.needs && !i.done);
    const info = order.filter((i) => !i.needs || i.done);
    return (
        <div class={`split ${chosen ? 'split-chosen' : ''}`}>
            <section class="list" aria-label={t.inbox.title}>
                <h1>{t.inbox.title}</h1>
                <Load from={inbox} lines={6}>{() => (
                    <>
                        {order.length === 0 && <Empty>{t.inbox.emptyAll}</Empty>}
                        {order.length > 0 && <h2>{t.inbox.needs} <span class="count">{needs.length}</span></h2>}
                        {order.length > 0 && needs.length === 0 && <Empty>{t.inbox.empty}</Empty>}
                        <ul class="rows">{needs.map((item, i) => <Row key={item.id} item={item} chosen={i === current} now={now} />)}</ul>
                        {info.length > 0 && <h2>{t.inbox.info} <span class="count">{info.length}</span></h2>}
                        <ul class="rows">{info.map((item, i) => <Row key={item.id} item={item} chosen={i + needs.length === current && chosen !== ''} now={now} />)}</ul>
                    </>
                )}</Load>
            </section>
            {chosen && <Decide key={chosen} id={chosen} />}
        </div>
    );
}

