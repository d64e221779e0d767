# Finds the `halide` wheel in the form in which pip unpacks it, in the folder Halide_ROOT (a CMake or environment variable).  The wheel's own
# CMake package requires CMake 3.28, which Debian 12 lacks.  Defines Halide::Halide (the compiler) and Halide::Runtime (headers only).
find_path(Halide_INCLUDE_DIR Halide.h HINTS ${Halide_ROOT} $ENV{Halide_ROOT} PATH_SUFFIXES include)
find_library(Halide_LIBRARY Halide HINTS ${Halide_ROOT} $ENV{Halide_ROOT} PATH_SUFFIXES lib64 lib)
if(Halide_INCLUDE_DIR)
  file(STRINGS ${Halide_INCLUDE_DIR}/HalideRuntime.h version REGEX "#define HALIDE_VERSION_(MAJOR|MINOR|PATCH)")
  string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*PATCH ([0-9]+).*" "\\1.\\2.\\3" Halide_VERSION "${version}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Halide REQUIRED_VARS Halide_LIBRARY Halide_INCLUDE_DIR VERSION_VAR Halide_VERSION
  REASON_FAILURE_MESSAGE "unpack the halide 21 wheel and pass -DHalide_ROOT=<folder>/halide, or pass -DBRINE_HALIDE=OFF")
if(Halide_FOUND AND NOT TARGET Halide::Halide)
  add_library(Halide::Runtime INTERFACE IMPORTED)
  target_include_directories(Halide::Runtime SYSTEM INTERFACE ${Halide_INCLUDE_DIR})
  add_library(Halide::Halide SHARED IMPORTED)
  set_target_properties(Halide::Halide PROPERTIES IMPORTED_LOCATION ${Halide_LIBRARY} IMPORTED_SONAME libHalide.so)
  target_link_libraries(Halide::Halide INTERFACE Halide::Runtime)
endif()
