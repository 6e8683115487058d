
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "screen_cmd_bank.h"
#include "screen_cmd_quarantine.h"
#include "screen_date.h"
#include "screen_utf8.h"


/* the records of a copy, to be freed; NULL, with the error, if it fails */

static char *
screen_cmd_quarantine_records(screen_cmd_quarantine_t *c, const char *name)
{
    int      fd;
    char     path[4096], *text;
    size_t   len, size;
    ssize_t  n;

    snprintf(path, sizeof(path), "%s/%s.json", c->store.path, name);

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NOFOLLOW);
    size = 4 * 1024 * 1024;
    text = malloc(size + 1);

    if (fd == -1 || text == NULL) {
        screen_error_at(&c->err, path, 0, "cannot be read: %s",
                        strerror(errno));
        goto failed;
    }

    for (len = 0; len < size; len += (size_t) n) {
        n = read(fd, text + len, size - len);

        if (n == -1) {
            screen_error_at(&c->err, path, 0, "cannot be read: %s",
                            strerror(errno));
            goto failed;
        }

        if (n == 0) {
            break;
        }
    }

    text[len] = '\0';
    close(fd);

    return text;

failed:

    if (fd != -1) {
        close(fd);
    }

    free(text);

    return NULL;
}


static int
screen_cmd_quarantine_compare(const void *a, const void *b)
{
    const screen_quarantine_item_t  *one, *two;

    one = a;
    two = b;

    if (one->time != two->time) {
        return one->time < two->time ? 1 : -1;
    }

    return strcmp(one->name, two->name);
}


/* 1 if a terminal shows the text: in a record of ours all else is escaped */

static int
screen_cmd_quarantine_shown(const char *text)
{
    size_t    i, n, len;
    uint32_t  c;

    len = strlen(text);

    for (i = 0; i < len; i += n) {
        n = screen_utf8_char((const u_char *) text + i, len - i, &c);

        if (n == 0 || screen_utf8_control(c)) {
            return 0;
        }
    }

    return 1;
}


/*
 * The reason in the last of the records, as it stands there: escaped, and so
 * fit for a terminal, unless the file was damaged.  Quotes in strings are
 * escaped as well, so that this cannot be found within one.
 */

static const char *
screen_cmd_quarantine_reason(char *records)
{
    char  *line, *end, *reason;

    end = records + strlen(records);

    if (end > records && end[-1] == '\n') {
        *--end = '\0';
    }

    line = strrchr(records, '\n');
    line = line ? line + 1 : records;

    reason = strstr(line, ",\"reason\":\"");
    if (reason == NULL) {
        return "-";
    }

    reason += sizeof(",\"reason\":\"") - 1;

    for (end = reason; *end && *end != '"'; end++) {

        if (*end == '\\' && end[1]) {
            end++;
        }
    }

    *end = '\0';

    return screen_cmd_quarantine_shown(reason) ? reason : "-";
}


int
screen_cmd_quarantine_list(screen_cmd_quarantine_t *c)
{
    char         date[SCREEN_DATE_LEN], *records, *p;
    size_t       i, times;
    const char  *reason;

    qsort(c->items, c->n, sizeof(screen_quarantine_item_t),
          screen_cmd_quarantine_compare);

    for (i = 0; i < c->n; i++) {
        records = screen_cmd_quarantine_records(c, c->items[i].name);
        times = 0;
        reason = "-";

        if (records != NULL) {

            for (p = records; (p = strchr(p, '\n')) != NULL; p++) {
                times++;
            }

            reason = screen_cmd_quarantine_reason(records);
        }

        screen_date_format(date, c->items[i].time);

        printf("%s  %9llu  %4zu  %s  %s\n", date,
               (unsigned long long) c->items[i].size, times,
               c->items[i].name, reason);

        free(records);
    }

    return 0;
}


int
screen_cmd_quarantine_show(screen_cmd_quarantine_t *c)
{
    char    *records;
    size_t   i;

    for (i = 0; i < c->n; i++) {
        records = screen_cmd_quarantine_records(c, c->items[i].name);

        if (records == NULL) {
            return screen_cmd_quarantine_failed(c);
        }

        fputs(records, stdout);
        free(records);
    }

    return 0;
}


/* as "ngx-screen bank add" does it */

int
screen_cmd_quarantine_ban(screen_cmd_quarantine_t *c)
{
    size_t        i, n;
    const char  **argv;

    argv = screen_calloc(&c->alloc, (c->n + 20) * sizeof(char *));
    if (argv == NULL) {
        screen_error_set(&c->err, "no memory");
        return screen_cmd_quarantine_failed(c);
    }

    n = 0;
    argv[n++] = "bank";
    argv[n++] = "add";
    argv[n++] = c->file ? "--file" : "--redis";
    argv[n++] = c->file ? c->file : c->redis;
    argv[n++] = "--signal";
    argv[n++] = "sha256";
    argv[n++] = "--label";
    argv[n++] = c->label ? c->label : "quarantine";

    if (c->source) {
        argv[n++] = "--source";
        argv[n++] = c->source;
    }

    if (c->severity) {
        argv[n++] = "--severity";
        argv[n++] = c->severity;
    }

    if (c->expires) {
        argv[n++] = "--expires";
        argv[n++] = c->expires;
    }

    argv[n++] = "--";

    if (c->bank) {
        argv[n++] = c->bank;
    }

    for (i = 0; i < c->n; i++) {
        argv[n++] = c->items[i].name;
    }

    return screen_cmd_bank((int) n, (char **) argv);
}


int
screen_cmd_quarantine_release(screen_cmd_quarantine_t *c)
{
    int  rc;

    rc = screen_cmd_quarantine_ban(c);

    return rc == 0 ? screen_cmd_quarantine_purge(c) : rc;
}


int
screen_cmd_quarantine_purge(screen_cmd_quarantine_t *c)
{
    size_t    i;
    uint64_t  size;

    size = 0;

    for (i = 0; i < c->n; i++) {

        if (screen_quarantine_remove(&c->store, c->items[i].name, &c->err)
            == SCREEN_ERROR)
        {
            return screen_cmd_quarantine_failed(c);
        }

        size += c->items[i].size;
    }

    printf("%zu %s deleted, %llu bytes\n", c->n,
           c->n == 1 ? "copy" : "copies", (unsigned long long) size);

    return 0;
}
