/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm: the PCRs of TPMs, which Linux 5.12 and later show. A TPM has a folder "pcr-HASH" for each bank
 * that is allocated, and in it a file per PCR with its value in hex
 * (Documentation/ABI/stable/sysfs-class-tpm). They are only read here: to extend a PCR takes a TPM
 * command, and whoever sends that keeps the log.
 */
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "kernel/walk.h"

/* A decimal number without zeros in front. */
static bool is_number(const char *s)
{
	return s[0] != '\0' && strspn(s, "0123456789") == strlen(s) &&
	       (s[0] != '0' || s[1] == '\0');
}

static int visit_pcr(const struct walk *at, const char *file, const char *path,
	const struct stat *st, const char *hash, struct err *err)
{
	char name[sizeof("pcr23")];
	if (!is_number(file) || strlen(file) > 2 || !S_ISREG(st->st_mode))
		return 0;
	snprintf(name, sizeof(name), "pcr%s", file);
	enum hash_alg alg = hash_by_name(bytes_of(hash));
	struct mr *mr =
		walk_add_mr(at, name, alg > HASH_UNKNOWN ? hash_name(alg) : hash, path, err);
	if (mr == NULL)
		return -1;
	mr->alg = alg;
	mr->flags |= MR_RUNTIME | MR_OF_TPM | (st->st_mode & 0444 ? MR_READABLE : 0);
	if (alg > HASH_UNKNOWN)
		mr->size = (uint32_t)hash_size(alg);
	else
		err_set(&mr->bad, ST_FORMAT, "'%s': the hash '%s' is not known here", path, hash);
	return 0;
}

static int visit_bank(const struct walk *at, const char *name, const char *path,
	const struct stat *st, const char *parent, struct err *err)
{
	static const char prefix[] = "pcr-";
	(void)parent;
	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 || !S_ISDIR(st->st_mode))
		return 0;
	return walk_each(at, path, visit_pcr, name + sizeof(prefix) - 1, err);
}

static int visit_chip(const struct walk *at, const char *name, const char *path,
	const struct stat *st, const char *parent, struct err *err)
{
	(void)parent;
	if (strncmp(name, "tpm", 3) != 0 || !is_number(name + 3) || !S_ISDIR(st->st_mode))
		return 0;
	size_t before = at->tree->mrs.n;
	struct walk inside = *at;
	inside.provider = name;
	int rc = walk_each(&inside, path, visit_bank, NULL, err);
	at->tree->n_providers += at->tree->mrs.n > before;
	return rc;
}

static const char *const homes[] = {"/sys/class/tpm", NULL};

static int probe(
	const struct root *root, const struct backend *backend, struct tree *tree, struct err *err)
{
	struct walk at = {root, backend, tree, ""};
	return walk_homes(&at, visit_chip, err);
}

static int read_value(const struct root *root, const struct mr *mr, uint8_t *buf, struct err *err)
{
	char text[2 * DIGEST_SIZE_MAX + 1];
	size_t n;
	if (root_read(root, mr->path, text, sizeof(text), &n, err) < 0)
		return -1;
	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (!hex_get(buf, mr->size, (struct bytes){(const uint8_t *)text, n}, true))
		return err_set(err, ST_FORMAT, "'%s': not %u bytes in hex", mr->path, mr->size);
	return 0;
}

const struct backend backend_tpm = {
	.name = "tpm",
	.summary = "PCRs of a TPM, /sys/class/tpm/tpm*/pcr-*, Linux 5.12 and later",
	.homes = homes,
	.probe = probe,
	.read = read_value,
};
