#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of bash -c are its own
# How much is read, kept and needed: input without an end, files without a bottom, little of what a process is given.

setup() {
	load common
	load fuse
	load extend
	common_setup
	TMP=$BATS_TEST_TMPDIR
	UNKNOWN="no log of a format known here; if it is one all the same, FILE:FORMAT says which"
}

teardown() {
	sim_stop
}

# Input that is no regular file

# left COMMAND...: runs it on a pipe of 60,000 zeros; $left is how many of them it did not read.
left() {
	left=$(head -c 60000 /dev/zero | {
		"$@" >"$OUT" 2>"$ERR"
		echo $? >"$TMP/status"
		wc -c
	})
	status=$(<"$TMP/status")
	output=$(<"$OUT")
	stderr=$(<"$ERR")
}

@test "what is no log is refused from its first bytes, not kept" {
	local command
	for command in "log --input" replay "verify --values $TMP/values --input"; do
		echo "$ZERO48  rtmr0:sha384" >"$TMP/values"
		# shellcheck disable=SC2086 # words
		go timeout 60 "$TSMCTL" $command /dev/zero
		assert_refused 5 "'/dev/zero': $UNKNOWN"
		go timeout 60 bash -c 'yes | "$TSMCTL" $1 -' - "$command"
		assert_refused 5 "'-': $UNKNOWN"
		go timeout 60 bash -c '"$TSMCTL" $1 <(cat /dev/zero)' - "$command"
		assert_refused 5 "'/dev/fd/*': $UNKNOWN"
		# shellcheck disable=SC2086 # words
		left "$TSMCTL" $command -
		assert_refused 5 "'-': $UNKNOWN"
		assert_equal "$left" $((60000 - 4096))
	done
}

@test "files with a maximum are read no further than that" {
	local option
	for option in values expect; do
		go timeout 60 "$TSMCTL" verify --input "$ROOTS/README.md:rfc-text" --$option /dev/zero
		assert_refused 5 "'/dev/zero': longer than 4194304 bytes"
	done
	for option in quote tdreport; do
		go timeout 60 "$TSMCTL" read --$option /dev/zero
		assert_refused 5 "'/dev/zero': longer than 4194304 bytes"
	done
	use_root rfc-v1
	go timeout 60 "$TSMCTL" --root "$ROOT" extend rtmr0 --event-file /dev/zero
	assert_refused 2 "'/dev/zero': a record has at most 4096 bytes"
	go timeout 60 "$TSMCTL" --root "$ROOT" write user_data --file /dev/zero
	assert_failure
	go timeout 60 "$TSMCTL" --root "$ROOT" extend rtmr0 --file /dev/zero
	assert_refused 4 "'/dev/zero': not a regular file"
}

# big_log BYTES: the file big becomes a log of that size.
big_log() {
	local size
	printf 'rtmr2 EV_IPL text:first\n' | "$GENLOG" -f ccel -b sha384 --pad none --repeat 9 --size "$(($1 / 9 - 300))" - >"$TMP/big"
	size=$(stat -c %s "$TMP/big")
	printf 'rtmr2 EV_IPL text:first\n' | "$GENLOG" -f ccel -b sha384 --pad none --repeat 9 --size "$(($1 / 9 - 300))" --area "$1" --pad ff - >"$TMP/big"
	assert_equal "$(stat -c %s "$TMP/big")" "$1"
	((size < $1))
}

# The same, whichever way it comes, and no file stays.
@test "a pipe of more than 32 MiB is a log like any other" {
	local before
	big_log 33554433
	before=$(echo /var/tmp/tsmctl-*)
	"$TSMCTL" replay "$TMP/big" >"$TMP/values"
	go bash -c '"$TSMCTL" replay - <"$1"' - "$TMP/big"
	assert_done
	go bash -c 'cat "$1" | "$TSMCTL" replay -' - "$TMP/big"
	assert_done
	assert_equal "$output" "$(<"$TMP/values")"
	go bash -c 'cat "$1" | "$TSMCTL" verify --values "$2" --input -' - "$TMP/big" "$TMP/values"
	assert_done
	assert_equal "$(echo /var/tmp/tsmctl-*)" "$before"
	# A filesystem that makes no file without a name.
	if strace -qq -o /dev/null true 2>/dev/null; then
		go bash -c 'cat "$1" | ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" \
			strace -qq -o "$2" -P /var/tmp -e inject=open,openat:error=EOPNOTSUPP "$TSMCTL" replay -' - "$TMP/big" "$TMP/trace"
		assert_done
		assert_equal "$output" "$(<"$TMP/values")"
		grep -q 'O_TMPFILE.*EOPNOTSUPP.*INJECTED' "$TMP/trace"
		assert_equal "$(echo /var/tmp/tsmctl-*)" "$before"
	fi
}

@test "32 MiB are kept in memory; more only on a disk" {
	local why="'-': longer than 33554432 bytes: '/var/tmp'"
	[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || skip "no mount namespace can be had"
	big_log 33554433
	go unshare -m bash -c 'mount -t tmpfs none /var/tmp && cat "$1" | "$TSMCTL" replay -' - "$TMP/big"
	assert_refused 4 "$why is in memory, too: give a regular file"
	go unshare -m bash -c 'mount -t ramfs none /var/tmp && cat "$1" | "$TSMCTL" replay -' - "$TMP/big"
	assert_refused 4 "$why is in memory, too: give a regular file"
	go unshare -m bash -c 'mount --bind /var/tmp /var/tmp && mount -o remount,bind,ro /var/tmp &&
		cat "$1" | "$TSMCTL" replay -' - "$TMP/big"
	assert_refused 4 "$why: read-only file system: give a regular file"
	go unshare -m bash -c 'mount -t tmpfs none /var && cat "$1" | "$TSMCTL" replay -' - "$TMP/big"
	assert_refused 4 "$why: no such file or directory: give a regular file"
	big_log 33554432
	go unshare -m bash -c 'mount -t tmpfs none /var && cat "$1" | "$TSMCTL" replay -' - "$TMP/big"
	assert_done
}

@test "more than 1 GiB is refused, in what is no regular file" {
	case $(stat -fc %T /var/tmp) in tmpfs | ramfs) skip "/var/tmp is in memory" ;; esac
	(($(stat -fc '%a * %S / 1048576' /var/tmp) > 1500)) || skip "/var/tmp has no room for it"
	go timeout 600 "$TSMCTL" log --input /dev/zero:tpm
	assert_refused 5 "'/dev/zero': longer than 1073741824 bytes: give a regular file"
}

# asleep: whether what begin started is tsmctl itself, and waits.
asleep() {
	local line
	[ "/proc/$PID/exe" -ef "$TSMCTL" ] && read -r line <"/proc/$PID/stat" && [[ $line == *') S '* ]]
}

@test "a FIFO without a writer, and one whose writer is silent, end at a signal" {
	local args signal
	mkfifo "$TMP/fifo"
	for args in "log --input $TMP/fifo" "replay $TMP/fifo" "verify --values $TMP/fifo --input /dev/null" \
		"read --quote $TMP/fifo" "extend rtmr0 --event-file $TMP/fifo"; do
		use_root rfc-v1
		for signal in INT TERM silent; do
			[ $signal != silent ] || exec 9<>"$TMP/fifo"
			[ $signal != silent ] || printf SYNC >&9
			# Of a shell's background job, SIGINT is ignored.
			env --default-signal=INT "$TSMCTL" --root "$ROOT" $args 9>&- 3>&- >"$OUT" 2>"$ERR" &
			PID=$!
			await asleep
			kill -s "${signal/silent/INT}" "$PID"
			finish
			exec 9>&-
			assert_equal "$args: $((status - 128)): $output$stderr" \
				"$args: $(kill -l "${signal/silent/INT}"): "
		done
	done
}
