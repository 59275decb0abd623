# SPDX-License-Identifier: Apache-2.0
# Away: somebody stands in, as himself; and whoever is on duty is woken by flash.
load helper
load nodes

story() { world; }

@test "away with a deputy, who is told, and back before the time" {
    run -0 as olga absence --until +2d --deputy amy@alder.example --json
    away=$(json .absence)
    run -0 as amy inbox --json
    [ "$(json '.items[] | select(.kind == "absence") | .about.person')" = olga@alder.example ]
    run -0 as amy absence --json
    [ "$(json '.absences[0] | "\(.id) \(.person) \(.deputy) \(.state)"')" = "$away olga@alder.example amy@alder.example away" ]
    run -0 as amy absence
    [[ ${lines[0]} == a-*"away"*"olga@alder.example, amy@alder.example for him, until "* ]]
    short=${lines[0]%% *}
    restart alder KILL
    run -3 as amy absence --end "$short"
    [[ $output == *"only olga@alder.example himself or an admin"* ]]
    as olga absence --end "$short"
    run -0 as amy absence
    [[ $output == "Nobody is away."* ]]
}

@test "flash wakes whoever is on duty, and the asker hears who that is" {
    run -0 at alder duty olga@alder.example
    [ "$output" = "On duty: olga@alder.example" ]
    share
    wait_until as bob show "$id"
    start follow "$ORCON" --as olga@alder.example --json inbox --follow
    wait_until test -s follow.out
    run -0 as bob request "$id" --to cedar.example --portion 1 --reason now --precedence flash --by +1h
    [[ $output == *"Duty officer: olga@alder.example."* ]]
    wait_until bash -c 'jq -e "select(.items[].notice == \"flash\")" follow.out'
    as olga absence --until +1h --deputy amy@alder.example
    run -0 at alder duty
    [ "$output" = "On duty: olga@alder.example, away; amy@alder.example for him" ]
    run -0 as bob request "$id" --to cedar.example --portion 2 --reason now --precedence flash --by +1h
    [[ $output == *"Duty officer: amy@alder.example."* ]]
    run -0 at alder duty --none
    run -0 as bob request "$id" --to cedar.example --portion 3 --reason now --precedence flash --by +1h
    [[ $output != *"Duty officer"* ]]
}

@test "what no absence can be says why and changes nothing" {
    run -2 as olga absence --deputy amy@alder.example
    [[ $output == *"--until and --deputy are needed"* ]]
    run -2 as olga absence --until yesterday --deputy amy@alder.example
    run -2 as olga absence --until +1h --from 2020-01-01 --deputy amy@alder.example
    [[ $output == *"--from 2020-01-01 has passed"* ]]
    run -3 as olga absence --until +1h --deputy olga@alder.example
    [[ $output == *"can't stand in for himself"* ]]
    run -3 as olga absence --until +1h --deputy bob@birch.example
    [[ $output == *"no active officer"* ]]
    run -3 as bob absence --until +1h --deputy bob@birch.example
    run -2 at alder duty bob@birch.example
    [[ $output == *"is no person of alder.example"* ]]
    run -3 at alder duty nobody@alder.example
    [[ $output == *"is no active officer"* ]]
    run -0 as olga absence
    [[ $output == "Nobody is away."* ]]
}
