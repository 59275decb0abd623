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
