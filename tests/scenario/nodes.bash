# SPDX-License-Identifier: Apache-2.0
# Real nodes for a scenario: `load helper`, then `load nodes`.
#
#   node NAME                 home NAME of NAME.example on a free port, running; its URL in ${url[NAME]}
#   restart NAME [SIGNAL]     end it and start it again
#   introduce A B             each takes the other's card, handed over
#   person PERSON ROLES       add, enrol, confirm; the node is the first label of his domain
#   as PERSON ARGS...         run a verb as that person (NAME for NAME@..., where it is unique: amy, olga, bob, ...)
#   world                     alder, birch, cedar, introduced, with amy (author, officer), olga (officer), bob, ben
#                             (reader), cyd (reader); amy read in to SOURCE
#   report FILE               write the usual report of three portions

declare -gA url=()

serve_node() { start "$1" "$ORCON" --home "$BATS_TEST_TMPDIR/$1" serve && wait_ready "${url[$1]##*:}"; }

node() {
    free_port
    url[$1]=https://127.0.0.1:$port
    at "$1" init "$1.example" --listen "127.0.0.1:$port" >/dev/null && serve_node "$1"
}

restart() {
    stop "$1" "${2:-TERM}" || [ "${2:-TERM}" != TERM ]
    serve_node "$1"
}

introduce() {
    at "$1" card >"$1.card" 2>/dev/null && at "$2" card >"$2.card" 2>/dev/null &&
        at "$1" partner add "$2.card" >/dev/null && at "$2" partner add "$1.card" >/dev/null
}

person() {
    local domain=${1#*@} check
    at "${domain%%.*}" --json person add "$1" --role "$2" | jq -r .enrol | orcon enrol - --json >enrolled.json || return
    check=$(jq -r .check enrolled.json)
    [ "$2" = reader ] || at "${domain%%.*}" person confirm "$1" "$check" >/dev/null
}

declare -gA who=([amy]=amy@alder.example [olga]=olga@alder.example [bob]=bob@birch.example [ben]=ben@birch.example
    [cyd]=cyd@cedar.example)

as() {
    local person=${who[$1]:-$1}
    shift
    orcon --as "$person" "$@"
}

report() {
    cat >"$1" <<'REPORT'
---
title: (TLP:GREEN) Explosive devices in cabin baggage
---
(TLP:AMBER//ORCON) The group hides explosives in portable computers
and knows that the usual screening misses them.

(TLP:GREEN//TEARLINE) Take portable computers out of cabin baggage on these routes.

(TLP:RED//SOURCE//ORCON) The report comes from one person inside the cell.
REPORT
}

world() {
    local name
    for name in alder birch cedar; do node "$name" || return; done
    introduce alder birch && introduce alder cedar && introduce birch cedar || return
    person amy@alder.example reader,author,officer && person olga@alder.example reader,officer &&
        person bob@birch.example reader && person ben@birch.example reader && person cyd@cedar.example reader || return
    at alder read-in amy@alder.example SOURCE >/dev/null
    report warning.md
}

# Share the usual report with birch; its id in $id.
share() {
    id=$(as amy share warning.md --to birch.example --json | jq -r .report)
    [ ${#id} -eq 36 ]
}
