
/*
 * What content is, told from its bytes: the WHATWG MIME Sniffing Standard
 * (sections 6 and 7), and beyond it executables, archives and office files.
 */


#ifndef _SCREEN_SNIFF_H_INCLUDED_
#define _SCREEN_SNIFF_H_INCLUDED_


#include "screen_core.h"


/*
 * The media type of the content as a static string, lower case, without
 * parameters: "image/jpeg", "application/x-dosexec", "text/plain",
 * "application/octet-stream" when nothing is known of binary bytes,
 * "inode/x-empty" when len is zero.  Looks at the whole content only where a
 * container must be opened to tell what it is (ZIP: office files, jar, apk),
 * in bounded time.
 *
 * Names are the standard's where it has one (application/x-gzip, audio/wave,
 * image/x-icon, font/ttf), otherwise those that file(1) prints
 * (application/x-dosexec, application/x-pie-executable, text/x-shellscript).
 * Where content is of several types at once, the first bytes decide.
 */
const char *screen_sniff(const u_char *data, size_t len);

/*
 * Compares what the content is (type, as screen_sniff answers) with what the
 * Content-Type header and the file name's extension say it is; either may be
 * empty.  A mask of SCREEN_MISMATCH_* (screen_upload.h): a bit is set only
 * when both sides are known and no honest client would pair them.  Kinds are
 * compared, not types: a PNG named .jpg is fine, a program named .jpg is not
 * (screen_mismatch.c says what is held to be honest, and why).
 */
unsigned screen_sniff_mismatch(const char *type, const screen_str_t *declared,
    const screen_str_t *filename);


#endif /* _SCREEN_SNIFF_H_INCLUDED_ */
