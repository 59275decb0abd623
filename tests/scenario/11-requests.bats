# SPDX-License-Identifier: Apache-2.0
# Requests that people can rely on: a deadline that counts although nobody looks, late decisions, terms, and what bad
# input gets.
load helper
load nodes

story() { world && share && wait_until as bob show "$id"; }

# ask ARGS...: bob asks for cedar; the request's id in $request
ask() {
    request=$(as bob request "$id" --to cedar.example --reason "operation" "$@" --json | jq -r .request)
    [ ${#request} -eq 36 ] && wait_until as olga show "$request"
}

state_is() { [ "$(as "$1" show "$request" --json | jq -r .state)" = "$2" ]; }

counted() { at alder partner show birch.example --json | jq -r ".partners[0] | \"$1\""; }

@test "nobody decides: silence at the deadline, by the originator's clock, on both sides, counted" {
    ask --portion 1 --by +2s
    wait_until state_is olga silent
    wait_until state_is bob silent
    [ "$(counted '\(.requests) \(.silent) \(.granted) \(.denied)')" = "1 1 0 0" ]
    run -0 as bob show "$request"
    [[ $output == *silent* && $output == *"nobody had decided by the deadline"* ]]
    run -0 as bob inbox --json
    [ "$(json '[.items[] | select(.kind == "decision" and .about.state == "silent")] | length')" = 1 ]
    run -3 as cyd open "$id"
    # an officer may still decide: it counts as both
    run -0 as olga grant "$request" --json
    [ "$(json .state)" = granted ]
    wait_until state_is bob granted
    [ "$(counted '\(.requests) \(.silent) \(.granted) \(.denied)')" = "1 1 1 0" ]
    [ -n "$(as bob show "$request" --json | jq -r .silent)" ]
    run -3 as amy deny "$request" --reason "too late"
    [[ $output == *"granted already"* ]]
}

@test "the originator's node is down at the deadline: bob sees no more than that, and silence is said at the start" {
    ask --portion 1 --by +3s
    stop alder
    wait_until bash -c '[ "$("$0" --as bob@birch.example --json show "$1" | jq -r .overdue)" = true ]' "$ORCON" "$request"
    state_is bob open
    run -0 as bob show "$request"
    [[ $output == *"overdue: nothing was heard from alder.example"* ]]
    serve_node alder
    wait_until state_is olga silent
    wait_until 20 state_is bob silent
}

@test "a request that reaches the originator after its deadline was never silence" {
    stop alder
    run -0 as bob request "$id" --to cedar.example --portion 1 --reason operation --by +1s --json
    request=$(json .request)
    [ "$(json .delivery)" = queued ]
    run -0 as bob show "$request"
    [[ $output == *"not delivered yet"* ]]
    sleep 1.1
    serve_node alder
    wait_until 20 bash -c '[ "$("$0" --as bob@birch.example --json show "$1" | jq -r .delivery)" = failed ]' "$ORCON" "$request"
    run -0 as bob show "$request"
    [[ $output == *"deadline has passed"* ]]
    [ "$(counted '\(.requests) \(.silent)')" = "0 0" ]
}

@test "a partial grant on terms: what is left out is denied, and the terms hold" {
    ask --portion 0,1 --precedence immediate
    run -0 as olga show "$request"
    [[ $output == *immediate* && $output == *"joint operation"* || $output == *operation* ]]
    run -0 as olga grant "$request" --portion 1 --until +2s --note "not to media"
    [[ $output == *"granted"*"/1 to cedar.example until"* ]]
    wait_until state_is bob granted
    [ "$(as bob show "$request" --json | jq -r '[.portions[] | "\(.n)=\(.state) \(.mark)"] | join(", ")')" = \
        "0=denied TLP:GREEN, 1=granted TLP:AMBER//ORCON" ]
    [ "$(as bob show "$request" --json | jq -r .note)" = "not to media" ]
    wait_until as cyd show "$id"
    run -0 as cyd open "$id" --portion 1
    sleep 2
    run -4 as cyd open "$id" --portion 1
    [[ $output == *"has ended"* ]]
}

@test "not beyond a person: he reads it, his colleagues don't" {
    person cora@cedar.example reader
    ask --portion 1
    run -3 as olga grant "$request" --person bob@birch.example
    [[ $output == *"nothing was sent"* ]]
    run -0 as olga grant "$request" --person cora@cedar.example
    [[ $output == *"to cora@cedar.example"* ]]
    wait_until as cora@cedar.example show "$id"
    run -0 as cora@cedar.example open "$id" --portion 1
    run -4 as cyd open "$id" --portion 1
    [[ $output == *"named persons only"* ]]
}

@test "for oneself: a release opens no wall, and that is said" {
    run -0 as bob request "$id" --to me --reason "I handle this case" --json
    request=$(json .request)
    wait_until as olga show "$request"
    [ "$(as olga show "$request" --json | jq -r '[.portions[].n] | map(tostring) | join(",")')" = 3 ]
    run -0 as olga grant "$request"
    [[ $output == *"still needs a read-in to alder.example/SOURCE"* ]]
    wait_until state_is bob granted
    run -4 as bob open "$id" --portion 3
    at alder read-in bob@birch.example SOURCE >/dev/null
    run -0 as bob open "$id" --portion 3 --json
    [ "$(json '.portions[0].state')" = open ]
    run -4 as ben open "$id" --portion 3
}

@test "by default what needs leave is asked for, and the rest can go at once" {
    run -0 as bob request "$id" --to cedar.example --reason operation
    [[ $output == *"silence is a denial"* && $output == *"Portion 2 needs no leave"* && $output == *"orcon forward"*"--portion 2"* ]]
    request=$(as olga inbox --json | jq -r '.items[] | select(.kind == "request") | .id')
    [ "$(as olga show "$request" --json | jq -r '[.portions[].n] | map(tostring) | join(",")')" = 1,3 ]
}

@test "taken back after silence, decided after that: neither" {
    ask --portion 1 --by +1s
    wait_until state_is bob silent
    as bob withdraw "$request"
    wait_until state_is olga withdrawn
    run -3 as olga grant "$request"
    [[ $output == *withdrawn* ]]
    run -3 as bob withdraw "$request"
}

@test "drafts stay with the asker until they are sent" {
    run -0 as bob request "$id" --to cedar.example --portion 1 --reason "operation" --by +4h --draft --json
    draft=$(json .draft)
    [ -n "$draft" ]
    [ "$(stat -c %a "$ORCON_PROFILES"/bob@birch.example/drafts/*)" = 600 ]
    [ "$(as olga inbox --json | jq '[.items[] | select(.kind == "request")] | length')" = 0 ]
    run -0 as bob request --drafts --json
    [ "$(json '.drafts[0] | "\(.draft) \(.to) \(.reason)"')" = "$draft cedar.example operation" ]
    run -0 as bob request --send "$draft" --json
    request=$(json .request)
    [ "$(json .state)" = open ]
    wait_until as olga show "$request"
    run -0 as bob request --drafts
    [[ $output == *"No draft"* ]]
    run -3 as bob request --send "$draft"
    # one that can't be sent stays
    run -0 as bob request "$id" --to cedar.example --portion 1 --reason "operation" --by "$(date -u -d "2 seconds" +%FT%TZ)" \
        --draft --json
    draft=$(json .draft)
    sleep 2.1
    run -2 as bob request --send "$draft"
    [[ $output == *"in the past"* ]]
    run -0 as bob request --send "$draft" --by +1h
    run -0 as bob request "$id" --to cedar.example --portion 1 --reason "operation" --draft --json
    run -0 as bob request --drop "$(json .draft)"
    [ -z "$(ls "$ORCON_PROFILES"/bob@birch.example/drafts)" ]
}

@test "bad input says what, where and why, and changes nothing" {
    local row
    for row in "--by 1969-12-31" "--by 10000-01-01" "--by 2001-01-01" "--by soon" "--until 2001-01-01" \
        "--precedence urgent" "--portion 1,1" "--portion x"; do
        # shellcheck disable=SC2086
        run -2 as bob request "$id" --to cedar.example --reason operation $row
    done
    run -2 as bob request "$id" --to cedar.example
    run -2 as bob request "$id" --reason operation
    run -2 as bob request "$id" --to cedar.example --reason operation --by 9999-12-31
    [[ $output == *"more than a year away"* ]]
    run -3 as bob request "$id" --to cedar.example --reason operation --portion 9
    [[ $output == *"nothing was sent"* ]]
    [ "$(as olga inbox --json | jq '[.items[] | select(.kind == "request")] | length')" = 0 ]
    ask --portion 1
    run -2 as olga grant "$request" --until 2001-01-01
    run -2 as olga grant "$request" --person cyd
    run -3 as olga grant "$request" --portion 2
    [[ $output == *"not asked for"* ]]
    run -2 as olga deny "$request" --reason " "
    person dan@birch.example reader,officer
    run -3 as dan@birch.example grant "$request"
    [[ $output == *"decides on this request"* || $output == *"originator"* ]]
    at alder person suspend olga@alder.example >/dev/null
    run as olga grant "$request"
    [ "$status" -ne 0 ]
    [[ $output == *suspended* ]]
    state_is bob open
}
