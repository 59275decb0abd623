# SPDX-License-Identifier: Apache-2.0
# How much one partner, one person and one device may ask for: what is beyond it is refused and changes nothing, our own outbox waits
# and keeps the order, and who has not asked for much is served.
load helper
load nodes

story() {
    world
    share
    wait_until as bob show "$id"
}

# bound NODE KEY=VALUE...: set bounds in its configuration and start it again.
bound() {
    local name=$1 pair
    shift
    for pair in "$@"; do
        run -0 grep -c "^${pair%%=*} = " "$BATS_TEST_TMPDIR/$name/orcon.conf"
        [ "$output" = 1 ]
        sed -i "s/^${pair%%=*} = .*/${pair%%=*} = ${pair#*=}/" "$BATS_TEST_TMPDIR/$name/orcon.conf"
    done
    restart "$name"
}

entries() { at "$1" --json doctor | jq -r '.checks[] | select(.check == "ledger").text' | grep -o '[0-9]* entries'; }
rates() { at "$1" --json doctor | jq -r '.checks[] | select(.check == "rates") | .state + " " + .text'; }
asked() { as olga inbox --json | jq -r '[.items[] | select(.kind == "request")] | length'; }
ask() { as bob request "$id" --to cedar.example --portion 1 --reason "$1" --by +4h --json | jq -r .delivery; }
all_asked() { [ "$(asked)" = "$1" ]; }

@test "a partner's statements: beyond the bound they wait at his node in their order, and are taken in the end" {
    bound alder partner_statements=2
    run -0 ask first
    [ "$output" = delivered ]
    run -0 ask second
    [ "$output" = delivered ]
    before=$(entries alder)
    ask third >third & # it waits ten seconds for the ack
    local pid=$!
    wait_until grep -q '"event":"not-delivered"' birch.err
    ask fourth >fourth
    wait "$pid"
    [ "$(cat third fourth)" = $'queued\nqueued' ]
    all_asked 2
    [ "$(entries alder)" = "$before" ]
    grep '"event":"rate-refused"' alder.err | grep -q '"who":"birch.example","setting":"partner_statements"'
    [[ $(rates alder) == mend*birch.example*partner_statements* ]]
    [[ $(rates birch) == good* ]]
    # no more tries than asked for: the first waits for as long as it was told
    [ "$(grep -c '"event":"not-delivered"' birch.err)" -le 4 ]
    run -0 as olga inbox --json
    [ "$(json '[.items[] | select(.kind == "alert")] | length')" = 0 ]
    bound alder partner_statements=36000
    wait_until all_asked 4
    run -0 as olga inbox --json
    [ "$(json '[.items[] | select(.kind == "request")] | sort_by(.at) | map(.about.reason) | join(" ")')" = "first second third fourth" ]
    [[ $(rates alder) == good* ]]
}

@test "a partner's bytes: a report that is too much for the hour waits, others' are taken" {
    bound birch partner_bytes=65536
    head -c 60000 /dev/zero | tr '\0' x >long.txt
    { sed -n 1,3p warning.md; echo; echo "(TLP:GREEN) $(cat long.txt)"; } >long.md
    run -0 as amy share long.md --to birch.example --json
    [ "$(json .delivery)" = delivered ]
    as amy share long.md --to birch.example,cedar.example --json >late &
    local pid=$!
    late() { late=$(as cyd list --json | jq -er '.reports[0].report'); }
    wait_until late
    wait_until grep -q '"event":"rate-refused"' birch.err
    run -3 as bob show "$late"
    [[ $(rates birch) == mend*alder.example*partner_bytes* ]]
    bound birch partner_bytes=0
    wait_until as bob show "$late"
    wait "$pid"
    [ "$(jq -r '.report + " " + .delivery' late)" = "$late delivered" ]
}

@test "a person's calls and a device's keys: 429 with Retry-After, nothing is written, somebody else goes on" {
    bound alder person_calls=2 device_keys=40
    before=$(entries alder)
    share
    share
    after=$(entries alder)
    [ "$before" != "$after" ]
    run -1 as amy share warning.md --to birch.example
    [[ $output == *"too many calls from amy@alder.example: 2 in an hour are taken here (person_calls)"* ]]
    [ "$(entries alder)" = "$after" ]
    [[ $(rates alder) == mend*amy@alder.example*person_calls* ]]
    [ "$(grep -c amy@ alder.err)" = 0 ] # the log has no names
    person otto@alder.example reader,author
    as otto@alder.example share warning.md --to birch.example
}
