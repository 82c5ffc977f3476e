#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks of quotes for the init `guest`, which reads this file: the kernel's configfs and its core of reports are the
# real ones, and the provider is that of tests/vm/reports. Each leaves no entry behind.

C=/sys/kernel/config
R=$C/tsm/report
Q=/sys/module/tsm_test_report/parameters

# provider PARAMETER VALUE
provider() { echo "$2" >"$Q/$1"; }
# at OFFSET SIZE FILE: bytes in hex.
at() { od -An -v -tx1 -j "$1" -N "$2" "$3" | tr -d ' \n'; }
no_entry() { equal "$(ls $R)" "${1:-}"; }

# await COMMAND...: until it succeeds; each try is a process or more, and none of them takes a second.
await() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 3000 ] || { echo "never: $*" && exit 1; }
	done
}

is_held() { [ "$(cat $Q/held)" = Y ]; }
# state PID LETTER: whether the process is in that state.
state() { grep -q "^State:	$2" "/proc/$1/status"; }

# begins_held ARGS...: tsmctl quote ARGS, until the provider works on its request; pid is its process.
begins_held() {
	provider hold Y
	tsmctl quote "$@" >out 2>err &
	pid=$!
	await is_held
}

# ends STATUS: the provider answers; the process that waited for that ends so.
ends() {
	provider hold N
	status=0
	wait "$pid" || status=$?
	equal "status $status: $(cat err)" "status $1: $(cat err)"
}

check_no_quote_without_configfs() {
	says 3 "*no '/sys/kernel/config/tsm': mount configfs there*" quote --random --json
}

check_no_quote_without_a_provider() {
	mount -t configfs configfs $C
	says 3 '*no quotes here: no guest driver gives them*' quote --random --json
	no_entry
	provider present Y
}

check_a_quote_with_this_report_data() {
	d=$(textsum sha512 'this request')
	tsmctl quote --report-data "$d" >raw
	equal "$(stat -c %s raw)" 1184
	equal "$(at 80 64 raw)" "$d"
	unhex "$d" >data
	tsmctl quote --report-data-file data >other
	cmp raw other
	tsmctl quote --nonce 00ff >other
	equal "$(at 80 64 other)" "00ff$(printf '%0124d' 0)"
	no_entry
}

check_a_quote_as_JSON_which_verify_reads() {
	d=$(textsum sha512 'that request')
	tsmctl quote --json --report-data "$d" >json
	equal "$(count "\"provider\":\"tsm_test_report\",\"report_data\":\"$d\",\"privlevel\":1," json)" 1
	says 0 'unchecked  snp-report  (the firmware did not sign this report)*' read -q --quote json --report-data "$d"
	says 1 '*this was not made for that request*' read -q --quote json --report-data "$(textsum sha512 another)"
	no_entry
}

check_privilege_levels() {
	tsmctl quote --random >raw
	equal "$(at 48 4 raw)" 01000000
	tsmctl quote --random --privlevel 3 >raw
	equal "$(at 48 4 raw)" 03000000
	says 2 '*--privlevel 0: the lowest that this kernel may ask for is 1*' quote --random --json --privlevel 0
	no_entry
}

check_services() {
	guid=00112233-4455-6677-8899-aabbccddeeff
	manifest=$(printf 'svsm %s 7' $guid | base64)
	says 0 "*\"manifestblob_base64\":\"$manifest\"*" quote --random --json --service-provider svsm \
		--service-guid 00112233-4455-6677-8899-AABBCCDDEEFF --service-manifest-version 7
	manifest=$(printf 'svsm 00000000-0000-0000-0000-000000000000 0' | base64)
	says 0 "*\"manifestblob_base64\":\"$manifest\"*" quote --random --json --service-provider svsm
	says 0 '*"auxblob_base64":null,"manifestblob_base64":null*' quote --random --json
	no_entry
}

check_not_where_no_register_is_extended() {
	says 3 "*no runtime register that logs could lead to*" quote --random --json --with-logs
	no_entry
}

check_what_the_provider_refuses() {
	provider fail 16
	says 4 "*'tsm_test_report' gave no report: *busy*" quote --random --json
	provider fail 5
	says 4 "*'tsm_test_report' gave no report: *" quote --random --json
	provider fail -1
	says 4 "*'tsm_test_report' gave an empty report*" quote --random --json
	provider fail 0
	no_entry
}

check_another_user_gets_none() {
	status=0
	as_nobody 'tsmctl quote --random --json' >out 2>err || status=$?
	equal "$status $(cat err)" "4 tsmctl: '/sys/kernel/config/tsm/report': permission denied: only root may ask for a quote"
	no_entry
}

check_an_entry_of_another_is_shown_and_left() {
	mkdir $R/other
	says 0 '*1 request, running or left by a killed program: other*' status
	says 0 '*' quote --random --json
	no_entry other
	rmdir $R/other
}

check_somebody_else_writes_to_the_entry() {
	head -c 64 /dev/zero >zeros
	begins_held --random --json
	entry=$(ls $R)
	# It stops when it has read the report, and looks at the generation after that.
	kill -STOP "$pid"
	provider hold N
	await state "$pid" T
	cat zeros >"$R/$entry/inblob"
	kill -CONT "$pid"
	ends 1
	grep -q "'tsm_test_report': the request's generation is 3, not 2: somebody else wrote to it" err
	equal "$(count quote_base64 out)" 0
	no_entry
}

check_a_signal_waits_until_the_entry_is_gone() {
	begins_held --random --json
	kill -TERM "$pid"
	grep -q '^ShdPnd:.*[1-9a-f]' /proc/$pid/status
	is_held
	ends 143
	equal "$(cat out err)" ''
	no_entry
}

check_the_entry_of_one_that_was_killed_is_left_and_shown() {
	begins_held --random --json
	kill -KILL "$pid"
	status=0
	wait "$pid" || status=$?
	equal "$status" 137
	provider hold N
	entry=$(ls $R)
	says 0 "*1 request, running or left by a killed program: $entry*" status
	says 0 '*' quote --random --json
	no_entry "$entry"
	rmdir "$R/$entry"
}

# asks WHO: quotes of its own report data, one after another.
asks() {
	for i in $(seq 10); do
		d=$(textsum sha512 "$1 $i")
		tsmctl quote --report-data "$d" >"raw.$1" || return
		equal "$(at 80 64 "raw.$1")" "$d"
	done
}

check_two_ask_at_the_same_time() {
	asks 1 &
	beside=$!
	asks 2
	wait "$beside"
	no_entry
}
