
/*
 * Vectors of eight floats, and eight of them transposed, for code that is
 * built for any CPU and for AVX2.
 */


#ifndef _SCREEN_PDQ_TURN_H_INCLUDED_
#define _SCREEN_PDQ_TURN_H_INCLUDED_


#include <stddef.h>


#define SCREEN_PDQ_LANES   8

#define screen_pdq_inline  static inline __attribute__((always_inline))


typedef float screen_pdq_lanes_t
    __attribute__((vector_size(SCREEN_PDQ_LANES * sizeof(float))));


/*
 * Eight rows of eight, stride floats apart, become the columns of to.  They
 * are named one by one: what is in an array stays in memory.
 */

#define screen_pdq_shuffle  __builtin_shufflevector

#define screen_pdq_pairs(low, high, first, second)                            \
    (low) = screen_pdq_shuffle(first, second, 0, 8, 1, 9, 4, 12, 5, 13);      \
    (high) = screen_pdq_shuffle(first, second, 2, 10, 3, 11, 6, 14, 7, 15)

#define screen_pdq_fours(low, high, first, second)                            \
    (low) = screen_pdq_shuffle(first, second, 0, 1, 8, 9, 4, 5, 12, 13);      \
    (high) = screen_pdq_shuffle(first, second, 2, 3, 10, 11, 6, 7, 14, 15)

#define screen_pdq_halves(i, first, second)                                   \
    *(screen_pdq_lanes_t *) (to + (i) * to_stride) =                          \
        screen_pdq_shuffle(first, second, 0, 1, 2, 3, 8, 9, 10, 11);          \
    *(screen_pdq_lanes_t *) (to + ((i) + 4) * to_stride) =                    \
        screen_pdq_shuffle(first, second, 4, 5, 6, 7, 12, 13, 14, 15)

screen_pdq_inline void
screen_pdq_turn(float *to, size_t to_stride, const float *from,
    size_t stride)
{
    screen_pdq_lanes_t   a0, a1, a2, a3, a4, a5, a6, a7;
    screen_pdq_lanes_t   b0, b1, b2, b3, b4, b5, b6, b7;

#define screen_pdq_row(i)                                                     \
    (*(const screen_pdq_lanes_t *) (from + (i) * stride))

    screen_pdq_pairs(a0, a1, screen_pdq_row(0), screen_pdq_row(1));
    screen_pdq_pairs(a2, a3, screen_pdq_row(2), screen_pdq_row(3));
    screen_pdq_pairs(a4, a5, screen_pdq_row(4), screen_pdq_row(5));
    screen_pdq_pairs(a6, a7, screen_pdq_row(6), screen_pdq_row(7));

    screen_pdq_fours(b0, b1, a0, a2);
    screen_pdq_fours(b2, b3, a1, a3);
    screen_pdq_fours(b4, b5, a4, a6);
    screen_pdq_fours(b6, b7, a5, a7);

    screen_pdq_halves(0, b0, b4);
    screen_pdq_halves(1, b1, b5);
    screen_pdq_halves(2, b2, b6);
    screen_pdq_halves(3, b3, b7);
}


#endif /* _SCREEN_PDQ_TURN_H_INCLUDED_ */
