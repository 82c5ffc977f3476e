#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The schemas, and what judges the JSON that all other tests collect.

setup() {
	load common
	common_setup
	CHECK=$BATS_TEST_DIRNAME/../schema/check
	PYTHON=/usr/bin/python3
	[ -x "$PYTHON" ] || PYTHON=python3
	"$PYTHON" -c 'import jsonschema' 2>/dev/null || missing
	use_root rfc-v1
	IN=$BATS_TEST_TMPDIR/documents
	mkdir "$IN"
}

missing() {
	[ "${CI:-}" != true ] || fail "python3-jsonschema is missing, and CI=true does not allow to skip"
	skip "python3-jsonschema is not installed"
}

# judge DOCUMENT: what the check says of it.
judge() {
	printf '%s\n' "$1" >"$IN/some"
	go "$PYTHON" "$CHECK" "$IN"
}

# judge_changed FILTER: the same of the last document that was printed, as jq changes it.
judge_changed() { judge "$(jq -c "$1" <"$BATS_TEST_TMPDIR/document")"; }

printed() {
	tsmctl -j "$@"
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/document"
}

@test "the schemas are valid, agree on what they share, and every document has one" {
	go "$PYTHON" "$CHECK"
	assert_success
	assert_equal "$output" '0 documents, 0 rows, 0 faults'
}

# named FILE PREFIX: the words that a table of names in src has, sorted.
named() { sed -nE "s/^\\s*\\[$2_[A-Z_]+\\] = \"([a-z_-]+)\",/\\1/p" "$TSMCTL_SOURCE/src/$1" | sort; }

@test "tsmctl-json(5) says of each word of a diagnosis, a reference and a change what it means" {
	local page=$TSMCTL_SOURCE/man/tsmctl-json.5 word
	words() { jq -r ".. | objects | select(has(\"$2\")) | .$2 | .\"x-words\"? // empty | keys[]" "$TSMCTL_SOURCE/schema/tsmctl.$1-1.schema.json" | sort; }
	assert_equal "$(words verify kind)" "$(named verify/diagnosis.c DIAG)"
	assert_equal "$(words verify gives)" "$(named verify/judgement.c REFERENCE)"
	assert_equal "$(words diff change | wc -l)" 4
	for word in $(words verify kind) $(words verify gives) $(words diff change); do
		grep -qx "\.It Li ${word//-/\\\\-}" "$page" || fail "no '$word' in $page"
	done
	# What has no sentence is a fault.
	mkdir "$BATS_TEST_TMPDIR/tests"
	cp -R "$TSMCTL_SOURCE/schema" "$BATS_TEST_TMPDIR"
	cp -R "$TSMCTL_SOURCE/tests/schema" "$BATS_TEST_TMPDIR/tests"
	sed -i '/"moved": "/d; s/\("removed": ".*"\),/\1/' "$BATS_TEST_TMPDIR/schema/tsmctl.diff-1.schema.json"
	go "$PYTHON" "$BATS_TEST_TMPDIR/tests/schema/check"
	assert_failure 1
	assert_line --partial "tsmctl.diff-1.schema.json: x-words has ['added', 'changed', 'removed'], and "
}

# open_words MEMBER: the words of a member of Evidence, or of its rows, sorted.
open_words() { jq -r "(.\"\$defs\".evidence.properties.$1 | .items // .).examples[]" "$TSMCTL_SOURCE/schema/parts.json" | sort; }

@test "tsmctl-json(5) lists the words of evidence, and only a journal's lists are closed" {
	local page=$TSMCTL_SOURCE/man/tsmctl-json.5 list
	assert_equal "$(open_words not_checked)" "$(named evidence/evidence.c STEP)"
	assert_equal "$(open_words checked)" "$(named evidence/evidence.c STEP | grep -vx tcb_level)"
	assert_equal "$(open_words failed)" "$(named evidence/evidence.c STEP | sed '/^tcb_level$/d; s/^crl$/revoked/' | sort)"
	assert_equal "$(sort <(open_words verdict) <(open_words type))" "$(named evidence/evidence.c EVIDENCE)"
	for list in 'tdx-quote, snp-report, tdreport, tpm-quote.' 'signature, no-debug, crl, vmpl0.' \
		'tsm-mr, tsm-rfc, tsm-rtmrs, tpm.' 'match, untouched, partial, mismatch, log-ahead, altered, unlogged,'; do
		grep -Fqx "Words: ${list//-/\\-}" "$page" || fail "no '$list' in $page"
	done
	list=$(grep -l '"enum"' "$TSMCTL_SOURCE"/schema/*.json)
	assert_equal "${list##*/}" tsmctl.journal-1.schema.json
}

@test "what is collected is judged: what no schema has is a fault" {
	local filter n=0
	printed list
	judge_changed .
	assert_success
	assert_output '1 documents, 7 rows, 0 faults'
	rm "$IN"/*
	for filter in '.more = 1' '.registers[1].more = 2' '.registers[0].size = "48"' 'del(.registers[2].path)' \
		'.registers[0].abi = "tsm-new"' '.registers = {}' '.schema = "tsmctl.list/2"'; do
		jq -c "$filter" <"$BATS_TEST_TMPDIR/document" >"$IN/$n"
		n=$((n + 1))
	done
	echo '{"schema":"tsmctl.list/1","registers":[' >"$IN/cut"
	echo '{"schema":"tsmctl.list/1","registers":[],"registers":[]}' >"$IN/twice"
	go "$PYTHON" "$CHECK" "$IN"
	assert_failure 1
	assert_line --partial "0: Additional properties are not allowed ('more' was unexpected)"
	assert_line --partial "1: .registers[]: Additional properties are not allowed ('more' was unexpected)"
	assert_line --partial "2: .registers[].size: '48' is not of type 'integer'"
	assert_line --partial "3: .registers[]: 'path' is a required property"
	assert_line --partial "4: .registers[].abi: 'tsm-new' is not one of"
	assert_line --partial "5.registers: {} is not of type 'array'"
	assert_line --partial '6: no schema/tsmctl.list-2.schema.json'
	assert_line --partial 'cut: Expecting value'
	assert_line --partial 'twice: a member is there twice'
}

@test "a document without its results has to say why" {
	printed extend rtmr0 --event x --dry-run
	judge_changed .
	assert_success
	judge_changed 'del(.digest)'
	assert_failure 1
	judge '{"schema":"tsmctl.extend/1","error":{"status":3,"message":"no"}}'
	assert_success
	judge '{"schema":"tsmctl.extend/1"}'
	assert_failure 1
}

@test "a place that only prose names is a fault" {
	printed verify
	judge_changed '.registers[0].detail = "event 123 of \u0027kernel\u0027"'
	assert_failure 1
	assert_output --partial '[123] is in prose alone'
	judge_changed '.registers[0] |= (.detail = "event 123 of \u0027event 5\u0027" | .altered = {source: "kernel", seq: 123})'
	assert_success
	judge '{"schema":"tsmctl.extend/1","error":{"status":5,"message":"line 7: no"}}'
	assert_failure 1
	judge '{"schema":"tsmctl.extend/1","error":{"status":5,"message":"line 7: no","line":7}}'
	assert_success
	local finding='{"level":"problem","topic":"journal","message":"r: event 7 of it","fix":null'
	judge "{\"schema\":\"tsmctl.status/1\",\"findings\":[$finding}]}"
	assert_failure 1
	judge "{\"schema\":\"tsmctl.status/1\",\"findings\":[$finding,\"seq\":7}]}"
	assert_success
}

@test "events and journals are judged line by line, of a long document the first and last rows" {
	tsmctl log --jsonl
	judge "$output"
	assert_success
	judge "${output/\"offset\"/\"off\"}"
	assert_failure 1
	local event
	event=$("$TSMCTL" --root "$ROOT" log --jsonl | head -1)
	judge '{"schema":"tsmctl.journal/1","boot_id":"b","created":"t"}
{"kind":"commit","seq":0}
'"$event"
	assert_output '3 documents, 0 rows, 0 faults'
	judge '{"schema":"tsmctl.journal/1","boot_id":"b","created":"t"}
{"kind":"commit"}'
	assert_failure 1
	printed log
	# 3000 rows, each another; the fault is in one that is looked at, and then in one that is not.
	local row='(.events[0] as $e | .events = [range(3000) as $n | $e | .seq = $n | .data_text = "x" * 400]'
	judge_changed "$row) | .events[2000].seq = -1"
	assert_failure 1
	judge_changed "$row) | .events[1500].seq = -1"
	assert_success
}

@test "for readers, a schema leaves open what may be added" {
	printed list
	go "$PYTHON" - "$BATS_TEST_DIRNAME/../../schema/tsmctl.list-1.schema.json" "$BATS_TEST_TMPDIR/document" <<'PYTHON'
import json, sys
from jsonschema import Draft202012Validator
schema, document = (json.load(open(name)) for name in sys.argv[1:])
document["registers"][0].update(more=1, abi="tsm-new")
document["more"] = 1
Draft202012Validator(schema).validate(document)
del document["registers"][0]["size"]
print(len(list(Draft202012Validator(schema).iter_errors(document))))
PYTHON
	assert_success
	assert_output 1
}
