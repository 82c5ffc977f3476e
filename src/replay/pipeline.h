/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items that are read and then worked on, in their order. Where there is a second processor, a
 * thread does both ahead of the caller, in batches; what it did not get to, the caller does. Items
 * that fit into one batch are read without it.
 */
#ifndef TSMCTL_REPLAY_PIPELINE_H
#define TSMCTL_REPLAY_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Stands at the front of each item, which is aligned for any type. */
struct pipeline_item {
	uint32_t size; /* the pipeline's: of the whole item, rounded up */
};

struct pipeline_ops {
	size_t batch_room; /* bytes of a batch; an item that is larger gets what it needs */
	/* Reads the next item: 1 and how many bytes it takes, 0 at the end, -1 for an error. */
	int (*pull)(void *arg, uint32_t *ret_size, struct err *err);
	/*
	 * Puts the item that was pulled to its place; with `hurry` the caller waits for it. On the
	 * thread, once it runs; neither while the other does.
	 */
	void (*put)(void *arg, struct pipeline_item *item, bool hurry);
	/*
	 * Works on an item; on the thread, or for the caller, at the same time. NULL: `put` did what
	 * there is to do.
	 */
	int (*work)(void *arg, struct pipeline_item *item, bool on_thread, struct err *err);
};

struct pipeline;

/* `arg` is left to the functions of ops until the close. */
int pipeline_open(
	struct pipeline **ret, const struct pipeline_ops *ops, void *arg, struct err *err);
/* Starts the thread now, before the first item: false where there is none to be had. */
bool pipeline_start(struct pipeline *p);
/* 1 and the next item, worked on, which stays as it is until the next call; 0 at the end; -1. */
int pipeline_next(struct pipeline *p, struct pipeline_item **ret, struct err *err);
/* NULL is let pass. Waits for the thread. */
void pipeline_close(struct pipeline *p);

#endif
