// A kernel as a computation.  The kernel's body is read once; strategies read the spec instead.
//
//   results = epilogue(Σ operand · operand, further operands)   the hero is the contraction Σ
//   side reductions of an operand or of a result                such as the bias gradient beside a weight gradient, or
//                                                               the sums of a batch normalization beside a convolution
//
// An operand is a parameter of the kernel, or the body computes it from parameters: the hero's prologue.
#ifndef BRINE_CODEGEN_HALIDE_KERNEL_SPEC_H_
#define BRINE_CODEGEN_HALIDE_KERNEL_SPEC_H_

#include <string>
#include <vector>

#include "codegen/driver/kernel_facts.h"
#include "ir/graph.h"

namespace brine::codegen {

struct KernelSpec {
  const ir::Graph& graph;
  const ir::Node& kernel;

  // Null if the body has no contraction, or several, or one that is followed by something that is no epilogue, or
  // whose prologue stores a result; see `reason`.
  const ir::Node* hero = nullptr;
  std::string reason = {};

  std::vector<const ir::Node*> epilogue = {};         // elementwise nodes between the hero and the pool, in order
  const ir::Node* pool = nullptr;                     // a window over the results of `epilogue`
  std::vector<const ir::Node*> pooled_epilogue = {};  // elementwise nodes after the pool
  // Reductions of an operand, of a value that its prologue computes, of one of `results`, or of a summand.
  std::vector<const ir::Node*> side_reductions = {};
  // What elementwise nodes compute from results and parameters for side reductions only, such as the product in Σ dy·x.
  std::vector<ir::ValueId> summands = {};

  // A parameter or ir::kNoValue.  The first node of the epilogue is sums + addend, and no other node reads the sums; so
  // the sums may begin with the addend instead of 0.
  ir::ValueId addend = ir::kNoValue;
  ir::ValueId with_addend = ir::kNoValue;  // the result

  // A parameter or ir::kNoValue.  The first node of the epilogue gives 0 wherever this parameter is not positive.
  ir::ValueId mask = ir::kNoValue;
  ir::ValueId masked = ir::kNoValue;  // the result

  std::vector<ir::ValueId> results = {};  // outputs of the kernel that the epilogue makes, all of the same shape

  const ir::Type& type(ir::ValueId value) const { return graph.type(value); }
  const ir::Shape& shape(ir::ValueId value) const { return graph.type(value).shape; }
  int64_t batch_size() const { return graph.batch_size; }
  int64_t Extent(ir::Dim dim) const { return dim == ir::kBatch ? graph.batch_size : dim; }  // the largest n

  ir::ValueId operand(int index) const { return hero->inputs[static_cast<size_t>(index)]; }
  ir::ValueId sums() const { return hero->outputs[0]; }
  const ir::Shape& sums_shape() const { return shape(sums()); }

  double nonzero_share = kNonzeroShare;  // of the elements of a sparse parameter, as costs count on it

  bool IsParameter(ir::ValueId value) const;
  bool IsOutput(ir::ValueId value) const;
  bool IsSummand(ir::ValueId value) const;
  const ir::Node* Producer(ir::ValueId value) const;  // null for a parameter

  // Whether the graph says that many elements of this parameter are zero.
  bool IsSparse(ir::ValueId value) const;
};

// The spec of graph.nodes[0], a kernel.
KernelSpec MakeSpec(const ir::Graph& graph);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_KERNEL_SPEC_H_
