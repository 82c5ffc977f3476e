/* SPDX-License-Identifier: Apache-2.0 */
/* Text in the data of events, which says neither its encoding nor always where it ends. */
#ifndef TSMCTL_DESCRIBE_TEXT_GUESS_H
#define TSMCTL_DESCRIBE_TEXT_GUESS_H

#include "base/cursor.h"
#include "base/strbuf.h"

/* The next byte of a structure; zero, and bad from then on, if there is none. */
uint8_t take_u8(struct cursor *c);

/* What stands before the first NUL; all of b if there is none. */
struct bytes before_nul(struct bytes b);
/* The same for UTF-16: before the first unit that is zero, and without half a unit at the end. */
struct bytes before_nul16(struct bytes b);
/* Without the NULs, and the units that are zero, at the end, with which text is padded. */
struct bytes without_padding(struct bytes b);
struct bytes without_padding16(struct bytes b);

/*
 * Printable ASCII in UTF-16LE, with a NUL at its end or without: what boot loaders that are EFI
 * applications write (systemd-boot and its stub, src/boot/measure.c).
 */
bool is_utf16_text(struct bytes b);

/* Puts UTF-16LE, NULs too; what is not well-formed becomes U+FFFD. */
void text_put_utf16(struct text *t, struct bytes b);
/*
 * Puts b if it looks like text in UTF-16LE or UTF-8, up to the NULs at its end. Tabs, line ends and
 * NULs within it are text, too: what stands after a NUL may have been hashed. Returns false, with
 * nothing put, if it does not.
 */
bool text_put_guess(struct text *t, struct bytes b);

#endif
