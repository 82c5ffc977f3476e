# SPDX-License-Identifier: Apache-2.0
# fish completion for tsmctl; made by scripts/generate, not by hand

function __tsmctl_registers
	set -l args
	set -l words (commandline -opc)
	for i in (seq (count $words))
		if contains -- $words[$i] --root --abi; and test $i -lt (count $words)
			set -a args $words[$i] $words[(math $i + 1)]
		else if string match -qr -- '^--(root|abi)=' $words[$i]
			set -a args $words[$i]
		end
	end
	$words[1] -q $args list --no-header -o REGISTER 2>/dev/null
end

# Whether the command among the words so far is this one; '': whether there is none yet.
function __tsmctl_command
	set -l words (commandline -opc)
	set -l i 2
	while test $i -le (count $words)
		switch $words[$i]
			case --root --abi --color
				set i (math $i + 1)
			case list read extend write log verify quote measure replay diff status
				test $words[$i] = "$argv"
				return
		end
		set i (math $i + 1)
	end
	test -z "$argv"
end

complete -c tsmctl -f
complete -c tsmctl -l root -r -a '(__fish_complete_directories)' -d 'look for the machine\'s files below DIR; outside of it only files named on the command line are opened'
complete -c tsmctl -l abi -r -a 'tsm-mr tsm-rfc tsm-rtmrs tpm' -d 'use this kernel interface only'
complete -c tsmctl -l json -s j -d 'print one JSON document'
complete -c tsmctl -l color -r -a 'auto always never' -d 'colour verdicts; auto: on a terminal, unless NO_COLOR is set or TERM is dumb or unset'
complete -c tsmctl -l quiet -s q -d 'suppress notes and -v; errors are still printed'
complete -c tsmctl -l verbose -s v -d 'name the files of this machine that are opened; twice: also those that are missing'
complete -c tsmctl -l no-pager -d 'print to the terminal directly, not through a pager'
complete -c tsmctl -l help -s h -d 'print help, for a command if one is given'
complete -c tsmctl -l version -s V -d 'print the version'
complete -c tsmctl -n __tsmctl_command -a help -d 'print help, for a command if one is given'
complete -c tsmctl -n __tsmctl_command -a version -d 'print the version'
complete -c tsmctl -n __tsmctl_command -a list -d 'list the registers and what can be done with each'
complete -c tsmctl -n '__tsmctl_command list' -l output -s o -r -a '(__fish_append , REGISTER KIND ACCESS HASH SIZE LOG ABI PROVIDER NAME EXTEND-WITH CC-MR-INDEX TCG-MAP CONFIGURED PATH)' -d 'print these columns: REGISTER, KIND, ACCESS, HASH, SIZE, LOG, ABI, PROVIDER, NAME, EXTEND-WITH, CC-MR-INDEX, TCG-MAP, CONFIGURED, PATH'
complete -c tsmctl -n '__tsmctl_command list' -l no-header -d 'omit the header'
complete -c tsmctl -n '__tsmctl_command list' -a '(__tsmctl_registers)'
complete -c tsmctl -n __tsmctl_command -a read -d 'print register values'
complete -c tsmctl -n '__tsmctl_command read' -l raw -d 'print the value of exactly one register, as bytes'
complete -c tsmctl -n '__tsmctl_command read' -l quote -r -F -d 'take the registers from a TDX quote or SEV-SNP report in place of the machine\'s, and check its signature'
complete -c tsmctl -n '__tsmctl_command read' -l tdreport -r -F -d 'take the registers from a TDX report (TDREPORT); its MAC cannot be checked'
complete -c tsmctl -n '__tsmctl_command read' -l root-ca -r -F -d 'trust this root certificate instead of Intel\'s and AMD\'s'
complete -c tsmctl -n '__tsmctl_command read' -l certs -r -F -d 'certificates that the quote or report lacks: PEM, DER or an auxblob'
complete -c tsmctl -n '__tsmctl_command read' -l crl -r -F -d 'do not trust certificates in this revocation list'
complete -c tsmctl -n '__tsmctl_command read' -l at -r -d 'certificates and lists must be valid at this time: now, YYYY-MM-DD, YYYY-MM-DDTHH:MM:SSZ or @SECONDS'
complete -c tsmctl -n '__tsmctl_command read' -l require -r -a '(__fish_append , signature no-debug crl vmpl0)' -d 'fail unless all of these hold: signature, no-debug, crl, vmpl0'
complete -c tsmctl -n '__tsmctl_command read' -l report-data -r -d 'the report data of the quote or report must be these 64 bytes'
complete -c tsmctl -n '__tsmctl_command read' -l report-data-file -r -F -d 'the same, with the 64 bytes of FILE'
complete -c tsmctl -n '__tsmctl_command read' -a '(__tsmctl_registers)'
complete -c tsmctl -n __tsmctl_command -a extend -d 'measure one thing into a register and log it'
complete -c tsmctl -n '__tsmctl_command extend' -l event -r -d 'log TEXT, one line, and extend its hash'
complete -c tsmctl -n '__tsmctl_command extend' -l event-file -r -F -d 'the same, with the text of FILE (-: standard input) without its final newline'
complete -c tsmctl -n '__tsmctl_command extend' -l file -r -F -d 'measure a file: log a line with its path, size and digest, and extend the line\'s hash'
complete -c tsmctl -n '__tsmctl_command extend' -l digest -r -d 'extend this digest, which has exactly the register\'s size'
complete -c tsmctl -n '__tsmctl_command extend' -l note -r -d 'with --digest: a comment for tsmctl\'s own log; it is not measured'
complete -c tsmctl -n '__tsmctl_command extend' -l once -d 'do nothing if the log proves that the same record was already extended in this boot'
complete -c tsmctl -n '__tsmctl_command extend' -l dry-run -d 'print what would be logged and the value that would result; change nothing'
complete -c tsmctl -n '__tsmctl_command extend' -l force -d 'allow a register that the firmware or the boot loader owns (TDX: rtmr0, rtmr1)'
complete -c tsmctl -n '__tsmctl_command extend' -l wait -r -d 'how long to wait for another tsmctl; default: 10'
complete -c tsmctl -n '__tsmctl_command extend' -l graceful -d 'do nothing, with status 0, on a machine without measurement registers'
complete -c tsmctl -n '__tsmctl_command extend' -a '(__tsmctl_registers)'
complete -c tsmctl -n __tsmctl_command -a write -d 'set a writable static register'
complete -c tsmctl -n '__tsmctl_command write' -l hex -r -d 'the value, which has exactly the register\'s size'
complete -c tsmctl -n '__tsmctl_command write' -l file -r -F -d 'the value, from FILE (-: standard input)'
complete -c tsmctl -n '__tsmctl_command write' -l wait -r -d 'how long to wait for another tsmctl; default: 10'
complete -c tsmctl -n '__tsmctl_command write' -a '(__tsmctl_registers)'
complete -c tsmctl -n __tsmctl_command -a log -d 'print event logs'
complete -c tsmctl -n '__tsmctl_command log' -l output -s o -r -a '(__fish_append , SEQ SOURCE REGISTER CC-MR-INDEX OFFSET KIND TYPE EXTENDS DIGEST DIGESTS MATCHES DATA HEX NOTE TIME)' -d 'print these columns: SEQ, SOURCE, REGISTER, CC-MR-INDEX, OFFSET, KIND, TYPE, EXTENDS, DIGEST, DIGESTS, MATCHES, DATA, HEX, NOTE, TIME'
complete -c tsmctl -n '__tsmctl_command log' -l no-header -d 'omit the header'
complete -c tsmctl -n '__tsmctl_command log' -l format -r -a 'tcg2 cel-json cel-tlv' -d 'write the events for other tools: tcg2, cel-json or cel-tlv'
complete -c tsmctl -n '__tsmctl_command log' -l jsonl -d 'print JSON Lines, one event per line'
complete -c tsmctl -n '__tsmctl_command log' -l input -r -F -d 'use this log (-: standard input) in place of the machine\'s; may be given several times; FORMAT, if it cannot be detected: ccel, tpm, cel-json, cel-tlv, systemd, aael, dstack, ima, rfc-text, journal; REGISTER, to take all its events as events of that register; see tsmctl-logs(5)'
complete -c tsmctl -n '__tsmctl_command log' -a '(__tsmctl_registers)'
complete -c tsmctl -n __tsmctl_command -a verify -d 'check that the logs explain the registers'
complete -c tsmctl -n '__tsmctl_command verify' -l input -r -F -d 'use this log (-: standard input) in place of the machine\'s; may be given several times; FORMAT, if it cannot be detected: ccel, tpm, cel-json, cel-tlv, systemd, aael, dstack, ima, rfc-text, journal; REGISTER, to take all its events as events of that register; see tsmctl-logs(5)'
complete -c tsmctl -n '__tsmctl_command verify' -l values -r -F -d 'take the registers from FILE, which \'tsmctl read\' or tpm2_pcrread printed, in place of the machine\'s'
complete -c tsmctl -n '__tsmctl_command verify' -l quote -r -F -d 'take the registers from a TDX quote or SEV-SNP report in place of the machine\'s, and check its signature'
complete -c tsmctl -n '__tsmctl_command verify' -l tdreport -r -F -d 'take the registers from a TDX report (TDREPORT); its MAC cannot be checked'
complete -c tsmctl -n '__tsmctl_command verify' -l root-ca -r -F -d 'trust this root certificate instead of Intel\'s and AMD\'s'
complete -c tsmctl -n '__tsmctl_command verify' -l certs -r -F -d 'certificates that the quote or report lacks: PEM, DER or an auxblob'
complete -c tsmctl -n '__tsmctl_command verify' -l crl -r -F -d 'do not trust certificates in this revocation list'
complete -c tsmctl -n '__tsmctl_command verify' -l at -r -d 'certificates and lists must be valid at this time: now, YYYY-MM-DD, YYYY-MM-DDTHH:MM:SSZ or @SECONDS'
complete -c tsmctl -n '__tsmctl_command verify' -l require -r -a '(__fish_append , signature no-debug crl vmpl0)' -d 'fail unless all of these hold: signature, no-debug, crl, vmpl0'
complete -c tsmctl -n '__tsmctl_command verify' -l report-data -r -d 'the report data of the quote or report must be these 64 bytes'
complete -c tsmctl -n '__tsmctl_command verify' -l report-data-file -r -F -d 'the same, with the 64 bytes of FILE'
complete -c tsmctl -n '__tsmctl_command verify' -l expect -r -F -d 'registers must also equal the values in FILE, in the format of --values'
complete -c tsmctl -n '__tsmctl_command verify' -l initial -r -F -d 'trust these initial values of registers, in the format of --values'
complete -c tsmctl -n '__tsmctl_command verify' -l reference -r -F -d 'a log of a boot that verified: a mismatch says what differs from it, and which of its events gives the value; may be given several times'
complete -c tsmctl -n '__tsmctl_command verify' -l no-log -d 'compare with --expect only'
complete -c tsmctl -n '__tsmctl_command verify' -l allow-ahead -d 'accept a log whose last events are not in the register (log-ahead): status 0'
complete -c tsmctl -n '__tsmctl_command verify' -a '(__tsmctl_registers)'
complete -c tsmctl -n __tsmctl_command -a quote -d 'get a signed report (quote) of this TVM from its firmware'
complete -c tsmctl -n '__tsmctl_command quote' -l report-data -r -d 'put these 64 bytes into the quote, as 128 hex digits'
complete -c tsmctl -n '__tsmctl_command quote' -l report-data-file -r -F -d 'the same, with the 64 bytes of FILE (-: standard input)'
complete -c tsmctl -n '__tsmctl_command quote' -l nonce -r -d 'the same, with 1 to 64 bytes, padded with zeros at the end'
complete -c tsmctl -n '__tsmctl_command quote' -l random -d 'use 64 random bytes, to test whether quotes work'
complete -c tsmctl -n '__tsmctl_command quote' -l with-logs -d 'with --json: add the event logs, which must be the same before and after and replay to the quote'
complete -c tsmctl -n '__tsmctl_command quote' -l format -r -a 'coco-tdx' -d 'coco-tdx: quote and log in the form that services of Confidential Containers take'
complete -c tsmctl -n '__tsmctl_command quote' -l privlevel -r -d 'SEV-SNP: the privilege level (VMPL) of the report, 0 to 3; default: the lowest that this kernel may ask for'
complete -c tsmctl -n '__tsmctl_command quote' -l service-provider -r -d 'ask this service provider (svsm)'
complete -c tsmctl -n '__tsmctl_command quote' -l service-guid -r -d 'with --service-provider: this service; default: all'
complete -c tsmctl -n '__tsmctl_command quote' -l service-manifest-version -r -d 'with --service-guid: the version of its manifest; default: 0'
complete -c tsmctl -n '__tsmctl_command quote' -l wait -r -d 'how long to retry while TDX has an open request; default: 60'
complete -c tsmctl -n __tsmctl_command -a measure -d 'measure what lists say, each thing once in a boot'
complete -c tsmctl -n '__tsmctl_command measure' -l phase -r -d 'take the lines under [NAME]; -, the default: those before any [NAME]; may be given several times, in the order of the boot'
complete -c tsmctl -n '__tsmctl_command measure' -l dry-run -d 'print what would be logged and the values that would result; change nothing'
complete -c tsmctl -n '__tsmctl_command measure' -l predict -d 'print the values that the lists give from zeros; no register is needed'
complete -c tsmctl -n '__tsmctl_command measure' -l values -r -F -d 'with --predict: what registers start from, as \'tsmctl read\' or \'replay\' prints it'
complete -c tsmctl -n '__tsmctl_command measure' -l wait -r -d 'how long to wait for another tsmctl; default: 10'
complete -c tsmctl -n '__tsmctl_command measure' -l graceful -d 'do nothing, with status 0, on a machine without measurement registers'
complete -c tsmctl -n '__tsmctl_command measure' -F
complete -c tsmctl -n __tsmctl_command -a replay -d 'compute register values from logs alone'
complete -c tsmctl -n '__tsmctl_command replay' -F
complete -c tsmctl -n __tsmctl_command -a diff -d 'print the events that differ between two logs'
complete -c tsmctl -n '__tsmctl_command diff' -l reference -r -F -d 'a further log of the reference; may be given several times'
complete -c tsmctl -n '__tsmctl_command diff' -l input -r -F -d 'a further log to compare with the reference; may be given several times'
complete -c tsmctl -n '__tsmctl_command diff' -l register -s r -r -d 'compare only registers that match; may be given several times'
complete -c tsmctl -n '__tsmctl_command diff' -l unified -s U -r -d 'print N unchanged events around each change; default: 0'
complete -c tsmctl -n '__tsmctl_command diff' -F
complete -c tsmctl -n __tsmctl_command -a status -d 'show what works here, what is missing and what to do about it'
