/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A register with a text log as the kernel keeps it, written down from what kernels do and not from
 * what tsmctl does: nothing of the tool is used. It also keeps what a log does not tell:
 * which digests were extended.
 */
#ifndef TEST_KERNEL_MODEL_H
#define TEST_KERNEL_MODEL_H

#include "text.h"

enum { MODEL_SIZE_MAX = 48 };

struct model_hash {
	const char *name;
	size_t size;
};

extern const struct model_hash model_sha1, model_sha256, model_sha384;

/* H(a || b); ret may be one of them. */
void model_hash2(const struct model_hash *h, struct bytes a, struct bytes b, uint8_t *ret);

struct model_digest {
	uint8_t v[MODEL_SIZE_MAX];
};

struct model_direct {
	size_t off; /* of its line */
	bool real;  /* extended */
};

struct kernel {
	const struct model_hash *hash;
	struct model_digest start, value;
	bool in_sync;
	struct text log;
	/* the truth: every digest that was extended, in this order */
	struct model_digest *extended;
	size_t n_extended, room;
	/* every direct line that the kernel wrote */
	struct model_direct *direct;
	size_t n_direct, direct_room;
};

/* A register that holds `start` (NULL: zeros), with an empty log. */
void kernel_open(struct kernel *k, const struct model_hash *h, const uint8_t *start);
void kernel_close(struct kernel *k);

/*
 * A write to append_event. The line_fails-th record that it logs, a SYNC of the kernel's own
 * included, cannot be extended (EIO), and then nothing after it is written; SIZE_MAX: none.
 */
void kernel_append(struct kernel *k, struct bytes text, size_t line_fails);
void kernel_append_str(struct kernel *k, const char *text);
/* A write to digest: the line is logged, then extended, or not (EIO). */
void kernel_direct(struct kernel *k, const uint8_t *digest, bool fails);
/* An extend past the kernel: no log has it, and the kernel does not know. */
void kernel_hidden(struct kernel *k, const uint8_t *digest);

#endif
