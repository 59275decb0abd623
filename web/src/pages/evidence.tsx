// SPDX-License-Identifier: Apache-2.0
// evidence.tsx: was this person briefed on this portion? Evidence from the originator's ledger, checked here before it is shown.
import { useState } from 'preact/hooks';
import { go, useApp, useLoaded, usePath } from '../app.ts';
import { bytesOf, checkEvidence, makeEvidence } from '../evidence.ts';
import { mark } from '../format.ts';
import type { OpenReport } from '../open.ts';
import { Load, Mark } from '../parts/parts.tsx';
import { VerdictOf } from '../parts/verdict.tsx';
import { isOrganisation, isPerson } from '../proof/entry.ts';
import { save } from '../save.ts';
import { t } from '../text.ts';

function Answer({ report, portion, n, person }: { report: OpenReport; portion: string; n: string; person: string }) {
    const { api } = useApp();
    const loaded = useLoaded(async () => {
        const text = await makeEvidence(api, report.originator, portion, person);
        return { text, checked: text === null ? null : await checkEvidence(api, bytesOf(text)) };
    }, [portion, person]);
    if (!loaded.value && !loaded.error) return <><p role="status" class="quiet">{t.evidence.making}</p><Load from={loaded} lines={4}>{() => null}</Load></>;
    return (
        <Load from={loaded} lines={4}>{({ text, checked }) => (checked === null || text === null ? <p class="note">{t.evidence.public}</p> : (
            <>
                <VerdictOf c={checked} />
                <div class="buttons">
                    <button type="button" onClick={() => save(text, `${person.replace('@', '-at-')}-${report.view.short}-${n}.evidence`)}>{t.evidence.download} <span class="quiet">{t.evidence.size((text.length / 1000).toFixed(1))}</span></button>
                    <button type="button" onClick={() => print()}>{t.evidence.print}</button>
                </div>
            </>
        ))}</Load>
    );
}

// The address says what is asked: /reports/ID/evidence/PERSON/N.
export function EvidencePage({ report }: { report: OpenReport }) {
    const { api } = useApp();
    const [, , , , person = '', n = ''] = usePath().split('/').map(decodeURIComponent);
    const portions = [...(report.title ? [report.title] : []), ...report.portions];
    const chosen = portions.find((p) => String(p.n) === n);
    const [whom, name] = useState(person || api.device.person);
    const [which, choose] = useState(n || String(report.portions[0]?.n ?? 0));
    const good = isPerson(whom) || isOrganisation(whom);
    const ask = (event: Event) => {
        event.preventDefault();
        if (good) go(`/reports/${report.view.report}/evidence/${encodeURIComponent(whom)}/${which}`);
    };
    return (
        <>
            <p class="quiet">{t.evidence.intro}</p>
            <form class="asking" onSubmit={ask}>
                <label class="field">{t.evidence.person}<input value={whom} spellcheck={false} autocomplete="off" aria-invalid={!good} onInput={(event) => name(event.currentTarget.value.trim())} /></label>
                <label class="field">{t.evidence.portion}<select value={which} onChange={(event) => choose(event.currentTarget.value)}>{portions.map((p) => <option key={p.id} value={String(p.n)}>{`${p.n} ${mark(p.mark, api.device.home.domain)}`}</option>)}</select></label>
                <button type="submit" class="primary" disabled={!good}>{t.evidence.make}</button>
            </form>
            {!good && <p class="quiet">{t.evidence.badPerson}</p>}
            {person && chosen && (
                <>
                    <h2 class="matter">{person} <span class="number">{chosen.n}</span> <Mark text={chosen.mark} /></h2>
                    <Answer key={`${person} ${chosen.id}`} report={report} portion={chosen.id} n={n} person={person} />
                </>
            )}
        </>
    );
}
