/* SPDX-License-Identifier: Apache-2.0 */
/* tsmctl's journal, away from its machine, as a log like any other. */
#ifndef TSMCTL_FORMATS_JOURNAL_H
#define TSMCTL_FORMATS_JOURNAL_H

#include "formats/journal_state.h"
#include "formats/reader.h"

/*
 * One event per record, under the name that it was written with, each hashed again. A void one does
 * not extend. One whose end is unknown is doubtful, and `after` is what the register was seen with;
 * one without an end is doubtful, and `after` is empty. tsmctl-journal(5).
 */
extern const struct log_format log_format_journal;

/*
 * What all of an open journal amounts to: its registers, the names of each, the value that it last
 * states for each, its open intents. Valid until the reader is rewound or closed. NULL: the log is
 * no journal.
 */
const struct journal_state *journal_log_state(const struct log_reader *r);

#endif
