#!/usr/bin/python3

"""Whether the strict parser of forms and Python's email agree.

    multipart_peer.py PARSER BODIES SECONDS SEED TYPE...

PARSER is t/lib/multipart_parts.c, built.  Each TYPE is a Content-Type beside
a captured body.  From these, and from forms of its own, it makes so many
BODIES, or as many as SECONDS allow, changes most of them, and asks both
parsers.  Of a body that the strict one accepts, both must find the same
parts: names, filenames, declared types and content.  Prints what it did;
exits with 1, and prints the body, when they do not agree.
"""

import email.feedparser
import email.header
import random
import re
import struct
import subprocess
import sys
import time
import urllib.parse


def ask(parser, type_, body):
    """The parts that the strict parser finds; None: it does not accept."""

    parser.stdin.write(struct.pack('<I', len(type_)) + type_
                       + struct.pack('<I', len(body)) + body)
    parser.stdin.flush()

    size, = struct.unpack('<I', parser.stdout.read(4))
    answer = parser.stdout.read(size)

    if answer[0] == 0:
        return None

    at = 1
    parts = []

    while at < len(answer):
        texts = []

        for _ in range(3):
            length, = struct.unpack_from('<I', answer, at)
            texts.append(answer[at + 4:at + 4 + length])
            at += 4 + length

        has, offset, size = struct.unpack_from('<BQQ', answer, at)
        at += 17
        parts.append((texts[0], texts[1] if has else None, texts[2],
                      body[offset:offset + size]))

    return parts


# What email leaves undone, as browsers and RFC 7578 have it: the escapes of
# a quoted string, and percent signs for three characters.

PERCENT = re.compile(rb'%(22|0A|0D)')


def unquoted(value):
    if len(value) > 1 and value[:1] == value[-1:] == b'"':
        value = re.sub(rb'\\(["\\])', rb'\1', value[1:-1])

    return value


def plain(value):
    value = unquoted(value)

    return PERCENT.sub(lambda m: bytes([int(m.group(1), 16)]), value)


def parameter(value, name):
    """A parameter of a header's value, as bytes; None: it is not there."""

    message = email.feedparser.FeedParser()
    message.feed('X: ' + value + '\r\n\r\n')
    params = message.close().get_params(header='x', unquote=False) or []
    params = [value for key, value in params if key.lower() == name]

    # an extended value, decoded as Latin-1, is a tuple

    for value in params:
        if isinstance(value, tuple):
            charset, _, coded = value
            coded = unquoted(coded.encode('latin-1'))

            return coded if charset.lower() == 'utf-8' \
                else coded.decode(charset).encode()

    return plain(params[0].encode('latin-1')) if params else None


def words(name):
    """A name that .NET has written, in encoded words (RFC 2047)."""

    if name is None or not re.fullmatch(rb'(=\?[^? ]+\?[BbQq]\?[^? ]*\?= *)+',
                                        name):
        return name

    return str(email.header.make_header(email.header.decode_header(
        name.decode('latin-1')))).encode()


def header(message, name):
    for key, value in message.raw_items():
        if key.lower() == name:
            return value.strip(' \t')

    return None


def leaves(message, name, parts):
    """The parts below a message; those of a nested one have its name."""

    for part in message.get_payload():
        disposition = header(part, 'content-disposition') or ''
        filename = parameter(disposition, 'filename')
        own = words(parameter(disposition, 'name'))
        own = name if own is None else own

        if part.get_content_maintype() == 'message':
            parts.append((own, filename, None, None))

        elif part.get_content_maintype() == 'multipart':

            # a file stays whole, whatever is in it

            if part.is_multipart() and filename is None:
                leaves(part, own, parts)
            else:
                parts.append((own, filename, None, None))

        else:
            declared = header(part, 'content-type') or ''
            parts.append((own, filename, declared.encode('latin-1'),
                          part.get_payload().encode('latin-1')))


def peer(type_, body):
    """The parts that email finds."""

    parser = email.feedparser.FeedParser()
    parser.feed('Content-Type: ' + type_.decode('latin-1') + '\r\n\r\n')
    parser.feed(body.decode('latin-1'))
    message = parser.close()

    if not message.is_multipart():
        return []

    parts = []
    leaves(message, b'', parts)

    return parts


def difference(ours, theirs):
    """What is not the same, in a few words; None: nothing."""

    if len(ours) != len(theirs):
        return '%d and %d parts' % (len(ours), len(theirs))

    for mine, other in zip(ours, theirs):
        for what, one, two in zip(('name', 'filename', 'type', 'content'),
                                  mine, other):

            # where email reads what it calls a message, only names count

            if one == two or (two is None and what in ('type', 'content')):
                continue

            at = 0

            while one and two and one[at:at + 1] == two[at:at + 1]:
                at += 1

            return '%s, at %d: %r and %r' % (
                what, at, (one or b'')[at:at + 40] if at else one and one[:40],
                (two or b'')[at:at + 40] if at else two and two[:40])

    return None


# Bodies.

BOUNDARIES = [b'b', b'AaB03x', b'----WebKitFormBoundary7MA4YWxkTrZu0gW',
              b'--------------------------d9a233520906f6f95c07a79d', b'a.b_c+d',
              b'0123456789' * 7]

NAMES = [b'file', b'a b', b'x[]', 'naïve – 写真'.encode(), b'a%22b', b'%0D%0A',
         b'a;b', b'name="x', b"it's", b'%41', b'', b'a=b', b'\xff\xfe',
         b'a\\\\b', b'a\\"b', b' a ', b'=?x?=', b'a' * 300]

FILENAMES = NAMES + [b'a.jpg', b'C:\\\\x\\\\a.php', b'..\\a.txt', b'a.tar.gz',
                     b'/etc/passwd', b'x.php;.jpg', b'a\tb.txt']

TYPES = [b'text/plain', b'image/jpeg', b'application/octet-stream',
         b'text/plain; charset=utf-8', b'text/html;charset="x;y"', b'x',
         b'message/rfc822', b'']


def content(rng, boundary):
    """Bytes that nearly are a delimiter, among others."""

    pieces = []

    for _ in range(rng.randrange(6)):
        pieces.append(rng.choice([
            b'\r\n', b'\n', b'\r', b'--', b'--' + boundary[:-1], boundary,
            b'\r\n--', b'\r\n-' + boundary, b'\r\n--' + boundary[:-1],
            b'x--' + boundary, b'\r\n --' + boundary,
            b'Content-Disposition: form-data; name="x"\r\n\r\n', b'a: b\r\n',
            b'hello', bytes(rng.randrange(256) for _ in range(20)), b'\x00',
            b'\x1a\x85\xa0', b'From me\r\n', b'\r\n.\r\n', b'\x0b\x0c\x1c\x85',
            b'z' * rng.choice([100, 4096, 8192])]))

    return b''.join(pieces)


def disposition(rng, kind, nested):
    value = kind

    if not nested or rng.random() < 0.2:
        value += b'; name="' + rng.choice(NAMES) + b'"'

    filename = rng.choice(FILENAMES)

    if nested or rng.random() < 0.6:
        value += rng.choice([b'; ', b';', b' ; ']) + b'filename="' \
                 + filename + b'"'

        if rng.random() < 0.15:
            value += b"; filename*=" + rng.choice([b'UTF-8', b'utf-8']) \
                     + b"''" + urllib.parse.quote(plain(
                         b'"' + filename + b'"'), safe='').encode()

    elif rng.random() < 0.1:
        value += b"; filename*=UTF-8''a%20%e2%82%ac.txt"

    return value


def form(rng, boundary, depth=0):
    body = b''

    for _ in range(rng.randrange(1, 5)):
        kind = b'form-data' if depth == 0 else rng.choice([b'attachment',
                                                           b'file'])
        lines = [b'Content-Disposition: ' + disposition(rng, kind, depth)]
        inner = b'in%d' % rng.randrange(3) + boundary[:4]

        if depth == 0 and rng.random() < 0.15:
            lines.append(b'Content-Type: multipart/mixed; boundary=' + inner)
            data = form(rng, inner, 1)

        else:
            data = content(rng, boundary)

            if rng.random() < 0.6:
                lines.append(b'Content-Type: ' + rng.choice(TYPES))

        if rng.random() < 0.2:
            lines.append(rng.choice([
                b'Content-Length: %d' % len(data), b'X-Y: z',
                b'Content-Transfer-Encoding: binary',
                b'Content-Transfer-Encoding: 8bit', b'content-id: <a@b>']))

        if rng.random() < 0.3:
            lines = [line.replace(b'Content-', rng.choice(
                [b'content-', b'CONTENT-', b'Content-']), 1)
                     for line in lines]

        rng.shuffle(lines)
        body += b'--' + boundary + b'\r\n' + b'\r\n'.join(lines) \
            + b'\r\n\r\n' + data + b'\r\n'

    return body + b'--' + boundary + b'--' + rng.choice([b'\r\n', b''])


def change(rng, body, boundary):
    at = rng.randrange(len(body) + 1)
    way = rng.randrange(7)

    if way == 0:
        return body[:at] + bytes([rng.randrange(256)]) + body[at + 1:]

    if way == 1:
        return body[:at] + body[at + rng.randrange(1, 8):]

    if way == 2:
        return body[:at] + rng.choice([
            b'\r\n', b'\n', b'\r', b'"', b'\\', b';', b'--', b' ', b'\t',
            b'\x00', b':', b'--' + boundary, b'\r\n--' + boundary,
            b'\r\n--' + boundary + b'--', b'\r\n--' + boundary + b'\r\n',
            b'\r\n\r\n', b'%22', b"filename*=utf-8''x"]) + body[at:]

    if way == 3:
        end = at + rng.randrange(1, 60)
        return body[:at] + body[at:end] * 2 + body[end:]

    if way == 4:
        other = rng.randrange(len(body) + 1)
        return body[:at] + body[other:other + 40] + body[at:]

    if way == 5:
        cases = body[at:at + 10]
        return body[:at] + cases.swapcase() + body[at + 10:]

    return body[:at]


def make(rng, captured):
    if captured and rng.random() < 0.4:
        type_, body = rng.choice(captured)
        match = re.search(rb'boundary="?([^";]+)', type_)
        boundary = match.group(1) if match else b'b'

    else:
        boundary = rng.choice(BOUNDARIES)
        type_ = b'multipart/form-data; boundary=' + rng.choice(
            [boundary, b'"' + boundary + b'"'])
        body = form(rng, boundary)

    for _ in range(rng.choice([0, 0, 1, 1, 1, 2, 3])):
        body = change(rng, body, boundary)

    return type_, body


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def main():
    program, bodies, seconds, seed, *types = sys.argv[1:]

    rng = random.Random(int(seed))
    end = time.monotonic() + float(seconds)
    captured = [(read(path).rstrip(b'\n'), read(path[:-4] + 'body'))
                for path in sorted(types)]

    parser = subprocess.Popen([program], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    asked = accepted = parts = wrong = 0

    while asked < int(bodies) and time.monotonic() < end and wrong < 5:
        type_, body = captured[asked] if asked < len(captured) \
            else make(rng, captured)
        asked += 1
        ours = ask(parser, type_, body)

        if ours is None:
            continue

        accepted += 1
        parts += len(ours)
        theirs = peer(type_, body)

        found = difference(ours, theirs)

        if found:
            wrong += 1
            print('%s\n  of %r\n  and %r' % (found, type_, body))

    parser.stdin.close()
    parser.wait()

    print('%d bodies, %d accepted, %d parts, %d not the same'
          % (asked, accepted, parts, wrong))

    return 1 if wrong or parser.returncode else 0


sys.exit(main())
