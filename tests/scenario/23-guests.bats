# SPDX-License-Identifier: Apache-2.0
# Guests: people without a node, under their own domain, at the node of a partner who vouches for them.
load helper
load nodes

# gia of guest.example, a client of birch, reads at birch's node.
story() {
    local name
    for name in alder birch; do node "$name" || return; done
    introduce alder birch || return
    person amy@alder.example reader,author,officer && person bob@birch.example reader || return
    at birch clients set guest.example >/dev/null
    guest gia@guest.example || return
    report warning.md
    cat >clients.md <<'REPORT'
---
title: (TLP:GREEN) Routes
---
(TLP:GREEN) Known in the community.

(TLP:AMBER) For the partner and its clients.

(TLP:AMBER+STRICT) For the partner alone.

(TLP:RED) For the named alone.

(TLP:AMBER//ORCON) Under the originator's control.
REPORT
}

guest() {
    at birch --json person add "$1" --role reader | jq -r .enrol | orcon enrol - --json >enrolled.json
}

@test "a guest reads what clients may: GREEN and AMBER, not STRICT, RED or ORCON" {
    run -0 as amy share clients.md --to birch.example --json
    id=$(json .report)
    run -0 as bob open "$id" --json
    [ "$(json '[.portions[] | "\(.n) \(.state)"] | join(",")')" = "1 open,2 open,3 open,4 withheld,5 open" ]
    run -0 as gia@guest.example open "$id" --json
    [ "$(json '[.portions[] | "\(.n) \(.state)"] | join(",")')" = "1 open,2 open,3 withheld,4 withheld,5 withheld" ]
    [ "$(json '[.portions[] | select(.state == "withheld") | .reason] | join(",")')" = "organisation-only,not-named,orcon" ]
    # her briefing is on record under her own name, and birch answers for her
    run -0 as amy show "$id" --json
    [ "$(json '[.briefed[] | select(.person == "gia@guest.example") | .n] | sort | map(tostring) | join(",")')" = 0,1,2 ]
    run -0 as amy explain gia@guest.example "$id/3" --json
    [ "$(json '"\(.decision) \(.reasons[0].reason)"')" = "ask organisation-only" ]
    run -0 as amy explain gia@guest.example "$id/2" --json
    [ "$(json .decision)" = allow ]
}

@test "a guest asks for herself, and reads what the originator then names her for" {
    run -0 as amy share clients.md --to birch.example --json
    id=$(json .report)
    wait_until as gia@guest.example show "$id"
    run -0 as gia@guest.example request "$id" --to me --portion 4 --reason "need to know" --json
    request=$(json .request)
    wait_until as amy show "$request"
    run -0 as amy show "$request" --json
    [ "$(json '"\(.asker) \(.by)"')" = "birch.example gia@guest.example" ]
    run -0 as amy grant "$request" --json
    wait_until as gia@guest.example open "$id" --portion 4
    run -4 as bob open "$id" --portion 4
}

@test "suspended at home, a guest reads no more, at home or elsewhere" {
    run -0 as amy share clients.md --to birch.example --json
    id=$(json .report)
    as gia@guest.example open "$id" >/dev/null
    run -0 at birch person list --json
    [ "$(json '.people[] | select(.person == "gia@guest.example") | .state')" = active ]
    at birch person suspend gia@guest.example >/dev/null
    run -3 as gia@guest.example open "$id"
    run -3 as gia@guest.example list
    at birch person suspend gia@guest.example --resume >/dev/null
    wait_until as gia@guest.example open "$id"
}

@test "off the client list, a guest reads no more" {
    run -0 as amy share clients.md --to birch.example --json
    id=$(json .report)
    as gia@guest.example open "$id" >/dev/null
    at birch clients set other.example >/dev/null
    run -3 as gia@guest.example open "$id"
    [[ $output == *"client list"* ]]
}

@test "a client with a card of its own: nobody else vouches for its people" {
    run -0 as amy share clients.md --to birch.example --json
    id=$(json .report)
    as gia@guest.example open "$id" >/dev/null
    node guest
    at guest card >guest.card 2>/dev/null
    # known to alder only: birch still issues a token, alder does not take it
    at alder partner add guest.card >/dev/null
    run -3 as gia@guest.example open "$id"
    [[ $output == *"has a card here"* ]]
    # known to birch: no token at all, and no new guest
    at birch partner add guest.card >/dev/null
    run -3 as gia@guest.example list
    [[ $output == *"has a card here"* ]]
    run -3 at birch person add gil@guest.example --role reader
    [[ $output == *"has a card here"* ]]
}

@test "who is no client is no guest, and a guest is a reader" {
    run -3 at birch person add eve@stranger.example --role reader
    [[ $output == *"client list"* ]]
    run -3 at birch person add gil@guest.example --role reader,officer
    [[ $output == *"guests are readers"* ]]
    run -3 as gia@guest.example share warning.md --to alder.example
    run -3 at alder person suspend gia@guest.example
}

@test "a partner confirmed later learns of guests after the list that they rest on" {
    node cedar
    person cora@cedar.example reader,author
    introduce birch cedar
    run -0 as cora@cedar.example share clients.md --to birch.example --json
    id=$(json .report)
    wait_until as gia@guest.example show "$id"
    run -0 as gia@guest.example open "$id" --portion 2 --json
    [ "$(json '.portions[0].state')" = open ]
    wait_until bash -c '! "$0" --home birch --json partner list | jq -e ".partners[] | select(.undelivered > 0)"' "$ORCON"
}
