
/*
 * An engine: the rules and content patterns of one policy, loaded, and what
 * they tell of a part.
 */


#ifndef _SCREEN_ENGINE_H_INCLUDED_
#define _SCREEN_ENGINE_H_INCLUDED_


#include "screen_image.h"
#include "screen_media.h"
#include "screen_yara.h"


typedef struct {
    screen_yara_t              *yara;        /* NULL: no rules; engines with
                                                the same rules share them */
    screen_pattern_t          **patterns;
    uint32_t                    npatterns;
    screen_pattern_limits_t     limits;
    screen_media_conf_t         media;
} screen_engine_t;


/*
 * Loads the engines of a spec from its image, and makes libraries load what
 * they load on first use.  Arrays come from alloc; the rest stays for the
 * life of the process.  nrules is the sum of rules.  SCREEN_OK, SCREEN_NOMEM
 * or SCREEN_ERROR.
 */
int screen_engine_load(screen_engine_t **engines, const screen_spec_t *spec,
    int fd, const screen_alloc_t *alloc, uint32_t *nrules,
    screen_error_t *err);

/*
 * Fills in a part's facts: type, yara, patterns, media, faults.  data may
 * be NULL when size is zero.  SCREEN_OK or SCREEN_NOMEM.
 */
int screen_engine_scan(screen_engine_t *engine, const u_char *data,
    size_t size, uint64_t deadline, screen_part_t *part,
    const screen_alloc_t *alloc);


#endif /* _SCREEN_ENGINE_H_INCLUDED_ */
