/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine whose registers the target keeps itself, so that it knows what extended them. The input is a list of
 * steps, two characters each (`steps` below): extends, crashes at any byte of the journal, writes that fail, other
 * programs' extends, reboots. After them, and wherever the list says so, every command is run: none says `match`
 * of a register that somebody else extended, what was written is never changed, and nothing is blamed falsely.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "folder.h"
#include "fuzz.h"
#include "kernel/root.h"
#include "kernel_model.h"
#include "settle.h"

enum { REGISTERS = 3, NAMES = 4, STEPS_MAX = 48, RECORD_LONG = 900, TORN_MAX = 63 };

/* A register, and what is known of it. */
struct reg {
	const char *path;
	const struct model_hash *hash;
	struct model_digest value;
	unsigned records; /* that the journal tells of */
	bool secret;	  /* it has an extend that no journal tells of */
	bool hidden;	  /* its file is not there */
};

#define MISC "sys/devices/virtual/misc/"
#define JOURNAL "run/tsmctl/journal.jsonl"
#define BOOT_ID "00000000-0000-4000-8000-%012llx"
#define ASIDE "run/tsmctl/journal-" BOOT_ID ".jsonl"

static struct reg regs[REGISTERS] = {
	{.path = MISC "tdx_guest/measurements/rtmr2:sha384", .hash = &model_sha384},
	{.path = MISC "tdx_guest/measurements/rtmr3:sha384", .hash = &model_sha384},
	{.path = MISC "twin/measurements/b:sha256", .hash = &model_sha256},
};

static const struct name {
	const char *full, *path;
	struct reg *reg;
} names[NAMES] = {
	{"tdx_guest/rtmr2:sha384", MISC "tdx_guest/measurements/rtmr2:sha384", &regs[0]},
	{"tdx_guest/rtmr3:sha384", MISC "tdx_guest/measurements/rtmr3:sha384", &regs[1]},
	{"twin/b:sha256", MISC "twin/measurements/b:sha256", &regs[2]},
	{"twin/a:sha384", MISC "twin/measurements/a:sha384", &regs[0]}, /* a link */
};

enum kernel_fault {
	KERNEL_FINE,
	KERNEL_REFUSES, /* nothing is written */
	KERNEL_FAILS,	/* an error, and no extend */
	KERNEL_LIES,	/* success, and no extend */
	KERNEL_EXTENDS, /* an error after the extend */
	KERNEL_RACES,	/* somebody else extends it before it is read again */
	KERNEL_HIDES,	/* extends, and then the register cannot be read */
	KERNEL_FAULTS,
};

/* What goes wrong with the next extend. */
static struct {
	enum kernel_fault kernel;
	bool full, sync, truncate, reserve; /* the disk */
	size_t room;			    /* full: bytes that it still takes */
} fault;

/* One extend, as the kernel saw it. */
static struct {
	struct reg *reg; /* that was written to; NULL: none */
	struct model_digest before;
	bool extended, raced;
	off_t journal; /* how long the journal was */
} seen;

static uint64_t boots, others;

/* The machine's files */

static void show(const struct reg *r)
{
	if (r->hidden)
		unlinkat(AT_FDCWD, folder_path(r->path), 0);
	else
		MUST(folder_file(r->path, 0644, (struct bytes){r->value.v, r->hash->size}));
}

static void show_boot_id(void)
{
	char id[64];
	int n = snprintf(id, sizeof(id), BOOT_ID "\n", (unsigned long long)boots);
	MUST(folder_file(
		"proc/sys/kernel/random/boot_id", 0444, (struct bytes){(uint8_t *)id, (size_t)n}));
}

static void boot(bool cold)
{
	boots++;
	show_boot_id();
	for (size_t i = 0; i < REGISTERS; i++) {
		if (cold) {
			memset(&regs[i].value, 0, sizeof(regs[i].value));
			regs[i].records = 0;
			regs[i].secret = false;
		}
		regs[i].hidden = false;
		show(&regs[i]);
	}
}

static void start(void)
{
	folder_clear();
	boots = others = 0;
	memset(&fault, 0, sizeof(fault));
	boot(true);
	MUST(folder_link(names[3].path, "../../tdx_guest/measurements/rtmr2:sha384"));
	MUST(folder_dir("run", 0755));
}

static struct bytes read_file(const char *path)
{
	struct stat st;
	int fd = open(folder_path(path), O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return (struct bytes){NULL, 0};
	uint8_t *p = malloc((size_t)st.st_size + 1);
	MUST(p != NULL && read(fd, p, (size_t)st.st_size) == st.st_size);
	close(fd);
	return (struct bytes){p, (size_t)st.st_size};
}

static void free_bytes(struct bytes b)
{
	free((void *)(uintptr_t)b.p);
}

static size_t whole_lines(struct bytes b)
{
	while (b.n > 0 && b.p[b.n - 1] != '\n')
		b.n--;
	return b.n;
}

static struct stat journal_stat(void)
{
	struct stat st;
	if (stat(folder_path(JOURNAL), &st) < 0)
		memset(&st, 0, sizeof(st));
	return st;
}

static bool starts_with(struct bytes b, struct bytes start)
{
	return b.n >= start.n && (start.n == 0 || memcmp(b.p, start.p, start.n) == 0);
}

/* No byte of a whole line changes: it is where it was, or in the journal of an earlier boot. */
static void check_kept(struct bytes before)
{
	char path[80];
	struct bytes whole = {before.p, whole_lines(before)}, now = read_file(JOURNAL);
	bool kept = starts_with(now, whole);
	free_bytes(now);
	for (uint64_t i = 1; i <= boots && !kept; i++) {
		snprintf(path, sizeof(path), ASIDE, (unsigned long long)i);
		now = read_file(path);
		kept = bytes_equal(now, whole);
		free_bytes(now);
	}
	MUST(kept);
}

/* What happens to registers */

static void extend(struct reg *r, const uint8_t *digest)
{
	model_hash2(r->hash, (struct bytes){r->value.v, r->hash->size},
		(struct bytes){digest, r->hash->size}, r->value.v);
	show(r);
}

/* By another program: a digest that nothing else extends. */
static void extend_secretly(struct reg *r)
{
	uint8_t digest[MODEL_SIZE_MAX] = {0xee};
	if (r->hidden)
		return;
	others++;
	memcpy(digest + 1, &others, sizeof(others));
	extend(r, digest);
	r->secret = true;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker has these names. */

/* The kernel: what tsmctl writes to a register. */
int __wrap_root_write_once(const struct root *root, const char *path, struct bytes data,
	bool *ret_tried, struct err *err);

int __wrap_root_write_once(const struct root *root, const char *path, struct bytes data,
	bool *ret_tried, struct err *err)
{
	struct reg *r = NULL;
	(void)root;
	for (size_t i = 0; i < NAMES; i++)
		if (strcmp(names[i].path, path + 1) == 0)
			r = names[i].reg;
	MUST(r != NULL && data.n == r->hash->size && seen.reg == NULL);
	*ret_tried = fault.kernel != KERNEL_REFUSES;
	seen.reg = r;
	seen.before = r->value;
	seen.journal = journal_stat().st_size;
	seen.extended = fault.kernel == KERNEL_FINE || fault.kernel >= KERNEL_EXTENDS;
	r->hidden = fault.kernel == KERNEL_HIDES;
	if (seen.extended)
		extend(r, data.p);
	seen.raced = fault.kernel == KERNEL_RACES;
	if (seen.raced)
		extend_secretly(r);
	if (fault.kernel == KERNEL_FINE || fault.kernel == KERNEL_LIES || seen.raced || r->hidden)
		return 0;
	return err_sys(err, EIO, "'%s'", path);
}

/* The disk: what tsmctl writes to its journal. */
ssize_t __wrap_pwrite64(int fd, const void *buf, size_t n, off_t at);
ssize_t __real_pwrite64(int fd, const void *buf, size_t n, off_t at);
int __wrap_fdatasync(int fd);
int __real_fdatasync(int fd);
int __wrap_ftruncate64(int fd, off_t size);
int __real_ftruncate64(int fd, off_t size);

ssize_t __wrap_pwrite64(int fd, const void *buf, size_t n, off_t at)
{
	if (!fault.full)
		return __real_pwrite64(fd, buf, n, at);
	if (fault.room == 0) {
		errno = ENOSPC;
		return -1;
	}
	n = n < fault.room ? n : fault.room;
	fault.room -= n;
	return __real_pwrite64(fd, buf, n, at);
}

int __wrap_fdatasync(int fd)
{
	if (!fault.sync)
		return 0;
	(void)fd;
	errno = EIO;
	return -1;
}

int __wrap_ftruncate64(int fd, off_t size)
{
	if (!fault.truncate)
		return __real_ftruncate64(fd, size);
	errno = EIO;
	return -1;
}

int __wrap_fallocate64(int fd, int mode, off_t at, off_t n);
int __real_fallocate64(int fd, int mode, off_t at, off_t n);

int __wrap_fallocate64(int fd, int mode, off_t at, off_t n)
{
	if (!fault.reserve)
		return __real_fallocate64(fd, mode, at, n);
	errno = ENOSPC;
	return -1;
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* Commands */

static void run(const char *const words[], struct command *ret)
{
	const char *argv[16] = {"tsmctl", "--quiet", "--json", "--root", folder_root()};
	size_t n = 5;
	for (size_t i = 0; words[i] != NULL; i++)
		argv[n++] = words[i];
	command_run(argv, ret);
}

/* What a journal that is no longer this machine's told of is known to nobody. */
static void lose(void)
{
	for (size_t i = 0; i < REGISTERS; i++) {
		regs[i].secret |= regs[i].records > 0;
		regs[i].records = 0;
	}
}

/* Before the journal is written to, and after: what of it was lost. */
struct moment {
	struct bytes journal;
	ino_t ino;
};

static struct moment before(void)
{
	return (struct moment){read_file(JOURNAL), journal_stat().st_ino};
}

static void after(const struct moment *m, struct reg *extended)
{
	check_kept(m->journal);
	if (m->journal.n > 0 && journal_stat().st_ino != m->ino)
		lose();
	if (extended != NULL)
		extended->records++;
	free_bytes(m->journal);
}

static void settle(void)
{
	struct moment m = before();
	bool done = settle_run(folder_root());
	after(&m, NULL);
	if (!done)
		return;
	/* Done again, it has nothing to do. */
	m = before();
	MUST(settle_run(folder_root()));
	struct bytes now = read_file(JOURNAL);
	MUST(bytes_equal(now, m.journal));
	free_bytes(now);
	after(&m, NULL);
}

static void check_outcome(const struct command *c, bool once)
{
	bool disk = fault.full || fault.sync;
	if (c->status == ST_OK)
		MUST(once || (seen.extended && !seen.raced));
	else if (c->status != ST_UNSETTLED)
		MUST(!seen.extended);
	else
		MUST(seen.raced || (seen.extended && (disk || seen.reg->hidden)));
}

/*
 * The machine stops while the journal is written, at a byte after `from`: what was not written then did not
 * happen, nor the extend if its intent is not there. `cut` is how much of 254 parts is there; 255: all.
 */
static void crash(off_t from, uint8_t cut, bool undone)
{
	off_t to = journal_stat().st_size;
	if (to <= from)
		return;
	off_t at = from + (to - from) * cut / 255;
	if (undone && seen.reg != NULL)
		at = seen.journal;
	MUST(truncate(folder_path(JOURNAL), at) == 0);
	if (seen.reg == NULL || at > seen.journal || (at == seen.journal && !undone))
		return;
	MUST(!seen.raced);
	seen.reg->value = seen.before;
	show(seen.reg);
	seen.reg->records -= seen.extended;
}

/* What an extend is given, and how it ends. */
struct attempt {
	const struct name *name;
	const char *event; /* NULL: a digest */
	bool once, crashes, undone;
	uint8_t cut;
};

static void try_extend(const struct attempt *a)
{
	char event[RECORD_LONG + 32], digest[2 * MODEL_SIZE_MAX + 16];
	struct command c;
	struct moment m = before();
	off_t from = (off_t)whole_lines(m.journal);
	snprintf(event, sizeof(event), "--event=%s", a->event != NULL ? a->event : "");
	snprintf(digest, sizeof(digest), "--digest=%0*d", (int)(2 * a->name->reg->hash->size), 7);
	memset(&seen, 0, sizeof(seen));
	const char *const words[] = {"extend", "--wait=0", a->event != NULL ? event : digest,
		a->name->full,
		a->once		   ? "--once"
		: a->event != NULL ? NULL
				   : "--note=text",
		NULL};
	run(words, &c);
	check_outcome(&c, a->once);
	bool moved = m.journal.n > 0 && journal_stat().st_ino != m.ino;
	after(&m, seen.extended ? seen.reg : NULL);
	command_clear(&c);
	/* A crash between the old journal's rename and the new one's first line is the crash matrix's. */
	if (a->crashes && !moved && !seen.raced)
		crash(from, a->cut, a->undone);
	memset(&fault, 0, sizeof(fault));
}

/* What is said of a register, as it must be. `certain`: the journal has no open end. */
static void check_verdict(const struct name *name, const char *verdict, bool certain)
{
	const struct reg *r = name->reg;
	bool good = verdict != NULL &&
		    (strcmp(verdict, "match") == 0 || strcmp(verdict, "untouched") == 0);
	if (getenv("FUZZ_SHOW") != NULL)
		fprintf(stderr, "%s: %s; records %u%s%s%s\n", name->full,
			verdict != NULL ? verdict : "no verdict", r->records,
			r->secret ? ", secret" : "", r->hidden ? ", hidden" : "",
			certain ? ", certain" : "");
	MUST(!good || !r->secret);
	MUST(!good || r->records == 0 || strcmp(verdict, "match") == 0);
	MUST(good || r->secret || r->hidden || !certain);
}

static void check_verdicts(bool certain)
{
	struct command c;
	run((const char *const[]){"verify", NULL}, &c);
	if (getenv("FUZZ_SHOW") != NULL)
		fprintf(stderr, "%.*s%.*s", (int)c.out.n, (const char *)c.out.p, (int)c.err.n,
			(const char *)c.err.p);
	for (size_t i = 0; i < NAMES; i++) {
		struct json_object *row = command_row_of(&c, names[i].full);
		check_verdict(&names[i], row != NULL ? command_string(row, "verdict") : NULL,
			certain && c.status <= ST_NO);
	}
	MUST(!certain || c.status <= ST_NO);
	command_clear(&c);
}

/* A command that only reads leaves everything as it is. */
static void check_readers(void)
{
	static const char *const words[][5] = {{"verify"}, {"log"}, {"status"}, {"list"}, {"read"},
		{"log", "--format=cel-json"}, {"extend", "--dry-run", "--event=x", "twin/b"},
		{"extend", "--dry-run", "--once", "--event=e0", "rtmr2"},
		{"verify", "twin/a:sha384", "tdx_guest/rtmr3"}};
	struct bytes journal = read_file(JOURNAL);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct command c;
		memset(&seen, 0, sizeof(seen));
		run(words[i], &c);
		struct bytes now = read_file(JOURNAL);
		MUST(bytes_equal(now, journal) && seen.reg == NULL);
		free_bytes(now);
		command_clear(&c);
	}
	free_bytes(journal);
}

/* From files, the same is said as live. */
static void check_files(void)
{
	char values[64], journal[128];
	struct command read, live, files;
	if (journal_stat().st_size == 0)
		return;
	run((const char *const[]){"read", NULL}, &read);
	int fd = memory_file(read.out);
	snprintf(values, sizeof(values), "/proc/self/fd/%d", fd);
	snprintf(journal, sizeof(journal), "%s:journal", folder_path(JOURNAL));
	run((const char *const[]){"verify", NULL}, &live);
	run((const char *const[]){"verify", "--values", values, "--input", journal, NULL}, &files);
	for (size_t i = 0; i < NAMES; i++) {
		struct json_object *a = command_row_of(&live, names[i].full);
		struct json_object *b = command_row_of(&files, names[i].full);
		MUST(a != NULL && b != NULL);
		const char *said = command_string(a, "verdict"),
			   *again = command_string(b, "verdict");
		MUST(said != NULL && again != NULL && strcmp(said, again) == 0);
	}
	close(fd);
	command_clear(&read);
	command_clear(&live);
	command_clear(&files);
}

/* Steps */

static void step_extend(char how, uint8_t arg)
{
	char event[RECORD_LONG + 1];
	struct attempt a = {.name = &names[arg % NAMES], .event = event, .once = how == 'o'};
	snprintf(event, sizeof(event), "e%d", arg / NAMES % 8);
	if (how == 'l')
		snprintf(event, sizeof(event), "%0*u", RECORD_LONG, arg);
	if (how == 'd')
		a.event = NULL;
	try_extend(&a);
}

static void step_crash(char how, uint8_t arg)
{
	struct attempt a = {.name = &names[arg % NAMES],
		.event = "crash",
		.crashes = true,
		.undone = how == 'u',
		.cut = arg};
	try_extend(&a);
}

static void step_fault(char how, uint8_t arg)
{
	if (how == 'w')
		fault.kernel = (enum kernel_fault)(arg % KERNEL_FAULTS);
	fault.full |= how == 'j';
	fault.room = how == 'j' ? arg * (size_t)8 : fault.room;
	fault.sync |= how == 's';
	fault.truncate |= how == 't';
	fault.reserve |= how == 'q';
}

static void step_hide(uint8_t arg)
{
	struct reg *r = &regs[arg % REGISTERS];
	r->hidden = !r->hidden;
	show(r);
}

/* A line that was not written to its end, or whose bytes the file system lost. */
static void step_tear(uint8_t arg)
{
	static const char zeros[TORN_MAX + 1], text[] = "{\"type\":\"intent\",\"time\":\"2026-11-"
							"24T16:17:31Z\",\"pid\":1,\"start\":";
	int fd = open(folder_path(JOURNAL), O_WRONLY | O_APPEND | O_CLOEXEC);
	size_t n = arg % (TORN_MAX + 1);
	if (fd >= 0)
		MUST(write(fd, arg & 64 ? zeros : text, n) == (ssize_t)n);
	close(fd);
}

static void step_remove(void)
{
	if (unlink(folder_path(JOURNAL)) == 0)
		lose();
}

/* Without it, no journal can be told from that of another boot. */
static void step_no_boot_id(void)
{
	unlink(folder_path("proc/sys/kernel/random/boot_id"));
}

/* A file where the journal of this boot would be put, once another one follows. */
static void step_take_name(void)
{
	char path[80];
	snprintf(path, sizeof(path), ASIDE, (unsigned long long)boots);
	folder_file(path, 0644, (struct bytes){NULL, 0});
}

static void step(char what, uint8_t arg)
{
	if (strchr("edlo", what) != NULL)
		step_extend(what, arg);
	else if (strchr("cu", what) != NULL) /* a crash; one just before the register is written */
		step_crash(what, arg);
	else if (strchr("wjstq", what) != NULL)
		step_fault(what, arg);
	else if (what == 'f')
		extend_secretly(&regs[arg % REGISTERS]);
	else if (what == 'k' || what == 'b') /* kexec, reboot */
		boot(what == 'b');
	else if (what == 'h')
		step_hide(arg);
	else if (what == 'x')
		step_tear(arg);
	else if (what == 'r')
		step_remove();
	else if (what == 'm')
		step_no_boot_id();
	else if (what == 'a')
		step_take_name();
	else if (what == 'v')
		check_readers();
	if (what == 'v' || what == 'y')
		check_verdicts(false);
}

/* All registers there, nothing wrong any more: what is said now is certain. */
static void finish(void)
{
	char path[80];
	memset(&fault, 0, sizeof(fault));
	show_boot_id();
	for (uint64_t i = 1; i <= boots; i++) {
		snprintf(path, sizeof(path), ASIDE, (unsigned long long)i);
		unlink(folder_path(path));
	}
	for (size_t i = 0; i < REGISTERS; i++) {
		regs[i].hidden = false;
		show(&regs[i]);
	}
	check_readers();
	check_verdicts(false);
	settle();
	check_verdicts(true);
	check_files();
	for (size_t i = 0; i < NAMES; i++)
		try_extend(&(struct attempt){.name = &names[i], .event = "last"});
	check_verdicts(true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	start();
	for (size_t i = 0; i + 1 < size && i < (size_t)2 * STEPS_MAX; i += 2)
		if (data[i] != '\0')
			step((char)data[i], data[i + 1]);
	finish();
	return 0;
}
