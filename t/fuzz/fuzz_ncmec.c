
/*
 * A list of NCMEC's of arbitrary bytes is read, or refused with a line that
 * it has; what is taken has values that a bank may hold and names that are
 * whole; and where a block that is read at once ends makes no difference: the
 * list is read again in blocks of as many bytes as the first one says, and of
 * four at least: expat guesses a list's encoding by its first two.
 */


#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>


static size_t  block;

#define SCREEN_NCMEC_READ  block

#include "../../ngx_http_screen_module/cli/screen_ncmec.c"
#include "../../ngx_http_screen_module/core/screen_bank_builder.h"


#define BLOCK  65536


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


typedef struct {
    int                     code;
    screen_error_t          err;
    screen_list_tally_t     tally;
    screen_bank_builder_t  *taken;
    screen_bank_builder_t  *withdrawn;
} outcome_t;


static void
put(int fd, const void *data, size_t size)
{
    if (write(fd, data, size) != (ssize_t) size) {
        abort();
    }
}


static void
read_list(outcome_t *o, const uint8_t *data, size_t size, size_t at_once)
{
    int                    fd;
    char                   path[64];
    screen_bank_reading_t  reading;

    memset(o, 0, sizeof(outcome_t));
    memset(&reading, 0, sizeof(reading));

    o->taken = screen_bank_builder_create();
    o->withdrawn = screen_bank_builder_create();
    fd = memfd_create("ncmec", MFD_CLOEXEC);

    if (o->taken == NULL || o->withdrawn == NULL || fd == -1) {
        abort();
    }

    block = at_once;

    put(fd, data, size);

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);

    reading.withdrawn = o->withdrawn;

    o->code = screen_ncmec_load(o->taken, path, &reading, &o->err);
    o->tally = reading.tally;

    close(fd);
}


static void
release(outcome_t *o)
{
    screen_bank_builder_destroy(o->taken);
    screen_bank_builder_destroy(o->withdrawn);
}


/* entries that could not be in a bank were refused by the builder */

static void
whole(const screen_bank_builder_t *b)
{
    size_t                      i, n;
    const char                 *label;
    const u_char               *item;
    screen_bank_item_t          head;
    const screen_bank_record_t *record;

    for (n = 0; n < SCREEN_SIGNALS; n++) {
        for (i = 0; i < b->items[n].n; i++) {

            item = b->items[n].data + i * b->items[n].stride;
            memcpy(&head, item, sizeof(head));

            record = &b->records[head.meta];

            if (record->label == 0 || record->source == 0
                || (record->content != 0)
                   != (screen_signal_perceptual(n) != 0))
            {
                abort();
            }

            /* "class member/id" */

            label = (const char *) b->strings
                    + (screen_bank_text_ref(b, record->label) >> 16);

            if (memchr(label, '/', screen_bank_text_ref(b, record->label)
                                   & 0xffff)
                == NULL)
            {
                abort();
            }
        }
    }
}


static void
alike(const screen_bank_builder_t *a, const screen_bank_builder_t *b)
{
    size_t  n;

    for (n = 0; n < SCREEN_SIGNALS; n++) {

        if (a->items[n].n != b->items[n].n
            || (a->items[n].n
                && memcmp(a->items[n].data, b->items[n].data,
                          a->items[n].n * a->items[n].stride) != 0))
        {
            abort();
        }
    }

    if (a->strings_len != b->strings_len
        || (a->strings_len
            && memcmp(a->strings, b->strings, a->strings_len) != 0))
    {
        abort();
    }
}


/* at most: CR LF is one */

static size_t
lines(const uint8_t *data, size_t size)
{
    size_t  i, n;

    for (i = 0, n = 1; i < size; i++) {
        n += data[i] == '\n' || data[i] == '\r';
    }

    return n;
}


/*
 * Where two things are wrong with what is no XML, expat tells of the one that
 * it sees in its block; if it tells of the same thing, it does so of one line.
 */

static int
same_error(const screen_error_t *a, const screen_error_t *b)
{
    static const char  no_xml[] = "is no XML from here on: ";

    if (strcmp(a->text, b->text) == 0) {
        return a->line == b->line;
    }

    return strncmp(a->text, no_xml, sizeof(no_xml) - 1) == 0
           && strncmp(b->text, no_xml, sizeof(no_xml) - 1) == 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t     at_once;
    outcome_t  one, two;

    if (size < 2) {
        return 0;
    }

    at_once = (size_t) data[0] + 4;

    data++;
    size--;

    read_list(&one, data, size, BLOCK);

    whole(one.taken);
    whole(one.withdrawn);

    if (one.code != SCREEN_OK
        && (one.err.text[0] == '\0' || one.err.line > lines(data, size)))
    {
        abort();
    }

    read_list(&two, data, size, at_once);

    if (one.code != two.code || !same_error(&one.err, &two.err)
        || memcmp(&one.tally, &two.tally, sizeof(one.tally)) != 0)
    {
        abort();
    }

    alike(one.taken, two.taken);
    alike(one.withdrawn, two.withdrawn);

    release(&one);
    release(&two);

    return 0;
}
