/* SPDX-License-Identifier: Apache-2.0 */
#include "ccel.h"
#include "control.h"
#include "fs.h"
#include "mr.h"
#include "report.h"
#include "rfc.h"
#include "rtmrs.h"
#include "tpm.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define MAX_ITEMS 32

struct options {
	bool help, foreground, no_ccel;
	int owned_index;
	const char *home, *folder, *mountpoint;
	enum layout tree, dialect; /* tree 0: the RFC's, in that dialect */
	const char *providers[MAX_ITEMS], *faults[MAX_ITEMS];
	size_t n_providers, n_faults;
	bool reports, tpm;
	struct report_host report;
};

static const char usage[] =
	"usage: tsmsim [OPTIONS] MOUNTPOINT\n"
	"Mounts a simulated /sys with a kernel's measurement registers in it.\n"
	"  -f, --foreground      stay in the foreground\n"
	"  --tree rfc|mr|rtmrs   the tree of the RFC's kernels (default), that of Linux\n"
	"                        6.16 or the older one in configfs\n"
	"  --dialect v1|v2|v3    which of the RFC's three postings (default: v1)\n"
	"  --provider NAME[:LAYOUT][,...]\n"
	"                        measurement-example (default of rfc), tsm_mr_sample\n"
	"                        (of mr), tdx_guest (of rtmrs), stale, banks (not v1\n"
	"                        and v2), empty or none; may be given several times;\n"
	"                        LAYOUT: v1, v2, v3, mr or rtmrs\n"
	"  --home PATH           where in the mount, as kernel/tsm\n"
	"  --folder measurements|mr\n"
	"                        of mr: the folder in a device (default: measurements)\n"
	"  --no-ccel             tdx_guest without a firmware log: all rtmrs are zero\n"
	"  --owned-index einval|ebusy\n"
	"                        of rtmrs: answer to an index that is taken (einval)\n"
	"  --report PROVIDER[:BLOB]\n"
	"                        reports of tdx_guest, sev_guest, arm_cca_guest or none;\n"
	"                        BLOB: tdx, snp or cca, if not the provider's own\n"
	"  --report-floor N      lowest privilege level; above 0 with services\n"
	"  --tpm                 a TPM, with firmware's log and IMA's: see tpm.c\n"
	"  --fault SPEC          as if written to .tsmsim/fault at the start: see fault.c\n"
	"  -h, --help            print this help\n";

static int fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "tsmsim: %s: %s\n", what, why);
	return 1;
}

static enum layout layout_of(const char *name)
{
	static const char *const names[] = {"v1", "v2", "v3", "mr", "rtmrs"};

	for (int i = 0; i < 5; i++)
		if (!strcmp(names[i], name))
			return (enum layout)(i + 1);
	return 0;
}

static bool take_tree(struct options *o, const char *arg)
{
	o->tree = !strcmp(arg, "rfc") ? 0 : layout_of(arg);
	return !strcmp(arg, "rfc") || o->tree > LAYOUT_V3;
}

static bool take_dialect(struct options *o, const char *arg)
{
	o->dialect = layout_of(arg);
	return o->dialect && o->dialect <= LAYOUT_V3;
}

static bool take_owned_index(struct options *o, const char *arg)
{
	o->owned_index = !strcmp(arg, "ebusy") ? EBUSY : EINVAL;
	return !strcmp(arg, "ebusy") || !strcmp(arg, "einval");
}

static bool take_folder(struct options *o, const char *arg)
{
	o->folder = arg;
	return !strcmp(arg, "measurements") || !strcmp(arg, "mr");
}

static bool take(const char **list, size_t *n, const char *arg)
{
	if (*n == MAX_ITEMS)
		return false;
	list[(*n)++] = arg;
	return true;
}

static bool take_option(struct options *o, int c, const char *arg)
{
	switch (c) {
	case 'h':
		return o->help = true;
	case 'f':
		return o->foreground = true;
	case 't':
		return take_tree(o, arg);
	case 'd':
		return take_dialect(o, arg);
	case 'n':
		return o->no_ccel = true;
	case 'o':
		return take_owned_index(o, arg);
	case 'm':
		return take_folder(o, arg);
	case 'T':
		return o->tpm = true;
	case 'p':
		return take(o->providers, &o->n_providers, arg);
	case 'r':
		return o->reports = report_host_take(&o->report, arg);
	case 'l':
		o->report.floor = (unsigned)strtoul(arg, NULL, 10);
		return true;
	case 'H':
		o->home = arg;
		return true;
	case 'F':
		return take(o->faults, &o->n_faults, arg);
	}
	return false;
}

static bool parse_options(struct options *o, int argc, char **argv)
{
	static const struct option opts[] = {{"foreground", no_argument, NULL, 'f'},
		{"tree", required_argument, NULL, 't'}, {"dialect", required_argument, NULL, 'd'},
		{"provider", required_argument, NULL, 'p'}, {"home", required_argument, NULL, 'H'},
		{"no-ccel", no_argument, NULL, 'n'}, {"owned-index", required_argument, NULL, 'o'},
		{"folder", required_argument, NULL, 'm'}, {"fault", required_argument, NULL, 'F'},
		{"report", required_argument, NULL, 'r'}, {"tpm", no_argument, NULL, 'T'},
		{"report-floor", required_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'},
		{0}};
	static const char *const defaults[] = {[LAYOUT_V1] = "measurement-example",
		[LAYOUT_MR] = "tsm_mr_sample",
		[LAYOUT_RTMRS] = "tdx_guest"};
	int c;

	*o = (struct options){
		.dialect = LAYOUT_V1, .owned_index = EINVAL, .folder = "measurements"};
	while ((c = getopt_long(argc, argv, "fh", opts, NULL)) != -1)
		if (!take_option(o, c, optarg))
			return false;
	if (o->help)
		return true;
	if (argc - optind != 1)
		return false;
	o->mountpoint = argv[optind];
	if (!o->n_providers)
		o->providers[o->n_providers++] = defaults[o->tree ? o->tree : LAYOUT_V1];
	return true;
}

static const char *home_of(const struct options *o, enum layout layout)
{
	if (o->home)
		return o->home;
	if (layout == LAYOUT_MR)
		return "devices/virtual/misc";
	return layout == LAYOUT_RTMRS ? "kernel/config/tsm/rtmrs" : "kernel/tsm";
}

static int build_tree(struct sim *sim, const struct options *o, struct attached *a)
{
	const char *where = home_of(o, a->layout);
	size_t home = tree_mkdirs(&sim->tree, where);

	if (home == TREE_NONE)
		return -ENOMEM;
	switch (a->layout) {
	case LAYOUT_V1:
	case LAYOUT_V2:
	case LAYOUT_V3:
		return rfc_build(sim, home, a);
	case LAYOUT_MR:
		return mr_build(sim, where, a);
	case LAYOUT_RTMRS:
		return rtmrs_build(sim, home, a);
	}
	return -EINVAL;
}

static int attach(struct sim *sim, const struct options *o, const struct provider_type *type,
	enum layout layout)
{
	struct attached *list = realloc(sim->attached, (sim->n_attached + 1) * sizeof(*list)), *a;
	int rc;

	if (!list)
		return fail(type->name, "out of memory");
	sim->attached = list;
	a = &list[sim->n_attached++];
	a->p = provider_new(type);
	a->layout = layout;
	a->logs = calloc(type->n_mrs + 1, sizeof(*a->logs));
	if (!a->p || !a->logs)
		return fail(type->name, "out of memory");
	rc = build_tree(sim, o, a);
	if (!rc && type->firmware && layout > LAYOUT_V3)
		rc = ccel_build(sim, a->p, !o->no_ccel);
	return rc ? fail(type->name, "cannot be built in this layout, or is there already") : 0;
}

static int attach_named(struct sim *sim, const struct options *o, const char *spec)
{
	size_t n = strcspn(spec, ":");
	const struct provider_type *type = provider_type_find(spec, n);
	enum layout layout = o->tree ? o->tree : o->dialect;

	if (!strcmp(spec, "none"))
		return 0;
	if (spec[n] == ':')
		layout = layout_of(spec + n + 1);
	if (!type || !layout)
		return fail(spec, "no such provider or layout");
	return attach(sim, o, type, layout);
}

static int attach_list(struct sim *sim, const struct options *o, const char *list)
{
	while (*list) {
		size_t n = strcspn(list, ",");
		char spec[128];
		int rc;

		(void)snprintf(spec, sizeof(spec), "%.*s", (int)n, list);
		rc = attach_named(sim, o, spec);
		if (rc)
			return rc;
		list += n + (list[n] == ',');
	}
	return 0;
}

static int build(struct sim *sim, const struct options *o)
{
	const char *home = home_of(o, o->tree ? o->tree : o->dialect);

	sim->owned_index = o->owned_index;
	sim->folder = o->folder;
	sim->report = o->report;
	if (tree_add(&sim->tree, 0, "", 0755, NULL) == TREE_NONE || control_build(sim))
		return fail("tree", "out of memory");
	if (tree_mkdirs(&sim->tree, home) == TREE_NONE)
		return fail(home, "cannot be the tree's home");
	for (size_t i = 0; i < o->n_providers; i++)
		if (attach_list(sim, o, o->providers[i]))
			return 1;
	for (size_t i = 0; i < sim->n_attached; i++)
		if (!strcmp(sim->attached[i].p->type->name, "tdx_guest"))
			sim->report.registers = sim->attached[i].p;
	if (o->reports && report_build(sim))
		return fail("report", "out of memory");
	if (o->tpm && tpm_build(sim))
		return fail("tpm", "out of memory");
	for (size_t i = 0; i < o->n_faults; i++)
		if (control_command(sim, o->faults[i], strlen(o->faults[i])))
			return fail(o->faults[i], "not a fault");
	return 0;
}

static void demolish(struct sim *sim)
{
	for (size_t i = 0; i < sim->n_attached; i++) {
		struct attached *a = &sim->attached[i];

		for (size_t j = 0; a->logs && a->p && j < a->p->type->n_mrs; j++)
			rfclog_free(&a->logs[j]);
		free(a->logs);
		provider_free(a->p);
	}
	free(sim->attached);
	report_free(sim);
	tpm_free();
	tree_free(&sim->tree);
	faults_clear(&sim->faults);
}

static struct fuse_session *mount_with(struct sim *sim, const char *where, char *options)
{
	char name[] = "tsmsim", flag[] = "-o";
	char *argv[] = {name, flag, options, NULL};
	struct fuse_args args = FUSE_ARGS_INIT(3, argv);
	struct fuse_session *se = fuse_session_new(&args, &fs_ops, sizeof(fs_ops), sim);

	fuse_opt_free_args(&args);
	if (!se)
		return NULL;
	if (!fuse_session_mount(se, where))
		return se;
	fuse_session_destroy(se);
	return NULL;
}

/* Whom fuse.conf does not allow allow_other gets a mount of their own; fusermount3 has said so by
 * then. */
static struct fuse_session *mount_sim(struct sim *sim, const char *where)
{
	char shared[] = "fsname=tsmsim,subtype=tsmsim,default_permissions,allow_other";
	char own[] = "fsname=tsmsim,subtype=tsmsim,default_permissions";
	struct fuse_session *se = mount_with(sim, where, shared);

	return se || !geteuid() ? se : mount_with(sim, where, own);
}

/* mountinfo writes white space and backslashes of a path as octal escapes. */
static void escape(const char *path, char *ret, size_t room)
{
	size_t n = 0;

	for (; *path && n + 5 < room; path++) {
		if (strchr(" \t\n\\", *path))
			n += (size_t)snprintf(ret + n, room - n, "\\%03o", *path);
		else
			ret[n++] = *path;
	}
	ret[n] = '\0';
}

static bool still_mounted(const char *where)
{
	char want[8192 + 32], path[8192], *line = NULL;
	FILE *in = fopen("/proc/self/mountinfo", "re");
	size_t room = 0;
	bool found = false;

	if (!in)
		return true;
	escape(where, path, sizeof(path));
	(void)snprintf(want, sizeof(want), " %s ", path);
	while (!found && getline(&line, &room, in) > 0)
		found = strstr(line, want) && strstr(line, "fuse.tsmsim");
	free(line);
	(void)fclose(in);
	return found;
}

static void serve_one(struct fuse_session *se, struct fuse_buf *buf)
{
	int n = fuse_session_receive_buf(se, buf);

	if (n > 0)
		fuse_session_process_buf(se, buf);
	else if (n != -EINTR && n != -EAGAIN)
		fuse_session_exit(se);
}

enum { POLL_FUSE, POLL_SIGNAL, POLL_MOUNTS, POLL__N };
enum { BESIDE_MAX = 8 }; /* requests that are taken before an answer is given */

/* One thread: what hangs or is late waits in reply.c, so that others are served meanwhile. */
static void serve(struct sim *sim, struct fuse_session *se, const char *where, int sigs)
{
	int mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	struct pollfd fds[POLL__N] = {
		{fuse_session_fd(se), POLLIN, 0}, {sigs, POLLIN, 0}, {mounts, POLLPRI, 0}};
	struct fuse_buf buf = {.mem = NULL};
	unsigned beside = 0;

	fcntl(fds[POLL_FUSE].fd, F_SETFL, O_NONBLOCK);
	while (!fuse_session_exited(se)) {
		int wait = reply_sweep(sim);
		bool moment = reply_in_moment();
		int n = poll(fds, POLL__N, moment ? 0 : wait);

		/* Nobody else is there, or enough of them. */
		if (moment && (n <= 0 || ++beside == BESIDE_MAX)) {
			reply_end_moment();
			beside = 0;
		}
		if (n <= 0)
			continue;
		if (fds[POLL_SIGNAL].revents)
			break;
		/* After a lazy unmount the connection lives on with the files that hang. */
		if ((fds[POLL_MOUNTS].revents & (POLLPRI | POLLERR)) && !still_mounted(where))
			sim->release_hung = true;
		if (fds[POLL_FUSE].revents)
			serve_one(se, &buf);
	}
	sim->release_hung = true;
	reply_sweep(sim);
	free(buf.mem);
	if (mounts >= 0)
		close(mounts);
}

static int signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int ready_fd = -1;

static void say_ready(void)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	if (write(ready_fd, "", 1) != 1)
		fuse_log(FUSE_LOG_ERR, "tsmsim: the starter is gone\n");
	close(ready_fd);
}

/* The process that serves returns; the other one waits until that one has been spoken to, and ends.
 */
static void daemonise(struct fuse_session *se)
{
	int fds[2];
	char byte;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) || (pid = fork()) < 0) {
		fuse_session_unmount(se);
		_exit(fail("daemon", strerror(errno)));
	}
	if (pid) {
		close(fds[1]);
		if (read(fds[0], &byte, 1) == 1)
			_exit(0);
		fuse_session_unmount(se);
		_exit(fail("daemon", "ended before it was mounted"));
	}
	close(fds[0]);
	setsid();
	if (chdir("/"))
		_exit(1);
	ready_fd = fds[1];
	fs_ready = say_ready;
}

static int run(struct sim *sim, const struct options *o)
{
	char *where = realpath(o->mountpoint, NULL);
	struct fuse_session *se;
	int sigs;

	if (!where)
		return fail(o->mountpoint, strerror(errno));
	se = mount_sim(sim, where);
	if (!se) {
		free(where);
		return fail(o->mountpoint, "cannot mount");
	}
	if (!o->foreground)
		daemonise(se);
	sigs = signals();
	serve(sim, se, where, sigs);
	fuse_session_unmount(se);
	fuse_session_destroy(se);
	close(sigs);
	free(where);
	return 0;
}

int main(int argc, char **argv)
{
	struct options o;
	struct sim sim = {0};
	int rc;

	/* A test runner waits for whoever holds its descriptors; a daemon must not. */
	closefrom(3);
	if (!parse_options(&o, argc, argv)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	if (o.help)
		return fputs(usage, stdout) < 0 || fflush(stdout) != 0;
	rc = build(&sim, &o);
	if (!rc)
		rc = run(&sim, &o);
	demolish(&sim);
	return rc;
}
