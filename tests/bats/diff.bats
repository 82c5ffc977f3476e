#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq are its own
# What differs between two boots: how it is said. That exactly what differs is found, in each format, is in formats.bats.

setup() {
	load common
	load fuse
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	grep -v '^#' "$BATS_TEST_DIRNAME/../gen/boot.txt" >boot
	# The same in the names that a TD has, for formats that keep PCRs.
	sed 's/^pcr[17] /rtmr0 /; s/^pcr[45] /rtmr1 /; s/^pcr[89] /rtmr2 /; s/^pcr1[0-9] /rtmr2 /; /^pcr0/d' boot >td
}

teardown() {
	sim_stop
}

tsm() { go "$TSMCTL" --root /nonexistent "$@"; }

# boots SED [GENLOG OPTIONS...]: the logs a and b, b's description edited.
boots() {
	"$GENLOG" -f ccel td >a
	sed "$1" td >now
	"$GENLOG" -f ccel "${@:2}" now >b
}

# changes: the changes of the last diff --json, one a line: REGISTER CHANGE REFERENCE NOW.
changes() { json '.registers[] | .register as $r | .changes[] | "\($r) \(.change) \(.reference.seq) \(.now.seq)"'; }

@test "a kernel command line: the words that differ" {
	boots 's/vda1 ro/vda1 rw quiet/'
	tsm diff a b
	assert_failure 1
	assert_equal "$stderr" ''
	assert_equal "${lines[0]}" 'rtmr2:sha384: 5 events in the reference, 5 now'
	[[ ${lines[1]} =~ ^-\ 12\ +EV_IPL\ +[0-9a-f]{16}...\ kernel_cmdline:\ /vmlinuz\ root=/dev/vda1\ ro$ ]]
	[[ ${lines[2]} =~ ^\+\ 12\ +EV_IPL\ +[0-9a-f]{16}...\ kernel_cmdline:\ /vmlinuz\ root=/dev/vda1\ rw\ quiet$ ]]
	assert_equal "${lines[3]}" '     -ro +rw +quiet'
	assert_equal "${#lines[@]}" 4
	tsm diff --json a b
	assert_failure 1
	assert_json '.schema == "tsmctl.diff/1" and .same == false and [.registers[].register] ==
		["rtmr0:sha384", "rtmr1:sha384", "rtmr2:sha384"] and .registers[2].events == [5, 5]'
	assert_equal "$(changes)" 'rtmr2:sha384 changed 12 12'
	# Each event is what log prints of it.
	[ "$(json '.registers[2].changes[0].now' -S)" = "$("$TSMCTL" log --json --input b | jq -S '.events[12]')" ]
}

@test "a variable: the old and the new value; an image: its path and both digests" {
	boots 's/SecureBoot:01/SecureBoot:00/; s/0xbed00000:0x100000/0xbed00000:0x120000/'
	tsm diff a b
	assert_failure 1
	assert_line '     on -> off'
	assert_line --regexp '^     .*BOOTX64.EFI: digest [0-9a-f]{96} -> [0-9a-f]{96}$'
	tsm diff -q --json a b
	assert_equal "$(changes)" "$(printf '%s\n' 'rtmr0:sha384 changed 1 1' 'rtmr1:sha384 changed 9 9')"
}

@test "the same data with another digest: both digests" {
	boots '' --flip 12
	tsm diff a b
	assert_failure 1
	assert_line --regexp '^     /vmlinuz: digest [0-9a-f]{96} -> [0-9a-f]{96}$'
}

@test "the same digest and other data: no difference, but not unsaid" {
	local name='EV_IPL /vmlinuz'
	boots '' --alter 12
	tsm diff a b
	assert_success
	assert_output ''
	assert_equal "$stderr" \
		"tsmctl: 'rtmr2:sha384': event 13 ($name) has the digest of event 13 in the reference, but other data"
	tsm diff -q --json a b
	assert_done
	assert_json '.same and [.registers[].other_data] == [0, 0, 1] and all(.registers[]; .changes == [])'
	# What is shown around a change is what is asked for, and the event is named all the same.
	sed 's/SecureBoot:01/SecureBoot:00/' td | "$GENLOG" -f ccel --alter 12 - >b
	"$GENLOG" -f ccel --alter 14 td >c
	tsm diff c b
	assert_failure 1
	assert_equal "$(cut -c1 <<<"$output" | tr '\n' .)" 'r.-.+. .'
	[[ $stderr == *"but other data; so has 1 more" ]]
	# Another format says the same in other bytes.
	"$GENLOG" -f cel-json --alter 12 -b sha384 td >b
	tsm diff a b
	assert_done
	# A note that a journal keeps beside a digest is not hashed.
	head='{"schema":"tsmctl.journal/1","boot_id":"0f0f0f0f-1111-2222-3333-444444444444","created":"2026-11-24T16:17:31Z"}'
	for note in one two; do
		{
			echo "$head"
			printf '{"kind":"intent","seq":0,"register":"r/r0:sha384","note":"%s","digest":"%s","before":"%s",' "$note" \
				"${ZERO48//0/1}" "$ZERO48"
			printf '"expected":"%s","pid":7,"start":9,"time":"2026-11-24T16:17:31Z"}\n{"kind":"commit","seq":0}\n' \
				"$(extended sha384 "$ZERO48" "${ZERO48//0/1}")"
		} >$note
	done
	tsm diff one two
	assert_success
	[[ $stderr == *"event 0 ("*") has the digest of event 0 in the reference, but other data" ]]
}

@test "a database of keys: how many of each kind it has; an image without a path is one image" {
	local sha=2616c4c14c509240aca941f936934328 list db=d719b2cb-3d3a-4596-a3bc-dad00e67656f
	list=${sha}4c0000000000000030000000$(printf '%096d' 0)
	printf 'rtmr0 EV_EFI_VARIABLE_DRIVER_CONFIG var:%s:dbx:%s\n' $db "$list" >td
	printf 'rtmr1 EV_EFI_BOOT_SERVICES_APPLICATION image:0xbed00000:0x100000:\n' >>td
	boots "s/:dbx:$list/:dbx:$list$list/; s/0x100000/0x120000/"
	tsm diff a b
	assert_failure 1
	assert_line '     1 SHA256 -> 2 SHA256'
	tsm diff --json a b
	assert_equal "$(changes)" "$(printf '%s\n' 'rtmr0:sha384 changed 1 1' 'rtmr1:sha384 changed 2 2')"
}

@test "the order: as in the logs, what is gone before what is new" {
	printf 'rtmr3 EV_IPL text:%s\n' start 'a: 1' 'b: 1' gone end >td
	boots ''
	printf 'rtmr3 EV_IPL text:%s\n' start new 'a: 2' gone2 'b: 2' last end | "$GENLOG" -f ccel - >b
	tsm diff --json a b
	assert_equal "$(changes | cut -d' ' -f2-)" "$(printf '%s\n' 'added null 2' 'changed 2 3' 'added null 4' 'changed 3 5' \
		'removed 4 null' 'added null 6')"
	tsm diff --json b a
	assert_equal "$(changes | cut -d' ' -f2-)" "$(printf '%s\n' 'removed 2 null' 'changed 3 2' 'removed 4 null' 'changed 5 3' \
		'removed 6 null' 'added null 4')"
	# What has changed places on the way is told once.
	printf 'rtmr3 EV_IPL text:%s\n' start 'b: 2' new 'a: 2' end | "$GENLOG" -f ccel - >b
	tsm diff --json a b
	assert_equal "$(changes | cut -d' ' -f2-)" "$(printf '%s\n' 'added null 3' 'changed 2 4' 'changed 3 2' 'removed 4 null')"
}

@test "the logs in what quote --json prints" {
	boots 's/vda1 ro/vda1 rw/'
	printf 'rtmr3 aael text:a b c\n' | "$GENLOG" -f aael - >agent
	quoted() { # LOG FORMAT...
		local logs=()
		while [ $# -gt 0 ]; do
			logs+=("$(jq -n --arg s "$2" --arg b "$(base64 -w0 "$1")" '{source: $s, format: $s, base64: $b}')")
			shift 2
		done
		jq -n '{schema: "tsmctl.quote/1", boot_id: null, quote_base64: "", logs: $ARGS.positional}' \
			--jsonargs "${logs[@]}"
	}
	quoted b ccel agent aael >b.json
	tsm diff --json a b.json
	assert_failure 1
	assert_equal "$(changes)" "$(printf '%s\n' 'rtmr2:sha384 changed 12 12' 'rtmr3:sha384 added null 0')"
	assert_json '[.logs[].source] == ["ccel", "aael"]'
	tsm diff --reference agent --json a - <b.json
	assert_failure 1
	assert_equal "$(changes)" 'rtmr2:sha384 changed 12 12'
	tsm log --jsonl --input - rtmr3 <b.json
	assert_success
	assert_json '.source == "aael" and .register == "rtmr3:sha384"'
	quoted >none
	tsm diff a none
	assert_refused 5 "'none': no log: it was made without '--with-logs'"
	quoted a ccel | jq '.logs[0].base64 = "?"' >bad
	tsm log --input bad
	assert_refused 5 "'bad': log 0: its 'base64' is not base64"
	quoted a other >bad
	tsm log --input bad
	assert_refused 5 "'bad': log 'other': unknown format 'other'"
}

@test "events that are gone, new and moved, each once" {
	boots ''
	"$GENLOG" -f ccel --drop 7 td >b
	tsm diff --json a b
	assert_equal "$(changes)" 'rtmr1:sha384 removed 8 null'
	tsm diff --json b a
	assert_equal "$(changes)" 'rtmr1:sha384 added null 8'
	"$GENLOG" -f ccel --swap 2,3 td >b
	tsm diff --json a b
	[[ "$(changes)" =~ ^rtmr0:sha384\ moved\ (3\ 4|4\ 3)$ ]]
	tsm diff a b
	assert_equal "${#lines[@]}" 2
	assert_line --regexp '^> (3>4|4>3) +EV_'
	# What is moved one way is moved back the other way: the same event.
	assert_equal "$(cut -d'>' -f3 <<<"$output" | cut -d' ' -f2-)" "$("$TSMCTL" diff b a | cut -d'>' -f3 | cut -d' ' -f2-)"
}

@test "another name in the place of an event: one is gone, one is new" {
	boots 's,text:/vmlinuz$,text:/vmlinuz-6.1,'
	tsm diff --json a b
	assert_equal "$(changes)" "$(printf '%s\n' 'rtmr2:sha384 removed 13 null' 'rtmr2:sha384 added null 13')"
}

@test "-U: unchanged events around each change, and none twice" {
	boots 's/vda1 ro/vda1 rw/'
	tsm diff -U 1 a b
	assert_failure 1
	assert_equal "$(cut -c1-5 <<<"$output")" "$(printf '%s\n' rtmr2 '  11 ' '- 12 ' '+ 12 ' '     ' '  13 ')"
	tsm diff -U 1000000 a b
	assert_equal "$(grep -c '^  [0-9]' <<<"$output")" 4
	"$GENLOG" -f ccel --drop 16 td >b
	tsm diff -U1 a b
	assert_equal "$(cut -c1-5 <<<"$output")" "$(printf '%s\n' rtmr1 '  16 ' '- 17 ')"
	for n in x -1 1048577 ''; do
		tsm diff -U "$n" a b
		assert_refused 2 "-U '$n': not a number from 0 to 1048576"
	done
}

@test "-r: only registers that match; what matches none is a mistake" {
	boots 's/vda1 ro/vda1 rw/; s/SecureBoot:01/SecureBoot:00/'
	tsm diff --json -r rtmr1 a b
	assert_success
	assert_json '.same and [.registers[].register] == ["rtmr1:sha384"]'
	tsm diff --json -r 'RTMR[12]' -r rtmr0:sha384 a b
	assert_failure 1
	assert_json '[.registers[].register] == ["rtmr1:sha384", "rtmr2:sha384", "rtmr0:sha384"]'
	tsm diff -r rtmr9 a b
	assert_refused 2 "no register 'rtmr9' here*"
}

@test "mixed formats, and the strongest bank that both sides have" {
	boots ''
	for f in cel-json cel-tlv; do
		"$GENLOG" -f $f -b sha256,sha384,sha512 td >b
		tsm diff --json a b
		assert_success
		assert_json '.same and (.registers | length) == 3 and all(.registers[]; .register | endswith(":sha384"))'
		sed 's/vda1 ro/vda1 rw/' td | "$GENLOG" -f $f -b sha384,sha256 - >b
		tsm diff --json b a
		assert_failure 1
		assert_equal "$(json '.registers[].changes[] | .change')" changed
		"$GENLOG" -f $f -b sha256 td >c
		tsm diff --json b c
		assert_json '.registers[0].register == "rtmr0:sha256"'
		tsm diff a c
		assert_failure 3
		assert_equal "$output" ''
		[[ $stderr == "tsmctl: 'rtmr0': no hash has a digest in all of its events on both sides"* ]]
	done
	# An event in the middle lacks the strongest one.
	"$GENLOG" -f cel-json -b sha256,sha384 td >b
	jq -c '.[5].digests |= map(select(.hashAlg != "sha384"))' b >c
	tsm diff --json b c
	assert_success
	assert_json '[.registers[] | select(.register | endswith(":sha256"))] | length == 1'
	tsm diff --json c c
	assert_success
	assert_json '[.registers[] | select(.register | endswith(":sha256")) | .events] == [[6, 6]]'
}

@test "an IMA list is compared in the bank that the other side has" {
	printf 'pcr10 ima-ng text:%s\n' boot_aggregate /usr/bin/env /usr/bin/id >list
	"$GENLOG" -f ima list >a
	"$GENLOG" -f cel-json -b sha256 list >b
	tsm diff --json a b
	assert_success
	assert_json '.same and .registers[0].register == "pcr10:sha256" and .registers[0].events == [3, 3]'
	sed '$d' list | "$GENLOG" -f cel-json -b sha256 - >b
	tsm diff --json a b
	assert_equal "$(changes)" 'pcr10:sha256 removed 2 null'
}

@test "nothing in common: status 3; a register that one side lacks differs" {
	printf 'rtmr3 EV_IPL text:x\n' | "$GENLOG" -f ccel - >three
	"$GENLOG" -f ccel td >a
	tsm diff a three
	assert_refused 3 'no register has events on both sides'
	{ cat td && echo 'rtmr3 EV_IPL text:x'; } | "$GENLOG" -f ccel - >b
	tsm diff a b
	assert_failure 1
	assert_equal "${lines[0]}" 'rtmr3:sha384: 0 events in the reference, 1 now'
	tsm diff --json b a
	assert_equal "$(changes)" 'rtmr3:sha384 removed 18 null'
}

@test "several logs of one boot: where a journal's records stand is what the journal says" {
	local before=$ZERO48 digest
	# Two writers of one register: an agent, and records that say which value they found.
	printf 'rtmr3 aael text:%s\n' 'a b one' 'a b two' >agent
	"$GENLOG" -f aael agent >agent.log
	journal() { # TEXT BEFORE
		digest=$(textsum sha384 "$1")
		echo '{"schema":"tsmctl.journal/1","boot_id":"0f0f0f0f-1111-2222-3333-444444444444","created":"2026-11-24T16:17:31Z"}'
		printf '{"kind":"intent","seq":0,"register":"tdx_guest/rtmr3:sha384","record_hex":"%s","digest":"%s","before":"%s",' \
			"$(hex "$1")" "$digest" "$2"
		printf '"expected":"%s","pid":7,"start":9,"time":"2026-11-24T16:17:31Z"}\n{"kind":"commit","seq":0}\n' \
			"$(extended sha384 "$2" "$digest")"
	}
	digest=$("$TSMCTL" log --jsonl --input agent.log | jq -r '.digests[0].digest' | head -1)
	before=$(extended sha384 "$ZERO48" "$digest")
	journal rec "$ZERO48" >first
	journal rec "$before" >second
	tsm diff --reference agent.log --reference first --input agent.log --input first
	assert_done
	tsm diff --json agent.log first
	assert_failure 1
	tsm diff --reference agent.log --reference first --input agent.log --input second
	assert_failure 1
	assert_line --regexp '^> '
	tsm diff --json agent.log --reference first --input agent.log --input second
	assert_json '.registers[0].register == "rtmr3:sha384" and .registers[0].events == [3, 3] and
		(.registers[0].changes | length) == 1 and .registers[0].changes[0].change == "moved"'
}

@test "a kernel's text log: records, and direct lines as an honest kernel meant them" {
	printf 'rtmr1 %s\n' 'record text:one' 'record text:two' 'comment text:said' "direct hex:${ZERO48//0/1}" \
		'record text:four' "direct-failed hex:${ZERO48//0/2}" 'record text:five' >rfc
	mkdir a1 b1
	"$GENLOG" -f rfc-text rfc >a1/rtmr1.log
	sed 's/text:two/text:three/; s/text:said/text:other/; s/2$/3/' rfc >now
	"$GENLOG" -f rfc-text now >b1/rtmr1.log
	tsm diff --json a1/rtmr1.log b1/rtmr1.log
	assert_failure 1
	# The next SYNC line states another value.
	assert_equal "$(json '.registers[].changes[] | "\(.change) \(.reference.data_text) \(.now.data_text)"' |
		sed 's,sha384/[0-9a-f]*,V,g' | sort -u)" "$(printf '%s\n' 'added null three' 'changed SYNC V SYNC V' 'removed two null')"
}

@test "live: the machine's logs of the kinds that the reference has" {
	need_fuse
	sim_start --tree mr --provider tdx_guest
	cp "$ROOT/sys/firmware/acpi/tables/data/CCEL" ccel
	tsmctl diff ccel
	assert_success
	assert_output ''
	tsmctl diff --json ccel
	assert_json '.same and [.registers[].register] == ["tdx_guest/rtmr0:sha384", "tdx_guest/rtmr1:sha384", "tdx_guest/rtmr2:sha384"]'
	mkdir -p "$ROOT/run" "$ROOT/proc/sys/kernel/random"
	echo 0f0f0f0f-1111-2222-3333-444444444444 >"$ROOT/proc/sys/kernel/random/boot_id"
	chmod 755 "$ROOT/run"
	tsmctl extend rtmr3 --event one
	assert_success
	tsmctl diff ccel
	assert_success
	[[ $stderr == "tsmctl: '/run/tsmctl/journal.jsonl': left out: the reference has no log of this kind (journal)" ]]
	cp "$ROOT/run/tsmctl/journal.jsonl" journal
	tsmctl diff --reference ccel journal
	assert_done
	tsmctl extend rtmr3 --event two
	tsmctl diff --json --reference ccel journal
	assert_failure 1
	assert_equal "$(changes)" 'tdx_guest/rtmr3:sha384 added null 1'
	# A CEL may be of any kind: then nothing is left out.
	"$TSMCTL" --root "$ROOT" log --format cel-json >all
	tsmctl diff all
	assert_done
}

@test "one log, and no machine to compare it with: the command line with another" {
	boots ''
	empty_root
	tsmctl diff a
	assert_refused 3 "this machine has no logs to compare 'a' with: name another log, as in 'tsmctl diff a LOG'; 'tsmctl status' shows \
what is missing here"
	for args in '--reference a b' '--reference a --reference b'; do
		# shellcheck disable=SC2086 # words
		tsmctl diff $args
		assert_refused 3 "this machine has no logs to compare with; did you mean 'tsmctl diff a b'?"
	done
	tsmctl diff a b
	assert_done
}

@test "damaged logs: what can be read is compared, and the error is told" {
	boots ''
	head -c -20 a >short
	tsm diff a short
	assert_failure 1
	[[ $stderr == *"'short': offset "* ]]
	[[ $stderr == *"tsmctl: 'short' is not whole: an event that it lacks may stand in the part that is missing" ]]
	tsm diff --json a short
	assert_failure 1
	assert_json '.error.status == 5 and (.error.message | startswith("'"'short'"': offset ")) and .error.offset > 0'
	tsm diff --json short short
	assert_failure 5
	assert_json '.same == false and .error.status == 5'
	tsm diff --json a a
	assert_json 'has("error") | not'
	head -c 70 /dev/urandom >noise
	tsm diff a noise
	assert_failure 5
	tsm diff a missing
	assert_refused 4 "'missing': *"
	printf 'ccel' | cat - a >wrong
	tsm diff wrong:ccel a
	assert_failure 5
}

@test "more than 2^20 events of a side are refused" {
	echo 'rtmr3 EV_IPL text:x' | "$GENLOG" -f ccel - >one
	printf 'rtmr3 EV_IPL text:x\n%.0s' 1 2 | "$GENLOG" -f ccel - >two
	python3 -c 'import sys; one, two = (open(f, "rb").read() for f in ("one", "two"))
sys.stdout.buffer.write(one + two[len(one):] * (1 << 20))' >many
	tsm diff one many
	assert_refused 5 '*more than 1048576 events to compare'
	tsm diff many one
	assert_refused 5 '*more than 1048576 events to compare'
}

@test "usage: no reference, too many logs" {
	tsm diff
	assert_refused 2 "diff needs a reference: 'tsmctl diff REFERENCE \[LOG\]'"
	tsm diff a b c
	assert_failure 2
}

@test "control characters of a log never reach the terminal" {
	printf 'rtmr3 EV_IPL text:grub_cmd: \x1b[31m\\x1b[2J a\n' | "$GENLOG" -f ccel - >a
	printf 'rtmr3 EV_IPL text:grub_cmd: \\x1b[2J\\x07 b\\n c\n' | "$GENLOG" -f ccel - >b
	tsm diff a b
	assert_failure 1
	assert_printable "$OUT"
}
