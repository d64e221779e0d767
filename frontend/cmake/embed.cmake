# cmake -DFOLDER=… -DFILES=a;b;… -DOUTPUT=… -P embed.cmake
# Writes the table of frontend/cli/embedded_files.h: FILES, which are paths of text files below FOLDER, with their contents.
set(rows "")
foreach(file IN LISTS FILES)
  file(READ ${FOLDER}/${file} content)
  string(FIND "${content}" ")embedded\"" end)
  if(NOT end EQUAL -1)
    message(FATAL_ERROR "${file} contains )embedded\", which would end its literal")
  endif()
  string(APPEND rows "    {\"${file}\", R\"embedded(${content})embedded\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Written by frontend/cmake/embed.cmake.
#include \"frontend/cli/embedded_files.h\"

#include \"ir/check.h\"

namespace brine::cli {

absl::Span<const EmbeddedFile> EmbeddedFiles() {
  static constexpr EmbeddedFile kFiles[] = {
${rows}  };
  return kFiles;
}

absl::string_view Embedded(absl::string_view path) {
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    if (file.path == path) return file.content;
  }
  BRINE_CHECK(false);
}

}  // namespace brine::cli
")
