
#include <ctype.h>
#include <string.h>

#include "screen_digest.h"
#include "screen_identity.h"


#define SCREEN_IDENTITY_MEDIA  64           /* more than its options take */


static void
screen_identity_add(screen_digest_t *d, const void *data, size_t len)
{
    uint64_t  n;

    /* with its length, so that no two sequences look alike */

    n = len;

    screen_digest_update(d, (u_char *) &n, sizeof(n));
    screen_digest_update(d, data, len);
}


int
screen_identity_engine(u_char id[SCREEN_IDENTITY_LEN],
    const screen_spec_engine_t *engine, const u_char *rules, size_t len)
{
    uint32_t         i;
    u_char           caseless;
    screen_buf_t     media;
    screen_digest_t  d;

    memset(&d, 0, sizeof(screen_digest_t));

    if (screen_digest_start(&d, 1u << SCREEN_SIGNAL_SHA256) != SCREEN_OK) {
        return SCREEN_NOMEM;
    }

    screen_buf_init(&media, SCREEN_IDENTITY_MEDIA);
    screen_media_conf_encode(&media, &engine->media);
    screen_identity_add(&d, media.data, media.len);
    screen_buf_free(&media);

    screen_identity_add(&d, SCREEN_VERSION, sizeof(SCREEN_VERSION) - 1);
    screen_identity_add(&d, &engine->pattern_limits,
                        sizeof(screen_pattern_limits_t));

    for (i = 0; i < engine->ncontents; i++) {
        caseless = engine->contents[i].caseless;

        screen_identity_add(&d, &caseless, 1);
        screen_identity_add(&d, engine->contents[i].text.data,
                            engine->contents[i].text.len);
    }

    screen_identity_add(&d, rules, len);

    screen_digest_final(&d, SCREEN_SIGNAL_SHA256, id);
    screen_digest_free(&d);

    return SCREEN_OK;
}


static int
screen_identity_word(int c)
{
    return isalnum(c) || c == '_';
}


int
screen_identity_names(const char *text, size_t len)
{
    size_t       i, n;
    const char  *p, *end;

    static const char *const  words[] = {
        "filename", "filepath", "extension", "filetype", "owner"
    };

    end = text + len;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        n = strlen(words[i]);

        for (p = text; (p = memmem(p, end - p, words[i], n)) != NULL; p++) {

            if ((p == text || !screen_identity_word((u_char) p[-1]))
                && (p + n == end || !screen_identity_word((u_char) p[n])))
            {
                return 1;
            }
        }
    }

    return 0;
}
