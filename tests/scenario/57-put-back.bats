# SPDX-License-Identifier: Apache-2.0
# A home put back from a backup that is older than the last turn of its ledger: what it does not know it has from its partners, and
# there is never a second log under one name.
load helper
load nodes

story() { # alder, whose ledger birch and cedar cosign
    local name
    for name in alder birch cedar; do node "$name" || return; done
    introduce alder birch && introduce alder cedar && wait_until cosigned 1
}

log() { python3 "$SOURCE_DIR/tests/scenario/log.py" "${url[$1]}/log/$2"; } # NODE GENERATION
everybody='["birch.example/monitor","birch.example/witness","cedar.example/monitor","cedar.example/witness"]'
cosigned() { [ "$(log alder "$1" | jq -c .cosigners)" = "$everybody" ]; }
size() { log alder "$1" | jq -r .size; }
check() { at alder --json doctor 2>/dev/null | jq -r --arg name "$1" '.checks[] | select(.check == $name) | .text'; }
is_current() { [[ $(check ledger) == "generation $1, "* ]]; }
is_good() { at alder --json doctor 2>/dev/null | jq -e --arg name "$1" '.checks[] | select(.check == $name and .state == "good")'; }
settled() { # all that is written is signed, and shown
    [ "$(size "$1")" = "$(sqlite3 alder/orcon.db "SELECT max(size) FROM checkpoint WHERE generation = $1")" ] &&
        [ "$(size "$1")" = "$(sqlite3 alder/orcon.db "SELECT max(idx) + 1 FROM leaf WHERE generation = $1")" ] && cosigned "$1"
}
write_entry() { at alder read-in "x$RANDOM@birch.example" SOURCE; }
backup() { at alder backup -o alder.backup >/dev/null && cp alder/keys/unlock unlock; }
lose() { stop alder && rm -r alder && at alder restore alder.backup --unlock unlock "$@"; }
card_at() { sqlite3 "$1/orcon.db" "SELECT serial FROM card WHERE domain = 'alder.example'"; }

@test "restored from before a turn: no second /2, but /3, which partners take by themselves; public bytes come back" {
    person olga@alder.example reader,officer
    person amy@alder.example reader,author,officer
    person ben@birch.example reader
    introduce birch cedar
    wait_until cosigned 1
    at alder read-in amy@alder.example SOURCE >/dev/null
    report warning.md
    share
    wait_until as ben show "$id"
    backup
    kept=$(size 1)
    write_entry
    run -0 at alder --json close-log
    wait_until is_current 2
    wait_until cosigned 2
    write_entry
    wait_until settled 2
    one=$(size 1) two=$(size 2)
    known=$(card_at birch)
    lose
    serve_node alder
    wait_until 30 is_current 3
    wait_until cosigned 3
    wait_until is_good witnesses
    is_good restored
    wait_until write_entry
    # the old ones are whole again, as far as they are public
    [ "$(size 1)" = "$one" ]
    [ "$(size 2)" = "$two" ]
    cosigned 1 # with everybody's lines
    cosigned 2
    run -0 as ben verify "${url[alder]}" --json
    [ "$(json '.generations | map("\(.origin | split("/") | last) \(.size >= 3) \(.closed)") | join(", ")')" = "1 true true, 2 true false, 3 true false" ]
    # nobody had to compare words again: the card goes on from the newest one
    serial() { [ "$(card_at birch)" -gt "$known" ] && [ "$(card_at cedar)" -gt "$known" ]; }
    wait_until serial
    as ben partner show alder.example --json | jq -e '.partners[0].state == "confirmed"'
    # what is lost is said precisely
    told() { as olga inbox --json | jq -r '[.items[] | select(.kind == "alert" and .about.log == "alder.example/orcon/3")][0].about.what'; }
    [[ $(told) == *"entries $kept to $((one - 1)) of alder.example/orcon/1, of which partners had the public bytes; entries 0 to $((two - 1)) of alder.example/orcon/2, of which partners had the public bytes"* ]]
    # and nobody claims to know what was entered meanwhile
    run -0 as amy briefed ben@birch.example "$id/3" --evidence lost.no --json
    [ "$(json .briefed)" = null ]
    as ben verify lost.no || [ $? = 0 ]
    grep -q 'generation-missing:2' lost.no
    run ! grep -q 'no-monitor' lost.no
    # it goes on: shares, and turns again
    share
    wait_until as ben show "$id"
    run -0 at alder --json close-log
    [ "$(json '"\(.origin) \(.up)"')" = "alder.example/orcon/4 true" ]
    is_current 4 # the verb has waited for it
    wait_until cosigned 4
}


@test "restored from when the log was closed already: the next one is known by the partners' card alone; /3 follows it" {
    stop birch
    stop cedar
    stop alder
    run -0 at alder --json close-log # nobody is asked
    [ "$(json .state)" = closed ]
    backup
    serve_node birch
    serve_node cedar
    serve_node alder
    wait_until is_current 2
    wait_until cosigned 2
    two=$(size 2)
    lose
    serve_node alder
    wait_until is_current 3
    wait_until cosigned 3
    [ "$(size 2)" = "$two" ]
    wait_until write_entry
}

@test "restored from before a turn and a new card key: every card is followed, and partners confirm the next one anew" {
    backup
    run -0 at alder --json rotate card
    run -0 at alder --json close-log
    wait_until is_current 2
    run -0 at alder --json rotate card
    wait_until cosigned 2
    sent() { [ "$(card_at birch)" = "$(card_at alder)" ] && [ "$(card_at cedar)" = "$(card_at alder)" ]; }
    wait_until sent
    lose
    serve_node alder
    wait_until is_current 3
    [ "$(card_at alder)" -gt "$(card_at birch)" ]
    for name in birch cedar; do
        at alder card >alder.card 2>/dev/null
        at $name partner add alder.card >/dev/null
    done
    wait_until cosigned 3
    wait_until write_entry
}

@test "the next generation can't begin: doctor says why, officers have one alert, and it begins once that is mended" {
    person olga@alder.example reader,officer
    introduce birch cedar
    wait_until settled 1
    backup
    write_entry
    wait_until settled 1
    stop birch
    stop cedar
    lose
    serve_node alder
    is_good turn
    mkdir -p alder/keys/log.next.key/full # where the key of the next log must go
    serve_node birch
    serve_node cedar
    fails() { [[ $(check turn) == *"log.next.key"* ]]; }
    wait_until 30 fails
    run -1 at alder doctor
    [[ $output == *"the next generation can't begin: "*"it is tried again"* ]]
    alerts() { as olga inbox --json | jq -r '[.items[] | select(.kind == "alert" and (.about.what | contains("log.next.key")))] | length'; }
    told() { [ "$(alerts)" = 1 ]; }
    wait_until 30 told
    sleep 6 # it is tried again, and nothing more is said
    told
    rm -r alder/keys/log.next.key
    wait_until 30 is_current 2
    is_good turn
}

@test "a reader whose node has not heard of the next log yet: it asks for the card that names it, and he reads" {
    person amy@alder.example reader,author,officer
    person bob@birch.example reader
    at alder read-in amy@alder.example SOURCE >/dev/null
    report warning.md
    share
    wait_until as bob show "$id"
    # nothing of alder's card gets into birch's store while the log turns
    sqlite3 birch/orcon.db "CREATE TRIGGER deaf BEFORE INSERT ON card_history WHEN NEW.domain = 'alder.example' BEGIN SELECT RAISE(ABORT, 'deaf'); END"
    known=$(card_at birch)
    run -0 at alder --json close-log
    is_current 2
    run ! as bob open "$id" --portion 1
    [[ $output == *"not signed by the log"* ]]
    [ "$(card_at birch)" = "$known" ]
    sqlite3 birch/orcon.db "DROP TRIGGER deaf"
    opens() { as bob open "$id" --portion 2; } # within the second that two questions are apart it may be too early
    wait_until 3 opens
    [ "$(card_at birch)" -gt "$known" ]
}
