# SPDX-License-Identifier: Apache-2.0
# Single sealed objects between organisations: decided by the attributes and readers that they name, not by releases.

load helper
load nodes

story() {
    local name
    for name in alder birch; do node "$name" || return; done
    introduce alder birch || return
    person amy@alder.example reader,author && person bob@birch.example reader && person ben@birch.example reader || return
    echo "the plan" >plan.txt
}

# seal NAME ARGS...: by amy, to alder's own key server
seal() {
    local out=$1
    shift
    as amy tdf seal plan.txt -o "$out" "$@" >/dev/null
}

# opens WHO FILE; refused WHO FILE STATUS TEXT
opens() { run -0 as "$1" tdf open "$2" && [ "$output" = "the plan" ]; }
refused() {
    run -"$3" as "$1" tdf open "$2"
    [[ $output == *"$4"* ]] || { echo "$output"; return 1; }
    [[ $output != *"the plan"* ]]
}

@test "a mark becomes attributes, and they decide as the mark does" {
    seal amber.tdf --mark "TLP:AMBER//REL TO birch.example"
    run -0 orcon tdf inspect amber.tdf
    json '.encryptionInformation.policy' >policy
    base64 -d policy | jq -r '.body.dataAttributes[].attribute' | sort >attributes
    diff attributes - <<'X'
https://alder.example/attr/releasable/value/birch.example
https://alder.example/attr/tlp/value/amber
X
    opens amy amber.tdf
    opens bob amber.tdf

    seal strict.tdf --mark "TLP:AMBER"
    opens amy strict.tdf
    refused bob strict.tdf 4 "not released to this organisation"

    seal orcon.tdf --mark "TLP:AMBER//ORCON//REL TO birch.example"
    opens bob orcon.tdf
    run -2 as amy tdf seal plan.txt --mark "TLP:AMBER//HIDDEN"
    [[ $output == *HIDDEN* ]]
}

@test "a compartment lets in who is read in, all of several" {
    seal wall.tdf --mark "TLP:AMBER//SOURCE/NIGHT//REL TO birch.example"
    refused amy wall.tdf 4 "not read in to the compartment"
    at alder read-in amy@alder.example SOURCE
    refused amy wall.tdf 4 "not read in to the compartment"
    at alder read-in amy@alder.example NIGHT
    opens amy wall.tdf
    refused bob wall.tdf 4 "not read in"
}

@test "readers named in the object narrow it, and nothing widens it" {
    seal bob.tdf --dissem bob@birch.example
    opens bob bob.tdf
    refused ben bob.tdf 4 "for the named persons only"
    refused amy bob.tdf 4 "for the named persons only"
    seal org.tdf --dissem @birch.example
    opens ben org.tdf
    # both must hold
    seal both.tdf --dissem bob@birch.example,amy@alder.example --attr https://alder.example/attr/compartment/value/source
    refused bob both.tdf 4 "not read in"
}

@test "what names nothing, or nothing that is known here, is refused" {
    seal bare.tdf
    refused amy bare.tdf 3 "sealed under no attribute and for nobody by name"
    seal other.tdf --attr https://cedar.example/attr/tlp/value/green
    refused amy other.tdf 3 "a marking that this node can't judge"
    seal unknown.tdf --attr https://alder.example/attr/tlp/value/purple,https://alder.example/attr/tlp/value/green
    refused amy unknown.tdf 3 "a marking that this node can't judge"

    sed -i 's/^unmarked.*/unmarked = ada@alder.example, amy@alder.example/' alder/orcon.conf
    restart alder
    opens amy bare.tdf
    refused bob bare.tdf 3 "sealed under no attribute"
}

@test "a release of an object is an entry like any other" {
    seal amber.tdf --mark "TLP:AMBER//REL TO birch.example"
    uuid=$(orcon tdf inspect amber.tdf | jq -r .encryptionInformation.policy | base64 -d | jq -r .uuid)
    opens bob amber.tdf
    opens bob amber.tdf
    # one first briefing, under the object's own id; the second time is a reissue
    [ "$(sqlite3 alder/orcon.db "SELECT name FROM tag WHERE class = 1 AND portion = 'alder.example/$uuid'")" = bob@birch.example ]
}

@test "what was altered is refused, and nothing is entered but the refusal" {
    seal amber.tdf --mark "TLP:AMBER"
    mkdir parts && cd parts && python3 - ../amber.tdf <<'X'
import base64, json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
manifest, payload = json.loads(z.read("0.manifest.json")), z.read("0.payload")

def write(name, change):
    m = json.loads(json.dumps(manifest))
    change(m["encryptionInformation"])
    with zipfile.ZipFile(name, "w") as out:
        out.writestr("0.payload", payload)
        out.writestr("0.manifest.json", json.dumps(m))

def policy(info):
    p = json.loads(base64.b64decode(info["policy"]))
    p["body"] = {"dataAttributes": [], "dissem": ["amy@alder.example"]}
    info["policy"] = base64.b64encode(json.dumps(p).encode()).decode()

def flip(text, at):
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:]

def wrapped(info):
    info["keyAccess"][0]["wrappedKey"] = flip(info["keyAccess"][0]["wrappedKey"], 9)

def binding(info):
    b = info["keyAccess"][0]["policyBinding"]
    b["hash"] = base64.b64encode(b"0" * 64).decode()

def kid(info):
    info["keyAccess"][0]["kid"] = "nobody"

write("policy.tdf", policy)
write("wrapped.tdf", wrapped)
write("binding.tdf", binding)
write("kid.tdf", kid)
X
    for name in policy wrapped binding kid; do
        run -5 as amy tdf open $name.tdf
        echo "${output//$name/X}" >>said
    done
    [ "$(sort -u said | wc -l)" -eq 1 ] # they can't be told apart
}

@test "an object of two key servers takes both" {
    command -v node >/dev/null || skip "no node: the object is made by its cryptography"
    for name in alder birch; do
        curl -s --cacert $name/keys/tls.crt "${url[$name]}/kas/kas_public_key" | jq -r . >$name.pem
    done
    split() { command node "$SOURCE_DIR/tests/foreign/opentdf/split.cjs" "$@"; }
    # each key server judges by itself; both know bob, and neither attributes of the other
    split two.tdf "in two halves" bob@birch.example "alder.pem=${url[alder]}/kas" "birch.pem=${url[birch]}/kas"
    run -0 as bob tdf open two.tdf
    [ "$output" = "in two halves" ]
    refused ben two.tdf 4 "for the named persons only"
    refused amy two.tdf 4 "for the named persons only"
    split far.tdf "in two halves" bob@birch.example "alder.pem=${url[alder]}/kas" "birch.pem=https://127.0.0.1:1/kas"
    refused bob far.tdf 3 "no confirmed partner has the key server https://127.0.0.1:1/kas"
    split bare.tdf "in two halves" "alder.pem=${url[alder]}/kas" "birch.pem=${url[birch]}/kas"
    refused bob bare.tdf 3 "sealed under no attribute"
}

@test "a copy carries its mark as a label, signed by its originator" {
    person amy@alder.example reader,author
    report warning.md
    id=$(as amy share warning.md --to birch.example --json | jq -r .report)
    wait_until sqlite3_has birch
    sqlite3 birch/orcon.db "SELECT writefile('one.tdf', content) FROM held_portion WHERE n = 1" >/dev/null
    run -0 orcon tdf inspect one.tdf
    echo "$output" >manifest.json
    jq -er '.assertions[0].statement.value | fromjson | .ocl | .pol == "TLP" and .cls == "AMBER"' manifest.json
    jq -r '.assertions[0].binding.signature' manifest.json | cut -d. -f1 | tr '_-' '/+' | base64 -d 2>/dev/null >header || true
    kid=$(at alder card | cut -d. -f2 | tr '_-' '/+' | base64 -d 2>/dev/null | jq -r '.keys[] | select(.use == "statement").kid')
    [ -n "$kid" ]
    grep -q "$kid" header
    grep -q 'orcon-label+jws' header
}

sqlite3_has() { [ "$(sqlite3 "$1/orcon.db" 'SELECT count(*) FROM held_portion')" -gt 0 ]; }
