// SPDX-License-Identifier: Apache-2.0
// app.ts: what all pages share: who is signed in, where we are, what is live; and hooks over them.
import { createContext } from 'preact';
import { useCallback, useContext, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Api } from './api.ts';
import { isAway } from './sign.ts';

export interface App {
    api: Api;
    roles: string[]; // none until the node has said
    inboxVersion: number; // rises when the inbox is not what it was
    signOut(): Promise<void>;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
    const app = useContext(AppContext);
    if (!app) throw new Error('outside of the page');
    return app;
}

// What the browser's history keeps of a page: how many of ours lie behind it, and whether to begin in its search.
interface Place {
    depth: number;
    search: boolean;
}

const place = (): Place => ({ depth: 0, search: false, ...history.state as Partial<Place> | null });

export function go(path: string, replace = false, search = false): void {
    const { depth } = place();
    replace ||= path === location.pathname; // where one is already
    history[replace ? 'replaceState' : 'pushState']({ depth: replace ? depth : depth + 1, search }, '', path);
    dispatchEvent(new PopStateEvent('popstate'));
}

// To the page before; where that was none of ours, to the inbox.
export const back = (): void => (place().depth > 0 ? history.back() : go('/inbox'));

// Once: who comes back to the page begins in its list.
export function takeSearch(): boolean {
    const { depth, search } = place();
    if (search) history.replaceState({ depth, search: false }, '', location.pathname);
    return search;
}

export function usePath(): string {
    const [path, set] = useState(location.pathname);
    useLayoutEffect(() => {
        const moved = () => set(location.pathname);
        moved();
        addEventListener('popstate', moved);
        return () => removeEventListener('popstate', moved);
    }, []);
    return path;
}

export interface Loaded<T> {
    value: T | null;
    error: Error | null;
    at: string;
    again(): void;
}

// What ${load} gives, again when ${keys} change; tried again by itself while a node can't be reached.
export function useLoaded<T>(load: () => Promise<T>, keys: unknown[]): Loaded<T> {
    const [state, set] = useState<{ value: T | null; error: Error | null; at: string }>({ value: null, error: null, at: '' });
    const [tries, again] = useState(0);
    useEffect(() => {
        let gone = false;
        let timer = 0;
        load().then((value) => {
            if (!gone) set({ value, error: null, at: new Date().toISOString() });
        }, (error: Error) => {
            if (gone) return;
            set((old) => ({ ...old, error }));
            if (isAway(error)) timer = window.setTimeout(() => again((n) => n + 1), 3000);
        });
        return () => {
            gone = true;
            clearTimeout(timer);
        };
    }, [...keys, tries]);
    return { ...state, again: useCallback(() => again((n) => n + 1), []) };
}

export function useNow(): number {
    const [now, set] = useState(Date.now());
    useEffect(() => {
        const timer = setInterval(() => set(Date.now()), 15000);
        return () => clearInterval(timer);
    }, []);
    return now;
}

export function useTitle(id: string): void {
    useEffect(() => {
        document.title = id ? `${id} – orcon` : 'orcon';
    }, [id]);
}

const TYPING = 'textarea, select, input:not([type=checkbox], [type=radio])';

export type KeyMap = Record<string, () => void>;

// `1` to `9`.
export const digits = (act: (n: number) => void): KeyMap => Object.fromEntries(Array.from({ length: 9 }, (_, i) => [String(i + 1), () => act(i + 1)]));

// Single keys, not while somebody types; `g` waits for its second one. They are heard as soon as the page is seen.
export function useKeys(map: KeyMap): void {
    const latest = useRef(map);
    latest.current = map;
    useLayoutEffect(() => {
        let before = '';
        const pressed = (event: KeyboardEvent) => {
            const target = event.target as HTMLElement;
            if (event.ctrlKey || event.metaKey || event.altKey || (target.matches(TYPING) && event.key !== 'Escape')) return;
            if (event.key !== '?' && document.querySelector('dialog[open]')) return; // it has keys of its own
            if (event.key === 'Enter' && /^(A|BUTTON|INPUT|SUMMARY)$/.test(target.tagName)) return; // what has the focus
            const chord = before === 'g' ? `g ${event.key}` : event.key;
            before = event.key;
            const act = latest.current[chord];
            if (!act) return;
            event.preventDefault();
            before = '';
            act();
        };
        addEventListener('keydown', pressed);
        return () => removeEventListener('keydown', pressed);
    }, []);
}

// `j` and `k` in a list of ${count} rows, Enter on the current one; which that is. It is scrolled to, once a key has moved it.
export function useRows(count: number, open: (i: number) => void): number {
    const [at, move] = useState(0);
    const current = Math.max(0, Math.min(at, count - 1));
    const moved = useRef(false);
    const step = (by: number) => {
        moved.current = true;
        move(Math.max(0, Math.min(current + by, count - 1)));
    };
    useKeys({ j: () => step(1), k: () => step(-1), Enter: () => current < count && open(current) });
    useLayoutEffect(() => {
        if (moved.current) document.querySelector('.row-chosen')?.scrollIntoView({ block: 'nearest' });
    }, [current]);
    return current;
}

// In a field the first Escape leaves it.
export function leave(): void {
    const focused = document.activeElement as HTMLElement | null;
    if (focused?.matches(TYPING)) focused.blur();
    else back();
}
