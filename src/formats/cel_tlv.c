/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/cel_tlv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/ima.h"
#include "formats/record_reader.h"
#include "formats/tcg2.h"
#include "formats/tcg_names.h"

/* The parts of a record, of which it has one each, and the elements that each can be. */
enum { PART_RECNUM, PART_INDEX, PART_DIGESTS, PART_CONTENT, PARTS };
static const char *const part_names[PARTS] = {"number", "register", "list of digests", "content"};

struct part {
	uint8_t type;
	size_t at, n; /* of its value, in the record */
};

struct record {
	struct record_reader t;
	bool has[PARTS];
	struct part part[PARTS];
};

struct cel {
	char unnamed[TCG_UNNAMED_ROOM];
	char time[21]; /* decimal, 64 bits */
	struct ima_record ima;
};

static int part_of(uint8_t type)
{
	switch (type) {
	case CEL_RECNUM:
		return PART_RECNUM;
	case CEL_PCR:
	case CEL_NV_INDEX:
	case CEL_CC_MR:
		return PART_INDEX;
	case CEL_DIGESTS:
		return PART_DIGESTS;
	case CEL_MANAGEMENT:
	case CEL_PCCLIENT:
	case CEL_IMA_TEMPLATE:
	case CEL_IMA_TLV:
	case CEL_SYSTEMD_SAFFORD:
	case CEL_SYSTEMD:
	case CEL_COS:
		return PART_CONTENT;
	default:
		return -1;
	}
}

static int err_missing(const struct record *rec, struct err *err)
{
	int i = 0;
	while (i < PARTS - 1 && rec->has[i])
		i++;
	return err_set(err, ST_FORMAT, "offset %llu: a record without %s", record_off(&rec->t, 0),
		part_names[i]);
}

static int take_element(struct record *rec, struct err *err)
{
	size_t at = rec->t.n;
	uint32_t n;
	if (record_bytes(&rec->t, 1, err) < 0)
		return -1;
	uint8_t type = record_view(&rec->t, at, 1).p[0];
	int i = part_of(type);
	if (i < 0)
		return err_set(err, ST_FORMAT, "offset %llu: an element of type %u in a record",
			record_off(&rec->t, at), type);
	if ((at == 0) != (i == PART_RECNUM))
		return err_missing(rec, err);
	if (rec->has[i])
		return err_set(err, ST_FORMAT, "offset %llu: a second %s in a record",
			record_off(&rec->t, at), part_names[i]);
	if (record_be32(&rec->t, &n, err) < 0)
		return -1;
	if (n > EVENT_DATA_MAX)
		return err_set(err, ST_FORMAT, "offset %llu: an element of %u bytes, %d at most",
			record_off(&rec->t, at), n, EVENT_DATA_MAX);
	rec->has[i] = true;
	rec->part[i] = (struct part){type, at + CEL_ELEMENT_HEAD, n};
	return record_bytes(&rec->t, n, err);
}

/* An unsigned integer of 1 to 8 bytes: programs differ in how many they write. */
static bool get_integer(struct bytes b, uint64_t *ret)
{
	if (b.n < 1 || b.n > sizeof(*ret))
		return false;
	*ret = 0;
	for (size_t i = 0; i < b.n; i++)
		*ret = *ret << 8 | b.p[i];
	return true;
}

static struct bytes value_of(const struct record *rec, int part)
{
	return record_view(&rec->t, rec->part[part].at, rec->part[part].n);
}

/* Malformed: the offset is that of a byte of the record. */
static int err_at(const struct record *rec, const uint8_t *p, struct err *err, const char *what)
{
	return err_set(err, ST_FORMAT, "offset %llu: %s",
		record_off(&rec->t, (size_t)(p - rec->t.seen.p)), what);
}

/* Takes a nested element off the front of b, which is not empty. */
static int next_nested(const struct record *rec, struct bytes *b, uint8_t *type,
	struct bytes *value, struct err *err)
{
	if (b->n < CEL_ELEMENT_HEAD || get_be32(b->p + 1) > b->n - CEL_ELEMENT_HEAD)
		return err_at(rec, b->p, err, "an element is longer than the one it is in");
	*type = b->p[0];
	*value = (struct bytes){b->p + CEL_ELEMENT_HEAD, get_be32(b->p + 1)};
	*b = (struct bytes){value->p + value->n, b->n - CEL_ELEMENT_HEAD - value->n};
	return 0;
}

/* The elements nested in the content, by type, p NULL where there is none; others do not count. */
static int get_fields(const struct record *rec, struct bytes *field, size_t n, struct err *err)
{
	struct bytes rest = value_of(rec, PART_CONTENT), value = {0};
	uint8_t type = 0;
	while (rest.n > 0) {
		const uint8_t *at = rest.p;
		if (next_nested(rec, &rest, &type, &value, err) < 0)
			return -1;
		if (type < n && field[type].p != NULL)
			return err_at(rec, at, err, "a second element of its type in a content");
		if (type < n)
			field[type] = value;
	}
	return 0;
}

static int get_index(const struct record *rec, struct log_event *ret, struct err *err)
{
	struct bytes value = value_of(rec, PART_INDEX);
	uint64_t index, recnum;
	if (!get_integer(value_of(rec, PART_RECNUM), &recnum))
		return err_at(rec, rec->t.seen.p, err, "a record number is 1 to 8 bytes");
	if (!get_integer(value, &index) || index > UINT32_MAX)
		return err_at(
			rec, value.p - CEL_ELEMENT_HEAD, err, "a register is a number of 32 bits");
	ret->index = (uint32_t)index;
	ret->place = rec->part[PART_INDEX].type == CEL_PCR	  ? PLACE_PCR
		     : rec->part[PART_INDEX].type == CEL_NV_INDEX ? PLACE_NV
								  : PLACE_CC_MR;
	return 0;
}

static int get_digests(const struct record *rec, struct log_event *ret, struct err *err)
{
	struct bytes rest = value_of(rec, PART_DIGESTS), value;
	uint8_t type = 0;
	while (rest.n > 0) {
		const uint8_t *at = rest.p;
		if (next_nested(rec, &rest, &type, &value, err) < 0)
			return -1;
		if (event_add_digest(ret, type, value, err) < 0)
			return err_in(err, "offset %llu",
				record_off(&rec->t, (size_t)(at - rec->t.seen.p)));
	}
	return 0;
}

/* The content with its head: what COS, and those who write ima_tlv, hash. */
static struct bytes whole_content(const struct record *rec)
{
	const struct part *p = &rec->part[PART_CONTENT];
	return record_view(&rec->t, p->at - CEL_ELEMENT_HEAD, p->n + CEL_ELEMENT_HEAD);
}

static void set_text(struct log_event *ret, struct bytes b)
{
	if (b.p != NULL && utf8_valid(b))
		ret->text = b;
}

static int read_pcclient(
	const struct record *rec, struct cel *own, struct log_event *ret, struct err *err)
{
	struct bytes field[2] = {{NULL, 0}};
	uint64_t type;
	if (get_fields(rec, field, 2, err) < 0)
		return -1;
	if (field[CEL_EVENT_TYPE].p == NULL || field[CEL_EVENT_DATA].p == NULL ||
		!get_integer(field[CEL_EVENT_TYPE], &type) || type > UINT32_MAX)
		return err_at(rec, ret->data.p - CEL_ELEMENT_HEAD, err,
			"a pcclient_std content without event type or event data");
	ret->data = field[CEL_EVENT_DATA];
	tcg_describe(ret, (uint32_t)type, own->unnamed);
	return 0;
}

static int read_ima_template(
	const struct record *rec, struct cel *own, struct log_event *ret, struct err *err)
{
	struct bytes field[2] = {{NULL, 0}};
	if (get_fields(rec, field, 2, err) < 0)
		return -1;
	struct bytes name = field[CEL_TEMPLATE_NAME];
	if (name.p == NULL || field[CEL_TEMPLATE_DATA].p == NULL)
		return err_at(rec, ret->data.p - CEL_ELEMENT_HEAD, err,
			"an ima_template content without template name or template data");
	ret->data = field[CEL_TEMPLATE_DATA];
	if (ima_record_read(&own->ima, name, ret, err) < 0)
		return err_in(
			err, "offset %llu", record_off(&rec->t, (size_t)(name.p - rec->t.seen.p)));
	return 0;
}

static int read_ima_tlv(const struct record *rec, struct log_event *ret, struct err *err)
{
	struct bytes path[1] = {{NULL, 0}};
	ret->kind = "ima_tlv";
	ret->hashed = whole_content(rec);
	if (get_fields(rec, path, 1, err) < 0)
		return -1;
	set_text(ret, path[0]);
	return 0;
}

static int read_systemd(
	const struct record *rec, struct cel *own, struct log_event *ret, struct err *err)
{
	enum { TYPE, TIME, BOOT_ID, STRING, FIELDS };
	static const char *const kinds[] = {"phase", "filesystem", "volume-key", "machine-id"};
	enum { VOLUME_KEY = 2, KINDS = 4 };
	struct bytes field[FIELDS] = {{NULL, 0}};
	uint64_t type = KINDS, us = 0;
	if (get_fields(rec, field, FIELDS, err) < 0)
		return -1;
	if ((field[TYPE].p != NULL && !get_integer(field[TYPE], &type)) ||
		(field[TIME].p != NULL && !get_integer(field[TIME], &us)))
		return err_at(rec, ret->data.p - CEL_ELEMENT_HEAD, err,
			"a systemd content whose event type or time is not 1 to 8 bytes");
	ret->kind = type < KINDS ? kinds[type] : "systemd";
	set_text(ret, field[STRING]);
	/* A key is measured by its HMAC; of other types we do not know. */
	if (type < KINDS && type != VOLUME_KEY)
		ret->hashed = field[STRING];
	if (field[TIME].p != NULL) {
		snprintf(own->time, sizeof(own->time), "%llu", (unsigned long long)us);
		ret->time = bytes_of(own->time);
	}
	return 0;
}

static int read_cos(const struct record *rec, struct log_event *ret, struct err *err)
{
	static const char *const kinds[] = {"ImageRef", "ImageDigest", "RestartPolicy", "ImageID",
		"Arg", "EnvVar", "OverrideArg", "OverrideEnv", "LaunchSeparator", "MemoryMonitor",
		"GpuCCMode", "GPUDeviceAttestationBinding"};
	struct bytes rest = ret->data, value;
	uint8_t type;
	if (rest.n == 0)
		return err_at(rec, rest.p - CEL_ELEMENT_HEAD, err, "an empty COS content");
	if (next_nested(rec, &rest, &type, &value, err) < 0)
		return -1;
	if (rest.n > 0)
		return err_at(rec, rest.p, err, "more than one element in a COS content");
	ret->kind = type < sizeof(kinds) / sizeof(kinds[0]) ? kinds[type] : "cos";
	ret->hashed = whole_content(rec);
	set_text(ret, value);
	return 0;
}

/* Events of the log itself. */
static int read_management(const struct record *rec, struct log_event *ret, struct err *err)
{
	enum { VERSION = 1, FIRMWARE_END = 2, TIMESTAMP = 80, STATE_TRANS = 81 };
	struct bytes b = ret->data;
	if (get_fields(rec, NULL, 0, err) < 0)
		return -1;
	uint8_t type = b.n > 0 ? b.p[0] : 0;
	ret->extends = false;
	ret->kind = type == VERSION	   ? "cel_version"
		    : type == FIRMWARE_END ? "firmware_end"
		    : type == TIMESTAMP	   ? "cel_timestamp"
		    : type == STATE_TRANS  ? "state_trans"
					   : "cel";
	return 0;
}

static int read_content(
	const struct record *rec, struct cel *own, struct log_event *ret, struct err *err)
{
	ret->data = value_of(rec, PART_CONTENT);
	ret->extends = true;
	switch (rec->part[PART_CONTENT].type) {
	case CEL_MANAGEMENT:
		return read_management(rec, ret, err);
	case CEL_PCCLIENT:
		return read_pcclient(rec, own, ret, err);
	case CEL_IMA_TEMPLATE:
		return read_ima_template(rec, own, ret, err);
	case CEL_IMA_TLV:
		return read_ima_tlv(rec, ret, err);
	case CEL_COS:
		return read_cos(rec, ret, err);
	default:
		return read_systemd(rec, own, ret, err);
	}
}

static int cel_next(struct log_reader *r, struct log_event *ret, struct err *err)
{
	struct record rec = {.has = {false}};
	if (record_start(&rec.t, &r->in, err) < 0)
		return -1;
	if (rec.t.seen.n == 0)
		return 0;
	for (int i = 0; i < PARTS; i++)
		if (take_element(&rec, err) < 0)
			return -1;
	if (get_index(&rec, ret, err) < 0 || get_digests(&rec, ret, err) < 0 ||
		read_content(&rec, r->own, ret, err) < 0)
		return -1;
	record_end(&rec.t);
	return 1;
}

static int cel_open(struct log_reader *r, struct err *err)
{
	r->own = calloc(1, sizeof(struct cel));
	return r->own != NULL ? 0 : err_sys(err, ENOMEM, "log");
}

static void cel_close(struct log_reader *r)
{
	free(r->own);
}

/* A number, a register, and the head of a list of digests. */
static bool cel_sniff(struct bytes head)
{
	static const uint8_t order[] = {PART_RECNUM, PART_INDEX};
	for (size_t i = 0; i < sizeof(order); i++) {
		if (head.n < CEL_ELEMENT_HEAD || part_of(head.p[0]) != order[i])
			return false;
		uint32_t n = get_be32(head.p + 1);
		if (n < 1 || n > 8 || n > head.n - CEL_ELEMENT_HEAD)
			return false;
		head = (struct bytes){head.p + CEL_ELEMENT_HEAD + n, head.n - CEL_ELEMENT_HEAD - n};
	}
	return head.n >= CEL_ELEMENT_HEAD && part_of(head.p[0]) == PART_DIGESTS &&
	       get_be32(head.p + 1) <= EVENT_DATA_MAX;
}

const struct log_format log_format_cel_tlv = {
	.name = "cel-tlv",
	.names = NAMES_ANY,
	.summary = "TCG Canonical Event Log in TLV",
	.sniff = cel_sniff,
	.open = cel_open,
	.next = cel_next,
	.close = cel_close,
};
