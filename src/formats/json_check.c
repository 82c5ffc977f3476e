/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/json_check.h"

#include <ctype.h>

#include "base/limits.h"
#include "base/swar.h"

/* Where in a number the text is; it may end after those that end a number of RFC 8259, section 6. */
enum {
	NUMBER_NONE,
	NUMBER_MINUS,
	NUMBER_ZERO,
	NUMBER_INTEGER,
	NUMBER_POINT,
	NUMBER_FRACTION,
	NUMBER_E,
	NUMBER_SIGN,
	NUMBER_EXPONENT,
	NUMBER_BAD
};

/* Where in an escape; after the first half of a surrogate pair the escape of the second must follow. */
enum {
	ESCAPE_NONE,
	ESCAPE_BACKSLASH,
	ESCAPE_DIGITS, /* and the next three: how many of the four digits were there */
	ESCAPE_HALF = ESCAPE_DIGITS + 4,
	ESCAPE_HALF_BACKSLASH
};

/* What a byte outside of a string is to the check; those up to BYTE_EXPONENT are parts of numbers. */
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
	BYTE_OPEN,
	BYTE_CLOSE,
	BYTE_COMMA,
	BYTE_NAN,
	BYTE_WORD, /* begins true, false, null */
	BYTE_UPPER_WORD,
	BYTE_SLASH,
	BYTE_NUL
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
	['{'] = BYTE_OPEN,
	['['] = BYTE_OPEN,
	['}'] = BYTE_CLOSE,
	[']'] = BYTE_CLOSE,
	[','] = BYTE_COMMA,
	['N'] = BYTE_NAN,
	['I'] = BYTE_NAN,
	['i'] = BYTE_NAN,
	['t'] = BYTE_WORD,
	['f'] = BYTE_WORD,
	['n'] = BYTE_WORD,
	['T'] = BYTE_UPPER_WORD,
	['F'] = BYTE_UPPER_WORD,
	['/'] = BYTE_SLASH,
	['\0'] = BYTE_NUL,
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

static const char lone_surrogate[] = "half of a surrogate pair in a string, without the other half";
/* No fault: the bracket that closes the text. */
static const char text_end[] = "";

/* After the four digits of an escape. */
static const char *end_unit(struct json_check *c)
{
	if (((c->unit & 0xfc00) == 0xdc00) != c->half)
		return lone_surrogate;
	c->half = (c->unit & 0xfc00) == 0xd800;
	c->has_nul = c->has_nul || c->unit == 0;
	c->escape = c->half ? ESCAPE_HALF : ESCAPE_NONE;
	return NULL;
}

/* What is wrong with the next byte, which is in a string; NULL: nothing. */
static inline const char *check_in_string(struct json_check *c, uint8_t b)
{
	switch (c->escape) {
	case ESCAPE_NONE:
		c->escape = b == '\\' ? ESCAPE_BACKSLASH : ESCAPE_NONE;
		c->in_string = b != '"';
		return b < 0x20 ? "not JSON: a control character in a string" : NULL;
	case ESCAPE_BACKSLASH:
		c->escape = b == 'u' ? ESCAPE_DIGITS : ESCAPE_NONE;
		return NULL;
	case ESCAPE_HALF:
	case ESCAPE_HALF_BACKSLASH:
		if (b != (c->escape == ESCAPE_HALF ? '\\' : 'u'))
			return lone_surrogate;
		c->escape = c->escape == ESCAPE_HALF ? ESCAPE_HALF_BACKSLASH : ESCAPE_DIGITS;
		return NULL;
	default:
		if (!isxdigit(b))
			return "not JSON: an escape without four hex digits";
		c->unit = (uint16_t)(c->unit << 4 | ((b & 0xf) + (b > '9' ? 9 : 0)));
		return ++c->escape == ESCAPE_HALF ? end_unit(c) : NULL;
	}
}

static const char bad_word[] = "not JSON: a word other than true, false and null";

/* The same in one of these words. */
static const char *check_in_word(struct json_check *c, uint8_t b)
{
	if (b != (uint8_t)*c->word)
		return bad_word;
	c->word = c->word[1] != '\0' ? c->word + 1 : NULL;
	return NULL;
}

/* The same outside of both. */
static inline const char *check_outside(struct json_check *c, uint8_t b)
{
	enum byte_class class = byte_classes[b];
	bool after_comma = c->comma;
	if (class == BYTE_OTHER && c->number == NUMBER_NONE)
		return NULL;
	c->comma = class == BYTE_COMMA;
	if (class == BYTE_NAN)
		return "not JSON: NaN or Infinity";
	c->number = number_steps[c->number][class <= BYTE_EXPONENT ? class : BYTE_OTHER];
	if (c->number == NUMBER_BAD)
		return "not JSON: a number in a form that JSON does not have";
	switch ((int)class) {
	case BYTE_QUOTE:
		c->in_string = true;
		c->has_nul = false;
		break;
	case BYTE_APOSTROPHE:
		return "not JSON: a name that is not in double quotes";
	case BYTE_NUL:
		return "a NUL byte in JSON";
	case BYTE_SLASH:
		return "not JSON: a comment";
	case BYTE_WORD:
		c->word = b == 't' ? "rue" : b == 'f' ? "alse" : "ull";
		break;
	case BYTE_UPPER_WORD:
		return bad_word;
	case BYTE_COLON:
		c->members++;
		return c->has_nul ? "a NUL (\\u0000) in the name of a member" : NULL;
	case BYTE_CLOSE:
		if (after_comma)
			return "not JSON: a comma before a closing bracket";
		return --c->depth == 0 ? text_end : NULL;
	case BYTE_OPEN:
	case BYTE_COMMA:
		c->depth += class == BYTE_OPEN;
		return c->nodes++ == JSON_NODES_MAX ? "not JSON: too many values in one object"
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
static inline size_t string_run(struct json_check *c, struct bytes b)
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
	c->high = c->high || (high & WORD_TOPS) != 0;
	return n;
}

/* Whether a quote begins or ends a string here, and nothing else is to be looked at. */
static inline bool is_plain_quote(const struct json_check *c)
{
	return c->in_string ? c->escape == ESCAPE_NONE
			    : c->number == NUMBER_NONE && c->word == NULL;
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

size_t json_check(struct json_check *check, struct bytes b, const char **wrong)
{
	struct json_check c = *check; /* a copy, which the compiler keeps in processor registers */
	size_t i = 0;
	*wrong = NULL;
	c.high = false;
	for (; i < b.n && *wrong == NULL; i++) {
		if (c.in_string && c.escape == ESCAPE_NONE)
			i += string_run(&c, (struct bytes){b.p + i, b.n - i});
		if (i == b.n)
			break;
		/* Most of what is between strings is their quotes. */
		if (b.p[i] == '"' && is_plain_quote(&c)) {
			c.in_string = !c.in_string;
			c.comma = false;
			c.has_nul = c.has_nul && !c.in_string;
			continue;
		}
		c.high = c.high || b.p[i] >= 0x80;
		*wrong = c.in_string	  ? check_in_string(&c, b.p[i])
			 : c.word != NULL ? check_in_word(&c, b.p[i])
					  : check_outside(&c, b.p[i]);
	}
	*check = c;
	if (*wrong == text_end)
		*wrong = NULL;
	else if (*wrong != NULL)
		i--;
	b.n = i;
	if (!c.high || utf8_valid(b))
		return i;
	*wrong = "not UTF-8";
	return find_bad_utf8(b);
}
