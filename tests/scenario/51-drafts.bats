# SPDX-License-Identifier: Apache-2.0
# Drafts that cite what is held from others: its mark is inherited, its leave is needed, and stays needed.
load helper
load nodes

# birch writes: val and otto (officer) there; dora at dove.example gets it
story() {
    world && node dove && introduce dove alder && introduce dove birch && introduce dove cedar || return
    person val@birch.example reader,author && person otto@birch.example reader,officer &&
        person dora@dove.example reader && person cleo@cedar.example reader,author,officer || return
    who[val]=val@birch.example who[otto]=otto@birch.example who[dora]=dora@dove.example who[cleo]=cleo@cedar.example
    first=$(given amy warning.md) && second=$(marked amy "(TLP:AMBER) Alder's second word.") &&
        third=$(marked cleo "(TLP:AMBER+STRICT) Cedar's word.") &&
        for id in "$first" "$second" "$third"; do wait_until as val open "$id" || return; done
}

given() { as "$1" share "$2" --to birch.example --json | jq -r .report; }
marked() { printf '%s\n' "$2" >"$1.md" && given "$1" "$1.md"; }

# draft LINE...: a report of val's
draft() { printf '%s\n' '---' 'title: (TLP:GREEN) What we make of it' '---' "$@" >draft.md; }
short() { as val show "$1" --json | jq -r .short; }

# request_of REPORT DOMAIN: what was asked for it, as val's preview knows it
request_of() {
    as val share draft.md --to "$2" --dry-run --json |
        jq -er --arg r "$1" --arg to "$2" '.derived_from[] | select(.report == $r) | .leaves[] | select(.to == $to) | .request'
}
leaves() { as val share draft.md --to dove.example --dry-run --json | jq -r '[.derived_from[] | .leaves[].state] | join(" ")'; }
leaves_are() { [ "$(leaves)" = "$1" ]; }

@test "a report citing three of two originators: one command asks both, and it goes once all have granted" {
    draft "(TLP:GREEN) Both say so: [[$(short "$first")/1]], [[$(short "$second")/1]] and [[cedar.example/$(short "$third")/1]]." \
        "(TLP:GREEN) Nothing of theirs. Write \\[[$(short "$first")/1]] to cite."
    run -0 as val share draft.md --to dove.example --dry-run
    [[ $output == *"1   TLP:AMBER+STRICT//ORCON"* && $output == *"2   TLP:GREEN"* ]]
    [[ $output == *"leave is missing"*"To ask:"*"orcon "*"--ask --reason"* ]]
    [ "$(leaves)" = "missing missing missing" ]

    run -4 as val share draft.md --to dove.example
    [[ $output == *"nothing was sent"*"the leave of alder.example for dove.example is missing (and 2 more)"* ]]
    run -2 as val share draft.md --to dove.example --ask
    [[ $output == *--reason* ]]
    run -0 as val share draft.md --to dove.example --ask --reason "for the joint operation" --json
    [ "$(json '[.requests[] | "\(.originator) \(.delivery)"] | join(", ")')" = \
        "alder.example delivered, alder.example delivered, cedar.example delivered" ]
    [ "$(leaves)" = "asked asked asked" ]
    # nobody is asked twice
    run -0 as val share draft.md --to dove.example --ask --reason again --json
    [ "$(json '.requests | length')" = 0 ]

    request=$(request_of "$first" dove.example)
    wait_until as olga show "$request"
    run -0 as olga show "$request"
    [[ $output == *"to cite it in a report of birch.example"* ]]
    as olga grant "$request" --until +2h >/dev/null
    as olga grant "$(request_of "$second" dove.example)" >/dev/null
    wait_until leaves_are "granted granted asked"
    run -4 as val share draft.md --to dove.example
    [[ $output == *"the leave of cedar.example for dove.example is missing"* && $output != *"and "*" more"* ]]

    as cleo grant "$(request_of "$third" dove.example)" >/dev/null
    wait_until leaves_are "granted granted granted"
    run -0 as val share draft.md --to dove.example --json
    derived=$(json .report)
    [ "$(json '.derived_from | length')" = 3 ]
    wait_until as dora show "$derived"
    run -0 as dora open "$derived"
    [[ $output == *"Both say so"* && $output == *"TLP:AMBER+STRICT//ORCON"* ]]
    [[ $output == *"    cites "*" of alder.example"*"of cedar.example"* ]]

    # it is kept in the report, and shown to both sides
    run -0 as dora show "$derived" --json
    [ "$(json '[.derived_from[] | "\(.in_n) \(.originator) \(.report)"] | sort | join(", ")')" = \
        "$(printf '1 alder.example %s\n' "$first" "$second" | sort | paste -sd, | sed 's/,/, /g'), 1 cedar.example $third" ]
    [ "$(json '[.derived_from[].commitment | length] | unique | join(",")')" = 43 ]
    run -0 as val show "$derived"
    [[ $output == *"[1] cites $(short "$first")/1 of alder.example"* ]]
}

@test "what is cited goes on only where its originators let it, and a recall of it is told" {
    draft "(TLP:GREEN) They say so: [[$(short "$first")/1]]."
    as val share draft.md --to dove.example --ask --reason operation >/dev/null
    request=$(request_of "$first" dove.example)
    wait_until as olga show "$request"
    as olga grant "$request" >/dev/null
    wait_until leaves_are granted
    derived=$(as val share draft.md --to dove.example --json | jq -r .report)
    wait_until as dora open "$derived" --portion 1

    # dora asks birch for cedar: birch can't let go what is alder's
    asked=$(as dora request "$derived" --to cedar.example --portion 1 --reason "operation" --json | jq -r .request)
    wait_until as otto show "$asked"
    run -4 as otto grant "$asked"
    [[ $output == *"alder.example has given no leave for"*"cedar.example"* ]]
    onward=$(as val request "$first" --to cedar.example --portion 1 --reason "dove asks for cedar" --json | jq -r .request)
    wait_until as olga show "$onward"
    as olga grant "$onward" >/dev/null
    granted() { as otto grant "$asked"; }
    wait_until granted
    wait_until as cyd open "$derived" --portion 1

    # alder takes it back from dove: birch, which cites it there, is told
    as olga recall "$first" --from dove.example --reason "source at risk" >/dev/null
    told() { as val inbox --json | jq -e --arg r "$derived" '.items[] | select(.kind == "recall" and .about.report == $r and .about.source.holders == ["dove.example"])'; }
    wait_until told
    run -0 as val inbox
    [[ $output == *"which it cites"* ]]
    run -4 as val share draft.md --to dove.example
    [[ $output == *"recalled"* ]]
    # and from all
    as olga recall "$first" --reason "source at risk" >/dev/null
    recalled() { as val show "$derived" --json | jq -e '.derived_from[0].recalled != ""'; }
    wait_until recalled
    run -0 as val show "$derived"
    [[ $output == *"[1] cites"*"recalled"* ]]
    run -4 as val share draft.md --to dove.example --dry-run
    [[ $output == *"draft.md:4: [["*"recalled by the originator"* ]]
}

@test "a rule that lets the citing portion go does not let go what it cites" {
    draft "(TLP:GREEN) They say so: [[$(short "$second")/1]]."
    as val share draft.md --to dove.example --ask --reason operation >/dev/null
    request=$(request_of "$second" dove.example)
    wait_until as olga show "$request"
    as olga grant "$request" >/dev/null
    wait_until leaves_are granted
    derived=$(as val share draft.md --to dove.example --json | jq -r .report)
    wait_until as dora open "$derived" --portion 1
    at dove clients set cedar.example >/dev/null # TLP:AMBER goes to the clients of its holder
    listed() { at birch clients show dove.example --json | jq -e '[.. | strings] | index("cedar.example")'; }
    wait_until listed
    run -4 --separate-stderr as dora forward "$derived" --to cedar.example --portion 1 --json
    [ "$(json '"\(.state) \(.rule)"')" = "denied source-leave" ]
    run -3 as cyd show "$derived"
    # with alder's leave for cedar the same goes
    onward=$(as val request "$second" --to cedar.example --portion 1 --reason "dove's client" --json | jq -r .request)
    wait_until as olga show "$onward"
    as olga grant "$onward" >/dev/null
    passed_on() { as dora forward "$derived" --to cedar.example --portion 1; }
    wait_until passed_on
    wait_until as cyd open "$derived" --portion 1
}

@test "what can't be cited: unknown, withheld, hidden, a title, and one's own" {
    refused() { draft "(TLP:GREEN) As in [[$1]]."; run -"$2" as val share draft.md --to dove.example --dry-run; [[ $output == *"$3"* ]]; }
    own=$(as val share <(printf '(TLP:GREEN) Ours.\n') --to alder.example --json | jq -r .report)
    refused zzzz/1 3 "draft.md:4: [[zzzz/1]]: unknown, or not yours"
    refused "$(short "$first")/9" 3 "unknown, or not yours"
    refused "cedar.example/$(short "$first")/1" 3 "unknown, or not yours"
    refused "$(short "$first")/3" 3 "only what he was briefed on"
    refused "$(short "$first")/0" 2 "a title is not cited"
    refused "$(short "$own")/1" 3 "his own organisation's report"
    hidden=$(marked amy "$(printf '(TLP:GREEN) Seen.\n(TLP:RED//SOURCE//HIDDEN) Not seen.')")
    wait_until as val open "$hidden"
    refused "$(short "$hidden")/2" 3 "unknown, or not yours"

    # what needs no leave is cited as it is: public text, and a tearline
    draft "(TLP:GREEN//TEARLINE) Take them out: [[$(short "$first")/2]]."
    run -0 as val share draft.md --to dove.example
}

@test "who holds it by an override only may not cite it" {
    person pat@birch.example reader,authority && person del@dove.example reader,author
    as pat@birch.example open "$first" --portion 1 >/dev/null
    as pat@birch.example override "$first" --portion 1 --to dove.example --reason "threat to life" >/dev/null
    wait_until as del@dove.example open "$first" --portion 1
    draft "(TLP:GREEN) As in [[$first/1]]."
    run -3 as del@dove.example share draft.md --to birch.example --dry-run
    [[ $output == *"held by an override only"* ]]
}
