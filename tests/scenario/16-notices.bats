# SPDX-License-Identifier: Apache-2.0
# What people are told: the inbox in the order of what needs them, and as it comes.
load helper
load nodes

story() { world; }

# ask BY: bob asks for portions 1 and 2 for cedar; the request's id in $request.
ask() {
    wait_until as bob show "$id"
    request=$(as bob request "$id" --to cedar.example --portion 1,2 --reason "joint operation Friday" --by "$1" --json | jq -r .request)
    wait_until as olga show "$request"
}

# lines FILE FILTER: how many documents of a follower fit.
lines() { jq -c "$2" "$1" | grep -c . || true; }

@test "what needs me first, by time left; then alerts and deliveries; done ones only with --all" {
    share
    ask +4h
    later=$request
    ask +40m
    as bob export "$id" -o carried.orcon
    as cyd import carried.orcon >/dev/null
    run as cyd open "$id"
    run -0 as olga inbox --json
    [ "$(json '[.items[] | .kind] | join(" ")')" = "request request alert" ]
    [ "$(json '[.items[] | .id][0:2] | join(" ")')" = "$request $later" ]
    [ "$(json '.items[0] | "\(.needs) \(.from) \(.about.to) \(.about.n) \(.about.reason)"')" = \
        'true birch.example cedar.example [1,2] joint operation Friday' ]
    run -0 as olga inbox
    [ "${lines[0]}" = "2 need you, 1 for information (--all: also what is done)" ]
    [[ ${lines[1]} == "! "*" min left"*request*q-*"birch.example -> cedar.example"* ]]
    while IFS= read -r line; do [ ${#line} -le 80 ]; done <<<"$output"
    as olga deny "$request" --reason "not now" >/dev/null
    run -0 as olga inbox --json
    [ "$(json '[.items[] | select(.kind == "request")] | length')" = 1 ]
    run -0 as olga inbox --all --json
    [ "$(json '[.items[] | select(.kind == "request")] | length')" = 2 ]
    [ "$(json '[.items[] | select(.needs)] | length')" = 1 ]
}

@test "followed through a restart: each notice once, in order, and --after goes on where it ended" {
    share
    start follow "$ORCON" --as olga@alder.example --json inbox --follow
    wait_until test -s follow.out
    ask +4h
    first=$request
    wait_until bash -c 'jq -e "select(.items[].about.request == \"$1\")" follow.out' - "$first"
    stop alder
    sleep 1
    serve_node alder
    ask +3h
    wait_until 20 bash -c 'jq -e "select(.items[].about.request == \"$1\")" follow.out' - "$request"
    [ "$(jq -r '.items[] | select(.kind == "request") | .about.request' follow.out)" = "$first"$'\n'"$request" ]
    [ "$(jq -r '.items[] | .seq // empty' follow.out | sort -n | uniq -d)" = "" ]
    next=$(jq -s '.[0].next' follow.out)
    stop follow || true
    start again "$ORCON" --as olga@alder.example --json inbox --follow --after "$next"
    wait_until bash -c '[ "$(jq -r ".items[] | .about.request" again.out | wc -l)" = 2 ]'
    # a line is a document
    while IFS= read -r line; do jq -e .items <<<"$line" >/dev/null; done <again.out
}

@test "bad arguments say what is wrong" {
    run -2 as olga inbox --after 3
    [[ $output == *"--after goes with --follow"* ]]
    run -2 as olga inbox --follow --after x
    [[ $output == *"--after takes"* ]]
    run as olga inbox --follow --after 999999
    [ "$status" -ne 0 ]
    [[ $output == *"the newest notice is"* ]]
}

# A mail system: each message becomes a file; down as long as there is a file `down`.
mail_system() {
    mkdir -p mails
    cat >sendmail <<MAIL
#!/bin/sh
[ ! -e "$BATS_TEST_TMPDIR/down" ] || exit 75
printf '%s\n' "\$*" >>"$BATS_TEST_TMPDIR/arguments"
cat >"$BATS_TEST_TMPDIR/mails/\$(date +%s%N)"
MAIL
    chmod +x sendmail
    sed -i "s|^sendmail =.*|sendmail = $BATS_TEST_TMPDIR/sendmail|" alder/orcon.conf
    restart alder
}

mails() { cat mails/* 2>/dev/null | grep -c '^Message-ID' || true; }

@test "by mail: ids only, in order, once, also where the mail system and the node were down" {
    mail_system
    run -0 as olga notify --mail at-once --json
    [ "$(json '"\(.mail) \(.sendmail)"')" = "at-once true" ]
    run -2 as olga notify --mail sometimes
    share
    touch down
    ask +4h
    first=$request
    ask +5h
    sleep 1
    [ "$(mails)" = 0 ]
    restart alder KILL
    rm down
    wait_until 20 bash -c '[ "$(cat mails/* | grep -c ^Message-ID)" = 2 ]'
    [ "$(cat mails/* | grep ^request)" = "request $first"$'\n'"request $request" ]
    grep -q "^To: olga@alder.example" mails/*
    [ "$(sort -u arguments)" = "-i -t" ]
    run ! grep -riE "explosive|joint operation|TLP|bob|cedar" mails
    as olga deny "$request" --reason no >/dev/null
    as olga notify --mail off >/dev/null
    ask +6h
    sleep 1
    [ "$(mails)" = 2 ]
}

@test "a digest waits, but not with a flash" {
    mail_system
    as olga notify --mail digest >/dev/null
    share
    ask +4h
    sleep 1
    [ "$(mails)" = 0 ]
    as bob request "$id" --to cedar.example --portion 1 --reason now --precedence flash --by +1h >/dev/null
    wait_until bash -c '[ "$(cat mails/* | grep -c "^request")" = 3 ]'
    [ "$(mails)" = 1 ]
    grep -q "^Subject: orcon: 3 notices" mails/*
}
