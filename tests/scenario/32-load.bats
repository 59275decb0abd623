# SPDX-License-Identifier: Apache-2.0
# kill -9 of a node, of its keeper or its sealer, while many clients share, open, ask and grant (load.py says what is
# checked after each). What outsiders saw of the ledgers is then held against what is there, with nothing but the network.
#
#   KILLS   how many; 50 unless set
#   SEED    of the moments and the victims
#   TURNING at which share of the kills the ledger also turns to its next generation; 0 unless set
load helper
load nodes

KILLS=${KILLS:-50}
SEED=${SEED:-$RANDOM}
TURNING=${TURNING:-0}

@test "kills under load: nothing acknowledged is lost, and every root that was seen is still one" {
    world
    stop alder
    stop birch
    export ORCON
    run --separate-stderr python3 "$SOURCE_DIR/tests/scenario/load.py" "$BATS_TEST_TMPDIR" "$KILLS" "$SEED" "$TURNING"
    echo "# $output" >&3
    echo "seed $SEED: $stderr"
    [ "$status" -eq 0 ]
    local node reader seen generation
    serve_node alder
    serve_node birch
    # after all that a reader opens what he holds
    wait_until 30 as bob open "$(sqlite3 birch/orcon.db 'SELECT report FROM held LIMIT 1')"
    for node in alder birch; do
        [ "$node" = alder ] && reader=cyd || reader=amy
        # doctor asks for one after each turn
        run -0 at "$node" backup -o "$node.backup"
        wait_until 30 at "$node" doctor
        run -0 as "$reader" verify "${url[$node]}" --json # every generation, and how each follows the one before
        for seen in "$node".*.seen; do
            generation=${seen#"$node".}
            python3 "$SOURCE_DIR/tests/scenario/log.py" "${url[$node]}/log/${generation%.seen}" "$seen"
        done
    done
}
