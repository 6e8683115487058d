
#include <string.h>

#include "screen_policy_impl.h"


#define SCREEN_NEAR_DISTANCE  31        /* within which pictures are alike,
                                           by the README of PDQ */
#define SCREEN_NEAR_QUALITY   50        /* below which hashes mean little, by
                                           the same */
#define SCREEN_NEAR_QUERY     80        /* percent of the frames */


static int screen_near_refine(const screen_directive_t *d,
    screen_cond_t *cond, const screen_cond_t *refine);
static const screen_hit_t *screen_near_matched(const screen_upload_t *u,
    const screen_matched_t *m);


int
screen_cond_near(screen_policy_t *p, const screen_directive_t *d,
    screen_cond_t *cond)
{
    size_t  i;

    for (i = 0; i < cond->nrefine; i++) {

        if (cond->refine[i].kind == SCREEN_COND_SIGNAL
            && cond->refine[i].signal >= SCREEN_SIGNAL_PDQ)
        {
            cond->signal = cond->refine[i].signal;
        }
    }

    cond->near.distance = SCREEN_NEAR_DISTANCE;
    cond->near.quality = SCREEN_NEAR_QUALITY;
    cond->near.query = SCREEN_NEAR_QUERY;
    cond->near.frames = 1;

    for (i = 0; i < cond->nrefine; i++) {

        if (screen_near_refine(d, cond, &cond->refine[i]) != SCREEN_OK) {
            return SCREEN_ERROR;
        }
    }

    if (screen_cond_is_near(cond) && !p->media.on) {
        p->media.on = 1;
        p->media_place = *d->place;
    }

    return SCREEN_OK;
}


static int
screen_near_refine(const screen_directive_t *d, screen_cond_t *cond,
    const screen_cond_t *refine)
{
    unsigned  number;

    static const char *const  names[] = {
        "distance", "quality", "query", "compared", "frames", "cross"
    };

    if (refine->kind < SCREEN_COND_DISTANCE) {
        return SCREEN_OK;
    }

    if (!screen_cond_is_near(cond)) {
        return screen_directive_error(d, "\"%s\" in \"match\" goes with "
                   "signal=pdq or signal=vpdq",
                   names[refine->kind - SCREEN_COND_DISTANCE]);
    }

    if (cond->signal == (refine->kind == SCREEN_COND_CROSS
                         ? SCREEN_SIGNAL_VPDQ : SCREEN_SIGNAL_PDQ)
        && refine->kind >= SCREEN_COND_QUERY)
    {
        return screen_directive_error(d, "\"%s\" in \"match\" goes with "
                   "signal=%s", names[refine->kind - SCREEN_COND_DISTANCE],
                   refine->kind == SCREEN_COND_CROSS ? "pdq" : "vpdq");
    }

    number = (unsigned) refine->test.number;

    switch (refine->kind) {

    case SCREEN_COND_DISTANCE:
        cond->near.distance = number;
        break;

    case SCREEN_COND_QUALITY:
        cond->near.quality = number;
        break;

    case SCREEN_COND_QUERY:
        cond->near.query = number;
        break;

    case SCREEN_COND_COMPARED:
        cond->near.compared = number;
        break;

    case SCREEN_COND_FRAMES:
        cond->near.frames = number;
        break;

    default:

        if (!screen_str_is(&refine->test.text, "on")
            && !screen_str_is(&refine->test.text, "off"))
        {
            return screen_directive_error(d, "invalid value \"%.*s\" of "
                       "\"cross\" in \"match\": expected on or off",
                       screen_shown(&refine->test.text));
        }

        cond->near.cross = screen_str_is(&refine->test.text, "on");
    }

    return SCREEN_OK;
}


int
screen_cond_is_near(const screen_cond_t *cond)
{
    return cond->signal >= SCREEN_SIGNAL_PDQ;
}


int
screen_cond_near_test(const screen_cond_t *cond, const screen_hit_t *hit)
{
    const screen_near_hit_t   *near;
    const screen_cond_near_t  *want;

    near = hit->near;
    want = &cond->near;

    if (near == NULL || !screen_cond_is_near(cond)) {
        return near == NULL && !screen_cond_is_near(cond);
    }

    if (cond->signal == SCREEN_SIGNAL_PDQ) {

        if (!want->cross && (near->video
                             || near->kind == SCREEN_MEDIA_VIDEO))
        {
            return 0;
        }

        /* of video against video there are better things to say */

        if (near->video && near->kind == SCREEN_MEDIA_VIDEO) {
            return 0;
        }

        return screen_likeness_frames(near, want->distance, want->quality)
               != 0;
    }

    return near->video && near->kind == SCREEN_MEDIA_VIDEO
           && screen_likeness_frames(near, want->distance, want->quality)
              >= want->frames
           && screen_likeness_query(near, want->distance, want->quality)
              >= want->query
           && screen_likeness_compared(near, want->distance, want->quality)
              >= want->compared;
}


size_t
screen_cond_bank(const screen_policy_t *p, const screen_cond_t *cond)
{
    size_t  i;

    for (i = 0; i < p->nbanks; i++) {

        if (screen_str_eq(&p->banks[i], &cond->test.text)) {
            break;
        }
    }

    return i;
}


void
screen_policy_near(const screen_policy_t *p, size_t bank,
    screen_media_kind_t kind, screen_likeness_conf_t *conf)
{
    size_t                i, j;
    unsigned              signals;
    const screen_cond_t  *cond;

    memset(conf, 0, sizeof(screen_likeness_conf_t));

    for (i = 0; i < p->nlines; i++) {

        for (j = 0; j < p->lines[i].nconds; j++) {
            cond = &p->lines[i].conds[j];

            if (cond->kind != SCREEN_COND_BANK || !screen_cond_is_near(cond)
                || screen_cond_bank(p, cond) != bank)
            {
                continue;
            }

            if (cond->signal == SCREEN_SIGNAL_VPDQ) {
                signals = kind == SCREEN_MEDIA_VIDEO
                          ? 1u << SCREEN_SIGNAL_VPDQ : 0;

            } else if (kind == SCREEN_MEDIA_VIDEO) {
                signals = cond->near.cross ? 1u << SCREEN_SIGNAL_PDQ : 0;

            } else {
                signals = 1u << SCREEN_SIGNAL_PDQ
                          | (cond->near.cross ? 1u << SCREEN_SIGNAL_VPDQ
                                              : 0);
            }

            if (signals == 0) {
                continue;
            }

            if (conf->signals == 0 || cond->near.distance > conf->distance) {
                conf->distance = cond->near.distance;
            }

            if (conf->signals == 0 || cond->near.quality < conf->quality) {
                conf->quality = cond->near.quality;
            }

            conf->signals |= signals;
        }
    }
}


int
screen_matched_excused(const screen_upload_t *u,
    const screen_matched_t *allow, const screen_matched_t *m)
{
    const screen_hit_t  *by, *hit;

    by = screen_near_matched(u, allow);

    if (by == NULL) {
        return 1;
    }

    hit = screen_near_matched(u, m);

    if (hit == NULL || by->near->distance > hit->near->distance) {
        return 0;
    }

    return !(by->near->video && hit->near->video)
           || by->near->nframes >= hit->near->nframes;
}


int
screen_line_is_near(const screen_line_t *line)
{
    size_t  i;

    for (i = 0; i < line->nconds; i++) {

        if (line->conds[i].kind == SCREEN_COND_BANK
            && screen_cond_is_near(&line->conds[i]))
        {
            return 1;
        }
    }

    return 0;
}


int
screen_matched_is_near(const screen_upload_t *u, const screen_matched_t *m)
{
    return screen_near_matched(u, m) != NULL;
}


/* the likeness that a match is about, if it is about one */

static const screen_hit_t *
screen_near_matched(const screen_upload_t *u, const screen_matched_t *m)
{
    size_t               i;
    screen_scope_t       scope;
    const screen_hit_t  *hit;

    if (m->line == NULL || m->part < 0) {
        return NULL;
    }

    memset(&scope, 0, sizeof(screen_scope_t));

    scope.upload = u;
    scope.part = &u->parts[m->part];
    scope.known = SCREEN_KNOWN_NEAR;

    for (i = 0; i < m->line->nconds; i++) {

        if (m->line->conds[i].kind == SCREEN_COND_BANK
            && screen_cond_is_near(&m->line->conds[i]))
        {
            hit = screen_cond_hit(&scope, &m->line->conds[i], 0);

            if (hit != NULL) {
                return hit;
            }
        }
    }

    return NULL;
}
