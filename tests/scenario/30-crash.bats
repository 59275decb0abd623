# SPDX-License-Identifier: Apache-2.0
# kill -9 in the middle of every act of people, of the node that makes it or of the one that takes it. What was
# acknowledged is there afterwards on both sides, once; what was not is there or not, never half, and can be done again.
# No key is left without its entry, no root that anybody saw is taken back, and the ledger replays to what was signed.
#
#   KILLS   how many; 20 unless set: each act once where it is made, the first ones also on the other side
#   SEED    of the moments; the moments are the same for a seed, what runs at them is not
load helper
load nodes

KILLS=${KILLS:-20}
SEED=${SEED:-$RANDOM}

# An act, and whom to strike: turn by turn. The first makes it, except that keys are given by the originator.
ACTS=("share alder birch" "open alder birch" "request birch alder" "grant alder birch" "deny alder birch"
    "withdraw birch alder" "forward birch alder" "recall alder birch" "tell alder birch" "receipt birch alder"
    "override birch alder" "object alder birch" "review alder birch" "absence alder alder" "return alder alder")

story() {
    world && person pat@birch.example reader,authority && who[pat]=pat@birch.example || return
    declare -gA sizes=() tally=()
    facts=() hits=0
    for node in alder birch cedar; do look "$node" || return; done
}

# The moment and its checks ------------------------------------------------------------------------------------------

# What anybody may see of a ledger: it never shrinks. The roots are kept, and compared with the whole log at the end.
look() { # NODE
    local line
    curl -sfk --max-time 5 "${url[$1]}/log/1/checkpoint" -o "$1.checkpoint" && mapfile -t line <"$1.checkpoint" || return
    if ((line[1] < ${sizes[$1]:-0})); then
        echo "the ledger of $1 went from ${sizes[$1]} entries to ${line[1]}" >&2
        return 1
    fi
    sizes[$1]=${line[1]}
    echo "${line[1]} ${line[2]}" >>"$1.seen"
}

# Run a verb in the background and kill a node after a random moment; how the verb ended is in $outcome.
struck() { # NODE COMMAND...
    local node=$1 act moment
    shift
    printf -v moment '0.%03d' $((RANDOM % 200))
    look "$node"
    "$@" >struck.out 2>struck.err &
    act=$!
    sleep "$moment"
    if kill -0 "$act" 2>/dev/null; then hits=$((hits + 1)); fi # it runs still
    kill -KILL "${pids[$node]}"
    wait "${pids[$node]}" 2>/dev/null || true
    unset "pids[$node]"
    outcome=0
    wait "$act" || outcome=$?
    serve_node "$node"
    look "$node"
    if grep '"event":"publication-failed"' "$node.err"; then return 1; fi
}

# An act, struck. NUMBER prints how many there are where it is made: what was acknowledged is there; and what was not,
# and is not there, is done again, as a person would.
act() { # NODE NUMBER COMMAND...
    local node=$1 number=$2
    shift 2
    struck "$node" "$@"
    if [ "$outcome" -eq 0 ]; then
        tally[acknowledged]=$((${tally[acknowledged]:-0} + 1))
    elif [ "$($number)" -gt 0 ]; then
        tally[unsaid]=$((${tally[unsaid]:-0} + 1))
    else
        tally[undone]=$((${tally[undone]:-0} + 1))
        "$@" >struck.out
    fi
    equal 1 "$number"
}

equal() { # VALUE COMMAND: what it prints
    local got
    got=$($2) || return
    [ "$got" = "$1" ] && return
    echo "$2: '$got', not '$1'" >&2
    return 1
}

# True on the other side within a while, and at the very end still: with the report, the request and the telling or
# override of this round.
holds() { # VALUE COMMAND
    if ! wait_until 30 equal "$1" "$2"; then
        equal "$1" "$2"
        return 1
    fi
    facts+=("$id|$request|$other|$1|$2")
}

query() { sqlite3 -cmd '.timeout 5000' "$1/orcon.db" "$2"; }

# Statements about the round's report, and items in inboxes: counted in the store, as an inbox shows 500 at most.
statements() { query "$1" "SELECT count(*) FROM statement WHERE report = '$id' AND kind = '$2'"; }
items() { query "$1" "SELECT count(*) FROM item WHERE kind = '$2' AND json_extract(about, '\$.report') = '$id'"; }
statement() { query "$1" "SELECT id FROM statement WHERE report = '$id' AND kind = '$2'"; }

# The portions that open for PERSON; nothing if he is refused, which is not the same as not being answered.
opens() { # PERSON
    local status=0
    as "$1" open "$id" --json >open.out 2>open.err || status=$?
    case $status in
    0) jq -r '[.portions[] | select(.state == "open") | .n] | map(tostring) | join(",")' open.out ;;
    3 | 4) ;;
    *) return "$status" ;;
    esac
}
state() { as "$1" show "$request" --json | jq -r .state; }
needed() { as olga inbox --json | jq "[.items[] | select(.needs and .about.report == \"$id\")] | length"; }
reports() { as amy list --json | jq '.reports | length'; }
newer() { echo $(($(reports) - before)); }
briefed() { # PERSON N
    as amy show "$id" --json | jq --arg p "$1" --argjson n "$2" '[.briefed[] | select(.person == $p and .n == $n)] | length'
}
away() { as amy absence --json | jq '.absences | length'; }
back() { echo $((1 - $(away))); }
acknowledged() { as amy show "$id" --json | jq -r '[.recalls[].holders[] | "\(.domain) \(.state)"] | unique | join(",")'; }
of_override() { as "$1" show "$other" --json | jq -r "$2"; }

# The acts: each with what must be there before it, struck, and with what must be there after it --------------------

held() { share && wait_until 30 as bob show "$id"; }
asked() {
    held && request=$(as bob request "$id" --to cedar.example --portion 1 --reason operation --json | jq -r .request) &&
        wait_until 30 as olga show "$request"
}

kill_share() {
    before=$(reports)
    act "$1" newer as amy share warning.md --to birch.example --json
    id=$(as amy list --json | jq -r '.reports | max_by(.at).report')
    [ "$outcome" -ne 0 ] || [ "$(jq -r .report struck.out)" = "$id" ]
    holds 1 "statements birch share"
    holds 1 "items birch delivery"
    holds 1,2 "opens bob"
}

kill_open() {
    local n
    held
    struck "$1" as bob open "$id" --json
    if [ "$outcome" -eq 0 ]; then
        # every portion that opened has its briefing on record
        for n in $(jq -r '.portions[] | select(.state == "open") | .n' struck.out); do
            equal 1 "briefed bob@birch.example $n"
        done
    fi
    holds 1,2 "opens bob"
    holds 1 "briefed bob@birch.example 1"
    holds 0 "briefed bob@birch.example 3"
}

kill_request() {
    held
    act "$1" "statements birch request" as bob request "$id" --to cedar.example --portion 1 --reason operation --json
    request=$(statement birch request)
    [ "$outcome" -ne 0 ] || [ "$(jq -r .request struck.out)" = "$request" ]
    holds 1 "statements alder request"
    holds 1 "items alder request"
    holds 1 needed
    holds open "state bob"
    holds "" "opens cyd"
}

kill_grant() {
    asked
    equal "" "opens cyd"
    act "$1" "statements alder grant" as olga grant "$request" --json
    # granted was said: the copy is made and delivered, once, whatever crashed when
    holds 1 "statements birch grant"
    holds 1 "items birch decision"
    holds 1 "statements cedar share"
    holds 1 "items cedar delivery"
    holds granted "state bob"
    holds granted "state olga"
    holds 0 needed
    holds 1 "opens cyd"
}

kill_deny() {
    asked
    act "$1" "statements alder deny" as olga deny "$request" --reason "the source would be at risk" --json
    holds 1 "statements birch deny"
    holds 1 "items birch decision"
    holds denied "state bob"
    holds denied "state olga"
    holds 0 needed
    holds 0 "statements cedar share"
    holds "" "opens cyd"
}

kill_withdraw() {
    asked
    act "$1" "statements birch withdraw" as bob withdraw "$request" --json
    holds 1 "statements alder withdraw"
    holds withdrawn "state bob"
    holds withdrawn "state olga"
    holds 0 needed
    run -3 as olga grant "$request"
    holds 0 "statements cedar share"
}

kill_forward() {
    held
    act "$1" "statements birch request" as bob forward "$id" --to cedar.example --portion 2 --json
    request=$(statement birch request)
    holds 1 "statements alder request"
    holds 1 "statements alder grant"
    holds 1 "statements birch grant"
    holds 1 "statements cedar share"
    holds granted "state bob"
    holds granted "state olga"
    holds 0 "items alder request" # no officer was asked
    holds 2 "opens cyd"
}

kill_recall() {
    held
    equal 1,2 "opens bob"
    act "$1" recalls as amy recall "$id" --from birch.example --portion 1 --reason "the source is at risk" --json
    # from the word on: no wait for the holder
    equal 2 "opens bob"
    holds 2 "opens bob"
    holds 1 "statements birch recall"
    holds 1 "items birch recall"
    holds "birch.example acknowledged" acknowledged
}
recalls() { as amy show "$id" --json | jq '.recalls // [] | length'; }

told() { held && as amy tell bob@birch.example "$id/3" --reason "he must know" --json >told.json && other=$(jq -r .told told.json); }

kill_tell() {
    held
    act "$1" "statements alder tell" as amy tell bob@birch.example "$id/3" --reason "he must know" --json
    holds 1 "statements birch tell"
    holds 1 "items birch told"
    holds 1 "briefed bob@birch.example 3"
}

kill_receipt() {
    told
    wait_until 30 equal 1 "items birch told"
    act "$1" "statements birch receipt" as bob receipt "$other" --json
    holds 1 "statements alder receipt"
}

overridden() {
    held && as pat open "$id" >/dev/null && override --json >override.json && other=$(jq -r .override override.json) &&
        wait_until 30 as olga show "$other"
}
override() { as pat override "$id" --oral --portion 1 --to "S. Lind" --reason "threat to life" "$@"; }

kill_override() {
    held
    as pat open "$id" >/dev/null
    act "$1" "statements birch override" override --json
    other=$(statement birch override)
    holds 1 "statements alder override"
    holds 1 "items alder override"
    holds 1 needed
    holds open "of_override olga .review"
    holds true "of_override pat .receipt!=\"\""
}

kill_object() {
    overridden
    act "$1" "statements alder objection" as olga object "$other" --reason "there was time to ask" --json
    holds 1 "statements birch objection"
    holds 1 "items birch decision"
    holds 1 "of_override pat .objections|length"
    holds 1 "of_override olga .objections|length"
}

kill_review() {
    overridden
    act "$1" "statements alder review" as olga review "$other" --outcome justified --json
    holds 1 "statements birch review"
    holds 1 "items birch decision"
    holds closed "of_override pat .review"
    holds closed "of_override olga .review"
    holds 0 needed
}

kill_absence() {
    act "$1" away as olga absence --until +2d --deputy amy@alder.example --json
    as olga absence --end "$(as amy absence --json | jq -r '.absences[0].id')" >/dev/null
    equal 0 away
}

kill_return() {
    local made
    made=$(as olga absence --until +2d --deputy amy@alder.example --json | jq -r .absence)
    act "$1" back as olga absence --end "$made" --json
    equal 1 back
}

@test "kills during every act: nothing that was acknowledged is lost, and nothing is doubled" {
    local round row node fact value what reader
    RANDOM=$SEED
    for ((round = 0; round < KILLS; round++)); do
        read -ra row <<<"${ACTS[round % ${#ACTS[@]}]}"
        node=${row[1 + round / ${#ACTS[@]} % 2]}
        id='' request='' other=''
        echo "round $round: ${row[0]}, $node is struck"
        "kill_${row[0]}" "$node"
        wait_until 30 at "$node" doctor
    done
    echo "# $KILLS kills, seed $SEED, $hits in the middle of an act: ${tally[acknowledged]:-0} acts acknowledged," \
        "${tally[unsaid]:-0} done without a word, ${tally[undone]:-0} not done and done again" >&3
    [ "$hits" -gt 0 ] # or this has shown nothing
    # and after everything that came later
    for fact in "${facts[@]}"; do
        IFS='|' read -r id request other value what <<<"$fact"
        equal "$value" "$what"
    done
    for node in alder birch cedar; do
        wait_until 30 at "$node" doctor
        look "$node"
        [ "$node" = cedar ] && reader=amy || reader=cyd
        run -0 as "$reader" verify "${url[$node]}/log/1" --json
        [ "$(json .size)" -ge "${sizes[$node]}" ]
        # every root that was seen is the root of that many of the entries that are there now
        python3 "$SOURCE_DIR/tests/scenario/log.py" "${url[$node]}/log/1" "$node.seen"
    done
}
