// SPDX-License-Identifier: Apache-2.0
// page.mjs: what the desk's page does, without a browser: a key of its own, enrolled through `orcon desk`, DPoP on each call.
//
//   enrol ADDRESS FILE                     ADDRESS as `orcon desk -` prints it; the key goes into FILE
//   call FILE METHOD PATH [BODY|@FILE]     "STATUS", then the answer
//   streams FILE PATH N                   open N one after the other, print their statuses, let go of all
//   stream FILE PATH [LAST-EVENT-ID]       the lines of a stream, until it ends
import { readFileSync, writeFileSync } from 'node:fs';
import { createHash, randomUUID, webcrypto as crypto } from 'node:crypto';

const b64u = (v) => Buffer.from(v).toString('base64url');
const sha256 = (v) => createHash('sha256').update(v).digest();
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

async function jws(key, header, payload) {
    const input = `${b64u(JSON.stringify(header))}.${b64u(JSON.stringify(payload))}`;
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, Buffer.from(input));
    return `${input}.${b64u(new Uint8Array(signature))}`;
}

const publicJwk = ({ kty, crv, x, y }) => ({ kty, crv, x, y });
const now = () => Math.floor(Date.now() / 1000);

async function dpop(me, method, path, token) {
    const payload = { jti: randomUUID(), htm: method, htu: me.url + path.split('?')[0], iat: now() };
    if (token) payload.ath = b64u(sha256(token));
    return jws(me.key, { typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk(me.jwk) }, payload);
}

async function load(file) {
    const me = JSON.parse(readFileSync(file));
    me.key = await crypto.subtle.importKey('jwk', me.jwk, P256, false, ['sign']);
    return me;
}

async function enrol(address, file) {
    const [origin, fragment] = address.split('/enrol#');
    const secret = Buffer.from(fragment.split('.')[0], 'base64url');
    const desk = await (await fetch(`${origin}/v1/desk`)).json();
    const pair = await crypto.subtle.generateKey(P256, true, ['sign']);
    const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey);
    const proof = await jws(pair.privateKey, { typ: 'orcon-enrol+jws', alg: 'ES256' },
        { v: 1, secret_sha: b64u(sha256(secret)), aud: desk.domain, jwk: publicJwk(jwk), at: new Date().toISOString() });
    const answer = await fetch(`${origin}/enrol`, {
        method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ secret: b64u(secret), proof }) });
    const said = await answer.json();
    console.log(JSON.stringify(said));
    if (answer.status !== 200) return 1;
    writeFileSync(file, JSON.stringify({ origin, url: desk.url, domain: desk.domain, person: said.person, jwk }), { mode: 0o600 });
    return 0;
}

async function token(me) {
    const claims = { iss: me.person, sub: me.person, aud: `${me.url}/token`, iat: now(), exp: now() + 60, jti: randomUUID() };
    const form = new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', resource: me.domain,
        assertion: await jws(me.key, { typ: 'JWT', alg: 'ES256' }, claims) });
    const answer = await fetch(`${me.origin}/token`, { method: 'POST', headers: { DPoP: await dpop(me, 'POST', '/token') }, body: form });
    const said = await answer.json();
    if (!said.access_token) throw new Error(JSON.stringify(said));
    return said.access_token;
}

async function ask(me, method, path, headers = {}, body = undefined) {
    const access = await token(me);
    return fetch(me.origin + path, {
        method, body, headers: { Authorization: `DPoP ${access}`, DPoP: await dpop(me, method, path, access), ...headers } });
}

async function call(file, method, path, body) {
    const me = await load(file);
    const content = body?.startsWith('@') ? readFileSync(body.slice(1)) : body;
    const answer = await ask(me, method, path, content ? { 'content-type': 'application/json' } : {}, content);
    console.log(answer.status);
    process.stdout.write(Buffer.from(await answer.arrayBuffer()));
    return answer.ok ? 0 : 1;
}

async function stream(file, path, last) {
    const me = await load(file);
    const answer = await ask(me, 'GET', path, { accept: 'text/event-stream', ...(last ? { 'last-event-id': last } : {}) });
    console.log(`status: ${answer.status}`);
    for await (const piece of answer.body) process.stdout.write(piece);
    return answer.ok ? 0 : 1;
}

async function streams(file, path, n) {
    const me = await load(file);
    for (let i = 0; i < Number(n); i++) console.log((await ask(me, 'GET', path, { accept: 'text/event-stream' })).status);
    process.exit(0);
}

const [verb, ...args] = process.argv.slice(2);
process.exitCode = await { enrol, call, stream, streams }[verb](...args);
