
#include <stdarg.h>
#include <stdio.h>

#include "screen_likeness.h"
#include "screen_view.h"


/* frames within the distance, among those of the quality */

static unsigned
screen_likeness_count(const screen_near_frame_t *frames, size_t n,
    unsigned distance, unsigned quality)
{
    size_t    i;
    unsigned  met;

    for (met = 0, i = 0; i < n; i++) {
        met += frames[i].distance <= distance && frames[i].quality >= quality;
    }

    return met;
}


static unsigned
screen_likeness_percent(unsigned met, uint32_t total)
{
    if (total == 0) {
        return 0;
    }

    return met >= total ? 100 : (unsigned) (100ull * met / total);
}


unsigned
screen_likeness_frames(const screen_near_hit_t *near, unsigned distance,
    unsigned quality)
{
    return screen_likeness_count(near->frames, near->nframes, distance,
                                 quality);
}


unsigned
screen_likeness_query(const screen_near_hit_t *near, unsigned distance,
    unsigned quality)
{
    unsigned  met;

    met = screen_likeness_frames(near, distance, quality);

    return screen_likeness_percent(met, near->usable[quality]);
}


unsigned
screen_likeness_compared(const screen_near_hit_t *near, unsigned distance,
    unsigned quality)
{
    unsigned  met;

    met = screen_likeness_count(near->known, near->nknown, distance, quality);

    return screen_likeness_percent(met, near->known_total);
}


static size_t screen_likeness_add(char *to, size_t len, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));


static size_t
screen_likeness_add(char *to, size_t len, const char *fmt, ...)
{
    int      n;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(to + len, SCREEN_LIKENESS_TEXT - len, fmt, args);
    va_end(args);

    /* what does not fit is left out as a whole */

    if (n < 0 || (size_t) n >= SCREEN_LIKENESS_TEXT - len) {
        to[len] = '\0';
        return len;
    }

    return len + (size_t) n;
}


static size_t
screen_likeness_text_view(char *to, size_t len, const char *key,
    screen_view_t view)
{
    char  name[SCREEN_VIEW_NAME];

    if (view == SCREEN_VIEW_WHOLE) {
        return len;
    }

    return screen_likeness_add(to, len, ";%s=%s", key,
                           screen_view_name(view, name));
}


size_t
screen_likeness_text(const screen_near_hit_t *near,
    char to[SCREEN_LIKENESS_TEXT])
{
    size_t  len;

    len = screen_likeness_add(to, 0, "~%u", near->distance);

    if (near->content.len) {
        len = screen_likeness_add(to, len, ";content=%.*s",
                              (int) (near->content.len < 255
                                     ? near->content.len : 255),
                              (const char *) near->content.data);
    }

    len = screen_likeness_text_view(to, len, "view", near->view);

    if (near->variant != SCREEN_PDQ_ORIGINAL) {
        len = screen_likeness_add(to, len, ";variant=%s",
                  screen_pdq_variant_name((screen_pdq_variant_t)
                                          near->variant));
    }

    len = screen_likeness_text_view(to, len, "known_view", near->known_view);

    if (near->kind == SCREEN_MEDIA_VIDEO) {
        len = screen_likeness_add(to, len, ";time=%u.%03u", near->time / 1000,
                              near->time % 1000);
    }

    if (near->video) {
        len = screen_likeness_add(to, len, ";known_time=%u.%03u",
                              near->known_time / 1000,
                              near->known_time % 1000);
    }

    if (near->kind == SCREEN_MEDIA_VIDEO && near->video) {
        len = screen_likeness_add(to, len, ";frames=%zu", near->nframes);
    }

    return len;
}
