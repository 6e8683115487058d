
/*
 * What a file name becomes on its way to a disk.  A client may send
 * "..\x.php", "x.php.", "x.php\0.jpg" or "x.php::$DATA"; applications and file
 * systems cut such names, and a condition must see what is left.
 */


#ifndef _SCREEN_FILENAME_H_INCLUDED_
#define _SCREEN_FILENAME_H_INCLUDED_


#include "screen_core.h"


/*
 * The cleaned form of a name as it was sent: cut at the first NUL and at
 * "::$" (the data stream of NTFS), without folders (both / and \) and a
 * drive letter, without spaces and controls around it, without dots and
 * slashes after it.  A piece of name, perhaps empty, never a copy.
 */
screen_str_t screen_filename_clean(const screen_str_t *name);


#endif /* _SCREEN_FILENAME_H_INCLUDED_ */
