# cmake -DFOLDER=… -DFILES=a.css,b.js -DOUTPUT=… -P frontend/cmake/embed_files.cmake
# Writes a header with a constant for each file of FOLDER: kPageCss has the content of page.css.
set(text "// Written by frontend/cmake/embed_files.cmake.
namespace brine::cli {
")
string(REPLACE "," ";" files "${FILES}")
foreach(file IN LISTS files)
  file(READ ${FOLDER}/${file} content)
  string(FIND "${content}" ")embedded\"" found)
  if(NOT found EQUAL -1)
    message(FATAL_ERROR "${file} contains )embedded\", which ends the literal it would be in")
  endif()
  string(REGEX MATCHALL "[a-z0-9]+" words ${file})
  set(name "k")
  foreach(word IN LISTS words)
    string(SUBSTRING ${word} 0 1 initial)
    string(SUBSTRING ${word} 1 -1 rest)
    string(TOUPPER ${initial} initial)
    string(APPEND name ${initial}${rest})
  endforeach()
  string(APPEND text "inline constexpr char ${name}[] = R\"embedded(${content})embedded\";\n")
endforeach()
string(APPEND text "}  // namespace brine::cli\n")
file(WRITE ${OUTPUT} "${text}")
