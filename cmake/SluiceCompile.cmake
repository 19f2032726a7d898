# How every file of ours is compiled: warnings, sanitizers, and two helpers that make targets out of folders.
# Nothing here raises the processor baseline: what we measure is what we ship.

find_program(SLUICE_CCACHE ccache)
mark_as_advanced(SLUICE_CCACHE)
if(SLUICE_CCACHE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_C_COMPILER_LAUNCHER ${SLUICE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SLUICE_CCACHE})
endif()

find_package(Threads REQUIRED)

set(warnings -Wall -Wextra -Wpedantic -Wshadow -Wcast-align -Wformat=2 -Wundef)
set(warnings_cxx -Wnon-virtual-dtor -Woverloaded-virtual)
set(warnings_core ${warnings} ${warnings_cxx} -Wconversion -Wold-style-cast)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  list(APPEND warnings_core -Wthread-safety)
endif()

add_library(sluice_flags INTERFACE)
target_link_libraries(sluice_flags INTERFACE Threads::Threads)
if(SLUICE_DEVELOPER_MODE)
  target_compile_options(sluice_flags INTERFACE -Werror)
endif()
if(SLUICE_SANITIZE)
  target_compile_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=all
                                                -fno-omit-frame-pointer)
  target_link_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE})
endif()

# Shipped code.
add_library(sluice_core_flags INTERFACE)
target_compile_options(sluice_core_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${warnings_core}>")
# Nothing here is a vector: laying two words together to store them at once costs a decision more than it saves.
target_compile_options(sluice_core_flags INTERFACE -fno-tree-slp-vectorize)
target_link_libraries(sluice_core_flags INTERFACE sluice_flags)

# Tests and benchmarks: GoogleTest's macros compare what the reader meant, so fewer conversions are reported.
add_library(sluice_test_flags INTERFACE)
target_compile_options(sluice_test_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${warnings};${warnings_cxx}>")
target_include_directories(sluice_test_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(sluice_test_flags INTERFACE "SLUICE_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\"")
target_link_libraries(sluice_test_flags INTERFACE sluice_flags)

# The .cpp files of one folder, looked for again at every build; an empty file stands in while there are none.
function(sluice_sources out folder)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  if(NOT sources)
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/empty.cpp)
    if(NOT EXISTS ${sources})
      file(WRITE ${sources} "")
    endif()
  endif()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

if(SLUICE_LTO)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT CMAKE_INTERPROCEDURAL_OPTIMIZATION LANGUAGES CXX)
endif()
