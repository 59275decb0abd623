#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The desk on loopback: which node, who may call it, what goes through.
load helper
load nodes

story() {
    node alder
    person amy@alder.example reader,author,officer
}

# desk NAME ARGS...: run `orcon desk` on any free port; its address in $desk
desk() {
    local name=$1
    shift
    start "$name" "$ORCON" --json desk --port 0 "$@"
    wait_until [ -s "$name.out" ] || { cat "$name.err"; return 1; }
    desk=$(jq -r .url "$name.out")
}

status() { curl -s -o answer -D head -w '%{http_code}' "$@"; }

@test "the node of the profile, over its pinned connection" {
    desk d
    [[ $desk == http://127.0.0.1:* ]]
    [ "$(status "$desk/v1/desk")" = 200 ]
    [ "$(jq -r '[.domain, .url, .local] | @csv' answer)" = "\"alder.example\",\"${url[alder]}\",true" ]
    [ "$(status "$desk/card")" = 200 ]
    [ "$(cat answer)" = "$(at alder card 2>/dev/null)" ]
    [ "$(status "$desk/v1/me")" = 401 ]
    grep -qi '^www-authenticate: DPoP' head
    # the request id is the node's own
    id=$(sed -n 's/^orcon-request-id: \([0-9a-f]*\).*/\1/Ip' head)
    grep -q "\"request\":\"$id\"" alder.err
    stop d
}

@test "the page has its headers, with or without a page in the program" {
    desk d
    for at in "$desk/" "$desk/reports/7k3q" "$desk/enrol"; do
        code=$(status "$at")
        [ "$code" = 200 ] || [ "$code" = 501 ]
        grep -qi "^content-security-policy: default-src 'none'; script-src 'self'" head
        grep -qi "^x-content-type-options: nosniff" head
        grep -qi "^referrer-policy: no-referrer" head
        grep -qi "^cross-origin-opener-policy: same-origin" head
        grep -qi "^permissions-policy: " head
        ! grep -qi "^set-cookie" head
    done
    [ "$code" = 200 ] || grep -q 'script/build' answer
    # the node itself serves the same
    [ "$(status -k "${url[alder]}/")" = "$code" ]
    grep -qi "^content-security-policy: default-src 'none'; script-src 'self'" head
    [ "$(status -k "${url[alder]}/v1/desk")" = 200 ]
    [ "$(jq -r .local answer)" = false ]
}

@test "only its own page may call: other names, other origins are refused" {
    desk d
    [ "$(status -H "Host: evil.example:${desk##*:}" "$desk/v1/desk")" = 421 ]
    [ "$(status -H "Host: localhost:${desk##*:}" "$desk/")" = 421 ]
    [ "$(status -H "Origin: https://evil.example" "$desk/card")" = 403 ]
    [ "$(status -H "Origin: http://127.0.0.1:1" "$desk/card")" = 403 ]
    [ "$(status -H "Sec-Fetch-Site: cross-site" -X POST -d '{}' "$desk/enrol")" = 403 ]
    [ "$(status -H "Origin: $desk" -H "Sec-Fetch-Site: same-origin" "$desk/card")" = 200 ]
    # nothing but what the page needs goes through
    [ "$(status -X POST -d x "$desk/x/v1/statements")" = 404 ]
    [ "$(status -X DELETE "$desk/card")" = 405 ]
    # and it listens on loopback only
    ss -Hltn "sport = :${desk##*:}" | grep -q '127.0.0.1:'
}

@test "an enrolment URL on stdin says which node, and is remembered" {
    at alder --json person add ann@alder.example --role reader | jq -r .enrol >enrol.url
    export ORCON_PROFILES=$BATS_TEST_TMPDIR/nobody
    start d sh -c 'exec "$0" --json desk --port 0 - <enrol.url' "$ORCON"
    wait_until [ -s d.out ]
    [ "$(jq -r .domain d.out)" = alder.example ]
    [ "$(jq -r .enrol d.out | sed 's/.*#//')" = "$(sed 's/.*#//' enrol.url)" ]
    [[ $(jq -r .enrol d.out) == http://127.0.0.1:*/enrol#* ]]
    stop d || true
    desk again
    [ "$(jq -r .domain again.out)" = alder.example ]
    desk named --node alder.example
    [ "$(jq -r .domain named.out)" = alder.example ]
}

@test "which node: what can't be meant is refused, with the way out" {
    run orcon desk --node birch.example
    [ "$status" -eq 2 ] && [[ $output == *"--card-hash"* ]]
    run orcon desk --node "${url[alder]}"
    [ "$status" -eq 2 ] && [[ $output == *"--card-hash"* ]]
    run orcon desk --node "${url[alder]}" --card-hash AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
    [ "$status" -eq 5 ] || [ "$status" -eq 1 ] || [ "$status" -eq 3 ]
    [[ $output == *"not the one that the enrolment URL names"* ]]
    run orcon desk --card-hash AAAA
    [ "$status" -eq 2 ]
    run orcon desk --port 70000
    [ "$status" -eq 2 ]
    run orcon desk 'https://127.0.0.1:1/nothing'
    [ "$status" -eq 2 ]
    free_port
    desk d
    run orcon desk --port "${desk##*:}"
    [ "$status" -eq 1 ]
    # a card hash that is right
    hash=$(at alder --json person add ann@alder.example --role reader | jq -r .enrol | sed 's/.*\.//')
    desk e --node "${url[alder]}" --card-hash "$hash"
    [ "$(jq -r .domain e.out)" = alder.example ]
}

@test "a node that is down: the page opens all the same, and calls say what is wrong" {
    stop alder
    desk d
    [ "$(status "$desk/v1/desk")" = 200 ]
    [ "$(status "$desk/card")" = 503 ]
    jq -e '.detail | contains("can'"'"'t be reached")' answer
    serve_node alder
    [ "$(status "$desk/card")" = 200 ]
}

page() { command node "$SOURCE_DIR/tests/scenario/page.mjs" "$@"; }

# browser NAME PERSON: a desk on a port of its own, and a key in it, as a browser would have
browser() {
    local domain=${2#*@}
    at "${domain%%.*}" --json person add "$2" | jq -r .enrol >"$1.url"
    start "$1-desk" sh -c 'exec "$0" --json desk --port 0 - <"$1"' "$ORCON" "$1.url"
    wait_until [ -s "$1-desk.out" ]
    page enrol "$(jq -r .enrol "$1-desk.out")" "$1.key" >"$1.enrolled"
}

@test "a browser enrols through it, as one more device, and signs in" {
    browser amy amy@alder.example
    run page call amy.key GET /v1/me
    [ "$status" -eq 0 ] && [ "${lines[0]}" = 200 ]
    [ "$(jq -r .person <<<"${lines[1]}")" = amy@alder.example ]
    # a second key is confirmed anew, before it has what the first one has
    [ "$(at alder --json person list | jq '.people[0].devices | length')" -eq 2 ]
    run page enrol "$(jq -r .enrol amy-desk.out)" again.key
    [ "$status" -eq 1 ] && [[ $output == *"used before"* ]]
}

@test "the inbox as a stream: through the desk, until the node stops" {
    node birch
    introduce alder birch
    person bob@birch.example reader
    report warning.md
    at alder read-in amy@alder.example SOURCE >/dev/null
    share
    browser bob bob@birch.example
    start live env node "$SOURCE_DIR/tests/scenario/page.mjs" stream bob.key /v1/inbox/events
    wait_until grep -q '^event: inbox' live.out
    head -1 live.out | grep -q 'status: 200'
    share
    wait_until grep -q '"kind":"delivery"' live.out
    last=$(sed -n 's/^id: //p' live.out | tail -1)
    share
    start again env node "$SOURCE_DIR/tests/scenario/page.mjs" stream bob.key /v1/inbox/events "$last"
    wait_until grep -q '^id: ' again.out
    [ "$(sed -n 's/^id: //p' again.out | head -1)" -gt "$last" ]
    # its end is said, and nobody is waited for
    began=$SECONDS
    stop birch
    [ $((SECONDS - began)) -le 4 ]
    wait_until grep -q '"reason":"stopping"' live.out
    wait_until grep -q '"reason":"stopping"' again.out
}

@test "the desk ends at once, whatever is open" {
    browser amy amy@alder.example
    start live env node "$SOURCE_DIR/tests/scenario/page.mjs" stream amy.key /v1/inbox/events
    wait_until grep -q '^event: inbox' live.out
    began=$SECONDS
    stop amy-desk || true
    [ $((SECONDS - began)) -le 4 ]
}

@test "no more than eight streams for one person; those that end make room" {
    browser amy amy@alder.example
    run page streams amy.key /v1/inbox/events 9
    [ "$output" = "$(printf '200\n%.0s' 1 2 3 4 5 6 7 8; echo 429)" ]
    # who is gone is noticed
    room() { [ "$(page streams amy.key /v1/inbox/events 1)" = 200 ]; }
    wait_until room
}
