/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log as OVMF, shim, GRUB and the kernel's EFI stub leave it, of as few events as show each kind.
 * Some digests are of what is not in the log (images, tables in memory); here that is a text.
 */
#include "ccel.h"

#include "hash.h"
#include "value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_SIZE 56
#define AREA_SIZE 0x10000
#define N_MRS 3 /* CC MR index 1 to 3: rtmr0 to rtmr2 */

/* TCG PC Client Platform Firmware Profile, section 10.4.1 */
enum {
	EV_NO_ACTION = 0x3,
	EV_SEPARATOR = 0x4,
	EV_EVENT_TAG = 0x6,
	EV_PLATFORM_CONFIG_FLAGS = 0xa,
	EV_IPL = 0xd,
};
#define EV_EFI_VARIABLE_DRIVER_CONFIG 0x80000001u
#define EV_EFI_VARIABLE_BOOT 0x80000002u
#define EV_EFI_BOOT_SERVICES_APPLICATION 0x80000003u
#define EV_EFI_GPT_EVENT 0x80000006u
#define EV_EFI_ACTION 0x80000007u
#define EV_EFI_PLATFORM_FIRMWARE_BLOB2 0x8000000au
#define EV_EFI_HANDOFF_TABLES2 0x8000000bu
#define EV_EFI_VARIABLE_AUTHORITY 0x800000e0u

/* GUIDs as they are stored: the first three fields little-endian. */
static const char global_variable[] =
	"\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c";
static const char image_security[] =
	"\xcb\xb2\x19\xd7\x3a\x3d\x96\x45\xa3\xbc\xda\xd0\x0e\x67\x65\x6f";
static const char cert_sha256[] =
	"\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28";
static const char hob_list[] = "\xaf\x96\xbb\x93\xf2\xb9\xb8\x4e\x94\x62\xe0\xba\x74\x56\x42\x36";

struct buf {
	uint8_t p[1024];
	size_t n;
};

static uint8_t table[TABLE_SIZE], area[AREA_SIZE];
static size_t area_n;
static uint8_t mrs[N_MRS][HASH_MAX];

static void put(struct buf *b, const void *p, size_t n)
{
	if (n > sizeof(b->p) - b->n)
		abort();
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void put_le(struct buf *b, uint64_t v, size_t bytes)
{
	for (; bytes; bytes--, v >>= 8) {
		uint8_t byte = (uint8_t)v;

		put(b, &byte, 1);
	}
}

static void put_text(struct buf *b, const char *s)
{
	put(b, s, strlen(s));
}

static void put_utf16(struct buf *b, const char *s)
{
	for (; *s; s++)
		put_le(b, (uint8_t)*s, 2);
}

static void append(const struct buf *b)
{
	if (b->n > AREA_SIZE - area_n)
		abort();
	memcpy(area + area_n, b->p, b->n);
	area_n += b->n;
}

/* A record of the log, TCG_PCR_EVENT2; the digest is that of hashed, and extended. */
static void add(uint32_t index, uint32_t type, const struct buf *data, struct view hashed)
{
	uint8_t digest[HASH_MAX] = {0};
	struct buf head = {.n = 0};

	if (type != EV_NO_ACTION) {
		hash_two("sha384", hashed.p, hashed.n, NULL, 0, digest);
		hash_extend("sha384", mrs[index - 1], digest);
	}
	put_le(&head, index, 4);
	put_le(&head, type, 4);
	put_le(&head, 1, 4);
	put_le(&head, 0xc, 2);
	put(&head, digest, 48);
	put_le(&head, data->n, 4);
	append(&head);
	append(data);
}

static void add_hashed(uint32_t index, uint32_t type, const struct buf *data)
{
	add(index, type, data, (struct view){data->p, data->n});
}

/* What was hashed is not in the log. */
static void add_outside(uint32_t index, uint32_t type, const struct buf *data, const char *what)
{
	add(index, type, data, (struct view){what, strlen(what)});
}

static void add_action(uint32_t index, const char *text)
{
	struct buf data = {.n = 0};

	put_text(&data, text);
	add_hashed(index, EV_EFI_ACTION, &data);
}

static void add_separator(uint32_t index)
{
	struct buf data = {.n = 4};

	add_hashed(index, EV_SEPARATOR, &data);
}

/* UEFI_VARIABLE_DATA; of a boot variable only the value is hashed. */
static void add_variable(
	uint32_t index, uint32_t type, const char *guid, const char *name, const struct buf *value)
{
	struct buf data = {.n = 0};

	put(&data, guid, 16);
	put_le(&data, strlen(name), 8);
	put_le(&data, value->n, 8);
	put_utf16(&data, name);
	put(&data, value->p, value->n);
	if (type == EV_EFI_VARIABLE_BOOT)
		add(index, type, &data, (struct view){value->p, value->n});
	else
		add_hashed(index, type, &data);
}

/* GRUB hashes what follows the prefix, without the NUL that it logs. */
static void add_grub(const char *prefix, const char *text)
{
	struct buf data = {.n = 0};

	put_text(&data, prefix);
	put_text(&data, text);
	put_le(&data, 0, 1);
	add_outside(3, EV_IPL, &data, text);
}

/* The header is a record in the layout of SHA-1's time: TCG_EfiSpecIdEvent, one algorithm. */
static void add_header(void)
{
	struct buf b = {.n = 0}, id = {.n = 0};

	put(&id, "Spec ID Event03", 16);
	put_le(&id, 0, 4); /* class */
	put_le(&id, 0, 1);
	put_le(&id, 2, 1);
	put_le(&id, 0, 1);
	put_le(&id, 2, 1); /* 64 bits */
	put_le(&id, 1, 4);
	put_le(&id, 0xc, 2);
	put_le(&id, 48, 2);
	put_le(&id, 0, 1);
	put_le(&b, 1, 4);
	put_le(&b, EV_NO_ACTION, 4);
	put(&b, (uint8_t[20]){0}, 20);
	put_le(&b, id.n, 4);
	append(&b);
	append(&id);
}

/* Where a reference manifest is: TCG_Sp800_155_PlatformId_Event3, with all that it may leave out. */
static void add_platform_id(void)
{
	struct buf b = {.n = 0};

	put_text(&b, "SP800-155 Event3");
	put_le(&b, 0, 4);
	put(&b, "\x10\x32\x54\x76\x98\xba\xdc\xfe\x01\x23\x45\x67\x89\xab\xcd\xef", 16);
	put(&b, "\x07tsmsim", 8); /* each string with its NUL */
	put(&b, "\x03TD", 4);
	put(&b, "\x01", 2);
	put(&b, "\x07tsmsim", 8);
	put_le(&b, 0, 4);
	put(&b,
		"\x02"
		"1",
		3);
	put_le(&b, 1, 4);
	put_le(&b, 29, 4);
	put(&b, "https://tsmsim.example/rim/1", 29);
	put_le(&b, 0, 4);
	put_le(&b, 0, 4);
	add(0, EV_NO_ACTION, &b, (struct view){NULL, 0});
}

static void add_firmware(void)
{
	struct buf hob = {.n = 0}, fv = {.n = 0}, acpi = {.n = 0};

	put(&hob, "\x09TdxTable", 10);
	put_le(&hob, 1, 8);
	put(&hob, hob_list, 16);
	put_le(&hob, 0x809000, 8);
	add_outside(1, EV_EFI_HANDOFF_TABLES2, &hob, "hand-off blocks");
	put(&fv,
		"\x29"
		"Fv(XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX)",
		42);
	put_le(&fv, 0xffc00000, 8);
	put_le(&fv, 0x84000, 8);
	add_outside(1, EV_EFI_PLATFORM_FIRMWARE_BLOB2, &fv, "configuration volume");
	put_text(&acpi, "ACPI DATA");
	add_outside(1, EV_PLATFORM_CONFIG_FLAGS, &acpi, "ACPI tables");
}

/* An EFI_SIGNATURE_LIST of one image. */
static void put_signatures(struct buf *b)
{
	put(b, cert_sha256, 16);
	put_le(b, 76, 4);
	put_le(b, 0, 4);
	put_le(b, 48, 4);
	put(b, image_security, 16);
	put(b, (uint8_t[32]){0xd1, 0x6e}, 32);
}

static void add_secure_boot(void)
{
	const uint32_t type = EV_EFI_VARIABLE_DRIVER_CONFIG;
	struct buf on = {{1}, 1}, none = {.n = 0}, db = {.n = 0};

	put_signatures(&db);
	add_variable(1, type, global_variable, "SecureBoot", &on);
	add_variable(1, type, global_variable, "PK", &none);
	add_variable(1, type, global_variable, "KEK", &none);
	add_variable(1, type, image_security, "db", &db);
	add_variable(1, type, image_security, "dbx", &none);
	add_separator(1);
}

/* EFI_LOAD_OPTION, its device path one file and the end. */
static void put_load_option(struct buf *b, const char *name, const char *file)
{
	size_t node = 4 + 2 * (strlen(file) + 1);

	put_le(b, 1, 4);
	put_le(b, node + 4, 2);
	put_utf16(b, name);
	put_le(b, 0, 2);
	put(b, "\x04\x04", 2);
	put_le(b, node, 2);
	put_utf16(b, file);
	put_le(b, 0, 2);
	put(b, "\x7f\xff\x04", 4);
}

static void add_boot_options(void)
{
	struct buf order = {{1, 0}, 2}, option = {.n = 0};

	put_load_option(&option, "debian", "\\EFI\\debian\\shimx64.efi");
	add_variable(1, EV_EFI_VARIABLE_BOOT, global_variable, "BootOrder", &order);
	add_variable(1, EV_EFI_VARIABLE_BOOT, global_variable, "Boot0001", &option);
	add_action(2, "Calling EFI Application from Boot Option");
	add_separator(2);
}

/* The header of a table with one entry, the EFI system partition. */
static void add_partitions(void)
{
	struct buf b = {.n = 0};

	put_text(&b, "EFI PART");
	put_le(&b, 0x10000, 4);
	put_le(&b, 92, 4);
	put(&b, (uint8_t[92 - 16]){0}, 92 - 16);
	put_le(&b, 1, 8);
	put(&b, "\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b", 16);
	put(&b, "\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x01", 16);
	put_le(&b, 2048, 8);
	put_le(&b, 206847, 8);
	put_le(&b, 0, 8);
	put_utf16(&b, "esp");
	put(&b, (uint8_t[128 - 56 - 6]){0}, 128 - 56 - 6);
	add_hashed(2, EV_EFI_GPT_EVENT, &b);
}

/* The certificate or hash by which firmware let shim run, and shim: UEFI_IMAGE_LOAD_EVENT. */
static void add_shim(void)
{
	struct buf authority = {.n = 0}, image = {.n = 0}, list = {.n = 0};
	const char *file = "\\EFI\\debian\\shimx64.efi";
	size_t node = 4 + 2 * (strlen(file) + 1);

	put(&authority, image_security, 16);
	put(&authority, (uint8_t[32]){0xd1, 0x6e}, 32);
	add_variable(1, EV_EFI_VARIABLE_AUTHORITY, image_security, "db", &authority);
	put_le(&image, 0x7d5f0018, 8);
	put_le(&image, 948768, 8);
	put_le(&image, 0, 8);
	put_le(&image, node + 4, 8);
	put(&image, "\x04\x04", 2);
	put_le(&image, node, 2);
	put_utf16(&image, file);
	put_le(&image, 0, 2);
	put(&image, "\x7f\xff\x04", 4);
	add_outside(2, EV_EFI_BOOT_SERVICES_APPLICATION, &image, "image of shim");
	put(&list, "MokList", 8);
	add_outside(3, EV_IPL, &list, "owner's keys");
}

static void add_boot_loader(void)
{
	struct buf kernel = {.n = 0};

	add_grub("grub_cmd: ", "set root=(hd0,gpt2)");
	put(&kernel, "(hd0,gpt2)/vmlinuz", 19);
	add_outside(3, EV_IPL, &kernel, "image of the kernel");
	add_grub("grub_cmd: ", "linux /vmlinuz root=/dev/vda2 ro");
	add_grub("kernel_cmdline: ", "/vmlinuz root=/dev/vda2 ro");
}

/* The kernel's EFI stub says what it measured by a tag, and the name of it. */
static void add_kernel(void)
{
	struct buf initrd = {.n = 0};

	put_le(&initrd, 0x8f3b22ec, 4);
	put_le(&initrd, 13, 4);
	put(&initrd, "Linux initrd", 13);
	add_outside(3, EV_EVENT_TAG, &initrd, "initial RAM disk");
	add_action(2, "Exit Boot Services Invocation");
	add_action(2, "Exit Boot Services Returned with Success");
}

static void make_log(void)
{
	add_header();
	add_platform_id();
	add_firmware();
	add_secure_boot();
	add_boot_options();
	add_partitions();
	add_shim();
	add_boot_loader();
	add_kernel();
	memset(area + area_n, 0xff, AREA_SIZE - area_n);
}

static void make_table(void)
{
	struct buf b = {.n = 0};
	uint8_t sum = 0;

	put_text(&b, "CCEL");
	put_le(&b, TABLE_SIZE, 4);
	put_le(&b, 1, 2); /* revision, and the checksum to come */
	put_text(&b, "TSMSIMTSMSIMTD");
	put_le(&b, 1, 4);
	put_text(&b, "TSIM");
	put_le(&b, 1, 4);
	put_le(&b, 2, 4); /* Intel TDX */
	put_le(&b, AREA_SIZE, 8);
	put_le(&b, 0x7f000000, 8);
	for (size_t i = 0; i < b.n; i++)
		sum = (uint8_t)(sum + b.p[i]);
	b.p[9] = (uint8_t)-sum;
	memcpy(table, b.p, TABLE_SIZE);
}

/* The files of sysfs */

static size_t table_size(const struct node *n, uint32_t gen)
{
	(void)n;
	(void)gen;
	return TABLE_SIZE;
}

static size_t area_size(const struct node *n, uint32_t gen)
{
	(void)n;
	(void)gen;
	return AREA_SIZE;
}

static int table_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	(void)n;
	(void)h;
	view_cut((struct view){table, TABLE_SIZE}, len, off, ret);
	return 0;
}

static int area_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	(void)n;
	(void)h;
	view_cut((struct view){area, AREA_SIZE}, len < RFCLOG_PAGE ? len : RFCLOG_PAGE, off, ret);
	return 0;
}

static const struct file_ops table_ops = {.size = table_size, .read = table_read};
static const struct file_ops area_ops = {.size = area_size, .read = area_read};

static int add_files(struct tree *t)
{
	struct node proto = {.path = "tables"};
	size_t data = tree_mkdirs(t, "firmware/acpi/tables/data"), tables;
	int rc;

	if (data == TREE_NONE)
		return -ENOMEM;
	tables = t->nodes[data].parent;
	rc = tree_file(t, tables, "CCEL", 0400, &table_ops, &proto);
	(void)snprintf(proto.path, sizeof(proto.path), "data");
	return rc ? rc : tree_file(t, data, "CCEL", 0400, &area_ops, &proto);
}

int ccel_build(struct sim *sim, struct provider *p, bool with_log)
{
	static const char *const names[N_MRS] = {"rtmr0", "rtmr1", "rtmr2"};

	memset(mrs, 0, sizeof(mrs));
	if (with_log) {
		make_log();
		make_table();
	}
	for (size_t i = 0; i < N_MRS; i++)
		provider_set(p, provider_mr(p, names[i]), mrs[i]);
	return with_log ? add_files(&sim->tree) : 0;
}
