/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/register_file.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <bsd/vis.h>
#include <json-c/json.h>

#include "base/input.h"
#include "base/scope.h"
#include "evidence/evidence.h"
#include "formats/event.h"
#include "formats/json_reader.h"
#include "formats/log_formats.h"

/* Takes back what makes a name visible, in place; false for what is no escape. */
static bool unvisible(char *name)
{
	char raw[NAME_MAX_VISIBLE];
	int n = strunvis(raw, name);
	if (n < 1 || strlen(raw) != (size_t)n)
		return false;
	strlcpy(name, raw, sizeof(raw));
	return true;
}

static int err_no_name(struct bytes full, struct err *err)
{
	return err_set(
		err, ST_FORMAT, "'%.*s' is not a register name", (int)full.n, (const char *)full.p);
}

/* Adds the register whose whole name is `full`, with nothing read of its value yet. */
static struct mr *add_name(struct register_file *v, struct bytes full, struct err *err)
{
	char name[NAME_MAX_VISIBLE];
	if (full.n == 0 || full.n >= sizeof(name)) {
		err_set(err, ST_FORMAT, "a register name of %zu bytes", full.n);
		return NULL;
	}
	for (size_t i = 0; i < full.n; i++) {
		if (full.p[i] <= ' ' || full.p[i] >= 0x7f) {
			err_no_name(full, err);
			return NULL;
		}
	}
	memcpy(name, full.p, full.n);
	name[full.n] = '\0';

	char *slash = strchr(name, '/');
	char *local = slash != NULL ? slash + 1 : name;
	char *colon = strrchr(local, ':');
	if (slash != NULL)
		*slash = '\0';
	if (colon != NULL)
		*colon = '\0';
	if (!unvisible(local) || (slash != NULL && !unvisible(name)) ||
		(colon != NULL && !unvisible(colon + 1))) {
		err_no_name(full, err);
		return NULL;
	}
	struct mr *mr = mr_list_add(
		&v->mrs, slash != NULL ? name : "", local, colon != NULL ? colon + 1 : NULL, err);
	if (mr != NULL && colon != NULL)
		mr->alg = hash_by_name(bytes_of(colon + 1));
	return mr;
}

/* Room for the value of one more register; doubled where it is full. */
static bool make_room(struct register_file *v)
{
	size_t n = v->mrs.n;
	if ((n & (n - 1)) != 0)
		return true;
	struct bytes *grown = reallocarray(v->value, n > 0 ? n : 1, 2 * sizeof(*grown));
	if (grown == NULL)
		return false;
	v->value = grown;
	return true;
}

/* Room for a value of this size, beside those that are there. */
static uint8_t *new_value(struct register_file *v, size_t size, struct err *err)
{
	uint8_t *value = make_room(v) ? malloc(size) : NULL;
	if (value == NULL)
		err_sys(err, ENOMEM, "values");
	return value;
}

struct mr *register_file_add(struct register_file *values, const char *name, const char *hash,
	struct bytes value, struct err *err)
{
	char raw[NAME_MAX_VISIBLE];
	if (strlcpy(raw, name, sizeof(raw)) >= sizeof(raw) || !unvisible(raw)) {
		err_no_name(bytes_of(name), err);
		return NULL;
	}
	uint8_t *copy = new_value(values, value.n, err);
	struct mr *mr = copy != NULL ? mr_list_add(&values->mrs, "", raw, hash, err) : NULL;
	if (mr == NULL) {
		free(copy);
		return NULL;
	}
	memcpy(copy, value.p, value.n);
	values->value[values->mrs.n - 1] = (struct bytes){copy, value.n};
	mr->size = (uint32_t)value.n;
	mr->alg = hash != NULL ? hash_by_name(bytes_of(hash)) : HASH_NONE;
	return mr;
}

/* What a file is read into. */
struct rows {
	struct register_file *v;
	void *names;	    /* of tsearch(3): the registers that are there, by their whole names */
	enum hash_alg bank; /* of tpm2_pcrread's rows from here on */
};

static int by_full_name(const void *a, const void *b)
{
	return strcmp(((const struct mr *)a)->full, ((const struct mr *)b)->full);
}

static void keep_node(void *mr)
{
	(void)mr;
}

/* A name has one spelling, with an escaped '/' it would become another one, and is there once. */
static int check_name(struct rows *rows, const struct mr *mr, struct bytes full, struct err *err)
{
	if (!bytes_equal(bytes_of(mr->full), full))
		return err_no_name(full, err);
	const struct mr *const *node = tsearch(mr, &rows->names, by_full_name);
	if (node == NULL)
		return err_sys(err, ENOMEM, "values");
	if (*node != mr)
		return err_set(err, ST_FORMAT, "'%s' appears twice", mr->full);
	return 0;
}

static int get_value(struct register_file *v, struct bytes hex, struct bytes *ret, struct err *err)
{
	size_t size = hex.n / 2;
	if (size == 0 || size > VALUE_SIZE_MAX)
		return err_set(err, ST_FORMAT, "a value of %zu hex digits", hex.n);
	uint8_t *value = new_value(v, size, err);
	if (value == NULL)
		return -1;
	if (!hex_get(value, size, hex, true)) {
		free(value);
		return err_set(err, ST_FORMAT, "the value is not hex");
	}
	*ret = (struct bytes){value, size};
	return 0;
}

/* PCR7:SHA256, RTMR3 and the like in any case are the registers that are shown in lower case. */
static struct bytes settled_name(struct bytes full, char room[static NAME_MAX_VISIBLE])
{
	char name[NAME_MAX_VISIBLE];
	enum place place;
	uint32_t index;
	if (full.n >= sizeof(name))
		return full;
	for (size_t i = 0; i < full.n; i++)
		room[i] =
			(char)(full.p[i] >= 'A' && full.p[i] <= 'Z' ? full.p[i] | 0x20 : full.p[i]);
	memcpy(name, room, full.n);
	name[full.n] = '\0';
	char *colon = strrchr(name, ':');
	if (colon != NULL)
		*colon = '\0';
	char *slash = strchr(name, '/');
	if (slash != NULL)
		*slash = '\0';
	if (!reg_place(slash != NULL ? name : "", slash != NULL ? slash + 1 : name, &place, &index))
		return full;
	return (struct bytes){(const uint8_t *)room, full.n};
}

/* Adds the register of a row and its value, which the row then owns; no bytes: it has none. */
static struct mr *add_named(
	struct rows *rows, struct bytes full, struct bytes value, struct err *err)
{
	struct register_file *v = rows->v;
	char room[NAME_MAX_VISIBLE];
	full = settled_name(full, room);
	struct mr *mr = add_name(v, full, err);
	if (mr == NULL) {
		free((void *)(uintptr_t)value.p);
		return NULL;
	}
	v->value[v->mrs.n - 1] = value;
	mr->size = (uint32_t)value.n;
	mr->cc_mr_index = mr_cc_index(mr->provider, mr->name);
	bool runtime = mr->alg > HASH_UNKNOWN && mr->cc_mr_index != 0;
	mr->flags = MR_READABLE | (runtime ? MR_RUNTIME : 0);
	return check_name(rows, mr, full, err) == 0 ? mr : NULL;
}

static struct mr *add_row(struct rows *rows, struct bytes full, struct bytes hex, struct err *err)
{
	struct bytes value = {0};
	if (get_value(rows->v, hex, &value, err) < 0)
		return NULL;
	struct mr *mr = add_named(rows, full, value, err);
	if (mr == NULL || mr->alg <= HASH_UNKNOWN || mr->size == hash_size(mr->alg))
		return mr;
	err_set(err, ST_FORMAT, "'%s': %u bytes, but %s has %zu", mr->full, mr->size,
		hash_name(mr->alg), hash_size(mr->alg));
	return NULL;
}

/* One whose value could not be read when the file was made. */
static struct mr *add_unread(
	struct rows *rows, struct bytes full, const struct err *why, struct err *err)
{
	if (!make_room(rows->v)) {
		err_sys(err, ENOMEM, "values");
		return NULL;
	}
	struct mr *mr = add_named(rows, full, (struct bytes){0}, err);
	if (mr != NULL) {
		mr->size = (uint32_t)hash_size(mr->alg);
		mr->bad = *why;
	}
	return mr;
}

/* "HEX  REGISTER": spaces between and at the end do not count. */
static int parse_line(struct rows *rows, struct bytes line, struct err *err)
{
	size_t hex = 0, gap, end = line.n;
	while (hex < line.n && line.p[hex] != ' ')
		hex++;
	for (gap = hex; gap < line.n && line.p[gap] == ' ';)
		gap++;
	while (end > gap && (line.p[end - 1] == ' ' || line.p[end - 1] == '\r'))
		end--;
	if (hex == 0 || gap == end)
		return err_set(err, ST_FORMAT, "not 'HEX  REGISTER'");
	struct bytes full = {line.p + gap, end - gap};
	return add_row(rows, full, (struct bytes){line.p, hex}, err) != NULL ? 0 : -1;
}

/* What evidence was found to be that the values were read from. */
static int check_evidence(struct bytes verdict, struct err *err)
{
	for (enum evidence_verdict v = EVIDENCE_GENUINE; v <= EVIDENCE_FORGED; v++) {
		if (!bytes_equal(verdict, bytes_of(evidence_verdict_name(v))))
			continue;
		if (evidence_verdict_status(v) == ST_OK)
			return 0;
		return err_set(err, ST_FORMAT, "these values are of evidence that is %s",
			evidence_verdict_name(v));
	}
	return err_set(err, ST_FORMAT, "these values are of evidence that could not be checked");
}

static int err_unmet(struct err *err)
{
	return err_set(
		err, ST_FORMAT, "these values are of evidence that is not as --require wanted it");
}

static int err_no_answer(struct err *err)
{
	return err_set(err, ST_FORMAT,
		"these values are of evidence whose report data is not what was asked for");
}

/* What the line says that the operator asked for, and did not get. */
static int check_asked(struct bytes line, struct err *err)
{
	const uint8_t *open = memchr(line.p, '(', line.n);
	struct bytes detail = {open + 1, (size_t)(line.p + line.n - open) - 1};
	if (bytes_start_with(detail, "but --require "))
		return err_unmet(err);
	return bytes_start_with(detail, "but ") ? err_no_answer(err) : 0;
}

/* The line that `read --quote` prints first: "VERDICT  TYPE  (...)", or "(but ...; ...)". */
static bool is_evidence_line(struct bytes line, struct bytes *ret_verdict)
{
	const uint8_t *gap = memmem(line.p, line.n, "  ", 2);
	if (gap == NULL || line.p[line.n - 1] != ')')
		return false;
	*ret_verdict = (struct bytes){line.p, (size_t)(gap - line.p)};
	for (enum evidence_type t = EVIDENCE_TDX_QUOTE; t <= EVIDENCE_TDREPORT; t++) {
		struct bytes rest = {gap + 2, line.n - ret_verdict->n - 2};
		const char *name = evidence_type_name(t);
		if (bytes_start_with(rest, name) &&
			bytes_start_with(
				(struct bytes){rest.p + strlen(name), rest.n - strlen(name)},
				"  ("))
			return true;
	}
	return false;
}

static struct bytes trimmed(struct bytes b)
{
	while (b.n > 0 && b.p[0] == ' ')
		b = (struct bytes){b.p + 1, b.n - 1};
	while (b.n > 0 && (b.p[b.n - 1] == ' ' || b.p[b.n - 1] == '\r'))
		b.n--;
	return b;
}

/* "KEY : VALUE"; false where no ':' is in the line. */
static bool split_pair(struct bytes line, struct bytes *ret_key, struct bytes *ret_value)
{
	const uint8_t *colon = line.n > 0 ? memchr(line.p, ':', line.n) : NULL;
	if (colon == NULL)
		return false;
	size_t n = (size_t)(colon - line.p);
	*ret_key = trimmed((struct bytes){line.p, n});
	*ret_value = trimmed((struct bytes){colon + 1, line.n - n - 1});
	return true;
}

/* A PCR's number: one digit or two. */
static bool get_pcr(struct bytes digits, unsigned *ret)
{
	*ret = 0;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		*ret = 10 * *ret + (digits.p[i] - '0');
	}
	return digits.n == 1 || digits.n == 2;
}

static int add_pcr(struct rows *rows, struct bytes number, struct bytes hex, struct err *err)
{
	char full[32];
	unsigned pcr;
	if (!get_pcr(number, &pcr))
		return err_set(err, ST_FORMAT, "'%.*s' is not a PCR number", (int)number.n,
			(const char *)number.p);
	if (bytes_start_with(hex, "0x"))
		hex = (struct bytes){hex.p + 2, hex.n - 2};
	snprintf(full, sizeof(full), "pcr%u:%s", pcr, hash_name(rows->bank));
	return add_row(rows, bytes_of(full), hex, err) != NULL ? 0 : -1;
}

/*
 * What tpm2_pcrread prints: "sha256:", the name of a bank, and behind it a line "7 : 0xHEX" for each PCR.
 * A bank that is not allocated has no PCRs.
 */
static int parse_pcrread_line(struct rows *rows, struct bytes line, struct err *err)
{
	struct bytes key, value;
	if (trimmed(line).n == 0)
		return 0;
	if (!split_pair(line, &key, &value))
		return err_set(
			err, ST_FORMAT, "neither 'BANK:' nor 'PCR : 0xHEX', as of tpm2_pcrread");
	if (value.n > 0)
		return add_pcr(rows, key, value, err);
	rows->bank = hash_by_name(key);
	if (rows->bank == HASH_UNKNOWN)
		return err_set(
			err, ST_FORMAT, "unknown hash '%.*s'", (int)key.n, (const char *)key.p);
	return 0;
}

/* Whether the first line that is not empty is the name of a bank. */
static bool is_pcrread(struct bytes text)
{
	struct bytes key, value;
	while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\n'))
		text = (struct bytes){text.p + 1, text.n - 1};
	const uint8_t *end = text.n > 0 ? memchr(text.p, '\n', text.n) : NULL;
	struct bytes line = {text.p, end != NULL ? (size_t)(end - text.p) : text.n};
	return split_pair(line, &key, &value) && value.n == 0 && bytes_is_word(key);
}

/* What tsspcrread prints has a value and not whose it is. */
static int err_not_tied(struct bytes text, struct err *err)
{
	static const char counter[] = "pcrUpdateCounter";
	if (memmem(text.p, text.n, counter, sizeof(counter) - 1) == NULL)
		return -1;
	return err_set(err, ST_FORMAT,
		"tsspcrread does not print which PCR and hash a value is of: write each as 'HEX  "
		"pcrN:HASH', with HEX from 'tsspcrread -ns'");
}

static int parse_text(struct bytes text, struct rows *rows,
	int (*parse)(struct rows *, struct bytes, struct err *), struct err *err)
{
	struct bytes all = text;
	for (size_t n = 1; text.n > 0; n++) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		struct bytes line = {text.p, end != NULL ? (size_t)(end - text.p) : text.n};
		struct bytes verdict;
		int rc = 0;
		if (n == 1 && is_evidence_line(line, &verdict))
			rc = check_evidence(verdict, err) < 0 ? -1 : check_asked(line, err);
		else if (line.n > 0)
			rc = parse(rows, line, err);
		if (rc < 0) {
			err_in(err, "line %zu", n);
			return err_not_tied(all, err);
		}
		size_t used = line.n + (end != NULL ? 1 : 0);
		text.p += used;
		text.n -= used;
	}
	return 0;
}

static struct json_object *member(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v;
	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, type) ? v : NULL;
}

static struct bytes string_bytes(struct json_object *o)
{
	return (struct bytes){
		(const uint8_t *)json_object_get_string(o), (size_t)json_object_get_string_len(o)};
}

/* What a row says in place of its value. */
static int get_error(struct json_object *error, struct err *ret, struct err *err)
{
	struct json_object *status = member(error, "status", json_type_int);
	struct json_object *message = member(error, "message", json_type_string);
	int64_t number = status != NULL ? json_object_get_int64(status) : 0;
	if (number < ST_NO || number > ST_UNSETTLED || message == NULL)
		return err_set(err, ST_FORMAT,
			"'error' has no string 'message', or no 'status' from %d to %d", ST_NO,
			ST_UNSETTLED);
	struct bytes text = string_bytes(message);
	err_set(ret, (enum status)number, "%.*s", (int)text.n, (const char *)text.p);
	return 0;
}

static struct mr *add_object(struct rows *rows, struct json_object *row, struct err *err)
{
	struct json_object *name = member(row, "register", json_type_string);
	struct json_object *value = member(row, "value", json_type_string);
	struct json_object *error = member(row, "error", json_type_object);
	struct err why;
	if (name == NULL || (value == NULL && error == NULL)) {
		err_set(err, ST_FORMAT, "no string 'register' or 'value'");
		return NULL;
	}
	if (value != NULL)
		return add_row(rows, string_bytes(name), string_bytes(value), err);
	if (get_error(error, &why, err) < 0)
		return NULL;
	return add_unread(rows, string_bytes(name), &why, err);
}

/* As check_evidence and check_asked. Of a machine's own registers there is none. */
static int check_json_evidence(struct json_object *doc, struct err *err)
{
	struct json_object *evidence, *v;
	if (!json_object_object_get_ex(doc, "evidence", &evidence) || evidence == NULL)
		return 0;
	struct json_object *verdict = member(evidence, "verdict", json_type_string);
	struct bytes word = verdict != NULL ? string_bytes(verdict) : bytes_of("error");
	if (check_evidence(word, err) < 0)
		return -1;
	if (json_object_object_get_ex(evidence, "error", &v))
		return check_evidence(bytes_of("error"), err);
	if (json_object_object_get_ex(evidence, "unmet", &v) &&
		!(json_object_is_type(v, json_type_array) && json_object_array_length(v) == 0))
		return err_unmet(err);
	if (json_object_object_get_ex(doc, "report_data_verdict", &v) &&
		!(json_object_is_type(v, json_type_string) &&
			bytes_equal(string_bytes(v), bytes_of("match"))))
		return err_no_answer(err);
	return 0;
}

static int parse_rows(struct json_object *doc, struct rows *rows, struct err *err)
{
	struct json_object *schema = member(doc, "schema", json_type_string);
	struct json_object *all = member(doc, "registers", json_type_array);
	struct json_object *boot_id = member(doc, "boot_id", json_type_string);
	if (schema == NULL || !bytes_equal(string_bytes(schema), bytes_of("tsmctl.read/1")))
		return err_set(err, ST_FORMAT, "the schema is not tsmctl.read/1");
	if (boot_id != NULL && bytes_is_uuid(string_bytes(boot_id)))
		strlcpy(rows->v->boot_id, json_object_get_string(boot_id),
			sizeof(rows->v->boot_id));
	if (all == NULL)
		return err_set(err, ST_FORMAT, "no array 'registers'");
	if (check_json_evidence(doc, err) < 0)
		return -1;
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *row = json_object_array_get_idx(all, i);
		if (!json_object_is_type(row, json_type_object))
			return err_set(err, ST_FORMAT, "registers[%zu]: not an object", i);
		struct mr *mr = add_object(rows, row, err);
		if (mr == NULL)
			return err_in(err, "registers[%zu]", i);
		struct json_object *kind = member(row, "kind", json_type_string);
		if (kind != NULL && bytes_equal(string_bytes(kind), bytes_of("static")))
			mr->flags &= ~(unsigned)MR_RUNTIME;
	}
	return 0;
}

static int parse_json(struct bytes text, struct rows *rows, struct err *err)
{
	struct json_object *doc;
	if (json_whole(text, &doc, err) < 0)
		return err_in(err, "not the JSON of 'tsmctl read'");
	int rc = parse_rows(doc, rows, err);
	json_object_put(doc);
	return rc;
}

int register_file_parse(struct bytes text, struct register_file *ret, struct err *err)
{
	struct rows rows = {.v = ret};
	*ret = (struct register_file){0};
	int rc;
	if (json_head_first(text) == '{')
		rc = parse_json(text, &rows, err);
	else
		rc = parse_text(
			text, &rows, is_pcrread(text) ? parse_pcrread_line : parse_line, err);
	tdestroy(rows.names, keep_node);
	if (rc == 0 && ret->mrs.n == 0)
		return err_set(err, ST_FORMAT, "no register in it");
	return rc;
}

int register_file_load(const char *path, struct register_file *ret, struct err *err)
{
	AUTO_FREE uint8_t *text = NULL;
	size_t n;
	*ret = (struct register_file){0};
	if (input_read(path, VALUES_FILE_MAX, &text, &n, err) < 0)
		return -1;
	if (register_file_parse((struct bytes){text, n}, ret, err) == 0)
		return 0;
	log_formats_refuse((struct bytes){text, n}, err);
	return err_in(err, "'%s'", path);
}

void register_file_clear(struct register_file *values)
{
	for (size_t i = 0; i < values->mrs.n && values->value != NULL; i++)
		free((void *)(uintptr_t)values->value[i].p);
	free(values->value);
	values->value = NULL;
	mr_list_clear(&values->mrs);
}

/* As register_file_match, either exactly or, with `fold`, without regard to case. */
static enum register_file_match match_row(
	const struct mr *row, const struct mr_index *index, bool fold, struct mr **ret)
{
	struct bytes names[MR_NAMES_MAX];
	size_t n_names = mr_names(row, names), n;
	const struct mr_index_name *v = mr_index_named(index, names[0], fold, &n);
	if (n > 0)
		*ret = index->mr[v[0].nr];
	if (n > 0 && v[0].whole && !(fold && n > 1 && v[1].whole))
		return VALUES_ONE;
	/* Registers with a longer name are counted; now those with a shorter one. */
	for (size_t k = 1; k < n_names; k++) {
		size_t n_same;
		const struct mr_index_name *same = mr_index_named(index, names[k], fold, &n_same);
		for (size_t j = 0; j < n_same; j++) {
			if (!same[j].whole)
				continue;
			*ret = index->mr[same[j].nr];
			n++;
		}
	}
	return n == 0 ? VALUES_NONE : n == 1 ? VALUES_ONE : VALUES_AMBIGUOUS;
}

enum register_file_match register_file_match(
	const struct register_file *values, size_t i, const struct mr_index *index, struct mr **ret)
{
	const struct mr *row = values->mrs.mr[i];
	enum register_file_match match = match_row(row, index, false, ret);
	return match != VALUES_NONE ? match : match_row(row, index, true, ret);
}

int register_file_map_init(struct register_file_map *ret, const struct register_file *values,
	const struct mr_list *list, struct err *err)
{
	*ret = (struct register_file_map){0};
	if (mr_index_init(&ret->index, list->mr, list->n, err) < 0)
		return -1;
	ret->row = calloc(list->n + 1, sizeof(*ret->row));
	if (ret->row == NULL)
		return err_sys(err, ENOMEM, "values");
	for (size_t i = 0; i < list->n; i++)
		ret->row[i] = VALUES_NO_ROW;
	for (size_t i = 0; i < values->mrs.n; i++) {
		struct mr *mr;
		if (register_file_match(values, i, &ret->index, &mr) != VALUES_ONE)
			continue;
		size_t *row = &ret->row[mr_index_place(&ret->index, mr)];
		*row = *row == VALUES_NO_ROW ? i : VALUES_TWO_ROWS;
	}
	return 0;
}

size_t register_file_map_row(const struct register_file_map *map, const struct mr *mr)
{
	return map->row != NULL ? map->row[mr_index_place(&map->index, mr)] : VALUES_NO_ROW;
}

void register_file_map_clear(struct register_file_map *map)
{
	mr_index_clear(&map->index);
	free(map->row);
	*map = (struct register_file_map){0};
}
