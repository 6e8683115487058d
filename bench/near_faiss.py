#!/usr/bin/python3

# FAISS' exact binary indexes on the codes and queries that bench/near wrote:
#
#     near_faiss.py FOLDER RADIUS
#
# One thread, one query at a time, as an upload comes; CPU time.  Hashes of
# real pictures crowd into few buckets, in which a query may take seconds:
# after SECONDS (40) of CPU no further query of a kind is asked, and the line
# tells how many were.  More than MOST (1000000) codes take more minutes and
# more gigabytes than a short run has, in the indexes that hash.

import os
import sys
import time

try:
    import faiss
    import numpy
except ImportError:
    print("  (no FAISS: apt-get install python3-faiss)")
    sys.exit(0)


def load(folder, name):
    data = numpy.fromfile(os.path.join(folder, name), dtype=numpy.uint8)
    return data.reshape(-1, 32)


SECONDS = float(os.environ.get("SECONDS", "40"))
MOST = int(os.environ.get("MOST", "1000000"))


# range_search answers what is below its radius

def measure(name, index, queries, radius, built):
    report = []
    found = 0
    asked = 0

    for kind in "miss", "hit":
        took = []
        end = time.thread_time() + SECONDS

        for query in queries[kind]:
            if took and time.thread_time() >= end:
                break

            start = time.thread_time()
            limits, _, _ = index.range_search(query[None, :], radius + 1)
            took.append((time.thread_time() - start) * 1e6)
            found += int(limits[1])

        asked += len(took)
        took.sort()
        report.append("%s %8.1f (p99 %8.1f)" % (
            kind, took[len(took) // 2], took[-1 - len(took) // 100]))

    print("  %-30s %s us   %d matches in %d queries, built in %.2f s" % (
        name, "   ".join(report), found, asked, built), flush=True)


def main():
    folder, radius = sys.argv[1], int(sys.argv[2])
    codes = load(folder, "codes")
    queries = {kind: load(folder, kind) for kind in ("miss", "hit")}

    faiss.omp_set_num_threads(1)

    indexes = [("FAISS BinaryFlat", lambda: faiss.IndexBinaryFlat(256), 0)]

    # 16 bands of 16 bits and 11 of 23, as far as each has to be searched

    if len(codes) <= MOST:
        for bands, bits, flip in (16, 16, radius // 16), (11, 23,
                                                          radius // 11):
            indexes.append((
                "FAISS MultiHash %dx%d flip %d" % (bands, bits, flip),
                lambda bands=bands, bits=bits:
                    faiss.IndexBinaryMultiHash(256, bands, bits), flip))

    for name, make, flip in indexes:
        start = time.thread_time()
        index = make()
        index.add(codes)
        built = time.thread_time() - start

        if flip:
            index.nflip = flip

        measure(name, index, queries, radius, built)


main()
