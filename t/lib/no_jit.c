
/*
 * A library to be loaded before PCRE2's, in which nothing can be compiled at
 * run time: patterns are interpreted.  What PCRE2 compiles reads a subject in
 * aligned blocks, which may begin before it and end after it, so that a
 * checker of memory could not tell that from a mistake of the caller's.
 */


#include <stdint.h>


/* PCRE2_ERROR_JIT_BADOPTION: that this PCRE2 has no JIT */

#define NO_JIT  (-45)


int pcre2_jit_compile_8(void *code, uint32_t options);


int
pcre2_jit_compile_8(void *code, uint32_t options)
{
    return NO_JIT;
}
