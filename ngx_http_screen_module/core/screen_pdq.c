
#include <string.h>

#include "screen_pdq_impl.h"


static int screen_pdq_sampled(uint32_t width, uint32_t height,
    screen_pdq_mode_t mode);
static int screen_pdq_run(screen_pdq_cpu_t cpu, screen_pdq_t *pdq,
    const screen_pdq_picture_t *picture, screen_pdq_mode_t mode,
    float cells[][SCREEN_PDQ_CELLS], void *memory, size_t size);


static const char  *screen_pdq_variant_names[SCREEN_PDQ_VARIANTS] = {
    "original",
    "rot90",
    "rot180",
    "rot270",
    "flip",
    "mirror",
    "transpose",
    "antitranspose",
};


const char *
screen_pdq_variant_name(screen_pdq_variant_t variant)
{
    if ((unsigned) variant >= SCREEN_PDQ_VARIANTS) {
        return "unknown";
    }

    return screen_pdq_variant_names[variant];
}


static int
screen_pdq_sampled(uint32_t width, uint32_t height, screen_pdq_mode_t mode)
{
    return mode == SCREEN_PDQ_512
           && (width > SCREEN_PDQ_SAMPLED || height > SCREEN_PDQ_SAMPLED);
}


size_t
screen_pdq_memory(uint32_t width, uint32_t height, screen_pdq_mode_t mode)
{
    if (screen_pdq_sampled(width, height, mode)) {
        width = SCREEN_PDQ_SAMPLED;
        height = SCREEN_PDQ_SAMPLED;
    }

    return screen_pdq_blur_memory(width, height);
}


screen_pdq_cpu_t
screen_pdq_cpu(void)
{
#if (SCREEN_PDQ_AVX2)

    if (__builtin_cpu_supports("avx2")) {
        return SCREEN_PDQ_CPU_AVX2;
    }

#endif

    return SCREEN_PDQ_CPU_ANY;
}


int
screen_pdq_compute(screen_pdq_t *pdq, const screen_pdq_picture_t *picture,
    screen_pdq_mode_t mode, void *memory, size_t size)
{
    return screen_pdq_compute_by(screen_pdq_cpu(), pdq, picture, mode, memory,
                                 size);
}


int
screen_pdq_compute_by(screen_pdq_cpu_t cpu, screen_pdq_t *pdq,
    const screen_pdq_picture_t *picture, screen_pdq_mode_t mode,
    void *memory, size_t size)
{
    return screen_pdq_run(cpu, pdq, picture, mode, NULL, memory, size);
}


int
screen_pdq_compute_cells(screen_pdq_cpu_t cpu, screen_pdq_t *pdq,
    const screen_pdq_picture_t *picture, float cells[][SCREEN_PDQ_CELLS],
    void *memory, size_t size)
{
    return screen_pdq_run(cpu, pdq, picture, SCREEN_PDQ_FULL, cells, memory,
                          size);
}


static int
screen_pdq_run(screen_pdq_cpu_t cpu, screen_pdq_t *pdq,
    const screen_pdq_picture_t *picture, screen_pdq_mode_t mode,
    float cells[][SCREEN_PDQ_CELLS], void *memory, size_t size)
{
    int                 sampled;
    screen_pdq_block_t  block;

    memset(pdq, 0, sizeof(screen_pdq_t));

    if (picture->pixels == NULL || picture->width == 0
        || picture->height == 0
        || (picture->channels != 1 && picture->channels != 3
            && picture->channels != 4)
        || picture->stride / picture->channels < picture->width)
    {
        return SCREEN_MALFORMED;
    }

    if (picture->width > SCREEN_PDQ_SIDE_MAX
        || picture->height > SCREEN_PDQ_SIDE_MAX)
    {
        return SCREEN_LIMIT;
    }

    if (size < screen_pdq_memory(picture->width, picture->height, mode)) {
        return SCREEN_LIMIT;
    }

    sampled = screen_pdq_sampled(picture->width, picture->height, mode);

    if (!sampled && (picture->width < SCREEN_PDQ_SIDE_MIN
                     || picture->height < SCREEN_PDQ_SIDE_MIN))
    {
        return SCREEN_OK;
    }

    screen_pdq_blur(cpu, block, picture, sampled, cells, memory);

    pdq->quality = screen_pdq_quality(cpu, block);

    screen_pdq_transform(cpu, pdq, block);

    return SCREEN_OK;
}
