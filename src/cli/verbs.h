/* SPDX-License-Identifier: Apache-2.0
 * cli/verbs.h - the one table of verbs: dispatch, help, completion and the manual page's synopsis come from
 * it. A verb is one row here and one file, src/cli/<verb>.c, that defines verb_<verb>. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli/cli.h"

/* X(function, name, arguments, help, example) */
#define VERBS(X)                                                                                             \
    X(verb_absence, "absence",                                                                               \
      "[--until TIME --deputy PERSON] [--from TIME] [--person PERSON] [--end ABSENCE]",                      \
      "say that an officer is away, and who stands in; who is away",                                         \
      "orcon absence --until 2026-12-01 --deputy olga@alder.example")                                        \
    X(verb_alert, "alert", "[ALERT] [--state open|explained|attributed --note T]",                           \
      "copies presented by somebody else; say what you make of one",                                         \
      "orcon alert a-31ck --state explained --note \"cyd was here on a visit\"")                             \
    X(verb_answer, "answer",                                                                                 \
      "INQUIRY|ALERT --no|--evidence FILE|--passed WHOM --request REQUEST [--note T]",                       \
      "answer an inquiry, or an alert about your copy, signed and once",                                     \
      "orcon answer i-04dk --no --note \"asked all who opened it\"")                                         \
    X(verb_arrange, "arrange", "DOMAIN [--terms FILE | --accept VERSION]",                                   \
      "standing terms with a partner: show, propose, sign", "orcon arrange birch.example --terms terms.txt") \
    X(verb_backup, "backup", "-o FILE", "the whole home in one file, sealed under its unlock key",           \
      "orcon --home /var/lib/orcon backup -o /media/safe/alder.backup")                                      \
    X(verb_briefed, "briefed", "PERSON|me REPORT[/N] [--evidence FILE] [--sheet FILE] [--field N,...]",      \
      "was he briefed? with proof either way",                                                               \
      "orcon briefed pat@birch.example 7k3q/3 --evidence pat.evidence")                                      \
    X(verb_card, "card", "[--renew]", "print this organisation's card, to be handed to partners",            \
      "orcon card > alder.card")                                                                             \
    X(verb_clients, "clients", "set DOMAIN,...|show [DOMAIN]",                                               \
      "the signed list of organisations that this one works for",                                            \
      "orcon clients set dove.example,elm.example")                                                          \
    X(verb_close_log, "close-log", "[--cut]",                                                                \
      "end this generation of the ledger, begin the next with new keys", "orcon close-log")                  \
    X(verb_community, "community", "set NAME DOMAIN,...|list|show NAME|delete NAME",                         \
      "signed lists of who may have what is marked for a community",                                         \
      "orcon community set energy birch.example,cedar.example")                                              \
    X(verb_compartment, "compartment", "[COMPARTMENT [--second share,grant|share|grant|none]]",              \
      "what needs a second person where a compartment of ours is in it",                                     \
      "orcon compartment SOURCE --second share,grant")                                                       \
    X(verb_completion, "completion", "bash", "print the completion script of a shell",                       \
      "orcon completion bash > /etc/bash_completion.d/orcon")                                                \
    X(verb_demo, "demo", "[--check] [--pause]", "three organisations on this machine, and the whole story",  \
      "orcon demo --check")                                                                                  \
    X(verb_deny, "deny", "REQUEST --reason T", "refuse a request, with a reason",                            \
      "orcon deny q-9f2k --reason \"the source would be at risk\"")                                          \
    X(verb_desk, "desk", "[URL|-] [--port N] [--node DOMAIN|URL [--card-hash H]]",                           \
      "the web page on this machine, over a pinned connection", "orcon desk")                                \
    X(verb_doctor, "doctor", "", "say what to mend", "orcon doctor")                                         \
    X(verb_duty, "duty", "[PERSON] [--none]", "who is woken by a flash request",                             \
      "orcon duty amy@alder.example")                                                                        \
    X(verb_enrol, "enrol", "URL|- [--passphrase]",                                                           \
      "make this person's key on this machine, and his profile",                                             \
      "orcon enrol 'https://127.0.0.1:7710/enrol#...'")                                                      \
    X(verb_explain, "explain", "PERSON|me REPORT[/N]",                                                       \
      "say who may read what, with every reason, without a key", "orcon explain bob@birch.example 7k3q/3")   \
    X(verb_export, "export", "REPORT -o FILE", "a held package as a file, still sealed",                     \
      "orcon export 7k3q -o 7k3q.orcon")                                                                     \
    X(verb_exposure, "exposure", "HANDLE|-", "what came from a source, who knows of it, what was tried",     \
      "orcon exposure heron")                                                                                \
    X(verb_forward, "forward", "REPORT --to DOMAIN [--portion N,...] [--reason T]",                          \
      "pass on what needs no leave", "orcon forward 7k3q --to cedar.example --portion 2")                    \
    X(verb_grant, "grant",                                                                                   \
      "REQUEST [--portion N,...] [--until TIME] [--note T] [--person PERSON] [--second PERSON] "             \
      "[--no-held]",                                                                                         \
      "let portions go where a request asks",                                                                \
      "orcon grant q-9f2k --portion 1 --until 2026-12-01 --note \"not to media\"")                           \
    X(verb_group, "group", "set NAME DOMAIN|PERSON,... [--hide-members]|list|show NAME|delete NAME",         \
      "named recipients, to share with as group:NAME",                                                       \
      "orcon group set isac birch.example,cedar.example --hide-members")                                     \
    X(verb_help, "help", "[VERB]", "say what the verbs do, or how to use one", "orcon help share")           \
    X(verb_import, "import", "FILE", "take a package that came by hand", "orcon import 7k3q.orcon")          \
    X(verb_inbox, "inbox", "[--follow [--after N]] [--all]", "what needs me first, by time left",            \
      "orcon inbox")                                                                                         \
    X(verb_inquire, "inquire", "DOMAIN FILE --by TIME [--report REPORT] [--portion N,...] [--note T]",       \
      "a text is out: ask a partner whether it passed it on",                                                \
      "orcon inquire birch.example leaked.txt --by +2d --report 7k3q")                                       \
    X(verb_init, "init", "DOMAIN [--name N] [--listen ADDR:PORT] [--url URL] [--store URI] [--admin NAME]",  \
      "make a node's home: configuration, keys, store, ledger",                                              \
      "orcon init alder.example --listen 127.0.0.1:7710 --admin amy")                                        \
    X(verb_key, "key", "list|revoke KEY", "the keys of this node; one that was replaced, or leaked, ends",   \
      "orcon key list")                                                                                      \
    X(verb_list, "list", "", "the reports that are sent and held", "orcon list")                             \
    X(verb_notify, "notify", "[--mail at-once|digest|off]", "how I am told what needs me",                   \
      "orcon notify --mail at-once")                                                                         \
    X(verb_object, "object", "OVERRIDE --reason T", "object to an override of what is ours",                 \
      "orcon object o-31ck --reason \"there was time to ask\"")                                              \
    X(verb_open, "open", "REPORT [--portion N,...] [-o FILE]", "read what this person may",                  \
      "orcon open 7k3q")                                                                                     \
    X(verb_override, "override",                                                                             \
      "REPORT --to DOMAIN|PERSON|\"WORDS\" --portion N,... --reason T [--oral] [--occasion T]",              \
      "pass on, or tell, without waiting, what I was briefed on",                                            \
      "orcon override 7k3q --portion 1 --oral --to \"S. Lind, ministry\" --reason \"threat to life\"")       \
    X(verb_partner, "partner",                                                                               \
      "add FILE|URL|confirm|list|show|suspend|resume [DOMAIN] [--local] [--list NAME]",                      \
      "cards of other organisations, and their record", "orcon partner add birch.card")                      \
    X(verb_passphrase, "passphrase", "[--none | --new-file FILE]",                                           \
      "put this person's key under a passphrase, or under none", "orcon --as bob@birch.example passphrase")  \
    X(verb_person, "person",                                                                                 \
      "add|confirm|list|suspend [PERSON] [WORDS] [--role R,...|--service] [--clearance L] "                  \
      "[--read-in C,...] [--device T] [--resume]",                                                           \
      "people of this organisation", "orcon person add bob@birch.example --role reader")                     \
    X(verb_read_in, "read-in", "PERSON COMPARTMENT [--until TIME]",                                          \
      "let a person into a compartment of ours", "orcon read-in amy@alder.example SOURCE")                   \
    X(verb_receipt, "receipt", "TELLING", "sign that I was told", "orcon receipt t-4m8x")                    \
    X(verb_recall, "recall", "REPORT [--from DOMAIN] [--portion N,...] [--reason T]",                        \
      "take leave back, from all who hold it or from one",                                                   \
      "orcon recall 7k3q --from birch.example --reason \"the source is at risk\"")                           \
    X(verb_request, "request",                                                                               \
      "REPORT --to DOMAIN|me [--portion N,...] --reason T [--by TIME] [--until TIME] [--precedence P] "      \
      "[--draft]|--drafts|--send DRAFT|--drop DRAFT",                                                        \
      "ask the originator to let portions go further",                                                       \
      "orcon request 7k3q --to cedar.example --portion 1,2 --reason \"joint operation Friday\" --by +4h")    \
    X(verb_restore, "restore", "FILE --unlock FILE", "a home again from a backup, and its unlock key",       \
      "orcon --home /var/lib/orcon restore alder.backup --unlock /media/stick/unlock")                       \
    X(verb_review, "review", "OVERRIDE --outcome T", "close the review of an override",                      \
      "orcon review o-31ck --outcome \"justified\"")                                                         \
    X(verb_rotate, "rotate", "KEY", "a new key in the place of one of this node's, in a new card",           \
      "orcon rotate statement")                                                                              \
    X(verb_second, "second", "[SECOND [--refuse --reason T|--withdraw|--show]]",                             \
      "agree to a share or grant that waits for me, or not", "orcon second s-6m2d")                          \
    X(verb_serve, "serve", "", "run the node until SIGTERM", "orcon --home /var/lib/orcon serve")            \
    X(verb_share, "share",                                                                                   \
      "FILE... --to DOMAIN|PERSON|group:NAME,... [--title T] [--mark M] [--unmarked M] [--second PERSON] "   \
      "[--no-held] [--dry-run] [-o FILE] "                                                                   \
      "[--ask --reason T] [--by TIME] [--until TIME] [--precedence P]",                                      \
      "seal a report and deliver it, or write it as a package",                                              \
      "orcon share warning.md --to birch.example --dry-run")                                                 \
    X(verb_show, "show", "REPORT|REQUEST|OVERRIDE|INQUIRY",                                                  \
      "one report, who holds it and was briefed; or one request", "orcon show 7k3q")                         \
    X(verb_tell, "tell",                                                                                     \
      "PERSON|\"WORDS\" REPORT[/N] --reason T [--occasion T] [--at TIME] [--present P,...]",                 \
      "record a briefing by voice or paper",                                                                 \
      "orcon tell pat@birch.example 7k3q/1 --reason \"meeting\" --occasion \"morning brief\"")               \
    X(verb_tdf, "tdf",                                                                                       \
      "seal|open|inspect FILE [--mark M] [--attr FQN,...] [--dissem PERSON,...] [--format V] "               \
      "[--kas-key PEM] [--kas-url URL] [--key PEM|JWK] [--no-assertions] [-o OUT]",                          \
      "one sealed object, as other OpenTDF clients make and read it",                                        \
      "orcon tdf seal plan.pdf --mark \"TLP:AMBER//REL TO birch.example\" -o plan.tdf")                      \
    X(verb_trace, "trace", "FILE [--report R]", "whose copy of a report of ours a text resembles",           \
      "orcon trace leaked.txt --report 7k3q")                                                                \
    X(verb_verify, "verify", "FILE|FOLDER|URL [--policy FILE] [--card FILE,...]",                            \
      "check evidence, a package, a checkpoint or a ledger offline", "orcon verify pat.evidence")            \
    X(verb_version, "version", "", "print the version", "orcon version")                                     \
    X(verb_webhook, "webhook", "set URL [--pin SHA256] [--local]|show|off",                                  \
      "tell another system of notices, signed", "orcon webhook set https://soc.alder.example/orcon")         \
    X(verb_withdraw, "withdraw", "REQUEST", "take a request back", "orcon withdraw q-9f2k")                  \
    X(verb_witness, "witness", "add URL VKEY [--local]|list|remove NAME", "who cosigns this node's ledger",  \
      "orcon witness add https://witness.example/w witness.example+9f2e01aa+BFp...")

#define X(function, name, args, help, example)                                                               \
    enum err function(struct cli *c, int argc, char **argv, struct fail *f);
VERBS(X)
#undef X

#endif
