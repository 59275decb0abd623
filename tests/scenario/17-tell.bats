# SPDX-License-Identifier: Apache-2.0
# Told by voice or paper: a briefing like any other, and the receipt of who was told.
load helper
load nodes

story() { world && share && wait_until as bob show "$id"; }

@test "told by voice: it counts as the first briefing, and the person signs for it" {
    run -0 as amy tell bob@birch.example "$id/3" --reason "he must know" --occasion "meeting at noon" --json
    told=$(json .told)
    [ ${#told} -eq 36 ]
    [ "$(json .delivery)" = delivered ]
    run -0 as amy show "$id" --json
    [ "$(json '.briefed[] | select(.n == 3) | "\(.person) \(.basis)"')" = "bob@birch.example told" ]
    run -0 as bob inbox --json
    [ "$(json '.items[] | select(.kind == "told") | "\(.from) \(.about.n[0]) \(.about.occasion)"')" = \
        "alder.example 3 meeting at noon" ]
    run -0 as bob receipt "$told" --json
    [ "$(json .delivery)" = delivered ]
    run -3 as bob receipt "$told"
    [[ $output == *already* ]]
    run -3 as cyd receipt "$told"
}

@test "an officer tells somebody in words; a key that comes later is a briefing of its own person only" {
    run -0 as olga tell "S. Lind, ministry of cedar" "$id/1" --reason "threat to life" --json
    run -0 as amy show "$id" --json
    [ "$(json '.briefed[] | select(.n == 1) | "\(.words) \(.basis)"')" = "S. Lind, ministry of cedar told" ]
    as bob open "$id" --portion 1 >/dev/null
    run -0 as amy tell bob@birch.example "$id/1" --reason "again"
    run -0 as amy show "$id" --json
    [ "$(json '.briefed[] | select(.n == 1 and .person != "") | "\(.person) \(.basis)"')" = "bob@birch.example key" ]
}

@test "who may not, and what is no telling" {
    run -3 as bob tell ben@birch.example "$id/1" --reason "no"
    [[ $output == *"nothing was sent"* ]]
    run -3 as cyd tell cyd@cedar.example "$id/1" --reason "no"
    run -2 as amy tell bob@birch.example "$id/1"
    run -2 as amy tell bob@birch.example "$id/1" --reason " "
    run -2 as amy tell Bob@birch.example "$id/1" --reason "no"
    run -2 as amy tell birch.example "$id/1" --reason "no"
    run -2 as amy tell bob@birch.example "$id/1" --reason "no" --at 9999-01-01T00:00:00Z
    run -3 as amy tell bob@birch.example "$id/9" --reason "no"
    run -0 as amy show "$id" --json
    [ "$(json '[.briefed[] | select(.n > 0)] | length')" = 0 ]
}
