/* SPDX-License-Identifier: Apache-2.0 */
#include "out/wrap.h"

#include <string.h>

void wrap_spaces(struct sink *out, size_t n)
{
	while (n-- > 0)
		sink_char(out, ' ');
}

static void new_line(struct sink *out, size_t indent)
{
	sink_char(out, '\n');
	wrap_spaces(out, indent);
}

void wrap_words(struct sink *out, const char *text, size_t col, size_t indent, size_t width)
{
	for (bool first = true; *text != '\0'; first = false) {
		size_t n = strcspn(text, " ");
		if (!first && col + 1 + n > width) {
			new_line(out, indent);
			col = indent;
		} else if (!first) {
			sink_char(out, ' ');
			col++;
		}
		sink_bytes(out, (struct bytes){(const uint8_t *)text, n});
		col += n;
		text += n + (text[n] == ' ');
	}
	sink_char(out, '\n');
}

void wrap_hex(struct sink *out, struct bytes b, size_t indent, size_t width)
{
	enum { STEP = 8 };
	size_t fit = width > indent ? (width - indent) / 2 : 0;
	size_t most = fit >= b.n ? b.n : fit >= STEP ? fit / STEP * STEP : STEP;
	while (b.n > most) {
		sink_hex(out, (struct bytes){b.p, most});
		new_line(out, indent);
		b = (struct bytes){b.p + most, b.n - most};
	}
	sink_hex(out, b);
	sink_char(out, '\n');
}
