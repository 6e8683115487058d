
/*
 * Views: the whole picture's hashes are PDQ's own; who shows less or more of
 * a banked picture is found by one of its views.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "screen_view_impl.h"


#define MATCH      31
#define VIEWS_MAX  512


typedef struct {
    u_char         *pixels;
    uint32_t        width;
    uint32_t        height;
} image_t;

typedef struct {
    screen_view_t   view;
    unsigned        variants;
    screen_pdq_t    pdq;
} seen_t;

typedef struct {
    size_t          n;
    size_t          stop;               /* after so many; 0: never */
    seen_t          seen[VIEWS_MAX];
} views_t;


static image_t
image_new(uint32_t width, uint32_t height, unsigned level)
{
    image_t  image;

    image.width = width;
    image.height = height;
    image.pixels = malloc((size_t) width * height * 3);
    assert_non_null(image.pixels);
    memset(image.pixels, (int) level, (size_t) width * height * 3);

    return image;
}


/* shades with discs of all sizes on them, as different as the seeds */

static image_t
image_scene(uint32_t width, uint32_t height, unsigned seed)
{
    int       r, g, dx, dy;
    u_char   *p;
    image_t   image;
    unsigned  i, x, y, level;
    struct {
        int   x, y, r, level;
    }         discs[60];

    image = image_new(width, height, 0);
    srandom(seed);

    for (i = 0; i < 60; i++) {
        discs[i].x = (int) (random() % width);
        discs[i].y = (int) (random() % height);
        discs[i].r = (int) (random() % (width / 6) + width / 60);
        discs[i].level = (int) (random() % 160);
    }

    for (y = 0; y < height; y++) {
        for (x = 0; x < width; x++) {

            level = 60 + 60 * x / width + 30 * y / height;

            for (i = 0; i < 60; i++) {
                dx = (int) x - discs[i].x;
                dy = (int) y - discs[i].y;
                r = discs[i].r;
                g = dx * dx + dy * dy;

                if (g < r * r) {
                    level = (unsigned) (discs[i].level + 80 * g / (r * r));
                }
            }

            p = image.pixels + ((size_t) y * width + x) * 3;
            p[0] = (u_char) level;
            p[1] = (u_char) (level > 20 ? level - 20 : 0);
            p[2] = (u_char) (255 - level);
        }
    }

    return image;
}


static image_t
image_crop(const image_t *from, uint32_t left, uint32_t top, uint32_t width,
    uint32_t height)
{
    image_t   image;
    uint32_t  y;

    image = image_new(width, height, 0);

    for (y = 0; y < height; y++) {
        memcpy(image.pixels + (size_t) y * width * 3,
               from->pixels + ((size_t) (top + y) * from->width + left) * 3,
               (size_t) width * 3);
    }

    return image;
}


static void
image_paste(image_t *to, const image_t *from, uint32_t left, uint32_t top)
{
    uint32_t  y;

    for (y = 0; y < from->height; y++) {
        memcpy(to->pixels + ((size_t) (top + y) * to->width + left) * 3,
               from->pixels + (size_t) y * from->width * 3,
               (size_t) from->width * 3);
    }
}


/* something like a line of writing */

static void
image_write(image_t *to, uint32_t top, uint32_t height, unsigned level)
{
    uint32_t  x, y;

    for (y = top; y < top + height; y++) {
        for (x = to->width / 20; x < to->width * 19 / 20; x++) {
            if (x / 5 % 2 && (x / 5 + y / 7) % 3) {
                memset(to->pixels + ((size_t) y * to->width + x) * 3,
                       (int) level, 3);
            }
        }
    }
}


/* twice a box of so many pixels, in both directions */

static void
image_blur(image_t *image, int reach)
{
    int       i, at, to, x, y, k, n, sum, pass, side;
    u_char   *copy;
    size_t    size;

    size = (size_t) image->width * image->height * 3;
    copy = malloc(size);
    assert_non_null(copy);

    for (pass = 0; pass < 4; pass++) {
        memcpy(copy, image->pixels, size);
        side = (int) (pass % 2 ? image->height : image->width);

        for (i = 0; i < (int) (image->width * image->height); i++) {
            x = i % (int) image->width;
            y = i / (int) image->width;
            at = pass % 2 ? y : x;

            for (k = 0; k < 3; k++) {
                sum = 0;
                n = 0;

                for (to = at - reach; to <= at + reach; to += 3) {
                    if (to >= 0 && to < side) {
                        sum += copy[(pass % 2 ? to * (int) image->width + x
                                              : y * (int) image->width + to)
                                    * 3 + k];
                        n++;
                    }
                }

                image->pixels[i * 3 + k] = (u_char) (sum / n);
            }
        }
    }

    free(copy);
}


static int
visit(void *ctx, screen_view_t view, unsigned variants,
    const screen_pdq_t *pdq)
{
    views_t  *views = ctx;

    assert_true(views->n < VIEWS_MAX);

    views->seen[views->n].view = view;
    views->seen[views->n].variants = variants;
    views->seen[views->n].pdq = *pdq;
    views->n++;

    return views->n == views->stop ? 77 : SCREEN_OK;
}


static screen_pdq_picture_t
picture_of(const image_t *image)
{
    screen_pdq_picture_t  picture;

    picture.pixels = image->pixels;
    picture.width = image->width;
    picture.height = image->height;
    picture.channels = 3;
    picture.stride = (size_t) image->width * 3;

    return picture;
}


static int
views_until(size_t stop, views_t *views, const image_t *image,
    screen_view_set_t set)
{
    int                   rc;
    void                 *memory;
    size_t                size;
    screen_pdq_picture_t  picture;

    views->n = 0;
    views->stop = stop;
    picture = picture_of(image);

    size = screen_view_memory(picture.width, picture.height, set);
    memory = malloc(size);
    assert_non_null(memory);

    rc = screen_view_each(&picture, set, memory, size, visit, views);

    free(memory);

    return rc;
}


static int
views_of(views_t *views, const image_t *image, screen_view_set_t set)
{
    return views_until(0, views, image, set);
}


static unsigned
distance(const screen_pdq_t *a, screen_pdq_variant_t variant,
    const screen_pdq_t *b)
{
    unsigned  i, d;
    uint64_t  x[4], y[4];

    screen_pdq_value(a, variant, (u_char *) x);
    screen_pdq_value(b, SCREEN_PDQ_ORIGINAL, (u_char *) y);

    for (i = 0, d = 0; i < 4; i++) {
        d += (unsigned) __builtin_popcountll(x[i] ^ y[i]);
    }

    return d;
}


static unsigned
nearest(const views_t *query, const views_t *bank)
{
    size_t    i, j;
    unsigned  v, d, least;

    least = 256;

    for (i = 0; i < query->n; i++) {
        for (v = 0; v < SCREEN_PDQ_VARIANTS; v++) {

            if (!(query->seen[i].variants & 1u << v)
                || query->seen[i].pdq.quality < SCREEN_VIEW_QUALITY)
            {
                continue;
            }

            for (j = 0; j < bank->n; j++) {
                d = distance(&query->seen[i].pdq, v, &bank->seen[j].pdq);
                least = d < least ? d : least;
            }
        }
    }

    return least;
}


/* whether the image is known again, by views and not by the whole alone */

static void
assert_met(const image_t *image, const views_t *bank, const char *what)
{
    views_t   query;
    unsigned  d;

    assert_int_equal(views_of(&query, image, SCREEN_VIEWS_PICTURE_QUERY),
                     SCREEN_OK);
    d = nearest(&query, bank);

    if (d > MATCH
        || distance(&query.seen[0].pdq, SCREEN_PDQ_ORIGINAL,
                    &bank->seen[0].pdq) <= MATCH)
    {
        fail_msg("%s: %u by views", what, d);
    }
}


static void
whole_pictures_are_hashed_as_pdq_has_them(void **state)
{
    void                 *memory;
    size_t                size;
    views_t               views;
    image_t               image;
    unsigned              mode;
    screen_pdq_t          pdq;
    screen_pdq_picture_t  picture;

    image = image_scene(700, 400, 1);
    picture = picture_of(&image);

    assert_int_equal(views_of(&views, &image, SCREEN_VIEWS_PICTURE_QUERY),
                     SCREEN_OK);

    for (mode = SCREEN_PDQ_FULL; mode <= SCREEN_PDQ_512; mode++) {
        size = screen_pdq_memory(picture.width, picture.height, mode);
        memory = malloc(size);
        assert_non_null(memory);

        assert_int_equal(screen_pdq_compute(&pdq, &picture, mode, memory,
                                            size), SCREEN_OK);

        assert_int_equal(views.seen[mode].view, mode == SCREEN_PDQ_FULL
                         ? SCREEN_VIEW_WHOLE : SCREEN_VIEW_512);
        assert_int_equal(views.seen[mode].variants, 0xff);
        assert_memory_equal(&views.seen[mode].pdq, &pdq, sizeof(pdq));

        free(memory);
    }

    free(image.pixels);
}


/* of one side: where the i-th of 256 cells begins and ends */

static void
cell_span(uint32_t i, uint32_t side, uint32_t *from, uint32_t *to)
{
    if (side < SCREEN_VIEW_SIDE) {
        *from = (uint32_t) ((i + 0.5) * side / SCREEN_VIEW_SIDE);
        *to = *from + 1;
        return;
    }

    *from = (uint32_t) ((double) i * side / SCREEN_VIEW_SIDE + 0.5);
    *to = (uint32_t) ((double) (i + 1) * side / SCREEN_VIEW_SIDE + 0.5);
}


static double
cell_average(const image_t *image, size_t stride, uint32_t row,
    uint32_t column)
{
    double         sum;
    uint32_t       x, y, left, right, top, bottom;
    const u_char  *p;

    cell_span(column, image->width, &left, &right);
    cell_span(row, image->height, &top, &bottom);

    sum = 0;

    for (y = top; y < bottom; y++) {
        for (x = left; x < right; x++) {
            p = image->pixels + y * stride + x * 3;
            sum += 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
        }
    }

    return sum / ((double) (right - left) * (bottom - top));
}


static void
both_builds_average_alike_and_right(void **state)
{
    void                 *memory;
    size_t                size;
    image_t               image;
    uint32_t              i, x, y;
    screen_pdq_t          pdq;
    screen_view_plane_t  *a, *b;
    screen_pdq_picture_t  picture;

    static const uint32_t  sizes[][2] = {
        { 5, 5 }, { 64, 64 }, { 300, 200 }, { 256, 256 }, { 255, 257 },
        { 641, 2177 }, { 2600, 5 }, { 33, 4600 }
    };

    a = aligned_alloc(64, sizeof(screen_view_plane_t));
    b = aligned_alloc(64, sizeof(screen_view_plane_t));

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {

        image = image_scene(sizes[i][0] < 60 ? 60 : sizes[i][0],
                            sizes[i][1], i);
        image.width = sizes[i][0];
        picture = picture_of(&image);

        size = screen_view_memory(image.width, image.height,
                                  SCREEN_VIEWS_FRAME_QUERY);
        memory = malloc(size);
        assert_non_null(memory);

        assert_int_equal(screen_view_plane(SCREEN_PDQ_CPU_ANY, a, &picture,
                                           &pdq, memory, size), SCREEN_OK);
        assert_int_equal(screen_view_plane(screen_pdq_cpu(), b, &picture,
                                           &pdq, memory, size), SCREEN_OK);

        assert_memory_equal(a->cells, b->cells, sizeof(a->cells));

        for (y = 0; y < SCREEN_VIEW_SIDE; y += 5) {
            for (x = 0; x < SCREEN_VIEW_SIDE; x += 3) {
                assert_true(fabs(cell_average(&image, picture.stride, y, x)
                                 - (double) a->cells[y][x]) < 0.001);
            }
        }

        free(memory);
        free(image.pixels);
    }

    free(a);
    free(b);
}


static void
a_part_is_known_again(void **state)
{
    views_t   bank;
    image_t   image, part;
    unsigned  i;

    static const uint32_t  crops[][4] = {
        { 20, 15, 760, 570 }, { 40, 30, 720, 540 }, { 80, 60, 640, 480 },
        { 0, 0, 640, 480 }, { 30, 7, 720, 540 }, { 0, 60, 800, 540 },
        { 100, 0, 600, 600 }
    };

    image = image_scene(800, 600, 3);
    assert_int_equal(views_of(&bank, &image, SCREEN_VIEWS_PICTURE_BANK),
                     SCREEN_OK);

    for (i = 0; i < sizeof(crops) / sizeof(crops[0]); i++) {
        part = image_crop(&image, crops[i][0], crops[i][1], crops[i][2],
                          crops[i][3]);
        assert_met(&part, &bank, "crop");
        free(part.pixels);
    }

    free(image.pixels);
}


static void
what_is_laid_around_is_taken_away(void **state)
{
    views_t  bank;
    image_t  image, more, back;

    image = image_scene(640, 360, 4);
    assert_int_equal(views_of(&bank, &image, SCREEN_VIEWS_PICTURE_BANK),
                     SCREEN_OK);

    more = image_new(700, 420, 255);
    image_paste(&more, &image, 30, 30);
    assert_met(&more, &bank, "border");
    free(more.pixels);

    more = image_new(640, 640, 0);
    image_paste(&more, &image, 0, 140);
    assert_met(&more, &bank, "letterbox");
    free(more.pixels);

    more = image_new(640, 440, 250);
    image_write(&more, 15, 30, 10);
    image_paste(&more, &image, 0, 80);
    assert_met(&more, &bank, "caption");
    free(more.pixels);

    more = image_new(680, 500, 255);
    back = image_new(680, 400, 20);
    image_write(&more, 20, 40, 0);
    image_paste(&back, &image, 20, 20);
    image_paste(&more, &back, 0, 100);
    assert_met(&more, &bank, "caption outside a border");
    free(back.pixels);
    free(more.pixels);

    more = image_scene(640, 1136, 4);
    image_blur(&more, 40);
    image_paste(&more, &image, 0, 388);
    assert_met(&more, &bank, "blurred copies");
    free(more.pixels);

    more = image_scene(800, 450, 9);
    image_blur(&more, 30);
    image_paste(&more, &image, 100, 60);
    assert_met(&more, &bank, "a picture in another");
    free(more.pixels);

    free(image.pixels);
}


static void
others_stay_far_apart(void **state)
{
    views_t   bank, query;
    image_t   image;
    unsigned  seed;

    image = image_scene(400, 300, 5);
    assert_int_equal(views_of(&bank, &image, SCREEN_VIEWS_PICTURE_BANK),
                     SCREEN_OK);
    free(image.pixels);

    for (seed = 100; seed < 110; seed++) {
        image = image_scene(400, 300, seed);
        assert_int_equal(views_of(&query, &image,
                                  SCREEN_VIEWS_PICTURE_QUERY), SCREEN_OK);
        assert_true(nearest(&query, &bank) > 40);
        free(image.pixels);
    }
}


static void
views_of_a_bank_differ(void **state)
{
    size_t   i, j;
    views_t  views;
    image_t  image;

    image = image_scene(320, 240, 6);
    assert_int_equal(views_of(&views, &image, SCREEN_VIEWS_PICTURE_BANK),
                     SCREEN_OK);
    assert_true(views.n >= 40);

    for (i = 0; i < views.n; i++) {
        assert_int_equal(views.seen[i].variants, 1);

        for (j = 0; j < i; j++) {
            assert_true(views.seen[i].view != views.seen[j].view);
            assert_true(distance(&views.seen[i].pdq, SCREEN_PDQ_ORIGINAL,
                                 &views.seen[j].pdq) > 8);
        }
    }

    free(image.pixels);
}


static void
names_are_read_back(void **state)
{
    char           name[SCREEN_VIEW_NAME];
    size_t         i, j;
    screen_str_t   text;
    screen_view_t  view, parsed;

    for (i = 0; i < 2 * screen_view_table_len; i++) {
        view = screen_view_table[i / 2].view
               | (i % 2 ? SCREEN_VIEW_OF_BOX : 0);

        text = screen_str_of(screen_view_name(view, name));
        assert_int_equal(screen_view_parse(&text, &parsed), SCREEN_OK);
        assert_int_equal(parsed, view);

        for (j = 0; j < i / 2; j++) {
            assert_true(screen_view_table[j].view
                        != screen_view_table[i / 2].view);
        }
    }

    assert_string_equal(screen_view_name(SCREEN_VIEW_WHOLE, name), "whole");
    assert_string_equal(screen_view_name(SCREEN_VIEW_512, name), "512");
    assert_string_equal(screen_view_name(SCREEN_VIEW_BOX, name), "box");
    assert_string_equal(screen_view_name(9999, name), "view-9999");
    text = screen_str_of(name);
    assert_int_equal(screen_view_parse(&text, &parsed), SCREEN_OK);
    assert_int_equal(parsed, 9999);

    text = screen_str_of("no-such-view");
    assert_int_equal(screen_view_parse(&text, &parsed), SCREEN_NOT_FOUND);
}


static void
a_visit_can_end_it(void **state)
{
    views_t  views;
    image_t  image;

    image = image_scene(320, 240, 7);
    assert_int_equal(views_until(5, &views, &image,
                                 SCREEN_VIEWS_PICTURE_QUERY), 77);
    assert_int_equal(views.n, 5);

    free(image.pixels);
}


static void
flat_and_tiny_pictures_have_no_windows(void **state)
{
    size_t    i;
    views_t   views;
    image_t   image;
    unsigned  side;

    for (side = 1; side <= 600; side = side * 3 + 1) {
        image = image_new(side, side, 128);

        assert_int_equal(views_of(&views, &image,
                                  SCREEN_VIEWS_PICTURE_QUERY), SCREEN_OK);
        assert_true(views.n >= 1);

        for (i = 0; i < views.n; i++) {
            assert_true(views.seen[i].view <= SCREEN_VIEW_INSET);
            assert_int_equal(views.seen[i].pdq.quality, 0);
        }

        free(image.pixels);
    }
}


static void
too_little_memory_is_a_limit(void **state)
{
    char                  memory[16];
    views_t               views;
    image_t               image;
    screen_pdq_picture_t  picture;

    image = image_new(64, 64, 1);
    picture = picture_of(&image);

    assert_int_equal(screen_view_each(&picture, SCREEN_VIEWS_FRAME_QUERY,
                                      memory, sizeof(memory), visit, &views),
                     SCREEN_LIMIT);
    free(image.pixels);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(whole_pictures_are_hashed_as_pdq_has_them),
        cmocka_unit_test(both_builds_average_alike_and_right),
        cmocka_unit_test(a_part_is_known_again),
        cmocka_unit_test(what_is_laid_around_is_taken_away),
        cmocka_unit_test(others_stay_far_apart),
        cmocka_unit_test(views_of_a_bank_differ),
        cmocka_unit_test(names_are_read_back),
        cmocka_unit_test(a_visit_can_end_it),
        cmocka_unit_test(flat_and_tiny_pictures_have_no_windows),
        cmocka_unit_test(too_little_memory_is_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
