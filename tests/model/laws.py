#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The laws of `verify`, as property tests: generated evidence goes through the program itself, and what it
says is compared with the model (model.py) and with what the evidence was made from (cases.py).
"""
import argparse
import itertools
import json
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import cases
import evidence
import live
import logs
import measures
import model
import writers

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Broken(Exception):
    """The law does not hold for this case."""


class Skip(Exception):
    """This case says nothing about the law."""


class Run:
    """One case in a folder of its own."""

    def __init__(self, options, law, number):
        self.tsmctl, self.sim = options.tsmctl, options.sim
        self.rng = random.Random("%s/%s/%d" % (options.seed, law, number))
        self.thorough = options.thorough
        self.documents = options.documents
        self.dir = tempfile.mkdtemp(prefix="%s-%d-" % (law, number), dir=options.work)
        self.commands = []
        self.note = []

    # Files.

    def put(self, name, data):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)

    def put_case(self, case):
        for log in case.logs:
            self.put(log.name, log.data())
        self.put("values", evidence.values_file(case))

    # The program.

    def tsm(self, *args, check=None):
        command = [self.tsmctl, *args]
        self.commands.append(command)
        done = subprocess.run(
            command, cwd=self.dir, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, close_fds=False
        )
        if done.returncode not in (0, 1, 2, 3, 4, 5, 6):
            raise Broken("status %d: %s" % (done.returncode, done.stderr.decode(errors="replace")[-2000:]))
        if check is not None and done.returncode != check:
            raise Broken("status %d in place of %d: %s" % (done.returncode, check, done.stderr.decode()))
        if self.documents and done.stdout.startswith(b'{"schema":'):
            with open(os.path.join(self.documents, "laws-%d" % os.getpid()), "ab") as f:
                f.write(done.stdout)
        return done

    def verify(self, inputs, names=(), extra=()):
        """{register: row} of `verify --json`."""
        args = ["verify", "--json", *extra]
        for name in inputs:
            args += ["--input", name]
        return rows(self.tsm(*args, *names))

    def offline(self, case, order=None, names=()):
        chosen = order if order is not None else case.logs
        return self.verify([x.argument() for x in chosen], names, ["--values", "values"])

    def live(self, case, names=()):
        if not os.path.exists(self.path("root")):
            live.build(case, self.put, self.path)
        return rows(self.tsm("--root", "root", "verify", "--json", *names))

    def path(self, name):
        return os.path.join(self.dir, name)

    def orders(self, case):
        """Orders of the logs to try, the given one first."""
        n = len(case.logs)
        every = list(itertools.permutations(range(n))) if n <= 4 else [
            tuple(self.rng.sample(range(n), n)) for _ in range(24)
        ]
        most = 24 if self.thorough else 4
        if len(every) > most:
            every = [every[0], every[-1]] + self.rng.sample(every[1:-1], most - 2)
        return [[case.logs[i] for i in order] for order in every]


def rows(done):
    try:
        answer = json.loads(done.stdout)
        ret = {row["register"]: row for row in answer["registers"]}
        if not ret and "error" in answer:
            ret[None] = answer  # no register was looked at
        return ret
    except (ValueError, KeyError):
        raise Broken("status %d and no rows: %s %s" % (done.returncode, done.stdout[:500], done.stderr[:500]))


def verdict_of(row):
    if row is None:
        return "no row"
    error = row.get("error")
    if error:
        return "unread" if error.get("status") == 5 else "error %s" % error
    return row["verdict"]


# What must be said.


class Expected:
    """By construction, and by the model; both must agree, or this test is wrong."""

    def __init__(self, case, reg, alg, kinds=True):
        self.reg, self.alg = reg, alg
        made = cases.construct(case, reg, alg)
        others = case.others(reg, alg) if kinds else None
        self.model = model.judge(
            alg, case.value(reg, alg), [case.initial(reg, alg)], case.sources(reg, alg), case.stated_boot, others
        )
        if not made.verdicts <= self.model.verdicts:
            raise AssertionError(
                "%s: made as %s, and the model says %s" % (reg, made.verdicts, self.model.verdicts)
            )
        self.verdicts = self.model.verdicts
        self.kinds = None
        if self.verdicts == {"mismatch"} and self.model.kinds is not None and reg in case.kinds:
            self.kinds = case.kinds[reg] | self.model.kinds
        self.left_out = self.model.left_out if made.left_out is not None else None

    def differences(self, row, sources=None, optional=False):
        """`sources`: what the row calls each log, if not by its name. `optional`: the row may be left out."""
        sources = sources or {}
        got = verdict_of(row)
        if got == "no row" and optional and self.verdicts <= {"untouched", "unlogged"}:
            return
        if got not in self.verdicts:
            yield "verdict %s in place of %s" % (got, " or ".join(sorted(self.verdicts)))
            return
        if got == "match" and "sources" in row:
            want = {sources.get(n, n) for n in self.model.sources}
            if not set(row["sources"]) <= want or bool(want) != bool(row["sources"]):
                yield "sources %s in place of %s" % (row["sources"], sorted(want))
            if row["records"] != row["matched_records"]:
                yield "%d records, %d matched" % (row["records"], row["matched_records"])
        if got == "log-ahead" and self.left_out is not None and "unextended" in row:
            want = {(sources.get(n, n), q) for n, q in self.left_out}
            said = {(u["source"], u["seq"]) for u in row["unextended"]}
            if want != said:
                yield "unextended %s in place of %s" % (sorted(said), sorted(want))
        if got == "mismatch" and self.kinds is not None and "diagnosis" in row and row["diagnosis"]:
            kind = row["diagnosis"]["kind"]
            if kind not in self.kinds:
                yield "diagnosis %s in place of %s" % (kind, " or ".join(sorted(self.kinds)))


def expect_all(case, kinds=True):
    ret = {}
    for reg in case.registers():
        for alg in case.banks:
            ret[case.names(reg, alg)] = Expected(case, reg, alg, kinds)
    return ret


def has_false_sync(case, reg):
    """No kernel writes a SYNC line with a value that was not there, and extends it. Among direct lines, which the
    line decides, that is a mismatch or, as its hash was extended, a match."""
    return case.fault == "data" and any(
        log.key == "text" and any(e.what == "direct" for e in log.events) and any(e.reg == reg for e in log.events)
        for log in case.logs)


def check(case, expected, got, where, live_names=False):
    bad = []
    # A text log is of one register; where there are no others, the registers without a log may be left out.
    optional = all(log.key == "text" for log in case.logs)
    for name, want in expected.items():
        row = got.get(name, got.get(None))
        if has_false_sync(case, want.reg) and verdict_of(row) == "mismatch":
            continue
        sources = live.names(case, want.reg) if live_names else None
        for line in want.differences(row, sources, optional):
            detail = (row or {}).get("detail")
            bad.append("%s: %s: %s (%s)" % (where, name, line, detail))
    if bad:
        raise Broken("\n".join(["fault %s" % case.fault] + bad))


def summary(row, sources=None):
    """What may not depend on how evidence arrives. `sources`: other names of the logs."""
    if row is None:
        return None
    sources = sources or {}

    def called(ref):
        if isinstance(ref, dict):
            return {k: sources.get(v, v) if k == "source" else called(v) for k, v in ref.items()}
        return ref

    ret = {"verdict": verdict_of(row)}
    if ret["verdict"] == "match":
        for key in ("replayed", "records", "matched_records"):
            ret[key] = row.get(key)
    ret["diagnosis"] = called(row.get("diagnosis"))
    ret["sources"] = [sources.get(n, n) for n in row.get("sources") or []]
    if row.get("unextended") is not None:
        ret["unextended"] = sorted((sources.get(u["source"], u["source"]), u["seq"]) for u in row["unextended"])
    return ret


# The laws.


def law_same_evidence(run):
    """Live and by --input, in every order of the inputs: the same judgement."""
    live_too = run.rng.random() < 0.7
    case = cases.generate(run.rng, live=live_too)
    expected = expect_all(case, False)
    run.put_case(case)
    first, bad = None, []

    def compare(where, got):
        for name, want in expected.items():
            if len(want.verdicts) > 1:
                continue
            sources = live.files(case, want.reg) if where == "live" else None
            a, b = summary(first.get(name, first.get(None))), summary(got.get(name, got.get(None)), sources)
            if a != b and not (case.machine == "rfc" and None in (a, b)):
                keys = sorted(set(a or ()) | set(b or ()))
                lines = ["%s: %s, but %s" % (k, (a or {}).get(k), (b or {}).get(k)) for k in keys
                         if (a or {}).get(k) != (b or {}).get(k)]
                bad.append("%s: %s: %s" % (where, name, "; ".join(lines)))

    for order in run.orders(case):
        got = run.offline(case, order)
        if first is None:
            first = got
        compare(" ".join(x.name for x in order), got)
    if live.possible(case):
        compare("live", run.live(case))
    if run.sim and run.rng.random() < 0.15:
        simulated(run, case, bad)
    if bad:
        raise Broken("\n".join(["fault %s, against %s" % (case.fault, " ".join(x.name for x in case.logs))] + bad))


def simulated(run, case, bad):
    """The same on the simulated kernel, against the plain files of the same tree."""
    tree = live.simulated(case, run.rng)
    if tree is None:
        return
    tree, registers = tree
    if tree == "rfc" and case.fault != "none":
        return  # that kernel keeps a log of its own, which tells what is wrong with the others
    if tree == "rtmrs":
        live.rename(case, "rtmrs/")
    shutil.rmtree(run.path("root"), ignore_errors=True)
    machine = live.Machine(run.sim, tree, case, run.path)
    try:
        if not machine.extend_all(registers):
            return
        live.build(case, run.put, run.path, registers=False)
        text = [log for log in case.logs if log.key == "text" and log.reg == "rtmr3"]
        if text and machine.event_log("rtmr3") != text[0].data():
            if case.fault == "none":
                raise AssertionError("the generator's text log is not the kernel's")
            return
        got = rows(run.tsm("--root", "root", "verify", "--json"))
    finally:
        machine.stop()
    for reg in registers:
        name = case.names(reg, "sha384")
        want = Expected(case, reg, "sha384", False)
        if verdict_of(got.get(name)) not in want.verdicts:
            bad.append("simulated %s: %s: %s, and %s has to be said" % (
                tree, name, verdict_of(got.get(name)), " or ".join(want.verdicts)))


def law_one_fault(run):
    """One random fault gets the verdict that its construction demands."""
    case = cases.generate(run.rng, live=run.rng.random() < 0.4)
    expected = expect_all(case)
    run.put_case(case)
    for order in run.orders(case):
        check(case, expected, run.offline(case, order), " ".join(x.name for x in order))
    if live.possible(case):
        check(case, expected, run.live(case), "live", True)


def law_true_words(run):
    """Of small histories of several writers nothing is said that is not so, in any order of the inputs."""
    w, distinct = writers.generate(run.rng, faulty=run.rng.random() < 0.6)
    files = w.files()
    if not files:
        raise Skip
    for name, data in files.items():
        run.put(name, data)
    run.put("values", w.values_file())
    names = list(files)
    said = []
    for order in (names, names[::-1], run.rng.sample(names, len(names))):
        row = run.verify(order, [], ["--values", "values"])["%s:sha384" % writers.REGISTER]
        said.append(verdict_of(row))
        lie = writers.lie(w, row, distinct)
        if lie:
            raise Broken("%s, %s: %s\nextended: %s" % (row["verdict"], row["detail"], lie, " ".join(w.history)))
    if len(set(said) - {"undecided"}) > 1:
        raise Broken("the order of the inputs decides: %s" % said)


def law_unrelated_source(run):
    """A source without a claim of R, read to its end, changes nothing about R."""
    case = cases.generate(run.rng)
    run.put_case(case)
    base = run.offline(case)
    more, untouched = evidence.unrelated(case, run.rng)
    if more is None:
        raise Skip
    run.put(more.name, more.data())
    order = case.logs + [more]
    run.rng.shuffle(order)
    compare_rows(case, base, run.offline(case, order), "with " + more.name, only=untouched)


def law_further_source(run):
    """A further source makes R better only if each of its firm claims of R is in the history."""
    case = cases.generate(run.rng, run.rng.choice(["foreign", "dropped", "short", None]))
    if not case.own():
        raise Skip
    run.put_case(case)
    base = run.offline(case)
    more = evidence.further(case, run.rng)
    if more is None:
        raise Skip
    run.put(more.name, more.data())
    order = case.logs + [more]
    run.rng.shuffle(order)
    got = run.offline(case, order)
    for reg, alg, name in case.rows():
        if good(base.get(name)) or not good(got.get(name)):
            continue
        for log in order:
            inside, claims = cases.inside(case, log, reg, alg)
            if inside < claims:
                raise Broken("fault %s: %s became %s with %s, though of %d claims of %s %d are in the history"
                             % (case.fault, name, verdict_of(got[name]), more.name, claims, log.name, inside))


def law_copies(run):
    """A copy, an older copy or a part of a log that is there changes nothing."""
    # An extend that was made twice and logged once is explained by a copy: the documented price.
    fault = run.rng.choice([f for f in cases.FAULTS if f not in ("twice", "doubled")])
    case = cases.generate(run.rng, fault)
    run.put_case(case)
    base = run.offline(case)
    more = evidence.copied(case, run.rng)
    if more is None:
        raise Skip
    run.put(more.name, more.data())
    before = expect_all(case, False)
    order = case.logs + [more]
    case.logs = list(order)
    after = expect_all(case, False)
    run.rng.shuffle(order)
    got = run.offline(case, order)
    same = [n for n in before
            if before[n].verdicts == after[n].verdicts and not has_false_sync(case, before[n].reg)]
    compare_rows(case, base, got, "with " + more.name, only=same, less={more.name})
    check(case, {n: after[n] for n in same}, got, "with " + more.name)


def law_sole_log(run):
    """Without a log that alone claims an element: never `match`."""
    case = cases.generate(run.rng, run.rng.choice(["none", "none", "order", "forged", "data"]))
    log = run.rng.choice(case.logs)
    rest = [x for x in case.logs if x is not log]
    if not rest:
        raise Skip
    run.put_case(case)
    got = run.offline(case, rest)
    for reg, alg, name in case.rows():
        if cases.alone(case, log, reg, alg) and good(got.get(name)):
            raise Broken("%s is %s without %s, which alone logged an extend" % (name, verdict_of(got[name]), log.name))


def law_cut_in_two(run):
    """One log cut in two files: what was good stays good."""
    case = cases.generate(run.rng, run.rng.choice(["none", "none", "forged", "dropped", "foreign"]))
    run.put_case(case)
    base = run.offline(case)
    halves = evidence.halves(case, run.rng)
    if halves is None:
        raise Skip
    log, first, second = halves
    run.put(first.name, first.data())
    run.put(second.name, second.data())
    order = [x for x in case.logs if x is not log] + [first, second]
    run.rng.shuffle(order)
    got = run.offline(case, order)
    for _, _, name in case.rows():
        if good(base.get(name)) and not good(got.get(name, got.get(None))):
            row = got.get(name, got.get(None))
            raise Broken("%s: %s became %s where %s is in two files (%s)" % (
                name, verdict_of(base[name]), verdict_of(row), log.name, (row or {}).get("detail")))


def law_export(run):
    """Export, then verify, is never better than verify."""
    rng = run.rng
    case = cases.generate(rng, rng.choice(["data", "data", "digest", "forged", "foreign", "swapped", None]))
    if case.fault == "data" and rng.random() < 0.3:
        evidence.wrong_tag_size(case)
    run.put_case(case)
    log = rng.choice(case.logs)
    cut = rng.random() < 0.3
    if cut:
        whole = log.data()
        run.put(log.name, whole[:rng.randrange(len(whole))])
    base = run.offline(case)
    said = False
    for form in ("tcg2", "cel-json", "cel-tlv"):
        done = run.tsm("log", "--format", form, "--input", log.argument())
        if done.returncode != 0 and not cut:
            continue
        said = True
        name = "out." + form
        run.put(name, done.stdout)
        as_format = {"tcg2": "tpm" if case.machine == "tpm" else "ccel"}.get(form, form)
        rest = [x.argument() for x in case.logs if x is not log]
        got = run.verify(rest + [name + ":" + as_format], (), ["--values", "values"])
        # A direct line that extended or not is exported as extended, and a journal's values are left
        # out: what is said of it is a note.
        notes = done.stderr.decode() if isinstance(done.stderr, bytes) else done.stderr
        if "unconfirmed" in notes or "left out the values before" in notes:
            continue
        for _, _, row in case.rows():
            was = base.get(row, base.get(None))
            if was is not None and not good(was) and good(got.get(row)):
                raise Broken("fault %s: %s: %s became %s where %s was exported as %s%s" % (
                    case.fault, row, verdict_of(was), verdict_of(got[row]), log.name, form,
                    ", and nothing was said" if not done.stderr else ", with a note"))
    if not said:
        raise Skip


def law_shown_as_extended(run):
    """What `log` shows as EXTENDS yes of R is in the history that `match` covers."""
    if run.rng.random() < 0.2:
        return spelled(run)
    live_too = run.rng.random() < 0.6
    case = cases.generate(run.rng, run.rng.choice(["forged", "forged", "moved", "doubled", "other-boot", "order"]), live_too)
    run.put_case(case)
    shown(case, run.offline(case), run.tsm("log", "--json", *inputs(case.logs)), False)
    if live.possible(case):
        rows_live = run.live(case)
        shown(case, rows_live, run.tsm("--root", "root", "log", "--json"), True)
    return None


def inputs(chosen):
    return [word for log in chosen for word in ("--input", log.argument())]


def shown(case, got, done, is_live):
    try:
        events = json.loads(done.stdout)["events"]
    except (ValueError, KeyError):
        raise Skip from None
    for reg, alg, name in case.rows():
        if not good(got.get(name)):
            continue
        history = [e.digests[alg].hex() for e in case.history[reg]]
        sources = live.names(case, reg) if is_live else {}
        for log in case.logs:
            if log.boot_id and case.stated_boot and log.boot_id != case.stated_boot:
                continue  # of another boot: it takes no part, which `log`, away from the machine, cannot know
            at = 0
            for e in events:
                if e["source"] != sources.get(log.name, log.name) or not e["extends"] or not same_register(e, name):
                    continue
                digest = [d["digest"] for d in e["digests"] if d["alg"] == alg]
                if not digest:
                    continue
                if digest[0] not in history[at:]:
                    raise Broken("fault %s: %s is %s, and event %d of %s, shown as extending it, is not in its history" % (
                        case.fault, name, verdict_of(got[name]), e["seq"], e["source"]))
                at = history.index(digest[0], at) + 1


def same_register(event, name):
    short = name.rsplit("/", 1)[-1].rsplit(":", 1)[0]
    return (event["register"] or "").rsplit("/", 1)[-1].rsplit(":", 1)[0] == short


def spelled(run):
    """Two names that print alike, one of them with an event that was never extended."""
    name, alg, value, data = evidence.spellings(run.rng)
    run.put("log", data)
    run.put("values", ("%s  %s\n" % (value.hex(), name)).encode())
    got = run.verify(["log"], (), ["--values", "values"])
    events = json.loads(run.tsm("log", "--json", "--input", "log").stdout)["events"]
    for e in events:
        if e["extends"] and "FORGED" in (e.get("data_text") or ""):
            if e["register"].startswith(("mrtd", "ccmr0")):
                raise Broken("an event is shown as extending the static %s" % e["register"])
            for row in got.values():
                shown_name = row["register"].rsplit("/", 1)[-1]
                if good(row) and e["register"].rsplit("/", 1)[-1] in (shown_name, shown_name.rsplit(":", 1)[0]):
                    raise Broken("%s is %s, and a forged event is shown under its name" % (row["register"], row["verdict"]))


def law_what_was_hashed(run):
    """What is printed as hashed (MATCHES yes) is what was hashed."""
    fmt, data, secret, hashed = evidence.hiding(run.rng)
    run.put("log", data)
    text = run.tsm("log", "--input", "log:" + fmt).stdout.decode(errors="replace")
    events = json.loads(run.tsm("log", "--json", "--input", "log:" + fmt).stdout)["events"]
    lines = text.split("\n")
    at = lines[0].find("MATCHES")
    if at < 0:
        raise Broken("no column MATCHES: %r" % lines[0])
    yes = [line for line in lines[1:] if line[at:].startswith("yes")]
    bad = [e for e in events if e.get("data_matches") and e.get("data_text") is None and not e.get("data_hex")]
    if bad:
        raise Broken("event %d matches data that is not there" % bad[0]["seq"])
    for line in yes:
        if hashed and secret not in line:
            raise Broken("%s: %r was hashed, and is not shown beside MATCHES yes: %s" % (fmt, secret, line))
        if not hashed and secret in line:
            raise Broken("%s: %r was not hashed, and is shown beside MATCHES yes: %s" % (fmt, secret, line))


def law_flipped_bit(run):
    """One bit flipped anywhere in a log: not `match`, or nothing that is hashed has changed."""
    case = cases.generate(run.rng, run.rng.choice(["none", "order"]))
    run.put_case(case)
    before = run.offline(case)
    log = run.rng.choice(case.logs)
    # A bit of an index can make the guess that it is a TPM's log, where only verify is told the registers.
    shown = ["log", "--json", "--input", log.name + ":" + log.fmt.name]
    facts = evidence.facts(run.tsm(*shown))
    data = bytearray(log.data())
    for _ in range(8 if run.thorough else 4):
        place = run.rng.randrange(len(data) * 8)
        data[place // 8] ^= 1 << place % 8
        run.put(log.name, bytes(data))
        data[place // 8] ^= 1 << place % 8
        got = run.offline(case)
        now = None
        for row in case.rows():
            name = row[2]
            if not good(before.get(name)) or not good(got.get(name)):
                continue
            if now is None:
                now = evidence.facts(run.tsm(*shown))
            said = evidence.changed(case, log, facts, now, row)
            if said:
                raise Broken("bit %d of %s flipped: %s is %s, and %s" % (place, log.name, name, verdict_of(got[name]), said))


def law_other_registers(run):
    """Verdicts do not depend on which other registers are asked for."""
    case = cases.generate(run.rng, live=run.rng.random() < 0.5)
    run.put_case(case)
    names = [name for _, _, name in case.rows()]
    base = run.offline(case)
    for _ in range(3):
        some = run.rng.sample(names, run.rng.randint(1, len(names)))
        compare_rows(case, base, run.offline(case, names=some), "asked for " + " ".join(some), only=some)
    odd = run.rng.choice(["sm3", "sha3-256", "sha512", "rmd160", "foo"])
    run.put("values.more", evidence.values_with(case, odd))
    got = run.verify([x.argument() for x in case.logs], (), ["--values", "values.more"])
    compare_rows(case, base, got, "with a register of " + odd, only=names)
    if live.possible(case):
        whole = run.live(case)
        some = run.rng.sample(names, run.rng.randint(1, len(names)))
        compare_rows(case, whole, run.live(case, some), "live, asked for " + " ".join(some), only=some)


def law_allow_ahead(run):
    """--allow-ahead changes no verdict, and makes status 0 of what is log-ahead and nothing worse."""
    case = cases.generate(run.rng)
    run.put_case(case)
    args = ["verify", "--json", "--values", "values"]
    for log in case.logs:
        args += ["--input", log.argument()]
    before = run.tsm(*args)
    after = run.tsm(*args, "--allow-ahead")
    base, got = rows(before), rows(after)
    compare_rows(case, base, got, "with --allow-ahead", only=list(base))
    passed = True
    for name, row in got.items():
        verdict, allowed = verdict_of(row), row.get("allowed", False)
        if "allowed" in base[name]:
            raise Broken("%s: allowed, and nobody asked" % name)
        if allowed and (verdict != "log-ahead" or "does not hash" in row["detail"] or "not initial" in row["detail"]):
            raise Broken("%s: allowed: %s (%s)" % (name, verdict, row["detail"]))
        passed &= allowed or good(row)
    if (after.returncode == 0) != passed:
        raise Broken("status %d, and the rows say %s" % (after.returncode, passed))


def law_measured_as_predicted(run):
    """What `measure --predict` says is what `measure` then gives, also in pieces, twice and after a failure."""
    has_sim = run.sim and run.rng.random() < 0.25
    lists = measures.Lists(run.rng, run.rng.choice(["mr", "rfc", "rtmrs"]) if has_sim else "mr")
    os.makedirs(run.path("root/run"))
    os.chmod(run.path("root/run"), 0o755)
    lists.lay(run.put, lambda name, to: (os.makedirs(os.path.dirname(run.path(name)), exist_ok=True),
                                         os.symlink(to, run.path(name))))
    want = lists.values()
    both = ["--phase", "initrd", "--phase", "-"]
    if lists.tree != "rfc":
        expect_values(run, want, "without a tree", "measure", "--predict", *both)
    if not has_sim:
        return
    machine = live.Machine(run.sim, lists.tree, None, run.path)
    try:
        expect_values(run, want, "predicted", "measure", "--predict", *both)
        for phase in measures.PHASES:
            if run.rng.random() < 0.3:
                machine.fault("*:write:%d:eio" % run.rng.randint(1, 4))
                run.tsm("--root", "root", "measure", "--phase", phase)
                machine.fault("clear")
            for _ in range(run.rng.randint(1, 2)):
                run.tsm("--root", "root", "measure", "--phase", phase, check=0)
        run.tsm("--root", "root", "measure", *both, check=0)
        if want:
            names = [name.split(":")[0] for name in want]
            expect_values(run, want, "measured", "read", *names)
            run.tsm("--root", "root", "verify", *names, check=0)
    finally:
        machine.stop()


def expect_values(run, want, where, *args):
    """The values of `read --json` and what prints the same, without the providers."""
    done = run.tsm("--root", "root", *args, "--json", check=0)
    got = {row["register"].split("/")[-1]: row["value"] for row in json.loads(done.stdout)["registers"]}
    if got != want:
        raise Broken("%s: %s, and not %s" % (where, got, want))


def good(row):
    return row is not None and verdict_of(row) in ("match", "untouched")


def compare_rows(case, base, got, where, only, less=()):
    """The same rows, whatever else there is. `less`: sources that may be in the second alone."""
    bad = []
    lax = all(log.key == "text" for log in case.logs)  # rows without a log may be left out
    for name in only:
        a, b = summary(base.get(name, base.get(None))), summary(got.get(name, got.get(None)))
        if lax and None in (a, b):
            continue
        if less and a and b:
            # How far a search gets depends on how many claims there are.
            if {a["verdict"], b["verdict"]} == {"undecided", "mismatch"}:
                continue
            for row in (a, b):
                # Of two logs that tell of the same extends either may be named.
                for key in ("records", "matched_records", "diagnosis", "sources"):
                    row.pop(key, None)
                if "unextended" in row:
                    row["unextended"] = [u for u in row["unextended"] if u[0] not in less]
        if a != b:
            keys = sorted(set(a or ()) | set(b or ()))
            lines = ["%s: %s, then %s" % (k, (a or {}).get(k), (b or {}).get(k)) for k in keys
                     if (a or {}).get(k) != (b or {}).get(k)]
            bad.append("%s: %s: %s (%s)" % (where, name, "; ".join(lines), (got.get(name) or {}).get("detail")))
    if bad:
        raise Broken("\n".join(["fault %s" % case.fault] + bad))


# Each with its share of the cases.
LAWS = {
    "same-evidence": (law_same_evidence, 1.0),
    "unrelated-source": (law_unrelated_source, 1.0),
    "further-source": (law_further_source, 1.0),
    "copies": (law_copies, 1.0),
    "sole-log": (law_sole_log, 0.5),
    "cut-in-two": (law_cut_in_two, 0.5),
    "export": (law_export, 1.0),
    "shown-as-extended": (law_shown_as_extended, 0.7),
    "what-was-hashed": (law_what_was_hashed, 0.3),
    "flipped-bit": (law_flipped_bit, 1.0),
    "other-registers": (law_other_registers, 0.7),
    "one-fault": (law_one_fault, 1.0),
    "allow-ahead": (law_allow_ahead, 0.5),
    "true-words": (law_true_words, 1.0),
    "measured-as-predicted": (law_measured_as_predicted, 0.5),
}


# Running them.


def one(job):
    options, law, number = job
    run = Run(options, law, number)
    try:
        LAWS[law][0](run)
        said = None
    except (Skip, model.TooLarge):
        shutil.rmtree(run.dir)
        return law, number, "skip", None, None
    except Broken as e:
        said = str(e)
    except Exception:  # pylint: disable=broad-except
        said = "the test itself failed:\n" + traceback.format_exc()
    if said is None:
        shutil.rmtree(run.dir)
        return law, number, "ok", None, None
    with open(os.path.join(run.dir, "commands"), "w", encoding="utf-8") as f:
        f.write("# laws.py --seed %s --law %s --case %d\n" % (options.seed, law, number))
        f.write("".join("# %s\n" % line for line in said.split("\n")))
        f.write("cd %s\n" % run.dir)
        f.write("".join(" ".join(c) + "\n" for c in run.commands))
    return law, number, "bad", said, run.dir


def numbers(options, mine):
    """(law, number) for one of the processes that share the work."""
    if options.case is not None:
        yield from ((law, options.case) for law in options.law if mine == 0)
        return
    started = time.monotonic()
    number = mine
    while options.seconds is not None or number < options.cases:
        for law in options.law:
            if options.seconds is not None and time.monotonic() - started > options.seconds:
                return
            share = LAWS[law][1]
            if int((number + 1) * share) > int(number * share):
                yield law, number
        number += options.jobs


def work(options, mine, queue):
    for law, number in numbers(options, mine):
        queue.put(one((options, law, number)))
    queue.put(None)


def results(options):
    queue = multiprocessing.Queue()
    workers = [multiprocessing.Process(target=work, args=(options, i, queue)) for i in range(options.jobs)]
    for w in workers:
        w.start()
    running = len(workers)
    while running:
        got = queue.get()
        if got is None:
            running -= 1
        else:
            yield got
    for w in workers:
        w.join()


def main():
    p = argparse.ArgumentParser(description="The laws of verify, through the program.")
    p.add_argument("--tsmctl", default=os.environ.get("TSMCTL", TOP + "/build/gcc/tsmctl"))
    p.add_argument("--genlog", default=os.environ.get("GENLOG", TOP + "/build/gcc/tests/gen/genlog"))
    p.add_argument("--sim", default=os.environ.get("TSMSIM", TOP + "/build/gcc/tests/sim/tsmsim"),
                   help="the simulated kernel; left out where it is not there or FUSE does not work")
    p.add_argument("--seed", default="1")
    p.add_argument("--cases", type=int, default=200, help="cases for each law")
    p.add_argument("--seconds", type=int, help="run that long instead")
    p.add_argument("--law", action="append", choices=list(LAWS), help="this law only")
    p.add_argument("--case", type=int, help="this case only; its files are kept")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--keep", type=int, default=3, help="folders of failures to keep for each law")
    p.add_argument("--thorough", action="store_true", help="all 24 orders of four logs")
    p.add_argument("--documents", help="folder that collects the JSON, for tests/schema/check")
    p.add_argument("--work", help="folder for the files of failures")
    options = p.parse_args()
    options.tsmctl = os.path.abspath(options.tsmctl)
    logs.GENLOG = os.path.abspath(options.genlog)
    if not os.access(options.sim, os.X_OK) or not os.access("/dev/fuse", os.R_OK | os.W_OK) or os.getuid() != 0:
        print("# no simulated kernel")
        options.sim = None
    else:
        options.sim = os.path.abspath(options.sim)
    if options.work is None:
        options.work = tempfile.mkdtemp(prefix="tsmctl-laws-")
    os.makedirs(options.work, exist_ok=True)
    options.law = options.law or list(LAWS)
    counts = {law: {"ok": 0, "bad": 0, "skip": 0} for law in options.law}
    kept = {law: [] for law in options.law}
    for law, number, how, said, where in results(options):
        counts[law][how] += 1
        if how == "bad" and len(kept[law]) < options.keep:
            kept[law].append((number, said, where))
        elif how == "bad":
            shutil.rmtree(where)
    return report(options, counts, kept)


def report(options, counts, kept):
    failed, names = 0, options.law
    print("1..%d" % len(names))
    for i, law in enumerate(names, 1):
        c = counts[law]
        total = c["ok"] + c["bad"]
        for number, said, where in sorted(kept[law]):
            print("# %s, case %d: %s" % (law, number, said.replace("\n", "\n#   ")))
            print("#   files and commands: %s" % where)
        word = "not ok" if c["bad"] or (not total and options.case is None) else "ok"
        failed += word != "ok"
        print("%s %d - %s (%d of %d cases failed, seed %s)" % (word, i, law, c["bad"], total, options.seed))
    print("%d passed, %d failed" % (len(names) - failed, failed))
    if not failed and options.case is None:
        shutil.rmtree(options.work, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
