/* SPDX-License-Identifier: Apache-2.0 */
/* Text in lines of a given width. */
#ifndef TSMCTL_OUT_WRAP_H
#define TSMCTL_OUT_WRAP_H

#include "out/sink.h"

void wrap_spaces(struct sink *out, size_t n);
/*
 * Words of text from column `col` on, each further line from column `indent` on, none ending beyond
 * `width` unless a word alone does. Ends with a newline.
 */
void wrap_words(struct sink *out, const char *text, size_t col, size_t indent, size_t width);
/* Hex digits, in the same way: each line but the last has a multiple of 16. */
void wrap_hex(struct sink *out, struct bytes b, size_t indent, size_t width);

#endif
