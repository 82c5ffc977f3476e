#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq and of bash -c are theirs
# Where a sandbox takes something away: a system call, the right to write, /proc, libcrypto.

setup() {
	load common
	load fuse
	common_setup
}

teardown() {
	sim_stop
}

# without ERRNO ARGS...: tsmctl on ROOT, where openat2 fails like this.
without() {
	go "$NO_OPENAT2" "$1" "$TSMCTL" --root "$ROOT" "${@:2}"
	[ "$status" != 77 ] || skip "no seccomp filter can be set"
}

# read_only FOLDER ARGS...: tsmctl on ROOT, of which this folder is read-only.
read_only() {
	[ "$(id -u)" = 0 ] || skip "only root can mount"
	unshare -m true 2>/dev/null || skip "no mount namespace can be had"
	go unshare -m bash -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "${@:2}"' - \
		"$ROOT/$1" "$TSMCTL" --root "$ROOT" "${@:2}"
}

# tsm_mr: the simulated machine of Linux 6.16, with a boot id and a /run.
tsm_mr() {
	need_fuse
	sim_mr
	mkdir -p "$ROOT/run" "$ROOT/proc/sys/kernel/random"
	echo 11111111-1111-4111-8111-111111111111 >"$ROOT/proc/sys/kernel/random/boot_id"
}

@test "without openat2: the same answers, byte for byte" {
	local root args sys
	for root in tdx rfc-v1 rfc-configfs ovmf-swtpm no-tvm; do
		use_root "$root"
		for args in list read log verify status 'list --json' 'read --json' 'log --json' 'verify --json'; do
			# shellcheck disable=SC2086
			tsmctl $args
			local wanted="$status $output $stderr"
			for sys in ENOSYS EPERM; do
				# shellcheck disable=SC2086
				without $sys $args
				assert_equal "$status $output $stderr" "$wanted"
			done
		done
	done
}

@test "without openat2: extended, logged, verified" {
	tsm_mr
	local register value
	"$TSMCTL" --root "$ROOT" list --json >"$OUT"
	register=$(jq -r '[.registers[] | select(.extensible)][0].register' "$OUT")
	without ENOSYS extend "$register" --event one
	assert_done
	value=${output%% *}
	without EPERM extend "$register" --event one --once
	assert_success
	assert_equal "${output%% *}" "$value"
	without ENOSYS verify "$register"
	assert_done
	assert_output --regexp '^match  '
}

@test "a read-only /run: the option of a systemd unit that helps is named" {
	tsm_mr
	local hint='mount /run writable; a systemd unit with ProtectSystem=strict needs ReadWritePaths=/run/tsmctl, and that folder has to exist'
	read_only run extend rtmr1:sha384 --event one
	assert_refused 4 "'/run/tsmctl': read-only file system: $hint"
	tsmctl extend rtmr1:sha384 --event one
	assert_done
	read_only run extend rtmr1:sha384 --event two
	assert_refused 4 "'/run/tsmctl/lock': read-only file system: $hint"
	read_only run verify rtmr1:sha384
	assert_done
	assert_output --regexp '^match  '
}

@test "registers that are read-only: the option of a systemd unit that makes them so is named" {
	tsm_mr
	read_only sys extend rtmr1:sha384 --event one
	assert_refused 4 "'*/rtmr1:sha384': read-only file system: a container is like this, and a systemd unit with ProtectKernelTunables= (nothing was extended)"
	read_only sys verify rtmr1:sha384
	assert_success
	assert_output --regexp '^untouched  '
}

@test "libcrypto is declared by a note, and a program that is linked with it has none" {
	command -v readelf >/dev/null || skip "readelf is missing"
	# That of binutils 2.40 does not know the type, and fails.
	local type='0x407c0c0a|FDO_DLOPEN_METADATA'
	go readelf -n "$TSMCTL"
	if ! readelf -d "$TSMCTL" | grep -q NEEDED; then
		refute_output --regexp "$type"
		return
	fi
	assert_output --regexp "FDO +0x[0-9a-f]+[[:space:]].*($type)"
	go readelf -p .note.dlopen "$TSMCTL"
	output=$(sed -n 's/.*\(\[{.*}\]\)$/\1/p' <<<"$output")
	assert_json 'length == 1 and .[0].soname == ["libcrypto.so.3"] and .[0].priority == "required" and
		(.[0].feature | length > 0) and (.[0].description | length > 0)'
}
