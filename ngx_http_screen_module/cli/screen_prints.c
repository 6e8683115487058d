
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "screen_file.h"
#include "screen_prints.h"


static void
screen_prints_tell(void *ctx, int notice, const char *file, unsigned line,
    const char *text)
{
    if (!notice) {
        fprintf(stderr, "ngx-screen: %s\n", text);
    }
}


int
screen_prints_start(screen_prints_t *p, int dense, screen_error_t *err)
{
    memset(p, 0, sizeof(screen_prints_t));

    if (screen_setup_media(&p->setup, dense, err) != SCREEN_OK
        || screen_client_compile(&p->client, &p->setup.spec,
                                 screen_prints_tell, NULL, err)
           != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    return screen_client_start(&p->client, &p->setup.spec, err);
}


void
screen_prints_stop(screen_prints_t *p)
{
    screen_client_stop(&p->client);
    screen_setup_free(&p->setup);
}


int
screen_prints_file(screen_prints_t *p, const char *path, screen_part_t *part,
    const screen_alloc_t *alloc, screen_error_t *err)
{
    int                      fd, rc;
    screen_upload_t          u;
    screen_report_engine_t   engine;

    memset(&u, 0, sizeof(screen_upload_t));
    memset(part, 0, sizeof(screen_part_t));

    fd = screen_file_open(&u, path, err);
    if (fd == -1) {
        return SCREEN_ERROR;
    }

    u.parts = part;
    u.nparts = 1;
    part->want_scan = 1;

    engine = screen_policy_report(p->setup.policies[0]);

    rc = screen_file_digest(part, fd, 1u << SCREEN_SIGNAL_SHA256, err);

    if (rc == SCREEN_OK) {
        rc = screen_client_scan(&p->client, &u, 0, &engine, fd,
                                p->setup.timeout, alloc);

        if (rc != SCREEN_OK) {
            rc = screen_error_set(err, "no memory");

        } else if (u.faults) {
            rc = screen_error_set(err, "%.*s", (int) u.fault_reason.len,
                                  u.fault_reason.data);
        }
    }

    close(fd);

    return rc;
}
