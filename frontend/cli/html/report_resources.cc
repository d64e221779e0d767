#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/report_sections.h"
#include "frontend/number_text.h"

namespace brine::cli {
namespace {

// A bar in two parts, `share` and `more` of its full length, behind which the text stands.
std::string Bar(absl::string_view text, double share, double more = 0) {
  return absl::StrFormat(
      "<span class=\"nowrap\"><span class=\"bar\"><span class=\"own\" style=\"width:%.1f%%\"></span><span "
      "class=\"shared\" "
      "style=\"width:%.1f%%\"></span></span>%s</span>",
      100 * share, 100 * more, text);
}

std::string Milliseconds(double number) { return absl::StrFormat("%.3f", number); }

// "12.3 M": operations in millions.
std::string Millions(double number) { return absl::StrFormat("%.1f", number / 1e6); }

// The first two layers, and of more a list that unfolds.
std::string LayersCell(const std::vector<std::string>& layers) {
  constexpr size_t kShown = 2;
  const std::string all = Escaped(absl::StrJoin(layers, ", "));
  if (layers.size() <= kShown) return all;
  const std::string first = Escaped(absl::StrJoin(layers.begin(), layers.begin() + kShown, ", "));
  return absl::StrCat("<details><summary>", first, " and ", layers.size() - kShown, " more</summary>", all,
                      "</details>");
}

std::string KernelTable(const Run& run, double total) {
  double longest = 0;
  for (const KernelRow& kernel : run.kernels) longest = std::max(longest, kernel.milliseconds);
  HtmlTable table = {"Kernels of a training step, in the order in which they run",
                     {{"Kernel"},
                      {"Milliseconds"},
                      {"Of the step", true},
                      {"Layers"},
                      {"Million operations", true},
                      {"Bytes", true},
                      {"Nearest limit"},
                      {"Strategy"}},
                     {}};
  for (const KernelRow& kernel : run.kernels) {
    table.rows.push_back({absl::StrCat("<code>", Escaped(kernel.name), "</code>"),
                          Bar(Milliseconds(kernel.milliseconds), longest > 0 ? kernel.milliseconds / longest : 0),
                          total > 0 ? absl::StrFormat("%.1f %%", 100 * kernel.milliseconds / total) : "",
                          LayersCell(kernel.layers), Millions(kernel.flops),
                          internal::BytesText(static_cast<int64_t>(std::min(kernel.bytes, 1e15))),
                          kernel.bound.empty() ? ""
                                               : absl::StrFormat("<span class=\"nowrap\">%s, %.0f %%</span>",
                                                                 Escaped(kernel.bound), 100 * kernel.bound_share),
                          Escaped(kernel.strategy)});
  }
  return WriteTable(table);
}

// The time of the kernels that serve a layer alone, and of those that it shares with others.
std::string LayerTimes(const Run& run) {
  std::map<std::string, std::pair<double, double>> times;
  std::vector<std::string> order;
  for (const KernelRow& kernel : run.kernels) {
    for (const std::string& layer : kernel.layers) {
      const auto [time, added] = times.try_emplace(layer, 0, 0);
      if (added) order.push_back(layer);
      (kernel.layers.size() == 1 ? time->second.first : time->second.second) += kernel.milliseconds;
    }
  }
  double longest = 0;
  for (const auto& [layer, time] : times) longest = std::max(longest, time.first + time.second);
  HtmlTable table = {"Milliseconds of a step by layer; a kernel that serves several layers counts for each",
                     {{"Layer"}, {"Milliseconds"}, {"Its own", true}, {"Shared", true}},
                     {}};
  for (const std::string& layer : order) {
    const auto [own, shared] = times[layer];
    table.rows.push_back(
        {Escaped(layer),
         Bar(Milliseconds(own + shared), longest > 0 ? own / longest : 0, longest > 0 ? shared / longest : 0),
         Milliseconds(own), Milliseconds(shared)});
  }
  return table.rows.empty() ? "" : WriteTable(table);
}

std::string MemoryTable(const Run& run) {
  int64_t total = 0;
  for (const auto& [name, bytes] : run.blocks) total += bytes;
  HtmlTable table = {absl::StrCat("Planned memory, ", internal::BytesText(total)), {{"Block"}, {"Bytes"}}, {}};
  for (const auto& [name, bytes] : run.blocks) {
    table.rows.push_back({Escaped(name), Bar(internal::BytesText(bytes),
                                             static_cast<double>(bytes) / static_cast<double>(run.blocks[0].second))});
  }
  return table.rows.empty() ? "" : WriteTable(table);
}

}  // namespace

std::string FirstLayer(const Run& run) {
  if (!run.filters) return "";
  const Filters& filters = *run.filters;
  const std::string colors = filters.channels == 3   ? "in colour"
                             : filters.channels == 1 ? "in grey"
                                                     : absl::StrCat("the means of ", filters.channels, " channels");
  const std::string sentence = absl::StrCat(filters.count, " filters of ", filters.kernel, ", ", filters.height, "×",
                                            filters.width, ", ", colors, ", from ", filters.file);
  const int scale = std::clamp(1080 / filters.sheet.width, 1, 12);
  return absl::StrCat("<figure class=\"filters\">", WriteImage(filters.sheet, scale, sentence), "<figcaption>",
                      Escaped(sentence),
                      ".  Grey is 0; each filter is scaled to its own largest weight.</figcaption></figure>\n");
}

std::string TimeAndMemory(const Run& run) {
  if (run.kernels.empty()) return MemoryTable(run);
  double total = 0;
  for (const KernelRow& kernel : run.kernels) total += kernel.milliseconds;
  return absl::StrCat("<p>The kernels of a step take ", Milliseconds(total),
                      " ms. <em>Nearest limit</em> is the rate of the machine, of "
                      "multiply-adds or of memory, to which a kernel comes nearest, and its share of it; it is above "
                      "100 % where a kernel "
                      "skips zeros, needs fewer products than the definition, or finds its operands in a cache.</p>\n",
                      KernelTable(run, total), "<div class=\"beside\"><div>", LayerTimes(run), "</div><div>",
                      MemoryTable(run), "</div></div>\n");
}

}  // namespace brine::cli
