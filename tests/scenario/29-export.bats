# SPDX-License-Identifier: Apache-2.0
# Everything that is held of a report, out into files: one for each package that its originator signed.
load helper
load nodes

story() { world; }

@test "what came in one package is one file" {
    share
    wait_until as bob show "$id"
    run -0 as bob export "$id" -o one.orcon --json
    [ "$(json '"\(.file) \(.files | length) \(.files[0].portions | map(tostring) | join(","))"')" = "one.orcon 1 0,1,2,3" ]
    [ ! -e one.orcon.2 ]
    run -0 as bob export "$id" -o -
}

@test "what was granted bit by bit is a file each, and each one verifies" {
    share
    wait_until as bob show "$id"
    run -0 as bob request "$id" --to cedar.example --portion 2 --reason "joint operation" --json
    as olga grant "$(json .request)" >/dev/null
    wait_until as cyd show "$id"
    run -0 as bob request "$id" --to cedar.example --portion 1 --reason "joint operation" --json
    as olga grant "$(json .request)" >/dev/null
    wait_until bash -c '"$0" --as cyd@cedar.example --json show "$1" | jq -e ".portions | length == 2"' "$ORCON" "$id"
    run -0 as cyd export "$id" -o all.orcon --json
    [ "$(json '[.files[] | "\(.file) \(.portions | map(tostring) | join(","))"] | join(";")')" = "all.orcon 1;all.orcon.2 2" ]
    for file in all.orcon all.orcon.2; do
        unzip -l "$file" >entries
        [ "$(grep -c portions/ entries)" = 1 ]
        run -0 orcon --home cedar verify "$file"
    done
    run -0 as cyd export "$id" -o all.orcon
    [[ $output == *"import all.orcon"*"import all.orcon.2"* ]]
    run -2 as cyd export "$id" -o -
    [[ $output == *"2 packages"* ]]
}
