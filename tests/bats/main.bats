#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq and of bash -c are theirs
# What all commands have in common: options, output, errors, and what they must not touch.

COMMANDS='list read extend write log verify measure replay status'

setup() {
	load common
	common_setup
	EXAMPLE=sys/kernel/tsm/measurement-example
	TMP=$BATS_TEST_TMPDIR
	LOG="$ROOT/$EXAMPLE/rtmr1/event_log"
}

# A command line of each command that only looks, on ROOT and the log LOG.
looking() {
	printf '%s\n' list read log 'log --jsonl' verify status "replay $LOG"
}

# Help and version

@test "--help and --version, on standard output, status 0" {
	for option in --help -h; do
		go "$TSMCTL" $option
		assert_done
		assert_line --index 0 'Usage: tsmctl [GLOBAL OPTIONS] COMMAND [OPTIONS] [OPERANDS]'
		for command in $COMMANDS; do
			assert_line --regexp "^  $command +[a-z]"
		done
		for global in --root --abi --json --color --quiet --verbose --help --version; do
			assert_line --regexp "^  (-[a-zA-Z], )? *$global( |$)"
		done
	done
	for option in --version -V; do
		go "$TSMCTL" $option
		assert_done
		assert_output --regexp '^tsmctl [0-9]+\.[0-9]+(\.[0-9]+)?[-+~.a-z0-9]*$'
	done
}

@test "each COMMAND --help, whatever else is wrong with the operands" {
	for command in $COMMANDS; do
		go "$TSMCTL" "$command" --help
		assert_done
		assert_line --index 0 --regexp "^Usage: tsmctl $command( |$)"
		assert_line --regexp '^  -j, --json '
		help=$output
		go "$TSMCTL" --help "$command" a b c d
		assert_done
		assert_output "$help"
		go "$TSMCTL" "$command" --version
		assert_done
		assert_output --regexp '^tsmctl [0-9]'
	done
}

@test "help is at most 80 columns wide and ends no line in a space" {
	for command in '' $COMMANDS; do
		# shellcheck disable=SC2086
		go "$TSMCTL" $command --help
		while IFS= read -r line; do
			[ ${#line} -le 80 ] || fail "$command: ${#line}: $line"
		done <<<"$output"
		refute_line --regexp ' $'
	done
}

@test "every option in a command's help is one that it takes" {
	use_root rfc-v1
	for command in $COMMANDS; do
		go "$TSMCTL" "$command" --help
		# shellcheck disable=SC2013
		for option in $(sed -nE 's/^  (-., |    )(--[a-z-]+)( [A-Z].*|  .*)?$/\2/p' <<<"$output"); do
			tsmctl "$command" "$option"
			[[ $stderr != *'unknown option'* ]] || fail "$command $option: $stderr"
		done
	done
}

@test "help [COMMAND] and version are --help and --version" {
	for command in '' $COMMANDS diff quote; do
		# shellcheck disable=SC2086
		go "$TSMCTL" $command --help
		want=$output
		# shellcheck disable=SC2086
		go "$TSMCTL" help $command
		assert_done
		assert_output "$want"
	done
	go "$TSMCTL" --help
	want=$output
	for args in 'help help' '--json help' 'help --json'; do
		# shellcheck disable=SC2086
		go "$TSMCTL" $args
		assert_done
		assert_output "$want"
	done
	go "$TSMCTL" --version
	want=$output
	for args in version 'version list' 'help version'; do
		# shellcheck disable=SC2086
		go "$TSMCTL" $args
		[ "$args" = 'help version' ] || assert_output "$want"
		assert_done
	done
	go "$TSMCTL" help nosuch
	assert_refused 2 "unknown command 'nosuch'; see 'tsmctl --help'"
	go "$TSMCTL" help --nosuch
	assert_refused 2 "unknown option '--nosuch'; see 'tsmctl --help'"
}

# Wrong command lines

@test "no command, an unknown one, part of one" {
	go "$TSMCTL"
	assert_refused 2 "no command; see 'tsmctl --help'"
	go "$TSMCTL" --json
	assert_refused 2 "no command; *"
	go "$TSMCTL" --
	assert_refused 2 "no command; *"
	for name in nosuch x '' - listening "$(printf 'list%.0s' {1..20})"; do
		go "$TSMCTL" "$name"
		assert_refused 2 "unknown command '${name:0:100}*'; see 'tsmctl --help'"
	done
	while read -r name meant; do
		go "$TSMCTL" "$name"
		assert_refused 2 "unknown command '$name'; did you mean '$meant'?"
	done <<-'END'
		lis list
		LIST list
		raed read
		ver verify
		verfiy verify
		stat status
		extends extend
	END
	go "$TSMCTL" $'a\nb\033[31m'
	assert_refused 2 "unknown command 'a*b*'; *"
	[[ $stderr != *$'\033'* ]]
}

@test "unknown options, missing values, values too many" {
	use_root rfc-v1
	for args in list\ --nosuch read\ -o=x list\ -x list\ -qx status\ -o; do
		# shellcheck disable=SC2086
		tsmctl $args
		assert_refused 2 "unknown option '-*' for '${args%% *}'; see 'tsmctl ${args%% *} --help'"
	done
	for args in --nosuch -x '-x list'; do
		# shellcheck disable=SC2086
		tsmctl $args
		assert_refused 2 "unknown option '-*'; see 'tsmctl --help'"
	done
	tsmctl list --root
	assert_refused 2 '--root needs a value: DIR'
	go "$TSMCTL" --abi
	assert_refused 2 '--abi needs a value: NAME'
	tsmctl list -o
	assert_refused 2 '--output needs a value: COL,COL'
	tsmctl verify --expect
	assert_refused 2 '--expect needs a value: FILE'
	tsmctl list --json=yes
	assert_refused 2 '--json takes no value'
	tsmctl --color sometimes list
	assert_refused 2 "--color 'sometimes': not one of*auto*always*never"
	tsmctl --raw read rtmr0
	assert_refused 2 "unknown option '--raw'; *"
	go "$TSMCTL" --no"$(printf '\033')" list
	assert_refused 2 "unknown option '*'; *"
}

@test "an option that is misspelt, or another command's: what was meant" {
	use_root rfc-v1
	while IFS='|' read -r args what; do
		# shellcheck disable=SC2086
		tsmctl $args
		assert_refused 2 "unknown option '$what?"
	done <<-'END'
		list --quote x|--quote' for 'list'; did you mean 'tsmctl read --quote FILE' or 'tsmctl verify --quote FILE'
		list --raw|--raw' for 'list'; did you mean 'tsmctl read --raw'
		--raw read rtmr0|--raw'; did you mean 'tsmctl read --raw'
		verify --jsonl|--jsonl' for 'verify'; did you mean 'tsmctl log --jsonl'
		verify --qoute=x|--qoute=x' for 'verify'; did you mean '--quote'
		read --jason|--jason' for 'read'; did you mean '--json'
		verify --reprot-data x|--reprot-data' for 'verify'; did you mean '--report-data'
		extend rtmr1 --JSON|--JSON' for 'extend'; did you mean '--json'
		verify -quote x|-quote' for 'verify'; did you mean '--quote'
		verify -quote=x|-quote=x' for 'verify'; did you mean '--quote'
		verify rtmr0 -input CCEL|-input' for 'verify'; did you mean '--input'
		list -color=never|-color=never' for 'list'; did you mean '--color'
		-root x list|-root'; did you mean '--root'
		replay --input CCEL|--input' for 'replay'; did you mean 'tsmctl replay CCEL'
		replay --input=CCEL|--input=CCEL' for 'replay'; did you mean 'tsmctl replay CCEL'
		replay CCEL --input|--input' for 'replay'; did you mean 'tsmctl replay LOG'
	END
}

@test "a letter that is no option is not taken for a part of the next word" {
	use_root rfc-v1
	tsmctl verify -x -quote q
	assert_refused 2 "unknown option '-x' for 'verify'; see 'tsmctl verify --help'"
	tsmctl list -qx
	assert_refused 2 "unknown option '-x' for 'list'; see 'tsmctl list --help'"
}

@test "a register that is misspelt: what was meant" {
	use_root rfc-v1
	while IFS='|' read -r args word meant; do
		# shellcheck disable=SC2086
		tsmctl $args
		assert_refused 2 "no register '$word' here; did you mean '$meant'?"
	done <<-'END'
		read rmtr1|rmtr1|rtmr1
		read rtmr0 rtm1|rtm1|rtmr1
		log rmtr1|rmtr1|rtmr1
		verify rmtr1|rmtr1|rtmr1
		extend rmtr1 --event x|rmtr1|rtmr1
	END
	tsmctl read rtmr7
	assert_refused 2 "no register 'rtmr7' here; 'tsmctl list' shows what there is"
}

@test "an option where a file is to be named: its value is missing" {
	cd "$TMP"
	use_root no-tvm
	while IFS='|' read -r args what; do
		# shellcheck disable=SC2086
		tsmctl $args
		assert_refused 2 "$what"
	done <<-'END'
		verify --quote --input CCEL|--quote needs a value before '--input': FILE
		verify --input --quote q|--input needs a value before '--quote': FILE\[:FORMAT\]\[@REGISTER\]
		extend rtmr1 --event-file --force|--event-file needs a value before '--force': FILE
	END
	# A text may look like an option, and so may the name of a file that is there.
	tsmctl extend rtmr1 --event --force
	assert_refused 3 'no *'
	"$GENLOG" -f ccel - <<<'rtmr0 EV_SEPARATOR sep' >--json
	tsmctl log --input --json
	assert_done
	assert_output --partial EV_SEPARATOR
}

@test "a file where a register is named: the command line that reads it, and nothing is guessed" {
	cd "$TMP"
	"$GENLOG" -f ccel - <<<'rtmr0 EV_SEPARATOR sep' >CCEL
	head -c 100 /dev/urandom >quote.dat
	for root in rfc-v1 no-tvm; do
		use_root $root
		while IFS='|' read -r args file meant; do
			# shellcheck disable=SC2086
			tsmctl $args
			assert_refused 2 "no register '$file' here; it is a file: did you mean 'tsmctl $meant'?"
		done <<-'END'
			log CCEL|CCEL|log --input CCEL
			log rtmr1 CCEL|CCEL|log rtmr1 --input CCEL
			verify quote.dat|quote.dat|verify --quote quote.dat
			verify quote.dat CCEL|quote.dat|verify --quote quote.dat --input CCEL
			verify CCEL quote.dat|CCEL|verify --input CCEL --quote quote.dat
			verify --input CCEL quote.dat|quote.dat|verify --input CCEL --quote quote.dat
			read quote.dat|quote.dat|read --quote quote.dat
			list quote.dat|quote.dat|read --quote quote.dat
			read CCEL|CCEL|replay CCEL
			list CCEL|CCEL|replay CCEL
		END
	done
	# What to type works on this machine.
	tsmctl verify CCEL
	assert_refused 2 "no register 'CCEL' here; it is a file: did you mean 'tsmctl verify --input CCEL --quote QUOTE'?"
	use_root rfc-v1
	tsmctl verify CCEL
	assert_refused 2 "no register 'CCEL' here; it is a file: did you mean 'tsmctl verify --input CCEL'?"
	use_root no-tvm
	tsmctl log --input CCEL quote.dat
	assert_error 2 "no register 'quote.dat' here; it is a file: did you mean 'tsmctl log --input CCEL --input quote.dat'?"
	# A register that has the name of a file is the register; a folder, or a file that is not there, is no file.
	use_root rfc-v1
	echo x >rtmr0
	mkdir folder
	tsmctl read rtmr0
	assert_done
	for name in folder nosuch; do
		tsmctl log "$name"
		assert_refused 2 "no register '$name' here; 'tsmctl list' shows what there is"
	done
}

@test "verify --input where there are no registers: what to name, status 2" {
	use_root no-tvm
	cp "$ROOTS/rfc-v1/$EXAMPLE/rtmr1/event_log" "$TMP/rtmr1.log"
	tsmctl verify --input "$TMP/rtmr1.log"
	assert_refused 2 "this machine has no registers to check '$TMP/rtmr1.log' against: name their values, \
as in 'tsmctl verify --input $TMP/rtmr1.log --quote QUOTE' or '--values FILE'; 'tsmctl replay $TMP/rtmr1.log' prints \
the values that it leads to"
	tsmctl verify
	assert_refused 3 "no measurement registers here; looked below *; run 'tsmctl status' to see what is missing"
}

@test "operands missing and too many" {
	use_root rfc-v1
	tsmctl extend
	assert_refused 2 "extend: REGISTER is missing; see 'tsmctl extend --help'"
	tsmctl write
	assert_refused 2 "write: REGISTER is missing; *"
	tsmctl replay
	assert_refused 2 "replay: LOG\[:FORMAT\]\[@REGISTER\]... is missing; *"
	tsmctl extend rtmr0 rtmr1 --event x
	assert_refused 2 "extend: 'rtmr1' is one operand too many; see 'tsmctl extend --help'"
	tsmctl extend rtmr0 'a b'
	assert_refused 2 "extend: 'a b' is one operand too many; did you mean --event 'a b'?"
	tsmctl status x
	assert_refused 2 "status: 'x' is one operand too many; *"
}

@test "options before the command, behind it, and behind operands" {
	use_root rfc-v1
	tsmctl list --json rtmr0
	want=$output
	for args in '--json list rtmr0' '-j list rtmr0' 'list -j rtmr0' 'list rtmr0 --json' 'list --js rtmr0'; do
		# shellcheck disable=SC2086
		tsmctl $args
		assert_done
		assert_output "$want"
	done
	go "$TSMCTL" list --json rtmr0 --root "$ROOT"
	assert_done
	assert_output "$want"
	tsmctl list rtmr0 -- --json
	assert_refused 2 "no register '--json' here*"
}

@test "an error is one line, however long its cause" {
	use_root rfc-v1
	tsmctl read "$(printf 'x%.0s' {1..100000})"
	assert_refused 2 "no register 'xxx*"
	tsmctl read $'two\nlines\r\033]0;title\007'
	assert_refused 2 "no register 'two*lines*"
	if LC_ALL=C grep -qP '[\x00-\x1f\x7f]' <<<"${stderr%$'\n'}"; then fail "control bytes: $stderr"; fi
	tsmctl read $'\xff\xfe\xc3'
	assert_refused 2 '*'
	iconv -f UTF-8 -t UTF-8 <<<"$stderr"
}

# Output

@test "JSON: a command that fails as a whole still gives a document" {
	use_root no-tvm
	local command schema rows args
	while read -r command schema rows args; do
		# shellcheck disable=SC2086
		tsmctl --json "$command" $args
		assert_error 3 '*'
		assert_equal "$(wc -l <<<"$output")" 1
		assert_json --arg schema "tsmctl.$schema/1" '.schema == $schema and
			(.error | keys == ["message", "status"]) and .error.status == 3 and
			(.error.message | type == "string" and length > 0)'
		assert_equal "tsmctl: $(json .error.message)" "$stderr"
		[ "$rows" = - ] || assert_json --arg rows "$rows" '.[$rows] == []'
	done <<-'END'
		list list registers
		read read registers
		log log events
		verify verify registers
		extend extend - r --event x
		write write - r --hex 00
	END
	tsmctl --json replay /nonexistent
	assert_error 4 '*'
	assert_json '.schema == "tsmctl.read/1" and .registers == [] and .error.status == 4'
	go "$TSMCTL" --json --root /nonexistent status
	assert_error 4 '*'
	assert_json '.schema == "tsmctl.status/1" and .findings == [] and .error.status == 4'
	# Wherever --json stands.
	for command in $COMMANDS; do
		for args in "--json $command --nosuch" "$command --nosuch --json" "--nosuch $command -j" \
			"--abi x $command -j --other" "$command --wait x --color -j --json"; do
			# shellcheck disable=SC2086
			tsmctl $args
			assert_error 2 '*'
			assert_json '.error.status == 2 and (.schema | startswith("tsmctl."))'
			assert_equal "tsmctl: $(json .error.message)" "$stderr"
		done
	done
	tsmctl --abi x list --nosuch
	assert_refused 2 "--abi 'x': not one of*" # the first error
}

@test "results and nothing else on standard output; it does not depend on -v, -q, --color, locale, environment" {
	use_root rfc-v1
	while IFS= read -r args; do
		for json in '' --json; do
			[[ $args$json != *jsonl*json ]] || continue
			# shellcheck disable=SC2086
			want=$(cd / && env -i PATH="$PATH" "$TSMCTL" --root "$ROOT" $json $args 2>/dev/null)
			# shellcheck disable=SC2086
			while read -r vars; do
				got=$(env $vars "$TSMCTL" --root "$ROOT" $json $args 2>/dev/null)
				[ "$got" = "$want" ] || fail "$vars changes $json $args: $got"
			done <<-'END'
				LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8 LANGUAGE=tr
				LC_ALL=C
				LC_ALL=C.UTF-8 COLUMNS=20 TERM=xterm-256color TZ=Asia/Tokyo
				LC_ALL=de_DE.UTF-8 POSIXLY_CORRECT=1
				HOME=/nonexistent TMPDIR=/nonexistent OPENSSL_MODULES=/nonexistent OPENSSL_ENGINES=/nonexistent
			END
			for option in -v -vv -q --color=never; do
				# shellcheck disable=SC2086
				got=$("$TSMCTL" --root "$ROOT" $option $json $args 2>/dev/null)
				[ "$got" = "$want" ] || fail "$option changes $json $args: $got"
			done
		done
	done < <(looking)
	for command in list read log verify status; do
		tsmctl --color=always --json "$command"
		want=$output
		tsmctl --json "$command"
		assert_output "$want"
	done
}

@test "POSIXLY_CORRECT changes nothing" {
	use_root rfc-v1
	tsmctl list rtmr0 --json
	want=$output
	POSIXLY_CORRECT=1 tsmctl list rtmr0 --json
	assert_done
	assert_output "$want"
}

@test "colours: --color, NO_COLOR, a terminal or none" {
	use_root rfc-v1
	local green=$'\033[32mmatch\033[0m  '
	tsmctl verify rtmr0
	assert_output 'match  measurement-example/rtmr0:sha256'
	tsmctl --color always verify rtmr0
	assert_output "${green}measurement-example/rtmr0:sha256"
	NO_COLOR=1 tsmctl --color always verify rtmr0
	assert_output "${green}measurement-example/rtmr0:sha256"
	tsmctl --color auto verify rtmr0
	assert_output 'match  measurement-example/rtmr0:sha256'
	sed -i 's/first/forst/' "$ROOT/$EXAMPLE/rtmr0/event_log"
	tsmctl --color always verify rtmr0
	assert_output --partial $'\033[31mmismatch\033[0m  measurement-example'
	colored() { # WHAT IS BEFORE THE COMMAND, OPTIONS: the row on a terminal
		# shellcheck disable=SC2086
		on_terminal 100 env TERM=xterm env $1 "$TSMCTL" --root "$ROOT" $2 verify rtmr1
		row=${lines[-1]}
	}
	local plain='match    measurement-example/rtmr1:sha384'
	green=${green%  }
	for env in '' NO_COLOR=; do
		colored "$env" ''
		assert_equal "$row" "$green    measurement-example/rtmr1:sha384"
	done
	for env in NO_COLOR=1 TERM=dumb TERM= '-u TERM'; do
		colored "$env" ''
		assert_equal "$row" "$plain"
		colored "$env" '--color always'
		assert_equal "$row" "$green    measurement-example/rtmr1:sha384"
	done
	colored '' '--color never'
	assert_equal "$row" "$plain"
	colored '' '--color auto'
	assert_equal "$row" "$green    measurement-example/rtmr1:sha384"
	colored '' --json
	assert_json '.verdict == "match"'
}

@test "-q: no notes, errors still; -v: files that were used; -vv: every file" {
	use_root rfc-v1
	tsmctl -q read nosuch
	assert_refused 2 "no register 'nosuch' here*"
	for options in '-q -v' '-vv -q'; do
		# shellcheck disable=SC2086
		tsmctl $options read rtmr0
		assert_done
	done
	tsmctl -v read rtmr0
	assert_success
	assert_equal "${stderr_lines[0]}" "tsmctl: opened '/sys/kernel/tsm'"
	[[ $stderr == *"tsmctl: opened '/$EXAMPLE/rtmr0/digest'"* && $stderr != *user_data* ]] || fail "$stderr"
	[[ $stderr != *event_log* && $stderr != *tried* ]] || fail "$stderr"
	while IFS= read -r line; do
		[[ $line == tsmctl:\ * ]] || fail "$line"
	done <<<"$stderr"
	tsmctl -v verify rtmr0
	[[ $stderr == *"tsmctl: opened '/$EXAMPLE/rtmr0/event_log'"* ]] || fail "$stderr"
}

@test "-vv: what was looked for and is not there" {
	use_root rfc-v1
	tsmctl -vv read rtmr0
	assert_success
	[[ $stderr == *"tried '/sys/kernel/config/tsm'"* && $stderr == *"tried '/sys/kernel/security/tsm'"* ]] ||
		fail "$stderr"
	used=$stderr
	tsmctl --verbose --verbose read rtmr0
	assert_equal "$stderr" "$used"
}

# Descriptors

@test "closed standard input, output, error" {
	use_root rfc-v1
	tsmctl list
	want=$output
	run --separate-stderr bash -c '"$TSMCTL" --root "$ROOT" list <&-'
	assert_done
	assert_output "$want"
	run --separate-stderr bash -c '"$TSMCTL" --root "$ROOT" list 2>&-'
	assert_success
	assert_output "$want"
	run --separate-stderr bash -c '"$TSMCTL" --root "$ROOT" list nosuch 2>&-'
	assert_failure 2
	for args in list read log verify status --help --version "replay $ROOT/$EXAMPLE/rtmr1/event_log"; do
		run --separate-stderr bash -c '"$TSMCTL" --root "$ROOT" $1 >&-' - "$args"
		assert_refused 4 'standard output: bad file descriptor'
		run --separate-stderr bash -c '"$TSMCTL" --root "$ROOT" $1 <&- >&- 2>&-' - "$args"
		assert_failure 4
	done
	run --separate-stderr bash -c '"$TSMCTL" --root "$ROOT" verify --expect - <&-'
	assert_refused 4 "'-': bad file descriptor"
	run --separate-stderr bash -c '"$TSMCTL" --root "$ROOT" verify --expect "$1" <&-' - \
		<("$TSMCTL" --root "$ROOT" read)
	assert_success
}

@test "/dev/full: the output could not be written, status 4" {
	use_root rfc-v1
	[ -c /dev/full ] || skip "/dev/full is not here"
	for args in --help --version list 'list --json' read 'read --json' 'read --raw rtmr0' log 'log --json' \
		'log --jsonl' verify 'verify --json' status 'status --json' 'list --help' \
		"replay $ROOT/$EXAMPLE/rtmr0/event_log" "replay --json $ROOT/$EXAMPLE/rtmr0/event_log"; do
		run --separate-stderr bash -c '"$TSMCTL" --root "$ROOT" $1 >/dev/full' - "$args"
		assert_refused 4 'standard output: no space left on device'
	done
	# An answer that is no is worse than one that could not be printed.
	set_bytes "$ROOT/$EXAMPLE/rtmr0/digest" "$ZERO32"
	run --separate-stderr bash -c '"$TSMCTL" --root "$ROOT" verify >/dev/full'
	assert_error 1 'standard output: no space left on device'
}

@test "/dev/full: a long output is not gone on with" {
	[ -c /dev/full ] || skip "/dev/full is not here"
	empty_root
	runtime_mr "$ROOT/sys/kernel/tsm/p/r" sha256
	yes "$(printf 'x%.0s' {1..1000})" | head -n 30000 >"$TMP/log"
	rm -f "$ROOT/sys/kernel/tsm/p/r/event_log"
	cp "$TMP/log" "$ROOT/sys/kernel/tsm/p/r/event_log"
	run --separate-stderr bash -c '"$TSMCTL" --root "$ROOT" log --jsonl >/dev/full'
	assert_refused 4 'standard output: no space left on device'
}

@test "SIGPIPE ends it; where that is ignored, status 4" {
	use_root rfc-v1
	while IFS= read -r args; do
		args="-q $args"
		run --separate-stderr bash -c '
			trap "" PIPE
			mkfifo "$2"
			exec 7<>"$2" 8>"$2" 7<&-
			"$TSMCTL" --root "$ROOT" $1 >&8' - "$args" "$TMP/fifo"
		rm -f "$TMP/fifo"
		assert_refused 4 'standard output: broken pipe'
		run --separate-stderr bash -c '
			mkfifo "$2"
			exec 7<>"$2" 8>"$2" 7<&-
			"$TSMCTL" --root "$ROOT" $1 >&8' - "$args" "$TMP/fifo"
		rm -f "$TMP/fifo"
		assert_failure 141
		assert_equal "$stderr" ''
	done < <(looking)
}

# What is opened

need_strace() {
	command -v strace >/dev/null || skip "strace is missing"
	strace -qq -o /dev/null true 2>/dev/null || skip "strace may not trace here"
	# LeakSanitizer does not run under it.
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
}

# opened ARGS...: runs it on ROOT; the file opens has every open of it, a line each.
opened() {
	strace -f -qq -y -s 4096 -e trace=open,openat,openat2,creat -o "$TMP/opens" \
		"$TSMCTL" --root "$ROOT" "$@" >"$OUT" 2>"$ERR"
	[ -s "$TMP/opens" ] || fail "strace saw nothing"
}

@test "nothing outside the root is opened but libraries" {
	need_strace
	use_root rfc-v1
	ln -s /etc "$ROOT/$EXAMPLE/out"
	ln -s /etc/hostname "$ROOT/$EXAMPLE/out_file"
	ln -s ../../../../../../../../../../etc/hostname "$ROOT/$EXAMPLE/dots"
	while IFS= read -r args; do
		# shellcheck disable=SC2086
		opened $args || true
		while IFS= read -r line; do
			case $line in
			*' openat2('*"<$ROOT>, "*'RESOLVE_NO_MAGICLINKS|RESOLVE_IN_ROOT'*) ;;
			*' openat(AT_FDCWD'*', "'"$ROOT"'", O_RDONLY|O_CLOEXEC|O_PATH|O_DIRECTORY)'*) ;;
			*' openat(AT_FDCWD'*', "'"$ROOT"'", '*O_PATH*) ;;
			*' openat(AT_FDCWD'*', "'"$LOG"'", O_RDONLY'*) [[ $args == replay* ]] || fail "$args: $line" ;;
			*' openat(AT_FDCWD'*', "/etc/ld.so.'* | *' openat(AT_FDCWD'*'.so'*' = '*) ;;
			*'"/proc/self/'*) [ "${TSMCTL_SANITIZED:-}" = 1 ] || fail "$args: $line" ;;
			*) fail "$args: $line" ;;
			esac
		done < <(sed 's/^[0-9]* */ /' "$TMP/opens")
		if [[ $args != replay* ]]; then
			run grep -c openat2 "$TMP/opens"
			assert_success
		fi
	done < <(looking)
}

@test "OPENSSL_CONF: a file of ours is never opened, and changes nothing" {
	use_root rfc-v1
	cat >"$TMP/openssl.cnf" <<-'END'
		openssl_conf = init
		[init]
		alg_section = algs
		providers = providers
		[algs]
		default_properties = fips=yes
		[providers]
		nonsense = nonsense
		[nonsense]
		activate = 1
	END
	export OPENSSL_CONF="$TMP/openssl.cnf"
	while IFS= read -r args; do
		# shellcheck disable=SC2086
		tsmctl $args
		assert_success
	done < <(looking)
	need_strace
	while IFS= read -r args; do
		# shellcheck disable=SC2086
		opened $args
		if grep -i 'openssl\.cnf' "$TMP/opens"; then fail "$args"; fi
		unset OPENSSL_CONF
		# shellcheck disable=SC2086
		opened $args
		if grep -i 'openssl\.cnf' "$TMP/opens"; then fail "$args"; fi
		export OPENSSL_CONF="$TMP/openssl.cnf"
	done < <(looking)
}

@test "list and read do not initialise libcrypto" {
	use_root rfc-v1
	# The dynamic linker tells what libcrypto itself calls for the first time.
	called() {
		LD_DEBUG=bindings "$TSMCTL" --root "$ROOT" "$@" 2>&1 >/dev/null |
			sed -n 's/.*binding file [^ ]*libcrypto[^ ]* //p' | sort
	}
	none=$(called --version)
	[ "$(called verify)" != "$none" ] || skip "libcrypto is linked statically, or bound at the start"
	for args in list 'list --json' read 'read --json' 'read --raw rtmr0'; do
		# shellcheck disable=SC2086
		[ "$(called $args)" = "$none" ] || fail "$args: $(diff <(echo "$none") <(called $args))"
	done
}

@test "what fails several registers or logs is on standard error once; rows keep it" {
	use_root tdx
	mkdir "$TMP/lib"
	echo 'no library' >"$TMP/lib/libcrypto.so.3"
	for args in log 'log --json' 'log --jsonl' verify 'verify --json'; do
		# shellcheck disable=SC2086
		LD_LIBRARY_PATH="$TMP/lib" tsmctl $args
		[ "$status" != 0 ] || skip "libcrypto is linked statically"
		assert_error 4 "libcrypto cannot be loaded: $TMP/lib/libcrypto.so.3: *; install libcrypto of OpenSSL 3 (Debian: libssl3)"
		assert_equal "${#stderr_lines[@]}" 1
	done
	assert_json '[.registers[] | select(.error.message | test("^libcrypto cannot be loaded: "))] | length == 4'

	mkdir -p "$ROOT/run/tsmctl"
	chmod 755 "$ROOT/run/tsmctl"
	echo 'no journal' >"$ROOT/run/tsmctl/journal.jsonl"
	why="'/run/tsmctl/journal.jsonl': line 1: not a JSON object"
	tsmctl verify
	assert_error 5 "$why"
	assert_equal "${#stderr_lines[@]}" 1
	assert_output "$(printf "error  tdx_guest/rtmr%s:sha384  ($why)\n" {0..3})"
	tsmctl verify --json
	assert_equal "$stderr" "tsmctl: $why"
	assert_json --arg m "$why" '[.registers[].error | select(.message == $m and .line == 1)] | length == 4'
	TERM=dumb on_terminal 80 "$TSMCTL" --root "$ROOT" verify
	assert_equal "$(grep -c '^error  ' <<<"$output") $(grep -c '^tsmctl: ' <<<"$output")" '4 1'
	assert_line "tsmctl: $why"

	# Logs that were named: twice the same one is one error.
	rm "$ROOT/run/tsmctl/journal.jsonl"
	echo 'rtmr3 EV_IPL text:a' | "$GENLOG" -f ccel - >"$TMP/log"
	truncate -s -1 "$TMP/log"
	for args in "replay $TMP/log $TMP/log" "diff $TMP/log $TMP/log" "log --input $TMP/log --input $TMP/log"; do
		# shellcheck disable=SC2086
		tsmctl $args
		assert_error 5 "'$TMP/log': offset *"
		assert_equal "${#stderr_lines[@]}" 1
	done
}

@test "a libcrypto that cannot be loaded: said where a digest is needed, and only there" {
	use_root rfc-v1
	mkdir "$TMP/lib"
	echo 'no library' >"$TMP/lib/libcrypto.so.3"
	export LD_LIBRARY_PATH="$TMP/lib"
	for command in list read; do
		tsmctl $command
		assert_done
	done
	tsmctl verify rtmr0
	[ "$status" != 0 ] || skip "libcrypto is linked statically"
	assert_error 4 "*libcrypto cannot be loaded: $TMP/lib/libcrypto.so.3: *"
	assert_output --regexp '^error  measurement-example/rtmr0:sha256  \('
	tsmctl status --json
	assert_success
	assert_json '[.findings[] | select(.topic == "libcrypto")] | length == 1 and .[0].level == "problem" and
		(.[0].message | test("cannot be loaded.*: nothing can be extended or verified$")) and
		(.[0].fix | test("libssl3"))'
	# Nothing is said of a journal that nobody could judge.
	mkdir -p "$ROOT/run/tsmctl"
	echo '{"kind":' >"$ROOT/run/tsmctl/journal.jsonl"
	tsmctl status --json
	assert_json '[.findings[] | select(.topic == "journal" or .level == "problem") | .topic] == ["libcrypto"]'
}
