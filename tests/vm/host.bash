# SPDX-License-Identifier: Apache-2.0
# For the scripts that boot virtual machines with inits of this folder; work is their own folder. Guests send lines, which
# guest.sh describes. What is printed is TAP.
# shellcheck shell=bash

number=0 failed=0

unavailable() {
	echo "1..0 # skip $*"
	exit 77
}

needs() { # PROGRAM...
	local program
	for program in "$@"; do
		command -v "$program" >/dev/null || unavailable "$program is missing: see scripts/deps"
	done
}

# check_names FILE...: a line for each of their checks.
check_names() {
	sed -n 's/^check_\([A-Za-z0-9_]*\)() {$/\1/p' "$@" | tr _ ' '
}

# copy_libraries PROGRAM...: those that it is linked with, to where they are here.
copy_libraries() {
	local library
	ldd "$@" | grep -o '/[^ ]*\.so[^ :]*' | sort -u | while read -r library; do
		mkdir -p "$work/root${library%/*}" && cp -L "$library" "$work/root$library"
	done
}

# add_init INIT: it, and what it takes.
add_init() {
	mkdir -p "$work"/root/{bin,etc}
	cp "$1" "$work/root/init"
	cp "$here/guest.sh" "$work/root"
	cp "$(command -v busybox)" "$work/root/bin"
	ln -s busybox "$work/root/bin/sh"
	printf '%s\n' root:x:0:0::/:/bin/sh nobody:x:65534:65534::/:/bin/sh >"$work/root/etc/passwd"
}

# pack_initramfs: root, in the folder work, becomes the file initramfs beside it.
pack_initramfs() {
	(cd "$work/root" && find . | cpio -o -H newc --quiet -R 0:0 | gzip -1) >"$work/initramfs"
}

# boot JOB SECONDS OPTIONS...: qemu with these has that time. What the guest sent is in JOB.out, its files are beside it;
# JOB.console is what the kernel printed.
boot() {
	local name text
	timeout -k 5 "$2" qemu-system-x86_64 -accel tcg -nodefaults -display none -no-reboot -initrd "$work/initramfs" \
		-serial "file:$work/$1.console" -serial "file:$work/$1.out" "${@:3}" \
		</dev/null >"$work/qemu" 2>&1 || echo "qemu: status $?" >>"$work/qemu"
	touch "$work/$1.out"
	cat "$work/qemu" >>"$work/$1.console"
	while read -r name text; do
		base64 -d <<<"$text" >"$work/$name"
	done < <(sed -n 's/^file //p' "$work/$1.out")
}

# result NAME STATUS FILE: a line of TAP for what has ended with that status: 0, 77 it was skipped, another one it has
# failed. FILE says why.
result() {
	number=$((number + 1))
	case $2 in
	0) echo "ok $number $1" && return ;;
	77) echo "ok $number $1 # skip $(<"$3")" && [ "${CI:-}" != true ] && return ;;
	*) echo "not ok $number $1" && tail -n 40 "$3" | sed 's/^/# /' ;;
	esac
	failed=$((failed + 1))
}

# guest_results JOB NAMES: the checks of the guest, by the names that it has for them, a line each. One that did not run
# has failed.
guest_results() {
	local name status
	while read -r name; do
		awk -v ok="ok $name" '/^(not )?ok / { mine = $0 ~ "^(not )?" ok "$"; ran += mine; bad += mine && /^not/ }
			mine && /^#/ { print substr($0, 3) }
			END { if (!ran) print "did not run"; exit ran != 1 || bad }' "$work/$1.out" >"$work/said" &&
			status=0 || status=$?
		result "$name" "$status" "$work/said"
	done <<<"$2"
	finished "$1"
}

# finished JOB: whether the guest came to its end.
finished() {
	local status
	[ "$(tail -n 1 "$work/$1.out")" = end ] && status=0 || status=$?
	result "the boot for $1 came to its end" "$status" "$work/$1.console"
}
