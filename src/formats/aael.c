/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/aael.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "formats/record_reader.h"
#include "formats/tcg2.h"
#include "formats/tcg_names.h"

/* A tagged event: id, size of what follows. */
enum { TAG_SIZE_AT = 4, TAG_DATA_AT = 8 };
static const char init[] = "INIT";

/* The old form has no index: the agent extends PCR 17, which is this register in the new one. */
enum { CC_MR_LAST = 4 };

struct aael {
	struct event_held held; /* of a log in lines: its start; of alg HASH_NONE: it is binary */
	struct tcg_algs algs;
	char unnamed[TCG_UNNAMED_ROOM];
};

/* "INIT ALG/HEX", as programs write it, or "INIT/ALG HEX", as the specification says. */
static bool parse_init(struct bytes line, struct digest *ret)
{
	if (!bytes_start_with(line, init) || line.n < sizeof(init))
		return false;
	uint8_t first = line.p[sizeof(init) - 1];
	if (first != ' ' && first != '/')
		return false;
	struct bytes rest = {line.p + sizeof(init), line.n - sizeof(init)};
	const uint8_t *gap = memchr(rest.p, first == ' ' ? '/' : ' ', rest.n);
	if (gap == NULL)
		return false;
	size_t used = (size_t)(gap - rest.p) + 1;
	ret->alg = hash_by_name((struct bytes){rest.p, used - 1});
	ret->size = (uint8_t)hash_size(ret->alg);
	return ret->alg != HASH_UNKNOWN &&
	       hex_get(ret->v, ret->size, (struct bytes){rest.p + used, rest.n - used}, true);
}

/* Whether an event of the agent is at the front of head. */
static bool sniff_binary(struct bytes head)
{
	enum { TYPE_AT = 4, COUNT_AT = 8, DIGESTS_AT = 12 };
	if (head.n < DIGESTS_AT || get_le32(head.p + TYPE_AT) != TCG_EV_EVENT_TAG)
		return false;
	size_t at = DIGESTS_AT;
	uint32_t count = get_le32(head.p + COUNT_AT);
	for (uint32_t i = 0; i < count; i++) {
		if (head.n - at < 2)
			return false;
		size_t size = 2 + hash_size(tcg_hash_alg(get_le16(head.p + at)));
		if (size == 2 || head.n - at < size)
			return false;
		at += size;
	}
	return head.n - at >= 4 &&
	       tcg_is_agent_tag((struct bytes){head.p + at + 4, head.n - at - 4});
}

static bool aael_sniff(struct bytes head)
{
	return bytes_start_with(head, "INIT ") || bytes_start_with(head, "INIT/") ||
	       sniff_binary(head);
}

static int open_lines(struct log_reader *r, struct err *err)
{
	struct aael *own = r->own;
	struct record_reader t;
	struct bytes line;
	if (record_start(&t, &r->in, err) < 0 || record_line(&t, &line, err) < 0)
		return -1;
	if (!parse_init(line, &own->held.start))
		return err_set(err, ST_FORMAT,
			"offset 0: not 'INIT ALGORITHM/VALUE', with which such a log starts");
	return 0;
}

static int aael_open(struct log_reader *r, struct err *err)
{
	struct aael *own = calloc(1, sizeof(*own));
	struct bytes head;
	if (own == NULL)
		return err_sys(err, ENOMEM, "log");
	r->own = own;
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++) {
		own->algs.alg[own->algs.n].id = tcg_hash_id(alg);
		own->algs.alg[own->algs.n++].size = (uint16_t)hash_size(alg);
	}
	if (window_peek(&r->in, sizeof(init) - 1, &head, err) < 0)
		return -1;
	return bytes_start_with(head, init) ? open_lines(r, err) : 0;
}

static void aael_close(struct log_reader *r)
{
	free(r->own);
}

static int next_line(struct log_reader *r, struct log_event *ret, struct err *err)
{
	struct aael *own = r->own;
	struct record_reader t;
	if (record_start(&t, &r->in, err) < 0)
		return -1;
	int rc = record_line(&t, &ret->hashed, err);
	if (rc <= 0)
		return rc;
	if (ret->hashed.n == 0)
		return err_set(
			err, ST_FORMAT, "offset %llu: an empty line", (unsigned long long)t.off);
	ret->place = PLACE_CC_MR;
	ret->index = CC_MR_LAST;
	ret->kind = r->seq == 0 ? init : "record";
	ret->extends = true;
	ret->data = ret->hashed;
	if (utf8_valid(ret->data))
		ret->text = ret->data;
	ret->computed = own->held.start.alg;
	if (r->seq == 0)
		ret->held = &own->held;
	record_end(&t);
	return 1;
}

static int next_event(struct log_reader *r, struct log_event *ret, struct err *err)
{
	struct aael *own = r->own;
	int rc = tcg_event2_next(r, &own->algs, own->unnamed, ret, err);
	if (rc <= 0)
		return rc;
	/* An agent on a machine with a TPM gives the PCR instead. */
	ret->place = ret->index <= CC_MR_LAST ? PLACE_CC_MR : tcg2_pcr_place(ret->index);
	struct bytes d = ret->data;
	/* The agent writes no other events, and hashes all of their data, the tag, too. */
	if (ret->type != TCG_EV_EVENT_TAG)
		return 1;
	ret->hashed = d;
	if (!tcg_is_agent_tag(d))
		return 1;
	struct bytes text = {d.p + TAG_DATA_AT, d.n - TAG_DATA_AT};
	if (get_le32(d.p + TAG_SIZE_AT) == text.n && utf8_valid(text))
		ret->text = text;
	return 1;
}

static int aael_next(struct log_reader *r, struct log_event *ret, struct err *err)
{
	const struct aael *own = r->own;
	return own->held.start.alg != HASH_NONE ? next_line(r, ret, err) : next_event(r, ret, err);
}

const struct log_format log_format_aael = {
	.name = "aael",
	.names = NAMES_CC_MR,
	.summary = "log of the Confidential Containers attestation agent",
	.sniff = aael_sniff,
	.open = aael_open,
	.next = aael_next,
	.close = aael_close,
};
