/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes and reports put together here, field by field, and read back; then the genuine ones, where they are. */
#include "evidence/tdx_quote.h"

#include <unistd.h>

#include <json-c/json.h>
#include <openssl/sha.h>

#include "base/input.h"
#include "check.h"
#include "evidence/evidence_file.h"
#include "text.h"

/* A quote, as a description; the registers are patterns that differ from each other. */
struct made {
	unsigned version, body_type;
	uint32_t tee, body_size, sig_size;
	uint8_t attributes[8];
	uint32_t sig, trailing; /* bytes that are there */
};

enum { SIG = 400 };

static const struct made v4 = {4, 2, 0x81, 584, SIG, {0, 0, 0, 0x10}, SIG, 0};
static const struct made v5_2 = {5, 2, 0x81, 584, SIG, {0, 0, 0, 0x10}, SIG, 0};
static const struct made v5_3 = {5, 3, 0x81, 648, SIG, {0, 0, 0, 0x10}, SIG, 0};

static void put_le(struct text *t, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text_char(t, (char)(v >> 8 * i));
}

/* What register `name` holds here: its name over and over. */
static struct bytes pattern(uint8_t buf[static 64], const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = (uint8_t)name[i % strlen(name)];
	return (struct bytes){buf, n};
}

static void put(struct text *t, const char *name, size_t n)
{
	uint8_t buf[64];
	text_add(t, pattern(buf, name, n));
}

static void put_names(struct text *t, const char *const *names)
{
	for (; *names != NULL; names++)
		put(t, *names, 48);
}

static struct text make(const struct made *m)
{
	struct text t = {0};
	put_le(&t, m->version, 2);
	put_le(&t, 2, 2);
	put_le(&t, m->tee, 4);
	text_fill(&t, 'h', 40);
	if (m->version == 5) {
		put_le(&t, m->body_type, 2);
		put_le(&t, m->body_size, 4);
	}
	put(&t, "svn", 16);
	put_names(&t, (const char *const[]){"mrseam", "mrsignerseam", NULL});
	text_fill(&t, 's', 8);
	text_add(&t, (struct bytes){m->attributes, 8});
	text_fill(&t, 'x', 8);
	put_names(&t, (const char *const[]){"mrtd", "mrconfigid", "mrowner", "mrownerconfig",
			      "rtmr0", "rtmr1", "rtmr2", "rtmr3", NULL});
	put(&t, "report data", 64);
	if (m->version == 5 && m->body_type == 3) {
		put(&t, "svn2", 16);
		put(&t, "mrservicetd", 48);
	}
	put_le(&t, m->sig_size, 4);
	text_fill(&t, 'q', m->sig);
	text_fill(&t, '\0', m->trailing);
	return t;
}

static struct text make_report(void)
{
	struct text t = {0};
	uint8_t hash[48];
	text_add(&t, (struct bytes){(const uint8_t *)"\x81\0\1\0", 4});
	text_fill(&t, '\0', 124);
	put(&t, "report data", 64);
	text_fill(&t, 'm', 64);
	text_fill(&t, 'v', 8);
	put(&t, "svn", 16);
	put_names(&t, (const char *const[]){"mrseam", "mrsignerseam", NULL});
	text_fill(&t, 'a', 119);
	text_fill(&t, '\0', 17);
	CHECK_U64(t.n, 512);
	text_add(&t, (struct bytes){(const uint8_t *)"\0\0\0\x10\0\0\0\0xxxxxxxx", 16});
	put_names(&t, (const char *const[]){"mrtd", "mrconfigid", "mrowner", "mrownerconfig",
			      "rtmr0", "rtmr1", "rtmr2", "rtmr3", "servtd_hash", NULL});
	text_fill(&t, '\0', 64);
	CHECK_U64(t.n, 1024);
	SHA384(t.p + 256, 239, hash);
	memcpy(t.p + 32, hash, 48);
	SHA384(t.p + 512, 512, hash);
	memcpy(t.p + 80, hash, 48);
	return t;
}

static struct evidence_trust trust;

static int quote_parse(
	struct bytes b, struct register_file *ret, struct evidence *ev, struct err *err)
{
	size_t at;
	*ret = (struct register_file){0};
	*ev = (struct evidence){0};
	return tdx_quote_parse(b, ret, ev, &at, err);
}

static int tdreport_parse(
	struct bytes b, struct register_file *ret, struct evidence *ev, struct err *err)
{
	*ret = (struct register_file){0};
	*ev = (struct evidence){0};
	return tdx_quote_parse_report(b, ret, ev, err);
}

/* With what is around it. */
static int file_parse(
	struct bytes b, struct register_file *ret, struct evidence *ev, struct err *err)
{
	return evidence_file_parse(b, &trust, ret, ev, err);
}

static int quote_load(
	const char *path, struct register_file *ret, struct evidence *ev, struct err *err)
{
	return evidence_file_load(path, &trust, ret, ev, NULL, err);
}

static int tdreport_load(
	const char *path, struct register_file *ret, struct evidence *ev, struct err *err)
{
	return evidence_file_load(path, NULL, ret, ev, NULL, err);
}

typedef int parse_fn(struct bytes, struct register_file *, struct evidence *, struct err *);

/* A copy of exactly this size, so that a sanitizer sees a byte read beyond it. */
static int parse(parse_fn *fn, struct bytes b, struct register_file *ret, struct evidence *facts,
	struct err *err)
{
	uint8_t *copy = malloc(b.n > 0 ? b.n : 1);
	CHECK(copy != NULL);
	if (b.n > 0)
		memcpy(copy, b.p, b.n);
	*err = (struct err){0};
	int rc = fn((struct bytes){copy, b.n}, ret, facts, err);
	free(copy);
	return rc;
}

static void refused(parse_fn *fn, struct bytes b, const char *message)
{
	struct register_file v;
	struct evidence facts;
	struct err err;
	if (parse(fn, b, &v, &facts, &err) == 0)
		check_failed(__FILE__, __LINE__, "was taken, not refused: %s", message);
	CHECK_INT(err.status, ST_FORMAT);
	CHECK_STR(err.msg, message);
	register_file_clear(&v);
}

static void quote_refused(const struct made *m, const char *message)
{
	struct text t = make(m);
	refused(quote_parse, text_bytes(&t), message);
	text_free(&t);
}

/* Register i, whose value is the pattern of its name. */
static void check_register(const struct register_file *v, size_t i)
{
	const struct mr *mr = v->mrs.mr[i];
	bool rtmr = strncmp(mr->name, "rtmr", 4) == 0, mrtd = strcmp(mr->name, "mrtd") == 0;
	uint8_t buf[64];
	char full[32];
	snprintf(full, sizeof(full), "%s%s", mr->name, rtmr || mrtd ? ":sha384" : "");
	CHECK_STR(mr->full, full);
	CHECK_STR(mr->provider, "");
	CHECK_U64(mr->size, 48);
	CHECK_INT(mr->alg, rtmr || mrtd ? HASH_SHA384 : HASH_NONE);
	CHECK_U64(mr->flags, rtmr ? MR_READABLE | MR_RUNTIME : MR_READABLE);
	CHECK_INT(mr->cc_mr_index, rtmr ? mr->name[4] - '0' + 1 : mrtd ? 0 : CC_MR_NONE);
	CHECK(mr->abi == NULL && mr->path == NULL);
	CHECK_BYTES(v->value[i], pattern(buf, mr->name, 48));
}

static void taken(parse_fn *fn, struct bytes b, const char *names, struct evidence *facts)
{
	struct register_file v;
	struct err err;
	struct text got = {0};
	uint8_t buf[64];
	if (parse(fn, b, &v, facts, &err) < 0)
		check_failed(__FILE__, __LINE__, "refused: %s", err.msg);
	for (size_t i = 0; i < v.mrs.n; i++) {
		check_register(&v, i);
		text_fmt(&got, "%s ", v.mrs.mr[i]->name);
	}
	CHECK_BYTES(text_bytes(&got), bytes_of(names));
	CHECK_BYTES(((struct bytes){facts->report_data, 64}), pattern(buf, "report data", 64));
	text_free(&got);
	register_file_clear(&v);
}

#define NAMES_4 "mrconfigid mrowner mrownerconfig mrseam mrsignerseam mrtd rtmr0 rtmr1 rtmr2 rtmr3 "
#define NAMES_15                                                                                   \
	"mrconfigid mrowner mrownerconfig mrseam mrservicetd mrsignerseam mrtd rtmr0 rtmr1 rtmr2 " \
	"rtmr3 "

static void quote_taken(const struct made *m)
{
	struct text t = make(m);
	struct evidence facts;
	taken(quote_parse, text_bytes(&t), m->body_type == 3 ? NAMES_15 : NAMES_4, &facts);
	CHECK_U64(facts.version, m->version);
	CHECK_U64(facts.trailing, m->trailing);
	CHECK_INT(facts.debug, m->attributes[0] & 1);
	CHECK_BYTES(((struct bytes){facts.tdx.attributes, 8}), ((struct bytes){m->attributes, 8}));
	CHECK(facts.verdict != EVIDENCE_FORGED);
	text_free(&t);
}

static void test_quotes(void)
{
	static const struct made *const all[] = {&v4, &v5_2, &v5_3};
	for (size_t i = 0; i < 3; i++) {
		quote_taken(all[i]);
		struct made m = *all[i];
		m.trailing = 1;
		quote_taken(&m);
		m.trailing = 8000;
		quote_taken(&m);
		for (unsigned bits = 0; bits < 256; bits++) {
			m.attributes[0] = (uint8_t)bits;
			quote_taken(&m);
		}
		m.sig_size = m.sig = 70000;
		quote_taken(&m);
	}
}

/* Cut anywhere, it is no quote: never fewer registers. */
static void test_cut(void)
{
	static const struct made *const all[] = {&v4, &v5_2, &v5_3};
	for (size_t i = 0; i < 3; i++) {
		struct text t = make(all[i]);
		for (size_t n = 0; n < t.n; n++) {
			struct register_file v;
			struct evidence facts;
			struct err err;
			if (parse(quote_parse, (struct bytes){t.p, n}, &v, &facts, &err) == 0)
				check_failed(__FILE__, __LINE__, "taken, cut at %zu", n);
			CHECK_INT(err.status, ST_FORMAT);
			if (strncmp(err.msg, "offset ", 7) != 0)
				check_failed(__FILE__, __LINE__, "cut at %zu: %s", n, err.msg);
			CHECK_U64(v.mrs.n, 0);
			register_file_clear(&v);
		}
		text_free(&t);
	}
}

static void cut_says(const struct made *m, size_t n, const char *message)
{
	struct text t = make(m);
	refused(quote_parse, (struct bytes){t.p, n}, message);
	text_free(&t);
}

static void test_cut_says(void)
{
	refused(quote_parse, (struct bytes){NULL, 0},
		"offset 0: a quote starts with a header of 48 bytes, and there are only 0");
	cut_says(&v4, 47,
		"offset 0: a quote starts with a header of 48 bytes, and there are only 47");
	cut_says(&v4, 48,
		"offset 48: cut in the quote's body: it has 584 bytes, and there are only 0");
	cut_says(&v4, 631,
		"offset 48: cut in the quote's body: it has 584 bytes, and there are only 583");
	cut_says(&v4, 635, "offset 632: cut before the quote's signature");
	cut_says(&v4, 1035,
		"offset 632: a signature of 400 bytes, and there are only 399: the quote is cut");
	cut_says(&v5_3, 49, "offset 48: cut in the type and size of the quote's body");
	cut_says(&v5_3, 53, "offset 50: cut in the type and size of the quote's body");
	cut_says(&v5_3, 701,
		"offset 54: cut in the quote's body: it has 648 bytes, and there are only 647");
	cut_says(&v5_3, 1105,
		"offset 702: a signature of 400 bytes, and there are only 399: the quote is cut");
}

static void test_lengths(void)
{
	static const uint32_t sizes[] = {SIG + 1, 0xffff, 0x10000, 0x10001, 0x7fffffff, 0x80000000,
		0xfffffd84, 0xfffffffe, 0xffffffff};
	char message[200];
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct made m = v4;
		m.sig_size = sizes[i];
		snprintf(message, sizeof(message),
			"offset 632: a signature of %u bytes, and there are only %d: the quote is "
			"cut",
			sizes[i], SIG);
		quote_refused(&m, message);
		m = v5_2;
		m.body_size = sizes[i];
		snprintf(message, sizeof(message),
			"offset 50: a body of %u bytes, but type 2 has 584", sizes[i]);
		quote_refused(&m, message);
	}
	struct made m = v5_3;
	m.body_size = 584;
	quote_refused(&m, "offset 50: a body of 584 bytes, but type 3 has 648");
	m = v5_2;
	m.body_size = 0;
	quote_refused(&m, "offset 50: a body of 0 bytes, but type 2 has 584");
	/* The smallest signature: 1020 and 1026 bytes in all. */
	m = v4;
	m.trailing = 100;
	m.sig_size = m.sig = 383;
	quote_refused(&m, "offset 632: a signature of 383 bytes: no quote is that short");
	m.sig_size = m.sig = 0;
	quote_refused(&m, "offset 632: a signature of 0 bytes: no quote is that short");
	m.sig_size = m.sig = 384;
	quote_taken(&m);
	m = v5_2;
	m.sig_size = m.sig = 383;
	quote_refused(&m, "offset 638: a signature of 383 bytes: no quote is that short");
	m.sig_size = m.sig = 384;
	quote_taken(&m);
}

#define REFUSED(what) "this is " what ", not a TDX quote: tsmctl does not read it"

static void test_kinds(void)
{
	struct made m = v4;
	m.version = 3;
	quote_refused(&m, "offset 0: a quote of version 3, and only 4 and 5 are known here");
	m.version = 6;
	quote_refused(&m, "offset 0: a quote of version 6, and only 4 and 5 are known here");
	m.version = 0x0104;
	quote_refused(&m, "offset 0: a quote of version 260, and only 4 and 5 are known here");
	m.version = 0;
	quote_refused(&m, "offset 0: a quote of version 0, and only 4 and 5 are known here");
	m = v4;
	m.tee = 0x82;
	quote_refused(&m, "offset 4: a quote of TEE type 0x82, and TDX is 0x81");
	m.tee = 0;
	for (m.version = 3; m.version <= 5; m.version++)
		quote_refused(&m, REFUSED("an SGX quote"));
	m = v5_2;
	m.body_type = 1;
	m.body_size = 384;
	quote_refused(&m, REFUSED("an SGX quote"));
	m.body_type = 4;
	m.body_size = 885;
	quote_refused(&m, "this is a quote with a body of type 4 (TDX 1.5, extended), not a quote "
			  "of body type 2 or 3: tsmctl does not read it");
	m.body_type = 5;
	quote_refused(&m, "offset 48: a body of type 5, and only 2 and 3 are known here");
	m.body_type = 0;
	quote_refused(&m, "offset 48: a body of type 0, and only 2 and 3 are known here");
}

static void foreign(const char *head, size_t n, size_t size, const char *message)
{
	struct text t = {0};
	text_add(&t, (struct bytes){(const uint8_t *)head, n});
	text_fill(&t, '\0', size - n);
	refused(quote_parse, text_bytes(&t), message);
	text_free(&t);
}

static void test_foreign(void)
{
	foreign("\xd9\x01\x8f\xa2", 4, 4, REFUSED("an Arm CCA token"));
	foreign("\x84\x44\xa1\x01\x38\x22\xa0", 7, 900,
		REFUSED("an AWS Nitro attestation document"));
	foreign("\xd2\x84\x44\xa1\x01\x38\x22\xa0", 8, 900,
		REFUSED("an AWS Nitro attestation document"));
	static const char *const cbor[] = {
		"\x81\xa1", "\x82", "\x9f", "\xa3", "\xbf", "\xd2", "\xd9\x03\x8b"};
	for (size_t i = 0; i < sizeof(cbor) / sizeof(cbor[0]); i++)
		foreign(cbor[i], strlen(cbor[i]), 9000,
			REFUSED("CBOR, as is the DICE evidence of newer TDX modules"));
	foreign("04000200", 8, 16, REFUSED("text that is neither hex, base64 nor JSON"));
	foreign("BAACAIEA", 8, 8, REFUSED("text that is neither hex, base64 nor JSON"));
	foreign("0400020\x7f", 8, 9000,
		"offset 0: a quote of version 13360, and only 4 and 5 are known here");
	foreign("\x7f", 1, 9000,
		"offset 0: a quote of version 127, and only 4 and 5 are known here");
	/* An event log. */
	foreign("\0\0\0\0\3\0\0\0", 8, 9000,
		"offset 0: a quote of version 0, and only 4 and 5 are known here");
	struct text report = make_report();
	refused(quote_parse, text_bytes(&report),
		"this is a TDREPORT, not a quote: --tdreport reads it");
	refused(quote_parse, (struct bytes){report.p, 1000},
		"this is a TDREPORT, not a quote: --tdreport reads it");
	text_free(&report);
}

static void test_report(void)
{
	static const char names[] = "mrconfigid mrowner mrownerconfig mrseam mrsignerseam mrtd "
				    "rtmr0 rtmr1 rtmr2 rtmr3 servtd_hash ";
	struct text t = make_report();
	struct evidence facts;
	taken(tdreport_parse, text_bytes(&t), names, &facts);
	CHECK(!facts.debug && facts.verdict != EVIDENCE_FORGED);
	CHECK_U64(facts.trailing, 0);
	CHECK_U64(facts.version, 1);
	/* The two hashes and what they are of: any bit there counts, and none beside it. */
	for (size_t at = 4; at < t.n; at++) {
		bool counts = (at >= 32 && at < 128) || (at >= 256 && at < 495) || at >= 512;
		struct register_file v;
		struct err err;
		t.p[at] ^= 0x80;
		CHECK_INT(parse(tdreport_parse, text_bytes(&t), &v, &facts, &err), 0);
		if ((facts.verdict == EVIDENCE_FORGED) != counts)
			check_failed(__FILE__, __LINE__, "a bit of byte %zu: %d", at,
				(facts.verdict == EVIDENCE_FORGED));
		register_file_clear(&v);
		t.p[at] ^= 0x80;
	}
	t.p[512] |= 1;
	taken(tdreport_parse, text_bytes(&t), names, &facts);
	CHECK(facts.debug && (facts.verdict == EVIDENCE_FORGED));
	text_free(&t);
}

static void test_report_refused(void)
{
	struct text t = make_report(), quote = make(&v4);
	char message[80];
	for (size_t n = 0; n < t.n; n++) {
		snprintf(message, sizeof(message), "%zu bytes, and a TDREPORT has 1024", n);
		refused(tdreport_parse, (struct bytes){t.p, n}, message);
	}
	text_char(&t, '\0');
	refused(tdreport_parse, text_bytes(&t), "1025 bytes, and a TDREPORT has 1024");
	t.n--;
	for (unsigned version = 0; version < 256; version++) {
		struct register_file v;
		struct evidence facts;
		struct err err;
		t.p[2] = (uint8_t)version;
		bool known = version < 2 || version == 3;
		CHECK_INT(parse(tdreport_parse, text_bytes(&t), &v, &facts, &err), known ? 0 : -1);
		register_file_clear(&v);
	}
	refused(tdreport_parse, text_bytes(&t),
		"offset 2: a TDREPORT of version 255, and only 0, 1 and 3 are known here");
	t.p[0] = 0;
	refused(tdreport_parse, text_bytes(&t), "offset 0: a report of type 0x0, and TDX is 0x81");
	t.p[0] = 0xa1;
	refused(tdreport_parse, text_bytes(&t),
		"this is CBOR, as is the DICE evidence of newer TDX modules, not a TDREPORT: "
		"tsmctl does not read it");
	refused(tdreport_parse, text_bytes(&quote),
		"this is a TDX quote, not a TDREPORT: --quote reads it");
	text_free(&t);
	text_free(&quote);
}

static void json_refused(const char *json, const char *message)
{
	refused(file_parse, bytes_of(json), message);
}

static void test_json(void)
{
	struct text quote = make(&v5_3), t = {0};
	struct evidence facts;
	text_str(&t, " \n{\"event_log\":\"[]\",\"quote\":\"");
	text_hex(&t, text_bytes(&quote));
	text_str(&t, "\",\"vm_config\":\"\"}\n");
	taken(file_parse, text_bytes(&t), NAMES_15, &facts);
	CHECK_U64(facts.version, 5);
	for (size_t n = 3; n + 2 < t.n; n++) {
		struct register_file v;
		struct err err;
		CHECK_INT(parse(file_parse, (struct bytes){t.p, n}, &v, &facts, &err), -1);
		CHECK_INT(err.status, ST_FORMAT);
		register_file_clear(&v);
	}
	text_char(&t, 'x');
	struct register_file v;
	struct err err;
	CHECK_INT(parse(file_parse, text_bytes(&t), &v, &facts, &err), -1);
	CHECK(strstr(err.msg, "neither evidence nor JSON with a quote: ") != NULL);
	register_file_clear(&v);
	json_refused("{}", "JSON without a string 'quote'");
	json_refused("{\"quote\":5}", "JSON without a string 'quote'");
	json_refused("{\"quote\":\"0\"}", "the JSON's 'quote' is neither hex nor base64");
	json_refused("{\"quote\":\"0%\"}", "the JSON's 'quote' is neither hex nor base64");
	json_refused("{\"quote\":\"\"}", "the JSON's 'quote' is neither hex nor base64");
	json_refused("{\"quote\":\"0400\"}",
		"offset 0: a quote starts with a header of 48 bytes, and there are only 2");
	json_refused("{\"quote\":\"d9018f\"}", REFUSED("an Arm CCA token"));
	json_refused("{\"quote\":\"00\", \"quote\" :\"00\"}",
		"neither evidence nor JSON with a quote: byte 0: two members of one object have "
		"the "
		"same name");
	t.n = 0;
	text_str(&t, "{\"quote\":");
	for (size_t i = 0; i < 10000; i++)
		text_str(&t, "{\"quote\":");
	CHECK_INT(parse(file_parse, text_bytes(&t), &v, &facts, &err), -1);
	CHECK(strstr(err.msg, "nesting too deep") != NULL);
	register_file_clear(&v);
	text_free(&t);
	text_free(&quote);
}

static void test_load(void)
{
	char path[] = "/tmp/tsmctl-quote-XXXXXX", message[100];
	int fd = mkstemp(path);
	struct text t = make(&v4);
	struct register_file v;
	struct evidence facts;
	struct err err = {0};
	CHECK(fd >= 0);
	CHECK_INT(write(fd, t.p, t.n), t.n);
	CHECK_INT(quote_load(path, &v, &facts, &err), 0);
	CHECK_U64(v.mrs.n, 10);
	register_file_clear(&v);
	CHECK_INT(tdreport_load(path, &v, &facts, &err), -1);
	snprintf(message, sizeof(message),
		"'%s': this is a TDX quote, not a TDREPORT: --quote reads it", path);
	CHECK_STR(err.msg, message);
	register_file_clear(&v);
	CHECK_INT(ftruncate(fd, EVIDENCE_FILE_MAX), 0);
	CHECK_INT(quote_load(path, &v, &facts, &err), 0);
	CHECK_U64(facts.trailing, EVIDENCE_FILE_MAX - t.n);
	register_file_clear(&v);
	CHECK_INT(ftruncate(fd, EVIDENCE_FILE_MAX + 1), 0);
	CHECK_INT(quote_load(path, &v, &facts, &err), -1);
	CHECK_INT(err.status, ST_FORMAT);
	register_file_clear(&v);
	close(fd);
	unlink(path);
	CHECK_INT(quote_load(path, &v, &facts, &err), -1);
	CHECK_INT(err.status, ST_SYSTEM);
	register_file_clear(&v);
	text_free(&t);
	t.n = 0;
	text_str(&t, "{");
	text_fill(&t, ' ', EVIDENCE_FILE_MAX);
	refused(file_parse, text_bytes(&t), "longer than 4194304 bytes");
	text_free(&t);
}

/* Genuine evidence: what else was published of it. */
#define VECTORS TSMCTL_SHARED_DIR "/vectors/"

static struct json_object *expected(struct json_object *all, const char *key, const char *name)
{
	struct json_object *log, *v;
	CHECK(json_object_object_get_ex(all, key, &log));
	return json_object_object_get_ex(log, name, &v) ? v : NULL;
}

static void check_vector(struct json_object *all, parse_fn *load_as, const char *file,
	const char *key, size_t n, unsigned version, size_t trailing, bool debug)
{
	struct register_file v;
	struct evidence facts;
	struct err err;
	char path[512], hex[97];
	uint8_t *raw;
	size_t size, compared = 0;
	snprintf(path, sizeof(path), VECTORS "%s", file);
	CHECK_INT(input_read(path, EVIDENCE_FILE_MAX, &raw, &size, &err), 0);
	if (parse(load_as, (struct bytes){raw, size}, &v, &facts, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s: %s", file, err.msg);
	CHECK_U64(v.mrs.n, n);
	CHECK_U64(facts.version, version);
	CHECK_U64(facts.trailing, trailing);
	CHECK_INT(facts.debug, debug);
	CHECK(facts.verdict != EVIDENCE_FORGED);
	for (size_t i = 0; key != NULL && i < v.mrs.n; i++) {
		struct json_object *want = expected(all, key, v.mrs.mr[i]->name);
		if (want == NULL)
			continue;
		CHECK_STR(hex_str(hex, v.value[i]), json_object_get_string(want));
		compared++;
	}
	CHECK(key == NULL || compared >= 4);
	register_file_clear(&v);
	free(raw);
}

static void test_vectors(void)
{
	if (access(VECTORS, F_OK) < 0)
		return;
	struct json_object *all = json_object_from_file(VECTORS "expected.json");
	CHECK(all != NULL);
	check_vector(all, quote_parse, "go-tdx-guest/cos-113-tdx-quote.dat",
		"go-eventlog/cos-113-intel-tdx.bin", 10, 4, 3065, false);
	check_vector(all, quote_parse, "synthetic/dstack-quote-report.quote.bin",
		"synthetic/dstack-quote-report.ccel.bin", 10, 4, 70, false);
	check_vector(all, file_parse, "dstack/quote-report.json", "dstack/quote-report.json", 10, 4,
		70, false);
	check_vector(all, quote_parse, "trustee/tdx_quote_4.dat", NULL, 10, 4, 0, true);
	check_vector(all, quote_parse, "trustee/tdx_quote_5.dat", NULL, 11, 5, 0, false);
	check_vector(
		all, tdreport_parse, "guest-components/tdx_report_1.bin", NULL, 11, 1, 0, false);
	json_object_put(all);
}

int main(void)
{
	struct err err;
	CHECK_INT(evidence_trust_init(&trust, &err), 0);
	test_quotes();
	test_cut();
	test_cut_says();
	test_lengths();
	test_kinds();
	test_foreign();
	test_report();
	test_report_refused();
	test_json();
	test_load();
	test_vectors();
	return 0;
}
