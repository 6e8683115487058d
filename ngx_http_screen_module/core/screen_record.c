
#include <stdio.h>
#include <string.h>

#include "screen_date.h"
#include "screen_filename.h"
#include "screen_json.h"
#include "screen_record.h"
#include "screen_view.h"


/*
 * A text field's digest gives a short text away.  What ended a scanner is to
 * be found again, and of this length it cannot be guessed.
 */

#define SCREEN_RECORD_SUSPECT  256


typedef struct {
    const screen_record_t  *rec;
    screen_json_t           json;
    size_t                  next;        /* of the decision's matches */
    size_t                  nmatches;    /* written */
    unsigned                truncated:1;
} screen_record_writer_t;


static void screen_record_head(screen_record_writer_t *w);
static void screen_record_timings(screen_record_writer_t *w);
static void screen_record_parts(screen_record_writer_t *w);
static size_t screen_record_matched_parts(const screen_decision_t *d);
static void screen_record_part(screen_record_writer_t *w, size_t index);
static void screen_record_media(screen_record_writer_t *w,
    const screen_media_t *media);
static void screen_record_digests(screen_record_writer_t *w, size_t index);
static void screen_record_matches(screen_record_writer_t *w, int part);
static void screen_record_match(screen_record_writer_t *w,
    const screen_matched_t *m, const screen_cause_t *cause, int first);
static void screen_record_cause(screen_record_writer_t *w,
    const screen_cause_t *cause);
static void screen_record_near(screen_record_writer_t *w,
    const screen_near_hit_t *near);
static void screen_record_faults(screen_record_writer_t *w, unsigned faults,
    const screen_str_t *reason);
static void screen_record_time(screen_record_writer_t *w, uint64_t ms);
static void screen_record_place(screen_record_writer_t *w,
    const screen_place_t *place);
static void screen_record_some(screen_record_writer_t *w, const char *key,
    const screen_str_t *s);
static int screen_record_full(screen_record_writer_t *w);


void
screen_record_encode(screen_buf_t *b, const screen_record_t *rec)
{
    screen_record_writer_t  w;

    memset(&w, 0, sizeof(screen_record_writer_t));

    w.rec = rec;
    screen_json_init(&w.json, b);

    screen_json_open(&w.json, NULL, '{');

    screen_record_head(&w);
    screen_record_timings(&w);
    screen_record_faults(&w, rec->upload->faults, &rec->upload->fault_reason);
    screen_record_matches(&w, -1);
    screen_record_parts(&w);

    if (w.truncated || w.json.cut) {
        screen_json_true(&w.json, "truncated");
    }

    screen_json_close(&w.json, '}');
    screen_buf_put(b, "\n", 1);
}


static void
screen_record_head(screen_record_writer_t *w)
{
    screen_json_t            *j;
    const screen_record_t    *rec;
    const screen_decision_t  *d;

    j = &w->json;
    rec = w->rec;
    d = rec->decision;

    screen_json_uint(j, "v", SCREEN_RECORD_VERSION);
    screen_json_str(j, "id", &rec->id);
    screen_record_time(w, rec->time);
    screen_record_some(w, "server", &rec->server);
    screen_record_some(w, "location", &rec->location);
    screen_record_some(w, "client", &rec->client);
    screen_json_str(j, "policy", &rec->policy->name);
    screen_json_text(j, "mode", rec->monitor ? "monitor" : "enforce");
    screen_json_text(j, "verdict", screen_verdict_name(d->verdict));
    screen_json_text(j, "action", screen_verdict_name(rec->action));

    if (d->action.status) {
        screen_json_uint(j, "status", d->action.status);
    }

    screen_record_some(w, "reason", &d->reason);
    screen_record_place(w, &d->place);
    screen_json_uint(j, "bytes", rec->upload->size);

    if (rec->cache != NULL) {
        screen_json_text(j, "cache", rec->cache);
    }
}


static void
screen_record_timings(screen_record_writer_t *w)
{
    const screen_record_t  *rec;

    rec = w->rec;

    if (!rec->timed) {
        return;
    }

    screen_json_open(&w->json, "timings", '{');
    screen_json_seconds(&w->json, "read", rec->read);
    screen_json_seconds(&w->json, "lookup", rec->lookup);

    if (rec->scanned) {
        screen_json_seconds(&w->json, "scan", rec->scan);
    }

    screen_json_seconds(&w->json, "total", rec->total);
    screen_json_close(&w->json, '}');
}


/*
 * A hundred text fields before a file must not keep the file out of the
 * record: parts that something matched come first when there is not room for
 * all.
 */

static void
screen_record_parts(screen_record_writer_t *w)
{
    size_t                    i, left, plain;
    const screen_decision_t  *d;

    d = w->rec->decision;

    left = SCREEN_RECORD_PARTS;
    plain = screen_record_matched_parts(d);
    plain = plain < left ? left - plain : 0;

    screen_json_uint(&w->json, "nparts", w->rec->upload->nparts);
    screen_json_open(&w->json, "parts", '[');

    for (i = 0; i < w->rec->upload->nparts; i++) {

        while (w->next < d->nmatched && d->matched[w->next].part < (int) i) {
            w->next++;
        }

        if (w->next == d->nmatched || d->matched[w->next].part != (int) i) {

            if (plain == 0) {
                w->truncated = 1;
                continue;
            }

            plain--;
        }

        if (left == 0 || screen_record_full(w)) {
            w->truncated = 1;
            break;
        }

        left--;
        screen_record_part(w, i);
    }

    screen_json_close(&w->json, ']');
}


static size_t
screen_record_matched_parts(const screen_decision_t *d)
{
    int     last;
    size_t  i, n;

    n = 0;
    last = -1;

    for (i = 0; i < d->nmatched; i++) {

        if (d->matched[i].part != last) {
            last = d->matched[i].part;
            n++;
        }
    }

    return n;
}


static void
screen_record_part(screen_record_writer_t *w, size_t index)
{
    screen_str_t          name;
    screen_json_t        *j;
    const screen_part_t  *part;

    j = &w->json;
    part = &w->rec->upload->parts[index];

    screen_json_open(j, NULL, '{');
    screen_json_uint(j, "index", index);

    if (part->whole) {
        screen_json_true(j, "whole");
    }

    screen_record_some(w, "name", &part->name);

    if (part->has_filename) {
        name = screen_filename_clean(&part->filename);
        screen_json_str(j, "filename", &name);
    }

    if (w->rec->complete) {
        screen_json_uint(j, "size", part->size);
    }

    screen_record_some(w, "declared", &part->declared);

    if (part->scanned) {
        screen_record_some(w, "type", &part->type);

        if (part->mismatch) {
            screen_json_true(j, "mismatch");
        }
    }

    if (part->media != NULL) {
        screen_record_media(w, part->media);
    }

    screen_record_digests(w, index);
    screen_record_faults(w, part->faults, &part->fault_reason);
    screen_record_matches(w, (int) index);

    screen_json_close(j, '}');
}


static void
screen_record_media(screen_record_writer_t *w, const screen_media_t *media)
{
    screen_json_t  *j;

    j = &w->json;

    screen_json_open(j, "media", '{');
    screen_json_text(j, "kind", media->kind == SCREEN_MEDIA_VIDEO ? "video"
                                                                  : "picture");
    screen_json_uint(j, "width", media->width);
    screen_json_uint(j, "height", media->height);

    if (media->kind == SCREEN_MEDIA_VIDEO) {
        screen_json_seconds(j, "duration", media->duration * 1000000ull);
        screen_json_uint(j, "frames", media->nframes);
    }

    screen_json_close(j, '}');
}


static void
screen_record_digests(screen_record_writer_t *w, size_t index)
{
    size_t                    i;
    unsigned                  shown;
    const screen_part_t      *part;
    const screen_decision_t  *d;

    static const unsigned  suspect = 1u << SCREEN_FAULT_TIMEOUT
                                     | 1u << SCREEN_FAULT_CRASH;

    d = w->rec->decision;
    part = &w->rec->upload->parts[index];

    shown = !w->rec->form || part->has_filename
            || (part->faults & suspect
                && part->size >= SCREEN_RECORD_SUSPECT);

    for (i = w->next; i < d->nmatched && d->matched[i].part == (int) index;
         i++)
    {
        shown |= d->matched[i].line != NULL;
    }

    if (!shown || !w->rec->complete) {
        return;
    }

    if (part->digests & 1u << SCREEN_SIGNAL_SHA256) {
        screen_json_hex(&w->json, "sha256", part->sha256,
                        sizeof(part->sha256));
    }

    if (part->digests & 1u << SCREEN_SIGNAL_SHA1) {
        screen_json_hex(&w->json, "sha1", part->sha1, sizeof(part->sha1));
    }

    if (part->digests & 1u << SCREEN_SIGNAL_MD5) {
        screen_json_hex(&w->json, "md5", part->md5, sizeof(part->md5));
    }
}


/* the matches of a part, or of the upload, which come in that order */

static void
screen_record_matches(screen_record_writer_t *w, int part)
{
    size_t                    n, begun;
    screen_cause_t            cause;
    const screen_matched_t   *m;
    const screen_decision_t  *d;

    d = w->rec->decision;
    begun = 0;

    for ( /* void */ ; w->next < d->nmatched; w->next++) {
        m = &d->matched[w->next];

        if (m->part != part) {
            break;
        }

        for (n = 0; screen_policy_cause(w->rec->upload, m, n, &cause)
                    == SCREEN_OK; n++)
        {
            if (w->nmatches == SCREEN_RECORD_MATCHES
                || screen_record_full(w))
            {
                w->truncated = 1;
                break;
            }

            if (begun++ == 0) {
                screen_json_open(&w->json, "matches", '[');
            }

            w->nmatches++;
            screen_record_match(w, m, &cause, n == 0);
        }
    }

    if (begun) {
        screen_json_close(&w->json, ']');
    }
}


static void
screen_record_match(screen_record_writer_t *w, const screen_matched_t *m,
    const screen_cause_t *cause, int first)
{
    screen_json_t  *j;

    j = &w->json;

    screen_json_open(j, NULL, '{');
    screen_json_text(j, "engine", cause->engine);
    screen_json_text(j, "action", screen_verdict_name(m->action.verdict));

    if (m->action.status) {
        screen_json_uint(j, "status", m->action.status);
    }

    screen_record_place(w, &m->place);
    screen_record_cause(w, cause);

    /* the text names the first of what a line found */

    if (first) {
        screen_json_str(j, "text", &m->text);
    }

    screen_json_close(j, '}');
}


static void
screen_record_cause(screen_record_writer_t *w, const screen_cause_t *cause)
{
    size_t          i;
    screen_json_t  *j;

    j = &w->json;

    if (cause->yara != NULL) {
        screen_json_str(j, "namespace", &cause->yara->space);
        screen_json_str(j, "rule", &cause->yara->rule);
        screen_json_open(j, "tags", '[');

        for (i = 0; i < cause->yara->ntags; i++) {

            if (i == SCREEN_RECORD_TAGS) {
                w->truncated = 1;
                break;
            }

            screen_json_str(j, NULL, &cause->yara->tags[i]);
        }

        screen_json_close(j, ']');
    }

    if (cause->hit != NULL) {
        screen_json_str(j, "bank", &cause->hit->bank);
        screen_json_text(j, "signal", screen_signal_name(cause->hit->signal));
        screen_record_some(w, "label", &cause->hit->label);
        screen_record_some(w, "source", &cause->hit->source);

        if (cause->hit->severity) {
            screen_json_uint(j, "severity", cause->hit->severity);
        }

        if (cause->hit->near != NULL) {
            screen_record_near(w, cause->hit->near);
        }
    }
}


/* a likeness: how near, of what, and where */

static void
screen_record_near(screen_record_writer_t *w, const screen_near_hit_t *near)
{
    char            name[SCREEN_VIEW_NAME];
    screen_json_t  *j;

    j = &w->json;

    screen_json_uint(j, "distance", near->distance);
    screen_json_uint(j, "quality", near->quality);
    screen_record_some(w, "content", &near->content);
    screen_json_text(j, "view", screen_view_name(near->view, name));
    screen_json_text(j, "variant",
                     screen_pdq_variant_name((screen_pdq_variant_t)
                                             near->variant));
    screen_json_text(j, "known_view",
                     screen_view_name(near->known_view, name));

    if (near->kind == SCREEN_MEDIA_VIDEO) {
        screen_json_seconds(j, "at", near->time * 1000000ull);
    }

    if (near->video) {
        screen_json_seconds(j, "known_at", near->known_time * 1000000ull);
    }

    if (near->kind == SCREEN_MEDIA_VIDEO && near->video) {
        screen_json_uint(j, "frames", near->nframes);
        screen_json_uint(j, "query",
                         screen_likeness_query(near, SCREEN_NEAR_BITS, 0));
        screen_json_uint(j, "compared",
                         screen_likeness_compared(near, SCREEN_NEAR_BITS, 0));
    }
}


static void
screen_record_faults(screen_record_writer_t *w, unsigned faults,
    const screen_str_t *reason)
{
    unsigned  i;

    if (faults == 0) {
        return;
    }

    screen_json_open(&w->json, "faults", '[');

    for (i = 0; i < SCREEN_FAULTS; i++) {

        if (faults & 1u << i) {
            screen_json_text(&w->json, NULL, screen_fault_name(i));
        }
    }

    screen_json_close(&w->json, ']');
    screen_record_some(w, "fault_reason", reason);
}


static void
screen_record_time(screen_record_writer_t *w, uint64_t ms)
{
    char  date[SCREEN_DATE_LEN], text[SCREEN_DATE_LEN + 4];

    screen_date_format(date, ms / 1000);

    /* "2026-01-31T23:59:59", the fraction, "Z" */

    snprintf(text, sizeof(text), "%.19s.%03uZ", date, (unsigned) (ms % 1000));

    screen_json_text(&w->json, "time", text);
}


static void
screen_record_place(screen_record_writer_t *w, const screen_place_t *place)
{
    char          text[512];
    screen_str_t  s;

    if (place->file.len == 0) {
        return;
    }

    snprintf(text, sizeof(text), "%.*s:%u",
             (int) (place->file.len < 480 ? place->file.len : 480),
             (const char *) place->file.data, place->line);

    s = screen_str_of(text);

    screen_json_str(&w->json, "place", &s);
}


static void
screen_record_some(screen_record_writer_t *w, const char *key,
    const screen_str_t *s)
{
    if (s->len) {
        screen_json_str(&w->json, key, s);
    }
}


static int
screen_record_full(screen_record_writer_t *w)
{
    return w->json.buf->len >= SCREEN_RECORD_SIZE;
}
