/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and revocation lists: an operator's files, and what is in a quote. */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "evidence/evidence.h"
#include "text.h"

static void check_error(const struct err *err)
{
	MUST(err->status == ST_FORMAT && err->msg[0] != '\0');
	for (const char *c = err->msg; *c != '\0'; c++)
		MUST(*c >= ' ' && *c < 0x7f);
}

static void look_into(const struct certs *c)
{
	static const uint8_t oid[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x04};
	char name[CERT_NAME_SIZE];
	MUST(c->n <= CERTS_MAX && c->n_crls <= CRLS_MAX);
	for (size_t i = 0; i < c->n; i++) {
		MUST(memchr(certs_name(c->pki, c->v[i], name), '\0', sizeof(name)) != NULL);
		struct bytes ext =
			certs_extension(c->pki, c->v[i], (struct bytes){oid, sizeof(oid)});
		MUST(ext.p != NULL || ext.n == 0);
	}
}

/* From a file it is the same. */
static void check_file(struct bytes b, struct certs *c, bool good)
{
	char path[32];
	struct err err = {0};
	int fd = memory_file(b);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	MUST((certs_add_file(c, path, &err) == 0) == good);
	if (!good)
		check_error(&err);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct evidence_trust trust;
	struct err err = {0};
	if (trust.given.pki == NULL)
		MUST(evidence_trust_init(&trust, &err) == 0);
	bool good = certs_add(&trust.given, (struct bytes){data, size}, &err) == 0;
	if (!good)
		check_error(&err);
	look_into(&trust.given);
	evidence_trust_clear(&trust);
	check_file((struct bytes){data, size}, &trust.given, good);
	evidence_trust_clear(&trust);
	if (certs_add_strict(&trust.given, (struct bytes){data, size}, &err) < 0)
		check_error(&err);
	look_into(&trust.given);
	evidence_trust_clear(&trust);
	return 0;
}
