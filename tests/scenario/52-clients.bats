# SPDX-License-Identifier: Apache-2.0
# OpenTDF clients that nobody here wrote, unmodified, against a running node, and each with what the other wrote:
#   web      @opentdf/client 1.3.0 from npm: REST, the older form
#   go       the platform's Go SDK, the library of otdfctl: Connect in protobuf, DPoP
#   python   otdf-python 0.11.0 from PyPI: Connect in protobuf, request tokens by a key that nobody knows
# script/clients fetches them; one that can't be had is skipped, and says why.

load helper
load nodes

CLIENTS=$SOURCE_DIR/build-clients
DRIVERS=$SOURCE_DIR/tests/foreign/opentdf
TLP=https://alder.example/attr/tlp/value

setup_file() { "$SOURCE_DIR/script/clients" >&3; }

need() {
    local name
    for name in "$@"; do
        [ -e "$CLIENTS/$name.done" ] || skip "$name: $(cat "$CLIENTS/$name.why" 2>/dev/null || echo 'not fetched')"
    done
}

has() { [ -e "$CLIENTS/$1.done" ]; }

story() {
    node alder && person amy@alder.example reader,author || return
    interop signed
    ORCON_SECRET=$(at alder person add scanner@alder.example --service --json | jq -r .secret)
    export ORCON_SECRET ORCON_CLIENT=scanner@alder.example ORCON_URL=${url[alder]}
    export NODE_EXTRA_CA_CERTS=$PWD/alder/keys/tls.crt SSL_CERT_FILE=$PWD/alder/keys/tls.crt
    export NODE_PATH=$CLIENTS/web/node_modules
    export ATTRIBUTES=$TLP/amber
    echo "in plain words" >plain.txt
}

interop() {
    sed -i "s/^interop.*/interop = $1/" alder/orcon.conf
    restart alder
}

web() { command node "$DRIVERS/web.cjs" "$@"; }
go() { "$CLIENTS/go-client" "$@"; }
python() { # encrypt|decrypt IN OUT
    local attributes=(--attributes "$ATTRIBUTES")
    [ "$1" = encrypt ] || attributes=()
    "$CLIENTS/python/bin/python" "$DRIVERS/python.py" --platform-url "$ORCON_URL" --client-id "$ORCON_CLIENT" \
        "--client-secret=$ORCON_SECRET" "$1" "$2" -o "$3" "${attributes[@]}"
}

# reads HOW FILE: whoever reads it gets what was written
reads() {
    rm -f got.txt
    case $1 in
    web) DPOP=0 web decrypt "$2" got.txt ;;
    web-dpop) DPOP=1 web decrypt "$2" got.txt ;;
    go-ec) SESSION=ec go decrypt "$2" got.txt ;;
    orcon) as amy tdf open "$2" -o got.txt ;;
    *) "$1" decrypt "$2" got.txt ;;
    esac >"$1.log" 2>&1 || { echo "$1 does not open $2"; cat "$1.log"; return 1; }
    cmp plain.txt got.txt
}

@test "web: seals to the node, opens from it, with and without DPoP; each opens what the other wrote" {
    need web
    web encrypt plain.txt web.tdf
    reads web web.tdf && reads web-dpop web.tdf && reads orcon web.tdf
    as amy tdf seal plain.txt -o older.tdf --attr "$ATTRIBUTES" --format 4.2.2
    reads web older.tdf && reads web-dpop older.tdf && reads orcon older.tdf
}

@test "go: seals to the node, opens from it, bound to its key; each opens what the other wrote" {
    need go
    interop off # it proves its key, and signs with it
    go encrypt plain.txt go.tdf
    reads go go.tdf && reads go-ec go.tdf && reads orcon go.tdf
    as amy tdf seal plain.txt -o ours.tdf --attr "$ATTRIBUTES"
    reads go ours.tdf && reads go-ec ours.tdf
    as amy tdf seal plain.txt -o older.tdf --attr "$ATTRIBUTES" --format 4.2.2
    reads go older.tdf
}

@test "python: seals to the node, opens from it; each opens what the other wrote" {
    need python
    interop any # the key that signs its requests is known to nobody
    python encrypt plain.txt python.tdf
    reads python python.tdf && reads orcon python.tdf
    as amy tdf seal plain.txt -o older.tdf --attr "$ATTRIBUTES" --format 4.2.2
    reads python older.tdf
    interop signed
    run -1 python decrypt python.tdf got.txt
    [ ! -e got.txt ]
}

@test "they open each other's" {
    need web go python
    interop any
    web encrypt plain.txt web.tdf
    go encrypt plain.txt go.tdf
    python encrypt plain.txt python.tdf
    # python does not know a member that web writes, whoever its key server is
    reads go web.tdf && reads go python.tdf && reads python go.tdf
}

@test "a refused client shows its user the reason, and whom to ask" {
    need python
    interop any
    as amy tdf seal plain.txt -o wall.tdf --mark "TLP:AMBER//SOURCE" --format 4.2.2
    run -1 python decrypt wall.tdf got.txt
    [[ $output == *"not read in to the compartment: ask the originator"* ]]
    if has web; then
        ATTRIBUTES=$TLP/red web encrypt plain.txt red.tdf
        run -1 web decrypt red.tdf got.txt
        [[ $output == *"403: for the named persons only: ask the originator (https://alder.example/obl/originator/value/ask)"* ]]
    fi
}

@test "a refused client that reads obligations shows them" {
    need go
    ATTRIBUTES=$TLP/amber,https://alder.example/attr/compartment/value/source
    go encrypt plain.txt wall.tdf
    run -1 go decrypt wall.tdf got.txt
    [[ $output == *"not read in to the compartment: ask the originator"* ]]
    [[ $output == *"required: https://alder.example/obl/originator/value/ask"* ]]
    ATTRIBUTES=https://birch.example/attr/tlp/value/amber
    run -1 go encrypt plain.txt other.tdf
    [[ $output == *"is no attribute of alder.example"* ]]
}

@test "clients that prove nothing are served only where the admin says so" {
    need web
    web encrypt plain.txt web.tdf
    interop off
    run -1 web decrypt web.tdf got.txt
    [[ $output == *"no DPoP proof came"* ]]
    DPOP=1 run -1 web decrypt web.tdf got.txt # a proof by one key, the request signed by another
    if has go; then reads go web.tdf; fi
    run -0 at alder doctor
    [[ $output != *interop* ]]
    interop signed
    run at alder doctor
    [[ $output == *"interop is signed"* ]]
}

@test "otdfctl" {
    need otdfctl
    printf '%s' "in plain words" | "$CLIENTS/otdfctl" encrypt --host "$ORCON_URL" --with-client-creds \
        "{\"clientId\":\"$ORCON_CLIENT\",\"clientSecret\":\"$ORCON_SECRET\"}" --attr "$ATTRIBUTES" -o ctl
    reads orcon ctl.tdf
}
