#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# scripts/capture: a machine's tree as a plain folder, in which tsmctl finds the same.

setup() {
	load common
	load fuse
	common_setup
	CAPTURE="${TSMCTL_SOURCE:-$BATS_TEST_DIRNAME/../..}/scripts/capture"
	DEST="$BATS_TEST_TMPDIR/dest"
}

teardown() {
	sim_stop
}

capture() {
	go "$CAPTURE" "$@"
}

# The same names, modes, links and bytes; a file that nobody may read is empty in DEST.
tree_of() { (cd "$1" && find . ! -path ./run ! -path ./run/tsmctl/lock -printf '%P %y %m %l\n' | sort); }

# Every answer of tsmctl is the same for both.
same_answers() {
	local args there
	for args in 'list --json' 'read --json' read 'verify --json' 'log --json' 'log --jsonl'; do
		# shellcheck disable=SC2086
		tsmctl $args
		there="$status $output"
		# shellcheck disable=SC2086
		go "$TSMCTL" --root "$DEST" $args
		assert_equal "$status $output" "$there"
	done
}

@test "a simulated machine" {
	need_fuse
	sim_start --provider measurement-example,tdx_guest,stale --provider banks:v3
	local tsm="$ROOT/sys/kernel/tsm"
	echo one >"$tsm/measurement-example/rtmr0/append_event"
	echo two >"$tsm/tdx_guest/rtmr3/append_event"
	head -c 48 /dev/zero >"$tsm/measurement-example/rtmr1/digest"
	mkdir -p "$ROOT/proc/sys/kernel/random"
	echo 5f3d1f0a-7c1e-4c55-9a8e-2b8f0c6d4e21 >"$ROOT/proc/sys/kernel/random/boot_id"
	writes=$(sim_stat total:write)
	capture --root "$ROOT" "$DEST"
	assert_done
	assert_equal "$(sim_stat total:write)" "$writes"
	same_answers
	tsmctl verify
	assert_line 'match  measurement-example/rtmr0:sha256'
	assert_line 'match  measurement-example/rtmr1:sha384'
	assert_equal "$(stat -c %a "$DEST/sys/kernel/tsm/tdx_guest/rtmr3/append_event")" 200
	[ ! -e "$DEST/sys/.tsmsim" ] || fail "control files were copied"
}

@test "a log that moves while it is read is read again" {
	need_fuse
	sim_start
	echo one >"$ROOT/sys/kernel/tsm/measurement-example/rtmr0/append_event"
	sim_fault 'rtmr0/event_log:read:1:enodev'
	capture --root "$ROOT" "$DEST"
	assert_done
	assert_equal "$(sim_stat faults:fired)" 1
	same_answers
}

@test "a file that cannot be read is left out, and said" {
	need_fuse
	sim_start
	sim_fault 'rtmr1/digest:read:*:eio'
	capture --root "$ROOT" "$DEST"
	assert_failure 1
	assert_equal "$stderr" 'scripts/capture: sys/kernel/tsm/measurement-example/rtmr1/digest: cannot be read whole, left out'
	[ ! -e "$DEST/sys/kernel/tsm/measurement-example/rtmr1/digest" ]
	[ -e "$DEST/sys/kernel/tsm/measurement-example/rtmr1/event_log" ]
}

@test "every mock root, file for file" {
	for name in rfc-v1 rfc-v2 rfc-v3 tdx; do
		use_root $name
		[ "$name" != rfc-v1 ] || chmod 750 "$ROOT/sys/kernel/tsm/measurement-example/rtmr1"
		rm -rf "$DEST"
		capture --root "$ROOT" "$DEST"
		assert_done
		assert_equal "$(tree_of "$DEST")" "$(tree_of "$ROOT")"
		find "$ROOT" -name append_event -delete
		find "$DEST" -name append_event -size 0 -delete
		diff -r "$ROOT" "$DEST"
	done
}

@test "what is recorded in tests/roots is what the README says: log and value belong together" {
	use_root rfc-v1
	tsmctl verify
	assert_done
	assert_output "$(printf 'match  measurement-example/%s\n' rtmr0:sha256 rtmr1:sha384)"
	use_root rfc-configfs
	tsmctl verify
	assert_done
	assert_output "$(printf 'match  measurement-example/rtmr0:sha256\nuntouched  measurement-example/rtmr1:sha384')"
	use_root tdx
	tsmctl verify 'rtmr3*'
	assert_done
	assert_output 'match  tdx_guest/rtmr3:sha384'
}

@test "configfs: the report folder is left out; the firmware's log and links are copied" {
	use_root rfc-configfs
	static_mr "$ROOT/sys/firmware/acpi/tables/data/CCEL" 400 ccel
	static_mr "$ROOT/sys/firmware/acpi/tables/CCEL" 400 table
	static_mr "$ROOT/sys/devices/virtual/misc/tdx_guest/measurements/mrowner" 444 owner
	mkdir -p "$ROOT/sys/class/misc"
	ln -s ../../devices/virtual/misc/tdx_guest "$ROOT/sys/class/misc/tdx_guest"
	capture --root="$ROOT/" "$DEST/"
	assert_done
	[ ! -e "$DEST/sys/kernel/config/tsm/report" ] || fail "report was copied"
	assert_equal "$(cat "$DEST/sys/firmware/acpi/tables/data/CCEL")" ccel
	assert_equal "$(cat "$DEST/sys/firmware/acpi/tables/CCEL")" table
	assert_equal "$(cat "$DEST/sys/class/misc/tdx_guest/measurements/mrowner")" owner
	assert_equal "$(readlink "$DEST/sys/class/misc/tdx_guest")" ../../devices/virtual/misc/tdx_guest
}

@test "what is no file is left out, links are not followed" {
	use_root rfc-v1
	mkfifo "$ROOT/sys/kernel/tsm/measurement-example/fifo"
	ln -s /etc "$ROOT/sys/kernel/tsm/etc"
	capture --root "$ROOT" "$DEST"
	assert_failure 1
	assert_equal "$stderr" 'scripts/capture: sys/kernel/tsm/measurement-example/fifo: not a file, left out'
	[ ! -e "$DEST/sys/kernel/tsm/measurement-example/fifo" ]
	[ -L "$DEST/sys/kernel/tsm/etc" ]
}

@test "names with spaces, newlines and control characters" {
	empty_root
	static_mr "$ROOT/sys/kernel/tsm/p/"$'a b\nc\033\xff' 444 x
	static_mr "$ROOT/sys/kernel/tsm/p/-n" 444 y
	capture --root "$ROOT" "$DEST"
	assert_done
	diff -r "$ROOT" "$DEST"
}

@test "usage and errors" {
	run --separate-stderr "$CAPTURE" --help
	assert_done
	assert_line --index 0 'usage: scripts/capture [--root DIR] DEST'
	for args in '' '--nosuch' 'a b' '--root /tmp'; do
		# shellcheck disable=SC2086
		capture $args
		assert_failure 2
		assert_equal "$output" ''
		[[ $stderr == usage:* ]] || fail "$stderr"
	done
	capture --root /nonexistent "$DEST"
	assert_failure 2
	assert_equal "$stderr" 'scripts/capture: /nonexistent: not a folder'
	use_root no-tvm
	rm -rf "$ROOT/proc"
	capture --root "$ROOT" "$DEST"
	assert_failure 1
	assert_equal "$stderr" "scripts/capture: no trace of measurement registers below $ROOT"
	use_root rfc-v1
	capture --root "$ROOT" "$DEST"
	assert_failure 1
	[[ $stderr == *"$DEST"*'File exists'* ]] || fail "$stderr"
}
