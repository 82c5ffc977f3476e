/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registers of a TD (a TDX virtual machine) as its quote or its report has them. Whether it was
 * made by a genuine CPU is for others to say: no signature and no MAC is checked here.
 */
#ifndef TSMCTL_EVIDENCE_TDX_QUOTE_H
#define TSMCTL_EVIDENCE_TDX_QUOTE_H

#include "evidence/register_file.h"

enum { TD_REPORT_DATA_SIZE = 64, TD_ATTRIBUTES_SIZE = 8 };

/* What such evidence says beside the registers. */
struct td_facts {
	unsigned version; /* of the quote, or of the report */
	uint8_t report_data[TD_REPORT_DATA_SIZE];
	uint8_t attributes[TD_ATTRIBUTES_SIZE]; /* of the TD, as they stand there */
	bool debug;	    /* of these: the host may look into the TD and change it */
	size_t trailing;    /* bytes behind the quote, which were not looked at */
	bool contradictory; /* a report whose own hashes are not those of its parts */
};

/*
 * A quote of version 4, or of version 5 with a body of type 2 or 3 (Intel TDX DCAP Quoting Library
 * API, appendix "Data Structures": version 4 and version 5 quote format); or a JSON object with such a
 * quote in hex as its member "quote", as dstack wraps it. Registers in the order of `tsmctl read`.
 * ST_FORMAT, with the offset or by name, for anything else. The caller clears the values, also after
 * an error.
 */
int quote_parse(
	struct bytes file, struct register_file *ret, struct td_facts *facts, struct err *err);
/*
 * The same for a report: TDREPORT_STRUCT, 1024 bytes (Intel TDX Module ABI Specification,
 * "TDREPORT_STRUCT"). Hashes it: other errors than ST_FORMAT are those of
 * hasher_open.
 */
int tdreport_parse(
	struct bytes file, struct register_file *ret, struct td_facts *facts, struct err *err);

/* The same from a file ("-": standard input), whose name then stands before the message. */
int quote_load(
	const char *path, struct register_file *ret, struct td_facts *facts, struct err *err);
int tdreport_load(
	const char *path, struct register_file *ret, struct td_facts *facts, struct err *err);

#endif
