# SPDX-License-Identifier: Apache-2.0
# How much one partner may lay down for good: beyond the bound a package waits at its sender, who is told why; everything else of his,
# and other partners, go on; it arrives once an officer has raised the bound.
load helper
load nodes

story() {
    world
    person max@cedar.example reader,author
    head -c 60000 /dev/zero | tr '\0' x >long.txt
    { sed -n 1,3p warning.md; echo; echo "(TLP:GREEN) $(cat long.txt)"; } >long.md
}

# bound NODE BYTES: set it in its configuration and start it again.
bound() {
    sed -i "s/^partner_held = .*/partner_held = $2/" "$BATS_TEST_TMPDIR/$1/orcon.conf"
    run -0 grep -c "^partner_held = $2$" "$BATS_TEST_TMPDIR/$1/orcon.conf"
    restart "$1"
}

held() { at "$1" --json doctor | jq -r '.checks[] | select(.check == "held") | .state + " " + .text'; }
share_long() { as amy share long.md --to birch.example --json; }

@test "a partner that has laid down as much as it may: its package waits, its recall arrives, raised it is taken" {
    bound birch 100000
    run -0 share_long
    [ "$(json .delivery)" = delivered ]
    first=$(json .report)
    [[ $(held birch) == good* ]]
    as amy share long.md --to birch.example >late.txt & # it waits ten seconds for the ack
    local pid=$!
    share_long >late.json &
    local other=$!
    wait_until grep -q '"event":"partner-held-refused"' birch.err
    grep '"event":"partner-held-refused"' birch.err | grep -q '"who":"alder.example"'
    # behind a package that has no room: what is none, and other partners'
    run -0 as amy recall "$first" --from birch.example --portion 1 --reason "the source is at risk" --json
    wait_until eval 'as bob inbox --json | jq -e "[.items[] | select(.kind == \"recall\")] | length == 1"'
    run -0 as max@cedar.example share warning.md --to birch.example --json
    [ "$(json .delivery)" = delivered ]
    wait "$pid" "$other"
    [ "$(jq -r .delivery late.json)" = queued ]
    tr '\n' ' ' <late.txt >line.txt
    grep -q 'not delivered yet, tried again by itself: birch.example: ' line.txt
    cat line.txt <(jq -r '.shares[].error' late.json) |
        grep -q 'bytes of packages of alder.example are held here.*100000 (partner_held)'
    run -0 as bob list --json
    [ "$(json '[.reports[] | select(.originator == "alder.example")] | length')" = 1 ]
    # no more than the first of them is tried, when there is something new or the time that it was told is over
    [ "$(grep -c '"event":"partner-held-refused"' birch.err)" -le 6 ]
    bound birch 1000000
    late=$(jq -r .report late.json)
    wait_until as bob show "$late"
    run -0 as bob list --json
    [ "$(json '[.reports[] | select(.originator == "alder.example")] | length')" = 3 ]
    [[ $(held birch) == good* ]]
    bound birch 200000
    [[ $(held birch) == mend*partner_held*alder.example* ]]
}
