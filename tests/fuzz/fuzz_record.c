/* SPDX-License-Identifier: Apache-2.0 - cards, statements and acts, as anybody may send them */
#include "ledger/card.h"
#include "ledger/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    struct fail f = { 0 };
    struct card *card = NULL;
    struct statement *statement = NULL;
    struct act *act = NULL;
    if (!started && crypto_start(&f) != OK)
        return 0;
    started = true;
    if (card_read(BYTES(data, size), &card, &f) == OK)
        card_free(card);
    fail_clear(&f);
    if (statement_read(BYTES(data, size), JOSE_MAX_SMALL, &statement, &f) == OK)
        statement_freep(&statement);
    fail_clear(&f);
    if (act_read(BYTES(data, size), JOSE_MAX_SMALL, &act, &f) == OK)
        act_freep(&act);
    return 0;
}
