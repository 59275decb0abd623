#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""probe.py PROFILE ORIGINATOR_URL ORIGINATOR FILE.tdf [POLICY_UUID [garbage]]: ask a key server for the key of FILE.tdf as
the person whose profile that is, through his own node, and print the answer as it came: status, then body.

An attacker's client: it takes a sealed object from wherever he got it, and with POLICY_UUID puts that id into the
policy. What he chooses himself (the ids of the request) is constant, so that two answers can be compared by their
bytes. With `garbage` key and binding are random bytes of the right length: an id is all that he has."""
import base64
import hashlib
import json
import os
import re
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zipfile

CONTEXT = ssl._create_unverified_context()


def b64u(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def openssl(*args, stdin=b""):
    return subprocess.run(["openssl", *args], input=stdin, capture_output=True, check=True).stdout


def es256(key, signing_input):
    der = openssl("dgst", "-sha256", "-sign", key, stdin=signing_input.encode())
    at, out = 4 if der[1] < 0x80 else 5, b""
    at -= 2
    for _ in range(2):
        length = der[at + 1]
        out += der[at + 2:at + 2 + length].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + length
    return b64u(out)


class Person:
    def __init__(self, folder):
        profile = json.load(open(f"{folder}/profile.json", encoding="utf-8"))
        self.key, self.name, self.url = f"{folder}/key.pem", profile["person"], profile["url"]
        point = openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")[-64:]
        self.jwk = {"crv": "P-256", "kty": "EC", "x": b64u(point[:32]), "y": b64u(point[32:])}

    def jws(self, header, payload):
        head = {"alg": "ES256", **header}
        text = ".".join(b64u(json.dumps(v, separators=(",", ":")).encode()) for v in (head, payload))
        return f"{text}.{es256(self.key, text)}"

    def thumbprint(self):
        text = json.dumps(self.jwk, separators=(",", ":"), sort_keys=True)
        return b64u(hashlib.sha256(text.encode()).digest())

    def proof(self, url, token=None):
        claims = {"htm": "POST", "htu": url, "iat": int(time.time()), "jti": str(uuid.uuid4())}
        if token:
            claims["ath"] = b64u(hashlib.sha256(token.encode()).digest())
        return self.jws({"typ": "dpop+jwt", "jwk": self.jwk}, claims)

    def token(self, resource):
        now = int(time.time())
        claims = {"iss": self.name, "sub": self.name, "aud": f"{self.url}/token", "iat": now, "exp": now + 50,
                  "jti": str(uuid.uuid4())}
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "resource": resource,
                "assertion": self.jws({"typ": "JWT", "kid": self.thumbprint()}, claims)}
        status, body = post(f"{self.url}/token", urllib.parse.urlencode(form).encode(),
                            {"DPoP": self.proof(f"{self.url}/token"), "Content-Type": "application/x-www-form-urlencoded"})
        if status != 200:
            sys.exit(f"no token: {status} {body}")
        return json.loads(body)["access_token"]


def post(url, body, headers):
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=20, context=CONTEXT) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()


def object_of(path, policy_uuid, garbage):
    with zipfile.ZipFile(path) as z:
        manifest = json.loads(z.read("0.manifest.json"))
    policy, kao = manifest["encryptionInformation"]["policy"], manifest["encryptionInformation"]["keyAccess"][0]
    if policy_uuid:
        text = base64.b64decode(policy).decode()
        policy = base64.b64encode(re.sub(r'("uuid":")[^"]+', rf"\g<1>{policy_uuid}", text).encode()).decode()
    if garbage:
        kao["wrappedKey"] = base64.b64encode(os.urandom(len(base64.b64decode(kao["wrappedKey"])))).decode()
        kao["policyBinding"]["hash"] = base64.b64encode(os.urandom(32).hex().encode()).decode()
    return policy, kao


def main(folder, originator_url, originator, path, policy_uuid=None, garbage=None):
    person = Person(folder)
    policy, kao = object_of(path, policy_uuid, garbage)
    session = openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout")
    public = openssl("pkey", "-pubout", stdin=session).decode()
    body = {"clientPublicKey": public,
            "requests": [{"keyAccessObjects": [{"keyAccessObjectId": "kao-0", "keyAccessObject": kao}],
                          "policy": {"id": "policy", "body": policy}, "algorithm": "ec:secp256r1"}]}
    now = int(time.time())
    srt = person.jws({}, {"requestBody": json.dumps(body), "iat": now, "exp": now + 60})
    token, htu = person.token(originator), f"{originator_url}/kas.AccessService/Rewrap"
    status, answer = post(f"{person.url}/relay/v1/{originator}/rewrap",
                          json.dumps({"signedRequestToken": srt}).encode(),
                          {"Authorization": f"DPoP {token}", "DPoP": person.proof(htu, token),
                           "Content-Type": "application/json"})
    print(status)
    print(answer)


main(*sys.argv[1:])
