/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/payload.h"

#include <string.h>

#include "base/cursor.h"
#include "describe/text_guess.h"
#include "formats/tcg_names.h"

/* The name of a PE section: PE format, section "Section Table". */
enum { SECTION_NAME_MAX = 8 };

/* What may have been hashed, the most likely form first. */
struct candidates {
	bool must; /* it was one of these; else the hash may be over something else */
	size_t n;
	struct bytes of[2];
	/* What may have been hashed in place of the data, of which nothing is known then; or p NULL. */
	struct bytes instead;
	uint8_t name[SECTION_NAME_MAX + 1];
};

static void add(struct candidates *c, struct bytes b)
{
	c->of[c->n++] = b;
}

static void add_all(struct candidates *c, struct bytes data)
{
	add(c, data);
	c->must = true;
}

/*
 * The data, whatever it is: zeros, 0xFF, Windows' "WBCL". Firmware that failed measures 01 00 00 00, and
 * may log in place of it why.
 */
static void add_separator(struct candidates *c, struct bytes data)
{
	static const uint8_t failed[4] = {1, 0, 0, 0};
	add_all(c, data);
	if (data.n != 4 || !(bytes_all_zero(data) || bytes_start_with(data, "\xff\xff\xff\xff")))
		c->instead = (struct bytes){failed, sizeof(failed)};
}

/* TCG PC Client Platform Firmware Profile 1.06, table "Event Types": the text without a NUL. */
static void add_action(struct candidates *c, struct bytes data)
{
	add_all(c, data);
	if (data.n > 0 && data.p[data.n - 1] == '\0')
		add(c, (struct bytes){data.p, data.n - 1});
}

/* UEFI_VARIABLE_DATA: what stands after its name, and how long it says that its data is. */
static bool take_variable(struct bytes data, struct bytes *ret, uint64_t *ret_size)
{
	struct cursor cur = {.left = data};
	cur_take(&cur, 16);
	uint64_t chars = cur_le64(&cur);
	*ret_size = cur_le64(&cur);
	if (chars <= cur.left.n / 2)
		cur_take(&cur, 2 * chars);
	else
		cur.bad = true;
	*ret = cur.left;
	return cur_ok(&cur) && *ret_size <= cur.left.n;
}

/*
 * Until version 15.2, shim puts five zeros and a byte of anything after the variable, and hashes all
 * but that byte.
 */
static void add_authority(struct candidates *c, struct bytes data)
{
	enum { BEHIND = 6 };
	struct bytes left;
	uint64_t size;
	add_all(c, data);
	if (take_variable(data, &left, &size) && left.n - size == BEHIND &&
		bytes_all_zero((struct bytes){left.p + size, BEHIND - 1}))
		add(c, (struct bytes){data.p, data.n - 1});
}

/*
 * UEFI_VARIABLE_DATA: EV_EFI_VARIABLE_BOOT has the hash of the variable's data, as logs of real
 * machines show; EV_EFI_VARIABLE_BOOT2, of which none was seen, is to have that of the whole.
 */
static void add_boot_variable(struct candidates *c, uint32_t type, struct bytes data)
{
	struct bytes left;
	uint64_t size;
	bool whole = take_variable(data, &left, &size) && size == left.n;
	if (whole && type == TCG_EV_EFI_VARIABLE_BOOT)
		add(c, left);
	add(c, data);
	if (whole && type == TCG_EV_EFI_VARIABLE_BOOT2)
		add(c, left);
	c->must = whole && type == TCG_EV_EFI_VARIABLE_BOOT;
}

/* Only the agent of Confidential Containers measures the event itself, whatever its size says. */
static void add_tag(struct candidates *c, struct bytes data)
{
	if (tcg_is_agent_tag(data))
		add_all(c, data);
}

/* td-shim: {descriptor[16], u32 size, data}; it measures what the guest is configured with. */
static void add_platform_config(struct candidates *c, struct bytes data)
{
	struct cursor cur = {.left = data};
	struct bytes name = before_nul(cur_take(&cur, 16));
	uint32_t size = cur_le32(&cur);
	if (!cur_ok(&cur) || size != cur.left.n || !bytes_start_with(name, "td_"))
		return;
	add(c, cur.left);
	c->must = bytes_equal(name, bytes_of("td_hob")) ||
		  bytes_equal(name, bytes_of("td_payload_info"));
}

/* How GRUB logs a command: its text, which is measured, after a prefix. */
struct grub_prefix {
	const char *prefix;
	size_t behind; /* bytes after the text, the first of which is NUL */
	bool with_nul; /* it is hashed with that NUL */
	bool must;     /* no GRUB is known that hashes anything else */
};

static const struct grub_prefix grub_prefixes[] = {
	{"grub_cmd: ", 1, false, true},
	{"kernel_cmdline: ", 1, false, true},
	{"module_cmdline: ", 1, false, true},
	/* Until GRUB 2.04, as distributions had it: the last byte is any. */
	{"grub_cmd ", 2, true, true},
	{"grub_kernel_cmdline ", 2, false, false},
};

static void add_grub(struct candidates *c, const struct grub_prefix *g, struct bytes data)
{
	size_t skip = strlen(g->prefix);
	struct bytes text = before_nul((struct bytes){data.p + skip, data.n - skip});
	size_t behind = data.n - skip - text.n;
	struct bytes with_nul = {text.p, text.n + 1};
	/*
	 * In any other form nothing may hide after a NUL: either all of it was hashed, or it is
	 * unknown.
	 */
	if (behind != g->behind) {
		add(c, (struct bytes){text.p, text.n + behind});
		return;
	}
	c->must = g->must;
	add(c, g->with_nul ? with_nul : text);
	add(c, g->with_nul ? text : with_nul);
}

/*
 * ".linux" and the like, for which systemd-stub measures the name in ASCII with its NUL, or what is
 * in the section.
 */
static bool add_section_name(struct candidates *c, struct bytes data)
{
	struct bytes name = before_nul16(data);
	size_t n = name.n / 2;
	if (n < 2 || n > SECTION_NAME_MAX || name.p[0] != '.')
		return false;
	for (size_t i = 0; i < n; i++)
		c->name[i] = name.p[2 * i];
	add(c, (struct bytes){c->name, n + 1});
	return true;
}

static void add_ipl(struct candidates *c, struct bytes data)
{
	for (size_t i = 0; i < sizeof(grub_prefixes) / sizeof(grub_prefixes[0]); i++) {
		if (bytes_start_with(data, grub_prefixes[i].prefix)) {
			add_grub(c, &grub_prefixes[i], data);
			return;
		}
	}
	if (!is_utf16_text(data) || add_section_name(c, data))
		return;
	/* A command line that systemd-boot or its stub passes on; with its NUL or without. */
	add(c, data);
	struct bytes text = before_nul16(data);
	if (text.n < data.n)
		add(c, text);
}

/*
 * What each type has the hash of: TCG PC Client Platform Firmware Profile 1.06, table "Event Types",
 * as firmware and boot loaders are seen to do it. Types that are not here have it of memory, of
 * files, or of nothing that is known.
 */
static void find_candidates(struct candidates *c, uint32_t type, struct bytes data)
{
	switch (type) {
	case TCG_EV_SEPARATOR:
		add_separator(c, data);
		break;
	case TCG_EV_S_CRTM_VERSION:
		add(c, data);
		break;
	case TCG_EV_EFI_GPT_EVENT:
	case TCG_EV_EFI_VARIABLE_DRIVER_CONFIG:
		add_all(c, data);
		break;
	case TCG_EV_EFI_VARIABLE_AUTHORITY:
		add_authority(c, data);
		break;
	case TCG_EV_ACTION:
	case TCG_EV_EFI_ACTION:
		add_action(c, data);
		break;
	case TCG_EV_EFI_VARIABLE_BOOT:
	case TCG_EV_EFI_VARIABLE_BOOT2:
		add_boot_variable(c, type, data);
		break;
	case TCG_EV_EVENT_TAG:
		add_tag(c, data);
		break;
	case TCG_EV_PLATFORM_CONFIG_FLAGS:
		add_platform_config(c, data);
		break;
	case TCG_EV_IPL:
		add_ipl(c, data);
		break;
	default:
		break;
	}
}

static void candidates_of(struct candidates *c, const struct log_event *ev)
{
	if (ev->hashed.p != NULL)
		add_all(c, ev->hashed);
	else if (ev->has_type && ev->extends && ev->data.p != NULL)
		find_candidates(c, ev->type, ev->data);
}

/* Which digests are the hash of these bytes. */
static int try_candidate(const struct log_event *ev, struct bytes candidate,
	struct hasher *const hasher[static HASH_COUNT], bool *ret_any,
	enum explanation ret[static EVENT_DIGESTS_MAX], struct err *err)
{
	*ret_any = false;
	for (size_t i = 0; i < ev->n_digests; i++) {
		const struct digest *d = &ev->digest[i].d;
		struct digest got;
		ret[i] = EXPLAINS_UNKNOWN;
		if (hasher[d->alg] == NULL)
			continue;
		if (hash_bytes(hasher[d->alg], candidate, &got, err) < 0)
			return -1;
		bool is = bytes_equal(digest_bytes(&got), digest_bytes(d));
		ret[i] = is ? EXPLAINS : EXPLAINS_NOT;
		*ret_any = *ret_any || is;
	}
	return 0;
}

enum explanation payload_explanation(
	const enum explanation of[static EVENT_DIGESTS_MAX], size_t n_digests)
{
	enum explanation all = EXPLAINS_UNKNOWN;
	for (size_t i = 0; i < n_digests; i++) {
		if (of[i] == EXPLAINS_NOT)
			return EXPLAINS_NOT;
		if (of[i] == EXPLAINS)
			all = EXPLAINS;
	}
	return all;
}

int payload_explain(const struct log_event *ev, struct hasher *const hasher[static HASH_COUNT],
	enum explanation ret[static EVENT_DIGESTS_MAX], struct err *err)
{
	struct candidates c = {0};
	bool any = ev->computed != HASH_NONE;
	if (!any)
		candidates_of(&c, ev);
	for (size_t i = 0; i < ev->n_digests && any; i++)
		ret[i] = EXPLAINS;
	/* Every bank has the hash of the same bytes: what one digest shows holds for all. */
	for (size_t i = 0; i < c.n && !any; i++)
		if (try_candidate(ev, c.of[i], hasher, &any, ret, err) < 0)
			return -1;
	bool instead = false;
	if (!any && c.instead.p != NULL &&
		try_candidate(ev, c.instead, hasher, &instead, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < ev->n_digests && instead; i++)
		ret[i] = ret[i] == EXPLAINS ? EXPLAINS_UNKNOWN : ret[i];
	for (size_t i = 0; i < ev->n_digests && !any && !instead; i++)
		ret[i] = c.must && hasher[ev->digest[i].d.alg] != NULL ? EXPLAINS_NOT
								       : EXPLAINS_UNKNOWN;
	if (payload_explanation(ret, ev->n_digests) == EXPLAINS_NOT)
		for (size_t i = 0; i < ev->n_digests; i++)
			ret[i] = EXPLAINS_NOT;
	return 0;
}

int payload_own_digest(
	const struct log_event *ev, struct hasher *hasher, struct digest *ret, struct err *err)
{
	struct candidates c = {0};
	candidates_of(&c, ev);
	*ret = (struct digest){0};
	return c.n == 0 ? 0 : hash_bytes(hasher, c.of[0], ret, err);
}
