# SPDX-License-Identifier: Apache-2.0
"""
Evidence: what was extended by whom, the logs that tell of it, and one fault. Because it is made, what
was really extended is known, and with it the verdict: `construct` needs no search.

Digests are unique, unless a case is about a repetition: of equal digests side by side nobody can say
which is which.
"""
import hashlib

import logs
from logs import BOOT_ID, OTHER_BOOT_ID, SIZES, Event, Log, h
from model import Claim, Source


class Extend:
    """What was extended, in each bank; `firm`: a log tells of it firmly."""

    def __init__(self, digests):
        self.digests = digests


class Case:
    def __init__(self, rng, machine):
        self.rng, self.machine = rng, machine
        self.logs = []
        self.history = {}  # register: [Extend]
        self.banks = ["sha384"]
        self.provider = "tdx_guest/"
        self.stated_boot = None  # the boot id of the values; None: none is stated
        self.fault = "none"
        self.kinds = {}  # register: what the diagnosis may be called, where that is known
        self.texts = 0
        self.repeats = False  # an event may be extended, and logged, twice

    # What happens on the machine.

    def registers(self):
        return sorted(self.history)

    def initial(self, reg, alg):
        return b"\0" * SIZES[alg]

    def value(self, reg, alg, upto=None):
        v = self.initial(reg, alg)
        for e in self.history[reg][:upto]:
            v = h(alg, v + e.digests[alg])
        return v

    def text(self, what):
        self.texts += 1
        word = "".join(self.rng.choice("abcdefghijkmnpqrstuvwxyz") for _ in range(self.rng.randint(3, 9)))
        if what.startswith("ima"):
            return "/bin/%s%d" % (word, self.texts)
        if what == "aael":
            return "example.org/%s Load %d" % (word, self.texts)
        return "%s %d" % (word, self.texts)

    def extend(self, reg, digests):
        self.history[reg].append(Extend(digests))

    def event(self, log, reg):
        """A new event of this log's kind, not extended yet."""
        if self.repeats and self.rng.random() < 0.1 and log.events and log.events[-1].reg == reg:
            last = log.events[-1]
            if log.key not in ("journal", "text") and last.extends and last.what != "init":
                return last.copy()
        what, checked = self.rng.choice(log.fmt.whats)
        e = Event(reg, what, self.text(what), True, checked)
        banks = self.banks if log.key != "journal" and log.key != "text" else [self.banks[0]]
        for alg in banks:
            e.digests[alg] = logs.made(what, e.text, alg) if checked else h(alg, b"image" + e.text.encode())
        return e

    def measure(self, log, reg):
        """The writer of this log extends an event, and logs it."""
        e = self.event(log, reg)
        if log.key == "text":
            return self.append(log, e)
        if log.key == "journal":
            return self.intent(log, e)
        if log.key == "aael-text" and not log.events:
            self.init(log, reg)
        log.events.append(e)
        kernel = None if log.firmware() else self.kernel(reg)
        if kernel is not None:
            self.direct(kernel, e.digests["sha384"])
        else:
            self.extend(reg, e.digests)
        if self.collector is not None and log in self.collector[1]:
            self.collector[0].events.append(e.copy())
        return e

    def init(self, log, reg):
        """The agent's old log begins with the value that it found, and that line is extended."""
        text = "INIT sha384/" + self.value(reg, "sha384").hex()
        e = Event(reg, "init", text)
        e.digests["sha384"] = h("sha384", text.encode())
        log.events.append(e)
        if self.kernel(reg) is not None:
            self.direct(self.kernel(reg), e.digests["sha384"])
        else:
            self.extend(reg, e.digests)

    def intent(self, log, e):
        """tsmctl: its journal says where the record stands."""
        rng, reg, alg = self.rng, e.reg, self.banks[0]
        if rng.random() < 0.15:
            e.what, e.checked = "direct", False
        e.before = self.value(reg, alg)
        log.events.append(e)
        fate = rng.random()
        agents = [x for x in self.logs if x.key in ("aael", "dstack-old", "cel-own") and reg in x.regs]
        if fate < 0.1:
            e.end, e.extends = "void", False
        elif fate < 0.22 and agents:
            e.end, e.extends = "unknown", None
            where = rng.choice(["before", "after", "nowhere"])
            if where == "before":
                self.extend(reg, e.digests)
            self.measure(rng.choice(agents), reg)
            if where == "after":
                self.extend(reg, e.digests)
            e.seen = self.value(reg, alg)
        else:
            self.extend(reg, e.digests)
        return e

    # The kernel with the RFC's text log.

    def kernel(self, reg):
        for log in self.logs:
            if log.key == "text" and log.reg == reg and not getattr(log, "copied", False):
                return log
        return None

    def line(self, log, what, text, digest=None, extends=True, blank=False):
        e = Event(log.reg, what, text, extends, what in ("record", "sync"))
        e.blank = blank
        if digest is not None:
            e.digests["sha384"] = digest
        log.events.append(e)
        return e

    def append(self, log, e):
        if not log.sync:
            text = "SYNC sha384/" + self.value(log.reg, "sha384").hex()
            new = self.line(log, "sync", text, h("sha384", text.encode()), blank=bool(log.events))
            self.extend(log.reg, new.digests)
            log.sync = True
        if self.rng.random() < 0.15:
            self.line(log, "comment", "# a comment %d" % self.texts, extends=False, blank=True)
            e.blank = False
        else:
            e.blank = True
        log.events.append(e)
        self.extend(log.reg, e.digests)
        return e

    def direct(self, log, digest, fails=False):
        blank = log.sync
        text = "# .EXTEND " + digest.hex()
        e = self.line(log, "direct", text, digest, extends=None, blank=blank)
        if not fails:
            log.sync = False
            self.extend(log.reg, e.digests)

    collector = None

    # What logs claim.

    def names(self, reg, alg):
        return "%s%s:%s" % (self.provider, reg, alg)

    def rows(self):
        return [(reg, alg, self.names(reg, alg)) for reg in self.registers() for alg in self.banks]

    def own(self):
        return own_events(self)

    def source(self, log, reg, alg):
        """The log as the model sees it."""
        s = Source(log.name, boot_id=log.boot_id if log.boot_id is not None else None)
        s.unread = (log.torn or log.damaged) and log.may_name(reg)
        # The end of a journal that is being written is torn; what was lost with it, the register tells.
        if s.unread and log.torn and not log.damaged and log.key == "journal":
            s.unread = None
        for i, e in enumerate(log.events):
            if e.extends is False or e.reg != reg or e.what in ("comment",):
                continue
            if log.key in ("journal",) and alg != self.banks[0]:
                continue
            digest = e.digests.get(alg)
            if e.what.startswith("ima") and alg != "sha1":
                digest = logs.made(e.what, e.text, alg)  # the list has one bank; others are computed
            own = e.hashed(alg)
            own = own if own != digest else None
            seen = e.seen
            if e.extends is None and e.before is not None and seen is None:
                # An intent without an end: what the register holds is what was seen after it.
                seen = self.value(reg, alg)
            s.claims.append(Claim(log.seq_of(i), digest, e.extends is True, e.before, seen, own is not None, own))
        if s.claims and log.key == "journal":
            s.starts.append(s.claims[0].before)
        if s.claims and log.events[0].what in ("sync", "init") and log.events[0].reg == reg:
            s.starts.append(bytes.fromhex(log.events[0].text.split("/")[1]))
        return s

    def sources(self, reg, alg):
        return [self.source(log, reg, alg) for log in self.logs]

    def others(self, reg, alg):
        """For each log, what it claims of other registers."""
        return [
            [c for r in self.registers() if r != reg for c in self.source(log, r, alg).claims if c.before is None]
            for log in self.logs
        ]


# Machines.


def new_log(case, key, name, regs):
    log = Log(key, name, case.banks if not key.startswith("ima") else ["sha1"])
    log.provider = case.provider
    log.regs = regs
    if key == "text":
        log.reg, log.sync = regs[0], False
    case.logs.append(log)
    return log


def tdx(rng, live=False):
    """Linux 6.16 on TDX: firmware, systemd, agents, tsmctl with its journal."""
    case = Case(rng, "mr")
    case.provider = "tdx_guest/" if live or rng.random() < 0.7 else ""
    case.history = {"rtmr%d" % i: [] for i in range(4)}
    writers = []
    firmware = None
    if rng.random() < 0.7:
        firmware = new_log(case, rng.choice(["ccel", "ccel-td"]), "ccel.bin", ["rtmr0", "rtmr1", "rtmr2"])
        firmware.live = "ccel"
    if rng.random() < 0.75:
        log = new_log(case, "journal", "journal.jsonl", ["rtmr1", "rtmr2", "rtmr3"])
        log.live = "journal"
        writers.append(log)
    if rng.random() < 0.5:
        log = new_log(case, "systemd-cc", "cc-measure.log", ["rtmr2"])
        log.live = "systemd"
        writers.append(log)
    if rng.random() < 0.6:
        if rng.random() < 0.2:
            log = new_log(case, "aael-text", "eventlog", ["rtmr3"])
        else:
            log = new_log(case, "aael", "eventlog", rng.choice([["rtmr3"], ["rtmr2", "rtmr3"]]))
        log.live = "aael"
        writers.append(log)
    if rng.random() < 0.4:
        key = "dstack" if live else rng.choice(["dstack", "dstack-old"])
        log = new_log(case, key, "runtime_events.log", ["rtmr3"])
        log.live = "dstack"
        writers.append(log)
    if not live and rng.random() < 0.4:
        key = rng.choice(["cel-json", "cel-own", "libcel", "google", "safford"])
        log = new_log(case, key, "agent.cel", ["rtmr3"] if key == "google" else ["rtmr1", "rtmr3"])
        writers.append(log)
    if firmware and rng.random() < 0.12:
        agents = [w for w in writers if w.key == "aael"]
        case.collector = (firmware, agents)  # firmware's log with the agent's records after it
    return case, firmware, writers


def rfc(rng, live=False):
    """The RFC's kernel on TDX: it keeps a text log; agents extend through it and log, too."""
    case = Case(rng, "rfc")
    case.history = {"rtmr%d" % i: [] for i in range(4)}
    writers = []
    firmware = None
    if rng.random() < 0.7:
        firmware = new_log(case, "ccel", "ccel.bin", ["rtmr0", "rtmr1", "rtmr2"])
        firmware.live = "ccel"
    for reg in ("rtmr1", "rtmr2", "rtmr3"):
        if live or rng.random() < 0.6:
            log = new_log(case, "text", reg + ".log", [reg])
            log.live = "kernel"
            writers.append(log)
    if rng.random() < 0.4:
        log = new_log(case, "aael", "eventlog", ["rtmr3"])
        log.live = "aael"
        writers.append(log)
    return case, firmware, writers


def tpm(rng, live=False):
    """A TPM with one to three banks."""
    case = Case(rng, "tpm")
    case.provider = ""
    case.banks = rng.choice([["sha1", "sha256"], ["sha256"], ["sha1", "sha256", "sha384"], ["sha256", "sha384"]])
    case.history = {"pcr%d" % i: [] for i in (1, 4, 7, 10, 11, 15)}
    writers = []
    firmware = new_log(case, "tpm", "binary_bios_measurements", ["pcr1", "pcr4", "pcr7"])
    if rng.random() < 0.5:
        writers.append(new_log(case, "systemd", "tpm2-measure.log", ["pcr11", "pcr15"]))
    if rng.random() < 0.3 and "sha1" in case.banks:
        writers.append(new_log(case, rng.choice(["ima", "ima", "ima-old"]), "runtime_measurements", ["pcr10"]))
    if rng.random() < 0.5:
        key = rng.choice(["pcrlock", "cel-json", "cel-own", "libcel", "safford"])
        writers.append(new_log(case, key, "agent.cel", ["pcr11", "pcr15"]))
    return case, firmware, writers


def run(case, firmware, writers, fault=None):
    """Firmware first, then the others as it comes. Faults of the machine happen in between."""
    rng = case.rng
    if firmware:
        for _ in range(rng.randint(1, 5)):
            reg = rng.choice(firmware.regs)
            if sum(1 for e in firmware.events if e.reg == reg) < 4:
                case.measure(firmware, reg)
            if rng.random() < 0.1:
                firmware.events.append(Event(reg, "EV_NO_ACTION", case.text(""), False, False))
    steps = rng.randint(2, 9) if writers else 0
    moment = rng.randrange(steps + 1)
    for step in range(steps + 1):
        if fault == "foreign" and step == moment:
            foreign(case)
        if step == steps:
            break
        log = rng.choice(writers)
        reg = rng.choice(log.regs)
        if len(case.history[reg]) >= 8:
            continue
        if log.key == "text" and rng.random() < 0.3:
            case.direct(log, h("sha384", case.text("").encode()), rng.random() < 0.4)
            continue
        case.measure(log, reg)
        if fault == "twice" and step >= moment and case.fault == "none":
            twice(case, log, reg)
    journals = [w for w in writers if w.key == "journal"]
    if journals and rng.random() < 0.12:
        log = journals[0]
        reg = rng.choice(log.regs)
        e = case.event(log, reg)
        e.before, e.end, e.extends = case.value(reg, case.banks[0]), "open", None
        log.events.append(e)
        if rng.random() < 0.5:
            case.extend(reg, e.digests)
    # A program that measured nothing has no log.
    case.logs = [x for x in case.logs if x.events]


def foreign(case):
    reg = case.rng.choice([r for r in case.registers()])
    text = "foreign " + case.text("")
    case.extend(reg, {alg: h(alg, text.encode()) for alg in case.banks})
    case.fault, case.at = "foreign", (reg, len(case.history[reg]) - 1)
    case.kinds[reg] = {"foreign", "missing"}


def twice(case, log, reg):
    """Extended once more than it is logged. Two logs that tell of it would explain both."""
    last = log.events[-1]
    if log.key in ("text", "journal") or last.extends is not True or case.kernel(reg) or case.collector:
        return
    case.extend(reg, last.digests)
    case.fault, case.at = "twice", (reg, len(case.history[reg]) - 1)
    case.kinds[reg] = {"repeated", "foreign", "missing"}


# Faults of the logs.


def own_events(case, want=lambda log, e: True):
    """(log, place) of all events that extend, and are wanted."""
    return [
        (log, i)
        for log in case.logs
        for i, e in enumerate(log.events)
        if e.extends is True and e.what != "init" and want(log, e)
    ]


def fault_dropped(case):
    log, i = case.rng.choice(own_events(case))
    del log.events[i]
    return True


def fault_doubled(case):
    log, i = case.rng.choice(own_events(case))
    e = log.events[i]
    log.events.insert(i + 1, e.copy())
    if log.key not in ("text", "journal"):
        case.kinds[e.reg] = {"extra", "repeated"}
    return True


def fault_swapped(case):
    pairs = []
    for log, i in own_events(case, lambda log, e: log.key not in ("journal", "text")):
        later = [j for j in range(i + 1, len(log.events)) if log.events[j].reg == log.events[i].reg
                 and log.events[j].extends is not False]
        if later:
            pairs.append((log, i, later[0]))
    if not pairs:
        return False
    log, i, j = case.rng.choice(pairs)
    log.events[i], log.events[j] = log.events[j], log.events[i]
    case.kinds[log.events[i].reg] = {"swapped", "order"}
    return True


def fault_data(case):
    """Its data is another, its digest is not."""
    log, i = case.rng.choice(own_events(case))
    e = log.events[i]
    e.text = change_text(case, e)
    if not log.fmt.digests:
        e.digests["sha384"] = logs.made(e.what, e.text, "sha384")
    elif e.checked and log.key == "journal":
        log.damaged = True  # its reader refuses a record that does not hash to its digest
    return True


def change_text(case, e):
    if e.what == "sync":
        return e.text[:-4] + ("0000" if e.text[-4:] != "0000" else "1111")
    if e.what.startswith("ima"):
        return case.text(e.what)
    if e.what == "aael":
        return case.text("aael")
    return "forged " + case.text("")


def fault_digest(case):
    """Its digest is another, its data is not."""
    can = own_events(case, lambda log, e: log.fmt.digests and not log.key.startswith("ima"))
    if not can:
        return False
    log, i = case.rng.choice(can)
    e = log.events[i]
    e.digests = {alg: h(alg, b"another" + d) for alg, d in e.digests.items()}
    if e.checked and log.key == "journal":
        log.damaged = True
    elif e.checked:
        case.kinds[e.reg] = {"wrong-digest", "altered"}
    return True


def fault_moved(case):
    can = own_events(case, lambda log, e: not log.fmt.one)
    if not can:
        return False
    log, i = case.rng.choice(can)
    e = log.events[i]
    regs = [r for r in case.registers() if r != e.reg and log.may_name(r)]
    if not regs:
        return False
    old, e.reg = e.reg, case.rng.choice(regs)
    if log.key != "journal":
        case.kinds[old] = {"other-register", "missing", "foreign"}
        case.kinds[e.reg] = {"other-register", "extra"}
    return True


def forged_event(case, log, reg):
    e = case.event(log, reg)
    if log.key == "journal":
        e.before = case.value(reg, case.banks[0])
    if log.key == "text":
        e.blank = True
    return e


def fault_forged(case):
    """An event that was never extended, at the end of a log."""
    can = [x for x in case.logs if x.key != "text" or x.events[-1].what in ("record", "sync", "comment")]
    if not can:
        return False
    log = case.rng.choice(can)
    reg = case.rng.choice(log.regs)
    if log.key == "journal" and any(e.reg == reg and e.end == "open" for e in log.events):
        return False  # no journal goes on with a register whose last record has no end
    log.events.append(forged_event(case, log, reg))
    return True


def fault_other_boot(case):
    """A log of another boot. Only a journal states which boot it is of."""
    old = case.rng.choice(case.logs)
    other = old.copy("other-" + old.name)
    other.live = None
    for e in other.events:
        if e.digests:
            if e.what in ("sync", "init"):
                e.text = e.text.split("/")[0] + "/" + h("sha384", e.text.encode()).hex()
            elif e.what == "direct" and other.key == "text":
                e.text = "# .EXTEND " + h("sha384", e.text.encode()).hex()
                e.digests = {"sha384": bytes.fromhex(e.text.split()[2])}
                continue
            else:
                e.text = case.text(e.what) if e.what in ("aael", "ima-ng", "ima") else "boot " + case.text("")
            e.digests = {alg: logs.made(e.what, e.text, alg) for alg in e.digests}
    if old.key == "journal":
        values = {r: h(case.banks[0], b"boot" + r.encode()) for r in case.registers()}
        for e in other.events:
            e.before = values[e.reg]
            if e.end == "commit":
                values[e.reg] = h(case.banks[0], e.before + list(e.digests.values())[0])
            elif e.end == "unknown":
                values[e.reg] = e.seen = h(case.banks[0], e.before)
        other.boot_id = OTHER_BOOT_ID
    if old.key == "text":
        other.name = "other/" + old.name
    if case.rng.random() < 0.5:
        case.logs[case.logs.index(old)] = other
    else:
        case.logs.append(other)
    return True


def fault_cut(case):
    """It ends within a record."""
    log = case.rng.choice(case.logs)
    if len(log.events) < 2:
        return False
    whole = log.data()
    events, log.events = log.events, log.events[: case.rng.randrange(1, len(log.events))]
    start = len(log.data())
    log.events = events[: len(log.events) + 1]
    end = len(log.data())
    # Within the first event that is not whole, away from what could still pass for a padded end.
    if end - start < 24:
        return False
    cut = case.rng.randrange(start + 14, end - 2)
    log.raw, log.torn = whole[:cut], True
    log.events = log.events[:-1]
    # A journal may well end after an intent, and one whose end alone is cut is such a journal.
    return log.raw[-1:] != b"\n" and not (log.key == "journal" and b'"intent"' in log.raw.splitlines()[-2])


def fault_short(case):
    """It ends between two records: the last ones are missing."""
    log = case.rng.choice(case.logs)
    if len(log.events) < 2:
        return False
    log.events = log.events[: case.rng.randrange(1, len(log.events))]
    return True


def fault_order(case):
    case.rng.shuffle(case.logs)
    return True


FAULTS = {
    "none": None,
    "foreign": "machine",
    "twice": "machine",
    "dropped": fault_dropped,
    "doubled": fault_doubled,
    "swapped": fault_swapped,
    "data": fault_data,
    "digest": fault_digest,
    "moved": fault_moved,
    "forged": fault_forged,
    "other-boot": fault_other_boot,
    "cut": fault_cut,
    "short": fault_short,
    "order": fault_order,
}


def generate(rng, fault=None, live=False, machine=None):
    """A case with this fault (None: any); tries again where the fault does not fit."""
    while True:
        name = fault or rng.choice(sorted(FAULTS))
        make = {"tdx": tdx, "rfc": rfc, "tpm": tpm}[
            machine or rng.choice(["tdx"] * 6 + ["rfc"] * 2 + ["tpm"] * (0 if live else 2))
        ]
        case, firmware, writers = make(rng, live)
        case.repeats = name in ("none", "order", "forged", "cut")
        run(case, firmware, writers, name)
        if not case.logs or not 1 <= len(case.logs) <= 5:
            continue
        if rng.random() < 0.5 or live or name == "other-boot":
            case.stated_boot = BOOT_ID
        act = FAULTS[name]
        if act == "machine":
            if case.fault == "none":
                continue
        elif act is not None:
            if not own_events(case) or not act(case):
                continue
            case.fault = name
        if all(log.events for log in case.logs):
            return case


# The verdict, from what was really extended.


class Verdict:
    def __init__(self, verdicts, uncovered=0, left_out=None):
        self.verdicts = set(verdicts)
        self.uncovered, self.left_out = uncovered, left_out


def construct(case, reg, alg):
    """What has to be said of the register."""
    sources = [
        s for s in case.sources(reg, alg)
        if not (case.stated_boot and s.boot_id and s.boot_id != case.stated_boot)
    ]
    if any(s.unread for s in sources):
        return Verdict({"unread"})
    # Where it is None, `unread` is right as well: the model says so.
    if any(c.digest is None for s in sources for c in s.claims if c.firm):
        return Verdict({"unsupported"})
    ret = placed(case, reg, alg, sources)
    if any(c.altered for s in sources for c in s.claims if c.firm) and ret.verdicts & {"match", "partial"}:
        ret.verdicts = {"altered"}
    return ret


def place(history, values, alg, claims):
    """
    The claims of a log beside what was extended: {claim: element}, by comparing the two lists as diff
    does; firm ones count more.
    """
    n, m = len(claims), len(history)
    best = [[(0, {}) for _ in range(m + 1)] for _ in range(n + 1)]
    for i in range(1, n + 1):
        for k in range(m + 1):
            options = [best[i - 1][k]]
            if k > 0:
                options.insert(0, best[i][k - 1])
                c = claims[i - 1]
                stands = c.before in (None, values[k - 1]) or (
                    c.before in values[:k] and c.seen is not None and c.seen == values[k]
                )
                if c.digest == history[k - 1] and stands:
                    w, way = best[i - 1][k - 1]
                    options.append((w + (1000 if c.firm else 1), {**way, i - 1: k - 1}))
            top = max(w for w, _ in options)
            # Of equal claims side by side the first is the one that was extended.
            best[i][k] = [o for o in options if o[0] == top][0] if i else (0, {})
            if best[i - 1][k][0] == top:
                best[i][k] = best[i - 1][k]
    return best[n][m][1]


def placed(case, reg, alg, sources):
    history = [e.digests[alg] for e in case.history[reg]]
    values = [case.value(reg, alg, k) for k in range(len(history) + 1)]
    firm = [c for s in sources for c in s.claims if c.firm]
    covered, left, ends = set(), set(), True
    for s in sources:
        way = place(history, values, alg, s.claims)
        covered |= set(way.values())
        out = [q for q, c in enumerate(s.claims) if c.firm and q not in way]
        if out and any(q > out[0] for q in way):
            ends = False
        left |= {(s.name, s.claims[q].seq) for q in out}
    missing = [k for k in range(len(history)) if k not in covered]
    if not firm and not history:
        return Verdict({"untouched"})
    if not missing:
        if not left:
            return Verdict({"match"}, 0, left)
        return Verdict({"log-ahead"}, 0, left) if ends else Verdict({"mismatch"}, 0)
    if not firm:
        return Verdict({"unlogged"}, len(missing))
    starts = [values.index(v) for s in sources for v in s.starts if v in values]
    for k in starts:
        if k > 0 and all(m < k for m in missing) and after(sources, history, values, alg, k):
            return Verdict({"partial"}, len(missing))
    return Verdict({"mismatch"}, len(missing))


def after(sources, history, values, alg, k):
    """Whether every firm claim stands after element k."""
    for s in sources:
        way = place(history[k:], values[k:], alg, s.claims)
        if any(c.firm and q not in way for q, c in enumerate(s.claims)):
            return False
    return True


def inside(case, log, reg, alg):
    """How many of this log's firm claims of the register are in its history, and how many there are."""
    history = [e.digests[alg] for e in case.history[reg]]
    values = [case.value(reg, alg, k) for k in range(len(history) + 1)]
    claims = [c for c in case.source(log, reg, alg).claims if c.firm]
    return len(place(history, values, alg, claims)), len(claims)


def alone(case, log, reg, alg):
    """Whether this log alone claims an extend of the register's history."""
    history = [e.digests[alg] for e in case.history[reg]]
    rest = {c.digest for x in case.logs if x is not log for c in case.source(x, reg, alg).claims}
    return any(d not in rest for d in history)
