# SPDX-License-Identifier: Apache-2.0
# The command line as somebody meets it who has read the contracts and nothing else: exit statuses, members of JSON,
# what an error names, and that nothing is changed in spite of one.
load helper
load nodes

narrow() { ! grep -nE '^.{81,}$' <<<"$output"; } # no line of $output is wider than 80 columns

@test "every verb explains itself in 80 columns, with an example, and takes no option that it does not know" {
    local verb verbs
    verbs=$(orcon help --json | jq -r '.verbs[].verb')
    for verb in $verbs; do
        run -0 orcon "$verb" --help
        narrow
        grep -q "^usage: orcon $verb" <<<"$output" && grep -q "^   \$ orcon" <<<"$output"
        [ "$(orcon "$verb" -h)" = "$output" ]
        run -2 orcon "$verb" --no-such-option
        [ "${#lines[@]}" -eq 1 ]
    done
}

@test "an example that takes two lines can be pasted" {
    orcon help request | sed -n '/^   \$ orcon/,$s/^   \$ orcon/printf "%s\\n"/; /^printf/,$p' >pasted.sh
    [ "$(wc -l <pasted.sh)" -eq 2 ]
    [ "$(bash pasted.sh | grep -c -x -- 'joint operation Friday')" -eq 1 ]
    [ "$(bash pasted.sh | tail -n 1)" = +4h ]
}

@test "a home is made as asked for, or not at all" {
    run -2 orcon init alder.example --listen foo
    [[ $output == *"--listen"*foo* ]]
    run -2 orcon init alder.example --listen 127.0.0.1:99999
    [ ! -e "$ORCON_HOME/orcon.conf" ]
    run -0 orcon init alder.example --listen 127.0.0.1:7710
    narrow
}

@test "people: a refused act leaves nobody behind, a slip of the pen is no read-in" {
    at alder init alder.example --listen 127.0.0.1:7710 >init.out
    run -3 at alder person add new@alder.example --role reader --read-in OWN,birch.example/SOURCE
    run -3 at alder person add machine@alder.example --service --read-in birch.example/SOURCE
    [ "$(at alder person list --json | jq '.people | length')" = 0 ]
    run -3 at alder read-in nobody@alder.example SOURCE
    [[ $output == *nobody@alder.example* ]]
    run -0 at alder person add amy@alder.example --role reader
    [[ $output != *confirm* ]]
    run -0 at alder person add olga@alder.example --role reader,officer --read-in SOURCE,METHOD
    [[ $output == *"person confirm olga@alder.example"* ]]
    run -0 at alder read-in amy@alder.example SOURCE --json
    [ "$(json .compartment)" = alder.example/SOURCE ]
    run -0 at alder person list
    narrow
    run -0 at alder doctor
    narrow
}

@test "partners: what is no domain, no card and no https URL is said so" {
    at alder init alder.example --listen 127.0.0.1:7710 >init.out
    run -2 at alder partner show BIRCH
    run -3 at alder partner show birch.example
    run -2 at alder partner add http://127.0.0.1:7711
    [[ $output == *https://* ]]
    echo 'no card' >no.card
    run -5 at alder partner add no.card
    [[ $output == *no.card:* ]]
    run -2 at alder backup -o -
    [ ! -e ./- ]
    [ "$(at alder partner list --json | jq '.partners | length')" = 0 ]
}

@test "files: unreadable, cut short or foreign ones do not verify, and the message names them" {
    local file verb
    world && share
    as bob export "$id" -o whole.orcon
    for verb in export open; do
        run -2 as bob "$verb" "$id" -o - --json
        [[ $output == *"-o -: standard output"* ]]
    done
    run -2 as bob --json briefed me "$id/1" --evidence -
    as bob export "$id" -o - | cmp - whole.orcon
    head -c 1000 whole.orcon >cut.orcon
    for file in nowhere.orcon cut.orcon warning.md "$BATS_TEST_TMPDIR"; do
        for verb in verify import "tdf inspect" "tdf open"; do
            # shellcheck disable=SC2086 # two words
            run -5 as bob $verb "$file"
            [[ $output == *"$file"* ]] || [ "$file" = "$BATS_TEST_TMPDIR" ]
            [ "${#lines[@]}" -eq 1 ]
        done
    done
    run -0 as cyd import whole.orcon --json
    [ "$(json '[.stray, .made_for, .already] | tostring')" = '[true,"birch.example",false]' ]
    run -0 as cyd import whole.orcon --json
    [ "$(json '[.stray, .made_for, .already] | tostring')" = '[true,"birch.example",true]' ]
    run -0 as bob import whole.orcon --json
    [ "$(json '[.stray, .already] | tostring')" = '[false,true]' ]
}

@test "tdf: what goes to standard output, and keys that are none" {
    openssl ecparam -name prime256v1 -genkey -noout -out kas.pem 2>/dev/null
    openssl ec -in kas.pem -pubout -out kas.pub 2>/dev/null
    report warning.md
    run -2 orcon tdf seal warning.md --kas-key kas.pub -o -
    [ ! -e ./- ]
    orcon tdf seal warning.md --kas-key kas.pub -o sealed.tdf
    orcon tdf open sealed.tdf --key kas.pem | cmp - warning.md
    run -2 orcon --json tdf open sealed.tdf --key kas.pem
    run -0 orcon --json tdf open sealed.tdf --key kas.pem -o out.md
    [ "$(json .file)" = out.md ]
    run -2 orcon --json tdf open sealed.tdf --key kas.pem -o -
    run -5 orcon tdf open sealed.tdf --key warning.md
    [[ $output == *"warning.md holds no key"* ]]
    run -2 orcon tdf seal warning.md --kas-key warning.md -o never.tdf
    [[ $output == *"warning.md holds no key"* ]]
    [ ! -e never.tdf ]
}

@test "whoever asks about himself says me" {
    world && share
    run -0 as amy explain me "$id/3" --json
    [ "$(json '[.person, .decision] | tostring')" = '["amy@alder.example","allow"]' ]
    run -2 as amy explain myself "$id/3"
    run -0 as bob briefed me "$id/1" --json
    [ "$(json .person)" = bob@birch.example ]
    run -0 as amy show "$id"
    narrow
    run -0 as amy share warning.md --to birch.example,cedar.example --dry-run
    narrow
}

@test "a mark given by hand is stricter than the file's own, never weaker, and no option is passed over in silence" {
    world
    run -2 as amy share warning.md --mark TLP:GREEN --to birch.example
    [[ $output == *warning.md:4:*TLP:AMBER//ORCON* ]]
    run -2 as amy share warning.md --mark TLP:RED//SOURCE --to birch.example
    run -2 as amy share warning.md --unmarked TLP:GREEN --to birch.example
    [[ $output == *--unmarked* ]]
    [ "$(as amy list --json | jq '.reports | length')" = 0 ]
    run -0 as amy share warning.md --mark TLP:RED//SOURCE//ORCON --to birch.example --json
    [ "$(json '[.banner, (.portions | length)] | tostring')" = '["TLP:RED//alder.example/SOURCE//ORCON",1]' ]
}

@test "every script says how it is used, at once, and starts nothing with an option that it does not know" {
    local script
    for script in "$SOURCE_DIR"/script/*; do
        [ -x "$script" ] || continue
        run -0 timeout 5 "$script" --help
        grep -q "^usage: script/${script##*/}" <<<"$output" && grep -q "^  \$ script/${script##*/}" <<<"$output"
        run -2 timeout 5 "$script" --no-such-option
        [[ $output == usage:* ]]
    done
}

@test "what was granted says until when; a request of somebody else reads as one that is not there" {
    world && share
    request=$(as bob request "$id" --to cedar.example --portion 1 --reason "joint operation" --json | jq -r .request)
    as amy grant "$request" --until +7d >granted.out
    run -0 as bob show "$request" --json
    [ "$(json '.granted_until > .decided and .until == ""')" = true ]
    run -0 as amy show "$request"
    [[ $output == *"granted until: "* ]]
    run -3 as ben show "$request"
    [[ $output == *unknown* ]]
    as bob export "$id" -o whole.orcon
    unzip -q whole.orcon -d parts
    run -5 as bob tdf open "parts/portions/$(as bob show "$id" --json | jq -r '.portions[0].id').tdf"
    [[ $output == *"portion of a report"*"orcon import"* ]]
}

@test "evidence of every kind of claim, whose ledger is unknown here: one document that says so" {
    local claim
    at alder init alder.example --listen 127.0.0.1:7710 >init.out
    at alder card >alder.card 2>card.words
    for claim in yes no-record unknown events list; do
        jq -r --arg claim "claim $claim" '[.evidence[].text | select(contains($claim))][0]' \
            "$SOURCE_DIR/tests/vectors/ledger/orcon_ledger_small.json" | head -c -1 >some.evidence
        grep -q "^claim $claim" some.evidence
        run -5 --separate-stderr orcon verify some.evidence --card alder.card --json
        [ "$(json '[.verified, .kind, .claim, .ledger] | tostring')" = "[false,\"evidence\",\"$claim\",\"alder.example\"]" ]
        [[ $stderr == *some.evidence:* ]]
    done
}
