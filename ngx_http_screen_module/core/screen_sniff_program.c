
#include "screen_sniff_impl.h"


#define SCREEN_ELF_SEGMENTS    128         /* program headers looked at */
#define SCREEN_ELF_DYNAMIC     1024        /* dynamic entries looked at */

#define SCREEN_ELF_PT_DYNAMIC  2
#define SCREEN_ELF_DT_FLAGS_1  0x6ffffffb
#define SCREEN_ELF_DF_1_PIE    0x08000000

/* the first version of a Java class file, and more than a fat binary has */

#define SCREEN_JAVA_FIRST      45


typedef struct {
    const u_char   *data;
    size_t          len;
    unsigned        wide:1;                /* 64 bits */
    unsigned        big:1;                 /* big-endian */
} screen_elf_t;


static int screen_program_pe(const u_char *data, size_t len);
static const char *screen_program_elf(const u_char *data, size_t len);
static int screen_elf_is_pie(const screen_elf_t *elf);
static int screen_elf_dynamic_pie(const screen_elf_t *elf, uint64_t offset,
    uint64_t size);
static uint64_t screen_elf_read(const screen_elf_t *elf, uint64_t offset,
    unsigned size);
static const char *screen_program_mach(const u_char *data, size_t len);


const char *
screen_sniff_program(const u_char *data, size_t len)
{
    if (screen_program_pe(data, len)) {
        return "application/x-dosexec";
    }

    if (screen_sniff_at(data, len, 0, "\177ELF")) {
        return screen_program_elf(data, len);
    }

    return screen_program_mach(data, len);
}


/*
 * Only with a second header is MZ sure enough to be told ahead of all else;
 * a plain DOS program is a weak signature of the tables.
 */

static int
screen_program_pe(const u_char *data, size_t len)
{
    uint32_t  at;

    if (len < 64 || data[0] != 'M' || data[1] != 'Z') {
        return 0;
    }

    at = screen_sniff_le32(data + 0x3c);

    return screen_sniff_at(data, len, at, "PE\0\0")
           || screen_sniff_at(data, len, at, "NE")
           || screen_sniff_at(data, len, at, "LE")
           || screen_sniff_at(data, len, at, "LX");
}


static const char *
screen_program_elf(const u_char *data, size_t len)
{
    screen_elf_t  elf;

    elf.data = data;
    elf.len = len;
    elf.wide = len > 4 && data[4] == 2;
    elf.big = len > 5 && data[5] == 2;

    switch (screen_elf_read(&elf, 16, 2)) {

    case 1:
        return "application/x-object";

    case 3:
        return screen_elf_is_pie(&elf) ? "application/x-pie-executable"
                                       : "application/x-sharedlib";

    case 4:
        return "application/x-coredump";

    default:
        return "application/x-executable";
    }
}


static int
screen_elf_is_pie(const screen_elf_t *elf)
{
    uint64_t  table, size, count, i, at;

    table = screen_elf_read(elf, elf->wide ? 32 : 28, elf->wide ? 8 : 4);
    size = screen_elf_read(elf, elf->wide ? 54 : 42, 2);
    count = screen_elf_read(elf, elf->wide ? 56 : 44, 2);

    if (count > SCREEN_ELF_SEGMENTS) {
        count = SCREEN_ELF_SEGMENTS;
    }

    for (i = 0; i < count; i++) {
        at = table + i * size;

        if (screen_elf_read(elf, at, 4) != SCREEN_ELF_PT_DYNAMIC) {
            continue;
        }

        if (elf->wide) {
            return screen_elf_dynamic_pie(elf,
                                          screen_elf_read(elf, at + 8, 8),
                                          screen_elf_read(elf, at + 32, 8));
        }

        return screen_elf_dynamic_pie(elf, screen_elf_read(elf, at + 4, 4),
                                      screen_elf_read(elf, at + 16, 4));
    }

    return 0;
}


static int
screen_elf_dynamic_pie(const screen_elf_t *elf, uint64_t offset,
    uint64_t size)
{
    unsigned  word;
    uint64_t  i, count, at, tag;

    word = elf->wide ? 8 : 4;
    count = size / (2 * word);

    if (count > SCREEN_ELF_DYNAMIC) {
        count = SCREEN_ELF_DYNAMIC;
    }

    for (i = 0; i < count; i++) {
        at = offset + i * 2 * word;
        tag = screen_elf_read(elf, at, word);

        if (tag == 0) {
            return 0;
        }

        if (tag == SCREEN_ELF_DT_FLAGS_1) {
            return (screen_elf_read(elf, at + word, word)
                    & SCREEN_ELF_DF_1_PIE) != 0;
        }
    }

    return 0;
}


/* zero for what lies outside of the content */

static uint64_t
screen_elf_read(const screen_elf_t *elf, uint64_t offset, unsigned size)
{
    uint64_t  v;
    unsigned  i;

    if (elf->len < size || offset > elf->len - size) {
        return 0;
    }

    v = 0;

    for (i = 0; i < size; i++) {
        v = v << 8 | elf->data[offset + (elf->big ? i : size - 1 - i)];
    }

    return v;
}


static const char *
screen_program_mach(const u_char *data, size_t len)
{
    if (len < 4) {
        return NULL;
    }

    switch (screen_sniff_be32(data)) {

    case 0xfeedface:
    case 0xfeedfacf:
    case 0xcefaedfe:
    case 0xcffaedfe:
    case 0xcafebabf:
        return "application/x-mach-binary";

    case 0xcafebabe:

        /*
         * A fat binary and a class share the magic; the next word is the
         * number of architectures in one, the version in the other.
         */

        if (len >= 8 && screen_sniff_be32(data + 4) < SCREEN_JAVA_FIRST) {
            return "application/x-mach-binary";
        }

        return "application/java-vm";

    default:
        return NULL;
    }
}
