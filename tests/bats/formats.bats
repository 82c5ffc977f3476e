#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every log format through replay, log and verify: what genlog makes, whole and damaged, is what tsmctl must say of it.

setup() {
	load common
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	describe
}

# A function that is called under no condition ends at its first failure: which row it was in is told here.
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || echo "in row ${ROW:-none}"
}

# The descriptions that the rows below name.
describe() {
	local record
	grep -v '^#' "$BATS_TEST_DIRNAME/../gen/boot.txt" >boot
	{
		cat boot
		echo 'rtmr3 aael text:github.com/confidential-containers PullImage {"image":"alpine"}'
		echo 'rtmr3 aael text:coco.example start x'
	} >agent-boot
	grep aael agent-boot >agent
	printf 'pcr%s\n' '11 phase text:enter-initrd' '11 phase text:leave-initrd' '15 machine-id text:0123456789abcdef' \
		'15 volume-key text:cryptsetup:root:4f1b' '11 phase text:ready "now"' >systemd
	printf 'rtmr3 dstack name:%s\n' system-preparing 'app-id hex:3763bc34552cf3a2' 'key-provider text:{"name":"kms"}' >dstack
	{
		grep -v '^pcr0 ' boot
		cat dstack
	} >dstack-boot
	printf 'pcr10 %s\n' 'ima-ng text:boot_aggregate' 'ima-ng text:/usr/bin/with space' 'ima-sig sig:030204 text:/usr/bin/env' \
		'ima-ng text:/usr/lib/é.so' >ima
	printf 'pcr10 ima text:%s\n' boot_aggregate /usr/bin/env >ima-old
	printf 'pcr10 ima-ng%s\n' ' text:/a' ' violation text:/b' ' text:/c' >ima-violation
	printf 'rtmr3 cos:%s\n' 'ImageRef text:registry/image:latest' 'ImageDigest text:sha256:00' 'Arg text:-v' LaunchSeparator >cos
	printf 'rtmr1 %s\n' 'record text:one' 'record text:two' 'record + text:three' 'comment text:said' "direct hex:${ZERO48//0/1}" \
		'record text:four' "direct-failed hex:${ZERO48//0/2}" 'record text:five' >rfc
	printf 'tdx_guest/rtmr%s\n' '3:sha384 record text:one' '2:sha384 record text:two' \
		"3:sha384 direct note:why hex:${ZERO48//0/1}" '3:sha384 record text:three' >journal
	sed 's,tdx_guest/,,; s/note:why//' journal >own
}

# NAME|OPTIONS OF GENLOG|DESCRIPTION|FORMAT|EVENTS WHOSE DATA MUST EXPLAIN THEIR DIGEST|EVENTS WHERE IT CANNOT
MUST='3 4 5 6 8 9 10 12 13 14 18 19' CANNOT='2 7 11 15 16'
ROWS=(
	"ccel|-f ccel|agent-boot|ccel|$MUST 20 21|$CANNOT"
	"ccel-ff|-f ccel --area 65536|agent-boot|ccel||"
	"ccel-zero|-f ccel:td-shim --area 65536 --pad zero|boot|ccel||"
	"ccel-sm3|-f ccel -b sm3|boot|ccel||"
	"tpm|-f tpm -b sha1,sha256,sha384|boot|tpm|$MUST|$CANNOT"
	"tpm-ff|-f tpm -b sha512,sm3 --area 65536|boot|tpm||"
	"aael|-f aael|agent|aael|0 1|"
	"aael-text|-f aael:text|agent|aael||"
	"aael-page|-f aael:text-page|agent|aael||"
	"json|-f cel-json -b sha256,sm3|boot|cel-json|$MUST|$CANNOT"
	"json-lines|-f cel-json --frame lines|agent-boot|cel-json||"
	"json-seq|-f cel-json --frame seq|systemd|cel-json|0 1 4|3"
	"json-pcrlock|-f cel-json:pcrlock|boot|cel-json||"
	"json-ima|-f cel-json -b sha256|ima|cel-json|0 1 2 3|"
	"json-own|-f cel-json:tsmctl|own|cel-json|0 1 3|2"
	"tlv|-f cel-tlv -b sha1,sha256|boot|cel-tlv|$MUST|$CANNOT"
	"tlv-systemd|-f cel-tlv|systemd|cel-tlv|0 1 4|3"
	"tlv-ima|-f cel-tlv|ima|cel-tlv|0 1 2 3|"
	"tlv-google|-f cel-tlv:google|cos|cel-tlv|0 1 2|"
	"tlv-safford|-f cel-tlv:safford|systemd|cel-tlv||"
	"systemd|-f systemd -b sha256,sha384|systemd|systemd|0 1 4|3"
	"systemd-cc|-f systemd:cc|systemd|systemd|0 1 4|3"
	"dstack|-f dstack|dstack|dstack||"
	"dstack-v2|-f dstack:v2|dstack|dstack||"
	"dstack-old|-f dstack:old|dstack|dstack|1 2|"
	"dstack-report|-f dstack:report|dstack-boot|dstack|18 19|"
	"ima|-f ima|ima|ima|0 1 2 3|"
	"ima-binary|-f ima:binary|ima|ima|0 1 2 3|"
	"ima-old|-f ima:binary|ima-old|ima|0 1|"
	"ima-violation|-f ima:binary|ima-violation|ima|0 2|"
	"rfc-text|-f rfc-text|rfc|rfc-text||"
	"journal|-f journal|journal|journal|0 1 3|"
)

# each FUNCTION: calls it for every row, with NAME, OPTS, DESC, FORMAT, MUST, CANNOT set and the log and its values there.
each() {
	local row name opts must cannot NAME DESC FORMAT LOG VALUES OPTS MUST CANNOT ROWS_DONE=0
	for row in "${ROWS[@]}"; do
		IFS='|' read -r NAME opts DESC FORMAT must cannot <<<"$row"
		read -ra OPTS <<<"$opts"
		read -ra MUST <<<"$must"
		read -ra CANNOT <<<"$cannot"
		mkdir -p "in/$NAME"
		LOG=in/$NAME/rtmr1.log VALUES=in/$NAME/values
		"$GENLOG" "${OPTS[@]}" "$DESC" >"$LOG"
		"$GENLOG" "${OPTS[@]}" --values "$DESC" >"$VALUES"
		ROW=$NAME
		"$1"
		ROWS_DONE=$((ROWS_DONE + 1))
	done
}

# damaged OPTIONS...: a log DAMAGED of the row.
damaged() {
	DAMAGED=in/$NAME/damaged/rtmr1.log
	mkdir -p "in/$NAME/damaged"
	"$GENLOG" "${OPTS[@]}" "$@" "$DESC" >"$DAMAGED"
}

# tsm ARGS...: without any machine. verify LOG: against the row's values.
tsm() { go "$TSMCTL" --root /nonexistent "$@"; }
verify() { tsm verify --values "$VALUES" --input "$1"; }

# changed OPTIONS...: the registers of the row that this damage changes, a space behind each.
changed() {
	"$GENLOG" "${OPTS[@]}" --values "$@" "$DESC" | diff - "$VALUES" | sed -n 's/^[<>] .*  //p' | sort -u | tr '\n' ' '
}

# assert_broken WHAT REGISTER...: no other verdict of the last verify than match, but for these, which have WHAT, and,
# where they are set, OTHER_BANKS for the other banks of the register.
assert_broken() {
	local verdict reg detail seen=
	assert_failure 1
	while read -r verdict reg detail; do
		if [[ " ${*:2} " == *" $reg "* ]]; then
			# shellcheck disable=SC2053 # a pattern
			[[ $verdict == $1 ]] || fail "$verdict $reg, wanted $1"
			seen+=" $reg"
		elif [ "${reg%:*}" = "${2%:*}" ]; then
			assert_equal "$verdict $reg" "${OTHER_BANKS:-match} $reg"
		else
			assert_equal "$verdict $reg" "match $reg"
		fi
	done <<<"$output"
	[ "$(wc -w <<<"$seen")" = "$(($# - 1))" ] || fail "seen:$seen, wanted: ${*:2}"
}

@test "replay: what the log makes of the registers" {
	same() {
		tsm replay "$LOG"
		assert_success && diff <(sort <<<"$output") <(sort "$VALUES") || return
		tsm replay "$LOG:$FORMAT"
		assert_success && diff <(sort <<<"$output") <(sort "$VALUES")
	}
	each same
}

@test "diff: a log has nothing that differs from itself" {
	itself() {
		tsm diff "$LOG" "$LOG:$FORMAT"
		assert_success && assert_equal "$output" '' || return
		tsm diff --json "$LOG" "$LOG"
		assert_success && assert_json '.same and (.registers | length) > 0 and all(.registers[]; .changes == [] and
			.events[0] == .events[1] and .events[0] > 0)'
	}
	each itself
}

# differing: the registers that the last diff --json says differ, without their banks.
differing() { json '.registers[] | select(.changes != []) | .register | sub(":[^:]*$"; "")' | sort -u; }

# The damage changes the values of registers: these differ, and no others. (Where PCR 0 starts is said by an event that
# extends nothing.)
@test "diff: the registers whose value one event changes, in both directions" {
	one_event() {
		local n last damage bank want
		# What a journal says of one record binds the next: diff.bats.
		[ "$NAME" != journal ] || return 0
		for bank in sha512 sha384 sha256 sm3 sha1; do
			! grep -q ":$bank$" "$VALUES" || break
		done
		last=$(tsm log --jsonl --input "$LOG" && wc -l <<<"$output")
		for n in 0 1 2 $((last / 2)) $((last - 2)) $((last - 1)); do
			[[ "$(grep -n . "$DESC")" != *"$((n + 1)):"*locality* ]] || continue
			for damage in "--flip $n:0:$bank" "--drop $n"; do
				# A violation is not what its digest says.
				[[ $NAME != ima-violation || $damage != "--flip 1:"* ]] || continue
				# shellcheck disable=SC2086 # two words
				damaged $damage 2>/dev/null || continue
				# shellcheck disable=SC2086
				want=$(changed $damage | tr ' ' '\n' | sed 's/:[^:]*$//; /^$/d' | sort -u)
				for pair in "$LOG $DAMAGED" "$DAMAGED $LOG"; do
					# shellcheck disable=SC2086 # two words
					tsm diff -q --json $pair
					[ "$status" = 0 ] || [ "$status" = 1 ] || fail "$damage: status $status: $stderr"
					assert_equal "$damage: $(differing)" "$damage: $want"
					assert_equal "$status" "$([ -z "$want" ] && echo 0 || echo 1)"
				done
			done
		done
	}
	each one_event
}

@test "replay: another format than the log's is malformed input, with the place" {
	other() {
		local wrong=cel-tlv
		[ "$FORMAT" != cel-tlv ] || wrong=ima
		tsm replay "$LOG:$wrong"
		assert_failure 5 && [[ $stderr == tsmctl:*"$LOG"* ]]
	}
	each other
}

@test "verify: a whole log matches, in text and in JSON" {
	whole() {
		verify "$LOG"
		assert_success && assert_equal "$(grep -c '^match  ' <<<"$output")" "$(wc -l <"$VALUES")" || return
		tsm verify --json --values "$VALUES" --input "$LOG"
		assert_success && assert_json '.verdict == "match" and ([.registers[].verdict] | unique) == ["match"]'
	}
	each whole
}

@test "verify: IMA's list explains banks that it has no digest for" {
	ima_banks() {
		[ "$FORMAT" = ima ] || return 0
		"$GENLOG" "${OPTS[@]}" -b sha1,sha256,sha384 --values "$DESC" >"$VALUES"
		verify "$LOG"
		assert_success && assert_equal "$(grep -c '^match  ' <<<"$output")" 3
	}
	each ima_banks
}

@test "log: every event, in order, and none said to be damaged" {
	events() {
		tsm log --jsonl --input "$LOG"
		assert_success || return
		[ "$(wc -l <<<"$output")" -ge "$(grep -c . "$DESC")" ] || [ "$NAME" = json-pcrlock ] || return
		assert_json -s 'map(.seq) == [range(0; length)] and all(.data_matches != false)'
		tsm log --json --input "$LOG"
		assert_success && assert_json '.schema == "tsmctl.log/1" and (.events | length) > 0' || return
		tsm log --input "$LOG"
		assert_success && [[ $output != *malformed* ]]
	}
	each events
}

@test "log: of a record without event types, the bytes" {
	bytes() {
		case $NAME in aael | aael-text | dstack* | ima*) return 0 ;; esac
		[ "$DESC" = boot ] || [ "$DESC" = agent-boot ] || return 0
		tsm log --jsonl --input "$LOG"
		assert_success && jq -es "[.[] | select(.type_id == 2147483655)] | length == 3 and
			.[2].data_text == \"Exit Boot Services Returned with Success\" and .[2].kind == \"EV_EFI_ACTION\" and
			.[2].data_matches == true" <<<"$output" >/dev/null
	}
	each bytes
}

# A journal is damaged where the digest is not that of the record; with a digest that was given it is another journal.
is_damage() { [ "$FORMAT" = journal ] && [[ $(sed -n "$(($1 + 1))p" "$DESC") == *' record '* ]]; }

# Data that explains the digests of the other banks and not this one: that event is altered in all of them.
@test "one bit of one digest breaks its register and bank, and no other register" {
	flips() {
		local n events bank banks=("") flip hit OTHER_BANKS
		events=$(grep -c . "$DESC")
		[[ " ${OPTS[*]}" != *' -b '* ]] || IFS=, read -ra banks <<<":${OPTS[3]//,/,:}"
		# Of long logs some events, others in the next row, and of each another bank and bit.
		for ((n = ROWS_DONE % 3; n < events; n += events > 6 ? 3 : 1)); do
			bank=${banks[n % ${#banks[@]}]}
			flip=$n:$((n * 37 % 160))$bank
			damaged --flip $flip 2>/dev/null || continue
			hit=$(changed --flip $flip)
			[ -n "$hit" ] || continue
			FLIPPED=$((FLIPPED + 1))
			verify "$DAMAGED"
			echo "--flip $flip"
			if is_damage $n; then
				assert_failure 5
				continue
			fi
			assert_equal "$(wc -w <<<"$hit")" 1
			"$TSMCTL" log --jsonl --input "$DAMAGED" 2>/dev/null >events
			OTHER_BANKS=match
			! jq -se 'any(.[]; .data_matches == false)' events >/dev/null || OTHER_BANKS=altered
			assert_broken mismatch "${hit% }"
		done
	}
	FLIPPED=0
	each flips
	[ $FLIPPED -gt 60 ] || fail "$FLIPPED events in all"
}

@test "an event that is missing, and two in the wrong order, are a mismatch" {
	orders() {
		local hit options
		for options in '--drop 1' '--swap 0,1'; do
			# shellcheck disable=SC2086 # words
			damaged $options
			# shellcheck disable=SC2086
			hit=$(changed $options)
			[ -n "$hit" ] || continue
			verify "$DAMAGED"
			echo "$options"
			assert_failure 1
			[[ $output == *mismatch* || $output == *unlogged* ]]
		done
	}
	each orders
}

@test "a journal that does not follow from itself is malformed, with the line" {
	"$GENLOG" -f journal journal >log
	"$GENLOG" -f journal --values journal >values
	# An intent's digest of its own, what it is to make, what it found; an end without its intent, one that is missing
	# before the next intent of its register, and a record that is missing.
	for edit in '6s/"digest":"1/"digest":"2/' '4s/"expected":"5/"expected":"6/' '6s/"before":"d/"before":"e/' 4d 3d 4,5d; do
		sed "$edit" log >damaged
		if cmp -s log damaged; then fail "$edit changes nothing"; fi
		tsm verify --values values --input damaged
		assert_error 5 "'damaged': line [4-6]: *"
		assert_output "$(printf "error  %s:sha384  (${stderr#tsmctl: })\n" rtmr2 rtmr3)"
	done
	# The last intent of a register may be open: what the register holds says whether it was extended.
	sed 5d log >damaged
	tsm verify --values values --input damaged
	assert_success
	assert_output "$(printf 'match  %s:sha384\n' rtmr2 rtmr3)"
	sed -i "s/^.*  rtmr2/$ZERO48  rtmr2/" values
	tsm verify --values values --input damaged
	assert_success
	assert_output "$(printf '%s:sha384\n' 'untouched  rtmr2' 'match  rtmr3')"
	sed -i "s/^.*  rtmr2/${ZERO48//0/1}  rtmr2/" values
	tsm verify --values values --input damaged
	assert_failure 1
	assert_output --regexp '^(mismatch|unlogged)  rtmr2:sha384  '
}

@test "data that must explain its digest and does not is altered; where it cannot, it is not" {
	alters() {
		local n
		for n in "${MUST[@]}"; do
			damaged --alter "$n"
			verify "$DAMAGED"
			echo "event $n"
			if is_damage "$n"; then
				assert_failure 5
				continue
			fi
			assert_failure 1
			[[ $output == *altered* && $output != *mismatch* ]]
			tsm log --jsonl --input "$DAMAGED"
			assert_json -s '[.[] | select(.data_matches == false)] | length == 1'
		done
		for n in "${CANNOT[@]}"; do
			damaged --alter "$n"
			verify "$DAMAGED"
			echo "event $n"
			assert_success
		done
	}
	each alters
}

@test "a log that is cut never matches" {
	cuts() {
		local size at step
		case $NAME in *-ff | *-zero) return 0 ;; esac
		size=$(stat -c %s "$LOG")
		step=$((size / 17 + 1))
		mkdir -p "in/$NAME/damaged"
		DAMAGED=in/$NAME/damaged/rtmr1.log
		for ((at = 1 + ROWS_DONE; at < size - 1; at += step)); do
			head -c $at "$LOG" >"$DAMAGED"
			verify "$DAMAGED"
			echo "cut at $at of $size"
			is_cut "$at"
		done
		head -c $((size - 2)) "$LOG" >"$DAMAGED"
		verify "$DAMAGED"
		is_cut $((size - 2))
	}
	# Of a journal only an end may be missing: the register tells what became of its record.
	is_cut() {
		if [ "$FORMAT" = journal ] && [ "$1" -ge $((size - $(tail -n 1 "$LOG" | wc -c))) ]; then
			[ "$status" = 0 ]
		else
			[ "$status" = 1 ] || [ "$status" = 5 ]
		fi
	}
	each cuts
}

@test "a register may have been in what is missing of a log: it is not said to have none" {
	"$GENLOG" -f ccel boot | head -c 100 >piece
	"$GENLOG" -f ccel --values boot >values
	tsm verify --values values --input piece
	assert_refused_rows "'piece': offset 100: the log ends within the record that starts at offset 65"
	# What was read of it is no value: it may be that of the register, and what is missing unknown.
	"$GENLOG" -f ccel boot | head -c -1 >longer
	tsm verify --json --values values --input longer
	assert_failure 5
	assert_json '[.registers[] | .verdict, .replayed, .matched_records] | unique == [null, 0]'
	# Beside another log, too: each register that a log of its format can name may have been in what is missing.
	sed 's/^pcr15/pcr11/' systemd | grep phase >later
	"$GENLOG" -f systemd:cc later >later.log
	{
		"$GENLOG" -f ccel --values boot | grep -v rtmr2
		"$GENLOG" -f systemd:cc --values later
	} >values
	[ "$(wc -l <values)" = 3 ]
	tsm verify --values values --input later.log
	assert_failure 1
	assert_line 'match  rtmr2:sha384'
	tsm verify --values values --input later.log --input piece
	assert_refused_rows "'piece': offset 100: the log ends within the record that starts at offset 65"
	[ "${#lines[@]}" = 3 ]
}

# assert_refused_rows MESSAGE: status 5, all registers have this error, and it is told once.
assert_refused_rows() {
	assert_failure 5
	assert_equal "$(sed -E 's/^error  \S+  \((.*)\)$/\1/' <<<"$output" | sort -u)" "$1"
	assert_equal "$stderr" "tsmctl: $1"
}

@test "what holds no event is malformed input, and the ACPI table is recognised" {
	"$GENLOG" -f ccel --table boot >table
	tsm replay table
	assert_refused 5 "'table': *table*"
	for size in 64 33 1 0; do
		head -c $size <("$GENLOG" -f ccel boot) >piece
		tsm replay piece
		assert_refused 5 "'piece': *"
	done
	for text in '[]' '' $'\n' '{}' $'\x1e' "$(printf '\xff%.0s' {1..64})"; do
		printf %s "$text" >none
		tsm replay none
		assert_failure 5
		tsm verify --values <("$GENLOG" -f ccel --values boot) --input none
		assert_failure 5
	done
}

@test "what extends nothing makes no register, which is no success" {
	grep '^pcr0 ' boot >mrtd
	"$GENLOG" -f ccel mrtd >log
	tsm replay -q log
	assert_refused 3 'no event in these logs extended a register'
	tsm replay --json log
	assert_failure 3
	assert_json '.registers == []'
}

@test "bytes behind a log's end are not a part of it: noted, or malformed" {
	desc=boot
	"$GENLOG" -f ccel --values $desc >values
	"$GENLOG" -f ccel --append ffffffffffffffffffffffff00000000000000000000000000 $desc >log
	tsm verify --values values --input log
	assert_success
	[ -n "$stderr" ]
	"$GENLOG" -f ccel --append 010203 $desc >log
	tsm verify --values values --input log
	assert_failure 5
}

@test "quotes and reports: a log is verified against each, and a flipped one is not" {
	nonce=$(printf '%0128d' 7)
	quoted() {
		local evidence
		case $NAME in ccel | ccel-ff | ccel-zero | aael* | systemd-cc | dstack* | tlv-google | json-own) ;; *) return 0 ;; esac
		for evidence in '--quote 4' '--quote 5' '--quote 5-15' --tdreport; do
			# shellcheck disable=SC2086 # words
			"$GENLOG" "${OPTS[@]}" $evidence --report-data "$nonce" "$DESC" >evidence
			tsm verify "${evidence%% *}" evidence --report-data "$nonce" --input "$LOG"
			assert_success
			tsm verify "${evidence%% *}" evidence --report-data "${nonce%7}8" --input "$LOG"
			assert_failure 1
			# The registers that the log has are those that are printed, in the same words.
			tsm -q read "${evidence%% *}" evidence
			assert_success
			assert_equal "$(comm -13 <(sort <<<"$output") <(sort "$VALUES"))" ''
			# A quote of another boot.
			# shellcheck disable=SC2086
			"$GENLOG" "${OPTS[@]}" $evidence --drop 3 "$DESC" >evidence 2>/dev/null || continue
			tsm verify "${evidence%% *}" evidence --input "$LOG"
			assert_failure 1
		done
	}
	each quoted
}

@test "quotes: cut at every byte, wrong lengths, other versions, trailing bytes, debug" {
	"$GENLOG" -f ccel boot >log
	for v in 4 5 5-15; do
		"$GENLOG" -f ccel --quote $v boot >quote
		size=$(stat -c %s quote)
		for ((at = 0; at < size; at += 41)); do
			head -c $at quote >piece
			tsm verify --quote piece --input log
			assert_failure 5
		done
		head -c $((size - 1)) quote >piece
		tsm read --quote piece
		assert_refused 5 "'piece': *"
		for length in 0 1 4294967295 2147483648 $size; do
			"$GENLOG" -f ccel --quote $v --sig-len $length boot >wrong
			tsm read --quote wrong
			assert_failure 5
		done
		"$GENLOG" -f ccel --quote $v --append "$(printf '%02000d' 1)" boot >long
		tsm read --quote long
		assert_success
		[[ $stderr == *'ignored 1000 bytes'* ]] || fail "$stderr"
		"$GENLOG" -f ccel --quote $v --debug boot >debug
		tsm read --quote debug
		assert_success
		[[ $stderr == *[Dd]ebug* ]] || fail "$stderr"
	done
	{ printf '\3\0' && tail -c +3 quote; } >other
	tsm read --quote other
	assert_refused 5 "'other': *"
	{ printf '\331\1\217' && tail -c +3 quote; } >other
	tsm read --quote other
	assert_refused 5 "'other': *"
}

@test "exports read back to the same registers" {
	exports() {
		local format
		[ "$DESC" = boot ] || [ "$DESC" = agent-boot ] || return 0
		for format in cel-json cel-tlv tcg2; do
			tsm log --format $format --input "$LOG"
			echo "$format"
			if [ $format = tcg2 ] && [ "$NAME" = json-lines ]; then # PCRs, and an RTMR
				assert_failure 3
				continue
			fi
			assert_success
			mkdir -p "in/$NAME/$format"
			cp "$OUT" "in/$NAME/$format/log"
			tsm replay "in/$NAME/$format/log"
			assert_success
			diff <(sort <<<"$output") <(sort "$VALUES")
		done
	}
	# tpm2_eventlog takes a TPM's log (tests/bats/gen.bats says what it gets wrong).
	each exports
	"$GENLOG" -f tpm --drop 0 boot >log
	"$TSMCTL" --root /nonexistent log --format tcg2 --input log >exported
	tpm2_eventlog exported 2>/dev/null | grep -A 99 '^pcrs:' >peer
	diff peer <(tpm2_eventlog log 2>/dev/null | grep -A 99 '^pcrs:')
}

@test "an event that is altered is so in every export, or refused" {
	stays() {
		local n format as
		[ "$NAME" != journal ] || return 0
		for n in ${MUST[0]+"${MUST[0]}" "${MUST[-1]}"}; do
			damaged --alter "$n"
			is_damage "$n" || continue
			for format in cel-json cel-tlv tcg2; do
				tsm log --format $format --input "$DAMAGED"
				echo "event $n, $format"
				if [ "$status" = 3 ]; then
					# PCRs, and an RTMR
					[ "$NAME $format" = "json-lines tcg2" ] || fail "$stderr"
					continue
				fi
				assert_success
				as=$format
				[ $format != tcg2 ] || { grep -q pcr "$VALUES" && as=tpm; } || as=ccel
				cp "$OUT" exported
				tsm log --jsonl --input exported:$as
				assert_json -s '[.[] | select(.data_matches == false)] | length == 1'
				tsm verify --values "$VALUES" --input exported:$as
				assert_failure 1
				[[ $output == *altered* && $output != *mismatch* ]] || fail "$output"
			done
		done
	}
	each stays
}

# sha384 TEXT: of its bytes, in hex. cel_record REGISTER TEXT CONTENT: a record with the digest of TEXT.
sha384() { printf '%b' "$1" | sha384sum | cut -d' ' -f1; }
hex() { printf '%b' "$1" | od -An -vtx1 | tr -d ' \n'; }
cel_record() { printf '{%s,"digests":[{"hashAlg":"sha384","digest":"%s"}],%s}\n' "$1" "$(sha384 "$2")" "$3"; }
pcclient() { printf '"content_type":"pcclient_std","content":{"event_type":"%s","event_data":"%s"}' "$1" "$(hex "$2")"; }

# values REGISTER TEXT...: what it holds after these were extended.
values() {
	local text value=$ZERO48
	for text in "${@:2}"; do
		value=$(sha384 "$(sed 's/../\\x&/g' <<<"$value$(sha384 "$text")")")
	done
	printf '%s  %s:sha384\n' "$value" "$1"
}

@test "registers that are shown alike are one" {
	local row number name shown own='"content_type":"tsmctl","content":{"kind":"record","data":"%s"}'
	for row in '"nv_index":29426176|nv0x1c10200|nv0x01c10200' '"ccmr":5|ccmr5|ccmr5' '"pcr":100|pcr100|pcr100' \
		'"rtmr":0|tdx_guest/rtmr0:sha384|rtmr0'; do
		IFS='|' read -r number name shown <<<"$row"
		# shellcheck disable=SC2059 # the format is above
		{
			cel_record "$number" good "$(printf "$own" "$(hex good)")"
			cel_record "\"register\":\"$name\"" forged "$(printf "$own" "$(hex forged)")"
		} >log
		values "$shown" good >good
		values "$shown" good forged >both
		tsm log --input log
		assert_success
		[ "$(grep -c "$shown:sha384" <<<"$output")" = 2 ]
		tsm verify --values good --input log
		assert_failure 1
		[[ $output == *"log-ahead  $shown:sha384"* ]] || fail "$output"
		tsm verify --values both --input log
		assert_success
		assert_output "match  $shown:sha384"
	done
	cel_record '"register":"pcr1 "' x "$(pcclient EV_IPL x)" >log
	tsm log --jsonl --input log
	assert_refused 5 "'log': offset 0: 'register' is not a name: one word of printable ASCII"
}

@test "a type that is shown like another is malformed" {
	local type
	for type in 'EV_EFI_ACTION\u0000' 'EV_EFI_ACTION ' 'EV_EFI\u00a0ACTION'; do
		cel_record '"rtmr":1' hidden "$(pcclient TYPE shown)" >log
		sed -i "s/TYPE/${type//\\/\\\\}/" log
		tsm log --jsonl --input log
		assert_refused 5 "'log': offset 0: 'event_type' is not a name: one word of printable ASCII"
	done
	cel_record '"rtmr":1' hidden '"content_type":"tsmctl","content":{"kind":"EV_EFI_ACTION","data":"00"}' >log
	tsm log --jsonl --input log
	assert_refused 5 "'log': offset 0: 'kind' is 'EV_EFI_ACTION', the type of an event that only a pcclient_std content has"
	cel_record '"pcr\u0000x":1' hidden "$(pcclient EV_IPL shown)" >log
	tsm log --jsonl --input log
	assert_refused 5 "'log': offset *: a NUL (?u0000) in the name of a member"
	cel_record '"pcr":1.' hidden "$(pcclient EV_IPL shown)" >log
	tsm log --jsonl --input log
	assert_refused 5 "'log': offset *: not JSON: a number in a form that JSON does not have"
}

@test "JSON is what RFC 8259 says, to every reader" {
	local row pattern json
	# PATTERN|MEMBERS, as printf has them
	for row in 'not JSON: a number in a form that JSON does not have|"x":00' \
		'not JSON: a number in a form that JSON does not have|"x":01.5' \
		'not JSON: a number in a form that JSON does not have|"x":1.' \
		'not JSON: a number in a form that JSON does not have|"x":1.e5' \
		'not JSON: NaN or Infinity|"x":NaN' 'not JSON: NaN or Infinity|"x":-Infinity' \
		'not JSON: a control character in a string|"x":"\t"' 'not JSON: a control character in a string|"x\n":1' \
		"not JSON: a name that is not in double quotes|'x':1" \
		'not JSON: an escape without four hex digits|"x":"\\u12"' 'not JSON: ?*|"x":"\\x"' 'not JSON: ?*|"x":[1,]' \
		'not JSON: ?*|"x":1/**/' 'not UTF-8|"x":"\xed\xa0\x80"' 'a NUL byte in JSON|"x":\0001' \
		'half of a surrogate pair in a string, without the other half|"x":"\\ud800"' \
		'half of a surrogate pair in a string, without the other half|"x":"\\udc00\\ud800"' \
		'a NUL (?u0000) in the name of a member|"x\\u0000":1' \
		'two members of one object have the same name|"x":1,"x":1' \
		'two members of one object have the same name|"x":{"pcr":1,"\\u0070cr":2}'; do
		pattern=${row%%|*} json=${row#*|} ROW=$row
		# shellcheck disable=SC2059 # the row is a format
		{ printf '{' && printf "$json" && printf ',"pcr":1,"digests":[]}\n'; } >log
		tsm log --jsonl --input log:cel-json
		assert_refused 5 "'log': offset *: $pattern"
		tsm log --jsonl --input log:dstack
		assert_refused 5 "'log': offset *: $pattern"
		tsm log --jsonl --input log:systemd
		assert_refused 5 "'log': offset *: $pattern"
		tsm verify --values log --expect log
		assert_refused 5 "'log': not the JSON of 'tsmctl read': byte *: $pattern"
		tsm read --quote log
		assert_refused 5 "'log': neither evidence nor JSON with a quote: byte *: $pattern"
	done
	cel_record '"pcr":1,"recnum":18446744073709551616' x "$(pcclient EV_IPL x)" >log
	tsm log --jsonl --input log
	assert_refused 5 "'log': offset 0: 'recnum' is not a number of 64 bits"
	cel_record '"pcr":1,"recnum":1,"x":18446744073709551616,"\ud83d\ude00":{"pcr":"\u0000"}' x "$(pcclient EV_IPL x)" >log
	tsm log --jsonl --input log
	assert_success
}

@test "text behind a NUL is shown" {
	cel_record '"rtmr":1' 'shown\0hidden' "$(pcclient EV_EFI_ACTION 'shown\0hidden')" >log
	cel_record '"rtmr":1' 'x\0hidden' "$(pcclient EV_IPL 'grub_cmd: x\0hidden')" >>log
	cel_record '"rtmr":1' 'phase\0hidden' '"content_type":"systemd","content":{"string":"phase\u0000hidden","eventType":"phase"}' >>log
	tsm log --input log
	assert_success
	[ "$(grep -c ' yes .*\\0hidden' <<<"$output")" = 3 ] || fail "$output"
	tsm log --jsonl --input log
	assert_json -s 'all(.[]; .data_matches) and all(.[]; .description // .data_text | endswith("\u0000hidden"))'
}

@test "what dstack does not hash of a firmware's event is no data" {
	printf '{"imr":0,"event_type":2147483655,"digest":"%s","event":"on","event_payload":"%s"}\n' \
		"$(sha384 off)" "$(hex off)" >log
	tsm log --input log:dstack
	assert_success
	[[ $output == *' yes     off' && $output != *'on'$'\n'* ]] || fail "$output"
	tsm log --jsonl --input log:dstack
	assert_json '.data_text == "off" and .note == "on" and (has("description") | not)'
}

@test "no event extends CC MR 0" {
	cel_record '"ccmr":0' forged "$(pcclient EV_ACTION forged)" >log
	cel_record '"register":"mrtd"' forged "$(pcclient EV_ACTION forged)" >>log
	cel_record '"rtmr":0' real "$(pcclient EV_ACTION real)" >>log
	tsm log --jsonl --input log
	assert_json -s 'map(.extends) == [false, false, true] and map(.register) == ["mrtd:sha384", "mrtd:sha384", "rtmr0:sha384"]
		and map(.data_matches) == [null, null, true]'
	values rtmr0 real >values
	tsm verify --values values --input log
	assert_success
	for format in cel-json cel-tlv tcg2; do
		tsm log --format $format --input log
		assert_success
		cp "$OUT" exported
		tsm log --jsonl --input exported
		assert_json -s 'map(select(.type_id != 3).extends) == [false, false, true]'
	done
}

@test "data that explains one bank and not another is altered in both" {
	printf '{"rtmr":1,"digests":[{"hashAlg":"sha384","digest":"%s"},{"hashAlg":"sha256","digest":"%s"}],%s}\n' \
		"$(sha384 real)" "$(printf forged | sha256sum | cut -d' ' -f1)" "$(pcclient EV_S_CRTM_VERSION forged)" >log
	values rtmr1 real >values
	tsm verify --values values --input log
	assert_failure 1
	[[ $output == 'altered  rtmr1:sha384'* ]] || fail "$output"
	tsm log --jsonl --input log rtmr1:sha384
	assert_json '.data_matches == false'
}

@test "several logs of a register, in any order" {
	"$GENLOG" -f ccel boot >ccel.log
	cat boot >both
	sed 's/^pcr15/pcr11/' systemd | grep phase >later
	cat later >>both
	"$GENLOG" -f systemd:cc later >later.log
	"$GENLOG" -f cel-json -b sha384 --values <(sed -E 's/^pcr(8|9|11) /rtmr2 /; s/^pcr[17] /rtmr0 /; s/^pcr[2-6] /rtmr1 /; s/^pcr0 /mrtd /' both) >values
	tsm verify --json --values values --input ccel.log --input later.log
	assert_success
	assert_json '.registers[] | select(.register == "rtmr2:sha384") | .sources == ["ccel.log", "later.log"]'
	json .registers >joined
	tsm verify --json --values values --input later.log --input ccel.log
	assert_success
	diff joined <(json .registers)
}

@test "a firmware log without the events that end the boot services: noted as taken early or cut" {
	local log="$ROOTS/ovmf-swtpm/sys/kernel/security/tpm0/binary_bios_measurements" at command
	local said="'short': no 'Exit Boot Services' event: the log was taken before the kernel started, or its end is missing"
	cd "$BATS_TEST_TMPDIR"
	for command in 'log --input' replay; do
		# shellcheck disable=SC2086
		go "$TSMCTL" $command "$log"
		assert_done
	done
	at=$("$TSMCTL" log --input "$log" --jsonl | jq 'select(.data_text // "" | startswith("Exit Boot")) | .offset' | head -n 1)
	head -c "$at" "$log" >short
	for command in 'log --input' replay; do
		# shellcheck disable=SC2086
		go "$TSMCTL" $command short
		assert_success
		assert_equal "$stderr" "tsmctl: $said"
	done
	"$TSMCTL" replay -q short >values
	go "$TSMCTL" verify --values values --input short
	assert_success
	assert_equal "$stderr" "tsmctl: $said"
	for command in 'verify --values values --input' replay "diff $log"; do
		# shellcheck disable=SC2086
		go "$TSMCTL" -q --json $command short
		assert_json --arg said "${said#*: }" '.logs[0].note == $said'
		assert_json '[.reference_logs[]? | has("note")] | any | not'
	done
	# A log of what is no UEFI firmware ends without them.
	"$GENLOG" -f ccel - <<<'rtmr0 EV_SEPARATOR sep' >shim
	go "$TSMCTL" replay shim
	assert_done
}

@test "what is exported of a log that is cut is never verified with a better verdict" {
	local format as at
	"$GENLOG" -f ccel --drop 0 boot >whole
	"$GENLOG" -f ccel --drop 0 --values boot >values
	for at in 70 $(($(stat -c %s whole) / 2)) $(($(stat -c %s whole) - 1)); do
		head -c "$at" whole >piece
		tsm verify --values values --input piece
		assert_failure 5
		for format in tcg2 cel-json cel-tlv; do
			as=${format/tcg2/ccel}
			go "$TSMCTL" --root /nonexistent log --format "$format" --input piece
			assert_failure 5
			cp "$OUT" exported
			for log in exported "exported:$as"; do
				echo "$at $log $format"
				tsm verify --values values --input "$log"
				assert_failure 5
				[[ $output != *match* && $output != *untouched* ]] || fail "$output"
				tsm replay "$log"
				assert_failure 5
			done
		done
	done
	# Of two logs it is the second.
	tsm log --format cel-json --input whole --input piece
	assert_failure 5
	cp "$OUT" exported
	tsm verify --values values --input exported
	assert_failure 5
	# An event that cannot be represented: it and what follows are not in the export.
	printf '%s\n' 'pcr4 EV_IPL text:abc' >one
	"$GENLOG" -f tpm one >pcrs
	tsm log --format tcg2 --input pcrs:tpm --input whole:ccel --input pcrs:tpm
	assert_failure 3
	[[ $stderr == *"tsmctl: not exported: an event before it cannot be represented"* ]] || fail "$stderr"
	cp "$OUT" exported
	tsm replay exported
	assert_failure 5
}
