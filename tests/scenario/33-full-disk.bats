# SPDX-License-Identifier: Apache-2.0
# A home on a disk that fills up, and files that may not grow: the node says so and ends, nothing acknowledged is lost,
# and with room it goes on.
load helper
load nodes

story() { world; }

# A small disk of our own over alder's home, which needs no privileges but user namespaces: only the processes that
# enter the namespace see it, so from here on every call of the program enters.
small_disk() {
    mkdir home.before
    mv alder/* home.before/
    start disk unshare -rm sh -c 'mount -t tmpfs -o size=24m,mode=0700 none alder && cp -a home.before/* alder/ &&
        echo mounted && exec sleep 600'
    wait_until grep -q mounted disk.out || return
    cat >inside <<INSIDE
#!/bin/sh
exec nsenter -t ${pids[disk]} -U -m --preserve-credentials -- sh -c 'cd "\$0" && exec "\$@"' "\$PWD" "\$@"
INSIDE
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$PWD/inside" "$ORCON" >orcon-inside
    chmod +x inside orcon-inside
    ORCON=$PWD/orcon-inside
}

fill_disk() { # KIB that stay free
    local free
    free=$(./inside df -k --output=avail alder | tail -n 1)
    ((free > $1)) || return 0
    ./inside sh -c "head -c $(((free - $1) * 1024)) /dev/zero >>alder/filler"
}

# Share until the node fails; what was acknowledged is in shared.
share_until_it_fails() {
    local i
    : >shared
    for ((i = 0; i < 200; i++)); do
        as amy share warning.md --to birch.example --json >answer.json 2>answer.err || return 0
        jq -r .report answer.json >>shared
    done
    return 1
}

gone() { ! kill -0 "$1"; }

ends_with() { # NODE STATUS
    local pid=${pids[$1]} status=0
    wait_until gone "$pid" || return
    unset "pids[$1]"
    wait "$pid" || status=$?
    [ "$status" -eq "$2" ]
}

all_shared_are_there() {
    local listed
    listed=$(as amy list --json | jq -r '.reports[].report' | sort)
    [ -s shared ]
    [ -z "$(comm -23 <(sort shared) <(echo "$listed"))" ]
}

@test "a full disk: said, nothing lost, and with room it goes on" {
    unshare -rm true 2>/dev/null || skip "no user namespaces"
    stop alder
    small_disk
    serve_node alder
    fill_disk 600
    share_until_it_fails
    ends_with alder 70
    grep -q '"what":".*database or disk is full"' alder.err
    # without room it does not get far, and says why; so does doctor
    fill_disk 0
    run ! at alder serve
    [[ $output == *"database or disk is full"* ]]
    run ! at alder doctor
    [[ $output == *"database or disk is full"* ]]
    ./inside rm alder/filler
    serve_node alder
    all_shared_are_there
    share
    wait_until 30 as bob open "$id"
    run -0 as cyd verify "${url[alder]}/log/1" --json
}

@test "a file that may not grow: the same, and not a death by signal" {
    stop alder
    local kib
    kib=$(du -k --apparent-size alder/orcon.db | cut -f 1)
    start alder bash -c "ulimit -f $((kib + 200)) && exec \"\$0\" --home \"\$1\" serve" "$ORCON" "$BATS_TEST_TMPDIR/alder"
    wait_ready "${url[alder]##*:}"
    share_until_it_fails
    ends_with alder 70
    grep -q '"what":".*(File too large)"' alder.err
    serve_node alder
    all_shared_are_there
    run -0 as cyd verify "${url[alder]}/log/1" --json
}
