/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/tsm_report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "base/scope.h"

/* What an errno of a read of the report means to an operator. */
static const struct {
	const char *provider; /* NULL: any */
	int sys;
	const char *why;
} reasons[] = {
	{"tdx_guest", EBUSY,
		"an earlier request was interrupted or is not answered yet; ask again later"},
	{"tdx_guest", EIO,
		"the host's quoting service failed or did not answer: check QGS and PCCS on the "
		"host"},
	{"tdx_guest", ETIMEDOUT, "the host's quoting service is slow; ask again"},
	{"tdx_guest", EFBIG, "this kernel has no room for it; a newer kernel has more"},
	{"sev_guest", EINVAL,
		"the firmware or the SVSM refuses this privilege level or service provider"},
	{"sev_guest", EIO, "the certificates that the host adds exceed 16 KiB"},
	{"sev_guest", ENOTTY,
		"the kernel has deleted its key (VMPCK) after an answer that it did not expect: no "
		"report until the next boot; see 'dmesg'"},
	{"sev_guest", ETIMEDOUT, "the host throttles requests: do not ask in a loop"},
	{NULL, EINTR, "a signal ended the wait"},
	{NULL, EINVAL, "the kernel did not take what was written"},
};

static int explain(struct err *err, const struct tsm_report_entry *e, int sys)
{
	err_sys(err, sys, "'%s' gave no report", e->provider);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		const char *of = reasons[i].provider;
		if (reasons[i].sys == sys && (of == NULL || strcmp(of, e->provider) == 0))
			return err_add(err, ": %s", reasons[i].why);
	}
	return -1;
}

/* Where an attribute is, below the root. */
struct place {
	char path[sizeof(REPORT_HOME) + REPORT_NAME_ROOM + 32];
};

static struct place place_of(const struct tsm_report_entry *e, const char *attribute)
{
	struct place at;
	snprintf(at.path, sizeof(at.path), REPORT_HOME "/%s/%s", e->name, attribute);
	return at;
}

static int err_place(struct err *err, int sys, const struct place *at)
{
	err_sys(err, sys, "'%s'", at->path);
	if (sys == ENOENT)
		err->status = ST_ABSENT;
	return -1;
}

static bool has(const struct tsm_report_entry *e, const char *attribute)
{
	struct stat st;
	return root_stat(e->root, place_of(e, attribute).path, &st) == 0;
}

/*
 * Reads all of a file, with no deadline: while a report is made for anyone, the kernel answers
 * nobody. 0 or -errno; -EFBIG beyond max bytes.
 */
static int read_all(int fd, size_t max, struct tsm_report_blob *ret)
{
	size_t room = 0;
	for (;;) {
		if (ret->n == room) {
			room = room > 0 ? 2 * room : KERNEL_TEXT_MAX;
			uint8_t *grown = realloc(ret->p, room);
			if (grown == NULL)
				return -ENOMEM;
			ret->p = grown;
		}
		ssize_t n = read(fd, ret->p + ret->n, room - ret->n);
		if (n <= 0)
			return n < 0 ? -errno : 0;
		ret->n += (size_t)n;
		if (ret->n > max)
			return -EFBIG;
	}
}

/* 0 or -errno; *ret is the caller's, also after an error. */
static int read_blob(
	const struct tsm_report_entry *e, const char *attribute, struct tsm_report_blob *ret)
{
	AUTO_CLOSE int fd = root_at(e->root, place_of(e, attribute).path, O_RDONLY, 0);
	return fd < 0 ? fd : read_all(fd, REPORT_BLOB_MAX, ret);
}

/* A line of text without its end. */
static int read_text(const struct tsm_report_entry *e, const char *attribute, char *ret,
	size_t room, struct err *err)
{
	struct place at = place_of(e, attribute);
	struct tsm_report_blob text = {0};
	int rc = read_blob(e, attribute, &text);
	size_t n = text.n;
	AUTO_FREE uint8_t *p = text.p;
	if (rc < 0)
		return err_place(err, -rc, &at);
	if (n > 0 && p[n - 1] == '\n')
		n--;
	if (n >= room || !bytes_is_word((struct bytes){p, n}))
		return err_set(
			err, ST_FORMAT, "'%s': not one word of up to %zu bytes", at.path, room - 1);
	memcpy(ret, p, n);
	ret[n] = '\0';
	return 0;
}

static int read_number(
	const struct tsm_report_entry *e, const char *attribute, uint64_t *ret, struct err *err)
{
	char text[32];
	const char *wrong;
	if (read_text(e, attribute, text, sizeof(text), err) < 0)
		return -1;
	*ret = (uint64_t)strtonum(text, 0, INT64_MAX, &wrong);
	return wrong == NULL
		       ? 0
		       : err_set(err, ST_FORMAT, "'%s': not a number", place_of(e, attribute).path);
}

/* One write, which advances the generation, and a close, which hands it over. */
static int write_attribute(
	struct tsm_report_entry *e, const char *attribute, struct bytes value, struct err *err)
{
	struct place at = place_of(e, attribute);
	int fd = root_at(e->root, at.path, O_WRONLY, 0);
	if (fd < 0)
		return err_place(err, -fd, &at);
	ssize_t n = write(fd, value.p, value.n);
	int sys = n < 0 ? errno : 0;
	if (close(fd) < 0 && sys == 0)
		sys = errno;
	if (sys != 0)
		return err_sys(err, sys, "'%s'", at.path);
	if ((size_t)n != value.n)
		return err_set(err, ST_SYSTEM, "'%s': the kernel took %zd of %zu bytes", at.path, n,
			value.n);
	e->generation++;
	return 0;
}

static int write_text(
	struct tsm_report_entry *e, const char *attribute, const char *text, struct err *err)
{
	return text != NULL ? write_attribute(e, attribute, bytes_of(text), err) : 0;
}

/* The mount, the subsystem or its folder for reports is missing. */
static int err_home(const struct root *root, int sys, struct err *err)
{
	struct stat st;
	if (sys != ENOENT && sys != ENOTDIR)
		return err_sys(err, sys, "'" REPORT_HOME "'");
	if (root_stat(root, "/sys/kernel/config", &st) < 0)
		return err_set(err, ST_ABSENT,
			"no quotes here: this kernel has no configfs ('/sys/kernel/config')");
	if (root_stat(root, "/sys/kernel/config/tsm", &st) < 0)
		return err_set(err, ST_ABSENT,
			"no quotes here: no '/sys/kernel/config/tsm': mount configfs there, and "
			"load the TVM's guest driver (tdx_guest, sev-guest, arm-cca-guest)");
	return err_set(err, ST_ABSENT,
		"no quotes here: no '" REPORT_HOME "': load the TVM's guest driver (tdx_guest, "
		"sev-guest, arm-cca-guest); the kernel needs CONFIG_TSM_REPORTS");
}

static int err_make(int sys, struct err *err)
{
	if (sys == ENXIO)
		return err_set(err, ST_ABSENT,
			"no quotes here: no guest driver gives them: load tdx_guest or sev-guest "
			"(a TVM with a paravisor, as on Azure, has none)");
	err_sys(err, sys, "'" REPORT_HOME "'");
	return sys == EACCES || sys == EPERM ? err_add(err, ": only root may ask for a quote") : -1;
}

static int make_entry(struct tsm_report_entry *e, struct err *err)
{
	AUTO_CLOSE int home = root_at(e->root, REPORT_HOME, O_RDONLY | O_DIRECTORY, 0);
	if (home < 0)
		return err_home(e->root, -home, err);
	for (int i = 0; i < REPORT_NAMES_TRIED; i++) {
		snprintf(e->name, sizeof(e->name), "tsmctl-%08x%08x", arc4random(), arc4random());
		if (mkdirat(home, e->name, 0700) == 0)
			return 0;
		if (errno != EEXIST)
			return err_make(errno, err);
	}
	return err_make(EEXIST, err);
}

static int look(struct tsm_report_entry *e, struct err *err)
{
	uint64_t floor = 0;
	if (read_text(e, "provider", e->provider, sizeof(e->provider), err) < 0 ||
		read_number(e, "generation", &e->generation, err) < 0)
		return -1;
	e->has_privlevel = has(e, "privlevel");
	if (e->has_privlevel && read_number(e, "privlevel_floor", &floor, err) < 0)
		return -1;
	if (floor > REPORT_PRIVLEVEL_MAX)
		return err_set(err, ST_FORMAT, "'%s': %llu, more than %d",
			place_of(e, "privlevel_floor").path, (unsigned long long)floor,
			REPORT_PRIVLEVEL_MAX);
	e->floor = (unsigned)floor;
	return 0;
}

int tsm_report_open(const struct root *root, struct tsm_report_entry *ret, struct err *err)
{
	struct err ignored;
	*ret = (struct tsm_report_entry){.root = root};
	if (make_entry(ret, err) < 0)
		return -1;
	if (look(ret, err) == 0)
		return 0;
	tsm_report_close(ret, &ignored);
	return -1;
}

static int write_privlevel(
	struct tsm_report_entry *e, const struct tsm_report_request *r, int *ret, struct err *err)
{
	char text[16];
	*ret = -1;
	if (!e->has_privlevel)
		return r->privlevel < 0 ? 0
					: err_set(err, ST_ABSENT, "'%s' has no privilege levels",
						  e->provider);
	if (r->privlevel >= 0 && (unsigned)r->privlevel < e->floor)
		return err_set(err, ST_USAGE,
			"--privlevel %d: the lowest that this kernel may ask for is %u",
			r->privlevel, e->floor);
	*ret = r->privlevel >= 0 ? r->privlevel : (int)e->floor;
	/* The kernel takes 010 for 8. */
	snprintf(text, sizeof(text), "%d", *ret);
	return write_text(e, "privlevel", text, err);
}

static int write_service(
	struct tsm_report_entry *e, const struct tsm_report_request *r, struct err *err)
{
	if (r->service_provider != NULL && !has(e, "service_provider"))
		return err_set(
			err, ST_ABSENT, "'%s' has no service provider on this kernel", e->provider);
	if (write_text(e, "service_provider", r->service_provider, err) < 0 ||
		write_text(e, "service_guid", r->service_guid, err) < 0)
		return -1;
	return write_text(e, "service_manifest_version", r->service_manifest_version, err);
}

/* An error of the report data's file, which is handed over when it is closed, shows only here. */
static int check_generation(const struct tsm_report_entry *e, struct err *err)
{
	uint64_t now;
	if (read_number(e, "generation", &now, err) < 0)
		return -1;
	if (now == e->generation)
		return 0;
	return err_set(err, ST_NO,
		"'%s': the request's generation is %llu, not %llu: somebody else wrote to it, or "
		"the kernel did not take all of it",
		e->provider, (unsigned long long)now, (unsigned long long)e->generation);
}

static int read_out(struct tsm_report_entry *e, struct tsm_report_blob *ret, struct err *err)
{
	int rc = read_blob(e, "outblob", ret);
	if (rc < 0)
		return explain(err, e, -rc);
	/* Kernels before 7.1 report success also where the host answers with a failure. */
	if (ret->n == 0)
		return err_set(err, ST_SYSTEM,
			"'%s' gave an empty report: the host's quoting service gave nothing%s",
			e->provider,
			strcmp(e->provider, "tdx_guest") == 0 ? ": check QGS and PCCS on the host"
							      : "");
	return 0;
}

/* It belongs to the report that was read; not every provider has it. */
static int read_beside(const struct tsm_report_entry *e, const char *attribute,
	struct tsm_report_blob *ret, struct err *err)
{
	int rc = read_blob(e, attribute, ret);
	if (rc == 0 || rc == -ENOENT)
		return 0;
	return explain(err, e, -rc);
}

int tsm_report_ask(struct tsm_report_entry *e, const struct tsm_report_request *request,
	struct tsm_report *ret, struct err *err)
{
	*ret = (struct tsm_report){0};
	if (write_privlevel(e, request, &ret->privlevel, err) < 0 ||
		write_service(e, request, err) < 0 ||
		write_attribute(e, "inblob", request->data, err) < 0 ||
		check_generation(e, err) < 0 || read_out(e, &ret->out, err) < 0 ||
		read_beside(e, "auxblob", &ret->aux, err) < 0)
		return -1;
	if (request->service_provider != NULL &&
		read_beside(e, "manifestblob", &ret->manifest, err) < 0)
		return -1;
	return check_generation(e, err);
}

int tsm_report_close(const struct tsm_report_entry *e, struct err *err)
{
	AUTO_CLOSE int home = root_at(e->root, REPORT_HOME, O_RDONLY | O_DIRECTORY, 0);
	int sys = home < 0 ? -home : unlinkat(home, e->name, AT_REMOVEDIR) < 0 ? errno : 0;
	return sys == 0 ? 0
			: err_sys(err, sys,
				  "'" REPORT_HOME "/%s' was not removed: remove it with rmdir",
				  e->name);
}

void tsm_report_clear(struct tsm_report *report)
{
	free(report->out.p);
	free(report->aux.p);
	free(report->manifest.p);
	*report = (struct tsm_report){0};
}

/* NULL without memory. */
static char *add_name(char *list, const char *raw)
{
	AUTO_FREE char *old = list;
	AUTO_FREE char *name = bytes_visible(raw);
	char *ret;
	if (name == NULL ||
		asprintf(&ret, "%s%s%s", old != NULL ? old : "", old != NULL ? ", " : "", name) < 0)
		return NULL;
	return ret;
}

char *tsm_report_entries(const struct root *root, size_t *ret_n)
{
	struct err unused;
	char *names = NULL;
	const struct dirent *d;
	DIR *home = root_open_dir(root, REPORT_HOME, &unused);
	*ret_n = 0;
	while (home != NULL && (d = readdir(home)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		++*ret_n;
		if (*ret_n <= REPORT_NAMES_SHOWN)
			names = add_name(names, d->d_name);
	}
	if (home != NULL)
		closedir(home);
	return names;
}
