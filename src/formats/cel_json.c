/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/cel_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "formats/cel_content.h"
#include "formats/event.h"
#include "formats/recnum.h"
#include "formats/record_reader.h"
#include "formats/tcg_names.h"

struct cel_json {
	struct json_seq seq;
	struct json_object *record; /* of the last event */
	struct cel_content content;
	struct recnums recnums;
};

int cel_json_open(struct log_reader *r, struct err *err)
{
	struct cel_json *own = r->own = calloc(1, sizeof(*own));
	if (own == NULL)
		return err_sys(err, ENOMEM, "log");
	return json_seq_open(&own->seq, &r->in, err);
}

void cel_json_close(struct log_reader *r)
{
	struct cel_json *own = r->own;
	if (own == NULL)
		return;
	json_seq_close(&own->seq);
	json_object_put(own->record);
	cel_content_clear(&own->content);
	free(own);
	r->own = NULL;
}

/* The members of a record; the first ones say which register it is. */
enum cel_key {
	CEL_PCR,
	CEL_NV_INDEX,
	CEL_CCMR,
	CEL_RTMR,
	CEL_IMR,
	CEL_REGISTER,
	CEL_RECNUM,
	CEL_DIGESTS,
	CEL_CONTENT_TYPE,
	CEL_CONTENT,
	CEL_KEYS
};

static const char *const cel_keys[CEL_KEYS] = {
	[CEL_PCR] = "pcr",
	[CEL_NV_INDEX] = "nv_index",
	[CEL_CCMR] = "ccmr",
	[CEL_RTMR] = "rtmr",
	[CEL_IMR] = "imr",
	[CEL_REGISTER] = "register",
	[CEL_RECNUM] = "recnum",
	[CEL_DIGESTS] = "digests",
	[CEL_CONTENT_TYPE] = "content_type",
	[CEL_CONTENT] = "content",
};

struct place_key {
	enum place place;
	uint32_t add; /* to make an index of it */
};

/* The TCG's text has the first two; a CC MR index of 0 is MRTD, RTMRs are counted from 0. */
static const struct place_key place_keys[CEL_REGISTER + 1] = {
	[CEL_PCR] = {PLACE_PCR, 0},
	[CEL_NV_INDEX] = {PLACE_NV, 0},
	[CEL_CCMR] = {PLACE_CC_MR, 0},
	[CEL_RTMR] = {PLACE_CC_MR, 1},
	[CEL_IMR] = {PLACE_CC_MR, 1},
	[CEL_REGISTER] = {PLACE_NAMED, 0},
};

static int read_place_value(
	enum cel_key key, struct json_object *value, struct log_event *ret, struct err *err)
{
	uint64_t number;
	uint32_t add = place_keys[key].add;
	ret->place = place_keys[key].place;
	if (ret->place != PLACE_NAMED) {
		if (!json_object_is_type(value, json_type_int) || !json_number(value, &number) ||
			number > UINT32_MAX - add)
			return err_set(
				err, ST_FORMAT, "'%s' is not a number of 32 bits", cel_keys[key]);
		ret->index = (uint32_t)number + add;
		return 0;
	}
	if (!json_object_is_type(value, json_type_string))
		return err_set(err, ST_FORMAT, "'register' is not a string");
	if (json_name(value, cel_keys[key], &ret->reg, err) < 0)
		return -1;
	return ret->reg != NULL ? 0 : err_set(err, ST_FORMAT, "'register' is empty");
}

static int read_place(struct json_object *const *record, struct log_event *ret, struct err *err)
{
	const char *found = NULL;
	for (enum cel_key key = CEL_PCR; key <= CEL_REGISTER; key++) {
		if (record[key] == NULL)
			continue;
		if (found != NULL)
			return err_set(err, ST_FORMAT,
				"both '%s' and '%s' say which register it is", found,
				cel_keys[key]);
		if (read_place_value(key, record[key], ret, err) < 0)
			return -1;
		found = cel_keys[key];
	}
	return 0;
}

/* A name with a hash at its end is that of one bank: others may not be shown by it. */
static int check_name_hash(const struct log_event *ev, struct err *err)
{
	size_t n;
	enum hash_alg alg = ev->place == PLACE_NAMED ? reg_hash(ev->reg, &n) : HASH_NONE;
	for (size_t i = 0; alg != HASH_NONE && i < ev->n_digests; i++)
		if (ev->digest[i].d.alg != alg)
			return err_set(err, ST_FORMAT,
				"'register' is that of %s, and digests[%zu] is not", hash_name(alg),
				i);
	return 0;
}

/* By name, or by the number that the TCG has given it; 0 for a name that we do not know. */
static int read_alg(struct json_object *o, uint16_t *ret, struct err *err)
{
	uint64_t id;
	*ret = 0;
	if (json_object_is_type(o, json_type_string))
		*ret = tcg_hash_id(hash_by_name(json_bytes(o)));
	if (*ret != 0)
		return 0;
	if (json_number(o, &id) && id <= UINT16_MAX)
		*ret = (uint16_t)id;
	else if (!json_object_is_type(o, json_type_string))
		return err_set(err, ST_FORMAT, "'hashAlg' is neither a name nor 16 bits");
	return 0;
}

static int read_digest(struct json_object *o, struct log_event *ret, struct err *err)
{
	static const char *const keys[] = {"hashAlg", "digest"};
	struct json_object *value[2];
	uint8_t digest[DIGEST_SIZE_MAX];
	uint16_t id;
	json_members(o, keys, 2, value);
	if (read_alg(value[0], &id, err) < 0)
		return -1;
	if (!json_object_is_type(value[1], json_type_string))
		return err_set(err, ST_FORMAT, "no string 'digest'");
	struct bytes hex = json_bytes(value[1]);
	if (hex.n / 2 > sizeof(digest) || !hex_get(digest, hex.n / 2, hex, true))
		return err_set(
			err, ST_FORMAT, "'digest' is not hex of at most %zu bytes", sizeof(digest));
	return event_add_digest(ret, id, (struct bytes){digest, hex.n / 2}, err);
}

static int read_digests(struct json_object *list, struct log_event *ret, struct err *err)
{
	if (!json_object_is_type(list, json_type_array))
		return err_set(err, ST_FORMAT, "no array 'digests'");
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (read_digest(json_object_array_get_idx(list, i), ret, err) < 0)
			return err_in(err, "digests[%zu]", i);
	return 0;
}

/* systemd leaves it out on purpose. */
static int read_recnum(struct cel_json *own, struct json_object *const *record,
	const struct log_event *event, struct err *err)
{
	uint64_t recnum;
	if (record[CEL_RECNUM] == NULL) {
		if (!bytes_equal(json_bytes(record[CEL_CONTENT_TYPE]), bytes_of("systemd")))
			recnum_take(&own->recnums, event, NULL);
		return 0;
	}
	if (!json_number(record[CEL_RECNUM], &recnum))
		return err_set(err, ST_FORMAT, "'recnum' is not a number of 64 bits");
	recnum_take(&own->recnums, event, &recnum);
	return 0;
}

static int read_record(struct cel_json *own, struct log_event *ret, struct err *err)
{
	struct json_object *record[CEL_KEYS];
	json_members(own->record, cel_keys, CEL_KEYS, record);
	if (!json_object_is_type(record[CEL_CONTENT_TYPE], json_type_string))
		record[CEL_CONTENT_TYPE] = NULL;
	if (read_place(record, ret, err) < 0 || read_digests(record[CEL_DIGESTS], ret, err) < 0 ||
		check_name_hash(ret, err) < 0)
		return -1;
	event_settle_place(ret);
	if (cel_content_read(
		    &own->content, record[CEL_CONTENT_TYPE], record[CEL_CONTENT], ret, err) < 0 ||
		read_recnum(own, record, ret, err) < 0)
		return -1;
	/* The content says of an event whether its type extends; that of MRTD does not. */
	event_settle_place(ret);
	if (ret->extends && ret->place == PLACE_NONE)
		return err_set(err, ST_FORMAT,
			"nothing says which register it is: no 'pcr', 'nv_index', 'ccmr', 'rtmr', "
			"'imr' or 'register'");
	if (ret->extends && ret->n_digests == 0)
		return err_set(err, ST_FORMAT, "'digests' is empty");
	return 0;
}

int cel_json_next(struct log_reader *r, struct log_event *ret, struct err *err)
{
	struct cel_json *own = r->own;
	json_object_put(own->record);
	own->record = NULL;
	int rc = json_seq_next(&own->seq, &own->record, &ret->off, err);
	if (rc == 0)
		recnum_note(&own->recnums, r);
	if (rc <= 0)
		return rc;
	if (read_record(own, ret, err) < 0)
		return err_in(err, "offset %llu", (unsigned long long)ret->off);
	return 1;
}

static bool sniff(struct bytes head)
{
	uint8_t first = json_head_first(head);
	if (first != '[' && first != '{')
		return false;
	/* Members have no order: after a large content the digests are too far away. */
	return json_head_value(head, "digests").p != NULL ||
	       json_head_value(head, "content_type").p != NULL;
}

const struct log_format log_format_cel_json = {
	.name = "cel-json",
	.names = NAMES_ANY,
	.summary = "TCG Canonical Event Log, JSON",
	.is_json = true,
	.sniff = sniff,
	.open = cel_json_open,
	.next = cel_json_next,
	.close = cel_json_close,
};
