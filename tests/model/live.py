# SPDX-License-Identifier: Apache-2.0
"""A machine below a root: the same evidence as the files of a case, where a machine has it."""
import os
import subprocess

from logs import BOOT_ID

PLACES = {
    "ccel": "sys/firmware/acpi/tables/data/CCEL",
    "systemd": "run/log/systemd/cc-measure.log",
    "aael": "run/attestation-agent/eventlog",
    "dstack": "run/log/dstack/runtime_events.log",
    "journal": "run/tsmctl/journal.jsonl",
}
MR = "sys/devices/virtual/misc/tdx_guest/measurements/"
RFC = "sys/kernel/tsm/tdx_guest/"


def possible(case):
    """Whether a machine can have these logs. Of its own journal a torn end does not count."""
    places = [log.live if log.live != "kernel" else log.name for log in case.logs]
    return (
        case.machine in ("mr", "rfc")
        and case.provider == "tdx_guest/"
        and None not in places
        and len(set(places)) == len(places)
        and not any(log.torn and log.key == "journal" for log in case.logs)
    )


def names(case, reg):
    """What the program calls each log live, in the row of this register."""
    return {log.name: log.live for log in case.logs if log.key != "text" or log.reg == reg}


def files(case, reg):
    """The other way."""
    return {live: name for name, live in names(case, reg).items()}


def build(case, put, path, registers=True):
    """Lays it below the folder "root"; `put` writes a file, `path` is where it is."""
    put("root/proc/sys/kernel/random/boot_id", (BOOT_ID + "\n").encode())
    for log in case.logs:
        if log.live != "kernel":
            put("root/" + PLACES[log.live], log.data())
    journal = path("root/run/tsmctl/journal.jsonl")
    if os.path.exists(journal):
        os.chmod(os.path.dirname(journal), 0o755)
        os.chmod(journal, 0o600)
    if not registers:
        return
    texts = {log.reg: log for log in case.logs if log.key == "text"}
    for reg in case.registers():
        value = case.value(reg, "sha384")
        if case.machine == "mr":
            put("root/%s%s:sha384" % (MR, reg), value)
            continue
        put("root/%s%s/digest" % (RFC, reg), value)
        put("root/%s%s/hash_algo" % (RFC, reg), b"sha384")
        put("root/%s%s/append_event" % (RFC, reg), b"")
        put("root/%s%s/event_log" % (RFC, reg), texts[reg].data() if reg in texts else b"")
        os.chmod(path("root/%s%s/append_event" % (RFC, reg)), 0o200)


# The simulated kernel, through FUSE.


def simulated(case, rng):
    """
    The tree to simulate for this case, and the registers that it can have there; None: none. Firmware
    has no part in it, and no direct write fails.
    """
    if not possible(case) or any(log.live == "ccel" for log in case.logs):
        return None
    history = [e.digests["sha384"] for e in case.history["rtmr3"]]
    if case.machine == "mr":
        return rng.choice(["mr", "rtmrs"]), case.registers()
    for log in case.logs:
        if log.key == "text" and log.reg == "rtmr3":
            if any(e.what == "direct" and e.digests["sha384"] not in history for e in log.events):
                return None
    return "rfc", ["rtmr3"]


def rename(case, provider):
    case.provider = provider
    for log in case.logs:
        log.provider = provider


class Machine:
    """A simulated kernel below root/sys, whose registers are extended as the case's history has it."""

    def __init__(self, sim, tree, case, path):
        self.tree, self.case, self.root = tree, case, path("root")
        self.sys = path("root/sys")
        os.makedirs(self.sys)
        subprocess.run(
            [sim, "--tree", tree, "--provider", "tdx_guest", "--no-ccel", self.sys],
            check=True, close_fds=False,
        )

    def stop(self):
        for command in (["umount", self.sys], ["fusermount3", "-u", self.sys], ["umount", "-l", self.sys]):
            if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                return

    def fault(self, spec):
        self.write(self.sys + "/.tsmsim/fault", spec.encode() + b"\n")

    def write(self, path, data):
        fd = os.open(path, os.O_WRONLY)
        try:
            if os.write(fd, data) != len(data):
                raise OSError("short write to " + path)
        finally:
            os.close(fd)

    def extend_all(self, registers):
        for reg in registers:
            if self.tree == "rfc":
                self.kernel_log(reg)
                continue
            if self.tree == "mr":
                path = "%s/devices/virtual/misc/tdx_guest/measurements/%s:sha384" % (self.sys, reg)
            else:
                entry = "%s/kernel/config/tsm/rtmrs/%s" % (self.sys, reg)
                os.mkdir(entry)
                self.write(entry + "/index", reg[-1].encode())
                path = entry + "/digest"
                if reg in ("rtmr0", "rtmr1") and self.case.history[reg]:
                    return False  # that tree refuses to extend them
            for e in self.case.history[reg]:
                self.write(path, e.digests["sha384"])
        return True

    def kernel_log(self, reg):
        """Appends and direct writes; the kernel adds its SYNC lines by itself."""
        folder = "%s/kernel/tsm/tdx_guest/%s" % (self.sys, reg)
        comment = b""
        for log in self.case.logs:
            for e in log.events if log.key == "text" and log.reg == reg else []:
                if e.what == "direct":
                    self.write(folder + "/digest", e.digests["sha384"])
                elif e.what == "comment":
                    comment = e.text.encode() + b"\n"
                elif e.what == "record":
                    self.write(folder + "/append_event", comment + e.text.encode() + b"\n")
                    comment = b""

    def event_log(self, reg):
        with open("%s/kernel/tsm/tdx_guest/%s/event_log" % (self.sys, reg), "rb") as f:
            return f.read()
