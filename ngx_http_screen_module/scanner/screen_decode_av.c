
#include <stdlib.h>
#include <string.h>

#include <libavformat/avformat.h>

#include "screen_decode_impl.h"
#include "screen_wire.h"


#define SCREEN_AV_BUFFER   65536       /* bytes that a demuxer reads at once */
#define SCREEN_AV_PROBE    2000000     /* bytes looked at for what is inside */
#define SCREEN_AV_STREAMS  64


typedef enum {
    SCREEN_AV_ALL = 0,
    SCREEN_AV_KEYS,                    /* key frames alone */
    SCREEN_AV_GAPS                     /* between key frames far apart */
} screen_av_pass_t;


typedef struct {
    screen_decode_t         *d;
    screen_av_pass_t         pass;

    size_t                   at;       /* where the demuxer reads */
    AVIOContext             *io;
    AVFormatContext         *format;
    AVStream                *stream;
    AVPacket                *packet;
    screen_decode_codec_t    codec;

    int64_t                  start;    /* of the stream, in its time base */
    uint64_t                 last;     /* ms, of the latest packet */
    uint64_t                 spacing;  /* ms from key frame to key frame */
    uint64_t                 cpu;      /* us: where to stop */

    uint64_t                *keys;     /* ms, of each key frame in turn */
    size_t                   nkeys;
    size_t                   room;

    size_t                   key;      /* the one that comes next */
    size_t                   gaps;     /* that are yet to come */
    unsigned                 open:1;   /* in a gap */
    uint64_t                 want;     /* ms: no frame before */
    uint64_t                 share;    /* us: where to give the gap up */
} screen_av_t;


/* custom I/O: the bytes in memory, and nothing else */

static int
screen_decode_av_read(void *opaque, uint8_t *buf, int size)
{
    size_t        left;
    screen_av_t  *av;

    av = opaque;
    left = av->d->size - av->at;

    if (left == 0) {
        return AVERROR_EOF;
    }

    if ((size_t) size > left) {
        size = left;
    }

    memcpy(buf, av->d->data + av->at, size);
    av->at += size;

    return size;
}


static int64_t
screen_decode_av_seek(void *opaque, int64_t offset, int whence)
{
    int64_t       size;
    screen_av_t  *av;

    av = opaque;
    size = av->d->size;

    switch (whence & ~AVSEEK_FORCE) {

    case AVSEEK_SIZE:
        return size;

    case SEEK_CUR:
        offset = av_sat_add64(offset, av->at);
        break;

    case SEEK_END:
        offset = av_sat_add64(offset, size);
        break;
    }

    if (offset < 0 || offset > size) {
        return AVERROR(EINVAL);
    }

    av->at = offset;

    return offset;
}


static int
screen_decode_av_interrupt(void *opaque)
{
    screen_av_t  *av;

    av = opaque;

    return screen_wire_now() >= av->d->deadline;
}


static int
screen_decode_av_refuse(AVFormatContext *format, AVIOContext **io,
    const char *url, int flags, AVDictionary **options)
{
    return AVERROR(EACCES);
}


static int
screen_decode_av_input(screen_av_t *av, const char *name)
{
    u_char               *buffer;
    const AVInputFormat  *input;

    input = av_find_input_format(name);
    if (input == NULL) {
        return AVERROR_DECODER_NOT_FOUND;
    }

    av->format = avformat_alloc_context();
    av->packet = av_packet_alloc();
    buffer = av_malloc(SCREEN_AV_BUFFER);

    if (buffer) {
        av->io = avio_alloc_context(buffer, SCREEN_AV_BUFFER, 0, av,
                                    screen_decode_av_read, NULL,
                                    screen_decode_av_seek);
        if (av->io == NULL) {
            av_free(buffer);
        }
    }

    if (av->format == NULL || av->packet == NULL || av->io == NULL) {
        return AVERROR(ENOMEM);
    }

    av->format->pb = av->io;
    av->format->flags |= AVFMT_FLAG_CUSTOM_IO;
    av->format->io_open = screen_decode_av_refuse;
    av->format->interrupt_callback.callback = screen_decode_av_interrupt;
    av->format->interrupt_callback.opaque = av;
    av->format->max_streams = SCREEN_AV_STREAMS;
    av->format->probesize = SCREEN_AV_PROBE;
    av->format->codec_whitelist = av_strdup(screen_decode_codec_list());
    av->format->protocol_whitelist = av_strdup("");

    if (av->format->codec_whitelist == NULL
        || av->format->protocol_whitelist == NULL)
    {
        return AVERROR(ENOMEM);
    }

    return avformat_open_input(&av->format, "", input, NULL);
}


/*
 * The largest picture among the tracks that can be decoded; a cover is none,
 * unless there is nothing else.
 */

static const AVCodec *
screen_decode_av_choose(screen_av_t *av)
{
    int64_t         area, best;
    unsigned        i;
    AVStream       *st;
    const AVCodec  *codec, *chosen;

    best = -1;
    chosen = NULL;

    for (i = 0; i < av->format->nb_streams; i++) {
        st = av->format->streams[i];
        st->discard = AVDISCARD_ALL;

        if (st->codecpar->codec_type != AVMEDIA_TYPE_VIDEO) {
            continue;
        }

        codec = screen_decode_codec_find(st->codecpar->codec_id);

        if (codec == NULL) {
            screen_decode_reason(av->d, "unsupported");
            continue;
        }

        area = (int64_t) st->codecpar->width * st->codecpar->height;

        if (st->disposition & AV_DISPOSITION_ATTACHED_PIC) {
            area = 0;
        }

        if (area > best) {
            best = area;
            chosen = codec;
            av->stream = st;
        }
    }

    if (av->stream) {
        av->stream->discard = AVDISCARD_DEFAULT;
    }

    return chosen;
}


static void
screen_decode_av_times(screen_av_t *av)
{
    int64_t           ms;
    screen_decode_t  *d;

    d = av->d;
    ms = 0;

    if (av->stream->duration > 0) {
        ms = av_rescale_q(av->stream->duration, av->stream->time_base,
                          av_make_q(1, 1000));

    } else if (av->format->duration > 0) {
        ms = av->format->duration / (AV_TIME_BASE / 1000);
    }

    if (ms > 0) {
        d->info->duration = ms < UINT32_MAX ? ms : UINT32_MAX;
    }

    av->start = av->stream->start_time != AV_NOPTS_VALUE
                ? av->stream->start_time : 0;

    av->spacing = d->info->duration / (d->limits->frames
                                       ? d->limits->frames : 1);

    if (av->spacing < SCREEN_DECODE_APART) {
        av->spacing = SCREEN_DECODE_APART;
    }
}


static uint64_t
screen_decode_av_ms(screen_av_t *av, int64_t ts)
{
    if (ts == AV_NOPTS_VALUE) {
        return av->last;
    }

    ts = av_rescale_q(av_sat_sub64(ts, av->start), av->stream->time_base,
                      av_make_q(1, 1000));

    return ts < 0 ? 0 : (uint64_t) ts;
}


/* of the frames between key frames, one a second */

static int
screen_decode_av_want(void *owner, int64_t ts, uint64_t *ms)
{
    screen_av_t  *av;

    av = owner;
    *ms = screen_decode_av_ms(av, ts);

    if (av->pass != SCREEN_AV_GAPS) {
        return 1;
    }

    if (*ms < av->want) {
        return 0;
    }

    av->want = *ms + SCREEN_DECODE_STEP;

    return 1;
}


/* 1 when there is something to be decoded; else a reason is kept, or none */

static int
screen_decode_av_open(screen_av_t *av, const char *name)
{
    int             rc;
    const AVCodec  *codec;

    rc = screen_decode_av_input(av, name);

    /* where there is no header, frames must tell what is inside */

    if (rc >= 0 && ((av->format->ctx_flags & AVFMTCTX_NOHEADER)
                    || av->format->nb_streams == 0))
    {
        rc = avformat_find_stream_info(av->format, NULL);
    }

    if (rc < 0) {
        screen_decode_codec_failed(av->d, rc);
        return 0;
    }

    codec = screen_decode_av_choose(av);

    if (codec == NULL
        || !screen_decode_fits(av->d, av->stream->codecpar->width,
                               av->stream->codecpar->height))
    {
        return 0;
    }

    screen_decode_av_times(av);

    av->codec.d = av->d;
    av->codec.want = screen_decode_av_want;
    av->codec.owner = av;

    rc = screen_decode_codec_open(&av->codec, codec, av->stream->codecpar);

    if (rc < 0) {
        screen_decode_codec_failed(av->d, rc);
    }

    return rc >= 0;
}


static void
screen_decode_av_close(screen_av_t *av)
{
    screen_decode_codec_close(&av->codec);
    avformat_close_input(&av->format);
    av_packet_free(&av->packet);

    if (av->io) {
        av_freep(&av->io->buffer);
        avio_context_free(&av->io);
    }

    av->stream = NULL;
    av->at = 0;
    av->last = 0;
}


/* a frame that every decoder gives at once, without those around it */

static int
screen_decode_av_key(screen_av_t *av, uint64_t ms)
{
    size_t     room;
    uint64_t  *keys;

    if (!(av->packet->flags & AV_PKT_FLAG_KEY)
        || (av->nkeys && ms < av->keys[av->nkeys - 1] + av->spacing))
    {
        return 1;
    }

    if (av->nkeys == av->room) {
        room = av->room ? av->room * 2 : 64;
        keys = realloc(av->keys, room * sizeof(uint64_t));

        if (keys == NULL) {
            screen_decode_reason(av->d, "memory");
            return 0;
        }

        av->keys = keys;
        av->room = room;
    }

    av->keys[av->nkeys++] = ms;

    if (!screen_decode_codec_send(&av->codec, av->packet)
        || !screen_decode_codec_send(&av->codec, NULL))
    {
        return 0;
    }

    screen_decode_codec_flush(&av->codec);

    return 1;
}


static uint64_t
screen_decode_av_gap(screen_av_t *av, size_t key)
{
    uint64_t  end;

    end = key + 1 < av->nkeys ? av->keys[key + 1] : av->d->info->duration;

    return end > av->keys[key] ? end - av->keys[key] : 0;
}


/*
 * The time that is left is shared by the gaps that are left: a long video is
 * looked at from its beginning to its end.
 */

static int
screen_decode_av_between(screen_av_t *av, uint64_t ms)
{
    uint64_t  now;

    now = screen_decode_cpu();

    if (now >= av->cpu || av->d->info->frames >= av->d->limits->frames) {
        av->d->info->spent = 1;
        return 0;
    }

    if (av->key < av->nkeys && ms == av->keys[av->key]
        && (av->packet->flags & AV_PKT_FLAG_KEY))
    {
        av->open = screen_decode_av_gap(av, av->key) > av->d->limits->interval;
        av->key++;

        if (av->open) {
            screen_decode_codec_flush(&av->codec);
            av->want = ms + SCREEN_DECODE_STEP;
            av->share = now + (av->cpu - now) / av->gaps;
            av->gaps--;
        }
    }

    if (av->open && now >= av->share) {
        av->d->info->spent = 1;
        av->open = 0;
    }

    if (!av->open) {
        return av->gaps > 0;
    }

    return screen_decode_codec_send(&av->codec, av->packet);
}


static int
screen_decode_av_packet(screen_av_t *av)
{
    uint64_t   ms;
    AVPacket  *packet;

    packet = av->packet;

    ms = screen_decode_av_ms(av, packet->pts != AV_NOPTS_VALUE ? packet->pts
                                                               : packet->dts);
    av->last = ms;

    if (packet->flags & AV_PKT_FLAG_CORRUPT) {
        screen_decode_reason(av->d, "truncated");
    }

    switch (av->pass) {

    case SCREEN_AV_KEYS:
        return screen_decode_av_key(av, ms);

    case SCREEN_AV_GAPS:
        return screen_decode_av_between(av, ms);

    default:

        if (!av->d->limits->dense && av->d->info->frames
            && screen_decode_cpu() >= av->cpu)
        {
            screen_decode_reason(av->d, "cpu");
            return 0;
        }

        return screen_decode_codec_send(&av->codec, packet);
    }
}


/* 1 when all packets were seen */

static int
screen_decode_av_packets(screen_av_t *av)
{
    int  on, rc;

    do {
        if (screen_decode_over(av->d)) {
            return 0;
        }

        rc = av_read_frame(av->format, av->packet);

        if (rc < 0) {

            if (rc != AVERROR_EOF) {
                screen_decode_codec_failed(av->d, rc);
            }

            return rc != AVERROR(ENOMEM);
        }

        on = av->packet->stream_index != av->stream->index
             || screen_decode_av_packet(av);

        av_packet_unref(av->packet);

    } while (on);

    return 0;
}


/* a second time over the packets, if key frames left gaps */

static void
screen_decode_av_gaps(screen_av_t *av, const char *name)
{
    size_t  i;

    for (i = 0; i < av->nkeys; i++) {

        if (screen_decode_av_gap(av, i) > av->d->limits->interval) {
            av->gaps++;
        }
    }

    if (av->nkeys && av->gaps == 0) {
        return;
    }

    screen_decode_av_close(av);

    av->pass = SCREEN_AV_GAPS;
    av->cpu = screen_decode_cpu() + av->d->limits->cpu * 1000ULL;

    if (!screen_decode_av_open(av, name)) {
        return;
    }

    if (av->nkeys == 0) {

        /* no frame is marked as one that could be decoded alone */

        av->open = 1;
        av->gaps = 1;
        av->share = av->cpu;
    }

    if (screen_decode_av_packets(av) && av->open
        && av->d->info->frames < av->d->limits->frames)
    {
        (void) screen_decode_codec_send(&av->codec, NULL);
    }

    if (av->nkeys == 0 && av->d->info->spent) {
        screen_decode_reason(av->d, "cpu");
    }
}


static int
screen_decode_av_animated(const char *name)
{
    return strcmp(name, "apng") == 0;
}


void
screen_decode_av(screen_decode_t *d, const char *name)
{
    int           all;
    screen_av_t   av;

    memset(&av, 0, sizeof(screen_av_t));

    av.d = d;
    av.codec.animation = screen_decode_av_animated(name);
    av.pass = d->limits->dense || av.codec.animation ? SCREEN_AV_ALL
                                                     : SCREEN_AV_KEYS;
    av.cpu = screen_decode_cpu() + d->limits->cpu * 1000ULL;

    if (screen_decode_av_open(&av, name)) {
        d->info->video = !av.codec.animation;

        if (av.spacing > SCREEN_DECODE_SPARSE) {
            screen_decode_reason(d, "frames");
        }

        all = screen_decode_av_packets(&av);

        if (all && av.pass == SCREEN_AV_ALL) {
            (void) screen_decode_codec_send(&av.codec, NULL);
        }

        if (all && av.pass == SCREEN_AV_KEYS) {
            screen_decode_av_gaps(&av, name);
        }
    }

    screen_decode_av_close(&av);
    free(av.keys);
}
