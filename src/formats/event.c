/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/event.h"

#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "formats/tcg_names.h"

enum { TDX_LAST = 4, PCR_LAST = 23 };

/* A number of 32 bits with nothing before and after it; hexadecimal digits are of either case. */
static bool get_number(const char *s, unsigned base, uint32_t *ret)
{
	uint64_t n = 0;
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		unsigned digit = base;
		if (*s >= '0' && *s <= '9')
			digit = (unsigned)(*s - '0');
		else if ((*s | 0x20) >= 'a' && (*s | 0x20) <= 'f')
			digit = (unsigned)((*s | 0x20) - 'a') + 10;
		n = n * base + digit;
		if (digit >= base || n > UINT32_MAX)
			return false;
	}
	*ret = (uint32_t)n;
	return true;
}

/* As registers with a number are shown: decimal without zeros in front; "nv0x1c10200" is one, too. */
static bool get_numbered(const char *name, enum place *ret, uint32_t *ret_index)
{
	static const struct {
		const char *word;
		enum place place;
		unsigned base;
		uint32_t least; /* those below have another name */
	} words[] = {
		{"pcr", PLACE_PCR, 10, 0},
		{"nv0x", PLACE_NV, 16, 0},
		{"ccmr", PLACE_CC_MR, 10, TDX_LAST + 1},
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i].word);
		if (strncmp(name, words[i].word, n) != 0)
			continue;
		*ret = words[i].place;
		bool plain = words[i].base != 10 || name[n] != '0' || name[n + 1] == '\0';
		return plain && get_number(name + n, words[i].base, ret_index) &&
		       *ret_index >= words[i].least;
	}
	return false;
}

static bool is_tpm(const char *provider)
{
	return strncmp(provider, "tpm", 3) == 0 && provider[3] != '\0' &&
	       strspn(provider + 3, "0123456789") == strlen(provider + 3);
}

bool reg_place(const char *provider, const char *name, enum place *ret, uint32_t *ret_index)
{
	int cc = mr_cc_index(provider, name);
	*ret = PLACE_CC_MR;
	*ret_index = cc >= 0 ? (uint32_t)cc : 0;
	if (cc >= 0)
		return true;
	bool tpm = is_tpm(provider);
	return (tpm || *provider == '\0') && get_numbered(name, ret, ret_index) &&
	       (!tpm || *ret == PLACE_PCR);
}

enum hash_alg reg_hash(const char *name, size_t *ret_n)
{
	const char *colon = strrchr(name, ':');
	enum hash_alg alg = colon != NULL ? hash_by_name(bytes_of(colon + 1)) : HASH_UNKNOWN;
	*ret_n = alg != HASH_UNKNOWN ? (size_t)(colon - name) : strlen(name);
	return alg != HASH_UNKNOWN ? alg : HASH_NONE;
}

static void settle_name(struct log_event *ev)
{
	char name[EVENT_REG_ROOM];
	enum place place;
	uint32_t index;
	size_t n;
	reg_hash(ev->reg, &n);
	if (n >= sizeof(name))
		return;
	memcpy(name, ev->reg, n);
	name[n] = '\0';
	char *slash = strchr(name, '/');
	if (slash != NULL)
		*slash = '\0';
	if (!reg_place(slash != NULL ? name : "", slash != NULL ? slash + 1 : name, &place, &index))
		return;
	ev->place = place;
	ev->index = index;
	ev->reg = NULL;
}

void event_settle_place(struct log_event *ev)
{
	if (ev->place == PLACE_NAMED)
		settle_name(ev);
	if (ev->place == PLACE_CC_MR && ev->index == 0)
		ev->extends = false;
}

/* As snprintf would, for names that a log has by the million. */
static void put_numbered(char *room, const char *word, uint32_t n)
{
	char digits[10];
	size_t k = 0, len = strlcpy(room, word, EVENT_REG_ROOM);
	do
		digits[k++] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	while (k > 0)
		room[len++] = digits[--k];
	room[len] = '\0';
}

const char *event_reg_name(
	enum place place, uint32_t index, const char *reg, char room[static EVENT_REG_ROOM])
{
	switch (place) {
	case PLACE_NONE:
		return NULL;
	case PLACE_PCR:
		put_numbered(room, "pcr", index);
		break;
	case PLACE_NV:
		snprintf(room, EVENT_REG_ROOM, "nv0x%08x", index);
		break;
	case PLACE_CC_MR:
		if (index == 0)
			strlcpy(room, "mrtd", EVENT_REG_ROOM);
		else if (index <= TDX_LAST)
			put_numbered(room, "rtmr", index - 1);
		else
			put_numbered(room, "ccmr", index);
		break;
	case PLACE_NAMED:
		return reg;
	}
	return room;
}

const char *event_register(const struct log_event *ev, char room[static EVENT_REG_ROOM])
{
	bool odd = (ev->place == PLACE_PCR && ev->index > PCR_LAST) ||
		   (ev->place == PLACE_CC_MR && ev->index > TDX_LAST);
	return odd && !ev->extends ? NULL : event_reg_name(ev->place, ev->index, ev->reg, room);
}

int event_add_digest(struct log_event *ev, uint16_t tcg_id, struct bytes digest, struct err *err)
{
	enum hash_alg alg = tcg_hash_alg(tcg_id);
	if (alg != HASH_UNKNOWN && digest.n != hash_size(alg))
		return err_set(err, ST_FORMAT, "a %s digest of %zu bytes, not %zu", hash_name(alg),
			digest.n, hash_size(alg));
	for (size_t i = 0; i < ev->n_digests; i++)
		if (tcg_id != 0 && ev->digest[i].tcg_id == tcg_id)
			return err_set(err, ST_FORMAT,
				"two digests of algorithm 0x%04x for one event", tcg_id);
	if (ev->n_digests == EVENT_DIGESTS_MAX)
		return err_set(
			err, ST_FORMAT, "more than %d digests of one event", EVENT_DIGESTS_MAX);
	struct event_digest *d = &ev->digest[ev->n_digests++];
	d->tcg_id = tcg_id;
	d->d.alg = alg;
	d->d.size = digest.n <= DIGEST_SIZE_MAX ? (uint8_t)digest.n : 0;
	memcpy(d->d.v, digest.p, d->d.size);
	return 0;
}
