
#include <stdio.h>
#include <string.h>

#include "screen_bank_json.h"
#include "screen_cmd_bank.h"
#include "screen_setup_impl.h"


#define SCREEN_SETUP_AGE_MIN  2000       /* ms */


static int
screen_setup_bank_check(screen_setup_t *setup, const screen_str_t *words,
    size_t n, const screen_place_t *place, screen_error_t *err)
{
    if (n < 3) {
        return screen_setup_fail(err, place, "\"%.*s\" takes a name and where "
                                 "its entries are: screen_bank NAME "
                                 "file=PATH, or screen_bank NAME redis",
                                 &words[0]);
    }

    if (screen_bank_name(&words[1]) != SCREEN_OK) {
        return screen_setup_fail(err, place, "invalid bank name \"%.*s\": "
                                 "letters, digits, \"-\" and \"_\" are "
                                 "allowed", &words[1]);
    }

    if (screen_setup_bank(setup, &words[1]) != NULL) {
        return screen_setup_fail(err, place, "a screen_bank \"%.*s\" is "
                                 "already there", &words[1]);
    }

    if (setup->nbanks == SCREEN_BANKS_MAX) {
        return screen_setup_fail(err, place, "screen_bank \"%.*s\" is one too "
                                 "many: there can be 64", &words[1]);
    }

    return SCREEN_OK;
}


static int
screen_setup_bank_param(screen_setup_t *setup, screen_setup_bank_t *bank,
    const screen_str_t *word, unsigned *redis, screen_error_t *err)
{
    screen_str_t  value;

    if (screen_str_is(word, "redis")) {
        *redis = 1;
        return SCREEN_OK;
    }

    if (word->len > 5 && memcmp(word->data, "file=", 5) == 0) {
        value.data = word->data + 5;
        value.len = word->len - 5;

        bank->list = screen_setup_path(setup, &value, &bank->place);

        return bank->list ? SCREEN_OK : screen_error_set(err, "no memory");
    }

    if (word->len > 8 && memcmp(word->data, "max_age=", 8) == 0) {
        value.data = word->data + 8;
        value.len = word->len - 8;

        if (screen_parse_time(&value, &bank->max_age) != SCREEN_OK
            || bank->max_age < SCREEN_SETUP_AGE_MIN)
        {
            return screen_setup_fail(err, &bank->place, "invalid \"%.*s\": "
                                     "expected a time of 2s or more", word);
        }

        return SCREEN_OK;
    }

    return screen_setup_fail(err, &bank->place, "invalid parameter \"%.*s\" "
                             "of a bank: expected file=PATH, or redis and "
                             "max_age=TIME", word);
}


int
screen_setup_bank_directive(screen_setup_t *setup, const screen_str_t *words,
    size_t n, const screen_place_t *place, screen_error_t *err)
{
    size_t                i;
    unsigned              redis;
    screen_setup_bank_t  *bank;

    if (screen_setup_bank_check(setup, words, n, place, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    bank = &setup->banks[setup->nbanks++];
    bank->name = words[1];
    bank->place = *place;

    redis = 0;

    for (i = 2; i < n; i++) {

        if (screen_setup_bank_param(setup, bank, &words[i], &redis, err)
            != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }
    }

    if ((bank->list != NULL) == redis) {
        return screen_setup_fail(err, place, "bank \"%.*s\": expected either "
                                 "file=PATH or \"redis\"", &bank->name);
    }

    if (bank->max_age && !redis) {
        return screen_setup_fail(err, place, "bank \"%.*s\": \"max_age\" is "
                                 "for banks in redis", &bank->name);
    }

    return SCREEN_OK;
}


screen_setup_bank_t *
screen_setup_bank(screen_setup_t *setup, const screen_str_t *name)
{
    uint32_t  i;

    for (i = 0; i < setup->nbanks; i++) {

        if (screen_str_eq(&setup->banks[i].name, name)) {
            return &setup->banks[i];
        }
    }

    return NULL;
}


/* those that are built of lists */

static int
screen_setup_bank_spec(screen_setup_t *setup)
{
    uint32_t              i;
    screen_spec_bank_t   *spec;
    screen_setup_bank_t  *bank;

    setup->spec.nbanks = 0;

    for (i = 0; i < setup->nbanks; i++) {
        bank = &setup->banks[i];

        if (bank->list == NULL || bank->given != NULL) {
            continue;
        }

        if (bank->path == NULL
            && asprintf(&bank->path, "%s/%u.bank", setup->folder, i) == -1)
        {
            bank->path = NULL;
            return SCREEN_NOMEM;
        }

        spec = &setup->spec.banks[setup->spec.nbanks++];

        spec->name = bank->name;
        spec->list = screen_str_of(bank->list);
        spec->path = screen_str_of(bank->path);
        spec->place = bank->place;
    }

    return SCREEN_OK;
}


int
screen_setup_banks(screen_setup_t *setup, screen_error_t *err)
{
    size_t            k;
    uint32_t          i;
    screen_policy_t  *policy;

    for (i = 0; i < setup->npolicies; i++) {
        policy = setup->policies[i];

        for (k = 0; k < policy->nbanks; k++) {

            if (screen_setup_bank(setup, &policy->banks[k]) == NULL) {
                return screen_setup_fail(err, &policy->bank_places[k],
                                         "there is no screen_bank \"%.*s\"",
                                         &policy->banks[k]);
            }
        }
    }

    setup->spec.banks = screen_calloc(&setup->alloc, setup->nbanks
                                                 * sizeof(screen_spec_bank_t));
    if (setup->spec.banks == NULL) {
        return SCREEN_NOMEM;
    }

    return screen_setup_bank_spec(setup);
}


static int
screen_setup_bank_unknown(const screen_str_t *name, screen_error_t *err)
{
    return screen_error_set(err, "there is no screen_bank \"%.*s\"",
                            (int) name->len, name->data);
}


int
screen_setup_give(screen_setup_t *setup, const screen_str_t *name,
    const char *path, screen_error_t *err)
{
    screen_setup_bank_t  *bank;

    bank = screen_setup_bank(setup, name);

    if (bank == NULL) {
        return screen_setup_bank_unknown(name, err);
    }

    bank->given = path;

    return screen_setup_bank_spec(setup);
}


int
screen_setup_open(screen_setup_t *setup, const screen_policy_t *policy,
    screen_error_t *err)
{
    int                   rc;
    size_t                i;
    screen_setup_bank_t  *bank;

    for (i = 0; i < policy->nbanks; i++) {
        bank = screen_setup_bank(setup, &policy->banks[i]);

        if (bank == NULL) {
            return screen_setup_bank_unknown(&policy->banks[i], err);
        }

        if (bank->bank.map != NULL) {
            continue;
        }

        rc = SCREEN_OK;

        if (bank->given != NULL) {
            rc = screen_cmd_bank_open(&bank->bank, NULL, bank->given, err);

        } else if (bank->list != NULL) {
            rc = screen_bank_open(&bank->bank, bank->path, err);
        }

        if (rc != SCREEN_OK) {
            return SCREEN_ERROR;
        }
    }

    /* who is interrupted from here on leaves nothing behind */

    screen_setup_remove(setup);

    return SCREEN_OK;
}
