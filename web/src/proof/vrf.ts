// SPDX-License-Identifier: Apache-2.0
// vrf.ts: verifying ECVRF-RISTRETTO255-SHA512 (C2SP vrf-r255): the tag of a name belongs to this ledger's key.
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { type Bytes, concat, equal, need, utf8 } from '../bytes.ts';

const Point = ristretto255.Point;
const ORDER = Point.Fn.ORDER;
const SUITE = concat(new Uint8Array([0xff]), utf8('c2sp.org/vrf-r255'));
const END = new Uint8Array([0]);
const [TO_CURVE, CHALLENGES, TO_HASH] = [0x82, 0x02, 0x03];

function digest(separator: number, ...parts: Uint8Array[]): Uint8Array {
    return sha512(concat(SUITE, new Uint8Array([separator]), ...parts));
}

function little(bytes: Uint8Array): bigint {
    let n = 0n;
    for (let i = bytes.length; i-- > 0;) n = (n << 8n) | BigInt(bytes[i] as number);
    return n;
}

// The 64 bytes of output; the first 32 are a ledger's tag. Throws unless ${proof} holds.
export function vrfVerify(key: Uint8Array, alpha: Uint8Array, proof: Uint8Array): Bytes {
    need(proof.length === 80, 'not a VRF proof');
    const [gammaBytes, cBytes, sBytes] = [proof.subarray(0, 32), proof.subarray(32, 48), proof.subarray(48)];
    const [c, s] = [little(cBytes), little(sBytes)];
    need(s < ORDER, 'not a VRF proof');
    const y = Point.fromBytes(key);
    const gamma = Point.fromBytes(gammaBytes);
    const derive = ristretto255_hasher.deriveToCurve;
    need(derive, 'ristretto255 without a map to the curve');
    const h = derive(digest(TO_CURVE, key, alpha));
    const times = (point: typeof gamma, n: bigint) => (n === 0n ? Point.ZERO : point.multiply(n));
    const u = times(Point.BASE, s).subtract(times(y, c));
    const v = times(h, s).subtract(times(gamma, c));
    const computed = digest(CHALLENGES, key, h.toBytes(), gammaBytes, u.toBytes(), v.toBytes(), END);
    need(equal(computed.subarray(0, 16), cBytes), 'the VRF proof does not hold');
    return concat(digest(TO_HASH, gammaBytes, END));
}
