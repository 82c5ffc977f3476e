/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "formats/aael.h"
#include "formats/dstack.h"
#include "formats/ima.h"
#include "formats/journal.h"
#include "formats/log_formats.h"
#include "formats/rfc_text.h"
#include "formats/systemd.h"
#include "formats/tcg2.h"
#include "journal/store.h"
#include "kernel/lock.h"
#include "verify/tail.h"

/* A log of another program. */
struct log_place {
	const char *name, *path;
	const struct log_format *format;
	const char *keeper; /* who still adds to it; NULL: nobody does after boot */
	const char *tpm;    /* the provider whose PCRs it is of; NULL: of none */
};

/* Firmware's first. */
static const struct log_place places[] = {
	{"ccel", "/sys/firmware/acpi/tables/data/CCEL", &log_format_ccel, NULL, NULL},
	{"systemd", "/run/log/systemd/cc-measure.log", &log_format_systemd, "systemd", NULL},
	{"aael", "/run/attestation-agent/eventlog", &log_format_aael,
		"the agent of Confidential Containers", NULL},
	{"dstack", "/run/log/dstack/runtime_events.log", &log_format_dstack, "dstack", NULL},
};

/*
 * Of the first TPM, which alone the kernel's IMA and systemd extend; of IMA's lists, one that is there.
 * A line of the ascii lists does not end where it seems to if the name of a file has a newline.
 */
static const struct log_place tpm_places[] = {
	{"systemd", "/run/log/systemd/tpm2-measure.log", &log_format_systemd, NULL, NULL},
	{"ima", "/sys/kernel/security/ima/binary_runtime_measurements", &log_format_ima, NULL,
		NULL},
	{"ima", "/sys/kernel/security/ima/ascii_runtime_measurements", &log_format_ima, NULL, NULL},
	{"ima", "/sys/kernel/security/ima/ascii_runtime_measurements_sha256", &log_format_ima, NULL,
		NULL},
	{"ima", "/sys/kernel/security/ima/ascii_runtime_measurements_sha384", &log_format_ima, NULL,
		NULL},
	{"ima", "/sys/kernel/security/ima/ascii_runtime_measurements_sha512", &log_format_ima, NULL,
		NULL},
	{"ima", "/sys/kernel/security/ima/ascii_runtime_measurements_sha1", &log_format_ima, NULL,
		NULL},
};

static bool is_of_use(
	const struct registers *r, const struct asked asked[], const struct log_input *in)
{
	for (size_t i = 0; i < r->mrs->n; i++)
		if (asked[i].wanted && inputs_can_name(in, asked[i].mr))
			return true;
	return false;
}

/* Where a pseudo-file ends now: it may grow, and its size says nothing. */
static int find_end(int fd, const char *path, off_t *ret, struct err *err)
{
	uint8_t buf[65536];
	ssize_t n;
	*ret = 0;
	while ((n = pread(fd, buf, sizeof(buf), *ret)) > 0 && *ret <= UNSIZED_LOG_MAX)
		*ret += n;
	if (n > 0)
		return err_set(err, ST_FORMAT,
			"'%s': no end within %d bytes; if it grows as fast as it is read, try "
			"again once that stops",
			path, UNSIZED_LOG_MAX);
	return n == 0 ? 0 : err_sys(err, errno, "'%s'", path);
}

/* One that is not there, or empty, is no log. *ret_there: it is one. */
static int open_place(const struct registers *r, const struct asked asked[],
	const struct log_place *place, struct inputs *ret, bool *ret_there, struct err *err)
{
	struct stat st;
	uint8_t first;
	off_t end = INT64_MAX;
	struct log_input in = {.fd = -1,
		.name = place->name,
		.path = (char *)(uintptr_t)place->path,
		.provider = place->tpm,
		.format = place->format};
	*ret_there = false;
	if (!is_of_use(r, asked, &in) || root_stat(r->root, in.path, &st) == -ENOENT)
		return 0;
	in.fd = root_open_file(r->root, in.path, O_RDONLY, &in.err);
	/* The size of a file in /sys may say nothing. */
	bool sized = in.fd >= 0 && fstat(in.fd, &st) == 0 && st.st_size > 0;
	if (in.fd >= 0 && pread(in.fd, &first, 1, 0) == 0) {
		close(in.fd);
		return 0;
	}
	*ret_there = true;
	in.unsized = !sized;
	if (sized)
		end = st.st_size;
	else if (in.fd >= 0 && find_end(in.fd, in.path, &end, &in.err) < 0) {
		close(in.fd);
		in.fd = -1;
	}
	/* systemd marks its log while it extends, and leaves the mark where it then cannot log. */
	in.incomplete = sized && place->format == &log_format_systemd && (st.st_mode & S_ISVTX);
	return inputs_add_open(ret, &in, end, err);
}

/* The first of the list that have this provider; NULL: none. */
static const char *next_tpm(const struct mr_list *mrs, size_t *i)
{
	for (; *i < mrs->n; ++*i) {
		const struct mr *mr = mrs->mr[*i];
		if ((mr->flags & MR_OF_TPM) &&
			(*i == 0 || strcmp(mrs->mr[*i - 1]->provider, mr->provider) != 0))
			return mrs->mr[(*i)++]->provider;
	}
	return NULL;
}

static int open_tpm_logs(
	const struct registers *r, const struct asked asked[], struct inputs *ret, struct err *err)
{
	size_t at = 0;
	bool there, ima = false;
	const char *tpm, *first = NULL;
	while ((tpm = next_tpm(r->mrs, &at)) != NULL) {
		AUTO_FREE char *path = NULL;
		if (asprintf(&path, "/sys/kernel/security/%s/binary_bios_measurements", tpm) < 0)
			return err_sys(err, ENOMEM, "registers");
		const struct log_place firmware = {"firmware", path, &log_format_tpm, NULL, tpm};
		if (open_place(r, asked, &firmware, ret, &there, err) < 0)
			return -1;
		first = first != NULL ? first : tpm;
	}
	for (size_t i = 0; first != NULL && i < sizeof(tpm_places) / sizeof(tpm_places[0]); i++) {
		struct log_place place = tpm_places[i];
		bool is_ima = place.format == &log_format_ima;
		place.tpm = first;
		if (is_ima && ima)
			continue;
		if (open_place(r, asked, &place, ret, &there, err) < 0)
			return -1;
		ima = ima || (is_ima && there);
	}
	return 0;
}

static int open_journal(const struct registers *r, struct inputs *ret, struct err *err)
{
	struct journal_copy copy;
	struct log_input in = {.fd = -1,
		.name = log_keeper_name(LOG_OF_JOURNAL),
		.path = (char *)(uintptr_t) "/run/tsmctl/journal.jsonl",
		.format = &log_format_journal};
	if (journal_open_copy(r->root, &copy, &in.err) == 0 && copy.fd < 0)
		return 0;
	in.fd = copy.fd;
	if (inputs_add_open(ret, &in, copy.end, err) < 0)
		return -1;
	ret->v[ret->n - 1].size = (uint64_t)copy.size;
	return 0;
}

static int open_texts(
	const struct registers *r, const struct asked asked[], struct inputs *ret, struct err *err)
{
	for (size_t i = 0; i < r->mrs->n; i++) {
		const struct mr *mr = asked[i].mr;
		struct log_input in = {.fd = -1,
			.name = log_keeper_name(LOG_OF_KERNEL),
			.path = mr->full,
			.format = &log_format_rfc_text,
			.text = true,
			.mr = mr};
		if (!asked[i].wanted || mr->log != LOG_OF_KERNEL || mr->alg <= HASH_UNKNOWN ||
			mr->bad.status != ST_OK)
			continue;
		in.fd = mr->abi->open_log(r->root, mr, &in.err);
		off_t end = in.fd >= 0 ? lseek(in.fd, 0, SEEK_END) : 0;
		if (inputs_add_open(ret, &in, end, err) < 0)
			return -1;
	}
	return 0;
}

static int open_all(
	const struct registers *r, const struct asked asked[], struct inputs *ret, struct err *err)
{
	bool there;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (open_place(r, asked, &places[i], ret, &there, err) < 0)
			return -1;
	if (open_tpm_logs(r, asked, ret, err) < 0 || open_journal(r, ret, err) < 0)
		return -1;
	return open_texts(r, asked, ret, err);
}

/* Whether it holds something else than what was read. */
static bool value_has_moved(const struct registers *r, const struct asked *a)
{
	uint8_t now[DIGEST_SIZE_MAX];
	struct err ignored;
	return a->wanted && a->value.size > 0 &&
	       (mr_read(r->root, a->mr, now, &ignored) < 0 ||
		       memcmp(now, a->value.v, a->value.size) != 0);
}

static bool input_has_moved(const struct log_input *in)
{
	struct stat st;
	return in->fd >= 0 && !in->unsized &&
	       (fstat(in->fd, &st) < 0 || (uint64_t)st.st_size != in->size);
}

bool system_has_moved(
	const struct registers *r, const struct asked asked[], const struct inputs *inputs)
{
	for (size_t i = 0; i < r->mrs->n; i++)
		if (value_has_moved(r, &asked[i]))
			return true;
	for (size_t k = 0; k < inputs->n; k++)
		if (input_has_moved(&inputs->v[k]))
			return true;
	return false;
}

/* With ESTALE in sys: to ask again may help. */
static void set_moved(struct err *ret, const char *name)
{
	err_set(ret, ST_SYSTEM,
		"'%s' changed %d times while it was read: something keeps extending it; try again "
		"once it stops",
		name, MOVED_RETRIES_MAX);
	ret->sys = ESTALE;
}

/* What never stands still is an error of its own: nothing is said of other registers by it. */
static void give_up_moving(
	const struct registers *r, struct asked asked[], struct err bad[], struct inputs *inputs)
{
	for (size_t i = 0; i < r->mrs->n; i++) {
		if (!value_has_moved(r, &asked[i]))
			continue;
		set_moved(&bad[i], asked[i].mr->full);
		asked[i].value.size = 0;
	}
	for (size_t k = 0; k < inputs->n; k++) {
		struct log_input *in = &inputs->v[k];
		if (!input_has_moved(in))
			continue;
		set_moved(&in->err, in->path);
		if (!in->text)
			continue;
		/* A text log is read to its end, which this one may not have. */
		close(in->fd);
		in->fd = -1;
	}
}

/* *ret: the lock, where a kernel needs it to be read; -1: nothing was taken. */
static int lock_for(const struct registers *r, int *ret, struct err *err)
{
	*ret = -1;
	return r->locked ? 0 : lock_read_for(r->root, r->mrs, r->wait_s, ret, err);
}

static bool is_ima(const struct log_input *in)
{
	return in->format == &log_format_ima && in->fd >= 0;
}

/*
 * IMA's list may grow with every file that is read, and there is no moment at which it and its PCR stand
 * still. It gets its line before the PCR is extended: what was in it before the values were read must be in
 * them. *settled: where it ended when it was opened before; 0: it was not.
 */
static void note_settled(struct inputs *inputs, uint64_t *settled)
{
	for (size_t k = 0; k < inputs->n; k++) {
		if (!is_ima(&inputs->v[k]))
			continue;
		inputs->v[k].settled = *settled;
		*settled = inputs->v[k].size;
	}
}

/* Whether all that moved are registers that a list with a settled part can be of. */
static bool only_tail_moved(
	const struct registers *r, const struct asked asked[], const struct inputs *inputs)
{
	const struct log_input *list = NULL;
	for (size_t k = 0; k < inputs->n; k++) {
		if (input_has_moved(&inputs->v[k]))
			return false;
		if (inputs->v[k].settled > 0)
			list = &inputs->v[k];
	}
	for (size_t i = 0; i < r->mrs->n && list != NULL; i++)
		if (!inputs_can_name(list, asked[i].mr) && value_has_moved(r, &asked[i]))
			return false;
	return list != NULL;
}

/*
 * Value, log, value: they are of one moment if nothing moved between. Of what moves with IMA's list the value is
 * that of a moment between two looks at the list.
 */
static int open_still(const struct registers *r, struct asked asked[], struct err bad[],
	struct inputs *ret, struct err *err)
{
	uint64_t settled = 0;
	for (int i = 1;; i++) {
		registers_read(r, asked, bad);
		if (open_all(r, asked, ret, err) < 0)
			return -1;
		note_settled(ret, &settled);
		if (!system_has_moved(r, asked, ret) || only_tail_moved(r, asked, ret))
			return 0;
		if (i == MOVED_RETRIES_MAX)
			break;
		inputs_close(ret);
	}
	give_up_moving(r, asked, bad, ret);
	return 0;
}

int system_open(const struct registers *r, struct asked asked[], struct err bad[],
	struct inputs *ret, struct err *err)
{
	int lock;
	*ret = (struct inputs){0};
	*err = (struct err){0};
	if (lock_for(r, &lock, err) < 0)
		return -1;
	int rc = open_still(r, asked, bad, ret, err);
	if (lock >= 0)
		close(lock);
	return rc;
}

/* The lock was given back for the search: values are looked at again under it, as at first. */
static int look_again(const struct registers *r, const struct asked asked[],
	const struct inputs *inputs, bool *ret_moved, struct err *err)
{
	AUTO_CLOSE int lock = -1;
	if (lock_for(r, &lock, err) < 0)
		return -1;
	*ret_moved = system_has_moved(r, asked, inputs);
	return 0;
}

static bool is_explained(const struct registers *r, const struct judgement js[])
{
	for (size_t i = 0; i < r->mrs->n; i++)
		if (js[i].verdict != VERDICT_NONE && verdict_status(js[i].verdict) != ST_OK)
			return false;
	return true;
}

static int judge_tails(const struct registers *r, const struct inputs *inputs,
	struct judgement js[], struct err *err)
{
	for (size_t k = 0; k < inputs->n; k++)
		if (inputs->v[k].settled > 0 && tail_judge(&inputs->v[k], r->mrs, js, err) < 0)
			return -1;
	return 0;
}

/* What is not explained, and moves on and on: it may be that which is not explained. */
static void give_up_judging(const struct registers *r, const struct asked asked[],
	struct judgement js[], struct err bad[])
{
	for (size_t i = 0; i < r->mrs->n; i++) {
		if (js[i].verdict == VERDICT_NONE || verdict_status(js[i].verdict) == ST_OK ||
			!value_has_moved(r, &asked[i]))
			continue;
		judgement_clear(&js[i]);
		set_moved(&bad[i], asked[i].mr->full);
	}
}

int system_judge(const struct registers *r, struct asked asked[], struct err bad[],
	struct inputs *inputs, struct judgement ret[], struct err *err)
{
	char boot_id[BOOT_ID_TEXT];
	struct question q = {.v = asked, .mrs = r->mrs, .no_search = r->locked};
	if (boot_id_read(r->root, boot_id))
		q.boot_id = boot_id;
	void (*progress)(void *, const char *, uint64_t, uint64_t) = inputs->progress;
	void *arg = inputs->progress_arg;
	bool moved;
	for (int i = 1;; i++) {
		if (system_open(r, asked, bad, inputs, err) < 0)
			return -1;
		inputs->progress = progress;
		inputs->progress_arg = arg;
		if (judge(&q, inputs, ret, err) < 0 || judge_tails(r, inputs, ret, err) < 0)
			return -1;
		if (is_explained(r, ret))
			return 0;
		if (i == MOVED_RETRIES_MAX) {
			give_up_judging(r, asked, ret, bad);
			return 0;
		}
		if (look_again(r, asked, inputs, &moved, err) < 0)
			return -1;
		if (!moved)
			return 0;
		for (size_t k = 0; k < r->mrs->n; k++)
			judgement_clear(&ret[k]);
		inputs_close(inputs);
	}
}

const char *system_stray_name(const struct inputs *inputs, const struct mr_list *mrs)
{
	for (size_t k = 0; k < inputs->n; k++) {
		const struct log_input *in = &inputs->v[k];
		const struct journal_state *state = in->reader != NULL && !in->other_boot
							    ? journal_log_state(in->reader)
							    : NULL;
		const struct journal_reg *reg = state != NULL ? state->regs : NULL;
		for (; reg != NULL; reg = reg->next) {
			/* What is open may have been extended. */
			bool here = reg->records == 0 && reg->open == NULL;
			for (size_t i = 0; i < mrs->n && !here; i++)
				here = journal_state_find(state, mrs->mr[i]->full) == reg;
			if (!here)
				return reg->names->text;
		}
	}
	return NULL;
}

/* Within the first MiB: what is kept for a register shows there. */
static bool has_event_of(const struct log_format *format, int fd, const struct mr *mr)
{
	struct log_reader log = {0};
	struct log_event ev;
	struct err ignored;
	bool is = false;
	if (log_formats_open_upto(&log, fd, LOG_LOOK_BYTES, format, &ignored) < 0)
		return false;
	while (!is && log_reader_pull(&log, &ev, &ignored) > 0)
		is = ev.place == PLACE_CC_MR && (int64_t)ev.index == mr->cc_mr_index;
	log_reader_close(&log);
	return is;
}

const char *system_other_keeper(const struct root *root, const struct mr *mr, const char **ret_path)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && mr->cc_mr_index > 0; i++) {
		struct err ignored;
		if (places[i].keeper == NULL)
			continue;
		AUTO_CLOSE int fd = root_open_file(root, places[i].path, O_RDONLY, &ignored);
		*ret_path = places[i].path;
		if (fd >= 0 && has_event_of(places[i].format, fd, mr))
			return places[i].keeper;
	}
	return NULL;
}
