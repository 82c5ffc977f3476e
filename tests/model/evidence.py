# SPDX-License-Identifier: Apache-2.0
"""What the laws add to a case: further logs, copies, halves, logs that hide something."""
import json
import struct

import cases
import logs
from logs import BOOT_ID, OTHER_BOOT_ID, HEADER, Event, Log, h


def values_file(case, more=()):
    out = [(name, case.value(reg, alg).hex()) for reg, alg, name in case.rows()] + list(more)
    if case.stated_boot is None:
        return "".join("%s  %s\n" % (v, n) for n, v in out).encode()
    return json.dumps({
        "schema": "tsmctl.read/1", "boot_id": case.stated_boot,
        "registers": [{"register": n, "value": v} for n, v in out],
    }).encode()


def values_with(case, odd):
    """With one more register, of another hash."""
    size = {"sha512": 64, "rmd160": 20}.get(odd, 32)
    return values_file(case, [("other/mr0:" + odd, "5a" * size)])


def made_log(case, key, name, regs):
    """A log that is not one of the case's."""
    keep = list(case.logs)
    log = cases.new_log(case, key, name, regs)
    case.logs = keep
    return log


def anything(case, rng):
    """A format of this machine."""
    if case.machine == "tpm":
        return rng.choice(["systemd", "cel-json", "pcrlock", "cel-own", "libcel", "safford"])
    return rng.choice(["aael", "systemd-cc", "cel-json", "cel-own", "libcel", "safford", "dstack-old", "journal"])


def unrelated(case, rng):
    """A log that claims nothing of some registers, and their names."""
    every = [name for _, _, name in case.rows()]
    kind = rng.choice(["others", "others", "empty", "comments", "journal", "voids", "other-boot", "header"])
    reg = rng.choice(case.registers())
    if kind in ("empty", "comments", "header") and case.machine == "tpm":
        kind = "others"
    if kind in ("empty", "comments"):
        log = made_log(case, "text", "more/%s.log" % reg, [reg])
        log.raw = b"" if kind == "empty" else b"# a comment\n\n# and one more\n"
        return log, every
    if kind == "header":
        log = made_log(case, "ccel", "header.bin", case.registers())
        log.raw = HEADER + b"\xff" * 64
        return log, every
    if kind in ("journal", "voids", "other-boot"):
        log = made_log(case, "journal", "more.jsonl", [reg])
        if kind == "other-boot":
            if case.stated_boot is None:
                return None, None
            log.boot_id = OTHER_BOOT_ID
        for _ in range(0 if kind == "journal" else 2):
            e = case.event(log, reg)
            e.before = case.value(reg, case.banks[0])
            if kind == "voids":
                e.end, e.extends = "void", False
            log.events.append(e)
        return log, every
    log = made_log(case, anything(case, rng), "more", [reg])
    if log.key == "dstack-old":
        reg = "rtmr3"
    if case.banks[0] == "sha1" and log.key == "journal":
        return None, None
    for _ in range(rng.randint(1, 3)):
        log.events.append(cases.forged_event(case, log, reg))
    return log, [name for r, _, name in case.rows() if r != reg]


def further(case, rng):
    """A log of some of what was extended, and of something that was not."""
    reg = rng.choice(case.registers())
    if case.machine != "tpm" and rng.random() < 0.3:
        return further_text(case, rng, reg)
    key = anything(case, rng)
    if key == "dstack-old":
        reg = "rtmr3"
    log = made_log(case, key, "further", [reg])
    for e in case.history[reg]:
        if rng.random() < 0.6 and log.key != "journal" and log.key != "dstack-old":
            new = Event(reg, {"aael": "aael", "systemd-cc": "phase", "systemd": "phase", "cel-own": "direct"}.get(
                key, "EV_IPL"), "told too " + case.text(""), True, False)
            if new.what in ("aael", "phase"):
                continue
            new.digests = dict(e.digests)
            if new.what == "direct":
                new.text = ""
            log.events.append(new)
    for _ in range(rng.randint(0, 2)):
        log.events.insert(rng.randint(0, len(log.events)), cases.forged_event(case, log, reg))
    return log if log.events else None


def further_text(case, rng, reg):
    """Lines that anyone could have written: digests that were extended, and perhaps a record."""
    log = made_log(case, "text", "more/%s.log" % reg, [reg])
    for e in case.history[reg]:
        case.line(log, "direct", "# .EXTEND " + e.digests["sha384"].hex(), e.digests["sha384"], None)
    if rng.random() < 0.3:
        log.events.append(cases.forged_event(case, log, reg))
    if not log.events:
        case.line(log, "comment", "# a comment", extends=False)
    return log


def copied(case, rng):
    can = [x for x in case.logs if not x.torn and not x.damaged]
    if not can:
        return None
    old = rng.choice(can)
    kind = rng.choice(["whole", "older", "part"])
    new = old.copy(("copy/" if old.key == "text" else "copy-") + old.name)
    new.live = None
    n = len(old.events)
    if kind == "older" or old.key in ("journal", "text", "aael-text"):
        new.events = new.events[: rng.randint(1, n)]
    elif kind == "part":
        start = rng.randrange(n)
        new.events = new.events[start : rng.randint(start + 1, n)]
    if new.key == "text":
        new.copied = True
    if not any(e.extends is not False for e in new.events):
        return None
    return new


def halves(case, rng):
    can = [
        x for x in case.logs
        if len(x.events) > 1 and x.key != "aael-text" and not (x.key == "text" and any(e.what == "direct" for e in x.events))
        and all(e.end == "commit" for e in x.events)
    ]
    if not can:
        return None
    log = rng.choice(can)
    at = rng.randrange(1, len(log.events))
    first, second = log.copy("first-" + log.name), log.copy("second-" + log.name)
    if log.key == "text":
        first.name, second.name = "first/" + log.name, "second/" + log.name
        second.headless = True
    first.events, second.events = first.events[:at], second.events[at:]
    return log, first, second


def wrong_tag_size(case):
    """An event of the agent: the size of its tag is another, and hashed."""
    for log in case.logs:
        if log.key == "aael":
            data = log.data()
            at = data.find(b"LEAA")
            log.raw = data[: at + 4] + struct.pack("<I", 99) + data[at + 8 :]
            return


# Logs that show other than what was extended.


def record(where, data, n):
    return dict(where, recnum=n, digests=[{"hashAlg": "sha256", "digest": h("sha256", data).hex()}],
                content_type="tsmctl", content={"kind": "record", "data": data.hex()})


def spellings(rng):
    """Names that print alike: (name, hash, value, log). One has an event that was never extended."""
    good = b"good %d" % rng.randrange(10**6)
    a, b, name = rng.choice([
        ({"nv_index": 0x1C10200}, {"register": "nv0x1c10200"}, "nv0x1c10200"),
        ({"nv_index": 0x1C10200}, {"register": "nv0x01c10200"}, "nv0x01c10200"),
        ({"register": "ccmr5"}, {"ccmr": 5}, "ccmr5"),
        ({"register": "pcr100"}, {"pcr": 100}, "pcr100"),
        ({"register": "mr"}, {"register": "p/mr"}, "p/mr"),
        ({"register": "rtmr0"}, {"ccmr": 0}, "rtmr0"),
    ])
    if rng.random() < 0.5 and "ccmr" not in b:
        a, b = b, a
    value = h("sha256", b"\0" * 32 + h("sha256", good))
    return name + ":sha256", "sha256", value, json.dumps([record(a, good, 0), record(b, b"FORGED", 1)]).encode()


def hiding(rng):
    """(format, log, word, whether the word was hashed)"""
    word = "hidden%d" % rng.randrange(10**6)
    kind = rng.choice(["action", "ipl", "cmdline", "systemd", "member", "aael", "extra", "own"])
    if kind in ("action", "ipl", "cmdline"):
        number, text = {
            "action": (0x80000007, "Exit Boot Services Invocation\0" + word),
            "ipl": (13, "grub_cmd: linux /vmlinuz ro\0" + word + "\0"),
            "cmdline": (13, "kernel_cmdline: ro\0" + word + "\0"),
        }[kind]
        data = text.encode()
        hashed = data if kind == "action" else data.split(b": ", 1)[1]
        if rng.random() < 0.5 and kind != "action":
            hashed = hashed[:-1]
        return "ccel", HEADER + event2(2, number, h("sha384", hashed), data), word, True
    if kind == "aael":
        data = ("a b c\0" + word).encode()
        tagged = b"LEAA" + logs.le32(len(data)) + data
        return "aael", event2(4, 6, h("sha384", tagged), tagged), word, True
    if kind == "systemd":
        text = "enter-initrd\0" + word
        return "systemd", systemd(text, {"string": text, "eventType": "phase"}), word, True
    if kind == "extra":
        return "systemd", systemd("enter-initrd", {"string": "enter-initrd", "note": word, "eventType": "phase"}), word, False
    if kind == "own":
        data = ("one\0" + word).encode()
        return "cel-json", json.dumps([record({"register": "rtmr1"}, data, 0)]).encode(), word, True
    name = "SecureBoot".encode("utf-16le")
    data = bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c") + struct.pack("<QQ", 10, 1) + name + b"\0"
    event = {"imr": 0, "event_type": 0x80000001, "digest": h("sha384", data).hex(), "event": word,
             "event_payload": data.hex()}
    return "dstack", json.dumps({"event_log": json.dumps([event]), "quote": "00"}).encode(), word, False


def event2(index, number, digest, data):
    return struct.pack("<IIIH", index, number, 1, 12) + digest + struct.pack("<I", len(data)) + data


def systemd(text, content):
    digest = {"hashAlg": "sha384", "digest": h("sha384", text.encode()).hex()}
    one = {"rtmr": 2, "digests": [digest], "content_type": "systemd", "content": content}
    return b"\x1e" + json.dumps(one).encode() + b"\n"


# What a log says, as far as it was hashed.


def facts(done):
    """[(register, {bank: digest}, kind, data that matches or None, data, whether it extends)] of the events that may."""
    try:
        events = json.loads(done.stdout)["events"]
    except (ValueError, KeyError):
        return None
    return [
        (e["register"].rsplit("/", 1)[-1].split(":")[0], {d["alg"]: d["digest"] for d in e["digests"]}, e["kind"],
         e["data_hex"] if e.get("data_matches") else None, e.get("data_hex"), e["extends"])
        for e in events if e["extends"] is not False
    ]


def changed(case, log, before, after, row):
    """What a log that is not as before now says of this register, and was not so; None: nothing."""
    reg, alg, name = row
    short = name.rsplit("/", 1)[-1].split(":")[0]
    if before is None or after is None:
        return None
    a = [f for f in before if f[0] == short and alg in f[1]]
    b = [f for f in after if f[0] == short and alg in f[1]]
    rest = [e.digests[alg].hex() for e in case.history[reg]]
    for f in b:
        if not f[5]:  # only the register tells
            continue
        if f[1][alg] not in rest:
            return "event with digest %s was never extended" % f[1][alg]
        rest = rest[rest.index(f[1][alg]) + 1 :]
    if len([f for f in a if f[5]]) > len(b) and cases.alone(case, log, reg, alg):
        return "an event of it is gone that no other log has"
    if len(a) != len(b):
        return None
    for x, y in zip(a, b):
        # A type of which nothing is known, and data that was left out, are not hashed: tsmctl-logs(5).
        # An event tag has its type in its data.
        if y[4] and x[4][:8] != y[4][:8] and x[4][:8] == b"LEAA".hex():
            continue
        if x[3] is not None and x[2] == y[2] and y[4] and x[3] != y[4]:
            return "data that is hashed has changed: %s, then %s" % (x[3], y[4])
    return None
