# SPDX-License-Identifier: Apache-2.0
# A monitor reads its partner's ledger whole. What is served and not signed it finds, whoever changed it, and says so.
load helper
load nodes

story() {
    node alder && node birch && introduce alder birch && wait_until cosigned
}

log() { python3 "$SOURCE_DIR/tests/scenario/log.py" "${url[$1]}/log/1"; }
cosigned() { [ "$(log alder | jq -c .cosigners)" = '["birch.example/monitor","birch.example/witness"]' ]; }
state() { at "$1" --json witness list | jq -r --arg name "$2" '.witnesses[] | select(.name == $name) | .state'; }
becomes() { wait_until 15 eval "[ \"\$(state $1 $2)\" = $3 ]"; }
write_entry() { at alder read-in "x$RANDOM@birch.example" SOURCE >/dev/null; }
told() { as "$1" inbox --json | jq -e --arg words "$2" '[.items[] | select(.kind == "alert" and (.about.what | contains($words)))] | length == 1'; }
sql() { # NODE STATEMENT: while the node runs; prints what it gives
    python3 - "$BATS_TEST_TMPDIR/$1/orcon.db" "$2" <<'PYTHON'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
for row in db.execute(sys.argv[2]):
    print("|".join(str(v) for v in row))
db.commit()
PYTHON
}

# followed: what birch keeps of alder's ledger is what alder has. Something more may have been entered a moment ago.
followed() {
    run -0 log alder
    [ "$(json .size)" = "$(sql birch "SELECT entries FROM watched WHERE role = 'monitor'")" ] &&
        [ "$(sql birch "SELECT entry FROM watched_entry ORDER BY idx" | sha256sum)" = \
            "$(sql alder "SELECT bytes FROM entry ORDER BY idx" | sha256sum)" ]
}

# cedar comes later, and reads alder's ledger from the beginning.
newcomer() { node cedar && person cleo@cedar.example reader,officer && introduce alder cedar; }

# caught WORDS: cedar's monitor does not cosign, cedar's officers and doctor say why, alder's doctor says who.
caught() {
    becomes alder cedar.example/monitor failing
    wait_until told cleo@cedar.example "$1"
    run -1 at cedar --json doctor
    [[ $output == *"mend"*"alder.example/orcon/1: "*"$1"* ]]
    run -1 at alder --json doctor
    [[ $output == *"mend"*"don't cosign; "*"/monitor refuses it: "* ]]
}

@test "monitors keep the entries, and go on after a restart, a crash, and alone" {
    write_entry
    wait_until cosigned
    run -0 sql birch "SELECT count(*) FROM watched_entry"
    before=$output
    restart birch
    write_entry
    wait_until cosigned
    restart birch KILL
    write_entry
    wait_until cosigned
    run -0 sql birch "SELECT count(*), max(idx) + 1 FROM watched_entry"
    [ "${output%|*}" = "${output#*|}" ]
    [ "${output%|*}" -gt "$before" ]
    wait_until followed
}

@test "while the monitor is away nothing waits for it, and it catches up" {
    stop birch
    for ((i = 0; i < 5; i++)); do write_entry; done
    run -0 log alder
    serve_node birch
    wait_until 20 cosigned
}

@test "what was altered in the monitor's own store is read again, and nobody is accused" {
    local altered
    for altered in "UPDATE watched_entry SET entry = zeroblob(length(entry)) WHERE idx = 2" \
        "DELETE FROM watched_entry WHERE idx = 1" \
        "UPDATE watched SET note = replace(note, 'alder', 'older') WHERE role = 'monitor'"; do
        stop birch
        sql birch "$altered"
        serve_node birch
        write_entry
        wait_until followed
        wait_until cosigned
    done
    [ "$(sql birch "SELECT count(*) FROM item WHERE kind = 'alert'")" = 0 ]
}

@test "an entry that was edited behind the node's back" {
    sql alder "UPDATE entry SET bytes = zeroblob(length(bytes)) WHERE id = (SELECT min(id) FROM leaf WHERE form = 2)"
    newcomer
    caught "its entries are not those that were signed"
    stop alder # and it will not start again on such a store
    run -1 at alder doctor
    [[ $output == *"it was altered"* ]]
}

@test "an entry that was deleted behind the node's back" {
    sql alder "DELETE FROM entry WHERE id = (SELECT min(id) FROM leaf WHERE form = 2)"
    newcomer
    caught "ends in entry"
}

@test "an entry that was put in the place of another" {
    sql alder "UPDATE entry SET bytes = (SELECT bytes FROM entry WHERE id = (SELECT min(id) FROM leaf WHERE form = 3)) WHERE id = (SELECT min(id) FROM leaf WHERE form = 2)"
    newcomer
    caught "its entries are not those that were signed"
}
