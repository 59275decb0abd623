#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_answers.sh CHECKER PROGRAM...: run test programs that record their answers, and check all of those against the document.
set -eu
checker=$1
shift
if ! /usr/bin/python3 -c 'import jsonschema, yaml' 2>/dev/null; then
    echo 'python3-jsonschema or python3-yaml is missing: see script/bootstrap'
    exit 77
fi
# a checker that can't fail proves nothing
for bad in '{"method":"GET","path":"/v1/me","status":200,"type":"application/json","body":"{}"}' \
    '{"method":"GET","path":"/healthz","status":200,"type":"text/html","body":"ok\n"}' \
    '{"method":"GET","path":"/v1/inbox","status":200,"type":"application/json","body":"{\"items\":[],\"more\":1}"}' \
    '{"method":"GET","path":"/nowhere","status":200,"type":"application/json","body":"{}"}'; do
    if printf '%s\n' "$bad" | "$checker" >/dev/null; then
        echo "this fits, and should not: $bad"
        exit 1
    fi
done

ORCON_ANSWERS=$(mktemp)
export ORCON_ANSWERS
trap 'rm -f "$ORCON_ANSWERS"' EXIT
for program in "$@"; do
    "$program" >/dev/null 2>&1 || echo "$program fails: its own test says why"
done
[ -s "$ORCON_ANSWERS" ] || { echo 'no answer was recorded'; exit 1; }
"$checker" --coverage "$ORCON_ANSWERS"
