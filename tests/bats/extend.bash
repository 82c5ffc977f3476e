# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # the tests use what is set here
# For the tests of the commands that change registers: `load extend` after common and fuse. The machine
# is a simulated one with a run/ folder; it counts what is written to it.

extend_setup() {
	common_setup
	bats_load_library bats-file
	need_fuse
}

# machine ARGS...: a fresh simulated machine (tsmsim's options). T is the first provider's folder, R0
# and R1 its registers rtmr0 and rtmr1, N0 and N1 their whole names.
machine() {
	sim_start "$@"
	rm -rf "$ROOT/run"
	mkdir -m 755 "$ROOT/run"
	set_names "$ROOT"/sys/kernel/tsm/*
}

set_names() {
	T=$1
	R0=$T/rtmr0
	R1=$T/rtmr1
	N0=${T##*/}/rtmr0:sha384
	N1=${T##*/}/rtmr1:sha384
	case $N0 in measurement-example/*) N0=${N0%:*}:sha256 ;; esac
}

# What others do on the machine. append DIR TEXT (backslash escapes): one write.
append() {
	"$SIMCHECK" open "$1/append_event" O_WRONLY write "$(hex "$2")" >/dev/null
}
direct() { # DIR HEX
	"$SIMCHECK" open "$1/digest" O_WRONLY pwrite 0 "$2" >/dev/null
}

# fill DIR SIZE: appends until the log has exactly SIZE bytes; it is in sync then.
fill() {
	local left steps=(open "$1/append_event" O_WRONLY)
	append "$1" start
	left=$(($2 - $(stat -c %s "$1/event_log")))
	while [ "$left" -gt 8000 ]; do
		steps+=(write '61*4000')
		left=$((left - 4002))
	done
	steps+=(write "62*$((left / 2 - 2))" write "62*$((left - left / 2 - 2))")
	"$SIMCHECK" "${steps[@]}" >/dev/null
	assert_equal "$(stat -c %s "$1/event_log")" "$2"
}

# bytes N CHAR: that many of it.
bytes() {
	head -c "$1" /dev/zero | tr '\0' "$2"
}

# synced HASH VALUE RECORD...: the value after records before which the kernel puts a SYNC.
synced() {
	recorded "$1" "$2" "SYNC $1/$2" "${@:3}"
}

# What is true on the machine, which a test remembers and compares; it asks the simulator and the logs,
# so faults have to be cleared before.
_truth() {
	cat "$ROOT/sys/.tsmsim/truth"
	cat "$T"/rtmr*/event_log | cksum
}
remember() {
	TRUTH=$(_truth)
	WRITES=$(sim_stat total:write)
}

# assert_unchanged: nothing was measured or logged since. assert_unwritten: nor even tried.
assert_unchanged() {
	sim_fault clear
	assert_equal "$(_truth)" "$TRUTH"
}
assert_unwritten() {
	assert_unchanged
	assert_equal "$(sim_stat total:write)" "$WRITES"
}
# assert_written: exactly one write since.
assert_written() {
	assert_equal "$(sim_stat total:write)" "$((WRITES + 1))"
}

# assert_truth DIR HEX, assert_log DIR TEXT (backslash escapes): what the register truly holds, and the
# bytes of its log.
assert_truth() {
	assert_equal "$(sim_truth "${1#"$ROOT/sys/kernel/tsm/"}")" "$2"
}
assert_log() {
	assert_equal "$(filehex "$1/event_log")" "$(hex "$2")"
}

assert_there() {
	[ -e "$1" ] || fail "$1 is not there"
}
assert_absent() {
	if [ -e "$1" ] || [ -L "$1" ]; then
		fail "$1 is there"
	fi
}

# assert_verdict NAME VERDICT: what verify says of it.
assert_verdict() {
	"$TSMCTL" --root "$ROOT" verify "$1" >"$BATS_TEST_TMPDIR/verdict" || true
	assert_equal "$(awk '{ print $1, $2 }' "$BATS_TEST_TMPDIR/verdict")" "$2 $1"
}

# assert_value HEX NAME: that line was printed, and nothing else.
assert_value() {
	assert_equal "$output" "$1  $2"
}

# result NAME DIGEST BEFORE AFTER RECORD: the JSON document of a usual extend of a record.
result() {
	printf '{"schema":"tsmctl.extend/1","register":"%s","digest":"%s","before":"%s","after":"%s",' "${@:1:4}"
	printf '"record_hex":"%s","record_text":"%s","already":false,"dry_run":false}' "$(hex "$5")" "$5"
}

# begin ARGS...: starts tsmctl; PID is its process. finish: waits for it, then $status, $output, $stderr.
begin() {
	"$TSMCTL" --root "$ROOT" "$@" >"$OUT" 2>"$ERR" 3>&- &
	PID=$!
}
finish() {
	status=0
	wait "$PID" || status=$?
	output=$(<"$OUT")
	stderr=$(<"$ERR")
}

# await COMMAND...: until it succeeds, for as long as what begin started is there.
await() {
	while ! "$@"; do
		if ! kill -0 "$PID" 2>/dev/null; then
			finish
			fail "it ended before: $*
status $status, standard error: $stderr"
		fi
	done
}
# counted NAME N: whether the simulator counted N of them.
counted() {
	[ "$(sim_stat "$1")" -ge "$2" ]
}

# The same as elsewhere with fewer shell commands, each of which bats slows down.
_sim_mounted() {
	grep -qF " ${1// /\\040} " /proc/self/mountinfo
}
sim_stat() {
	awk -v name="$1" '$1 == name { n = $2 } END { print n + 0 }' "$ROOT/sys/.tsmsim/stats"
}
sim_truth() {
	awk -v name="$1" '$1 == name { print $2 }' "$ROOT/sys/.tsmsim/truth"
}
recorded() {
	local alg=$1 v=${2^^} line d
	for line in "${@:3}"; do
		d=$(printf %s "$line" | "${alg}sum")
		d=${d%% *}
		v=$(printf %s "$v${d^^}" | basenc -d --base16 | "${alg}sum")
		v=${v%% *}
		v=${v^^}
	done
	echo "${v,,}"
}
