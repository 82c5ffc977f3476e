# SPDX-License-Identifier: Apache-2.0
# bash completion for tsmctl; made by scripts/generate, not by hand
# shellcheck disable=SC2154 # _init_completion sets cur, prev, words and cword

# Compared, never expanded: a register's name comes from the machine, and may hold anything.
_tsmctl_offer() {
	local word
	for word; do
		[[ $word == "$cur"* ]] && COMPREPLY+=("$word")
	done
	return 0
}

_tsmctl_files() {
	compopt -o filenames
	mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}

# The registers of the tree that the words so far point at.
_tsmctl_registers() {
	local i names args=()
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		--root | --abi) args+=("${words[i]}" "${words[i + 1]}") ;;
		--root=* | --abi=*) args+=("${words[i]}") ;;
		esac
	done
	mapfile -t names < <("${words[0]}" -q "${args[@]}" list --no-header -o REGISTER 2>/dev/null)
	names=("${names[@]//\\/\\\\}")
	_tsmctl_offer "${names[@]}"
	__ltrim_colon_completions "$cur"
}

_tsmctl() {
	local cur prev words cword cmd='' i globals
	_init_completion -n := || return
	globals=(--root --abi --json -j --color --quiet -q --verbose -v --help -h --version -V )
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		list | read | extend | write | log | verify | quote | measure | replay | diff | status) cmd=${words[i]} && break ;;
		esac
	done

	case $cmd:$prev in
	*:--root) _tsmctl_files -d ;;
	*:--abi) _tsmctl_offer tsm-mr tsm-rfc tsm-rtmrs tpm ;;
	*:--color) _tsmctl_offer auto always never ;;
	list:--output | list:-o) ;;
	read:--quote) _tsmctl_files -f ;;
	read:--tdreport) _tsmctl_files -f ;;
	read:--root-ca) _tsmctl_files -f ;;
	read:--certs) _tsmctl_files -f ;;
	read:--crl) _tsmctl_files -f ;;
	read:--at) ;;
	read:--require) ;;
	read:--report-data) ;;
	read:--report-data-file) _tsmctl_files -f ;;
	extend:--event) ;;
	extend:--event-file) _tsmctl_files -f ;;
	extend:--file) _tsmctl_files -f ;;
	extend:--digest) ;;
	extend:--note) ;;
	extend:--wait) ;;
	write:--hex) ;;
	write:--file) _tsmctl_files -f ;;
	write:--wait) ;;
	log:--format) _tsmctl_offer tcg2 cel-json cel-tlv ;;
	log:--input) _tsmctl_files -f ;;
	verify:--input) _tsmctl_files -f ;;
	verify:--values) _tsmctl_files -f ;;
	verify:--quote) _tsmctl_files -f ;;
	verify:--tdreport) _tsmctl_files -f ;;
	verify:--root-ca) _tsmctl_files -f ;;
	verify:--certs) _tsmctl_files -f ;;
	verify:--crl) _tsmctl_files -f ;;
	verify:--at) ;;
	verify:--require) ;;
	verify:--report-data) ;;
	verify:--report-data-file) _tsmctl_files -f ;;
	verify:--expect) _tsmctl_files -f ;;
	verify:--initial) _tsmctl_files -f ;;
	verify:--reference) _tsmctl_files -f ;;
	quote:--report-data) ;;
	quote:--report-data-file) _tsmctl_files -f ;;
	quote:--nonce) ;;
	quote:--format) _tsmctl_offer coco-tdx ;;
	quote:--privlevel) ;;
	quote:--service-provider) ;;
	quote:--service-guid) ;;
	quote:--service-manifest-version) ;;
	quote:--wait) ;;
	measure:--phase) ;;
	measure:--values) _tsmctl_files -f ;;
	measure:--wait) ;;
	diff:--reference) _tsmctl_files -f ;;
	diff:--input) _tsmctl_files -f ;;
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
	log:-*) _tsmctl_offer --format --jsonl --input "${globals[@]}" ;;
	log:*) _tsmctl_registers ;;
	verify:-*) _tsmctl_offer --input --values --quote --tdreport --root-ca --certs --crl --at --require --report-data --report-data-file --expect --initial --reference --no-log --allow-ahead "${globals[@]}" ;;
	verify:*) _tsmctl_registers ;;
	quote:-*) _tsmctl_offer --report-data --report-data-file --nonce --random --with-logs --format --privlevel --service-provider --service-guid --service-manifest-version --wait "${globals[@]}" ;;
	measure:-*) _tsmctl_offer --phase --dry-run --predict --values --wait --graceful "${globals[@]}" ;;
	measure:[!-]* | measure:) _tsmctl_files -f ;;
	replay:[!-]* | replay:) _tsmctl_files -f ;;
	diff:-*) _tsmctl_offer --reference --input --register -r --unified -U "${globals[@]}" ;;
	diff:[!-]* | diff:) _tsmctl_files -f ;;
	*:-*) _tsmctl_offer "${globals[@]}" ;;
	:*) _tsmctl_offer list read extend write log verify quote measure replay diff status ;;
	esac
}
complete -F _tsmctl tsmctl
