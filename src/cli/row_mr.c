/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/row_mr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/backend.h"

#define AT(member) offsetof(struct row_mr, member)

const struct column row_mr_columns[] = {
	{"register", "REGISTER", COL_STR, AT(full), COL_DEFAULT},
	{"provider", "PROVIDER", COL_STR, AT(provider), 0},
	{"name", "NAME", COL_STR, AT(name), 0},
	{"kind", "KIND", COL_STR, AT(kind), COL_DEFAULT},
	{NULL, "ACCESS", COL_STR, AT(access_text), COL_DEFAULT},
	{"hash", "HASH", COL_STR, AT(hash), COL_DEFAULT},
	{"size", "SIZE", COL_U64, AT(size), COL_DEFAULT},
	{"readable", NULL, COL_BOOL, AT(readable), 0},
	{"writable", NULL, COL_BOOL, AT(writable), 0},
	{"extensible", NULL, COL_BOOL, AT(extensible), 0},
	{"extend_with", "EXTEND-WITH", COL_STRS, AT(extend_with), 0},
	{"log", "LOG", COL_STR, AT(log), COL_DEFAULT},
	{"abi", "ABI", COL_STR, AT(abi), COL_DEFAULT},
	{"cc_mr_index", "CC-MR-INDEX", COL_INT, AT(cc_mr_index), 0},
	{"configured", "CONFIGURED", COL_TRI, AT(configured), COL_OPTIONAL},
	{"tcg_map", "TCG-MAP", COL_STR, AT(tcg_map), COL_OPTIONAL},
	{"path", "PATH", COL_STR, AT(path), 0},
	{"error", NULL, COL_ERR, AT(err), 0},
	{"value", NULL, COL_HEX, AT(value), COL_OPTIONAL},
};
const size_t n_row_mr_columns = sizeof(row_mr_columns) / sizeof(row_mr_columns[0]);
const size_t n_row_mr_list_columns = sizeof(row_mr_columns) / sizeof(row_mr_columns[0]) - 1;

void row_mr_fill(struct row_mr *ret, const struct mr *mr)
{
	bool runtime = (mr->flags & MR_RUNTIME) != 0;
	size_t n = 0;
	*ret = (struct row_mr){
		.full = mr->full,
		.provider = mr->provider[0] != '\0' ? mr->provider : NULL,
		.name = mr->name,
		.kind = runtime ? "runtime" : "static",
		.hash = mr_hash_name(mr),
		.abi = mr->abi != NULL ? mr->abi->name : NULL,
		.log = log_keeper_name(mr->log),
		.size = mr->size,
		.readable = (mr->flags & MR_READABLE) != 0,
		.writable = (mr->flags & MR_WRITABLE) != 0,
		.extensible = (mr->flags & MR_EXTENSIBLE) != 0,
		.cc_mr_index = mr->cc_mr_index,
		.configured = mr->flags & MR_BY_ENTRY ? (mr->flags & MR_HAS_ENTRY) != 0 : -1,
		.tcg_map = mr->tcg_map,
		.path = mr->path != NULL ? bytes_visible(mr->path) : NULL,
		.err = mr->bad,
	};
	snprintf(ret->access, sizeof(ret->access), "%c%c%c", ret->readable ? 'r' : '-',
		ret->writable ? 'w' : '-', ret->extensible ? 'x' : '-');
	ret->access_text = ret->access;
	if (mr->flags & MR_TAKES_EVENT)
		ret->extend_words[n++] = "event";
	if (mr->flags & MR_TAKES_DIGEST)
		ret->extend_words[n++] = "digest";
	ret->extend_with = ret->extend_words;
}

void row_mr_clear(struct row_mr *row)
{
	free(row->path);
	row->path = NULL;
}

void print_value_line(struct sink *out, struct bytes value, const char *name)
{
	sink_hex(out, value);
	sink_str(out, "  ");
	sink_str(out, name);
	sink_char(out, '\n');
}

void row_mr_print_value(const struct row_mr *row, struct json *j, struct sink *out)
{
	if (j != NULL)
		row_json(j, row_mr_columns, n_row_mr_columns, row);
	else if (row->value.p != NULL)
		print_value_line(out, row->value, row->full);
}
