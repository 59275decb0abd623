// SPDX-License-Identifier: Apache-2.0
// seal.ts: a report sealed in the page, as `orcon share` seals it: each portion that is not public to the key in the own node's card, as the
// master from which the node's sealer makes each holder's copy; and the author's act over all of it. docs/formats.md, 3 and 4.
import type { Api, Schemas } from './api.ts';
import { type Bytes, b64, b64u, concat, hex, hmac, need, random, sha256, utf8 } from './bytes.ts';
import { type Card, currentKey } from './card.ts';
import type { Derived } from './cite.ts';
import { markText } from './marking.ts';
import { fetchCard } from './seen.ts';
import { signAct } from './sign.ts';
import type { Source, SourcePortion } from './source.ts';
import { placesOf } from './wording.ts';

const SEGMENT = 1 << 20;
const IV = 12;
const TAG = 16;
const PAD = 0x20;
const PACKAGE_MAX = 60 << 20;

// Stored-only ZIP ---------------------------------------------------------------------------------------------------------

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
});

function crc32(bytes: Uint8Array): number {
    let c = 0xffffffff;
    for (const byte of bytes) c = (CRC[(c ^ byte) & 255] as number) ^ (c >>> 8);
    return (c ^ 0xffffffff) >>> 0;
}

// Little-endian fields, [value, bytes] each.
function record(...fields: [number, number][]): Bytes {
    const out = new Uint8Array(fields.reduce((n, [, len]) => n + len, 0));
    let at = 0;
    for (const [value, len] of fields) for (let i = 0; i < len; i++) out[at++] = Math.floor(value / 2 ** (8 * i)) & 255;
    return out;
}

export function writeZip(entries: [string, Uint8Array][]): Bytes {
    const [parts, central]: [Uint8Array[], Uint8Array[]] = [[], []];
    let at = 0;
    for (const [name, bytes] of entries) {
        const label = utf8(name);
        const common: [number, number][] = [[20, 2], [1 << 11, 2], [0, 2], [0, 2], [33, 2], [crc32(bytes), 4], [bytes.length, 4], [bytes.length, 4], [label.length, 2], [0, 2]];
        const local = record([0x04034b50, 4], ...common);
        central.push(record([0x02014b50, 4], [20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]), label);
        parts.push(local, label, bytes);
        at += local.length + label.length + bytes.length;
    }
    const size = central.reduce((n, part) => n + part.length, 0);
    const end = record([0x06054b50, 4], [0, 4], [entries.length, 2], [entries.length, 2], [size, 4], [at, 4], [0, 2]);
    return concat(...parts, ...central, end);
}

// One portion ----------------------------------------------------------------------------------------------------------------

// Padme: of a length only so many bits are told as a floating point number of that precision has.
export function padded(size: number): number {
    if (size < 2) return size;
    const e = Math.floor(Math.log2(size));
    const kept = Math.floor(Math.log2(e || 1)) + 1;
    const step = e > kept ? 2 ** (e - kept) : 1;
    return Math.ceil(size / step) * step;
}

async function lock(key: Uint8Array, plain: Uint8Array): Promise<Bytes> {
    const k = await crypto.subtle.importKey('raw', concat(key), 'AES-GCM', false, ['encrypt']);
    const iv = random(IV);
    return concat(iv, new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, k, concat(plain))));
}

// `ec-wrapped`: ECDH P-256 with a key of its own, HKDF-SHA-256 with salt SHA-256("TDF"), AES-256-GCM.
async function wrap(to: JsonWebKey, key: Uint8Array): Promise<{ wrapped: string; pem: string }> {
    const curve = { name: 'ECDH', namedCurve: 'P-256' };
    const theirs = await crypto.subtle.importKey('jwk', { kty: 'EC', crv: 'P-256', x: to.x ?? '', y: to.y ?? '' }, curve, false, []);
    const mine = await crypto.subtle.generateKey(curve, false, ['deriveBits']);
    const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, mine.privateKey, 256);
    const hkdf = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveBits']);
    const over = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: await sha256(utf8('TDF')), info: new Uint8Array(0) }, hkdf, 256);
    const spki = b64(new Uint8Array(await crypto.subtle.exportKey('spki', mine.publicKey)));
    return { wrapped: b64(await lock(new Uint8Array(over), key)), pem: `-----BEGIN PUBLIC KEY-----\n${spki.replace(/(.{64})(?=.)/g, '$1\n')}\n-----END PUBLIC KEY-----\n` };
}

export interface Kas {
    url: string;
    kid: string;
    jwk: JsonWebKey;
}

export interface SealedPortion {
    bytes: Bytes; // the container; of a public one its text
    digest: string;
    commitment: string; // "" of a public one
}

// What a file is, by its ending, as `orcon share --mark` has it: a hint for whoever opens it.
const KINDS: Record<string, string> = {
    csv: 'text/csv', html: 'text/html', jpg: 'image/jpeg', json: 'application/json', md: 'text/plain', pdf: 'application/pdf', png: 'image/png',
    stix2: 'application/json', txt: 'text/plain', xml: 'application/xml',
};
const kindOf = (name: string): string => KINDS[/\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? ''] ?? 'application/octet-stream';

export interface Sealing {
    pad: boolean; // text of a report; files tell their size
    places: [number, number, number][]; // where copies differ by holder
}

async function sealSegments(key: Bytes, plain: Bytes): Promise<{ payload: Bytes; segments: { hash: string; segmentSize: number; encryptedSegmentSize: number }[]; root: string }> {
    const [sealed, hashes]: [Bytes[], Bytes[]] = [[], []];
    for (let at = 0; at < plain.length; at += SEGMENT) {
        const segment = await lock(key, plain.subarray(at, at + SEGMENT));
        sealed.push(segment);
        hashes.push(segment.slice(segment.length - TAG));
    }
    const segments = sealed.map((s, i) => ({ hash: b64(hashes[i] as Bytes), segmentSize: s.length - IV - TAG, encryptedSegmentSize: s.length }));
    return { payload: concat(...sealed), segments, root: b64(await hmac(key, ...hashes)) };
}

// ${salt}: of the commitment; another than a new one where the text was committed to before.
export async function sealPortion(kas: Kas, id: string, plain: Bytes, mimeType: string, { pad, places }: Sealing = { pad: true, places: [] }, salt = random(32)): Promise<SealedPortion> {
    const key = random(32);
    const policy = b64(utf8(JSON.stringify({ uuid: id, body: { dataAttributes: [], dissem: [] } })));
    const whole = pad ? concat(plain, new Uint8Array(padded(plain.length) - plain.length).fill(PAD)) : plain;
    const { payload, segments, root } = await sealSegments(key, whole);
    const facts = await lock(key, utf8(JSON.stringify({ salt: b64u(salt), ...(pad ? { size: String(plain.length).padStart(13, '0') } : {}), ...(places.length ? { variants: places } : {}) })));
    const { wrapped, pem } = await wrap(kas.jwk, key);
    const access = {
        type: 'ec-wrapped', url: kas.url, protocol: 'kas', kid: kas.kid, wrappedKey: wrapped,
        policyBinding: { alg: 'HS256', hash: b64(utf8(hex(await hmac(key, utf8(policy))))) },
        encryptedMetadata: b64(utf8(JSON.stringify({ ciphertext: b64(facts), iv: b64(facts.subarray(0, IV)) }))), schemaVersion: '1.0', ephemeralPublicKey: pem,
    };
    key.fill(0);
    const manifest = utf8(JSON.stringify({
        schemaVersion: '4.3.0',
        payload: { type: 'reference', url: '0.payload', protocol: 'zip', isEncrypted: true, mimeType },
        encryptionInformation: {
            type: 'split', policy, keyAccess: [access], method: { algorithm: 'AES-256-GCM', isStreamable: true, iv: '' },
            integrityInformation: { rootSignature: { alg: 'HS256', sig: root }, segmentHashAlg: 'GMAC', segmentSizeDefault: SEGMENT, encryptedSegmentSizeDefault: SEGMENT + IV + TAG, segments },
        },
    }));
    const commitment = b64u(await sha256(utf8('orcon/portion/v1\n'), salt, plain));
    return { bytes: writeZip([['0.payload', payload], ['0.manifest.json', manifest]]), digest: b64u(await sha256(manifest)), commitment };
}

// The report -------------------------------------------------------------------------------------------------------------------

export interface Recipients {
    to: string[];
    holders: string[];
    groups: { name: string; version: number }[];
}

// What groups stand for at the own node now: the author signs for every holder, whatever the list says later.
export async function resolve(api: Api, to: string[]): Promise<Recipients> {
    const out: Recipients = { to, holders: [], groups: [] };
    for (const one of to) {
        if (!one.startsWith('group:')) out.holders.push(one);
        else {
            const name = one.slice(6);
            const list = (await api.get<{ lists: { members: string[]; version: number }[] }>(`/v1/lists/group?owner=&name=${name}`, 'lists')).lists[0];
            need(list && list.members.length, `nobody is in group ${name}`);
            out.holders.push(...list.members);
            out.groups.push({ name, version: list.version });
        }
    }
    out.holders = [...new Set(out.holders)];
    return out;
}

export function kasOf(card: Card): Kas {
    const key = currentKey(card, 'kas');
    need(key?.jwk.crv === 'P-256', `the card of ${card.domain} has no key to seal to`);
    return { url: `${card.url}/kas`, kid: key.kid, jwk: key.jwk };
}

async function sealOne(kas: Kas, id: string, p: SourcePortion): Promise<SealedPortion> {
    const bytes = p.file ? new Uint8Array(await p.file.arrayBuffer()) : utf8(p.text);
    if (p.mark.level === 0) return { bytes, digest: b64u(await sha256(bytes)), commitment: '' };
    const mime = p.file ? kindOf(p.file.name) : p.n === 0 ? 'text/plain' : 'text/markdown';
    return sealPortion(kas, id, bytes, mime, { pad: p.file === null, places: placesOf(p.text, p.wordings) });
}

export async function shareReport(api: Api, source: Source, whom: Recipients, options: { second: string; noHeld: boolean; derived: Derived[] }): Promise<Schemas['Shared']> {
    const kas = kasOf(await fetchCard(api, api.device.home.domain));
    const rows: object[] = [];
    const ids: string[] = [];
    const entries: [string, Uint8Array][] = [];
    for (const p of [{ n: 0, line: 0, wordings: [], citations: [], file: null, ...source.title }, ...source.portions]) {
        const id = crypto.randomUUID();
        const made = await sealOne(kas, id, p);
        rows.push({ id, n: p.n, mark: markText(p.mark), digest: made.digest, ...(made.commitment ? { commitment: made.commitment } : {}), ...(p.wordings.length ? { differs: true } : {}) });
        ids.push(id);
        entries.push([`portions/${id}.${made.commitment ? 'tdf' : 'md'}`, made.bytes]);
    }
    const groups = whom.groups.length ? { holders: whom.holders, groups: whom.groups } : {};
    const derived = options.derived.map(({ n, ...from }) => ({ in: ids[n], ...from }));
    const body = { to: whom.to, ...groups, banner: source.banner, portions: rows, ...(options.noHeld ? { no_held: true } : {}), ...(derived.length ? { derived_from: derived } : {}), ...(options.second ? { second: options.second } : {}) };
    const act = await signAct(api.device, 'share', crypto.randomUUID(), ids, body);
    const zip = writeZip([['report.json', utf8(act)], ...entries]);
    need(zip.length <= PACKAGE_MAX, 'larger than a node takes as one package: share it as several reports');
    return api.post('/v1/reports', zip);
}
