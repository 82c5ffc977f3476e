/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second reading of run/tsmctl/journal.jsonl, which shares no line with the program that wrote it:
 * what the tests believe is what this and the register say.
 */
#ifndef TEST_LEDGER_H
#define TEST_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEDGER_DIGEST_MAX = 64, LEDGER_NAMES_MAX = 8, LEDGER_PLACE_MAX = 192 };

/* What verify says of an extend that is not in the journal. */
#define LEDGER_FOREIGN "it was extended by something that is in none of these logs"

enum ledger_end { LEDGER_OPEN, LEDGER_COMMIT, LEDGER_VOID, LEDGER_UNKNOWN };

struct ledger_record {
	size_t group;
	char *text; /* the record's bytes, a NUL behind them; NULL: a digest was given */
	uint8_t before[LEDGER_DIGEST_MAX], expected[LEDGER_DIGEST_MAX];
	enum ledger_end end;
	bool foreign; /* `before` does not follow from what was known: somebody came in between */
	uint64_t
		after; /* the record of the same register that came before; of a first one: itself */
};

/* A register, under all its names. */
struct ledger_group {
	char *name[LEDGER_NAMES_MAX];
	size_t n_names, size;
	const char *hash;
	uint8_t start[LEDGER_DIGEST_MAX]; /* what the first record found */
	uint8_t value[LEDGER_DIGEST_MAX]; /* what the last end leaves */
	uint64_t last;
};

struct ledger {
	bool there; /* there is a file */
	bool torn;  /* with bytes behind its last line */
	struct ledger_record *record;
	size_t n;
	struct ledger_group *group;
	size_t n_groups;
	char why[512]; /* what is wrong with it */
};

/*
 * Reads all of it: -1 where a line is not what it should be, numbers do not count up, a digest is
 * not its record's hash, an expected value not the sum of its parts, an end has no intent, a
 * register has two without one, or a line that sums up says anything else than the lines before it. Free it either way.
 */
int ledger_read(struct ledger *ret, const char *path);
void ledger_clear(struct ledger *l);

/* The register's group; NULL: it is in no record. */
const struct ledger_group *ledger_group(const struct ledger *l, const char *name);
/*
 * Between which of a register's records the chain of its values breaks first, in words as verify puts
 * them; empty: nowhere. One whose end is unknown breaks it.
 */
void ledger_first_break(const struct ledger *l, const struct ledger_group *group,
	char ret[static LEDGER_PLACE_MAX]);
/* How many records of the group (NULL: any) have this end and this text (NULL: any). */
size_t ledger_count(const struct ledger *l, const struct ledger_group *group, enum ledger_end end,
	const char *text);

/* value = HASH(value | digest). */
void ledger_extend(const char *hash, uint8_t *value, const uint8_t *digest);
/* Returns its size. */
size_t ledger_hash(const char *hash, const void *p, size_t n, uint8_t *ret);

#endif
