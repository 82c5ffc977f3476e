/* SPDX-License-Identifier: Apache-2.0 */
#include "describe/guid.h"

#include <string.h>

/* In the order of the specifications that define them. */
static const struct {
	const char *guid, *name;
} known[] = {
	/* UEFI 2.10: vendors of variables, section 3.3 and 32.6.1 */
	{"8be4df61-93ca-11d2-aa0d-00e098032b8c", "EFI_GLOBAL_VARIABLE"},
	{"d719b2cb-3d3a-4596-a3bc-dad00e67656f", "EFI_IMAGE_SECURITY_DATABASE"},
	{"605dab50-e046-4300-abb6-3dd810dd8b23", "shim"},
	{"4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", "systemd-boot"},
	{"77fa9abd-0359-4d32-bd60-28f4e78f784b", "Microsoft"},
	/* UEFI 2.10, section 32.4.1: types of signature lists */
	{"a5c059a1-94e4-4aa7-87b5-ab155c2bf072", "X509"},
	{"c1c41626-504c-4092-aca9-41f936934328", "SHA256"},
	{"ff3e5307-9fd0-48c9-85f1-8ad56c701e01", "SHA384"},
	{"093e0fae-a6c4-4f50-9f1b-d41e2b89c19a", "SHA512"},
	{"826ca512-cf10-4ac9-b187-be01496631bd", "SHA1"},
	{"3c5766e8-269c-4e34-aa14-ed776e85b3b6", "RSA2048"},
	{"3bd2a492-96c0-4079-b420-fcf98ef103ed", "X509_SHA256"},
	/* UEFI 2.10, section 4.6: configuration tables */
	{"8868e871-e4f1-11d3-bc22-0080c73c8881", "ACPI 2.0"},
	{"eb9d2d30-2d88-11d3-9a16-0090273fc14d", "ACPI 1.0"},
	{"f2fd1544-9794-4a2c-992e-e5bbcf20e394", "SMBIOS 3"},
	{"eb9d2d31-2d88-11d3-9a16-0090273fc14d", "SMBIOS"},
	/* UEFI 2.10, section 5.3.3, and the Discoverable Partitions Specification */
	{"c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "EFI system"},
	{"21686148-6449-6e6f-744e-656564454649", "BIOS boot"},
	{"0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux data"},
	{"4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "Linux root x86-64"},
	{"2c7357ed-ebd2-46d9-aec1-23d437ec2bf5", "Linux root verity x86-64"},
	{"b921b045-1df0-41c3-af44-4c6f280d3fae", "Linux root arm64"},
	{"bc13c2ff-59e6-4262-a352-b275fd6f7172", "Linux extended boot"},
	{"0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "Linux swap"},
	{"e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM"},
	{"fe3a2a5d-4f32-41a7-b725-accc3285a309", "ChromeOS kernel"},
	{"3cb8e202-3b7e-47dd-8a3c-7ff2a13cfcec", "ChromeOS root"},
	{"2e0a753d-9e48-43b0-8337-b15192cb1b5e", "ChromeOS reserved"},
};

char *guid_str(char dst[static GUID_STR_ROOM], const uint8_t guid[static GUID_SIZE])
{
	/* Which byte comes where; the first of each group has a '-' before it. */
	static const uint8_t order[GUID_SIZE] = {
		3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	char *to = dst;
	for (size_t i = 0; i < GUID_SIZE; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		hex_put(to, (struct bytes){&guid[order[i]], 1});
		to += 2;
	}
	*to = '\0';
	return dst;
}

/* What the world calls it; NULL if it is not one of those known here. */
static const char *name_of(const char *guid)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].guid, guid) == 0)
			return known[i].name;
	return NULL;
}

void text_put_guid(struct text *t, struct bytes guid)
{
	char str[GUID_STR_ROOM];
	if (guid.n != GUID_SIZE)
		return;
	const char *name = name_of(guid_str(str, guid.p));
	text_put_utf8(t, bytes_of(str));
	if (name != NULL)
		text_put(t, " (%s)", name);
}

void text_put_guid_name(struct text *t, struct bytes guid)
{
	char str[GUID_STR_ROOM];
	if (guid.n != GUID_SIZE)
		return;
	const char *name = name_of(guid_str(str, guid.p));
	text_put_utf8(t, bytes_of(name != NULL ? name : str));
}
