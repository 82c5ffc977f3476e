# SPDX-License-Identifier: Apache-2.0
"""Logs as lists of events, and their bytes: from genlog where it can, else written here."""
import base64
import hashlib
import os
import struct
import subprocess

SIZES = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
BOOT_ID = "0f0f0f0f-1111-2222-3333-444444444444"
OTHER_BOOT_ID = "11111111-1111-1111-1111-111111111111"
GENLOG = os.environ.get("GENLOG", "genlog")

# What a format's registers are, and where live logs of it lie.
RTMRS = ("rtmr0", "rtmr1", "rtmr2", "rtmr3")


def h(alg, data):
    return hashlib.new(alg, data).digest()


def le32(n):
    return struct.pack("<I", n)


def be32(n):
    return struct.pack(">I", n)


class Event:
    """An event as a log tells it. `what`: its kind within its format."""

    def __init__(self, reg, what, text, extends=True, checked=True):
        self.reg, self.what, self.text = reg, what, text
        self.extends = extends  # None: only the register can tell
        self.checked = checked  # its data must explain its digest
        self.digests = {}  # as the log states them; a format without digests: what its data makes
        self.before = self.seen = None  # journal: values
        self.end = "commit"
        self.blank = False  # text log: the kernel put a blank line before it

    def copy(self):
        new = Event(self.reg, self.what, self.text, self.extends, self.checked)
        new.__dict__.update(self.__dict__)
        new.digests = dict(self.digests)
        return new

    def hashed(self, alg):
        """The digest that its data makes; None: not by its data alone."""
        return made(self.what, self.text, alg) if self.checked else None


def made(what, text, alg):
    data = text.encode()
    if what == "aael":
        return h(alg, b"LEAA" + le32(len(data)) + data)
    if what == "dstack":
        name, payload = text.split(" ", 1)
        return h(alg, le32(0x08000001) + b":" + name.encode() + b":" + payload.encode())
    if what.startswith("cos:"):
        tlv = b"\0" + be32(len(data)) + data
        return h(alg, b"\x50" + be32(len(tlv)) + tlv)
    if what == "ima-ng":
        digest = b"sha256:\0" + h("sha256", data)
        name = data + b"\0"
        return h(alg, le32(len(digest)) + digest + le32(len(name)) + name)
    if what == "ima":
        return h(alg, h("sha1", data) + data + b"\0" * (256 - len(data)))
    return h(alg, data)


class Format:
    def __init__(self, name, places, whats, genlog=None, digests=True, suffix=False, one=False):
        self.name = name  # as FILE:FORMAT names it
        self.places = places  # "rtmr", "pcr" or both
        self.whats = whats  # events that it can hold: (what, checked)
        self.genlog = genlog  # FORMAT:STYLE; None: written here
        self.digests = digests  # the log states digests, so that they and the data can differ
        self.suffix = suffix  # FORMAT must be said
        self.one = one  # its events are of one register


TCG = [("EV_EFI_ACTION", True), ("EV_IPL", False), ("EV_ACTION", True)]
FORMATS = {
    "ccel": Format("ccel", ["rtmr"], TCG, "ccel:edk2"),
    "ccel-td": Format("ccel", ["rtmr"], TCG, "ccel:td-shim"),
    "tpm": Format("tpm", ["pcr"], TCG, "tpm", suffix=True),
    "aael": Format("aael", ["rtmr"], [("aael", True)], "aael"),
    "aael-text": Format("aael", ["rtmr"], [("line", True)], digests=False, one=True),
    "systemd-cc": Format("systemd", ["rtmr"], [("phase", True)], "systemd:cc"),
    "systemd": Format("systemd", ["pcr"], [("phase", True)], "systemd:tpm2"),
    "cel-json": Format("cel-json", ["rtmr", "pcr"], TCG, "cel-json:tcg"),
    "pcrlock": Format("cel-json", ["pcr"], TCG, "cel-json:pcrlock"),
    "cel-own": Format("cel-json", ["rtmr", "pcr"], [("record", True)], "cel-json:tsmctl"),
    "libcel": Format("cel-tlv", ["rtmr", "pcr"], TCG, "cel-tlv:libcel"),
    "google": Format("cel-tlv", ["rtmr"], [("cos:ImageRef", True)], "cel-tlv:google"),
    "safford": Format("cel-tlv", ["rtmr", "pcr"], TCG, "cel-tlv:safford"),
    "dstack": Format("dstack", ["rtmr"], [("dstack", True)], digests=False, one=True),
    "dstack-old": Format("dstack", ["rtmr"], [("dstack", True)], "dstack:old", one=True),
    "ima": Format("ima", ["pcr"], [("ima-ng", True)], one=True),
    "ima-old": Format("ima", ["pcr"], [("ima", True)], one=True),
    "text": Format("rfc-text", ["rtmr"], [("record", True)], digests=False, suffix=True, one=True),
    "journal": Format("journal", ["rtmr"], [("record", True)]),
}


HEADER = bytes.fromhex("0100000003000000" + "00" * 20 + "21000000") + (
    b"Spec ID Event03\0" + bytes.fromhex("000000000002000201000000" + "0c00300000")
)


class Log:
    def __init__(self, fmt, name, banks=("sha384",)):
        self.key, self.fmt, self.name, self.banks = fmt, FORMATS[fmt], name, list(banks)
        self.events = []
        self.boot_id = BOOT_ID if fmt == "journal" else None
        self.provider = "tdx_guest/"
        self.raw = None  # its bytes, where they are not those that its events make
        self.headless = False  # the second half of a text log
        self.torn = False  # it ends within a record, after those of `events`
        self.damaged = False  # it holds a record that its reader refuses
        self.live = None  # "ccel", ...: as which log of the machine it may lie there

    def copy(self, name=None):
        new = Log(self.key, name or self.name, self.banks)
        new.__dict__.update({k: v for k, v in self.__dict__.items() if k != "name"})
        new.events = [e.copy() for e in self.events]
        return new

    def firmware(self):
        return self.fmt.name in ("ccel", "tpm")

    def argument(self):
        return self.name + (":" + self.fmt.name if self.fmt.suffix else "")

    def seq_of(self, i):
        """The number that this event has in its log."""
        return i + (1 if self.firmware() else 0)

    def may_name(self, reg):
        """
        Whether an event of this register could stand in it. None: the format could say it, and the
        program that writes this log never does; then both answers are right.
        """
        if self.key == "text":
            return reg == self.reg
        if reg.rstrip("0123456789") not in self.fmt.places:
            return False
        if self.key in ("aael", "aael-text", "dstack", "dstack-old") and reg not in self.regs:
            return None
        return True

    def data(self):
        if self.raw is not None:
            return self.raw
        if self.key == "journal":
            ret = journal_bytes(self)
        elif self.key in ("text", "aael-text"):
            ret = text_bytes(self)
        elif self.key == "dstack":
            ret = b"".join(dstack_line(e) for e in self.events)
        elif self.key == "ima":
            ret = b"".join(ima_line(e) for e in self.events)
        elif self.key == "ima-old":
            ret = b"".join(ima_record(e) for e in self.events)
        else:
            ret = genlog_bytes(self)
        return ret


def genlog_line(e):
    words = [e.reg, e.what.replace("_checked", "")]
    if e.extends:
        words += ["digest:%s:%s" % (alg, d.hex()) for alg, d in e.digests.items()]
    if e.what == "dstack":
        name, payload = e.text.split(" ", 1)
        words += ["name:" + name, "text:" + payload]
    elif e.what == "locality":
        words = [e.reg, "EV_NO_ACTION", "locality:" + e.text]
    else:
        words.append("text:" + e.text)
    return " ".join(words) + "\n"


CACHE = {}


def genlog_bytes(log):
    text = "".join(genlog_line(e) for e in log.events)
    key = (log.fmt.genlog, tuple(log.banks), text)
    if key not in CACHE:
        if len(CACHE) > 500:
            CACHE.clear()
        command = [GENLOG, "-b", ",".join(log.banks), "-f", log.fmt.genlog, "-"]
        CACHE[key] = subprocess.run(
            command, input=text.encode(), stdout=subprocess.PIPE, check=True, close_fds=False
        ).stdout
    return CACHE[key]


def dstack_line(e):
    name, payload = e.text.split(" ", 1)
    code = base64.b64encode(payload.encode()).decode()
    return ('{"event":"%s","payload":"%s"}\n' % (name, code)).encode()


def ima_record(e):
    """Binary, template "ima": of its data there is no length."""
    data = e.text.encode()
    return le32(10) + e.digests["sha1"] + le32(3) + b"ima" + h("sha1", data) + le32(len(data)) + data


def ima_line(e):
    digest = h("sha256", e.text.encode()).hex()
    return ("10 %s ima-ng sha256:%s %s\n" % (e.digests["sha1"].hex(), digest, e.text)).encode()


def journal_bytes(log):
    out = [
        '{"schema":"tsmctl.journal/1","boot_id":"%s","created":"2026-11-24T16:17:31Z"}' % log.boot_id
    ]
    for i, e in enumerate(log.events):
        seq = log.seq_of(i)
        (alg, digest), = e.digests.items()
        what = '"record_hex":"%s"' % e.text.encode().hex() if e.what == "record" else '"note":"x"'
        after = h(alg, e.before + digest)
        out.append(
            '{"kind":"intent","seq":%d,"register":"%s%s:%s",%s,"digest":"%s","before":"%s",'
            '"expected":"%s","pid":4242,"start":%d,"time":"2026-11-24T16:17:31Z"}'
            % (seq, log.provider, e.reg, alg, what, digest.hex(), e.before.hex(), after.hex(), 100 + seq)
        )
        if e.end == "unknown":
            out.append('{"kind":"unknown","seq":%d,"value":"%s"}' % (seq, e.seen.hex()))
        elif e.end != "open":
            out.append('{"kind":"%s","seq":%d}' % (e.end, seq))
    return ("\n".join(out) + "\n").encode()


def text_bytes(log):
    out = b""
    for i, e in enumerate(log.events):
        if e.blank and (i > 0 or log.headless):
            out += b"\n"
        out += e.text.encode() + b"\n"
    return out
