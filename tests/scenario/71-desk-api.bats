#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the desk's pages ask for, by a key of the browser's own, through `orcon desk`.
load helper
load nodes

page() { command node "$SOURCE_DIR/tests/scenario/page.mjs" "$@"; }

# browser NAME PERSON: a desk on a port of its own, and a key in it, confirmed, as a browser would have
browser() {
    local domain=${2#*@} check
    at "${domain%%.*}" --json person add "$2" | jq -r .enrol >"$1.url"
    start "$1-desk" sh -c 'exec "$0" --json desk --port 0 - <"$1"' "$ORCON" "$1.url"
    wait_until [ -s "$1-desk.out" ]
    page enrol "$(jq -r .enrol "$1-desk.out")" "$1.key" >"$1.enrolled"
}

# ask NAME METHOD PATH [BODY]: the answer in $answer, its status in $code
ask() {
    local name=$1
    shift
    code=$(page call "$name.key" "$@" 2>&1) || true
    answer=${code#*$'\n'} code=${code%%$'\n'*}
}
of() { jq -er "$1" <<<"$answer"; }

story() {
    world
    browser amy amy@alder.example
    browser bob bob@birch.example
    share
}

@test "who knows what: the author sees all, a holder's reader himself, through the relay" {
    as bob open "$id" >/dev/null || true
    ask amy POST /v1/knowers "{\"report\":\"$id\"}"
    [ "$code" = 200 ]
    [ "$(of '.persons[] | select(.person == "bob@birch.example") | [.cells[] | select(.n > 0) | .state] | join(" ")')" = "briefed briefed refused" ]
    [ "$(of '.persons[] | select(.person == "ben@birch.example") | .cells[1].state')" = may ]
    ask bob POST /relay/v1/alder.example/knowers "{\"report\":\"$id\"}"
    [[ $code == 401 ]] # the proof is for alder's own URL: page.mjs makes it for the desk's node
    ask bob POST /v1/knowers "{\"report\":\"$id\"}"
    [ "$code" = 404 ] # birch's node is not the originator
}

@test "the path and the timeline" {
    as bob request "$id" --to cedar.example --portion 1 --reason "joint operation" --by +4h >/dev/null
    ask amy GET "/v1/reports/$id/timeline"
    [ "$code" = 200 ] && [ "$(of '[.lines[].kind] | (index("share") != null and index("request") != null)')" = true ]
    ask amy GET "/v1/reports/$id/path"
    [ "$code" = 200 ] && [ "$(of '.organisations | join(" ")')" = "alder.example birch.example" ]
    ask bob GET "/v1/reports/$id/path"
    [ "$code" = 200 ] && [ "$(of '[.edges[] | select(.kind == "asked")] | length')" -eq 1 ]
    ask bob GET "/v1/reports/$id/timeline"
    [ "$code" = 200 ] && [ "$(of '[.lines[] | select(.kind == "request")] | length')" -ge 1 ]
}

@test "drafts are their author's alone, and two tabs can't undo each other's work" {
    draft=11111111-2222-4333-8444-555555555555
    ask amy PUT "/v1/drafts/$draft" '{"sealed":"AAEC"}'
    [ "$code" = 200 ] && [ "$(of .version)" -eq 1 ] && [ "$(of .bytes)" -eq 3 ]
    ask amy PUT "/v1/drafts/$draft" '{"sealed":"AAECAw","version":1}'
    [ "$code" = 200 ] && [ "$(of .version)" -eq 2 ]
    ask amy PUT "/v1/drafts/$draft" '{"sealed":"BBBB","version":1}'
    [ "$code" = 409 ] && [[ $answer == *"changed elsewhere"* ]]
    ask amy PUT "/v1/drafts/$draft" '{"sealed":"BBBB"}'
    [ "$code" = 409 ]
    ask amy GET "/v1/drafts/$draft"
    [ "$(of .sealed)" = AAECAw ]
    ask amy GET /v1/drafts
    [ "$(of '.drafts | length')" -eq 1 ]
    for bad in '{"sealed":""}' '{"sealed":"+/"}' '{}' '{"sealed":1}' '[]'; do
        ask amy PUT "/v1/drafts/$draft" "$bad"
        [ "$code" = 400 ]
    done
    ask amy PUT /v1/drafts/no-uuid '{"sealed":"AAEC"}'
    [ "$code" = 400 ]
    # nobody else's: neither a colleague's nor known to be there
    browser olga olga@alder.example
    ask olga GET "/v1/drafts/$draft"
    [ "$code" = 404 ]
    ask olga DELETE "/v1/drafts/$draft"
    [ "$code" = 404 ]
    ask olga PUT "/v1/drafts/$draft" '{"sealed":"AAEC"}'
    [ "$code" = 200 ] && [ "$(of .version)" -eq 1 ]
    ask amy DELETE "/v1/drafts/$draft"
    [ "$code" = 200 ]
    ask amy GET "/v1/drafts/$draft"
    [ "$code" = 404 ]
    # a draft that is too long
    { printf '{"sealed":"'; head -c 1500000 /dev/zero | tr '\0' A; printf '"}'; } >long.json
    ask amy PUT "/v1/drafts/$draft" @long.json
    [ "$code" = 413 ]
}

@test "my devices: what they are, and an end to one of them" {
    ask amy GET /v1/devices
    [ "$code" = 200 ] && [ "$(of '.devices | length')" -eq 2 ] && [ "$(of '[.devices[] | select(.this)] | length')" -eq 1 ]
    other=$(of '.devices[] | select(.this | not) | .thumbprint')
    ask bob DELETE "/v1/devices/$other"
    [ "$code" = 404 ]
    ask amy DELETE "/v1/devices/$other"
    [ "$code" = 200 ] && [ "$(of .state)" = revoked ]
    run as amy list
    [ "$status" -ne 0 ] && [[ $output == *revoked* ]]
    ask amy DELETE "/v1/devices/$other"
    [ "$code" = 409 ]
    ask amy GET /v1/me
    [ "$code" = 200 ]
}

@test "the node is for admins" {
    ask amy GET /v1/node
    [ "$code" = 403 ]
    person root@alder.example reader,admin
    browser root root@alder.example
    at alder person confirm root@alder.example "$(at alder --json person list |
        jq -r '.people[] | select(.person == "root@alder.example") | .devices[] | select(.confirmed | not) | .check')"
    ask root GET /v1/node
    [ "$code" = 200 ] && [ "$(of .domain)" = alder.example ] && [ "$(of '.keys | length')" -ge 4 ]
    [ "$(of '[.checks[] | select(.check == "ledger")] | length')" -eq 1 ]
}
