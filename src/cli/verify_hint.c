/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verify_hint.h"

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
	const char *option;
	if (app->err.status != ST_FORMAT || !app_is_file(path))
		return -1;
	option = app_evidence_option(path, &type);
	if (option != NULL)
		err_add(&app->err,
			"; it is a %s: 'tsmctl verify %s %s' verifies its registers, 'tsmctl "
			"read %s %s' prints them",
			evidence_type_name(type), option, path, option, path);
	else if (path == app->opt.expect && app_is_log(path))
		err_add(&app->err,
			"; 'tsmctl replay %s >VALUES' writes the values that it leads to, for "
			"'--expect VALUES'",
			path);
	return -1;
}
