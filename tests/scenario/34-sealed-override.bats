# SPDX-License-Identifier: Apache-2.0
# Passed on without leave, sealed: by an authority's held key, to a third party, with the originator told by everybody.
load helper
load nodes

story() {
    world && person pat@birch.example reader,authority && who[pat]=pat@birch.example && share && wait_until as pat show "$id"
}

held() { compgen -G "$ORCON_PROFILES/pat@birch.example/held/*.key.json" >/dev/null; }

@test "an authority's client holds keys, a reader's none; a recall and a suspension end that" {
    as bob open "$id" >/dev/null
    ! compgen -G "$ORCON_PROFILES/bob@birch.example/held/*.key.json"
    as pat open "$id" >/dev/null
    held
    [ "$(stat -c %a "$ORCON_PROFILES/pat@birch.example/held/"*.key.json | sort -u)" = 600 ]
    run -0 as amy show "$id" --json
    [ "$(json '[.briefed[] | select(.may_hold) | .person] | unique | join(" ")')" = pat@birch.example ]
    as pat list >/dev/null
    held
    as amy recall "$id" >/dev/null
    as pat inbox >/dev/null
    ! held
    share
    wait_until as pat open "$id"
    held
    at birch person suspend pat@birch.example >/dev/null
    run -3 as pat list
    ! held
}

@test "the originator forbids it by a term of the share" {
    id=$(as amy share warning.md --to birch.example --no-held --json | jq -r .report)
    wait_until as pat open "$id"
    ! held
}

override() { as pat override "$id" --to cedar.example --reason "threat to life" "$@"; }
cora_opens() { as cyd open "$id" --json >opened.json && jq -e '.portions[] | select(.n == 1) | .state == "open"' opened.json; }

@test "passed on: the originator learns of it, its receipt opens the copy, the briefing is reported and proved" {
    as pat open "$id" >/dev/null
    run -0 override --portion 1 --json
    o=$(json .override)
    [ "$(json .delivery)" = delivered ]
    [ -n "$(json .receipt)" ]
    run -0 as olga inbox --json
    [ "$(json '.items[] | select(.kind == "override") | "\(.from) \(.about.override) \(.about.to) \(.about.oral)"')" = \
        "birch.example $o cedar.example false" ]
    wait_until as cyd show "$id"
    receipt() { as cyd show "$o" --json | jq -e .originator_told; }
    wait_until receipt
    run -0 as cyd open "$id" --json
    [ "$(json '.portions[] | select(.n == 1) | "\(.state) \(.passed_on_by)"')" = "open birch.example" ]
    [[ "$(json '.portions[] | select(.n == 1) | .text')" == *"explosives in portable computers"* ]]
    [ "$(jq 'has("originator_told")' <<<"$output")" = false ]
    # only what was passed on
    [ "$(json '.portions | length')" = 1 ]
    # the originator's ledger has the briefing, on birch's word
    known() { as amy show "$id" --json | jq -e '.briefed[] | select(.person == "cyd@cedar.example" and .n == 1 and .basis == "key, reporter")'; }
    wait_until known
    run -0 as amy briefed cyd@cedar.example "$id/1" --json
    [ "$(json '"\(.briefed) \(.basis)"')" = "true key, reporter" ]
}

@test "whom an override told cannot ask to pass it on: the originator gave him nothing" {
    as pat open "$id" >/dev/null
    override --portion 1 >/dev/null
    wait_until as cyd open "$id"
    for whom in dora.example me; do
        run -3 as cyd request "$id" --to "$whom" --portion 1 --reason onward --by +4h
        [[ $output == *"portion 1 came by an override; alder.example has not shared it with cedar.example: nothing was sent"* ]]
    done
    run -4 as cyd forward "$id" --to dora.example --portion 1
    [ "$(as olga inbox --json | jq '[.items[] | select(.kind == "request")] | length')" = 0 ]
}

@test "the originator's node is down: the copy opens under a witness, said and counted as not yet told; told when it is back" {
    as pat open "$id" >/dev/null
    stop alder
    run -0 override --portion 1 --json
    o=$(json .override)
    [ "$(json .delivery)" = queued ]
    wait_until as cyd show "$id"
    run -0 as cyd open "$id" --json
    [ "$(json '"\(.originator_told) \(.portions[0].state)"')" = "false open" ]
    run -0 as cyd open "$id"
    [[ $output == *"Originator not yet told"* ]]
    [ "$(as cyd partner show alder.example --json | jq '.partners[0].not_yet_told')" = 1 ]
    serve_node alder
    wait_until 20 as olga show "$o"
    told() { as cyd open "$id" --json | jq -e 'has("originator_told") | not'; }
    wait_until 20 told
    [ "$(as cyd partner show alder.example --json | jq '.partners[0].not_yet_told')" = 0 ]
    known() { as amy show "$id" --json | jq -e '.briefed[] | select(.person == "cyd@cedar.example" and .basis == "key, reporter")'; }
    wait_until 20 known
}

@test "the giver's node never forwards the notice: the third party's does" {
    as pat open "$id" >/dev/null
    stop alder
    o=$(override --portion 1 --json | jq -r .override)
    wait_until as cyd show "$id"
    at birch partner suspend alder.example >/dev/null # birch sends alder nothing from here on
    serve_node alder
    wait_until 20 as olga show "$o"
    [ "$(as olga inbox --json | jq -r '.items[] | select(.kind == "override") | .from')" = birch.example ]
    receipt() { as cyd show "$o" --json | jq -e .originator_told; }
    wait_until 20 receipt
    as cyd open "$id" --json | jq -e 'has("originator_told") | not'
    [ "$(at birch partner show alder.example --json | jq '.partners[0].undelivered > 0')" = true ]
}

@test "neither receipt nor inclusion: it stays closed, and nothing was asked of the giver's keys" {
    as pat open "$id" >/dev/null
    stop alder
    override --portion 1 >/dev/null
    wait_until as cyd show "$id"
    stop birch
    run -3 as cyd open "$id" --json
    [ "$(json .portions[0].reason)" = originator-not-told ]
    serve_node birch
    [ "$(as pat show "$(as pat list --json | jq -r .reports[0].report)" --json | jq '[.briefed[]?] | length')" = 0 ]
    wait_until 20 as cyd open "$id"
}

@test "recalled after the override: the giver's keys stop, both acknowledge, what was read stays on record" {
    as pat open "$id" >/dev/null
    o=$(override --portion 1 --json | jq -r .override)
    wait_until as cyd open "$id"
    wait_until as olga show "$o"
    run -0 as amy recall "$id" --from cedar.example --json
    wait_until bash -c '! "$0" --as cyd@cedar.example open "$1"' "$ORCON" "$id"
    run -4 as cyd open "$id" --json
    [ "$(json .portions[0].reason)" = recalled ]
    # birch reads on, since it is not recalled from it
    run -0 as pat open "$id" --portion 1
    run -0 as amy recall "$id" --json
    [ "$(json '.acknowledged | map(.. | strings | select(endswith(".example"))) | unique | join(" ")')" = "birch.example cedar.example" ]
    run -4 override --portion 1
    run -0 as amy briefed cyd@cedar.example "$id/1" --json
    [ "$(json .briefed)" = true ]
}

@test "each side says the opposite: receipt and evidence settle it" {
    as pat open "$id" >/dev/null
    o=$(override --portion 1 --json | jq -r .override)
    wait_until as cyd open "$id"
    # alder: we were not told. It signed that it was: the third party has it
    receipt() { as cyd show "$o" --json | jq -e .originator_told; }
    wait_until receipt
    payload=$(as cyd show "$o" --json | jq -r .receipt_jws | cut -d. -f2 | tr _- /+ | base64 -d 2>/dev/null || true)
    [ "$(jq -r '"\(.kind) \(.iss) \(.ref)"' <<<"$payload")" = "ack alder.example $o" ]
    # birch: cyd was not briefed by us. It signed that he was: alder has it, and anybody can check it
    known() { as amy briefed cyd@cedar.example "$id/1" --json | jq -e '.basis == "key, reporter"'; }
    wait_until known
    as amy briefed cyd@cedar.example "$id/1" --evidence cyd.evidence >/dev/null
    run -0 as pat verify cyd.evidence --json
    [ "$(json .verified)" = true ]
    # alder: then bob knows it from you, too. No: birch reported up to when, and there is no record
    unknown() { as amy briefed bob@birch.example "$id/1" --json | jq -e '.briefed == false'; }
    wait_until 20 unknown
    as amy briefed bob@birch.example "$id/1" --evidence bob.evidence >/dev/null
    grep -q '^report birch.example [0-9]' bob.evidence
    run -0 as cyd verify bob.evidence --json
    [ "$(json .verified)" = true ]
}

@test "a third party that does not know the originator takes nothing until somebody there confirms its card" {
    node dove && introduce birch dove && person dan@dove.example reader
    as pat open "$id" >/dev/null
    as pat override "$id" --to dove.example --portion 1 --reason "threat to life" >/dev/null
    card() { at dove partner list --json | jq -e '.partners[] | select(.domain == "alder.example" and .state == "unconfirmed")'; }
    wait_until card
    run -3 as dan@dove.example show "$id"
    at dove partner confirm alder.example >/dev/null
    wait_until 20 as dan@dove.example show "$id"
    wait_until 20 as dan@dove.example open "$id"
}

@test "who may not, and what for" {
    as pat open "$id" >/dev/null
    as bob open "$id" >/dev/null
    run -3 as bob override "$id" --to cedar.example --portion 1 --reason "no"
    [[ $output == *"no key of portion 1 is held"* || $output == *authority* ]]
    run -2 as pat override "$id" --to "S. Lind" --portion 1 --reason "no"
    [[ $output == *--oral* ]]
    run -2 as pat override "$id" --to cedar.example --portion 1
    run -2 override
    run -3 as pat override "$id" --to elm.example --portion 1 --reason "no"
    run -3 as pat override "$id" --to alder.example --portion 1 --reason "no"
    run -3 override --portion 3
    [[ $output == *"no briefing of pat@birch.example"*"nothing was sent"* ]]
    rm "$ORCON_PROFILES/pat@birch.example/held/"*.key.json
    run -3 override --portion 1
    [[ $output == *"no key of portion 1 is held here"*"nothing was sent"* ]]
    run -0 as olga inbox --json
    [ "$(json '[.items[] | select(.kind == "override")] | length')" = 0 ]
}
