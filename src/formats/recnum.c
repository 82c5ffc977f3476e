/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/recnum.h"

#include "formats/record_reader.h"

/*
 * Registers with names are distinguished by a hash of the name (FNV-1a): a collision only affects a
 * note.
 */
static uint64_t register_key(const struct log_event *event)
{
	uint64_t key = UINT64_C(0xcbf29ce484222325);
	if (event->reg == NULL)
		return (uint64_t)event->place << 32 | event->index;
	for (const char *c = event->reg; *c != '\0'; c++)
		key = (key ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
	return key;
}

static void count(struct recnum_count *c, uint64_t recnum, uint64_t off)
{
	bool follows = c->n > 0 ? recnum == c->next : recnum <= 1;
	if (!follows && !c->bad) {
		c->bad = true;
		c->bad_off = off;
	}
	c->next = recnum + 1;
	c->n++;
}

/* NULL if there are too many registers to count. */
static struct recnum_count *find_register(struct recnums *r, uint64_t key)
{
	for (size_t i = 0; i < r->n_registers; i++)
		if (r->reg[i].key == key)
			return &r->reg[i].count;
	if (r->n_registers == RECNUM_REGISTERS_MAX)
		return NULL;
	r->reg[r->n_registers].key = key;
	return &r->reg[r->n_registers++].count;
}

void recnum_take(struct recnums *r, const struct log_event *event, const uint64_t *recnum)
{
	r->records++;
	if (recnum == NULL) {
		r->missing++;
		return;
	}
	count(&r->all, *recnum, event->off);
	struct recnum_count *own = find_register(r, register_key(event));
	if (own == NULL)
		return;
	count(own, *recnum, event->off);
	if (own->bad && !r->each.bad)
		r->each = *own;
}

uint64_t recnum_give(struct recnums *r, const struct log_event *event)
{
	struct recnum_count *own = find_register(r, register_key(event));
	if (own == NULL)
		own = &r->all;
	return own->n++;
}

void recnum_note(const struct recnums *r, struct log_reader *log)
{
	unsigned long long bad =
		r->all.bad_off > r->each.bad_off ? r->all.bad_off : r->each.bad_off;
	if (r->missing > 0 && r->missing < r->records)
		reader_note(log,
			"recnum is missing in %llu of %llu records: they are taken in the order of "
			"the file",
			(unsigned long long)r->missing, (unsigned long long)r->records);
	else if (r->all.bad && r->each.bad)
		reader_note(log,
			"recnum is not consecutive at offset %llu: records may be missing or "
			"moved; they are taken in the order of the file",
			bad);
}
