#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# run/tsmctl/lock: how it is made, who is kept out by it, and what is not trusted as one.

setup() {
	load common
	load fuse
	load extend
	extend_setup
	HOLDER=
}

teardown() {
	[ -z "$HOLDER" ] || release
	sim_stop
}

# locked: a machine whose lock is there already.
locked() {
	machine
	mkdir -m 755 "$ROOT/run/tsmctl"
	: >"$ROOT/run/tsmctl/lock"
	chmod 600 "$ROOT/run/tsmctl/lock"
	LOCK=$ROOT/run/tsmctl/lock
	remember
}

# hold -x|-s: another process has the lock until release.
hold() {
	mkfifo "$BATS_TEST_TMPDIR/held" "$BATS_TEST_TMPDIR/end"
	# shellcheck disable=SC2016 # for the inner shell
	flock "$1" "$LOCK" sh -c 'echo >"$1" && read -r x <"$2"' - "$BATS_TEST_TMPDIR/held" \
		"$BATS_TEST_TMPDIR/end" 3>&- &
	HOLDER=$!
	read -r <"$BATS_TEST_TMPDIR/held"
}
release() {
	echo >"$BATS_TEST_TMPDIR/end"
	wait "$HOLDER"
	HOLDER=
}

# waits PID: whether it stands in the queue for a lock.
waits() {
	grep -Eq "^[0-9]+: -> FLOCK +ADVISORY +WRITE $1 " /proc/locks
}

# refused PATTERN: extend and write are, with status 4, and nothing was changed.
refused() {
	tsmctl extend rtmr0 --event a --wait 0
	assert_refused 4 "$1"
	tsmctl -j write user_data --hex "$(bytes 128 1)" --wait 0
	assert_error 4 "$1"
	assert_json '.schema == "tsmctl.write/1" and .error.status == 4'
	assert_unwritten
}

@test "made when it is missing: folder 0755, file 0600, empty, and left there" {
	for mask in 022 000; do
		machine
		umask $mask
		tsmctl extend rtmr0 --event a
		umask 022
		assert_done
		assert_equal "$(stat -c '%a %F %s %h' "$ROOT/run/tsmctl/lock")" '600 regular empty file 0 1'
		assert_equal "$(stat -c '%a %F' "$ROOT/run/tsmctl")" '755 directory'
		assert_equal "$(find "$ROOT/run" | wc -l)" 3
	done
	# The lock is not for others whatever the umask; the journal in the folder is.
	rm -r "$ROOT/run/tsmctl"
	umask 077
	tsmctl write user_data --hex "$(bytes 128 1)"
	umask 022
	assert_done
	assert_equal "$(stat -c %a "$ROOT/run/tsmctl" "$ROOT/run/tsmctl/lock" | tr '\n' ' ')" '755 600 '
	tsmctl extend rtmr0 --event b
	assert_done
}

@test "one that is there is used as it is" {
	locked
	inode=$(stat -c %i "$LOCK")
	tsmctl extend rtmr0 --event a
	assert_done
	assert_equal "$(stat -c %i "$LOCK")" "$inode"
	[ "$(id -u)" = 0 ] || skip "only root opens a file of mode 0400 for writing"
	chmod 400 "$LOCK"
	chmod 500 "$ROOT/run/tsmctl"
	tsmctl extend rtmr0 --event b
	assert_done
}

@test "run/ may be a link that stays below the root, as on many machines, and not one that leaves it" {
	machine
	rmdir "$ROOT/run"
	mkdir -p "$ROOT/var/run"
	ln -s var/run "$ROOT/run"
	tsmctl extend rtmr0 --event a
	assert_done
	assert_there "$ROOT/var/run/tsmctl/lock"
	rm "$ROOT/run"
	ln -s /var/run "$ROOT/run"
	tsmctl extend rtmr0 --event b
	assert_done
	mkdir "$BATS_TEST_TMPDIR/outside"
	remember
	for to in "$BATS_TEST_TMPDIR/outside" ../outside ../../../../../../../../../../../..; do
		rm "$ROOT/run"
		ln -s "$to" "$ROOT/run"
		tsmctl extend rtmr0 --event c
		case $to in
		*outside) assert_refused 4 "no lock without the folder '/run': no such file or directory; make it and mount a tmpfs on it" ;;
		# As a chroot has it: the root's own parent is the root.
		*) assert_done && rm -r "$ROOT/tsmctl" && remember ;;
		esac
	done
	assert_equal "$(ls "$BATS_TEST_TMPDIR/outside")" ''
}

@test "no run/, or one that is no folder" {
	machine
	rmdir "$ROOT/run"
	remember
	refused "no lock without the folder '/run': no such file or directory; make it and mount a tmpfs on it"
	echo >"$ROOT/run"
	refused "no lock without the folder '/run': not a directory; make it and mount a tmpfs on it"
	rm "$ROOT/run"
	mkfifo "$ROOT/run"
	refused "no lock without the folder '/run': not a directory; make it and mount a tmpfs on it"
}

@test "not trusted: the folder is a link, a file, a FIFO" {
	machine
	mkdir "$ROOT/elsewhere"
	remember
	ln -s ../elsewhere "$ROOT/run/tsmctl"
	refused "'/run/tsmctl': @(not a directory|too many levels of symbolic links)"
	assert_equal "$(ls "$ROOT/elsewhere")" ''
	rm "$ROOT/run/tsmctl"
	ln -s nowhere "$ROOT/run/tsmctl"
	refused "'/run/tsmctl': @(not a directory|too many levels of symbolic links)"
	assert_absent "$ROOT/run/nowhere"
	rm "$ROOT/run/tsmctl"
	echo >"$ROOT/run/tsmctl"
	refused "'/run/tsmctl': not a directory"
	rm "$ROOT/run/tsmctl"
	mkfifo "$ROOT/run/tsmctl"
	refused "'/run/tsmctl': not a directory"
}

@test "not trusted: the file is a link, a FIFO, a folder, or has another name" {
	locked
	rm "$LOCK"
	echo kept >"$ROOT/run/other"
	chmod 600 "$ROOT/run/other"
	ln -s ../other "$LOCK"
	refused "'/run/tsmctl/lock': not a regular file: remove it"
	rm "$LOCK"
	ln -s nowhere "$LOCK"
	refused "'/run/tsmctl/lock': not a regular file: remove it"
	assert_absent "$ROOT/run/tsmctl/nowhere"
	rm "$LOCK"
	mkfifo -m 600 "$LOCK"
	refused "'/run/tsmctl/lock': not a regular file: remove it"
	rm "$LOCK"
	mkdir -m 700 "$LOCK"
	refused "'/run/tsmctl/lock': not a regular file: remove it"
	rmdir "$LOCK"
	ln "$ROOT/run/other" "$LOCK"
	refused "'/run/tsmctl/lock': it has more than one name (hard links): remove the others"
	assert_equal "$(cat "$ROOT/run/other")" kept
}

@test "not trusted: modes that let others in" {
	locked
	for mode in 775 757 777 1777 2770; do
		chmod $mode "$ROOT/run/tsmctl"
		case $mode in 1777) fix=0755 shown=1777 ;; 2770) fix=0750 shown=2770 ;; 775 | 757 | 777) fix=0755 shown=0$mode ;; esac
		refused "'/run/tsmctl': mode $shown lets others in: chmod it to $fix"
	done
	chmod 755 "$ROOT/run/tsmctl"
	for mode in 660 640 620 606 604 602 666 610 601; do
		chmod $mode "$LOCK"
		refused "'/run/tsmctl/lock': mode 0$mode lets others in: chmod it to 0600"
	done
	chmod 600 "$LOCK"
	tsmctl extend rtmr0 --event a
	assert_done
}

@test "not trusted: another owner" {
	[ "$(id -u)" = 0 ] || skip "only root gives files away"
	locked
	chown 65534 "$ROOT/run/tsmctl"
	refused "'/run/tsmctl': owned by user 65534, not root: remove it if you know whose it is"
	chown 0 "$ROOT/run/tsmctl"
	chown 65534 "$LOCK"
	refused "'/run/tsmctl/lock': owned by user 65534, not root: remove it if you know whose it is"
	# Groups do not matter where they have no rights.
	chown 0:65534 "$LOCK"
	tsmctl extend rtmr0 --event a
	assert_done
}

@test "held: --wait 0 gives up at once, whoever has it and however" {
	for how in -x -s; do
		locked
		rm -f "$BATS_TEST_TMPDIR/held" "$BATS_TEST_TMPDIR/end"
		hold $how
		refused "'/run/tsmctl/lock': held by another process"
		tsmctl extend rtmr1 --digest "$ZERO48" --wait 0
		assert_refused 4 "'/run/tsmctl/lock': held by another process"
		# Who only reads a value does not share it: two readers contend on the posted kernel.
		tsmctl extend rtmr0 --event a --dry-run --wait 0
		assert_refused 4 "'/run/tsmctl/lock': held by another process"
		tsmctl extend rtmr0 --event a --once --dry-run --wait 0
		assert_refused 4 "'/run/tsmctl/lock': held by another process"
		assert_unwritten
		release
	done
	tsmctl extend rtmr0 --event a --wait 0
	assert_done
}

@test "held: --wait SECONDS waits that long, then status 4" {
	locked
	hold -x
	before=$(date +%s%N)
	tsmctl extend rtmr0 --event a --wait 1
	[ $(($(date +%s%N) - before)) -ge 1000000000 ] || fail 'too early'
	assert_refused 4 "'/run/tsmctl/lock': held by another process for more than 1 second: wait longer with --wait"
	assert_unwritten
}

# listed: proc/locks and proc/PID/comm of the machine are this machine's, where HOLDER has the lock.
listed() {
	local pid
	mkdir -p "$ROOT/proc"
	cp /proc/locks "$ROOT/proc/locks"
	pid=$(awk -v i=":$(stat -c %i "$LOCK")" '$2 == "FLOCK" && substr($6, length($6) - length(i) + 1) == i { print $5 }' /proc/locks)
	mkdir -p "$ROOT/proc/$pid"
	cp "/proc/$pid/comm" "$ROOT/proc/$pid/comm"
	NAMED="process $pid ($(cat "/proc/$pid/comm"))"
}

@test "held: the holder is named, also one that is stopped, and one that is no tsmctl" {
	locked
	hold -x
	listed
	refused "'/run/tsmctl/lock': held by $NAMED"
	kill -STOP "$HOLDER"
	tsmctl extend rtmr0 --event a --wait 0
	kill -CONT "$HOLDER"
	assert_refused 4 "'/run/tsmctl/lock': held by $NAMED"
	tsmctl status --json
	assert_success
	assert_json --arg m "'/run/tsmctl/lock': held by $NAMED" '
		[.findings[] | select(.topic == "lock").message] == [$m] and
		([.findings[] | select(.topic == "registers")] | length == 1 and
			(.[0].message == "7 of 7 were not read: " + $m) and .[0].level == "note")'
	# Nothing was read for it.
	sim_fault reset
	tsmctl status
	for file in rtmr0/digest rtmr1/digest rtmr0/event_log user_data full_report; do
		assert_equal "$(sim_stat "measurement-example/$file:read")" 0
	done
}

@test "readers wait for the lock, and read what is true then" {
	append_then_read() {
		locked
		rm -f "$BATS_TEST_TMPDIR/held" "$BATS_TEST_TMPDIR/end"
		hold -x
		sim_fault reset
		begin "$@"
		await waits "$PID"
		assert_equal "$(sim_stat total:write)" "$WRITES"
		assert_equal "$(sim_stat measurement-example/rtmr0/digest:read)" 0
		assert_equal "$(sim_stat measurement-example/rtmr0/event_log:read)" 0
		append "$R0" a
		release
		finish
		assert_done
	}
	append_then_read read rtmr0
	assert_value "$(sim_truth measurement-example/rtmr0)" "$N0"
	append_then_read read --raw user_data
	append_then_read -j read
	append_then_read verify "$N0"
	assert_output "match  $N0"
	append_then_read log rtmr0
	append_then_read extend rtmr0 --event b --dry-run -q
	assert_value "$(recorded sha256 "$(sim_truth measurement-example/rtmr0)" b)" "$N0"
}

@test "list reads no value and takes no lock; nor do the values of other trees" {
	locked
	hold -x
	tsmctl list
	assert_done
	assert_equal "$(sim_stat measurement-example/rtmr0/digest:read)" 0
	release
	rm "$BATS_TEST_TMPDIR/held" "$BATS_TEST_TMPDIR/end"
	sim_mr
	install -d -m 755 "$ROOT/run" "$ROOT/run/tsmctl"
	hold -x
	tsmctl read
	assert_done
}

@test "an ordinary user reads while the list of locks names no holder, and waits for one that it names" {
	[ "$(id -u)" = 0 ] || skip "root becomes an ordinary user here"
	locked
	mkdir -p "$ROOT/proc"
	: >"$ROOT/proc/locks"
	nobody read rtmr0
	assert_done
	hold -x
	listed
	chmod a+x "$BATS_TEST_TMPDIR"
	setpriv --reuid=65534 --regid=65534 --clear-groups "$BATS_TEST_TMPDIR/tsmctl" --root "$ROOT" read rtmr0 \
		>"$OUT" 2>"$ERR" 3>&- &
	PID=$!
	await polls "$PID"
	release
	: >"$ROOT/proc/locks"
	finish
	assert_done
	assert_value "$ZERO32" "$N0"
}
# polls PID: whether it sleeps in poll(2).
polls() {
	grep -Eq 'poll|hrtimer' "/proc/$1/wchan" 2>/dev/null || [ "$(cut -d' ' -f1 "/proc/$1/syscall" 2>/dev/null)" = 7 ]
}

@test "no lock can be made, so nobody can extend: values are read" {
	machine
	rmdir "$ROOT/run"
	tsmctl read rtmr0
	assert_done
	mkdir -m 755 "$ROOT/run"
	tsmctl read rtmr0
	assert_done
	assert_absent "$ROOT/run/tsmctl"
	[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || skip "no mount namespace can be had"
	for made in '' mkdir; do
		[ -z "$made" ] || mkdir -m 755 "$ROOT/run/tsmctl"
		go unshare -m bash -c 'mount --bind "$ROOT/run" "$ROOT/run" && mount -o remount,bind,ro "$ROOT/run" &&
			"$TSMCTL" --root "$ROOT" read rtmr0'
		assert_done
		assert_value "$ZERO32" "$N0"
	done
	# One that is there on a read-only /run is taken: whoever made it may extend.
	: >"$ROOT/run/tsmctl/lock"
	chmod 600 "$ROOT/run/tsmctl/lock"
	LOCK=$ROOT/run/tsmctl/lock
	hold -x
	unshare -m bash -c 'mount --bind "$ROOT/run" "$ROOT/run" && mount -o remount,bind,ro "$ROOT/run" &&
		exec "$TSMCTL" --root "$ROOT" read rtmr0' >"$OUT" 2>"$ERR" 3>&- &
	PID=$!
	await waits "$PID"
	release
	finish
	assert_done
}

@test "the lock is given back before anything is printed" {
	machine
	mkdir -m 755 "$ROOT/run/tsmctl"
	mkfifo "$BATS_TEST_TMPDIR/slow"
	exec 7<>"$BATS_TEST_TMPDIR/slow"
	# Nobody reads the pipe, which is full: whoever prints stands still.
	head -c 1000000 /dev/zero | dd of="$BATS_TEST_TMPDIR/slow" bs=512 oflag=nonblock 2>/dev/null || true
	for command in read 'read --json' 'status'; do
		# shellcheck disable=SC2086 # words
		"$TSMCTL" --root "$ROOT" $command >"$BATS_TEST_TMPDIR/slow" 2>"$ERR" 3>&- &
		PID=$!
		await prints "$PID"
		run flock -n -x "$ROOT/run/tsmctl/lock" true
		assert_success
		kill "$PID"
		wait "$PID" || true
	done
	exec 7<&-
}
# prints PID: whether it stands in a write to a pipe.
prints() {
	grep -q pipe "/proc/$1/wchan" 2>/dev/null || [ "$(cut -d' ' -f1 "/proc/$1/syscall" 2>/dev/null)" = 1 ]
}

@test "--wait: what is not a number of seconds" {
	locked
	for bad in '' -1 x 1.5 1s 86401 99999999999999999999; do
		tsmctl extend rtmr0 --event a "--wait=$bad"
		assert_refused 2 "--wait '$bad': not a number of seconds from 0 to 86400"
		tsmctl write user_data --hex 00 "--wait=$bad"
		assert_refused 2 "--wait '$bad': not a number of seconds from 0 to 86400"
	done
	assert_unwritten
	tsmctl extend rtmr0 --event a --wait 86400
	assert_done
}

@test "held: waits without being told to, and goes on when it is free" {
	for args in 'extend rtmr0 --event a' 'extend rtmr0 --event b --wait 60' "extend rtmr1 --digest $ZERO48" \
		"write user_data --hex $(bytes 128 1)"; do
		locked
		rm -f "$BATS_TEST_TMPDIR/held" "$BATS_TEST_TMPDIR/end"
		hold -x
		# shellcheck disable=SC2086 # words
		begin $args
		await waits "$PID"
		assert_unwritten
		release
		finish
		assert_done
		assert_written
	done
}

@test "held: the value and the log are looked at after the wait" {
	locked
	hold -x
	begin -j extend rtmr0 --event b
	await waits "$PID"
	append "$R0" a
	v=$(sim_truth measurement-example/rtmr0)
	release
	finish
	assert_done
	assert_equal "$output" "$(result "$N0" "$(textsum sha256 b)" "$v" "$(recorded sha256 "$v" b)" b)"
	rm "$BATS_TEST_TMPDIR/held" "$BATS_TEST_TMPDIR/end"
	hold -x
	begin -q extend rtmr0 --event c --once
	await waits "$PID"
	append "$R0" c
	v=$(sim_truth measurement-example/rtmr0)
	release
	finish
	assert_done
	assert_value "$v" "$N0"
	assert_equal "$(grep -cx c "$R0/event_log")" 1
}

@test "held: a signal ends the waiting, nothing is changed" {
	for sig in TERM INT HUP; do
		locked
		rm -f "$BATS_TEST_TMPDIR/held" "$BATS_TEST_TMPDIR/end"
		hold -x
		# A shell's background commands ignore SIGINT; env gives it back.
		env --default-signal=INT "$TSMCTL" --root "$ROOT" extend rtmr0 --event a >"$OUT" 2>"$ERR" 3>&- &
		PID=$!
		await waits "$PID"
		kill -s "$sig" "$PID"
		finish
		assert_equal "$status" "$((128 + $(kill -l "$sig")))"
		assert_equal "$output" ''
		release
		assert_unwritten
	done
}

@test "it is kept from before the first look until after the last" {
	locked
	for fault in digest:read:1:hang append_event:write:1:hang-after event_log:open:2:hang; do
		sim_fault clear reset "rtmr0/$fault"
		begin extend rtmr0 --event "$fault"
		await counted faults:fired 1
		run flock -n -x "$LOCK" true
		assert_failure 1
		sim_fault clear
		finish
		assert_done
		run flock -n -x "$LOCK" true
		assert_success
	done
	sim_fault clear reset user_data:write:1:hang-after
	begin write user_data --hex "$(bytes 128 1)"
	await counted faults:fired 1
	run flock -n -x "$LOCK" true
	assert_failure 1
	sim_fault clear
	finish
	assert_done
}

@test "four processes, 25 records each: all are there, in one history" {
	machine
	for p in 1 2 3 4; do
		(
			exec 3>&-
			for i in {1..25}; do
				"$TSMCTL" --root "$ROOT" extend "rtmr$((i % 2))" --event "p$p.$i" --wait 86400 || exit
			done >"$OUT.$p" 2>&1
		) &
		pids[p]=$!
	done
	for p in 1 2 3 4; do wait "${pids[p]}"; done
	assert_equal "$(cat "$OUT".* | grep -Ec '^[0-9a-f]{64,96}  measurement-example/rtmr[01]:sha[0-9]+$')" 100
	assert_equal "$(cat "$OUT".* | sort -u | wc -l)" 100
	cat "$R0/event_log" "$R1/event_log" >"$BATS_TEST_TMPDIR/logs"
	assert_equal "$(grep -c '^p[1-4]\.[0-9]*$' "$BATS_TEST_TMPDIR/logs")" 100
	assert_equal "$(grep -o '^p[1-4]\.[0-9]*$' "$BATS_TEST_TMPDIR/logs" | sort -u | wc -l)" 100
	assert_verdict "$N0" match
	assert_verdict "$N1" match
	assert_equal "$(sim_stat total:write)" 100
	# Each printed the value that its record led to: the last one of each register is the register's.
	cat "$OUT".* >"$BATS_TEST_TMPDIR/printed"
	grep -q "^$(sim_truth measurement-example/rtmr0)  $N0$" "$BATS_TEST_TMPDIR/printed"
	grep -q "^$(sim_truth measurement-example/rtmr1)  $N1$" "$BATS_TEST_TMPDIR/printed"
}

@test "what discovery can have missed is looked at again under the lock" {
	local rfc="$ROOT/sys/kernel/tsm/p"
	mkdir -p "$rfc/odd" "$ROOT/run" "$ROOT/proc/sys/kernel/random"
	echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	mkdir -m 755 "$ROOT/run/tsmctl"
	LOCK=$ROOT/run/tsmctl/lock
	(umask 077 && : >"$LOCK")
	runtime_mr "$rfc/rtmr0" sha256
	rm -f "$rfc/rtmr0/append_event" "$rfc/rtmr0/event_log"
	runtime_mr "$rfc/odd" sha256
	rm -f "$rfc/odd/append_event" "$rfc/odd/event_log"
	chmod 644 "$rfc"/*/digest
	# Without a log it would be the journal's.
	hold -x
	begin extend rtmr0 --event a
	await waits "$PID"
	: >"$rfc/rtmr0/event_log"
	release
	finish
	assert_refused 3 "'p/rtmr0:sha256' takes no events on this kernel"
	assert_absent "$ROOT/run/tsmctl/journal.jsonl"
	# Without a log it could be set by a write.
	rm "$BATS_TEST_TMPDIR/held" "$BATS_TEST_TMPDIR/end"
	hold -x
	begin write odd --hex "$(bytes 64 1)"
	await waits "$PID"
	: >"$rfc/odd/event_log"
	release
	finish
	assert_refused 3 "'p/odd:sha256' is a runtime register: extend it"
	assert_equal "$(filehex "$rfc/odd/digest")" "$ZERO32"
}

# pairs TREE-OPTIONS...: each of the commands beside each other, slowed down so that they meet.
pairs() {
	local a b i
	local -a commands=(list read status 'log --json' verify 'extend rtmr1 --event a' "extend rtmr1 --digest $ZERO48"
		'extend rtmr1 --event a --once' 'extend rtmr1 --event a --dry-run' "write user_data --hex $(bytes 128 1)")
	machine "$@"
	mkdir -p "$ROOT/proc/sys/kernel/random"
	echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	tsmctl extend rtmr1 --event first
	assert_done
	for a in "${!commands[@]}"; do
		for ((b = a; b < ${#commands[@]}; b++)); do
			sim_fault clear '*:read:*:slow-2' '*:write:*:slow-2'
			for i in "$a" "$b"; do
				# shellcheck disable=SC2086 # words
				"$TSMCTL" -q --root "$ROOT" ${commands[i]} >"$OUT.$i" 2>"$ERR.$i" 3>&- &
				pids[i]=$!
			done
			for i in "$a" "$b"; do
				wait "${pids[i]}" || fail "${commands[a]} beside ${commands[b]}: $(cat "$ERR.$i")"
			done
			contention=$(cat "$ROOT/sys/.tsmsim/contention")
			[ -z "$contention" ] || fail "${commands[a]} beside ${commands[b]}: $contention"
		done
	done
	sim_fault clear
	tsmctl verify rtmr1
	assert_done
}

@test "all commands beside each other, in pairs: none would have crashed the posted kernel" {
	pairs
}

@test "the same on the trees without logs" {
	pairs --dialect v2
	pairs --dialect v3
}
