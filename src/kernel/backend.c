/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/backend.h"

#include <stdio.h>
#include <string.h>

const struct backend *const backend_table[] = {
	&backend_mr,
	&backend_rfc,
	&backend_rtmrs,
	&backend_tpm,
	NULL,
};

static bool is_wanted(const struct backend *backend, const char *only)
{
	return only == NULL || strcmp(only, backend->name) == 0;
}

static int err_no_tree(struct err *err, const struct root *root, const char *only, bool tpm_too)
{
	err_set(err, ST_ABSENT, "no measurement registers here; looked below '%s' for", root->dir);
	const char *comma = " ";
	for (size_t i = 0; backend_table[i] != NULL; i++) {
		if (!is_wanted(backend_table[i], only) ||
			(backend_table[i] == &backend_tpm && !tpm_too))
			continue;
		for (size_t j = 0; backend_table[i]->homes[j] != NULL; j++) {
			err_add(err, "%s%s", comma, backend_table[i]->homes[j]);
			comma = ", ";
		}
	}
	return -1;
}

int tree_err_no_tvm(const struct root *root, const char *only, struct err *err)
{
	return err_no_tree(err, root, only, false);
}

int tree_probe(const struct root *root, const char *only, struct tree *ret, struct err *err)
{
	*ret = (struct tree){0};
	for (size_t i = 0; backend_table[i] != NULL; i++) {
		const struct backend *backend = backend_table[i];
		struct err before = ret->problem;
		if (!is_wanted(backend, only))
			continue;
		if (backend->probe(root, backend, ret, err) < 0)
			return -1;
		/* What is wrong with a TPM is no trouble of a machine with registers of its own. */
		if (backend != &backend_tpm)
			ret->tvm = ret->n_providers > 0;
		else if (ret->tvm)
			ret->problem = before;
	}
	if (ret->n_providers == 0 && ret->problem.status != ST_OK) {
		*err = ret->problem;
		return -1;
	}
	if (ret->n_providers == 0)
		return err_no_tree(err, root, only, true);
	mr_list_sort(&ret->mrs);
	return 0;
}

void tree_clear(struct tree *tree)
{
	mr_list_clear(&tree->mrs);
}

void tree_note_problem(struct tree *tree, const struct err *err)
{
	if (status_worse(tree->problem.status, err->status) != tree->problem.status)
		tree->problem = *err;
}

bool backend_contends(const struct mr *mr)
{
	return mr->abi != NULL && mr->abi->contends;
}

int mr_read(const struct root *root, const struct mr *mr, uint8_t *buf, struct err *err)
{
	if (mr->bad.status != ST_OK) {
		*err = mr->bad;
		return -1;
	}
	if (mr_lacks_entry(mr))
		return err_set(err, ST_ABSENT, "'%s' has no entry in configfs yet%s", mr->full,
			mr->flags & MR_EXTENSIBLE ? ": the first extend makes one" : "");
	if (!(mr->flags & MR_READABLE))
		return err_set(err, ST_ABSENT, "'%s' cannot be read on this kernel", mr->full);
	return mr->abi->read(root, mr, buf, err);
}

int mr_read_file(const struct root *root, const struct mr *mr, const char *path, uint8_t *buf,
	struct err *err)
{
	size_t n;
	if (root_read(root, path, buf, mr->size, &n, err) < 0)
		return -1;
	if (n != mr->size)
		return err_set(err, ST_FORMAT, "'%s': %zu bytes, not %u", path, n, mr->size);
	return 0;
}

bool boot_id_read(const struct root *root, char ret[static 37])
{
	char text[64];
	size_t n;
	struct err err;
	if (root_read(root, "/proc/sys/kernel/random/boot_id", text, sizeof(text), &n, &err) < 0)
		return false;
	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (!bytes_is_uuid((struct bytes){(const uint8_t *)text, n}))
		return false;
	memcpy(ret, text, n);
	ret[n] = '\0';
	return true;
}
