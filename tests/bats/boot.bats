#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# boot/: units, hooks and scripts, as CMake installs them. tests/boot boots a machine with them.

setup() {
	load common
	load fuse
	common_setup
	TOP=$BATS_TEST_DIRNAME/../..
	TMP=$BATS_TEST_TMPDIR
	ETC=$TMP/etc/tsmctl
	LOG=$TMP/log
	PROGRAM=/usr/bin/tsmctl
	BUILD=$BATS_FILE_TMPDIR/build
	export DESTDIR=$TMP/image
	mkdir -p "$ETC/measure.d" "$TMP/bin" "$DESTDIR"
	: >"$LOG"
}

teardown() {
	sim_stop
}

# Once for this file: what CMake makes of boot/ for the prefix /usr.
setup_file() {
	cmake -S "$BATS_TEST_DIRNAME/../.." -B "$BATS_FILE_TMPDIR/build" -DCMAKE_INSTALL_PREFIX=/usr -DBUILD_TESTING=OFF \
		>"$BATS_FILE_TMPDIR/log" 2>&1 || { cat "$BATS_FILE_TMPDIR/log" && return 1; }
}

# installed TREE [CMAKE OPTIONS]: installs boot/ there and lists its files.
installed() {
	[ $# = 1 ] || cmake -S "$TOP" -B "$BUILD" "${@:2}" >"$OUT" 2>&1
	DESTDIR=$1 cmake -P "$BUILD/boot/cmake_install.cmake" >"$OUT" 2>&1 || fail "$(<"$OUT")"
	mkdir -p "$1"
	(cd "$1" && find . -type f -printf '%m %P\n' | sort -k 2)
}

@test "installed with the prefix, each part can be left out, and nothing is enabled" {
	run installed "$TMP/all"
	assert_success
	assert_output - <<'TEXT'
755 usr/lib/dracut/modules.d/50tsmctl/module-setup.sh
644 usr/lib/dracut/modules.d/50tsmctl/tsmctl-measure-initrd.service
755 usr/lib/dracut/modules.d/50tsmctl/tsmctl-measure.sh
644 usr/lib/systemd/system/tsmctl-measure.service
644 usr/lib/systemd/system/tsmctl-verify.service
644 usr/lib/systemd/system/tsmctl-verify.timer
644 usr/lib/tmpfiles.d/tsmctl.conf
755 usr/share/initramfs-tools/hooks/tsmctl
755 usr/share/initramfs-tools/scripts/init-bottom/tsmctl
TEXT
	run find "$TMP/all" -type l
	assert_output ''
	run grep -r '@TSM\|ExecStart=[^/]' "$TMP/all"
	assert_output ''
	run installed "$TMP/none" -DTSMCTL_BOOT_SYSTEMD=OFF -DTSMCTL_BOOT_INITRAMFS_TOOLS=OFF -DTSMCTL_BOOT_DRACUT=OFF
	installed "$TMP/again" -DTSMCTL_BOOT_SYSTEMD=ON -DTSMCTL_BOOT_INITRAMFS_TOOLS=ON -DTSMCTL_BOOT_DRACUT=ON
	assert_success
	assert_output ''
}

@test "a prefix that is changed later moves all files, except where a folder was chosen" {
	BUILD=$TMP/build
	installed "$TMP/first" -DBUILD_TESTING=OFF
	run installed "$TMP/moved" -DCMAKE_INSTALL_PREFIX=/usr
	assert_success
	assert_equal "$output" "$(BUILD=$BATS_FILE_TMPDIR/build installed "$TMP/all")"
	diff -r "$TMP/all" "$TMP/moved"
	run installed "$TMP/chosen" -DCMAKE_INSTALL_PREFIX=/opt -DTSMCTL_SYSTEMUNITDIR=/etc/systemd/system
	assert_line "644 etc/systemd/system/tsmctl-measure.service"
	assert_line "644 opt/lib/tmpfiles.d/tsmctl.conf"
	refute_output --regexp ' (usr|opt/lib/systemd)/'
}

# The units

@test "units: systemd has nothing to say against them, and their sandboxes are tight" {
	command -v systemd-analyze >/dev/null || skip "systemd is missing"
	local file unit
	for file in "$BATS_FILE_TMPDIR"/build/boot/{systemd,dracut}/*.service "$TOP"/boot/systemd/*.timer; do
		sed "s|^ExecStart=[^ ]*|ExecStart=$TSMCTL|" "$file" >"$TMP/${file##*/}"
	done
	run systemd-analyze verify --man=no "$TMP"/*.service "$TMP"/*.timer
	assert_success
	refute_output --partial "tsmctl-"
	# Enabled, they fit into the order of the boot.
	mkdir "$TMP"/{sysinit,multi-user,timers}.target.wants
	ln -s "$TMP/tsmctl-measure.service" "$TMP/sysinit.target.wants"
	ln -s "$TMP/tsmctl-verify.service" "$TMP/multi-user.target.wants"
	ln -s "$TMP/tsmctl-verify.timer" "$TMP/timers.target.wants"
	run env SYSTEMD_UNIT_PATH="$TMP:" systemd-analyze verify --man=no multi-user.target
	refute_output --partial "tsmctl-"
	for unit in measure verify; do
		run systemd-analyze security --offline=true --threshold=20 "$TMP/tsmctl-$unit.service"
		assert_success
	done
}

@test "units: nothing that breaks tsmctl, and the same conditions in all" {
	local dir=$BATS_FILE_TMPDIR/build/boot unit
	run grep -hE '^(RuntimeDirectory|DynamicUser|ProcSubset|ConditionSecurity)=' "$dir"/{systemd,dracut}/*.service
	assert_output ''
	run grep -E '^ProtectKernelTunables=' "$dir/systemd/tsmctl-measure.service"
	assert_output ''
	# What has default dependencies starts after what was measured.
	grep -q '^Before=sysinit.target ' "$dir/systemd/tsmctl-measure.service"
	for unit in systemd/tsmctl-verify dracut/tsmctl-measure-initrd; do
		diff <(grep ^Condition "$dir/systemd/tsmctl-measure.service") <(grep ^Condition "$dir/$unit.service")
	done
}

# The hook of initramfs-tools

# run_hook: the hook, with lists below ETC and initramfs-tools that only writes down what it is asked for.
run_hook() {
	cat >"$TMP/hook-functions" <<'TEXT'
copy_exec() {
	echo "copy_exec $1" >>"$LOG"
	mkdir -p "$DESTDIR${1%/*}" && : >"$DESTDIR$1"
}
manual_add_modules() { echo "modules $*" >>"$LOG"; }
TEXT
	sed -e "s|$PROGRAM|$TSMCTL|; s|/etc/tsmctl|$ETC|g; s|/usr/lib/tsmctl|$TMP/usr/lib/tsmctl|g" \
		-e "s|/usr/share/initramfs-tools/hook-functions|$TMP/hook-functions|" ${1:+-e "$1"} \
		"$BATS_FILE_TMPDIR/build/boot/initramfs-tools/hook" >"$TMP/hook"
	go env LOG="$LOG" sh "$TMP/hook"
}

@test "hook: without a list for the initramfs nothing gets into it" {
	run_hook
	assert_done
	printf 'rtmr3 event x\n#[initrd]\n[later]\nrtmr3 event [initrd]\n' >"$ETC/measure.d/10.conf"
	printf '[initrd]\nrtmr3 event x\n' >"$ETC/measure.d/no-list"
	run_hook
	assert_done
	assert_equal "$(<"$LOG")$(find "$DESTDIR" -type f)" ''
	go sh "$TMP/hook" prereqs
	assert_done
	assert_equal "$output" ''
}

@test "hook: tsmctl, libcrypto, all lists as they are, the module, and what makes it required" {
	printf 'rtmr3 event x\n [initrd]\nrtmr3 event y\n' >"$ETC/measure.d/10 a.conf"
	printf 'rtmr3 event z\n' >"$TMP/elsewhere"
	chmod 640 "$TMP/elsewhere"
	ln -s "$TMP/elsewhere" "$ETC/measure.d/20.conf"
	ln -s /dev/null "$ETC/measure.d/30.conf"
	mkdir -p "$TMP/usr/lib/tsmctl/measure.d"
	printf '[initrd]\nrtmr3 event hidden\n' >"$TMP/usr/lib/tsmctl/measure.d/30.conf"
	run_hook
	assert_done
	local lists=$DESTDIR$ETC/measure.d
	cmp "$ETC/measure.d/10 a.conf" "$lists/10 a.conf"
	assert_equal "$(stat -c '%F %a' "$lists/20.conf")" 'regular file 640'
	assert_equal "$(readlink "$lists/30.conf")" /dev/null
	[ -f "$DESTDIR$TMP/usr/lib/tsmctl/measure.d/30.conf" ]
	[ ! -e "$DESTDIR$ETC/initrd-required" ]
	run cat "$LOG"
	assert_line --index 0 "copy_exec $TSMCTL"
	assert_line 'modules tdx_guest'
	if readelf -d "$TSMCTL" | grep -q NEEDED; then
		assert_line --regexp '^copy_exec /.*/libcrypto\.so\.3$'
	fi
	: >"$ETC/initrd-required"
	run_hook
	assert_done
	[ -e "$DESTDIR$ETC/initrd-required" ]
	# Lists of the vendor's alone.
	rm -r "$DESTDIR" "$ETC/measure.d"
	mkdir "$DESTDIR"
	run_hook
	assert_done
	[ -e "$DESTDIR$ETC/initrd-required" ]
	[ -f "$DESTDIR$TMP/usr/lib/tsmctl/measure.d/30.conf" ]
}

# without_lines CHECK: lists that have no line for the initramfs, each refused by CHECK where something has to be measured.
without_lines() {
	local text
	: >"$ETC/initrd-required"
	"$1"
	for text in '[initd]\nrtmr3 event x\n' '[initrd]\n[later]\nrtmr3 event [initrd]\n' '[initrd]\n# rtmr3 event x\n \n' \
		'rtmr3 event x\n#[initrd]\nrtmr3 event y\n'; do
		printf '%b' "$text" >"$ETC/measure.d/10.conf"
		"$1"
	done
	# A list of the vendor's that the administrator hides.
	mkdir -p "$TMP/usr/lib/tsmctl/measure.d"
	printf '[initrd]\nrtmr3 event x\n' >"$TMP/usr/lib/tsmctl/measure.d/10.conf"
	ln -sf /dev/null "$ETC/measure.d/10.conf"
	"$1"
	# One that is before another phase, and one after it.
	rm -r "$TMP/usr/lib/tsmctl"
	printf '[a]\nrtmr3 event x\n\t[initrd] \n\n rtmr3 event y\n[b]\n' >"$ETC/measure.d/20.conf"
}

@test "hook: no image is made if something has to be measured and no list has a line for it" {
	refused_by_hook() {
		run_hook
		assert_failure 1
		assert_equal "$stderr" "E: tsmctl: $ETC/initrd-required is there, but no list has a line under [initrd]"
		assert_equal "$(<"$LOG")" ''
	}
	without_lines refused_by_hook
	run_hook
	assert_done
	[ -e "$DESTDIR$ETC/initrd-required" ]
}

@test "hook: without libcrypto no image is made" {
	readelf -d "$TSMCTL" | grep -q NEEDED || skip "a static program"
	printf '[initrd]\nrtmr3 event x\n' >"$ETC/measure.d/10.conf"
	run_hook 's/libcrypto\.so\.3/libcrypto.so.none/g'
	assert_failure 1
	assert_equal "$stderr" 'E: tsmctl: libcrypto.so.none not found: nothing could be measured in this initramfs'
}

# The script of initramfs-tools, and the hook of dracut without systemd

# fake_tsmctl STATUS: a program that writes down its arguments, has a result, a note and a reason, and ends like this.
fake_tsmctl() {
	printf '#!/bin/sh\necho "tsmctl $*" >>"%s"\n%s\nexit %s\n' "$LOG" \
		"echo a result; [ $1 = 0 ] || printf 'tsmctl: a note\ntsmctl: the reason%s\n' \"\${REASON-}\" >&2" "$1" >"$TMP/tsmctl"
	chmod +x "$TMP/tsmctl"
}

# run_script FILE [EDIT]: with that program, and what the initramfs has only written down.
run_script() {
	printf '%s\n' 'panic() { echo "panic $*" >>"$LOG"; exit 9; }' 'die() { panic "$@"; }' \
		'log_warning_msg() { echo "warning $*" >>"$LOG"; }' 'warn() { log_warning_msg "$@"; }' \
		'modprobe() { echo "modprobe $*" >>"$LOG"; return 1; }' 'mount() { echo "mount $*" >>"$LOG"; }' >"$TMP/functions"
	sed -e "s|$PROGRAM|$TMP/tsmctl|; s|/etc/tsmctl|$ETC|g; s|^\. /scripts/functions|. $TMP/functions|; s|/sys/|$TMP/sys/|g" \
		-e "s|/dev/kmsg|$TMP/kmsg|" ${2:+-e "$2"} "$BATS_FILE_TMPDIR/build/boot/$1" >"$TMP/script"
	: >"$LOG"
	: >"$TMP/kmsg"
	go env LOG="$LOG" sh -c '. "$1"; shift; . "$1"; echo "went on"' - "$TMP/functions" "$TMP/script"
}

@test "script of initramfs-tools: measures its phase; where it was not asked to, it is not there" {
	run_script initramfs-tools/init-bottom
	assert_done
	assert_equal "$(<"$LOG")" ''
	fake_tsmctl 0
	run_script initramfs-tools/init-bottom
	assert_done
	assert_equal "$(<"$LOG")" "modprobe -q tdx_guest
tsmctl measure --graceful --phase initrd"
	assert_output 'a result'
	assert_equal "$(<"$TMP/kmsg")" ''
	go sh "$TMP/script" prereqs
	assert_equal "$status$output" 0
	mkdir -p "$TMP/sys/kernel/config"
	run_script initramfs-tools/init-bottom
	grep -qx "mount -t configfs configfs $TMP/sys/kernel/config" "$LOG"
}

@test "script of initramfs-tools: a failure is said, and stops the boot only if it is to" {
	local failed trace
	for failed in 1 3 4 6; do
		fake_tsmctl $failed
		rm -f "$ETC/initrd-required"
		run_script initramfs-tools/init-bottom
		assert_success
		grep -qx "warning tsmctl: measuring failed with status $failed; the boot goes on" "$LOG"
		assert_output 'a result'
		assert_equal "$stderr" $'tsmctl: a note\ntsmctl: the reason'
		# What is left of it in the running system.
		trace="<3>tsmctl: measuring failed in the initramfs with status $failed: the reason"
		assert_equal "$(<"$TMP/kmsg")" "$trace"
		: >"$ETC/initrd-required"
		run_script initramfs-tools/init-bottom
		assert_failure 9
		grep -q "^panic tsmctl: measuring failed with status $failed, " "$LOG"
		assert_equal "$(<"$TMP/kmsg")" "$trace"
	done
	# One line of at most 976 bytes, or the kernel takes none of it.
	REASON=$(printf 'x%.0s' {1..4000}) run_script initramfs-tools/init-bottom
	assert_equal "$(wc -l <"$TMP/kmsg")" 1
	[ "$(wc -c <"$TMP/kmsg")" -lt 976 ]
	# Without the kernel's log it goes on as before.
	rm "$ETC/initrd-required"
	run_script initramfs-tools/init-bottom "s|$TMP/kmsg|$TMP/none/kmsg|"
	assert_success
	assert_equal "$stderr" $'tsmctl: a note\ntsmctl: the reason'
}

# run_empty FILE: that script with tsmctl itself, on a machine whose lists have no line for its phase.
run_empty() {
	need_fuse
	sim_start --provider tdx_guest --no-ccel --tree mr
	mkdir -p "$ROOT/run" "$ROOT/etc/tsmctl/measure.d"
	chmod 755 "$ROOT/run" "$ROOT"/etc{,/tsmctl{,/measure.d}}
	printf '[initd]\nrtmr3 event x\n' >"$ROOT/etc/tsmctl/measure.d/10.conf"
	printf '#!/bin/sh\nexec "%s" --root "%s" "$@"\n' "$TSMCTL" "$ROOT" >"$TMP/tsmctl"
	chmod +x "$TMP/tsmctl"
	EMPTY="no line is for phase 'initrd'; phases in the lists: 'initd'"
	run_script "$1"
	sim_stop
	assert_success
	assert_equal "$stderr" "tsmctl: $EMPTY"
	assert_equal "$(<"$TMP/kmsg")$(grep ^warning "$LOG")" ''
	: >"$ETC/initrd-required"
	sim_start --provider tdx_guest --no-ccel --tree mr
	run_script "$1"
	sim_stop
	assert_failure 9
	assert_equal "$stderr" "tsmctl: $EMPTY"
}

@test "script of initramfs-tools: a phase without lines stops the boot if it is to" {
	run_empty initramfs-tools/init-bottom
	assert_equal "$(<"$TMP/kmsg")" "<3>tsmctl: measuring failed in the initramfs with status 5: $EMPTY"
	grep -q '^panic tsmctl: measuring failed with status 5, ' "$LOG"
}

@test "hook of dracut without systemd: a phase without lines stops the boot if it is to" {
	run_empty dracut/tsmctl-measure.sh
	grep -qF "panic tsmctl: measuring failed in the initramfs with status 5: $EMPTY; " "$LOG"
}

@test "hook of dracut without systemd: the same, and it does not end the shell that reads it" {
	fake_tsmctl 0
	run_script dracut/tsmctl-measure.sh
	assert_done
	assert_output 'a result
went on'
	assert_equal "$(<"$LOG")" "modprobe -q tdx_guest
tsmctl measure --graceful --phase initrd"
	fake_tsmctl 4
	run_script dracut/tsmctl-measure.sh
	assert_success
	assert_output 'a result
went on'
	assert_equal "$stderr" $'tsmctl: a note\ntsmctl: the reason'
	grep -qx 'warning tsmctl: measuring failed in the initramfs with status 4: the reason; the boot goes on' "$LOG"
	REASON=$(printf 'x%.0s' {1..4000}) run_script dracut/tsmctl-measure.sh
	[ "$(grep ^warning "$LOG" | wc -c)" -lt 976 ]
	: >"$ETC/initrd-required"
	run_script dracut/tsmctl-measure.sh
	assert_failure 9
	assert_output 'a result'
	grep -q '^panic tsmctl: measuring failed in the initramfs with status 4: the reason; ' "$LOG"
}

# The module of dracut

# run_module COMMAND: a function of it, with dracut that only writes down what it is asked for.
run_module() {
	local functions='
		require_binaries() { [ -x "$1" ]; }
		dracut_module_included() { [ "$SYSTEMD" = 1 ]; }
		inst_binary() { echo "inst_binary $*" >>"$LOG"; }
		inst_libdir_file() { echo "inst_libdir_file $*" >>"$LOG"; }
		inst_simple() { echo "inst_simple $*" >>"$LOG"; }
		inst_hook() { echo "inst_hook $*" >>"$LOG"; }
		dfatal() { echo "dfatal $*" >>"$LOG"; }
		instmods() { echo "instmods $*" >>"$LOG"; }
		initdir=$DESTDIR moddir=/mod systemdsystemunitdir=/units dracutsysrootdir=$TMP'
	sed "s|$PROGRAM|$TSMCTL|" "$BATS_FILE_TMPDIR/build/boot/dracut/module-setup.sh" >"$TMP/module"
	: >"$LOG"
	go env LOG="$LOG" SYSTEMD="${SYSTEMD:-}" TMP="$TMP" bash -c "$functions; . '$TMP/module'; $1"
}

@test "module of dracut: taken if a list has lines for it" {
	run_module check
	assert_failure 255
	printf 'rtmr3 event x\n' >"$ETC/measure.d/10.conf"
	run_module check
	assert_failure 255
	printf '[initrd]\nrtmr3 event x\n' >"$ETC/measure.d/20.conf"
	run_module check
	assert_done
	TSMCTL=/nowhere run_module check
	assert_failure 1
	run_module depends
	assert_done
	run_module installkernel
	assert_equal "$(<"$LOG")" 'instmods tdx_guest'
}

@test "module of dracut: no image is made if something has to be measured and no list has a line for it" {
	refused_by_module() {
		run_module check
		assert_done
		run_module 'install; echo "went on"'
		assert_failure 1
		assert_equal "$output$stderr" ''
		assert_equal "$(grep -v ^inst_ "$LOG")" \
			"dfatal tsmctl: /etc/tsmctl/initrd-required is there, but no list has a line under [initrd]"
	}
	without_lines refused_by_module
	rm "$ETC/initrd-required"
	run_module check
	assert_done
	rm "$ETC/measure.d/20.conf"
	run_module check
	assert_failure 255
}

@test "module of dracut: with systemd and without" {
	printf '[initrd]\nrtmr3 event x\n' >"$ETC/measure.d/10.conf"
	run_module install
	assert_done
	assert_equal "$(<"$LOG")" "inst_binary $TSMCTL
inst_libdir_file libcrypto.so.3*
inst_simple /etc/tsmctl/measure.d/10.conf
inst_hook pre-pivot 20 /mod/tsmctl-measure.sh"
	SYSTEMD=1 run_module install
	assert_done
	grep -qx 'inst_simple /mod/tsmctl-measure-initrd.service /units/tsmctl-measure-initrd.service' "$LOG"
	assert_equal "$(readlink "$DESTDIR/units/initrd.target.wants/tsmctl-measure-initrd.service")" \
		../tsmctl-measure-initrd.service
	: >"$ETC/initrd-required"
	SYSTEMD=1 run_module install
	grep -qx 'inst_simple /etc/tsmctl/initrd-required' "$LOG"
	[ -L "$DESTDIR/units/initrd.target.requires/tsmctl-measure-initrd.service" ]
}
