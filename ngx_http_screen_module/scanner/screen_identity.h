
/*
 * What makes two scans alike: the identity of an engine, and whether its
 * rules look at names beside content.  Reports are kept by both.
 */


#ifndef _SCREEN_IDENTITY_H_INCLUDED_
#define _SCREEN_IDENTITY_H_INCLUDED_


#include "screen_spec.h"


#define SCREEN_IDENTITY_LEN  32

/*
 * SHA-256 over the version, the engine's patterns and limits and its compiled
 * rules (len 0: none): any change of these changes it.  SCREEN_OK or
 * SCREEN_NOMEM.
 */
int screen_identity_engine(u_char id[SCREEN_IDENTITY_LEN],
    const screen_spec_engine_t *engine, const u_char *rules, size_t len);

/*
 * 1 if the text of rules mentions one of the external variables that are set
 * for each part.  It may be a mention in a comment: rather one report too
 * many than one that is of other names.
 */
int screen_identity_names(const char *text, size_t len);


#endif /* _SCREEN_IDENTITY_H_INCLUDED_ */
