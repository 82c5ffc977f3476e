# SPDX-License-Identifier: Apache-2.0
"""
What `verify` must say of a register, found by trying everything.

A register's history is the one sequence of digests that leads from an initial value to its value. It
explains the register if a log claims each of its elements and the firm claims of each log are, in that
log's order, among them. Inputs are small here, so every sequence that the logs allow is hashed. Nothing
is shared with the program that is judged.

Where the design is silent, this is assumed:
- Firmware's log comes first in real histories. Here it may stand anywhere: a sequence that gives the
  value is what was extended, whatever the logs are.
- A record of a log may tell of the same extend as one of another log, never of the same as another
  record of its own log.
- Two logs that each tell of one of two equal extends explain both. So a copy of a log can explain an
  extend that was made twice and logged once; the laws do not mix the two.
- If only unconfirmed claims are left (an open intent, one that ended as unknown, direct lines) and they
  do not give the value, `unlogged` is right, since no log firmly claims an event, and so is what would
  be said if the claims were firm: `partial` if they give it from a start that a log states, `mismatch`.
- Where two equally good ways to fit a log into the history leave out different claims, and only one of
  them leaves out an end, both `log-ahead` and `mismatch` are right.
"""
import hashlib
from dataclasses import dataclass, field

MAX_NODES = 120000
MAX_SOURCES = 4  # without anchors, beyond which `undecided` may stand for any other verdict


class TooLarge(Exception):
    """More sequences than a test should hash."""


@dataclass
class Claim:
    """An extend of one register in one bank, as one log tells it."""

    seq: int
    digest: bytes  # None: the log lacks this bank's digest
    firm: bool = True
    before: bytes = None  # the value that it was extended to, where the log says so
    seen: bytes = None  # of an intent that ended as unknown: the value afterwards
    altered: bool = False  # its data must explain its digest, and does not
    own: bytes = None  # the digest of its data, if that is another


@dataclass
class Source:
    name: str
    claims: list = field(default_factory=list)  # of the register in question
    starts: list = field(default_factory=list)  # values that it states as the register's start
    unread: bool = False  # not read to its end, and its format can name the register; None: perhaps
    boot_id: str = None

    def anchored(self):
        return all(c.before is not None for c in self.claims)


@dataclass
class Judgement:
    verdicts: set  # mostly one
    history: list = None  # digests
    sources: set = field(default_factory=set)  # that claim an element of the history
    left_out: set = None  # (source, seq); None: not determined
    kinds: set = None  # one change of these gives the value; None: not looked for


def extend(alg, value, digest):
    return hashlib.new(alg, value + digest).digest()


def may_stand(alg, claim, values):
    """
    Whether the claim may be what was extended to the last of these values, which the register held one after the
    other. What was seen after it tells so only if the register held its `before` until then.
    """
    if claim.digest is None:
        return False
    if claim.before is None or claim.before == values[-1]:
        return True
    return claim.before in values and claim.seen is not None and extend(alg, values[-1], claim.digest) == claim.seen


class Search:
    """Hashes every sequence that first parts of the logs allow, until one gives the value."""

    def __init__(self, alg, logs, value, whole, split):
        self.alg, self.logs, self.value = alg, logs, value
        self.whole = whole  # all firm claims must be in it
        self.split = split  # equal claims of two logs may also be two extends
        self.nodes = 0
        self.been = set()

    def run(self, start):
        return self.step(tuple(0 for _ in self.logs), [start], [])

    def done(self, at):
        return not self.whole or not any(
            c.firm for log, p in zip(self.logs, at) for c in log[p:]
        )

    def step(self, at, values, path):
        value = values[-1]
        if value == self.value and self.done(at):
            return path
        if (at, value) in self.been:
            return None
        self.been.add((at, value))
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise TooLarge
        for digest, who in self.next(at, values).items():
            after = extend(self.alg, value, digest)
            for group in self.groups(who):
                to = tuple(group.get(i, p) for i, p in enumerate(at))
                found = self.step(to, values + [after], path + [digest])
                if found is not None:
                    return found
        return None

    def next(self, at, values):
        """What each log allows next: {digest: {log: its place after}}."""
        ret = {}
        for i, p in enumerate(at):
            for q in range(p, len(self.logs[i])):
                claim = self.logs[i][q]
                if may_stand(self.alg, claim, values):
                    ret.setdefault(claim.digest, {}).setdefault(i, q + 1)
                if claim.firm:
                    break
        return ret

    def groups(self, who):
        yield who
        if self.split and len(who) > 1:
            names = sorted(who)
            for bits in range(1, 2 ** len(names) - 1):
                yield {n: who[n] for b, n in enumerate(names) if bits >> b & 1}


def find(alg, logs, value, starts, whole):
    """The history from one of these starts, or None."""
    several = len({c.digest for log in logs for c in log}) < sum(len(log) for log in logs)
    for split in (False, True) if several else (False,):
        for start in starts:
            found = Search(alg, logs, value, whole, split).run(start)
            if found is not None:
                return start, found
    return None


def fits(alg, log, start, history):
    """All ways to fit most of a log's claims into the history, firm ones first: sets of places."""
    values = [start]
    for digest in history:
        values.append(extend(alg, values[-1], digest))
    best = {}  # place in the history reached: (weight, {ways})
    state = {0: (0, {frozenset()})}
    for q, claim in enumerate(log):
        new = dict(state)
        for h, (weight, ways) in state.items():
            for i in range(h, len(history)):
                if history[i] != claim.digest or not may_stand(alg, claim, values[: i + 1]):
                    continue
                w = weight + (1000 if claim.firm else 1)
                grown = {way | {(q, i)} for way in ways}
                old = new.get(i + 1, (-1, set()))
                if w > old[0]:
                    new[i + 1] = (w, grown)
                elif w == old[0]:
                    new[i + 1] = (w, old[1] | grown)
        state = new
        if sum(len(ways) for _, ways in state.values()) > 2000:
            raise TooLarge
    top = max(weight for weight, _ in state.values())
    best = [way for weight, ways in state.values() if weight == top for way in ways]
    return best


def left_out(log, way):
    inside = {q for q, _ in way}
    return [q for q, c in enumerate(log) if c.firm and q not in inside]


def is_end(way, out):
    """Whether nothing stands in the history that its log has after what is left out."""
    return not out or all(q < out[0] for q, _ in way)


def compare(alg, sources, start, history):
    """What a history that gives the value makes of each log."""
    said, out, used = [], set(), set()
    for s in sources:
        ways = fits(alg, s.claims, start, history)
        outs = [left_out(s.claims, way) for way in ways]
        # Of equal claims side by side the last is the one left out.
        latest = max(outs)
        if any(ways):
            used.add(s.name)
        if not latest:
            continue
        out |= {(s.name, s.claims[q].seq) for q in latest}
        both = list(zip(ways, outs))
        if len({tuple(s.claims[q].digest for q in o) for o in outs}) == 1:
            both = [b for b in both if b[1] == latest]
        said.append({"log-ahead" if is_end(way, o) else "mismatch" for way, o in both})
    if not said:
        return Judgement({"match"}, history, used, set())
    if {"mismatch"} in said:
        return Judgement({"mismatch"}, history, used, None, {"extra", "repeated"})
    verdicts = set().union(*said)
    return Judgement(verdicts, history, used, out if len(verdicts) == 1 else None)


def edits(logs, others):
    """One change to the claims: (kind, logs). `others`: claims of other registers in the same logs."""
    for i, log in enumerate(logs):
        rest = logs[:i], logs[i + 1 :]

        def put(new):
            return rest[0] + [new] + rest[1]

        for q, claim in enumerate(log):
            if not claim.firm:
                continue
            yield "extra", put(log[:q] + log[q + 1 :])
            yield "repeated", put(log[: q + 1] + log[q:])
            if claim.own is not None:
                fixed = Claim(claim.seq, claim.own, before=claim.before)
                yield "wrong-digest", put(log[:q] + [fixed] + log[q + 1 :])
            if q + 1 < len(log):
                yield "swapped", put(log[:q] + [log[q + 1], claim] + log[q + 2 :])
        for claim in others[i]:
            for q in range(len(log) + 1):
                yield "other-register", put(log[:q] + [claim] + log[q:])


def diagnose(alg, value, starts, sources, others):
    """The kinds of change that give the value; None: too many to try."""
    kinds, nodes = set(), 0
    for kind, logs in edits([s.claims for s in sources], others):
        for start in starts:
            search = Search(alg, logs, value, True, False)
            if search.run(start) is not None:
                kinds.add(kind)
            nodes += search.nodes
            if nodes > MAX_NODES:
                return None
    return kinds


def judge(alg, value, initial, sources, boot_id=None, others=None):
    """
    `sources`: of this register; `initial`: the values that it may start with. `others`: for each
    source the claims that it makes of other registers; None: no diagnosis is wanted.
    """
    here = [not (boot_id and s.boot_id and s.boot_id != boot_id) for s in sources]
    if others is not None:
        others = [o for o, h in zip(others, here) if h]
    sources = [s for s, h in zip(sources, here) if h]
    if any(s.unread for s in sources):
        return Judgement({"unread"})
    ret = tainted(alg, value, initial, sources, others)
    if any(s.unread is None for s in sources):
        ret.verdicts = ret.verdicts | {"unread"}
    return ret


def tainted(alg, value, initial, sources, others):
    if any(c.digest is None and c.firm for s in sources for c in s.claims):
        return Judgement({"unsupported"})
    ret = explain(alg, value, initial, sources, others)
    if ret.verdicts & {"match", "partial"} and any(
        c.altered and c.firm for s in sources for c in s.claims
    ):
        ret.verdicts = ret.verdicts - {"match", "partial"} | {"altered"}
    alone = {tuple(c.digest for c in s.claims) for s in sources if s.claims and not s.anchored()}
    if len(alone) > MAX_SOURCES:
        ret.verdicts = ret.verdicts | {"undecided"}
    return ret


def explain(alg, value, initial, sources, others):
    logs = [s.claims for s in sources]
    firm = [c for log in logs for c in log if c.firm]
    if not firm and value in initial:
        return Judgement({"untouched"}, [])
    found = find(alg, logs, value, initial, False)
    if found is not None:
        return compare(alg, sources, *found)
    stated = [start for s in sources for start in s.starts if start not in initial]
    found = find(alg, logs, value, stated, True)
    if not firm:
        claimed = any(log for log in logs)
        return Judgement({"unlogged"} | ({"partial"} if found else {"mismatch"} if claimed else set()))
    if found is not None:
        ret = compare(alg, sources, *found)
        ret.verdicts = {"partial"}
        return ret
    ret = Judgement({"mismatch"})
    if others is not None:
        ret.kinds = diagnose(alg, value, initial, sources, others)
    return ret
