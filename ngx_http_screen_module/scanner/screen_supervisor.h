
/*
 * `ngx-screen supervisor`: one for each configuration; holds the compiled
 * rules, and keeps scanners and the keeper of the banks alive.
 */


#ifndef _SCREEN_SUPERVISOR_H_INCLUDED_
#define _SCREEN_SUPERVISOR_H_INCLUDED_


/*
 * Runs with the descriptors of screen_control.h in place until the lifeline
 * ends or SIGTERM arrives; answers the exit code.  If another supervisor has
 * the control page's lock: 0, at once.  Started as root it becomes the spec's
 * user first, and ends with an error if that is root as well.
 *
 * At the lifeline's end scanners finish their jobs, then all of them are
 * gone.  After SIGTERM, or a crash, they finish their jobs by themselves, so
 * that a new supervisor can be started at once.
 */
int screen_supervisor_run(void);


#endif /* _SCREEN_SUPERVISOR_H_INCLUDED_ */
