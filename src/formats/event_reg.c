/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/event_reg.h"

#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

enum { PCR_DIGITS_MAX = 2, TDX_LAST = 4 };

/* A PCR's number: decimal, without a zero in front. */
static bool take_pcr(const char *name, uint32_t *ret)
{
	if (strncmp(name, "pcr", 3) != 0)
		return false;
	size_t n = strspn(name + 3, "0123456789");
	if (n < 1 || n > PCR_DIGITS_MAX || name[3 + n] != '\0' || (name[3] == '0' && n > 1))
		return false;
	*ret = 0;
	for (size_t i = 0; i < n; i++)
		*ret = 10 * *ret + (uint32_t)(name[3 + i] - '0');
	return true;
}

bool reg_place(const char *provider, const char *name, enum place *ret, uint32_t *ret_index)
{
	int cc = mr_cc_index(provider, name);
	*ret = PLACE_CC_MR;
	*ret_index = cc >= 0 ? (uint32_t)cc : 0;
	if (cc >= 0)
		return true;
	*ret = PLACE_PCR;
	return *provider == '\0' && take_pcr(name, ret_index);
}

void event_settle_place(struct log_event *ev)
{
	char name[EVENT_REG_ROOM];
	enum place place;
	uint32_t index;
	if (ev->place != PLACE_NAMED || strlcpy(name, ev->reg, sizeof(name)) >= sizeof(name))
		return;
	char *slash = strchr(name, '/');
	char *local = slash != NULL ? slash + 1 : name;
	char *colon = strchr(local, ':');
	if (slash != NULL)
		*slash = '\0';
	if (colon != NULL)
		*colon = '\0';
	if (!reg_place(slash != NULL ? name : "", local, &place, &index))
		return;
	ev->place = place;
	ev->index = index;
	ev->reg = NULL;
}

/* As snprintf would, for names that a log has by the million. */
static void put_numbered(char *room, const char *word, uint32_t n)
{
	char digits[10];
	size_t k = 0, len = strlcpy(room, word, EVENT_REG_ROOM);
	do
		digits[k++] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	while (k > 0)
		room[len++] = digits[--k];
	room[len] = '\0';
}

const char *event_reg_name(
	enum place place, uint32_t index, const char *reg, char room[static EVENT_REG_ROOM])
{
	switch (place) {
	case PLACE_NONE:
		return NULL;
	case PLACE_PCR:
		put_numbered(room, "pcr", index);
		break;
	case PLACE_NV:
		snprintf(room, EVENT_REG_ROOM, "nv0x%08x", index);
		break;
	case PLACE_CC_MR:
		if (index == 0)
			strlcpy(room, "mrtd", EVENT_REG_ROOM);
		else if (index <= TDX_LAST)
			put_numbered(room, "rtmr", index - 1);
		else
			put_numbered(room, "ccmr", index);
		break;
	case PLACE_NAMED:
		return reg;
	}
	return room;
}
