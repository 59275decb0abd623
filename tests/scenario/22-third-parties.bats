# SPDX-License-Identifier: Apache-2.0
# Third parties: unknown to the originator, introduced by their card in the request; not knowing the originator:
# what comes is kept, unopened, until its card is confirmed.
load helper
load nodes

# birch knows alder and dove; alder and dove don't know each other.
story() {
    local name
    for name in alder birch dove; do node "$name" || return; done
    introduce alder birch && introduce birch dove || return
    person amy@alder.example reader,author,officer && person olga@alder.example reader,officer &&
        person bob@birch.example reader && person dan@dove.example reader,officer,admin || return
    report warning.md
    share
    wait_until as bob show "$id"
}

ask() {
    request=$(as bob request "$id" --to dove.example --portion 1 --reason "joint operation" --json | jq -r .request)
    wait_until as olga show "$request"
}

quarantined() { as dan@dove.example list --json | jq -e '.quarantined | length == 1'; }

@test "introduced by its card, granted, quarantined, confirmed, read" {
    ask
    run -0 as olga show "$request" --json
    [ "$(json '.third | "\(.domain) \(.state) \(.introduced_by)"')" = "dove.example introduced birch.example" ]
    [ "$(json .third.words)" = "$(at dove card --json | jq -r .words)" ]
    run -0 as olga show "$request"
    [[ $output == *"unknown here, introduced by birch.example"* ]]
    run -0 as olga grant "$request" --json
    [ "$(json .delivery)" = queued ]
    # at dove it waits, unopened, and says from whom
    wait_until quarantined
    run -0 as dan@dove.example list --json
    [ "$(json '.reports | length')" = 0 ]
    [ "$(json '.quarantined[0] | "\(.originator) \(.report) \(.state)"')" = "alder.example $id quarantined" ]
    [ "$(json '.quarantined[0].words')" = "$(at alder card --json | jq -r .words)" ]
    run -0 as dan@dove.example inbox --json
    [ "$(json '[.items[] | select(.about.state == "quarantined")] | length')" = 1 ]
    run -3 as dan@dove.example open "$id"
    # alder knows that it is not delivered
    run -0 at alder partner show dove.example --json
    [ "$(json '.partners[0] | "\(.state) \(.undelivered > 0)"')" = "introduced true" ]
    # somebody at dove compares the words
    at dove partner confirm alder.example >/dev/null
    wait_until as dan@dove.example show "$id"
    run -0 as dan@dove.example open "$id" --json
    [ "$(json '.portions[0] | "\(.n) \(.state)"')" = "1 open" ]
    run -0 as dan@dove.example list --json
    [ "$(json '.quarantined | length')" = 0 ]
    wait_until 20 bash -c '"$0" --home alder --json partner show dove.example | jq -e ".partners[0].undelivered == 0"' "$ORCON"
    run -0 as amy show "$id" --json
    [ "$(json '[.briefed[] | select(.person == "dan@dove.example") | .n] | max')" = 1 ]
}

@test "an introduced card is good for that release, and for no other" {
    ask
    as olga grant "$request" >/dev/null
    wait_until quarantined
    at dove partner confirm alder.example >/dev/null
    wait_until as dan@dove.example open "$id"
    # no share, and no group
    run -3 as amy share warning.md --to dove.example
    [[ $output == *"known by a request only"* ]]
    at alder group set isac birch.example,dove.example >/dev/null
    run -3 as amy share warning.md --to group:isac
    # what dove asks for is not taken
    run -3 as dan@dove.example request "$id" --to birch.example --portion 1 --reason "back again"
    [[ $output == *"known by a request only"* ]]
    run -0 as olga inbox --json
    [ "$(json '[.items[] | select(.from == "dove.example")] | length')" = 0 ]
    # portions that were not granted don't open, whoever carries them there
    as bob export "$id" -o carried.orcon
    as dan@dove.example import carried.orcon >/dev/null
    run -0 as olga explain dan@dove.example "$id/2" --json
    [ "$(json .decision)" != allow ]
    # another report is another request, decided by an officer
    run -0 as amy share warning.md --to birch.example --json
    second=$(json .report)
    wait_until as bob show "$second"
    request=$(as bob request "$second" --to dove.example --portion 1 --reason "again" --json | jq -r .request)
    wait_until as olga show "$request"
    run -0 as olga show "$request" --json
    [ "$(json .third.state)" = introduced ]
    run -0 as olga grant "$request" --json
    wait_until as dan@dove.example open "$second"
    # confirmed by words, it is a partner
    at alder partner confirm dove.example >/dev/null
    run -0 as amy share warning.md --to dove.example --json
    [ "$(json .delivery)" = delivered ]
}

@test "denied, the card is forgotten; and suspended, what waits is dropped" {
    ask
    as olga deny "$request" --reason "no" >/dev/null
    run -3 at alder partner show dove.example
    ask
    as olga grant "$request" >/dev/null
    wait_until quarantined
    at dove partner suspend alder.example >/dev/null
    run -0 as dan@dove.example list --json
    [ "$(json '.quarantined | length')" = 0 ]
    run -0 as dan@dove.example inbox --json
    [ "$(json '[.items[] | select(.about.state == "quarantined" and .needs)] | length')" = 0 ]
}

@test "a third party that the asker does not know either can't be granted to" {
    request=$(as bob request "$id" --to elm.example --portion 1 --reason "joint operation" --json | jq -r .request)
    wait_until as olga show "$request"
    run -0 as olga show "$request" --json
    [ "$(json '.third | "\(.state) \(.introduced_by)"')" = "unknown " ]
    run -3 as olga grant "$request"
    [[ $output == *"no card of elm.example"* ]]
    as olga deny "$request" --reason "unknown" >/dev/null
}

@test "quarantine survives a restart, of either side" {
    ask
    as olga grant "$request" >/dev/null
    wait_until quarantined
    restart dove KILL
    quarantined
    stop alder
    # alder is down: what it sent is here all the same
    at dove partner confirm alder.example >/dev/null
    wait_until as dan@dove.example show "$id"
    serve_node alder
    wait_until 20 as dan@dove.example open "$id"
}
