/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the command: quotes and reports that are signed, and what belongs to them, as files. */
#include "mint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: mint tdx [FAULT...] < HEADER-AND-BODY > QUOTE\n"
	"           FAULT: no-certs other-root other-key other-pck debug-qe other-signer\n"
	"                  other-prodid long-binding der\n"
	"       mint body 4|5 [debug] > HEADER-AND-BODY\n"
	"       mint root > PEM        of the root that signs quotes; chain: with what it signed\n"
	"       mint chain > PEM\n"
	"       mint crl root|ca [revoked|partial|forged] > DER\n"
	"       mint snp DIR milan|genoa|turin [vlek] [2-5] [debug] [vmpl1] [forged] [revoked]\n"
	"           [other-root] [data=HEX]\n"
	"           writes report, cert.der, ask.pem, ark.pem, crl.der, auxblob\n";

static void die(void)
{
	fputs(usage, stderr);
	exit(2);
}

static void read_all(struct mint_buf *ret)
{
	char buf[4096];
	size_t n;
	while ((n = fread(buf, 1, sizeof(buf), stdin)) > 0)
		mint_put(ret, buf, n);
}

static void write_out(struct mint_buf *b)
{
	fwrite(b->p, 1, b->n, stdout);
	mint_free(b);
}

static void write_file(const char *dir, const char *name, struct mint_buf *b)
{
	char path[4096];
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f = fopen(path, "wb");
	if (f == NULL || fwrite(b->p, 1, b->n, f) != b->n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
	mint_free(b);
}

static bool has(char *const *words, const char *word)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

/* The report data of a report, if a word says it. */
static void put_data(uint8_t *report, char *const *words)
{
	for (; *words != NULL; words++) {
		if (strncmp(*words, "data=", 5) != 0)
			continue;
		if (strlen(*words) != 5 + 128)
			die();
		for (size_t i = 0; i < 64; i++) {
			char byte[3] = {(*words)[5 + 2 * i], (*words)[6 + 2 * i]};
			report[0x50 + i] = (uint8_t)strtoul(byte, NULL, 16);
		}
	}
}

static void do_tdx(char *const *words)
{
	struct mint_intel intel;
	struct mint_buf quote = {0};
	mint_intel_open(&intel, has(words, "other-root") ? 1 : 0);
	read_all(&quote);
	mint_quote_sign(
		&quote, &(struct mint_quote){.intel = has(words, "no-certs") ? NULL : &intel,
				.other_key = has(words, "other-key"),
				.other_pck = has(words, "other-pck"),
				.debug_qe = has(words, "debug-qe"),
				.other_signer = has(words, "other-signer"),
				.other_prodid = has(words, "other-prodid"),
				.long_binding = has(words, "long-binding"),
				.der = has(words, "der")});
	write_out(&quote);
	mint_intel_clear(&intel);
}

static void do_certs(bool all)
{
	struct mint_intel intel;
	struct mint_buf pem = {0};
	mint_intel_open(&intel, 0);
	if (all) {
		mint_put_pem(&pem, intel.pck);
		mint_put_pem(&pem, intel.ca);
	}
	mint_put_pem(&pem, intel.root);
	write_out(&pem);
	mint_intel_clear(&intel);
}

static void do_crl(char *const *words)
{
	struct mint_intel intel, other;
	struct mint_buf der = {0};
	bool root = has(words, "root");
	mint_intel_open(&intel, 0);
	mint_intel_open(&other, 1);
	const struct mint_intel *signer = has(words, "forged") ? &other : &intel;
	unsigned serial = root ? MINT_CA_SERIAL : MINT_PCK_SERIAL;
	mint_put_crl(
		&der, &(struct mint_crl){
			      .issuer = root ? "Intel SGX Root CA" : "Intel SGX PCK Platform CA",
			      .signer = root ? signer->root_key : signer->ca_key,
			      .revoked = has(words, "revoked") ? serial : 0,
			      .partial = has(words, "partial"),
		      });
	write_out(&der);
	mint_intel_clear(&intel);
	mint_intel_clear(&other);
}

static void write_certs(const char *dir, const struct mint_amd *amd, char *const *words)
{
	static const char *const arks[] = {"ARK-Milan", "ARK-Genoa", "ARK-Turin"};
	struct mint_buf b = {0};
	mint_put_der(&b, amd->cert);
	write_file(dir, "cert.der", &b);
	mint_put_pem(&b, amd->ask);
	write_file(dir, "ask.pem", &b);
	mint_put_pem(&b, amd->ark);
	write_file(dir, "ark.pem", &b);
	mint_put_auxblob(&b, amd);
	write_file(dir, "auxblob", &b);
	mint_put_crl(&b, &(struct mint_crl){.issuer = arks[amd->product],
				 .signer = amd->ark_key,
				 .revoked = has(words, "revoked") ? 2 : 0});
	write_file(dir, "crl.der", &b);
}

static void do_snp(const char *dir, char *const *words)
{
	static const char *const versions[] = {"2", "3", "4", "5"};
	struct mint_amd amd;
	struct mint_buf report = {0};
	unsigned version = 3;
	for (unsigned i = 0; i < 4; i++)
		version = has(words, versions[i]) ? i + 2 : version;
	mint_amd_open(&amd,
		has(words, "genoa")   ? MINT_GENOA
		: has(words, "turin") ? MINT_TURIN
				      : MINT_MILAN,
		has(words, "vlek"), has(words, "other-root") ? 1 : 0);
	mint_report(&report, &amd, version);
	report.p[0x0a] |= has(words, "debug") ? 1 << 3 : 0;
	report.p[0x30] = has(words, "vmpl1") ? 1 : 0;
	put_data(report.p, words);
	mint_report_sign(report.p, amd.key);
	if (has(words, "forged"))
		report.p[0x90] ^= 1;
	write_file(dir, "report", &report);
	write_certs(dir, &amd, words);
	mint_amd_clear(&amd);
}

int main(int argc, char *argv[])
{
	struct mint_buf body = {0};
	if (argc < 2)
		die();
	if (strcmp(argv[1], "tdx") == 0) {
		do_tdx(argv + 2);
	} else if (strcmp(argv[1], "body") == 0 && argc > 2) {
		mint_quote_body(&body, argv[2][0] == '5' ? 5 : 4, has(argv + 2, "debug"));
		write_out(&body);
	} else if (strcmp(argv[1], "root") == 0 || strcmp(argv[1], "chain") == 0) {
		do_certs(argv[1][0] == 'c');
	} else if (strcmp(argv[1], "crl") == 0) {
		do_crl(argv + 2);
	} else if (strcmp(argv[1], "snp") == 0 && argc > 2) {
		do_snp(argv[2], argv + 3);
	} else {
		die();
	}
	return 0;
}
