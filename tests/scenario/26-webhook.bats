# SPDX-License-Identifier: Apache-2.0
# Notices to another system: signed, ids only, in order, none lost.
load helper
load nodes

story() {
    world
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=soc -keyout soc.key -out soc.crt \
        -days 2 2>/dev/null
    pin=$(openssl x509 -in soc.crt -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
    free_port
    soc=$port
}

receive() {
    start soc python3 "$SOURCE_DIR/tests/scenario/webhook.py" "$soc" soc.crt soc.key "$BATS_TEST_TMPDIR/got"
    wait_until curl -sk --max-time 2 "https://127.0.0.1:$soc/"
}

# hook ARGS...: set it; its secret in $secret.
hook() {
    run -0 at alder --json webhook set "https://127.0.0.1:$soc/in" --local "$@"
    secret=$(json .secret)
    [ ${#secret} -eq 64 ]
    [ "$(json '"\(.url) \(.pin)"')" = "https://127.0.0.1:$soc/in $pin" ]
}

ask() {
    wait_until as bob show "$id"
    request=$(as bob request "$id" --to cedar.example --portion 1 --reason "joint operation Friday" --by "$1" --json | jq -r .request)
    wait_until as olga show "$request"
}

calls() { cat got 2>/dev/null | grep -c . || true; }
got() { [ "$(calls)" -ge "$1" ]; }
waiting() { at alder --json webhook show | jq -r .waiting; }
none_waits() { [ "$(waiting)" = 0 ]; }

# signed FILE: every call bears the signature of its time and body.
signed() {
    python3 - "$1" "$secret" <<'PYTHON'
import hashlib, hmac, json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    row = json.loads(line)
    want = hmac.new(bytes.fromhex(sys.argv[2]), f"{row['time']}.{row['body']}".encode(), hashlib.sha256).hexdigest()
    assert row["signature"] == "v1=" + want, row
    assert row["type"] == "application/json" and row["path"] == "/in", row
    assert sorted(json.loads(row["body"])) == ["at", "id", "kind", "notice", "ref", "seq"], row
PYTHON
}

refs() { jq -r '.body | fromjson | select(.kind == "request" and .notice == "new") | .ref' got | uniq; }

@test "a receiver that is down, then up; the node is killed in between: in order, each once by its id, ids only" {
    hook --pin "$pin"
    share
    ask +4h
    first=$request
    ask +5h
    second=$request
    [ "$(waiting)" -ge 2 ]
    restart alder KILL
    touch got.drop # the first call is taken, but the node does not hear so
    receive
    wait_until 20 none_waits
    got 3
    signed got
    [ "$(refs)" = "$first"$'\n'"$second" ]
    [ "$(jq -r '.body | fromjson | .id' got | sort | uniq -d | wc -l)" = 1 ]
    jq -r '.body | fromjson | .seq' got | sort -nc
    [ "$(jq -r '.body | fromjson | .seq' got | uniq -d | wc -l)" = 1 ]
    run ! grep -iE "explosive|joint operation|TLP|olga|bob|cedar" got
    run ! grep -rE "$secret" alder.err alder.out alder/orcon.conf
    run -0 at alder webhook show
    [[ $output != *"$secret"* ]]
}

@test "an answer that is no success is no delivery; redirects are not followed; off ends it" {
    receive
    hook # its key is taken as it is shown
    touch got.refuse
    share
    ask +4h
    sleep 1
    [ "$(calls)" = 0 ]
    mv got.refuse got.move
    sleep 1
    [ "$(calls)" = 0 ]
    rm got.move
    wait_until 20 none_waits
    [ "$(refs)" = "$request" ]
    signed got
    grep -q webhook-postponed alder.err
    run -0 at alder webhook off
    run -0 at alder webhook show
    [ "$output" = "No webhook is set. To set one: orcon webhook set URL" ]
    was=$(calls)
    ask +5h
    sleep 1
    [ "$(calls)" = "$was" ]
    [ ! -e alder/keys/webhook.key ]
}

@test "another key than the pinned one gets nothing; set anew, it goes on where it was, with a new secret" {
    receive
    hook --pin "$pin"
    old=$secret
    right=$pin
    pin=$(tr '0-9a-f' '1-9a-f0' <<<"$right")
    hook --pin "$pin"
    [ "$secret" != "$old" ]
    share
    ask +4h
    sleep 1
    [ "$(calls)" = 0 ]
    pin=$right
    hook --pin "$pin"
    wait_until 20 none_waits
    [ "$(refs)" = "$request" ]
    signed got
}

@test "bad arguments say what is wrong, and change nothing" {
    run -2 at alder webhook
    [[ $output == *"set URL, show, off"* ]]
    run -2 at alder webhook show --local
    [[ $output == *"go with set"* ]]
    run at alder webhook set http://127.0.0.1/ --pin "$pin"
    [ "$status" -ne 0 ]
    [[ $output == *"no https URL"* ]]
    run at alder webhook set "https://127.0.0.1:$soc/in"
    [ "$status" -ne 0 ]
    [[ $output == *"private"* || $output == *"public"* ]]
    run at alder webhook set "https://127.0.0.1:$soc/in" --pin 12
    [ "$status" -ne 0 ]
    [[ $output == *"64 lower-case hex digits"* ]]
    run at alder webhook off
    [ "$status" -ne 0 ]
    [ "$(at alder --json webhook show | jq -r .url)" = "" ]
}
