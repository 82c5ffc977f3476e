#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# genlog, which makes the logs that the readers are judged by: against vectors from the specifications, other readers,
# coreutils, and public logs where they are there.

setup() {
	load common
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	BOOT=$BATS_TEST_DIRNAME/../gen/boot.txt
	SEP48=394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e576573ad7ed9ae41019f5818b4b971c9effc60e1ad9f1289f0
	HEADER=0100000003000000$(printf '%040d' 0)21000000$(hex 'Spec ID Event03')00000000000002000201000000""0c00300000
	ABC48=cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7
}

# gen OPTIONS... : genlog with the description on standard input, in hex.
gen() { "$GENLOG" "$@" - | od -An -v -tx1 | tr -d ' \n'; }
# desc LINE...: the description d.
desc() { printf '%s\n' "$@" >d; }
# part HEX OFFSET SIZE: bytes of it.
part() { echo "${1:2*$2:2*$3}"; }
# values OPTIONS... DESCRIPTION: with the register before its value.
values() { "$GENLOG" --values "$@" | sed -E 's/^(\S+)  (\S+)$/\2 \1/'; }

@test "ccel: the least log that there is" {
	desc 'rtmr0 EV_SEPARATOR sep'
	assert_equal "$(gen -f ccel <d)" "${HEADER}0100000004000000010000000c00${SEP48}0400000000000000"
	assert_equal "$(values -f ccel d)" "rtmr0:sha384 \
518923b0f955d08da077c96aaba522b9decede61c599cea6c41889cfbea4ae4d50529d96fe4d1afdafb65e7f95bf23c4"
	# Its other header: index 0, errata 105, and the vendor.
	shim=$(gen -f ccel:td-shim <d)
	assert_equal "$(part "$shim" 0 4)$(part "$shim" 28 4)$(part "$shim" 64 8)" "000000002800000007$(hex td-shim)"
	assert_equal "$(part "$shim" 54 1)" 69
}

@test "ccel: indices of RTMRs, and of the PCRs that they stand for" {
	desc 'mrtd EV_NO_ACTION text:x' rtmr{0..3}' EV_SEPARATOR sep' pcr{0,1,2,6,7,8,15,17}' EV_SEPARATOR sep'
	log=$(gen -f ccel <d) at=65
	for index in 0 1 2 3 4 0 1 2 2 1 3 3 4; do
		assert_equal "$(part "$log" $at 4)" "0${index}000000"
		size=$(part "$log" $((at + 62)) 1)
		at=$((at + 66 + 0x$size))
	done
	assert_equal "$at" "$((${#log} / 2))"
}

@test "the digests that firmware's words have" {
	desc 'rtmr1 EV_EFI_ACTION text:Calling EFI Application from Boot Option' \
		'rtmr1 EV_EFI_ACTION text:Exit Boot Services Invocation' \
		'rtmr1 EV_EFI_ACTION text:Exit Boot Services Returned with Success'
	log=$(gen -f cel-tlv <d)
	for digest in 77a0dab2312b4e1e57a84d865a21e5b2ee8d677a21012ada819d0a98988078d3d740f6346bfe0abaa938ca20439a8d71 \
		214b0bef1379756011344877743fdc2a5382bac6e70362d624ccf3f654407c1b4badf7d8f9295dd3dabdef65b27677e0 \
		0a2e01c85deae718a530ad8c6d20a84009babe6c8989269e950d8cf440c6e997695e64d455c4174a652cd080f6230b74; do
		[[ $log == *0c00000030${digest}05* ]] || fail "not there: $digest"
	done
}

@test "what one extend makes of zeros" {
	desc "rtmr3 direct hex:$ZERO48"
	assert_equal "$(values -f cel-json:tsmctl d)" "rtmr3:sha384 \
f57bb7ed82c6ae4a29e6c9879338c592c7d42a39135583e8ccbe3940f2344b0eb6eb8503db0ffd6a39ddd00cd07d8317"
	desc 'rtmr3 record text:abc'
	assert_equal "$(values -f cel-json:tsmctl d)" "rtmr3:sha384 \
93732e3733514a841c982cfa75ea76ab55fe011acb9cd980ef4523913c65be1b0998e04d77f8c174f81a82151619ca40"
}

@test "cel-tlv: the vector of libcel's integers; Google's and the converter's" {
	desc 'pcr11 EV_IPL text:abc'
	digests=03000000350c00000030$ABC48
	assert_equal "$(gen -f cel-tlv <d)" \
		"00000000010001000000010b${digests}050000000e00000000010d0100000003616263"
	assert_equal "$(gen -f cel-tlv:google <d)" \
		"0000000008000000000000000001000000010b${digests}050000001100000000040000000d0100000003616263"
	assert_equal "$(gen -f cel-tlv:safford <d)" \
		"00000000040000000001000000040000000b${digests}050000001100000000040000000d0100000003616263"
}

@test "cel-tlv: Google's content is hashed whole, behind the index of the RTMR" {
	desc 'rtmr3 cos:ImageRef text:abc'
	content=50000000080000000003616263
	digest=$(unhex $content | sum sha384)
	assert_equal "$(gen -f cel-tlv:google <d)" \
		"000000000800000000000000006c000000010403000000350c00000030$digest$content"
}

@test "cel-tlv: IMA's and systemd's content, management, an NV index" {
	desc 'pcr11 phase text:abc' 'nv0x1c10100 EV_IPL text:abc' 'pcr11 cel_version' 'pcr10 ima-ng text:/a'
	log=$(gen -f cel-tlv <d)
	[[ $log == *0b0000002b000000000100010000000316e36002000000100123456789abcdef0123456789abcdef0300000003616263* ]]
	[[ $log == *020000000401c1010003* ]]
	[[ $log == *0400000013010000000e0000000002000101000000020000* ]]
	[[ $log == *07000000430000000006$(hex ima-ng)010000003328000000* ]]
	[[ $(gen -f cel-tlv:safford <<<'pcr11 phase text:abc') == *0900000*0300000003616263 ]]
}

@test "aael: new records, old lines" {
	desc 'rtmr3 aael text:domain operation content'
	tagged=4c45414118000000$(hex 'domain operation content')
	new=dad5f0e226318ffa9839b75a472c6aa7fdb5834949d0a0a22990cf04d5692440fb00f3aa0609db7e49cd8d793f670d02
	assert_equal "$(gen -f aael <d)" "0400000006000000010000000c00${new}20000000$tagged"
	sha256=46df8dacf00a07d34a83cdf56d7978697790787cf2ba1432ef7c38f22cd96351
	[[ $(gen -f aael -b sha256 <d) == *0b00$sha256* ]]
	assert_equal "$("$GENLOG" -f aael:text d)" "INIT sha384/$ZERO48"$'\ndomain operation content'
	assert_equal "$("$GENLOG" -f aael:text-page d)" "INIT/sha384 $ZERO48"$'\ndomain operation content'
	old=26d944cb8d99096590252283b8c807b9508329b068703bdb7bac7eb6efe5b32fc0fadf1462662b95d2c708aa49c0bfe1
	init=$(textsum sha384 "INIT sha384/$ZERO48")
	assert_equal "$(values -f aael:text d)" \
		"rtmr3:sha384 $(extended sha384 "$(extended sha384 "$ZERO48" "$init")" $old)"
	# What the agent's verifier expects.
	desc 'rtmr3 aael text:domain event operation' 'rtmr3 aael text:domain event2 operation'
	assert_equal "$(values -f aael:text -b sha256 d)" \
		'rtmr3:sha256 e3f24e31c29b371c521ead351f6fed0865695cf512cfcb0df658090217f6f678'
}

@test "dstack: both versions, the old log, the report" {
	desc 'rtmr3 dstack name:app-id hex:86e59625' 'rtmr3 dstack name:a"b'
	v1=$(unhex "01000008$(hex :app-id:)86e59625" | sum sha384) end=$(unhex "01000008$(hex ':a"b:')" | sum sha384)
	assert_equal "$("$GENLOG" -f dstack d)" '{"event":"app-id","payload":"huWWJQ=="}
{"event":"a\"b","payload":""}'
	value=$(extended sha384 "$(extended sha384 "$ZERO48" "$v1")" "$end")
	assert_equal "$(values -f dstack d)" "rtmr3:sha384 $value"
	assert_equal "$("$GENLOG" -f dstack:old d | head -n 1)" \
		'{"imr":3,"event_type":134217729,"digest":"'"$v1"'","event":"app-id","event_payload":"86e59625"}'
	v2=$(textsum sha384 '{"name":"app-id","payload":"86e59625","type":134217729}')
	end=$(textsum sha384 '{"name":"a\"b","payload":"","type":134217729}')
	assert_equal "$(values -f dstack:v2 d)" \
		"rtmr3:sha384 $(extended sha384 "$(extended sha384 "$ZERO48" "$v2")" "$end")"
	"$GENLOG" -f dstack:v2 d | jq -e -s 'map(.version) == [2, 2]'
	output=$("$GENLOG" -f dstack:report --report-data 01ff d)
	assert_json '.event_log | fromjson | map(.event) == ["app-id", "a\"b"]'
	assert_json '.report_data | startswith("01ff00") and length == 128'
	assert_equal "$(part "$(json .quote)" 520 48)" "$value"
}

@test "systemd: records framed by RS and newline" {
	desc 'pcr11 phase text:enter-initrd' 'pcr15 volume-key text:cryptsetup:a:b'
	"$GENLOG" -f systemd d >log
	assert_equal "$(tr -d '\n' <log | tr '\036' '\n' | sed 1d | jq -cs 'map([.pcr, .content_type, .content.eventType,
		.content.string])')" \
		'[[11,"systemd","phase","enter-initrd"],[15,"systemd","volume-key","cryptsetup:a:b"]]'
	grep -q "$(textsum sha256 enter-initrd)" log
	# What a key is measured by cannot be told from the log.
	run ! grep -q "$(textsum sha256 cryptsetup:a:b)" log
	"$GENLOG" -f systemd:cc d | tr -d '\036' | jq -es 'map([.rtmr, .mapped_pcr]) == [[2, 11], [2, 15]]'
}

@test "cel-json: three spellings, four frames" {
	desc 'pcr0 EV_NO_ACTION locality:3' 'pcr4 EV_IPL text:a' 'pcr7 0x1234 text:b' 'pcr4 EV_SEPARATOR sep'
	"$GENLOG" -f cel-json -b sha256,sm3 d | jq -e 'map([.recnum, .pcr, .content.event_type]) ==
		[[0, 0, "ev_no_action"], [0, 4, "ev_ipl"], [0, 7, 4660], [1, 4, "ev_separator"]] and
		(map(.digests | map(.hashAlg)) | unique) == [["sha256", "sm3_256"]]'
	"$GENLOG" -f cel-json:pcrlock d | jq -e 'map([.recnum, .pcr, .content.event_type]) ==
		[[1, 4, "EV_IPL"], [2, 7, "4660"], [3, 4, "EV_SEPARATOR"]]'
	desc 'rtmr2 record text:a' 'pcr4 EV_IPL text:a' 'nv5 record text:a' 'else record text:a'
	"$GENLOG" -f cel-json:tsmctl d | jq -e 'map([.ccmr, .pcr, .nv_index, .register, .content_type]) ==
		[[3, null, null, null, "tsmctl"], [null, 4, null, null, "pcclient_std"], [null, null, 5, null, "tsmctl"],
		[null, null, null, "else", "tsmctl"]] and .[0].content == {kind: "record", data: "61"}'
	desc 'pcr4 EV_IPL text:a' 'pcr4 EV_IPL text:b'
	for frame in array lines seq; do
		"$GENLOG" -f cel-json --frame $frame d >log.$frame
		tr -d '\036' <log.$frame | jq -es 'flatten | length == 2'
	done
	assert_equal "$(wc -l <log.lines) $(tr -dc '\036' <log.seq | wc -c)" '2 2'
	run ! "$GENLOG" -f cel-json --frame object d
	desc 'pcr4 EV_IPL text:a'
	"$GENLOG" -f cel-json --frame object d | jq -e '.pcr == 4'
}

@test "cel-json: systemd, IMA and management content" {
	desc 'pcr11 phase text:x' 'pcr10 ima-ng text:/a' 'pcr0 cel_version' 'pcr0 cel_timestamp text:12' \
		'pcr0 state_trans text:kexec' 'pcr0 firmware_end'
	"$GENLOG" -f cel-json d | jq -e 'map(.content_type) ==
		["systemd", "ima_template", "cel", "cel", "cel", "cel"] and .[1].content.template_name == "ima-ng" and
		(.[2:] | map(.content)) == [{type: "cel_version", data: {major: 1, minor: 0}}, {type: "cel_timestamp", data: 12},
		{type: "state_trans", data: "kexec"}, {type: "firmware_end"}]'
}

@test "what digests are of, type by type" {
	desc 'rtmr0 EV_EFI_VARIABLE_BOOT var:8be4df61-93ca-11d2-aa0d-00e098032b8c:Ab:0102' \
		'rtmr0 EV_EFI_VARIABLE_DRIVER_CONFIG var:8be4df61-93ca-11d2-aa0d-00e098032b8c:Ab:0102' \
		'rtmr2 EV_IPL text:grub_cmd: linux /a' 'rtmr2 EV_IPL utf16:.linux\x00' \
		'rtmr2 EV_IPL of:text:content other text:x' 'rtmr2 EV_IPL of:text:content text:x'
	mapfile -t digests < <("$GENLOG" -f cel-json d | jq -r '.[].digests[0].digest')
	variable=61dfe48bca93d211aa0d00e098032b8c02000000000000000200000000000000410062000102
	assert_equal "$("$GENLOG" -f cel-json d | jq -r '.[0].content.event_data')" "$variable"
	assert_equal "${digests[0]}" "$(unhex 0102 | sum sha384)"
	assert_equal "${digests[1]}" "$(unhex "$variable" | sum sha384)"
	assert_equal "${digests[2]}" "$(textsum sha384 'linux /a')"
	assert_equal "${digests[3]}" "$(printf '.linux\0' | sum sha384)"
	assert_not_equal "${digests[4]}" "$(textsum sha384 content)"
	assert_equal "${digests[5]}" "$(textsum sha384 content)"
}

@test "tpm: tpm2_eventlog makes the same of it" {
	# It extends what EV_NO_ACTION has for a digest, which no TPM does, and knows no padding: without these.
	for banks in sha256 sha1,sha256,sha384,sha512; do
		"$GENLOG" -f tpm -b $banks --drop 0 "$BOOT" >log
		tpm2_eventlog log >log.yaml
		assert_equal "$(grep -c '^- EventNum' log.yaml)" 20
		awk '/^pcrs:/ { go = 1 } go && /^  sha/ { alg = $1 } go && / : / { sub("0x", ""); print "pcr" $1 ":" alg $3 }' \
			log.yaml | sed 's/:0x/ /; s/:\([0-9a-f]*\)$/ \1/' | sort >peer
		values -f tpm -b $banks --drop 0 "$BOOT" | sort >own
		diff peer own
	done
}

@test "tpm: the value that PCR 0 starts from, and that of PCRs 17 to 22" {
	desc 'pcr0 EV_NO_ACTION locality:3' 'pcr0 EV_SEPARATOR sep' 'pcr17 EV_SEPARATOR sep' 'pcr23 EV_SEPARATOR sep'
	digest=$(unhex 00000000 | sum sha256)
	assert_equal "$(values -f tpm d)" "pcr0:sha256 $(extended sha256 "${ZERO32%?}3" "$digest")
pcr17:sha256 $(extended sha256 "${ZERO32//0/f}" "$digest")
pcr23:sha256 $(extended sha256 "$ZERO32" "$digest")"
	desc 'pcr0 EV_EFI_HCRTM_EVENT text:HCRTM'
	assert_equal "$(values -f tpm d)" "pcr0:sha256 $(extended sha256 "${ZERO32%?}4" "$(textsum sha256 HCRTM)")"
	# No RTMR has such a start.
	desc 'rtmr0 EV_NO_ACTION locality:3' 'rtmr0 EV_SEPARATOR sep'
	assert_equal "$(values -f ccel -b sha256 d)" "rtmr0:sha256 $(extended sha256 "$ZERO32" "$digest")"
}

# evm DESCRIPTION OPTIONS...: evmctl's verdict on the list, with the values that genlog gives.
evm() {
	local alg value i
	for alg in sha1 sha256; do
		value=$(values -f ima -b sha1,sha256 "$1" | sed -n "s/pcr10:$alg //p")
		for i in {0..23}; do
			[ "$i" = 10 ] || { printf 'PCR-%02d: %s\n' "$i" "$(sed 's/../00 /g' <<<"$value")" && continue; }
			printf 'PCR-%02d: %s\n' "$i" "$(sed 's/../& /g' <<<"$value")"
		done >"pcrs.$alg"
	done
	"$GENLOG" -f ima:binary "$1" >list
	evmctl ima_measurement "${@:2}" --pcrs sha1,pcrs.sha1 --pcrs sha256,pcrs.sha256 list
}

@test "ima: evmctl makes the same of it" {
	desc 'pcr10 ima-ng text:boot_aggregate' 'pcr10 ima-ng file:sha1:'"${ZERO32:0:40}"' text:/a b' 'pcr10 ima-sig text:/c' \
		'pcr10 ima-sig sig:030204 text:/usr/bin/env'
	evm d
	desc 'pcr10 ima text:/usr/bin/env' 'pcr10 ima text:/b'
	evm d
	desc 'pcr10 ima-ng text:/a' 'pcr10 ima-ng violation text:/b'
	evm d --ignore-violations
	run ! evm d
}

@test "ima: a list in text and in bytes, entry by entry" {
	desc 'pcr10 ima-sig sig:030204 text:/a'
	file=$(textsum sha256 /a)
	data=28000000$(hex sha256:)00${file}03000000$(hex /a)0003000000030204
	hash=$(unhex "$data" | sum sha1)
	assert_equal "$("$GENLOG" -f ima d)" "10 $hash ima-sig sha256:$file /a 030204"
	assert_equal "$(gen -f ima:binary <d)" "0a000000${hash}07000000$(hex ima-sig)3a000000$data"
	assert_equal "$("$GENLOG" -f ima -b sha256 d)" "10 $(unhex "$data" | sum sha256) ima-sig sha256:$file /a 030204"
	desc 'pcr10 ima text:/a'
	file=$(textsum sha1 /a)
	hash=$({ unhex "$file" && printf /a && head -c 254 /dev/zero; } | sum sha1)
	assert_equal "$("$GENLOG" -f ima d)" "10 $hash ima $file /a"
	assert_equal "$(gen -f ima:binary <d)" "0a000000${hash}03000000$(hex ima)${file}02000000$(hex /a)"
	desc 'pcr10 ima-ng violation text:/a'
	assert_equal "$("$GENLOG" -f ima d)" "10 ${ZERO32:0:40} ima-ng sha256:$ZERO32 /a"
	assert_equal "$(values -f ima d)" "pcr10:sha1 $(extended sha1 "${ZERO32:0:40}" "$(printf 'f%.0s' {1..40})")"
}

@test "rfc-text: as the model of the kernel in these tests writes it" {
	ones=${ZERO48//0/1}
	k_begin rtmr1 sha384
	k_append one
	k_append two 'three  four' '# said'
	k_direct "$ones"
	k_direct "$ones"
	k_failed "$ones"
	k_append five
	k_failed "$ones"
	k_append six
	desc 'rtmr1 record text:one' 'rtmr1 record text:two' 'rtmr1 record + text:three  four' 'rtmr1 comment + text:said' \
		"rtmr1 direct hex:$ones" "rtmr1 direct hex:$ones" "rtmr1 direct-failed hex:$ones" 'rtmr1 record text:five' \
		"rtmr1 direct-failed hex:$ones" 'rtmr1 record text:six'
	"$GENLOG" -f rfc-text d | diff rtmr1/event_log -
	assert_equal "$(values -f rfc-text d)" "rtmr1:sha384 $KV"
	# And from another start.
	k_begin rtmr0 sha256 "${ZERO32//0/2}"
	k_append one
	desc 'rtmr0:sha256 record text:one' "rtmr0:sha256 start ${ZERO32//0/2}"
	"$GENLOG" -f rfc-text d | diff rtmr0/event_log -
	assert_equal "$(values -f rfc-text d)" "rtmr0:sha256 $KV"
}

@test "journal: intents and commits that follow from each other" {
	desc 'tdx_guest/rtmr3:sha384 record text:a' 'x/y:sha256 record text:b' "rtmr3 direct note:why hex:${ZERO48//0/1}"
	id=6f6b0c3a-0000-4000-8000-000000000001
	"$GENLOG" -f journal --boot-id $id d >log
	assert_equal "$(head -n 1 log)" \
		'{"schema":"tsmctl.journal/1","boot_id":"'$id'","created":"2026-11-24T16:17:31Z"}'
	a=$(textsum sha384 a)
	assert_equal "$(sed -n 2,3p log)" '{"kind":"intent","seq":0,"register":"tdx_guest/rtmr3:sha384","record_hex":"61",'\
'"digest":"'"$a"'","before":"'"$ZERO48"'","expected":"'"$(extended sha384 "$ZERO48" "$a")"'","pid":4242,"start":100000,'\
'"time":"2026-11-24T16:17:31Z"}
{"kind":"commit","seq":0}'
	jq -es '.[5] | .register == "tdx_guest/rtmr3:sha384" and .note == "why" and (has("record_hex") | not)' log
	assert_equal "$(jq -r 'select(.seq == 1) | .expected // empty' log)" \
		"$(extended sha256 "$ZERO32" "$(textsum sha256 b)")"
	jq -es '.[5].before == .[1].expected and .[3].register == "x/y:sha256"' log
}

@test "a quote and a report carry the values, each in its place" {
	desc 'rtmr1 EV_SEPARATOR sep' 'rtmr3 EV_SEPARATOR sep' "mrtd start ${ZERO48//0/7}"
	value=518923b0f955d08da077c96aaba522b9decede61c599cea6c41889cfbea4ae4d50529d96fe4d1afdafb65e7f95bf23c4
	expect() { # HEX MRTD RTMR0 REPORTDATA
		assert_equal "$(part "$1" "$2" 48)" "${ZERO48//0/7}"
		assert_equal "$(part "$1" "$3" 192)" "$ZERO48$value$ZERO48$value"
		assert_equal "$(part "$1" "$4" 64)" "0102$(printf '%0124d' 0)"
	}
	v4=$(gen -f ccel --quote 4 --report-data 0102 <d) v5=$(gen -f ccel --quote 5 --report-data 0102 <d)
	v515=$(gen -f ccel --quote 5-15 --report-data 0102 <d) report=$(gen -f ccel --tdreport --report-data 0102 <d)
	expect "$v4" 184 376 568
	expect "$v5" 190 382 574
	expect "$v515" 190 382 574
	expect "$report" 528 720 128
	# Header, body type and size, and a signature that ends where it says.
	assert_equal "$(part "$v4" 0 8)$(part "$v4" 12 16)" 0400020081000000939a7233f79c4ca9940a0db3957f0607
	assert_equal "$(part "$v5" 0 2)$(part "$v5" 48 6)" 0500020048020000
	assert_equal "$(part "$v515" 0 2)$(part "$v515" 48 6)" 0500030088020000
	le32() { echo $((0x${1:6:2}${1:4:2}${1:2:2}${1:0:2})); }
	for quote in "$v4 632" "$v5 638" "$v515 702"; do
		at=${quote#* } quote=${quote% *}
		assert_equal "$((at + 4 + $(le32 "$(part "$quote" "$at" 4)")))" "$((${#quote} / 2))"
		assert [ "$((${#quote} / 2))" -ge 1026 ]
	done
	assert_equal "$((${#report} / 2)) $(part "$report" 0 4)" '1024 81000000'
	assert_equal "$(part "$report" 32 48)" "$(unhex "$(part "$report" 256 239)" | sum sha384)"
	assert_equal "$(part "$report" 80 48)" "$(unhex "$(part "$report" 512 512)" | sum sha384)"
	assert_equal "$(part "$(gen -f ccel --quote 4 --debug <d)" 168 1) $(part "$v4" 168 1)" '01 00'
	assert_equal "$(part "$(gen -f ccel --quote 4 --sig-len 4294967295 <d)" 632 4)" ffffffff
	assert_equal "$(gen -f ccel --quote 4 --report-data 0102 --append 0000 <d)" "${v4}0000"
}

@test "the ACPI table is no log" {
	table=$(gen -f ccel --table --area 262144 <<<'rtmr0 EV_SEPARATOR sep') sum=0
	assert_equal "${#table} $(part "$table" 0 9)" '112 4343454c3800000001'
	assert_equal "$(part "$table" 36 1)$(part "$table" 40 8)" 020000040000000000
	for ((i = 0; i < 112; i += 2)); do sum=$((sum + 0x${table:i:2})); done
	assert_equal $((sum % 256)) 0
}

@test "an area is filled, to the byte" {
	desc 'rtmr0 EV_SEPARATOR sep'
	for pad in ff zero none; do "$GENLOG" -f ccel --area 1000 --pad $pad d >log.$pad; done
	assert_equal "$(stat -c %s log.ff log.zero log.none | paste -sd' ')" '1000 1000 135'
	assert_equal "$(tail -c +136 log.ff | tr -d '\377' | wc -c) $(tail -c +136 log.zero | tr -d '\0' | wc -c)" '0 0'
	run ! "$GENLOG" -f ccel --area 100 d
}

@test "damage does what it says" {
	desc 'rtmr0 EV_IPL text:a' 'rtmr1 EV_IPL text:b' 'rtmr1 EV_IPL text:c'
	"$GENLOG" -f ccel d >log
	"$GENLOG" -f ccel --flip 1:9 d >flipped
	assert_equal "$(cmp -l log flipped | awk '{ print $1 }')" $((65 + 67 + 14 + 1 + 1))
	diff <(values -f ccel d) <(values -f ccel --flip 1:9 d) >changed || true
	assert_equal "$(grep -c '^[<>] rtmr1' changed) $(grep -c '^[<>] rtmr0' changed)" '2 0'
	"$GENLOG" -f ccel --alter 2 d >altered
	assert_equal "$(cmp -l log altered | awk '{ print $1 }')" "$(stat -c %s log)"
	assert_equal "$(values -f ccel --alter 2 d)" "$(values -f ccel d)"
	desc 'rtmr0 EV_IPL text:a' 'rtmr1 EV_IPL text:c'
	"$GENLOG" -f ccel d >fewer
	desc 'rtmr0 EV_IPL text:a' 'rtmr1 EV_IPL text:c' 'rtmr1 EV_IPL text:b'
	"$GENLOG" -f ccel d >swapped
	desc 'rtmr0 EV_IPL text:a' 'rtmr1 EV_IPL text:b' 'rtmr1 EV_IPL text:c'
	"$GENLOG" -f ccel --drop 1 d | cmp fewer
	"$GENLOG" -f ccel --swap 1,2 d | cmp swapped
	"$GENLOG" -f ccel --cut 100 d | cmp - <(head -c 100 log)
	"$GENLOG" -f ccel --cut 100 --append 00ff d | cmp - <(head -c 100 log && printf '\0\377')
	# A log without digests: its register changes.
	desc 'rtmr3 dstack name:a text:b'
	assert_not_equal "$(values -f dstack --alter 0 d)" "$(values -f dstack d)"
	run ! "$GENLOG" -f dstack --flip 0 d
	# Of several banks, the one that is named.
	desc 'pcr1 EV_IPL text:b'
	diff <(values -f tpm -b sha1,sha256 d) <(values -f tpm -b sha1,sha256 --flip 0:0:sha256 d) >changed || true
	assert_equal "$(grep -c :sha256 changed) $(grep -c :sha1 changed)" '2 0'
}

@test "many events, in memory that does not grow" {
	desc 'pcr4 EV_ACTION text:first'
	[ -n "${TSMCTL_SANITIZED:-}" ] || ulimit -v 200000
	"$GENLOG" -f tpm -b sha256,sha384 --repeat 100000 --size 120 d >log
	assert_equal "$(stat -c %s log)" $((69 + 100 + 5 + 100000 * 220))
	assert_equal "$(grep -ao 'event 100000 \.*' log | wc -c)" 121
	desc 'pcr4 EV_ACTION text:first' "pcr4 EV_ACTION text:event 1 ..." "pcr4 EV_ACTION text:event 2 ..."
	"$GENLOG" -f tpm d >three
	desc 'pcr4 EV_ACTION text:first'
	"$GENLOG" -f tpm --repeat 2 --size 11 d | cmp three
}

@test "what it cannot make, it says" {
	desc 'rtmr3 dstack name:a'
	for options in '-f tpm' '-f nothing' '-f dstack:v3' '-f dstack --drop 1' '-f dstack --values --cut 1' '-f dstack -b md5'; do
		# shellcheck disable=SC2086 # several words
		run --separate-stderr "$GENLOG" $options d
		assert_failure 1
		[[ $stderr == genlog:\ * ]]
	done
	for line in 'rtmr3' 'rtmr3 EV_NOTHING' 'rtmr3 EV_IPL nothing:x' 'rtmr3 EV_IPL hex:0' 'rtmr3 EV_IPL text:\q' \
		'rtmr3 EV_IPL digest:sha384:00 text:x' 'nv1 EV_IPL text:x' 'rtmr3:md5 EV_IPL text:x'; do
		desc "$line"
		run --separate-stderr "$GENLOG" -f ccel d
		assert_failure 1
		[[ $stderr == genlog:\ * ]]
	done
	run --separate-stderr "$GENLOG" -f dstack:report - <<<'pcr0 EV_SEPARATOR sep'
	assert_failure 1
	desc 'rtmr3 EV_IPL text:x'
	run ! bash -c '"$GENLOG" -f ccel d >/dev/full'
}

# shared NAME: skips unless the public logs are there.
shared() {
	[ -n "${TSMCTL_SHARED:-}" ] && [ -e "$TSMCTL_SHARED/vectors/$1" ] || skip "no $1 here"
	V=$TSMCTL_SHARED/vectors
}

@test "public logs: the same bytes from a description of them" {
	shared synthetic
	desc 'pcr11 phase text:'{enter-initrd,leave-initrd,sysinit,ready}
	"$GENLOG" -f systemd:cc d | cmp "$V/synthetic/systemd-cc-measure.log"
	desc 'rtmr3 aael text:github.com/confidential-containers PullImage {"digest":"sha256:'"$(printf '0c%.0s' {1..32})"\
'","image":"alpine"}' 'rtmr3 aael text:coco.com some-operation some-content'
	"$GENLOG" -f aael d | cmp "$V/synthetic/aael-eventlog.bin"
	jq -r '.[] | "rtmr\(.ccmr - 1) \(.content.event_type) digest:sha384:\(.digests[0].digest) hex:\(.content.event_data)"' \
		"$V/synthetic/cos113.cel.json" | sed 's/EV_UNKNOWN(\(.*\))/\1/' >d
	"$GENLOG" -f cel-tlv:google d | cmp "$V/synthetic/cos113.cel.tlv.bin"
	diff <(values -f ccel d) <(jq -r '.["go-eventlog/cos-113-intel-tdx.bin"] | to_entries[] | select(.key != "same as" and
		(.value | test("^0+$") | not)) | "\(.key):sha384 \(.value)"' "$V/expected.json")
}

@test "public logs: dstack's report, rebuilt" {
	shared dstack/quote-report.json
	jq -r '.event_log | fromjson[] | if .event_type == 134217729
		then "rtmr3 dstack name:\(.event) hex:\(.event_payload)"
		else "rtmr\(.imr) 0x\("0123456789abcdef" as $d | [.event_type | while(. > 0; . / 16 | floor) | $d[. % 16:. % 16 + 1]] |
			reverse | add) digest:sha384:\(.digest) hex:\(.event_payload)" end' "$V/dstack/quote-report.json" >d
	diff <("$GENLOG" -f dstack:report d | jq -S '.event_log | fromjson') \
		<(jq -S '.event_log | fromjson' "$V/dstack/quote-report.json")
	values -f dstack:report d >own
	diff own <(jq -r '.["dstack/quote-report.json"] | to_entries[] | select(.key != "mrtd") |
		"\(.key):sha384 \(.value)"' "$V/expected.json")
	desc "mrtd start $(jq -r '.["dstack/quote-report.json"].mrtd' "$V/expected.json")" "$(cat d)"
	quote=$(gen -f dstack:report --quote 4 <d) genuine=$(jq -r .quote "$V/dstack/quote-report.json")
	assert_equal "$(part "$quote" 184 48)$(part "$quote" 376 192)" "$(part "$genuine" 184 48)$(part "$genuine" 376 192)"
}

@test "public logs: what parsers must refuse, rebuilt" {
	shared synthetic/negative
	N=$V/synthetic/negative F=$(printf 'ff%.0s' {1..64})
	desc 'pcr1 EV_SEPARATOR sep'
	least() { "$GENLOG" -f tpm -b sha384 "$@" d; }
	least | cmp "$N/no-end-marker.bin"
	least --cut 85 | cmp "$N/trunc-in-digest.bin"
	least --cut 133 | cmp "$N/trunc-in-event.bin"
	least --area 391 --pad zero | cmp "$N/zero-padded.bin"
	least --cut 73 --append f0ffffff"$(printf '00%.0s' {1..64})" | cmp "$N/digest-count-huge.bin"
	least --cut 77 --append 2700"${ZERO48}"0100000078 | cmp "$N/unknown-alg.bin"
	least --cut 79 --append "${ZERO48}"ffffffff78 | cmp "$N/event-size-overflow.bin"
	{ least | tail -c +66 && unhex "$F"; } | cmp "$N/no-header.bin"
	desc 'pcr1 EV_SEPARATOR sep' 'pcr5 EV_SEPARATOR text:x'
	least --append "$F" | cmp "$N/mr-index-5.bin"
	desc 'pcr1 EV_IPL hex:ffffffff'
	least --append "$F" | cmp "$N/event-ends-in-ff.bin"
	desc 'pcr1 EV_SEPARATOR sep' 'pcr0 EV_NO_ACTION text:SP800-15' 'pcr1 EV_SEPARATOR sep'
	least --append "$F" | cmp "$N/two-spec-id.bin"
}
