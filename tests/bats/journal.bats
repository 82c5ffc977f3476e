#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Registers whose log no kernel keeps: the journal, on Linux 6.16's tree and on the older configfs one.

setup() {
	load common
	load fuse
	common_setup
	need_fuse
}

teardown() {
	sim_stop
}

machine() {
	sim_start "$@"
	JOURNAL=$ROOT/run/tsmctl/journal.jsonl
	mkdir -p "$ROOT/run" "$ROOT/proc/sys/kernel/random"
	chmod 755 "$ROOT/run"
	echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
}

dd_extend() { # NAME: a foreign writer
	head -c 48 /dev/urandom | dd of="$ROOT/sys/devices/virtual/misc/tsm_mr_sample/measurements/$1" \
		bs=48 count=1 conv=notrunc status=none
}

@test "mr: an extend is an intent and its end, the alias shares the history" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	assert_done
	tsmctl extend rtmr_crypto_agile:sha384 --digest "$(printf 'ab%.0s' {1..48})" --note 'a "note"'
	assert_done
	assert_equal "$(jq -r 'select(.kind) | .kind' "$JOURNAL" | tr '\n' ' ')" 'intent commit intent commit '
	assert_equal "$(jq -c 'select(.same) | .same' "$JOURNAL")" '["tsm_mr_sample/rtmr_crypto_agile:sha384"]'
	tsmctl verify
	assert_done
	assert_output "$(printf '%s\n' 'match  tsm_mr_sample/rtmr1:sha384' \
		'untouched  tsm_mr_sample/rtmr_crypto_agile:sha256' \
		'match  tsm_mr_sample/rtmr_crypto_agile:sha384')"
	tsmctl log rtmr1 --json
	assert_done
	assert_json '[.events[] | .seq, .kind, .extends, .note] == [0, "record", true, null, 1, "direct", true, "a \"note\""]'
}

@test "rtmrs: the entry is made by the first extend; 0 and 1 are refused" {
	machine --tree rtmrs
	tsmctl read rtmr3
	assert_refused 3 "'rtmrs/rtmr3:sha384' has no entry in configfs yet: the first extend makes one"
	tsmctl extend rtmr3 --event one
	assert_done
	tsmctl extend rtmr3 --event two
	assert_done
	assert_equal "$(find "$ROOT/sys/kernel/config/tsm/rtmrs" -mindepth 1 -maxdepth 1 -type d | wc -l)" 1
	tsmctl verify
	assert_done
	assert_output 'match  rtmrs/rtmr3:sha384'
	tsmctl extend rtmr0 --event x --force
	assert_refused 3 "'rtmrs/rtmr0:sha384' cannot be extended on this kernel"
}

@test "rtmrs: somebody else has the index, whichever error says so" {
	for error in einval ebusy; do
		machine --tree rtmrs --owned-index $error
		rm -rf "$ROOT/run/tsmctl"
		mkdir "$ROOT/sys/kernel/config/tsm/rtmrs/theirs"
		echo -n 3 >"$ROOT/sys/kernel/config/tsm/rtmrs/theirs/index"
		# As if it had been made only after the search for it.
		sim_fault 'theirs/index:read:1:eio' 'theirs/index:read:2:eio'
		tsmctl extend rtmr3 --event one
		assert_done
		assert_equal "$(cat "$ROOT/sys/kernel/config/tsm/rtmrs/theirs/index")" 3
		tsmctl list rtmr3 --json
		assert_json '.registers[0].path | endswith("/theirs")'
		tsmctl verify
		assert_done
	done
}

@test "tdx_guest: rtmr0 and rtmr1 belong to the firmware" {
	machine --tree mr --provider tdx_guest
	for mr in rtmr0 rtmr1; do
		tsmctl extend $mr --event one
		assert_refused 2 "'tdx_guest/$mr:sha384' belongs to the firmware*--force*"
		tsmctl extend $mr --event one --force
		assert_done
	done
	# What is forced is in the journal, behind what firmware logged.
	tsmctl verify
	assert_done
	assert_output "$(printf 'match  tdx_guest/rtmr%s:sha384\n' 0 1 2 && echo 'untouched  tdx_guest/rtmr3:sha384')"
	tsmctl verify --json rtmr0
	assert_json '.registers[0].sources == ["ccel", "journal"]'
}

@test "a foreign extend is located: behind the last record, then between two" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	dd_extend rtmr1:sha384
	tsmctl verify rtmr1
	assert_equal "$status" 1
	assert_output 'mismatch  tsm_mr_sample/rtmr1:sha384  (after record 0 it was extended without tsmctl)'
	tsmctl extend rtmr1 --event two
	assert_equal "$status" 0
	tsmctl verify rtmr1
	assert_equal "$status" 1
	assert_output 'mismatch  tsm_mr_sample/rtmr1:sha384  (between record 0 and 1 it was extended without tsmctl)'
}

@test "--once: nothing the second time, refused where the log does not verify" {
	machine --tree mr
	tsmctl extend rtmr1 --event one --once
	assert_done
	tsmctl extend rtmr1 --event one --once
	assert_equal "$status" 0
	assert_equal "$(grep -c commit "$JOURNAL")" 1
	dd_extend rtmr1:sha384
	tsmctl extend rtmr1 --event one --once
	assert_refused 1 '*does not verify (mismatch)*nothing was extended'
	assert_equal "$(grep -c intent "$JOURNAL")" 1
}

@test "what a crash left is settled: an open intent, a torn line" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	tsmctl extend rtmr1 --event two
	# As if killed before its end was written, and in the middle of another line.
	sed -i '$d' "$JOURNAL"
	printf '{"kind":"com' >>"$JOURNAL"
	tsmctl verify rtmr1
	assert_done
	assert_output 'match  tsm_mr_sample/rtmr1:sha384'
	tsmctl extend rtmr1 --event three
	assert_done
	assert_equal "$(jq -r 'select(.kind == "commit") | .seq' "$JOURNAL" | tr '\n' ' ')" '0 1 2 '
	# As if killed before the write.
	jq -c 'select(.seq == 2 and .kind == "intent") | .seq = 3 | .before = .expected' "$JOURNAL" >"$BATS_TEST_TMPDIR/l"
	hex=$(jq -r '.before + .digest' "$BATS_TEST_TMPDIR/l")
	want=$(printf '%b' "$(sed 's/../\\x&/g' <<<"$hex")" | sha384sum | cut -d' ' -f1)
	jq -c --arg e "$want" '.expected = $e' "$BATS_TEST_TMPDIR/l" >>"$JOURNAL"
	tsmctl verify rtmr1
	assert_done
	tsmctl extend rtmr1 --event four
	assert_done
	assert_equal "$(jq -r 'select(.kind == "void") | .seq' "$JOURNAL")" 3
	tsmctl verify rtmr1
	assert_done
}

@test "damage: status 5 with the line, and nothing is extended" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	cp "$JOURNAL" "$BATS_TEST_TMPDIR/good"
	for edit in 's/tsmctl.journal.1/tsmctl.journal\/9/' '2s/"record_hex":"6f/"record_hex":"6e/' \
		'3s/commit/commits/' '2s/"seq":0/"seq":1/' '1s/$/x/' '2s/:sha384/:sha3844/' '3d;2p' '2s/^/ /'; do
		sed "$edit" "$BATS_TEST_TMPDIR/good" >"$JOURNAL"
		tsmctl verify rtmr1
		assert_equal "$status" 5
		[[ $stderr == *"journal.jsonl': line "* ]]
	done
	{ head -n 1 "$BATS_TEST_TMPDIR/good" && head -c 1100000 /dev/zero | tr '\0' x && echo; } >"$JOURNAL"
	tsmctl verify rtmr1
	assert_equal "$status" 5
	assert_line --partial "journal.jsonl': line 2: offset 112: a line of more than 65536 bytes"
	echo nonsense >"$JOURNAL"
	tsmctl extend rtmr1 --event two
	assert_refused 5 "*journal.jsonl'*"
	assert_equal "$(cat "$JOURNAL")" nonsense
	cp "$BATS_TEST_TMPDIR/good" "$JOURNAL"
	tsmctl verify rtmr1
	assert_done
}

@test "what is in the journal's place and not to be trusted: status 4, nothing extended" {
	machine --tree mr
	mkdir -m 755 "$ROOT/run/tsmctl"
	ln -s /etc/passwd "$JOURNAL"
	tsmctl extend rtmr1 --event a
	assert_refused 4 "*journal.jsonl': not a regular file: remove it"
	rm "$JOURNAL" && mkfifo "$JOURNAL"
	tsmctl extend rtmr1 --event a
	assert_refused 4 "*journal.jsonl': not a regular file: remove it"
	rm "$JOURNAL" && touch "$JOURNAL" && chmod 666 "$JOURNAL"
	tsmctl extend rtmr1 --event a
	assert_refused 4 "*journal.jsonl': mode 0666 lets others in*"
	rm "$JOURNAL" && chmod 777 "$ROOT/run/tsmctl"
	tsmctl extend rtmr1 --event a
	assert_refused 4 "'run/tsmctl': mode 0777 lets others in*"
	assert_equal "$(sim_stat tsm_mr_sample/rtmr1:sha384:extend)" 0
}

@test "another boot: set aside, or gone on with where the registers survived" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	echo 1f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	tsmctl verify rtmr1
	assert_done
	tsmctl extend rtmr1 --event two
	assert_done
	assert_equal "$(jq -r 'select(.kind == "state") | .boot_id' "$JOURNAL")" 1f0f0f0f-1111-2222-3333-444444444444
	tsmctl verify rtmr1
	assert_done
	cp "$JOURNAL" "$BATS_TEST_TMPDIR/old"
	machine --tree mr
	echo 2f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	tsmctl verify rtmr1
	assert_done
	tsmctl extend rtmr1 --event three
	assert_done
	assert_equal "$(grep -c commit "$JOURNAL")" 1
	cmp "$BATS_TEST_TMPDIR/old" "$ROOT/run/tsmctl/journal-1f0f0f0f-1111-2222-3333-444444444444.jsonl"
}

@test "eight processes: no record lost or counted twice" {
	machine --tree mr
	pids=()
	for p in {1..8}; do
		(for i in {1..25}; do "$TSMCTL" --root "$ROOT" extend rtmr1 --event "$p.$i" >/dev/null || echo failed; done) &
		pids+=($!)
	done >"$BATS_TEST_TMPDIR/out"
	wait "${pids[@]}"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" ''
	assert_equal "$(jq -r 'select(.kind == "intent") | .record_hex' "$JOURNAL" | sort -u | wc -l)" 200
	assert_equal "$(grep -c '"kind":"commit"' "$JOURNAL")" 200
	grep -q '"kind":"state"' "$JOURNAL"
	tsmctl verify rtmr1
	assert_done
}

# open_intent REGISTER PID: the last record again, as one that is being extended.
open_intent() {
	local before digest
	before=$(jq -r 'select(.kind == "intent") | .expected' "$JOURNAL" | tail -n 1)
	digest=$(jq -r 'select(.kind == "intent") | .digest' "$JOURNAL" | tail -n 1)
	jq -c --arg r "$1" --argjson p "$2" --arg b "$before" --arg e "$(extended sha384 "$before" "$digest")" '
		select(.kind == "intent") | .seq += 1 | .register = $r | .pid = $p | .start = 0 | .before = $b |
		.expected = $e | del(.like)' "$JOURNAL" | tail -n 1 >>"$JOURNAL"
}

extended() { # HASH VALUE DIGEST
	printf '%b' "$(sed 's/../\\x&/g' <<<"$2$3")" | "$1sum" | cut -d' ' -f1
}

@test "a process that may still be writing is waited for" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	open_intent tsm_mr_sample/rtmr1:sha384 $$
	tsmctl extend rtmr1 --event two --wait 1
	assert_refused 4 "record 1 of 'tsm_mr_sample/rtmr1:sha384' is being extended: process $$ is still there after 1 seconds"
	tsmctl status
	[[ $output == *"journal"*"record 1 of 'tsm_mr_sample/rtmr1:sha384' has no end"* ]]
	tsmctl log rtmr1 --json
	assert_json '[.events[].extends] == [true, false]'
}

@test "records of a register that is not here" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	open_intent gone/rtmr1:sha384 2147483647
	tsmctl extend rtmr1 --event two
	assert_refused 4 "'run/tsmctl/journal.jsonl': record 1 of 'gone/rtmr1:sha384' has no end, and that register is not here*"
	echo '{"kind":"commit","seq":1}' >>"$JOURNAL"
	tsmctl verify
	assert_equal "$status" 3
	assert_line "error  gone/rtmr1:sha384  (the journal has records of 'gone/rtmr1:sha384', which is not here)"
	assert_line 'match  tsm_mr_sample/rtmr1:sha384'
	tsmctl extend rtmr1 --event two
	assert_done
}

@test "a foreign extend at the same moment: unknown, status 6, and every later verify says so" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	sim_fault 'rtmr1*:write:1:foreign-extend-after'
	tsmctl extend rtmr1 --event two
	assert_refused 6 "'tsm_mr_sample/rtmr1:sha384': it changed, but not to the predicted value: *whether record 1 was extended cannot be known"
	assert_equal "$(jq -r 'select(.seq == 1) | .kind' "$JOURNAL" | tail -n 1)" unknown
	tsmctl extend rtmr1 --event three
	assert_done
	tsmctl verify rtmr1
	assert_equal "$status" 1
	assert_output 'mismatch  tsm_mr_sample/rtmr1:sha384  (whether record 1 was extended cannot be known: somebody else extended at the same moment)'
	tsmctl log rtmr1 --json
	assert_json '[.events[].extends] == [true, null, true]'
	tsmctl status
	[[ $output == *"problem  journal"*"mismatch: whether record 1"* ]]
}

@test "what the kernel says does not count, what the register shows does" {
	machine --tree mr
	sim_fault 'rtmr1*:write:1:eio-after'
	tsmctl extend rtmr1 --event one
	assert_done
	sim_fault 'rtmr1*:write:1:eio'
	tsmctl extend rtmr1 --event two
	assert_refused 4 '*input/output error (nothing was extended)'
	assert_equal "$(jq -r 'select(.seq == 1) | .kind' "$JOURNAL" | tail -n 1)" void
	tsmctl verify rtmr1
	assert_done
	rm -r "$ROOT/run/tsmctl"
	machine --tree rtmrs
	tsmctl extend rtmr3 --event one
	sim_fault 'digest:release:*:eio'
	tsmctl extend rtmr3 --event two
	assert_refused 4 "'rtmrs/rtmr3:sha384': the kernel reported success, but did not extend it"
	tsmctl verify
	assert_done
}

@test "the name for an older journal is taken: nothing is lost, nothing extended" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	cp "$JOURNAL" "$BATS_TEST_TMPDIR/old"
	machine --tree mr
	touch "$ROOT/run/tsmctl/journal-0f0f0f0f-1111-2222-3333-444444444444.jsonl"
	echo 2f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	tsmctl status
	[[ $output == *"it is of another boot (0f0f0f0f-1111-2222-3333-444444444444)"* ]]
	tsmctl extend rtmr1 --event two
	assert_refused 4 "'run/tsmctl/journal.jsonl': of another boot, and cannot be set aside as 'journal-0f0f0f0f-*.jsonl': file exists"
	cmp "$JOURNAL" "$BATS_TEST_TMPDIR/old"
}

@test "--note: UTF-8, with --digest, where there is a journal" {
	machine --tree mr
	tsmctl extend rtmr1 --digest "$(printf '00%.0s' {1..48})" --note $'\xff'
	assert_refused 2 '--note: not UTF-8 of at most 4096 bytes'
	tsmctl extend rtmr1 --event x --note y
	assert_refused 2 '--note goes with --digest only'
	machine
	tsmctl extend measurement-example/rtmr1 --digest "$(printf '00%.0s' {1..48})" --note y
	assert_refused 3 '--note: the kernel keeps the log of*'
}

@test "a full disk: status 4, and nothing is extended" {
	machine --tree mr
	mount -t tmpfs -o size=8k none "$ROOT/run" || skip "tmpfs cannot be mounted"
	tsmctl extend rtmr1 --event one
	assert_refused 4 "'run/tsmctl/journal.jsonl': *no space left on device*"
	umount "$ROOT/run"
	assert_equal "$(sim_stat tsm_mr_sample/rtmr1:sha384:extend)" 0
}
