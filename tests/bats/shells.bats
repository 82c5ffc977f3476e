#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Completion as a person sees it: bash, zsh and fish in a terminal (tmux), with the files where a package puts them.

bats_load_library bats-support
bats_load_library bats-assert
load common

setup() {
	common_setup
	use_root rfc-v1
	COMPLETIONS=$BATS_TEST_DIRNAME/../../completions
	HOME_DIR=$BATS_TEST_TMPDIR/home
	mkdir -p "$BATS_TEST_TMPDIR/bin" "$HOME_DIR"/{bash/completions,zsh,fish}
	ln -s "$TSMCTL" "$BATS_TEST_TMPDIR/bin/tsmctl"
	cp "$COMPLETIONS/tsmctl.bash" "$HOME_DIR/bash/completions/tsmctl"
	cp "$COMPLETIONS/tsmctl.zsh" "$HOME_DIR/zsh/_tsmctl"
	cp "$COMPLETIONS/tsmctl.fish" "$HOME_DIR/fish/tsmctl.fish"
	touch "$HOME_DIR/quote-of-today.dat"
}

teardown() {
	terminal kill-server 2>/dev/null || true
}

terminal() { tmux -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null "$@"; }

# shell_start bash|zsh|fish: one that has read nothing of this machine's user, in a terminal of 120 columns.
shell_start() {
	local -a command
	need "$1"
	need tmux
	case $1 in
	bash)
		echo "PS1='ready> '; . /usr/share/bash-completion/bash_completion" >"$HOME_DIR/bashrc"
		command=(bash --noprofile --rcfile "$HOME_DIR/bashrc" -i)
		;;
	zsh)
		printf '%s\n' "PS1='ready> '" 'fpath=(~/zsh $fpath)' 'autoload -U compinit' 'compinit -u -D' >"$HOME_DIR/.zshrc"
		command=(zsh -d -i)
		;;
	fish)
		command=(fish --no-config -i -C 'set fish_complete_path ~/fish $fish_complete_path; set fish_greeting;
			function fish_prompt; echo "ready> "; end')
		;;
	esac
	terminal new-session -d -x 120 -y 50 -c "$HOME_DIR" env -i HOME="$HOME_DIR" ZDOTDIR="$HOME_DIR" TERM=screen LC_ALL=C.UTF-8 \
		BASH_COMPLETION_USER_DIR="$HOME_DIR/bash" PATH="$BATS_TEST_TMPDIR/bin:$PATH" ROOT="$ROOT" "${command[@]}"
	shows 'ready>'
}

need() {
	command -v "$1" >/dev/null && return
	[ "${CI:-}" != true ] || fail "$1 is missing, and CI=true does not allow to skip"
	skip "$1 is not installed"
}

# shows TEXT: waits until the screen does.
shows() {
	local end=$((SECONDS + 120))
	until screen=$(terminal capture-pane -pJ) && [[ $screen == *"$1"* ]]; do
		((SECONDS < end)) || fail "the screen does not show '$1':
$screen"
	done
}

# types TEXT [=]: as tsmctl's, after --root, then a TAB, on an empty screen.
types() {
	local end=$((SECONDS + 120))
	terminal send-keys C-u C-l
	until screen=$(terminal capture-pane -p) && [[ ${screen//[[:space:]]/} == 'ready>' ]]; do
		((SECONDS < end)) || fail "the screen is not empty: $screen"
	done
	terminal send-keys -l "tsmctl --root${2:- }$ROOT $1"
	terminal send-keys Tab
}

completes() {
	shell_start "$1"
	types 'read rtmr1'
	shows ' read measurement-example/rtmr1:sha384'
	types 'read measurement-example/rtmr1:sh'
	shows ' read measurement-example/rtmr1:sha384'
	types 'read rtmr1' =
	shows ' read measurement-example/rtmr1:sha384'
	types 'veri'
	shows " $ROOT verify"
	types 'vers'
	shows " $ROOT version"
	types 'help veri'
	shows " $ROOT help verify"
	types 'verify --allow'
	shows ' verify --allow-ahead'
	types 'verify --quote quote-of'
	shows ' --quote quote-of-today.dat'
	types 'log --format cel-j'
	shows ' log --format cel-json'
	types 'list -o REGISTER,EXT'
	shows ' list -o REGISTER,EXTEND-WITH'
	types 'log -o SE'
	shows ' log -o SEQ'
	types 'verify --require signature,no'
	shows ' verify --require signature,no-debug'
	types 'verify --'
	terminal send-keys Tab Tab
	shows --no-log
	shows --input
	types 'read rt'
	terminal send-keys Tab Tab
	shows measurement-example/rtmr0:sha256
	shows measurement-example/rtmr1:sha384
	types 'list -o '
	terminal send-keys Tab Tab
	shows CC-MR-INDEX
}

@test "bash in a terminal completes registers, options, their values and files" {
	completes bash
	types 'read rtmr1:'
	shows ' read rtmr1:sha384'
}

@test "zsh in a terminal completes registers, options, their values and files" {
	completes zsh
}

@test "fish in a terminal completes registers, options, their values and files" {
	completes fish
}
