# SPDX-License-Identifier: Apache-2.0
"""Random lists for `measure`, and what a boot that measures them leaves in each register."""
import hashlib
import json

from logs import BOOT_ID

ZERO = bytes(48)
PHASES = ("initrd", "-")  # in the order of a boot
FILES = {"/opt/agent": b"agent\n", "/etc/conf": b"", "/usr/bin/big": b"big" * 50000}
LINKS = {"/opt/link": "/opt/agent", "/opt/up": "../../../../../etc/conf", "/bin": "usr/bin"}
PATHS = {"/opt/agent": "/opt/agent", "/etc/conf": "/etc/conf", "/opt/link": "/opt/agent", "/opt/up": "/etc/conf",
         "/bin/big": "/usr/bin/big", "/usr//bin/./big": "/usr/bin/big"}
TEXTS = ("a", "boot  done", "\u00e9\u4e16", "it's \"quoted\" $HOME \\n", "# no comment".lstrip("# "))


def sha(data):
    return hashlib.sha384(data).digest()


def file_record(path):
    data = FILES[PATHS[path]]
    return ('{"type":"file","path":%s,"size":%d,"digest":"sha384:%s"}' % (
        json.dumps(path), len(data), sha(data).hex())).encode()


class Thing:
    """What a line measures: a record, or a digest."""

    def __init__(self, rng):
        self.kind = rng.choice(["event", "event", "file", "digest"])
        if self.kind == "event":
            self.what = rng.choice(TEXTS)
            self.record = self.what.encode()
        elif self.kind == "file":
            self.what = rng.choice(list(PATHS))
            self.record = file_record(self.what)
        else:
            self.what = sha(rng.choice(TEXTS).encode()).hex()
            self.record = None
        self.digest = sha(self.record) if self.record is not None else bytes.fromhex(self.what)

    def key(self):
        return self.record, self.digest


class Lists:
    """Lists in measure.d for a kernel's tree, one of those of tsmsim."""

    def __init__(self, rng, tree):
        self.tree = tree
        # The rfc tree's other registers hold what firmware extended.
        self.registers = ["rtmr3"] if tree == "rfc" else ["rtmr2", "rtmr3"]
        pool = [Thing(rng) for _ in range(rng.randint(1, 6))]
        self.lines = []  # (phase, register, thing) in the order of the files
        self.files = {}
        for i in range(rng.randint(1, 3)):
            self.files["%02d-%d.conf" % (rng.randint(0, 9), i)] = None
        for name in sorted(self.files):
            self.files[name] = self.fill(rng, pool)

    def fill(self, rng, pool):
        text = ["# " + rng.choice(TEXTS)]
        for phase in (None, *rng.sample(["initrd", "late", "initrd"], rng.randint(0, 3))):
            if phase is not None:
                text.append("[%s]" % phase)
            for _ in range(rng.randint(0, 5)):
                thing, register = rng.choice(pool), rng.choice(self.registers)
                self.lines.append((phase or "-", register, thing))
                text.append(self.spell(rng, register, thing))
        return ("\n".join(text) + rng.choice(["\n", ""])).encode()

    def spell(self, rng, register, thing):
        names = [register, register.upper(), register + ":sha384"]
        if self.tree != "rtmrs":
            names.append("tdx_guest/" + register)
        note = rng.choice(["", " a  note"]) if thing.kind == "digest" and self.tree != "rfc" else ""
        blank = rng.choice([" ", "\t", "  "])
        return rng.choice(["", blank]) + blank.join([rng.choice(names), thing.kind, thing.what]) + note

    def history(self, register):
        """What is extended in a boot, in its order; what is there is not extended again."""
        done, keys = [], set()
        for phase in PHASES:
            for where, reg, thing in self.lines:
                if where == phase and reg == register and thing.key() not in keys:
                    keys.add(thing.key())
                    done.append(thing)
        return done

    def value(self, register):
        """After that, from zeros; the rfc kernel puts a SYNC record before a record where none is due to follow."""
        value, in_sync = ZERO, False
        for thing in self.history(register):
            if self.tree == "rfc" and thing.record is not None and not in_sync:
                value = sha(value + sha(b"SYNC sha384/" + value.hex().encode()))
            value = sha(value + thing.digest)
            in_sync = thing.record is not None
        return value

    def values(self):
        return {"%s:sha384" % reg: self.value(reg).hex() for reg in self.registers if self.history(reg)}

    def lay(self, put, link):
        """Below the folder "root"; `put` writes a file, `link` makes a link."""
        put("root/proc/sys/kernel/random/boot_id", (BOOT_ID + "\n").encode())
        for name, data in FILES.items():
            put("root" + name, data)
        for name, target in LINKS.items():
            link("root" + name, target)
        for name, text in self.files.items():
            put("root/etc/tsmctl/measure.d/" + name, text)
