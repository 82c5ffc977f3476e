/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes, straight from libcrypto: nothing here is shared with what is tested. */
#ifndef GENLOG_HASH_H
#define GENLOG_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_MAX 64

/* In the order of their TCG numbers. */
enum { SHA1, SHA256, SHA384, SHA512, SM3, N_ALGS };

struct alg {
	const char *name; /* as tsmctl prints it */
	const char *tcg;  /* as TCG and systemd spell it */
	const char *evp;
	uint16_t id; /* TCG Algorithm Registry */
	uint8_t size;
};

extern const struct alg algs[N_ALGS];

/* Ends the program for a name that is none; n is its length. */
int alg_find(const char *name, size_t n);

/* ret = H(a || b); b may be empty, ret may be a. */
void hash_two(int alg, const void *a, size_t an, const void *b, size_t bn, uint8_t *ret);

#endif
