/* SPDX-License-Identifier: Apache-2.0 */
/* Every bound on input, in one place. Beyond one, input is refused; nothing is cut silently. */
#ifndef TSMCTL_BASE_LIMITS_H
#define TSMCTL_BASE_LIMITS_H

enum {
	ERR_MSG_MAX = 1024,

	/* model */
	DIGEST_SIZE_MAX = 64,
	NAME_MAX_VISIBLE = 4 * 255 + 1, /* a file name of 255 bytes, each shown as \ooo */

	/* kernel trees */
	REGISTERS_MAX = 4096,	 /* of one machine */
	VALUE_SIZE_MAX = 65536,	 /* bytes of one register */
	HASH_NAME_MAX = 32,	 /* bytes of a kernel's name of a hash */
	KERNEL_TEXT_MAX = 4096,	 /* bytes of a text attribute (hash_algo, boot_id): PAGE_SIZE */
	LOG_REOPENS_MAX = 10,	 /* an event log that moved under the reader: ENODEV */
	LOG_ABSENCES_MAX = 1000, /* the same, found removed and not yet made again: ENOENT */
	MOVED_RETRIES_MAX = 10,	 /* a register that moved while it was verified */
	OPENAT2_RETRIES_MAX = 100000, /* EAGAIN: a mount or rename elsewhere raced with ".." */
	READ_DEADLINE_MS = 5000,      /* a kernel file that does not answer */
	LOCK_WAIT_DEFAULT_S = 10,
	LOCK_WAIT_MAX_S = 86400,
	LOCK_LOOK_MS = 10,	  /* between two looks at the list of all locks */
	LOCKS_TEXT_MAX = 1 << 20, /* bytes of that list */

	/* records */
	RECORD_MAX = 4096, /* bytes of one record: a kernel takes PAGE_SIZE in one write */
	KERNEL_LOG_MAX = 4 * 1024 * 1024, /* bytes of one in-kernel text log */
	KERNEL_LOG_LOW = 512, /* room in it that is worth a warning: a SYNC and a short record */
	KERNEL_LOG_EDGE =
		2 * 1024 * 1024, /* a log that ends exactly at its buffer overruns it by a byte */

	/* tsmctl's journal */
	JOURNAL_LIKE_MAX = 16,	    /* registers that may be the same as one */
	JOURNAL_STATE_EVERY = 8192, /* bytes of lines before what they amount to is written */
	JOURNAL_NAMES_MAX = 65536,  /* of all registers of one journal */
	JOURNAL_ALIASES_MAX = 32,   /* names that the writer gives to one register */
	JOURNAL_LATE_MAX = 65536,   /* ends that do not follow their intent at once */

	/* logs and other files */
	LINE_MAX_BYTES = 65536,		     /* of a text log */
	LOG_HEAD_BYTES = 4096,		     /* of a file that its format is told from */
	LOG_LOOK_BYTES = 1024 * 1024,	     /* of one, where they do not tell */
	WINDOW_MAX = 4 * 1024 * 1024 + 4096, /* looked at in one piece: an event, whole */
	EVENT_DATA_MAX = 4 * 1024 * 1024,
	EVENT_DIGESTS_MAX = 16,	  /* of one event */
	DESCRIPTION_MAX = 4096,	  /* bytes of what is said of an event beside its data */
	EXPORT_HEADS_MAX = 32768, /* of an exported record, without its names and data */
	VALUES_FILE_MAX = 4 * 1024 * 1024,
	EVIDENCE_FILE_MAX = 4 * 1024 * 1024, /* a quote, or the JSON around it */
	JSON_DEPTH_MAX = 16,
	JSON_NODES_MAX = 131072,   /* objects, arrays and commas of one text of a log */
	RECNUM_REGISTERS_MAX = 64, /* whose record numbers are checked, each for itself */
	ELSEWHERE_TRIES_MAX = 8,   /* of reading a log's events as another register's */
	DIFF_EVENTS_MAX = 1 << 20, /* of each side of a comparison */
	TRACKS_MAX = 32768,	   /* banks that logs name, where no registers are at hand */

	/* the search for a history of a text log */
	REPLAY_EXTENDS_MAX = 1 << 24,
	REPLAY_RUNS_MAX = 1 << 16,   /* runs of direct lines with two readings */
	REPLAY_RUN_LINES_MAX = 8192, /* lines of one run among which failed ones are looked for */
};

/* A log given by name, or the spool of one that cannot be read twice. */
#define LOG_FILE_MAX (INT64_C(1) << 34)

#endif
