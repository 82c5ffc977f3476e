/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes events of any log in the formats that other tools take: the way back from log/reader.h, in
 * memory that does not grow with the log. What is written reads back, with the reader of its format,
 * to the same values of the same registers, and to events that are the same as far as the format
 * can say so.
 */
#ifndef TSMCTL_EXPORT_EXPORT_H
#define TSMCTL_EXPORT_EXPORT_H

#include "export/export_out.h"
#include "formats/ima.h"
#include "formats/reader.h"
#include "formats/recnum.h"

/*
 * "tcg2": TCG PC Client Platform Firmware Profile 1.06, section 10.2: a Spec ID event, then a
 * TCG_PCR_EVENT2 each. It has registers of one kind, PCRs or CC MRs, and does not say of which:
 * reading it back takes FILE:tpm or FILE:ccel where its indices do not tell.
 * "cel-json", "cel-tlv": TCG Canonical Event Log Format 1.0, sections 5.2 and 5.1. Record numbers
 * count from 0 for each register.
 */
struct export_format;

/* NULL if there is none of that name. */
const struct export_format *export_format_by_name(const char *name);

struct export
{
	const struct export_format *format;
	struct export_out out;
	unsigned algs;
	bool started; /* what stands before the first event is written */
	bool cut;     /* it lacks events of its log */
	bool refused; /* one of them could not be said */
	enum place
		place; /* tcg2: what the registers of its events are; PLACE_NONE: there are none */
	uint64_t records;
	struct recnums recnums;
	struct hashers hashers;
	struct ima_record ima;
	struct log_event back; /* what a record of IMA reads back as */
	unsigned no_hash;      /* bits of those that libcrypto does not have */
	uint64_t left_out, digests_left_out, no_data, doubtful,
		anchored; /* what the note is made of */
	char note[512];	  /* after the end: what the operator should know; empty: nothing */
};

/*
 * What an event adds to `algs`, which the caller ORs together over all events in a first pass:
 * 1 << enum hash_alg. For an event that extends every bank (IMA) these are those that TPMs have.
 */
unsigned export_algs(const struct log_event *ev);

/*
 * Starts an export; `put` gets its bytes. `algs`: the hashes of the digests in it, which tcg2 has
 * at its front, and in which an event that extends every bank gets one.
 */
void export_open(struct export *ret, const struct export_format *format, unsigned algs,
	export_put put, void *arg);
/*
 * Writes an event as a reader gives it; its kind and register are UTF-8. All of it is handed on
 * before this returns, or, if it cannot be said, none of it.
 * One that extends nothing and cannot be said in the format is left out, with a note; so are
 * digests, unless none is left.
 * ST_ABSENT, with the event's offset, for one that extends a register and cannot be said. After an
 * error no event is handed on any more, and the export is cut.
 */
int export_event(struct export *x, const struct log_event *ev, struct err *err);
/*
 * Says that events are missing, as where their log has an error: what is written then ends inside a
 * record, so that every reader has an error, too; nothing is, if there was no event.
 */
void export_cut(struct export *x);
/*
 * Writes what follows the last event, unless something failed before, and frees everything except
 * the note. Must be called once, also after an error.
 */
int export_close(struct export *x, struct err *err);

#endif
