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
	UNKNOWN="no log of a known format; if it is one, name its format with FILE:FORMAT"
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

# A sparse journal

@test "a journal of 20 GiB is refused at once, by every command, live and as a file" {
	local command journal size="longer than 17179869184 bytes"
	use_root rfc-v1
	need_fuse
	simulated --tree mr
	tsmctl extend rtmr1 --event one
	assert_done
	journal=$ROOT/run/tsmctl/journal.jsonl
	tail -n 2 "$journal" >"$TMP/tail"
	truncate -s 20G "$journal" 2>/dev/null || skip "no file of 20 GiB here"
	# Its end is a good one, which is all that an extend reads.
	{ echo && head -n 1 "$journal" && cat "$TMP/tail"; } >>"$journal"
	for command in verify log "extend rtmr1 --event two" "extend rtmr1 --once --event two" "extend rtmr1 --event two --dry-run"; do
		# shellcheck disable=SC2086 # words
		go timeout 60 "$TSMCTL" --root "$ROOT" $command
		[[ $command == *dry-run ]] || assert_error "$([[ $command == *once* ]] && echo 1 || echo 5)" "*'/run/tsmctl/journal.jsonl'*$size*"
	done
	go timeout 60 "$TSMCTL" --root "$ROOT" status
	assert_output --partial "'/run/tsmctl/journal.jsonl': $size"
	for command in replay "log --input" "verify --values $TMP/values --input"; do
		echo "$ZERO48  rtmr1:sha384" >"$TMP/values"
		# shellcheck disable=SC2086 # words
		go timeout 60 "$TSMCTL" $command "$journal"
		assert_refused 5 "'$journal': $size"
	done
}

# What a process is given

simulated() {
	sim_start "$@"
	mkdir -p "$ROOT/run" "$ROOT/proc/sys/kernel/random"
	chmod 755 "$ROOT/run"
	rm -f "$ROOT/proc/sys/kernel/random/boot_id"
	echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
}

# commands: those that are tried, of register R, with a log in the file LOG; N makes each record another one.
commands() {
	COMMANDS=(list read status log verify "verify $R" "replay $LOG" "log --input $LOG" "write $STATIC --hex 00"
		"extend $R --event x$N" "extend $R --once --event y$N")
}

# sound LIMIT COMMAND [WORST]: what came of it is the contract's: a status up to WORST, lines of tsmctl's own, no half
# an extend.
sound() {
	local line worst=${3:-5}
	# 127: not even its libraries; 139: not even its loader.
	[ "$status" != 127 ] || return 0
	((status <= worst)) || fail "$1: $2: status $status: $stderr"
	while IFS= read -r line; do
		[[ $line == "tsmctl: "* && $line != *[![:print:]]* ]] || fail "$1: $2: $status: $stderr"
	done < <(printf %s "${stderr:+$stderr$'\n'}")
	((status == 0)) || [ "$2" = status ] || [ -n "$stderr" ] || fail "$1: $2: $status without a word"
	case $2 in
	"extend "*)
		go "$TSMCTL" --root "$ROOT" verify "$R"
		[ "$output" = "match  $R" ] || fail "$1: $2: then $output $stderr"
		;;
	# What verified before does so still, or it is said why that cannot be told.
	verify*) [ "$status" = 0 ] || [ "$status" = 4 ] || fail "$1: $2: $status: $output $stderr" ;;
	esac
}

# limited OPTION VALUE...: all commands under each of these limits.
limited() {
	local option=$1 value command
	shift
	for value; do
		N=$option$value
		commands
		for command in "${COMMANDS[@]}"; do
			# Not to files, which a limit of their size would end. shellcheck disable=SC2086 # words
			status=0
			stderr=$(bash -c 'exec 2>&1 >/dev/null; ulimit -c 0 && ulimit "$1" "$2" && shift 2 &&
				exec "$TSMCTL" -q --root "$ROOT" "$@"' - "$option" "$value" $command) || status=$?
			output=
			sound "ulimit $option $value" "$command"
		done
	done
}

# small_machines COMMAND...: that, on a machine whose kernel keeps the log, and on one on which tsmctl does.
small_machines() {
	need_fuse
	simulated --tree mr
	R=tsm_mr_sample/rtmr1:sha384 STATIC=tsm_mr_sample/config_mr LOG=$ROOT/run/tsmctl/journal.jsonl
	tsmctl extend "$R" --event one
	assert_done
	"$@"
	simulated
	rm -rf "$ROOT/run/tsmctl"
	R=measurement-example/rtmr0:sha256 STATIC=user_data LOG=$ROOT/sys/kernel/tsm/measurement-example/rtmr0/event_log
	tsmctl extend "$R" --event one
	assert_done
	"$@"
}

# too_small OPTION VALUE: what is said of it.
too_small() {
	go bash -c 'ulimit -c 0 && ulimit "$1" "$2" && exec "$TSMCTL" -q --root "$ROOT" list' - "$@"
}

@test "little stack: enough of it, or nothing is begun" {
	[ -z "${TSMCTL_SANITIZED:-}" ] || return 0 # sanitizers take a stack of their own
	small_machines limited -s 64 96 128 192 255 256 320 512
	too_small -s 255
	assert_refused 4 "RLIMIT_STACK is too small: 262144 bytes are needed"
	# One that may be made larger is.
	too_small -Ss 64
	assert_done
}

@test "few descriptors, small files, no further process: a status, a line, and no extend that is not logged" {
	[ -z "${TSMCTL_SANITIZED:-}" ] || return 0 # sanitizers end where they cannot have their own
	small_machines limited -n 3 4 5 6 7 8 9 10 12 16
	small_machines limited -f 0 1 2 4 8 16 64
	small_machines limited -u 1
}

@test "little address space: a status, a line, and no extend that is not logged" {
	[ -z "${TSMCTL_SANITIZED:-}" ] || return 0 # sanitizers reserve terabytes
	small_machines limited -v 3000 4000 6000 7000 7500 8000 8250 8500 8750 9000 9250 9500 10000 12000 20000 80000
}

@test "no thread can be made: logs are read without it" {
	local user=65534
	[ "$(id -u)" = 0 ] || skip "not root"
	big_log 4000000
	"$TSMCTL" replay "$TMP/big" >"$TMP/values"
	nobody list || true
	chmod 755 "$TMP" && chmod 644 "$TMP/big"
	# The search for leaks needs a thread.
	go env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" setpriv --reuid=$user --regid=$user --clear-groups bash -c 'ulimit -u 1 && exec "$1" replay "$2"' - "$TMP/tsmctl" "$TMP/big"
	assert_done
	assert_equal "$output" "$(<"$TMP/values")"
}

# starved: each of some allocations fails, alone and with all that follow.
starved() {
	local command n i step onwards
	N=0
	commands
	for command in "${COMMANDS[@]}"; do
		# shellcheck disable=SC2086 # words
		STARVE_COUNT=$TMP/count LD_PRELOAD=$STARVE "$TSMCTL" -q --root "$ROOT" $command >/dev/null 2>&1 || true
		n=$(<"$TMP/count")
		# What comes first makes the list of registers: each of it; of libcrypto's, some.
		for ((i = 1; i <= n; i += i < 130 ? 1 : n / 30 + 1)); do
			for onwards in '' STARVE_ONWARDS=1; do
				# shellcheck disable=SC2086 # words
				go env STARVE_AT=$i $onwards LD_PRELOAD="$STARVE" "$TSMCTL" -q --root "$ROOT" $command
				# If it is one after the write, it is said that the register may have been extended.
				sound "allocation $i $onwards" "$command" 6
			done
		done
	done
}

@test "any allocation fails: a status, a line, no name that is not so, and no extend that is not logged" {
	[ -z "${TSMCTL_SANITIZED:-}" ] || return 0 # sanitizers allocate themselves
	[ -e "${STARVE:-}" ] || skip "libstarve.so was not built"
	if pkg-config --atleast-version=3.2 libcrypto; then
		export STARVE_SPARES_ONCE=1
	fi
	small_machines starved
}
