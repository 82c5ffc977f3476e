/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include "report.h"
#include "value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t no_size(const struct node *n, uint32_t gen)
{
	(void)n;
	(void)gen;
	return 0;
}

/* Texts are made when they are opened, so that one reader sees one moment. */
static int snap_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	(void)n;
	view_cut((struct view){h->snap, h->snap_n}, len, off, ret);
	return 0;
}

static int snapshot(struct sim *sim, struct handle *h, void (*print)(struct sim *sim, FILE *out))
{
	FILE *out = open_memstream(&h->snap, &h->snap_n);

	if (!out)
		return -ENOMEM;
	print(sim, out);
	return fclose(out) ? -ENOMEM : 0;
}

/* PROVIDER/REGISTER, as the register is called in its tree. */
static void print_name(const struct attached *a, const struct mr *mr, FILE *out)
{
	(void)fprintf(out, "%s/%s", a->p->type->name, mr->name);
	if (a->layout == LAYOUT_MR && mr->hash)
		(void)fprintf(out, ":%s", mr->hash);
}

static void print_count(
	const struct attached *a, const struct mr *mr, const char *what, uint64_t count, FILE *out)
{
	print_name(a, mr, out);
	(void)fprintf(out, ":%s %llu\n", what, (unsigned long long)count);
}

static void print_registers(const struct attached *a, FILE *out)
{
	const struct provider_type *type = a->p->type;

	for (size_t i = 0; i < type->n_mrs; i++) {
		if (!(type->mrs[i].flags & MR_X))
			continue;
		print_count(a, &type->mrs[i], "extend", a->p->extends[i], out);
		print_count(a, &type->mrs[i], "logged", a->logs[i].gen, out);
		print_count(a, &type->mrs[i], "overrun", a->logs[i].overruns, out);
	}
}

static void print_stats(struct sim *sim, FILE *out)
{
	uint64_t total[OP__N] = {0};

	for (size_t i = 0; i < sim->tree.n; i++) {
		const struct node *n = &sim->tree.nodes[i];

		for (int op = 0; op < OP__N; op++) {
			bool own = !strncmp(n->path, ".tsmsim", 7);

			if (!own)
				total[op] += n->counts[op];
			if (!own && n->counts[op])
				(void)fprintf(out, "%s:%s %llu\n", n->path, op_names[op],
					(unsigned long long)n->counts[op]);
		}
	}
	for (size_t i = 0; i < sim->n_attached; i++)
		print_registers(&sim->attached[i], out);
	for (int op = 0; op < OP__N; op++)
		(void)fprintf(out, "total:%s %llu\n", op_names[op], (unsigned long long)total[op]);
	(void)fprintf(out, "faults:fired %llu\n", (unsigned long long)sim->faults.fired);
}

static void print_truth(struct sim *sim, FILE *out)
{
	for (size_t i = 0; i < sim->n_attached; i++) {
		const struct provider *p = sim->attached[i].p;

		for (size_t j = 0; j < p->type->n_mrs; j++) {
			uint8_t v[PROVIDER_STATE_MAX];

			provider_truth(p, &p->type->mrs[j], v);
			print_name(&sim->attached[i], &p->type->mrs[j], out);
			(void)fputc(' ', out);
			for (size_t k = 0; k < p->type->mrs[j].size; k++)
				(void)fprintf(out, "%02x", v[k]);
			(void)fputc('\n', out);
		}
	}
}

static void print_contention(struct sim *sim, FILE *out)
{
	for (size_t i = 0; i < sim->n_attached; i++) {
		const struct provider *p = sim->attached[i].p;

		if (p->contended)
			(void)fprintf(out, "%s: %llu times, first %s\n", p->type->name,
				(unsigned long long)p->contended, p->first);
	}
}

static void forgive(struct sim *sim)
{
	for (size_t i = 0; i < sim->n_attached; i++)
		sim->attached[i].p->contended = 0;
}

static void print_pid(struct sim *sim, FILE *out)
{
	(void)sim;
	(void)fprintf(out, "%ld\n", (long)getpid());
}

static int stats_open(struct sim *sim, const struct node *n, struct handle *h)
{
	(void)n;
	return snapshot(sim, h, print_stats);
}

static int truth_open(struct sim *sim, const struct node *n, struct handle *h)
{
	(void)n;
	return snapshot(sim, h, print_truth);
}

static int contention_open(struct sim *sim, const struct node *n, struct handle *h)
{
	(void)n;
	return snapshot(sim, h, print_contention);
}

static int pid_open(struct sim *sim, const struct node *n, struct handle *h)
{
	(void)n;
	return snapshot(sim, h, print_pid);
}

static int root_open(struct sim *sim, const struct node *n, struct handle *h)
{
	(void)n;
	return snapshot(sim, h, report_print_root);
}

static void reset(struct sim *sim)
{
	for (size_t i = 0; i < sim->tree.n; i++)
		memset(sim->tree.nodes[i].counts, 0, sizeof(sim->tree.nodes[i].counts));
	for (size_t i = 0; i < sim->n_attached; i++)
		memset(sim->attached[i].p->extends, 0,
			sim->attached[i].p->type->n_mrs * sizeof(*sim->attached[i].p->extends));
	sim->faults.fired = 0;
}

int control_command(struct sim *sim, const char *text, size_t len)
{
	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	if (len == 5 && !memcmp(text, "clear", 5)) {
		faults_clear(&sim->faults);
		sim->release_hung = true;
		return 0;
	}
	if (len == 5 && !memcmp(text, "reset", 5)) {
		reset(sim);
		return 0;
	}
	if (len == 7 && !memcmp(text, "forgive", 7)) {
		forgive(sim);
		return 0;
	}
	return len ? faults_add(&sim->faults, text, len) : -EINVAL;
}

static ssize_t fault_write(struct sim *sim, struct node *n, struct handle *h, struct view data,
	off_t off, const struct fault_hit *hit)
{
	int rc = control_command(sim, data.p, data.n);

	(void)n;
	(void)h;
	(void)off;
	(void)hit;
	return rc ? rc : (ssize_t)data.n;
}

static const struct file_ops fault = {.size = no_size, .write = fault_write};
static const struct file_ops stats = {.size = no_size, .open = stats_open, .read = snap_read};
static const struct file_ops truth = {.size = no_size, .open = truth_open, .read = snap_read};
static const struct file_ops contention = {
	.size = no_size, .open = contention_open, .read = snap_read};
static const struct file_ops pid = {.size = no_size, .open = pid_open, .read = snap_read};

static const struct file_ops root = {.size = no_size, .open = root_open, .read = snap_read};

int control_build(struct sim *sim)
{
	static const struct {
		const char *name;
		mode_t mode;
		const struct file_ops *ops;
	} files[] = {{"fault", 0200, &fault}, {"stats", 0444, &stats}, {"truth", 0444, &truth},
		{"contention", 0444, &contention}, {"pid", 0444, &pid}, {"root", 0444, &root}};
	size_t dir = tree_add(&sim->tree, 0, ".tsmsim", 0755, NULL);

	if (dir == TREE_NONE)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		size_t at = tree_add(&sim->tree, dir, files[i].name, files[i].mode, files[i].ops);

		if (at == TREE_NONE)
			return -ENOMEM;
		(void)snprintf(sim->tree.nodes[at].path, sizeof(sim->tree.nodes[at].path),
			".tsmsim/%s", files[i].name);
	}
	return 0;
}
