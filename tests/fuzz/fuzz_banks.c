/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log behind a byte that says what it is (0: it tells itself), replayed: alone, and against
 * the values that come out, which it must then reproduce.
 */
#include "fuzz.h"

#include <string.h>
#include <unistd.h>

#include "replay/readahead.h"
#include "replay/chain.h"
#include "formats/rfc_text.h"
#include "model/mr_list.h"
#include "text.h"

enum { TARGETS_MAX = 64 };

static const struct log_format *pick(uint8_t n)
{
	size_t formats = 0;
	while (log_formats[formats] != NULL)
		formats++;
	size_t i = n % (formats + 1);
	return i > 0 ? log_formats[i - 1] : NULL;
}

/* 0 at the end of the log, -1 where it is malformed. */
static int replay(
	struct bytes log, const struct log_format *format, struct banks *banks, struct err *err)
{
	static const bool judged[HASH_COUNT] = {[HASH_SHA256] = true, [HASH_SHA384] = true};
	struct log_event *ev;
	const enum explanation *of;
	struct log_ahead *ahead = NULL;
	struct log_reader r;
	int fd = memory_file(log), rc = -1;
	if (format != &log_format_rfc_text && log_reader_open(&r, fd, format, err) == 0) {
		MUST(log_ahead_open(&ahead, &r, judged, err) == 0);
		while (r.format != &log_format_rfc_text &&
			(rc = log_ahead_next(ahead, &ev, &of, err)) > 0 &&
			banks_take(banks, "log", ev, of, err) == 0)
			;
		log_ahead_close(ahead);
		log_reader_close(&r);
	}
	close(fd);
	return rc == 0 ? 0 : -1;
}

/* Of the CC MRs and PCRs with a name, which one start leads to. */
static size_t targets_of(const struct banks *banks, struct mr_list *mrs, struct bank_target *ret)
{
	struct err err;
	size_t n = 0;
	for (size_t i = 0; i < banks->n; i++) {
		const struct bank_reg *reg = banks->reg[i];
		char room[EVENT_REG_ROOM];
		for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT && n < TARGETS_MAX; alg++) {
			const struct bank *bank = reg->of[alg];
			if (bank == NULL || reg->place == PLACE_NAMED || reg->place == PLACE_NONE)
				continue;
			const char *name = event_reg_name(reg->place, reg->index, NULL, room);
			struct mr *mr = mr_list_add(mrs, "", name, hash_name(alg), &err);
			MUST(mr != NULL);
			mr->alg = alg;
			mr->size = (uint32_t)hash_size(alg);
			mr->cc_mr_index = mr_cc_index("", name);
			ret[n++] = (struct bank_target){.mr = mr, .want = bank_best(bank)->value};
		}
	}
	return n;
}

static void check(struct bytes log, const struct log_format *format, const struct banks *banks)
{
	struct bank_target target[TARGETS_MAX];
	struct mr_list mrs = {0};
	struct banks again;
	struct err err;
	size_t n = targets_of(banks, &mrs, target);
	banks_init(&again, target, n);
	MUST(n == 0 || replay(log, format, &again, &err) == 0);
	for (size_t i = 0; i < n; i++) {
		const struct bank *bank = banks_find(&again, &target[i]);
		enum place place;
		uint32_t index;
		/* A register that no name stands for cannot be asked about. */
		if (bank == NULL) {
			MUST(!reg_place("", target[i].mr->name, &place, &index));
			continue;
		}
		const struct bank_chain *c = bank_best(bank);
		MUST(c->records > 0 || bank->lacks > 0);
		MUST(bank->lacks > 0 || (c->reached && c->matched == c->records));
	}
	banks_clear(&again);
	mr_list_clear(&mrs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct banks banks;
	struct err err;
	if (size == 0)
		return 0;
	struct bytes log = {data + 1, size - 1};
	const struct log_format *format = pick(data[0]);
	banks_init(&banks, NULL, 0);
	if (replay(log, format, &banks, &err) == 0)
		check(log, format, &banks);
	banks_clear(&banks);
	return 0;
}
