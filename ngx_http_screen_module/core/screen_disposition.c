
#include <string.h>

#include "screen_disposition.h"
#include "screen_header_param.h"
#include "screen_multipart.h"
#include "screen_rfc2231.h"


typedef struct {
    screen_disposition_t   *d;
    u_char                 *space;        /* what is left of it */

    screen_str_t            name_ext;     /* name*, decoded */
    screen_str_t            file_ext;     /* filename*, decoded */
    screen_str_t            pieces;       /* filename*0, filename*1, ... */

    unsigned                has_name_ext:1;
    unsigned                has_file_ext:1;
    unsigned                has_pieces:1;
} screen_disposition_ctx_t;


static void screen_disposition_param(screen_disposition_ctx_t *ctx,
    const screen_header_param_t *p);
static void screen_disposition_plain(screen_disposition_ctx_t *ctx,
    const screen_header_param_t *p);
static void screen_disposition_extended(screen_disposition_ctx_t *ctx,
    const screen_header_param_t *p);
static void screen_disposition_ext(screen_disposition_ctx_t *ctx,
    const screen_header_param_t *p, screen_str_t *to);
static void screen_disposition_piece(screen_disposition_ctx_t *ctx,
    const screen_header_param_t *p);
static screen_str_t screen_disposition_text(screen_disposition_ctx_t *ctx,
    const screen_header_param_t *p);
static int screen_disposition_lone_backslash(const screen_str_t *value);
static void screen_disposition_finish_name(screen_disposition_ctx_t *ctx);
static void screen_disposition_finish_filename(screen_disposition_ctx_t *ctx);
static int screen_disposition_controls(const screen_str_t *s);


void
screen_disposition_parse(screen_disposition_t *d, const screen_str_t *value,
    u_char *space)
{
    screen_str_t              trimmed;
    screen_header_param_t     p;
    screen_header_params_t    ps;
    screen_disposition_ctx_t  ctx;

    memset(d, 0, sizeof(screen_disposition_t));
    memset(&ctx, 0, sizeof(screen_disposition_ctx_t));

    if (value->len == 0) {
        d->framing = SCREEN_FRAMING_DISPOSITION;
        return;
    }

    ctx.d = d;
    ctx.space = space;

    if (screen_disposition_controls(value)) {
        d->framing |= SCREEN_FRAMING_NUL;
    }

    trimmed = screen_trim_ows(value);
    d->type = screen_header_params_init(&ps, &trimmed);

    if (!screen_is_token(&d->type)) {
        d->framing |= SCREEN_FRAMING_DISPOSITION;

        /* the type may be what is absent: then a parameter stands there */

        if (d->type.len && memchr(d->type.data, '=', d->type.len) != NULL) {
            ps.pos = trimmed.data;
            d->type.len = 0;
        }
    }

    while (screen_header_param_next(&ps, &p) == SCREEN_OK) {
        screen_disposition_param(&ctx, &p);
    }

    screen_disposition_finish_name(&ctx);
    screen_disposition_finish_filename(&ctx);
}


static void
screen_disposition_param(screen_disposition_ctx_t *ctx,
    const screen_header_param_t *p)
{
    unsigned  odd, extended;

    odd = p->odd;
    extended = p->name.len && memchr(p->name.data, '*', p->name.len) != NULL;

    /* an extended value has two apostrophes */

    if (extended) {
        odd &= ~SCREEN_PARAM_APOSTROPHE;
    }

    if (odd) {
        ctx->d->framing |= SCREEN_FRAMING_PARAMETER;
    }

    if (extended) {
        screen_disposition_extended(ctx, p);

    } else {
        screen_disposition_plain(ctx, p);
    }
}


/*
 * Of two parameters with the same name the first stays, unless it is empty
 * and the second is not.
 */

static void
screen_disposition_plain(screen_disposition_ctx_t *ctx,
    const screen_header_param_t *p)
{
    screen_str_t           text;
    screen_disposition_t  *d;

    d = ctx->d;

    if (screen_str_caseis(&p->name, "name")) {
        text = screen_disposition_text(ctx, p);

        if (d->has_name) {
            d->framing |= SCREEN_FRAMING_PARAMETER;
        }

        if (d->name.len == 0) {
            d->name = text;
        }

        d->has_name = 1;

    } else if (screen_str_caseis(&p->name, "filename")) {
        text = screen_disposition_text(ctx, p);

        if (d->has_filename || screen_disposition_lone_backslash(&p->value)) {
            d->framing |= SCREEN_FRAMING_PARAMETER;
        }

        if (d->filename.len == 0) {
            d->filename = text;
        }

        d->has_filename = 1;
    }
}


static void
screen_disposition_extended(screen_disposition_ctx_t *ctx,
    const screen_header_param_t *p)
{
    if (screen_str_caseis(&p->name, "name*")) {

        if (ctx->has_name_ext) {
            ctx->d->framing |= SCREEN_FRAMING_PARAMETER;
            return;
        }

        ctx->has_name_ext = 1;
        screen_disposition_ext(ctx, p, &ctx->name_ext);

    } else if (screen_str_caseis(&p->name, "filename*")) {

        if (ctx->has_file_ext) {
            ctx->d->framing |= SCREEN_FRAMING_PARAMETER;
            return;
        }

        ctx->has_file_ext = 1;
        screen_disposition_ext(ctx, p, &ctx->file_ext);

    } else if (screen_str_starts(&p->name, "filename*")) {
        screen_disposition_piece(ctx, p);

    } else if (screen_str_starts(&p->name, "name*")) {
        ctx->d->framing |= SCREEN_FRAMING_PARAMETER;
    }
}


/* only what needs decoding takes space */

static screen_str_t
screen_disposition_text(screen_disposition_ctx_t *ctx,
    const screen_header_param_t *p)
{
    screen_str_t  text;

    text = screen_html_decode(&p->value, p->quoted, ctx->space);

    if (text.data == ctx->space) {
        ctx->space += text.len;
    }

    return text;
}


static void
screen_disposition_ext(screen_disposition_ctx_t *ctx,
    const screen_header_param_t *p, screen_str_t *to)
{
    int  rc;

    rc = screen_rfc8187_decode(&p->value, ctx->space, &to->len);

    to->data = ctx->space;
    ctx->space += to->len;

    if (rc != SCREEN_OK || p->quoted) {
        ctx->d->framing |= SCREEN_FRAMING_FILENAME;
    }

    if (screen_disposition_controls(to)) {
        ctx->d->framing |= SCREEN_FRAMING_NUL;
    }
}


/* RFC 2231 section 3; the pieces are joined as they come */

static void
screen_disposition_piece(screen_disposition_ctx_t *ctx,
    const screen_header_param_t *p)
{
    size_t        len;
    screen_str_t  text;

    ctx->d->framing |= SCREEN_FRAMING_FILENAME;

    text = p->value;

    if (p->name.data[p->name.len - 1] != '*') {
        memcpy(ctx->space, text.data, text.len);
        len = text.len;

    } else if (!ctx->has_pieces) {
        (void) screen_rfc8187_decode(&text, ctx->space, &len);

    } else {
        (void) screen_percent_decode(&text, ctx->space, &len);
    }

    if (!ctx->has_pieces) {
        ctx->pieces.data = ctx->space;
        ctx->pieces.len = 0;
        ctx->has_pieces = 1;
    }

    /* a decoded parameter may have come between two pieces */

    if (ctx->pieces.data + ctx->pieces.len == ctx->space) {
        ctx->pieces.len += len;
        ctx->space += len;
    }
}


/*
 * A backslash before anything but a quote or a backslash is a plain character
 * to browsers, curl and most servers; some servers drop it.  That matters
 * where it changes the extension.
 */

static int
screen_disposition_lone_backslash(const screen_str_t *value)
{
    int     lone;
    size_t  i;

    lone = 0;

    for (i = 0; i < value->len; i++) {

        if (value->data[i] == '.') {
            lone = 0;
            continue;
        }

        if (value->data[i] != '\\' || i + 1 == value->len) {
            continue;
        }

        if (value->data[i + 1] == '"' || value->data[i + 1] == '\\') {
            i++;

        } else if (memchr(value->data, '.', i) != NULL) {
            lone = 1;
        }
    }

    return lone;
}


static void
screen_disposition_finish_name(screen_disposition_ctx_t *ctx)
{
    int                    rc;
    size_t                 i, len;
    screen_disposition_t  *d;

    d = ctx->d;

    if (ctx->has_name_ext) {

        if (d->has_name && !screen_str_eq(&d->name, &ctx->name_ext)
            && !screen_percent_equal(&d->name, &ctx->name_ext))
        {
            d->framing |= SCREEN_FRAMING_PARAMETER;
        }

        d->name = ctx->name_ext;
        d->has_name = 1;
        return;
    }

    rc = d->has_name ? screen_rfc2047_decode(&d->name, ctx->space, &len)
                     : SCREEN_NOT_FOUND;

    if (rc == SCREEN_NOT_FOUND) {
        return;
    }

    if (rc != SCREEN_OK) {
        d->framing |= SCREEN_FRAMING_PARAMETER;
    }

    /* .NET encodes a name that needs it, in UTF-8, and only such a name */

    for (i = 0; i < len && ctx->space[i] < 0x80; i++) {
        /* void */
    }

    if (i == len) {
        d->framing |= SCREEN_FRAMING_PARAMETER;
    }

    d->name.data = ctx->space;
    d->name.len = len;
    ctx->space += len;

    if (screen_disposition_controls(&d->name)) {
        d->framing |= SCREEN_FRAMING_NUL;
    }
}


static void
screen_disposition_finish_filename(screen_disposition_ctx_t *ctx)
{
    int                    equal;
    size_t                 len;
    screen_str_t           plain, word;
    screen_disposition_t  *d;

    d = ctx->d;
    plain = d->filename;

    if (ctx->has_pieces) {
        d->filename = ctx->pieces;
    }

    equal = d->has_filename && ctx->has_file_ext
            && (screen_str_eq(&plain, &ctx->file_ext)
                || screen_percent_equal(&plain, &ctx->file_ext));

    if (d->has_filename
        && screen_rfc2047_decode(&plain, ctx->space, &len)
           != SCREEN_NOT_FOUND)
    {
        word.data = ctx->space;
        word.len = len;
        ctx->space += len;

        equal = ctx->has_file_ext && screen_str_eq(&word, &ctx->file_ext);

        if (!ctx->has_file_ext) {
            d->framing |= SCREEN_FRAMING_FILENAME;
            d->filename = word;
        }

        if (screen_disposition_controls(&word)) {
            d->framing |= SCREEN_FRAMING_NUL;
        }
    }

    if (ctx->has_file_ext) {

        if (d->has_filename && !equal) {
            d->framing |= SCREEN_FRAMING_FILENAME;
        }

        d->filename = ctx->file_ext;
    }

    if (ctx->has_file_ext || ctx->has_pieces) {
        d->has_filename = 1;
    }
}


static int
screen_disposition_controls(const screen_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {
        if ((s->data[i] < 0x20 && s->data[i] != '\t') || s->data[i] == 0x7f) {
            return 1;
        }
    }

    return 0;
}
