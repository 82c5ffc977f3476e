#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of a pager are its own
# How text looks on a terminal, and there alone.

setup() {
	load common
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	unset TSMCTL_PAGER PAGER LESS LESSSECURE LC_ALL LC_CTYPE LANG NO_COLOR
	export TERM=dumb
	grep -v '^#' "$BATS_TEST_DIRNAME/../gen/boot.txt" | sed 's/^pcr[17] /rtmr0 /; s/^pcr[45] /rtmr1 /; s/^pcr[89] /rtmr2 /
		s/^pcr1[0-9] /rtmr2 /; /^pcr0/d' >td
	"$GENLOG" -f ccel td >a
	sed 's/vda1 ro/vda1 rw quiet/' td | "$GENLOG" -f ccel - >b
}

# tty COLUMNS [NAME=VALUE...] OPERANDS...: tsmctl on a terminal.
tty() {
	local columns=$1 vars=()
	shift
	while [[ $1 == *=* ]]; do
		vars+=("$1")
		shift
	done
	on_terminal "$columns" env "${vars[@]}" "$TSMCTL" --root /nonexistent "$@"
}

# widest: the columns of the widest line of $output.
widest() {
	local line most=0
	while IFS= read -r line; do
		((${#line} <= most)) || most=${#line}
	done <<<"$output"
	echo "$most"
}

# pager FILE: a program that notes how it was called, and what it was given.
pager() {
	cat >"$1" <<-'END'
		#!/bin/sh
		echo "$* LESS=$LESS SECURE=$LESSSECURE" >called
		cat >paged
	END
	chmod +x "$1"
}

@test "log: no line is wider than the terminal, and cells that are cut end in a mark" {
	export LC_ALL=C.UTF-8
	for columns in 20 80 90 120 300; do
		tty "$columns" --no-pager log --input a
		assert_success
		[ "$(widest)" -le "$columns" ] || fail "$(widest) columns of $columns: $output"
	done
	tty 80 --no-pager log --input a
	assert_equal "${lines[0]}" 'SEQ    REGISTER     KIND              EXTENDS DIGEST    MATCHES DATA'
	assert_line '13     rtmr2:sha384 EV_IPL            yes     73e46e49… -       /vmlinuz'
	assert_line --regexp '^9 +rtmr1:sha384 EV_EFI_BOOT_SERV… yes +[0-9a-f]{8}… - +\\\\EFI\\\\BOOT\\\\BO…$'
	LC_ALL=C tty 80 --no-pager log --input a
	assert_line --regexp '^9 +rtmr1:sha384 EV_EFI_BOOT_SE\.\.\. yes +[0-9a-f]{6}\.\.\. - +\\\\EFI\\\\BOOT\\\\\.\.\.$'
}

@test "in a pipe nothing is cut, whatever the environment says" {
	local want
	want=$("$TSMCTL" --root /nonexistent log --input a)
	[[ $want == *'/vmlinuz root=/dev/vda1 ro'* ]]
	for env in COLUMNS=10 LC_ALL=C.UTF-8 TERM=xterm 'TSMCTL_PAGER=wc -l' PAGER=false; do
		assert_equal "$(env "$env" "$TSMCTL" --root /nonexistent log --input a)" "$want"
	done
	tty 40 --no-pager log --json --input a
	assert_equal "$output" "$("$TSMCTL" log --json --input a)"
}

@test "log -o: columns by name, in that order, with and without a header" {
	go "$TSMCTL" log --input a -o seq,Source,TYPE,offset --no-header
	assert_success
	assert_equal "${lines[3]}" '3      a      4    286'
	assert_equal "${#lines[@]}" 18
	go "$TSMCTL" log --input a -o DIGESTS
	assert_line --regexp '^sha384:[0-9a-f]{96}$'
	go "$TSMCTL" log --input a -o SEQ,nosuch
	assert_refused 2 "unknown column 'nosuch'; the columns are SEQ, SOURCE, REGISTER, *"
	columns=${stderr##*the columns are }
	for column in ${columns//,/}; do
		go "$TSMCTL" log --input a -o "$column"
		assert_success
		[[ ${lines[0]} == "$column" ]]
		[[ $("$TSMCTL" log --help | tr -s ' \n' ' ') == *" $column,"* || $column == TIME ]] || fail "no $column in the help"
	done
	"$GENLOG" -f cel-json -b sha256,sha384 td >c
	go "$TSMCTL" log --input c -o DIGESTS --no-header
	assert_line --regexp '^sha256:[0-9a-f]{64},sha384:[0-9a-f]{96}$'
}

@test "letters of UTF-8 where the locale names it; what moves or hides others never" {
	printf 'rtmr3 EV_IPL text:%s\n' 'grub_cmd: café 日本 z' "$(printf 'a\xe2\x80\xaeb \xc2\x9b c \xcc\x81 \\xff\\x1b\\x00')7 é" |
		"$GENLOG" -f ccel - >log
	for env in LC_ALL=C.UTF-8 LC_CTYPE=en_US.UTF-8 LANG=xx_YY.utf8; do
		tty 200 "$env" --no-pager log --input log -o DATA --no-header
		assert_line 'grub_cmd: café 日本 z'
		assert_line 'a\M-b\M^@\M-.b \M-B\M^[ c \M-L\M^A \M^?\^[\0007 é'
	done
	for env in LANG=C LC_ALL=POSIX 'LC_ALL=C LANG=C.UTF-8'; do
		# shellcheck disable=SC2086
		tty 200 $env --no-pager log --input log -o DATA --no-header
		assert_line 'grub_cmd: caf\M-C\M-) \M-f\M^W\M-%\M-f\M^\\M-, z'
	done
	# Wide letters take two columns.
	tty 16 LC_ALL=C.UTF-8 --no-pager log --input log -o DATA --no-header
	assert_line 'grub_cmd: café …'
	tty 18 LC_ALL=C.UTF-8 --no-pager log --input log -o DATA --no-header
	assert_line 'grub_cmd: café 日…'
	[ "$(LC_ALL=C.UTF-8 "$TSMCTL" log --input log -o DATA --no-header | LC_ALL=C grep -c '[^ -~]')" = 0 ]
}

@test "diff: lines of a table are cut, what differs is whole; colours" {
	export LC_ALL=C.UTF-8
	tty 60 --no-pager diff a b
	assert_failure 1
	assert_line --regexp '^- 12 .*…$'
	assert_line '     -ro +rw +quiet'
	# Columns are as wide as what they show; the type is cut before the data, and the value of a variable is seen.
	tty 80 --no-pager diff a b
	assert_line --regexp '^- 12 EV_IPL [0-9a-f]{16}… kernel_cmdline: /vmlinuz root=/dev/vda1 ro$'
	sed 's/SecureBoot:01/SecureBoot:00/; s/0xbed00000:0x100000/0xbed00000:0x120000/' td | "$GENLOG" -f ccel - >c
	tty 80 --no-pager diff a c
	assert_line --regexp '^- 1 EV_EFI_VARIABLE_… [0-9a-f]{8}… SecureBoot: on$'
	assert_line --regexp '^\+ 1 EV_EFI_VARIABLE_… [0-9a-f]{8}… SecureBoot: off$'
	assert_line --regexp '^- 9 .* \\\\EFI.*BOOTX64.EFI$'
	tty 80 --no-pager log --input a
	assert_line --regexp '^1 +rtmr0:sha384 .* SecureBoot: on$'
	tty 200 --no-pager diff a c
	assert_line --regexp '^- 1 EV_EFI_VARIABLE_DRIVER_CONFIG .* SecureBoot-8be4df61-.*: on$'
	"$GENLOG" -f ccel --flip 12 td >c
	tty 80 --no-pager diff a c
	assert_line --regexp '^     /vmlinuz: digest [0-9a-f]{96} -> [0-9a-f]{96}$'
	tty 200 TERM=xterm --no-pager diff a b
	assert_line --regexp $'^\033\\[31m- 12 .*vda1 ro\033\\[0m$'
	assert_line --regexp $'^\033\\[32m\\+ 12 .*quiet\033\\[0m$'
	go "$TSMCTL" diff a b
	refute_output --partial $'\033'
	go "$TSMCTL" --color always diff a b
	assert_output --partial $'\033[31m- 12'
	go "$TSMCTL" --color always --json diff a b
	refute_output --partial $'\033'
}

@test "a pager: of log and diff, for text on a terminal alone" {
	mkdir bin
	pager own
	pager bin/less
	for command in 'log --input a' 'diff a b'; do
		rm -f called paged
		# shellcheck disable=SC2086
		tty 80 TSMCTL_PAGER=./own PAGER=false $command
		assert_output ''
		# shellcheck disable=SC2086
		on_terminal 80 "$TSMCTL" --root /nonexistent --no-pager $command
		assert_equal "$(cat paged)" "$output"
		for how in --no-pager --json TSMCTL_PAGER= TSMCTL_PAGER=cat PAGER= PAGER=cat; do
			rm -f called
			if [[ $how == -* ]]; then
				# shellcheck disable=SC2086
				tty 80 TSMCTL_PAGER=./own "$how" $command
			else
				# shellcheck disable=SC2086
				tty 80 "PATH=$PWD/bin:$PATH" "$how" $command
			fi
			[ ! -e called ]
		done
		# shellcheck disable=SC2086
		TSMCTL_PAGER=./own "$TSMCTL" --root /nonexistent $command >out || true
		[ ! -e called ]
	done
	for command in 'log --help' 'log --format cel-json --input a' 'log --jsonl --input a' 'replay a' 'diff a a'; do
		# shellcheck disable=SC2086
		tty 80 TSMCTL_PAGER=./own $command
		[ ! -e called ]
	done
}

@test "a pager: less, if none is named; of root, no other that PAGER names" {
	local secure=
	mkdir bin
	pager bin/less
	pager other
	tty 80 "PATH=$PWD/bin:$PATH" log --input a
	assert_success
	[ "$(id -u)" != 0 ] || secure=1
	assert_equal "$(cat called)" " LESS=FRX SECURE=$secure"
	tty 80 "PATH=$PWD/bin:$PATH" LESS=S log --input a
	assert_equal "$(cat called)" " LESS=S SECURE=$secure"
	rm called
	tty 80 "PATH=$PWD/bin:$PATH" 'PAGER=./other one two' log --input a
	if [ -n "$secure" ]; then
		assert_equal "$(cat called)" " LESS=FRX SECURE=1"
	else
		assert_equal "$(cat called)" "one two LESS=FRX SECURE="
	fi
	# Where there is no less, text goes to the terminal.
	rm called
	mkdir none
	tty 80 "PATH=$PWD/none" log --input a
	assert_success
	assert_line --regexp '^SEQ +REGISTER '
	[ ! -e called ]
}

@test "status: what was found and what to do stand below each other, in the terminal's width" {
	local columns
	empty_root
	for columns in 30 52 80 120; do
		on_terminal "$columns" "$TSMCTL" --root "$ROOT" status
		assert_failure 3
		# A word that is longer stands alone.
		while IFS= read -r line; do
			((${#line} <= columns)) || [[ $line =~ ^\ *[^\ ]+$ ]] || fail "${#line} of $columns columns: $line"
		done <<<"$output"
	done
	assert_line --regexp '^(note|problem) +[a-z]+ +[^ ]'
	assert_line --regexp '^ {20}to do: '
	on_terminal 30 "$TSMCTL" --root "$ROOT" status
	assert_line --regexp '^    to do: '
	# In a pipe a finding is a line.
	tsmctl status
	assert_line --regexp '^(note|problem) .*; to do: '
	refute_line --regexp '^ '
}

@test "a pager that is left early: the exit status is the command's" {
	seq 20000 | sed 's/^/rtmr3 EV_IPL text:/' | "$GENLOG" -f ccel - >many
	head -c -20 many >short
	tty 80 TSMCTL_PAGER='head -1' log --input many
	assert_success
	assert_equal "${#lines[@]}" 1
	tty 80 TSMCTL_PAGER='exec true' log --input short
	assert_failure 5
	tty 80 TSMCTL_PAGER=true diff many a
	assert_failure 3
	tty 80 TSMCTL_PAGER=true diff many short
	assert_failure 1
	tty 80 TSMCTL_PAGER=false log --input many
	assert_success
}

@test "notes and errors are in the pager's text, where they would be" {
	head -c -20 a >short
	tty 80 TSMCTL_PAGER='sed s/^/:/' log --input short
	assert_failure 5
	assert_line --regexp "^:tsmctl: 'short': offset "
	refute_line --regexp '^tsmctl'
}

@test "verify: a table with a header; under a mismatch, the values" {
	printf '%s  rtmr%d:sha384\n' "$ZERO48" 0 "$ZERO48" 3 >values
	tty 120 verify --values values --input a
	assert_failure 1
	assert_equal "${lines[0]}" 'VERDICT    REGISTER      DETAIL'
	assert_line --regexp '^log-ahead  rtmr0:sha384  '
	assert_line --regexp '^untouched  rtmr3:sha384'
	"$TSMCTL" replay a >right
	sed '1s/^../00/' right >wrong
	for columns in 60 80 120 200; do
		tty "$columns" verify -q --values wrong --input a
		assert_failure 1
		[ "$(widest)" -le "$columns" ] || fail "$(widest) columns of $columns: $output"
	done
	tty 200 verify --values wrong --input a
	assert_line "    replayed  $(head -c 96 right)"
	assert_line "    actual    $(head -c 96 wrong)"
	refute_line --partial '    expected'
	tty 60 verify --values wrong --input a
	assert_line "    actual    $(head -c 32 wrong)"
	assert_line "              $(head -c 64 wrong | tail -c 32)"
	tty 200 verify --values right --expect wrong --input a
	assert_line "    expected  $(head -c 96 wrong)"
	# In a pipe it stays one line a register.
	go "$TSMCTL" verify --values wrong --input a
	assert_equal "$(wc -l <wrong)" "${#lines[@]}"
	assert_line --regexp '^mismatch  rtmr0:sha384  \(.*\)$'
	assert_line 'match  rtmr1:sha384'
}

@test "verify: under a row, what the events are that its detail names by number" {
	"$TSMCTL" replay a >right
	sed 's/^rtmr2 EV_IPL text:kernel/rtmr2 EV_IPL text:other: x\n&/' td | "$GENLOG" -f ccel - >longer
	tty 200 verify --values right --input longer
	assert_failure 1
	assert_line --regexp "^mismatch  rtmr2:sha384  event ([0-9]+) of 'longer' was logged but not extended: without it the log gives this value\$"
	assert_line --regexp "^    event [0-9]+ of 'longer': EV_IPL other\$"
	tty 32 verify --values right --input longer
	assert_line --regexp "^    event [0-9]+ of 'longer': EV_\.\.\.\$"
	# The numbers are those of log, and JSON has the same.
	go "$TSMCTL" verify --json --values right --input longer
	assert_json '.registers[2].diagnosis | .type == "EV_IPL" and .name == "other"'
	local seq
	seq=$(json '.registers[2].diagnosis.seq')
	go "$TSMCTL" log --jsonl --input longer
	assert_json -s --argjson seq "$seq" '.[] | select(.seq == $seq) | .kind == "EV_IPL" and .data_text == "other: x"'
	# In a pipe a register is one line.
	go "$TSMCTL" verify --values right --input longer
	assert_equal "${#lines[@]}" 3
}

@test "verify: an error that several registers have is told whole once, and in a row as much as there is room for" {
	local whole="'short': offset 1500: the log ends within the record that starts at offset 1426"
	"$TSMCTL" replay a >right
	head -c 1500 a >short
	tty 80 LC_ALL=C.UTF-8 verify --values right --input short
	assert_failure 5
	assert_equal "$(grep -c "^tsmctl: $whole\$" <<<"$output")" 1
	assert_equal "${lines[-1]}" "tsmctl: $whole"
	assert_equal "$(grep -c "^error    rtmr[012]:sha384  ${whole:0:56}…\$" <<<"$output")" 3
	tty 200 verify --values right --input short
	assert_equal "$(grep -c "^error    rtmr[012]:sha384  $whole\$" <<<"$output")" 3
	# Without room beside the name: below it.
	tty 40 verify --values right --input short
	assert_equal "$(grep -c "^    ${whole:0:33}\.\.\.\$" <<<"$output")" 3
}
