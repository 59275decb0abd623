# SPDX-License-Identifier: Apache-2.0
# The program itself, before any node exists: version, help, usage errors, completion.
load helper

@test "--version prints name and version on stdout" {
    run --separate-stderr orcon --version
    [ "$status" -eq 0 ]
    [[ $output =~ ^orcon\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    [ -z "$stderr" ]
    run orcon version --json
    [ "$(json .version)" = "$(orcon --version | cut -d' ' -f2)" ]
}

@test "--help names every verb, within 80 columns" {
    run -0 orcon --help
    [[ ${lines[0]} == "usage: orcon "* ]]
    local names name
    names=$(orcon help --json | jq -r '.verbs[].verb')
    [ -n "$names" ]
    for name in $names; do
        grep -q "^   $name  *[a-z]" <<<"$output"
    done
    [ "$(wc -L <<<"$output")" -le 80 ]
}

@test "every verb has a usage within 80 columns, with an example of itself" {
    local name
    for name in $(orcon help --json | jq -r '.verbs[].verb'); do
        run -0 orcon help "$name"
        [[ ${lines[0]} == "usage: orcon $name"* ]]
        grep -q "^   \$ .*orcon .*$name" <<<"$output"
        [ "$(grep -v '^   \$' <<<"$output" | wc -L)" -le 80 ]
        [ "$(orcon "$name" --help)" = "$output" ]
    done
}

@test "usage errors: exit status 2, one line on stderr, nothing on stdout" {
    local args
    while read -r args; do
        # shellcheck disable=SC2086 # the words of a row are arguments
        run --separate-stderr orcon $args
        echo "orcon $args: $status $stderr"
        [ "$status" -eq 2 ]
        [ -z "$output" ]
        [ "$(wc -l <<<"$stderr")" -eq 1 ]
        [[ $stderr == orcon*": "*"orcon help"* ]]
    done <<'ROWS'

no-such-verb
--no-such-option
--home
-x version
version surplus
version --no-such-option
version --as
version --as amy@alder.example --as amy@alder.example
help no-such-verb
completion
completion tcsh
ROWS
}

@test "global options are understood before and after the verb" {
    [ "$(orcon --json version)" = "$(orcon version --json)" ]
    run -0 orcon --home /nonexistent --as amy@alder.example --yes version
    run -0 orcon version --home=/nonexistent --as=amy@alder.example --yes
}

@test "what a name from outside carries can't drive the terminal" {
    run -2 orcon $'\e[31mred\x9b\nsecond line'
    [[ $output != *$'\e'* ]]
    [ "${#lines[@]}" -eq 1 ]
}

@test "a full disk behind stdout is a failure" {
    run -1 bash -c '"$0" --help >/dev/full' "$ORCON"
    [[ $output == "orcon help: cannot write"* ]]
}

@test "bash completion offers verbs and options" {
    orcon completion bash >completion
    # shellcheck disable=SC1091
    source ./completion
    COMP_WORDS=(orcon --as amy@alder.example ver) COMP_CWORD=3 COMPREPLY=()
    _orcon
    [[ " ${COMPREPLY[*]} " == *" version "* ]]
    COMP_WORDS=(orcon completion b) COMP_CWORD=2
    _orcon
    [ "${COMPREPLY[*]}" = bash ]
}

@test "the manual page has every verb" {
    local name
    for name in $(orcon help --json | jq -r '.verbs[].verb'); do
        grep -qF "\\fB${name//-/\\-}" "$SOURCE_DIR/man/orcon.1" || { echo "not in man/orcon.1: $name"; return 1; }
    done
}
