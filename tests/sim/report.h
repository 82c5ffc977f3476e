/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_REPORT_H
#define TSMSIM_REPORT_H

#include "tree.h"

#include <stdio.h>

/* "tdx_guest", "sev_guest", "arm_cca_guest" or "none"; with ":tdx", ":snp" or ":cca" it gives the
 * blobs of that one. False for others. */
bool report_host_take(struct report_host *host, const char *spec);
/* Adds kernel/config/tsm/report to the tree. 0 or a negative errno. */
int report_build(struct sim *sim);
/* The certificate, in PEM, of the root that the blobs are signed under. */
void report_print_root(struct sim *sim, FILE *out);
void report_free(struct sim *sim);

#endif
