/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/measure_register.h"

#include <string.h>
#include <strings.h>

#include "formats/event.h"

/* A name as it was written, and the same in lower case. */
struct parts {
	char text[NAME_MAX_VISIBLE], lower[NAME_MAX_VISIBLE];
	const char *provider, *name;	     /* of text; the first may be empty */
	const char *low_provider, *low_name; /* of lower */
	const char *hash;		     /* of lower; NULL: not said */
	int cc;				     /* its CC MR index */
};

static void to_lower(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text | 0x20);
}

/* Cuts text into its parts; false if it is no name, or one that is not printed as it is. */
static bool cut(char *text, const char **provider, const char **name, const char **hash)
{
	char *slash = strchr(text, '/'), *local = slash != NULL ? slash + 1 : text;
	char *colon = strrchr(local, ':');
	if (slash != NULL)
		*slash = '\0';
	if (colon != NULL)
		*colon = '\0';
	*provider = slash != NULL ? text : "";
	*name = local;
	*hash = colon != NULL ? colon + 1 : NULL;
	return *local != '\0' && strpbrk(local, "/:\\") == NULL && strpbrk(text, ":\\") == NULL;
}

static bool split(const char *spec, struct parts *ret)
{
	size_t n = strlen(spec);
	const char *hash;
	if (n >= sizeof(ret->text) || !bytes_is_word(bytes_of(spec)) || mr_is_pattern(spec))
		return false;
	memcpy(ret->text, spec, n + 1);
	memcpy(ret->lower, spec, n + 1);
	to_lower(ret->lower);
	cut(ret->lower, &ret->low_provider, &ret->low_name, &ret->hash);
	ret->cc = mr_cc_index(ret->low_provider, ret->low_name);
	return cut(ret->text, &ret->provider, &ret->name, &hash);
}

/* A TDX guest's register has one name here. One of another hash is another's, unless it says whose it is. */
static void settle(struct parts *p)
{
	if (p->cc < 0)
		return;
	if (p->hash != NULL && hash_by_name(bytes_of(p->hash)) != HASH_SHA384) {
		p->cc = CC_MR_NONE;
		return;
	}
	p->provider = "";
	p->name = p->low_name;
	p->hash = "sha384";
}

static int check(const struct parts *p, const char *spec, struct err *err)
{
	enum place place;
	uint32_t index;
	if (p->hash == NULL)
		return err_set(err, ST_FORMAT,
			"'%.256s': no kernel tree is here to tell its hash: write '%.256s:HASH'",
			spec, spec);
	if (hash_by_name(bytes_of(p->hash)) <= HASH_UNKNOWN)
		return err_set(err, ST_FORMAT, "'%.256s': no hash '%.64s' is known", spec, p->hash);
	if (p->cc == 0)
		return err_set(err, ST_FORMAT, "'%.256s' is static: it cannot be extended", spec);
	if (reg_place(p->low_provider, p->low_name, &place, &index) && place != PLACE_CC_MR)
		return err_set(
			err, ST_FORMAT, "'%.256s' is a TPM's: tsmctl does not extend it", spec);
	if (p->cc < 0 && mr_cc_index(p->low_provider, p->low_name) >= 0 && *p->provider != '\0')
		return err_set(
			err, ST_FORMAT, "'%.256s': a TDX guest's registers are of sha384", spec);
	return 0;
}

/* One of the same provider; or one that may be the same, because one of the two has no provider. */
static struct mr *find(
	const struct mr_list *mrs, const struct parts *p, enum hash_alg alg, bool may_be)
{
	for (size_t i = 0; i < mrs->n; i++) {
		struct mr *mr = mrs->mr[i];
		bool unsaid = *mr->provider == '\0' || *p->provider == '\0';
		if (mr->alg == alg && strcasecmp(mr->name, p->name) == 0 &&
			(may_be ? unsaid : strcasecmp(mr->provider, p->provider) == 0))
			return mr;
	}
	return NULL;
}

static struct mr *add(
	struct mr_list *mrs, const struct parts *p, enum hash_alg alg, struct err *err)
{
	struct mr *mr = mr_list_add(mrs, p->provider, p->name, hash_name(alg), err);
	if (mr == NULL)
		return NULL;
	mr->alg = alg;
	mr->size = (uint32_t)hash_size(alg);
	mr->cc_mr_index = p->cc;
	mr->flags = MR_RUNTIME | MR_READABLE | (p->cc == 1 || p->cc == 2 ? MR_FIRMWARE : 0);
	mr_keep_journal(mr);
	return mr;
}

struct mr *measure_register(struct mr_list *mrs, const char *spec, struct err *err)
{
	struct parts p;
	if (!split(spec, &p)) {
		err_set(err, ST_FORMAT, "'%.256s' is not the name of a register", spec);
		return NULL;
	}
	settle(&p);
	if (check(&p, spec, err) < 0)
		return NULL;
	enum hash_alg alg = hash_by_name(bytes_of(p.hash));
	struct mr *mr = find(mrs, &p, alg, false);
	if (mr != NULL)
		return mr;
	mr = find(mrs, &p, alg, true);
	if (mr == NULL)
		return add(mrs, &p, alg, err);
	err_set(err, ST_FORMAT,
		"'%.256s' may be the '%.256s' of an earlier line, or another one: write both with "
		"or "
		"both without the provider",
		spec, mr->full);
	return NULL;
}
