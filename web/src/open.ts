// SPDX-License-Identifier: Apache-2.0
// open.ts: opening a report in the page: the packages from the own node, one key request to the originator for all portions, or to who passed
// copies on by an override; each key only with the proof that its briefing is in the ledger of who gives it. Nothing that was opened is kept.
import { type Api, type Schemas } from './api.ts';
import { b64, unb64 } from './bytes.ts';
import { when } from './format.ts';
import { hold, isAuthority } from './held.ts';
import { type LogKey, readLogKey } from './proof/note.ts';
import { type Known, checkReply, verifyPresence } from './proof/presence.ts';
import type { Card } from './card.ts';
import { Closed, mayOpen } from './onward.ts';
import { type OpenPortion, type Package, type Sealed, contentOf, readPackages } from './package.ts';
import { signArrivals } from './receipt.ts';
import { checkHistory, fetchCard } from './seen.ts';
import { Refused, isAway, jws, nowS } from './sign.ts';
import { t } from './text.ts';
import { OtherText, openContainer, unwrap } from './tdf.ts';

export interface OpenReport {
    view: Schemas['Report'];
    originator: string;
    title: OpenPortion | null;
    portions: OpenPortion[];
    untold: boolean; // something of it may be opened by an override that its originator had not been told of
}

const SEEN_WAIT_S = 60;
const AT_ONCE = 128; // portions in one key request, as the command line asks

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

// What an answer is judged by: whose text it is, the logs of whose keys these are; and whether they may be held.
interface Asking {
    originator: string; // a domain
    logs: LogKey[];
    known: Known;
    holds: boolean;
}

// Another text under the originator's name is who passed it on.
const whyClosed = (one: Sealed, why: Error): [string, string] => (one.portion.giver && why instanceof OtherText
    ? ['text-changed', `portion ${one.row.n} is ${why.message}`] : ['tampered', `it does not open: ${why.message}`]);

async function takeKey(api: Api, { originator, logs, known, holds }: Asking, session: CryptoKeyPair, answer: KeyAnswer, one: Sealed): Promise<void> {
    const result = answer.responses.find((r) => r.policyId === one.row.id)?.results.find((r) => r.keyAccessObjectId === 'kao-0');
    const said = result?.metadata ?? {};
    if (!result || result.status !== 'permit' || !result.kasWrappedKey) {
        withhold(one.portion, said['orcon-reason'] ?? 'refused', said['orcon-text'] ?? 'refused by its originator');
        return;
    }
    try {
        const part = said['orcon-presence'] ?? '';
        const presence = await verifyPresence(part, logs, known);
        checkReply(presence, `${originator}/${one.row.id}`, api.device.person);
        await checkHistory(api, presence.note, logs);
    } catch (why) {
        withhold(one.portion, 'no-proof', `the key came without proof of its briefing (${(why as Error).message}); it was not used`);
        return;
    }
    try {
        const key = await unwrap(session.privateKey, answer.sessionPublicKey ?? '', unb64(result.kasWrappedKey));
        const bytes = await openContainer(one.container, key, one.row.commitment ?? '');
        Object.assign(one.portion, contentOf(bytes, one.container.manifest.payload.mimeType), { state: 'open', entry: said['orcon-entry'] ?? '', proof: said['orcon-presence'] ?? '' });
        if (holds && !one.stray) {
            const about = { person: api.device.person, portion: one.row.id, report: one.report, originator, copy: one.row.digest, until: said['orcon-until'] ?? '', proof: one.portion.proof };
            await hold(about, one.noHeld ? null : key).catch(() => {}); // he reads it all the same
        }
        key.fill(0);
    } catch (why) {
        withhold(one.portion, ...whyClosed(one, why as Error));
    }
}

// ${keys} false: what is public alone; nothing is asked for, nobody is briefed.
export async function openReport(api: Api, id: string, keys: boolean): Promise<OpenReport> {
    const view = await api.report(id);
    const card = await fetchCard(api, view.originator);
    const packages = await readPackages(api, view, card);
    const open = packages.flatMap((p) => p.open);
    const isFirst = (one: Sealed): boolean => packages.flatMap((p) => p.sealed).find((other) => other.row.id === one.row.id) === one;
    const untold = keys && await askAll(api, card, packages.map((p) => ({ ...p, sealed: p.sealed.filter(isFirst) })));
    const sealed = packages.flatMap((p) => p.sealed).filter(isFirst);
    if (keys && !view.own && !view.stray) void signArrivals(api, packages);
    const all = [...open, ...sealed.map((one) => one.portion)];
    // the own node's numbers: HIDDEN portions are counted anew for each reader
    for (const p of all) p.n = [view.title, ...view.portions].find((row) => row?.id === p.id)?.n ?? p.n;
    all.sort((a, b) => a.n - b.n);
    return { view, originator: card.domain, title: all.find((p) => p.n === 0) ?? null, portions: all.filter((p) => p.n !== 0), untold };
}

// Of each key server what it opens; of who passed copies on not before it is known that their originator hears of it. Whether some were not told yet.
async function askAll(api: Api, originator: Card, packages: Package[]): Promise<boolean> {
    await askKeys(api, originator, originator, packages.filter((p) => p.giver === '').flatMap((p) => p.sealed));
    let untold = false;
    for (const p of packages.filter((one) => one.giver !== '' && one.sealed.length > 0)) {
        try {
            if (p.closed) throw p.closed;
            const told = await mayOpen(api, p.statement, originator);
            await askKeys(api, await fetchCard(api, p.giver), originator, p.sealed);
            untold ||= !told;
        } catch (why) {
            const reason = why instanceof Closed || why instanceof Refused ? why.reason : 'unreachable';
            for (const one of p.sealed) withhold(one.portion, reason, (why as Error).message);
        }
    }
    return untold;
}

// Who can't be reached is tried again; when he was reached last, the own node knows.
async function whyNoKey(api: Api, domain: string, why: Error): Promise<string> {
    if (!isAway(why)) return t.report.noKey(domain, why.message);
    const reached = domain === api.device.home.domain ? '' : await api.partners(domain).then(([one]) => one?.reached ?? '', () => '');
    return t.report.away(domain, when(reached));
}

// One request for as many as a node takes in one. What nobody answered for is not asked again.
async function askKeys(api: Api, card: Card, originator: Card, sealed: Sealed[]): Promise<void> {
    if (sealed.length === 0) return;
    const session = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
    const logs = await Promise.all(card.logs.map(readLogKey));
    const asking: Asking = { originator: originator.domain, logs, known: new Map(), holds: false };
    for (let at = 0; at < sealed.length; at += AT_ONCE) {
        const these = sealed.slice(at, at + AT_ONCE);
        let answer: KeyAnswer;
        try {
            answer = await api.rewrap(card.domain, card.url, await requestToken(api, session, these)) as KeyAnswer;
        } catch (why) {
            const words = await whyNoKey(api, card.domain, why as Error);
            for (const one of sealed.slice(at)) withhold(one.portion, isAway(why as Error) ? 'unreachable' : 'refused', words);
            return;
        }
        // of what was passed on nothing is held: its originator briefed nobody
        asking.holds = card.domain === originator.domain && card.domain !== api.device.home.domain && await isAuthority(api, card.domain);
        for (const one of these) await takeKey(api, asking, session, answer, one);
    }
}
