#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What bash and fish offer: commands, options and values from the table, registers from the live tree. How the shells show
# it, zsh among them, is in shells.bats.

bats_load_library bats-support
bats_load_library bats-assert
load common

setup() {
	common_setup
	use_root rfc-v1
	COMPLETIONS=$BATS_TEST_DIRNAME/../../completions
	# The shells find the tool that is tested, under its own name.
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$TSMCTL" "$BATS_TEST_TMPDIR/bin/tsmctl"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

# in_bash WORD...: what bash offers for the last word of the command line "tsmctl WORD...".
in_bash() {
	bash --norc -c '
		. /usr/share/bash-completion/bash_completion
		. "$1"
		shift
		COMP_WORDS=(tsmctl "$@") COMP_CWORD=$# COMP_LINE="tsmctl $*" COMP_POINT=${#COMP_LINE}
		compopt() { :; }
		_tsmctl
		printf "%s\n" "${COMPREPLY[@]}"' bash "$COMPLETIONS/tsmctl.bash" "$@"
}

# in_fish LINE: what fish offers at the end of LINE.
in_fish() {
	env HOME="$BATS_TEST_TMPDIR" fish --no-config -c "source '$COMPLETIONS/tsmctl.fish'; complete -C '$1'" |
		cut -f1
}

need() {
	command -v "$1" >/dev/null && return
	[ "${CI:-}" != true ] || fail "$1 is missing, and CI=true does not allow to skip"
	skip "$1 is not installed"
}

@test "bash offers commands" {
	run in_bash ''
	assert_line list
	assert_line status
	refute_line --root
	run in_bash ver
	assert_output $'verify\nversion'
	run in_bash help verif
	assert_output verify
	run in_bash he
	assert_output help
}

@test "bash offers a command's options beside the global ones" {
	run in_bash extend --
	assert_line -- --event
	assert_line -- --once
	assert_line -- --root
	refute_line -- --raw
}

@test "bash offers registers from the tree that --root names" {
	run in_bash --root "$ROOT" read meas
	assert_line measurement-example/rtmr0:sha256
	assert_line measurement-example/user_data
	run in_bash --root "$BATS_TEST_TMPDIR/none" read ''
	refute_output --partial rtmr0
}

@test "bash offers the choices of an option, and files after one that takes a file" {
	run in_bash --color ''
	assert_line never
	run in_bash --abi tsm-rf
	assert_output tsm-rfc
	run in_bash --abi ts
	assert_equal "${lines[*]}" 'tsm-mr tsm-rfc tsm-rtmrs'
	touch "$BATS_TEST_TMPDIR/some-values"
	run in_bash verify --expect "$BATS_TEST_TMPDIR/some"
	assert_output "$BATS_TEST_TMPDIR/some-values"
	run in_bash verify --require signature,no
	assert_output signature,no-debug
}

@test "bash does not run what a register's name says" {
	local evil="\$(touch \$PWNED)"
	mkdir -p "$ROOT/sys/kernel/tsm/p"
	printf x >"$ROOT/sys/kernel/tsm/p/$evil"
	PWNED=$BATS_TEST_TMPDIR/pwned run in_bash --root "$ROOT" read p
	assert_output --partial touch
	assert [ ! -e "$BATS_TEST_TMPDIR/pwned" ]
}

@test "fish offers commands, options and registers" {
	need fish
	run in_fish 'tsmctl '
	assert_line verify
	assert_line help
	assert_line version
	run in_fish 'tsmctl help verif'
	assert_output verify
	run in_fish 'tsmctl extend --on'
	assert_line -- --once
	run in_fish "tsmctl --root $ROOT read "
	assert_line measurement-example/rtmr1:sha384
	run in_fish 'tsmctl --color '
	assert_line always
}
