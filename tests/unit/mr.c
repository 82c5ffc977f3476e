/* SPDX-License-Identifier: Apache-2.0 */
#include "model/mr_index.h"
#include "model/mr_list.h"

#include "check.h"
#include "text.h"

static struct mr *add(
	struct mr_list *list, const char *provider, const char *name, const char *hash)
{
	struct err err = {0};
	struct mr *mr = mr_list_add(list, provider, name, hash, &err);
	if (mr == NULL)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
	mr->alg = hash != NULL ? hash_by_name(bytes_of(hash)) : HASH_NONE;
	return mr;
}

static void test_names(void)
{
	struct err err = {0};
	struct mr_list list = {0};
	CHECK_STR(add(&list, "tdx_guest", "rtmr3", "sha384")->full, "tdx_guest/rtmr3:sha384");
	CHECK_STR(add(&list, "tdx_guest", "mrowner", NULL)->full, "tdx_guest/mrowner");
	CHECK_STR(add(&list, "", "pcr7", "sha256")->full, "pcr7:sha256");
	CHECK_STR(add(&list, "", "x", NULL)->full, "x");
	struct mr *hostile = add(&list, "a b", "\x1b[2J", "h\xff");
	CHECK_STR(hostile->full, "a\\040b/\\033[2J:h\\377");
	CHECK_STR(hostile->provider, "a\\040b");
	CHECK_STR(hostile->name, "\\033[2J");
	CHECK_INT(hostile->cc_mr_index, CC_MR_NONE);
	CHECK_INT(mr_list_has_provider(&list, "tdx_guest", &err), 1);
	CHECK_INT(mr_list_has_provider(&list, "a b", &err), 1);
	CHECK_INT(mr_list_has_provider(&list, "tdx", &err), 0);
	mr_list_clear(&list);
	CHECK_U64(list.n, 0);
	CHECK_INT(mr_list_has_provider(&list, "tdx_guest", &err), 0);
}

static void test_named(void)
{
	static const struct {
		const char *spec;
		bool is, folded;
	} given[] = {
		{"p/rtmr0:sha384", true, true},
		{"rtmr0:sha384", true, true},
		{"p/rtmr0", true, true},
		{"rtmr0", true, true},
		{"P/RTMR0:Sha384", false, true},
		{"RTMR0:SHA384", false, true},
		{"P/rtmr0", false, true},
		{"rtmR0", false, true},
		{"p/rtmr0:sha256", false, false},
		{"rtmr0:", false, false},
		{"rtmr", false, false},
		{"rtmr00", false, false},
		{"q/rtmr0", false, false},
		{"p/", false, false},
		{"/rtmr0", false, false},
		{"", false, false},
		{"p/rtmr0:sha3844", false, false},
		{"*", false, false},
		{"../p/rtmr0", false, false},
	};
	struct mr_list list = {0};
	struct mr *mr = add(&list, "p", "rtmr0", "sha384");
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (mr_named(mr, given[i].spec, false) != given[i].is ||
			mr_named(mr, given[i].spec, true) != given[i].folded)
			check_failed(__FILE__, __LINE__, "'%s'", given[i].spec);
	CHECK(mr_named(add(&list, "", "rtmr0", NULL), "rtmr0", false));
	mr_list_clear(&list);
}

static void test_patterns(void)
{
	struct mr_list list = {0};
	struct mr *mr = add(&list, "p", "rtmr0", "sha384");
	CHECK(mr_matches(mr, "rtmr*", false));
	CHECK(mr_matches(mr, "*", false));
	CHECK(mr_matches(mr, "p/*", false));
	CHECK(mr_matches(mr, "*/*:sha384", false));
	CHECK(mr_matches(mr, "rtmr[01]", false));
	CHECK(mr_matches(mr, "rtmr?:sha*", false));
	CHECK(!mr_matches(mr, "rtmr[12]", false));
	CHECK(!mr_matches(mr, "q/*", false));
	CHECK(!mr_matches(mr, "p*sha384", false));
	CHECK(!mr_matches(mr, "", false));
	CHECK(!mr_matches(mr, "[rtmr0", false));
	CHECK(!mr_matches(mr, "RTMR*", false));
	CHECK(mr_matches(mr, "RTMR*", true));
	CHECK(mr_matches(mr, "P/rtmr[01]:SHA*", true));
	CHECK(!mr_matches(mr, "P*SHA384", true));
	mr_list_clear(&list);
}

static const char *found(const struct mr_list *list, const char *spec)
{
	struct err err = {0};
	struct mr *mr = mr_list_find(list, spec, &err);
	if (mr != NULL)
		return mr->full;
	CHECK_INT(err.status, ST_USAGE);
	return strstr(err.msg, "ambiguous") != NULL ? "several" : "none";
}

static void test_find(void)
{
	struct mr_list list = {0};
	struct err err = {0};
	add(&list, "p", "rtmr0", "sha384");
	add(&list, "p", "agile", "sha256");
	add(&list, "p", "agile", "sha384");
	add(&list, "q", "rtmr0", "sha384");
	add(&list, "q", "user_data", NULL);
	add(&list, "r", "agile", NULL);
	CHECK_STR(found(&list, "p/rtmr0"), "p/rtmr0:sha384");
	CHECK_STR(found(&list, "rtmr0"), "several");
	CHECK_STR(found(&list, "rtmr0:sha384"), "several");
	CHECK_STR(found(&list, "agile:sha256"), "p/agile:sha256");
	CHECK_STR(found(&list, "p/agile"), "several");
	CHECK_STR(found(&list, "r/agile"), "r/agile");
	CHECK_STR(found(&list, "user_data"), "q/user_data");
	CHECK_STR(found(&list, "nope"), "none");
	/* A whole name is that, although it is a part of another. */
	CHECK_STR(found(&list, "solo"), "none");
	add(&list, "p", "solo", NULL);
	CHECK_STR(found(&list, "solo"), "p/solo");
	add(&list, "", "solo", NULL);
	add(&list, "q", "solo", NULL);
	CHECK_STR(found(&list, "solo"), "solo");
	CHECK(mr_list_find(&list, "rtmr0", &err) == NULL);
	CHECK(strstr(err.msg, "p/rtmr0:sha384") != NULL);
	CHECK(strstr(err.msg, "q/rtmr0:sha384") != NULL);
	CHECK(strstr(err.msg, "user_data") == NULL);
	mr_list_clear(&list);
}

/* In another case only what no register is called exactly. */
static void test_find_folded(void)
{
	struct mr_list list = {0};
	add(&list, "p", "rtmr0", "sha384");
	add(&list, "p", "agile", "sha256");
	add(&list, "p", "agile", "sha384");
	CHECK_STR(found(&list, "RTMR0"), "p/rtmr0:sha384");
	CHECK_STR(found(&list, "P/Rtmr0:SHA384"), "p/rtmr0:sha384");
	CHECK_STR(found(&list, "AGILE:SHA256"), "p/agile:sha256");
	CHECK_STR(found(&list, "Agile"), "several");
	CHECK_STR(found(&list, "RTMR1"), "none");
	add(&list, "p", "RTMR0", "sha384");
	CHECK_STR(found(&list, "RTMR0"), "p/RTMR0:sha384");
	CHECK_STR(found(&list, "rtmr0"), "p/rtmr0:sha384");
	CHECK_STR(found(&list, "Rtmr0"), "several");
	CHECK_STR(found(&list, "P/RTMR0:sha384"), "several");
	mr_list_clear(&list);
}

/* All names of many registers lead to them, and to no others. */
static void test_index(void)
{
	struct mr_list list = {0};
	struct mr_index index;
	struct err err = {0};
	char name[16];
	size_t n;
	CHECK_INT(mr_index_init(&index, list.mr, 0, &err), 0);
	mr_index_named(&index, bytes_of("a"), false, &n);
	CHECK_U64(n, 0);
	mr_index_clear(&index);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "r%d", i * 7 % 1000);
		add(&list, i % 2 == 0 ? "p" : "", name, i % 3 == 0 ? "sha256" : NULL);
	}
	CHECK_INT(mr_index_init(&index, list.mr, list.n, &err), 0);
	for (size_t i = 0; i < list.n; i++) {
		struct bytes names[MR_NAMES_MAX];
		size_t n_names = mr_names(list.mr[i], names);
		CHECK_U64(n_names, (i % 2 == 0 ? 2u : 1u) * (i % 3 == 0 ? 2u : 1u));
		CHECK_U64(mr_index_place(&index, list.mr[i]), i);
		for (size_t k = 0; k < n_names; k++) {
			const struct mr_index_name *v = mr_index_named(&index, names[k], false, &n);
			CHECK(n == 1 && v->nr == i && v->whole == (k == 0));
		}
	}
	static const char *const none[] = {
		"", "r", "r1000", "r10:", "p/", "p/r1", "r1:sha256", "z"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		mr_index_named(&index, bytes_of(none[i]), false, &n);
		CHECK_U64(n, 0);
	}
	mr_index_clear(&index);
	mr_list_clear(&list);
}

/* What the operands pick, as "NAME" by name or "NAME?" by pattern, in their order. */
static void picks(const struct mr_list *list, const char *operands, const char *want)
{
	char copy[256], *specs[8];
	int n = 0;
	snprintf(copy, sizeof(copy), "%s", operands);
	for (char *s = strtok(copy, " "); s != NULL; s = strtok(NULL, " "))
		specs[n++] = s;
	struct mr_pick *pick = NULL;
	size_t n_picks = 0;
	struct err err = {0};
	struct text got = {0};
	if (mr_list_pick(list, n, specs, &pick, &n_picks, &err) < 0) {
		CHECK_INT(err.status, ST_USAGE);
		text_str(&got, "refused ");
		n_picks = 0;
	}
	for (size_t i = 0; i < n_picks; i++)
		text_fmt(&got, "%s%s ", pick[i].mr->name, pick[i].by_name ? "" : "?");
	text_char(&got, '\0');
	CHECK_STR((const char *)got.p, want);
	text_free(&got);
	free(pick);
}

static void test_pick(void)
{
	struct mr_list list = {0};
	picks(&list, "", "");
	add(&list, "p", "a1", "sha384");
	add(&list, "p", "a2", "sha384");
	add(&list, "p", "b1", NULL);
	add(&list, "p", "[x", NULL);
	picks(&list, "", "a1? a2? b1? [x? ");
	picks(&list, "b1 a1", "b1 a1 ");
	picks(&list, "a* b1", "a1? a2? b1 ");
	picks(&list, "a2 a*", "a2 a1? ");
	picks(&list, "a* a2", "a1? a2 ");
	picks(&list, "a1 a1 p/a1", "a1 ");
	picks(&list, "[x", "[x ");
	picks(&list, "c*", "refused ");
	picks(&list, "a1 c", "refused ");
	picks(&list, "*1 z", "refused ");
	picks(&list, "A1 B*", "a1 b1? ");
	add(&list, "p", "A3", "sha384");
	picks(&list, "A*", "A3? ");
	picks(&list, "a*", "a1? a2? ");
	mr_list_clear(&list);
}

static void test_sort(void)
{
	static const char *const want[] = {"p/rtmr1:sha384", "p/rtmr2:sha256", "p/rtmr2:sha384",
		"p/rtmr10:sha384", "p2/a", "p10/a"};
	struct mr_list list = {0};
	mr_list_sort(&list);
	add(&list, "p10", "a", NULL);
	add(&list, "p", "rtmr10", "sha384");
	add(&list, "p2", "a", NULL);
	add(&list, "p", "rtmr2", "sha384");
	add(&list, "p", "rtmr2", "sha256");
	add(&list, "p", "rtmr1", "sha384");
	mr_list_sort(&list);
	for (size_t i = 0; i < 6; i++)
		CHECK_STR(list.mr[i]->full, want[i]);
	mr_list_clear(&list);
}

static void test_initial(void)
{
	struct mr_list list = {0};
	struct mr *mr = add(&list, "p", "rtmr1", "sha256");
	uint8_t v[32] = {0};
	CHECK(mr_is_initial(mr, (struct bytes){v, 32}));
	memcpy(v, "rtmr1", 5);
	CHECK(mr_is_initial(mr, (struct bytes){v, 32}));
	struct digest d = mr_name_value(mr);
	CHECK_BYTES(digest_bytes(&d), ((struct bytes){v, 32}));
	v[31] = 1;
	CHECK(!mr_is_initial(mr, (struct bytes){v, 32}));
	v[31] = 0;
	v[4] = '2';
	CHECK(!mr_is_initial(mr, (struct bytes){v, 32}));
	v[4] = '\0';
	CHECK(!mr_is_initial(mr, (struct bytes){v, 32}));
	mr = add(&list, "p", "a_name_that_is_longer_than_a_sha1", "sha1");
	d = mr_name_value(mr);
	CHECK(bytes_all_zero(digest_bytes(&d)));
	CHECK(!mr_is_initial(mr, (struct bytes){(const uint8_t *)"a_name_that_is_longe", 20}));
	mr_list_clear(&list);
}

static void test_too_many(void)
{
	struct mr_list list = {0};
	struct err err = {0};
	for (int i = 0; i < REGISTERS_MAX; i++)
		add(&list, "p", "x", NULL);
	CHECK(mr_list_add(&list, "p", "x", NULL, &err) == NULL);
	CHECK_INT(err.status, ST_FORMAT);
	mr_list_clear(&list);
}

int main(void)
{
	test_names();
	test_named();
	test_patterns();
	test_find();
	test_find_folded();
	test_index();
	test_pick();
	test_sort();
	test_initial();
	test_too_many();
	return 0;
}
