
#include <dlfcn.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "screen_decoder.h"


#pragma weak screen_decoder_media


static const screen_decoder_t  *screen_decoder_loaded;


#if (SCREEN_MEDIA)


/* beside the program, as it is built, or where it is installed */

static void *
screen_decoder_open(void)
{
    char     path[PATH_MAX], *slash;
    size_t   room;
    ssize_t  n;

    n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';

    slash = strrchr(path, '/');
    room = slash ? path + sizeof(path) - (slash + 1) : 0;

    if (room >= sizeof(SCREEN_DECODER_FILE)) {
        memcpy(slash + 1, SCREEN_DECODER_FILE, sizeof(SCREEN_DECODER_FILE));

        if (access(path, F_OK) == 0) {
            return dlopen(path, RTLD_NOW);
        }
    }

    return dlopen(SCREEN_DECODER_DIR "/" SCREEN_DECODER_FILE, RTLD_NOW);
}


#endif


static const screen_decoder_t *
screen_decoder_find(screen_error_t *err)
{
#if (SCREEN_MEDIA)
    void                    *handle;
    const screen_decoder_t  *decoder;

    if (&screen_decoder_media != NULL) {
        return &screen_decoder_media;
    }

    handle = screen_decoder_open();
    decoder = handle ? dlsym(handle, "screen_decoder_media") : NULL;

    if (decoder == NULL) {
        (void) screen_error_set(err, "the decoder of media cannot be loaded: "
                                "%s", dlerror());
        return NULL;
    }

    if (strcmp(decoder->version, SCREEN_VERSION) != 0) {
        (void) screen_error_set(err, "the decoder of media is of version %s, "
                                "and ngx-screen of " SCREEN_VERSION
                                ": install both anew", decoder->version);
        return NULL;
    }

    return decoder;
#else
    (void) screen_error_set(err, "this build of ngx-screen has no decoder of "
                            "media: build it with libjpeg, libavformat, "
                            "libavcodec, libavutil and libswscale");
    return NULL;
#endif
}


int
screen_decoder_load(screen_error_t *err)
{
    if (screen_decoder_loaded) {
        return SCREEN_OK;
    }

    screen_decoder_loaded = screen_decoder_find(err);

    if (screen_decoder_loaded == NULL) {
        return SCREEN_ERROR;
    }

    screen_decoder_loaded->warm();

    return SCREEN_OK;
}


const screen_decoder_t *
screen_decoder(void)
{
    return screen_decoder_loaded;
}


int
screen_decoder_wanted(const char *type)
{
    return strncmp(type, "image/", 6) == 0 || strncmp(type, "video/", 6) == 0;
}


const char *
screen_decoder_libraries(void)
{
#if (SCREEN_MEDIA)
    return "libjpeg, FFmpeg"
#if (SCREEN_MEDIA_WEBP)
           ", libwebp"
#endif
#if (SCREEN_MEDIA_HEIF)
           ", libheif"
#endif
           ;
#else
    return "none";
#endif
}
