/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed reports (quotes) of a TVM through configfs-tsm, Linux 6.7 and later
 * (Documentation/ABI/testing/configfs-tsm-report). A request is an entry, a folder that user space
 * makes, writes to and reads from; the kernel keeps it until it is removed.
 */
#ifndef TSMCTL_KERNEL_TSM_REPORT_H
#define TSMCTL_KERNEL_TSM_REPORT_H

#include "kernel/root.h"

#define REPORT_HOME "/sys/kernel/config/tsm/report"

enum {
	REPORT_NAME_ROOM = 32,
	REPORT_PROVIDER_ROOM = 64,
	REPORT_PRIVLEVEL_MAX = 3, /* TSM_REPORT_PRIVLEVEL_MAX */
};

struct tsm_report_entry {
	const struct root *root;
	char name[REPORT_NAME_ROOM];
	char provider[REPORT_PROVIDER_ROOM]; /* "tdx_guest", "sev_guest", "arm_cca_guest" */
	bool has_privlevel;
	unsigned floor;	     /* the lowest privilege level that it may ask for */
	uint64_t generation; /* that the kernel has to show: one more with each write */
};

struct tsm_report_request {
	struct bytes data; /* the report data, 64 bytes */
	int privlevel;	   /* -1: the floor */
	/* NULL: not asked for. A GUID that the kernel cannot parse means all services to it. */
	const char *service_provider, *service_guid, *service_manifest_version;
};

/* A blob that the kernel gave; p is allocated. */
struct tsm_report_blob {
	uint8_t *p;
	size_t n;
};

struct tsm_report {
	int privlevel; /* that was asked for; -1: this provider has none */
	/* aux: certificates of the host; manifest: of a service. Both may be empty. */
	struct tsm_report_blob out, aux, manifest;
};

/*
 * Makes an entry of a name that nobody else has. The caller has blocked all signals until after
 * tsm_report_close: an interrupted request of TDX makes later ones of anybody fail. ST_ABSENT: the
 * folder, a provider or an attribute is not there; ST_SYSTEM: the kernel refuses. No entry is left
 * after an error.
 */
int tsm_report_open(const struct root *root, struct tsm_report_entry *ret, struct err *err);
/*
 * Asks, once, and waits as long as the kernel does: a minute and more. ST_USAGE: the privilege level
 * is below the floor; ST_ABSENT: an attribute is not there; ST_NO: somebody else wrote to the entry;
 * ST_SYSTEM: no report, with the errno in err->sys, an empty one included (0). The caller clears
 * `ret`, also after an error.
 */
int tsm_report_ask(struct tsm_report_entry *e, const struct tsm_report_request *request,
	struct tsm_report *ret, struct err *err);
/* Removes the entry. */
int tsm_report_close(const struct tsm_report_entry *e, struct err *err);
void tsm_report_clear(struct tsm_report *report);

/* The names of entries that are there, with ", " between, made visible; NULL: none. Allocated. */
char *tsm_report_entries(const struct root *root, size_t *ret_n);

#endif
