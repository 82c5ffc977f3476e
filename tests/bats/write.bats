#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq are its own
# write: setting a writable static register, and what came of it by the evidence.

setup() {
	load common
	load fuse
	load extend
	extend_setup
	ZERO64=$(bytes 128 0)
	ONES=$(bytes 128 1)
	UD=measurement-example/user_data
}

teardown() {
	sim_stop
}

@test "--hex: the value is set and printed, in one write of the whole value" {
	machine
	remember
	tsmctl write user_data --hex "$ONES"
	assert_done
	assert_value "$ONES" "$UD"
	assert_equal "$(sim_truth "$UD")" "$ONES"
	assert_written
	assert_equal "$(sim_stat "$UD:write")" 1
	mixed=$(bytes 64 a)$(bytes 64 F)
	tsmctl write measurement-example/user_data --hex "$mixed"
	assert_done
	assert_value "${mixed,,}" "$UD"
	assert_equal "$(sim_truth "$UD")" "${mixed,,}"
	# The same again is written again.
	remember
	tsmctl write user_data --hex "$mixed"
	assert_done
	assert_written
	# Nothing was extended or logged.
	assert_equal "$(sim_stat measurement-example/rtmr0:extend)$(sim_stat measurement-example/rtmr1:logged)" 00
}

@test "--file: a file, standard input, a pipe; bytes as they are" {
	machine
	bin=00ff0a0d$(bytes 112 7)0a0a0a00
	unhex "$bin" >"$BATS_TEST_TMPDIR/v"
	tsmctl write user_data --file "$BATS_TEST_TMPDIR/v"
	assert_done
	assert_value "$bin" "$UD"
	assert_equal "$(sim_truth "$UD")" "$bin"
	unhex "$ONES" >"$BATS_TEST_TMPDIR/v"
	tsmctl write user_data --file - <"$BATS_TEST_TMPDIR/v"
	assert_done
	assert_equal "$(sim_truth "$UD")" "$ONES"
	unhex "$ZERO64" | "$TSMCTL" --root "$ROOT" write user_data --file - >"$OUT"
	assert_equal "$(cat "$OUT")" "$ZERO64  $UD"
	"$TSMCTL" --root "$ROOT" write user_data --file <(unhex "$bin") >"$OUT"
	assert_equal "$(sim_truth "$UD")" "$bin"
}

@test "--json: exactly the members of the contract" {
	machine
	tsmctl -j write user_data --hex "$ONES"
	assert_done
	assert_equal "$output" \
		"{\"schema\":\"tsmctl.write/1\",\"register\":\"$UD\",\"before\":\"$ZERO64\",\"after\":\"$ONES\"}"
	tsmctl write user_data --hex "$ZERO64" --json
	assert_done
	assert_json --arg o "$ONES" --arg z "$ZERO64" '.before == $o and .after == $z'
	tsmctl -j write user_data --hex 00
	assert_failure 2
	assert_json '.schema == "tsmctl.write/1" and .error.status == 2 and (keys | length) == 2'
}

@test "the wrong size, bad hex: status 2" {
	machine
	remember
	for bad in '' 0 00 "${ONES:1}" "${ONES:2}" "1$ONES" "11$ONES" "${ONES:1}g" "${ONES:1} " "0x${ONES:2}"; do
		tsmctl write user_data --hex "$bad"
		assert_refused 2 "--hex: '$UD' has 64 bytes: exactly 128 hex digits are needed"
	done
	for n in 0 1 63 65 128 4096 65536 70000 5000000; do
		head -c "$n" /dev/zero >"$BATS_TEST_TMPDIR/v"
		tsmctl write user_data --file "$BATS_TEST_TMPDIR/v"
		assert_failure 2
		assert_equal "$output" ''
		[ "$n" -gt 65536 ] || assert_error 2 "'$BATS_TEST_TMPDIR/v' has $n bytes, the register '$UD' 64"
	done
	tsmctl write user_data --file - </dev/null
	assert_refused 2 "'-' has 0 bytes, the register '$UD' 64"
	# Without an end: what is read of it is bounded (kept in memory, it would count as a file).
	(
		ulimit -c 0 -f 16384
		yes | "$TSMCTL" --root "$ROOT" write user_data --file - >"$OUT" 2>"$ERR" || echo $? >"$BATS_TEST_TMPDIR/v"
	)
	assert_equal "$(cat "$BATS_TEST_TMPDIR/v")" 2
	assert_unwritten
}

@test "files that cannot be read, and the command line" {
	machine
	remember
	tsmctl write user_data --file "$BATS_TEST_TMPDIR/none"
	assert_refused 4 "'$BATS_TEST_TMPDIR/none': no such file or directory"
	tsmctl write user_data --file "$BATS_TEST_TMPDIR"
	assert_refused 4 "'$BATS_TEST_TMPDIR': is a directory"
	keep write user_data --file - <&-
	assert_refused 4 "'-': bad file descriptor"
	tsmctl write user_data
	assert_refused 2 'write needs one of --hex and --file'
	tsmctl write user_data --hex "$ONES" --file x
	assert_refused 2 '--hex and --file cannot be combined'
	tsmctl write --hex "$ONES"
	assert_refused 2 "write: REGISTER is missing; see 'tsmctl write --help'"
	tsmctl write nothing --hex "$ONES"
	assert_refused 2 "no register 'nothing' here; 'tsmctl list' shows what there is"
	tsmctl write 'user_*' --hex "$ONES"
	assert_refused 2 "'user_\\*' is a pattern: write takes the name of one register"
	tsmctl write user_data --hex "$ONES" --force
	assert_refused 2 "unknown option '--force' for 'write'; did you mean 'tsmctl extend --force'?"
	assert_unwritten
}

@test "what cannot be set: runtime registers, read-only ones: status 3" {
	machine
	remember
	tsmctl write rtmr0 --hex "$ZERO32"
	assert_refused 3 "'$N0' is a runtime register: extend it"
	tsmctl write rtmr1 --hex "$ZERO48"
	assert_refused 3 "'$N1' is a runtime register: extend it"
	for name in static_mr config_mr full_report report_digest; do
		tsmctl write $name --hex 00
		assert_refused 3 "'measurement-example/$name' cannot be written"
	done
	assert_unwritten
	machine --dialect v2
	tsmctl write rtmr1 --hex "$ZERO48"
	assert_refused 3 "'$N1' is a runtime register: extend it"
	assert_equal "$(sim_stat total:write)" 0
	machine --provider tdx_guest
	tsmctl write mrowner --hex "$ZERO48"
	assert_refused 3 "'tdx_guest/mrowner' cannot be written"
}

@test "plain trees: a static register that is not a file, or of no size, is status 5" {
	local rfc="$ROOT/sys/kernel/tsm/p"
	mkdir -p "$ROOT/run" "$rfc"
	static_mr "$rfc/empty" 644 ''
	mkfifo "$rfc/fifo"
	static_mr "$rfc/good" 644 abc
	tsmctl write empty --hex ''
	assert_refused 5 "'/sys/kernel/tsm/p/empty': a register of 0 bytes"
	tsmctl write fifo --hex 00
	assert_refused 5 "'/sys/kernel/tsm/p/fifo': not a regular file"
	tsmctl write good --hex 646566
	assert_done
	assert_value 646566 p/good
	assert_equal "$(cat "$rfc/good")" def
}

@test "v2, v3: a folder whose digest is set by a write" {
	for dialect in v2 v3; do
		machine --dialect $dialect
		remember
		tsmctl -j write user_data --hex "$ONES"
		assert_done
		assert_equal "$output" \
			"{\"schema\":\"tsmctl.write/1\",\"register\":\"$UD:sha512\",\"before\":\"$ZERO64\",\"after\":\"$ONES\"}"
		assert_equal "$(sim_truth "$UD")" "$ONES"
		assert_written
		tsmctl write static_mr --hex "$ZERO48"
		assert_refused 3 "'measurement-example/static_mr:sha384' cannot be written"
	done
}

# Evidence

@test "an error before: status 4 with the kernel's reason, nothing changed" {
	machine
	for e in 'eio:input/output error' 'ebusy:device or resource busy' 'enomem:cannot allocate memory' \
		'eintr:interrupted system call' 'einval:invalid argument' 'erofs:read-only file system'; do
		remember
		sim_fault "user_data:write:1:${e%%:*}-before"
		tsmctl write user_data --hex "$ONES"
		assert_refused 4 "'/sys/kernel/tsm/$UD': ${e#*:}*"
		assert_unchanged
		assert_written
	done
	remember
	sim_fault user_data:open:2:eacces
	tsmctl write user_data --hex "$ONES"
	assert_refused 4 "'/sys/kernel/tsm/$UD': permission denied"
	assert_unwritten
}

@test "an error after: the value is the one that was written, status 0" {
	machine
	for e in eio ebusy enomem eintr; do
		remember
		value=$(bytes 128 "${e: -1}" | tr e-z 2)
		sim_fault "user_data:write:1:$e-after"
		tsmctl write user_data --hex "$value"
		assert_done
		assert_value "$value" "$UD"
		assert_equal "$(sim_truth "$UD")" "$value"
		assert_written
	done
}

# meanwhile FAULT HEX: writes ONES, and has HEX written over it before that is looked at: stopped, it
# comes back from its write and gets no further. A signal ends what hangs.
meanwhile() {
	sim_fault clear reset "user_data:write:1:$1"
	begin -j write user_data --hex "$ONES"
	await counted "$UD:write" 1
	kill -STOP "$PID"
	sim_fault clear
	"$SIMCHECK" open "$T/user_data" O_WRONLY write "$2" >/dev/null
	kill -CONT "$PID"
	finish
}

@test "somebody else's value is there: status 6; the old one: status 4" {
	machine
	meanwhile hang-after "$(bytes 128 2)"
	assert_error 6 "'$UD': it changed, but not to the value that was written"
	assert_json '.error.status == 6'
	machine
	meanwhile hang-after "$ZERO64"
	assert_error 4 "'/sys/kernel/tsm/$UD': interrupted system call*"
	meanwhile hold "$ZERO64"
	assert_error 4 "'$UD': the kernel reported success, but it did not change"
	meanwhile hang "$ONES"
	assert_done
}

@test "the value cannot be read: before, status 4; afterwards, status 6" {
	machine
	remember
	sim_fault user_data:open:1:eio
	tsmctl write user_data --hex "$ONES"
	assert_refused 4 "'/sys/kernel/tsm/$UD': input/output error"
	assert_unwritten
	sim_fault user_data:open:3:eio
	tsmctl write user_data --hex "$ONES"
	assert_refused 6 "'$UD' was written, and cannot be read now: '/sys/kernel/tsm/$UD': input/output error"
	sim_fault clear
	assert_equal "$(sim_truth "$UD")" "$ONES"
	assert_written
}

@test "a register that nobody can read: what the kernel says is all there is" {
	machine
	chmod 200 "$T/user_data"
	remember
	tsmctl -j write user_data --hex "$ONES"
	assert_success
	assert_equal "$stderr" "tsmctl: '$UD' cannot be read back: the kernel reported success, and nothing else confirms it"
	assert_json '.before == null and .after == null'
	assert_equal "$(sim_truth "$UD")" "$ONES"
	assert_written
	# After an error it may have been set or not.
	sim_fault user_data:write:1:eio-after
	tsmctl write user_data --hex "$(bytes 128 2)"
	assert_refused 6 '*input/output error*'
	assert_equal "$(sim_truth "$UD")" "$(bytes 128 2)"
}

@test "output that fails: nothing is written where it is closed, and it is said where it was too late" {
	machine
	remember
	status=0
	"$TSMCTL" --root "$ROOT" write user_data --hex "$ONES" >&- 2>"$ERR" || status=$?
	assert_equal "$status $(cat "$ERR")" '4 tsmctl: standard output: bad file descriptor'
	status=0
	"$TSMCTL" --root "$ROOT" --json write user_data --hex "$ONES" >&- 2>"$ERR" || status=$?
	assert_equal "$status $(cat "$ERR")" '4 tsmctl: standard output: bad file descriptor'
	assert_unwritten
	status=0
	"$TSMCTL" --root "$ROOT" write user_data --hex "$ONES" >/dev/full 2>"$ERR" || status=$?
	assert_equal "$status $(cat "$ERR")" \
		'6 tsmctl: standard output: no space left on device (the register was changed)'
	assert_equal "$(sim_truth "$UD")" "$ONES"
}

@test "SIGTERM during a slow write: it is finished and the result printed" {
	machine
	sim_fault user_data:write:1:hold
	begin write user_data --hex "$ONES"
	await counted "$UD:write" 1
	kill "$PID"
	sim_fault clear
	finish
	assert_done
	assert_value "$ONES" "$UD"
	assert_equal "$(sim_truth "$UD")" "$ONES"
}
