/* SPDX-License-Identifier: Apache-2.0 */
#include "model/mr.h"

#include <fnmatch.h>
#include <string.h>

/* The four ways to name a register, the whole name first; provider and hash are "/"- and ":"-free
 * only here. */
struct names {
	const char *whole; /* PROVIDER/NAME:HASH */
	const char *local; /* NAME:HASH */
	char no_hash[2 * NAME_MAX_VISIBLE + 1];
};

static void names_of(const struct mr *mr, struct names *ret)
{
	size_t provider = strlen(mr->provider);
	size_t n = provider + (provider > 0 ? 1 : 0) + strlen(mr->name);
	if (n >= sizeof(ret->no_hash))
		n = sizeof(ret->no_hash) - 1;
	ret->whole = mr->full;
	ret->local = provider > 0 ? mr->full + provider + 1 : mr->full;
	memcpy(ret->no_hash, mr->full, n);
	ret->no_hash[n] = '\0';
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

bool mr_lacks_entry(const struct mr *mr)
{
	return (mr->flags & (MR_BY_ENTRY | MR_HAS_ENTRY)) == MR_BY_ENTRY;
}

void mr_keep_journal(struct mr *mr)
{
	mr->log = LOG_OF_JOURNAL;
	mr->flags |= MR_TAKES_EVENT | MR_TAKES_DIGEST;
}

bool mr_named(const struct mr *mr, const char *spec, bool *full)
{
	struct names names;
	names_of(mr, &names);
	*full = strcmp(spec, names.whole) == 0;
	return *full || strcmp(spec, names.local) == 0 || strcmp(spec, names.no_hash) == 0 ||
	       strcmp(spec, mr->name) == 0;
}

bool mr_matches(const struct mr *mr, const char *pattern)
{
	struct names names;
	names_of(mr, &names);
	int flags = FNM_PATHNAME | FNM_NOESCAPE;
	return fnmatch(pattern, names.whole, flags) == 0 ||
	       fnmatch(pattern, names.local, flags) == 0 ||
	       fnmatch(pattern, names.no_hash, flags) == 0 ||
	       fnmatch(pattern, mr->name, flags) == 0;
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
