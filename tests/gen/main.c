/* SPDX-License-Identifier: Apache-2.0 */
#include "gen.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: genlog -f FORMAT[:STYLE] [OPTIONS] DESCRIPTION\n"
	"Writes an event log of the events that DESCRIPTION (a file, or -) lists, or what fits "
	"it.\n"
	"  -b, --bank ALG[,ALG...]   sha1, sha256, sha384, sha512, sm3; in the log's order\n"
	"      --frame FRAME         cel-json: array (default), object, seq, lines\n"
	"      --area BYTES          ccel, tpm: size of the log's area, filled up\n"
	"      --pad ff|zero|none    with what (ff)\n"
	"      --boot-id UUID        journal\n"
	"      --repeat N            N more of the last event, each with text of its own\n"
	"      --size BYTES          of that text (120)\n"
	"Instead of the log:\n"
	"      --values              its registers, as `tsmctl read` prints them\n"
	"      --quote 4|5|5-15      a TDX quote with them (5-15: body of TDX 1.5)\n"
	"      --tdreport            a TDREPORT with them\n"
	"      --table               the ACPI table CCEL, which is no log\n"
	"      --report-data HEX  --debug  --sig-len N    what a quote says\n"
	"Damage; events count from 0:\n"
	"      --flip N[:BIT[:ALG]]  one bit of its digest\n"
	"      --alter N             its data, not its digest\n"
	"      --drop N  --swap N,M  --cut BYTES  --append HEX\n"
	"\n"
	"DESCRIPTION: a line an event, `REGISTER TYPE [WORD...] [DATA]`, or `REGISTER start HEX`.\n"
	"  REGISTER  pcrN, rtmrN, mrtd, nvN, [PROVIDER/]NAME[:ALG]; PCRs become RTMRs where need "
	"be\n"
	"  TYPE      EV_..., 0x...; phase and systemd's others; cos:ImageRef and so on; "
	"cel_version,\n"
	"            firmware_end, cel_timestamp, state_trans; ima, ima-ng, ima-sig; aael; "
	"dstack;\n"
	"            record, direct, direct-failed, comment\n"
	"  WORD      digest:ALG:HEX (one that the data does not make), of:DATA (the digest is of\n"
	"            this; no spaces), other (of something outside), + (same append as the record\n"
	"            before), name:NAME (dstack), note:TEXT (journal), file:ALG:HEX, sig:HEX,\n"
	"            violation (IMA)\n"
	"  DATA      text:TEXT (\\n, \\t, \\\\, \\xHH), hex:HEX, utf16:TEXT, fill:SIZE, sep,\n"
	"            var:GUID:NAME:HEX, image:ADDRESS:LENGTH:HEX, gpt:N, tag:ID:DATA, locality:N\n"
	"Digests are of what the type says, or, for types that measure what is not in the log, of\n"
	"something else.\n"
	"\n"
	"FORMATS and their styles, the default first:\n";

enum {
	O_FRAME = 256,
	O_AREA,
	O_PAD,
	O_BOOT_ID,
	O_REPEAT,
	O_SIZE,
	O_VALUES,
	O_QUOTE,
	O_TDREPORT,
	O_TABLE,
	O_REPORT_DATA,
	O_DEBUG,
	O_SIG_LEN,
	O_FLIP,
	O_ALTER,
	O_DROP,
	O_SWAP,
	O_CUT,
	O_APPEND
};

static const struct option options[] = {
	{"help", no_argument, NULL, 'h'},
	{"format", required_argument, NULL, 'f'},
	{"bank", required_argument, NULL, 'b'},
	{"frame", required_argument, NULL, O_FRAME},
	{"area", required_argument, NULL, O_AREA},
	{"pad", required_argument, NULL, O_PAD},
	{"boot-id", required_argument, NULL, O_BOOT_ID},
	{"repeat", required_argument, NULL, O_REPEAT},
	{"size", required_argument, NULL, O_SIZE},
	{"values", no_argument, NULL, O_VALUES},
	{"quote", required_argument, NULL, O_QUOTE},
	{"tdreport", no_argument, NULL, O_TDREPORT},
	{"table", no_argument, NULL, O_TABLE},
	{"report-data", required_argument, NULL, O_REPORT_DATA},
	{"debug", no_argument, NULL, O_DEBUG},
	{"sig-len", required_argument, NULL, O_SIG_LEN},
	{"flip", required_argument, NULL, O_FLIP},
	{"alter", required_argument, NULL, O_ALTER},
	{"drop", required_argument, NULL, O_DROP},
	{"swap", required_argument, NULL, O_SWAP},
	{"cut", required_argument, NULL, O_CUT},
	{"append", required_argument, NULL, O_APPEND},
	{0},
};

static void take_banks(struct gen *g, const char *list)
{
	g->n_banks = 0;
	while (*list != '\0') {
		size_t n = strcspn(list, ",");
		if (g->n_banks == N_ALGS)
			die("--bank: too many");
		g->banks[g->n_banks++] = alg_find(list, n);
		list += n + (list[n] == ',');
	}
}

static void take_flip(struct gen *g, char *arg)
{
	char *bit = strchr(arg, ':'), *alg = bit != NULL ? strchr(bit + 1, ':') : NULL;
	if (alg != NULL)
		*alg++ = '\0';
	if (bit != NULL)
		*bit++ = '\0';
	g->flip = number(arg, "the event");
	g->flip_bit = bit != NULL ? number(bit, "the bit") : 0;
	g->flip_alg = alg != NULL ? alg_find(alg, strlen(alg)) : -1;
}

static void take_swap(struct gen *g, char *arg)
{
	char *comma = strchr(arg, ',');
	if (comma == NULL)
		die("--swap N,M");
	*comma = '\0';
	g->swap[0] = number(arg, "the event");
	g->swap[1] = number(comma + 1, "the event");
}

static enum what quote_of(const char *arg)
{
	static const char *const names[] = {"4", "5", "5-15"};
	for (int i = 0; i < 3; i++)
		if (strcmp(arg, names[i]) == 0)
			return (enum what)(QUOTE4 + i);
	die("--quote 4, 5 or 5-15");
}

static const char *one_of(const char *arg, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++)
		if (strcmp(arg, names[i]) == 0)
			return names[i];
	die("'%s': there is %s, %s, %s", arg, names[0], names[1], names[2]);
}

/* Those that say what is written; false: another one. */
static bool take_kind(struct gen *g, int c, char *arg)
{
	static const char *const frames[] = {"array", "object", "seq", "lines", NULL};
	static const char *const pads[] = {"ff", "zero", "none", NULL};
	switch (c) {
	case 'f':
		g->format = format_find(arg);
		return true;
	case 'b':
		take_banks(g, arg);
		return true;
	case O_FRAME:
		g->frame = one_of(arg, frames);
		return true;
	case O_PAD:
		g->pad = one_of(arg, pads);
		return true;
	case O_BOOT_ID:
		g->boot_id = arg;
		return true;
	case O_VALUES:
		g->what = VALUES;
		return true;
	case O_QUOTE:
		g->what = quote_of(arg);
		return true;
	case O_TDREPORT:
		g->what = TDREPORT;
		return true;
	case O_TABLE:
		g->what = TABLE;
		return true;
	case O_DEBUG:
		return g->debug = true;
	}
	return false;
}

static bool take_number(struct gen *g, int c, char *arg)
{
	switch (c) {
	case O_AREA:
		g->area = number(arg, "the size");
		return true;
	case O_REPEAT:
		g->repeat = number(arg, "the count");
		return true;
	case O_SIZE:
		g->size = number(arg, "the size");
		return true;
	case O_REPORT_DATA:
		buf_unhex(&g->report_data, arg);
		return true;
	case O_SIG_LEN:
		g->sig_len = number(arg, "the length");
		return true;
	case O_FLIP:
		take_flip(g, arg);
		return true;
	case O_ALTER:
		g->alter = number(arg, "the event");
		return true;
	case O_DROP:
		g->drop = number(arg, "the event");
		return true;
	case O_SWAP:
		take_swap(g, arg);
		return true;
	case O_CUT:
		g->cut = number(arg, "the size");
		return true;
	case O_APPEND:
		buf_unhex(&g->append, arg);
		return true;
	}
	return false;
}

static void help(void)
{
	struct buf formats = {0};
	put_formats(&formats);
	(void)fputs(usage, stdout);
	(void)fwrite(formats.p, 1, formats.n, stdout);
	buf_free(&formats);
	exit(0);
}

static void parse_options(struct gen *g, int argc, char *argv[])
{
	int c;
	while ((c = getopt_long(argc, argv, "hf:b:", options, NULL)) != -1) {
		if (c == 'h')
			help();
		if (c == '?' || (!take_kind(g, c, optarg) && !take_number(g, c, optarg)))
			exit(2);
	}
	if (g->format == NULL || argc - optind != 1)
		die("-f FORMAT and one DESCRIPTION are wanted; see genlog --help");
	if (g->n_banks == 0)
		g->banks[g->n_banks++] = g->format->alg;
	if (g->what == VALUES && (g->cut != NONE || g->append.n > 0))
		die("--values: a log that is cut or longer has none of its own");
}

/* A run of which only the registers are kept. */
static void run_for_values(struct gen *g)
{
	g->mute = true;
	run(g);
	g->mute = false;
	g->finals = g->states;
	g->n_finals = g->n_states;
	g->states = NULL;
	g->n_states = 0;
}

static void write_out(struct gen *g)
{
	if (g->what != LOG || (g->format->flags & F_VALUES))
		run_for_values(g);
	switch (g->what) {
	case LOG:
		run(g);
		break;
	case VALUES:
		put_values(g);
		break;
	case QUOTE4:
	case QUOTE5:
	case QUOTE5_15:
		put_quote(g, &g->out);
		break;
	case TDREPORT:
		put_tdreport(g, &g->out);
		break;
	case TABLE:
		put_table(g, &g->out);
		break;
	}
	flush_out(g);
	g->cut = NONE;
	buf_put(&g->out, g->append.p, g->append.n);
	flush_out(g);
}

static void free_all(struct gen *g)
{
	for (size_t i = 0; i < g->n_events; i++) {
		struct event *e = &g->events[i];
		buf_free(&e->data);
		buf_free(&e->of);
		buf_free(&e->sig);
		buf_free(&e->file_digest);
		free(e->name);
		free(e->note);
	}
	free(g->events);
	free(g->starts);
	free(g->states);
	free(g->finals);
	buf_free(&g->report_data);
	buf_free(&g->append);
	buf_free(&g->out);
}

int main(int argc, char *argv[])
{
	struct gen g = {.frame = "array",
		.pad = "ff",
		.boot_id = "01234567-89ab-cdef-0123-456789abcdef",
		.size = 120,
		.sig_len = NONE,
		.flip = NONE,
		.alter = NONE,
		.drop = NONE,
		.swap = {NONE, NONE},
		.cut = NONE};
	parse_options(&g, argc, argv);
	read_description(&g, argv[optind]);
	write_out(&g);
	free_all(&g);
	if (fclose(stdout) != 0)
		die("standard output cannot be written");
	return 0;
}
