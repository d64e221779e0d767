#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/model_sections.h"
#include "frontend/cli/html/node_groups.h"
#include "frontend/number_text.h"

namespace brine::cli {

std::string KernelSection(const ir::Graph& planned) {
  HtmlTable table = {
      absl::StrCat("In the order in which they run, for ", planned.batch_size, " rows; open one to read its body"),
      {{"#", true}, {"Kernel"}, {"Layers"}, {"Source"}, {"Million operations", true}, {"Bytes", true}},
      {}};
  NodeCost total;
  for (size_t index = 0; index < planned.nodes.size(); ++index) {
    const ir::Node& node = planned.nodes[index];
    if (!node.is_kernel()) continue;
    const NodeCost cost = CostOf(planned, node);
    if (__builtin_add_overflow(total.flops, cost.flops, &total.flops)) total.flops = INT64_MAX;
    total.bytes += cost.bytes;
    const std::string name = Escaped(planned.value(node.outputs[0]).name);
    table.rows.push_back(
        {absl::StrCat("<span id=\"k", index, "\">", index, "</span>"),
         absl::StrCat("<details class=\"kernel\"><summary><code>", name, "</code> ", Escaped(node.region),
                      "</summary><pre tabindex=\"0\">", NodeText(planned, node), "</pre></details>"),
         Escaped(absl::StrJoin(LayerNames(node.locations), ", ")), SourceText(node.locations),
         absl::StrFormat("%.2f", static_cast<double>(cost.flops) / 1e6), internal::BytesText(cost.bytes)});
  }
  return absl::StrCat("<p>", table.rows.size(), " kernels, ",
                      absl::StrFormat("%.1f", static_cast<double>(total.flops) / 1e6), " million operations, ",
                      internal::BytesText(total.bytes), " read and written.</p>\n", WriteTable(table));
}

}  // namespace brine::cli
