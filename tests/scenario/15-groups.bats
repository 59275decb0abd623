# SPDX-License-Identifier: Apache-2.0
# Groups: named recipients, signed and versioned; expanded when a report is shared; hidden from one another on demand.
load helper
load nodes

# alder knows birch and cedar; they don't know each other.
story() {
    local name
    for name in alder birch cedar; do node "$name" || return; done
    introduce alder birch && introduce alder cedar || return
    person amy@alder.example reader,author,officer && person bob@birch.example reader && person cyd@cedar.example reader ||
        return
    report warning.md
}

@test "a report goes to every member of a group, and the version is on record" {
    run -0 at alder group set isac cedar.example,birch.example --json
    [ "$(json '"\(.version) \(.members | join(" "))"')" = "1 birch.example cedar.example" ]
    run -0 as amy share warning.md --to group:isac --json
    id=$(json .report)
    [ "$(json .delivery)" = delivered ]
    [ "$(json '[.shares[].to] | join(" ")')" = "birch.example cedar.example" ]
    for name in bob cyd; do
        run -0 as "$name" open "$id" --json
        [ "$(json '[.portions[].state] | join(" ")')" = "open open withheld" ]
    done
    run -0 as amy show "$id" --json
    [ "$(json '.groups[] | "\(.name) \(.version)"')" = "isac 1" ]
    # what the group becomes later changes nothing of what was shared
    run -0 at alder group set isac birch.example --json
    [ "$(json .version)" = 2 ]
    run -0 as amy show "$id" --json
    [ "$(json '.groups[] | "\(.name) \(.version)"')" = "isac 1" ]
    run -0 as amy share warning.md --to group:isac --json
    [ "$(json '[.shares[].to] | join(" ")')" = birch.example ]
}

@test "members see the group, unless they are hidden from one another" {
    at alder group set isac birch.example,cedar.example >/dev/null
    wait_until at birch group show alder.example/isac
    run -0 at birch group show alder.example/isac --json
    [ "$(json '.members | join(" ")')" = "birch.example cedar.example" ]
    # and with the node of whoever asks
    run -0 as amy group show isac --json
    [ "$(json .version)" = 1 ]
    run -3 as bob group list
    [[ $output == *"authors, officers"* ]]
}

@test "hidden members leave no trace of each other at a member's node" {
    at alder group set nis2 birch.example,cedar.example --hide-members >/dev/null
    run -0 as amy share warning.md --to group:nis2 --json
    id=$(json .report)
    wait_until as bob show "$id"
    as bob open "$id" >/dev/null
    as cyd open "$id" >/dev/null
    run -3 at birch group show alder.example/nis2
    stop birch
    # everything that birch has: store, write-ahead log, logs
    run ! grep -rlaE "cedar.example|nis2" birch birch.err
    grep -qa alder.example birch/orcon.db
}

@test "a group in the preview, mixed with others, each organisation once" {
    at alder group set isac birch.example,cedar.example >/dev/null
    run -0 as amy share warning.md --to group:isac,birch.example --dry-run --json
    [ "$(json '.portions[0].columns | map(.who) | join(" ")')" != "" ]
    [[ $output == *birch.example* && $output == *cedar.example* ]]
    run -0 as amy share warning.md --to group:isac,birch.example --json
    [ "$(json '[.shares[].to] | join(" ")')" = "birch.example cedar.example" ]
    run -2 as amy share warning.md --to group:isac,bob@birch.example
    [[ $output == *"birch.example is named twice"* ]]
}

@test "what a group refuses: nobody in it, unknown, a member twice, a member without a confirmed card" {
    at alder group set empty "" >/dev/null
    run -3 as amy share warning.md --to group:empty
    [[ $output == *"nobody is in group empty"* && $output == *"othing was sent"* ]]
    run -3 as amy share warning.md --to group:none
    [[ $output == *"no list 'group:none'"* ]]
    run -2 at alder group set twice birch.example,cedar.example,birch.example
    [[ $output == *"birch.example is named twice"* ]]
    run -2 at alder group set twice birch.example,bob@birch.example
    run -2 at alder group set Bad birch.example
    run -2 at alder group set own amy@alder.example
    at alder group set wide birch.example,dove.example >/dev/null
    run -3 as amy share warning.md --to group:wide
    [[ $output == *dove.example* ]]
    run -0 as amy list --json
    [ "$(json '.reports | length')" = 0 ]
    run -0 as bob list --json
    [ "$(json '.reports | length')" = 0 ]
    at alder group delete wide >/dev/null
    run -3 as amy share warning.md --to group:wide
    run -3 at alder group delete wide
}

@test "clients go to every partner, a community to its members, and only their owner changes them" {
    at birch clients set dove.example,elm.example >/dev/null
    wait_until at alder clients show birch.example
    run -0 as amy clients show birch.example --json
    [ "$(json '"\(.version) \(.members | join(" "))"')" = "1 dove.example elm.example" ]
    at birch clients set elm.example >/dev/null
    wait_until bash -c '"$0" --home alder --json clients show birch.example | jq -e ".version == 2"' "$ORCON"
    at alder community set energy birch.example >/dev/null
    wait_until at birch community show alder.example/energy
    run -3 at cedar community show alder.example/energy
    # a list survives a restart, and goes on counting
    restart birch
    run -0 at birch clients set dove.example --json
    [ "$(json .version)" = 3 ]
    run -2 at birch clients set birch.example
    run -2 at birch clients set Dove
    run -2 at birch clients
}
