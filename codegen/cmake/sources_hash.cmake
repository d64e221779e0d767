# cmake -DSOURCE_DIR=… -DOUTPUT=… -DHALIDE_VERSION=… -P codegen/cmake/sources_hash.cmake
# Writes a header with the hash of all sources that may decide the bytes of a kernel.  The hash is part of each cache key.  It covers
# ir/ops, too: the text of a kernel, the other part of the key, leaves out attributes that have their default, and ir/ops has the defaults.
file(GLOB_RECURSE sources RELATIVE ${SOURCE_DIR} ${SOURCE_DIR}/codegen/* ${SOURCE_DIR}/ir/* ${SOURCE_DIR}/passes/* ${SOURCE_DIR}/runtime/base/*)
list(FILTER sources INCLUDE REGEX "\\.(cc|h|def)$")
list(REMOVE_ITEM sources runtime/base/choices.h runtime/base/edit_distance.h runtime/base/flags.h)  # messages and command lines
list(SORT sources)
set(all "")
foreach(source IN LISTS sources)
  file(SHA256 ${SOURCE_DIR}/${source} hash)
  string(APPEND all "${source} ${hash}\n")
endforeach()
string(SHA256 all "${all}")
string(SUBSTRING ${all} 0 32 all)
set(text "// Written by codegen/cmake/sources_hash.cmake.
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
