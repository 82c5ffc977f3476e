#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Registers against logs in files, away from their machine: what formats.bats has no row for.

setup() {
	load common
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	grep -v '^#' "$BATS_TEST_DIRNAME/../gen/boot.txt" >boot
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
	# Which of them is the last is not known then, and not said.
	one_bank_record sha384 good >behind
	tsm verify -q --values values --input j --input behind
	assert_failure 1
	assert_output 'log-ahead  rtmr3:sha384  (the last 1 of 2 records were logged and not extended)'
	values "$(printf '%096d' 1)  rtmr3:sha384"
	tsm verify --values values --input j
	assert_failure 1
	assert_output --partial 'mismatch  rtmr3:sha384  (no part of the log gives this value, nor '
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
	assert_output "mismatch  rtmr3:sha384  (before event 3 of 'j' it was extended by something that is in none of these logs)"
}

@test "journal: a foreign extend is located, one before the first record is a start that is not initial" {
	begin
	intent one "$(textsum sha384 'not initial')"
	end commit
	values "$VALUE  rtmr3:sha384"
	tsm verify --values values --input j
	assert_failure 1
	assert_output 'partial  rtmr3:sha384  (from the value that the first record found; what led to it is in none of these logs)'
	echo "$(textsum sha384 'not initial')  rtmr3:sha384" >initial
	tsm verify --values values --initial initial --input j
	assert_done
	intent two "$(textsum sha384 'somebody else')"
	end commit
	values "$VALUE  rtmr3:sha384"
	tsm verify --values values --input j
	assert_failure 1
	assert_output "mismatch  rtmr3:sha384  (before event 1 of 'j' it was extended by something that is in none of these logs)"
	truncate -s -3 j
	tsm verify --values values --input j
	assert_refused 5 "'j': offset *: the last line is torn: the journal was cut, or copied while it was written"
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
	assert_output "mismatch  rtmr1:sha384  (the logs before 'rtmr1.log' do not give the value that it starts from)"
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
	assert_line 'unlogged  pcr12:sha256  (changed, and no event in these logs is of it)'
	assert_line 'untouched  pcr13:sha256'
}

@test "a log of another boot: none of its records was extended" {
	"$GENLOG" -f ccel boot >log
	values "$ZERO48  rtmr2:sha384"
	tsm verify --values values --input log
	assert_failure 1
	assert_output --regexp "^log-ahead  rtmr2:sha384  \(it has its initial value: none of the [0-9]+ records was extended, or they are of another boot or machine\)$"
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
	for i in {0..1024}; do
		echo '{"recnum":0,"nv_index":'$((0x1500000 + i))',"digests":[{"hashAlg":"sha256","digest":"'"$ZERO32"'"}],
			"content_type":"pcclient_std","content":{"event_type":"EV_IPL","event_data":""}}' | tr -d '\n\t'
		echo
	done >log
	tsm replay log
	assert_error 5 "'log': more than 1024 registers"
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
	assert_error 2 '--format and --json exclude each other'
	tsm log --format tcg2 --jsonl --input log
	assert_refused 2 '--format and --jsonl exclude each other'
	tsm log --format nonsense --input log
	assert_refused 2 "*not one of tcg2, cel-json, cel-tlv"
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
	assert_output "mismatch  rtmr2:sha384  (the digest of event 3 of 'log' is wrong in the log: with that of its data the log gives this value)"
	near --drop 1
	assert_output "mismatch  rtmr2:sha384  (no part of the log gives this value, nor does it with one event left out, doubled or swapped with the next: an event is not what was extended, or one is missing)"
	near --swap 1,2
	assert_output "mismatch  rtmr2:sha384  (event 2 of 'log' was extended after the one that follows it in this register)"
	"$GENLOG" -f ccel --drop 1 --values five >values
	tsm verify --values values --input right
	assert_failure 1
	assert_output "mismatch  rtmr2:sha384  (without event 2 of 'right' the log gives this value: it is logged, and was not extended)"
	sed '2p' five >six
	"$GENLOG" -f ccel --values six >values
	tsm verify --values values --input right
	assert_failure 1
	assert_output "mismatch  rtmr2:sha384  (event 2 of 'right' was extended once more than it is logged)"
	assert_equal "$stderr" ''
}

@test "mismatch: the logs in another order" {
	near --flip 2
	printf 'rtmr2 EV_EFI_ACTION text:%s\n' six seven >rest
	"$GENLOG" -f ccel rest >other
	"$GENLOG" -f ccel --values <(cat five rest) >values
	tsm verify --values values --input other --input right
	assert_failure 1
	assert_output "mismatch  rtmr2:sha384  (the logs were extended in another order: 'right', then 'other')"
	tsm verify --values values --input right --input other
	assert_done
}

@test "mismatch: a register of too many events is not searched, and says less" {
	near --flip 2
	"$GENLOG" -f ccel --repeat 600 five >log
	"$GENLOG" -f ccel --repeat 600 --drop 1 --values five >values
	tsm verify --values values --input log
	assert_failure 1
	assert_output 'mismatch  rtmr2:sha384  (no part of the log gives this value: an event is not what was extended, or one is missing)'
}

@test "mismatch: where no register matches, the logs may be of another machine" {
	printf 'rtmr%s EV_EFI_ACTION text:one\n' 1 2 >here
	sed 's/one/two/' here >there
	"$GENLOG" -f ccel --values here >values
	"$GENLOG" -f ccel there >log
	tsm verify --values values --input log
	assert_failure 1
	assert_equal "$stderr" "tsmctl: none of the 2 registers that have events in these logs matches: the logs may be of another boot or machine"
}

@test "log-ahead, mismatch: an altered event is named, too" {
	near --alter 1
	assert_output "altered  rtmr2:sha384  (event 2 of 'log': its data does not give its digest)"
	"$GENLOG" -f ccel --drop 4 --values five >values
	tsm verify --values values --input log
	assert_failure 1
	assert_output "log-ahead  rtmr2:sha384  (the last 1 of 5 records were logged and not extended, from event 5 of 'log' on; $(
	)event 2 of 'log': its data does not give its digest)"
	"$GENLOG" -f ccel --drop 2 --values five >values
	tsm verify --values values --input log
	assert_failure 1
	assert_output "mismatch  rtmr2:sha384  (without event 3 of 'log' the log gives this value: it is logged, and was not extended; $(
	)event 2 of 'log': its data does not give its digest)"
}

@test "a log is given once" {
	near --flip 2
	ln -s log link
	tsm verify --values values --input log --input link
	assert_refused 2 "'log' and 'link' are one file: give it once"
}

@test "a log with nothing but its header is an error, whatever reads it" {
	near --flip 2
	head -c 65 log >header
	tsm log --input header
	assert_failure 5
	assert_equal "$stderr" "tsmctl: 'header': offset 65: no log: nothing is behind its header"
	tsm replay header
	assert_refused 5 "'header': offset 65: no log: nothing is behind its header"
	printf '%s  rtmr2:sha384\n' "$ZERO48" >values
	tsm verify --values values --input header
	assert_failure 5
	assert_output "error  rtmr2:sha384  ('header': offset 65: no log: nothing is behind its header)"
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
	assert_refused 5 "'log': this is a log (ccel): --input reads it"
	tsm verify --tdreport log --input log
	assert_refused 5 "'log': this is a log (ccel): --input reads it"
	tsm verify --values log --input log
	assert_refused 5 "'log': this is a log (ccel): --input reads it"
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
	tsm verify --quote quote --input right
	assert_failure 1
	[[ $stderr == *"tsmctl: 'right': read as the log of a TPM, whose PCRs a TD does not have: 'right:ccel' reads it as a CCEL"* ]]
	tsm verify --quote quote --input right:ccel
	assert_failure 1
	assert_line --partial 'mismatch  rtmr2:sha384  (no part of the log'
	[[ $stderr != *TPM* ]]
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
