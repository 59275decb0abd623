// SPDX-License-Identifier: Apache-2.0
// free.ts: which portions may go somewhere by rule, as the own node's policy has it.
import { useApp, useLoaded } from './app.ts';
import { isDomain, isPerson } from './marking.ts';

// Asked once ${who} is named whole; until then none.
export function useFree(id: string, who: string): Set<string> {
    const { api } = useApp();
    const named = isDomain(who) || isPerson(who);
    const loaded = useLoaded(async () => (named ? api.report(id, who) : null), [id, named ? who : '']);
    return new Set((loaded.value?.portions ?? []).filter((p) => named && !p.leave).map((p) => p.id));
}
