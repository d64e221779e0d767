# cmake -DFOLDER=… -DFILES=a;b;… -DOUTPUT=… -P embed.cmake
# Writes the table of frontend/cli/embedded_files.h: FILES, which are paths of text files below FOLDER, with their contents.
set(rows "")
foreach(file IN LISTS FILES)
  file(READ ${FOLDER}/${file} content)
  string(APPEND rows "    {\"${file}\", R\"embedded(${content})embedded\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Written by frontend/cmake/embed.cmake.
#include \"frontend/cli/embedded_files.h\"

namespace brine::cli {

absl::Span<const EmbeddedFile> EmbeddedFiles() {
  static constexpr EmbeddedFile kFiles[] = {
${rows}  };
  return kFiles;
}

}  // namespace brine::cli
")
