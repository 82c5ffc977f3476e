/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for libFuzzer: runs the target on each file named, and on each in a folder named. */
#include "fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static size_t n_files;

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	long size = -1;
	if (f != NULL && fseek(f, 0, SEEK_END) == 0)
		size = ftell(f);
	/* Of exactly this size, so that a sanitizer sees a byte read beyond it. */
	uint8_t *data = size >= 0 ? malloc(size > 0 ? (size_t)size : 1) : NULL;
	bool ok = data != NULL && fseek(f, 0, SEEK_SET) == 0 &&
		  fread(data, 1, (size_t)size, f) == (size_t)size;
	if (f != NULL)
		fclose(f);
	if (ok) {
		fprintf(stderr, "%s\n", path);
		LLVMFuzzerTestOneInput(data, (size_t)size);
		n_files++;
	} else {
		perror(path);
	}
	free(data);
	return ok ? 0 : -1;
}

static int run(const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return run_file(path);
	DIR *dir = opendir(path);
	int rc = dir != NULL ? 0 : -1;
	for (struct dirent *e; rc == 0 && (e = readdir(dir)) != NULL;) {
		char file[4096];
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = run_file(file);
	}
	if (dir != NULL)
		closedir(dir);
	return rc;
}

int main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++)
		if (run(argv[i]) < 0)
			return 1;
	printf("%zu inputs\n", n_files);
	return n_files > 0 ? 0 : 1;
}
