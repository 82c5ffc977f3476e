/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_PROVIDER_H
#define TSMSIM_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROVIDER_STATE_MAX 512

/* What a register is: the flags of the RFC's struct tsm_measurement_register. */
enum mr_flag {
	MR_R = 1, /* readable */
	MR_W = 2, /* writable: a static value is set, a runtime register's digest extended */
	MR_X = 4, /* extensible: a runtime register, with a log where the tree has logs */
	MR_L = 8, /* live: a read first refreshes a provider that is out of sync */
};

/* hash is NULL where the register has none; off and size are bytes of the provider's state. */
struct mr {
	const char *name;
	const char *hash;
	size_t off, size;
	unsigned flags;
};

struct provider;

/* A kind of provider: one entry of the table in provider.c. */
struct provider_type {
	const char *name;
	const struct mr *mrs;
	size_t n_mrs, state_size;
	bool firmware; /* boots by one that keeps a log: see ccel.h */
	/* Sets the values a guest finds at boot; state is zeroed before. NULL: all zeros. */
	void (*boot)(uint8_t *state);
	/* Recomputes what follows from other registers (a report's digest). NULL: nothing does. */
	void (*derive)(uint8_t *state);
	int (*refresh)(struct provider *p);
	int (*extend)(struct provider *p, const struct mr *mr, const uint8_t *digest);
};

/* hw is what is true, shown what the driver would answer without asking the hardware. */
struct provider {
	const struct provider_type *type;
	uint8_t hw[PROVIDER_STATE_MAX];
	uint8_t shown[PROVIDER_STATE_MAX];
	bool in_sync;
	uint64_t *extends; /* one count per register */
	/* As the RFC's tree has it: a lock that the posted kernel never initialises. */
	bool contends;
	unsigned readers, writers; /* who is in it now */
	uint64_t contended;	   /* how often somebody would have had to wait */
	char first[512];	   /* the first time: who, and beside whom */
	char last[200];		   /* who came last */
};

extern const struct provider_type provider_types[];
extern const size_t n_provider_types;

const struct provider_type *provider_type_find(const char *name, size_t len);

/* Returns NULL when memory is short; free with provider_free. */
struct provider *provider_new(const struct provider_type *type);
void provider_free(struct provider *p);

/* The first register of that name; NULL: it has none. */
const struct mr *provider_mr(const struct provider *p, const char *name);

/* The shown bytes of a register, after the refresh that a read brings about; valid until the next
 * call. */
const uint8_t *provider_read(struct provider *p, const struct mr *mr);

/* Sets a static register; data is exactly mr->size bytes. Clears the sync flag, as the kernel does.
 */
void provider_set(struct provider *p, const struct mr *mr, const uint8_t *data);

/* 0 or a negative errno; leaves the sync flag alone, because append_event does. */
int provider_extend(struct provider *p, const struct mr *mr, const uint8_t *digest);
int provider_refresh(struct provider *p);

/* What an operation does with the provider's lock. */
enum access { ACCESS_NONE, ACCESS_READ, ACCESS_WRITE };

/* who: for the record, should the two contend. */
void provider_enter(struct provider *p, enum access access, const char *who);
void provider_leave(struct provider *p, enum access access);

/* The true value of a register, whatever is cached; ret holds mr->size bytes. */
void provider_truth(const struct provider *p, const struct mr *mr, uint8_t *ret);

#endif
