#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The simulator's TPM against what Linux shows of one, call by call, and tsmctl on it: also while IMA measures without pause.

setup() {
	bats_load_library bats-file
	load common
	load fuse
	need_fuse
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	CLASS=$ROOT/sys/class/tpm SECURITY=$ROOT/sys/kernel/security
}

teardown() {
	sim_stop
}

# check STEPS... < EXPECTED LINES
check() {
	run "$SIMCHECK" "$@"
	assert_success
	assert_output "$(cat)"
}

value() { tr A-F a-f <"$CLASS/tpm0/pcr-$1/$2"; } # HASH PCR
lines() { wc -l <"$SECURITY/ima/ascii_runtime_measurements"; }

@test "tree: PCRs, modes and sizes" {
	sim_tpm
	run bash -c 'cd "$1" && find . -type f -printf "%P %m %s\n" | sort -V | sed -n "1p;24p;25p;\$p"' - "$CLASS/tpm0"
	assert_output $'pcr-sha1/0 444 4096\npcr-sha1/23 444 4096\npcr-sha256/0 444 4096\npcr-sha256/23 444 4096'
	run bash -c 'cd "$1" && find . ! -type d -printf "%P %y %m %s %l\n" | sort' - "$SECURITY"
	assert_output "$(
		cat <<-END
			ima l 777 0 integrity/ima
			integrity/ima/ascii_runtime_measurements l 777 0 ascii_runtime_measurements_sha1
			integrity/ima/ascii_runtime_measurements_sha1 f 440 0 
			integrity/ima/ascii_runtime_measurements_sha256 f 440 0 
			integrity/ima/binary_runtime_measurements l 777 0 binary_runtime_measurements_sha1
			integrity/ima/binary_runtime_measurements_sha1 f 440 0 
			integrity/ima/binary_runtime_measurements_sha256 f 440 0 
			tpm0/binary_bios_measurements f 440 0 
		END
	)"
	assert_equal "$(value sha256 16)" "$ZERO32"
	assert_equal "$(tr -d F <"$CLASS/tpm0/pcr-sha1/17")" ''
	# Upper case, and a newline.
	[[ $(od -An -c "$CLASS/tpm0/pcr-sha256/0" | tr -d ' \n') =~ ^[0-9A-F]{64}\\n$ ]]
}

@test "tree: nothing is written to it" {
	sim_tpm
	check open "$CLASS/tpm0/pcr-sha1/0" O_WRONLY open "$SECURITY/ima/ascii_runtime_measurements" O_RDWR \
		open "$CLASS/tpm0/pcr-sha1/24" 'O_WRONLY|O_CREAT' mkdir "$CLASS/tpm0/pcr-sm3" <<-END
			open=EACCES
			open=EACCES
			open=EACCES
			mkdir=EPERM
		END
}

@test "what happens: IMA's lists grow, violations, extends that nobody logs" {
	sim_tpm
	before=$(value sha256 10)
	sim_happens 'ima /bin/true'
	assert_equal "$(lines)" 2
	d=$(tail -n 1 "$SECURITY/ima/ascii_runtime_measurements_sha256" | cut -d' ' -f2)
	assert_equal "$(value sha256 10)" "$(extended sha256 "$before" "$d")"
	before=$(value sha256 10)
	sim_happens 'violation /var/log/x'
	assert_equal "$(tail -n 1 "$SECURITY/ima/ascii_runtime_measurements_sha256" | cut -d' ' -f2)" "$ZERO32"
	assert_equal "$(value sha256 10)" "$(extended sha256 "$before" "$(tr 0 f <<<"$ZERO32")")"
	sim_happens 'extend 16 debug'
	assert_equal "$(value sha256 16)" "$(extended sha256 "$ZERO32" "$(textsum sha256 debug)")"
	sim_happens 'show sha256 3 x'
	assert_equal "$(cat "$CLASS/tpm0/pcr-sha256/3")" x
	assert_not_equal "$(cat "$CLASS/tpm0/pcr-sha1/3")" x
	for bad in nothing 'ima ' 'extend 24 x' 'grow never 1' 'show sha1 24 x' 'turns 24'; do
		run sim_happens "$bad"
		assert_failure
	done
	# Other programs read the same.
	evmctl ima_measurement --ignore-violations "$SECURITY/ima/binary_runtime_measurements" >/dev/null 2>&1 || [ $? = 1 ]
	tpm2_eventlog "$SECURITY/tpm0/binary_bios_measurements" 2>/dev/null |
		awk '/^ +sha/ { bank = $1 } /^ +[0-7] *: 0x/ { sub("0x", ""); print $NF "  tpm0/pcr" $1 ":" bank }' | sed 's/:$//' >peer
	tsmctl read tpm0/pcr{0..7}:sha{1,256}
	assert_equal "$(grep -v sha256:3 <<<"$output" | grep -v 'pcr3:sha256' | sort)" "$(grep -v 'pcr3:sha256' peer | sort)"
}

@test "a list of IMA without an end" {
	sim_tpm
	sim_happens 'endless '
	tsmctl verify pcr10:sha256
	why="'/sys/kernel/security/ima/binary_runtime_measurements': no end within 1073741824 bytes; if it grows as fast as it is read, try again once that stops"
	assert_error 5 "$why"
	assert_output "error  tpm0/pcr10:sha256  ($why)"
}

# verdicts: how many PCRs have each, from the output.
verdicts() { cut -d' ' -f1 <<<"$output" | sort | uniq -c | xargs; }

@test "verify: all PCRs, with every list of IMA, and systemd's log" {
	sim_tpm
	sim_happens 'ima /bin/true' 'violation /var/log/x' 'ima /a name with blanks'
	mkdir -p "$ROOT/run/log/systemd"
	echo 'pcr11 phase text:enter-initrd' >phase.txt
	sim_happens 'extend 11 enter-initrd'
	"$GENLOG" -f systemd:tpm2 -b sha1,sha256 phase.txt >"$ROOT/run/log/systemd/tpm2-measure.log"
	tsmctl verify
	assert_done
	assert_equal "$(verdicts)" '20 match 28 untouched'
	sim_happens 'extend 11 ready'
	tsmctl verify pcr11:sha256
	assert_failure 1
	assert_line --partial 'mismatch  tpm0/pcr11:sha256'
}

@test "a PCR that reads as garbage, or fails, is an error of its own" {
	sim_tpm
	sim_happens 'show sha256 3 0x00'
	tsmctl read
	assert_failure 5
	assert_equal "$stderr" "tsmctl: '/sys/class/tpm/tpm0/pcr-sha256/3': not 32 bytes in hex"
	assert_equal "$(grep -c '  tpm0/pcr' <<<"$output")" 47
	tsmctl verify
	assert_failure 5
	assert_equal "$(verdicts)" '1 error 17 match 30 untouched'
	sim_tpm --fault 'pcr-sha1/4:read:*:eio'
	tsmctl verify
	assert_failure 4
	assert_equal "$(verdicts)" '1 error 17 match 30 untouched'
	# A TPM that takes its time for each of them is only slow.
	sim_tpm --fault 'pcr-sha*/*:read:*:slow-1'
	tsmctl verify
	assert_done
}

@test "a firmware's log that cannot be read to its end" {
	sim_tpm --fault 'tpm0/binary_bios_measurements:read:2+:eio'
	tsmctl verify pcr0:sha256
	assert_failure 4
	assert_output "error  tpm0/pcr0:sha256  ('/sys/kernel/security/tpm0/binary_bios_measurements': input/output error)"
}

@test "IMA measures while its list is read, and while its PCR is" {
	# Once is a retry; each time, there is no moment at which they stand still.
	for when in list value; do
		for times in 1 2 3 1000000; do
			sim_tpm
			sim_happens 'ima /bin/true' "grow $when $times"
			tsmctl verify
			assert_done
			assert_equal "$(verdicts)" '18 match 30 untouched'
			sim_happens "grow $when $times"
			tsmctl verify --json 'pcr10:*'
			assert_success
			assert_json '.verdict == "match" and ([.registers[] | .records == .matched_records and .unextended == [] and
				.diagnosis == null and .replayed == .value] | all)'
			sim_happens "grow $when $times"
			tsmctl log --json 'pcr10:*'
			assert_success
			sim_happens "grow $when 1000000" 'grow list 1000000'
			tsmctl verify
			assert_success
		done
	done
}

@test "IMA measures without pause, and its policy has other PCRs for some files" {
	for when in list value; do
		sim_tpm
		sim_happens 'turns 12' 'ima /bin/true' "grow $when 1000000"
		tsmctl verify
		assert_done
		assert_line --regexp '^match  tpm0/pcr12:sha256'
		assert_equal "$(verdicts)" '20 match 28 untouched'
		tsmctl verify --json pcr10:sha256
		assert_success
		assert_json '.registers[0] | .verdict == "match" and .records == .matched_records and .unextended == []'
	done
}

@test "IMA measures without pause, and what is wrong is still found" {
	# An extend of its PCR that is in no list.
	for when in list value; do
		sim_tpm
		sim_happens 'ima /bin/true' 'extend 10 foreign' "grow $when 1000000"
		tsmctl verify pcr10:sha256
		assert_error 4 "'tpm0/pcr10:sha256' changed 10 times while it was read: something keeps extending it; try again once it stops"
		assert_line --index 0 "error  tpm0/pcr10:sha256  (${stderr#tsmctl: })"
		# Once it stops, that is found.
		for times in 0 1 5 9; do
			sim_happens "grow $when $times"
			tsmctl verify pcr10:sha256
			assert_failure 1
			assert_line --regexp '^mismatch  tpm0/pcr10:sha256  '
		done
		# Of another PCR, which stands still.
		sim_tpm
		sim_happens 'extend 4 foreign' "grow $when 1000000"
		tsmctl verify
		assert_failure 1
		assert_line --partial 'mismatch  tpm0/pcr4:sha256'
		assert_equal "$(verdicts)" '16 match 2 mismatch 30 untouched'
	done
	# A list that had more than the PCR before they were read.
	sim_tpm
	sim_happens "show sha256 10 $(value sha256 10)" 'ima /bin/true' 'ima /bin/false' 'grow list 1000000'
	tsmctl verify pcr10:sha256
	assert_failure 1
	assert_line --partial 'log-ahead  tpm0/pcr10:sha256'
}

@test "beside a TVM's own registers the TPM is met only by name" {
	mkdir -p "$ROOT"/{run,proc/sys/kernel/random}
	echo 01234567-89ab-cdef-0123-456789abcdef >"$ROOT/proc/sys/kernel/random/boot_id"
	sim_tpm --tree mr --provider tdx_guest
	tsmctl read
	assert_success
	refute_output --partial tpm0
	tsmctl verify 'tpm0/*'
	assert_done
	assert_equal "$(verdicts)" '18 match 30 untouched'
	tsmctl verify
	assert_success
	refute_output --partial tpm0
	tsmctl extend rtmr3 --event x
	assert_success
	tsmctl extend tpm0/pcr16:sha256 --event x
	assert_failure 3
	assert_equal "$(value sha256 16)" "$ZERO32"
}

# The rows of the README's table that a simulator can be: what is meant without operands, what may be extended, what is read.
@test "the table of machines: TDX, SNP with and without a TPM, a TD with a TPM" {
	local tdx=(--tree mr --provider tdx_guest)
	mkdir -p "$ROOT"/{run,proc/sys/kernel/random}
	echo 01234567-89ab-cdef-0123-456789abcdef >"$ROOT/proc/sys/kernel/random/boot_id"
	# TDX: RTMRs, which are extended; firmware's log and the journal explain them.
	sim_start "${tdx[@]}"
	tsmctl extend rtmr3 --event x
	assert_success
	tsmctl verify --json
	assert_json '[.registers[] | select(.verdict == "match") | .sources[]] | unique == ["ccel", "journal"]'
	refute_output --partial tpm0
	# GCP's: a TPM beside them is met by name, and is not extended.
	rm -rf "$ROOT/run/tsmctl"
	sim_tpm "${tdx[@]}"
	tsmctl extend rtmr3 --event x
	assert_success
	tsmctl verify 'tpm0/*'
	assert_done
	tsmctl extend tpm0/pcr12:sha256 --event x
	assert_failure 3
	[[ $stderr == *tpm2_pcrextend* ]]
	# SNP with an SVSM, Azure: PCRs alone.
	rm -rf "$ROOT/run/tsmctl"
	sim_tpm
	mkdir -p "$ROOT/dev/sev-guest"
	tsmctl status
	assert_success
	assert_line --partial 'this is a guest of AMD SEV-SNP'
	assert_line --partial 'a TPM is there'
	tsmctl verify --json
	assert_success
	assert_json '[.registers[] | select(.verdict == "match") | .sources[]] | unique == ["firmware", "ima"]'
	tsmctl extend pcr12:sha256 --event x
	assert_failure 3
	# SNP without a TPM: nothing.
	sim_start --provider none
	tsmctl status
	assert_failure 3
	assert_line --partial 'this is a guest of AMD SEV-SNP'
	assert_line --partial 'no TPM'
	tsmctl verify
	assert_failure 3
}
