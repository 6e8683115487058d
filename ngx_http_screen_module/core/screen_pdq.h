
/*
 * PDQ, the perceptual hash of pictures: 256 bits that stay nearly the same
 * when a picture is re-encoded or resized, and a quality that says how much
 * there is in the picture to tell it by.
 *
 * Formulas: "PDQ & TMK + PDQF" (Facebook, 2019), the section on the PDQ
 * algorithm, and its reference implementation: luma, two passes of a Jarosz
 * (box) filter, decimation to 64 x 64, a DCT of 16 x 16 and its median.
 * Equal bit by bit to the reference: 32-bit floats, added in its order.
 */


#ifndef _SCREEN_PDQ_H_INCLUDED_
#define _SCREEN_PDQ_H_INCLUDED_


#include "screen_core.h"


#define SCREEN_PDQ_SIDE      16
#define SCREEN_PDQ_LEN       32         /* bytes a hash has */
#define SCREEN_PDQ_SIDE_MAX  (1 << 24)  /* pixels, of a picture */


/* 8 bits a channel, top row first */

typedef struct {
    const u_char      *pixels;
    size_t             stride;          /* bytes from a row to the next */
    uint32_t           width;
    uint32_t           height;
    unsigned           channels;        /* 1: grey; 3: red, green, blue;
                                           4: the same and one ignored */
} screen_pdq_picture_t;


/*
 * The two ways in which hashes are exchanged; on photographs they differ by
 * 6 bits (median) and by 28 at most.
 */

typedef enum {
    SCREEN_PDQ_FULL = 0,                /* vPDQ, pdqhash-python, Java */
    SCREEN_PDQ_512                      /* the C++ tools and WASM: a picture
                                           with a side of more than 512 is
                                           point-sampled to 512 x 512 */
} screen_pdq_mode_t;


/*
 * The picture turned by so many degrees counterclockwise or flipped, in the
 * order of the paper's section on dihedral-transform hashes.
 */

typedef enum {
    SCREEN_PDQ_ORIGINAL = 0,
    SCREEN_PDQ_ROT90,
    SCREEN_PDQ_ROT180,
    SCREEN_PDQ_ROT270,
    SCREEN_PDQ_FLIP,                    /* top and bottom change places */
    SCREEN_PDQ_MIRROR,                  /* left and right do */
    SCREEN_PDQ_TRANSPOSE,
    SCREEN_PDQ_ANTITRANSPOSE,
    SCREEN_PDQ_VARIANTS
} screen_pdq_variant_t;

/* "original", "rot90", "rot180", "rot270", "flip", "mirror", ... */
const char *screen_pdq_variant_name(screen_pdq_variant_t variant);


/* what is known of one picture: all eight hashes come out of it */

typedef struct {
    float              dct[SCREEN_PDQ_SIDE][SCREEN_PDQ_SIDE];
    unsigned           quality;         /* 0 to 100; below 50: not to be
                                           matched */
} screen_pdq_t;

/*
 * Bytes of memory that a picture of this size needs to be hashed: some 50
 * rows of floats of a picture of 12 megapixels, no copy of it.
 */
size_t screen_pdq_memory(uint32_t width, uint32_t height,
    screen_pdq_mode_t mode);

/*
 * SCREEN_OK; SCREEN_MALFORMED for a picture without pixels, of another count
 * of channels or with a stride shorter than a row; SCREEN_LIMIT when memory
 * is smaller than screen_pdq_memory() says or a side is longer than
 * SCREEN_PDQ_SIDE_MAX.  A side of less than 5 gives quality 0 and hashes of
 * zeros, as in the reference.  memory has no alignment to keep and may be
 * used again for the next picture.
 */
int screen_pdq_compute(screen_pdq_t *pdq, const screen_pdq_picture_t *picture,
    screen_pdq_mode_t mode, void *memory, size_t size);

/*
 * The hash of one variant, the most significant byte first, as its
 * hexadecimal form is written: bit 16 i + j, with the weight 2^(16 i + j),
 * tells whether coefficient i, j is above the lower median of all.
 */
void screen_pdq_value(const screen_pdq_t *pdq, screen_pdq_variant_t variant,
    u_char value[SCREEN_PDQ_LEN]);


#endif /* _SCREEN_PDQ_H_INCLUDED_ */
