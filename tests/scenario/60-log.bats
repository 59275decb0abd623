# SPDX-License-Identifier: Apache-2.0
# The ledger as anybody may read it: tiles and bundles, who cosigned, what may be kept, and how things are spelled.
load helper
load nodes

story() { node alder && node birch && introduce alder birch; }

log() { python3 "$SOURCE_DIR/tests/scenario/log.py" "${url[$1]}/log/1"; }
get() { curl -sk --max-time 5 "${url[alder]}/log/1/$1" "${@:2}"; }
status() { get "$1" -o body -w '%{http_code}'; }
grow() { # COUNT: so many more entries, and as many seals at most
    local i
    for ((i = 0; i < $1; i++)); do
        at alder read-in "p$i@birch.example" SOURCE >/dev/null || return
    done
}
cosigned_by_both() { [ "$(log alder | jq -c .cosigners)" = '["birch.example/monitor","birch.example/witness"]' ]; }

@test "whoever asks reads the whole log, and it is what was signed" {
    person amy@alder.example reader,author
    wait_until cosigned_by_both
    run -0 log alder
    [ "$(json .origin)" = alder.example/orcon/1 ]
    [ "$(json '.forms["1"]')" = 1 ]
    [ "$(json '.forms["2"] > 0 and .forms["3"] > 0')" = true ]
}

@test "a full tile, and the next: level 1, partial ones of every width" {
    grow 135
    wait_until cosigned_by_both
    run -0 log alder
    [ "$(json '.size > 256')" = true ]
    [ "$(status tile/0/000)" = 200 ]
    [ "$(stat -c %s body)" = 8192 ]
    [ "$(status tile/1/000.p/1)" = 200 ]
    [ "$(stat -c %s body)" = 32 ]
    [ "$(status tile/0/000.p/255)" = 200 ]
    [ "$(status tile/entries/000.p/7)" = 200 ]
    [ "$(status tile/0/001.p/1)" = 200 ]
    [ "$(status tile/2/000.p/1)" = 404 ]
}

@test "what never changes may be kept, the checkpoint may not" {
    run -0 get tile/entries/000.p/2 -D - -o bundle
    [[ ${output,,} == *"cache-control: public, max-age=31536000, immutable"* ]]
    [[ ${output,,} == *"content-type: application/octet-stream"* ]]
    run -0 get checkpoint -D - -o note
    [[ ${output,,} == *"cache-control: no-store"* ]]
    [[ ${output,,} == *"content-type: text/plain; charset=utf-8"* ]]
    get tile/entries/000.p/2 --compressed -D headers -o again
    grep -qi '^content-encoding: gzip' headers
    cmp bundle again
}

@test "one spelling of every resource, and nothing that is not there" {
    local path
    for path in tile/0/000 tile/0/000.p/0 tile/0/000.p/256 tile/0/000.p/01 tile/0/0.p/1 tile/00/000.p/1 tile/0/x000/000.p/1 \
        tile/data/000.p/1 tile/64/000.p/1 tile/0/001.p/1 tile/entries/000.p/200 checkpoint/ tile; do
        [[ $(status "$path") == 40[04] ]] || { echo "$path" && false; }
    done
    [ "$(curl -sk -o body -w '%{http_code}' "${url[alder]}/log/2/checkpoint")" = 404 ]
    [ "$(curl -sk -o body -w '%{http_code}' "${url[alder]}/log/01/checkpoint")" = 404 ]
}

@test "cosigned within a second of an entry, and kept over a restart" {
    wait_until cosigned_by_both
    grow 1
    sleep 1
    cosigned_by_both
    run -0 log alder
    size=$(json .size)
    restart alder
    run -0 log alder
    [ "$(json ".size >= $size")" = true ]
    wait_until cosigned_by_both
}
