/* SPDX-License-Identifier: Apache-2.0 */
#include "describe/device_path.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include "base/cursor.h"
#include "describe/text_guess.h"
#include "describe/guid.h"

/* UEFI 2.10, section 10.3.1: what the nodes of each type are. */
enum { HARDWARE = 1, ACPI, MESSAGE, MEDIA, BBS, END = 0x7f };
enum { END_INSTANCE = 0x01, END_ENTIRE = 0xff };

/*
 * Nodes whose fields are printed one after the other. In `fields` a digit is a little-endian number
 * of so many bytes, 'g' a GUID, '-' four bytes that are not printed, '*' what is left, in hex, if
 * anything is.
 */
static const struct simple_node {
	uint8_t type, sub;
	const char *name, *fields;
} simple_nodes[] = {
	{HARDWARE, 2, "PcCard", "1"},
	{HARDWARE, 3, "MemoryMapped", "488"},
	{HARDWARE, 4, "VenHw", "g*"},
	{HARDWARE, 5, "Ctrl", "4"},
	{HARDWARE, 6, "BMC", "18"},
	{ACPI, 3, "AcpiAdr", "4"},
	{MESSAGE, 2, "Scsi", "22"},
	{MESSAGE, 3, "Fibre", "-88"},
	{MESSAGE, 5, "USB", "11"},
	{MESSAGE, 6, "I2O", "4"},
	{MESSAGE, 10, "VenMsg", "g*"},
	{MESSAGE, 15, "UsbClass", "22111"},
	{MESSAGE, 17, "Unit", "1"},
	{MESSAGE, 18, "Sata", "222"},
	{MESSAGE, 20, "Vlan", "2"},
	{MESSAGE, 25, "UFS", "11"},
	{MESSAGE, 26, "SD", "1"},
	{MESSAGE, 29, "eMMC", "1"},
	{MEDIA, 2, "CDROM", "488"},
	{MEDIA, 3, "VenMedia", "g*"},
	{MEDIA, 5, "Media", "g"},
	{MEDIA, 6, "FvFile", "g"},
	{MEDIA, 7, "Fv", "g"},
	{MEDIA, 8, "Offset", "-88"},
};

static void put_number(struct text *t, struct cursor *c, char size)
{
	uint64_t v = size == '1'   ? take_u8(c)
		     : size == '2' ? cur_le16(c)
		     : size == '4' ? cur_le32(c)
				   : cur_le64(c);
	if (cur_ok(c))
		text_put(t, "0x%" PRIx64, v);
}

static void put_bare_guid(struct text *t, struct cursor *c)
{
	char str[GUID_STR_ROOM];
	struct bytes guid = cur_take(c, GUID_SIZE);
	if (cur_ok(c))
		text_put(t, "%s", guid_str(str, guid.p));
}

static void put_simple(struct text *t, const struct simple_node *node, struct cursor *c)
{
	text_put(t, "%s(", node->name);
	for (const char *f = node->fields; *f != '\0' && cur_ok(c); f++) {
		if (*f == '*' && c->left.n == 0)
			break;
		if (*f == '-') {
			cur_take(c, 4);
			continue;
		}
		if (f != node->fields && f[-1] != '-')
			text_put(t, ",");
		if (*f == 'g')
			put_bare_guid(t, c);
		else if (*f == '*')
			text_put_hex(t, cur_take(c, c->left.n));
		else
			put_number(t, c, *f);
	}
	text_put(t, ")");
}

static void put_pci(struct text *t, struct cursor *c)
{
	unsigned function = take_u8(c);
	unsigned device = take_u8(c);
	text_put(t, "Pci(0x%x,0x%x)", device, function);
}

/* An EISA id: UEFI 2.10, section 10.3.3; 0x41d0 is "PNP". */
static void put_acpi(struct text *t, struct cursor *c)
{
	static const struct {
		unsigned pnp;
		const char *name;
	} names[] = {{0x0a03, "PciRoot"}, {0x0a08, "PcieRoot"}, {0x0604, "Floppy"},
		{0x0301, "Keyboard"}, {0x0501, "Serial"}, {0x0401, "ParallelPort"}};
	uint32_t hid = cur_le32(c);
	uint32_t uid = cur_le32(c);
	if ((hid & 0xffff) != 0x41d0) {
		text_put(t, "Acpi(0x%08x,0x%x)", hid, uid);
		return;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].pnp == hid >> 16) {
			text_put(t, "%s(0x%x)", names[i].name, uid);
			return;
		}
	}
	text_put(t, "Acpi(PNP%04X,0x%x)", hid >> 16, uid);
}

static void put_ata(struct text *t, struct cursor *c)
{
	bool secondary = take_u8(c) != 0;
	bool slave = take_u8(c) != 0;
	text_put(t, "Ata(%s,%s,0x%x)", secondary ? "Secondary" : "Primary",
		slave ? "Slave" : "Master", cur_le16(c));
}

/* Of 32 bytes, the first six count for Ethernet. */
static void put_mac(struct text *t, struct cursor *c)
{
	struct bytes mac = cur_take(c, 32);
	unsigned type = take_u8(c);
	if (type <= 1 && mac.n > 6)
		mac.n = 6;
	text_put(t, "MAC(");
	text_put_hex(t, mac);
	text_put(t, ",0x%x)", type);
}

static void put_address(struct text *t, int family, struct bytes addr)
{
	char str[INET6_ADDRSTRLEN];
	if (addr.n > 0 && inet_ntop(family, addr.p, str, sizeof(str)) != NULL)
		text_put(t, "%s", str);
}

static void put_protocol(struct text *t, unsigned protocol)
{
	if (protocol == 6 || protocol == 17)
		text_put(t, ",%s,", protocol == 6 ? "TCP" : "UDP");
	else
		text_put(t, ",0x%x,", protocol);
}

static void put_ipv4(struct text *t, struct cursor *c)
{
	struct bytes local = cur_take(c, 4);
	struct bytes remote = cur_take(c, 4);
	cur_take(c, 4);
	text_put(t, "IPv4(");
	put_address(t, AF_INET, remote);
	put_protocol(t, cur_le16(c));
	text_put(t, "%s,", take_u8(c) != 0 ? "Static" : "DHCP");
	put_address(t, AF_INET, local);
	for (int i = 0; i < 2 && c->left.n >= 4; i++) {
		text_put(t, ",");
		put_address(t, AF_INET, cur_take(c, 4));
	}
	text_put(t, ")");
}

static void put_ipv6(struct text *t, struct cursor *c)
{
	static const char *const origins[] = {
		"Static", "StatelessAutoConfigure", "StatefulAutoConfigure"};
	struct bytes local = cur_take(c, 16);
	struct bytes remote = cur_take(c, 16);
	cur_take(c, 4);
	text_put(t, "IPv6(");
	put_address(t, AF_INET6, remote);
	put_protocol(t, cur_le16(c));
	unsigned origin = take_u8(c);
	if (origin < 3)
		text_put(t, "%s,", origins[origin]);
	else
		text_put(t, "0x%x,", origin);
	put_address(t, AF_INET6, local);
	if (c->left.n >= 17) {
		text_put(t, ",0x%x,", take_u8(c));
		put_address(t, AF_INET6, cur_take(c, 16));
	}
	text_put(t, ")");
}

/* 0 is the default of either; UEFI 2.10, section 10.3.4.11. */
static void put_uart(struct text *t, struct cursor *c)
{
	static const char *const stops[] = {"D", "1", "1.5", "2"};
	cur_take(c, 4);
	uint64_t baud = cur_le64(c);
	unsigned bits = take_u8(c);
	unsigned parity = take_u8(c);
	unsigned stop = take_u8(c);
	if (baud == 0)
		text_put(t, "Uart(DEFAULT,");
	else
		text_put(t, "Uart(%" PRIu64 ",", baud);
	text_put(t, "%u,%c,%s)", bits, parity < 6 ? "DNEOMS"[parity] : 'x',
		stop < 4 ? stops[stop] : "x");
}

/* The EUI-64 is stored with its last byte first. */
static void put_nvme(struct text *t, struct cursor *c)
{
	uint32_t ns = cur_le32(c);
	struct bytes eui = cur_take(c, 8);
	text_put(t, "NVMe(0x%x,", ns);
	for (size_t i = eui.n; i > 0; i--)
		text_put(t, "%02x%s", eui.p[i - 1], i > 1 ? "-" : "");
	text_put(t, ")");
}

static void put_uri(struct text *t, struct cursor *c)
{
	text_put(t, "Uri(");
	text_put_utf8(t, without_padding(cur_take(c, c->left.n)));
	text_put(t, ")");
}

/* UEFI 2.10, section 10.3.5.1; a signature of type 1 is an MBR's, one of type 2 a GUID. */
static void put_hard_drive(struct text *t, struct cursor *c)
{
	char str[GUID_STR_ROOM];
	uint32_t number = cur_le32(c);
	uint64_t start = cur_le64(c);
	uint64_t size = cur_le64(c);
	struct bytes signature = cur_take(c, GUID_SIZE);
	cur_take(c, 1);
	unsigned type = take_u8(c);
	if (!cur_ok(c))
		return;
	const uint8_t *s = signature.p;
	if (type == 1)
		text_put(t, "HD(%u,MBR,0x%02x%02x%02x%02x", number, s[3], s[2], s[1], s[0]);
	else if (type == 2)
		text_put(t, "HD(%u,GPT,%s", number, guid_str(str, s));
	else
		text_put(t, "HD(%u,%u,0", number, type);
	text_put(t, ",0x%" PRIx64 ",0x%" PRIx64 ")", start, size);
}

static void put_file(struct text *t, struct cursor *c)
{
	text_put_utf16(t, without_padding16(cur_take(c, c->left.n)));
}

static void put_bbs(struct text *t, struct cursor *c)
{
	static const char *const types[] = {
		"", "Floppy", "HD", "CDROM", "PCMCIA", "USB", "Network"};
	unsigned type = cur_le16(c);
	cur_take(c, 2);
	if (type > 0 && type < 7)
		text_put(t, "BBS(%s,", types[type]);
	else
		text_put(t, "BBS(0x%x,", type);
	text_put_utf8(t, without_padding(cur_take(c, c->left.n)));
	text_put(t, ")");
}

static const struct node {
	uint8_t type, sub;
	void (*put)(struct text *t, struct cursor *c);
} nodes[] = {
	{HARDWARE, 1, put_pci},
	{ACPI, 1, put_acpi},
	{MESSAGE, 1, put_ata},
	{MESSAGE, 11, put_mac},
	{MESSAGE, 12, put_ipv4},
	{MESSAGE, 13, put_ipv6},
	{MESSAGE, 14, put_uart},
	{MESSAGE, 23, put_nvme},
	{MESSAGE, 24, put_uri},
	{MEDIA, 1, put_hard_drive},
	{MEDIA, 4, put_file},
	{BBS, 1, put_bbs},
};

/* Any node: "HardwarePath(SUBTYPE,HEX)", or with its type, "Path(TYPE,SUBTYPE,HEX)". */
static void put_unknown(struct text *t, uint8_t type, uint8_t sub, struct bytes data)
{
	static const char *const names[] = {
		[HARDWARE] = "HardwarePath",
		[ACPI] = "AcpiPath",
		[MESSAGE] = "Msg",
		[MEDIA] = "MediaPath",
		[BBS] = "BbsPath",
	};
	if (type >= HARDWARE && type <= BBS)
		text_put(t, "%s(%u", names[type], sub);
	else
		text_put(t, "Path(%u,%u", type, sub);
	if (data.n > 0) {
		text_put(t, ",");
		text_put_hex(t, data);
	}
	text_put(t, ")");
}

/* Returns false if no node of this type is known, or it is longer than this one. */
static bool put_known(struct text *t, uint8_t type, uint8_t sub, struct bytes data)
{
	struct cursor c = {.left = data};
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		if (nodes[i].type == type && nodes[i].sub == sub) {
			nodes[i].put(t, &c);
			return cur_ok(&c);
		}
	}
	for (size_t i = 0; i < sizeof(simple_nodes) / sizeof(simple_nodes[0]); i++) {
		if (simple_nodes[i].type == type && simple_nodes[i].sub == sub) {
			put_simple(t, &simple_nodes[i], &c);
			return cur_ok(&c);
		}
	}
	return false;
}

static void put_node(struct text *t, uint8_t type, uint8_t sub, struct bytes data)
{
	struct text before = *t;
	if (!put_known(t, type, sub, data)) {
		*t = before;
		put_unknown(t, type, sub, data);
	}
}

bool text_put_device_path(struct text *t, struct bytes path)
{
	struct cursor c = {.left = path};
	const char *between = "";
	while (!t->cut) {
		uint8_t type = take_u8(&c);
		uint8_t sub = take_u8(&c);
		uint16_t size = cur_le16(&c);
		struct bytes data = cur_take(&c, size >= 4 ? size - 4u : UINT64_MAX);
		if (!cur_ok(&c))
			return false;
		if (type == END && sub == END_ENTIRE)
			return true;
		if (type == END && sub == END_INSTANCE) {
			between = ",";
			continue;
		}
		text_put(t, "%s", between);
		between = "/";
		put_node(t, type, sub, data);
	}
	return true;
}
