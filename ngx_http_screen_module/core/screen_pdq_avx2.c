
#include <stdint.h>

#include "screen_pdq_impl.h"


#if (SCREEN_PDQ_AVX2)

#include <immintrin.h>


/*
 * What is done to the decimated picture and its transform, for AVX2.  A frame
 * of a video has some ten views, and each goes through all of it.
 */

#define SCREEN_PDQ_LANES  8
#define SCREEN_PDQ_LOWER  (SCREEN_PDQ_BITS / 2 - 1)

#define screen_pdq_avx2   __attribute__((target("avx2,popcnt")))


/* how far two times eight numbers are apart, in percent, rounded to zero */

static inline screen_pdq_avx2 __m256i
screen_pdq_apart(__m256 a, __m256 b)
{
    __m256  d;

    d = _mm256_mul_ps(_mm256_sub_ps(a, b), _mm256_set1_ps(100));
    d = _mm256_div_ps(d, _mm256_set1_ps(255));

    return _mm256_abs_epi32(_mm256_cvttps_epi32(d));
}


screen_pdq_avx2 unsigned
screen_pdq_quality_avx2(screen_pdq_block_t block)
{
    __m256        here;
    __m256i       sum, next;
    unsigned      i, j, total;
    const float  *at;
    unsigned      sums[SCREEN_PDQ_LANES];

    sum = _mm256_setzero_si256();

    /* after the last column comes itself */

    next = _mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 7);

    for (i = 0; i < SCREEN_PDQ_BLOCK; i++) {
        for (j = 0; j < SCREEN_PDQ_BLOCK; j += SCREEN_PDQ_LANES) {

            at = &block[i][j];
            here = _mm256_load_ps(at);

            if (i + 1 < SCREEN_PDQ_BLOCK) {
                sum = _mm256_add_epi32(sum,
                          screen_pdq_apart(here,
                              _mm256_load_ps(at + SCREEN_PDQ_BLOCK)));
            }

            if (j + SCREEN_PDQ_LANES < SCREEN_PDQ_BLOCK) {
                sum = _mm256_add_epi32(sum,
                          screen_pdq_apart(here, _mm256_loadu_ps(at + 1)));

            } else {
                sum = _mm256_add_epi32(sum,
                          screen_pdq_apart(here,
                              _mm256_permutevar8x32_ps(here, next)));
            }
        }
    }

    _mm256_storeu_si256((__m256i *) sums, sum);

    for (i = 0, total = 0; i < SCREEN_PDQ_LANES; i++) {
        total += sums[i];
    }

    return total;
}


/* eight sums at a time fill half of the registers and hide one another */

screen_pdq_avx2 void
screen_pdq_transform_avx2(screen_pdq_t *pdq, screen_pdq_block_t block,
    screen_pdq_across_t across)
{
    float         down[SCREEN_PDQ_SIDE][SCREEN_PDQ_BLOCK]
                  __attribute__((aligned(64)));
    __m256        c, s0, s1, s2, s3, s4, s5, s6, s7;
    unsigned      i, k;
    const float  *at;

    for (i = 0; i < SCREEN_PDQ_SIDE; i++) {

        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = _mm256_setzero_ps();

        for (k = 0; k < SCREEN_PDQ_BLOCK; k++) {

            c = _mm256_broadcast_ss(&across[k][i]);
            at = block[k];

#define screen_pdq_add(s, n)                                                  \
    s = _mm256_add_ps(s, _mm256_mul_ps(c, _mm256_load_ps(at + 8 * (n))))

            screen_pdq_add(s0, 0);
            screen_pdq_add(s1, 1);
            screen_pdq_add(s2, 2);
            screen_pdq_add(s3, 3);
            screen_pdq_add(s4, 4);
            screen_pdq_add(s5, 5);
            screen_pdq_add(s6, 6);
            screen_pdq_add(s7, 7);
        }

        _mm256_store_ps(down[i], s0);
        _mm256_store_ps(down[i] + 8, s1);
        _mm256_store_ps(down[i] + 16, s2);
        _mm256_store_ps(down[i] + 24, s3);
        _mm256_store_ps(down[i] + 32, s4);
        _mm256_store_ps(down[i] + 40, s5);
        _mm256_store_ps(down[i] + 48, s6);
        _mm256_store_ps(down[i] + 56, s7);
    }

    for (i = 0; i < SCREEN_PDQ_SIDE; i += 4) {

        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = _mm256_setzero_ps();

        for (k = 0; k < SCREEN_PDQ_BLOCK; k++) {

            at = across[k];

            c = _mm256_broadcast_ss(&down[i][k]);
            screen_pdq_add(s0, 0);
            screen_pdq_add(s1, 1);

            c = _mm256_broadcast_ss(&down[i + 1][k]);
            screen_pdq_add(s2, 0);
            screen_pdq_add(s3, 1);

            c = _mm256_broadcast_ss(&down[i + 2][k]);
            screen_pdq_add(s4, 0);
            screen_pdq_add(s5, 1);

            c = _mm256_broadcast_ss(&down[i + 3][k]);
            screen_pdq_add(s6, 0);
            screen_pdq_add(s7, 1);
        }

        _mm256_storeu_ps(pdq->dct[i], s0);
        _mm256_storeu_ps(pdq->dct[i] + 8, s1);
        _mm256_storeu_ps(pdq->dct[i + 1], s2);
        _mm256_storeu_ps(pdq->dct[i + 1] + 8, s3);
        _mm256_storeu_ps(pdq->dct[i + 2], s4);
        _mm256_storeu_ps(pdq->dct[i + 2] + 8, s5);
        _mm256_storeu_ps(pdq->dct[i + 3], s6);
        _mm256_storeu_ps(pdq->dct[i + 3] + 8, s7);
    }
}


/*
 * The lower median, bit by bit from the highest: as whole numbers the floats
 * are in their own order, once the negative ones are turned round.
 */

screen_pdq_avx2 void
screen_pdq_value_avx2(const float *b, u_char value[SCREEN_PDQ_LEN])
{
    int       sums[SCREEN_PDQ_LANES];
    __m256    median;
    __m256i   keys[SCREEN_PDQ_BITS / SCREEN_PDQ_LANES], v, count, than;
    int32_t   low, attempt;
    unsigned  bit, k, n;

    for (k = 0; k < SCREEN_PDQ_BITS / SCREEN_PDQ_LANES; k++) {
        v = _mm256_loadu_si256((const __m256i *) (b + SCREEN_PDQ_LANES * k));

        keys[k] = _mm256_xor_si256(v,
                      _mm256_srli_epi32(_mm256_srai_epi32(v, 31), 1));
    }

    low = INT32_MIN;

    for (bit = 0; bit < 32; bit++) {
        attempt = (int32_t) ((uint32_t) low + (0x80000000u >> bit));

        than = _mm256_set1_epi32(attempt);
        count = _mm256_setzero_si256();

        for (k = 0; k < SCREEN_PDQ_BITS / SCREEN_PDQ_LANES; k++) {
            count = _mm256_sub_epi32(count,
                                     _mm256_cmpgt_epi32(than, keys[k]));
        }

        _mm256_storeu_si256((__m256i *) sums, count);

        for (k = 0, n = 0; k < SCREEN_PDQ_LANES; k++) {
            n += (unsigned) sums[k];
        }

        if (n <= SCREEN_PDQ_LOWER) {
            low = attempt;
        }
    }

    low ^= (int32_t) ((uint32_t) (low >> 31) >> 1);
    median = _mm256_castsi256_ps(_mm256_set1_epi32(low));

    for (k = 0; k < SCREEN_PDQ_LEN; k++) {
        value[SCREEN_PDQ_LEN - 1 - k] =
            (u_char) _mm256_movemask_ps(_mm256_cmp_ps(
                _mm256_loadu_ps(b + SCREEN_PDQ_LANES * k), median,
                _CMP_GT_OQ));
    }
}


#endif /* SCREEN_PDQ_AVX2 */
