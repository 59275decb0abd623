// SPDX-License-Identifier: Apache-2.0
// keys.ts: this browser's keys, in IndexedDB: a P-256 pair that can sign and never be read out. Nothing that was decrypted is kept.

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
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

function database(): Promise<IDBDatabase> {
    return new Promise((done, failed) => {
        const request = indexedDB.open('orcon', 1);
        request.onupgradeneeded = () => request.result.createObjectStore('device', { keyPath: 'person' });
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(request.error);
    });
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const db = await database();
    try {
        return await new Promise((done, failed) => {
            const request = work(db.transaction('device', mode).objectStore('device'));
            request.onsuccess = () => done(request.result);
            request.onerror = () => failed(request.error);
        });
    } finally {
        db.close();
    }
}

export const loadDevices = (): Promise<Device[]> => run('readonly', (store) => store.getAll());
export const saveDevice = (device: Device): Promise<unknown> => run('readwrite', (store) => store.put(device));
export const forgetDevice = (person: string): Promise<unknown> => run('readwrite', (store) => store.delete(person));

export async function makeKey(): Promise<Pick<Device, 'key' | 'jwk'>> {
    const key = await crypto.subtle.generateKey(P256, false, ['sign', 'verify']);
    const { kty = '', crv = '', x = '', y = '' } = await crypto.subtle.exportKey('jwk', key.publicKey);
    return { key, jwk: { kty, crv, x, y } };
}
