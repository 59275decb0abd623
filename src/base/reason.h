/* SPDX-License-Identifier: Apache-2.0
 * base/reason.h - the one table of reasons: why something is refused, withheld or allowed.
 *
 * A reason has a stable code that people and programs meet everywhere: problem documents, key-release
 * answers, `orcon explain`, `orcon open`, ledger field 10. Codes are never renamed; new ones are added. */
#ifndef BASE_REASON_H
#define BASE_REASON_H

enum err;

/* X(symbol, code, kind of failure, text for people) */
#define REASONS(X)                                                                                           \
    X(NONE, "", E_INTERNAL, "")                                                                              \
    /* allowed, and by what */                                                                               \
    X(CLEAR, "public", OK, "public: anyone may read and pass on")                                            \
    X(RELEASED, "released", OK, "released by the originator")                                                \
    X(OVERRIDDEN, "overridden", OK, "passed on by an override")                                              \
    X(OWN, "own", OK, "his own organisation's report")                                                       \
    X(TEARLINE_RULE, "tearline", OK, "a tearline: passed on by rule")                                        \
    X(COMMUNITY_RULE, "community", OK, "inside the named community")                                         \
    X(CLIENT_RULE, "client", OK, "a client of the holder's organisation")                                    \
    X(LISTED, "rel-to-listed", OK, "on the releasable-to list")                                              \
    X(TERMS_FREE, "arrangement-free", OK, "free by the terms that both signed")                              \
    X(TERMS_TOLD, "arrangement-told", OK, "told long enough before, by the terms that both signed")          \
    X(TERMS_SILENCE, "arrangement-silence", OK,                                                              \
      "no answer in time, which grants by the terms that both signed")                                       \
    X(READ_IN, "read-in", OK, "read in to the compartment")                                                  \
    /* asking could help: exit status 4 */                                                                   \
    X(ORCON, "orcon", E_NOT_RELEASED, "originator controlled: ask the originator")                           \
    X(TERMS_ASK, "arrangement-ask", E_NOT_RELEASED, "to be asked for by the terms that both signed")         \
    X(TERMS_TELL, "arrangement-tell", E_NOT_RELEASED,                                                        \
      "to be told before by the terms that both signed: ask")                                                \
    X(NO_RELEASE, "no-release", E_NOT_RELEASED, "not released to this organisation")                         \
    X(COMPARTMENT, "compartment", E_NOT_RELEASED, "not read in to the compartment")                          \
    X(NOT_NAMED, "not-named", E_NOT_RELEASED, "for the named persons only")                                  \
    X(NOT_LISTED, "rel-to-not-listed", E_NOT_RELEASED, "not on the releasable-to list")                      \
    X(ORGANISATION_ONLY, "organisation-only", E_NOT_RELEASED, "for the holder's organisation only")          \
    X(CLIENTS_ONLY, "clients-only", E_NOT_RELEASED, "for the holder's organisation and its clients only")    \
    X(OUTSIDE_COMMUNITY, "outside-community", E_NOT_RELEASED, "outside the named community")                 \
    X(RECIPIENT_UNCONFIRMED, "recipient-unconfirmed", E_NOT_RELEASED,                                        \
      "the originator has not confirmed the recipient")                                                      \
    X(RELEASE_ENDED, "release-ended", E_NOT_RELEASED, "the release has ended")                               \
    X(EMBARGO, "embargo", E_NOT_RELEASED, "under embargo until a stated time")                               \
    X(CLEARANCE, "clearance", E_NOT_RELEASED, "clearance below the marking")                                 \
    X(RECALLED, "recalled", E_NOT_RELEASED, "recalled by the originator")                                    \
    X(SOURCE_LEAVE, "source-leave", E_NOT_RELEASED, "the originator of what it cites has given no leave")    \
    /* asking does not help: exit status 3 */                                                                \
    X(NOT_YOURS, "not-found", E_NOT_FOUND, "unknown, or not yours")                                          \
    X(SUSPENDED_PERSON, "person-suspended", E_REFUSED, "the person is suspended")                            \
    X(SUSPENDED_DEVICE, "device-revoked", E_REFUSED, "the device key is revoked")                            \
    X(SUSPENDED_PARTNER, "partner-suspended", E_REFUSED, "the partner is suspended")                         \
    X(UNCONFIRMED_PARTNER, "partner-unconfirmed", E_REFUSED, "the partner's card is not confirmed")          \
    X(INTRODUCED_PARTNER, "partner-introduced", E_REFUSED, "known by a request only, for what it let go")    \
    X(QUARANTINED, "quarantined", E_REFUSED, "kept until the sender's card is confirmed")                    \
    X(UNKNOWN_PARTNER, "partner-unknown", E_REFUSED, "no card of this organisation is known here")           \
    X(UNKNOWN_MARK, "mark-unknown", E_REFUSED, "a marking that this node can't judge")                       \
    X(UNMARKED, "unmarked", E_REFUSED, "sealed under no attribute and for nobody by name")                   \
    X(MACHINE, "machine", E_REFUSED, "a service account gets no portion of a report")                        \
    X(NOFORN, "noforn", E_REFUSED, "never to a foreign organisation")                                        \
    X(OTHERS_COPY, "copy-of-another", E_REFUSED, "this copy was issued to another organisation")             \
    X(USE_YOUR_COPY, "use-your-copy", E_REFUSED, "you have a copy of your own: use that one")                \
    X(NOT_ROLE, "role", E_REFUSED, "this act needs another role")                                            \
    X(NOT_AUTHOR, "not-author", E_REFUSED, "only the author or an officer may")                              \
    X(SELF_DECISION, "own-request", E_REFUSED, "nobody decides on his own request")                          \
    X(NOT_ORIGINATOR, "not-originator", E_REFUSED, "only the originator decides on this")                    \
    X(SECOND_NEEDED, "second-needed", E_REFUSED, "a second person must agree to this")                       \
    X(SECOND_PERSON, "second-person", E_REFUSED, "another active person of this organisation must agree")    \
    X(DEPUTY_ROLE, "deputy-role", E_REFUSED, "a deputy must be an active officer himself")                   \
    X(DEPUTY_SELF, "deputy-self", E_REFUSED, "nobody stands in for himself")                                 \
    X(DEPUTY_CHAIN, "deputy-of-deputy", E_REFUSED, "a deputy has no deputy")                                 \
    X(ABSENCE_OVERLAP, "absence-overlap", E_CONFLICT, "away at that time already")                           \
    X(TIME_PAST, "time-past", E_INVALID, "a time that has passed")                                           \
    X(TIME_ORDER, "time-order", E_INVALID, "it would end before it begins")                                  \
    X(VARIANT, "bad-variant", E_INVALID, "variants that can't be chosen by holder")                          \
    X(VARIANT_MARK, "variant-changes-mark", E_INVALID, "marks are the same for all")                         \
    X(UNSUPPORTED, "not-supported", E_INVALID, "not supported yet")                                          \
    X(MALFORMED, "malformed", E_INVALID, "the key access object or its policy is malformed")                 \
    X(UNKNOWN_OBJECT, "unknown-object", E_NOT_FOUND, "unknown object")                                       \
    X(TAMPERED, "tampered", E_UNVERIFIED, "the sealed object was altered")                                   \
    X(PARTNER_FULL, "partner-held", E_RATE, "as much is held from this organisation as may be")              \
    X(CLOCK, "clock-off", E_UNAVAILABLE, "the node's clock is off from its witnesses'")                      \
    X(FORKED, "ledger-forked", E_UNAVAILABLE, "a witness has seen another history of the ledger")            \
    X(CLOSED, "ledger-closed", E_UNAVAILABLE, "this generation of the ledger is closed, the next is near")   \
    X(RESTORED, "restored", E_UNAVAILABLE, "put back from a backup, and not confirmed by its witnesses yet") \
    X(NO_PROOF, "no-proof", E_UNVERIFIED, "the key came without proof of its briefing")                      \
    X(TWO_HISTORIES, "two-histories", E_UNVERIFIED, "the ledger was shown to others with another history")   \
    /* state */                                                                                              \
    X(DECIDED, "already-decided", E_CONFLICT, "already decided")                                             \
    X(WITHDRAWN, "withdrawn", E_CONFLICT, "withdrawn")                                                       \
    X(EXPIRED, "deadline-passed", E_CONFLICT, "the deadline has passed")                                     \
    X(OTHER_CONTENT, "other-content", E_CONFLICT, "the same id was seen with other content")                 \
    X(KEY_TAKEN, "key-taken", E_CONFLICT, "this key is one of somebody else's here")                         \
    X(KEY_PROOF, "key-proof", E_REFUSED, "no proof that this home has this key from who holds it")           \
    X(ALREADY_HELD, "already-held", E_CONFLICT, "already held")                                              \
    X(WIDER_THAN_ASKED, "wider-than-asked", E_REFUSED, "more than was asked for")                            \
    X(NOT_HELD, "not-held", E_REFUSED, "not held")                                                           \
    X(TIME, "time-unreadable", E_INVALID, "not a time of the years 1970 to 9999")                            \
    X(TIME_FAR, "time-far", E_INVALID, "more than a year away")                                              \
    X(NOT_BRIEFED, "not-briefed", E_REFUSED, "only what he was briefed on himself")                          \
    X(CITES_OWN, "cites-own", E_REFUSED, "his own organisation's report: there is nobody to ask")            \
    X(CITES_OVERRIDDEN, "cites-override", E_REFUSED,                                                         \
      "held by an override only: its originator gave nothing")                                               \
    X(CITES_MARK, "cites-mark", E_REFUSED, "a weaker mark than that of what it cites")                       \
    X(CITES_CIRCLE, "cites-circle", E_REFUSED, "a report that rests on itself")                              \
    X(NEEDS_NO_LEAVE, "needs-no-leave", E_REFUSED, "needs no leave: pass it on")                             \
    X(NO_HELD_KEY, "no-held-key", E_REFUSED, "no key of it is held here")                                    \
    X(HELD_FORBIDDEN, "held-forbidden", E_REFUSED, "its originator forbids that its key is held")            \
    X(ORIGINATOR_UNKNOWN, "originator-unknown", E_REFUSED, "its originator's card is not confirmed here")    \
    X(NOT_TOLD, "originator-not-told", E_REFUSED,                                                            \
      "neither the originator's receipt nor a witnessed notice to him")                                      \
    X(NO_SUCH_COPY, "no-such-copy", E_REFUSED, "no copy like this was told of")                              \
    X(TEXT_CHANGED, "text-changed", E_UNVERIFIED, "not the text that its originator committed to")           \
    X(RECEIPT_FORGED, "receipt-forged", E_UNVERIFIED, "the receipt is not signed by the originator")         \
    X(RECEIPT_FOREIGN, "receipt-foreign", E_UNVERIFIED, "the receipt is somebody else's")                    \
    X(RECEIPT_OTHER, "receipt-of-another", E_UNVERIFIED, "the receipt is for another statement")             \
    X(REVIEWED, "already-reviewed", E_CONFLICT, "the review is closed")                                      \
    X(ALREADY_ANSWERED, "already-answered", E_CONFLICT, "answered already")                                  \
    X(ALREADY_SIGNED, "already-signed", E_CONFLICT, "a receipt was signed already")                          \
    X(NO_HOLDER, "no-holder", E_REFUSED, "nobody else holds this")                                           \
    X(NO_LEAVE, "no-leave", E_REFUSED, "no grant of this is on record")                                      \
    X(NOT_ASKED, "not-asked", E_REFUSED, "was not asked for")                                                \
    X(TERMS_OVERRIDE, "arrangement-override", E_REFUSED,                                                     \
      "the terms that both signed let him override nothing")                                                 \
    X(TERMS_UNSIGNED, "terms-unsigned", E_REFUSED, "terms that are not signed by both sides")                \
    X(TERMS_VERSION, "terms-version", E_CONFLICT,                                                            \
      "this version of the terms, or a later one, is here already")                                          \
    X(LIST_OWNER, "list-owner", E_REFUSED, "only its owner changes a list")                                  \
    X(LIST_VERSION, "list-version", E_CONFLICT, "this version of the list, or a later one, is here already") \
    X(LIST_MEMBER, "list-member", E_INVALID, "a list names each member once, in order")                      \
    X(LIST_EMPTY, "list-empty", E_REFUSED, "nobody is on this list")                                         \
    X(LIST_UNKNOWN, "list-unknown", E_NOT_FOUND, "no list of this name")                                     \
    X(USED, "already-used", E_UNAUTHENTICATED, "already used")                                               \
    /* who asks */                                                                                           \
    X(TOKEN, "token", E_UNAUTHENTICATED, "no valid access token")                                            \
    X(TOKEN_EXPIRED, "token-expired", E_UNAUTHENTICATED, "the access token has expired")                     \
    X(AUDIENCE, "audience", E_UNAUTHENTICATED, "meant for another organisation")                             \
    X(ISSUER, "issuer", E_UNAUTHENTICATED, "not vouched for by the person's own organisation")               \
    X(CLIENT_HAS_CARD, "client-has-card", E_UNAUTHENTICATED,                                                 \
      "an organisation with a card here vouches for its people itself")                                      \
    X(UNKNOWN_GUEST, "unknown-guest", E_NOT_FOUND, "no guest of this name")                                  \
    X(PROOF, "dpop", E_UNAUTHENTICATED, "no valid proof of possession")                                      \
    X(NONCE, "proof-nonce", E_UNAUTHENTICATED, "this proof needs the nonce that comes with this answer")     \
    X(REPLAY, "replay", E_UNAUTHENTICATED, "this proof was used before")                                     \
    X(REQUEST_TOKEN, "request-token", E_UNAUTHENTICATED,                                                     \
      "the request token was not signed by the reader's key")

enum reason {
#define X(symbol, code, err, text) REASON_##symbol,
    REASONS(X)
#undef X
        REASON_COUNT
};

/* reason_code: "orcon"; reason_text: a sentence for people; reason_err: the kind of failure (OK = allowed). */
const char *reason_code(enum reason r);
const char *reason_text(enum reason r);
enum err reason_err(enum reason r);

/* reason_from_code: the reason with this code, REASON_NONE if there is none. */
enum reason reason_from_code(const char *code);

#endif
