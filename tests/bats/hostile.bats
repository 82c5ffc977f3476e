#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # the variables of jq and of bash -c are theirs
# Bad input: roots, trees and logs that are broken, or made to mislead.

setup() {
	load common
	load fuse
	common_setup
	EXAMPLE=sys/kernel/tsm/measurement-example
	TSM="$ROOT/sys/kernel/tsm"
	TMP=$BATS_TEST_TMPDIR
}

teardown() {
	sim_stop
}

# The root

@test "a root that is not there, a file, a FIFO, a dangling link, no name at all" {
	mkfifo "$TMP/fifo"
	: >"$TMP/file"
	ln -s nowhere "$TMP/link"
	for command in list read log verify status; do
		ROOT="$TMP/none" tsmctl $command
		assert_refused 4 "--root '$TMP/none': no such file or directory"
		for name in file fifo file/x; do
			ROOT="$TMP/$name" tsmctl $command
			assert_refused 4 "--root '$TMP/$name': not a directory"
		done
		ROOT="$TMP/link" tsmctl $command
		assert_refused 4 "--root '$TMP/link': no such file or directory"
		ROOT='' tsmctl $command
		assert_refused 4 "--root '': no such file or directory"
	done
}

@test "a root that this user may not enter" {
	use_root rfc-v1
	chmod 700 "$ROOT"
	[ "$(id -u)" = 0 ] || chmod 000 "$ROOT"
	nobody list
	chmod 755 "$ROOT"
	assert_refused 4 "*permission denied"
}

# Things that are no files

# each_odd PATH STATUS PATTERN ARGS...: with something odd in the place of PATH, that is what comes of it.
each_odd() {
	local path=$1 status_wanted=$2 pattern=$3 what
	shift 3
	for what in fifo dir device; do
		rm -rf "$path"
		case $what in
		fifo) mkfifo -m 666 "$path" ;;
		dir) mkdir "$path" ;;
		device) mknod -m 666 "$path" c 1 3 2>/dev/null || continue ;;
		esac
		tsmctl "$@"
		assert_error "$status_wanted" "$pattern"
	done
	rm -rf "$path"
}

# Of what was printed to standard error, no line is another one, or a part of it.
said_once() {
	awk 'length { line[NR] = $0; sub(/^tsmctl: /, "", line[NR]) }
		END { for (i in line) for (k in line) if (i != k && index(line[k], line[i])) { print line[i]; exit 1 } }' "$ERR"
}

@test "whatever is broken in a tree, each command says it once" {
	local path what command n=0
	while read -r path; do
		for what in gone loop odd; do
			use_root rfc-v1
			rm -rf "${ROOT:?}/$path"
			case $what in
			loop) ln -s "${path##*/}" "$ROOT/$path" ;;
			odd) printf '\377\0odd\n%.0s' {1..50} >"$ROOT/$path" ;;
			esac
			for command in list read log verify 'verify --json' status replay 'extend rtmr0 --once --event x' "measure $ROOT/x"; do
				# shellcheck disable=SC2086 # words
				tsmctl $command
				said_once || fail "$command, $what: $path"
				n=$((n + $(wc -l <"$ERR")))
			done
		done
	done < <(cd "$ROOTS/rfc-v1" && find sys -mindepth 1)
	[ "$n" -gt 100 ]
}

@test "a FIFO, a device, a folder in the place of a file: neither hangs nor is opened" {
	use_root rfc-v1
	local dir="$ROOT/$EXAMPLE"
	each_odd "$dir/rtmr0/digest" 5 "'/$EXAMPLE/rtmr0/digest': not a regular file" read rtmr0
	each_odd "$dir/rtmr0/digest" 5 "'/$EXAMPLE/rtmr0/digest': not a regular file" verify 'rtmr0*'
	use_root rfc-v1
	each_odd "$dir/rtmr0/hash_algo" 5 "'/$EXAMPLE/rtmr0/hash_algo': not a regular file" list rtmr0
	use_root rfc-v1
	each_odd "$dir/rtmr0/event_log" 5 "*'/$EXAMPLE/rtmr0/event_log': not a regular file" log rtmr0
	each_odd "$dir/rtmr0/event_log" 5 "*'/$EXAMPLE/rtmr0/event_log': not a regular file" verify rtmr0
}

@test "a FIFO or device among the registers: it has its row, the others are printed" {
	use_root rfc-v1
	mkfifo -m 666 "$ROOT/$EXAMPLE/fifo"
	wanted=1
	if mknod -m 666 "$ROOT/$EXAMPLE/null" c 1 3 2>/dev/null; then wanted=2; fi
	tsmctl list --json
	assert_failure 5
	assert_json --argjson n "$wanted" '.registers | length == 7 + $n and
		([.[] | select(.error.status == 5)] | length == $n)'
	assert_equal "${#stderr_lines[@]}" "$wanted"
	tsmctl read
	assert_failure 5
	assert_equal "${#lines[@]}" 7
	tsmctl verify
	assert_done
	tsmctl log
	assert_done
	tsmctl status
	assert_success
}

@test "none of them is ever opened, only looked at" {
	command -v strace >/dev/null || skip "strace is missing"
	strace -qq -o /dev/null true 2>/dev/null || skip "strace may not trace here"
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
	use_root rfc-v1
	for name in odd rtmr0/event_log rtmr1/digest rtmr1/hash_algo; do
		rm -f "$ROOT/$EXAMPLE/$name"
		mkfifo -m 666 "$ROOT/$EXAMPLE/$name"
	done
	for args in list read log verify status 'log rtmr0' 'verify rtmr0'; do
		# shellcheck disable=SC2086
		strace -f -qq -e trace=open,openat,openat2 -o "$TMP/opens" \
			"$TSMCTL" --root "$ROOT" $args >/dev/null 2>&1 || true
		run grep -E '/(odd|rtmr0/event_log|rtmr1/digest|rtmr1/hash_algo)"' "$TMP/opens"
		assert_success
		refute_line --regexp 'flags=.*O_(RDONLY|WRONLY|RDWR)\|O_N'
		[ "$(grep -vc O_PATH <<<"$output")" = 0 ] || fail "$args: $output"
	done
}

@test "a file in the place of a folder" {
	empty_root
	: >"$ROOT/sys/kernel/tsm"
	tsmctl list
	assert_refused 4 "'/sys/kernel/tsm': not a directory"
	rm -rf "$ROOT/sys"
	: >"$ROOT/sys"
	tsmctl list
	assert_refused 3 'no measurement registers here*'
	mkfifo "$TMP/fifo"
	rm -f "$ROOT/sys" && mkdir -p "$ROOT/sys/kernel" && mkfifo "$ROOT/sys/kernel/tsm"
	tsmctl list
	assert_refused 4 "'/sys/kernel/tsm': not a directory"
}

# Links

@test "links that lead out of the root stay inside it" {
	use_root rfc-v1
	local dir="$ROOT/$EXAMPLE"
	printf 'outside!' >"$TMP/secret"
	chmod 444 "$TMP/secret"
	ln -s "$TMP/secret" "$dir/absolute"
	ln -s ../../../../../../../../../../../../.."$TMP/secret" "$dir/dots"
	ln -s ../../../../../../secret "$dir/beside"
	for command in list read status; do
		tsmctl $command
		[[ $output$stderr != *outside* && $output != *6f757473696465* ]] || fail "$output"
	done
	tsmctl read
	assert_error 4 "'/$EXAMPLE/*': no such file or directory"
	assert_equal "${#lines[@]}" 7
	# The same paths below the root are what is meant.
	mkdir -p "$ROOT$TMP"
	printf 'inside' | tee "$ROOT$TMP/secret" >"$ROOT/secret"
	tsmctl read --json absolute dots beside
	assert_done
	assert_json '[.registers[].value] == ["696e73696465", "696e73696465", "696e73696465"]'
}

@test "links in the place of folders, logs and homes stay inside, too" {
	use_root rfc-v1
	mkdir -p "$TMP/tree/evil"
	static_mr "$TMP/tree/evil/mr" 444 outside
	ln -s "$TMP/tree/evil" "$TSM/evil"
	ln -s "$TMP/tree" "$ROOT/sys/kernel/config"
	mkdir -p "$TMP/tree/tsm/evil2"
	static_mr "$TMP/tree/tsm/evil2/mr" 444 outside
	cat "$ROOT/$EXAMPLE/rtmr0/event_log" >"$TMP/log"
	echo forged >>"$TMP/log"
	rm -f "$ROOT/$EXAMPLE/rtmr0/event_log"
	ln -s "$TMP/log" "$ROOT/$EXAMPLE/rtmr0/event_log"
	tsmctl list --json
	assert_json '[.registers[].provider] | unique == ["measurement-example"]'
	tsmctl log rtmr0
	[[ $output != *forged* ]] || fail "$output"
	# A home that is a link within the root is followed.
	empty_root
	runtime_mr "$ROOT/elsewhere/p/r" sha256
	ln -s /elsewhere "$ROOT/sys/kernel/tsm"
	tsmctl list --no-header -o register,path
	assert_done
	assert_output 'p/r:sha256 /sys/kernel/tsm/p/r'
}

@test "links in a circle" {
	use_root rfc-v1
	ln -s loop "$ROOT/$EXAMPLE/loop"
	tsmctl read
	assert_error 4 "'/$EXAMPLE/loop': too many levels of symbolic links"
	assert_equal "${#lines[@]}" 7
	ln -s . "$TSM/again"
	tsmctl list --json
	assert_json '[.registers[].provider] | unique | length <= 2'
}

@test "links of /proc that lead anywhere are not followed" {
	[ "$(id -u)" = 0 ] || skip "only root can mount"
	unshare -m true 2>/dev/null || skip "no mount namespace can be had"
	use_root rfc-v1
	printf outside >"$TMP/secret"
	rm -rf "$ROOT/proc" && mkdir "$ROOT/proc"
	ln -s "/proc/self/root$TMP/secret" "$ROOT/$EXAMPLE/root"
	ln -s /proc/self/fd/7 "$ROOT/$EXAMPLE/fd"
	run --separate-stderr unshare -m bash -c '
		mount -t proc proc "$ROOT/proc" || exit 77
		exec 7<"$1"
		"$TSMCTL" --root "$ROOT" read' - "$TMP/secret"
	[ "$status" != 77 ] || skip "no proc can be mounted"
	assert_error 4 "'/$EXAMPLE/*': too many levels of symbolic links"
	assert_equal "${#lines[@]}" 7
	[[ $output != *6f757473696465* ]] || fail "$output"
}

# Registers that are not what they should be

@test "hash_algo: missing, empty, garbage, long, with control characters" {
	use_root rfc-v1
	local file="$ROOT/$EXAMPLE/rtmr0/hash_algo"
	rm -f "$file"
	for command in list read log verify; do
		tsmctl "$command" rtmr0
		assert_error 5 "*'/$EXAMPLE/rtmr0/hash_algo': *"
		tsmctl "$command" rtmr1
		[ "$command" = log ] || assert_done
	done
	# A name that a kernel may have for a hash: the value is read, its log cannot be.
	for text in 'md5' 'sha25' 'sha2566'; do
		set_text "$file" "$text"
		tsmctl read rtmr0
		assert_done
		assert_output --regexp "^[0-9a-f]{64}  measurement-example/rtmr0:$text\$"
		tsmctl verify 'rtmr0*'
		assert_failure 1
		assert_output --regexp '^unsupported  '
	done
	for text in '' '\n' 'sha256 ' 'sha256\x00' '\xff\xfe' '\x1b[31mred'; do
		set_text "$file" "$text"
		tsmctl read rtmr0
		assert_refused 5 "'/$EXAMPLE/rtmr0/hash_algo': not the name of a hash: '*'"
		[[ $stderr != *$'\033'* && $stderr != *$'\xff'* ]]
		tsmctl verify 'rtmr0*'
		assert_failure 5
	done
	head -c 5000 /dev/zero | tr '\0' 'x' >"$TMP/long"
	rm -f "$file" && cp "$TMP/long" "$file"
	tsmctl list
	assert_error 5 "'/$EXAMPLE/rtmr0/hash_algo': longer than 4096 bytes"
	assert_equal "${#lines[@]}" 8
	tsmctl list --json
	assert_json '.registers | length == 7 and ([.[] | select(.error)] | length == 1)'
}

@test "a digest of the wrong size: not verified, not shown" {
	use_root rfc-v1
	for size in 1 31 33 48 64 4096; do
		rm -f "$ROOT/$EXAMPLE/rtmr0/digest"
		head -c "$size" /dev/zero >"$ROOT/$EXAMPLE/rtmr0/digest"
		for command in list read log verify; do
			tsmctl "$command" rtmr0 --json
			assert_error 5 "'/$EXAMPLE/rtmr0/digest': $size bytes, but sha256 has 32"
			[[ $output != *'"value":"'* ]] || fail "$output"
		done
	done
}

@test "files and folders that this user may not read: status 4, the others are printed" {
	[ "$(id -u)" = 0 ] || skip "root becomes an ordinary user here"
	use_root rfc-v1
	chmod 700 "$ROOT/$EXAMPLE/rtmr0"
	nobody list
	assert_error 4 "'/$EXAMPLE/rtmr0*': permission denied"
	assert_equal "${#lines[@]}" 7
	nobody read
	assert_error 4 "*permission denied"
	assert_equal "${#lines[@]}" 6
	nobody verify
	assert_failure 4
	assert_line 'match  measurement-example/rtmr1:sha384'
	chmod 755 "$ROOT/$EXAMPLE/rtmr0"
	chmod 400 "$ROOT/$EXAMPLE/rtmr0/digest"
	nobody read
	assert_error 4 "'/$EXAMPLE/rtmr0/digest': permission denied"
	assert_equal "${#lines[@]}" 6
	nobody verify rtmr0
	assert_failure 4
	chmod 400 "$ROOT/$EXAMPLE/rtmr0/hash_algo"
	nobody list --json
	assert_error 4 "'/$EXAMPLE/rtmr0/hash_algo': permission denied"
	assert_json '.registers | length == 7'
	chmod 700 "$ROOT/$EXAMPLE"
	nobody list
	assert_error 4 "'/$EXAMPLE': permission denied"
	chmod 700 "$TSM"
	nobody list
	assert_refused 4 "'/sys/kernel/tsm': permission denied"
	for command in read log verify; do
		nobody $command
		assert_refused 4 "'/sys/kernel/tsm': permission denied"
	done
}

@test "more registers than can be" {
	empty_root
	mkdir -p "$TSM/p"
	(cd "$TSM/p" && seq -f 'r%.0f' 4097 | xargs touch)
	tsmctl list
	assert_refused 5 'more than 4096 registers'
	tsmctl --json read
	assert_failure 5
	assert_json '.registers == [] and .error.status == 5'
	rm -f "$TSM/p/r1"
	tsmctl list --no-header -o name
	assert_failure 5
	assert_equal "${#lines[@]}" 4096
}

# Names

# Everything that a program or person may see of the tree is printable, and JSON is JSON.
all_printable() {
	local args
	for args in list read log 'log --jsonl' verify status 'list --json' 'read --json' 'log --json' \
		'verify --json' 'status --json' '-vv read' '-vv log' 'list -o provider,name,path'; do
		# shellcheck disable=SC2086
		keep $args
		assert_printable "$OUT"
		assert_printable "$ERR"
		case $args in
		*--json) jq -e . "$OUT" >/dev/null || fail "$args: not JSON" ;;
		*--jsonl) jq -c . "$OUT" >/dev/null || fail "$args: not JSON" ;;
		esac
		while IFS= read -r line; do
			[[ $line == tsmctl:\ * ]] || fail "$args: $line"
		done <"$ERR"
	done
}

@test "hostile names: no raw control bytes, valid JSON, each tells itself apart" {
	empty_root
	local long
	long=$(printf 'x%.0s' {1..255})
	# shellcheck disable=SC1003
	names=($'\033[31mred' $'\033]0;title\007' $'new\nline' $'tab\there' $'cr\rhere' ' ' 'a b' '-n' '--json' $'\177'
		$'\xff\xfe' $'caf\xc3\xa9' $'\xc2\x9b31m' $'\xe2\x80\xae' '"quoted"' "it's" '\' '\001' $'\001' '\\' '%s%n%n'
		'$(id)' '`id`' ';id' '*' '[a]' '?' '#' '..' '...' 'a:b' ':' 'a:sha256' 'null' "$long" 'ends ' $'\xed\xa0\x80')
	local made=0 name
	for name in "${names[@]}"; do
		[ "$name" != .. ] || continue
		static_mr "$TSM/p/$name" 444 "$name"
		made=$((made + 1))
	done
	all_printable
	keep read --json
	assert_success
	assert_json --argjson n "$made" '.registers | length == $n'
	assert_equal "$(json '.registers[].register' | sort | uniq -d)" ''
	# As it is printed, so it can be named; and it is the right one.
	while IFS=$'\t' read -r name value; do
		run --separate-stderr "$TSMCTL" --root "$ROOT" read -- "$name"
		assert_done
		assert_output "$value  $name"
	done < <(json '.registers[] | [.register, .value] | join("\t")')
	keep read
	run --separate-stderr "$TSMCTL" --root "$ROOT" verify --no-log --expect "$OUT"
	assert_done
	assert_equal "${#lines[@]}" "$made"
}

@test "hostile names of providers and of registers with logs" {
	empty_root
	for provider in $'\033[2J' $'p\nq' $'\xff' 'a b' $'\xc2\x9b'; do
		k_begin "$TSM/$provider/"$'r\033\n\xff' sha256
		k_append one
		static_mr "$TSM/$provider/x" 200 x
	done
	all_printable
	tsmctl verify
	assert_done
	assert_equal "$(grep -c '^match  ' <<<"$output")" 5
	tsmctl verify 'a\040b/*'
	assert_done
	assert_output --regexp '^match  a\\040b/r'
}

@test "hostile names: 300 of them" {
	empty_root
	mkdir -p "$TSM/p"
	local n name
	for n in {1..300}; do
		printf -v name '\\x%02x\\x%02x\e[%dm\n%d' $((n % 31 + 1)) $((n % 128 + 128)) "$n" "$n"
		# shellcheck disable=SC2059
		printf -v name "$name"
		printf x >"$TSM/p/$name"
	done
	all_printable
	keep list --json
	assert_json '.registers | length == 300 and ([.[].register] | unique | length == 300)'
}

@test "two registers that would have one name are not taken for each other" {
	empty_root
	runtime_mr "$TSM/p/a" sha256
	static_mr "$TSM/p/a:sha256" 444 another
	tsmctl read p/a:sha256
	assert_done
	assert_output "$ZERO32  p/a:sha256"
	# A colon of the name's own is shown as what it is not.
	tsmctl read 'p/a\072sha256'
	assert_done
	assert_output "$(printf another | od -An -tx1 | tr -d ' \n')  p/a\072sha256"
	tsmctl list --no-header -o REGISTER
	assert_done
	assert_output 'p/a:sha256
p/a\072sha256'
}

@test "a name is never a path" {
	use_root rfc-v1
	mkdir -p "$ROOT/sys/kernel/other/x"
	static_mr "$ROOT/sys/kernel/other/x/mr" 444 secret
	for name in ../other/x/mr tsm/../other/x/mr measurement-example/../../other/x/mr \
		/sys/kernel/other/x/mr measurement-example/rtmr0/digest measurement-example/.; do
		tsmctl read "$name"
		assert_refused 2 "no register '$name' here*"
	done
}

# Logs that are broken

# broken STATUS PATTERN: both log and verify say so of p/r:sha256, and of a copy of its log.
broken() {
	for command in log verify; do
		tsmctl $command r
		assert_error "$1" "*p/r:sha256*: $2"
	done
	cp "$TSM/p/r/event_log" "$TMP/r.log"
	tsmctl replay "$TMP/r.log:rfc-text"
	assert_error "$1" "'$TMP/r.log': $2"
}

@test "a log whose last line is cut: status 5, with the offset" {
	empty_root
	k_begin "$TSM/p/r" sha256
	k_append one
	k_append two
	for keep_bytes in 1 30 80 85 86; do
		cp "$K/event_log" "$TMP/whole"
		head -c $keep_bytes "$TMP/whole" >"$K/event_log"
		offset=$((keep_bytes - $(tail -n 1 "$K/event_log" | wc -c)))
		broken 5 "offset $offset: the last line has no newline: the log is cut"
		cat "$TMP/whole" >"$K/event_log"
	done
	tsmctl verify
	assert_done
}

@test "a line of more than 65536 bytes: status 5, with the offset; one of 65536 is read" {
	empty_root
	k_begin "$TSM/p/r" sha256
	k_append
	{ head -c 65536 /dev/zero | tr '\0' y && echo; } >"$TMP/line"
	{ echo && cat "$TMP/line"; } >>"$K/event_log"
	set_bytes "$K/digest" "$(extended sha256 "$KV" "$(head -c 65536 "$TMP/line" | sum sha256)")"
	tsmctl verify
	assert_done
	assert_output 'match  p/r:sha256'
	tsmctl log --jsonl
	assert_done
	offset=$(stat -c %s "$K/event_log")
	{ head -c 65537 /dev/zero | tr '\0' z && echo; } >>"$K/event_log"
	broken 5 "offset $offset: a line of more than 65536 bytes"
	# Without an end in sight, too.
	head -c 3000000 /dev/zero | tr '\0' z >>"$K/event_log"
	broken 5 "offset $offset: a line of more than 65536 bytes"
}

@test "a log of binary bytes: hashed as they are" {
	empty_root
	k_begin "$TSM/p/r" sha256
	k_append
	printf '\n\x00\x01\xff\x80\x1b[2J\x0d\x7f\n' >>"$K/event_log"
	set_bytes "$K/digest" "$(extended sha256 "$KV" "$(printf '\x00\x01\xff\x80\x1b[2J\x0d\x7f' | sum sha256)")"
	tsmctl verify
	assert_done
	assert_output 'match  p/r:sha256'
	all_printable
	head -c 100000 /dev/urandom >"$TMP/noise"
	echo >>"$TMP/noise"
	cat "$TMP/noise" >"$K/event_log"
	tsmctl verify
	assert_failure
	[[ $status == 1 || $status == 5 ]]
	[[ $output != match* ]]
	all_printable
}

@test "a log without any SYNC" {
	empty_root
	runtime_mr "$TSM/p/r" sha256 "$(printf '7%.0s' {1..64})"
	set_text "$TSM/p/r/event_log" 'one\ntwo\n'
	tsmctl verify
	assert_failure 1
	assert_output --regexp '^mismatch  p/r:sha256  \('
	tsmctl log --jsonl
	assert_done
	assert_equal "$(json .kind | uniq)" record
	cp "$TSM/p/r/event_log" "$TMP/r.log"
	tsmctl replay "$TMP/r.log"
	assert_refused 5 "*no log of a known format*"
	tsmctl replay "$TMP/r.log:rfc-text"
	assert_refused 3 "*no SYNC line says which hash*"
	# Blank lines alone are no log either.
	set_text "$TSM/p/r/event_log" '\n\n\n'
	tsmctl verify
	assert_failure 1
}

# Logs that lie

odd() { printf "$1%.0s" {1..64}; }

# no_match: whatever is said of the log of p/r, it is not that it explains the register.
no_match() {
	tsmctl verify --json
	assert_failure 1
	assert_json '.verdict | IN("match", "untouched") | not'
	tsmctl log --json
	assert_json '.registers[0].verdict | IN("match", "untouched") | not'
}

# The honest machine p/r: an append, a direct write, an append.
honest() {
	empty_root
	k_begin "$TSM/p/r" sha256
	k_append one
	k_direct "$(odd 1)"
	k_append two
	cp "$K/event_log" "$TMP/honest"
	tsmctl verify
	assert_done
	assert_output 'match  p/r:sha256'
}

@test "forged: a start that suits what follows" {
	honest
	# Without the first append, and a SYNC that states where it led.
	sed -n '/^SYNC/,$p' <(tail -n +4 "$TMP/honest") >"$K/event_log"
	no_match
	assert_json '.registers[0].verdict == "partial"'
	sed -i "1s,/.*,/$ZERO32," "$K/event_log"
	no_match
}

@test "forged: a SYNC in the middle that suits what follows" {
	honest
	sed -i 's/^one$/0ne/' "$K/event_log"
	no_match
	assert_json '.registers[0].verdict == "mismatch"'
	# A direct write hidden behind the kernel's own SYNC.
	grep -v EXTEND "$TMP/honest" >"$K/event_log"
	no_match
	sed 's/^# .EXTEND/# .extend/' "$TMP/honest" >"$K/event_log"
	no_match
	sed 's/^# .EXTEND 1/# .EXTEND 2/' "$TMP/honest" >"$K/event_log"
	no_match
}

@test "forged: direct lines that extended nothing do no harm, and are not said to have" {
	honest
	for line in "# .EXTEND $(odd 2)" "# .EXTEND $(odd 2)\n# .EXTEND $(odd 3)" "\n# .EXTEND $(odd 2)"; do
		cp "$TMP/honest" "$K/event_log"
		printf '%b\n' "$line" >>"$K/event_log"
		tsmctl verify
		assert_done
		assert_output --regexp '^match  p/r:sha256  \((1 SYNC or .EXTEND line does|2 SYNC or .EXTEND lines do) not correspond to an extend; the first is at offset [0-9]+\)$'
		tsmctl log --json
		assert_json '.events | map(select(.kind == "direct") | .extends) | .[0] == true and
			(.[1:] | length > 0 and all(. == false))'
		tsmctl log --jsonl
		assert_json -s 'map(select(.kind == "direct") | .extends) | all(. == null)'
	done
}

@test "forged: lines that only look like the kernel's" {
	empty_root
	k_begin "$TSM/p/r" sha256
	k_append "SYNC sha256/$(odd 5)" "SYNC sha256/$ZERO32" 'SYNC sha256/' 'SYNC sha384/00' SYNC "# .EXTEND" \
		"# .EXTEND $(odd a | tr a A)" "# .EXTEND $(odd 5)0" "# .EXTEND  $(odd 5)" "#.EXTEND $(odd 5)" end
	tsmctl verify
	assert_done
	assert_output --regexp '^match  p/r:sha256'
	tsmctl log --json
	assert_json '[.events[1:][] | "\(.kind) \(.extends)"] == ["sync true", "sync true", "record true", "record true",
		"record true", "comment false", "comment false", "comment false", "comment false", "comment false",
		"record true"]'
	# Extended for real, and not as they say.
	set_bytes "$K/digest" "$(extended sha256 "$KV" "$(odd 5)")"
	no_match
}

@test "forged: every record in turn left out, doubled, or made a comment" {
	honest
	k_append three
	cp "$K/event_log" "$TMP/honest"
	# shellcheck disable=SC2013
	for line in $(grep -nv '^$' "$TMP/honest" | cut -d: -f1); do
		sed "${line}d" "$TMP/honest" >"$K/event_log"
		no_match
		sed "${line}p" "$TMP/honest" >"$K/event_log"
		if ! sed -n "${line}p" "$TMP/honest" | grep -q EXTEND; then
			no_match
		fi
		sed "${line}s/^#*/# /" "$TMP/honest" >"$K/event_log"
		if ! sed -n "${line}p" "$TMP/honest" | grep -q '^# .EXTEND'; then
			no_match
		fi
	done
}

@test "forged: a register extended behind the log's back" {
	honest
	set_bytes "$K/digest" "$(extended sha256 "$KV" "$(odd 9)")"
	no_match
	# What did it is not found out by a line that names something else.
	printf '\n# .EXTEND %s\n' "$(odd 8)" >>"$K/event_log"
	no_match
	printf '\nSYNC sha256/%s\n' "$(extended sha256 "$KV" "$(odd 9)")" >>"$K/event_log"
	no_match
}

# A kernel that misbehaves: the simulator

example() {
	need_fuse
	sim_start "$@"
	T="$TSM/measurement-example"
	echo one >"$T/rtmr0/append_event"
	echo two >"$T/rtmr1/append_event"
}

@test "a read of a log, or of a value, that hangs is given up after 5 seconds, the others are printed" {
	example
	# Values that are known are read side by side: without /run/tsmctl there is no lock, and the kernel asks one at a time.
	cat "$T"/rtmr[01]/digest >"$TMP/asked"
	sim_fault 'rtmr0/event_log:read:*:hang' 'static_mr:read:*:hang'
	SECONDS=0
	"$TSMCTL" --root "$ROOT" verify >"$TMP/verify" 2>"$TMP/verify.err" 3>&- &
	verify=$!
	"$TSMCTL" --root "$ROOT" log --jsonl >"$TMP/log" 2>"$TMP/log.err" 3>&- &
	log=$!
	tsmctl read
	assert_equal "$status" 4
	assert_equal "$stderr" "tsmctl: '/$EXAMPLE/static_mr': no answer from the kernel in 5 seconds, given up"
	assert_equal "$(wc -l <"$OUT")" 6
	status=0
	wait $log || status=$?
	assert_equal "$status" 4
	why="'/$EXAMPLE/rtmr0/event_log': no answer from the kernel in 5 seconds, given up"
	assert_equal "$(cat "$TMP/log.err")" "tsmctl: $why"
	assert_equal "$(jq -r .register "$TMP/log" | uniq -c)" "      2 measurement-example/rtmr1:sha384"
	status=0
	wait $verify || status=$?
	assert_equal "$status" 4
	assert_equal "$(cat "$TMP/verify.err")" "tsmctl: $why"
	assert_equal "$(cat "$TMP/verify")" "error  measurement-example/rtmr0:sha256  ($why)
match  measurement-example/rtmr1:sha384"
	[ "$SECONDS" -ge 4 ] || fail "$SECONDS seconds"
	assert_equal "$(sim_stat faults:fired)" 3
}

@test "a log that moves under the reader is read again; for ever is status 4" {
	example
	sim_fault 'rtmr0/event_log:read:1:enodev' 'rtmr0/event_log:read:2:enodev'
	tsmctl verify
	assert_done
	assert_equal "$(sim_stat faults:fired)" 2
	sim_fault clear 'rtmr0/event_log:read:*:enodev'
	tsmctl verify
	assert_error 4 "*'/$EXAMPLE/rtmr0/event_log': changed 10 times*"
	assert_line --index 1 'match  measurement-example/rtmr1:sha384'
	tsmctl log --jsonl
	assert_error 4 "*'/$EXAMPLE/rtmr0/event_log': changed 10 times*"
	assert_equal "${#lines[@]}" 2
}

@test "a log that goes away for a moment while it is read" {
	example
	sim_fault 'rtmr0/event_log:read:1:enodev' 'rtmr0/event_log:lookup:3:enoent'
	tsmctl verify
	assert_done
	sim_fault clear 'rtmr0/event_log:read:*:foreign-append'
	tsmctl log --jsonl rtmr0
	assert_failure 4
}

@test "a register that moves while it is verified is read again; for ever is status 4" {
	example
	sim_fault 'rtmr0/digest:read:2:foreign-append'
	tsmctl verify
	assert_done
	assert_equal "$(sim_stat faults:fired)" 1
	tsmctl log --json rtmr0
	assert_json '.events | length == 3 and .[2].data_text == "foreign"'
	sim_fault clear 'rtmr0/digest:read:*:foreign-append'
	tsmctl verify
	assert_error 4 "'measurement-example/rtmr0:sha256' changed 10 times while it was read: something keeps extending it; try again once it stops"
	assert_line --index 0 "error  measurement-example/rtmr0:sha256  (${stderr#tsmctl: })"
	assert_line --index 1 'match  measurement-example/rtmr1:sha384'
}

@test "a register that somebody extends behind the log" {
	example
	sim_fault 'rtmr0/digest:read:1:foreign-extend'
	tsmctl verify
	assert_failure 1
	assert_line --index 0 --regexp '^mismatch  measurement-example/rtmr0:sha256'
}

@test "an old value after an append: log-ahead, said what it may be" {
	example --provider measurement-example,stale
	cat "$TSM/stale/rtmr0/digest" >/dev/null
	echo one >"$TSM/stale/rtmr0/append_event"
	echo two >"$TSM/stale/rtmr0/append_event"
	tsmctl verify stale/rtmr0
	assert_failure 1
	assert_output "log-ahead  stale/rtmr0:sha384  (it has its initial value: none of the 3 events was extended, or the logs are of another boot or machine; or this kernel shows an old value after an append)"
}

@test "errors of the kernel: status 4 with its reason, the others are printed" {
	example
	sim_fault 'static_mr:read:*:eio' 'user_data:open:*:ebusy'
	tsmctl read
	assert_failure 4
	assert_equal "${stderr_lines[0]}" "tsmctl: '/$EXAMPLE/static_mr': input/output error"
	assert_equal "${stderr_lines[1]}" "tsmctl: '/$EXAMPLE/user_data': device or resource busy"
	assert_equal "${#lines[@]}" 5
	sim_fault clear 'rtmr0/event_log:read:*:eio' 'rtmr1/digest:read:*:eio'
	tsmctl verify
	assert_failure 4
	assert_line --index 0 --regexp '^error  measurement-example/rtmr0:sha256  \(.*input/output error\)$'
	assert_line --index 1 --regexp '^error  measurement-example/rtmr1:sha384  \(.*input/output error\)$'
	sim_fault clear 'rtmr0/hash_algo:read:*:eio'
	tsmctl list
	assert_error 4 "'/$EXAMPLE/rtmr0/hash_algo': input/output error"
}

@test "a kernel interrupted by signals is asked again" {
	example
	sim_fault 'rtmr0/event_log:read:1:eintr' 'static_mr:read:1:eintr'
	tsmctl read static_mr
	assert_done
	tsmctl verify
	assert_done
	assert_equal "$(sim_stat faults:fired)" 2
}
