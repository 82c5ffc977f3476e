/* SPDX-License-Identifier: Apache-2.0 */
/* What a booted kernel had in a log and in its register at the same moment. */
#include <unistd.h>

#include <json-c/json.h>

#include "check.h"
#include "judge.h"

static const char *member(struct json_object *o, const char *key)
{
	struct json_object *v;
	CHECK(json_object_object_get_ex(o, key, &v));
	CHECK(json_object_is_type(v, json_type_string));
	return json_object_get_string(v);
}

static struct text from_hex(const char *hex)
{
	struct text t = {0};
	size_t n = strlen(hex) / 2;
	uint8_t *raw = malloc(n + 1);
	CHECK(raw != NULL);
	CHECK(hex_get(raw, n, bytes_of(hex), false));
	text_add(&t, (struct bytes){raw, n});
	free(raw);
	return t;
}

/* As the kernel's records were made of it: no line of these logs is a direct one that failed. */
static void check_claim(struct bytes log, const struct model_hash *h,
	const struct rfc_search_result *r, const uint8_t *value)
{
	struct text_claim c;
	struct model_digest zeros = {0};
	claim_of(log, h, r, &c);
	CHECK_U64(c.n, r->records);
	CHECK_U64(c.n, r->matched);
	struct model_digest got = claim_value(&c, h, &zeros);
	CHECK_BYTES(((struct bytes){got.v, h->size}), ((struct bytes){value, h->size}));
	claim_free(&c);
}

/* The last record is gone, or was never extended: no log but the whole one explains the register. */
static void check_cut(struct bytes log, const struct model_hash *h, const uint8_t *value)
{
	struct rfc_search_result r;
	struct model_digest zeros = {0};
	if (log.n == 0)
		return;
	size_t n = log.n - 1;
	while (n > 0 && log.p[n - 1] != '\n')
		n--;
	if (log.p[n] == '#')
		return;
	judge_text((struct bytes){log.p, n}, h, &zeros, 1, value, &r);
	CHECK_INT(verdict_status(r.verdict), ST_NO);
	rfc_search_clear(&r);
}

static bool check_pair(struct json_object *pair)
{
	const char *alg = member(pair, "alg");
	const struct model_hash *h = strcmp(alg, "sha384") == 0 ? &model_sha384 : &model_sha256;
	CHECK_STR(alg, h->name);
	struct text log = from_hex(member(pair, "log_hex"));
	struct text value = from_hex(member(pair, "digest"));
	struct model_digest zeros = {0};
	struct rfc_search_result r;
	CHECK_U64(value.n, h->size);
	judge_text(text_bytes(&log), h, &zeros, 1, value.p, &r);
	enum verdict want = log.n == 0 ? VERDICT_UNTOUCHED : VERDICT_MATCH;
	if (r.verdict != want)
		check_failed(__FILE__, __LINE__, "'%s' (%s): %s", member(pair, "after"), alg,
			verdict_name(r.verdict));
	check_claim(text_bytes(&log), h, &r, value.p);
	check_cut(text_bytes(&log), h, value.p);
	rfc_search_clear(&r);
	bool untouched = log.n == 0;
	text_free(&log);
	text_free(&value);
	return untouched;
}

int main(void)
{
	const char *dir = getenv("TSMCTL_SHARED");
	char path[4096];
	snprintf(path, sizeof(path), "%s/transcripts/rfc-event-logs.json",
		dir != NULL ? dir : TSMCTL_SHARED_DIR);
	if (access(path, R_OK) != 0) {
		printf("%s is not there: the kernel's own logs are not tested\n", path);
		return 0;
	}
	struct json_object *pairs = json_object_from_file(path);
	CHECK(json_object_is_type(pairs, json_type_array));
	size_t n = json_object_array_length(pairs), untouched = 0;
	CHECK(n > 20);
	for (size_t i = 0; i < n; i++)
		untouched += check_pair(json_object_array_get_idx(pairs, i));
	CHECK_U64(untouched, 3);
	json_object_put(pairs);
	return 0;
}
