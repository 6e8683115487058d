
#include <stdio.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "screen_result.h"
#include "screen_utf8.h"


/*
 * The library passes on what it is given as if it were UTF-8, and a file's
 * name may be anything: what is not UTF-8 becomes U+FFFD.
 */

static cJSON *
screen_result_string(const screen_str_t *s)
{
    char      *text, *p;
    size_t     i, k, n;
    cJSON     *json;
    uint32_t   c;

    text = malloc(3 * s->len + 1);
    if (text == NULL) {
        return NULL;
    }

    p = text;

    for (i = 0; i < s->len; i += n) {

        n = screen_utf8_char(s->data + i, s->len - i, &c);

        if (n == 0 || c == 0) {
            n = 1;
            *p++ = '\xef';
            *p++ = '\xbf';
            *p++ = '\xbd';
            continue;
        }

        for (k = 0; k < n; k++) {
            *p++ = (char) s->data[i + k];
        }
    }

    *p = '\0';

    json = cJSON_CreateString(text);

    free(text);

    return json;
}


static void
screen_result_set(cJSON *object, const char *key, const screen_str_t *value)
{
    cJSON_AddItemToObject(object, key, screen_result_string(value));
}


static cJSON *
screen_result_metas(const screen_yara_match_t *match)
{
    char                  key[256];
    size_t                i;
    cJSON                *metas;
    const screen_meta_t  *meta;

    metas = cJSON_CreateObject();

    for (i = 0; i < match->nmetas; i++) {
        meta = &match->metas[i];

        snprintf(key, sizeof(key), "%.*s", (int) meta->key.len,
                 meta->key.data);

        switch (meta->type) {

        case SCREEN_META_STRING:
            screen_result_set(metas, key, &meta->string);
            break;

        case SCREEN_META_BOOLEAN:
            cJSON_AddBoolToObject(metas, key, meta->integer != 0);
            break;

        default:
            cJSON_AddNumberToObject(metas, key, (double) meta->integer);
        }
    }

    return metas;
}


static cJSON *
screen_result_yara(const screen_part_t *part)
{
    size_t                      i, k;
    cJSON                      *list, *object, *tags;
    const screen_yara_match_t  *match;

    list = cJSON_CreateArray();

    for (i = 0; i < part->nyara; i++) {
        match = &part->yara[i];
        object = cJSON_CreateObject();

        screen_result_set(object, "namespace", &match->space);
        screen_result_set(object, "rule", &match->rule);

        tags = cJSON_AddArrayToObject(object, "tags");

        for (k = 0; k < match->ntags; k++) {
            cJSON_AddItemToArray(tags, screen_result_string(&match->tags[k]));
        }

        cJSON_AddItemToObject(object, "meta", screen_result_metas(match));
        cJSON_AddItemToArray(list, object);
    }

    return list;
}


static cJSON *
screen_result_hits(const screen_part_t *part)
{
    size_t               i;
    cJSON               *list, *object;
    const screen_hit_t  *hit;

    list = cJSON_CreateArray();

    for (i = 0; i < part->nhits; i++) {
        hit = &part->hits[i];
        object = cJSON_CreateObject();

        screen_result_set(object, "bank", &hit->bank);
        cJSON_AddStringToObject(object, "signal",
                                screen_signal_name(hit->signal));
        screen_result_set(object, "label", &hit->label);
        screen_result_set(object, "source", &hit->source);
        cJSON_AddNumberToObject(object, "severity", hit->severity);

        cJSON_AddItemToArray(list, object);
    }

    return list;
}


static cJSON *
screen_result_faults(unsigned faults)
{
    cJSON         *list;
    unsigned       i;
    screen_str_t   name;

    list = cJSON_CreateArray();

    for (i = 0; i < SCREEN_FAULTS; i++) {

        if (faults & 1u << i) {
            name = screen_str_of(screen_fault_name(i));
            cJSON_AddItemToArray(list, screen_result_string(&name));
        }
    }

    return list;
}


static void
screen_result_facts(cJSON *object, const screen_result_t *result,
    const screen_part_t *part)
{
    char           hex[64];
    size_t         i;
    cJSON         *contents;
    screen_str_t   sha256;

    if (part->digests & 1u << SCREEN_SIGNAL_SHA256) {
        screen_hex_encode(hex, part->sha256, 32);

        sha256.data = (u_char *) hex;
        sha256.len = 64;

        screen_result_set(object, "sha256", &sha256);
    }

    cJSON_AddNumberToObject(object, "size", (double) part->size);
    cJSON_AddBoolToObject(object, "scanned", (int) part->scanned);

    if (part->scanned) {
        screen_result_set(object, "type", &part->type);
        cJSON_AddBoolToObject(object, "mismatch", part->mismatch != 0);
    }

    cJSON_AddItemToObject(object, "banks", screen_result_hits(part));
    cJSON_AddItemToObject(object, "yara", screen_result_yara(part));

    contents = cJSON_AddArrayToObject(object, "content");

    for (i = 0; i < part->npatterns; i++) {
        cJSON_AddItemToArray(contents, screen_result_string(
                          &result->policy->contents[part->patterns[i]].text));
    }

    cJSON_AddItemToObject(object, "faults",
                          screen_result_faults(part->faults
                                     | (result->body ? 0
                                        : result->upload->faults)));
}


static void
screen_result_parts(cJSON *object, const screen_result_t *result)
{
    size_t                i;
    cJSON                *list, *item;
    const screen_part_t  *part;

    cJSON_AddNumberToObject(object, "bytes", (double) result->upload->size);
    cJSON_AddItemToObject(object, "faults",
                          screen_result_faults(result->upload->faults));

    list = cJSON_AddArrayToObject(object, "parts");

    for (i = 0; i < result->upload->nparts; i++) {
        part = &result->upload->parts[i];
        item = cJSON_CreateObject();

        cJSON_AddNumberToObject(item, "index", (double) i);

        if (part->whole) {
            cJSON_AddTrueToObject(item, "whole");
        }

        if (part->name.len) {
            screen_result_set(item, "name", &part->name);
        }

        if (part->has_filename) {
            screen_result_set(item, "filename", &part->filename);
        }

        if (part->declared.len) {
            screen_result_set(item, "declared", &part->declared);
        }

        screen_result_facts(item, result, part);
        cJSON_AddItemToArray(list, item);
    }
}


static cJSON *
screen_result_matches(const screen_decision_t *d)
{
    size_t   i;
    cJSON   *list, *object;

    list = cJSON_CreateArray();

    for (i = 0; i < d->nmatched; i++) {
        object = cJSON_CreateObject();

        screen_result_set(object, "match", &d->matched[i].text);
        cJSON_AddStringToObject(object, "verdict", screen_verdict_name(
                                             d->matched[i].action.verdict));
        screen_result_set(object, "file", &d->matched[i].place.file);
        cJSON_AddNumberToObject(object, "line", d->matched[i].place.line);

        cJSON_AddItemToArray(list, object);
    }

    return list;
}


void
screen_result_json(const screen_result_t *result)
{
    char                     *text;
    cJSON                    *object;
    screen_str_t              path;
    const screen_decision_t  *d;

    d = result->decision;
    object = cJSON_CreateObject();
    path = screen_str_of(result->path);

    screen_result_set(object, "file", &path);
    cJSON_AddStringToObject(object, "verdict",
                            screen_verdict_name(d->verdict));
    cJSON_AddStringToObject(object, "action",
                            screen_verdict_name(d->action.verdict));
    screen_result_set(object, "reason", &d->reason);

    if (d->action.verdict >= SCREEN_VERDICT_QUARANTINE) {
        cJSON_AddNumberToObject(object, "status", d->action.status);
    }

    if (result->body) {
        screen_result_parts(object, result);

    } else if (result->upload->nparts) {
        screen_result_facts(object, result, &result->upload->parts[0]);
    }

    cJSON_AddItemToObject(object, "matches", screen_result_matches(d));
    cJSON_AddNumberToObject(object, "ms", (double) result->ms);

    text = cJSON_PrintUnformatted(object);

    if (text != NULL) {
        puts(text);
    }

    cJSON_free(text);
    cJSON_Delete(object);
}
