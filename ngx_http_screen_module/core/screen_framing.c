
#include "screen_multipart.h"


const char *
screen_framing_name(unsigned framing)
{
    size_t  i;

    static const char  *names[] = {
        "content-type", "subtype", "boundary", "preamble", "epilogue",
        "no-end", "delimiter", "bare-lf", "header", "folded", "nul",
        "disposition", "parameter", "filename", "encoding", "no-data",
        "nested", "headers-limit", "parts-limit", "no-name"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (framing & 1u << i) {
            return names[i];
        }
    }

    return "none";
}
