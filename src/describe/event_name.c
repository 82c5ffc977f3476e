/* SPDX-License-Identifier: Apache-2.0 */
#include "describe/event_name.h"

#include <string.h>

#include "base/strbuf.h"

static struct bytes before(struct bytes b, const char *mark)
{
	const uint8_t *at = b.n > 0 ? memmem(b.p, b.n, mark, strlen(mark)) : NULL;
	return at != NULL ? (struct bytes){b.p, (size_t)(at - b.p)} : (struct bytes){0};
}

static struct bytes after(struct bytes b, size_t n)
{
	return n < b.n ? (struct bytes){b.p + n, b.n - n} : (struct bytes){0};
}

/* The types whose data is one thing, whatever it says, or has no name in it. */
static bool is_one_of_its_kind(const char *kind)
{
	static const char *const kinds[] = {
		"EV_SEPARATOR",
		"EV_S_CRTM_VERSION",
		"EV_EFI_GPT_EVENT",
		"EV_EFI_PLATFORM_FIRMWARE_BLOB",
		"EV_EFI_HANDOFF_TABLES",
		"EV_NONHOST_CONFIG",
		"EV_CPU_MICROCODE",
		"sync",
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

/* "N bytes at ADDRESS, PATH" */
static bool is_image(const char *kind)
{
	return strcmp(kind, "EV_EFI_BOOT_SERVICES_APPLICATION") == 0 ||
	       strcmp(kind, "EV_EFI_BOOT_SERVICES_DRIVER") == 0 ||
	       strcmp(kind, "EV_EFI_RUNTIME_SERVICES_DRIVER") == 0;
}

bool event_is_variable(const char *kind)
{
	return strncmp(kind, "EV_EFI_VARIABLE_", strlen("EV_EFI_VARIABLE_")) == 0;
}

struct bytes event_name(const char *kind, struct bytes shown)
{
	if (is_one_of_its_kind(kind))
		return (struct bytes){0};
	if (is_image(kind))
		return before(shown, ", ").n > 0
			       ? after(shown, before(shown, ", ").n + strlen(", "))
			       : (struct bytes){0};
	/* What 'tsmctl extend --file' measures: the path, without size and digest. */
	if (bytes_start_with(shown, "{\"type\":\"file\",\"path\":"))
		return before(shown, "\",\"size\":");
	struct bytes name = before(shown, ": ");
	return name.n > 0 ? name : shown;
}

struct bytes event_value(const char *kind, struct bytes shown)
{
	if (is_one_of_its_kind(kind))
		return shown;
	if (is_image(kind) || bytes_start_with(shown, "{"))
		return (struct bytes){0};
	struct bytes name = before(shown, ": ");
	return name.n > 0 ? after(shown, name.n + strlen(": ")) : (struct bytes){0};
}

/* "NAME-GUID" or "NAME-GUID (VENDOR)" up to the last hyphen before the GUID. */
static size_t variable_name(struct bytes name)
{
	enum { GUID_CHARS = 36 };
	const uint8_t *vendor = name.n > 0 ? memmem(name.p, name.n, " (", 2) : NULL;
	size_t n = vendor != NULL ? (size_t)(vendor - name.p) : name.n;
	bool has_guid = n > GUID_CHARS + 1 && name.p[n - GUID_CHARS - 1] == '-';
	return has_guid ? n - GUID_CHARS - 1 : name.n;
}

struct bytes event_brief(const char *kind, struct bytes shown, char *buf, size_t room)
{
	struct text t = {.buf = buf, .room = room};
	struct bytes name = before(shown, ": ");
	if (is_image(kind) && event_name(kind, shown).n > 0)
		return event_name(kind, shown);
	if (!event_is_variable(kind) || name.n == 0)
		return shown;
	text_put_utf8(&t, (struct bytes){name.p, variable_name(name)});
	text_put_utf8(&t, (struct bytes){name.p + name.n, shown.n - name.n});
	return (struct bytes){(const uint8_t *)buf, t.n};
}
