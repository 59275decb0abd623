# SPDX-License-Identifier: Apache-2.0
# Copies that differ in wordings of equal meaning: a text that got about is traced to its copy.
load helper
load nodes

differing() {
    cat >differ.md <<'REPORT'
---
title: (TLP:GREEN) Couriers
---
(TLP:AMBER//ORCON) The group {conceals|hides} explosives in portable computers, which it {buys|gets} from two shops near the harbour.
Two of its members {know|have learnt} that the usual screening misses them when the battery is in place.
A courier {travels|goes} every second Friday to the capital by train, and {stays|sleeps} at the house of his cousin.
Payments {come|arrive} in small sums through a bureau that a {relative|kinsman} of the leader keeps.
The next attempt is {planned|meant} for the first week of December, on one of the long routes.

(TLP:GREEN//TEARLINE) Look into portable computers: `{a|b}` and \{c|d} are text.
REPORT
}

# A text as somebody types it from what he has read: upper case, no punctuation, other lines, the last sentence left out.
retyped() {
    tr -d '.,' <"$1" | tr 'a-z\n' 'A-Z ' | sed 's/THE NEXT ATTEMPT.*//' | fold -s -w 50
}

read_by() { as "$1" open "$id" --portion 1 --json >opened.json && jq -er '.portions[0].text' opened.json; }

story() { world && differing; }

@test "each holder reads a text of his own, is told so, and a retyped part of it is traced to him" {
    run -0 as amy share differ.md --to birch.example,cedar.example --dry-run
    [[ ${output//$'\n'/ } == *"Copies differ by holder"*"portion 1 in 8 places"* ]]
    id=$(as amy share differ.md --to birch.example,cedar.example --json | jq -r .report)
    wait_until as bob show "$id" && wait_until as cyd show "$id"
    read_by bob >bob.txt && read_by cyd >cyd.txt && read_by amy >amy.txt
    ! grep -q '[{|}]' bob.txt
    ! cmp -s bob.txt cyd.txt && ! cmp -s bob.txt amy.txt && ! cmp -s cyd.txt amy.txt
    read_by bob | cmp - bob.txt
    run -0 as bob open "$id"
    [[ ${output//$'\n'/ } == *"Copies of 1 differ in some words, by holder"* ]]
    [[ $output == *'`{a|b}` and \{c|d} are text'* ]]

    for name in bob cyd; do
        retyped "$name.txt" >leak.txt
        run -0 as amy trace leak.txt --report "$id" --json
        [ "$(json '.traces[0].verdict')" = holder ]
        [ "$(json '.traces[0].named[0]')" = "$([ "$name" = bob ] && echo birch || echo cedar).example" ]
        [ "$(json '.traces[0].found')" -ge 6 ]
        [ "$(json '.traces[0].wrong < 0.05')" = true ]
    done
    run -0 as amy trace bob.txt
    [[ $output == *"8 of 8 places"*"resembles the copy of birch.example"*"does not say who passed it on"* ]]
    run -0 as olga trace amy.txt --json
    [ "$(json '.traces[0].named[0]')" = "(own house)" ]
    echo "Gardens, and the weather in the north." >other.txt
    run -0 as amy trace other.txt --json
    [ "$(json '.traces[0] | "\(.verdict) \(.found)"')" = "nothing 0" ]
    head -c 60 bob.txt >little.txt
    run -0 as amy trace little.txt
    [[ $output == *Indistinguishable* ]]
}

@test "a copy that a grant makes, and one sealed again after a recall, keep the holder's wordings" {
    id=$(as amy share differ.md --to birch.example --json | jq -r .report)
    wait_until as bob show "$id"
    read_by bob >bob.txt
    request=$(as bob request "$id" --to cedar.example --portion 1 --reason "joint operation" --json | jq -r .request)
    wait_until as amy show "$request"
    as amy grant "$request" >/dev/null
    wait_until as cyd open "$id" --portion 1
    read_by cyd >cyd.txt
    ! cmp -s bob.txt cyd.txt
    as amy recall "$id" --from cedar.example >/dev/null
    request=$(as bob request "$id" --to cedar.example --portion 1 --reason "again" --json | jq -r .request)
    wait_until as amy show "$request"
    as amy grant "$request" >/dev/null
    wait_until as cyd open "$id" --portion 1
    read_by cyd | cmp - cyd.txt
    run -0 as amy trace cyd.txt --report "$id" --json
    [ "$(json '.traces[0].named[0]')" = cedar.example ]
}

@test "who may not trace, and what is no variant" {
    id=$(as amy share differ.md --to birch.example --json | jq -r .report)
    wait_until as bob show "$id"
    read_by bob >bob.txt
    run -3 as bob trace bob.txt --report "$id"
    [[ $output == *"is not ours"* ]]
    person eve@alder.example reader
    run -3 as eve@alder.example trace bob.txt --report "$id"
    [[ $output == *"only the author"* ]]
    run -2 as amy trace
    run -1 as amy trace missing.txt
    run -0 as bob show "$id" --json
    [ "$(json '.variants')" = null ]
    printf '(TLP:AMBER) a {b|c|d} e\n' >three.md
    run -2 as amy share three.md --to birch.example
    [[ $output == *"three.md:1:15: variants have two wordings"* ]]
    printf '(TLP:AMBER) a\n{(TLP:GREEN) b|c} e\n' >mark.md
    run -2 as amy share mark.md --to birch.example
    [[ $output == *"looks like a mark"* ]]
}
