# SPDX-License-Identifier: Apache-2.0
# Where the text of the source is not: homes, profiles and logs, of partners and of the originator.
load helper
load nodes

story() { world; }

# Plain, and as it would stand in base64 at any of the three offsets.
secrets() {
    local text='The report comes from one person inside the cell' i
    printf '%s\n' "$text"
    for i in 0 1 2; do
        printf "%${i}s%s" '' "$text" | base64 -w0 | cut -c 5-44
    done
}

@test "the source's text stands nowhere at birch and cedar, and at alder only sealed" {
    share
    wait_until as bob show "$id"
    as bob open "$id" >bob.txt
    as amy open "$id" >amy.txt
    grep -qF "$(secrets | head -1)" amy.txt
    as bob export "$id" -o carried.orcon
    as cyd import carried.orcon
    as cyd open "$id" >cyd.txt || true
    local name
    for name in alder birch cedar; do stop "$name"; done
    secrets >secrets.txt
    run -1 grep -rlaFf secrets.txt alder birch cedar profiles alder.err birch.err cedar.err alder.out birch.out cedar.out bob.txt cyd.txt \
        carried.orcon
    # what the search would have found, had it been there
    run -0 grep -laFf secrets.txt amy.txt warning.md
}

@test "logs hold ids, never titles, text, tokens or keys" {
    share
    wait_until as bob show "$id"
    as bob open "$id" >/dev/null
    run -1 grep -hE 'Explosive|portable|eyJ|BEGIN|inside the cell' alder.err birch.err cedar.err
}

@test "profiles and homes are readable by their owner only" {
    run -0 find alder birch cedar profiles -perm /077 -not -name tls.crt
    [ -z "$output" ]
}
