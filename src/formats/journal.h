/* SPDX-License-Identifier: Apache-2.0 */
/* tsmctl's journal, away from its machine, as a log like any other. */
#ifndef TSMCTL_FORMATS_JOURNAL_H
#define TSMCTL_FORMATS_JOURNAL_H

#include "formats/reader.h"

/*
 * An event a record, under the first name of its register, each hashed again. One that is void does
 * not extend; one whose end is unknown, or not there, is doubtful. tsmctl-journal(5).
 */
extern const struct log_format log_format_journal;

#endif
