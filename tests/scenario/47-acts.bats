# SPDX-License-Identifier: Apache-2.0
# Acts about people that no other scenario shows whole: one of several devices suspended and resumed, a read-in with an end.
load helper
load nodes

story() { world; }

opens() { as "$1" open "$id" --portion "$2" --json | jq -e --argjson n "$2" '.portions[] | select(.n == $n and .state == "open")'; }
closed() { ! opens "$@" 2>/dev/null; }

@test "person-state: a suspended device opens nothing, until it is resumed; what it was briefed on stays on record" {
    share
    wait_until as bob show "$id"
    wait_until opens bob 2
    run -0 at birch person list --json
    device=$(json '.people[] | select(.person == "bob@birch.example") | .devices[0].thumbprint')
    run -0 at birch person suspend bob@birch.example --device "$device"
    run -3 as bob open "$id" --portion 2
    [[ $output != *"Take portable computers"* ]]
    run -0 as amy show "$id" --json
    [ "$(json '[.briefed[] | select(.person == "bob@birch.example" and .n == 2)] | length')" -ge 1 ]
    run -0 at birch person suspend bob@birch.example --device "$device" --resume
    wait_until opens bob 2
}

@test "read-in: a person behind the wall until the time that the owner set, and no longer" {
    printf '(TLP:GREEN) open to all\n\n(TLP:GREEN//SOURCE) behind the wall\n' >wall.md
    id=$(as amy share wall.md --to birch.example --json | jq -r .report)
    wait_until as bob show "$id"
    run -4 as bob open "$id" --portion 2
    [[ $output == *"compartment"* && $output != *"behind the wall"* ]]
    run -0 at alder read-in bob@birch.example SOURCE
    wait_until opens bob 2
    run -0 at alder read-in bob@birch.example SOURCE --until +1s
    wait_until closed bob 2
    run -4 as bob open "$id" --portion 2
    [[ $output == *"compartment"* && $output != *"behind the wall"* ]]
    run -2 at alder read-in bob@birch.example SOURCE --until 1969-12-31
    run -4 as bob open "$id" --portion 2
}
