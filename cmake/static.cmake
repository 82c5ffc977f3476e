# SPDX-License-Identifier: Apache-2.0
# The archives that a static tsmctl is linked with: those of our libraries and, as pkg-config knows them, of theirs. Debian
# 13's libcrypto needs zlib and zstd, whose archives libssl-dev does not bring.
pkg_check_modules(STATIC REQUIRED libcrypto json-c libbsd)
set(static_libraries)
set(missing)
foreach(name ${STATIC_STATIC_LIBRARIES})
	find_library(static_${name} lib${name}.a HINTS ${STATIC_STATIC_LIBRARY_DIRS})
	if(static_${name})
		list(APPEND static_libraries ${static_${name}})
	else()
		list(APPEND missing lib${name}.a)
	endif()
endforeach()
if(missing)
	list(JOIN missing ", " missing)
	message(FATAL_ERROR " missing for a static program: ${missing}\n"
		" Debian, Ubuntu: apt-get install libssl-dev libjson-c-dev libbsd-dev zlib1g-dev libzstd-dev")
endif()
include_directories(SYSTEM ${JSONC_INCLUDE_DIRS})
