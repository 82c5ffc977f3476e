#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The simulator against the measured kernel, tree of Linux 6.16: the table of the kernel-behaviour notes
# is in tests/sim/mrcheck.c, which runs on real kernels as well; here is what it takes a shell, another
# provider or a fault to see. Digests are computed by coreutils.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	bats_load_library bats-file
	load fuse
	need_fuse
	ZERO48=$(printf '%096d' 0)
	DATA=$(printf '5a%.0s' {1..48})
	FE=$(printf 'fe%.0s' {1..48})
}

teardown() {
	sim_stop
}

# start ARGS...: a fresh simulator; R0 and R1 are the sample's registers.
start() {
	sim_mr "$@"
	R0="$M/rtmr0:sha256"
	R1="$M/rtmr1:sha384"
}

# check STEPS... < EXPECTED LINES
check() {
	run "$SIMCHECK" "$@"
	assert_success
	assert_output "$(cat)"
}

filehex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
unhex() { printf '%s' "$1" | tr a-f A-F | basenc -d --base16; }
sum() { "$1sum" | cut -d' ' -f1; }
extended() { unhex "$2$3" | sum "$1"; } # HASH VALUE DIGEST

assert_value() { # FILE HEX
	assert_equal "$(filehex "$1")" "$2"
}

# report: what report_digest has to be.
report() {
	cat "$M/static_mr:sha384" "$M/config_mr" "$R0" "$R1" | sum sha512
}

@test "the folder of the postings of April 2025 is mr, and all is as in measurements" {
	start --folder mr
	assert_equal "$(cd "$ROOT/sys/class/misc/tsm_mr_sample" && find . -type f | wc -l)" 7
	[ ! -e "${M%/*}/measurements" ]
	check stat "$R1" open "$R1" O_RDWR write '5a*48' pread 0 100 <<-END
		stat=size=48 mode=0644
		open=0
		write=48
		pread=48 $(extended sha384 "$(printf rtmr1 | od -An -v -tx1 | tr -d ' \n')$(printf '0%.0s' {1..86})" "$(printf '5a%.0s' {1..48})")
	END
	sim_fault 'mr/rtmr1:sha384:read:1:eio'
	check open "$R1" O_RDONLY pread 0 1 <<-END
		open=0
		pread=EIO
	END
	assert_equal "$(sim_stat tsm_mr_sample/mr/rtmr1:sha384:write)" 1
	run "$TSMSIM" --tree mr --folder other "$BATS_TEST_TMPDIR"
	assert_failure 2
}

@test "every answer of the table" {
	[ "$(id -u)" = 0 ] || skip "needs root to become another user"
	start
	run "$SIMCHECK" tsm-mr "$ROOT/sys"
	assert_success
	refute_line --partial 'not ok'
	assert_line 'ok write of 49: open=0 write=48 write=EFBIG; extended 1'
	assert_equal "${#lines[@]}" 51
	assert_line '50 checks, 0 failed'
}

@test "the table's check sees an answer and a value that are not the kernel's" {
	[ "$(id -u)" = 0 ] || skip "needs root to become another user"
	start --fault 'rtmr1:sha384:write:1:ebusy' --fault 'rtmr1:sha384:write:5:foreign-extend'
	run "$SIMCHECK" tsm-mr "$ROOT/sys"
	assert_failure 1
	assert_line 'not ok read is live: open=0 read=48 value0 open=0 write=EBUSY pread=48 value0; extended 0, want open=0 read=48 value0 open=0 write=48 pread=48 value1; extended 1'
	assert_line 'not ok write of 24 and 24: open=0 write=EINVAL write=EINVAL; another value, want open=0 write=EINVAL write=EINVAL; extended 0'
	assert_line '50 checks, 2 failed'
	# A second time on one machine, the start is not the start.
	run "$SIMCHECK" tsm-mr "$ROOT/sys"
	assert_line '50 checks, 4 failed'
	sim_tdx mr
	run "$SIMCHECK" tsm-mr "$ROOT/sys"
	assert_failure 2
}

@test "tree: names, modes, sizes, and the link" {
	start
	run bash -c 'cd "$1/sys" && find devices class -not -type d -printf "%p %y %m %s %l\n" | sed "s, $,," | sort' - \
		"$ROOT"
	assert_output "$(
		cat <<-END
			class/misc/tsm_mr_sample l 777 0 ../../devices/virtual/misc/tsm_mr_sample
			devices/virtual/misc/tsm_mr_sample/measurements/config_mr f 444 64
			devices/virtual/misc/tsm_mr_sample/measurements/report_digest:sha512 f 444 64
			devices/virtual/misc/tsm_mr_sample/measurements/rtmr0:sha256 f 444 32
			devices/virtual/misc/tsm_mr_sample/measurements/rtmr1:sha384 f 644 48
			devices/virtual/misc/tsm_mr_sample/measurements/rtmr_crypto_agile:sha256 f 644 32
			devices/virtual/misc/tsm_mr_sample/measurements/rtmr_crypto_agile:sha384 f 644 48
			devices/virtual/misc/tsm_mr_sample/measurements/static_mr:sha384 f 444 48
		END
	)"
	assert_equal "$(stat -c %h "$M" "$R1" "$ROOT/sys/class/misc" | tr '\n' ' ')" '2 1 2 '
	assert_equal "$(stat -c %i "$ROOT"/sys/class/misc/*/measurements/rtmr1:sha384)" "$(stat -c %i "$R1")"
	assert_equal "$(find -L "$ROOT/sys" -name 'rtmr1*' | wc -l)" 2
	check unlink "$ROOT/sys/class/misc/tsm_mr_sample" mkdir "$ROOT/sys/class/misc/x" rmdir "$M" \
		link "$R1" "$M/x" symlink a "$M/x" open "$M" O_WRONLY <<-END
		unlink=EPERM
		mkdir=EPERM
		rmdir=EPERM
		link=EPERM
		symlink=EPERM
		open=EISDIR
	END
}

@test "start: registers hold their names, report_digest the sha512 of the others" {
	start
	for name in static_mr config_mr rtmr0 rtmr1; do
		assert_equal "$(tr -d '\0' <"$(echo "$M/$name"*)")" "$name"
	done
	assert_value "$M/report_digest:sha512" "$(report)"
	assert_value "$M/rtmr_crypto_agile:sha256" "$(filehex "$R0")"
	assert_value "$M/rtmr_crypto_agile:sha384" "$(filehex "$R1")"
}

@test "extend: by itself, clipped, by the alias; the report is never stale" {
	start
	v=$(extended sha384 "$(filehex "$R1")" "$DATA")
	check open "$R1" O_WRONLY pwrite 0 '5a*48' <<-END
		open=0
		pwrite=48
	END
	assert_value "$R1" "$v"
	assert_value "$M/report_digest:sha512" "$(report)"
	head -c 49 /dev/zero | tr '\0' Z >"$BATS_TEST_TMPDIR/49"
	run bash -c 'cat "$1" >"$2"' - "$BATS_TEST_TMPDIR/49" "$R1"
	assert_failure 1
	assert_output --partial 'File too large'
	v=$(extended sha384 "$v" "$DATA")
	assert_value "$R1" "$v"
	"$SIMCHECK" open "$M/rtmr_crypto_agile:sha384" O_WRONLY write '5a*48'
	assert_value "$R1" "$(extended sha384 "$v" "$DATA")"
	v=$(extended sha256 "$(filehex "$R0")" "${DATA:0:64}")
	"$SIMCHECK" open "$M/rtmr_crypto_agile:sha256" O_WRONLY write '5a*33'
	assert_value "$R0" "$v"
	assert_value "$M/report_digest:sha512" "$(report)"
	assert_equal "$(sim_truth tsm_mr_sample/rtmr_crypto_agile:sha256)" "$v"
	assert_equal "$(sim_stat tsm_mr_sample/rtmr1:sha384:extend)" 2
	assert_equal "$(sim_stat tsm_mr_sample/rtmr_crypto_agile:sha384:extend)" 1
	assert_equal "$(sim_stat tsm_mr_sample/measurements/rtmr1:sha384:write)" 3
}

# TDX

le32() { # HEX OFFSET: the number there
	local s=${1:$(($2 * 2)):8}
	echo $((16#${s:6:2}${s:4:2}${s:2:2}${s:0:2}))
}

# replay FILE: what the events of a CCEL make of rtmr0 to rtmr2 (V), how many there are (N), what type
# each has (TYPES), and where they end (END).
replay() {
	local hex index type size at
	hex=$(filehex "$1")
	V=('' "$ZERO48" "$ZERO48" "$ZERO48")
	N=0 TYPES=
	at=$((32 + $(le32 "$hex" 28)))
	while [ "${hex:$((at * 2)):8}" != ffffffff ]; do
		index=$(le32 "$hex" "$at")
		type=$(le32 "$hex" $((at + 4)))
		size=$(le32 "$hex" $((at + 62)))
		assert_equal "$(le32 "$hex" $((at + 8))) ${hex:$((at * 2 + 24)):4}" '1 0c00'
		if [ "$type" != 3 ]; then
			V[index]=$(extended sha384 "${V[index]}" "${hex:$((at * 2 + 28)):96}")
		fi
		TYPES+=" $type"
		at=$((at + 66 + size))
		N=$((N + 1))
	done
	END=$at
}

@test "tdx_guest: registers, and a CCEL that explains them" {
	sim_mr --provider tdx_guest
	run bash -c 'cd "$1" && find . -type f -printf "%P %m %s\n" | sort' - "$M"
	assert_output "$(
		cat <<-END
			mrconfigid 444 48
			mrowner 444 48
			mrownerconfig 444 48
			mrtd:sha384 444 48
			rtmr0:sha384 644 48
			rtmr1:sha384 644 48
			rtmr2:sha384 644 48
			rtmr3:sha384 644 48
		END
	)"
	tables=$ROOT/sys/firmware/acpi/tables
	assert_equal "$(stat -c '%a %s' "$tables/CCEL" "$tables/data/CCEL")" $'400 56\n400 65536'
	replay "$tables/data/CCEL"
	assert_equal "$N" 25
	for i in 0 1 2; do
		assert_value "$M/rtmr$i:sha384" "${V[$((i + 1))]}"
		refute [ "${V[$((i + 1))]}" = "$ZERO48" ]
	done
	assert_value "$M/rtmr3:sha384" "$ZERO48"
	refute [ "$(filehex "$M/mrtd:sha384")" = "$ZERO48" ]
	# Every kind that there is to be read: text, variables, GPT, images, tags, and what is never extended.
	for type in 3 4 6 10 13 $((0x80000001)) $((0x80000002)) $((0x80000003)) $((0x80000006)) \
		$((0x80000007)) $((0x8000000a)) $((0x8000000b)) $((0x800000e0)); do
		assert_regex "$TYPES " " $type "
	done
	assert_equal "$(tail -c +$((END + 1)) "$tables/data/CCEL" | tr -d '\377' | wc -c)" 0
	"$SIMCHECK" open "$M/rtmr2:sha384" O_WRONLY write '5a*48'
	assert_value "$M/rtmr2:sha384" "$(extended sha384 "${V[3]}" "$DATA")"
}

@test "tdx_guest: the CCEL's table and its header, as firmware makes them" {
	sim_mr --provider tdx_guest
	tables=$ROOT/sys/firmware/acpi/tables
	table=$(filehex "$tables/CCEL")
	assert_equal "${table:0:18}" "$(printf CCEL | od -An -tx1 | tr -d ' ')3800000001"
	assert_equal "${table:72:8} ${table:80:16}" '02000000 0000010000000000'
	sum=0
	for ((i = 0; i < 112; i += 2)); do sum=$((sum + 16#${table:i:2})); done
	assert_equal $((sum % 256)) 0
	log=$(filehex "$tables/data/CCEL")
	assert_equal "${log:0:16} ${log:16:40} ${log:56:8}" "0100000003000000 ${ZERO48:0:40} 21000000"
	assert_equal "$(dd if="$tables/data/CCEL" bs=1 skip=32 count=15 status=none)" 'Spec ID Event03'
	run "$SIMCHECK" open "$tables/data/CCEL" O_RDONLY read 1000000 seek 0 end open "$tables/data/CCEL" \
		O_WRONLY open "$tables/CCEL" O_RDWR
	assert_equal "$(cut -d' ' -f1 <<<"$output" | tr '\n' ' ')" \
		'open=0 read=4096 seek=65536 open=EACCES open=EACCES '
}

@test "tdx_guest: another user may read registers, and no CCEL" {
	[ "$(id -u)" = 0 ] || skip "needs root to become another user"
	sim_mr --provider tdx_guest
	cd "$ROOT/sys/firmware/acpi/tables"
	check uid 65534 open CCEL O_RDONLY open data/CCEL O_RDONLY \
		open ../../../class/misc/tdx_guest/measurements/rtmr3:sha384 O_RDONLY read 48 <<-END
		uid=0
		open=EACCES
		open=EACCES
		open=0
		read=48 $ZERO48
	END
}

@test "tdx_guest without a CCEL starts with zeros; in the RFC's tree it has none" {
	sim_mr --provider tdx_guest --no-ccel
	for i in 0 1 2 3; do assert_value "$M/rtmr$i:sha384" "$ZERO48"; done
	assert_not_exists "$ROOT/sys/firmware"
	sim_tdx rfc
	assert_not_exists "$ROOT/sys/firmware"
	assert_exists "$ROOT/sys/kernel/tsm/tdx_guest/rtmr0/event_log"
}

@test "other providers, side by side, other homes" {
	sim_start --provider tsm_mr_sample:mr,tdx_guest:mr,measurement-example:v1 --provider banks:mr
	assert_equal "$(cd "$ROOT/sys/class/misc" && echo *)" 'banks tdx_guest tsm_mr_sample'
	assert_exists "$ROOT/sys/kernel/tsm/measurement-example/rtmr0/event_log"
	assert_exists "$ROOT/sys/class/misc/banks/measurements/rtmr_crypto_agile:sha384"
	sim_start --tree mr --home devices/platform/rmm
	assert_equal "$(readlink "$ROOT/sys/class/misc/tsm_mr_sample")" ../../devices/platform/rmm/tsm_mr_sample
	assert_exists "$ROOT/sys/class/misc/tsm_mr_sample/measurements/config_mr"
	sim_start --tree mr --provider none
	assert_equal "$(find "$ROOT/sys/devices" | wc -l)" 3
	for bad in '--tree v1' '--tree mr2' '--dialect mr' '--owned-index eio'; do
		# shellcheck disable=SC2086 # an option and its argument
		run "$TSMSIM" $bad "$BATS_TEST_TMPDIR"
		assert_failure 2
	done
	run "$TSMSIM" --provider tdx_guest:mr,tdx_guest:mr "$BATS_TEST_TMPDIR"
	assert_failure 1
}

@test "stale provider: what comes by another path shows after the next write only" {
	start --provider stale
	assert_value "$M/rtmr0:sha384" "$ZERO48"
	sim_fault 'rtmr0:sha384:read:1:foreign-extend'
	assert_value "$M/rtmr0:sha384" "$ZERO48"
	v=$(extended sha384 "$ZERO48" "$FE")
	assert_equal "$(sim_truth stale/rtmr0:sha384)" "$v"
	"$SIMCHECK" open "$R1" O_WRONLY write '5a*48'
	assert_value "$M/rtmr0:sha384" "$v"
}

# Faults

@test "fault: errors before the effect, and after it" {
	start
	v=$(filehex "$R1")
	for e in eintr ebusy enxio eio; do
		sim_fault clear "rtmr1:sha384:write:1:$e"
		check open "$R1" O_WRONLY write '5a*48' <<-END
			open=0
			write=${e^^}
		END
	done
	sim_fault clear rtmr1:sha384:write:1:extend-fail
	check open "$R1" O_WRONLY write '5a*48' <<-END
		open=0
		write=EIO
	END
	assert_value "$R1" "$v"
	assert_equal "$(sim_stat tsm_mr_sample/rtmr1:sha384:extend)" 0
	for e in eio eintr ebusy; do
		sim_fault clear "measurements/rtmr1:sha384:write:1:$e-after"
		check open "$R1" O_WRONLY write '5a*47' open "$R1" O_WRONLY write '5a*48' <<-END
			open=0
			write=EINVAL
			open=0
			write=48
		END
		v=$(extended sha384 "$v" "$DATA")
		sim_fault "tsm_mr_sample/measurements/rtmr1:sha384:write:1:$e-after"
		check open "$R1" O_WRONLY write '5a*48' <<-END
			open=0
			write=${e^^}
		END
		v=$(extended sha384 "$v" "$DATA")
	done
	assert_value "$R1" "$v"
}

@test "fault: targets with a colon, and specs that are none" {
	start
	sim_fault '*:sha256:read:*:eio' 'rtmr1:*:read:2:enxio'
	check open "$R0" O_RDONLY read 1 use 1 open "$R1" O_RDONLY read 1 read 1 \
		use 2 open "$M/config_mr" O_RDONLY read 1 <<-END
		open=0
		read=EIO
		open=0
		read=1 72
		read=ENXIO
		open=0
		read=1 63
	END
	for bad in rtmr1:sha384:read rtmr1:sha384:read:1 rtmr1:read:1:eio:x :read:1:eio \
		rtmr1:sha384:release:1:lost; do
		run sim_fault "$bad"
		assert_failure
	done
}

@test "fault: a foreign extend before ours, after ours, after a read" {
	start
	v=$(filehex "$R1")
	sim_fault rtmr1:sha384:write:1:foreign-extend
	"$SIMCHECK" open "$R1" O_WRONLY write '5a*48'
	v=$(extended sha384 "$(extended sha384 "$v" "$FE")" "$DATA")
	assert_value "$R1" "$v"
	sim_fault rtmr1:sha384:write:1:foreign-extend-after
	check open "$R1" O_RDWR write '5a*48' pread 0 48 <<-END
		open=0
		write=48
		pread=48 $(extended sha384 "$(extended sha384 "$v" "$DATA")" "$FE")
	END
	v=$(filehex "$R1")
	sim_fault rtmr1:sha384:read:1:foreign-extend-after
	assert_value "$R1" "$v"
	v=$(extended sha384 "$v" "$FE")
	assert_value "$R1" "$v"
	# Together: ours lands, theirs as well, and the answer is an error.
	sim_fault rtmr1:sha384:write:1:foreign-extend-after rtmr1:sha384:write:1:eio-after
	check open "$R1" O_WRONLY write '5a*48' <<-END
		open=0
		write=EIO
	END
	assert_value "$R1" "$(extended sha384 "$(extended sha384 "$v" "$DATA")" "$FE")"
	# By a register that only others can extend.
	v=$(filehex "$R0")
	sim_fault rtmr0:sha256:read:1:foreign-extend
	assert_value "$R0" "$(extended sha256 "$v" "${FE:0:64}")"
}
