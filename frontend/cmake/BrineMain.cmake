# cmake -DFOLDER=… -P BrineMain.cmake
# Writes main.cc of the standard training program beside the header of a compiled model, the one header in FOLDER.
file(GLOB header RELATIVE ${FOLDER} ${FOLDER}/*.h)
cmake_path(GET header STEM name)
file(WRITE ${FOLDER}/main.cc "#include \"${header}\"
#include \"runtime/trainer/main.h\"

int main(int argc, char** argv) { return brine_trainer_main(${name}_program(), argc, argv); }
")
