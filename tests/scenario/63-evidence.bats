# SPDX-License-Identifier: Apache-2.0
# Was he briefed? Three answers, with proof either way, to those who may ask.
load helper
load nodes

story() { world; share; wait_until as bob show "$id"; }

@test "yes: a briefing is on record, by the reader's own request" {
    as bob open "$id" >/dev/null
    run -0 as bob briefed me "$id/1" --evidence bob.evidence --json
    [ "$(json .briefed)" = true ]
    [[ $(json .basis) == "key, reader"* ]]
    [ "$(json .evidence)" = bob.evidence ]
    [[ $(json .entry) == 1/* ]]
    [[ $(json .statement) == "bob@birch.example was briefed on portion"* ]]
    grep -q '^claim yes$' bob.evidence
    grep -q '^person bob@birch.example$' bob.evidence
    run -0 as amy verify bob.evidence --json
    [ "$(json '"\(.verified) \(.kind)"')" = "true evidence" ]
}

@test "no record: checked by monitors outside, in the exact words" {
    as bob open "$id" >/dev/null
    run -0 as amy briefed bob@birch.example "$id/3" --evidence bob.evidence --json
    [ "$(jq .briefed <<<"$output")" = false ]
    [[ $(json .basis) == "monitored by "* ]]
    [ "$(json '.assumptions | length')" = 5 ]
    [[ $(json .statement) == "No briefing of bob@birch.example on portion "*"/3 (family: "*") is on record in alder.example/orcon/1 up to "*"; map checked by "*"; witnessed by "*". No key was released to this identity through orcon, and no telling was declared. It does not show what the person saw or heard otherwise." ]]
    run -0 as amy verify bob.evidence --json
    [ "$(json .claim)" = no-record ]
    for word in never 'was not told' 'did not know'; do [[ $output != *"$word"* ]]; done
}

@test "unknown where nobody outside checks: the originator's word alone, and verify refuses it" {
    stop birch
    stop cedar
    at alder read-in olga@alder.example OTHER >/dev/null # one entry more, which nobody signs
    run -0 as amy briefed bob@birch.example "$id/3" --evidence bob.evidence --json
    [ "$(jq -r .briefed <<<"$output")" = null ]
    [ "$(json .basis)" = self-asserted ]
    [ "$(json '.assumptions | index("no-monitor") != null')" = true ]
    grep -q '^claim unknown no-monitor$' bob.evidence
    sed 's/^claim unknown no-monitor$/claim no-record/' bob.evidence >more.evidence
    run -5 as amy verify more.evidence
}

@test "who may ask: about himself anybody; what is not his reads like what is not there" {
    as bob open "$id" >/dev/null
    run -0 as ben briefed me "$id/1" --json
    [ "$(jq .briefed <<<"$output")" = false ]
    run -3 as bob briefed ben@birch.example "$id/1"
    not_his=$output
    run -3 as bob briefed ben@birch.example "$id/9"
    [ "$output" = "$not_his" ]
    run -3 as cyd briefed me "$id/1"
    person dan@birch.example reader,auditor
    run -0 orcon --as dan@birch.example briefed ben@birch.example "$id/1" --json
    run -3 orcon --as dan@birch.example briefed cyd@cedar.example "$id/1"
    run -0 as olga briefed cyd@cedar.example "$id/1" --json
}

@test "a whole report: each portion by itself" {
    as bob open "$id" --portion 1 >/dev/null
    run -0 as amy briefed bob@birch.example "$id" --json
    [ "$(json '[.portions[].briefed] | map(tostring) | join(" ")')" = "true false false" ]
    [ "$(json .briefed)" = true ]
    run -2 as amy briefed bob@birch.example "$id" --evidence x.evidence
    [ ! -e x.evidence ]
}

@test "one field of the entry, and no other" {
    as bob open "$id" >/dev/null
    run -0 as amy briefed bob@birch.example "$id/1" --field 3 --evidence field.part --json
    [ "$(json '.fields | tostring')" = '{"3":"bob@birch.example"}' ]
    [ "$(grep -c '^field ' field.part)" = 1 ]
    run -0 as cyd verify field.part --json
    [ "$(json '"\(.kind) \(.fields["3"])"')" = "presence bob@birch.example" ]
    run -3 as bob briefed me "$id/1" --field 5
    run -2 as bob briefed me "$id/1" --field 16
}

@test "a sheet for people without orcon: the claim, what it rests on, how to check it, one page" {
    run -0 as amy briefed bob@birch.example "$id/3" --evidence bob.evidence --sheet sheet.txt
    grep -q "No briefing is on record" sheet.txt
    grep -q "$(sha256sum <bob.evidence | cut -c1-64)" sheet.txt
    [ "$(wc -L <sheet.txt)" -le 80 ]
    [ "$(wc -l <sheet.txt)" -le 66 ]
    run -0 as amy briefed bob@birch.example "$id/3" --sheet sheet.html
    grep -q '@page { size: A4' sheet.html
    ! grep -qE 'src=|href=|<script' sheet.html
}

@test "public text: no record is kept, and nothing is proved" {
    printf '(TLP:CLEAR) Advice for everybody.\n\n(TLP:AMBER) More.\n' >advice.md
    public=$(as amy share advice.md --title Advice --to birch.example --json | jq -r .report)
    wait_until as bob show "$public"
    run -0 as bob briefed me "$public/1" --json
    [ "$(json '"\(.briefed) \(.basis)"')" = "null public, no record" ]
    run -3 as bob briefed me "$public/1" --evidence x.evidence
    [ ! -e x.evidence ]
}

# A copy of alder's home that goes on by itself: the newest checkpoint that its log key signed, in $1.
fork_alder() {
    stop alder
    cp -r alder fork
    serve_node alder
    at fork read-in olga@alder.example OTHER >/dev/null
    at fork read-in olga@alder.example THIRD >/dev/null
    python3 - fork/orcon.db >"$1" <<'PY'
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1"):
    sys.stdout.write(row[0])
PY
}

@test "a reader takes no key from a ledger with two histories, and his officers learn of it" {
    as bob open "$id" >/dev/null
    log=profiles/bob@birch.example/logs/alder.example.1
    [ -s "$log" ]
    run -0 as bob open "$id" --json
    [ "$(json '.portions[0].state')" = open ]
    fork_alder other.note
    cp other.note "$log" # what alder has shown him, had it served the copy
    person dan@birch.example reader,officer
    run -5 as bob open "$id" --json
    [ "$(json '[.portions[] | .state] | unique | join(",")')" = withheld ]
    [ "$(json '.portions[0].reason')" = two-histories ]
    [[ $(json '.portions[0].why') == *"Show your officers"* ]]
    [ -s "$log.other" ]
    [ -n "$(ls profiles/bob@birch.example/held/*.refused.json)" ]
    run -0 orcon --as dan@birch.example inbox --json
    [ "$(json '[.items[] | select(.kind == "alert") | .about.checkpoint | test("alder.example/orcon/1")] | any')" = true ]
}

@test "a reader shows by himself that he was briefed, with no node in reach" {
    as bob open "$id" >/dev/null
    for name in alder birch cedar; do stop $name; done
    run -0 as bob briefed me "$id/1" --evidence own.evidence --json
    [ "$(json '"\(.briefed) \(.basis)"')" = "true key, reader" ]
    [ "$(json '.assumptions | index("no-witness") != null')" = true ]
    grep -q '^end ' own.evidence
    run -5 as bob verify own.evidence # no witness had seen that checkpoint
    printf 'log %s\nquorum none\n' "$(as bob briefed me "$id/1" --json | jq -r '.anchors[] | select(startswith("log")) | .[4:]')" >mine.policy
    run -0 as bob verify own.evidence --policy mine.policy --json
    [ "$(json .basis)" = "key, reader" ]
    run -1 as bob briefed me "$id/3"
    run -1 as bob briefed ben@birch.example "$id/1"
}
