/* SPDX-License-Identifier: Apache-2.0 */
/* A root for a fuzz target, in memory, and a folder beside it that nothing may open. */
#ifndef TEST_FUZZ_FOLDER_H
#define TEST_FUZZ_FOLDER_H

#include <sys/types.h>

#include "base/bytes.h"

/* Its path; made with the first call, removed when the target ends. */
const char *folder_root(void);
/* That of something below it, valid until the next call. */
const char *folder_path(const char *path);
/* Removes all that is in the root. */
void folder_clear(void);

/*
 * Make something below the root, and the folders above it; what is there already stays, but a file's
 * bytes. No link is followed. False for a path that cannot be made.
 */
bool folder_dir(const char *path, mode_t mode);
bool folder_file(const char *path, mode_t mode, struct bytes content);
/* A target that starts with '!' is one in the folder that nothing may open, by its absolute path. */
bool folder_link(const char *path, const char *target);
bool folder_fifo(const char *path, mode_t mode);

/*
 * Makes a tree from lines of text, and leaves out what cannot be made. MODE is octal, PATH the rest of a line:
 *   d MODE PATH      f MODE CONTENT PATH      l TARGET PATH      p MODE PATH (a FIFO)
 *   e NUMBER PATH: to open it fails with this errno, but not to look at it
 * CONTENT is *N: N bytes, or =TEXT: a line, or -TEXT: the same without its newline; in both '|' is a newline and '~' a blank.
 */
void folder_make(struct bytes lines);

/* With which errno to open a path fails; 0: with none. */
int folder_error(const char *path);

/* Ends the target if anything in the other folder was opened or changed since the last call. */
void folder_check_outside(void);

#endif
