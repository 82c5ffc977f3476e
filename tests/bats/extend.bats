#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq are its own
# extend: what is logged, what it makes of the register, what is printed, and what it refuses to touch.

setup() {
	load common
	load fuse
	load extend
	extend_setup
}

teardown() {
	sim_stop
}

# --event, --event-file

@test "--file -: standard input has no path, --event-file takes it" {
	use_root rfc-v1
	tsmctl extend rtmr1 --file - </dev/null
	assert_refused 2 "--file: a file is measured by its path, and standard input has none; did you mean 'tsmctl extend rtmr1 --event-file -'?"
}

@test "--event: the record is logged and its hash extended, after the kernel's SYNC" {
	machine
	tsmctl extend rtmr0 --event 'hello, world'
	assert_done
	v=$(synced sha256 "$ZERO32" 'hello, world')
	assert_value "$v" "$N0"
	assert_log "$R0" "SYNC sha256/$ZERO32\n\nhello, world\n"
	assert_truth "$R0" "$v"
	assert_equal "$(filehex "$R0/digest")" "$v"
	assert_verdict "$N0" match
	assert_equal "$(sim_stat measurement-example/rtmr0/append_event:write)" 1
	assert_equal "$(sim_stat total:write)" 1

	tsmctl extend measurement-example/rtmr0 --event 'second "event"'
	assert_done
	v=$(recorded sha256 "$v" 'second "event"')
	assert_value "$v" "$N0"
	assert_log "$R0" "SYNC sha256/$ZERO32\n\nhello, world\n\nsecond \"event\"\n"
	assert_truth "$R0" "$v"
	assert_verdict "$N0" match
	assert_equal "$(sim_stat total:write)" 2
}

@test "--event: a sha384 register, alone of its provider" {
	machine
	tsmctl extend rtmr1:sha384 --event a
	assert_done
	assert_value "$(synced sha384 "$ZERO48" a)" "$N1"
	assert_log "$R0" ''
	assert_truth "$R0" "$ZERO32"
	assert_verdict "$N1" match
}

@test "--json: exactly the members of the contract" {
	machine
	v=$(synced sha256 "$ZERO32" one)
	tsmctl -j extend rtmr0 --event one
	assert_done
	assert_equal "$output" "$(result "$N0" "$(textsum sha256 one)" "$ZERO32" "$v" one)"
	tsmctl extend rtmr0 --event two --json
	assert_done
	assert_equal "$output" "$(result "$N0" "$(textsum sha256 two)" "$v" "$(recorded sha256 "$v" two)" two)"
	tsmctl -j extend rtmr1 --digest "$ZERO48"
	assert_done
	assert_json --arg v "$(extended sha384 "$ZERO48" "$ZERO48")" --arg z "$ZERO48" --arg n "$N1" '
		. == {schema: "tsmctl.extend/1", register: $n, digest: $z, before: $z, after: $v,
			record_hex: null, already: false, dry_run: false}'
	# One document with a newline behind it.
	keep -j extend rtmr1 --digest "$ZERO48"
	assert_equal "$(wc -l <"$OUT")$(tail -c 1 "$OUT" | od -An -tx1)" '1 0a'
}

@test "--json: a record that is not UTF-8 is hex only; quotes and backslashes are escaped" {
	machine
	tsmctl -j extend rtmr0 --event $'caf\xe9!'
	assert_done
	assert_json '.record_hex == "636166e921" and (has("record_text") | not)'
	assert_truth "$R0" "$(synced sha256 "$ZERO32" $'caf\xe9!')"
	tsmctl -j extend rtmr0 --event $'q"b\\ \x01 é'
	assert_done
	assert_json --arg t $'q"b\\ \x01 é' '.record_text == $t'
	assert_verdict "$N0" match
}

@test "--json: an error is a document too" {
	machine
	tsmctl -j extend static_mr --event a
	assert_error 3 "'measurement-example/static_mr' is static: it cannot be extended"
	assert_json '. == {schema: "tsmctl.extend/1", error: {status: 3,
		message: "'\''measurement-example/static_mr'\'' is static: it cannot be extended"}}'
	tsmctl -j extend rtmr0 --event ' a'
	assert_failure 2
	assert_json '.error.status == 2'
	sim_fault append_event:write:1:eio
	tsmctl -j extend rtmr0 --event a
	assert_failure 4
	assert_json '.schema == "tsmctl.extend/1" and .error.status == 4 and (.error.message | test("input/output error"))'
}

@test "--event-file: a file, a pipe, standard input; one final newline is taken off" {
	machine
	printf 'from a file\n' >"$BATS_TEST_TMPDIR/a"
	printf 'no newline' >"$BATS_TEST_TMPDIR/b"
	tsmctl extend rtmr0 --event-file "$BATS_TEST_TMPDIR/a"
	assert_done
	tsmctl extend rtmr0 --event-file "$BATS_TEST_TMPDIR/b"
	assert_done
	tsmctl extend rtmr0 --event-file - <<<'from standard input'
	assert_done
	printf 'from a pipe\n' | "$TSMCTL" --root "$ROOT" extend rtmr0 --event-file -
	"$TSMCTL" --root "$ROOT" extend rtmr0 --event-file <(printf 'from a fifo')
	log="SYNC sha256/$ZERO32\n\nfrom a file\n\nno newline\n\nfrom standard input\n\nfrom a pipe\n\nfrom a fifo\n"
	assert_log "$R0" "$log"
	assert_verdict "$N0" match
}

@test "--event-file: a file that says it is empty, as those of /proc do" {
	machine
	[ "$(stat -c %s /proc/sys/kernel/ostype)" = 0 ] || skip 'no such file here'
	tsmctl extend rtmr0 --event-file /proc/sys/kernel/ostype
	assert_done
	assert_value "$(synced sha256 "$ZERO32" "$(cat /proc/sys/kernel/ostype)")" "$N0"
	tsmctl extend rtmr0 --event-file - </proc/sys/kernel/ostype
	assert_done
	assert_equal "$(grep -cx "$(cat /proc/sys/kernel/ostype)" "$R0/event_log")" 2
}

@test "--event-file: two final newlines, none but newlines, missing, a directory, closed input" {
	machine
	remember
	printf 'a\n\n' >"$BATS_TEST_TMPDIR/two"
	tsmctl extend rtmr0 --event-file "$BATS_TEST_TMPDIR/two"
	assert_refused 2 'the record has a newline at byte 1: a record is one line'
	tsmctl extend rtmr0 --event-file - <<<''
	assert_refused 2 'the record is empty'
	tsmctl extend rtmr0 --event-file /dev/null
	assert_refused 2 'the record is empty'
	tsmctl extend rtmr0 --event-file "$BATS_TEST_TMPDIR/none"
	assert_refused 4 "'$BATS_TEST_TMPDIR/none': no such file or directory"
	tsmctl extend rtmr0 --event-file "$BATS_TEST_TMPDIR"
	assert_refused 4 "'$BATS_TEST_TMPDIR': is a directory"
	keep extend rtmr0 --event-file - <&-
	assert_refused 4 "'-': bad file descriptor"
	assert_unwritten
}

# --digest

@test "--digest: as given, in either case; the log has the kernel's line" {
	machine
	ones=$(bytes 96 1)
	abc=$(bytes 96 a)
	tsmctl extend rtmr1 --digest "$ones"
	assert_done
	v=$(extended sha384 "$ZERO48" "$ones")
	assert_value "$v" "$N1"
	assert_log "$R1" "# .EXTEND $ones\n"
	tsmctl extend rtmr1 --digest "${abc^^}"
	assert_done
	v=$(extended sha384 "$v" "$abc")
	assert_value "$v" "$N1"
	assert_log "$R1" "# .EXTEND $ones\n# .EXTEND $abc\n"
	assert_truth "$R1" "$v"
	assert_verdict "$N1" match
	assert_equal "$(sim_stat measurement-example/rtmr1/digest:write)" 2
	assert_equal "$(sim_stat total:write)" 2
}

@test "--digest and records in turn: the SYNC is predicted where the kernel puts one" {
	machine
	d=$(bytes 96 7)
	log='' v=''$ZERO48
	tsmctl extend rtmr1 --event a
	log="SYNC sha384/$v\n\na\n" v=$(synced sha384 "$v" a)
	assert_done
	assert_value "$v" "$N1"
	tsmctl extend rtmr1 --digest "$d"
	log+="\n# .EXTEND $d\n" v=$(extended sha384 "$v" "$d")
	assert_done
	assert_value "$v" "$N1"
	tsmctl extend rtmr1 --digest "$d"
	log+="# .EXTEND $d\n" v=$(extended sha384 "$v" "$d")
	assert_done
	assert_value "$v" "$N1"
	tsmctl extend rtmr1 --event b
	log+="\nSYNC sha384/$v\n\nb\n" v=$(synced sha384 "$v" b)
	assert_done
	assert_value "$v" "$N1"
	tsmctl extend rtmr1 --event c
	log+="\nc\n" v=$(recorded sha384 "$v" c)
	assert_done
	assert_value "$v" "$N1"
	assert_log "$R1" "$log"
	assert_truth "$R1" "$v"
	assert_verdict "$N1" match
}

@test "--digest: odd, short, long, not hex: status 2, never padded, never cut" {
	machine
	remember
	for bad in '' 0 "${ZERO48:1}" "${ZERO48:2}" "0$ZERO48" "00$ZERO48" "${ZERO48:1}g" "0x${ZERO48:2}" \
		"${ZERO48:1} " "g${ZERO32:1}" "${ZERO32:1}" $'\xe9'"${ZERO48:1}"; do
		tsmctl extend rtmr1 --digest "$bad"
		assert_refused 2 "--digest: '$N1' has 48 bytes: exactly 96 hex digits are needed"
	done
	# Of another hash: sha256, sha1, sha512.
	for bad in "$ZERO32" "${ZERO48:56}" "$ZERO32$ZERO32"; do
		tsmctl extend rtmr1 --digest "$bad"
		assert_refused 2 "--digest: '$N1' has 48 bytes: exactly 96 hex digits are needed; a digest of another hash is measured as text, such as 'IMAGE@sha256:DIGITS' (--event, in a list 'event')"
	done
	assert_unwritten
}

# The command line

@test "exactly one of --event, --event-file, --file and --digest" {
	machine
	remember
	tsmctl extend rtmr0
	assert_refused 2 'extend needs one of --event, --event-file, --file and --digest'
	for two in '--event a --digest 00' '--event a --event-file -' '--event a --file x' '--file x --digest 00' \
		'--event-file - --file x' '--event-file - --digest 00' '--event a --event-file - --file x --digest 00'; do
		# shellcheck disable=SC2086 # words
		tsmctl extend rtmr0 $two
		assert_refused 2 'extend needs only one of --event, --event-file, --file and --digest'
	done
	tsmctl extend --event a
	assert_refused 2 "extend: REGISTER is missing; see 'tsmctl extend --help'"
	tsmctl extend rtmr0 rtmr1 --event a
	assert_refused 2 "extend: 'rtmr1' is one operand too many; see 'tsmctl extend --help'"
	tsmctl extend rtmr0 --event
	assert_refused 2 '--event needs a value: TEXT'
	tsmctl extend rtmr0 --evenly a
	assert_refused 2 "unknown option '--evenly' for 'extend'; did you mean '--event'?"
	assert_unwritten
}

@test "a register that is not here, a pattern, a path: status 2" {
	machine
	remember
	for name in rtmr9 rtmr0:sha384 other/rtmr0 '' ../measurement-example/rtmr0 \
		measurement-example sys/kernel/tsm/measurement-example/rtmr0; do
		tsmctl extend "$name" --event a
		assert_refused 2 "no register '$name' here; 'tsmctl list' shows what there is"
	done
	for name in ./rtmr0 rtmr0/ rmtr0; do
		tsmctl extend "$name" --event a
		assert_refused 2 "no register '$name' here; did you mean 'rtmr0'?"
	done
	for name in 'rtmr*' 'rtmr?' '[r]tmr0'; do
		tsmctl extend "$name" --event a
		assert_refused 2 "'*' is a pattern: extend takes the name of one register"
	done
	assert_unwritten
}

@test "an ambiguous name lists its candidates; the whole name is not ambiguous" {
	machine --provider measurement-example --provider tdx_guest
	set_names "$ROOT/sys/kernel/tsm/tdx_guest"
	remember
	tsmctl extend rtmr1 --event a
	assert_refused 2 "'rtmr1' is ambiguous: measurement-example/rtmr1:sha384 tdx_guest/rtmr1:sha384"
	tsmctl write rtmr1 --hex 00
	assert_refused 2 "'rtmr1' is ambiguous: measurement-example/rtmr1:sha384 tdx_guest/rtmr1:sha384"
	assert_unwritten
	tsmctl extend rtmr3 --event a
	assert_done
	tsmctl extend measurement-example/rtmr1 --event a
	assert_done
	assert_equal "$(sim_truth measurement-example/rtmr1)" "$(synced sha384 "$ZERO48" a)"
}

@test "no TVM here: status 3" {
	machine --provider none
	tsmctl extend rtmr0 --event a
	assert_refused 3 'no measurement registers here; looked below*sys/kernel/tsm*'
}

# What may be extended

@test "a static register cannot be extended: status 3" {
	machine
	remember
	for name in static_mr config_mr user_data full_report report_digest; do
		tsmctl extend "$name" --event a
		assert_refused 3 "'measurement-example/$name' is static: it cannot be extended"
		tsmctl extend "$name" --digest 00 --force
		assert_refused 3 "'measurement-example/$name' is static: it cannot be extended"
	done
	assert_unwritten
}

@test "a digest where the kernel takes records only: status 3" {
	machine
	remember
	tsmctl extend rtmr0 --digest "$ZERO32"
	assert_refused 3 "'$N0' takes no digests on this kernel: measure an event or a file"
	assert_unwritten
	# The mode alone says so.
	chmod 644 "$R0/digest"
	tsmctl extend rtmr0 --digest "$ZERO32"
	assert_done
	assert_value "$(extended sha256 "$ZERO32" "$ZERO32")" "$N0"
}

@test "dialects without a log: the journal keeps it" {
	machine --dialect v2
	mkdir -p "$ROOT/proc/sys/kernel/random"
	rm -f "$ROOT/proc/sys/kernel/random/boot_id"
	tsmctl extend rtmr1 --event a
	assert_refused 4 "'/proc/sys/kernel/random/boot_id': no boot id there: *so nothing was extended; *"
	assert_equal "$(sim_stat total:write)" 0
	echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	tsmctl extend rtmr1 --digest "$ZERO48"
	assert_done
	tsmctl extend rtmr1 --event a
	assert_done
	assert_equal "$(grep -c '"kind":"commit"' "$ROOT/run/tsmctl/journal.jsonl")" 2
	machine --dialect v3 --provider banks
	tsmctl extend rtmr_crypto_agile --digest "$ZERO32"
	assert_refused 2 "'rtmr_crypto_agile' is ambiguous: banks/rtmr_crypto_agile:sha256 banks/rtmr_crypto_agile:sha384"
	assert_equal "$(sim_stat total:write)" 0
}

@test "v2, v3: what a write sets is not extended; --force looks what came of it" {
	local nonce
	nonce=$(bytes 128 5)
	for dialect in v2 v3; do
		machine --dialect $dialect
		mkdir -p "$ROOT/proc/sys/kernel/random"
		echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
		tsmctl write user_data --hex "$nonce"
		assert_done
		remember_v23
		for how in '--event a' "--digest $(bytes 128 1)"; do
			# shellcheck disable=SC2086 # words
			tsmctl extend user_data $how
			assert_refused 3 "'measurement-example/user_data:sha512' is static: a write sets its value and an extend would destroy it; *"
			# shellcheck disable=SC2086
			tsmctl extend user_data $how --dry-run
			assert_refused 3 "'measurement-example/user_data:sha512' is static: *"
		done
		tsmctl extend static_mr --event a --force
		assert_refused 3 "'measurement-example/static_mr:sha384' is static: it cannot be extended"
		assert_equal "$(cat "$ROOT/sys/.tsmsim/truth")" "$TRUTH"
		tsmctl extend user_data --digest "$(bytes 128 1)" --force
		assert_refused 6 "'measurement-example/user_data:sha512': set, not extended: it holds the digest that was written; before that it held $nonce"
		assert_equal "$(sim_truth measurement-example/user_data)" "$(bytes 128 1)"
		# The journal is none the worse for it.
		tsmctl extend rtmr1 --event a
		assert_done
	done
}
remember_v23() {
	TRUTH=$(cat "$ROOT/sys/.tsmsim/truth")
}

@test "v2: --force extends a register that is extensible and is called something else" {
	local p="$ROOT/sys/kernel/tsm/measurement-example"
	machine --dialect v2
	mkdir -p "$ROOT/proc/sys/kernel/random" "$BATS_TEST_TMPDIR/other"
	echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || skip "no mount namespace can be had"
	# user_data is rtmr1 under another name.
	go unshare -m bash -c 'mount --bind "$1/rtmr1" "$1/user_data" && "$TSMCTL" --root "$ROOT" extend user_data:sha384 --event a --force' - "$p"
	assert_done
	assert_value "$(recorded sha384 "$ZERO48" a)" measurement-example/user_data:sha384
}

@test "event_log is away at discovery: the kernel keeps the log all the same, and no journal is begun" {
	machine
	mkdir -p "$ROOT/proc/sys/kernel/random"
	echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	# FUSE asks a second time where a name that it knew is gone.
	away='rtmr1/event_log:lookup:1:enoent rtmr1/event_log:lookup:2:enoent'
	sim_fault "$away"
	tsmctl extend rtmr1 --digest "$ZERO48"
	assert_done
	sim_fault clear "$away"
	tsmctl extend rtmr1 --event a
	assert_done
	assert_equal "$(ls "$ROOT/run/tsmctl")" lock
	assert_verdict "$N1" match
	sim_fault clear "$away"
	assert_verdict "$N1" match
	# For good: nothing is written.
	remember
	sim_fault clear 'rtmr1/event_log:lookup:*:enoent'
	tsmctl extend rtmr1 --event b
	assert_refused 4 "'/sys/kernel/tsm/measurement-example/rtmr1/event_log': no such file or directory"
	assert_unwritten
	# A file of which nothing can be told is no missing one.
	sim_fault clear 'rtmr1/event_log:lookup:*:eio'
	tsmctl extend rtmr1 --event b
	assert_refused 4 "'/sys/kernel/tsm/measurement-example/rtmr1/event_log': input/output error"
	assert_unwritten
}

@test "600 direct lines, two of which failed: an extend hashes each once" {
	machine
	local digest steps=()
	append "$R1" a
	for i in {1..600}; do
		steps+=(pwrite 0 "$(printf '%096x' "$i")")
	done
	sim_fault rtmr1/digest:write:200:extend-fail rtmr1/digest:write:400:extend-fail
	"$SIMCHECK" open "$R1/digest" O_WRONLY "${steps[@]}" >/dev/null
	# A search would take half a minute: this is a hundredth of it.
	go bash -c 'ulimit -t 1; exec "$TSMCTL" --root "$ROOT" extend rtmr1 --event b'
	assert_done
	v=$(tail -n 3 "$R1/event_log" | sed -n 's/^SYNC sha384.//p')
	assert_value "$(synced sha384 "$v" b)" "$N1"
	assert_truth "$R1" "$(synced sha384 "$v" b)"
}

@test "plain trees: what a register's files do not allow is status 3, what they should not be 5" {
	local rfc="$ROOT/sys/kernel/tsm/p"
	mkdir -p "$ROOT/run"
	runtime_mr "$rfc/nohash" sha256
	rm "$rfc/nohash/hash_algo"
	runtime_mr "$rfc/unread" sha256
	chmod 200 "$rfc/unread/digest"
	runtime_mr "$rfc/noevent" sha256
	rm "$rfc/noevent/append_event"
	chmod 644 "$rfc/noevent/digest"
	runtime_mr "$rfc/size" sha256 00
	runtime_mr "$rfc/garbage" sha257
	mkdir -p "$rfc/rtmr/whirlpool" "$rfc/rtmr/wp512"
	: >"$rfc/rtmr/whirlpool/digest"
	head -c 64 /dev/zero >"$rfc/rtmr/wp512/digest"
	chmod 644 "$rfc"/rtmr/*/digest

	tsmctl extend nohash --event a
	assert_refused 5 "'/sys/kernel/tsm/p/nohash/hash_algo': missing: its hash cannot be known"
	tsmctl extend rtmr:wp512 --digest 00
	assert_refused 3 "the hash of 'p/rtmr:wp512' is unknown: the result of an extend cannot be computed"
	tsmctl extend rtmr:whirlpool --digest 00
	assert_refused 5 "'/sys/kernel/tsm/p/rtmr/whirlpool/digest': a register of 0 bytes"
	tsmctl extend unread --event a
	assert_refused 3 "'p/unread:sha256' cannot be read: nothing could tell whether an extend took place"
	tsmctl extend noevent --event a
	assert_refused 3 "'p/noevent:sha256' takes no events on this kernel"
	tsmctl extend size --event a
	assert_refused 5 "'/sys/kernel/tsm/p/size/digest': 1 bytes, but sha256 has 32"
	tsmctl extend garbage --event a
	assert_refused 3 "the hash of 'p/garbage:sha257' is unknown: the result of an extend cannot be computed"
	assert_equal "$(cat "$rfc"/*/append_event)" ''
}

@test "firmware's registers need --force" {
	machine --provider tdx_guest
	remember
	for n in 0 1; do
		tsmctl extend rtmr$n --event a
		assert_refused 2 "'tdx_guest/rtmr$n:sha384' belongs to the firmware: choose another register; only 'tsmctl extend --force' extends it"
		tsmctl extend rtmr$n --digest "$ZERO48"
		assert_refused 2 "'tdx_guest/rtmr$n:sha384' belongs to the firmware:*"
		tsmctl extend rtmr$n --event a --dry-run
		assert_refused 2 "'tdx_guest/rtmr$n:sha384' belongs to the firmware:*"
	done
	assert_unwritten
	v=$(sim_truth tdx_guest/rtmr0)
	tsmctl extend rtmr0 --event a --force
	assert_done
	assert_value "$(synced sha384 "$v" a)" "$N0"
	assert_truth "$R0" "$(synced sha384 "$v" a)"
	v=$(sim_truth tdx_guest/rtmr1)
	tsmctl extend rtmr1 --digest "$ZERO48" --force
	assert_done
	assert_value "$(extended sha384 "$v" "$ZERO48")" "$N1"
	v=$(sim_truth tdx_guest/rtmr2)
	tsmctl extend rtmr2 --event a
	assert_done
	assert_value "$(synced sha384 "$v" a)" tdx_guest/rtmr2:sha384
	tsmctl extend rtmr3 --event a
	assert_done
	assert_verdict tdx_guest/rtmr3:sha384 match
}

@test "--note: with --digest only, and not where the kernel keeps the log" {
	machine
	remember
	tsmctl extend rtmr1 --digest "$ZERO48" --note why
	assert_refused 3 "--note: the kernel keeps the log of '$N1', and has no place for a note"
	tsmctl extend rtmr1 --event a --note why
	assert_refused 2 '--note goes with --digest only'
	assert_unwritten
}

# --once

@test "--once: the first time it is extended, then no more" {
	machine
	tsmctl extend rtmr0 --event a --once
	assert_done
	v=$(synced sha256 "$ZERO32" a)
	assert_value "$v" "$N0"
	tsmctl extend rtmr0 --event b --once
	assert_done
	v=$(recorded sha256 "$v" b)
	remember
	for _ in 1 2; do
		tsmctl extend rtmr0 --event a --once
		assert_success
		assert_equal "$stderr" "tsmctl: '$N0': already extended in this boot, nothing done"
		assert_value "$v" "$N0"
	done
	tsmctl -q extend rtmr0 --event b --once
	assert_done
	tsmctl -j extend rtmr0 --event b --once
	assert_success
	assert_equal "$output" "$(result "$N0" "$(textsum sha256 b)" "$v" "$v" b |
		sed 's/"already":false/"already":true/')"
	tsmctl -j extend rtmr0 --event b --once --dry-run
	assert_success
	assert_json '.already and .dry_run'
	assert_equal "$stderr" "tsmctl: '$N0': already extended in this boot, nothing done"
	assert_unwritten
}

@test "--once: this very record, in this register's log" {
	machine
	append "$R0" 'a b'
	append "$R1" a
	append "$R0" '# a'
	for record in a 'a ba' b 'A b'; do
		tsmctl extend rtmr0 --event "$record" --once
		assert_done
	done
	assert_equal "$(grep -cx a "$R0/event_log")" 1
	printf 'one\n' >"$BATS_TEST_TMPDIR/f"
	tsmctl extend rtmr0 --file "$BATS_TEST_TMPDIR/f" --once
	assert_done
	remember
	tsmctl extend rtmr0 --file "$BATS_TEST_TMPDIR/f" --once
	assert_success
	assert_equal "$stderr" "tsmctl: '$N0': already extended in this boot, nothing done"
	assert_unwritten
	printf 'two\n' >"$BATS_TEST_TMPDIR/f"
	tsmctl extend rtmr0 --file "$BATS_TEST_TMPDIR/f" --once
	assert_done
	assert_written
	assert_verdict "$N0" match
}

@test "--once: a digest counts where its line extended" {
	machine
	d=$(bytes 96 d)
	tsmctl extend rtmr1 --digest "$d" --once
	assert_done
	remember
	for _ in 1 2; do
		tsmctl extend rtmr1 --digest "${d^^}" --once
		assert_success
		assert_equal "$stderr" "tsmctl: '$N1': already extended in this boot, nothing done"
	done
	assert_unwritten
	tsmctl extend rtmr1 --event a
	remember
	tsmctl extend rtmr1 --digest "$d" --once
	assert_success
	assert_equal "$stderr" "tsmctl: '$N1': already extended in this boot, nothing done"
	assert_unwritten
}

@test "--once: a digest that was logged and not extended, or forged, does not count" {
	machine
	d=$(bytes 96 d)
	tsmctl extend rtmr1 --event a
	sim_fault rtmr1/digest:write:1:extend-fail
	tsmctl extend rtmr1 --digest "$d" --once
	assert_failure 4
	remember
	tsmctl extend rtmr1 --digest "$d" --once
	assert_done
	assert_written
	machine
	tsmctl extend rtmr1 --event a
	append "$R1" "# .EXTEND $d"
	v=$(sim_truth measurement-example/rtmr1)
	tsmctl extend rtmr1 --digest "$d" --once
	assert_done
	assert_truth "$R1" "$(extended sha384 "$v" "$d")"
}

@test "--once: where the log does not verify, status 1 and nothing extended" {
	machine
	append "$R0" a
	sim_fault rtmr0/append_event:write:1:foreign-extend
	append "$R0" b
	remember
	for record in a b new; do
		tsmctl extend rtmr0 --event "$record" --once
		assert_refused 1 "'$N0': its logs do not verify (mismatch), so they cannot tell whether this was extended: nothing was extended; run 'tsmctl verify $N0'"
	done
	tsmctl -j extend rtmr0 --event a --once --dry-run
	assert_failure 1
	assert_json '.error.status == 1'
	assert_unwritten
	# Without --once it is extended all the same.
	tsmctl extend rtmr0 --event new
	assert_done

	machine --provider stale
	append "$R0" a
	filehex "$R0/digest" >/dev/null
	append "$R0" b
	remember
	tsmctl extend rtmr0 --event b --once
	assert_refused 1 "'$N0': the kernel's log has this record, but the register's value does not include it: whether it was extended is unknown, and nothing was extended; run 'tsmctl verify $N0'"
	assert_unwritten

	machine --provider tdx_guest
	remember
	tsmctl extend rtmr2 --event b --once
	assert_refused 1 "'tdx_guest/rtmr2:sha384': its logs do not verify (unlogged), so they cannot tell whether this was extended: nothing was extended; run 'tsmctl verify tdx_guest/rtmr2:sha384'"
	assert_unwritten
}

# --dry-run

# dry_run_tells REGISTER ARGS...: it changes nothing, and predicts what the real one then does.
dry_run_tells() {
	local predicted text
	remember
	tsmctl -j extend "$@" --dry-run
	assert_success
	predicted=$output
	tsmctl -q extend "$@" --dry-run
	assert_done
	text=$output
	assert_unwritten
	tsmctl -q -j extend "$@"
	assert_done
	assert_equal "$(jq -c '.dry_run = false' <<<"$predicted")" \
		"$(jq -c '.after //= .expected | del(.expected)' <<<"$output")"
	assert_equal "$text" "$(json '(.after // .expected) + "  " + .register')"
}

@test "--dry-run: predicts the value for a fresh log, one in sync, one out of sync, a digest" {
	machine
	dry_run_tells rtmr0 --event fresh
	dry_run_tells rtmr0 --event 'in sync'
	dry_run_tells rtmr1 --digest "$ZERO48"
	dry_run_tells rtmr1 --event 'out of sync'
	dry_run_tells rtmr1 --event 'in sync again'
	dry_run_tells rtmr1 --digest "$(bytes 96 1)"
	dry_run_tells rtmr1 --digest "$(bytes 96 2)"
	printf x >"$BATS_TEST_TMPDIR/x"
	dry_run_tells rtmr1 --file "$BATS_TEST_TMPDIR/x"
	dry_run_tells rtmr1 --event-file "$BATS_TEST_TMPDIR/x"
	dry_run_tells rtmr1 --event new --once
	assert_verdict "$N0" match
	assert_verdict "$N1" match
}

@test "--dry-run: after comments, blank appends, failed and forged digest lines" {
	machine
	append "$R0" '\n'
	dry_run_tells rtmr0 --event 'after a SYNC alone'
	append "$R0" '# comment'
	append "$R0" "# .EXTEND $ZERO32"
	dry_run_tells rtmr0 --event 'after forged lines'
	sim_fault rtmr1/digest:write:1:extend-fail
	"$SIMCHECK" open "$R1/digest" O_WRONLY pwrite 0 "$ZERO48"
	dry_run_tells rtmr1 --event 'a failed digest first, no SYNC yet'
	sim_fault clear rtmr1/digest:write:1:extend-fail
	"$SIMCHECK" open "$R1/digest" O_WRONLY pwrite 0 "$ZERO48"
	dry_run_tells rtmr1 --event 'a failed digest, still in sync'
	direct "$R1" "$ZERO48"
	sim_fault clear rtmr1/digest:write:1:extend-fail
	"$SIMCHECK" open "$R1/digest" O_WRONLY pwrite 0 "$ZERO48"
	dry_run_tells rtmr1 --event 'a failed digest after one that did not'
}

@test "--dry-run: where the kernel shows old values, and after what is in no log" {
	machine --provider stale
	dry_run_tells rtmr0 --event a
	dry_run_tells rtmr0 --event b
	dry_run_tells rtmr0 --digest "$ZERO48"
	dry_run_tells rtmr0 --event c
	machine --provider tdx_guest
	dry_run_tells rtmr2 --event a
	dry_run_tells rtmr0 --event a --force
	machine
	append "$R0" a
	sim_fault rtmr0/append_event:write:1:foreign-extend
	append "$R0" b
	dry_run_tells rtmr0 --event c
}

@test "--dry-run says what would be logged, and makes no lock" {
	machine
	tsmctl extend rtmr0 --event $'tab\there' --dry-run
	assert_success
	[[ $stderr == "tsmctl: '$N0': nothing was changed; this would be logged: tab\\"*here ]] || fail "$stderr"
	tsmctl extend rtmr1 --digest "$ZERO48" --dry-run
	assert_success
	assert_equal "$stderr" "tsmctl: '$N1': nothing was changed; the digest would be logged"
	assert_absent "$ROOT/run/tsmctl"
	rmdir "$ROOT/run"
	tsmctl extend rtmr0 --event a --dry-run
	assert_success
	assert_equal "$(sim_stat total:write)" 0
}

@test "--dry-run refuses what the real one refuses" {
	machine
	for record in '' '# a' 'SYNC' ' a' $'a\nb'; do
		tsmctl extend rtmr0 --event "$record" --dry-run
		assert_failure 2
		assert_equal "$output" ''
	done
	tsmctl extend rtmr0 --digest "$ZERO32" --dry-run
	assert_failure 3
	tsmctl extend static_mr --event a --dry-run
	assert_failure 3
	tsmctl extend rtmr1 --digest 00 --dry-run
	assert_failure 2
}

# An ordinary user

@test "an ordinary user: --dry-run works, with a lock there and without; extending is status 4" {
	[ "$(id -u)" = 0 ] || skip "root becomes an ordinary user here"
	machine
	nobody extend rtmr0 --event a --dry-run
	assert_success
	v=$output
	nobody extend rtmr0 --event a
	assert_refused 4 "'/run/tsmctl': permission denied"
	assert_equal "$(sim_stat total:write)" 0
	tsmctl extend rtmr0 --event a
	assert_done
	assert_equal "$output" "$v"
	remember
	nobody extend rtmr0 --event b --dry-run
	assert_success
	assert_value "$(recorded sha256 "$(sim_truth measurement-example/rtmr0)" b)" "$N0"
	nobody extend rtmr0 --event a --once --dry-run
	assert_success
	nobody extend rtmr0 --event b
	assert_refused 4 "'/run/tsmctl/lock': permission denied"
	nobody write user_data --hex "$(bytes 128 1)"
	assert_refused 4 "'/run/tsmctl/lock': permission denied"
	# With a run/ of his own it is the kernel's file that refuses.
	rm -r "$ROOT/run/tsmctl"
	chmod 777 "$ROOT/run"
	nobody extend rtmr0 --event b
	assert_refused 4 "'/sys/kernel/tsm/measurement-example/rtmr0/append_event': permission denied"
	nobody extend rtmr1 --digest "$ZERO48"
	assert_refused 4 "'/sys/kernel/tsm/measurement-example/rtmr1/digest': permission denied"
	nobody write user_data --hex "$(bytes 128 1)"
	assert_refused 4 "'/sys/kernel/tsm/measurement-example/user_data': permission denied"
	assert_unwritten
}

@test "a tree in another home, and two of them" {
	for home in kernel/config/tsm kernel/security/tsm; do
		machine --home "$home"
		tsmctl extend rtmr0 --event a
		assert_done
		assert_value "$(synced sha256 "$ZERO32" a)" measurement-example/rtmr0:sha256
		assert_equal "$(sim_truth measurement-example/rtmr0)" "$(synced sha256 "$ZERO32" a)"
	done
}
