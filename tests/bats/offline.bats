#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Registers against logs in files, away from their machine: what formats.bats has no row for.

setup() {
	load common
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	# Without PCR 0: as a CCEL's, its events would be of MRTD, which is noted.
	sed '/^#/d; /NO_ACTION/!s/^pcr0 /pcr1 /' "$BATS_TEST_DIRNAME/../gen/boot.txt" >boot
}

tsm() { go "$TSMCTL" --root /nonexistent "$@"; }

# values LINE...: the file that --values takes.
values() { printf '%s\n' "$@" >values; }

# A journal of one register, written line by line: begin; then intent TEXT [BEFORE] and end KIND.
begin() {
	SEQ=0 VALUE=$ZERO48
	echo '{"schema":"tsmctl.journal/1","boot_id":"0f0f0f0f-1111-2222-3333-444444444444","created":"2026-11-24T16:17:31Z"}' >j
}

intent() {
	local digest
	digest=$(textsum sha384 "$1")
	VALUE=${2:-$VALUE}
	BEFORE=$VALUE
	VALUE=$(extended sha384 "$VALUE" "$digest")
	printf '{"kind":"intent","seq":%u,"register":"tdx_guest/rtmr3:sha384","record_hex":"%s","digest":"%s",%s}\n' "$SEQ" \
		"$(hex "$1")" "$digest" "\"before\":\"$BEFORE\",\"expected\":\"$VALUE\",\"pid\":7,\"start\":9,\"time\":\"2026-11-24T16:17:31Z\"" >>j
}

end() {
	printf '{"kind":"%s","seq":%u%s}\n' "$1" "$SEQ" "${2:+,\"value\":\"$2\"}" >>j
	SEQ=$((SEQ + 1))
}

@test "journal: an intent without an end counts if the register says so" {
	begin
	intent one
	end commit
	intent two
	values "$VALUE  rtmr3:sha384"
	tsm verify --values values --input j
	assert_done
	assert_output 'match  rtmr3:sha384'
	tsm verify --json --values values --input j
	assert_json '.registers[0].records == 2'
	values "$BEFORE  rtmr3:sha384"
	tsm verify --values values --input j
	assert_done
	tsm replay j
	assert_output "$BEFORE  rtmr3:sha384"
	tsm log --jsonl --input j
	assert_json -s 'map(.extends) == [true, null]'
	# The intent without an end is no claim: what is left out is the other log's.
	one_bank_record sha384 good >behind
	tsm verify -q --values values --input j --input behind
	assert_failure 1
	assert_output 'log-ahead  rtmr3:sha384  (the last event of '"'behind'"', event 0, was logged but not extended)'
	values "$(printf '%096d' 1)  rtmr3:sha384"
	tsm verify --values values --input j
	assert_failure 1
	assert_output "mismatch  rtmr3:sha384  (after event 0 of 'j' it was extended by something that is in none of these logs)"
}

@test "a log beside one that is too long to search among: what it claims is neither passed over nor denied" {
	local order
	one_bank_record sha384 x >x
	for _ in {1..9000}; do cat x; done >long
	tsm replay long
	values "$output"
	tsm verify -q --values values --input long
	assert_output 'match  rtmr3:sha384'
	printf 'FORGED\n\n' >rtmr3.log
	for order in "long rtmr3.log:rfc-text" "rtmr3.log:rfc-text long"; do
		# shellcheck disable=SC2046,SC2086 # words
		tsm verify -q --values values $(printf -- '--input %s ' $order)
		assert_failure 1
		assert_output 'undecided  rtmr3:sha384  (these logs allow too many sequences to try them all: result unknown)'
	done
	# Nor are events of a copy said to be extended by nobody; those that are in no other log are.
	head -n 5 long >copy
	cp copy further
	one_bank_record sha384 FORGED >>further
	for order in copy further; do
		tsm verify -q --values values --input "$order" --input long
		assert_output 'undecided  rtmr3:sha384  (these logs allow too many sequences to try them all: result unknown)'
	done
	one_bank_record sha384 FORGED >forged
	tsm verify -q --values values --input long --input forged
	assert_output "log-ahead  rtmr3:sha384  (the last event of 'forged', event 0, was logged but not extended)"
	# Lines that claim nothing leave nothing open.
	printf '# a comment\n\n' >rtmr3.log
	tsm verify -q --values values --input long --input rtmr3.log:rfc-text
	assert_output 'match  rtmr3:sha384'
}

@test "a log beside a journal that is too long to search among is not denied" {
	local value
	echo 'rtmr3 record text:x' | "$GENLOG" -f journal --repeat 8200 - >j
	echo 'rtmr3 record text:x' | "$GENLOG" -f journal --repeat 8200 --values - >values
	tsm verify --values values --input j
	assert_done
	# Through tsmctl it has made the first record; one more extend is its own.
	one_bank_record sha384 x >program
	one_bank_record sha384 own >>program
	value=$(extended sha384 "$(cut -d' ' -f1 values)" "$(textsum sha384 own)")
	values "$value  rtmr3:sha384"
	tsm verify -q --values values --input j --input program
	assert_failure 1
	assert_output 'undecided  rtmr3:sha384  (these logs allow too many sequences to try them all: result unknown)'
	# Its own event alone is where it has to be.
	sed -i 1d program
	tsm verify -q --values values --input j --input program
	assert_done
}

@test "many events: the logs of one register are no limit for those of another" {
	local r log order
	for r in 2 3; do
		for log in a b c; do
			echo "rtmr$r EV_EFI_ACTION text:$log" | "$GENLOG" -f cel-json --frame lines --repeat 2999 - >"$log$r"
		done
		cat "b$r" "a$r" "c$r" >"all$r"
		tsm replay -q "all$r"
		echo "$output"
	done >values
	for order in "a3 b3 c3 a2 b2 c2" "c2 a3 b2 c3 b3 a2"; do
		# shellcheck disable=SC2046,SC2086 # words
		tsm verify -q --values values $(printf -- '--input %s ' $order)
		assert_done
		assert_output $'match  rtmr2:sha384\nmatch  rtmr3:sha384'
	done
}

# extends TEXT...: what the register holds then.
extends() { values "$(recorded sha384 "$ZERO48" "$@")  rtmr3:sha384"; }

# log_of FILE TEXT...
log_of() {
	local text
	: >"$1"
	for text in "${@:2}"; do one_bank_record sha384 "$text" >>"$1"; done
}

@test "a log beside a right one: what it has too much, or at another place" {
	extends a b c d
	log_of right a b c d
	log_of log a c b d
	tsm verify -q --values values --input right --input log
	assert_failure 1
	assert_output "mismatch  rtmr3:sha384  (event 2 of 'log' was extended, but not where it stands in this log)"
	tsm verify -q --json --values values --input right --input log
	assert_json '.registers[0].diagnosis == {kind: "order", source: "log", seq: 2, type: "record", name: "b"} and .registers[0].unextended == []'
	# The last of it, too, was extended: it is no log that is ahead.
	log_of log b c d a
	tsm verify -q --values values --input log --input right
	assert_output "mismatch  rtmr3:sha384  (event 3 of 'log' was extended, but not where it stands in this log)"
	log_of log a x y b
	tsm verify -q --values values --input right --input log
	assert_output "mismatch  rtmr3:sha384  (event 1 of 'log' and 1 other were logged but not extended: without them the logs give this value)"
	tsm verify -q --json --values values --input log --input right
	assert_json '[.registers[0].unextended[] | del(.type, .name)] == [{source: "log", seq: 1}, {source: "log", seq: 2}]'
	log_of log a a b
	tsm verify -q --values values --input right --input log
	assert_output "mismatch  rtmr3:sha384  (event 1 of 'log' was logged but not extended: without it the log gives this value)"
}

@test "one claim stands for one extend: an extend that no log is left for is no match" {
	log_of one t s
	cp one old
	log_of two s u
	# The second t is in no log, unless the copy has another program's t, and then its s was not extended.
	extends t s s t u
	tsm verify -q --values values --input one --input old --input two
	assert_failure 1
	refute_output --partial match
	extends t s s u
	tsm verify -q --values values --input one --input old --input two
	assert_done
}

@test "what is said of two logs does not depend on the order in which they are named" {
	extends a
	printf 'a\n\nx\n\n' >rtmr3.log
	mkdir old
	cp rtmr3.log old
	tsm verify -q --values values --input rtmr3.log:rfc-text --input old/rtmr3.log:rfc-text
	assert_failure 1
	assert_output "log-ahead  rtmr3:sha384  (the last event of 'old/rtmr3.log', event 1, was logged but not extended; the last event of 'rtmr3.log', event 1, was logged but not extended)"
	said=$output
	tsm verify -q --values values --input old/rtmr3.log:rfc-text --input rtmr3.log:rfc-text
	assert_output "$said"
}

@test "firmware's log with an agent's events in it, beside another program's" {
	local i a=() b=() firmware=() value=$ZERO48 text
	for i in {0..5}; do
		echo "rtmr3 aael text:a $i" >&3
		b+=("b$i")
	done 3>agent
	for i in {0..3}; do echo "rtmr3 EV_EFI_ACTION text:f$i"; done >boot
	"$GENLOG" -f ccel boot >firmware
	cat boot agent | "$GENLOG" -f ccel - >joined
	mapfile -t firmware < <("$TSMCTL" log --jsonl --input firmware | jq -r 'select(.extends) | .digests[0].digest')
	mapfile -t a < <("$TSMCTL" log --jsonl --input joined | jq -r 'select(.extends) | .digests[0].digest' | tail -n 6)
	for text in "${firmware[@]}"; do value=$(extended sha384 "$value" "$text"); done
	for i in {0..5}; do
		value=$(extended sha384 "$value" "$(textsum sha384 "${b[i]}")")
		value=$(extended sha384 "$value" "${a[i]}")
	done
	log_of other "${b[@]}"
	values "$value  rtmr3:sha384"
	for order in "joined other" "other joined"; do
		# shellcheck disable=SC2046,SC2086 # words
		tsm verify -q --values values $(printf -- '--input %s ' $order)
		assert_done
		assert_output 'match  rtmr3:sha384'
	done
}

@test "PCR 17 to 22 may start with ones, others may not" {
	local ones n
	ones=$(printf 'f%.0s' {1..64})
	echo 'pcr0 EV_EFI_ACTION text:x' | "$GENLOG" -f tpm -b sha256 - >log
	for n in {16..23}; do echo "$ones  pcr$n:sha256"; done >values
	tsm verify -q --values values --input log
	assert_failure 1
	assert_output "$(for n in {16..23}; do
		case $n in
		16 | 23) echo "unlogged  pcr$n:sha256  (changed, and no log has an event of it; this PCR can be reset, and no log shows that)" ;;
		*) echo "untouched  pcr$n:sha256" ;;
		esac
	done)"
}

@test "journal behind two logs: what extended after it is placed, in whatever order they are named" {
	local after text order
	begin
	for text in one two; do
		one_bank_record sha384 "$text" >"$text"
		VALUE=$(extended sha384 "$VALUE" "$(textsum sha384 "$text")")
	done
	intent three
	end commit
	after=$(extended sha384 "$VALUE" "$(textsum sha384 foreign)")
	values "$after  rtmr3:sha384"
	for order in "one two j" "two one j" "j two one" "two j one"; do
		# shellcheck disable=SC2046,SC2086 # words
		tsm verify --values values $(printf -- '--input %s ' $order)
		assert_failure 1
		assert_output "mismatch  rtmr3:sha384  (after event 0 of 'j' it was extended by something that is in none of these logs)"
	done
}

@test "journal: a void record counts for nothing; after an unknown one nothing is sure" {
	local after
	begin
	intent one
	end void
	VALUE=$BEFORE
	intent two
	end commit
	values "$VALUE  rtmr3:sha384"
	tsm verify --values values --input j
	assert_done
	tsm log --jsonl --input j
	assert_json -s 'map(.extends) == [false, true]'
	intent three
	after=$(extended sha384 "$VALUE" "$(textsum sha384 'somebody else')")
	end unknown "$after"
	intent four "$after"
	end commit
	values "$VALUE  rtmr3:sha384"
	tsm verify --values values --input j
	assert_failure 1
	assert_output "mismatch  rtmr3:sha384  (between events 1 and 3 of 'j' it was extended by something that is in none of these logs)"
}

@test "journal: records in another order than they were extended in are no match" {
	local values=("$ZERO48") n
	for n in 0 1 2; do values+=("$(extended sha384 "${values[n]}" "$(textsum sha384 "r$n")")"); done
	begin
	for n in 2 1 0; do
		intent "r$n" "${values[n]}"
		end commit
	done
	values "${values[3]}  rtmr3:sha384"
	tsm verify --values values --input j
	assert_failure 1
	assert_output "mismatch  rtmr3:sha384  (what these logs have does not give the value that event 0 of 'j' found)"
	begin
	for n in 0 2 1; do
		intent "r$n" "${values[n]}"
		end commit
	done
	tsm verify --values values --input j
	assert_output "mismatch  rtmr3:sha384  (after event 0 of 'j', what these logs have does not give the value that event 1 found)"
	# Of more than are searched among: the last record first.
	echo 'rtmr3 record text:x' | "$GENLOG" -f journal --repeat 8200 - >j
	echo 'rtmr3 record text:x' | "$GENLOG" -f journal --repeat 8200 --values - >values
	tsm verify --values values --input j
	assert_done
	{ head -n 1 j && tail -n 2 j && sed -e 1d j | head -n -2; } |
		awk 'NR > 1 { sub(/"seq":[0-9]+/, "\"seq\":" int((NR - 2) / 2)) } { print }' >disorder
	tsm verify --values values --input disorder
	assert_failure 1
	assert_output 'mismatch  rtmr3:sha384  (the logs do not reproduce this value)'
}

@test "journal: ends that are not known, beside the log of the program that came between" {
	local n said=()
	for n in {1..6}; do said+=("own$n"); done
	begin
	for n in {1..6}; do
		BEFORE=$VALUE
		intent "r$n"
		VALUE=$(recorded sha384 "$BEFORE" "own$n" "r$n")
		end unknown "$VALUE"
	done
	cp j older
	sed -i '$d' older
	log_of program "${said[@]}"
	values "$VALUE  rtmr3:sha384"
	tsm verify -q --values values --input j --input program
	assert_done
	assert_output 'match  rtmr3:sha384'
	tsm verify -q --values values --input program --input older --input j
	assert_done
	assert_output 'match  rtmr3:sha384'
}

@test "journal: registers that no index stands for, together and each alone" {
	begin
	intent one
	end commit
	intent two
	end commit
	sed 's,tdx_guest/rtmr3,sample/one,' j >first
	tail -n +2 j | sed 's,tdx_guest/rtmr3,sample/two,; s/"seq":0/"seq":2/; s/"seq":1/"seq":3/' | cat first - >both
	values "$VALUE  sample/one:sha384" "$VALUE  sample/two:sha384" "$ZERO48  sample/three:sha384"
	tsm verify --values values --input both
	assert_done
	assert_output "match  sample/one:sha384
match  sample/two:sha384
untouched  sample/three:sha384"
	for name in one two; do
		values "$VALUE  sample/$name:sha384"
		tsm verify --json --values values --input both
		assert_json '.registers == [.registers[0]] and .registers[0].verdict == "match" and .registers[0].records == 2'
	done
	values "$BEFORE  sample/one:sha384" "$VALUE  sample/two:sha384"
	tsm verify --values values --input both
	assert_failure 1
	assert_line "log-ahead  sample/one:sha384  (the last event of 'both', event 1, was logged but not extended)"
	assert_line 'match  sample/two:sha384'
}

@test "journal: a foreign extend is located, one before the first record is a start that is not initial" {
	begin
	intent one "$(textsum sha384 'not initial')"
	end commit
	values "$VALUE  rtmr3:sha384"
	tsm verify --values values --input j
	assert_failure 1
	assert_output 'partial  rtmr3:sha384  (it starts from a value that the log states and that is not initial; what came before is in none of these logs)'
	echo "$(textsum sha384 'not initial')  rtmr3:sha384" >initial
	tsm verify --values values --initial initial --input j
	assert_done
	intent two "$(textsum sha384 'somebody else')"
	end commit
	values "$VALUE  rtmr3:sha384"
	tsm verify --values values --input j
	assert_failure 1
	assert_output "mismatch  rtmr3:sha384  (before event 0 of 'j' it was extended by something that is in none of these logs)"
}

@test "journal: a torn last line was being written; what stands before it counts" {
	begin
	intent one
	end commit
	values "$VALUE  rtmr3:sha384"
	whole=$(stat -c %s j)
	intent two
	truncate -s -3 j
	tsm verify --values values --input j
	assert_success
	assert_output 'match  rtmr3:sha384'
	assert_equal "$stderr" "tsmctl: 'j': offset $whole: the last line is torn: the journal was cut, or copied while it was written"
	head -c 70000 /dev/zero | tr '\0' x >>j
	tsm verify --values values --input j
	assert_failure 5
	assert_output "error  rtmr3:sha384  ('j': its last line has more than 65536 bytes)"
	assert_equal "$stderr" "tsmctl: 'j': its last line has more than 65536 bytes"
}

@test "journal behind CCEL: the one begins where the other ends" {
	"$GENLOG" -f ccel boot >ccel
	begin
	intent one "$("$GENLOG" -f ccel --values boot | sed -n 's/  rtmr2:sha384//p')"
	end commit
	sed -i 's/rtmr3/rtmr2/' j
	values "$VALUE  rtmr2:sha384"
	tsm verify --values values --input ccel --input j
	assert_done
	tsm verify --json --values values --input ccel --input j
	assert_json '.registers[0].sources == ["ccel", "j"]'
	tsm verify --values values --input j
	assert_failure 1
	assert_output --partial 'partial  rtmr2:sha384'
}

@test "the agent's text log starts from the value that its first line states" {
	local start before init
	start=$(textsum sha384 'what came before')
	for init in "INIT sha384/$start" "INIT/sha384 $start"; do
		printf '%s\n' "$init" 'a b c' >log
		VALUE=$start
		for line in "$init" 'a b c'; do VALUE=$(extended sha384 "$VALUE" "$(textsum sha384 "$line")"); done
		values "$VALUE  rtmr3:sha384"
		tsm verify --values values --input log
		assert_failure 1
		assert_output "partial  rtmr3:sha384  (it starts from a value that the log states and that is not initial; what came \
before is in none of these logs)"
		# What is trusted to have been there is initial.
		printf '%s  rtmr3:sha384\n' "$start" >initial
		tsm verify --values values --initial initial --input log
		assert_done
		assert_output 'match  rtmr3:sha384'
	done
	# Of another value the whole log is wrong, whatever its first line says.
	before=$(extended sha384 "$ZERO48" "$(textsum sha384 'a b c')")
	values "$before  rtmr3:sha384"
	tsm verify --values values --input log
	assert_failure 1
	assert_output --partial 'mismatch  rtmr3:sha384'
}

@test "a kernel's text log behind others: from where they end" {
	local value
	"$GENLOG" -f ccel boot >ccel
	value=$("$GENLOG" -f ccel --values boot | sed -n 's/  rtmr1:sha384//p')
	k_begin "$PWD/k" sha384 "$value"
	k_append 'a record'
	cp k/event_log rtmr1.log
	values "$(filehex k/digest)  rtmr1:sha384"
	tsm verify --values values --input ccel --input rtmr1.log
	assert_done
	assert_output 'match  rtmr1:sha384'
	tsm verify --json --values values --input ccel --input rtmr1.log
	assert_json '.registers[0] | .sources == ["ccel", "rtmr1.log"] and .records == .matched_records'
	tsm replay ccel rtmr1.log
	assert_line "$(filehex k/digest)  rtmr1:sha384"
	"$GENLOG" -f ccel --alter 9 boot >ccel
	tsm verify --values values --input ccel --input rtmr1.log
	assert_failure 1
	assert_output --partial "altered  rtmr1:sha384  (event "
	"$GENLOG" -f ccel --drop 9 boot >ccel
	tsm verify --values values --input ccel --input rtmr1.log
	assert_failure 1
	assert_output 'mismatch  rtmr1:sha384  (the logs do not reproduce this value, and no single change that was tried does)'
	printf 'cut' >>rtmr1.log
	tsm verify --values values --input ccel --input rtmr1.log
	assert_failure 5
}

@test "a register whose hash the log does not have" {
	"$GENLOG" -f tpm -b sha1 boot >log
	values "$(textsum sha256 x)  pcr7:sha256"
	tsm verify --values values --input log
	assert_failure 1
	assert_output --regexp "^unsupported  pcr7:sha256  \(event [0-9]+ of 'log' has no digest of this hash\)$"
	values "$(textsum sha256 x)  pcr12:sha256" "$(textsum md5 x)  pcr7:md5" "$ZERO32  pcr13:sha256"
	tsm verify --values values --input log
	assert_failure 1
	assert_line 'unlogged  pcr12:sha256  (changed, and no log has an event of it)'
	assert_line 'untouched  pcr13:sha256'
}

@test "a log of another boot: none of its records was extended" {
	"$GENLOG" -f ccel boot >log
	values "$ZERO48  rtmr2:sha384"
	tsm verify --values values --input log
	assert_failure 1
	assert_output --regexp "^log-ahead  rtmr2:sha384  \(it has its initial value: none of the 5 events was extended, or the logs are of another boot or machine\)$"
}

@test "PCRs that start otherwise: H-CRTM, DRTM" {
	printf 'pcr0 EV_EFI_HCRTM_EVENT text:HCRTM\npcr0 EV_SEPARATOR sep\npcr17 EV_SEPARATOR sep\n' >d
	"$GENLOG" -f tpm -b sha256 d >log
	separator=$(sum sha256 < <(unhex 00000000))
	zero=$(extended sha256 "$(extended sha256 "${ZERO32%?}4" "$(textsum sha256 HCRTM)")" "$separator")
	for start in "$ZERO32" "$(printf 'ff%.0s' {1..32})"; do
		values "$zero  pcr0:sha256" "$(extended sha256 "$start" "$separator")  pcr17:sha256"
		tsm verify --values values --input log
		assert_done
		assert_output "$(printf 'match  pcr%u:sha256\n' 0 17)"
	done
	values "$(printf '01%.0s' {1..32})  pcr17:sha256"
	tsm verify --values values --input log
	assert_failure 1
}

@test "more registers than there can be" {
	seq -f '{"recnum":0,"nv_index":%.0f,"digests":[{"hashAlg":"sha256","digest":"'"$ZERO32"'"}],'"$(
	)"'"content_type":"pcclient_std","content":{"event_type":"EV_IPL","event_data":""}}' $((0x1500000)) $((0x1501000)) >log
	tsm replay log
	assert_refused 5 "'log': more than 4096 registers"
	sed -i '$d' log
	tsm replay log
	assert_done
	assert_equal "${#lines[@]}" 4096
}

@test "log: operands pick from any log; --format excludes other forms" {
	"$GENLOG" -f tpm -b sha1,sha256 boot >log
	tsm log --jsonl --input log pcr7
	assert_done
	assert_json -s 'map(.register) | unique == ["pcr7"]'
	tsm log --jsonl --input log 'pcr[45]:sha256'
	assert_json -s 'map(.register) | unique == ["pcr4", "pcr5"]'
	tsm log --input log pcr12
	assert_error 3 "no event in these logs is of 'pcr12'"
	tsm log --input log 'pcr1[2-4]'
	assert_error 2 "no event in these logs is of 'pcr1?2-4?'"
	head -c 1000 log >piece
	tsm replay --json piece
	assert_error 5 "'piece': offset 1000: the log ends within *"
	assert_json '(.registers | length) > 0 and all(.registers[]; .error.status == 5 and has("value") == false)'
	tsm log --format tcg2 --json --input log
	assert_error 2 '--format and --json cannot be combined'
	tsm log --format tcg2 --jsonl --input log
	assert_refused 2 '--format and --jsonl cannot be combined'
	tsm log --format nonsense --input log
	assert_refused 2 "*not one of tcg2, cel-json, cel-tlv"
}

@test "log: operands pick among more registers, with hashes in turn, than are remembered" {
	for bank in sha256 sha384 sha256,sha384; do
		for i in {0..699}; do echo "pcr$i EV_IPL text:x"; done | "$GENLOG" -f cel-json --frame lines -b "$bank" - >"$bank"
	done
	cat sha256 sha384 sha256,sha384 sha256 >log
	tsm log -q --jsonl --input log:cel-json 'pcr69?' 'pcr1[0-9][0-9]:sha384' pcr5:sha256
	assert_done
	assert_json -s 'map(.register) == [
		("sha256", "sha384", "", "sha256") as $hash | range(700) | "pcr\(.)" as $pcr |
		select(. >= 690 or (. >= 100 and . < 200 and $hash != "sha256") or (. == 5 and $hash != "sha384")) |
		if $hash == "" then $pcr else "\($pcr):\($hash)" end]'
}

@test "log: a journal's registers by their names, each with provider and hash or without" {
	begin
	intent one
	end commit
	sed -i 's/tdx_guest.rtmr3/sample\/r/' j
	for name in sample/r:sha384 sample/r r:sha384 r '*/*:sha384' 'sample/?'; do
		tsm log --jsonl --input j "$name"
		assert_done
		assert_json '.register == "sample/r:sha384"'
	done
	for name in sample/r:sha256 other/r sample/r: r:sha384:sha384; do
		tsm log --jsonl --input j "$name"
		assert_failure 3
	done
}

@test "a TVM's own registers against a log in a file" {
	use_root tdx
	"$GENLOG" -f ccel boot >ccel
	set_bytes "$ROOT/sys/kernel/tsm/tdx_guest/rtmr0/digest" "$("$GENLOG" -f ccel --values boot | sed -n 's/  rtmr0:sha384//p')"
	tsmctl verify --input ccel rtmr0
	assert_done
	assert_output 'match  tdx_guest/rtmr0:sha384'
}

@test "the name of a log is fit for a terminal and for JSON, whatever bytes it has" {
	"$GENLOG" -f ccel --values boot >values
	"$GENLOG" -f ccel --alter 9 boot >$'x\': fine)\nmatch  rtmr0:sha384\e[2J\xff'
	tsm verify --values values --input $'x\': fine)\nmatch  rtmr0:sha384\e[2J\xff'
	assert_failure 1
	assert_equal "${#lines[@]}" "$(wc -l <values)"
	assert_printable "$OUT"
	tsm verify --json --values values --input $'x\': fine)\nmatch  rtmr0:sha384\e[2J\xff'
	iconv -f UTF-8 -t UTF-8 "$OUT" >/dev/null
	assert_json '.verdict == "altered"'
	tsm log --jsonl --input $'x\': fine)\nmatch  rtmr0:sha384\e[2J\xff'
	iconv -f UTF-8 -t UTF-8 "$OUT" >/dev/null
	assert_json -s 'length > 0'
}

# near OPTIONS...: a log that differs from what was extended, beside the values of five events.
near() {
	printf 'rtmr2 EV_EFI_ACTION text:%s\n' one two three four five >five
	"$GENLOG" -f ccel five >right
	"$GENLOG" -f ccel --values five >values
	"$GENLOG" -f ccel "$@" five >log
	tsm verify --values values --input log
	assert_failure 1
}

@test "mismatch: the event that one change concerns is named" {
	near --flip 2
	assert_output "mismatch  rtmr2:sha384  (the digest of event 3 of 'log' is wrong: with the digest of its data the log gives this value)"
	near --drop 1
	assert_output 'mismatch  rtmr2:sha384  (the logs do not reproduce this value, and no single change that was tried does)'
	near --swap 1,2
	assert_output "mismatch  rtmr2:sha384  (event 2 of 'log' was extended after event 3, which follows it in the log)"
	"$GENLOG" -f ccel --drop 1 --values five >values
	tsm verify --values values --input right
	assert_failure 1
	assert_output "mismatch  rtmr2:sha384  (event 2 of 'right' was logged but not extended: without it the log gives this value)"
	sed '2p' five >six
	"$GENLOG" -f ccel --values six >values
	tsm verify --values values --input right
	assert_failure 1
	assert_output "mismatch  rtmr2:sha384  (event 2 of 'right' was extended one time more than the log shows)"
	assert_equal "$stderr" ''
}

@test "mismatch: an event that was logged for another register is named" {
	near --flip 2
	sed 's/rtmr2\(.*four\)/rtmr1\1/' five >moved
	"$GENLOG" -f ccel moved >log
	tsm verify --values values --input log
	assert_failure 1
	assert_line "mismatch  rtmr2:sha384  (event 4 of 'log', which is logged for another register, was extended to this one)"
	tsm verify --json --values values --input log
	assert_json '.registers[] | select(.register == "rtmr2:sha384").diagnosis == {kind: "other-register", source: "log", seq: 4,
		type: "EV_EFI_ACTION", name: "four"}'
}

@test "the order in which logs are given says nothing" {
	near --flip 2
	printf 'rtmr2 EV_EFI_ACTION text:%s\n' six seven >rest
	"$GENLOG" -f ccel rest >other
	"$GENLOG" -f ccel --values <(cat five rest) >values
	for inputs in 'right other' 'other right'; do
		tsm verify --json --values values --input "${inputs% *}" --input "${inputs#* }"
		assert_done
		assert_json '.registers[0] | .verdict == "match" and .sources == ["right", "other"] and .records == 7'
	done
}

@test "mismatch: a register of too many events is not searched, and says less" {
	near --flip 2
	for more in 600 9000; do
		"$GENLOG" -f ccel --repeat "$more" five >log
		"$GENLOG" -f ccel --repeat "$more" --drop 1 --values five >values
		tsm verify --values values --input log
		assert_failure 1
		# No change was tried where there are too many: nothing is said of what they give.
		[ "$more" = 600 ] || assert_output 'mismatch  rtmr2:sha384  (the logs do not reproduce this value)'
		[ "$more" = 9000 ] || assert_output "mismatch  rtmr2:sha384  (event 2 of 'log' was logged but not extended: $(
		)without it the log gives this value)"
	done
}

@test "mismatch: where no register matches, the logs may be of another machine" {
	printf 'rtmr%s EV_EFI_ACTION text:one\n' 1 2 >here
	sed 's/one/two/' here >there
	"$GENLOG" -f ccel --values here >values
	"$GENLOG" -f ccel there >log
	tsm verify --values values --input log
	assert_failure 1
	note="tsmctl: none of the 2 registers that have events in these logs matches: the logs may be of another boot or machine"
	assert_equal "$stderr" "$note"
	# Nothing of rtmr2's events is in its value either.
	sed -i "2s/^[0-9a-f]*/$ZERO48/" values
	tsm verify --values values --input log
	assert_line --regexp '^log-ahead +rtmr2'
	assert_equal "$stderr" "$note"
}

@test "mismatch: a log that is cut or damaged is not said to be of another machine" {
	"$GENLOG" -f ccel boot >good
	"$GENLOG" -f ccel --values boot >values
	# Zeros where the third event begins.
	off=$("$TSMCTL" log --json --input good | jq '.events[3].offset')
	{ head -c "$off" good && head -c 64 /dev/zero && tail -c +$((off + 1)) good; } >damaged
	sed '/Exit Boot/d; s/SecureBoot:01/SecureBoot:00/; s/Calling EFI/x/; s/grub_cmd/x/' boot | "$GENLOG" -f ccel - >early
	for log in damaged early; do
		tsm verify --values values --input $log
		assert_failure 1
		[[ $stderr != *'another boot'* ]]
	done
	# Whole, and as foreign as before; but the reference gives the value.
	sed 's/SecureBoot:01/SecureBoot:00/; s/Calling EFI/x/; s/grub_cmd/x/' boot | "$GENLOG" -f ccel - >log
	tsm verify --values values --input log
	[[ $stderr == *'another boot'* ]]
	tsm verify --values values --input log --reference good
	assert_line --partial "'good'"
	[[ $stderr != *'another boot'* ]]
}

@test "log-ahead, mismatch: an altered event is named, too" {
	near --alter 1
	assert_output "altered  rtmr2:sha384  (event 2 of 'log': its data does not hash to its digest)"
	"$GENLOG" -f ccel --drop 4 --values five >values
	tsm verify --values values --input log
	assert_failure 1
	assert_output "log-ahead  rtmr2:sha384  (the last event of 'log', event 5, was logged but not extended; $(
	)event 2 of 'log': its data does not hash to its digest)"
	"$GENLOG" -f ccel --drop 2 --values five >values
	tsm verify --values values --input log
	assert_failure 1
	assert_output "mismatch  rtmr2:sha384  (event 3 of 'log' was logged but not extended: without it the log gives this value; $(
	)event 2 of 'log': its data does not hash to its digest)"
}

@test "a log that is given twice changes nothing, nor does an older copy of it" {
	near --flip 2
	ln -s log same
	wrong="mismatch  rtmr2:sha384  (the digest of event 3 of 'log' is wrong: with the digest of its data the log gives this value)"
	tsm verify --values values --input log
	assert_output "$wrong"
	for copy in log same; do
		tsm verify --values values --input log --input "$copy"
		assert_failure 1
		assert_output "$wrong"
		tsm verify --values values --input right --input right --input "right:ccel"
		assert_done
		assert_output 'match  rtmr2:sha384'
	done
	sed 2q five >two
	"$GENLOG" -f ccel two >older
	for inputs in 'right older' 'older right'; do
		tsm verify --json --values values --input "${inputs% *}" --input "${inputs#* }"
		assert_done
		assert_json '.registers[0] | .verdict == "match" and .records == 5 and (.sources | sort) == ["older", "right"]'
	done
}

@test "a log with nothing but its header has no claims, whatever reads it" {
	near --flip 2
	head -c 65 log >header
	tsm log --jsonl --input header
	assert_success
	assert_json -s 'map(.kind) == ["EV_NO_ACTION"]'
	assert_equal "$stderr" "tsmctl: 'header': the log contains only a header"
	tsm replay header
	assert_failure 3
	assert_output ''
	assert_equal "$stderr" "$(printf 'tsmctl: %s\n' "'header': the log contains only a header" 'no event in these logs extended a register')"
	tsm verify --values values --input right --input header
	assert_success
	assert_output 'match  rtmr2:sha384'
	assert_equal "$stderr" "tsmctl: 'header': the log contains only a header"
	tsm verify --values values --input header
	assert_failure 1
	assert_output 'unlogged  rtmr2:sha384  (changed, and no log has an event of it)'
	printf '%s  rtmr2:sha384\n' "$ZERO48" >values
	tsm verify --values values --input header
	assert_success
	assert_output 'untouched  rtmr2:sha384'
	# Cut within the header it is damaged.
	head -c 64 log >header
	tsm verify --values values --input header:ccel
	assert_failure 5
}

@test "a file of another kind is called by its name" {
	near --flip 2
	"$GENLOG" -f ccel --quote 4 five >quote
	"$GENLOG" -f ccel --tdreport five >report
	tsm replay quote
	assert_refused 5 "'quote': no log: this is a TDX quote: --quote reads it"
	tsm log --input report
	assert_refused 5 "'report': no log: this is a TDREPORT: --tdreport reads it"
	tsm verify --quote log --input log
	assert_refused 5 "'log': this is an event log (ccel): 'tsmctl log --input' reads it"
	tsm verify --tdreport log --input log
	assert_refused 5 "'log': this is an event log (ccel): 'tsmctl log --input' reads it"
	tsm verify --values log --input log
	assert_refused 5 "'log': this is an event log (ccel): 'tsmctl log --input' reads it"
}

@test "a file of another kind than its option takes: the command line that takes it" {
	near --flip 2
	local log="'log': this is an event log (ccel): 'tsmctl log --input' reads it" file
	"$GENLOG" -f ccel --quote 4 five >quote
	tsm verify --quote log --input quote
	assert_refused 5 "$log; did you mean 'tsmctl verify --quote quote --input log'?"
	tsm verify --expect log
	assert_refused 5 "$log; 'tsmctl replay log >VALUES' writes the values that it leads to, for '--expect VALUES'"
	# Those of the log itself would agree with it in any case.
	tsm verify --values log --input log
	assert_refused 5 "$log"
	for file in expect initial values; do
		set -- --quote quote
		[ $file != values ] || set --
		tsm verify --$file quote --input log "$@"
		assert_failure 5
		[[ $stderr == *"'quote': line 1: "*"; it is a tdx-quote: 'tsmctl verify --quote quote' verifies its registers, \
'tsmctl read --quote quote' prints them" ]]
	done
	# What they say to type does it.
	go eval '"$TSMCTL" replay log >VALUES && "$TSMCTL" verify --expect VALUES --values VALUES'
	assert_success
}

@test "evidence or a log where a register is named: the command line works when it is typed" {
	near --flip 2
	local no=": did you mean 'tsmctl" args file meant
	"$GENLOG" -f ccel --quote 4 five >quote
	"$GENLOG" -f ccel --tdreport five >report
	while IFS='|' read -r args file meant; do
		# shellcheck disable=SC2086 # words
		go "$TSMCTL" --root . $args
		assert_refused 2 "no register '$file' here; it is a file$no $meant'?"
		# shellcheck disable=SC2086 # words
		tsm -q $meant
		[[ $status = [01] ]] || fail "$meant: $status: $stderr"
	done <<-'END'
		log quote|quote|read --quote quote
		log report|report|read --tdreport report
		read report|report|read --tdreport report
		verify --quote quote log|log|verify --quote quote --input log
		verify --tdreport report log|log|verify --tdreport report --input log
		verify --values values log|log|verify --values values --input log
		verify log --quote quote|log|verify --quote quote --input log
		verify report log|report|verify --tdreport report --input log
		verify log --values values|log|verify --values values --input log
	END
	tsm verify --quote quote
	assert_refused 2 '--quote needs --input or --expect to be checked against'
	tsm verify --values report --input log
	[[ $stderr == *"it is a tdreport: 'tsmctl verify --tdreport report' verifies its registers, "* ]]
}

@test "a register that the file of values does not have: where its names are" {
	near --flip 2
	"$GENLOG" -f ccel --tdreport five >report
	"$GENLOG" -f ccel --quote 4 five >quote
	tsm verify -q --values values --input log nosuch
	assert_refused 2 "no register 'nosuch' here; 'values' has them"
	tsm verify -q --tdreport report --input log nosuch
	assert_refused 2 "no register 'nosuch' here; 'tsmctl read --tdreport report' lists them"
	tsm verify -q --quote quote --input log nosuch
	assert_refused 2 "no register 'nosuch' here; 'tsmctl read --quote quote' lists them"
}

@test "a file that only one can be of is given once" {
	near --flip 2
	tsm verify --values values --values values --input log
	assert_refused 2 '--values is given twice'
}

@test "a CCEL with a damaged index, beside a quote" {
	near --flip 2
	"$GENLOG" -f ccel --quote 4 five >quote
	# The index of the first event behind the header.
	printf '\x40' | dd of=right bs=1 seek=65 conv=notrunc status=none
	for log in right right:ccel; do
		tsm verify --quote quote --input $log
		assert_failure 1
		assert_line "mismatch  rtmr2:sha384  (event 1 of 'right', which is logged for another register, was extended to this one)"
		[[ $stderr == *"tsmctl: 'right': offset 65: CC MR with index 64 does not exist"* ]]
		[[ $stderr != *TPM* ]]
	done
}

@test "the log of a TPM beside a quote" {
	near --flip 2
	"$GENLOG" -f ccel --quote 4 five >quote
	echo 'pcr0 EV_SEPARATOR sep' | "$GENLOG" -f tpm -b sha1 - >pcrs
	tsm verify --quote quote --input pcrs
	assert_failure 1
	[[ $stderr == *"tsmctl: 'pcrs': read as the log of a TPM, whose PCRs a TD does not have: 'pcrs:ccel' reads it as a CCEL"* ]]
	# As a reference it cannot lack what it cannot name.
	tsm verify --quote quote --input log --reference pcrs
	assert_failure 1
	[[ $stderr == *"tsmctl: --reference: nothing to compare: "* ]]
	[[ $stderr == *"tsmctl: 'pcrs': read as the log of a TPM, whose PCRs a TD does not have: 'pcrs:ccel' reads it as a CCEL"* ]]
	refute_line --partial reference
}

# one_bank_record HASH TEXT: a CEL record that has one digest, that of its text.
one_bank_record() {
	printf '{"rtmr":3,"digests":[{"hashAlg":"%s","digest":"%s"}],"content_type":"tsmctl","content":{"kind":"record","data":"%s"}}\n' \
		"$1" "$(textsum "$1" "$2")" "$(hex "$2")"
}

@test "an event without a digest of the register's hash is not in a match" {
	{ one_bank_record sha384 good && one_bank_record sha256 evil; } >log
	one_bank_record sha384 good >good
	values "$(extended sha384 "$ZERO48" "$(textsum sha384 good)")  rtmr3:sha384"
	tsm verify -q --values values --input good
	assert_output 'match  rtmr3:sha384'
	tsm verify -q --values values --input log
	assert_failure 1
	assert_output "unsupported  rtmr3:sha384  (event 1 of 'log' has no digest of this hash)"
	one_bank_record sha256 evil >log
	values "$ZERO48  rtmr3:sha384"
	tsm verify -q --values values --input log
	assert_failure 1
	assert_output "unsupported  rtmr3:sha384  (event 0 of 'log' has no digest of this hash)"
	# Nor where a kernel's text log goes on from the value that the others give.
	{ one_bank_record sha384 good && one_bank_record sha256 evil; } >log
	k_begin "$PWD/k" sha384 "$(extended sha384 "$ZERO48" "$(textsum sha384 good)")"
	k_append 'a record'
	cp k/event_log rtmr3.log
	values "$(filehex k/digest)  rtmr3:sha384"
	tsm verify -q --values values --input good --input rtmr3.log
	assert_output 'match  rtmr3:sha384'
	tsm verify -q --values values --input log --input rtmr3.log
	assert_failure 1
	assert_output "unsupported  rtmr3:sha384  (event 1 of 'log' has no digest of this hash)"
}

@test "what a log calls its events and registers does nothing to a terminal" {
	printf '{"event":"\\u001b[31mred\\r\\n1 \\u009b\\u202e","payload":"YQ=="}\n' >log
	tsm log --input log
	assert_success
	assert_equal "$(wc -l <<<"$output")" 2
	assert_equal "$(LC_ALL=C tr -d '\n\40-\176' <<<"$output" | wc -c)" 0
	assert_line --partial '^[[31mred\r\n1 '
}

# cel REGISTER TEXT: a CEL record of this register, as JSON members, that has one digest, that of its text.
cel() {
	printf '{%s,"digests":[{"hashAlg":"sha256","digest":"%s"}],"content_type":"tsmctl","content":{"kind":"record","data":"%s"}}\n' \
		"$1" "$(textsum sha256 "$2")" "$(hex "$2")"
}

@test "what prints alike is one register: no event hides under its other spelling" {
	local name one other first
	while read -r name one other; do
		for first in "$one $other" "$other $one"; do
			{ cel "${first% *}" good && cel "${first#* }" FORGED; } >log
			values "$(extended sha256 "$ZERO32" "$(textsum sha256 good)")  $name:sha256"
			tsm verify -q --values values --input log
			assert_failure 1
			assert_output "log-ahead  $name:sha256  (the last event of 'log', event 1, was logged but not extended)"
			tsm log -q --jsonl --input log "${name#*/}"
			assert_done
			assert_json -s 'map([.data_text, .extends]) == [["good", true], ["FORGED", true]]'
			tsm verify -q --values values --input <(cel "${first% *}" good)
			assert_done
		done
	done <<-END
		nv0x01c10200 "nv_index":$((0x1c10200)) "register":"nv0x01c10200"
		ccmr5 "register":"ccmr5" "ccmr":5
		pcr100 "register":"pcr100" "pcr":100
		p/mr "register":"mr" "register":"p/mr"
	END
}

@test "MRTD is not extended by what a log says of it; a name that two registers have is an error" {
	printf '%s EV_EFI_ACTION text:%s\n' rtmr0 real mrtd FORGED >d
	"$GENLOG" -f ccel d >log
	value=$(extended sha384 "$ZERO48" "$(textsum sha384 real)")
	values "$value  rtmr0:sha384" "$ZERO48  mrtd:sha384"
	tsm verify --values values --input log
	assert_success
	assert_output 'match  rtmr0:sha384'
	assert_equal "$stderr" "tsmctl: 'log': event 2 names MRTD, which no event extends"
	tsm diff log log
	assert_success
	[[ $stderr == *"event 2 names MRTD, which no event extends"* ]]
	tsm log --jsonl --input log
	assert_json -s 'map([.register, .extends])[1:] == [["rtmr0:sha384", true], ["mrtd:sha384", false]]'
	tsm replay log
	assert_success
	assert_output "$value  rtmr0:sha384"
	# Which of the two the log tells of is not known: neither is untouched.
	values "$value  tdx/rtmr0:sha384" "$ZERO48  tdx_guest/rtmr0:sha384"
	tsm verify -q --values values --input log
	assert_failure 5
	why="give each log the provider, or ask for one of them alone"
	assert_output "$(
		printf "error  %s/rtmr0:sha384  (a log's name for a register may mean '%s/rtmr0:sha384' or '%s/rtmr0:sha384': $why)\n" \
			tdx tdx tdx_guest tdx_guest tdx_guest tdx
	)"
}

# altered_and_partial ARGS...: beside these inputs, what is wrong with CCEL and journal stays as it is without them.
altered_and_partial() {
	tsm verify -q --values of_ccel --input ccel "$@" rtmr2
	assert_failure 1
	assert_output "altered  rtmr2:sha384  (event 1 of 'ccel': its data does not hash to its digest)"
	tsm verify -q --values of_ccel "$@" --input ccel rtmr2
	assert_failure 1
	assert_output "altered  rtmr2:sha384  (event 1 of 'ccel': its data does not hash to its digest)"
	tsm verify -q --values of_j --input j "$@" rtmr2
	assert_failure 1
	assert_output --partial "partial  rtmr2:sha384  (it starts from a value that the log states and that is not initial"
}

@test "a text log without a claim takes nothing away from what another log taints" {
	echo 'rtmr2 EV_EFI_ACTION text:what was booted' >d
	"$GENLOG" -f ccel --values d >of_ccel
	"$GENLOG" -f ccel --alter 0 d >ccel
	begin
	intent one "$(textsum sha384 'not initial')"
	end commit
	sed -i 's/rtmr3/rtmr2/' j
	echo "$VALUE  rtmr2:sha384" >of_j
	altered_and_partial
	: >rtmr2.log
	altered_and_partial --input rtmr2.log:rfc-text
	echo '# a comment' >rtmr2.log
	altered_and_partial --input rtmr2.log:rfc-text
	# One direct line, which is told from the file, and which nothing confirms.
	echo "# .EXTEND $ZERO48" >rtmr2.log
	altered_and_partial --input rtmr2.log
	altered_and_partial --input rtmr2.log:rfc-text
}

@test "rows of --initial that name nothing here, or have another size, are errors" {
	cel '"register":"p/mr"' good >log
	values "$(extended sha256 "$ZERO32" "$(textsum sha256 good)")  p/mr:sha256"
	tsm verify -q --values values --input log
	assert_done
	echo "$(printf '11%.0s' {1..32})  p/mrr:sha256" >initial
	tsm verify -q --values values --input log --initial initial
	assert_refused 5 "--initial: 'p/mrr:sha256' names no register here"
	echo "$(printf '11%.0s' {1..31})  mr" >initial
	tsm verify -q --values values --input log --initial initial
	assert_refused 5 "--initial: 'mr' has 31 bytes, and the register 32"
	# Another start is no match, and zeros are the one that it had.
	echo "$(printf '11%.0s' {1..32})  p/mr:sha256" >initial
	tsm verify -q --values values --input log --initial initial
	assert_failure 1
	assert_output 'mismatch  p/mr:sha256  (the logs do not reproduce this value, and no single change that was tried does)'
	echo "$ZERO32  p/mr:sha256" >initial
	tsm verify -q --values values --input log --initial initial
	assert_done
}

@test "values are taken from what tpm2_pcrread prints, too" {
	local n pcr7 ones
	echo 'pcr7 EV_EFI_ACTION text:x' >d
	"$GENLOG" -f tpm -b sha256 d >log
	pcr7=$("$GENLOG" -f tpm -b sha256 --values d | cut -d' ' -f1)
	ones=$(printf 'F%.0s' {1..64})
	{
		printf '  sha1:\n  sha256:\n'
		for n in {0..23}; do
			case $n in
			7) printf '    %-2d: 0x%s\n' "$n" "${pcr7^^}" ;;
			17 | 18 | 19 | 2[0-2]) printf '    %-2d: 0x%s\n' "$n" "$ones" ;;
			*) printf '    %-2d: 0x%s\n' "$n" "$ZERO32" ;;
			esac
		done
	} >pcrread
	tsm verify --values pcrread --input log
	assert_done
	assert_output "$(for n in {0..23}; do
		if [ "$n" = 7 ]; then echo 'match  pcr7:sha256'; else echo "untouched  pcr$n:sha256"; fi
	done)"
	tsm verify --values pcrread --input log --expect pcrread pcr7
	assert_done
	# A start is taken from it as well: from these ones, one extend gives another value.
	sed 's/0x0\{64\}/0x'"$ones"'/' pcrread | sed "s/${pcr7^^}/$ones/" >initial
	tsm verify -q --values pcrread --input log --initial initial pcr7
	assert_failure 1
	assert_output 'mismatch  pcr7:sha256  (the logs do not reproduce this value, and no single change that was tried does)'
	# A bank that the log lacks.
	printf 'sha1:\n  7 : 0x%040d\n' 1 >sha1
	tsm verify -q --values sha1 --input log
	assert_failure 1
	assert_line --partial 'unsupported  pcr7:sha1'
	cat pcrread pcrread >twice
	tsm verify --values twice --input log
	assert_refused 5 "'twice': line 29: 'pcr0:sha256' appears twice"
	printf 'count 1 pcrUpdateCounter 27 \ndigest length 32\n 3d 45\n' >tss
	tsm verify --values tss --input log
	assert_refused 5 "'tss': tsspcrread does not print which PCR and hash a value is of: write each as 'HEX  pcrN:HASH', with HEX from 'tsspcrread -ns'"
}

@test "a separator whose data is not what was hashed is altered, of any size; Windows' own is known" {
	local data
	for data in text:WBCL hex:00000000 hex:0000000000 text:x hex:00000001; do
		printf 'pcr12 EV_SEPARATOR %s\npcr12 EV_EFI_ACTION text:x\n' "$data" >d
		"$GENLOG" -f tpm -b sha256 --values d >values
		"$GENLOG" -f tpm -b sha256 d >log
		tsm verify -q --values values --input log
		assert_done
		"$GENLOG" -f tpm -b sha256 --alter 0 d >log
		tsm verify -q --values values --input log
		assert_failure 1
		assert_output --partial 'altered  pcr12:sha256'
	done
	echo 'pcr12 EV_SEPARATOR text:WBCL' | "$GENLOG" -f tpm -b sha256 - >log
	tsm log --input log
	assert_output --partial 'Windows, WBCL'
}

@test "a register that no name is of exactly is compared without regard to case" {
	printf 'pcr7 EV_EFI_ACTION text:x\npcr4 EV_EFI_ACTION text:y\n' >d
	"$GENLOG" -f tpm -b sha256 d >log
	"$GENLOG" -f tpm -b sha256 --values d >values
	tsm verify -q --values values --input log 'PCR[7]' PCR4:SHA256
	assert_done
	assert_output $'match  pcr7:sha256\nmatch  pcr4:sha256'
	sed 's/pcr7:sha256/PCR7:SHA256/' values >upper
	tsm verify -q --values upper --input log --expect upper pcr7
	assert_done
	assert_output 'match  pcr7:sha256'
	tsm log --jsonl --input log PCR7
	assert_json -s 'map(.register) == ["pcr7:sha256"]'
	tsm log --jsonl --input log 'PCR*:SHA256'
	assert_json -s 'map(.register) == ["pcr7:sha256", "pcr4:sha256"]'
	tsm log --format cel-json --input log Pcr4
	assert_json 'map(.pcr) == [4]'
	tsm log --input log PCR9
	assert_failure 3
	[[ $stderr == *"tsmctl: no event in these logs is of 'PCR9'" ]]
	# Names that differ in nothing else are told apart, and what is exact goes first.
	{ cel '"register":"p/mr"' good && cel '"register":"p/MR"' other; } >log
	tsm log --jsonl --input log p/MR
	assert_json -s 'map(.register) == ["p/MR:sha256"]'
	tsm log --jsonl --input log 'p/[m]r' P/Mr
	assert_json -s 'map(.register) == ["p/mr:sha256", "p/MR:sha256"]'
	printf '%s  p/MR:sha256\n%s  p/mr:sha256\n' \
		"$(extended sha256 "$ZERO32" "$(textsum sha256 other)")" "$(extended sha256 "$ZERO32" "$(textsum sha256 good)")" >values
	tsm verify -q --values values --input log p/mr
	assert_output 'match  p/mr:sha256'
	tsm verify -q --values values --input log P/Mr
	assert_refused 2 "'P/Mr' is ambiguous: p/MR:sha256 p/mr:sha256"
	# A text log's register has the name that the operand gives it.
	echo one >RTMR0.log
	tsm log --jsonl --input RTMR0.log:rfc-text RTMR0:SHA256
	assert_json -s 'map(.register) == ["RTMR0:sha256"]'
}

@test "a measurement list of IMA with digests of 32 bytes may be SM3's" {
	local alg style
	printf 'pcr10 ima-ng %s\n' 'violation text:/bin/v' text:/bin/a text:/bin/b >d
	for alg in sha256 sm3; do
		"$GENLOG" -f ima -b "$alg" --values d >"of_$alg"
	done
	for style in ascii binary; do
		for alg in sha256 sm3; do
			"$GENLOG" -f "ima:$style" -b "$alg" d >list
			tsm replay list
			assert_output "$(cat "of_$alg")"
			# Other banks have their own hash of the same data.
			for values in of_sha256 of_sm3; do
				tsm verify -q --values "$values" --input list
				assert_done
				assert_output "match  pcr10:${values#of_}"
			done
			# A record that was changed does not make the list another one's.
			"$GENLOG" -f "ima:$style" -b "$alg" --alter 1 d >list
			tsm verify -q --values "of_$alg" --input list
			assert_failure 1
			assert_output --partial "altered  pcr10:$alg  (event 1 of 'list'"
		done
	done
	# What none of its records tells of: it may be SHA-256's, and nothing is said of SM3.
	printf '10 %s evm-sig sha256:00 /bin/a x y z 0 0 0 0\n' "$(textsum sha256 x)" >list
	printf '%s  pcr10:sm3\n' "$(textsum sha256 y)" >values
	tsm verify -q --values values --input list
	assert_failure 1
	assert_output --partial 'unsupported  pcr10:sm3'
}

@test "--allow-ahead: a log that is newer than the values is status 0, and nothing else is" {
	printf 'pcr10 ima-ng text:/bin/%s\n' a b c >d
	"$GENLOG" -f ima d >list
	head -n 2 d >first
	"$GENLOG" -f ima --values first >values
	tsm verify -q --values values --input list
	assert_failure 1
	tsm verify --json -q --values values --input list
	assert_json '.registers[0] | has("allowed") | not'
	tsm verify --values values --input list --allow-ahead
	assert_done
	assert_output "log-ahead  pcr10:sha1  (the last event of 'list', event 2, was logged but not extended; allowed)"
	tsm verify --json --values values --input list --allow-ahead
	assert_done
	assert_json '.verdict == "log-ahead" and .registers[0].allowed == true and .registers[0].verdict == "log-ahead" and
		[.registers[0].unextended[] | del(.type, .name)] == [{"source": "list", "seq": 2}]'
	# Nothing was extended: it is said.
	printf '%040d  pcr10:sha1\n' 0 >zeros
	tsm verify --values zeros --input list --allow-ahead
	assert_done
	assert_output 'log-ahead  pcr10:sha1  (it has its initial value: none of the 3 events was extended, or the logs are of another boot or machine; allowed)'
	# An expected value that is another one, one that is the same, a worse row beside it.
	tsm verify -q --values values --input list --allow-ahead --expect zeros
	assert_failure 1
	assert_output --partial 'unexpected  pcr10:sha1'
	tsm verify -q --values values --input list --allow-ahead --expect values
	assert_done
	printf '%040d  pcr11:sha1\n' 1 | cat values - >further
	tsm verify --json -q --values further --input list --allow-ahead
	assert_failure 1
	assert_json '.verdict == "unlogged"'
	printf '%040d  pcr11:sha1\n' 0 | cat values - >further
	tsm verify --json -q --values further --input list --allow-ahead
	assert_done
	assert_json '.verdict == "log-ahead"'
	# An altered event, which is or is not in the register.
	for n in 0 2; do
		"$GENLOG" -f ima --alter "$n" d >altered
		tsm verify -q --values values --input altered --allow-ahead
		assert_failure 1
		assert_output --regexp "^log-ahead  pcr10:sha1  .*; event $n of 'altered': its data does not hash to its digest\)$"
	done
	# A log in the middle of which something was not extended, and one that is cut.
	"$GENLOG" -f ima --drop 1 --values d >values
	tsm verify -q --values values --input list --allow-ahead
	assert_failure 1
	assert_output --partial 'mismatch  pcr10:sha1'
	"$GENLOG" -f ima --values first >values
	"$GENLOG" -f ima --cut 5 d >short
	tsm verify -q --values values --input short --allow-ahead
	assert_failure 5
}

@test "--allow-ahead: not from a start that only the log states" {
	start=$(printf '11%.0s' {1..48})
	printf 'SYNC sha384/%s\none\n\ntwo\n' "$start" >rtmr3.log
	values "$(recorded sha384 "$start" "SYNC sha384/$start" one)  rtmr3:sha384"
	tsm verify -q --values values --input rtmr3.log --allow-ahead
	assert_failure 1
	assert_output "log-ahead  rtmr3:sha384  (the last event of 'rtmr3.log', event 2, was logged but not extended; $(
	)the start is a value that the log states and that is not initial)"
	values "$(recorded sha384 "$ZERO48" "SYNC sha384/$ZERO48" one)  rtmr3:sha384"
	printf 'SYNC sha384/%s\none\n\ntwo\n' "$ZERO48" >rtmr3.log
	tsm verify -q --values values --input rtmr3.log --allow-ahead
	assert_done
}

@test "more than 64 registers of one name: each error says so, the others are judged" {
	local i
	for i in {0..69}; do echo "$ZERO32  p$i/one:sha256"; done >values
	echo "$ZERO32  p/other:sha256" >>values
	echo 'pcr5 EV_EFI_ACTION text:x' | "$GENLOG" -f tpm -b sha256 - >log
	tsm verify --values values --input log
	assert_failure 5
	assert_regex "$stderr" "tsmctl: more than 64 registers have the name of 'p69/one:sha256'"
	assert_line --regexp '^untouched +p0/one:sha256'
	assert_line --regexp '^untouched +p/other:sha256'
}

# A journal of one record that says that N registers, r0 and others, are one: lists of 2,000 names.
same_journal() { # N
	local digest value i k seq=0 before=$ZERO32
	echo '{"schema":"tsmctl.journal/1","boot_id":"00000000-0000-0000-0000-000000000000","created":"2026-01-01T00:00:00Z"}'
	digest=$(textsum sha256 x)
	for ((i = 1; i < $1; i += 2000)); do
		value=$(extended sha256 "$before" "$digest")
		printf '{"kind":"intent","seq":%u,"register":"r0:sha256","record_hex":"78","digest":"%s","before":"%s","expected":"%s",' \
			$seq "$digest" "$before" "$value"
		printf '"pid":1,"start":1,"time":"2026-01-01T00:00:00Z"}\n{"kind":"commit","seq":%u,"same":[' $seq
		k=$((i + 1999 < $1 ? i + 1999 : $1 - 1))
		seq -f '"r%.0f:sha256"' -s , $i $k | tr -d '\n'
		echo ']}'
		before=$value
		seq=$((seq + 1))
	done
	echo "$before" >value
}

@test "a journal that says that many registers are one" {
	local i
	same_journal 65 >j
	for i in {0..63}; do echo "$(<value)  r$i:sha256"; done >values
	tsm verify -q --values values --input j
	assert_done
	for i in {0..64}; do echo "$(<value)  r$i:sha256"; done >values
	tsm verify --values values --input j
	assert_failure 5
	assert_regex "$stderr" "tsmctl: a journal says that more than 64 registers are 'r0:sha256'"
	# Names of what is not here cost little, for one register, and too much for many.
	same_journal 64000 >j
	echo "$(<value)  r0:sha256" >values
	tsm verify -q --values values --input j
	assert_done
	for i in {0..9}; do echo "$(<value)  r$i:sha256"; done >values
	tsm verify --values values --input j
	assert_failure 5
	assert_regex "$stderr" "tsmctl: search limit reached \(4194304 extends\): other names of 'r9:sha256' are unknown"
}

# reference SED|'' [GENLOG OPTIONS...]: boot's values, against a log of a boot that is edited or damaged.
reference() {
	"$GENLOG" -f ccel boot >good
	"$GENLOG" -f ccel --values boot >values
	sed "$1" boot | "$GENLOG" -f ccel "${@:2}" - >log
	tsm verify --json --values values --input log
	verdicts=$(json '.registers[] | [.register, .verdict, .diagnosis] | tojson')
	tsm verify --json --values values --input log --reference good
	# It changes no verdict.
	assert_equal "$(json '.registers[] | [.register, .verdict, .diagnosis] | tojson')" "$verdicts"
}

# gives REGISTER GIVES MISSING MORE CHANGED MOVED REFERENCE NOW: what the JSON says.
gives() {
	assert_equal "$(json ".registers[] | select(.register == \"$1:sha384\") | .reference | \"\(.gives) \(.missing) \(.more) \(
		.changed) \(.moved) \(.reference.seq) \(.now.seq)\"")" "${*:2}"
}

@test "--reference: the event of it that gives the value" {
	reference 's/vda1 ro/vda1 rw/'
	gives rtmr2 in-place 0 0 1 0 15 15
	assert_json '.registers[2].reference.reference.source == "good" and .registers[2].reference.now.source == "log"'
	tsm verify --values values --input log --reference good
	assert_failure 1
	# That no single change does would contradict it.
	assert_line "mismatch  rtmr2:sha384  (the logs do not reproduce this value; events that differ from the reference: 1 changed; with event 15 of 'good' (EV_IPL kernel_cmdline) in place of event 15 of 'log', the log \
gives this value)"
	assert_line 'match  rtmr1:sha384'
	reference '' --drop 12
	gives rtmr0 put-back 1 0 0 0 13 null
	tsm verify --values values --input log --reference good
	assert_line --partial "; events that differ from the reference: 1 missing; with event 13 of 'good' (EV_EFI_VARIABLE_AUTHORITY \
MokListTrusted-605dab50-e046-4300-abb6-3dd810dd8b23 (shim)) put back, the log gives this value)"
	reference 's/^pcr8 EV_IPL text:kernel/pcr8 EV_IPL text:other: x\n&/'
	gives rtmr2 left-out 0 1 0 0 null 15
	tsm verify --values values --input log --reference good
	assert_line --partial "; without event 15 of 'log' (EV_IPL other), the log gives this value)"
	reference '' --swap 10,13
	gives rtmr1 moved-back 0 0 0 1 11 14
}

@test "--reference: an event at another place; several at one; none that helps" {
	# The first to the end of its register.
	{ sed '/ACPI DATA/d' boot && grep 'ACPI DATA' boot; } >moved
	"$GENLOG" -f ccel boot >good
	"$GENLOG" -f ccel --values boot >values
	"$GENLOG" -f ccel moved >log
	tsm verify --json --values values --input log --reference good
	gives rtmr0 moved-back 0 0 0 1 8 20
	tsm verify --values values --input log --reference good
	assert_line --partial "; with event 20 of 'log' (EV_PLATFORM_CONFIG_FLAGS ACPI DATA) where the reference has it, the log gives"
	reference '/grub_cmd/d; /kernel_cmdline/d'
	gives rtmr2 part 2 0 0 0 14 null
	tsm verify --values values --input log --reference good
	assert_line --partial "; with 2 events of 'good', from event 14 (EV_IPL grub_cmd) on, put back, the log gives this value)"
	reference '/^pcr9 /d; /^pcr11/d'
	gives rtmr2 part 3 0 0 0 16 null
	tsm verify --values values --input log --reference good
	assert_line --partial "; with 3 events of 'good', from event 16 (EV_IPL /vmlinuz) on, put back at the end, the log gives this value)"
	reference '/^pcr8 EV_IPL text:kernel/{s/.*/pcr8 EV_ACTION text:a\npcr8 EV_ACTION text:b/}'
	gives rtmr2 part 1 2 0 0 15 15
	tsm verify --values values --input log --reference good
	assert_line --partial "; with event 15 of 'good' (EV_IPL kernel_cmdline) in place of 2 events of 'log', from event 15 on, the log"
	reference 's/^pcr8 EV_IPL text:kernel/pcr8 EV_ACTION text:a\npcr8 EV_ACTION text:b\n&/'
	gives rtmr2 part 0 2 0 0 null 15
	tsm verify --values values --input log --reference good
	assert_line --partial "; without 2 events of 'log', from event 15 (EV_ACTION a) on, the log gives this value)"
	reference 's/grub_cmd: /&x/; s/Linux initrd/y/'
	gives rtmr2 whole 0 0 2 0 14 null
	tsm verify --values values --input log --reference good
	assert_line --partial '; the events of the reference, all of them, give this value)'
	# Of another boot itself.
	reference 's/grub_cmd: /&x/; s/Linux initrd/y/'
	sed 's/vda1 ro/vda1 rw/' boot | "$GENLOG" -f ccel - >good
	tsm verify --json --values values --input log --reference good
	assert_json '.registers[2].reference.gives == null and .registers[2].verdict == "mismatch"'
	tsm verify --values values --input log --reference good
	assert_line --partial "the first that differs is event 14 of 'good' (EV_IPL grub_cmd))"
	tsm verify --values values --input log --reference log
	assert_line --partial '; it has the same events as the reference)'
}

@test "--reference: of another format, damaged, or without use" {
	reference 's/vda1 ro/vda1 rw/'
	"$TSMCTL" log --format cel-json --input good >json
	tsm verify --json --values values --input log --reference json
	gives rtmr2 in-place 0 0 1 0 15 15
	head -c -20 good >short
	tsm verify --values values --input log --reference short
	assert_failure 1
	assert_line --partial "put back" || assert_line --partial 'in place of event 15'
	assert_error 1 "--reference: 'short': offset [0-9]*"
	# It is an error, with -q and where all registers match, too.
	tsm verify -q --values values --input good --reference short
	assert_error 5 "--reference: 'short': offset [0-9]*"
	tsm verify --json --values values --input good --reference short
	assert_error 5 "--reference: 'short': offset [0-9]*"
	assert_json '.verdict == "match" and (.logs[0] | has("error") | not) and .reference_logs[0].source == "short" and
		.reference_logs[0].error == .error and .error.status == 5 and .error.offset > 0'
	assert_equal "tsmctl: $(json .error.message)" "$stderr"
	tsm verify --values values --expect values --no-log --reference good
	assert_refused 2 '--no-log and --reference cannot be combined'
	tsm verify --values values --input log --reference missing
	assert_refused 4 "'missing': *"
}

@test "--reference: the same digests, but another type or other data: the logs are not the same" {
	local digest
	"$GENLOG" -f ccel boot >good
	"$GENLOG" -f ccel --values boot >values
	digest=$("$TSMCTL" log --json --input good | jq -r '.events[15].digests[0].digest')
	# Of an event whose data need not hash to its digest.
	for now in "EV_IPL digest:sha384:$digest text:kernel_cmdlinX: x" "EV_EVENT_TAG digest:sha384:$digest text:kernel_cmdline: x"; do
		sed "s/^pcr8 EV_IPL text:kernel_cmdline.*/pcr8 $now/" boot | "$GENLOG" -f ccel - >log
		tsm verify --values values --input log --reference good
		assert_equal "$stderr" "tsmctl: --reference: event 15 of 'log' (rtmr2:sha384) has the digest that the reference has, but $(
			)another type or other data: 'tsmctl diff' compares them"
		tsm verify --json --values values --input log --reference good
		assert_json '[.registers[].reference.other_data] == [0, 0, 1]'
	done
	tsm diff good log
	assert_success
	[[ $stderr == *"event 15 (EV_IPL kernel_cmdline) has the digest of event 15 in the reference, but the type EV_EVENT_TAG" ]]
	sed "s/^pcr8 EV_IPL text:kernel_cmdline.*/pcr8 $now/" boot | "$GENLOG" -f ccel --alter 15 - >log
	tsm verify --values values --input log --reference good
	[[ $stderr == *"event 15 of 'log' (rtmr2:sha384) and 1 more have the digest"* ]]
}

@test "--reference: events of a register that no log has" {
	"$GENLOG" -f ccel boot >good
	"$GENLOG" -f ccel --values boot >values
	sed '/^pcr\(8\|9\|11\) /d' boot | "$GENLOG" -f ccel - >log
	tsm verify --values values --input log --reference good
	assert_failure 1
	assert_line "unlogged  rtmr2:sha384  (changed, and no log has an event of it; the reference has 5 events of it, which give this $(
		)value: the log of it is missing or cut)"
	tsm verify --json --values values --input log --reference good
	gives rtmr2 whole 5 0 0 0 14 null
	sed '/kernel_cmdline/d' boot | "$GENLOG" -f ccel - >good
	tsm verify --values values --input log --reference good
	assert_line --partial '; the reference has 4 events of it, which do not give this value)'
	sed '/^pcr\(9\|11\) /d; /kernel_cmdline/d' boot | "$GENLOG" -f ccel - >good
	tsm verify --values values --input log --reference good
	assert_line --partial '; the reference has 1 event of it, which does not give this value)'
}

@test "a log that is cut: in JSON it is the error of the document, too" {
	reference ''
	head -c -20 good >short
	tsm verify --json --values values --input short
	assert_failure 5
	assert_json '.registers != [] and .logs[0].error == .error and .error.status == 5 and .error.offset == 2302'
	assert_equal "$stderr" "tsmctl: $(json .error.message)"
	tsm verify --json --values values --input good
	assert_json 'has("error") | not'
}

@test "--reference: what it found where no register is a mismatch" {
	reference 's/vda1 ro/vda1 rw/'
	tsm verify --values values --input good --reference log
	assert_success
	assert_equal "$stderr" "tsmctl: --reference: the events of 1 register differ, and no register is a mismatch: 'tsmctl diff' shows the events"
	refute_line --partial reference
	tsm verify --json --values values --input good --reference log
	assert_json '.registers[2].reference == {events: [5, 5], missing: 0, more: 0, changed: 1, moved: 0, other_data: 0, gives: null, reference: null, now: null}'
	assert_json '.registers[1].reference | .events == [6, 6] and .changed == 0'
	assert_json '.reference_logs == [{source: "log", format: "ccel", guessed: false}] and (has("error") | not)'
	tsm verify --values values --input good --reference good
	assert_success
	assert_equal "$stderr" 'tsmctl: --reference: the logs have the same events'
	tsm verify -q --values values --input good --reference good
	assert_done
	# A log that is cut lacks what nobody took away.
	head -c -20 good >short
	tsm verify --values values --input short --reference good
	[[ $stderr == *"'short': offset "* && $stderr != *'tsmctl diff'* ]]
	# Without a reference, that is the next step.
	tsm verify --values values --input log
	assert_failure 1
	assert_equal "$stderr" "tsmctl: to see which events differ, name a log of a boot that verified with '--reference LOG'"
	# A mismatch says it in its row.
	tsm verify --values values --input log --reference good
	assert_failure 1
	assert_equal "$stderr" ''
	echo "$ZERO48  rtmr3:sha384" >values
	tsm verify --values values --input good --reference good rtmr3
	assert_success
	assert_regex "$stderr" \
		'tsmctl: --reference: nothing to compare: none of these registers has events with digests of one hash on both sides'
}
