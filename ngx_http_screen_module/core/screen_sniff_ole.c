
#include "screen_sniff_impl.h"


/* [MS-CFB]: the header (2.2), the FAT (2.3) and the directory (2.6) */

#define SCREEN_OLE_HEADER     512
#define SCREEN_OLE_DIFAT_AT   76
#define SCREEN_OLE_DIFAT      109          /* FAT sectors in the header */
#define SCREEN_OLE_ENTRY      128
#define SCREEN_OLE_SECTORS    64           /* directory sectors looked at */
#define SCREEN_OLE_LAST       0xfffffffa   /* above: not a sector's number */
#define SCREEN_OLE_ROOT       5


typedef struct {
    const u_char   *data;
    size_t          len;
    unsigned        shift;                 /* a sector is 1 << shift bytes */
} screen_ole_t;


typedef struct {
    const char     *name;
    const char     *type;
} screen_ole_name_t;


static const char *screen_ole_sector(const screen_ole_t *ole, uint32_t n);
static const char *screen_ole_entry(const u_char *entry);
static int screen_ole_named(const u_char *entry, const char *name);
static const u_char *screen_ole_at(const screen_ole_t *ole, uint32_t n);
static uint32_t screen_ole_next(const screen_ole_t *ole, uint32_t n);


static const screen_ole_name_t  screen_ole_names[] = {
    { "WordDocument",             "application/msword" },
    { "Workbook",                 "application/vnd.ms-excel" },
    { "Book",                     "application/vnd.ms-excel" },
    { "PowerPoint Document",      "application/vnd.ms-powerpoint" },
    { "VisioDocument",            "application/vnd.visio" },
    { "__properties_version1.0",  "application/vnd.ms-outlook" }
};


const char *
screen_sniff_ole(const u_char *data, size_t len)
{
    uint32_t      n;
    unsigned      i;
    const char   *type;
    screen_ole_t  ole;

    if (!screen_sniff_at(data, len, 0, "\320\317\021\340\241\261\032\341")) {
        return NULL;
    }

    if (len < SCREEN_OLE_HEADER) {
        return "application/x-ole-storage";
    }

    ole.data = data;
    ole.len = len;
    ole.shift = screen_sniff_le16(data + 30);

    if (ole.shift != 9 && ole.shift != 12) {
        return "application/x-ole-storage";
    }

    /* a chain may be a circle: the count ends it */

    n = screen_sniff_le32(data + 48);

    for (i = 0; i < SCREEN_OLE_SECTORS && n < SCREEN_OLE_LAST; i++) {
        type = screen_ole_sector(&ole, n);

        if (type != NULL) {
            return type;
        }

        n = screen_ole_next(&ole, n);
    }

    return "application/x-ole-storage";
}


static const char *
screen_ole_sector(const screen_ole_t *ole, uint32_t n)
{
    size_t         i;
    const char    *type;
    const u_char  *sector;

    sector = screen_ole_at(ole, n);

    if (sector == NULL) {
        return NULL;
    }

    for (i = 0; i < (size_t) 1 << ole->shift; i += SCREEN_OLE_ENTRY) {
        type = screen_ole_entry(sector + i);

        if (type != NULL) {
            return type;
        }
    }

    return NULL;
}


/*
 * An installer has no stream of a telling name, its names are packed; its
 * root carries the class 000C1084-0000-0000-C000-000000000046 (packages),
 * ...1086 (patches).
 */

static const char *
screen_ole_entry(const u_char *entry)
{
    size_t  i;

    if (entry[66] == SCREEN_OLE_ROOT
        && (entry[80] == 0x84 || entry[80] == 0x86)
        && memcmp(entry + 81, "\020\014\0\0\0\0\0\300\0\0\0\0\0\0F", 15) == 0)
    {
        return "application/x-msi";
    }

    for (i = 0; i < sizeof(screen_ole_names) / sizeof(screen_ole_names[0]);
         i++)
    {
        if (screen_ole_named(entry, screen_ole_names[i].name)) {
            return screen_ole_names[i].type;
        }
    }

    return NULL;
}


/* 32 UTF-16 units, their size in bytes, the last NUL among them, at 64 */

static int
screen_ole_named(const u_char *entry, const char *name)
{
    size_t  i, n;

    n = strlen(name);

    if (screen_sniff_le16(entry + 64) != 2 * (n + 1)) {
        return 0;
    }

    for (i = 0; i < n; i++) {

        if (entry[2 * i] != (u_char) name[i] || entry[2 * i + 1] != 0) {
            return 0;
        }
    }

    return 1;
}


static const u_char *
screen_ole_at(const screen_ole_t *ole, uint32_t n)
{
    uint64_t  at;

    at = ((uint64_t) n + 1) << ole->shift;

    if (at > ole->len || ole->len - at < (size_t) 1 << ole->shift) {
        return NULL;
    }

    return ole->data + at;
}


/*
 * Only the FAT sectors that the header lists: they cover 6.8 MB with small
 * sectors, 440 MB with large ones, and a directory is seldom beyond.
 */

static uint32_t
screen_ole_next(const screen_ole_t *ole, uint32_t n)
{
    uint32_t       per, fat;
    const u_char  *sector;

    per = 1u << (ole->shift - 2);

    if (n / per >= SCREEN_OLE_DIFAT) {
        return UINT32_MAX;
    }

    fat = screen_sniff_le32(ole->data + SCREEN_OLE_DIFAT_AT + 4 * (n / per));

    if (fat >= SCREEN_OLE_LAST) {
        return UINT32_MAX;
    }

    sector = screen_ole_at(ole, fat);

    if (sector == NULL) {
        return UINT32_MAX;
    }

    return screen_sniff_le32(sector + 4 * (n % per));
}
