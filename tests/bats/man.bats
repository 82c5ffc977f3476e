#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The man pages: their lists are not stale, they have no lint, and every example of tsmctl(8) runs.

bats_load_library bats-support
bats_load_library bats-assert
load fuse

setup() {
	MAN=$BATS_TEST_DIRNAME/../../man/tsmctl.8
}

teardown() {
	sim_stop
}

# The commands of the section EXAMPLES, as a person would type them.
examples() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/s/^\.Dl //p' "$MAN" | sed 's/\\(dq/"/g; s/\\(aq/'\''/g; s/\\-/-/g'
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
		grep -q "^\.Nm Cm $cmd\$" "$MAN"
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
	[[ $n -ge 11 ]] || fail "only $n examples were found"
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
