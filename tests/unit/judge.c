/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <unistd.h>

#include "check.h"
#include "model/libcrypto.h"

static enum hash_alg alg_of(const struct model_hash *h)
{
	return h == &model_sha1 ? HASH_SHA1 : h == &model_sha256 ? HASH_SHA256 : HASH_SHA384;
}

struct digest digest_from(const struct model_hash *h, const uint8_t *v)
{
	struct digest d = {.alg = alg_of(h), .size = (uint8_t)h->size};
	memcpy(d.v, v, h->size);
	return d;
}

/* One for each hash, for the whole process: to open one costs more than a small replay. */
static struct hasher *hasher_of(const struct model_hash *h)
{
	static struct hasher *open[HASH_COUNT];
	struct hasher **at = &open[alg_of(h)];
	struct err err = {0};
	if (*at == NULL && hasher_open(at, alg_of(h), &err) < 0)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
	return *at;
}

int judge_try(struct bytes log, const struct model_hash *h, const struct model_digest *starts,
	size_t n, const uint8_t *target, struct rfc_search_result *ret, struct err *err)
{
	struct digest from[4], to;
	struct rfc_log reader;
	CHECK(n <= sizeof(from) / sizeof(from[0]));
	for (size_t i = 0; i < n; i++)
		from[i] = digest_from(h, starts[i].v);
	if (target != NULL)
		to = digest_from(h, target);
	int fd = memory_file(log);
	*ret = (struct rfc_search_result){0};
	*err = (struct err){0};
	int rc = rfc_log_open(&reader, fd, alg_of(h), err);
	CHECK_INT(rc, 0);
	rc = rfc_search(&reader, hasher_of(h), (struct rfc_search_starts){from, n, NULL},
		target != NULL ? &to : NULL, ret, err);
	rfc_log_close(&reader);
	close(fd);
	return rc;
}

void judge_text(struct bytes log, const struct model_hash *h, const struct model_digest *starts,
	size_t n, const uint8_t *target, struct rfc_search_result *ret)
{
	struct err err;
	if (judge_try(log, h, starts, n, target, ret, &err) < 0)
		check_failed(__FILE__, __LINE__, "the replay failed: %s", err.msg);
}

void judge_tail(struct bytes log, const struct model_hash *h, off_t pos, const uint8_t *start,
	const uint8_t *target, struct rfc_search_result *ret)
{
	struct digest from = digest_from(h, start), to = digest_from(h, target);
	struct rfc_log reader;
	struct err err = {0};
	int fd = memory_file(log);
	*ret = (struct rfc_search_result){0};
	CHECK_INT(rfc_log_open(&reader, fd, alg_of(h), &err), 0);
	if (rfc_search_tail(&reader, hasher_of(h), (struct rfc_search_from){pos, &from}, &to, ret,
		    &err) < 0)
		check_failed(__FILE__, __LINE__, "the replay failed: %s", err.msg);
	rfc_log_close(&reader);
	close(fd);
}

_Atomic uint64_t hashes_done;

static int (*end_hash)(EVP_MD_CTX *ctx, unsigned char *md, unsigned int *size);

static int end_and_count(EVP_MD_CTX *ctx, unsigned char *md, unsigned int *size)
{
	hashes_done++;
	return end_hash(ctx, md, size);
}

void count_hashes(void)
{
	OSSL_LIB_CTX *lib;
	struct err err = {0};
	struct libcrypto *crypto = (struct libcrypto *)(uintptr_t)libcrypto_get(&lib, &err);
	if (crypto == NULL)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
	if (end_hash != NULL)
		return;
	end_hash = crypto->EVP_DigestFinal_ex;
	crypto->EVP_DigestFinal_ex = end_and_count;
}

static int nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_direct_line(struct bytes line, const struct model_hash *h, uint8_t *ret)
{
	static const char word[] = "# .EXTEND ";
	size_t skip = sizeof(word) - 1;
	if (line.n != skip + 2 * h->size || memcmp(line.p, word, skip) != 0)
		return false;
	for (size_t i = 0; i < h->size; i++) {
		int hi = nibble(line.p[skip + 2 * i]), lo = nibble(line.p[skip + 2 * i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		ret[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

void claim_of(struct bytes log, const struct model_hash *h, const struct rfc_search_result *r,
	struct text_claim *ret)
{
	size_t lines = 0;
	for (size_t i = 0; i < log.n; i++)
		lines += log.p[i] == '\n';
	*ret = (struct text_claim){.d = calloc(lines + 1, sizeof(*ret->d))};
	CHECK(ret->d != NULL);
	for (size_t from = 0, i = 0; i < log.n; i++) {
		if (log.p[i] != '\n')
			continue;
		struct bytes line = {log.p + from, i - from};
		off_t off = (off_t)from;
		from = i + 1;
		if (line.n == 0)
			continue;
		struct model_digest *d = &ret->d[ret->n];
		if (line.p[0] != '#') {
			model_hash2(h, line, (struct bytes){0}, d->v);
			ret->n++;
		} else if (is_direct_line(line, h, d->v) && rfc_search_direct_is_real(r, off)) {
			ret->n++;
		}
	}
}

struct model_digest claim_value(
	const struct text_claim *c, const struct model_hash *h, const struct model_digest *start)
{
	struct model_digest v = *start;
	for (size_t i = 0; i < c->n; i++)
		model_hash2(
			h, (struct bytes){v.v, h->size}, (struct bytes){c->d[i].v, h->size}, v.v);
	return v;
}

void claim_free(struct text_claim *c)
{
	free(c->d);
	*c = (struct text_claim){0};
}
