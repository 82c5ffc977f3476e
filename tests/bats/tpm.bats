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
		assert_refused 5 "'/sys/class/tpm/tpm0/pcr-sha256/3': not 32 bytes in hex"
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
	[[ $stderr == "tsmctl: '/sys/class/tpm/tpm0/pcr-md7/0': the hash 'md7' is not known here" ]]
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
	assert_line "mismatch  tpm0/pcr12:sha256  (the logs do not reproduce this value, and no single change that was tried does)"
	pcr 0 pcr23:sha256 "$(extended sha256 "$ZERO32" "$v")"
	tsmctl verify pcr23:sha256
	assert_failure 1
	assert_line --partial 'this PCR can be reset, and no log shows that'
}

@test "verify: banks that hold different parts of one log" {
	booted
	local at row
	# So many events of IMA's three, in the bank of SHA-1 and in that of SHA-256.
	for row in '3 2' '2 3' '1 3' '1 2' '2 1'; do
		read -ra at <<<"$row"
		for bank in sha1 sha256; do
			head -n "${at[0]}" ima.txt >part.txt
			at=("${at[@]:1}")
			"$GENLOG" -f ima:ascii -b $bank --values part.txt >held
			read -r value name <held
			pcr 0 "$name" "$value"
		done
		read -ra at <<<"$row"
		tsmctl verify 'pcr10*'
		assert_failure 1
		both=$output
		for bank in sha1 sha256; do
			tsmctl verify pcr10:$bank
			grep -qxF "$output" <<<"$both" || fail "$row: alone it is: $output, with the other bank: $both"
		done
		refute_output --partial mismatch
	done
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
	assert_json '.registers[0].diagnosis == {kind: "boot-aggregate", source: "ima", seq: 0, type: "ima-ng", name: "boot_aggregate"}'
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
	[ "$(id -u)" = 0 ] || skip "root becomes an ordinary user here"
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
	[ "$(id -u)" = 0 ] || skip "root becomes an ordinary user here"
	use_root ovmf-swtpm
	nobody verify
	assert_failure 4
	assert_equal "$(cut -d' ' -f1 <<<"$output" | uniq -c | xargs)" '96 unchecked'
	nobody read pcr10:sha256
	assert_done
}

# registers: those of the events of the last log, each once.
registers() { awk 'NR > 1 { print $2 }' <<<"$output" | sort -u | xargs; }

@test "log: IMA's events in every bank, live and from files" {
	use_root ovmf-swtpm
	list=$SECURITY/integrity/ima/binary_runtime_measurements
	for reg in pcr10:sha1 pcr10:sha256 PCR10:SHA512 TPM0/pcr10:sha384; do
		tsmctl log "$reg"
		assert_done
		assert_equal "${#lines[@]}" 373
		# A digest of SHA-1 stands beside no register of another hash.
		[ "$reg" = pcr10:sha1 ] && want=tpm0/pcr10:sha1 || want=tpm0/pcr10
		assert_equal "$(registers)" "$want"
		tsmctl log --json "$reg"
		assert_json '(.events | length) == 372 and (.registers | length) == 1 and .registers[0].verdict == "match"'
	done
	for reg in pcr10:sha1 pcr10:sha256 PCR10:sha512 'pcr1?:sha384' '*:sha256'; do
		go "$TSMCTL" --root /nonexistent log --input "$list" "$reg"
		assert_done
		assert_equal "${#lines[@]}" 373
		[ "$reg" = pcr10:sha1 ] && want=pcr10:sha1 || want=pcr10
		assert_equal "$(registers)" "$want"
	done
	for reg in pcr11:sha256 tpm0/pcr10:sha256 'pcr1:sha1'; do
		go "$TSMCTL" --root /nonexistent log --input "$list" "$reg"
		assert_failure 3
		assert_equal "$stderr" "tsmctl: no event in these logs is of '$reg'"
	done
}

@test "each command means the same registers by a name or a pattern, in either case" {
	booted
	tpm 1
	mkdir -p "$SECURITY/tpm1"
	printf '%s\n' 'pcr0 EV_S_CRTM_VERSION utf16:2.0' 'pcr7 EV_SEPARATOR sep' >second.txt
	"$GENLOG" -f tpm -b sha1,sha256 --pad none second.txt >"$SECURITY/tpm1/binary_bios_measurements"
	hold 1 tpm second.txt
	local row
	for row in 'tpm0/pcr7:sha256=1' 'TPM1/PCR7:SHA256=1' 'tpm0/*=48' 'TPM1/pcr1?:*=20' 'pcr1?:sha256=20' 'pcr7*=4' '*:sha1=48' \
		'pcr2[0-3]:sha1=8' 'tpm?/pcr0:sha1=2'; do
		spec=${row%=*} n=${row#*=}
		tsmctl list --no-header -o register "$spec"
		assert_done
		assert_equal "${#lines[@]}" "$n"
		listed=$(tr -d ' ' <<<"$output")
		tsmctl read "$spec"
		assert_done
		assert_equal "$(sed 's/.*  //' <<<"$output")" "$listed"
		tsmctl verify "$spec"
		assert_done
		assert_equal "$(sed 's/^[a-z]*  //' <<<"$output")" "$listed"
		tsmctl log --json "$spec"
		assert_success
		assert_json --arg listed "$listed" '[.registers[].register] == ($listed | split("\n"))'
		# Of what is shown, all is of these.
		assert_json --arg listed "$listed" '($listed | split("\n")) as $all | [.events[].register |
			. as $r | any($all[]; . == $r or startswith($r + ":"))] | all'
	done
	for spec in pcr7 pcr7:sha256 tpm0/pcr7 PCR7:SHA256; do
		for what in read verify log; do
			tsmctl $what $spec
			assert_refused 2 "'$spec' is ambiguous: *"
		done
	done
	for spec in tpm2/pcr7:sha1 pcr24:sha1 'tpm2/*' 'pcr7:sha384'; do
		for what in list read verify log; do
			tsmctl $what "$spec"
			assert_refused 2 "no register *'$spec'*"
		done
	done
	tsmctl status
	assert_line --partial 'tpm: 2 providers, 96 registers'
	# -v names each file, and of the PCRs those that are asked for.
	tsmctl -v log tpm1/pcr7:sha1
	[[ $stderr == *tpm1/binary_bios_measurements* && $stderr != *tpm0/binary_bios_measurements* && $stderr != *pcr-sha256/7* ]]
}

@test "verify: PCRs 16 and 23 after a reset, beside a log of events of them" {
	booted
	local pcr reset='this PCR can be reset, and no log shows that'
	printf '%s\n' 'pcr16 phase text:one' 'pcr16 phase text:two' 'pcr23 phase text:one' 'pcr23 phase text:two' \
		'pcr14 phase text:one' >systemd.txt
	"$GENLOG" -f systemd:tpm2 -b sha1,sha256 systemd.txt >"$ROOT/run/log/systemd/tpm2-measure.log"
	hold 0 systemd:tpm2 systemd.txt
	tsmctl verify 'pcr16*' 'pcr23*' 'pcr14*'
	assert_done
	refute_output --partial reset
	for pcr in pcr16 pcr23; do
		# Reset, and not extended since; reset, and extended by the last event; by something else.
		pcr 0 $pcr:sha256 "$ZERO32"
		tsmctl verify $pcr:sha256
		assert_failure 1
		assert_output --regexp "^log-ahead  tpm0/$pcr:sha256  \(.*$reset\)\$"
		pcr 0 $pcr:sha256 "$(extended sha256 "$ZERO32" "$(textsum sha256 two)")"
		tsmctl verify $pcr:sha256
		assert_failure 1
		assert_output --regexp "^mismatch  tpm0/$pcr:sha256  \(.*$reset\)\$"
		pcr 0 $pcr:sha256 "$(textsum sha256 x)"
		tsmctl verify $pcr:sha256
		assert_failure 1
		assert_output --regexp "^mismatch  tpm0/$pcr:sha256  \(.*$reset\)\$"
	done
	pcr 0 pcr14:sha256 "$ZERO32"
	tsmctl verify pcr14:sha256
	assert_failure 1
	refute_output --partial reset
}

@test "verify: what systemd's mark is said of, and what not" {
	booted
	local log=$ROOT/run/log/systemd/tpm2-measure.log mark="'systemd' is marked as incomplete"
	chmod 1600 "$log"
	# Good, or of a PCR that no log has an event of.
	tsmctl verify
	assert_done
	refute_output --partial incomplete
	pcr 0 pcr13:sha256 "$(extended sha256 "$ZERO32" "$(textsum sha256 x)")"
	tsmctl verify pcr13:sha256
	assert_failure 1
	assert_output --regexp "^unlogged  tpm0/pcr13:sha256  \(.*$mark.*\)\$"
	# An event that is not extended yet: it logs first.
	pcr 0 pcr12:sha256 "$(extended sha256 "$ZERO32" "$(textsum sha256 enter-initrd)")"
	tsmctl verify pcr12:sha256
	assert_failure 1
	assert_output --regexp "^log-ahead  tpm0/pcr12:sha256  \(.*$mark.*\)\$"
	chmod 600 "$log"
	tsmctl verify pcr12:sha256 pcr13:sha256
	assert_failure 1
	refute_output --partial incomplete
}

@test "verify: a violation extends ones, and its line has zeros" {
	booted
	# As if the kernel had extended what the line has.
	for bank in sha1 sha256; do
		head -n 2 ima.txt >part.txt
		"$GENLOG" -f ima:ascii -b $bank --values part.txt >held
		read -r value name <held
		[ $bank = sha1 ] && zeros=$(printf '%040d' 0) || zeros=$ZERO32
		pcr 0 pcr10:$bank "$(extended $bank "$value" "$zeros")"
		tsmctl verify pcr10:$bank
		assert_failure 1
		assert_line --partial "mismatch  tpm0/pcr10:$bank"
		pcr 0 pcr10:$bank "$(extended $bank "$value" "$(tr 0 f <<<"$zeros")")"
		tsmctl verify pcr10:$bank
		assert_done
	done
}
