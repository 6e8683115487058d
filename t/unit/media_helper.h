
/*
 * Tests of decoders are skipped, and say so, in a build that has none.
 */


#ifndef _MEDIA_HELPER_H_INCLUDED_
#define _MEDIA_HELPER_H_INCLUDED_


#include <stdio.h>

#include "screen_decode.h"


static inline int
media_missing(const char *test)
{
    if (screen_decode_lacks() == NULL) {
        return 0;
    }

    printf("%s: skipped: this build decodes no pictures and videos, for it was "
           "made without %s\n", test, screen_decode_lacks());

    return 1;
}


#endif /* _MEDIA_HELPER_H_INCLUDED_ */
