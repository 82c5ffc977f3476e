# SPDX-License-Identifier: Apache-2.0
# For the scripts that get packages of Debian for virtual machines: apt's own state is not touched, and nothing is
# installed. suite is the suite, cache the folder in which they keep what they made.
# shellcheck shell=bash

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

unavailable() {
	echo "$*"
	exit 77
}

# One at a time; who waited finds what the other made.
lock_cache() {
	mkdir -p "$cache"
	exec 9>"$cache/lock"
	flock 9
}

# A new folder work, in the cache. What a killed one left goes.
new_work() {
	rm -rf "$cache"/new.*
	work=$(mktemp -d "$cache/new.XXXXXX")
	trap 'rm -rf "$work"' EXIT
}

# Lines for apt: the suite, from every mirror from which this machine has the main part of its own.
sources() {
	local codename
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# shellcheck disable=SC2016 # filled in by apt-get
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v own="$codename" -v suite="$suite" -v keyring="$keyring" \
			'$1 == own && $2 == "main" { print "deb [signed-by=" keyring "] " $3 " " suite " main" }' | sort -u
}

# An apt of our own in the folder work, with the machine's proxies and methods, and one source.
private_apt() {
	command -v apt-get >/dev/null || unavailable "this is not Debian: there is no apt-get"
	mkdir -p "$work"/apt/{lists,archives}/partial
	sources >"$work/apt/sources.list"
	[ -s "$work/apt/sources.list" ] || unavailable "no Debian mirror among apt's sources"
	cat >"$work/apt/conf" <<TEXT
Dir::State "$work/apt";
Dir::State::status "/dev/null";
Dir::Cache "$work/apt";
Dir::Etc::sourcelist "$work/apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "-";
Acquire::Retries "2";
Acquire::http::Timeout "30";
APT::Sandbox::User "root";
TEXT
	export APT_CONFIG=$work/apt/conf
	# A mirror that lacks the suite is an error to apt; what counts is whether the packages are there then.
	apt-get -q update >"$work/log" 2>&1 || true
}

apt_said() {
	grep '^[EW]:' "$work/log" | tail -n 1
}

# fetch PACKAGE...: their files are in the folder work.
fetch() {
	(cd "$work" && apt-get -q download "$@") >"$work/log" 2>&1 || unavailable "cannot be downloaded: $*: $(apt_said)"
}
