#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An extend that is killed, or whose system calls fail, at every call that changes something: what is
# true then, and after the next command. tests/crash/matrix.c has the cells and what is checked.

setup() {
	load common
	load fuse
	common_setup
	need_fuse
}

teardown() {
	local dir
	sim_stop
	for dir in "$BATS_TEST_TMPDIR"/*/root/sys; do
		! _sim_mounted "$dir" || _sim_umount "$dir"
	done
}

# matrix SCENARIO TREE...: the trees side by side. LOAD=load: on a busy machine.
matrix() {
	local tree pids=() bad=
	for tree in "${@:2}"; do
		mkdir "$BATS_TEST_TMPDIR/$tree"
		"$MATRIX" "$TSMCTL" "$TSMSIM" "$BATS_TEST_TMPDIR/$tree" "$tree" "$1" \
			${LOAD:+"$LOAD"} >"$BATS_TEST_TMPDIR/$tree.out" 2>&1 3>&- &
		pids+=($!)
	done
	for tree in "${@:2}"; do
		wait "${pids[0]}" || bad=1
		pids=("${pids[@]:1}")
		cat "$BATS_TEST_TMPDIR/$tree.out"
		grep -Eq "^$tree, $1: ([1-9][0-9]*) of \1 cells, 0 failed$" "$BATS_TEST_TMPDIR/$tree.out" || bad=1
	done
	[ -z "$bad" ]
}

@test "matrix: a first extend, which makes journal and entry" {
	matrix first tsm-mr tsm-rtmrs tsm-rfc tsm-rfc-direct
}

@test "matrix: a second extend, and one where the kernel keeps the log" {
	matrix second tsm-mr tsm-rtmrs tsm-rfc tsm-rfc-direct
}

@test "matrix: on a busy machine, with the same result" {
	LOAD=load matrix second tsm-mr tsm-rfc
}

@test "matrix: the RFC's trees without logs" {
	matrix first tsm-rfc-v2 tsm-rfc-v3
	rm -r "$BATS_TEST_TMPDIR"/tsm-rfc-v[23]
	matrix landed tsm-rfc-v2
}

@test "matrix: a write that sets a register" {
	matrix first tsm-rfc-set tsm-rfc-v3-set
	rm -r "$BATS_TEST_TMPDIR"/tsm-rfc*-set
	matrix second tsm-rfc-set
}

@test "matrix: an extend that settles one that died before the register was reached" {
	matrix open tsm-mr tsm-rtmrs
}

@test "matrix: an extend that settles one that died after the register was reached" {
	matrix landed tsm-mr tsm-rtmrs
}

@test "matrix: an extend that finds the journal's last line torn" {
	matrix torn tsm-mr
}

@test "matrix: an extend that settles one whose register somebody else has extended since" {
	matrix foreign tsm-mr
}

@test "matrix: an extend beside the open record of a register that is gone" {
	matrix gone tsm-mr tsm-rtmrs
}

@test "matrix: the tree as it was posted in April 2025" {
	matrix first tsm-mr-v5
}

@test "matrix: a register that has two names" {
	matrix first tsm-mr-alias
}

# The injector, on a program whose calls are known.

# calls OPTIONS...: four of them, on a fresh folder d.
calls() {
	rm -rf "$BATS_TEST_TMPDIR/d"
	mkdir "$BATS_TEST_TMPDIR/d"
	go "$INJECT" "$@" "$BATS_TEST_TMPDIR/d" "$SIMCHECK" open "$BATS_TEST_TMPDIR/d/f" 'O_WRONLY|O_CREAT' \
		write '61*10' write '62*10' close
}

# assert_calls STATUS OUTPUT CONTENT
assert_calls() {
	assert_equal "$status" "$1"
	assert_equal "${output//$'\n'/ }" "$2"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/d/f" 2>/dev/null)" "$3"
}

@test "injector: lists the calls that change something below the folder, and no others" {
	calls --list "$BATS_TEST_TMPDIR/list"
	assert_calls 0 'open=0 write=10 write=10 close=0' aaaaaaaaaabbbbbbbbbb
	assert_equal "$(cat "$BATS_TEST_TMPDIR/list")" $'1 openat f\n2 write f 10\n3 write f 10\n4 close f'
	go "$INJECT" --list "$BATS_TEST_TMPDIR/list" "$BATS_TEST_TMPDIR/d" "$SIMCHECK" stat "$BATS_TEST_TMPDIR/d/f" \
		open "$BATS_TEST_TMPDIR/d/f" O_RDONLY read 10 close open "$BATS_TEST_TMPDIR/other" 'O_WRONLY|O_CREAT' write '61*10'
	assert_success
	assert_equal "$(cat "$BATS_TEST_TMPDIR/list")" ''
}

@test "injector: every fault happens to the call that is named, and to that only" {
	calls --at 2 kill-before
	assert_calls 137 'open=0' ''
	assert_file_there
	calls --at 1 kill-before
	[ ! -e "$BATS_TEST_TMPDIR/d/f" ]
	calls --at 2 kill-after
	assert_calls 137 'open=0' aaaaaaaaaa
	calls --at 3 eio
	assert_calls 0 'open=0 write=10 write=EIO close=0' aaaaaaaaaa
	calls --at 2 enospc
	assert_calls 0 'open=0 write=ENOSPC write=10 close=0' bbbbbbbbbb
	calls --at 4 eintr
	assert_calls 0 'open=0 write=10 write=10 close=EINTR' aaaaaaaaaabbbbbbbbbb
	calls --at 2 short
	assert_calls 0 'open=0 write=5 write=10 close=0' aaaaabbbbbbbbbb
	calls --at 3 tear
	assert_calls 137 'open=0 write=10' aaaaaaaaaabbbbb
	calls --at 3 tear-most
	assert_calls 137 'open=0 write=10' aaaaaaaaaabbbbbbbbb
	calls --at 2 full
	assert_calls 0 'open=0 write=5 write=ENOSPC close=0' aaaaa
	calls --at 2 broken
	assert_calls 0 'open=0 write=EIO write=EIO close=0' ''
}

assert_file_there() {
	[ -e "$BATS_TEST_TMPDIR/d/f" ]
}

@test "injector: a fault that did not happen is no result" {
	calls --at 5 kill-before
	assert_calls 125 'open=0 write=10 write=10 close=0' aaaaaaaaaabbbbbbbbbb
	calls --at 2 nonsense
	assert_equal "$status" 124
	calls --at 0 eio
	assert_equal "$status" 124
}

# The matrix counts what the injector lists: here is what that must have in it.
@test "an extend: lock, intent on the disk, one write to the register, end on the disk" {
	sim_start --tree mr --provider tdx_guest
	mkdir -p "$ROOT/run" "$ROOT/proc/sys/kernel/random"
	echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	tsmctl extend rtmr3 --event first
	assert_done
	go "$INJECT" --list "$BATS_TEST_TMPDIR/list" "$ROOT" "$TSMCTL" --root "$ROOT" extend rtmr3 --event second
	assert_done
	reg=sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384 journal=run/tsmctl/journal.jsonl
	run awk '$2 ~ /^(flock|pwrite64|write|fdatasync)$/ || $3 ~ /^sys/ { print $2, $3 }' "$BATS_TEST_TMPDIR/list"
	assert_output "$(printf '%s\n' "flock run/tsmctl/lock" "pwrite64 $journal" "fdatasync $journal" \
		"openat2 $reg" "pwrite64 $reg" "close $reg" "pwrite64 $journal" "fdatasync $journal")"
	assert_equal "$(awk -v reg="$reg" '$2 == "pwrite64" && $3 == reg { print $4 }' "$BATS_TEST_TMPDIR/list")" 48
}
