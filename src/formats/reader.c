/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/reader.h"

#include <string.h>

#include "formats/aael.h"
#include "formats/cel_json.h"
#include "formats/cel_tlv.h"
#include "formats/dstack.h"
#include "formats/ima.h"
#include "formats/journal.h"
#include "formats/json_reader.h"
#include "formats/lookalike.h"
#include "formats/rfc_text.h"
#include "formats/systemd.h"
#include "formats/record_reader.h"
#include "formats/tcg2.h"
#include "formats/tcg_names.h"

const struct log_format *const log_formats[] = {
	&log_format_rfc_text,
	&log_format_journal,
	&log_format_ccel,
	&log_format_aael,
	&log_format_cel_tlv,
	&log_format_systemd,
	&log_format_cel_json,
	&log_format_dstack,
	&log_format_ima,
	&log_format_tpm,
	NULL,
};

const struct log_format *log_format_by_name(const char *name)
{
	for (size_t i = 0; log_formats[i] != NULL; i++)
		if (strcmp(log_formats[i]->name, name) == 0)
			return log_formats[i];
	return NULL;
}

/* ACPI 6.5, section 5.2.6: the table that only says where the log is in memory. */
static bool is_ccel_table(struct bytes head)
{
	return head.n >= 8 && head.n <= 64 && memcmp(head.p, "CCEL\x38\0\0\0", 8) == 0;
}

static int err_unknown(struct bytes head, struct err *err)
{
	if (head.n == 0)
		return err_set(err, ST_FORMAT, "no log: it is empty");
	if (is_ccel_table(head))
		return err_set(err, ST_FORMAT,
			"the ACPI table CCEL, which only says where the log is: the log itself is "
			"/sys/firmware/acpi/tables/data/CCEL");
	if (lookalike_is_tdx_quote(head))
		return err_set(err, ST_FORMAT, "no log: this is a TDX quote: --quote reads it");
	if (lookalike_is_tdreport(head))
		return err_set(err, ST_FORMAT, "no log: this is a TDREPORT: --tdreport reads it");
	return err_set(err, ST_FORMAT,
		"no log of a format known here; if it is one all the same, FILE:FORMAT says which");
}

static void settle(struct log_reader *r, const struct log_format *format)
{
	r->format = format;
	if (format->settle == NULL)
		return;
	r->format = format->settle(r);
	r->own = NULL;
	window_seek(&r->in, 0);
}

static const struct log_format *sniff(struct bytes head)
{
	size_t i = 0;
	while (log_formats[i] != NULL && !log_formats[i]->sniff(head))
		i++;
	return log_formats[i];
}

static int find_format(struct log_reader *r, struct err *err)
{
	struct bytes head;
	if (window_peek(&r->in, LOG_HEAD_BYTES, &head, err) < 0)
		return -1;
	const struct log_format *format = sniff(head);
	if (format == NULL)
		return err_unknown(head, err);
	settle(r, format);
	return 0;
}

void err_if_log(struct bytes file, struct err *err)
{
	if (file.n > LOG_HEAD_BYTES)
		file.n = LOG_HEAD_BYTES;
	uint8_t first = json_head_first(file);
	const struct log_format *format = first == '{' || first == '[' ? NULL : sniff(file);
	if (format != NULL)
		err_set(err, ST_FORMAT, "this is a log (%s): --input reads it", format->name);
}

static int start(struct log_reader *r, struct err *err)
{
	r->seq = 0;
	r->note[0] = '\0';
	return r->format->open != NULL ? r->format->open(r, err) : 0;
}

int log_reader_open(
	struct log_reader *ret, int fd, const struct log_format *format, struct err *err)
{
	*ret = (struct log_reader){.format = format};
	if (window_open(&ret->in, fd, err) < 0)
		return -1;
	if ((format == NULL && find_format(ret, err) < 0) || start(ret, err) < 0) {
		log_reader_close(ret);
		return -1;
	}
	return 0;
}

int log_reader_pull(struct log_reader *r, struct log_event *ret, struct err *err)
{
	memset(ret, 0, offsetof(struct log_event, digest));
	ret->seq = r->seq;
	ret->off = window_tell(&r->in);
	ret->locality = -1;
	int rc = r->format->next(r, ret, err);
	if (rc > 0)
		r->seq++;
	if (rc == 0 && r->seq == 0)
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
	return start(r, err);
}

void log_reader_close(struct log_reader *r)
{
	if (r->format != NULL && r->format->close != NULL)
		r->format->close(r);
	hashers_close(&r->hashers);
	window_close(&r->in);
	*r = (struct log_reader){0};
}
