/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two logs, behind a byte for each that says what it is (0: it tells itself) and the length of the first,
 * compared: with each other, both ways round, and each with itself.
 */
#include "fuzz.h"
#include "log_input.h"

#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "text.h"
#include "verify/align.h"
#include "verify/compare.h"

/* A partner's partner is oneself, and what is unchanged is in the same order. */
static void check_side(const struct compare_register *reg, int s)
{
	const struct compare_side *own = &reg->side[s], *other = &reg->side[1 - s];
	int64_t last = -1;
	for (uint32_t i = 0; i < own->n; i++) {
		MUST((own->change[i] == COMPARE_ONLY) == (own->with[i] == ALIGN_NONE));
		MUST(own->wanted[i] == (own->change[i] != COMPARE_SAME));
		if (own->with[i] == ALIGN_NONE)
			continue;
		MUST(own->with[i] < other->n && other->with[own->with[i]] == i);
		MUST(other->change[own->with[i]] == own->change[i]);
		MUST(own->change[i] != COMPARE_SAME || own->with[i] > last);
		last = own->change[i] == COMPARE_SAME ? own->with[i] : last;
	}
}

static int count(
	void *arg, const struct compare_place *place, const struct event *event, struct err *err)
{
	uint64_t *n = arg;
	(void)err;
	MUST(place->at < place->reg->side[place->side].n);
	MUST(event->register_name != NULL);
	++*n;
	return 0;
}

/* Returns how many events are unchanged. */
static uint64_t compare(struct inputs *a, struct inputs *b, bool equal)
{
	struct compare c;
	struct err err;
	uint64_t same = 0, differ = 0, told = 0;
	int rc = compare_load(&c, a, b, NULL, &err);
	MUST(rc == 0 || err.status != ST_OK);
	for (size_t i = 0; rc == 0 && i < c.n; i++) {
		const struct compare_register *reg = &c.v[i];
		check_side(reg, 0);
		check_side(reg, 1);
		MUST(!equal || !reg->differs);
		for (int s = 0; s < 2; s++)
			for (uint32_t k = 0; k < reg->side[s].n; k++)
				differ += reg->side[s].wanted[k];
		same += reg->side[0].n;
		for (uint32_t k = 0; k < reg->side[0].n; k++)
			same -= reg->side[0].wanted[k];
	}
	if (rc == 0 && compare_events(&c, count, &told, &err) == 0) {
		MUST(told == differ);
		MUST(compare_pair(&c, &err) == 0);
	}
	compare_clear(&c);
	return same;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inputs a = {0}, b = {0};
	struct mr_list mrs = {0};
	if (size < 4)
		return 0;
	size_t n = data[2] + 256u * data[3];
	n = n < size - 4 ? n : size - 4;
	AUTO_CLOSE int x = memory_file((struct bytes){data + 4, n});
	AUTO_CLOSE int y = memory_file((struct bytes){data + 4 + n, size - 4 - n});
	if (log_input_open(x, log_input_format(data[0]), &a, &mrs) == 0 &&
		log_input_open(y, log_input_format(data[1]), &b, &mrs) == 0) {
		uint64_t same = compare(&a, &b, false);
		MUST(compare(&b, &a, false) == same);
		compare(&a, &a, true);
	}
	inputs_close(&a);
	inputs_close(&b);
	mr_list_clear(&mrs);
	return 0;
}
