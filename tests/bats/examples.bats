#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq and of the stand-ins are their own
# The recipes in examples/: each is run, on simulated machines.

setup() {
	load common
	load fuse
	common_setup
	TMP=$BATS_TEST_TMPDIR
	EXAMPLES=$BATS_TEST_DIRNAME/../../examples
	# The recipes call tsmctl as it is installed; here it looks at ROOT.
	mkdir "$TMP/bin"
	stand_in tsmctl 'exec "$TSMCTL" --root "$ROOT" "$@"'
	PATH=$TMP/bin:$PATH
	export PATH TSMCTL
	RTMR3=tdx_guest/rtmr3:sha384
}

teardown() {
	sim_stop
}

# stand_in NAME LINES: a program of that name, first in PATH.
stand_in() {
	printf '#!/bin/bash\n%s\n' "$2" >"$TMP/bin/$1"
	chmod +x "$TMP/bin/$1"
}

# tdx ARGS...: a TDX guest that can have its journal.
tdx() {
	need_fuse
	sim_start --tree mr --provider tdx_guest "$@"
	mkdir -p "$ROOT/run" "$ROOT/proc/sys/kernel/random"
	echo 11111111-1111-4111-8111-111111111111 >"$ROOT/proc/sys/kernel/random/boot_id"
}

# with_verdict VERDICT: tsmctl's JSON says that of the simulator's quotes, whose root is nobody's.
with_verdict() {
	stand_in tsmctl "set -o pipefail; \"\$TSMCTL\" --root \"\$ROOT\" \"\$@\" | jq '.evidence.verdict = \"$1\"'"
}

# records: what the log has for rtmr3.
records() {
	"$TSMCTL" --root "$ROOT" log rtmr3 --jsonl | jq -r .data_text
}

@test "every recipe says at its top how it is used and what it needs, is in the README, and is run here" {
	local file n=0
	for file in "$EXAMPLES"/*/*; do
		grep -q '^# How to use it:' "$file" || fail "$file"
		grep -q '^#.* Needs ' "$file" || fail "$file does not say what it needs"
		grep "^| \`$(basename "${file%/*}")\` |" "$EXAMPLES/README.md" | grep -qF "\`${file##*/}" ||
			fail "$file is not in the README"
		grep -qF "/${file##*/}" "$BATS_TEST_FILENAME" || fail "$file is not run"
		n=$((n + 1))
	done
	[ "$n" -ge 6 ]
}

@test "measured-service: image and file are measured once, and again if they change" {
	tdx
	local measure=$EXAMPLES/measured-service/measure-before-start image=docker.io/library/web@sha256:$ZERO32
	echo 'port 80' >"$TMP/web.conf"
	go "$measure" rtmr3 "$image" "$TMP/web.conf"
	assert_done
	local container='{"type":"container","image":"docker.io/library/web","digest":"sha256:'$ZERO32'"}'
	assert_equal "$(records | head -1)" "$container"
	assert_equal "$(records | sed 1d | jq -r '.path, .digest')" "$TMP/web.conf
sha384:$(sum sha384 <"$TMP/web.conf")"
	# The service starts again.
	go "$measure" rtmr3 "$image" "$TMP/web.conf"
	assert_success
	assert_equal "$(records | wc -l)" 2
	echo 'port 81' >"$TMP/web.conf"
	go "$measure" rtmr3 "${image/%0/1}" "$TMP/web.conf"
	assert_success
	assert_equal "$(records | wc -l)" 4
	tsmctl verify rtmr3
	assert_output "match  $RTMR3"
}

@test "measured-service: the service does not start if something is not measured" {
	tdx
	local measure=$EXAMPLES/measured-service/measure-before-start image
	for image in web web:latest "web@sha256:12" 'we"b@sha256:'"$ZERO32"; do
		go "$measure" rtmr3 "$image"
		assert_failure 1
		assert_equal "$stderr" "measure-before-start: '$image' is not IMAGE@sha256:DIGEST"
	done
	go "$measure" rtmr3 "web@sha256:$ZERO32" /nonexistent
	assert_failure 1
	assert_equal "${stderr_lines[1]}" "measure-before-start: 'tsmctl extend rtmr3' ended with 4: see 'tsmctl status'"
	# A static register is no reason to go on; that there is none at all is.
	go "$measure" mrowner "web@sha256:$ZERO32"
	assert_failure 1
	sim_stop
	empty_root
	go "$measure" rtmr3 "web@sha256:$ZERO32"
	assert_success
	[[ $stderr == *'no measurement registers here; '*': nothing was done' ]]
}

@test "measured-service: the unit is valid, and calls it as it wants to be called" {
	local unit=$TMP/web.service line
	tdx
	mkdir "$TMP/etc"
	sed "s,/usr/local/sbin/measure-before-start,$EXAMPLES/measured-service/measure-before-start,
		s,/usr/bin/podman,/bin/true,; s,=/etc/web,=$TMP/etc," "$EXAMPLES/measured-service/web.service" >"$unit"
	if command -v systemd-analyze >/dev/null; then
		go systemd-analyze verify --man=no "$unit"
		assert_success
		refute_regex "$stderr" 'web\.service'
	fi
	# After the driver, without which a TVM would look like no TVM.
	grep -q '^After=.*modprobe@tdx_guest\.service' "$unit"
	grep -q '^Wants=.*modprobe@tdx_guest\.service' "$unit"
	touch "$TMP/etc/nginx.conf"
	line=$(sed -n 's/^ExecStartPre=//p' "$unit")
	go env "$(sed -n 's/^Environment=\(IMAGE.*\)/\1/p' "$unit")" "$(sed -n 's/^Environment=\(CONFIG.*\)/\1/p' "$unit")" \
		bash -c "$line"
	assert_done
	assert_equal "$(records | jq -r .type)" $'container\nfile'
}

@test "trust-authority: the body has the quote for this nonce and user data, and the log" {
	tdx --report tdx_guest
	local body=$EXAMPLES/trust-authority/trust-authority-body
	with_verdict genuine
	printf 'a public key\n' >"$TMP/key"
	jq -n '{val: ("nonce" | @base64), iat: ("2026-11-27" | @base64), signature: ("signed" | @base64)}' >"$TMP/nonce.json"
	go "$body" "$TMP/nonce.json" "$TMP/key"
	assert_success
	assert_json --slurpfile nonce "$TMP/nonce.json" '(keys == ["tdx"]) and (.tdx | keys ==
		["event_log", "quote", "runtime_data", "verifier_nonce"]) and .tdx.verifier_nonce == $nonce[0] and
		(.tdx.runtime_data | @base64d) == "a public key\n"'
	json .tdx.quote | base64 -d >"$TMP/quote"
	json .tdx.event_log | base64 -d >"$TMP/ccel"
	go "$TSMCTL" --root /nonexistent verify -q --quote "$TMP/quote" --input "$TMP/ccel" --root-ca <(cat "$ROOT/sys/.tsmsim/root") \
		--report-data "$(printf 'nonce2026-11-27a public key\n' | sum sha512)"
	assert_success
	assert_line 'match  rtmr0:sha384'
	# Without user data.
	go "$body" "$TMP/nonce.json"
	assert_success
	assert_json '.tdx | keys == ["event_log", "quote", "verifier_nonce"]'
	json .tdx.quote | base64 -d >"$TMP/quote"
	go "$TSMCTL" --root /nonexistent read -q --quote "$TMP/quote" --root-ca <(cat "$ROOT/sys/.tsmsim/root") \
		--report-data "$(printf 'nonce2026-11-27' | sum sha512)"
	assert_success
}

@test "trust-authority: no body with a quote that the service would refuse" {
	tdx --report tdx_guest
	local body=$EXAMPLES/trust-authority/trust-authority-body
	echo '{"val":"aQ==","iat":"aQ==","signature":"aQ=="}' >"$TMP/nonce.json"
	# The simulator's root is nobody's.
	go "$body" "$TMP/nonce.json"
	assert_failure 1
	assert_output ''
	assert_regex "${stderr_lines[-1]}" '^trust-authority-body: the quote is forged: .*root.*; no body was made$'
	with_verdict untrusted
	go "$body" "$TMP/nonce.json"
	assert_failure 1
	assert_output ''
	with_verdict unchecked
	go "$body" "$TMP/nonce.json"
	assert_success
	assert_json .tdx.quote
}

@test "trust-authority: no body without a nonce, or without a quote that its logs explain" {
	tdx --report tdx_guest
	local body=$EXAMPLES/trust-authority/trust-authority-body nonce
	with_verdict genuine
	for nonce in '{}' '{"val":"","iat":"aQ==","signature":"aQ=="}' '{"val":"aQ==","iat":"aQ=="}' '{"val":"%","iat":"aQ==","signature":"aQ=="}' \
		'{"val":1,"iat":"aQ==","signature":"aQ=="}' 'no JSON'; do
		echo "$nonce" >"$TMP/nonce.json"
		go "$body" "$TMP/nonce.json"
		assert_failure 1
		assert_output ''
	done
	echo '{"val":"aQ==","iat":"aQ==","signature":"aQ=="}' >"$TMP/nonce.json"
	unhex "$ZERO48" >"$(echo "$ROOT"/sys/devices/virtual/misc/*/measurements)/rtmr3:sha384"
	go "$body" "$TMP/nonce.json"
	assert_failure 1
	assert_output ''
}

@test "node-exporter: a register without a log is told apart, and one that does not match" {
	tdx
	local metrics=$EXAMPLES/node-exporter/tsmctl-metrics file=$TMP/prom/tsmctl.prom
	mkdir "$TMP/prom"
	go "$metrics" "$file"
	assert_done
	grep -qx 'tsmctl_verify_status 0' "$file"
	grep -qx "tsmctl_register_ok{register=\"$RTMR3\",verdict=\"untouched\"} 1" "$file"
	grep -qx "tsmctl_register_without_log{register=\"$RTMR3\"} 0" "$file"
	# A line is a comment, or a metric with a number.
	run grep -Evn '^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\})? [0-9]+)$' "$file"
	refute_output
	unhex "$ZERO48" >"$(echo "$ROOT"/sys/devices/virtual/misc/*/measurements)/rtmr3:sha384"
	go "$metrics" "$file"
	assert_done
	grep -qx 'tsmctl_verify_status 1' "$file"
	grep -qx "tsmctl_register_ok{register=\"$RTMR3\",verdict=\"unlogged\"} 0" "$file"
	grep -qx "tsmctl_register_without_log{register=\"$RTMR3\"} 1" "$file"
	# No registers at all is a status, too, and only the one file is left.
	sim_stop
	empty_root
	go "$metrics" "$file"
	assert_success
	grep -qx 'tsmctl_verify_status 3' "$file"
	assert_equal "$(ls "$TMP/prom")" tsmctl.prom
	assert_equal "$(stat -c %a "$file")" 644
}

@test "node-exporter: the alerts are about metrics that are written" {
	local alerts=$EXAMPLES/node-exporter/tsmctl-alerts.yml name
	use_root rfc-v1
	go "$EXAMPLES/node-exporter/tsmctl-metrics" "$TMP/tsmctl.prom"
	assert_done
	for name in $(grep -o 'tsmctl_[a-z_]*' "$alerts" | sort -u); do
		grep -q "^${name}[ {]" "$TMP/tsmctl.prom" || fail "$name"
	done
	assert_equal "$(grep -c 'expr:.*tsmctl_' "$alerts")" 3
}

@test "fleet: one table of many machines, those that cannot be asked among them" {
	# What ssh does here: host NAME is the machine tests/roots/NAME.
	stand_in ssh '[ "$1" = -n ] && shift
		while [ "$1" != -- ]; do shift; done
		host=${2#*@}
		[ "$host" != gone ] || { echo "ssh: connect to host gone: No route to host" >&2; exit 255; }
		[ "$host" != bare ] || { echo "bash: tsmctl: command not found" >&2; exit 127; }
		[ "$host" != cut ] || { printf "{\"schema\":\"tsmctl.verify/1\",\"registers\":["; exit 0; }
		[ "$host" != evil ] || { echo "{\"schema\":\"tsmctl.verify/1\",\"registers\":[{\"register\":\"a\\u001b[31mb\",\"verdict\":\"match\"}]}"; exit; }
		ROOT=$MACHINES/$host
		shift 2
		export ROOT
		exec bash -c "$*"'
	export MACHINES=$TMP/machines
	mkdir "$MACHINES"
	for name in rfc-v1 no-tvm changed; do
		use_root "${name/changed/rfc-v1}"
		mv "$ROOT" "$MACHINES/$name"
	done
	set_bytes "$MACHINES/changed/sys/kernel/tsm/measurement-example/rtmr0/digest" "${ZERO32/%0/1}"
	go "$EXAMPLES/fleet/verify-many" root@rfc-v1
	assert_done
	assert_output "HOST         VERDICT  REGISTER                          WHY
root@rfc-v1  match    measurement-example/rtmr0:sha256  -
root@rfc-v1  match    measurement-example/rtmr1:sha384  -"
	go "$EXAMPLES/fleet/verify-many" changed gone root@rfc-v1 bare no-tvm
	assert_failure 1
	assert_equal "$stderr" ''
	assert_equal "$(tr -s ' ' <<<"$output" | cut -d' ' -f1-3)" "HOST VERDICT REGISTER
changed mismatch measurement-example/rtmr0:sha256
changed match measurement-example/rtmr1:sha384
gone unreachable -
root@rfc-v1 match measurement-example/rtmr0:sha256
root@rfc-v1 match measurement-example/rtmr1:sha384
bare error -
no-tvm error -"
	go "$EXAMPLES/fleet/verify-many" evil
	assert_success
	go "$EXAMPLES/fleet/verify-many" evil cut
	assert_failure 1
	assert_line --regexp '^evil +match +a\?\[31mb +-$'
	assert_line --regexp '^cut +error +- +status 0, and no JSON of tsmctl verify$'
	go "$EXAMPLES/fleet/verify-many" changed gone root@rfc-v1 bare no-tvm
	assert_line --regexp '^gone +unreachable +- +ssh failed$'
	assert_line --regexp '^bare +error +- +status 127, and no JSON of tsmctl verify$'
	assert_line --regexp '^no-tvm +error +- +no measurement registers here'
}
