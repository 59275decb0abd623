// SPDX-License-Identifier: Apache-2.0
// carry.ts: packages that go and come by hand, as they are: sealed. `orcon export` and `orcon import` do the same.
import type { Api, Schemas } from './api.ts';
import { text } from './bytes.ts';
import { packagePaths } from './package.ts';
import { save } from './save.ts';
import { Refused } from './sign.ts';
import { LARGE, type Statement, readStatement } from './statement.ts';
import { t } from './text.ts';
import { readZip } from './zip.ts';

const PACKAGE_MAX = 64 << 20;

// What came in several packages, each signed, goes in as many files. Their names say no more than the report's id.
export async function takeOut(api: Api, view: Schemas['Report']): Promise<string[]> {
    const names: string[] = [];
    for (const path of packagePaths(view)) {
        const name = `${view.short}${names.length ? `-${names.length + 1}` : ''}.orcon`;
        save(await api.bytes(path), name);
        names.push(name);
    }
    return names;
}

async function statementOf(bytes: Uint8Array): Promise<Statement> {
    const compact = readZip(bytes).get('report.json');
    if (!compact) throw new Error('no report.json');
    return readStatement(text(compact), LARGE);
}

// The report that it is of, also where it is held already. What is no package is told before the node hears of it.
export async function takeIn(api: Api, file: File): Promise<string> {
    if (file.size > PACKAGE_MAX) throw new Error(t.carry.large(file.name));
    const bytes = new Uint8Array(await file.arrayBuffer());
    const statement = await statementOf(bytes).catch((why: Error) => {
        throw new Error(t.carry.none(file.name, why.message));
    });
    try {
        return (await api.post<Schemas['Imported']>('/v1/packages', bytes)).report;
    } catch (why) {
        if (why instanceof Refused && why.reason === 'already-held') return statement.report;
        throw why;
    }
}
