
#include <string.h>

#include "screen_pdq_impl.h"

#if (SCREEN_PDQ_AVX2)
#include <immintrin.h>
#endif


#define SCREEN_PDQ_RED    0.299f
#define SCREEN_PDQ_GREEN  0.587f
#define SCREEN_PDQ_BLUE   0.114f


static void screen_pdq_luma_grey(float *to, const u_char *from, size_t n,
    size_t left);
static void screen_pdq_luma_rgb(float *to, const u_char *from, size_t n,
    size_t left);
static void screen_pdq_luma_rgbx(float *to, const u_char *from, size_t n,
    size_t left);

#if (SCREEN_PDQ_AVX2)

static void screen_pdq_luma_grey_avx2(float *to, const u_char *from,
    size_t n, size_t left);
static void screen_pdq_luma_rgb_avx2(float *to, const u_char *from, size_t n,
    size_t left);
static void screen_pdq_luma_rgbx_avx2(float *to, const u_char *from,
    size_t n, size_t left);

#endif


screen_pdq_luma_pt
screen_pdq_luma(screen_pdq_cpu_t cpu, unsigned channels)
{
#if (SCREEN_PDQ_AVX2)

    if (cpu == SCREEN_PDQ_CPU_AVX2) {
        return channels == 1 ? screen_pdq_luma_grey_avx2
               : channels == 3 ? screen_pdq_luma_rgb_avx2
               : screen_pdq_luma_rgbx_avx2;
    }

#endif

    return channels == 1 ? screen_pdq_luma_grey
           : channels == 3 ? screen_pdq_luma_rgb
           : screen_pdq_luma_rgbx;
}


static inline float
screen_pdq_luma_of(const u_char *pixel)
{
    return SCREEN_PDQ_RED * (float) pixel[0]
           + SCREEN_PDQ_GREEN * (float) pixel[1]
           + SCREEN_PDQ_BLUE * (float) pixel[2];
}


static void
screen_pdq_luma_grey(float *to, const u_char *from, size_t n, size_t left)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        to[i] = (float) from[i];
    }
}


static void
screen_pdq_luma_rgb(float *to, const u_char *from, size_t n, size_t left)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        to[i] = screen_pdq_luma_of(from + 3 * i);
    }
}


static void
screen_pdq_luma_rgbx(float *to, const u_char *from, size_t n, size_t left)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        to[i] = screen_pdq_luma_of(from + 4 * i);
    }
}


#if (SCREEN_PDQ_AVX2)

#define screen_pdq_avx2  __attribute__((target("avx2")))


static inline screen_pdq_avx2 __m256
screen_pdq_luma_8(__m256i red, __m256i green, __m256i blue)
{
    __m256  luma;

    luma = _mm256_add_ps(_mm256_mul_ps(_mm256_set1_ps(SCREEN_PDQ_RED),
                                       _mm256_cvtepi32_ps(red)),
                         _mm256_mul_ps(_mm256_set1_ps(SCREEN_PDQ_GREEN),
                                       _mm256_cvtepi32_ps(green)));

    return _mm256_add_ps(luma,
                         _mm256_mul_ps(_mm256_set1_ps(SCREEN_PDQ_BLUE),
                                       _mm256_cvtepi32_ps(blue)));
}


static screen_pdq_avx2 void
screen_pdq_luma_grey_avx2(float *to, const u_char *from, size_t n,
    size_t left)
{
    size_t   i;
    __m128i  v;

    for (i = 0; n - i >= 8; i += 8) {
        v = _mm_loadl_epi64((const __m128i *) (from + i));
        _mm256_storeu_ps(to + i, _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(v)));
    }

    screen_pdq_luma_grey(to + i, from + i, n - i, left - i);
}


/* each half holds four pixels and four bytes of the next ones */

static screen_pdq_avx2 void
screen_pdq_luma_rgb_avx2(float *to, const u_char *from, size_t n,
    size_t left)
{
    size_t         i;
    __m128i        half;
    __m256i        v, red, one;
    const u_char  *p;

    half = _mm_setr_epi8(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1,
                         -1, -1);
    red = _mm256_broadcastsi128_si256(half);

    half = _mm_setr_epi8(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0);
    one = _mm256_broadcastsi128_si256(half);

    for (i = 0; n - i >= 8 && left - i >= 10; i += 8) {
        p = from + 3 * i;

        v = _mm256_inserti128_si256(
                _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *) p)),
                _mm_loadu_si128((const __m128i *) (p + 12)), 1);

        _mm256_storeu_ps(to + i, screen_pdq_luma_8(
            _mm256_shuffle_epi8(v, red),
            _mm256_shuffle_epi8(v, _mm256_add_epi8(red, one)),
            _mm256_shuffle_epi8(v, _mm256_add_epi8(red,
                                       _mm256_add_epi8(one, one)))));
    }

    screen_pdq_luma_rgb(to + i, from + 3 * i, n - i, left - i);
}


static screen_pdq_avx2 void
screen_pdq_luma_rgbx_avx2(float *to, const u_char *from, size_t n,
    size_t left)
{
    size_t   i;
    __m256i  v, low;

    low = _mm256_set1_epi32(0xff);

    for (i = 0; n - i >= 8; i += 8) {
        v = _mm256_loadu_si256((const __m256i *) (from + 4 * i));

        _mm256_storeu_ps(to + i, screen_pdq_luma_8(
            _mm256_and_si256(v, low),
            _mm256_and_si256(_mm256_srli_epi32(v, 8), low),
            _mm256_and_si256(_mm256_srli_epi32(v, 16), low)));
    }

    screen_pdq_luma_rgbx(to + i, from + 4 * i, n - i, left - i);
}

#endif /* SCREEN_PDQ_AVX2 */
