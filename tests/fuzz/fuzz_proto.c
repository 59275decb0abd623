/* SPDX-License-Identifier: Apache-2.0 - protobuf: whatever is read can be written, and reads the same again */
#include <stdlib.h>

#include "base/mem.h"
#include "http/kas_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct proto_message *m, struct bytes text)
{
    AUTO(json_freep) json_t *v = NULL, *again = NULL;
    AUTO(buf_freep) struct buf *out = buf_new((size_t)1 << 20);
    if (proto_read(m, text, &v, NULL) != OK)
        return;
    proto_write(m, v, out);
    if (out->failed || proto_read(m, bytes_of(out), &again, NULL) != OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct proto_message *const messages[] = {
        &kas_message_empty,        &kas_message_rewrap_request,     &kas_message_rewrap_answer,
        &kas_message_public_key,   &kas_message_configuration,      &kas_message_servers,
        &kas_message_fqns_request, &kas_message_attributes,         &kas_message_mappings,
        &kas_message_health,       &kas_message_public_key_request, &kas_message_text,
    };
    if (size > 8192)
        return 0;
    for (size_t i = 0; i < COUNT(messages); i++)
        check(messages[i], BYTES(data, size));
    return 0;
}
