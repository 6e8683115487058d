
/*
 * Hash lists as NCMEC's hash sharing service answers them, in XML (version 2
 * of its interface): images and videos with the fingerprints that members
 * sent, and those that they took back.
 */


#ifndef _SCREEN_NCMEC_H_INCLUDED_
#define _SCREEN_NCMEC_H_INCLUDED_


#include "../bank/screen_bank_file.h"


/* 1 if what a file begins with is XML */
int screen_ncmec_begins(const u_char *data, size_t len);

/*
 * Adds a list to a builder, as screen_bank_file_load() does.  Entries are
 * known by member and id: of several, which come in no order, the one with
 * the latest time counts.  Label: the classification, and "member/id"; source:
 * "NCMEC"; of pdq the content is "member/id", too.  md5, sha1, sha256 and pdq
 * are taken.  What is taken back goes to reading->withdrawn as far as the list
 * has its fingerprints.
 */
int screen_ncmec_load(screen_bank_builder_t *b, const char *path,
    screen_bank_reading_t *reading, screen_error_t *err);


#endif /* _SCREEN_NCMEC_H_INCLUDED_ */
