/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_TPM_H
#define TSMSIM_TPM_H

#include "tree.h"

/*
 * Adds a TPM as Linux shows it: the PCRs of two banks in class/tpm (5.12), firmware's log in kernel/security/tpm0,
 * and IMA's lists in kernel/security/integrity/ima (those of a bank 6.10), which kernel/security/ima links to;
 * and the file .tsmsim/tpm, which takes what the tests make happen. 0 or a negative errno.
 */
int tpm_build(struct sim *sim);
void tpm_free(void);

#endif
