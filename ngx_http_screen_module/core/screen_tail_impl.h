
/*
 * The format of a tail, shared by its writer and its reader: a page with the
 * header, the heads of the chains, and the entries.  It is of the machine
 * that wrote it: native integers, and atomics in place.
 */


#ifndef _SCREEN_TAIL_IMPL_H_INCLUDED_
#define _SCREEN_TAIL_IMPL_H_INCLUDED_


#include <string.h>

#include "screen_tail.h"


#define SCREEN_TAIL_MAGIC      "SCRNTAIL"
#define SCREEN_TAIL_MAGIC_LEN  8
#define SCREEN_TAIL_VERSION    1

#define SCREEN_TAIL_PAGE       4096
#define SCREEN_TAIL_CHAINS     65536
#define SCREEN_TAIL_MAX        (1u << 22)      /* entries */


typedef struct {
    uint32_t               next;       /* of the chain: one more than the
                                          index, 0 is the end */
    uint32_t               check;      /* of all that follows */
    uint8_t                op;
    uint8_t                signal;
    uint8_t                label_len;
    uint8_t                source_len;
    uint32_t               severity;
    uint64_t               expires;
    u_char                 value[32];
    u_char                 label[SCREEN_TAIL_LABEL_MAX + 1];
    u_char                 source[SCREEN_TAIL_SOURCE_MAX + 1];
} screen_tail_entry_t;


static inline _Atomic uint32_t *
screen_tail_chains(const screen_tail_t *t)
{
    return (_Atomic uint32_t *) ((u_char *) t->header + SCREEN_TAIL_PAGE);
}


static inline const screen_tail_entry_t *
screen_tail_entries_at(const screen_tail_t *t)
{
    return (const screen_tail_entry_t *)
               ((u_char *) t->header + SCREEN_TAIL_PAGE
                + SCREEN_TAIL_CHAINS * sizeof(uint32_t));
}


static inline size_t
screen_tail_size(uint32_t capacity)
{
    return SCREEN_TAIL_PAGE + SCREEN_TAIL_CHAINS * sizeof(uint32_t)
           + (size_t) capacity * sizeof(screen_tail_entry_t);
}


/* the chain of a value; a value is at least sixteen bytes long */

static inline uint32_t
screen_tail_chain(uint64_t seed, screen_signal_t signal, const u_char *value)
{
    uint64_t  a, b;

    memcpy(&a, value, sizeof(uint64_t));
    memcpy(&b, value + sizeof(uint64_t), sizeof(uint64_t));

    a = (a ^ seed ^ (uint64_t) signal) * 0x9e3779b97f4a7c15ull;
    a ^= a >> 31;
    a = (a ^ b) * 0xbf58476d1ce4e5b9ull;

    return (uint32_t) (a >> 40) & (SCREEN_TAIL_CHAINS - 1);
}


/* FNV-1a over an entry but for its first two fields and unused text */

static inline uint32_t
screen_tail_check(const screen_tail_entry_t *e)
{
    size_t         i;
    uint32_t       h;
    const u_char  *p;

    h = 2166136261u;
    p = (const u_char *) &e->op;

    for (i = 0; i < offsetof(screen_tail_entry_t, label)
                    - offsetof(screen_tail_entry_t, op); i++)
    {
        h = (h ^ p[i]) * 16777619u;
    }

    for (i = 0; i < e->label_len; i++) {
        h = (h ^ e->label[i]) * 16777619u;
    }

    for (i = 0; i < e->source_len; i++) {
        h = (h ^ e->source[i]) * 16777619u;
    }

    return h;
}


#endif /* _SCREEN_TAIL_IMPL_H_INCLUDED_ */
