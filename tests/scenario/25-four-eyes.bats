# SPDX-License-Identifier: Apache-2.0
# Four eyes: what one person makes, another must agree to, before anything leaves.
load helper
load nodes

story() {
    world
    person otto@alder.example reader,officer
    person pat@alder.example reader
    who[otto]=otto@alder.example who[pat]=pat@alder.example
}

# Whether the output says it, wherever its lines break.
says() { [[ $(tr -s ' \n' ' ' <<<"$output") == *"$1"* ]]; }

# amy's share that waits for olga; report and waiting act in $id and $second.
wait_share() {
    as amy share warning.md --to birch.example --second olga@alder.example --json >waits.json
    id=$(jq -r .report waits.json)
    second=$(jq -r .waits.second waits.json)
    [ "$(jq -r .delivery waits.json)" = waiting ] && [ ${#second} -eq 36 ]
}

@test "a share waits, is shown without its text, is agreed to and goes out" {
    wait_share
    run -3 as bob show "$id"
    run -3 as amy show "$id"
    run -0 as olga inbox
    [[ $output == *"1 needs you"* ]]
    says "amy@alder.example waits for you to agree to a share"
    [[ $output == *"orcon second s-"* ]]
    run -0 as olga second "$second" --show
    [[ ${lines[0]} == "amy@alder.example would share report "*", to birch.example" ]]
    [[ $output == *"1   TLP:AMBER//ORCON"*"2   TLP:GREEN//TEARLINE"*"3   TLP:RED//SOURCE//ORCON"* ]]
    [[ $output != *explosives* ]]
    run -3 as otto second "$second" --show
    run -3 as amy second "$second"
    [[ $output == *"olga@alder.example must agree"* ]]
    restart alder KILL
    run -0 as olga second "$second" --json
    [ "$(json '"\(.state) \(.act) \(.report) \(.delivery)"')" = "agreed share $id delivered" ]
    run -0 as bob show "$id"
    run -0 as olga inbox
    [[ $output == *"Nothing needs you"* ]]
    run -0 as amy inbox
    says "olga@alder.example agreed to your share"
    run -3 as olga second "$second"
    [[ $output == *"was agreed already"* ]]
    run -0 as olga second
    [[ $output == s-*"agreed"*"share"*"by amy@alder.example, for olga@alder.example"* ]]
}

@test "a share is refused, and another taken back: nothing is sent" {
    wait_share
    run -2 as olga second "$second" --refuse
    run -0 as olga second "$second" --refuse --reason "ask the source first"
    [[ $output == *"refused; nothing was sent"* ]]
    run -0 as amy inbox
    says "refused your share: ask the source first"
    run -3 as bob show "$id"
    wait_share
    run -0 as amy second "$second" --withdraw
    run -3 as olga second "$second"
    [[ $output == *"was withdrawn"* ]]
    run -3 as bob show "$id"
}

@test "a grant waits, and the third party has it once it is agreed to" {
    share
    wait_until as bob show "$id"
    run -0 as bob request "$id" --to cedar.example --portion 1 --reason "joint operation" --json
    request=$(json .request)
    run -0 as olga grant "$request" --second otto@alder.example --note "not to media" --json
    second=$(json .waits.second)
    [ "$(json '"\(.request) \(.state)"')" = "$request open" ]
    run -0 as bob show "$request" --json
    [ "$(json .state)" = open ]
    run -0 as otto second "$second" --show
    [[ $output == *"would grant what bob@birch.example asked for"*"to cedar.example"*"note: not to media"* ]]
    run -0 as otto second "$second"
    [[ $output == *"the grant is delivered"* ]]
    wait_until as cyd open "$id" --portion 1
    run -0 as bob show "$request" --json
    [ "$(json .state)" = granted ]
}

@test "a compartment asks for a second person" {
    run -2 at alder compartment SOURCE --second tell
    run -3 at alder compartment birch.example/SOURCE --second share
    run -0 at alder compartment SOURCE --second share,grant
    [ "$output" = "alder.example/SOURCE, version 1: share and grant need a second person" ]
    run -3 as amy share warning.md --to birch.example
    [[ $output == *"what is marked alder.example/SOURCE needs a second person: name him with --second PERSON"* ]]
    [[ $output == *"nothing was sent"* ]]
    wait_share
    as olga second "$second"
    run -0 as bob show "$id"
    run -0 as bob request "$id" --to cedar.example --portion 3 --reason "joint operation" --json
    run -3 as olga grant "$(json .request)"
    [[ $output == *"needs a second person"* ]]
    run -0 at alder compartment SOURCE --second none --json
    [ "$(json '"\(.version) \(.second | length)"')" = "2 0" ]
    run -0 as amy share warning.md --to birch.example --json
}

@test "whoever can't be the second person is refused, with the reason" {
    for wrong in amy@alder.example pat@alder.example bob@birch.example nobody@alder.example; do
        run -3 as amy share warning.md --to birch.example --second "$wrong"
        [[ $output == *"$wrong"*"name another one"* ]]
    done
    run -2 as amy share warning.md --to birch.example --second olga
    run -2 as amy share warning.md --to birch.example --second olga@alder.example -o package.orcon
    at alder person suspend otto@alder.example
    run -3 as amy share warning.md --to birch.example --second otto@alder.example
    [[ $output == *"is not active"* ]]
}
