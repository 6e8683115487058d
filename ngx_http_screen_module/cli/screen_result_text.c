
#include <stdio.h>

#include "screen_result.h"


/* terminals obey what they are shown: names of files are the senders' */

static void
screen_result_print(const screen_str_t *s)
{
    size_t  i;
    u_char  c;

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (c < 0x20 || c == 0x7f) {
            printf("\\x%02x", c);

        } else {
            putchar(c);
        }
    }
}


static void
screen_result_path(const char *path)
{
    screen_str_t  s;

    s = screen_str_of(path);

    screen_result_print(&s);
}


static void
screen_result_meta(const screen_meta_t *meta)
{
    printf(" ");
    screen_result_print(&meta->key);
    printf("=");

    switch (meta->type) {

    case SCREEN_META_STRING:
        printf("\"");
        screen_result_print(&meta->string);
        printf("\"");
        break;

    case SCREEN_META_BOOLEAN:
        printf("%s", meta->integer ? "true" : "false");
        break;

    default:
        printf("%lld", (long long) meta->integer);
    }
}


static void
screen_result_yara(const screen_yara_match_t *match)
{
    size_t  i;

    printf("    yara      ");
    screen_result_print(&match->space);
    printf(":");
    screen_result_print(&match->rule);

    for (i = 0; i < match->ntags; i++) {
        printf(" #");
        screen_result_print(&match->tags[i]);
    }

    for (i = 0; i < match->nmetas; i++) {
        screen_result_meta(&match->metas[i]);
    }

    printf("\n");
}


static void
screen_result_faults(unsigned faults, const screen_str_t *reason)
{
    unsigned  i;

    for (i = 0; i < SCREEN_FAULTS; i++) {

        if (faults & 1u << i) {
            printf("    fault     %s: ", screen_fault_name(i));
            screen_result_print(reason);
            printf("\n");
        }
    }
}


static void
screen_result_names(const screen_part_t *part, size_t i)
{
    printf("  part %zu", i);

    if (part->whole) {
        printf("  the raw body");
    }

    if (part->name.len) {
        printf("  field \"");
        screen_result_print(&part->name);
        printf("\"");
    }

    if (part->has_filename) {
        printf("  file name \"");
        screen_result_print(&part->filename);
        printf("\"");
    }

    if (part->declared.len) {
        printf("  declared ");
        screen_result_print(&part->declared);
    }

    printf("\n");
}


static void
screen_result_part(const screen_result_t *result, const screen_part_t *part)
{
    char                       hex[64];
    size_t                     i;
    const screen_policy_content_t  *content;

    if (part->digests & 1u << SCREEN_SIGNAL_SHA256) {
        screen_hex_encode(hex, part->sha256, 32);
        printf("    sha256    %.64s\n", hex);
    }

    printf("    size      %llu\n", (unsigned long long) part->size);

    if (part->scanned) {
        printf("    type      ");
        screen_result_print(&part->type);
        printf("%s\n", part->mismatch ? ", its name says otherwise" : "");
    }

    for (i = 0; i < part->nhits; i++) {
        printf("    bank      ");
        screen_result_print(&part->hits[i].bank);
        printf(" %s ", screen_signal_name(part->hits[i].signal));
        screen_result_print(&part->hits[i].label);
        printf("\n");
    }

    for (i = 0; i < part->nyara; i++) {
        screen_result_yara(&part->yara[i]);
    }

    for (i = 0; i < part->npatterns; i++) {
        content = &result->policy->contents[part->patterns[i]];

        printf("    content   ");
        screen_result_print(&content->text);
        printf("\n");
    }

    screen_result_faults(part->faults, &part->fault_reason);
}


static void
screen_result_matched(const screen_matched_t *matched)
{
    printf("    match     ");
    screen_result_print(&matched->text);
    printf(" -> %s", screen_verdict_name(matched->action.verdict));

    if (matched->place.file.len) {
        printf(" (");
        screen_result_print(&matched->place.file);
        printf(":%u)", matched->place.line);
    }

    printf("\n");
}


void
screen_result_text(const screen_result_t *result)
{
    size_t                    i;
    const screen_upload_t    *u;
    const screen_decision_t  *d;

    u = result->upload;
    d = result->decision;

    screen_result_path(result->path);
    printf("  %s", screen_verdict_name(d->verdict));

    if (d->reason.len) {
        printf("  ");
        screen_result_print(&d->reason);
    }

    if (d->action.verdict >= SCREEN_VERDICT_QUARANTINE) {
        printf("  %u", d->action.status);
    }

    printf("\n");

    for (i = 0; i < u->nparts; i++) {

        if (result->body) {
            screen_result_names(&u->parts[i], i);
        }

        screen_result_part(result, &u->parts[i]);
    }

    screen_result_faults(u->faults, &u->fault_reason);

    for (i = 0; i < d->nmatched; i++) {
        screen_result_matched(&d->matched[i]);
    }

    printf("    time      %llu ms\n", (unsigned long long) result->ms);
}
