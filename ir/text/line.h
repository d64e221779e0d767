// The lines of the text form.  A TextLine knows where its parts are, so that a message can point at one of them.
#ifndef BRINE_IR_TEXT_LINE_H_
#define BRINE_IR_TEXT_LINE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "ir/graph.h"

namespace brine::ir {

// The kind of a part of a line.  Parts of one kind are told apart by an index, which counts them from 0.  Attributes
// and arguments are counted in the order of their names.
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
  kPlacement,
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
  Span Find(Part part, int index) const;  // the whole line, as Part::kLine, if there is no such part
};

// The line of each element of a graph.  The graph may be one that verify.h refuses; a value that does not exist is
// printed as its id, such as `%?7`.
TextLine HeaderLine(const Graph& graph);
TextLine LayerLine(const Layer& layer);
TextLine CompileLine(const Training& training);
TextLine LossLine(const Objective& objective);
TextLine InputLine(const Graph& graph, const Input& input);
TextLine StateLine(const Graph& graph, const State& state);
// The body of a kernel is printed as `...`.  For a node in the body of a kernel, `kernel` is that kernel: the
// placements of its outputs are not printed here, since the line of the kernel has them.
TextLine NodeLine(const Graph& graph, const Node& node, const Node* kernel = nullptr);
TextLine UpdateLine(const Graph& graph, const Update& update);
TextLine PenaltyLine(const Graph& graph, ValueId penalty);
TextLine OutputLine(const Graph& graph, const Output& output);
TextLine ResultLine(const Graph& graph, const Result& result);

std::string ToString(const Placement& placement);          // "arena+4096"
std::string Quoted(absl::string_view text);                // escaped, and in quotes
std::string ValueText(const Graph& graph, ValueId value);  // "%name"

}  // namespace brine::ir

#endif  // BRINE_IR_TEXT_LINE_H_
