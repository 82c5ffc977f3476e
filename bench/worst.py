#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""worst.py TOOL LOOP DIR [GROUP...]: the cases of bench/worst: makes crafted logs in DIR, runs TOOL on them, and prints
what it takes beside LOOP. Without arguments: the names of the groups.
"""
import hashlib
import json
import os
import random
import resource
import shutil
import struct
import subprocess
import sys

MAX = 16 << 20
BOOT = "00000000-0000-0000-0000-000000000000"
SIZES = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
TCG = {"sha1": 4, "sha256": 11, "sha384": 12, "sha512": 13, "sm3": 18}
TIME = "2026-01-01T00:00:00Z"
STATUSES = (0, 1, 3, 4, 5)  # of tsmctl: an answer, or a refusal
PEAK_MAX = 64  # MiB
DIFF_EVENTS = 1 << 20  # of each side
DIFF_CPU = 3  # seconds for two logs of so many events, whatever is in them
DIFF_PEAK = 8 + 100 * 2 * DIFF_EVENTS / (1 << 20)  # MiB: the program, and 100 bytes an event
CPU_MAX = 300
groups = {}
tool = loop = None
rate = 0
over = 0


def group(fn):
    groups[fn.__name__.replace("_", "-")] = fn
    return fn


def h(alg, data):
    return hashlib.new(alg, data).digest()


def le32(*n):
    return struct.pack("<%dI" % len(n), *n)


def be32(n):
    return struct.pack(">I", n)


def run_timed(argv):
    """CPU seconds, MiB at the peak, exit status, bytes printed. A program of a small one: its peak is its own."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (CPU_MAX, CPU_MAX))
    with open("said", "w") as said:
        p = subprocess.Popen(
            ["/usr/bin/time", "-q", "-f", "%U %S %M", "-o", "took", *argv],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, preexec_fn=limit,
        )
        printed = 0
        while True:
            piece = p.stdout.read1(1 << 20)
            if not piece:
                break
            printed += len(piece)
        status = p.wait()
    user, system, peak = open("took").read().split()[-3:]
    return float(user) + float(system), int(peak) / 1024, status, printed


def per_record():
    """What the bare loop takes for one record, in seconds; measured again for each group, as machines have moods."""
    n = 400000
    return min(run_timed([loop, str(n)])[0] for _ in range(3)) / n


def case(name, records, *argv, most=None, peak_max=PEAK_MAX):
    """One run of the tool over files that hold so many records."""
    global over
    cpu, peak, status, printed = run_timed([tool, *argv])
    bare = records * rate
    if most is None:
        most = 2 * bare + 5 + (printed / 1e8 if "log" in argv else 0)
    bad = cpu > most or peak > peak_max or status not in STATUSES
    over += bad
    shown = " ".join(a for a in argv if not a.startswith("log") or a == "log")
    print("%-50s %-34.34s %4d %7.2f %7.2f %8.2f %6.1f  %s" % (name, shown, status, cpu, bare, most, peak,
                                                        "**over**" if bad else "ok"), flush=True)


def write(path, data, most=MAX):
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    if os.path.getsize(path) > most:
        raise SystemExit("mkworst: '%s' is larger than 16 MiB" % path)


def values(path, rows):
    write(path, "".join("%s  %s\n" % (v.hex(), reg) for reg, v in rows))


def some(n, size=48):
    """A digest that is as good as any."""
    return (h("sha512", b"%d" % n) * 2)[:size]


def replay(digests, alg="sha384", value=None):
    value = bytes(SIZES[alg]) if value is None else value
    for d in digests:
        value = h(alg, value + d)
    return value


def all_of(name, records, log, wrong="w", right=None):
    """log in its three forms, verify and replay of one log."""
    path = log.rsplit(":", 1)[0]
    for form in ([], ["--json"], ["--jsonl"]):
        case(name, records, "log", *form, "--input", log)
    for v in [wrong] + ([right] if right else []):
        case(name, records, "verify", "--values", v, "--input", log)
    case(name, records, "replay", log)
    return path


# --- the RFC kernels' text log ---


def sync(value):
    return b"SYNC sha384/" + value.hex().encode() + b"\n"


def direct(digest):
    return b"# .EXTEND " + digest.hex().encode() + b"\n"


@group
def text_tiny():
    """One-byte records."""
    head = sync(bytes(48)) + b"\n"
    n = (MAX - len(head)) // 2
    write("rtmr0.log", head + b"x\n" * n)
    values("w", [("rtmr0:sha384", b"\1" * 48)])
    all_of("text: records of one byte", n, "rtmr0.log:rfc-text")
    n = (MAX - len(head)) // 3
    write("rtmr0.log", head + b"\nx\n" * n)
    case("text: appends of one byte", n, "verify", "--values", "w", "--input", "rtmr0.log:rfc-text")


@group
def text_sync():
    """Wrong SYNC lines among direct lines."""
    for name, line in [
        ("text: wrong SYNCs among direct lines", direct(some(1)) + b"\n" + sync(some(2))),
        ("text: direct lines in twos, wrong SYNCs", (b"\n" + direct(some(1)) * 2) + b"\n" + sync(some(2))),
        ("text: runs of 60 direct lines, wrong SYNCs", (b"\n" + direct(some(1)) * 60) + b"\n" + sync(some(2))),
        ("text: runs of 4000 direct lines", (b"\n" + direct(some(1)) * 4000) + b"\n" + sync(some(2))),
        ("text: direct lines alone", b"\n" + direct(some(1)) * 200),
    ]:
        head = sync(bytes(48))
        n = (MAX - len(head)) // len(line)
        write("rtmr0.log", head + line * n)
        values("w", [("rtmr0:sha384", b"\1" * 48)])
        all_of(name, line.count(b"\n", 0) * n, "rtmr0.log:rfc-text")


@group
def text_choices():
    """Direct lines that may be real or not, each with a SYNC that suits either."""
    out, value = [sync(bytes(48))], bytes(48)
    value = h("sha384", value + h("sha384", out[0][:-1]))
    size = 0
    k = 0
    while size < MAX - 1000:
        d = some(k)
        after = h("sha384", value + d)
        piece = b"\n" + direct(d) + b"\n" + sync(after)
        value = h("sha384", after + h("sha384", sync(after)[:-1]))
        out.append(piece)
        size += len(piece)
        k += 1
    write("rtmr0.log", b"".join(out))
    values("w", [("rtmr0:sha384", b"\1" * 48)])
    values("r", [("rtmr0:sha384", value)])
    all_of("text: each direct line has two readings", 3 * k, "rtmr0.log:rfc-text", right="r")


@group
def text_beside():
    """A text log beside others of its register."""
    n = 8000
    head = sync(bytes(48)) + b"\n"
    write("rtmr3.log", head + b"x\n" * (MAX // 2 - 100))
    write("small.log", head + b"".join(b"\nrecord %d\n" % i for i in range(n)))
    write("runs.log", head + (b"\n" + direct(some(1)) * 60 + b"\n" + sync(some(2))) * (MAX // 7000))
    write("aael", aael_text(n))
    write("ccel", tcg2([(4, 5, [("sha384", some(i))], b"") for i in range(n)], ["sha384"]))
    values("w", [("rtmr3:sha384", b"\1" * 48)])
    for logs in (["rtmr3.log"], ["small.log"], ["runs.log"], ["small.log", "runs.log"]):
        for other in ("aael", "ccel:ccel"):
            argv = ["--input", other]
            for log in logs:
                argv += ["--input", log + ":rfc-text"]
            case("text: %s beside %s" % (" ".join(logs), other), MAX // 2 if "rtmr3" in logs[0] else 2 * n, "verify",
                 "--values", "w", *argv)
    values("m", [("m/rtmr3:sha384", b"\1" * 48)])
    write("two.log", head + b"".join(b"\nrecord %d\n" % (i // 2) for i in range(n)))
    case("text: three logs of one register", 3 * n, "verify", "--values", "w", "--input", "small.log:rfc-text",
         "--input", "two.log:rfc-text", "--input", "runs.log:rfc-text")


# --- the agent's ---


def aael_text(n, text=b"event %d"):
    return b"INIT sha384/" + b"0" * 96 + b"\n" + b"".join(text % i + b"\n" for i in range(n))


@group
def aael():
    values("w", [("rtmr3:sha384", b"\1" * 48)])
    head = b"INIT sha384/" + b"0" * 96 + b"\n"
    n = (MAX - len(head)) // 2
    write("log", head + b"x\n" * n)
    all_of("aael: lines of one byte", n, "log:aael")
    data = b"LEAA" + le32(1) + b"x"
    event = le32(4, 6, 1) + struct.pack("<H", 12) + h("sha384", data) + le32(len(data)) + data
    n = MAX // len(event)
    write("log", event * n)
    all_of("aael: binary, tiny", n, "log:aael")


# --- TCG2 ---


def spec_id(banks):
    b = b"Spec ID Event03\0" + struct.pack("<IBBBBI", 0, 0, 2, 0, 2, len(banks))
    b += b"".join(struct.pack("<HH", TCG.get(a, a), SIZES.get(a, 32 if a == "sm3" else 1)) for a in banks) + b"\0"
    return le32(0, 3) + bytes(20) + le32(len(b)) + b


def event2(index, kind, digests, data):
    return (
        le32(index, kind, len(digests))
        + b"".join(struct.pack("<H", TCG.get(a, a)) + d for a, d in digests)
        + le32(len(data))
        + data
    )


def tcg2(events, banks):
    return spec_id(banks) + b"".join(event2(*e) for e in events)


@group
def tcg2_tiny():
    """As many events as there can be."""
    for fmt, name, index in (("ccel", "rtmr1:sha1", 2), ("tpm", "pcr5:sha1", 5)):
        event = event2(index, 5, [("sha1", h("sha1", b""))], b"")
        n = (MAX - 200) // len(event)
        write("log", spec_id(["sha1"]) + event * n)
        values("w", [(name, b"\1" * 20)])
        all_of("tcg2: %d tiny events, %s" % (n, fmt), n, "log:" + fmt)
    # No digest at all.
    event = event2(5, 5, [], b"")
    n = (MAX - 200) // len(event)
    write("log", spec_id(["sha1"]) + event * n)
    all_of("tcg2: events without digests", n, "log:tpm")
    event = event2(5, 3, [], b"")
    write("log", spec_id(["sha1"]) + event * n)
    all_of("tcg2: events that extend nothing", n, "log:tpm")


@group
def tcg2_banks():
    """Many digests of each event."""
    banks = ["sha1", "sha256", "sha384", "sha512", "sm3"]
    event = b""
    for k in range(24):
        event += event2(k, 5, [(a, some(k, SIZES.get(a, 32))) for a in banks], b"x")
    n = (MAX - 200) // len(event)
    write("log", spec_id(banks) + event * n)
    values("w", [("pcr%d:%s" % (k, a), b"\1" * SIZES[a]) for k in range(24) for a in banks[:4]])
    all_of("tcg2: 5 banks of 24 PCRs", n * 24 * 5, "log:tpm")
    # Banks that nobody knows, each of one byte.
    ids = list(range(0x4000, 0x4010))
    event = event2(5, 5, [(i, b"\0") for i in ids], b"")
    n = (MAX - 400) // len(event)
    write("log", spec_id(ids) + event * n)
    all_of("tcg2: 16 unknown banks", n, "log:tpm")
    # The same bank 16 times.
    event = event2(5, 5, [("sha1", some(i, 20)) for i in range(16)], b"")
    n = (MAX - 400) // len(event)
    write("log", spec_id(["sha1"]) + event * n)
    values("w", [("pcr5:sha1", b"\1" * 20)])
    all_of("tcg2: one bank 16 times", n, "log:tpm")


@group
def tcg2_registers():
    """Many registers."""
    def many(index, n):
        return b"".join(event2(index(i), 5, [("sha1", some(1, 20))], b"") for i in range(n))

    for name, index, n in (
        ("32,000 registers", lambda i: 33000 - i % 32000, 400000),
        ("40,000 registers", lambda i: 100000 + i % 40000, 400000),
    ):
        write("log", spec_id(["sha1"]) + many(index, n))
        values("w", [("pcr%d:sha1" % (1000 + i), b"\1" * 20) for i in range(4096)])
        all_of("tcg2: " + name, n, "log:tpm")
    rows = [("p%d/pcr40:sha1" % i, b"\1" * 20) for i in range(4096)]
    values("rivals", rows)
    write("log", spec_id(["sha1"]) + many(lambda i: 40 + i % 2, 400000))
    case("tcg2: many registers of one name", 400000, "verify", "--values", "rivals", "--input", "log:tpm")
    write("log", spec_id(["sha1"]) + many(lambda i: 7 + i % 2, 400000))
    values("rivals", [(r.replace("40", "7"), v) for r, v in rows])
    case("tcg2: many registers of one PCR", 400000, "verify", "--values", "rivals", "--input", "log:tpm")


@group
def near_miss():
    """Script 38: 24 PCRs, 3 banks; no bank matches."""
    banks = ["sha1", "sha256", "sha384"]
    for n, what in ((512, "512 events each"), (4000, "4,000 events each")):
        out = [spec_id(banks)]
        for i in range(n):
            for p in range(24):
                out.append(event2(p, 5, [(a, some(i * 24 + p, SIZES[a])) for a in banks], b""))
        write("log", b"".join(out)[:MAX])
        values("w", [("pcr%d:%s" % (p, a), b"\xab" * SIZES[a]) for p in range(24) for a in banks])
        case("38: 24 PCRs, 3 banks, " + what, n * 72, "verify", "--values", "w", "--input", "log:tpm")
    out = [spec_id(["sha1"])]
    for i in range(1365):
        for p in range(240):
            out.append(event2(p, 5, [("sha1", some(i * 240 + p, 20))], b""))
    write("log", b"".join(out))
    values("w", [("pcr%d:sha1" % p, b"\xab" * 20) for p in range(240)])
    case("38: 240 PCRs, 1,365 events each", 1365 * 240, "verify", "--values", "w", "--input", "log:tpm")
    out = [spec_id(["sha1"])]
    for i in range(55):
        for p in range(6000):
            out.append(event2(p, 5, [("sha1", some(i * 6000 + p, 20))], b""))
    write("log", b"".join(out))
    values("w", [("pcr%d:sha1" % p, b"\xab" * 20) for p in range(4096)])
    case("38: 4,096 PCRs, 55 events each", 55 * 6000, "verify", "--values", "w", "--input", "log:tpm")
    # Data that does not explain: a further change to each event. A value that a front has, one that a change gives.
    for kind, data in ((0x80000007, b"x"), (5, b"")):
        n = 8192
        ds = [some(i % 90) for i in range(n)]
        write("log", tcg2([(2, kind, [("sha384", d)], data) for d in ds], ["sha384"]))
        for name, v in (("nothing", b"\1" * 48), ("one doubled", replay(ds + ds[-1:])), ("last left out", replay(ds[:-1])),
                        ("first left out", replay(ds[1:]))):
            values("w", [("rtmr1:sha384", v)])
            case("near miss: 8,192 events, " + name, n, "verify", "--values", "w", "--input", "log:ccel")


# --- several logs of one register ---


def several(name, logs, extra=(), value=b"\1" * 48):
    argv = []
    total = 0
    for i, (fmt, events) in enumerate(logs):
        path = "log%d" % i
        if fmt == "ccel":
            write(path, tcg2([(4, 5, [("sha384", d)], b"") for d in events], ["sha384"]))
        else:
            write(path, b"".join(event2(4, 6, [("sha384", d)], b"LEAA" + le32(1) + b"x") for d in events))
        total += len(events)
        argv += ["--input", path + ":" + fmt]
    values("w", [("rtmr3:sha384", value)])
    case("several: " + name, total, "verify", "--values", "w", *argv, *extra)


@group
def equal():
    """Equal events in several logs of one register."""
    for k, n in ((1, 8192), (2, 4096), (4, 2048), (5, 1638), (12, 682)):
        several("%d logs, %d equal events" % (k, n), [("aael", [some(0)] * n)] * k)
        several("%d logs, value of a part" % k, [("aael", [some(0)] * n)] * k, (), replay([some(0)] * (n // 2)))
        several("%d logs, value of all" % k, [("aael", [some(0)] * n)] * k, (), replay([some(0)] * (n * k)))
        several("%d logs, value of all but one" % k, [("aael", [some(0)] * n)] * k, (), replay([some(0)] * (n * k - 1)))
        several("%d logs, value of one more" % k, [("aael", [some(0)] * n)] * k, (), replay([some(0)] * (n * k + 1)))
        if k > 1:
            half = [some(0)] * (n * k - n // 2)
            several("%d logs, value of some" % k, [("aael", [some(0)] * n)] * k, (), replay(half))


@group
def copies():
    """Copies of one log with one difference, and parts of one."""
    for k, n in ((2, 4000), (4, 2000), (5, 1600), (12, 680)):
        ds = [some(i) for i in range(n)]
        logs = []
        for i in range(k):
            own = list(ds)
            own[n * i // k] = some(-1 - i)
            logs.append(("aael", own))
        several("%d copies, one difference each" % k, logs)
        several("%d copies, value of the original" % k, logs, (), replay(ds))
        several("%d copies" % k, [("aael", ds)] * k)
        several("%d copies, value of a front" % k, [("aael", ds)] * k, (), replay(ds[: n // 2]))
        parts = [("aael", ds[i::k]) for i in range(k)]
        several("%d logs by turns" % k, parts, (), replay(ds))
        parts = [("aael", ds[n * i // k : n * (i + 1) // k]) for i in range(k)]
        several("%d parts" % k, parts, (), replay(ds))
        several("%d parts, one lost" % k, parts, (), replay(ds[1:]))
        several("%d logs of two digests" % k, [("aael", [some((i * 7 + j) % 2) for j in range(n)]) for i in range(k)])
        several("%d logs and firmware's" % k, [("ccel", ds)] + [("aael", ds[1:])] * (k - 1))


@group
def many():
    """16 MiB of such registers, with several banks each."""
    banks = ["sha1", "sha256", "sha384"]

    def registers(name, k, regs, n, digest, value):
        argv = []
        for i in range(k):
            write("log%d" % i, b"".join(
                event2(p, 6, [(a, digest(i, p, j)[: SIZES[a]]) for a in banks], b"LEAA" + le32(1) + b"x")
                for p in range(40, 40 + regs) for j in range(n)))
            argv += ["--input", "log%d:aael" % i]
        values("w", [("pcr%d:%s" % (p, a), value([digest(i, p, j)[: SIZES[a]] for i in range(k) for j in range(n)], a))
                     for p in range(40, 40 + regs) for a in banks])
        case("many: %d logs, %d registers, %s" % (k, regs, name), k * regs * n * 3, "verify", "--values", "w", *argv)

    for k in (1, 2, 4, 12):
        n = 8100 // k
        regs = (MAX // k - 1000) // (n * 135)
        wrong = lambda ds, a: b"\1" * SIZES[a]
        equal_one = lambda i, p, j: some(0, 64)
        two = lambda i, p, j: some((i * 7 + j) % 2, 64)
        other = lambda i, p, j: some(j + 10000 * p + (1 << 20) * (i if j % 1000 == 999 else 0), 64)
        registers("equal events", k, regs, n, equal_one, wrong)
        registers("equal events, the first left out", k, regs, n, equal_one, lambda ds, a: replay(ds[1:], a))
        registers("two digests", k, regs, n, two, wrong)
        registers("two digests, half of them", k, regs, n, two, lambda ds, a: replay(ds[len(ds) // 2 :], a))
        registers("copies with differences", k, regs, n, other, wrong)
        registers("copies, the first left out", k, regs, n, other, lambda ds, a: replay(ds[1:n], a))
    # As many sources as can be named, with as many registers as there can be.
    argv = []
    for i in range(64):
        write("log%d" % i, b"".join(event2(p, 6, [("sha1", some(p + i, 20))], b"LEAA" + le32(0)) for p in range(40, 4136)))
        argv += ["--input", "log%d:aael" % i]
    values("w", [("pcr%d:sha1" % p, b"\1" * 20) for p in range(40, 4136)])
    case("many: 64 logs, 4,096 registers", 64 * 4096, "verify", "--values", "w", *argv)
    case("many: 64 logs, 4,096 registers", 64 * 4096, "replay", *argv[1::2])
    for n in (1, 8):
        regs = min((MAX // 2 - 1000) // (n * 135), 1300)
        registers("%d events each" % n, 2, regs, n, lambda i, p, j: some(j + 100 * i, 64), wrong)


@group
def orders():
    """More events than are searched among: whole logs in every order."""
    for k, n in ((2, 100000), (4, 50000), (5, 40000), (4, 3000)):
        logs = [("aael", [some(i * n + j, 48) for j in range(n)]) for i in range(k)]
        several("%d logs of %d" % (k, n), logs)
    # Many registers, whose logs are others: a group of its own for each four.
    for regs, logs in ((8, 32), (24, 64)):
        argv = []
        rows = []
        per = MAX // logs // 82
        for i in range(logs):
            reg = i % regs
            ev = b"".join(
                event2(reg + 40, 6, [("sha384", some(i))], b"LEAA" + le32(1) + b"x") for j in range(min(per, 9000))
            )
            write("log%d" % i, ev)
            argv += ["--input", "log%d:aael" % i]
        values("w", [("pcr%d:sha384" % (r + 40), b"\1" * 48) for r in range(regs)])
        case("orders: %d registers, %d logs" % (regs, logs), min(per, 9000) * logs, "verify", "--values", "w", *argv)


# --- JSON ---


def cel(pcr, digest, content, alg="sha384"):
    return '{"recnum":0,"pcr":%d,"digests":[{"hashAlg":"%s","digest":"%s"}],%s}' % (pcr, alg, digest.hex(), content)


def std(data):
    return '"content_type":"pcclient_std","content":{"event_type":"ev_ipl","event_data":"%s"}' % data


def fill(piece, sep=",\n", head="[", tail="]"):
    n = (MAX - len(head) - len(tail)) // (len(piece) + len(sep))
    return head + sep.join([piece] * n) + tail, n


@group
def cel_json():
    d = some(1, 20)
    values("w", [("pcr5:sha1", b"\1" * 20)])
    small = '{"pcr":5,"digests":[{"hashAlg":"sha1","digest":"%s"}],%s}' % (d.hex(), '"content_type":"x","content":1')
    text, n = fill(small, ",")
    write("log", text)
    all_of("cel-json: array of tiny events", n, "log:cel-json")
    text, n = fill(small, "\n", "", "\n")
    write("log", text)
    all_of("cel-json: lines of tiny events", n, "log:cel-json")
    for name, extra in (
        ("dense numbers", '"z":[%s]' % ",".join(["0"] * 32000)),
        ("dense objects", '"z":[%s]' % ",".join(["{}"] * 16000)),
        ("dense members", '"z":{%s}' % ",".join('"%x":0' % i for i in range(32000))),
        ("one member again", '"z":{%s}' % ",".join('"a":0' for i in range(32000))),
        ("deep", '"z":[%s]' % ",".join(["[" * 10 + "]" * 10] * 2900)),
        ("long strings", '"z":"%s"' % ("x" * 4000000)),
        ("nested objects", '"z":[%s]' % ",".join(['{"":' * 12 + "0" + "}" * 12] * 2500)),
        ("escapes", '"z":"%s"' % ("\\n" * 2000000)),
        ("\\u escapes", '"z":"%s"' % ("\\u00e9" * 650000)),
        ("tiny strings", '"z":[%s]' % ",".join(['"x"'] * 32000)),
        ("long numbers", '"z":[%s]' % ",".join(["1" * 28] * 32000)),
    ):
        event = small[:-1] + "," + extra + "}"
        text, n = fill(event, "\n", "", "\n")
        write("log", text)
        case("cel-json: " + name, n, "log", "--jsonl", "--input", "log:cel-json")
        case("cel-json: " + name, n, "verify", "--values", "w", "--input", "log:cel-json")
        case("cel-json: " + name, n, "replay", "log:cel-json")
    event = small.replace('"content":1', '"content":%s' % json.dumps({"%d" % i: i for i in range(32000)}))
    text, n = fill(event, "\n", "", "\n")
    write("log", text)
    all_of("cel-json: large contents", n, "log:cel-json")
    event = cel(5, d, std("41" * 1900000), "sha1")
    text, n = fill(event, "\n", "", "\n")
    write("log", text)
    all_of("cel-json: events of 2 MB", n, "log:cel-json")


@group
def systemd():
    d = some(1, 20)
    values("w", [("pcr11:sha1", b"\1" * 20)])
    small = (
        '{"content_type":"systemd","pcr":11,"digests":[{"hashAlg":"sha1","digest":"%s"}],"content":{"string":"x"}}' % d.hex()
    )
    text, n = fill(small, "\n", "", "\n")
    write("log", text)
    all_of("systemd: tiny events", n, "log:systemd")
    text, n = fill(small.replace('"x"', '"%s"' % ("\\u0001" * 600000)), "\n", "", "\n")
    write("log", text)
    all_of("systemd: escapes", n, "log:systemd")


@group
def dstack():
    values("w", [("rtmr3:sha384", b"\1" * 48)])
    small = '{"event":"","payload":""}'
    text, n = fill(small, "\n", "", "\n")
    write("log", text)
    all_of("dstack: tiny lines", n, "log:dstack")
    old = '{"imr":3,"event_type":134217729,"digest":"","event":"","event_payload":""}'
    text, n = fill(old, ",", "[", "]")
    write("log", text)
    all_of("dstack: array of tiny events", n, "log:dstack")
    inner = "[" + ",".join([old] * 5000) + "]"
    report = '{"quote":"%s","event_log":%s}' % ("0400", json.dumps(inner))
    text, n = fill(report, "\n", "", "\n")
    write("log", text)
    all_of("dstack: reports", 5000 * n, "log:dstack")
    text, n = fill('{"event":"%s","payload":""}' % ("\\u0001" * 650000), "\n", "", "\n")
    write("log", text)
    all_of("dstack: escaped names", n, "log:dstack")
    text, n = fill('{"event":"%s","version":2,"payload":"%s"}' % ("\\u0001" * 300000, "A" * 2000000), "\n", "", "\n")
    write("log", text)
    all_of("dstack: version 2", n, "log:dstack")


# --- CEL TLV ---


def tlv(t, value):
    return bytes([t]) + be32(len(value)) + value


@group
def cel_tlv():
    values("w", [("pcr5:sha1", b"\1" * 20)])
    record = tlv(0, b"\0") + tlv(1, b"\5") + tlv(3, tlv(4, some(1, 20))) + tlv(5, tlv(0, be32(5)) + tlv(1, b""))
    n = MAX // len(record)
    write("log", record * n)
    all_of("cel-tlv: tiny events", n, "log:cel-tlv")
    record = tlv(0, b"\0") + tlv(1, b"\5") + tlv(3, tlv(4, some(1, 20))) + tlv(5, tlv(0, be32(5)) + tlv(1, b"\1" * 4000000))
    n = MAX // len(record)
    write("log", record * n)
    all_of("cel-tlv: events of 4 MB", n, "log:cel-tlv")


# --- IMA ---


@group
def ima():
    values("w", [("pcr10:sha1", b"\1" * 20), ("pcr10:sha256", b"\1" * 32), ("pcr10:sha384", b"\1" * 48)])
    line = b"10 " + some(1, 20).hex().encode() + b" ima-ng :" + b" x\n"
    line = b"10 %s ima-ng sha1:%s x\n" % (some(1, 20).hex().encode(), some(2, 20).hex().encode())
    n = MAX // len(line)
    write("log", line * n)
    all_of("ima: ascii", 6 * n, "log:ima")
    line = b"10 %s ima %s x\n" % (some(1, 20).hex().encode(), some(2, 20).hex().encode())
    n = MAX // len(line)
    write("log", line * n)
    all_of("ima: ascii, template ima", 6 * n, "log:ima")
    record = le32(10) + some(1, 20) + le32(6) + b"ima-ng" + le32(0)
    n = MAX // len(record)
    write("log", record * n)
    all_of("ima: binary, no data", 6 * n, "log:ima")
    record = le32(10) + some(1, 20) + le32(3) + b"ima" + some(1, 20) + le32(0)
    n = MAX // len(record)
    write("log", record * n)
    all_of("ima: binary, template ima", 6 * n, "log:ima")
    record = le32(10) + some(1, 20) + le32(7) + b"ima-sig" + le32(4000000) + b"\1" * 4000000
    n = MAX // len(record)
    write("log", record * n)
    all_of("ima: binary, events of 4 MB", n, "log:ima")


# --- two logs ---


@group
def diff():
    """As many events as are compared, in one register: these files are larger than 16 MiB."""
    n = DIFF_EVENTS
    digest = lambda i: i.to_bytes(8, "big") * 6
    random.seed(1)

    def side(path, numbers, data=lambda i: b"%07d" % i):
        write(path, spec_id(["sha384"]) + b"".join(event2(4, 0x0D, [("sha384", digest(i))], data(i)) for i in numbers), 1 << 28)

    def compare(name, a, b):
        for form in ([], ["--json"]):
            case("diff: " + name, 0, "diff", "--root", "/nonexistent", *form, a, b, most=DIFF_CPU, peak_max=DIFF_PEAK)

    def random_order():
        numbers = list(range(n))
        random.shuffle(numbers)
        return numbers

    side("log", range(n))
    compare("equal", "log", "log")
    side("log2", range(n, 2 * n))
    compare("all different", "log", "log2")
    side("log2", random_order())
    compare("in another order", "log", "log2")
    side("log2", reversed(range(n)))
    compare("backwards", "log", "log2")
    side("log2", [i if i % 2 else i + n for i in range(n)])
    compare("each second one different", "log", "log2")
    side("log", [random.randrange(16) for _ in range(n)])
    side("log2", [random.randrange(16) for _ in range(n)])
    compare("sixteen digests at random", "log", "log2")
    words = lambda i: b"kernel_cmdline: a=%d b c" % i
    side("log", range(n), words)
    side("log2", range(n, 2 * n), words)
    compare("all changed, words", "log", "log2")
    words = lambda i: b"cmd: " + b" ".join(b"%x" % ((i >> 4 * k) % 16) for k in range(8))
    side("log", range(n), words)
    side("log2", range(n, 2 * n), words)
    compare("all changed, eight words each", "log", "log2")


# --- journals ---


def intent(seq, reg, before, record=b"x", alg="sha256"):
    d = h(alg, record)
    e = h(alg, before + d)
    line = (
        '{"kind":"intent","seq":%d,"register":"%s","record_hex":"%s","digest":"%s","before":"%s","expected":"%s",'
        '"pid":1,"start":1,"time":"%s"}\n' % (seq, reg, record.hex(), d.hex(), before.hex(), e.hex(), TIME)
    )
    return line, e


HEAD = '{"schema":"tsmctl.journal/1","boot_id":"%s","created":"%s"}\n' % (BOOT, TIME)


def fill_journal(step, size=MAX - 70000):
    """Lines that step(i, value) returns with the next value."""
    out, value, used, i = [HEAD], bytes(32), 0, 0
    while used < size:
        text, value = step(i, value)
        out.append(text)
        used += len(text)
        i += 1
    return "".join(out), value, i


def commit(seq):
    return '{"kind":"commit","seq":%d}\n' % seq


def unknown(seq, value):
    return '{"kind":"unknown","seq":%d,"value":"%s"}\n' % (seq, value.hex())


def plain(i, value):
    line, e = intent(i, "r0:sha256", value)
    return line + commit(i), e


def torn_runs(i, value):
    """None starts where the one before it ends."""
    line, e = intent(i, "r0:sha256", h("sha256", b"%d" % i))
    return line + commit(i), e


def doubtful(i, value):
    line, e = intent(i, "r0:sha256", value if i % 8 else bytes(32))
    seen = h("sha256", b"%d" % i)
    return line + unknown(i, seen), seen


def doubtful_some(i, value):
    """Of every hundred the last is."""
    line, e = intent(i, "r0:sha256", value)
    if i % 100 < 99:
        return line + commit(i), e
    seen = h("sha256", e)
    return line + unknown(i, seen), seen


def open_ones(i, value):
    return intent(i, "r%d:sha256" % i, bytes(32))


def same_names(i, value):
    line, e = intent(i, "r0:sha256", value)
    if i >= 15:
        return line + commit(i), e
    names = ",".join('"r%x:sha256"' % (j + i * 4000) for j in range(1, 4001))
    return line + '{"kind":"commit","seq":%d,"same":[%s]}\n' % (i, names), e


def same_again(i, value):
    line, e = intent(i, "r0:sha256", value)
    names = ",".join('"r%x:sha256"' % j for j in range(1, 4001))
    return line + '{"kind":"commit","seq":%d,"same":[%s]}\n' % (i, names), e


def same_each(i, value):
    line, e = intent(i, "r%d:sha256" % (i % 4000), bytes(32))
    names = ",".join('"r%d:sha256"' % ((i + j) % 4000) for j in range(1, 16))
    return line + '{"kind":"commit","seq":%d,"same":[%s]}\n' % (i, names), e


def like(i, value):
    line, e = intent(i, "r0:sha256", value)
    names = ",".join('"r%x:sha256"' % (j + i * 100) for j in range(1, 200))
    return line.replace(',"pid"', ',"like":[%s],"pid"' % names) + commit(i), e


def open_many(i, value):
    """4,000 records that have no end, and records after them."""
    if i < 4000:
        return intent(i, "r%d:sha256" % (i + 1), bytes(32))[0], value
    line, e = intent(i, "r0:sha256", value)
    return line + commit(i), e


@group
def journal():
    values("w", [("r0:sha256", b"\1" * 32)])
    for fn in (plain, torn_runs, doubtful, doubtful_some, open_ones, same_names, same_again, same_each, like, open_many):
        text, value, n = fill_journal(fn)
        write("log", text)
        values("r", [("r0:sha256", value)])
        all_of("journal: " + fn.__name__, n, "log:journal", right="r")
    # Script 11, beside all that it names.
    text, value, n = fill_journal(same_names)
    write("log", text)
    values("r", [("r%x:sha256" % i, value) for i in range(4096)])
    case("11: same names, 4,096 registers", n, "verify", "--values", "r", "--input", "log:journal")
    text, value, n = fill_journal(same_each)
    write("log", text)
    values("r", [("r%d:sha256" % i, h("sha256", bytes(32) + h("sha256", b"x"))) for i in range(4096)])
    case("11: same names of each, 4,096 registers", n, "verify", "--values", "r", "--input", "log:journal")
    for limit in (4000, 8191):
        for fn in (torn_runs, doubtful, doubtful_some):
            text, value, n = fill_journal(fn, 350 * limit)
            write("log", text)
            case("journal: %d of %s" % (n, fn.__name__), n, "verify", "--values", "w", "--input", "log:journal")
            ds = [h("sha256", b"x")] * 7
            write("rest", b"".join(event2(40, 6, [("sha256", d)], b"LEAA" + le32(1) + b"x") for d in ds))
            values("p", [("pcr40:sha256", b"\1" * 32)])
            write("log", text.replace("r0:sha256", "pcr40:sha256"))
            case("journal: %d of %s, seven events left" % (n, fn.__name__), n, "verify", "--values", "p", "--input",
                 "log:journal", "--input", "rest:aael")


@group
def journal_loop():
    """What is left of other logs, in every order, among many claims of a journal."""
    n = 8000
    out, value = [HEAD], h("sha256", b"start")
    for i in range(n):
        line, value = intent(i, "pcr40:sha256", value if i % 2 else h("sha256", b"%d" % i))
        out.append(line + commit(i))
    write("log", "".join(out))
    write("rest", b"".join(event2(40, 6, [("sha256", some(i, 32))], b"LEAA" + le32(1) + b"x") for i in range(7)))
    values("w", [("pcr40:sha256", b"\1" * 32)])
    case("journal: 8,000 claims, seven events left", n, "verify", "--values", "w", "--input", "log:journal", "--input",
         "rest:aael")
    for k in (2, 4, 8):
        logs = []
        for j in range(k):
            text, value, m = fill_journal(torn_runs if j % 2 else plain, 350 * n // k)
            write("log%d" % j, text.replace("r0:sha256", "pcr40:sha256"))
            logs += ["--input", "log%d:journal" % j]
        case("journal: %d of them" % k, n, "verify", "--values", "w", *logs)


# --- values ---


@group
def rows():
    """Script 02, as many rows as fit into 4 MiB."""
    n = 4096
    for name, reg in (("registers", "p/r%d:sha1"), ("PCRs", "pcr%d:sha1"), ("providers", "p%d/r:sha1")):
        values("v", [(reg % i, bytes(20)) for i in range(n)])
        values("e", [(reg % (n - i), bytes(20)) for i in range(n)])
        case("02: %d %s" % (n, name), n, "verify", "--values", "v", "--expect", "e", "--no-log")
        write("log", tcg2([(40, 5, [("sha1", some(1, 20))], b"")], ["sha1"]))
        case("02: %d %s, a log" % (n, name), n, "verify", "--values", "v", "--expect", "v", "--input", "log:tpm")


# --- what events say ---


def device_path(n):
    return b"\1\1\6\0\0\0" * n + b"\x7f\xff\4\0"


@group
def describe():
    d = some(1, 20)
    values("w", [("pcr5:sha1", b"\1" * 20)])

    def one(name, kind, data):
        event = event2(5, kind, [("sha1", d)], data)
        n = (MAX - 200) // len(event)
        write("log", spec_id(["sha1"]) + event * n)
        all_of("describe: " + name, n, "log:tpm")

    size = 4 << 20
    for name, nodes in (("short paths", 10), ("long paths", 10000), ("paths of 4 MB", 690000)):
        p = device_path(nodes)
        one(name, 0x80000003, struct.pack("<QQQQ", 0, 0, 0, len(p)) + p)
    text = b"\4\4" + struct.pack("<H", 60000) + "é".encode("utf-16-le") * 29998
    p = text * 60 + b"\x7f\xff\4\0"
    one("paths of text", 0x80000003, struct.pack("<QQQQ", 0, 0, 0, len(p)) + p)
    guid = bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c")
    sha = bytes.fromhex("2616c4c14c509240aca941f936934328")
    name = "dbx".encode("utf-16-le")
    for what, lists in (
        ("one signature list", sha + le32(28 + 48 * 80000, 0, 48) + bytes(48) * 80000),
        ("many signature lists", (sha + le32(28 + 48, 0, 48) + bytes(48)) * 50000),
        ("empty signature lists", (sha + le32(28, 0, 48)) * 140000),
    ):
        one(what, 0x80000001, guid + struct.pack("<QQ", 3, len(lists)) + name + lists)
    long_name = "é".encode("utf-16-le") * 2000000
    one("a long name of a variable", 0x80000001, guid + struct.pack("<QQ", 2000000, 0) + long_name)
    one("4 MiB of data", 0x0D, os.urandom(1) * size)
    one("4 MiB of text", 0x0D, b"\xc3\xa9" * (size // 2))
    one("4 MiB of UTF-16", 0x0D, "é".encode("utf-16-le") * (size // 2))
    one("4 MiB of control characters", 0x0D, b"\1" * size)
    one("tiny text", 0x0D, b"x")
    one("4 MiB of actions", 0x80000007, b"x" * size)
    one("GPT", 0x80000006, b"EFI PART" + bytes(64) + le32(20000, 128) + bytes(12) + struct.pack("<Q", 20000) + bytes(128) * 20000)
    one("event tags", 6, le32(1, size - 100) + bytes(size - 100))
    one("tables", 0x8000000B, b"\xff" + b"x" * 255 + struct.pack("<Q", 100000) + bytes(24) * 100000)


# --- this machine's logs ---


@group
def live():
    base = "root/sys/kernel/tsm"
    src = os.environ["ROOTS"] + "/rfc-v1"
    os.system("cp -R '%s' root && chmod -R u+w root && mkdir -p root/run" % src)
    for dirpath, _, files in os.walk(base):
        if "event_log" in files:
            head = sync(bytes(48)) + b"\n"
            write(os.path.join(dirpath, "event_log"), head + b"x\n" * (2 * (1 << 20)))
    case("live: four text logs of 4 MiB", 4 * 2 * (1 << 20), "--root", "root", "verify")
    case("live: four text logs of 4 MiB", 4 * 2 * (1 << 20), "--root", "root", "log", "--jsonl")
    os.makedirs("mr/run/tsmctl")
    os.makedirs("mr/sys/devices/virtual/misc/sample/measurements")
    os.makedirs("mr/proc/sys/kernel/random")
    write("mr/proc/sys/kernel/random/boot_id", BOOT + "\n")
    write("mr/sys/devices/virtual/misc/sample/measurements/r0:sha256", b"\1" * 32)
    os.chmod("mr/sys/devices/virtual/misc/sample/measurements/r0:sha256", 0o600)
    for fn in (plain, torn_runs, doubtful_some, same_names):
        root = "mr-" + fn.__name__
        os.system("cp -R mr %s" % root)
        text, _, n = fill_journal(lambda i, v, fn=fn: tuple(x.replace("r0:", "sample/r0:") if isinstance(x, str) else x
                                                            for x in fn(i, v)))
        write(root + "/run/tsmctl/journal.jsonl", text)
        case("live: journal, " + fn.__name__, n, "--root", root, "verify")
        case("live: journal, " + fn.__name__, n, "--root", root, "log", "--jsonl")


def main():
    global tool, loop, rate
    if len(sys.argv) < 4:
        print("\n".join(groups))
        return
    tool, loop = (os.path.abspath(p) for p in sys.argv[1:3])
    print("%-50s %-34s %4s %7s %7s %8s %6s" % ("case", "command", "exit", "CPU s", "loop s", "at most", "MiB"))
    for name in sys.argv[4:] or groups:
        room = os.path.join(sys.argv[3], name)
        here = os.getcwd()
        os.makedirs(room)
        os.chdir(room)
        rate = per_record()
        groups[name]()
        os.chdir(here)
        shutil.rmtree(room)
    if over:
        sys.exit("%d of these are over what the issue allows" % over)


main()
