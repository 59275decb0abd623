// SPDX-License-Identifier: Apache-2.0
// choose.tsx: a button that asks for files of this machine.
import type { Ref } from 'preact';
import { useRef } from 'preact/hooks';

export function Choose({ label, take, many = false, look = '', button, disabled = false }: { label: string; take: (files: File[]) => void; many?: boolean; look?: string; button?: Ref<HTMLButtonElement>; disabled?: boolean }) {
    const input = useRef<HTMLInputElement>(null);
    return (
        <>
            <input ref={input} class="hidden-input" type="file" multiple={many} aria-label={label} tabIndex={-1} onChange={(event) => {
                const files = [...event.currentTarget.files ?? []];
                event.currentTarget.value = ''; // so that the same file can be chosen again
                if (files.length) take(files);
            }} />
            <button type="button" class={look} disabled={disabled} ref={button ?? null} onClick={() => input.current?.click()}>{label}</button>
        </>
    );
}
