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

# storm TREE REGISTERS MODE...
storm() {
	mkdir "$BATS_TEST_TMPDIR/storm"
	go "$STORM" "$TSMCTL" "$TSMSIM" "$BATS_TEST_TMPDIR/storm" "$1" "$2" "$N" "${@:3}"
	echo "$output"
	assert_success
	assert_line --regexp "^$1, $2 registers: $((8 * N)) extended"
}

@test "storm on one register, with readers" {
	storm tsm-mr 1 readers
	assert_line "tsm-mr, 1 registers: $((8 * N)) extended, 0 void, 0 killed"
	for reader in verify log read list status; do
		assert_line --regexp "^$reader: [1-9][0-9]* answers"
	done
}

@test "storm on four registers" {
	storm tsm-mr 4
	assert_line "tsm-mr, 4 registers: $((8 * N)) extended, 0 void, 0 killed"
}

@test "storm on four registers, killed and read from all the while" {
	storm tsm-mr 4 kills readers
}

@test "storm on configfs' registers, killed all the while" {
	storm tsm-rtmrs 2 kills
}

@test "storm on one register, with a foreign writer" {
	storm tsm-mr 1 foreign
	assert_line --regexp '^foreign: '
}

@test "storm on the RFC's tree, with readers: the posted kernel would have held" {
	storm tsm-rfc 2 readers
	for reader in verify log read list status; do
		assert_line --regexp "^$reader: [1-9][0-9]* answers"
	done
}

@test "storm on the RFC's tree without logs, with readers" {
	storm tsm-rfc-v2 1 readers
	for reader in verify log read list status; do
		assert_line --regexp "^$reader: [1-9][0-9]* answers"
	done
}

@test "storm on the RFC's tree, killed and read from all the while" {
	storm tsm-rfc 2 kills readers
}
