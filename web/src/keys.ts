// SPDX-License-Identifier: Apache-2.0
// keys.ts: this browser's keys, in IndexedDB: a P-256 pair that can sign and never be read out; the cards and checkpoints that it has
// seen, so that a change is noticed after a reload too; and of an authority the keys that he holds, sealed. No text is kept.

export interface HomeInfo {
    domain: string;
    url: string;
}

export interface Device {
    person: string;
    key: CryptoKeyPair;
    jwk: { kty: string; crv: string; x: string; y: string };
    home: HomeInfo;
    check: string; // the six words, until an admin has heard them
    drafts?: CryptoKey; // AES-256, never read out: what this browser seals drafts with
    holding?: CryptoKey; // the same, for held keys
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

type Store = 'device' | 'seen' | 'held';

function database(): Promise<IDBDatabase> {
    return new Promise((done, failed) => {
        const request = indexedDB.open('orcon', 3);
        request.onupgradeneeded = () => {
            const has = request.result.objectStoreNames;
            if (!has.contains('device')) request.result.createObjectStore('device', { keyPath: 'person' });
            if (!has.contains('seen')) request.result.createObjectStore('seen', { keyPath: ['person', 'what'] });
            if (!has.contains('held')) request.result.createObjectStore('held', { keyPath: ['person', 'portion'] });
        };
        request.onblocked = () => failed(new Error('Another tab holds an older page of this desk open: close it, then try again.'));
        request.onsuccess = () => {
            request.result.onversionchange = () => request.result.close();
            done(request.result);
        };
        request.onerror = () => failed(request.error);
    });
}

async function run<T>(store: Store, mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const db = await database();
    try {
        return await new Promise((done, failed) => {
            const transaction = db.transaction(store, mode);
            const request = work(transaction.objectStore(store));
            transaction.oncomplete = () => done(request.result);
            transaction.onerror = () => failed(transaction.error);
            transaction.onabort = () => failed(transaction.error);
        });
    } finally {
        db.close();
    }
}

export const loadDevices = (): Promise<Device[]> => run('device', 'readonly', (store) => store.getAll());
export const saveDevice = (device: Device): Promise<unknown> => run('device', 'readwrite', (store) => store.put(device));

export async function forgetDevice(person: string): Promise<void> {
    await run('device', 'readwrite', (store) => store.delete(person));
    await forgetSeen(person);
    await run('held', 'readwrite', (store) => store.delete(allOf(person)));
}

// One key for all tabs; made when it is first needed.
export const ownKey = async (person: string, what: 'drafts' | 'holding'): Promise<CryptoKey> => navigator.locks.request(`orcon keys ${person}`, async () => {
    const device = await run<Device | undefined>('device', 'readonly', (store) => store.get(person));
    if (!device) throw new Error('this browser was signed out');
    const before = device[what];
    if (before) return before;
    const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    await saveDevice({ ...device, [what]: made });
    return made;
});

const allOf = (person: string): IDBKeyRange => IDBKeyRange.bound([person], [person, []]);

// A portion that an authority was briefed on (held.ts).
export interface Held {
    person: string;
    portion: string;
    report: string;
    originator: string;
    copy: string; // digest of its manifest
    until: string; // when the release ends; "" for open
    proof: string; // of the briefing
    sealed: Uint8Array<ArrayBuffer> | null; // IV, then its key
}

export const listHeld = (person: string): Promise<Held[]> => run('held', 'readonly', (store) => store.getAll(allOf(person)));
export const putHeld = (held: Held): Promise<unknown> => run('held', 'readwrite', (store) => store.put(held));
export const dropHeld = (person: string, portion: string): Promise<unknown> => run('held', 'readwrite', (store) => store.delete([person, portion]));

// What ${person} has seen in this browser: `card DOMAIN` and `log ORIGIN`, as they came.
export interface Seen {
    person: string;
    what: string;
    text: string;
}

export const listSeen = (person: string): Promise<Seen[]> => run('seen', 'readonly', (store) => store.getAll(allOf(person)));
export const getSeen = async (person: string, what: string): Promise<string> => (await run<Seen | undefined>('seen', 'readonly', (store) => store.get([person, what])))?.text ?? '';
export const putSeen = (person: string, what: string, text: string): Promise<unknown> => run('seen', 'readwrite', (store) => store.put({ person, what, text }));
export const forgetSeen = (person: string): Promise<unknown> => run('seen', 'readwrite', (store) => store.delete(allOf(person)));

export async function makeKey(): Promise<Pick<Device, 'key' | 'jwk'>> {
    const key = await crypto.subtle.generateKey(P256, false, ['sign', 'verify']);
    const { kty = '', crv = '', x = '', y = '' } = await crypto.subtle.exportKey('jwk', key.publicKey);
    return { key, jwk: { kty, crv, x, y } };
}
