
/*
 * Likenesses: what a bank knows that comes near to the pictures and the
 * frames of a part.  The search asks for every print of the part and gathers
 * what it finds by content: how near, in how many frames of the part, and in
 * how many of the known ones (the counts of vPDQ's matching, see the README
 * of the vPDQ reference implementation).
 */


#ifndef _SCREEN_LIKENESS_H_INCLUDED_
#define _SCREEN_LIKENESS_H_INCLUDED_


#include "screen_media.h"
#include "screen_tail.h"


/* different contents of one bank that a part may resemble; more are left
   out, which is a fault of the part */
#define SCREEN_LIKENESS_CONTENTS  256

/* known frames that are counted, of one content */
#define SCREEN_LIKENESS_KNOWN     20000


/* a frame, and how near the nearest counterpart is */

typedef struct {
    uint32_t               frame;       /* of the part: its index; of what is
                                           known: its time, ms */
    uint16_t               distance;
    uint16_t               quality;     /* of the part's print */
} screen_near_frame_t;


struct screen_near_hit_s {
    screen_str_t           content;     /* empty: not known */

    /* the nearest pair */

    unsigned               distance;
    unsigned               quality;     /* of the part's print */
    unsigned               variant;     /* screen_pdq_variant_t of it */
    uint16_t               view;        /* screen_view_t of it */
    uint16_t               known_view;
    uint32_t               time;        /* ms */
    uint32_t               known_time;

    screen_media_kind_t    kind;        /* of the part */
    unsigned               video:1;     /* what is known is one */

    screen_near_frame_t   *frames;      /* of the part that are met */
    size_t                 nframes;
    screen_near_frame_t   *known;       /* of the bank that are met */
    size_t                 nknown;
    uint32_t               known_total; /* frames the bank has of it; 0: not
                                           known */
    const uint32_t        *usable;      /* [q]: the part's frames of quality q
                                           or better, 0 to 100 */
};

/*
 * Frames of the part, and of what is known, that have a counterpart within a
 * distance, among those of a quality or better, in percent of all such.  100
 * at most; known of a content whose frames are not counted is 0.
 */
unsigned screen_likeness_query(const screen_near_hit_t *near, unsigned distance,
    unsigned quality);
unsigned screen_likeness_compared(const screen_near_hit_t *near,
    unsigned distance, unsigned quality);

/* the part's frames that have a counterpart */
unsigned screen_likeness_frames(const screen_near_hit_t *near,
    unsigned distance, unsigned quality);

/*
 * "~12;content=case-42;view=crop10;variant=mirror;time=3.200/7.480;..." into
 * to, cut to fit; what is not known, and what is as usual, is left out.  The
 * length, without the NUL.
 */
#define SCREEN_LIKENESS_TEXT  512

size_t screen_likeness_text(const screen_near_hit_t *near,
    char to[SCREEN_LIKENESS_TEXT]);


/* which likenesses a policy asks for, of one bank and one kind of media */

typedef struct {
    unsigned               signals;     /* mask of pdq and vpdq; 0: none */
    unsigned               distance;    /* the largest that a line allows */
    unsigned               quality;     /* the lowest that a line allows */
} screen_likeness_conf_t;


/* a search; the caller's memory, all fields private */

typedef struct {
    screen_part_t                *part;
    screen_likeness_conf_t        conf;
    screen_str_t                  bank;     /* its name */
    const screen_tail_t          *tail;
    const screen_bank_t          *file;
    const screen_alloc_t         *alloc;
    uint64_t                      now;

    size_t                        first;    /* of part->hits that is its own */
    size_t                        print;    /* in work */
    screen_signal_t               signal;   /* in work */
    unsigned                      busy:1;   /* near has begun */
    unsigned                      excess:1; /* contents were left out */
    unsigned                      found:1;  /* since found was asked for */
    uint32_t                     *usable;
    screen_tail_near_t            near;
} screen_likeness_t;

/*
 * Begins the search of a part's prints in a bank with its tail, both of which
 * stay open until the search has ended.  Part, conf and alloc outlive it.
 * SCREEN_OK or SCREEN_NOMEM.
 */
int screen_likeness_begin(screen_likeness_t *l, screen_part_t *part,
    const screen_likeness_conf_t *conf, const screen_str_t *bank,
    const screen_tail_t *tail, const screen_bank_t *file, uint64_t now,
    const screen_alloc_t *alloc);

/*
 * Goes on for budget units of screen_near_step().  Hits are added to the
 * part as they are found and come nearer afterwards, never less near; at the
 * end the nearest are first.  SCREEN_AGAIN when there is more to do,
 * SCREEN_OK at the end, SCREEN_NOMEM.
 */
int screen_likeness_step(screen_likeness_t *l, uint32_t budget);

/* 1 if hits were added or came nearer since the last call */
int screen_likeness_found(screen_likeness_t *l);

/* ends a search before its time: what was found stays */
void screen_likeness_end(screen_likeness_t *l);


#endif /* _SCREEN_LIKENESS_H_INCLUDED_ */
