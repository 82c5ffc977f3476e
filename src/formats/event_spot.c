/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/event_spot.h"

#include <stdio.h>
#include <string.h>

void event_spot_say(const char *before, const struct event_spot *spot, const char *behind,
	char ret[ERR_MSG_MAX])
{
	struct err shown;
	err_set(&shown, ST_OK, "%sevent %llu of '%s'%s", before, (unsigned long long)spot->seq,
		spot->source, behind);
	memcpy(ret, shown.msg, ERR_MSG_MAX);
}

void event_spot_say_altered(
	const char *before, const struct event_spot *spot, char ret[ERR_MSG_MAX])
{
	event_spot_say(before, spot, ": its data does not give its digest", ret);
}

void event_spot_add_altered(const struct event_spot *spot, char ret[ERR_MSG_MAX])
{
	char before[ERR_MSG_MAX];
	if (spot->source == NULL)
		return;
	snprintf(before, sizeof(before), "%s; ", ret);
	event_spot_say_altered(before, spot, ret);
}

void event_spot_say_lack(const struct event_spot *spot, char ret[ERR_MSG_MAX])
{
	event_spot_say("", spot, " has no digest of this hash", ret);
}
