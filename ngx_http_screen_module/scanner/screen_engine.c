
#include "screen_decoder.h"
#include "screen_engine.h"
#include "screen_fingerprint.h"
#include "screen_sniff.h"
#include "screen_wire.h"


static int
screen_engine_patterns(screen_engine_t *engine,
    const screen_spec_engine_t *spec, const screen_alloc_t *alloc,
    screen_error_t *err)
{
    uint32_t                         i;
    const screen_policy_content_t   *content;

    engine->media = spec->media;
    engine->limits = spec->pattern_limits;
    engine->npatterns = spec->ncontents;
    engine->patterns = screen_calloc(alloc, spec->ncontents
                                            * sizeof(screen_pattern_t *));
    if (engine->patterns == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < spec->ncontents; i++) {
        content = &spec->contents[i];

        engine->patterns[i] = screen_pattern_compile(&content->text,
                                                     content->caseless, err);
        if (engine->patterns[i] == NULL) {
            return SCREEN_ERROR;
        }
    }

    return SCREEN_OK;
}


static int
screen_engine_yara(screen_engine_t *engines, uint32_t n,
    const screen_image_t *image, uint32_t *nrules, screen_error_t *err)
{
    uint32_t                    i;
    const screen_image_blob_t  *blob;

    blob = &image->engines[n];

    if (blob->len == 0) {
        return SCREEN_OK;
    }

    for (i = 0; i < n; i++) {

        if (image->engines[i].len && image->engines[i].offset == blob->offset)
        {
            engines[n].yara = engines[i].yara;
            return SCREEN_OK;
        }
    }

    engines[n].yara = screen_yara_load(image->map + blob->offset, blob->len,
                                       err);
    if (engines[n].yara == NULL) {
        return SCREEN_ERROR;
    }

    *nrules += blob->nrules;

    return SCREEN_OK;
}


static int
screen_engine_all(screen_engine_t *engines, const screen_spec_t *spec,
    const screen_image_t *image, const screen_alloc_t *alloc,
    uint32_t *nrules, screen_error_t *err)
{
    int             rc;
    uint32_t        i;
    screen_yara_t  *warm;

    /* by rules of our own only: the operator's may not come to an end */

    if (image->warm.len) {
        warm = screen_yara_load(image->map + image->warm.offset,
                                image->warm.len, err);
        if (warm == NULL) {
            return SCREEN_ERROR;
        }

        screen_yara_warm(warm);
        screen_yara_destroy(warm);
    }

    for (i = 0; i < spec->nengines; i++) {

        if (spec->engines[i].media.on
            && screen_decoder_load(err) != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }

        rc = screen_engine_yara(engines, i, image, nrules, err);

        if (rc == SCREEN_OK) {
            rc = screen_engine_patterns(&engines[i], &spec->engines[i], alloc,
                                        err);
        }

        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    return SCREEN_OK;
}


int
screen_engine_load(screen_engine_t **engines, const screen_spec_t *spec,
    int fd, const screen_alloc_t *alloc, uint32_t *nrules,
    screen_error_t *err)
{
    int              rc;
    screen_image_t   image;

    *nrules = 0;

    *engines = screen_calloc(alloc, spec->nengines * sizeof(screen_engine_t));
    if (*engines == NULL) {
        return SCREEN_NOMEM;
    }

    if (screen_yara_init() != SCREEN_OK) {
        return screen_error_set(err, "libyara does not start");
    }

    rc = screen_image_open(&image, fd, spec->nengines, err);

    if (rc == SCREEN_OK) {
        rc = screen_engine_all(*engines, spec, &image, alloc, nrules, err);
        screen_image_close(&image);
    }

    return rc;
}


static int
screen_engine_match(screen_engine_t *engine, const u_char *data, size_t size,
    uint64_t deadline, screen_part_t *part, const screen_alloc_t *alloc)
{
    uint32_t  i;

    part->patterns = screen_alloc(alloc,
                                  engine->npatterns * sizeof(uint32_t));
    if (part->patterns == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < engine->npatterns; i++) {

        if (screen_wire_now() >= deadline) {
            screen_part_fault(part, SCREEN_FAULT_TIMEOUT,
                              "patterns: deadline");
            return SCREEN_OK;
        }

        switch (screen_pattern_match(engine->patterns[i],
                                     data ? data : (const u_char *) "", size,
                                     &engine->limits))
        {
        case SCREEN_OK:
            part->patterns[part->npatterns++] = i;
            break;

        case SCREEN_NOT_FOUND:
            break;

        default:
            screen_part_fault(part, SCREEN_FAULT_INCOMPLETE,
                              "patterns: a match limit");
        }
    }

    return SCREEN_OK;
}


static int
screen_engine_media(screen_engine_t *engine, const u_char *data, size_t size,
    uint64_t deadline, screen_part_t *part, const screen_alloc_t *alloc)
{
    if (screen_wire_now() >= deadline) {
        screen_part_fault(part, SCREEN_FAULT_TIMEOUT, "media: deadline");
        return SCREEN_OK;
    }

    return screen_fingerprint(&engine->media, data, size, deadline, part,
                              alloc);
}


int
screen_engine_scan(screen_engine_t *engine, const u_char *data, size_t size,
    uint64_t deadline, screen_part_t *part, const screen_alloc_t *alloc)
{
    int          rc;
    uint64_t     now;
    const char  *type;

    type = screen_sniff(data, size);

    part->type = screen_str_of(type);

    if (engine->yara != NULL) {
        now = screen_wire_now();

        if (now >= deadline) {
            screen_part_fault(part, SCREEN_FAULT_TIMEOUT, "yara: deadline");
            return SCREEN_OK;
        }

        rc = screen_yara_scan(engine->yara, data, size, deadline - now, part,
                              alloc);
        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    rc = screen_engine_match(engine, data, size, deadline, part, alloc);

    if (rc == SCREEN_OK && engine->media.on && size) {
        rc = screen_engine_media(engine, data, size, deadline, part, alloc);
    }

    return rc;
}
