// SPDX-License-Identifier: Apache-2.0
// verdict.tsx: what a checked evidence file says, and everything that the answer rests on.
import type { Checked } from '../evidence.ts';
import { visible, when } from '../format.ts';
import { assumeWords } from '../proof/wording.ts';
import { t } from '../text.ts';

function Basis({ c }: { c: Checked }) {
    const { e, v } = c;
    if (!e) return null;
    const at = new Date(Number(e.time)).toISOString();
    return (
        <dl class="facts">
            <dt>{e.claim === 'yes' ? t.verdict.time : t.verdict.until}</dt><dd><time dateTime={at}>{when(at)}</time></dd>
            <dt>{t.verdict.entry}</dt><dd><code>{e.ledger}/orcon/{String(e.generation)}</code> {t.report.entry} <code>{String(e.index)}</code></dd>
            <dt>{t.verdict.basis}</dt><dd>{v.basis}</dd>
        </dl>
    );
}

export function VerdictOf({ c, file = '' }: { c: Checked; file?: string }) {
    const outcome = c.verified ? c.v.outcome : 'refused';
    return (
        <section class={`verdict verdict-${outcome}`} aria-label={c.verified ? t.verdict.verified : t.verdict.refused}>
            <p class="verdict-head" role="status"><span aria-hidden="true">{c.verified ? t.verdict.marks[outcome] : '✕'}</span> <strong>{c.verified ? `${t.verdict.answers[outcome]}: ${t.verdict.verified}` : t.verdict.refused}</strong>{file && <span class="quiet"> {visible(file)}</span>}</p>
            {c.verified ? <p class="claim">{c.statement}</p> : <><p class="claim">{t.verdict.why}: {visible(c.why)}</p>{c.e && <p class="quiet">{t.verdict.claims(c.e.claim, c.e.ledger)}</p>}</>}
            {c.verified && <Basis c={c} />}
            {c.verified && (
                <><h2>{t.verdict.anchors}</h2>
                    <ul class="anchors">{c.anchors.map((a) => <li key={a.what + a.value}><span class="quiet">{a.what}</span> {a.value ? <code>{a.value}</code> : t.verdict.own}</li>)}</ul></>
            )}
            {c.verified && c.e && c.e.assume.length > 0 && (
                <><h2>{t.verdict.assumptions}</h2><ul class="anchors">{c.e.assume.map((one) => <li key={one}>{assumeWords(one)}</li>)}</ul></>
            )}
            {c.verified && <p class="quiet">{t.verdict.here}</p>}
        </section>
    );
}
