#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq and of bash -c are theirs
# tsmctl replay: what a log makes of a register, with no register at hand.

setup() {
	load common
	common_setup
	V1="$ROOTS/rfc-v1/sys/kernel/tsm/measurement-example"
	TMP=$BATS_TEST_TMPDIR
	cd "$TMP" || return
	ONES=$(printf '1%.0s' {1..64})
}

# replay ARGS...: without any machine.
replay() {
	go "$TSMCTL" --root /nonexistent replay "$@"
}

@test "text: as read prints, registers in their order, whatever that of the logs" {
	for logs in '0 1' '1 0'; do
		replay "$V1/rtmr${logs% *}/event_log" "$V1/rtmr${logs#* }/event_log"
		assert_success
		assert_output "$(filehex "$V1/rtmr0/digest")  rtmr0:sha256
$(filehex "$V1/rtmr1/digest")  rtmr1:sha384"
	done
}

@test "JSON: as read prints, without provider" {
	replay --json "$V1/rtmr0/event_log"
	assert_done
	assert_json --arg value "$(filehex "$V1/rtmr0/digest")" --arg source "$V1/rtmr0/event_log" '. == {
		schema: "tsmctl.read/1", boot_id: null, logs: [{source: $source, format: "rfc-text", guessed: false}],
		registers: [{register: "rtmr0:sha256", provider: null, name: "rtmr0", kind: "runtime",
		hash: "sha256", size: 32, readable: true, writable: false, extensible: false, extend_with: [],
		log: null, abi: null, cc_mr_index: null, path: null, value: $value}]}'
	tsmctl --root "$ROOTS/rfc-v1" read --json rtmr0
	read_keys=$(json '.registers[0] | keys')
	replay --json "$V1/rtmr0/event_log"
	assert_equal "$(json '.registers[0] | keys')" "$read_keys"
}

@test "what it prints is a file for --expect and --values" {
	use_root rfc-v1
	cp "$V1/rtmr0/event_log" rtmr0.log
	cp "$V1/rtmr1/event_log" rtmr1.log
	for form in '' --json; do
		replay $form rtmr0.log rtmr1.log
		assert_success
		echo "$output" >values
		tsmctl verify --expect values
		assert_done
		assert_output "$(printf 'match  measurement-example/%s\n' rtmr0:sha256 rtmr1:sha384)"
		tsmctl verify --values values --input rtmr0.log --input rtmr1.log
		assert_done
		assert_output "$(printf 'match  %s\n' rtmr0:sha256 rtmr1:sha384)"
	done
}

@test "the start that the log states, said unless it is initial" {
	empty_root
	k_begin rtmr5 sha256 "$ONES"
	k_append one
	replay rtmr5/event_log
	assert_success
	assert_output "$KV  rtmr5:sha256"
	assert_equal "$stderr" "tsmctl: 'rtmr5/event_log': starts from a value that it states; what came before is not in it"
	replay -q rtmr5/event_log
	assert_done
	rm -rf rtmr5
	k_begin rtmr5 sha256 "$(hex rtmr5)$(printf '%054d' 0)"
	k_append one
	replay rtmr5/event_log
	assert_done
	assert_output "$KV  rtmr5:sha256"
}

@test "direct lines: those that a SYNC confirms; those at the end are taken as extended, and said" {
	k_begin rtmr2 sha256
	k_append one
	k_direct "$ONES"
	k_append two
	replay rtmr2/event_log
	assert_done
	assert_output "$KV  rtmr2:sha256"
	k_direct "$ONES"
	place=$(grep -b EXTEND rtmr2/event_log | tail -n 1 | cut -d: -f1)
	replay rtmr2/event_log
	assert_success
	assert_output "$KV  rtmr2:sha256"
	assert_equal "$stderr" "tsmctl: 'rtmr2/event_log': offset $place: the direct extends at the end of the log are \
taken as extended; only the register can tell"
}

@test "direct lines that make the search slow: no value" {
	k_begin rtmr2 sha256
	k_append one
	mkdir good
	chmod 600 rtmr2/append_event
	cp -R rtmr2 good/
	{
		printf '\n'
		for _ in {1..5000}; do echo "# .EXTEND $ONES"; done
		printf '\nSYNC sha256/%s\n' "$ONES"
	} >>rtmr2/event_log
	replay rtmr2/event_log
	assert_refused 1 "rtmr2:sha256: search limit reached: which direct extends of 'rtmr2/event_log' took place is unknown"
	# Nor is it known then what it is to another log of the register.
	replay good/rtmr2/event_log rtmr2/event_log
	assert_refused 1 "rtmr2:sha256: search limit reached (4194304 extends): how 'rtmr2/event_log' relates to the logs before it is unknown"
}

@test "lines that claim what did not happen are said" {
	k_begin rtmr2 sha256
	k_append "SYNC sha256/$ONES" "# .EXTEND $ONES" end
	replay rtmr2/event_log
	assert_success
	assert_output "$KV  rtmr2:sha256"
	assert_equal "$stderr" "tsmctl: 'rtmr2/event_log': offset 78: a SYNC or .EXTEND line does not correspond to an extend (2 in all)"
}

@test "an empty log that tells no hash, and one that names none" {
	: >empty.log
	replay empty.log
	assert_refused 5 "'empty.log': no log: it is empty"
	replay empty.log:rfc-text
	assert_refused 3 "'empty.log': no SYNC line says which hash this log is for*"
	printf '# .EXTEND %s\n' "$ONES" >direct.log
	replay direct.log
	assert_refused 3 "'direct.log': no SYNC line says which hash this log is for*"
	# The path may say it.
	cp direct.log rtmr3:sha256.log
	replay rtmr3:sha256.log
	assert_success
	assert_output "$(extended sha256 "$ZERO32" "$ONES")  rtmr3:sha256"
	cp direct.log rtmr3:md5.log
	replay rtmr3:md5.log
	assert_refused 2 "'rtmr3:md5.log': 'rtmr3:md5': unknown hash"
}

@test "the register's name: the folder of an event_log, else the file's up to its last dot" {
	mkdir -p d/rtmr7
	cp "$V1/rtmr0/event_log" d/rtmr7/event_log
	cp "$V1/rtmr0/event_log" d/rtmr8.text.log
	cp "$V1/rtmr0/event_log" d/.hidden
	cp "$V1/rtmr0/event_log" "d/a b"
	replay d/rtmr7/event_log d/rtmr8.text.log d/.hidden 'd/a b'
	assert_success
	# shellcheck disable=SC2001
	assert_equal "$(sed 's/.*  //' <<<"$output")" "$(printf '%s:sha256\n' .hidden 'a\040b' rtmr7 rtmr8.text)"
	replay ./d//rtmr7/event_log:rfc-text
	assert_output --regexp '  rtmr7:sha256$'
}

@test "a log in the current folder takes no name from a dot" {
	cp "$V1/rtmr0/event_log" event_log
	replay ./event_log
	assert_success
	refute_output --regexp '  \.+:sha256$'
}

@test "two logs of one register are not two registers: copies change nothing, others contradict" {
	cp "$V1/rtmr0/event_log" rtmr0.log
	replay rtmr0.log "$V1/rtmr0/event_log"
	assert_done
	assert_output "$(filehex "$V1/rtmr0/digest")  rtmr0:sha256"
	replay rtmr0.log rtmr0.log
	assert_done
	assert_output "$(filehex "$V1/rtmr0/digest")  rtmr0:sha256"
	# A front of it is an older copy.
	mkdir rtmr0
	head -n 2 rtmr0.log >rtmr0/event_log
	for logs in 'rtmr0.log rtmr0/event_log' 'rtmr0/event_log rtmr0.log'; do
		# shellcheck disable=SC2086
		replay $logs
		assert_done
		assert_output "$(filehex "$V1/rtmr0/digest")  rtmr0:sha256"
	done
	rm -r rtmr0
	k_begin rtmr0 sha256
	k_append 'another history'
	replay rtmr0.log rtmr0/event_log
	assert_refused 1 "rtmr0:sha256: the logs contradict each other: 'rtmr0/event_log' starts from another value $(
	)than the logs before it give"
	replay --json rtmr0.log rtmr0/event_log
	assert_failure 1
	assert_json '.registers[0] | .register == "rtmr0:sha256" and .error.status == 1 and (has("value") | not)'
}

@test "a bank that an event has no digest of, and logs that contradict each other, have no value" {
	one=$(textsum sha384 one)
	{
		echo '{"rtmr":2,"digests":[{"hashAlg":"sha384","digest":"'"$one"'"}]}'
		echo '{"rtmr":2,"digests":[{"hashAlg":"sha256","digest":"'"${one:0:64}"'"}]}'
	} >lacks
	replay -q lacks
	assert_failure 1
	assert_output ''
	assert_equal "$stderr" "$(
		printf "tsmctl: rtmr2:%s: event %s of 'lacks' has no digest of this hash\n" sha384 1 sha256 0
	)"
	replay -q --json lacks
	assert_failure 1
	assert_json '[.registers[] | [.register, .error.status, has("value")]] == [["rtmr2:sha256", 1, false], ["rtmr2:sha384", 1, false]] or
		[.registers[] | [.register, .error.status, has("value")]] == [["rtmr2:sha384", 1, false], ["rtmr2:sha256", 1, false]]'
	assert_json '[.registers[] | .error.seq] | sort == [0, 1]'
	# One of a hash that nobody knows.
	echo '{"rtmr":2,"digests":[{"hashAlg":"unknownhash","digest":"00"}]}' >unknown
	replay -q unknown
	assert_refused 1 "rtmr2: event 0 of 'unknown' has no digest of this hash"
	# Another log starts from a value that this one does not give.
	echo '{"rtmr":2,"digests":[{"hashAlg":"sha384","digest":"'"$one"'"}]}' >good
	replay -q good
	assert_done
	assert_output "$(extended sha384 "$ZERO48" "$one")  rtmr2:sha384"
	k_begin rtmr2 sha384
	k_append 'a record'
	for logs in 'good rtmr2/event_log' 'rtmr2/event_log good'; do
		# shellcheck disable=SC2086
		replay -q $logs
		assert_refused 1 "rtmr2:sha384: the logs contradict each other: 'rtmr2/event_log' starts from another value $(
		)than the logs before it give"
	done
	replay rtmr2/event_log
	assert_done
	assert_output "$KV  rtmr2:sha384"
}

@test "a pipe, and standard input" {
	cp "$V1/rtmr0/event_log" rtmr0.log
	run --separate-stderr bash -c 'cat rtmr0.log | "$TSMCTL" replay -'
	assert_success
	assert_output --regexp "^$(filehex "$V1/rtmr0/digest")  .*:sha256$"
}

@test "errors: none given, not there, no log, a cut line; with a document" {
	replay
	assert_refused 2 "replay: LOG\[:FORMAT\]\[@REGISTER\]... is missing; see 'tsmctl replay --help'"
	replay /nonexistent/log
	assert_refused 4 "'/nonexistent/log': no such file or directory"
	echo 'a record' >r.log
	replay r.log
	assert_refused 5 "'r.log': no log of a known format*"
	printf 'SYNC sha256/%s\n\none\ncut' "$ZERO32" >r.log
	replay r.log
	assert_refused 5 "'r.log': offset 82: the last line has no newline: the log is cut"
	replay --json r.log
	assert_error 5 "'r.log': offset 82*"
	assert_json '.schema == "tsmctl.read/1" and [.logs[], .registers[] | .error.status] == [5, 5]'
}

@test "errors: a log that is wrong does not keep the others from being printed" {
	cp "$V1/rtmr0/event_log" rtmr0.log
	printf 'SYNC sha256/%s\n\none\ncut' "$ZERO32" >r.log
	replay --json r.log rtmr0.log
	assert_error 5 "'r.log': offset 82*"
	# The row that could not be had carries its error, and does not keep the others from being printed.
	assert_json '.registers[0] | .register == "r:sha256" and .error.status == 5 and (has("value") | not)'
	assert_json '.registers[1] | .register == "rtmr0:sha256" and has("value") and (has("error") | not)'
	replay r.log rtmr0.log
	assert_error 5 "'r.log': offset 82*"
	assert_output "$(filehex "$V1/rtmr0/digest")  rtmr0:sha256"
}

@test "no machine is looked at" {
	go "$TSMCTL" --root "$ROOT" -vv replay "$V1/rtmr0/event_log"
	assert_success
	[[ $stderr != *sys/kernel* ]]
}
