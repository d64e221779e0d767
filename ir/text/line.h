// One line of the text form that remembers the positions of its parts, for messages that point at one of them.
#ifndef BRINE_IR_TEXT_LINE_H_
#define BRINE_IR_TEXT_LINE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "ir/graph.h"

namespace brine::ir {

// The kind of a part.  The index counts the parts of one kind: inputs from 0, and so on; attributes and optimizer
// arguments in the order of their names.
enum class Part : uint8_t {
  kLine,
  kName,
  kKeyword,
  kOutput,
  kOp,
  kInput,
  kAttribute,
  kRegion,
  kSparse,
  kBody,
  kType,
  kPlace,
  kNumber,
  kLocation
};

struct TextLine {
  struct Span {
    Part part;
    int index;
    size_t begin, size;
  };
  std::string text;
  std::vector<Span> spans;

  void Add(absl::string_view piece) { text.append(piece.data(), piece.size()); }
  void Add(Part part, int index, absl::string_view piece);
  Span Find(Part part, int index) const;  // the whole line when there is no such part
};

// These functions print any graph, including those that verify.h refuses: a value that does not exist is `%?7`.
TextLine HeaderLine(const Graph& graph);
TextLine LayerLine(const Layer& layer);
TextLine CompileLine(const Training& training);
TextLine LossLine(const Objective& objective);
TextLine InputLine(const Graph& graph, const Input& input);
TextLine StateLine(const Graph& graph, const State& state);
// A kernel's body is `...`.  `kernel` is the kernel that contains the node: the places of its outputs are printed with
// the kernel, not in its body.
TextLine NodeLine(const Graph& graph, const Node& node, const Node* kernel = nullptr);
TextLine UpdateLine(const Graph& graph, const Update& update);
TextLine OutputLine(const Graph& graph, const Output& output);

std::string ToString(const Placement& placement);          // "arena+4096"
std::string Quoted(absl::string_view text);                // escaped, in quotes
std::string ValueText(const Graph& graph, ValueId value);  // "%name"

}  // namespace brine::ir

#endif  // BRINE_IR_TEXT_LINE_H_
