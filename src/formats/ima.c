/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/ima.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "formats/record_reader.h"
#include "formats/tcg_names.h"

enum {
	SHA1_SIZE = 20, /* also of the file's digest in template "ima", whatever the list's */
	PCR_LAST = 23,
	EVENT_NAME = 255, /* the most that template "ima" has of a path; it hashes one byte more */
	FIELDS_MAX = 9,	  /* of a template that a line is taken apart for */
	TEMPLATE_MAX = IMA_KIND_ROOM - 1,
	OLD_PATH_AT = SHA1_SIZE + 4 /* in template data of template "ima" */
};
_Static_assert((int)SHA1_SIZE + (int)EVENT_NAME + 1 == (int)IMA_PADDED, "template \"ima\"");

/* A list has one; of two of one size its records tell. */
static const enum hash_alg list_algs[] = {HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512};
enum { N_LIST_ALGS = sizeof(list_algs) / sizeof(list_algs[0]) };

struct ima {
	bool ascii;
	enum hash_alg alg; /* of its digests */
	char kind[IMA_KIND_ROOM];
	/* Template data made of a line, or what template "ima" hashes: never longer than the line
	 * and, for each field, its length and a NUL. */
	size_t n;
	uint8_t buf[LINE_MAX_BYTES + EVENT_NAME + 1 + FIELDS_MAX * 5];
};

/* A template that was defined on the kernel's command line has its fields instead of a name. */
static struct bytes template_fields(struct bytes name)
{
	static const struct {
		const char *name, *fields;
	} templates[] = {
		{"ima", "d|n"},
		{"ima-ng", "d-ng|n-ng"},
		{"ima-sig", "d-ng|n-ng|sig"},
		{"ima-ngv2", "d-ngv2|n-ng"},
		{"ima-sigv2", "d-ngv2|n-ng|sig"},
		{"ima-buf", "d-ng|n-ng|buf"},
		{"ima-modsig", "d-ng|n-ng|sig|d-modsig|modsig"},
		{"evm-sig", "d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|iuid|igid|imode"},
	};
	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++)
		if (bytes_equal(name, bytes_of(templates[i].name)))
			return bytes_of(templates[i].fields);
	return memchr(name.p, '|', name.n) != NULL ? name : (struct bytes){NULL, 0};
}

/* Takes what stands before the next `gap`, and it, off the front of b. */
static struct bytes next_word(struct bytes *b, char gap)
{
	const uint8_t *end = b->n > 0 ? memchr(b->p, gap, b->n) : NULL;
	struct bytes word = {b->p, end != NULL ? (size_t)(end - b->p) : b->n};
	size_t used = word.n + (end != NULL ? 1 : 0);
	*b = (struct bytes){b->p + used, b->n - used};
	return word;
}

static bool is_word(struct bytes b, const char *word)
{
	return bytes_equal(b, bytes_of(word));
}

static bool is_path_field(struct bytes field)
{
	return is_word(field, "n-ng") || is_word(field, "n");
}

/* Takes a field, its length before it, off the front of template data. */
static bool next_value(struct bytes *data, struct bytes *ret)
{
	if (data->n < 4 || get_le32(data->p) > data->n - 4)
		return false;
	*ret = (struct bytes){data->p + 4, get_le32(data->p)};
	*data = (struct bytes){ret->p + ret->n, data->n - 4 - ret->n};
	return true;
}

struct bytes ima_template_path(struct bytes name, struct bytes data)
{
	struct bytes none = {NULL, 0}, value;
	struct bytes fields = template_fields(name);
	if (is_word(name, "ima"))
		return none;
	while (fields.n > 0) {
		struct bytes field = next_word(&fields, '|');
		if (!next_value(&data, &value))
			return none;
		if (!is_path_field(field))
			continue;
		if (value.n > 0 && value.p[value.n - 1] == '\0')
			value.n--;
		return value;
	}
	return none;
}

void ima_boot_aggregate(const struct log_event *ev, struct digest *ret)
{
	struct bytes data = ev->data, value, name;
	*ret = (struct digest){0};
	if (!is_word(ev->text, "boot_aggregate"))
		return;
	if (strcmp(ev->kind, "ima") == 0) {
		if (ev->hashed.n >= SHA1_SIZE)
			*ret = digest_of(HASH_SHA1, (struct bytes){ev->hashed.p, SHA1_SIZE});
		return;
	}
	if (!next_value(&data, &value))
		return;
	/* "sha256:", or "ima:sha256:" in later templates, then a NUL and the digest. */
	name = next_word(&value, '\0');
	if (bytes_start_with(name, "ima:"))
		name = (struct bytes){name.p + 4, name.n - 4};
	if (name.n == 0 || name.p[name.n - 1] != ':')
		return;
	name.n--;
	enum hash_alg alg = hash_by_name(name);
	if (alg > HASH_UNKNOWN && value.n == hash_size(alg))
		*ret = digest_of(alg, value);
}

static void set_text(struct log_event *ret, struct bytes path)
{
	if (path.p != NULL && utf8_valid(path))
		ret->text = path;
}

/*
 * The digest of the list, beside which other banks have their own hash of the template data. Of a
 * violation the list has zeros, and every bank was extended with ones, so that it matches nothing.
 */
static void set_digests(const struct ima *own, struct log_event *ret, const uint8_t *digest)
{
	struct digest *d = &ret->digest[0].d;
	ret->n_digests = 1;
	ret->digest[0].tcg_id = tcg_hash_id(own->alg);
	*d = digest_of(own->alg, (struct bytes){digest, hash_size(own->alg)});
	ret->every_bank = ret->hashed.p != NULL;
	if (!bytes_all_zero(digest_bytes(d)))
		return;
	memset(d->v, 0xff, d->size);
	ret->hashed = (struct bytes){NULL, 0};
	ret->every_bank = true;
}

static void put(struct ima *own, struct bytes b)
{
	if (b.n == 0)
		return;
	memcpy(own->buf + own->n, b.p, b.n);
	own->n += b.n;
}

/* What template "ima" hashes: the digest, and the path with zeros after it, always as long. */
static struct bytes hashed_by_ima(
	uint8_t room[static IMA_PADDED], const uint8_t *digest, struct bytes path)
{
	memset(room, 0, IMA_PADDED);
	memcpy(room, digest, SHA1_SIZE);
	if (path.n > 0)
		memcpy(room + SHA1_SIZE, path.p, path.n);
	return (struct bytes){room, IMA_PADDED};
}

/* It appears among TCG event types, but is not one. */
static bool is_template_name(struct bytes name)
{
	uint32_t type;
	return bytes_is_word(name) && name.n <= TEMPLATE_MAX && !tcg_event_by_name(name, &type);
}

/* Template data of template "ima" as lists have it, with the length of the path, or as it is hashed. */
static void read_old_data(struct ima_record *own, struct log_event *ret)
{
	struct bytes d = ret->data;
	if (d.n >= OLD_PATH_AT && get_le32(d.p + SHA1_SIZE) == d.n - OLD_PATH_AT &&
		d.n - OLD_PATH_AT <= EVENT_NAME) {
		struct bytes path = {d.p + OLD_PATH_AT, d.n - OLD_PATH_AT};
		ret->hashed = hashed_by_ima(own->padded, d.p, path);
		set_text(ret, path);
	} else if (d.n == IMA_PADDED && d.p[IMA_PADDED - 1] == '\0') {
		struct bytes path = {d.p + SHA1_SIZE, EVENT_NAME};
		while (path.n > 0 && path.p[path.n - 1] == '\0')
			path.n--;
		ret->hashed = d;
		set_text(ret, path);
	}
}

/*
 * IMA extends bytes of ff, and lists 00, where a file was open for writing: the data says nothing
 * then. A digest that shows something else was extended for the data.
 */
static bool is_violation(const struct log_event *ev)
{
	bool any = false;
	for (size_t i = 0; i < ev->n_digests; i++) {
		const struct digest *d = &ev->digest[i].d;
		if (d->size == 0)
			continue;
		for (size_t k = 0; k < d->size; k++)
			if (d->v[k] != d->v[0] || (d->v[0] != 0 && d->v[0] != 0xff))
				return false;
		any = true;
	}
	return any;
}

int ima_record_read(
	struct ima_record *own, struct bytes name, struct log_event *ret, struct err *err)
{
	if (name.n == 0)
		name = bytes_of("ima_template");
	if (!is_template_name(name))
		return err_set(err, ST_FORMAT, "not a template name");
	memcpy(own->kind, name.p, name.n);
	own->kind[name.n] = '\0';
	ret->kind = own->kind;
	ret->hashed = ret->data;
	if (is_word(name, "ima")) {
		ret->hashed.p = NULL;
		read_old_data(own, ret);
	} else {
		set_text(ret, ima_template_path(name, ret->data));
	}
	if (ret->hashed.p == NULL || is_violation(ret))
		ret->hashed = (struct bytes){NULL, 0};
	return 0;
}

static void set_kind(struct ima *own, struct log_event *ret, struct bytes name)
{
	memcpy(own->kind, name.p, name.n);
	own->kind[name.n] = '\0';
	ret->kind = own->kind;
	ret->place = PLACE_PCR;
	ret->extends = true;
}

/* Takes the template data of template "ima": a digest, the length of the path, the path. */
static int take_old_data(
	struct record_reader *t, struct ima *own, struct log_event *ret, struct err *err)
{
	size_t at = t->n;
	uint32_t n;
	if (record_bytes(t, SHA1_SIZE, err) < 0 || record_le32(t, &n, err) < 0)
		return -1;
	if (n > EVENT_NAME)
		return err_set(err, ST_FORMAT, "offset %llu: a path of %u bytes, %d at most",
			record_off(t, t->n - 4), n, EVENT_NAME);
	if (record_bytes(t, n, err) < 0)
		return -1;
	struct bytes path = record_view(t, t->n - n, n);
	ret->data = record_view(t, at, t->n - at);
	ret->hashed = hashed_by_ima(own->buf, ret->data.p, path);
	set_text(ret, path);
	return 0;
}

static int take_data(struct record_reader *t, struct log_event *ret, struct err *err)
{
	uint32_t n;
	if (record_le32(t, &n, err) < 0)
		return -1;
	if (n > EVENT_DATA_MAX)
		return err_set(err, ST_FORMAT, "offset %llu: template data of %u bytes, %d at most",
			record_off(t, t->n - 4), n, EVENT_DATA_MAX);
	if (record_bytes(t, n, err) < 0)
		return -1;
	ret->data = ret->hashed = record_view(t, t->n - n, n);
	return 0;
}

/* Where the name is in a binary record: after the index, the digest and the name's length. */
static size_t name_at(enum hash_alg alg)
{
	return 4 + hash_size(alg) + 4;
}

static int next_binary(struct log_reader *r, struct log_event *ret, struct err *err)
{
	struct ima *own = r->own;
	size_t size = hash_size(own->alg), at = name_at(own->alg);
	struct record_reader t;
	uint32_t n;
	if (record_start(&t, &r->in, err) < 0)
		return -1;
	if (t.seen.n == 0)
		return 0;
	if (record_le32(&t, &ret->index, err) < 0 || record_bytes(&t, size, err) < 0 ||
		record_le32(&t, &n, err) < 0)
		return -1;
	if (n > TEMPLATE_MAX)
		return err_set(err, ST_FORMAT,
			"offset %llu: a template name of %u bytes, %d at most",
			record_off(&t, at - 4), n, TEMPLATE_MAX);
	if (record_bytes(&t, n, err) < 0)
		return -1;
	struct bytes name = record_view(&t, at, n);
	if (!is_template_name(name))
		return err_set(
			err, ST_FORMAT, "offset %llu: not a template name", record_off(&t, at));
	set_kind(own, ret, name);
	int rc = is_word(name, "ima") ? take_old_data(&t, own, ret, err) : take_data(&t, ret, err);
	if (rc < 0)
		return -1;
	if (ret->text.p == NULL)
		set_text(ret, ima_template_path(bytes_of(own->kind), ret->data));
	set_digests(own, ret, record_view(&t, 4, size).p);
	record_end(&t);
	return 1;
}

static void put_length(struct ima *own, size_t at)
{
	uint32_t n = (uint32_t)(own->n - at - 4);
	for (size_t i = 0; i < 4; i++)
		own->buf[at + i] = (uint8_t)(n >> (8 * i));
}

static bool put_hex(struct ima *own, struct bytes hex)
{
	if (hex.n > 0 && !hex_get(own->buf + own->n, hex.n / 2, hex, false))
		return false;
	own->n += hex.n / 2;
	return true;
}

/* "sha256:HEX", "verity:sha256:HEX": in the data a NUL stands before the digest. */
static bool put_digest(struct ima *own, struct bytes text)
{
	size_t n = text.n;
	while (n > 0 && text.p[n - 1] != ':')
		n--;
	if (n == 0)
		return false;
	put(own, (struct bytes){text.p, n});
	own->buf[own->n++] = '\0';
	return put_hex(own, (struct bytes){text.p + n, text.n - n});
}

static bool put_field(struct ima *own, struct bytes field, struct bytes text)
{
	static const char *const hexes[] = {"sig", "buf", "modsig", "evmsig"};
	size_t at = own->n;
	bool ok = false;
	own->n += 4;
	if (is_path_field(field)) {
		put(own, text);
		own->buf[own->n++] = '\0';
		ok = true;
	} else if (is_word(field, "d-ng") || is_word(field, "d-ngv2")) {
		ok = put_digest(own, text);
	} else if (is_word(field, "d-modsig")) {
		ok = text.n == 0 || put_digest(own, text);
	} else {
		for (size_t i = 0; i < sizeof(hexes) / sizeof(hexes[0]); i++)
			if (is_word(field, hexes[i]))
				ok = put_hex(own, text);
	}
	put_length(own, at);
	return ok;
}

/*
 * Takes a line's fields apart: there is one more for each space, but a path may have some of its
 * own, so that what is after it is counted from the end. Returns which one is the path; -1 for
 * other fields than the template's.
 */
static int split_line(struct bytes line, const struct bytes *field, int n, struct bytes *ret)
{
	int path = 0;
	while (path < n && !is_path_field(field[path]))
		path++;
	if (path == n)
		return -1;
	for (int i = 0; i < path; i++)
		ret[i] = next_word(&line, ' ');
	for (int i = n - 1; i > path; i--) {
		size_t at = line.n;
		while (at > 0 && line.p[at - 1] != ' ')
			at--;
		if (at == 0)
			return -1;
		ret[i] = (struct bytes){line.p + at, line.n - at};
		line.n = at - 1;
	}
	ret[path] = line;
	return path;
}

static bool is_known_field(struct bytes field)
{
	static const char *const known[] = {
		"d-ng", "d-ngv2", "d-modsig", "sig", "buf", "modsig", "evmsig"};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (is_word(field, known[i]))
			return true;
	return is_path_field(field);
}

/* Puts the data together; false for text that no kernel prints for such fields. */
static bool put_fields(struct ima *own, struct bytes name, const struct bytes field[],
	const struct bytes text[], int n)
{
	uint8_t digest[SHA1_SIZE];
	own->n = 0;
	if (is_word(name, "ima"))
		return hex_get(digest, SHA1_SIZE, text[0], false) && text[1].n <= EVENT_NAME;
	for (int i = 0; i < n; i++)
		if (!put_field(own, field[i], text[i]))
			return false;
	return true;
}

/*
 * The template data that the kernel printed as this. Where fields are not known here the line stands,
 * and what was hashed is not known; where they are, and the line is not what a kernel prints, what was
 * hashed is not in it, and the line stands for that, too: it does not hash to its digest.
 */
static void read_fields(
	struct ima *own, struct bytes name, struct bytes line, struct log_event *ret)
{
	struct bytes field[FIELDS_MAX], text[FIELDS_MAX] = {{NULL, 0}};
	struct bytes rest = template_fields(name);
	uint8_t digest[SHA1_SIZE];
	int n = 0;
	bool known = true;
	ret->data = line;
	while (rest.n > 0 && n < FIELDS_MAX) {
		field[n] = next_word(&rest, '|');
		known &= is_known_field(field[n]);
		n++;
	}
	known = (known && rest.n == 0) || is_word(name, "ima");
	int path = split_line(line, field, n, text);
	if (known)
		ret->hashed = line;
	if (path < 0 || rest.n > 0)
		return;
	set_text(ret, text[path]);
	if (!known || !put_fields(own, name, field, text, n))
		return;
	if (is_word(name, "ima") && hex_get(digest, SHA1_SIZE, text[0], false))
		ret->data = ret->hashed = hashed_by_ima(own->buf, digest, text[1]);
	else
		ret->data = ret->hashed = (struct bytes){own->buf, own->n};
}

/* "10 DIGEST TEMPLATE ", the start of a line; what is left of it is in *line. */
static bool parse_start(
	struct bytes *line, uint32_t *index, enum hash_alg alg, uint8_t *digest, struct bytes *name)
{
	while (line->n > 0 && line->p[0] == ' ')
		*line = (struct bytes){line->p + 1, line->n - 1};
	struct bytes number = next_word(line, ' ');
	*index = 0;
	for (size_t i = 0; i < number.n; i++) {
		if (number.p[i] < '0' || number.p[i] > '9')
			return false;
		*index = *index * 10 + (number.p[i] - '0');
	}
	if (number.n < 1 || number.n > 2 ||
		!hex_get(digest, hash_size(alg), next_word(line, ' '), false))
		return false;
	*name = next_word(line, ' ');
	return is_template_name(*name);
}

static int next_ascii(struct log_reader *r, struct log_event *ret, struct err *err)
{
	const struct ima *own = r->own;
	struct record_reader t;
	struct bytes line, name;
	uint8_t digest[DIGEST_SIZE_MAX];
	if (record_start(&t, &r->in, err) < 0)
		return -1;
	int rc = record_line(&t, &line, err);
	if (rc <= 0)
		return rc;
	if (!parse_start(&line, &ret->index, own->alg, digest, &name))
		return err_set(err, ST_FORMAT,
			"offset %llu: not 'PCR DIGEST TEMPLATE ...', a line of a measurement list "
			"with a %s",
			(unsigned long long)t.off, hash_name(own->alg));
	set_kind(r->own, ret, name);
	read_fields(r->own, name, line, ret);
	set_digests(own, ret, digest);
	record_end(&t);
	return 1;
}

static bool is_ascii(struct bytes head, enum hash_alg alg)
{
	uint32_t index;
	uint8_t digest[DIGEST_SIZE_MAX];
	struct bytes name;
	return parse_start(&head, &index, alg, digest, &name) && template_fields(name).p != NULL;
}

static bool is_binary(struct bytes head, enum hash_alg alg)
{
	size_t at = name_at(alg);
	if (head.n <= at || get_le32(head.p) > PCR_LAST)
		return false;
	uint32_t n = get_le32(head.p + at - 4);
	struct bytes name = {head.p + at, n};
	return n <= head.n - at && is_template_name(name) && template_fields(name).p != NULL;
}

/* The hash of the list that starts like this; HASH_NONE: it is none. */
static enum hash_alg list_alg(struct bytes head)
{
	for (size_t i = 0; i < N_LIST_ALGS; i++)
		if (is_ascii(head, list_algs[i]) || is_binary(head, list_algs[i]))
			return list_algs[i];
	return HASH_NONE;
}

static bool ima_sniff(struct bytes head)
{
	return list_alg(head) != HASH_NONE;
}

static bool has_hash_of(struct log_reader *r, enum hash_alg alg, const struct log_event *ev)
{
	struct digest d;
	struct err ignored;
	struct hasher *h = hashers_get(&r->hashers, alg, &ignored);
	return h != NULL && hash_bytes(h, ev->hashed, &d, &ignored) == 0 &&
	       digest_equal(&d, &ev->digest[0].d);
}

/*
 * SM3 has the size of SHA-256: the first record whose template data gives its digest says which of them the
 * list has. Where none does it stays SHA-256.
 */
static void settle_sm3(struct log_reader *r)
{
	struct ima *own = r->own;
	struct log_event ev;
	struct err ignored;
	bool told = false;
	while (!told && window_tell(&r->in) < LOG_LOOK_BYTES &&
		log_reader_pull(r, &ev, &ignored) > 0) {
		if (ev.hashed.p == NULL)
			continue;
		told = has_hash_of(r, HASH_SHA256, &ev);
		if (!told && has_hash_of(r, HASH_SM3, &ev)) {
			own->alg = HASH_SM3;
			told = true;
		}
	}
	window_seek(&r->in, 0);
	r->seq = 0;
}

static int ima_open(struct log_reader *r, struct err *err)
{
	struct ima *own = malloc(sizeof(*own));
	struct bytes head;
	if (own == NULL)
		return err_sys(err, ENOMEM, "log");
	r->own = own;
	if (window_peek(&r->in, LOG_HEAD_BYTES, &head, err) < 0)
		return -1;
	/* Also for a line that is not a record, the error of the line's reader says more. */
	own->ascii = head.n > 0 && (head.p[0] == ' ' || (head.p[0] >= '0' && head.p[0] <= '9'));
	own->alg = list_alg(head);
	if (own->alg == HASH_NONE)
		own->alg = HASH_SHA1;
	if (own->alg == HASH_SHA256)
		settle_sm3(r);
	return 0;
}

static int ima_next(struct log_reader *r, struct log_event *ret, struct err *err)
{
	const struct ima *own = r->own;
	return own->ascii ? next_ascii(r, ret, err) : next_binary(r, ret, err);
}

static void ima_close(struct log_reader *r)
{
	free(r->own);
}

const struct log_format log_format_ima = {
	.name = "ima",
	.names = NAMES_PCR,
	.summary = "measurement list of Linux's IMA, binary or ASCII",
	.sniff = ima_sniff,
	.open = ima_open,
	.next = ima_next,
	.close = ima_close,
};
