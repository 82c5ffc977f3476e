/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/boot_logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "base/scope.h"
#include "formats/aael.h"
#include "formats/dstack.h"
#include "replay/payload.h"
#include "formats/systemd.h"
#include "formats/tcg2.h"

const struct boot_log_place boot_log_places[BOOT_LOGS_MAX + 1] = {
	{"ccel", "sys/firmware/acpi/tables/data/CCEL", &log_format_ccel},
	{"systemd", "run/log/systemd/cc-measure.log", &log_format_systemd},
	{"aael", "run/attestation-agent/eventlog", &log_format_aael},
	{"dstack", "run/log/dstack/runtime_events.log", &log_format_dstack},
	{NULL, NULL, NULL},
};

int boot_log_open(const struct root *root, const struct boot_log_place *place, struct err *err)
{
	struct stat st;
	if (root_stat(root, place->path, &st) == -ENOENT)
		return err_set(err, ST_ABSENT, "'%s' is not there", place->path);
	int fd = root_open_file(root, place->path, O_RDONLY, err);
	if (fd < 0)
		return -1;
	uint8_t first;
	if (pread(fd, &first, 1, 0) != 0)
		return fd;
	close(fd);
	return err_set(err, ST_ABSENT, "'%s' is empty", place->path);
}

static int take_digest(struct boot_log *log, size_t i, const struct log_event *ev,
	const struct digest *d, struct err *err)
{
	struct boot_part *part = &log->of[i];
	struct event_spot spot = {log->source, ev->seq};
	if (part->n >= BOOT_EVENTS_MAX)
		return err_set(
			err, ST_FORMAT, "more than %d events of one register", BOOT_EVENTS_MAX);
	if ((part->n & (part->n - 1)) == 0) {
		size_t room = part->n == 0 ? 1 : 2 * part->n;
		struct digest *grown = reallocarray(part->v, room, sizeof(*grown));
		if (grown == NULL)
			return err_sys(err, ENOMEM, "log");
		part->v = grown;
	}
	part->v[part->n++] = *d;
	return near_events_add(&part->kept, &spot, d, err);
}

/* The last one that was taken has data that does not give it. */
static int take_altered(struct boot_log *log, size_t i, const struct log_event *ev,
	struct hasher *h, struct err *err)
{
	struct boot_part *part = &log->of[i];
	struct near_event *kept = near_events_last(&part->kept);
	if (part->altered.source == NULL)
		part->altered = (struct event_spot){log->source, ev->seq};
	return kept != NULL ? event_own_digest(ev, h, &kept->own, err) : 0;
}

/* Puts an event's digests to the registers that it extended. */
static int take_event(const struct boot_logs *logs, struct boot_log *log,
	const struct log_event *ev, struct hashers *hashers, struct err *err)
{
	enum explanation of[EVENT_DIGESTS_MAX];
	if (!ev->extends || ev->place != PLACE_CC_MR || ev->index == 0)
		return 0;
	for (size_t i = 0; i < logs->mrs->n; i++)
		if (logs->mrs->mr[i]->alg > HASH_UNKNOWN &&
			hashers_get(hashers, logs->mrs->mr[i]->alg, err) == NULL)
			return -1;
	if (event_explain(ev, hashers->of, of, err) < 0)
		return -1;
	for (size_t i = 0; i < logs->mrs->n; i++) {
		const struct mr *mr = logs->mrs->mr[i];
		size_t k = 0;
		if (mr->cc_mr_index != (int)ev->index || mr->alg <= HASH_UNKNOWN)
			continue;
		while (k < ev->n_digests && ev->digest[k].d.alg != mr->alg)
			k++;
		if (k == ev->n_digests) {
			if (log->of[i].lack.source == NULL)
				log->of[i].lack = (struct event_spot){log->source, ev->seq};
			continue;
		}
		if (take_digest(log, i, ev, &ev->digest[k].d, err) < 0)
			return -1;
		if (of[k] == EXPLAINS_NOT &&
			take_altered(log, i, ev, hashers->of[mr->alg], err) < 0)
			return -1;
	}
	return 0;
}

static int read_events(const struct boot_logs *logs, struct boot_log *log,
	const struct log_format *format, int fd, struct hashers *hashers, struct err *err)
{
	static struct log_event ev;
	struct log_reader r;
	int rc;
	if (log_reader_open(&r, fd, format, err) < 0)
		return -1;
	while ((rc = log_reader_next(&r, &ev, err)) > 0) {
		event_settle_place(&ev);
		rc = take_event(logs, log, &ev, hashers, err);
		if (rc < 0)
			break;
	}
	log_reader_close(&r);
	return rc;
}

static int read_log(const struct root *root, const struct boot_log_place *place,
	struct boot_logs *logs, struct hashers *hashers, struct err *err)
{
	struct err why;
	AUTO_CLOSE int fd = boot_log_open(root, place, &why);
	if (fd < 0 && why.status == ST_ABSENT)
		return 0;
	struct boot_log *log = &logs->log[logs->n++];
	*log = (struct boot_log){.source = place->source, .path = place->path};
	log->of = calloc(logs->mrs->n + 1, sizeof(*log->of));
	if (log->of == NULL)
		return err_sys(err, ENOMEM, "log");
	if (fd >= 0 && read_events(logs, log, place->format, fd, hashers, &why) == 0)
		return 0;
	log->err = why;
	if (fd >= 0)
		err_in(&log->err, "'%s'", place->path);
	return 0;
}

int boot_logs_read(
	const struct root *root, const struct mr_list *mrs, struct boot_logs *ret, struct err *err)
{
	struct hashers hashers = {{0}};
	int rc = 0;
	*ret = (struct boot_logs){.mrs = mrs, .read = true};
	for (size_t i = 0; boot_log_places[i].path != NULL && rc == 0; i++)
		rc = read_log(root, &boot_log_places[i], ret, &hashers, err);
	hashers_close(&hashers);
	return rc;
}

void boot_logs_clear(struct boot_logs *logs)
{
	for (size_t i = 0; i < logs->n; i++) {
		for (size_t k = 0; logs->log[i].of != NULL && k < logs->mrs->n; k++) {
			free(logs->log[i].of[k].v);
			near_events_clear(&logs->log[i].of[k].kept);
		}
		free(logs->log[i].of);
	}
	*logs = (struct boot_logs){0};
}

const struct boot_log *boot_logs_unread(const struct boot_logs *logs)
{
	for (size_t i = 0; i < logs->n; i++)
		if (logs->log[i].err.status != ST_OK)
			return &logs->log[i];
	return NULL;
}

/* One order of the logs, as it is tried. */
struct attempt {
	const struct anchored *journal;
	size_t n_journal, next;
	struct hasher *h;
	const struct digest *want;
	struct digest value;
	uint64_t records, matched;
	bool reached;
};

static int extend(struct attempt *a, const struct digest *d, struct err *err)
{
	if (hash_extend(a->h, &a->value, d, err) < 0)
		return -1;
	a->records++;
	return 0;
}

static void look(struct attempt *a)
{
	if (a->next < a->n_journal || !digest_equal(&a->value, a->want))
		return;
	a->reached = true;
	a->matched = a->records;
}

/* Records of the journal that follow from here. */
static int take_journal(struct attempt *a, struct err *err)
{
	while (a->next < a->n_journal && digest_equal(&a->journal[a->next].before, &a->value))
		if (extend(a, &a->journal[a->next++].digest, err) < 0)
			return -1;
	look(a);
	return 0;
}

static int take_part(struct attempt *a, const struct boot_part *part, struct err *err)
{
	for (size_t i = 0; i < part->n; i++)
		if (extend(a, &part->v[i], err) < 0 || take_journal(a, err) < 0)
			return -1;
	return 0;
}

/* The parts of one register, and the order in which they are tried. */
struct parts {
	const struct boot_part *v[BOOT_LOGS_MAX];
	size_t n, order[BOOT_LOGS_MAX];
	size_t first; /* of those whose order is not known: firmware's comes before all */
};

static int try_order(const struct parts *p, const struct digest *start, struct attempt *a,
	struct joined *ret, struct err *err)
{
	a->value = *start;
	a->next = 0;
	a->records = a->matched = 0;
	a->reached = false;
	if (take_journal(a, err) < 0)
		return -1;
	for (size_t i = 0; i < p->n; i++)
		if (take_part(a, p->v[p->order[i]], err) < 0)
			return -1;
	ret->match = a->reached && a->matched == a->records;
	if (!ret->match && ret->records > 0 && (!a->reached || ret->reached))
		return 0;
	ret->value = a->value;
	ret->records = a->records + (a->n_journal - a->next);
	ret->reached = a->reached;
	ret->matched = a->matched;
	return 0;
}

static void swap(size_t *a, size_t *b)
{
	size_t t = *a;
	*a = *b;
	*b = t;
}

/* The next order, as a dictionary has them; false after the last. */
static bool next_order(struct parts *p)
{
	if (p->n < p->first + 2)
		return false;
	size_t i, k = p->n - 1;
	for (i = p->n - 1; i > p->first && p->order[i - 1] > p->order[i];)
		i--;
	if (i == p->first)
		return false;
	while (p->order[k] < p->order[i - 1])
		k--;
	swap(&p->order[k], &p->order[i - 1]);
	for (k = p->n - 1; i < k; i++, k--)
		swap(&p->order[i], &p->order[k]);
	return true;
}

static void find_parts(
	const struct boot_logs *logs, size_t mr, struct parts *ret, struct joined *joined)
{
	*ret = (struct parts){0};
	for (size_t i = 0; i < logs->n; i++) {
		const struct boot_part *part = &logs->log[i].of[mr];
		if (joined->lack.source == NULL)
			joined->lack = part->lack;
		if (part->n == 0)
			continue;
		if (logs->log[i].path == boot_log_places[0].path)
			ret->first = 1;
		if (joined->altered.source == NULL)
			joined->altered = part->altered;
		joined->sources[ret->n] = logs->log[i].source;
		ret->order[ret->n] = ret->n;
		ret->v[ret->n++] = part;
	}
}

int boot_logs_join(const struct boot_logs *logs, size_t i, const struct digest *start,
	const struct digest *value, const struct anchored journal[], size_t n_journal,
	struct hasher *h, struct joined *ret, struct err *err)
{
	struct parts p;
	struct attempt a = {.journal = journal, .n_journal = n_journal, .h = h, .want = value};
	*ret = (struct joined){0};
	find_parts(logs, i, &p, ret);
	if (n_journal > 0)
		ret->sources[p.n] = "journal";
	if (p.n == 0)
		return 0;
	do {
		if (try_order(&p, start, &a, ret, err) < 0)
			return -1;
	} while (!ret->match && next_order(&p));
	return 0;
}

enum verdict joined_verdict(const struct joined *joined, char detail[ERR_MSG_MAX])
{
	if (joined->lack.source != NULL) {
		event_spot_say_lack(&joined->lack, detail);
		return VERDICT_UNSUPPORTED;
	}
	if (joined->altered.source == NULL)
		return VERDICT_MATCH;
	event_spot_say_altered("", &joined->altered, detail);
	return VERDICT_ALTERED;
}

int boot_logs_near_miss(const struct boot_logs *logs, size_t i, const struct digest *start,
	const struct digest *value, const struct anchored journal[], size_t n_journal,
	struct hasher *h, struct near_miss *ret, struct err *err)
{
	struct near_events all = {0};
	int rc = 0;
	for (size_t k = 0; k < logs->n && rc == 0; k++)
		rc = near_events_join(&all, &logs->log[k].of[i].kept, err);
	for (size_t k = 0; k < n_journal && rc == 0; k++) {
		struct event_spot spot = {"journal", journal[k].seq};
		rc = near_events_add(&all, &spot, &journal[k].digest, err);
	}
	if (rc == 0)
		rc = near_miss_find(h, start, &all, value, ret, err);
	/* Orders were tried, with each record of the journal where it belongs. */
	if (rc == 0 && ret->kind == NEAR_ORDER)
		ret->kind = NEAR_NONE;
	near_events_clear(&all);
	return rc;
}
