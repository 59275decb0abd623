# SPDX-License-Identifier: Apache-2.0
# A person's device key under a passphrase: from a file or the terminal, never from arguments or the environment.
load helper
load nodes

story() {
    node alder && report warning.md || return
    (umask 077 && echo "horse, battery" >pass && echo "another one" >other && printf '' >empty) || return
    enrol_url=$(at alder person add amy@alder.example --role reader --json | jq -r .enrol)
}

key() { echo "$ORCON_PROFILES/amy@alder.example/key.pem"; }
with() { ORCON_PASSPHRASE_FILE=$1 "${@:2}"; }
typed() { python3 -B "$SOURCE_DIR/tests/scenario/typed.py" "$@"; }

@test "enrolled under a passphrase: no verb works without it, each with it" {
    run -0 with pass orcon enrol - --passphrase --json <<<"$enrol_url"
    [ "$(json .person)" = amy@alder.example ]
    grep -q "BEGIN ENCRYPTED PRIVATE KEY" "$(key)"
    [ "$(stat -c %a "$(key)")" = 600 ]
    run -0 with pass orcon list
    run -3 with other orcon list
    [[ $output == *"key.pem: the passphrase does not open the key"* ]]
    run -2 setsid "$ORCON" list </dev/null
    [[ $output == *"the passphrase of the key is needed, and there is no terminal to ask on: ORCON_PASSPHRASE_FILE"* ]]
    # what needs no key asks for none
    at alder card >alder.card
    run -5 setsid "$ORCON" verify warning.md --card alder.card </dev/null
    # another program opens it, and finds what was promised
    run -0 openssl pkey -in "$(key)" -passin file:pass -noout -text
    [[ $output == *"NIST CURVE: P-256"* ]]
    run -0 openssl asn1parse -in "$(key)"
    [[ $output == *PBES2*scrypt*aes-256-cbc* ]]
}

@test "put under one, under another, under none; a key that openssl locked opens, too" {
    orcon enrol - <<<"$enrol_url" >/dev/null
    orcon list >/dev/null
    openssl pkey -in "$(key)" -pubout >before
    run -0 with pass orcon passphrase
    [[ $output == *"lies under its passphrase"* ]]
    run -3 with other orcon passphrase --none
    run -0 with pass orcon passphrase --new-file other --json
    [ "$(json .passphrase)" = true ]
    run -3 with pass orcon list
    run -0 with other orcon list
    run -2 with other orcon passphrase --none --new-file pass
    run -0 with other orcon passphrase --none
    openssl pkey -in "$(key)" -pubout | cmp - before
    orcon list >/dev/null
    openssl pkcs8 -topk8 -in "$(key)" -out locked.pem -passout file:pass
    cp locked.pem "$(key)"
    run -0 with pass orcon list
}

@test "on a terminal it is typed twice and not shown; two that differ change nothing" {
    orcon enrol - <<<"$enrol_url" >/dev/null
    run -2 typed "$ORCON passphrase" "New passphrase: " one "The same again: " two
    [[ $output == *"the two differ: nothing was done"* ]]
    orcon list >/dev/null
    run -0 typed "$ORCON passphrase" "New passphrase: " horse "The same again: " horse
    [[ $output != *horse* ]]
    run -0 typed "$ORCON list" "Passphrase of amy@alder.example: " horse
    [[ $output != *horse* ]]
    run -3 typed "$ORCON list" "Passphrase of amy@alder.example: " house
    run -0 typed "$ORCON passphrase" "Passphrase of amy@alder.example: " horse "New passphrase: " cow "The same again: " cow
    run -0 typed "$ORCON list" "Passphrase of amy@alder.example: " cow
}

@test "what is no passphrase" {
    run -2 with empty orcon enrol - --passphrase <<<"$enrol_url"
    [[ $output == *"the passphrase is empty: nothing was done"* ]]
    run -2 with missing orcon enrol - --passphrase <<<"$enrol_url"
    [[ $output == *"cannot read the passphrase in missing"* ]]
    cp pass open && chmod 644 open
    run -2 with open orcon enrol - --passphrase <<<"$enrol_url"
    [[ $output == *"open may be read by others: chmod 600"* ]]
    head -c 2000 /dev/zero | tr '\0' x >long && chmod 600 long
    run -2 with long orcon enrol - --passphrase <<<"$enrol_url"
    [[ $output == *"longer than 1024 bytes"* ]]
    # nothing was used up
    run -0 with pass orcon enrol - --passphrase <<<"$enrol_url"
}
