
/*
 * Files that are decoded, and what comes out of them; after cmocka.h.
 */


#ifndef _DECODE_FIXTURE_H_INCLUDED_
#define _DECODE_FIXTURE_H_INCLUDED_


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen_decode.h"
#include "screen_sniff.h"
#include "screen_wire.h"


#define DECODE_FRAMES  4096


typedef struct {
    screen_decode_info_t   info;
    screen_pdq_mode_t      mode;
    u_char                 values[DECODE_FRAMES][SCREEN_PDQ_LEN];
    unsigned               quality[DECODE_FRAMES];
    uint32_t               times[DECODE_FRAMES];
    screen_pdq_t           last;
    unsigned               n;
} decoded_t;


static inline screen_decode_limits_t
decode_limits(int dense)
{
    screen_decode_limits_t  limits = { 0 };

    limits.pixels = 100000000;
    limits.frames = DECODE_FRAMES;
    limits.interval = 2000;
    limits.cpu = 2000;
    limits.dense = dense;

    return limits;
}


/* NULL when there is none */

static inline u_char *
decode_read(const char *path, size_t *size)
{
    FILE    *fp;
    u_char  *data;

    fp = fopen(path, "rb");
    if (fp == NULL) {
        return NULL;
    }

    (void) fseek(fp, 0, SEEK_END);
    *size = ftell(fp);
    rewind(fp);

    data = malloc(*size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *size, fp), *size);
    fclose(fp);

    return data;
}


static inline int
decode_frame(void *ctx, const screen_pdq_picture_t *picture, uint32_t ms)
{
    void       *memory;
    size_t      size;
    decoded_t  *to;

    to = ctx;

    size = screen_pdq_memory(picture->width, picture->height, to->mode);
    memory = malloc(size + 1);
    assert_non_null(memory);

    assert_int_equal(screen_pdq_compute(&to->last, picture, to->mode, memory,
                                        size),
                     SCREEN_OK);
    free(memory);

    assert_true(to->n < DECODE_FRAMES);

    screen_pdq_value(&to->last, SCREEN_PDQ_ORIGINAL, to->values[to->n]);
    to->quality[to->n] = to->last.quality;
    to->times[to->n++] = ms;

    return SCREEN_OK;
}


/* a copy of its exact size, so that a read beyond the end is seen */

static inline void
decode_bytes(decoded_t *to, const u_char *data, size_t size,
    const screen_decode_limits_t *limits)
{
    u_char  *copy;

    copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);

    to->n = 0;

    assert_int_equal(screen_decode(copy, size, screen_sniff(copy, size),
                                   limits, screen_wire_now() + 60000,
                                   decode_frame, to, &to->info),
                     SCREEN_OK);
    assert_int_equal(to->info.frames, to->n);

    free(copy);
}


static inline void
decode_file(decoded_t *to, const char *path,
    const screen_decode_limits_t *limits)
{
    size_t   size = 0;
    u_char  *data;

    data = decode_read(path, &size);

    if (data == NULL) {
        fail_msg("%s cannot be read", path);
    }

    decode_bytes(to, data, size, limits);

    free(data);
}


static inline unsigned
decode_distance(const u_char *a, const u_char *b)
{
    size_t    i;
    unsigned  n;

    for (i = 0, n = 0; i < SCREEN_PDQ_LEN; i++) {
        n += __builtin_popcount(a[i] ^ b[i]);
    }

    return n;
}


#endif /* _DECODE_FIXTURE_H_INCLUDED_ */
