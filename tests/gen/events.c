/* SPDX-License-Identifier: Apache-2.0 */
/* What events there are, and what their digests are of. */
#include "gen.h"

#include <stdlib.h>
#include <string.h>

static const struct type types[] = {
	/* TCG PC Client Platform Firmware Profile, section 10.4.1 */
	{"EV_PREBOOT_CERT", KIND_TCG, 0, RULE_DATA},
	{"EV_POST_CODE", KIND_TCG, 1, RULE_OUTSIDE},
	{"EV_NO_ACTION", KIND_TCG, 3, RULE_NONE},
	{"EV_SEPARATOR", KIND_TCG, 4, RULE_DATA},
	{"EV_ACTION", KIND_TCG, 5, RULE_DATA},
	{"EV_EVENT_TAG", KIND_TCG, 6, RULE_TAG},
	{"EV_S_CRTM_CONTENTS", KIND_TCG, 7, RULE_OUTSIDE},
	{"EV_S_CRTM_VERSION", KIND_TCG, 8, RULE_DATA},
	{"EV_CPU_MICROCODE", KIND_TCG, 9, RULE_OUTSIDE},
	{"EV_PLATFORM_CONFIG_FLAGS", KIND_TCG, 0x0a, RULE_OUTSIDE},
	{"EV_TABLE_OF_DEVICES", KIND_TCG, 0x0b, RULE_OUTSIDE},
	{"EV_COMPACT_HASH", KIND_TCG, 0x0c, RULE_OUTSIDE},
	{"EV_IPL", KIND_TCG, 0x0d, RULE_IPL},
	{"EV_IPL_PARTITION_DATA", KIND_TCG, 0x0e, RULE_OUTSIDE},
	{"EV_NONHOST_CODE", KIND_TCG, 0x0f, RULE_OUTSIDE},
	{"EV_NONHOST_CONFIG", KIND_TCG, 0x10, RULE_OUTSIDE},
	{"EV_NONHOST_INFO", KIND_TCG, 0x11, RULE_OUTSIDE},
	{"EV_OMIT_BOOT_DEVICE_EVENTS", KIND_TCG, 0x12, RULE_DATA},
	{"EV_EFI_VARIABLE_DRIVER_CONFIG", KIND_TCG, 0x80000001, RULE_DATA},
	{"EV_EFI_VARIABLE_BOOT", KIND_TCG, 0x80000002, RULE_VARIABLE},
	{"EV_EFI_BOOT_SERVICES_APPLICATION", KIND_TCG, 0x80000003, RULE_OUTSIDE},
	{"EV_EFI_BOOT_SERVICES_DRIVER", KIND_TCG, 0x80000004, RULE_OUTSIDE},
	{"EV_EFI_RUNTIME_SERVICES_DRIVER", KIND_TCG, 0x80000005, RULE_OUTSIDE},
	{"EV_EFI_GPT_EVENT", KIND_TCG, 0x80000006, RULE_DATA},
	{"EV_EFI_ACTION", KIND_TCG, 0x80000007, RULE_DATA},
	{"EV_EFI_PLATFORM_FIRMWARE_BLOB", KIND_TCG, 0x80000008, RULE_OUTSIDE},
	{"EV_EFI_HANDOFF_TABLES", KIND_TCG, 0x80000009, RULE_OUTSIDE},
	{"EV_EFI_PLATFORM_FIRMWARE_BLOB2", KIND_TCG, 0x8000000a, RULE_OUTSIDE},
	{"EV_EFI_HANDOFF_TABLES2", KIND_TCG, 0x8000000b, RULE_OUTSIDE},
	{"EV_EFI_VARIABLE_BOOT2", KIND_TCG, 0x8000000c, RULE_DATA},
	{"EV_EFI_HCRTM_EVENT", KIND_TCG, 0x80000010, RULE_DATA},
	{"EV_EFI_VARIABLE_AUTHORITY", KIND_TCG, 0x800000e0, RULE_DATA},
	{"EV_EFI_SPDM_FIRMWARE_BLOB", KIND_TCG, 0x800000e1, RULE_OUTSIDE},
	{"EV_EFI_SPDM_FIRMWARE_CONFIG", KIND_TCG, 0x800000e2, RULE_OUTSIDE},
	/* systemd: the first four have numbers in CEL-TLV */
	{"phase", KIND_SYSTEMD, 0, RULE_DATA},
	{"filesystem", KIND_SYSTEMD, 1, RULE_DATA},
	{"volume-key", KIND_SYSTEMD, 2, RULE_OUTSIDE},
	{"machine-id", KIND_SYSTEMD, 3, RULE_DATA},
	{"product-id", KIND_SYSTEMD, 4, RULE_DATA},
	{"keyslot", KIND_SYSTEMD, 5, RULE_DATA},
	{"nvpcr-init", KIND_SYSTEMD, 6, RULE_DATA},
	{"nvpcr-separator", KIND_SYSTEMD, 7, RULE_DATA},
	{"os-separator", KIND_SYSTEMD, 8, RULE_DATA},
	{"login", KIND_SYSTEMD, 9, RULE_DATA},
	/* Google Container-Optimized OS */
	{"cos:ImageRef", KIND_COS, 0, RULE_DATA},
	{"cos:ImageDigest", KIND_COS, 1, RULE_DATA},
	{"cos:RestartPolicy", KIND_COS, 2, RULE_DATA},
	{"cos:ImageID", KIND_COS, 3, RULE_DATA},
	{"cos:Arg", KIND_COS, 4, RULE_DATA},
	{"cos:EnvVar", KIND_COS, 5, RULE_DATA},
	{"cos:OverrideArg", KIND_COS, 6, RULE_DATA},
	{"cos:OverrideEnv", KIND_COS, 7, RULE_DATA},
	{"cos:LaunchSeparator", KIND_COS, 8, RULE_DATA},
	{"cos:MemoryMonitor", KIND_COS, 9, RULE_DATA},
	/* CEL management content */
	{"cel_version", KIND_CEL, 1, RULE_NONE},
	{"firmware_end", KIND_CEL, 2, RULE_NONE},
	{"cel_timestamp", KIND_CEL, 80, RULE_NONE},
	{"state_trans", KIND_CEL, 81, RULE_NONE},
	{"ima", KIND_IMA, 0, RULE_DATA},
	{"ima-ng", KIND_IMA, 0, RULE_DATA},
	{"ima-sig", KIND_IMA, 0, RULE_DATA},
	{"aael", KIND_AAEL, 6, RULE_DATA},
	{"dstack", KIND_DSTACK, 0x08000001, RULE_DATA},
	{"record", KIND_RECORD, 0, RULE_DATA},
	{"direct", KIND_DIRECT, 0, RULE_DATA},
	{"direct-failed", KIND_FAILED, 0, RULE_DATA},
	{"comment", KIND_COMMENT, 0, RULE_NONE},
};

struct type type_find(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i];
	if (strncmp(name, "0x", 2) != 0)
		die("'%s': no such type", name);
	return (struct type){NULL, KIND_TCG, (uint32_t)number(name, "the type"), RULE_DATA};
}

void event_payload(const struct event *e, const struct buf *data, struct buf *ret)
{
	if (e->type.kind == KIND_AAEL) {
		buf_le(ret, 0x4141454c, 4);
		buf_le(ret, data->n, 4);
	}
	buf_put(ret, data->p, data->n);
}

void cos_content(const struct event *e, const struct buf *data, struct buf *ret)
{
	buf_be(ret, 80, 1);
	buf_be(ret, data->n + 5, 4);
	buf_be(ret, e->type.number, 1);
	buf_be(ret, data->n, 4);
	buf_put(ret, data->p, data->n);
}

int ima_alg(const struct event *e)
{
	if (e->file_alg >= 0)
		return e->file_alg;
	return strcmp(e->type.name, "ima") == 0 ? SHA1 : SHA256;
}

/* Where the line gives none: of its path, which is as good as any. */
void ima_file_digest(const struct event *e, const struct buf *data, struct buf *ret)
{
	uint8_t digest[HASH_MAX] = {0};
	if (e->file_digest.n > 0) {
		buf_put(ret, e->file_digest.p, e->file_digest.n);
		return;
	}
	if (!e->violation)
		hash_two(ima_alg(e), data->p, data->n, NULL, 0, digest);
	buf_put(ret, digest, algs[ima_alg(e)].size);
}

/* The fields d and n: the digest alone, and the path in 256 bytes. */
static void ima_legacy(const struct event *e, const struct buf *data, bool hashed, struct buf *ret)
{
	ima_file_digest(e, data, ret);
	if (!hashed)
		buf_le(ret, data->n, 4);
	buf_put(ret, data->p, data->n);
	if (hashed && data->n < 256)
		buf_fill(ret, 0, 256 - data->n);
}

void ima_template(const struct event *e, const struct buf *data, bool hashed, struct buf *ret)
{
	struct buf digest = {0};
	if (strcmp(e->type.name, "ima") == 0) {
		ima_legacy(e, data, hashed, ret);
		return;
	}
	ima_file_digest(e, data, &digest);
	buf_le(ret, strlen(algs[ima_alg(e)].name) + 2 + digest.n, 4);
	buf_fmt(ret, "%s:", algs[ima_alg(e)].name);
	buf_fill(ret, 0, 1);
	buf_put(ret, digest.p, digest.n);
	buf_le(ret, data->n + 1, 4);
	buf_put(ret, data->p, data->n);
	buf_fill(ret, 0, 1);
	if (strcmp(e->type.name, "ima-sig") == 0) {
		buf_le(ret, e->sig.n, 4);
		buf_put(ret, e->sig.p, e->sig.n);
	}
	buf_free(&digest);
}

/* Version 1 as bytes, version 2 as the JSON of RFC 8785. */
static void dstack_bytes(
	const struct gen *g, const struct event *e, const struct buf *data, struct buf *ret)
{
	const char *name = e->name != NULL ? e->name : "";
	if (g->format->flags & F_DSTACK_V2) {
		buf_str(ret, "{\"name\":");
		buf_json(ret, name, strlen(name));
		buf_str(ret, ",\"payload\":\"");
		buf_hex(ret, data->p, data->n);
		buf_str(ret, "\",\"type\":134217729}");
	} else {
		buf_le(ret, 0x08000001, 4);
		buf_str(ret, ":");
		buf_str(ret, name);
		buf_str(ret, ":");
		buf_put(ret, data->p, data->n);
	}
}

static void variable_bytes(const struct buf *data, struct buf *ret)
{
	uint64_t name = 0;
	if (data->n < 32)
		die("EV_EFI_VARIABLE_BOOT: the data is no var:");
	for (int i = 7; i >= 0; i--)
		name = name << 8 | data->p[16 + i];
	if (name > (data->n - 32) / 2)
		die("EV_EFI_VARIABLE_BOOT: the data is no var:");
	buf_put(ret, data->p + 32 + 2 * name, data->n - 32 - 2 * (size_t)name);
}

/* GRUB hashes what follows its prefix, up to the NUL; systemd-stub the ASCII name, with NUL, of a section. */
static void ipl_bytes(const struct buf *data, struct buf *ret)
{
	static const char *const prefixes[] = {
		"grub_cmd: ", "kernel_cmdline: ", "module_cmdline: "};
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t n = strlen(prefixes[i]);
		if (data->n >= n && memcmp(data->p, prefixes[i], n) == 0) {
			const uint8_t *text = data->p + n, *nul = memchr(text, 0, data->n - n);
			buf_put(ret, text, nul != NULL ? (size_t)(nul - text) : data->n - n);
			return;
		}
	}
	if (data->n >= 4 && memcmp(data->p, ".\0", 2) == 0 && data->p[data->n - 2] == 0)
		for (size_t i = 0; i < data->n; i += 2)
			buf_put(ret, data->p + i, 1);
	else
		buf_put(ret, data->p, data->n);
}

static bool tcg_bytes(const struct event *e, const struct buf *data, struct buf *ret)
{
	static const uint8_t agent[] = "LEAA";
	switch (e->type.rule) {
	case RULE_DATA:
	case RULE_NONE:
		buf_put(ret, data->p, data->n);
		return true;
	case RULE_VARIABLE:
		variable_bytes(data, ret);
		return true;
	case RULE_IPL:
		ipl_bytes(data, ret);
		return true;
	case RULE_TAG:
		buf_put(ret, data->p, data->n);
		return data->n >= 8 && memcmp(data->p, agent, 4) == 0;
	case RULE_OUTSIDE:
		break;
	}
	buf_put(ret, data->p, data->n);
	return false;
}

bool hashed_bytes(
	const struct gen *g, const struct event *e, const struct buf *data, struct buf *ret)
{
	if (e->has_of) {
		buf_put(ret, e->of.p, e->of.n);
		return true;
	}
	switch (e->type.kind) {
	case KIND_COS:
		cos_content(e, data, ret);
		return true;
	case KIND_IMA:
		ima_template(e, data, true, ret);
		return true;
	case KIND_DSTACK:
		dstack_bytes(g, e, data, ret);
		return true;
	case KIND_AAEL:
		if (g->format->flags & F_TEXT)
			buf_put(ret, data->p, data->n);
		else
			event_payload(e, data, ret);
		return true;
	case KIND_TCG:
	case KIND_SYSTEMD:
	case KIND_CEL:
	case KIND_RECORD:
	case KIND_DIRECT:
	case KIND_FAILED:
	case KIND_COMMENT:
		break;
	}
	return tcg_bytes(e, data, ret);
}
