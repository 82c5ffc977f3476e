/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/reader.h"

#include <string.h>

#include "formats/tcg_names.h"

int log_reader_start(struct log_reader *r, struct err *err)
{
	r->seq = 0;
	r->note[0] = '\0';
	r->cut = false;
	r->boot_id = NULL;
	return r->format->open != NULL ? r->format->open(r, err) : 0;
}

int log_reader_pull(struct log_reader *r, struct log_event *ret, struct err *err)
{
	memset(ret, 0, offsetof(struct log_event, digest));
	ret->seq = r->seq;
	ret->off = window_tell(&r->in);
	ret->locality = -1;
	int rc = r->format->next(r, ret, err);
	if (rc > 0 && r->as != NULL) {
		ret->place = PLACE_NAMED;
		ret->reg = r->as;
	}
	if (rc > 0) {
		event_settle_place(ret);
		r->seq++;
	}
	if (rc == 0 && r->seq == 0 && !r->format->headed)
		return err_set(err, ST_FORMAT, "no log: there is no record in it");
	return rc;
}

int log_event_complete(struct log_event *ev, struct hashers *hashers, struct err *err)
{
	struct digest d;
	if (ev->computed == HASH_NONE)
		return 0;
	struct hasher *h = hashers_get(hashers, ev->computed, err);
	if (h == NULL || hash_bytes(h, ev->hashed, &d, err) < 0)
		return -1;
	return event_add_digest(ev, tcg_hash_id(ev->computed), digest_bytes(&d), err);
}

int log_reader_next(struct log_reader *r, struct log_event *ret, struct err *err)
{
	int rc = log_reader_pull(r, ret, err);
	if (rc <= 0)
		return rc;
	return log_event_complete(ret, &r->hashers, err) == 0 ? rc : -1;
}

int log_reader_rewind(struct log_reader *r, struct err *err)
{
	if (r->format->close != NULL)
		r->format->close(r);
	r->own = NULL;
	window_seek(&r->in, 0);
	return log_reader_start(r, err);
}

void log_reader_close(struct log_reader *r)
{
	if (r->format != NULL && r->format->close != NULL)
		r->format->close(r);
	hashers_close(&r->hashers);
	window_close(&r->in);
	*r = (struct log_reader){0};
}
