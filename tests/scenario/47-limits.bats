# SPDX-License-Identifier: Apache-2.0
# What orcon can't show and can't stop (docs/limits.md), shown: each test is about a limit, and fails where the page promises less
# than the program holds, or more.
load helper
load nodes

story() {
    world
    share
    wait_until as bob show "$id"
}

alerts() { as olga alert --json | jq '.alerts | length'; }

@test "a text that is written down, and passed on beside orcon, is seen by nobody" {
    as bob open "$id" --portion 1 -o noted.txt
    as amy recall "$id" --reason "an error" >/dev/null
    wait_until eval '! as bob open "$id" >/dev/null 2>&1'
    cp noted.txt cedar-got-this.txt # by mail, on paper, by voice
    grep -qF 'explosives in portable computers' cedar-got-this.txt
    [ "$(alerts)" = 0 ]
    run -0 as amy briefed cyd@cedar.example "$id/1" --json
    [ "$(json '.briefed | tostring')" != true ]
    run -0 as amy briefed cyd@cedar.example "$id/1"
    [[ $(tr -s ' \n' ' ' <<<"$output") == *"does not show what the person saw or heard otherwise"* ]]
}

@test "an alert names the organisation that a copy was made for, not who passed it on" {
    as bob open "$id" >/dev/null
    as ben open "$id" >/dev/null
    as ben export "$id" -o passed.orcon
    as cyd import passed.orcon 2>/dev/null
    run as cyd open "$id"
    [ "$status" -ne 0 ]
    wait_until eval '[ "$(alerts)" = 1 ]'
    run -0 as olga alert --json
    [ "$(json '.alerts[0] | "\(.copy_of) \(.by)"')" = "birch.example cyd@cedar.example" ]
    [[ $output != *ben@* && $output != *bob@* ]]
}

@test "a partner vouches for its people: a made-up one reads, and is on record as a name" {
    person nobody@birch.example reader
    run -0 as nobody@birch.example open "$id"
    [[ $output == *"explosives in portable computers"* ]]
    run -0 as amy briefed nobody@birch.example "$id/1" --json
    [ "$(json .briefed)" = true ]
}

@test "the log shows its rate to everybody, without a sign-in" {
    size() { curl -sfk "${url[alder]}/log/1/checkpoint" | sed -n 2p; }
    before=$(size)
    as bob open "$id" >/dev/null
    wait_until eval '[ "$(size)" -gt "$before" ]'
}

@test "who has a whole home is its organisation; without the unlock key it is nobody" {
    stop alder
    cp -a alder thief
    run -0 at thief --json person add eve@alder.example --role author
    [[ $(json .enrol) == https://* ]]
    mkdir blind && cp -a alder/. blind/ && rm blind/keys/unlock
    run at blind --json person add eve@alder.example --role author
    [ "$status" -ne 0 ]
}
