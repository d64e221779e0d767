// The one place that names Halide's header; precompiled for every source of the worker.
#ifndef BRINE_CODEGEN_HALIDE_PRECOMPILED_H_
#define BRINE_CODEGEN_HALIDE_PRECOMPILED_H_

#include <Halide.h>

#endif  // BRINE_CODEGEN_HALIDE_PRECOMPILED_H_
