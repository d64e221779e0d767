// brine-worker: loads Halide once and compiles kernels.
#include "codegen/halide/worker.h"

int main(int argc, char** argv) { return brine::codegen::WorkerMain(argc, argv); }
