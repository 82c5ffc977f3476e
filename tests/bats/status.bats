#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq and of bash -c are theirs
# tsmctl status: what is here, what is missing, and what to do about it.

setup() {
	load common
	load fuse
	common_setup
	TSM="$ROOT/sys/kernel/tsm"
}

teardown() {
	sim_stop
}

# tdx_machine: the files of a TDX guest whose rtmr2 was extended twice; CCEL and JOURNAL are its logs, and GOOD and KEPT
# copies of them. Its files are plain ones, so that a test may damage them.
tdx_machine() {
	need_fuse
	sim_mr --provider tdx_guest
	boot 11111111-1111-4111-8111-111111111111
	mkdir "$ROOT/run"
	tsmctl extend rtmr2 --event one
	assert_success
	tsmctl extend rtmr2 --event two
	assert_success
	GOOD=$BATS_TEST_TMPDIR/good KEPT=$BATS_TEST_TMPDIR/kept
	cp -a "$ROOT" "$BATS_TEST_TMPDIR/copy" 2>/dev/null || true
	sim_stop
	rm -rf "$ROOT"
	mv "$BATS_TEST_TMPDIR/copy" "$ROOT"
	CCEL=$ROOT/sys/firmware/acpi/tables/data/CCEL JOURNAL=$ROOT/run/tsmctl/journal.jsonl
	chmod u+w "$CCEL"
	cp "$CCEL" "$GOOD"
	cp "$JOURNAL" "$KEPT"
}

boot() { # BOOT-ID
	mkdir -p "$ROOT/proc/sys/kernel/random"
	rm -f "$ROOT/proc/sys/kernel/random/boot_id"
	echo "$1" >"$ROOT/proc/sys/kernel/random/boot_id"
}

findings() { # TOPIC: all of it, LEVEL MESSAGE; FIX
	json '.findings[] | select(.topic == $topic) | "\(.level) \(.message); \(.fix // "")"' --arg topic "$1"
}

# finding LEVEL TOPIC MESSAGE-PATTERN [FIX-PATTERN]: there is exactly such a finding in the JSON.
finding() {
	local level topic message fix found=0
	while IFS=$'\t' read -r level topic message fix; do
		# shellcheck disable=SC2053 # patterns, unquoted
		[[ $level != "$1" || $topic != "$2" || $message != $3 || $fix != ${4-*} ]] || found=$((found + 1))
	done < <(json '.findings[] | "\(.level)\t\(.topic)\t\(.message)\t\(.fix // "")"')
	[ "$found" = 1 ] || fail "$found findings $*: $output"
}

refute_topic() { # LEVEL TOPIC
	assert_json --arg level "$1" --arg topic "$2" \
		'[.findings[] | select(.level == $level and .topic == $topic)] == []'
}

@test "text: a finding a line" {
	use_root rfc-v1
	mkdir "$ROOT/run"
	tsmctl status
	assert_done
	assert_line --index 0 --regexp '^note     tee        no sign of TDX, SEV-SNP or CCA; to do: .*guest driver'
	assert_line 'ok       interface  tsm-rfc: /sys/kernel/tsm is there'
	assert_line 'ok       registers  7 of 7 can be read'
	assert_line 'ok       boot-id    5f3d1f0a-7c1e-4c55-9a8e-2b8f0c6d4e21'
	while IFS= read -r line; do
		[[ $line =~ ^(ok|note|problem)\ +[a-z-]+\ +[^\ ] ]] || fail "$line"
	done <<<"$output"
	refute_line --regexp '^problem'
}

@test "JSON: member for member, the same findings" {
	use_root rfc-v1
	tsmctl status
	local n=${#lines[@]}
	tsmctl status --json
	assert_done
	assert_json 'keys == ["findings", "schema"] and .schema == "tsmctl.status/1"'
	assert_json --argjson n "$n" '.findings | length == $n and all(
		keys == ["fix", "level", "message", "topic"] and
		(.level | IN("ok", "note", "problem")) and (.topic | type == "string") and
		(.message | type == "string" and length > 0) and (.fix | type | IN("string", "null")))'
	assert_json '[.findings[] | select(.level == "ok" and .fix != null)] == []'
	finding ok registers '7 of 7 can be read'
	finding problem lock 'no folder /run*' 'mount a tmpfs on /run'
}

@test "a machine without any of it: status 3, and what to do" {
	use_root no-tvm
	tsmctl status --json
	assert_failure 3
	finding note tee 'no sign of *' 'in a TVM: load its guest driver*'
	finding note interface 'tsm-rfc: not here; looked for /sys/kernel/tsm*' 'this kernel may lack it*'
	finding problem registers 'no measurement registers here; looked below*' '*--root*'
	[[ $output != *'tsmctl status'* ]] || fail "$output"
	tsmctl status
	assert_failure 3
}

@test "a tree without provider, a provider without registers: status 3" {
	empty_root
	mkdir -p "$TSM"
	tsmctl status --json
	assert_failure 3
	finding note interface 'tsm-rfc: has no provider' "load the TVM's guest driver"
	mkdir "$TSM/bare"
	tsmctl status --json
	assert_failure 3
	finding ok interface 'tsm-rfc: 1 provider*, 0 registers'
	finding problem registers '0 of 0 can be read'
}

@test "the signs of each TEE" {
	local sign
	while read -r sign tee; do
		use_root no-tvm
		mkdir -p "$ROOT/$sign"
		tsmctl status --json
		finding ok tee "this is a guest of $tee (/$sign is there)"
		[ "$tee" != 'Intel TDX' ] || refute_topic note tee
	done <<-'END'
		sys/class/misc/tdx_guest Intel TDX
		dev/tdx_guest Intel TDX
		sys/devices/virtual/misc/tdx_guest Intel TDX
		sys/kernel/tsm/tdx_guest Intel TDX
		sys/kernel/config/tsm/tdx_guest Intel TDX
		sys/kernel/security/tsm/tdx_guest Intel TDX
		sys/class/misc/sev-guest AMD SEV-SNP
		dev/sev-guest AMD SEV-SNP
		sys/devices/platform/arm-cca-dev Arm CCA
		sys/class/misc/arm_cca_guest Arm CCA
	END
}

@test "a TVM whose guest driver is not there" {
	for sign in sys/firmware/acpi/tables/data/CCEL sys/kernel/config/tsm/rtmrs; do
		use_root no-tvm
		mkdir -p "$ROOT/$sign"
		tsmctl status --json
		finding note tee "this is a TVM (/$sign is there), but no guest driver says of which kind" 'load its guest driver (*'
	done
}

@test "one interface is enough: nothing is said of those that are missing, and nothing of what only TVMs need elsewhere" {
	use_root rfc-v1
	mkdir -p "$ROOT/sys/kernel/config/tsm/report" "$ROOT/run"
	tsmctl status --json
	assert_success
	refute_topic note interface
	use_root tdx
	mkdir -p "$ROOT/sys/kernel/config/tsm/report"
	tsmctl status --json
	refute_topic note interface
	use_root no-tvm
	tsmctl status --json
	for topic in lock sysfs ccel; do
		refute_topic note "$topic"
		refute_topic problem "$topic"
	done
}

@test "no line refers to the program that prints it" {
	for root in no-tvm rfc-v1 tdx; do
		use_root "$root"
		tsmctl status
		[[ $output != *'tsmctl status'* ]] || fail "$output"
	done
}

@test "every home that is there is named" {
	use_root rfc-configfs
	runtime_mr "$ROOT/sys/kernel/security/tsm/two/b" sha512
	tsmctl status --json
	assert_success
	finding ok interface 'tsm-rfc: /sys/kernel/config/tsm is there'
	finding ok interface 'tsm-rfc: /sys/kernel/security/tsm is there'
	finding ok interface 'tsm-rfc: 2 providers, 8 registers'
	refute_topic note configfs
}

@test "an SNP guest: no registers by design, its vTPM, quotes through configfs" {
	use_root no-tvm
	mkdir -p "$ROOT/sys/class/misc/sev-guest" "$ROOT/sys/kernel/config/tsm/report"
	tsmctl status --json
	assert_failure 3
	finding ok tee 'this is a guest of AMD SEV-SNP (/sys/class/misc/sev-guest is there)'
	finding note tee 'kernels show no measurement registers of AMD SEV-SNP: *'
	finding note tee '*its launch measurement is in the report, and cannot be extended' "'tsmctl quote --random >report.dat' gets the report, *"
	finding note vtpm 'no TPM (/sys/class/tpm/tpm0)' 'with an SVSM: load its driver, tpm_svsm (Linux 6.16)'
	finding note registers none ''
	refute_topic note interface
	refute_topic problem registers
	finding ok configfs '/sys/kernel/config/tsm/report is there: quotes *'
	mkdir -p "$ROOT/sys/class/tpm/tpm0"
	tsmctl status --json
	finding ok vtpm 'a TPM is there (/sys/class/tpm/tpm0): *'
	finding note vtpm 'it cannot be seen from here who runs this TPM: one that the host runs is no better than the host'
	mkdir -p "$ROOT/sys/devices/platform/tpm-svsm"
	tsmctl status --json
	finding ok vtpm "it is the SVSM's (/sys/devices/platform/tpm-svsm), which is part of the guest and not of its host"
	refute_topic note vtpm
}

@test "a CCA guest: the realm's file says whether it is one" {
	use_root no-tvm
	mkdir -p "$ROOT/sys/firmware/cca"
	echo 1 >"$ROOT/sys/firmware/cca/realm_guest"
	tsmctl status --json
	assert_failure 3
	finding ok tee 'this is a guest of Arm CCA (/sys/firmware/cca/realm_guest is there)'
	finding note tee "kernels show no measurement registers of Arm CCA: they are in the realm's token, which tsmctl does not read"
	mkdir -p "$ROOT/sys/kernel/config/tsm/report"
	tsmctl status --json
	finding note quote 'no quotes: tsmctl does not read the tokens of Arm CCA' ''
	rm -r "$ROOT/sys/kernel/config"
	for text in 0 ''; do
		printf %s "$text" >"$ROOT/sys/firmware/cca/realm_guest"
		tsmctl status --json
		finding note tee 'no sign of TDX, SEV-SNP or CCA'
		refute_topic ok tee
	done
}

@test "configfs with only report/ in it is not the RFC's tree" {
	use_root no-tvm
	mkdir -p "$ROOT/sys/kernel/config/tsm/report"
	tsmctl status --json
	assert_failure 3
	finding ok configfs '/sys/kernel/config/tsm/report is there: quotes can be asked for through configfs-tsm, which has no registers'
	refute_topic ok interface
	finding note interface 'tsm-rfc: has no provider'
	use_root rfc-configfs
	tsmctl status --json
	assert_success
	finding ok interface 'tsm-rfc: /sys/kernel/config/tsm is there'
}

@test "a kernel log that is full, and one that is not" {
	use_root rfc-v1
	local log="$TSM/measurement-example/rtmr0/event_log"
	chmod u+w "$log"
	truncate -s 4193791 "$log"
	tsmctl status --json
	refute_topic problem log
	truncate -s 4193792 "$log"
	tsmctl status --json
	assert_success
	finding problem log 'measurement-example/rtmr0:sha256: its kernel log is full or nearly so: 4193792 of 4194304 bytes' \
		'records that do not fit*'
}

@test "configfs without a tsm folder matters where there are no registers" {
	use_root rfc-v1
	mkdir "$ROOT/sys/kernel/config"
	tsmctl status --json
	assert_success
	refute_topic note configfs
	use_root no-tvm
	mkdir "$ROOT/sys/kernel/config"
	tsmctl status --json
	assert_failure 3
	finding note configfs '*holds no tsm folder, or configfs is not mounted' 'mount -t configfs*'
}

@test "registers that cannot be read are named; status 0 while one can be" {
	use_root rfc-v1
	chmod 200 "$TSM/measurement-example/user_data"
	set_text "$TSM/measurement-example/rtmr0/digest" short
	tsmctl status --json
	assert_success
	finding problem registers "measurement-example/user_data: *cannot be read on this kernel"
	finding problem registers "measurement-example/rtmr0:sha256: *rtmr0/digest*"
	finding ok registers '5 of 7 can be read'
	chmod 200 "$TSM"/measurement-example/{config_mr,full_report,report_digest,static_mr,rtmr1/digest}
	tsmctl status --json
	assert_failure 3
	finding problem registers '0 of 7 can be read'
}

@test "registers that no entry of configfs stands for yet: one note, what makes one, and no problem" {
	need_fuse
	sim_rtmrs
	sim_entry mine 1
	tsmctl status --json
	assert_success
	refute_topic problem registers
	finding note registers 'no entry in configfs yet, so not readable: rtmrs/rtmr0:sha384, rtmrs/rtmr2:sha384, rtmrs/rtmr3:sha384' \
		'the first extend makes the entry of rtmr2 or rtmr3; *'
	finding ok registers '1 of 4 can be read'
}

@test "rights: root, or not" {
	use_root rfc-v1
	chmod 700 "$TSM/measurement-example"
	tsmctl status --json
	assert_success
	if [ "$(id -u)" != 0 ]; then
		finding note rights 'not root: reading only' 'become root*'
		return 0
	fi
	finding ok rights root
	nobody status --json
	assert_failure 3
	finding note rights 'not root: reading only' 'become root*'
	finding problem interface "tsm-rfc: '/sys/kernel/tsm/measurement-example': permission denied" 'become root'
	# What cannot be looked at is not said to be missing.
	chmod 700 "$TSM"
	nobody status --json
	assert_failure 3
	finding problem interface "tsm-rfc: '/sys/kernel/tsm': permission denied" 'become root'
	finding problem registers "'/sys/kernel/tsm': permission denied" 'become root'
	[[ $output != *'has no provider'* ]] || fail "$output"
}

@test "a read-only /sys" {
	use_root rfc-v1
	tsmctl status --json
	refute_topic problem sysfs
	[ "$(id -u)" = 0 ] || skip "only root can mount"
	unshare -m true 2>/dev/null || skip "no mount namespace can be had"
	run --separate-stderr unshare -m bash -c '
		mount --bind "$ROOT/sys" "$ROOT/sys" && mount -o remount,bind,ro "$ROOT/sys" &&
		"$TSMCTL" --root "$ROOT" status --json'
	assert_success
	finding problem sysfs '/sys is mounted read-only*' \
		'mount -o remount,rw /sys, or no ProtectKernelTunables= in the systemd unit'
}

@test "a read-only /run" {
	use_root rfc-v1
	mkdir "$ROOT/run"
	tsmctl status --json
	refute_topic problem lock
	[ "$(id -u)" = 0 ] || skip "only root can mount"
	unshare -m true 2>/dev/null || skip "no mount namespace can be had"
	run --separate-stderr unshare -m bash -c '
		mount --bind "$ROOT/run" "$ROOT/run" && mount -o remount,bind,ro "$ROOT/run" &&
		"$TSMCTL" --root "$ROOT" status --json'
	assert_success
	finding problem lock '/run is mounted read-only: nothing can be extended without the lock and journal there' 'mount -o remount,rw /run'
}

@test "a register that its journal does not explain: a problem, and no ok of the journal beside it" {
	tdx_machine
	local value="$ROOT/sys/devices/virtual/misc/tdx_guest/measurements/rtmr2:sha384"
	tsmctl status --json
	finding ok journal '2 records, *'
	set_bytes "$value" "$(extended sha384 "$(filehex "$value")" "$ZERO48")"
	tsmctl status --json
	assert_success
	finding problem journal 'tdx_guest/rtmr2:sha384: mismatch: *' 'its value can no longer be explained*'
	refute_topic ok journal
}

@test "the firmware's log is read to its end" {
	use_root tdx
	tsmctl status --json
	finding note ccel 'no event log of the firmware (CCEL)' ''
	tdx_machine
	tsmctl status --json
	assert_success
	finding ok ccel "the firmware's event log is there" ''
	head -c 1000 "$GOOD" >"$CCEL"
	tsmctl status --json
	assert_equal "$(findings ccel)" \
		"problem '/sys/firmware/acpi/tables/data/CCEL': offset 1000: the log ends within the record that starts at offset 873; "
	assert_json '[.findings[] | select(.topic == "ccel") | .offset] == [1000]'
	# One finding, and none of each register that it is the log of.
	assert_equal "$(findings journal)" 'ok 2 records, the last in boot 11111111-1111-4111-8111-111111111111; '
	for n in 0 65; do # not a byte; the header alone
		head -c $n "$GOOD" >"$CCEL"
		tsmctl status --json
		assert_equal "$(findings ccel)" "note the firmware's event log (CCEL) has no events; "
	done
	chmod 400 "$CCEL"
	[ "$(id -u)" = 0 ] || return 0
	nobody status --json
	assert_equal "$(findings ccel)" "problem '/sys/firmware/acpi/tables/data/CCEL': permission denied; become root"
	assert_equal "$(findings journal)" 'ok 2 records, the last in boot 11111111-1111-4111-8111-111111111111; '
}

@test "another program's log that is damaged is one finding" {
	tdx_machine
	mkdir -p "$ROOT/run/log/systemd"
	echo garbage >"$ROOT/run/log/systemd/cc-measure.log"
	tsmctl status --json
	assert_success
	finding problem log "'/run/log/systemd/cc-measure.log': *" ''
	assert_equal "$(findings journal)" 'ok 2 records, the last in boot 11111111-1111-4111-8111-111111111111; '
}

@test "a journal that cannot be read is kept; one that is damaged is kept aside" {
	tdx_machine
	if [ "$(id -u)" = 0 ]; then
		chmod 600 "$JOURNAL"
		nobody status --json
		assert_equal "$(findings journal)" "problem '/run/tsmctl/journal.jsonl': permission denied; become root"
		chmod 644 "$JOURNAL"
	fi
	echo garbage >>"$JOURNAL"
	tsmctl status --json
	assert_equal "$(findings journal)" "problem '/run/tsmctl/journal.jsonl': line 6: not a JSON object; only a reboot lets \
'measure' and 'extend --once' extend again; for 'extend' alone, move it aside and keep it: the next one begins a new \
journal, but 'verify' fails without the events in the old one"
	assert_json '[.findings[] | select(.topic == "journal") | .line] == [6]'
}

@test "a journal that goes on after a kexec names the boot of its last record" {
	need_fuse
	sim_mr --provider tdx_guest
	mkdir "$ROOT/run"
	boot 11111111-1111-4111-8111-111111111111
	tsmctl extend rtmr2 --event one
	tsmctl status --json
	finding ok journal '1 record, the last in boot 11111111-*'
	boot 22222222-2222-4222-8222-222222222222
	tsmctl status --json
	finding ok journal '1 record, the last in boot 11111111-*'
	tsmctl extend rtmr2 --event two
	tsmctl status --json
	finding ok journal '2 records, the last in boot 22222222-*'
}

@test "the boot id" {
	use_root rfc-v1
	tsmctl status --json
	finding ok boot-id '5f3d1f0a-7c1e-4c55-9a8e-2b8f0c6d4e21'
	set_text "$ROOT/proc/sys/kernel/random/boot_id" garbage
	tsmctl status --json
	assert_success
	finding problem boot-id 'no boot id in /proc/sys/kernel/random/boot_id: no register can be extended but those whose log the kernel keeps'
}

@test "a kernel log that is missing" {
	use_root rfc-v1
	rm "$ROOT/sys/kernel/tsm/measurement-example/rtmr0/event_log"
	tsmctl status --json
	assert_success
	finding problem log 'measurement-example/rtmr0:sha256: its kernel log is missing: nothing can be extended or verified'
	assert_json '[.findings[] | select(.topic == "log")] | length == 1'
}

@test "the lock: held by another tsmctl is said at once, and nothing is made" {
	use_root rfc-v1
	mkdir "$ROOT/run"
	tsmctl status --json
	assert_success
	refute_topic problem lock
	refute_topic note lock
	[ ! -e "$ROOT/run/tsmctl" ] || fail "status made the lock's folder"
	mkdir -m 755 "$ROOT/run/tsmctl"
	: >"$ROOT/run/tsmctl/lock"
	chmod 600 "$ROOT/run/tsmctl/lock"
	tsmctl status --json
	refute_topic note lock
	exec 8<"$ROOT/run/tsmctl/lock"
	flock 8
	tsmctl status --json
	exec 8<&-
	assert_success
	finding note lock "*run/tsmctl/lock': held by another process"
	[[ $output != *'0 seconds'* ]] || fail "$output"
}

@test "the lock: one that extend would refuse is a problem" {
	use_root rfc-v1
	mkdir -p "$ROOT/run/tsmctl"
	: >"$ROOT/run/tsmctl/lock"
	chmod 666 "$ROOT/run/tsmctl/lock"
	tsmctl status --json
	assert_success
	finding problem lock "*run/tsmctl/lock': mode 0666 lets others in*"
}

@test "operands and --abi" {
	use_root rfc-v1
	tsmctl status rtmr0
	assert_refused 2 "status: 'rtmr0' is one operand too many*"
	tsmctl --abi tsm-rfc status --json
	assert_success
	finding ok interface 'tsm-rfc: 1 provider*, 7 registers'
	tsmctl --root /nonexistent status --json
	assert_failure 4
	assert_json '.findings == [] and .error.status == 4'
}

@test "colours: only the level, only when asked for" {
	use_root rfc-v1
	tsmctl status
	[[ $output != *$'\033'* ]]
	plain=$output
	tsmctl --color always status
	assert_success
	[[ $output == *$'\033[32mok\033[0m       registers  7 of 7'* ]] || fail "$output"
	[[ $output == *$'\033[33mnote\033[0m'* && $output == *$'\033[31mproblem\033[0m'* ]] || fail "$output"
	# shellcheck disable=SC2001
	assert_equal "$(sed 's/\x1b\[[0-9]*m//g' <<<"$output")" "$plain"
}

@test "a journal that is damaged: one finding, whatever the number of registers, and nothing ok of it" {
	local m="$ROOT/sys/devices/virtual/misc/tdx_guest/measurements" n
	empty_root
	mkdir -p "$m" "$ROOT/run/tsmctl"
	for n in 2 3; do
		head -c 48 /dev/zero >"$m/rtmr$n:sha384"
		chmod 644 "$m/rtmr$n:sha384"
	done
	echo '{"kind":' >"$ROOT/run/tsmctl/journal.jsonl"
	tsmctl status --json
	assert_success
	assert_json '[.findings[] | select(.topic == "journal")] | length == 1 and .[0].level == "problem" and
		(.[0].message | test("journal.jsonl"))'
}
