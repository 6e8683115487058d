
/*
 * Likenesses: what a search gathers of pictures and videos, and what a policy
 * makes of it.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "screen_policy.h"


#define NOW   1700000000
#define MAX   64                        /* frames and prints of a part */


typedef struct {
    screen_arena_t          arena;
    screen_alloc_t          alloc;
    screen_bank_builder_t  *builder;
    screen_bank_t           banks[2];           /* "a" and "b" */
    screen_tail_t           tail;
    screen_policy_t        *policy;

    screen_upload_t         upload;
    screen_part_t           part;
    screen_media_t          media;
    uint32_t                times[MAX];
    screen_print_t          prints[MAX];
    screen_decision_t       decision;
} likeness_t;


static int
likeness_setup(void **state)
{
    likeness_t  *t;

    t = calloc(1, sizeof(likeness_t));
    assert_non_null(t);

    t->alloc.alloc = screen_arena_alloc;
    t->alloc.owner = &t->arena;
    t->tail.fd = -1;

    t->upload.parts = &t->part;
    t->upload.nparts = 1;
    t->upload.method = screen_str_of("POST");

    t->part.size = 1000;
    t->part.scanned = 1;
    t->part.media = &t->media;
    t->part.type = screen_str_of("video/mp4");
    t->media.times = t->times;
    t->media.prints = t->prints;

    *state = t;

    return 0;
}


static int
likeness_teardown(void **state)
{
    likeness_t  *t = *state;

    screen_bank_close(&t->banks[0]);
    screen_bank_close(&t->banks[1]);
    screen_policy_destroy(t->policy);
    screen_arena_destroy(&t->arena);
    free(t);

    return 0;
}


/* a hash by number, far from those of other numbers; bits of it flipped */

static void
hash(u_char *value, unsigned n, unsigned flipped)
{
    unsigned  i;
    uint64_t  x;

    x = 0x9e3779b97f4a7c15ull * (n + 1);

    for (i = 0; i < 32; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        value[i] = (u_char) (x >> 24);
    }

    for (i = 0; i < flipped; i++) {
        value[i / 8] ^= 1 << i % 8;
    }
}


static void
add(likeness_t *t, screen_signal_t signal, unsigned n, unsigned flipped,
    const char *content, uint32_t ms)
{
    screen_entry_t  entry;

    if (t->builder == NULL) {
        t->builder = screen_bank_builder_create();
        assert_non_null(t->builder);
    }

    memset(&entry, 0, sizeof(screen_entry_t));

    entry.signal = signal;
    entry.label = screen_str_of("l");
    entry.content = screen_str_of(content);
    entry.time = ms;
    hash(entry.value, n, flipped);

    assert_int_equal(screen_bank_builder_add(t->builder, &entry), SCREEN_OK);
}


static void
build(likeness_t *t, int which)
{
    int                   fd;
    char                  path[] = "/tmp/screen-likeness-XXXXXX";
    screen_error_t        err;
    screen_bank_origin_t  origin;

    memset(&origin, 0, sizeof(origin));

    if (t->builder == NULL) {
        t->builder = screen_bank_builder_create();
    }

    fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    unlink(path);

    assert_int_equal(screen_bank_write_fd(t->builder, fd, path, &origin, &err),
                     SCREEN_OK);
    assert_int_equal(screen_bank_open_fd(&t->banks[which], fd, path, &err),
                     SCREEN_OK);

    close(fd);
    screen_bank_builder_destroy(t->builder);
    t->builder = NULL;
}


/* another frame of the part, n seconds after the last one */

static void
frame(likeness_t *t, unsigned n, unsigned flipped, unsigned quality)
{
    screen_print_t  *print;

    print = &t->prints[t->media.nprints++];

    print->frame = (uint32_t) t->media.nframes;
    print->quality = (uint8_t) quality;
    hash(print->value, n, flipped);

    t->times[t->media.nframes] = (uint32_t) t->media.nframes * 1000;
    t->media.nframes++;

    t->media.kind = t->media.nframes > 1 ? SCREEN_MEDIA_VIDEO
                                         : SCREEN_MEDIA_PICTURE;
}


static void
policy(likeness_t *t, const char *first, const char *second)
{
    char            *text, *word, *rest;
    size_t           i, n;
    const char      *lines[] = { first, second };
    screen_str_t     words[16], name;
    screen_error_t   err;
    screen_place_t   place;

    memset(&place, 0, sizeof(place));
    name = screen_str_of("p");

    t->policy = screen_policy_create(&t->alloc, &name, &place);
    assert_non_null(t->policy);

    for (i = 0; i < 2 && lines[i] != NULL; i++) {
        text = strdup(lines[i]);
        n = 0;

        for (word = strtok_r(text, " ", &rest); word != NULL;
             word = strtok_r(NULL, " ", &rest))
        {
            words[n++] = screen_str_of(word);
        }

        place.line = (unsigned) i + 1;

        assert_int_equal(screen_policy_directive(t->policy, words, n, &place,
                                                 &err), SCREEN_OK);
        free(text);
    }

    assert_int_equal(screen_policy_finish(t->policy, &err), SCREEN_OK);
}


/* searches the policy's banks, "a" and "b"; the rounds that decided early */

static unsigned
decide(likeness_t *t)
{
    int                      rc;
    size_t                   i;
    screen_likeness_t        l;
    screen_likeness_conf_t   conf;

    rc = screen_policy_decide(t->policy, &t->upload, SCREEN_KNOWN_SCAN,
                              &t->alloc, &t->decision);

    for (i = 0; rc == SCREEN_AGAIN && i < t->policy->nbanks; i++) {

        screen_policy_near(t->policy, i, t->media.kind, &conf);

        assert_int_equal(screen_likeness_begin(&l, &t->part, &conf,
                             &t->policy->banks[i], &t->tail,
                             &t->banks[t->policy->banks[i].data[0] - 'a'],
                             NOW, &t->alloc),
                         SCREEN_OK);

        /* the smallest of budgets, so that it stops wherever it can */

        do {
            rc = screen_likeness_step(&l, 1);
        } while (rc == SCREEN_AGAIN);

        assert_int_equal(rc, SCREEN_OK);

        t->part.near_banks |= 1ull << i;

        rc = screen_policy_decide(t->policy, &t->upload, SCREEN_KNOWN_SCAN,
                                  &t->alloc, &t->decision);
    }

    assert_int_equal(rc, SCREEN_OK);

    return (unsigned) i;
}


static void
assert_reason(likeness_t *t, screen_verdict_t verdict, const char *reason)
{
    char  text[SCREEN_LIKENESS_TEXT + 100];

    snprintf(text, sizeof(text), "%.*s", (int) t->decision.reason.len,
             t->decision.reason.len ? (char *) t->decision.reason.data : "");

    assert_string_equal(text, reason);
    assert_int_equal(t->decision.verdict, verdict);
}


static void
a_picture_is_met_within_the_distance_and_no_further(void **state)
{
    likeness_t  *t = *state;

    add(t, SCREEN_SIGNAL_PDQ, 1, 0, "case-1", 0);
    build(t, 0);
    frame(t, 1, 20, 90);

    policy(t, "match bank=a signal=pdq distance<=20 reject", NULL);
    decide(t);
    assert_reason(t, SCREEN_VERDICT_REJECT, "bank:a:l~20;content=case-1");

    screen_policy_destroy(t->policy);
    t->part.nhits = 0;
    t->part.near_banks = 0;

    policy(t, "match bank=a signal=pdq distance<=19 reject", NULL);
    decide(t);
    assert_reason(t, SCREEN_VERDICT_PASS, "");
}


static void
a_print_of_low_quality_meets_nothing(void **state)
{
    likeness_t  *t = *state;

    add(t, SCREEN_SIGNAL_PDQ, 1, 0, "", 0);
    build(t, 0);
    frame(t, 1, 0, 49);

    policy(t, "match bank=a signal=pdq reject", NULL);
    decide(t);
    assert_reason(t, SCREEN_VERDICT_PASS, "");
}


static void
a_line_without_a_signal_is_about_digests_alone(void **state)
{
    likeness_t  *t = *state;

    add(t, SCREEN_SIGNAL_PDQ, 1, 0, "", 0);
    build(t, 0);
    frame(t, 1, 0, 90);

    policy(t, "match bank=a reject", "match bank=a signal=pdq flag");
    decide(t);
    assert_reason(t, SCREEN_VERDICT_FLAG, "bank:a:l~0");
}


static void
a_video_is_met_by_the_share_of_its_frames(void **state)
{
    unsigned     i;
    likeness_t  *t = *state;

    for (i = 0; i < 10; i++) {
        add(t, SCREEN_SIGNAL_VPDQ, i, 0, "clip", i * 500);
    }

    build(t, 0);

    for (i = 0; i < 8; i++) {
        frame(t, i, 10, 90);
    }

    frame(t, 100, 0, 90);
    frame(t, 101, 0, 90);
    frame(t, 102, 0, 10);               /* does not count */

    policy(t, "match bank=a signal=vpdq query>=81 reject",
           "match bank=a signal=vpdq query>=80 compared>=80 frames>=8 flag");
    decide(t);

    assert_int_equal(t->decision.nmatched, 1);
    assert_reason(t, SCREEN_VERDICT_FLAG,
                  "bank:a:l~10;content=clip;time=0.000;known_time=0.000"
                  ";frames=8");
}


static void
videos_and_pictures_meet_where_that_is_asked_for(void **state)
{
    likeness_t  *t = *state;

    add(t, SCREEN_SIGNAL_VPDQ, 7, 0, "clip", 2500);
    build(t, 0);
    frame(t, 7, 4, 90);

    policy(t, "match bank=a signal=pdq reject",
           "match bank=a signal=pdq cross=on flag");
    decide(t);
    assert_reason(t, SCREEN_VERDICT_FLAG,
                  "bank:a:l~4;content=clip;known_time=2.500");
}


static void
an_allowed_likeness_excuses_what_is_not_nearer(void **state)
{
    likeness_t  *t = *state;

    add(t, SCREEN_SIGNAL_PDQ, 1, 0, "bad", 0);
    build(t, 0);
    add(t, SCREEN_SIGNAL_PDQ, 1, 8, "good", 0);
    build(t, 1);

    frame(t, 1, 5, 90);                 /* 5 from bad, 3 from good */

    policy(t, "match bank=a signal=pdq reject",
           "match bank=b signal=pdq allow");
    assert_int_equal(decide(t), 2);
    assert_reason(t, SCREEN_VERDICT_ALLOW, "bank:b:l~3;content=good");
}


static void
an_allowed_likeness_does_not_excuse_what_is_nearer(void **state)
{
    likeness_t  *t = *state;

    add(t, SCREEN_SIGNAL_PDQ, 1, 0, "bad", 0);
    build(t, 0);
    add(t, SCREEN_SIGNAL_PDQ, 1, 8, "good", 0);
    build(t, 1);

    frame(t, 1, 3, 90);

    policy(t, "match bank=a signal=pdq reject",
           "match bank=b signal=pdq allow");
    decide(t);
    assert_reason(t, SCREEN_VERDICT_REJECT, "bank:a:l~3;content=bad");
}


static void
an_allowed_likeness_excuses_neither_faults_nor_other_findings(void **state)
{
    likeness_t  *t = *state;

    add(t, SCREEN_SIGNAL_PDQ, 1, 0, "good", 0);
    build(t, 1);
    frame(t, 1, 0, 90);

    policy(t, "match bank=b signal=pdq allow", "match size>=1 flag");
    decide(t);
    assert_reason(t, SCREEN_VERDICT_FLAG, "size");

    screen_policy_destroy(t->policy);
    t->part.nhits = 0;
    t->part.near_banks = 0;
    screen_part_fault(&t->part, SCREEN_FAULT_INCOMPLETE, "media: truncated");

    policy(t, "match bank=b signal=pdq allow", "on_error incomplete=reject");
    decide(t);
    assert_reason(t, SCREEN_VERDICT_ERROR, "incomplete:media: truncated");
}


static void
what_cannot_change_is_not_searched_for(void **state)
{
    likeness_t  *t = *state;

    add(t, SCREEN_SIGNAL_PDQ, 1, 0, "bad", 0);
    build(t, 0);
    build(t, 1);
    frame(t, 1, 0, 90);

    policy(t, "match bank=a signal=pdq reject",
           "match bank=b signal=pdq flag");
    assert_int_equal(decide(t), 1);
    assert_reason(t, SCREEN_VERDICT_REJECT, "bank:a:l~0;content=bad");
}


static void
a_picture_resembles_each_content_once_the_nearest_first(void **state)
{
    likeness_t  *t = *state;

    add(t, SCREEN_SIGNAL_PDQ, 1, 12, "far", 0);
    add(t, SCREEN_SIGNAL_PDQ, 1, 14, "far", 0);
    add(t, SCREEN_SIGNAL_PDQ, 1, 2, "near", 0);
    build(t, 0);
    frame(t, 1, 0, 90);

    policy(t, "match bank=a signal=pdq flag", NULL);
    decide(t);

    assert_int_equal(t->part.nhits, 2);
    assert_int_equal(t->part.hits[0].near->distance, 2);
    assert_int_equal(t->part.hits[1].near->distance, 12);
    assert_reason(t, SCREEN_VERDICT_FLAG, "bank:a:l~2;content=near");
}


#define test(name)                                                            \
    cmocka_unit_test_setup_teardown(name, likeness_setup, likeness_teardown)


int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_picture_is_met_within_the_distance_and_no_further),
        test(a_print_of_low_quality_meets_nothing),
        test(a_line_without_a_signal_is_about_digests_alone),
        test(a_video_is_met_by_the_share_of_its_frames),
        test(videos_and_pictures_meet_where_that_is_asked_for),
        test(an_allowed_likeness_excuses_what_is_not_nearer),
        test(an_allowed_likeness_does_not_excuse_what_is_nearer),
        test(an_allowed_likeness_excuses_neither_faults_nor_other_findings),
        test(what_cannot_change_is_not_searched_for),
        test(a_picture_resembles_each_content_once_the_nearest_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
