/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/json_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/swar.h"

enum {
	PIECE = 4096, /* given to the parser at a time */
	RS = 0x1e,    /* RFC 7464, section 2.2 */
	AT_END = -1
};

static struct json_tokener *new_tokener(int flags, struct err *err)
{
	struct json_tokener *tok = json_tokener_new_ex(JSON_DEPTH_MAX);
	if (tok == NULL)
		err_sys(err, ENOMEM, "log");
	else
		json_tokener_set_flags(tok, JSON_TOKENER_STRICT | flags);
	return tok;
}

int json_seq_open(struct json_seq *ret, struct window *in, struct err *err)
{
	*ret = (struct json_seq){.in = in};
	ret->tok = new_tokener(JSON_TOKENER_ALLOW_TRAILING_CHARS, err);
	return ret->tok != NULL ? 0 : -1;
}

void json_seq_close(struct json_seq *s)
{
	if (s->tok != NULL)
		json_tokener_free(s->tok);
	s->tok = NULL;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Skips blanks, and RS where there may be one, and looks at the byte behind them. */
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
		return err_at(s, err, "something stands behind the end of the JSON array");
	s->state = JSON_SEQ_END;
	return 0;
}

/* 1 at an element, 0 behind the array. */
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
		return err_at(s, err, "neither ',' nor ']' behind an element of the JSON array");
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

/* Without a character at the end that goes on behind it. */
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

/* What a byte outside of a string is to the scan; those up to BYTE_EXPONENT are parts of numbers. */
enum byte_class {
	BYTE_OTHER,
	BYTE_ZERO,
	BYTE_DIGIT,
	BYTE_MINUS,
	BYTE_PLUS,
	BYTE_POINT,
	BYTE_EXPONENT,
	BYTE_QUOTE,
	BYTE_APOSTROPHE,
	BYTE_COLON,
	BYTE_NODE,
	BYTE_NAN
};

static const uint8_t byte_classes[256] = {
	['0'] = BYTE_ZERO,
	['1'] = BYTE_DIGIT,
	['2'] = BYTE_DIGIT,
	['3'] = BYTE_DIGIT,
	['4'] = BYTE_DIGIT,
	['5'] = BYTE_DIGIT,
	['6'] = BYTE_DIGIT,
	['7'] = BYTE_DIGIT,
	['8'] = BYTE_DIGIT,
	['9'] = BYTE_DIGIT,
	['-'] = BYTE_MINUS,
	['+'] = BYTE_PLUS,
	['.'] = BYTE_POINT,
	['e'] = BYTE_EXPONENT,
	['E'] = BYTE_EXPONENT,
	['"'] = BYTE_QUOTE,
	['\''] = BYTE_APOSTROPHE,
	[':'] = BYTE_COLON,
	['{'] = BYTE_NODE,
	['['] = BYTE_NODE,
	[','] = BYTE_NODE,
	['N'] = BYTE_NAN,
	['I'] = BYTE_NAN,
};

/* RFC 8259, section 6. What is not in a row is no number; the literals have an 'e', too. */
static const uint8_t number_steps[NUMBER_BAD][BYTE_EXPONENT + 1] = {
	[NUMBER_NONE] = {NUMBER_NONE, NUMBER_ZERO, NUMBER_INTEGER, NUMBER_MINUS, NUMBER_BAD,
		NUMBER_BAD, NUMBER_NONE},
	[NUMBER_MINUS] = {NUMBER_BAD, NUMBER_ZERO, NUMBER_INTEGER, NUMBER_BAD, NUMBER_BAD,
		NUMBER_BAD, NUMBER_BAD},
	[NUMBER_ZERO] = {NUMBER_NONE, NUMBER_BAD, NUMBER_BAD, NUMBER_BAD, NUMBER_BAD, NUMBER_POINT,
		NUMBER_E},
	[NUMBER_INTEGER] = {NUMBER_NONE, NUMBER_INTEGER, NUMBER_INTEGER, NUMBER_BAD, NUMBER_BAD,
		NUMBER_POINT, NUMBER_E},
	[NUMBER_POINT] = {NUMBER_BAD, NUMBER_FRACTION, NUMBER_FRACTION, NUMBER_BAD, NUMBER_BAD,
		NUMBER_BAD, NUMBER_BAD},
	[NUMBER_FRACTION] = {NUMBER_NONE, NUMBER_FRACTION, NUMBER_FRACTION, NUMBER_BAD, NUMBER_BAD,
		NUMBER_BAD, NUMBER_E},
	[NUMBER_E] = {NUMBER_BAD, NUMBER_EXPONENT, NUMBER_EXPONENT, NUMBER_SIGN, NUMBER_SIGN,
		NUMBER_BAD, NUMBER_BAD},
	[NUMBER_SIGN] = {NUMBER_BAD, NUMBER_EXPONENT, NUMBER_EXPONENT, NUMBER_BAD, NUMBER_BAD,
		NUMBER_BAD, NUMBER_BAD},
	[NUMBER_EXPONENT] = {NUMBER_NONE, NUMBER_EXPONENT, NUMBER_EXPONENT, NUMBER_BAD, NUMBER_BAD,
		NUMBER_BAD, NUMBER_BAD},
};

/* What is wrong with the next byte, which is in a string; NULL: nothing. */
static inline const char *scan_in_string(struct json_scan *s, uint8_t c)
{
	enum { ALL_ZEROS = 5 }; /* 'u' and four digits */
	bool escaped = s->escaped;
	s->escaped = !escaped && c == '\\';
	s->in_string = escaped || c != '"';
	if (escaped)
		s->zeros = c == 'u';
	else if (s->zeros > 0)
		s->zeros = c == '0' ? s->zeros + 1 : 0;
	if (s->zeros == ALL_ZEROS) {
		s->zeros = 0;
		s->has_nul = true;
	}
	return c < 0x20 ? "not JSON: a control character in a string" : NULL;
}

/* The same outside of strings. */
static inline const char *scan_outside(struct json_scan *s, uint8_t c)
{
	enum byte_class class = byte_classes[c];
	if (class == BYTE_OTHER && s->number == NUMBER_NONE)
		return NULL;
	if (class == BYTE_NAN)
		return "not JSON: NaN or Infinity";
	s->number = number_steps[s->number][class <= BYTE_EXPONENT ? class : BYTE_OTHER];
	if (s->number == NUMBER_BAD)
		return "not JSON: a number in a form that JSON does not have";
	switch ((int)class) {
	case BYTE_QUOTE:
		s->in_string = true;
		s->has_nul = false;
		break;
	case BYTE_APOSTROPHE:
		return "not JSON: a name that is not in double quotes";
	case BYTE_COLON:
		return s->has_nul ? "a NUL (\\u0000) in the name of a member" : NULL;
	case BYTE_NODE:
		return s->nodes++ == JSON_NODES_MAX ? "not JSON: too many values in one object"
						    : NULL;
	default:
		break;
	}
	return NULL;
}

/*
 * How many bytes at the front of b go on with a string: up to a quote, a backslash, or a control
 * character, or less than 8 before the end. Eight at a time: text and hex are most of a log.
 */
static inline size_t string_run(struct json_scan *s, struct bytes b)
{
	size_t n = 0;
	uint64_t high = 0;
	for (; b.n - n >= sizeof(uint64_t); n += sizeof(uint64_t)) {
		uint64_t word = word_get(b.p + n);
		uint64_t ends = word_is(word, '"') | word_is(word, '\\') | word_less(word, 0x20);
		high |= word;
		if (ends != 0) {
			n += (size_t)__builtin_ctzll(ends) / 8;
			break;
		}
	}
	s->high = s->high || (high & WORD_TOPS) != 0;
	return n;
}

/* Whether a quote begins or ends a string here, and nothing else is to be looked at. */
static inline bool is_plain_quote(const struct json_scan *s)
{
	return s->in_string ? !s->escaped && s->zeros == 0 : s->number == NUMBER_NONE;
}

/* Takes what was parsed; how much of it is good, and what is wrong behind, or NULL. */
static size_t scan(struct json_scan *ret, struct bytes b, const char **problem)
{
	struct json_scan s = *ret; /* of its own: the compiler keeps it in processor registers */
	size_t i = 0;
	*problem = NULL;
	for (; i < b.n; i++) {
		if (s.in_string && !s.escaped && s.zeros == 0)
			i += string_run(&s, (struct bytes){b.p + i, b.n - i});
		if (i == b.n)
			break;
		/* Most of what is between strings is their quotes. */
		if (b.p[i] == '"' && is_plain_quote(&s)) {
			s.in_string = !s.in_string;
			s.has_nul = s.has_nul && !s.in_string;
			continue;
		}
		s.high = s.high || b.p[i] >= 0x80;
		*problem = s.in_string ? scan_in_string(&s, b.p[i]) : scan_outside(&s, b.p[i]);
		if (*problem != NULL)
			break;
	}
	*ret = s;
	return i;
}

/* json-c takes a NUL for the end. Pieces overlap: each byte is looked at once. */
static void stop_at_nul(struct json_seq *s, struct bytes *piece)
{
	uint64_t from = window_tell(s->in), to = from + piece->n;
	size_t known = s->clean > from ? (size_t)(s->clean - from) : 0;
	if (known >= piece->n)
		return;
	const uint8_t *nul = memchr(piece->p + known, '\0', piece->n - known);
	if (nul != NULL)
		piece->n = (size_t)(nul - piece->p);
	else
		s->clean = to;
}

/* What can be parsed now: up to a NUL. */
static int peek_piece(struct json_seq *s, uint64_t start, struct bytes *ret, struct err *err)
{
	if (window_tell(s->in) - start > WINDOW_MAX - PIECE)
		return err_set(err, ST_FORMAT, "offset %llu: a JSON object of more than %d bytes",
			(unsigned long long)start, WINDOW_MAX - PIECE);
	if (window_peek(s->in, PIECE, ret, err) < 0)
		return -1;
	if (ret->n == 0)
		return err_set(err, ST_FORMAT,
			"offset %llu: the JSON object that begins at offset %llu is cut",
			(unsigned long long)window_tell(s->in), (unsigned long long)start);
	if (ret->p[0] == '\0')
		return err_at(s, err, "a NUL byte in JSON");
	if (ret->n == PIECE)
		ret->n = whole_characters(*ret);
	stop_at_nul(s, ret);
	return 0;
}

/* The first byte that does not belong to a character. */
static size_t find_bad_utf8(struct bytes b)
{
	size_t at = 0, n;
	do {
		for (n = 1; n <= 4 && n <= b.n - at; n++)
			if (utf8_valid((struct bytes){b.p + at, n}))
				break;
		if (n > 4 || n > b.n - at)
			break;
		at += n;
	} while (at < b.n);
	return at;
}

/* What json-c lets pass. */
static int look_through(struct json_seq *s, struct bytes used, struct err *err)
{
	unsigned long long off = window_tell(s->in);
	const char *wrong;
	s->scan.high = false;
	size_t at = scan(&s->scan, used, &wrong);
	if (s->scan.high && !utf8_valid(used))
		return err_set(err, ST_FORMAT, "offset %llu: not UTF-8", off + find_bad_utf8(used));
	if (wrong != NULL)
		return err_set(err, ST_FORMAT, "offset %llu: %s", off + at, wrong);
	return 0;
}

/* 1 and the object where its end was in the piece, 0 to go on. */
static int parse_piece(
	struct json_seq *s, struct bytes piece, struct json_object **ret, struct err *err)
{
	struct json_object *o = json_tokener_parse_ex(s->tok, (const char *)piece.p, (int)piece.n);
	enum json_tokener_error problem = json_tokener_get_error(s->tok);
	struct bytes used = {piece.p, json_tokener_get_parse_end(s->tok)};
	unsigned long long off = window_tell(s->in);
	if (problem != json_tokener_success && problem != json_tokener_continue)
		return err_set(err, ST_FORMAT, "offset %llu: not JSON: %s", off + used.n,
			json_tokener_error_desc(problem));
	/* The parser has taken blanks behind the object, too. */
	while (o != NULL && is_blank(used.p[used.n - 1]))
		used.n--;
	if (look_through(s, used, err) < 0) {
		json_object_put(o);
		return -1;
	}
	window_skip(s->in, used.n);
	*ret = o;
	return problem == json_tokener_success;
}

int json_seq_next(struct json_seq *s, struct json_object **ret, uint64_t *off, struct err *err)
{
	int rc = find_text(s, err);
	if (rc <= 0)
		return rc;
	struct bytes piece;
	uint64_t start = *off = window_tell(s->in);
	if (window_peek(s->in, 1, &piece, err) < 0)
		return -1;
	if (piece.n > 0 && piece.p[0] != '{')
		return err_at(s, err, "not a JSON object");
	json_tokener_reset(s->tok);
	s->scan = (struct json_scan){0};
	do {
		if (peek_piece(s, start, &piece, err) < 0)
			return -1;
		rc = parse_piece(s, piece, ret, err);
	} while (rc == 0);
	return rc;
}

int json_whole(struct bytes text, struct json_object **ret, struct err *err)
{
	struct json_scan s = {0};
	const char *wrong;
	*ret = NULL;
	/* Before anything is made of it. */
	size_t end = scan(&s, text, &wrong);
	if (wrong != NULL)
		return err_set(err, ST_FORMAT, "byte %zu: %s", end, wrong);
	struct json_tokener *tok = new_tokener(0, err);
	if (tok == NULL)
		return -1;
	*ret = json_tokener_parse_ex(tok, (const char *)text.p, (int)text.n);
	enum json_tokener_error problem = json_tokener_get_error(tok);
	end = json_tokener_get_parse_end(tok);
	json_tokener_free(tok);
	if (problem == json_tokener_continue)
		wrong = "it is cut";
	else if (problem != json_tokener_success)
		wrong = json_tokener_error_desc(problem);
	else if (end < text.n || !utf8_valid(text))
		wrong = "not UTF-8, or a NUL";
	if (wrong == NULL)
		return 0;
	json_object_put(*ret);
	*ret = NULL;
	return err_set(err, ST_FORMAT, "byte %zu: not JSON: %s", end, wrong);
}

uint8_t json_head_first(struct bytes head)
{
	for (size_t i = 0; i < head.n; i++)
		if (!is_blank(head.p[i]) && head.p[i] != RS)
			return head.p[i];
	return 0;
}

static struct bytes skip_blanks(struct bytes b)
{
	while (b.n > 0 && is_blank(b.p[0])) {
		b.p++;
		b.n--;
	}
	return b;
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

size_t json_count_names(struct bytes text, const char *key)
{
	size_t count = 0;
	struct bytes value;
	while ((value = json_head_value(text, key)).p != NULL) {
		count++;
		text = (struct bytes){value.p, (size_t)(text.p + text.n - value.p)};
	}
	return count;
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
