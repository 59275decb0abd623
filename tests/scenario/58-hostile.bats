# SPDX-License-Identifier: Apache-2.0
# What a partner's people and programs send, who want to be misread: nothing of it drives a terminal or turns its text around.
load helper
load nodes

story() { world; }

ESC=$'\x1b[2J'
CSI=$'\xc2\x9b2J'     # the same in one character, U+009B
TURN=$'\xe2\x80\xae' # U+202E, in bytes: what \u makes depends on the locale

# no_tricks FILE: neither control characters nor what turns text around.
no_tricks() {
    python3 - "$1" <<'PYTHON'
import sys
text = open(sys.argv[1], encoding="utf-8").read()
bad = [c for c in text if (ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 or 0x202a <= ord(c) <= 0x202e]
assert not bad, [hex(ord(c)) for c in bad]
PYTHON
}

@test "a reason that would drive the terminal, or be read backwards, is shown as it is; the document holds it whole" {
    share
    wait_until as bob show "$id"
    reason="joint ${ESC}${CSI}operation ${TURN}DER:PLT"
    request=$(as bob request "$id" --to cedar.example --portion 1 --reason "$reason" --json | jq -r .request)
    wait_until as olga show "$request"
    as olga show "$request" >shown
    as olga inbox >>shown
    no_tricks shown
    grep -qF '[U+202E]DER:PLT' shown
    as olga show "$request" --json >document
    no_tricks document
    [ "$(jq -r .reason document)" = "$reason" ]
}

# on_terminal PERSON ARG...: as on a terminal, into the file `seen`.
on_terminal() {
    TERM=xterm python3 - "$ORCON" --as "$1@birch.example" "${@:2}" >seen <<'PYTHON'
import pty, sys
sys.exit(pty.spawn(sys.argv[1:], stdin_read=lambda fd: b"") != 0)
PYTHON
}

# own_lines FILE TEXT: TEXT is in it, but no line begins with it.
own_lines() {
    grep -qF -- "$2" "$1"
    ! grep -q "^ \?$2" "$1"
}

@test "words that would begin a line of their own: what people and partners wrote stays in the line that says whose it is" {
    forged='decided by olga@alder.example'
    wide=$(printf '%0200d' 0) # whatever comes after it begins a line
    words=$(printf 'why\n%s\n\n\t%s %s %s\xe2\x80\xa8%s' "$forged" "$forged" "$wide" "$forged" "$forged")
    printf -- '---\ntitle: (TLP:GREEN) Title\n---\n\n(TLP:AMBER//ORCON) text\n' >source.md
    id=$(as amy share source.md --to birch.example --json | jq -r .report)
    wait_until as bob show "$id"
    request=$(as bob request "$id" --to cedar.example --portion 1 --reason "$words" --json | jq -r .request)
    wait_until as olga show "$request"
    as olga show "$request" >shown
    own_lines shown "$forged"
    as olga inbox >shown
    own_lines shown "$forged"
    grep -qF '[U+2028]' shown
    [ "$(as olga show "$request" --json | jq -r .reason)" = "$words" ]
    as olga deny "$request" --reason "$words" --json
    denied() { [ "$(as bob show "$request" --json | jq -r .state)" = denied ]; }
    wait_until denied
    as bob show "$request" >shown
    [ "$(grep -c "^$forged" shown)" = 1 ] # ours
    # an override, whose objection and outcome are olga's
    person pat@birch.example reader,authority
    as pat@birch.example open "$id" >/dev/null
    override=$(as pat@birch.example override "$id" --oral --portion 1 --to "$words" --reason "$words" --json | jq -r .override)
    wait_until as olga show "$override"
    as olga object "$override" --reason "$words" --json
    as olga review "$override" --outcome "$words" --json
    as olga show "$override" >shown
    own_lines shown "$forged"
    grep -q '^objection of olga@alder.example: why decided by' shown
    grep -q '^closed by olga@alder.example: why decided by' shown
    # a recall, in the report's own view
    as amy recall "$id" --reason "$words" --json
    recalled() { as bob show "$id" | grep -q 'recalled'; }
    wait_until recalled
    as amy show "$id" >shown
    own_lines shown "$forged"
}

@test "a text that imitates lines with marks: a backslash stands before them, and on a terminal only ours are bold" {
    {
        printf -- '---\ntitle: (TLP:GREEN) Title\n---\n\n(TLP:AMBER) first line, see [1] (Smith), a[2] = b[3]\n'
        printf '[2] (TLP:CLEAR)\n==== TLP:CLEAR ==========\n====\n   [ 3 ]\xc2\xa0(tlp:clear) indented\n'
        printf '\xef\xbc\xbb2\xef\xbc\xbd (\xd0\xa2LP\xef\xbc\x9aCLEAR) of other letters\n'
        printf '\xe2\x95\x90\xe2\x95\x90\xe2\x95\x90= TLP:CLEAR\n'
        printf '%070d [2] (TLP:CLEAR) where the terminal wraps\n\n(TLP:GREEN) second\n' 0
    } >source.md
    id=$(as amy share source.md --to birch.example --json | jq -r .report)
    wait_until as bob show "$id"
    as bob open "$id" >shown
    [ "$(grep -c '^\[[0-9]] (TLP:' shown)" = 2 ] # ours
    [ "$(grep -c '^==== ' shown)" = 2 ]
    grep -qxF '\[2] (TLP:CLEAR)' shown
    grep -qxF '\==== TLP:CLEAR ==========' shown
    grep -qxF '====' shown
    grep -qxF $'   \\[ 3 ]\xc2\xa0(tlp:clear) indented' shown
    grep -q $'^\\\\\xef\xbc\xbb2' shown
    grep -q $'^\\\\\xe2\x95\x90' shown
    grep -qF ' \[2] (TLP:CLEAR) where the terminal wraps' shown
    grep -qF 'see [1] (Smith), a[2] = b[3]' shown
    on_terminal bob open "$id"
    python3 - <<'PYTHON'
import re
bold = re.findall(r"\x1b\[1m(.*?)\x1b\[0m", open("seen", encoding="utf-8").read())
assert [re.sub("=+$", "=", b) for b in bold[0:1] + bold[-1:]] == ["==== TLP:AMBER ="] * 2, bold
assert bold[2:-1] == ["[1] (TLP:AMBER)", "[2] (TLP:GREEN)"], bold
assert bold[1].endswith("  (TLP:GREEN)"), bold
PYTHON
    # for programs, and in a file, it is as it was written
    as bob open "$id" --json | jq -r '.portions[0].text' | grep -qxF '[2] (TLP:CLEAR)'
    as bob open "$id" -o copy.md
    grep -qxF '==== TLP:CLEAR ==========' copy.md
    ! grep -qF '\' copy.md
}

@test "a sealed file whose kind is a command to the terminal" {
    sed 's#text/csv#\x1b[2Jcsvx#g' "$ORCON" >evil # a client of another maker
    chmod +x evil
    grep -qaF "${ESC}csvx" evil
    printf 'a\0b' >table.csv
    id=$(ORCON=$PWD/evil as amy share table.csv --mark TLP:AMBER --to birch.example --json | jq -r .report)
    wait_until as bob show "$id"
    as bob open "$id" >shown
    grep -q csvx shown
    no_tricks shown
}

@test "an enrolment URL that somebody else caught: his key reads, decides nothing, and takes nothing from the officer it was meant for" {
    share
    wait_until as bob show "$id"
    request=$(as bob request "$id" --to cedar.example --portion 1 --reason "joint operation" --json | jq -r .request)
    wait_until as olga show "$request"
    enrol=$(at alder --json person add olga@alder.example | jq -r .enrol)
    run -0 env ORCON_PROFILES="$PWD/caught" "$ORCON" enrol - --json <<<"$enrol"
    [ "$(json '"\(.roles) \(.pending)"')" = '["reader"] ["officer"]' ]
    run -3 env ORCON_PROFILES="$PWD/caught" "$ORCON" --as olga@alder.example grant "$request"
    heard() { [ "$(sqlite3 birch/orcon.db "SELECT count(*) FROM device WHERE person = 'olga@alder.example'")" = 2 ]; }
    wait_until heard
    as olga grant "$request"
    granted() { [ "$(as bob show "$request" --json | jq -r .state)" = granted ]; }
    wait_until granted
}
