// SPDX-License-Identifier: Apache-2.0
// open.ts: opening a report in the page: the packages from the own node, one key request to the originator for all portions, each key
// only with the proof that its briefing is in the originator's ledger. Nothing that was opened is kept.
import { type Api, type Schemas } from './api.ts';
import { type Bytes, b64, b64u, concat, need, sha256, text, unb64, unb64u, utf8 } from './bytes.ts';
import { hold, isAuthority } from './held.ts';
import { type LogKey, readLogKey } from './proof/note.ts';
import { type Known, checkReply, verifyPresence } from './proof/presence.ts';
import type { Card } from './card.ts';
import { checkHistory, fetchCard } from './seen.ts';
import { jws, nowS } from './sign.ts';
import { type Container, openContainer, readContainer, unwrap } from './tdf.ts';
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
}

export interface OpenReport {
    view: Schemas['Report'];
    originator: string;
    title: OpenPortion | null;
    portions: OpenPortion[];
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

interface Share {
    id: string;
    kind: string;
    iss: string;
    report: string;
    body: { portions: ShareRow[]; terms?: { no_held?: boolean } };
}

const SEEN_WAIT_S = 60;
const AT_ONCE = 128; // portions in one key request, as the command line asks
const OTHER = 'application/octet-stream';
const payloadOf = (compact: string): unknown => JSON.parse(text(unb64u(compact.split('.')[1] ?? '')));
const headerOf = (compact: string): { kid?: string; alg?: string } => JSON.parse(text(unb64u(compact.split('.')[0] ?? ''))) as { kid?: string; alg?: string };

// The share statement is signed by the originator's statement key.
async function verifyShare(compact: string, card: Card): Promise<Share> {
    const [head, body, signature, more] = compact.split('.');
    need(head && body && signature && more === undefined, 'a share that is no statement');
    const { kid, alg } = headerOf(compact);
    const key = card.keys.find((one) => one.use === 'statement' && one.kid === kid);
    need(key && alg === 'ES256', `no statement key of ${card.domain} signed this`);
    const k = await crypto.subtle.importKey('jwk', key.jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
    const good = await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, k, unb64u(signature), utf8(`${head}.${body}`));
    need(good, 'the share does not verify');
    const said = payloadOf(compact) as Share;
    need(said.kind === 'share' && said.iss === card.domain, 'a statement of another kind, or of somebody else');
    return said;
}

// What calls itself text and is none is a file like any other.
function contentOf(bytes: Bytes, mime: string): Pick<OpenPortion, 'mime' | 'text' | 'bytes'> {
    if (!mime.startsWith('text/')) return { mime, text: '', bytes };
    try {
        return { mime, text: text(bytes), bytes: null };
    } catch {
        return { mime: OTHER, text: '', bytes };
    }
}

function emptyPortion(row: ShareRow, clear: boolean): OpenPortion {
    return { n: row.n, id: row.id, mark: row.mark, state: 'sealed', differs: row.differs === true, text: '', mime: 'text/markdown', bytes: null, reason: '', why: '',
        entry: clear ? 'public' : '', proof: '' };
}

async function readPackage(bytes: Uint8Array, card: Card, { report, stray }: Pick<Schemas['Report'], 'report' | 'stray'>): Promise<{ sealed: Sealed[]; open: OpenPortion[] }> {
    const entries = readZip(bytes);
    const compact = entries.get('report.json');
    need(compact, 'a package without report.json');
    const share = await verifyShare(text(compact), card);
    need(share.report === report, `asked for report ${report}, got another`);
    const [sealed, open]: [Sealed[], OpenPortion[]] = [[], []];
    for (const row of share.body.portions) {
        const clear = entries.get(`portions/${row.id}.md`);
        const container = entries.get(`portions/${row.id}.tdf`);
        need(clear || container, `portion ${row.n} is not in the package`);
        const portion = emptyPortion(row, clear !== undefined);
        const digest = b64u(await sha256(clear ?? readContainer(container as Uint8Array).manifestBytes));
        need(digest === row.digest, `portion ${row.n} is not the one that its originator signed`);
        if (clear) open.push({ ...portion, state: 'open', ...contentOf(concat(clear), portion.mime) });
        else sealed.push({ row, report, stray, share: share.id, noHeld: share.body.terms?.no_held === true, portion, container: readContainer(container as Uint8Array) });
    }
    return { sealed, open };
}

// The shares that the own node names; own reports and strays have but one package.
function packagePaths(view: Schemas['Report']): string[] {
    const rows = [view.title, ...view.portions].filter((row) => row !== undefined && row !== null);
    const shares = view.stray ? [] : [...new Set(rows.flatMap((row) => (row.share ? [row.share] : [])))];
    const path = `/v1/reports/${view.report}/package`;
    return shares.length ? shares.map((share) => `${path}?share=${share}`) : [path];
}

const readPackages = (api: Api, view: Schemas['Report'], card: Card) => Promise.all(packagePaths(view).map(async (path) => readPackage(await api.bytes(path), card, view)));

// What is held of a report, as it is: sealed.
export async function readHeld(api: Api, report: string): Promise<Sealed[]> {
    const view = await api.get<Schemas['Report']>(`/v1/reports/${report}`);
    return (await readPackages(api, view, await fetchCard(api, view.originator))).flatMap((one) => one.sealed);
}

async function requestToken(api: Api, session: CryptoKeyPair, sealed: Sealed[]): Promise<string> {
    const spki = b64(new Uint8Array(await crypto.subtle.exportKey('spki', session.publicKey)));
    const pem = `-----BEGIN PUBLIC KEY-----\n${spki.replace(/(.{64})(?=.)/g, '$1\n')}\n-----END PUBLIC KEY-----\n`;
    const requests = sealed.map(({ row, container }) => ({
        keyAccessObjects: [{ keyAccessObjectId: 'kao-0', keyAccessObject: container.access }],
        policy: { id: row.id, body: container.manifest.encryptionInformation.policy },
        algorithm: 'ec:secp256r1',
    }));
    const iat = nowS();
    return jws(api.device, { alg: 'ES256' }, { requestBody: JSON.stringify({ requests, clientPublicKey: pem }), iat, exp: iat + SEEN_WAIT_S });
}

interface KeyAnswer {
    sessionPublicKey?: string;
    responses: { policyId: string; results: { keyAccessObjectId: string; status: string; kasWrappedKey?: string; metadata?: Record<string, string> }[] }[];
}

function withhold(portion: OpenPortion, reason: string, why: string): void {
    Object.assign(portion, { state: 'withheld', reason, why });
}

async function takeKey(api: Api, card: Card, logs: LogKey[], known: Known, session: CryptoKeyPair, answer: KeyAnswer, one: Sealed, holds: boolean): Promise<void> {
    const result = answer.responses.find((r) => r.policyId === one.row.id)?.results.find((r) => r.keyAccessObjectId === 'kao-0');
    const said = result?.metadata ?? {};
    if (!result || result.status !== 'permit' || !result.kasWrappedKey) {
        withhold(one.portion, said['orcon-reason'] ?? 'refused', said['orcon-text'] ?? 'refused by its originator');
        return;
    }
    try {
        const part = said['orcon-presence'] ?? '';
        const presence = await verifyPresence(part, logs, known);
        checkReply(presence, `${card.domain}/${one.row.id}`, api.device.person);
        await checkHistory(api, presence.note, logs);
    } catch (why) {
        withhold(one.portion, 'no-proof', `the key came without proof of its briefing (${(why as Error).message}); it was not used`);
        return;
    }
    try {
        const key = await unwrap(session.privateKey, answer.sessionPublicKey ?? '', unb64(result.kasWrappedKey));
        const bytes = await openContainer(one.container, key, one.row.commitment ?? '');
        Object.assign(one.portion, contentOf(bytes, one.container.manifest.payload.mimeType ?? OTHER), { state: 'open', entry: said['orcon-entry'] ?? '', proof: said['orcon-presence'] ?? '' });
        if (holds) {
            const about = { person: api.device.person, portion: one.row.id, report: one.report, originator: card.domain, copy: one.row.digest, until: said['orcon-until'] ?? '', proof: one.portion.proof };
            await hold(about, one.noHeld ? null : key).catch(() => {}); // he reads it all the same
        }
        key.fill(0);
    } catch (why) {
        withhold(one.portion, 'tampered', `it does not open: ${(why as Error).message}`);
    }
}

// ${keys} false: what is public alone; nothing is asked for, nobody is briefed.
export async function openReport(api: Api, id: string, keys: boolean): Promise<OpenReport> {
    const view = await api.get<Schemas['Report']>(`/v1/reports/${id}`);
    const card = await fetchCard(api, view.originator);
    const logs: LogKey[] = [];
    for (const vkey of card.logs) logs.push(await readLogKey(vkey));
    const packages = await readPackages(api, view, card);
    const sealed = packages.flatMap((p) => p.sealed).filter((one, i, all) => all.findIndex((other) => other.row.id === one.row.id) === i);
    const open = packages.flatMap((p) => p.open);
    if (sealed.length && keys) await askKeys(api, card, logs, sealed);
    const all = [...open, ...sealed.map((one) => one.portion)];
    // the own node's numbers: HIDDEN portions are counted anew for each reader
    for (const p of all) p.n = [view.title, ...view.portions].find((row) => row?.id === p.id)?.n ?? p.n;
    all.sort((a, b) => a.n - b.n);
    return { view, originator: card.domain, title: all.find((p) => p.n === 0) ?? null, portions: all.filter((p) => p.n !== 0) };
}

// One request for as many as a node takes in one. What nobody answered for is not asked again.
async function askKeys(api: Api, card: Card, logs: LogKey[], sealed: Sealed[]): Promise<void> {
    const session = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
    const known: Known = new Map();
    for (let at = 0; at < sealed.length; at += AT_ONCE) {
        const these = sealed.slice(at, at + AT_ONCE);
        let answer: KeyAnswer;
        try {
            answer = await api.rewrap(card.domain, card.url, await requestToken(api, session, these)) as KeyAnswer;
        } catch (why) {
            for (const one of sealed.slice(at)) withhold(one.portion, 'unreachable', `the key must come from ${card.domain}: ${(why as Error).message}`);
            return;
        }
        const holds = card.domain !== api.device.home.domain && await isAuthority(api, card.domain);
        for (const one of these) await takeKey(api, card, logs, known, session, answer, one, holds && !one.stray);
    }
}
