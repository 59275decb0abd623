# SPDX-License-Identifier: Apache-2.0
# kill -9 in the middle of share, open and grant: what was acknowledged is there afterwards, no key left without its
# entry, and the ledger replays to the root that was signed. A node that finds otherwise does not start.
load helper
load nodes

KILLS=${KILLS:-20}

story() { world; }

# Run a verb of alder's or birch's in the background and kill alder's node after a random moment.
struck() { # COMMAND...
    "$@" >struck.out 2>struck.err &
    local act=$!
    sleep "0.$(printf %03d $((RANDOM % 250)))"
    kill -KILL "${pids[alder]}"
    wait "${pids[alder]}" 2>/dev/null || true
    unset 'pids[alder]'
    outcome=0
    wait "$act" || outcome=$?
    serve_node alder
    ! grep -q '"event":"publication-failed"' alder.err
}

@test "kills during share, open and grant" {
    local round shared=() opened=0 n
    for ((round = 0; round < KILLS; round++)); do
        case $((round % 3)) in
        0)
            struck as amy share warning.md --to birch.example --json
            [ "$outcome" -ne 0 ] || shared+=("$(jq -r .report struck.out)")
            ;;
        1)
            if [ ${#shared[@]} -eq 0 ]; then
                share
                shared+=("$id")
            fi
            id=${shared[-1]}
            wait_until 30 as bob show "$id"
            struck as bob open "$id" --json
            if [ "$outcome" -eq 0 ]; then
                # every portion that opened has its briefing on record
                for n in $(jq -r '.portions[] | select(.state == "open") | .n' struck.out); do
                    as amy show "$id" --json |
                        jq -e --argjson n "$n" '.briefed[] | select(.person == "bob@birch.example" and .n == $n)' >/dev/null
                done
                opened=$((opened + 1))
            fi
            ;;
        2)
            share
            shared+=("$id")
            wait_until 30 as bob show "$id"
            request=$(as bob request "$id" --to cedar.example --portion 1 --reason "operation" --json | jq -r .request)
            wait_until 30 as olga show "$request"
            struck as olga grant "$request" --json
            if [ "$outcome" -eq 0 ]; then
                # granted was said: the copy is made and delivered, whatever crashed when
                wait_until 30 as cyd show "$id"
                as cyd open "$id" --json | jq -e '.portions[0].state == "open"' >/dev/null
            fi
            ;;
        esac
    done
    # whatever was acknowledged is there
    for id in "${shared[@]}"; do
        as amy show "$id" --json >/dev/null
        wait_until 30 as bob show "$id"
    done
    run -0 at alder doctor
}
