
/*
 * For the tests of the policy: an upload of up to four parts, a policy, and
 * its decision.  To be included after cmocka.h.
 */


#ifndef _POLICY_FIXTURE_H_INCLUDED_
#define _POLICY_FIXTURE_H_INCLUDED_


#include <stdio.h>

#include "policy_helper.h"


#define str(text)  screen_str_of(text)


typedef struct {
    helper_t             h;
    screen_upload_t      u;
    screen_part_t        parts[4];
    screen_hit_t         hits[3];
    screen_yara_match_t  yara[2];
    screen_str_t         tags[3];
    screen_meta_t        metas[5];
    uint32_t             patterns[1];
    screen_decision_t    d;
} fixture_t;


static inline void
fixture(fixture_t *f, const char *policy, size_t nparts)
{
    int     rc;
    size_t  i;

    memset(f, 0, sizeof(fixture_t));

    rc = helper_policy(&f->h, policy);
    if (rc != SCREEN_OK) {
        fail_msg("%s: %s", policy, f->h.err.text);
    }

    f->u.method = str("POST");
    f->u.declared_size = 5000;
    f->u.size = 5000;
    f->u.parts = f->parts;
    f->u.nparts = nparts;

    for (i = 0; i < nparts; i++) {
        f->parts[i].name = str("file");
        f->parts[i].filename = str("a.bin");
        f->parts[i].has_filename = 1;
        f->parts[i].offset = 100 + 1000 * i;
        f->parts[i].size = 900;
    }
}


static inline int
decide(fixture_t *f, screen_known_t known)
{
    return screen_policy_decide(f->h.policy, &f->u, known, &f->h.alloc,
                                &f->d);
}


static inline void
hit(fixture_t *f, size_t part, const char *bank)
{
    screen_part_t  *p;

    p = &f->parts[part];

    p->hits = &f->hits[part];
    p->nhits = 1;
    p->hits[0].bank = str(bank);
    p->hits[0].label = str("L");
}


#endif /* _POLICY_FIXTURE_H_INCLUDED_ */
