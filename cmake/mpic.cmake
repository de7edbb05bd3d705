# One place for flags and for the three kinds of target: library, test, fuzzer.

include(GNUInstallDirs)
option(MPIC_FUZZ "Build libFuzzer targets (clang)" OFF)
set(MPIC_SANITIZE "" CACHE STRING "Comma list for -fsanitize=, or empty")

add_library(mpic_flags INTERFACE)
target_compile_features(mpic_flags INTERFACE c_std_17)
target_compile_definitions(mpic_flags INTERFACE _GNU_SOURCE)
target_compile_options(mpic_flags INTERFACE
	-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
	-Wpointer-arith -Wcast-qual -Wformat=2 -Wundef -Wvla -Wconversion
	-Wwrite-strings -Wimplicit-fallthrough -fno-common)
# An error line of a program names a file of the tree, not of a machine.
target_compile_options(mpic_flags INTERFACE
	-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(MPIC_SANITIZE)
	set(flags -fsanitize=${MPIC_SANITIZE} -fno-sanitize-recover=all
		-fno-omit-frame-pointer)
	# Instrumented code has lost the ranges that some of gcc's warnings reason
	# with; the builds without sanitizers are the ones that decide.
	set(vague -Wno-conversion -Wno-format-truncation -Wno-stringop-overflow
		-Wno-maybe-uninitialized)
	target_compile_options(mpic_flags INTERFACE ${flags}
		"$<$<C_COMPILER_ID:GNU>:${vague}>")
	target_link_options(mpic_flags INTERFACE ${flags})
endif()
if(MPIC_FUZZ)
	target_compile_options(mpic_flags INTERFACE -fsanitize=fuzzer-no-link)
	target_link_options(mpic_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_link_options(mpic_flags INTERFACE -Wl,-z,relro,-z,now)

# mpic_library(NAME SOURCES a.c b.c USES other libs)
# Headers are included as "folder/name.h", from common/ or the program's own.
function(mpic_library name)
	cmake_parse_arguments(L "" "" "SOURCES;USES;INCLUDE" ${ARGN})
	add_library(${name} STATIC ${L_SOURCES})
	target_include_directories(${name} PUBLIC
		${CMAKE_SOURCE_DIR}/common ${L_INCLUDE})
	target_link_libraries(${name} PUBLIC ${L_USES} PRIVATE mpic_flags)
endfunction()

# mpic_program(NAME SOURCES a.c USES libs): installed, built into build/<preset>/bin
function(mpic_program name)
	cmake_parse_arguments(P "" "" "SOURCES;USES" ${ARGN})
	add_executable(${name} ${P_SOURCES})
	target_link_libraries(${name} PRIVATE ${P_USES} mpic_flags)
	set_target_properties(${name} PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin
		POSITION_INDEPENDENT_CODE ON)
	target_link_options(${name} PRIVATE -pie)
	install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# mpic_test(test_thing USES libs [SOURCES more.c]): tests/unit/test_thing.c, run by ctest
function(mpic_test name)
	cmake_parse_arguments(T "" "LABEL;TIMEOUT" "SOURCES;USES" ${ARGN})
	if(NOT BUILD_TESTING OR MPIC_FUZZ)
		return()
	endif()
	if(NOT T_LABEL)
		set(T_LABEL unit)
	endif()
	if(NOT T_TIMEOUT)
		set(T_TIMEOUT 300) # ends only what hangs
	endif()
	add_executable(${name} ${CMAKE_SOURCE_DIR}/tests/${T_LABEL}/${name}.c ${T_SOURCES})
	target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
	target_link_libraries(${name} PRIVATE ${T_USES} PkgConfig::CHECK mpic_flags)
	target_compile_definitions(${name} PRIVATE
		SOURCE_DIR="${CMAKE_SOURCE_DIR}" BINARY_DIR="${CMAKE_BINARY_DIR}")
	add_test(NAME ${name} COMMAND ${name})
	# How each of its functions ended, for tests/checks/outcomes.py.
	set(results ${CMAKE_BINARY_DIR}/results)
	file(MAKE_DIRECTORY ${results})
	# Check's own default of four seconds is too little for a busy machine.
	set_tests_properties(${name} PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS ${T_LABEL}
		ENVIRONMENT "CK_DEFAULT_TIMEOUT=60;CK_TAP_LOG_FILE_NAME=${results}/${name}.tap")
endfunction()

# mpic_fuzz(fuzz_thing USES libs): tests/fuzz/fuzz_thing.c, seeds in tests/fuzz/corpus/fuzz_thing/
function(mpic_fuzz name)
	cmake_parse_arguments(F "" "" "USES" ${ARGN})
	if(NOT MPIC_FUZZ)
		return()
	endif()
	add_executable(${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/${name}.c)
	target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
	target_link_options(${name} PRIVATE -fsanitize=fuzzer)
	target_link_libraries(${name} PRIVATE ${F_USES} mpic_flags)
	set_target_properties(${name} PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
endfunction()
