# SPDX-License-Identifier: Apache-2.0
# A generation of the ledger ends and the next begins: partners, witnesses, monitors and readers go on by themselves, and
# what was proved stays proved.
load helper
load nodes

story() { world && share && wait_until as bob show "$id"; }

log() { python3 "$SOURCE_DIR/tests/scenario/log.py" "${url[$1]}/log/$2"; } # NODE GENERATION
everybody='["birch.example/monitor","birch.example/witness","cedar.example/monitor","cedar.example/witness"]'
cosigned() { [ "$(log alder "$1" | jq -c .cosigners)" = "$everybody" ]; }
current() { at alder --json doctor 2>/dev/null | jq -r '.checks[] | select(.check == "ledger") | .text'; }
is_current() { [[ $(current) == "generation $1, "* ]]; }
briefed() { as amy briefed "$1" "$2" --evidence "$3" --json; }

# turn VERB...: the next generation, with a verb; the node starts again by itself.
turn() {
    run -0 at alder --json "$@"
    [ "$(json .state)" = begun ]
    local next
    next=$(json .generation)
    wait_until is_current "$next"
}

@test "a log is closed and the next goes on: sharing, opening, asking, granting, cosigning, evidence across both" {
    first=$id
    as bob open "$first" --portion 1 >/dev/null
    receipt() { briefed bob@birch.example "$first/1" before.yes | jq -e '.basis == "key, reader, receipt"'; }
    wait_until receipt
    briefed bob@birch.example "$first/3" before.no >/dev/null
    size() { log alder 1 | jq -r .size; }
    turn close-log
    [ "$(json '"\(.generation) \(.origin) \(.closed.origin)"')" = "2 alder.example/orcon/2 alder.example/orcon/1" ]
    [ "$(json .closed.size)" = "$(size)" ] # it grows no more
    wait_until cosigned 2
    cosigned 1
    # what was sealed, enrolled and entered before is good for what is done now
    wait_until as bob open "$first" --portion 2
    share
    wait_until as bob open "$id"
    as ben request "$first" --to cedar.example --portion 1 --reason "operation" >/dev/null
    asked() { request=$(as amy inbox --json | jq -r '[.items[] | select(.kind == "request") | .id][0] // empty'); [ "$request" ]; }
    wait_until asked
    as olga grant "$request" --portion 1 >/dev/null
    wait_until as cyd open "$first"
    # evidence made before, and evidence about before made now
    for made in before.yes before.no; do as cyd verify "$made" >/dev/null; done
    run -0 briefed bob@birch.example "$first/1" old.yes
    [ "$(json '"\(.briefed) \(.basis)"')" = "true key, reader, receipt" ]
    [[ $(json .entry) == 1/* ]]
    run -0 briefed bob@birch.example "$first/2" new.yes
    [[ $(json '"\(.briefed) \(.entry)"') == "true 2/"* ]]
    run -0 briefed ben@birch.example "$first/1" across.no
    [ "$(json .briefed)" = false ]
    [[ $(json .basis) == "monitored by "* ]]
    [[ $(json .entry) == 2/* ]]
    [ "$(grep -c '^part absence ' across.no)" = 2 ]
    for made in old.yes new.yes across.no; do as cyd verify "$made" >/dev/null; done
    # the sentence names the last one, the anchors all
    for said in "$(as amy briefed ben@birch.example "$first/1")" "$(as cyd verify across.no)"; do
        [ "$(grep -o '^  log alder.example/orcon/[0-9]*' <<<"$said" | sort)" = $'  log alder.example/orcon/1\n  log alder.example/orcon/2' ]
        [[ $(tr '\n' ' ' <<<"$said") == *"on record in alder.example/orcon/2 up to "* ]]
    done
    [[ $(as amy briefed bob@birch.example "$first/2") != *Anchors* ]] # one presence is in one log
    # a generation left out is unknown, and says so
    run -5 as cyd verify <(sed '0,/^until \([0-9]*\) 2 /s//until \1 1 /' across.no)
    # both are read whole
    run -0 as cyd verify "${url[alder]}/log/1" --json
    [ "$(json .verified)" = true ]
    run -0 as cyd verify "${url[alder]}" --json
    [ "$(json '.generations | map("\(.origin) \(.closed)") | join(", ")')" = "alder.example/orcon/1 true, alder.example/orcon/2 false" ]
    run -3 as cyd verify "${url[alder]}/log/3"
    wait_until at birch doctor
    wait_until at cedar doctor
}

@test "rotate log and rotate vrf are the next generation, and keep the keys of the one before" {
    keys() { sqlite3 alder/orcon.db 'SELECT hex(body) FROM leaf WHERE idx = 0 ORDER BY generation'; }
    turn rotate log
    [ "$(json .use)" = log ]
    turn rotate vrf
    [ "$(json '"\(.generation) \(.use)"')" = "3 vrf" ]
    [ "$(ls alder/keys | grep -cE '^(log|vrf)\.[0-9a-f]{32}\.key$')" = 4 ]
    [ -z "$(ls alder/keys | grep -E '^(log|vrf)\.next')" ]
    wait_until cosigned 3
    wait_until as bob open "$id" --portion 1
    run -0 briefed bob@birch.example "$id/3" three.no
    [ "$(json .briefed)" = false ]
    [ "$(grep -c '^part absence ' three.no)" = 3 ]
    run -0 as cyd verify three.no
    restart alder
    is_current 3
}

@test "no end without somebody who cosigns it; one that was reached waits for him, also over a restart" {
    stop birch
    stop cedar
    at alder read-in olga@alder.example OTHER >/dev/null # one entry more, which nobody has cosigned
    run -1 at alder close-log
    [[ $output == *"must be cosigned before the next begins; nothing was changed"* ]]
    is_current 1
    at alder read-in olga@alder.example THIRD >/dev/null
    stop alder
    run -0 at alder --json close-log # a home that does not run asks nobody
    [ "$(json .state)" = closed ]
    serve_node alder
    [[ $(current) == "generation 1 is closed"* ]]
    run -1 at alder read-in olga@alder.example FOURTH
    [[ $output == *"generation 1 of the ledger is closed"* ]]
    restart alder KILL
    [[ $(current) == "generation 1 is closed"* ]]
    serve_node birch
    serve_node cedar
    wait_until 20 is_current 2
    at alder read-in olga@alder.example FOURTH >/dev/null
}

@test "an operator who edits a generation that has ended is caught" {
    as bob open "$id" --portion 1 >/dev/null
    turn close-log
    wait_until cosigned 2
    run -0 as cyd verify "${url[alder]}/log/1"
    stop alder
    sqlite3 alder/orcon.db "UPDATE entry SET bytes = (SELECT bytes FROM entry WHERE generation = 1 AND idx = 3) WHERE generation = 1 AND idx = 5"
    serve_node alder
    run -5 as cyd verify "${url[alder]}/log/1"
    run as amy briefed ben@birch.example "$id/1" --evidence x.evidence
    [ "$status" != 0 ]
    [ ! -e x.evidence ]
}

@test "a next log that names another end: monitors, doctor, verify and evidence say so, by the entry that proves it" {
    person cleo@cedar.example reader,officer
    person bree@birch.example reader,officer
    stop alder
    # what a program that lies would write: the genesis, its root of the end changed before it is signed
    sqlite3 alder/orcon.db "CREATE TRIGGER lie AFTER INSERT ON leaf WHEN new.form = 1 BEGIN
        UPDATE leaf SET body = CAST(substr(body, 1, length(body) - 32) || zeroblob(32) AS BLOB) WHERE generation = new.generation AND idx = 0; END"
    serve_node alder
    turn close-log
    local end
    end=$(log alder 1 | jq -r .size)
    refused() { at alder --json doctor | grep -qF "/monitor refuses it: the end of alder.example/orcon/1 that it names, size $end"; }
    wait_until refused
    told_to() {
        as "$1" inbox --json | jq -e '[.items[] | select(.kind == "alert" and .about.log == "alder.example/orcon/2" and .about.index == 0)][0].about |
            (.what | contains("does not fit: two histories")) and .entry and (.checkpoint | startswith("alder.example/orcon/2\n")) and
            (.cosigned | startswith("alder.example/orcon/1\n"))'
    }
    # one of them had cosigned the end before the next log began; the other may have come too late to be sure of more than a refusal
    told() { told_to cleo@cedar.example || told_to bree@birch.example; }
    wait_until told
    run -5 as cyd verify "${url[alder]}"
    [[ $output == *"entry 0 of alder.example/orcon/2 names size $end as the end of alder.example/orcon/1: its entries give another root"* ]]
    run as amy briefed ben@birch.example "$id/1" --evidence x.evidence --json
    [ "$status" != 0 ] || [ "$(json .briefed)" = null ]
}
