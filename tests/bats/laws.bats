#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The laws of verify are run by ctest itself; here is what runs them: a program that breaks one is found.

setup() {
	load common
	common_setup
	command -v python3 >/dev/null || skip "python3 is missing"
	LAWS=$BATS_TEST_DIRNAME/../../scripts/laws
	cd "$BATS_TEST_TMPDIR" || return
}

# wrong SCRIPT: the program "wrong" is tsmctl whose answers sed changes by SCRIPT.
wrong() {
	cat >wrong <<-TEXT
		#!/bin/bash
		set -o pipefail
		"$TSMCTL" "\$@" | sed '$1'
	TEXT
	chmod +x wrong
}

@test "usage: the seconds are asked for" {
	run "$LAWS"
	assert_failure 2
	assert_output --partial 'usage: scripts/laws SECONDS'
	run "$LAWS" soon
	assert_failure 2
	run env TSMCTL=/nowhere "$LAWS" 1
	assert_failure 1
	assert_output 'scripts/laws: no /nowhere: build it first'
}

@test "a program that calls everything a match breaks them, and its files are kept" {
	local dir
	wrong 's/"verdict":"[a-z-]*"/"verdict":"match"/g'
	run "$BATS_TEST_DIRNAME/../model/laws.py" --tsmctl wrong --genlog "$GENLOG" --sim none --seed 1 --cases 20 \
		--law sole-log --law one-fault --work "$BATS_TEST_TMPDIR/kept"
	assert_failure 1
	assert_output --partial 'not ok 1 - sole-log ('
	assert_output --partial 'not ok 2 - one-fault ('
	assert_output --partial '0 passed, 2 failed'
	refute_output --partial 'the test itself failed'
	dir=$(compgen -G 'kept/one-fault-*' | head -n 1)
	assert [ -s "$dir/values" ]
	assert_regex "$(<"$dir/commands")" '--law one-fault --case [0-9]+'
	assert_regex "$(<"$dir/commands")" 'verify --json --values values --input '
}

@test "a program that gives no rows is found, too" {
	run "$BATS_TEST_DIRNAME/../model/laws.py" --tsmctl /bin/true --genlog "$GENLOG" --sim none --seed 1 --cases 2 \
		--law one-fault --work "$BATS_TEST_TMPDIR/kept"
	assert_failure 1
	assert_output --partial 'status 0 and no rows'
}
