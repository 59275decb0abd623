// SPDX-License-Identifier: Apache-2.0
// timeline.tsx: what was said about a report, one line a statement; filter by actor.
import { useState } from 'preact/hooks';
import { type Schemas } from '../api.ts';
import { useApp, useLoaded } from '../app.ts';
import { actor, when } from '../format.ts';
import { Empty, Load } from '../parts/parts.tsx';
import { t } from '../text.ts';
import { EntryLink } from './entry.tsx';

export function Timeline({ id }: { id: string }) {
    const { api } = useApp();
    const [only, filter] = useState('');
    const loaded = useLoaded(() => api.get<Schemas['Timeline']>(`/v1/reports/${id}/timeline`, 'lines'), [id]);
    return (
        <Load from={loaded} lines={6}>{({ lines }) => {
            const actors = [...new Set(lines.map((line) => line.by || line.from))].sort();
            const shown = lines.filter((line) => !only || (line.by || line.from) === only);
            if (lines.length === 0) return <Empty>{t.timeline.empty}</Empty>;
            return (
                <>
                    <label class="field search">{t.timeline.filter}<select value={only} onChange={(event) => filter(event.currentTarget.value)}><option value="">{t.timeline.all}</option>{actors.map((one) => <option key={one} value={one}>{actor(one)}</option>)}</select></label>
                    <ol class="timeline">{shown.map((line) => (
                        <li key={line.id}><time dateTime={line.at}>{when(line.at)}</time> <strong>{line.kind}</strong> {actor(line.by || line.from)}{line.to.length > 0 && ` → ${line.to.join(', ')}`}{line.n.length > 0 && `, ${t.path.which(line.n)}`}{line.delivery && <span class="quiet"> {line.delivery}</span>} <EntryLink id={id} entry={line.entry} /></li>
                    ))}</ol>
                </>
            );
        }}</Load>
    );
}
