# SPDX-License-Identifier: Apache-2.0
# Guests of the originator's own node: what is released to them or to their organisation, and nothing else of the host's.
load helper
load nodes

# gia and gil of guest.example, a client of alder, read at alder's node; hal of other.example, too.
story() {
    local name
    for name in alder birch; do node "$name" || return; done
    introduce alder birch || return
    person amy@alder.example reader,author,officer && person bob@birch.example reader || return
    at alder clients set guest.example,other.example >/dev/null
    for name in gia@guest.example gil@guest.example hal@other.example; do guest "$name" || return; done
    cat >marks.md <<'REPORT'
---
title: (TLP:GREEN) Routes
---
(TLP:GREEN) Known in the community.

(TLP:AMBER+STRICT) For the organisation alone.

(TLP:RED) For the named alone.

(TLP:AMBER//ORCON) Under the originator's control.

(TLP:RED//HIDDEN) For the named, and unknown to all others.
REPORT
}

guest() { at alder --json person add "$1" --role reader | jq -r .enrol | orcon enrol - --json >enrolled.json; }

states() { json '[.portions[] | "\(.n) \(.state)"] | join(",")'; }

@test "shared with a guest by name: she reads it at the host's node, others of her organisation know nothing" {
    run -0 as amy share marks.md --to gia@guest.example --dry-run --json
    [ "$(json '[.portions[].columns[2].may] | join(",")')" = "yes,yes,yes,yes,yes" ]
    run -0 as amy share marks.md --to gia@guest.example,birch.example --json
    id=$(json .report)
    [ "$(json .delivery)" = delivered ]
    [ "$(json '[.shares[] | select(.guest) | .to] | unique | join(",")')" = gia@guest.example ]
    run -0 as gia@guest.example open "$id" --json
    [ "$(states)" = "1 open,2 open,3 open,4 open,5 open" ]
    # told in her inbox, once for what is seen and once for what is hidden
    run -0 as gia@guest.example inbox --json
    [ "$(json '[.items[].kind] | join(",")')" = delivery,delivery ]
    # her briefing is on record, via alder
    run -0 as amy show "$id" --json
    [ "$(json '[.briefed[] | select(.person == "gia@guest.example") | .n] | sort | map(tostring) | join(",")')" = 0,1,2,3,4,5 ]
    [ "$(json '.holders | join(",")')" = birch.example ]
    # she does not see who else has it, or who else was briefed
    run -0 as gia@guest.example show "$id" --json
    [ "$(json '"\(.holders) \(.briefed) \(.groups)"')" = "[] [] []" ]
    for who in gil@guest.example hal@other.example; do
        run -3 as "$who" open "$id"
        run -0 as "$who" list --json
        [ "$(json '.reports | length')" = 0 ]
        run -0 as "$who" inbox --json
        [ "$(json '.items | length')" = 0 ]
    done
}

@test "shared with a client: all its guests read what an organisation may" {
    run -0 as amy share marks.md --to guest.example --json
    id=$(json .report)
    for who in gia gil; do
        run -0 as "$who@guest.example" open "$id" --json
        [ "$(states)" = "1 open,2 open,3 withheld,4 open" ]
    done
    run -3 as hal@other.example open "$id"
    run -0 as hal@other.example list --json
    [ "$(json '.reports | length')" = 0 ]
}

@test "a recall ends it for guests, of all of it or from their organisation" {
    run -0 as amy share marks.md --to gia@guest.example,birch.example --json
    id=$(json .report)
    as gia@guest.example open "$id" --portion 1 >/dev/null
    as amy recall "$id" --from guest.example --reason "wrong client" >/dev/null
    run -4 as gia@guest.example open "$id" --portion 2
    [[ $output == *recalled* ]]
    wait_until as bob open "$id" --portion 1
    run -0 as amy share marks.md --to guest.example --json
    other=$(json .report)
    as amy recall "$other" >/dev/null
    run -4 as gil@guest.example open "$other" --portion 1
}

@test "attacker: a guest can't tell a report of the host's from one that does not exist" {
    run -0 as amy share marks.md --to birch.example --json
    id=$(json .report) portion=$(json '.portions[0].id') share=$(json '.shares[0].statement')
    wait_until as bob open "$id" --portion 1
    none=00000000-0000-4000-8000-000000000000
    brief=$(as amy list --json | jq -r '.reports[0].short')
    # the same words but for what he wrote himself, and the same status
    probe() {
        local a b status_a=0 status_b=0
        a=$(as gia@guest.example "${@/ID/$id}" 2>&1) || status_a=$?
        b=$(as gia@guest.example "${@/ID/$none}" 2>&1) || status_b=$?
        [ "$status_a" -ne 0 ] && [ "$status_a" = "$status_b" ] || { echo "$*: $status_a $status_b: $a"; return 1; }
        a=${a//$id/X} b=${b//$none/X}
        [ "$a" = "$b" ] || { echo "$*: '$a' '$b'"; return 1; }
    }
    probe show ID
    probe open ID
    probe export ID -o out.tdf
    probe explain gia@guest.example ID/1
    probe explain gia@guest.example ID/5
    probe request ID --to me --portion 1 --reason "need to know"
    probe trace --report ID warning.md
    run -3 as gia@guest.example show "$brief"
    # what lists there are say nothing of it
    for list in "list" "inbox" "partner list"; do
        run -0 as gia@guest.example $list --json
        [[ $output != *"$id"* && $output != *"$portion"* && $output != *"$share"* && $output != *birch* ]]
    done
    run -3 as gia@guest.example partner show birch.example
    # nor does what comes to the host from others, by name of a role
    person ben@birch.example reader,author
    cat >strict.md <<'REPORT'
(TLP:AMBER+STRICT) For alder alone.
REPORT
    run -0 as ben@birch.example share strict.md --to alder.example --json
    other=$(json .report)
    wait_until as amy show "$other"
    run -0 as gia@guest.example list --json
    [ "$(json '.reports | length')" = 0 ]
    run -0 as gia@guest.example inbox --json
    [ "$(json '.items | length')" = 0 ]
    run -3 as gia@guest.example show "$other"
    run -3 as gia@guest.example open "$other"
}

@test "who is no guest can't be addressed, and no file is made for one" {
    run -3 as amy share marks.md --to eve@guest.example
    [[ $output == *"is no guest here"* ]]
    run -3 as amy share marks.md --to stranger.example
    [[ $output == *"no card of stranger.example"* ]]
    run -2 as amy share marks.md --to gia@guest.example,guest.example
    [[ $output == *"named twice"* ]]
    run as amy share marks.md --to gia@guest.example -o out.orcon
    [ "$status" -ne 0 ]
    [[ $output == *"is a guest here"* ]]
    cat >differs.md <<'REPORT'
(TLP:AMBER) It {leaves|departs} at {nine|9}.
REPORT
    run as amy share differs.md --to gia@guest.example
    [ "$status" -ne 0 ]
    [[ $output == *"differs by holder"* ]]
    run -0 as amy list --json
    [ "$(json '.reports | length')" = 0 ]
}
