// SPDX-License-Identifier: Apache-2.0
// parts.tsx: what pages are made of: banner, mark, link, states, fields.
import { Component, type ComponentChildren, Fragment } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type Loaded, go, useApp } from '../app.ts';
import { Unreachable, Wrong } from '../api.ts';
import { breaks, label, mark, visible, when } from '../format.ts';
import { Refused, isAway } from '../sign.ts';
import { t } from '../text.ts';

// At top and bottom of whatever shows content; TLP colours on black as FIRST fixes them.
export function Banner({ text, edge, none }: { text: string; edge: 'top' | 'bottom'; none?: string }) {
    const { api } = useApp();
    const shown = text ? mark(text, api.device.home.domain) : none ?? t.marks.none;
    return <div class={`banner banner-${label(text)} banner-${edge}`} role="note" aria-label={edge === 'top' ? t.marks.banner : undefined}>{shown}</div>;
}

export function Mark({ text }: { text: string }) {
    const { api } = useApp();
    const parts = breaks(mark(text, api.device.home.domain));
    return <span class={`mark mark-${label(text)}`}>{parts.map((part, i) => <Fragment key={i}>{i > 0 && <wbr />}{part}</Fragment>)}</span>;
}

export function Link({ to, children, look, current, name }: { to: string; children: ComponentChildren; look?: string; current?: boolean; name?: string }) {
    const follow = (event: MouseEvent) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        go(to);
    };
    return <a href={to} onClick={follow} class={look} aria-label={name} aria-current={current ? 'page' : undefined}>{children}</a>;
}

// After 200 ms, so that what is quick does not flicker; after 5 s it says that it still waits.
export function Skeleton({ lines = 3 }: { lines?: number }) {
    const [shown, show] = useState<'' | 'shown' | 'late'>('');
    useEffect(() => {
        const timers = [setTimeout(() => show('shown'), 200), setTimeout(() => show('late'), 5000)];
        return () => timers.forEach((timer) => clearTimeout(timer));
    }, []);
    return <div class="skeleton" aria-busy="true" aria-live="polite">{shown === 'late' && <p class="quiet">{t.error.late}</p>}{shown && Array.from({ length: lines }, (_, i) => <div key={i} class={`bone bone-${i % 3}`} />)}</div>;
}

// What failed, in words. An answer of another shape shows where it is used: as a TypeError.
export function wordsOf(error: Error, url: string): string {
    if (error instanceof Unreachable) return t.error.unreachable(url);
    if (error instanceof Wrong || error instanceof TypeError) return t.error.wrong(url);
    if (error instanceof Refused && error.detail && error.detail !== error.title) return visible(`${error.title}: ${error.detail}`);
    return visible(error.message);
}

export function Trouble({ error, again }: { error: Error; again?: () => void }) {
    const { api } = useApp();
    return (
        <div class="trouble" role="alert">
            <p>{wordsOf(error, api.device.home.url)}{again && isAway(error) && ` ${t.error.retrying}`}</p>
            {error instanceof Refused && error.request && <p class="quiet">{t.error.request} <code>{error.request}</code></p>}
            {again && <button type="button" onClick={again}>{t.error.again}</button>}
        </div>
    );
}

// What an answer of another shape breaks is one page, and it says so.
export class Boundary extends Component<{ at: string; title: string; children: ComponentChildren }, { error: Error | null }> {
    override state = { error: null };
    static override getDerivedStateFromError(error: Error) {
        return { error };
    }
    override componentDidUpdate(before: { at: string }) {
        if (before.at !== this.props.at && this.state.error) this.setState({ error: null });
    }
    override render() {
        const { error } = this.state;
        return error ? <section class="list-wide"><h1>{this.props.title}</h1><Trouble error={new Wrong(String(error))} again={() => this.setState({ error: null })} /></section> : this.props.children;
    }
}

// ${title}: of a page that has no heading of its own before it has a value.
export function Load<T>({ from, lines, title, children }: { from: Loaded<T>; lines?: number; title?: string; children: (value: T) => ComponentChildren }) {
    const { api } = useApp();
    if (from.value === null) {
        const what = from.error ? <Trouble error={from.error} again={from.again} /> : <Skeleton {...(lines ? { lines } : {})} />;
        return title ? <section class="list-wide" aria-label={title}><h1>{title}</h1>{what}</section> : what;
    }
    return (
        <>
            {from.error && <div class="stale" role="status">{t.report.asOf} {when(from.at)}. {wordsOf(from.error, api.device.home.url)}{isAway(from.error) && ` ${t.error.retrying}`}</div>}
            {children(from.value)}
        </>
    );
}

export const Empty = ({ children }: { children: ComponentChildren }) => <p class="empty">{children}</p>;
