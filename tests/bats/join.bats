#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Live registers whose history is spread over the logs of several programs.

setup() {
	load common
	load fuse
	common_setup
	IN=$BATS_TEST_TMPDIR/in
	RTMRS=$ROOT/sys/kernel/tsm/tdx_guest
	mkdir "$IN"
	printf 'rtmr3 aael text:github.com/confidential-containers PullImage {"image":"%s"}\n' one two >"$IN/agent"
	printf 'pcr11 phase text:%s\n' enter-initrd leave-initrd >"$IN/phases"
	printf 'rtmr3 dstack name:%s\n' system-preparing boot-done >"$IN/dstack"
}

teardown() {
	sim_stop
}

# A TDX guest on Linux 6.16: firmware has extended rtmr0 to rtmr2 and logged it.
machine() {
	need_fuse
	sim_start --tree mr --provider tdx_guest "$@"
	mkdir -p "$ROOT/run" "$ROOT/proc/sys/kernel/random"
	chmod 755 "$ROOT/run"
	echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	AAEL=$ROOT/run/attestation-agent/eventlog
	PHASES=$ROOT/run/log/systemd/cc-measure.log
	DSTACK=$ROOT/run/log/dstack/runtime_events.log
	mkdir -p "${AAEL%/*}" "${PHASES%/*}" "${DSTACK%/*}"
}

# extend_as REGISTER FORMAT DESCRIPTION FILE: as another program does it, which logs it in its own file.
extend_as() {
	local digest
	"$GENLOG" -f "$2" "$3" >"$4"
	for digest in $(sha384_of "$2" "$3"); do
		unhex "$digest" | dd of="$ROOT/sys/devices/virtual/misc/tdx_guest/measurements/$1:sha384" bs=48 conv=notrunc \
			status=none
	done
}

# sha384_of FORMAT DESCRIPTION: what each of its events extends.
sha384_of() {
	"$GENLOG" -f "$1" "$2" >"$IN/log"
	"$TSMCTL" log --jsonl --input "$IN/log:${1%%:*}" | jq -r '.digests[0].digest'
}

@test "a TVM as it has booted: firmware's log explains what firmware extended" {
	machine
	tsmctl verify
	assert_done
	assert_output "$(printf 'match  tdx_guest/rtmr%s:sha384\n' 0 1 2 && echo 'untouched  tdx_guest/rtmr3:sha384')"
	tsmctl verify --json rtmr0
	assert_json '.registers[0] | .sources == ["ccel"] and .records == .matched_records and .value == .replayed'
	tsmctl status
	refute_line --partial mismatch
}

@test "without the right to CCEL the registers that it may explain are unchecked, the others are not" {
	[ "$(id -u)" = 0 ] || skip "root becomes an ordinary user here"
	machine
	tsmctl extend rtmr3 --event mine
	nobody verify
	assert_failure 4
	# Its format can name them all; what it names is not known.
	assert_output "$(printf "unchecked  tdx_guest/rtmr%s:sha384  ('/sys/firmware/acpi/tables/data/CCEL': permission denied)\n" {0..3})"
	nobody verify rtmr3
	assert_failure 4
	assert_output "unchecked  tdx_guest/rtmr3:sha384  ('/sys/firmware/acpi/tables/data/CCEL': permission denied)"
	nobody extend rtmr3 --event a --once --dry-run
	assert_refused 4 "'tdx_guest/rtmr3:sha384': its logs do not verify (unchecked), so they cannot tell whether this was extended: nothing was extended; run 'tsmctl verify tdx_guest/rtmr3:sha384'"
	nobody log --jsonl rtmr3
	assert_failure 4
	assert_json -s 'map(.source) == ["journal"]'
}

@test "without CCEL: unlogged; --once believes only what all logs explain" {
	machine
	tsmctl extend rtmr2 --event one --once
	assert_done
	tsmctl extend rtmr2 --event one --once
	assert_success
	assert_equal "$stderr" "tsmctl: 'tdx_guest/rtmr2:sha384': already extended in this boot, nothing done"
	tsmctl verify rtmr2
	assert_done
	sim_stop
	rm -r "$ROOT/run"
	machine --no-ccel
	extend_as rtmr2 systemd:cc "$IN/phases" "$IN/nowhere"
	tsmctl verify rtmr2
	assert_failure 1
	assert_output 'unlogged  tdx_guest/rtmr2:sha384  (changed, and no log of it is kept here)'
	tsmctl extend rtmr2 --event one --once
	assert_failure 1
}

@test "several programs on one register: found in the order in which they extended it" {
	machine
	extend_as rtmr3 dstack "$IN/dstack" "$DSTACK"
	tsmctl extend rtmr3 --event 'between them'
	extend_as rtmr3 aael "$IN/agent" "$AAEL"
	tsmctl extend rtmr3 --event 'and behind'
	extend_as rtmr2 systemd:cc "$IN/phases" "$PHASES"
	tsmctl extend rtmr2 --event 'the last'
	tsmctl verify
	assert_done
	assert_equal "$(grep -c '^match' <<<"$output")" 4
	tsmctl verify --json rtmr3 rtmr2
	assert_json '.registers[0] | .sources == ["dstack", "journal", "aael"] and .records == 6'
	assert_json '.registers[1].sources == ["ccel", "systemd", "journal"]'
	tsmctl log --jsonl rtmr3
	assert_done
	assert_json -s 'map(.source) == ["aael", "aael", "dstack", "dstack", "journal", "journal"] and
		all(.register == "tdx_guest/rtmr3:sha384" and .cc_mr_index == 4)'
	tsmctl log --json rtmr2
	assert_json '.registers[0].verdict == "match" and ([.events[].source] | unique) == ["ccel", "journal", "systemd"]'
}

@test "a mismatch on the machine names the event that makes it one" {
	local agent
	machine
	printf 'rtmr3 aael text:%s\n' 'a b 1' 'a b 2' 'a b 3' >"$IN/agent"
	extend_as rtmr3 aael "$IN/agent" "$AAEL"
	tsmctl extend rtmr3 --event mine
	tsmctl verify rtmr3
	assert_done
	near() { # WORDS LINES...: the agent has logged these lines of what it has extended
		for agent in "${@:2}"; do
			sed -n "${agent}p" "$IN/agent"
		done >"$IN/said"
		"$GENLOG" -f aael "$IN/said" >"$AAEL"
		tsmctl verify rtmr3
		assert_failure 1
		assert_output "mismatch  tdx_guest/rtmr3:sha384  ($1)"
		assert_equal "$stderr" ''
	}
	near "event 1 of 'aael' was extended after event 2, which follows it in the log" 1 3 2
	near "event 1 of 'aael' was logged but not extended: without it the log gives this value" 1 1 2 3
	near "before event 0 of 'journal' it was extended by something that is in none of these logs" 1 3
	tsmctl verify --json rtmr3
	assert_json '.registers[0].sources == ["aael", "journal"]'
}

@test "a journal that is broken says where, beside other logs, too" {
	machine
	tsmctl extend rtmr2 --event one
	extend_as rtmr2 systemd:cc "$IN/phases" "$IN/nowhere"
	tsmctl verify rtmr2
	assert_failure 1
	assert_output 'mismatch  tdx_guest/rtmr2:sha384  (after event 0 of '"'journal'"' it was extended by something that is in none of these logs)'
	tsmctl extend rtmr2 --event two
	tsmctl verify rtmr2
	assert_failure 1
	assert_output 'mismatch  tdx_guest/rtmr2:sha384  (between events 0 and 1 of '"'journal'"' it was extended by something that is in none of these logs)'
}

@test "a journal whose record does not fit is not one in another order" {
	machine
	extend_as rtmr3 aael "$IN/agent" "$AAEL"
	printf 'tdx_guest/rtmr3:sha384 %s\n' "start $(printf '77%.0s' {1..48})" 'record text:one' >"$IN/j"
	mkdir -m 755 "$ROOT/run/tsmctl"
	"$GENLOG" -f journal --boot-id "$(cat "$ROOT/proc/sys/kernel/random/boot_id")" "$IN/j" >"$ROOT/run/tsmctl/journal.jsonl"
	chmod 600 "$ROOT/run/tsmctl/journal.jsonl"
	unhex "$(textsum sha384 one)" | dd of="$ROOT/sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384" bs=48 conv=notrunc status=none
	tsmctl verify rtmr3
	assert_failure 1
	assert_output --partial 'mismatch  tdx_guest/rtmr3:sha384  ('
	refute_output --partial 'another order'
	tsmctl verify --json rtmr3
	assert_json '.registers[0].sources == ["aael", "journal"]'
}

@test "an event of such a log that has no digest of the register's hash" {
	machine
	extend_as rtmr2 systemd:cc "$IN/phases" "$PHASES"
	tsmctl verify rtmr2
	assert_done
	sed -n 1p "$PHASES" |
		sed -E "s/\"hashAlg\":\"sha384\",\"digest\":\"[0-9a-f]*\"/\"hashAlg\":\"sha256\",\"digest\":\"$ZERO32\"/" >>"$PHASES"
	tsmctl verify rtmr2
	assert_failure 1
	assert_output "unsupported  tdx_guest/rtmr2:sha384  (event 2 of 'systemd' has no digest of this hash)"
	tsmctl verify rtmr2 --json
	assert_json '.registers[0].lacks_digest | .source == "systemd" and .seq == 2 and has("type")'
	tsmctl log --jsonl rtmr2
	assert_json -s 'map(select(.source == "systemd").register) == ["tdx_guest/rtmr2:sha384", "tdx_guest/rtmr2:sha384", "rtmr2"]'
}

@test "what such a log leaves out, adds or changes" {
	machine
	extend_as rtmr3 aael "$IN/agent" "$AAEL"
	# An event is missing; one too many; its data is not what was measured; the log ends in the middle.
	"$GENLOG" -f aael --drop 0 "$IN/agent" >"$AAEL"
	tsmctl verify rtmr3
	assert_failure 1
	assert_output 'mismatch  tdx_guest/rtmr3:sha384  (the logs do not reproduce this value, and no single change that was tried does)'
	{ cat "$IN/agent" && echo 'rtmr3 aael text:a b c'; } >"$IN/more"
	"$GENLOG" -f aael "$IN/more" >"$AAEL"
	tsmctl verify rtmr3
	assert_failure 1
	assert_output 'log-ahead  tdx_guest/rtmr3:sha384  (the last event of '"'aael'"', event 2, was logged but not extended)'
	"$GENLOG" -f aael --alter 0 "$IN/more" >"$AAEL"
	tsmctl verify rtmr3
	assert_failure 1
	assert_output "log-ahead  tdx_guest/rtmr3:sha384  (the last event of 'aael', event 2, was logged but not extended; $(
	)event 0 of 'aael': its data does not hash to its digest)"
	tsmctl verify rtmr3 --json
	assert_json '.registers[0].altered | .source == "aael" and .seq == 0 and has("type")'
	"$GENLOG" -f aael --alter 1 "$IN/agent" >"$AAEL"
	tsmctl verify rtmr3
	assert_failure 1
	assert_output "altered  tdx_guest/rtmr3:sha384  (event 1 of 'aael': its data does not hash to its digest)"
	"$GENLOG" -f aael --alter 1 --drop 0 "$IN/agent" >"$AAEL"
	tsmctl verify rtmr3
	assert_failure 1
	assert_output "mismatch  tdx_guest/rtmr3:sha384  (the logs do not reproduce this value, and no single change that was tried does; event $(
	)0 of 'aael': its data does not hash to its digest)"
	"$GENLOG" -f aael "$IN/agent" | head -c 150 >"$AAEL"
	tsmctl verify
	assert_failure 5
	# What is behind the cut may be of any of them.
	assert_equal "$(sed "s/ends within .*/ends.../" <<<"$output")" "$(
		printf "error  tdx_guest/rtmr%s:sha384  ('/run/attestation-agent/eventlog': offset 150: the log ends...\n" {0..3}
	)"
	tsmctl log rtmr3
	assert_failure 5
	assert_equal "${#stderr_lines[@]}" 1
	# None, and an empty one, are the same.
	: >"$AAEL"
	tsmctl verify rtmr3
	assert_failure 1
	assert_output 'unlogged  tdx_guest/rtmr3:sha384  (changed, and no log has an event of it)'
}

@test "a kernel's own log is the end of a history that firmware began" {
	local value
	use_root tdx
	mkdir -p "$ROOT/sys/firmware/acpi/tables/data"
	grep -v '^#' "$BATS_TEST_DIRNAME/../gen/boot.txt" >"$IN/boot"
	"$GENLOG" -f ccel "$IN/boot" >"$ROOT/sys/firmware/acpi/tables/data/CCEL"
	value() { "$GENLOG" -f ccel --values "$IN/boot" | sed -n "s/  rtmr$1:sha384//p"; }
	rm -rf "$RTMRS"/rtmr[012]
	k_begin "$RTMRS/rtmr0" sha384 "$(value 0)"
	k_begin "$RTMRS/rtmr1" sha384 "$(value 1)"
	k_append 'a record'
	k_begin "$RTMRS/rtmr2" sha384 "$(value 0)"
	k_append 'a record'
	tsmctl verify rtmr0 rtmr1 rtmr2
	assert_failure 1
	assert_line 'match  tdx_guest/rtmr0:sha384'
	assert_line 'match  tdx_guest/rtmr1:sha384'
	# The start that its log states is not what firmware's events lead to: those would be before it.
	assert_line 'mismatch  tdx_guest/rtmr2:sha384  (the logs do not reproduce this value, and no single change that was tried does)'
	tsmctl verify --json rtmr1
	assert_json '.registers[0].sources == ["ccel", "kernel"]'
	tsmctl log --json rtmr1
	assert_json '.registers[0].verdict == "match"'
	mkdir -p "$ROOT/run/log/systemd"
	printf '{"ccmr":2,"digests":[{"hashAlg":"sha256","digest":"%s"}],"content_type":"systemd","content":{"string":"x","timestamp":1}}\n' \
		"$ZERO32" >"$ROOT/run/log/systemd/cc-measure.log"
	tsmctl verify rtmr1
	assert_failure 1
	assert_output "unsupported  tdx_guest/rtmr1:sha384  (event 0 of 'systemd' has no digest of this hash)"
	rm "$ROOT/run/log/systemd/cc-measure.log"
	"$GENLOG" -f ccel --alter 9 "$IN/boot" >"$ROOT/sys/firmware/acpi/tables/data/CCEL"
	tsmctl verify rtmr1
	assert_failure 1
	assert_output --partial "altered  tdx_guest/rtmr1:sha384  (event "
	# Where no log claims what came before, the stated start is what is left.
	rm "$ROOT/sys/firmware/acpi/tables/data/CCEL"
	tsmctl verify rtmr2
	assert_failure 1
	assert_output "partial  tdx_guest/rtmr2:sha384  (it starts from a value that the log states and that is not initial; $(
	)what came before is in none of these logs)"
}

@test "events that other programs log for a register count on each kernel's tree" {
	local tree name own
	need_fuse
	echo 'rtmr3 aael text:a b FORGED' >"$IN/agent"
	mkdir -p "$ROOT/proc/sys/kernel/random"
	echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	for tree in mr rfc rtmrs; do
		sim_start --tree "$tree" --provider tdx_guest
		rm -rf "$ROOT/run"
		mkdir -p "$ROOT/run/attestation-agent"
		chmod 755 "$ROOT/run"
		name=tdx_guest/rtmr3:sha384
		if [ "$tree" = rtmrs ]; then
			name=rtmrs/rtmr3:sha384
			mkdir "$ROOT/sys/kernel/config/tsm/rtmrs/x"
			echo 3 >"$ROOT/sys/kernel/config/tsm/rtmrs/x/index"
		fi
		tsmctl verify rtmr3
		assert_done
		assert_output "untouched  $name"
		"$GENLOG" -f aael "$IN/agent" >"$ROOT/run/attestation-agent/eventlog"
		tsmctl verify rtmr3
		assert_failure 1
		assert_output "log-ahead  $name  (it has its initial value: the only event was not extended, or $(
		)its log is of another boot or machine)"
		tsmctl extend rtmr3 --event real
		assert_success
		tsmctl verify rtmr3
		assert_failure 1
		assert_output "log-ahead  $name  (the last event of 'aael', event 0, was logged but not extended)"
		tsmctl verify --json rtmr3
		own=$([ "$tree" = rfc ] && echo kernel || echo journal)
		assert_json --arg own "$own" '.registers[0] | [.unextended[] | del(.type, .name)] == [{source: "aael", seq: 0}] and .sources == [$own]'
	done
}

@test "the same evidence gets the same verdict on the machine and from files" {
	machine
	tsmctl extend rtmr3 --event real
	printf 'rtmr3 aael text:a b FORGED\nrtmr2 aael text:a b FORGED\n' >"$IN/agent"
	"$GENLOG" -f aael "$IN/agent" >"$AAEL"
	tsmctl verify
	assert_failure 1
	live=$output
	assert_output "$(printf 'match  tdx_guest/rtmr%s:sha384\n' 0 1)
log-ahead  tdx_guest/rtmr2:sha384  (the last event of 'aael', event 1, was logged but not extended)
log-ahead  tdx_guest/rtmr3:sha384  (the last event of 'aael', event 0, was logged but not extended)"
	tsmctl read
	echo "$output" >"$IN/values"
	cp "$ROOT/sys/firmware/acpi/tables/data/CCEL" "$IN/ccel"
	cp "$AAEL" "$IN/aael"
	cp "$ROOT/run/tsmctl/journal.jsonl" "$IN/journal"
	cd "$IN"
	for inputs in 'ccel aael journal' 'journal aael ccel' 'aael journal ccel'; do
		# shellcheck disable=SC2046,SC2086
		go "$TSMCTL" --root /nonexistent verify --values values $(printf -- '--input %s ' $inputs)
		assert_failure 1
		assert_output "$live"
	done
}
