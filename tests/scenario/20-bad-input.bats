# SPDX-License-Identifier: Apache-2.0
# What bad input gets: a clear error that names what, where and why; nothing changed, nothing partly sent.
load helper
load nodes

story() {
    node alder && node birch && introduce alder birch || return
    person amy@alder.example reader,author,officer && person bob@birch.example reader || return
    at alder read-in amy@alder.example SOURCE >/dev/null
    report warning.md
}

# Run a share that must be refused with STATUS and say TEXT; afterwards there is still no report.
refused() { # STATUS TEXT ARGS...
    local status_wanted=$1 text=$2
    shift 2
    run as amy share "$@"
    echo "share $*: $status $output"
    [ "$status" -eq "$status_wanted" ] || return 1
    [[ $output == *"$text"* ]] || return 1
    [ "$(wc -l <<<"$output")" -eq 1 ] || return 1
    [ "$(as amy list --json | jq '.reports | length')" -eq 0 ]
}

@test "reports that can't be shared: each names its line" {
    printf 'no mark at all\n' >a.md
    refused 2 "a.md:1:" a.md --to birch.example
    printf '(TLP:PINK) text\n' >b.md
    refused 2 "b.md:1:" b.md --to birch.example
    printf 'text first\n(TLP:GREEN) then a portion\n' >c.md
    refused 2 "c.md:1:" c.md --to birch.example
    : >d.md
    refused 2 "d.md" d.md --to birch.example
    printf '(TLP:GREEN) caf\xe9\n' >e.md
    refused 2 "UTF-8" e.md --to birch.example
    printf '(S//NF) secret\n' >f.md
    refused 2 "not supported yet" f.md --to birch.example
    printf '(TLP:GREEN//HIDDEN) secret\n' >g.md
    refused 2 "every portion is HIDDEN" g.md --to birch.example
    refused 2 "mark" "$DATA/csaf/va-24-201-01.json" --to birch.example
    head -c 70000000 /dev/zero | tr '\0' x >big.txt
    refused 2 "larger" big.txt --mark TLP:GREEN --to birch.example
    refused 2 "WHAT" warning.md --mark WHAT --to birch.example
    refused 1 "nowhere.md" nowhere.md --to birch.example
}

@test "recipients that can't be shared with" {
    refused 3 "dove.example" warning.md --to dove.example
    refused 2 "birch" warning.md --to birch
    at alder partner suspend birch.example
    refused 3 "suspended" warning.md --to birch.example
    at alder partner resume birch.example
    free_port
    node dove
    at alder partner add "${url[dove]}"
    refused 3 "confirm" warning.md --to dove.example
}

@test "arguments: portions and ids" {
    share
    wait_until as bob show "$id"
    run -2 as bob open "$id" --portion x
    run -2 as bob open "$id" --portion -1
    run -2 as bob open "$id" --portion 1,1
    run -3 as bob open "$id" --portion 99
    run -3 as bob open 00000000-0000-4000-8000-000000000000
    run -3 as bob open zzzz
    run -2 as bob open '??'
    run -2 as bob request "$id" --to cedar.example --reason ""
    run -2 as bob request "$id" --to cedar.example --reason x --by 2020-01-01
    run -3 as bob request 00000000-0000-4000-8000-000000000000 --to cedar.example --reason x
}

@test "packages cut short, flipped, doubled" {
    share
    wait_until as bob show "$id"
    run -0 as amy share warning.md --to birch.example -o parcel.orcon --json
    local size i
    size=$(stat -c %s parcel.orcon)
    for i in 0 1 30 $((size / 3)) $((size - 1)); do
        head -c "$i" parcel.orcon >cut.orcon
        run -5 as bob import cut.orcon
    done
    for i in 5 60 400 $((size / 2)) $((size - 30)); do
        python3 - "$i" <<'PY'
import sys
data = bytearray(open("parcel.orcon", "rb").read())
data[int(sys.argv[1])] ^= 1
open("bent.orcon", "wb").write(data)
PY
        run as bob import bent.orcon
        echo "byte $i: $status $output"
        if [ "$status" -eq 0 ]; then # a flipped payload is caught when it is opened
            run as bob open "$(as bob list --json | jq -r '.reports[0].report')"
            [ "$status" -ne 0 ] || [[ $output == *withheld* ]]
            false
        fi
        [ "$status" -eq 5 ]
    done
    as bob import parcel.orcon
    run -0 as bob import parcel.orcon
    [[ $output == *"held already"* ]]
    [ "$(as bob list --json | jq '.reports | length')" -eq 2 ]
}

@test "homes: locked, newer, not writable, none" {
    run -1 at nowhere serve
    [[ $output == *"orcon init"* ]]
    run -3 at alder serve
    [[ $output == *"in use"* ]]
    run -3 at alder init alder.example
    [[ $output == *already* ]]
    stop birch
    sqlite3 birch/orcon.db "insert into migration select max(version) + 1, name, sha256, at_ms from migration"
    run -1 at birch serve
    [[ $output == *newer* ]]
}

@test "a partner that can't be reached: queued, and said so" {
    stop birch
    run -0 as amy share warning.md --to birch.example
    [[ $output == *queued* ]]
}
