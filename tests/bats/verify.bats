#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq and of bash -c are theirs
# tsmctl verify: every verdict, live and from files. Forged logs are in hostile.bats.

setup() {
	load common
	common_setup
	EXAMPLE=sys/kernel/tsm/measurement-example
	TSM="$ROOT/sys/kernel/tsm"
	TMP=$BATS_TEST_TMPDIR
}

# What log-ahead may be instead, of a register whose log the kernel keeps.
OLD='or this kernel shows an old value after an append'

# A value that nothing leads to.
odd() { printf "$1%.0s" {1..64}; } # DIGIT: sha256

# one_log [HEX]: the machine p/r:sha256, starting from HEX, with SYNC, one, two, and three in its log.
one_log() {
	empty_root
	k_begin "$TSM/p/r" sha256 "${1:-}"
	k_append one
	k_append two
	k_append three
}

# assert_verdict STATUS VERDICT DETAIL-PATTERN: of the only register p/r:sha256, as text and as JSON.
assert_verdict() {
	local status_wanted=$1 verdict=$2 pattern=$3
	shift 3
	tsmctl verify "$@"
	assert_equal "$stderr" ''
	assert_equal "$status" "$status_wanted"
	# shellcheck disable=SC2053 # a pattern, unquoted
	if [ -n "$pattern" ]; then
		[[ $output == $verdict\ \ p/r:sha256\ \ \($pattern\) ]] || fail "$output"
	else
		assert_output "$verdict  p/r:sha256"
	fi
	tsmctl verify --json "$@"
	assert_equal "$stderr" ''
	assert_equal "$status" "$status_wanted"
	local said detail
	said=$(json '"\(.verdict) \([.registers[] | .register, .verdict]) \(.registers[0].detail // "")"')
	detail=${said##*\] }
	assert_equal "${said%"$detail"}" "$verdict [\"p/r:sha256\",\"$verdict\"] "
	# shellcheck disable=SC2053
	[[ $detail == $pattern ]] || fail "detail: $output"
}

@test "live: text and JSON, member for member" {
	use_root rfc-v1
	tsmctl verify
	assert_done
	assert_output "$(printf 'match  measurement-example/%s\n' rtmr0:sha256 rtmr1:sha384)"
	tsmctl verify --json
	assert_done
	assert_json --arg rtmr0 "$(filehex "$ROOT/$EXAMPLE/rtmr0/digest")" \
		--arg rtmr1 "$(filehex "$ROOT/$EXAMPLE/rtmr1/digest")" \
		'. == {schema: "tsmctl.verify/1", verdict: "match", evidence: null, logs: [range(2) | {source: "kernel",
			format: "rfc-text", guessed: false}], registers: [
		{register: "measurement-example/rtmr0:sha256", value: $rtmr0, expected: null, replayed: $rtmr0,
			verdict: "match", records: 4, matched_records: 4, sources: ["kernel"], detail: null,
			unextended: [], diagnosis: null},
		{register: "measurement-example/rtmr1:sha384", value: $rtmr1, expected: null, replayed: $rtmr1,
			verdict: "match", records: 5, matched_records: 5, sources: ["kernel"], detail: null,
			unextended: [], diagnosis: null}]}'
}

# The verdicts

@test "match: from zeros, and from the register's own name" {
	one_log
	assert_verdict 0 match ''
	one_log "$(hex r)$(printf '%062d' 0)"
	assert_verdict 0 match ''
	assert_json '.registers[0] | .records == 4 and .matched_records == 4'
	# A start that is neither is not known to be initial.
	one_log "$(hex rr)$(printf '%060d' 0)"
	assert_verdict 1 partial '*'
	one_log "$(hex p)$(printf '%062d' 0)"
	assert_verdict 1 partial '*'
}

@test "untouched: zeros or its own name, with an empty log, or one that says nothing" {
	empty_root
	runtime_mr "$TSM/p/r" sha256
	assert_verdict 0 untouched ''
	assert_json '.registers[0] | .records == 0 and .matched_records == 0'
	set_text "$TSM/p/r/event_log" '# a comment\n'
	assert_verdict 0 untouched ''
	rm -rf "$TSM/p/r"
	runtime_mr "$TSM/p/r" sha256 "$(hex r)$(printf '%062d' 0)"
	assert_verdict 0 untouched ''
}

@test "match: lines that claimed what did not happen are named" {
	empty_root
	k_begin "$TSM/p/r" sha256
	k_append "SYNC sha256/$(odd 5)" "# .EXTEND $(odd 6)"
	assert_verdict 0 match '2 SYNC or .EXTEND lines do not correspond to an extend; the first is at offset 78'
	assert_json '.registers[0].skipped_lines == {source: "kernel", offset: 78, lines: 2}'
	empty_root
	runtime_mr "$TSM/p/r" sha256
	set_text "$TSM/p/r/event_log" "# .EXTEND $(odd 1)\n"
	assert_verdict 0 untouched '1 SYNC or .EXTEND line does not correspond to an extend; the first is at offset 0'
}

@test "match: direct writes of which some failed" {
	empty_root
	k_begin "$TSM/p/r" sha256
	k_failed "$(odd 1)"
	k_direct "$(odd 2)"
	k_failed "$(odd 3)"
	k_append one
	k_direct "$(odd 4)"
	k_failed "$(odd 5)"
	assert_verdict 0 match '3 SYNC or .EXTEND lines do not correspond to an extend; the first is at offset 0'
	assert_json '.registers[0] | .records == 4 and .matched_records == 4'
}

@test "partial: reproduced from a start that only the log gives" {
	one_log "$(odd 9)"
	assert_verdict 1 partial 'it starts from a value that the log states and that is not initial; what came before is in none of these logs'
	assert_json '.registers[0] | .value == .replayed and .records == 4 and .matched_records == 4'
}

@test "mismatch: a record changed, and no later SYNC: no place is known" {
	one_log
	sed -i 's/^two$/tw0/' "$K/event_log"
	assert_verdict 1 mismatch 'the logs do not reproduce this value, and no single change that was tried does'
	assert_json '.registers[0] | .value != .replayed and .records == 4'
	assert_json --arg v "$(recorded sha256 "$ZERO32" "SYNC sha256/$ZERO32" one tw0 three)" \
		'.registers[0].replayed == $v'
}

@test "mismatch: a record changed before a SYNC: that line is the place" {
	one_log
	k_direct "$(odd 2)"
	k_append four
	sed -i 's/^two$/tw0/' "$K/event_log"
	place=$(grep -bn SYNC "$K/event_log" | tail -n 1 | cut -d: -f2)
	assert_verdict 1 mismatch "offset $place: *SYNC*"
	assert_json --argjson place "$place" '.registers[0].line == {source: "kernel", offset: $place}'
	[ "$place" -gt 78 ]
}

@test "mismatch: an extend that the log does not hold" {
	one_log
	k_direct "$(odd 2)"
	k_append four
	sed -i '/EXTEND/d' "$K/event_log"
	place=$(grep -b SYNC "$K/event_log" | tail -n 1 | cut -d: -f1)
	assert_verdict 1 mismatch "offset $place: an extend before this SYNC line is not in the log; from here*"
	assert_json '.registers[0] | .matched_records == 2 and .matched_records < .records'
}

@test "mismatch: two records swapped, one added, one removed, all of it" {
	one_log
	cp "$K/event_log" "$TMP/log"
	sed -i 's/^one$/x/; s/^two$/one/; s/^x$/two/' "$K/event_log"
	assert_verdict 1 mismatch "event 1 of 'kernel' was extended after event 2, which follows it in the log"
	assert_json '.registers[0].diagnosis == {kind: "swapped", source: "kernel", seq: 1, type: "record", name: "two",
		other: {source: "kernel", seq: 2, type: "record", name: "one"}}'
	sed '/^three$/i four' "$TMP/log" >"$K/event_log"
	assert_verdict 1 mismatch "event 3 of 'kernel' was logged but not extended: without it the log gives this value"
	assert_json '.registers[0].diagnosis == {kind: "extra", source: "kernel", seq: 3, type: "record", name: "four"}'
	sed '/^two$/d' "$TMP/log" >"$K/event_log"
	assert_verdict 1 mismatch 'the logs do not reproduce this value, and no single change that was tried does'
	assert_json '.registers[0].diagnosis == null'
	sed 's/^two$/# two/' "$TMP/log" >"$K/event_log"
	assert_verdict 1 mismatch 'the logs do not reproduce this value, and no single change that was tried does'
	# The last record gone: not the value that the log gives.
	head -n -2 "$TMP/log" >"$K/event_log"
	assert_verdict 1 mismatch 'the logs do not reproduce this value, and no single change that was tried does'
	: >"$K/event_log"
	assert_verdict 1 unlogged 'changed, and no log has an event of it'
	printf '# nothing to see here\n' >"$K/event_log"
	assert_verdict 1 unlogged 'changed, and no log has an event of it'
}

@test "mismatch: a record extended one time more than it is logged" {
	one_log
	set_bytes "$K/digest" "$(recorded sha256 "$ZERO32" "SYNC sha256/$ZERO32" one two two three)"
	assert_verdict 1 mismatch "event 2 of 'kernel' was extended one time more than the log shows"
	assert_json '.registers[0].diagnosis == {kind: "repeated", source: "kernel", seq: 2, type: "record", name: "two"}'
}

@test "mismatch: that no single change gives the value is said only where all were tried" {
	one_log
	for ((i = 0; i < 8200; i++)); do echo "$i"; done >>"$K/event_log"
	set_bytes "$K/digest" "$(odd 7)"
	assert_verdict 1 mismatch 'the logs do not reproduce this value'
}

@test "log-ahead: the last records were logged and not extended" {
	one_log
	v=$(recorded sha256 "$ZERO32" "SYNC sha256/$ZERO32" one)
	set_bytes "$K/digest" "$v"
	assert_verdict 1 log-ahead "the last 2 events of 'kernel', from event 2 on, were logged but not extended; $OLD"
	assert_json '.registers[0] | .records == 4 and .matched_records == 2 and
		[.unextended[] | del(.type, .name)] == [{source: "kernel", seq: 2}, {source: "kernel", seq: 3}]'
	set_bytes "$K/digest" "$ZERO32"
	assert_verdict 1 log-ahead \
		"it has its initial value: none of the 4 events was extended, or the logs are of another boot or machine; $OLD"
	assert_json '.registers[0] | .records == 4 and .matched_records == 0 and
		[.unextended[] | del(.type, .name)] == [range(4) | {source: "kernel", seq: .}]'
}

@test "log-ahead: after direct extends, and of a long log" {
	empty_root
	k_begin "$TSM/p/r" sha256
	k_append one
	k_direct "$(odd 4)"
	printf '\nforged\n# .EXTEND %s\nforged too\n' "$(odd 5)" >>"$K/event_log"
	assert_verdict 1 log-ahead "the last 2 events of 'kernel', from event 3 on, were logged but not extended; $OLD"
	assert_json '.registers[0] | .matched_records == 3 and [.unextended[] | del(.type, .name)] == [{source: "kernel", seq: 3}, {source: "kernel", seq: 5}]'
	one_log
	local i
	for ((i = 4; i < 9000; i++)); do echo "$i"; done >>"$K/event_log"
	assert_verdict 1 log-ahead "the last 8996 events of 'kernel', from event 4 on, were logged but not extended; $OLD"
	# The program's word for the value that it came to.
	set_bytes "$K/digest" "$(json '.registers[0].replayed')"
	assert_verdict 0 match ''
	echo last >>"$K/event_log"
	assert_verdict 1 log-ahead "the last event of 'kernel', event 9000, was logged but not extended; $OLD"
	assert_json '[.registers[0].unextended[] | del(.type, .name)] == [{source: "kernel", seq: 9000}]'
}

@test "unlogged: changed, and nobody keeps a log" {
	use_root rfc-v3
	tsmctl verify --json
	assert_failure 1
	assert_json '.verdict == "unlogged" and ([.registers[] | .verdict, .sources[]] | unique == ["unlogged"]) and
		all(.registers[]; .replayed == null and .records == 0)'
	set_bytes "$TSM/banks/rtmr0/sha256/digest" "$ZERO32"
	tsmctl verify
	assert_failure 1
	assert_line --index 0 'untouched  banks/rtmr0:sha256'
	assert_line --index 1 --regexp '^unlogged  banks/rtmr1:sha384  \(changed, and no log of it is kept here\)$'
}

@test "unsupported: a hash that is not known here" {
	use_root rfc-v3
	mv "$TSM/banks/rtmr1/sha384" "$TSM/banks/rtmr1/whirlpool"
	tsmctl verify rtmr1
	assert_failure 1
	assert_output --regexp '^unsupported  banks/rtmr1:whirlpool'
	tsmctl verify --json rtmr1:whirlpool
	assert_failure 1
	assert_json '.verdict == "unsupported" and .registers[0].value == "'"$(filehex "$TSM/banks/rtmr1/whirlpool/digest")"'"'
	tsmctl read rtmr1
	assert_done
}

@test "unsupported: the detail says why" {
	use_root rfc-v3
	mv "$TSM/banks/rtmr1/sha384" "$TSM/banks/rtmr1/whirlpool"
	tsmctl verify rtmr1
	assert_output --regexp '^unsupported  banks/rtmr1:whirlpool  \(.*whirlpool.*\)$'
}

@test "undecided: a log made to be slow" {
	empty_root
	runtime_mr "$TSM/p/r" sha256 "$(odd 7)"
	yes "# .EXTEND $(odd 1)" | head -n 8193 >"$TMP/log"
	rm -f "$TSM/p/r/event_log" && cp "$TMP/log" "$TSM/p/r/event_log"
	assert_verdict 1 undecided "offset 0: failed extends are not searched for among more than 8192 direct extends in a row: result unknown"
	# Among fewer lines the search comes to its limit, and then to an end: nothing reproduces it.
	sed -i 8000q "$TSM/p/r/event_log"
	assert_verdict 1 undecided 'search limit reached (2097152 extends): result unknown'
	sed -i 100q "$TSM/p/r/event_log"
	assert_verdict 1 mismatch 'the logs do not reproduce this value*'
}

@test "unchecked: a log that this user may not read: status 4" {
	use_root rfc-v1
	chmod 400 "$ROOT/$EXAMPLE/rtmr0/event_log"
	[ "$(id -u)" = 0 ] || chmod 000 "$ROOT/$EXAMPLE/rtmr0/event_log"
	nobody verify
	assert_error 4 "*rtmr0/event_log': permission denied"
	assert_line --index 0 --regexp "^unchecked  measurement-example/rtmr0:sha256  \(.*permission denied\)$"
	assert_line --index 1 'match  measurement-example/rtmr1:sha384'
	nobody verify --json rtmr0
	assert_failure 4
	assert_json '.verdict == "unchecked" and .registers[0].verdict == "unchecked" and
		(.registers[0].detail | test("permission denied"))'
	# It does not hide what is wrong elsewhere.
	chmod 644 "$ROOT/$EXAMPLE/rtmr1/event_log"
	sed -i 's/hello/hallo/' "$ROOT/$EXAMPLE/rtmr1/event_log"
	nobody verify --json
	assert_failure 1
	assert_json '.verdict == "mismatch"'
}

@test "a register that cannot be read, a log that is malformed: a row with its error" {
	use_root rfc-v1
	set_text "$ROOT/$EXAMPLE/rtmr0/event_log" 'SYNC sha256/00\ncut'
	tsmctl verify
	assert_error 5 "'measurement-example/rtmr0:sha256': offset 15: the last line has no newline: the log is cut"
	assert_line --index 0 --regexp '^error  measurement-example/rtmr0:sha256  \(.*offset 15.*\)$'
	assert_line --index 1 'match  measurement-example/rtmr1:sha384'
	tsmctl verify --json
	assert_failure 5
	assert_json '.verdict == null and .registers[0].verdict == null and .registers[0].error.status == 5 and
		.registers[1].verdict == "match" and (.registers[1] | has("error") | not)'
	# From files the same; beside a second log of the register, too.
	local cut="$ROOT/$EXAMPLE/rtmr0/event_log"
	printf 'one\n' >"$TMP/rtmr0.log"
	for second in "$ROOT/$EXAMPLE/rtmr1/event_log" "$TMP/rtmr0.log:rfc-text"; do
		tsmctl verify --input "$cut:rfc-text" --input "$ROOT/$EXAMPLE/rtmr1/event_log" --input "$second"
		assert_error 5 "'$cut': offset 15: the last line has no newline: the log is cut"
		assert_output "$(printf '%s\n' \
			"error  measurement-example/rtmr0:sha256  ('$cut': offset 15: the last line has no newline: the log is cut)" \
			'match  measurement-example/rtmr1:sha384')"
	done
	rm -f "$ROOT/$EXAMPLE/rtmr1/hash_algo"
	tsmctl verify rtmr1
	assert_error 5 '*rtmr1/hash_algo*'
	assert_output --regexp '^error  measurement-example/rtmr1  '
	chmod 200 "$ROOT/$EXAMPLE/rtmr0/digest"
	tsmctl verify rtmr0
	assert_error 3 "*rtmr0:sha256' cannot be read on this kernel"
	# Definitely wrong is worse.
	use_root rfc-v1
	set_text "$ROOT/$EXAMPLE/rtmr0/event_log" cut
	set_bytes "$ROOT/$EXAMPLE/rtmr1/digest" "$ZERO48"
	tsmctl verify
	assert_failure 1
	tsmctl verify --json
	assert_json '.verdict == "mismatch" or .verdict == "log-ahead"'
}

@test "the worst row is the verdict of all" {
	empty_root
	k_begin "$TSM/p/a" sha256
	k_append x
	runtime_mr "$TSM/p/b" sha256
	k_begin "$TSM/p/c" sha256 "$(odd 9)"
	k_append x
	k_begin "$TSM/p/d" sha256
	k_append x
	set_bytes "$K/digest" "$ZERO32"
	tsmctl verify --json p/a p/b
	assert_success
	assert_json '.verdict == "untouched"'
	tsmctl verify --json p/a p/b p/c
	assert_failure 1
	assert_json '.verdict == "partial"'
	tsmctl verify --json
	assert_failure 1
	assert_json '.verdict == "log-ahead" and ([.registers[].verdict] == ["match", "untouched", "partial", "log-ahead"])'
	set_bytes "$TSM/p/a/digest" "$(odd 1)"
	tsmctl verify --json
	assert_json '.verdict == "mismatch"'
}

@test "a static register has no log: named is status 2, under a pattern it is skipped" {
	use_root rfc-v1
	tsmctl verify user_data
	assert_refused 2 "'measurement-example/user_data' is static*--expect*"
	tsmctl verify rtmr0 user_data
	assert_refused 2 "'measurement-example/user_data' is static*"
	tsmctl verify 'user*'
	assert_refused 3 'nothing to verify: no runtime register*'
	tsmctl verify '*_data' '*0'
	assert_done
	assert_output 'match  measurement-example/rtmr0:sha256'
	tsmctl verify --json 'user*'
	assert_error 3 '*'
	assert_json '.schema == "tsmctl.verify/1" and .registers == [] and .error.status == 3'
}

@test "a machine with nothing to compare is never status 0" {
	empty_root
	mkdir -p "$TSM/bare"
	tsmctl verify
	assert_refused 3 'nothing to verify: *'
	static_mr "$TSM/bare/mrtd" 444 x
	tsmctl verify
	assert_refused 3 'nothing to verify: *'
}

# --expect

expect() { printf '%s\n' "$@" >"$TMP/expect"; }

@test "--expect: equal, different, static and runtime" {
	one_log
	static_mr "$TSM/p/s" 444 abc
	expect "$KV  p/r:sha256" '616263  p/s'
	tsmctl verify --expect "$TMP/expect"
	assert_done
	assert_output "$(printf 'match  %s\n' p/r:sha256 p/s)"
	tsmctl verify --expect "$TMP/expect" --json
	assert_done
	assert_json '.verdict == "match" and .registers[1] == {register: "p/s", value: "616263", expected: "616263",
		replayed: null, verdict: "match", records: 0, matched_records: 0, sources: [], detail: null,
		unextended: [], diagnosis: null}'
	expect "$(odd 1)  p/r:sha256" '616264  p/s'
	tsmctl verify --expect "$TMP/expect"
	assert_failure 1
	assert_equal "$stderr" ''
	assert_output "$(printf 'unexpected  %s\n' 'p/r:sha256  (expected 11111111111111111111111111111111...)' \
		'p/s  (expected 616264)')"
	expect "$KV  p/r:sha256" '6162  p/s'
	tsmctl verify --expect "$TMP/expect" p/s
	assert_failure 1
	assert_output 'unexpected  p/s  (expected 6162)'
}

@test "--expect: upper case and blank lines are the same; what is not expected gets the log check alone" {
	one_log
	runtime_mr "$TSM/p/t" sha256
	static_mr "$TSM/p/s" 444 abc
	expect "${KV^^} p/r:sha256   " '' ''
	tsmctl verify --expect "$TMP/expect"
	assert_done
	assert_output "$(printf 'match  p/r:sha256\nuntouched  p/t:sha256')"
	tsmctl verify --expect "$TMP/expect" p/t
	assert_done
	assert_output 'untouched  p/t:sha256'
	tsmctl verify --expect "$TMP/expect" p/s
	assert_refused 3 'nothing to verify*'
}

@test "--expect does not make a log right that is wrong" {
	one_log
	sed -i 's/^two$/tw0/' "$K/event_log"
	expect "$KV  r"
	assert_verdict 1 mismatch '*' --expect "$TMP/expect"
	expect "$(odd 3)  r"
	assert_verdict 1 mismatch '*' --expect "$TMP/expect"
	one_log "$(odd 9)"
	expect "$KV  r"
	assert_verdict 1 partial '*' --expect "$TMP/expect"
	expect "$(odd 3)  r"
	assert_verdict 1 unexpected 'expected 3333*' --expect "$TMP/expect"
}

@test "--expect: expected and not here" {
	one_log
	expect "$KV  p/r:sha256" "$ZERO48  p/gone:sha384"
	tsmctl verify --expect "$TMP/expect"
	assert_failure 1
	assert_output "$(printf 'match  p/r:sha256\nunexpected  p/gone:sha384  (expected, but not here)')"
	tsmctl verify --json --expect "$TMP/expect"
	assert_failure 1
	assert_json --arg zero "$ZERO48" '.verdict == "unexpected" and .registers[1] == {register: "p/gone:sha384",
		value: null, expected: $zero, replayed: null, verdict: "unexpected", records: 0, matched_records: 0,
		sources: [], detail: "expected, but not here", unextended: [], diagnosis: null}'
	# The operator asked about others.
	tsmctl verify --expect "$TMP/expect" p/r
	assert_done
	# One that cannot be read is here all the same.
	expect "$KV  p/r:sha256" "00  p/x"
	static_mr "$TSM/p/x" 200 a
	tsmctl verify --expect "$TMP/expect"
	assert_error 3 "'p/x' cannot be read on this kernel"
	assert_line --index 1 --regexp '^error  p/x  '
}

@test "--expect: a name without provider or hash matches if it is unique" {
	one_log
	runtime_mr "$TSM/q/s" sha256
	runtime_mr "$TSM/p/s" sha384
	for name in r p/r r:sha256 p/r:sha256; do
		expect "$KV  $name"
		tsmctl verify --expect "$TMP/expect" p/r
		assert_done
		expect "$(odd 1)  $name"
		tsmctl verify --expect "$TMP/expect" p/r
		assert_failure 1
		assert_output --partial 'unexpected  p/r:sha256'
	done
	expect "$ZERO32  s:sha256"
	tsmctl verify --expect "$TMP/expect"
	assert_done
	expect "$ZERO32  s"
	tsmctl verify --expect "$TMP/expect"
	assert_failure 1
	assert_line --regexp '^unexpected  s  \(several registers here have this name\)$'
	# Another provider, another hash, part of a name: not here.
	for name in other/r r:sha384 x/p/r p r0; do
		expect "$( [ "$name" = r:sha384 ] && echo "$ZERO48" || echo "$KV")  $name"
		tsmctl verify --expect "$TMP/expect"
		assert_failure 1
		assert_line --regexp "^unexpected  $name  \(expected, but not here\)$"
	done
}

@test "--expect: twice is status 5, under two names too" {
	one_log
	expect "$KV  p/r:sha256" "$KV  p/r:sha256"
	tsmctl verify --expect "$TMP/expect"
	assert_refused 5 "'$TMP/expect': line 2: 'p/r:sha256' appears twice"
	expect "$KV  p/r:sha256" "$KV  r"
	tsmctl verify --expect "$TMP/expect"
	assert_refused 5 "*'p/r:sha256' appears twice, under two names"
	tsmctl read --json
	tsmctl verify --expect <(jq -c '.registers += .registers' <<<"$output")
	assert_refused 5 "*registers\[1\]: 'p/r:sha256' appears twice"
}

@test "--no-log: the values alone" {
	one_log
	static_mr "$TSM/p/s" 444 abc
	set_text "$K/event_log" 'not even a log'
	expect "$KV  p/r:sha256"
	tsmctl verify --no-log --expect "$TMP/expect"
	assert_done
	assert_output 'match  p/r:sha256'
	tsmctl verify --no-log --expect "$TMP/expect" --json
	assert_json '.registers == [{register: "p/r:sha256", value: "'"$KV"'", expected: "'"$KV"'", replayed: null,
		verdict: "match", records: 0, matched_records: 0, sources: [], detail: null, unextended: [],
		diagnosis: null}]'
	expect "$(odd 1)  p/r:sha256"
	tsmctl verify --no-log --expect "$TMP/expect"
	assert_failure 1
	assert_output 'unexpected  p/r:sha256  (expected 11111111111111111111111111111111...)'
	tsmctl verify --no-log --expect "$TMP/expect" p/s
	assert_refused 3 'nothing to verify: --expect has none of these registers'
	tsmctl verify --no-log
	assert_refused 2 '--no-log leaves nothing to check without --expect'
	tsmctl verify --no-log --expect "$TMP/expect" --input "$K/event_log"
	assert_refused 2 '--no-log and --input cannot be combined'
}

@test "--expect and --values of 4,000 registers" {
	local i
	for ((i = 0; i < 4000; i++)); do echo "$ZERO32  p/r$i:sha256"; done >"$TMP/expect"
	tsmctl verify --values "$TMP/expect" --expect "$TMP/expect" --no-log
	assert_done
	[ "${#lines[@]}" = 4000 ]
	assert_line --index 3999 'match  p/r3999:sha256'
}

# --initial

@test "--initial: a trusted start, text and JSON, makes a partial log a match" {
	one_log "$(odd 9)"
	printf '%s  %s\n' "$(odd 9)" p/r:sha256 >"$TMP/initial"
	assert_verdict 0 match '' --initial "$TMP/initial"
	printf '%s  r\n' "$(odd 9)" >"$TMP/initial"
	assert_verdict 0 match '' --initial "$TMP/initial"
	printf '{"schema":"tsmctl.read/1","registers":[{"register":"r:sha256","value":"%s"}]}' "$(odd 9)" >"$TMP/initial"
	assert_verdict 0 match '' --initial "$TMP/initial"
}

@test "--initial: another start than the log's, or for another register" {
	one_log "$(odd 9)"
	printf '%s  p/r:sha256\n' "$(odd 8)" >"$TMP/initial"
	tsmctl verify --initial "$TMP/initial"
	assert_failure 1
	refute_line --regexp '^match'
	# Trust that names nothing here is a mistake, and not left out.
	printf '%s  p/other:sha256\n' "$(odd 9)" >"$TMP/initial"
	tsmctl verify --initial "$TMP/initial"
	assert_refused 5 "--initial: 'p/other:sha256' names no register here"
	printf '%s  r\n' "${ZERO32}00" >"$TMP/initial"
	tsmctl verify --initial "$TMP/initial"
	assert_refused 5 "--initial: 'r' has 33 bytes, and the register 32"
	# It takes the place of zeros: a log from zeros is not trusted then.
	one_log
	printf '%s  p/r:sha256\n' "$(odd 9)" >"$TMP/initial"
	tsmctl verify --initial "$TMP/initial"
	assert_failure 1
	refute_line --regexp '^match'
}

@test "--initial: what 'read' prints, static registers included, which have no start" {
	use_root rfc-v1
	set_text "$TSM/measurement-example/rtmr1/event_log" ''
	for json in '' --json; do
		tsmctl read $json
		assert_success
		echo "$output" >"$TMP/initial"
		tsmctl verify rtmr1 --initial "$TMP/initial"
		assert_done
		assert_output 'untouched  measurement-example/rtmr1:sha384'
	done
	echo '00  user_data' >"$TMP/initial"
	tsmctl verify rtmr1 --initial "$TMP/initial"
	assert_refused 5 "--initial: 'user_data' has 1 bytes, and the register 64"
}

@test "--initial: a register that still holds its trusted start is untouched" {
	empty_root
	runtime_mr "$TSM/p/r" sha256 "$(odd 9)"
	assert_verdict 1 unlogged '*'
	printf '%s  p/r:sha256\n' "$(odd 9)" >"$TMP/initial"
	assert_verdict 0 untouched '' --initial "$TMP/initial"
}

@test "--initial: it holds for a register without a log, too" {
	empty_root
	runtime_mr "$TSM/p/rtmr" sha256 "$(odd 9)"
	rm -f "$TSM/p/rtmr/event_log" "$TSM/p/rtmr/append_event"
	chmod 644 "$TSM/p/rtmr/digest"
	printf '%s  p/rtmr:sha256\n' "$(odd 9)" >"$TMP/initial"
	tsmctl verify --initial "$TMP/initial"
	assert_done
	assert_output 'untouched  p/rtmr:sha256'
	set_bytes "$TSM/p/rtmr/digest" "$ZERO32"
	tsmctl verify --initial "$TMP/initial"
	assert_failure 1
	assert_output --regexp '^unlogged  p/rtmr:sha256  '
}

# Files

@test "files of values: what is wrong with them, with the line" {
	one_log
	check() { # PATTERN TEXT (backslash escapes)
		printf '%b' "$2" >"$TMP/f"
		tsmctl verify --expect "$TMP/f"
		assert_refused 5 "'$TMP/f': $1"
	}
	check 'no register in it' ''
	check 'no register in it' '\n\n'
	check 'no register in it' '{"schema":"tsmctl.read/1","registers":[]}'
	check "line 1: not 'HEX  REGISTER'" 'nonsense\n'
	check "line 2: not 'HEX  REGISTER'" "00  a\n00\n"
	check "line 2: not 'HEX  REGISTER'" "00  a\n  b\n"
	check 'line 1: the value is not hex' '0g  a\n'
	check 'line 1: the value is not hex' '000  a\n'
	check 'line 1: a value of 1 hex digits' '0  a\n'
	check "line 1: 'a:sha256': 1 bytes, but sha256 has 32" '00  a:sha256\n'
	check "line 3: 'a' appears twice" '00  a\n\n00  a\n'
	check "line 1: '*' is not a register name" '00  a b\n'
	check "line 1: '*' is not a register name" '00  caf\xc3\xa9\n'
	check "line 1: '*' is not a register name" '00  a\x1b[31m\n'
	check "line 1: '*' is not a register name" '00  a\\057b\n'
	check 'line 1: a register name of *' "00  $(printf 'x%.0s' {1..5000})\n"
	check 'the schema is not tsmctl.read/1' '{}'
	check 'the schema is not tsmctl.read/1' '{"schema":"tsmctl.list/1","registers":[]}'
	check 'the schema is not tsmctl.read/1' '{"schema":1,"registers":[]}'
	check "no array 'registers'" '{"schema":"tsmctl.read/1"}'
	check "no array 'registers'" '{"schema":"tsmctl.read/1","registers":{}}'
	check 'registers\[0\]: not an object' '{"schema":"tsmctl.read/1","registers":[1]}'
	check "registers\[1\]: no string 'register' or 'value'" \
		'{"schema":"tsmctl.read/1","registers":[{"register":"a","value":"00"},{"register":"b"}]}'
	check "registers\[0\]: no string 'register' or 'value'" '{"schema":"tsmctl.read/1","registers":[{"value":"00"}]}'
	check 'registers\[0\]: the value is not hex' '{"schema":"tsmctl.read/1","registers":[{"register":"a","value":"xy"}]}'
	check "not the JSON of 'tsmctl read': byte *: not JSON: *" '{"schema":"tsmctl.read/1",}'
	check "not the JSON of 'tsmctl read': byte *: not JSON: *" '{'
	check "not the JSON of 'tsmctl read': byte *: not JSON: *" '{"schema":"tsmctl.read/1","registers":[{"register":"a","value":"00"}]} x'
	check "not the JSON of 'tsmctl read': byte 11: not UTF-8" '{"schema":"\xff"}'
	check "not the JSON of 'tsmctl read': byte *: not JSON: it is cut" '{"schema":'
	tsmctl verify --initial "$TMP/f"
	assert_refused 5 "'$TMP/f': not the JSON of 'tsmctl read': byte *: not JSON: *"
	tsmctl verify --values "$TMP/f" --expect "$TMP/f"
	assert_refused 5 "'$TMP/f': not the JSON of 'tsmctl read': byte *: not JSON: *"
	check "not the JSON of 'tsmctl read': byte *: not JSON: *" "$(printf '{"a":%.0s' {1..100})1$(printf '}%.0s' {1..100})"
}

@test "files of values: as read prints them, an error in a JSON row is no value" {
	one_log
	static_mr "$TSM/p/w" 200 a
	tsmctl read --json
	assert_equal "$status" 3
	cp "$OUT" "$TMP/values"
	# Not readable then, nor now.
	tsmctl verify --expect "$TMP/values"
	assert_error 3 "'p/w' cannot be read on this kernel"
	assert_output "$(printf '%s\n' 'match  p/r:sha256' "error  p/w  ('p/w' cannot be read on this kernel)")"
	tsmctl verify --expect "$TMP/values" p/r
	assert_done
	assert_output 'match  p/r:sha256'
	# Readable now.
	chmod 444 "$TSM/p/w"
	tsmctl verify --expect "$TMP/values"
	assert_failure 1
	assert_equal "$stderr" ''
	assert_output "$(printf '%s\n' 'match  p/r:sha256' \
		'unexpected  p/w  (its value could not be read when the expected values were written)')"
	tsmctl verify --json --expect "$TMP/values"
	assert_failure 1
	assert_json '.verdict == "unexpected" and (.registers[1] | .verdict == "unexpected" and .expected == null)'
}

@test "files of values: not there, a folder, too long" {
	one_log
	local option
	head -c 5000000 /dev/zero | tr '\0' '\n' >"$TMP/long"
	for option in --expect --initial; do
		tsmctl verify "$option" /nonexistent
		assert_refused 4 "'/nonexistent': no such file or directory"
		tsmctl verify "$option" "$TMP"
		assert_refused 4 "'$TMP': is a directory"
		tsmctl verify "$option" "$TMP/long"
		assert_refused 5 "'$TMP/long': longer than * bytes"
	done
	tsmctl verify --values /nonexistent --expect /nonexistent
	assert_refused 4 "'/nonexistent': no such file or directory"
}

@test "--expect from standard input" {
	one_log
	run --separate-stderr bash -c 'echo "$1  r" | "$TSMCTL" --root "$ROOT" verify --expect -' - "$KV"
	assert_done
	assert_output 'match  p/r:sha256'
}

# --values: no machine

@test "--values with --input: a log against a value, far away from the machine" {
	use_root rfc-v1
	"$TSMCTL" --root "$ROOT" read >"$TMP/values"
	"$TSMCTL" --root "$ROOT" read --json >"$TMP/values.json"
	cp "$ROOT/$EXAMPLE/rtmr0/event_log" "$TMP/rtmr0.log"
	cp "$ROOT/$EXAMPLE/rtmr1/event_log" "$TMP/rtmr1.log"
	rm -rf "$ROOT"
	for values in values values.json; do
		tsmctl verify --values "$TMP/$values" --input "$TMP/rtmr1.log" --input "$TMP/rtmr0.log"
		assert_done
		assert_output "$(printf 'match  measurement-example/%s\n' rtmr0:sha256 rtmr1:sha384)"
	done
	tsmctl verify --json --values "$TMP/values" --input "$TMP/rtmr1.log" rtmr1
	assert_done
	assert_json --arg log "$TMP/rtmr1.log" '[.registers[] | {register, verdict, sources}] ==
		[{register: "measurement-example/rtmr1:sha384", verdict: "match", sources: [$log]}]'
	# With no operand all registers of the values are judged; no log here has an event of the other one.
	tsmctl verify --json --values "$TMP/values" --input "$TMP/rtmr1.log"
	assert_failure 1
	assert_equal "$stderr" ''
	assert_json --arg log "$TMP/rtmr1.log" '[.registers[] | {register, verdict, sources}] ==
		[{register: "measurement-example/rtmr0:sha256", verdict: "unlogged", sources: []},
		 {register: "measurement-example/rtmr1:sha384", verdict: "match", sources: [$log]}]'
	sed -i 's/hello/hallo/' "$TMP/rtmr1.log"
	tsmctl verify --values "$TMP/values" --input "$TMP/rtmr1.log" rtmr1
	assert_failure 1
	assert_output --regexp '^mismatch  measurement-example/rtmr1:sha384'
}

@test "--values with --expect: two files compared" {
	use_root rfc-v1
	"$TSMCTL" --root "$ROOT" read >"$TMP/values"
	rm -rf "$ROOT"
	tsmctl verify --values "$TMP/values" --expect "$TMP/values" --no-log
	assert_done
	assert_equal "$(grep -c '^match' <<<"$output")" 7
	sed 's/^535441/535442/' "$TMP/values" >"$TMP/expect"
	tsmctl verify --values "$TMP/values" --expect "$TMP/expect" --no-log
	assert_failure 1
	assert_equal "$(grep -c '^unexpected' <<<"$output")" 2
}

@test "--values alone has nothing to be checked against" {
	printf '00  a\n' >"$TMP/values"
	tsmctl verify --values "$TMP/values"
	assert_refused 2 '--values needs --input or --expect to be checked against'
}

@test "--values: a register of its log's hash, named without it" {
	empty_root
	k_begin "$TSM/p/r" sha256
	k_append one
	printf '%s  r\n' "$KV" >"$TMP/values"
	cp "$K/event_log" "$TMP/r.log"
	tsmctl verify --values "$TMP/values" --input "$TMP/r.log"
	[ "$status" != 0 ] || assert_output 'match  r:sha256'
	printf '%s  r:sha256\n' "$KV" >"$TMP/values"
	tsmctl verify --values "$TMP/values" --input "$TMP/r.log"
	assert_done
	assert_output 'match  r:sha256'
}

# --input: whose log

@test "--input: bound by the path, else by the only register named, else by the hash" {
	use_root rfc-v1
	local want
	want=$(printf '%s\n' 'unlogged  measurement-example/rtmr0:sha256  (changed, and no log has an event of it)' \
		'match  measurement-example/rtmr1:sha384')
	cp "$ROOT/$EXAMPLE/rtmr1/event_log" "$TMP/some.log"
	cp "$ROOT/$EXAMPLE/rtmr1/event_log" "$TMP/rtmr1.txt"
	tsmctl verify --input "$TMP/some.log" rtmr1
	assert_done
	assert_output 'match  measurement-example/rtmr1:sha384'
	# By the path; the third has no such name, and is of the only register of its hash.
	for log in "$TMP/rtmr1.txt" "$ROOT/$EXAMPLE/rtmr1/event_log" "$TMP/some.log"; do
		tsmctl verify --input "$log" 'rtmr1*'
		assert_done
		assert_output 'match  measurement-example/rtmr1:sha384'
		tsmctl verify --input "$log"
		assert_failure 1
		assert_equal "$stderr" ''
		assert_output "$want"
	done
	tsmctl verify --json --input "$TMP/some.log" --input "$ROOT/$EXAMPLE/rtmr0/event_log"
	assert_done
	assert_json '[.registers[] | "\(.register) \(.verdict)"] == ["measurement-example/rtmr0:sha256 match",
		"measurement-example/rtmr1:sha384 match"]'
	assert_json --arg some "$TMP/some.log" '.registers[1].sources == [$some]'
	# A log whose path names its register is not another's because that one is asked for.
	tsmctl verify --input "$TMP/rtmr1.txt" rtmr0
	assert_failure 1
	assert_equal "$stderr" ''
	assert_output 'unlogged  measurement-example/rtmr0:sha256  (changed, and no log has an event of it)'
	# One whose path names none is, and it is simply wrong for it.
	tsmctl verify --input "$TMP/some.log" rtmr0
	assert_failure 1
	assert_output --regexp '^mismatch  measurement-example/rtmr0:sha256'
}

@test "--input: nothing tells whose it is" {
	use_root tdx
	cp "$TSM/tdx_guest/rtmr3/event_log" "$TMP/some.log"
	tsmctl verify --input "$TMP/some.log"
	assert_refused 2 "'$TMP/some.log': the log does not say which register it is of: name one register"
	tsmctl verify --input "$TMP/some.log" 'rtmr[23]'
	assert_refused 2 "'$TMP/some.log': the log does not say which register it is of: name one register"
	tsmctl verify --input "$TMP/some.log" 'rtmr3*'
	assert_done
	assert_output 'match  tdx_guest/rtmr3:sha384'
	tsmctl verify --input "$TMP/some.log" mrtd
	assert_failure 2
}

@test "--input: two logs of one register, the same one twice, an older copy" {
	use_root tdx
	local own=$TSM/tdx_guest/rtmr3/event_log pair first second
	cat "$own" >"$TMP/rtmr3.log"
	sed '$d' "$own" | sed '$d' >"$TMP/rtmr3.old"
	[ -s "$TMP/rtmr3.old" ]
	for pair in "$own $TMP/rtmr3.log" "$TMP/rtmr3.log $TMP/rtmr3.log" "$own $TMP/rtmr3.old" "$TMP/rtmr3.old $own"; do
		read -r first second <<<"$pair"
		tsmctl verify --input "$first" --input "$second" rtmr3
		assert_done
		assert_output 'match  tdx_guest/rtmr3:sha384'
	done
	# What the other one says and was not extended is found out.
	printf 'forged\n' >>"$TMP/rtmr3.log"
	tsmctl verify --json --input "$own" --input "$TMP/rtmr3.log" rtmr3
	assert_failure 1
	assert_json --arg log "$TMP/rtmr3.log" '.registers[0] | .verdict == "log-ahead" and ([.unextended[].source] == [$log])'
}

@test "--input with a register named that no log is for: unlogged, or untouched" {
	use_root tdx
	tsmctl verify --input "$TSM/tdx_guest/rtmr3/event_log" rtmr3 rtmr2
	assert_failure 1
	assert_output "$(printf 'match  tdx_guest/rtmr3:sha384\nunlogged  tdx_guest/rtmr2:sha384  (%s)' \
		'changed, and no log has an event of it')"
	set_bytes "$TSM/tdx_guest/rtmr2/digest" "$ZERO48"
	tsmctl verify --input "$TSM/tdx_guest/rtmr3/event_log" rtmr3 rtmr2
	assert_done
	assert_output "$(printf '%s\n' 'match  tdx_guest/rtmr3:sha384' 'untouched  tdx_guest/rtmr2:sha384')"
	# Under no name, all.
	tsmctl verify --input "$TSM/tdx_guest/rtmr3/event_log"
	assert_failure 1
	assert_output "$(printf '%s\n' \
		'unlogged  tdx_guest/rtmr0:sha384  (changed, and no log has an event of it)' \
		'unlogged  tdx_guest/rtmr1:sha384  (changed, and no log has an event of it)' \
		'untouched  tdx_guest/rtmr2:sha384' 'match  tdx_guest/rtmr3:sha384')"
}

@test "--input: what is no log, or not there" {
	use_root rfc-v1
	printf 'a record\n' >"$TMP/some.log"
	tsmctl verify --input "$TMP/some.log" rtmr0
	assert_refused 5 "'$TMP/some.log': no log of a known format*"
	tsmctl verify --input "$TMP/some.log:rfc-text" rtmr0
	assert_failure 1
	assert_output --regexp '^mismatch  measurement-example/rtmr0:sha256'
	tsmctl verify --input /nonexistent rtmr0
	assert_refused 4 "'/nonexistent': no such file or directory"
}

# Vectors

# add N LOG-FILE-OR-HEX HASH VALUE: one pair of log and value as the register vNN/r.
vector() {
	runtime_mr "$TSM/v$1/r" "$3" "$4"
	set_bytes "$TSM/v$1/r/event_log" "$2"
}

@test "the logs of a booted kernel: all match" {
	TRANSCRIPTS="${TSMCTL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}/transcripts/rfc-event-logs.json"
	[ -r "$TRANSCRIPTS" ] || skip "the captured transcripts are not here; the next test has its own"
	empty_root
	local n=10 empty=0 alg log digest want=''
	while read -r alg digest log; do
		vector "$n" "$log" "$alg" "$digest"
		if [ -n "$log" ]; then
			want+="match  v$n/r:$alg"$'\n'
		else
			want+="untouched  v$n/r:$alg"$'\n'
			empty=$((empty + 1))
		fi
		n=$((n + 1))
	done < <(jq -r '.[] | "\(.alg) \(.digest) \(.log_hex)"' "$TRANSCRIPTS")
	assert_equal "$n" $((10 + 21))
	assert_equal "$empty" 3
	tsmctl verify
	assert_success
	# shellcheck disable=SC2001
	assert_equal "$(sed 's/  (.*//' <<<"$output")" "${want%$'\n'}"
}

@test "logs as the kernel writes them, all match; with any record changed, none does" {
	empty_root
	local n want=''
	k_begin "$TSM/v01/r" sha256
	k_append 'first event'
	k_append 'second event'
	k_append l1 l2 l3
	k_begin "$TSM/v02/r" sha256
	k_append
	k_append a b
	k_append 'lead and trail'
	k_append crlf1 crlf2
	k_append $'\vvt\vmid'
	k_begin "$TSM/v03/r" sha256
	k_append '# a comment'
	k_append ev
	k_append '#c1' '# c2' ev2
	k_begin "$TSM/v04/r" sha256
	k_append ev
	k_append '# .EXTEND deadbeef'
	k_append after-forged
	k_append "SYNC sha256/$ZERO32"
	k_append 'SYNC sha256/00..' SYNCX SYNC
	k_begin "$TSM/v05/r" sha384
	k_direct "$ZERO48"
	k_direct "$(printf '1%.0s' {1..96})"
	k_append hello
	k_direct "$(printf '1%.0s' {1..96})"
	k_direct "$ZERO48"
	k_append
	k_direct "$(printf '1%.0s' {1..96})"
	k_append '# c'
	k_append end
	k_direct "$ZERO48"
	k_begin "$TSM/v06/r" sha512
	k_append 'café' 'voil'$'\xc3' $'\x01\x02\x7f\xff\x80'
	k_begin "$TSM/v07/r" sha1
	k_direct "$(printf '%040d' 1)"
	k_append x
	tsmctl verify
	assert_success
	assert_equal "$(grep -c '^match  ' <<<"$output")" 7
	assert_equal "${#lines[@]}" 7
	for n in "$TSM"/v*; do
		printf 'x\n' >>"$n/r/event_log"
	done
	tsmctl verify
	assert_failure 1
	# A shorter log reproduces them.
	assert_equal "$(grep -Ec '^log-ahead  .*the last event of .kernel., event [1-9]' <<<"$output")" 7
	for n in "$TSM"/v*; do
		sed -i '$d; s,^\(# .EXTEND .*\)[01]$,\12,; t; s/$/!/; s/^!$//' "$n/r/event_log"
	done
	tsmctl verify
	assert_failure 1
	assert_equal "$(grep -c '^mismatch  ' <<<"$output")" 7
}

@test "every hash that a register may have" {
	empty_root
	for alg in sha1 sha256 sha384 sha512; do
		k_begin "$TSM/p/$alg" $alg
		k_append one
	done
	tsmctl verify
	assert_done
	assert_equal "$(grep -c '^match' <<<"$output")" 4
}
