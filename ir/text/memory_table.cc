#include "ir/text/memory_table.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ir/lifetimes.h"
#include "ir/text/line.h"
#include "runtime/base/alignment.h"

namespace brine::ir {
namespace {

using Row = std::array<std::string, 6>;  // value, bytes, place, first, last, note

std::string MomentText(const Graph& graph, NodeId moment) {
  if (moment == kBeforeStep) return "start";
  return Index(moment) >= graph.nodes.size() ? "end" : absl::StrCat(Index(moment));
}

}  // namespace

std::string MemoryTable(const Graph& graph) {
  const std::vector<Lifetime> lifetimes = FindLifetimes(graph);
  std::vector<Row> rows = {{"value", "bytes", "place", "first", "last", ""}};
  std::array<int64_t, kBlockCount> sizes = {};  // by Block
  const auto add = [&](ValueId id) {
    const Value& value = graph.value(id);
    const Lifetime& lifetime = lifetimes[Index(id)];
    const absl::StatusOr<int64_t> bytes = ByteCount(value.type, std::max<int64_t>(graph.batch_size, 1));
    if (!value.placement || !bytes.ok()) return;
    int64_t& size = sizes[static_cast<size_t>(value.placement->block)];
    size = std::max(size, value.placement->offset + *bytes);
    rows.push_back({ValueText(graph, id), absl::StrCat(*bytes), ToString(*value.placement),
                    MomentText(graph, lifetime.first), MomentText(graph, lifetime.last),
                    lifetime.storage == id ? "" : absl::StrCat("view of ", ValueText(graph, lifetime.storage))});
  };
  for (const Input& input : graph.inputs) add(input.value);
  for (const State& state : graph.states) add(state.value);
  for (const Node& node : graph.nodes) {
    for (ValueId output : node.outputs) add(output);
  }

  std::array<int, 6> widths = {};
  for (const Row& row : rows) {
    for (size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], static_cast<int>(row[column].size()));
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = absl::StrFormat("%-*s  %*s  %-*s  %*s  %-*s  %s", widths[0], row[0], widths[1], row[1],
                                       widths[2], row[2], widths[3], row[3], widths[4], row[4], row[5]);
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  for (size_t block = 0; block < sizes.size(); ++block) {
    if (sizes[block] > 0)
      absl::StrAppend(&text, BlockName(static_cast<Block>(block)), ": ", base::RoundUp(sizes[block]), " bytes\n");
  }
  return text;
}

}  // namespace brine::ir
