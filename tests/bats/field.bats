#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Logs as they are found in the field: what their writers do beside the specifications, and what their index means.

setup() {
	load common
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	GUID=d719b2cb-3d3a-4596-a3bc-dad00e67656f
}

# tsm ARGS...: without any machine.
tsm() {
	go "$TSMCTL" --root /nonexistent "$@"
}

le32() { printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }

# old_event INDEX TYPE TEXT: a TCG_PCR_EVENT, of TCG 1.2, with the hash of its text.
old_event() {
	unhex "$(le32 "$1")$(le32 "$2")$(textsum sha1 "$3")$(le32 ${#3})$(hex "$3")"
}

# variable BEHIND: UEFI_VARIABLE_DATA of db with data of ten bytes, and these bytes, in hex.
variable() {
	local data
	data=$(echo "pcr7 EV_EFI_VARIABLE_AUTHORITY var:$GUID:db:00112233445566778899" |
		"$GENLOG" -f tpm -b sha256 --pad none - | tail -c 46 | od -An -v -tx1 | tr -d ' \n')
	echo "$data$1"
}

# authority BEHIND HASHED: a log whose event has these bytes behind the variable, and the hash of HASHED in hex.
authority() {
	echo "pcr7 EV_EFI_VARIABLE_AUTHORITY of:hex:$2 hex:$(variable "$1")" >desc
	"$GENLOG" -f tpm -b sha1,sha256 --pad none desc >log
	"$GENLOG" -f tpm -b sha1,sha256 --values desc >values
}

@test "shim's bytes behind a variable: all but the last are hashed" {
	for last in 00 af ff; do
		authority "0000000000$last" "$(variable 0000000000)"
		tsm verify -q --values values --input log
		assert_success
		tsm log --json --input log
		assert_json '.events[1].data_matches == true'
	done
	# In any other form nothing is left out.
	for behind in 0000000001af 0100000000af 00000000af 000000000000af af; do
		authority "$behind" "$(variable "${behind%??}")"
		tsm verify -q --values values --input log
		assert_failure 1
		assert_line "altered  pcr7:sha256  (event 1 of 'log': its data does not hash to its digest)"
	done
	# Nor are they where another byte was changed.
	whole=$(variable 0000000000)
	for ((at = 0; at < ${#whole}; at += 14)); do
		authority 0000000000af "${whole:0:at}f${whole:$((at + 1))}"
		[ "${whole:at:1}" != f ] || continue
		tsm verify -q --values values --input log
		assert_failure 1
		assert_line --partial 'altered  pcr7:sha256'
	done
}

@test "a log of TCG 1.2 is read, with SHA-1 alone" {
	{ old_event 0 8 crtm && old_event 7 4 abcd && old_event 0 4 abcd; } >log
	tsm replay log
	assert_done
	assert_output "$(recorded sha1 "$(printf '%040d' 0)" crtm abcd)  pcr0:sha1
$(recorded sha1 "$(printf '%040d' 0)" abcd)  pcr7:sha1"
	tsm log --json --input log
	assert_json '[.events[] | .kind] == ["EV_S_CRTM_VERSION", "EV_SEPARATOR", "EV_SEPARATOR"] and
		.events[1].digests[0].alg == "sha1" and .logs == [{source: "log", format: "tpm", guessed: false}]'
	# Its first event may say which locality PCR 0 starts at.
	{ unhex "0000000003000000$(printf '%040d' 0)11000000$(hex StartupLocality)0003" && cat log; } >started
	tsm replay started
	assert_done
	assert_line "$(recorded sha1 "$(printf '%039d3' 0)" crtm abcd)  pcr0:sha1"
	tsm log --input log:ccel
	assert_failure 5
	[[ $stderr == *"'log': offset 0: no Spec ID event, with which a TCG2 log starts"* ]]
}

# stray INDEX TYPE: a TD's log, with a header as td-shim writes it, and behind its events one of this index.
stray() {
	printf '%s\n' 'rtmr0 EV_SEPARATOR sep' 'rtmr1 EV_SEPARATOR sep' 'rtmr2 EV_EFI_ACTION text:x' >td
	"$GENLOG" -f ccel:td-shim -b sha384 --pad none td >log
	"$GENLOG" -f ccel:td-shim -b sha384 --quote 4 td >quote
	unhex "$(le32 "$1")$(le32 "$2")010000000c00$(textsum sha384 y)01000000$(hex y)" >>log
}

@test "an event that never extends does not make a TD's log a TPM's" {
	stray 7 3
	tsm replay --json log
	assert_done
	assert_json '[.registers[].register] == ["rtmr0:sha384", "rtmr1:sha384", "rtmr2:sha384"] and .logs[0].guessed == false'
	tsm log --json --input log
	assert_json '.events[4].register == null'
}

@test "an odd index: a guess, which is said, and settled by registers" {
	stray 5 4
	tsm replay --json log
	assert_success
	[[ $stderr == "tsmctl: 'log': read as the log of a TPM, which is a guess: 'log:ccel' reads it as that of a confidential VM" ]]
	assert_json '.logs == [{source: "log", format: "tpm", guessed: true}]'
	tsm log --json --input log
	[[ $stderr == *"which is a guess"* ]]
	assert_json '.logs[0].guessed == true'
	tsm replay --json log:ccel
	assert_success
	[[ $stderr != *guess* ]]
	assert_json '[.logs[] | del(.note)] == [{source: "log", format: "ccel", guessed: false}]'
	# Beside the registers of a TD it is none.
	tsm verify --json --quote quote --input log
	assert_success
	[[ $stderr == *"'log': offset "*": CC MR with index 5 does not exist"* && $stderr != *guess* ]]
	assert_json '[.registers[].verdict] == ["match", "match", "match", "untouched"] and [.logs[] | del(.note)] == [{source: "log", format: "ccel", guessed: false}]'
	# Beside PCRs it is a TPM's.
	tsm replay -q log
	echo "$output" >values
	tsm verify --json --values values --input log
	assert_done
	assert_json '.verdict == "match" and .logs == [{source: "log", format: "tpm", guessed: false}]'
}

@test "an odd index, on a TD that has a TPM, too: the registers that are asked for decide" {
	stray 5 4
	use_root tdx
	mkdir -p "$ROOT/sys/class/tpm/tpm0/pcr-sha384"
	echo "$ZERO48" >"$ROOT/sys/class/tpm/tpm0/pcr-sha384/5"
	tsmctl verify --json --input log
	assert_json '[.logs[] | del(.note)] == [{source: "log", format: "ccel", guessed: false}]'
	tsmctl verify --json --input log tpm0/pcr5:sha384
	assert_json '.logs == [{source: "log", format: "tpm", guessed: false}]'
}

@test "a bank of SHA-1, or PCR 0, is a TPM's" {
	echo 'pcr4 EV_SEPARATOR sep' >low
	"$GENLOG" -f tpm -b sha1,sha256 --pad none low >log
	tsm replay log
	assert_done
	assert_output --partial 'pcr4:sha1'
	"$GENLOG" -f tpm -b sha256 --pad none low >log
	tsm replay log
	assert_success
	assert_output --partial 'rtmr3:sha256'
	[[ $stderr == "tsmctl: 'log': read as the log of a confidential VM, which is a guess: 'log:tpm' reads it as that of a TPM" ]]
	echo 'pcr0 EV_SEPARATOR sep' >>low
	"$GENLOG" -f tpm -b sha256 --pad none low >log
	tsm replay log
	assert_success
	assert_line --partial 'pcr4:sha256'
}

@test "an NV index and one of ones, in a TPM's log, and in what it is exported to" {
	printf '%s\n' 'pcr0 EV_SEPARATOR sep' 'pcr7 EV_SEPARATOR sep' >d
	"$GENLOG" -f tpm -b sha256 --pad none d >log
	for index in 29622784 4294967295; do
		unhex "$(le32 $index)03000000010000000b00$(textsum sha256 y)01000000$(hex y)" >>log
	done
	unhex "0700000004000000010000000b00$(textsum sha256 z)01000000$(hex z)" >>log
	tsm log --json --input log
	assert_done
	assert_json '[.events[] | .register] == ["pcr0", "pcr0:sha256", "pcr7:sha256", "nv0x01c40200:sha256", null, "pcr7:sha256"]'
	tsm replay log
	before=$output
	tsm log --format tcg2 --input log >/dev/null
	"$TSMCTL" --root /nonexistent log --format tcg2 --input log >again
	tsm replay again
	assert_done
	assert_output "$before"
	tsm log --json --input again
	assert_json '[.events[] | .register] == ["pcr0", "pcr0:sha256", "pcr7:sha256", "nv0x01c40200:sha256", null, "pcr7:sha256"]'
}

# A CCEL, and an IMA list whose events a kernel extended into RTMR2.
ima_in_rtmr2() {
	printf '%s\n' 'rtmr0 EV_SEPARATOR sep' 'rtmr2 EV_EFI_ACTION text:x' >td
	"$GENLOG" -f ccel td >ccel
	printf '%s\n' 'pcr10 ima-ng text:boot_aggregate' 'pcr10 ima-ng text:/usr/bin/true' >list
	"$GENLOG" -f ima:ascii -b sha384 list >ima
	tsm replay -q ccel ima@rtmr2
	assert_success
	echo "$output" >values
}

@test "FILE@REGISTER: a log whose index means another register" {
	ima_in_rtmr2
	d1=$(cut -d' ' -f2 ima | head -1) d2=$(cut -d' ' -f2 ima | tail -1)
	v=$(extended sha384 "$ZERO48" "$(textsum sha384 x)")
	v=$(extended sha384 "$(extended sha384 "$v" "$d1")" "$d2")
	assert_line "$v  rtmr2:sha384"
	for as in ima@rtmr2 ima:ima@rtmr2 ima@rtmr2:sha384; do
		tsm verify --values values --input "$as" --input ccel
		assert_done
		assert_output $'match  rtmr0:sha384\nmatch  rtmr2:sha384'
	done
	tsm verify --values values --input ccel --input ima
	assert_failure 1
	assert_line --partial "mismatch  rtmr2:sha384"
	assert_line --partial "; if all events of 'ima' were extended here, it matches: name it 'ima@rtmr2')"
	# Nor is it of a log that has events of another register here, whose value is the same.
	printf '%s\n' 'rtmr0 EV_SEPARATOR sep' >one
	"$GENLOG" -f ccel one >log
	v=$("$GENLOG" -f ccel --values one | sed -n 's/  rtmr0:sha384$//p')
	printf '%s  rtmr%d:sha384\n' "$v" 0 "$v" 2 >same
	tsm verify --values same --input log
	assert_failure 1
	assert_line --partial 'unlogged  rtmr2:sha384'
	refute_output --partial '@rtmr2'
	# It is not said where it is not so, nor of a log that was cut.
	sed -i 2d ima
	tsm verify --values values --input ccel --input ima
	assert_failure 1
	refute_output --partial '@rtmr2'
	tsm log --json --input ima@rtmr2
	assert_json '[.events[].register] == ["rtmr2:sha384"]'
}

@test "FILE@REGISTER: a register that is not here, a journal, a text log, a file of that name" {
	ima_in_rtmr2
	tsm verify --values values --input ccel --input ima@rtmr7
	assert_refused 2 "'ima': no register 'rtmr7' here"
	printf '%s\n' '{"schema":"tsmctl.journal/1","boot_id":"0f0f0f0f-1111-2222-3333-444444444444","created":"2026-11-24T16:17:31Z"}' >j
	tsm verify --values values --input j@rtmr2
	assert_refused 2 "'j': a journal names the register of each event: omit '@rtmr2'"
	cp ima 'ima@rtmr2'
	cp ima 'ima:ccel'
	mv ima gone
	tsm log --jsonl --input ima@rtmr2
	assert_done
	assert_line --partial '"register":"pcr10'
	tsm log --jsonl --input ima:ccel
	assert_done
	assert_line --partial '"register":"pcr10'
	tsm log --input gone@nowhere:ima@rtmr2
	assert_failure 4
	[[ $stderr == *"'gone@nowhere:ima@rtmr2': "* ]]
	cp "$ROOTS/rfc-v1/sys/kernel/tsm/measurement-example/rtmr0/event_log" text
	tsm replay text@rtmr1:sha256
	assert_done
	assert_output "$(filehex "$ROOTS/rfc-v1/sys/kernel/tsm/measurement-example/rtmr0/digest")  rtmr1:sha256"
	tsm verify --values values --input text@rtmr7
	assert_refused 2 "'text': 'rtmr7' does not name exactly one register here"
}

# case FILE: one of the small inputs that came of reports from the field, where they are there.
case_here() { CASES=${TSMCTL_SHARED:-}/cases && [ -d "$CASES" ]; }

@test "inputs that came of reports from the field" {
	case_here || return 0
	cd "$CASES" || return
	tsm verify -q --values shim-authority-extra-byte.values --input shim-authority-extra-byte.bin
	assert_success
	tsm log --json --input shim-authority-extra-byte.bin
	assert_json '[.events[3, 4].data_matches] == [true, true]'
	tsm replay windows-pcr-minus1-midlog.bin
	assert_done
	assert_line --regexp '^6d6740fe70.*  pcr11:sha256$'
	tsm log --json --input windows-pcr-minus1-midlog.bin
	assert_json '.events | length == 14' # and the header
	tsm replay ccel-stray-noaction-index7.bin
	assert_done
	assert_line --partial rtmr0:sha384
	# The quote has registers, and no signature data that could be read.
	tsm verify --quote quote-v4.dat --input ccel-stray-extend-index5.bin
	assert_failure 5
	assert_line 'match  rtmr2:sha384'
	[[ $stderr == *"CC MR with index 5 does not exist"* ]]
	tsm log --json --input nv-index-no-action.bin
	assert_json '.events[2].register == "nv0x01c40200:sha256"'
	tsm replay tpm-low-pcrs.bin
	assert_done
	assert_output --partial pcr0:sha1
	assert_output --partial pcr4:sha1
	tsm replay tcg12-sha1.bin
	assert_done
	assert_equal "$(cut -d' ' -f3 <<<"$output" | xargs)" "$(echo pcr{0..7}:sha1)"
	tsm verify --values ima-rtmr2.values --input ccel-base.bin --input ima-rtmr2.ascii:ima@rtmr2
	assert_done
	tsm verify --values ima-rtmr2.values --input ccel-base.bin --input ima-rtmr2.ascii
	assert_failure 1
	assert_line --partial "name it 'ima-rtmr2.ascii@rtmr2')"
}
