# SPDX-License-Identifier: Apache-2.0
# For the tests of commands: load it with `load common`, call common_setup in setup. What they run is
# TSMCTL; the machine it looks at is ROOT, a copy of one of tests/roots or a tree built by the test.

common_setup() {
	bats_require_minimum_version 1.5.0
	bats_load_library bats-support
	bats_load_library bats-assert
	umask 022
	ROOTS="$BATS_TEST_DIRNAME/../roots"
	ROOT="$BATS_TEST_TMPDIR/root"
	OUT="$BATS_TEST_TMPDIR/stdout" # of the last go or keep
	ERR="$BATS_TEST_TMPDIR/stderr"
	ZERO32=$(printf '%064d' 0)
	ZERO48=$(printf '%096d' 0)
	export ROOT
}

# use_root NAME: ROOT becomes a copy of tests/roots/NAME with the modes that the kernel gives.
use_root() {
	local mode path
	rm -rf "$ROOT"
	cp -R "$ROOTS/$1" "$ROOT"
	find "$ROOT" -type d -exec chmod 755 {} +
	find "$ROOT" -type f -exec chmod 444 {} +
	find "$ROOT" -type f \( -name append_event -o -name inblob \) -exec chmod 200 {} +
	[ -e "$ROOTS/$1.modes" ] || return 0
	while read -r mode path; do
		chmod "$mode" "$ROOT/$path" || return
	done <"$ROOTS/$1.modes"
}

# empty_root: ROOT is a machine with a /sys/kernel, and nothing of interest in it.
empty_root() {
	rm -rf "$ROOT"
	mkdir -p "$ROOT/sys/kernel"
}

# Building blocks for trees. RFC is where its providers go.

# static_mr PATH MODE BYTES: a static register of the RFC's first dialect.
static_mr() {
	mkdir -p "${1%/*}"
	printf '%s' "$3" >"$1"
	chmod "$2" "$1"
}

# runtime_mr DIR HASH [HEX]: a runtime register with an empty log, its value HEX or zeros.
runtime_mr() {
	local hex=${3:-}
	mkdir -p "$1"
	case $2 in
	sha1) hex=${hex:-$(printf '%040d' 0)} ;;
	sha256 | sm3 | sha3-256) hex=${hex:-$ZERO32} ;;
	sha384) hex=${hex:-$ZERO48} ;;
	*) hex=${hex:-$(printf '%0128d' 0)} ;;
	esac
	printf %s "$2" >"$1/hash_algo"
	: >"$1/event_log"
	: >"$1/append_event"
	set_bytes "$1/digest" "$hex"
	chmod 444 "$1/hash_algo" "$1/event_log" "$1/digest"
	chmod 200 "$1/append_event"
}

# set_bytes FILE HEX, set_text FILE TEXT (backslash escapes): new content, the mode stays.
set_bytes() {
	_writable "$1"
	unhex "$2" >"$1"
	[ -z "$MODE" ] || chmod "$MODE" "$1"
}
set_text() {
	_writable "$1"
	printf '%b' "$2" >"$1"
	[ -z "$MODE" ] || chmod "$MODE" "$1"
}
_writable() { # FILE: MODE is what to give it back
	MODE=
	[ -f "$1" ] || rm -rf "$1"
	if [ -e "$1" ] && [ ! -w "$1" ]; then
		MODE=$(stat -c %a "$1")
		chmod u+w "$1"
	fi
}

# Bytes and digests, by coreutils alone.
hex() { printf '%b' "$1" | od -An -v -tx1 | tr -d ' \n'; }
filehex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
unhex() { printf '%s' "${1^^}" | basenc -d --base16; }
textsum() { printf %s "$2" | sum "$1"; } # HASH TEXT
sum() { # HASH < BYTES
	local line
	line=$("$1sum")
	echo "${line%% *}"
}

# extended HASH VALUE DIGEST: the value after. recorded HASH VALUE TEXT...: after records.
extended() { unhex "$2$3" | sum "$1"; }
recorded() {
	local alg=$1 v=$2 line
	shift 2
	for line; do
		v=$(extended "$alg" "$v" "$(textsum "$alg" "$line")")
	done
	echo "$v"
}

# A model of the kernel: the log of the register in folder K, under hash KALG, whose value is KV.

# k_begin DIR HASH [HEX]: a fresh one.
k_begin() {
	K=$1 KALG=$2 KSYNC=
	runtime_mr "$1" "$2" "${3:-}"
	KV=$(filehex "$1/digest")
	chmod 644 "$K/event_log" "$K/digest"
}

# k_append RECORD...: one append of records as the kernel has trimmed them.
k_append() {
	local line
	if [ -z "$KSYNC" ]; then
		[ ! -s "$K/event_log" ] || echo >>"$K/event_log"
		line="SYNC $KALG/$KV"
		echo "$line" >>"$K/event_log"
		KV=$(recorded "$KALG" "$KV" "$line")
		KSYNC=1
	fi
	[ $# = 0 ] || echo >>"$K/event_log"
	for line; do
		printf '%s\n' "$line" >>"$K/event_log"
		case $line in '#'*) ;; *) KV=$(recorded "$KALG" "$KV" "$line") ;; esac
	done
	set_bytes "$K/digest" "$KV"
}

# k_direct HEX: a direct write. k_failed HEX: one whose extend fails with EIO.
k_failed() {
	[ -z "$KSYNC" ] || echo >>"$K/event_log"
	echo "# .EXTEND $1" >>"$K/event_log"
}
k_direct() {
	k_failed "$1"
	KV=$(extended "$KALG" "$KV" "$1")
	KSYNC=
	set_bytes "$K/digest" "$KV"
}

# Running it.

# go COMMAND...: runs it; $status, $output, $lines, $stderr and $stderr_lines are what came of it. As bats' own
# `run --separate-stderr`, for a third of the time.
go() {
	status=0
	"$@" >"$OUT" 2>"$ERR" || status=$?
	output=$(<"$OUT")
	stderr=$(<"$ERR")
	# shellcheck disable=SC2034
	IFS=$'\n' read -d '' -r -a lines <<<"$output" || true
	# shellcheck disable=SC2034
	IFS=$'\n' read -d '' -r -a stderr_lines <<<"$stderr" || true
	collect
}

# collect: keeps $output for tests/schema/check if it is JSON of ours: a document, or JSON Lines.
collect() {
	[ -n "${TSMCTL_DOCUMENTS:-}" ] || return 0
	case $output in
	'{"schema":"tsmctl.'* | '{"seq":'*)
		printf '%s\n' "$output" >>"$TSMCTL_DOCUMENTS/${BATS_TEST_FILENAME##*/}:$BATS_TEST_NUMBER"
		;;
	esac
}

# collect_journal: the same for what an extend has written.
collect_journal() {
	local journal=$ROOT/run/tsmctl/journal.jsonl
	[ -n "${TSMCTL_DOCUMENTS:-}" ] && [ -r "$journal" ] || return 0
	printf '%s\n' "$(<"$journal")" >>"$TSMCTL_DOCUMENTS/${BATS_TEST_FILENAME##*/}:$BATS_TEST_NUMBER"
}

# tsmctl ARGS...: that of tsmctl on ROOT.
tsmctl() {
	go "$TSMCTL" --root "$ROOT" "$@"
	case "$status $* " in 0*' extend '*) collect_journal ;; esac
}

# keep ARGS...: the same, with the bytes in the files OUT and ERR (a variable cannot hold a NUL).
keep() {
	status=0
	# shellcheck disable=SC2034
	"$TSMCTL" --root "$ROOT" "$@" >"$OUT" 2>"$ERR" || status=$?
	output=$(tr -d '\0' <"$OUT")
	stderr=$(tr -d '\0' <"$ERR")
	collect
}

# nobody ARGS...: tsmctl as an ordinary user on ROOT.
nobody() {
	local dir=$BATS_TEST_TMPDIR
	if [ "$(id -u)" != 0 ]; then
		tsmctl "$@"
		return
	fi
	# That user may enter the test's own folder, and finds the program there.
	while [ "$dir" != "${BATS_RUN_TMPDIR%/*}" ]; do
		chmod a+x "$dir"
		dir=${dir%/*}
	done
	cp "$TSMCTL" "$BATS_TEST_TMPDIR/tsmctl"
	go setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$BATS_TEST_TMPDIR/tsmctl" --root "$ROOT" "$@"
}

# Saying what must have come of it.

# assert_error STATUS PATTERN: that status, and one line on standard error that matches the pattern.
assert_error() {
	assert_failure "$1"
	# shellcheck disable=SC2053 # a pattern, unquoted
	[[ $stderr == tsmctl:\ $2 ]] || fail "standard error: $stderr
pattern: tsmctl: $2"
	[[ $stderr != *$'\n'* ]] || fail "more than a line on standard error: $stderr"
}

# assert_refused STATUS PATTERN: the same, and nothing was printed.
assert_refused() {
	assert_error "$@"
	assert_equal "$output" ''
}

# assert_done: status 0, nothing on standard error.
assert_done() {
	assert_success
	assert_equal "$stderr" ''
}

# not_genuine FILE: the note on standard error about evidence that is unchecked.
not_genuine() {
	echo "tsmctl: '$1': nothing here shows that this is genuine: '--require signature' makes that a failure"
}

# json FILTER [JQ OPTIONS...]: what jq makes of $output. assert_json FILTER: that it is true.
json() {
	local filter=$1
	shift
	jq -r "$@" "$filter" <<<"$output"
}
assert_json() {
	jq -e "$@" <<<"$output" >/dev/null || fail "not so: $*
$output"
}

# assert_printable FILE: valid UTF-8 and no control byte but newlines.
assert_printable() {
	iconv -f UTF-8 -t UTF-8 "$1" >/dev/null || fail "$1: not UTF-8"
	if LC_ALL=C grep -naP '[\x00-\x09\x0b-\x1f\x7f]' "$1"; then
		fail "$1: control bytes"
	fi
}

# on_terminal COLUMNS COMMAND...: `run` on a terminal of so many columns; what it was sent is in $output.
on_terminal() {
	# Python would name a locale to what it runs.
	PYTHONCOERCECLOCALE=0 run python3 "$BATS_TEST_DIRNAME/terminal.py" "$1" -- "${@:2}"
}
