#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Registers whose log no kernel keeps: the journal, on Linux 6.16's tree and on the older configfs one.

setup() {
	load common
	load fuse
	common_setup
	need_fuse
}

teardown() {
	sim_stop
}

machine() {
	sim_start "$@"
	JOURNAL=$ROOT/run/tsmctl/journal.jsonl
	mkdir -p "$ROOT/run" "$ROOT/proc/sys/kernel/random"
	chmod 755 "$ROOT/run"
	echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
}

dd_extend() { # NAME: a foreign writer
	head -c 48 /dev/urandom | dd of="$ROOT/sys/devices/virtual/misc/tsm_mr_sample/measurements/$1" \
		bs=48 count=1 conv=notrunc status=none
}

@test "mr: an extend is an intent and its end, the alias shares the history" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	assert_done
	tsmctl extend rtmr_crypto_agile:sha384 --digest "$(printf 'ab%.0s' {1..48})" --note 'a "note"'
	assert_done
	assert_equal "$(jq -r 'select(.kind) | .kind' "$JOURNAL" | tr '\n' ' ')" 'intent commit intent commit '
	assert_equal "$(jq -c 'select(.same) | .same' "$JOURNAL")" '["tsm_mr_sample/rtmr_crypto_agile:sha384"]'
	tsmctl verify
	assert_done
	assert_output "$(printf '%s\n' 'match  tsm_mr_sample/rtmr1:sha384' \
		'untouched  tsm_mr_sample/rtmr_crypto_agile:sha256' \
		'match  tsm_mr_sample/rtmr_crypto_agile:sha384')"
	tsmctl log rtmr1 --json
	assert_done
	assert_json '[.events[] | .seq, .kind, .extends, .note] == [0, "record", true, null, 1, "direct", true, "a \"note\""]'
}

@test "rtmrs: the entry is made by the first extend; 0 and 1 are refused" {
	machine --tree rtmrs
	tsmctl read rtmr3
	assert_refused 3 "'rtmrs/rtmr3:sha384' has no entry in configfs yet: the first extend makes one"
	tsmctl extend rtmr3 --event one
	assert_done
	tsmctl extend rtmr3 --event two
	assert_done
	assert_equal "$(find "$ROOT/sys/kernel/config/tsm/rtmrs" -mindepth 1 -maxdepth 1 -type d | wc -l)" 1
	tsmctl verify
	assert_done
	assert_output 'match  rtmrs/rtmr3:sha384'
	tsmctl extend rtmr0 --event x --force
	assert_refused 3 "'rtmrs/rtmr0:sha384' cannot be extended on this kernel"
}

@test "rtmrs: somebody else has the index, whichever error says so" {
	for error in einval ebusy; do
		machine --tree rtmrs --owned-index $error
		rm -rf "$ROOT/run/tsmctl"
		mkdir "$ROOT/sys/kernel/config/tsm/rtmrs/theirs"
		echo -n 3 >"$ROOT/sys/kernel/config/tsm/rtmrs/theirs/index"
		# As if it had been made only after the search for it.
		sim_fault 'theirs/index:read:1:eio' 'theirs/index:read:2:eio'
		tsmctl extend rtmr3 --event one
		assert_done
		assert_equal "$(cat "$ROOT/sys/kernel/config/tsm/rtmrs/theirs/index")" 3
		tsmctl list rtmr3 --json
		assert_json '.registers[0].path | endswith("/theirs")'
		tsmctl verify
		assert_done
	done
}

@test "tdx_guest: rtmr0 and rtmr1 belong to the firmware" {
	machine --tree mr --provider tdx_guest
	for mr in rtmr0 rtmr1; do
		tsmctl extend $mr --event one
		assert_refused 2 "'tdx_guest/$mr:sha384' belongs to the firmware*--force*"
		tsmctl extend $mr --event one --force
		assert_done
	done
	# What is forced is in the journal, behind what firmware logged.
	tsmctl verify
	assert_done
	assert_output "$(printf 'match  tdx_guest/rtmr%s:sha384\n' 0 1 2 && echo 'untouched  tdx_guest/rtmr3:sha384')"
	tsmctl verify --json rtmr0
	assert_json '.registers[0].sources == ["ccel", "journal"]'
}

@test "the journal is a source of a register that starts from its name, and of its alias" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	tsmctl verify --json
	assert_success
	assert_json '[.registers[] | select(.records > 0) | [.register, .sources]] ==
		[["tsm_mr_sample/rtmr1:sha384", ["journal"]], ["tsm_mr_sample/rtmr_crypto_agile:sha384", ["journal"]]]'
}

@test "-v names the journal where it is read; -vv also where it is not there" {
	machine --tree mr
	tsmctl -vv verify rtmr1
	[[ $stderr != *journal.jsonl* ]] || fail "$stderr" # nor is its folder
	mkdir "$ROOT/run/tsmctl"
	tsmctl -vv verify rtmr1
	[[ $stderr == *"tsmctl: tried '/run/tsmctl/journal.jsonl': no such file or directory"* ]] || fail "$stderr"
	tsmctl extend rtmr1 --event one
	tsmctl -v verify rtmr1
	assert_output 'match  tsm_mr_sample/rtmr1:sha384'
	[[ $stderr == *"tsmctl: opened '/run/tsmctl/journal.jsonl'"* ]] || fail "$stderr"
}

@test "a foreign extend is located: behind the last record, then between two" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	dd_extend rtmr1:sha384
	tsmctl verify rtmr1
	assert_equal "$status" 1
	assert_output "mismatch  tsm_mr_sample/rtmr1:sha384  (after event 0 of 'journal' it was extended by something that is in none of these logs)"
	tsmctl extend rtmr1 --event two
	assert_equal "$status" 0
	tsmctl verify rtmr1
	assert_equal "$status" 1
	assert_output "mismatch  tsm_mr_sample/rtmr1:sha384  (between events 0 and 1 of 'journal' it was extended by something that is in none of these logs)"
}

@test "--once: nothing the second time, refused where the log does not verify" {
	machine --tree mr
	tsmctl extend rtmr1 --event one --once
	assert_done
	tsmctl extend rtmr1 --event one --once
	assert_equal "$status" 0
	assert_equal "$(grep -c commit "$JOURNAL")" 1
	dd_extend rtmr1:sha384
	tsmctl extend rtmr1 --event one --once
	assert_refused 1 "'tsm_mr_sample/rtmr1:sha384': its logs do not verify (mismatch), so they cannot tell whether this was extended: nothing was extended; run 'tsmctl verify tsm_mr_sample/rtmr1:sha384'"
	assert_equal "$(grep -c intent "$JOURNAL")" 1
}

@test "a damaged journal: --once and 'measure' extend nothing any more, 'extend' once it is moved aside" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	echo garbage >>"$JOURNAL"
	printf 'rtmr1 event two\n' >"$BATS_TEST_TMPDIR/list"
	local wrong="'/run/tsmctl/journal.jsonl': line 4: not a JSON object" r=tsm_mr_sample/rtmr1:sha384 value
	value=$(sim_truth "$r")
	local said="'$r': its logs do not verify ($wrong), so they cannot tell whether this was extended: nothing was extended; run 'tsmctl verify $r'"
	tsmctl extend rtmr1 --event two --once
	assert_refused 1 "$said"
	tsmctl measure "$BATS_TEST_TMPDIR/list"
	assert_refused 1 "'$BATS_TEST_TMPDIR/list:1': $said; before this line, 0 of 1 lines were extended"
	tsmctl extend rtmr1 --event two
	assert_refused 5 "$wrong*"
	mv "$JOURNAL" "$BATS_TEST_TMPDIR/aside"
	tsmctl measure "$BATS_TEST_TMPDIR/list"
	assert_error 1 "*'$r': its logs do not verify (*"
	assert_equal "$(sim_truth "$r")" "$value"
	tsmctl status --json
	assert_json --arg r "$r" '[.findings[] | select(.register == $r)] | length == 1 and .[0].level == "note" and
		(.[0].message | startswith($r + ": unlogged: ")) and (.[0].fix | test("extend nothing into it: reboot"))'
	tsmctl extend rtmr1 --event two
	assert_success
	tsmctl verify rtmr1
	assert_failure 1
}

@test "--once: a register that an index stands for, too, and every name of it" {
	machine --tree mr --provider tdx_guest --no-ccel
	tsmctl extend rtmr3 --event one
	for i in 1 2; do
		tsmctl extend rtmr3 --event one --once
		assert_equal "$status" 0
		assert_equal "$stderr" "tsmctl: 'tdx_guest/rtmr3:sha384': already extended in this boot, nothing done"
		tsmctl extend rtmr2 --event one --once
		assert_equal "$status" 0
	done
	assert_equal "$(grep -c commit "$JOURNAL")" 2
	machine --tree rtmrs --no-ccel
	rm -r "$ROOT/run/tsmctl"
	tsmctl extend rtmr3 --event one
	tsmctl extend rtmr3 --event one --once
	assert_equal "$stderr" "tsmctl: 'rtmrs/rtmr3:sha384': already extended in this boot, nothing done"
	assert_equal "$(grep -c commit "$JOURNAL")" 1
	machine --tree mr
	rm -r "$ROOT/run/tsmctl"
	tsmctl extend rtmr1 --event one
	tsmctl extend rtmr_crypto_agile:sha384 --event two
	tsmctl extend rtmr_crypto_agile:sha384 --event one --once
	assert_equal "$stderr" "tsmctl: 'tsm_mr_sample/rtmr_crypto_agile:sha384': already extended in this boot, nothing done"
	tsmctl extend rtmr1 --event two --once
	assert_equal "$stderr" "tsmctl: 'tsm_mr_sample/rtmr1:sha384': already extended in this boot, nothing done"
	assert_equal "$(grep -c commit "$JOURNAL")" 2
}

@test "what a crash left is settled: an open intent, a torn line" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	tsmctl extend rtmr1 --event two
	# As if killed before its end was written, and in the middle of another line.
	sed -i '$d' "$JOURNAL"
	printf '{"kind":"com' >>"$JOURNAL"
	tsmctl verify rtmr1
	assert_done
	assert_output 'match  tsm_mr_sample/rtmr1:sha384'
	tsmctl extend rtmr1 --event three
	assert_done
	assert_equal "$(jq -r 'select(.kind == "commit") | .seq' "$JOURNAL" | tr '\n' ' ')" '0 1 2 '
	# As if killed before the write.
	jq -c 'select(.seq == 2 and .kind == "intent") | .seq = 3 | .before = .expected' "$JOURNAL" >"$BATS_TEST_TMPDIR/l"
	hex=$(jq -r '.before + .digest' "$BATS_TEST_TMPDIR/l")
	want=$(printf '%b' "$(sed 's/../\\x&/g' <<<"$hex")" | sha384sum | cut -d' ' -f1)
	jq -c --arg e "$want" '.expected = $e' "$BATS_TEST_TMPDIR/l" >>"$JOURNAL"
	tsmctl verify rtmr1
	assert_done
	tsmctl extend rtmr1 --event four
	assert_done
	assert_equal "$(jq -r 'select(.kind == "void") | .seq' "$JOURNAL")" 3
	tsmctl verify rtmr1
	assert_done
}

@test "damage: status 5 with the line, and nothing is extended" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	cp "$JOURNAL" "$BATS_TEST_TMPDIR/good"
	for edit in 's/tsmctl.journal.1/tsmctl.journal\/9/' '2s/"record_hex":"6f/"record_hex":"6e/' \
		'3s/commit/commits/' '2s/"seq":0/"seq":1/' '1s/$/x/' '2s/:sha384/:sha3844/' '3d;2p' '2s/^/ /'; do
		sed "$edit" "$BATS_TEST_TMPDIR/good" >"$JOURNAL"
		tsmctl verify rtmr1
		assert_equal "$status" 5
		[[ $stderr == *"journal.jsonl': line "* ]]
	done
	{ head -n 1 "$BATS_TEST_TMPDIR/good" && head -c 1100000 /dev/zero | tr '\0' x && echo; } >"$JOURNAL"
	tsmctl verify rtmr1
	assert_equal "$status" 5
	assert_line --partial "journal.jsonl': line 2: offset 112: a line of more than 65536 bytes"
	echo nonsense >"$JOURNAL"
	tsmctl extend rtmr1 --event two
	assert_refused 5 "*journal.jsonl'*"
	assert_equal "$(cat "$JOURNAL")" nonsense
	cp "$BATS_TEST_TMPDIR/good" "$JOURNAL"
	tsmctl verify rtmr1
	assert_done
}

@test "what is in the journal's place and not to be trusted: status 4, nothing extended" {
	machine --tree mr
	mkdir -m 755 "$ROOT/run/tsmctl"
	ln -s /etc/passwd "$JOURNAL"
	tsmctl extend rtmr1 --event a
	assert_refused 4 "*journal.jsonl': not a regular file: remove it"
	rm "$JOURNAL" && mkfifo "$JOURNAL"
	tsmctl extend rtmr1 --event a
	assert_refused 4 "*journal.jsonl': not a regular file: remove it"
	rm "$JOURNAL" && touch "$JOURNAL" && chmod 666 "$JOURNAL"
	tsmctl extend rtmr1 --event a
	assert_refused 4 "*journal.jsonl': mode 0666 lets others in*"
	rm "$JOURNAL" && chmod 777 "$ROOT/run/tsmctl"
	tsmctl extend rtmr1 --event a
	assert_refused 4 "'/run/tsmctl': mode 0777 lets others in*"
	assert_equal "$(sim_stat tsm_mr_sample/rtmr1:sha384:extend)" 0
}

@test "another boot: set aside, or gone on with where the registers survived" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	echo 1f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	tsmctl verify rtmr1
	assert_done
	tsmctl extend rtmr1 --event two
	assert_done
	assert_equal "$(jq -r 'select(.kind == "state") | .boot_id' "$JOURNAL")" 1f0f0f0f-1111-2222-3333-444444444444
	tsmctl verify rtmr1
	assert_done
	cp "$JOURNAL" "$BATS_TEST_TMPDIR/old"
	machine --tree mr
	echo 2f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	tsmctl verify rtmr1
	assert_done
	tsmctl extend rtmr1 --event three
	assert_done
	assert_equal "$(grep -c commit "$JOURNAL")" 1
	cmp "$BATS_TEST_TMPDIR/old" "$ROOT/run/tsmctl/journal-1f0f0f0f-1111-2222-3333-444444444444.jsonl"
}

# boot N: the machine's boot id is another one; registers and run/ stay, as after a kexec.
boot() {
	echo "${1}f0f0f0f-1111-2222-3333-444444444444" >"$ROOT/proc/sys/kernel/random/boot_id"
}

@test "--once: a record of an earlier boot was not extended in this one" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	boot 1
	tsmctl extend rtmr1 --event one --once --dry-run
	assert_equal "$status" 0
	[[ $stderr == *'this would be logged: one' ]]
	tsmctl extend rtmr1 --event one --once
	assert_done
	assert_equal "$(grep -c '"kind":"commit"' "$JOURNAL")" 2
	tsmctl extend rtmr1 --event one --once
	assert_equal "$status" 0
	[[ $stderr == *'already extended in this boot'* ]]
	assert_equal "$(grep -c '"kind":"commit"' "$JOURNAL")" 2
	# The extend of another register has begun the new boot in the journal: that changes nothing.
	boot 2
	tsmctl extend rtmr_crypto_agile:sha256 --event two
	tsmctl extend rtmr1 --event one --once
	assert_done
	assert_equal "$(grep -c '"kind":"commit"' "$JOURNAL")" 4
	tsmctl verify
	assert_done
	# Which boot this is cannot be known: nor whether the record is of it.
	mv "$ROOT/proc" "$ROOT/gone"
	tsmctl extend rtmr1 --event one --once
	assert_refused 4 "'/proc/sys/kernel/random/boot_id': no boot id there: a journal could not be told from an older one, so nothing was extended; mount /proc, and use no ProcSubset=pid in a systemd unit"
}

@test "a kexec, and somebody extended in between: the place is named, the journal goes on" {
	machine --tree mr --provider tdx_guest --no-ccel
	tsmctl extend rtmr3 --event one
	tsmctl extend rtmr2 --event two
	boot 1
	head -c 48 /dev/urandom | dd of="$ROOT/sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384" \
		bs=48 count=1 conv=notrunc status=none
	tsmctl verify
	assert_equal "$status" 1
	assert_line "mismatch  tdx_guest/rtmr3:sha384  (after event 0 of 'journal' it was extended by something that is in none of these logs)"
	assert_line 'match  tdx_guest/rtmr2:sha384'
	tsmctl extend rtmr3 --event three
	assert_equal "$status" 0
	assert_equal "$stderr" "tsmctl: 'tdx_guest/rtmr3:sha384': something else extended it after record 0; 'tsmctl verify' says whether a log explains that"
	tsmctl verify
	assert_line "mismatch  tdx_guest/rtmr3:sha384  (between events 0 and 2 of 'journal' it was extended by something that is in none of these logs)"
	assert_equal "$(find "$ROOT/run/tsmctl" -name 'journal-*')" ''
}

@test "a kexec with an open record that was extended: verify and extend know its value" {
	machine --tree mr --provider tdx_guest --no-ccel
	tsmctl extend rtmr3 --event one
	sed -i '$d' "$JOURNAL"
	boot 1
	tsmctl verify
	assert_done
	assert_line 'match  tdx_guest/rtmr3:sha384'
	tsmctl extend rtmr3 --event two
	assert_done
	assert_equal "$(jq -r 'select(.kind) | .kind' "$JOURNAL" | tr '\n' ' ')" 'intent state commit intent commit '
	tsmctl verify
	assert_done
}

@test "rtmrs: after a kexec no entry shows what the journal states: one is made, and it goes on" {
	machine --tree rtmrs --no-ccel
	tsmctl extend rtmr3 --event one
	boot 1
	# As if there was none, until one is to be made.
	sim_fault 'tsmctl-rtmr3/index:read:1:eio' 'tsmctl-rtmr3/index:read:2:eio'
	tsmctl extend rtmr2 --event two
	assert_done
	assert_equal "$(find "$ROOT/run/tsmctl" -name 'journal-*')" ''
	tsmctl verify
	assert_done
	assert_line 'match  rtmrs/rtmr3:sha384'
}

@test "an initramfs that did not hand /run on: the first extend says so, both journals verify" {
	machine --tree mr --provider tdx_guest --no-ccel
	tsmctl extend rtmr3 --event initramfs
	mv "$JOURNAL" "$BATS_TEST_TMPDIR/initramfs.jsonl"
	tsmctl extend rtmr2 --event root
	assert_equal "$status" 0
	assert_equal "$stderr" "tsmctl: 'tdx_guest/rtmr3:sha384': extended before this journal was made: in an initramfs that did not hand /run on, or by another program; tsmctl-journal(5) says how to join journals"
	tsmctl extend rtmr3 --event root
	assert_done
	tsmctl verify rtmr3
	assert_equal "$status" 1
	tsmctl read >/dev/null
	cp "$OUT" "$BATS_TEST_TMPDIR/values"
	tsmctl verify --values "$BATS_TEST_TMPDIR/values" --input "$BATS_TEST_TMPDIR/initramfs.jsonl" --input "$JOURNAL"
	assert_done
	# What the firmware has logged is no sign of it.
	machine --tree mr --provider tdx_guest
	rm -r "$ROOT/run/tsmctl"
	tsmctl extend rtmr2 --event root
	assert_done
}

@test "a write that was not even tried: void, whatever the register shows then" {
	machine --tree mr --provider tdx_guest --no-ccel
	tsmctl extend rtmr3 --event one
	sim_fault 'rtmr3*:open:2:eio'
	tsmctl extend rtmr3 --event two
	assert_refused 4 "'*rtmr3:sha384': input/output error (nothing was extended)"
	assert_equal "$(jq -r 'select(.seq == 1) | .kind' "$JOURNAL" | tr '\n' ' ')" 'intent void '
	# Somebody else came in between: that shows in the next record, and this one is void all the same.
	sim_fault clear 'rtmr3*:open:2:eio' 'rtmr3*:open:2:foreign-extend'
	tsmctl extend rtmr3 --event three
	assert_refused 4 "'*rtmr3:sha384': input/output error (nothing was extended)"
	assert_equal "$(jq -r 'select(.seq == 2) | .kind' "$JOURNAL" | tr '\n' ' ')" 'intent void '
	sim_fault clear
	tsmctl verify
	assert_line "mismatch  tdx_guest/rtmr3:sha384  (after event 0 of 'journal' it was extended by something that is in none of these logs)"
}

# limited N: an extend whose files may have N times 1,024 bytes. Its output goes to a pipe.
limited() {
	status=0
	output=$(ulimit -f "$1" && exec "$TSMCTL" --root "$ROOT" extend rtmr3 --event two 2>&1) || status=$?
}

@test "a limit of the file size: status 4, nothing is extended, no signal" {
	machine --tree mr --provider tdx_guest --no-ccel
	tsmctl extend rtmr3 --event one
	for limit in 0 1 2 8; do
		# In units of 1,024 bytes.
		limited $limit
		assert_equal "$status" 4
		[[ $output == *"journal.jsonl': no room for another record: RLIMIT_FSIZE: file too large: nothing was extended" ]]
	done
	rm "$JOURNAL"
	limited 0
	assert_equal "$status" 4
	[[ $output == *"journal.jsonl': file too large" ]]
	assert_equal "$(sim_stat tdx_guest/rtmr3:sha384:extend)" 1
}

# many N: a machine of N registers as plain files, extended once each in another boot, and its journal.
many() {
	local i d b e dir=$ROOT/sys/devices/virtual/misc/p/measurements
	rm -rf "$ROOT"
	mkdir -p "$dir" "$ROOT/proc/sys/kernel/random"
	install -d -m 755 "$ROOT/run" "$ROOT/run/tsmctl"
	JOURNAL=$ROOT/run/tsmctl/journal.jsonl
	boot 1
	d=$(textsum sha384 x)
	b=$ZERO48
	e=$(extended sha384 "$b" "$d")
	unhex "$e" >"$BATS_TEST_TMPDIR/value"
	for ((i = 0; i < $1; i++)); do echo "$dir/r$i:sha384"; done >"$BATS_TEST_TMPDIR/paths"
	# A process may have 1,024 files open.
	while readarray -n 1000 -t paths && [ ${#paths[@]} -gt 0 ]; do
		tee "${paths[@]}" <"$BATS_TEST_TMPDIR/value" >/dev/null
	done <"$BATS_TEST_TMPDIR/paths"
	{
		echo '{"schema":"tsmctl.journal/1","boot_id":"0f0f0f0f-1111-2222-3333-444444444444","created":"2026-01-01T00:00:00Z"}'
		for ((i = 0; i < $1; i++)); do
			printf '{"kind":"intent","seq":%u,"register":"p/r%u:sha384","record_hex":"78",' $i $i
			printf '"digest":"%s","before":"%s","expected":"%s","pid":1,"start":1,"time":"2026-01-01T00:00:00Z"}\n' "$d" "$b" "$e"
			printf '{"kind":"commit","seq":%u}\n' $i
		done
	} >"$JOURNAL"
}

@test "4,096 registers, and a new boot id: a state takes several lines" {
	many 4096
	tsmctl extend r7 --event x
	assert_equal "$status" 6 # a file is set, not extended
	assert_equal "$(sed -n '$p' "$JOURNAL" | jq -r .kind)" unknown
	assert_equal "$(jq -r 'select(.kind == "state") | .boot_id, .more' "$JOURNAL" | tr '\n' ' ')" '1f0f0f0f-1111-2222-3333-444444444444 true '
	assert_equal "$(jq -r 'select(.kind == "state" or .kind == "part") | .registers[].names[]' "$JOURNAL" | wc -l)" 4096
	tsmctl verify r8
	assert_done
	# As if it was killed while it wrote that state: the next one writes it again.
	cp "$JOURNAL" "$BATS_TEST_TMPDIR/whole"
	for keep in 8194 8200; do
		for torn in '' 's/.\{20\}$//'; do
			{
				sed -n "1,${keep}p" "$BATS_TEST_TMPDIR/whole"
				[ -z "$torn" ] || sed -n "$((keep + 1))p" "$BATS_TEST_TMPDIR/whole" | sed "$torn" | tr -d '\n'
			} >"$JOURNAL"
			cp "$ROOT/sys/devices/virtual/misc/p/measurements/r8:sha384" "$ROOT/sys/devices/virtual/misc/p/measurements/r7:sha384"
			tsmctl verify r7 r8
			assert_done
			tsmctl extend r7 --event x
			assert_equal "$status" 6
			diff <(sed 's/"pid".*//' "$BATS_TEST_TMPDIR/whole") <(sed 's/"pid".*//' "$JOURNAL")
		done
	done
}

@test "mr: the tree as it was posted in April 2025 is listed, read, extended and verified like the one of today" {
	machine --tree mr --folder mr --provider tdx_guest --no-ccel
	tsmctl list --json
	assert_done
	assert_json '[.registers[].path | ltrimstr("/sys/devices/virtual/misc/tdx_guest/mr/")] == ["mrconfigid", "mrowner",
		"mrownerconfig", "mrtd:sha384", "rtmr0:sha384", "rtmr1:sha384", "rtmr2:sha384", "rtmr3:sha384"]'
	assert_json '[.registers[] | select(.extensible and .log == "journal" and .abi == "tsm-mr").cc_mr_index] == [1, 2, 3, 4]'
	tsmctl read rtmr3
	assert_output "$ZERO48  tdx_guest/rtmr3:sha384"
	tsmctl verify rtmr3
	assert_output 'untouched  tdx_guest/rtmr3:sha384'
	v=$(extended sha384 "$ZERO48" "$(textsum sha384 one)")
	tsmctl extend rtmr3 --event one
	assert_done
	assert_output "$v  tdx_guest/rtmr3:sha384"
	assert_equal "$(sim_truth tdx_guest/rtmr3:sha384)" "$v"
	assert_equal "$(sim_stat tdx_guest/mr/rtmr3:sha384:write)" 1
	tsmctl extend rtmr3 --event one --once
	assert_success
	tsmctl read rtmr3
	assert_output "$v  tdx_guest/rtmr3:sha384"
	tsmctl verify
	assert_done
	assert_line 'match  tdx_guest/rtmr3:sha384'
	tsmctl log rtmr3 --json
	assert_json '[.events[].data_text] == ["one"] and .registers[0].verdict == "match"'
	tsmctl status
	[[ $output == *'tsm-mr: 1 provider, 8 registers'* && $output == *'8 of 8 can be read'* ]] || fail "$output"
	head -c 48 /dev/zero | dd of="$ROOT/sys/devices/virtual/misc/tdx_guest/mr/rtmr3:sha384" bs=48 conv=notrunc status=none
	tsmctl verify rtmr3
	assert_failure 1
}

@test "eight processes: no record lost or counted twice" {
	machine --tree mr
	pids=()
	for p in {1..8}; do
		(for i in {1..25}; do "$TSMCTL" --root "$ROOT" extend rtmr1 --event "$p.$i" --wait 86400 >/dev/null || echo failed; done) &
		pids+=($!)
	done >"$BATS_TEST_TMPDIR/out"
	wait "${pids[@]}"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" ''
	assert_equal "$(jq -r 'select(.kind == "intent") | .record_hex' "$JOURNAL" | sort -u | wc -l)" 200
	assert_equal "$(grep -c '"kind":"commit"' "$JOURNAL")" 200
	grep -q '"kind":"state"' "$JOURNAL"
	tsmctl verify rtmr1
	assert_done
}

# open_intent REGISTER PID: the last record again, as one that is being extended.
open_intent() {
	local before digest
	before=$(jq -r 'select(.kind == "intent") | .expected' "$JOURNAL" | tail -n 1)
	digest=$(jq -r 'select(.kind == "intent") | .digest' "$JOURNAL" | tail -n 1)
	jq -c --arg r "$1" --argjson p "$2" --arg b "$before" --arg e "$(extended sha384 "$before" "$digest")" '
		select(.kind == "intent") | .seq += 1 | .register = $r | .pid = $p | .start = 0 | .before = $b |
		.expected = $e | del(.like)' "$JOURNAL" | tail -n 1 >>"$JOURNAL"
}

extended() { # HASH VALUE DIGEST
	printf '%b' "$(sed 's/../\\x&/g' <<<"$2$3")" | "$1sum" | cut -d' ' -f1
}

@test "a process that may still be writing is waited for" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	open_intent tsm_mr_sample/rtmr1:sha384 $$
	tsmctl extend rtmr1 --event two --wait 1
	assert_refused 4 "record 1 of 'tsm_mr_sample/rtmr1:sha384' is being extended: process $$ is still there after 1 seconds"
	tsmctl status
	[[ $output == *"journal"*"record 1 of 'tsm_mr_sample/rtmr1:sha384' has no end"* ]]
	tsmctl status --json
	assert_json '[.findings[] | select(has("record")) | [.register, .record]] == [["tsm_mr_sample/rtmr1:sha384", 1]]'
	tsmctl log rtmr1 --json
	assert_json '[.events[].extends] == [true, false]'
}

@test "a number that is another process's now, or a thread's, is not waited for" {
	local thread
	machine --tree mr
	tsmctl extend rtmr1 --event one
	mkdir "$ROOT/proc/$$"
	echo "$$ (a) b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0" >"$ROOT/proc/$$/stat"
	open_intent tsm_mr_sample/rtmr1:sha384 $$
	sed -i '$s/"start":0/"start":4712/' "$JOURNAL"
	tsmctl extend rtmr1 --event two --wait 0
	assert_done
	open_intent tsm_mr_sample/rtmr1:sha384 $$
	sed -i '$s/"start":0/"start":4711/; $s/"seq":1,/"seq":3,/' "$JOURNAL"
	tsmctl extend rtmr1 --event three --wait 0
	assert_refused 4 "record 3 of 'tsm_mr_sample/rtmr1:sha384' is being extended: process $$ is still there after 0 seconds"
	# What the kernel says of a thread's number differs: EINVAL, or, since 6.16, ENOENT.
	coproc threads { exec python3 -c 'import threading, sys
t = threading.Thread(target=sys.stdin.read); t.start(); print(t.native_id, flush=True)'; }
	read -r thread <&"${threads[0]}"
	sed -i "\$s/\"pid\":$$/\"pid\":$thread/; \$s/\"start\":4711/\"start\":0/" "$JOURNAL"
	tsmctl extend rtmr1 --event three --wait 0
	assert_done
	eval "exec ${threads[1]}>&-"
	tsmctl verify rtmr1
	assert_done
}

@test "of a process whose /proc is not the machine's, no number is kept" {
	machine --tree mr
	mkdir "$ROOT/proc/self"
	echo "1 (init) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0" >"$ROOT/proc/self/stat"
	tsmctl extend rtmr1 --event one
	assert_done
	assert_equal "$(jq -c 'select(.kind == "intent") | [.pid, .start]' "$JOURNAL")" '[0,0]'
}

@test "an open intent of a register that is gone keeps nobody else from extending, and is settled once it is back" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	open_intent gone/rtmr1:sha384 2147483647
	cp "$JOURNAL" "$BATS_TEST_TMPDIR/open"
	tsmctl extend rtmr1 --event two
	assert_done
	tsmctl status
	[[ $output == *"record 1 of 'gone/rtmr1:sha384' has no end"* ]]
	tsmctl verify
	assert_equal "$status" 3
	assert_line "error  gone/rtmr1:sha384  (the journal has records of 'gone/rtmr1:sha384', which is not here)"
	assert_line 'match  tsm_mr_sample/rtmr1:sha384'
	# States are written all the same, and what is open is found through them.
	for i in {1..20}; do
		tsmctl extend rtmr1 --event "$i"
		assert_done
	done
	grep -q '"names":\["gone/rtmr1:sha384"\],"value":"[0-9a-f]*","last":0,"open":[0-9]*}' "$JOURNAL"
	# Back, and it was never written to: a copy of the machine, with the register as a plain file.
	for end in before expected; do
		rm -rf "$BATS_TEST_TMPDIR/copy"
		mkdir -p "$BATS_TEST_TMPDIR/copy/sys/devices/virtual/misc/gone/measurements"
		cp -r "$ROOT/run" "$ROOT/proc" "$BATS_TEST_TMPDIR/copy"
		unhex "$(jq -r "select(.kind == \"intent\" and .seq == 1) | .$end" "$JOURNAL")" \
			>"$BATS_TEST_TMPDIR/copy/sys/devices/virtual/misc/gone/measurements/rtmr1:sha384"
		go "$TSMCTL" --root "$BATS_TEST_TMPDIR/copy" extend gone/rtmr1 --event three
		assert_equal "$status" 6 # a file is set, not extended
		assert_equal "$(jq -r 'select(.seq == 1) | .kind' "$BATS_TEST_TMPDIR/copy/run/tsmctl/journal.jsonl" | tr '\n' ' ')" \
			"intent $([ $end = before ] && echo void || echo commit) "
	done
}

@test "a register that cannot be read does not block the others either" {
	machine --tree mr --provider tdx_guest --no-ccel
	tsmctl extend rtmr3 --event one
	open_intent tdx_guest/rtmr3:sha384 2147483647
	sim_fault 'rtmr3*:read:*:eio'
	tsmctl extend rtmr2 --event two
	assert_done
	tsmctl extend rtmr3 --event three
	assert_refused 4 "*rtmr3:sha384': input/output error"
	assert_equal "$(jq -r 'select(.seq == 1) | .kind' "$JOURNAL" | tr '\n' ' ')" 'intent '
	sim_fault clear
	tsmctl extend rtmr3 --event three
	assert_done
	assert_equal "$(jq -r 'select(.seq == 1) | .kind' "$JOURNAL" | tr '\n' ' ')" 'intent void '
	tsmctl verify
	assert_done
	tsmctl log rtmr3 --json
	assert_json '[.events[] | .seq, .extends] == [0, true, 1, false, 3, true]'
	tsmctl read
	cp "$OUT" "$BATS_TEST_TMPDIR/values"
	tsmctl verify --values "$BATS_TEST_TMPDIR/values" --input "$JOURNAL"
	assert_done
}

@test "records that one register ends in disorder are damage" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	open_intent tsm_mr_sample/rtmr1:sha384 2147483647
	open_intent tsm_mr_sample/rtmr1:sha384 2147483647
	tsmctl verify
	assert_equal "$status" 5
	assert_line --partial 'line 5: record 1 of this register has no end, and another one begins'
}

@test "a foreign extend at the same moment: unknown, status 6, and verify says between which records" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	sim_fault 'rtmr1*:write:1:foreign-extend-after'
	tsmctl extend rtmr1 --event two
	assert_refused 6 "'tsm_mr_sample/rtmr1:sha384': it changed, but not to the predicted value: *whether record 1 was extended is unknown"
	assert_equal "$(jq -r 'select(.seq == 1) | .kind' "$JOURNAL" | tail -n 1)" unknown
	tsmctl extend rtmr1 --event three
	assert_done
	tsmctl verify rtmr1
	assert_equal "$status" 1
	assert_output "mismatch  tsm_mr_sample/rtmr1:sha384  (between events 0 and 2 of 'journal' it was extended by something that is in none of these logs)"
	tsmctl log rtmr1 --json
	assert_json '[.events[].extends] == [true, null, true]'
	tsmctl status
	[[ $output == *"problem  journal"*"mismatch: between events 0 and 2 of 'journal' it was extended by something that is in none of these logs"* ]]
	tsmctl verify rtmr1 --json
	# What the events are is for verify to say.
	diagnosis=$(jq -c '.registers[0].diagnosis | del(.type, .name, .other.type, .other.name)' <<<"$output")
	tsmctl status --json
	assert_json --argjson d "$diagnosis" '[.findings[] | select(.register == "tsm_mr_sample/rtmr1:sha384") | .diagnosis] == [$d] and
		$d.seq == 2 and $d.other.seq == 0'
}

# agent TEXT: an event that another program extends rtmr3 with, and its log that has it.
agent() {
	local in=$BATS_TEST_TMPDIR/agent
	mkdir -p "$ROOT/run/attestation-agent"
	echo "rtmr3 aael text:$1" >"$in"
	"$GENLOG" -f aael "$in" >"$ROOT/run/attestation-agent/eventlog"
	"$TSMCTL" log --jsonl --input "$ROOT/run/attestation-agent/eventlog:aael" |
		jq -r '.digests[0].digest' >"$in.digest"
	unhex "$(cat "$in.digest")" | dd of="$ROOT/sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384" \
		bs=48 conv=notrunc status=none
}

@test "a record that somebody else extended after: another program's log decides whether it was extended" {
	# An open record, extended or not, and then the agent's event; then its end, which is unknown.
	for landed in true false; do
		machine --tree mr --provider tdx_guest --no-ccel
		rm -rf "$ROOT/run/tsmctl" "$ROOT/run/attestation-agent"
		tsmctl extend rtmr3 --event one
		if [ $landed = true ]; then
			tsmctl extend rtmr3 --event one
			sed -i -e '$d' -e 's/"pid":[0-9]*/"pid":2147483647/' "$JOURNAL"
		else
			open_intent tdx_guest/rtmr3:sha384 2147483647
		fi
		agent 'a b c'
		tsmctl verify rtmr3
		assert_done
		assert_output 'match  tdx_guest/rtmr3:sha384'
		tsmctl log rtmr3 --json
		assert_json ".registers[0].verdict == \"match\" and ([.events[] | .source, .extends] ==
			[\"aael\", true, \"journal\", true, \"journal\", $landed])"
		tsmctl -q extend rtmr3 --event two
		assert_done
		assert_equal "$(jq -r 'select(.seq == 1) | .kind' "$JOURNAL" | tail -n 1)" unknown
		tsmctl verify rtmr3
		assert_done
		assert_output 'match  tdx_guest/rtmr3:sha384'
		tsmctl log rtmr3 --json
		assert_json "[.events[] | select(.source == \"journal\") | .extends] == [true, $landed, true]"
		tsmctl log rtmr3 --jsonl
		assert_json -s '[.[] | select(.source == "journal") | .extends] == [true, null, true]'
	done
}

@test "--once: a record without an end counts if the history has it" {
	machine --tree mr --provider tdx_guest --no-ccel
	tsmctl extend rtmr3 --event one
	sed -i -e '$d' -e 's/"pid":[0-9]*/"pid":2147483647/' "$JOURNAL"
	agent 'a b c'
	tsmctl extend rtmr3 --event one --once
	assert_equal "$status" 0
	assert_equal "$stderr" "tsmctl: 'tdx_guest/rtmr3:sha384': already extended in this boot, nothing done"
	assert_equal "$(sim_stat tdx_guest/rtmr3:sha384:extend)" 2
	# Killed before the register was reached: it is extended now, and once.
	sed -i '3,$d' "$JOURNAL"
	cp "$JOURNAL" "$BATS_TEST_TMPDIR/open"
	machine --tree mr --provider tdx_guest --no-ccel
	cp "$BATS_TEST_TMPDIR/open" "$JOURNAL"
	agent 'a b c'
	for i in 1 2; do
		tsmctl extend rtmr3 --event one --once
		assert_equal "$status" 0
	done
	assert_equal "$(sim_stat tdx_guest/rtmr3:sha384:extend)" 2
	tsmctl verify rtmr3
	assert_done
}

@test "--once: a record that the register does not show was not extended" {
	machine --tree mr --provider tdx_guest --no-ccel
	tsmctl extend rtmr3 --event one
	cp "$JOURNAL" "$BATS_TEST_TMPDIR/one"
	machine --tree mr --provider tdx_guest --no-ccel
	cp "$BATS_TEST_TMPDIR/one" "$JOURNAL"
	tsmctl verify rtmr3
	assert_equal "$status" 1
	[[ $output == 'log-ahead  '* ]]
	tsmctl extend rtmr3 --event one --once
	[[ $stderr != *'already extended'* ]]
	assert_equal "$(sim_stat tdx_guest/rtmr3:sha384:extend)" 1
}

@test "rtmrs: --once asks the logs also where the register had no entry" {
	machine --tree rtmrs --no-ccel
	tsmctl extend rtmr3 --event one --once
	assert_done
	tsmctl extend rtmr2 --event two --once
	assert_done
	# As if there was none, until one is to be made.
	sim_fault 'tsmctl-rtmr3/index:read:1:eio' 'tsmctl-rtmr3/index:read:2:eio'
	tsmctl extend rtmr3 --event one --once
	assert_equal "$status" 0
	assert_equal "$stderr" "tsmctl: 'rtmrs/rtmr3:sha384': already extended in this boot, nothing done"
	sim_fault clear
	assert_equal "$(grep -c '"kind":"commit"' "$JOURNAL")" 2
	tsmctl verify rtmr2 rtmr3
	assert_done
}

@test "--once beside seven others: every record once, whoever comes first" {
	machine --tree mr --provider tdx_guest --no-ccel
	pids=()
	for p in {1..8}; do
		(for i in {1..25}; do "$TSMCTL" --root "$ROOT" extend rtmr3 --event "$i" --once --wait 86400 >/dev/null 2>&1 || echo failed; done) &
		pids+=($!)
	done >"$BATS_TEST_TMPDIR/out"
	wait "${pids[@]}"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" ''
	assert_equal "$(sim_stat tdx_guest/rtmr3:sha384:extend)" 25
	assert_equal "$(jq -r 'select(.kind == "intent") | .record_hex' "$JOURNAL" | sort -u | wc -l)" 25
	tsmctl verify rtmr3
	assert_done
}

@test "what the kernel says does not count, what the register shows does" {
	machine --tree mr
	sim_fault 'rtmr1*:write:1:eio-after'
	tsmctl extend rtmr1 --event one
	assert_done
	sim_fault 'rtmr1*:write:1:eio'
	tsmctl extend rtmr1 --event two
	assert_refused 4 '*input/output error (nothing was extended)'
	assert_equal "$(jq -r 'select(.seq == 1) | .kind' "$JOURNAL" | tail -n 1)" void
	tsmctl verify rtmr1
	assert_done
	rm -r "$ROOT/run/tsmctl"
	machine --tree rtmrs
	tsmctl extend rtmr3 --event one
	sim_fault 'digest:release:*:eio'
	tsmctl extend rtmr3 --event two
	assert_refused 4 "'rtmrs/rtmr3:sha384': the kernel reported success, but did not extend it"
	tsmctl verify
	assert_done
}

@test "the name for an older journal is taken: nothing is lost, nothing extended" {
	machine --tree mr
	tsmctl extend rtmr1 --event one
	cp "$JOURNAL" "$BATS_TEST_TMPDIR/old"
	machine --tree mr
	touch "$ROOT/run/tsmctl/journal-0f0f0f0f-1111-2222-3333-444444444444.jsonl"
	echo 2f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	tsmctl status
	[[ $output == *"it is of another boot (0f0f0f0f-1111-2222-3333-444444444444)"* ]]
	tsmctl extend rtmr1 --event two
	assert_refused 4 "'/run/tsmctl/journal.jsonl': of another boot, and cannot be set aside as 'journal-0f0f0f0f-*.jsonl': file exists"
	cmp "$JOURNAL" "$BATS_TEST_TMPDIR/old"
}

@test "--note: UTF-8, with --digest, where there is a journal" {
	machine --tree mr
	tsmctl extend rtmr1 --digest "$(printf '00%.0s' {1..48})" --note $'\xff'
	assert_refused 2 '--note: not UTF-8 of at most 4096 bytes'
	tsmctl extend rtmr1 --event x --note y
	assert_refused 2 '--note goes with --digest only'
	machine
	tsmctl extend measurement-example/rtmr1 --digest "$(printf '00%.0s' {1..48})" --note y
	assert_refused 3 '--note: the kernel keeps the log of*'
}

@test "a full disk: status 4, and nothing is extended" {
	machine --tree mr
	mount -t tmpfs -o size=8k none "$ROOT/run" || skip "tmpfs cannot be mounted"
	tsmctl extend rtmr1 --event one
	assert_refused 4 "'/run/tsmctl/journal.jsonl': *no space left on device: nothing was extended"
	umount "$ROOT/run"
	assert_equal "$(sim_stat tsm_mr_sample/rtmr1:sha384:extend)" 0
}

# noted PROGRAM PATH: that program's log is named on standard error, and nothing else but notes is there.
noted() {
	assert_success
	[[ $stderr == *"tsmctl: 'rtmrs/rtmr3:sha384': $1 keeps a log of this register, too ('/$2'): its verifiers do not know this record and will not accept the register"* ]] ||
		fail "$stderr"
}

@test "extend: another program's log of the register is noted, before and after" {
	local aael=run/attestation-agent/eventlog dstack=run/log/dstack/runtime_events.log systemd=run/log/systemd/cc-measure.log
	machine --tree rtmrs
	tsmctl extend rtmr3 --event one
	assert_done
	mkdir -p "$ROOT/${aael%/*}" "$ROOT/${dstack%/*}" "$ROOT/${systemd%/*}"
	: >"$ROOT/$aael"
	echo 'rtmr2 phase text:enter-initrd' | "$GENLOG" -f systemd:cc - >"$ROOT/$systemd"
	tsmctl extend rtmr3 --event 'with logs that have nothing of it'
	assert_done
	echo 'rtmr3 dstack name:app-id hex:00' | "$GENLOG" -f dstack - >"$ROOT/$dstack"
	tsmctl extend rtmr3 --event two --dry-run
	noted dstack "$dstack"
	tsmctl -j extend rtmr3 --event two
	noted dstack "$dstack"
	assert_json 'keys == ["after", "already", "before", "digest", "dry_run", "record_hex", "record_text", "register", "schema"]'
	tsmctl -q extend rtmr3 --event three
	assert_done
	# Nothing is extended: nothing is said.
	tsmctl extend rtmr3 --digest "$(printf 'ab%.0s' {1..47})"
	assert_failure 2
	[[ $stderr != *dstack* ]]
	echo 'rtmr3 aael text:a b c' | "$GENLOG" -f aael - >"$ROOT/$aael"
	tsmctl extend rtmr3 --event four
	noted 'the agent of Confidential Containers' "$aael"
	rm "$ROOT/$aael"
	tsmctl extend rtmr2 --event one
	[[ $stderr == *systemd*"$systemd"* ]]
}
