# SPDX-License-Identifier: Apache-2.0
# bash completion for tsmctl; made by scripts/generate, not by hand
# shellcheck disable=SC2034,SC2154 # _init_completion sets cur, prev, words, cword and split

# Compared, never expanded: a register's name comes from the machine, and may hold anything.
_tsmctl_offer() {
	local word
	for word; do
		[[ $word == "$cur"* ]] && COMPREPLY+=("$word")
	done
	return 0
}

# The last of several words with commas between them.
_tsmctl_list() {
	local before=''
	[[ $cur != *,* ]] || before=${cur%,*},
	compopt -o nospace
	_tsmctl_offer "${@/#/$before}"
}

# The registers of the tree that the words so far point at. Where none begins like the word,
# those whose NAME does: the whole name takes the word's place, unless a colon was typed, at
# which readline ends a word.
_tsmctl_registers() {
	local i names args=()
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		--root | --abi) args+=("${words[i]}" "${words[i + 1]}") ;;
		--root=* | --abi=*) args+=("${words[i]}") ;;
		esac
	done
	mapfile -t names < <("${words[0]}" -q "${args[@]}" list --no-header -o REGISTER 2>/dev/null)
	((${#names[@]} == 0)) || mapfile -t names < <(printf '%q\n' "${names[@]}")
	_tsmctl_offer "${names[@]}"
	if [[ ${#COMPREPLY[@]} == 0 && $cur == *:* ]]; then
		_tsmctl_offer "${names[@]#*/}"
	elif [[ ${#COMPREPLY[@]} == 0 ]]; then
		for i in "${names[@]}"; do
			[[ ${i#*/} == "$cur"* ]] && COMPREPLY+=("$i")
		done
	fi
	__ltrim_colon_completions "$cur"
}

_tsmctl() {
	local cur prev words cword split cmd='' i globals
	_init_completion -n : -s || return
	globals=(--root --abi --json -j --color --quiet -q --verbose -v --no-pager --help -h --version -V )
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		--root | --abi | --color) ((i++)) ;;
		list | read | extend | write | log | verify | quote | measure | replay | diff | status) cmd=${words[i]} && break ;;
		esac
	done

	case $cmd:$prev in
	*:--root) _filedir -d ;;
	*:--abi) _tsmctl_offer tsm-mr tsm-rfc tsm-rtmrs tpm ;;
	*:--color) _tsmctl_offer auto always never ;;
	list:--output | list:-o) _tsmctl_list REGISTER KIND ACCESS HASH SIZE LOG ABI PROVIDER NAME EXTEND-WITH CC-MR-INDEX TCG-MAP CONFIGURED PATH ;;
	read:--quote) _filedir ;;
	read:--tdreport) _filedir ;;
	read:--root-ca) _filedir ;;
	read:--certs) _filedir ;;
	read:--crl) _filedir ;;
	read:--at) ;;
	read:--require) _tsmctl_list signature no-debug crl vmpl0 ;;
	read:--report-data) ;;
	read:--report-data-file) _filedir ;;
	extend:--event) ;;
	extend:--event-file) _filedir ;;
	extend:--file) _filedir ;;
	extend:--digest) ;;
	extend:--note) ;;
	extend:--wait) ;;
	write:--hex) ;;
	write:--file) _filedir ;;
	write:--wait) ;;
	log:--output | log:-o) _tsmctl_list SEQ SOURCE REGISTER CC-MR-INDEX OFFSET KIND TYPE EXTENDS DIGEST DIGESTS MATCHES DATA HEX NOTE TIME ;;
	log:--format) _tsmctl_offer tcg2 cel-json cel-tlv ;;
	log:--input) _filedir ;;
	verify:--input) _filedir ;;
	verify:--values) _filedir ;;
	verify:--quote) _filedir ;;
	verify:--tdreport) _filedir ;;
	verify:--root-ca) _filedir ;;
	verify:--certs) _filedir ;;
	verify:--crl) _filedir ;;
	verify:--at) ;;
	verify:--require) _tsmctl_list signature no-debug crl vmpl0 ;;
	verify:--report-data) ;;
	verify:--report-data-file) _filedir ;;
	verify:--expect) _filedir ;;
	verify:--initial) _filedir ;;
	verify:--reference) _filedir ;;
	quote:--report-data) ;;
	quote:--report-data-file) _filedir ;;
	quote:--nonce) ;;
	quote:--format) _tsmctl_offer coco-tdx ;;
	quote:--privlevel) ;;
	quote:--service-provider) ;;
	quote:--service-guid) ;;
	quote:--service-manifest-version) ;;
	quote:--wait) ;;
	measure:--phase) ;;
	measure:--values) _filedir ;;
	measure:--wait) ;;
	diff:--reference) _filedir ;;
	diff:--input) _filedir ;;
	diff:--register | diff:-r) ;;
	diff:--unified | diff:-U) ;;
	*) false ;;
	esac && return

	case $cmd:$cur in
	list:-*) _tsmctl_offer --output -o --no-header "${globals[@]}" ;;
	list:*) _tsmctl_registers ;;
	read:-*) _tsmctl_offer --raw --quote --tdreport --root-ca --certs --crl --at --require --report-data --report-data-file "${globals[@]}" ;;
	read:*) _tsmctl_registers ;;
	extend:-*) _tsmctl_offer --event --event-file --file --digest --note --once --dry-run --force --wait --graceful "${globals[@]}" ;;
	extend:*) _tsmctl_registers ;;
	write:-*) _tsmctl_offer --hex --file --wait "${globals[@]}" ;;
	write:*) _tsmctl_registers ;;
	log:-*) _tsmctl_offer --output -o --no-header --format --jsonl --input "${globals[@]}" ;;
	log:*) _tsmctl_registers ;;
	verify:-*) _tsmctl_offer --input --values --quote --tdreport --root-ca --certs --crl --at --require --report-data --report-data-file --expect --initial --reference --no-log --allow-ahead "${globals[@]}" ;;
	verify:*) _tsmctl_registers ;;
	quote:-*) _tsmctl_offer --report-data --report-data-file --nonce --random --with-logs --format --privlevel --service-provider --service-guid --service-manifest-version --wait "${globals[@]}" ;;
	measure:-*) _tsmctl_offer --phase --dry-run --predict --values --wait --graceful "${globals[@]}" ;;
	measure:[!-]* | measure:) _filedir ;;
	replay:[!-]* | replay:) _filedir ;;
	diff:-*) _tsmctl_offer --reference --input --register -r --unified -U "${globals[@]}" ;;
	diff:[!-]* | diff:) _filedir ;;
	*:-*) _tsmctl_offer "${globals[@]}" ;;
	:*) _tsmctl_offer list read extend write log verify quote measure replay diff status help version ;;
	esac
}
complete -F _tsmctl tsmctl
