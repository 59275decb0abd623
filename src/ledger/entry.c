/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/entry.h"

#include "ledger/tree.h"

static const char magic[8] = { 'o', 'r', 'c', 'n', 'l', 'e', '1', '\n' };
static const uint8_t classes[1 + ENTRY_TAGS] = { ENTRY_TAGS, 1, 2, 3 };

#define SIZE_END        ((uint64_t)1 << 63)
#define CLOSED_SIZE_MIN 3 /* a closed log has a genesis, its close and a seal */

void origin_print(const char *domain, uint32_t generation, char out[static ORIGIN_SIZE])
{
    if (!name_is_domain(domain) || generation == 0)
        BUG("an origin is a domain and a generation from 1");
    snprintf(out, ORIGIN_SIZE, "%s/orcon/%u", domain, generation);
}

/* read_generation: 1..2^32-1, decimal without leading zero. */
static bool read_generation(const char *s, uint32_t *out)
{
    uint64_t v = 0;
    if (*s == '0' || *s == '\0')
        return false;
    for (; *s >= '0' && *s <= '9'; s++) {
        v = v * 10 + (uint64_t)(*s - '0');
        if (v > UINT32_MAX)
            return false;
    }
    *out = (uint32_t)v;
    return *s == '\0';
}

MUST_USE bool origin_read(const char *origin, char domain[static DOMAIN_MAX + 1], uint32_t *generation)
{
    static const char middle[] = "/orcon/";
    const char *slash = strchr(origin, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - origin);
    if (len == 0 || len > DOMAIN_MAX || strncmp(slash, middle, sizeof middle - 1) != 0)
        return false;
    memcpy(domain, origin, len);
    domain[len] = '\0';
    return name_is_domain(domain) && read_generation(slash + sizeof middle - 1, generation);
}

void entry_ref_put(uint32_t generation, uint64_t index, uint8_t out[static ENTRY_REF_LEN])
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(generation >> (24 - 8 * i));
    for (int i = 0; i < 8; i++)
        out[4 + i] = (uint8_t)(index >> (56 - 8 * i));
}

MUST_USE bool entry_ref_read(struct bytes v, uint32_t *generation, uint64_t *index)
{
    struct reader r = reader_of(v);
    return v.len == ENTRY_REF_LEN && get_u32(&r, generation) && get_u64(&r, index) && *generation != 0;
}

/* get_origin: a u16-prefixed name into ${out}; "" if it is empty. */
static bool get_origin(struct reader *r, char out[static ORIGIN_SIZE])
{
    struct bytes v;
    if (!get_u16_bytes(r, &v) || v.len >= ORIGIN_SIZE || memchr(v.data, '\0', v.len) != NULL)
        return false;
    memcpy(out, v.data, v.len);
    out[v.len] = '\0';
    return true;
}

static MUST_USE enum err check_predecessor(const struct entry_genesis *g, const char *domain, struct fail *f)
{
    char prev_domain[DOMAIN_MAX + 1];
    uint32_t prev;
    uint8_t empty[HASH_LEN];
    tree_empty_root(empty);
    bool nothing = g->prev_size == 0 && memcmp(g->prev_root, empty, HASH_LEN) == 0;
    if (g->how == ENTRY_FIRST) {
        if (g->generation != 1 || g->prev_origin[0] != '\0' || !nothing)
            return fail_set(f, E_INVALID, "genesis: a first generation has number 1 and no predecessor");
        return OK;
    }
    if (!origin_read(g->prev_origin, prev_domain, &prev) || strcmp(prev_domain, domain) != 0 ||
        g->generation < 2 || prev != g->generation - 1)
        return fail_set(f, E_INVALID, "genesis: the predecessor is not the generation before");
    if (g->prev_size >= SIZE_END || (g->prev_size == 0 && !nothing) ||
        (g->how == ENTRY_CONTINUED && g->prev_size < CLOSED_SIZE_MIN))
        return fail_set(f, E_INVALID, "genesis: size or root of the predecessor");
    return OK;
}

static MUST_USE enum err check_genesis(const struct entry_genesis *g, struct fail *f)
{
    char domain[DOMAIN_MAX + 1];
    uint32_t generation;
    if (!origin_read(g->origin, domain, &generation))
        return fail_set(f, E_INVALID, "genesis: origin");
    if (generation != g->generation)
        return fail_set(f, E_INVALID, "genesis: origin and generation differ");
    if (g->how > ENTRY_CUT)
        return fail_set(f, E_INVALID, "genesis: unknown way to begin");
    return check_predecessor(g, domain, f);
}

static MUST_USE enum err read_genesis(struct reader *r, struct entry_genesis *g, struct fail *f)
{
    uint8_t got[sizeof classes], how;
    if (!get_u64(r, &g->time_ms) || !get_u32(r, &g->generation) || !get_origin(r, g->origin) ||
        !get_copy(r, g->log_pk, 32) || !get_copy(r, g->vrf_pk, 32) || !get_copy(r, got, sizeof got))
        return fail_set(f, E_INVALID, "genesis: length");
    if (memcmp(got, classes, sizeof got) != 0)
        return fail_set(f, E_INVALID, "genesis: classes are not 1, 2, 3");
    if (!get_u8(r, &how) || !get_origin(r, g->prev_origin) || !get_u64(r, &g->prev_size) ||
        !get_copy(r, g->prev_root, HASH_LEN))
        return fail_set(f, E_INVALID, "genesis: length");
    g->how = (enum entry_how)how;
    return check_genesis(g, f);
}

static MUST_USE enum err read_event(struct reader *r, struct entry_event *e, struct fail *f)
{
    uint8_t count;
    if (!get_u8(r, &count) || count != ENTRY_TAGS)
        return fail_set(f, E_INVALID, "event: tag count");
    if (!get_copy(r, e->tag, sizeof e->tag) || !get_copy(r, e->commitment, HASH_LEN))
        return fail_set(f, E_INVALID, "event: length");
    return OK;
}

static MUST_USE enum err read_seal(struct reader *r, struct entry_seal *s, struct fail *f)
{
    if (!get_u64(r, &s->covered) || !get_u64(r, &s->prev_seal) || !get_u64(r, &s->time_ms) ||
        !get_u64(r, &s->map_leaves) || !get_copy(r, s->map_root, HASH_LEN))
        return fail_set(f, E_INVALID, "seal: length");
    return OK;
}

static MUST_USE enum err check_close(const struct entry_close *c, struct fail *f)
{
    char domain[DOMAIN_MAX + 1];
    uint32_t generation;
    if (!origin_read(c->next_origin, domain, &generation) || generation < 2)
        return fail_set(f, E_INVALID, "close: origin of the next generation");
    return OK;
}

static MUST_USE enum err read_close(struct reader *r, struct entry_close *c, struct fail *f)
{
    if (!get_u64(r, &c->time_ms) || !get_origin(r, c->next_origin) || !get_copy(r, c->next_log_pk, 32) ||
        !get_copy(r, c->next_vrf_pk, 32))
        return fail_set(f, E_INVALID, "close: length");
    return check_close(c, f);
}

MUST_USE enum err entry_read(struct bytes v, struct entry *out, struct fail *f)
{
    struct reader r = reader_of(v);
    struct bytes head;
    struct entry e = { 0 };
    uint8_t form;
    if (!get_bytes(&r, sizeof magic, &head) || memcmp(head.data, magic, sizeof magic) != 0)
        return fail_set(f, E_INVALID, "not a ledger entry");
    if (!get_u8(&r, &form))
        return fail_set(f, E_INVALID, "ledger entry without a form");
    e.form = (enum entry_form)form;
    switch (e.form) {
    case ENTRY_GENESIS:
        TRY(read_genesis(&r, &e.genesis, f));
        break;
    case ENTRY_EVENT:
        TRY(read_event(&r, &e.event, f));
        break;
    case ENTRY_SEAL:
        TRY(read_seal(&r, &e.seal, f));
        break;
    case ENTRY_CLOSE:
        TRY(read_close(&r, &e.close, f));
        break;
    default:
        return fail_set(f, E_INVALID, "ledger entry of unknown form %u", form);
    }
    if (!reader_done(&r))
        return fail_set(f, E_INVALID, "trailing bytes after a ledger entry");
    *out = e;
    return OK;
}

static void put_genesis(struct buf *b, const struct entry_genesis *g)
{
    buf_put_u64(b, g->time_ms);
    buf_put_u32(b, g->generation);
    buf_put_u16_bytes(b, bytes_str(g->origin));
    buf_put(b, g->log_pk, 32);
    buf_put(b, g->vrf_pk, 32);
    buf_put(b, classes, sizeof classes);
    buf_put_u8(b, (uint8_t)g->how);
    buf_put_u16_bytes(b, bytes_str(g->prev_origin));
    buf_put_u64(b, g->prev_size);
    buf_put(b, g->prev_root, HASH_LEN);
}

static void put_event(struct buf *b, const struct entry_event *e)
{
    buf_put_u8(b, ENTRY_TAGS);
    buf_put(b, e->tag, sizeof e->tag);
    buf_put(b, e->commitment, HASH_LEN);
}

static void put_seal(struct buf *b, const struct entry_seal *s)
{
    buf_put_u64(b, s->covered);
    buf_put_u64(b, s->prev_seal);
    buf_put_u64(b, s->time_ms);
    buf_put_u64(b, s->map_leaves);
    buf_put(b, s->map_root, HASH_LEN);
}

static void put_close(struct buf *b, const struct entry_close *c)
{
    buf_put_u64(b, c->time_ms);
    buf_put_u16_bytes(b, bytes_str(c->next_origin));
    buf_put(b, c->next_log_pk, 32);
    buf_put(b, c->next_vrf_pk, 32);
}

MUST_USE enum err entry_put(struct buf *b, const struct entry *e, struct fail *f)
{
    if (e->form == ENTRY_GENESIS)
        TRY(check_genesis(&e->genesis, f));
    if (e->form == ENTRY_CLOSE)
        TRY(check_close(&e->close, f));
    buf_put(b, magic, sizeof magic);
    buf_put_u8(b, (uint8_t)e->form);
    switch (e->form) {
    case ENTRY_GENESIS:
        put_genesis(b, &e->genesis);
        break;
    case ENTRY_EVENT:
        put_event(b, &e->event);
        break;
    case ENTRY_SEAL:
        put_seal(b, &e->seal);
        break;
    case ENTRY_CLOSE:
        put_close(b, &e->close);
        break;
    default:
        return fail_set(f, E_INVALID, "ledger entry of unknown form %u", (unsigned)e->form);
    }
    return buf_check(b, "ledger entry", f);
}

const char *entry_close_names(const struct entry_close *c, const struct entry_genesis *g)
{
    if (strcmp(c->next_origin, g->origin) != 0)
        return "name";
    if (memcmp(c->next_log_pk, g->log_pk, sizeof g->log_pk) != 0)
        return "log key";
    if (memcmp(c->next_vrf_pk, g->vrf_pk, sizeof g->vrf_pk) != 0)
        return "VRF key";
    return c->time_ms > g->time_ms ? "time" : NULL;
}
