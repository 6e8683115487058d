
/*
 * "ngx-screen fingerprint": what the edge computes of pictures and videos, in
 * the forms in which it is exchanged.
 */


#ifndef _SCREEN_CMD_FINGERPRINT_H_INCLUDED_
#define _SCREEN_CMD_FINGERPRINT_H_INCLUDED_


/* answers the exit status: 0, or 3 if a file has no fingerprint */
int screen_cmd_fingerprint(int argc, char **argv);


#endif /* _SCREEN_CMD_FINGERPRINT_H_INCLUDED_ */
