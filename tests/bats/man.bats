#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The man pages: their lists are not stale, they have no lint, and every example of tsmctl(8) runs.

bats_load_library bats-support
bats_load_library bats-assert
load fuse

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	MAN=$BATS_TEST_DIRNAME/../../man/tsmctl.8
}

teardown() {
	sim_stop
}

# The commands of the section EXAMPLES, as a person would type them. One that continues on the next line ends in | or \.
# The page's register is one of TDX's that everybody may extend; this machine has two others.
examples() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh BOOT/{s/^\.Dl //p;/^\.Bd -literal/,/^\.Ed/{/^\.[BE]d/!p}}' "$MAN" |
		sed -E ':next;/(\\e|\|)$/{N;s/(\\e)?\n */ /;b next}' | sed 's/\\(dq/"/g; s/\\(aq/'\''/g; s/\\-/-/g; s/rtmr3/rtmr1/g'
}

# The same, with the machine that is meant being the simulated one.
run_example() {
	local line=$1
	line=${line//tsmctl /\"$TSMCTL\" --root \"$ROOT\" }
	line=${line//\/run\//$ROOT/run/}
	line=${line//\/sys\//$ROOT/sys/}
	bash -c "set -e; $line"
}

@test "man pages have no lint, and are installed" {
	local page
	for page in "${MAN%/*}"/*.[1-9]; do
		run mandoc -Tlint -Wwarning "$page"
		assert_success
		refute_output
		grep -q "^install(FILES.* man/${page##*/} " "$BATS_TEST_DIRNAME/../../CMakeLists.txt"
	done
}

# What a page's SYNOPSIS is on a screen of 80 columns, without its markup and indentation: groff 1.23 indents more.
synopsis() { # RENDERER...
	"$@" | sed 's/.\x08//g; s/\x1b\[[0-9;]*m//g' | sed -n '/^SYNOPSIS/,/^DESCRIPTION/s/^ \+//p'
}

@test "the SYNOPSIS has a line for each command, in groff as in mandoc" {
	local page cmd
	for page in "${MAN%/*}"/*.[1-9]; do
		synopsis mandoc -T ascii "$page" >"$BATS_TEST_TMPDIR/mandoc"
		synopsis groff -t -mandoc -T ascii "$page" >"$BATS_TEST_TMPDIR/groff"
		diff "$BATS_TEST_TMPDIR/mandoc" "$BATS_TEST_TMPDIR/groff"
	done
	synopsis mandoc -T ascii "$MAN" >"$BATS_TEST_TMPDIR/mandoc"
	for cmd in $("$TSMCTL" --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p') help version; do
		grep -Eqx "tsmctl $cmd( .*)?" "$BATS_TEST_TMPDIR/mandoc" || fail "$cmd has no line of its own"
	done
	groff -t -mandoc -T ascii -w mac "${MAN%/*}"/*.[1-9] >/dev/null 2>"$BATS_TEST_TMPDIR/warnings"
	[ ! -s "$BATS_TEST_TMPDIR/warnings" ] || fail "$(<"$BATS_TEST_TMPDIR/warnings")"
}

@test "every verdict has a row in the tables: what it means, what to do" {
	local name
	for name in $(sed -n 's/.*"\([a-z-]*\)".*/\1/p' "$BATS_TEST_DIRNAME/../../src/model/verdict.c") genuine forged untrusted; do
		grep -q "^$name"$'\tT{$' "$MAN" || fail "$name has no row"
	done
	[ "$(grep -c $'^T}\tT{$' "$MAN")" = "$(grep -c $'^[a-z-]*\tT{$' "$MAN")" ] || fail "a row does not say what to do"
	# As people see them: a column of 80 columns' width each, in both renderers.
	for render in 'mandoc -T utf8' 'groff -t -mandoc -T utf8 -P-c'; do
		$render "$MAN" | sed 's/.\x08//g' >page
		grep -Eqx ' +verdict\s+what it means\s+what to do' page
		[ "$(sed -n '/^VERDICTS/,/^EVIDENCE/p' page | wc -L)" -le 80 ]
	done
}

@test "every log format that is read or written is in tsmctl-logs(5)" {
	local format n=0
	while read -r format; do
		grep -Eqx "\.(Ss|It Cm) ${format//-/\\\\?-}" "${MAN%.8}-logs.5" || fail "$format is missing"
		n=$((n + 1))
	done < <(sed -n 's/^\t\.name = "\(.*\)",$/\1/p' "$BATS_TEST_DIRNAME"/../../src/formats/*.c && echo rfc-text && echo journal)
	[[ $n -ge 10 ]] || fail "only $n formats were found"
}

@test "every command and option of --help is in the man page" {
	local cmd option
	for cmd in list read extend write log verify quote measure replay status; do
		grep -q "^\.Cm $cmd\$" "$MAN"
		while read -r option; do
			grep -q "Fl \\\\-$option" "$MAN" || fail "--$option of $cmd is missing"
		done < <("$TSMCTL" "$cmd" --help | grep -o '^  .\{4\}--[a-z-]*' | sed 's/.*--//')
	done
}

@test "every example in the man page runs" {
	need_fuse
	sim_start --report tdx_guest
	mkdir -p "$ROOT/run"
	local line n=0
	while read -r line; do
		run run_example "$line"
		[[ $status == 0 ]] || fail "'$line' ends with $status: $output"
		n=$((n + 1))
	done < <(examples)
	[[ $n -ge 14 ]] || fail "only $n examples were found"
}

@test "the examples did what the page says they do" {
	need_fuse
	sim_start --report tdx_guest
	mkdir -p "$ROOT/run"
	local line
	while read -r line; do
		run_example "$line" >/dev/null
	done < <(examples)
	run "$TSMCTL" --root "$ROOT" log rtmr1 --jsonl
	assert_success
	assert_output --partial '"data_text":"app started"'
	assert_output --partial '"data_text":"config loaded"'
	assert_output --partial '\"path\":\"/etc/os-release\"'
	run "$TSMCTL" --root "$ROOT" verify rtmr1
	assert_success
	assert_output 'match  measurement-example/rtmr1:sha384'
}

# The commands of README.md, of its part before "## Install" or after it, as a person would type them.
readme() { # before|after
	sed -n "$([[ $1 == before ]] && echo '1,/^## Install/' || echo '/^## Install/,$')"'s/^    \$ //p' \
		"$BATS_TEST_DIRNAME/../../README.md"
}

@test "what the README shows to be seen is what is printed" {
	need_fuse
	local line shown
	sim_start --tree mr
	mkdir -p "$ROOT/run" "$ROOT/proc/sys/kernel/random"
	echo 11111111-1111-4111-8111-111111111111 >"$ROOT/proc/sys/kernel/random/boot_id"
	shown=$(sed -n '/^## See it run/,/^## Install/s/^    \([^.]\)/\1/p' "$BATS_TEST_DIRNAME/../../README.md")
	while read -r line; do
		printf '$ %s\n' "$line"
		run_example "$line"
	done < <(readme before) >"$BATS_TEST_TMPDIR/printed"
	assert_equal "$(<"$BATS_TEST_TMPDIR/printed")" "$shown"
}

@test "every command of the README runs" {
	need_fuse
	local line n=0
	sim_start --tree mr
	mkdir -p "$ROOT/run" "$ROOT/proc/sys/kernel/random"
	echo 11111111-1111-4111-8111-111111111111 >"$ROOT/proc/sys/kernel/random/boot_id"
	while read -r line; do
		run run_example "$line"
		[[ $status == 0 ]] || fail "'$line' ends with $status: $output"
		n=$((n + 1))
	done < <(readme before)
	sim_stop
	sim_start --tree mr --provider tdx_guest --report tdx_guest
	rm -rf "$ROOT/run"
	mkdir -p "$ROOT/run"
	# Its quotes are signed by a root of its own.
	cat "$ROOT/sys/.tsmsim/root" >"$BATS_TEST_TMPDIR/root.pem"
	cd "$BATS_TEST_TMPDIR"
	head -c 64 /dev/urandom >nonce
	cp "$ROOT/sys/firmware/acpi/tables/data/CCEL" good.ccel
	cp good.ccel CCEL
	"$TSMCTL" --root "$ROOT" quote -q --random >quote.dat
	while read -r line; do
		[[ $line != *--quote* ]] || line+=" --root-ca root.pem"
		[[ $line != *'--quote quote.dat'* ]] || line+=" rtmr0 rtmr1"
		run run_example "$line"
		[[ $status == 0 ]] || fail "'$line' ends with $status: $output"
		n=$((n + 1))
	done < <(readme after)
	[[ $n -ge 14 ]] || fail "only $n commands were found"
}

# The example of tsmctl-json(5) that begins with LINE, on the simulated machine; MORE are options for verify.
json_example() { # LINE [MORE]
	local text
	text=$(mandoc -T utf8 "${MAN%.8}-json.5" | sed 's/.\x08//g; s/^ \{11\}//' | grep -Fx -B1 -A20 -- "$1" | sed '/^$/,$d')
	[[ $text == 'set -o pipefail'* ]] || fail "no such example: $text"
	bash -c "${text/tsmctl verify /\"$TSMCTL\" --root \"$ROOT\" verify ${2-} }" 2>/dev/null
}

@test "the examples of tsmctl-json(5) say why, and accept a quote by all that has to hold" {
	need_fuse
	local all="tsmctl verify --json | jq -r '" accept='tsmctl verify --quote quote.json --report-data-file nonce \'
	ROOT=$BATS_TEST_TMPDIR/none
	mkdir "$ROOT"
	run json_example "$all"
	assert_failure 3
	assert_line --partial 'error: no measurement registers here'
	sim_start --tree mr --provider tdx_guest --report tdx_guest
	mkdir -p "$ROOT/run"
	cat "$ROOT/sys/.tsmsim/root" >root.pem
	head -c 64 /dev/urandom >nonce
	"$TSMCTL" --root "$ROOT" quote -q --json --with-logs --report-data-file nonce >quote.json
	"$TSMCTL" read --quote quote.json --root-ca root.pem --json >good.json
	run json_example "$all"
	assert_success
	assert_line 'verdict: untouched'
	# The registers are as their logs say, and the quote is forged.
	run json_example "$all" '--quote quote.json'
	assert_failure 1
	assert_line 'verdict: forged'
	assert_line --partial 'evidence: forged the root'
	run json_example "$accept"
	assert_failure
	run json_example "$accept" '--root-ca root.pem'
	assert_success
	assert_output true
	# tsmctl alone accepts values that lack MRTD.
	jq -c '.registers |= map(select(.name != "mrtd"))' good.json >less.json
	mv less.json good.json
	run json_example "$accept" '--root-ca root.pem'
	assert_failure 1
	assert_output false
}
