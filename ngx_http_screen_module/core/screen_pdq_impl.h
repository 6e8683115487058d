
/*
 * What the parts of PDQ share: luma of pixels (screen_pdq_luma.c), blur and
 * decimation (screen_pdq_blur.c), transform and hash (screen_pdq_dct.c).
 *
 * What is vectorised comes in two builds of the same source, for any CPU and
 * for AVX2, chosen when it runs.  Both do the same operations on each number
 * in the same order, so that their results are the same bits; hence
 * -ffp-contract=off and no target that has fused operations.
 */


#ifndef _SCREEN_PDQ_IMPL_H_INCLUDED_
#define _SCREEN_PDQ_IMPL_H_INCLUDED_


#include "screen_pdq.h"


#define SCREEN_PDQ_BLOCK    64          /* sides of the decimated picture */
#define SCREEN_PDQ_BITS     (SCREEN_PDQ_SIDE * SCREEN_PDQ_SIDE)
#define SCREEN_PDQ_CELLS    256         /* a side of them */
#define SCREEN_PDQ_SAMPLED  512
#define SCREEN_PDQ_SIDE_MIN 5

#if defined(__x86_64__)
#define SCREEN_PDQ_AVX2     1
#else
#define SCREEN_PDQ_AVX2     0
#endif


typedef float screen_pdq_block_t[SCREEN_PDQ_BLOCK][SCREEN_PDQ_BLOCK]
    __attribute__((aligned(64)));

typedef float screen_pdq_across_t[SCREEN_PDQ_BLOCK][SCREEN_PDQ_SIDE]
    __attribute__((aligned(64)));


typedef enum {
    SCREEN_PDQ_CPU_ANY = 0,
    SCREEN_PDQ_CPU_AVX2
} screen_pdq_cpu_t;

/* the best that this machine has */
screen_pdq_cpu_t screen_pdq_cpu(void);

/* screen_pdq_compute() by the code for a certain CPU */
int screen_pdq_compute_by(screen_pdq_cpu_t cpu, screen_pdq_t *pdq,
    const screen_pdq_picture_t *picture, screen_pdq_mode_t mode,
    void *memory, size_t size);

/*
 * The same in full mode, and the average luma of the cells into which each
 * side is divided, of a picture both of whose sides are 5 or more; aligned
 * to 32 bytes.
 */
int screen_pdq_compute_cells(screen_pdq_cpu_t cpu, screen_pdq_t *pdq,
    const screen_pdq_picture_t *picture, float cells[][SCREEN_PDQ_CELLS],
    void *memory, size_t size);


/*
 * Luma, 0.299 R + 0.587 G + 0.114 B or the grey itself, of n pixels; left
 * counts the pixels from there to the end of the row (n or more).
 */
typedef void (*screen_pdq_luma_pt)(float *to, const u_char *from, size_t n,
    size_t left);

screen_pdq_luma_pt screen_pdq_luma(screen_pdq_cpu_t cpu, unsigned channels);


/*
 * The Jarosz filter twice and the decimation (the paper: "Downsampling"), of
 * a picture whose sides are 1 or more; and the averages of its cells, unless
 * cells is NULL.
 */
size_t screen_pdq_blur_memory(uint32_t width, uint32_t height);
void screen_pdq_blur(screen_pdq_cpu_t cpu, screen_pdq_block_t block,
    const screen_pdq_picture_t *picture, int sampled,
    float cells[][SCREEN_PDQ_CELLS], void *memory);


/* the window of the filter along a side */

static inline uint32_t
screen_pdq_window(uint32_t side)
{
    return side / 128 + (side % 128 != 0);
}


/* the pixel of a side of size that is taken for the i-th of 64 */

static inline uint32_t
screen_pdq_decimated(uint32_t i, uint32_t size)
{
    return (uint32_t) ((i + 0.5) * size / SCREEN_PDQ_BLOCK);
}


/* quality: the sum of the differences between neighbours */
unsigned screen_pdq_quality(screen_pdq_cpu_t cpu, screen_pdq_block_t block);

/* rows and columns 1 to 16 of the two-dimensional DCT-II */
void screen_pdq_transform(screen_pdq_cpu_t cpu, screen_pdq_t *pdq,
    screen_pdq_block_t block);

/* screen_pdq_value() by the code for a certain CPU */
void screen_pdq_value_by(screen_pdq_cpu_t cpu, const screen_pdq_t *pdq,
    screen_pdq_variant_t variant, u_char value[SCREEN_PDQ_LEN]);


#if (SCREEN_PDQ_AVX2)

/*
 * screen_pdq_avx2.c: the sum of the differences, not yet a quality; the
 * transform, given cosine (i + 1)(2 k + 1) in across[k][i]; the value that
 * 256 coefficients in the order of its bits, aligned or not, make.
 */

unsigned screen_pdq_quality_avx2(screen_pdq_block_t block);
void screen_pdq_transform_avx2(screen_pdq_t *pdq, screen_pdq_block_t block,
    screen_pdq_across_t across);
void screen_pdq_value_avx2(const float *b, u_char value[SCREEN_PDQ_LEN]);

#endif


#endif /* _SCREEN_PDQ_IMPL_H_INCLUDED_ */
