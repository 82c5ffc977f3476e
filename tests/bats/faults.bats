#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq are its own
# extend when something goes wrong: the contract's table of evidence, full logs, output that fails,
# signals, and what is opened and written at all.

setup() {
	load common
	load fuse
	load extend
	extend_setup
	P0=sys/kernel/tsm/measurement-example/rtmr0
	P1=sys/kernel/tsm/measurement-example/rtmr1
}

teardown() {
	sim_stop
}

# A machine in each of the states that the logs of rtmr0 and rtmr1 can be in.
fresh() {
	machine
}
in_sync() {
	machine
	append "$R0" first
	append "$R1" first
}
out_of_sync() {
	machine
	chmod 644 "$R0/digest"
	direct "$R0" "$ZERO32"
	direct "$R1" "$ZERO48"
	chmod 444 "$R0/digest"
}

# predicted STATE RECORD: the value of rtmr0 after it.
predicted() {
	local v
	v=$(sim_truth measurement-example/rtmr0)
	case $1 in
	in_sync) recorded sha256 "$v" "$2" ;;
	*) synced sha256 "$v" "$2" ;;
	esac
}

# The table, row by row

@test "an error before the effect: status 4 with the kernel's reason, nothing changed, no second try" {
	local reasons=('eio:input/output error' 'ebusy:device or resource busy' 'enomem:cannot allocate memory'
		'eintr:interrupted system call' 'enxio:no such device or address' 'eagain:resource temporarily unavailable')
	for state in fresh out_of_sync in_sync; do
		$state
		for e in "${reasons[@]}"; do
			[ $state = in_sync ] || [[ $e == e[ib]* ]] || continue
			remember
			sim_fault "rtmr0/append_event:write:1:${e%%:*}-before"
			tsmctl extend rtmr0 --event a
			assert_refused 4 "'/$P0/append_event': ${e#*:} (nothing was extended)"
			assert_unchanged
			assert_written
		done
		remember
		sim_fault rtmr1/digest:write:1:ebusy-before
		tsmctl -j extend rtmr1 --digest "$ZERO48"
		assert_error 4 "'/$P1/digest': device or resource busy (nothing was extended)"
		assert_json '.error.status == 4'
		assert_unchanged
		assert_written
	done
}

@test "an error after the effect: status 0, the value is the predicted one" {
	for state in fresh in_sync out_of_sync; do
		$state
		for e in eio ebusy enomem eintr; do
			v=$(predicted "$state" a)
			remember
			sim_fault "rtmr0/append_event:write:1:$e-after"
			tsmctl extend rtmr0 --event a
			assert_done
			assert_value "$v" "$N0"
			assert_truth "$R0" "$v"
			assert_written
			[ $state = in_sync ] || break
		done
		assert_verdict "$N0" match
		v=$(extended sha384 "$(sim_truth measurement-example/rtmr1)" "$ZERO48")
		sim_fault rtmr1/digest:write:1:eio-after
		tsmctl -j extend rtmr1 --digest "$ZERO48"
		assert_done
		assert_json --arg v "$v" '.after == $v'
		assert_truth "$R1" "$v"
	done
}

@test "the file cannot be opened for writing: status 4, nothing was tried" {
	in_sync
	remember
	for e in 'eacces:permission denied' 'erofs:read-only file system' 'enomem:cannot allocate memory' 'eio:input/output error'; do
		sim_fault clear "append_event:open:1:${e%%:*}" "rtmr1/digest:open:2:${e%%:*}"
		tsmctl extend rtmr0 --event a
		assert_refused 4 "'/$P0/append_event': ${e#*:}*"
		tsmctl extend rtmr1 --digest "$ZERO48"
		assert_refused 4 "'/$P1/digest': ${e#*:}*"
	done
	assert_unwritten
}

@test "value or log cannot be read before: status 4, nothing was tried" {
	in_sync
	remember
	for f in digest event_log; do
		for op in open read; do
			sim_fault clear "rtmr0/$f:$op:1:eio"
			tsmctl extend rtmr0 --event a
			assert_refused 4 "'/$P0/$f': input/output error"
		done
	done
	sim_fault clear 'rtmr0/event_log:read:*:enodev'
	tsmctl extend rtmr0 --event a
	assert_refused 4 "'/$P0/event_log': changed 10 times while it was read: something keeps writing to it"
	assert_unwritten
	# As long as one of ten reads gets through, it is read.
	sim_fault event_log:read:1:enodev event_log:read:3:enodev event_log:open:2:enodev-before event_log:open:5:enodev-before
	tsmctl extend rtmr0 --event a
	assert_done
	assert_written
}

@test "value or log cannot be read afterwards: status 6" {
	in_sync
	n=0
	for fault in digest:open:2:eio event_log:open:2:eio event_log:open:2:eacces; do
		remember
		sim_fault clear "rtmr0/$fault"
		tsmctl -j extend rtmr0 --event "r$((n += 1))"
		assert_error 6 "'$N0' was written to, and may have been extended: '/$P0/${fault%%:*}': @(input/output error|permission denied)"
		assert_json '.error.status == 6 and (has("after") | not)'
		assert_written
	done
	remember
	sim_fault clear 'rtmr0/event_log:open:2+:enodev-before'
	tsmctl extend rtmr0 --event last
	assert_refused 6 "'$N0' was written to, and may have been extended: '/$P0/event_log': changed 10 times while it was read: something keeps writing to it"
	assert_written
	sim_fault clear
	remember
	sim_fault rtmr1/digest:open:3:eio rtmr1/digest:write:1:eio-before
	tsmctl extend rtmr1 --digest "$ZERO48"
	assert_refused 6 "'$N1' was written to, and may have been extended: '/$P1/digest': input/output error"
	assert_unchanged
	assert_equal "$(grep -c '^r[1-3]$\|^last$' "$R0/event_log")" 4
	assert_verdict "$N0" match
}

@test "the value hangs afterwards: after 5 seconds status 6" {
	in_sync
	v=$(predicted in_sync a)
	remember
	sim_fault 'rtmr0/digest:read:2+:hang'
	tsmctl extend rtmr0 --event a
	assert_refused 6 "'$N0' was written to, and may have been extended: '/$P0/digest': no answer from the kernel in 5 seconds, given up"
	sim_fault clear
	assert_truth "$R0" "$v"
	assert_written
}

@test "somebody else's record came in between: status 0 and a note" {
	for state in fresh in_sync out_of_sync; do
		$state
		v=$(recorded sha256 "$(predicted $state foreign)" a)
		remember
		sim_fault rtmr0/append_event:write:1:foreign-append
		tsmctl extend rtmr0 --event a
		assert_success
		assert_equal "$stderr" "tsmctl: '$N0': another program extended it at the same time; the log has all events"
		assert_value "$v" "$N0"
		assert_truth "$R0" "$v"
		assert_written
	done
	# After it, and after it was written with an error.
	in_sync
	v=$(recorded sha256 "$(predicted in_sync a)" foreign)
	sim_fault rtmr0/append_event:write:1:eio-after rtmr0/digest:open:2:foreign-append
	tsmctl -j extend rtmr0 --event a
	assert_success
	assert_equal "$stderr" "tsmctl: '$N0': another program extended it at the same time; the log has all events"
	assert_json --arg v "$v" '.after == $v'
	tsmctl -q extend rtmr0 --event foreign
	assert_done
	# The very same record.
	sim_fault clear rtmr0/append_event:write:1:foreign-append
	tsmctl extend rtmr0 --event foreign
	assert_success
	assert_equal "$stderr" "tsmctl: '$N0': another program extended it at the same time; the log has all events"
	assert_verdict "$N0" match
}

@test "somebody else's record beside a digest: status 0 and a note" {
	in_sync
	v=$(extended sha384 "$(recorded sha384 "$(sim_truth measurement-example/rtmr1)" foreign)" "$ZERO48")
	sim_fault rtmr1/digest:write:1:foreign-append
	tsmctl extend rtmr1 --digest "$ZERO48"
	assert_success
	assert_equal "$stderr" "tsmctl: '$N1': another program extended it at the same time; the log has all events"
	assert_value "$v" "$N1"
	out_of_sync
	v=$(extended sha384 "$(sim_truth measurement-example/rtmr1)" "$ZERO48")
	sim_fault rtmr1/digest:open:3:foreign-append
	tsmctl extend rtmr1 --digest "$ZERO48"
	assert_success
	assert_equal "$stderr" "tsmctl: '$N1': another program extended it at the same time; the log has all events"
	assert_value "$(synced sha384 "$v" foreign)" "$N1"
	assert_verdict "$N1" match
}

@test "somebody else's record came between two looks at value and log" {
	# Before the write: the log is one ahead of the value that was read.
	in_sync
	v=$(recorded sha256 "$(predicted in_sync foreign)" a)
	sim_fault rtmr0/event_log:open:1:foreign-append
	tsmctl extend rtmr0 --event a
	assert_success
	assert_value "$v" "$N0"
	assert_truth "$R0" "$v"
	# After it: the same, and its own record is in both.
	in_sync
	v=$(predicted in_sync a)
	sim_fault rtmr0/event_log:open:2:foreign-append
	tsmctl extend rtmr0 --event a
	assert_success
	assert_equal "$stderr" "tsmctl: '$N0': another program extended it at the same time; the log has all events"
	assert_truth "$R0" "$(recorded sha256 "$v" foreign)"
	assert_verdict "$N0" match
}

@test "somebody else's record alone, and an error: status 4" {
	in_sync
	v=$(predicted in_sync foreign)
	sim_fault rtmr0/append_event:write:1:foreign-append rtmr0/append_event:write:1:eio
	tsmctl extend rtmr0 --event a
	assert_refused 4 "'/$P0/append_event': input/output error*"
	assert_truth "$R0" "$v"
	assert_equal "$(grep -cx a "$R0/event_log")" 0
	# With the SYNC that it brought.
	for state in fresh out_of_sync; do
		$state
		v=$(predicted $state foreign)
		sim_fault rtmr0/append_event:write:1:foreign-append rtmr0/append_event:write:1:eio
		tsmctl extend rtmr0 --event a
		assert_failure
		[ "$status" = 4 ] || [ "$status" = 6 ]
		assert_equal "$output" ''
		assert_truth "$R0" "$v"
	done
}

@test "extended by somebody without a log: status 6" {
	for state in fresh in_sync out_of_sync; do
		$state
		remember
		sim_fault rtmr0/append_event:write:1:foreign-extend
		tsmctl -j extend rtmr0 --event a
		assert_error 6 "'$N0': it is in the log, but the register's value does not follow from the log: something extends it without logging; run 'tsmctl verify'"
		assert_json '.error.status == 6'
		assert_written
		assert_equal "$(grep -cx a "$R0/event_log")" 1
		remember
		sim_fault rtmr1/digest:write:1:foreign-extend
		tsmctl extend rtmr1 --digest "$ZERO48"
		assert_refused 6 "'$N1': it is in the log, but the register's value does not follow from the log:*"
		assert_written
		assert_verdict "$N1" mismatch
	done
	in_sync
	remember
	sim_fault rtmr0/append_event:write:1:foreign-extend rtmr0/append_event:write:1:eio
	tsmctl extend rtmr0 --event a
	assert_refused 6 "'$N0': it changed, and its log does not explain how; the kernel said: '/$P0/append_event': input/output error"
	assert_equal "$(grep -cx a "$R0/event_log")" 0
	assert_written
	# Before it began: what it does itself is explained, and the rest is verify's.
	in_sync
	sim_fault rtmr0/digest:open:1:foreign-extend
	tsmctl extend rtmr0 --event a
	assert_done
	assert_truth "$R0" "$(filehex "$R0/digest")"
	assert_value "$(sim_truth measurement-example/rtmr0)" "$N0"
	assert_verdict "$N0" mismatch
}

@test "a kernel that shows old values: status 0, the value expected and a note, time after time" {
	machine --provider stale
	note="'$N0': logged and extended; this kernel shows an old value after an append"
	v=$(synced sha384 "$ZERO48" one)
	tsmctl -j extend rtmr0 --event one
	assert_success
	assert_equal "$stderr" "tsmctl: $note"
	assert_json --arg n "$N0" --arg d "$(textsum sha384 one)" --arg z "$ZERO48" --arg v "$v" '
		. == {schema: "tsmctl.extend/1", register: $n, digest: $d, before: $z, after: null, expected: $v,
			record_hex: "6f6e65", record_text: "one", already: false, dry_run: false}'
	assert_truth "$R0" "$v"
	assert_verdict "$N0" log-ahead
	for record in two three four; do
		v=$(recorded sha384 "$v" $record)
		remember
		tsmctl extend rtmr0 --event $record
		assert_success
		assert_equal "$stderr" "tsmctl: $note"
		assert_value "$v" "$N0"
		assert_truth "$R0" "$v"
		assert_written
	done
	sim_fault rtmr0/append_event:write:1:eio-after
	v=$(recorded sha384 "$v" five)
	tsmctl -q -j extend rtmr0 --event five
	assert_done
	assert_json --arg v "$v" '.after == null and .expected == $v'
	assert_verdict "$N0" log-ahead
	# An error before is told from it.
	remember
	sim_fault clear rtmr0/append_event:write:1:eio
	tsmctl extend rtmr0 --event six
	assert_refused 4 '*input/output error (nothing was extended)'
	assert_unchanged
	# Whatever makes the kernel look again shows the truth.
	"$SIMCHECK" open "$T/user_data" O_WRONLY write '00*64' >/dev/null
	assert_verdict "$N0" match
	assert_equal "$(filehex "$R0/digest")" "$v"
}

@test "a kernel that shows old values: digests, the SYNC after them, other registers" {
	machine --provider stale
	tsmctl -q extend rtmr0 --event one
	v=$(synced sha384 "$ZERO48" one)
	# A direct write shows at once.
	tsmctl -j extend rtmr0 --digest "$ZERO48"
	assert_done
	v=$(extended sha384 "$v" "$ZERO48")
	assert_json --arg v "$v" '.after == $v and (has("expected") | not)'
	tsmctl -j extend rtmr0 --event two
	assert_success
	assert_json --arg b "$v" --arg v "$(synced sha384 "$v" two)" '.before == $b and .after == null and .expected == $v'
	v=$(synced sha384 "$v" two)
	tsmctl -q extend rtmr0 --event three
	v=$(recorded sha384 "$v" three)
	# Another register's SYNC makes the kernel look again.
	tsmctl -q extend rtmr1 --event other
	tsmctl -j extend rtmr0 --event four
	assert_success
	assert_json --arg b "$v" --arg v "$(recorded sha384 "$v" four)" '.before == $b and .after == null and .expected == $v'
	v=$(recorded sha384 "$v" four)
	assert_truth "$R0" "$v"
	tsmctl -q extend rtmr0 --digest "$ZERO48"
	assert_verdict "$N0" match
	assert_verdict "$N1" match
}

@test "a kernel that shows old values: it looked again in between" {
	machine --provider stale
	tsmctl -q extend rtmr0 --event one
	v=$(synced sha384 "$ZERO48" one)
	assert_truth "$R0" "$v"
	sim_fault rtmr0/append_event:open:1:hang
	begin -j extend rtmr0 --event two
	await counted faults:fired 1
	# The first SYNC of another register: what was true before the record is shown now.
	append "$R1" other
	sim_fault clear
	finish
	assert_success
	assert_json --arg z "$ZERO48" --arg v "$(recorded sha384 "$v" two)" \
		'.before == $z and .after == null and .expected == $v'
	assert_equal "$(filehex "$R0/digest")" "$v"
}

@test "a kernel that shows old values: with somebody else's record beside it" {
	machine --provider stale
	append "$R0" first
	v=$(recorded sha384 "$(sim_truth stale/rtmr0)" foreign a)
	sim_fault rtmr0/append_event:write:1:foreign-append
	tsmctl -j extend rtmr0 --event a
	assert_success
	assert_json --arg v "$v" '.after == null and .expected == $v'
	assert_truth "$R0" "$v"
	sim_fault clear rtmr0/append_event:write:1:foreign-append rtmr0/append_event:write:1:eio
	tsmctl extend rtmr0 --event b
	assert_refused 4 '*input/output error*'
	assert_truth "$R0" "$(recorded sha384 "$v" foreign)"
}

@test "only the kernel's # .EXTEND line: status 4, logged and not extended" {
	for state in fresh in_sync out_of_sync; do
		$state
		v=$(sim_truth measurement-example/rtmr1)
		for _ in 1 2; do
			remember
			sim_fault clear rtmr1/digest:write:1:extend-fail
			tsmctl -j extend rtmr1 --digest "$(bytes 96 1)"
			assert_error 4 "'$N1': logged by the kernel, not extended"
			assert_json '.error.status == 4'
			assert_truth "$R1" "$v"
			assert_written
		done
		assert_equal "$(grep -c "^# .EXTEND 1111" "$R1/event_log")" 2
		# It is no hindrance to the next.
		tsmctl extend rtmr1 --digest "$(bytes 96 2)"
		assert_done
		assert_value "$(extended sha384 "$v" "$(bytes 96 2)")" "$N1"
		assert_verdict "$N1" match
	done
}

@test "only the kernel's # .EXTEND line, and somebody else's record: not done" {
	in_sync
	v=$(recorded sha384 "$(sim_truth measurement-example/rtmr1)" foreign)
	sim_fault rtmr1/digest:write:1:extend-fail rtmr1/digest:write:1:foreign-append
	tsmctl extend rtmr1 --digest "$(bytes 96 1)"
	assert_failure
	[ "$status" = 4 ] || [ "$status" = 6 ]
	assert_equal "$output" ''
	# Nobody extends it without a log: the log explains it all.
	[[ $stderr != *'without one'* ]] || fail "$stderr"
	assert_truth "$R1" "$v"
	assert_verdict "$N1" match
}

@test "only the SYNC record was added: status 6" {
	for state in fresh out_of_sync; do
		$state
		v=$(sim_truth measurement-example/rtmr0)
		remember
		sim_fault rtmr0/append_event:write:1:sync-only
		tsmctl -j extend rtmr0 --event a
		assert_error 6 "'$N0': only the kernel's SYNC record was logged and extended, not the event; the kernel said: '/$P0/append_event': cannot allocate memory"
		assert_json '.error.status == 6'
		assert_truth "$R0" "$(recorded sha256 "$v" "SYNC sha256/$v")"
		assert_written
		assert_verdict "$N0" match
	done
	in_sync
	remember
	sim_fault rtmr0/append_event:write:1:sync-only
	tsmctl extend rtmr0 --event a
	assert_refused 4 "'/$P0/append_event': cannot allocate memory (nothing was extended)"
	assert_unchanged
	machine --provider stale
	sim_fault rtmr0/append_event:write:1:sync-only
	tsmctl extend rtmr0 --event a
	assert_refused 6 "'$N0': only the kernel's SYNC record was logged and extended, not the event; the kernel said:*"
}

@test "the SYNC record was added, and then somebody else's record: still status 6" {
	out_of_sync
	sim_fault rtmr0/append_event:write:1:sync-only rtmr0/digest:open:2:foreign-append
	tsmctl extend rtmr0 --event a
	assert_refused 6 "'$N0': *cannot allocate memory"
	assert_equal "$(tail -n 4 "$R0/event_log" | grep -c '^SYNC \|^foreign$')" 2
}

@test "the log is another one afterwards: status 6" {
	[ "$(id -u)" = 0 ] || skip "only root mounts over a file"
	in_sync
	printf 'SYNC sha256/%s\n' "$ZERO32" >"$BATS_TEST_TMPDIR/shorter"
	cat "$R0/event_log" >"$BATS_TEST_TMPDIR/other"
	printf '\nFIRST\n' | dd of="$BATS_TEST_TMPDIR/other" bs=1 seek=$(($(wc -c <"$BATS_TEST_TMPDIR/other") - 7)) \
		conv=notrunc status=none
	for log in shorter other; do
		sim_fault reset rtmr0/append_event:write:1:hang-after
		begin extend rtmr0 --event "$log"
		await counted measurement-example/rtmr0/append_event:write 1
		mount --bind "$BATS_TEST_TMPDIR/$log" "$R0/event_log"
		sim_fault clear
		finish
		umount "$R0/event_log"
		assert_refused 6 "'$N0': its log changed unexpectedly: see 'tsmctl log'; the kernel said: '/$P0/append_event': interrupted system call"
	done
}

@test "a log that is cut or not a log, a kernel that says yes and does nothing (plain trees)" {
	local r=$ROOT/sys/kernel/tsm/p/r
	mkdir -p "$ROOT/run"
	runtime_mr "$r" sha256
	tsmctl extend r --event a
	assert_refused 4 "'p/r:sha256': the kernel reported success, but neither logged nor extended it"
	chmod 644 "$r/digest"
	cp "$r/digest" "$BATS_TEST_TMPDIR/zeros"
	: >"$r/append_event"
	set_text "$r/event_log" "SYNC sha256/$ZERO32\n\na"
	tsmctl extend r --event a
	assert_refused 5 "log of 'p/r:sha256': offset 78: the last line has no newline: the log is cut"
	set_text "$r/event_log" "$(bytes 70000 x)\n"
	tsmctl extend r --event a
	assert_refused 5 "log of 'p/r:sha256': offset 0: a line of more than 65536 bytes"
	tsmctl extend r --digest "$ZERO32" --dry-run
	assert_refused 5 "log of 'p/r:sha256': *"
	assert_equal "$(stat -c %s "$r/append_event")" 0
	cmp "$r/digest" "$BATS_TEST_TMPDIR/zeros"
}

@test "files that are not files (plain trees): status 5 or 3, nothing hangs, nothing outside is touched" {
	local r=$ROOT/sys/kernel/tsm/p/r
	mkdir -p "$ROOT/run"
	runtime_mr "$r" sha256
	rm "$r/append_event"
	mkfifo -m 200 "$r/append_event"
	tsmctl extend r --event a
	assert_refused 5 "'/sys/kernel/tsm/p/r/append_event': not a regular file"
	rm "$r/append_event"
	mkdir "$r/append_event"
	tsmctl extend r --event a
	assert_refused 5 "'/sys/kernel/tsm/p/r/append_event': not a regular file"
	rmdir "$r/append_event"
	echo outside >"$BATS_TEST_TMPDIR/outside"
	ln -s "$BATS_TEST_TMPDIR/outside" "$r/append_event"
	tsmctl extend r --event a
	assert_refused 3 "'p/r:sha256' takes no events on this kernel"
	rm "$r/append_event"
	ln -s ../../../../../../outside "$r/append_event"
	tsmctl extend r --event a
	assert_refused 3 "'p/r:sha256' takes no events on this kernel"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/outside")" outside
	rm "$r/append_event" "$r/event_log"
	: >"$r/append_event"
	mkfifo "$r/event_log"
	tsmctl extend r --event a
	assert_refused 5 "'/sys/kernel/tsm/p/r/event_log': not a regular file"
	assert_equal "$(cat "$r/append_event")" ''
}

# Full logs

M2=2097152
M4=4194304

@test "a full log: status 4, nothing written" {
	machine
	fill "$R0" $((M4 - 100))
	remember
	tsmctl extend rtmr0 --event "$(bytes 99 c)"
	assert_refused 4 "'$N0': its kernel log is full (4194204 of 4194304 bytes): nothing was extended"
	tsmctl extend rtmr0 --event "$(bytes 4096 c)"
	assert_refused 4 "'$N0': its kernel log is full (4194204 of 4194304 bytes): nothing was extended"
	tsmctl extend rtmr0 --event "$(bytes 99 c)" --dry-run
	assert_refused 4 "'$N0': its kernel log is full*"
	assert_unwritten
	# What is there already needs no room.
	tsmctl extend rtmr0 --event start --once
	assert_success
	assert_equal "$stderr" "tsmctl: '$N0': already extended in this boot, nothing done"
	tsmctl -q extend rtmr0 --event "$(bytes 4000 a)" --once
	assert_done
	assert_unwritten
	# No SYNC is due: what fits without one, fits.
	tsmctl extend rtmr0 --event "$(bytes 40 c)"
	assert_done
	assert_verdict "$N0" match
	assert_equal "$(sim_stat measurement-example/rtmr0:overrun)" 0
	# A SYNC that might be due has to fit in as well.
	fill "$R1" $((M4 - 200))
	direct "$R1" "$ZERO48"
	remember
	tsmctl extend rtmr1 --event a
	assert_refused 4 "'$N1': its kernel log is full (4194212 of 4194304 bytes): nothing was extended"
	tsmctl extend rtmr1 --digest "$ZERO48"
	assert_failure 4
	assert_unchanged
	assert_equal "$(sim_stat measurement-example/rtmr1:overrun)" 0
}

# at_edge EDGE: records that would end at the kernel's buffer, or a byte behind it, are refused.
at_edge() {
	fill "$R0" $(($1 - 200))
	remember
	# A blank line before and a newline behind.
	for n in 198 199; do
		tsmctl extend rtmr0 --event "$(bytes $n c)"
		assert_refused 4 "'$N0': *nothing was extended"
		assert_unwritten
	done
	tsmctl extend rtmr0 --event "$(bytes 119 c)"
	assert_done
	assert_equal "$(stat -c %s "$R0/event_log")" $(($1 - 79))
	assert_verdict "$N0" match
	assert_equal "$(sim_stat measurement-example/rtmr0:overrun)" 0
}

@test "a record that would end at 2 MiB, where the kernel overruns its buffer: status 4, nothing written" {
	machine
	at_edge $M2
	# Beyond it there is room again.
	tsmctl extend rtmr0 --event "$(bytes 200 c)"
	assert_done
	assert_verdict "$N0" match
	assert_equal "$(sim_stat measurement-example/rtmr0:overrun)" 0
}

@test "a record that would end at 4 MiB: status 4, nothing written" {
	machine
	at_edge $M4
}

@test "a SYNC, and a record behind one, that would end at 2 MiB" {
	machine
	# The SYNC takes 110 bytes here, the line of the digest 107, or 108 in sync.
	for behind in 0 1; do
		machine
		fill "$R1" $((M2 - 108 - 110 + behind))
		direct "$R1" "$ZERO48"
		remember
		tsmctl extend rtmr1 --event a
		assert_refused 4 "'$N1': *nothing was extended"
		assert_unwritten
	done
	machine
	fill "$R1" $((M2 - 108 - 110 - 10))
	direct "$R1" "$ZERO48"
	remember
	for n in 8 9; do
		tsmctl extend rtmr1 --event "$(bytes $n c)"
		assert_refused 4 "'$N1': *nothing was extended"
	done
	assert_unwritten
	tsmctl extend rtmr1 --event "$(bytes 5 c)"
	assert_done
	assert_equal "$(sim_stat measurement-example/rtmr1:overrun)" 0
}

@test "a digest whose line would end at 2 MiB or 4 MiB: status 4, nothing written" {
	for edge in $M2 $M4; do
		for behind in 0 1; do
			machine
			fill "$R1" $((edge - 108 + behind))
			remember
			tsmctl extend rtmr1 --digest "$ZERO48"
			assert_refused 4 "'$N1': *nothing was extended"
			assert_unwritten
			assert_equal "$(sim_stat measurement-example/rtmr1:overrun)" 0
		done
	done
}

# Output and signals

# out_status TEXT: that status and that line on standard error.
out_status() {
	stderr=$(<"$ERR")
	assert_equal "$status $stderr" "$1"
}

@test "standard output is closed: status 4, nothing was tried" {
	machine
	remember
	for args in 'extend rtmr0 --event a' '-j extend rtmr0 --event a' "extend rtmr1 --digest $ZERO48" 'extend rtmr0 --event a --dry-run'; do
		status=0
		# shellcheck disable=SC2086 # words
		"$TSMCTL" --root "$ROOT" $args >&- 2>"$ERR" || status=$?
		[[ "$status $(<"$ERR")" == '4 tsmctl: standard output: bad file descriptor'* ]] || fail "$status $(<"$ERR")"
		status=0
		# shellcheck disable=SC2086 # words
		"$TSMCTL" --root "$ROOT" $args <&- >&- 2>&- || status=$?
		assert_equal "$status" 4
	done
	assert_unwritten
}

@test "standard input or error is closed: extended as ever" {
	machine
	tsmctl extend rtmr0 --event a
	"$TSMCTL" --root "$ROOT" extend rtmr0 --event b <&- >"$OUT"
	assert_equal "$(<"$OUT")" "$(sim_truth measurement-example/rtmr0)  $N0"
	"$TSMCTL" --root "$ROOT" extend rtmr0 --event c 2>&- >"$OUT"
	assert_equal "$(<"$OUT")" "$(sim_truth measurement-example/rtmr0)  $N0"
	status=0
	"$TSMCTL" --root "$ROOT" extend rtmr0 --event '#' 2>&- >"$OUT" || status=$?
	assert_equal "$status$(<"$OUT")" 2
	sim_fault append_event:write:1:foreign-append
	"$TSMCTL" --root "$ROOT" extend rtmr0 --event d 2>&- >"$OUT" <&-
	assert_equal "$(<"$OUT")" "$(sim_truth measurement-example/rtmr0)  $N0"
	assert_log "$R0" "SYNC sha256/$ZERO32\n\na\n\nb\n\nc\n\nforeign\n\nd\n"
	assert_verdict "$N0" match
}

@test "output to a full device: status 6, it is extended all the same" {
	machine
	status=0
	"$TSMCTL" --root "$ROOT" extend rtmr0 --event a >/dev/full 2>"$ERR" || status=$?
	out_status '6 tsmctl: standard output: no space left on device (the register was changed)'
	assert_truth "$R0" "$(synced sha256 "$ZERO32" a)"
	assert_verdict "$N0" match
	status=0
	"$TSMCTL" --root "$ROOT" -j extend rtmr1 --digest "$ZERO48" >/dev/full 2>"$ERR" || status=$?
	out_status '6 tsmctl: standard output: no space left on device (the register was changed)'
	remember
	for args in '--event b --dry-run' '--event a --once' ; do
		status=0
		# shellcheck disable=SC2086 # words
		"$TSMCTL" --root "$ROOT" -q extend rtmr0 $args >/dev/full 2>"$ERR" || status=$?
		out_status '4 tsmctl: standard output: no space left on device'
	done
	# What went wrong before is what counts.
	status=0
	"$TSMCTL" --root "$ROOT" -j extend rtmr0 --event '#' >/dev/full 2>"$ERR" || status=$?
	[ "$status" = 2 ] || [ "$status" = 4 ]
	assert_unwritten
}

# broken_pipe ARGS...: standard output is a pipe that nobody reads any more.
broken_pipe() {
	[ -p "$BATS_TEST_TMPDIR/pipe" ] || mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec 7<>"$BATS_TEST_TMPDIR/pipe"
	exec 8>"$BATS_TEST_TMPDIR/pipe" 7>&-
	status=0
	"$TSMCTL" --root "$ROOT" "$@" >&8 2>"$ERR" || status=$?
	exec 8>&-
}

@test "output to a pipe that nobody reads: no signal kills it, status 6" {
	machine
	broken_pipe extend rtmr0 --event a
	out_status '6 tsmctl: standard output: broken pipe (the register was changed)'
	assert_truth "$R0" "$(synced sha256 "$ZERO32" a)"
	broken_pipe -j extend rtmr0 --event b
	out_status '6 tsmctl: standard output: broken pipe (the register was changed)'
	assert_verdict "$N0" match
	broken_pipe write user_data --hex "$(bytes 128 1)"
	out_status '6 tsmctl: standard output: broken pipe (the register was changed)'
	# Standard error, too, with a note to be told.
	sim_fault append_event:write:1:foreign-append
	exec 7<>"$BATS_TEST_TMPDIR/pipe"
	exec 8>"$BATS_TEST_TMPDIR/pipe" 7>&-
	status=0
	"$TSMCTL" --root "$ROOT" extend rtmr0 --event c 2>&8 >"$OUT" || status=$?
	exec 8>&-
	assert_equal "$status $(<"$OUT")" "0 $(sim_truth measurement-example/rtmr0)  $N0"
}

@test "a signal during the write: the result is printed, register and log agree" {
	in_sync
	for sig in TERM HUP INT QUIT ALRM USR1 PIPE; do
		v=$(predicted in_sync $sig)
		remember
		sim_fault reset append_event:write:1:hang-after
		# A shell's background commands ignore some; env gives them back.
		env --default-signal "$TSMCTL" --root "$ROOT" extend rtmr0 --event $sig >"$OUT" 2>"$ERR" 3>&- &
		PID=$!
		await counted total:write 1
		kill -s $sig "$PID"
		sim_fault clear
		finish
		assert_done
		assert_value "$v" "$N0"
		assert_truth "$R0" "$v"
		assert_equal "$(sim_stat total:write)" 1
	done
	# One that goes well, late.
	v=$(predicted in_sync late)
	sim_fault reset append_event:write:1:hold
	begin extend rtmr0 --event late
	await counted total:write 1
	kill "$PID"
	sim_fault clear
	finish
	assert_done
	assert_value "$v" "$N0"
	assert_verdict "$N0" match
}

@test "a signal while the value is read back: the result is printed" {
	machine
	v=$(synced sha256 "$ZERO32" a)
	sim_fault rtmr0/digest:read:2:hang
	begin -j extend rtmr0 --event a
	await counted faults:fired 1
	kill "$PID"
	sim_fault clear
	finish
	assert_done
	assert_json --arg v "$v" '.after == $v'
}

@test "a signal before the write ends it, nothing is changed" {
	machine
	remember
	sim_fault rtmr0/event_log:open:1:hang
	begin extend rtmr0 --event a
	await counted faults:fired 1
	kill "$PID"
	finish
	assert_equal "$status" 143
	assert_equal "$output$stderr" ''
	assert_unwritten
}

@test "a write that is interrupted: the evidence decides" {
	in_sync
	remember
	sim_fault append_event:write:1:hang
	begin extend rtmr0 --event a
	await counted measurement-example/rtmr0/append_event:write 2
	kill "$PID"
	sim_fault clear
	finish
	assert_refused 4 "'/$P0/append_event': interrupted system call (nothing was extended)"
	assert_unchanged
	assert_written
	v=$(predicted in_sync a)
	remember
	sim_fault append_event:write:1:hang-after
	begin extend rtmr0 --event a
	await counted measurement-example/rtmr0/append_event:write 3
	kill "$PID"
	sim_fault clear
	finish
	assert_done
	assert_value "$v" "$N0"
	assert_truth "$R0" "$v"
	assert_written
}

# System calls

# traced CALLS ARGS...: runs it under strace, whose lines go to the file trace.
traced() {
	local calls=$1
	shift
	command -v strace >/dev/null || skip "strace is missing"
	status=0
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -s 128 -o "$BATS_TEST_TMPDIR/trace" -e "trace=$calls" \
		"$TSMCTL" --root "$ROOT" "$@" >"$OUT" 2>"$ERR" || status=$?
	output=$(<"$OUT")
	stderr=$(<"$ERR")
}

@test "system calls: the file is opened for writing only, once, with no flag that makes or cuts, and written once" {
	in_sync
	sim_fault reset
	traced openat,openat2,open,creat,truncate,ftruncate,write,pwrite64,writev,pwritev,pwritev2,sendfile,splice \
		extend rtmr0 --event 'one write'
	assert_done
	run grep -E 'append_event' "$BATS_TEST_TMPDIR/trace"
	mapfile -t opens < <(grep 'append_event' "$BATS_TEST_TMPDIR/trace" | grep -v O_PATH)
	assert_equal "${#opens[@]}" 1
	[[ ${opens[0]} == *openat2*flags=O_WRONLY* ]] || fail "${opens[0]}"
	[[ ${opens[0]} == *O_CLOEXEC* ]] || fail "${opens[0]}"
	[[ ${opens[0]} != *@(O_CREAT|O_TRUNC|O_APPEND|O_RDWR)* ]] || fail "${opens[0]}"
	[[ ${opens[0]} == *RESOLVE_IN_ROOT* ]] || fail "${opens[0]}"
	assert_equal "$(grep -c '"one write"' "$BATS_TEST_TMPDIR/trace")" 1
	run grep -E 'O_TRUNC|truncate\(|creat\(' "$BATS_TEST_TMPDIR/trace"
	refute_output --partial "$ROOT"
	for f in append_event digest event_log; do
		assert_equal "$(sim_stat measurement-example/rtmr0/$f:setattr)" 0
	done
	assert_equal "$(sim_stat total:setattr)" 0

	traced openat,openat2,open,creat,write,pwrite64 extend rtmr1 --digest "$(bytes 96 1)"
	assert_done
	assert_equal "$(grep digest "$BATS_TEST_TMPDIR/trace" | grep -v 'O_PATH\|flags=O_RDONLY' | grep -c 'flags=O_WRONLY')" 1
	run grep -E 'digest.*(O_CREAT|O_TRUNC|O_APPEND|O_RDWR)' "$BATS_TEST_TMPDIR/trace"
	assert_output ''
	traced openat,openat2,open,creat,write,pwrite64 write user_data --hex "$(bytes 128 1)"
	assert_done
	assert_equal "$(grep user_data "$BATS_TEST_TMPDIR/trace" | grep -c 'flags=O_WRONLY')" 1
	run grep -E 'user_data.*(O_CREAT|O_TRUNC|O_APPEND|O_RDWR)' "$BATS_TEST_TMPDIR/trace"
	assert_output ''
	assert_equal "$(sim_stat total:write)" 3
	assert_equal "$(sim_stat total:setattr)" 0
}

@test "system calls: nothing is opened but the root, what is below it, and the files named" {
	local own='x^'
	[ -z "${TSMCTL_SANITIZED:-}" ] || own='"/proc/self/|"/usr/lib/|/llvm-symbolizer"'
	machine
	printf 'x\n' >"$BATS_TEST_TMPDIR/named"
	printf 'openssl_conf = x\n[x]\nproviders = y\n[y]\nlegacy = z\n[z]\nactivate = 1\n' >"$BATS_TEST_TMPDIR/openssl.cnf"
	export OPENSSL_CONF=$BATS_TEST_TMPDIR/openssl.cnf OPENSSL_MODULES=$BATS_TEST_TMPDIR
	unhex "$(bytes 128 1)" >"$BATS_TEST_TMPDIR/value"
	for args in 'extend rtmr0 --event a' "extend rtmr0 --file $BATS_TEST_TMPDIR/named" \
		"extend rtmr0 --event-file $BATS_TEST_TMPDIR/named --once" "extend rtmr1 --digest $ZERO48" \
		'extend rtmr0 --event b --dry-run' "write user_data --file $BATS_TEST_TMPDIR/value" \
		'extend rtmr0 --event #' 'extend nothing --event a'; do
		# shellcheck disable=SC2086 # words
		traced openat,openat2,open,creat,stat,lstat,newfstatat,readlink,access,fcntl,connect,execve $args
		# main looks at its three descriptors first; what comes before is the loader's.
		sed -n '/fcntl(0, F_GETFD)/,$p' "$BATS_TEST_TMPDIR/trace" >"$BATS_TEST_TMPDIR/own"
		[ -s "$BATS_TEST_TMPDIR/own" ] || fail "main was not found: $args"
		run grep -Ev " fcntl\(|openat2\([0-9]+, .*RESOLVE_(IN_ROOT.RESOLVE_NO_MAGICLINKS|NO_MAGICLINKS.RESOLVE_IN_ROOT)|(openat|newfstatat)\([0-9]+, \"[^/\"]*\"|openat\(AT_FDCWD, \"$ROOT\"|openat\(AT_FDCWD, \"$BATS_TEST_TMPDIR/(named|value)\"|/(ld\.so\.cache|libcrypto\.so\.3|libz\.so\.1|libzstd\.so\.1)\"|\+\+\+ exited|$own" "$BATS_TEST_TMPDIR/own"
		assert_output ''
	done
	assert_verdict "$N0" match
}

@test "a provider that cannot be looked at: no name that may be its register's is taken for another's" {
	local eio="'/sys/kernel/tsm/tdx_guest': input/output error" command
	sim_start --tree rfc --provider measurement-example,tdx_guest
	mkdir -p "$ROOT/run"
	tsmctl extend rtmr1 --event a
	assert_equal "$status" 2
	sim_fault 'tdx_guest:readdir:*:eio'
	tsmctl extend rtmr1 --event a
	assert_refused 4 "$eio; so 'rtmr1' may mean another register than 'measurement-example/rtmr1:sha384': give the whole name"
	tsmctl extend tdx_guest/rtmr1 --event a
	assert_refused 4 "$eio"
	# Whoever asks for all, for a pattern or a part of a name is told; the rows that are there are printed.
	for command in list read verify log "list rtmr*" "read rtmr1" "verify rtmr1" "log rtmr1"; do
		# shellcheck disable=SC2086 # words
		tsmctl $command
		assert_equal "$command: $status: $stderr" "$command: 4: tsmctl: $eio"
		assert_output --partial "$(case $command in log*) ;; *) echo measurement-example/rtmr1:sha384 ;; esac)"
	done
	for command in read verify extend; do
		# shellcheck disable=SC2046 # words
		tsmctl $command measurement-example/rtmr1:sha384 $([ $command != extend ] || echo --event a)
		assert_done
	done
}

@test "the first look of --once is under the lock, also where its folder is not there yet" {
	machine
	[ ! -e "$ROOT/run/tsmctl" ]
	sim_fault rtmr1/digest:read:1:hold
	begin extend rtmr1 --once --event a
	await counted faults:fired 1
	status=0
	"$TSMCTL" --root "$ROOT" extend rtmr1 --event b --wait 0 2>"$BATS_TEST_TMPDIR/second" || status=$?
	assert_equal "$status" 4
	[[ $(<"$BATS_TEST_TMPDIR/second") == *"'/run/tsmctl/lock': held by "* ]]
	sim_fault clear
	finish
	assert_done
	# sim_stop tells of readers and writers that met.
}

@test "few descriptors: nothing is extended, or it is known that it was" {
	local n done=0 refused=0
	in_sync
	for ((n = 16; n > 4; n--)); do
		remember
		# shellcheck disable=SC2016 # the other shell's
		go bash -c 'ulimit -n "$1"; exec "$TSMCTL" -q --root "$ROOT" extend measurement-example/rtmr0:sha256 --event "$1"' - "$n"
		case $status in
		0) done=$((done + 1)) ;;
		4)
			refused=$((refused + 1))
			assert_unchanged
			;;
		127) ;; # not even its libraries
		*) fail "ulimit -n $n: $status, $stderr" ;;
		esac
	done
	((done > 0 && refused > 0))
	assert_verdict "$N0" match
}

@test "RLIMIT_FSIZE: what would outgrow it is not extended, and what is longer is not read" {
	local why="RLIMIT_FSIZE is too small for a copy of it: file too large" command
	in_sync
	append "$R0" "$(printf 'a%.0s' {1..800})"
	remember
	# shellcheck disable=SC2016 # the other shell's
	go bash -c 'ulimit -c 0 -f 1; exec "$TSMCTL" --root "$ROOT" extend rtmr0 --event "$(printf "b%.0s" {1..200})"'
	assert_equal "$status" 4
	[[ $stderr == *"a copy of its kernel log would be longer than RLIMIT_FSIZE allows ("*"): nothing was extended" ]]
	assert_unchanged
	append "$R0" "$(printf 'b%.0s' {1..3000})"
	for command in "verify rtmr0" "log rtmr0" "extend rtmr0 --event c --dry-run" "extend rtmr0 --event c"; do
		# shellcheck disable=SC2016 # the other shell's
		go bash -c 'ulimit -c 0 -f 1; exec "$TSMCTL" --root "$ROOT" $1' - "$command"
		assert_equal "$command: $status" "$command: 4"
		assert_equal "$stderr" "tsmctl: '/$P0/event_log': $why"
	done
	# shellcheck disable=SC2016 # the other shell's
	go bash -c 'cat "$1" | (ulimit -c 0 -f 1; exec "$TSMCTL" log --input -)' - "$R0/event_log"
	assert_equal "$status: $stderr" "4: tsmctl: '-': $why"
	# shellcheck disable=SC2016 # the other shell's
	go bash -c 'ulimit -c 0 -f 1; exec "$TSMCTL" --root "$ROOT" read -j >"$1"' - "$BATS_TEST_TMPDIR/out"
	assert_equal "$status: $stderr" "4: tsmctl: standard output: file too large"
}
