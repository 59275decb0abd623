// SPDX-License-Identifier: Apache-2.0
// proof.mjs: calls of /v1/me whose proofs are made apart from the program, so that one can be sent twice.
//   make KEY PERSON DOMAIN URL FILE   sign in, call, keep token and proof in FILE; prints the status
//   again URL FILE                    the same call; prints status, reason and WWW-Authenticate
//   nonce KEY URL FILE                the same call with a new proof that has the nonce of the refusal, kept; prints the status
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // the node's certificate is its own
process.removeAllListeners('warning');
const b64u = (text) => Buffer.from(text).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

function jws(key, header, payload) {
    const input = `${b64u(JSON.stringify({ alg: 'ES256', ...header }))}.${b64u(JSON.stringify(payload))}`;
    return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

function proof(key, method, url, token, nonce) {
    const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' });
    const ath = token && { ath: createHash('sha256').update(token).digest('base64url') };
    return jws(key, { typ: 'dpop+jwt', jwk: { crv, kty, x, y } }, { jti: randomUUID(), htm: method, htu: url, iat: now(), ...ath, ...(nonce && { nonce }) });
}

// A node that has just started asks for its nonce.
async function signIn(key, person, domain, url, nonce) {
    const claims = { iss: person, sub: person, aud: `${url}/token`, iat: now(), exp: now() + 60, jti: randomUUID() };
    const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', resource: domain, assertion: jws(key, { typ: 'JWT' }, claims) });
    const answer = await fetch(`${url}/token`, { method: 'POST', headers: { DPoP: proof(key, 'POST', `${url}/token`, undefined, nonce) }, body });
    if (answer.ok) return (await answer.json()).access_token;
    const given = answer.headers.get('DPoP-Nonce');
    if (nonce || !given) throw new Error(await answer.text());
    return signIn(key, person, domain, url, given);
}

const call = (url, { token, dpop }) => fetch(`${url}/v1/me`, { headers: { Authorization: `DPoP ${token}`, DPoP: dpop } });
const keep = (file, kept) => writeFileSync(file, JSON.stringify(kept), { mode: 0o600 });
const kept = (file) => JSON.parse(readFileSync(file, 'utf8'));
const keyIn = (file) => createPrivateKey(readFileSync(file));

const acts = {
    async make(keyFile, person, domain, url, file) {
        const key = keyIn(keyFile);
        const token = await signIn(key, person, domain, url);
        let one = { token, dpop: proof(key, 'GET', `${url}/v1/me`, token) };
        let answer = await call(url, one);
        const nonce = answer.headers.get('DPoP-Nonce');
        if (nonce) {
            one = { token, dpop: proof(key, 'GET', `${url}/v1/me`, token, nonce) };
            answer = await call(url, one);
        }
        keep(file, one);
        console.log(answer.status);
    },
    async again(url, file) {
        const answer = await call(url, kept(file));
        console.log(answer.status, (await answer.json()).reason, answer.headers.get('DPoP-Nonce') ? answer.headers.get('WWW-Authenticate') : '-');
    },
    async nonce(keyFile, url, file) {
        const { token, dpop } = kept(file);
        const nonce = (await call(url, { token, dpop })).headers.get('DPoP-Nonce');
        const one = { token, dpop: proof(keyIn(keyFile), 'GET', `${url}/v1/me`, token, nonce) };
        keep(file, one);
        console.log((await call(url, one)).status);
    },
};
const [act, ...rest] = process.argv.slice(2);
await acts[act](...rest);
