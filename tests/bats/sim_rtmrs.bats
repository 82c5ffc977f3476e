#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The simulator against the configfs tree of measurement registers, call by call, as the notes on kernel
# interfaces have it (section 5.3; section 3 of the kernel-behaviour notes for configfs itself). Digests
# are computed by coreutils.

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

# start: a fresh simulator; D is the digest of its entry "e", register 3, which starts at zeros.
start() {
	sim_rtmrs
	sim_entry e 3
	D=$C/e/digest
}

# check STEPS... < EXPECTED LINES
check() {
	run "$SIMCHECK" "$@"
	assert_success
	assert_output "$(cat)"
}

filehex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
unhex() { printf '%s' "$1" | tr a-f A-F | basenc -d --base16; }
extended() { unhex "$1$2" | sha384sum | cut -d' ' -f1; } # VALUE DIGEST

# assert_value HEX: of register 3, by the tree and by what is true.
assert_value() {
	assert_equal "$(filehex "$D")" "$1"
	assert_equal "$(sim_truth tdx_guest/rtmr3)" "$1"
}

# The tree

@test "tree: nothing at the start; mkdir makes an entry" {
	sim_rtmrs
	assert_equal "$(find "$C" | wc -l)" 1
	check mkdir "$C/a" mkdir "$C/a" mkdir "$C/a/b" mkdir "$C/$(printf 'x%.0s' {1..64})" <<-END
		mkdir=0
		mkdir=EEXIST
		mkdir=EPERM
		mkdir=ENAMETOOLONG
	END
	run bash -c 'cd "$1" && find . -type f -printf "%P %m %s\n" | sort' - "$C"
	assert_output "$(
		cat <<-END
			a/digest 644 0
			a/index 644 4096
			a/tcg_map 444 4096
		END
	)"
	assert_equal "$(stat -c '%a %h' "$C" "$C/a")" $'755 3\n755 2'
}

@test "tree: an entry stays, and nothing else is made or removed" {
	sim_rtmrs
	sim_entry a 2
	check rmdir "$C/a" unlink "$C/a/index" rename "$C/a" "$C/b" rename "$C/a/index" "$C/a/i" \
		open "$C/a/x" 'O_WRONLY|O_CREAT' open "$C/x" 'O_WRONLY|O_CREAT' symlink a "$C/x" \
		link "$C/a/index" "$C/a/x" open "$C/b/index" O_RDONLY rmdir "$C" <<-END
		rmdir=EPERM
		unlink=EPERM
		rename=EPERM
		rename=EPERM
		open=EACCES
		open=EACCES
		symlink=EPERM
		link=EPERM
		open=ENOENT
		rmdir=EPERM
	END
	assert_equal "$(cat "$C/a/index")" 2
}

@test "tree: many entries are listed" {
	sim_rtmrs
	mkdir "$C"/entry-with-a-long-name-{1..300}
	assert_equal "$(find "$C" -mindepth 1 -maxdepth 1 -type d | sort -u | wc -l)" 300
	assert_equal "$(find "$C" -name digest | wc -l)" 300
}

@test "tree: another user reads, and neither makes nor writes" {
	[ "$(id -u)" = 0 ] || skip "needs root to become another user"
	start
	cd "$C"
	check uid 65534 mkdir x open e/index O_RDONLY read 9 open e/index O_WRONLY open e/digest O_RDONLY \
		read 48 open e/digest O_RDWR open e/tcg_map O_WRONLY <<-END
		uid=0
		mkdir=EACCES
		open=0
		read=2 330a
		open=EACCES
		open=0
		read=48 $ZERO48
		open=EACCES
		open=EACCES
	END
}

@test "open: root is refused by mode, tcg_map for want of a store, O_DIRECT" {
	start
	check open "$C/e/tcg_map" O_WRONLY chmod "$C/e/tcg_map" 644 open "$C/e/tcg_map" O_WRONLY \
		open "$D" 'O_WRONLY|O_DIRECT' open "$D" 'O_WRONLY|O_TRUNC' open "$D" 'O_WRONLY|O_CREAT|O_EXCL' \
		chmod "$D" 444 open "$D" O_WRONLY open "$D" O_RDWR <<-END
		open=EACCES
		chmod=0
		open=EACCES
		open=EINVAL
		open=0
		open=EEXIST
		chmod=0
		open=EACCES
		open=EACCES
	END
	assert_value "$ZERO48"
}

# index

@test "index: ENXIO before it is set, set once" {
	sim_rtmrs
	mkdir "$C/a"
	check open "$C/a/index" O_RDWR read 9 use 1 open "$C/a/digest" O_RDONLY read 48 \
		use 0 write '"2' write '"2' write '"3' pread 0 9 pread 1 9 use 1 read 100 <<-END
		open=0
		read=ENXIO
		open=0
		read=ENXIO
		write=1
		write=EBUSY
		write=EBUSY
		pread=2 320a
		pread=1 0a
		read=48 $(sim_truth tdx_guest/rtmr2)
	END
}

@test "index: what is no index, and one that there is not" {
	sim_rtmrs
	mkdir "$C/a"
	check open "$C/a/index" O_WRONLY write '"4' write '"4294967295' write '"-1' write '"x' write 0a \
		write '"1 ' write '"3x' write '"' write 330a <<-END
		open=0
		write=EINVAL
		write=EINVAL
		write=EINVAL
		write=EINVAL
		write=EINVAL
		write=EINVAL
		write=EINVAL
		write=0
		write=2
	END
	assert_equal "$(cat "$C/a/index")" 3
	# The number is understood before the entry is looked at.
	check open "$C/a/index" O_WRONLY write '"x' write '"9' <<-END
		open=0
		write=EINVAL
		write=EBUSY
	END
}

@test "index: of another entry, EINVAL or EBUSY as the option says" {
	sim_rtmrs
	sim_entry a 2
	mkdir "$C/b"
	check open "$C/b/index" O_WRONLY write '"2' open "$C/b/index" O_RDONLY read 9 <<-END
		open=0
		write=EINVAL
		open=0
		read=ENXIO
	END
	for answer in einval ebusy; do
		sim_rtmrs --owned-index "$answer"
		sim_entry a 2
		mkdir "$C/b"
		check open "$C/b/index" O_WRONLY write '"2' write '"4' write '"1' <<-END
			open=0
			write=${answer^^}
			write=EINVAL
			write=1
		END
		assert_equal "$(cat "$C/a/index" "$C/b/index" | tr '\n' ' ')" '2 1 '
	done
}

@test "tcg_map: the PCRs of each, none before there is an index" {
	sim_rtmrs
	mkdir "$C/new"
	assert_equal "$(filehex "$C/new/tcg_map")" 0a
	for i in 0 1 2 3; do sim_entry "r$i" "$i"; done
	assert_equal "$(cat "$C"/r?/tcg_map; echo .)" $'1,7\n2-6\n8-15\n\n.'
}

# digest

@test "digest: a write is extended at close, and not before" {
	start
	check open "$D" O_WRONLY write '5a*48' use 1 open "$D" O_RDONLY read 100 close \
		use 0 close use 1 open "$D" O_RDONLY read 100 read 100 pread 40 100 <<-END
		open=0
		write=48
		open=0
		read=48 $ZERO48
		close=0
		close=0
		open=0
		read=48 $(extended "$ZERO48" "$DATA")
		read=0
		pread=8 $(v=$(extended "$ZERO48" "$DATA") && echo "${v:80}")
	END
	assert_value "$(extended "$ZERO48" "$DATA")"
	assert_equal "$(sim_stat tdx_guest/rtmr3:extend)" 1
	assert_equal "$(sim_stat rtmrs/e/digest:release)" 4
}

@test "digest: the last close counts, not that of a child" {
	start
	exec 5>"$D"
	unhex "$DATA" >&5
	assert_value "$ZERO48"
	(exec 5>&-)
	assert_value "$ZERO48"
	exec 6>&5 5>&-
	assert_value "$ZERO48"
	exec 6>&-
	assert_value "$(extended "$ZERO48" "$DATA")"
}

@test "digest: a writer that is killed has extended" {
	start
	run "$SIMCHECK" open "$D" O_WRONLY write '5a*48' sh 'kill -9 $PPID'
	assert_failure 137
	assert_value "$(extended "$ZERO48" "$DATA")"
}

@test "digest: an open reader sees what was when it began" {
	start
	v=$(extended "$ZERO48" "$DATA")
	check open "$D" O_RDONLY read 48 use 1 open "$D" O_WRONLY write '5a*48' close \
		use 0 pread 0 48 use 2 open "$D" O_RDONLY read 48 <<-END
		open=0
		read=48 $ZERO48
		open=0
		write=48
		close=0
		pread=48 $ZERO48
		open=0
		read=48 $v
	END
}

@test "digest: parts of one descriptor are one extend; a hole is zeros" {
	start
	check open "$D" O_WRONLY write '5a*24' write '5a*24' close <<-END
		open=0
		write=24
		write=24
		close=0
	END
	v=$(extended "$ZERO48" "$DATA")
	assert_value "$v"
	check open "$D" O_WRONLY pwrite 24 '5a*24' close <<-END
		open=0
		pwrite=24
		close=0
	END
	v=$(extended "$v" "${ZERO48:0:48}${DATA:48}")
	assert_value "$v"
	check open "$D" O_WRONLY writev '5a*40,5a*8' pwrite 0 'fe*48' close <<-END
		open=0
		writev=48
		pwrite=48
		close=0
	END
	assert_value "$(extended "$v" "$FE")"
}

@test "digest: a wrong size is lost at close, beyond 64 bytes refused before" {
	start
	for n in 1 47 49 64; do
		check open "$D" O_WRONLY write "5a*$n" close <<-END
			open=0
			write=$n
			close=0
		END
	done
	check open "$D" O_WRONLY write '5a*65' close <<-END
		open=0
		write=EFBIG
		close=0
	END
	check open "$D" O_WRONLY pwrite 64 5a pwrite 100000 '5a*48' close open "$D" O_WRONLY close <<-END
		open=0
		pwrite=EFBIG
		pwrite=EFBIG
		close=0
		open=0
		close=0
	END
	assert_value "$ZERO48"
	assert_equal "$(sim_stat tdx_guest/rtmr3:extend)" 0
	# What was refused leaves what was taken before.
	check open "$D" O_WRONLY write '5a*48' write '5a*17' close <<-END
		open=0
		write=48
		write=EFBIG
		close=0
	END
	assert_value "$(extended "$ZERO48" "$DATA")"
}

@test "digest: one descriptor reads or writes" {
	start
	check open "$D" O_RDWR read 48 write '5a*48' close open "$D" O_RDWR write '5a*48' read 48 close <<-END
		open=0
		read=48 $ZERO48
		write=ETXTBSY
		close=0
		open=0
		write=48
		read=ETXTBSY
		close=0
	END
	assert_value "$(extended "$ZERO48" "$DATA")"
}

@test "digest: registers 0 and 1, and an entry without an index, lose it at close" {
	sim_rtmrs
	mkdir "$C/new"
	for i in 0 1 2; do sim_entry "r$i" "$i"; done
	before=$(cat "$ROOT/sys/.tsmsim/truth")
	for e in r0 r1 new; do
		check open "$C/$e/digest" O_WRONLY write '5a*48' close <<-END
			open=0
			write=48
			close=0
		END
	done
	assert_equal "$(cat "$ROOT/sys/.tsmsim/truth")" "$before"
	v=$(filehex "$C/r2/digest")
	"$SIMCHECK" open "$C/r2/digest" O_WRONLY write '5a*48' close
	assert_equal "$(filehex "$C/r2/digest")" "$(extended "$v" "$DATA")"
}

# The provider

@test "tdx_guest: a CCEL explains it as in the other tree, or all is zeros" {
	sim_tdx mr
	want=$(filehex "$ROOT/sys/firmware/acpi/tables/data/CCEL")
	values=$(sed 's/:sha384//' "$ROOT/sys/.tsmsim/truth")
	sim_rtmrs
	assert_equal "$(filehex "$ROOT/sys/firmware/acpi/tables/data/CCEL")" "$want"
	assert_equal "$(cat "$ROOT/sys/.tsmsim/truth")" "$values"
	for i in 0 1 2 3; do
		sim_entry "r$i" "$i"
		assert_equal "$(filehex "$C/r$i/digest")" "$(sim_truth "tdx_guest/rtmr$i")"
	done
	refute [ "$(filehex "$C/r0/digest")" = "$ZERO48" ]
	sim_rtmrs --no-ccel
	assert_not_exists "$ROOT/sys/firmware"
	for i in 0 1 2 3; do
		sim_entry "r$i" "$i"
		assert_equal "$(filehex "$C/r$i/digest")" "$ZERO48"
	done
}

@test "other homes and providers" {
	sim_start --tree rtmrs --home kernel/rtmrs
	mkdir "$ROOT/sys/kernel/rtmrs/a"
	assert_exists "$ROOT/sys/kernel/rtmrs/a/tcg_map"
	sim_rtmrs --provider none
	check mkdir "$C/a" <<-END
		mkdir=EPERM
	END
	sim_start --provider measurement-example:v1,tdx_guest:rtmrs
	mkdir "$ROOT/sys/kernel/config/tsm/rtmrs/a"
	assert_exists "$ROOT/sys/kernel/tsm/measurement-example/rtmr0/event_log"
	for bad in empty stale,tdx_guest; do
		run "$TSMSIM" --tree rtmrs --provider "$bad" "$BATS_TEST_TMPDIR"
		assert_failure 1
	done
}

# Faults

@test "fault: what is written is lost at close" {
	start
	for e in eio ebusy eintr enxio; do
		sim_fault clear "e/digest:release:1:$e"
		check open "$D" O_WRONLY write '5a*48' close <<-END
			open=0
			write=48
			close=0
		END
	done
	assert_value "$ZERO48"
	assert_equal "$(sim_stat faults:fired)" 4
	# Committed, and the error lost: nobody can tell.
	sim_fault digest:release:1:eio-after
	"$SIMCHECK" open "$D" O_WRONLY write '5a*48' close
	assert_value "$(extended "$ZERO48" "$DATA")"
}

@test "fault: a foreign extend before and after ours" {
	start
	sim_fault digest:release:1:foreign-extend
	"$SIMCHECK" open "$D" O_WRONLY write '5a*48' close
	v=$(extended "$(extended "$ZERO48" "$FE")" "$DATA")
	assert_value "$v"
	sim_fault digest:release:1:foreign-extend-after
	"$SIMCHECK" open "$D" O_WRONLY write '5a*48' close
	v=$(extended "$(extended "$v" "$DATA")" "$FE")
	assert_value "$v"
	# In place of ours, and between the write and the close.
	sim_fault digest:release:1:eio digest:release:1:foreign-extend
	"$SIMCHECK" open "$D" O_WRONLY write '5a*48' close
	v=$(extended "$v" "$FE")
	assert_value "$v"
	sim_fault digest:write:1:foreign-extend-after
	"$SIMCHECK" open "$D" O_WRONLY write '5a*48' close
	assert_value "$(extended "$(extended "$v" "$FE")" "$DATA")"
}

@test "fault: errors of each call" {
	start
	sim_fault digest:open:1:eacces digest:write:1:ebusy digest:read:1:eio index:read:1:enxio
	check open "$D" O_WRONLY open "$D" O_WRONLY write '5a*48' close open "$D" O_RDONLY read 48 read 48 \
		open "$C/e/index" O_RDONLY read 9 read 9 <<-END
		open=EACCES
		open=0
		write=EBUSY
		close=0
		open=0
		read=EIO
		read=48 $ZERO48
		open=0
		read=ENXIO
		read=2 330a
	END
	# An error after the write: it is in the buffer, and close hands it over.
	sim_fault digest:write:1:eio-after
	check open "$D" O_WRONLY write '5a*48' close <<-END
		open=0
		write=EIO
		close=0
	END
	assert_value "$(extended "$ZERO48" "$DATA")"
}

@test "fault: mkdir and index, before and after" {
	sim_rtmrs
	sim_fault rtmrs:mkdir:1:enxio rtmrs:mkdir:2:eio-after
	check mkdir "$C/a" stat "$C/a/digest" mkdir "$C/b" stat "$C/b/digest" <<-END
		mkdir=ENXIO
		stat=ENOENT
		mkdir=EIO
		stat=size=0 mode=0644
	END
	sim_fault b/index:write:1:enotty b/index:write:2:eintr-after
	check open "$C/b/index" O_RDWR write '"2' pread 0 9 write '"2' pread 0 9 <<-END
		open=0
		write=ENOTTY
		pread=ENXIO
		write=EINTR
		pread=2 320a
	END
}
