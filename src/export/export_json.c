/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical event logs in JSON, an object a line; see log/cel_json.h and log/cel_content.h. */
#include <stdio.h>
#include <string.h>

#include "export/export.h"
#include "export/export_format.h"
#include "formats/cel_content.h"
#include "formats/tcg_names.h"

static int check(struct export *x, const struct log_event *ev, struct err *err)
{
	(void)x;
	if (ev->place == PLACE_NONE && ev->extends)
		return err_set(
			err, ST_ABSENT, "nothing says which register '%s' extended", ev->kind);
	/* As its reader: only a word is shown as it is. */
	if (ev->place == PLACE_NAMED && !bytes_is_word(bytes_of(ev->reg)))
		return err_set(err, ST_ABSENT,
			"'%s': 'cel-json' has names of one word of printable ASCII only", ev->reg);
	return 0;
}

/* An algorithm that we do not know has its number. */
static bool has_digest(const struct export *x, const struct event_digest *d)
{
	(void)x;
	return d->tcg_id != 0 && d->d.size > 0;
}

/* At the most: a character of two bytes takes six, and hex takes two for one. */
static size_t size(const struct export_record *rec)
{
	const struct log_event *ev = rec->ev;
	return 6 * (strlen(ev->kind) + (ev->reg != NULL ? strlen(ev->reg) : 0)) + 2 * rec->data.n;
}

static void put_register(struct export_out *out, const struct log_event *ev)
{
	static const char *const keys[] = {
		[PLACE_PCR] = ",\"pcr\":",
		[PLACE_NV] = ",\"nv_index\":",
		[PLACE_CC_MR] = ",\"ccmr\":",
		[PLACE_NAMED] = ",\"register\":",
	};
	if (ev->place == PLACE_NONE)
		return;
	out_str(out, keys[ev->place]);
	if (ev->place == PLACE_NAMED)
		out_json(out, bytes_of(ev->reg));
	else
		out_decimal(out, ev->index);
}

/* As the TCG and the programs that follow it spell them. */
static void put_hash(struct export_out *out, const struct event_digest *d)
{
	static const char *const names[HASH_COUNT] = {
		[HASH_SHA1] = "sha1",
		[HASH_SHA256] = "sha256",
		[HASH_SHA384] = "sha384",
		[HASH_SHA512] = "sha512",
		[HASH_SM3] = "sm3_256",
		[HASH_SHA3_256] = "sha3_256",
		[HASH_SHA3_384] = "sha3_384",
		[HASH_SHA3_512] = "sha3_512",
	};
	char number[sizeof("0x0000")];
	snprintf(number, sizeof(number), "0x%04x", d->tcg_id);
	out_str(out, names[d->d.alg] != NULL ? names[d->d.alg] : number);
}

static void put_digests(struct export_out *out, const struct export_record *rec)
{
	out_str(out, ",\"digests\":[");
	for (size_t i = 0; i < rec->n_digests; i++) {
		out_str(out, i > 0 ? ",{\"hashAlg\":\"" : "{\"hashAlg\":\"");
		put_hash(out, rec->digest[i]);
		out_str(out, "\",\"digest\":");
		out_json_hex(out, digest_bytes(&rec->digest[i]->d));
		out_str(out, "}");
	}
	out_str(out, "]");
}

static void put_content(struct export_out *out, const char *type, const char *first)
{
	out_str(out, ",\"content_type\":\"");
	out_str(out, type);
	out_str(out, "\",\"content\":{\"");
	out_str(out, first);
	out_str(out, "\":");
}

/* The end of a content: the last member, unless the log has left it out. */
static void put_last_hex(struct export_out *out, const char *key, struct bytes data)
{
	if (data.p != NULL) {
		out_str(out, ",\"");
		out_str(out, key);
		out_str(out, "\":");
		out_json_hex(out, data);
	}
	out_str(out, "}");
}

static void put_pcclient(struct export_out *out, const struct export_record *rec)
{
	const char *name = tcg_event_name(rec->type);
	put_content(out, "pcclient_std", "event_type");
	if (name != NULL)
		out_json(out, bytes_of(name));
	else
		out_decimal(out, rec->type);
	put_last_hex(out, "event_data", rec->data);
}

static void put_ima(struct export_out *out, const struct log_event *ev)
{
	put_content(out, "ima_template", "template_name");
	out_json(out, bytes_of(ev->kind));
	put_last_hex(out, "template_data", ev->data);
}

/*
 * An event of systemd's, whose string is its text, and is short enough to stand as such. Its types:
 * systemd, src/shared/tpm2-util.c.
 */
static bool is_systemd(const struct log_event *ev)
{
	static const char *const kinds[] = {"phase", "filesystem", "volume-key", "machine-id",
		"product-id", "keyslot", "nvpcr-init", "nvpcr-separator", "dm-verity",
		"imds-userdata", "os-separator", "login"};
	if (ev->data.p == NULL || ev->text.p != ev->data.p || ev->text.n != ev->data.n ||
		ev->data.n > RECORD_MAX)
		return false;
	/* It is to read back as what it is. */
	if (cel_content_hashes_string(ev->data, ev->kind) != (ev->hashed.p != NULL))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(ev->kind, kinds[i]) == 0)
			return true;
	return false;
}

static void put_systemd(struct export_out *out, const struct log_event *ev)
{
	put_content(out, "systemd", "string");
	out_json(out, ev->data);
	if (ev->time.p != NULL) {
		out_str(out, ",\"timestamp\":");
		out_bytes(out, ev->time);
	}
	out_str(out, ",\"eventType\":\"");
	out_str(out, ev->kind);
	out_str(out, "\"}");
}

/* What has no event type: of a "record" it is known that the data was hashed. */
static void put_own(struct export_out *out, const struct export_record *rec)
{
	const char *kind = rec->ev->kind;
	if (rec->ev->hashed.p != NULL)
		kind = "record";
	else if (strcmp(kind, "record") == 0)
		kind = "digest";
	put_content(out, "tsmctl", "kind");
	out_json(out, bytes_of(kind));
	put_last_hex(out, "data", rec->data);
}

static void record(struct export *x, const struct export_record *rec)
{
	struct export_out *out = &x->out;
	const struct log_event *ev = rec->ev;
	out_str(out, x->records > 0 ? ",\n{\"recnum\":" : "{\"recnum\":");
	out_decimal(out, rec->recnum);
	put_register(out, ev);
	put_digests(out, rec);
	if (rec->typed)
		put_pcclient(out, rec);
	else if (rec->ima)
		put_ima(out, ev);
	else if (is_systemd(ev))
		put_systemd(out, ev);
	else
		put_own(out, rec);
	out_str(out, "}");
}

/* What has no type of the TCG's has a content of its own, which says what was hashed. */
static bool has_content(const struct export_record *rec)
{
	(void)rec;
	return true;
}

static void begin(struct export *x)
{
	out_str(&x->out, "[\n");
}

static void end(struct export *x)
{
	out_str(&x->out, x->records > 0 ? "\n]\n" : "]\n");
}

const struct export_format export_cel_json = {
	.name = "cel-json",
	.check = check,
	.has_digest = has_digest,
	.size_max = WINDOW_MAX - EXPORT_HEADS_MAX,
	.size = size,
	.has_content = has_content,
	.begin = begin,
	.record = record,
	.end = end,
	.no_data = true,
};
