
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen_image.h"


#define SCREEN_IMAGE_MAGIC  0x4d494353        /* "SCIM" */


static void
screen_image_put_blob(screen_buf_t *b, const screen_image_blob_t *blob)
{
    screen_buf_put_u64(b, blob->offset);
    screen_buf_put_u64(b, blob->len);
    screen_buf_put_u32(b, blob->nrules);
}


int
screen_image_finish(const screen_image_t *image, int fd, screen_error_t *err)
{
    ssize_t       n;
    uint32_t      i;
    screen_buf_t  b;

    screen_buf_init(&b, SCREEN_IMAGE_HEADER);

    screen_buf_put_u32(&b, SCREEN_IMAGE_MAGIC);
    screen_buf_put_text(&b, SCREEN_VERSION);
    screen_image_put_blob(&b, &image->warm);
    screen_buf_put_u32(&b, image->nengines);

    for (i = 0; i < image->nengines; i++) {
        screen_image_put_blob(&b, &image->engines[i]);
    }

    n = b.code == SCREEN_OK ? pwrite(fd, b.data, b.len, 0) : -1;

    if (n < 0 || (size_t) n != b.len) {
        screen_buf_free(&b);
        return screen_error_set(err, "the compiled rules cannot be written: "
                                "%s", strerror(errno));
    }

    screen_buf_free(&b);

    /* whoever made the file may not have allowed seals: then there are none */

    (void) fcntl(fd, F_ADD_SEALS,
                 F_SEAL_WRITE|F_SEAL_SHRINK|F_SEAL_GROW|F_SEAL_SEAL);

    return SCREEN_OK;
}


static void
screen_image_get_blob(screen_reader_t *r, screen_image_blob_t *blob,
    uint64_t size)
{
    blob->offset = screen_reader_u64(r);
    blob->len = screen_reader_u64(r);
    blob->nrules = screen_reader_u32(r);

    if (blob->offset > size || blob->len > size - blob->offset) {
        screen_reader_fail(r);
    }
}


static int
screen_image_header(screen_image_t *image, uint32_t nengines)
{
    uint32_t         i;
    screen_str_t     version;
    screen_reader_t  r;

    screen_reader_init(&r, image->map, SCREEN_IMAGE_HEADER);

    if (screen_reader_u32(&r) != SCREEN_IMAGE_MAGIC) {
        return SCREEN_MALFORMED;
    }

    version = screen_reader_str(&r, 64);

    if (!screen_str_is(&version, SCREEN_VERSION)) {
        return SCREEN_MALFORMED;
    }

    screen_image_get_blob(&r, &image->warm, image->size);

    image->nengines = screen_reader_count(&r, SCREEN_ENGINES_MAX, 20);

    if (image->nengines != nengines) {
        return SCREEN_MALFORMED;
    }

    for (i = 0; i < nengines; i++) {
        screen_image_get_blob(&r, &image->engines[i], image->size);
    }

    return r.code;
}


int
screen_image_open(screen_image_t *image, int fd, uint32_t nengines,
    screen_error_t *err)
{
    void         *map;
    struct stat   st;

    memset(image, 0, sizeof(screen_image_t));

    if (fstat(fd, &st) == -1) {
        return screen_error_set(err, "no compiled rules: %s",
                                strerror(errno));
    }

    if (st.st_size < SCREEN_IMAGE_HEADER) {
        return screen_error_set(err, "the rules have not been compiled");
    }

    map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

    if (map == MAP_FAILED) {
        return screen_error_set(err, "the compiled rules cannot be mapped: "
                                "%s", strerror(errno));
    }

    image->map = map;
    image->size = st.st_size;

    if (screen_image_header(image, nengines) != SCREEN_OK) {
        screen_image_close(image);
        return screen_error_set(err, "the compiled rules are not of this "
                                "build or of this configuration");
    }

    return SCREEN_OK;
}


void
screen_image_close(screen_image_t *image)
{
    if (image->map != NULL) {
        munmap((void *) image->map, image->size);
        image->map = NULL;
    }
}
