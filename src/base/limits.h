/* SPDX-License-Identifier: Apache-2.0 */
/* Every bound on input, in one place. Beyond one, input is refused; nothing is cut silently. */
#ifndef TSMCTL_BASE_LIMITS_H
#define TSMCTL_BASE_LIMITS_H

enum {
	ERR_MSG_MAX = 1024,
	STACK_MIN = 256 * 1024, /* bytes of stack, without which nothing is begun */

	/* model */
	DIGEST_SIZE_MAX = 64,
	NAME_MAX_VISIBLE = 4 * 255 + 1, /* a file name of 255 bytes, each shown as \ooo */

	EXTEND_ROOM = 2 * 1024 * 1024, /* bytes of memory for what follows the write of an extend */

	/* kernel trees */
	REGISTERS_MAX = 4096,	 /* of one machine */
	VALUE_SIZE_MAX = 65536,	 /* bytes of one register */
	HASH_NAME_MAX = 32,	 /* bytes of a kernel's name of a hash */
	KERNEL_TEXT_MAX = 4096,	 /* bytes of a text attribute (hash_algo, boot_id): PAGE_SIZE */
	LOG_REOPENS_MAX = 10,	 /* an event log that moved under the reader: ENODEV */
	LOG_ABSENCES_MAX = 1000, /* the same, found removed and not yet made again: ENOENT */
	MOVED_RETRIES_MAX = 10,	 /* a register that moved while it was verified */
	OPENAT2_RETRIES_MAX = 100000, /* EAGAIN: a mount or rename elsewhere raced with ".." */
	LINKS_MAX = 40,		      /* symbolic links of one path: the kernel's own bound */
	READ_DEADLINE_MS = 5000,      /* a kernel file that does not answer */
	LOCK_WAIT_DEFAULT_S = 10,
	LOCK_WAIT_MAX_S = 86400,
	LOCK_LOOK_MS = 10,	  /* between two looks at the list of all locks */
	LOCKS_TEXT_MAX = 1 << 20, /* bytes of that list */

	/* configfs-tsm */
	REPORT_BLOB_MAX = 16 * 1024 * 1024, /* bytes of a report: the kernel's own bound */
	REPORT_NAMES_TRIED = 100,	    /* until one is not taken */
	REPORT_NAMES_SHOWN = 8,		    /* of entries that others left */
	QUOTE_WAIT_DEFAULT_S = 60,	    /* for a request of TDX that is open: EBUSY */
	QUOTE_ASK_AGAIN_MS = 1000,	    /* between two of these */
	QUOTE_RETRIES_MAX = 5,		    /* of a quote that its logs do not fit */

	/* records */
	RECORD_MAX = 4096, /* bytes of one record: a kernel takes PAGE_SIZE in one write */
	KERNEL_LOG_MAX = 4 * 1024 * 1024,   /* bytes of one in-kernel text log */
	KERNEL_COPY_MAX = 32 * 1024 * 1024, /* bytes copied of one, whatever it says */
	KERNEL_LOG_LOW = 512, /* room in it that is worth a warning: a SYNC and a short record */
	KERNEL_LOG_EDGE =
		2 * 1024 * 1024, /* a log that ends exactly at its buffer overruns it by a byte */

	/* tsmctl's journal */
	JOURNAL_LIKE_MAX = 16,	    /* registers that may be the same as one */
	JOURNAL_STATE_EVERY = 8192, /* bytes of lines before what they amount to is written */
	JOURNAL_NAMES_MAX = 65536,  /* of all registers of one journal */
	JOURNAL_ALIASES_MAX = 32,   /* names that the writer gives to one register */
	JOURNAL_LATE_MAX = 65536,   /* ends that do not follow their intent at once */

	/* lists of what is measured */
	MEASURE_LINES_MAX = 4096,	    /* of all lists together, comments too */
	MEASURE_FILES_MAX = 256,	    /* lists */
	MEASURE_FILE_MAX = 4 * 1024 * 1024, /* bytes of one */

	/* logs and other files */
	LINE_MAX_BYTES = 65536,		      /* of a text log */
	INPUT_KEEP_MAX = 32 * 1024 * 1024,    /* of what is no regular file, kept in memory */
	INPUT_SPOOL_MAX = 1024 * 1024 * 1024, /* the same, kept in a file */
	UNSIZED_LOG_MAX = 1024 * 1024 * 1024, /* of a pseudo-file, whose size says nothing */
	LOG_HEAD_BYTES = 4096,		      /* of a file that its format is told from */
	LOG_LOOK_BYTES = 1024 * 1024,	      /* of one, where they do not tell */
	WINDOW_MAX = 4 * 1024 * 1024 + 4096,  /* looked at in one piece: an event, whole */
	EVENT_DATA_MAX = 4 * 1024 * 1024,
	EVENT_DIGESTS_MAX = 16,	  /* of one event */
	DESCRIPTION_MAX = 4096,	  /* bytes of what is said of an event beside its data */
	EXPORT_HEADS_MAX = 32768, /* of an exported record, without its names and data */
	VALUES_FILE_MAX = 4 * 1024 * 1024,
	EVIDENCE_FILE_MAX = 4 * 1024 * 1024, /* a quote, or the JSON around it */
	QUOTE_LOGS_MAX = 64 * 1024 * 1024,   /* bytes of all logs beside a quote of ours */
	QUOTE_LOGS_COUNT_MAX = 256,
	QUOTE_FILE_MAX = 128 * 1024 * 1024, /* of what 'quote --json' prints, in base64 */
	CERTS_FILE_MAX = 4 * 1024 * 1024,   /* PEM, DER or the certificate table of a host */
	CERTS_MAX = 64,			    /* certificates of one purpose */
	CRLS_MAX = 32,			    /* revocation lists */
	JSON_DEPTH_MAX = 16,
	JSON_NODES_MAX = 32768,	   /* objects, arrays and commas of one text of a log */
	RECNUM_REGISTERS_MAX = 64, /* whose record numbers are checked, each for itself */
	ELSEWHERE_TRIES_MAX = 4,   /* of reading a log's events as another register's */
	NAMESAKES_MAX = 64,	   /* registers of one name, or that a journal says are one */
	TRACKS_MAX = 4096,	   /* banks that logs name, where no registers are at hand */
	DIFF_EVENTS_MAX = 1 << 20, /* of each side of a comparison */

	/* the search for a history */
	REPLAY_EXTENDS_MAX = 1 << 22, /* of one command, for all registers together */
	REPLAY_RUNS_MAX = 1 << 16,    /* runs of direct lines with two readings */
	REPLAY_RUN_LINES_MAX = 8192,  /* lines of one run among which failed ones are looked for */
};

/* A log, or a journal, that is a regular file. */
#define LOG_FILE_MAX (INT64_C(1) << 34)

#endif
