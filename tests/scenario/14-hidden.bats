# SPDX-License-Identifier: Apache-2.0
# HIDDEN portions: delivered apart to those who may know of them; for all others nothing shows that they exist.
load helper
load nodes

# ben of birch is read in to SOURCE, bob is not, and nobody at cedar is. pia of alder is a plain reader.
story() {
    world && person pia@alder.example reader || return
    at alder read-in ben@birch.example SOURCE >/dev/null
    cat >hidden.md <<'REPORT'
---
title: (TLP:GREEN) Explosive devices in cabin baggage
---
(TLP:AMBER//ORCON) The group hides explosives in portable computers.

(TLP:AMBER//SOURCE//HIDDEN) The report comes from one person inside the cell.

(TLP:GREEN//TEARLINE) Take portable computers out of cabin baggage.
REPORT
    grep -v -A1 HIDDEN hidden.md >plain.md
}

# Share $1 with $2: the report's id in $id, the hidden portion's in $portion.
share_as() {
    run -0 as amy share "$1" --to "$2" --json
    id=$(json .report)
    portion=$(json '[.portions[] | select(.mark | contains("HIDDEN")) | .id][0] // ""') || true
}

numbers() { json '[.portions[] | "\(.n) \(.state)"] | join(",")'; }

@test "who may know of it reads it, as the last; who may not sees a whole report without it" {
    share_as hidden.md birch.example,cedar.example
    [ "$(json '[.portions[] | .n] | map(tostring) | join(",")')" = 1,2,3 ]
    [ "$(json '.portions[2].mark')" = "TLP:AMBER//alder.example/SOURCE//HIDDEN" ]
    [ "$(json '[.shares[] | "\(.to) \(.hidden)"] | join(",")')" = "birch.example false,birch.example true,cedar.example false" ]
    wait_until as ben open "$id" --portion 3
    run -0 as ben open "$id" --json
    [ "$(numbers)" = "1 open,2 open,3 open" ]
    [ "$(json '.portions[2].text')" = "The report comes from one person inside the cell." ]
    [ "$(json .banner)" = "TLP:AMBER//alder.example/SOURCE//HIDDEN//ORCON" ]
    for who in bob cyd pia@alder.example; do
        run -0 as "$who" open "$id" --json
        [ "$(numbers)" = "1 open,2 open" ]
        [ "$(json .banner)" = "TLP:AMBER//ORCON" ]
        [[ $output != *HIDDEN* && $output != *$portion* ]]
    done
    run -0 as amy show "$id" --json
    [ "$(json '[.briefed[] | select(.n == 3) | .person] | join(",")')" = ben@birch.example ]
}

@test "an unmarked title takes the mark of what is seen" {
    sed -i 's/(TLP:GREEN) Explosive/Explosive/' hidden.md
    share_as hidden.md birch.example
    [ "$(json .title.mark)" = "TLP:AMBER//ORCON" ]
}

@test "nothing that bob, cyd or pia can ask for shows that there is one" {
    share_as hidden.md birch.example,cedar.example
    wait_until as ben open "$id" --portion 3
    wait_until as cyd show "$id"
    for who in bob cyd pia@alder.example; do
        for verb in "list" "show $id" "inbox --all"; do
            # shellcheck disable=SC2086
            run -0 as "$who" $verb --json
            [[ $output != *HIDDEN* && $output != *SOURCE* && $output != *$portion* ]]
        done
        run -0 as "$who" list --json
        [ "$(json '.reports[0].banner')" = "TLP:AMBER//ORCON" ]
        run -0 as "$who" export "$id" -o "$who.orcon" --json
        unzip -l "$who.orcon" >entries
        ! grep -q "$portion" entries
        [ "$(grep -c portions/ entries)" = 3 ]
    done
    # birch's readers were told of one delivery, ben of the other, too
    [ "$(as bob inbox --all --json | jq '[.items[] | select(.kind == "delivery")] | length')" = 1 ]
    [ "$(as ben inbox --all --json | jq '[.items[] | select(.kind == "delivery")] | length')" = 2 ]
}

# What the program says, on either stream, but for the number asked for.
said() {
    run "$@"
    echo "$status ${output//portion [0-9]*( )/portion N }" | sed -E "s/\b[0-9]+\b/N/g"
}

@test "asking by its number is the same as asking by a number that nobody has" {
    share_as hidden.md birch.example
    wait_until as ben open "$id" --portion 3
    for who in bob pia@alder.example; do
        for verb in "open $id --portion" "request $id --to cedar.example --reason r --portion" "forward $id --to cedar.example --portion"; do
            # shellcheck disable=SC2086
            [ "$(said as $who $verb 3)" = "$(said as $who $verb 7)" ]
        done
        [ "$(said as $who explain "$who" "$id/3")" = "$(said as $who explain "$who" "$id/7")" ] ||
            [ "$(said as $who explain "${who%%@*}@birch.example" "$id/3")" = "$(said as $who explain "${who%%@*}@birch.example" "$id/7")" ]
    done
}

@test "cedar holds the same as if it had never been written" {
    share_as hidden.md birch.example,cedar.example
    one=$id
    share_as plain.md birch.example,cedar.example
    wait_until as cyd show "$one"
    wait_until as cyd show "$id"
    for report in "$one" "$id"; do
        run -0 as cyd export "$report" -o "$report.orcon"
        unzip -v "$report.orcon" | awk '/portions/ { print $1, $3 }' | sort >"$report.sizes"
    done
    diff "$one.sizes" "$id.sizes"
    [ "$(stat -c %s "$one.orcon")" = "$(stat -c %s "$id.orcon")" ]
    shape='del(.report, .short, .at, .share) | .portions |= map(del(.id, .share)) | .title |= del(.id, .share)'
    [ "$(as cyd show "$one" --json | jq -cS "$shape")" = "$(as cyd show "$id" --json | jq -cS "$shape")" ]
}

@test "who is read in later gets it then, and so does nobody else" {
    share_as hidden.md birch.example,cedar.example
    run -0 as cyd open "$id" --json
    [ "$(numbers)" = "1 open,2 open" ]
    at alder read-in cyd@cedar.example SOURCE
    wait_until as cyd open "$id" --portion 3
    run -0 as cyd open "$id" --json
    [ "$(numbers)" = "1 open,2 open,3 open" ]
    run -0 as amy show "$id" --json
    [ "$(json '.holders | sort | join(",")')" = birch.example,cedar.example ]
    # twice is once
    at alder read-in cyd@cedar.example SOURCE
    run -0 as cyd open "$id" --json
    [ "$(numbers)" = "1 open,2 open,3 open" ]
}

@test "two hidden portions with walls of their own: each sees his as the next number" {
    at alder read-in bob@birch.example METHOD
    cat >two.md <<'REPORT'
(TLP:AMBER) One.

(TLP:AMBER//SOURCE//HIDDEN) For ben.

(TLP:AMBER//METHOD//HIDDEN) For bob.
REPORT
    share_as two.md birch.example
    wait_until as bob open "$id" --portion 2
    wait_until as ben open "$id" --portion 2
    run -0 as ben open "$id" --json
    [ "$(json '[.portions[] | "\(.n) \(.text)"] | join(",")')" = "1 One.,2 For ben." ]
    run -0 as bob open "$id" --json
    [ "$(json '[.portions[] | "\(.n) \(.text)"] | join(",")')" = "1 One.,2 For bob." ]
}

@test "who knows of it asks for it; a third party gets it only if somebody there may know" {
    share_as hidden.md birch.example
    wait_until as ben open "$id" --portion 3
    run -0 as ben request "$id" --portion 1,3 --to cedar.example --reason "joint operation" --json
    request=$(json .request)
    run -0 as ben show "$request" --json
    [ "$(json '.portions | length')" = 2 ]
    wait_until as olga show "$request"
    run -3 as olga grant "$request"
    [[ $output == *"portion 3 is HIDDEN, and nobody at cedar.example may have it"* ]]
    at alder read-in cyd@cedar.example SOURCE
    run -0 as olga grant "$request"
    wait_until as cyd open "$id" --portion 2
    run -0 as cyd open "$id" --json
    [ "$(json '[.portions[] | .text] | join("|")')" = "The group hides explosives in portable computers.|The report comes from one person inside the cell." ]
    # bob hears of what he may know of
    run -0 as bob inbox --all --json
    [[ $output != *$portion* ]]
}

@test "a share that is carried by hand is one file for each part" {
    run -0 as amy share hidden.md --to birch.example -o out.orcon
    [[ $output == *out.orcon.2* ]]
    run -0 as bob import out.orcon --json
    id=$(json .report)
    run -0 as ben open "$id" --json
    [ "$(numbers)" = "1 open,2 open" ]
    run -0 as ben import out.orcon.2
    run -0 as ben open "$id" --json
    [ "$(numbers)" = "1 open,2 open,3 open" ]
    run -0 as bob open "$id" --json
    [ "$(numbers)" = "1 open,2 open" ]
}

@test "what can't be hidden is refused, and says why" {
    printf '(TLP:AMBER//HIDDEN) all of it\n' >all.md
    run -2 as amy share all.md --to birch.example
    [[ $output == *"every portion is HIDDEN"* ]]
    printf -- '---\ntitle: (TLP:AMBER//HIDDEN) t\n---\n(TLP:AMBER) a\n' >title.md
    run -2 as amy share title.md --to birch.example
    [[ $output == *"title.md:2:"*"can't be HIDDEN"* ]]
}

# ---- what an attacker sees ----

# How many events alder's log has. Seals between them come by batches, which time decides.
log_size() { python3 "$SOURCE_DIR/tests/scenario/log.py" "${url[alder]}/log/1" | jq '.forms["2"]'; }

# What the key server answers bob about an object, and how many entries that made.
probe() {
    local before after
    before=$(log_size)
    python3 "${BATS_TEST_DIRNAME}/probe.py" "$ORCON_PROFILES/bob@birch.example" "${url[alder]}" alder.example "$@" >answer || return
    after=$(log_size)
    cat answer
    echo "$((after - before)) entries"
}

@test "key requests: a hidden object, its ids, and what nobody ever made are answered alike, byte for byte" {
    share_as hidden.md birch.example
    wait_until as ben open "$id" --portion 3
    # birch's operator gives bob all that birch has: the package that came for ben
    share=$(as ben show "$id" --json | jq -r '.portions[2].share')
    python3 - "$BATS_TEST_TMPDIR/birch/orcon.db" "$share" <<'PYTHON'
import sqlite3, sys
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
row = db.execute("SELECT content FROM held_portion WHERE share = ?", (sys.argv[2],)).fetchone()
open("stolen.tdf", "wb").write(row[0])
PYTHON
    copy=$(unzip -p stolen.tdf 0.manifest.json | jq -r .encryptionInformation.policy | base64 -d | jq -r .uuid)
    nobody=$(cat /proc/sys/kernel/random/uuid)
    curl -sk "${url[alder]}/kas/v2/kas_public_key?algorithm=ec:secp256r1" | jq -r .publicKey >kas.pem
    echo made by nobody >any
    orcon tdf seal any --kas-key kas.pem --kas-url "${url[alder]}/kas" -o any.tdf

    sleep 1 # ben's receipt is in
    # the very object, and one that is whole but registered nowhere
    probe any.tdf >unknown
    probe stolen.tdf >known
    [ "$(head -1 unknown)" = 200 ]
    [[ $(cat unknown) != *permit* ]]
    grep -q "^1 entries" unknown
    diff unknown known
    # an id is all that he has: of the portion, of the report, of nothing
    probe stolen.tdf "$nobody" garbage >unknown
    [[ $(cat unknown) != *permit* ]]
    for guess in "$portion" "$id"; do
        probe stolen.tdf "$guess" garbage >known
        diff unknown known
    done
    # the copy's id, which he presented before in this hour: counted, not entered again, as any other
    probe stolen.tdf "$nobody" garbage >unknown
    probe stolen.tdf "$copy" garbage >known
    diff unknown known
    grep -q "^0 entries" known
}

# What cedar's operator has: rows and bytes of everything that came from alder, and what its log says it was sent.
store_of() {
    python3 - "$BATS_TEST_TMPDIR/$1/orcon.db" <<'PYTHON'
import sqlite3, sys
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for table, column in (("held", "jws"), ("held_portion", "content"), ("held_portion", "mark"), ("statement", "jws"),
                      ("statement", "ack"), ("outbox", "statement"), ("item", "about"), ("notice", "item")):
    count, size = db.execute(f"SELECT count(*), coalesce(sum(length({column})), 0) FROM {table}").fetchone()
    print(table, column, count, size)
PYTHON
    grep -c '"method":"POST","route":"/x/v1/' "$1.err" || true
}

# The difference that a share of $1 made at cedar, line by line.
share_seen() {
    store_of cedar >before
    share_as "$1" birch.example,cedar.example
    wait_until as cyd show "$id"
    wait_until grep -q "$id" <(as cyd inbox --all --json)
    [ "$2" = hidden ] && wait_until as ben open "$id" --portion 3
    sleep 1 # whatever else might come
    store_of cedar >after
    paste -d' ' before after | awk 'NF > 4 { print $1, $2, $7 - $3, $8 - $4; next } { print "messages", $2 - $1 }'
}

@test "a partner's operator: the same rows, the same bytes, the same messages, in a world with a hidden portion and without" {
    share_seen plain.md plain >without
    share_seen hidden.md hidden >with
    diff without with
    grep -q "^held jws 1 " with
    grep -q "^messages 1$" with
}

@test "a witness, a stranger: the log of a world where nobody may have the portion grows by as much" {
    sizes=()
    sleep 1
    for source in plain.md hidden.md; do
        before=$(log_size)
        share_as "$source" cedar.example
        wait_until as cyd show "$id"
        sleep 1
        sizes+=("$(($(log_size) - before))")
    done
    [ "${sizes[0]}" = "${sizes[1]}" ]
    for path in /card /healthz /readyz /log/1/checkpoint "/v1/reports/$id" "/v1/reports/$portion"; do
        curl -sk "${url[alder]}$path" >>public
    done
    ! grep -qE "$portion|SOURCE|HIDDEN" public
}

@test "sizes: texts of one class of length are sealed as one length" {
    for text in "$(printf 'x%.0s' {1..200})" "$(printf 'x%.0s' {1..208})"; do
        printf '(TLP:AMBER) Seen.\n\n(TLP:AMBER//SOURCE//HIDDEN) %s\n' "$text" >sized.md
        share_as sized.md birch.example
        wait_until as ben open "$id" --portion 2
        run -0 as ben open "$id" --portion 2 --json
        [ "$(json '.portions[0].text')" = "$text" ]
        share=$(as ben show "$id" --json | jq -r '.portions[1].share')
        python3 -c "import sqlite3, sys
db = sqlite3.connect('file:$BATS_TEST_TMPDIR/birch/orcon.db?mode=ro', uri=True)
print(db.execute('SELECT length(content) FROM held_portion WHERE share = ?', ('$share',)).fetchone()[0])" >>lengths
    done
    [ "$(sort -u lengths | wc -l)" = 1 ]
}
