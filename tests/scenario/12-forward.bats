# SPDX-License-Identifier: Apache-2.0
# Passing on by rule: one row of reference table for each mark. What a mark lets go goes at once, by the same request
# and grant, with the rule's code; the rest is refused at once with the reason, and how to ask.
load helper
load nodes

story() { world; }

# share MARK...: a report with one portion for each mark, to birch; its id in $id
marked() {
    local n=0 mark
    printf -- '---\ntitle: (TLP:GREEN//TEARLINE) Marks\n---\n' >marks.md
    for mark; do printf '(%s) text %d\n\n' "$mark" $((++n)) >>marks.md; done
    id=$(as amy share marks.md --to birch.example --json | jq -r .report)
    [ ${#id} -eq 36 ] && wait_until as bob show "$id"
}

readable() { # PERSON PORTION
    [ "$(as "$1" open "$id" --portion "$2" --json | jq -r '.portions[] | select(.state == "open") | .n')" = "$2" ]
}

@test "a tearline goes on by rule: granted in the same breath, read from a copy of the third party's own" {
    share
    wait_until as bob show "$id"
    run -0 as bob forward "$id" --to cedar.example --json
    [ "$(json .state)" = granted ]
    [ "$(json .rule)" = tearline ]
    request=$(json .request)
    [ "$(json '[.portions[].n] | map(tostring) | join(",")')" = 2 ]
    wait_until readable cyd 2
    run -0 as cyd open "$id" --json
    [ "$(json '[.portions[].n] | map(tostring) | join(",")')" = 2 ]
    # the same statements, the same path: both sides show the request and who decided
    run -0 as olga show "$request" --json
    [ "$(json '"\(.state) \(.decided_by) \(.rule) \(.forward)"')" = "granted @alder.example tearline true" ]
    run -0 as bob show "$request"
    [[ $output == *"by rule"* ]]
    # no officer was asked
    [ "$(as olga inbox --json | jq '[.items[] | select(.kind == "request")] | length')" = 0 ]
}

@test "what must be asked for is refused at once with the command to ask: exit 4, nothing is sent" {
    marked "TLP:AMBER//ORCON" "TLP:RED" "TLP:AMBER+STRICT" "TLP:AMBER" "TLP:GREEN" "TLP:GREEN//SOURCE"
    local row n code
    for row in "1 originator controlled" "2 named persons" "3 organisation only" "4 clients only" "5 community" "6 compartment"; do
        run -4 as bob forward "$id" --to cedar.example --portion "${row%% *}"
        [[ $output == *"${row#* }"* && $output == *"orcon request"*"--portion ${row%% *}"* && $output == *"nothing was sent"* ]]
    done
    run -4 as bob forward "$id" --to cedar.example
    [[ $output == *"orcon request"* ]]
    # one that needs leave stops the others that were named with it
    run -4 as bob forward "$id" --to cedar.example --portion 0,1
    # nothing of it has reached alder
    [ "$(at alder partner show birch.example --json | jq '.partners[0].requests')" = 0 ]
    run -3 as cyd open "$id"
}

@test "public text travels unsealed and needs nobody's leave" {
    marked "TLP:CLEAR" "TLP:AMBER//ORCON"
    run -0 as bob forward "$id" --to cedar.example --portion 1 --json
    [ "$(json '"\(.state) \(.rule)"')" = "granted public" ]
    wait_until as cyd show "$id"
    run -0 as cyd open "$id" --portion 1 --json
    [ "$(json '.portions[0].text')" = "text 1" ]
}

@test "GREEN inside a community of the originator, and not to one outside it" {
    marked "TLP:GREEN"
    at alder community set isac birch.example,cedar.example
    wait_until bash -c '"$0" --home birch community list --json | jq -e ".lists | length == 1"' "$ORCON"
    run -0 as bob forward "$id" --to cedar.example --json
    [ "$(json '"\(.state) \(.rule)"')" = "granted community" ]
    wait_until readable cyd 1
    # the grant names the version of the list that it rests on; a new version ends the rule, not what was granted
    at alder community set isac birch.example
    wait_until bash -c '"$0" --home birch community list --json | jq -e ".lists[0].version == 2"' "$ORCON"
    run -4 as bob forward "$id" --to cedar.example --portion 1
    [[ $output == *"outside the named community"* ]]
    readable cyd 1
}

@test "AMBER to a client of the holder, by the holder's own signed list" {
    marked "TLP:AMBER" "TLP:AMBER+STRICT"
    at birch clients set cedar.example
    wait_until bash -c '"$0" --home alder clients show birch.example' "$ORCON"
    run -0 as bob forward "$id" --to cedar.example --json
    [ "$(json '"\(.state) \(.rule)"')" = "granted client" ]
    [ "$(json '[.portions[].n] | map(tostring) | join(",")')" = 1 ]
    wait_until readable cyd 1
    run -4 as bob forward "$id" --to cedar.example --portion 2
}

@test "REL TO: to those on the list by rule, others ask" {
    marked "TLP:GREEN//TEARLINE//REL TO birch.example, cedar.example" "TLP:GREEN//TEARLINE//REL TO birch.example"
    run -0 as bob forward "$id" --to cedar.example --portion 1 --json
    [ "$(json .state)" = granted ]
    run -4 as bob forward "$id" --to cedar.example --portion 2
    [[ $output == *"releasable-to"* ]]
}

@test "the originator's word counts: a recipient that it has not confirmed is refused by its rule" {
    node dove
    introduce birch dove
    at dove card >dove.card 2>/dev/null
    share
    wait_until as bob show "$id"
    run -4 as bob forward "$id" --to dove.example --portion 2 --json
    [ "$(jq -r .state <<<"${output%%$'\n'orcon:*}")" = denied ] || [[ $output == *"not confirmed the recipient"* ]]
    run -0 as bob list --json
    # asking is what helps: and an officer sees that
    [[ $(at alder partner show birch.example --json | jq '.partners[0].denied') = 1 ]]
}

@test "the originator's node is down: queued, decided when it comes back" {
    share
    wait_until as bob show "$id"
    stop alder
    run -0 as bob forward "$id" --to cedar.example --json
    [ "$(json '"\(.state) \(.delivery)"')" = "open queued" ]
    request=$(json .request)
    serve_node alder
    wait_until 20 bash -c '[ "$("$0" --as bob@birch.example --json show "$1" | jq -r .state)" = granted ]' "$ORCON" "$request"
    wait_until readable cyd 2
}

@test "bad input: no recipient, itself, the originator, a portion that is not held, one's own report" {
    share
    wait_until as bob show "$id"
    run -2 as bob forward "$id"
    run -2 as bob forward "$id" --to Cedar
    run -3 as bob forward "$id" --to birch.example --portion 2
    run -3 as bob forward "$id" --to alder.example --portion 2
    run -3 as bob forward "$id" --to cedar.example --portion 9
    [[ $output == *"not held"* && $output == *"nothing was sent"* ]]
    run -3 as amy forward "$id" --to cedar.example
    run -3 as bob forward 00000000-0000-4000-8000-000000000000 --to cedar.example
}
