# SPDX-License-Identifier: Apache-2.0
# A STIX bundle shared by portions, by its TLP markings; broken ones are refused with what is wrong, and nothing is sent.
load helper
load nodes

story() {
    node alder && node birch && introduce alder birch || return
    person amy@alder.example reader,author && person bob@birch.example reader
}

@test "objects of equal marking are a portion: a partner reads what its mark allows" {
    cp "$DATA/stix/using-granular-markings.json" bundle.json
    run -2 as amy share bundle.json --to birch.example
    [[ $output == *"bundle.json: object 1 (identity): it has no TLP marking: say with --unmarked MARK"*"nothing was sent"* ]]
    run -0 as amy share bundle.json --unmarked TLP:AMBER --to birch.example --json
    id=$(json .report)
    [ "$(json '[.portions[] | "\(.n) \(.mark)"] | join(",")')" = "1 TLP:AMBER,2 TLP:RED" ]
    wait_until as bob open "$id" --portion 1
    run -0 as bob open "$id" --json
    [ "$(json '[.portions[].state] | join(",")')" = open,withheld ]
    [ "$(json '.portions[0].text | fromjson | "\(.type) \(.objects | length)"')" = "bundle 1" ]
    # the objects are what they were, those of a portion in a bundle of their own
    run -0 as amy open "$id" --json
    json '.portions[].text | fromjson | .objects[]' | jq -cS . | sort >got
    jq -cS '.objects[]' bundle.json | sort >want
    cmp got want
}

@test "a report's name is the title; a file with --mark is one portion as before" {
    run -0 as amy share "$DATA/stix/apt1.json" --unmarked TLP:CLEAR --to birch.example --dry-run
    [[ $output == *"APT1: Exposing One of China's Cyber Espionage Units"* ]]
    run -0 as amy share "$DATA/stix/apt1.json" --mark TLP:GREEN --to birch.example --json
    [ "$(json '.portions | length')" = 1 ]
    run -2 as amy share "$DATA/stix/apt1.json" --mark TLP:GREEN --unmarked TLP:RED --to birch.example
    [[ $output == *"--unmarked"* ]]
}

@test "broken ones are refused, and nothing is sent" {
    for file in "$DATA"/invalid/*.json; do
        run -2 as amy share "$file" --unmarked TLP:RED --to birch.example
        [[ $output == *"${file##*/}: "*"nothing was sent"* ]]
    done
    run -0 as amy list --json
    [ "$(json '.reports | length')" = 0 ]
}
