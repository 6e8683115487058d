
#include <string.h>

#include "screen_csv.h"


static int screen_csv_put(screen_csv_t *csv, u_char c);
static int screen_csv_end_field(screen_csv_t *csv);
static int screen_csv_fail(screen_csv_t *csv, const char *error);


void
screen_csv_start(screen_csv_t *csv)
{
    csv->state = SCREEN_CSV_START;
    csv->nfields = 0;
    csv->len = 0;
    csv->error = NULL;
}


int
screen_csv_line(screen_csv_t *csv, const u_char *line, size_t len)
{
    int      rc;
    u_char   c;
    size_t   i;

    for (i = 0; i < len; i++) {
        c = line[i];
        rc = SCREEN_OK;

        switch (csv->state) {

        case SCREEN_CSV_START:
        case SCREEN_CSV_BARE:

            if (c == ',') {
                rc = screen_csv_end_field(csv);

            } else if (c != '"') {
                csv->state = SCREEN_CSV_BARE;
                rc = screen_csv_put(csv, c);

            } else if (csv->state == SCREEN_CSV_START) {
                csv->state = SCREEN_CSV_QUOTED;

            } else {
                rc = screen_csv_fail(csv, "a quote inside of a field that "
                                          "does not begin with one");
            }

            break;

        case SCREEN_CSV_QUOTED:

            if (c == '"') {
                csv->state = SCREEN_CSV_QUOTE;

            } else {
                rc = screen_csv_put(csv, c);
            }

            break;

        case SCREEN_CSV_QUOTE:

            if (c == '"') {
                csv->state = SCREEN_CSV_QUOTED;
                rc = screen_csv_put(csv, c);

            } else if (c == ',') {
                rc = screen_csv_end_field(csv);

            } else {
                rc = screen_csv_fail(csv, "text after a closing quote: a "
                                          "comma or the end of the line "
                                          "expected");
            }

            break;
        }

        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    if (csv->state == SCREEN_CSV_QUOTED) {
        rc = screen_csv_put(csv, '\n');
        return rc == SCREEN_OK ? SCREEN_AGAIN : rc;
    }

    return screen_csv_end_field(csv);
}


screen_str_t
screen_csv_field(const screen_csv_t *csv, size_t i)
{
    size_t        start;
    screen_str_t  field;

    start = i ? csv->ends[i - 1] : 0;

    field.data = csv->text + start;
    field.len = csv->ends[i] - start;

    return field;
}


static int
screen_csv_put(screen_csv_t *csv, u_char c)
{
    if (csv->len == SCREEN_CSV_RECORD_MAX) {
        return screen_csv_fail(csv, "a record of more than 8192 bytes: is a "
                                    "quote not closed?");
    }

    csv->text[csv->len++] = c;

    return SCREEN_OK;
}


static int
screen_csv_end_field(screen_csv_t *csv)
{
    if (csv->nfields == SCREEN_CSV_FIELDS_MAX) {
        return screen_csv_fail(csv, "a record of more than 32 fields");
    }

    csv->ends[csv->nfields++] = csv->len;
    csv->state = SCREEN_CSV_START;

    return SCREEN_OK;
}


static int
screen_csv_fail(screen_csv_t *csv, const char *error)
{
    csv->error = error;

    return SCREEN_MALFORMED;
}
