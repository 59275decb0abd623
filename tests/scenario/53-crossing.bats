# SPDX-License-Identifier: Apache-2.0
# Two proposals of standing terms that cross: while each side's node was out of the other's reach, both proposed. Both sides end
# alike.
load helper
load nodes

story() { world && person otto@birch.example reader,officer && who[otto]=otto@birch.example; }

# propose PERSON PARTNER TERMS: into the outbox of his node, which the partner's can't be reached from
propose() {
    local before
    before=$(as "$1" arrange "$2" --json | jq '.versions | length')
    printf '%s\n' "$3" >terms.txt
    start "$1" as "$1" arrange "$2" --terms terms.txt
    wait_until has "$1" "$2" "$((before + 1))"
}
has() { [ "$(as "$1" arrange "$2" --json | jq '.versions | length')" = "$3" ]; }

# versions PERSON PARTNER: what his side has, the same words on both
versions() {
    as "$1" arrange "$2" --json | jq -c '{now: (.current.version // 0), all: [.versions[] | {version, state, proposer, proposal, terms}] | sort_by(.proposal)}'
}
alike() { [ "$(versions olga birch.example)" = "$(versions otto alder.example)" ] && versions olga birch.example | jq -e "$1"; }

# cross: alder's proposals first, unheard; then birch's, unheard; then both nodes are up, and each hears the other's
cross() {
    stop birch
    propose olga birch.example "$1"
    stop alder
    stop olga || true
    serve_node birch
    for terms in "${@:2}"; do
        propose otto alder.example "$terms"
        stop otto || true
    done
    serve_node alder
}

@test "of equal versions that of the domain that sorts first stands, on both sides, and can be signed" {
    cross "free TLP:AMBER//ORCON" "ask TLP:GREEN//TEARLINE"
    wait_until 20 alike '[.all[] | "\(.version) \(.state) \(.proposer)"] | sort == ["1 dropped birch.example", "1 proposed alder.example"]'
    run -3 as olga arrange birch.example --accept 1
    as otto arrange alder.example --accept 1 >/dev/null
    wait_until alike '.now == 1 and ([.all[] | select(.state == "agreed") | .proposer] == ["alder.example"])'
    # what is in force is what alder proposed: it lets go by rule
    share && wait_until as bob show "$id"
    run -0 as bob forward "$id" --to cedar.example --portion 1
    wait_until as cyd open "$id" --portion 1
}

@test "a higher version stands before one of the domain that sorts first, also after a crash" {
    cross "free TLP:AMBER//ORCON" "ask TLP:AMBER//ORCON" "free TLP:GREEN//TEARLINE"
    restart birch KILL
    wait_until 20 alike '[.all[] | "\(.version) \(.state) \(.proposer)"] | sort == ["1 dropped alder.example", "1 dropped birch.example", "2 proposed birch.example"]'
    run -3 as otto arrange alder.example --accept 1
    as olga arrange birch.example --accept 2 >/dev/null
    wait_until alike '.now == 2 and ([.all[] | select(.state == "agreed") | .proposer] == ["birch.example"])'
    # the next one lies above both
    printf 'ask TLP:AMBER//ORCON\n' >terms.txt
    run -0 as olga arrange birch.example --terms terms.txt --json
    [ "$(json .version)" = 3 ]
}
