# SPDX-License-Identifier: Apache-2.0
# Keys follow each other: partners take them by themselves, what was sealed still opens, and what was replaced ends.
load helper
load nodes

story() {
    node alder && node birch && introduce alder birch && person amy@alder.example reader,author &&
        person bob@birch.example reader && report warning.md
}

key() { at "$1" --json key list | jq -r --arg use "$2" --arg state "${3:-in use}" '[.keys[] | select(.use == $use and .state == $state) | .key][0]'; }
serial() { at "$1" --json key list | jq -r .serial; }
opens() { as bob open "$1" --portion 2 | grep -q "Take portable computers"; }
share_and_open() { share && wait_until opens "$id"; }

@test "every key is replaced while the node runs, and again from its disk" {
    share_and_open
    first=$id
    for use in kas kas-rsa statement token witness monitor card; do
        before=$(key alder $use)
        run -0 at alder rotate $use
        [[ $output == *"$use key "*" is in use, card "*"orcon key list"* ]]
        [ "$(key alder $use)" != "$before" ]
    done
    wait_until opens "$first" # sealed to the kas key before
    share_and_open
    restart alder
    wait_until opens "$first"
    wait_until opens "$id"
    share_and_open
    run -0 at alder key list
    [[ $output == *"revoked   card"* && $output == *"replaced  kas"* && $output == *"in use    tls"* ]]
}

@test "a partner who was away takes all cards in their order, and then what was signed" {
    share_and_open
    stop birch
    at alder rotate card
    at alder rotate card
    at alder rotate statement
    share
    serve_node birch
    wait_until 20 opens "$id"
}

@test "a key that was replaced is revoked; one in use is not" {
    old=$(key alder statement)
    run -3 at alder key revoke "$old"
    [[ $output == *"is the statement key in use: \`orcon rotate statement\` first"* ]]
    at alder rotate statement
    run -0 at alder --json key revoke "$old"
    [ "$(json .use)" = statement ]
    [ "$(key alder statement revoked)" = "$old" ]
    run -3 at alder key revoke "$old"
    run -3 at alder key revoke nothing
    [[ $output == *"the card of alder.example has no key nothing"* ]]
    run -3 at alder key revoke -9Ab_cd-efghijklmnopqrstuvwxyz0123456789ABC --json # a thumbprint, not an option
    [[ $output == *"has no key -9Ab"* ]]
    share_and_open
}

@test "the listener's key in two steps; its partners and people follow" {
    share_and_open
    run -0 at alder rotate tls
    [[ $output == *"tls key "*" is in the card, card "*"orcon rotate tls"* ]]
    share_and_open # which brings amy the card
    run -0 at alder rotate tls
    [[ $output == *"Restart the node"* ]]
    share_and_open # still the old one
    restart alder
    share_and_open
    wait_until at alder doctor
}

@test "the unlock key: the node starts again with it, and what was sealed opens; an old backup opens with the old one" {
    share_and_open
    at alder backup -o old.backup >/dev/null
    cp alder/keys/unlock old.unlock
    run -0 at alder rotate unlock
    [[ $output == *"keys/unlock is a new one"*"orcon backup -o FILE"* ]]
    run ! cmp alder/keys/unlock old.unlock
    [ "$(stat -c %a alder/keys alder/keys/unlock | xargs)" = "700 600" ]
    [ ! -e alder/keys.next ]
    wait_until opens "$id"
    share_and_open
    restart alder
    share_and_open
    at alder backup -o new.backup >/dev/null
    at one restore old.backup --unlock old.unlock >/dev/null
    run -5 at two restore new.backup --unlock old.unlock
    at two restore new.backup --unlock alder/keys/unlock >/dev/null
}

@test "what can't be replaced, and what is no key" {
    before=$(serial alder)
    run -2 at alder rotate spoon
    [[ $output == *"'spoon' is no key of a node"* ]]
    run -2 at alder rotate
    run -2 at alder key
    [ "$(serial alder)" = "$before" ]
}
