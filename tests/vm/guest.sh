#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# For the inits of virtual machines that tests/vm boots: busybox is there. What they find goes to the second serial port,
# a line each:
#   ok NAME, not ok NAME, # ...   a check, and what it printed
#   file NAME BASE64              for the host to look at
#   end                           all were run
# Each function check_NAME of an init is a check, NAME with blanks for underscores; in the order in which they stand there
# they run in a shell with -e, each on the machine that the ones before it left.

start() {
	/bin/busybox mkdir -p /proc /sys /dev /run /tmp
	/bin/busybox --install -s /bin
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs dev /dev
	mount -t tmpfs tmpfs /run
	mount -t tmpfs tmpfs /tmp
	chmod 1777 /tmp
	cd /tmp || return
	stty -F /dev/ttyS1 raw -echo
	exec 3>/dev/ttyS1
}

send_file() { # NAME FILE
	echo "file $1 $(base64 "$2" | tr -d '\n')" >&3
}

# For the checks: what has to hold ends the check where it does not.

equal() { # GOT WANT
	[ "$1" = "$2" ] || { printf 'got:  %s\nwant: %s\n' "$1" "$2" && exit 1; }
}

# says STATUS TEXT ARGS...: tsmctl ARGS ends with that status, and prints, on both outputs, what matches the pattern.
says() {
	want=$1 pattern=$2 status=0
	shift 2
	said=$(tsmctl "$@" 2>&1) || status=$?
	# shellcheck disable=SC2254 # a pattern
	case $said in
	$pattern) ;;
	*) printf 'tsmctl %s: %s\nwant: %s\n' "$*" "$said" "$pattern" && exit 1 ;;
	esac
	equal "status $status of tsmctl $*: $said" "status $want of tsmctl $*: $said"
}

hex() { od -An -v -tx1 "$1" | tr -d ' \n'; } # FILE
sum() { "$1sum" | cut -d' ' -f1; }           # HASH < BYTES
unhex() { printf '%b' "$(echo "$1" | sed 's/../\\x&/g')"; }
textsum() { printf '%s' "$2" | sum "$1"; }  # HASH TEXT
extended() { unhex "$2$3" | sum "$1"; }     # HASH VALUE DIGEST
count() { grep -c "$1" "$2" || true; }      # PATTERN FILE
as_nobody() { su -s /bin/sh nobody -c "$1"; } # COMMAND

# run_checks FILE: all of it. Its functions check_NAME have been read already.
run_checks() {
	sed -n 's/^\(check_[A-Za-z0-9_]*\)() {$/\1/p' "$1" >checks
	while read -r check; do
		name=$(echo "${check#check_}" | tr _ ' ')
		# Not as a condition: -e would not count there.
		(set -e; "$check") >said 2>&1
		case $? in 0) echo "ok $name" ;; *) echo "not ok $name" ;; esac >&3
		sed 's/^/# /' said >&3
	done <checks
}

# finish: the machine stops, and the host knows that it was no crash.
finish() {
	echo end >&3
	sync
	reboot -f
}
