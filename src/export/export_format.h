/* SPDX-License-Identifier: Apache-2.0 */
/* What an export's formats have of their own. */
#ifndef TSMCTL_EXPORT_EXPORT_FORMAT_H
#define TSMCTL_EXPORT_EXPORT_FORMAT_H

#include "formats/event.h"

struct export;

/* What is to be said of an event. */
struct export_record {
	const struct log_event *ev;
	uint32_t type; /* its own, or the one that says the same of an event that has none */
	/*
	 * What was hashed, where the log says so: with it anyone can check the digests, and some
	 * logs hash more than their data. Else the data, or, of an event without a type, the text
	 * that is there in its place; p NULL if there is nothing.
	 */
	struct bytes data;
	bool typed; /* it is written as an event of `type`; else it was hashed, or nobody knows what */
	bool ima; /* as a record of IMA it reads back as what it is */
	uint64_t recnum;
	size_t n_digests;
	const struct event_digest *digest[EVENT_DIGESTS_MAX];
	struct event_digest own[HASH_COUNT]; /* those that are not the event's */
};

struct export_format {
	const char *name;
	/* 0: its register can be said; 1: there is no need to write it; -1: it cannot. */
	int (*check)(struct export *x, const struct log_event *ev, struct err *err);
	bool (*has_digest)(const struct export *x, const struct event_digest *d);
	/* The most that data and names of a record may take; what it is in the format. */
	size_t size_max;
	size_t (*size)(const struct export_record *rec);
	/*
	 * Whether what has no type is written as it is; else, and where this is NULL, as an EV_ACTION or
	 * an EV_IPL.
	 */
	bool (*has_content)(const struct export_record *rec);
	void (*begin)(struct export *x); /* what stands before the first record; NULL: nothing */
	void (*record)(struct export *x, const struct export_record *rec);
	void (*end)(struct export *x); /* what stands after the last record; NULL: nothing */
	/* In its place, the start of a record that no reader takes for the end; NULL: no end is enough. */
	void (*cut)(struct export *x);
	bool no_data; /* it can say that data was left out */
};

extern const struct export_format export_tcg2, export_cel_json, export_cel_tlv;

#endif
