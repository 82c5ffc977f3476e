/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/lock.h"
#include "verify/journaled.h"

struct report {
	const struct root *root;
	finding_fn each;
	void *arg;
	struct err *err;
	int rc; /* of `each`, once it is not 0 */
};

static void say(struct report *r, const char *level, const char *topic, const char *fix,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));
static void say(struct report *r, const char *level, const char *topic, const char *fix,
	const char *fmt, ...)
{
	struct finding f = {.level = level, .topic = topic, .fix = fix};
	va_list ap;
	if (r->rc != 0)
		return;
	va_start(ap, fmt);
	vsnprintf(f.message, sizeof(f.message), fmt, ap);
	va_end(ap);
	r->rc = r->each(r->arg, &f, r->err);
}

static bool exists(const struct root *root, const char *path)
{
	struct stat st;
	return root_stat(root, path, &st) == 0;
}

static void report_tee(struct report *r)
{
	static const struct {
		const char *path, *tee;
	} signs[] = {
		{"sys/class/misc/tdx_guest", "Intel TDX"},
		{"dev/tdx_guest", "Intel TDX"},
		{"sys/class/misc/sev-guest", "AMD SEV-SNP"},
		{"dev/sev-guest", "AMD SEV-SNP"},
		{"sys/devices/platform/arm-cca-dev", "Arm CCA"},
	};
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (!exists(r->root, signs[i].path))
			continue;
		say(r, "ok", "tee", NULL, "this is a guest of %s (%s is there)", signs[i].tee,
			signs[i].path);
		return;
	}
	say(r, "note", "tee",
		"in a TVM: load its guest driver (tdx_guest, sev-guest, arm-cca-guest)",
		"no sign of TDX, SEV-SNP or CCA");
}

static void report_interface(struct report *r, const struct abi *abi)
{
	struct tree tree = {0};
	struct err err = {0};
	bool any = false;
	if (abi->probe(r->root, abi, &tree, &err) < 0)
		tree_note_problem(&tree, &err);
	for (size_t i = 0; abi->homes[i] != NULL; i++) {
		if (!exists(r->root, abi->homes[i]))
			continue;
		any = true;
		say(r, "ok", "interface", NULL, "%s: /%s is there", abi->name, abi->homes[i]);
	}
	if (!any)
		say(r, "note", "interface",
			"this kernel may lack it or have it switched off; 'tsmctl list' needs one "
			"interface",
			"%s: not here; looked for /%s", abi->name, abi->homes[0]);
	else if (tree.n_providers == 0)
		say(r, "note", "interface", "load the TVM's guest driver", "%s: has no provider",
			abi->name);
	else
		say(r, "ok", "interface", NULL, "%s: %zu providers, %zu registers", abi->name,
			tree.n_providers, tree.mrs.n);
	if (tree.problem.status != ST_OK)
		say(r, "problem", "interface", NULL, "%s: %s", abi->name, tree.problem.msg);
	tree_clear(&tree);
}

static void report_registers(struct report *r, const char *only, bool *ret_readable)
{
	struct tree tree;
	struct err err;
	uint8_t buf[VALUE_SIZE_MAX];
	size_t readable = 0;
	*ret_readable = false;
	if (tree_probe(r->root, only, &tree, &err) < 0) {
		tree_clear(&tree);
		say(r, "problem", "registers",
			"run this in a TVM whose kernel shows its registers, or point --root at "
			"one",
			"%s", err.msg);
		return;
	}
	for (size_t i = 0; i < tree.mrs.n; i++) {
		const struct mr *mr = tree.mrs.mr[i];
		if (mr_read(r->root, mr, buf, &err) == 0)
			readable++;
		else
			say(r, "problem", "registers", NULL, "%s: %s", mr->full, err.msg);
	}
	*ret_readable = readable > 0;
	say(r, readable > 0 ? "ok" : "problem", "registers", NULL, "%zu of %zu can be read",
		readable, tree.mrs.n);
	tree_clear(&tree);
}

/* Some trees are mounted by hand, and a container often has /sys without the right to write. */
static void report_rights(struct report *r)
{
	if (geteuid() != 0)
		say(r, "note", "rights", "become root to extend and write",
			"not root: reading only");
	else
		say(r, "ok", "rights", NULL, "root");
	if (exists(r->root, "sys/kernel/config") && !exists(r->root, "sys/kernel/config/tsm"))
		say(r, "note", "configfs",
			"mount -t configfs none /sys/kernel/config, if an interface lives there",
			"/sys/kernel/config holds no tsm folder, or configfs is not mounted");
	int fd = root_at(r->root, "sys", O_RDONLY | O_DIRECTORY, 0);
	if (fd >= 0 && faccessat(fd, ".", W_OK, AT_EACCESS) < 0 && errno == EROFS)
		say(r, "problem", "sysfs", "mount -o remount,rw /sys",
			"/sys is mounted read-only: nothing can be extended");
	if (fd >= 0)
		close(fd);
}

static void report_ccel(struct report *r)
{
	if (exists(r->root, "sys/firmware/acpi/tables/data/CCEL"))
		say(r, "ok", "ccel", NULL, "the firmware's event log is there");
	else
		say(r, "note", "ccel", NULL, "no event log of the firmware (CCEL)");
}

static void report_lock(struct report *r)
{
	char boot_id[37];
	struct err err = {0};
	if (lock_check(r->root, &err) < 0)
		say(r, "problem", "lock", NULL, "%s", err.msg);
	err = (struct err){0};
	int fd = lock_share(r->root, 0, &err);
	if (fd >= 0)
		close(fd);
	if (fd < 0 && err.status != ST_OK)
		say(r, "note", "lock", NULL, "%s", err.msg);
	if (!exists(r->root, "run"))
		say(r, "problem", "lock", "mount a tmpfs on /run",
			"no folder /run: nothing can be extended without the lock there");
	if (boot_id_read(r->root, boot_id))
		say(r, "ok", "boot-id", NULL, "%s", boot_id);
	else
		say(r, "note", "boot-id", NULL, "no boot id in /proc/sys/kernel/random/boot_id");
}

/* An operator who is told of a foreign extend here need not wait for an attestation to fail. */
static void report_kept(struct report *r, const struct kept *k)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct kept_verdict *v = &k->verdict[i];
		const char *name = verdict_name(v->verdict);
		if (v->err.status != ST_OK)
			say(r, "problem", "journal", NULL, "%s: %s", k->mr[i]->full, v->err.msg);
		else if (v->verdict == VERDICT_MISMATCH)
			say(r, "problem", "journal",
				"its value can no longer be explained in this boot: find who "
				"extends "
				"it without tsmctl",
				"%s: %s: %s", k->mr[i]->full, name, v->detail);
	}
	if (k->open)
		say(r, "note", "journal", "the next extend settles it",
			"record %llu of '%s' has no end: a crash, or an extend that runs now",
			(unsigned long long)k->history.open.seq, k->history.open.reg);
	if (k->other_boot)
		say(r, "note", "journal", "the next extend sets it aside",
			"it is of another boot (%s)", k->history.boot_id);
	else if (k->copy.fd >= 0 && k->history.begun)
		say(r, "ok", "journal", NULL, "%llu records since boot %s",
			(unsigned long long)k->history.seq, k->history.boot_id);
}

static bool is_initial(const void *arg, const struct mr *mr, struct bytes value)
{
	(void)arg;
	return mr_is_initial(mr, value);
}

static void report_journal(struct report *r, const char *only)
{
	struct tree tree;
	struct kept kept = {.copy.fd = -1};
	struct err err;
	if (tree_probe(r->root, only, &tree, &err) == 0 &&
		kept_judge(r->root, &tree.mrs, is_initial, NULL, &kept, &err) == 0)
		report_kept(r, &kept);
	kept_clear(&kept);
	tree_clear(&tree);
}

int status_run(const struct root *root, const char *only_abi, finding_fn each, void *arg,
	bool *ret_readable, struct err *err)
{
	struct report r = {.root = root, .each = each, .arg = arg, .err = err};
	report_tee(&r);
	for (size_t i = 0; abi_table[i] != NULL; i++)
		if (only_abi == NULL || strcmp(only_abi, abi_table[i]->name) == 0)
			report_interface(&r, abi_table[i]);
	report_registers(&r, only_abi, ret_readable);
	report_rights(&r);
	report_ccel(&r);
	report_lock(&r);
	report_journal(&r, only_abi);
	return r.rc;
}
