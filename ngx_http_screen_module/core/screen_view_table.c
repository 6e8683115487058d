
#include "screen_view_impl.h"


#define PQ  (1u << SCREEN_VIEWS_PICTURE_QUERY)
#define PB  (1u << SCREEN_VIEWS_PICTURE_BANK)
#define FQ  (1u << SCREEN_VIEWS_FRAME_QUERY)
#define FB  (1u << SCREEN_VIEWS_FRAME_BANK)


/* a window that leaves out so many shares of a thousand at each side */

#define window(view, sets, name, left, top, right, bottom)                    \
    { view, sets, name, { left / 1000.0f, top / 1000.0f,                      \
                          1 - right / 1000.0f, 1 - bottom / 1000.0f } }


const screen_view_entry_t  screen_view_table[] = {
    window(16, PB|FB, "crop2", 10, 10, 10, 10),
    window(17, PB|FB|PQ, "crop5", 25, 25, 25, 25),
    window(18, PB|FB|PQ|FQ, "crop10", 50, 50, 50, 50),
    window(19, PB|FB, "crop15", 75, 75, 75, 75),
    window(20, PB|FB|PQ|FQ, "crop20", 100, 100, 100, 100),
};

const size_t  screen_view_table_len =
    sizeof(screen_view_table) / sizeof(screen_view_table[0]);
