# SPDX-License-Identifier: Apache-2.0
# Foreign verifiers read a running node's ledger, and foreign witnesses cosign it (script/foreign).
load ../scenario/helper
load ../scenario/nodes

: "${FOREIGN:=$SOURCE_DIR/build/foreign}"

story() { node alder && node birch && introduce alder birch && wait_until cosigned 2; }

# need PROGRAM: or say why the test is left out.
need() { [ -x "$FOREIGN/$1" ] || skip "$1 can't be had: $(cat "$FOREIGN/$1.missing" 2>/dev/null || echo 'run script/foreign')"; }
foreign() { local program=$1 && shift && "$FOREIGN/$program" "$@"; }

log_url() { echo "${url[$1]}/log/1"; }
checkpoint() { curl -sk --max-time 5 "$(log_url "$1")/checkpoint"; }
cosigned() { [ "$(checkpoint alder | grep -c '^— ')" -gt "$1" ]; }
state() { at alder --json witness list | jq -r --arg name "$1" '.witnesses[] | select(.name == $name) | .state'; }
# vkeys of a node: log (of a GENERATION, 1 if not given), witness or monitor, from its card.
vkey() {
    at "$1" card 2>/dev/null | cut -d. -f2 | tr '_-' '/+' | { cat && printf '==='; } | base64 -d 2>/dev/null |
        jq -r --arg which "$2" --arg log "$1.example/orcon/${3:-1}+" \
            'if $which == "log" then .logs[] | select(startswith($log)) else .[$which] end'
}
grow() {
    local i
    for ((i = 0; i < $1; i++)); do at alder read-in "p$i@birch.example" SOURCE >/dev/null || return; done
    wait_until 20 cosigned 2
}
policy() {
    cat >policy <<POLICY
log $(vkey alder log)
witness birch-witness $(vkey birch witness)
witness birch-monitor $(vkey birch monitor)
group both all birch-witness birch-monitor
quorum both
#orcon monitor birch-monitor
POLICY
}

# beside PROGRAM-LISTENING-PORT: HTTPS in front of a witness that speaks plain HTTP; where it is, in $tls.
beside() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.crt -days 2 -subj /CN=w \
        -addext subjectAltName=IP:127.0.0.1 2>/dev/null
    local plain=$1
    free_port
    tls=https://127.0.0.1:$port
    start tls "$FOREIGN/torchwood" serve "127.0.0.1:$port" tls.crt tls.key "http://127.0.0.1:$plain"
}

@test "golang.org/x/mod/sumdb: note, root, every record, every older tree" {
    need sumdb
    grow 140
    run -0 foreign sumdb "$(log_url alder)" "$(vkey alder log)"
    [[ $output == "alder.example/orcon/1: "*" entries, 2 other signatures" ]]
    run -1 foreign sumdb "$(log_url alder)" "$(vkey birch log)"
}

@test "torchwood: checkpoint under a policy with witness and monitor, entries, tlog-proofs, map" {
    need torchwood
    grow 20
    policy
    run -0 foreign torchwood verify "$(log_url alder)" policy
    [[ $output == "alder.example/orcon/1: "*" seals, "*" tags, 3 signatures" ]]
    sed -i "s|^witness birch-monitor .*|witness birch-monitor $(vkey alder monitor)|" policy
    run -1 foreign torchwood verify "$(log_url alder)" policy
}

@test "a log that has ended, and the one that follows: sumdb, torchwood" {
    need sumdb
    need torchwood
    grow 20
    policy
    run -0 at alder rotate log
    followed() { [ "$(curl -sk --max-time 5 "${url[alder]}/log/2/checkpoint" | grep -c '^— ')" -gt 2 ]; }
    wait_until 20 followed
    for generation in 1 2; do
        run -0 foreign sumdb "${url[alder]}/log/$generation" "$(vkey alder log "$generation")"
        [[ $output == "alder.example/orcon/$generation: "*" entries, 2 other signatures" ]]
        run -1 foreign sumdb "${url[alder]}/log/$generation" "$(vkey alder log $((3 - generation)))"
        sed -i "s|^log .*|log $(vkey alder log "$generation")|" policy
        run -0 foreign torchwood verify "${url[alder]}/log/$generation" policy
        [[ $output == "alder.example/orcon/$generation: "*" seals, "*" tags, 3 signatures" ]]
    done
}

@test "tessera fsck: the whole log" {
    need fsck
    need torchwood
    grow 140
    vkey alder log >log.vkey
    free_port
    start plain "$FOREIGN/torchwood" plain "127.0.0.1:$port" "${url[alder]}"
    wait_until curl -sf "http://127.0.0.1:$port/healthz"
    run -0 foreign fsck --storage_url "http://127.0.0.1:$port/log/1/" --public_key log.vkey --origin alder.example/orcon/1 --ui=false
}

@test "omniwitness cosigns our ledger" {
    need omniwitness
    need torchwood
    foreign torchwood keys omni.example/witness >keys
    head -n 1 keys >omni.key
    chmod 600 omni.key
    printf 'Logs:\n  - Origin: alder.example/orcon/1\n    PublicKey: %s\n    URL: http://127.0.0.1:1/\n' "$(vkey alder log)" >logs.yaml
    free_port
    plain=$port
    free_port
    start omniwitness "$FOREIGN/omniwitness" --private_key_path omni.key --db_file omni.db --additional_logs logs.yaml \
        --listen "127.0.0.1:$plain" --metrics_listen "127.0.0.1:$port" --logtostderr
    beside "$plain"
    wait_until curl -sk "$tls/" -o front
    run -0 at alder witness add "$tls" "$(tail -n 1 keys)" --local
    wait_until 20 eval '[ "$(state omni.example/witness)" = good ]'
    grow 3
    wait_until 20 cosigned 3
    checkpoint alder | grep -q '^— omni.example/witness '
}

@test "litewitness cosigns our ledger" {
    need litewitness
    need torchwood
    command -v ssh-agent >/dev/null || skip "no ssh-agent, which holds litewitness's key"
    ssh-keygen -q -t ed25519 -N '' -f lite.pem
    start agent ssh-agent -D -a "$BATS_TEST_TMPDIR/agent.sock"
    wait_until [ -S agent.sock ]
    SSH_AUTH_SOCK=agent.sock ssh-add -q lite.pem
    free_port
    plain=$port
    # witnessctl, which adds a log, needs a module that the proxy does not give: its two rows are made here
    python3 - lite.db alder.example/orcon/1 "$(vkey alder log)" <<'PYTHON'
import base64, hashlib, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.executescript("""CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL);
CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin));""")
db.execute("INSERT INTO log VALUES (?, 0, ?)", (sys.argv[2], base64.b64encode(hashlib.sha256(b"").digest()).decode()))
db.execute("INSERT INTO key VALUES (?, ?)", sys.argv[2:])
db.commit()
PYTHON
    start litewitness "$FOREIGN/litewitness" -db lite.db -name lite.example/witness -listen "127.0.0.1:$plain" \
        -key "$(ssh-keygen -lf lite.pem.pub | cut -d' ' -f2)" -ssh-agent agent.sock
    beside "$plain"
    wait_until curl -sk "$tls/" -o front
    run -0 at alder witness add "$tls" "$(foreign torchwood vkey lite.example/witness lite.pem.pub)" --local
    wait_until 20 eval '[ "$(state lite.example/witness)" = good ]'
    grow 3
    wait_until 20 cosigned 3
    checkpoint alder | grep -q '^— lite.example/witness '
}
