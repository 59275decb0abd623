# SPDX-License-Identifier: Apache-2.0
# The key server as OpenTDF's wire has it: a client written from the note alone (tests/foreign/opentdf/kas.cjs), in both
# encodings and by REST, with what clients send and with what none should.

load helper
load nodes

story() {
    command -v node >/dev/null || skip "no node"
    node alder
    ORCON_SECRET=$(at alder person add scanner@alder.example --service --json | jq -r .secret)
    export ORCON_SECRET ORCON_CLIENT=scanner@alder.example ORCON_URL=${url[alder]}
    export NODE_EXTRA_CA_CERTS=$PWD/alder/keys/tls.crt
}

# replay INTEROP
replay() {
    sed -i "s/^interop.*/interop = $1/" alder/orcon.conf
    restart alder
    INTEROP=$1 command node "$SOURCE_DIR/tests/foreign/opentdf/kas.cjs" >replayed || { grep -A1 '^not ok\|^Bail' replayed; return 1; }
    [ "$(grep -c '^ok' replayed)" -gt 90 ]
}

@test "clients that prove their key" { replay off; }
@test "clients that sign with the key that the answer goes to" { replay signed; }
@test "clients that sign with a key that nobody knows" { replay any; }

@test "a machine's key is entered as its whole organisation's, the account as who acted" {
    replay off
    # one first briefing an object, all of @alder.example
    [ "$(sqlite3 alder/orcon.db "SELECT DISTINCT name FROM tag WHERE class = 1")" = @alder.example ]
    # and refusals are the account's
    [ "$(sqlite3 alder/orcon.db "SELECT DISTINCT identity FROM refusal")" = scanner@alder.example ]
}

@test "a new secret ends the old one, and a suspended account asks in vain" {
    token() { curl -s --cacert alder/keys/tls.crt -u "$ORCON_CLIENT:$1" -d grant_type=client_credentials "${url[alder]}/token"; }
    sed -i "s/^interop.*/interop = signed/" alder/orcon.conf
    restart alder
    [[ $(token "$ORCON_SECRET") == *access_token* ]]
    new=$(at alder person add scanner@alder.example --service --json | jq -r .secret)
    [[ $(token "$ORCON_SECRET") == *invalid_client* ]]
    [[ $(token "$new") == *access_token* ]]
    ! grep -rq "$new" alder # it is stored as a hash
    at alder person suspend scanner@alder.example
    [[ $(token "$new") == *unauthorized_client* ]]
    run -3 at alder person add ann@birch.example --service
    [[ $output == *"is not of alder.example"* ]]
    at alder person add eve@alder.example --role reader >/dev/null
    run -3 at alder person add eve@alder.example --service
    [[ $output == *"is a person"* ]]
}
