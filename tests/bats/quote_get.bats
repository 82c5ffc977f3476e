#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq are its own
# The command quote, on simulated kernels: every message and status, what is written to the kernel, and
# that no entry is left.

setup() {
	load common
	load fuse
	load extend
	common_setup
	need_fuse
	TMP=$BATS_TEST_TMPDIR
	DATA=$(printf '0123456789abcdef%.0s' {1..8})
	BOOT=0f0f0f0f-1111-2222-3333-444444444444
	EMPTY="the host's quoting service gave nothing"
	FORGED="the root's key is not the vendor's: whoever has that key made this chain"
}

teardown() {
	sim_stop
}

# guest ARGS...: a machine with the simulator's options. tdx ARGS...: a TDX guest; snp ARGS...: an SEV-SNP guest. C is
# where entries are made, root.pem what signed its quotes.
guest() {
	sim_start "$@"
	C=$ROOT/sys/kernel/config/tsm/report
	rm -rf "$ROOT/run"
	mkdir -p "$ROOT/run" "$ROOT/proc/sys/kernel/random"
	echo $BOOT >"$ROOT/proc/sys/kernel/random/boot_id"
	cat "$ROOT/sys/.tsmsim/root" >"$TMP/root.pem"
}
tdx() {
	guest --tree mr --provider tdx_guest --report tdx_guest "$@"
	M=$ROOT/sys/devices/virtual/misc/tdx_guest/measurements
}
snp() {
	guest --provider none --report sev_guest "$@"
}

# quote ARGS...: with -q, as what the simulator signs is signed by nobody's key.
quote() {
	tsmctl quote -q "$@"
}

# assert_none: no entry is there.
assert_none() {
	assert_equal "$(ls "$C")" ''
}

# checked COMMAND FILE ARGS...: away from the machine, with the root of the simulator's hardware.
checked() {
	go "$TSMCTL" --root /nonexistent "$1" -q --quote "$2" --root-ca "$TMP/root.pem" "${@:3}"
}

@test "a TDX quote to a pipe: the blob alone, of these registers and this report data" {
	tdx
	keep quote -q --report-data "$DATA"
	assert_success
	assert_equal "$stderr" ''
	assert_none
	cp "$OUT" "$TMP/q"
	checked read "$TMP/q" --report-data "$DATA" rtmr0 rtmr3 mrtd
	assert_success
	assert_equal "${lines[0]%%(*}" 'genuine  tdx-quote  '
	for i in 1 2 3; do
		name=${lines[i]##* }
		assert_equal "${lines[i]%% *}" "$(sim_truth "tdx_guest/${name%:*}:sha384")"
	done
	# It is asked for once, and only what must be is written.
	assert_equal "$(sim_stat total:write) $(sim_stat total:mkdir) $(sim_stat total:rmdir)" '1 1 1'
}

@test "an SNP report, with the host's certificates in the JSON, which verifies" {
	snp
	quote --report-data "$DATA" --json
	assert_success
	assert_none
	assert_json --arg d "$DATA" --arg b $BOOT '.schema == "tsmctl.quote/1" and .provider == "sev_guest" and
		.report_data == $d and .privlevel == 0 and .boot_id == $b and .manifestblob_base64 == null and
		.logs == [] and .evidence.type == "snp-report" and .evidence.report_data == $d and
		([.registers[].name] | sort) ==
		["author_key_digest", "family_id", "host_data", "id_key_digest", "image_id", "measurement"]'
	cp "$OUT" "$TMP/q.json"
	checked read "$TMP/q.json" measurement
	assert_success
	assert_equal "${lines[0]%%(*}" 'genuine  snp-report  '
	assert_equal "${lines[1]%%9*}" ''
	# Without the certificates in it, nobody can say.
	jq '.auxblob_base64 = null' "$TMP/q.json" >"$TMP/bare.json"
	checked read "$TMP/bare.json" measurement
	assert_equal "${lines[0]%% *}" unchecked
	jq '.auxblob_base64 = "AAAA"' "$TMP/q.json" >"$TMP/bad.json"
	checked read "$TMP/bad.json" measurement
	assert_error 5 "'$TMP/bad.json': its 'auxblob_base64': *"
	assert_equal "${lines[0]%% *}" error
	# What can be decided without them is.
	jq -r .auxblob_base64 "$TMP/q.json" | base64 -d >"$TMP/aux"
	checked read "$TMP/bad.json" --certs "$TMP/aux" measurement
	assert_success
	assert_equal "${lines[0]%% *}" genuine
}

@test "what is asked for: 64 bytes, a file of them, a nonce, random; exactly one, never base64" {
	tdx
	unhex "$DATA" >"$TMP/data"
	for args in "--report-data ${DATA^^}" "--report-data-file $TMP/data"; do
		# shellcheck disable=SC2086
		quote --json $args
		assert_success
		assert_json --arg d "$DATA" '.report_data == $d'
	done
	go "$TSMCTL" --root "$ROOT" quote -q --json --report-data-file - <"$TMP/data"
	assert_json --arg d "$DATA" '.report_data == $d'
	quote --json --nonce 00ff
	assert_json '.report_data == "00ff" + "0" * 124'
	quote --json --nonce "$DATA"
	assert_json --arg d "$DATA" '.report_data == $d'
	quote --json --random
	one=$(json .report_data)
	quote --json --random
	[ "$one" != "$(json .report_data)" ]
	sim_fault reset
	quote
	assert_refused 2 'quote needs one of --report-data, --report-data-file, --nonce and --random'
	quote --random --nonce 00
	assert_refused 2 'quote needs only one of --report-data, --report-data-file, --nonce and --random'
	for bad in '' 0 0x00 "${DATA}00" 'AAECAwQFBgc='; do
		quote --nonce "$bad"
		assert_refused 2 '--nonce: 1 to 64 bytes are needed, as two hex digits each'
	done
	for bad in 00 "${DATA}00" "${DATA:1}g"; do
		quote --report-data "$bad"
		assert_refused 2 '--report-data: it has 64 bytes: exactly 128 hex digits are needed'
	done
	echo >>"$TMP/data"
	quote --report-data-file "$TMP/data"
	assert_refused 2 "--report-data-file '$TMP/data': 65 bytes, and report data has 64"
	quote --report-data-file "$TMP/none"
	assert_refused 4 "'$TMP/none': no such file or directory"
	assert_equal "$(sim_stat total:mkdir)" 0
}

@test "options that do not go together or are malformed: status 2, and nothing is asked" {
	snp --report-floor 1
	quote --random --json --format coco-tdx
	assert_error 2 '--json and --format cannot be combined'
	quote --random --with-logs
	assert_refused 2 '--with-logs needs --json or --format'
	quote --random --service-guid 00112233-4455-6677-8899-aabbccddeeff
	assert_refused 2 '--service-guid needs --service-provider'
	quote --random --service-provider svsm --service-manifest-version 1
	assert_refused 2 '--service-manifest-version needs --service-guid'
	for bad in '' 'a b' $'svsm\n'; do
		quote --random --service-provider "$bad"
		assert_refused 2 '--service-provider: not a name: one word of printable ASCII'
	done
	for bad in '' 00112233-4455-6677-8899-aabbccddeef 00112233-4455-6677-8899-aabbccddeeff0 \
		00112233x4455-6677-8899-aabbccddeeff 00112233-4455-6677-8899-aabbccddeefg; do
		quote --random --service-provider svsm --service-guid "$bad"
		assert_refused 2 "--service-guid '$bad': not a GUID, as 00112233-4455-6677-8899-aabbccddeeff"
	done
	for bad in '' -1 0x1 010 4294967296 ' 1'; do
		quote --random --service-provider svsm --service-guid 00112233-4455-6677-8899-aabbccddeeff \
			--service-manifest-version "$bad"
		assert_refused 2 "--service-manifest-version '$bad': not a number from 0 to 4294967295"
	done
	for bad in '' 4 -1 01; do
		quote --random --privlevel "$bad"
		assert_refused 2 "--privlevel '$bad': not a number from 0 to 3"
	done
	quote --random --wait x
	assert_refused 2 "--wait 'x': not a number of seconds from 0 to 86400"
	quote --random --format tcg2
	assert_refused 2 "--format 'tcg2': not one of coco-tdx"
	assert_equal "$(sim_stat total:mkdir)" 0
	command -v script >/dev/null || skip "script is missing: no terminal to be had"
	run script -qec "'$TSMCTL' --root '$ROOT' quote --random" /dev/null </dev/null
	assert_output --partial "the quote is binary and standard output a terminal: add '> FILE', --json or --format"
	assert_equal "$(sim_stat total:mkdir)" 0
}

@test "privilege levels: the floor if nothing is said, never below it, only where there are any" {
	snp --report-floor 1
	quote --random --json
	assert_success
	assert_json '.privlevel == 1 and .evidence.vmpl == 1'
	quote --random --json --privlevel 3
	assert_success
	assert_json '.privlevel == 3 and .evidence.vmpl == 3'
	quote --random --privlevel 0
	assert_refused 2 '--privlevel 0: the lowest that this kernel may ask for is 1'
	assert_none
	assert_equal "$(sim_stat faults:fired)" 0
	tdx
	quote --random --privlevel 0
	assert_refused 3 "'tdx_guest' has no privilege levels"
	assert_none
	quote --random --json
	assert_json '.privlevel == null'
}

@test "services of an SVSM: written as asked, the manifest is in the JSON" {
	snp --report-floor 2
	quote --random --json --service-provider svsm --service-guid 00112233-4455-6677-8899-AABBCCDDEEFF \
		--service-manifest-version 1
	assert_success
	assert_json '.manifestblob_base64 | @base64d == "manifest"'
	quote --random --service-provider svms
	assert_refused 4 "'sev_guest' gave no report: invalid argument: the firmware or the SVSM refuses this privilege level or service provider"
	assert_none
	snp
	quote --random --service-provider svsm
	assert_refused 3 "'sev_guest' has no service provider on this kernel"
	assert_none
}

@test "a GUID that the kernel refuses ends the request: all services would be asked" {
	snp --report-floor 1
	sim_fault service_guid:write:1:einval-after
	quote --random --service-provider svsm --service-guid 00112233-4455-6677-8899-aabbccddeeff
	assert_refused 4 "'/sys/kernel/config/tsm/report/tsmctl-*/service_guid': invalid argument"
	assert_none
	! sim_stat_of outblob:read || fail 'it was asked all the same'
}

# sim_stat_of WHAT: whether an entry's file counted that.
sim_stat_of() {
	grep -q "/$1 " "$ROOT/sys/.tsmsim/stats"
}

@test "no quotes here: which part is missing" {
	empty_root
	quote --random
	assert_refused 3 "no quotes here: this kernel has no configfs ('/sys/kernel/config')"
	mkdir "$ROOT/sys/kernel/config"
	quote --random
	assert_refused 3 "no quotes here: no '/sys/kernel/config/tsm': mount configfs there, and load the TVM's guest driver (tdx_guest, sev-guest, arm-cca-guest)"
	mkdir "$ROOT/sys/kernel/config/tsm"
	quote --random --json
	assert_error 3 "no quotes here: no '/sys/kernel/config/tsm/report': load the TVM's guest driver (tdx_guest, sev-guest, arm-cca-guest); the kernel needs CONFIG_TSM_REPORTS"
	assert_json '.schema == "tsmctl.quote/1" and .registers == [] and .error.status == 3'
	rm -r "$ROOT"
	guest --provider none --report none
	quote --random
	assert_refused 3 'no quotes here: no guest driver gives them: load tdx_guest or sev-guest (a TVM with a paravisor, as on Azure, has none)'
	sim_fault report:mkdir:1:eperm
	quote --random
	assert_refused 4 "'/sys/kernel/config/tsm/report': operation not permitted: only root may ask for a quote"
}

@test "what the kernel refuses, in words, by provider; no entry is left" {
	tdx
	local reasons=(
		'eio:input/output error:the host'\''s quoting service failed or did not answer: check QGS and PCCS on the host'
		'etimedout:connection timed out:the host'\''s quoting service is slow; ask again'
		'efbig:file too large:this kernel has no room for it; a newer kernel has more'
		'eintr:interrupted system call:a signal ended the wait'
		'ebusy:device or resource busy:an earlier request was interrupted or is not answered yet; ask again later')
	for row in "${reasons[@]}"; do
		IFS=: read -r name words why <<<"$row"
		sim_fault clear "outblob:read:*:$name"
		quote --random --wait 0
		assert_refused 4 "'tdx_guest' gave no report: $words: $why"
		assert_none
	done
	sim_fault clear 'outblob:read:*:enomem'
	quote --random
	assert_refused 4 "'tdx_guest' gave no report: cannot allocate memory"
	sim_fault clear 'outblob:read:*:einval'
	quote --random
	assert_refused 4 "'tdx_guest' gave no report: invalid argument: the kernel did not take what was written"
	snp
	reasons=(
		'eio:input/output error:the certificates that the host adds exceed 16 KiB'
		'enotty:inappropriate ioctl for device:the kernel has deleted its key (VMPCK) after an answer that it did not expect: no report until the next boot; see '\''dmesg'\'
		'etimedout:connection timed out:the host throttles requests: do not ask in a loop')
	for row in "${reasons[@]}"; do
		IFS=: read -r name words why <<<"$row"
		sim_fault clear reset "outblob:read:*:$name"
		quote --random
		assert_refused 4 "'sev_guest' gave no report: $words: $why"
		assert_none
		# The firmware of SEV-SNP is asked once.
		assert_equal "$(sim_stat faults:fired)" 1
	done
	sim_fault clear 'outblob:read:*:ebusy' reset
	quote --random
	assert_refused 4 "'sev_guest' gave no report: device or resource busy"
	assert_equal "$(sim_stat faults:fired)" 1
	sim_fault clear auxblob:read:1:eio
	quote --random
	assert_refused 4 "'sev_guest' gave no report: input/output error: the certificates that the host adds exceed 16 KiB"
	assert_none
}

@test "an earlier request of TDX that is open: asked again, in a new entry" {
	tdx
	sim_fault outblob:read:1:ebusy
	quote --random --json
	assert_success
	assert_none
	assert_equal "$(sim_stat total:mkdir) $(sim_stat total:rmdir)" '2 2'
}

@test "an empty success is a failure" {
	tdx
	sim_fault 'outblob:read:*:empty'
	quote --random
	assert_refused 4 "'tdx_guest' gave an empty report: $EMPTY: check QGS and PCCS on the host"
	assert_none
	assert_equal "$(sim_stat total:mkdir)" 1
	snp
	sim_fault 'outblob:read:*:empty'
	quote --random
	assert_refused 4 "'sev_guest' gave an empty report: $EMPTY"
}

@test "what is written: an error at the write, a short write, an error that close loses" {
	tdx
	sim_fault inblob:write:1:eperm
	quote --random
	assert_refused 4 "'/sys/kernel/config/tsm/report/tsmctl-*/inblob': operation not permitted"
	assert_none
	sim_fault clear inblob:release:1:einval
	quote --random
	assert_refused 1 "'tdx_guest': the request's generation is 0, not 1: somebody else wrote to it, or the kernel did not take all of it"
	assert_none
	! sim_stat_of outblob:read || fail 'it was asked all the same'
}

@test "somebody else writes to the entry: status 1, once" {
	for make in tdx snp; do
		$make
		sim_fault 'outblob:read:1:advance'
		quote --random
		assert_refused 1 "'*_guest': the request's generation is *, not *: somebody else wrote to it, or the kernel did not take all of it"
		assert_none
		assert_equal "$(sim_stat total:mkdir)" 1
	done
}

@test "a blob of another request, of another provider, of nobody" {
	tdx
	sim_fault 'outblob:read:*:other-data'
	quote --report-data "$DATA"
	assert_refused 1 "'tdx_guest' gave a report with the report data 00${DATA:2}, not $DATA: it is not of this request"
	sim_fault clear 'outblob:read:*:garbled'
	quote --random
	assert_refused 5 "'tdx_guest' gave neither quote nor report: *"
	assert_none
	tdx --report tdx_guest:snp
	quote --random
	assert_refused 1 "'tdx_guest' gave an SEV-SNP report, which is not of its format"
	snp --report sev_guest:tdx
	quote --random
	assert_refused 1 "'sev_guest' gave a TDX quote, which is not of its format"
	assert_none
	guest --provider none --report arm_cca_guest
	quote --random
	assert_refused 5 "'arm_cca_guest' gave neither quote nor report: this is an Arm CCA token, not a TDX quote: tsmctl does not read it"
	assert_none
}

@test "a root that is nobody's is noted, and in the JSON" {
	tdx
	tsmctl quote --random --json
	assert_success
	assert_equal "$stderr" "tsmctl: 'tdx_guest' gave a report that is forged: $FORGED"
	assert_json '.evidence.verdict == "forged" and .evidence.failed == "root"'
}

# Entries

@test "signals wait until the entry is gone, and end the program then" {
	for sig in TERM INT HUP QUIT ALRM; do
		for at in outblob:read inblob:write report:mkdir report:rmdir; do
			tdx
			sim_fault "$at:1:hold"
			env --default-signal "$TSMCTL" --root "$ROOT" quote --random >"$OUT" 2>"$ERR" 3>&- &
			PID=$!
			await counted faults:fired 1
			kill -s $sig "$PID"
			sim_fault clear
			finish
			assert_equal "$status" $((128 + $(kill -l $sig)))
			assert_equal "$output$stderr" ''
			assert_none
		done
	done
}

@test "killed for good: the entry is left, status lists it, and the next quote has its own" {
	local user=
	[ "$(id -u)" = 0 ] || user='only root can get a quote'
	tdx
	sim_fault outblob:read:1:hold
	begin quote --random
	await counted faults:fired 1
	kill -9 "$PID"
	sim_fault clear
	finish
	name=$(ls "$C")
	[[ $name == tsmctl-???????????????? ]] || fail "$name"
	tsmctl status --json
	assert_json --arg n "$name" --arg user "$user" '[.findings[] | select(.topic == "quote" and .level == "note" and .message != $user) | .message, .fix] ==
		["1 request, running or left by a killed program: \($n)",
		"rmdir what nobody uses in /sys/kernel/config/tsm/report: while one is there, the guest driver cannot be loaded again"]'
	quote --random --json
	assert_success
	assert_equal "$(ls "$C")" "$name"
	rmdir "$C/$name"
	for n in {1..9}; do mkdir "$C/$n"; done
	tsmctl status --json
	assert_json --arg user "$user" '[.findings[] | select(.topic == "quote" and .level == "note" and .message != $user) | .message |
		startswith("9 requests, ") and endswith(", ...")] == [true]'
}

@test "an entry that cannot be removed is named; the quote is good all the same" {
	tdx
	sim_fault 'report:rmdir:*:ebusy'
	tsmctl quote --random --json
	assert_success
	assert_equal "${stderr_lines[0]}" "tsmctl: '/sys/kernel/config/tsm/report/$(ls "$C")' was not removed: remove it with rmdir: device or resource busy"
	sim_fault clear 'report:rmdir:*:ebusy' 'outblob:read:*:eio'
	rmdir "$C"/* 2>/dev/null || sim_fault clear
	rmdir "$C"/*
	sim_fault 'report:rmdir:*:ebusy' 'outblob:read:*:eio'
	tsmctl quote --random
	assert_failure 4
	assert_equal "${#stderr_lines[@]}" 2
}

# keep_going COMMAND...: as go, for an output that is binary.
keep_going() {
	output=""
	status=0
	"$@" >"$OUT" 2>"$ERR" || status=$?
	stderr=$(<"$ERR")
}

@test "an error of any call that the request makes leaves no entry" {
	tdx
	keep_going "$INJECT" --list "$TMP/list" "$ROOT/sys" "$TSMCTL" --root "$ROOT" quote -q --random
	assert_success
	calls=$(wc -l <"$TMP/list")
	[ "$calls" -ge 4 ] || fail "$(cat "$TMP/list")"
	for fault in eio eintr; do
		for n in $(seq "$calls"); do
			keep_going "$INJECT" --at "$n" $fault "$ROOT/sys" "$TSMCTL" --root "$ROOT" quote -q --random
			read -r _ call file < <(sed -n "${n}p" "$TMP/list")
			[[ $call == unlinkat ]] || assert_none
			# An interrupted open is tried again.
			[[ $call == unlinkat || $fault$call == eintropenat2 ]] || assert_equal "$n $call $file $status ${stderr%% *}" "$n $call $file 4 tsmctl:"
			rmdir "$C"/* 2>/dev/null || true
		done
	done
}

@test "status: whether a quote can be had" {
	finding() { # LEVEL MESSAGE
		assert_json --arg l "$1" --arg m "$2" '[.findings[] | select(.topic == "quote") | [.level, .message]] == [[$l, $m]]'
	}
	tdx
	tsmctl status --json
	[ "$(id -u)" != 0 ] || finding ok "'tsmctl quote' can ask for a quote"
	assert_none
	nobody status --json
	finding note 'only root can get a quote'
	guest --provider none --report none
	tsmctl status --json
	finding note 'no quotes: no guest driver is seen that gives them'
	guest --provider none
	tsmctl status --json
	finding note 'no quotes: /sys/kernel/config/tsm/report is missing'
}

@test "an entry that cannot be looked at, or made, is an error, and is not left" {
	snp
	for file in provider generation privlevel_floor; do
		sim_fault clear "$file:read:1:eio"
		quote --random
		assert_refused 4 "'/sys/kernel/config/tsm/report/tsmctl-*/$file': input/output error"
		assert_none
	done
	sim_fault clear provider:read:1:garbled
	quote --random
	assert_refused 5 "'/sys/kernel/config/tsm/report/tsmctl-*/provider': not one word of up to 63 bytes"
	sim_fault clear generation:read:1:garbled
	quote --random
	assert_refused 5 "'/sys/kernel/config/tsm/report/tsmctl-*/generation': not a number"
	sim_fault clear 'report:mkdir:*:eexist'
	quote --random
	assert_refused 4 "'/sys/kernel/config/tsm/report': file exists"
	assert_none
	snp --report-floor 7
	quote --random
	assert_refused 5 "'/sys/kernel/config/tsm/report/tsmctl-*/privlevel_floor': 7, more than 3"
	assert_none
	sim_stop
	empty_root
	mkdir -p "$ROOT/sys/kernel/config/tsm/report"
	quote --random
	assert_refused 3 "'/sys/kernel/config/tsm/report/tsmctl-*/provider': no such file or directory"
	assert_none
	[ "$(id -u)" = 0 ] || skip 'this is not root'
	nobody quote --random
	assert_refused 4 "'/sys/kernel/config/tsm/report': permission denied: only root may ask for a quote"
	chmod 700 "$C"
	nobody quote --random
	assert_refused 4 "'/sys/kernel/config/tsm/report': permission denied"
}

@test "a short write is an error; certificates of the host that are none are noted" {
	tdx
	keep_going "$INJECT" --list "$TMP/list" "$ROOT/sys" "$TSMCTL" --root "$ROOT" quote -q --random
	n=$(awk '$2 == "write" { print $1 }' "$TMP/list")
	keep_going "$INJECT" --at "$n" short "$ROOT/sys" "$TSMCTL" --root "$ROOT" quote -q --random
	assert_refused 4 "'/sys/kernel/config/tsm/report/tsmctl-*/inblob': the kernel took 32 of 64 bytes"
	assert_none
	snp
	sim_fault auxblob:read:1:garbled
	tsmctl quote --random --json
	assert_success
	[[ $stderr == "tsmctl: the host's certificates: "* ]] || fail "$stderr"
	assert_json '.evidence.verdict == "unchecked"'
}

# Logs

@test "--with-logs: logs of more than 64 MiB are refused" {
	tdx
	mkdir "$ROOT/run/attestation-agent"
	truncate -s $((64 << 20)) "$ROOT/run/attestation-agent/eventlog"
	quote --random --json --with-logs
	assert_error 4 "'/run/attestation-agent/eventlog': the logs of this machine are longer than 67108864 bytes"
	assert_none
}

@test "--with-logs: logs and quote fit, and verify takes the file back, alone" {
	tdx
	tsmctl extend rtmr3 --event hello
	tsmctl extend rtmr2 --event world
	quote --random --json --with-logs
	assert_success
	assert_none
	assert_json '[.logs[] | .source, .format] == ["ccel", "ccel", "journal", "journal"]'
	assert_equal "$(json '.logs[1].base64' | base64 -d)" "$(<"$ROOT/run/tsmctl/journal.jsonl")"
	cp "$OUT" "$TMP/q.json"
	checked verify "$TMP/q.json"
	assert_success
	assert_equal "${output#*$'\n'}" "$(printf 'match  rtmr%d:sha384\n' 0 1 2 3)"
	# The same answer as with the logs named.
	want=$output
	checked verify "$TMP/q.json" --input "$TMP/q.json"
	assert_output "$want"
	jq -r '.logs[0].base64' "$TMP/q.json" | base64 -d >"$TMP/ccel"
	checked verify "$TMP/q.json" --input "$TMP/ccel" --input "$ROOT/run/tsmctl/journal.jsonl"
	assert_output "$want"
	# Those that are named are used alone.
	checked verify "$TMP/q.json" --input "$TMP/ccel"
	assert_failure 1
	assert_output --partial 'unlogged  rtmr3:sha384'
	jq -S . "$TMP/q.json" >"$TMP/sorted.json"
	checked verify "$TMP/sorted.json"
	assert_output "$want"
	jq '.logs[1].base64 = ""' "$TMP/q.json" >"$TMP/less.json"
	checked verify "$TMP/less.json"
	assert_failure
	jq '.boot_id = "11111111-2222-3333-4444-555555555555"' "$TMP/q.json" >"$TMP/other.json"
	checked verify "$TMP/other.json"
	assert_failure 1
	jq '.schema = "tsmctl.quote/2"' "$TMP/q.json" >"$TMP/newer.json"
	run --separate-stderr "$TSMCTL" log --input "$TMP/newer.json"
	assert_refused 5 "'$TMP/newer.json': no log, but a quote, and not of the schema tsmctl.quote/1: a newer tsmctl may read it"
	jq '.logs = []' "$TMP/q.json" >"$TMP/none.json"
	checked verify "$TMP/none.json"
	assert_refused 2 '--quote needs --input or --expect to be checked against'
	checked read "$TMP/none.json" rtmr3
	assert_success
}

@test "--with-logs: a kernel's text logs are of the register that they name" {
	guest --tree rfc --provider tdx_guest --report tdx_guest
	tsmctl extend rtmr3 --event hello
	tsmctl extend rtmr2 --event hello
	# What firmware extended here, no log tells.
	quote --random --json --with-logs
	assert_error 1 'the logs do not lead to the quote: rtmr0:sha384: *'
	assert_none
	quote --random --json
	for i in 2 3; do
		base64 -w0 "$ROOT/sys/kernel/tsm/tdx_guest/rtmr$i/event_log" >"$TMP/log$i"
	done
	jq --rawfile two "$TMP/log2" --rawfile three "$TMP/log3" '.logs = [
		{source: "kernel", format: "rfc-text", register: "tdx_guest/rtmr2:sha384", base64: $two},
		{source: "kernel", format: "rfc-text", register: "tdx_guest/rtmr3:sha384", base64: $three}]' "$OUT" >"$TMP/q.json"
	checked verify "$TMP/q.json" rtmr3
	assert_success
	assert_equal "${lines[1]}" 'match  rtmr3:sha384'
	jq '.logs[0].register = .logs[1].register' "$TMP/q.json" >"$TMP/twice.json"
	checked verify "$TMP/twice.json" rtmr3
	assert_failure
}

@test "--with-logs: a kernel that shows no registers has the firmware's log" {
	tdx
	mkdir -p "$TMP/data"
	cp "$ROOT/sys/firmware/acpi/tables/data/CCEL" "$TMP/data/CCEL"
	tdx
	# As Linux 6.7 to 6.15: the interface is not looked at.
	tsmctl --abi tsm-rfc quote -q --random --json --with-logs
	assert_success
	assert_json '[.logs[].source] == ["ccel"]'
	cmp "$TMP/data/CCEL" <(json '.logs[0].base64' | base64 -d)
	cp "$OUT" "$TMP/q.json"
	checked verify "$TMP/q.json"
	assert_success
}

@test "--with-logs: not where no register is extended" {
	snp
	quote --random --json --with-logs
	assert_error 3 "a report of 'sev_guest' has no runtime register that logs could lead to"
	! sim_stat_of outblob:read || fail 'the firmware was asked'
	assert_none
	quote --random --format coco-tdx
	assert_error 3 "a report of 'sev_guest' has no runtime register that logs could lead to"
}

@test "--with-logs: an extend without a log: status 1 after five quotes" {
	tdx
	head -c 48 /dev/zero | dd of="$M/rtmr3:sha384" bs=48 conv=notrunc status=none
	quote --random --json --with-logs
	assert_error 1 'the logs do not lead to the quote: rtmr3:sha384: unlogged: *'
	assert_none
	assert_equal "$(grep -c 'outblob:read' "$ROOT/sys/.tsmsim/stats")" 5
}

@test "--with-logs: a log that grows meanwhile: another quote" {
	tdx
	tsmctl extend rtmr3 --event one
	sim_fault reset outblob:read:1:hold
	begin quote -q --random --json --with-logs
	await counted faults:fired 1
	go "$TSMCTL" --root "$ROOT" extend rtmr3 --event two
	assert_success
	sim_fault clear
	finish
	assert_success
	assert_json '.logs[1].base64 | @base64d | contains("74776f")'
	assert_equal "$(grep -c 'outblob:read' "$ROOT/sys/.tsmsim/stats")" 2
	cp "$OUT" "$TMP/q.json"
	checked verify "$TMP/q.json"
	assert_success
}

@test "--with-logs: a log that cannot be read is an error" {
	tdx
	sim_fault 'data/CCEL:read:*:eio'
	quote --random --json --with-logs
	assert_error 4 "'/sys/firmware/acpi/tables/data/CCEL': input/output error"
	assert_none
}

# What services take

# agent RECORDS: the agent extends rtmr3 by them, and logs that.
agent() {
	local hex
	mkdir -p "$ROOT/run/attestation-agent"
	cat >"$TMP/records"
	"$GENLOG" -f aael "$TMP/records" >"$ROOT/run/attestation-agent/eventlog"
	go "$TSMCTL" log --input "$ROOT/run/attestation-agent/eventlog" --jsonl
	assert_success
	for hex in $(json '.digests[0].digest'); do
		unhex "$hex" | dd of="$M/rtmr3:sha384" bs=48 conv=notrunc status=none
	done
}

# tail_of FILE N: its last N bytes in hex.
tail_of() { tail -c "$2" "$1" | od -An -v -tx1 | tr -d ' \n'; }

@test "coco-tdx: quote, firmware's log up to its end mark, agent's records, one line" {
	tdx
	quote --report-data "$DATA" --format coco-tdx
	assert_success
	assert_none
	assert_equal "${#lines[@]}" 1
	assert_json 'keys == ["cc_eventlog", "quote"]'
	json .cc_eventlog | base64 -d >"$TMP/log"
	size=$(stat -c %s "$TMP/log")
	[ "$size" -lt 65536 ]
	cmp -n $((size - 8)) "$TMP/log" "$ROOT/sys/firmware/acpi/tables/data/CCEL"
	assert_equal "$(tail_of "$TMP/log" 8)" ffffffffffffffff
	agent <<-'END'
		rtmr3 aael text:github.com/confidential-containers PullImage {"image":"alpine"}
		rtmr3 aael text:coco.example start x
	END
	quote --report-data "$DATA" --format coco-tdx
	assert_success
	cp "$OUT" "$TMP/coco.json"
	json .cc_eventlog | base64 -d >"$TMP/both"
	records=$ROOT/run/attestation-agent/eventlog
	cmp -n $((size - 8)) "$TMP/log" "$TMP/both"
	cmp <(tail -c +$((size - 7)) "$TMP/both" | head -c "$(stat -c %s "$records")") "$records"
	assert_equal "$(tail_of "$TMP/both" 8)" ffffffffffffffff
	assert_equal "$(stat -c %s "$TMP/both")" $((size + $(stat -c %s "$records")))
	checked verify "$TMP/coco.json" --input "$TMP/coco.json"
	assert_success
	assert_equal "${output#*$'\n'}" "$(printf 'match  rtmr%d:sha384\n' 0 1 2 3)"
}

@test "coco-tdx: without the firmware's log a header stands before the agent's records, without both null" {
	tdx --no-ccel
	quote --random --format coco-tdx
	assert_success
	assert_json '.cc_eventlog == null'
	agent <<<'rtmr3 aael text:coco.example start x'
	quote --random --format coco-tdx
	assert_success
	cp "$OUT" "$TMP/coco.json"
	json .cc_eventlog | base64 -d >"$TMP/log"
	assert_equal "$(head -c 69 "$TMP/log" | od -An -v -tx1 | tr -d ' \n')" \
		"0000000003000000$(printf '00%.0s' {1..20})2500000053706563204944204576656e743033000000000000020002020000000b0020000c00300000"
	checked verify "$TMP/coco.json" --input "$TMP/coco.json"
	assert_success
}

@test "coco-tdx: what it cannot carry is refused" {
	tdx
	tsmctl extend rtmr3 --event journaled
	quote --random --format coco-tdx
	assert_refused 1 "the log that coco-tdx can carry (the firmware's and the agent's records, no journal) does not lead to the quote: rtmr3:sha384: unlogged: *"
	assert_none
	tdx
	mkdir -p "$ROOT/run/attestation-agent"
	printf 'INIT sha384/%s\n' "$ZERO48" >"$ROOT/run/attestation-agent/eventlog"
	quote --random --format coco-tdx
	assert_success
	assert_equal "$(json .cc_eventlog | base64 -d | grep -c INIT || true)" 0
}

# The file

@test "files: malformed in each way, and longer than other evidence may be" {
	tdx
	quote --random --json --with-logs
	cp "$OUT" "$TMP/q.json"
	# bad FILTER MESSAGE
	bad() {
		jq -c "$1" "$TMP/q.json" >"$TMP/bad"
		checked verify "$TMP/bad"
		assert_refused 5 "'$TMP/bad': $2"
	}
	bad 'del(.quote_base64)' "no quote in it: its 'quote_base64' is missing"
	bad '.quote_base64 = null' "no quote in it: its 'quote_base64' is missing"
	bad '.quote_base64 = 7' "its 'quote_base64' is not base64"
	bad '.quote_base64 = "AAA"' "its 'quote_base64' is not base64"
	bad '.quote_base64 |= sub("^...."; "A-_=")' "its 'quote_base64' is not base64"
	bad '.quote_base64 = "AAAA"' '*'
	bad '.auxblob_base64 = {}' "its 'auxblob_base64' is not base64"
	bad '.boot_id = "x"' "its 'boot_id' is not a UUID"
	bad '.logs = {}' "its 'logs' is not an array"
	bad '.logs[0] = 1' 'log 0: it is not an object'
	bad 'del(.logs[0].format)' "log 0: no 'source', 'format' or 'base64' in it"
	bad '.logs[0].source = "a b"' "log 0: 'source' is not a name: one word of printable ASCII"
	bad '.logs[0].source = ""' "log 0: its 'source' is not a name"
	bad '.logs[0].base64 = "*"' "log 0: its 'base64' is not base64"
	bad '.logs[0].format = "xyz"' "log 'ccel': unknown format 'xyz'"
	bad '.logs = [range(257) | {"source": "a", "format": "ccel", "base64": ""}]' 'more than 256 logs'
	for key in schema boot_id quote_base64 auxblob_base64 logs; do
		sed "s/^{/{\"$key\":null,/" "$TMP/q.json" >"$TMP/bad"
		checked verify "$TMP/bad"
		assert_failure 5
		[[ $stderr == *'two members of one object have the same name'* || $key == schema ]] || fail "$key: $stderr"
	done
	head -c 3000 "$TMP/q.json" >"$TMP/bad"
	checked verify "$TMP/bad"
	assert_refused 5 "'$TMP/bad': *cut*"
	# An area of 8 MiB, as a log of any size.
	{ cat "$ROOT/sys/firmware/acpi/tables/data/CCEL" && head -c 8388608 /dev/zero | tr '\0' '\377'; } |
		base64 -w0 >"$TMP/area"
	jq -c --rawfile area "$TMP/area" '.logs[0].base64 = $area' "$TMP/q.json" >"$TMP/big.json"
	[ "$(stat -c %s "$TMP/big.json")" -gt 8388608 ]
	checked verify "$TMP/big.json"
	assert_success
	assert_equal "${lines[1]}" 'match  rtmr0:sha384'
	# What is no such file has the limit that it had.
	jq -c '.schema = "tsmctl.quote/2"' "$TMP/big.json" >"$TMP/other"
	checked read "$TMP/other"
	assert_refused 5 "'$TMP/other': longer than 4194304 bytes"
}
