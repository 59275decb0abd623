# SPDX-License-Identifier: Apache-2.0
# One sealed object, without a node: `orcon tdf`.
load helper

story() {
    openssl ecparam -name prime256v1 -genkey -noout -out ec.pem && openssl pkey -in ec.pem -pubout -out ec.pub
    openssl genrsa -out rsa.pem 2048 2>/dev/null && openssl pkey -in rsa.pem -pubout -out rsa.pub
    head -c 3000000 /dev/urandom >plain.bin
}

@test "sealed and opened: EC and RSA, large and empty" {
    local kind
    for kind in ec rsa; do
        orcon tdf seal plain.bin --kas-key $kind.pub -o $kind.tdf
        orcon tdf open $kind.tdf --key $kind.pem -o $kind.out
        cmp plain.bin $kind.out
        [ "$(stat -c %a $kind.out)" = 600 ]
    done
    : >empty
    orcon tdf seal empty --kas-key ec.pub -o empty.tdf
    orcon tdf open empty.tdf --key ec.pem -o empty.out
    cmp empty empty.out
}

@test "what was sealed is a ZIP of payload and manifest, as OpenTDF has it" {
    orcon tdf seal plain.bin --kas-key ec.pub --kas-url https://kas.example/kas --attr https://ns.example/attr/a/value/b -o a.tdf
    [ "$(python3 -c 'import sys, zipfile; print(*zipfile.ZipFile("a.tdf").namelist())')" = "0.payload 0.manifest.json" ]
    run -0 orcon tdf inspect a.tdf --json
    [ "$(json .schemaVersion)" = 4.3.0 ]
    [ "$(json '.encryptionInformation.keyAccess[0] | "\(.type) \(.url)"')" = "ec-wrapped https://kas.example/kas" ]
    [ "$(json .encryptionInformation.policy | base64 -d | jq -r '.body.dataAttributes[0].attribute')" = https://ns.example/attr/a/value/b ]
}

@test "another's key, an altered object, half of one: exit status 5, and no file" {
    orcon tdf seal plain.bin --kas-key ec.pub -o a.tdf
    openssl ecparam -name prime256v1 -genkey -noout -out other.pem
    run -5 orcon tdf open a.tdf --key other.pem -o out
    run -5 orcon tdf open a.tdf --key rsa.pem -o out
    local size at
    size=$(stat -c %s a.tdf)
    for at in 100 1500000 2999000; do
        python3 - "$at" <<'PY'
import sys
data = bytearray(open("a.tdf", "rb").read())
data[int(sys.argv[1])] ^= 1
open("bent.tdf", "wb").write(data)
PY
        run -5 orcon tdf open bent.tdf --key ec.pem -o out
        [ ! -e out ]
    done
    for at in 0 10 1000000 $((size - 1)); do
        head -c "$at" a.tdf >cut.tdf
        run -5 orcon tdf open cut.tdf --key ec.pem -o out
        [ ! -e out ]
    done
    run -5 orcon tdf inspect plain.bin
    [ -z "$(find . -name 'out*')" ]
}

@test "objects that another implementation made" {
    local dir=$SOURCE_DIR/tests/vectors/opentdf name
    for name in "$dir"/*.tdf; do
        run orcon tdf inspect "$name" --json
        echo "$name: $status"
        [ "$status" -eq 0 ]
        json .encryptionInformation.type >/dev/null
    done
}
