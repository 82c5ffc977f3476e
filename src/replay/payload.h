/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the data of an event is what was measured, as far as that can be known from the log. */
#ifndef TSMCTL_REPLAY_PAYLOAD_H
#define TSMCTL_REPLAY_PAYLOAD_H

#include "formats/reader.h"

enum explanation {
	EXPLAINS_UNKNOWN, /* the hash is, or may be, over something that is not in the log */
	EXPLAINS_NOT,	  /* the data must explain the digests, and does not */
	EXPLAINS,	  /* the digests are those of the data, or of the part that is hashed */
};

/*
 * Judges the digests of an event whose hash has a hasher: hasher[alg] is one of that algorithm, or
 * NULL; nobody else is to use it meanwhile. If the data must explain one of them and does not, it
 * explains none: all banks were extended for the same data. So the answer is the same for each bank
 * only if there is a hasher for each digest that libcrypto can make. -1 only if libcrypto fails.
 */
int payload_explain(const struct log_event *ev, struct hasher *const hasher[static HASH_COUNT],
	enum explanation ret[static EVENT_DIGESTS_MAX], struct err *err);
/* The digest that its data asks for, with its hasher; of size 0 where it asks for none. */
int payload_own_digest(
	const struct log_event *ev, struct hasher *hasher, struct digest *ret, struct err *err);
/* What that says of the event: not explained if one of its digests is not. */
enum explanation payload_explanation(
	const enum explanation of[static EVENT_DIGESTS_MAX], size_t n_digests);

#endif
