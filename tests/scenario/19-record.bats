# SPDX-License-Identifier: Apache-2.0
# What two organisations did to each other, as both compute it.
load helper
load nodes

story() {
    world && person pat@birch.example reader,authority && who[pat]=pat@birch.example && share && wait_until as pat show "$id"
}

@test "both nodes compute the same record, to the byte, and each number opens its list" {
    as pat open "$id" >/dev/null
    request=$(as bob request "$id" --to cedar.example --portion 1 --reason "operation" --json | jq -r .request)
    wait_until as olga show "$request"
    as olga grant "$request" >/dev/null
    as pat override "$id" --oral --portion 1 --to "S. Lind" --reason "threat to life" >/dev/null
    as amy recall "$id" --from birch.example >/dev/null
    same() {
        as olga partner show birch.example --json | jq -S '.partners[0].record' >here
        as bob partner show alder.example --json | jq -S '.partners[0].record' >there
        cmp here there && jq -e '.d30["recalled_by_alder.example"] == 1' here
    }
    wait_until same
    [ "$(jq -r '.y1 | "\(.["given_by_alder.example"]) \(.["asked_by_birch.example"]) \(.["granted_to_birch.example"]) \(.["overrides_by_birch.example"])"' here)" = "1 1 1 1" ]
    run -0 as olga partner show birch.example --list overrides --json
    [ "$(json '.partners[0].list | length')" = 1 ]
    [ "$(json '.partners[0].list[0].iss')" = birch.example ]
    run -0 as olga partner show birch.example --list asked
    [[ $output == *birch.example* ]]
    run -0 at alder partner show birch.example --json
    cmp <(json .partners[0].record | jq -S .) here
}

@test "a recall that is not acknowledged is open, and apart" {
    stop birch
    as amy recall "$id" >/dev/null
    run -0 as amy partner list --json
    [ "$(json '.partners[] | select(.domain == "birch.example") | .recalls_open')" = 1 ]
    run -0 as amy partner show birch.example --json
    [ "$(json '.partners[0].record.d30["recalled_by_alder.example"]')" = 0 ]
    serve_node birch
    heard() { as amy partner list --json | jq -e '.partners[] | select(.domain == "birch.example") | .recalls_open == 0'; }
    wait_until 20 heard
    run -2 as amy partner show birch.example --list nonsense
}
