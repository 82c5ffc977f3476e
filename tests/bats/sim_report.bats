#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The simulator against configfs-tsm's reports, call by call, as the notes on evidence have them (section
# 1) and drivers/virt/coco/guest/report.c does it.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	load fuse
	need_fuse
	D64='5a*64'
}

teardown() {
	sim_stop
}

# start PROVIDER ARGS...: a fresh simulator with an entry E.
start() {
	sim_start --provider none --report "$@"
	C=$ROOT/sys/kernel/config/tsm/report
	E=$C/e
	mkdir "$E"
}

# check STEPS... < EXPECTED LINES
check() {
	run "$SIMCHECK" "$@"
	assert_success
	assert_output "$(cat)"
}

generation() {
	assert_equal "$(<"$E/generation")" "$1"
}

# data: writes the report data.
data() {
	"$SIMCHECK" open "$E/inblob" O_WRONLY write "$D64" close >/dev/null
}

@test "tree: which files an entry has, by provider; rmdir takes them along" {
	start tdx_guest
	assert_equal "$(ls "$E")" "$(printf '%s\n' generation inblob outblob provider)"
	assert_equal "$(<"$E/provider")" tdx_guest
	check mkdir "$E" mkdir "$E/x" unlink "$E/inblob" open "$E/x" 'O_WRONLY|O_CREAT' rmdir "$E" rmdir "$E" \
		open "$E/inblob" O_WRONLY mkdir "$E" <<-END
			mkdir=EEXIST
			mkdir=EPERM
			unlink=EPERM
			open=EACCES
			rmdir=0
			rmdir=ENOENT
			open=ENOENT
			mkdir=0
		END
	generation 0
	start sev_guest
	assert_equal "$(ls "$E")" "$(printf '%s\n' auxblob generation inblob outblob privlevel privlevel_floor provider)"
	for args in 'sev_guest --report-floor 1' arm_cca_guest; do
		# shellcheck disable=SC2086
		start $args
		assert_equal "$(ls "$E")" "$(printf '%s\n' auxblob generation inblob manifestblob outblob privlevel \
			privlevel_floor provider service_guid service_manifest_version service_provider)"
	done
	sim_start --provider none --report none
	check mkdir "$C/e" <<<'mkdir=ENXIO'
}

@test "generation: one more with each write that is taken, and with a bad GUID" {
	start sev_guest --report-floor 1
	check open "$E/privlevel" O_WRONLY write 32 write "$(printf '34' | tr -d '\n')" close \
		open "$E/privlevel" O_WRONLY write 30 close <<-END
			open=0
			write=1
			write=EINVAL
			close=0
			open=0
			write=EINVAL
			close=0
		END
	generation 1
	printf svsm >"$E/service_provider"
	generation 2
	run bash -c 'printf x >"$1"' - "$E/service_guid"
	assert_failure
	generation 3
	printf 00112233-4455-6677-8899-aabbccddeeff >"$E/service_guid"
	generation 4
	data
	generation 5
	cat "$E/outblob" >/dev/null
	generation 5
}

@test "report data: handed over at close; what is wrong with it shows at the read" {
	start tdx_guest
	check open "$E/outblob" O_RDONLY read 10 <<-END
		open=0
		read=EINVAL
	END
	check open "$E/inblob" O_WRONLY write "$D64" open "$E/generation" O_RDONLY read 4 <<-END
		open=0
		write=64
		open=0
		read=2 300a
	END
	generation 1
	check open "$E/inblob" O_WRONLY write '5a*65' write '5a*63' close open "$E/outblob" O_RDONLY read 10 <<-END
		open=0
		write=EFBIG
		write=63
		close=0
		open=0
		read=EINVAL
	END
	generation 2
}

@test "an answer is kept until the next write, an empty one too; an error is not" {
	start tdx_guest
	data
	cat "$E/outblob" >"$BATS_TEST_TMPDIR/one"
	cmp "$E/outblob" "$BATS_TEST_TMPDIR/one"
	sim_fault outblob:read:1:eio
	run cat "$E/outblob"
	assert_failure
	cmp "$E/outblob" "$BATS_TEST_TMPDIR/one"
	sim_fault outblob:read:1:empty
	data
	assert_equal "$(wc -c <"$E/outblob")" 0
	assert_equal "$(wc -c <"$E/outblob")" 0
	data
	[ "$(wc -c <"$E/outblob")" -gt 1000 ]
}

@test "an open blob is read from what its first read got" {
	start tdx_guest
	data
	want=$(od -An -v -tx1 -N 1000 "$E/outblob" | tr -d ' \n')
	check open "$E/outblob" O_RDONLY read 500 use 1 open "$E/inblob" O_WRONLY write '11*64' close \
		use 0 read 500 <<-END
			open=0
			read=500 ${want:0:1000}
			open=0
			write=64
			close=0
			read=500 ${want:1000:1000}
		END
}
