#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq are its own
# The registers of a TDX quote or report, away from any machine: read and verify.

setup() {
	load common
	common_setup
	TMP=$BATS_TEST_TMPDIR
	cd "$TMP" || return
	DATA=$(printf '5%.0s' {1..128})
	MRTD=$(reg 71)
	NOT_CHECKED='not checked: crl, tcb_level, validity'
	GENUINE="genuine  tdx-quote  (root: --root-ca; FMSPC 00906ed50000; $NOT_CHECKED)"
	TCB="tsmctl: 'q': its TCB level is not checked: see EVIDENCE in tsmctl(8)"
	DEBUGGED="tsmctl: 'q': this TD has the debug attribute: its host can read and change it, so its registers prove nothing"
	NO_MAC='unchecked  tdreport  (its MAC can be checked only by the CPU that made it, or by a quote made from it)'
	VENDOR=939a7233f79c4ca9940a0db3957f0607
	"$MINT" root >root.pem
}

# away ARGS...: tsmctl without any machine. signed COMMAND ARGS...: the same, with the root of the tests' quotes.
away() {
	go "$TSMCTL" --root /nonexistent "$@"
}
signed() {
	away "$1" --root-ca root.pem "${@:2}"
}

# reg XX: a register's value, that byte 48 times. rep N XX: the byte N times.
rep() { printf "$2%.0s" $(seq "$1"); }
reg() { rep 48 "$1"; }

# quote FILE [VERSION [ATTRIBUTES [RTMR2 [TYPE]]]]: one that is signed under the root of root.pem. fake ...: one with
# a signature of 400 bytes of nothing. body ...: the hex of what is signed.
quote() { unhex "$(body "$@")" | "$MINT" tdx >"$1"; }
fake() { unhex "$(body "$@")90010000$(rep 400 99)" >"$1"; }
body() {
	local version=${2:-4} attributes=${3:-0000001000000000} rtmr2=${4:-$(reg 12)} type=${5:-2} hex
	hex="0${version}00020081000000$(rep 4 00)$VENDOR$(rep 20 00)"
	if [ "$version$type" = 52 ]; then
		hex+=020048020000
	elif [ "$version" = 5 ]; then
		hex+=030088020000
	fi
	hex+="$(rep 16 aa)$(reg 51)$(reg 52)$(rep 8 00)$attributes$(rep 8 e7)$MRTD"
	hex+="$(reg 61)$(reg 62)$(reg 63)$(reg 10)$(reg 11)$rtmr2$(reg 00)$DATA"
	[ "$version$type" != 53 ] || hex+="$(rep 16 bb)$(reg 53)"
	echo "$hex"
}

# report FILE [ATTRIBUTES]: one whose hashes are right.
report() {
	local tcb td attributes=${2:-0000001000000000}
	tcb="$(rep 8 ff)$(rep 16 aa)$(reg 51)$(reg 52)$(rep 119 00)"
	td="$attributes$(rep 8 e7)$MRTD$(reg 61)$(reg 62)$(reg 63)$(reg 10)$(reg 11)$(reg 12)$(reg 00)$(reg 54)$(rep 64 00)"
	unhex "81000100$(rep 28 00)$(unhex "$tcb" | sum sha384)$(unhex "$td" | sum sha384)$DATA$(rep 64 00)$tcb$(rep 17 00)$td" >"$1"
}

# registers NAME=XX...: the lines of read.
registers() {
	local pair
	for pair; do
		echo "$(reg "${pair#*=}")  ${pair%=*}"
	done
}

@test "text: the registers of a quote, as read prints those of a machine" {
	quote q
	signed read --quote q
	assert_success
	assert_output "$GENUINE
$(registers mrconfigid=61 mrowner=62 mrownerconfig=63 mrseam=51 mrsignerseam=52 mrtd:sha384=71 \
		rtmr0:sha384=10 rtmr1:sha384=11 rtmr2:sha384=12 rtmr3:sha384=00)"
	assert_equal "$stderr" "$TCB"
	want=$output
	quote q 5
	signed read --quote q
	assert_success
	assert_output "$want"
	signed read --quote - <q
	assert_success
	assert_output "$want"
	quote q 5 0000001000000000 "$(reg 12)" 3
	signed read --quote q
	assert_success
	assert_output "$GENUINE
$(registers mrconfigid=61 mrowner=62 mrownerconfig=63 mrseam=51 mrservicetd=53 mrsignerseam=52 \
		mrtd:sha384=71 rtmr0:sha384=10 rtmr1:sha384=11 rtmr2:sha384=12 rtmr3:sha384=00)"
}

@test "text: the registers of a report" {
	report r
	assert_equal "$(stat -c %s r)" 1024
	away read --tdreport r
	assert_success
	assert_output "$NO_MAC
$(registers mrconfigid=61 mrowner=62 mrownerconfig=63 mrseam=51 mrsignerseam=52 mrtd:sha384=71 \
		rtmr0:sha384=10 rtmr1:sha384=11 rtmr2:sha384=12 rtmr3:sha384=00 servtd_hash=54)"
	assert_equal "$stderr" "$(not_genuine r)"
}

@test "operands, patterns and --raw as with a machine" {
	quote q
	signed read --quote q rtmr2 'mro*' mrtd
	assert_success
	assert_output "$GENUINE
$(registers rtmr2:sha384=12 mrowner=62 mrownerconfig=63 mrtd:sha384=71)"
	keep read -q --raw --root-ca root.pem --quote q rtmr1:sha384
	assert_success
	# There is no room for the answer in the bytes: -q does not hide it.
	assert_equal "$(<"$ERR")" "tsmctl: 'q': $GENUINE"
	cmp "$OUT" <(unhex "$(reg 11)")
	signed read -q --raw --quote q
	assert_refused 2 '--raw prints exactly one register, not 10: name one'
	signed read -q --quote q servtd_hash
	assert_refused 2 "no register 'servtd_hash' here; 'tsmctl read --quote q' lists them"
	signed read -q --quote q 'pcr*'
	assert_refused 2 "no register matches 'pcr*'"
}

@test "JSON: as read, no provider, no boot id, and what the quote says beside the registers" {
	quote q
	signed read --json --quote q rtmr0 mrowner mrtd
	assert_success
	assert_json --arg data "$DATA" --arg rtmr0 "$(reg 10)" --arg mrowner "$(reg 62)" --arg mrtd "$MRTD" '
		{provider: null, readable: true, writable: false, extensible: false, extend_with: [], log: null,
			abi: null, path: null, size: 48} as $all |
		.evidence.verdict == "genuine" and del(.evidence) ==
			{schema: "tsmctl.read/1", boot_id: null, report_data: $data, td_attributes: "0000001000000000",
			debug: false, registers: [
			$all + {register: "rtmr0:sha384", name: "rtmr0", kind: "runtime", hash: "sha384",
				cc_mr_index: 1, value: $rtmr0},
			$all + {register: "mrowner", name: "mrowner", kind: "static", hash: null,
				cc_mr_index: null, value: $mrowner},
			$all + {register: "mrtd:sha384", name: "mrtd", kind: "static", hash: "sha384",
				cc_mr_index: 0, value: $mrtd}]}'
	signed read --json --quote q
	assert_json '[.registers[] | select(.kind == "runtime") | .cc_mr_index] == [1, 2, 3, 4]'
	keys=$(json '.registers[0] | keys')
	use_root tdx
	tsmctl read --json rtmr0
	assert_equal "$(json '.registers[0] | keys')" "$keys"
	report r
	away read --json --tdreport r servtd_hash
	assert_json --arg data "$DATA" --arg value "$(reg 54)" '.report_data == $data and .debug == false and
		.registers[0].value == $value'
}

@test "JSON: an error is a document too" {
	head -c 700 <(fake /dev/stdout) >q
	signed read --json --quote q
	assert_error 5 "'q': offset 632: a signature of 400 bytes, and there are only 64: the quote is cut"
	assert_json '.registers == [] and .error.status == 5'
}

@test "the debug attribute is warned about, trailing bytes are counted" {
	quote q 4 0100001000000000
	signed read --quote q mrtd
	assert_success
	assert_output "${GENUINE/root:/of a debug TD, which proves nothing; root:}
$MRTD  mrtd:sha384"
	assert_equal "$stderr" "$DEBUGGED
$TCB"
	signed read --json --quote q mrtd
	assert_json '.debug == true and .td_attributes == "0100001000000000" and .evidence.debug == true'
	signed read -q --quote q mrtd
	assert_done
	quote q
	printf '%03065d' 1 >>q
	signed read --quote q mrtd
	assert_success
	assert_equal "$stderr" "tsmctl: 'q': ignored 3065 bytes after the end of the quote
$TCB"
	# Padding, as a kernel's buffer has it, is nothing to tell.
	quote q
	head -c 3065 /dev/zero >>q
	signed read --quote q mrtd
	assert_success
	assert_equal "$stderr" "$TCB"
	signed read --json --quote q mrtd
	assert_json '.evidence.trailing_bytes == 3065'
	report r 0100000000000000
	away read --tdreport r mrtd
	assert_equal "$stderr" "tsmctl: 'r': this TD has the debug attribute: its host can read and change it, so its registers prove nothing
$(not_genuine r)"
}

@test "a report that its own hashes contradict is forged" {
	local at
	for at in 800 300; do
		report r
		printf x | dd of=r bs=1 seek=$at conv=notrunc status=none
		away read --tdreport r rtmr0
		assert_failure 1
		assert_line --index 0 "forged  tdreport  (the report's hashes do not match its contents: it was modified)"
		assert_equal "$stderr" "tsmctl: 'r' is forged: the report's hashes do not match its contents: it was modified"
	done
	away read --json --tdreport r rtmr0
	assert_json '.evidence.verdict == "forged" and .evidence.failed == "binding" and .evidence.type == "tdreport"'
}

@test "the JSON that dstack puts around a quote" {
	quote q
	printf '{"quote":"%s","event_log":"[]","report_data":""}\n' "$(filehex q)" >json
	signed read --quote q
	want=$output
	signed read --quote json
	assert_success
	assert_output "$want"
	echo '{"event_log":"[]"}' >json
	signed read --quote json
	assert_refused 5 "'json': JSON without a string 'quote'"
	echo '{"quote":"04000"}' >json
	signed read --quote json
	assert_refused 5 "'json': the JSON's 'quote' is neither hex nor base64"
	echo '{"quote":"0400"}' >json
	signed read --quote json
	assert_refused 5 "'json': offset 0: a quote starts with a header of 48 bytes*only 2"
	echo '{"quote":"0400"' >json
	signed read --quote json
	assert_refused 5 "'json': neither evidence nor JSON with a quote: byte 16: not JSON: it is cut"
}

# is_refused HEX NAME: as a quote, by name.
is_refused() {
	unhex "$1" >q
	signed read --quote q
	assert_refused 5 "'q': this is $2, not a *: tsmctl does not read it"
}

@test "what is no TDX quote is refused by name" {
	is_refused "d9018fa2$(reg 00)" 'an Arm CCA token'
	is_refused "8444a1013822$(reg 00)" 'an AWS Nitro attestation document'
	is_refused "d28444a1013822$(reg 00)" 'an AWS Nitro attestation document'
	is_refused "a1$(reg 00)" 'CBOR, as is the DICE evidence of newer TDX modules'
	is_refused "0300020000000000$(rep 1000 00)" 'an SGX quote'
	is_refused "0400020000000000$(rep 1000 00)" 'an SGX quote'
	is_refused "0500020081000000$(rep 40 00)010080010000$(rep 1000 00)" 'an SGX quote'
	is_refused "0500020081000000$(rep 40 00)040075030000$(rep 1400 00)" \
		'a quote with a body of type 4 (TDX 1.5, extended)'
	unhex "0500020081000000$(rep 40 00)0700000000000000" >q
	signed read --quote q
	assert_refused 5 "'q': offset 48: a body of type 7, and only 2 and 3 are known here"
	unhex "0500020081000000$(rep 40 00)020049020000" >q
	signed read --quote q
	assert_refused 5 "'q': offset 50: a body of 585 bytes, but type 2 has 584"
	unhex "0600020081000000$(rep 40 00)" >q
	signed read --quote q
	assert_refused 5 "'q': offset 0: a quote of version 6, and only 4 and 5 are known here"
	unhex "0400020082000000$(rep 40 00)" >q
	signed read --quote q
	assert_refused 5 "'q': offset 4: a quote of TEE type 0x82, and TDX is 0x81"
	report r
	away read --quote r
	assert_refused 5 "'r': this is a TDREPORT, not a quote: --tdreport reads it"
	truncate -s 1000 r
	away read --quote r
	assert_refused 5 "'r': this is a TDREPORT, not a quote: --tdreport reads it"
}

@test "cut quotes, by where" {
	fake whole 5
	: >q
	signed read --quote q
	assert_refused 5 "'q': offset 0: a quote starts with a header of 48 bytes, and there are only 0"
	head -c 51 whole >q
	signed read --quote q
	assert_refused 5 "'q': offset 50: cut in the type and size of the quote's body"
	head -c 637 whole >q
	signed read --quote q
	assert_refused 5 "'q': offset 54: cut in the quote's body: it has 584 bytes, and there are only 583"
	head -c 640 whole >q
	signed read --quote q
	assert_refused 5 "'q': offset 638: cut before the quote's signature"
	head -c 1041 whole >q
	signed read --quote q
	assert_refused 5 "'q': offset 638: a signature of 400 bytes, and there are only 399: the quote is cut"
	{
		head -c 638 whole
		unhex "10000000$(rep 400 00)"
	} >q
	signed read --quote q
	assert_refused 5 "'q': offset 638: a signature of 16 bytes: no quote is that short"
}

@test "what is no report is refused" {
	report whole
	head -c 1023 whole >r
	away read --tdreport r
	assert_refused 5 "'r': 1023 bytes, and a TDREPORT has 1024"
	unhex "00$(rep 1023 00)" >r
	away read --tdreport r
	assert_refused 5 "'r': offset 0: a report of type 0x0, and TDX is 0x81"
	unhex "81000200$(rep 1020 00)" >r
	away read --tdreport r
	assert_refused 5 "'r': offset 2: a TDREPORT of version 2, and only 0, 1 and 3 are known here"
	unhex "d9018f" >r
	away read --tdreport r
	assert_refused 5 "'r': this is an Arm CCA token, not a TDREPORT: tsmctl does not read it"
	quote r
	away read --tdreport r
	assert_refused 5 "'r': this is a TDX quote, not a TDREPORT: --quote reads it"
	away read --tdreport /nonexistent
	assert_refused 4 "'/nonexistent': no such file or directory"
	head -c 4194305 /dev/zero >q
	signed read --quote q
	assert_refused 5 "'q': longer than 4194304 bytes"
}

@test "the sources of registers cannot be combined" {
	quote q
	report r
	signed read --quote q --tdreport r
	assert_refused 2 '--quote and --tdreport cannot be combined'
	away verify --values q --quote q --expect q
	assert_refused 2 '--values and --quote cannot be combined'
	away verify --values q --tdreport r --expect q
	assert_refused 2 '--values and --tdreport cannot be combined'
	signed verify --quote q --tdreport r --expect q
	assert_refused 2 '--quote and --tdreport cannot be combined'
	away verify --quote q
	assert_refused 2 '--quote needs --input or --expect to be checked against'
	away verify --tdreport r --report-data "$DATA"
	assert_refused 2 '--tdreport needs --input or --expect to be checked against'
}

@test "verify: a quote against a log" {
	empty_root
	k_begin rtmr2 sha384
	k_append one two
	quote q 4 0000001000000000 "$KV"
	signed verify --quote q --input rtmr2/event_log rtmr2
	assert_success
	assert_output "$GENUINE
match  rtmr2:sha384"
	assert_equal "$stderr" "$TCB"
	# With no operand, all registers that the quote has and a log can have events of.
	signed verify --quote q --input rtmr2/event_log
	assert_failure 1
	assert_output "$GENUINE
$(printf '%s\n' 'unlogged  rtmr0:sha384  (changed, and no log has an event of it)' \
		'unlogged  rtmr1:sha384  (changed, and no log has an event of it)' 'match  rtmr2:sha384' \
		'untouched  rtmr3:sha384')"
	assert_equal "$stderr" "$TCB"
	k_append three
	signed verify --json --quote q --input rtmr2/event_log rtmr2
	assert_failure 1
	assert_json '.verdict == "log-ahead" and .td_attributes == "0000001000000000" and .debug == false and
		(has("report_data") | not)'
}

@test "verify: a quote against expected values, from a machine or another quote" {
	quote q
	signed read -q --quote q
	echo "$output" >golden
	signed read -q --json --quote q
	echo "$output" >golden.json
	for golden in golden golden.json; do
		signed verify -q --no-log --quote q --expect "$golden"
		assert_done
		assert_equal "$(grep -c '^match  ' <<<"$output")" 10
	done
	quote q 4 0000001000000000 "$(reg 13)"
	signed verify -q --no-log --quote q --expect golden
	assert_failure 1
	assert_equal "$(grep -v '^match  ' <<<"$output")" "$GENUINE
unexpected  rtmr2:sha384  (expected $(rep 16 12)...)"
	sed -i '1d; s|  |  tdx_guest/|; /seam/d' golden
	signed verify -q --no-log --quote q --expect golden mrtd rtmr0
	assert_done
	assert_output "$GENUINE
$(printf 'match  %s\n' mrtd:sha384 rtmr0:sha384)"
	report r
	away verify -q --no-log --tdreport r --expect golden
	assert_done
	assert_equal "$(grep -c '^match  ' <<<"$output")" 8
}

@test "verify: the debug attribute is told, also to a program that wants no notes" {
	quote q 4 0100001000000000
	signed read -q --quote q
	echo "$output" >golden
	signed verify --no-log --quote q --expect golden mrtd
	assert_success
	assert_equal "$stderr" "$DEBUGGED
$TCB"
	signed verify -q --json --no-log --quote q --expect golden mrtd
	assert_done
	assert_json '.verdict == "match" and .debug == true'
	away verify -q --json --no-log --values golden --expect golden mrtd
	assert_done
	assert_json '(has("debug") or has("td_attributes")) | not'
}

@test "verify --report-data: the answer to this request" {
	quote q
	signed read -q --quote q
	echo "$output" >golden
	signed verify -q --no-log --quote q --expect golden --report-data "$DATA" mrtd
	assert_done
	assert_output "$GENUINE
match  mrtd:sha384"
	signed verify -q --json --no-log --quote q --expect golden --report-data "$DATA" mrtd
	assert_done
	assert_json --arg data "$DATA" '.verdict == "match" and
		.report_data == {value: $data, expected: $data, verdict: "match"}'
	report r
	away verify -q --no-log --tdreport r --expect golden --report-data "$DATA" mrtd
	assert_done
}

@test "verify --report-data: another answer is status 1, whatever the registers are" {
	local other=${DATA%5}6
	quote q
	signed read -q --quote q
	echo "$output" >golden
	signed verify -q --no-log --quote q --expect golden --report-data "$other" mrtd
	assert_error 1 "'q': the report data is $DATA, not $other: this was not made for that request"
	assert_output "genuine  tdx-quote  (but its report data is not what was asked for; ${GENUINE#*\(}
match  mrtd:sha384"
	signed verify -q --json --no-log --quote q --expect golden --report-data "$other" mrtd
	assert_failure 1
	assert_json --arg data "$DATA" --arg other "$other" '.verdict == "mismatch" and
		.registers[0].verdict == "match" and
		.report_data == {value: $data, expected: $other, verdict: "mismatch"}'
}

@test "verify --report-data: 64 bytes in hex, and evidence that has any" {
	quote q
	local bad
	for bad in '' 00 "${DATA}00" "${DATA%55}" "${DATA%5}" "${DATA%5}g" "0x${DATA%55}"; do
		signed verify --quote q --expect q --report-data "$bad"
		assert_refused 2 '--report-data: it has 64 bytes: exactly 128 hex digits are needed'
	done
	away verify --values q --expect q --report-data "$DATA"
	assert_refused 2 '--report-data needs --quote or --tdreport to be checked against'
	tsmctl verify --report-data "$DATA"
	assert_refused 2 '--report-data needs --quote or --tdreport to be checked against'
}

@test "genuine evidence reads as what was published of it" {
	[ -d "${TSMCTL_SHARED:-}/vectors" ] || return 0
	local vectors=$TSMCTL_SHARED/vectors pair
	for pair in go-tdx-guest/cos-113-tdx-quote.dat=go-eventlog/cos-113-intel-tdx.bin \
		dstack/quote-report.json=dstack/quote-report.json; do
		away read -q --json --quote "$vectors/${pair%=*}"
		assert_done
		assert_json --arg key "${pair#*=}" --slurpfile all "$vectors/expected.json" \
			'[.registers[] | {key: .name, value}] | from_entries as $got | [$all[0][$key] | to_entries[] |
			select(.key | test("^(rtmr[0-3]|mrtd)$")) | .value == $got[.key]] | length >= 4 and all'
	done
}

@test "--expect without logs: what is in it is compared, the others must have their initial values" {
	quote q
	registers rtmr2:sha384=12 >golden
	signed verify -q --quote q --expect golden
	assert_failure 1
	assert_output "$GENUINE
unlogged  rtmr0:sha384  (changed, and no log of it is kept here)
unlogged  rtmr1:sha384  (changed, and no log of it is kept here)
match  rtmr2:sha384
untouched  rtmr3:sha384"
	registers rtmr{0:sha384=10,1:sha384=11,2:sha384=12} >golden
	signed verify -q --quote q --expect golden
	assert_success
	assert_line --index 4 'untouched  rtmr3:sha384'
	# Only what is named.
	registers rtmr2:sha384=12 >golden
	signed verify -q --quote q --expect golden rtmr2
	assert_success
	assert_output "$GENUINE"$'\nmatch  rtmr2:sha384'
	signed verify -q --quote q --expect golden --no-log
	assert_success
	assert_output "$GENUINE"$'\nmatch  rtmr2:sha384'
}

@test "on a terminal: the evidence's line is the first, what genuine does not cover the last" {
	quote q
	on_terminal 400 env TERM=dumb "$TSMCTL" --root /nonexistent verify --root-ca root.pem --quote q --expect <(registers rtmr2:sha384=12) rtmr2
	assert_equal "${lines[0]}" "$GENUINE"
	assert_equal "${lines[1]}" 'VERDICT  REGISTER      DETAIL'
	assert_equal "${lines[-1]}" "$TCB"
	on_terminal 400 env TERM=dumb "$TSMCTL" --root /nonexistent read --root-ca root.pem --quote q rtmr2
	assert_equal "${lines[0]}" "$GENUINE"
	assert_equal "${lines[-1]}" "$TCB"
}
