
/*
 * The facts of one upload: what was declared, what arrived, what the banks
 * know of it and what a scanner found in it.  The edge and ngx-screen fill
 * it, stage by stage; the policy reads it.
 *
 * Strings and arrays belong to whoever filled them in (an nginx pool, an
 * arena) and live as long as the upload.
 */


#ifndef _SCREEN_UPLOAD_H_INCLUDED_
#define _SCREEN_UPLOAD_H_INCLUDED_


#include "screen_core.h"


/* kinds of fingerprints; also bits of a mask, 1 << signal */

typedef enum {
    SCREEN_SIGNAL_SHA256 = 0,
    SCREEN_SIGNAL_SHA1,
    SCREEN_SIGNAL_MD5,
    SCREEN_SIGNAL_PDQ,             /* of a picture */
    SCREEN_SIGNAL_VPDQ,            /* the PDQ of a video's frame */
    SCREEN_SIGNALS
} screen_signal_t;

/* 32, 20, 16, 32, 32 bytes */
size_t screen_signal_size(screen_signal_t signal);
const char *screen_signal_name(screen_signal_t signal);

/* SCREEN_OK, or SCREEN_NOT_FOUND for a name that is none of the above */
int screen_signal_parse(const screen_str_t *name, screen_signal_t *signal);


/* what went wrong with an upload or a part of it; also bits of a mask */

typedef enum {
    SCREEN_FAULT_FRAMING = 0,      /* two parsers could read it in two ways */
    SCREEN_FAULT_TIMEOUT,          /* the scan met its deadline */
    SCREEN_FAULT_CRASH,            /* the scanner ended without a report */
    SCREEN_FAULT_OVERLOAD,         /* no room in the queue, or no resources */
    SCREEN_FAULT_INCOMPLETE,       /* not all of it could be looked at */
    SCREEN_FAULT_STALE,            /* a bank is older than it may be */
    SCREEN_FAULTS
} screen_fault_t;

/* "framing", "timeout", "crash", "overload", "incomplete", "stale" */
const char *screen_fault_name(screen_fault_t fault);


/* how near something known comes to a part; see screen_likeness.h */

typedef struct screen_near_hit_s  screen_near_hit_t;

/* what a decoder told of a part; see screen_media.h */

typedef struct screen_media_s  screen_media_t;


/* an entry of a bank that has the part's fingerprint */

typedef struct {
    screen_str_t      bank;        /* the name in screen_bank */
    screen_signal_t   signal;
    screen_str_t      label;
    screen_str_t      source;
    uint32_t          severity;    /* 0 when the entry has none */
    screen_near_hit_t *near;       /* of pdq and vpdq; NULL: it is the same */
} screen_hit_t;


typedef enum {
    SCREEN_META_INTEGER = 0,
    SCREEN_META_STRING,
    SCREEN_META_BOOLEAN
} screen_meta_type_t;

typedef struct {
    screen_str_t         key;
    screen_meta_type_t   type;
    int64_t              integer;  /* of a boolean too: 0 or 1 */
    screen_str_t         string;
} screen_meta_t;

typedef struct {
    screen_str_t     space;        /* the namespace: the rule file's path
                                      below the directory named in
                                      yara_rules */
    screen_str_t     rule;
    screen_str_t    *tags;
    size_t           ntags;
    screen_meta_t   *metas;
    size_t           nmetas;
} screen_yara_match_t;


/* content type mismatches, bits: what the content disagrees with */

#define SCREEN_MISMATCH_HEADER     0x01
#define SCREEN_MISMATCH_EXTENSION  0x02


typedef struct {
    screen_str_t          name;          /* of the form field; empty: raw */
    screen_str_t          filename;
    screen_str_t          alias;         /* another name of the same content:
                                            of a PUT whose header names it,
                                            the URI's; mostly empty */
    screen_str_t          declared;      /* Content-Type as sent, trimmed */
    unsigned              has_filename:1;
    unsigned              whole:1;       /* the raw body of a form, added in
                                            lenient mode on ambiguity */

    uint64_t              offset;        /* in the body */
    uint64_t              size;

    u_char                sha256[32];
    u_char                sha1[20];      /* sha1, md5: only if digests says */
    u_char                md5[16];
    unsigned              digests;       /* mask of signals computed */

    screen_hit_t         *hits;          /* in the order of the banks */
    size_t                nhits;

    unsigned              want_scan:1;   /* set by the policy: a matcher needs
                                            facts of a scanner */
    unsigned              scanned:1;     /* the fields below are filled */
    screen_str_t          type;          /* sniffed, "image/jpeg" */
    unsigned              mismatch;      /* SCREEN_MISMATCH_* */
    screen_yara_match_t  *yara;
    size_t                nyara;
    uint32_t             *patterns;      /* indices of content patterns that
                                            matched, ascending */
    size_t                npatterns;
    screen_media_t       *media;         /* NULL: not decoded, or none */
    uint64_t              near_banks;    /* mask of the policy's banks in
                                            which likenesses were looked up */

    unsigned              faults;        /* mask of screen_fault_t */
    screen_str_t          fault_reason;  /* of the first one */
} screen_part_t;


typedef struct {
    screen_str_t     method;
    int64_t          declared_size;      /* Content-Length; -1: none */
    uint64_t         size;               /* of the body, as far as it came */

    screen_part_t   *parts;
    size_t           nparts;

    unsigned         faults;             /* of the upload as a whole */
    screen_str_t     fault_reason;
} screen_upload_t;


/*
 * Adds a fault to a mask and keeps the reason of the first one; the reason
 * must live as long as the upload.
 */
void screen_upload_fault(screen_upload_t *u, screen_fault_t fault,
    const char *reason);
void screen_part_fault(screen_part_t *p, screen_fault_t fault,
    const char *reason);


#endif /* _SCREEN_UPLOAD_H_INCLUDED_ */
