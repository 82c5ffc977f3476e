/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <string.h>

#include "base/limits.h"

#define AT(member) offsetof(struct options, member)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const abi_choices[] = {"tsm-mr", "tsm-rfc", "tsm-rtmrs", "tpm", NULL};
static const char *const color_choices[] = {"auto", "always", "never", NULL};

const struct opt_spec global_opts[] = {
	{0, "root", OPT_STRING, "DIR", NULL, COMPLETE_DIR, AT(root),
		"look for the machine's files below DIR; outside of it only files named on the "
		"command line are opened"},
	{0, "abi", OPT_STRING, "NAME", abi_choices, COMPLETE_CHOICE, AT(abi),
		"use this kernel interface only"},
	{'j', "json", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(json), "print one JSON document"},
	{0, "color", OPT_STRING, "WHEN", color_choices, COMPLETE_CHOICE, AT(color),
		"colour verdicts; auto: on a terminal, unless NO_COLOR is set or TERM is dumb or "
		"unset"},
	{'q', "quiet", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(quiet),
		"suppress notes and -v; errors are still printed"},
	{'v', "verbose", OPT_COUNT, NULL, NULL, COMPLETE_NOTHING, AT(verbose),
		"name the files of this machine that are opened; twice: also those that are "
		"missing"},
	{0, "no-pager", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(no_pager),
		"print to the terminal directly, not through a pager"},
	{'h', "help", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(help),
		"print help, for a command if one is given"},
	{'V', "version", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(version), "print the version"},
};
const size_t n_global_opts = COUNT(global_opts);

#define NO_HEADER_OPT                                                                              \
	{                                                                                          \
		0, "no-header", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(no_header),             \
			"omit the header"                                                          \
	}

static const struct opt_spec list_opts[] = {
	{'o', "output", OPT_STRING, "COL,COL", NULL, COMPLETE_LIST, AT(columns),
		"print these columns: REGISTER, KIND, ACCESS, HASH, SIZE, LOG, ABI, PROVIDER, "
		"NAME, EXTEND-WITH, CC-MR-INDEX, "
		"TCG-MAP, CONFIGURED, PATH"},
	NO_HEADER_OPT,
};

/* clang-format off */
#define TD_OPTS                                                                                    \
	{0, "quote", OPT_STRING, "FILE", NULL, COMPLETE_FILE, AT(quote),                           \
		"take the registers from a TDX quote or SEV-SNP report in place of the machine's, " \
		"and check its signature"},                                                        \
	{0, "tdreport", OPT_STRING, "FILE", NULL, COMPLETE_FILE, AT(tdreport),                     \
		"take the registers from a TDX report (TDREPORT); its MAC cannot be checked"},                        \
	{0, "root-ca", OPT_LIST, "FILE", NULL, COMPLETE_FILE, AT(root_ca),                         \
		"trust this root certificate instead of Intel's and AMD's"},                       \
	{0, "certs", OPT_LIST, "FILE", NULL, COMPLETE_FILE, AT(certs),                             \
		"certificates that the quote or report lacks: PEM, DER or an auxblob"},            \
	{0, "crl", OPT_LIST, "FILE", NULL, COMPLETE_FILE, AT(crl),                                 \
		"do not trust certificates in this revocation list"},                           \
	{0, "at", OPT_STRING, "TIME", NULL, COMPLETE_NOTHING, AT(at),                              \
		"certificates and lists must be valid at this time: now, YYYY-MM-DD, "             \
		"YYYY-MM-DDTHH:MM:SSZ or @SECONDS"},                                               \
	{0, "require", OPT_LIST, "WHAT,...", NULL, COMPLETE_LIST, AT(require),                     \
		"fail unless all of these hold: signature, no-debug, crl, vmpl0"},                 \
	{0, "report-data", OPT_STRING, "HEX", NULL, COMPLETE_NOTHING, AT(report_data),             \
		"the report data of the quote or report must be these 64 bytes"},                  \
	{0, "report-data-file", OPT_STRING, "FILE", NULL, COMPLETE_FILE, AT(report_data_file),     \
		"the same, with the 64 bytes of FILE"}
/* clang-format on */

static const struct opt_spec read_opts[] = {
	{0, "raw", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(raw),
		"print the value of exactly one register, as bytes"},
	TD_OPTS,
};

#define GRACEFUL_OPT                                                                               \
	{                                                                                          \
		0, "graceful", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(graceful),               \
			"do nothing, with status 0, on a machine without measurement registers"    \
	}

static const struct opt_spec extend_opts[] = {
	{0, "event", OPT_STRING, "TEXT", NULL, COMPLETE_NOTHING, AT(event),
		"log TEXT, one line, and extend its hash"},
	{0, "event-file", OPT_STRING, "FILE", NULL, COMPLETE_FILE, AT(event_file),
		"the same, with the text of FILE (-: standard input) without its final newline"},
	{0, "file", OPT_STRING, "PATH", NULL, COMPLETE_FILE, AT(file),
		"measure a file: log a line with its path, size and digest, and extend the line's "
		"hash"},
	{0, "digest", OPT_STRING, "HEX", NULL, COMPLETE_NOTHING, AT(digest),
		"extend this digest, which has exactly the register's size"},
	{0, "note", OPT_STRING, "TEXT", NULL, COMPLETE_NOTHING, AT(note),
		"with --digest: a comment for tsmctl's own log; it is not measured"},
	{0, "once", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(once),
		"do nothing if the log proves that the same record was already extended in this "
		"boot"},
	{0, "dry-run", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(dry_run),
		"print what would be logged and the value that would result; change nothing"},
	{0, "force", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(force),
		"allow a register that the firmware or the boot loader owns (TDX: rtmr0, rtmr1)"},
	{0, "wait", OPT_SECONDS, "SECONDS", NULL, COMPLETE_NOTHING, AT(wait_s),
		"how long to wait for another tsmctl; default: 10"},
	GRACEFUL_OPT,
};

static const struct opt_spec write_opts[] = {
	{0, "hex", OPT_STRING, "HEX", NULL, COMPLETE_NOTHING, AT(hex),
		"the value, which has exactly the register's size"},
	{0, "file", OPT_STRING, "FILE", NULL, COMPLETE_FILE, AT(file),
		"the value, from FILE (-: standard input)"},
	{0, "wait", OPT_SECONDS, "SECONDS", NULL, COMPLETE_NOTHING, AT(wait_s),
		"how long to wait for another tsmctl; default: 10"},
};

#define INPUT_OPT                                                                                  \
	{                                                                                          \
		0, "input", OPT_LIST, "FILE[:FORMAT][@REGISTER]", NULL, COMPLETE_FILE, AT(inputs), \
			"use this log (-: standard input) in place of the machine's; may be "      \
			"given several times; FORMAT, if it cannot be detected: ccel, tpm, "       \
			"cel-json, cel-tlv, systemd, aael, dstack, ima, rfc-text, journal; "       \
			"REGISTER, to take all its events as events of that register; see "        \
			"tsmctl-logs(5)"                                                           \
	}

#define REFERENCE_OPT(text)                                                                        \
	{                                                                                          \
		0, "reference", OPT_LIST, "FILE[:FORMAT][@REGISTER]", NULL, COMPLETE_FILE,         \
			AT(references), text                                                       \
	}

static const char *const export_choices[] = {"tcg2", "cel-json", "cel-tlv", NULL};

static const struct opt_spec log_opts[] = {
	{'o', "output", OPT_STRING, "COL,COL", NULL, COMPLETE_LIST, AT(columns),
		"print these columns: SEQ, SOURCE, REGISTER, CC-MR-INDEX, OFFSET, KIND, TYPE, "
		"EXTENDS, DIGEST, DIGESTS, MATCHES, DATA, HEX, NOTE, TIME"},
	NO_HEADER_OPT,
	{0, "format", OPT_STRING, "FORMAT", export_choices, COMPLETE_CHOICE, AT(format),
		"write the events for other tools: tcg2, cel-json or cel-tlv"},
	{0, "jsonl", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(jsonl),
		"print JSON Lines, one event per line"},
	INPUT_OPT,
};

static const struct opt_spec verify_opts[] = {
	INPUT_OPT,
	{0, "values", OPT_STRING, "FILE", NULL, COMPLETE_FILE, AT(values),
		"take the registers from FILE, which 'tsmctl read' or tpm2_pcrread printed, in "
		"place of the machine's"},
	TD_OPTS,
	{0, "expect", OPT_STRING, "FILE", NULL, COMPLETE_FILE, AT(expect),
		"registers must also equal the values in FILE, in the format of --values"},
	{0, "initial", OPT_STRING, "FILE", NULL, COMPLETE_FILE, AT(initial),
		"trust these initial values of registers, in the format of --values"},
	REFERENCE_OPT("a log of a boot that verified: a mismatch says what differs from it, and "
		      "which of its events gives the value; may be given several times"),
	{0, "no-log", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(no_log),
		"compare with --expect only"},
	{0, "allow-ahead", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(allow_ahead),
		"accept a log whose last events are not in the register (log-ahead): status 0"},
};

static const struct opt_spec measure_opts[] = {
	{0, "phase", OPT_LIST, "NAME", NULL, COMPLETE_NOTHING, AT(phases),
		"take the lines under [NAME]; -, the default: those before any [NAME]; may be "
		"given several times, in the order of the boot"},
	{0, "dry-run", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(dry_run),
		"print what would be logged and the values that would result; change nothing"},
	{0, "predict", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(predict),
		"print the values that the lists give from zeros; no register is needed"},
	{0, "values", OPT_STRING, "FILE", NULL, COMPLETE_FILE, AT(values),
		"with --predict: what registers start from, as 'tsmctl read' or 'replay' prints "
		"it"},
	{0, "wait", OPT_SECONDS, "SECONDS", NULL, COMPLETE_NOTHING, AT(wait_s),
		"how long to wait for another tsmctl; default: 10"},
	GRACEFUL_OPT,
};

static const char *const quote_choices[] = {"coco-tdx", NULL};

static const struct opt_spec quote_opts[] = {
	{0, "report-data", OPT_STRING, "HEX", NULL, COMPLETE_NOTHING, AT(report_data),
		"put these 64 bytes into the quote, as 128 hex digits"},
	{0, "report-data-file", OPT_STRING, "FILE", NULL, COMPLETE_FILE, AT(report_data_file),
		"the same, with the 64 bytes of FILE (-: standard input)"},
	{0, "nonce", OPT_STRING, "HEX", NULL, COMPLETE_NOTHING, AT(nonce),
		"the same, with 1 to 64 bytes, padded with zeros at the end"},
	{0, "random", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(random),
		"use 64 random bytes, to test whether quotes work"},
	{0, "with-logs", OPT_FLAG, NULL, NULL, COMPLETE_NOTHING, AT(with_logs),
		"with --json: add the event logs, which must be the same before and after and "
		"replay to the quote"},
	{0, "format", OPT_STRING, "FORMAT", quote_choices, COMPLETE_CHOICE, AT(format),
		"coco-tdx: quote and log in the form that services of Confidential Containers "
		"take"},
	{0, "privlevel", OPT_STRING, "N", NULL, COMPLETE_NOTHING, AT(privlevel),
		"SEV-SNP: the privilege level (VMPL) of the report, 0 to 3; default: the lowest "
		"that this kernel may ask for"},
	{0, "service-provider", OPT_STRING, "NAME", NULL, COMPLETE_NOTHING, AT(service_provider),
		"ask this service provider (svsm)"},
	{0, "service-guid", OPT_STRING, "GUID", NULL, COMPLETE_NOTHING, AT(service_guid),
		"with --service-provider: this service; default: all"},
	{0, "service-manifest-version", OPT_STRING, "N", NULL, COMPLETE_NOTHING,
		AT(service_manifest_version),
		"with --service-guid: the version of its manifest; default: 0"},
	{0, "wait", OPT_SECONDS, "SECONDS", NULL, COMPLETE_NOTHING, AT(quote_wait_s),
		"how long to retry while TDX has an open request; default: 60"},
};

static const struct opt_spec diff_opts[] = {
	REFERENCE_OPT("a further log of the reference; may be given several times"),
	{0, "input", OPT_LIST, "FILE[:FORMAT][@REGISTER]", NULL, COMPLETE_FILE, AT(inputs),
		"a further log to compare with the reference; may be given several times"},
	{'r', "register", OPT_LIST, "PATTERN", NULL, COMPLETE_NOTHING, AT(registers),
		"compare only registers that match; may be given several times"},
	{'U', "unified", OPT_STRING, "N", NULL, COMPLETE_NOTHING, AT(context),
		"print N unchanged events around each change; default: 0"},
};

const struct cmd_spec commands[] = {
	{"list", "[REGISTER...]", "list the registers and what can be done with each",
		"ACCESS is what the register allows: r readable, w its value can be set, x "
		"extensible.",
		list_opts, COUNT(list_opts), 0, -1, COMPLETE_REGISTER, "tsmctl.list/1", "registers",
		cmd_list},
	{"read", "[REGISTER...]", "print register values", NULL, read_opts, COUNT(read_opts), 0, -1,
		COMPLETE_REGISTER, "tsmctl.read/1", "registers", cmd_read},
	{"extend", "REGISTER", "measure one thing into a register and log it",
		"Needs exactly one of --event, --event-file, --file and --digest. An extend cannot "
		"be undone.",
		extend_opts, COUNT(extend_opts), 1, 1, COMPLETE_REGISTER, "tsmctl.extend/1", NULL,
		cmd_extend},
	{"write", "REGISTER", "set a writable static register",
		"Needs exactly one of --hex and --file.", write_opts, COUNT(write_opts), 1, 1,
		COMPLETE_REGISTER, "tsmctl.write/1", NULL, cmd_write},
	{"log", "[REGISTER...]", "print event logs", NULL, log_opts, COUNT(log_opts), 0, -1,
		COMPLETE_REGISTER, "tsmctl.log/1", "events", cmd_log},
	{"verify", "[REGISTER...]", "check that the logs explain the registers",
		"The status is 0 only if every register that was checked is explained by its logs.",
		verify_opts, COUNT(verify_opts), 0, -1, COMPLETE_REGISTER, "tsmctl.verify/1",
		"registers", cmd_verify},
	{"quote", "", "get a signed report (quote) of this TVM from its firmware",
		"Needs exactly one of --report-data, --report-data-file, --nonce and --random. "
		"Writes the blob alone to a file or pipe, or, with --json or --format, a document.",
		quote_opts, COUNT(quote_opts), 0, 0, COMPLETE_NOTHING, "tsmctl.quote/1",
		"registers", cmd_quote},
	{"measure", "[FILE|DIR...]", "measure what lists say, each thing once in a boot",
		"A list has lines REGISTER event TEXT, REGISTER file PATH and REGISTER digest HEX "
		"[NOTE]: see tsmctl-measure(5). Default: the *.conf files of "
		"/etc/tsmctl/measure.d, /run/tsmctl/measure.d and /usr/lib/tsmctl/measure.d. All "
		"lines are checked before the first is extended.",
		measure_opts, COUNT(measure_opts), 0, -1, COMPLETE_FILE, "tsmctl.measure/1",
		"entries", cmd_measure},
	{"replay", "LOG[:FORMAT][@REGISTER]...", "compute register values from logs alone", NULL,
		NULL, 0, 1, -1, COMPLETE_FILE, "tsmctl.read/1", "registers", cmd_replay},
	{"diff", "REFERENCE [LOG]", "print the events that differ between two logs",
		"Both are FILE[:FORMAT][@REGISTER]. Without LOG and --input, the reference is "
		"compared with this machine's logs. Status 0 if no event differs, 1 if one does.",
		diff_opts, COUNT(diff_opts), 0, 2, COMPLETE_FILE, "tsmctl.diff/1", "registers",
		cmd_diff},
	{"status", "", "show what works here, what is missing and what to do about it", NULL, NULL,
		0, 0, 0, COMPLETE_NOTHING, "tsmctl.status/1", "findings", cmd_status},
};
const size_t n_commands = COUNT(commands);

const struct cmd_spec *command_by_name(const char *name)
{
	for (size_t i = 0; i < n_commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

void options_default(struct options *ret)
{
	*ret = (struct options){
		.root = "/",
		.color = "auto",
		.wait_s = LOCK_WAIT_DEFAULT_S,
		.quote_wait_s = QUOTE_WAIT_DEFAULT_S,
	};
}
