/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/log_formats.h"

#include <string.h>
#include <sys/stat.h>

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
#include "formats/tcg2.h"

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

const struct log_format *log_formats_by_name(const char *name)
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

static int err_table(struct err *err)
{
	return err_set(err, ST_FORMAT,
		"the ACPI table CCEL, which only says where the log is: the log itself is "
		"/sys/firmware/acpi/tables/data/CCEL");
}

static int err_unknown(struct bytes head, struct err *err)
{
	if (head.n == 0)
		return err_set(err, ST_FORMAT, "no log: it is empty");
	/* RFC 1952, section 2.3.1. */
	if (head.n >= 2 && memcmp(head.p, "\x1f\x8b", 2) == 0)
		return err_set(err, ST_FORMAT,
			"no log: this is packed by gzip: unpack it with gunzip first");
	if (is_ccel_table(head))
		return err_table(err);
	if (bytes_start_with(json_head_value(head, "schema"), "\"tsmctl.quote/"))
		return err_set(err, ST_FORMAT,
			"no log, but a quote, and not of the schema tsmctl.quote/1: a newer tsmctl "
			"may read it");
	if (lookalike_is_tdx_quote(head))
		return err_set(err, ST_FORMAT, "no log: this is a TDX quote: --quote reads it");
	if (lookalike_is_tdreport(head))
		return err_set(err, ST_FORMAT, "no log: this is a TDREPORT: --tdreport reads it");
	return err_set(err, ST_FORMAT,
		"no log of a known format; if it is one, name its format with FILE:FORMAT");
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

const struct log_format *log_formats_sniff(struct bytes head)
{
	size_t i = 0;
	while (log_formats[i] != NULL && !log_formats[i]->sniff(head))
		i++;
	return log_formats[i];
}

int log_formats_check(struct bytes head, struct err *err)
{
	return log_formats_sniff(head) != NULL ? 0 : err_unknown(head, err);
}

static int find_format(struct log_reader *r, struct err *err)
{
	struct bytes head;
	if (window_peek(&r->in, LOG_HEAD_BYTES, &head, err) < 0)
		return -1;
	const struct log_format *format = log_formats_sniff(head);
	if (format == NULL)
		return err_unknown(head, err);
	settle(r, format);
	return 0;
}

void log_formats_refuse(struct bytes file, struct err *err)
{
	if (file.n > LOG_HEAD_BYTES)
		file.n = LOG_HEAD_BYTES;
	uint8_t first = json_head_first(file);
	if (is_ccel_table(file))
		err_table(err);
	const struct log_format *format =
		first == '{' || first == '[' ? NULL : log_formats_sniff(file);
	if (format != NULL)
		err_set(err, ST_FORMAT, "this is an event log (%s): 'tsmctl log --input' reads it",
			format->name);
}

int log_formats_open(
	struct log_reader *ret, int fd, const struct log_format *format, struct err *err)
{
	return log_formats_open_upto(ret, fd, INT64_MAX, format, err);
}

int log_formats_open_upto(
	struct log_reader *ret, int fd, off_t end, const struct log_format *format, struct err *err)
{
	struct stat st;
	*ret = (struct log_reader){.format = format, .end = end};
	if (fstat(fd, &st) == 0 && st.st_size > LOG_FILE_MAX)
		return err_set(err, ST_FORMAT, "longer than %lld bytes", (long long)LOG_FILE_MAX);
	if (window_open(&ret->in, fd, err) < 0)
		return -1;
	ret->in.end = (uint64_t)end;
	if ((format == NULL && find_format(ret, err) < 0) || log_reader_start(ret, err) < 0) {
		format = ret->format;
		log_reader_close(ret);
		ret->format = format;
		return -1;
	}
	return 0;
}
