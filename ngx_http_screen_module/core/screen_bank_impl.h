
/*
 * The format of a bank file, shared by its writer and its reader.
 *
 * All integers are little-endian.  A header is followed by sections, each
 * aligned to SCREEN_BANK_ALIGN bytes and found by its row in the header's
 * directory.  A reader ignores sections of a type that it does not know, so
 * that another index can be added beside these without a new version.
 *
 *     header     magic[8], u32 version, u32 length of header and directory,
 *                u32 CRC-32 of both (with this field zero), u32 rows,
 *                u64 file size, u64 built, u64 origin size, u64 origin
 *                mtime_ns, u64 origin inode
 *     row        u32 type, u16 signal, u16 bits, u64 offset, u64 size,
 *                u64 count
 *
 *     BUCKETS    u32[2^bits + 1]: bucket b, the values whose leading bits
 *                are b, holds the values from [b] to [b + 1]
 *     VALUES     the values of one signal, sorted, without a gap
 *     METAS      u32[count]: the record of each value
 *     EXPIRES    u64[count]: seconds since 1970, 0 is never; the section is
 *                missing when nothing expires
 *     MARKS      u32 time, u16 view, u16 zero of each value of pdq or vpdq;
 *                the section is missing when all of them are zero
 *     NEAR       the index of values that are near another, in the format
 *                of screen_near_impl.h; of pdq and vpdq only, and only when
 *                there are SCREEN_NEAR_MIN values or more
 *     RECORDS    u64 label, u64 source, u64 content, u32 severity, u32
 *                frames; a text is its offset in STRINGS << 16 | its length,
 *                frames the different times of that content in vpdq
 *     CONTENTS   u32[count]: a record of each content that has frames,
 *                ascending by content
 *     STRINGS    bytes
 *
 * A value of vpdq stands there once for each of its contents.
 */


#ifndef _SCREEN_BANK_IMPL_H_INCLUDED_
#define _SCREEN_BANK_IMPL_H_INCLUDED_


#include <endian.h>
#include <string.h>

#include "screen_bank.h"


#define SCREEN_BANK_VERSION    3

#define SCREEN_BANK_CRC_AT     16
#define SCREEN_BANK_HEADER     64
#define SCREEN_BANK_ROW        32
#define SCREEN_BANK_ROWS_MAX   64
#define SCREEN_BANK_RECORD     32
#define SCREEN_BANK_MARK       8
#define SCREEN_BANK_ALIGN      64

/* values a bucket holds on average, and the most bits a bucket index has */
#define SCREEN_BANK_FILL       4
#define SCREEN_BANK_BITS_MAX   28


typedef enum {
    SCREEN_BANK_BUCKETS = 1,
    SCREEN_BANK_VALUES,
    SCREEN_BANK_METAS,
    SCREEN_BANK_EXPIRES,
    SCREEN_BANK_RECORDS,
    SCREEN_BANK_STRINGS,
    SCREEN_BANK_NEAR,
    SCREEN_BANK_MARKS,
    SCREEN_BANK_CONTENTS,
    SCREEN_BANK_SECTIONS
} screen_bank_section_t;


static inline uint32_t
screen_bank_get_u32(const u_char *p)
{
    uint32_t  v;

    memcpy(&v, p, sizeof(uint32_t));

    return le32toh(v);
}


static inline uint64_t
screen_bank_get_u64(const u_char *p)
{
    uint64_t  v;

    memcpy(&v, p, sizeof(uint64_t));

    return le64toh(v);
}


/* the bucket of a value: its leading bits */

static inline uint32_t
screen_bank_bucket(const u_char *value, unsigned bits)
{
    uint32_t  v;

    if (bits == 0) {
        return 0;
    }

    memcpy(&v, value, sizeof(uint32_t));

    return be32toh(v) >> (32 - bits);
}


/* CRC-32 of IEEE 802.3 over a header of len bytes, its own field as zero */
uint32_t screen_bank_crc(const u_char *header, size_t len);

/*
 * The entry of the at-th value of a signal that the bank has.  SCREEN_OK, or
 * SCREEN_MALFORMED when the file is damaged there.
 */
int screen_bank_entry(const screen_bank_t *bank, screen_signal_t signal,
    uint32_t at, screen_entry_t *entry);

/*
 * Checks a bank that lies in memory and points bank into it; what
 * screen_bank_open_fd() does with the map.  SCREEN_OK or SCREEN_ERROR.
 */
int screen_bank_attach(screen_bank_t *bank, const u_char *data, size_t size,
    const char *name, screen_error_t *err);


#endif /* _SCREEN_BANK_IMPL_H_INCLUDED_ */
