#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The interface tpm: PCRs that the kernel shows, and the logs of firmware, IMA and systemd that explain them.

setup() {
	load common
	common_setup
	BOOT=$BATS_TEST_DIRNAME/../gen/boot.txt
	CLASS=$ROOT/sys/class/tpm SECURITY=$ROOT/sys/kernel/security
	cd "$BATS_TEST_TMPDIR" || return
}

# tpm N: an empty TPM, with banks of SHA-1 and SHA-256; its values are in upper case, as the kernel has them.
tpm() {
	local bank i
	for bank in sha1:40 sha256:64; do
		mkdir -p "$CLASS/tpm$1/pcr-${bank%:*}"
		for i in {0..23}; do
			pcr "$1" "pcr$i:${bank%:*}" "$(printf "%0${bank#*:}d" 0)"
		done
		for i in {17..22}; do
			pcr "$1" "pcr$i:${bank%:*}" "$(printf "%${bank#*:}s" '' | tr ' ' f)"
		done
	done
}

# pcr N NAME:HASH HEX: the value of a PCR.
pcr() {
	local name=${2%:*}
	printf '%s\n' "${3^^}" >"$CLASS/tpm$1/pcr-${2#*:}/${name#pcr}"
}

# hold N FORMAT DESCRIPTION: the TPM holds what genlog says that a log of these events gives.
hold() {
	local value name
	"$GENLOG" -f "$2" -b sha1,sha256 --values "$3" >held
	while read -r value name; do
		pcr "$1" "$name" "$value"
	done <held
}

# value N NAME:HASH: what a PCR holds.
value() {
	local name=${2%:*}
	tr 'A-F' 'a-f' <"$CLASS/tpm$1/pcr-${2#*:}/${name#pcr}"
}

# aggregate N COUNT: the hash over the first PCRs.
aggregate() {
	local i all=
	for ((i = 0; i < $2; i++)); do
		all+=$(value "$1" "pcr$i:sha256")
	done
	unhex "$all" | sum sha256
}

# booted: a machine with TPM 0 and all logs of it.
booted() {
	empty_root
	mkdir -p "$ROOT"/{run/log/systemd,proc/sys/kernel/random} "$SECURITY"/{tpm0,integrity/ima}
	ln -s integrity/ima "$SECURITY/ima"
	echo 01234567-89ab-cdef-0123-456789abcdef >"$ROOT/proc/sys/kernel/random/boot_id"
	tpm 0
	printf '%s\n' 'pcr12 phase text:enter-initrd' 'pcr15 machine-id text:x' 'pcr12 phase text:ready' >systemd.txt
	"$GENLOG" -f tpm -b sha1,sha256 --pad none "$BOOT" >"$SECURITY/tpm0/binary_bios_measurements"
	"$GENLOG" -f systemd:tpm2 -b sha1,sha256 systemd.txt >"$ROOT/run/log/systemd/tpm2-measure.log"
	chmod 600 "$ROOT/run/log/systemd/tpm2-measure.log"
	hold 0 tpm "$BOOT"
	hold 0 systemd:tpm2 systemd.txt
	ima "$(aggregate 0 10)"
}

# ima AGGREGATE: IMA's list that starts with it, and what the TPM holds then.
ima() {
	printf '%s\n' "pcr10 ima-ng file:sha256:$1 text:boot_aggregate" 'pcr10 ima-ng text:/usr/bin/true' \
		'pcr10 ima-ng violation text:/var/log/x' >ima.txt
	"$GENLOG" -f ima:ascii -b sha1 ima.txt >"$SECURITY/ima/ascii_runtime_measurements"
	hold 0 ima:ascii ima.txt
}

@test "list and read: banks that are there, PCRs in their order, values in either case" {
	empty_root
	tpm 0
	tsmctl list
	assert_done
	assert_equal "${#lines[@]}" 49
	assert_line --index 1 --regexp '^tpm0/pcr0:sha1 +runtime r-- +sha1 +20 +- +tpm$'
	assert_line --index 22 --regexp '^tpm0/pcr10:sha256 '
	tsmctl list --json pcr7:sha256
	assert_json '.registers[0] | .kind == "runtime" and .extend_with == [] and .log == null and .abi == "tpm" and
		.path == "/sys/class/tpm/tpm0/pcr-sha256/7" and .cc_mr_index == null'
	pcr 0 pcr7:sha256 abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789
	for case in U L; do
		tsmctl read pcr7:sha256
		assert_done
		assert_output 'abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789  tpm0/pcr7:sha256'
		tr 'A-F' 'a-f' <"$CLASS/tpm0/pcr-sha256/7" >low
		cp low "$CLASS/tpm0/pcr-sha256/7"
	done
}

@test "a PCR that is no value, a bank of an unknown hash, files that are no PCRs" {
	empty_root
	tpm 0
	for bad in '' 00 "${ZERO32}00" "${ZERO32%0}g" "$ZERO32 "; do
		printf '%s\n' "$bad" >"$CLASS/tpm0/pcr-sha256/3"
		tsmctl read pcr3:sha256
		assert_refused 5 "'sys/class/tpm/tpm0/pcr-sha256/3': not 32 bytes in hex"
		tsmctl verify --json 'pcr3*'
		assert_failure 5
		assert_json '.registers[0].verdict == "untouched" and .registers[1].error.status == 5'
	done
	mkdir -p "$CLASS"/tpm0/{pcr-md7,device} "$CLASS"/{tpm,tpmrm0,tpm01}/pcr-sha1
	echo 00 >"$CLASS/tpm0/pcr-md7/0"
	echo x >"$CLASS/tpm0/pcr-sha1/24x"
	echo x >"$CLASS/tpm01/pcr-sha1/0"
	tsmctl read 'pcr0*'
	assert_failure 5
	[[ $stderr == "tsmctl: 'sys/class/tpm/tpm0/pcr-md7/0': the hash 'md7' is not known here" ]]
	refute_output --partial tpm01
}

@test "verify: every PCR of a booted machine, from all its logs" {
	booted
	tsmctl verify
	assert_done
	assert_equal "$(cut -d' ' -f1 <<<"$output" | sort | uniq -c | xargs)" '22 match 26 untouched'
	assert_line 'match  tpm0/pcr0:sha256' # from the locality that its log states
	assert_line 'match  tpm0/pcr10:sha256'
	assert_line 'match  tpm0/pcr12:sha256'
	assert_line 'untouched  tpm0/pcr17:sha1'
	tsmctl verify --json pcr10:sha1
	assert_json '.registers[0] | .sources == ["ima"] and .diagnosis == null'
	tsmctl log --jsonl 'pcr10*' 'pcr15*'
	assert_json -s '[.[] | .source] == ["ima", "ima", "ima", "systemd"] or
		[.[] | .source] == ["systemd", "ima", "ima", "ima"]'
	# Read and taken elsewhere, it is the same.
	tsmctl read
	cp "$OUT" values
	go "$TSMCTL" --root /nonexistent verify --values values --input "$SECURITY/tpm0/binary_bios_measurements" \
		--input "$SECURITY/ima/ascii_runtime_measurements" --input "$ROOT/run/log/systemd/tpm2-measure.log"
	assert_done
	assert_equal "$(cut -d' ' -f1 <<<"$output" | sort | uniq -c | xargs)" '22 match 26 untouched'
}

@test "verify: an extend by somebody else is found" {
	booted
	v=$(extended sha256 "$(value 0 pcr12:sha256)" "$(textsum sha256 foreign)")
	pcr 0 pcr12:sha256 "$v"
	tsmctl verify 'pcr12*'
	assert_failure 1
	assert_line 'match  tpm0/pcr12:sha1'
	assert_line "mismatch  tpm0/pcr12:sha256  (the logs do not reproduce this value, and no single change to them does)"
	pcr 0 pcr23:sha256 "$(extended sha256 "$ZERO32" "$v")"
	tsmctl verify pcr23:sha256
	assert_failure 1
	assert_line --partial 'this PCR can be reset, and no log shows that'
}

@test "verify: systemd's log that is marked as incomplete" {
	booted
	chmod 1600 "$ROOT/run/log/systemd/tpm2-measure.log"
	tsmctl verify 'pcr12*'
	assert_done
	pcr 0 pcr12:sha1 "$(extended sha1 "$(value 0 pcr12:sha1)" "$(textsum sha1 lost)")"
	tsmctl verify pcr12:sha1
	assert_failure 1
	assert_line --partial "'systemd' is marked as incomplete: something was extended that is not in it"
	# Of a PCR whose events it could not have, nothing is said.
	chmod 600 "$ROOT/run/log/systemd/tpm2-measure.log"
	tsmctl verify pcr12:sha1
	assert_failure 1
	refute_output --partial incomplete
}

@test "verify: IMA's first event is the hash of the PCRs before it" {
	booted
	ima "$(aggregate 0 8)" # until Linux 5.8
	tsmctl verify 'pcr10*'
	assert_done
	refute_output --partial boot_aggregate
	ima "$(aggregate 0 9)"
	tsmctl verify 'pcr10*'
	assert_done
	assert_line "match  tpm0/pcr10:sha256  (event 0 of 'ima', boot_aggregate, is not the hash of PCRs 0 to 9 as they are now)"
	tsmctl verify --json pcr10:sha256
	assert_json '.registers[0].diagnosis == {kind: "boot-aggregate", source: "ima", seq: 0}'
	# Where a PCR cannot be read, or is not there, nothing is known of it.
	tsmctl read pcr10:sha256
	cp "$OUT" values
	go "$TSMCTL" --root /nonexistent verify --values values --input "$SECURITY/ima/ascii_runtime_measurements"
	assert_done
	assert_output 'match  tpm0/pcr10:sha256'
	echo >"$CLASS/tpm0/pcr-sha256/2"
	tsmctl verify pcr10:sha256
	assert_done
	assert_output 'match  tpm0/pcr10:sha256'
}

@test "replay: IMA's list beside firmware's log, in all banks of that" {
	booted
	for order in 'tpm0/binary_bios_measurements ima/ascii_runtime_measurements' \
		'ima/ascii_runtime_measurements tpm0/binary_bios_measurements'; do
		go "$TSMCTL" --root /nonexistent replay "$SECURITY/${order% *}" "$SECURITY/${order#* }"
		assert_done
		assert_line "$(value 0 pcr10:sha1)  pcr10:sha1"
		assert_line "$(value 0 pcr10:sha256)  pcr10:sha256"
	done
	go "$TSMCTL" --root /nonexistent replay "$SECURITY/ima/ascii_runtime_measurements"
	assert_done
	assert_output "$(value 0 pcr10:sha1)  pcr10:sha1"
}

# padded: PCR 10 of SHA-256 as a kernel without that hash extends it.
padded() {
	local v=$ZERO32 d
	while read -r _ d _; do
		if [ "$d" = "$(printf '%040d' 0)" ]; then d=$(printf '%64s' '' | tr ' ' f); else d=$d$(printf '%024d' 0); fi
		v=$(extended sha256 "$v" "$d")
	done <"$SECURITY/ima/ascii_runtime_measurements"
	echo "$v"
}

@test "verify: a bank whose hash the kernel lacked when IMA began" {
	booted
	pcr 0 pcr10:sha256 "$(padded)"
	tsmctl verify
	assert_success
	assert_line 'match  tpm0/pcr10:sha1'
	assert_line "match  tpm0/pcr10:sha256  (the kernel extended IMA's SHA-1 digests here, padded with zeros)"
	assert_line 'match  tpm0/pcr0:sha256'
	# Not one of these and one of those.
	sed -i 2d "$SECURITY/ima/ascii_runtime_measurements"
	tsmctl verify 'pcr10*'
	assert_failure 1
	assert_line --partial 'mismatch  tpm0/pcr10:sha256'
	refute_output --partial zeros
	# What the list leads to is what is said to be replayed.
	sed -i 2d ima.txt
	"$GENLOG" -f ima:ascii -b sha256 --values ima.txt >held
	tsmctl verify --json pcr10:sha256
	assert_json --arg v "$(cut -d' ' -f1 held)" '.registers[0].replayed == $v'
}

@test "IMA's list of another hash, where the plain one is not there" {
	booted
	mv "$SECURITY/ima/ascii_runtime_measurements" "$SECURITY/ima/ascii_runtime_measurements_sha1"
	tsmctl verify 'pcr10*'
	assert_done
	assert_output $'match  tpm0/pcr10:sha1\nmatch  tpm0/pcr10:sha256'
}

@test "two TPMs: each has its firmware's log, and the first those of IMA and systemd" {
	booted
	tpm 1
	mkdir -p "$SECURITY/tpm1"
	printf '%s\n' 'pcr0 EV_S_CRTM_VERSION utf16:2.0' 'pcr7 EV_SEPARATOR sep' >second.txt
	"$GENLOG" -f tpm -b sha1,sha256 --pad none second.txt >"$SECURITY/tpm1/binary_bios_measurements"
	hold 1 tpm second.txt
	tsmctl verify
	assert_done
	assert_equal "$(cut -d' ' -f1 <<<"$output" | sort | uniq -c | xargs)" '26 match 70 untouched'
	assert_line 'match  tpm1/pcr7:sha256'
	assert_line 'untouched  tpm1/pcr10:sha256'
	tsmctl log --jsonl tpm1/pcr7:sha1 tpm0/pcr7:sha1
	assert_json -s '[.[] | select(.register | startswith("tpm1"))] | length == 1'
	tsmctl read pcr7:sha256
	assert_refused 2 "'pcr7:sha256' is ambiguous: tpm0/pcr7:sha256 tpm1/pcr7:sha256"
}

@test "beside a TVM's own registers a TPM's are meant only where they are asked for" {
	use_root rfc-v1
	tsmctl list
	before=$output
	tsmctl list '*'
	assert_output "$before"
	tsmctl verify --json
	verified=$output
	tsmctl status
	healthy=$output
	tpm 0
	ln -s pcr-loop "$CLASS/tpm0/pcr-loop"
	tsmctl list
	assert_done
	assert_output "$before"
	tsmctl list '*'
	assert_success
	assert_output "$before"
	tsmctl verify --json
	assert_done
	assert_output "$verified"
	tsmctl extend --dry-run rtmr1 --event x
	assert_success
	# Where it is asked for, it is.
	tsmctl list --abi tpm
	assert_failure 4
	[[ $stderr == *pcr-loop* ]]
	rm "$CLASS/tpm0/pcr-loop"
	# A TPM takes its time: what is not asked for is not read.
	tsmctl -v verify rtmr1
	[[ $stderr == *rtmr1* && $stderr != */pcr-sha256/7* ]]
	tsmctl status
	assert_equal "$(grep -v ' tpm: ' <<<"$output")" "$healthy"
	tsmctl read tpm0/pcr7:sha256 rtmr0
	assert_done
	assert_equal "${#lines[@]}" 2
	for ask in 'tpm0/*' 'pcr?:sha256' '--abi=tpm'; do
		tsmctl read "$ask"
		assert_done
		assert_line --partial tpm0/pcr7:sha256
		refute_output --partial rtmr
	done
}

@test "a machine with a TPM is no TVM: extend and write end with 3, as without" {
	empty_root
	for there in no yes; do
		[ $there = no ] || tpm 0
		for what in 'extend rtmr3 --event x' 'write user_data --hex 00'; do
			# shellcheck disable=SC2086
			tsmctl $what
			assert_refused 3 "no measurement registers here; looked below *; run 'tsmctl status' to see what is missing"
		done
	done
	for what in 'extend pcr7:sha256 --event x' 'write pcr7:sha256 --hex 00' 'extend pcr7:sha256 --digest 00'; do
		# shellcheck disable=SC2086
		tsmctl $what
		assert_refused 3 "'tpm0/pcr7:sha256' is a PCR, which only TPM commands can extend: use tpm2_pcrextend, or systemd-pcrextend, whose log 'tsmctl verify' reads"
	done
	tsmctl status
	assert_success
	assert_line --partial "only PCRs of a TPM, which 'extend' and 'write' cannot change: use tpm2_pcrextend"
	assert_line --partial "no log of the TPM's firmware in /sys/kernel/security"
	assert_line --partial '48 of 48 can be read'
}

@test "firmware's log, which only root may read: unchecked" {
	booted
	chmod 440 "$SECURITY/tpm0/binary_bios_measurements"
	nobody verify 'pcr7*'
	assert_failure 4
	assert_line --partial 'unchecked  tpm0/pcr7:sha256'
}

@test "IMA's binary list is read first: the name of a file may have a newline" {
	booted
	printf '%s\n' 'pcr10 ima-sig text:/tmp/two\nlines' 'pcr10 ima-sig text:/usr/bin/true' >>ima.txt
	"$GENLOG" -f ima:ascii -b sha1 ima.txt >"$SECURITY/ima/ascii_runtime_measurements"
	hold 0 ima:ascii ima.txt
	tsmctl verify pcr10:sha1
	assert_failure 5
	"$GENLOG" -f ima:binary -b sha1 ima.txt >"$SECURITY/ima/binary_runtime_measurements"
	tsmctl verify 'pcr10*'
	assert_done
	assert_output $'match  tpm0/pcr10:sha1\nmatch  tpm0/pcr10:sha256'
	tsmctl log --jsonl pcr10:sha1
	assert_json -s 'length == 5 and .[3].description == "/tmp/two\nlines"'
}

# verdicts: how many PCRs have each, from the output; no line says more.
verdicts() {
	grep -Ev '^(match|untouched)  tpm0/pcr[0-9]+:sha[0-9]+$' <<<"$output" || true
	cut -d' ' -f1 <<<"$output" | sort | uniq -c | xargs
}

@test "a recorded machine, with firmware, a TPM, IMA and systemd: every PCR" {
	use_root ovmf-swtpm
	for list in binary_runtime_measurements ascii_runtime_measurements ascii_runtime_measurements_sha256; do
		tsmctl verify
		assert_done
		assert_equal "$(verdicts)" '48 match 48 untouched'
		for pcr in {0..7} 9 10 11 15; do
			assert_line "match  tpm0/pcr$pcr:sha512"
		done
		tsmctl verify --json pcr10:sha1
		assert_json '.registers[0] | .records == 372 and .matched_records == 372 and .diagnosis == null'
		rm "$SECURITY/ima/$list"
	done
}

@test "a recorded machine: other programs see the same values" {
	use_root ovmf-swtpm
	tpm2_eventlog "$SECURITY/tpm0/binary_bios_measurements" 2>/dev/null |
		awk '/^ +sha/ { bank = $1 } /^ +[0-9]+ *: 0x/ { sub("0x", ""); print $NF "  tpm0/pcr" $1 ":" bank }' | sed 's/:$//' >peer
	tsmctl read tpm0/pcr{0..7}:sha{1,256,384,512} tpm0/pcr9:sha{1,256,384,512}
	assert_done
	assert_equal "$(sort <<<"$output")" "$(sort peer)"
	for bank in sha1 sha256; do
		for pcr in {0..23}; do
			echo "PCR-$(printf %02d "$pcr"): $(sed 's/../& /g' "$CLASS/tpm0/pcr-$bank/$pcr")"
		done >"pcrs.$bank"
	done
	evmctl ima_measurement --pcrs sha1,pcrs.sha1 --pcrs sha256,pcrs.sha256 --ignore-violations \
		"$SECURITY/ima/binary_runtime_measurements"
}

@test "a recorded machine: a value that is another in one bank, in each PCR in turn" {
	use_root ovmf-swtpm
	chmod -R u+w "$CLASS"
	for pcr in 0 4 7 9 10 11 15; do
		file=$CLASS/tpm0/pcr-sha256/$pcr
		cp "$file" kept
		tr 0123456789ABCDEF 123456789ABCDEF0 <kept >"$file"
		tsmctl verify
		assert_failure 1
		assert_equal "$(grep -Ev '^(match|untouched)  ' <<<"$output" | cut -d' ' -f1,3)" "mismatch tpm0/pcr$pcr:sha256"
		cp kept "$file"
	done
	file=$CLASS/tpm0/pcr-sha384/12
	tr 0 1 <"$file" >kept && cp kept "$file"
	tsmctl verify
	assert_equal "$(grep -Ev '^(match|untouched)  ' <<<"$output")" \
		'unlogged  tpm0/pcr12:sha384  (changed, and no log has an event of it)'
}

@test "a recorded machine: a path in IMA's list that is another" {
	use_root ovmf-swtpm
	chmod -R u+w "$ROOT"
	list=$SECURITY/ima/binary_runtime_measurements
	sed -i 's#/files/150#/files/151#' "$(readlink -f "$list")"
	tsmctl verify
	assert_failure 1
	assert_equal "$(grep -Ev '^(match|untouched)  ' <<<"$output" | cut -d' ' -f1,3 | xargs)" \
		"altered tpm0/pcr10:sha1 mismatch tpm0/pcr10:sha256 mismatch tpm0/pcr10:sha384 mismatch tpm0/pcr10:sha512"
	assert_equal "$(grep -c "event 100 of 'ima': its data does not hash to its digest" <<<"$output")" 4
}

@test "a recorded machine, and a user who may read no log" {
	use_root ovmf-swtpm
	nobody verify
	assert_failure 4
	assert_equal "$(cut -d' ' -f1 <<<"$output" | uniq -c | xargs)" '96 unchecked'
	nobody read pcr10:sha256
	assert_done
}
