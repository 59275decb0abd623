// SPDX-License-Identifier: Apache-2.0
// proofs.tsx: an evidence file, dropped or chosen, checked in the page. It is sent nowhere.
import { useState } from 'preact/hooks';
import { back, useApp, useKeys, useTitle } from '../app.ts';
import { type Checked, checkEvidence } from '../evidence.ts';
import { Choose } from '../parts/choose.tsx';
import { Skeleton, Trouble } from '../parts/parts.tsx';
import { VerdictOf } from '../parts/verdict.tsx';
import { t } from '../text.ts';

const FILE_MAX = 64 << 20;

interface State {
    name: string;
    busy: boolean;
    checked: Checked | null;
    error: Error | null;
}

export function Proofs() {
    const { api } = useApp();
    const [state, set] = useState<State>({ name: '', busy: false, checked: null, error: null });
    const [over, hover] = useState(false);
    useTitle(t.proofs.title);
    useKeys({ Escape: () => (state.name ? set({ name: '', busy: false, checked: null, error: null }) : back()) });
    const check = async (file: File | undefined) => {
        if (!file) return;
        const name = file.name;
        set({ name, busy: true, checked: null, error: null });
        try {
            if (file.size > FILE_MAX) throw new Error(t.proofs.large);
            const checked = await checkEvidence(api, new Uint8Array(await file.arrayBuffer()));
            set({ name, busy: false, checked, error: null });
        } catch (error) {
            set({ name, busy: false, checked: null, error: error as Error });
        }
    };
    const drop = (event: DragEvent) => {
        event.preventDefault();
        hover(false);
        void check(event.dataTransfer?.files[0]);
    };
    return (
        <section class="list list-wide" aria-label={t.proofs.title}>
            <h1>{t.proofs.title}</h1>
            <div class={`drop ${over ? 'drop-over' : ''}`} onDragOver={(event) => { event.preventDefault(); hover(true); }} onDragLeave={() => hover(false)} onDrop={drop}>
                <p>{t.proofs.drop}</p>
                <Choose label={state.checked ? t.proofs.again : t.proofs.choose} take={([file]) => void check(file)} look={state.checked ? '' : 'primary'} />
                <p class="quiet">{t.proofs.note}</p>
            </div>
            {state.busy && <><p role="status" class="quiet">{t.proofs.checking}</p><Skeleton lines={4} /></>}
            {state.error && <Trouble error={state.error} />}
            {state.checked && <VerdictOf c={state.checked} file={state.name} />}
            {state.checked?.verified && <div class="buttons"><button type="button" onClick={() => print()}>{t.evidence.print}</button></div>}
            {!state.name && <p class="quiet">{t.proofs.ask}</p>}
        </section>
    );
}
