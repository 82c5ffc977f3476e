/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/certs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/cursor.h"
#include "base/encoded.h"
#include "base/input.h"
#include "base/scope.h"
#include "evidence/der.h"

#define PEM_DASHES "-----"
#define PEM_BEGIN PEM_DASHES "BEGIN "
#define PEM_END PEM_DASHES "END "

static int err_too_many(struct err *err)
{
	return err_set(err, ST_FORMAT, "more than %d certificates or %d revocation lists",
		CERTS_MAX, CRLS_MAX);
}

/* Takes one certificate off the front. */
static int add_cert(struct certs *c, struct bytes *der, struct err *err)
{
	const struct libcrypto_pki *pki = c->pki;
	const uint8_t *p = der->p;
	if (c->n == CERTS_MAX)
		return err_too_many(err);
	pki->ERR_clear_error();
	X509 *cert = pki->X509_new_ex(pki->lib, NULL);
	if (cert == NULL)
		return err_sys(err, ENOMEM, "certificate");
	if (pki->d2i_X509(&cert, &p, (long)der->n) == NULL) {
		pki->X509_free(cert);
		return err_set(
			err, ST_FORMAT, "certificate %zu is not an X.509 certificate", c->n + 1);
	}
	c->v[c->n++] = cert;
	der->n -= (size_t)(p - der->p);
	der->p = p;
	return 0;
}

static int add_crl(struct certs *c, struct bytes *der, struct err *err)
{
	const struct libcrypto_pki *pki = c->pki;
	const uint8_t *p = der->p;
	if (c->n_crls == CRLS_MAX)
		return err_too_many(err);
	X509_CRL *crl = pki->X509_CRL_new_ex(pki->lib, NULL);
	if (crl == NULL)
		return err_sys(err, ENOMEM, "revocation list");
	if (pki->d2i_X509_CRL(&crl, &p, (long)der->n) == NULL) {
		pki->X509_CRL_free(crl);
		return err_set(
			err, ST_FORMAT, "revocation list %zu is not an X.509 one", c->n_crls + 1);
	}
	c->crl[c->n_crls++] = crl;
	der->n -= (size_t)(p - der->p);
	der->p = p;
	return 0;
}

typedef int add_fn(struct certs *c, struct bytes *der, struct err *err);

static int add_whole(struct certs *c, struct bytes der, add_fn *add, struct err *err)
{
	if (add(c, &der, err) < 0)
		return -1;
	return der.n == 0 ? 0 : err_set(err, ST_FORMAT, "%zu bytes after a certificate", der.n);
}

/*
 * A certificate is a SEQUENCE of what is signed, an algorithm and a signature, and so is a list. What
 * is signed begins with [0] in a certificate, in a list with a number of one byte or with nothing
 * before the algorithm (RFC 5280, sections 4.1 and 5.1).
 */
static bool is_crl(struct bytes der)
{
	enum { UTC_TIME = 0x17, GENERALIZED_TIME = 0x18 };
	struct bytes outer, inner, skipped;
	if (!der_take(&der, DER_SEQUENCE, &outer) || !der_take(&outer, DER_SEQUENCE, &inner))
		return false;
	if (der_take(&inner, DER_INTEGER, &skipped) && skipped.n != 1)
		return false;
	/* The algorithm and the issuer's name; then a time, and not a SEQUENCE of two. */
	for (size_t i = 0; i < 2; i++)
		if (!der_take(&inner, DER_SEQUENCE, &skipped))
			return false;
	return inner.n > 0 && (inner.p[0] == UTC_TIME || inner.p[0] == GENERALIZED_TIME);
}

static bool is_blank(uint8_t c)
{
	return c == '\0' || encoded_is_blank(c);
}

/* The text between, less blanks, decoded. */
static int add_block(struct certs *c, struct bytes text, add_fn *add, struct err *err)
{
	AUTO_FREE uint8_t *digits = malloc(text.n + 1), *der = malloc(text.n + 1);
	size_t n = 0, size;
	if (digits == NULL || der == NULL)
		return err_sys(err, ENOMEM, "certificate");
	for (size_t i = 0; i < text.n; i++)
		if (!is_blank(text.p[i]))
			digits[n++] = text.p[i];
	if (!base64_get(der, &size, (struct bytes){digits, n}))
		return err_set(err, ST_FORMAT, "a PEM block that is not base64");
	return add_whole(c, (struct bytes){der, size}, add, err);
}

/* Takes what is before `word` and `word` itself off the front; false if it is not there. */
static bool take_upto(struct bytes *in, const char *word, struct bytes *ret)
{
	const uint8_t *at = in->n > 0 ? memmem(in->p, in->n, word, strlen(word)) : NULL;
	if (at == NULL)
		return false;
	size_t n = (size_t)(at - in->p);
	*ret = (struct bytes){in->p, n};
	in->p += n + strlen(word);
	in->n -= n + strlen(word);
	return true;
}

static int add_pem(struct certs *c, struct bytes *text, struct bytes *ret_before, struct err *err)
{
	struct bytes label, block, end;
	if (!take_upto(text, PEM_BEGIN, ret_before))
		return 0;
	if (!take_upto(text, PEM_DASHES, &label) || !take_upto(text, PEM_END, &block) ||
		!take_upto(text, PEM_DASHES, &end) || !bytes_equal(label, end))
		return err_set(err, ST_FORMAT, "a PEM block that does not end as it begins");
	add_fn *add = bytes_equal(label, bytes_of("CERTIFICATE")) ? add_cert
		      : bytes_equal(label, bytes_of("X509 CRL"))  ? add_crl
								  : NULL;
	if (add == NULL)
		return err_set(err, ST_FORMAT, "a PEM block of '%.*s'", (int)label.n,
			(const char *)label.p);
	return add_block(c, block, add, err) < 0 ? -1 : 1;
}

/* The rows of an auxblob. Those whose data is no certificate or list of ours are passed over. */
static int add_table(struct certs *c, struct bytes b, struct err *err)
{
	enum { GUID_SIZE = 16 };
	struct cursor rows = {.left = b};
	for (;;) {
		struct bytes guid = cur_take(&rows, GUID_SIZE);
		uint32_t off = cur_le32(&rows), size = cur_le32(&rows);
		if (!cur_ok(&rows))
			return err_set(err, ST_FORMAT, "a certificate table without an end");
		if (bytes_all_zero(guid))
			return 0;
		if (off > b.n || size > b.n - off)
			return err_set(err, ST_FORMAT,
				"a certificate of %u bytes at offset %u, and the table has %zu",
				size, off, b.n);
		struct bytes der = {b.p + off, size};
		if (size == 0 || der.p[0] != DER_SEQUENCE)
			continue;
		if (add_whole(c, der, is_crl(der) ? add_crl : add_cert, err) < 0)
			return -1;
	}
}

/* Of the same kind as the GUIDs of certificates, whose own bytes can be any: the offsets tell. */
static bool is_table(struct bytes b)
{
	struct cursor row = {.left = b};
	cur_take(&row, 16);
	uint32_t off = cur_le32(&row), size = cur_le32(&row);
	return cur_ok(&row) && off >= 24 && off <= b.n && size <= b.n - off;
}

/* What is no PEM. */
static int add_binary(struct certs *c, struct bytes b, struct err *err)
{
	if (b.n > 0 && b.p[0] == DER_SEQUENCE)
		return add_whole(c, b, is_crl(b) ? add_crl : add_cert, err);
	if (is_table(b))
		return add_table(c, b, err);
	return err_set(err, ST_FORMAT,
		"no certificate and no revocation list: PEM, DER or an auxblob is needed");
}

/* Intel's service gives lists in hex, and configfs' auxblob is passed on in base64. */
static int add_encoded(struct certs *c, struct bytes text, struct err *err)
{
	AUTO_FREE uint8_t *raw = NULL;
	size_t n = 0;
	int rc = encoded_is_text(text) ? encoded_get(text, &raw, &n) : 0;
	if (rc < 0)
		return err_sys(err, ENOMEM, "certificate");
	return add_binary(c, rc > 0 ? (struct bytes){raw, n} : text, err);
}

int certs_add(struct certs *c, struct bytes b, struct err *err)
{
	struct bytes before, text = b;
	int rc = add_pem(c, &text, &before, err);
	if (rc == 0)
		return add_encoded(c, b, err);
	while (rc > 0)
		rc = add_pem(c, &text, &before, err);
	return rc;
}

int certs_add_file(struct certs *c, const char *path, struct err *err)
{
	AUTO_FREE uint8_t *file = NULL;
	size_t n;
	if (input_read(path, CERTS_FILE_MAX, &file, &n, err) < 0)
		return -1;
	return certs_add(c, (struct bytes){file, n}, err) < 0 ? err_in(err, "'%s'", path) : 0;
}

static int check_blank(struct bytes b, struct err *err)
{
	for (size_t i = 0; i < b.n; i++)
		if (!is_blank(b.p[i]))
			return err_set(err, ST_FORMAT, "other bytes beside the certificates");
	return 0;
}

int certs_add_strict(struct certs *c, struct bytes b, struct err *err)
{
	struct bytes before = {0};
	int rc = 1;
	if (b.n > 0 && b.p[0] == DER_SEQUENCE) {
		while (b.n > 0 && b.p[0] == DER_SEQUENCE)
			if (add_cert(c, &b, err) < 0)
				return -1;
		return check_blank(b, err);
	}
	while (rc > 0) {
		before = (struct bytes){0};
		rc = add_pem(c, &b, &before, err);
		if (rc < 0 || check_blank(before, err) < 0)
			return -1;
	}
	return check_blank(b, err);
}

void certs_cut(struct certs *c, size_t n, size_t n_crls)
{
	while (c->n > n)
		c->pki->X509_free(c->v[--c->n]);
	while (c->n_crls > n_crls)
		c->pki->X509_CRL_free(c->crl[--c->n_crls]);
}

void certs_clear(struct certs *c)
{
	certs_cut(c, 0, 0);
}

const char *certs_name(const struct libcrypto_pki *pki, const X509 *cert, char *ret)
{
	X509_NAME *name = pki->X509_get_subject_name(cert);
	if (pki->X509_NAME_get_text_by_NID(name, NID_commonName, ret, CERT_NAME_SIZE) < 0)
		ret[0] = '\0';
	return ret;
}

struct bytes certs_extension(const struct libcrypto_pki *pki, const X509 *cert, struct bytes oid)
{
	for (int i = 0; i < pki->X509_get_ext_count(cert); i++) {
		X509_EXTENSION *ext = pki->X509_get_ext(cert, i);
		const ASN1_OBJECT *id = pki->X509_EXTENSION_get_object(ext);
		if (!bytes_equal((struct bytes){pki->OBJ_get0_data(id), pki->OBJ_length(id)}, oid))
			continue;
		const ASN1_OCTET_STRING *v = pki->X509_EXTENSION_get_data(ext);
		return (struct bytes){
			pki->ASN1_STRING_get0_data(v), (size_t)pki->ASN1_STRING_length(v)};
	}
	return (struct bytes){0};
}
