
/*
 * "ngx-screen bank lookup --media": what of a bank pictures and videos are
 * like, found as the edge finds it.
 */


#include <stdio.h>
#include <string.h>

#include "../core/screen_likeness.h"
#include "../core/screen_view.h"
#include "screen_cmd_bank_lookup.h"
#include "screen_prints.h"


#define SCREEN_CMD_BANK_LIKENESSES  10
#define SCREEN_CMD_BANK_BUDGET      UINT32_MAX
#define SCREEN_CMD_BANK_QUALITY     50


static void
screen_cmd_bank_print_near(const screen_hit_t *hit, const char *path)
{
    char                      name[SCREEN_VIEW_NAME];
    screen_str_t              text;
    const screen_near_hit_t  *near;

    near = hit->near;
    text = screen_str_of(path);

    printf("%s\t%u\t", screen_signal_name(hit->signal), near->distance);
    screen_cmd_bank_print_text(&near->content);
    printf("\t%s\t%u.%03u\t", screen_view_name(near->known_view, name),
           near->known_time / 1000, near->known_time % 1000);
    screen_cmd_bank_print_text(&hit->label);
    putchar('\t');
    screen_cmd_bank_print_text(&hit->source);
    printf("\t%u\t%s\t%s\t%u.%03u\t%zu\t", hit->severity,
           screen_view_name(near->view, name),
           screen_pdq_variant_name((screen_pdq_variant_t) near->variant),
           near->time / 1000, near->time % 1000, near->nframes);
    screen_cmd_bank_print_text(&text);
    putchar('\n');
}


/* SCREEN_OK or SCREEN_NOMEM */

static int
screen_cmd_bank_lookup_part(screen_cmd_bank_lookup_t *l, screen_part_t *part,
    const char *path, const screen_alloc_t *alloc)
{
    int                      rc;
    size_t                   i, n;
    screen_str_t             bank;
    screen_tail_t            tail;
    screen_likeness_t        search;
    screen_likeness_conf_t   conf;

    memset(&tail, 0, sizeof(screen_tail_t));
    memset(&conf, 0, sizeof(screen_likeness_conf_t));

    conf.signals = l->signal == SCREEN_SIGNALS
                   ? 1u << SCREEN_SIGNAL_PDQ | 1u << SCREEN_SIGNAL_VPDQ
                   : 1u << l->signal;
    conf.distance = l->distance;
    conf.quality = SCREEN_CMD_BANK_QUALITY;

    bank = screen_str_of(l->file);

    rc = screen_likeness_begin(&search, part, &conf, &bank, &tail, &l->bank,
                               l->now, alloc);

    while (rc == SCREEN_OK || rc == SCREEN_AGAIN) {
        rc = screen_likeness_step(&search, SCREEN_CMD_BANK_BUDGET);

        if (rc == SCREEN_OK) {
            break;
        }
    }

    if (rc != SCREEN_OK) {
        return rc;
    }

    for (i = 0, n = 0; i < part->nhits && n < SCREEN_CMD_BANK_LIKENESSES; i++)
    {
        if (part->hits[i].near != NULL) {
            screen_cmd_bank_print_near(&part->hits[i], path);
            n++;
        }
    }

    if (n == 0) {
        printf("%s\tnot found\t", part->media->kind == SCREEN_MEDIA_VIDEO
                                  ? "vpdq" : "pdq");
        bank = screen_str_of(path);
        screen_cmd_bank_print_text(&bank);
        putchar('\n');
        l->missing = 1;
    }

    return SCREEN_OK;
}


static void
screen_cmd_bank_lookup_print(screen_cmd_bank_lookup_t *l, screen_prints_t *p,
    const char *path)
{
    int              rc;
    screen_part_t    part;
    screen_error_t   err, text;
    screen_arena_t   arena = screen_arena_init;
    screen_alloc_t   alloc = { screen_arena_alloc, &arena };

    rc = screen_prints_file(p, path, &part, &alloc, &err);

    if (rc != SCREEN_OK) {
        screen_error_at(&text, path, 0, "%s", err.text);

    } else if (part.media == NULL || part.media->nprints == 0) {
        rc = screen_error_at(&text, path, 0, "no picture or video that can "
                             "be fingerprinted: %.*s%s%.*s",
                             (int) part.type.len, part.type.data,
                             part.faults ? ", " : "",
                             part.faults ? (int) part.fault_reason.len : 0,
                             part.fault_reason.data);

    } else {

        if (part.faults) {
            fprintf(stderr, "ngx-screen bank: %s: not all of it: %.*s\n",
                    path, (int) part.fault_reason.len,
                    part.fault_reason.data);
        }

        rc = screen_cmd_bank_lookup_part(l, &part, path, &alloc);

        if (rc != SCREEN_OK) {
            screen_error_at(&text, path, 0, "no memory to look it up");
        }
    }

    if (rc != SCREEN_OK) {
        screen_cmd_bank_failed(&text);
        l->failed = 1;
    }

    screen_arena_destroy(&arena);
}


void
screen_cmd_bank_lookup_media(screen_cmd_bank_lookup_t *l, char **paths)
{
    screen_error_t   err;
    screen_prints_t  prints;

    /* what is near can be anywhere in a bank */

    if (l->redis != NULL
        && screen_cmd_bank_store_load(&l->store, &l->bank, &err) != SCREEN_OK)
    {
        screen_cmd_bank_failed(&err);
        l->failed = 1;
        return;
    }

    if (screen_prints_start(&prints, 0, &err) != SCREEN_OK) {
        screen_cmd_bank_failed(&err);
        l->failed = 1;

    } else {

        for ( /* void */ ; *paths != NULL; paths++) {
            screen_cmd_bank_lookup_print(l, &prints, *paths);
        }
    }

    screen_prints_stop(&prints);
}
