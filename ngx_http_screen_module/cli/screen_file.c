
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "screen_digest.h"
#include "screen_file.h"
#include "screen_wire.h"


#define SCREEN_FILE_BUFFER  65536
#define SCREEN_FILE_BUDGET  1000000


/* pdq and vpdq are of pictures, not of bytes */

static unsigned
screen_file_signals(screen_setup_t *setup, const screen_policy_t *policy)
{
    size_t    i;
    unsigned  signals;

    signals = 1u << SCREEN_SIGNAL_SHA256;

    for (i = 0; i < policy->nbanks; i++) {
        signals |= screen_setup_bank(setup, &policy->banks[i])->bank.signals;
    }

    return signals & ((1u << SCREEN_SIGNAL_PDQ) - 1);
}


static int
screen_file_digest(screen_part_t *part, int fd, unsigned signals,
    screen_error_t *err)
{
    off_t            at;
    u_char           buf[SCREEN_FILE_BUFFER];
    ssize_t          n;
    screen_digest_t  digest;

    memset(&digest, 0, sizeof(screen_digest_t));

    if (screen_digest_start(&digest, signals) != SCREEN_OK) {
        screen_digest_free(&digest);
        return screen_error_set(err, "no memory");
    }

    at = 0;

    while ((n = pread(fd, buf, sizeof(buf), at)) > 0) {
        screen_digest_update(&digest, buf, n);
        at += n;
    }

    screen_digest_part(&digest, part);
    screen_digest_free(&digest);

    if (n == -1) {
        return screen_error_set(err, "%s", strerror(errno));
    }

    part->size = at;

    return SCREEN_OK;
}


static const u_char *
screen_file_value(const screen_part_t *part, screen_signal_t signal)
{
    switch (signal) {

    case SCREEN_SIGNAL_SHA256:
        return part->sha256;

    case SCREEN_SIGNAL_SHA1:
        return part->sha1;

    case SCREEN_SIGNAL_MD5:
        return part->md5;

    default:
        return NULL;
    }
}


static int
screen_file_lookup(screen_part_t *part, screen_setup_t *setup,
    const screen_policy_t *policy, const screen_alloc_t *alloc)
{
    size_t                i;
    unsigned              signal;
    screen_hit_t         *hit;
    screen_entry_t        entry;
    screen_setup_bank_t  *bank;

    for (i = 0; i < policy->nbanks; i++) {
        bank = screen_setup_bank(setup, &policy->banks[i]);

        for (signal = 0; signal < SCREEN_SIGNALS; signal++) {

            if (!(part->digests & 1u << signal)
                || screen_bank_lookup(&bank->bank, signal,
                                      screen_file_value(part, signal),
                                      time(NULL), &entry)
                   != SCREEN_OK)
            {
                continue;
            }

            hit = screen_alloc_push(alloc, &part->hits, &part->nhits,
                                    sizeof(screen_hit_t));
            if (hit == NULL) {
                return SCREEN_NOMEM;
            }

            hit->bank = bank->name;
            hit->signal = signal;
            hit->label = entry.label;
            hit->source = entry.source;
            hit->severity = entry.severity;
        }
    }

    return SCREEN_OK;
}


/* the likenesses of the part in the banks, one after the other */

static int
screen_file_likenesses(screen_file_t *file, screen_setup_t *setup,
    const screen_policy_t *policy, const screen_alloc_t *alloc)
{
    int                      rc;
    size_t                   i;
    screen_part_t           *part;
    screen_tail_t            tail;
    screen_likeness_t        search;
    screen_setup_bank_t     *bank;
    screen_likeness_conf_t   conf;

    part = &file->part;

    memset(&tail, 0, sizeof(screen_tail_t));

    for (i = 0; part->media != NULL && i < policy->nbanks; i++) {
        screen_policy_near(policy, i, part->media->kind, &conf);

        if (conf.signals == 0) {
            continue;
        }

        bank = screen_setup_bank(setup, &policy->banks[i]);

        rc = screen_likeness_begin(&search, part, &conf, &policy->banks[i],
                                   &tail, &bank->bank, time(NULL), alloc);

        if (rc == SCREEN_OK) {
            do {
                rc = screen_likeness_step(&search, SCREEN_FILE_BUDGET);
            } while (rc == SCREEN_AGAIN);
        }

        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    return screen_policy_decide(policy, &file->upload, SCREEN_KNOWN_NEAR,
                                alloc, &file->decision);
}


/* from what a request's headers would tell to what a scanner tells */

static int
screen_file_decide(screen_file_t *file, int fd, screen_setup_t *setup,
    const screen_policy_t *policy, screen_client_t *client,
    const screen_alloc_t *alloc, screen_error_t *err)
{
    int                      rc;
    screen_upload_t         *u;
    screen_report_engine_t   engine;

    u = &file->upload;
    engine = screen_policy_report(policy);

    rc = screen_policy_decide(policy, u, SCREEN_KNOWN_HEADERS, alloc,
                              &file->decision);

    if (rc == SCREEN_AGAIN) {
        rc = screen_file_lookup(&file->part, setup, policy, alloc);

        if (rc == SCREEN_OK) {
            rc = screen_policy_decide(policy, u, SCREEN_KNOWN_BODY, alloc,
                                      &file->decision);
        }
    }

    if (rc == SCREEN_AGAIN) {
        rc = screen_client_scan(client, u, 0, &engine, fd,
                                setup->timeout, alloc);

        if (rc == SCREEN_OK) {
            rc = screen_policy_decide(policy, u, SCREEN_KNOWN_SCAN, alloc,
                                      &file->decision);
        }

        if (rc == SCREEN_AGAIN) {
            rc = screen_file_likenesses(file, setup, policy, alloc);
        }
    }

    if (rc != SCREEN_OK) {
        return screen_error_set(err, "no memory");
    }

    return SCREEN_OK;
}


static int
screen_file_open(screen_file_t *file, const char *path, int *fd,
    screen_error_t *err)
{
    const char   *base;
    struct stat   st;

    memset(file, 0, sizeof(screen_file_t));

    *fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK);

    if (*fd == -1 || fstat(*fd, &st) == -1) {
        return screen_error_set(err, "%s", strerror(errno));
    }

    if (!S_ISREG(st.st_mode)) {
        return screen_error_set(err, "not a regular file");
    }

    base = strrchr(path, '/');
    base = base ? base + 1 : path;

    file->part.filename = screen_str_of(base);
    file->part.has_filename = 1;
    file->part.size = st.st_size;

    file->upload.method = screen_str_of("POST");
    file->upload.declared_size = st.st_size;
    file->upload.size = st.st_size;
    file->upload.parts = &file->part;
    file->upload.nparts = 1;

    return SCREEN_OK;
}


int
screen_file_screen(screen_file_t *file, const char *path,
    screen_setup_t *setup, const screen_policy_t *policy,
    screen_client_t *client, const screen_alloc_t *alloc, screen_error_t *err)
{
    int       fd, rc;
    uint64_t  start;

    start = screen_wire_now();
    fd = -1;

    rc = screen_file_open(file, path, &fd, err);

    if (rc == SCREEN_OK) {
        rc = screen_file_digest(&file->part, fd,
                                screen_file_signals(setup, policy), err);
    }

    if (rc == SCREEN_OK) {
        file->upload.size = file->part.size;
        rc = screen_file_decide(file, fd, setup, policy, client, alloc, err);
    }

    if (fd != -1) {
        close(fd);
    }

    file->ms = screen_wire_now() - start;

    return rc;
}
