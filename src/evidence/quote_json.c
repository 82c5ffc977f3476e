/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/quote_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "base/base64.h"
#include "base/encoded.h"
#include "evidence/envelope.h"
#include "formats/json_reader.h"

static const char schema[] = "tsmctl.quote/1";

static void log_clear(struct quote_log *log)
{
	free(log->source);
	free(log->format);
	free(log->reg);
	free(log->p);
}

void quote_json_clear_logs(struct quote_logs *logs)
{
	for (size_t i = 0; i < logs->n; i++)
		log_clear(&logs->v[i]);
	free(logs->v);
	*logs = (struct quote_logs){0};
}

int quote_json_add_log(struct quote_logs *logs, const struct quote_log *log, struct err *err)
{
	struct quote_log one = *log;
	struct quote_log *grown = reallocarray(logs->v, logs->n + 1, sizeof(*grown));
	if (grown == NULL) {
		log_clear(&one);
		return err_sys(err, ENOMEM, "logs");
	}
	logs->v = grown;
	grown[logs->n++] = one;
	return 0;
}

void quote_json_clear(struct quote_json *q)
{
	free(q->quote);
	free(q->aux);
	quote_json_clear_logs(&q->logs);
	json_object_put(q->doc);
	*q = (struct quote_json){0};
}

bool quote_json_looks_like(struct bytes file)
{
	if (json_head_first(file) != '{')
		return false;
	return bytes_start_with(json_head_value(file, "schema"), "\"tsmctl.quote/1\"");
}

/* A member that may be null; *ret stays what it is then. */
static int take_bytes(
	struct json_object *o, const char *key, uint8_t **ret, size_t *ret_n, struct err *err)
{
	struct json_object *value;
	if (!json_object_object_get_ex(o, key, &value) || value == NULL)
		return 0;
	struct bytes text = json_bytes(value);
	if (json_object_is_type(value, json_type_string) && text.n % 4 == 0) {
		*ret = malloc(text.n + 1);
		if (*ret == NULL)
			return err_sys(err, ENOMEM, "quote");
		if (base64_get(*ret, ret_n, text))
			return 0;
	}
	return err_set(err, ST_FORMAT, "its '%s' is not base64", key);
}

static int take_name(struct json_object *o, const char *key, char **ret, struct err *err)
{
	const char *name = NULL;
	struct json_object *value;
	if (!json_object_object_get_ex(o, key, &value) || value == NULL)
		return 0;
	if (json_name(value, key, &name, err) < 0)
		return -1;
	if (name == NULL)
		return err_set(err, ST_FORMAT, "its '%s' is not a name", key);
	*ret = strdup(name);
	return *ret != NULL ? 0 : err_sys(err, ENOMEM, "quote");
}

static int take_log(struct json_object *o, struct quote_log *ret, struct err *err)
{
	if (!json_object_is_type(o, json_type_object))
		return err_set(err, ST_FORMAT, "it is not an object");
	if (take_name(o, "source", &ret->source, err) < 0 ||
		take_name(o, "format", &ret->format, err) < 0 ||
		take_name(o, "register", &ret->reg, err) < 0 ||
		take_bytes(o, "base64", &ret->p, &ret->n, err) < 0)
		return -1;
	if (ret->source == NULL || ret->format == NULL || ret->p == NULL)
		return err_set(err, ST_FORMAT, "no 'source', 'format' or 'base64' in it");
	return 0;
}

static int take_logs(struct json_object *doc, struct quote_logs *ret, struct err *err)
{
	static const char *const others[] = {"cc_eventlog", "event_log"};
	struct json_object *list, *other;
	if (!json_object_object_get_ex(doc, "logs", &list) || list == NULL)
		return 0;
	if (!json_object_is_type(list, json_type_array))
		return err_set(err, ST_FORMAT, "its 'logs' is not an array");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (json_object_object_get_ex(doc, others[i], &other) && other != NULL)
			return err_set(err, ST_FORMAT,
				"JSON with two logs, 'logs' and '%s': give one of them", others[i]);
	size_t n = json_object_array_length(list);
	if (n > QUOTE_LOGS_COUNT_MAX)
		return err_set(err, ST_FORMAT, "more than %d logs", QUOTE_LOGS_COUNT_MAX);
	for (size_t i = 0; i < n; i++) {
		struct quote_log log = {0};
		if (take_log(json_object_array_get_idx(list, i), &log, err) < 0) {
			log_clear(&log);
			return err_in(err, "log %zu", i);
		}
		if (quote_json_add_log(ret, &log, err) < 0)
			return -1;
	}
	return 0;
}

static int take_boot_id(struct json_object *doc, char ret[static 37], struct err *err)
{
	struct json_object *value;
	if (!json_object_object_get_ex(doc, "boot_id", &value) || value == NULL)
		return 0;
	struct bytes text = json_bytes(value);
	if (!json_object_is_type(value, json_type_string) || !bytes_is_uuid(text))
		return err_set(err, ST_FORMAT, "its 'boot_id' is not a UUID");
	memcpy(ret, text.p, text.n);
	return 0;
}

static int take_doc(struct json_object *doc, struct quote_json *ret, struct err *err)
{
	struct json_object *name = json_member(doc, "schema", json_type_string);
	if (name == NULL || strcmp(json_object_get_string(name), schema) != 0)
		return err_set(err, ST_FORMAT, "JSON, but not of schema '%s'", schema);
	if (envelope_check_one_quote(doc, err) < 0)
		return -1;
	if (take_boot_id(doc, ret->boot_id, err) < 0 ||
		take_bytes(doc, "quote_base64", &ret->quote, &ret->n_quote, err) < 0 ||
		take_bytes(doc, "auxblob_base64", &ret->aux, &ret->n_aux, err) < 0)
		return -1;
	if (ret->quote == NULL)
		return err_set(err, ST_FORMAT, "no quote in it: its 'quote_base64' is missing");
	return take_logs(doc, &ret->logs, err);
}

int quote_json_parse(struct bytes file, struct quote_json *ret, struct err *err)
{
	struct json_object *doc;
	*ret = (struct quote_json){0};
	if (json_whole(file, &doc, err) < 0)
		return -1;
	ret->doc = doc;
	return take_doc(doc, ret, err);
}

static bool is_hex_of(struct json_object *string, struct bytes b)
{
	uint8_t raw[256]; /* no field of a quote or a report is as long */
	struct bytes hex = string != NULL ? json_bytes(string) : (struct bytes){0};
	return hex.n == 2 * b.n && b.n <= sizeof(raw) && hex_get(raw, b.n, hex, true) &&
	       bytes_equal((struct bytes){raw, b.n}, b);
}

static bool has_register(const struct register_file *regs, struct json_object *row)
{
	struct json_object *name = json_member(row, "register", json_type_string);
	struct json_object *value = json_member(row, "value", json_type_string);
	for (size_t i = 0; name != NULL && i < regs->mrs.n; i++)
		if (bytes_equal(json_bytes(name), bytes_of(regs->mrs.mr[i]->full)))
			return is_hex_of(value, regs->value[i]);
	return false;
}

int quote_json_check(const struct quote_json *q, const struct register_file *regs,
	struct bytes report_data, struct err *err)
{
	struct json_object *v;
	if (json_object_object_get_ex(q->doc, "report_data", &v) && v != NULL &&
		!is_hex_of(json_member(q->doc, "report_data", json_type_string), report_data))
		return err_set(err, ST_FORMAT, "its 'report_data' is not that of the quote in it");
	if (!json_object_object_get_ex(q->doc, "registers", &v) || v == NULL)
		return 0;
	bool same = json_object_is_type(v, json_type_array);
	for (size_t i = 0; same && i < json_object_array_length(v); i++)
		same = has_register(regs, json_object_array_get_idx(v, i));
	return same ? 0
		    : err_set(err, ST_FORMAT, "its 'registers' are not those of the quote in it");
}
