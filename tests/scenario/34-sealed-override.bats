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
