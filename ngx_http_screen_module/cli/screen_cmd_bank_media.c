
/*
 * "ngx-screen bank add --media": banned pictures and videos become entries,
 * densely, so that what is left of them after a crop or a cut is there, too.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen_cmd_bank_media.h"
#include "screen_bank_json.h"
#include "screen_list_entry.h"
#include "screen_prints.h"
#include "screen_walk.h"


typedef struct {
    const screen_cmd_bank_options_t  *options;
    screen_bank_builder_t            *builder;
    screen_cmd_bank_progress_t        progress;
    size_t                            files;     /* to be done */
    size_t                            done;
    size_t                            pictures;
    size_t                            videos;
    size_t                            prints;
    size_t                            poor;      /* of too low quality */
    screen_error_t                   *err;
} screen_cmd_bank_media_t;


/* ID, ID/name if there are several files, or the digest's beginning */

static char *
screen_cmd_bank_media_content(const screen_cmd_bank_media_t *m,
    const char *path, const screen_part_t *part)
{
    char        *text, hex[17];
    const char  *name;

    if (m->options->content == NULL) {
        screen_hex_encode(hex, part->sha256, 8);
        hex[16] = '\0';
        return strdup(hex);
    }

    if (m->files == 1) {
        return strdup(m->options->content);
    }

    name = strrchr(path, '/');
    name = name ? name + 1 : path;

    return asprintf(&text, "%s/%s", m->options->content, name) == -1 ? NULL
                                                                     : text;
}


static void
screen_cmd_bank_media_entry(const screen_cmd_bank_media_t *m,
    screen_entry_t *entry)
{
    memset(entry, 0, sizeof(screen_entry_t));

    entry->label = screen_str_of(m->options->label ? m->options->label : "");
    entry->source = screen_str_of(m->options->source ? m->options->source
                                                     : "");
    entry->severity = m->options->severity;
    entry->expires = m->options->expires;
}


static int
screen_cmd_bank_media_prints(screen_cmd_bank_media_t *m,
    const screen_part_t *part, const char *content)
{
    size_t                  i;
    screen_entry_t          entry;
    const screen_media_t   *media;
    const screen_print_t   *print;

    media = part->media;

    screen_cmd_bank_media_entry(m, &entry);

    entry.signal = media->kind == SCREEN_MEDIA_VIDEO ? SCREEN_SIGNAL_VPDQ
                                                     : SCREEN_SIGNAL_PDQ;
    entry.content = screen_str_of(content);

    for (i = 0; i < media->nprints; i++) {
        print = &media->prints[i];

        if (print->quality < SCREEN_CMD_BANK_QUALITY
            || screen_bank_value_blank(entry.signal, print->value))
        {
            m->poor++;
            continue;
        }

        entry.time = media->times[print->frame];
        entry.view = print->view;
        memcpy(entry.value, print->value, SCREEN_PDQ_LEN);

        if (screen_bank_builder_add(m->builder, &entry) != SCREEN_OK) {
            return screen_error_set(m->err, "no memory");
        }

        m->prints++;
    }

    screen_cmd_bank_media_entry(m, &entry);

    entry.signal = SCREEN_SIGNAL_SHA256;
    memcpy(entry.value, part->sha256, sizeof(part->sha256));

    if (screen_bank_builder_add(m->builder, &entry) != SCREEN_OK) {
        return screen_error_set(m->err, "no memory");
    }

    return SCREEN_OK;
}


/* what cannot be fingerprinted as a whole is not banned by halves */

static int
screen_cmd_bank_media_file(screen_cmd_bank_media_t *m, screen_prints_t *p,
    const char *path)
{
    int              rc;
    char            *content, text[64];
    size_t           before;
    screen_part_t    part;
    screen_error_t   err;
    screen_arena_t   arena = screen_arena_init;
    screen_alloc_t   alloc = { screen_arena_alloc, &arena };

    snprintf(text, sizeof(text), "%zu of %zu", m->done++, m->files);
    screen_cmd_bank_progress_text(&m->progress, text);

    before = m->prints;
    rc = screen_prints_file(p, path, &part, &alloc, &err);

    if (rc != SCREEN_OK) {
        screen_error_at(m->err, path, 0, "%s", err.text);

    } else if (part.media == NULL || part.faults) {
        rc = screen_error_at(m->err, path, 0, "cannot be fingerprinted%s: "
                 "%.*s%s%.*s", part.media ? " as a whole" : "",
                 (int) part.type.len, part.type.data, part.faults ? ", " : "",
                 (int) part.fault_reason.len,
                 part.faults ? (const char *) part.fault_reason.data : "");

    } else {
        content = screen_cmd_bank_media_content(m, path, &part);

        if (content == NULL) {
            rc = screen_error_set(m->err, "no memory");

        } else if (strlen(content) > SCREEN_TAIL_CONTENT_MAX) {
            rc = screen_error_at(m->err, path, 0, "the content \"%.40s...\" "
                                 "is longer than %d bytes", content,
                                 SCREEN_TAIL_CONTENT_MAX);

        } else {
            rc = screen_cmd_bank_media_prints(m, &part, content);
        }

        free(content);
    }

    if (rc == SCREEN_OK && m->prints == before) {
        rc = screen_error_at(m->err, path, 0, "has nothing to be told by: "
                             "the quality of its hashes is below %d",
                             SCREEN_CMD_BANK_QUALITY);
    }

    if (rc == SCREEN_OK) {
        m->videos += part.media->kind == SCREEN_MEDIA_VIDEO;
        m->pictures += part.media->kind != SCREEN_MEDIA_VIDEO;
    }

    screen_arena_destroy(&arena);

    return rc;
}


static int
screen_cmd_bank_media_all(screen_cmd_bank_media_t *m, const screen_walk_t *w)
{
    int               rc;
    size_t            i;
    screen_prints_t   prints;

    m->files = w->nfiles;

    rc = screen_prints_start(&prints, 1, m->err);

    screen_cmd_bank_progress_start(&m->progress, "fingerprinting");

    for (i = 0; rc == SCREEN_OK && i < w->nfiles; i++) {
        rc = screen_cmd_bank_media_file(m, &prints, w->files[i]);
    }

    screen_cmd_bank_progress_end(&m->progress);
    screen_prints_stop(&prints);

    if (rc == SCREEN_OK && !m->options->quiet) {
        printf("%zu pictures, %zu videos: %zu fingerprints, %zu of too low a "
               "quality left out\n", m->pictures, m->videos, m->prints,
               m->poor);
    }

    return rc;
}


int
screen_cmd_bank_media(screen_bank_builder_t *builder,
    const screen_cmd_bank_options_t *options, char **paths,
    screen_error_t *err)
{
    int                      rc;
    screen_walk_t            walk;
    screen_cmd_bank_media_t  m;

    memset(&m, 0, sizeof(screen_cmd_bank_media_t));

    m.options = options;
    m.builder = builder;
    m.err = err;

    screen_walk_init(&walk);

    for (rc = SCREEN_OK; *paths != NULL && rc == SCREEN_OK; paths++) {
        rc = screen_walk_add(&walk, *paths);
    }

    if (rc != SCREEN_OK) {
        screen_error_set(err, "no memory");

    } else if (walk.nerrors || walk.nfiles == 0) {
        rc = screen_error_set(err, "%s", walk.nfiles ? "not every folder "
                              "could be read" : "no files");

    } else {
        rc = screen_cmd_bank_media_all(&m, &walk);
    }

    screen_walk_free(&walk);

    return rc;
}
