# cmake -DSOURCE_DIR=… -DOUTPUT=… -DHALIDE_VERSION=… -P codegen/sources_hash.cmake
# Writes the header with the hash of every source that decides a kernel's bytes.  It is part of each cache key.
file(GLOB sources ${SOURCE_DIR}/codegen/*.cc ${SOURCE_DIR}/codegen/*.h ${SOURCE_DIR}/codegen/ops/*.cc ${SOURCE_DIR}/codegen/templates/*.cc
     ${SOURCE_DIR}/codegen/templates/*.h ${SOURCE_DIR}/codegen/templates/*.def ${SOURCE_DIR}/passes/regions.cc)
list(SORT sources)
set(all "")
foreach(source IN LISTS sources)
  file(SHA256 ${source} hash)
  string(APPEND all ${hash})
endforeach()
string(SHA256 all "${all}")
string(SUBSTRING ${all} 0 32 all)
set(text "// Written by codegen/sources_hash.cmake.
namespace brine::codegen {
inline constexpr char kSourcesHash[] = \"${all}\";
inline constexpr char kHalideVersion[] = \"${HALIDE_VERSION}\";
}  // namespace brine::codegen
")
set(before "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT before STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
