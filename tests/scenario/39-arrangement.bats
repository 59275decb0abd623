# SPDX-License-Identifier: Apache-2.0
# Standing terms: proposed by one side, signed by the other, and what they let go.
load helper
load nodes

story() {
    world && person otto@birch.example reader,officer && who[otto]=otto@birch.example &&
        person pat@birch.example reader,authority && who[pat]=pat@birch.example
}

propose() { cat >terms.txt && as olga arrange birch.example --terms terms.txt --json >proposed.json; }
agree() { propose && wait_until offered && as otto arrange alder.example --accept "$(jq .version proposed.json)" --json >/dev/null && wait_until in_force; }
offered() { as otto arrange alder.example --json | jq -e --argjson v "$(jq .version proposed.json)" '[.versions[] | select(.version == $v and .state == "proposed")] | length == 1'; }
in_force() { as olga arrange birch.example --json | jq -e --argjson v "$(jq .version proposed.json)" '.current.version == $v'; }

@test "terms are in force once both have signed: free goes by rule, what they do not name is still asked for" {
    printf 'free TLP:AMBER//ORCON\nask SOURCE\n' | propose
    [ "$(jq -r '"\(.version) \(.state) \(.delivery)"' proposed.json)" = "1 proposed delivered" ]
    run -0 as olga arrange birch.example
    [[ $output == *"No terms with birch.example are in force"* ]]
    share && wait_until as bob show "$id"
    run -4 as bob forward "$id" --to cedar.example --portion 1
    run -3 as bob arrange alder.example --accept 1
    [[ $output == *officer* ]]
    run -3 as otto arrange alder.example --accept 2
    [[ $output == *"proposed no terms of version 2"* ]]
    as otto arrange alder.example --accept 1 --json >/dev/null
    wait_until in_force
    run -0 as otto arrange alder.example
    [[ $output == *"in force since"*"free TLP:AMBER//ORCON"*"ask alder.example/SOURCE"* ]]
    run -3 as otto arrange alder.example --accept 1

    # what was given before is under no terms
    run as bob forward "$id" --to cedar.example --portion 1
    [ "$status" -ne 0 ]
    run -4 as cyd open "$id" --portion 1 || true

    share && wait_until as bob show "$id"
    run -0 as bob forward "$id" --to cedar.example --portion 1
    wait_until as cyd show "$id"
    run -0 as cyd open "$id" --portion 1
    [[ $output == *"hides explosives"* ]]
    run -4 as bob forward "$id" --to cedar.example --portion 3
}

@test "a change takes away at once, and gives only for what comes after" {
    printf 'free TLP:AMBER//ORCON\n' | agree
    share && wait_until as bob show "$id"
    printf 'ask TLP:AMBER//ORCON\nask TLP:GREEN//TEARLINE\n' | agree
    run as bob forward "$id" --to cedar.example --portion 1
    [ "$status" -ne 0 ]
    run -4 as bob forward "$id" --to cedar.example --portion 2
    [[ $output == *"terms that both signed"* ]]
    printf 'free TLP:AMBER//ORCON\n' | agree
    run -0 as bob forward "$id" --to cedar.example --portion 1
    [ "$(as olga arrange birch.example --json | jq '[.versions[] | select(.state == "agreed")] | length')" = 3 ]
}

@test "who may override, as the terms say" {
    printf 'override none\n' | agree
    share && wait_until as pat show "$id"
    as pat open "$id" >/dev/null
    run -3 as pat override "$id" --oral --portion 1 --to "S. Lind" --reason "threat to life"
    [[ $output == *"let pat@birch.example override nothing"* ]]
    printf 'override pat@birch.example\n' | agree
    run -0 as pat override "$id" --oral --portion 1 --to "S. Lind" --reason "threat to life"
}

@test "whether an authority may hold keys, and what auditors of the other side see" {
    person ada@birch.example auditor && who[ada]=ada@birch.example
    share && wait_until as pat open "$id"
    held() { compgen -G "$ORCON_PROFILES/pat@birch.example/held/*.key.json" >/dev/null; }
    held
    as amy open "$id" --portion 1 >/dev/null
    run -3 as ada briefed amy@alder.example "$id/1"
    printf 'held-keys deny\noversight allow\n' | agree
    run -0 as olga arrange birch.example
    [[ $output == *"held-keys deny"*"oversight allow"* ]]
    # what came before can't be passed on sealed any more either
    run -3 as pat override "$id" --portion 1 --to cedar.example --reason "threat to life"
    [[ $output == *"forbids that its key is held"* ]]
    # of what comes now no key is kept
    rm "$ORCON_PROFILES/pat@birch.example/held/"*.key.json
    share && wait_until as pat open "$id"
    ! held
    as amy open "$id" --portion 1 >/dev/null
    run -0 as ada briefed amy@alder.example "$id/1" --json
    [ "$(json .briefed)" = true ]
    run as ada open "$id"
    [ "$status" -ne 0 ]
    printf 'oversight deny\n' | agree
    run -3 as ada briefed amy@alder.example "$id/1"
}

@test "what is no terms" {
    refused() { printf '%s\n' "$1" >terms.txt; run -"$2" as olga arrange birch.example --terms terms.txt; }
    refused "held-keys perhaps" 2
    refused "oversight" 2

    refused "free everything" 2
    refused "tell-before soon TLP:GREEN" 2
    refused "on-silence perhaps" 2
    refused "on-silence grant" 2
    [[ $output == *"how long an answer"* ]]
    refused "free TLP:RED" 2
    refused "allow TLP:GREEN" 2
    [[ $output == *"line 1"* ]]
    run -0 as olga arrange birch.example --json
    [ "$(json '.versions | length')" = 0 ]
}
