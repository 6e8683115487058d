
/*
 * The format of a tail, shared by its writer and its reader: a page with the
 * header, the heads of the chains of entries that may be the same, those of
 * the chains of additions that may be of one content, the value of each entry
 * (for searches of what is near, which compare all of them), and the entries.
 * It is of the machine that wrote it: native integers, and atomics in place.
 */


#ifndef _SCREEN_TAIL_IMPL_H_INCLUDED_
#define _SCREEN_TAIL_IMPL_H_INCLUDED_


#include <string.h>

#include "screen_tail.h"


#define SCREEN_TAIL_MAGIC      "SCRNTAIL"
#define SCREEN_TAIL_MAGIC_LEN  8
#define SCREEN_TAIL_VERSION    2

#define SCREEN_TAIL_PAGE       4096
#define SCREEN_TAIL_CHAINS     65536
#define SCREEN_TAIL_VALUE      32
#define SCREEN_TAIL_MAX        (1u << 22)      /* entries */


typedef struct {
    uint32_t               next;       /* of the chain: one more than the
                                          index, 0 is the end */
    uint32_t               next_content;
    uint32_t               check;      /* of all that follows */
    uint32_t               severity;
    uint64_t               expires;
    uint32_t               time;
    uint32_t               frames;
    uint16_t               view;
    uint8_t                op;
    uint8_t                signal;
    uint8_t                label_len;
    uint8_t                source_len;
    uint8_t                content_len;
    uint8_t                zero;
    u_char                 value[SCREEN_TAIL_VALUE];
    u_char                 label[SCREEN_TAIL_LABEL_MAX + 1];
    u_char                 source[SCREEN_TAIL_SOURCE_MAX + 1];
    u_char                 content[SCREEN_TAIL_CONTENT_MAX + 1];
} screen_tail_entry_t;


static inline _Atomic uint32_t *
screen_tail_chains(const screen_tail_t *t)
{
    return (_Atomic uint32_t *) ((u_char *) t->header + SCREEN_TAIL_PAGE);
}


static inline _Atomic uint32_t *
screen_tail_contents(const screen_tail_t *t)
{
    return screen_tail_chains(t) + SCREEN_TAIL_CHAINS;
}


/* offsets in the file */

static inline size_t
screen_tail_value_at(uint32_t n)
{
    return SCREEN_TAIL_PAGE + 2 * SCREEN_TAIL_CHAINS * sizeof(uint32_t)
           + (size_t) n * SCREEN_TAIL_VALUE;
}


static inline size_t
screen_tail_entry_at(uint32_t capacity, uint32_t n)
{
    return screen_tail_value_at(capacity)
           + (size_t) n * sizeof(screen_tail_entry_t);
}


static inline size_t
screen_tail_size(uint32_t capacity)
{
    return screen_tail_entry_at(capacity, capacity);
}


static inline const u_char *
screen_tail_values(const screen_tail_t *t)
{
    return (u_char *) t->header + screen_tail_value_at(0);
}


static inline const screen_tail_entry_t *
screen_tail_entries_at(const screen_tail_t *t)
{
    return (const screen_tail_entry_t *)
               ((u_char *) t->header + screen_tail_entry_at(t->capacity, 0));
}


/* a content as a tail holds it: cut, where a character of UTF-8 begins */

static inline screen_str_t
screen_tail_cut(const screen_str_t *text, size_t max)
{
    screen_str_t  cut;

    cut = *text;

    if (cut.len > max) {
        cut.len = max;

        while (cut.len > 0 && (cut.data[cut.len] & 0xc0) == 0x80) {
            cut.len--;
        }
    }

    return cut;
}


static inline uint64_t
screen_tail_mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15ull;

    return h ^ h >> 31;
}


/* the chain of a content */

static inline uint32_t
screen_tail_chain_content(uint64_t seed, const screen_str_t *content)
{
    size_t    i;
    uint64_t  h;

    h = seed;

    for (i = 0; i < content->len; i++) {
        h = screen_tail_mix(h, content->data[i]);
    }

    return (uint32_t) (h >> 40) & (SCREEN_TAIL_CHAINS - 1);
}


/* the chain of an entry; a value is at least sixteen bytes long */

static inline uint32_t
screen_tail_chain(uint64_t seed, const screen_entry_t *key)
{
    uint64_t      a, b;
    screen_str_t  content;

    memcpy(&a, key->value, sizeof(uint64_t));
    memcpy(&b, key->value + sizeof(uint64_t), sizeof(uint64_t));

    a = screen_tail_mix(seed ^ (uint64_t) key->signal, a);

    if (key->signal == SCREEN_SIGNAL_VPDQ) {
        content = screen_tail_cut(&key->content, SCREEN_TAIL_CONTENT_MAX);
        a = screen_tail_mix(a, screen_tail_chain_content(seed, &content));
    }

    a = (a ^ b) * 0xbf58476d1ce4e5b9ull;

    return (uint32_t) (a >> 40) & (SCREEN_TAIL_CHAINS - 1);
}


/* SCREEN_OK, or SCREEN_MALFORMED */
int screen_tail_decode(const screen_tail_entry_t *e, screen_tail_op_t *op,
    screen_entry_t *entry);

/*
 * The last of the first count entries that is the same as key, or UINT32_MAX:
 * there is none.
 */
uint32_t screen_tail_last(const screen_tail_t *t, const screen_entry_t *key,
    uint32_t count);


static inline uint32_t
screen_tail_check_bytes(uint32_t h, const void *data, size_t len)
{
    size_t         i;
    const u_char  *p;

    p = data;

    for (i = 0; i < len; i++) {
        h = (h ^ p[i]) * 16777619u;
    }

    return h;
}


/* FNV-1a over an entry but for its first three fields and unused text */

static inline uint32_t
screen_tail_check(const screen_tail_entry_t *e)
{
    uint32_t  h;

    h = screen_tail_check_bytes(2166136261u, &e->severity,
                                offsetof(screen_tail_entry_t, label)
                                - offsetof(screen_tail_entry_t, severity));
    h = screen_tail_check_bytes(h, e->label, e->label_len);
    h = screen_tail_check_bytes(h, e->source, e->source_len);

    return screen_tail_check_bytes(h, e->content, e->content_len);
}


#endif /* _SCREEN_TAIL_IMPL_H_INCLUDED_ */
