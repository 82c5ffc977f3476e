/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_export.h"

#include "formats/event.h"

#include <string.h>

#include "formats/tcg_names.h"

void log_export_init(struct log_export *ret, struct app *app)
{
	*ret = (struct log_export){.app = app, .format = export_format_by_name(app->opt.format)};
}

static int put(void *arg, struct bytes b, struct err *err)
{
	struct app *app = arg;
	sink_bytes(&app->out, b);
	/* Nobody reads this any more: the rest is not worth its time. */
	return app->out.sys == 0 ? 0 : err_sys(err, app->out.sys, "standard output");
}

void log_export_begin(struct log_export *e)
{
	e->second = true;
	export_open(&e->x, e->format, e->algs, put, e->app);
}

int log_export_reader_event(struct log_export *e, const struct log_event *ev, struct err *err)
{
	if (e->second)
		return export_event(&e->x, ev, err);
	e->algs |= export_algs(ev);
	return 0;
}

int log_export_event(struct log_export *e, const struct event *event, struct err *err)
{
	static struct log_event ev;
	memset(&ev, 0, sizeof(ev));
	ev.seq = event->seq;
	ev.off = event->offset;
	ev.place = PLACE_NAMED;
	ev.reg = event->register_name;
	/* Whether it was is for the register to say; a log is to hold what may have been. */
	ev.extends = event->extends != EXTENDS_NOT;
	ev.doubtful = event->extends == EXTENDS_UNKNOWN;
	ev.kind = event->kind;
	ev.has_type = event->type >= 0;
	ev.type = ev.has_type ? (uint32_t)event->type : 0;
	ev.n_digests = event->digests.n;
	memcpy(ev.digest, event->digests.v, ev.n_digests * sizeof(ev.digest[0]));
	for (size_t i = 0; i < ev.n_digests; i++)
		ev.digest[i].tcg_id = tcg_hash_id(ev.digest[i].d.alg);
	ev.data = event->data;
	if (strcmp(event->kind, "record") == 0 || strcmp(event->kind, "sync") == 0)
		ev.hashed = event->data;
	ev.locality = -1;
	ev.note = event->note;
	ev.time = event->time;
	event_settle_place(&ev);
	return log_export_reader_event(e, &ev, err);
}

int log_export_end(struct log_export *e, bool whole, struct err *err)
{
	if (!whole)
		export_cut(&e->x);
	int rc = export_close(&e->x, err);
	if (rc == 0 && e->x.note[0] != '\0')
		app_note(e->app, "%s", e->x.note);
	return rc;
}
