/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON, against a recursive descent that follows the rules of RFC 8259 and has what is refused beyond
 * it: json_whole and json_seq read a text if, and only if, the descent takes it.
 */
#include "fuzz.h"

#include <string.h>
#include <unistd.h>

#include "feed.h"
#include "formats/json_reader.h"

/* The end of the memory is a byte that no rule takes. */
enum { END = -1 };

struct descent {
	const uint8_t *p, *end;
	unsigned depth; /* arrays and objects around a value */
	size_t nodes;
	bool small; /* each integer is of 64 bits: newer json-c refuses others */
};

struct name {
	uint8_t *p;
	size_t n;
};

static bool value(struct descent *d);

static int ahead(const struct descent *d)
{
	return d->p < d->end ? *d->p : END;
}

static bool eat(struct descent *d, int c)
{
	if (ahead(d) != c)
		return false;
	d->p++;
	return true;
}

static void ws(struct descent *d)
{
	while (eat(d, ' ') || eat(d, '\t') || eat(d, '\n') || eat(d, '\r'))
		;
}

static bool literal(struct descent *d, const char *word)
{
	while (*word != '\0')
		if (!eat(d, *word++))
			return false;
	return true;
}

static size_t digits(struct descent *d)
{
	size_t n = 0;
	for (; ahead(d) >= '0' && ahead(d) <= '9'; d->p++)
		n++;
	return n;
}

/* number = [ minus ] int [ frac ] [ exp ] */
static bool number(struct descent *d)
{
	eat(d, '-');
	const uint8_t *first = d->p;
	size_t n = digits(d);
	if (n == 0 || (n > 1 && *first == '0'))
		return false;
	bool fraction = eat(d, '.');
	if (fraction && digits(d) == 0)
		return false;
	bool exponent = eat(d, 'e') || eat(d, 'E');
	if (exponent && !eat(d, '+'))
		eat(d, '-');
	if (exponent && digits(d) == 0)
		return false;
	d->small = d->small && (fraction || exponent || n < 19);
	return true;
}

/* The table of RFC 3629, section 4. */
static bool utf8_char(struct descent *d)
{
	static const struct {
		uint8_t first, last, low, high, more;
	} rows[] = {{0x20, 0x7f, 0, 0, 0}, {0xc2, 0xdf, 0x80, 0xbf, 1}, {0xe0, 0xe0, 0xa0, 0xbf, 2},
		{0xe1, 0xec, 0x80, 0xbf, 2}, {0xed, 0xed, 0x80, 0x9f, 2},
		{0xee, 0xef, 0x80, 0xbf, 2}, {0xf0, 0xf0, 0x90, 0xbf, 3},
		{0xf1, 0xf3, 0x80, 0xbf, 3}, {0xf4, 0xf4, 0x80, 0x8f, 3}};
	int c = ahead(d);
	for (size_t i = 0; c != END && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (c < rows[i].first || c > rows[i].last)
			continue;
		d->p++;
		for (int k = 0; k < rows[i].more; k++, d->p++) {
			int low = k == 0 ? rows[i].low : 0x80, high = k == 0 ? rows[i].high : 0xbf;
			if (ahead(d) < low || ahead(d) > high)
				return false;
		}
		return true;
	}
	return false;
}

static bool hex4(struct descent *d, uint32_t *ret)
{
	static const char upper[] = "0123456789ABCDEF", lower[] = "0123456789abcdef";
	*ret = 0;
	for (int i = 0; i < 4; i++, d->p++) {
		uint32_t digit = 0;
		while (digit < 16 && ahead(d) != upper[digit] && ahead(d) != lower[digit])
			digit++;
		if (digit == 16)
			return false;
		*ret = *ret * 16 + digit;
	}
	return true;
}

static void put_char(struct name *name, uint32_t c)
{
	if (name == NULL)
		return;
	if (c < 0x80) {
		name->p[name->n++] = (uint8_t)c;
	} else if (c < 0x800) {
		name->p[name->n++] = (uint8_t)(0xc0 + c / 64);
		name->p[name->n++] = (uint8_t)(0x80 + c % 64);
	} else if (c < 0x10000) {
		name->p[name->n++] = (uint8_t)(0xe0 + c / 4096);
		name->p[name->n++] = (uint8_t)(0x80 + c / 64 % 64);
		name->p[name->n++] = (uint8_t)(0x80 + c % 64);
	} else {
		name->p[name->n++] = (uint8_t)(0xf0 + c / 262144);
		name->p[name->n++] = (uint8_t)(0x80 + c / 4096 % 64);
		name->p[name->n++] = (uint8_t)(0x80 + c / 64 % 64);
		name->p[name->n++] = (uint8_t)(0x80 + c % 64);
	}
}

/* Behind a backslash. Surrogates come in pairs, and a name has no NUL. */
static bool escape(struct descent *d, struct name *name)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint32_t c, low;
	for (size_t i = 0; from[i] != '\0'; i++)
		if (eat(d, from[i])) {
			put_char(name, (uint32_t)to[i]);
			return true;
		}
	if (!eat(d, 'u') || !hex4(d, &c) || (c == 0 && name != NULL))
		return false;
	if (c / 1024 == 0xdc00 / 1024)
		return false;
	if (c / 1024 == 0xd800 / 1024) {
		if (!eat(d, '\\') || !eat(d, 'u') || !hex4(d, &low) || low / 1024 != 0xdc00 / 1024)
			return false;
		c = 0x10000 + c % 1024 * 1024 + low % 1024;
	}
	put_char(name, c);
	return true;
}

/* name: NULL, or it has room for what the string stands for. */
static bool string(struct descent *d, struct name *name)
{
	if (!eat(d, '"'))
		return false;
	while (!eat(d, '"')) {
		const uint8_t *from = d->p;
		if (eat(d, '\\')) {
			if (!escape(d, name))
				return false;
			continue;
		}
		if (!utf8_char(d))
			return false;
		for (; name != NULL && from < d->p; from++)
			name->p[name->n++] = *from;
	}
	return true;
}

/* A name, which none of those before it is. */
static bool new_name(struct descent *d, struct name **names, size_t *n)
{
	struct name name = {malloc((size_t)(d->end - d->p) + 1), 0};
	*names = realloc(*names, (*n + 1) * sizeof(**names));
	MUST(name.p != NULL && *names != NULL);
	bool good = string(d, &name);
	for (size_t i = 0; i < *n; i++)
		good = good &&
		       (name.n != (*names)[i].n || memcmp(name.p, (*names)[i].p, name.n) != 0);
	(*names)[(*n)++] = name;
	return good;
}

static bool members(struct descent *d, struct name **names, size_t *n)
{
	do {
		ws(d);
		if (*n > 0)
			d->nodes++;
		if (!new_name(d, names, n))
			return false;
		ws(d);
		if (!eat(d, ':') || !value(d))
			return false;
	} while (eat(d, ','));
	return eat(d, '}');
}

static bool object(struct descent *d)
{
	struct name *names = NULL;
	size_t n = 0;
	ws(d);
	bool good = eat(d, '}') || members(d, &names, &n);
	for (size_t i = 0; i < n; i++)
		free(names[i].p);
	free(names);
	return good;
}

static bool array(struct descent *d)
{
	ws(d);
	if (eat(d, ']'))
		return true;
	while (value(d)) {
		if (eat(d, ']'))
			return true;
		if (!eat(d, ','))
			return false;
		d->nodes++;
	}
	return false;
}

static bool nested(struct descent *d, bool (*inside)(struct descent *d))
{
	d->nodes++;
	d->depth++;
	bool good = inside(d);
	d->depth--;
	return good;
}

static bool value(struct descent *d)
{
	bool good;
	ws(d);
	if (d->depth == JSON_DEPTH_MAX)
		return false;
	if (eat(d, '{'))
		good = nested(d, object);
	else if (eat(d, '['))
		good = nested(d, array);
	else if (ahead(d) == '"')
		good = string(d, NULL);
	else if (ahead(d) == 't' || ahead(d) == 'f')
		good = literal(d, ahead(d) == 't' ? "true" : "false");
	else
		good = ahead(d) == 'n' ? literal(d, "null") : number(d);
	ws(d);
	return good;
}

static void check_whole(struct bytes text, bool wanted, bool may_differ)
{
	struct json_object *o = NULL;
	struct err err = {0};
	int rc = json_whole(text, &o, &err);
	MUST((rc == 0) == wanted || (rc < 0 && may_differ));
	MUST(rc == 0 ||
		(o == NULL && err.status == ST_FORMAT && strncmp(err.msg, "byte ", 5) == 0));
	json_object_put(o);
}

/* After as many blanks, so that a border of two pieces may be anywhere in it. */
static void check_seq(struct bytes text, size_t blanks, bool wanted, bool may_differ)
{
	struct text file = {0};
	struct window in;
	struct json_seq seq;
	struct json_object *o = NULL;
	struct err err = {0};
	uint64_t off;
	text_fill(&file, ' ', blanks);
	text_add(&file, text);
	int fd = memory_file(text_bytes(&file));
	MUST(window_open(&in, fd, &err) == 0 && json_seq_open(&seq, &in, &err) == 0);
	int rc = json_seq_next(&seq, &o, &off, &err);
	MUST((rc == 1) == wanted || (rc < 0 && may_differ));
	MUST(rc >= 0 ||
		(o == NULL && err.status == ST_FORMAT && strncmp(err.msg, "offset ", 7) == 0));
	json_object_put(o);
	json_seq_close(&seq);
	window_close(&in);
	close(fd);
	text_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = {data, size};
	struct descent d = {.p = data, .end = data + size, .small = true};
	ws(&d);
	bool object = ahead(&d) == '{', container = object || ahead(&d) == '[';
	bool good = value(&d) && d.nodes <= JSON_NODES_MAX;
	if (container) {
		check_whole(text, good && d.p == d.end, !d.small);
		if (object)
			check_seq(text, size, good, !d.small);
	}
	return 0;
}
