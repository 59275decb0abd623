// SPDX-License-Identifier: Apache-2.0
// Drives @opentdf/client 1.3.0, unmodified: web.cjs encrypt|decrypt IN OUT. Its environment says where and who:
//   ORCON_URL, ORCON_CLIENT, ORCON_SECRET, DPOP (1: with proofs), ATTRIBUTES, DISSEM (comma separated)
// Exit status 1 and the client's own message, if it is refused.
'use strict';
const fs = require('fs');

// The package looks for a browser when it is loaded (it saves files there), and touches nothing of it here.
globalThis.document = { documentElement: { style: {} }, createElement: () => ({}) };
globalThis.window = globalThis;
globalThis.isSecureContext = true;
globalThis.location = { href: process.env.ORCON_URL, origin: process.env.ORCON_URL };
const axios = require('axios'); // through which the package calls the key server
const { AuthProviders, Client } = require('@opentdf/client');

// Of a refusal the package keeps the error's message alone: any application puts there what the key server says.
axios.interceptors.response.use(undefined, (error) => {
  const { detail } = (error.response && error.response.data) || {};
  if (detail) error.message += `: ${detail}`;
  throw error;
});

const list = (name) => (process.env[name] || '').split(',').filter((s) => s);

async function main([what, from, to]) {
  const dpopEnabled = process.env.DPOP === '1';
  const authProvider = await AuthProviders.clientSecretAuthProvider({
    exchange: 'client',
    clientId: process.env.ORCON_CLIENT,
    clientSecret: process.env.ORCON_SECRET,
    oidcOrigin: process.env.ORCON_URL,
    clientPubKey: 'replaced by the client',
  });
  const client = new Client.Client({
    clientId: process.env.ORCON_CLIENT,
    kasEndpoint: `${process.env.ORCON_URL}/kas`,
    authProvider,
    dpopEnabled,
  });
  const bytes = fs.readFileSync(from);
  if (what === 'encrypt') {
    const source = new ReadableStream({
      pull(c) {
        c.enqueue(new Uint8Array(bytes));
        c.close();
      },
    });
    const attributes = list('ATTRIBUTES').map((attribute) => ({
      attribute,
      kasUrl: `${process.env.ORCON_URL}/kas`,
      pubKey: '',
      displayName: '',
    }));
    const scope = { attributes, dissem: list('DISSEM') };
    const stream = await client.encrypt({ source, offline: true, scope });
    fs.writeFileSync(to, await stream.toBuffer());
  } else {
    const stream = await client.decrypt({ source: { type: 'buffer', location: bytes } });
    fs.writeFileSync(to, await stream.toBuffer());
  }
}

// Its timers outlive its work, and a rejected promise or two may be nobody's.
process.on('unhandledRejection', (e) => fail(e));
function fail(e) {
  console.error(`${e.name}: ${e.message}`);
  for (let cause = e.cause; cause; cause = cause.cause) console.error(`  ${cause.message || cause}`);
  process.exit(1);
}
main(process.argv.slice(2)).then(() => process.exit(0), fail);
