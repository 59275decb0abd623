#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes wrap.json with the Python package `cryptography`: keys in all their forms, EC and RSA wraps, policy
bindings, and what must be refused. Run it in this folder; it makes new keys each time."""
import base64, hashlib, hmac, json, os
from cryptography.hazmat.primitives import hashes, serialization as ser
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PEM = ser.Encoding.PEM


def b64u(b):
    return base64.urlsafe_b64encode(b).rstrip(b"=").decode()


def spki(key):
    return key.public_key().public_bytes(PEM, ser.PublicFormat.SubjectPublicKeyInfo).decode()


def number(n):
    return b64u(n.to_bytes((n.bit_length() + 7) // 8, "big"))


def forms(key):
    """The same key as PKCS #8, bare, SPKI and JWK; its RFC 7638 thumbprint."""
    private = lambda form: key.private_bytes(PEM, form, ser.NoEncryption()).decode()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        n = key.public_key().public_numbers()
        jwk = {"crv": "P-256", "kty": "EC", "x": b64u(n.x.to_bytes(32, "big")), "y": b64u(n.y.to_bytes(32, "big"))}
        d = key.private_numbers().private_value.to_bytes(32, "big")
        secret = dict(jwk, d=b64u(d))
    else:
        p = key.private_numbers()
        jwk = {"e": number(p.public_numbers.e), "kty": "RSA", "n": number(p.public_numbers.n)}
        secret = dict(jwk, d=number(p.d), p=number(p.p), q=number(p.q), dp=number(p.dmp1), dq=number(p.dmq1),
                      qi=number(p.iqmp))
    text = json.dumps(jwk, sort_keys=True, separators=(",", ":")).encode()
    return {"pkcs8": private(ser.PrivateFormat.PKCS8), "bare": private(ser.PrivateFormat.TraditionalOpenSSL),
            "spki": spki(key), "jwk": jwk, "private_jwk": secret,
            "thumbprint": b64u(hashlib.sha256(text).digest())}


def ec_wrap(to, ephemeral, secret, salt=b"TDF", iv=None, aad=None):
    shared = ephemeral.exchange(ec.ECDH(), to.public_key())
    key = HKDF(hashes.SHA256(), 32, hashlib.sha256(salt).digest(), b"").derive(shared)
    iv = iv or os.urandom(12)
    return iv + AESGCM(key).encrypt(iv, secret, aad)


def oaep(h):
    return padding.OAEP(padding.MGF1(h()), h(), None)


def flip(b, at, bit=1):
    b = bytearray(b)
    b[at] ^= bit
    return bytes(b)


def main():
    kas, other, eph = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    p384 = ec.generate_private_key(ec.SECP384R1())
    big, small, other_rsa = (rsa.generate_private_key(65537, bits) for bits in (2048, 1024, 2048))
    secret, short = os.urandom(32), os.urandom(5)
    wrapped = ec_wrap(kas, eph, secret)
    rsa_wrapped = big.public_key().encrypt(secret, oaep(hashes.SHA1))
    ec_rows = [("32 bytes", spki(eph), wrapped, secret), ("5 bytes", spki(eph), ec_wrap(kas, eph, short), short)]
    ec_bad = [
        ("flipped bit in iv", spki(eph), flip(wrapped, 0)),
        ("flipped bit in ciphertext", spki(eph), flip(wrapped, 20)),
        ("flipped bit in tag", spki(eph), flip(wrapped, -1, 128)),
        ("truncated", spki(eph), wrapped[:-1]), ("trailing byte", spki(eph), wrapped + b"\0"),
        ("only iv and half a tag", spki(eph), wrapped[:20]), ("nothing", spki(eph), b""),
        ("wrapped to another key", spki(eph), ec_wrap(other, eph, secret)),
        ("another ephemeral key", spki(other), wrapped),
        ("salt of NanoTDF", spki(eph), ec_wrap(kas, eph, secret, salt=b"L1L")),
        ("with additional data", spki(eph), ec_wrap(kas, eph, secret, aad=b"x")),
        ("ephemeral key on P-384", spki(p384), wrapped), ("ephemeral key of RSA", spki(big), wrapped),
        ("ephemeral key cut", spki(eph)[:-30], wrapped), ("no ephemeral key", "", wrapped),
    ]
    rsa_bad = [
        ("flipped bit", flip(rsa_wrapped, 100)), ("truncated", rsa_wrapped[:-1]), ("trailing byte", rsa_wrapped + b"\0"),
        ("to another key", other_rsa.public_key().encrypt(secret, oaep(hashes.SHA1))),
        ("OAEP with SHA-256", big.public_key().encrypt(secret, oaep(hashes.SHA256))),
        ("OAEP with a label", big.public_key().encrypt(secret, padding.OAEP(padding.MGF1(hashes.SHA1()),
                                                                           hashes.SHA1(), b"label"))),
        ("PKCS #1 v1.5", big.public_key().encrypt(secret, padding.PKCS1v15())), ("nothing", b""),
    ]
    policies = [json.dumps({"uuid": "%032x" % i, "body": {"dataAttributes": [], "dissem": ["x"] * i}}).encode()
                for i in range(3)]
    message = b"eyJhbGciOiJSUzI1NiJ9.e30"
    json.dump({
        "keys": {"ec": forms(kas), "rsa": forms(big)},
        "refused_pem": {"P-384": spki(p384), "P-384, private": forms_pem(p384), "RSA of 1024 bits": spki(small),
                        "RSA of 1024 bits, private": forms_pem(small), "P-256, compressed": compressed(kas)},
        "ec": [{"name": n, "ephemeral": e, "wrapped": w.hex(), "secret": s.hex()} for n, e, w, s in ec_rows],
        "ec_refused": [{"name": n, "ephemeral": e, "wrapped": w.hex()} for n, e, w in ec_bad],
        "rsa": [{"name": "32 bytes", "wrapped": rsa_wrapped.hex(), "secret": secret.hex()},
                {"name": "5 bytes", "wrapped": big.public_key().encrypt(short, oaep(hashes.SHA1)).hex(),
                 "secret": short.hex()}],
        "rsa_refused": [{"name": n, "wrapped": w.hex()} for n, w in rsa_bad],
        "binding": [{"key": secret.hex(), "policy": base64.b64encode(p).decode(),
                     "hash": base64.b64encode(hmac.new(secret, base64.b64encode(p), "sha256").hexdigest().encode())
                     .decode()} for p in policies],
        "rs256": {"message": message.decode(),
                  "signature": big.sign(message, padding.PKCS1v15(), hashes.SHA256()).hex(),
                  "pss": big.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()).hex(),
                  "sha1": big.sign(message, padding.PKCS1v15(), hashes.SHA1()).hex()},
    }, open("wrap.json", "w"), indent=1)


def forms_pem(key):
    return key.private_bytes(PEM, ser.PrivateFormat.PKCS8, ser.NoEncryption()).decode()


def compressed(key):
    point = key.public_key().public_bytes(ser.Encoding.X962, ser.PublicFormat.CompressedPoint)
    der = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point
    return "-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(der).decode().replace("\n", "") + "\n-----END PUBLIC KEY-----\n"


main()
