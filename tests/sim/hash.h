/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_HASH_H
#define TSMSIM_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_MAX 64

/* Names are the kernel's (sha1, sha256, sha384, sha512, sm3); size 0: no such hash. */
size_t hash_size(const char *name);

/* ret = H(a || b); b may be empty. Ends the program when libcrypto cannot do it. */
void hash_two(const char *name, const void *a, size_t an, const void *b, size_t bn, uint8_t *ret);

/* mr = H(mr || digest), both as long as the hash's digest. */
void hash_extend(const char *name, uint8_t *mr, const uint8_t *digest);

#endif
