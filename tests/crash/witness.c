/* SPDX-License-Identifier: Apache-2.0 */
#include "witness.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 1 << 15, WORD_MAX = 512 };

static char *keys[VALUES_MAX];
static size_t n_keys;

void witness_told(FILE *out, const char *reg, const char *value)
{
	fprintf(out, "%s %s\n", reg, value);
}

void witness_begin(void)
{
	if (hcreate(VALUES_MAX) == 0)
		abort();
}

void witness_had(const char *reg, const uint8_t *value, size_t size)
{
	char word[WORD_MAX];
	int n = snprintf(word, sizeof(word), "%s ", reg);
	for (size_t i = 0; i < size; i++)
		n += snprintf(word + n, sizeof(word) - (size_t)n, "%02x", value[i]);
	if (hsearch((ENTRY){.key = word}, FIND) != NULL)
		return;
	char *key = strdup(word);
	if (key == NULL || n_keys == VALUES_MAX || hsearch((ENTRY){.key = key}, ENTER) == NULL)
		abort();
	keys[n_keys++] = key;
}

void witness_end(void)
{
	while (n_keys > 0)
		free(keys[--n_keys]);
	hdestroy();
}

size_t witness_check(const char *path, char *false_word, size_t room)
{
	char word[WORD_MAX];
	size_t n = 0;
	FILE *in = fopen(path, "re");
	false_word[0] = '\0';
	if (in == NULL)
		return 0;
	while (false_word[0] == '\0' && fgets(word, sizeof(word), in) != NULL) {
		word[strcspn(word, "\n")] = '\0';
		if (hsearch((ENTRY){.key = word}, FIND) == NULL)
			snprintf(false_word, room, "%s", word);
		else
			n++;
	}
	fclose(in);
	return n;
}
