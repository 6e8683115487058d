
/*
 * "ngx-screen scan" and "ngx-screen check": what the edge would say of a
 * file, and whether a policy can be used.
 */


#ifndef _SCREEN_CMD_SCAN_H_INCLUDED_
#define _SCREEN_CMD_SCAN_H_INCLUDED_


/* exit statuses; the highest of all files counts */

#define SCREEN_CMD_PASSED    0          /* pass, log, allow */
#define SCREEN_CMD_FLAGGED   1          /* flag, or a fault that lets pass */
#define SCREEN_CMD_REJECTED  2          /* reject or quarantine */
#define SCREEN_CMD_ERROR     3          /* a mistake, or a file not read */

/* argv[0] is the command's name; answers the exit status */
int screen_cmd_scan(int argc, char **argv);
int screen_cmd_check(int argc, char **argv);


#endif /* _SCREEN_CMD_SCAN_H_INCLUDED_ */
