
#include "screen_view_impl.h"


#define PQ  (1u << SCREEN_VIEWS_PICTURE_QUERY)
#define PB  (1u << SCREEN_VIEWS_PICTURE_BANK)
#define FQ  (1u << SCREEN_VIEWS_FRAME_QUERY)
#define FB  (1u << SCREEN_VIEWS_FRAME_BANK)


/* a window that leaves out so many shares of a thousand at each side */

#define window(view, sets, name, left, top, right, bottom)                    \
    { view, sets, name, SCREEN_VIEW_WINDOW, 0,                                \
      { left / 1000.0f, top / 1000.0f,                                        \
        1 - right / 1000.0f, 1 - bottom / 1000.0f } }

#define turned(view, sets, name, degrees)                                     \
    { view, sets, name, SCREEN_VIEW_TURNED, degrees, { 0, 0, 1, 1 } }

#define levelled(view, sets, name, degrees)                                   \
    { view, sets, name, SCREEN_VIEW_LEVELLED, degrees, { 0, 0, 1, 1 } }


const screen_view_entry_t  screen_view_table[] = {
    window(16, PB|FB, "crop2", 10, 10, 10, 10),
    window(17, PB, "crop3", 15, 15, 15, 15),
    window(18, PB|FB|PQ, "crop5", 25, 25, 25, 25),
    window(19, PB|FB, "crop7", 35, 35, 35, 35),
    window(20, PB|FB|PQ|FQ, "crop10", 50, 50, 50, 50),
    window(21, PB, "crop12", 60, 60, 60, 60),
    window(22, PB|FB, "crop15", 75, 75, 75, 75),
    window(23, PB, "crop17", 85, 85, 85, 85),
    window(24, PB|FB|PQ|FQ, "crop20", 100, 100, 100, 100),
    window(25, PB, "crop25", 125, 125, 125, 125),
    window(26, PB, "crop30", 150, 150, 150, 150),
    window(27, PB, "crop5-nw", 0, 0, 50, 50),
    window(28, PB, "crop5-n", 25, 0, 25, 50),
    window(29, PB, "crop5-ne", 50, 0, 0, 50),
    window(30, PB, "crop5-w", 0, 25, 50, 25),
    window(31, PB, "crop5-e", 50, 25, 0, 25),
    window(32, PB, "crop5-sw", 0, 50, 50, 0),
    window(33, PB, "crop5-s", 25, 50, 25, 0),
    window(34, PB, "crop5-se", 50, 50, 0, 0),
    window(35, PB, "crop10-nw", 0, 0, 100, 100),
    window(36, PB, "crop10-n", 50, 0, 50, 100),
    window(37, PB, "crop10-ne", 100, 0, 0, 100),
    window(38, PB, "crop10-w", 0, 50, 100, 50),
    window(39, PB, "crop10-e", 100, 50, 0, 50),
    window(40, PB, "crop10-sw", 0, 100, 100, 0),
    window(41, PB, "crop10-s", 50, 100, 50, 0),
    window(42, PB, "crop10-se", 100, 100, 0, 0),
    window(43, PB, "crop15-nw", 0, 0, 150, 150),
    window(44, PB, "crop15-n", 75, 0, 75, 150),
    window(45, PB, "crop15-ne", 150, 0, 0, 150),
    window(46, PB, "crop15-w", 0, 75, 150, 75),
    window(47, PB, "crop15-e", 150, 75, 0, 75),
    window(48, PB, "crop15-sw", 0, 150, 150, 0),
    window(49, PB, "crop15-s", 75, 150, 75, 0),
    window(50, PB, "crop15-se", 150, 150, 0, 0),
    window(51, PB|FB, "crop20-nw", 0, 0, 200, 200),
    window(52, PB, "crop20-n", 100, 0, 100, 200),
    window(53, PB|FB, "crop20-ne", 200, 0, 0, 200),
    window(54, PB, "crop20-w", 0, 100, 200, 100),
    window(55, PB, "crop20-e", 200, 100, 0, 100),
    window(56, PB|FB, "crop20-sw", 0, 200, 200, 0),
    window(57, PB, "crop20-s", 100, 200, 100, 0),
    window(58, PB|FB, "crop20-se", 200, 200, 0, 0),
    window(59, PB, "trim3-top", 0, 30, 0, 0),
    window(60, PB, "trim3-bottom", 0, 0, 0, 30),
    window(61, PB, "trim3-left", 30, 0, 0, 0),
    window(62, PB, "trim3-right", 0, 0, 30, 0),
    window(63, PB, "trim6-top", 0, 60, 0, 0),
    window(64, PB, "trim6-bottom", 0, 0, 0, 60),
    window(65, PB, "trim6-left", 60, 0, 0, 0),
    window(66, PB, "trim6-right", 0, 0, 60, 0),
    window(67, PB, "trim10-top", 0, 100, 0, 0),
    window(68, PB, "trim10-bottom", 0, 0, 0, 100),
    window(69, PB, "trim10-left", 100, 0, 0, 0),
    window(70, PB, "trim10-right", 0, 0, 100, 0),
    window(71, PB, "trim15-top", 0, 150, 0, 0),
    window(72, PB, "trim15-bottom", 0, 0, 0, 150),
    window(73, PB, "trim15-left", 150, 0, 0, 0),
    window(74, PB, "trim15-right", 0, 0, 150, 0),
    window(75, PB, "trim20-top", 0, 200, 0, 0),
    window(76, PB, "trim20-bottom", 0, 0, 0, 200),
    window(77, PB, "trim20-left", 200, 0, 0, 0),
    window(78, PB, "trim20-right", 0, 0, 200, 0),
    window(79, PB, "trim25-top", 0, 250, 0, 0),
    window(80, PB, "trim25-bottom", 0, 0, 0, 250),
    window(81, PB, "trim25-left", 250, 0, 0, 0),
    window(82, PB, "trim25-right", 0, 0, 250, 0),
    window(83, PB, "sides5", 25, 0, 25, 0),
    window(84, PB, "ends5", 0, 25, 0, 25),
    window(85, PB, "sides10", 50, 0, 50, 0),
    window(86, PB, "ends10", 0, 50, 0, 50),
    window(87, PB, "sides15", 75, 0, 75, 0),
    window(88, PB, "ends15", 0, 75, 0, 75),
    window(89, PB, "sides20", 100, 0, 100, 0),
    window(90, PB, "ends20", 0, 100, 0, 100),
    window(91, PB, "sides25", 125, 0, 125, 0),
    window(92, PB, "ends25", 0, 125, 0, 125),
    window(93, PB, "sides33", 165, 0, 165, 0),
    window(94, PB, "ends33", 0, 165, 0, 165),
    window(95, PB, "sides44", 220, 0, 220, 0),
    window(96, PB, "ends44", 0, 220, 0, 220),
    window(97, PB|PQ|FB, "two-thirds-left", 0, 0, 333, 0),
    window(98, PB|PQ|FB, "two-thirds-right", 333, 0, 0, 0),
    window(99, PB|PQ|FB, "two-thirds-top", 0, 0, 0, 333),
    window(100, PB|PQ|FB, "two-thirds-bottom", 0, 333, 0, 0),
    window(101, PB|PQ, "third-left", 0, 0, 667, 0),
    window(102, PB|PQ, "third-right", 667, 0, 0, 0),
    window(103, PB|PQ, "third-top", 0, 0, 0, 667),
    window(104, PB|PQ, "third-bottom", 0, 667, 0, 0),
    window(105, PB|PQ, "half-nw", 0, 0, 500, 500),
    window(106, PB|PQ, "half-ne", 500, 0, 0, 500),
    window(107, PB|PQ, "half-sw", 0, 500, 500, 0),
    window(108, PB|PQ, "half-se", 500, 500, 0, 0),
    window(109, PB|PQ, "two-thirds-nw", 0, 0, 333, 333),
    window(110, PB|PQ, "two-thirds-ne", 333, 0, 0, 333),
    window(111, PB|PQ, "two-thirds-sw", 0, 333, 333, 0),
    window(112, PB|PQ, "two-thirds-se", 333, 333, 0, 0),
    turned(256, PB, "rotate+1", 1),
    turned(257, PB, "rotate-1", -1),
    turned(258, PB, "rotate+2", 2),
    turned(259, PB, "rotate-2", -2),
    turned(260, PB, "rotate+3", 3),
    turned(261, PB, "rotate-3", -3),
    turned(262, PB, "rotate+4", 4),
    turned(263, PB, "rotate-4", -4),
    turned(264, PB, "rotate+5", 5),
    turned(265, PB, "rotate-5", -5),
    levelled(288, PQ, "level+1", 1),
    levelled(289, PQ, "level-1", -1),
    levelled(290, PQ, "level+2", 2),
    levelled(291, PQ, "level-2", -2),
    levelled(292, PQ, "level+3", 3),
    levelled(293, PQ, "level-3", -3),
    levelled(294, PQ, "level+4", 4),
    levelled(295, PQ, "level-4", -4),
    levelled(296, PQ, "level+5", 5),
    levelled(297, PQ, "level-5", -5),
};

const size_t  screen_view_table_len =
    sizeof(screen_view_table) / sizeof(screen_view_table[0]);
