# SPDX-License-Identifier: Apache-2.0
# The simulated kernel for bats tests: `load fuse`, need_fuse in setup and sim_stop in teardown.
# TSMSIM names the simulator's program. One simulator at a time.

# Skips the test where FUSE cannot be used; where CI=true, that is a failure.
need_fuse() {
	local why=
	if [ -z "${TSMSIM:-}" ] || [ ! -x "$TSMSIM" ]; then
		why="tsmsim was not built (TSMSIM=${TSMSIM:-})"
	elif [ ! -r /dev/fuse ] || [ ! -w /dev/fuse ]; then
		why="/dev/fuse cannot be opened"
	elif [ "$(id -u)" != 0 ] && ! command -v fusermount3 >/dev/null; then
		why="fusermount3 is missing"
	elif ! _sim_probe; then
		why="FUSE mounts are not allowed here"
	fi
	if [ -z "$why" ]; then
		return 0
	fi
	if [ "${CI:-}" = true ]; then
		echo "need_fuse: $why, and CI=true does not allow to skip" >&2
		return 1
	fi
	skip "$why"
}

# One mount answers for the whole file.
_sim_probe() {
	local mark="${BATS_FILE_TMPDIR:-$BATS_TEST_TMPDIR}/fuse-works" dir="$BATS_TEST_TMPDIR/probe"
	if [ -e "$mark" ]; then
		return 0
	fi
	mkdir -p "$dir"
	if "$TSMSIM" --provider none "$dir" 2>/dev/null; then
		: >"$mark"
	fi
	if _sim_mounted "$dir"; then
		_sim_umount "$dir"
	fi
	[ -e "$mark" ]
}

_sim_umount() {
	umount "$1" 2>/dev/null || fusermount3 -u "$1" 2>/dev/null || umount -l "$1" 2>/dev/null ||
		fusermount3 -u -z "$1" 2>/dev/null
}

# sim_start ARGS...: mounts a fresh simulated /sys on $ROOT/sys and exports ROOT; an earlier one is
# stopped. ARGS are tsmsim's options without the mount point.
sim_start() {
	sim_stop
	ROOT="$BATS_TEST_TMPDIR/root"
	export ROOT
	mkdir -p "$ROOT/sys"
	"$TSMSIM" "$@" "$ROOT/sys"
}

# sim_mr ARGS...: Linux 6.16's tree, with the kernel's sample unless a --provider is named. M is the
# first provider's folder of measurements, which the postings of April 2025 call mr: --folder mr.
sim_mr() {
	sim_start --tree mr "$@" || return
	# shellcheck disable=SC2034 # for the tests
	M=$(echo "$ROOT"/sys/devices/virtual/misc/*/m*)
}

# sim_rtmrs ARGS...: the configfs tree, of tdx_guest. C is the folder in which entries are made.
sim_rtmrs() {
	sim_start --tree rtmrs "$@" || return
	C=$ROOT/sys/kernel/config/tsm/rtmrs
}

# sim_entry NAME INDEX: makes an entry of C for that register.
sim_entry() {
	mkdir "$C/$1" && printf '%s\n' "$2" >"$C/$1/index"
}

# sim_tdx rfc|mr|rtmrs ARGS...: a TDX guest with that interface.
sim_tdx() {
	sim_start --tree "$1" --provider tdx_guest "${@:2}"
}

# sim_tpm ARGS...: a machine with a TPM and nothing else, unless a --provider is named. What happens to it: sim_happens.
sim_tpm() {
	case " $* " in *" --provider "*) ;; *) set -- --provider none "$@" ;; esac
	sim_start --tpm "$@"
}

# sim_happens WHAT...: to the TPM, see tests/sim/tpm.c.
sim_happens() {
	local what
	for what; do
		printf '%s\n' "$what" >"$ROOT/sys/.tsmsim/tpm" || return
	done
}

# Unmounts what sim_start mounted, whatever hangs in it. Safe to call when nothing is mounted.
sim_stop() {
	local dir="$BATS_TEST_TMPDIR/root/sys" pid="" contention
	if ! _sim_mounted "$dir"; then
		return 0
	fi
	# A fault on lookup could keep the control files away; so nothing here may fail or wait.
	IFS= read -r pid 2>/dev/null <"$dir/.tsmsim/pid" || pid=
	{ echo clear >"$dir/.tsmsim/fault"; } 2>/dev/null || true
	contention=$(cat "$dir/.tsmsim/contention" 2>/dev/null) || true
	if ! _sim_umount "$dir" && [ -n "$pid" ]; then
		kill -9 "$pid" 2>/dev/null || true
		umount -l "$dir" 2>/dev/null || fusermount3 -u -z "$dir" 2>/dev/null || true
	fi
	if _sim_mounted "$dir"; then
		echo "sim_stop: $dir is still mounted" >&2
		return 1
	fi
	if [ -n "$contention" ]; then
		echo "the posted kernel would have crashed here: $contention" >&2
		return 1
	fi
}

# sim_forgive: two processes were in one provider, and the test meant that.
sim_forgive() {
	echo forgive >"$ROOT/sys/.tsmsim/fault"
}

# The list is read in one go: bash seeks after each line, and then the kernel skips some while others come and go.
_sim_mounted() {
	local mounts
	mounts=$(cat /proc/self/mountinfo)
	[[ $mounts == *" ${1// /\\040} "* ]]
}

# sim_fault SPEC...: faults from now on (TARGET:OP:N:WHAT, see tests/sim/fault.c); clear; reset.
sim_fault() {
	local spec
	for spec in "$@"; do
		printf '%s\n' "$spec" >"$ROOT/sys/.tsmsim/fault" || return
	done
}

# sim_stat NAME: one counter, 0 where it never counted: total:write, faults:fired,
# measurement-example/rtmr0:extend, measurement-example/rtmr0/append_event:write; in the other trees
# tsm_mr_sample/rtmr1:sha384:extend, tsm_mr_sample/measurements/rtmr1:sha384:write,
# tdx_guest/rtmr2:extend, rtmrs/ENTRY/digest:release.
sim_stat() {
	local name count
	while read -r name count; do
		if [ "$name" = "$1" ]; then
			echo "$count"
			return 0
		fi
	done <"$ROOT/sys/.tsmsim/stats"
	echo 0
}

# sim_truth PROVIDER/REGISTER: the register's true value as hex, whatever a cache shows; with its hash
# in the tree of Linux 6.16: tsm_mr_sample/rtmr1:sha384.
sim_truth() {
	local name value
	while read -r name value; do
		if [ "$name" = "$1" ]; then
			echo "$value"
			return 0
		fi
	done <"$ROOT/sys/.tsmsim/truth"
	return 1
}
