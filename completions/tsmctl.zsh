#compdef tsmctl
# SPDX-License-Identifier: Apache-2.0
# zsh completion for tsmctl; made by scripts/generate, not by hand

# A part of a name finds the whole one.
_tsmctl_registers() {
	local -a globals names
	local option
	for option in --root --abi; do
		(( ${+opt_args[$option]} )) && globals+=($option ${(Q)opt_args[$option]})
	done
	names=(${(f)"$(${(Q)words[1]} -q $globals list --no-header -o REGISTER 2>/dev/null)"})
	compadd -M 'l:|=* r:|=*' -a names
}

_tsmctl() {
	local -a args globals commands
	local cmd=''
	local -i i
	globals=(
			'--root=[look for the machine'\''s files below DIR; outside of it only files named on the command line are opened]:DIR:_files -/'
			'--abi=[use this kernel interface only]:NAME:(tsm-mr tsm-rfc tsm-rtmrs tpm)'
			'--json[print one JSON document]'
			'-j[print one JSON document]'
			'--color=[colour verdicts; auto\: on a terminal, unless NO_COLOR is set or TERM is dumb or unset]:WHEN:(auto always never)'
			'--quiet[suppress notes and -v; errors are still printed]'
			'-q[suppress notes and -v; errors are still printed]'
			'*--verbose[name the files of this machine that are opened; twice\: also those that are missing]'
			'*-v[name the files of this machine that are opened; twice\: also those that are missing]'
			'--no-pager[print to the terminal directly, not through a pager]'
			'--help[print help, for a command if one is given]'
			'-h[print help, for a command if one is given]'
			'--version[print the version]'
			'-V[print the version]'
	)
	commands=(
		'list:list the registers and what can be done with each'
		'read:print register values'
		'extend:measure one thing into a register and log it'
		'write:set a writable static register'
		'log:print event logs'
		'verify:check that the logs explain the registers'
		'quote:get a signed report (quote) of this TVM from its firmware'
		'measure:measure what lists say, each thing once in a boot'
		'replay:compute register values from logs alone'
		'diff:print the events that differ between two logs'
		'status:show what works here, what is missing and what to do about it'
		'help:print help, for a command if one is given'
		'version:print the version'
	)
	for (( i = 2; i < CURRENT; i++ )); do
		case $words[i] in
		--root|--abi|--color) (( i++ )) ;;
		list|read|extend|write|log|verify|quote|measure|replay|diff|status) cmd=$words[i] && break ;;
		esac
	done
	case $cmd in
	list)
		args=(
			'--output=[print these columns\: REGISTER, KIND, ACCESS, HASH, SIZE, LOG, ABI, PROVIDER, NAME, EXTEND-WITH, CC-MR-INDEX, TCG-MAP, CONFIGURED, PATH]:COL,COL:_values -s , output REGISTER KIND ACCESS HASH SIZE LOG ABI PROVIDER NAME EXTEND-WITH CC-MR-INDEX TCG-MAP CONFIGURED PATH'
			'-o+[print these columns\: REGISTER, KIND, ACCESS, HASH, SIZE, LOG, ABI, PROVIDER, NAME, EXTEND-WITH, CC-MR-INDEX, TCG-MAP, CONFIGURED, PATH]:COL,COL:_values -s , output REGISTER KIND ACCESS HASH SIZE LOG ABI PROVIDER NAME EXTEND-WITH CC-MR-INDEX TCG-MAP CONFIGURED PATH'
			'--no-header[omit the header]'
			'*:register:_tsmctl_registers'
		)
		;;
	read)
		args=(
			'--raw[print the value of exactly one register, as bytes]'
			'--quote=[take the registers from a TDX quote or SEV-SNP report in place of the machine'\''s, and check its signature]:FILE:_files'
			'--tdreport=[take the registers from a TDX report (TDREPORT); its MAC cannot be checked]:FILE:_files'
			'*--root-ca=[trust this root certificate instead of Intel'\''s and AMD'\''s]:FILE:_files'
			'*--certs=[certificates that the quote or report lacks\: PEM, DER or an auxblob]:FILE:_files'
			'*--crl=[do not trust certificates in this revocation list]:FILE:_files'
			'--at=[certificates and lists must be valid at this time\: now, YYYY-MM-DD, YYYY-MM-DDTHH\:MM\:SSZ or @SECONDS]:TIME:'
			'*--require=[fail unless all of these hold\: signature, no-debug, crl, vmpl0]:WHAT,...:_values -s , require signature no-debug crl vmpl0'
			'--report-data=[the report data of the quote or report must be these 64 bytes]:HEX:'
			'--report-data-file=[the same, with the 64 bytes of FILE]:FILE:_files'
			'*:register:_tsmctl_registers'
		)
		;;
	extend)
		args=(
			'--event=[log TEXT, one line, and extend its hash]:TEXT:'
			'--event-file=[the same, with the text of FILE (-\: standard input) without its final newline]:FILE:_files'
			'--file=[measure a file\: log a line with its path, size and digest, and extend the line'\''s hash]:PATH:_files'
			'--digest=[extend this digest, which has exactly the register'\''s size]:HEX:'
			'--note=[with --digest\: a comment for tsmctl'\''s own log; it is not measured]:TEXT:'
			'--once[do nothing if the log proves that the same record was already extended in this boot]'
			'--dry-run[print what would be logged and the value that would result; change nothing]'
			'--force[allow a register that the firmware or the boot loader owns (TDX\: rtmr0, rtmr1)]'
			'--wait=[how long to wait for another tsmctl; default\: 10]:SECONDS:'
			'--graceful[do nothing, with status 0, on a machine without measurement registers]'
			'1:register:_tsmctl_registers'
		)
		;;
	write)
		args=(
			'--hex=[the value, which has exactly the register'\''s size]:HEX:'
			'--file=[the value, from FILE (-\: standard input)]:FILE:_files'
			'--wait=[how long to wait for another tsmctl; default\: 10]:SECONDS:'
			'1:register:_tsmctl_registers'
		)
		;;
	log)
		args=(
			'--output=[print these columns\: SEQ, SOURCE, REGISTER, CC-MR-INDEX, OFFSET, KIND, TYPE, EXTENDS, DIGEST, DIGESTS, MATCHES, DATA, HEX, NOTE, TIME]:COL,COL:_values -s , output SEQ SOURCE REGISTER CC-MR-INDEX OFFSET KIND TYPE EXTENDS DIGEST DIGESTS MATCHES DATA HEX NOTE TIME'
			'-o+[print these columns\: SEQ, SOURCE, REGISTER, CC-MR-INDEX, OFFSET, KIND, TYPE, EXTENDS, DIGEST, DIGESTS, MATCHES, DATA, HEX, NOTE, TIME]:COL,COL:_values -s , output SEQ SOURCE REGISTER CC-MR-INDEX OFFSET KIND TYPE EXTENDS DIGEST DIGESTS MATCHES DATA HEX NOTE TIME'
			'--no-header[omit the header]'
			'--format=[write the events for other tools\: tcg2, cel-json or cel-tlv]:FORMAT:(tcg2 cel-json cel-tlv)'
			'--jsonl[print JSON Lines, one event per line]'
			'*--input=[use this log (-\: standard input) in place of the machine'\''s; may be given several times; FORMAT, if it cannot be detected\: ccel, tpm, cel-json, cel-tlv, systemd, aael, dstack, ima, rfc-text, journal; REGISTER, to take all its events as events of that register; see tsmctl-logs(5)]:FILE\[\:FORMAT\]\[@REGISTER\]:_files'
			'*:register:_tsmctl_registers'
		)
		;;
	verify)
		args=(
			'*--input=[use this log (-\: standard input) in place of the machine'\''s; may be given several times; FORMAT, if it cannot be detected\: ccel, tpm, cel-json, cel-tlv, systemd, aael, dstack, ima, rfc-text, journal; REGISTER, to take all its events as events of that register; see tsmctl-logs(5)]:FILE\[\:FORMAT\]\[@REGISTER\]:_files'
			'--values=[take the registers from FILE, which '\''tsmctl read'\'' or tpm2_pcrread printed, in place of the machine'\''s]:FILE:_files'
			'--quote=[take the registers from a TDX quote or SEV-SNP report in place of the machine'\''s, and check its signature]:FILE:_files'
			'--tdreport=[take the registers from a TDX report (TDREPORT); its MAC cannot be checked]:FILE:_files'
			'*--root-ca=[trust this root certificate instead of Intel'\''s and AMD'\''s]:FILE:_files'
			'*--certs=[certificates that the quote or report lacks\: PEM, DER or an auxblob]:FILE:_files'
			'*--crl=[do not trust certificates in this revocation list]:FILE:_files'
			'--at=[certificates and lists must be valid at this time\: now, YYYY-MM-DD, YYYY-MM-DDTHH\:MM\:SSZ or @SECONDS]:TIME:'
			'*--require=[fail unless all of these hold\: signature, no-debug, crl, vmpl0]:WHAT,...:_values -s , require signature no-debug crl vmpl0'
			'--report-data=[the report data of the quote or report must be these 64 bytes]:HEX:'
			'--report-data-file=[the same, with the 64 bytes of FILE]:FILE:_files'
			'--expect=[registers must also equal the values in FILE, in the format of --values]:FILE:_files'
			'--initial=[trust these initial values of registers, in the format of --values]:FILE:_files'
			'*--reference=[a log of a boot that verified\: a mismatch says what differs from it, and which of its events gives the value; may be given several times]:FILE\[\:FORMAT\]\[@REGISTER\]:_files'
			'--no-log[compare with --expect only]'
			'--allow-ahead[accept a log whose last events are not in the register (log-ahead)\: status 0]'
			'*:register:_tsmctl_registers'
		)
		;;
	quote)
		args=(
			'--report-data=[put these 64 bytes into the quote, as 128 hex digits]:HEX:'
			'--report-data-file=[the same, with the 64 bytes of FILE (-\: standard input)]:FILE:_files'
			'--nonce=[the same, with 1 to 64 bytes, padded with zeros at the end]:HEX:'
			'--random[use 64 random bytes, to test whether quotes work]'
			'--with-logs[with --json\: add the event logs, which must be the same before and after and replay to the quote]'
			'--format=[coco-tdx\: quote and log in the form that services of Confidential Containers take]:FORMAT:(coco-tdx)'
			'--privlevel=[SEV-SNP\: the privilege level (VMPL) of the report, 0 to 3; default\: the lowest that this kernel may ask for]:N:'
			'--service-provider=[ask this service provider (svsm)]:NAME:'
			'--service-guid=[with --service-provider\: this service; default\: all]:GUID:'
			'--service-manifest-version=[with --service-guid\: the version of its manifest; default\: 0]:N:'
			'--wait=[how long to retry while TDX has an open request; default\: 60]:SECONDS:'
		)
		;;
	measure)
		args=(
			'*--phase=[take the lines under \[NAME\]; -, the default\: those before any \[NAME\]; may be given several times, in the order of the boot]:NAME:'
			'--dry-run[print what would be logged and the values that would result; change nothing]'
			'--predict[print the values that the lists give from zeros; no register is needed]'
			'--values=[with --predict\: what registers start from, as '\''tsmctl read'\'' or '\''replay'\'' prints it]:FILE:_files'
			'--wait=[how long to wait for another tsmctl; default\: 10]:SECONDS:'
			'--graceful[do nothing, with status 0, on a machine without measurement registers]'
			'*:log:_files'
		)
		;;
	replay)
		args=(
			'*:log:_files'
		)
		;;
	diff)
		args=(
			'*--reference=[a further log of the reference; may be given several times]:FILE\[\:FORMAT\]\[@REGISTER\]:_files'
			'*--input=[a further log to compare with the reference; may be given several times]:FILE\[\:FORMAT\]\[@REGISTER\]:_files'
			'*--register=[compare only registers that match; may be given several times]:PATTERN:'
			'*-r+[compare only registers that match; may be given several times]:PATTERN:'
			'--unified=[print N unchanged events around each change; default\: 0]:N:'
			'-U+[print N unchanged events around each change; default\: 0]:N:'
			'*:log:_files'
		)
		;;
	status)
		args=(
		)
		;;
	*)
		_arguments -s $globals '*:command:{_describe command commands}'
		return
		;;
	esac
	words[i]=()
	(( CURRENT-- ))
	_arguments -s $globals $args
}

_tsmctl "$@"
