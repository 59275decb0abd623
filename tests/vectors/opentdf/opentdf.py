#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""OpenTDF containers by an independent implementation: the Python packages `cryptography` and `zipfile`.

    opentdf.py make              write the vectors of this folder (keys that are there are kept)
    opentdf.py open FILE KEY     open a container with a private key, write the plaintext to stdout
"""
import base64
import hashlib
import hmac
import io
import json
import os
import struct
import sys
import zipfile
import zlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HERE = os.path.dirname(os.path.abspath(__file__))
OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)


def b64(raw):
    return base64.b64encode(raw).decode()


def hkdf(agreed):
    return HKDF(hashes.SHA256(), 32, hashlib.sha256(b"TDF").digest(), b"").derive(agreed)


def gcm(key, plain):
    iv = os.urandom(12)
    return iv + AESGCM(key).encrypt(iv, plain, None)


def ungcm(key, sealed):
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], None)


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def public_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM,
                                         serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def load_or_make(name, make):
    path = os.path.join(HERE, name)
    if not os.path.exists(path):
        with open(path, "wb") as out:
            out.write(make().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
    with open(path, "rb") as pem:
        return serialization.load_pem_private_key(pem.read(), None)


def kao(share, to, policy, binding="hex", **more):
    out = {"url": "https://kas.example/kas", "protocol": "kas"}
    if isinstance(to, rsa.RSAPrivateKey):
        out["type"] = "wrapped"
        out["wrappedKey"] = b64(to.public_key().encrypt(share, OAEP))
    else:
        ephemeral = ec.generate_private_key(ec.SECP256R1())
        out["type"] = "ec-wrapped"
        out["wrappedKey"] = b64(gcm(hkdf(ephemeral.exchange(ec.ECDH(), to.public_key())), share))
        out["ephemeralPublicKey"] = public_pem(ephemeral)
    bound = mac(share, policy.encode())
    if binding == "string":
        out["policyBinding"] = b64(bound.hex().encode())
    elif binding == "raw":
        out["policyBinding"] = {"alg": "HS256", "hash": b64(bound)}
    elif binding == "no-alg":
        out["policyBinding"] = {"hash": b64(bound.hex().encode())}
    else:
        out["policyBinding"] = {"alg": "HS256", "hash": b64(bound.hex().encode())}
    metadata = gcm(share, b'{"salt":"AAECAwQ="}')
    text = json.dumps({"ciphertext": b64(metadata), "iv": b64(metadata[:12])})
    out["encryptedMetadata"] = b64(text.replace("=", "\\u003d").encode())
    out.update(more)
    return out


def manifest(key, plain, size, policy, kaos, legacy=False, omit=False, segment_hash="GMAC", root="HS256"):
    payload, segments, joined = b"", [], b""
    for at in range(0, len(plain), size):
        piece = plain[at:at + size]
        sealed = gcm(key, piece)
        payload += sealed
        digest = sealed[-16:] if segment_hash == "GMAC" else mac(key, sealed)
        digest = digest.hex().encode() if legacy else digest
        joined += digest
        segment = {"hash": b64(digest)}
        if not (omit and len(piece) == size):
            segment.update(segmentSize=len(piece), encryptedSegmentSize=len(sealed))
        segments.append(segment)
    signature = mac(key, joined)
    if root == "GMAC":
        signature = signature[-16:]
    if legacy:
        signature = signature.hex().encode()
    m = {
        "payload": {"type": "reference", "url": "0.payload", "protocol": "zip", "isEncrypted": True,
                    "mimeType": "text/plain"},
        "encryptionInformation": {
            "type": "split", "policy": policy, "keyAccess": kaos,
            "method": {"algorithm": "AES-256-GCM", "isStreamable": True},
            "integrityInformation": {
                "rootSignature": {"alg": root, "sig": b64(signature)},
                "segmentHashAlg": segment_hash, "segmentSizeDefault": size,
                "encryptedSegmentSizeDefault": size + 28, "segments": segments}},
        "x-unknown": {"member": [1.5, None, "ignored"]},
    }
    if legacy:
        m["payload"]["schemaVersion"] = "3.0.0"
    else:
        m["schemaVersion"] = "4.3.0"
        m["assertions"] = []
    return json.dumps(m, indent=1 if legacy else None).encode(), payload


def b64u(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def assertion(aggregate, number, signer, legacy=False):
    """A label signed with a data key (bytes, HS256) or a P-256 key (ES256); its text holds what JSON escapes."""
    a = {"id": "label-%d" % number, "type": "handling", "scope": "tdo", "appliesToState": "encrypted",
         "statement": {"format": "json+stanag5636", "schema": "urn:nato:stanag:5636:A:1:elements:json",
                       "value": "{\"ocl\":{\"cls\":\"SECRET\"}}\n\u00e9/\u2028"}}
    digest = hashlib.sha256(json.dumps(a, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).digest()
    joined = aggregate + (digest.hex().encode() if legacy else digest)
    payload = b64u(json.dumps({"assertionHash": digest.hex(), "assertionSig": b64(joined)}).encode())
    alg = "HS256" if isinstance(signer, bytes) else "ES256"
    text = b64u(json.dumps({"alg": alg}).encode()) + "." + payload
    if isinstance(signer, bytes):
        signature = mac(signer, text.encode())
    else:
        r, t = utils.decode_dss_signature(signer.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32, "big") + t.to_bytes(32, "big")
    a["binding"] = {"method": "jws", "signature": text + "." + b64u(signature)}
    return a


def label(m, signers, legacy=False):
    """The manifest text with one assertion for each signer."""
    m = json.loads(m)
    segments = m["encryptionInformation"]["integrityInformation"]["segments"]
    aggregate = b"".join(base64.b64decode(s["hash"]) for s in segments)
    m["assertions"] = [assertion(aggregate, i, s, legacy) for i, s in enumerate(signers)]
    return json.dumps(m).encode()


def zip_plain(entries):
    """The layout of Python's own writer: ZIP32, sizes in the local headers, no descriptor."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        for name, data in entries:
            z.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6)), data)
    return out.getvalue()


def zip_streamed(entries):
    """The layout of the JavaScript writers: descriptors, ZIP64 everywhere."""
    out, central = b"", b""
    for name, data in entries:
        raw, crc, at = name.encode(), zlib.crc32(data), len(out)
        out += struct.pack("<IHHHHHIIIHH", 0x04034B50, 45, 0x0808, 0, 0x6B28, 0x5C21, 0, 0xFFFFFFFF, 0xFFFFFFFF,
                           len(raw), 32) + raw + struct.pack("<HHQQQI", 1, 28, 0, 0, 0, 0)
        out += data + struct.pack("<IIQQ", 0x08074B50, crc, len(data), len(data))
        central += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0x0808, 0, 0x6B28, 0x5C21, crc, 0xFFFFFFFF,
                               0xFFFFFFFF, len(raw), 32, 0, 0, 0, 0, 0xFFFFFFFF)
        central += raw + struct.pack("<HHQQQI", 1, 28, len(data), len(data), at, 0)
    end = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, len(entries), len(entries), len(central), len(out))
    find = struct.pack("<IIQI", 0x07064B50, 0, len(out) + len(central), 1)
    last = struct.pack("<IHHHHIIH", 0x06054B50, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return out + central + end + find + last


def write(name, data):
    with open(os.path.join(HERE, name), "wb") as out:
        out.write(data)


def policy_text(attributes, dissem):
    body = {"dataAttributes": attributes, "dissem": dissem}
    return b64(json.dumps({"uuid": "2b91a669-cc62-442b-bc5d-973b3ce6e3b6", "body": body}).encode())


def make():
    kas_ec = load_or_make("kas-ec.pem", lambda: ec.generate_private_key(ec.SECP256R1()))
    kas_rsa = load_or_make("kas-rsa.pem", lambda: rsa.generate_private_key(65537, 2048))
    load_or_make("other-ec.pem", lambda: ec.generate_private_key(ec.SECP256R1()))
    load_or_make("other-rsa.pem", lambda: rsa.generate_private_key(65537, 2048))
    plain = b"The group hides explosives in portable computers and knows that the usual screening misses them.\n"
    write("plain.txt", plain)
    policy = policy_text([{"attribute": "https://Ns.example/attr/Class/value/Secret"}], ["bob@example.org"])
    nulls = policy_text(None, None)

    key = os.urandom(32)
    m, p = manifest(key, plain, 40, policy, [kao(key, kas_ec, policy, kid="e1", sid="")])
    write("ec-430.tdf", zip_plain([("0.payload", p), ("0.manifest.json", m)]))
    write("ec-430-manifest-first.tdf", zip_plain([("0.manifest.json", m), ("0.payload", p)]))

    key = os.urandom(32)
    m, p = manifest(key, plain, 40, nulls, [kao(key, kas_rsa, nulls, "string")], legacy=True, omit=True)
    write("rsa-422-streamed.tdf", zip_streamed([("0.payload", p), ("0.manifest.json", m)]))
    write("rsa-422-plain.tdf", zip_plain([("0.payload", p), ("0.manifest.json", m)]))

    shares = [os.urandom(32), os.urandom(32)]
    key = bytes(a ^ b for a, b in zip(*shares))
    kaos = [kao(shares[0], kas_ec, policy, "raw", sid="1"), kao(shares[1], kas_rsa, policy, "no-alg", sid="2", kid=None),
            kao(shares[1], kas_ec, policy, sid="2", url="https://other.example/kas")]
    m, p = manifest(key, plain, 1 << 20, policy, kaos, segment_hash="HS256", root="GMAC", omit=True)
    write("split-430.tdf", zip_streamed([("0.payload", p), ("0.manifest.json", m)]))

    key = os.urandom(32)
    m, p = manifest(key, b"", 1 << 20, nulls, [kao(key, kas_ec, nulls)])
    write("empty-430.tdf", zip_plain([("0.payload", p), ("0.manifest.json", m)]))

    key = os.urandom(32)
    author = load_or_make("label-ec.pem", lambda: ec.generate_private_key(ec.SECP256R1()))
    m, p = manifest(key, plain, 40, policy, [kao(key, kas_ec, policy)])
    write("labels-430.tdf", zip_plain([("0.payload", p), ("0.manifest.json", label(m, [key, author]))]))
    m, p = manifest(key, plain, 40, policy, [kao(key, kas_ec, policy)], legacy=True)
    write("labels-422.tdf", zip_plain([("0.payload", p), ("0.manifest.json", label(m, [key, author], True))]))

    rows = []
    for name, to, key_name, binding in [("EC, binding of digits", kas_ec, "kas-ec.pem", "hex"),
                                        ("EC, binding of bytes", kas_ec, "kas-ec.pem", "raw"),
                                        ("EC, binding without alg", kas_ec, "kas-ec.pem", "no-alg"),
                                        ("RSA, binding a string", kas_rsa, "kas-rsa.pem", "string")]:
        share = os.urandom(32)
        rows.append({"name": name, "key": key_name, "policy": policy, "share": share.hex(),
                     "kao": kao(share, to, policy, binding)})
    write("kao.json", json.dumps(rows, indent=1).encode() + b"\n")


def unwrap(k, private):
    wrapped = base64.b64decode(k["wrappedKey"])
    if k["type"] == "wrapped":
        return private.decrypt(wrapped, OAEP)
    peer = serialization.load_pem_public_key(k["ephemeralPublicKey"].encode())
    return ungcm(hkdf(private.exchange(ec.ECDH(), peer)), wrapped)


def open_container(path, key_path):
    with open(key_path, "rb") as pem:
        private = serialization.load_pem_private_key(pem.read(), None)
    with zipfile.ZipFile(path) as z:
        assert z.testzip() is None
        m, payload = json.loads(z.read("0.manifest.json")), z.read("0.payload")
    assert m["schemaVersion"] == "4.3.0"
    info = m["encryptionInformation"]
    kind = "wrapped" if isinstance(private, rsa.RSAPrivateKey) else "ec-wrapped"
    k = next(k for k in info["keyAccess"] if k["type"] == kind)
    key = unwrap(k, private)
    bound = base64.b64encode(mac(key, info["policy"].encode()).hex().encode()).decode()
    assert k["policyBinding"] == {"alg": "HS256", "hash": bound}
    integrity, at, plain, joined = info["integrityInformation"], 0, b"", b""
    for s in integrity["segments"]:
        sealed = payload[at:at + s["encryptedSegmentSize"]]
        at += len(sealed)
        assert base64.b64decode(s["hash"]) == sealed[-16:]
        joined += sealed[-16:]
        piece = ungcm(key, sealed)
        assert len(piece) == s["segmentSize"]
        plain += piece
    assert at == len(payload)
    assert base64.b64decode(integrity["rootSignature"]["sig"]) == mac(key, joined)
    if "encryptedMetadata" in k:
        text = json.loads(base64.b64decode(k["encryptedMetadata"]))
        sealed = base64.b64decode(text["ciphertext"])
        assert base64.b64decode(text["iv"]) == sealed[:12]
        print("metadata:", ungcm(key, sealed).decode(), file=sys.stderr)
    sys.stdout.buffer.write(plain)


if __name__ == "__main__":
    if sys.argv[1:] == ["make"]:
        make()
    elif len(sys.argv) == 4 and sys.argv[1] == "open":
        open_container(sys.argv[2], sys.argv[3])
    else:
        sys.exit(__doc__)
