#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/model_sections.h"
#include "frontend/cli/html/node_groups.h"
#include "frontend/cli/html/ticks.h"
#include "frontend/number_text.h"
#include "ir/lifetimes.h"

namespace brine::cli {
namespace {

// A value in the arena; views have no bytes of their own and are left out.
struct Block {
  ir::ValueId value;
  int64_t offset = 0, bytes = 0;
  size_t first = 0, last = 0;  // nodes
  int64_t end() const { return offset + bytes; }
};

std::vector<Block> ArenaBlocks(const ir::Graph& graph) {
  const std::vector<ir::Lifetime> lifetimes = ir::FindLifetimes(graph);
  std::vector<Block> blocks;
  for (const ir::ValueId id : graph.value_ids()) {
    const ir::Lifetime& lifetime = lifetimes[ir::Index(id)];
    const std::optional<ir::Placement>& placement = graph.value(id).placement;
    if (!lifetime.exists || lifetime.storage != id || !placement || placement->block != ir::Block::kArena) continue;
    const int64_t bytes = ir::ByteCount(graph.type(id), std::max<int64_t>(graph.batch_size, 1)).value_or(0);
    const size_t first = lifetime.first == ir::kBeforeStep ? 0 : ir::Index(lifetime.first);
    const size_t last = lifetime.last == ir::kBeforeStep ? first : ir::Index(lifetime.last);
    blocks.push_back({id, placement->offset, bytes, first, std::min(last, graph.nodes.size() - 1)});
  }
  return blocks;
}

// The bytes that are live while a node runs.  Values that share bytes count once.
int64_t LiveBytes(absl::Span<const Block> blocks, size_t node) {
  std::vector<std::pair<int64_t, int64_t>> ranges;
  for (const Block& block : blocks) {
    if (block.first <= node && node <= block.last) ranges.emplace_back(block.offset, block.end());
  }
  std::sort(ranges.begin(), ranges.end());
  int64_t bytes = 0, covered = 0;
  for (const auto& [begin, end] : ranges) {
    bytes += std::max<int64_t>(0, end - std::max(begin, covered));
    covered = std::max(covered, end);
  }
  return bytes;
}

// The name of the node that runs then, as text.
std::string NodeName(const ir::Graph& graph, size_t node) { return graph.value(graph.nodes[node].outputs[0]).name; }

struct Peak {
  size_t node = 0;
  int64_t bytes = 0;
};

Peak FindPeak(const ir::Graph& graph, absl::Span<const Block> blocks) {
  Peak peak;
  for (size_t node = 0; node < graph.nodes.size(); ++node) {
    if (const int64_t bytes = LiveBytes(blocks, node); bytes > peak.bytes) peak = {node, bytes};
  }
  return peak;
}

constexpr double kWidth = 1120, kHeight = 380, kLeft = 64, kRight = 8, kTop = 8, kBottom = 40;

std::string Picture(const ir::Graph& graph, absl::Span<const Block> blocks, const Peak& peak, int64_t size) {
  const double nodes = static_cast<double>(graph.nodes.size());
  const auto x = [&](size_t node) { return kLeft + (kWidth - kLeft - kRight) * static_cast<double>(node) / nodes; };
  const auto y = [&](int64_t offset) {
    return kHeight - kBottom - (kHeight - kTop - kBottom) * static_cast<double>(offset) / static_cast<double>(size);
  };
  const std::string description = absl::StrCat(
      "Offsets in the arena over time. ", blocks.size(), " values in ", internal::BytesText(size), "; the peak is ",
      internal::BytesText(peak.bytes), " at node ", peak.node, ", ", NodeName(graph, peak.node));
  std::string out = absl::StrFormat("<svg class=\"memory\" role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %g %g\">\n",
                                    Escaped(description), kWidth, kHeight);
  const double megabytes = static_cast<double>(size) / (1024 * 1024);
  for (const double tick : LinearTicks(0, megabytes, 6)) {
    const double height = y(static_cast<int64_t>(tick * 1024 * 1024));
    absl::StrAppendFormat(
        &out, "<path class=\"grid\" d=\"M%g %.1fH%g\"/><text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%s MB</text>\n",
        kLeft, height, kWidth - kRight, kLeft - 6, height + 4, TickLabel(tick));
  }
  for (const double tick : LinearTicks(0, nodes - 1, 10, 1)) {
    absl::StrAppendFormat(&out, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%s</text>\n",
                          (x(static_cast<size_t>(tick)) + x(static_cast<size_t>(tick) + 1)) / 2, kHeight - kBottom + 17,
                          TickLabel(tick));
  }
  absl::StrAppendFormat(&out, "<text x=\"%g\" y=\"%g\">node, in the order of execution</text>\n", kLeft, kHeight - 6);
  absl::StrAppendFormat(&out, "<rect class=\"moment\" x=\"%.1f\" y=\"%g\" width=\"%.1f\" height=\"%g\"/>\n",
                        x(peak.node), kTop, x(peak.node + 1) - x(peak.node), kHeight - kTop - kBottom);
  for (const Block& block : blocks) {
    const bool at_peak = block.first <= peak.node && peak.node <= block.last;
    absl::StrAppendFormat(&out,
                          "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%s: %s, "
                          "nodes %d to %d</title></rect>\n",
                          at_peak ? "value peak" : "value", x(block.first), y(block.end()),
                          x(block.last + 1) - x(block.first), std::max(y(block.offset) - y(block.end()), 0.5),
                          Escaped(graph.value(block.value).name), internal::BytesText(block.bytes), block.first,
                          block.last);
  }
  return out + "</svg>\n";
}

// The layers of the node that computes each value.
std::vector<std::string> LayersOfValues(const ir::Graph& graph) {
  std::vector<std::string> layers(graph.values.size());
  for (const ir::Node& node : graph.nodes) {
    for (const ir::ValueId value : node.outputs)
      layers[ir::Index(value)] = absl::StrJoin(LayerNames(node.locations), ", ");
  }
  return layers;
}

std::string OtherBlocks(const ir::Graph& graph) {
  std::array<int64_t, ir::kBlockCount> sizes = {};
  for (const ir::Value& value : graph.values) {
    if (!value.placement) continue;
    int64_t& size = sizes[static_cast<size_t>(value.placement->block)];
    size = std::max(
        size, value.placement->offset + ir::ByteCount(value.type, std::max<int64_t>(graph.batch_size, 1)).value_or(0));
  }
  HtmlTable table = {"All blocks of memory", {{"Block"}, {"Bytes", true}}, {}};
  for (size_t block = 0; block < sizes.size(); ++block) {
    if (sizes[block] > 0)
      table.rows.push_back(
          {std::string(ir::BlockName(static_cast<ir::Block>(block))), internal::BytesText(sizes[block])});
  }
  return WriteTable(table);
}

}  // namespace

std::string MemorySection(const ir::Graph& planned) {
  std::vector<Block> blocks = ArenaBlocks(planned);
  int64_t size = 0;
  for (const Block& block : blocks) size = std::max(size, block.end());
  if (size == 0) return OtherBlocks(planned);
  const Peak peak = FindPeak(planned, blocks);
  const std::string picture = Picture(planned, blocks, peak, size);

  std::stable_sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) { return a.bytes > b.bytes; });
  HtmlTable owners = {absl::StrCat("What is live at the peak, node ", peak.node),
                      {{"Value"}, {"Layer"}, {"Bytes", true}, {"Offset", true}, {"Live from", true}, {"to", true}},
                      {}};
  HtmlTable all = {"All values in the arena, the largest first",
                   {{"Value"}, {"Bytes", true}, {"Offset", true}, {"Live from", true}, {"to", true}},
                   {}};
  const std::vector<std::string> layers = LayersOfValues(planned);
  for (const Block& block : blocks) {
    all.rows.push_back({Escaped(planned.value(block.value).name), internal::BytesText(block.bytes),
                        internal::WithCommas(block.offset), absl::StrCat(block.first), absl::StrCat(block.last)});
    if (block.first > peak.node || peak.node > block.last) continue;
    owners.rows.push_back(all.rows.back());
    owners.rows.back().insert(owners.rows.back().begin() + 1, Escaped(layers[ir::Index(block.value)]));
  }
  return absl::StrCat("<p>The arena has ", internal::BytesText(size), ". The peak is ", internal::BytesText(peak.bytes),
                      ", while node ", peak.node, ", <code>", Escaped(NodeName(planned, peak.node)),
                      "</code>, runs; what is live then is orange.</p>\n<div class=\"scroll\" tabindex=\"0\" "
                      "role=\"region\" aria-label=\"Memory over time\">",
                      picture, "</div>\n<div class=\"row\"><div>", WriteTable(owners), "</div><div>",
                      OtherBlocks(planned), "</div></div>\n",
                      Folded(absl::StrCat("All ", all.rows.size(), " values"), WriteTable(all)));
}

}  // namespace brine::cli
