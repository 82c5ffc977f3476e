# SPDX-License-Identifier: Apache-2.0
# Looks for all that the build needs before it asks for any of it, and names in one message what is missing.
include(CheckLanguage)
find_package(PkgConfig QUIET)
set(missing)
set(missing_debian)
set(missing_fedora)

macro(need found what debian fedora)
	if(NOT ${found})
		list(APPEND missing "${what}")
		list(APPEND missing_debian ${debian})
		list(APPEND missing_fedora ${fedora})
	endif()
endmacro()

# Without pkg-config, no library is found.
macro(need_library module what debian fedora)
	if(PKG_CONFIG_FOUND)
		pkg_check_modules(need_${debian} QUIET "${module}")
	endif()
	need(need_${debian}_FOUND "${what}" ${debian} ${fedora})
endmacro()

if(MAKE_FOUND)
	check_language(C)
else()
	# What that tries is built with make.
	find_program(CMAKE_C_COMPILER NAMES cc gcc clang)
endif()
need(MAKE_FOUND make make make)
need(CMAKE_C_COMPILER "a C compiler" "gcc;libc6-dev" gcc)
need(PKG_CONFIG_FOUND pkg-config pkg-config pkgconf-pkg-config)
need_library("libcrypto>=3.0" "libcrypto 3" libssl-dev openssl-devel)
need_library(json-c json-c libjson-c-dev json-c-devel)
need_library(libbsd libbsd libbsd-dev libbsd-devel)

if(missing)
	list(JOIN missing ", " missing)
	list(JOIN missing_debian " " missing_debian)
	list(JOIN missing_fedora " " missing_fedora)
	# The next run looks again. A line that begins with a blank is not filled.
	if(NOT CMAKE_C_COMPILER)
		unset(CMAKE_C_COMPILER CACHE)
	endif()
	message(FATAL_ERROR " missing: ${missing}\n"
		" Debian, Ubuntu: apt-get install ${missing_debian}\n"
		" Fedora: dnf install ${missing_fedora}")
endif()
