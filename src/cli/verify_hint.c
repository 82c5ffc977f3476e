/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verify_hint.h"

#include <string.h>

#include "evidence/evidence_file.h"

static bool is_evidence(const char *path, enum evidence_type *ret)
{
	struct evidence_trust none = {0};
	struct register_file regs = {0};
	struct evidence ev;
	struct err ignored;
	int rc = evidence_trust_init(&none, &ignored);
	if (rc == 0)
		rc = evidence_file_load(path, &none, &regs, &ev, NULL, &ignored);
	if (rc == 0)
		*ret = ev.type;
	evidence_trust_clear(&none);
	register_file_clear(&regs);
	return rc == 0;
}

int verify_hint_quote(struct app *app, const char *path)
{
	const struct str_list *inputs = &app->opt.inputs;
	if (app->err.status == ST_FORMAT && app_is_log(path) && inputs->n == 1 &&
		app_is_file(inputs->v[0]) && !app_is_log(inputs->v[0]))
		err_add(&app->err, "; did you mean 'tsmctl verify --quote %s --input %s'?",
			inputs->v[0], path);
	return -1;
}

int verify_hint_values(struct app *app, const char *path)
{
	enum evidence_type type;
	if (app->err.status != ST_FORMAT || !app_is_file(path))
		return -1;
	if (is_evidence(path, &type))
		err_add(&app->err,
			"; it is a %s: 'tsmctl verify --quote %s' verifies its registers, 'tsmctl "
			"read --quote %s' prints them",
			evidence_type_name(type), path, path);
	else if (path == app->opt.expect && app_is_log(path))
		err_add(&app->err,
			"; 'tsmctl replay %s >VALUES' writes the values that it leads to, for "
			"'--expect VALUES'",
			path);
	return -1;
}
