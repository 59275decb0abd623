// SPDX-License-Identifier: Apache-2.0
// Makes, by Node's own cryptography, an object whose key is split over several key servers, as clients of several
// platforms do: split.cjs OUT TEXT READER... PEM=URL...; the sid of the first is "a", of the second "b", ...
'use strict';
const crypto = require('crypto');
const fs = require('fs');

const [out, text, ...rest] = process.argv.slice(2);
const dissem = rest.filter((s) => !s.includes('='));
const servers = rest.filter((s) => s.includes('=')).map((s) => s.split('='));
const b64 = (v) => Buffer.from(v).toString('base64');

const shares = servers.map(() => crypto.randomBytes(32));
const key = shares.reduce((sum, share) => Buffer.from(sum.map((b, i) => b ^ share[i])));
const iv = crypto.randomBytes(12);
const cipher = crypto.createCipheriv('aes-256-gcm', key, iv);
const sealed = Buffer.concat([iv, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
const tag = sealed.subarray(-16);
const hmac = (k, v) => crypto.createHmac('sha256', k).update(v).digest();
const policy = b64(
  JSON.stringify({
    uuid: crypto.randomUUID(),
    body: { dataAttributes: null, dissem },
  })
);
const keyAccess = servers.map(([pem, url], i) => ({
  type: 'wrapped',
  url,
  protocol: 'kas',
  sid: String.fromCharCode(97 + i),
  kid: '',
  wrappedKey: b64(
    crypto.publicEncrypt(
      { key: fs.readFileSync(pem), padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
      shares[i]
    )
  ),
  policyBinding: { hash: b64(hmac(shares[i], policy).toString('hex')) },
}));
const manifest = JSON.stringify({
  schemaVersion: '4.3.0',
  payload: { type: 'reference', url: '0.payload', protocol: 'zip', isEncrypted: true },
  encryptionInformation: {
    type: 'split',
    policy,
    keyAccess,
    method: { algorithm: 'AES-256-GCM', isStreamable: true },
    integrityInformation: {
      rootSignature: { alg: 'HS256', sig: b64(hmac(key, tag)) },
      segmentHashAlg: 'GMAC',
      // the only segment is as long as the default, so its sizes are left out
      segments: [{ hash: b64(tag) }],
      segmentSizeDefault: text.length,
      encryptedSegmentSizeDefault: text.length + 28,
    },
  },
  assertions: null,
});

function crc32(bytes) {
  let c = ~0;
  for (const b of bytes) {
    c ^= b;
    for (let i = 0; i < 8; i++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0);
  }
  return ~c >>> 0;
}

const parts = [];
const central = [];
let at = 0;
for (const [name, bytes] of [['0.payload', sealed], ['0.manifest.json', Buffer.from(manifest)]]) {
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0); // version needed; flags, method and time stay zero
  common.writeUInt32LE(crc32(bytes), 10);
  common.writeUInt32LE(bytes.length, 14);
  common.writeUInt32LE(bytes.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), bytes]);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(at, 10);
  central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, tail, Buffer.from(name)]));
  parts.push(local);
  at += local.length;
}
const end = Buffer.alloc(18);
end.writeUInt16LE(2, 4);
end.writeUInt16LE(2, 6);
end.writeUInt32LE(Buffer.concat(central).length, 8);
end.writeUInt32LE(at, 12);
fs.writeFileSync(out, Buffer.concat([...parts, ...central, Buffer.from('PK\x05\x06'), end]));
