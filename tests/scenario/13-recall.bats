# SPDX-License-Identifier: Apache-2.0
# Leave taken back, heard, and given again; people, devices and partners suspended.
load helper
load nodes

story() { world; }

read_by_bob() {
    share
    wait_until as bob show "$id"
    as bob open "$id" --portion 1 >/dev/null
}

@test "recalled: the next key request is refused, the holder says that it has heard" {
    read_by_bob
    as bob open "$id" --portion 1 -o kept.txt
    run -0 as amy recall "$id" --from birch.example --portion 1 --reason "the source is at risk" --json
    [ "$(json '.recall | length')" = 36 ]
    [ "$(json '.acknowledged | join(" ")')" = birch.example ]
    grep -q "hides explosives" kept.txt # what was read before stays read, and on record
    run -0 as amy show "$id" --json
    [ "$(json '[.briefed[] | select(.n == 1 and .person == "bob@birch.example")] | length')" = 1 ]
    run -4 as bob open "$id" --portion 1
    [[ $output == *recalled* ]]
    run -0 as bob open "$id" --portion 2
    run -0 as bob list --json
    [ "$(json '.reports[0].recalled | map(tostring) | join(",")')" = 1 ]
    run -0 as bob show "$id"
    [[ $output == *"recalled by its originator"* ]]
    run -0 as bob inbox --json
    [ "$(json '.items[] | select(.kind == "recall") | "\(.from) \(.about.n[0]) \(.about.reason)"')" = \
        "alder.example 1 the source is at risk" ]
    run -0 as amy show "$id"
    [[ $output == *"birch.example: acknowledged: 1"* ]]
    run -0 as amy open "$id" --portion 1
}

@test "while the holder's node is down it is recalled all the same, and acknowledged when it is back" {
    read_by_bob
    stop birch
    run -0 as amy recall "$id"
    [[ $output == *"Not acknowledged yet by birch.example"* ]]
    serve_node birch
    run -4 as bob open "$id" --portion 1
    acknowledged() { as amy show "$id" --json | jq -e '.recalls[0].holders[0].state == "acknowledged"'; }
    wait_until 20 acknowledged
}

@test "granted again, it is open again; a third party is recalled by itself" {
    share
    wait_until as bob show "$id"
    ask() {
        request=$(as bob request "$id" --to cedar.example --portion 1 --reason "operation" --json | jq -r .request)
        wait_until as olga show "$request"
        as olga grant "$request" >/dev/null
        wait_until as cyd open "$id" --portion 1
    }
    ask
    run -0 as olga recall "$id" --from cedar.example --json
    [ "$(json '.acknowledged | join(" ")')" = cedar.example ]
    run -4 as cyd open "$id" --portion 1
    run -0 as bob open "$id" --portion 1
    ask
    run -0 as cyd show "$id" --json
    [ "$(json '.portions[0].recalled == ""')" = true ]
}

@test "who may not, and what nobody holds" {
    read_by_bob
    run -3 as amy recall "$id" --from cedar.example
    [[ $output == *"holds nothing"*"nothing was sent"* ]]
    run -3 as bob recall "$id"
    run -3 as cyd recall "$id"
    run -2 as amy recall "$id" --from Birch
    run -2 as amy recall "$id" --reason " "
    run -3 as amy recall "$id" --portion 9
    run -0 as bob open "$id" --portion 1
    run -0 as amy recall "$id"
    run -0 as amy recall "$id"
}

@test "a suspended officer decides nothing, and another one does" {
    share
    wait_until as bob show "$id"
    request=$(as bob request "$id" --to cedar.example --portion 1 --reason "operation" --json | jq -r .request)
    wait_until as olga show "$request"
    at alder person suspend olga@alder.example
    run -3 as olga grant "$request"
    [[ $output == *suspended* ]]
    run -0 as amy show "$request" --json
    [ "$(json .state)" = open ]
    run -0 as amy grant "$request"
}

@test "a lost device opens nothing, at home or at a partner's; another one of his does" {
    read_by_bob
    device=$(at birch person list --json | jq -r '.people[] | select(.person == "bob@birch.example") | .devices[0].thumbprint')
    at birch person suspend bob@birch.example --device "$device"
    run -3 as bob open "$id" --portion 1
    [[ $output == *revoked* ]]
    at birch --json person add bob@birch.example | jq -r .enrol | orcon enrol - >/dev/null
    wait_until as bob open "$id" --portion 1
}

@test "a suspended partner gets no key, and is resumed" {
    read_by_bob
    at alder partner suspend birch.example
    run -3 as bob open "$id" --portion 1
    [[ $output == *suspended* ]]
    run -3 as amy share warning.md --to birch.example
    at alder partner resume birch.example
    run -0 as bob open "$id" --portion 1
}
