/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crypto-agile event logs: TCG PC Client Platform Firmware Profile 1.06, section 10.2, which UEFI
 * 2.10, section 38.4, has for confidential VMs, too.
 */
#ifndef TSMCTL_FORMATS_TCG2_H
#define TSMCTL_FORMATS_TCG2_H

#include "formats/reader.h"

/* Index counts CC MRs (the log of ACPI's CCEL), or PCRs (binary_bios_measurements). */
extern const struct log_format log_format_ccel, log_format_tpm;

/* How many bytes the digests of each algorithm have. */
struct tcg_algs {
	size_t n;
	struct {
		uint16_t id, size;
	} alg[EVENT_DIGESTS_MAX];
};

/* Room for "0x0000002a", the kind of a type without a name. */
enum { TCG_UNNAMED_ROOM = 11 };

/*
 * Reads one TCG_PCR_EVENT2, with its end as the unused area of a log marks it; all of `ret` but its
 * place is set, and its kind may be in `unnamed`. As the next of a format.
 */
int tcg_event2_next(struct log_reader *r, const struct tcg_algs *algs, char *unnamed,
	struct log_event *ret, struct err *err);

/*
 * What an index means where PCRs are counted: a PCR, or the handle of an NV index (TPM 2.0 Library,
 * Part 2, "TPM_HT").
 */
enum place tcg2_pcr_place(uint64_t index);

/* What follows from an event's type and its data; place, index and data are set. */
void tcg_describe(struct log_event *ev, uint32_t type, char *unnamed);

#endif
