/* SPDX-License-Identifier: Apache-2.0 */
/* Measurement lists of the kernel's IMA. */
#include "check.h"
#include "feed.h"
#include "formats/ima.h"

static const char zeros40[] = "0000000000000000000000000000000000000000";

/* A field as the kernel keeps and hashes it: its length, its bytes. */
static void add_field(struct text *t, struct bytes b)
{
	text_le32(t, (uint32_t)b.n);
	text_add(t, b);
}

/* "ima:sha256:", a NUL, the digest. */
static void add_digest(struct text *t, const char *prefix, const char *hex)
{
	struct text d = {0};
	text_add(&d, (struct bytes){(const uint8_t *)prefix, strlen(prefix) + 1});
	text_unhex(&d, hex);
	add_field(t, text_bytes(&d));
	text_free(&d);
}

/* With its NUL. */
static void add_path(struct text *t, const char *path)
{
	add_field(t, (struct bytes){(const uint8_t *)path, strlen(path) + 1});
}

static void add_hex(struct text *t, const char *hex)
{
	struct text d = {0};
	text_unhex(&d, hex);
	add_field(t, text_bytes(&d));
	text_free(&d);
}

/* The list's hash. */
static const struct model_hash *list_hash = &model_sha1;

static void digest_of_list(struct bytes data, uint8_t *ret)
{
	model_hash2(list_hash, data, (struct bytes){NULL, 0}, ret);
}

/* A binary record; its digest is that of `hashed`. */
static void add_record(
	struct text *t, const char *name, struct bytes hashed, struct bytes data, bool with_length)
{
	uint8_t d[MODEL_SIZE_MAX];
	digest_of_list(hashed, d);
	text_le32(t, 10);
	text_add(t, (struct bytes){d, list_hash->size});
	add_field(t, bytes_of(name));
	if (with_length)
		text_le32(t, (uint32_t)data.n);
	text_add(t, data);
}

struct want {
	const char *kind;
	struct bytes data, hashed;
	const char *path; /* NULL: none that can be shown */
};

static void see(const struct log_event *ev, void *arg)
{
	const struct want *w = arg;
	uint8_t d[MODEL_SIZE_MAX];
	CHECK_STR(ev->kind, w->kind);
	CHECK(ev->place == PLACE_PCR && ev->index == 10 && ev->extends && !ev->has_type);
	CHECK_BYTES(ev->data, w->data);
	CHECK_BYTES(ev->hashed, w->hashed);
	if (w->path != NULL)
		CHECK_BYTES(ev->text, bytes_of(w->path));
	else
		CHECK(ev->text.p == NULL);
	CHECK(ev->n_digests == 1 && ev->every_bank == (w->hashed.p != NULL));
	CHECK_STR(hash_name(ev->digest[0].d.alg), list_hash->name);
	if (w->hashed.p == NULL)
		return;
	digest_of_list(w->hashed, d);
	CHECK_BYTES(((struct bytes){ev->digest[0].d.v, list_hash->size}),
		((struct bytes){d, list_hash->size}));
}

static void check_list(const struct text *list, const char *kind, struct bytes data,
	struct bytes hashed, const char *path)
{
	struct want w = {kind, data, hashed, path};
	struct feed f;
	feed_log(text_bytes(list), NULL, see, &w, &f);
	if (f.rc < 0 || f.n != 1)
		check_failed(__FILE__, __LINE__, "%s: %zu events, %s", kind, f.n, f.err.msg);
	CHECK_STR(f.format, "ima");
}

/* The same record in both lists: `fields` is how the kernel prints the data. */
static void both(const char *name, const char *fields, struct text *data, const char *path)
{
	struct text list = {0};
	uint8_t d[MODEL_SIZE_MAX];
	struct bytes b = text_bytes(data);
	add_record(&list, name, b, b, true);
	check_list(&list, name, b, b, path);
	text_free(&list);
	digest_of_list(b, d);
	text_str(&list, "10 ");
	text_hex(&list, (struct bytes){d, list_hash->size});
	text_fmt(&list, " %s %s\n", name, fields);
	check_list(&list, name, b, b, path);
	text_free(&list);
	text_free(data);
}

static void test_templates(void)
{
	struct text t = {0};
	add_digest(&t, "sha256:", "aabbcc");
	add_path(&t, "/usr/bin/init");
	both("ima-ng", "sha256:aabbcc /usr/bin/init", &t, "/usr/bin/init");
	/* Kernels before 3.16, and names that they are given, may leave spaces in. */
	add_digest(&t, "sha1:", "aa");
	add_path(&t, "/a b  c ");
	both("ima-ng", "sha1:aa /a b  c ", &t, "/a b  c ");
	add_digest(&t, "sha256:", "aabbcc");
	add_path(&t, "/bin/a b");
	add_hex(&t, "030204");
	both("ima-sig", "sha256:aabbcc /bin/a b 030204", &t, "/bin/a b");
	add_digest(&t, "sha256:", "aabbcc");
	add_path(&t, "/bin/a");
	add_hex(&t, "");
	both("ima-sig", "sha256:aabbcc /bin/a ", &t, "/bin/a");
	add_digest(&t, "verity:sha256:", "aabbcc");
	add_path(&t, "/bin/a");
	both("ima-ngv2", "verity:sha256:aabbcc /bin/a", &t, "/bin/a");
	add_digest(&t, "ima:sha512:", "00ff");
	add_path(&t, "/bin/a");
	add_hex(&t, "01");
	both("ima-sigv2", "ima:sha512:00ff /bin/a 01", &t, "/bin/a");
	add_digest(&t, "sha256:", "aabbcc");
	add_path(&t, "kexec-cmdline");
	add_hex(&t, "726f6f74");
	both("ima-buf", "sha256:aabbcc kexec-cmdline 726f6f74", &t, "kexec-cmdline");
	add_digest(&t, "sha256:", "aabbcc");
	add_path(&t, "/lib/m.ko");
	add_hex(&t, "");
	add_digest(&t, "sha256:", "dd");
	add_hex(&t, "3082");
	both("ima-modsig", "sha256:aabbcc /lib/m.ko  sha256:dd 3082", &t, "/lib/m.ko");
	add_digest(&t, "sha256:", "aabbcc");
	add_path(&t, "/lib/m.ko");
	add_hex(&t, "0302");
	add_hex(&t, "");
	add_hex(&t, "");
	both("ima-modsig", "sha256:aabbcc /lib/m.ko 0302  ", &t, "/lib/m.ko");
	/* A template of one's own, the path first. */
	add_path(&t, "/bin/a");
	add_digest(&t, "sha256:", "aabbcc");
	both("n-ng|d-ng", "/bin/a sha256:aabbcc", &t, "/bin/a");
	add_digest(&t, "sha256:", "aabbcc");
	add_path(&t, "/bin/\xff");
	both("ima-ng", "sha256:aabbcc /bin/\xff", &t, NULL);
}

/* Template "ima": no lengths, the path padded in what is hashed. */
static void check_old(const char *path)
{
	struct text data = {0}, hashed = {0}, list = {0};
	uint8_t d[MODEL_SIZE_MAX];
	text_fill(&hashed, 'h', 20);
	text_str(&hashed, path);
	text_fill(&hashed, '\0', 256 - strlen(path));
	text_fill(&data, 'h', 20);
	add_field(&data, bytes_of(path));
	add_record(&list, "ima", text_bytes(&hashed), text_bytes(&data), false);
	check_list(&list, "ima", text_bytes(&data), text_bytes(&hashed), path);
	text_free(&list);
	digest_of_list(text_bytes(&hashed), d);
	text_str(&list, "10 ");
	text_hex(&list, (struct bytes){d, list_hash->size});
	text_str(&list, " ima ");
	text_hex(&list, (struct bytes){data.p, 20});
	text_fmt(&list, " %s\n", path);
	check_list(&list, "ima", text_bytes(&hashed), text_bytes(&hashed), path);
	text_free(&list);
	text_free(&data);
	text_free(&hashed);
}

static void test_old_template(void)
{
	char path[257];
	check_old("/bin/a b");
	check_old("boot_aggregate");
	memset(path, 'p', 255);
	path[255] = '\0';
	check_old(path);

	struct text t = {0};
	text_le32(&t, 10);
	text_fill(&t, 'd', 20);
	add_field(&t, bytes_of("ima"));
	text_fill(&t, 'h', 20);
	text_le32(&t, 256);
	text_fill(&t, 'p', 256);
	feed_bad(text_bytes(&t), NULL, 0, "offset 51: a path of 256 bytes, 255 at most");
	text_free(&t);
}

static void see_odd(const struct log_event *ev, void *arg)
{
	const struct want *w = arg;
	CHECK_STR(ev->kind, w->kind);
	CHECK_BYTES(ev->data, w->data);
	CHECK_BYTES(ev->hashed, w->hashed);
	CHECK((ev->text.p != NULL) == (w->path != NULL));
	if (w->path != NULL)
		CHECK_BYTES(ev->text, bytes_of(w->path));
}

/* A line whose data cannot be made again from what is printed. */
static void odd_line(const char *rest, const char *kind, const char *path, bool known)
{
	struct text t = {0};
	struct feed f;
	struct bytes fields = bytes_of(strchr(rest, ' ') + 1);
	struct want w = {kind, fields, known ? fields : (struct bytes){NULL, 0}, path};
	text_fmt(&t, "10 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa %s\n", rest);
	feed_log(text_bytes(&t), NULL, see_odd, &w, &f);
	CHECK(f.rc == 0 && f.n == 1);
	text_free(&t);
}

static void test_not_to_be_made(void)
{
	/* No kernel prints such fields: the line itself stands for what was hashed, and does not give it. */
	odd_line("ima-ng sha256:AABB /x", "ima-ng", "/x", true);
	odd_line("ima-ng sha256:abc /x", "ima-ng", "/x", true);
	odd_line("ima-ng aabb /x", "ima-ng", "/x", true);
	odd_line("ima-sig sha256:aabb /x zz", "ima-sig", "/x", true);
	odd_line("ima-sig sha256:aabb", "ima-sig", NULL, true);
	odd_line("ima aabb /x", "ima", "/x", true);
	/* Fields that are not known here: it has its SHA-1, and no more. */
	odd_line("evm-sig sha256:aa /x 01 security.ima 04000000 aa 0 0 33188", "evm-sig", "/x",
		false);
	odd_line("a|b aa /x", "a|b", NULL, false);
	odd_line("n|1|2|3|4|5|6|7|8|9 /x 1 2 3 4 5 6 7 8 9", "n|1|2|3|4|5|6|7|8|9", NULL, false);
}

static void see_violation(const struct log_event *ev, void *arg)
{
	const struct digest *d = &ev->digest[0].d;
	(void)arg;
	CHECK_U64(ev->n_digests, 1);
	CHECK(ev->hashed.p == NULL && ev->every_bank && ev->extends);
	CHECK_BYTES(ev->text, bytes_of("/x"));
	CHECK_U64(d->size, 20);
	for (size_t k = 0; k < d->size; k++)
		CHECK(d->v[k] == 0xff);
}

static void test_violations(void)
{
	struct text t = {0};
	struct feed f;
	uint8_t value[48], want[48] = {0}, ones[48];
	memset(ones, 0xff, sizeof(ones));
	text_fmt(&t, "10 %s ima-ng sha1:%s /x\n", zeros40, zeros40);
	feed_log(text_bytes(&t), NULL, see_violation, NULL, &f);
	CHECK(f.rc == 0 && f.n == 1);
	model_hash2(&model_sha256, (struct bytes){want, 32}, (struct bytes){ones, 32}, want);
	feed_value(text_bytes(&t), "ima", PLACE_PCR, 10, &model_sha256, value);
	CHECK_BYTES(((struct bytes){value, 32}), ((struct bytes){want, 32}));
	text_free(&t);

	text_le32(&t, 10);
	text_fill(&t, '\0', 20);
	add_field(&t, bytes_of("ima-ng"));
	text_le32(&t, 4 + 26 + 4 + 3);
	add_digest(&t, "sha1:", zeros40);
	add_path(&t, "/x");
	feed_log(text_bytes(&t), NULL, see_violation, NULL, &f);
	CHECK(f.rc == 0 && f.n == 1);
	text_free(&t);
}

static void bad_line(const char *line, size_t n, const char *part)
{
	feed_bad(bytes_of(line), "ima", n, part);
}

#define GOOD "10 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ima-ng sha1:aa /x\n"

static void test_malformed_lines(void)
{
	static const char start[] = "offset 0: not 'PCR DIGEST TEMPLATE ...'";
	bad_line("100 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ima-ng sha1:aa /x\n", 0, start);
	bad_line("1x aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ima-ng sha1:aa /x\n", 0, start);
	bad_line("10 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ima-ng sha1:aa /x\n", 0, start);
	bad_line("10 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ima-ng a /x\n",
		0, start);
	bad_line("10 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \x01 sha1:aa /x\n", 0, start);
	bad_line("10 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 0, start);
	bad_line("10\n", 0, start);
	bad_line(" \n", 0, start);
	bad_line(GOOD "\n", 1, "offset 62: not 'PCR DIGEST");
	bad_line(GOOD "10", 1, "offset 62: the log ends within a line");
	feed_good(bytes_of(GOOD " 9 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb ima-ng sha1:aa /x\n"),
		NULL, "ima", 2);
	feed_bad((struct bytes){NULL, 0}, "ima", 0, "no record");
	feed_bad(bytes_of("10 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa nobody sha1:aa /x\n"), NULL,
		0, "no log of a known format");
}

static void test_malformed_records(void)
{
	struct text t = {0};
	static const char *const tails[][2] = {
		{"00010000", "offset 24: a template name of 256 bytes, 255 at most"},
		{"ffffffff", "offset 24: a template name of 4294967295 bytes"},
		{"00000000", "offset 28: not a template name"},
		{"01000000 20", "offset 28: not a template name"},
		{"01000000 7f", "offset 28: not a template name"},
		{"01000000 61 ffffffff",
			"offset 29: template data of 4294967295 bytes, 4194304 at most"},
		{"01000000 61 00004000", "offset 33: the log ends within the record"},
	};
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		text_le32(&t, 10);
		text_fill(&t, 'd', 20);
		text_unhex(&t, tails[i][0]);
		feed_bad(text_bytes(&t), "ima", 0, tails[i][1]);
		text_free(&t);
	}
	/* Data that is not of its template is still what was hashed. */
	static const char *const odd[] = {"", "000000", "ffffffff 61", "01000000 61 ff000000"};
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct text data = {0};
		text_unhex(&data, odd[i]);
		struct bytes b = {data.n > 0 ? data.p : t.p, data.n};
		add_record(&t, "ima-ng", b, b, true);
		b.p = b.p != NULL ? b.p : t.p;
		check_list(&t, "ima-ng", b, b, NULL);
		text_free(&data);
		text_free(&t);
	}
}

static void test_cuts(void)
{
	struct text data = {0}, t = {0};
	add_digest(&data, "sha256:", "aabbcc");
	add_path(&data, "/bin/a");
	add_record(&t, "ima-ng", text_bytes(&data), text_bytes(&data), true);
	add_record(&t, "ima-ng", text_bytes(&data), text_bytes(&data), true);
	text_free(&data);
	text_fill(&data, 'h', 20);
	add_field(&data, bytes_of("/bin/b"));
	add_record(&t, "ima", text_bytes(&data), text_bytes(&data), false);
	add_record(&t, "ima", text_bytes(&data), text_bytes(&data), false);
	feed_cuts(text_bytes(&t), "ima");
	text_free(&t);
	text_free(&data);
	text_str(&t, GOOD GOOD GOOD);
	feed_cuts(text_bytes(&t), "ima");
	text_free(&t);
}

/* A list of another hash, as kernels since 6.10 have them, too. */
static void see_other_violation(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK(ev->n_digests == 1 && ev->digest[0].d.alg == HASH_SHA256 && ev->every_bank);
	CHECK(ev->seq == 0 || (ev->hashed.p == NULL && ev->digest[0].d.v[31] == 0xff));
}

static void test_other_hashes(void)
{
	static const char zeros[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	struct text t = {0};
	struct feed f;
	list_hash = &model_sha256;
	test_templates();
	test_old_template();
	list_hash = &model_sha384;
	test_templates();
	test_old_template();
	list_hash = &model_sha1;
	text_fmt(&t, "10 ab%s ima-ng sha1:aa /a\n10 %s ima-ng sha1:00 /b\n", zeros + 2, zeros);
	feed_log(text_bytes(&t), NULL, see_other_violation, NULL, &f);
	CHECK(f.rc == 0 && f.n == 2);
	/* Two hashes in one list. */
	text_fmt(&t, "10 %s ima-ng sha1:aa /a\n", zeros40);
	feed_bad(text_bytes(&t), NULL, 2, "a line of a measurement list with a sha256");
	text_free(&t);
}

static void see_aggregate(const struct log_event *ev, void *arg)
{
	ima_boot_aggregate(ev, (struct digest *)arg + ev->seq);
}

/* The digest of the first event, where it is one of a hash that is known. */
static void test_aggregate(void)
{
	static const char d32[] =
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	static const char d20[] = "000102030405060708090a0b0c0d0e0f10111213";
	struct digest got[7];
	struct text t = {0};
	struct feed f;
	list_hash = &model_sha1;
	text_fmt(&t, "10 %s ima-ng sha256:%s boot_aggregate\n", d20, d32);
	text_fmt(&t, "10 %s ima-ngv2 ima:sha256:%s boot_aggregate\n", d20, d32);
	text_fmt(&t, "10 %s ima %s boot_aggregate\n", d20, d20);
	text_fmt(&t, "10 %s ima-ng sha256:%s boot_aggregat\n", d20, d32);
	text_fmt(&t, "10 %s ima-ng sha256:%s boot_aggregate\n", d20, d20);
	text_fmt(&t, "10 %s ima-ng md7:%s boot_aggregate\n", d20, d32);
	text_fmt(&t, "10 %s ima-ng sha1:%s boot_aggregate\n", d20, d20);
	feed_log(text_bytes(&t), NULL, see_aggregate, got, &f);
	CHECK(f.rc == 0 && f.n == 7);
	for (size_t i = 0; i < 2; i++) {
		CHECK(got[i].alg == HASH_SHA256 && got[i].size == 32);
		CHECK(got[i].v[0] == 0 && got[i].v[31] == 31);
	}
	CHECK(got[2].alg == HASH_SHA1 && got[2].size == 20 && got[2].v[19] == 0x13);
	CHECK(got[3].size == 0 && got[4].size == 0 && got[5].size == 0);
	CHECK(got[6].alg == HASH_SHA1 && got[6].size == 20);
	text_free(&t);
}

int main(void)
{
	test_templates();
	test_old_template();
	test_other_hashes();
	test_not_to_be_made();
	test_violations();
	test_malformed_lines();
	test_malformed_records();
	test_cuts();
	test_aggregate();
	return 0;
}
