/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_model.h"

#include <openssl/sha.h>

#include "check.h"

const struct model_hash model_sha1 = {"sha1", SHA_DIGEST_LENGTH};
const struct model_hash model_sha256 = {"sha256", SHA256_DIGEST_LENGTH};
const struct model_hash model_sha384 = {"sha384", SHA384_DIGEST_LENGTH};

void model_hash2(const struct model_hash *h, struct bytes a, struct bytes b, uint8_t *ret)
{
	uint8_t small[256], *all = small;
	if (a.n + b.n > sizeof(small)) {
		all = malloc(a.n + b.n);
		CHECK(all != NULL);
	}
	if (a.n > 0)
		memcpy(all, a.p, a.n);
	if (b.n > 0)
		memcpy(all + a.n, b.p, b.n);
	if (h == &model_sha1)
		SHA1(all, a.n + b.n, ret);
	else if (h == &model_sha256)
		SHA256(all, a.n + b.n, ret);
	else
		SHA384(all, a.n + b.n, ret);
	if (all != small)
		free(all);
}

void kernel_open(struct kernel *k, const struct model_hash *h, const uint8_t *start)
{
	*k = (struct kernel){.hash = h};
	if (start != NULL)
		memcpy(k->start.v, start, h->size);
	k->value = k->start;
}

void kernel_close(struct kernel *k)
{
	text_free(&k->log);
	free(k->extended);
	free(k->direct);
	*k = (struct kernel){0};
}

void kernel_hidden(struct kernel *k, const uint8_t *digest)
{
	if (k->n_extended == k->room) {
		k->room = 2 * k->room + 64;
		struct model_digest *grown = realloc(k->extended, k->room * sizeof(*grown));
		CHECK(grown != NULL);
		k->extended = grown;
	}
	struct model_digest *d = &k->extended[k->n_extended++];
	memset(d, 0, sizeof(*d));
	memcpy(d->v, digest, k->hash->size);
	size_t size = k->hash->size;
	model_hash2(k->hash, (struct bytes){k->value.v, size}, (struct bytes){digest, size},
		k->value.v);
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r' ||
	       c == 0xa0;
}

enum line_end { LINE_LOGGED, LINE_EMPTY, LINE_FAILED };

/* One line of an append: trimmed, extended where it is a record, and then logged. */
static enum line_end log_line(struct kernel *k, struct bytes line, bool blank, size_t *line_fails)
{
	while (line.n > 0 && is_space(line.p[0])) {
		line.p++;
		line.n--;
	}
	while (line.n > 0 && is_space(line.p[line.n - 1]))
		line.n--;
	if (line.n == 0)
		return LINE_EMPTY;
	if (line.p[0] != '#') {
		uint8_t digest[MODEL_SIZE_MAX];
		if (*line_fails == 0)
			return LINE_FAILED;
		*line_fails -= 1;
		model_hash2(k->hash, line, (struct bytes){0}, digest);
		kernel_hidden(k, digest);
	}
	if (blank)
		text_char(&k->log, '\n');
	text_add(&k->log, line);
	text_char(&k->log, '\n');
	return LINE_LOGGED;
}

static enum line_end log_sync(struct kernel *k, size_t *line_fails)
{
	struct text line = {0};
	text_fmt(&line, "SYNC %s/", k->hash->name);
	text_hex(&line, (struct bytes){k->value.v, k->hash->size});
	enum line_end end = log_line(k, text_bytes(&line), k->log.n > 0, line_fails);
	text_free(&line);
	return end;
}

void kernel_append(struct kernel *k, struct bytes text, size_t line_fails)
{
	if (text.n == 0)
		return;
	if (!k->in_sync && log_sync(k, &line_fails) == LINE_FAILED)
		return;
	k->in_sync = true;

	bool first = true;
	for (size_t from = 0, i = 0; i <= text.n; i++) {
		if (i < text.n && text.p[i] != '\n' && text.p[i] != '\r')
			continue;
		struct bytes line = {text.p + from, i - from};
		from = i + 1;
		enum line_end end = log_line(k, line, first, &line_fails);
		if (end == LINE_FAILED)
			return;
		if (end == LINE_LOGGED)
			first = false;
	}
}

void kernel_append_str(struct kernel *k, const char *text)
{
	kernel_append(k, bytes_of(text), SIZE_MAX);
}

void kernel_direct(struct kernel *k, const uint8_t *digest, bool fails)
{
	if (k->n_direct == k->direct_room) {
		k->direct_room = 2 * k->direct_room + 64;
		struct model_direct *grown = realloc(k->direct, k->direct_room * sizeof(*grown));
		CHECK(grown != NULL);
		k->direct = grown;
	}
	if (k->in_sync)
		text_char(&k->log, '\n');
	k->direct[k->n_direct++] = (struct model_direct){k->log.n, !fails};
	text_str(&k->log, "# .EXTEND ");
	text_hex(&k->log, (struct bytes){digest, k->hash->size});
	text_char(&k->log, '\n');
	if (fails)
		return;
	kernel_hidden(k, digest);
	k->in_sync = false;
}
