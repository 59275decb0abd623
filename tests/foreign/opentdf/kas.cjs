// SPDX-License-Identifier: Apache-2.0
// A Connect and REST client of its own, by Node's cryptography alone: replays what OpenTDF clients send to a key
// server, in both encodings, and what none should. Prints TAP. Its environment: ORCON_URL, ORCON_CLIENT, ORCON_SECRET,
// INTEROP (what the node is configured to); NODE_EXTRA_CA_CERTS trusts the node.
'use strict';
const crypto = require('crypto');
const https = require('https');
const zlib = require('zlib');

const URL = process.env.ORCON_URL;
const REWRAP = '/kas.AccessService/Rewrap';
const TLP = 'https://alder.example/attr/tlp/value';
const b64 = (v) => Buffer.from(v).toString('base64');
const b64u = (v) => Buffer.from(v).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

let count = 0;
let bad = 0;
function ok(good, name, more) {
  console.log(`${good ? '' : 'not '}ok ${++count} - ${name}`);
  if (!good) {
    bad++;
    if (more !== undefined) console.log(`# ${JSON.stringify(more)}`.slice(0, 800));
  }
}

// HTTP

function send(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const r = https.request(URL + path, { method, headers, agent: false }, (res) => {
      const parts = [];
      res.on('data', (d) => parts.push(d));
      res.on('end', () => {
        const bytes = Buffer.concat(parts);
        let json;
        try {
          json = JSON.parse(bytes);
        } catch {
          json = undefined;
        }
        resolve({ status: res.statusCode, headers: res.headers, bytes, json });
      });
    });
    r.on('error', reject);
    r.end(body);
  });
}

// JOSE

function keyPair(kind) {
  return kind === 'rsa'
    ? crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
    : crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
}
const isRsa = (pair) => pair.publicKey.asymmetricKeyType === 'rsa';
function jws(pair, header, payload) {
  const text = `${b64u(JSON.stringify({ alg: isRsa(pair) ? 'RS256' : 'ES256', ...header }))}.${b64u(JSON.stringify(payload))}`;
  const key = isRsa(pair) ? pair.privateKey : { key: pair.privateKey, dsaEncoding: 'ieee-p1363' };
  return `${text}.${b64u(crypto.sign('sha256', Buffer.from(text), key))}`;
}
const pem = (pair) => pair.publicKey.export({ type: 'spki', format: 'pem' });
function proof(pair, method, path, token) {
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), key_ops: ['verify'], ext: true };
  const payload = { jti: crypto.randomUUID(), htm: method, htu: URL + path, iat: now() };
  if (token) payload.ath = b64u(crypto.createHash('sha256').update(token).digest());
  return jws(pair, { typ: 'dpop+jwt', jwk }, payload);
}

async function token(pair, basic) {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  const path = basic ? '/token' : '/protocol/openid-connect/token';
  const [id, secret] = [process.env.ORCON_CLIENT, process.env.ORCON_SECRET];
  if (basic) {
    headers.Authorization = `Basic ${b64(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`;
  } else {
    form.set('client_id', id);
    form.set('client_secret', secret);
  }
  if (pair) headers.DPoP = proof(pair, 'POST', path);
  return send('POST', path, headers, form.toString());
}

// Objects

const hkdf = (secret) =>
  Buffer.from(crypto.hkdfSync('sha256', secret, crypto.createHash('sha256').update('TDF').digest(), '', 32));
function lock(key, text) {
  const iv = crypto.randomBytes(12);
  const c = crypto.createCipheriv('aes-256-gcm', key, iv);
  return Buffer.concat([iv, c.update(text), c.final(), c.getAuthTag()]);
}
function unlock(key, sealed) {
  const d = crypto.createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
  d.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([d.update(sealed.subarray(12, -16)), d.final()]);
}
const oaep = { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };

const kas = {};
function object(kind, attributes) {
  const share = crypto.randomBytes(32);
  const body = { dataAttributes: (attributes || [`${TLP}/amber`]).map((attribute) => ({ attribute })), dissem: null };
  const policy = b64(JSON.stringify({ uuid: crypto.randomUUID(), body }));
  const kao = { url: `${URL}/kas`, protocol: 'kas', sid: null, encryptedMetadata: b64('{}') };
  kao.policyBinding = { hash: b64(crypto.createHmac('sha256', share).update(policy).digest('hex')) };
  if (kind === 'ec') {
    const mine = keyPair('ec');
    kao.type = 'ec-wrapped';
    kao.kid = kas.ec.kid;
    kao.ephemeralPublicKey = pem(mine);
    const secret = crypto.diffieHellman({ privateKey: mine.privateKey, publicKey: crypto.createPublicKey(kas.ec.publicKey) });
    kao.wrappedKey = b64(lock(hkdf(secret), share));
  } else {
    kao.type = 'wrapped';
    kao.kid = '';
    kao.wrappedKey = b64(crypto.publicEncrypt({ key: kas.rsa.publicKey, ...oaep }, share));
  }
  return { share, policy, kao };
}

function v2(objects, session) {
  return {
    clientPublicKey: pem(session),
    requests: objects.map((o, i) => ({
      keyAccessObjects: [{ keyAccessObjectId: `kao-${i}`, keyAccessObject: o.kao }],
      policy: { id: `policy-${i}`, body: o.policy },
      algorithm: '',
    })),
  };
}
const v1 = (o, session) => ({ algorithm: 'RS256', keyAccess: o.kao, policy: o.policy, clientPublicKey: pem(session) });
const srt = (signer, body, times) =>
  jws(signer, {}, { requestBody: JSON.stringify(body), iat: now() - 3600, exp: now() + 3600, ...times });

// Protobuf: what is needed of it

const field = (n, bytes) => {
  const v = Buffer.from(bytes);
  const len = [];
  let rest = v.length;
  for (; rest > 127; rest >>= 7) len.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([(n << 3) | 2, ...len, rest]), v]);
};
function fields(bytes) {
  const out = [];
  const varint = () => {
    let v = 0;
    for (let s = 0; ; s += 7) {
      const b = bytes[at++];
      v += (b & 127) * 2 ** s;
      if (b < 128) return v;
    }
  };
  let at = 0;
  while (at < bytes.length) {
    const key = varint();
    const len = varint();
    if ((key & 7) === 2) {
      out.push([key >> 3, bytes.subarray(at, at + len)]);
      at += len;
    } else out.push([key >> 3, len]);
  }
  return out;
}
const one = (list, n) => (list.find(([k]) => k === n) || [])[1];

// Calls

let signer, access;
async function rewrap(text, o = {}) {
  const path = o.path || REWRAP;
  const headers = { 'Content-Type': 'application/json', 'Connect-Protocol-Version': '1', ...o.headers };
  headers.Authorization = `Bearer ${o.token || access}`;
  if (o.proof !== null) headers.DPoP = o.proof || proof(o.prover || signer, 'POST', path, o.token || access);
  return send('POST', path, headers, o.body || JSON.stringify({ signedRequestToken: text }));
}
function open(session, answer, result) {
  const wrapped = Buffer.from(result.kasWrappedKey, 'base64');
  if (isRsa(session)) return crypto.privateDecrypt({ key: session.privateKey, ...oaep }, wrapped);
  const theirs = crypto.createPublicKey(answer.sessionPublicKey);
  return unlock(hkdf(crypto.diffieHellman({ privateKey: session.privateKey, publicKey: theirs })), wrapped);
}
const results = (json) => json.responses.flatMap((r) => r.results);

async function testOpening() {
  for (const kind of ['rsa', 'ec'])
    for (const sessionKind of ['rsa', 'ec']) {
      const o = object(kind);
      const session = keyPair(sessionKind);
      const text = srt(signer, v2([o], session));
      const a = await rewrap(text);
      const r = a.json && a.json.responses && results(a.json)[0];
      ok(r && r.status === 'permit' && o.share.equals(open(session, a.json, r)), `${kind} object, ${sessionKind} session, JSON`, a.json);
      ok(r && a.json.responses[0].policyId === 'policy-0' && r.keyAccessObjectId === 'kao-0', 'ids are echoed');
      ok(r && r.metadata['orcon-presence'], 'with proof of its entry');

      const p = await rewrap(null, { body: field(1, text), headers: { 'Content-Type': 'application/proto' } });
      const top = fields(p.bytes);
      const result = fields(one(fields(one(top, 5)), 2));
      ok(p.headers['content-type'] === 'application/proto' && String(one(result, 3)) === 'permit', 'in protobuf');
      const pemText = String(one(top, 3) || '');
      const got = open(session, { sessionPublicKey: pemText }, { kasWrappedKey: b64(one(result, 4)) });
      ok(o.share.equals(got), 'the same key');

      const z = await rewrap(null, {
        body: zlib.gzipSync(JSON.stringify({ signed_request_token: text })),
        headers: { 'Content-Encoding': 'gzip' },
      });
      ok(z.json && z.json.responses && results(z.json)[0].status === 'permit', 'in gzip, by its original name');
      for (const path of ['/kas/v2/rewrap', '/v2/rewrap']) {
        const single = await rewrap(srt(signer, v1(o, session)), { path });
        const key = single.json && single.json.entityWrappedKey;
        ok(key && o.share.equals(open(session, single.json, { kasWrappedKey: key })), `the old single form at ${path}`, single.json);
      }
    }
}

async function testBulk() {
  const session = keyPair('ec');
  const flip = (text, i) => text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1);
  const change = (o, f) => {
    f(o);
    return o;
  };
  const stranger = keyPair('rsa');
  const objects = [
    ['good', object('rsa')],
    ['wrapped key', change(object('rsa'), (o) => (o.kao.wrappedKey = flip(o.kao.wrappedKey, 40)))],
    ['binding', change(object('rsa'), (o) => (o.kao.policyBinding.hash = b64('0'.repeat(64))))],
    ['policy', change(object('rsa'), (o) => (o.policy = object('rsa').policy))],
    ["another's object", change(object('rsa'), (o) => (o.kao.wrappedKey = b64(crypto.publicEncrypt({ key: pem(stranger), ...oaep }, o.share))))],
    ['ec wrapped key', change(object('ec'), (o) => (o.kao.wrappedKey = flip(o.kao.wrappedKey, 40)))],
    ['ephemeral key', change(object('ec'), (o) => (o.kao.ephemeralPublicKey = pem(keyPair('ec'))))],
    ['kid', change(object('ec'), (o) => (o.kao.kid = 'nobody'))],
    ['good', object('ec')],
    ['unknown type', change(object('rsa'), (o) => (o.kao.type = 'mlkem-wrapped'))],
    ['no wrapped key', change(object('rsa'), (o) => delete o.kao.wrappedKey)],
    ['no policy', change(object('rsa'), (o) => (o.policy = ''))],
    ['denied', object('ec', [`${TLP}/red`])],
    ['another namespace', object('ec', ['https://birch.example/attr/tlp/value/green'])],
    ['binding as text', change(object('ec'), (o) => (o.kao.policyBinding = o.kao.policyBinding.hash))],
    ['no kid, sid empty', change(object('ec'), (o) => { delete o.kao.kid; o.kao.sid = ''; })],
    ['good', object('rsa')],
  ];
  const a = await rewrap(srt(signer, v2(objects.map(([, o]) => o), session)));
  const list = a.json && a.json.responses ? results(a.json) : [];
  ok(list.length === objects.length, 'every object has its own result', a.json);
  const said = new Set();
  objects.forEach(([name, o], i) => {
    const r = list[i] || {};
    if (['good', 'binding as text', 'no kid, sid empty'].includes(name)) {
      ok(r.status === 'permit' && o.share.equals(open(session, a.json, r)), `${name}: released beside bad neighbours`, r);
      return;
    }
    ok(r.status === 'fail' && !r.kasWrappedKey, `${name}: refused`, r);
    if (i < 8) said.add(JSON.stringify([r.error, r.metadata]));
  });
  ok(said.size === 1 && [...said][0].includes('code = InvalidArgument desc = bad request'), "unwrapping and binding can't be told apart", [...said]);
  const denied = list[12] || {};
  ok(/code = PermissionDenied desc = forbidden/.test(denied.error), 'denied in the words that clients look for', denied);
  ok((denied.metadata || {})['X-Required-Obligations'] + '' === 'https://alder.example/obl/originator/value/ask', 'with the obligation to ask', denied);
  ok(/code = PermissionDenied/.test((list[13] || {}).error) && !list[13].metadata['X-Required-Obligations'], 'asking does not help with what is unknown', list[13]);
}

// Every character of what binds, changed one at a time
async function testEveryByte() {
  const session = keyPair('ec');
  for (const kind of ['rsa', 'ec']) {
    const good = object(kind);
    const changed = [];
    const each = (text, put) => {
      for (let i = 0; i < text.length; i++) {
        const o = { policy: good.policy, kao: JSON.parse(JSON.stringify(good.kao)), share: good.share };
        put(o, text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1));
        if (text[i] !== '=') changed.push(o);
      }
    };
    each(good.policy, (o, v) => (o.policy = v));
    each(good.kao.wrappedKey, (o, v) => (o.kao.wrappedKey = v));
    each(good.kao.policyBinding.hash, (o, v) => (o.kao.policyBinding.hash = v));
    let permitted = 0;
    let seen = 0;
    for (let i = 0; i < changed.length; i += 200) {
      const a = await rewrap(srt(signer, v2(changed.slice(i, i + 200), session)));
      for (const r of results(a.json)) {
        seen++;
        permitted += r.status !== 'fail';
      }
    }
    ok(seen === changed.length && permitted === 0, `${kind}: ${seen} changes of one character, none opens`, permitted);
  }
}

async function testRefused() {
  const o = object('ec');
  const session = keyPair('ec');
  const good = srt(signer, v2([o], session));
  const other = keyPair('ec');
  const used = proof(signer, 'POST', REWRAP, access);
  const rows = [
    ['an expired request token', 401, srt(signer, v2([o], session), { iat: now() - 7200, exp: now() - 3600 })],
    ['one from the future', 401, srt(signer, v2([o], session), { iat: now() + 3600, exp: now() + 7200 })],
    ['one by another key', process.env.INTEROP === 'any' ? 200 : 401, srt(other, v2([o], session))],
    ['none', 400, '', { body: '{}' }],
    ['no JSON', 400, '', { body: '{' }],
    ['another codec', 400, good, { headers: { 'Content-Type': 'text/plain' } }],
    ['another encoding', 400, good, { headers: { 'Content-Encoding': 'br' } }],
    ['broken gzip', 400, '', { body: 'nothing', headers: { 'Content-Encoding': 'gzip' } }],
    ['a bomb', 400, '', { body: zlib.gzipSync(Buffer.alloc(64 << 20)), headers: { 'Content-Encoding': 'gzip' } }],
    ['broken protobuf', 400, '', { body: Buffer.from([0x0a, 0xff]), headers: { 'Content-Type': 'application/proto' } }],
    ['no objects', 400, srt(signer, { clientPublicKey: pem(session), requests: [{ policy: { id: 'p', body: '' }, keyAccessObjects: [] }] })],
    ['no session key', 400, srt(signer, { ...v2([o], session), clientPublicKey: undefined })],
    ['a session key on P-384', 400, srt(signer, { ...v2([o], session), clientPublicKey: pem(crypto.generateKeyPairSync('ec', { namedCurve: 'P-384' })) })],
    ["a proof by another key than the token's", 401, good, { prover: other }],
    ['no proof', 401, good, { proof: null }],
    ['a proof for another path', 401, good, { proof: proof(signer, 'POST', '/kas/v2/rewrap', access) }],
    ['a proof without ath', 401, good, { proof: proof(signer, 'POST', REWRAP) }],
    ['a token of an unknown issuer', 403, good, { token: jws(other, { typ: 'at+jwt', kid: 'k' }, { iss: 'mallory.example', sub: 'm@mallory.example', aud: ['alder.example'], iat: now(), exp: now() + 60 }) }],
    ['a token that is none', 401, good, { token: 'abc' }],
  ];
  for (const [name, status, text, how] of rows) {
    const a = await rewrap(text, how);
    ok(a.status === status && a.json && (status === 200 || (a.json.code && a.json.message)), `${name}: ${status}, told by Connect`, [a.status, a.json]);
    const rest = how && how.proof !== undefined && how.proof !== null ? null : await rewrap(text, { ...how, path: '/kas/v2/rewrap' });
    ok(!rest || rest.status === status, 'the same status by REST', rest && [rest.status, rest.json]);
  }
  const first = await rewrap(good, { proof: used });
  const again = await rewrap(good, { proof: used });
  ok(first.status === 200 && again.status === 401, 'a proof counts once', [first.status, again.status]);
  ok(/invalid_dpop_proof/.test(again.headers['www-authenticate']), 'and that is told', again.headers);
  const retry = await rewrap(good);
  const entry = (a) => a.json && a.json.responses && results(a.json)[0].metadata['orcon-entry'];
  ok(entry(retry) && entry(retry) === entry(first), 'the same request token finds its entry', [entry(first), entry(retry)]);
  const service = await send('GET', '/v1/reports', { Authorization: `DPoP ${access}`, DPoP: proof(signer, 'GET', '/v1/reports', access) });
  ok(service.status === 403, 'a service account sees no reports', service.json);
}

async function testSignIn() {
  const wrong = await send('POST', '/token', { 'Content-Type': 'application/x-www-form-urlencoded', DPoP: proof(signer, 'POST', '/token') },
    new URLSearchParams({ grant_type: 'client_credentials', client_id: process.env.ORCON_CLIENT, client_secret: 'x' }).toString());
  const unknown = await send('POST', '/token', { 'Content-Type': 'application/x-www-form-urlencoded', DPoP: proof(signer, 'POST', '/token') },
    new URLSearchParams({ grant_type: 'client_credentials', client_id: 'nobody@alder.example', client_secret: 'x' }).toString());
  ok(wrong.status === 401 && wrong.json.error === 'invalid_client', 'a wrong secret', wrong.json);
  ok(wrong.bytes.equals(unknown.bytes), 'reads like an unknown account');
  const bound = await token(keyPair('rsa'), true);
  ok(bound.json.token_type === 'DPoP' && JSON.parse(Buffer.from(bound.json.access_token.split('.')[1], 'base64url')).cnf.jkt, 'an RSA proof binds the token', bound.json);
  const bearer = await token(null, false);
  if (process.env.INTEROP === 'off') {
    ok(bearer.status === 401 && bearer.json.error === 'invalid_dpop_proof', 'without a proof no token', bearer.json);
    return;
  }
  ok(bearer.json.token_type === 'Bearer', 'without a proof a token bound to nothing', bearer.json);
  const session = keyPair('rsa');
  const o = object('rsa');
  const a = await rewrap(srt(session, v2([o], session)), { token: bearer.json.access_token, proof: null });
  ok(a.status === 200 && results(a.json)[0].status === 'permit', 'opens what is signed by the session key', a.json);
  const b = await rewrap(srt(keyPair('rsa'), v2([o], session)), { token: bearer.json.access_token, proof: null });
  ok(process.env.INTEROP === 'any' ? b.status === 200 : b.status === 401, 'and by an unknown key as configured', [b.status, b.json]);
}

async function main() {
  for (const [name, algorithm] of [['rsa', 'rsa:2048'], ['ec', 'ec:secp256r1']])
    kas[name] = (await send('GET', `/kas/v2/kas_public_key?algorithm=${algorithm}&v=2`, {})).json;
  signer = keyPair('ec');
  access = (await token(signer, true)).json.access_token;
  await testSignIn();
  await testOpening();
  await testBulk();
  await testRefused();
  await testEveryByte();
  console.log(`1..${count}`);
  process.exit(bad ? 1 : 0);
}
main().catch((e) => {
  console.log(`Bail out! ${e.stack}`);
  process.exit(2);
});
