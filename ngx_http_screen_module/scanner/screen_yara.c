
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <yara.h>

#include "screen_filetype.h"
#include "screen_report.h"
#include "screen_yara.h"


#define SCREEN_YARA_EXTERNALS  5

#define SCREEN_YARA_FLAGS  (SCAN_FLAGS_FAST_MODE                              \
                            | SCAN_FLAGS_NO_TRYCATCH                          \
                            | SCAN_FLAGS_REPORT_RULES_MATCHING)


struct screen_yara_s {
    YR_RULES                    *rules;
};


typedef struct {
    screen_part_t               *part;
    const screen_alloc_t        *alloc;
    YR_RULE                     *rules[SCREEN_REPORT_MATCHES];
    size_t                       nrules;
} screen_yara_found_t;


typedef struct {
    const u_char                *pos;
    const u_char                *end;
} screen_yara_input_t;


static const char *const  screen_yara_externals[SCREEN_YARA_EXTERNALS] = {
    "filename", "filepath", "extension", "filetype", "owner"
};


static const char  screen_yara_warm_rules[] =
    "import \"magic\"\n"
    "import \"hash\"\n"
    "import \"pe\"\n"
    "import \"elf\"\n"
    "import \"dotnet\"\n"
    "import \"math\"\n"
    "import \"time\"\n"
    "rule warm { condition:\n"
    "    magic.type() contains \"PHP\" and magic.mime_type() == \"x\"\n"
    "    or hash.md5(0, filesize) == hash.sha1(0, filesize)\n"
    "    or hash.sha256(0, filesize) == \"x\"\n"
    "    or math.entropy(0, filesize) > 8.5 or time.now() == 0 }\n"
    "rule warm_type { condition: magic.type() == \"x\" }\n"
    "rule warm_mime { condition: magic.mime_type() == \"x\" }\n";


int
screen_yara_init(void)
{
    uint32_t  none;

    if (yr_initialize() != ERROR_SUCCESS) {
        return SCREEN_ERROR;
    }

    /* copies of what matched are of no use here and cost 512 KB a scan */

    none = 0;

    (void) yr_set_configuration(YR_CONFIG_MAX_MATCH_DATA, &none);

    return SCREEN_OK;
}


static void
screen_yara_message(int level, const char *file_name, int line,
    const YR_RULE *rule, const char *message, void *data)
{
    screen_source_message(data, level == YARA_ERROR_LEVEL_WARNING, file_name,
                          line, message);
}


static const char *
screen_yara_include(const char *name, const char *from, const char *space,
    void *data)
{
    return screen_source_include(data, name, from);
}


static void
screen_yara_include_free(const char *text, void *data)
{
    free((void *) text);
}


static YR_COMPILER *
screen_yara_compiler(screen_source_t *source)
{
    size_t        i;
    YR_COMPILER  *compiler;

    if (yr_compiler_create(&compiler) != ERROR_SUCCESS) {
        return NULL;
    }

    if (source != NULL) {
        yr_compiler_set_callback(compiler, screen_yara_message, source);
        yr_compiler_set_include_callback(compiler, screen_yara_include,
                                         screen_yara_include_free, source);
    } else {
        yr_compiler_set_include_callback(compiler, NULL, NULL, NULL);
    }

    for (i = 0; i < SCREEN_YARA_EXTERNALS; i++) {

        if (yr_compiler_define_string_variable(compiler,
                                               screen_yara_externals[i], "")
            != ERROR_SUCCESS)
        {
            return NULL;
        }
    }

    return compiler;
}


/* SCREEN_OK, or SCREEN_ERROR if libyara itself refuses the file */

static int
screen_yara_add(screen_source_t *source, YR_COMPILER *compiler)
{
    int       fd, failed;
    char      text[512];
    unsigned  errors;

    fd = open(source->file->path, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        screen_source_error(source, strerror(errno));
        return SCREEN_OK;
    }

    errors = source->errors;

    failed = yr_compiler_add_fd(compiler, fd, source->file->space,
                                source->file->path);
    close(fd);

    if (failed && source->errors == errors) {
        yr_compiler_get_error_message(compiler, text, sizeof(text));
        screen_source_error(source, text);
    }

    return failed ? SCREEN_ERROR : SCREEN_OK;
}


static size_t
screen_yara_write(const void *data, size_t size, size_t count, void *to)
{
    return fwrite(data, size, count, to);
}


/* the number of rules, or SCREEN_ERROR */

static int
screen_yara_save(YR_COMPILER *compiler, FILE *to)
{
    int        rc;
    YR_RULES  *rules;
    YR_STREAM  stream;

    if (yr_compiler_get_rules(compiler, &rules) != ERROR_SUCCESS) {
        return SCREEN_ERROR;
    }

    rc = (int) rules->num_rules;

    if (to != NULL) {
        stream.user_data = to;
        stream.read = NULL;
        stream.write = screen_yara_write;

        if (yr_rules_save_stream(rules, &stream) != ERROR_SUCCESS
            || fflush(to) != 0)
        {
            rc = SCREEN_ERROR;
        }
    }

    yr_rules_destroy(rules);

    return rc;
}


int
screen_yara_compile(screen_source_t *source, FILE *to)
{
    int           rc;
    uint32_t      i;
    YR_COMPILER  *compiler;

    compiler = screen_yara_compiler(source);
    if (compiler == NULL) {
        screen_source_error(source, "libyara has no memory");
        return SCREEN_ERROR;
    }

    for (i = *source->current; i < source->nfiles; i++) {
        screen_source_begin(source, i);

        /* after an error the compiler must not even be destroyed */

        if (screen_yara_add(source, compiler) != SCREEN_OK) {
            return SCREEN_ERROR;
        }
    }

    *source->current = (uint32_t) source->nfiles;

    rc = SCREEN_ERROR;

    if (source->errors == 0) {
        rc = screen_yara_save(compiler, to);

        if (rc == SCREEN_ERROR) {
            source->file = NULL;
            screen_source_error(source, "no memory for the compiled rules");
        }
    }

    yr_compiler_destroy(compiler);

    return rc;
}


int
screen_yara_compile_warm(FILE *to)
{
    int           rc;
    YR_COMPILER  *compiler;

    compiler = screen_yara_compiler(NULL);

    if (compiler == NULL
        || yr_compiler_add_string(compiler, screen_yara_warm_rules, NULL) != 0)
    {
        return SCREEN_ERROR;
    }

    rc = screen_yara_save(compiler, to);

    yr_compiler_destroy(compiler);

    return rc < 0 ? SCREEN_ERROR : SCREEN_OK;
}


static size_t
screen_yara_load_read(void *to, size_t size, size_t count, void *data)
{
    screen_yara_input_t  *in;

    in = data;

    if (size == 0 || count > (size_t) (in->end - in->pos) / size) {
        return 0;
    }

    memcpy(to, in->pos, size * count);
    in->pos += size * count;

    return count;
}


screen_yara_t *
screen_yara_load(const u_char *data, size_t len, screen_error_t *err)
{
    int                   rc;
    YR_STREAM             stream;
    screen_yara_t        *yara;
    screen_yara_input_t   in;

    yara = malloc(sizeof(screen_yara_t));
    if (yara == NULL) {
        screen_error_set(err, "no memory for YARA rules");
        return NULL;
    }

    in.pos = data;
    in.end = data + len;

    stream.user_data = &in;
    stream.read = screen_yara_load_read;
    stream.write = NULL;

    rc = yr_rules_load_stream(&stream, &yara->rules);

    if (rc != ERROR_SUCCESS) {
        screen_error_set(err, "libyara does not load its rules: error %d", rc);
        free(yara);
        return NULL;
    }

    return yara;
}


void
screen_yara_destroy(screen_yara_t *yara)
{
    if (yara != NULL) {
        yr_rules_destroy(yara->rules);
        free(yara);
    }
}


void
screen_yara_warm(screen_yara_t *yara)
{
    screen_part_t        part;
    screen_arena_t       arena = screen_arena_init;
    screen_alloc_t       alloc = { screen_arena_alloc, &arena };
    static const u_char  text[] = "<?php echo 'warm'; ?>\n";

    memset(&part, 0, sizeof(part));

    (void) screen_yara_scan(yara, text, sizeof(text) - 1, 10000, &part,
                            &alloc);

    screen_arena_destroy(&arena);
}


/* a reason that names something lives as long as the part's facts */

static void
screen_yara_incomplete(screen_yara_found_t *found, const char *fmt, ...)
{
    char          text[256];
    va_list       args;
    screen_str_t  reason;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    reason = screen_str_of(text);

    if (screen_alloc_str(found->alloc, &reason, &reason) != SCREEN_OK) {
        reason = screen_str_of("no memory");
    }

    screen_part_fault(found->part, SCREEN_FAULT_INCOMPLETE,
                      (const char *) reason.data);
}


/* the codes that a scan ends with when it did not see everything */

static void
screen_yara_fault(screen_yara_found_t *found, int code)
{
    switch (code) {

    case ERROR_SUCCESS:
        return;

    case ERROR_SCAN_TIMEOUT:
        screen_part_fault(found->part, SCREEN_FAULT_TIMEOUT,
                          "yara: deadline");
        return;

    case ERROR_INSUFFICIENT_MEMORY:
        screen_yara_incomplete(found, "yara: the memory limit");
        return;

    case ERROR_TOO_MANY_RE_FIBERS:
        screen_yara_incomplete(found, "yara: a regular expression is too "
                               "complex");
        return;

    default:
        screen_yara_incomplete(found, "yara: error %d", code);
    }
}


static int
screen_yara_event(YR_SCAN_CONTEXT *context, int message, void *data,
    void *user)
{
    YR_RULE              *rule;
    YR_STRING            *string;
    screen_yara_found_t  *found;

    found = user;

    switch (message) {

    case CALLBACK_MSG_RULE_MATCHING:
        rule = data;

        if (RULE_IS_PRIVATE(rule)) {
            break;
        }

        if (found->nrules == SCREEN_REPORT_MATCHES) {
            screen_yara_incomplete(found, "yara: more than %d rules match",
                                   SCREEN_REPORT_MATCHES);
            return CALLBACK_ABORT;
        }

        found->rules[found->nrules++] = rule;
        break;

    case CALLBACK_MSG_TOO_MANY_MATCHES:
        string = data;
        screen_yara_incomplete(found, "yara: too many matches of %.100s",
                               string->identifier);
        break;
    }

    return CALLBACK_CONTINUE;
}


static void
screen_yara_meta(screen_meta_t *to, const YR_META *meta)
{
    to->key = screen_str_of(meta->identifier);

    switch (meta->type) {

    case META_TYPE_STRING:
        to->type = SCREEN_META_STRING;
        to->string = screen_str_of(meta->string);
        break;

    case META_TYPE_BOOLEAN:
        to->type = SCREEN_META_BOOLEAN;
        to->integer = meta->integer != 0;
        break;

    default:
        to->type = SCREEN_META_INTEGER;
        to->integer = meta->integer;
    }
}


static int
screen_yara_match(screen_yara_match_t *match, YR_RULE *rule,
    const screen_alloc_t *alloc)
{
    size_t       ntags, nmetas;
    YR_META     *meta;
    const char  *tag;

    ntags = 0;
    nmetas = 0;

    yr_rule_tags_foreach(rule, tag) {
        ntags++;
    }

    yr_rule_metas_foreach(rule, meta) {
        nmetas++;
    }

    match->space = screen_str_of(rule->ns->name);
    match->rule = screen_str_of(rule->identifier);
    match->tags = screen_calloc(alloc, ntags * sizeof(screen_str_t));
    match->metas = screen_calloc(alloc, nmetas * sizeof(screen_meta_t));

    if (match->tags == NULL || match->metas == NULL) {
        return SCREEN_NOMEM;
    }

    yr_rule_tags_foreach(rule, tag) {
        match->tags[match->ntags++] = screen_str_of(tag);
    }

    yr_rule_metas_foreach(rule, meta) {
        screen_yara_meta(&match->metas[match->nmetas++], meta);
    }

    return SCREEN_OK;
}


static int
screen_yara_matches(screen_yara_found_t *found)
{
    size_t          i;
    screen_part_t  *part;

    part = found->part;

    part->yara = screen_calloc(found->alloc,
                               found->nrules * sizeof(screen_yara_match_t));
    if (part->yara == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < found->nrules; i++) {

        if (screen_yara_match(&part->yara[i], found->rules[i], found->alloc)
            != SCREEN_OK)
        {
            return SCREEN_NOMEM;
        }
    }

    part->nyara = found->nrules;

    return SCREEN_OK;
}


static int
screen_yara_define(YR_SCANNER *scanner, const screen_part_t *part,
    const screen_alloc_t *alloc)
{
    int          rc;
    char        *path, extension[SCREEN_FILETYPE_EXTENSION];
    size_t       i;
    const char  *values[SCREEN_YARA_EXTERNALS];

    path = screen_alloc_text(alloc, &part->filename);
    if (path == NULL) {
        return ERROR_INSUFFICIENT_MEMORY;
    }

    screen_filetype_extension(path, extension);

    values[0] = screen_filetype_base(path);
    values[1] = path;
    values[2] = extension;
    values[3] = screen_filetype_name(&part->type);
    values[4] = "";

    for (i = 0; i < SCREEN_YARA_EXTERNALS; i++) {

        rc = yr_scanner_define_string_variable(scanner,
                                               screen_yara_externals[i],
                                               values[i]);
        if (rc != ERROR_SUCCESS) {
            return rc;
        }
    }

    return ERROR_SUCCESS;
}


int
screen_yara_scan(screen_yara_t *yara, const u_char *data, size_t size,
    uint64_t timeout, screen_part_t *part, const screen_alloc_t *alloc)
{
    int                   rc;
    YR_SCANNER           *scanner;
    screen_yara_found_t   found;

    found.part = part;
    found.alloc = alloc;
    found.nrules = 0;

    /* one that was used before keeps the entry point of what it saw */

    rc = yr_scanner_create(yara->rules, &scanner);

    if (rc != ERROR_SUCCESS) {
        screen_yara_fault(&found, rc);
        return SCREEN_OK;
    }

    rc = screen_yara_define(scanner, part, alloc);

    if (rc == ERROR_SUCCESS) {
        yr_scanner_set_callback(scanner, screen_yara_event, &found);
        yr_scanner_set_flags(scanner, SCREEN_YARA_FLAGS);
        yr_scanner_set_timeout(scanner, (int) ((timeout + 999) / 1000));

        rc = yr_scanner_scan_mem(scanner,
                                 data ? data : (const u_char *) "", size);
    }

    screen_yara_fault(&found, rc);

    yr_scanner_destroy(scanner);

    return screen_yara_matches(&found);
}
