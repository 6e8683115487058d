
#include "screen_sniff_impl.h"


#define SCREEN_AAC_HEADER      7
#define SCREEN_AAC_FRAMES      3

#define SCREEN_TS_PACKETS      3
#define SCREEN_TS_SIZE         188
#define SCREEN_TS_TIMED        192     /* M2TS: four bytes of time ahead */


static int screen_stream_mp3(const u_char *data, size_t len);
static size_t screen_mp3_frame(const u_char *p, size_t len);
static int screen_stream_aac(const u_char *data, size_t len);
static int screen_stream_ts(const u_char *data, size_t len, size_t at,
    size_t step);


const char *
screen_sniff_stream(const u_char *data, size_t len)
{
    if (screen_stream_mp3(data, len)) {
        return "audio/mpeg";
    }

    if (screen_stream_aac(data, len)) {
        return "audio/aac";
    }

    if (screen_stream_ts(data, len, 0, SCREEN_TS_SIZE)
        || screen_stream_ts(data, len, 4, SCREEN_TS_TIMED))
    {
        return "video/mp2t";
    }

    return NULL;
}


/* the standard, 6.2.4: two frame headers, one where the other ends */

static int
screen_stream_mp3(const u_char *data, size_t len)
{
    size_t  size;

    size = screen_mp3_frame(data, len);

    if (size < 4 || size >= len) {
        return 0;
    }

    return screen_mp3_frame(data + size, len - size) != 0;
}


/*
 * The size of a frame of layer III, 0 if there is no such header.  The
 * standard's text takes the version bits the wrong way round and knows the
 * sample rates of MPEG-1 only; this follows ISO 11172-3 and 13818-3.
 */

static size_t
screen_mp3_frame(const u_char *p, size_t len)
{
    size_t    size;
    unsigned  version, rate;

    static const uint16_t  kbits1[16] = {
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0
    };
    static const uint16_t  kbits2[16] = {
        0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0
    };
    static const uint16_t  rates[4] = { 44100, 48000, 32000, 0 };

    if (len < 4 || p[0] != 0xff || (p[1] & 0xe0) != 0xe0
        || (p[1] & 0x06) != 0x02)
    {
        return 0;
    }

    version = (p[1] >> 3) & 3;
    rate = rates[(p[2] >> 2) & 3];

    if (version == 1 || rate == 0) {
        return 0;
    }

    if (version == 3) {
        size = 144000u * kbits1[p[2] >> 4] / rate;

    } else {
        rate /= version == 2 ? 2 : 4;
        size = 72000u * kbits2[p[2] >> 4] / rate;
    }

    return size ? size + ((p[2] >> 1) & 1) : 0;
}


/* ISO 13818-7, 6.2: frames of AAC with an ADTS header, each in a row */

static int
screen_stream_aac(const u_char *data, size_t len)
{
    size_t    at, size;
    unsigned  n;

    at = 0;

    for (n = 0; n < SCREEN_AAC_FRAMES; n++) {

        if (len - at < SCREEN_AAC_HEADER) {
            return 0;
        }

        if (data[at] != 0xff || (data[at + 1] & 0xf6) != 0xf0
            || ((data[at + 2] >> 2) & 0x0f) > 12)
        {
            return 0;
        }

        size = (size_t) (data[at + 3] & 3) << 11
               | (size_t) data[at + 4] << 3 | data[at + 5] >> 5;

        if (size < SCREEN_AAC_HEADER || size > len - at) {
            return 0;
        }

        at += size;

        /* a file of one or two frames ends here */

        if (at == len) {
            return 1;
        }
    }

    return 1;
}


static int
screen_stream_ts(const u_char *data, size_t len, size_t at, size_t step)
{
    unsigned  i;

    if (len < at + (SCREEN_TS_PACKETS - 1) * step + 1) {
        return 0;
    }

    for (i = 0; i < SCREEN_TS_PACKETS; i++) {

        if (data[at + i * step] != 0x47) {
            return 0;
        }
    }

    return 1;
}
