#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq are its own
# Records: those that are refused because the kernel or a log would not keep them byte for byte, and the
# one that --file makes.

setup() {
	load common
	load fuse
	load extend
	extend_setup
	F=$BATS_TEST_TMPDIR/record
	DIR=$BATS_TEST_TMPDIR/measured # where files are measured
	mkdir "$DIR"
}

teardown() {
	sim_stop
}

# refused PATTERN RECORD (backslash escapes): from a file.
refused() {
	printf '%b' "$2" >"$F"
	tsmctl extend rtmr0 --event-file "$F"
	assert_refused 2 "$1"
}

# The same, and from an argument too.
refused_both() {
	local record
	refused "$@"
	record=$(cat "$F" && echo .)
	tsmctl extend rtmr0 --event "${record%.}"
	assert_refused 2 "$1"
}

@test "refused: empty, too long" {
	machine
	remember
	refused_both 'the record is empty' ''
	refused_both "the record has 4097 bytes, the kernel takes 4096: write it to a file and measure that (--file, in a list 'file')" "$(bytes 4097 a)"
	refused_both "the record has 10000 bytes, the kernel takes 4096: write it to a file and measure that (--file, in a list 'file')" "$(bytes 10000 a)"
	tsmctl -j extend rtmr0 --event ''
	assert_error 2 'the record is empty'
	assert_json '.error.status == 2'
	assert_unwritten
}

@test "refused: as too long, however long" {
	machine
	remember
	bytes 5000000 a >"$F"
	tsmctl extend rtmr0 --event-file "$F"
	assert_refused 2 '*4096*'
	tsmctl extend rtmr0 --event-file - <"$F"
	assert_refused 2 '*4096*'
	# Without an end: what is read of it is bounded (kept in memory, it would count as a file).
	(
		ulimit -c 0 -f 16384
		yes | "$TSMCTL" --root "$ROOT" extend rtmr0 --event-file - >"$OUT" 2>"$ERR" || echo $? >"$F"
	)
	assert_equal "$(cat "$F")" 2
	assert_unwritten
}

@test "refused: newline, carriage return, NUL" {
	machine
	remember
	refused_both 'the record has a newline at byte 1: a record is one line' 'a\nb'
	refused_both 'the record has a newline at byte 0: a record is one line' '\nb'
	# The one at the end is taken off a file, not off an argument.
	refused 'the record has a newline at byte 1: a record is one line' 'a\n\n'
	tsmctl extend rtmr0 --event $'a\n'
	assert_refused 2 'the record has a newline at byte 1: a record is one line'
	refused_both 'the record has a carriage return at byte 1: a record is one line' 'a\rb'
	refused_both 'the record has a carriage return at byte 2: a record is one line' 'ab\r'
	refused 'the record has a carriage return at byte 2: a record is one line' 'ab\r\n'
	refused_both 'the record has a carriage return at byte 0: a record is one line' '\r'
	refused 'the record has a NUL at byte 1: a record is one line' 'a\0b'
	refused 'the record has a NUL at byte 1: a record is one line' 'a\0'
	refused 'the record has a NUL at byte 0: a record is one line' '\0a'
	refused 'the record has a NUL at byte 0: a record is one line' '\0'
	assert_unwritten
}

@test "refused: what the kernel trims, in front and behind" {
	machine
	remember
	for byte in 20 09 0b 0c a0; do
		refused_both "the record starts with byte 0x$byte, which the kernel cuts off" "\\x${byte}a"
		refused_both "the record ends in byte 0x$byte, which the kernel cuts off" "a\\x$byte"
		refused_both "the record starts with byte 0x$byte, which the kernel cuts off" "\\x$byte"
	done
	# UTF-8 characters whose last byte is 0xa0, and comments in hiding.
	refused_both 'the record ends in byte 0xa0, which the kernel cuts off' 'voil\xc3\xa0'
	refused_both 'the record ends in byte 0xa0, which the kernel cuts off' 'XX\xd0\xa0'
	refused_both 'the record ends in byte 0xa0, which the kernel cuts off' 'nb\xc2\xa0'
	refused_both 'the record ends in byte 0xa0, which the kernel cuts off' '\xe2\x82\xa0'
	refused_both 'the record starts with byte 0xa0, which the kernel cuts off' '\xa0# x'
	refused_both 'the record starts with byte 0x20, which the kernel cuts off' ' # x'
	refused 'the record ends in byte 0x20, which the kernel cuts off' 'a \n'
	assert_unwritten
}

@test "refused: what means something else in a kernel's log" {
	machine
	remember
	for record in '#' '#a' '# a' "# .EXTEND $ZERO32" '##'; do
		refused_both "the record starts with '#', which has another meaning in a kernel's log" "$record"
	done
	for record in SYNC SYNCX 'SYNC ' "SYNC sha256/$ZERO32" SYNCHRONIZED; do
		refused_both "the record *" "$record"
	done
	refused_both "the record starts with 'SYNC', which has another meaning in a kernel's log" SYNCX
	assert_unwritten
}

@test "taken: all else, byte for byte" {
	machine
	log="SYNC sha256/$ZERO32\n" v=$ZERO32
	first=1
	for record in 'a' '\xc2\x85end\xc2\x85' '\x85' 'a\xa0b' 'voil\xc3\xa0!' '\x01\x02\x1b[31m\x7f' '\xff\xfe' \
		'inner\t\v\f tab' 'a#' 'aSYNC' 'SYN' 'sync' 'Sync' '.' '"\\\\"' '%s%n' '\xe2\x82\xac'; do
		printf '%b' "$record" >"$F"
		tsmctl extend rtmr0 --event-file "$F"
		assert_done
		[ -z "$first" ] || v=$(extended sha256 "$v" "$(textsum sha256 "SYNC sha256/$ZERO32")")
		first=
		v=$(extended sha256 "$v" "$(sum sha256 <"$F")")
		assert_value "$v" "$N0"
		log+="\n$record\n"
	done
	assert_log "$R0" "$log"
	assert_truth "$R0" "$v"
	assert_verdict "$N0" match
}

@test "taken: exactly 4096 bytes, from an argument and from a file with a newline behind them" {
	machine
	a=$(bytes 4096 a)
	tsmctl extend rtmr0 --event "$a"
	assert_done
	v=$(synced sha256 "$ZERO32" "$a")
	assert_value "$v" "$N0"
	printf '%s\n' "$a" >"$F"
	tsmctl -j extend rtmr0 --event-file "$F"
	assert_done
	assert_json --arg a "$a" --arg v "$(recorded sha256 "$v" "$a")" '.record_text == $a and .after == $v'
	assert_log "$R0" "SYNC sha256/$ZERO32\n\n$a\n\n$a\n"
	assert_verdict "$N0" match
	assert_equal "$(sim_stat total:write)" 2
}

# --file

# The record that --file has to make: HASH PATH-AS-IT-IS-WRITTEN FILE
file_record() {
	printf '{"type":"file","path":"%s","size":%d,"digest":"%s:%s"}' "$2" "$(wc -c <"$3")" "$1" "$(sum "$1" <"$3")"
}

# last_record DIR: the log's last line.
last_record() {
	cat "$1/event_log" >"$BATS_TEST_TMPDIR/log"
	tail -n 1 "$BATS_TEST_TMPDIR/log"
}

# measured PATH WRITTEN: --file PATH logs and extends the record with the path WRITTEN.
measured() {
	local want before
	want=$(file_record sha384 "$2" "$1")
	before=$(sim_truth measurement-example/rtmr1)
	tsmctl extend rtmr1 --file "$1"
	assert_done
	assert_equal "$(last_record "$R1")" "$want"
	assert_value "$(recorded sha384 "$before" "$want")" "$N1"
}

@test "--file: the record's exact bytes, under the register's hash" {
	machine
	printf 'content\n' >"$DIR/a"
	want=$(file_record sha384 "$DIR/a" "$DIR/a")
	assert_equal "$want" "{\"type\":\"file\",\"path\":\"$DIR/a\",\"size\":8,\"digest\":\"sha384:$(sum sha384 <"$DIR/a")\"}"
	tsmctl -j extend rtmr1 --file "$DIR/a"
	assert_done
	v=$(synced sha384 "$ZERO48" "$want")
	assert_json --arg r "$want" --arg h "$(textsum sha384 "$want" | tr -d '\n')" --arg v "$v" --arg x "$(hex "$want")" '
		.record_text == $r and .record_hex == $x and .digest == $h and .after == $v'
	assert_log "$R1" "SYNC sha384/$ZERO48\n\n$want\n"
	assert_verdict "$N1" match

	want=$(file_record sha256 "$DIR/a" "$DIR/a")
	tsmctl extend rtmr0 --file "$DIR/a"
	assert_done
	assert_value "$(synced sha256 "$ZERO32" "$want")" "$N0"
	assert_log "$R0" "SYNC sha256/$ZERO32\n\n$want\n"
}

@test "--file: sizes, a link, the file is not changed" {
	machine
	append "$R1" start
	: >"$DIR/empty"
	measured "$DIR/empty" "$DIR/empty"
	assert_equal "$(last_record "$R1" | jq .size)" 0
	for n in 1 65535 65536 65537 1000000; do
		bytes "$n" z >"$DIR/$n"
		measured "$DIR/$n" "$DIR/$n"
	done
	# The path is the one that was asked for, the content what is read there.
	ln -s empty "$DIR/link"
	measured "$DIR/link" "$DIR/link"
	assert_equal "$(stat -c %s "$DIR/1000000")" 1000000
	assert_verdict "$N1" match
}

@test "--file: a relative path becomes absolute" {
	machine
	append "$R1" start
	mkdir "$DIR/sub"
	echo x >"$DIR/sub/x"
	cd "$DIR"
	measured sub/x "$PWD/sub/x"
	measured ./sub/../sub/x "$PWD/./sub/../sub/x"
	cd sub
	measured x "$DIR/sub/x"
	measured ../sub/x "$DIR/sub/../sub/x"
	echo y >-
	measured ./- "$DIR/sub/./-"
	cd /
	measured "${DIR#/}/sub/x" "$DIR/sub/x"
	cd "$DIR"
	mkdir 'a"é'
	cd 'a"é'
	echo z >z
	measured z "$DIR/a\\\"\\u00e9/z"
}

@test "--file: the working directory is gone" {
	machine
	remember
	mkdir "$DIR/gone"
	cd "$DIR/gone"
	rmdir "$DIR/gone"
	tsmctl extend rtmr1 --file x
	assert_refused 4 'working directory: no such file or directory'
	cd /
	assert_unwritten
}

@test "--file: JSON escapes for everything outside printable ASCII" {
	machine
	append "$R1" start
	while read -r name written; do
		name=$(printf '%b.' "$name")
		name=${name%.}
		echo "$name" >"$DIR/$name"
		measured "$DIR/$name" "$DIR/$written"
		assert_equal "$(last_record "$R1" | jq -j .path | od -An -v -tx1)" "$(printf %s "$DIR/$name" | od -An -v -tx1)"
	done <<-'END'
		a\x20b a b
		quote" quote\"
		back\\slash back\\slash
		\b\f\n\r\t \b\f\n\r\t
		\x01\x1b\x1f\x7f \u0001\u001b\u001f\u007f
		\xc2\x80\xc3\xa9\xdf\xbf \u0080\u00e9\u07ff
		\xe0\xa0\x80\xe2\x82\xac\xef\xbf\xbf \u0800\u20ac\uffff
		\xed\x9f\xbf\xee\x80\x80 \ud7ff\ue000
		\xf0\x90\x80\x80\xf0\x9d\x84\x9e \ud800\udc00\ud834\udd1e
		\xf4\x8f\xbf\xbf \udbff\udfff
		<>&'~{}%s$ <>&'~{}%s$
		voil\xc3\xa0 voil\u00e0
	END
	assert_verdict "$N1" match
}

@test "--file: a path that is not UTF-8 is refused, its folder too" {
	machine
	remember
	for name in '\xe9' 'a\xc3' '\xc0\x80' '\xed\xa0\x80' '\xf4\x90\x80\x80' '\xe0\x80\x80' '\x80'; do
		name=$(printf '%b' "$name")
		echo x >"$DIR/$name"
		tsmctl extend rtmr1 --file "$DIR/$name"
		assert_refused 2 "'$DIR/*': the path is not UTF-8 and cannot be recorded"
	done
	mkdir "$DIR/d"$'\xe9'
	cd "$DIR/d"$'\xe9'
	echo x >x
	tsmctl extend rtmr1 --file x
	assert_refused 2 "'x': the path is not UTF-8 and cannot be recorded"
	assert_unwritten
	echo y >"$DIR/y"
	tsmctl extend rtmr1 --file "$DIR/y"
	assert_done
}

@test "--file: what is not a regular file is refused, at once" {
	machine
	remember
	mkfifo "$DIR/fifo"
	for f in "$DIR/fifo" "$DIR" /dev/null /dev/zero; do
		tsmctl extend rtmr1 --file "$f"
		assert_refused 4 "'$f': not a regular file"
	done
	tsmctl extend rtmr1 --file "$DIR/none"
	assert_refused 4 "'$DIR/none': no such file or directory"
	tsmctl extend rtmr1 --file ''
	assert_refused 4 "'': no such file or directory"
	ln -s loop "$DIR/loop"
	tsmctl extend rtmr1 --file "$DIR/loop"
	assert_refused 4 "'$DIR/loop': too many levels of symbolic links"
	assert_unwritten
}

@test "--file: an unreadable file" {
	[ "$(id -u)" = 0 ] || skip "root becomes an ordinary user here"
	machine
	echo secret >"$DIR/secret"
	chmod 600 "$DIR/secret"
	nobody extend rtmr1 --file "$DIR/secret" --dry-run
	assert_refused 4 "'$DIR/secret': permission denied"
}

# long_path N: a file whose path has N bytes.
long_path() {
	local path=$DIR left
	while left=$(($1 - ${#path})) && [ "$left" -gt 400 ]; do
		path+=/$(bytes 199 d)
	done
	mkdir -p "$path"
	path+=/$(bytes $((left / 2)) d)
	mkdir -p "$path"
	path+=/$(bytes $(($1 - ${#path} - 1)) f)
	echo x >"$path"
	echo "$path"
}

@test "--file: the longest path that a record of 4096 bytes can hold, and one more" {
	machine
	append "$R1" start
	echo x >"$DIR/x"
	room=$((4096 - $(file_record sha384 '' "$DIR/x" | wc -c)))
	path=$(long_path "$room")
	assert_equal "${#path}" "$room"
	measured "$path" "$path"
	assert_equal "$(last_record "$R1" | wc -c)" 4097
	assert_verdict "$N1" match
	remember
	path=$(long_path $((room + 1)))
	tsmctl extend rtmr1 --file "$path"
	assert_refused 2 "*: the path is too long for a record"
	# Escapes count as what they take in the record.
	cd "$DIR"
	name=$(printf '\001%.0s' {1..250})
	mkdir -p "$name/$name/$name"
	echo x >"$name/$name/$name/x"
	tsmctl extend rtmr1 --file "$name/$name/$name/x"
	assert_refused 2 "*: the path is too long for a record"
	assert_unwritten
}
