/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/scope.h"
#include "formats/log_formats.h"
#include "kernel/lock.h"
#include "kernel/tsm_report.h"
#include "formats/journal.h"
#include "formats/tcg2.h"
#include "model/libcrypto.h"
#include "verify/system.h"

static const char ccel_path[] = "/sys/firmware/acpi/tables/data/CCEL";

enum tee { TEE_NONE, TEE_TDX, TEE_SNP, TEE_CCA };

struct report {
	const struct root *root;
	finding_fn each;
	void *arg;
	struct err *err;
	int rc; /* of `each`, once it is not 0 */
	/* What decides which other findings matter. */
	enum tee tee;
	const char *tee_sign; /* the file that shows it */
	bool found;	      /* an interface has a provider, or could not be looked at */
	bool tvm;	      /* there are registers that are no TPM's */
	bool no_registers;    /* guests of this TEE have none, and nothing is wrong with that */
	bool journal_bad;     /* a problem of the journal was reported */
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

/* One that says where: f has all but the message. */
static void say_at(struct report *r, struct finding *f, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void say_at(struct report *r, struct finding *f, const char *fmt, ...)
{
	va_list ap;
	if (r->rc != 0)
		return;
	va_start(ap, fmt);
	vsnprintf(f->message, sizeof(f->message), fmt, ap);
	va_end(ap);
	r->rc = r->each(r->arg, f, r->err);
}

static void say_err(struct report *r, const char *level, const char *topic, const char *fix,
	const struct err *why)
{
	struct finding f = {.level = level, .topic = topic, .fix = fix, .why = why};
	if (r->rc != 0)
		return;
	strlcpy(f.message, why->msg, sizeof(f.message));
	r->rc = r->each(r->arg, &f, r->err);
}

static bool exists(const struct root *root, const char *path)
{
	struct stat st;
	return root_stat(root, path, &st) == 0;
}

/* What to do about a file that could not be read; NULL: nothing that helps in general. */
static const char *fix_of(const struct err *err)
{
	bool refused = err->sys == EACCES || err->sys == EPERM;
	return refused && geteuid() != 0 ? "become root" : NULL;
}

/* The kernel's file says 0 in a guest that is no realm. */
static bool is_realm_guest(const struct root *root)
{
	char text[16];
	struct err unused;
	size_t n;
	return root_read(root, "/sys/firmware/cca/realm_guest", text, sizeof(text), &n, &unused) ==
		       0 &&
	       n > 0 && text[0] != '0';
}

static enum tee find_tee(const struct root *root, const char **ret_sign)
{
	static const struct {
		const char *path;
		enum tee tee;
	} signs[] = {
		{"/sys/class/misc/tdx_guest", TEE_TDX},
		{"/sys/devices/virtual/misc/tdx_guest", TEE_TDX},
		{"/dev/tdx_guest", TEE_TDX},
		{"/sys/kernel/tsm/tdx_guest", TEE_TDX},
		{"/sys/kernel/config/tsm/tdx_guest", TEE_TDX},
		{"/sys/kernel/security/tsm/tdx_guest", TEE_TDX},
		{"/sys/class/misc/sev-guest", TEE_SNP},
		{"/dev/sev-guest", TEE_SNP},
		{"/sys/class/misc/arm_cca_guest", TEE_CCA},
		{"/sys/devices/platform/arm-cca-dev", TEE_CCA},
	};
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		*ret_sign = signs[i].path;
		if (exists(root, signs[i].path))
			return signs[i].tee;
	}
	*ret_sign = "/sys/firmware/cca/realm_guest";
	return is_realm_guest(root) ? TEE_CCA : TEE_NONE;
}

static void report_no_registers_of_cca(struct report *r)
{
	say(r, "note", "tee", NULL,
		"kernels show no measurement registers of Arm CCA: they are in the realm's token, "
		"which tsmctl does not read");
}

/* The device of an SVSM's TPM (Linux 6.16) is registered only if the SVSM says that it has one. */
static void report_whose_tpm(struct report *r)
{
	if (exists(r->root, "/sys/devices/platform/tpm-svsm"))
		say(r, "ok", "vtpm", NULL,
			"it is the SVSM's (/sys/devices/platform/tpm-svsm), which is part of the "
			"guest and not of its host");
	else
		say(r, "note", "vtpm", NULL,
			"it cannot be seen from here who runs this TPM: one that the host runs is "
			"no better than the host");
}

/* What can be measured and attested there all the same. */
static void report_no_registers_of_snp(struct report *r)
{
	say(r, "note", "tee",
		"'tsmctl quote --random >report.dat' gets the report, 'tsmctl read --quote "
		"report.dat' prints its measurement, 'tsmctl verify --quote report.dat --expect "
		"FILE' checks it",
		"kernels show no measurement registers of AMD SEV-SNP: its launch measurement is "
		"in the report, and cannot be extended");
	if (!exists(r->root, "/sys/class/tpm/tpm0")) {
		say(r, "note", "vtpm", "with an SVSM: load its driver, tpm_svsm (Linux 6.16)",
			"no TPM (/sys/class/tpm/tpm0)");
		return;
	}
	say(r, "ok", "vtpm", NULL,
		"a TPM is there (/sys/class/tpm/tpm0): its PCRs hold what firmware and the system "
		"measured: 'tsmctl verify' checks them");
	report_whose_tpm(r);
}

/* The log of firmware and RTMRs are found in TVMs only, with or without the driver that says which. */
static void report_no_tee(struct report *r)
{
	static const char *const signs[] = {ccel_path, "/sys/kernel/config/tsm/rtmrs"};
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (!exists(r->root, signs[i]))
			continue;
		say(r, "note", "tee",
			"load its guest driver (tdx_guest, sev-guest, arm-cca-guest) for quotes",
			"this is a TVM (%s is there), but no guest driver says of which kind",
			signs[i]);
		return;
	}
	say(r, "note", "tee",
		"in a TVM: load its guest driver (tdx_guest, sev-guest, arm-cca-guest)",
		"no sign of TDX, SEV-SNP or CCA");
}

static void report_tee(struct report *r)
{
	static const char *const names[] = {
		[TEE_TDX] = "Intel TDX", [TEE_SNP] = "AMD SEV-SNP", [TEE_CCA] = "Arm CCA"};
	if (r->tee == TEE_NONE)
		report_no_tee(r);
	else
		say(r, "ok", "tee", NULL, "this is a guest of %s (%s is there)", names[r->tee],
			r->tee_sign);
	if (r->tee == TEE_SNP && !r->tvm)
		report_no_registers_of_snp(r);
	else if (r->tee == TEE_CCA && !r->tvm)
		report_no_registers_of_cca(r);
}

/* configfs-tsm gives quotes, whether or not the RFC's tree lives beside it. */
static void report_quotes(struct report *r)
{
	if (exists(r->root, "/sys/kernel/config/tsm/report"))
		say(r, "ok", "configfs", NULL,
			"/sys/kernel/config/tsm/report is there: quotes can be asked for through "
			"configfs-tsm, which has no registers");
}

/* An entry of its own would tell, but looking makes nothing: a provider comes with a TEE's driver. */
static void report_quote(struct report *r)
{
	bool configfs = exists(r->root, "/sys/kernel/config/tsm");
	if (r->tee == TEE_CCA)
		say(r, "note", "quote", NULL,
			"no quotes: tsmctl does not read the tokens of Arm CCA");
	else if (!exists(r->root, REPORT_HOME))
		say(r, "note", "quote",
			r->tee == TEE_NONE ? "in a TVM: load its guest driver (tdx_guest, "
					     "sev-guest, arm-cca-guest)"
			: configfs	   ? "load the guest driver (tdx_guest, sev-guest)"
				   : "mount -t configfs none /sys/kernel/config, and load the "
				     "guest driver (tdx_guest, sev-guest)",
			"no quotes: " REPORT_HOME " is missing");
	else if (r->tee == TEE_NONE)
		say(r, "note", "quote", "load tdx_guest or sev-guest",
			"no quotes: no guest driver is seen that gives them");
	else if (geteuid() != 0)
		say(r, "note", "quote", "become root", "only root can get a quote");
	else
		say(r, "ok", "quote", NULL, "'tsmctl quote' can ask for a quote");
}

static void report_left_entries(struct report *r)
{
	size_t n;
	AUTO_FREE char *names = tsm_report_entries(r->root, &n);
	if (n > 0)
		say(r, "note", "quote",
			"rmdir what nobody uses in " REPORT_HOME
			": while one is there, the guest driver cannot be loaded again",
			"%zu request%s, running or left by a killed program: %s%s", n,
			n == 1 ? "" : "s", names != NULL ? names : "",
			n > REPORT_NAMES_SHOWN ? ", ..." : "");
}

/* What an interface's folders hold. */
static void report_homes(struct report *r, const struct backend *backend, const struct tree *tree)
{
	bool any = false;
	for (size_t i = 0; backend->homes[i] != NULL; i++) {
		if (!exists(r->root, backend->homes[i]))
			continue;
		any = true;
		/* configfs makes this folder for quotes alone. */
		if (tree->n_providers > 0 ||
			strcmp(backend->homes[i], "/sys/kernel/config/tsm") != 0)
			say(r, "ok", "interface", NULL, "%s: %s is there", backend->name,
				backend->homes[i]);
	}
	/* A machine has one interface: that others are missing matters only where it is missing, too. */
	bool matters = !r->found && !r->no_registers && (any || backend != &backend_tpm);
	if (!any && matters)
		say(r, "note", "interface",
			"this kernel may lack it or have it switched off; 'tsmctl list' needs one "
			"interface",
			"%s: not here; looked for %s", backend->name, backend->homes[0]);
	else if (tree->n_providers == 0 && matters)
		say(r, "note", "interface",
			backend == &backend_tpm ? "Linux 5.12 and later show PCRs"
						: "load the TVM's guest driver",
			"%s: has no provider", backend->name);
	else if (tree->n_providers > 0)
		say(r, "ok", "interface", NULL, "%s: %zu provider%s, %zu register%s", backend->name,
			tree->n_providers, tree->n_providers == 1 ? "" : "s", tree->mrs.n,
			tree->mrs.n == 1 ? "" : "s");
}

static void report_interface(struct report *r, const struct backend *backend)
{
	struct tree tree = {0};
	struct err err = {0};
	if (backend->probe(r->root, backend, &tree, &err) < 0)
		tree_note_problem(&tree, &err);
	report_homes(r, backend, &tree);
	if (tree.problem.status != ST_OK)
		say(r, "problem", "interface", fix_of(&tree.problem), "%s: %s", backend->name,
			tree.problem.msg);
	tree_clear(&tree);
}

/* What was found out about the registers' values. */
struct looked {
	struct err *bad; /* of each register: why it cannot be read */
	bool *no_log;	 /* of each: the kernel keeps a log for it, which is not there */
	struct err
		held; /* with a status: somebody holds the lock, values that need it are left out */
};

/* A TPM's registers are of no interest beside a TVM's own, and take their time. */
static bool is_beside(const struct tree *tree, const struct mr *mr)
{
	return tree->tvm && (mr->flags & MR_OF_TPM);
}

static bool is_left_out(const struct looked *l, const struct mr *mr)
{
	return l->held.status != ST_OK && backend_contends(mr);
}

/* Reads them all, and gives the lock back before anything is said. */
static void look(const struct report *r, const struct tree *tree, struct looked *ret)
{
	uint8_t buf[VALUE_SIZE_MAX];
	AUTO_CLOSE int lock = -1;
	lock_read_for(r->root, &tree->mrs, 0, &lock, &ret->held);
	for (size_t i = 0; i < tree->mrs.n; i++) {
		const struct mr *mr = tree->mrs.mr[i];
		struct err err = {0};
		off_t size;
		if (is_left_out(ret, mr) || is_beside(tree, mr))
			continue;
		mr_read(r->root, mr, buf, &ret->bad[i]);
		/* Beside an extend that holds the lock it is away for a moment. */
		if (mr->log == LOG_OF_KERNEL && mr->abi->log_size != NULL &&
			mr->abi->log_size(r->root, mr, &size, &err) < 0)
			ret->no_log[i] = err.sys == ENOENT;
	}
}

static void report_unread(struct report *r, const struct mr *mr, const struct err *why)
{
	say(r, "problem", "registers", fix_of(why), "%s: %s", mr->full, why->msg);
}

/* Registers of configfs without an entry: this is normal before the first extend. */
static void report_entries(struct report *r, const struct tree *tree)
{
	char names[128] = "";
	for (size_t i = 0; i < tree->mrs.n; i++) {
		const struct mr *mr = tree->mrs.mr[i];
		if (!mr_lacks_entry(mr) || mr->bad.status != ST_OK)
			continue;
		strlcat(names, names[0] != '\0' ? ", " : "", sizeof(names));
		strlcat(names, mr->full, sizeof(names));
	}
	if (names[0] != '\0')
		say(r, "note", "registers",
			"the first extend makes the entry of rtmr2 or rtmr3; for another one make "
			"a folder in /sys/kernel/config/tsm/rtmrs and write 0 or 1 to its 'index'",
			"no entry in configfs yet, so not readable: %s", names);
}

static void report_values(
	struct report *r, const struct tree *tree, const struct looked *l, bool *ret_readable)
{
	size_t readable = 0, left_out = 0, beside = 0;
	for (size_t i = 0; i < tree->mrs.n; i++) {
		const struct mr *mr = tree->mrs.mr[i];
		beside += is_beside(tree, mr);
		if (is_beside(tree, mr))
			continue;
		if (mr_lacks_entry(mr) && mr->bad.status == ST_OK)
			continue;
		if (is_left_out(l, mr) && mr->bad.status == ST_OK && (mr->flags & MR_READABLE))
			left_out++;
		else if (l->bad[i].status == ST_OK && !is_left_out(l, mr))
			readable++;
		else
			report_unread(r, mr, is_left_out(l, mr) ? &mr->bad : &l->bad[i]);
	}
	*ret_readable = readable + left_out > 0;
	if (left_out > 0)
		say(r, "note", "registers", "run it again when that process has ended",
			"%zu of %zu were not read: %s", left_out, tree->mrs.n - beside,
			l->held.msg);
	if (left_out == 0 || readable > 0)
		say(r, readable > 0 ? "ok" : "problem", "registers", NULL, "%zu of %zu can be read",
			readable, tree->mrs.n - beside);
}

/* A log that is full refuses every extend until the next boot. */
static void report_logs(struct report *r, const struct tree *tree, const struct looked *l)
{
	for (size_t i = 0; i < tree->mrs.n; i++) {
		const struct mr *mr = tree->mrs.mr[i];
		struct err unused;
		off_t size;
		if (l->no_log[i])
			say(r, "problem", "log", "load its driver again, or boot again",
				"%s: its kernel log is missing: nothing can be extended or "
				"verified",
				mr->full);
		if (mr->log != LOG_OF_KERNEL || mr->abi->log_size == NULL ||
			mr->abi->log_size(r->root, mr, &size, &unused) < 0 ||
			size < KERNEL_LOG_MAX - KERNEL_LOG_LOW)
			continue;
		say(r, "problem", "log",
			"records that do not fit are refused until the next boot: measure less "
			"into this register",
			"%s: its kernel log is full or nearly so: %lld of %d bytes", mr->full,
			(long long)size, KERNEL_LOG_MAX);
	}
}

static void report_registers(struct report *r, const char *only, bool *ret_readable)
{
	struct tree tree;
	struct err err;
	struct looked looked = {0};
	*ret_readable = false;
	if (tree_probe(r->root, only, &tree, &err) < 0) {
		const char *absent = "run this in a TVM whose kernel shows its registers, or "
				     "point --root at one";
		if (err.status == ST_ABSENT && r->no_registers)
			say(r, "note", "registers", NULL, "none");
		else
			say(r, "problem", "registers",
				err.status == ST_ABSENT ? absent : fix_of(&err), "%s", err.msg);
	} else if ((looked.bad = calloc(tree.mrs.n + 1, sizeof(*looked.bad))) == NULL ||
		   (looked.no_log = calloc(tree.mrs.n + 1, sizeof(*looked.no_log))) == NULL) {
		r->rc = err_sys(r->err, ENOMEM, "registers");
	} else {
		if (!tree.tvm)
			say(r, "note", "registers", NULL,
				"only PCRs of a TPM, which 'extend' and 'write' cannot change: use "
				"tpm2_pcrextend");
		if (!tree.tvm && !exists(r->root, "/sys/kernel/security/tpm0"))
			say(r, "note", "securityfs",
				"mount -t securityfs none /sys/kernel/security, as root",
				"no log of the TPM's firmware in /sys/kernel/security: PCRs are "
				"'unlogged'");
		look(r, &tree, &looked);
		report_values(r, &tree, &looked, ret_readable);
		report_entries(r, &tree);
		report_logs(r, &tree, &looked);
	}
	free(looked.bad);
	free(looked.no_log);
	tree_clear(&tree);
}

static bool report_libcrypto(struct report *r)
{
	struct hasher *h;
	struct err err;
	if (hasher_open(&h, HASH_SHA384, &err) == 0) {
		hasher_close(h);
		return true;
	}
	say(r, "problem", "libcrypto", LIBCRYPTO_FIX, "%s: nothing can be extended or verified",
		err.msg);
	return false;
}

static bool is_read_only(const struct root *root, const char *path)
{
	AUTO_CLOSE int fd = root_at(root, path, O_RDONLY | O_DIRECTORY, 0);
	return fd >= 0 && faccessat(fd, ".", W_OK, AT_EACCESS) < 0 && errno == EROFS;
}

/* Some trees are mounted by hand, and a container often has /sys without the right to write. */
static void report_rights(struct report *r)
{
	if (geteuid() != 0)
		say(r, "note", "rights", "become root to extend and write",
			"not root: reading only");
	else
		say(r, "ok", "rights", NULL, "root");
	if (!r->found && exists(r->root, "/sys/kernel/config") &&
		!exists(r->root, "/sys/kernel/config/tsm"))
		say(r, "note", "configfs",
			"mount -t configfs none /sys/kernel/config, if an interface lives there",
			"/sys/kernel/config holds no tsm folder, or configfs is not mounted");
	if (r->tvm && is_read_only(r->root, "/sys"))
		say(r, "problem", "sysfs",
			"mount -o remount,rw /sys, or no ProtectKernelTunables= in the systemd "
			"unit",
			"/sys is mounted read-only: nothing can be extended");
}

/* The events of a whole log that extended something; -1: it cannot be read to its end. */
static int count_events(int fd, const struct log_format *format, size_t *ret, struct err *err)
{
	AUTO_FREE struct log_reader *reader = calloc(1, sizeof(*reader));
	AUTO_FREE struct log_event *ev = calloc(1, sizeof(*ev));
	if (reader == NULL || ev == NULL)
		return err_sys(err, ENOMEM, "log");
	if (log_formats_open(reader, fd, format, err) < 0)
		return -1;
	int rc;
	while ((rc = log_reader_next(reader, ev, err)) > 0)
		*ret += ev->extends;
	log_reader_close(reader);
	return rc;
}

/* One of no bytes is no log, and has no event. */
static int count_ccel(const struct root *root, size_t *ret, struct err *err)
{
	uint8_t first;
	AUTO_CLOSE int fd = root_open_file(root, ccel_path, O_RDONLY, err);
	*ret = 0;
	if (fd < 0)
		return -1;
	if (pread(fd, &first, 1, 0) == 0)
		return 0;
	return count_events(fd, &log_format_ccel, ret, err) < 0 ? err_in(err, "'%s'", ccel_path)
								: 0;
}

static void report_ccel(struct report *r)
{
	struct err err;
	size_t n;
	bool there = exists(r->root, ccel_path);
	if (!there && r->tee != TEE_TDX)
		return;
	if (!there)
		say(r, "note", "ccel", NULL, "no event log of the firmware (CCEL)");
	else if (count_ccel(r->root, &n, &err) < 0)
		say_err(r, "problem", "ccel", fix_of(&err), &err);
	else if (n == 0)
		say(r, "note", "ccel", NULL, "the firmware's event log (CCEL) has no events");
	else
		say(r, "ok", "ccel", NULL, "the firmware's event log is there");
}

static void report_lock(struct report *r)
{
	char boot_id[37];
	struct err err = {0};
	if (lock_check(r->root, &err) < 0)
		say(r, "problem", "lock", NULL, "%s", err.msg);
	if (lock_is_held(r->root, &err))
		say(r, "note", "lock", NULL, "%s", err.msg);
	if (r->tvm && is_read_only(r->root, "/run"))
		say(r, "problem", "lock", "mount -o remount,rw /run",
			"/run is mounted read-only: nothing can be extended without the lock and "
			"journal there");
	if (r->tvm && !exists(r->root, "/run"))
		say(r, "problem", "lock", "mount a tmpfs on /run",
			"no folder /run: nothing can be extended without the lock there");
	if (boot_id_read(r->root, boot_id))
		say(r, "ok", "boot-id", NULL, "%s", boot_id);
	else if (r->tvm)
		say(r, "problem", "boot-id",
			"mount /proc, and use no ProcSubset=pid in a systemd unit",
			"no boot id in /proc/sys/kernel/random/boot_id: no register can be "
			"extended but those whose log the kernel keeps");
}

/* What is wrong with a log is one finding, whatever the number of its registers. */
static bool is_of_log(const struct inputs *inputs, const struct err *err)
{
	for (size_t k = 0; k < inputs->n; k++)
		if (strcmp(inputs->v[k].err.msg, err->msg) == 0)
			return true;
	return false;
}

/* A foreign extend that is reported here is found before an attestation fails. */
static void report_judged(struct report *r, const struct inputs *inputs, const struct mr *mr,
	const struct judgement *j)
{
	if (j->err.status != ST_OK && is_of_log(inputs, &j->err))
		return;
	r->journal_bad = r->journal_bad || j->err.status != ST_OK || j->verdict == VERDICT_MISMATCH;
	struct finding f = {.level = "problem", .topic = "journal", .reg = mr->full};
	if (j->err.status != ST_OK) {
		f.why = &j->err;
		say_at(r, &f, "%s: %s", mr->full, j->err.msg);
	} else if (j->verdict == VERDICT_MISMATCH) {
		f.fix = "its value can no longer be explained in this boot: find who extends it "
			"without tsmctl";
		f.judged = j;
		f.inputs = inputs;
		say_at(r, &f, "%s: %s: %s", mr->full, verdict_name(j->verdict), j->detail);
	} else if ((j->verdict == VERDICT_UNLOGGED || j->verdict == VERDICT_PARTIAL) &&
		   !(mr->flags & MR_FIRMWARE)) {
		f.level = "note";
		f.fix = "'measure' and 'extend --once' extend nothing into it: reboot, unless "
			"something extends it in each boot";
		say_at(r, &f, "%s: %s: %s", mr->full, verdict_name(j->verdict), j->detail);
	}
}

static const char fix_of_damaged[] =
	"only a reboot lets 'measure' and 'extend --once' extend again; for 'extend' alone, move "
	"it aside and keep it: the next one begins a new journal, but 'verify' fails without the "
	"events in the old one";

/* A damaged journal is one finding: nothing that is said of its registers would mean anything. */
static void report_journal_log(struct report *r, const struct log_input *in)
{
	const struct journal_state *state =
		in->reader != NULL ? journal_log_state(in->reader) : NULL;
	if (in->err.sys == ESTALE) {
		say(r, "note", "journal", "run it again when that process has ended", "%s",
			in->err.msg);
		return;
	}
	if (in->err.status != ST_OK) {
		bool damaged = in->err.status == ST_FORMAT;
		say_err(r, "problem", "journal", damaged ? fix_of_damaged : fix_of(&in->err),
			&in->err);
		return;
	}
	for (const struct journal_intent *open = state != NULL ? state->open : NULL; open != NULL;
		open = open->next) {
		struct finding f = {.level = "note",
			.topic = "journal",
			.fix = "the next extend settles it, once its register can be read",
			.reg = open->name,
			.intent = open};
		say_at(r, &f, "record %llu of '%s' has no end: a crash, or an extend that runs now",
			(unsigned long long)open->seq, open->name);
	}
	if (in->other_boot)
		say(r, "note", "journal", "the next extend sets it aside",
			"it is of another boot (%s)", state->boot_id);
	else if (state != NULL && state->begun && !r->journal_bad)
		say(r, "ok", "journal", NULL, "%llu record%s, the last in boot %s",
			(unsigned long long)state->seq, state->seq == 1 ? "" : "s", state->boot_id);
}

struct judged {
	struct tree tree;
	struct asked *asked;
	struct err *bad;
	struct judgement *js;
	struct mr_pick *picks;
	struct inputs inputs;
};

/* Those whose log is tsmctl's. */
static size_t pick_journaled(const struct tree *tree, struct mr_pick *picks)
{
	size_t n = 0;
	for (size_t i = 0; i < tree->mrs.n; i++)
		if (tree->mrs.mr[i]->log != LOG_OF_KERNEL &&
			(tree->mrs.mr[i]->flags & (MR_RUNTIME | MR_OF_TPM)) == MR_RUNTIME)
			picks[n++].mr = tree->mrs.mr[i];
	return n;
}

/* It never waits: somebody may hold the lock, and that is said already. */
static void judge_journal(struct report *r, struct judged *d)
{
	/* Without waiting: what somebody holds now is left out. */
	struct registers regs = {.root = r->root, .mrs = &d->tree.mrs, .wait_s = 0};
	struct err err;
	size_t n = d->tree.mrs.n;
	d->picks = calloc(n + 1, sizeof(*d->picks));
	d->bad = calloc(n + 1, sizeof(*d->bad));
	d->js = calloc(n + 1, sizeof(*d->js));
	if (d->picks == NULL || d->bad == NULL || d->js == NULL)
		return;
	size_t picked = pick_journaled(&d->tree, d->picks);
	if (picked == 0)
		return;
	if (registers_ask(&regs, d->picks, picked, &d->asked, &err) < 0 ||
		system_judge(&regs, d->asked, d->bad, &d->inputs, d->js, &err) < 0) {
		/* Nothing is wrong where others extend without a pause. */
		say(r, "note", "journal", "run it again when fewer extends take place", "%s",
			err.msg);
		return;
	}
	const struct log_input *journal = NULL;
	for (size_t k = 0; k < d->inputs.n; k++) {
		const struct log_input *in = &d->inputs.v[k];
		if (in->format == &log_format_journal)
			journal = in;
		else if (in->err.status != ST_OK && in->format != &log_format_ccel)
			say_err(r, "problem", "log", fix_of(&in->err), &in->err);
	}
	for (size_t i = 0; i < n && (journal == NULL || journal->err.status == ST_OK); i++)
		report_judged(r, &d->inputs, d->tree.mrs.mr[i], &d->js[i]);
	if (journal != NULL)
		report_journal_log(r, journal);
}

static void report_journal(struct report *r, const char *only)
{
	struct judged d = {0};
	struct err err;
	if (tree_probe(r->root, only, &d.tree, &err) == 0)
		judge_journal(r, &d);
	for (size_t i = 0; d.js != NULL && i < d.tree.mrs.n; i++)
		judgement_clear(&d.js[i]);
	inputs_close(&d.inputs);
	free(d.asked);
	free(d.bad);
	free(d.js);
	free(d.picks);
	tree_clear(&d.tree);
}

static void look_around(struct report *r, const char *only)
{
	struct tree tree;
	struct err err;
	int rc = tree_probe(r->root, only, &tree, &err);
	r->tee = find_tee(r->root, &r->tee_sign);
	r->tvm = rc == 0 && tree.tvm;
	r->no_registers = r->tee == TEE_SNP || r->tee == TEE_CCA;
	r->found = rc == 0 || err.status != ST_ABSENT;
	tree_clear(&tree);
}

int status_run(const struct root *root, const char *only_abi, finding_fn each, void *arg,
	bool *ret_readable, struct err *err)
{
	struct report r = {.root = root, .each = each, .arg = arg, .err = err};
	look_around(&r, only_abi);
	report_tee(&r);
	for (size_t i = 0; backend_table[i] != NULL; i++)
		if (only_abi == NULL || strcmp(only_abi, backend_table[i]->name) == 0)
			report_interface(&r, backend_table[i]);
	report_registers(&r, only_abi, ret_readable);
	report_rights(&r);
	report_quotes(&r);
	report_quote(&r);
	report_left_entries(&r);
	bool hashes = report_libcrypto(&r);
	report_ccel(&r);
	report_lock(&r);
	if (hashes)
		report_journal(&r, only_abi);
	return r.rc;
}
