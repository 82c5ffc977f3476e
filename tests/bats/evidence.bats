#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Whether a quote or a report is genuine: what verify and read say of it, and how it cannot be missed.

setup() {
	load common
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	NOT_CHECKED='not checked: crl, tcb_level, validity'
	GENUINE="genuine  tdx-quote  (root: --root-ca; FMSPC 00906ed50000; $NOT_CHECKED)"
	"$MINT" root >root.pem
	"$MINT" body 4 >body
	"$MINT" tdx <body >q
	go "$TSMCTL" -q --root /nonexistent read --root-ca root.pem --quote q
	assert_success
	sed 1d <<<"$output" >golden
}

# away COMMAND ARGS...: tsmctl without any machine. signed COMMAND ARGS...: the same, with the root of the tests' quotes.
away() { go "$TSMCTL" --root /nonexistent "$@"; }
signed() { away "$1" --root-ca root.pem "${@:2}"; }

# both QUOTE STATUS LINE ARGS...: what read and verify say first, where all registers are as expected.
both() {
	signed verify -q --no-log --expect golden --quote "$1" "${@:4}"
	assert_equal "$status" "$2"
	assert_line --index 0 "$3"
	assert_equal "$(sed 1d <<<"$output" | cut -d' ' -f1 | sort -u)" match
	signed read -q --quote "$1" "${@:4}"
	assert_equal "$status" "$2"
	assert_line --index 0 "$3"
	assert_equal "$(sed 1d <<<"$output")" "$(cat golden)"
}

# judged QUOTE VERDICT FAILED ARGS...: the members of JSON; the top verdict of what is not genuine is that, too.
judged() {
	local top=$2
	[[ $2 != genuine && $2 != unchecked ]] || top=match
	signed verify -q --json --no-log --expect golden --quote "$1" "${@:4}"
	assert_json --arg top $top --arg verdict "$2" --arg failed "$3" '.verdict == $top and
		.evidence.verdict == $verdict and (.evidence.failed // "") == $failed and
		([.registers[].verdict] | unique) == ["match"]'
	signed read -q --json --quote "$1" "${@:4}"
	assert_json --arg verdict "$2" --arg failed "$3" '.evidence.verdict == $verdict and
		(.evidence.failed // "") == $failed and (.registers | length) == 10'
}

@test "a genuine quote" {
	both q 0 "$GENUINE"
	judged q genuine ''
	"$MINT" tdx der <body >der
	both der 0 "$GENUINE"
	away verify --json --no-log --values golden --expect golden
	assert_json '.evidence == null and .verdict == "match"'
}

@test "a forged quote: status 1, first line, top verdict, and a line on standard error" {
	local row
	for row in other-root=root other-pck=qe-signature other-key=binding other-signer=qe-identity long-binding=binding; do
		"$MINT" tdx "${row%=*}" <body >forged
		judged forged forged "${row#*=}"
	done
	cp q forged
	printf '\377' | dd of=forged bs=1 seek=640 conv=notrunc status=none
	both forged 1 "forged  tdx-quote  (the quote's signature is wrong)"
	assert_equal "$stderr" "tsmctl: 'forged' is forged: the quote's signature is wrong"
	judged forged forged signature
	# Nothing that is said of registers hides it.
	signed read -q --raw --quote forged rtmr0
	assert_failure 1
	[[ $stderr == *"'forged': forged  tdx-quote  ("* ]]
	# Without --root-ca, only Intel's and AMD's roots are trusted.
	away verify -q --no-log --expect golden --quote q
	assert_failure 1
	assert_line --index 0 "forged  tdx-quote  (the root's key is not the vendor's: whoever has that key made this chain)"
	"$MINT" snp . milan
	away verify -q --no-log --expect golden --root-ca ark.pem --quote q
	assert_failure 1
	assert_line --index 0 "forged  tdx-quote  (the root's key is not that of --root-ca: whoever has that key made this chain)"
}

@test "64 zero bytes are no signature" {
	head -c 64 /dev/zero | dd of=q bs=1 seek=636 conv=notrunc status=none
	both q 1 "forged  tdx-quote  (the quote's signature is wrong)"
}

@test "a signature that cannot be read: status 5, and the registers" {
	{ cat body && unhex 90010000 && printf '%0400d' 0; } >q
	both q 5 'error  tdx-quote  (offset 766: certification data of 808464432 bytes, and there are 266)'
	assert_equal "$stderr" "tsmctl: 'q': offset 766: certification data of 808464432 bytes, and there are 266"
	signed verify -q --json --no-log --expect golden --quote q
	assert_failure 5
	assert_json '.verdict == null and .evidence.verdict == null and .evidence.error.status == 5 and
		.evidence.checked == []'
}

@test "values of what is forged are not taken for registers" {
	"$MINT" tdx other-key <body >forged
	for options in '' --json; do
		# shellcheck disable=SC2086 # none or one
		signed read -q $options --quote forged
		echo "$output" >values
		away verify --no-log --values values --expect golden
		assert_refused 5 "'values': *these values are of evidence that is forged"
		away verify --no-log --values golden --expect values
		assert_refused 5 "'values': *these values are of evidence that is forged"
	done
	signed read -q --quote q
	echo "$output" >values
	away verify --no-log --values values --expect golden
	assert_success
	# Only the first line, and whole.
	{ sed -n 2p values && sed -n 1p values; } >other
	away verify --no-log --values other --expect golden
	assert_refused 5 "'other': line 2: *"
	sed '1s/.$//' values >other
	away verify --no-log --values other --expect golden
	assert_refused 5 "'other': line 1: *"
}

# not_values REASON OPTION...: what read prints of a quote like this is not taken for registers, in either form.
not_values() {
	local form
	for form in '' --json; do
		# shellcheck disable=SC2086 # none or one
		signed read -q $form "${@:2}"
		[ "$status" != 0 ] || fail "$output"
		echo "$output" >values
		away verify --no-log --values values --expect golden
		assert_refused 5 "'values': *these values are of evidence $1"
		away verify --no-log --values golden --expect values
		assert_refused 5 "'values': *these values are of evidence $1"
	done
}

@test "values of what could not be checked, or is not what was asked for, are not taken for registers" {
	{ cat body && unhex 90010000 && printf '%0400d' 0; } >unread
	not_values 'that could not be checked' --quote unread
	not_values 'that is not as --require wanted it' --quote q --require vmpl0
	not_values 'that is not as --require wanted it' --quote q --require signature,crl,no-debug
	not_values 'whose report data is not what was asked for' --quote q --report-data "$(printf '%0128d' 1)"
	signed read -q --json --quote q --report-data "$(printf '%0128d' 1)"
	assert_json '.evidence.verdict == "genuine" and .report_data_verdict == "mismatch" and
		.report_data_expected == "0" * 127 + "1" and .report_data != .report_data_expected'
	# As it was asked for, they are.
	data=$(jq -r .report_data <<<"$output")
	for form in '' --json; do
		# shellcheck disable=SC2086 # none or one
		signed read -q $form --quote q --report-data "$data" --require signature,no-debug
		assert_success
		echo "$output" >values
		away verify --no-log --values values --expect golden
		assert_success
	done
	jq -e '.report_data_verdict == "match" and .report_data_expected == .report_data' values
}

@test "a debug enclave, a revoked certificate, an expired one: untrusted" {
	"$MINT" tdx debug-qe <body >debug
	both debug 1 'untrusted  tdx-quote  (the quoting enclave is a debug one, which its host can change)'
	judged debug untrusted qe-identity
	"$MINT" crl ca revoked >revoked
	both q 1 "untrusted  tdx-quote  (the certificate 'Intel SGX PCK Certificate' is revoked)" --crl revoked
	judged q untrusted revoked --crl revoked
	both q 1 "untrusted  tdx-quote  (the certificate 'Intel SGX PCK Certificate' is not valid at the time given by --at)" \
		--at 2031-01-01
	judged q untrusted validity --at 2031-01-01
	# What is forged is not excused by that.
	"$MINT" tdx other-key <body >forged
	judged forged forged binding --at 2031-01-01 --crl revoked
}

@test "--crl: a list of every issuer, by whom it should be" {
	"$MINT" crl ca >ca
	"$MINT" crl root >root
	filehex ca >cahex
	judged q genuine '' --crl cahex --crl root
	assert_json '.evidence.not_checked == ["tcb_level", "validity"]'
	judged q genuine '' --crl ca
	assert_json '.evidence.not_checked == ["crl", "tcb_level", "validity"]'
	judged q genuine '' --crl ca --crl root
	assert_json '.evidence.not_checked == ["tcb_level", "validity"] and (.evidence.checked | index("crl"))'
	signed verify -q --no-log --expect golden --quote q --crl ca --crl root --require crl
	assert_done
	signed verify -q --no-log --expect golden --quote q --crl ca --require crl
	assert_error 1 "'q': --require crl: no complete revocation list of every issuer was given"
	local kind
	for kind in partial forged; do
		"$MINT" crl ca $kind >other
		signed verify -q --no-log --expect golden --quote q --crl other --crl root --require crl
		assert_failure 1
		assert_line --index 0 "genuine  tdx-quote  (but --require crl is not met; ${GENUINE#*\(}"
	done
	"$MINT" crl ca forged revoked >other
	both q 0 "$GENUINE" --crl other
	away verify --no-log --expect golden --quote q --crl golden
	assert_refused 5 "'golden': no certificate and no revocation list: PEM, DER or an auxblob is needed"
	away read --quote q --root-ca root
	assert_refused 5 "'root': no certificate in it"
}

@test "--at: which time, and no other way to say it" {
	local at
	for at in 2029-12-31 2025-01-15T12:00:00Z @1736942400; do
		signed read --json --quote q --at $at
		assert_success
		assert_json '.evidence.not_checked == ["crl", "tcb_level"] and (.evidence.at | test("^20[0-9-]+T[0-9:]+Z$"))'
	done
	assert_json '.evidence.at == "2025-01-15T12:00:00Z"'
	signed read --json --quote q
	assert_json '.evidence.at == null'
	for at in '' 2025 2025-1-1 2025-02-30 2025-13-01 2025-01-15T12:00:00 2025-01-15T25:00:00Z ' 2025-01-15' @ @x @-1 Now yesterday; do
		signed read --quote q --at "$at"
		assert_refused 2 "--at '$at': not 'now', YYYY-MM-DD, YYYY-MM-DDTHH:MM:SSZ or @SECONDS"
	done
}

@test "--require: what is not so, or not known, is status 1" {
	signed verify -q --no-log --expect golden --quote q --require signature,no-debug
	assert_done
	away verify -q --no-log --expect golden --quote q --require signature
	assert_failure 1
	[[ $stderr == *"'q': --require signature: it is not known to be genuine"* ]]
	"$MINT" tdx no-certs <body >unchecked
	both unchecked 0 "unchecked  tdx-quote  (the quote lacks its PCK certificate and the certificates of the platform's CA and the root: --certs)"
	judged unchecked unchecked ''
	for command in read 'verify --no-log --expect golden' 'verify --json --no-log --expect golden'; do
		# shellcheck disable=SC2086 # a command and its options
		signed $command --quote unchecked
		assert_success
		assert_equal "$stderr" "$(not_genuine unchecked)"
		signed $command --quote q
		[[ $stderr != *'nothing here shows'* ]] || fail "$stderr"
	done
	signed verify -q --json --no-log --expect golden --quote unchecked --require signature --require no-debug
	assert_failure 1
	assert_json '.verdict == "untrusted" and .evidence.verdict == "unchecked" and
		.evidence.unmet == ["signature", "no-debug"]'
	"$MINT" body 4 debug | "$MINT" tdx >debug
	signed read -q --quote debug --require no-debug
	assert_error 1 "'debug': --require no-debug: its host can read and change this guest"
	signed read -q --quote q --require vmpl0
	assert_error 1 "'q': --require vmpl0: it is not of VMPL 0 of an SEV-SNP guest"
	signed read --quote q --require signature,tcb
	assert_refused 2 "--require 'tcb': not one of signature, no-debug, crl, vmpl0"
	signed read --quote q --require ''
	assert_refused 2 "--require '': not one of signature, no-debug, crl, vmpl0"
}

@test "the first line says what makes a genuine quote no good answer" {
	local other but row
	other=$(printf '00%.0s' {1..64})
	for row in "--require crl|--require crl is not met" "--require vmpl0,crl|--require crl,vmpl0 is not met" \
		"--report-data $other|its report data is not what was asked for" \
		"--report-data $other --require crl|--require crl is not met; but its report data is not what was asked for"; do
		but="genuine  tdx-quote  (but ${row#*|}; ${GENUINE#*\(}"
		# shellcheck disable=SC2086 # words
		both q 1 "$but" ${row%|*}
	done
	signed verify -q --json --no-log --expect golden --quote q --require crl --report-data "$other"
	assert_json '.verdict == "mismatch" and .evidence.verdict == "genuine" and .evidence.unmet == ["crl"]'
	signed verify -q --json --no-log --expect golden --quote q --require crl
	assert_json '.verdict == "untrusted" and .evidence.verdict == "genuine"'
	"$MINT" tdx no-certs <body >unchecked
	signed read -q --quote unchecked --require signature
	assert_line --index 0 --regexp '^unchecked  tdx-quote  \(but --require signature is not met; the quote lacks'
}

@test "colour: green is a genuine quote alone that is what was asked for" {
	"$MINT" body 4 debug | "$MINT" tdx >debug
	signed read -q --color always --quote q
	assert_line --index 0 --partial $'\e[32mgenuine\e[0m'
	signed read -q --color always --quote debug
	assert_line --index 0 --partial $'\e[33mgenuine\e[0m'
	signed read -q --color always --quote q --require crl
	assert_line --index 0 --partial $'\e[31mgenuine\e[0m'
}

@test "on a terminal the first line is wrapped; in a pipe it is one" {
	on_terminal 60 env TERM=dumb "$TSMCTL" --root /nonexistent --no-pager read --root-ca root.pem --quote q mrtd
	assert_line --index 0 'genuine  tdx-quote  (root: --root-ca; FMSPC 00906ed50000;'
	assert_line --index 1 '    not checked: crl, tcb_level, validity)'
	on_terminal 200 env TERM=dumb "$TSMCTL" --root /nonexistent --no-pager read --root-ca root.pem --quote q mrtd
	assert_line --index 0 "$GENUINE"
}

@test "options that need a quote" {
	local option
	for option in '--root-ca f' '--certs f' '--crl f' '--at now'; do
		# shellcheck disable=SC2086 # words
		away verify --values golden --expect golden $option
		assert_refused 2 "${option% *} needs --quote"
	done
	away verify --values golden --expect golden --require signature
	assert_refused 2 '--require needs --quote or --tdreport to be checked against'
	head -c 64 /dev/zero | tr '\0' '\125' >data
	away read --report-data-file data
	assert_refused 2 '--report-data-file needs --quote or --tdreport to be checked against'
	away read --quote q --report-data-file data --report-data 00
	assert_refused 2 '--report-data and --report-data-file cannot be combined'
	signed read -q --quote q --report-data-file data
	assert_done
	head -c 64 /dev/zero >data
	signed read -q --json --quote q --report-data-file data
	assert_error 1 "'q': the report data is 5555*, not 0000*: this was not made for that request"
	truncate -s 63 data
	away read --quote q --report-data-file data
	assert_refused 2 "--report-data-file 'data': 63 bytes, and report data has 64"
	away read --quote q --report-data-file nosuch
	assert_refused 4 "'nosuch': no such file or directory"
}

@test "an SEV-SNP report: its registers against expected values" {
	local options=(--root-ca snp/ark.pem --certs snp/ask.pem --certs snp/cert.der)
	mkdir snp
	"$MINT" snp snp milan
	away read --quote snp/report "${options[@]}"
	assert_success
	assert_output "genuine  snp-report  (root: --root-ca; VCEK, VMPL 0; $NOT_CHECKED)
$(printf '33%.0s' {1..48})  author_key_digest:sha384
$(printf '11%.0s' {1..16})  family_id
$(printf 'cc%.0s' {1..32})  host_data
$(printf 'ee%.0s' {1..48})  id_key_digest:sha384
$(printf '22%.0s' {1..16})  image_id
$(printf '99%.0s' {1..48})  measurement:sha384"
	assert_equal "$stderr" ''
	echo "$output" >golden
	away verify --quote snp/report "${options[@]}" --expect golden --require vmpl0,signature,no-debug
	assert_success
	assert_equal "$(grep -c '^match  ' <<<"$output")" 6
	sed -i 's/^99/98/' golden
	away verify --quote snp/report "${options[@]}" --expect golden
	assert_failure 1
	assert_line --partial 'unexpected  measurement:sha384'
	away verify --json --quote snp/report "${options[@]}" --expect golden
	assert_json '.verdict == "unexpected" and .evidence.product == "Milan" and .evidence.signing_key == "VCEK" and
		.evidence.vmpl == 0 and .evidence.policy == 196608 and .evidence.reported_tcb == "03000000000008d2" and
		(.evidence.chip_id | length) == 128 and .evidence.checked == ["root", "chain", "signature", "tcb", "chip-id"]'
	# The certificates as a host gives them; none.
	away read -q --quote snp/report --root-ca snp/ark.pem --certs snp/auxblob
	assert_done
	base64 snp/auxblob >aux64
	away read -q --quote snp/report --root-ca snp/ark.pem --certs aux64 --require signature
	assert_done
	away read -q --quote snp/report
	assert_done
	assert_line --index 0 --regexp '^unchecked  snp-report  \(the VCEK certificate and its issuers. are missing: --certs; AMD has it: https://'
	away read -q --quote snp/report --require signature
	assert_failure 1
}

@test "an SEV-SNP report and a log: the report is judged, and no register of it has a log" {
	local options=(--root-ca snp/ark.pem --certs snp/auxblob) log
	local why="nothing to verify: an SEV-SNP report has no register with a log; '--expect VALUES' checks its measurement"
	log=$BATS_TEST_TMPDIR/log
	grep -v '^#' "$BATS_TEST_DIRNAME/../gen/boot.txt" >boot
	"$GENLOG" -f ccel boot >"$log"
	mkdir snp
	"$MINT" snp snp milan
	away verify --quote snp/report "${options[@]}" --input "$log"
	assert_error 3 "$why"
	assert_output "genuine  snp-report  (root: --root-ca; VCEK, VMPL 0; $NOT_CHECKED)"
	away verify --json --quote snp/report "${options[@]}" --input "$log"
	assert_error 3 "$why"
	assert_json '.verdict == null and .evidence.verdict == "genuine" and .registers == [] and
		(.logs | length) == 1 and .error.status == 3'
	"$MINT" snp snp milan forged
	away verify --json -q --quote snp/report "${options[@]}" --input "$log"
	assert_failure
	assert_json '.verdict == "forged" and .registers == [] and .error.status == 3'
}

@test "an SEV-SNP report that is not as it should be" {
	local options=(--root-ca snp/ark.pem --certs snp/auxblob)
	mkdir snp
	"$MINT" snp snp genoa forged
	away read -q --quote snp/report "${options[@]}"
	assert_error 1 "'snp/report' is forged: the report is not signed by the key of the certificate"
	away read -q --quote snp/report --certs snp/auxblob
	assert_failure 1
	assert_line --index 0 "forged  snp-report  (the root's key is not the vendor's: whoever has that key made this chain)"
	"$MINT" snp snp turin vlek debug vmpl1 revoked 5
	away read --quote snp/report "${options[@]}"
	assert_success
	assert_line --index 0 "genuine  snp-report  (of a debug guest, which proves nothing; root: --root-ca; VLEK, VMPL 1; $NOT_CHECKED)"
	[[ $stderr == *'this guest has the debug attribute'* ]]
	away read -q --quote snp/report "${options[@]}" --require vmpl0
	assert_failure 1
	away read -q --quote snp/report "${options[@]}" --crl snp/crl.der
	assert_error 1 "'snp/report' is untrusted: the certificate 'SEV-VLEK-Turin' is revoked"
	head -c 1183 snp/report >short
	away read --quote short
	assert_refused 5 "'short': 1183 bytes, and an SEV-SNP report has 1184"
	away verify --quote snp/report --input golden
	assert_failure 5
}

@test "another file as --quote is called by its name" {
	local cert='this is a certificate or a revocation list, not a TDX quote: --certs, --root-ca or --crl reads it'
	mkdir snp
	"$MINT" snp snp milan
	"$MINT" crl ca >ca
	signed read --json --quote q
	echo "$output" >read.json
	printf 'CCEL\x38\0\0\0%048d' 0 >table
	away read --quote snp/cert.der
	assert_refused 5 "'snp/cert.der': $cert"
	away read --quote root.pem
	assert_refused 5 "'root.pem': $cert"
	away read --quote ca
	assert_refused 5 "'ca': $cert"
	away read --quote read.json
	assert_refused 5 "'read.json': this is what 'tsmctl read --json' prints, which nobody signed: --values reads it"
	away read --quote table
	assert_refused 5 "'table': the ACPI table CCEL, which only says where the log is: the log itself is /sys/firmware/acpi/tables/data/CCEL"
	away verify --values table --expect golden
	assert_refused 5 "'table': the ACPI table CCEL, which *"
}

@test "an SEV-SNP report and the certificate of the other kind of key" {
	mkdir vcek vlek
	"$MINT" snp vcek turin
	"$MINT" snp vlek turin vlek
	away read -q --quote vcek/report --certs vlek/auxblob
	assert_done
	assert_line --index 0 'unchecked  snp-report  (the report is signed by a VCEK, and the certificate of a VLEK was given: --certs)'
	away read -q --quote vlek/report --certs vcek/auxblob
	assert_line --index 0 'unchecked  snp-report  (the report is signed by a VLEK, and the certificate of a VCEK was given: --certs)'
	away read -q --quote vlek/report --certs vcek/auxblob --certs vlek/auxblob --root-ca vlek/ark.pem
	assert_line --index 0 --regexp '^genuine  snp-report'
}

@test "evidence as it is passed on" {
	local form
	filehex q >hex
	{ printf 0x && filehex q; } >0x
	base64 q >base64
	base64 -w0 q | tr '+/' '-_' | tr -d = >base64url
	printf '{"cc_eventlog":null,"quote":"%s"}' "$(base64 -w0 q)" >coco
	printf '{"policy_ids":[],"tdx":{"quote":"%s","runtime_data":""}}' "$(base64 -w0 q)" >ita
	printf '{"quote":"%s","event_log":"[{\\"quote\\":1}]"}' "$(filehex q)" >dstack
	base64 coco >coco64
	for form in hex 0x base64 base64url coco coco64 ita dstack; do
		both $form 0 "$GENUINE"
	done
	printf '{"schema":"tsmctl.quote/1","quote_base64":"%s","auxblob_base64":null}' "$(base64 -w0 q)" >own
	both own 0 "$GENUINE"
	printf '{"quote":"%s","quote":"00"}' "$(filehex q)" >twice
	away read --quote twice
	assert_refused 5 "'twice': neither evidence nor JSON with a quote: byte 0: two members of one object have the same name"
	printf '{"quote":"%s","tdx":{"quote":"00"}}' "$(filehex q)" >twice
	away read --quote twice
	assert_refused 5 "'twice': JSON with two quotes, 'quote' and that of 'tdx': give one of them"
	printf '{"quote":"%s","td_quote":"00"}' "$(filehex q)" >twice
	away read --quote twice
	assert_refused 5 "'twice': JSON with two quotes, 'quote' and 'td_quote': give one of them"
	printf '{"attestation":"00","tdx":{"quote":"%s"}}' "$(filehex q)" >twice
	away read --quote twice
	assert_refused 5 "'twice': JSON with two quotes, that of 'tdx' and 'attestation': give one of them"
	for other in '"quote":"00"' '"tdx":{"quote":"00"}' '"td_quote":"00"' '"attestation":"00"'; do
		for schema in '"schema":"tsmctl.quote/1",' ''; do
			printf '{%s"quote_base64":"%s",%s}' "$schema" "$(base64 -w0 q)" "$other" >twice
			away read --quote twice
			assert_refused 5 "'twice': *JSON with two quotes, 'quote_base64' and *: give one of them"
		done
	done
	gzip -c q >packed
	away read --quote packed
	assert_refused 5 "'packed': this is packed by gzip, not a TDX quote: unpack it with gunzip first"
	echo 'some text.' >text
	away read --quote text
	assert_refused 5 "'text': this is text that is neither hex, base64 nor JSON, not a TDX quote: tsmctl does not read it"
}

@test "who sends evidence does not choose what it is revoked by: lists of theirs count for nothing" {
	"$MINT" crl ca >ca
	"$MINT" crl root >root
	for list in ca root; do
		openssl crl -inform DER -in $list
	done >lists
	printf '{"schema":"tsmctl.quote/1","quote_base64":"%s","auxblob_base64":"%s"}' "$(base64 -w0 q)" "$(base64 -w0 lists)" >listed
	judged listed genuine ''
	assert_json '.evidence.not_checked == ["crl", "tcb_level", "validity"]'
	signed verify -q --no-log --expect golden --quote listed --require crl
	assert_error 1 "'listed': --require crl: no complete revocation list of every issuer was given"
	signed verify -q --no-log --expect golden --quote listed --crl lists --require crl
	assert_done
}

@test "a report and its host's certificates in the JSON of quote" {
	mkdir snp
	"$MINT" snp snp milan
	printf '{"schema":"tsmctl.quote/1","quote_base64":"%s","auxblob_base64":"%s"}' "$(base64 -w0 snp/report)" \
		"$(base64 -w0 snp/auxblob)" >own
	away read -q --quote own --root-ca snp/ark.pem
	assert_done
	assert_line --index 0 "genuine  snp-report  (root: --root-ca; VCEK, VMPL 0; $NOT_CHECKED)"
	# They are not trusted for themselves.
	away read -q --quote own
	assert_failure 1
	assert_line --index 0 --partial 'forged  snp-report  (the root'
}

# number N: 4 bytes, little-endian, as text for printf.
number() {
	local hex
	hex=$(printf %08x "$1")
	printf '\\x%s' "${hex:6:2}" "${hex:4:2}" "${hex:2:2}" "${hex:0:2}"
}

# hcl REPORT TYPE HASH JSON: Azure's report, with this one in it.
hcl() {
	printf 'HCLA%28s' ''
	cat "$1"
	head -c $((1184 - $(stat -c %s "$1"))) /dev/zero
	# shellcheck disable=SC2059 # bytes
	printf "$(number $((20 + ${#4})))$(number 1)$(number "$2")$(number "$3")$(number ${#4})"
	printf %s "$4"
}

@test "Azure's HCL report around an SNP report or a TDREPORT" {
	mkdir snp
	"$MINT" snp snp milan
	hcl snp/report 2 1 '{}' >hcl
	away read -q --quote hcl --root-ca snp/ark.pem --certs snp/auxblob
	assert_done
	head -c 1200 hcl >short
	away read --quote short
	assert_refused 5 "'short': offset 32: cut in Azure's HCL report"
	hcl /dev/null 3 1 '{}' >hcl
	away read --quote hcl
	assert_refused 5 "'hcl': offset 1224: an HCL report of type 3, and only 2 (SNP) and 4 (TDX) are known here"
}

@test "Azure's HCL report: the guest's user data, which the report data is of" {
	local options=(--root-ca snp/ark.pem --certs snp/auxblob) row user other json
	user=$(textsum sha512 user) other=$(textsum sha512 other)
	json="{\"keys\":[],\"user-data\":\"${user^^}\"}"
	mkdir snp
	for row in 1=sha256 2=sha384 3=sha512; do
		digest=$(textsum "${row#*=}" "$json")
		digest+=$(printf "%0$((128 - ${#digest}))d" 0)
		"$MINT" snp snp milan "data=${digest:0:128}"
		hcl snp/report 2 "${row%=*}" "$json" >hcl
		away read -q --json --quote hcl "${options[@]}" --report-data "$user"
		assert_success
		assert_json --arg u "$user" --arg d "${digest:0:128}" '.evidence.verdict == "genuine" and
			.evidence.user_data == $u and .evidence.report_data == $d'
		away read -q --quote hcl "${options[@]}" --report-data "${digest:0:128}"
		assert_success
		away read -q --quote hcl "${options[@]}" --report-data "$other"
		assert_error 1 "'hcl': the report data is $user, not $other: this was not made for that request"
	done
	# JSON that somebody changed is not what the report data is of; nor is JSON of another hash, or cut.
	digest=$(textsum sha256 "$json")
	"$MINT" snp snp milan "data=$digest$(printf %064d 0)"
	hcl snp/report 2 1 "$json" >hcl
	away read --quote hcl "${options[@]}" --report-data "$user"
	assert_success
	[[ $stderr == *"'hcl': what --report-data asks for is compared with the user data that the report data is the hash of"* ]]
	head -c -1 hcl >short
	hcl snp/report 2 1 "${json/keys/kays}" >changed
	hcl snp/report 2 2 "$json" >sha384
	hcl snp/report 2 4 "$json" >hash4
	"$MINT" snp snp milan "data=$digest$(printf %063d 0)1"
	hcl snp/report 2 1 "$json" >long
	for row in short changed sha384 hash4 long; do
		away read -q --json --quote $row --root-ca snp/ark.pem --certs snp/auxblob --report-data "$user"
		assert_failure 1
		assert_json '.evidence.verdict == "genuine" and (.evidence | has("user_data") | not)'
	done
	# Digits that are missing, or none.
	for json in "{\"user-data\":\"${user:2}\"}" "{\"user-data\":\"${user/?/g}\"}" '{"user-data":1}' '[]' '{'; do
		digest=$(textsum sha256 "$json")$(printf %064d 0)
		"$MINT" snp snp milan "data=$digest"
		hcl snp/report 2 1 "$json" >hcl
		away read -q --json --quote hcl "${options[@]}"
		assert_json '.evidence.verdict == "genuine" and (.evidence | has("user_data") | not)'
	done
}

# attestation KIND FILE [CERT...]: dstack's JSON.
attestation() {
	local cert
	compact() { # N, in two bytes
		printf '\\x%02x\\x%02x' $((($1 << 2 | 1) & 255)) $(($1 >> 6))
	}
	{
		# shellcheck disable=SC2059 # bytes
		printf "\\x00\\x0$1$(compact "$(stat -c %s "$2")")" && cat "$2"
		# shellcheck disable=SC2059
		[ "$1" != 3 ] || printf "\\x$(printf %02x $(($# - 2 << 2)))"
		for cert in "${@:3}"; do
			# shellcheck disable=SC2059
			printf "$(compact "$(stat -c %s "$cert")")" && cat "$cert"
		done
		printf '\0\0rest'
	} >raw
	printf '{"attestation":"%s","vm_config":"{}"}' "$(filehex raw)"
}

@test "dstack's attestation: a TDX quote, an SNP report and its certificates" {
	local kind
	for kind in 0 1; do
		attestation $kind q >dstack
		both dstack 0 "$GENUINE"
	done
	mkdir snp
	"$MINT" snp snp milan
	openssl x509 -inform DER -in snp/cert.der -out snp/cert.pem
	attestation 3 snp/report snp/cert.pem snp/ask.pem snp/ark.pem >dstack
	away read -q --quote dstack --root-ca snp/ark.pem
	assert_done
	assert_line --index 0 "genuine  snp-report  (root: --root-ca; VCEK, VMPL 0; $NOT_CHECKED)"
	away read -q --quote dstack
	assert_failure 1
	assert_line --index 0 --partial 'forged  snp-report  (the root'
	attestation 3 snp/report >dstack
	away read -q --quote dstack
	assert_done
	assert_line --index 0 --partial 'unchecked  snp-report  ('
	attestation 3 snp/report root.pem body >dstack
	away read -q --quote dstack
	assert_line --index 0 --partial 'unchecked  snp-report  ('
	sed 's/CERTIFICATE/PRIVATE KEY/' root.pem >key.pem
	attestation 3 snp/report key.pem >dstack
	away read -q --quote dstack
	assert_error 5 "'dstack': its 'attestation': a PEM block of 'PRIVATE KEY'"
}

# scale FILE <EVENTS: dstack's attestation of the quote FILE and of these events, JSON as its agent prints them.
scale() {
	python3 -c '
import json, struct, sys
def compact(n):
    return struct.pack("<B", n << 2) if n < 64 else struct.pack("<H", n << 2 | 1) if n < 1 << 14 else struct.pack("<I", n << 2 | 2)
def sized(b):
    return compact(len(b)) + b
events = json.load(sys.stdin)
out = b"\0\0" + sized(open(sys.argv[1], "rb").read()) + compact(len(events))
for e in events:
    out += struct.pack("<II", e["imr"], e["event_type"]) + sized(bytes.fromhex(e["digest"]))
    out += sized(e["event"].encode("utf-8", "surrogateescape")) + sized(bytes.fromhex(e["event_payload"]))
print(json.dumps({"attestation": out.hex(), "vm_config": "{}"}))' "$1"
}

@test "dstack's attestation: its log by --input, as in the report of the same events" {
	local digest name='a "name" \ of ü' raw at n
	digest=$(textsum sha384 x)
	jq -n --arg d "$digest" --arg name "$name" '[
		{imr: 0, event_type: 11, digest: $d, event: "", event_payload: "6162"},
		{imr: 3, event_type: 134217729, digest: "", event: "app-id", event_payload: "0102ff"},
		{imr: 3, event_type: 134217729, digest: "", event: $name, event_payload: ("61" * 9000)}]' >events
	jq -c '{quote: "040002", event_log: tostring}' events >report
	scale q <events >attestation
	"$TSMCTL" log --json --input report | jq -S 'del(.. | .source?, .offset?)' >want
	"$TSMCTL" log --json --input attestation | jq -S 'del(.. | .source?, .offset?)' >got
	[ "$(jq '.events | length' got)" = 3 ]
	diff want got
	away read -q --quote attestation --root-ca root.pem
	assert_line --index 0 "$GENUINE"
	# Cut anywhere in its log, a name that is no text, and one without a log.
	raw=$(jq -r .attestation attestation)
	at=$((2 * (2 + 4 + $(stat -c %s q))))
	for n in 0 2 8 14 16 120 124 $((${#raw} - at - 2)); do
		printf '{"attestation":"%s"}' "${raw:0:at+n}" >short
		away log --input short
		assert_failure 5
		assert_output ''
		[[ $stderr == "tsmctl: 'short': offset "*": cut in dstack's attestation" ]]
	done
	printf '{"attestation":"%s"}' "${raw/6170702d6964/6170702dff64}" >name
	away log --input name
	assert_refused 5 "'name': offset *: the name of an event in dstack's attestation is not UTF-8"
	mkdir snp
	"$MINT" snp snp milan
	attestation 3 snp/report >dstack
	away log --input dstack
	assert_refused 3 "'dstack': no log: dstack's attestation of SEV-SNP has no event log"
	printf '{"attestation":"no"}' >dstack
	away log --input dstack
	assert_refused 5 "'dstack': *"
}

@test "what stands beside the quote in the JSON of quote is not signed, and has to be what the quote says" {
	away read -q --json --quote q
	jq --arg quote "$(base64 -w0 q)" '{schema: "tsmctl.quote/1", quote_base64: $quote, report_data, registers}' "$OUT" >own
	both own 0 "$GENUINE"
	other() {
		jq "$1" own >other
		away read --quote other
		assert_refused 5 "'other': its '$2' *not those of the quote in it"
	}
	other '.registers[0].value |= sub("^.."; "ee")' registers
	other '.registers[-1].value |= .[2:]' registers
	other '.registers[-1].value = null' registers
	other '.registers += [.registers[0] * {register: "rtmr9:sha384"}]' registers
	other '.registers[0] = 1' registers
	other '.registers = {}' registers
	for data in '"00"' '.report_data |= sub("^.."; "ee") | .report_data' 5; do
		jq ".report_data = ($data)" own >other
		signed verify --json --no-log --expect golden --quote other
		assert_failure 5
		[[ $stderr == "tsmctl: 'other': its 'report_data' is not that of the quote in it" ]] || fail "$stderr"
	done
	for less in 'del(.registers, .report_data)' '.registers = null | .report_data = null' '.registers = .registers[3:]'; do
		jq "$less" own >other
		both other 0 "$GENUINE"
	done
}

@test "dstack's attestation: other versions and kinds, cut, beside a quote" {
	printf '{"attestation":"83a776657273696f6e01"}' >dstack
	away read --quote dstack
	assert_refused 5 "'dstack': dstack's attestation of version 1 or later (MessagePack), which is not read here: ask its agent for the quote (GetQuote)"
	printf '{"attestation":"0100"}' >dstack
	away read --quote dstack
	assert_refused 5 "'dstack': dstack's attestation of version 1, and only 0 is known here"
	printf '{"attestation":"0002"}' >dstack
	away read --quote dstack
	assert_refused 5 "'dstack': dstack's attestation of kind 2, and only 0, 1 (TDX) and 3 (SEV-SNP) are known here"
	printf '{"attestation":"00000201000000"}' >dstack
	away read --quote dstack
	assert_refused 5 "'dstack': offset 6: cut in dstack's attestation"
	printf '{"attestation":"no"}' >dstack
	away read --quote dstack
	assert_refused 5 "'dstack': the JSON's 'attestation' is neither hex nor base64"
	# The agent's whole answer has both.
	printf '{"quote":"%s","attestation":"00"}' "$(filehex q)" >dstack
	both dstack 0 "$GENUINE"
}

@test "logs as they are passed on, beside a quote or alone" {
	local form log64
	echo 'rtmr2 EV_IPL text:one' >desc
	"$GENLOG" -f ccel desc >ccel
	"$GENLOG" -f ccel --quote 4 desc >quote
	log64=$(base64 -w0 ccel)
	away replay ccel
	assert_success
	want=$output
	filehex ccel >hex
	base64 ccel >base64
	"$GENLOG" -f cel-json desc >json
	base64 json >json64
	printf '{"cc_eventlog":"%s","quote":"%s"}' "$log64" "$(base64 -w0 quote)" >coco
	printf '{"tdx":{"quote":"%s","event_log":"%s"}}\n' "$(base64 -w0 quote)" "$log64" >ita
	printf '{"quote":"%s","event_log":"%s"}\n' "$(base64 -w0 quote)" "$log64" >flat
	for form in hex base64 base64:ccel json64 coco ita flat; do
		away replay "$form"
		assert_success
		assert_output "$want"
	done
	away replay - <base64
	assert_output "$want"
	for form in coco ita flat; do
		away verify --quote $form --input $form
		assert_success
		assert_line 'match  rtmr2:sha384'
	done
	printf '{"cc_eventlog":"%s","event_log":"%s","tdx":{"event_log":"%s"}}' "$log64" "$log64" "$log64" >same
	away replay same
	assert_output "$want"
	two() {
		printf '{%s}' "$3" >two
		away replay two
		assert_refused 5 "'two': *JSON with two logs, '$1' and '$2': give one of them"
	}
	two cc_eventlog event_log "\"event_log\":\"00\",\"cc_eventlog\":\"$log64\""
	two cc_eventlog event_log "\"event_log\":[],\"cc_eventlog\":\"$log64\""
	two tdx.event_log event_log "\"event_log\":\"00\",\"tdx\":{\"event_log\":\"$log64\"}"
	two tdx.cc_eventlog tdx.event_log "\"tdx\":{\"event_log\":\"00\",\"cc_eventlog\":\"$log64\"}"
	two attestation event_log "\"event_log\":\"00\",\"attestation\":\"0000\""
	for key in cc_eventlog event_log; do
		printf '{"schema":"tsmctl.quote/1","quote_base64":"%s","logs":[{"source":"ccel","format":"ccel","base64":"%s"}],"%s":"00"}' \
			"$(base64 -w0 quote)" "$log64" "$key" >both
		away verify --quote both
		assert_refused 5 "'both': JSON with two logs, 'logs' and '$key': give one of them"
		away replay both
		assert_refused 5 "'both': JSON with two logs, 'logs' and '$key': give one of them"
	done
	printf '{"cc_eventlog":null,"quote":"%s"}' "$(base64 -w0 quote)" >null
	away verify --quote null --input null
	assert_refused 5 "'null': no log: its 'cc_eventlog' is null"
	gzip -c ccel >packed
	away replay packed
	assert_refused 5 "'packed': no log: this is packed by gzip: unpack it with gunzip first"
}

@test "a genuine quote of another TD, with the log of this one" {
	echo 'rtmr2 EV_IPL text:one' >desc
	"$GENLOG" -f ccel desc >ccel
	signed verify -q --quote q --input ccel rtmr2
	assert_failure 1
	assert_line --index 0 "$GENUINE"
	assert_line --index 1 --partial 'mismatch  rtmr2:sha384'
	signed verify -q --json --quote q --input ccel rtmr2
	assert_json '.verdict == "mismatch" and .evidence.verdict == "genuine"'
}

@test "a quote with a filler in place of its signature, as it is passed on" {
	local cases=${TSMCTL_SHARED:-}/cases form
	[ -d "$cases" ] || return 0
	away read -q --quote "$cases/quote-v4.dat"
	assert_error 5 "*/quote-v4.dat': offset 766: certification data of 1145324612 bytes, and there are 4166"
	golden=$output
	for form in quote-v4.hex quote-v4.b64 coco-tdx-evidence.json; do
		away read -q --quote "$cases/$form"
		assert_equal "$status" 5
		assert_output "$golden"
	done
	away verify --quote "$cases/coco-tdx-evidence.json" --input "$cases/coco-tdx-evidence.json"
	assert_failure 5
	assert_equal "$(sed 1d <<<"$output")" "$(printf 'match  rtmr%s:sha384\n' 0 1 2)
untouched  rtmr3:sha384"
}

@test "without --quote no function for certificates is looked up in libcrypto" {
	# What the dynamic linker finds for dlsym has no version in its report.
	looked_up() {
		LD_DEBUG=bindings "$TSMCTL" --root /nonexistent "$@" 2>&1 >/dev/null |
			sed -n "s/.*libcrypto.*: normal symbol \`\([A-Za-z0-9_]*\)'\$/\1/p"
	}
	echo 'rtmr2 EV_IPL text:one' >desc
	"$GENLOG" -f ccel desc >ccel
	"$GENLOG" -f ccel --values desc >values
	[[ $(looked_up read --quote q) == *X509_verify_cert* ]] || skip "libcrypto is linked statically"
	functions=$(looked_up verify --values values --input ccel)
	[[ $functions == *EVP_Digest* ]] || fail "$functions"
	[[ $functions != *X509* && $functions != *PKEY* ]] || fail "$functions"
}

@test "a text log of digests alone is hex, too, and stays a text log" {
	local i
	for i in {1..9}; do textsum sha384 "$i"; done >log
	away verify --values <(echo "$ZERO48  rtmr2:sha384") --input log:rfc-text rtmr2
	assert_failure 1
	[[ $output != *CCEL* ]]
}
