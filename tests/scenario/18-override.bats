# SPDX-License-Identifier: Apache-2.0
# Told on without leave, by an authority, on what he was briefed on; objection and review.
load helper
load nodes

story() {
    world && person pat@birch.example reader,authority && who[pat]=pat@birch.example && share && wait_until as pat show "$id"
}

override() { as pat override "$id" --oral --to "S. Lind, ministry of cedar" --reason "threat to life" "$@"; }

@test "by voice, on what he was briefed on: the originator learns of it at once, objects, and closes the review" {
    as pat open "$id" >/dev/null
    run -0 override --portion 1 --json
    o=$(json .override)
    [ ${#o} -eq 36 ]
    [ "$(json .delivery)" = delivered ]
    [ -n "$(json .receipt)" ]
    run -0 as olga inbox --json
    [ "$(json '.items[] | select(.kind == "override") | "\(.needs) \(.from) \(.about.override) \(.about.n[0])"')" = \
        "true birch.example $o 1" ]
    run -0 as amy show "$id" --json
    [ "$(json '.briefed[] | select(.words) | "\(.n) \(.words) \(.basis)"')" = "1 S. Lind, ministry of cedar told, reporter" ]
    run -0 as olga object "$o" --reason "there was time to ask" --json
    run -0 as olga review "$o" --outcome "justified" --json
    [ "$(json .review)" = closed ]
    run -3 as olga review "$o" --outcome "again"
    run -0 as pat show "$o" --json
    [ "$(json '"\(.review) \(.outcome) \(.objections[0].text)"')" = "closed justified there was time to ask" ]
    run -0 as olga inbox --json
    [ "$(json '[.items[] | select(.kind == "override")] | length')" = 0 ]
    [ "$(as olga partner list --json | jq '.partners[] | select(.domain == "birch.example") | .overrides')" = 1 ]
}

@test "nobody overrides on what he was not briefed on" {
    as pat open "$id" >/dev/null
    run -3 override --portion 3
    [[ $output == *"no briefing of pat@birch.example"*"nothing was sent"* ]]
    run -3 override --portion 1,3
    run -0 as olga inbox --json
    [ "$(json '[.items[] | select(.kind == "override")] | length')" = 0 ]
}

@test "while the originator's node is down it is queued; the originator learns of it when it is back" {
    as pat open "$id" >/dev/null
    stop alder
    run -0 override --portion 1 --json
    o=$(json .override)
    [ "$(json .delivery)" = queued ]
    serve_node alder
    wait_until 20 as olga show "$o"
    receipt() { as pat show "$o" --json | jq -e '.receipt != ""'; }
    wait_until 20 receipt
}

@test "who may not: no authority, no reason, no portion, after a recall" {
    as pat open "$id" >/dev/null
    as bob open "$id" >/dev/null
    run -3 as bob override "$id" --oral --portion 1 --to "S. Lind" --reason "no"
    [[ $output == *authority* ]]
    run -2 as pat override "$id" --oral --portion 1 --to "S. Lind"
    run -2 as pat override "$id" --oral --to "S. Lind" --reason "no"
    run -3 as pat override "$id" --oral --portion 9 --to "S. Lind" --reason "no"
    run -3 as pat override "$id" --oral --portion 1 --to alder.example --reason "no"
    run -3 as amy override "$id" --oral --portion 1 --to "S. Lind" --reason "no"
    as amy recall "$id" >/dev/null
    run -4 override --portion 1
    [[ $output == *recalled* ]]
    run -3 as bob object "$id" --reason "no"
}

@test "recalled after the override: what was told stays on record" {
    as pat open "$id" >/dev/null
    o=$(override --portion 1 --json | jq -r .override)
    as amy recall "$id" >/dev/null
    run -0 as olga show "$o" --json
    [ "$(json '"\(.review) \(.by)"')" = "open pat@birch.example" ]
}
