# SPDX-License-Identifier: Apache-2.0
# An auditor of either side sees ledger, evidence and statistics, and no content.
load helper
load nodes

story() {
    world
    person ada@alder.example auditor
    person bo@birch.example auditor
    person pat@birch.example reader,authority
    who[ada]=ada@alder.example who[bo]=bo@birch.example who[pat]=pat@birch.example
    share
    wait_until as bob show "$id"
    as bob open "$id" >/dev/null
    as pat open "$id" --portion 1 >/dev/null
    as pat override "$id" --portion 1 --oral --to "S. Lind" --reason "threat to life" --yes >/dev/null
}

@test "the originator's auditor: who knows, evidence, overrides, record; nothing to read, nothing to do" {
    run -0 as ada show "$id" --json
    [ "$(json '[.briefed[] | select(.n == 1) | .person] | sort | join(" ")')" = " bob@birch.example pat@birch.example" ]
    run -0 as ada list
    run -0 as ada briefed bob@birch.example "$id/1" --evidence bob.evidence --json
    [ "$(json .briefed)" = true ]
    run -0 as ada verify bob.evidence
    run -0 as ada briefed amy@alder.example "$id/1" --json
    run -0 as ada partner show birch.example --json
    [ "$(json '.partners[0].overrides')" = 1 ]
    run -0 as ada inbox
    run -0 as ada explain bob@birch.example "$id/3" --json
    for verb in "open $id" "export $id -o out.orcon" "request $id --to cedar.example --reason x" "exposure heron" \
        "recall $id --reason x" "share warning.md --to birch.example"; do
        run as ada $verb
        [ "$status" -ne 0 ]
        [[ $output != *explosives* ]]
    done
    [ ! -e out.orcon ]
    # nor does a key come, whoever fetches the package for him
    as amy export "$id" -o held.orcon
    run as ada open held.orcon
    [ "$status" -ne 0 ]
    [[ $output != *explosives* ]]
}

@test "the partner's auditor: his own people, and of the originator's nobody" {
    run -0 as bo briefed bob@birch.example "$id/1" --evidence bob.evidence --json
    [ "$(json .briefed)" = true ]
    run -0 as bo briefed pat@birch.example "$id/3" --json
    run -3 as bo briefed amy@alder.example "$id/1"
    run -0 as bo partner show alder.example
    run -0 as bo show "$id"
    run as bo open "$id"
    [ "$status" -ne 0 ]
    [[ $output != *explosives* ]]
    as bob export "$id" -o held.orcon
    run -3 as bo import held.orcon
}

@test "an auditor who shall read is said to be a reader" {
    person cy@alder.example reader,auditor
    run -0 as cy@alder.example open "$id" --portion 2
    [[ $output == *"Take portable computers"* ]]
    run -0 at alder person list --json
    [ "$(json '.people[] | select(.person == "ada@alder.example") | .roles | join(",")')" = auditor ]
    [ "$(json '.people[] | select(.person == "cy@alder.example") | .roles | sort | join(",")')" = auditor,reader ]
}
