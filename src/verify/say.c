/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Adds to the detail, with bytes of names made visible as err_set does it. */
static void add(struct judgement *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct judgement *j, const char *fmt, ...)
{
	char more[ERR_MSG_MAX];
	struct err shown;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(more, sizeof(more), fmt, ap);
	va_end(ap);
	err_set(&shown, ST_OK, "%s", more);
	size_t n = strlen(j->detail);
	snprintf(j->detail + n, sizeof(j->detail) - n, "%s%s", n > 0 ? "; " : "", shown.msg);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void say_foreign(const struct inputs *inputs, struct judgement *j)
{
	static const char why[] = "it was extended by something that is in none of these logs";
	const struct diagnosis *d = &j->diagnosis;
	if (d->has_event && d->has_other)
		add(j, "between events %llu and %llu of '%s' %s", (unsigned long long)d->other.seq,
			(unsigned long long)d->event.seq, inputs->v[d->event.source].name, why);
	else if (d->has_event)
		add(j, "before event %llu of '%s' %s", (unsigned long long)d->event.seq,
			inputs->v[d->event.source].name, why);
	else
		add(j, "after event %llu of '%s' %s", (unsigned long long)d->other.seq,
			inputs->v[d->other.source].name, why);
}

static void say_altered(const struct inputs *inputs, struct judgement *j)
{
	add(j, "event %llu of '%s': its data does not hash to its digest",
		(unsigned long long)j->altered.seq, inputs->v[j->altered.source].name);
}

static void say_extra(const struct diagnosis *d, const char *name, struct judgement *j)
{
	if (d->further > 0)
		add(j,
			"event %llu of '%s' and %llu other%s were logged but not extended: without "
			"them the logs give this value",
			(unsigned long long)d->event.seq, name, (unsigned long long)d->further,
			plural(d->further));
	else
		add(j,
			"event %llu of '%s' was logged but not extended: without it the log gives "
			"this value",
			(unsigned long long)d->event.seq, name);
}

static void say_unreached(const struct diagnosis *d, const char *name, struct judgement *j)
{
	if (d->has_other)
		add(j,
			"after event %llu of '%s', what these logs have does not give the value "
			"that event %llu found",
			(unsigned long long)d->other.seq, name, (unsigned long long)d->event.seq);
	else
		add(j,
			"what these logs have does not give the value that event %llu of '%s' "
			"found",
			(unsigned long long)d->event.seq, name);
}

void say_aggregate(const struct inputs *inputs, struct judgement *j)
{
	add(j, "event %llu of '%s', boot_aggregate, is not the hash of PCRs 0 to 9 as they are now",
		(unsigned long long)j->diagnosis.event.seq,
		inputs->v[j->diagnosis.event.source].name);
}

static void say_diagnosis(const struct inputs *inputs, struct judgement *j)
{
	const struct diagnosis *d = &j->diagnosis;
	const char *name = inputs->v[d->event.source].name;
	unsigned long long seq = d->event.seq;
	switch (d->kind) {
	case DIAG_NONE:
		break;
	case DIAG_WRONG_DIGEST:
		add(j,
			"the digest of event %llu of '%s' is wrong: with the digest of its data "
			"the log gives this value",
			seq, name);
		break;
	case DIAG_EXTRA:
		say_extra(d, name, j);
		break;
	case DIAG_ORDER:
		add(j, "event %llu of '%s' was extended, but not where it stands in this log", seq,
			name);
		break;
	case DIAG_REPEATED:
		add(j, "event %llu of '%s' was extended one time more than the log shows", seq,
			name);
		break;
	case DIAG_SWAPPED:
		add(j,
			"event %llu of '%s' was extended after event %llu, which follows it in the "
			"log",
			seq, name, (unsigned long long)d->other.seq);
		break;
	case DIAG_OTHER_REGISTER:
		add(j,
			"event %llu of '%s', which is logged for another register, was extended to "
			"this one",
			seq, name);
		break;
	case DIAG_FOREIGN:
		say_foreign(inputs, j);
		break;
	case DIAG_UNREACHED:
		say_unreached(d, name, j);
		break;
	case DIAG_ALTERED:
		say_altered(inputs, j);
		break;
	case DIAG_AGGREGATE:
		say_aggregate(inputs, j);
		break;
	}
}

static void say_skipped(struct judgement *j)
{
	if (j->skipped > 0)
		add(j,
			"%llu SYNC or .EXTEND line%s do%s not correspond to an extend; the first "
			"is at offset %lld",
			(unsigned long long)j->skipped, plural(j->skipped),
			j->skipped == 1 ? "es" : "", (long long)j->skipped_off);
}

static void say_left(struct judgement *j, const char *source, uint64_t seq, uint64_t n)
{
	if (n == 1)
		add(j, "the last event of '%s', event %llu, was logged but not extended", source,
			(unsigned long long)seq);
	else
		add(j,
			"the last %llu events of '%s', from event %llu on, were logged but not "
			"extended",
			(unsigned long long)n, source, (unsigned long long)seq);
}

static void say_ahead(const struct mr *mr, struct judgement *j)
{
	if (j->matched == 0 && j->initial && j->records == 1)
		add(j, "it has its initial value: the only event was not extended, or its log is "
		       "of another boot or machine");
	else if (j->matched == 0 && j->initial)
		add(j,
			"it has its initial value: none of the %llu events was extended, or the "
			"logs are of another boot or machine",
			(unsigned long long)j->records);
	for (size_t i = 0, k; (j->matched > 0 || !j->initial) && i < j->n_left; i = k) {
		const struct claims_left *first = &j->left[i];
		uint64_t n = 0;
		for (k = i; k < j->n_left && j->left[k].source == first->source; k++)
			n += j->left[k].n;
		say_left(j, first->source, first->seq, n > 0 ? n : j->records - j->matched);
	}
	if (j->stated)
		add(j, "the start is a value that the log states and that is not initial");
	if (j->has_text && mr->log == LOG_OF_KERNEL)
		add(j, "or this kernel shows an old value after an append");
}

static const char no_change[] = ", and no single change that was tried does";

static void say_mismatch(const struct inputs *inputs, struct judgement *j)
{
	if (j->diagnosis.kind != DIAG_NONE)
		say_diagnosis(inputs, j);
	else if (j->resumes)
		add(j,
			"offset %lld: an extend before this SYNC line is not in the log; from here "
			"on the log reproduces the register",
			(long long)j->place);
	else if (j->place >= 0)
		add(j,
			"offset %lld: this SYNC line states another value than the log before it "
			"gives",
			(long long)j->place);
	else
		add(j, "the logs do not reproduce this value%s", j->all_changes ? no_change : "");
}

static void say_undecided(struct judgement *j)
{
	if (j->place >= 0)
		add(j,
			"offset %lld: failed extends are not searched for among more than %d "
			"direct extends in a row: result unknown",
			(long long)j->place, REPLAY_RUN_LINES_MAX);
	else if (j->spent)
		add(j, "search limit reached (%llu extends): result unknown",
			(unsigned long long)j->extends);
	else
		add(j, "these logs allow too many sequences to try them all: result unknown");
}

/* PCR 16 and 23 can be reset by anybody at any time, and no log says so. */
static void say_reset(const struct mr *mr, struct judgement *j)
{
	if (strcmp(mr->name, "pcr16") == 0 || strcmp(mr->name, "pcr23") == 0)
		add(j, "this PCR can be reset, and no log shows that");
}

/* Its writer says so itself: what the register has more may have been systemd's. */
static void say_incomplete(const struct inputs *inputs, const struct mr *mr, struct judgement *j)
{
	for (size_t k = 0; k < inputs->n; k++)
		if (inputs->v[k].incomplete && inputs_can_name(&inputs->v[k], mr))
			add(j,
				"'%s' is marked as incomplete: something was extended that is not "
				"in it",
				inputs->v[k].name);
}

static void say_unlogged(const struct inputs *inputs, struct judgement *j)
{
	add(j, inputs->n > 0 ? "changed, and no log has an event of it"
			     : "changed, and no log of it is kept here");
	if (j->other_boot != NULL)
		add(j, "'%s' is of another boot", j->other_boot);
}

void say_judgement(const struct inputs *inputs, const struct mr *mr, struct judgement *j)
{
	j->detail[0] = '\0';
	switch (j->verdict) {
	case VERDICT_NONE:
	case VERDICT_UNEXPECTED:
		return;
	case VERDICT_UNCHECKED:
		snprintf(j->detail, sizeof(j->detail), "%s", j->err.msg);
		return;
	case VERDICT_MATCH:
	case VERDICT_UNTOUCHED:
		say_skipped(j);
		if (j->padded)
			add(j, "the kernel extended IMA's SHA-1 digests here, padded with zeros");
		return;
	case VERDICT_PARTIAL:
		add(j, "it starts from a value that the log states and that is not initial; what "
		       "came before is in none of these logs");
		return;
	case VERDICT_ALTERED:
		say_diagnosis(inputs, j);
		return;
	case VERDICT_LOG_AHEAD:
		say_ahead(mr, j);
		break;
	case VERDICT_MISMATCH:
		say_mismatch(inputs, j);
		break;
	case VERDICT_UNLOGGED:
		say_unlogged(inputs, j);
		break;
	case VERDICT_UNSUPPORTED:
		if (j->has_lack)
			add(j, "event %llu of '%s' has no digest of this hash",
				(unsigned long long)j->lack.seq, inputs->v[j->lack.source].name);
		else
			add(j, "the hash of '%s' is not known here", mr->full);
		return;
	case VERDICT_UNDECIDED:
		say_undecided(j);
		break;
	}
	if (j->has_altered && j->diagnosis.kind != DIAG_WRONG_DIGEST)
		say_altered(inputs, j);
	say_reset(mr, j);
	say_incomplete(inputs, mr, j);
}

void say_elsewhere(const struct log_input *in, const char *name, struct judgement *j)
{
	add(j, "if all events of '%s' were extended here, it matches: name it '%s@%s'", in->path,
		in->path, name);
}

/* Some events of a log, from this one on, which is described unless the label is empty. */
static void put_some(
	char ret[static ERR_MSG_MAX], uint64_t n, const char *log, uint64_t seq, const char *label)
{
	const char *open = label[0] != '\0' ? " (" : "", *close = label[0] != '\0' ? ")" : "";
	if (n == 1)
		snprintf(ret, ERR_MSG_MAX, "event %llu of '%s'%s%s%s", (unsigned long long)seq, log,
			open, label, close);
	else
		snprintf(ret, ERR_MSG_MAX, "%llu events of '%s', from event %llu%s%s%s on,",
			(unsigned long long)n, log, (unsigned long long)seq, open, label, close);
}

static void say_part(
	const struct reference_answer *a, const char *from, const char *log, struct judgement *j)
{
	char put[ERR_MSG_MAX], out[ERR_MSG_MAX];
	put_some(put, a->put, from, a->event.seq, a->label);
	put_some(out, a->left_out, log, a->other.seq, a->has_event ? "" : a->label);
	if (!a->has_event)
		add(j, "without %s the log gives this value", out);
	else if (a->has_other)
		add(j, "with %s in place of %s the log gives this value", put, out);
	else
		add(j, "with %s put back%s, the log gives this value", put,
			a->at_end ? " at the end" : "");
}

static void say_fix(
	const struct inputs *inputs, const struct inputs *reference, struct judgement *j)
{
	const struct reference_answer *a = &j->reference;
	const char *from = a->has_event ? reference->v[a->event.source].name : "";
	const char *log = a->has_other ? inputs->v[a->other.source].name : "";
	unsigned long long event = a->event.seq, other = a->other.seq;
	switch (a->fix) {
	case REFERENCE_NO_FIX:
		if (a->has_event || a->has_other)
			add(j, "the first that differs is event %llu of '%s' (%s)",
				a->has_event ? event : other, a->has_event ? from : log, a->label);
		break;
	case REFERENCE_PUT_BACK:
		add(j, "with event %llu of '%s' (%s) put back, the log gives this value", event,
			from, a->label);
		break;
	case REFERENCE_LEFT_OUT:
		add(j, "without event %llu of '%s' (%s), the log gives this value", other, log,
			a->label);
		break;
	case REFERENCE_IN_PLACE:
		add(j,
			"with event %llu of '%s' (%s) in place of event %llu of '%s', the log "
			"gives this value",
			event, from, a->label, other, log);
		break;
	case REFERENCE_MOVED_BACK:
		add(j,
			"with event %llu of '%s' (%s) where the reference has it, the log gives "
			"this value",
			other, log, a->label);
		break;
	case REFERENCE_PART:
		say_part(a, from, log, j);
		break;
	case REFERENCE_WHOLE:
		add(j, "the events of the reference, all of them, give this value");
		break;
	}
}

/* The logs have no event of it, so all of the reference's are missing. */
static void say_lost(struct judgement *j)
{
	bool one = j->reference.events == 1, gives = j->reference.fix != REFERENCE_NO_FIX;
	const char *how = gives ? (one ? "gives" : "give") : one ? "does not give" : "do not give";
	add(j, "the reference has %llu event%s of it, which %s this value%s",
		(unsigned long long)j->reference.events, one ? "" : "s", how,
		gives ? ": the log of it is missing or cut" : "");
}

void say_reference(const struct inputs *inputs, const struct inputs *reference, struct judgement *j)
{
	const struct reference_answer *a = &j->reference;
	const struct {
		uint64_t n;
		const char *what;
	} counts[] = {{a->missing, "missing"}, {a->more, "more"}, {a->changed, "changed"},
		{a->moved, "moved"}};
	char list[128] = "";
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		size_t n = strlen(list);
		if (counts[i].n > 0)
			snprintf(list + n, sizeof(list) - n, "%s%llu %s", n > 0 ? ", " : "",
				(unsigned long long)counts[i].n, counts[i].what);
	}
	if (j->verdict == VERDICT_UNLOGGED) {
		say_lost(j);
		return;
	}
	if (list[0] == '\0') {
		add(j, a->other_data > 0 ? "its events have the digests of the reference's"
					 : "it has the same events as the reference");
		return;
	}
	char *claim = a->fix != REFERENCE_NO_FIX ? strstr(j->detail, no_change) : NULL;
	if (claim != NULL)
		memmove(claim, claim + strlen(no_change), strlen(claim + strlen(no_change)) + 1);
	add(j, "events that differ from the reference: %s", list);
	say_fix(inputs, reference, j);
}
