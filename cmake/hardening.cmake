# SPDX-License-Identifier: Apache-2.0
# What hardens the program, wherever neither the compiler nor a distribution's flags have decided it already.
include(CheckCSourceCompiles)
string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
set(flags "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${type}}")

if(NOT flags MATCHES "-f(no-)?stack-protector")
	add_compile_options(-fstack-protector-strong)
endif()
add_link_options(-Wl,-z,relro -Wl,-z,now)

# Sanitizers check more; and without optimization, glibc says that it does nothing. A compiler may define it by itself.
if(NOT TSMCTL_SANITIZE AND flags MATCHES "-O[1-3s]" AND NOT flags MATCHES "_FORTIFY_SOURCE")
	set(CMAKE_REQUIRED_FLAGS -O2)
	check_c_source_compiles("#ifdef _FORTIFY_SOURCE\n#error\n#endif\nint main(void) { return 0; }" TSMCTL_FORTIFY_IS_UNSET)
	unset(CMAKE_REQUIRED_FLAGS)
	if(TSMCTL_FORTIFY_IS_UNSET)
		add_compile_options(-D_FORTIFY_SOURCE=2)
	endif()
endif()
