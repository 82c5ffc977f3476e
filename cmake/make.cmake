# SPDX-License-Identifier: Apache-2.0
# Without make, project() ends with a message of its own, before needs.cmake can name all that is missing.
set(MAKE_FOUND ON)
if(CMAKE_GENERATOR STREQUAL "Unix Makefiles" AND NOT CMAKE_MAKE_PROGRAM)
	find_program(CMAKE_MAKE_PROGRAM NAMES gmake make)
	if(NOT CMAKE_MAKE_PROGRAM)
		set(CMAKE_MAKE_PROGRAM make)
		set(MAKE_FOUND OFF)
	endif()
endif()
