// SPDX-License-Identifier: Apache-2.0
// content.tsx: what is in an open portion: a report's text, the plain text of a file, or a file to be saved under its mark.
import { sizeOf, visible } from '../format.ts';
import { Markdown } from '../markdown.tsx';
import type { OpenPortion } from '../package.ts';
import { save } from '../save.ts';
import { t } from '../text.ts';

// By kind, never by what a file calls itself: what a system would run has no ending of its own here.
const ENDINGS: Record<string, string> = { 'application/pdf': 'pdf', 'image/jpeg': 'jpg', 'image/png': 'png', 'application/json': 'json', 'application/stix+json': 'json', 'text/csv': 'csv' };

// "7k3q-4 TLP-AMBER-ORCON.pdf"
const nameOf = (short: string, p: OpenPortion): string => `${short}-${p.n} ${p.mark.replace(/[^A-Za-z0-9+]+/g, '-')}.${ENDINGS[p.mime] ?? (p.bytes ? 'bin' : 'txt')}`;

export function Content({ p, short }: { p: OpenPortion; short: string }) {
    if (p.mime === 'text/markdown' && !p.bytes) return <Markdown text={p.text} />;
    return (
        <>
            {!p.bytes && <pre class="plain-text">{visible(p.text)}</pre>}
            <p>{p.bytes && <span>{t.report.file(visible(p.mime), sizeOf(p.bytes.length))} </span>}<button type="button" onClick={() => save(p.bytes ?? p.text, nameOf(short, p))}>{t.report.save}</button></p>
            <p class="quiet">{t.report.saved}</p>
        </>
    );
}
