/* SPDX-License-Identifier: Apache-2.0 */
/*
 * genlog makes event logs, and evidence that fits them, from a plain description. It judges what
 * src/ reads and writes, and so shares nothing with it.
 */
#ifndef GENLOG_GEN_H
#define GENLOG_GEN_H

#include "buf.h"
#include "hash.h"

/* In the order in which their values are printed. */
enum reg_kind { REG_MRTD, REG_RTMR, REG_PCR, REG_NV, REG_NAMED };

struct reg {
	enum reg_kind kind;
	uint32_t n; /* of RTMRs from 0 */
	int alg;    /* as in NAME:HASH; -1: not said */
	char provider[64], name[64];
};

enum kind {
	KIND_TCG = 1,
	KIND_AAEL = 2,
	KIND_SYSTEMD = 4,
	KIND_COS = 8,
	KIND_CEL = 16,
	KIND_IMA = 32,
	KIND_DSTACK = 64,
	KIND_RECORD = 128,  /* bytes, whose hash is extended */
	KIND_DIRECT = 256,  /* a digest with no record */
	KIND_FAILED = 512,  /* the same, logged and not extended */
	KIND_COMMENT = 1024 /* logged and not extended */
};

/* What the digest of an event is of, unless its line says it. */
enum rule {
	RULE_DATA,
	RULE_NONE,     /* zeros; never extends */
	RULE_OUTSIDE,  /* something that is not in the log */
	RULE_VARIABLE, /* the variable's data alone */
	RULE_TAG,      /* outside, but for the tags of the Confidential Containers agent */
	RULE_IPL       /* what GRUB and systemd-stub hash */
};

struct type {
	const char *name;
	enum kind kind;
	uint32_t number;
	enum rule rule;
};

/* A line of the description. */
struct event {
	struct reg reg;
	struct type type;
	struct buf data; /* what --alter alters */
	struct buf of;	 /* of:DATA */
	bool has_of, other, violation, more;
	char *name, *note;
	struct buf sig;
	int file_alg; /* file:ALG:HEX (IMA); -1: none given */
	struct buf file_digest;
	bool has_digest[N_ALGS];
	uint8_t digest[N_ALGS][HASH_MAX];
};

/* A register while the log is replayed. */
struct state {
	struct reg reg;
	uint8_t v[N_ALGS][HASH_MAX];
	bool extended, in_sync;
	uint64_t count; /* of its records so far */
};

/* An event as it goes into the log, with its damage. */
struct record {
	const struct event *e;
	struct state *st;
	uint64_t seq;
	struct buf data;
	bool extends;
	uint8_t digest[N_ALGS][HASH_MAX];
};

struct gen;

/* Whether registers are RTMRs (PCRs are mapped), PCRs, any of these, or any name. */
enum place { PLACE_CC, PLACE_PCR, PLACE_ANY, PLACE_NAME };

enum {
	F_DIGESTS = 1,	     /* the log holds digests, so that they and the data can differ */
	F_NO_NO_ACTION = 2,  /* EV_NO_ACTION is left out */
	F_DSTACK_V2 = 4,     /* the digest is of JSON */
	F_TEXT = 8,	     /* agent's events are lines, not tagged events */
	F_ONE_REGISTER = 16, /* the log is that of one register */
	F_VALUES = 32,	     /* what is written first needs the values at the end */
	F_ONE_BANK = 64	     /* the first bank's digests alone are in the log */
};

struct format {
	const char *name, *style; /* the first style of a name is its default */
	unsigned kinds, flags;
	enum place place;
	int alg;     /* the bank, unless --bank says others */
	int variant; /* the writer's own */
	void (*begin)(struct gen *g);
	void (*event)(struct gen *g, const struct record *r);
	void (*end)(struct gen *g);
};

enum what { LOG, VALUES, QUOTE4, QUOTE5, QUOTE5_15, TDREPORT, TABLE };

#define NONE UINT64_MAX

struct gen {
	/* what is wanted */
	const struct format *format;
	enum what what;
	int banks[N_ALGS], n_banks;
	const char *frame, *pad, *boot_id;
	uint64_t area, repeat, size, sig_len;
	uint64_t flip, flip_bit, alter, drop, swap[2], cut;
	int flip_alg;
	struct buf report_data, append;
	bool debug;

	/* the description */
	struct event *events;
	size_t n_events;
	struct state *starts;
	size_t n_starts;

	/* the log so far */
	struct state *states;
	size_t n_states;
	struct state *finals; /* of a run before this one, for what needs the values */
	size_t n_finals;
	uint64_t written, seq;
	bool mute;
	struct buf out; /* of the record at hand */
};

/* desc.c: reads the description; "-" is standard input. */
void read_description(struct gen *g, const char *path);

/* events.c */
struct type type_find(const char *name);
/* The bytes that an event is measured by, appended to ret; false: they are not in the log. */
bool hashed_bytes(
	const struct gen *g, const struct event *e, const struct buf *data, struct buf *ret);
/* The event's own bytes as logs of tagged events have them. */
void event_payload(const struct event *e, const struct buf *data, struct buf *ret);
/* Google's content: its digest is of all of it. */
void cos_content(const struct event *e, const struct buf *data, struct buf *ret);
/*
 * Linux, Documentation/security/IMA-templates.rst: the template data of an entry (fields d-ng, n-ng,
 * sig; d and n of "ima"), as it is hashed or as a binary list has it; the file's hash and digest.
 */
void ima_template(const struct event *e, const struct buf *data, bool hashed, struct buf *ret);
int ima_alg(const struct event *e);
void ima_file_digest(const struct event *e, const struct buf *data, struct buf *ret);

/* replay.c */
struct reg reg_parse(const char *text);
/* The register as this format has it; ends the program if it cannot have it. */
struct reg reg_placed(const struct gen *g, const struct reg *reg);
/* UEFI 2.10, section 38.4.1: 0 is MRTD, 1 to 4 are RTMR0 to RTMR3. */
uint32_t reg_cc_index(const struct reg *reg);
struct state *state_of(struct gen *g, const struct reg *placed);
/* Whether this bank of the register is kept, and its first. */
bool has_bank(const struct gen *g, const struct state *st, int alg);
int first_bank(const struct gen *g, const struct state *st);
void extend_bank(struct state *st, int alg, const uint8_t *digest);
void extend_record(struct gen *g, const struct record *r);
/* As `tsmctl read` prints them. */
void put_values(struct gen *g);

/* stream.c: the whole log, through the format's functions. */
void run(struct gen *g);
/* Writes out what is in g->out. */
void flush_out(struct gen *g);

/* evidence.c */
void put_quote(struct gen *g, struct buf *ret);
void put_tdreport(struct gen *g, struct buf *ret);
void put_table(struct gen *g, struct buf *ret);

/* fmt_*.c */
void tcg_begin(struct gen *g);
void tcg_event(struct gen *g, const struct record *r);
void tcg_end(struct gen *g);
void celjson_begin(struct gen *g);
void celjson_event(struct gen *g, const struct record *r);
void celjson_end(struct gen *g);
void json_digests(struct gen *g, const struct record *r);
void json_systemd(struct gen *g, const struct record *r);
void celtlv_event(struct gen *g, const struct record *r);
void systemd_event(struct gen *g, const struct record *r);
void dstack_begin(struct gen *g);
void dstack_event(struct gen *g, const struct record *r);
void dstack_end(struct gen *g);
void ima_event(struct gen *g, const struct record *r);
void rfc_event(struct gen *g, const struct record *r);
void aael_text_begin(struct gen *g);
void aael_text_event(struct gen *g, const struct record *r);
void journal_begin(struct gen *g);
void journal_event(struct gen *g, const struct record *r);

/* formats.c: NAME[:STYLE]; ends the program if there is none. */
const struct format *format_find(const char *spec);
void put_formats(struct buf *ret);

enum { TCG_EDK2, TCG_TDSHIM, TCG_BARE };
enum { JSON_TCG, JSON_PCRLOCK, JSON_TSMCTL };
enum { TLV_LIBCEL, TLV_GOOGLE, TLV_SAFFORD };
enum { SYSTEMD_TPM, SYSTEMD_CC };
enum { DSTACK_LINES, DSTACK_OLD, DSTACK_REPORT };
enum { IMA_ASCII, IMA_BINARY };
enum { AAEL_CODE, AAEL_PAGE };

#endif
