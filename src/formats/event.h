/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event of a log, and which register it is of, in the words that operators have for that.
 */
#ifndef TSMCTL_FORMATS_EVENT_H
#define TSMCTL_FORMATS_EVENT_H

#include "model/mr.h"

/* What the index of an event counts. */
enum place {
	PLACE_NONE,  /* the log does not say */
	PLACE_PCR,   /* TPM platform configuration registers */
	PLACE_NV,    /* TPM NV indices that are extended */
	PLACE_CC_MR, /* UEFI 2.10, section 38.4.1: 0 MRTD, 1 to 4 RTMR0 to RTMR3 */
	PLACE_NAMED, /* the log names the register itself: `reg` */
};

/* What a log says its register held; size 0: it does not say. */
struct event_held {
	struct digest
		before;	     /* a journal's event: it was extended at this value, and at no other */
	struct digest after; /* one that is doubtful: what was seen after it */
	struct digest start; /* the first event of an agent's log: what its register held before */
};

/* Views are valid until the next event is pulled. */
struct log_event {
	uint64_t seq; /* from 0, within the log */
	uint64_t off; /* of its first byte in the log */
	enum place place;
	uint32_t index;
	const char *reg; /* PLACE_NAMED: the register, as the log names it; else NULL */
	/* The first name of its register, where the log says that it has several; else NULL. */
	const char *reg_group;
	bool extends; /* false: of a type that never extends (EV_NO_ACTION, CEL management) */
	const char
		*kind; /* "EV_IPL", "ima-ng", "phase", ...; "record" where the log has no types */
	bool has_type;
	uint32_t type; /* TCG PC Client Platform Firmware Profile, table "Event Types" */
	size_t n_digests;
	struct bytes data; /* as the log has it; p NULL: the log omits it */
	/*
	 * Where the format itself says that exactly these bytes were hashed into the digests; p NULL
	 * where it does not, and the event's type may.
	 */
	struct bytes hashed;
	/*
	 * If the log omits the digest: it is this hash of `hashed`. HASH_NONE: the log has the
	 * digest.
	 */
	enum hash_alg computed;
	bool every_bank; /* H(hashed), or ones where p is NULL, extends banks without a digest here (IMA) */
	const struct event_held *held; /* NULL: the log does not say what the register held */
	bool doubtful; /* whether it was extended at all is not in the log, only in the register */
	const char *boot_id; /* of the boot that it belongs to; NULL: the log does not say */
	int locality;	     /* of a StartupLocality event (TPM); else -1 */
	struct bytes text; /* what a person wants to read of it, UTF-8; p NULL: the data says it */
	struct bytes time; /* as the log has it, text; p NULL: none */
	struct bytes note; /* text beside a given digest, not hashed; p NULL: none */
	struct event_digest digest[EVENT_DIGESTS_MAX]; /* what was extended, a bank each */
};

enum { EVENT_REG_ROOM = 32 };

/*
 * The place and index that stand for a register of this provider and name: rtmr0 to rtmr3 of a TDX
 * guest and mrtd are CC MRs; away from a machine so is ccmr5, pcrN is a PCR, nv0xN an NV index; pcrN of
 * tpmN is a PCR, too.
 * False if it is none of these.
 */
bool reg_place(const char *provider, const char *name, enum place *ret, uint32_t *ret_index);
/* The hash that a name ([PROVIDER/]NAME[:HASH]) ends with, HASH_NONE if none, and what is before it. */
enum hash_alg reg_hash(const char *name, size_t *ret_n);

/*
 * Register names that print alike are one register: an event whose register name means an index has
 * that index from here on. MRTD is static, so no event extends it. log_reader_pull does it; a
 * reader that looks at the register does it first, whoever makes an event by himself at its end.
 */
void event_settle_place(struct log_event *ev);

/*
 * "rtmr3", "mrtd", "pcr7", "nv0x01500016"; what has no name of its own is "ccmr9". In `room` where
 * it is made; a name that the log gives is returned as it is. NULL: the log does not say.
 */
const char *event_reg_name(
	enum place place, uint32_t index, const char *reg, char room[static EVENT_REG_ROOM]);

/*
 * The same for the register of an event. One that never extends names none by an index that no register
 * has: NULL, too.
 */
const char *event_register(const struct log_event *ev, char room[static EVENT_REG_ROOM]);

/*
 * Adds the digest of a bank, by its TPM_ALG_ID (0: a name that we do not know). One of an algorithm
 * that we do not have is HASH_UNKNOWN, and of size 0 if it is longer than DIGEST_SIZE_MAX.
 * ST_FORMAT, without an offset, for one too many, a second one of its algorithm, or one that is not
 * of its size.
 */
int event_add_digest(struct log_event *ev, uint16_t tcg_id, struct bytes digest, struct err *err);

#endif
