
#include <stdlib.h>
#include <string.h>

#include "screen_pdq_impl.h"


#define SCREEN_PDQ_BITS    (SCREEN_PDQ_SIDE * SCREEN_PDQ_SIDE)
#define SCREEN_PDQ_PERIOD  256          /* of the cosine, in steps */


/* a power of two of floats that any CPU's registers divide */

typedef float screen_pdq_row_t __attribute__((vector_size(64)));


static float screen_pdq_cosine(unsigned step);
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


/* the sign of coefficient i, j: plus where the one named is odd */

typedef enum {
    SCREEN_PDQ_PLUS = 0,
    SCREEN_PDQ_PLUS_I_ODD,
    SCREEN_PDQ_PLUS_J_ODD,
    SCREEN_PDQ_PLUS_SUM_EVEN
} screen_pdq_sign_t;


static const struct {
    unsigned            transposed;
    screen_pdq_sign_t   sign;
} screen_pdq_dihedral[SCREEN_PDQ_VARIANTS] = {
    { 0, SCREEN_PDQ_PLUS },
    { 1, SCREEN_PDQ_PLUS_J_ODD },
    { 0, SCREEN_PDQ_PLUS_SUM_EVEN },
    { 1, SCREEN_PDQ_PLUS_I_ODD },
    { 0, SCREEN_PDQ_PLUS_I_ODD },
    { 0, SCREEN_PDQ_PLUS_J_ODD },
    { 1, SCREEN_PDQ_PLUS },
    { 1, SCREEN_PDQ_PLUS_SUM_EVEN },
};


unsigned
screen_pdq_quality(screen_pdq_block_t block)
{
    int       d, sum;
    unsigned  i, j;

    sum = 0;

    for (i = 0; i < SCREEN_PDQ_BLOCK; i++) {
        for (j = 0; j < SCREEN_PDQ_BLOCK; j++) {

            if (i + 1 < SCREEN_PDQ_BLOCK) {
                d = (int) ((block[i][j] - block[i + 1][j]) * 100 / 255);
                sum += abs(d);
            }

            if (j + 1 < SCREEN_PDQ_BLOCK) {
                d = (int) ((block[i][j] - block[i][j + 1]) * 100 / 255);
                sum += abs(d);
            }
        }
    }

    sum /= 90;

    return sum > 100 ? 100 : (unsigned) sum;
}


/* of step * pi / 128, with the factor */

static float
screen_pdq_cosine(unsigned step)
{
    step %= SCREEN_PDQ_PERIOD;

    if (step > SCREEN_PDQ_PERIOD / 2) {
        step = SCREEN_PDQ_PERIOD - step;
    }

    /* never a quarter: the step is (i + 1)(2 j + 1) with i below 16 */

    return step < SCREEN_PDQ_PERIOD / 4
           ? screen_pdq_cosines[step]
           : -screen_pdq_cosines[SCREEN_PDQ_PERIOD / 2 - step];
}


/*
 * B = D A D', each sum with the inner index ascending.  A vector holds the
 * sums of neighbouring columns, so that each sum keeps that order.
 */

void
screen_pdq_transform(screen_pdq_t *pdq, screen_pdq_block_t block)
{
    unsigned           i, j, k;
    screen_pdq_row_t   sum, sums[SCREEN_PDQ_BLOCK / SCREEN_PDQ_SIDE];
    screen_pdq_row_t   across[SCREEN_PDQ_BLOCK];
    const float       *down;

    for (k = 0; k < SCREEN_PDQ_BLOCK; k++) {
        for (i = 0; i < SCREEN_PDQ_SIDE; i++) {
            across[k][i] = screen_pdq_cosine((i + 1) * (2 * k + 1));
        }
    }

    for (i = 0; i < SCREEN_PDQ_SIDE; i++) {

        memset(sums, 0, sizeof(sums));

        for (k = 0; k < SCREEN_PDQ_BLOCK; k++) {
            for (j = 0; j < SCREEN_PDQ_BLOCK / SCREEN_PDQ_SIDE; j++) {
                sums[j] += across[k][i]
                           * ((screen_pdq_row_t *) block[k])[j];
            }
        }

        memset(&sum, 0, sizeof(sum));
        down = (const float *) sums;

        for (k = 0; k < SCREEN_PDQ_BLOCK; k++) {
            sum += down[k] * across[k];
        }

        memcpy(pdq->dct[i], &sum, sizeof(sum));
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


void
screen_pdq_value(const screen_pdq_t *pdq, screen_pdq_variant_t variant,
    u_char value[SCREEN_PDQ_LEN])
{
    float              b[SCREEN_PDQ_BITS], median;
    unsigned           i, j, k, minus;
    screen_pdq_sign_t  sign;

    sign = screen_pdq_dihedral[variant].sign;

    for (i = 0; i < SCREEN_PDQ_SIDE; i++) {
        for (j = 0; j < SCREEN_PDQ_SIDE; j++) {

            minus = sign == SCREEN_PDQ_PLUS_I_ODD ? i % 2 == 0
                    : sign == SCREEN_PDQ_PLUS_J_ODD ? j % 2 == 0
                    : sign == SCREEN_PDQ_PLUS_SUM_EVEN && (i + j) % 2;

            k = screen_pdq_dihedral[variant].transposed
                ? SCREEN_PDQ_SIDE * j + i : SCREEN_PDQ_SIDE * i + j;

            b[k] = minus ? -pdq->dct[i][j] : pdq->dct[i][j];
        }
    }

    median = screen_pdq_median(b);

    memset(value, 0, SCREEN_PDQ_LEN);

    for (k = 0; k < SCREEN_PDQ_BITS; k++) {
        if (b[k] > median) {
            value[SCREEN_PDQ_LEN - 1 - k / 8] |= (u_char) (1u << k % 8);
        }
    }
}
