// The enumerators of runtime/program.h that mean the same as those of ir, as they are spelled in a program's tables.
#ifndef BRINE_CODEGEN_DRIVER_RUNTIME_NAMES_H_
#define BRINE_CODEGEN_DRIVER_RUNTIME_NAMES_H_

#include "ir/graph.h"
#include "ir/metrics.h"

namespace brine::codegen {

const char* RuntimeName(ir::DType value);  // "BRINE_F32"
const char* RuntimeName(ir::Source value);
const char* RuntimeName(ir::TermKind value);
const char* RuntimeName(ir::InitializerKind value);
const char* RuntimeName(ir::Block value);
const char* RuntimeName(ir::Role value);
const char* RuntimeName(ir::Better value);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_RUNTIME_NAMES_H_
