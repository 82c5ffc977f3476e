/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/journal_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "base/scope.h"

void history_init(struct history *h, struct hashers *hashers)
{
	*h = (struct history){.hashers = hashers};
}

static void clear_group(struct history_group *group)
{
	for (size_t i = 0; i < group->g.n_names; i++)
		free(group->g.name[i]);
	free(group->g.name);
}

void history_clear(struct history *h)
{
	for (size_t i = 0; i < h->n; i++)
		clear_group(&h->group[i]);
	free(h->group);
	free((void *)(uintptr_t)h->open.like.p);
	*h = (struct history){0};
}

static bool has_name(const struct history_group *group, const char *name)
{
	for (size_t i = 0; i < group->g.n_names; i++)
		if (strcmp(group->g.name[i], name) == 0)
			return true;
	return false;
}

struct history_group *history_find(const struct history *h, const char *name)
{
	for (size_t i = 0; i < h->n; i++)
		if (has_name(&h->group[i], name))
			return &h->group[i];
	return NULL;
}

static int add_name(struct history_group *group, const char *name, struct err *err)
{
	char **grown = reallocarray(group->g.name, group->g.n_names + 1, sizeof(*grown));
	if (grown == NULL)
		return err_sys(err, ENOMEM, "journal");
	group->g.name = grown;
	grown[group->g.n_names] = strdup(name);
	if (grown[group->g.n_names] == NULL)
		return err_sys(err, ENOMEM, "journal");
	group->g.n_names++;
	return 0;
}

static struct history_group *add_group(struct history *h, struct err *err)
{
	struct history_group *grown = NULL;
	if (h->n < REGISTERS_MAX)
		grown = reallocarray(h->group, h->n + 1, sizeof(*grown));
	if (grown == NULL) {
		err_set(err, ST_FORMAT, "it tells of more than %d registers", REGISTERS_MAX);
		return NULL;
	}
	h->group = grown;
	grown[h->n] = (struct history_group){0};
	return &grown[h->n++];
}

static void break_at(
	struct history_group *group, enum history_break why, uint64_t after, uint64_t at)
{
	if (group->broken != BREAK_NONE)
		return;
	group->broken = why;
	group->break_after = after;
	group->break_at = at;
}

/* Its digest is its record's, and what is expected is what that digest makes of the register. */
static int check_intent(struct history *h, const struct journal_line *l, struct err *err)
{
	struct hasher *hasher = hashers_get(h->hashers, l->digest.alg, err);
	struct digest d;
	if (hasher == NULL)
		return -1;
	if (l->record.p != NULL) {
		if (hash_bytes(hasher, l->record, &d, err) < 0)
			return -1;
		if (!digest_equal(&d, &l->digest))
			return err_set(err, ST_FORMAT, "the digest is not the hash of the record");
	}
	d = l->before;
	if (hash_extend(hasher, &d, &l->digest, err) < 0)
		return -1;
	if (!digest_equal(&d, &l->expected))
		return err_set(
			err, ST_FORMAT, "'expected' is not what the digest makes of 'before'");
	return 0;
}

static int keep_like(struct open_intent *open, struct bytes list, struct err *err)
{
	if (list.n == 0)
		return 0;
	uint8_t *copy = malloc(list.n);
	if (copy == NULL)
		return err_sys(err, ENOMEM, "journal");
	memcpy(copy, list.p, list.n);
	open->like = (struct bytes){copy, list.n};
	return 0;
}

static int take_intent(struct history *h, const struct journal_line *l, struct err *err)
{
	if (h->open.is)
		return err_set(err, ST_FORMAT, "record %llu has no end, and another one begins",
			(unsigned long long)h->open.seq);
	if (l->seq != h->seq)
		return err_set(err, ST_FORMAT, "record %llu, where %llu is due",
			(unsigned long long)l->seq, (unsigned long long)h->seq);
	if (h->hashers != NULL && check_intent(h, l, err) < 0)
		return -1;
	struct history_group *group = history_find(h, l->reg);
	if (group == NULL) {
		group = add_group(h, err);
		if (group == NULL || add_name(group, l->reg, err) < 0)
			return -1;
		group->first = l->before;
		group->first_seq = l->seq;
	} else if (!digest_equal(&group->g.value, &l->before)) {
		break_at(group, BREAK_FOREIGN, group->g.last, l->seq);
	}
	group->g.value = l->before;
	h->open = (struct open_intent){
		.is = true,
		.group = (size_t)(group - h->group),
		.seq = l->seq,
		.start = l->start,
		.pid = l->pid,
		.before = l->before,
		.expected = l->expected,
	};
	strlcpy(h->open.reg, l->reg, sizeof(h->open.reg));
	h->seq++;
	return keep_like(&h->open, l->list, err);
}

/* Its names and records go to `into`, which was found to be the same register. */
static int merge(
	struct history *h, struct history_group *from, struct history_group *into, struct err *err)
{
	for (size_t i = 0; i < from->g.n_names; i++)
		if (add_name(into, from->g.name[i], err) < 0)
			return -1;
	if (from->broken != BREAK_NONE)
		break_at(into, from->broken, from->break_after, from->break_at);
	/* Until now both had a history of their own: one that does not lead here was not all of it. */
	if (!digest_equal(&from->g.value, &h->open.before))
		break_at(into, BREAK_FOREIGN, from->g.last, h->open.seq);
	if (from->first_seq < into->first_seq) {
		into->first = from->first;
		into->first_seq = from->first_seq;
	}
	into->records += from->records;
	clear_group(from);
	size_t at = (size_t)(from - h->group);
	memmove(from, from + 1, (h->n - at - 1) * sizeof(*from));
	h->n--;
	if (at < h->open.group)
		h->open.group--;
	return 0;
}

int history_same(struct history *h, const char *name, struct err *err)
{
	struct history_group *group = &h->group[h->open.group];
	struct history_group *other = history_find(h, name);
	if (journal_alg(name) != h->open.before.alg)
		return err_set(err, ST_FORMAT, "'same' has a register of another hash");
	if (other == group)
		return 0;
	return other == NULL ? add_name(group, name, err) : merge(h, other, group, err);
}

enum journal_kind history_end_of(const struct open_intent *open, const struct digest *value)
{
	if (digest_equal(value, &open->expected))
		return JOURNAL_COMMIT;
	return digest_equal(value, &open->before) ? JOURNAL_VOID : JOURNAL_UNKNOWN;
}

void history_settle(struct history *h, enum journal_kind kind, const struct digest *value)
{
	struct open_intent *open = &h->open;
	struct history_group *group = &h->group[open->group];
	group->g.last = open->seq;
	if (kind == JOURNAL_COMMIT) {
		group->g.value = open->expected;
		group->records++;
	} else if (kind == JOURNAL_UNKNOWN) {
		group->g.value = *value;
		break_at(group, BREAK_UNKNOWN, open->seq, open->seq);
	}
	if (group->broken == BREAK_NONE)
		group->matched = group->records;
	free((void *)(uintptr_t)open->like.p);
	open->like = (struct bytes){0};
	open->is = false;
}

static int take_end(struct history *h, const struct journal_line *l, struct err *err)
{
	struct digest value = l->value;
	char name[JOURNAL_NAME_ROOM];
	if (!h->open.is || h->group == NULL || h->open.seq != l->seq)
		return err_set(err, ST_FORMAT, "the end of record %llu, which is not open",
			(unsigned long long)l->seq);
	value.alg = h->open.before.alg;
	if (l->kind == JOURNAL_UNKNOWN && value.size != h->open.before.size)
		return err_set(err, ST_FORMAT, "'value' is not of its register's size");
	struct bytes list = l->list;
	while (journal_take_name(&list, name))
		if (history_same(h, name, err) < 0)
			return -1;
	history_settle(h, l->kind, &value);
	return 0;
}

static int load_state(struct history *h, const struct journal_line *l, struct err *err)
{
	struct journal_group g;
	struct bytes list = l->list, names;
	char name[JOURNAL_NAME_ROOM];
	while (journal_take_group(&list, &g, &names)) {
		struct history_group *group = add_group(h, err);
		if (group == NULL)
			return -1;
		group->g.value = g.value;
		group->g.last = g.last;
		while (journal_take_name(&names, name))
			if (add_name(group, name, err) < 0)
				return -1;
	}
	h->seq = l->seq;
	return 0;
}

/* A state line that follows others says nothing new but, maybe, another boot. */
static int check_state(struct history *h, const struct journal_line *l, struct err *err)
{
	struct text t = {.buf = malloc(LINE_MAX_BYTES), .room = LINE_MAX_BYTES};
	AUTO_FREE char *buf = t.buf;
	AUTO_FREE struct journal_group *groups = calloc(h->n + 1, sizeof(*groups));
	if (buf == NULL || groups == NULL)
		return err_sys(err, ENOMEM, "journal");
	for (size_t i = 0; i < h->n; i++)
		groups[i] = h->group[i].g;
	journal_put_state(&t, l->boot_id, h->seq, groups, h->n);
	if (t.cut || !bytes_equal((struct bytes){(uint8_t *)t.buf, t.n - 1}, l->text))
		return err_set(
			err, ST_FORMAT, "this state is not what the lines before it amount to");
	return 0;
}

static int take_state(struct history *h, const struct journal_line *l, struct err *err)
{
	if (h->open.is)
		return err_set(err, ST_FORMAT, "a state while record %llu is open",
			(unsigned long long)h->open.seq);
	if ((h->begun ? check_state(h, l, err) : load_state(h, l, err)) < 0)
		return -1;
	strlcpy(h->boot_id, l->boot_id, sizeof(h->boot_id));
	h->state_off = l->off;
	return 0;
}

int history_take(struct history *h, const struct journal_line *l, struct err *err)
{
	int rc = 0;
	switch (l->kind) {
	case JOURNAL_HEADER:
		strlcpy(h->boot_id, l->boot_id, sizeof(h->boot_id));
		break;
	case JOURNAL_STATE:
		rc = take_state(h, l, err);
		break;
	case JOURNAL_INTENT:
		rc = take_intent(h, l, err);
		break;
	case JOURNAL_COMMIT:
	case JOURNAL_VOID:
	case JOURNAL_UNKNOWN:
		rc = take_end(h, l, err);
		break;
	}
	h->begun = true;
	return rc;
}

int history_read(struct history *h, int fd, off_t from, off_t end, struct err *err)
{
	struct journal j;
	struct journal_line line;
	int rc = journal_open(&j, fd, from, end, err);
	if (rc < 0)
		return -1;
	while ((rc = journal_next(&j, &line, err)) > 0) {
		if (history_take(h, &line, err) < 0) {
			rc = journal_in(err, &line);
			break;
		}
	}
	journal_close(&j);
	return rc;
}
