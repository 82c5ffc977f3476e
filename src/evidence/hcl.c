/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/hcl.h"

#include <string.h>

#include "base/cursor.h"
#include "formats/json_reader.h"

int hcl_open(struct bytes file, struct hcl *ret, struct err *err)
{
	enum { HEADER = 32, FIELD = 1184, SNP = 2, TDX = 4, TDREPORT_SIZE = 1024 };
	static const enum hash_alg hashes[] = {HASH_UNKNOWN, HASH_SHA256, HASH_SHA384, HASH_SHA512};
	struct cursor c = {.left = file};
	cur_take(&c, HEADER);
	struct bytes field = cur_take(&c, FIELD);
	cur_take(&c, 8);
	uint32_t type = cur_le32(&c);
	if (!cur_ok(&c))
		return err_set(err, ST_FORMAT, "offset %zu: cut in Azure's HCL report", c.off);
	if (type != SNP && type != TDX)
		return err_set(err, ST_FORMAT,
			"offset %d: an HCL report of type %u, and only 2 (SNP) and 4 (TDX) are "
			"known here",
			HEADER + FIELD + 8, type);
	uint32_t hash = cur_le32(&c);
	ret->report = (struct bytes){field.p, type == TDX ? TDREPORT_SIZE : FIELD};
	ret->hash = hash < sizeof(hashes) / sizeof(hashes[0]) ? hashes[hash] : HASH_UNKNOWN;
	ret->json = cur_take(&c, cur_le32(&c));
	return 0;
}

static int is_bound(const struct hcl *hcl, const struct evidence *ev, bool *ret, struct err *err)
{
	struct hasher *h;
	struct digest d;
	if (hasher_open(&h, hcl->hash, err) < 0)
		return -1;
	int rc = hash_bytes(h, hcl->json, &d, err);
	hasher_close(h);
	*ret = rc == 0 && memcmp(ev->report_data, d.v, d.size) == 0 &&
	       bytes_all_zero(
		       (struct bytes){ev->report_data + d.size, sizeof(ev->report_data) - d.size});
	return rc;
}

int hcl_take_user_data(const struct hcl *hcl, struct evidence *ev, struct err *err)
{
	struct json_object *doc;
	struct err unused;
	bool bound = false;
	if (hcl->json.p == NULL || hcl->hash == HASH_UNKNOWN)
		return 0;
	if (is_bound(hcl, ev, &bound, err) < 0)
		return -1;
	if (!bound || json_whole(hcl->json, &doc, &unused) < 0)
		return 0;
	struct bytes hex = json_bytes(json_member(doc, "user-data", json_type_string));
	ev->has_user_data = hex.n == (size_t)2 * REPORT_DATA_SIZE &&
			    hex_get(ev->user_data, REPORT_DATA_SIZE, hex, true);
	json_object_put(doc);
	return 0;
}
