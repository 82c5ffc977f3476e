#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq and of bash -c are theirs
# tsmctl read.

setup() {
	load common
	common_setup
	EXAMPLE=sys/kernel/tsm/measurement-example
}

@test "text: one line a register, as sha256sum writes them" {
	use_root rfc-v1
	local dir="$ROOT/$EXAMPLE" want=''
	for name in config_mr full_report report_digest rtmr0:sha256 rtmr1:sha384 static_mr user_data; do
		file=$dir/${name%:*}
		[ -f "$file" ] || file=$file/digest
		want+="$(filehex "$file")  measurement-example/$name"$'\n'
	done
	tsmctl read
	assert_done
	assert_output "${want%$'\n'}"
	assert_equal "${#lines[@]}" 7
}

@test "text: registers in the order of the operands" {
	use_root rfc-v1
	tsmctl read user_data 'rtmr*'
	assert_done
	assert_equal "$(cut -c131- <<<"${lines[0]}")" measurement-example/user_data
	assert_line --index 1 --regexp '^[0-9a-f]{64}  measurement-example/rtmr0:sha256$'
	assert_line --index 2 --regexp '^[0-9a-f]{96}  measurement-example/rtmr1:sha384$'
	assert_equal "${#lines[@]}" 3
}

@test "sha256sum itself takes such a line for its own" {
	use_root rfc-v1
	head -c 100 /dev/urandom >"$BATS_TEST_TMPDIR/measured"
	set_bytes "$ROOT/$EXAMPLE/rtmr0/digest" "$(sum sha256 <"$BATS_TEST_TMPDIR/measured")"
	tsmctl read rtmr0
	cd "$BATS_TEST_TMPDIR"
	echo "${output%%  *}  measured" >sums
	run sha256sum -c sums
	assert_success
}

@test "JSON: as list, with the value and the boot id" {
	use_root rfc-v1
	tsmctl read --json rtmr0 user_data
	assert_done
	assert_json --arg rtmr0 "$(filehex "$ROOT/$EXAMPLE/rtmr0/digest")" \
		--arg user_data "$(filehex "$ROOT/$EXAMPLE/user_data")" '. == {schema: "tsmctl.read/1",
		boot_id: "5f3d1f0a-7c1e-4c55-9a8e-2b8f0c6d4e21", registers: [
		{register: "measurement-example/rtmr0:sha256", provider: "measurement-example",
			name: "rtmr0", kind: "runtime", hash: "sha256", size: 32, readable: true,
			writable: false, extensible: true, extend_with: ["event"], log: "kernel",
			abi: "tsm-rfc", cc_mr_index: null,
			path: "/sys/kernel/tsm/measurement-example/rtmr0", value: $rtmr0},
		{register: "measurement-example/user_data", provider: "measurement-example",
			name: "user_data", kind: "static", hash: null, size: 64, readable: true,
			writable: true, extensible: false, extend_with: [], log: null, abi: "tsm-rfc",
			cc_mr_index: null, path: "/sys/kernel/tsm/measurement-example/user_data",
			value: $user_data}]}'
	tsmctl list --json
	listed=$output
	tsmctl read --json
	assert_json --argjson listed "$listed" '.registers | map(del(.value)) == $listed.registers'
}

@test "JSON: a boot id that is not there, or is none, is null" {
	use_root rfc-v1
	local file="$ROOT/proc/sys/kernel/random/boot_id" text
	for text in '' '\n' 'garbage\n' '5F3D1F0A-7C1E-4C55-9A8E-2B8F0C6D4E21\n' \
		'5f3d1f0a-7c1e-4c55-9a8e-2b8f0c6d4e21\n\n' '5f3d1f0a-7c1e-4c55-9a8e-2b8f0c6d4e2\n' \
		'5f3d1f0a17c1e14c5519a8e12b8f0c6d4e21\n' '5f3d1f0a-7c1e-4c55-9a8e-2b8f0c6d4e21 and more\n' \
		"$(printf '%0200d' 0)"; do
		set_text "$file" "$text"
		tsmctl read --json rtmr0
		assert_done
		assert_json '.boot_id == null'
	done
	rm -f "$file"
	tsmctl read --json rtmr0
	assert_done
	assert_json '.boot_id == null'
	mkfifo "$file"
	tsmctl read --json rtmr0
	assert_done
	assert_json '.boot_id == null'
	set_text "$file" '5f3d1f0a-7c1e-4c55-9a8e-2b8f0c6d4e21'
	tsmctl read --json rtmr0
	assert_json '.boot_id == "5f3d1f0a-7c1e-4c55-9a8e-2b8f0c6d4e21"'
}

@test "--raw: the bytes alone" {
	use_root rfc-v1
	local name
	for name in rtmr0 user_data full_report; do
		keep read --raw "$name"
		assert_success
		file=$ROOT/$EXAMPLE/$name
		[ -f "$file" ] || file=$file/digest
		cmp "$OUT" "$file"
		assert_equal "$stderr" ''
	done
	keep read --raw 'rtmr1*'
	assert_success
	cmp "$OUT" "$ROOT/$EXAMPLE/rtmr1/digest"
}

@test "--raw: exactly one register, and not with --json" {
	use_root rfc-v1
	tsmctl read --raw
	assert_refused 2 '--raw prints exactly one register, not 7: name one'
	tsmctl read --raw rtmr0 rtmr1
	assert_refused 2 '--raw prints exactly one register, not 2: name one'
	tsmctl read --raw 'rtmr*'
	assert_refused 2 '--raw prints exactly one register, not 2: name one'
	tsmctl read --raw rtmr0 measurement-example/rtmr0
	assert_success
	tsmctl read --raw --json rtmr0
	assert_error 2 '--raw and --json cannot be combined'
	assert_json '.error.status == 2'
}

@test "--raw of a register that cannot be read prints nothing" {
	use_root rfc-v1
	chmod 200 "$ROOT/$EXAMPLE/user_data"
	tsmctl read --raw user_data
	assert_refused 3 "'measurement-example/user_data' cannot be read on this kernel"
	set_text "$ROOT/$EXAMPLE/rtmr0/digest" short
	tsmctl read --raw rtmr0
	assert_refused 5 '*rtmr0/digest*'
}

@test "a register that cannot be read does not keep the others from being printed" {
	use_root rfc-v1
	chmod 200 "$ROOT/$EXAMPLE/user_data"
	tsmctl read
	assert_error 3 "'measurement-example/user_data' cannot be read on this kernel"
	assert_equal "${#lines[@]}" 6
	refute_line --partial user_data
	tsmctl read --json
	assert_failure 3
	assert_json '.registers | length == 7'
	assert_json '.registers[6] | .name == "user_data" and (has("value") | not) and
		.error == {status: 3, message: "'"'measurement-example/user_data' cannot be read on this kernel"'"}'
	assert_json '[.registers[:6][] | has("value") and (has("error") | not)] | all'
}

@test "a value of another size than the hash has, or than the file said: status 5" {
	use_root rfc-v1
	set_bytes "$ROOT/$EXAMPLE/rtmr0/digest" "$(printf '%062d' 0)"
	tsmctl read
	assert_error 5 "'/sys/kernel/tsm/measurement-example/rtmr0/digest': 31 bytes, but sha256 has 32"
	assert_equal "${#lines[@]}" 6
	set_bytes "$ROOT/$EXAMPLE/rtmr0/digest" "$(printf '%066d' 0)"
	tsmctl read --json rtmr0
	assert_error 5 "*rtmr0/digest': 33 bytes, but sha256 has 32"
	assert_json '.registers[0].error.status == 5 and .registers[0].name == "rtmr0"'
	# An empty file does not say its size beforehand.
	set_text "$ROOT/$EXAMPLE/rtmr0/digest" ''
	tsmctl read rtmr0
	assert_refused 5 "'*rtmr0/digest': 0 bytes, not 32"
	set_text "$ROOT/$EXAMPLE/static_mr" ''
	tsmctl read static_mr
	assert_refused 5 "'/sys/kernel/tsm/measurement-example/static_mr': a register of 0 bytes"
	head -c 65536 /dev/zero >"$BATS_TEST_TMPDIR/big"
	rm -f "$ROOT/$EXAMPLE/static_mr"
	cp "$BATS_TEST_TMPDIR/big" "$ROOT/$EXAMPLE/static_mr"
	keep read static_mr
	assert_success
	assert_equal "$(stat -c %s "$OUT")" $((2 * 65536 + 32))
	chmod 644 "$ROOT/$EXAMPLE/static_mr"
	echo >>"$ROOT/$EXAMPLE/static_mr"
	tsmctl read static_mr
	assert_refused 5 "*static_mr': a register of 65537 bytes"
}

@test "of several failures the worse one is the status: malformed, then system, then absent" {
	use_root rfc-v1
	chmod 200 "$ROOT/$EXAMPLE/user_data"
	set_bytes "$ROOT/$EXAMPLE/rtmr0/digest" 00
	tsmctl read
	assert_failure 5
	assert_equal "${#stderr_lines[@]}" 2
	tsmctl read user_data
	assert_failure 3
	chmod 000 "$ROOT/$EXAMPLE/rtmr1/hash_algo"
	nobody read rtmr1 user_data
	assert_failure 4
}

@test "what this user may not read: status 4, the others are printed" {
	use_root rfc-v1
	chmod 400 "$ROOT/$EXAMPLE/config_mr"
	[ "$(id -u)" = 0 ] || chmod 000 "$ROOT/$EXAMPLE/config_mr"
	mode=$(stat -c %a "$ROOT/$EXAMPLE/config_mr")
	nobody read
	if [ "$mode" = 400 ]; then
		assert_error 4 "'/sys/kernel/tsm/measurement-example/config_mr': permission denied"
	else
		assert_error 3 "*config_mr' cannot be read*"
	fi
	assert_equal "${#lines[@]}" 6
}

@test "v2 and v3" {
	use_root rfc-v2
	tsmctl read rtmr1
	assert_done
	assert_output "$(extended sha384 "$ZERO48" "$(printf '1%.0s' {1..96})")  measurement-example/rtmr1:sha384"
	tsmctl read static_mr:sha384
	assert_done
	assert_output "$(filehex "$ROOT/$EXAMPLE/static_mr/digest")  measurement-example/static_mr:sha384"
	use_root rfc-v3
	tsmctl read 'rtmr_crypto_agile*'
	assert_done
	assert_line --index 0 "$(filehex "$ROOT/sys/kernel/tsm/banks/rtmr0/sha256/digest")  banks/rtmr_crypto_agile:sha256"
	assert_line --index 1 "$(filehex "$ROOT/sys/kernel/tsm/banks/rtmr1/sha384/digest")  banks/rtmr_crypto_agile:sha384"
}

@test "the operand errors of all commands, as a document too" {
	use_root rfc-v1
	tsmctl read --json nosuch
	assert_error 2 "no register 'nosuch' here*"
	assert_json 'del(.error.message) == {schema: "tsmctl.read/1", registers: [], error: {status: 2}}'
}

@test "reading changes nothing" {
	use_root rfc-v1
	before=$(cd "$ROOT" && find . -printf '%P %m %s %T@\n' | sort)
	tsmctl read
	assert_done
	tsmctl verify
	assert_done
	tsmctl log
	assert_done
	tsmctl status
	assert_success
	assert_equal "$(cd "$ROOT" && find . -printf '%P %m %s %T@\n' | sort)" "$before"
}

@test "what read prints, text or JSON, is a file for --expect" {
	use_root rfc-v1
	local form
	for form in '' --json; do
		"$TSMCTL" --root "$ROOT" read $form >"$BATS_TEST_TMPDIR/values"
		tsmctl verify --no-log --expect "$BATS_TEST_TMPDIR/values"
		assert_done
		assert_equal "$(grep -c ^match <<<"$output")" 7
	done
}
