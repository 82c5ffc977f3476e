/* SPDX-License-Identifier: Apache-2.0 */
/* log --format: events for other tools. */
#ifndef TSMCTL_CLI_LOG_EXPORT_H
#define TSMCTL_CLI_LOG_EXPORT_H

#include "cli/app.h"
#include "export/export.h"
#include "verify/events.h"

/* Events come twice: the formats have at their front what only the last event may say. */
struct log_export {
	struct app *app;
	const struct export_format *format;
	unsigned algs; /* of the first pass */
	bool second;
	struct export x;
};

/* For the format that --format names. */
void log_export_init(struct log_export *ret, struct app *app);
/* Between the passes. */
void log_export_begin(struct log_export *e);
/* An event as its log has it; one as it is printed, whose register is named. */
int log_export_reader_event(struct log_export *e, const struct log_event *ev, struct err *err);
int log_export_event(struct log_export *e, const struct event *event, struct err *err);
/* After the second pass, which met an error if the log is not `whole`; tells what was left out. */
int log_export_end(struct log_export *e, bool whole, struct err *err);

#endif
