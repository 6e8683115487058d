
/*
 * The tail of a bank, which a keeper writes and every worker maps, with some
 * of its bytes overwritten: what is read from it ends without a fault, and
 * what is found lies within the map.  The input is an operation and a key,
 * and pairs of an offset (24 bits) and a byte; a pair whose offset is beyond
 * the end makes an entry's checksum agree again.
 */


#include <stdio.h>
#include <unistd.h>

#include "../../ngx_http_screen_module/core/screen_tail_impl.h"
#include "fuzz_input.h"


#define FUZZ_ENTRIES  48
#define FUZZ_BYTES    256


int LLVMFuzzerInitialize(int *argc, char ***argv);


static screen_bank_t  fuzz_bank;        /* empty */
static screen_tail_t  fuzz_tail;


/* every third of one video, every fifth a removal */

static void
fuzz_fill(void)
{
    char            label[16];
    unsigned        i;
    screen_entry_t  entry;
    screen_error_t  err;

    for (i = 0; i < FUZZ_ENTRIES - 8; i++) {
        memset(&entry, 0, sizeof(screen_entry_t));
        memset(entry.value, (int) (i % 30 + 1), sizeof(entry.value));

        snprintf(label, sizeof(label), "label %u", i);

        entry.signal = i % 3 ? i % SCREEN_SIGNALS : SCREEN_SIGNAL_VPDQ;
        entry.label = screen_str_of(label);
        entry.severity = i % 11;
        entry.expires = i % 7 ? 0 : i;
        entry.time = i * 100;
        entry.frames = i;
        entry.content = screen_str_of(entry.signal == SCREEN_SIGNAL_VPDQ
                                      ? "case" : "");

        fuzz_require(screen_tail_append(&fuzz_tail, i % 5 ? SCREEN_TAIL_ADD
                                                    : SCREEN_TAIL_REMOVE,
                                        &entry, &err) == SCREEN_OK);
    }
}


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char            dir[] = "/tmp/fuzz-tail-XXXXXX", path[64], name[128];
    screen_error_t  err;

    fuzz_require(mkdtemp(dir) != NULL);
    snprintf(path, sizeof(path), "%s/bank", dir);

    fuzz_require(screen_tail_create(&fuzz_tail, path, 1, FUZZ_ENTRIES, &err)
                 == SCREEN_OK);
    fuzz_fill();

    /* its map is enough */

    fuzz_require(screen_tail_path(name, sizeof(name), path, 1) == SCREEN_OK);
    fuzz_require(unlink(name) == 0 && rmdir(dir) == 0);

    return 0;
}


static void
fuzz_within(const screen_str_t *s)
{
    const u_char  *map;

    map = (const u_char *) fuzz_tail.header;

    fuzz_require(s->len == 0
                 || (s->data >= map
                     && s->data + s->len <= map + fuzz_tail.size));
}


static void
fuzz_entry(const screen_entry_t *entry)
{
    fuzz_require(entry->signal < SCREEN_SIGNALS);
    fuzz_within(&entry->label);
    fuzz_within(&entry->source);
    fuzz_within(&entry->content);
}


typedef struct {
    const u_char  *value;
    unsigned       radius;
    unsigned       n;
} fuzz_query_t;


static int
fuzz_visit(void *ctx, const screen_entry_t *entry, unsigned distance)
{
    fuzz_query_t  *q;

    q = ctx;

    fuzz_entry(entry);
    fuzz_require(distance <= q->radius);
    fuzz_require(++q->n <= FUZZ_ENTRIES);

    return SCREEN_OK;
}


static void
fuzz_look(const screen_entry_t *key, unsigned radius)
{
    int                 rc;
    uint32_t            i;
    fuzz_query_t        q;
    screen_entry_t      entry;
    screen_tail_op_t    op;
    screen_tail_near_t  near;

    for (i = 0; i < FUZZ_ENTRIES + 2; i++) {

        if (screen_tail_entry(&fuzz_tail, i, &op, &entry) == SCREEN_OK) {
            fuzz_entry(&entry);
        }
    }

    if (screen_tail_find(&fuzz_tail, key, &op, &entry) == SCREEN_OK) {
        fuzz_entry(&entry);
        fuzz_require(screen_entry_same(&entry, key));
    }

    if (screen_tail_lookup(&fuzz_tail, &fuzz_bank, key->signal, key->value, 1,
                           &entry) == SCREEN_OK)
    {
        fuzz_entry(&entry);
        fuzz_require(entry.signal == key->signal);
    }

    (void) screen_tail_frames(&fuzz_tail, &key->content);
    (void) screen_tail_timed(&fuzz_tail, &key->content, 300);
    (void) screen_tail_entries(&fuzz_tail, &fuzz_bank);

    fuzz_require(screen_tail_signals(&fuzz_tail, &fuzz_bank)
                 < 1u << SCREEN_SIGNALS);

    q.value = key->value;
    q.radius = radius;
    q.n = 0;

    screen_tail_near_begin(&near, &fuzz_tail, &fuzz_bank, key->signal,
                           key->value, radius, 1);

    do {
        rc = screen_tail_near_each(&near, 1000, fuzz_visit, &q);
    } while (rc == SCREEN_AGAIN);
}


static void
fuzz_repair(uint32_t n)
{
    screen_tail_entry_t  *e;

    e = (screen_tail_entry_t *) screen_tail_entries_at(&fuzz_tail)
        + n % FUZZ_ENTRIES;

    e->check = screen_tail_check(e);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char          *map;
    uint32_t         at, n;
    unsigned         byte, radius;
    fuzz_input_t     in;
    screen_entry_t   key;

    static u_char   *sound;

    map = (u_char *) fuzz_tail.header;

    if (sound == NULL) {
        sound = fuzz_copy(map, fuzz_tail.size);
    }

    in = fuzz_input(data, size);

    memset(&key, 0, sizeof(screen_entry_t));
    key.signal = fuzz_u8(&in) % SCREEN_SIGNALS;
    radius = fuzz_u8(&in) % 41;
    memset(key.value, (int) fuzz_u8(&in), sizeof(key.value));
    key.value[0] ^= (u_char) fuzz_u8(&in);
    key.content = fuzz_str(&in);

    for (n = 0; n < FUZZ_BYTES && in.pos < in.end; n++) {
        at = fuzz_u8(&in) << 16;
        at |= fuzz_u16(&in);
        byte = fuzz_u8(&in);

        if (at < fuzz_tail.size) {
            map[at] = (u_char) byte;

        } else {
            fuzz_repair(byte);
        }
    }

    fuzz_look(&key, radius);

    /* what was overwritten, and the checksums */

    memcpy(map, sound, SCREEN_TAIL_PAGE);
    memcpy(map + screen_tail_value_at(0), sound + screen_tail_value_at(0),
           fuzz_tail.size - screen_tail_value_at(0));

    in = fuzz_input(data, size);
    in.pos += in.end - in.pos < 4 ? in.end - in.pos : 4;
    (void) fuzz_str(&in);

    for (n = 0; n < FUZZ_BYTES && in.pos < in.end; n++) {
        at = fuzz_u8(&in) << 16;
        at |= fuzz_u16(&in);
        (void) fuzz_u8(&in);

        if (at < fuzz_tail.size) {
            map[at] = sound[at];
        }
    }

    return 0;
}
