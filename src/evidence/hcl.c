/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/hcl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/encoded.h"
#include "base/scope.h"
#include "evidence/der.h"
#include "formats/json_reader.h"

int hcl_parse(struct bytes b, struct hcl *ret, struct err *err)
{
	enum { HEADER = 32, FIELD = 1184, SNP = 2, TDX = 4, TDREPORT_SIZE = 1024 };
	static const enum hash_alg algs[] = {HASH_UNKNOWN, HASH_SHA256, HASH_SHA384, HASH_SHA512};
	struct cursor c = {.left = b};
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
	ret->tdx = type == TDX;
	ret->report = (struct bytes){field.p, ret->tdx ? TDREPORT_SIZE : FIELD};
	ret->alg = hash < sizeof(algs) / sizeof(algs[0]) ? algs[hash] : HASH_UNKNOWN;
	ret->data = cur_take(&c, cur_le32(&c));
	return 0;
}

int hcl_digest(const struct hcl *hcl, struct digest *ret, struct err *err)
{
	struct hasher *h;
	if (hcl->data.p == NULL || hcl->alg == HASH_UNKNOWN)
		return err_set(err, ST_FORMAT, "its HCL report: %s",
			hcl->data.p == NULL ? "cut in its data"
					    : "the hash of its data is unknown");
	if (hasher_open(&h, hcl->alg, err) < 0)
		return -1;
	int rc = hash_bytes(h, hcl->data, ret, err);
	hasher_close(h);
	return rc;
}

bool hcl_is_bound(const struct digest *digest, const struct evidence *ev)
{
	struct bytes rest = {ev->report_data + digest->size, REPORT_DATA_SIZE - digest->size};
	return memcmp(ev->report_data, digest->v, digest->size) == 0 && bytes_all_zero(rest);
}

int hcl_take_user_data(const struct hcl *hcl, struct evidence *ev, struct err *err)
{
	struct digest digest;
	struct json_object *doc;
	struct err unread;
	if (hcl->data.p == NULL || hcl->alg == HASH_UNKNOWN)
		return 0;
	if (hcl_digest(hcl, &digest, err) < 0)
		return -1;
	if (!hcl_is_bound(&digest, ev) || json_whole(hcl->data, &doc, &unread) < 0)
		return 0;
	struct bytes hex = json_bytes(json_member(doc, "user-data", json_type_string));
	ev->has_user_data = hex.n == (size_t)2 * REPORT_DATA_SIZE &&
			    hex_get(ev->user_data, REPORT_DATA_SIZE, hex, true);
	json_object_put(doc);
	return 0;
}

static struct json_object *find_key(struct json_object *doc)
{
	struct json_object *keys = json_member(doc, "keys", json_type_array);
	for (size_t i = 0; keys != NULL && i < json_object_array_length(keys); i++) {
		struct json_object *key = json_object_array_get_idx(keys, i);
		struct json_object *kid = json_member(key, "kid", json_type_string);
		struct json_object *kty = json_member(key, "kty", json_type_string);
		if (kid != NULL && kty != NULL &&
			bytes_equal(json_bytes(kid), bytes_of("HCLAkPub")) &&
			bytes_equal(json_bytes(kty), bytes_of("RSA")))
			return key;
	}
	return NULL;
}

/* 1 and a number in base64url (RFC 7518, section 6.3.1), big-endian; 0 if it is none. */
static int take_number(struct json_object *key, const char *name, uint8_t **ret,
	struct bytes *ret_v, struct err *err)
{
	size_t n;
	struct json_object *text = json_member(key, name, json_type_string);
	if (text == NULL)
		return 0;
	int rc = encoded_get(json_bytes(text), ret, &n);
	if (rc < 0)
		return err_sys(err, ENOMEM, "evidence");
	*ret_v = (struct bytes){*ret, rc > 0 ? n : 0};
	return ret_v->n > 0 && ret_v->n <= DER_UINT_MAX ? 1 : 0;
}

/* SubjectPublicKeyInfo: the algorithm, and in a bit string without unused bits the two numbers. */
static int hash_key(struct bytes n, struct bytes e, struct digest *ret, struct err *err)
{
	/* rsaEncryption, without parameters. */
	static const uint8_t algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
	uint8_t der[2 * DER_UINT_MAX + 64] = {0};
	uint8_t *info = der + sizeof(algorithm), *numbers = info + 1;
	struct hasher *h;
	size_t size = der_put_uint(numbers, n.p, n.n);
	size += der_put_uint(numbers + size, e.p, e.n);
	size = der_wrap(numbers, DER_SEQUENCE, size);
	size = der_wrap(info, DER_BIT_STRING, 1 + size);
	memcpy(der, algorithm, sizeof(algorithm));
	size = der_wrap(der, DER_SEQUENCE, sizeof(algorithm) + size);
	if (hasher_open(&h, HASH_SHA256, err) < 0)
		return -1;
	int rc = hash_bytes(h, (struct bytes){der, size}, ret, err);
	hasher_close(h);
	return rc;
}

static int take_key(struct json_object *key, struct digest *ret, struct err *err)
{
	AUTO_FREE uint8_t *own_n = NULL;
	AUTO_FREE uint8_t *own_e = NULL;
	struct bytes n, e;
	int rc = take_number(key, "n", &own_n, &n, err);
	if (rc > 0)
		rc = take_number(key, "e", &own_e, &e, err);
	if (rc == 0)
		return err_set(err, ST_FORMAT, "its key 'HCLAkPub' has no numbers 'n' and 'e'");
	return rc > 0 ? hash_key(n, e, ret, err) : -1;
}

int hcl_attestation_key(struct bytes data, struct digest *ret, struct err *err)
{
	struct json_object *doc;
	if (json_whole(data, &doc, err) < 0)
		return -1;
	struct json_object *key = find_key(doc);
	int rc = key != NULL ? take_key(key, ret, err)
			     : err_set(err, ST_FORMAT, "no RSA key 'HCLAkPub' in it");
	json_object_put(doc);
	return rc;
}
