// SPDX-License-Identifier: Apache-2.0
// signin.mjs: what a page does to enrol and sign in, with the browser's own cryptography, on the desk's origin.
//
//   const me = await signIn(tab, desk)            {status, person, extracted, secure}
//   await call(tab, METHOD, PATH, {body, domain}) {status, text}: a call with token and proof; domain: of the organisation
//                                                 whose node it is relayed to
//   await listen(tab)                             the inbox as a stream; heard(tab): what has come
async function enrolHere(secretText) {
    const b64u = (v) => btoa(String.fromCharCode(...new Uint8Array(v))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
    const bytes = (text) => new TextEncoder().encode(text);
    const sha256 = async (v) => crypto.subtle.digest('SHA-256', v);
    const now = () => Math.floor(Date.now() / 1000);
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
    const jws = async (header, payload) => {
        const input = `${b64u(bytes(JSON.stringify(header)))}.${b64u(bytes(JSON.stringify(payload)))}`;
        return `${input}.${b64u(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, bytes(input)))}`;
    };
    const secret = Uint8Array.from(atob(secretText.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const proof = await jws({ typ: 'orcon-enrol+jws', alg: 'ES256' },
        { v: 1, secret_sha: b64u(await sha256(secret)), jwk: { kty, crv, x, y }, at: new Date().toISOString() });
    const enrolled = await fetch('/enrol', { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ secret: secretText, proof }) });
    const said = await enrolled.json();
    const { url, domain } = await (await fetch('/v1/desk')).json();
    const dpop = async (method, htu, token) => jws({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } },
        { jti: crypto.randomUUID(), htm: method, htu, iat: now(), ...(token ? { ath: b64u(await sha256(bytes(token))) } : {}) });
    const tokens = {};
    const token = async (resource) => {
        if (tokens[resource]) return tokens[resource];
        const assertion = await jws({ typ: 'JWT', alg: 'ES256' },
            { iss: said.person, sub: said.person, aud: `${url}/token`, iat: now(), exp: now() + 60, jti: crypto.randomUUID() });
        const answer = await fetch('/token', { method: 'POST', headers: { DPoP: await dpop('POST', `${url}/token`) },
            body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', resource, assertion }) });
        tokens[resource] = (await answer.json()).access_token;
        return tokens[resource];
    };
    window.__call = async (method, path, { body, headers = {}, relayed } = {}) => {
        const access = await token(relayed ? relayed.domain : domain);
        const htu = relayed ? relayed.htu : url + path.split('?')[0];
        return fetch(path, { method, body,
            headers: { Authorization: `DPoP ${access}`, DPoP: await dpop(method, htu, access), ...(body ? { 'content-type': 'application/json' } : {}), ...headers } });
    };
    let extracted = true;
    await crypto.subtle.exportKey('pkcs8', pair.privateKey).catch(() => { extracted = false; });
    return { status: enrolled.status, person: said.person, extracted, secure: isSecureContext };
}

export async function signIn(tab, desk) {
    await tab.page.goto(desk.origin);
    return tab.page.evaluate(enrolHere, desk.enrol.split('#')[1].split('.')[0]);
}

export const call = (tab, method, path, options) => tab.page.evaluate(async ([m, p, o]) => {
    const answer = await window.__call(m, p, o);
    return { status: answer.status, text: await answer.text() };
}, [method, path, options]);

export const listen = (tab) => tab.page.evaluate(async () => {
    const answer = await window.__call('GET', '/v1/inbox/events', { headers: { accept: 'text/event-stream' } });
    const reader = answer.body.getReader();
    window.__heard = '';
    (async () => {
        for (;;) {
            const { value, done } = await reader.read();
            if (done) return;
            window.__heard += new TextDecoder().decode(value);
        }
    })();
    return answer.status;
});

export const heard = (tab) => tab.page.evaluate(() => window.__heard);
