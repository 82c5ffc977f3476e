#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq are its own
# measure: lists, what they extend, what they are refused for, and the values that they will give.

setup() {
	load common
	load fuse
	common_setup
	need_fuse
	LISTS=$BATS_TEST_TMPDIR/root/etc/tsmctl/measure.d
	LIST=$BATS_TEST_TMPDIR/list
	R2=tdx_guest/rtmr2:sha384
	R3=tdx_guest/rtmr3:sha384
}

teardown() {
	sim_stop
}

# machine ARGS...: a simulated TDX guest (tsmsim's options; tree mr), with lists and /opt below its root.
machine() {
	case " $* " in *' --tree '*) ;; *) set -- --tree mr "$@" ;; esac
	sim_start --provider tdx_guest --no-ccel "$@"
	machine_files
}
machine_files() {
	rm -rf "$ROOT/run"
	mkdir -p "$ROOT/run" "$ROOT/proc/sys/kernel/random" "$ROOT/opt" "$LISTS"
	chmod 755 "$ROOT/run"
	echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	printf 'agent\n' >"$ROOT/opt/agent"
}

# list TEXT: LIST becomes that (backslash escapes).
list() {
	printf '%b' "$1" >"$LIST"
}

# lines TREE: LIST becomes one of several registers, REGS, with a line that is there twice. That tree's rtmr2 has
# what firmware extended.
lines() {
	list 'rtmr3 event one\nrtmr3 file /opt/agent\nrtmr2 event two\nrtmr3 event three\nrtmr3 event one\n'
	REGS=(rtmr2 rtmr3)
	[ "$1" != rfc ] || { sed -i s/rtmr2/rtmr3/ "$LIST" && REGS=(rtmr3); }
}

# file_record HASH PATH FILE: the record of a file, as the contract has it.
file_record() {
	printf '{"type":"file","path":"%s","size":%d,"digest":"%s:%s"}' "$2" "$(stat -c %s "$3")" "$1" "$(sum "$1" <"$3")"
}

# assert_nothing: no register was extended, and there is no journal.
assert_nothing() {
	sim_fault clear
	[ ! -e "$ROOT/run/tsmctl/journal.jsonl" ] || fail "there is a journal"
	assert_equal "$(sim_truth "${R3}")" "$ZERO48"
	assert_equal "$(sim_truth "${R2}")" "$ZERO48"
}

# bad TEXT STATUS PATTERN: such a list is refused with that, and nothing is extended. What is right stands before it.
bad() {
	list "rtmr3 event fine\n$1"
	tsmctl measure "$LIST"
	assert_refused "$2" "$3"
	assert_nothing
}

# boot: as after a reboot, with the same files.
boot() {
	sim_stop
	machine "$@"
}

# What is extended

@test "events, files and digests, each once, whatever separates their words" {
	machine
	d=$(printf 'ab%.0s' {1..48})
	list "# a comment\n\nrtmr3 event hello,  world\n\t tdx_guest/rtmr2\tfile \t/opt/agent\n  # another\nRTMR3:sha384 digest $d a  note"
	tsmctl measure "$LIST"
	assert_done
	assert_output "extended  $R3  $LIST:3
extended  $R2  $LIST:4
extended  $R3  $LIST:6"
	v=$(recorded sha384 "$ZERO48" 'hello,  world')
	assert_equal "$(sim_truth "$R3")" "$(extended sha384 "$v" "$d")"
	assert_equal "$(sim_truth "$R2")" "$(recorded sha384 "$ZERO48" "$(file_record sha384 /opt/agent "$ROOT/opt/agent")")"
	tsmctl verify rtmr2 rtmr3
	assert_done
	tsmctl log -j rtmr3
	assert_json '[.events[].note] == [null, "a  note"]'

	tsmctl measure "$LIST"
	assert_done
	assert_output "present  $R3  $LIST:3
present  $R2  $LIST:4
present  $R3  $LIST:6"
	assert_equal "$(sim_stat total:write)" 3
}

@test "--json: the members of extend and where the line stands" {
	machine
	list 'rtmr3 event one\nrtmr3 event two\nrtmr3 event one\n'
	tsmctl -j measure "$LIST"
	assert_done
	a=$(recorded sha384 "$ZERO48" one)
	b=$(recorded sha384 "$a" two)
	assert_json --arg a "$a" --arg b "$b" --arg z "$ZERO48" --arg d1 "$(textsum sha384 one)" \
		--arg d2 "$(textsum sha384 two)" --arg f "$LIST" --arg r "$R3" '
		{register: $r, dry_run: false, file: $f} as $all |
		($all + {digest: $d1, record_hex: "6f6e65", record_text: "one"}) as $one |
		. == {schema: "tsmctl.measure/1", entries: [
			$one + {before: $z, after: $a, already: false, line: 1},
			$all + {digest: $d2, record_hex: "74776f", record_text: "two", before: $a, after: $b, already: false, line: 2},
			$one + {before: $b, after: $b, already: true, line: 3}]}'
	tsmctl -j measure "$LIST"
	assert_done
	assert_json --arg b "$b" '[.entries[] | .already, .after == $b] == [true, true, true, true, true, true]'
}

@test "a record that 'extend' made is present, as what a list made is to --once" {
	machine
	tsmctl extend rtmr3 --event one
	list 'rtmr3 event one\nrtmr3 event two\n'
	tsmctl measure "$LIST"
	assert_done
	assert_output "present  $R3  $LIST:1
extended  $R3  $LIST:2"
	tsmctl extend rtmr3 --event two --once
	assert_success
	assert_equal "$(sim_stat total:write)" 2
}

@test "every interface, with the kernel's log and with the journal" {
	for tree in rfc mr rtmrs; do
		machine --tree "$tree"
		lines "$tree"
		# As extend says, the first one makes the entry that the value is read from.
		if [ "$tree" = rtmrs ]; then
			tsmctl extend rtmr2 --event zero
			tsmctl extend rtmr3 --event zero
		fi
		tsmctl measure --dry-run -j "$LIST"
		assert_success
		foreseen=$(json '.entries[].after')
		tsmctl measure -j "$LIST"
		assert_success
		assert_equal "$(json '.entries[].after')" "$foreseen"
		tsmctl verify "${REGS[@]}"
		assert_success
		tsmctl measure "$LIST"
		assert_done
		assert_equal "$(cut -d' ' -f1 <<<"$output" | sort | uniq -c | tr -s ' ')" ' 5 present'
		sim_stop
	done
}

@test "phases: the lines before any by default, those of a name with --phase; a file begins without" {
	machine
	list 'rtmr3 event a\n[initrd]\nrtmr3 event b\n[late] \nrtmr3 event c\n[initrd]\nrtmr3 event d\n'
	printf 'rtmr3 event e\n' >"$LIST.2"
	tsmctl measure "$LIST" "$LIST.2" --phase initrd
	assert_done
	assert_output "extended  $R3  $LIST:3
extended  $R3  $LIST:7"
	tsmctl measure "$LIST" "$LIST.2"
	assert_done
	assert_output "extended  $R3  $LIST:1
extended  $R3  $LIST.2:1"
	tsmctl measure --phase none "$LIST"
	assert_success
	assert_equal "$output$stderr" "tsmctl: no line is for phase 'none'; phases in the lists: 'initrd', 'late'"
	# Beside one that has lines, too.
	tsmctl measure --phase initrdd --phase - "$LIST"
	assert_success
	assert_equal "$stderr" "tsmctl: no line is for phase 'initrdd'; phases in the lists: 'initrd', 'late'"
	assert_output "present  $R3  $LIST:1"
	printf '[%s]\nrtmr3 event x\n' {1..9} >"$LIST.3"
	tsmctl measure --predict --phase 0 "$LIST.3"
	assert_success
	assert_equal "$stderr" "tsmctl: no line is for phase '0'; phases in the lists: '1', '2', '3', '4', '5', '6', '7', '8', ..."
	tsmctl -j measure --phase none "$LIST" -q
	assert_done
	assert_json '. == {schema: "tsmctl.measure/1", entries: []}'
	list '[initrd]\n'
	tsmctl measure "$LIST"
	assert_success
	assert_equal "$output$stderr" 'tsmctl: nothing to measure: the lists have no line before the first [PHASE]'
	# A misspelt phase shows in what is tried out before the boot.
	list 'rtmr3 event a\n[initd]\nrtmr3 event b\n[late]\nrtmr3 event c\n'
	tsmctl measure --dry-run "$LIST"
	assert_success
	assert_equal "${stderr%%$'\n'*}" "tsmctl: lines of phases are taken only with --phase; phases in the lists: 'initd', 'late'"
	tsmctl measure --dry-run --phase - "$LIST"
	[[ $stderr != *--phase* ]] || fail "$stderr"
	tsmctl measure "$LIST"
	assert_done
	list ''
	tsmctl measure --phase a --phase b "$LIST"
	assert_success
	assert_equal "$stderr" "tsmctl: no line is for phase 'a'; the lists have no phases
tsmctl: no line is for phase 'b'; the lists have no phases"
	tsmctl measure --phase a --phase - --phase a "$LIST"
	assert_refused 2 "--phase: 'a' is there twice"
	list '[-]\n'
	tsmctl measure "$LIST"
	assert_refused 5 "'$LIST:1': '-' is not the name of a phase: it has to be one word"
	for name in '' 'a b' 'a]' $'\xe9'; do
		tsmctl measure --phase "$name" "$LIST"
		assert_refused 2 "--phase: '*' is not the name of a phase: it has to be one word"
	done
}

@test "--dry-run prints what would be logged and the values, line after line, and changes nothing" {
	machine
	list 'rtmr3 event one\nrtmr3 event two\nrtmr3 event one\n'
	a=$(recorded sha384 "$ZERO48" one)
	b=$(recorded sha384 "$a" two)
	tsmctl measure --dry-run "$LIST"
	assert_success
	assert_output "$a  $R3  $LIST:1
$b  $R3  $LIST:2
$b  $R3  $LIST:3"
	assert_equal "$stderr" "tsmctl: '$R3': nothing was changed; this would be logged: one
tsmctl: '$R3': nothing was changed; this would be logged: two
tsmctl: '$LIST:3': an earlier line measures the same; it would not be extended again"
	assert_nothing
	[ ! -e "$ROOT/run/tsmctl" ] || fail "it made a folder"
	tsmctl measure --dry-run -j "$LIST"
	assert_json '[.entries[].dry_run] == [true, true, true] and [.entries[].already] == [false, false, true]'
	tsmctl extend rtmr3 --event one
	tsmctl measure --dry-run "$LIST"
	assert_success
	assert_output "$a  $R3  $LIST:1
$b  $R3  $LIST:2
$b  $R3  $LIST:3"
	assert_equal "$stderr" "tsmctl: '$LIST:1': already extended in this boot; it would not be extended again
tsmctl: '$R3': nothing was changed; this would be logged: two
tsmctl: '$LIST:3': an earlier line measures the same; it would not be extended again"
}

@test "one lock: nobody extends between the lines of a list" {
	machine
	list 'rtmr3 event one\nrtmr3 event two\n'
	sim_fault 'rtmr3:sha384:write:2:hold'
	"$TSMCTL" --root "$ROOT" measure "$LIST" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	until [ "$(sim_stat total:write)" -ge 2 ]; do kill -0 $!; done
	tsmctl extend rtmr2 --event z --wait 0
	assert_refused 4 "'/run/tsmctl/lock': held by another process"
	sim_fault clear
	wait $!
	assert_equal "$(<"$BATS_TEST_TMPDIR/out")" "extended  $R3  $LIST:1
extended  $R3  $LIST:2"
}

@test "a register of which another program keeps a log: a note for it, once, where something is extended" {
	machine
	mkdir -p "$ROOT/run/log/systemd"
	echo 'rtmr3 phase text:x' | "$GENLOG" -f systemd:cc - >"$ROOT/run/log/systemd/cc-measure.log"
	dd if=<(unhex "$(textsum sha384 x)") of="$(echo "$ROOT"/sys/devices/virtual/misc/*/m*/rtmr3:sha384)" \
		bs=48 conv=notrunc status=none
	list 'rtmr2 event one\nrtmr3 event two\nrtmr3 event three\n'
	note="tsmctl: '$R3': systemd keeps a log of this register, too ('/run/log/systemd/cc-measure.log'): its verifiers do not know this record and will not accept the register"
	tsmctl measure --dry-run "$LIST"
	assert_success
	assert_equal "$(grep -c 'keeps a log' <<<"$stderr")" 1
	[[ $stderr == *"$note"* ]] || fail "$stderr"
	tsmctl measure "$LIST"
	assert_success
	assert_equal "$(grep 'keeps a log' <<<"$stderr")" "$note"
	tsmctl measure "$LIST"
	assert_done
	list 'rtmr3 event two\nrtmr3 event four\nrtmr3 event five\n'
	tsmctl measure "$LIST"
	assert_success
	assert_equal "$(grep 'keeps a log' <<<"$stderr")" "$note"
}

# Which lists there are

@test "by default: *.conf of /etc, /run and /usr/lib, by name; the first of a name counts, /dev/null hides it" {
	machine
	mkdir -p "$ROOT/usr/lib/tsmctl/measure.d" "$ROOT/run/tsmctl/measure.d"
	usr=$ROOT/usr/lib/tsmctl/measure.d run=$ROOT/run/tsmctl/measure.d
	for name in 10-a 20-b 30-c 40-d; do echo "rtmr3 event usr $name" >"$usr/$name.conf"; done
	echo 'rtmr3 event run 20' >"$run/20-b.conf"
	echo 'rtmr3 event run 30' >"$run/30-c.conf"
	echo 'rtmr3 event etc 30' >"$LISTS/30-c.conf"
	ln -s /dev/null "$LISTS/40-d.conf"
	echo 'rtmr3 nonsense' | tee "$LISTS/50.conf~" "$LISTS/.60.conf" "$LISTS/README" "$LISTS/conf" >"$LISTS/.conf"
	echo 'rtmr3 event linked' >"$ROOT/opt/list"
	ln -s ../../../../../../opt/list "$LISTS/05.conf"
	tsmctl measure
	assert_done
	assert_output "extended  $R3  /etc/tsmctl/measure.d/05.conf:1
extended  $R3  /usr/lib/tsmctl/measure.d/10-a.conf:1
extended  $R3  /run/tsmctl/measure.d/20-b.conf:1
extended  $R3  /etc/tsmctl/measure.d/30-c.conf:1"
	tsmctl log -j rtmr3
	assert_json '[.events[].data_text] == ["linked", "usr 10-a", "run 20", "etc 30"]'
}

@test "operands: files, folders and standard input, in their order" {
	machine
	list 'rtmr3 event first\n'
	mkdir "$BATS_TEST_TMPDIR/lists"
	echo 'rtmr3 event b' >"$BATS_TEST_TMPDIR/lists/b.conf"
	echo 'rtmr3 event a' >"$BATS_TEST_TMPDIR/lists/a.conf"
	echo 'no list' >"$BATS_TEST_TMPDIR/lists/a.txt"
	tsmctl measure "$LIST" "$BATS_TEST_TMPDIR/lists" - <<<'rtmr3 event in'
	assert_done
	assert_output "extended  $R3  $LIST:1
extended  $R3  $BATS_TEST_TMPDIR/lists/a.conf:1
extended  $R3  $BATS_TEST_TMPDIR/lists/b.conf:1
extended  $R3  -:1"
}

@test "no list: status 3; one that is hidden or empty is a list" {
	machine
	tsmctl measure
	assert_refused 3 'no list: there is no \*.conf in /etc/tsmctl/measure.d, /run/tsmctl/measure.d or /usr/lib/tsmctl/measure.d; see tsmctl-measure(5)'
	rm -r "$LISTS"
	tsmctl -j measure
	assert_error 3 'no list: *'
	assert_json '.schema == "tsmctl.measure/1" and .entries == [] and .error.status == 3'
	mkdir "$BATS_TEST_TMPDIR/lists"
	tsmctl measure "$BATS_TEST_TMPDIR/lists"
	assert_refused 3 "'$BATS_TEST_TMPDIR/lists': no list: there is no \*.conf in it"
	tsmctl measure "$BATS_TEST_TMPDIR/missing"
	assert_refused 4 "'$BATS_TEST_TMPDIR/missing': no such file or directory"
	mkdir "$LISTS"
	ln -s /dev/null "$LISTS/a.conf"
	tsmctl measure
	assert_success
	assert_equal "$stderr" 'tsmctl: nothing to measure: the lists have no line before the first [PHASE]'
}

# What is refused, before anything is extended

@test "a line that is none" {
	machine
	bad 'rtmr3\n' 5 "'$LIST:2': nothing follows 'rtmr3': a line is REGISTER event TEXT, REGISTER file PATH or REGISTER digest HEX \[NOTE\]"
	bad 'rtmr3 event\n' 5 "'$LIST:2': nothing follows 'event': TEXT is missing"
	bad '\nrtmr3 file \t\n' 5 "'$LIST:3': nothing follows 'file': PATH is missing"
	bad 'rtmr3 digest' 5 "'$LIST:2': nothing follows 'digest': HEX is missing"
	bad 'rtmr3 Event a\n' 5 "'$LIST:2': 'Event': after the register, 'event', 'file' or 'digest' is expected"
	bad '[initrd\n' 5 "'$LIST:2': '\[initrd' is not '\[PHASE\]'"
	bad '[a] b\n' 5 "'$LIST:2': '\[a\] b' is not '\[PHASE\]'"
	bad '[a b]\n' 5 "'$LIST:2': 'a b' is not the name of a phase: it has to be one word"
	bad '[initrd]\nrtmr3 wrong\n' 5 "'$LIST:3': 'wrong': after the register, *"
	bad 'rtmr3 file opt/agent\n' 5 "'$LIST:2': 'opt/agent': a path here begins with '/'"
	bad 'rtmr3 file /opt/../opt/agent\n' 5 "'$LIST:2': '/opt/../opt/agent': a path here has no '..'"
	bad 'rtmr3 file /opt/..\n' 5 "'$LIST:2': '/opt/..': a path here has no '..'"
}

@test "NUL, CRLF, long lines, 10,000 lines, long lists" {
	machine
	printf 'rtmr3 event a\nrtmr3 event b\0c\n' >"$LIST"
	tsmctl measure "$LIST"
	assert_refused 5 "'$LIST:2': the line has a NUL"
	bad 'rtmr3 event b\r\n' 5 "'$LIST:2': the line has a carriage return: lines end in a newline alone"
	bad '\r\n' 5 "'$LIST:2': the line has a carriage return: *"
	bad "# $(printf 'x%.0s' {1..65600})\n" 5 "'$LIST:2': a line of more than 65536 bytes"
	seq 10000 | sed 's/^/rtmr3 event /' >"$LIST"
	tsmctl measure "$LIST"
	assert_refused 5 "'$LIST:4097': the lists have more than 4096 lines"
	head -n 4000 "$LIST" | sed 's/.*/#/' >"$LIST.2"
	head -n 97 "$LIST" >"$LIST.3"
	tsmctl measure "$LIST.2" "$LIST.3"
	assert_refused 5 "'$LIST.3:97': the lists have more than 4096 lines"
	{ yes '# x' | head -c 4194304 && echo; } >"$LIST"
	tsmctl measure "$LIST"
	assert_refused 5 "'$LIST': longer than 4194304 bytes"
	# No more of it is read, though it has no end.
	tsmctl measure --predict /dev/zero
	assert_refused 5 "'/dev/zero': longer than 4194304 bytes"
	mkdir "$BATS_TEST_TMPDIR/lists"
	touch "$BATS_TEST_TMPDIR"/lists/{1..257}.conf
	tsmctl measure "$BATS_TEST_TMPDIR/lists"
	assert_refused 5 "'$BATS_TEST_TMPDIR/lists': more than 256 lists"
	assert_nothing
}

@test "a thousand lines are measured, and found again" {
	machine
	seq 1000 | sed 's/^/rtmr3 event /' >"$LIST"
	tsmctl measure -j "$LIST"
	assert_success
	assert_json '(.entries | length) == 1000 and all(.entries[]; .already | not)'
	tsmctl measure -j "$LIST"
	assert_success
	assert_json '(.entries | length) == 1000 and all(.entries[]; .already)'
	tsmctl verify rtmr3
	assert_done
}

@test "a register that is not here, is ambiguous, the firmware's, static or a pattern" {
	machine
	bad 'rtmr9 event a\n' 3 "'$LIST:2': *'rtmr9'*; 'tsmctl list' shows what there is"
	bad 'other/rtmr3 event a\n' 3 "'$LIST:2': *'other/rtmr3'*"
	bad 'rtmr* event a\n' 5 "'$LIST:2': 'rtmr\*' is a pattern: measure takes the name of one register"
	bad 'rtmr0 event a\n' 5 "'$LIST:2': 'tdx_guest/rtmr0:sha384' belongs to the firmware: choose another register; only 'tsmctl extend --force' extends it"
	bad 'rtmr1 digest 00\n' 5 "'$LIST:2': 'tdx_guest/rtmr1:sha384' belongs to the firmware: choose another register; only 'tsmctl extend --force' extends it"
	bad 'mrtd event a\n' 5 "'$LIST:2': 'tdx_guest/mrtd:sha384' is static: it cannot be extended"
	boot --provider tsm_mr_sample
	bad 'rtmr1 event a\n' 5 "'$LIST:2': 'rtmr1' *tdx_guest/rtmr1:sha384*tsm_mr_sample/rtmr1:sha384*"
}

@test "a record that may not be extended, a digest that is none, a note without a place" {
	machine
	bad 'rtmr3 event SYNC\n' 5 "'$LIST:2': the record starts with 'SYNC', which has another meaning in a kernel's log"
	bad 'rtmr3 event a \n' 5 "'$LIST:2': the record ends in byte 0x20, which the kernel cuts off"
	bad "rtmr3 event $(printf 'x%.0s' {1..4097})\n" 5 "'$LIST:2': the record has 4097 bytes, the kernel takes 4096: *"
	bad 'rtmr3 digest 00\n' 5 "'$LIST:2': '$R3' is a register of 48 bytes: 96 hex digits are needed, not '00'"
	bad "rtmr3 digest $ZERO32\n" 5 "'$LIST:2': * 96 hex digits are needed, not '$ZERO32'; a digest of another hash is measured as text, *"
	bad "rtmr3 digest ${ZERO48}0\n" 5 "'$LIST:2': * 96 hex digits are needed, not '*"
	bad "rtmr3 digest $ZERO48 \\0377\n" 5 "'$LIST:2': the note is not UTF-8 of at most 4096 bytes"
	mkdir "$ROOT/$(printf '\377')"
	bad 'rtmr3 file /\0377/a\n' 5 "'$LIST:2': *the path is not UTF-8 and cannot be recorded"
	boot --tree rfc
	list "rtmr3 digest $ZERO48 text\n"
	tsmctl measure "$LIST"
	assert_refused 5 "'$LIST:1': the kernel keeps the log of '$R3', there is no place for a note"
}

@test "a file that is missing, no file, or leads out of the root" {
	machine
	bad 'rtmr3 file /opt/missing\n' 4 "'$LIST:2': '/opt/missing': no such file or directory"
	bad 'rtmr3 file /opt\n' 4 "'$LIST:2': '/opt': not a regular file"
	mkfifo "$ROOT/opt/fifo"
	bad 'rtmr3 file /opt/fifo\n' 4 "'$LIST:2': '/opt/fifo': not a regular file"
	echo secret >"$BATS_TEST_TMPDIR/secret"
	ln -s "$BATS_TEST_TMPDIR/secret" "$ROOT/opt/absolute"
	ln -s ../../secret "$ROOT/opt/relative"
	ln -s loop "$ROOT/opt/loop"
	# What an editor does not show.
	for blank in ' ' '\t'; do
		bad "rtmr3 file /opt/agent$blank\n" 4 "'$LIST:2': '/opt/agent*': no such file or directory (the path ends in a space)"
	done
	bad 'rtmr3 file /opt/absolute\n' 4 "'$LIST:2': '/opt/absolute': no such file or directory"
	bad 'rtmr3 file /opt/relative\n' 4 "'$LIST:2': '/opt/relative': no such file or directory"
	bad 'rtmr3 file /opt/loop\n' 4 "'$LIST:2': '/opt/loop': too many levels of symbolic links"
	ln -s /proc/self/exe "$ROOT/opt/magic"
	bad 'rtmr3 file /opt/magic\n' 4 "'$LIST:2': '/opt/magic': no such file or directory"
	echo 'rtmr3 event fine' >"$LISTS/a.conf"
	ln -s "$BATS_TEST_TMPDIR/secret" "$LISTS/b.conf"
	tsmctl measure
	assert_refused 4 "'/etc/tsmctl/measure.d/b.conf': no such file or directory"
	rm "$LISTS/b.conf"
	mkdir "$LISTS/b.conf"
	tsmctl measure
	assert_refused 4 "'/etc/tsmctl/measure.d/b.conf': not a regular file"
	rm -r "$LISTS" && touch "$LISTS"
	tsmctl measure
	assert_refused 4 "'/etc/tsmctl/measure.d': not a directory"
	assert_nothing
}

@test "a file that the caller may not read" {
	machine
	chmod 777 "$ROOT/run"
	list 'rtmr3 event fine\nrtmr3 file /opt/agent\n'
	chmod 400 "$ROOT/opt/agent"
	[ "$(id -u)" = 0 ] || chmod 0 "$ROOT/opt/agent"
	nobody measure --predict "$LIST"
	assert_refused 4 "'$LIST:2': '/opt/agent': permission denied"
}

@test "a list or a folder of lists that others may write" {
	machine
	echo 'rtmr3 event a' >"$LISTS/a.conf"
	chmod o+w "$LISTS/a.conf"
	tsmctl measure
	assert_refused 5 "'/etc/tsmctl/measure.d/a.conf': mode 0646 lets others write it: chmod it to 0644"
	tsmctl measure "$LISTS"
	assert_refused 5 "'$LISTS/a.conf': mode 0646 lets others write it: chmod it to 0644"
	(cd "$LISTS" && go "$TSMCTL" --root "$ROOT" measure ./a.conf && assert_refused 5 "'./a.conf': mode 0646 *")
	cp "$LISTS/a.conf" "$BATS_TEST_TMPDIR/elsewhere" && chmod 666 "$BATS_TEST_TMPDIR/elsewhere"
	tsmctl measure --dry-run -q "$BATS_TEST_TMPDIR/elsewhere"
	assert_done
	chmod 644 "$LISTS/a.conf"
	for dir in "$LISTS" "$ROOT/etc/tsmctl"; do
		chmod 1777 "$dir"
		tsmctl measure
		assert_refused 5 "'${dir#"$ROOT"}': mode 1777 lets others write it: chmod it to 1775"
		chmod 755 "$dir"
	done
	chmod 1777 "$LISTS"
	tsmctl measure "$LISTS"
	assert_refused 5 "'$LISTS': mode 1777 lets others write it: chmod it to 1775"
	assert_nothing
}

# A machine that is not as it should be

@test "no run folder, one that is read-only, a read-only tree, no rights: status 4, nothing is extended" {
	machine
	list 'rtmr3 event one\nrtmr3 event two\n'
	rmdir "$ROOT/run"
	tsmctl measure "$LIST"
	assert_refused 4 "no lock without the folder '/run': no such file or directory; make it and mount a tmpfs on it"
	assert_nothing
	mkdir "$ROOT/run"
	tsmctl -j measure "$LIST"
	assert_done
	boot
	sim_fault 'rtmr3:sha384:open:1+:erofs'
	tsmctl -j measure "$LIST"
	assert_error 4 "'$LIST:1': *rtmr3:sha384': read-only file system*"
	assert_equal "$(sim_truth "$R3")" "$ZERO48"
	[ "$(id -u)" = 0 ] || return 0
	boot
	chmod 755 "$ROOT/run"
	nobody measure "$LIST"
	assert_refused 4 "*permission denied*"
	assert_nothing
}

@test "a read-only run folder: status 4, nothing is extended" {
	machine
	list 'rtmr3 event one\n'
	mount -t tmpfs -o ro none "$ROOT/run" || skip "tmpfs cannot be mounted"
	tsmctl measure "$LIST"
	umount "$ROOT/run"
	assert_refused 4 "'/run/tsmctl': read-only file system: mount /run writable; a systemd unit with ProtectSystem=strict needs ReadWritePaths=/run/tsmctl, and that folder has to exist"
	assert_nothing
}

@test "no libcrypto: said before anything is extended" {
	machine
	list 'rtmr3 event one\n'
	mkdir "$BATS_TEST_TMPDIR/lib"
	echo 'no library' >"$BATS_TEST_TMPDIR/lib/libcrypto.so.3"
	LD_LIBRARY_PATH=$BATS_TEST_TMPDIR/lib tsmctl measure "$LIST"
	[ "$status" != 0 ] || skip "libcrypto is linked statically"
	assert_refused 4 "libcrypto cannot be loaded: *; install libcrypto of OpenSSL 3 (Debian: libssl3)"
	assert_nothing
}

@test "a register that its log does not explain: nothing of the list is extended" {
	machine
	M=$(echo "$ROOT"/sys/devices/virtual/misc/*/m*)
	head -c 48 /dev/zero | dd of="$M/rtmr2:sha384" bs=48 conv=notrunc status=none
	list 'rtmr3 event one\nrtmr2 event two\n'
	tsmctl measure "$LIST"
	assert_refused 1 "'$LIST:2': '$R2': its logs do not verify (unlogged), so they cannot tell *: nothing was extended; run 'tsmctl verify $R2'; before this line, 0 of 2 lines were extended"
	assert_equal "$(sim_truth "$R3")" "$ZERO48"
}

@test "a write that fails in the middle: how far it came, and the next run goes on from there" {
	machine
	list 'rtmr3 event one\nrtmr3 event two\nrtmr3 event three\n'
	sim_fault 'rtmr3:sha384:write:2:eio'
	tsmctl -j measure "$LIST"
	assert_error 4 "'$LIST:2': *input/output error (nothing was extended); before this line, 1 of 3 lines was extended: the next run goes on from there"
	assert_json '[.entries[] | .line, .error.status] == [1, null, 2, 4]'
	sim_fault clear
	tsmctl measure "$LIST"
	assert_done
	assert_output "present  $R3  $LIST:1
extended  $R3  $LIST:2
extended  $R3  $LIST:3"
	assert_equal "$(sim_truth "$R3")" "$(recorded sha384 "$ZERO48" one two three)"
	boot
	sim_fault 'rtmr3:sha384:write:2:foreign-extend'
	tsmctl measure "$LIST"
	assert_failure 6
	assert_output "extended  $R3  $LIST:1"
	[[ $stderr == "tsmctl: '$LIST:2': "*"; before this line, 1 of 3 lines was extended: "* ]] || fail "$stderr"
}

@test "killed in the middle: what was extended is in the journal, and the next run finishes it" {
	machine
	list 'rtmr3 event one\nrtmr3 event two\nrtmr3 event three\n'
	for n in 1 2 3; do
		sim_fault "rtmr3:sha384:write:$n:hold"
		"$TSMCTL" --root "$ROOT" measure "$LIST" >/dev/null 2>&1 3>&- &
		until [ "$(sim_stat total:write)" -ge "$n" ]; do kill -0 $!; done
		kill -9 $!
		sim_fault clear
		wait $! || true
		tsmctl measure "$LIST"
		assert_success
		assert_equal "$(sim_truth "$R3")" "$(recorded sha384 "$ZERO48" one two three)"
		tsmctl verify rtmr3
		assert_done
		boot
	done
}

@test "at every call that changes something: killed, torn or refused, the next run finishes it, nothing is extended twice" {
	local n fault calls
	list 'rtmr3 event one\nrtmr2 event two\nrtmr3 event three\n'
	machine
	go "$INJECT" --list "$BATS_TEST_TMPDIR/calls" "$ROOT" "$TSMCTL" --root "$ROOT" measure "$LIST"
	assert_success
	calls=$(wc -l <"$BATS_TEST_TMPDIR/calls")
	[ "$calls" -ge 12 ] || fail "only $calls calls"
	for fault in kill-before kill-after tear eio; do
		for n in $(seq "$calls"); do
			[ "$fault" != tear ] || grep -q "^$n .*write.* [0-9]*$" "$BATS_TEST_TMPDIR/calls" || continue
			boot
			go "$INJECT" --at "$n" "$fault" "$ROOT" "$TSMCTL" --root "$ROOT" measure "$LIST"
			[ "$status" != 125 ] || fail "$fault at $n: there was no such call"
			tsmctl measure "$LIST"
			[ "$status" = 0 ] || fail "$fault at $n: then $status: $stderr"
			assert_equal "$fault $n $(sim_truth "$R3")" "$fault $n $(recorded sha384 "$ZERO48" one three)"
			assert_equal "$fault $n $(sim_truth "$R2")" "$fault $n $(recorded sha384 "$ZERO48" two)"
			tsmctl verify rtmr2 rtmr3
			[ "$status" = 0 ] || fail "$fault at $n: $output"
		done
	done
}

@test "a signal in the middle ends the run after the line that it is at" {
	machine
	list 'rtmr3 event one\nrtmr3 event two\nrtmr3 event three\n'
	for signal in INT TERM HUP QUIT; do
		sim_fault 'rtmr3:sha384:write:2:hold'
		env --default-signal "$TSMCTL" --root "$ROOT" measure "$LIST" >"$OUT" 2>"$ERR" 3>&- &
		until [ "$(sim_stat total:write)" -ge 2 ]; do kill -0 $!; done
		kill -$signal $!
		sim_fault clear
		status=0
		wait $! || status=$?
		assert_equal "$status" 4
		assert_equal "$(<"$ERR")" "tsmctl: '$LIST:3': interrupted by SIG$signal (this line was not extended); before this line, 2 of 3 lines were extended: the next run goes on from there"
		assert_equal "$(<"$OUT")" "extended  $R3  $LIST:1
extended  $R3  $LIST:2"
		tsmctl measure "$LIST"
		assert_done
		assert_equal "$(sim_truth "$R3")" "$(recorded sha384 "$ZERO48" one two three)"
		boot
	done
}

@test "output that is lost after an extend: status 6" {
	machine
	list 'rtmr3 event one\n'
	status=0
	"$TSMCTL" --root "$ROOT" measure "$LIST" >/dev/full 2>"$ERR" || status=$?
	assert_equal "$status" 6
	status=0
	"$TSMCTL" --root "$ROOT" measure "$LIST" >/dev/full 2>"$ERR" || status=$?
	assert_equal "$status" 4
}

# --graceful

@test "--graceful: a machine without measurement registers is a note and status 0, of measure and of extend" {
	empty_root
	list 'rtmr3 event one\n'
	for args in "measure $LIST" measure 'extend rtmr3 --event a' 'extend rtmr3 --file /nonexistent'; do
		tsmctl $args
		assert_refused 3 "no measurement registers here; looked below *"
		tsmctl $args --graceful
		assert_success
		[[ $stderr == "tsmctl: no measurement registers here; looked below "*": nothing was done" ]] || fail "$stderr"
		assert_output ''
		tsmctl -q $args --graceful
		assert_done
	done
	tsmctl -j measure --graceful
	assert_success
	assert_json 'keys == ["entries", "error", "schema"] and .entries == [] and .error.status == 3'
	tsmctl -j extend rtmr3 --event a --graceful
	assert_success
	assert_json 'keys == ["error", "schema"] and (.error.message | startswith("no measurement registers here; "))'
	tsmctl extend rtmr3 --graceful
	assert_refused 2 'extend needs one of *'
}

@test "--graceful: a TPM alone makes no TVM; what cannot be looked at is no answer" {
	use_root ovmf-swtpm
	list 'rtmr3 event one\n'
	tsmctl measure "$LIST"
	assert_refused 3 "no measurement registers here; *"
	for args in "measure $LIST" 'extend rtmr3 --event a' 'extend tpm0/pcr16:sha256 --event a'; do
		tsmctl $args --graceful
		assert_success
		[[ $stderr == *": nothing was done" ]] || fail "$stderr"
	done
	tsmctl measure --predict "$LIST"
	assert_done
	assert_output "$(recorded sha384 "$ZERO48" one)  rtmr3:sha384"
	go "$TSMCTL" --root /nonexistent measure --graceful "$LIST"
	assert_refused 4 "--root '/nonexistent': no such file or directory"
}

@test "--graceful: on a machine with registers everything is as without it" {
	machine
	list 'rtmr9 event one\n'
	tsmctl measure --graceful "$LIST"
	assert_failure 3
	tsmctl extend rtmr9 --event a --graceful
	assert_failure 2
	tsmctl extend rtmr3 --event a --graceful
	assert_done
}

# --predict

@test "--predict: the values that the list then gives, on each interface; nothing is touched" {
	for tree in rfc mr rtmrs; do
		machine --tree "$tree"
		lines "$tree"
		tsmctl measure --predict "$LIST"
		assert_done
		predicted=$output
		assert_equal "$(sim_stat total:write)" 0
		[ ! -e "$ROOT/run/tsmctl" ] || fail "it made a folder"
		tsmctl measure "$LIST" "$LIST"
		assert_success
		tsmctl read "${REGS[@]}"
		assert_output "$predicted"
		# From zeros also now.
		tsmctl measure --predict "$LIST"
		assert_output "$predicted"
		sim_stop
	done
}

@test "--predict --values: not for a log of the kernel's, which may be in sync or not" {
	machine --tree rfc
	tsmctl measure - <<<'rtmr3 event one'
	assert_success
	tsmctl read rtmr3
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/values"
	tsmctl measure --predict --values "$BATS_TEST_TMPDIR/values" - <<<'rtmr3 event two'
	assert_refused 3 "'$BATS_TEST_TMPDIR/values': the kernel keeps the log of '*', and its value does not tell whether a SYNC record comes next: predict from zeros"
	echo "$ZERO48  rtmr3" >"$BATS_TEST_TMPDIR/values"
	tsmctl measure --predict --values "$BATS_TEST_TMPDIR/values" - <<<'rtmr3 event two'
	assert_success
}

@test "a folder with something in it that is no file, which could block for ever" {
	machine --tree mr
	mkdir "$BATS_TEST_TMPDIR/lists"
	mkfifo "$BATS_TEST_TMPDIR/lists/a.conf"
	go timeout 20 "$TSMCTL" --root "$ROOT" measure "$BATS_TEST_TMPDIR/lists"
	assert_refused 5 "'$BATS_TEST_TMPDIR/lists/a.conf': not a regular file"
}

@test "--predict: digests and the SYNC records of a kernel's log" {
	machine --tree rfc
	a=$(printf 'aa%.0s' {1..48})
	list "rtmr3 digest $a\nrtmr3 event one\nrtmr3 event two\nrtmr3 digest $ZERO48\nrtmr3 digest $a\nrtmr3 event three\n"
	tsmctl measure --predict "$LIST"
	assert_done
	predicted=$output
	tsmctl measure --dry-run -q -j "$LIST"
	assert_done
	foreseen=$(json '.entries[].after')
	tsmctl measure -j "$LIST"
	assert_success
	assert_equal "$(json '.entries[].after')" "$foreseen"
	tsmctl read rtmr3
	assert_output "$predicted"
}

# image: one without a kernel tree, with lists, a file and links.
image() {
	empty_root
	rm -r "$ROOT/sys"
	mkdir -p "$LISTS" "$ROOT/opt" "$ROOT/usr/lib/tsmctl/measure.d"
	printf 'agent\n' >"$ROOT/opt/agent"
	ln -s /opt/agent "$ROOT/opt/absolute"
	ln -s ../../../../opt/agent "$ROOT/opt/up"
	ln -s opt "$ROOT/folder"
}

@test "--predict of an image: links end in it, a line counts once, no privilege and no tree" {
	image
	printf '%s\n' 'rtmr3 file /opt/absolute' 'tdx_guest/rtmr3 file /opt/up' 'RTMR3 file /folder/agent' \
		'rtmr3:sha384 file /opt/up' 'rtmr2 event two' 'rtmr2:sha384 event two' >"$LISTS/a.conf"
	v=$ZERO48
	for path in /opt/absolute /opt/up /folder/agent; do
		v=$(recorded sha384 "$v" "$(file_record sha384 "$path" "$ROOT/opt/agent")")
	done
	nobody measure --predict
	assert_done
	assert_output "$(recorded sha384 "$ZERO48" two)  rtmr2:sha384
$v  rtmr3:sha384"
	tsmctl -j measure --predict
	assert_done
	assert_json --arg v "$v" '.schema == "tsmctl.read/1" and .boot_id == null and
		(.registers | length) == 2 and .registers[1].register == "rtmr3:sha384" and .registers[1].provider == null and
		.registers[1].value == $v'
	# It is a file of expected values, and one of values to start from.
	tsmctl measure --predict >"$BATS_TEST_TMPDIR/golden"
	cp "$OUT" "$BATS_TEST_TMPDIR/golden"
	machine
	printf 'agent\n' >"$ROOT/opt/agent"
	tsmctl measure
	assert_success
	tsmctl verify rtmr2 rtmr3 --expect "$BATS_TEST_TMPDIR/golden"
	assert_done
	tsmctl measure --predict --values "$BATS_TEST_TMPDIR/golden" - <<<'rtmr3 event more'
	assert_done
	assert_output "$(recorded sha384 "$v" more)  $R3"
}

@test "--predict of several phases: what is in two of them is extended once, as at boot" {
	image
	printf '%s\n' 'rtmr3 event root' 'rtmr3 event both' '[initrd]' 'rtmr3 event both' 'rtmr3 event initrd' >"$LISTS/a.conf"
	tsmctl measure --predict --phase initrd --phase -
	assert_done
	v=$(recorded sha384 "$ZERO48" both initrd root)
	assert_output "$v  rtmr3:sha384"
	machine
	tsmctl measure --phase initrd
	tsmctl measure
	assert_done
	assert_output "extended  $R3  /etc/tsmctl/measure.d/a.conf:1
present  $R3  /etc/tsmctl/measure.d/a.conf:2"
	assert_equal "$(sim_truth "$R3")" "$v"
}

@test "--predict --values: a register starts from its value, one that is not in it from zeros" {
	image
	printf 'rtmr3 event one\nsample/r:sha512 event two\n' >"$LISTS/a.conf"
	a=$(printf 'aa%.0s' {1..48})
	echo "$a  tdx_guest/rtmr3:sha384" >"$BATS_TEST_TMPDIR/values"
	tsmctl measure --predict --values "$BATS_TEST_TMPDIR/values"
	assert_done
	assert_output "$(recorded sha384 "$a" one)  rtmr3:sha384
$(recorded sha512 "$ZERO48$(printf '%032d' 0)" two)  sample/r:sha512"
	echo "$a  rtmr3:sha384" >>"$BATS_TEST_TMPDIR/values"
	tsmctl measure --predict --values "$BATS_TEST_TMPDIR/values"
	assert_refused 5 "'$BATS_TEST_TMPDIR/values': 'rtmr3:sha384' is there twice"
	echo "${a}aa  rtmr3" >"$BATS_TEST_TMPDIR/values"
	tsmctl measure --predict --values "$BATS_TEST_TMPDIR/values"
	assert_refused 5 "'$BATS_TEST_TMPDIR/values': no value of 48 bytes of 'rtmr3:sha384'"
	tsmctl measure --values "$BATS_TEST_TMPDIR/values"
	assert_refused 2 '--values goes with --predict only'
	tsmctl measure --predict --dry-run
	assert_refused 2 '--predict and --dry-run cannot be combined'
}

@test "--predict --values: the kernel's sample, whose registers start from their names, with a tree and without" {
	sim_mr
	machine_files
	printf 'tsm_mr_sample/rtmr1:sha384 event one\ntsm_mr_sample/rtmr_crypto_agile:sha256 event two\n' >"$LISTS/a.conf"
	tsmctl read
	cp "$OUT" "$BATS_TEST_TMPDIR/start"
	tsmctl measure --predict --values "$BATS_TEST_TMPDIR/start"
	assert_done
	predicted=$output
	tsmctl measure
	assert_success
	tsmctl read tsm_mr_sample/rtmr1:sha384 tsm_mr_sample/rtmr_crypto_agile:sha256
	assert_output "$predicted"
	sim_stop
	tsmctl measure --predict --values "$BATS_TEST_TMPDIR/start"
	assert_done
	assert_output "$predicted"
}

@test "--predict of an image: names that say too little or too much" {
	image
	while IFS='|' read -r name pattern; do
		echo "$name event a" >"$LISTS/a.conf"
		tsmctl measure --predict
		assert_refused 5 "'/etc/tsmctl/measure.d/a.conf:1': $pattern"
	done <<-'END'
		rtmr4|'rtmr4': no kernel tree is here to tell its hash: write 'rtmr4:HASH'
		sample/rtmr3|'sample/rtmr3': no kernel tree is here to tell its hash: write 'sample/rtmr3:HASH'
		rtmr3:md5|'rtmr3:md5': no hash 'md5' is known
		rtmr0|'rtmr0:sha384' belongs to the firmware: choose another register; only 'tsmctl extend --force' extends it
		tdx_guest/rtmr1:sha384|'rtmr1:sha384' belongs to the firmware: choose another register; only 'tsmctl extend --force' extends it
		mrtd:sha384|'mrtd:sha384' is static: it cannot be extended
		tdx_guest/rtmr3:sha256|'tdx_guest/rtmr3:sha256': a TDX guest's registers are of sha384
		pcr7:sha256|'pcr7:sha256' is a TPM's: tsmctl does not extend it
		tpm0/PCR7:sha256|'tpm0/PCR7:sha256' is a TPM's: tsmctl does not extend it
		rtmr*:sha384|'rtmr*:sha384' is not the name of a register
		a/b/c:sha384|'a/b/c:sha384' is not the name of a register
		:sha384|':sha384' is not the name of a register
		a/r:x:sha384|'a/r:x:sha384' is not the name of a register
	END
	printf 'sample/r:sha256 event a\nr:sha256 event b\n' >"$LISTS/a.conf"
	tsmctl measure --predict
	assert_refused 5 "'/etc/tsmctl/measure.d/a.conf:2': 'r:sha256' may be the 'sample/r:sha256' of an earlier line, or another one: *"
	printf 'rtmr0:sha256 event a\nsample/r:sha256 event b\nother/r:sha256 event c\nSample/R:SHA256 event b\n' >"$LISTS/a.conf"
	tsmctl measure --predict
	assert_done
	assert_equal "$(cut -c 67- <<<"$output")" "$(printf '%s\n' rtmr0:sha256 other/r:sha256 sample/r:sha256)"
}
