#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The simulator against the measured kernel: every line of the tables of the kernel-behaviour notes
# for the RFC tree is a test here. Sections are named as there. Digests are computed by coreutils.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	bats_load_library bats-file
	load fuse
	need_fuse
	ZERO32=$(printf '%064d' 0)
	ZERO48=$(printf '%096d' 0)
}

teardown() {
	sim_stop
}

# start ARGS...: a fresh simulator; T is the first provider's directory, R0 and R1 its registers.
start() {
	sim_start "$@"
	T="$ROOT/sys/kernel/tsm/measurement-example"
	case " $* " in *" --provider "*) T=$(echo "$ROOT"/sys/kernel/tsm/*) ;; esac
	R0="$T/rtmr0"
	R1="$T/rtmr1"
}

# check STEPS... < EXPECTED LINES
check() {
	run "$SIMCHECK" "$@"
	assert_success
	assert_output "$(cat)"
}

# Strings with backslash escapes to hex, hex to bytes: coreutils only.
hex() { printf '%b' "$1" | od -An -v -tx1 | tr -d ' \n'; }
filehex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
unhex() { printf '%s' "$1" | tr a-f A-F | basenc -d --base16; }

sum() { "$1sum" | cut -d' ' -f1; }

# extended ALG OLDHEX DIGESTHEX, and recorded ALG OLDHEX RECORD...: the value after.
extended() { unhex "$2$3" | sum "$1"; }
recorded() {
	local alg=$1 v=$2 line
	shift 2
	for line; do
		v=$(extended "$alg" "$v" "$(printf '%b' "$line" | sum "$alg")")
	done
	echo "$v"
}

assert_log() { # DIR TEXT
	assert_equal "$(filehex "$1/event_log")" "$(hex "$2")"
	assert_equal "$(stat -c %s "$1/event_log")" "$(($(hex "$2" | wc -c) / 2))"
}

assert_digest() { # DIR HEX
	assert_equal "$(filehex "$1/digest")" "$2"
}

# One write(): the shell's own printf would make one of each line.
append() { # DIR TEXT
	"$SIMCHECK" open "$1/append_event" O_WRONLY write "$(hex "$2")" >/dev/null
}

# The log's last N lines; tail itself takes a read of 4096 bytes for the end of the file.
last() { # N DIR
	# shellcheck disable=SC2002 # a pipe is not a regular file, which is the point
	cat "$2/event_log" | tail -n "$1"
}

# row WRITTEN LOGGED EXTENDED...: one write of a fresh rtmr0, what follows the SYNC, what was hashed
row() {
	local written logged=$2 sync="SYNC sha256/$ZERO32"
	written=$(hex "$1")
	shift 2
	start
	check open "$R0/append_event" O_WRONLY write "$written" <<-END
		open=0
		write=$((${#written} / 2))
	END
	assert_log "$R0" "$sync\n${logged:+\n}$logged"
	assert_digest "$R0" "$(recorded sha256 "$ZERO32" "$sync" "$@")"
}

# 2: the tree

@test "tree: names, modes and sizes" {
	start
	run bash -c 'cd "$1" && find . -type f -printf "%P %m %s\n" | sort' - "$T"
	assert_output "$(
		cat <<-END
			config_mr 444 64
			full_report 444 320
			report_digest 444 64
			rtmr0/append_event 200 4096
			rtmr0/digest 444 32
			rtmr0/event_log 444 0
			rtmr0/hash_algo 444 4096
			rtmr1/append_event 200 4096
			rtmr1/digest 644 48
			rtmr1/event_log 444 0
			rtmr1/hash_algo 444 4096
			static_mr 444 48
			user_data 644 64
		END
	)"
	run find "$ROOT/sys/kernel" -type d -printf '%P %m\n'
	assert_line 'tsm/measurement-example/rtmr0 755'
	assert_equal "$(stat -c %h "$T" "$R0" "$R0/digest" | tr '\n' ' ')" '4 2 1 '
}

@test "tree: values at the start, hash_algo has no newline" {
	start
	assert_equal "$(filehex "$R0/hash_algo")" "$(hex sha256)"
	assert_equal "$(filehex "$R1/hash_algo")" "$(hex sha384)"
	assert_digest "$R0" "$ZERO32"
	assert_digest "$R1" "$ZERO48"
	assert_log "$R0" ''
	assert_equal "$(head -c 9 "$T/static_mr")" 'STATIC MR'
	assert_equal "$(head -c 9 "$T/config_mr")" 'CONFIG MR'
	check open "$R0/hash_algo" O_RDONLY pread 2 3 pread 6 1 read 100 <<-END
		open=0
		pread=3 613235
		pread=0
		read=6 736861323536
	END
}

@test "tree: full_report is the registers in order, report_digest its sha512" {
	start
	printf '%048d%016d' 7 7 >"$T/user_data"
	append "$R0" 'a'
	printf '%064d' 0 >"$T/user_data"
	want="$(filehex "$T/static_mr")$(filehex "$T/config_mr")$(filehex "$R0/digest")"
	want+="$(filehex "$R1/digest")$(filehex "$T/user_data")"
	assert_equal "$(filehex "$T/full_report")" "$want$(filehex "$T/report_digest")"
	assert_equal "$(filehex "$T/report_digest")" "$(unhex "$want" | sum sha512)"
}

# 2.1: the log

@test "log: first append, second, three lines; st_size exact" {
	start
	sync="SYNC sha256/$ZERO32"
	append "$R0" 'first event\n'
	assert_log "$R0" "$sync\n\nfirst event\n"
	assert_equal "$(stat -c %s "$R0/event_log")" 90
	append "$R0" 'second event'
	assert_log "$R0" "$sync\n\nfirst event\n\nsecond event\n"
	append "$R0" 'l1\nl2\nl3\n'
	assert_log "$R0" "$sync\n\nfirst event\n\nsecond event\n\nl1\nl2\nl3\n"
	assert_digest "$R0" \
		"$(recorded sha256 "$ZERO32" "$sync" 'first event' 'second event' l1 l2 l3)"
}

@test "log: blank writes leave the SYNC that is due, and nothing else" {
	row '\n\n\n' ''
	row '   \t  \n' ''
	before=$(filehex "$R0/event_log")
	check open "$R0/append_event" O_WRONLY write 0a0a write 2009 <<-END
		open=0
		write=2
		write=2
	END
	assert_equal "$(filehex "$R0/event_log")" "$before"
}

@test "log: the write table, line for line" {
	row '\n\na\n\n\nb\n\n' 'a\nb\n' a b
	row '  lead and trail \t \n' 'lead and trail\n' 'lead and trail'
	row 'crlf1\r\ncrlf2\r\n' 'crlf1\ncrlf2\n' crlf1 crlf2
	row 'cr1\rcr2\n' 'cr1\ncr2\n' cr1 cr2
	row '\x0bvt\x0bmid\x0c' 'vt\x0bmid\n' 'vt\x0bmid'
	row '# a' '# a\n'
	row '  # c2 ' '# c2\n'
	row 'caf\xc3\xa9 \xe2\x82\xac ok' 'caf\xc3\xa9 \xe2\x82\xac ok\n' 'caf\xc3\xa9 \xe2\x82\xac ok'
	row 'nul\x00mid\x00' 'nul\x00mid\x00\n' 'nul\x00mid\x00'
	row '\x00' '\x00\n' '\x00'
	row '\x01\x02\x7f\xff\x80\xc1\x85\x0a\xff' '\x01\x02\x7f\xff\x80\xc1\x85\n\xff\n' \
		'\x01\x02\x7f\xff\x80\xc1\x85' '\xff'
}

@test "log: a final byte 0xa0 is a space, even half a character" {
	row 'voil\xc3\xa0' 'voil\xc3\n' 'voil\xc3'
	row 'XX\xd0\xa0' 'XX\xd0\n' 'XX\xd0'
	row 'nb\xc2\xa0' 'nb\xc2\n' 'nb\xc2'
	row '\xa0# x' '# x\n'
}

@test "log: forged lines are kept; a forged .EXTEND brings no SYNC" {
	row '# .EXTEND deadbeef' '# .EXTEND deadbeef\n'
	append "$R0" after
	run last 1 "$R0"
	assert_output after
	refute_equal "$(last 3 "$R0" | head -n 1 | cut -c1-4)" SYNC
	row 'SYNC sha256/00..\nSYNCX\nSYNC\n' 'SYNC sha256/00..\nSYNCX\nSYNC\n' \
		'SYNC sha256/00..' SYNCX SYNC
}

refute_equal() {
	[ "$1" != "$2" ] || fail "both are $1"
}

@test "log: write(0) is nothing" {
	start
	check open "$R0/append_event" O_WRONLY write '' <<-END
		open=0
		write=0
	END
	assert_log "$R0" ''
}

# 2.2: direct writes

@test "digest: direct writes and the SYNC after them" {
	start
	ones=$(printf '1%.0s' {1..96})
	check open "$R1/digest" O_WRONLY write '00*48' <<-END
		open=0
		write=48
	END
	assert_log "$R1" "# .EXTEND $ZERO48\n"
	v=$(extended sha384 "$ZERO48" "$ZERO48")
	assert_digest "$R1" "$v"
	check open "$R1/digest" O_WRONLY pwrite 0 '11*48' <<-END
		open=0
		pwrite=48
	END
	v=$(extended sha384 "$v" "$ones")
	assert_equal "${v:0:8}" f0e010c3
	append "$R1" hello
	log="# .EXTEND $ZERO48\n# .EXTEND $ones\n\nSYNC sha384/$v\n\nhello\n"
	assert_log "$R1" "$log"
	v=$(recorded sha384 "$v" "SYNC sha384/$v" hello)
	assert_digest "$R1" "$v"
	"$SIMCHECK" open "$R1/digest" O_WRONLY write '11*48' write '' pwrite 0 '00*48'
	assert_log "$R1" "$log\n# .EXTEND $ones\n# .EXTEND $ZERO48\n"
	v=$(extended sha384 "$(extended sha384 "$v" "$ones")" "$ZERO48")
	append "$R1" '\n'
	assert_log "$R1" "$log\n# .EXTEND $ones\n# .EXTEND $ZERO48\n\nSYNC sha384/$v\n"
}

@test "digest: reads" {
	start
	"$SIMCHECK" open "$R1/digest" O_WRONLY write '00*48'
	v=$(filehex "$R1/digest")
	check open "$R1/digest" O_RDONLY read 48 read 48 pread 40 100 pread 48 1 pread 100 9 \
		pread 0 1000000 seek 0 end mmap 48 fstat <<-END
		open=0
		read=48 $v
		read=0
		pread=8 ${v:80}
		pread=0
		pread=0
		pread=48 $v
		seek=48
		mmap=ENODEV
		fstat=size=48 mode=0644
	END
}

@test "digest: an open descriptor is live" {
	start
	v=$(extended sha384 "$ZERO48" "$ZERO48")
	check open "$R1/digest" O_RDONLY read 48 use 1 open "$R1/digest" O_WRONLY write '00*48' \
		use 0 pread 0 48 <<-END
		open=0
		read=48 $ZERO48
		open=0
		write=48
		pread=48 $v
	END
}

@test "digest: short writes are refused, nothing changes" {
	start
	check open "$R1/digest" O_WRONLY write '00*47' write 00 write '00*24' write '00*24' write '' <<-END
		open=0
		write=EINVAL
		write=EINVAL
		write=EINVAL
		write=EINVAL
		write=0
	END
	assert_log "$R1" ''
	assert_digest "$R1" "$ZERO48"
}

@test "digest: long writes are clipped and extend" {
	for n in 49 96 5000; do
		start
		check open "$R1/digest" O_WRONLY write "00*$n" write "00*$((n - 48))" <<-END
			open=0
			write=48
			write=EFBIG
		END
		assert_log "$R1" "# .EXTEND $ZERO48\n"
		assert_digest "$R1" "$(extended sha384 "$ZERO48" "$ZERO48")"
	done
}

@test "digest: offsets" {
	start
	check open "$R1/digest" O_RDWR pwrite 1 '00*48' pwrite 47 '00*48' pwrite 1 00 pwrite 48 00 \
		pwrite 100000 '00*48' read 48 write '00*48' seek 0 set write '00*48' write '00*48' \
		pwrite 0 '00*48' <<-END
		open=0
		pwrite=EINVAL
		pwrite=EINVAL
		pwrite=EINVAL
		pwrite=EFBIG
		pwrite=EFBIG
		read=48 $ZERO48
		write=EFBIG
		seek=0
		write=48
		write=EFBIG
		pwrite=48
	END
	assert_log "$R1" "# .EXTEND $ZERO48\n# .EXTEND $ZERO48\n"
}

@test "digest: writev is one extend" {
	start
	check open "$R1/digest" O_WRONLY writev '00*24,00*24' <<-END
		open=0
		writev=48
	END
	assert_log "$R1" "# .EXTEND $ZERO48\n"
}

@test "digest: open flags" {
	start
	for flags in O_TRUNC O_APPEND O_CREAT O_NONBLOCK O_SYNC 'O_TRUNC|O_APPEND|O_CREAT'; do
		check open "$R1/digest" "O_WRONLY|$flags" fstat write '00*48' <<-END
			open=0
			fstat=size=48 mode=0644
			write=48
		END
	done
	assert_equal "$(grep -c EXTEND "$R1/event_log")" 6
	assert_equal "$(sim_stat measurement-example/rtmr1/digest:setattr)" 2
	check open "$R1/digest" 'O_WRONLY|O_DIRECT' open "$R1/digest" 'O_RDONLY|O_DIRECT' \
		open "$R1/digest" 'O_WRONLY|O_CREAT|O_EXCL' <<-END
		open=EINVAL
		open=EINVAL
		open=EEXIST
	END
	check open "$R1/digest" 'O_WRONLY|O_APPEND' write '00*48' write '00*48' <<-END
		open=0
		write=48
		write=EFBIG
	END
}

@test "digest: truncation is harmless" {
	start
	check open "$R1/digest" O_RDWR ftruncate 0 ftruncate 5 ftruncate 1000 fstat \
		truncate "$R1/digest" 0 stat "$R1/digest" read 100 <<-END
		open=0
		ftruncate=0
		ftruncate=0
		ftruncate=0
		fstat=size=48 mode=0644
		truncate=0
		stat=size=48 mode=0644
		read=48 $ZERO48
	END
}

@test "digest: root is refused by mode; after chmod u+w rtmr0 extends and logs" {
	start
	check open "$R0/digest" O_WRONLY open "$R0/digest" O_RDWR chmod "$R0/digest" 644 \
		open "$R0/digest" O_WRONLY write '00*32' stat "$R0/digest" <<-END
		open=EACCES
		open=EACCES
		chmod=0
		open=0
		write=32
		stat=size=32 mode=0644
	END
	assert_log "$R0" "# .EXTEND $ZERO32\n"
	assert_digest "$R0" "$(extended sha256 "$ZERO32" "$ZERO32")"
}

@test "digest: a static register stays read-only, also after chmod" {
	start
	for f in config_mr static_mr full_report report_digest; do
		check open "$T/$f" O_WRONLY chmod "$T/$f" 666 open "$T/$f" O_WRONLY open "$T/$f" O_RDWR <<-END
			open=EACCES
			chmod=0
			open=EACCES
			open=EACCES
		END
	done
}

@test "digest: a shell's cat of 49 bytes fails, and has extended" {
	start
	head -c 49 /dev/zero >"$BATS_TEST_TMPDIR/49"
	run bash -c 'cat "$1" >"$2"' - "$BATS_TEST_TMPDIR/49" "$R1/digest"
	assert_failure 1
	assert_output --partial 'File too large'
	assert_log "$R1" "# .EXTEND $ZERO48\n"
}

# 2.3: append_event

@test "append: opens for writing only" {
	start
	check open "$R0/append_event" O_RDONLY open "$R0/append_event" O_RDWR \
		open "$R0/append_event" O_WRONLY open "$R0/append_event" 'O_WRONLY|O_DIRECT' <<-END
		open=EACCES
		open=EACCES
		open=0
		open=EINVAL
	END
	for flags in O_TRUNC O_APPEND O_CREAT O_NONBLOCK O_SYNC; do
		check open "$R0/append_event" "O_WRONLY|$flags" write '"x' <<-END
			open=0
			write=1
		END
	done
	assert_log "$R0" "SYNC sha256/$ZERO32\n\nx\n\nx\n\nx\n\nx\n\nx\n"
}

@test "append: the offset is ignored, many writes on one descriptor, writev is one write" {
	start
	check open "$R0/append_event" O_WRONLY pwrite 100000 '"a' write '"b' write '"c' fstat \
		pwrite 4096 '"d' writev '"e,"f,0a,"g' stat "$R0/append_event" <<-END
		open=0
		pwrite=1
		write=1
		write=1
		fstat=size=4096 mode=0200
		pwrite=1
		writev=4
		stat=size=4096 mode=0200
	END
	assert_log "$R0" "SYNC sha256/$ZERO32\n\na\n\nb\n\nc\n\nd\n\nef\ng\n"
}

@test "append: 4096 bytes are one record, more are cut" {
	a4096=$(printf 'a%.0s' {1..4096})
	sync="SYNC sha256/$ZERO32\n\n"
	start
	check open "$R0/append_event" O_WRONLY write '61*4096' <<-END
		open=0
		write=4096
	END
	assert_log "$R0" "$sync$a4096\n"
	start
	check open "$R0/append_event" O_WRONLY writev '61*4095,0a' <<-END
		open=0
		writev=4096
	END
	assert_log "$R0" "$sync${a4096:1}\n"
	for n in 4097 10000; do
		start
		check open "$R0/append_event" O_WRONLY write "61*$n" <<-END
			open=0
			write=4096
		END
		assert_log "$R0" "$sync$a4096\n"
	done
}

@test "append: a write-all loop splits records" {
	start
	printf 'a%.0s' {1..5000} >"$BATS_TEST_TMPDIR/5000"
	cat "$BATS_TEST_TMPDIR/5000" >"$R0/append_event"
	run awk 'length { print length }' "$R0/event_log"
	assert_output "76
4096
904"
	start
	for i in {1..700}; do echo "record number $i"; done >"$BATS_TEST_TMPDIR/lines"
	assert_equal "$(stat -c %s "$BATS_TEST_TMPDIR/lines")" 12492
	cat "$BATS_TEST_TMPDIR/lines" >"$R0/append_event"
	run grep -A2 -x 'record num' "$R0/event_log"
	assert_line 'record num'
	assert_line 'ber 234'
	assert_equal "$(grep -c '^[a-z]' "$R0/event_log")" 703
}

# Fills rtmr0's log so that $1 bytes of its 4 MiB are free.
fill_log() {
	local free size steps=()
	for _ in {1..1022}; do steps+=(write '61*4096'); done
	"$SIMCHECK" open "$R0/append_event" O_WRONLY "${steps[@]}" >/dev/null
	size=$(stat -c %s "$R0/event_log")
	free=$((4194304 - size - $1 - 2))
	steps=(open "$R0/append_event" O_WRONLY)
	while [ "$free" -gt 4096 ]; do
		steps+=(write '62*2000')
		free=$((free - 2002))
	done
	"$SIMCHECK" "${steps[@]}" write "62*$free" >/dev/null
	assert_equal "$(stat -c %s "$R0/event_log")" $((4194304 - $1))
}

@test "append: the log ends at 4 MiB with ENOMEM, earlier lines of the write stay" {
	start
	fill_log 100
	v=$(filehex "$R0/digest")
	check open "$R0/append_event" O_WRONLY write '63*100' <<-END
		open=0
		write=ENOMEM
	END
	assert_digest "$R0" "$v"
	check open "$R0/append_event" O_WRONLY writev '"one,0a,"two,0a,63*200' <<-END
		open=0
		writev=ENOMEM
	END
	assert_equal "$(last 3 "$R0")" "$(printf '\none\ntwo')"
	assert_digest "$R0" "$(recorded sha256 "$v" one two)"
	append "$R0" shorter
	assert_equal "$(last 1 "$R0")" shorter
	assert_equal "$(sim_stat measurement-example/rtmr0:overrun)" 0
}

@test "append: a record that ends at the buffer is counted as an overrun" {
	start
	fill_log 100
	check open "$R0/append_event" O_WRONLY write '63*99' stat "$R0/event_log" <<-END
		open=0
		write=99
		stat=size=4194305 mode=0444
	END
	assert_equal "$(sim_stat measurement-example/rtmr0:overrun)" 1
}

@test "append: with the log full, a due SYNC goes in alone" {
	start
	fill_log 200
	check chmod "$R0/digest" 644 open "$R0/digest" O_WRONLY write '00*32' <<-END
		chmod=0
		open=0
		write=32
	END
	v=$(filehex "$R0/digest")
	check open "$R0/append_event" O_WRONLY write '63*60' <<-END
		open=0
		write=ENOMEM
	END
	assert_equal "$(last 1 "$R0")" "SYNC sha256/$v"
	assert_digest "$R0" "$(recorded sha256 "$v" "SYNC sha256/$v")"
}

# 2.4: event_log

@test "event_log: at most 4096 bytes a read" {
	start
	for _ in 1 2 3; do append "$R0" "$(printf 'x%.0s' {1..3000})"; done
	run "$SIMCHECK" open "$R0/event_log" O_RDONLY read 1000000 read 4095 read 4096 read 1 \
		pread 9000 10 seek 0 end
	assert_equal "$(cut -d' ' -f1 <<<"$output" | tr '\n' ' ')" \
		'open=0 read=4096 read=4095 read=892 read=0 pread=10 seek=9083 '
	assert_equal "$(stat -c %s "$R0/event_log")" $((77 + 3 * 3002))
}

@test "event_log: every record makes a new file, an open one answers ENODEV and its old size" {
	start
	append "$R0" a
	run "$SIMCHECK" open "$R0/event_log" O_RDONLY read 4 inode sh "echo b >'$R0/append_event'" \
		read 4 pread 0 4 fstat inode inode-of "$R0/event_log" use 1 open "$R0/event_log" O_RDONLY \
		read 4 fstat
	local inode="${lines[2]#inode=}" now="${lines[8]#inode-of=}"
	assert_equal "${lines[3]} ${lines[4]} ${lines[5]} ${lines[6]}" \
		'sh=0 read=ENODEV pread=ENODEV fstat=size=80 mode=0444'
	assert_equal "${lines[7]}" "inode=$inode"
	refute_equal "$inode" "$now"
	assert_equal "${lines[10]} ${lines[11]}" 'read=4 53594e43 fstat=size=83 mode=0444'
}

@test "event_log: a direct write replaces it too, a blank append does not" {
	start
	append "$R1" a
	check open "$R1/event_log" O_RDONLY sh "printf '\n' >'$R1/append_event'" read 4 \
		sh "head -c 48 /dev/zero >'$R1/digest'" read 4 <<-END
		open=0
		sh=0
		read=4 53594e43
		sh=0
		read=ENODEV
	END
}

@test "event_log: is read-only, also after chmod, which the next record forgets" {
	start
	append "$R0" a
	check open "$R0/event_log" O_WRONLY chmod "$R0/event_log" 600 open "$R0/event_log" O_WRONLY \
		stat "$R0/event_log" sh "echo b >'$R0/append_event'" stat "$R0/event_log" <<-END
		open=EACCES
		chmod=0
		open=EACCES
		stat=size=80 mode=0600
		sh=0
		stat=size=83 mode=0444
	END
}

@test "flock works on every file and directory, read-only too" {
	start
	for f in "$T" "$R0" "$R0/event_log" "$R0/digest" "$T/static_mr"; do
		check open "$f" O_RDONLY use 1 open "$f" O_RDONLY use 0 flock sh use 1 trylock sh trylock ex \
			use 0 flock un use 1 trylock ex use 0 trylock sh <<-END
			open=0
			open=0
			flock=0
			trylock=0
			trylock=EAGAIN
			flock=0
			trylock=0
			trylock=EAGAIN
		END
	done
}

# 2.5: staleness

report_of() {
	local all
	all=$(filehex "$T/full_report")
	unhex "${all:0:512}" | sum sha512
}

@test "stale: append leaves report_digest old, digest and full_report's rtmr are fresh" {
	start
	old=$(filehex "$T/report_digest")
	assert_equal "$old" "$(report_of)"
	append "$R0" a
	v=$(recorded sha256 "$ZERO32" "SYNC sha256/$ZERO32" a)
	assert_digest "$R0" "$v"
	all=$(filehex "$T/full_report")
	assert_equal "${all:224:64}" "$v"
	assert_equal "${all:512}" "$old"
	assert_equal "$(filehex "$T/report_digest")" "$old"
	refute_equal "$old" "$(report_of)"
}

@test "stale: a user_data or digest write before reading gives a right report" {
	start
	filehex "$T/report_digest" >/dev/null
	append "$R0" a
	head -c 64 "$T/user_data" >"$BATS_TEST_TMPDIR/ud"
	cat "$BATS_TEST_TMPDIR/ud" >"$T/user_data"
	assert_equal "$(filehex "$T/report_digest")" "$(report_of)"
	append "$R0" b
	refute_equal "$(filehex "$T/report_digest")" "$(report_of)"
	head -c 48 /dev/zero >"$R1/digest"
	assert_equal "$(filehex "$T/report_digest")" "$(report_of)"
}

@test "stale: a SYNC refreshes to the state before its event" {
	start
	filehex "$T/report_digest" >/dev/null
	append "$R0" a
	before=$(report_of)
	append "$R1" b
	assert_equal "$(filehex "$T/report_digest")" "$before"
	refute_equal "$before" "$(report_of)"
}

@test "user_data: exactly 64 bytes at 0" {
	start
	check open "$T/user_data" O_RDWR write '61*63' pwrite 1 '61*63' pwrite 64 61 pwrite 0 '61*65' \
		pread 0 100 pwrite 0 '62*64' pread 0 2 <<-END
		open=0
		write=EINVAL
		pwrite=EINVAL
		pwrite=EFBIG
		pwrite=64
		pread=64 $(printf '61%.0s' {1..64})
		pwrite=64
		pread=2 6262
	END
}

# Names, rights

@test "names: missing, created, removed, renamed" {
	start
	check open "$T/rtmr9" O_RDONLY open "$R0/nothing" O_WRONLY open "$T/rtmr9" 'O_WRONLY|O_CREAT' \
		open "$R0/x" 'O_WRONLY|O_CREAT|O_EXCL' unlink "$R0/digest" rmdir "$R0" \
		rename "$R0/digest" "$R0/d2" rename "$R0" "$T/x" mkdir "$T/x" \
		link "$R0/digest" "$R0/x" symlink a "$R0/x" open "$R0" O_WRONLY \
		open "$R0/digest/x" O_RDONLY <<-END
		open=ENOENT
		open=ENOENT
		open=EACCES
		open=EACCES
		unlink=EPERM
		rmdir=EPERM
		rename=EPERM
		rename=EPERM
		mkdir=EPERM
		link=EPERM
		symlink=EPERM
		open=EISDIR
		open=ENOTDIR
	END
}

@test "rights: another user reads, and may not write" {
	[ "$(id -u)" = 0 ] || skip "needs root to become another user"
	start
	append "$R0" a
	cd "$R0"
	check uid 65534 open ../rtmr1/digest O_RDONLY read 48 open ../rtmr1/digest O_WRONLY \
		open ../rtmr1/digest O_RDWR open append_event O_WRONLY open event_log O_RDONLY read 4 flock ex \
		chmod digest 666 unlink digest mkdir x open ../user_data O_WRONLY \
		open ../../../../.tsmsim/fault O_WRONLY <<-END
		uid=0
		open=0
		read=48 $ZERO48
		open=EACCES
		open=EACCES
		open=EACCES
		open=0
		read=4 53594e43
		flock=0
		chmod=EPERM
		unlink=EACCES
		mkdir=EACCES
		open=EACCES
		open=EACCES
	END
}

# The other providers and layouts

@test "tdx_guest: sizes, modes, firmware's values, empty logs" {
	start --provider tdx_guest
	run bash -c 'cd "$1" && find . -type f -printf "%P %m %s\n" | grep -v hash_algo | sort' - "$T"
	assert_line 'mrtd 444 48'
	assert_line 'mrownerconfig 444 48'
	for i in 0 1 2 3; do assert_line "rtmr$i/digest 644 48"; done
	assert_line 'rtmr3/event_log 444 0'
	assert_equal "${#lines[@]}" 16
	for i in 0 1 2; do refute_equal "$(filehex "$T/rtmr$i/digest")" "$ZERO48"; done
	assert_digest "$T/rtmr3" "$ZERO48"
	refute_equal "$(filehex "$T/mrtd")" "$ZERO48"
	assert_digest "$R0" "$(extended sha384 "$ZERO48" "$(printf firmware | sum sha384)")"
	v=$(filehex "$T/rtmr2/digest")
	append "$T/rtmr2" a
	assert_log "$T/rtmr2" "SYNC sha384/$v\n\na\n"
}

@test "stale provider: digest shows the last refresh, appends do not bring one" {
	start --provider stale
	assert_digest "$R0" "$ZERO48"
	append "$R0" a
	v1=$(recorded sha384 "$ZERO48" "SYNC sha384/$ZERO48" a)
	assert_digest "$R0" "$ZERO48"
	assert_equal "$(sim_truth stale/rtmr0)" "$v1"
	append "$R0" b
	v2=$(recorded sha384 "$v1" b)
	assert_digest "$R0" "$ZERO48"
	assert_equal "$(sim_truth stale/rtmr0)" "$v2"
	# The SYNC of another register refreshes them all.
	append "$R1" c
	assert_digest "$R0" "$v2"
	assert_digest "$R1" "$ZERO48"
	# A write of user_data puts the provider out of sync: the next read asks the hardware.
	append "$R0" d
	assert_digest "$R0" "$v2"
	head -c 64 /dev/zero >"$T/user_data"
	assert_digest "$R0" "$(recorded sha384 "$v2" d)"
	refute_equal "$(filehex "$R1/digest")" "$ZERO48"
	# A direct write shows at once, and the SYNC after it is true.
	head -c 48 /dev/zero >"$R1/digest"
	assert_digest "$R1" "$(sim_truth stale/rtmr1)"
	v=$(sim_truth stale/rtmr1)
	append "$R1" e
	assert_equal "$(last 3 "$R1" | head -n 1)" "SYNC sha384/$v"
	assert_digest "$R1" "$v"
}

@test "dialect v2: digest and hash_algo, no log" {
	start --dialect v2
	run bash -c 'cd "$1" && find . -type f -printf "%P %m %s\n" | sort' - "$T"
	assert_output "$(
		cat <<-END
			config_mr/digest 444 64
			config_mr/hash_algo 444 4096
			full_report/digest 444 320
			full_report/hash_algo 444 4096
			report_digest/digest 444 64
			report_digest/hash_algo 444 4096
			rtmr0/digest 444 32
			rtmr0/hash_algo 444 4096
			rtmr1/digest 644 48
			rtmr1/hash_algo 444 4096
			static_mr/digest 444 48
			static_mr/hash_algo 444 4096
			user_data/digest 644 64
			user_data/hash_algo 444 4096
		END
	)"
	# A register without a hash shows the first that the kernel has.
	for name in full_report:md4 config_mr:md4 user_data:sha512 rtmr0:sha256; do
		assert_equal "$(cat "$T/${name%:*}/hash_algo")" "${name#*:}"
	done
	# A static register is set by a write, not extended.
	check open "$T/user_data/digest" O_WRONLY write '07*64' <<-END
		open=0
		write=64
	END
	assert_digest "$T/user_data" "$(printf '07%.0s' {1..64})"
	check open "$R1/digest" O_WRONLY write '00*47' write '00*49' <<-END
		open=0
		write=EINVAL
		write=48
	END
	assert_digest "$R1" "$(extended sha384 "$ZERO48" "$ZERO48")"
}

@test "dialect v3: a directory for every hash" {
	start --dialect v3 --provider banks
	run bash -c 'cd "$1" && find . -type f -printf "%P %m %s\n" | sort' - "$T"
	assert_output "$(
		cat <<-END
			rtmr0/sha256/digest 664 32
			rtmr1/sha384/digest 664 48
			rtmr_crypto_agile/sha256/digest 664 32
			rtmr_crypto_agile/sha384/digest 664 48
		END
	)"
	head -c 32 /dev/zero >"$T/rtmr_crypto_agile/sha256/digest"
	assert_digest "$R0/sha256" "$(extended sha256 "$ZERO32" "$ZERO32")"
	run "$TSMSIM" --provider banks "$BATS_TEST_TMPDIR"
	assert_failure 1
}

@test "dialect v3: the sample, static registers as folders, too" {
	start --dialect v3
	run bash -c 'cd "$1" && find . -type f -printf "%P %m %s\n" | sort' - "$T"
	assert_output "$(
		cat <<-END
			config_mr/md4/digest 444 64
			full_report/md4/digest 444 320
			report_digest/sha512/digest 444 64
			rtmr0/sha256/digest 444 32
			rtmr1/sha384/digest 664 48
			static_mr/sha384/digest 444 48
			user_data/sha512/digest 664 64
		END
	)"
}

# wait_for NAME N: until the simulator has counted N of them.
wait_for() {
	until [ "$(sim_stat "$1")" -ge "$2" ]; do :; done
}

@test "event_log is not there while a record is added, and is there when the write returns" {
	start
	append "$R0" a
	for write in "append_event:O_WRONLY:write:62" "digest:O_WRONLY:write:00*48"; do
		IFS=: read -r file flags verb data <<<"$write"
		dir=$R1
		sim_fault clear reset "rtmr1/$file:write:1:hold"
		"$SIMCHECK" open "$dir/$file" "$flags" "$verb" "$data" >/dev/null 3>&- &
		wait_for "measurement-example/rtmr1/$file:write" 1
		check stat "$dir/event_log" open "$dir/event_log" O_RDONLY <<-END
			stat=ENOENT
			open=ENOENT
		END
		run ls "$dir"
		refute_line event_log
		assert_line append_event
		check stat "$R0/event_log" <<-END
			stat=size=$(stat -c %s "$R0/event_log") mode=0444
		END
		sim_fault clear
		wait
		assert_file_exists "$dir/event_log"
	done
	# What logs nothing removes nothing.
	sim_fault clear reset "rtmr0/append_event:write:1:hold"
	"$SIMCHECK" open "$R0/append_event" O_WRONLY write 0a >/dev/null 3>&- &
	wait_for measurement-example/rtmr0/append_event:write 1
	assert_file_exists "$R0/event_log"
	sim_fault clear
	wait
}

# beside FIRST SECOND: two programs, the first of which hangs meanwhile; FIRST, SECOND: FILE:O_FLAG:STEP[:ARG].
beside() {
	local first second
	IFS=: read -r -a first <<<"$1"
	IFS=: read -r -a second <<<"$2"
	sim_fault clear reset forgive "${first[0]}:${first[2]}:1:hang-after"
	"$SIMCHECK" open "$T/${first[0]}" "${first[@]:1}" >/dev/null 3>&- &
	wait_for "measurement-example/${first[0]}:${first[2]}" 1
	"$SIMCHECK" open "$T/${second[0]}" "${second[@]:1}" >/dev/null
	sim_fault clear
	wait
	contended=$(cat "$ROOT/sys/.tsmsim/contention")
}

@test "contention on a provider is recorded, and sim_stop fails for it" {
	start
	# Values that are in sync: readers go together.
	cat "$R0/digest" >/dev/null
	append=rtmr0/append_event:O_WRONLY:write:61
	digest=rtmr1/digest:O_RDONLY:read:48
	log=rtmr0/event_log:O_RDONLY:read:100
	write='user_data:O_WRONLY:write:00*64'
	"$SIMCHECK" open "$R0/append_event" O_WRONLY write 61 >/dev/null
	for pair in "$digest $digest" "$log $log" "$digest $log" "static_mr:O_RDONLY:read:48 $digest" \
		"$append rtmr0/hash_algo:O_RDONLY:read:10" "rtmr0/hash_algo:O_RDONLY:read:10 $append"; do
		# shellcheck disable=SC2086 # two words
		beside $pair
		assert_equal "$contended" ''
	done
	# (FUSE itself lets the second writer of one file wait.)
	for pair in "$append $digest" "$digest $append" "$log $append" "$digest $write" \
		"$append rtmr1/append_event:O_WRONLY:write:61" "$append static_mr:O_RDONLY:read:48"; do
		# shellcheck disable=SC2086
		beside $pair
		[[ $contended == 'measurement-example: 1 times, first '*' by process '*' while '*' by process '* ]] ||
			fail "$pair: $contended"
	done
	# A write to a static register makes the values stale: then each reader is a writer.
	sim_fault forgive
	beside "$write" "static_mr:O_RDONLY:read:0"
	beside "$digest" "$digest"
	[[ $contended == 'measurement-example: 1 times, '* ]] || fail "$contended"
	run sim_stop
	assert_failure
	assert_output "the posted kernel would have crashed here: $contended"
	# In other trees there is no such lock.
	sim_mr
	sim_fault 'rtmr1:sha384:read:1:hold'
	"$SIMCHECK" open "$M/rtmr1:sha384" O_RDONLY read 48 >/dev/null 3>&- &
	wait_for 'tsm_mr_sample/measurements/rtmr1:sha384:read' 1
	"$SIMCHECK" open "$M/rtmr1:sha384" O_WRONLY write '00*48' >/dev/null
	sim_fault clear
	wait
	assert_equal "$(cat "$ROOT/sys/.tsmsim/contention")" ''
}

@test "sendfile copies all of event_log" {
	start
	for _ in 1 2 3; do
		append "$R0" "$(printf 'x%.0s' {1..3000})"
	done
	check open "$R0/event_log" O_RDONLY sendfile 100000 <<-END
		open=0
		sendfile=$(stat -c %s "$R0/event_log")
	END
}

@test "providers and dialects side by side, no registers, no provider, other homes" {
	sim_start --provider tdx_guest:v3,empty --provider measurement-example
	assert_file_exists "$ROOT/sys/kernel/tsm/tdx_guest/rtmr0/sha384/digest"
	assert_file_exists "$ROOT/sys/kernel/tsm/measurement-example/rtmr0/event_log"
	assert_equal "$(find "$ROOT/sys/kernel/tsm/empty" | wc -l)" 1
	sim_start --provider none
	assert_equal "$(find "$ROOT/sys/kernel/tsm" | wc -l)" 1
	for home in kernel/config/tsm kernel/security/tsm; do
		sim_start --home "$home"
		assert_file_exists "$ROOT/sys/$home/measurement-example/rtmr0/append_event"
	done
	run "$TSMSIM" --provider nobody "$BATS_TEST_TMPDIR"
	assert_failure 1
	run "$TSMSIM" --dialect v4 "$BATS_TEST_TMPDIR"
	assert_failure 2
	run "$TSMSIM" "$BATS_TEST_TMPDIR/missing"
	assert_failure 1
	run "$TSMSIM"
	assert_failure 2
}

# Faults

@test "fault: errors before, and after the effect" {
	start
	append "$R0" a
	v=$(filehex "$R0/digest")
	for e in eio ebusy enomem einval eintr eacces enxio; do
		sim_fault clear "rtmr0/append_event:write:1:$e-before"
		check open "$R0/append_event" O_WRONLY write '"x' <<-END
			open=0
			write=${e^^}
		END
	done
	assert_digest "$R0" "$v"
	sim_fault clear rtmr0/append_event:write:1:eio-after
	check open "$R0/append_event" O_WRONLY write '"x' write '"y' <<-END
		open=0
		write=EIO
		write=1
	END
	assert_digest "$R0" "$(recorded sha256 "$v" x y)"
	sim_fault rtmr1/digest:write:1:eio-after rtmr1/digest:open:2:eacces
	check open "$R1/digest" O_WRONLY write '00*47' open "$R1/digest" O_WRONLY \
		open "$R1/digest" O_WRONLY write '00*48' <<-END
		open=0
		write=EINVAL
		open=EACCES
		open=0
		write=48
	END
	assert_equal "$(sim_stat faults:fired)" 10
}

@test "fault: the n-th, from the n-th, every one; targets and patterns" {
	start
	sim_fault digest:read:2:eio
	check open "$R0/digest" O_RDONLY pread 0 1 pread 0 1 pread 0 1 <<-END
		open=0
		pread=1 00
		pread=EIO
		pread=1 00
	END
	sim_fault clear 'rtmr[0]/digest:read:2+:eio'
	check open "$R0/digest" O_RDONLY pread 0 1 pread 0 1 pread 0 1 use 1 open "$R1/digest" O_RDONLY \
		pread 0 1 pread 0 1 <<-END
		open=0
		pread=1 00
		pread=EIO
		pread=EIO
		open=0
		pread=1 00
		pread=1 00
	END
	sim_fault clear '*:read:*:eio'
	check open "$R1/digest" O_RDONLY pread 0 1 use 1 open "$T/user_data" O_RDONLY pread 0 1 <<-END
		open=0
		pread=EIO
		open=0
		pread=EIO
	END
	sim_fault clear
	for bad in 'digest:read:1:eio x' x digest:read:1 digest:peek:1:eio digest:read:0:eio \
		digest:read:1:efoo digest:read:1:slow-x :read:1:eio; do
		run sim_fault "$bad"
		assert_failure
	done
	check open "$R1/digest" O_RDONLY pread 0 1 <<-END
		open=0
		pread=1 00
	END
	run "$TSMSIM" --fault digest:read:0:eio "$BATS_TEST_TMPDIR"
	assert_failure 1
	start --fault user_data:read:1:eio
	check open "$T/user_data" O_RDONLY pread 0 1 pread 0 1 <<-END
		open=0
		pread=EIO
		pread=1 00
	END
}

@test "fault: enodev of an event_log that did not change" {
	start
	append "$R0" a
	sim_fault event_log:read:2:enodev
	check open "$R0/event_log" O_RDONLY read 1 read 1 read 1 \
		open "$R0/event_log" O_RDONLY read 4 <<-END
		open=0
		read=1 53
		read=ENODEV
		read=ENODEV
		open=0
		read=4 53594e43
	END
}

@test "fault: sync-only leaves the SYNC and not the record" {
	start
	sim_fault append_event:write:1:sync-only
	check open "$R0/append_event" O_WRONLY write '"x' <<-END
		open=0
		write=ENOMEM
	END
	sync="SYNC sha256/$ZERO32"
	assert_log "$R0" "$sync\n"
	append "$R0" y
	assert_log "$R0" "$sync\n\ny\n"
	assert_digest "$R0" "$(recorded sha256 "$ZERO32" "$sync" y)"
}

@test "fault: extend-fail leaves the .EXTEND line and the sync state" {
	start
	append "$R1" a
	v=$(filehex "$R1/digest")
	log=$(cat "$R1/event_log")
	sim_fault digest:write:1:extend-fail
	check open "$R1/digest" O_WRONLY write '00*48' <<-END
		open=0
		write=EIO
	END
	assert_digest "$R1" "$v"
	assert_log "$R1" "$log\n\n# .EXTEND $ZERO48\n"
	append "$R1" b
	assert_log "$R1" "$log\n\n# .EXTEND $ZERO48\n\nb\n"
}

@test "fault: foreign-append and foreign-extend happen before the operation" {
	start
	append "$R0" a
	sim_fault rtmr0/append_event:write:1:foreign-append
	append "$R0" b
	sync="SYNC sha256/$ZERO32"
	assert_log "$R0" "$sync\n\na\n\nforeign\n\nb\n"
	assert_digest "$R0" "$(recorded sha256 "$ZERO32" "$sync" a foreign b)"
	sim_fault rtmr0/event_log:read:2:foreign-append
	check open "$R0/event_log" O_RDONLY read 4 read 4 <<-END
		open=0
		read=4 53594e43
		read=ENODEV
	END
	v=$(filehex "$R0/digest")
	sim_fault rtmr0/digest:read:1:foreign-extend
	assert_digest "$R0" "$(extended sha256 "$v" "$(printf 'fe%.0s' {1..32})")"
	assert_log "$R0" "$sync\n\na\n\nforeign\n\nb\n\nforeign\n"
	# On a provider with a cache, what came by another path shows at the next refresh only.
	start --provider stale
	filehex "$R0/digest" >/dev/null
	sim_fault rtmr0/digest:read:1:foreign-extend
	assert_digest "$R0" "$ZERO48"
	refute_equal "$(sim_truth stale/rtmr0)" "$ZERO48"
}

@test "fault: slow answers late, and what it was asked" {
	start
	sim_fault rtmr1/digest:write:1:slow-200
	run "$SIMCHECK" open "$R1/digest" O_RDWR clock write '00*48' clock pread 0 48
	assert_line 'write=48'
	assert_line "pread=48 $(extended sha384 "$ZERO48" "$ZERO48")"
	[ "${lines[2]#clock=}" -ge 200 ] || fail "${lines[2]}"
	sim_fault rtmr1/digest:read:1:slow-200 rtmr1/digest:open:2:slow-200
	run "$SIMCHECK" clock open "$R1/digest" O_RDONLY pread 0 2 open "$R1/digest" O_RDONLY clock \
		pread 0 2
	assert_equal "${lines[1]}" "${lines[4]}"
	[ "${lines[3]#clock=}" -ge 400 ] || fail "${lines[3]}"
}

@test "fault: hold answers when faults are cleared, and not at a signal" {
	start
	sim_fault rtmr1/digest:write:1:hold
	"$SIMCHECK" open "$R1/digest" O_WRONLY alarm 20 write '00*48' >"$BATS_TEST_TMPDIR/held" 3>&- &
	wait_for measurement-example/rtmr1/digest:write 1
	check open "$R1/hash_algo" O_RDONLY read 10 <<-END
		open=0
		read=6 736861333834
	END
	assert_equal "$(sim_truth measurement-example/rtmr1)" "$(extended sha384 "$ZERO48" "$ZERO48")"
	sleep 0.1
	kill -0 $!
	sim_fault clear
	wait $!
	assert_equal "$(tail -n 1 "$BATS_TEST_TMPDIR/held")" 'write=48'
}

@test "fault: hang ends with a signal: EINTR, nothing has happened; hang-after: it has" {
	start
	append "$R0" a
	v=$(filehex "$R0/digest")
	sim_fault append_event:write:1:hang
	check open "$R0/append_event" O_WRONLY alarm 50 write '"x' <<-END
		open=0
		alarm=0
		write=EINTR
	END
	assert_digest "$R0" "$v"
	sim_fault append_event:write:1:hang-after
	check open "$R0/append_event" O_WRONLY alarm 50 write '"x' <<-END
		open=0
		alarm=0
		write=EINTR
	END
	assert_digest "$R0" "$(recorded sha256 "$v" x)"
}

# Starts a reader that hangs; $! is its process, its lines go to the file hung.
hang_one() {
	start
	sim_fault digest:read:1:hang
	"$SIMCHECK" open "$R0/digest" O_RDONLY pread 0 1 >"$BATS_TEST_TMPDIR/hung" 3>&- &
	wait_for faults:fired 1
}

@test "fault: hang holds nobody up; it ends with clear, a lazy unmount, a kill of the reader" {
	hang_one
	# Others are served meanwhile.
	check open "$R1/digest" O_RDONLY pread 0 1 open "$R0/digest" O_RDONLY pread 0 1 <<-END
		open=0
		pread=1 00
		open=0
		pread=1 00
	END
	kill -0 $!
	sim_fault clear
	wait $!
	assert_equal "$(tail -n 1 "$BATS_TEST_TMPDIR/hung")" 'pread=EINTR'
	hang_one
	umount -l "$ROOT/sys" || fusermount3 -u -z "$ROOT/sys"
	wait $!
	assert_equal "$(tail -n 1 "$BATS_TEST_TMPDIR/hung")" 'pread=EINTR'
	hang_one
	kill -9 $!
	run wait $!
	hang_one
	sim_stop
	wait $!
	assert_equal "$(tail -n 1 "$BATS_TEST_TMPDIR/hung")" 'pread=EINTR'
}

# The program

@test "stats count opens, reads and writes of each file; reset" {
	start
	filehex "$R0/digest" >/dev/null
	assert_equal "$(sim_stat total:write)" 0
	append "$R0" a
	append "$R0" b
	assert_equal "$(sim_stat measurement-example/rtmr0/append_event:write)" 2
	assert_equal "$(sim_stat measurement-example/rtmr0/digest:open)" 1
	assert_equal "$(sim_stat measurement-example/rtmr0:extend)" 3
	assert_equal "$(sim_stat measurement-example/rtmr0:logged)" 3
	assert_equal "$(sim_stat total:write)" 2
	sim_fault reset
	assert_equal "$(sim_stat total:write)" 0
	assert_equal "$(sim_stat measurement-example/rtmr0:extend)" 0
	run stat -c %a "$ROOT/sys/.tsmsim/fault" "$ROOT/sys/.tsmsim/stats"
	assert_output $'200\n444'
}

@test "truth is the value, whatever is cached" {
	start
	append "$R0" a
	assert_equal "$(sim_truth measurement-example/rtmr0)" "$(filehex "$R0/digest")"
	filehex "$T/report_digest" >/dev/null
	append "$R0" b
	assert_equal "$(sim_truth measurement-example/report_digest)" "$(report_of)"
}

@test "the daemon serves when the starter returns, and ends with the mount" {
	start
	pid=$(cat "$ROOT/sys/.tsmsim/pid")
	assert_equal "$(readlink "/proc/$pid/cwd")" /
	run bash -c 'ls -l /proc/$1/fd | grep -c "/dev/null"' - "$pid"
	assert_output 3
	sim_stop
	for _ in {1..2000}; do
		[ "$(cut -d' ' -f3 "/proc/$pid/stat" 2>/dev/null || echo Z)" != Z ] || break
	done
	assert_equal "$(cut -d' ' -f3 "/proc/$pid/stat" 2>/dev/null || echo Z)" Z
}

@test "--help is one screen with every option; a wrong command line gets it as an error" {
	local option name
	for option in -h --help; do
		run "$TSMSIM" "$option"
		assert_success
		assert_line --index 0 'usage: tsmsim [OPTIONS] MOUNTPOINT'
		[ "${#lines[@]}" -le 24 ]
		refute_line --regexp '.{81}'
	done
	for name in $(grep -oE '\{"[a-z-]+", (no|required)_argument' "$BATS_TEST_DIRNAME/../sim/main.c" | cut -d '"' -f 2); do
		assert_line --regexp "^  (-[a-z], )?--$name( |\$)"
	done
	for option in --nonsense --tree=x ''; do
		run bash -c '"$1" $2 2>&1 >/dev/null' - "$TSMSIM" "$option"
		assert_failure 2
		assert_line 'usage: tsmsim [OPTIONS] MOUNTPOINT'
	done
}

@test "-f stays in the foreground, SIGTERM unmounts" {
	mkdir -p "$BATS_TEST_TMPDIR/root/sys"
	"$TSMSIM" -f "$BATS_TEST_TMPDIR/root/sys" 3>&- &
	pid=$!
	while [ ! -e "$BATS_TEST_TMPDIR/root/sys/.tsmsim/pid" ]; do :; done
	assert_equal "$(cat "$BATS_TEST_TMPDIR/root/sys/.tsmsim/pid")" "$pid"
	kill "$pid"
	wait "$pid"
	run _sim_mounted "$BATS_TEST_TMPDIR/root/sys"
	assert_failure
}

@test "an ordinary user mounts without allow_other" {
	[ "$(id -u)" = 0 ] || skip "root becomes an ordinary user here"
	command -v fusermount3 unshare setpriv >/dev/null || skip "needs fusermount3, unshare and setpriv"
	unshare -m true 2>/dev/null || skip "needs a mount namespace"
	# Within the namespace /mnt is a directory that the user may enter, and /dev/fuse is open to all.
	cat >"$BATS_TEST_TMPDIR/as-user" <<-'END'
		set -e
		mount -t tmpfs -o mode=755 none /mnt
		cd /mnt
		mknod -m 666 fuse c 10 229
		mount --bind fuse /dev/fuse
		mkdir sys
		chown 65534:65534 sys
		cp "$1" tsmsim
		as="setpriv --reuid=65534 --regid=65534 --clear-groups"
		$as ./tsmsim sys 2>err || { cat err; exit 1; }
		$as sh -c 'echo a >sys/kernel/tsm/measurement-example/rtmr0/append_event'
		$as tail -n 1 sys/kernel/tsm/measurement-example/rtmr0/event_log
		grep -c " /mnt/sys .*allow_other" /proc/self/mountinfo || true
		$as fusermount3 -u sys
	END
	run unshare -m bash "$BATS_TEST_TMPDIR/as-user" "$TSMSIM"
	assert_success
	assert_output "a
0"
}

# The transcripts of a booted kernel

# Compares register $1's log and digest with the transcript made after step $2 under hash $3.
assert_transcript() {
	local want
	want=$(jq -r --arg after "$2" --arg alg "$3" \
		'.[] | select(.after == $after and .alg == $alg) | .log_hex + " " + .digest' "$TRANSCRIPTS")
	[ -n "$want" ] || fail "no transcript: $2"
	assert_equal "$(filehex "$1/event_log") $(filehex "$1/digest")" "$want"
	seen=$((seen + 1))
}

@test "transcripts: the simulator writes the kernel's bytes, all 21" {
	TRANSCRIPTS="${TSMCTL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}/transcripts/rfc-event-logs.json"
	[ -r "$TRANSCRIPTS" ] || skip "the captured transcripts are not here"
	seen=0
	start
	assert_transcript "$R0" initial sha256
	assert_transcript "$R1" initial sha384
	append "$R0" 'first event\n'
	append "$R0" 'second event'
	assert_transcript "$R0" 'second append, no newline' sha256
	append "$R0" 'l1\nl2\nl3\n'
	assert_transcript "$R0" 'third: three lines in one write' sha256

	start
	"$SIMCHECK" open "$R0/append_event" O_WRONLY write ''
	assert_transcript "$R0" 'empty write (0 bytes) on fresh' sha256
	append "$R0" '\n'
	assert_transcript "$R0" 'newline only on fresh' sha256
	append "$R0" '\n\na\n\n\nb\n\n'
	assert_transcript "$R0" 'empty lines between' sha256
	append "$R0" '  lead and trail \t \n'
	assert_transcript "$R0" 'leading/trailing spaces' sha256
	append "$R0" '   \t\nreal\n'
	assert_transcript "$R0" 'first line spaces, 2nd real' sha256
	append "$R0" 'crlf1\r\ncrlf2\r\n'
	assert_transcript "$R0" CRLF sha256
	append "$R0" 'cr1\rcr2\n'
	append "$R0" '\x0bvt\x0bmid\x0c'
	assert_transcript "$R0" 'VT FF inside and at the ends' sha256

	start
	append "$R0" '# a comment\n'
	assert_transcript "$R0" 'comment as the very first' sha256
	append "$R0" 'ev\n'
	append "$R0" '#c1\n  # c2 \nev2\n'
	assert_transcript "$R0" 'comment, comment w/ leading space, event' sha256
	append "$R0" '# .EXTEND deadbeef'
	assert_transcript "$R0" 'user-written # .EXTEND deadbeef' sha256
	append "$R0" after-forged
	append "$R0" "SYNC sha256/$ZERO32\n"
	assert_transcript "$R0" 'user-written SYNC' sha256
	append "$R0" 'SYNC sha256/00..\nSYNCX\nSYNC\n'
	assert_transcript "$R0" 'user-written SYNC short + SYNCX' sha256

	start
	"$SIMCHECK" open "$R1/digest" O_WRONLY pwrite 0 '00*48' pwrite 0 '11*48'
	assert_transcript "$R1" '2nd direct (all 11)' sha384
	append "$R1" hello
	assert_transcript "$R1" 'append event' sha384
	"$SIMCHECK" open "$R1/digest" O_WRONLY pwrite 0 '11*48' pwrite 0 '00*48'
	assert_transcript "$R1" 'direct twice' sha384
	append "$R1" '\n'
	assert_transcript "$R1" 'only-newline append' sha384
	"$SIMCHECK" open "$R1/digest" O_WRONLY pwrite 0 '11*48'
	append "$R1" '# c'
	"$SIMCHECK" open "$R1/digest" O_WRONLY pwrite 0 '00*47' pwrite 1 '00*48' pwrite 48 '00*48' \
		pwrite 0 '00*49'
	assert_transcript "$R1" 'wrong sizes' sha384
	assert_equal "$seen" "$(jq length "$TRANSCRIPTS")"
}
