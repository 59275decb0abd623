// SPDX-License-Identifier: Apache-2.0
// app.ts: what all pages share: who is signed in, where we are, what is live; and hooks over them.
import { createContext } from 'preact';
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks';
import { type Api, Unreachable } from './api.ts';

export interface App {
    api: Api;
    roles: string[];
    inboxVersion: number; // rises when the inbox is not what it was
    signOut(): Promise<void>;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
    const app = useContext(AppContext);
    if (!app) throw new Error('outside of the page');
    return app;
}

export function go(path: string, replace = false): void {
    history[replace ? 'replaceState' : 'pushState'](null, '', path);
    dispatchEvent(new PopStateEvent('popstate'));
}

export function usePath(): string {
    const [path, set] = useState(location.pathname);
    useEffect(() => {
        const moved = () => set(location.pathname);
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
            if (error instanceof Unreachable) timer = window.setTimeout(() => again((n) => n + 1), 3000);
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

export type KeyMap = Record<string, () => void>;

// Single keys, not while somebody types; `g` waits for its second one.
export function useKeys(map: KeyMap): void {
    const latest = useRef(map);
    latest.current = map;
    useEffect(() => {
        let before = '';
        const pressed = (event: KeyboardEvent) => {
            const target = event.target as HTMLElement;
            if (event.ctrlKey || event.metaKey || event.altKey || (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && event.key !== 'Escape')) return;
            if (event.key !== '?' && document.querySelector('dialog[open]')) return; // it has keys of its own
            if (event.key === 'Enter' && /^(A|BUTTON|SUMMARY)$/.test(target.tagName)) return; // what has the focus
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
