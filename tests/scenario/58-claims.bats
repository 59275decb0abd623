# SPDX-License-Identifier: Apache-2.0
# A partner whose node names the key of another organisation's person as one of its own people's.
load helper
load nodes

story() { world; }

# sql NODE STATEMENT
sql() { sqlite3 -cmd '.timeout 5000' "$1/orcon.db" "$2"; }
# whose NODE: whom that node has val's key from.
whose() { sql "$1" "SELECT person FROM device WHERE thumbprint = '$key'"; }
is_of() { [ "$(whose "$1")" = "$2" ]; }

# claim PROOF: cedar's operator has val's key stand in mel's row, with that proof, and has his node tell it to everybody.
claim() {
    stop cedar
    sql cedar "DELETE FROM device WHERE thumbprint = '$key' AND person <> 'mel@cedar.example';
        UPDATE device SET thumbprint = '$key', jwk = '$jwk', proof = '$1' WHERE person = 'mel@cedar.example'"
    serve_node cedar
    at cedar person confirm mel@cedar.example "$words"
}

# refused REASON: cedar's word was, at alder, for that; it says so in its log.
refused() { grep -q "\"event\":\"not-delivered\",\"partner\":\"alder.example\".*\"kind\":\"person-key\".*\"reason\":\"$1\",\"final\":\"yes\"" cedar.err; }
told() { as olga inbox | tr -s ' \n' ' ' | grep -qF "$1"; }

@test "cedar is first with a key of birch's: birch's proof takes it back, birch's proof is none for cedar, and olga hears of it" {
    stop alder
    person val@birch.example reader
    words=$(jq -r .check enrolled.json)
    key=$(sql birch "SELECT thumbprint FROM device WHERE person = 'val@birch.example'")
    jwk=$(sql birch "SELECT jwk FROM device WHERE person = 'val@birch.example'")
    proof=$(sql birch "SELECT proof FROM device WHERE person = 'val@birch.example'")
    [ -n "$proof" ]
    wait_until is_of cedar val@birch.example
    [ "$(sql cedar "SELECT proof FROM device WHERE thumbprint = '$key'")" = "$proof" ]
    stop birch
    person mel@cedar.example reader,officer
    claim ''
    serve_node alder
    wait_until is_of alder mel@cedar.example

    claim "$proof"
    wait_until refused key-proof
    is_of alder mel@cedar.example

    serve_node birch
    wait_until is_of alder val@birch.example
    wait_until told "birch.example has proved that a key is val@birch.example's which cedar.example had only named as mel@cedar.example's"
    id=$(as amy share warning.md --to birch.example --json | jq -r .report)
    wait_until as val@birch.example show "$id"
    as val@birch.example open "$id" >text
    grep -q "hides explosives" text

    restart alder
    claim ''
    wait_until refused key-taken
    is_of alder val@birch.example
    as val@birch.example open "$id" >text
    [ "$(as olga inbox --json | jq '[.items[] | select(.kind == "alert")] | length')" = 1 ] # which she still has to look at
}
