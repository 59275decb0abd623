# SPDX-License-Identifier: Apache-2.0
# The main job: a report by portions, read where it may be, passed on when leave was given, and not otherwise.
load helper
load nodes

story() { world; }

@test "a partner reads the portions he may, and the source stays behind" {
    run -0 as amy share warning.md --to birch.example --json
    id=$(json .report)
    [ "$(json '[.portions[].mark] | join(" ")')" = "TLP:AMBER//ORCON TLP:GREEN//TEARLINE TLP:RED//alder.example/SOURCE//ORCON" ]
    wait_until as bob show "$id"
    run -0 as bob open "$id" --json
    [ "$(json '.portions[0] | "\(.n) \(.state)"')" = "1 open" ]
    [ "$(json .portions[0].text)" = "The group hides explosives in portable computers
and knows that the usual screening misses them." ]
    [ "$(json '.portions[1].state')" = open ]
    [ "$(json '.portions[2] | "\(.n) \(.state) \(.reason) \(has("text"))"')" = "3 withheld compartment false" ]
    [ "$(json .title.text)" = "Explosive devices in cabin baggage" ]
    run -0 as amy show "$id" --json
    [ "$(json '[.briefed[] | select(.person == "bob@birch.example") | .n] | sort | map(tostring) | join(",")')" = "0,1,2" ]
}

@test "the author reads her own report, compartment and all" {
    share
    run -0 as amy open "$id" --json
    [ "$(json '[.portions[].state] | join(",")')" = open,open,open ]
}

@test "an officer of the originator who is not read in does not see the source" {
    share
    run -0 as olga open "$id" --portion 1,2,3 --json
    [ "$(json '.portions[2].state')" = withheld ]
}

@test "only what is asked for and may be read: exit status 4 where asking could help" {
    share
    wait_until as bob show "$id"
    run -4 as bob open "$id" --portion 3
    [[ $output == *"orcon request"* ]]
}

@test "asked, granted in part, read by the third party" {
    share
    wait_until as bob show "$id"
    run -0 as bob request "$id" --to cedar.example --portion 1,2 --reason "joint operation Friday" --by +4h --json
    request=$(json .request)
    wait_until as olga show "$request"
    run -0 as olga inbox --json
    [ "$(json '[.items[] | select(.kind == "request")] | length')" = 1 ]
    run -0 as olga grant "$request" --portion 1 --note "not to media" --json
    [ "$(json .state)" = granted ]
    wait_until as cyd show "$id"
    run -0 as cyd open "$id" --json
    [ "$(json '[.portions[].n] | map(tostring) | join(",")')" = 1 ]
    [ "$(json .portions[0].state)" = open ]
    wait_until bash -c '[ "$("$0" --as bob@birch.example --json show "$1" | jq -r .state)" = granted ]' "$ORCON" "$request"
    run -0 as bob inbox --json
    [ "$(json '[.items[] | select(.kind == "decision")] | length')" = 1 ]
}

@test "a copy passed on unasked does not open, and the originator learns whose it was and who tried" {
    share
    wait_until as bob show "$id"
    as bob export "$id" -o carried.orcon
    run -0 as cyd import carried.orcon --json
    [ "$(json .report)" = "$id" ]
    run as cyd open "$id"
    [ "$status" -ge 3 ]
    [[ $output != *"portable computers"* ]]
    run -0 as amy inbox --json
    [ "$(json '.items[] | select(.kind == "alert") | "\(.from) \(.about.copy_of) \(.about.by)"')" = \
        "cedar.example birch.example cyd@cedar.example" ]
    # birch hears of it, too
    person dan@birch.example reader,officer
    wait_until bash -c '"$0" --as dan@birch.example --json inbox | jq -e ".items[] | select(.kind == \"alert\")"' "$ORCON"
}

@test "denied: the asker learns why, the third party gets nothing" {
    share
    wait_until as bob show "$id"
    request=$(as bob request "$id" --to cedar.example --portion 1 --reason "operation" --json | jq -r .request)
    wait_until as olga show "$request"
    run -0 as olga deny "$request" --reason "too early" --json
    [ "$(json .state)" = denied ]
    wait_until bash -c '[ "$("$0" --as bob@birch.example --json show "$1" | jq -r .state)" = denied ]' "$ORCON" "$request"
    [ "$(as bob show "$request" --json | jq -r .note)" = "too early" ]
    run -3 as cyd open "$id"
}

@test "withdrawn before it is decided" {
    share
    wait_until as bob show "$id"
    request=$(as bob request "$id" --to cedar.example --portion 1 --reason "operation" --json | jq -r .request)
    wait_until as olga show "$request"
    as bob withdraw "$request"
    wait_until bash -c '[ "$("$0" --as olga@alder.example --json show "$1" | jq -r .state)" = withdrawn ]' "$ORCON" "$request"
    run -3 as olga grant "$request"
    [[ $output == *withdrawn* ]]
}

@test "nobody decides on his own request; a reader decides nothing; nothing is decided twice" {
    share
    wait_until as bob show "$id"
    request=$(as bob request "$id" --to cedar.example --portion 1 --reason "operation" --json | jq -r .request)
    wait_until as olga show "$request"
    run -3 as bob grant "$request"
    run -0 as olga grant "$request"
    run -3 as olga grant "$request"
    [[ $output == *already* ]]
    run -3 as amy deny "$request" --reason "late"
}

@test "by hand: a package written to a file, carried, imported, read" {
    run -0 as amy share warning.md --to birch.example -o parcel.orcon --json
    id=$(json .report)
    run -0 as bob import parcel.orcon --json
    [ "$(json .report)" = "$id" ]
    run -0 as bob open "$id" --json
    [ "$(json '.portions[0].state')" = open ]
}

@test "while the partner's node is down nothing is lost: it is delivered when the node is back" {
    stop birch
    run -0 as amy share warning.md --to birch.example --json
    id=$(json .report)
    serve_node birch
    wait_until 30 as bob show "$id"
    run -0 as bob open "$id" --json
}

@test "while the originator's node is down the reader is told so, and reads later" {
    share
    wait_until as bob show "$id"
    stop alder
    run -1 as bob open "$id"
    [[ $output == *alder.example* ]]
    serve_node alder
    run -0 as bob open "$id"
}

@test "a suspended person gets no key on the next request, at home and at the partner's" {
    share
    wait_until as bob show "$id"
    as bob open "$id" >/dev/null
    at birch person suspend bob@birch.example
    run -3 as bob open "$id"
    [[ $output == *suspended* ]]
    at birch person suspend bob@birch.example --resume
    wait_until as bob open "$id" # alder hears of it a moment later
}

@test "real input: a CSAF advisory and a STIX report as one portion" {
    run -0 as amy share "$DATA/csaf/va-24-201-01.json" --mark TLP:AMBER --to birch.example --json
    id=$(json .report)
    wait_until as bob show "$id"
    as bob open "$id" --portion 1 -o got.json
    cmp got.json "$DATA/csaf/va-24-201-01.json"
    run -0 as amy share "$DATA/stix/using-granular-markings.json" --mark TLP:GREEN --to birch.example --dry-run
    [[ $output == *"warning: "*"using-granular-markings.json: object 3, threat-actor--8b6297fe-"*" is marked TLP:RED in the file, and goes as TLP:GREEN, which is weaker"* ]]
    run -0 --separate-stderr as amy share "$DATA/stix/using-granular-markings.json" --mark TLP:GREEN --to birch.example --json
    [ "$(grep -c 'orcon share: warning: .* is marked TLP:RED in the file' <<<"$stderr")" = 3 ]
    id=$(json .report)
    wait_until as bob show "$id"
    as bob open "$id" --portion 1 -o stix.json
    cmp stix.json "$DATA/stix/using-granular-markings.json"
}

@test "lists of partners and people, by the home and by the node" {
    share
    run -0 at alder partner list --json
    [ "$(json '[.partners[].domain] | join(" ")')" = "birch.example cedar.example" ]
    run -0 as amy partner list --json
    [ "$(json '[.partners[] | "\(.domain) \(.state)"] | join(", ")')" = "birch.example confirmed, cedar.example confirmed" ]
    run -0 as amy partner show birch.example
    [[ $output == *"birch.example"*words* ]]
    person ann@alder.example reader,admin
    run -0 as ann@alder.example person list --json
    [ "$(json '.people | length')" = 3 ]
    run -3 as amy person list
    wait_until as bob show "$id"
    run -3 as bob explain bob@birch.example "$id/3"
    [[ $output == *"originator decides"* ]]
    run -0 as olga explain bob@birch.example "$id/3" --json
    [ "$(json '"\(.decision) \(.reasons[0].reason)"')" = "ask compartment" ]
}

@test "the demonstration tells the story and checks it" {
    run -0 orcon demo --check --json
    [ "$(json '[.checks[] | select(.good | not)] | length')" = 0 ]
    [ "$(json '.checks | length')" -ge 8 ]
}
