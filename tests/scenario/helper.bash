# SPDX-License-Identifier: Apache-2.0
# What every scenario shares. A scenario file begins with `load helper`; each test has a folder of its own,
# $BATS_TEST_TMPDIR, which is also its HOME; what it starts in the background ends with it.
#
#   ORCON            the program; build/orcon unless set
#   ORCON_HOME       the node's home of this test;  ORCON_PROFILES its people's profiles
#   orcon ARGS...    run the program;  at NODE ARGS... the same with the home of a named node
#   start NAME COMMAND...   run in the background; output in $BATS_TEST_TMPDIR/NAME.out and NAME.err
#   stop NAME [SIGNAL]      end it and wait; the status is what it ended with
#   free_port        set $port to a loopback port that no other test has
#   wait_until [SECONDS] COMMAND...   poll at 50 ms until it succeeds; 10 seconds unless given
#   wait_ready PORT  wait for a node's /readyz
#   json FILTER      run jq over $output

bats_require_minimum_version 1.5.0

SOURCE_DIR=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
DATA=$SOURCE_DIR/tests/data
: "${ORCON:=$SOURCE_DIR/build/orcon}"
PORTS=${TMPDIR:-/tmp}/orcon-ports-$UID

setup() {
    [ -x "$ORCON" ] || { echo "no program at $ORCON: run script/build" >&2; return 1; }
    export HOME=$BATS_TEST_TMPDIR
    export ORCON_HOME=$BATS_TEST_TMPDIR/home ORCON_PROFILES=$BATS_TEST_TMPDIR/profiles
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
    cd "$BATS_TEST_TMPDIR" || return
    declare -gA pids=()
    ports=()
    if declare -F story >/dev/null; then story; fi # a file's own part of the setup
}

teardown() {
    local name
    for name in "${!pids[@]}"; do
        stop "$name" || true
    done
    for name in "${ports[@]}"; do
        rmdir "$PORTS/$name" || true
    done
    if [ -z "$BATS_TEST_COMPLETED" ]; then
        for name in *.err; do # the reason of a failure is often in what a node said
            [ ! -s "$name" ] || { echo "--- $name"; { grep -v "\"event\":\"call\"" "$name" | tail -n 40; tail -n 10 "$name"; }; }
        done
    fi
}

orcon() { "$ORCON" "$@"; }

at() {
    local node=$1
    shift
    "$ORCON" --home "$BATS_TEST_TMPDIR/$node" "$@"
}

start() {
    local name=$1
    shift
    "$@" >"$BATS_TEST_TMPDIR/$name.out" 2>"$BATS_TEST_TMPDIR/$name.err" 3>&- 4>&- &
    pids[$name]=$!
}

stop() {
    local pid=${pids[$1]} status=0 i
    unset "pids[$1]"
    kill "-${2:-TERM}" "$pid" 2>/dev/null || true
    for ((i = 0; i < 200; i++)); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -KILL "$pid" 2>/dev/null && echo "$1 did not end within 10 s" >&2
    wait "$pid" || status=$?
    return "$status"
}

# The folder is the lock: two tests that run at once never get the same port.
free_port() {
    mkdir -p "$PORTS"
    local i
    for ((i = 0; i < 200; i++)); do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        mkdir "$PORTS/$port" 2>/dev/null || continue
        ports+=("$port")
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 0
    done
    echo "no free port" >&2
    return 1
}

wait_until() {
    local seconds=10 deadline
    case $1 in [0-9]*) seconds=$1 && shift ;; esac
    deadline=$((SECONDS + seconds))
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS > deadline)); then
            echo "not within $seconds s: $*" >&2
            return 1
        fi
        sleep 0.05
    done
}

wait_ready() { wait_until curl -sfk --max-time 2 "https://127.0.0.1:$1/readyz"; }

json() { jq -er "$1" <<<"$output"; }
