# SPDX-License-Identifier: Apache-2.0
# Exposure: what came from a source, who knows of it, what was tried; and the handle, which is nowhere but sealed.
load helper
load nodes

HANDLE=Kingfisher-47

# pat is an authority at birch; olga stays outside the wall, otto is an officer behind it.
story() {
    world
    person pat@birch.example reader,authority
    person otto@alder.example reader,officer
    who[pat]=pat@birch.example who[otto]=otto@alder.example
    at alder read-in otto@alder.example SOURCE >/dev/null
}

# The usual report, whose source stands in front: of the portion about it for who may read it, of portion 1 behind a wall
# that officers have a door in.
sourced() {
    report plain.md
    sed "s|^title: .*|&\nsource 3: $HANDLE\nsource 1: (TLP:AMBER+STRICT//SOURCE) $HANDLE|" plain.md >"$1"
}

share_sourced() {
    sourced sourced.md
    id=$(as amy share sourced.md --to birch.example --json | jq -r .report)
    [ ${#id} -eq 36 ]
    wait_until as bob show "$id"
}

# What came of a question, on one line.
summary() {
    jq -r '[.totals | .reports, .portions, .briefed, .told, .overrides, .attempts | tostring] | join(" ")' <<<"$output"
}

@test "exposure lists what came from a source, who knows, overrides and attempts" {
    share_sourced
    as bob open "$id" >/dev/null
    as pat open "$id" --portion 1 >/dev/null
    as bob export "$id" -o carried.orcon
    as cyd import carried.orcon
    run as cyd open "$id"
    as pat override "$id" --portion 1 --oral --to "S. Lind, ministry of cedar" --reason "threat to life" --yes >/dev/null
    wait_until as amy --json alert
    run -0 as amy exposure "$HANDLE" --json
    [ "$(summary)" = "1 2 2 1 1 1" ]
    [ "$(json '.reports[0] | "\(.report) \(.author) \([.portions[].n] | join(","))"')" = "$id amy@alder.example 1,3" ]
    [ "$(json '[.reports[0].persons[] | select(any(.cells[]; .state == "briefed")) | .person] | join(" ")')" = \
        "bob@birch.example pat@birch.example" ]
    [ "$(json '.reports[0].overrides[0] | "\(.by) \(.to) \(.review) \(.n | tostring)"')" = \
        "pat@birch.example S. Lind, ministry of cedar open [1]" ]
    [ "$(json '.reports[0].attempts[0] | "\(.by) \(.copy_of) \(.state) \(.n)"')" = "cyd@cedar.example birch.example open 1" ]
    # case does not count, and standard input keeps it out of the list of processes
    as amy exposure - --json <<<"kingfisher-47" >stdin.json
    [ "$(jq -c .totals stdin.json)" = "$(jq -c .totals <<<"$output")" ]
    run -0 as amy exposure "$HANDLE"
    [[ $output != *ingfisher* ]]
    [[ $output == *"[1] (TLP:AMBER//ORCON)"*"briefed   bob@birch.example"*"[3] (TLP:RED//SOURCE//ORCON)"* ]]
    [ "$(wc -L <<<"$output")" -le 80 ]
    said=$(tr -s ' \n' ' ' <<<"$output") # wherever its lines break
    [[ $said == *"override o-"*"by pat@birch.example to S. Lind, ministry of cedar"* ]]
    [[ $said == *"tried a-"*"cyd@cedar.example presented the copy issued to birch.example"* ]]
    run -2 as amy exposure 'no handle'
    [[ $output != *"no handle'"* ]]
}

@test "who is not behind the wall gets the same as for a source that there is not" {
    share_sourced
    run -0 as otto exposure "$HANDLE" --json # read in, and officer: what the author let officers know
    [ "$(summary)" = "1 1 0 0 0 0" ]
    [ "$(json '[.reports[].portions[].n] | tostring')" = "[1]" ]
    run -0 as olga exposure "$HANDLE" --json # officer, not read in
    jq -S 'del(.at, .exposure, .entry)' <<<"$output" >olga.json
    run -0 as olga exposure Nobody-1 --json
    jq -S 'del(.at, .exposure, .entry)' <<<"$output" | cmp - olga.json
    run -0 as olga exposure "$HANDLE"
    [[ $output == *"Nothing is on record here as from that source, as far as you may know."* ]]
    run -3 as bob exposure "$HANDLE" # at birch, and a reader
    person rex@alder.example reader
    run -3 as rex@alder.example exposure "$HANDLE"
    person aud@alder.example reader,auditor
    run -3 as aud@alder.example exposure "$HANDLE"
}

# Plain, in other cases, and as it would stand in base64 at any of the three offsets.
secrets() {
    local text i
    for text in "$HANDLE" "${HANDLE,,}"; do
        printf '%s\n' "$text"
        for i in 0 1 2; do
            printf "%${i}s%s" '' "$text" | base64 -w0 | cut -c 5-16
        done
    done
}

@test "the handle stands in no home, package, log, ledger bundle or evidence" {
    share_sourced
    as bob open "$id" >/dev/null
    as bob export "$id" -o carried.orcon
    as amy exposure "$HANDLE" --json >asked.json
    as amy show "$id" --json >shown.json
    as amy briefed bob@birch.example "$id/1" --evidence bob.evidence >/dev/null || true
    local port=${url[alder]##*:} name
    mkdir bundle
    curl -sfk "https://127.0.0.1:$port/log/1/checkpoint" -o bundle/checkpoint
    curl -sk "https://127.0.0.1:$port/log/1/tile/entries/000.p/$(sed -n 2p bundle/checkpoint)" -o bundle/entries
    curl -sfk "https://127.0.0.1:$port/metrics" -o bundle/metrics || true
    [ -s bundle/entries ]
    secrets >secrets.txt
    at alder backup -o alder.backup >/dev/null 2>&1 || true
    for name in alder birch cedar; do stop "$name"; done
    run -1 grep -rlaiFf secrets.txt alder birch cedar profiles bundle carried.orcon asked.json shown.json bob.evidence \
        alder.err birch.err cedar.err alder.out birch.out cedar.out
    run -0 grep -laFf secrets.txt sourced.md # the search finds it where it is
}

@test "a source in the report is read with care: nothing of it becomes text" {
    sourced good.md
    sed 's/^source 3/sauce 3/' good.md >bad.md
    run -2 as amy share bad.md --to birch.example
    [[ $output == *"bad.md:3:1: unknown line 'sauce 3' in front matter: it takes title: and source:"* ]]
    [[ $output != *Kingfisher* ]]
    sed 's/^source 3/source 4/' good.md >bad.md
    run as amy share bad.md --to birch.example
    [[ $output == *"a source of portion 4: the last one is 3"*"othing was sent"* ]]
    sed 's/Kingfisher-47/King fisher/' good.md >bad.md
    run as amy share bad.md --to birch.example
    [[ $output == *"no handle of a source"* && $output != *"King fisher"* ]]
    sed 's/^source 3: /source 3: (TLP:CLEAR) /' good.md >bad.md
    run as amy share bad.md --to birch.example
    [[ $output == *"never TLP:CLEAR"* ]]
    run -0 as amy share good.md --to birch.example --dry-run
    [[ $output != *ingfisher* ]]
    run -0 as amy share good.md --to birch.example --json
    id=$(json .report)
    run -0 as amy open "$id"
    [[ $output != *ingfisher* ]]
}
