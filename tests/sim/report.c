/* SPDX-License-Identifier: Apache-2.0 */
/*
 * configfs-tsm's reports as drivers/virt/coco/guest/report.c has them: each write advances the
 * generation, a bad GUID too; the report data is handed over when its file is closed, and what is
 * wrong with it is lost; the first read of a blob asks, and an answer is kept until the next write,
 * an error is not.
 */
#include "report.h"

#include "mint.h"
#include "value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_MAX = 64, DATA_MIN_CCA = 32, TEXT_MAX = 64, PRIVLEVEL_MAX = 3 };
/* In a quote of version 4, and in a report. */
enum { QUOTE_BODY = 48, QUOTE_MRTD = QUOTE_BODY + 136, QUOTE_RTMR0 = QUOTE_BODY + 328 };
enum { QUOTE_DATA = QUOTE_BODY + 520, REPORT_VMPL = 0x30, REPORT_DATA = 0x50 };
enum { REGISTER_SIZE = 48 };

struct report_entry {
	struct report_entry *next;
	uint64_t written, read; /* generations */
	uint8_t data[DATA_MAX];
	size_t n_data;
	unsigned privlevel;
	char service[TEXT_MAX], guid[TEXT_MAX], version[TEXT_MAX];
	bool has_answer;
	struct mint_buf out, aux, manifest;
};

bool report_host_take(struct report_host *host, const char *spec)
{
	static const struct {
		const char *name, *suffix;
		enum report_kind blob;
	} kinds[] = {{"tdx_guest", ":tdx", BLOB_TDX}, {"sev_guest", ":snp", BLOB_SNP},
		{"arm_cca_guest", ":cca", BLOB_CCA}};
	size_t n = strcspn(spec, ":");
	bool known = !spec[n];

	host->provider = NULL;
	host->blob = BLOB_TDX;
	if (!strcmp(spec, "none"))
		return true;
	for (size_t i = 0; i < 3; i++)
		if (strlen(kinds[i].name) == n && !memcmp(kinds[i].name, spec, n)) {
			host->provider = kinds[i].name;
			host->blob = kinds[i].blob;
		}
	for (size_t i = 0; i < 3; i++)
		if (!strcmp(kinds[i].suffix, spec + n)) {
			host->blob = kinds[i].blob;
			known = true;
		}
	return host->provider && known;
}

/* What the hardware gives */

static const struct mint_amd *amd_of(struct report_host *host)
{
	if (!host->amd) {
		host->amd = malloc(sizeof(*host->amd));
		if (!host->amd)
			abort();
		mint_amd_open(host->amd, MINT_MILAN, false, 0);
	}
	return host->amd;
}

static void put_register(const struct provider *p, const char *name, uint8_t *ret)
{
	const struct mr *mr = p ? provider_mr(p, name) : NULL;

	if (mr && mr->size == REGISTER_SIZE)
		provider_truth(p, mr, ret);
	else
		memset(ret, 0, REGISTER_SIZE);
}

static void make_quote(const struct report_host *host, struct report_entry *e)
{
	static const char *const rtmrs[] = {"rtmr0", "rtmr1", "rtmr2", "rtmr3"};
	struct mint_intel intel;

	mint_intel_open(&intel, 0);
	mint_quote_body(&e->out, 4, false);
	put_register(host->registers, "mrtd", e->out.p + QUOTE_MRTD);
	for (size_t i = 0; i < 4; i++)
		put_register(host->registers, rtmrs[i], e->out.p + QUOTE_RTMR0 + i * REGISTER_SIZE);
	memcpy(e->out.p + QUOTE_DATA, e->data, DATA_MAX);
	mint_quote_sign(&e->out, &(struct mint_quote){.intel = &intel});
	mint_intel_clear(&intel);
}

static void make_report(struct report_host *host, struct report_entry *e)
{
	const struct mint_amd *amd = amd_of(host);

	mint_report(&e->out, amd, 3);
	e->out.p[REPORT_VMPL] = (uint8_t)e->privlevel;
	memcpy(e->out.p + REPORT_DATA, e->data, DATA_MAX);
	mint_report_sign(e->out.p, amd->key);
	mint_put_auxblob(&e->aux, amd);
	if (e->service[0])
		mint_put(&e->manifest, "manifest", 8);
}

/* Tag 399 of CBOR and a map, which is as far as anybody looks. */
static void make_token(struct report_entry *e)
{
	mint_put(&e->out, "\xd9\x01\x8f\xa2", 4);
	mint_put(&e->out, e->data, DATA_MAX);
}

static void drop_answer(struct report_entry *e)
{
	mint_free(&e->out);
	mint_free(&e->aux);
	mint_free(&e->manifest);
	e->has_answer = false;
}

static int check_request(const struct report_host *host, const struct report_entry *e)
{
	if (host->blob == BLOB_CCA)
		return e->n_data < DATA_MIN_CCA ? -EINVAL : 0;
	if (e->n_data != DATA_MAX)
		return -EINVAL;
	if (host->blob == BLOB_SNP &&
		(e->privlevel < host->floor || (e->service[0] && strcmp(e->service, "svsm") != 0)))
		return -EINVAL;
	return 0;
}

static int ask(struct report_host *host, struct report_entry *e, const struct fault_hit *hit)
{
	int rc = check_request(host, e);

	if (rc)
		return rc;
	drop_answer(e);
	if (hit->other_data)
		e->data[0] ^= 1;
	if (hit->empty)
		; /* the driver does not look at what the host says */
	else if (host->blob == BLOB_TDX)
		make_quote(host, e);
	else if (host->blob == BLOB_SNP)
		make_report(host, e);
	else
		make_token(e);
	if (hit->other_data)
		e->data[0] ^= 1;
	if (hit->garble && e->out.n)
		e->out.p[0] ^= 0x40;
	e->has_answer = true;
	e->read = e->written;
	return 0;
}

/* The files of an entry */

static size_t text_size(const struct node *n, uint32_t gen)
{
	(void)n;
	(void)gen;
	return RFCLOG_PAGE;
}

static size_t no_size(const struct node *n, uint32_t gen)
{
	(void)n;
	(void)gen;
	return 0;
}

static int show(const char *text, size_t len, off_t off, struct view *ret)
{
	view_cut((struct view){text, strlen(text)}, len, off, ret);
	return 0;
}

static int provider_read_text(
	struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	static char text[TEXT_MAX + 2];

	(void)h;
	(void)snprintf(text, sizeof(text), "%s%s\n", n->sim->hit.garble ? "a " : "",
		n->sim->report.provider);
	return show(text, len, off, ret);
}

static int generation_read(
	struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	static char text[32];

	(void)h;
	(void)snprintf(text, sizeof(text), "%llu%s\n", (unsigned long long)n->report->written,
		n->sim->hit.garble ? "x" : "");
	return show(text, len, off, ret);
}

static int floor_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	static char text[16];

	(void)h;
	(void)snprintf(text, sizeof(text), "%u\n", n->sim->report.floor);
	return show(text, len, off, ret);
}

/* Base 0, as kstrtouint is called. */
static int parse_number(struct view text, unsigned long max, unsigned long *ret)
{
	char buf[TEXT_MAX] = "", *end;

	if (text.n >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, text.p, text.n);
	buf[strcspn(buf, "\n")] = '\0';
	*ret = strtoul(buf, &end, 0);
	return !isdigit((unsigned char)buf[0]) || *end || *ret > max ? -EINVAL : 0;
}

static void advance(struct report_entry *e)
{
	e->written++;
}

static ssize_t privlevel_write(struct sim *sim, struct node *n, struct handle *h, struct view data,
	off_t off, const struct fault_hit *hit)
{
	unsigned long level;

	(void)h;
	(void)off;
	(void)hit;
	if (parse_number(data, PRIVLEVEL_MAX, &level) || level < sim->report.floor)
		return -EINVAL;
	advance(n->report);
	n->report->privlevel = (unsigned)level;
	return (ssize_t)data.n;
}

static void keep_text(char *ret, struct view data)
{
	size_t n = data.n < TEXT_MAX - 1 ? data.n : TEXT_MAX - 1;

	memcpy(ret, data.p, n);
	ret[n] = '\0';
	if (n && ret[n - 1] == '\n')
		ret[n - 1] = '\0';
}

static ssize_t service_write(struct sim *sim, struct node *n, struct handle *h, struct view data,
	off_t off, const struct fault_hit *hit)
{
	(void)sim;
	(void)h;
	(void)off;
	(void)hit;
	advance(n->report);
	keep_text(n->report->service, data);
	return (ssize_t)data.n;
}

static bool is_guid(const char *s)
{
	static const char mask[] = "00000000-0000-0000-0000-000000000000";
	size_t i = 0;

	for (; mask[i]; i++)
		if (mask[i] == '-' ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
	return !s[i];
}

/* All services are what is left of a GUID that is none. */
static ssize_t guid_write(struct sim *sim, struct node *n, struct handle *h, struct view data,
	off_t off, const struct fault_hit *hit)
{
	char text[TEXT_MAX];

	(void)sim;
	(void)h;
	(void)off;
	(void)hit;
	advance(n->report);
	n->report->guid[0] = '\0';
	keep_text(text, data);
	if (!is_guid(text))
		return -EINVAL;
	memcpy(n->report->guid, text, sizeof(text));
	return (ssize_t)data.n;
}

static ssize_t version_write(struct sim *sim, struct node *n, struct handle *h, struct view data,
	off_t off, const struct fault_hit *hit)
{
	unsigned long version;

	(void)sim;
	(void)h;
	(void)off;
	(void)hit;
	if (parse_number(data, UINT32_MAX, &version))
		return -EINVAL;
	advance(n->report);
	keep_text(n->report->version, data);
	return (ssize_t)data.n;
}

static ssize_t data_write(struct sim *sim, struct node *n, struct handle *h, struct view data,
	off_t off, const struct fault_hit *hit)
{
	(void)sim;
	(void)n;
	(void)hit;
	h->writing = true;
	return handle_keep(h, data, off, DATA_MAX);
}

static void data_release(struct node *n, const struct handle *h)
{
	if (!h->writing || !h->snap)
		return;
	advance(n->report);
	memcpy(n->report->data, h->snap, h->snap_n);
	n->report->n_data = h->snap_n;
}

/* A buffer of the open file keeps what the first read got. */
static int read_answer(struct node *n, struct handle *h, const struct mint_buf *of, size_t len,
	off_t off, struct view *ret)
{
	struct report_entry *e = n->report;
	int rc = 0;

	if (!h->reading && (!e->has_answer || e->read != e->written))
		rc = ask(&n->sim->report, e, &n->sim->hit);
	if (rc)
		return rc;
	if (!h->reading && of->n) {
		h->snap = malloc(of->n);
		if (!h->snap)
			return -ENOMEM;
		memcpy(h->snap, of->p, of->n);
		h->snap_n = of->n;
	}
	h->reading = true;
	view_cut((struct view){h->snap ? h->snap : "", h->snap_n}, len, off, ret);
	return 0;
}

static int out_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	int rc = read_answer(n, h, &n->report->out, len, off, ret);

	/* Somebody else writes to the entry, just now. */
	if (n->sim->hit.advance)
		advance(n->report);
	return rc;
}

static int aux_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	int rc = read_answer(n, h, &n->report->aux, len, off, ret);

	if (n->sim->hit.garble && h->snap)
		memset(h->snap, 'A', h->snap_n);
	return rc;
}

static int manifest_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	return read_answer(n, h, &n->report->manifest, len, off, ret);
}

static const struct file_ops provider_ops = {.size = text_size, .read = provider_read_text};
static const struct file_ops generation_ops = {.size = text_size, .read = generation_read};
static const struct file_ops floor_ops = {.size = text_size, .read = floor_read};
static const struct file_ops privlevel_ops = {.size = text_size, .write = privlevel_write};
static const struct file_ops service_ops = {.size = text_size, .write = service_write};
static const struct file_ops guid_ops = {.size = text_size, .write = guid_write};
static const struct file_ops version_ops = {.size = text_size, .write = version_write};
static const struct file_ops in_ops = {
	.size = no_size, .write = data_write, .release = data_release};
static const struct file_ops out_ops = {.size = no_size, .read = out_read};
static const struct file_ops aux_ops = {.size = no_size, .read = aux_read};
static const struct file_ops manifest_ops = {.size = no_size, .read = manifest_read};

/* Who has a file: see the kernel's visibility callbacks. */
enum { ALL, NOT_TDX, WITH_SERVICE };

static const struct {
	const char *name;
	mode_t mode;
	const struct file_ops *ops;
	int who;
} files[] = {{"provider", 0444, &provider_ops, ALL}, {"generation", 0444, &generation_ops, ALL},
	{"inblob", 0200, &in_ops, ALL}, {"outblob", 0400, &out_ops, ALL},
	{"auxblob", 0400, &aux_ops, NOT_TDX}, {"privlevel", 0200, &privlevel_ops, NOT_TDX},
	{"privlevel_floor", 0444, &floor_ops, NOT_TDX},
	{"service_provider", 0200, &service_ops, WITH_SERVICE},
	{"service_guid", 0200, &guid_ops, WITH_SERVICE},
	{"service_manifest_version", 0200, &version_ops, WITH_SERVICE},
	{"manifestblob", 0400, &manifest_ops, WITH_SERVICE}};

static bool is_visible(const struct report_host *host, int who)
{
	bool cca = !strcmp(host->provider, "arm_cca_guest");
	bool tdx = !strcmp(host->provider, "tdx_guest");

	return who == ALL || (who == NOT_TDX && !tdx) ||
	       (who == WITH_SERVICE && (cca || (!tdx && host->floor > 0)));
}

static int make_entry(struct sim *sim, size_t dir)
{
	struct node proto = {.sim = sim, .report = calloc(1, sizeof(struct report_entry))};
	int rc = proto.report ? 0 : -ENOMEM;

	if (rc)
		return rc;
	proto.report->next = sim->report.entries;
	sim->report.entries = proto.report;
	(void)snprintf(proto.path, sizeof(proto.path), "%s", sim->tree.nodes[dir].path);
	for (size_t i = 0; !rc && i < sizeof(files) / sizeof(files[0]); i++)
		if (is_visible(&sim->report, files[i].who))
			rc = tree_file(&sim->tree, dir, files[i].name, files[i].mode, files[i].ops,
				&proto);
	return rc;
}

static int refuse_entry(struct sim *sim, size_t dir)
{
	(void)sim;
	(void)dir;
	return -ENXIO;
}

int report_build(struct sim *sim)
{
	size_t home = tree_mkdirs(&sim->tree, "kernel/config/tsm/report");
	struct node *n;

	if (home == TREE_NONE)
		return -ENOMEM;
	n = &sim->tree.nodes[home];
	n->make = sim->report.provider ? make_entry : refuse_entry;
	n->removes = true;
	(void)snprintf(n->path, sizeof(n->path), "report");
	return 0;
}

void report_print_root(struct sim *sim, FILE *out)
{
	struct mint_buf pem = {0};
	struct mint_intel intel;

	if (sim->report.blob == BLOB_SNP) {
		mint_put_pem(&pem, amd_of(&sim->report)->ark);
	} else {
		mint_intel_open(&intel, 0);
		mint_put_pem(&pem, intel.root);
		mint_intel_clear(&intel);
	}
	(void)fwrite(pem.p, 1, pem.n, out);
	mint_free(&pem);
}

void report_free(struct sim *sim)
{
	struct report_entry *e = sim->report.entries, *next;

	for (; e; e = next) {
		next = e->next;
		drop_answer(e);
		free(e);
	}
	if (sim->report.amd)
		mint_amd_clear(sim->report.amd);
	free(sim->report.amd);
}
