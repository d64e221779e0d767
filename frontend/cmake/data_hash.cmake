# cmake -DSOURCE_DIR=… -DOUTPUT=… -P frontend/cmake/data_hash.cmake
# Writes a header with the hash of all sources that decide what a packed file has; it is part of the keys of such files in the cache.
file(GLOB sources RELATIVE ${SOURCE_DIR} ${SOURCE_DIR}/frontend/data/*.h ${SOURCE_DIR}/frontend/data/*.cc
     ${SOURCE_DIR}/runtime/trainer/cifar.* ${SOURCE_DIR}/runtime/trainer/idx.*)
list(SORT sources)
set(all "")
foreach(source IN LISTS sources)
  file(SHA256 ${SOURCE_DIR}/${source} hash)
  string(APPEND all "${source} ${hash}\n")
endforeach()
string(SHA256 all "${all}")
file(WRITE ${OUTPUT} "// Written by frontend/cmake/data_hash.cmake.
namespace brine {
inline constexpr char kDataSourcesHash[] = \"${all}\";
}  // namespace brine
")
