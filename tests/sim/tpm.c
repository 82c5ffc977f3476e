/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TPM with banks of SHA-1 and SHA-256, after a boot with few events. What is written to .tsmsim/tpm happens to it:
 *
 * ima NAME          IMA measures a file of this name: its lists grow by one, and PCR 10 is extended
 * violation NAME    the same for a file that was written to meanwhile: zeros in the lists, ones in the PCR
 * extend N TEXT     somebody extends PCR N by the digest of TEXT, and logs nothing
 * grow list|value N from now on, IMA measures before each of the next N reads of a list's start, or of PCR 10
 * turns N           every other event of these goes into PCR N, as a rule of IMA's policy with pcr=N has it
 * endless           the lists have zeros after their end, as many as are asked for
 * show HASH N TEXT  what reads of PCR N of this bank give from now on
 */
#include "tpm.h"

#include "hash.h"
#include "value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BANKS = 2, PCRS = 24, IMA_PCR = 10, SHOWN_MAX = 160, FORMS = 2 };

static const char *const banks[BANKS] = {"sha1", "sha256"};
static const uint16_t bank_ids[BANKS] = {0x4, 0xb};

struct grown {
	uint8_t *p;
	size_t n;
};

static struct {
	uint8_t pcr[BANKS][PCRS][HASH_MAX];
	char shown[BANKS][PCRS][SHOWN_MAX]; /* in place of the value, if there is something in it */
	struct grown firmware, text[BANKS], binary[BANKS]; /* IMA's lists, of a bank's digests */
	unsigned long grow_list, grow_value, measured;
	bool endless;
	unsigned long other; /* the PCR of every other event; 0: all are of PCR 10 */
} tpm;

/* Logs */

static void put(struct grown *g, const void *p, size_t n)
{
	g->p = realloc(g->p, g->n + n + 1);
	if (!g->p)
		abort();
	if (n)
		memcpy(g->p + g->n, p, n);
	g->n += n;
}

static void put_le(struct grown *g, uint64_t v, size_t bytes)
{
	for (; bytes; bytes--, v >>= 8)
		put(g, &(uint8_t){(uint8_t)v}, 1);
}

static void put_hex(struct grown *g, const uint8_t *p, size_t n)
{
	char two[3];

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(two, sizeof(two), "%02x", p[i]);
		put(g, two, 2);
	}
}

/* TCG PC Client Platform Firmware Profile, section 10.4.5: Spec ID Event03, with two algorithms. */
static void put_header(void)
{
	struct grown *g = &tpm.firmware;

	put_le(g, 0, 4);
	put_le(g, 3, 4);
	put(g, (uint8_t[20]){0}, 20);
	put_le(g, 16 + 12 + 4 * BANKS + 1, 4);
	put(g, "Spec ID Event03", 16);
	put_le(g, 0, 4);
	put(g, "\0\2\0\2", 4);
	put_le(g, BANKS, 4);
	for (int b = 0; b < BANKS; b++) {
		put_le(g, bank_ids[b], 2);
		put_le(g, hash_size(banks[b]), 2);
	}
	put_le(g, 0, 1);
}

static void extend_text(unsigned pcr, const void *p, size_t n)
{
	uint8_t digest[HASH_MAX];

	for (int b = 0; b < BANKS; b++) {
		hash_two(banks[b], p, n, NULL, 0, digest);
		hash_extend(banks[b], tpm.pcr[b][pcr], digest);
	}
}

/* TCG_PCR_EVENT2 whose digest is that of its data. */
static void add_event(unsigned pcr, uint32_t type, const void *p, size_t n)
{
	struct grown *g = &tpm.firmware;
	uint8_t digest[HASH_MAX];

	put_le(g, pcr, 4);
	put_le(g, type, 4);
	put_le(g, BANKS, 4);
	for (int b = 0; b < BANKS; b++) {
		hash_two(banks[b], p, n, NULL, 0, digest);
		put_le(g, bank_ids[b], 2);
		put(g, digest, hash_size(banks[b]));
	}
	put_le(g, n, 4);
	put(g, p, n);
	extend_text(pcr, p, n);
}

static void boot_firmware(void)
{
	static const char action[] = "Calling EFI Application from Boot Option";

	put_header();
	add_event(0, 0x8, "1\0.\0000\0\0", 8);
	for (unsigned pcr = 0; pcr < 8; pcr++)
		add_event(pcr, 0x4, "\0\0\0", 4);
	add_event(4, 0x80000007, action, sizeof(action) - 1);
}

/* Kernel: security/integrity/ima/ima_fs.c. The data of the template ima-ng is a field of each, behind its length. */
static void put_field(struct grown *g, const void *p, size_t n)
{
	put_le(g, n, 4);
	put(g, p, n);
}

static void add_lines(
	const struct grown *data, const uint8_t *file, const char *name, bool violation)
{
	uint8_t digest[HASH_MAX];
	bool others = tpm.other && tpm.measured % 2;
	unsigned pcr = others ? (unsigned)tpm.other : IMA_PCR;
	char head[16];

	for (int b = 0; b < BANKS; b++) {
		size_t n = hash_size(banks[b]);

		hash_two(banks[b], data->p, data->n, NULL, 0, digest);
		if (violation)
			memset(digest, 0, n);
		put_le(&tpm.binary[b], pcr, 4);
		put(&tpm.binary[b], digest, n);
		put_field(&tpm.binary[b], "ima-ng", 6);
		put_field(&tpm.binary[b], data->p, data->n);
		(void)snprintf(head, sizeof(head), "%2u ", pcr);
		put(&tpm.text[b], head, 3);
		put_hex(&tpm.text[b], digest, n);
		put(&tpm.text[b], " ima-ng sha256:", 15);
		put_hex(&tpm.text[b], file, 32);
		put(&tpm.text[b], " ", 1);
		put(&tpm.text[b], name, strlen(name));
		put(&tpm.text[b], "\n", 1);
		/* What was violated must show in the PCR. */
		if (violation)
			memset(digest, 0xff, n);
		hash_extend(banks[b], tpm.pcr[b][pcr], digest);
	}
}

static void measure(const uint8_t *file, const char *name, bool violation)
{
	struct grown data = {NULL, 0}, digest = {NULL, 0};

	put(&digest, "sha256:", 8);
	put(&digest, file, 32);
	put_field(&data, digest.p, digest.n);
	put_field(&data, name, strlen(name) + 1);
	add_lines(&data, file, name, violation);
	free(data.p);
	free(digest.p);
}

static void measure_named(const char *name, bool violation)
{
	uint8_t file[HASH_MAX] = {0};

	if (!violation)
		hash_two("sha256", name, strlen(name), NULL, 0, file);
	measure(file, name, violation);
}

/* The hash of PCRs 0 to 9: SHA-256, as Linux does since 5.8. */
static void boot_ima(void)
{
	uint8_t all[10 * 32], aggregate[HASH_MAX];

	for (int i = 0; i < 10; i++)
		memcpy(all + (size_t)i * 32, tpm.pcr[1][i], 32);
	hash_two("sha256", all, sizeof(all), NULL, 0, aggregate);
	measure(aggregate, "boot_aggregate", false);
}

static void grow(unsigned long *left)
{
	char name[32];

	if (!*left)
		return;
	--*left;
	(void)snprintf(name, sizeof(name), "/grown/%lu", ++tpm.measured);
	measure_named(name, false);
}

/* Files. Which PCR or list a node is of is in its path. */

static size_t no_size(const struct node *n, uint32_t gen)
{
	(void)n;
	(void)gen;
	return 0;
}

static size_t page_size(const struct node *n, uint32_t gen)
{
	(void)n;
	(void)gen;
	return 4096;
}

static int bank_of(const char *path)
{
	const char *name = strstr(path, "sha256");

	return name != NULL ? 1 : 0;
}

static int pcr_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	static char text[SHOWN_MAX];
	int b = bank_of(n->path);
	unsigned long pcr = strtoul(n->name, NULL, 10);
	size_t at = 0;

	(void)h;
	if (pcr == IMA_PCR && off == 0)
		grow(&tpm.grow_value);
	if (tpm.shown[b][pcr][0]) {
		(void)snprintf(text, sizeof(text), "%s", tpm.shown[b][pcr]);
	} else {
		for (size_t i = 0; i < hash_size(banks[b]); i++, at += 2)
			(void)snprintf(text + at, sizeof(text) - at, "%02X", tpm.pcr[b][pcr][i]);
		(void)snprintf(text + at, sizeof(text) - at, "\n");
	}
	view_cut((struct view){text, strlen(text)}, len, off, ret);
	return 0;
}

static int firmware_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	(void)n;
	(void)h;
	view_cut((struct view){tpm.firmware.p, tpm.firmware.n}, len < 4096 ? len : 4096, off, ret);
	return 0;
}

static int list_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	const struct grown *lists = strncmp(n->name, "ascii", 5) ? tpm.binary : tpm.text;
	const struct grown *list = &lists[bank_of(n->path)];
	static const char zeros[65536];

	(void)h;
	if (off == 0)
		grow(&tpm.grow_list);
	if (tpm.endless && (size_t)off >= list->n) {
		*ret = (struct view){zeros, len < sizeof(zeros) ? len : sizeof(zeros)};
		return 0;
	}
	view_cut((struct view){list->p, list->n}, len < 4096 ? len : 4096, off, ret);
	return 0;
}

static char *next_word(char **line)
{
	static char none[] = "";
	char *word = strsep(line, " ");

	return word ? word : none;
}

/* Its number; PCRS: it is none of a PCR. */
static unsigned long next_pcr(char **line)
{
	char *end, *word = next_word(line);
	unsigned long n = strtoul(word, &end, 10);

	return *word && !*end && n < PCRS ? n : PCRS;
}

static bool grow_command(char *line)
{
	const char *what = next_word(&line);
	unsigned long *left = strcmp(what, "list") ? &tpm.grow_value : &tpm.grow_list;

	if (strcmp(what, "list") && strcmp(what, "value"))
		return false;
	*left = strtoul(next_word(&line), NULL, 10);
	return true;
}

static bool turns_command(char *line)
{
	unsigned long pcr = next_pcr(&line);

	if (pcr == PCRS || line)
		return false;
	tpm.other = pcr;
	return true;
}

static bool endless_command(char *line)
{
	tpm.endless = true;
	return !*line;
}

static bool show_command(char *line)
{
	int b = bank_of(next_word(&line));
	unsigned long pcr = next_pcr(&line);

	if (pcr == PCRS || !line)
		return false;
	(void)snprintf(tpm.shown[b][pcr], SHOWN_MAX, "%s\n", line);
	return true;
}

static bool extend_command(char *line)
{
	unsigned long pcr = next_pcr(&line);

	if (pcr == PCRS || !line)
		return false;
	extend_text((unsigned)pcr, line, strlen(line));
	return true;
}

static bool ima_command(char *line)
{
	if (!*line)
		return false;
	measure_named(line, false);
	return true;
}

static bool violation_command(char *line)
{
	if (!*line)
		return false;
	measure_named(line, true);
	return true;
}

static bool command(char *line)
{
	static const struct {
		const char *name;
		bool (*run)(char *rest);
	} commands[] = {{"ima", ima_command}, {"violation", violation_command},
		{"extend", extend_command}, {"show", show_command}, {"grow", grow_command},
		{"turns", turns_command}, {"endless", endless_command}};
	const char *name = next_word(&line);

	for (size_t i = 0; line && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(name, commands[i].name))
			return commands[i].run(line);
	return false;
}

static ssize_t control_write(struct sim *sim, struct node *n, struct handle *h, struct view data,
	off_t off, const struct fault_hit *hit)
{
	char line[512];

	(void)sim;
	(void)n;
	(void)h;
	(void)off;
	(void)hit;
	(void)snprintf(line, sizeof(line), "%.*s", (int)data.n, (const char *)data.p);
	line[strcspn(line, "\n")] = '\0';
	return command(line) ? (ssize_t)data.n : -EINVAL;
}

static const struct file_ops pcr_ops = {.size = page_size, .read = pcr_read};
static const struct file_ops firmware_ops = {.size = no_size, .read = firmware_read};
static const struct file_ops list_ops = {.size = no_size, .read = list_read};
static const struct file_ops control_ops = {.size = no_size, .write = control_write};

static int add_banks(struct tree *t)
{
	char path[64], name[8];
	int rc = 0;

	for (int b = 0; b < BANKS; b++) {
		struct node proto = {0};
		size_t dir;

		(void)snprintf(path, sizeof(path), "class/tpm/tpm0/pcr-%s", banks[b]);
		dir = tree_mkdirs(t, path);
		if (dir == TREE_NONE)
			return -ENOMEM;
		(void)snprintf(proto.path, sizeof(proto.path), "tpm0/pcr-%s", banks[b]);
		for (unsigned i = 0; i < PCRS && !rc; i++) {
			(void)snprintf(name, sizeof(name), "%u", i);
			rc = tree_file(t, dir, name, 0444, &pcr_ops, &proto);
		}
	}
	return rc;
}

/* The plain names are links to SHA-1's. */
static int add_lists(struct tree *t)
{
	static const char *const forms[FORMS] = {"ascii", "binary"};
	struct node proto = {.path = "ima"};
	size_t dir = tree_mkdirs(t, "kernel/security/integrity/ima");
	char name[64], target[64];
	int rc = dir == TREE_NONE ? -ENOMEM : 0;

	for (int f = 0; f < FORMS && !rc; f++) {
		for (int b = 0; b < BANKS && !rc; b++) {
			(void)snprintf(name, sizeof(name), "%s_runtime_measurements_%s", forms[f],
				banks[b]);
			rc = tree_file(t, dir, name, 0440, &list_ops, &proto);
		}
		(void)snprintf(name, sizeof(name), "%s_runtime_measurements", forms[f]);
		(void)snprintf(target, sizeof(target), "%s_runtime_measurements_sha1", forms[f]);
		if (!rc)
			rc = tree_link(t, dir, name, target);
	}
	return rc ? rc : tree_link(t, tree_mkdirs(t, "kernel/security"), "ima", "integrity/ima");
}

int tpm_build(struct sim *sim)
{
	struct node proto = {.path = "tpm0"}, control = {.path = ".tsmsim"};
	struct tree *t = &sim->tree;
	size_t dir;
	int rc;

	for (int b = 0; b < BANKS; b++)
		for (int i = 17; i <= 22; i++)
			memset(tpm.pcr[b][i], 0xff, HASH_MAX);
	boot_firmware();
	boot_ima();
	rc = add_banks(t);
	if (!rc)
		rc = add_lists(t);
	dir = tree_mkdirs(t, "kernel/security/tpm0");
	if (!rc && dir != TREE_NONE)
		rc = tree_file(t, dir, "binary_bios_measurements", 0440, &firmware_ops, &proto);
	return rc ? rc
		  : tree_file(t, tree_child(t, 0, ".tsmsim"), "tpm", 0200, &control_ops, &control);
}

void tpm_free(void)
{
	free(tpm.firmware.p);
	for (int b = 0; b < BANKS; b++) {
		free(tpm.text[b].p);
		free(tpm.binary[b].p);
	}
}
