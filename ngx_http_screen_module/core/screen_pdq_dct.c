
#include <stdlib.h>
#include <string.h>

#include "screen_pdq_impl.h"


#define SCREEN_PDQ_PERIOD  256          /* of the cosine, in steps */


static unsigned screen_pdq_quality_any(screen_pdq_block_t block);
static void screen_pdq_cosines_all(float cosines[SCREEN_PDQ_PERIOD]);
static void screen_pdq_transform_any(screen_pdq_t *pdq,
    screen_pdq_block_t block, screen_pdq_across_t across);
static void screen_pdq_value_any(const float *b,
    u_char value[SCREEN_PDQ_LEN]);
static float screen_pdq_median(const float *from);


/*
 * (float) (s cos(pi m / 128)), s = (float) sqrt(2 / 64), a quarter of the
 * period; test_pdq compares what is made of it with the formula
 */

static const float  screen_pdq_cosines[SCREEN_PDQ_PERIOD / 4] = {
    0.176776692f, 0.17672345f, 0.176563755f, 0.176297709f,
    0.175925463f, 0.175447255f, 0.174863353f, 0.17417413f,
    0.173379973f, 0.172481388f, 0.171478912f, 0.170373142f,
    0.169164747f, 0.167854458f, 0.16644305f, 0.164931387f,
    0.163320363f, 0.161610976f, 0.15980424f, 0.157901242f,
    0.155903131f, 0.153811097f, 0.151626423f, 0.14935042f,
    0.146984443f, 0.144529939f, 0.141988367f, 0.139361277f,
    0.136650234f, 0.133856878f, 0.130982891f, 0.128030002f,
    0.125f, 0.121894695f, 0.118715972f, 0.115465738f,
    0.112145945f, 0.108758606f, 0.105305754f, 0.101789467f,
    0.0982118696f, 0.0945751071f, 0.0908813849f, 0.0871329084f,
    0.0833319575f, 0.0794808045f, 0.0755817741f, 0.0716372207f,
    0.0676495135f, 0.0636210516f, 0.0595542751f, 0.0554516204f,
    0.0513155647f, 0.0471486002f, 0.0429532342f, 0.0387319922f,
    0.0344874226f, 0.0302220769f, 0.0259385277f, 0.0216393545f,
    0.0173271466f, 0.0130045004f, 0.00867402088f, 0.00433831709f,
};


/* signs of coefficients of even and odd i, then of even and odd j */

static const struct {
    unsigned            transposed;
    float               down[2];
    float               across[2];
} screen_pdq_dihedral[SCREEN_PDQ_VARIANTS] = {
    { 0, { 1, 1 }, { 1, 1 } },
    { 1, { 1, 1 }, { -1, 1 } },
    { 0, { 1, -1 }, { 1, -1 } },
    { 1, { -1, 1 }, { 1, 1 } },
    { 0, { -1, 1 }, { 1, 1 } },
    { 0, { 1, 1 }, { -1, 1 } },
    { 1, { 1, 1 }, { 1, 1 } },
    { 1, { 1, -1 }, { 1, -1 } },
};


unsigned
screen_pdq_quality(screen_pdq_cpu_t cpu, screen_pdq_block_t block)
{
    unsigned  sum;

#if (SCREEN_PDQ_AVX2)

    if (cpu == SCREEN_PDQ_CPU_AVX2) {
        sum = screen_pdq_quality_avx2(block) / 90;
        return sum > 100 ? 100 : sum;
    }

#endif

    sum = screen_pdq_quality_any(block) / 90;

    return sum > 100 ? 100 : sum;
}


static unsigned
screen_pdq_quality_any(screen_pdq_block_t block)
{
    int       d;
    unsigned  i, j, sum;

    sum = 0;

    for (i = 0; i < SCREEN_PDQ_BLOCK; i++) {
        for (j = 0; j < SCREEN_PDQ_BLOCK; j++) {

            if (i + 1 < SCREEN_PDQ_BLOCK) {
                d = (int) ((block[i][j] - block[i + 1][j]) * 100 / 255);
                sum += (unsigned) abs(d);
            }

            if (j + 1 < SCREEN_PDQ_BLOCK) {
                d = (int) ((block[i][j] - block[i][j + 1]) * 100 / 255);
                sum += (unsigned) abs(d);
            }
        }
    }

    return sum;
}


/* of step * pi / 128, with the factor, for all steps of a period */

static void
screen_pdq_cosines_all(float cosines[SCREEN_PDQ_PERIOD])
{
    float     c;
    unsigned  i, half;

    half = SCREEN_PDQ_PERIOD / 2;

    for (i = 0; i < half / 2; i++) {
        c = screen_pdq_cosines[i];

        cosines[i] = c;
        cosines[half - i] = -c;
        cosines[half + i] = -c;
        cosines[(SCREEN_PDQ_PERIOD - i) % SCREEN_PDQ_PERIOD] = c;
    }

    /* never a quarter: the step is (i + 1)(2 j + 1) with i below 16 */

    cosines[half / 2] = 0;
    cosines[half / 2 + half] = 0;
}


/* B = D A D', each sum with the inner index ascending */

void
screen_pdq_transform(screen_pdq_cpu_t cpu, screen_pdq_t *pdq,
    screen_pdq_block_t block)
{
    float                cosines[SCREEN_PDQ_PERIOD];
    unsigned             i, k;
    screen_pdq_across_t  across;

    screen_pdq_cosines_all(cosines);

    for (k = 0; k < SCREEN_PDQ_BLOCK; k++) {
        for (i = 0; i < SCREEN_PDQ_SIDE; i++) {
            across[k][i] = cosines[(i + 1) * (2 * k + 1)
                                   % SCREEN_PDQ_PERIOD];
        }
    }

#if (SCREEN_PDQ_AVX2)

    if (cpu == SCREEN_PDQ_CPU_AVX2) {
        screen_pdq_transform_avx2(pdq, block, across);
        return;
    }

#endif

    screen_pdq_transform_any(pdq, block, across);
}


/* sums of neighbouring columns side by side, so that each keeps its order */

static void
screen_pdq_transform_any(screen_pdq_t *pdq, screen_pdq_block_t block,
    screen_pdq_across_t across)
{
    float     down[SCREEN_PDQ_BLOCK];
    unsigned  i, j, k;

    for (i = 0; i < SCREEN_PDQ_SIDE; i++) {

        memset(down, 0, sizeof(down));

        for (k = 0; k < SCREEN_PDQ_BLOCK; k++) {
            for (j = 0; j < SCREEN_PDQ_BLOCK; j++) {
                down[j] += across[k][i] * block[k][j];
            }
        }

        memset(pdq->dct[i], 0, sizeof(pdq->dct[i]));

        for (k = 0; k < SCREEN_PDQ_BLOCK; k++) {
            for (j = 0; j < SCREEN_PDQ_SIDE; j++) {
                pdq->dct[i][j] += down[k] * across[k][j];
            }
        }
    }
}


/* the lower median, by Hoare's selection; no number is not one */

static float
screen_pdq_median(const float *from)
{
    int    low, high, i, j;
    float  v[SCREEN_PDQ_BITS], pivot, swap;

    memcpy(v, from, sizeof(v));

    low = 0;
    high = SCREEN_PDQ_BITS - 1;

    while (low < high) {
        pivot = v[low + (high - low) / 2];
        i = low;
        j = high;

        while (i <= j) {

            while (v[i] < pivot) {
                i++;
            }

            while (v[j] > pivot) {
                j--;
            }

            if (i <= j) {
                swap = v[i];
                v[i++] = v[j];
                v[j--] = swap;
            }
        }

        if (SCREEN_PDQ_BITS / 2 - 1 <= j) {
            high = j;

        } else if (SCREEN_PDQ_BITS / 2 - 1 >= i) {
            low = i;

        } else {
            break;
        }
    }

    return v[SCREEN_PDQ_BITS / 2 - 1];
}


static void
screen_pdq_value_any(const float *b, u_char value[SCREEN_PDQ_LEN])
{
    float     median;
    unsigned  k;

    median = screen_pdq_median(b);

    memset(value, 0, SCREEN_PDQ_LEN);

    for (k = 0; k < SCREEN_PDQ_BITS; k++) {
        value[SCREEN_PDQ_LEN - 1 - k / 8] |=
            (u_char) ((unsigned) (b[k] > median) << k % 8);
    }
}


void
screen_pdq_value(const screen_pdq_t *pdq, screen_pdq_variant_t variant,
    u_char value[SCREEN_PDQ_LEN])
{
    screen_pdq_value_by(screen_pdq_cpu(), pdq, variant, value);
}


void
screen_pdq_value_by(screen_pdq_cpu_t cpu, const screen_pdq_t *pdq,
    screen_pdq_variant_t variant, u_char value[SCREEN_PDQ_LEN])
{
    float        b[SCREEN_PDQ_BITS], down;
    unsigned     i, j, side, step;
    const float *across;

    across = screen_pdq_dihedral[variant].across;

    side = screen_pdq_dihedral[variant].transposed ? 1 : SCREEN_PDQ_SIDE;
    step = screen_pdq_dihedral[variant].transposed ? SCREEN_PDQ_SIDE : 1;

    for (i = 0; i < SCREEN_PDQ_SIDE; i++) {
        down = screen_pdq_dihedral[variant].down[i % 2];

        for (j = 0; j < SCREEN_PDQ_SIDE; j++) {
            b[i * side + j * step] = pdq->dct[i][j] * (down * across[j % 2]);
        }
    }

#if (SCREEN_PDQ_AVX2)

    if (cpu == SCREEN_PDQ_CPU_AVX2) {
        screen_pdq_value_avx2(b, value);
        return;
    }

#endif

    screen_pdq_value_any(b, value);
}
