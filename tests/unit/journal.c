/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journals that are made of random operations, as a writer makes them: what is read from the front,
 * from the last state on, and by the log's reader has to be what was written.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "formats/journal.h"
#include "formats/log_formats.h"

enum { RECORDS = 400, RECORDS_MAX = REGISTERS_MAX, REGISTERS = 24, SEEDS = 25 };

static const char *const boots[] = {
	"00000000-0000-0000-0000-000000000001",
	"00000000-0000-0000-0000-000000000002",
	"00000000-0000-0000-0000-000000000003",
};

struct record {
	unsigned reg, boot;
	enum journal_kind end; /* JOURNAL_INTENT: none */
	struct digest before, expected, after;
};

struct made {
	int fd;
	off_t size;
	unsigned long long random;
	struct journal_state state; /* as the writer has it */
	struct journal_line line;
	struct hasher *hasher;
	unsigned boot;
	size_t n;
	struct record record[RECORDS_MAX];
	char buf[LINE_MAX_BYTES];
};

static unsigned dice(struct made *m, unsigned sides)
{
	m->random = m->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(m->random >> 33) % sides;
}

/* Some names are so long that a state of a few registers needs more than a line. */
static const char *name_of(unsigned reg)
{
	static char name[JOURNAL_NAME_ROOM];
	unsigned width = reg % 3 == 0 ? 1900 : 1;
	snprintf(name, sizeof(name), "p/r%0*u:sha256", (int)width, reg);
	return name;
}

static struct text new_line(struct made *m)
{
	return (struct text){.buf = m->buf, .room = sizeof(m->buf)};
}

static void append(struct made *m, const struct text *t)
{
	struct err err = {0};
	CHECK(!t->cut && pwrite(m->fd, t->buf, t->n, m->size) == (ssize_t)t->n);
	if (m->size > 0) {
		m->line.off = m->size;
		CHECK(journal_parse((struct bytes){(uint8_t *)t->buf, t->n - 1}, &m->line, &err) ==
			0);
		if (journal_state_take(&m->state, &m->line, &err) < 0)
			check_failed(__FILE__, __LINE__, "%s", err.msg);
	}
	m->size += (off_t)t->n;
}

static void begin(struct made *m, unsigned long long seed)
{
	struct err err = {0};
	memset(m, 0, sizeof(*m));
	m->random = seed;
	m->fd = memfd_create("journal", 0);
	CHECK(m->fd >= 0 && hasher_open(&m->hasher, HASH_SHA256, &err) == 0);
	journal_state_init(&m->state, NULL);
	struct text t = new_line(m);
	journal_put_header(&t, boots[0], "2026-11-24T16:17:31Z");
	append(m, &t);
	CHECK(journal_state_read(&m->state, m->fd, 0, m->size, &err) == 0);
}

static void end(struct made *m)
{
	journal_state_clear(&m->state);
	hasher_close(m->hasher);
	close(m->fd);
}

static void put_intent(struct made *m, unsigned reg, bool foreign)
{
	const struct journal_reg *known = journal_state_find(&m->state, name_of(reg));
	struct err err = {0};
	struct text t = new_line(m);
	struct record *rec = &m->record[m->n];
	struct journal_line l = {.seq = m->n, .pid = 1, .time = "2026-11-24T16:17:31Z"};
	uint8_t bytes[2] = {(uint8_t)m->n, (uint8_t)(m->n >> 8)};
	if (m->n == RECORDS_MAX || (known != NULL && known->open != NULL))
		return;
	l.reg = name_of(reg);
	l.record = (struct bytes){bytes, sizeof(bytes)};
	l.before = known != NULL ? known->value : (struct digest){.alg = HASH_SHA256, .size = 32};
	if (foreign)
		l.before.v[31] ^= 1;
	l.expected = l.before;
	CHECK(hash_bytes(m->hasher, l.record, &l.digest, &err) == 0);
	CHECK(hash_extend(m->hasher, &l.expected, &l.digest, &err) == 0);
	*rec = (struct record){reg, m->boot, JOURNAL_INTENT, l.before, l.expected, {0}};
	m->n++;
	journal_put_intent(&t, &l, NULL, 0);
	append(m, &t);
}

/* Ends one of those that are open; a commit may find that another name is the same register. */
static void put_end(struct made *m)
{
	const struct journal_intent *open = m->state.open;
	char same[JOURNAL_NAME_ROOM];
	const char *const names[] = {same};
	for (unsigned skip = dice(m, 4); open != NULL && open->next != NULL && skip > 0; skip--)
		open = open->next;
	if (open == NULL)
		return;
	struct record *rec = &m->record[open->seq];
	struct text t = new_line(m);
	snprintf(same, sizeof(same), "%s", name_of(dice(m, REGISTERS)));
	rec->end = (enum journal_kind)(JOURNAL_COMMIT + dice(m, 3));
	if (rec->end == JOURNAL_UNKNOWN) {
		rec->after = rec->expected;
		rec->after.v[0] ^= 1;
	}
	bool join = rec->end == JOURNAL_COMMIT && dice(m, 16) == 0 &&
		    journal_state_may_join(&m->state, open, same) &&
		    open->reg->n_names < JOURNAL_ALIASES_MAX / 2;
	journal_put_end(&t, rec->end, open->seq, &rec->after, names, join);
	append(m, &t);
}

/* `lines`: of a state that takes more; the rest is left out. */
static void put_state(struct made *m, size_t lines)
{
	struct err err = {0};
	const struct journal_reg *at = m->state.regs;
	do {
		struct text t = new_line(m);
		CHECK(journal_state_put(&m->state, boots[m->boot], &at, &t, &err) == 0);
		append(m, &t);
	} while (at != NULL && --lines > 0);
}

static void make(struct made *m, unsigned long long seed)
{
	begin(m, seed);
	while (m->n < RECORDS) {
		put_intent(m, dice(m, REGISTERS), dice(m, 20) == 0);
		while (dice(m, 3) > 0)
			put_end(m);
		if (dice(m, 15) == 0) {
			m->boot +=
				m->boot + 1 < sizeof(boots) / sizeof(boots[0]) && dice(m, 4) == 0;
			put_state(m, SIZE_MAX);
		}
	}
}

static void check_same(const struct journal_state *a, const struct journal_state *b)
{
	const struct journal_reg *x = a->regs, *y = b->regs;
	CHECK_U64(a->n_regs, b->n_regs);
	CHECK_U64(a->seq, b->seq);
	CHECK_U64(a->state_off, b->state_off);
	CHECK(strcmp(a->boot_id, b->boot_id) == 0);
	for (; x != NULL && y != NULL; x = x->next, y = y->next) {
		CHECK(digest_equal(&x->value, &y->value) && x->last == y->last);
		CHECK_U64(x->n_names, y->n_names);
		for (const struct journal_name *n = x->names; n != NULL; n = n->next)
			CHECK(journal_state_find(b, n->text) == y);
		CHECK_U64(x->open != NULL ? x->open->seq : UINT64_MAX,
			y->open != NULL ? y->open->seq : UINT64_MAX);
	}
	CHECK(x == NULL && y == NULL);
}

static void check_events(const struct made *m, off_t upto)
{
	static struct log_event ev;
	struct log_reader r;
	struct err err = {0};
	size_t n = 0;
	if (log_formats_open_upto(&r, m->fd, upto, NULL, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
	CHECK(strcmp(r.boot_id, boots[m->boot]) == 0 && r.note[0] == '\0');
	for (; log_reader_next(&r, &ev, &err) > 0; n++) {
		const struct record *rec = &m->record[n];
		const struct journal_reg *reg =
			journal_state_find(journal_log_state(&r), name_of(rec->reg));
		CHECK(strcmp(ev.reg, name_of(rec->reg)) == 0 && ev.seq == n);
		CHECK((ev.reg_group != NULL) == (reg->n_names > 1));
		CHECK(ev.reg_group == NULL || strcmp(ev.reg_group, reg->names->text) == 0);
		CHECK(strcmp(ev.boot_id, boots[rec->boot]) == 0);
		CHECK(digest_equal(&ev.held->before, &rec->before));
		CHECK(ev.extends == (rec->end != JOURNAL_VOID));
		CHECK(ev.doubtful == (rec->end == JOURNAL_UNKNOWN || rec->end == JOURNAL_INTENT));
		CHECK(digest_equal(&ev.held->after, &rec->after));
	}
	CHECK_U64(n, m->n);
	log_reader_close(&r);
}

static void test_random(void)
{
	static struct made m;
	for (unsigned long long seed = 1; seed <= SEEDS; seed++) {
		struct hashers hashers = {0};
		struct journal_state all, tail;
		struct err err = {0};
		off_t from;
		make(&m, seed);
		journal_state_init(&all, &hashers);
		if (journal_state_read(&all, m.fd, 0, m.size, &err) < 0)
			check_failed(__FILE__, __LINE__, "seed %llu: %s", seed, err.msg);
		check_same(&m.state, &all);
		CHECK(journal_tail(m.fd, m.size, &from, &err) == 0 && from == all.state_off);
		journal_state_init(&tail, NULL);
		if (journal_state_read(&tail, m.fd, from, m.size, &err) < 0)
			check_failed(__FILE__, __LINE__, "seed %llu: %s", seed, err.msg);
		check_same(&all, &tail);
		check_events(&m, INT64_MAX);
		journal_state_clear(&tail);
		journal_state_clear(&all);
		hashers_close(&hashers);
		end(&m);
	}
}

/* A snapshot ends where it was made, whatever follows; what ends within a state ends before it. */
static void test_bounds(void)
{
	static struct made m;
	struct err err = {0};
	struct journal_state s;
	begin(&m, 1);
	for (unsigned reg = 0; reg < 120; reg++) {
		put_intent(&m, reg, false);
		put_end(&m);
	}
	off_t snapshot = m.size;
	put_state(&m, 1);
	CHECK(m.state.in_state);
	check_events(&m, snapshot);
	check_events(&m, snapshot + 10);
	journal_state_init(&s, NULL);
	CHECK(journal_state_read(&s, m.fd, 0, m.size, &err) == 0);
	CHECK(s.in_state && s.due_off == snapshot && s.state_off == 0);
	journal_state_clear(&s);
	/* Nothing but the rest of it may follow. */
	CHECK(pwrite(m.fd, "{\"kind\":\"void\",\"seq\":0}\n", 24, m.size) == 24);
	journal_state_init(&s, NULL);
	CHECK(journal_state_read(&s, m.fd, 0, m.size + 24, &err) < 0);
	CHECK(strstr(err.msg, "the state before it has no end") != NULL);
	journal_state_clear(&s);
	end(&m);
}

/* What a state says is compared, item by item. */
static void test_state_is_checked(void)
{
	static const char *const edits[][2] = {{"\"last\":0", "\"last\":1"},
		{"\"open\":", "\"open\":9"}, {"\"registers\":[{", "\"registers\":[],\"x\":[{"},
		{"p/r1:sha256", "p/r2:sha256"}, {"\"seq\":2", "\"seq\":3"}};
	static struct made m;
	struct err err = {0};
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		begin(&m, 1);
		put_intent(&m, 1, false);
		put_end(&m);
		put_intent(&m, 2, false);
		off_t at = m.size;
		put_state(&m, SIZE_MAX);
		char line[4096], edited[4096];
		ssize_t n = pread(m.fd, line, sizeof(line) - 1, at);
		line[n > 0 ? n - 1 : 0] = '\0';
		char *found = strstr(line, edits[i][0]);
		CHECK(found != NULL);
		int size = snprintf(edited, sizeof(edited), "%.*s%s%s", (int)(found - line), line,
			edits[i][1], found + strlen(edits[i][0]));
		struct journal_line l = {.off = m.size};
		struct bytes text = {(uint8_t *)edited, (size_t)size};
		bool bad = journal_parse(text, &l, &err) < 0 ||
			   journal_state_take(&m.state, &l, &err) < 0;
		if (!bad)
			check_failed(__FILE__, __LINE__, "taken: %s", edited);
		end(&m);
	}
}

/* As many registers as a machine can have, each with an open record. */
static void test_many(void)
{
	static struct made m;
	struct err err = {0};
	struct journal_state tail;
	off_t from;
	begin(&m, 1);
	for (unsigned reg = 0; reg < REGISTERS_MAX; reg++)
		put_intent(&m, 3 * reg + 1, false);
	CHECK_U64(m.state.n_regs, REGISTERS_MAX);
	off_t at = m.size;
	put_state(&m, SIZE_MAX);
	CHECK(m.size - at > LINE_MAX_BYTES);
	CHECK(journal_tail(m.fd, m.size, &from, &err) == 0 && from == at);
	journal_state_init(&tail, NULL);
	CHECK(journal_state_read(&tail, m.fd, from, m.size, &err) == 0);
	check_same(&m.state, &tail);
	journal_state_clear(&tail);
	end(&m);
}

/* A journal that begins with a state, as its writer reads it. */
static void check_bad_state(const char *registers, const char *part)
{
	char text[1024];
	struct err err = {0};
	struct journal_state s;
	int fd = memfd_create("state", 0);
	int n = snprintf(text, sizeof(text),
		"{\"kind\":\"state\",\"seq\":1,\"boot_id\":\"%s\",\"registers\":[%s]}\n", boots[0],
		registers);
	CHECK(fd >= 0 && pwrite(fd, text, (size_t)n, 1) == n);
	journal_state_init(&s, NULL);
	CHECK(journal_state_read(&s, fd, 1, 1 + n, &err) < 0);
	if (strstr(err.msg, part) == NULL)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
	journal_state_clear(&s);
	close(fd);
}

static void test_bad_states(void)
{
#define ITEM(names, more) "{\"names\":[" names "],\"value\":\"0011\",\"last\":0" more "}"
#define ZERO16 "00000000000000000000000000000000"
	static const char one[] =
		"{\"names\":[\"r:sha256\"],\"value\":\"" ZERO16 ZERO16 "\",\"last\":0}";
	char both[512];
	snprintf(both, sizeof(both), "%s,%s", one, one);
	check_bad_state(both, "it has a name twice");
	check_bad_state(ITEM("\"r:sha256\"", ""), "'registers' is not what");
	snprintf(both, sizeof(both), "%.*s,\"open\":1}", (int)sizeof(one) - 2, one);
	check_bad_state(both, "no intent at offset 1, where it says one is open");
	snprintf(both, sizeof(both), "%.*s,\"open\":0}", (int)sizeof(one) - 2, one);
	check_bad_state(both, "'registers' is not what");
}

static void test_names_limit(void)
{
	static struct made m;
	struct err err = {0};
	char name[64];
	begin(&m, 1);
	put_intent(&m, 1, false);
	for (unsigned i = 0; m.state.n_names < JOURNAL_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "q/r%u:sha256", i);
		CHECK(journal_state_join(&m.state, m.state.open, name, &err) == 0);
	}
	CHECK(journal_state_join(&m.state, m.state.open, "one:sha256", &err) < 0);
	CHECK_STR(err.msg, "it has more than 65536 names of registers");
	CHECK(journal_state_join(&m.state, m.state.open, name, &err) == 0);
	CHECK(journal_state_join(&m.state, m.state.open, "r:sha384", &err) < 0);
	CHECK_STR(err.msg, "'same' names a register of another hash");
	end(&m);
}

/* What a register is found to be the same as must not have gone on for itself since. */
static void test_join(void)
{
	static struct made m;
	struct err err = {0};
	begin(&m, 1);
	put_intent(&m, 1, false);
	put_intent(&m, 2, false);
	CHECK(!journal_state_may_join(&m.state, m.state.open, name_of(2)));
	CHECK(journal_state_join(&m.state, m.state.open, name_of(2), &err) < 0);
	CHECK_STR(err.msg, "'same' names a register that has a newer record");
	journal_state_settle(&m.state, m.state.open->next, JOURNAL_COMMIT, NULL);
	CHECK(!journal_state_may_join(&m.state, m.state.open, name_of(2)));
	CHECK(journal_state_may_join(&m.state, m.state.open, name_of(4)));
	end(&m);
}

/* Every end comes after another record's beginning: more of them than are kept. */
static void test_late_limit(void)
{
	static const char *const regs[] = {"a:sha256", "b:sha256"};
	static char buf[4096];
	struct digest value[2] = {
		{.alg = HASH_SHA256, .size = 32}, {.alg = HASH_SHA256, .size = 32}};
	struct hasher *h;
	struct err err = {0};
	struct log_reader r;
	int fd = memfd_create("late", 0);
	FILE *out = fdopen(dup(fd), "w");
	CHECK(out != NULL && hasher_open(&h, HASH_SHA256, &err) == 0);
	struct text t = {.buf = buf, .room = sizeof(buf)};
	journal_put_header(&t, boots[0], "2026-11-24T16:17:31Z");
	fputs(buf, out);
	for (uint64_t seq = 0; seq <= JOURNAL_LATE_MAX + 1; seq++) {
		struct digest *v = &value[seq % 2];
		struct journal_line l = {.seq = seq, .reg = regs[seq % 2], .pid = 1};
		snprintf(l.time, sizeof(l.time), "2026-11-24T16:17:31Z");
		l.before = l.expected = l.digest = *v;
		CHECK(hash_extend(h, &l.expected, &l.digest, &err) == 0);
		*v = l.expected;
		t = (struct text){.buf = buf, .room = sizeof(buf)};
		journal_put_intent(&t, &l, NULL, 0);
		for (uint64_t end = seq - 1; seq % 2 == 1 && end <= seq; end++)
			journal_put_end(&t, JOURNAL_COMMIT, end, v, NULL, 0);
		fputs(buf, out);
	}
	CHECK(fclose(out) == 0);
	CHECK(log_formats_open(&r, fd, NULL, &err) < 0);
	CHECK(strstr(err.msg, "more than 65536 records end after another one began") != NULL);
	hasher_close(h);
	close(fd);
}

int main(void)
{
	test_bad_states();
	test_names_limit();
	test_join();
	test_late_limit();
	test_random();
	test_bounds();
	test_state_is_checked();
	test_many();
	return 0;
}
