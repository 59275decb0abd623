// SPDX-License-Identifier: Apache-2.0
// files.tsx: files that go with a report, each a portion with its own mark. They are read when they are sealed, and no draft keeps them.
import { useRef } from 'preact/hooks';
import { sizeOf, visible } from '../format.ts';
import type { Attached } from '../source.ts';
import { t } from '../text.ts';
import { Choose } from './choose.tsx';

// A file of the browser's, with the mark that its author gives it.
export interface Chosen extends Attached {
    id: number;
}

let made = 0;
const choose = (file: File): Chosen => ({ id: made++, name: file.name, size: file.size, mark: '', arrayBuffer: () => file.arrayBuffer() });

export function Files({ files, set }: { files: Chosen[]; set: (files: Chosen[]) => void }) {
    const button = useRef<HTMLButtonElement>(null);
    const add = (list: File[]) => list.length && set([...files, ...list.map(choose)]);
    const drop = (id: number) => {
        set(files.filter((one) => one.id !== id));
        button.current?.focus();
    };
    return (
        <section class="files" aria-label={t.write.files} onDragOver={(event) => event.preventDefault()} onDrop={(event) => { event.preventDefault(); add([...event.dataTransfer?.files ?? []]); }}>
            <ul class="bare">{files.map((one) => (
                <li key={one.id}>
                    <label class="field">{t.write.fileMark(visible(one.name), sizeOf(one.size))}
                        <input value={one.mark} placeholder="TLP:AMBER//ORCON" autocomplete="off" spellcheck={false} onInput={(event) => { const mark = event.currentTarget.value; set(files.map((other) => (other.id === one.id ? { ...other, mark } : other))); }} />
                    </label>
                    <button type="button" onClick={() => drop(one.id)} aria-label={t.write.removeFile(visible(one.name))}>{t.write.remove}</button>
                </li>
            ))}</ul>
            <p><Choose label={t.write.addFile} take={add} many button={button} /> <span class="quiet">{t.write.filesNote}</span></p>
        </section>
    );
}
