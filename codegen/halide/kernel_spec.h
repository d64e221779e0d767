// A kernel as a computation.  It is read off the kernel's body once; whoever builds the kernel looks here, not there.
//
//   results = epilogue(Σ operand · operand, further operands)      the hero is the contraction Σ
//   side results = Σ operand                                       such as a bias's gradient beside a weight's
//
// An operand is a parameter of the kernel or what the body makes of parameters: the hero's prologue.
#ifndef BRINE_CODEGEN_HALIDE_KERNEL_SPEC_H_
#define BRINE_CODEGEN_HALIDE_KERNEL_SPEC_H_

#include <string>
#include <vector>

#include "ir/graph.h"

namespace brine::codegen {

struct KernelSpec {
  const ir::Graph& graph;
  const ir::Node& kernel;

  // Null where the body has no contraction, several, or something around it that no epilogue can be; `obstacle` says.
  const ir::Node* hero = nullptr;
  std::string obstacle = {};

  std::vector<const ir::Node*> epilogue = {};         // elementwise, behind the hero and in front of the pool, in order
  const ir::Node* pool = nullptr;                     // a window over what they leave
  std::vector<const ir::Node*> pooled_epilogue = {};  // elementwise, behind the pool
  std::vector<const ir::Node*> side_sums = {};        // reductions of operands

  // sums + addend is the first thing that the epilogue makes of the sums, and nothing else reads them: they may begin
  // with it.  A parameter, or ir::kNoValue.
  ir::ValueId addend = ir::kNoValue;
  ir::ValueId with_addend = ir::kNoValue;  // the result

  // The first thing that the epilogue makes of the sums is 0 wherever this parameter is not positive; or ir::kNoValue.
  ir::ValueId mask = ir::kNoValue;
  ir::ValueId masked = ir::kNoValue;  // the result

  std::vector<ir::ValueId> results = {};  // the kernel's outputs that the epilogue makes, all of one shape

  const ir::Type& type(ir::ValueId value) const { return graph.type(value); }
  const ir::Shape& shape(ir::ValueId value) const { return graph.type(value).shape; }
  int64_t batch_size() const { return graph.batch_size; }
  int64_t Extent(ir::Dim dim) const { return dim == ir::kBatch ? graph.batch_size : dim; }  // n at its largest

  ir::ValueId operand(int index) const { return hero->inputs[static_cast<size_t>(index)]; }
  ir::ValueId sums() const { return hero->outputs[0]; }
  const ir::Shape& sums_shape() const { return shape(sums()); }

  bool IsParameter(ir::ValueId value) const;
  bool IsOutput(ir::ValueId value) const;
  const ir::Node* Maker(ir::ValueId value) const;  // null for a parameter

  // The graph says that many elements of this parameter are 0.
  bool IsSparse(ir::ValueId value) const;
};

// Of graph.nodes[0], a kernel.
KernelSpec MakeSpec(const ir::Graph& graph);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_KERNEL_SPEC_H_
