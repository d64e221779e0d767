// The text form of graphs.  Parse(Print(graph)) gives the same graph at every stage, and Print(Parse(text)) the same
// text if Print made it.
//
//   graph "cifar10_cnn" stage=train function=train batch=32 {
//     layer "conv2d" Conv2D : f32[n,30,30,32] loc("model.cc":8)
//     compile optimizer="adam" {learning_rate=0.001} loc("model.cc":16)
//     loss "output" = "categorical_crossentropy" {from_logits=false} metrics=["accuracy"]
//     input %x : u8[n,32,32,3] data
//     input %beta_2 : f32[] scalar 0.999
//     input %one_minus_beta_2 : f32[] expression sub(1.0, %beta_2)
//     state %conv2d/kernel : f32[3,3,3,32] parameter uniform(0.138) loc("model.cc":8 "conv2d")
//     %c = conv2d(%x, %conv2d/kernel) {pads=[0,0,0,0]} : f32[n,30,30,32] loc("model.cc":8 "conv2d")
//     %p, %i = kernel(%x, %w, %b) <contraction scratch=4096> {
//       …
//     } : f32[n,15,15,32], u8[n,15,15,32]
//     update %conv2d/kernel = %w1
//     penalty %penalty
//     output "loss" = %loss
//   }
//
// Attributes that have their default are not printed.  In a planned graph, the type of a value is followed by its
// placement: `f32[n,15,15,32] @arena+4096`.  Parse ignores lines that begin with #.  A number is printed with the
// fewest digits from which Parse reads the same double.
#ifndef BRINE_IR_TEXT_TEXT_H_
#define BRINE_IR_TEXT_TEXT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ir/graph.h"

namespace brine::ir {

std::string Print(const Graph& graph);
std::string Print(const std::vector<Graph>& graphs);

// One line, or, for a kernel, the lines of the kernel and its body.
std::string PrintNode(const Graph& graph, const Node& node);

// Reads one or several graphs.  The caller must verify them (verify.h) before any other use.
// Errors: "<file>:<line>:<column>: sentence", where `file` is only used for the message.
absl::StatusOr<std::vector<Graph>> Parse(absl::string_view text, absl::string_view file);

}  // namespace brine::ir

#endif  // BRINE_IR_TEXT_TEXT_H_
