/* SPDX-License-Identifier: Apache-2.0 */
#include "gen.h"

#include <string.h>

enum {
	K_CEL = KIND_TCG | KIND_AAEL | KIND_SYSTEMD | KIND_CEL | KIND_IMA,
	K_TAGGED = KIND_TCG | KIND_AAEL,
	K_RFC = KIND_RECORD | KIND_DIRECT | KIND_FAILED | KIND_COMMENT,
	K_OWN = KIND_RECORD | KIND_DIRECT,
	F_IMA = F_DIGESTS | F_ONE_BANK
};

static const struct format formats[] = {
	{"ccel", "edk2", K_TAGGED, F_DIGESTS, PLACE_CC, SHA384, TCG_EDK2, tcg_begin, tcg_event,
		tcg_end},
	{"ccel", "td-shim", K_TAGGED, F_DIGESTS, PLACE_CC, SHA384, TCG_TDSHIM, tcg_begin, tcg_event,
		tcg_end},
	{"tpm", "tcg2", K_TAGGED, F_DIGESTS, PLACE_PCR, SHA256, TCG_EDK2, tcg_begin, tcg_event,
		tcg_end},
	{"aael", "binary", KIND_AAEL, F_DIGESTS, PLACE_CC, SHA384, TCG_BARE, tcg_begin, tcg_event,
		tcg_end},
	{"aael", "text", KIND_AAEL, F_TEXT | F_ONE_REGISTER, PLACE_CC, SHA384, AAEL_CODE,
		aael_text_begin, aael_text_event, NULL},
	{"aael", "text-page", KIND_AAEL, F_TEXT | F_ONE_REGISTER, PLACE_CC, SHA384, AAEL_PAGE,
		aael_text_begin, aael_text_event, NULL},
	{"cel-json", "tcg", K_CEL, F_DIGESTS, PLACE_ANY, SHA384, JSON_TCG, celjson_begin,
		celjson_event, celjson_end},
	{"cel-json", "pcrlock", K_CEL, F_DIGESTS | F_NO_NO_ACTION, PLACE_PCR, SHA256, JSON_PCRLOCK,
		celjson_begin, celjson_event, celjson_end},
	{"cel-json", "tsmctl", K_CEL | K_OWN, F_DIGESTS, PLACE_ANY, SHA384, JSON_TSMCTL,
		celjson_begin, celjson_event, celjson_end},
	{"cel-tlv", "libcel", K_CEL | KIND_COS, F_DIGESTS, PLACE_ANY, SHA384, TLV_LIBCEL, NULL,
		celtlv_event, NULL},
	{"cel-tlv", "google", K_TAGGED | KIND_COS, F_DIGESTS, PLACE_ANY, SHA384, TLV_GOOGLE, NULL,
		celtlv_event, NULL},
	{"cel-tlv", "safford", K_CEL, F_DIGESTS, PLACE_ANY, SHA384, TLV_SAFFORD, NULL, celtlv_event,
		NULL},
	{"systemd", "tpm2", KIND_SYSTEMD, F_DIGESTS, PLACE_PCR, SHA256, SYSTEMD_TPM, NULL,
		systemd_event, NULL},
	{"systemd", "cc", KIND_SYSTEMD, F_DIGESTS, PLACE_CC, SHA384, SYSTEMD_CC, NULL,
		systemd_event, NULL},
	{"dstack", "v1", KIND_DSTACK, F_ONE_REGISTER, PLACE_CC, SHA384, DSTACK_LINES, NULL,
		dstack_event, NULL},
	{"dstack", "v2", KIND_DSTACK, F_ONE_REGISTER | F_DSTACK_V2, PLACE_CC, SHA384, DSTACK_LINES,
		NULL, dstack_event, NULL},
	{"dstack", "old", KIND_DSTACK, F_DIGESTS | F_ONE_REGISTER, PLACE_CC, SHA384, DSTACK_OLD,
		NULL, dstack_event, NULL},
	{"dstack", "report", KIND_DSTACK | KIND_TCG, F_DIGESTS | F_VALUES, PLACE_CC, SHA384,
		DSTACK_REPORT, dstack_begin, dstack_event, dstack_end},
	{"ima", "ascii", KIND_IMA, F_IMA, PLACE_PCR, SHA1, IMA_ASCII, NULL, ima_event, NULL},
	{"ima", "binary", KIND_IMA, F_IMA, PLACE_PCR, SHA1, IMA_BINARY, NULL, ima_event, NULL},
	{"rfc-text", "v1", K_RFC, F_ONE_REGISTER, PLACE_NAME, SHA384, 0, NULL, rfc_event, NULL},
	{"journal", "v1", K_OWN, F_DIGESTS, PLACE_NAME, SHA384, 0, journal_begin, journal_event,
		NULL},
};

const struct format *format_find(const char *spec)
{
	size_t n = strcspn(spec, ":");
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const struct format *f = &formats[i];
		if (strlen(f->name) == n && memcmp(f->name, spec, n) == 0 &&
			(spec[n] == '\0' || strcmp(spec + n + 1, f->style) == 0))
			return f;
	}
	die("'%s': no such format; see genlog --help", spec);
}

void put_formats(struct buf *ret)
{
	const char *last = "";
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i].name, last) != 0)
			buf_fmt(ret, "%s  %s:", i > 0 ? "\n" : "", formats[i].name);
		buf_fmt(ret, " %s", formats[i].style);
		last = formats[i].name;
	}
	buf_str(ret, "\n");
}
