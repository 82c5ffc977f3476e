#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tsmctl list: what is found, in which homes and dialects, and how it is shown. Naming, for all commands.

setup() {
	load common
	common_setup
}

# Two providers with one register name in common.
two_providers() {
	empty_root
	runtime_mr "$ROOT/sys/kernel/tsm/alpha/rtmr0" sha256
	runtime_mr "$ROOT/sys/kernel/tsm/alpha/rtmr1" sha384
	runtime_mr "$ROOT/sys/kernel/tsm/beta/rtmr0" sha384
	static_mr "$ROOT/sys/kernel/tsm/beta/rtmr_note" 444 x
}

@test "v1: the table" {
	use_root rfc-v1
	tsmctl list
	assert_done
	assert_output "$(
		cat <<-'END'
			REGISTER                          KIND    ACCESS HASH   SIZE LOG    ABI
			measurement-example/config_mr     static  r--    -      64   -      tsm-rfc
			measurement-example/full_report   static  r--    -      320  -      tsm-rfc
			measurement-example/report_digest static  r--    -      64   -      tsm-rfc
			measurement-example/rtmr0:sha256  runtime r-x    sha256 32   kernel tsm-rfc
			measurement-example/rtmr1:sha384  runtime r-x    sha384 48   kernel tsm-rfc
			measurement-example/static_mr     static  r--    -      48   -      tsm-rfc
			measurement-example/user_data     static  rw-    -      64   -      tsm-rfc
		END
	)"
}

@test "v1: JSON, member for member" {
	use_root rfc-v1
	tsmctl list --json rtmr1 user_data static_mr
	assert_done
	assert_json '. == {schema: "tsmctl.list/1", registers: [
		{register: "measurement-example/rtmr1:sha384", provider: "measurement-example",
			name: "rtmr1", kind: "runtime", hash: "sha384", size: 48, readable: true,
			writable: false, extensible: true, extend_with: ["event", "digest"], log: "kernel",
			abi: "tsm-rfc", cc_mr_index: null,
			path: "/sys/kernel/tsm/measurement-example/rtmr1"},
		{register: "measurement-example/user_data", provider: "measurement-example",
			name: "user_data", kind: "static", hash: null, size: 64, readable: true,
			writable: true, extensible: false, extend_with: [], log: null, abi: "tsm-rfc",
			cc_mr_index: null, path: "/sys/kernel/tsm/measurement-example/user_data"},
		{register: "measurement-example/static_mr", provider: "measurement-example",
			name: "static_mr", kind: "static", hash: null, size: 48, readable: true,
			writable: false, extensible: false, extend_with: [], log: null, abi: "tsm-rfc",
			cc_mr_index: null, path: "/sys/kernel/tsm/measurement-example/static_mr"}]}'
	assert_equal "$(wc -l <<<"$output")" 1
	keep list --json
	assert_equal "$(tail -c 2 "$OUT" | od -An -tx1 | tr -d ' ')" 7d0a
	assert_json '.registers | length == 7 and (map(keys) | unique | length) == 1'
}

@test "v2: REGISTER/digest with hash_algo, no logs" {
	use_root rfc-v2
	tsmctl list -o register,kind,access,hash,size,log,extend-with --no-header
	assert_done
	assert_output "$(
		cat <<-'END'
			measurement-example/config_mr:md4        static  r-- md4    64  -       -
			measurement-example/full_report:md4      static  r-- md4    320 -       -
			measurement-example/report_digest:sha512 static  r-- sha512 64  -       -
			measurement-example/rtmr0:sha256         static  r-- sha256 32  -       -
			measurement-example/rtmr1:sha384         runtime r-x sha384 48  journal event,digest
			measurement-example/static_mr:sha384     static  r-- sha384 48  -       -
			measurement-example/user_data:sha512     static  rw- sha512 64  -       -
		END
	)"
}

@test "v2: a register without hash_algo is a static one" {
	empty_root
	mkdir -p "$ROOT/sys/kernel/tsm/p/mrtd"
	head -c 48 /dev/zero >"$ROOT/sys/kernel/tsm/p/mrtd/digest"
	chmod 444 "$ROOT/sys/kernel/tsm/p/mrtd/digest"
	tsmctl list -o register,kind,access,hash,size --no-header
	assert_done
	assert_output 'p/mrtd static r-- - 48'
}

@test "v3: REGISTER/HASH/digest, one name under several hashes" {
	use_root rfc-v3
	tsmctl list -o register,kind,access,hash,size,path --no-header
	assert_done
	assert_output "$(
		cat <<-'END'
			banks/rtmr0:sha256             runtime r-x sha256 32 /sys/kernel/tsm/banks/rtmr0/sha256
			banks/rtmr1:sha384             runtime r-x sha384 48 /sys/kernel/tsm/banks/rtmr1/sha384
			banks/rtmr_crypto_agile:sha256 runtime r-x sha256 32 /sys/kernel/tsm/banks/rtmr_crypto_agile/sha256
			banks/rtmr_crypto_agile:sha384 runtime r-x sha384 48 /sys/kernel/tsm/banks/rtmr_crypto_agile/sha384
		END
	)"
}

@test "homes: configfs, without its report and rtmrs folders" {
	use_root rfc-configfs
	tsmctl list --json
	assert_done
	assert_json '[.registers[] | select(.abi == "tsm-rfc").provider] | unique == ["measurement-example"]'
	assert_json '.registers[0].path == "/sys/kernel/config/tsm/measurement-example/config_mr"'
	tsmctl list report/entry0
	assert_refused 2 "no register 'report/entry0' here*"
}

@test "homes: all three at once" {
	use_root rfc-configfs
	runtime_mr "$ROOT/sys/kernel/tsm/one/a" sha256
	runtime_mr "$ROOT/sys/kernel/security/tsm/two/b" sha512
	tsmctl list --json
	assert_done
	assert_json '[.registers[].provider] | unique == ["measurement-example", "one", "rtmrs", "two"]'
	assert_json '.registers | map(select(.name == "b"))[0].path == "/sys/kernel/security/tsm/two/b"'
}

@test "mr: devices with measurements, each once, reached through either folder" {
	empty_root
	local m="$ROOT/sys/devices/virtual/misc/one/measurements"
	mkdir -p "$m" "$ROOT/sys/devices/virtual/misc/none" "$ROOT/sys/devices/platform/two/measurements" "$ROOT/sys/class/misc"
	ln -s ../../devices/virtual/misc/one "$ROOT/sys/class/misc/one"
	ln -s ../../devices/platform/two "$ROOT/sys/class/misc/two"
	head -c 20 /dev/zero >"$m/a:sha1" && chmod 644 "$m/a:sha1"
	head -c 48 /dev/zero >"$m/b:whirl" && chmod 644 "$m/b:whirl"
	head -c 7 /dev/zero >"$ROOT/sys/devices/platform/two/measurements/c" && chmod 444 "$ROOT/sys/devices/platform/two/measurements/c"
	tsmctl list -o register,kind,access,hash,size,log,path --no-header
	assert_done
	assert_output "$(
		cat <<-'END'
			one/a:sha1  runtime r-x sha1  20 journal /sys/devices/virtual/misc/one/measurements/a:sha1
			one/b:whirl runtime r-x whirl 48 journal /sys/devices/virtual/misc/one/measurements/b:whirl
			two/c       static  r-- -     7  -       /sys/class/misc/two/measurements/c
		END
	)"
}

@test "mr: the folder of the postings of April 2025 is called mr" {
	empty_root
	local m="$ROOT/sys/devices/virtual/misc/tdx_guest"
	mkdir -p "$m/mr" "$ROOT/sys/devices/virtual/misc/both/mr" "$ROOT/sys/devices/virtual/misc/both/measurements"
	head -c 48 /dev/zero >"$m/mr/rtmr3:sha384" && chmod 644 "$m/mr/rtmr3:sha384"
	head -c 7 /dev/zero >"$ROOT/sys/devices/virtual/misc/both/mr/old"
	head -c 7 /dev/zero >"$ROOT/sys/devices/virtual/misc/both/measurements/new"
	chmod 444 "$ROOT"/sys/devices/virtual/misc/both/*/*
	tsmctl list -o register,kind,cc-mr-index,path --no-header
	assert_done
	assert_output "$(
		cat <<-'END'
			both/new               static  - /sys/devices/virtual/misc/both/measurements/new
			tdx_guest/rtmr3:sha384 runtime 4 /sys/devices/virtual/misc/tdx_guest/mr/rtmr3:sha384
		END
	)"
}

# folder_mr DIR MODE BYTES [HASH]: a register of the second dialect, or of the third without HASH.
folder_mr() {
	mkdir -p "$1"
	head -c "$3" /dev/zero >"$1/digest"
	chmod "$2" "$1/digest"
	[ -z "${4:-}" ] || printf %s "$4" >"$1/hash_algo"
}

@test "v2, v3: what a write sets is static and writable, unless its name is that of a runtime register" {
	empty_root
	local p="$ROOT/sys/kernel/tsm/p"
	for name in user_data config_mr RTMR3 xrtmr0 re; do
		folder_mr "$p/$name" 644 64 sha512
	done
	for name in rtmr rtmr0 rtmrx rem1; do
		folder_mr "$p/$name" 644 64 sha512
	done
	folder_mr "$p/nonce/sha512" 664 64
	folder_mr "$p/rtmr7/sha384" 664 48
	folder_mr "$p/rtmr8/sha384" 444 48
	tsmctl list -o register,kind,access,log,extend-with --no-header
	assert_done
	assert_output "$(
		cat <<-'END'
			p/RTMR3:sha512     static  rw- -       -
			p/config_mr:sha512 static  rw- -       -
			p/nonce:sha512     static  rw- -       -
			p/re:sha512        static  rw- -       -
			p/rem1:sha512      runtime r-x journal event,digest
			p/rtmr:sha512      runtime r-x journal event,digest
			p/rtmr0:sha512     runtime r-x journal event,digest
			p/rtmr7:sha384     runtime r-x journal event,digest
			p/rtmr8:sha384     static  r-- -       -
			p/rtmrx:sha512     runtime r-x journal event,digest
			p/user_data:sha512 static  rw- -       -
			p/xrtmr0:sha512    static  rw- -       -
		END
	)"
}

@test "an unknown hash: the kernel's name of it is shown, the value can be read" {
	empty_root
	local p="$ROOT/sys/kernel/tsm/p" n
	for n in 20 48 64; do
		folder_mr "$p/s$n" 444 $n streebog512
	done
	folder_mr "$p/report" 444 320 md4
	folder_mr "$p/odd/sha224" 444 28
	folder_mr "$p/rtmr0" 644 28 sha224
	folder_mr "$p/rtmr1" 644 65 wp512
	tsmctl list -o register,kind,hash,size --no-header
	assert_failure 5
	assert_output "$(
		cat <<-'END'
			p/odd:sha224      static  sha224      28
			p/report:md4      static  md4         320
			p/rtmr0:sha224    runtime sha224      28
			p/rtmr1:wp512     runtime wp512       0
			p/s20:streebog512 static  streebog512 20
			p/s48:streebog512 static  streebog512 48
			p/s64:streebog512 static  streebog512 64
		END
	)"
	assert_equal "$stderr" "tsmctl: '/sys/kernel/tsm/p/rtmr1/digest': a register of 65 bytes"
	tsmctl list --json s48
	assert_json '.registers[0].hash == "streebog512"'
	tsmctl read s20 p/odd:sha224 rtmr0
	assert_done
	assert_output "$(printf '%040d  p/s20:streebog512\n%056d  p/odd:sha224\n%056d  p/rtmr0:sha224' 0 0 0)"
	tsmctl extend rtmr0 --event a
	assert_refused 3 "the hash of 'p/rtmr0:sha224' is unknown: the result of an extend cannot be computed"
}

@test "hash_algo that is no name of a hash" {
	local p="$ROOT/sys/kernel/tsm/p" text
	for text in '' '\n' 'sha 256' 'sha256\0' '\033[31m' 'aaaaaaaaaabbbbbbbbbbccccccccccddd' 'sha256\nx'; do
		empty_root
		folder_mr "$p/mr" 444 32 x
		printf "$text" >"$p/mr/hash_algo"
		tsmctl read mr
		assert_refused 5 "'/sys/kernel/tsm/p/mr/hash_algo': not the name of a hash: '*"
		[[ $stderr != *$'\033'* ]]
	done
}

@test "event_log is not there for a moment: append_event says that the kernel keeps the log" {
	use_root rfc-v1
	rm "$ROOT"/sys/kernel/tsm/measurement-example/rtmr*/event_log
	tsmctl list -o name,kind,extend-with,log --no-header 'rtmr*'
	assert_done
	assert_output "$(printf 'rtmr0 runtime event        kernel\nrtmr1 runtime event,digest kernel')"
}

@test "a report folder outside configfs is no provider either; dot folders and files are none" {
	empty_root
	runtime_mr "$ROOT/sys/kernel/tsm/p/r" sha256
	static_mr "$ROOT/sys/kernel/tsm/report/x/inblob" 200 ''
	static_mr "$ROOT/sys/kernel/tsm/report/outblob" 444 x
	static_mr "$ROOT/sys/kernel/tsm/.hidden/x" 444 x
	static_mr "$ROOT/sys/kernel/tsm/a_file" 444 x
	tsmctl list --no-header -o register
	assert_done
	assert_output p/r:sha256
}

@test "providers are sorted, registers by number" {
	empty_root
	for n in 10 9 2 1; do
		runtime_mr "$ROOT/sys/kernel/tsm/b/rtmr$n" sha256
	done
	runtime_mr "$ROOT/sys/kernel/tsm/a/z" sha256
	tsmctl list --no-header -o register
	assert_done
	assert_output "$(printf '%s\n' a/z:sha256 b/rtmr{1,2,9,10}:sha256)"
}

@test "access is what files and modes allow, not what names say" {
	empty_root
	local dir="$ROOT/sys/kernel/tsm/p"
	static_mr "$dir/rtmr7" 444 12345678
	static_mr "$dir/wo" 200 12345678
	static_mr "$dir/none" 000 12345678
	runtime_mr "$dir/plain" sha384
	runtime_mr "$dir/both" sha384
	chmod 644 "$dir/both/digest"
	runtime_mr "$dir/closed" sha384
	chmod 000 "$dir/closed/append_event"
	runtime_mr "$dir/onlydigest" sha384
	rm -f "$dir/onlydigest/append_event"
	chmod 600 "$dir/onlydigest/digest"
	runtime_mr "$dir/blind" sha384
	chmod 200 "$dir/blind/digest"
	tsmctl list --no-header -o name,kind,access,extend-with,log
	assert_done
	assert_output "$(
		cat <<-'END'
			blind      runtime --x event,digest kernel
			both       runtime r-x event,digest kernel
			closed     runtime r-- -            kernel
			none       static  --- -            -
			onlydigest runtime r-x digest       kernel
			plain      runtime r-x event        kernel
			rtmr7      static  r-- -            -
			wo         static  -w- -            -
		END
	)"
}

@test "hash names in the kernel's spellings" {
	empty_root
	local n=0 hash
	for hash in sha1 sha256 sha384 sha512 sm3 sha3-256 sha3-384 sha3-512; do
		runtime_mr "$ROOT/sys/kernel/tsm/p/r$((n++))" "$hash"
	done
	rm -rf "$ROOT/sys/kernel/tsm/p/r6"
	runtime_mr "$ROOT/sys/kernel/tsm/p/r6" sha384
	set_text "$ROOT/sys/kernel/tsm/p/r1/hash_algo" 'SHA256\n'
	set_text "$ROOT/sys/kernel/tsm/p/r6/hash_algo" 'sha3-384'
	tsmctl list --no-header -o register,size
	assert_done
	assert_output "$(
		cat <<-'END'
			p/r0:sha1     20
			p/r1:sha256   32
			p/r2:sha384   48
			p/r3:sha512   64
			p/r4:sm3      32
			p/r5:sha3-256 32
			p/r6:sha3-384 48
			p/r7:sha3-512 64
		END
	)"
}

@test "tdx: the UEFI index of each register" {
	use_root tdx
	tsmctl list -o name,cc-mr-index --no-header
	assert_done
	assert_output "$(
		cat <<-'END'
			mrconfigid    -
			mrowner       -
			mrownerconfig -
			mrtd          0
			rtmr0         1
			rtmr1         2
			rtmr2         3
			rtmr3         4
		END
	)"
	tsmctl list --json mrtd rtmr3 mrowner
	assert_json '[.registers[].cc_mr_index] == [0, 4, null]'
}

@test "-o picks and orders columns, in any case; all of them" {
	use_root rfc-v1
	tsmctl list -o abi,Name,SIZE rtmr0
	assert_done
	assert_output "$(printf 'ABI     NAME  SIZE\ntsm-rfc rtmr0 32')"
	tsmctl list --output=REGISTER rtmr0
	assert_output "$(printf 'REGISTER\nmeasurement-example/rtmr0:sha256')"
	tsmctl list --no-header rtmr0 \
		-o REGISTER,KIND,ACCESS,HASH,SIZE,LOG,ABI,PROVIDER,NAME,EXTEND-WITH,CC-MR-INDEX,PATH
	assert_done
	assert_output "measurement-example/rtmr0:sha256 runtime r-x sha256 32 kernel tsm-rfc measurement-example\
 rtmr0 event - /sys/kernel/tsm/measurement-example/rtmr0"
	run grep -c ' $' <("$TSMCTL" --root "$ROOT" list)
	assert_output 0
}

@test "--help lists every column that -o takes" {
	use_root rfc-v1
	run "$TSMCTL" list --help
	assert_success
	help=$(tr -s ' \n' ' ' <<<"$output")
	tsmctl list -o NONE
	columns=${stderr##*the columns are }
	for column in ${columns//,/}; do
		[[ $help == *"$column"* ]] || fail "no $column in: $help"
		tsmctl list -o "$column" --no-header rtmr0
		assert_done
	done
}

@test "-o: a cell that would be empty is a dash" {
	local entry="$ROOT/sys/kernel/config/tsm/rtmrs/mine"
	empty_root
	mkdir -p "$entry"
	echo 2 >"$entry/index"
	: >"$entry/tcg_map"
	tsmctl list -o REGISTER,TCG-MAP,CONFIGURED rtmr2
	assert_done
	assert_line --index 1 'rtmrs/rtmr2:sha384 -       yes'
}

@test "-o with an unknown or empty column" {
	use_root rfc-v1
	tsmctl list -o NAME,COLOUR
	assert_refused 2 "unknown column 'COLOUR'; the columns are REGISTER, *KIND, *PATH"
	# The same on a machine without registers, and where no table is printed.
	tsmctl --root "$ROOTS/no-tvm" list -o COLOUR
	assert_refused 2 "unknown column 'COLOUR'; *"
	tsmctl list -j -o COLOUR
	assert_error 2 "unknown column 'COLOUR'; *"
	tsmctl list -o ''
	assert_refused 2 "unknown column ''; the columns are *"
	tsmctl list -o NAME,
	assert_refused 2 "unknown column ''; the columns are *"
	tsmctl list -o "$(printf 'NAME,%.0s' {1..200})NAME"
	assert_failure 2
	tsmctl list -o $'\033[31m'
	assert_refused 2 "unknown column '*31m'; the columns are *"
	[[ $stderr != *$'\033'* ]]
}

# Naming a register

@test "names: provider and hash may be left out while no doubt remains" {
	two_providers
	local name
	for name in alpha/rtmr1:sha384 alpha/rtmr1 rtmr1:sha384 rtmr1; do
		tsmctl list --no-header -o register "$name"
		assert_done
		assert_output alpha/rtmr1:sha384
	done
	for name in alpha/rtmr0 rtmr0:sha256; do
		tsmctl list --no-header -o register "$name"
		assert_done
		assert_output alpha/rtmr0:sha256
	done
	tsmctl list --no-header -o register beta/rtmr_note
	assert_output beta/rtmr_note
}

@test "names: an ambiguous one lists the candidates" {
	two_providers
	for command in list read log verify; do
		tsmctl "$command" rtmr0
		assert_refused 2 "'rtmr0' is ambiguous:*alpha/rtmr0:sha256*beta/rtmr0:sha384*"
		[[ $stderr != *rtmr1* ]]
	done
	use_root rfc-v3
	tsmctl list rtmr_crypto_agile
	assert_refused 2 "*ambiguous:*banks/rtmr_crypto_agile:sha256*banks/rtmr_crypto_agile:sha384*"
	tsmctl list --no-header -o register rtmr_crypto_agile:sha384
	assert_done
	assert_output banks/rtmr_crypto_agile:sha384
}

@test "names: whole words only, and nothing that is a path" {
	two_providers
	local name
	for name in rtmr rtm alpha alpha/ /rtmr1 lpha/rtmr1 rtmr1: rtmr1:sha256 '' . .. \
		../alpha/rtmr1 alpha/../alpha/rtmr1 /sys/kernel/tsm/alpha/rtmr1 alpha//rtmr1 alpha/rtmr1/digest \
		'rtmr1 ' ' rtmr1' /etc/passwd; do
		for command in list read log verify; do
			tsmctl "$command" "$name"
			assert_refused 2 "no register '*' here; *"
		done
	done
}

@test "names: what names nothing exactly is compared without regard to case" {
	two_providers
	local name
	for name in RTMR1 Rtmr1:SHA384 ALPHA/rtmr1; do
		for command in "list --no-header -o register" "read --json" "verify --json" "extend -q --event x --dry-run --json"; do
			# shellcheck disable=SC2086 # words
			tsmctl $command "$name"
			assert_done
			[[ $output == *alpha/rtmr1:sha384* ]]
		done
	done
	expand 'RTMR[1]' alpha/rtmr1:sha384
	tsmctl read RTMR0
	assert_refused 2 "'RTMR0' is ambiguous:*alpha/rtmr0:sha256*beta/rtmr0:sha384*"
	# A name that differs in case alone is another register.
	mv "$ROOT/sys/kernel/tsm/beta/rtmr0" "$ROOT/sys/kernel/tsm/beta/RTMR1"
	for name in RTMR1 'RTMR*'; do
		tsmctl list --no-header -o register "$name"
		assert_done
		assert_output beta/RTMR1:sha384
	done
	tsmctl list --no-header -o register rtmr1
	assert_output alpha/rtmr1:sha384
	tsmctl extend Rtmr1 --event x
	assert_refused 2 "'Rtmr1' is ambiguous:*beta/RTMR1:sha384*alpha/rtmr1:sha384*"
}

@test "names: a register named twice is shown once, in the order given" {
	two_providers
	tsmctl list --no-header -o register rtmr1 alpha/rtmr0 rtmr1:sha384 'rtmr1*'
	assert_done
	assert_output "$(printf 'alpha/rtmr1:sha384\nalpha/rtmr0:sha256')"
}

@test "names: -- ends the options" {
	two_providers
	static_mr "$ROOT/sys/kernel/tsm/alpha/--json" 444 x
	tsmctl list --no-header -o register -- --json
	assert_done
	assert_output alpha/--json
}

# expand PATTERN REGISTER...: what a pattern means, to all four commands where they can say it.
expand() {
	local pattern=$1
	shift
	tsmctl list --no-header -o register "$pattern"
	assert_done
	assert_output "$(printf '%s\n' "$@")"
	tsmctl read --json "$pattern"
	assert_done
	assert_equal "$(json '.registers[].register')" "$(printf '%s\n' "$@")"
}

@test "patterns: on any part of the name" {
	two_providers
	expand 'rtmr*' alpha/rtmr0:sha256 alpha/rtmr1:sha384 beta/rtmr0:sha384 beta/rtmr_note
	expand 'rtmr[0-9]' alpha/rtmr0:sha256 alpha/rtmr1:sha384 beta/rtmr0:sha384
	expand 'rtmr?' alpha/rtmr0:sha256 alpha/rtmr1:sha384 beta/rtmr0:sha384
	expand '*:sha384' alpha/rtmr1:sha384 beta/rtmr0:sha384
	expand 'beta/*' beta/rtmr0:sha384 beta/rtmr_note
	expand '*/rtmr0' alpha/rtmr0:sha256 beta/rtmr0:sha384
	expand '*/rtmr0:*' alpha/rtmr0:sha256 beta/rtmr0:sha384
	expand '[ab]*/rtmr1' alpha/rtmr1:sha384
	expand '*' alpha/rtmr0:sha256 alpha/rtmr1:sha384 beta/rtmr0:sha384 beta/rtmr_note
	tsmctl verify 'alpha/*'
	assert_done
	assert_output "$(printf 'untouched  %s\n' alpha/rtmr0:sha256 alpha/rtmr1:sha384)"
	set_text "$ROOT/sys/kernel/tsm/beta/rtmr0/event_log" '# x\n'
	tsmctl log --jsonl 'beta/*'
	assert_done
	assert_equal "$(json .register)" beta/rtmr0:sha384
}

@test "patterns: one that matches nothing" {
	two_providers
	for command in list read log verify; do
		for pattern in 'x*' 'gamma/*' '*:sha512' 'rtmr[5-9]' '[' 'alpha*note'; do
			tsmctl "$command" "$pattern"
			assert_refused 2 "no register matches '${pattern//\[/\\[}'"
		done
		tsmctl "$command" rtmr1 'x*'
		assert_refused 2 "no register matches 'x\*'"
	done
}

# Nothing to list

@test "a machine without any provider: status 3, and what was looked for" {
	use_root no-tvm
	for command in list read log verify; do
		tsmctl "$command"
		assert_refused 3 "no measurement registers here; looked below '$ROOT' for /sys/devices/virtual/misc, \
/sys/class/misc, /sys/kernel/tsm, /sys/kernel/config/tsm, /sys/kernel/security/tsm, /sys/kernel/config/tsm/rtmrs, /sys/class/tpm; *"
	done
	mkdir -p "$ROOT/sys/kernel/tsm"
	tsmctl list
	assert_refused 3 'no measurement registers here*'
	tsmctl list --json
	assert_error 3 'no measurement registers here*'
	assert_json 'keys == ["error", "registers", "schema"] and .schema == "tsmctl.list/1" and
		.registers == [] and .error.status == 3 and
		(.error.message | startswith("no measurement registers here"))'
}

@test "a provider without registers is not the same: status 0" {
	empty_root
	mkdir -p "$ROOT/sys/kernel/tsm/bare"
	tsmctl list
	assert_done
	assert_output 'REGISTER KIND ACCESS HASH SIZE LOG ABI'
	tsmctl list --no-header
	assert_done
	assert_output ''
	tsmctl list --json
	assert_done
	assert_output '{"schema":"tsmctl.list/1","registers":[]}'
	tsmctl read --json
	assert_done
	assert_json '.registers == []'
	tsmctl list 'x*'
	assert_refused 2 "no register matches 'x\*'"
}

@test "--abi" {
	use_root rfc-v1
	tsmctl --abi tsm-rfc list --no-header -o abi rtmr0
	assert_done
	assert_output tsm-rfc
	tsmctl --abi=tsm list
	assert_refused 2 "--abi 'tsm': not one of*tsm-rfc*"
	tsmctl --abi '' list
	assert_refused 2 "--abi '': not one of*"
	use_root no-tvm
	tsmctl --abi tsm-rfc list
	assert_refused 3 'no measurement registers here; looked below*sys/kernel/tsm*'
}

@test "a register that cannot be used is listed with its error, and the status says so" {
	use_root rfc-v1
	local dir="$ROOT/sys/kernel/tsm/measurement-example"
	rm -f "$dir/rtmr0/hash_algo"
	tsmctl list --json
	assert_error 5 "'/sys/kernel/tsm/measurement-example/rtmr0/hash_algo': missing*"
	assert_json '.registers | length == 7'
	assert_json '.registers[] | select(.name == "rtmr0") | .error.status == 5 and
		(.error.message | contains("rtmr0/hash_algo"))'
	assert_json '[.registers[] | select(.error)] | length == 1'
	tsmctl list
	assert_error 5 '*'
	assert_line --regexp '^measurement-example/rtmr0 +runtime'
	tsmctl list rtmr1
	assert_done
}
