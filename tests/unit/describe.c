/* SPDX-License-Identifier: Apache-2.0 */
/* What events say to people, of structures that are put together here byte by byte. */
#include "describe/describe.h"

#include <unistd.h>

#include "base/input.h"
#include "check.h"
#include "feed.h"
#include "formats/tcg_names.h"

#define GLOBAL "61dfe48bca93d211aa0d00e098032b8c"
#define GLOBAL_SAYS "8be4df61-93ca-11d2-aa0d-00e098032b8c (EFI_GLOBAL_VARIABLE)"
#define DATABASE "cbb219d73a3d9645a3bcdad00e67656f"
#define DATABASE_SAYS "d719b2cb-3d3a-4596-a3bc-dad00e67656f (EFI_IMAGE_SECURITY_DATABASE)"
#define MICROSOFT "bd9afa775903324dbd6028f4e78f784b"
#define X509 "a159c0a5e494a74a87b5ab155c2bf072"
#define SHA256 "2616c4c14c509240aca941f936934328"
#define ODD_GUID "00112233445566778899aabbccddeeff"
#define ODD_GUID_SAYS "33221100-5544-7766-8899-aabbccddeeff"

static void check_text(const char *text, size_t n, size_t room)
{
	CHECK(n < room && text[n] == '\0');
	CHECK(utf8_valid((struct bytes){(const uint8_t *)text, n}));
}

/* In what a test expects, 1 stands for a NUL, which C's strings cannot have. */
static void mark_nuls(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = '\1';
}

/* With little room it is the same, only cut, and says so. */
static void check_rooms(const struct log_event *ev, const char *full, size_t n)
{
	for (size_t room = 4; room < n + 8; room++) {
		char *ret = malloc(room);
		CHECK(ret != NULL);
		size_t got = event_describe(ev, ret, room);
		check_text(ret, got, room);
		mark_nuls(ret, got);
		if (room > n)
			CHECK(got == n);
		else
			CHECK(got >= 3 && strcmp(ret + got - 3, "...") == 0);
		CHECK(memcmp(ret, full, room > n ? n : got - 3) == 0);
		free(ret);
	}
}

/* The description of data of exactly this size, so that a byte read beyond it is seen. */
static void describe(uint32_t type, struct bytes data, char *ret, size_t room)
{
	uint8_t *exact = malloc(data.n + (data.n == 0));
	CHECK(exact != NULL);
	if (data.n > 0)
		memcpy(exact, data.p, data.n);
	struct log_event ev = {.has_type = true, .type = type, .data = {exact, data.n}};
	size_t n = event_describe(&ev, ret, room);
	check_text(ret, n, room);
	mark_nuls(ret, n);
	free(exact);
}

static bool is_malformed(const char *says)
{
	size_t n = strlen(says);
	return n >= 9 && strcmp(says + n - 9, "malformed") == 0;
}

static void says_bytes(uint32_t type, struct bytes data, const char *want)
{
	char got[4096];
	describe(type, data, got, sizeof(got));
	CHECK_STR(got, want);
	struct log_event ev = {.has_type = true, .type = type, .data = data};
	check_rooms(&ev, got, strlen(got));
	for (size_t n = 0; n < data.n; n++)
		describe(type, (struct bytes){data.p, n}, got, sizeof(got));
}

static void says(uint32_t type, const char *hex, const char *want)
{
	struct text t = {0};
	text_unhex(&t, hex);
	says_bytes(type, text_bytes(&t), want);
	text_free(&t);
}

/* And cut before its end, anywhere from byte `from` on, it is malformed; before, it may be text. */
static void says_whole_from(uint32_t type, size_t from, const char *hex, const char *want)
{
	struct text t = {0};
	char got[4096];
	says(type, hex, want);
	CHECK(!is_malformed(want));
	text_unhex(&t, hex);
	for (size_t n = from; n < t.n; n++) {
		describe(type, (struct bytes){t.p, n}, got, sizeof(got));
		if (!is_malformed(got))
			check_failed(__FILE__, __LINE__, "%zu bytes of '%s' say '%s'", n, hex, got);
	}
	text_free(&t);
}

static void says_whole(uint32_t type, const char *hex, const char *want)
{
	says_whole_from(type, 0, hex, want);
}

static void says_text(uint32_t type, const char *data, size_t n, const char *want)
{
	says_bytes(type, (struct bytes){(const uint8_t *)data, n}, want);
}

#define SAYS_TEXT(type, data, want) says_text(type, data, sizeof(data) - 1, want)

static void test_text(void)
{
	SAYS_TEXT(TCG_EV_EFI_ACTION, "Exit Boot Services Invocation",
		"Exit Boot Services Invocation");
	SAYS_TEXT(TCG_EV_IPL, "grub_cmd: set x=1\0", "grub_cmd: set x=1");
	SAYS_TEXT(TCG_EV_IPL, "grub_cmd set x\0\x9f", "grub_cmd set x");
	SAYS_TEXT(TCG_EV_IPL, "grub_kernel_cmdline x\0y", "grub_kernel_cmdline x");
	/* What stands behind a NUL may have been hashed; padding says nothing. */
	SAYS_TEXT(TCG_EV_EFI_ACTION, "shown\0hidden", "shown\1hidden");
	SAYS_TEXT(TCG_EV_EFI_ACTION, "shown\0\0hidden\0\0", "shown\1\1hidden");
	SAYS_TEXT(TCG_EV_EFI_ACTION, "\0hidden", "\1hidden");
	SAYS_TEXT(TCG_EV_EFI_ACTION, "shown\0\x02hidden", "");
	SAYS_TEXT(TCG_EV_IPL, "grub_cmd: linux ro\0init=/bin/evil\0",
		"grub_cmd: linux ro\1init=/bin/evil");
	SAYS_TEXT(TCG_EV_IPL, "grub_cmd: x\0y", "grub_cmd: x\1y");
	SAYS_TEXT(TCG_EV_IPL, "grub_cmd x\0yz", "grub_cmd x\1yz");
	SAYS_TEXT(TCG_EV_IPL, "kernel_cmdline: x\0y", "kernel_cmdline: x\1y");
	SAYS_TEXT(TCG_EV_IPL, "r\0o\0\0\0q\0", "r\1o\1\1\1q");
	SAYS_TEXT(TCG_EV_IPL, "two\n\tlines\0", "two\n\tlines");
	SAYS_TEXT(TCG_EV_IPL, ".\0l\0i\0n\0u\0x\0\0\0", ".linux");
	SAYS_TEXT(TCG_EV_IPL, "r\0o\0 \0q\0", "ro q");
	SAYS_TEXT(TCG_EV_IPL, "caf\xc3\xa9", "caf\xc3\xa9");
	SAYS_TEXT(TCG_EV_IPL, "\x1b[2J", "");
	SAYS_TEXT(TCG_EV_IPL, "bad\xff", "");
	SAYS_TEXT(TCG_EV_IPL, "", "");
	SAYS_TEXT(TCG_EV_IPL, "\0\0", "");
	SAYS_TEXT(0xc, "\1\2\3\4", "");
	SAYS_TEXT(0x12345, "text", "text");
	SAYS_TEXT(TCG_EV_S_CRTM_VERSION, "v\0001\0\0\0", "v1");
	says(TCG_EV_S_CRTM_VERSION, ODD_GUID, ODD_GUID_SAYS);
	SAYS_TEXT(TCG_EV_S_CRTM_VERSION, "\1\2\3", "");
}

/* What the reader found out goes before the data, and is made safe. */
static void test_readers_text(void)
{
	static const char text[] = "two\xff words\0hidden";
	char got[64];
	struct log_event ev = {.text = {(const uint8_t *)text, sizeof(text) - 1}};
	event_describe(&ev, got, sizeof(got));
	mark_nuls(got, sizeof("two\xef\xbf\xbd words\1hidden") - 1);
	CHECK_STR(got, "two\xef\xbf\xbd words\1hidden");
	check_rooms(&ev, got, strlen(got));
	ev = (struct log_event){.data = {(const uint8_t *)"plain", 5}};
	event_describe(&ev, got, sizeof(got));
	CHECK_STR(got, "plain");
	/* A character is there whole or not at all. */
	ev.text = bytes_of("\xe2\x82\xac\xf0\x9f\x98\x80");
	event_describe(&ev, got, sizeof(got));
	check_rooms(&ev, got, 7);
	ev.text = bytes_of("");
	CHECK_U64(event_describe(&ev, got, sizeof(got)), 0);
	ev = (struct log_event){0};
	CHECK_U64(event_describe(&ev, got, sizeof(got)), 0);
}

static void test_separator(void)
{
	says(TCG_EV_SEPARATOR, "00000000", "normal, 00000000");
	says(TCG_EV_SEPARATOR, "ffffffff", "normal, ffffffff");
	says_whole(TCG_EV_SEPARATOR, "ffffffff", "normal, ffffffff");
	says(TCG_EV_SEPARATOR, "01000000", "error, 01000000");
	says(TCG_EV_SEPARATOR, "5742434c", "Windows, WBCL");
	says(TCG_EV_SEPARATOR, "00000001", "00000001, malformed");
	says(TCG_EV_SEPARATOR, "", "malformed");
	says(TCG_EV_SEPARATOR, "78", "x, malformed");
}

static void add_le64(struct text *t, uint64_t v)
{
	text_le32(t, (uint32_t)v);
	text_le32(t, (uint32_t)(v >> 32));
}

static void add_utf16(struct text *t, const char *ascii)
{
	for (; *ascii != '\0'; ascii++)
		text_le16(t, (uint8_t)*ascii);
}

static void add_variable(struct text *t, const char *guid, const char *name, const char *value)
{
	struct text v = {0};
	text_unhex(&v, value);
	text_unhex(t, guid);
	add_le64(t, strlen(name));
	add_le64(t, v.n);
	add_utf16(t, name);
	text_add(t, text_bytes(&v));
	text_free(&v);
}

/* A variable of this type of event says NAME-GUID: and then `want`; cut, it is malformed. */
static void says_variable(uint32_t type, const char *guid, const char *guid_says, const char *name,
	const char *value, const char *want)
{
	struct text t = {0};
	char all[1024], got[1024];
	snprintf(all, sizeof(all), "%s-%s: %s", name, guid_says, want);
	add_variable(&t, guid, name, value);
	says_bytes(type, text_bytes(&t), all);
	for (size_t n = 0; n < t.n; n++) {
		describe(type, (struct bytes){t.p, n}, got, sizeof(got));
		CHECK(is_malformed(got));
	}
	text_free(&t);
}

static void says_global(const char *name, const char *value, const char *want)
{
	says_variable(TCG_EV_EFI_VARIABLE_BOOT, GLOBAL, GLOBAL_SAYS, name, value, want);
}

static void says_db(uint32_t type, const char *value, const char *want)
{
	says_variable(type, DATABASE, DATABASE_SAYS, "db", value, want);
}

static void test_variables(void)
{
	const uint32_t config = TCG_EV_EFI_VARIABLE_DRIVER_CONFIG;
	says_global("SecureBoot", "01", "on");
	says_global("SecureBoot", "00", "off");
	says_global("SecureBoot", "02", "02");
	says_global("SecureBoot", "", "not set");
	says_global("Secure", "01", "01");
	says_global("SecureBoots", "01", "01");
	says_global("A", "48690a00", "Hi\n");
	says_variable(config, ODD_GUID, ODD_GUID_SAYS, "x", "000102030405060708", "9 bytes");
	says_variable(config, ODD_GUID, ODD_GUID_SAYS, "x", "0001020304050607", "0001020304050607");
	says(config, ODD_GUID "0400000000000000 0300000000000000 00d8 4100 3dd8 00de 736179",
		"\xef\xbf\xbd"
		"A\xf0\x9f\x98\x80-" ODD_GUID_SAYS ": say");
	/* A name has as many characters as its size says: none is hidden. */
	says(config, GLOBAL "0400000000000000 0100000000000000 4100 0000 4200 0000 01",
		"A\1B\1-" GLOBAL_SAYS ": 01");
	/* Behind the value there is nothing; sizes near the limits of their types. */
	says(config, GLOBAL "0100000000000000 0100000000000000 4100 0101",
		"A-" GLOBAL_SAYS ": 01, malformed");
	says(config, GLOBAL "ffffffffffffff7f 0000000000000000 4100", "malformed");
	says(config, GLOBAL "0100000000000080 0000000000000000 4100", "malformed");
	says(config, GLOBAL "0100000000000000 ffffffffffffffff 4100",
		"A-" GLOBAL_SAYS ": , malformed");
}

static void test_boot_variables(void)
{
	says_global("BootOrder", "01000a00", "0001, 000A");
	says_global("BootOrder", "01000a", "0001, malformed");
	says_global("BootNext", "1000", "0010");
	says_global("ConOut", "0101060000037fff0400", "Pci(0x3,0x0)");
	says_global("Boot000A", "01000000 0a00 4f0053000000 010106000003 7fff0400 0102",
		"\"OS\", active, Pci(0x3,0x0), 2 bytes of options");
	says_global("Boot0001", "08000000 0400 41000000 7fff0400", "\"A\", inactive, hidden, ");
	says_global("SysPrep0001", "01000000 0400 0000 7fff0400", "\"\", active, ");
	/* A path longer than what is left or without an end, a name without an end. */
	says_global("Boot0001", "01000000 0500 41000000 7fff0400", "\"A\", active, malformed");
	says_global("Boot0001", "01000000 0600 41000000 010106000003",
		"\"A\", active, Pci(0x3,0x0), malformed");
	says_global("Boot0001", "01000000 0000 4100", ", malformed");
	says_global("Boot0001", "", ", malformed");
	says_global("Boot000G", "05", "05");
	says_global("Boot00010", "05", "05");
}

#define HASH32 ODD_GUID ODD_GUID

static void test_signatures(void)
{
	const uint32_t config = TCG_EV_EFI_VARIABLE_DRIVER_CONFIG;
	const uint32_t authority = TCG_EV_EFI_VARIABLE_AUTHORITY;
	says_db(config, "", "not set");
	says_db(config,
		X509 "2e000000 00000000 12000000" MICROSOFT "3082" X509
		     "31000000 01000000 14000000 ff" MICROSOFT "30820001" SHA256
		     "7c000000 00000000 30000000" MICROSOFT HASH32 MICROSOFT HASH32 X509
		     "2e000000 00000000 12000000" MICROSOFT "3082",
		"2 X509, 2 SHA256, 1 X509");
	says_db(config, ODD_GUID "2d000000 00000000 11000000" MICROSOFT "ff", "1 " ODD_GUID_SAYS);
	says_db(config, X509 "1c000000 00000000 12000000", "0 X509");
	/* No whole number of signatures, no room for an owner, lists that are longer than what is left. */
	says_db(config, X509 "2f000000 00000000 12000000" MICROSOFT "308200", ", malformed");
	says_db(config, X509 "2c000000 00000000 10000000" MICROSOFT, ", malformed");
	says_db(config, X509 "2c000000 00000000 00000000" MICROSOFT, ", malformed");
	says_db(config, X509 "2e000000 13000000 12000000" MICROSOFT "3082", ", malformed");
	says_db(config, X509 "2f000000 00000000 12000000" MICROSOFT "3082", ", malformed");
	says_db(config, X509 "1b000000 00000000 12000000", ", malformed");
	says_db(config, X509 "00000000 00000000 12000000", ", malformed");
	says_db(config, X509 "ffffffff ffffffff ffffffff", ", malformed");
	says_db(config, X509 "2e000000 00000000 12000000" MICROSOFT "3082 00", "1 X509, malformed");

	says_db(authority, MICROSOFT "30820001ff",
		"certificate of 5 bytes, owner 77fa9abd-0359-4d32-bd60-28f4e78f784b (Microsoft)");
	says_db(authority, MICROSOFT "30820001ffff",
		"signature of 6 bytes, owner 77fa9abd-0359-4d32-bd60-28f4e78f784b (Microsoft)");
	says_db(authority, "3082000d 000102030405060708090a0b0c", "certificate of 17 bytes");
	says_db(authority, "3082000d 000102030405060708090a0b",
		"owner 0d008230-0100-0302-0405-060708090a0b");
	says_db(authority, ODD_GUID "00", "signature of 1 bytes, owner " ODD_GUID_SAYS);
	says_db(authority, ODD_GUID, "owner " ODD_GUID_SAYS);
	says_db(authority, "01", "01");
	/* shim's own: what it was built with. */
	says_variable(authority, DATABASE, DATABASE_SAYS, "vendor_db", MICROSOFT "30820001ff",
		"certificate of 5 bytes, owner 77fa9abd-0359-4d32-bd60-28f4e78f784b (Microsoft)");
	says_variable(authority, ODD_GUID, ODD_GUID_SAYS, "vendor_cert", ODD_GUID "30820001ff",
		"certificate of 5 bytes, owner " ODD_GUID_SAYS);
	says_variable(authority, ODD_GUID, ODD_GUID_SAYS, "vendor_cert", "30820001ff",
		"certificate of 5 bytes");
	says_variable(config, DATABASE, DATABASE_SAYS, "vendor_db",
		X509 "2e000000 00000000 12000000" MICROSOFT "3082", "1 X509");
}

/* The path of an image that was loaded; its last node is added. */
static void says_path_end(const char *hex, const char *end, const char *want)
{
	struct text t = {0}, path = {0};
	char all[1024];
	text_unhex(&path, hex);
	text_unhex(&path, end);
	add_le64(&t, 0x7d6a4018);
	add_le64(&t, 966664);
	add_le64(&t, 0);
	add_le64(&t, path.n);
	text_add(&t, text_bytes(&path));
	snprintf(all, sizeof(all), "966664 bytes at 0x7d6a4018, %s", want);
	says_bytes(TCG_EV_EFI_BOOT_SERVICES_APPLICATION, text_bytes(&t), all);
	for (size_t n = 0; n < t.n; n++) {
		describe(TCG_EV_EFI_BOOT_SERVICES_DRIVER, (struct bytes){t.p, n}, all, sizeof(all));
		CHECK(is_malformed(all));
	}
	text_free(&path);
	text_free(&t);
}

static void says_path(const char *hex, const char *want)
{
	says_path_end(hex, "7fff0400", want);
}

static void test_paths(void)
{
	says_path("02010c00 d041030a 00000000"
		  "01010600 0103"
		  "04012a00 0f000000 0028000000000000"
		  "0050030000000000" ODD_GUID "0202"
		  "04040e00 5c0045004600490000 00",
		"PciRoot(0x0)/Pci(0x3,0x1)/HD(15,GPT," ODD_GUID_SAYS ",0x2800,0x35000)/\\EFI");
	says_path("02010c00 d041080a 01000000", "PcieRoot(0x1)");
	says_path("02010c00 d0410406 01000000", "Floppy(0x1)");
	says_path("02010c00 d041bc0a 01000000", "Acpi(PNP0ABC,0x1)");
	says_path("02010c00 11223344 01000000", "Acpi(0x44332211,0x1)");
	says_path("02030800 00010080", "AcpiAdr(0x80000100)");
	says_path("01020500 01", "PcCard(0x1)");
	says_path("01031800 0b000000 0010000000000000 ff1f000000000000",
		"MemoryMapped(0xb,0x1000,0x1fff)");
	says_path("01041400" ODD_GUID, "VenHw(" ODD_GUID_SAYS ")");
	says_path("01041600" ODD_GUID "0a0b", "VenHw(" ODD_GUID_SAYS ",0a0b)");
	says_path("01050800 02000000", "Ctrl(0x2)");
	says_path("03010800 01000200", "Ata(Secondary,Master,0x2)");
	says_path("03020800 01000200", "Scsi(0x1,0x2)");
	says_path("03031800 00000000 0100000000000000 0200000000000000", "Fibre(0x1,0x2)");
	says_path("03050600 0102", "USB(0x1,0x2)");
	says_path("030a1400" ODD_GUID, "VenMsg(" ODD_GUID_SAYS ")");
	says_path("030f0b00 34127856 010203", "UsbClass(0x1234,0x5678,0x1,0x2,0x3)");
	says_path("03110500 07", "Unit(0x7)");
	says_path("03120a00 0100 ffff 0000", "Sata(0x1,0xffff,0x0)");
	says_path("03171000 01000000 0123456789abcdef", "NVMe(0x1,ef-cd-ab-89-67-45-23-01)");
	says_path("03180c00 687474703a2f2f78", "Uri(http://x)");
	says_path("03180400", "Uri()");
	says_path("030e1300 00000000 00c2010000000000 080101", "Uart(115200,8,N,1)");
	says_path("030e1300 00000000 0000000000000000 08ff02", "Uart(DEFAULT,8,x,1.5)");
	says_path("04021800 01000000 1000000000000000 2000000000000000", "CDROM(0x1,0x10,0x20)");
	says_path("04012a00 01000000 0100000000000000 0200000000000000 "
		  "44332211000000000000000000000000"
		  "0101",
		"HD(1,MBR,0x11223344,0x1,0x2)");
	says_path("04012a00 01000000 0100000000000000 0200000000000000 "
		  "00000000000000000000000000000000"
		  "0100",
		"HD(1,0,0,0x1,0x2)");
	says_path("04031400" ODD_GUID "0404 0a00 610062000000", "VenMedia(" ODD_GUID_SAYS ")/ab");
	says_path("04051400" ODD_GUID, "Media(" ODD_GUID_SAYS ")");
	says_path("04071400" ODD_GUID "04061400" ODD_GUID,
		"Fv(" ODD_GUID_SAYS ")/FvFile(" ODD_GUID_SAYS ")");
	says_path("04081800 00000000 0100000000000000 0200000000000000", "Offset(0x1,0x2)");
	says_path("05010b00 0200 0000 687800", "BBS(HD,hx)");
	says_path("05010900 80000000 00", "BBS(0x80,)");
}

static void test_network_paths(void)
{
	says_path("030b2500 525400123456"
		  "0000000000000000000000000000000000000000000000000000"
		  "01",
		"MAC(525400123456,0x1)");
	says_path("030c1b00 0a000002 0a000001 0000 5000 0600 01 0a0000fe ffffff00",
		"IPv4(10.0.0.1,TCP,Static,10.0.0.2,10.0.0.254,255.255.255.0)");
	says_path("030c1300 00000000 00000000 0000 0000 1100 00", "IPv4(0.0.0.0,UDP,DHCP,0.0.0.0)");
	says_path("030d3c00 fe800000000000000000000000000001 20010db8000000000000000000000001"
		  "0000 0000 0300 01 40 fe800000000000000000000000000002",
		"IPv6(2001:db8::1,0x3,StatelessAutoConfigure,fe80::1,0x40,fe80::2)");
	says_path("030d2b00 00000000000000000000000000000000 00000000000000000000000000000000"
		  "0000 0000 0600 07",
		"IPv6(::,TCP,0x7,::)");
}

static void test_odd_paths(void)
{
	/* Two instances; what comes behind the end; nodes that nobody knows, or that are too short. */
	says_path("03110500 01 7f010400 03110500 02", "Unit(0x1),Unit(0x2)");
	says_path("01070500 aa"
		  "02ff0400"
		  "03ff0500 bb"
		  "04ff0500 cc"
		  "05020500 dd"
		  "06010500 ee",
		"HardwarePath(7,aa)/AcpiPath(255)/Msg(255,bb)/MediaPath(255,cc)/BbsPath(2,dd)/"
		"Path(6,1,ee)");
	says_path("01010500 01", "HardwarePath(1,01)");
	says_path("04012900 01000000 0100000000000000 0200000000000000" ODD_GUID "02",
		"MediaPath(1,0100000001000000000000000200000000000000"
		"00112233445566778899aabbccddeeff02)");
	says_path("7f050400", "Path(127,5)");
	/* A node of less than its head, or of more than there is. */
	says_path_end("01010600 0103", "01010300", "Pci(0x3,0x1), malformed");
	says_path_end("01010600 0103", "00000000", "Pci(0x3,0x1), malformed");
	says_path_end("01010600 0103", "0101ffff", "Pci(0x3,0x1), malformed");
	says_path_end("01010600 0103", "7fff05", "Pci(0x3,0x1), malformed");
	says_path_end("01010600 0103", "", "Pci(0x3,0x1), malformed");
	says_path_end("", "01", ", malformed");
	says(TCG_EV_EFI_RUNTIME_SERVICES_DRIVER,
		"0010000000000000 0200000000000000 0000000000000000 0000000000000000",
		"2 bytes at 0x1000");
	says(TCG_EV_EFI_RUNTIME_SERVICES_DRIVER,
		"0010000000000000 0200000000000000 0000000000000000 ffffffffffffffff 7fff0400",
		"2 bytes at 0x1000, malformed");
}

/* Names of files, of addresses and of devices end with a NUL or with their node. */
static void test_names_in_paths(void)
{
	says_path("04040c00 4100000042000000", "A\1B");
	says_path("04040900 4100000042", "A\1\xef\xbf\xbd");
	says_path("03180800 61006200", "Uri(a\1b)");
	says_path("05010c00 0200 0000 68007800", "BBS(HD,h\1x)");
}

static void add_gpt(struct text *t, uint32_t size, uint64_t n, size_t entries)
{
	text_unhex(t, "4546492050415254");
	text_fill(t, 'h', 48);
	text_unhex(t, ODD_GUID);
	text_fill(t, 'h', 12);
	text_le32(t, size);
	text_fill(t, 'h', 4);
	add_le64(t, n);
	for (size_t i = 0; i < entries; i++) {
		text_unhex(t, "28732ac11ff8d211ba4b00a0c93ec93b");
		text_unhex(t, ODD_GUID);
		add_le64(t, 2048);
		add_le64(t, 4095 + i);
		add_le64(t, 0);
		add_utf16(t, "a b");
		text_fill(t, '\0', 72 - 6);
		if (size > 128)
			text_fill(t, 'r', size - 128);
	}
}

static void says_gpt(
	uint32_t size, uint64_t n, size_t entries, const char *behind, const char *want)
{
	struct text t = {0};
	add_gpt(&t, size, n, entries);
	text_str(&t, behind);
	says_bytes(TCG_EV_EFI_GPT_EVENT, text_bytes(&t), want);
	text_free(&t);
}

static void test_gpt(void)
{
#define PARTITION ", \"a b\" c12a7328-f81f-11d2-ba4b-00a0c93ec93b (EFI system) 2048-"
	says_gpt(128, 0, 0, "", "disk " ODD_GUID_SAYS);
	says_gpt(128, 2, 2, "", "disk " ODD_GUID_SAYS PARTITION "4095" PARTITION "4096");
	says_gpt(128, 2, 1, "", "disk " ODD_GUID_SAYS PARTITION "4095, malformed");
	says_gpt(128, 1, 1, "x", "disk " ODD_GUID_SAYS PARTITION "4095, malformed");
	says_gpt(256, 2, 2, "", "disk " ODD_GUID_SAYS PARTITION "4095" PARTITION "4096");
	says_gpt(256, 2, 1, "", "disk " ODD_GUID_SAYS PARTITION "4095, malformed");
	says_gpt(127, 1, 1, "", "malformed");
	says_gpt(0, UINT64_MAX, 0, "", "malformed");
	says_gpt(128, UINT64_MAX, 0, "", "disk " ODD_GUID_SAYS ", malformed");
	SAYS_TEXT(TCG_EV_EFI_GPT_EVENT, "EFI PART", "malformed");
#undef PARTITION
	struct text t = {0};
	char got[256];
	add_gpt(&t, 128, 0, 0);
	t.p[0] = 'e';
	says_bytes(TCG_EV_EFI_GPT_EVENT, text_bytes(&t), "malformed");
	/* A thousand partitions are as many as fit into the room. */
	t.n = 0;
	add_gpt(&t, 128, 1000, 1000);
	describe(TCG_EV_EFI_GPT_EVENT, text_bytes(&t), got, sizeof(got));
	CHECK(strcmp(got + strlen(got) - 3, "...") == 0);
	text_free(&t);
}

#define BLOB "0000c0ff00000000 0040080000000000"
#define BLOB_SAYS "540672 bytes at 0xffc00000"
#define TABLES                                                                                     \
	"0200000000000000" ODD_GUID                                                                \
	"0090800000000000 71e86888f1e4d311bc220080c73c8881 0100000000000000"
#define TABLES_SAYS                                                                                \
	ODD_GUID_SAYS " at 0x809000, 8868e871-e4f1-11d3-bc22-0080c73c8881 (ACPI 2.0) at 0x1"

static void test_firmware(void)
{
	says_whole(TCG_EV_EFI_PLATFORM_FIRMWARE_BLOB, BLOB, BLOB_SAYS);
	says(TCG_EV_EFI_PLATFORM_FIRMWARE_BLOB, BLOB "00", BLOB_SAYS ", malformed");
	says_whole(TCG_EV_EFI_PLATFORM_FIRMWARE_BLOB2, "0546762861 29" BLOB, "Fv(a): " BLOB_SAYS);
	says_whole(TCG_EV_EFI_PLATFORM_FIRMWARE_BLOB2, "00" BLOB, BLOB_SAYS);
	says(TCG_EV_EFI_PLATFORM_FIRMWARE_BLOB2, "ff" BLOB, "malformed");
	says_whole(TCG_EV_EFI_HANDOFF_TABLES, TABLES, TABLES_SAYS);
	says(TCG_EV_EFI_HANDOFF_TABLES, TABLES "00", TABLES_SAYS ", malformed");
	says(TCG_EV_EFI_HANDOFF_TABLES, "ffffffffffffffff", "malformed");
	says_whole(TCG_EV_EFI_PLATFORM_FIRMWARE_BLOB2, "04 41004200" BLOB, "A\1B: " BLOB_SAYS);
	says_whole(TCG_EV_EFI_HANDOFF_TABLES2, "03547800" TABLES, "Tx: " TABLES_SAYS);
	SAYS_TEXT(TCG_EV_POST_CODE, "ACPI DATA", "ACPI DATA");
	says(TCG_EV_POST_CODE, BLOB, BLOB_SAYS);
	says(TCG_EV_POST_CODE, "03467620" BLOB, "Fv : " BLOB_SAYS);
	says(TCG_EV_POST_CODE, "03467620" BLOB "00", "");
	says(TCG_EV_POST_CODE, "01020304", "");
	says(TCG_EV_S_CRTM_CONTENTS, "", "");
	SAYS_TEXT(
		TCG_EV_PLATFORM_CONFIG_FLAGS, "etc/acpi/rsdp\0\0\0\0\0\0\0\0\0\0", "etc/acpi/rsdp");
	says(TCG_EV_PLATFORM_CONFIG_FLAGS, "01020304", "");
	SAYS_TEXT(TCG_EV_PLATFORM_CONFIG_FLAGS, "td_payload_info\0\x07\0\0\0ro q\0\0\0",
		"td_payload_info: ro q");
	SAYS_TEXT(TCG_EV_PLATFORM_CONFIG_FLAGS, "td_x\0hidden\0\0\0\0\0\x03\0\0\0ro\0",
		"td_x\1hidden: ro");
	SAYS_TEXT(TCG_EV_PLATFORM_CONFIG_FLAGS, "td_hob\0\0\0\0\0\0\0\0\0\0\x03\0\0\0\1\2\3",
		"td_hob: 3 bytes");
	SAYS_TEXT(TCG_EV_PLATFORM_CONFIG_FLAGS, "td_x\0hidden\0\0\0\0\0\x03\0\0\0ro\0",
		"td_x\1hidden: ro");
	SAYS_TEXT(TCG_EV_PLATFORM_CONFIG_FLAGS, "td_hob\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\1\2\3", "");
}

static void test_tags(void)
{
	says_whole_from(TCG_EV_EVENT_TAG, 4, "4c454141 03000000 612062", "AAEL: a b");
	says_whole(TCG_EV_EVENT_TAG, "ec223b8f 05000000 4c 696e7800", "Linux initrd: Linx");
	says_whole(TCG_EV_EVENT_TAG, "ed223b8f 06000000 720071000000", "Linux load options: rq");
	says_whole_from(
		TCG_EV_EVENT_TAG, 3, "2a58bcf5 02000000 0102", "systemd loader.conf: 2 bytes");
	says(TCG_EV_EVENT_TAG, "4c454141 030000", "malformed");
	says(TCG_EV_EVENT_TAG, "2a58bcf5 02000000 01", "systemd loader.conf: 1 bytes, malformed");
	says(TCG_EV_EVENT_TAG, "01000000 02000000 6162", "tag 0x00000001: ab");
	says(TCG_EV_EVENT_TAG, "01000000 03000000 6162", "tag 0x00000001: ab, malformed");
	says(TCG_EV_EVENT_TAG, "4c454141 01000000 6162", "AAEL: ab, malformed");
	says(TCG_EV_EVENT_TAG, "4c454141 ffffffff 6162", "AAEL: ab, malformed");
	SAYS_TEXT(TCG_EV_EVENT_TAG, "LOADED_IMAGE::LoadOptions\0", "LOADED_IMAGE::LoadOptions");
	SAYS_TEXT(TCG_EV_EVENT_TAG, "short", "short");
	SAYS_TEXT(TCG_EV_EVENT_TAG, "\1\2", "malformed");
}

#define SPEC_ID "53706563204944204576656e74303300 00000000 00 02 69 02"
#define SP800_155                                                                                  \
	"53503830302d313535204576656e7433 01000000" ODD_GUID                                       \
	"024d00 024f00 023100 024600 02000000 023200"

static void test_no_action(void)
{
	says_whole_from(TCG_EV_NO_ACTION, 16, SPEC_ID "02000000 0c003000 77772000 027864",
		"Spec ID Event03, version 2.0, errata 105, 64 bits, sha384, algorithm 0x7777, xd");
	says(TCG_EV_NO_ACTION, SPEC_ID "ffffffff",
		"Spec ID Event03, version 2.0, errata 105, 64 bits, malformed");
	says(TCG_EV_NO_ACTION, "537461727475704c6f63616c69747900 03", "StartupLocality 3");
	says(TCG_EV_NO_ACTION, "537461727475704c6f63616c69747900", "StartupLocality, malformed");
	says(TCG_EV_NO_ACTION, "537461727475704c6f63616c69747900 0303",
		"StartupLocality 3, malformed");
	SAYS_TEXT(TCG_EV_NO_ACTION, "SP800-155 Event\0rest", "SP800-155 Event");
	SAYS_TEXT(TCG_EV_NO_ACTION, "short", "short");
	SAYS_TEXT(TCG_EV_NO_ACTION, "\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10", "");
	says(TCG_EV_NO_ACTION, SP800_155 "01000000 02000000 7869",
		"SP800-155 Event3: M O 1, firmware F 2, manifest " ODD_GUID_SAYS " xi");
	says(TCG_EV_NO_ACTION, SP800_155 "01000000 03000000 7869",
		"SP800-155 Event3: M O 1, firmware F 2, manifest " ODD_GUID_SAYS ", malformed");
}

/* No genuine log has a structure that is malformed, or an event that nothing can be said of. */
static void see_genuine(const struct log_event *ev, void *arg)
{
	char got[8192];
	size_t n = event_describe(ev, got, sizeof(got));
	(void)arg;
	check_text(got, n, sizeof(got));
	/* dstack's have binary data behind a name, which is shown as it is. */
	if (n == 0 && ev->type == 0x08000001)
		return;
	if (n == 0 || strstr(got, "malformed") != NULL)
		check_failed(__FILE__, __LINE__, "%s at %" PRIu64 ": '%s'", ev->kind, ev->off, got);
}

static void test_vectors(const char *dir)
{
	static const char *const logs[] = {"go-eventlog/cos-113-intel-tdx.bin",
		"go-eventlog/CCEL_unpadded.data.bin", "trustee/CCEL_data", "trustee/CCEL_data_ovmf",
		"trustee/CCEL_data_grub", "trustee/CCEL_AAEL_alibabacloud",
		"synthetic/dstack-quote-report.ccel.bin", "synthetic/aael-eventlog.bin"};
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		char path[4096];
		struct feed f;
		struct err err;
		uint8_t *p;
		size_t n;
		snprintf(path, sizeof(path), "%s/vectors/%s", dir, logs[i]);
		CHECK_INT(input_read(path, VALUES_FILE_MAX, &p, &n, &err), 0);
		feed_log((struct bytes){p, n}, NULL, see_genuine, NULL, &f);
		CHECK_INT(f.rc, 0);
		free(p);
	}
}

int main(void)
{
	const char *given = getenv("TSMCTL_SHARED");
	const char *dir = given != NULL ? given : TSMCTL_SHARED_DIR;
	test_text();
	test_readers_text();
	test_separator();
	test_variables();
	test_boot_variables();
	test_signatures();
	test_paths();
	test_network_paths();
	test_odd_paths();
	test_names_in_paths();
	test_gpt();
	test_firmware();
	test_tags();
	test_no_action();
	char path[4096];
	snprintf(path, sizeof(path), "%s/vectors/expected.json", dir);
	if (access(path, R_OK) == 0)
		test_vectors(dir);
	else
		printf("%s is not there: logs of real machines are not tested\n", path);
	return 0;
}
