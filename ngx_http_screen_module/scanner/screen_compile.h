
/*
 * `ngx-screen compile`: turns a spec into what a pool runs on.  Started when
 * a configuration is read, so that a mistake in a rule, a pattern or a list
 * is an error of the configuration.
 */


#ifndef _SCREEN_COMPILE_H_INCLUDED_
#define _SCREEN_COMPILE_H_INCLUDED_


/*
 * Reads the spec from SCREEN_FD_SPEC, writes the compiled rules of every
 * engine to SCREEN_FD_IMAGE, checks the content patterns and builds the bank
 * files that are not fresh.  Tells of everything on standard output, a line
 * each:
 *
 *     E<TAB>file<TAB>line<TAB>text      an error; up to 20
 *     N<TAB>file<TAB>line<TAB>text      a notice; up to 50
 *     OK                                the last line, if all went well
 *
 * file may be empty and line 0.  The exit code: 0 or 1.
 */
int screen_compile_run(void);


#endif /* _SCREEN_COMPILE_H_INCLUDED_ */
