/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/json_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	PIECE = 4096, /* given to the parser at a time */
	RS = 0x1e,    /* RFC 7464, section 2.2 */
	AT_END = -1
};

static struct json_tokener *new_tokener(struct err *err)
{
	struct json_tokener *tok = json_tokener_new_ex(JSON_DEPTH_MAX);
	if (tok == NULL)
		err_sys(err, ENOMEM, "log");
	return tok;
}

int json_seq_open(struct json_seq *ret, struct window *in, struct err *err)
{
	*ret = (struct json_seq){.in = in, .text = {.tok = new_tokener(err)}};
	return ret->text.tok != NULL ? 0 : -1;
}

void json_seq_close(struct json_seq *s)
{
	if (s->text.tok != NULL)
		json_tokener_free(s->text.tok);
	s->text.tok = NULL;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Skips blanks, and RS where there may be one, and looks at the byte after them. */
static int next_byte(struct json_seq *s, int *ret, struct err *err)
{
	bool rs_too = s->state <= JSON_SEQ_TEXTS;
	struct bytes b;
	do {
		if (window_peek(s->in, PIECE, &b, err) < 0)
			return -1;
		size_t n = 0;
		while (n < b.n && (is_blank(b.p[n]) || (rs_too && b.p[n] == RS)))
			n++;
		window_skip(s->in, n);
		*ret = n < b.n ? b.p[n] : AT_END;
	} while (*ret == AT_END && b.n > 0);
	return 0;
}

static int err_at(const struct json_seq *s, struct err *err, const char *what)
{
	return err_set(
		err, ST_FORMAT, "offset %llu: %s", (unsigned long long)window_tell(s->in), what);
}

static int end_array(struct json_seq *s, struct err *err)
{
	int c;
	window_skip(s->in, 1);
	if (next_byte(s, &c, err) < 0)
		return -1;
	if (c != AT_END)
		return err_at(s, err, "extra text after the end of the JSON array");
	s->state = JSON_SEQ_END;
	return 0;
}

/* 1 at an element, 0 after the array. */
static int array_step(struct json_seq *s, int c, struct err *err)
{
	if (c == AT_END)
		return err_at(s, err, "the JSON array is cut: its ']' is missing");
	if (c == ']')
		return end_array(s, err);
	if (s->state == JSON_SEQ_ARRAY_FIRST) {
		s->state = JSON_SEQ_ARRAY;
		return 1;
	}
	if (c != ',')
		return err_at(s, err, "neither ',' nor ']' after an element of the JSON array");
	window_skip(s->in, 1);
	return 1;
}

/* 1 where a text must begin, 0 at the end. */
static int find_text(struct json_seq *s, struct err *err)
{
	int c;
	if (s->state == JSON_SEQ_END)
		return 0;
	if (next_byte(s, &c, err) < 0)
		return -1;
	if (s->state == JSON_SEQ_START) {
		s->state = c == '[' ? JSON_SEQ_ARRAY_FIRST : JSON_SEQ_TEXTS;
		if (c == '[') {
			window_skip(s->in, 1);
			if (next_byte(s, &c, err) < 0)
				return -1;
		}
	}
	if (s->state == JSON_SEQ_TEXTS)
		return c != AT_END;
	int rc = array_step(s, c, err);
	return rc <= 0 ? rc : next_byte(s, &c, err) < 0 ? -1 : 1;
}

/* Without a character at the end that continues after it. */
static size_t whole_characters(struct bytes b)
{
	for (size_t back = 1; back <= 3 && back < b.n; back++) {
		uint8_t c = b.p[b.n - back];
		size_t size = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
		if (size > back)
			return b.n - back;
	}
	return b.n;
}

/* What can be parsed now. */
static int peek_piece(struct json_seq *s, struct bytes *ret, struct err *err)
{
	unsigned long long start = s->text.start;
	if (s->text.off - start > WINDOW_MAX - PIECE)
		return err_set(err, ST_FORMAT, "offset %llu: a JSON object of more than %d bytes",
			start, WINDOW_MAX - PIECE);
	if (window_peek(s->in, PIECE, ret, err) < 0)
		return -1;
	if (ret->n == 0)
		return err_set(err, ST_FORMAT,
			"offset %llu: the JSON object that begins at offset %llu is cut",
			(unsigned long long)s->text.off, start);
	if (ret->n == PIECE)
		ret->n = whole_characters(*ret);
	return 0;
}

/* The members of all objects in it, which is at most JSON_DEPTH_MAX deep. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static size_t count_members(struct json_object *o)
{
	struct json_object_iter it;
	size_t n = 0;
	enum json_type type = json_object_get_type(o);
	if (type == json_type_array) {
		for (size_t i = 0; i < json_object_array_length(o); i++)
			n += count_members(json_object_array_get_idx(o, i));
	} else if (type == json_type_object) {
		json_object_object_foreachC(o, it)
		{
			n += 1 + count_members(it.val);
		}
	}
	return n;
}

static int err_text(const struct json_text *t, uint64_t off, const char *prefix, const char *wrong,
	struct err *err)
{
	return err_set(
		err, ST_FORMAT, "%s %llu: %s%s", t->unit, (unsigned long long)off, prefix, wrong);
}

/* 1 and the text if its end is in the piece, whose *n bytes up to there are taken; 0: all are. */
static int take(struct json_text *t, struct bytes piece, size_t *n, struct json_object **ret,
	struct err *err)
{
	const char *wrong;
	*n = json_check(&t->check, piece, &wrong);
	if (wrong != NULL)
		return err_text(t, t->off + *n, "", wrong, err);
	struct json_object *o = json_tokener_parse_ex(t->tok, (const char *)piece.p, (int)*n);
	enum json_tokener_error problem = json_tokener_get_error(t->tok);
	if (problem != json_tokener_success && problem != json_tokener_continue)
		return err_text(t, t->off + json_tokener_get_parse_end(t->tok),
			"not JSON: ", json_tokener_error_desc(problem), err);
	/* Of two members with one name json-c keeps the last. */
	if (problem == json_tokener_success && count_members(o) < t->check.members) {
		json_object_put(o);
		return err_text(
			t, t->start, "", "two members of one object have the same name", err);
	}
	t->off += *n;
	*ret = o;
	return problem == json_tokener_success;
}

int json_seq_next(struct json_seq *s, struct json_object **ret, uint64_t *off, struct err *err)
{
	int rc = find_text(s, err);
	if (rc <= 0)
		return rc;
	struct bytes piece;
	size_t n;
	*off = window_tell(s->in);
	if (window_peek(s->in, 1, &piece, err) < 0)
		return -1;
	if (piece.n > 0 && piece.p[0] != '{')
		return err_at(s, err, "not a JSON object");
	json_tokener_reset(s->text.tok);
	s->text = (struct json_text){
		.tok = s->text.tok, .unit = "offset", .start = *off, .off = *off};
	do {
		if (peek_piece(s, &piece, err) < 0)
			return -1;
		rc = take(&s->text, piece, &n, ret, err);
		window_skip(s->in, rc < 0 ? 0 : n);
	} while (rc == 0);
	return rc;
}

static struct bytes skip_blanks(struct bytes b)
{
	while (b.n > 0 && is_blank(b.p[0])) {
		b.p++;
		b.n--;
	}
	return b;
}

int json_whole(struct bytes text, struct json_object **ret, struct err *err)
{
	struct json_text t = {.tok = new_tokener(err), .unit = "byte"};
	size_t n;
	*ret = NULL;
	if (t.tok == NULL)
		return -1;
	int rc = take(&t, text, &n, ret, err);
	json_tokener_free(t.tok);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_text(&t, n, "not JSON: ", "it is cut", err);
	if (skip_blanks((struct bytes){text.p + n, text.n - n}).n == 0)
		return 0;
	json_object_put(*ret);
	*ret = NULL;
	return err_text(&t, n, "not JSON: ", "extra text after its end", err);
}

uint8_t json_head_first(struct bytes head)
{
	for (size_t i = 0; i < head.n; i++)
		if (!is_blank(head.p[i]) && head.p[i] != RS)
			return head.p[i];
	return 0;
}

struct bytes json_head_value(struct bytes head, const char *key)
{
	size_t n = strlen(key);
	for (const uint8_t *at; (at = memmem(head.p, head.n, key, n)) != NULL;) {
		bool opens = at > head.p && at[-1] == '"' && (at - 1 == head.p || at[-2] != '\\');
		head.n -= (size_t)(at - head.p) + n;
		head.p = at + n;
		if (!opens || head.n == 0 || head.p[0] != '"')
			continue;
		struct bytes rest = skip_blanks((struct bytes){head.p + 1, head.n - 1});
		if (rest.n > 0 && rest.p[0] == ':')
			return skip_blanks((struct bytes){rest.p + 1, rest.n - 1});
	}
	return (struct bytes){NULL, 0};
}

uint32_t json_members(
	struct json_object *o, const char *const *keys, size_t n, struct json_object **values)
{
	struct json_object_iter it;
	uint32_t there = 0;
	for (size_t i = 0; i < n; i++)
		values[i] = NULL;
	if (!json_object_is_type(o, json_type_object))
		return there;
	json_object_object_foreachC(o, it)
	{
		size_t i = 0;
		while (i < n && (it.key[0] != keys[i][0] || strcmp(it.key, keys[i]) != 0))
			i++;
		if (i < n) {
			values[i] = it.val;
			there |= UINT32_C(1) << i;
		}
	}
	return there;
}

struct json_object *json_member(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v;
	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, type) ? v : NULL;
}

struct bytes json_bytes(struct json_object *string)
{
	const char *s = json_object_get_string(string);
	if (s == NULL)
		return (struct bytes){NULL, 0};
	return (struct bytes){(const uint8_t *)s, (size_t)json_object_get_string_len(string)};
}

int json_name(struct json_object *o, const char *what, const char **ret, struct err *err)
{
	struct bytes name = json_bytes(json_object_is_type(o, json_type_string) ? o : NULL);
	if (name.n == 0)
		return 0;
	if (!bytes_is_word(name))
		return err_set(
			err, ST_FORMAT, "'%s' is not a name: one word of printable ASCII", what);
	*ret = (const char *)name.p;
	return 0;
}

static bool digits_number(struct bytes b, uint64_t *ret)
{
	unsigned base = 10;
	if (b.n > 2 && bytes_start_with(b, "0x")) {
		base = 16;
		b = (struct bytes){b.p + 2, b.n - 2};
	}
	*ret = 0;
	for (size_t i = 0; i < b.n; i++) {
		uint8_t c = b.p[i];
		unsigned digit = base;
		if (c >= '0' && c <= '9')
			digit = (unsigned)c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (unsigned)(c | 0x20) - 'a' + 10;
		if (digit >= base || *ret > (UINT64_MAX - digit) / base)
			return false;
		*ret = *ret * base + digit;
	}
	return b.n > 0;
}

bool json_number(struct json_object *o, uint64_t *ret)
{
	if (json_object_is_type(o, json_type_string))
		return digits_number(json_bytes(o), ret) && *ret < UINT64_MAX;
	if (!json_object_is_type(o, json_type_int))
		return false;
	*ret = json_object_get_uint64(o);
	return json_object_get_int64(o) >= 0 && *ret < UINT64_MAX;
}

uint8_t *json_room_get(struct json_room *room, size_t n, struct err *err)
{
	if (n > room->size) {
		uint8_t *grown = realloc(room->p, n);
		if (grown == NULL) {
			err_sys(err, ENOMEM, "log");
			return NULL;
		}
		*room = (struct json_room){grown, n};
	}
	return room->p;
}

int json_unhex(
	struct json_object *string, struct json_room *room, struct bytes *ret, struct err *err)
{
	if (!json_object_is_type(string, json_type_string))
		return err_set(err, ST_FORMAT, "not a string of hex digits");
	struct bytes hex = json_bytes(string);
	uint8_t *p = json_room_get(room, hex.n / 2 + 1, err);
	if (p == NULL)
		return -1;
	if (hex.n % 2 != 0 || !hex_get(p, hex.n / 2, hex, true))
		return err_set(err, ST_FORMAT, "not a string of hex digits");
	*ret = (struct bytes){p, hex.n / 2};
	return 0;
}
