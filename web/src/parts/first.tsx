// SPDX-License-Identifier: Apache-2.0
// first.tsx: the first of a long list, and a button that shows all of it, or the first again.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../text.ts';

export function useFirst<T>(all: T[], most: number): [T[], JSX.Element | null] {
    const [whole, show] = useState(false);
    const button = all.length > most ? <p><button type="button" aria-expanded={whole} onClick={() => show(!whole)}>{whole ? t.write.first(most) : t.write.all(all.length)}</button></p> : null;
    return [whole ? all : all.slice(0, most), button];
}
