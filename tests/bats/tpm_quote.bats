#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A TPM's quote as JSON, with the PCR values that it is of: --quote reads them as registers.

setup() {
	load common
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	use_root ovmf-swtpm
	LOGS=(--input "$ROOT/sys/kernel/security/tpm0/binary_bios_measurements"
		--input "$ROOT/sys/kernel/security/integrity/ima/binary_runtime_measurements"
		--input "$ROOT/run/log/systemd/tpm2-measure.log")
	ALL24=00000001000b03ffffff
	NONCE=$(hex challenge)
	go "$TSMCTL" --root "$ROOT" read 'pcr*:sha256'
	assert_success
	sed 's#tpm0/##' <<<"$output" >pcrs
	quote <pcrs >quote.json
}

# away COMMAND ARGS...: tsmctl without any machine.
away() { go "$TSMCTL" --root /nonexistent "$@"; }

# u16 N: a number of two bytes, big-endian, in hex.
u16() { printf %04x "$1"; }

# message DIGEST: what a TPM signs. SELECTION, SIGNER and NONCE are hex; HEAD is in place of its magic and type.
message() {
	local signer=${SIGNER-000b$ZERO32}
	echo -n "${HEAD-ff5443478018}$(u16 $((${#signer} / 2)))$signer$(u16 $((${#NONCE} / 2)))$NONCE"
	printf '%034d%016d' 0 0
	echo "${SELECTION-$ALL24}$(u16 $((${#1} / 2)))$1"
}

# quote [DIGEST] < VALUES: the JSON of a quote of these PCRs.
quote() {
	local values digest
	values=$(cut -d' ' -f1)
	digest=${1-$(unhex "$(tr -d '\n' <<<"$values")" | sum sha256)}
	jq -n --arg message "$(message "$digest")" '{signature: "00", $message, pcrs: [$ARGS.positional[]]}' \
		--args $values
}

# hcl TYPE HASH REPORT DATA: Azure's HCL report; numbers are a byte.
hcl() {
	local n
	n=$(stat -c %s "$4")
	printf 'HCLA%28s' ''
	{ cat "$3" && head -c 1184 /dev/zero; } | head -c 1184
	printf '%b' "\\0\\0\\0\\0\\1\\0\\0\\0\\$1\\0\\0\\0\\$2\\0\\0\\0\\x$(printf %02x $((n % 256)))\\x$(printf %02x $((n / 256)))\\0\\0"
	cat "$4"
}

# keys: the data of an HCL report, with a key of 2048 bits for the TPM, whose public key is ak.der.
keys() {
	openssl genrsa 2048 2>/dev/null | openssl pkey -pubout -outform DER -out ak.der
	local n
	n=$(unhex "$(openssl rsa -pubin -inform DER -in ak.der -modulus -noout 2>/dev/null | sed 's/.*=//')" | basenc -w0 --base64url | tr -d =)
	jq -cn --arg n "$n" '{keys: [{kid: "HCLEkPub", kty: "RSA", e: "AQAB", n: "AAAA"},
		{kid: "HCLAkPub", key_ops: ["sign"], kty: "RSA", e: "AQAB", $n}], "vm-configuration": {}}' >data
}

# bound HASH: as report data, its digest of data, in hex.
bound() { printf '%s%0128d' "$(sum "$1" <data)" 0 | head -c 128; }

# azure HCL [MEMBER FILE]...: CoCo's evidence, version 1, of quote.json.
azure() {
	local json
	json=$(jq --arg hcl "$(basenc -w0 --base64url "$1")" '{version: 1, tpm_quote: ., hcl_report: $hcl}' quote.json)
	shift
	while [ $# -gt 0 ]; do
		json=$(jq --arg name "$1" --arg v "$(basenc -w0 --base64url "$2")" '.[$name] = $v' <<<"$json")
		shift 2
	done
	echo "$json"
}

ALONE="the signature of the TPM's key is not checked here, and nothing ties that key to hardware"

@test "read: the PCRs are registers, and the quote is unchecked" {
	away read --quote quote.json
	assert_success
	assert_equal "$stderr" "$(not_genuine quote.json)"
	assert_output "unchecked  tpm-quote  ($ALONE)"$'\n'"$(cat pcrs)"
	away read --json --quote quote.json
	assert_json --arg nonce "$NONCE" '.evidence | .type == "tpm-quote" and .version == 2 and .verdict == "unchecked" and
		.failed == null and .checked == ["pcr-digest"] and .not_checked == ["signature"] and .nonce == $nonce and
		.qualified_signer == "000b" + "0" * 64 and .ak_sha256 == null and .hardware == null and .debug == false'
	assert_json '.registers | length == 24 and .[7].register == "pcr7:sha256" and .[7].kind == "runtime"'
	# What is said of them is taken back.
	away read --quote quote.json
	cp "$OUT" values
	away verify --no-log --values values --expect pcrs
	assert_done
}

@test "read: every form in which it is passed on" {
	# As Rust writes bytes when nobody says otherwise: version 0 of this evidence.
	jq '{quote: {signature: [0], message: [.message | scan("..") | ascii_downcase | explode |
		map(if . > 96 then . - 87 else . - 48 end) | .[0] * 16 + .[1]],
		pcrs: [.pcrs[] | [scan("..") | explode | map(if . > 96 then . - 87 else . - 48 end) | .[0] * 16 + .[1]]]}}' \
		quote.json >v0
	jq '{version: 2, tpm_quote: .}' quote.json >v2
	jq --arg m "$(unhex "$(jq -r .message quote.json)" | base64 -w0)" '{ak_public: null, tpm_quote: (.message = $m)}' \
		quote.json >base64
	basenc -w0 --base64url v2 | tr -d = >outer
	for form in v0 v2 base64 outer; do
		away read -q --quote $form
		assert_success
		assert_equal "$(sed 1d <<<"$output")" "$(cat pcrs)"
	done
}

@test "verify: each PCR against the machine's logs, as live" {
	go "$TSMCTL" --root "$ROOT" verify 'pcr*:sha256'
	assert_success
	live=${output//tpm0\//}
	away verify --quote quote.json "${LOGS[@]}"
	assert_success
	assert_equal "$stderr" "$(not_genuine quote.json)"
	assert_equal "$(sed 1d <<<"$output")" "$live"
	away verify --json --quote quote.json "${LOGS[@]}"
	assert_json '.verdict == "untouched" and .evidence.type == "tpm-quote"'
	# A PCR that is another, and was quoted so.
	sed "s/^.*  pcr4:/$(textsum sha256 x)  pcr4:/" pcrs | quote >other.json
	away verify --quote other.json "${LOGS[@]}"
	assert_failure 1
	assert_equal "$(grep -Ev '^(match|untouched|unchecked)  ' <<<"$output" | cut -d' ' -f1,3)" 'mismatch pcr4:sha256'
	away verify -q --no-log --expect pcrs --quote quote.json
	assert_done
}

@test "verify: values that were not quoted are forged" {
	local why='the TPM quoted other values than these, or they were read at another time'
	sed "s/^.*  pcr4:/$(textsum sha256 x)  pcr4:/" pcrs | quote "$(unhex "$(cut -d' ' -f1 pcrs | tr -d '\n')" | sum sha256)" >forged.json
	away verify --quote forged.json "${LOGS[@]}"
	assert_failure 1
	assert_line --index 0 "forged  tpm-quote  ($why)"
	[[ $stderr == *"'forged.json' is forged: $why"* ]]
	away verify --json --quote forged.json "${LOGS[@]}"
	assert_json '.verdict == "forged" and .evidence.failed == "pcr-digest" and .evidence.checked == []'
	away read --quote forged.json
	assert_failure 1
	# Each bit of the digest.
	for bit in 0 1 2 3 4 5 6 7; do
		d=$(unhex "$(cut -d' ' -f1 pcrs | tr -d '\n')" | sum sha256)
		quote "$(printf %02x $((0x${d:0:2} ^ 1 << bit)))${d:2}" <pcrs >forged.json
		away read -q --quote forged.json
		assert_failure 1
	done
}

@test "what else may be selected: fewer PCRs, other banks, two banks, a digest of another hash" {
	sed -n '1p;8p;24p' pcrs >few
	SELECTION=00000001000b03810080 quote <few >few.json
	away read -q --quote few.json
	assert_success
	assert_equal "$(sed 1d <<<"$output")" "$(cat few)"
	go "$TSMCTL" --root "$ROOT" read tpm0/pcr{0,1}:sha1 tpm0/pcr7:sha256 tpm0/pcr10:sha384
	sed 's#tpm0/##' <<<"$output" >few
	unhex "$(cut -d' ' -f1 few | tr -d '\n')" >all
	for hash in sha1 sha256 sha384 sha512; do
		SELECTION=00000003000403030000000b03800000000c03000400 quote "$(sum $hash <all)" <few >few.json
		away read -q --quote few.json
		assert_success
		assert_equal "$(sed 1d <<<"$output")" "$(cat few)"
	done
}

# refuse MESSAGE FILE: as --quote, it is status 5 with this.
refuse() {
	away read --quote "$2"
	assert_refused 5 "'$2': $1"
}

@test "what is no quote of a TPM" {
	HEAD=ff5443478017 quote <pcrs >bad
	refuse "offset 0: 0xff544347 and type 0x8017, and a TPM's quote has 0xff544347 and 0x8018" bad
	HEAD=fe5443478018 quote <pcrs >bad
	refuse "offset 0: 0xfe544347 and type 0x8018, and a TPM's quote has 0xff544347 and 0x8018" bad
	SIGNER=$(printf '%0134d' 0) quote <pcrs >bad
	refuse "offset 6: the name of a key has 67 bytes, and there are at most 66" bad
	NONCE=$(printf '%0130d' 0) quote <pcrs >bad
	refuse "offset 42: a nonce of 65 bytes, and there are at most 64 here" bad
	SELECTION=00000001001003ffffff quote <pcrs >bad
	refuse "offset 82: a bank of the unknown hash 0x0010" bad
	SELECTION=00000002000b03ffffff000b03ffffff quote <pcrs >bad
	refuse "offset 88: the bank sha256 twice" bad
	SELECTION=00000001000b04ffffff01 quote <pcrs >bad
	refuse "offset 82: PCR 24, and a TPM has 0 to 23" bad
	SELECTION=00000000 quote <pcrs >bad
	refuse "no PCR is in the TPM's quote" bad
	quote 00 <pcrs >bad
	refuse "a digest of PCRs of 1 bytes: no known hash has that" bad
	sed 1d pcrs | quote >bad
	refuse "23 values, and the TPM quoted 24 PCRs" bad
	sed '2s/^..//' pcrs | quote >bad
	refuse "PCR 1: 31 bytes, but sha256 has 32" bad
	jq '.message += "0000"' quote.json >bad
	refuse "offset 122: 2 bytes after the TPM's quote" bad
	jq '.message = .message[:-2]' quote.json >bad
	refuse "offset 90: cut in the TPM's quote" bad
	for n in 0 10 78 80 84 90; do
		jq --argjson n $n '.message = .message[:2 * $n]' quote.json >bad
		away read --quote bad
		assert_refused 5 "'bad': *"
	done
	jq '.pcrs[3] = "zz!"' quote.json >bad
	refuse "the JSON's 'pcrs' is neither hex, base64 nor an array of bytes" bad
	jq '.message = [256]' quote.json >bad
	refuse "the JSON's 'message' is neither hex, base64 nor an array of bytes" bad
	jq '.pcrs = [range(300) | "00"]' quote.json >bad
	refuse "the JSON's 'pcrs' has 300 values, more than *" bad
	away read --tdreport quote.json
	assert_refused 5 "'quote.json': this is the quote of a TPM, not a TDREPORT: --quote reads it"
}

@test "--report-data is the nonce; what --require asks for is not met" {
	away read -q --quote quote.json --report-data "$(printf %s%0128d "$NONCE" 0 | head -c 128)"
	assert_success
	away read -q --quote quote.json --report-data "$(printf '%0128d' 0)"
	assert_failure 1
	for what in signature no-debug crl vmpl0; do
		away read -q --quote quote.json --require $what
		assert_failure 1
		[[ $stderr == *"--require $what: it is not known to be genuine"* ]]
	done
}

@test "Azure: the key of the TPM is in what the hardware's report is of" {
	keys
	mkdir snp
	"$MINT" snp snp milan "data=$(bound sha256)"
	hcl 2 1 snp/report data >hcl
	azure hcl vcek snp/cert.der >azure.json
	signed=(--root-ca snp/ark.pem --certs snp/ask.pem --quote azure.json)
	away verify "${signed[@]}" "${LOGS[@]}"
	assert_success
	assert_equal "$stderr" "$(not_genuine azure.json)"
	assert_line --index 0 "unchecked  tpm-quote  (the signature of the TPM's key is not checked here; that key is in the HCL report, whose snp-report is genuine)"
	away read --json "${signed[@]}"
	assert_json --arg ak "$(sum sha256 <ak.der)" '.evidence | .checked == ["pcr-digest", "binding"] and
		.not_checked == ["signature"] and .ak_sha256 == $ak and .hardware == "snp-report" and .hardware_verdict == "genuine"'
	# Version 0 has the certificate in PEM.
	jq --rawfile pem <(openssl x509 -inform DER -in snp/cert.der) '.vcek = $pem' azure.json >pem.json
	away read -q "${signed[@]:0:4}" --quote pem.json
	assert_success
	assert_line --index 0 --partial 'whose snp-report is genuine'
	# Without its certificates it is unchecked, too.
	away read -q --quote azure.json
	assert_success
	assert_line --index 0 --partial 'whose snp-report is unchecked'
	azure hcl >bare.json
	away read -q --quote bare.json
	assert_success
	assert_line --index 0 --partial 'whose snp-report is unchecked'
	# A guest that its host can look into.
	"$MINT" snp snp milan "data=$(bound sha256)" debug
	hcl 2 1 snp/report data >hcl
	azure hcl vcek snp/cert.der >azure.json
	away read "${signed[@]}"
	assert_success
	[[ $stderr == *"this guest has the debug attribute"* ]]
	for hash in 2:sha384 3:sha512; do
		"$MINT" snp snp milan "data=$(bound ${hash#*:})"
		hcl 2 ${hash%:*} snp/report data >hcl
		azure hcl vcek snp/cert.der >azure.json
		away read -q "${signed[@]}"
		assert_success
	done
}

# fails STEP ARGS...: the quote is forged for it.
fails() {
	away read -q --json "${@:2}"
	assert_failure 1
	assert_json --arg step "$1" '.evidence.verdict == "forged" and .evidence.failed == $step and (.registers | length) == 24'
}

@test "Azure: keys that the hardware did not report, and hardware that is forged" {
	keys
	mkdir snp
	"$MINT" snp snp milan "data=$(bound sha256)"
	signed=(--root-ca snp/ark.pem --certs snp/ask.pem)
	sed 's/"vm-configuration":{}/"vm-configuration":{ }/' data >data.other
	hcl 2 1 snp/report data.other >hcl
	azure hcl vcek snp/cert.der >azure.json
	fails binding "${signed[@]}" --quote azure.json
	away read -q "${signed[@]}" --quote azure.json
	assert_line --index 0 "forged  tpm-quote  (the report data of its snp-report is not the hash of the HCL report's data)"
	hcl 2 2 snp/report data >hcl # another hash than the one that it was made with
	azure hcl vcek snp/cert.der >azure.json
	fails binding "${signed[@]}" --quote azure.json
	# The quote names a key by itself.
	hcl 2 1 snp/report data >hcl
	azure hcl vcek snp/cert.der ak_public ak.der >azure.json
	away read -q "${signed[@]}" --quote azure.json
	assert_success
	keys && openssl genrsa 2048 2>/dev/null | openssl pkey -pubout -outform DER -out ak.der
	azure hcl vcek snp/cert.der ak_public ak.der >azure.json
	fails binding "${signed[@]}" --quote azure.json
	away read -q "${signed[@]}" --quote azure.json
	assert_line --index 0 "forged  tpm-quote  (its 'ak_public' is not the key in its HCL report)"
	"$MINT" snp snp milan "data=$(bound sha256)" forged
	hcl 2 1 snp/report data >hcl
	azure hcl vcek snp/cert.der >azure.json
	fails signature "${signed[@]}" --quote azure.json
	away read -q "${signed[@]}" --quote azure.json
	assert_line --index 0 "forged  tpm-quote  (its snp-report: the report is not signed by the key of the certificate)"
}

@test "Azure: a TD, whose quote stands beside its report" {
	keys
	"$MINT" root >root.pem
	echo 'rtmr0 EV_SEPARATOR sep' >desc
	"$GENLOG" -f ccel --tdreport --report-data "$(bound sha256)" desc >tdreport
	"$MINT" body 4 >body
	unhex "$(bound sha256)" | dd of=body bs=1 seek=568 conv=notrunc status=none
	"$MINT" tdx <body >td
	hcl 4 1 tdreport data >hcl
	azure hcl >azure.json
	away read -q --root-ca root.pem --quote azure.json
	assert_success
	assert_line --index 0 --partial 'whose tdreport is unchecked)'
	azure hcl td_quote td >azure.json
	away read -q --root-ca root.pem --quote azure.json
	assert_success
	assert_line --index 0 --partial 'whose tdx-quote is genuine)'
	# One of another report.
	"$MINT" body 4 | "$MINT" tdx >td
	azure hcl td_quote td >azure.json
	fails binding --root-ca root.pem --quote azure.json
	away read -q --root-ca root.pem --quote azure.json
	assert_line --index 0 --partial 'the report data of its tdx-quote is not'
	# So it is if its certificates cannot be read.
	LC_ALL=C sed -i s/MII/M!I/ td
	azure hcl td_quote td >azure.json
	fails binding --root-ca root.pem --quote azure.json
	"$MINT" tdx <body | LC_ALL=C sed s/MII/M!I/ >td
	azure hcl td_quote td >azure.json
	away read --json --root-ca root.pem --quote azure.json
	assert_failure 5
	assert_json '.evidence | .verdict == null and .failed == null and .detail == null and .checked == []'
	"$MINT" tdx other-key <body >td
	azure hcl td_quote td >azure.json
	fails binding --root-ca root.pem --quote azure.json
	"$MINT" tdx other-root <body >td
	azure hcl td_quote td >azure.json
	fails root --root-ca root.pem --quote azure.json
	printf x | dd of=tdreport bs=1 seek=700 conv=notrunc status=none
	hcl 4 1 tdreport data >hcl
	azure hcl >azure.json
	fails binding --root-ca root.pem --quote azure.json
	away read -q --root-ca root.pem --quote azure.json
	assert_line --index 0 --partial "its tdreport: the report's hashes do not match"
}

# unread MESSAGE FILE: the registers are there, but what ties the TPM cannot be read.
unread() {
	away read --quote "$2"
	assert_failure 5
	assert_line --index 0 "error  tpm-quote  ($1)"
	assert_equal "${#lines[@]}" 25
	assert_equal "$stderr" "tsmctl: '$2': $1"
}

@test "Azure: the quote of a TD without the HCL report that ties it to the TPM" {
	"$MINT" root >root.pem
	"$MINT" body 4 | "$MINT" tdx >td
	printf x >odd
	azure odd td_quote td | jq 'del(.hcl_report)' >azure.json
	away read --json --root-ca root.pem --quote azure.json
	assert_success
	assert_json --arg why "$ALONE: its 'td_quote' does not without an 'hcl_report'" '.evidence | .verdict == "unchecked" and .detail == $why
		and .not_checked == ["binding", "signature"] and .hardware == null and .hardware_verdict == null'
	away verify -q --root-ca root.pem --quote azure.json "${LOGS[@]}"
	assert_line --index 0 "unchecked  tpm-quote  ($ALONE: its 'td_quote' does not without an 'hcl_report')"
	"$MINT" body 4 | "$MINT" tdx other-root >td
	azure odd td_quote td | jq 'del(.hcl_report)' >azure.json
	fails root --root-ca root.pem --quote azure.json
	away read -q --root-ca root.pem --quote azure.json
	assert_line --index 0 --partial "forged  tpm-quote  (its tdx-quote: the root's key is not that of --root-ca"
	head -c 20 td >part
	azure odd td_quote part | jq 'del(.hcl_report)' >azure.json
	unread "its 'td_quote': offset 0: a quote starts with a header of 48 bytes, and there are only 20" azure.json
	printf '\3' | dd of=td bs=1 seek=2 conv=notrunc status=none
	azure odd td_quote td | jq 'del(.hcl_report)' >azure.json
	unread "its 'td_quote': offset 2: an attestation key of type 3, and only 2 (ECDSA P-256) is known here" azure.json
}

@test "what is not bound is forged, also where its signature cannot be checked" {
	keys
	echo 'rtmr0 EV_SEPARATOR sep' >desc
	"$GENLOG" -f ccel --tdreport --report-data "$(bound sha256)" desc >tdreport
	hcl 4 1 tdreport data >hcl
	"$MINT" body 4 >body
	"$MINT" tdx <body >td
	printf '\3' | dd of=td bs=1 seek=2 conv=notrunc status=none
	azure hcl td_quote td >azure.json
	fails binding --quote azure.json
	unhex "$(bound sha256)" | dd of=td bs=1 seek=568 conv=notrunc status=none
	azure hcl td_quote td >azure.json
	unread 'its hardware report: offset 2: an attestation key of type 3, and only 2 (ECDSA P-256) is known here' azure.json
	assert_equal "$("$TSMCTL" --root /nonexistent read --json --quote azure.json 2>/dev/null | jq -c '.evidence | [.verdict, .failed]')" '[null,null]'
}

@test "two quotes in one JSON: which is meant cannot be told" {
	two() {
		away read --quote two
		assert_refused 5 "'two': JSON with two $1: give one of them"
	}
	jq '{tpm_quote: ., quote: .}' quote.json >two
	two "quotes, 'quote' and 'tpm_quote'"
	jq '{tpm_quote: ., quote: "00"}' quote.json >two
	two "quotes, 'quote' and 'tpm_quote'"
	jq '{tpm_quote: ., tdx: {quote: "00"}}' quote.json >two
	two "quotes, that of 'tdx' and 'tpm_quote'"
	jq '{tpm_quote: .} + .' quote.json >two
	two "quotes, 'tpm_quote' and 'message'"
	jq '{tpm_quote: ., attestation: "00"}' quote.json >two
	two "quotes, 'tpm_quote' and 'attestation'"
	jq '{tpm_quote: ., hcl_report: "00", report: "00"}' quote.json >two
	two "reports, 'hcl_report' and 'report'"
	# What is null is not there.
	jq '{tpm_quote: ., quote: null, hcl_report: null, report: null, td_quote: null}' quote.json >one
	away read -q --quote one
	assert_success
	assert_line --index 0 "unchecked  tpm-quote  ($ALONE)"
}

@test "Azure: what ties the TPM cannot be read" {
	keys
	mkdir snp
	"$MINT" snp snp milan "data=$(bound sha256)"
	hcl 2 1 snp/report data >hcl
	head -c -1 hcl >part
	azure part >bad
	unread 'its HCL report: cut in its data' bad
	head -c 1222 hcl >part
	azure part >bad
	unread "offset 1216: cut in Azure's HCL report" bad
	hcl 2 4 snp/report data >odd
	azure odd >bad
	unread 'its HCL report: the hash of its data is unknown' bad
	hcl 3 1 snp/report data >odd
	azure odd >bad
	unread 'offset 1224: an HCL report of type 3, and only 2 (SNP) and 4 (TDX) are known here' bad
	for bad in '{"keys":[]}' '{"keys":[{"kid":"HCLAkPub","kty":"EC"}]}' '{"keys":{}}' '{}'; do
		echo "$bad" >data
		hcl 2 1 snp/report data >odd
		azure odd >bad
		unread "its HCL report: no RSA key 'HCLAkPub' in it" bad
	done
	for bad in '"n":"AAAA"' '"n":"AAAA","e":7' '"n":"","e":"AQAB"' '"n":"!","e":"AQAB"' \
		"\"n\":\"$(head -c 1026 /dev/zero | tr '\0' '\377' | basenc -w0 --base64url)\",\"e\":\"AQAB\""; do
		echo "{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",$bad}]}" >data
		hcl 2 1 snp/report data >odd
		azure odd >bad
		unread "its HCL report: its key 'HCLAkPub' has no numbers 'n' and 'e'" bad
	done
	echo '{"keys"' >data
	hcl 2 1 snp/report data >odd
	azure odd >bad
	away read --quote bad
	assert_failure 5
	assert_line --index 0 --partial 'error  tpm-quote  (its HCL report: '
	keys
	hcl 2 1 data data >odd # no report
	azure odd >bad
	away read --quote bad
	assert_failure 5
	assert_line --index 0 --partial 'error  tpm-quote  (its HCL report: '
	"$MINT" snp snp milan "data=$(bound sha256)"
	hcl 2 1 snp/report data >hcl
	azure hcl vcek data >bad
	away read --quote bad
	assert_failure 5
	assert_line --index 0 --partial "error  tpm-quote  (its 'vcek': "
	azure hcl td_quote data >bad
	away read --quote bad
	assert_failure 5
	assert_line --index 0 --partial "error  tpm-quote  (its 'td_quote': "
	head -c -1 ak.der | tail -c +2 >part
	azure hcl ak_public part >bad
	unread "its 'ak_public' is not a SubjectPublicKeyInfo in DER" bad
	for member in hcl_report td_quote vcek ak_public; do
		jq --arg m $member '{tpm_quote: ., ($m): {}}' quote.json >bad
		refuse "the JSON's '$member' is neither hex, base64 nor an array of bytes" bad
	done
}
