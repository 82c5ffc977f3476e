/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/journal_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const kinds[] = {
	[JOURNAL_HEADER] = "header",
	[JOURNAL_INTENT] = "intent",
	[JOURNAL_COMMIT] = "commit",
	[JOURNAL_VOID] = "void",
	[JOURNAL_UNKNOWN] = "unknown",
	[JOURNAL_STATE] = "state",
	[JOURNAL_PART] = "part",
};

/* One pread(2) of the n bytes that end at `end`, n made smaller where the file starts. */
static ssize_t read_before(int fd, uint8_t *buf, size_t *n, off_t end, struct err *err)
{
	if (end < (off_t)*n)
		*n = (size_t)end;
	for (;;) {
		ssize_t got = pread(fd, buf, *n, end - (off_t)*n);
		if (got == (ssize_t)*n)
			return got;
		if (got >= 0)
			return err_set(err, ST_SYSTEM, "it became shorter while it was read");
		if (errno != EINTR)
			return err_sys(err, errno, "offset %lld", (long long)end - (long long)*n);
	}
}

int journal_end(int fd, off_t upto, off_t *ret, struct err *err)
{
	uint8_t buf[4096];
	off_t end = lseek(fd, 0, SEEK_END);
	if (end < 0)
		return err_sys(err, errno, "seek");
	if (end > LOG_FILE_MAX)
		return err_set(err, ST_FORMAT, "longer than %lld bytes", (long long)LOG_FILE_MAX);
	if (end > upto)
		end = upto;
	upto = end;
	while (end > 0) {
		if (upto - end > LINE_MAX_BYTES)
			return err_set(err, ST_FORMAT, "its last line has more than %d bytes",
				LINE_MAX_BYTES);
		size_t n = sizeof(buf);
		if (read_before(fd, buf, &n, end, err) < 0)
			return -1;
		const uint8_t *last = memrchr(buf, '\n', n);
		if (last != NULL) {
			*ret = end - (off_t)n + (last - buf) + 1;
			return 0;
		}
		end -= (off_t)n;
	}
	*ret = 0;
	return 0;
}

static const char state_start[] = "\n{\"kind\":\"state\"";

/* The last place among the first n bytes of b from which a state line follows; -1: none. */
static ssize_t last_state(struct bytes b, size_t n)
{
	while (n > 0) {
		const uint8_t *newline = memrchr(b.p, '\n', n);
		if (newline == NULL)
			return -1;
		n = (size_t)(newline - b.p);
		if (bytes_start_with((struct bytes){newline, b.n - n}, state_start))
			return (ssize_t)n + 1;
	}
	return -1;
}

int journal_tail(int fd, off_t end, off_t *ret, struct err *err)
{
	/* Pieces overlap by what a state line starts with. */
	enum { PIECE = 16384, OVERLAP = sizeof(state_start) };
	uint8_t buf[PIECE + OVERLAP];
	off_t newline = end; /* the first one that was seen */
	*ret = 0;
	/* A longer line is damage, which reading from the front finds without reading all of it. */
	for (off_t at = end; at > 0 && newline - at <= LINE_MAX_BYTES; at -= PIECE) {
		off_t upto = end - at < OVERLAP ? end : at + OVERLAP;
		size_t n = PIECE + (size_t)(upto - at);
		if (read_before(fd, buf, &n, upto, err) < 0)
			return -1;
		size_t mine = n - (size_t)(upto - at);
		ssize_t found = last_state((struct bytes){buf, n}, mine);
		if (found >= 0) {
			*ret = upto - (off_t)n + found;
			return 0;
		}
		const uint8_t *first = memchr(buf, '\n', mine);
		if (first != NULL)
			newline = upto - (off_t)n + (first - buf);
	}
	return 0;
}

int journal_open(struct journal *ret, int fd, off_t from, off_t end, struct err *err)
{
	*ret = (struct journal){.from_front = from == 0};
	if (lines_open(&ret->lines, fd, err) < 0)
		return -1;
	ret->lines.end = end;
	lines_seek(&ret->lines, from);
	return 0;
}

void journal_close(struct journal *j)
{
	lines_close(&j->lines);
	*j = (struct journal){0};
}

/*
 * What a line is made of, taken off the front of what is left of it. After the first thing that is
 * not as it should be, nothing is taken any more.
 */
struct scan {
	struct bytes left;
	const char *bad; /* the member that is not as it should be */
};

static bool is_next(const struct scan *s, const char *text)
{
	return s->bad == NULL && bytes_start_with(s->left, text);
}

static struct bytes take(struct scan *s, size_t n)
{
	struct bytes b = {s->left.p, n};
	s->left = (struct bytes){s->left.p + n, s->left.n - n};
	return b;
}

static bool take_if(struct scan *s, const char *text)
{
	if (!is_next(s, text))
		return false;
	take(s, strlen(text));
	return true;
}

/* `text` and nothing else; `what` is the member that it belongs to. */
static void expect(struct scan *s, const char *text, const char *what)
{
	if (!take_if(s, text) && s->bad == NULL)
		s->bad = what;
}

static uint64_t take_number(struct scan *s, uint64_t max, const char *what)
{
	uint64_t v = 0;
	size_t n = 0;
	if (s->bad != NULL)
		return 0;
	while (n < s->left.n && n < 19 && s->left.p[n] >= '0' && s->left.p[n] <= '9')
		v = 10 * v + (uint64_t)(s->left.p[n++] - '0');
	if (n == 0 || v > max || (n > 1 && s->left.p[0] == '0'))
		s->bad = what;
	else
		take(s, n);
	return v;
}

/* What stands between the quotes of a string, escapes and all. */
/* The bytes before the quote that ends a string; as many as there are, or more, where none does. */
static size_t string_length(struct bytes b)
{
	const uint8_t *quote = memchr(b.p, '"', b.n);
	size_t n = quote != NULL ? (size_t)(quote - b.p) : b.n;
	if (memchr(b.p, '\\', n) == NULL)
		return n;
	for (n = 0; n < b.n && b.p[n] != '"';)
		n += b.p[n] == '\\' ? 2 : 1;
	return n;
}

static struct bytes take_string(struct scan *s, const char *what)
{
	expect(s, "\"", what);
	if (s->bad != NULL)
		return (struct bytes){0};
	size_t n = string_length(s->left);
	if (n >= s->left.n) {
		s->bad = what;
		return (struct bytes){0};
	}
	struct bytes raw = take(s, n);
	take(s, 1);
	return raw;
}

static unsigned take_hex4(struct bytes *b, bool *bad)
{
	uint8_t v[2] = {0};
	if (b->n < 6 || b->p[0] != '\\' || b->p[1] != 'u' ||
		!hex_get(v, 2, (struct bytes){b->p + 2, 4}, false)) {
		*bad = true;
		return 0;
	}
	*b = (struct bytes){b->p + 6, b->n - 6};
	return (unsigned)v[0] << 8 | v[1];
}

/* The UTF-8 of a code point; returns its length. */
static size_t put_utf8(char out[static 4], uint32_t c)
{
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(n == 1 ? c : lead[n] | c);
	return n;
}

/* One character off the front of what stands between quotes; 0 for anything that is none. */
static uint32_t take_char(struct bytes *b)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	bool bad = false;
	if (b->p[0] != '\\') {
		uint32_t c = b->p[0];
		*b = (struct bytes){b->p + 1, b->n - 1};
		return c >= 0x20 && c < 0x7f ? c : 0;
	}
	for (size_t i = 0; b->n >= 2 && shorts[i] != '\0'; i += 2) {
		if (b->p[1] != (uint8_t)shorts[i + 1])
			continue;
		*b = (struct bytes){b->p + 2, b->n - 2};
		return (uint32_t)shorts[i];
	}
	uint32_t c = take_hex4(b, &bad);
	if (c >= 0xd800 && c <= 0xdbff) {
		uint32_t low = take_hex4(b, &bad);
		bad = bad || low < 0xdc00 || low > 0xdfff;
		c = 0x10000 + ((c - 0xd800) << 10) + (low & 0x3ff);
	} else {
		bad = bad || (c >= 0xdc00 && c <= 0xdfff) || (c >= 0x20 && c < 0x7f) ||
		      (c != 0 && c < 0x20 && strchr(shorts, (int)c) != NULL);
	}
	return bad ? 0 : c;
}

/* The text that it stands for, in the one spelling that the writer has for it. */
static bool unescape(struct bytes raw, char *ret, size_t room)
{
	size_t n = 0;
	while (raw.n > 0) {
		uint32_t c = take_char(&raw);
		if (c == 0 || n + 5 > room)
			return false;
		n += put_utf8(ret + n, c);
	}
	ret[n] = '\0';
	return true;
}

static void take_text(struct scan *s, char *ret, size_t room, const char *what)
{
	struct bytes raw = take_string(s, what);
	if (s->bad == NULL && !unescape(raw, ret, room))
		s->bad = what;
}

static struct digest take_digest(struct scan *s, enum hash_alg alg, const char *what)
{
	struct digest d = {.alg = alg, .size = (uint8_t)hash_size(alg)};
	struct bytes hex = take_string(s, what);
	if (s->bad == NULL && (d.size == 0 || !hex_get(d.v, d.size, hex, false)))
		s->bad = what;
	return d;
}

static void take_boot_id(struct scan *s, char ret[static BOOT_ID_TEXT])
{
	struct bytes id = take_string(s, "boot_id");
	if (s->bad != NULL)
		return;
	ret[0] = '\0';
	if (id.n == BOOT_ID_TEXT - 1) {
		memcpy(ret, id.p, id.n);
		ret[id.n] = '\0';
	}
	if (!is_boot_id(ret))
		s->bad = "boot_id";
}

static void take_time(struct scan *s, char ret[static TIME_TEXT], const char *what)
{
	static const char form[] = "0000-00-00T00:00:00Z";
	struct bytes time = take_string(s, what);
	if (s->bad != NULL)
		return;
	bool good = time.n == TIME_TEXT - 1;
	for (size_t i = 0; good && i < time.n; i++)
		good = form[i] == '0' ? time.p[i] >= '0' && time.p[i] <= '9'
				      : time.p[i] == (uint8_t)form[i];
	if (!good) {
		s->bad = what;
		return;
	}
	memcpy(ret, time.p, time.n);
	ret[time.n] = '\0';
}

enum hash_alg journal_alg(const char *reg)
{
	const char *colon = strrchr(reg, ':');
	return colon != NULL ? hash_by_name(bytes_of(colon + 1)) : HASH_NONE;
}

static void scan_record(struct scan *s, struct journal_line *l)
{
	l->record = (struct bytes){0};
	l->note = NULL;
	if (take_if(s, ",\"record_hex\":")) {
		struct bytes hex = take_string(s, "record_hex");
		size_t n = hex.n / 2;
		if (s->bad != NULL)
			return;
		if (n == 0 || n > RECORD_MAX || !hex_get(l->record_buf, n, hex, false))
			s->bad = "record_hex";
		l->record = (struct bytes){l->record_buf, n};
	} else if (take_if(s, ",\"note\":")) {
		take_text(s, l->note_buf, sizeof(l->note_buf), "note");
		l->note = l->note_buf;
	}
}

static void skip_names(struct scan *s, const char *what)
{
	char name[JOURNAL_NAME_ROOM];
	expect(s, "[", what);
	do
		take_text(s, name, sizeof(name), what);
	while (take_if(s, ","));
	expect(s, "]", what);
}

/* A list of names that may be there. */
static void scan_names(struct scan *s, struct journal_line *l, const char *key, const char *what)
{
	struct bytes from = s->left;
	if (take_if(s, key)) {
		from = s->left;
		skip_names(s, what);
	}
	l->list = (struct bytes){from.p, from.n - s->left.n};
}

static void scan_intent(struct scan *s, struct journal_line *l)
{
	expect(s, ",\"register\":", "register");
	take_text(s, l->reg_buf, sizeof(l->reg_buf), "register");
	enum hash_alg alg = s->bad == NULL ? journal_alg(l->reg_buf) : HASH_NONE;
	if (s->bad == NULL && alg <= HASH_UNKNOWN)
		s->bad = "register";
	l->reg = l->reg_buf;
	scan_record(s, l);
	expect(s, ",\"digest\":", "digest");
	l->digest = take_digest(s, alg, "digest");
	expect(s, ",\"before\":", "before");
	l->before = take_digest(s, alg, "before");
	expect(s, ",\"expected\":", "expected");
	l->expected = take_digest(s, alg, "expected");
	scan_names(s, l, ",\"like\":", "like");
	expect(s, ",\"pid\":", "pid");
	l->pid = (int)take_number(s, INT32_MAX, "pid");
	expect(s, ",\"start\":", "start");
	l->start = take_number(s, INT64_MAX, "start");
	expect(s, ",\"time\":", "time");
	take_time(s, l->time, "time");
}

/* Its size is only known with the record that it ends. */
static void scan_unknown(struct scan *s, struct journal_line *l)
{
	expect(s, ",\"value\":", "value");
	struct bytes hex = take_string(s, "value");
	if (s->bad != NULL)
		return;
	size_t n = hex.n / 2;
	if (n == 0 || n > DIGEST_SIZE_MAX || !hex_get(l->value.v, n, hex, false))
		s->bad = "value";
	l->value.size = (uint8_t)n;
}

static void scan_item(struct scan *s, struct journal_item *ret)
{
	char name[JOURNAL_NAME_ROOM];
	expect(s, "{\"names\":", "registers");
	ret->names = s->left;
	skip_names(s, "registers");
	ret->names.n -= s->left.n;
	struct bytes names = ret->names;
	enum hash_alg alg =
		s->bad == NULL && journal_take_name(&names, name) ? journal_alg(name) : HASH_NONE;
	expect(s, ",\"value\":", "registers");
	ret->value = take_digest(s, alg, "registers");
	expect(s, ",\"last\":", "registers");
	ret->last = take_number(s, INT64_MAX, "registers");
	ret->open = 0;
	if (take_if(s, ",\"open\":")) {
		ret->open = (off_t)take_number(s, INT64_MAX, "registers");
		if (ret->open == 0 && s->bad == NULL)
			s->bad = "registers";
	}
	expect(s, "}", "registers");
}

static void scan_items(struct scan *s, struct journal_line *l)
{
	struct journal_item item;
	expect(s, ",\"registers\":", "registers");
	struct bytes from = s->left;
	expect(s, "[", "registers");
	if (is_next(s, "{")) {
		do
			scan_item(s, &item);
		while (take_if(s, ","));
	}
	expect(s, "]", "registers");
	l->list = (struct bytes){from.p, from.n - s->left.n};
	l->more = take_if(s, ",\"more\":true");
}

static void scan_state(struct scan *s, struct journal_line *l)
{
	expect(s, ",\"boot_id\":", "boot_id");
	take_boot_id(s, l->boot_id);
	scan_items(s, l);
}

static void scan_header(struct scan *s, struct journal_line *l)
{
	l->kind = JOURNAL_HEADER;
	expect(s, "{\"schema\":", "schema");
	expect(s, "\"" JOURNAL_SCHEMA "\"", "schema");
	expect(s, ",\"boot_id\":", "boot_id");
	take_boot_id(s, l->boot_id);
	expect(s, ",\"created\":", "created");
	take_time(s, l->time, "created");
}

static void scan_kind(struct scan *s, struct journal_line *l)
{
	expect(s, "{\"kind\":", "kind");
	struct bytes kind = take_string(s, "kind");
	size_t i = JOURNAL_INTENT;
	while (i <= JOURNAL_PART && !bytes_equal(kind, bytes_of(kinds[i])))
		i++;
	if (s->bad == NULL && i > JOURNAL_PART)
		s->bad = "kind";
	if (s->bad != NULL)
		return;
	l->kind = (enum journal_kind)i;
	expect(s, ",\"seq\":", "seq");
	l->seq = take_number(s, INT64_MAX, "seq");
	switch (l->kind) {
	case JOURNAL_INTENT:
		scan_intent(s, l);
		break;
	case JOURNAL_COMMIT:
		scan_names(s, l, ",\"same\":", "same");
		break;
	case JOURNAL_UNKNOWN:
		scan_unknown(s, l);
		break;
	case JOURNAL_STATE:
		scan_state(s, l);
		break;
	case JOURNAL_PART:
		scan_items(s, l);
		break;
	case JOURNAL_HEADER:
	case JOURNAL_VOID:
		break;
	}
}

static int scan_line(struct journal_line *l, bool first, struct err *err)
{
	struct scan s = {.left = l->text};
	l->list = (struct bytes){0};
	if (l->text.n == 0 || l->text.p[0] != '{')
		return err_set(err, ST_FORMAT, "not a JSON object");
	if (first)
		scan_header(&s, l);
	else
		scan_kind(&s, l);
	expect(&s, "}", "end of the line");
	if (s.bad == NULL && s.left.n > 0)
		s.bad = "end of the line";
	if (s.bad == NULL)
		return 0;
	if (strcmp(s.bad, "schema") == 0)
		return err_set(err, ST_FORMAT,
			"its schema is not " JOURNAL_SCHEMA
			": no journal, or one of another version of tsmctl");
	return err_set(err, ST_FORMAT, "'%s' is not what tsmctl writes there", s.bad);
}

int journal_parse(struct bytes text, struct journal_line *ret, struct err *err)
{
	ret->text = text;
	return scan_line(ret, false, err);
}

int journal_in(struct err *err, const struct journal_line *line)
{
	if (line->number > 0)
		return err_in(err, "line %llu", (unsigned long long)line->number);
	return err_in(err, "the line at offset %lld", (long long)line->off);
}

int journal_next(struct journal *j, struct journal_line *ret, struct err *err)
{
	ret->off = lines_tell(&j->lines);
	ret->number = j->from_front ? j->number + 1 : 0;
	int rc = lines_next(&j->lines, &ret->text, err);
	if (rc > 0 && scan_line(ret, ret->off == 0, err) < 0)
		rc = -1;
	if (rc < 0)
		return journal_in(err, ret);
	j->number = ret->number;
	return rc;
}

bool journal_take_name(struct bytes *list, char ret[static JOURNAL_NAME_ROOM])
{
	struct scan s = {.left = *list};
	if (list->n == 0 || is_next(&s, "]"))
		return false;
	take(&s, 1); /* the bracket, or the comma after the name before */
	take_text(&s, ret, JOURNAL_NAME_ROOM, "");
	*list = s.left;
	return s.bad == NULL;
}

bool journal_take_item(struct bytes *list, struct journal_item *ret)
{
	struct scan s = {.left = *list};
	if (list->n < 2 || is_next(&s, "]"))
		return false;
	take(&s, 1);
	if (is_next(&s, "]"))
		return false;
	scan_item(&s, ret);
	*list = s.left;
	return s.bad == NULL;
}

bool journal_sniff(struct bytes head)
{
	return bytes_start_with(head, "{\"schema\":\"tsmctl.journal/");
}

bool is_boot_id(const char *s)
{
	return bytes_is_uuid(bytes_of(s));
}

static void put_string(struct text *t, const char *s)
{
	text_put(t, "\"");
	text_put_json(t, bytes_of(s));
	text_put(t, "\"");
}

static void put_digest(struct text *t, const char *key, const struct digest *d)
{
	text_put(t, ",\"%s\":\"", key);
	text_put_hex(t, digest_bytes(d));
	text_put(t, "\"");
}

static void put_list(struct text *t, const char *const names[], size_t n)
{
	text_put(t, "[");
	for (size_t i = 0; i < n; i++)
		journal_put_name(t, names[i], i == 0);
	text_put(t, "]");
}

void journal_put_header(struct text *t, const char *boot_id, const char *time)
{
	text_put(t, "{\"schema\":\"" JOURNAL_SCHEMA "\",\"boot_id\":\"%s\",\"created\":\"%s\"}\n",
		boot_id, time);
}

void journal_put_intent(
	struct text *t, const struct journal_line *l, const char *const like[], size_t n)
{
	text_put(t, "{\"kind\":\"intent\",\"seq\":%llu,\"register\":", (unsigned long long)l->seq);
	put_string(t, l->reg);
	if (l->record.p != NULL) {
		text_put(t, ",\"record_hex\":\"");
		text_put_hex(t, l->record);
		text_put(t, "\"");
	}
	if (l->note != NULL) {
		text_put(t, ",\"note\":");
		put_string(t, l->note);
	}
	put_digest(t, "digest", &l->digest);
	put_digest(t, "before", &l->before);
	put_digest(t, "expected", &l->expected);
	if (n > 0) {
		text_put(t, ",\"like\":");
		put_list(t, like, n);
	}
	text_put(t, ",\"pid\":%d,\"start\":%llu,\"time\":\"%s\"}\n", l->pid,
		(unsigned long long)l->start, l->time);
}

void journal_put_end(struct text *t, enum journal_kind kind, uint64_t seq,
	const struct digest *value, const char *const same[], size_t n)
{
	text_put(t, "{\"kind\":\"%s\",\"seq\":%llu", kinds[kind], (unsigned long long)seq);
	if (kind == JOURNAL_UNKNOWN)
		put_digest(t, "value", value);
	if (n > 0) {
		text_put(t, ",\"same\":");
		put_list(t, same, n);
	}
	text_put(t, "}\n");
}

void journal_put_state(struct text *t, const char *boot_id, uint64_t seq)
{
	text_put(t, "{\"kind\":\"%s\",\"seq\":%llu",
		kinds[boot_id != NULL ? JOURNAL_STATE : JOURNAL_PART], (unsigned long long)seq);
	if (boot_id != NULL)
		text_put(t, ",\"boot_id\":\"%s\"", boot_id);
	text_put(t, ",\"registers\":[");
}

void journal_put_item(struct text *t, bool first)
{
	text_put(t, "%s{\"names\":[", first ? "" : ",");
}

void journal_put_name(struct text *t, const char *name, bool first)
{
	text_put(t, "%s", first ? "" : ",");
	put_string(t, name);
}

void journal_put_item_end(struct text *t, const struct journal_item *item)
{
	text_put(t, "]");
	put_digest(t, "value", &item->value);
	text_put(t, ",\"last\":%llu", (unsigned long long)item->last);
	if (item->open > 0)
		text_put(t, ",\"open\":%lld", (long long)item->open);
	text_put(t, "}");
}

void journal_put_state_end(struct text *t, bool more)
{
	text_put(t, "]%s}\n", more ? ",\"more\":true" : "");
}
