/* SPDX-License-Identifier: Apache-2.0 */
#include "settle.h"

#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "journal/store.h"
#include "kernel/lock.h"

static const struct mr *mr_of(const struct mr_list *mrs, const char *name)
{
	for (size_t i = 0; i < mrs->n; i++)
		if (strcmp(mrs->mr[i]->full, name) == 0)
			return mrs->mr[i];
	return NULL;
}

/* One that is open has a register that cannot be read, under any of its names. */
static void check_open(
	const struct root *root, const struct mr_list *mrs, const struct journal_state *state)
{
	uint8_t buf[DIGEST_SIZE_MAX];
	struct err err;
	for (const struct journal_intent *open = state->open; open != NULL; open = open->next)
		for (const struct journal_name *n = open->reg->names; n != NULL; n = n->next) {
			const struct mr *mr = mr_of(mrs, n->text);
			MUST(mr == NULL || mr_read(root, mr, buf, &err) < 0);
		}
}

/* What the writer knows from the last state on is what a reader knows who hashed all of it again. */
static void check_all(const struct journal_writer *w)
{
	struct hashers hashers = {0};
	struct journal_state all;
	struct err err = {0};
	journal_state_init(&all, &hashers);
	MUST(journal_state_read(&all, w->fd, 0, w->end, &err) == 0);
	MUST(!all.in_state && all.seq == w->state.seq && all.n_regs == w->state.n_regs);
	for (const struct journal_reg *r = all.regs; r != NULL; r = r->next) {
		const struct journal_reg *same = journal_state_find(&w->state, r->names->text);
		MUST(same != NULL && digest_equal(&same->value, &r->value));
		MUST(same->n_names == r->n_names && (same->open != NULL) == (r->open != NULL));
	}
	journal_state_clear(&all);
	hashers_close(&hashers);
}

bool settle_run(const char *dir)
{
	struct root root;
	struct tree tree;
	struct journal_writer w;
	struct err err = {0};
	MUST(root_open(&root, dir, &err) == 0);
	int lock = lock_take(&root, 0, &err);
	MUST(lock >= 0);
	int rc = tree_probe(&root, NULL, &tree, &err);
	if (rc == 0) {
		rc = journal_writer_open(&w, &root, &tree.mrs, 0, &err);
		rc = rc < 0 ? rc : journal_settle(&w, &err);
		if (rc == 0) {
			check_open(&root, &tree.mrs, &w.state);
			check_all(&w);
		}
		journal_writer_close(&w);
	}
	MUST(rc == 0 || (err.status != ST_OK && err.msg[0] != '\0'));
	tree_clear(&tree);
	close(lock);
	root_close(&root);
	return rc == 0;
}
