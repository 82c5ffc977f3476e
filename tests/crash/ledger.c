/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>
#include <openssl/evp.h>

/* The file as it is read. */
struct reading {
	struct ledger *l;
	size_t line;
	struct json_object *doc;
};

__attribute__((format(printf, 2, 3))) static int wrong(struct reading *r, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(r->l->why, sizeof(r->l->why), "line %zu: ", r->line);
	va_start(ap, fmt);
	vsnprintf(r->l->why + n, sizeof(r->l->why) - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

/* A test that has no memory has nothing to say. */
static void *grown(void *p, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return p;
	p = realloc(p, (n > 0 ? 2 * n : 1) * size);
	if (p == NULL)
		abort();
	return p;
}

size_t ledger_hash(const char *hash, const void *p, size_t n, uint8_t *ret)
{
	unsigned size = 0;
	const EVP_MD *md = EVP_get_digestbyname(hash);
	if (md == NULL || EVP_Digest(p, n, ret, &size, md, NULL) != 1)
		return 0;
	return size;
}

void ledger_extend(const char *hash, uint8_t *value, const uint8_t *digest)
{
	uint8_t both[2 * LEDGER_DIGEST_MAX];
	size_t n = ledger_hash(hash, "", 0, both);
	memcpy(both, value, n);
	memcpy(both + n, digest, n);
	ledger_hash(hash, both, 2 * n, value);
}

static const char *string_of(struct json_object *o, const char *key)
{
	struct json_object *v;
	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string)
		       ? json_object_get_string(v)
		       : NULL;
}

static bool number_of(struct json_object *o, const char *key, uint64_t *ret)
{
	struct json_object *v;
	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_int))
		return false;
	*ret = (uint64_t)json_object_get_int64(v);
	return true;
}

static struct json_object *list_of(struct json_object *o, const char *key)
{
	struct json_object *v;
	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_array)
		       ? v
		       : NULL;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Exactly size bytes in lower case. */
static bool unhex(const char *hex, uint8_t *ret, size_t size)
{
	if (hex == NULL || strlen(hex) != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int a = nibble(hex[2 * i]), b = nibble(hex[2 * i + 1]);
		if (a < 0 || b < 0)
			return false;
		ret[i] = (uint8_t)(16 * a + b);
	}
	return true;
}

static struct ledger_group *find(const struct ledger *l, const char *name)
{
	for (size_t i = 0; i < l->n_groups; i++)
		for (size_t j = 0; j < l->group[i].n_names; j++)
			if (strcmp(l->group[i].name[j], name) == 0)
				return &l->group[i];
	return NULL;
}

const struct ledger_group *ledger_group(const struct ledger *l, const char *name)
{
	return find(l, name);
}

/* The group of a name that is seen for the first time, with its first value. */
static struct ledger_group *found(struct reading *r, const char *name)
{
	struct ledger *l = r->l;
	const char *colon = strrchr(name, ':');
	const EVP_MD *md = colon != NULL ? EVP_get_digestbyname(colon + 1) : NULL;
	if (md == NULL) {
		wrong(r, "a register without a hash: %s", name);
		return NULL;
	}
	l->group = grown(l->group, l->n_groups, sizeof(*l->group));
	struct ledger_group *g = &l->group[l->n_groups++];
	*g = (struct ledger_group){
		.n_names = 1, .size = (size_t)EVP_MD_get_size(md), .hash = EVP_MD_get0_name(md)};
	g->name[0] = strdup(name);
	return g;
}

static int read_record(struct reading *r, const struct ledger_group *g, struct ledger_record *rec)
{
	const char *hex = string_of(r->doc, "record_hex");
	uint8_t digest[LEDGER_DIGEST_MAX], want[LEDGER_DIGEST_MAX];
	if (!unhex(string_of(r->doc, "digest"), digest, g->size) ||
		!unhex(string_of(r->doc, "before"), rec->before, g->size) ||
		!unhex(string_of(r->doc, "expected"), rec->expected, g->size))
		return wrong(r, "digest, before or expected is not %zu bytes in hex", g->size);
	memcpy(want, rec->before, g->size);
	ledger_extend(g->hash, want, digest);
	if (memcmp(want, rec->expected, g->size) != 0)
		return wrong(r, "expected is not before, extended with digest");
	if (hex == NULL)
		return 0;
	size_t n = strlen(hex) / 2;
	rec->text = calloc(1, n + 1);
	if (rec->text == NULL || !unhex(hex, (uint8_t *)rec->text, n))
		return wrong(r, "record_hex is not hex");
	ledger_hash(g->hash, rec->text, n, want);
	return memcmp(want, digest, g->size) == 0 ? 0 : wrong(r, "digest is not the record's");
}

static bool has_open(const struct ledger *l, const struct ledger_group *g)
{
	return ledger_count(l, g, LEDGER_OPEN, NULL) > 0;
}

static int read_intent(struct reading *r)
{
	struct ledger *l = r->l;
	const char *name = string_of(r->doc, "register");
	uint64_t seq, pid;
	if (!number_of(r->doc, "seq", &seq) || seq != l->n)
		return wrong(r, "not record %zu", l->n);
	if (!number_of(r->doc, "pid", &pid) || pid == 0 || name == NULL)
		return wrong(r, "no pid or no register");
	struct ledger_group *g = find(l, name);
	bool first = g == NULL;
	if (!first && has_open(l, g))
		return wrong(r, "an intent follows one of the same register that has no end");
	if (first)
		g = found(r, name);
	if (g == NULL)
		return -1;
	l->record = grown(l->record, l->n, sizeof(*l->record));
	struct ledger_record *rec = &l->record[l->n++];
	*rec = (struct ledger_record){
		.group = (size_t)(g - l->group), .after = first ? seq : g->last};
	if (read_record(r, g, rec) < 0)
		return -1;
	if (first) {
		memcpy(g->start, rec->before, g->size);
		memcpy(g->value, rec->before, g->size);
	}
	rec->foreign = memcmp(g->value, rec->before, g->size) != 0;
	g->last = seq;
	return 0;
}

/*
 * Two names that were not known to be of one register: what happened under the first came before
 * this record, which is the first under the second.
 */
static int unite(
	struct reading *r, size_t seq, struct ledger_group *from, struct ledger_group *into)
{
	const struct ledger_record *open = &r->l->record[seq];
	if (memcmp(from->value, open->before, from->size) != 0 || open->after != seq ||
		from->last > seq || has_open(r->l, from))
		return wrong(r, "%s has another history", from->name[0]);
	for (size_t i = 0; i < r->l->n; i++)
		if (&r->l->group[r->l->record[i].group] == from)
			r->l->record[i].group = (size_t)(into - r->l->group);
	memcpy(into->start, from->start, into->size);
	for (size_t i = 0; i < from->n_names && into->n_names < LEDGER_NAMES_MAX; i++)
		into->name[into->n_names++] = from->name[i];
	from->n_names = 0;
	return 0;
}

static int read_same(struct reading *r, size_t seq, struct ledger_group *g)
{
	struct json_object *same = list_of(r->doc, "same");
	for (size_t i = 0; same != NULL && i < json_object_array_length(same); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(same, i));
		struct ledger_group *have = find(r->l, name);
		if (have != NULL && have != g && unite(r, seq, have, g) < 0)
			return -1;
		if (have != NULL)
			continue;
		if (g->n_names == LEDGER_NAMES_MAX)
			return wrong(r, "more names than the test knows");
		g->name[g->n_names++] = strdup(name);
	}
	return 0;
}

static int read_end(struct reading *r, enum ledger_end end)
{
	struct ledger *l = r->l;
	uint64_t seq;
	if (!number_of(r->doc, "seq", &seq) || seq >= l->n || l->record[seq].end != LEDGER_OPEN)
		return wrong(r, "the end of nothing");
	struct ledger_record *rec = &l->record[seq];
	struct ledger_group *g = &l->group[rec->group];
	rec->end = end;
	if (end == LEDGER_COMMIT) {
		memcpy(g->value, rec->expected, g->size);
		return read_same(r, (size_t)seq, g);
	}
	if (end == LEDGER_UNKNOWN)
		return unhex(string_of(r->doc, "value"), g->value, g->size) ? 0
									    : wrong(r, "no value");
	memcpy(g->value, rec->before, g->size);
	return 0;
}

static int check_summed_up(struct reading *r, struct json_object *sum)
{
	struct json_object *names = list_of(sum, "names");
	uint8_t value[LEDGER_DIGEST_MAX];
	if (names == NULL || json_object_array_length(names) == 0)
		return wrong(r, "no names");
	const struct ledger_group *g =
		find(r->l, json_object_get_string(json_object_array_get_idx(names, 0)));
	if (g == NULL || json_object_array_length(names) != g->n_names)
		return wrong(r, "not the names of a register");
	for (size_t i = 1; i < g->n_names; i++)
		if (find(r->l, json_object_get_string(json_object_array_get_idx(names, i))) != g)
			return wrong(r, "not the names of one register");
	if (!unhex(string_of(sum, "value"), value, g->size) ||
		memcmp(value, g->value, g->size) != 0)
		return wrong(r, "another value than what the lines before lead to");
	if (json_object_object_get_ex(sum, "open", NULL) != has_open(r->l, g))
		return wrong(r, "a record has an end and is called open, or has none and is not");
	return 0;
}

static int read_state(struct reading *r)
{
	struct json_object *sums = list_of(r->doc, "registers");
	uint64_t seq;
	if (json_object_object_get_ex(r->doc, "more", NULL))
		return wrong(r, "more registers than the tests have");
	if (!number_of(r->doc, "seq", &seq) || seq != r->l->n)
		return wrong(r, "the next record is %zu", r->l->n);
	size_t n = 0;
	for (size_t i = 0; i < r->l->n_groups; i++)
		n += r->l->group[i].n_names > 0;
	if (sums == NULL || json_object_array_length(sums) != n)
		return wrong(r, "not every register");
	for (size_t i = 0; i < n; i++)
		if (check_summed_up(r, json_object_array_get_idx(sums, i)) < 0)
			return -1;
	return 0;
}

static int read_doc(struct reading *r)
{
	const char *kind = string_of(r->doc, "kind");
	const char *schema = string_of(r->doc, "schema");
	if (r->line == 1)
		return schema != NULL && strcmp(schema, "tsmctl.journal/1") == 0 &&
				       string_of(r->doc, "boot_id") != NULL
			       ? 0
			       : wrong(r, "no header");
	if (kind == NULL)
		return wrong(r, "no kind");
	if (strcmp(kind, "intent") == 0)
		return read_intent(r);
	if (strcmp(kind, "commit") == 0)
		return read_end(r, LEDGER_COMMIT);
	if (strcmp(kind, "void") == 0)
		return read_end(r, LEDGER_VOID);
	if (strcmp(kind, "unknown") == 0)
		return read_end(r, LEDGER_UNKNOWN);
	if (strcmp(kind, "state") == 0)
		return read_state(r);
	return wrong(r, "kind %s", kind);
}

static int read_line(struct reading *r, const char *line, size_t n)
{
	struct json_tokener *tok = json_tokener_new();
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	r->line++;
	r->doc = json_tokener_parse_ex(tok, line, (int)n);
	bool whole = r->doc != NULL && json_tokener_get_parse_end(tok) == n;
	json_tokener_free(tok);
	int rc = whole && json_object_is_type(r->doc, json_type_object)
			 ? read_doc(r)
			 : wrong(r, "not a JSON object: %.*s", (int)n, line);
	json_object_put(r->doc);
	return rc;
}

int ledger_read(struct ledger *ret, const char *path)
{
	struct reading r = {.l = ret};
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int rc = 0;
	*ret = (struct ledger){0};
	FILE *in = fopen(path, "re");
	if (in == NULL && errno == ENOENT)
		return 0;
	if (in == NULL)
		return wrong(&r, "%s: %s", path, strerror(errno));
	ret->there = true;
	while (rc == 0 && (n = getline(&line, &room, in)) > 0) {
		ret->torn = line[n - 1] != '\n';
		if (!ret->torn)
			rc = read_line(&r, line, (size_t)n - 1);
	}
	free(line);
	fclose(in);
	return rc;
}

void ledger_clear(struct ledger *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->record[i].text);
	for (size_t i = 0; i < l->n_groups; i++)
		for (size_t j = 0; j < l->group[i].n_names; j++)
			free(l->group[i].name[j]);
	free(l->record);
	free(l->group);
	*l = (struct ledger){0};
}

size_t ledger_count(const struct ledger *l, const struct ledger_group *group, enum ledger_end end,
	const char *text)
{
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct ledger_record *rec = &l->record[i];
		if ((group == NULL || &l->group[rec->group] == group) && rec->end == end &&
			(text == NULL || (rec->text != NULL && strcmp(rec->text, text) == 0)))
			n++;
	}
	return n;
}

void ledger_first_break(
	const struct ledger *l, const struct ledger_group *group, char ret[static LEDGER_PLACE_MAX])
{
	size_t last = SIZE_MAX, next = SIZE_MAX;
	bool broken = false;
	for (size_t i = 0; i < l->n && next == SIZE_MAX; i++) {
		const struct ledger_record *rec = &l->record[i];
		if (&l->group[rec->group] != group)
			continue;
		broken |= rec->foreign || rec->end == LEDGER_UNKNOWN;
		if (rec->end == LEDGER_COMMIT && broken)
			next = i;
		else if (rec->end == LEDGER_COMMIT)
			last = i;
	}
	ret[0] = '\0';
	if (broken && next == SIZE_MAX)
		snprintf(ret, LEDGER_PLACE_MAX, "after event %zu of 'journal' " LEDGER_FOREIGN,
			last);
	else if (broken && last == SIZE_MAX)
		snprintf(ret, LEDGER_PLACE_MAX, "before event %zu of 'journal' " LEDGER_FOREIGN,
			next);
	else if (broken)
		snprintf(ret, LEDGER_PLACE_MAX,
			"between events %zu and %zu of 'journal' " LEDGER_FOREIGN, last, next);
}
