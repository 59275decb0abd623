/* SPDX-License-Identifier: Apache-2.0
 * exchange/renew.h - a partner's next card, asked for because something names what the one that is here does not
 *
 * A new log signs from its first second; its organisation's card, which names it, is on its way. Whoever meets the one without the
 * other asks for the card, instead of refusing what may be right. Any thread. */
#ifndef EXCHANGE_RENEW_H
#define EXCHANGE_RENEW_H

#include "exchange/cards.h"

struct renewals;
void renewals_open(struct renewals **out);
void renewals_close(struct renewals *r);

/*
 * renew_card: the trusted card of ${domain}, as cards_get_trusted. Where it does not name a log of ${generation}, its node is asked first
 * for the cards that follow it, over the pinned connection, at most once in a second or so; each is taken as if it had come by
 * itself: signed by the card key before, with all logs that were there. What can't be had changes nothing: the caller finds that
 * the card does not name the log. May take some seconds.
 */
MUST_USE enum err renew_card(struct node *n, const char *domain, uint64_t generation, struct card_ref *out,
                             struct fail *f);

#endif
