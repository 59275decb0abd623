# SPDX-License-Identifier: Apache-2.0
# Checked by somebody else, offline, with nothing but cards; and whatever was bent is refused.
load helper
load nodes

story() { world; share; wait_until as bob show "$id"; as bob open "$id" >/dev/null; }

proof() { as amy briefed bob@birch.example "$id/3" --evidence bob.evidence >/dev/null; }

# alder's ledger as files, in $1
mirror() {
    local get=(curl -sfk --max-time 5) url=${url[alder]}/log/1 size width tile=0 wide
    mkdir -p "$1/tile/0" "$1/tile/1" "$1/tile/entries"
    "${get[@]}" "$url/checkpoint" -o "$1/checkpoint"
    size=$(sed -n 2p "$1/checkpoint")
    [ "$size" -lt 256 ] # one tile
    for path in "tile/0/000.p/$size" "tile/entries/000.p/$size"; do
        mkdir -p "$1/${path%/*}"
        "${get[@]}" "$url/$path" -o "$1/$path"
    done
}

@test "evidence, by a third party with nothing but cards, with no node in reach" {
    proof
    for name in alder birch cedar; do at $name card >$name.card 2>/dev/null; done
    for name in alder birch cedar; do stop $name; done
    export ORCON_PROFILES=$PWD/nobody ORCON_HOME=$PWD/nowhere
    run -2 orcon verify bob.evidence
    run -5 orcon verify bob.evidence --card alder.card
    run -0 orcon verify bob.evidence --card alder.card,birch.card --json
    [ "$(json '"\(.verified) \(.kind) \(.claim)"')" = "true evidence no-record" ]
    [ "$(json '.anchors | map(split(" ")[0]) | unique | join(" ")')" = "card log monitor witness" ]
    run -0 orcon verify bob.evidence --card alder.card,cedar.card
    [[ $output == "verified: No briefing of bob@birch.example on portion"* ]]
    [[ $output == *"monitor cedar.example/monitor"* ]]
}

@test "evidence, offline, by a profile that keeps its node's cards" {
    proof
    as cyd verify bob.evidence >/dev/null # its node is asked for cards once
    for name in alder birch cedar; do stop $name; done
    run -0 as cyd verify bob.evidence
    # the home serves who has no profile
    export ORCON_PROFILES=$PWD/nobody
    run -0 at cedar verify bob.evidence --json
    [ "$(json .verified)" = true ]
}

@test "a policy of one's own counts instead of the cards'" {
    proof
    printf 'log %s\nquorum none\n#orcon monitor none\n' "$(grep -ao 'alder.example/orcon/1+.*' <<<"$(as amy verify bob.evidence --json | jq -r '.anchors[] | select(startswith("log")) | .[4:]')")" >mine.policy
    run -0 as cyd verify bob.evidence --policy mine.policy --json
    [ "$(json .basis)" = self-asserted ]
    printf 'quorum some\n' >broken.policy
    run -2 as cyd verify bob.evidence --policy broken.policy
}

@test "bent evidence: exit status 5, whatever was changed" {
    proof
    size=$(stat -c %s bob.evidence)
    for at in 0 30 100 200 500 $((size / 2)) $((size - 100)) $((size - 2)); do
        python3 - bob.evidence bent.evidence "$at" <<'PY'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[int(sys.argv[3])] ^= 1
open(sys.argv[2], "wb").write(b)
PY
        run -5 as cyd verify bent.evidence --json
        [ "$(jq .verified <<<"$output")" = false ]
    done
    head -c $((size - 1)) bob.evidence >short.evidence
    run -5 as cyd verify short.evidence
    sed 's/^claim no-record$/claim yes/' bob.evidence >more.evidence
    run -5 as cyd verify more.evidence
    : >empty
    run -5 as cyd verify empty
    run -5 as cyd verify warning.md
    run -5 as cyd verify no-such-file
}

@test "packages, cards, checkpoints" {
    as bob export "$id" -o held.orcon >/dev/null
    run -0 as cyd verify held.orcon --json
    [ "$(json '"\(.kind) \(.originator) \(.audience[0])"')" = "package alder.example birch.example" ]
    python3 - held.orcon bent.orcon <<'PY'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[len(b) // 2] ^= 1
open(sys.argv[2], "wb").write(b)
PY
    run -5 as cyd verify bent.orcon
    at alder card >alder.card 2>/dev/null
    run -0 as cyd verify alder.card --json
    [ "$(json .kind)" = card ]
    orcon init elsewhere.example --listen 127.0.0.1:9 >/dev/null
    orcon card >elsewhere.card 2>/dev/null
    run -5 as cyd verify elsewhere.card
    mirror log
    run -0 as cyd verify log/checkpoint --json
    [ "$(json .kind)" = checkpoint ]
    sed '2s/.*/9999/' log/checkpoint >bent.checkpoint
    run -5 as cyd verify bent.checkpoint
}

@test "a whole ledger: from its node, and as files; edited, shortened, lengthened, forked: refused" {
    run -0 as cyd verify "${url[alder]}" --json
    [ "$(json '"\(.verified) \(.kind) \(.origin) \(.reused)"')" = "true ledger alder.example/orcon/1 0" ]
    run -0 as cyd verify "${url[alder]}/log/1"
    run -5 as cyd verify https://127.0.0.1:9/log/1
    mirror log
    run -0 as cyd verify log
    bundle=$(ls log/tile/entries/000.p/*)
    cp "$bundle" good
    for change in edit delete insert; do
        python3 - good "$bundle" $change <<'PY'
import struct, sys
b, out = open(sys.argv[1], "rb").read(), []
while b:
    n = struct.unpack(">H", b[:2])[0]
    out.append(b[2:2 + n])
    b = b[2 + n:]
events = [i for i, e in enumerate(out) if e[8] == 2]
i = events[len(events) // 2]
if sys.argv[3] == "edit":
    out[i] = out[i][:20] + bytes([out[i][20] ^ 1]) + out[i][21:]
elif sys.argv[3] == "delete":
    del out[i]
else:
    out.insert(i, out[i])
open(sys.argv[2], "wb").write(b"".join(struct.pack(">H", len(e)) + e for e in out))
PY
        run -5 as cyd verify log
    done
    cp good "$bundle"
    run -0 as cyd verify log
    printf 'x' >>"$(ls log/tile/0/000.p/*)" # more than asked for is not looked at; other bytes are
    run -0 as cyd verify log
    python3 -c 'import sys; f = open(sys.argv[1], "r+b"); b = f.read(1); f.seek(0); f.write(bytes([b[0] ^ 1]))' \
        "$(ls log/tile/0/000.p/*)"
    run -5 as cyd verify log
    # another history by the same key: nobody outside has signed it
    stop alder
    cp -r alder fork
    at fork read-in olga@alder.example OTHER >/dev/null
    python3 - fork/orcon.db >fork.note <<'PY'
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1"):
    sys.stdout.write(row[0])
PY
    run -5 as cyd verify fork.note
    [[ $output == *"no quorum of witnesses"* ]]
}
