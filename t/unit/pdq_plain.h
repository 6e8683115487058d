
/*
 * PDQ as its recipe is written, step by step over whole pictures: what the
 * fast code is compared with.  And pictures made by a formula, in whole
 * numbers, so that they are the same everywhere.
 */


#ifndef _PDQ_PLAIN_H_INCLUDED_
#define _PDQ_PLAIN_H_INCLUDED_


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../ngx_http_screen_module/core/screen_pdq_impl.h"


/* n numbers of from, a step apart, averaged over a window that slides */

static inline void
pdq_plain_box(float *to, const float *from, int n, int step, int window)
{
    int    i, h, count;
    float  sum;

    h = (window + 2) / 2;
    sum = 0;
    count = 0;

    for (i = 0; i < h - 1; i++) {
        sum += from[(size_t) i * step];
        count++;
    }

    for (i = 0; i < n; i++) {

        if (i + h - 1 < n) {
            sum += from[(size_t) (i + h - 1) * step];
            count++;
        }

        if (i - (window - h) - 1 >= 0) {
            sum -= from[(size_t) (i - (window - h) - 1) * step];
            count--;
        }

        to[(size_t) i * step] = sum / count;
    }
}


static inline void
pdq_plain_blur(float *a, float *b, int width, int height)
{
    int  i, pass, wx, wy;

    wx = (width + 127) / 128;
    wy = (height + 127) / 128;

    for (pass = 0; pass < 2; pass++) {

        for (i = 0; i < height; i++) {
            pdq_plain_box(b + (size_t) i * width, a + (size_t) i * width,
                          width, 1, wx);
        }

        for (i = 0; i < width; i++) {
            pdq_plain_box(a + i, b + i, height, width, wy);
        }
    }
}


static inline void
pdq_plain_luma(float *to, const screen_pdq_picture_t *p, int width,
    int height)
{
    int            x, y;
    const u_char  *from, *row;

    for (y = 0; y < height; y++) {

        row = p->pixels + (uint64_t) y * p->height / height * p->stride;

        for (x = 0; x < width; x++) {

            from = row + (width == (int) p->width ? (uint64_t) x
                          : (uint64_t) x * p->width / width) * p->channels;

            to[(size_t) y * width + x] = p->channels == 1 ? (float) from[0]
                : 0.299f * from[0] + 0.587f * from[1] + 0.114f * from[2];
        }
    }
}


/* cos(pi step / 128), by its series */

static inline double
pdq_plain_cos(unsigned step)
{
    int          n;
    long double  x, term, sum;

    step %= 256;
    step = step > 128 ? 256 - step : step;

    if (step > 64) {
        return -pdq_plain_cos(128 - step);
    }

    x = 3.14159265358979323846264338327950288L * step / 128;
    sum = 1;
    term = 1;

    for (n = 1; n < 16; n++) {
        term *= -x * x / ((2 * n - 1) * (2 * n));
        sum += term;
    }

    return (double) sum;
}


static inline void
pdq_plain_transform(screen_pdq_t *pdq, screen_pdq_block_t a)
{
    int    i, j, k;
    float  sum, s, d[16][64], t[16][64];

    s = (float) 0.17677669529663688110;             /* sqrt(2 / 64) */

    for (i = 0; i < 16; i++) {
        for (j = 0; j < 64; j++) {
            d[i][j] = (float) (s * pdq_plain_cos((unsigned) ((i + 1)
                                                     * (2 * j + 1))));
        }
    }

    for (i = 0; i < 16; i++) {
        for (j = 0; j < 64; j++) {

            sum = 0;

            for (k = 0; k < 64; k++) {
                sum += d[i][k] * a[k][j];
            }

            t[i][j] = sum;
        }
    }

    for (i = 0; i < 16; i++) {
        for (j = 0; j < 16; j++) {

            sum = 0;

            for (k = 0; k < 64; k++) {
                sum += t[i][k] * d[j][k];
            }

            pdq->dct[i][j] = sum;
        }
    }
}


static inline unsigned
pdq_plain_quality(screen_pdq_block_t a)
{
    int  i, j, sum;

    sum = 0;

    for (i = 0; i < 63; i++) {
        for (j = 0; j < 64; j++) {
            sum += abs((int) ((a[i][j] - a[i + 1][j]) * 100 / 255));
        }
    }

    for (i = 0; i < 64; i++) {
        for (j = 0; j < 63; j++) {
            sum += abs((int) ((a[i][j] - a[i][j + 1]) * 100 / 255));
        }
    }

    return sum / 90 > 100 ? 100 : (unsigned) (sum / 90);
}


/* 0 when there is no memory */

static inline int
pdq_plain(screen_pdq_t *pdq, const screen_pdq_picture_t *p,
    screen_pdq_mode_t mode)
{
    int                 i, j, width, height;
    float              *a, *b;
    screen_pdq_block_t  block;

    memset(pdq, 0, sizeof(screen_pdq_t));

    width = (int) p->width;
    height = (int) p->height;

    if (mode == SCREEN_PDQ_512 && (width > 512 || height > 512)) {
        width = 512;
        height = 512;
    }

    if (width < 5 || height < 5) {
        return 1;
    }

    a = malloc((size_t) width * height * sizeof(float));
    b = malloc((size_t) width * height * sizeof(float));

    if (a == NULL || b == NULL) {
        free(a);
        free(b);
        return 0;
    }

    pdq_plain_luma(a, p, width, height);

    if (width != 64 || height != 64) {
        pdq_plain_blur(a, b, width, height);
    }

    for (i = 0; i < 64; i++) {
        for (j = 0; j < 64; j++) {
            block[i][j] = a[(size_t) (int) ((i + 0.5) * height / 64) * width
                            + (int) ((j + 0.5) * width / 64)];
        }
    }

    free(a);
    free(b);

    pdq->quality = pdq_plain_quality(block);
    pdq_plain_transform(pdq, block);

    return 1;
}


/* SplitMix64 */

static inline uint64_t
pdq_plain_random(uint64_t seed)
{
    uint64_t  z;

    z = seed + 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;

    return z ^ (z >> 31);
}


/*
 * Clouds, as photographs have them: random numbers on grids of 8 x 8, 16 x 16
 * and 32 x 32 cells, with straight lines between them, one octave on another;
 * grain is the amplitude of noise in each pixel.
 */

static inline unsigned
pdq_plain_cloud(uint64_t seed, uint32_t x, uint32_t y, uint32_t width,
    uint32_t height)
{
    int64_t   corner[2][2], sum;
    uint64_t  fx, fy, grid, i, j;

    sum = 0;

    for (grid = 8; grid <= 32; grid *= 2) {
        fx = x * grid * 256 / width;
        fy = y * grid * 256 / height;

        for (i = 0; i < 2; i++) {
            for (j = 0; j < 2; j++) {
                corner[i][j] = (int64_t) (pdq_plain_random(
                    seed ^ grid << 48 ^ (fy / 256 + i) << 24
                    ^ (fx / 256 + j)) % 256);
            }
        }

        fx %= 256;
        fy %= 256;

        sum += ((corner[0][0] * (256 - (int64_t) fx)
                 + corner[0][1] * (int64_t) fx) * (256 - (int64_t) fy)
                + (corner[1][0] * (256 - (int64_t) fx)
                   + corner[1][1] * (int64_t) fx) * (int64_t) fy)
               / 65536 * 8 / (int64_t) grid;
    }

    return (unsigned) (sum * 4 / 7);
}


static inline void
pdq_plain_picture(u_char *pixels, size_t stride, uint32_t width,
    uint32_t height, unsigned channels, uint64_t seed, unsigned grain)
{
    u_char    *p;
    uint32_t   x, y;
    unsigned   c, v;

    for (y = 0; y < height; y++) {
        for (x = 0; x < width; x++) {

            v = pdq_plain_cloud(seed, x, y, width, height);

            for (c = 0; c < channels; c++) {
                p = pixels + y * stride + x * channels + c;
                *p = (u_char) ((v * (3 + c) / 5
                                + pdq_plain_random(seed ^ (uint64_t) y << 32
                                                   ^ x * 4 ^ c)
                                  % (grain + 1))
                               % 256);
            }
        }
    }
}


#endif /* _PDQ_PLAIN_H_INCLUDED_ */
