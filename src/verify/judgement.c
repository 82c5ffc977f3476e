/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/judgement.h"

#include <stdlib.h>

void judgement_clear(struct judgement *j)
{
	free(j->sources);
	free(j->left);
	free(j->doubtful);
	for (size_t i = 0; i < j->n_named; i++) {
		free(j->named[i].type);
		free(j->named[i].name);
	}
	free(j->named);
	rfc_search_clear(&j->text);
	*j = (struct judgement){0};
}

bool judgement_has_history(const struct judgement *j)
{
	return j->verdict == VERDICT_MATCH || j->verdict == VERDICT_UNTOUCHED ||
	       j->verdict == VERDICT_PARTIAL || j->verdict == VERDICT_ALTERED;
}

bool judgement_has_doubtful(const struct judgement *j, size_t source, uint64_t seq)
{
	for (size_t i = 0; i < j->n_doubtful; i++)
		if (j->doubtful[i].source == source && j->doubtful[i].seq == seq)
			return true;
	return false;
}

bool judgement_is_ahead_alone(const struct judgement *j)
{
	return j->verdict == VERDICT_LOG_AHEAD && j->err.status == ST_OK && !j->stated &&
	       !j->has_altered;
}

const char *judgement_fix_name(enum reference_fix fix)
{
	static const char *const names[] = {
		[REFERENCE_NO_FIX] = NULL,
		[REFERENCE_PUT_BACK] = "put-back",
		[REFERENCE_LEFT_OUT] = "left-out",
		[REFERENCE_IN_PLACE] = "in-place",
		[REFERENCE_MOVED_BACK] = "moved-back",
		[REFERENCE_PART] = "part",
		[REFERENCE_WHOLE] = "whole",
	};
	return names[fix];
}
