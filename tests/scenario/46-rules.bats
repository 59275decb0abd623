# SPDX-License-Identifier: Apache-2.0
# What a mark lets go onward, rule by rule, where passing on by rule (12) ends: who of the holder's organisation reads,
# who beyond it has to ask, and that a grant then opens what the rule kept. Each test is called after its rule.
load helper
load nodes

# marked MARK...: a report with one portion for each mark, shared with ${to:-birch.example}; its id in $id
marked() {
    local n=0 mark
    printf -- '---\ntitle: (TLP:GREEN//TEARLINE) Rules\n---\n' >rules.md
    for mark; do printf '(%s) text %d\n\n' "$mark" $((++n)) >>rules.md; done
    id=$(as amy share rules.md --to "${to:-birch.example}" --json | jq -r .report)
    [ ${#id} -eq 36 ] && wait_until as bob show "$id"
}

# reads PERSON: the numbers of the portions that open for him, joined by commas
reads() {
    as "$1" open "$id" --json 2>/dev/null | jq -r '[.portions[] | select(.state == "open") | .n] | map(tostring) | join(",")'
}
reads_now() { [ "$(reads "$1")" = "$2" ]; }

# stopped REASON PORTION: passing it on to cedar is refused at once, with the reason and the way to ask
stopped() {
    run -4 as bob forward "$id" --to cedar.example --portion "$2"
    [[ $output == *"$1"* && $output == *"orcon request"* && $output == *"nothing was sent"* ]]
}

# granted PORTIONS: bob asks for cedar, an officer of alder grants it, and cedar reads just that
granted() {
    local request
    request=$(as bob request "$id" --to cedar.example --portion "$1" --reason "joint operation" --json | jq -r .request)
    wait_until as olga show "$request"
    as olga grant "$request" "${@:2}" >/dev/null
    wait_until reads_now cyd "$1"
}

nothing_shared() { [ "$(as amy list --json | jq '.reports | length')" = 0 ]; }

@test "TLP:AMBER, AMBER+STRICT, RED: organisation and clients, organisation, named persons; beyond: ask" {
    world
    at birch clients set cedar.example >/dev/null
    to=bob@birch.example marked "TLP:RED"
    reads_now bob 1
    run -4 as ben open "$id" --portion 1
    [[ $output != *"text 1"* ]]
    stopped "named persons" 1
    granted 1 --person cyd@cedar.example
    marked "TLP:AMBER" "TLP:AMBER+STRICT"
    wait_until bash -c '"$0" --home alder clients show birch.example' "$ORCON"
    reads_now bob 1,2
    reads_now ben 1,2
    stopped "organisation only" 2
    granted 2
    at birch clients set grove.example >/dev/null # cedar is no client any more
    wait_until bash -c '"$0" --home alder clients show birch.example | grep grove' "$ORCON"
    stopped "clients only" 1
}

@test "ORCON: always ask, also for a client, a member of the community and one on the list" {
    world
    at birch clients set cedar.example >/dev/null
    at alder community set isac birch.example,cedar.example >/dev/null
    marked "TLP:AMBER//ORCON" "TLP:GREEN//ORCON" "TLP:GREEN//ORCON//REL TO birch.example, cedar.example"
    wait_until bash -c '"$0" --home alder clients show birch.example' "$ORCON"
    wait_until bash -c '"$0" --home birch community list --json | jq -e ".lists | length == 1"' "$ORCON"
    reads_now bob 1,2,3
    reads_now ben 1,2,3
    local n
    for n in 1 2 3; do stopped "originator controlled" $n; done
    granted 2
}

@test "REL TO: those on the list hold, others ask" {
    world
    marked "TLP:GREEN//REL TO birch.example" "TLP:GREEN//REL TO cedar.example"
    reads_now bob 1
    run -4 as bob open "$id" --portion 2
    [[ $output == *"releasable-to"* && $output != *"text 2"* ]]
    stopped "releasable-to" 1
    granted 1
}

@test "several parts on one portion: every one must allow" {
    world
    at birch clients set cedar.example >/dev/null
    marked "TLP:AMBER//REL TO birch.example, cedar.example" "TLP:AMBER//REL TO birch.example" \
        "TLP:AMBER+STRICT//REL TO birch.example, cedar.example"
    wait_until bash -c '"$0" --home alder clients show birch.example' "$ORCON"
    stopped "releasable-to" 2
    stopped "organisation only" 3
    run -0 as bob forward "$id" --to cedar.example --portion 1 --json
    [ "$(json .state)" = granted ]
    wait_until reads_now cyd 1
}

@test "NOFORN, RELIDO, ORCON-USGOV, PROPIN, H1, H2, PAP, IEP: refused by name, alone or beside TLP; nothing is sent" {
    node alder
    person amy@alder.example reader,author
    local row mark kind
    for row in "SECRET//NOFORN=US marks" "S//ORCON/REL TO USA, GBR=US marks" "TLP:RED//NOFORN=US marks" "TLP:AMBER//RELIDO=US marks" \
        "TLP:AMBER//ORCON-USGOV=US marks" "TLP:AMBER//PROPIN=US marks" "TLP:AMBER//H1=Europol handling codes" \
        "TLP:AMBER//H2=Europol handling codes" "TLP:AMBER//PAP:RED=PAP marks" "TLP:AMBER//IEP:none=IEP policies"; do
        mark=${row%=*} kind=${row##*=}
        printf '(TLP:GREEN) first\n\n(%s) second\n' "$mark" >refused.md
        run -2 as amy share refused.md --to birch.example --dry-run
        [[ $output == *"refused.md:3:"*"$kind"*"mark it with a TLP label"* ]]
        run -2 as amy share refused.md --to birch.example
        [[ $output == *"refused.md:3:"*"$kind"* && $output != *second* ]]
    done
    nothing_shared
}
