/* SPDX-License-Identifier: Apache-2.0
 * http/proto.h - protobuf's binary form of JSON trees, by tables of fields.
 *
 * One reading for both encodings of a message: the binary form is read into the tree that protobuf's JSON
 * mapping gives (lowerCamelCase, bytes as base64, enums by name, defaults left out), and written from it. Wire
 * types are varint, fixed64, length-delimited and, only to be skipped, fixed32; groups are refused. Unknown
 * fields are skipped. Pure; any thread. */
#ifndef HTTP_PROTO_H
#define HTTP_PROTO_H

#include "base/json.h"

#define PROTO_DEPTH 12
#define PROTO_ITEMS 4096 /* members of all lists and maps of one message */

enum proto_type {
    PROTO_STRING,
    PROTO_BYTES, /* base64 in JSON */
    PROTO_INT,   /* any varint that is a whole number; below 2^53 */
    PROTO_BOOL,
    PROTO_BOOL_VALUE, /* google.protobuf.BoolValue */
    PROTO_ENUM,
    PROTO_MESSAGE,
    PROTO_STRUCT, /* google.protobuf.Struct: any JSON object */
    PROTO_VALUE   /* google.protobuf.Value: any JSON */
};

enum proto_many { PROTO_ONE, PROTO_LIST, PROTO_MAP /* string to this */ };

struct proto_message;
struct proto_field {
    unsigned number;
    const char *name; /* in JSON */
    enum proto_type type;
    enum proto_many many;
    const struct proto_message *message; /* of PROTO_MESSAGE */
    const char *const *names;            /* of PROTO_ENUM: by number, NULL-terminated */
};
struct proto_message {
    const char *name; /* for errors */
    const struct proto_field *fields;
    size_t count;
};

/* proto_read: ${text} as a tree. E_INVALID: malformed, a string that is not UTF-8, too deep; E_TOO_LARGE.
 * Caller owns ${out}. */
MUST_USE enum err proto_read(const struct proto_message *m, struct bytes text, json_t **out, struct fail *f);

/* proto_write: append ${v}. Members that ${m} does not have, or that are of another type, are left out. */
void proto_write(const struct proto_message *m, const json_t *v, struct buf *out);

/* The parts, for messages that are too many or too large for a tree. */
void proto_put_varint(struct buf *out, uint64_t v);
void proto_put_bytes(struct buf *out, unsigned number, struct bytes v);
void proto_put_str(struct buf *out, unsigned number, const char *v); /* "" and NULL are left out */
/* proto_put_value: field ${number}, a google.protobuf.Value. */
void proto_put_value(struct buf *out, unsigned number, const json_t *v);

#endif
