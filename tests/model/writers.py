# SPDX-License-Identifier: Apache-2.0
"""
What several writers did to one register, in the small: which extends happened is known, so that for every
answer it can be counted out whether it is true. Nothing here says which answer is the best one.
"""
import hashlib
import json

REGISTER = "rtmr3"
BOOT = "01234567-89ab-cdef-0123-456789abcdef"


def h(data):
    return hashlib.sha384(data).digest()


class Claim:
    """What a log tells. place: the extends before it, where the log says what the register held; else None."""

    def __init__(self, seq, text, place=None):
        self.seq, self.text, self.place = seq, text, place


class Writers:
    """The register, and the logs of all who may have extended it."""

    def __init__(self, rng):
        self.rng = rng
        self.value = bytes(48)
        self.history = []  # texts
        self.values = [self.value]  # before each extend, and after the last
        self.logs = {}  # name: claims
        self.maybe = []  # (text, places): a record of the journal that may have been extended
        self.lines, self.older = [], []  # of the journal, and of an older copy

    def extend(self, text):
        self.history.append(text)
        self.value = h(self.value + h(text.encode()))
        self.values.append(self.value)

    def tell(self, name, text, place=None):
        claims = self.logs.setdefault(name, [])
        claims.append(Claim(len(claims), text, place))

    def intent(self, text):
        digest, seq = h(text.encode()), sum('"intent"' in x for x in self.lines)
        self.lines.append(
            '{"kind":"intent","seq":%d,"register":"tdx_guest/%s:sha384","record_hex":"%s","digest":"%s",'
            '"before":"%s","expected":"%s","pid":4242,"start":1,"time":"2026-11-24T16:17:31Z"}'
            % (seq, REGISTER, text.encode().hex(), digest.hex(), self.value.hex(), h(self.value + digest).hex()))
        return seq

    def record(self, text):
        place = len(self.history)
        seq = self.intent(text)
        self.extend(text)
        self.lines.append('{"kind":"commit","seq":%d}' % seq)
        self.logs.setdefault("journal", []).append(Claim(seq, text, place))

    def lost(self, text, other):
        """A record whose end is not known: another program has extended beside it."""
        place = len(self.history)
        seq = self.intent(text)
        when = self.rng.choice(["before", "after", "never"])
        if when == "before":
            self.extend(text)
        self.extend(other)
        if when == "after":
            self.extend(text)
        self.lines.append('{"kind":"unknown","seq":%d,"value":"%s"}' % (seq, self.value.hex()))
        self.maybe.append((text, {place, len(self.history) - 1}))

    def copy_journal(self):
        """An older copy of the journal, which ends after any line."""
        n = self.rng.randint(1, len(self.lines))
        ended = {json.loads(line)["seq"] for line in self.lines[:n] if '"kind":"commit"' in line}
        self.older = self.lines[:n]
        self.logs["journal.old"] = [c for c in self.logs.get("journal", []) if c.seq in ended]

    def files(self):
        """{name: bytes}"""
        ret = {}
        for name, claims in self.logs.items():
            if not name.startswith("journal"):
                ret[name] = json.dumps([
                    {"recnum": i, "rtmr": 3, "content_type": "other", "content": {},
                     "digests": [{"hashAlg": "sha384", "digest": h(c.text.encode()).hex()}]}
                    for i, c in enumerate(claims)]).encode()
        if self.lines:
            head = '{"schema":"tsmctl.journal/1","boot_id":"%s","created":"2026-11-24T16:17:31Z"}' % BOOT
            ret["journal"] = "\n".join([head] + self.lines + [""]).encode()
            if self.older:
                ret["journal.old"] = "\n".join([head] + self.older + [""]).encode()
        return ret

    def values_file(self):
        return b"%s  %s:sha384\n" % (self.value.hex().encode(), REGISTER.encode())


def generate(rng, faulty):
    """(writers, whether each text is extended by one writer once)"""
    w = Writers(rng)
    programs = ["p%d" % i for i in range(rng.randint(1, 3))]
    repeats = rng.choice([0, 0, 0.4])
    journal = rng.random() < 0.6
    steps = [rng.randrange(len(programs)) for _ in range(rng.randint(2, 9))]
    if rng.random() < 0.5:
        steps.sort()
    faults = [rng.choice(FAULTS) for _ in range(rng.randint(1, 2))] if faulty else []
    foreign = {rng.randrange(len(steps)) for f in faults if f == "foreign"}
    doubled = {rng.randrange(len(steps)) for f in faults if f == "doubled"}
    for i, k in enumerate(steps):
        text = rng.choice("st") if rng.random() < repeats else "u%d" % i
        if i in foreign:
            w.extend("foreign%d" % i)
        what = rng.random()
        if journal and what < 0.2:
            w.record(text)
        elif journal and what < 0.4:
            w.tell(programs[k], "o%d" % i)
            w.lost(text, "o%d" % i)
        else:
            w.tell(programs[k], text)
            w.extend(text)
            w.extend(text) if i in doubled else None
    for fault in faults:
        break_log(w, rng, fault, rng.choice(programs))
    for name in programs:
        claims = w.logs.get(name, [])
        if claims and rng.random() < 0.25:
            w.logs[name + ".old"] = claims[:rng.randint(1, len(claims))]
    if w.lines and rng.random() < 0.25:
        w.copy_journal()
    return w, repeats == 0 and not faults.count("doubled")


FAULTS = ("dropped", "repeated", "swapped", "foreign", "behind", "amid", "rotated", "doubled")


def break_log(w, rng, fault, name):
    claims = w.logs.get(name)
    if not claims:
        return
    texts = [c.text for c in claims]
    i = rng.randrange(len(texts))
    if fault == "dropped":
        texts.pop(i)
    elif fault == "repeated":
        texts.insert(i, texts[i])
    elif fault == "swapped":
        texts[i:i + 2] = texts[i:i + 2][::-1]
    elif fault == "rotated":
        texts.append(texts.pop(0))
    elif fault == "behind":
        texts.append("behind " + name)
    elif fault == "amid":
        texts.insert(i, "amid " + name)
    w.logs[name] = [Claim(seq, text) for seq, text in enumerate(texts)]
    if not texts:
        del w.logs[name]


# Whether something can be true.


def ways(w, logs, to=None):
    """How far each log may be when the first `to` extends are done, if each of these is told by one that stands there."""
    lists = list(logs.values())
    at = {(0,) * len(lists)}
    for k, text in enumerate(w.history[:to]):
        lost = any(text == t and k in places for t, places in w.maybe)
        after = set(at) if lost else set()
        for st in at:
            can = [i for i, x in enumerate(lists)
                   if st[i] < len(x) and x[st[i]].text == text and x[st[i]].place in (None, k)]
            for some in range(1, 1 << len(can)):
                after.add(tuple(n + (i in can and some >> can.index(i) & 1) for i, n in enumerate(st)))
        at = after
    return at


def explained(w, logs):
    return tuple(len(x) for x in logs.values()) in ways(w, logs)


def without(logs, which):
    """The logs without these (name, seq)."""
    return {name: [c for c in claims if (name, c.seq) not in which] for name, claims in logs.items()}


def changed(logs, name, change):
    """With the change to one log, and to its copy."""
    ret = dict(logs)
    base = name.removesuffix(".old")
    for which in {base, base + ".old"} & set(logs):
        ret[which] = list(logs[which])
        change(ret[which])
    return ret


def index_of(logs, name, seq):
    return [c.seq for c in logs[name]].index(seq)


def swap(i):
    def change(claims):
        if i + 1 < len(claims):
            claims[i:i + 2] = claims[i:i + 2][::-1]
    return change


def repeat(i):
    def change(claims):
        claims[i:i] = claims[i:i + 1]
    return change


def lie(w, row, distinct):
    """What of an answer is not true; None: nothing."""
    verdict, d, logs = row["verdict"], row["diagnosis"] or {}, w.logs
    if verdict in ("match", "untouched"):
        return None if explained(w, logs) else "what these logs say was not extended"
    if verdict == "undecided":
        return None
    # That a program and its own old copy have extended the same, each once, is not to be believed.
    if explained(w, {name: claims for name, claims in logs.items() if not name.endswith(".old")}):
        return "these logs explain it"
    left = {(u["source"], u["seq"]) for u in row["unextended"]}
    if verdict == "log-ahead" and not explained(w, without(logs, left)):
        return "without what was left out, the logs do not explain it"
    return lie_of(w, d, left, distinct)


def lie_of(w, d, left, distinct):
    kind, name, seq, logs = d.get("kind"), d.get("source"), d.get("seq"), w.logs
    if kind == "extra":
        one = explained(w, without(logs, {(name, seq)}))
        return None if one or explained(w, without(logs, left)) else "it is not what is too much"
    if kind == "repeated":
        i = index_of(logs, name, seq)
        return None if explained(w, changed(logs, name, repeat(i))) else "not repeated"
    if kind == "swapped":
        i = index_of(logs, name, seq)
        return None if explained(w, changed(logs, name, swap(i))) else "not swapped"
    if kind == "order":
        text = logs[name][index_of(logs, name, seq)].text
        return None if text in w.history else "it was never extended"
    if kind == "unreached":
        i = index_of(logs, name, seq)
        logs = {n: x for n, x in logs.items() if not n.endswith(".old")}
        k = list(logs).index(name)
        there = any(at[k] == i for at in ways(w, logs, logs[name][i].place))
        return "the logs lead there" if there else None
    if kind == "foreign" and distinct:
        return None if is_foreign_between(w, d) else "nothing foreign was extended there"
    return None


def is_foreign_between(w, d):
    place = {(name, c.seq): c.place for name in ("journal", "journal.old") for c in w.logs.get(name, [])}
    first, last = 0, len(w.history)
    if d.get("source") is not None:
        last = place[d["source"], d["seq"]]
    if d.get("other"):
        first = place[d["other"]["source"], d["other"]["seq"]] + 1
    told = {c.text for claims in w.logs.values() for c in claims} | {t for t, _ in w.maybe}
    return any(text not in told for text in w.history[first:last])
