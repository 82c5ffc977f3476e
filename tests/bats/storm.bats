#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Eight processes that extend at once, killed, read from and disturbed: tests/crash/storm.c has what
# they do and what has to be true then.

setup() {
	load common
	load fuse
	common_setup
	need_fuse
	# A program with sanitizers takes ten times as long.
	N=200
	[ -z "${TSMCTL_SANITIZED:-}" ] || N=25
}

teardown() {
	local dir=$BATS_TEST_TMPDIR/storm/root/sys
	! _sim_mounted "$dir" || _sim_umount "$dir"
}

# storm TREE REGISTERS MODE...: with readers, each of them has to have had an answer.
storm() {
	mkdir "$BATS_TEST_TMPDIR/storm"
	go "$STORM" "$TSMCTL" "$TSMSIM" "$BATS_TEST_TMPDIR/storm" "$1" "$2" "$N" "${@:3}"
	echo "$output"
	assert_success
	assert_line --regexp "^$1, $2 registers: $((8 * N)) extended"
	[[ " $* " == *' readers '* ]] || return 0
	for reader in verify log read list status; do
		assert_line --regexp "^$reader: [1-9][0-9]* answers"
	done
}

@test "storm on one register, with readers" {
	storm tsm-mr 1 readers
	assert_line "tsm-mr, 1 registers: $((8 * N)) extended, 0 void, 0 killed"
}

@test "storm on four registers" {
	storm tsm-mr 4
	assert_line "tsm-mr, 4 registers: $((8 * N)) extended, 0 void, 0 killed"
}

@test "storm on four registers, killed and read from all the while" {
	storm tsm-mr 4 kills readers
}

@test "storm on configfs' registers, with readers" {
	storm tsm-rtmrs 2 readers
	assert_line "tsm-rtmrs, 2 registers: $((8 * N)) extended, 0 void, 0 killed"
}

@test "storm on configfs' registers, killed and read from all the while" {
	storm tsm-rtmrs 2 kills readers
}

@test "storm on one register, with a foreign writer" {
	storm tsm-mr 1 foreign
	assert_line --regexp '^foreign: '
}

@test "storm on the tree as it was posted in April 2025, with readers" {
	storm tsm-mr-v5 2 readers
}

@test "storm on the RFC's tree, with readers: the posted kernel would have held" {
	storm tsm-rfc 2 readers
}

@test "storm on the RFC's trees without logs, with readers" {
	storm tsm-rfc-v2 1 readers
	rm -r "$BATS_TEST_TMPDIR/storm"
	storm tsm-rfc-v3 1 readers
}

@test "storm on the RFC's tree, killed and read from all the while" {
	storm tsm-rfc 2 kills readers
}

# A quarter of the extends: each takes twice as long.
@test "storm on a busy machine, killed and read from all the while" {
	N=$((N / 4))
	storm tsm-mr 4 kills readers load
}

@test "storm on the RFC's tree, on a busy machine, with readers: the posted kernel would have held" {
	N=$((N / 4))
	storm tsm-rfc 2 readers load
}
