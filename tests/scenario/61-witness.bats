# SPDX-License-Identifier: Apache-2.0
# An operator who rewrites his ledger, or shows two, meets those who cosigned it. Each test leaves birch what it saw.
load helper
load nodes

story() {
    node alder && node birch && introduce alder birch && person ora@birch.example reader,officer &&
        person olga@alder.example reader,officer && wait_until cosigned
}

log() { python3 "$SOURCE_DIR/tests/scenario/log.py" "${url[$1]}/log/1"; }
cosigned() { [ "$(log alder | jq -c .cosigners)" = '["birch.example/monitor","birch.example/witness"]' ]; }
state() { at "$1" --json witness list | jq -r --arg name "$2" '.witnesses[] | select(.name == $name) | .state'; }
becomes() { wait_until 15 eval "[ \"\$(state $1 $2)\" = $3 ]"; }
write_entry() { at alder read-in "x$RANDOM@birch.example" SOURCE; }
size() { log alder | jq -r .size; }
told() { as "$1" inbox --json | jq -e --arg words "$2" '[.items[] | select(.kind == "alert" and (.about.what | contains($words)))] | length == 1'; }

# stopped: alder writes nothing any more, and says why.
stopped() {
    becomes alder birch.example/witness ahead
    run -1 write_entry
    [[ $output == *"a witness has a checkpoint of this ledger that is not ours"* ]]
    run at alder --json doctor
    [ "$status" -ne 0 ]
    [[ $output == *"mend"*"birch.example/"*"has a checkpoint of our ledger that is not ours"* ]]
    wait_until told olga "has a checkpoint of our ledger"
    restart alder
    run -1 write_entry
}

# operate PROGRAM: Python with alder's database, while the node is down. `keep` is an earlier checkpoint's size: what is
# above it is unsealed again, so that the node signs what the operator makes of it.
operate() {
    stop alder
    python3 - "$BATS_TEST_TMPDIR/alder/orcon.db" <<PYTHON
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
sizes = [row[0] for row in db.execute("SELECT size FROM checkpoint ORDER BY size")]
keep = sizes[-4]
$1
db.commit()
PYTHON
    serve_node alder
}

@test "partners cosign for each other: listed, and good" {
    becomes alder birch.example/witness good
    becomes alder birch.example/monitor good
    becomes birch alder.example/witness good
    run -0 at alder witness list
    [[ $output == *"good"*"birch.example/witness"*"size "* ]]
    run -0 at alder --json witness list
    [ "$(json '[.witnesses[] | .partner] | unique | join(" ")')" = birch.example ]
    [ "$(json '[.witnesses[] | .monitor] | sort | map(tostring) | join(" ")')" = "false true" ]
    wait_until at alder doctor
    run -0 at alder doctor
    [[ $output == *"2 of 2 cosign our ledger"* ]]
    [[ $output == *"nothing is wrong with the ledgers that we cosign"* ]]
}

@test "a suspended partner is no witness, and a resumed one is again" {
    at alder partner suspend birch.example >/dev/null
    wait_until eval '[ -z "$(state alder birch.example/witness)" ]'
    at alder partner resume birch.example >/dev/null
    becomes alder birch.example/witness good
}

@test "an operator who deletes his last entries is stopped by the witness" {
    operate 'db.execute("DELETE FROM leaf WHERE idx >= ?", (keep,)); db.execute("DELETE FROM entry WHERE idx >= ?", (keep,)); db.execute("DELETE FROM checkpoint WHERE size > ?", (keep,))'
    stopped
}

@test "an operator who edits an entry is stopped, and his partner holds both signatures" {
    before=$(size)
    operate 'row = db.execute("SELECT idx, body FROM leaf WHERE idx >= ? AND form = 2 ORDER BY idx", (keep,)).fetchone()
body = bytearray(row[1]); body[20] ^= 1  # in K: the entry commits to something else
db.execute("UPDATE leaf SET body = ? WHERE idx = ?", (bytes(body), row[0]))
db.execute("DELETE FROM entry WHERE idx >= ?", (keep,))
db.execute("DELETE FROM checkpoint WHERE size > ?", (keep,))'
    [ "$(size)" = "$before" ]
    stopped
    wait_until told ora@birch.example "two histories"
    run -0 as ora@birch.example inbox --json
    [ "$(json '[.items[] | select(.kind == "alert")][0].about | [.checkpoint, .cosigned] | map(split("\n")[1]) | unique | length')" = 1 ]
    run at birch --json doctor
    [[ $output == *"mend"*"alder.example/orcon/1: two histories"* ]]
}

@test "an operator who inserts an entry is stopped" {
    operate 'rows = db.execute("SELECT generation, form, time_ms, body, reader FROM leaf WHERE idx >= ? ORDER BY idx", (keep,)).fetchall()
twice = next(row for row in rows if row[1] == 2)
db.execute("DELETE FROM leaf WHERE idx >= ?", (keep,))
db.execute("DELETE FROM entry WHERE idx >= ?", (keep,))
for i, row in enumerate([twice] + rows):
    db.execute("INSERT INTO leaf (id, form, time_ms, body, reader) VALUES (?, ?, ?, ?, ?)", ((row[0] << 40) + keep + i,) + row[1:])
db.execute("DELETE FROM checkpoint WHERE size > ?", (keep,))'
    stopped
}

@test "one key in two places: the first goes on, the second is stopped, and nobody cosigns it" {
    stop alder
    cp -r alder twin
    rm -f twin/run/control.sock
    serve_node alder
    write_entry
    wait_until cosigned
    free_port
    sed -i "s|^listen = .*|listen = 127.0.0.1:$port|" twin/orcon.conf
    url[twin]=https://127.0.0.1:$port
    serve_node twin
    at twin read-in y@birch.example SOURCE || true
    becomes twin birch.example/witness ahead
    [ "$(log twin | jq -c '.cosigners')" = '["birch.example/monitor","birch.example/witness"]' ] # of what they had in common
    run -1 at twin read-in z@birch.example SOURCE
    write_entry
    wait_until cosigned
    becomes alder birch.example/witness good
}

@test "a witness that is killed at any moment has stored what it gave" {
    local round given stored
    (while :; do write_entry >/dev/null 2>&1; done) 3>&- 4>&- &
    writer=$!
    for ((round = 0; round < ${KILLS:-15}; round++)); do
        sleep "0.$(printf %03d $((RANDOM % 400)))"
        stop birch KILL || true
        # what alder holds, birch must know of
        given=$(sqlite3 alder/orcon.db "SELECT max(size) FROM checkpoint WHERE instr(note, 'birch.example/witness') > 0")
        stored=$(sqlite3 birch/orcon.db "SELECT size FROM watched WHERE role = 'witness'")
        [ "$stored" -ge "$given" ]
        given=$(sqlite3 alder/orcon.db "SELECT max(size) FROM checkpoint WHERE instr(note, 'birch.example/monitor') > 0")
        stored=$(sqlite3 birch/orcon.db "SELECT size FROM watched WHERE role = 'monitor'")
        [ "$stored" -ge "$given" ]
        serve_node birch
    done
    kill "$writer"
    wait "$writer" || true
    wait_until 20 cosigned
    wait_until at birch doctor
}

@test "the metrics count who cosigns, and say when nothing is written" {
    free_port
    sed -i "s|^metrics = .*|metrics = 127.0.0.1:$port|" alder/orcon.conf
    restart alder
    metric() { curl -sf "http://127.0.0.1:$port/metrics" | grep -Fx "$1"; }
    wait_until metric 'orcon_cosigners{state="good"} 2'
    metric 'orcon_cosigners{state="failing"} 0'
    metric 'orcon_ledger_stopped 0'
    stop birch
    write_entry
    wait_until metric 'orcon_cosigners{state="failing"} 2'
    serve_node birch
    operate 'db.execute("DELETE FROM leaf WHERE idx >= ?", (keep,)); db.execute("DELETE FROM entry WHERE idx >= ?", (keep,)); db.execute("DELETE FROM checkpoint WHERE size > ?", (keep,))'
    wait_until metric 'orcon_ledger_stopped 1'
    wait_until metric 'orcon_cosigners{state="ahead"} 2'
}
