# SPDX-License-Identifier: Apache-2.0
# A copy presented by somebody else, and a text that is out: what each side says to it, and how it counts.
load helper
load nodes

story() {
    world && person otto@birch.example reader,officer && who[otto]=otto@birch.example && share && wait_until as bob show "$id"
}

# cyd gets birch's copy by hand, and presents it.
present() {
    as bob export "$id" -o copy.orcon && as cyd import copy.orcon >/dev/null
    as cyd open "$id" >/dev/null || true
    heard() { as otto alert --json | jq -e '.alerts | length > 0'; }
    wait_until heard
    alr=$(as olga alert --json | jq -r '.alerts[0].alert')
}

@test "an alert: worded as what happened, answered by the holder, explained by an officer, counted by its state on both sides" {
    present
    run -0 as olga inbox
    [[ $output == *"cyd@cedar.example presented the copy"* ]]
    [ "$(as otto alert "$alr" --json | jq -r '"\(.state) \(.copy_of) \(.by)"')" = "open birch.example cyd@cedar.example" ]
    run -0 as otto answer "$alr" --no --note "cyd was here on a visit" --json
    [ "$(json '"\(.answered) \(.answer) \(.delivery)"')" = "$alr no delivered" ]
    run -3 as otto answer "$alr" --no
    [[ $output == *"answered already"* ]]
    run -3 as otto alert "$alr" --state explained --note "we say so"
    run -2 as olga alert "$alr" --state explained
    run -0 as olga alert "$alr" --state explained --note "as birch says" --json
    [ "$(json '"\(.state) \(.delivery)"')" = "explained delivered" ]
    [ "$(as otto alert "$alr" --json | jq -r '"\(.state) \(.note) \(.set_by)"')" = "explained as birch says olga@alder.example" ]
    run -0 as olga alert "$alr"
    [[ $output == *"no: cyd was here on a visit"* ]]
    same() {
        as olga partner show birch.example --json | jq -S '.partners[0].record' >here
        as otto partner show alder.example --json | jq -S '.partners[0].record' >there
        cmp here there && jq -e '.d30["uncoordinated_explained_of_birch.example"] > 0 and
            .d30["uncoordinated_of_birch.example"] >= .d30["uncoordinated_explained_of_birch.example"]' here
    }
    wait_until same
    run -0 as olga partner show birch.example --list explained --json
    [ "$(json '.partners[0].list[0] | "\(.statement) \(.kind) \(.state)"')" = "$alr notice explained" ]
    run -3 as bob alert
    [[ $output == *officer* ]]
}

@test "an inquiry: only a digest goes out; answered by a signed no, once; by leave; with evidence" {
    echo "The group hides explosives in portable computers" >leaked.txt
    run -0 as olga inquire birch.example leaked.txt --by +1h --report "$id" --portion 1 --note "in a newspaper" --json
    [ "$(json .delivery)" = delivered ]
    inq=$(json .inquiry)
    run -0 as otto inbox --json
    [ "$(json '.items[] | select(.kind == "inquiry") | "\(.id) \(.needs) \(.about.n[0]) \(.about.reason) \(.due != "")"')" = "$inq true 1 in a newspaper true" ]
    [ "$(as otto show "i-$(as otto show "$inq" --json | jq -r .short)" --json | jq -r .digest)" = \
        "$(openssl dgst -sha256 -binary leaked.txt | basenc --base64url | tr -d '=')" ]
    ! grep -q "hides explosives" birch/orcon.db
    run -2 as otto answer "$inq"
    run -2 as otto answer "$inq" --no --passed cedar.example --request q-aaaa
    run -0 as otto answer "$inq" --no --note "asked all who opened it"
    run -3 as otto answer "$inq" --no
    run -0 as olga show "$inq" --json
    [ "$(json '"\(.state) \(.answer) \(.text) \(.late)"')" = "answered no asked all who opened it false" ]
    [ "$(as otto inbox --json | jq '[.items[] | select(.kind == "inquiry")] | length')" = 0 ]

    q=$(as bob request "$id" --to cedar.example --portion 1 --reason operation --json | jq -r .request)
    wait_until as olga show "$q"
    inq=$(as olga inquire birch.example leaked.txt --by +1h --report "$id" --json | jq -r .inquiry)
    run -3 as otto answer "$inq" --passed cedar.example --request "$q"
    [[ $output == *"nothing was sent"* ]]
    as olga grant "$q" >/dev/null
    wait_until sh -c "'$ORCON' --as otto@birch.example show $q --json | jq -e '.state == \"granted\"'"
    run -0 as otto answer "$inq" --passed cedar.example --request "$q"
    [[ $(as olga show "$inq" --json | jq -r .text) == "to cedar.example, by request $q" ]]

    as bob open "$id" >/dev/null
    as bob briefed me "$id/1" --evidence bob.evidence >/dev/null
    inq=$(as olga inquire birch.example leaked.txt --by +1h --json | jq -r .inquiry)
    run -0 as otto answer "$inq" --evidence bob.evidence
    [ "$(as olga show "$inq" --json | jq -r .answer)" = evidence ]
}

@test "no answer by the deadline is counted, on both sides alike; an answer may still come, late" {
    echo text >leaked.txt
    run -2 as olga inquire birch.example leaked.txt
    run -2 as olga inquire birch.example leaked.txt --by yesterday
    run -3 as bob inquire alder.example leaked.txt --by +1h
    run -3 as olga inquire cedar.example leaked.txt --by +1h --report "$id"
    inq=$(as olga inquire birch.example leaked.txt --by +2s --json | jq -r .inquiry)
    lapsed() { as olga show "$inq" --json | jq -e '.state == "unanswered"' && as otto show "$inq" --json | jq -e '.state == "unanswered"'; }
    wait_until lapsed
    [ "$(as olga inbox --json | jq -r '.items[] | select(.about.inquiry == "'"$inq"'") | .about.what')" = "inquiry: no answer by the deadline" ]
    as olga partner show birch.example --json | jq -S '.partners[0].record' >here
    as otto partner show alder.example --json | jq -S '.partners[0].record' >there
    cmp here there
    [ "$(jq '.y1["unanswered_by_birch.example"]' here)" = 1 ]
    run -0 as otto answer "$inq" --no
    [ "$(as olga show "$inq" --json | jq -r '"\(.state) \(.late)"')" = "answered true" ]
    [ "$(as olga partner show birch.example --json | jq '.partners[0].record.y1["unanswered_by_birch.example"]')" = 1 ]
}

@test "what the partner has not acknowledged stands apart" {
    stop birch
    echo text >leaked.txt
    as olga inquire birch.example leaked.txt --by +1h >/dev/null
    run -0 as olga partner show birch.example --json
    [ "$(json '.partners[0] | "\(.unacknowledged.inquiry) \(.record.y1["inquiries_by_alder.example"])"')" = "1 0" ]
    run -0 as olga partner show birch.example --list unacknowledged
    [[ $output == *inquiry* ]]
}

@test "the median answer time is by the originator's clock, the same on both sides" {
    q=$(as bob request "$id" --to cedar.example --portion 1 --reason operation --json | jq -r .request)
    wait_until as olga show "$q"
    as olga deny "$q" --reason no >/dev/null
    same() {
        as olga partner show birch.example --json | jq -S '.partners[0].record' >here
        as bob partner show alder.example --json | jq -S '.partners[0].record' >there
        cmp here there && jq -e '.d30["median_answer_s_by_alder.example"] | . >= 0 and . < 60' here
    }
    wait_until same
}
