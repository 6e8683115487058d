
/*
 * How far a command with many files is, and what came of them.
 */


#ifndef _SCREEN_TALLY_H_INCLUDED_
#define _SCREEN_TALLY_H_INCLUDED_


#include "screen_policy.h"


typedef struct {
    size_t      verdicts[SCREEN_VERDICT_ERROR + 1];
    size_t      files;                /* with a verdict */
    size_t      errors;               /* without one */
    size_t      total;                /* how many there will be */
    uint64_t    bytes;
    uint64_t    started;              /* ms */
    uint64_t    shown;
    unsigned    terminal:1;
    unsigned    progress:1;           /* also where there is no terminal */
} screen_tally_t;


/* progress: 1 if it is to be shown in any case */
void screen_tally_start(screen_tally_t *tally, size_t total, int progress);

/* clears the line of the progress: something else is about to be printed */
void screen_tally_clear(screen_tally_t *tally);

/* tells on standard error how far it is, now and then */
void screen_tally_progress(screen_tally_t *tally);

/* the summary on standard output, lines of text or one of JSON */
void screen_tally_text(const screen_tally_t *tally);
void screen_tally_json(const screen_tally_t *tally);


#endif /* _SCREEN_TALLY_H_INCLUDED_ */
