# SPDX-License-Identifier: Apache-2.0
# A home in one sealed file, and back: read-only until the witnesses agree, and never a second history.
load helper
load nodes

story() { node alder && node birch && introduce alder birch && wait_until cosigned; }

log() { python3 "$SOURCE_DIR/tests/scenario/log.py" "${url[$1]}/log/1"; }
cosigned() { [ "$(log alder | jq -c .cosigners)" = '["birch.example/monitor","birch.example/witness"]' ]; }
size() { log alder | jq -r .size; }
settled() { # all that is written is signed, and shown
    [ "$(size)" = "$(sqlite3 alder/orcon.db 'SELECT max(size) FROM checkpoint')" ] &&
        [ "$(size)" = "$(sqlite3 alder/orcon.db 'SELECT max(idx) + 1 FROM leaf')" ]
}
write_entry() { at alder read-in "x$RANDOM@birch.example" SOURCE; }
check() { at alder --json doctor 2>/dev/null | jq -r --arg name "$1" '.checks[] | select(.check == $name) | .state'; }
is_check() { [ "$(check "$1")" = "$2" ]; }

# lose: the home is gone; its unlock key was kept elsewhere.
lose() { stop alder; cp alder/keys/unlock unlock; mv alder lost; }

backup() { at alder --json backup -o alder.backup; }
restore() { at alder "$@" restore alder.backup --unlock unlock; }

@test "a backup of a running node restores to the same ledger, which goes on once a witness has confirmed it" {
    write_entry
    wait_until settled
    run -0 backup
    [ "$(json .domain)" = alder.example ]
    [ "$(stat -c %a alder.backup)" = 600 ]
    [ -z "$(ls alder/run/backup.db* 2>/dev/null)" ]
    before=$(size)
    lose
    run ! grep -aq -e 'SQLite format' -e 'BEGIN' -e birch alder.backup # sealed: neither rows nor keys
    run -0 restore --json
    [ "$(json .read_only)" = true ]
    [ "$(json .size)" = "$before" ]
    [ "$(stat -c %a alder/keys/unlock alder/orcon.db | sort -u)" = 600 ]
    serve_node alder
    wait_until is_check restored good
    write_entry
    wait_until cosigned
    [ "$(size)" -gt "$before" ]
    wait_until at birch doctor # its monitor follows the same ledger
}

@test "nothing is written before a witness is reached" {
    backup >/dev/null
    stop birch
    lose
    restore >/dev/null
    run -1 write_entry # not running either
    [[ $output == *"put back from a backup"* ]]
    serve_node alder
    before=$(size)
    run -1 write_entry
    [[ $output == *"put back from a backup"* ]]
    [ "$(size)" = "$before" ]
    is_check restored mend
    restart alder
    run -1 write_entry
    serve_node birch
    wait_until 20 is_check restored good
    write_entry
}

@test "a backup that lags behind a witness is never written in: no fork, but the next generation" {
    person olga@alder.example reader,officer
    person ben@birch.example reader,officer
    backup >/dev/null
    write_entry
    write_entry
    wait_until settled
    wait_until cosigned
    seen=$(size)
    lose
    kept=$(restore --json | jq -r .size) # what is shown before may be less: the newest that somebody cosigned
    [ "$seen" -gt "$kept" ]
    serve_node alder
    begun() { at alder --json doctor 2>/dev/null | jq -e '.checks[] | select(.check == "ledger") | .text | startswith("generation 2, ")'; }
    wait_until begun
    # what was lost is stated in the new genesis: where the witness saw the old one end
    genesis() { curl -sfk "${url[alder]}/log/2/tile/entries/000.p/1" | python3 -c '
import struct, sys
b = sys.stdin.buffer.read()[2 + 9:]
n = struct.unpack(">H", b[12:14])[0]
b = b[14 + n + 64 + 4:]
m = struct.unpack(">H", b[1:3])[0]
print(b[0], b[3:3 + m].decode(), struct.unpack(">Q", b[3 + m:11 + m])[0])'; }
    stated() { [ "$(genesis)" = "2 alder.example/orcon/1 $seen" ]; }
    had_back() { [ "$(size)" = "$seen" ]; } # of the old one the public bytes, from the partner
    wait_until stated # the node starts again with the next
    wait_until had_back
    write_entry
    again() { [ "$(python3 "$SOURCE_DIR/tests/scenario/log.py" "${url[alder]}/log/2" | jq -c .cosigners)" = '["birch.example/monitor","birch.example/witness"]' ]; }
    wait_until again
    is_check restored good
    wait_until is_check witnesses good
    told() { orcon --as "$1" inbox --json | jq -e --arg words "$2" '[.items[] | select(.kind == "alert" and (.about.what | contains($words)))] | length == 1'; }
    wait_until told olga@alder.example "$seen were seen by a witness"
    wait_until told ben@birch.example "was cut at entry $seen"
    run -3 at alder close-log --cut
    [[ $output == *"there is nothing to cut"* ]]
}

@test "a copy of a home that runs twice stops; its admin may cut it" {
    stop alder
    cp -r alder copy
    serve_node alder
    write_entry
    wait_until settled
    wait_until cosigned
    stop alder
    mv alder first && mv copy alder
    serve_node alder
    wait_until is_check witnesses mend
    before=$(size)
    run -1 write_entry
    [[ $output == *"a witness has a checkpoint of this ledger that is not ours"* ]]
    [ "$(size)" = "$before" ]
    run -0 at alder --json close-log --cut
    [ "$(json '"\(.generation) \(.state)"')" = "2 begun" ]
    [ "$(json .closed.seen)" -gt "$(json .closed.size)" ]
    write_again() { write_entry 2>/dev/null; }
    wait_until write_again
}

@test "what is no whole backup is refused with 5, and leaves nothing" {
    backup >/dev/null
    cp alder/keys/unlock unlock
    refused() { # WORDS
        run -5 at new restore bad.backup --unlock "${key:-unlock}"
        [[ $output == *"$1"* ]]
        [ -z "$(ls -d new* 2>/dev/null)" ]
    }
    echo "not this" >bad.backup
    refused "is not a backup of orcon"
    head -c 20000 alder.backup >bad.backup
    refused "is cut off in part 1"
    head -c -1 alder.backup >bad.backup
    refused "is cut off"
    { cat alder.backup && echo; } >bad.backup
    refused "goes on after its end"
    python3 -c '
import sys
data = bytearray(open("alder.backup", "rb").read())
data[len(data) // 2] ^= 1
open("bad.backup", "wb").write(data)'
    refused "was altered in part"
    sed '2s/alder.example/elder.example/' alder.backup >bad.backup
    refused "was altered in part 1"
    cp alder.backup bad.backup
    key=birch/keys/unlock refused "was made under another unlock key"
    key=alder.backup refused "is no unlock key"
    run -3 at alder restore alder.backup --unlock unlock
    [[ $output == *"there is a node in"*"nothing was changed"* ]]
}
