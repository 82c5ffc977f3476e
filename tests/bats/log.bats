#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq and of bash -c are theirs
# tsmctl log: the events of the kernel's text logs, and of copies of them.

setup() {
	load common
	common_setup
	EXAMPLE=sys/kernel/tsm/measurement-example
	TSM="$ROOT/sys/kernel/tsm"
	LOG="$BATS_TEST_TMPDIR/log.txt"
}

# event SEQ OFFSET KIND EXTENDS DIGEST [TEXT]: the JSON of one event of rtmr1 in rfc-v1.
event() {
	jq -cn --argjson seq "$1" --argjson offset "$2" --arg kind "$3" --argjson extends "$4" \
		--arg digest "$5" --arg text "${6:-}" --arg hex "$(printf %s "${6:-}" | od -An -v -tx1 | tr -d ' \n')" \
		--arg source "${SOURCE:-kernel}" --arg register "${REGISTER:-measurement-example/rtmr1:sha384}" \
		'{seq: $seq, source: $source, register: $register, cc_mr_index: null,
		offset: $offset, kind: $kind, extends: $extends,
		digests: (if $digest == "" then [] else [{alg: "sha384", digest: $digest}] end)} +
		(if $kind == "direct" then {} else {data_hex: $hex, data_text: $text} end)'
}

# The log of rtmr1 in rfc-v1, event by event; the direct lines' "extends" is $1.
events_of_rtmr1() {
	local one two aa sync
	one=$(printf '1%.0s' {1..96})
	two=$(printf '2%.0s' {1..96})
	aa=$(printf 'a%.0s' {1..96})
	sync="SYNC sha384/$(extended sha384 "$(extended sha384 "$ZERO48" "$one")" "$two")"
	event 0 0 direct "$1" "$one"
	event 1 107 direct "$1" "$two"
	event 2 215 sync true "$(textsum sha384 "$sync")" "$sync"
	event 3 325 record true "$(textsum sha384 hello)" hello
	event 4 332 direct "$1" "$aa"
}

@test "text: a table of events" {
	use_root rfc-v1
	tsmctl log
	assert_done
	assert_output "$(
		cat <<-END
			SEQ    REGISTER                         KIND    EXTENDS DIGEST              MATCHES DATA
			0      measurement-example/rtmr0:sha256 sync    yes     3f205d5dd1e4e1c4... -       SYNC sha256/$ZERO32
			1      measurement-example/rtmr0:sha256 record  yes     c35c89024471b8ca... -       first event
			2      measurement-example/rtmr0:sha256 record  yes     5e7a3a5d7e58f2d8... -       second event
			3      measurement-example/rtmr0:sha256 comment no      -                   -       # a comment
			4      measurement-example/rtmr0:sha256 record  yes     71759d3bdf873854... -       caf\M-C\M-) ok
			0      measurement-example/rtmr1:sha384 direct  yes     1111111111111111... -       -
			1      measurement-example/rtmr1:sha384 direct  yes     2222222222222222... -       -
			2      measurement-example/rtmr1:sha384 sync    yes     c0b1946dbb056a65... -       SYNC sha384/3b0aa70f13ee0d6d1e004bc3925da1d69fa9638c77923663dd226028623932c61139aacb3696bd7a45990d5eb4ca2868
			3      measurement-example/rtmr1:sha384 record  yes     59e1748777448c69... -       hello
			4      measurement-example/rtmr1:sha384 direct  yes     aaaaaaaaaaaaaaaa... -       -
		END
	)"
}

@test "text: no line ends in a space" {
	use_root rfc-v1
	tsmctl log
	refute_line --regexp ' $'
}

@test "JSON: events member for member, and the registers that they were checked against" {
	use_root rfc-v1
	tsmctl log --json rtmr1
	assert_done
	assert_equal "$(wc -l <<<"$output")" 1
	assert_equal "$(json '.events[]' -cS)" "$(events_of_rtmr1 true | jq -cS .)"
	assert_json --arg value "$(filehex "$ROOT/$EXAMPLE/rtmr1/digest")" 'del(.events) ==
		{schema: "tsmctl.log/1", boot_id: "5f3d1f0a-7c1e-4c55-9a8e-2b8f0c6d4e21",
		logs: [{source: "kernel", format: "rfc-text", guessed: false}],
		registers: [{register: "measurement-example/rtmr1:sha384", value: $value, verdict: "match"}]}'
}

@test "JSON Lines: one event a line, direct lines undecided" {
	use_root rfc-v1
	tsmctl log --jsonl rtmr1
	assert_done
	assert_equal "$(jq -cS . <<<"$output")" "$(events_of_rtmr1 null | jq -cS .)"
	assert_equal "${#lines[@]}" 5
}

@test "seq counts within a source, registers come in order" {
	use_root rfc-v1
	tsmctl log --jsonl rtmr1 rtmr0
	assert_done
	assert_equal "$(json '"\(.register) \(.seq)"' | tr '\n' ,)" "$(
		printf 'measurement-example/%s,' rtmr1:sha384\ {0..4} rtmr0:sha256\ {0..4}
	)"
	tsmctl log --json
	assert_json '[.registers[].register] == ["measurement-example/rtmr0:sha256", "measurement-example/rtmr1:sha384"]'
}

@test "the UEFI index stands beside the name" {
	use_root tdx
	tsmctl log --json
	assert_done
	assert_json '.events | length == 2 and all(.cc_mr_index == 4 and .register == "tdx_guest/rtmr3:sha384")'
	assert_json '[.registers[].verdict] == ["unlogged", "unlogged", "unlogged", "match"]'
	assert_json '[.. | objects | select(has("index"))] == []'
}

@test "direct lines: what the register proves; nothing where it does not match" {
	empty_root
	k_begin "$TSM/p/r" sha384
	k_failed "$(printf 'f%.0s' {1..96})"
	k_direct "$(printf 'e%.0s' {1..96})"
	k_append one
	k_append '# .EXTEND deadbeef' "# .EXTEND $ZERO48" two
	tsmctl log --json
	assert_done
	assert_equal "$(json '.events[] | "\(.kind) \(.extends)"')" "$(
		printf '%s\n' 'direct false' 'direct true' 'sync true' 'record true' 'comment false' \
			'direct false' 'record true'
	)"
	assert_json '.registers[0].verdict == "match"'
	set_bytes "$K/digest" "$(printf '7%.0s' {1..96})"
	tsmctl log --json
	assert_done
	assert_json '.registers[0].verdict == "mismatch"'
	assert_json '[.events[] | select(.kind == "direct") | .extends] == [null, null, null]'
	tsmctl log
	assert_line --regexp '^0 +p/r:sha384 +direct +- +ff'
}

@test "a partial log decides its direct lines, too" {
	empty_root
	k_begin "$TSM/p/r" sha256 "$(printf '9%.0s' {1..64})"
	k_append one
	k_direct "$ZERO32"
	tsmctl log --json
	assert_json '.registers[0].verdict == "partial" and .events[2] ==
		(.events[2] | .kind = "direct" | .extends = true)'
}

@test "data: text only where it is UTF-8, hex always" {
	empty_root
	runtime_mr "$TSM/p/r" sha256
	set_text "$TSM/p/r/event_log" 'caf\xc3\xa9 \xf0\x9f\x94\x92\nvoil\xc3\nnul\x00mid\ntab\tq"uote\\x\n\x1b[31m\x7f\n\xc2\x85\n\xed\xa0\x80\n'
	keep log --jsonl
	assert_success
	assert_equal "$(json .data_hex | head -n 4 | tr '\n' ' ')" \
		"636166c3a920f09f9492 766f696cc3 6e756c006d6964 746162097122756f74655c78 "
	assert_json -s '.[0].data_text == "café 🔒" and (.[1] | has("data_text") | not) and
		.[2].data_text == "nul\u0000mid" and .[3].data_text == "tab\tq\"uote\\x" and
		.[4].data_text == "\u001b[31m\u007f" and .[5].data_text == "\u0085" and
		(.[6] | has("data_text") | not)'
	if LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]' "$OUT"; then fail "raw control bytes"; fi
	keep log
	assert_success
	if LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f-\xff]' "$OUT"; then fail "raw bytes in the table"; fi
}

@test "data: the control characters above ASCII are escaped as those below are" {
	# U+009B alone starts an escape sequence on some terminals.
	printf 'a\xc2\x9b31mb\n' >"$LOG"
	keep log --jsonl --input "$LOG:rfc-text" r:sha256
	assert_success
	assert_json '.data_text == "a\u009b31mb"'
	if LC_ALL=C grep -qP '\xc2[\x80-\x9f]' "$OUT"; then fail "raw control characters"; fi
}

@test "a long record: whole in every form" {
	empty_root
	k_begin "$TSM/p/r" sha256
	k_append "$(printf 'x%.0s' {1..4096})" "# $(printf 'c%.0s' {1..4094})"
	tsmctl log --json
	assert_done
	assert_json '.events[1].data_text | length == 4096'
	tsmctl log
	assert_equal "${#lines[2]}" $((${#lines[1]} - 76 + 4096))
}

@test "an empty log: no events, status 0" {
	use_root tdx
	tsmctl log rtmr0
	assert_done
	assert_output --regexp '^SEQ +REGISTER .* DATA$'
	tsmctl log --jsonl rtmr0
	assert_done
	assert_output ''
	tsmctl log --json rtmr0
	assert_done
	assert_json '.events == [] and .registers == [{register: "tdx_guest/rtmr0:sha384",
		value: "'"$(filehex "$TSM/tdx_guest/rtmr0/digest")"'", verdict: "unlogged"}]'
}

@test "no log: status 3 for the one named, skipped under a pattern" {
	use_root rfc-v1
	tsmctl log user_data
	assert_refused 3 "'measurement-example/user_data' has no log here: it is static"
	tsmctl log rtmr0 user_data
	assert_refused 3 "'measurement-example/user_data' has no log here*"
	tsmctl log --jsonl '*'
	assert_done
	assert_equal "${#lines[@]}" 10
	tsmctl log 'user*'
	assert_refused 3 'no register that matches has a log'
	rm -r "$ROOT/$EXAMPLE"/rtmr*
	tsmctl log
	assert_refused 3 'no register here has a log'
	use_root rfc-v3
	tsmctl log rtmr0 --jsonl
	assert_done
	assert_output ''
	tsmctl log --json
	assert_done
	assert_json '.schema == "tsmctl.log/1" and .events == [] and (.registers | length) == 4'
}

@test "a log that cannot be read does not keep the others from being printed" {
	use_root rfc-v1
	set_text "$ROOT/$EXAMPLE/rtmr0/event_log" 'SYNC sha256/00\nthe end is missing'
	tsmctl log --json
	assert_error 5 "*rtmr0:sha256*: offset 15: the last line has no newline*"
	assert_json '.events | length >= 5 and ([.[] | select(.register | test("rtmr1"))] | length == 5)'
	assert_json '.registers[0] | .register == "measurement-example/rtmr0:sha256" and
		.error.status == 5 and (.error.message | test("offset 15")) and .verdict == null'
	assert_json '.registers[1].verdict == "match"'
	tsmctl log --jsonl
	assert_error 5 '*offset 15*'
	assert_equal "$(json 'select(.register | test("rtmr1")) | .seq' | tr '\n' ' ')" '0 1 2 3 4 '
	tsmctl log
	assert_error 5 '*offset 15*'
}

@test "a log of a register whose value cannot be read: its events are still there with --jsonl" {
	use_root rfc-v1
	chmod 000 "$ROOT/$EXAMPLE/rtmr0/digest"
	tsmctl log --jsonl rtmr0
	assert_done
	assert_equal "${#lines[@]}" 5
	tsmctl log --json rtmr0
	assert_error 3 '*rtmr0:sha256*cannot be read*'
	assert_json '.registers[0].error.status == 3'
}

@test "a log that this user may not read: status 4" {
	use_root rfc-v1
	chmod 400 "$ROOT/$EXAMPLE/rtmr0/event_log"
	[ "$(id -u)" = 0 ] || chmod 000 "$ROOT/$EXAMPLE/rtmr0/event_log"
	nobody log --json
	assert_error 4 "*'/sys/kernel/tsm/measurement-example/rtmr0/event_log': permission denied"
	assert_json '.registers[0].error.status == 4 and .registers[1].verdict == "match"'
}

@test "--json and --jsonl cannot be combined" {
	use_root rfc-v1
	tsmctl log --json --jsonl
	assert_error 2 '--json and --jsonl cannot be combined'
}

# Copies

@test "--input: a copy has no provider; its name comes from the path" {
	use_root rfc-v1
	cp "$ROOT/$EXAMPLE/rtmr1/event_log" "$BATS_TEST_TMPDIR/rtmr1.log"
	mkdir "$BATS_TEST_TMPDIR/rtmr9"
	cp "$ROOT/$EXAMPLE/rtmr1/event_log" "$BATS_TEST_TMPDIR/rtmr9"
	empty_root
	tsmctl log --jsonl --input "$BATS_TEST_TMPDIR/rtmr1.log"
	assert_done
	assert_equal "$(jq -cS . <<<"$output")" \
		"$(SOURCE="$BATS_TEST_TMPDIR/rtmr1.log" REGISTER=rtmr1:sha384 events_of_rtmr1 null | jq -cS .)"
	tsmctl log --jsonl --input "$BATS_TEST_TMPDIR/rtmr9/event_log"
	assert_done
	assert_json -s 'map(.register) | unique == ["rtmr9:sha384"]'
	cd "$BATS_TEST_TMPDIR/rtmr9"
	tsmctl log --jsonl --input event_log
	assert_done
	assert_json -s 'map(.register) | unique == ["event_log:sha384"]'
	# No machine is needed: not even the folder.
	rm -rf "$ROOT"
	tsmctl log --jsonl --input "$BATS_TEST_TMPDIR/rtmr1.log"
	assert_done
}

@test "--input: JSON binds no register: there is no value that the log was checked against" {
	use_root rfc-v1
	cp "$ROOT/$EXAMPLE/rtmr1/event_log" "$LOG"
	tsmctl log --json --input "$LOG"
	assert_done
	assert_json '.boot_id == null and .registers == []'
	assert_json '[.events[].extends] == [null, null, true, true, null]'
}

@test "--input: a name on the command line, with the hash where the log does not tell" {
	printf '# .EXTEND %s\n' "$ZERO48" >"$LOG"
	empty_root
	tsmctl log --input "$LOG"
	assert_refused 3 "'$LOG': no SYNC line says which hash this log is for*"
	tsmctl log --jsonl --input "$LOG" rtmr2:sha384
	assert_done
	assert_json '.register == "rtmr2:sha384" and .kind == "direct" and .digests[0].alg == "sha384"'
	tsmctl log --jsonl --input "$LOG" rtmr2:sha256
	assert_done
	assert_json '.kind == "comment"'
	tsmctl log --input "$LOG" rtmr2:md5
	assert_refused 2 "'$LOG': 'rtmr2:md5': unknown hash"
	tsmctl log --input "$LOG" rtmr2:
	assert_refused 2 "'$LOG': 'rtmr2:': unknown hash"
}

@test "--input: an operand that is a pattern names nothing new; nor does an empty one" {
	cp "$ROOTS/rfc-v1/$EXAMPLE/rtmr0/event_log" "$BATS_TEST_TMPDIR/rtmr0.log"
	empty_root
	tsmctl log --jsonl --input "$BATS_TEST_TMPDIR/rtmr0.log" 'rtmr*'
	assert_done
	assert_json -s 'length == 5 and (map(.register) | unique == ["rtmr0:sha256"])'
	tsmctl log --input "$BATS_TEST_TMPDIR/rtmr0.log" 'x*'
	assert_error 2 "no event in these logs is of 'x\*'"
	assert_output --regexp '^SEQ +REGISTER .* DATA$'
	tsmctl log --jsonl --input "$BATS_TEST_TMPDIR/rtmr0.log" 'x*'
	assert_refused 2 "no event in these logs is of 'x\*'"
	tsmctl log --jsonl --input "$BATS_TEST_TMPDIR/rtmr0.log" ''
	assert_refused 2 "no event in these logs is of ''"
}

@test "JSON: a log that is not read to its end is an error of the document" {
	cp "$ROOTS/rfc-v1/$EXAMPLE/rtmr0/event_log" "$BATS_TEST_TMPDIR/rtmr0.log"
	sed 's/^pcr0 /pcr1 /' "$BATS_TEST_DIRNAME/../gen/boot.txt" | "$GENLOG" -f ccel - | head -c 1000 >"$BATS_TEST_TMPDIR/cut"
	empty_root
	cd "$BATS_TEST_TMPDIR"
	for operand in '' rtmr2:sha384 nosuch; do
		# shellcheck disable=SC2086
		tsmctl log --json --input cut $operand
		assert_error 5 "'cut': offset 1000: the log ends within *"
		assert_json 'keys == ["boot_id", "error", "events", "logs", "registers", "schema"] and .error.status == 5 and
			.error.offset == 1000 and (.error.message | startswith("\u0027cut\u0027: offset 1000: "))'
	done
	# The others are printed.
	tsmctl log --json --input cut --input rtmr0.log
	assert_json '.error.status == 5 and (.events | length > 5)'
	tsmctl log --json --input rtmr0.log 'x*'
	assert_failure 2
	assert_json '.error == {status: 2, message: "no event in these logs is of \u0027x*\u0027"}'
	tsmctl log --json --input rtmr0.log
	assert_done
	assert_json 'has("error") | not'
}

@test "JSON: a log of this machine that is not read to its end, and what has no entry in configfs" {
	load fuse
	need_fuse
	empty_root
	runtime_mr "$TSM/tdx_guest/rtmr2" sha384
	mkdir -p "$ROOT/sys/firmware/acpi/tables/data"
	"$GENLOG" -f ccel "$BATS_TEST_DIRNAME/../gen/boot.txt" | head -c 1000 >"$ROOT/sys/firmware/acpi/tables/data/CCEL"
	tsmctl log --json rtmr2
	assert_failure 5
	assert_json '.error.status == 5 and .registers[0].error == .error'
	sim_rtmrs --provider tdx_guest --no-ccel
	sim_entry mine 2
	tsmctl log --json
	assert_done
	assert_json '[.registers[].register] == ["rtmrs/rtmr2:sha384"]'
	tsmctl log --json rtmr3
	sim_stop
	assert_done
	assert_json '.registers == [{register: "rtmrs/rtmr3:sha384", value: null, verdict: null, error: {status: 3,
		message: "\u0027rtmrs/rtmr3:sha384\u0027 has no entry in configfs yet: the first extend makes one"}}]'
}

@test "--input: the column of registers is as wide as their names" {
	cp "$ROOTS/rfc-v1/$EXAMPLE/rtmr0/event_log" "$BATS_TEST_TMPDIR/a_long_name_of_a_register.log"
	echo "tdx_guest/rtmr3:sha384 record text:one" | "$GENLOG" -f journal - >"$BATS_TEST_TMPDIR/j"
	empty_root
	for file in a_long_name_of_a_register.log j; do
		tsmctl log --input "$BATS_TEST_TMPDIR/$file"
		assert_success
		local at=${output%%KIND*}
		for line in "${lines[@]:1}"; do
			[[ ${line:${#at}-1:2} == ' '[a-z] ]] || fail "$line"
		done
	done
}

@test "--input: a file that is not there, and a format that is none" {
	empty_root
	tsmctl log --input nosuch:foo
	assert_refused 4 "'nosuch:foo': no such file or directory; unknown log format 'foo'"
	tsmctl log --input nosuch:ccel
	assert_refused 4 "'nosuch': no such file or directory"
}

@test "--input: several, of which the operands pick" {
	use_root rfc-v1
	cp "$ROOT/$EXAMPLE/rtmr0/event_log" "$BATS_TEST_TMPDIR/rtmr0.log"
	cp "$ROOT/$EXAMPLE/rtmr1/event_log" "$BATS_TEST_TMPDIR/rtmr1.log"
	cd "$BATS_TEST_TMPDIR"
	tsmctl log --jsonl --input rtmr1.log --input rtmr0.log
	assert_done
	assert_equal "$(json .source | uniq | tr '\n' ' ')" 'rtmr1.log rtmr0.log '
	tsmctl log --jsonl --input rtmr1.log --input rtmr0.log '*:sha256'
	assert_done
	assert_equal "$(json '"\(.source) \(.register)"' | uniq)" 'rtmr0.log rtmr0:sha256'
	tsmctl log --jsonl --input rtmr1.log --input rtmr0.log nosuch
	assert_refused 3 "no event in these logs is of 'nosuch'"
}

@test "--input: standard input, a pipe, and a format that is told" {
	use_root rfc-v1
	local file="$ROOT/$EXAMPLE/rtmr0/event_log"
	run --separate-stderr bash -c '"$TSMCTL" log --jsonl --input - rtmr0 <"$1"' - "$file"
	assert_done
	assert_equal "${#lines[@]}" 5
	# shellcheck disable=SC2002 # a pipe is the point
	run --separate-stderr bash -c 'cat "$1" | "$TSMCTL" log --jsonl --input - rtmr0' - "$file"
	assert_done
	assert_json -s 'length == 5 and .[0].source == "-"'
	keep log --jsonl --input <(cat "$file") rtmr0
	assert_success
	assert_equal "$(wc -l <"$OUT")" 5
	printf 'a record\n' >"$LOG"
	tsmctl log --jsonl --input "$LOG:rfc-text" rtmr0:sha256
	assert_done
	assert_json --arg log "$LOG" '.kind == "record" and .source == $log'
}

@test "--input: what is no log, or not there" {
	empty_root
	printf 'a record\n' >"$LOG"
	tsmctl log --input "$LOG"
	assert_refused 5 "'$LOG': no log of a known format; if it is one, name its format with FILE:FORMAT"
	tsmctl log --input "$LOG:rfc-text"
	assert_refused 3 "'$LOG': no SYNC line says which hash*"
	tsmctl log --input /nonexistent/log
	assert_refused 4 "'/nonexistent/log': no such file or directory"
	tsmctl log --input "$ROOT"
	assert_refused 4 "'$ROOT': is a directory"
	tsmctl log --input ''
	assert_refused 4 "'': no such file or directory"
	printf '\177ELF' >"$LOG"
	tsmctl log --input "$LOG"
	assert_refused 5 "'$LOG': no log of a known format*"
	chmod 000 "$LOG"
	if [ "$(id -u)" != 0 ]; then
		tsmctl log --input "$LOG"
		assert_refused 4 "'$LOG': permission denied"
	fi
	: >"$BATS_TEST_TMPDIR/empty"
	tsmctl log --input "$BATS_TEST_TMPDIR/empty" r:sha256
	assert_refused 5 "'$BATS_TEST_TMPDIR/empty': no log: it is empty"
	tsmctl log --input "$BATS_TEST_TMPDIR/empty:rfc-text" r:sha256
	assert_done
	tsmctl log --jsonl --input "$BATS_TEST_TMPDIR/empty:rfc-text" r:sha256
	assert_done
	assert_output ''
}

@test "--input: more than can be" {
	empty_root
	: >"$LOG"
	args=()
	for _ in {1..1000}; do args+=(--input "$LOG"); done
	tsmctl log "${args[@]}"
	assert_refused 2 'more than * --input'
}

@test "the output is a stream: a reader that leaves ends it" {
	empty_root
	runtime_mr "$TSM/p/r" sha256
	for _ in {1..200}; do printf 'x%.0s' {1..4000} && echo; done >"$LOG"
	for _ in {1..20}; do cat "$LOG"; done >"$BATS_TEST_TMPDIR/big"
	for form in --jsonl --json --color=never; do
		run --separate-stderr bash -c '
			"$TSMCTL" log "$1" --input "$2:rfc-text" r:sha256 | head -c 100 >/dev/null
			echo "${PIPESTATUS[0]}"' - "$form" "$BATS_TEST_TMPDIR/big"
		assert_success
		assert_output 141
		assert_equal "$stderr" ''
	done
}

@test "long data is shown whole, and no NUL runs into the digit behind it" {
	local n as digits
	for n in 4094 4095 4096; do
		as=$(printf 'a%.0s' $(seq $n))
		digits=$(printf '61%.0s' $(seq $n))
		printf 'pcr5 EV_IPL hex:%s0037%sff\n' "$digits" "$digits" | "$GENLOG" -f tpm -b sha256 - >log
		tsmctl log --input log:tpm
		assert_done
		assert_line --index 2 --regexp " ${as}\\\\0007${as}\\\\M\\^\\?$"
	done
}

@test "--format cel-json: a register whose name is no word, which no reader would take back" {
	tail -c +2 "$BATS_TEST_DIRNAME/../fuzz/corpus/export/journal-name" >"$BATS_TEST_TMPDIR/journal"
	tsmctl log --input "$BATS_TEST_TMPDIR/journal" --format cel-json
	assert_failure 3
	assert_output ''
	[[ $stderr == *"': 'cel-json' has names of one word of printable ASCII only"* ]]
}
