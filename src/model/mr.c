/* SPDX-License-Identifier: Apache-2.0 */
#include "model/mr.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

size_t mr_names(const struct mr *mr, struct bytes ret[static MR_NAMES_MAX])
{
	struct bytes whole = bytes_of(mr->full);
	size_t provider = strlen(mr->provider) + (mr->provider[0] != '\0' ? 1 : 0);
	size_t no_hash = provider + strlen(mr->name), n = 0;
	bool has_hash = no_hash < whole.n;
	ret[n++] = whole;
	if (provider > 0)
		ret[n++] = (struct bytes){whole.p + provider, whole.n - provider};
	if (has_hash)
		ret[n++] = (struct bytes){whole.p, no_hash};
	if (provider > 0 && has_hash)
		ret[n++] = bytes_of(mr->name);
	return n;
}

const char *log_keeper_name(enum log_keeper keeper)
{
	static const char *const names[] = {
		[LOG_OF_NOBODY] = NULL,
		[LOG_OF_KERNEL] = "kernel",
		[LOG_OF_JOURNAL] = "journal",
	};
	return names[keeper];
}

int mr_cc_index(const char *provider, const char *name)
{
	static const char *const providers[] = {"", "tdx_guest", "tdx", "rtmrs"};
	static const char *const by_index[] = {"mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3"};
	bool tdx = false;
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		tdx = tdx || strcmp(provider, providers[i]) == 0;
	for (int i = 0; tdx && i < 5; i++)
		if (strcmp(name, by_index[i]) == 0)
			return i;
	return CC_MR_NONE;
}

char *mr_base_name(const struct mr *mr)
{
	char *name;
	return asprintf(&name, "%s%s%s", mr->provider, mr->provider[0] != '\0' ? "/" : "",
		       mr->name) >= 0
		       ? name
		       : NULL;
}

const char *mr_hash_name(const struct mr *mr)
{
	if (mr->alg != HASH_UNKNOWN)
		return mr->alg == HASH_NONE ? NULL : hash_name(mr->alg);
	/* Neither provider nor name has a ':' of its own: see mr_list_add. */
	const char *colon = strchr(mr->full, ':');
	return colon != NULL ? colon + 1 : hash_name(mr->alg);
}

bool mr_lacks_entry(const struct mr *mr)
{
	return (mr->flags & (MR_BY_ENTRY | MR_HAS_ENTRY)) == MR_BY_ENTRY;
}

void mr_make_runtime(struct mr *mr)
{
	mr->flags |= MR_RUNTIME;
	mr->flags &= ~(unsigned)(MR_WRITABLE | MR_MAY_EXTEND);
	mr_keep_journal(mr);
}

void mr_keep_journal(struct mr *mr)
{
	mr->log = LOG_OF_JOURNAL;
	mr->flags |= MR_TAKES_EVENT | MR_TAKES_DIGEST;
}

bool mr_named(const struct mr *mr, const char *spec, bool fold)
{
	struct bytes names[MR_NAMES_MAX];
	size_t n = mr_names(mr, names), size = strlen(spec);
	for (size_t i = 0; i < n; i++) {
		const char *name = (const char *)names[i].p;
		if (names[i].n == size &&
			(fold ? strncasecmp(name, spec, size) == 0 : memcmp(name, spec, size) == 0))
			return true;
	}
	return false;
}

bool mr_is_pattern(const char *spec)
{
	return strpbrk(spec, "*?[") != NULL;
}

bool mr_matches(const struct mr *mr, const char *pattern, bool fold)
{
	struct bytes names[MR_NAMES_MAX];
	char name[2 * NAME_MAX_VISIBLE + 1];
	int flags = FNM_PATHNAME | FNM_NOESCAPE | (fold ? FNM_CASEFOLD : 0);
	size_t n = mr_names(mr, names);
	for (size_t i = 0; i < n; i++) {
		const char *s = (const char *)names[i].p;
		/* All but the name without its hash reach to the end of their string. */
		if (s[names[i].n] != '\0') {
			if (names[i].n >= sizeof(name))
				continue;
			memcpy(name, s, names[i].n);
			name[names[i].n] = '\0';
			s = name;
		}
		if (fnmatch(pattern, s, flags) == 0)
			return true;
	}
	return false;
}

struct digest mr_name_value(const struct mr *mr)
{
	struct digest d = {.alg = mr->alg, .size = (uint8_t)hash_size(mr->alg)};
	size_t n = strlen(mr->name);
	if (n <= d.size)
		memcpy(d.v, mr->name, n);
	return d;
}

bool mr_is_initial(const struct mr *mr, struct bytes value)
{
	if (bytes_all_zero(value))
		return true;
	size_t n = strlen(mr->name);
	return n <= value.n && memcmp(value.p, mr->name, n) == 0 &&
	       bytes_all_zero((struct bytes){value.p + n, value.n - n});
}
