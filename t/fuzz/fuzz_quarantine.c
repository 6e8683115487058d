
/*
 * The records beside a copy in quarantine, as the command reads them back: of
 * any text, the reason that it shows is a piece of it without a quote, and
 * nothing in it is for a terminal to obey.
 */


#include "../../ngx_http_screen_module/cli/screen_cmd_quarantine_run.c"

#include "fuzz_input.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char          *records;
    size_t         i;
    const char    *reason;
    screen_str_t   s;

    records = malloc(size + 1);
    fuzz_require(records != NULL);

    if (size) {
        memcpy(records, data, size);
    }

    records[size] = '\0';

    reason = screen_cmd_quarantine_reason(records);
    s = screen_str_of(reason);

    if (strcmp(reason, "-") != 0) {
        fuzz_require(reason >= records
                     && reason + s.len <= records + size);
    }

    fuzz_require(fuzz_clean(&s));

    for (i = 0; i < s.len; i++) {
        i += (s.data[i] == '\\');
        fuzz_require(i == s.len || s.data[i] != '"' || s.data[i - 1] == '\\');
    }

    free(records);

    return 0;
}
