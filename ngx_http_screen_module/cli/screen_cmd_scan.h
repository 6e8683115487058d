
/*
 * "ngx-screen scan" and "ngx-screen check": what the edge would say of a
 * file, and whether a policy can be used.
 */


#ifndef _SCREEN_CMD_SCAN_H_INCLUDED_
#define _SCREEN_CMD_SCAN_H_INCLUDED_


/* exit statuses */

#define SCREEN_CMD_PASSED    0          /* of every file: pass, log, allow */
#define SCREEN_CMD_FLAGGED   1          /* of at least one: flag */
#define SCREEN_CMD_REJECTED  2          /* reject or quarantine */
#define SCREEN_CMD_ERROR     3

/* argv[0] is the command's name; answers the exit status */
int screen_cmd_scan(int argc, char **argv);
int screen_cmd_check(int argc, char **argv);


#endif /* _SCREEN_CMD_SCAN_H_INCLUDED_ */
