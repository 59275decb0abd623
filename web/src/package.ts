// SPDX-License-Identifier: Apache-2.0
// package.ts: packages from the own node, as they are: sealed. Whose they are is checked: the originator signed what he shared; who passed copies
// on by an override signed that, and their originator has signed whose text they are.
import type { Api, Schemas } from './api.ts';
import { type Bytes, b64u, concat, need, sha256, text } from './bytes.ts';
import type { Card } from './card.ts';
import { Closed, checkText, isSealedOverride, readOverride } from './onward.ts';
import { fetchCard } from './seen.ts';
import { LARGE, type Statement, readStatement, verifyStatement } from './statement.ts';
import { type Container, readContainer } from './tdf.ts';
import { readZip } from './zip.ts';

export interface OpenPortion {
    n: number;
    id: string;
    mark: string;
    state: 'sealed' | 'open' | 'withheld';
    differs: boolean;
    text: string;
    mime: string;
    bytes: Bytes | null; // of what is no text
    reason: string; // the code
    why: string;
    entry: string;
    proof: string; // that came with the key: of the briefing
    giver: string; // who passed it on by an override; "": it came from its originator
}

interface ShareRow {
    id: string;
    n: number;
    mark: string;
    digest: string;
    commitment?: string;
    differs?: boolean;
}

export interface Sealed {
    row: ShareRow;
    report: string;
    stray: boolean;
    share: string; // id of the statement that it came with
    noHeld: boolean; // its originator forbids that its key is held
    portion: OpenPortion;
    container: Container;
}

// One package, and the statement that it came with.
export interface Package {
    statement: Statement;
    giver: string; // as of its portions
    closed: Closed | null; // why nothing of it may be opened
    sealed: Sealed[];
    open: OpenPortion[];
}

const OTHER = 'application/octet-stream';

// What calls itself text and is none is a file like any other.
export function contentOf(bytes: Bytes, mime = OTHER): Pick<OpenPortion, 'mime' | 'text' | 'bytes'> {
    if (!mime.startsWith('text/')) return { mime, text: '', bytes };
    try {
        return { mime, text: text(bytes), bytes: null };
    } catch {
        return { mime: OTHER, text: '', bytes };
    }
}

function emptyPortion(row: ShareRow, clear: boolean, giver: string): OpenPortion {
    return { n: row.n, id: row.id, mark: row.mark, state: 'sealed', differs: row.differs === true, text: '', mime: 'text/markdown', bytes: null, reason: '', why: '',
        entry: clear ? 'public' : '', proof: '', giver };
}

// Who passed copies on has signed that; whose texts they are, their originator has.
async function verifyPassed(api: Api, s: Statement, originator: Card): Promise<Closed | null> {
    await verifyStatement(s, await fetchCard(api, s.iss));
    try {
        await checkText(s, readOverride(s), originator);
        return null;
    } catch (why) {
        if (why instanceof Closed) return why;
        throw why;
    }
}

async function verifyWhose(api: Api, s: Statement, originator: Card): Promise<Closed | null> {
    if (isSealedOverride(s)) return verifyPassed(api, s, originator);
    need(s.kind === 'share', `it carries a “${s.kind}”, not a share`);
    await verifyStatement(s, originator);
    return null;
}

async function readPackage(api: Api, bytes: Uint8Array, card: Card, { report, stray }: Pick<Schemas['Report'], 'report' | 'stray'>): Promise<Package> {
    const entries = readZip(bytes);
    const compact = entries.get('report.json');
    need(compact, 'a package without report.json');
    const statement = await readStatement(text(compact), LARGE);
    const closed = await verifyWhose(api, statement, card);
    need(statement.report === report, `asked for report ${report}, got another`);
    const giver = isSealedOverride(statement) ? statement.iss : '';
    const body = statement.body as { portions?: ShareRow[]; terms?: { no_held?: boolean } };
    need(Array.isArray(body.portions), 'a share without portions');
    const [sealed, open]: [Sealed[], OpenPortion[]] = [[], []];
    for (const row of body.portions) {
        const clear = entries.get(`portions/${row.id}.md`);
        const container = entries.get(`portions/${row.id}.tdf`);
        need(clear || container, `portion ${row.n} is not in the package`);
        need(!clear || giver === '', `portion ${row.n} is not in the package in the form that its mark wants`);
        const portion = emptyPortion(row, clear !== undefined, giver);
        const digest = b64u(await sha256(clear ?? readContainer(container as Uint8Array).manifestBytes));
        need(digest === row.digest, `portion ${row.n} is not the one that its originator signed`);
        if (clear) open.push({ ...portion, state: 'open', ...contentOf(concat(clear), portion.mime) });
        else sealed.push({ row, report, stray, share: statement.id, noHeld: body.terms?.no_held === true, portion, container: readContainer(container as Uint8Array) });
    }
    return { statement, giver, closed, sealed, open };
}

// The shares that the own node names; own reports and strays have but one package.
export function packagePaths(view: Schemas['Report']): string[] {
    const rows = [view.title, ...view.portions].filter((row) => row !== undefined && row !== null);
    const shares = view.stray ? [] : [...new Set(rows.flatMap((row) => (row.share ? [row.share] : [])))];
    const path = `/v1/reports/${view.report}/package`;
    return shares.length ? shares.map((share) => `${path}?share=${share}`) : [path];
}

export const readPackages = (api: Api, view: Schemas['Report'], card: Card): Promise<Package[]> => Promise.all(packagePaths(view).map(async (path) => readPackage(api, await api.bytes(path), card, view)));

// What is held of a report, as it is: sealed.
export async function readHeld(api: Api, report: string): Promise<Sealed[]> {
    const view = await api.report(report);
    return (await readPackages(api, view, await fetchCard(api, view.originator))).flatMap((one) => one.sealed);
}

