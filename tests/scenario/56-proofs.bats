# SPDX-License-Identifier: Apache-2.0
# A proof of possession counts once, whatever becomes of the node in between: sent to alder, and again after a restart.
load helper
load nodes

story() {
    node alder
    node birch
    introduce alder birch
    person amy@alder.example reader,author,officer
    person bob@birch.example reader
    report warning.md
}

@test "a proof that was used does not count after the node was killed and started again, and with its nonce one does" {
    command -v node >/dev/null || skip "no node"
    key=$ORCON_PROFILES/amy@alder.example/key.pem
    # a fresh second, so that all of it is in one if the machine is fast, and it makes no difference if it is not
    run -0 command node "$SOURCE_DIR/tests/scenario/proof.mjs" make "$key" amy@alder.example alder.example "${url[alder]}" kept
    [ "$output" = 200 ]
    run -0 command node "$SOURCE_DIR/tests/scenario/proof.mjs" again "${url[alder]}" kept
    [ "$output" = "401 replay -" ]
    restart alder KILL
    run -0 command node "$SOURCE_DIR/tests/scenario/proof.mjs" again "${url[alder]}" kept
    [ "$output" = "401 proof-nonce DPoP error=\"use_dpop_nonce\", algs=\"ES256 RS256\"" ]
    run -0 command node "$SOURCE_DIR/tests/scenario/proof.mjs" nonce "$key" "${url[alder]}" kept
    [ "$output" = 200 ]
    restart alder KILL
    run -0 command node "$SOURCE_DIR/tests/scenario/proof.mjs" again "${url[alder]}" kept
    [ "$output" = "401 proof-nonce DPoP error=\"use_dpop_nonce\", algs=\"ES256 RS256\"" ]
}

@test "our own client makes a new proof by itself, at home and at a partner's that has just started" {
    id=$(as amy share warning.md --to birch.example --json | jq -r .report)
    wait_until as bob show "$id"
    for _ in 1 2 3; do
        restart alder KILL
        run -0 as amy show "$id"
        run -0 as bob open "$id" --portion 2
        [[ $output == *"Take portable computers"* ]]
    done
}
