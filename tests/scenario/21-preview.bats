# SPDX-License-Identifier: Apache-2.0
# The preview: who could read which portion, before anything is sent.
load helper
load nodes

story() { world; }

@test "portion by reader, what lies beyond, and that nothing was sent" {
    run -0 as amy share warning.md --to birch.example --dry-run
    [[ $output == *"Explosive devices in cabin baggage"* && $output == *"banner TLP:RED//SOURCE//ORCON"* ]]
    [[ $output == *"Nothing was sent. To send: orcon share --to birch.example warning.md"* ]]
    grep -qE '^3 +TLP:RED//SOURCE//ORCON +yes +no +no +must ask you' <<<"$output"
    grep -qE '^2 +TLP:GREEN//TEARLINE +yes +yes +yes +confirmed partners' <<<"$output"
    tr '\n' ' ' <<<"$output" | grep -q "birch.example will see that a portion 3 exists; add //HIDDEN to hide it."
    [[ $output == *"birch.example so far: 0 asked, 0 granted"* ]]
    run -0 as amy list --json
    [ "$(json '.reports | length')" = 0 ]
}

@test "the same as JSON: no report, the title apart, marks and the matrix" {
    run -0 as amy share warning.md --to birch.example,cedar.example --dry-run --json
    [ "$(json 'if has("report") and .report == null then "none" else "some" end')" = none ]
    [ "$(json '[.portions[] | "\(.n) \(.mark)"] | join(" ")')" = \
        "1 TLP:AMBER//ORCON 2 TLP:GREEN//TEARLINE 3 TLP:RED//alder.example/SOURCE//ORCON" ]
    [ "$(json .title.n)" = 0 ]
    [ "$(json '[.portions[0].columns[].who] | join(",")')" = amy@alder.example,alder.example,birch.example,cedar.example ]
    [[ $output != *xplosives* ]]
}

@test "who is read in counts: some; and what is HIDDEN is not seen by those who get nothing" {
    at alder read-in ben@birch.example SOURCE >/dev/null
    printf '(TLP:AMBER) Seen.\n\n(TLP:AMBER//SOURCE//HIDDEN) Not.\n' >hidden.md
    run -0 as amy share hidden.md --to birch.example,cedar.example --dry-run --json
    [ "$(json '[.portions[1].columns[].may] | join(",")')" = yes,some,some,no ]
    run -0 as amy share hidden.md --to birch.example,cedar.example --dry-run
    [[ $output == *"cedar.example gets nothing that shows the HIDDEN portion."* ]]
    [[ $output != *"will see that"* ]]
}

@test "a group, and a person" {
    at alder group set isac cedar.example,birch.example >/dev/null
    run -0 as amy share warning.md --to group:isac --dry-run --json
    [ "$(json '.portions[0].columns | length')" = 4 ]
    printf '(TLP:RED) Named.\n' >red.md
    run -0 as amy share red.md --to bob@birch.example --dry-run --json
    [ "$(json '.portions[0].columns[2] | "\(.who) \(.may)"')" = "bob@birch.example yes" ]
    run -0 as amy share red.md --to birch.example --dry-run --json
    [ "$(json '.portions[0].columns[2].may')" = no ]
}
