#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Public logs, quotes and reports, where they are there: what was published of them is what tsmctl says.

setup() {
	load common
	common_setup
	VECTORS=${TSMCTL_SHARED:-}/vectors
	cd "$BATS_TEST_TMPDIR" || return
	EXPECTED=$VECTORS/expected.json
	QUOTE=$VECTORS/go-tdx-guest/cos-113-tdx-quote.dat
}

# A function that is called under no condition ends at its first failure: which log it was in is told here.
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || echo "in ${LOG:-no log}"
}

# Without them there is nothing to do.
here() { [ -d "$VECTORS" ]; }

# LOG=KEY IN expected.json: a row of its own where the values are those of another log.
COS=go-eventlog/cos-113-intel-tdx.bin CEL_JSON=synthetic/cos113.cel.json CEL_TLV=synthetic/cos113.cel.tlv.bin
LOGS=(
	"$COS" trustee/CCEL_data trustee/CCEL_data_ovmf trustee/CCEL_data_grub trustee/CCEL_AAEL_alibabacloud
	dstack/quote-report.json synthetic/dstack-quote-report.ccel.bin synthetic/aael-eventlog.bin
	"$CEL_JSON=$COS" "$CEL_TLV=$COS"
)

# each FUNCTION: calls it for every log, with LOG and, as a file of --values, VALUES and their verdicts WANT set.
each() {
	local row
	for row in "${LOGS[@]}"; do
		LOG=${row%%=*}
		expected "${row#*=}"
		"$1"
	done
}

# expected KEY...: the file VALUES has the values of these keys, the last of each register; WANT what is to be said of them.
expected() {
	VALUES=values
	jq -r --args '[.[$ARGS.positional[]] | to_entries[] | select(.key | test("^rtmr[0-3]$"))] | from_entries |
		to_entries | sort_by(.key)[] | "\(.value)  \(.key):sha384"' "$@" <"$EXPECTED" >$VALUES
	[ -s $VALUES ]
	WANT=$(sed -E 's/^0{96}  /untouched /; s/^[0-9a-f]{96}  /match /' $VALUES)
}

# tsm ARGS...: without any machine. verify ARGS...: against VALUES. verdicts: of the last one, without details.
tsm() { go "$TSMCTL" --root /nonexistent "$@"; }
verify() { tsm verify --values "$VALUES" "$@"; }
verdicts() { awk '{ print $1, $2 }' <<<"$output"; }

# replayed: VALUES without the registers that hold zeros.
replayed() { grep -v "^$ZERO48" "$VALUES"; }

# from FILE OFFSET SIZE: bytes of a file, in hex.
from() { tail -c +$(($2 + 1)) "$1" | head -c "$3" | od -An -v -tx1 | tr -d ' \n'; }

@test "the set is the one that was published" {
	here || return 0
	cd "$VECTORS"
	sha256sum --quiet -c SHA256SUMS
}

@test "a log reproduces its registers" {
	reproduces() {
		verify --input "$VECTORS/$LOG"
		assert_success
		assert_equal "$(verdicts)" "$WANT"
		tsm replay "$VECTORS/$LOG"
		assert_success
		assert_output "$(replayed)"
	}
	here || return 0
	each reproduces
}

@test "a log reproduces the quote that was made of its registers, and the nonce is in it" {
	here || return 0
	local nonce pair
	nonce=$(filehex "$VECTORS/go-tdx-guest/nonce.dat")
	for pair in "$QUOTE=$COS" "$QUOTE=$CEL_JSON" "$QUOTE=$CEL_TLV" \
		"$VECTORS/dstack/quote-report.json=dstack/quote-report.json" \
		"$VECTORS/dstack/quote-report.json=synthetic/dstack-quote-report.ccel.bin" \
		"$VECTORS/synthetic/dstack-quote-report.quote.bin=dstack/quote-report.json" \
		"$VECTORS/synthetic/dstack-quote-report.quote.bin=synthetic/dstack-quote-report.ccel.bin"; do
		LOG=${pair#*=}
		case $LOG in *dstack*) expected dstack/quote-report.json ;; *) expected "$COS" ;; esac
		tsm verify --quote "${pair%%=*}" --input "$VECTORS/$LOG"
		assert_success
		assert_equal "$(verdicts)" "genuine tdx-quote
$WANT"
	done
	tsm verify --quote "$QUOTE" --report-data "$nonce" --input "$VECTORS/$COS"
	assert_success
	tsm verify --quote "$QUOTE" --report-data "${nonce%0}1" --input "$VECTORS/$COS"
	assert_failure 1
	# Another machine's.
	tsm verify --quote "$VECTORS/trustee/tdx_quote_4.dat" --input "$VECTORS/$COS"
	assert_failure 1
	assert_equal "$(verdicts)" "genuine tdx-quote
$(printf '%s:sha384\n' 'mismatch rtmr0' 'mismatch rtmr1' 'log-ahead rtmr2' 'untouched rtmr3')"
}

# flipped HEX BYTE BIT: with that bit changed.
flipped() {
	printf '%s%02x%s' "${1:0:2*$2}" $((0x${1:2*$2:2} ^ 1 << $3)) "${1:2*$2+2}"
}

# flip_in FILE OFFSET OLD NEW: bytes of a copy.
flip_in() {
	cp "$1" damaged
	chmod u+w damaged
	assert_equal "$(from damaged "$2" $((${#3} / 2)))" "$3"
	unhex "$4" | dd of=damaged bs=1 seek="$2" conv=notrunc status=none
}

# flip SEQ OFFSET OLD NEW: a log `damaged`. A digest stands behind two words and a count of a TCG2 event, its algorithm
# before it; in a TLV behind the number, the register and two heads.
flip() {
	case $LOG in
	"$CEL_JSON")
		jq -c --arg new "$4" --argjson n "$1" '.[$n].digests[0].digest = $new' "$VECTORS/$LOG" >damaged
		;;
	dstack/*)
		jq -c --arg new "$4" --argjson n "$1" '.event_log |= (fromjson | .[$n].digest = $new | tojson)' \
			"$VECTORS/$LOG" >damaged
		;;
	*tlv*) flip_in "$VECTORS/$LOG" $(($2 + 29)) "$3" "$4" ;;
	*) flip_in "$VECTORS/$LOG" $(($2 + 14)) "$3" "$4" ;;
	esac
}

@test "one bit of any digest breaks its register, and no other" {
	flips() {
		local seq off reg digest
		tsm log --jsonl --input "$VECTORS/$LOG"
		jq -r 'select(.extends and .cc_mr_index > 0) | [.seq, .offset, .register, .digests[0].digest] | @tsv' \
			<<<"$output" >events
		while read -r seq off reg digest; do
			flip "$seq" "$off" "$digest" "$(flipped "$digest" $((seq * 7 % 48)) $((seq % 8)))"
			verify --input damaged
			echo "event $seq"
			assert_failure 1
			assert_equal "$(verdicts)" "${WANT/match $reg/mismatch $reg}"
			FLIPPED=$((FLIPPED + 1))
		done <events
	}
	here || return 0
	FLIPPED=0
	each flips
	# As many as their table says, and their parsers found.
	echo "$FLIPPED"
	[ $FLIPPED -gt 300 ]
}

@test "logs of programs stand on the log of the firmware" {
	here || return 0
	local aael=synthetic/aael-eventlog.bin cc=synthetic/systemd-cc-measure.log
	expected "$COS" "$cc on top of $COS" $aael
	verify --input "$VECTORS/$COS" --input "$VECTORS/$cc" --input "$VECTORS/$aael"
	assert_success
	assert_equal "$(verdicts)" "$(printf 'match rtmr%s:sha384\n' 0 1 2 3)"
	for LOG in $CEL_JSON $CEL_TLV; do
		verify --input "$VECTORS/$LOG" --input "$VECTORS/$aael" --input "$VECTORS/$cc"
		assert_success
	done
	# Whatever log is named first.
	for order in "$cc $COS $aael" "$aael $cc $COS"; do
		read -r first second third <<<"$order"
		verify --input "$VECTORS/$first" --input "$VECTORS/$second" --input "$VECTORS/$third"
		assert_success
		assert_equal "$(verdicts)" "$(printf 'match rtmr%s:sha384\n' 0 1 2 3)"
	done
	verify --input "$VECTORS/$COS" --input "$VECTORS/$aael"
	assert_failure 1
	assert_equal "$(verdicts | grep -v ^match)" 'mismatch rtmr2:sha384'
	expected "$COS" "unlogged: $COS, then RTMR3 extended with sha384(\"abc\") and no record"
	verify --input "$VECTORS/$COS"
	assert_failure 1
	assert_equal "$(verdicts | grep -v ^match)" 'unlogged rtmr3:sha384'
}

@test "logs of which no value was published" {
	here || return 0
	local reg value
	tsm replay "$VECTORS/go-tpm-tools/cel.tlv.bin"
	assert_success
	assert_output --regexp '^2261f933[0-9a-f]{88}  rtmr3:sha384$'
	tsm log --jsonl --input "$VECTORS/go-tpm-tools/cel.tlv.bin"
	assert_json -s 'length == 18 and all(.data_matches)'
	# By coreutils, of the digests that are shown.
	LOG=$VECTORS/go-eventlog/CCEL_unpadded.data.bin
	tsm replay "$LOG"
	assert_success
	cp "$OUT" values
	assert_equal "$(wc -l <values)" 3
	tsm log --jsonl --input "$LOG"
	cp "$OUT" events
	while read -r value reg; do
		v=$ZERO48
		for digest in $(jq -r --arg reg "$reg" 'select(.extends and .register == $reg) | .digests[].digest' events); do
			v=$(extended sha384 "$v" "$digest")
		done
		assert_equal "$reg $v" "$reg $value"
	done <values
}

@test "events are those that another parser found" {
	here || return 0
	for LOG in trustee/CCEL_{data,data_ovmf,data_grub,AAEL_alibabacloud}; do
		tsm -q log --jsonl --input "$VECTORS/$LOG"
		tail -n +2 "$OUT" >events # it leaves out the header
		jq -r '.uefi_event_logs[] | "\(.index) \(.type_name) \(.digests[].digest)"' "$VECTORS/${LOG}_out.json" >want
		jq -r '"\(.cc_mr_index) \(.kind) \(.digests[].digest)"' events | diff - want
		jq -r '.uefi_event_logs[].event' "$VECTORS/${LOG}_out.json" | while read -r data; do
			base64 -d <<<"$data" | od -An -v -tx1 | tr -d ' \n' && echo
		done >want
		jq -r .data_hex events | diff - want
		# What it could recompute, tsmctl can, and nothing in a genuine log is damage.
		jq -c '.uefi_event_logs[].digest_matches_event' "$VECTORS/${LOG}_out.json" >theirs
		jq -c .data_matches events | paste -d ' ' - theirs >both
		if grep -E '^false|^null true' both; then fail "said to be damaged, or not known"; fi
	done
}

@test "quotes and reports: registers where the specification has them" {
	here || return 0
	local reg row file
	for row in 'quote tdx_quote_4.dat 376' 'quote tdx_quote_5.dat 382' 'tdreport ../guest-components/tdx_report_1.bin 720'; do
		read -r kind file at <<<"$row"
		file=$VECTORS/trustee/$file
		tsm -q read --"$kind" "$file"
		assert_success
		for reg in 0 1 2 3; do
			assert_line "$(from "$file" $((at + 48 * reg)) 48)  rtmr$reg:sha384"
		done
	done
	assert_line --regexp '^f4ec1a04.*  rtmr0:sha384$'
	assert_line --regexp '^4e5f8826.*  rtmr1:sha384$'
}

@test "Azure: a TPM's quote beside the report and the quote of a real TD" {
	here || return 0
	local value hcl quote
	value=$(textsum sha256 x)
	hcl=$(basenc -w0 --base64url "$VECTORS/trustee/az-tdx-hcl-report.bin")
	quote=$(basenc -w0 --base64url "$VECTORS/trustee/az-tdx-quote.bin")
	# PCR 0 alone; no name, no nonce, clock or version.
	jq -n --arg value "$value" --arg hcl "$hcl" --arg quote "$quote" --arg digest "$(unhex "$value" | sum sha256)" '{version: 1,
		tpm_quote: {message: ("ff5443478018" + "00" * 29 + "00000001000b03010000" + "0020" + $digest), pcrs: [$value]},
		hcl_report: $hcl, td_quote: $quote}' >evidence
	tsm read --quote evidence
	assert_success
	assert_line --index 0 --partial 'whose tdx-quote is genuine)'
	tsm read --json --quote evidence
	# As `openssl pkey -pubin -outform DER | sha256sum` says of the key in it.
	assert_json '.evidence.ak_sha256 == "b65400f6602deed0f03a3667cb1866de086387d9ddcb69085c193df086cdc69f" and
		.evidence.checked == ["pcr-digest", "binding"] and .evidence.hardware_verdict == "genuine"'
}

@test "exports read back to the same registers" {
	exports() {
		local format
		for format in tcg2 cel-json cel-tlv; do
			tsm log --format $format --input "$VECTORS/$LOG"
			assert_success
			cp "$OUT" exported
			verify --input exported
			echo "$format"
			assert_success
			assert_equal "$(verdicts)" "$WANT"
		done
	}
	here || return 0
	each exports
	expected "$COS" "synthetic/systemd-cc-measure.log on top of $COS"
	for format in tcg2 cel-json cel-tlv; do
		tsm log --format $format --input "$VECTORS/$COS" --input "$VECTORS/synthetic/systemd-cc-measure.log"
		assert_success
		cp "$OUT" exported
		verify --input exported
		assert_success
	done
}

# refused FILE PATTERN: is malformed input, in every command. accepted FILE: has exactly these registers.
refused() {
	tsm replay "$1"
	assert_refused 5 "'$1': $2"
	tsm verify --values values --input "$1"
	assert_failure 5
	[[ $output != *match* && $stderr == *"'$1': "$2* ]] || fail "$output $stderr"
	tsm log --jsonl --input "$1"
	assert_failure 5
	[[ $stderr == "tsmctl: '$1': "$2 ]] || fail "$stderr"
}
accepted() {
	tsm replay "$1"
	assert_success
	assert_output "$2"
}

@test "what a parser should do with logs that are none, or are damaged" {
	here || return 0
	local once=518923b0f955d08da077c96aaba522b9decede61c599cea6c41889cfbea4ae4d50529d96fe4d1afdafb65e7f95bf23c4
	local seen=" empty.bin all-ff.bin no-header.bin trunc-in-digest.bin trunc-in-event.bin event-size-overflow.bin \
digest-count-huge.bin unknown-alg.bin mr-index-5.bin no-end-marker.bin zero-padded.bin event-ends-in-ff.bin two-spec-id.bin "
	cp "$VECTORS"/synthetic/negative/*.bin .
	for LOG in *.bin; do
		[[ $seen == *" $LOG "* ]] || fail "nothing is said of $LOG"
	done
	echo "$once  rtmr0:sha384" >values
	refused empty.bin 'no log: *'
	refused all-ff.bin 'no log *'
	refused no-header.bin 'no log *'
	accepted no-header.bin:aael "$once  rtmr0:sha384"
	refused trunc-in-digest.bin 'offset 85: the log ends within the record that starts at offset 65'
	refused trunc-in-event.bin 'offset 133: the log ends within the record that starts at offset 65'
	refused event-size-overflow.bin 'offset 127: an event of 4294967295 bytes, *'
	refused digest-count-huge.bin 'offset 73: an event with 4294967280 digests, *'
	refused unknown-alg.bin 'offset 77: a digest of algorithm 0x0027, *'
	# An index above 4 is a TPM's. As a CC MR it is said to be none, and is none of TDX's registers.
	accepted mr-index-5.bin "$(printf '%s\n' "$once  pcr1:sha384" \
		'9bfada7cdb440f4902cabc003f0c6dbf520470ce548d23c184669fed92f745e619119c28150878edaf1ae36f85de5638  pcr5:sha384')"
	tsm replay mr-index-5.bin:ccel
	[[ $stderr == *'offset 135: CC MR with index 5 does not exist'* ]]
	assert_equal "$(grep rtmr <<<"$output")" "$once  rtmr0:sha384"
	accepted no-end-marker.bin "$once  rtmr0:sha384"
	accepted zero-padded.bin "$once  rtmr0:sha384"
	[[ $stderr == *"'zero-padded.bin': the log ends at offset 135, where zeros start"* ]]
	accepted event-ends-in-ff.bin \
		'b7d78582456c903a9f4d7b0ac602d0b96db99a2e50e92e9afdf9347f990b204e85cffc2eb064dceefeb1cec47bf2bbf4  rtmr0:sha384'
	tsm log --jsonl --input event-ends-in-ff.bin
	assert_json -s 'last.data_hex | endswith("ffffffff")'
	# Two separators: the second header extends nothing.
	v=$(extended sha384 "$once" "$(unhex 00000000 | sum sha384)")
	accepted two-spec-id.bin "$v  rtmr0:sha384"
}
