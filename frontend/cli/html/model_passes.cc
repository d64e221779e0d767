#include "absl/strings/str_cat.h"
#include "frontend/cli/html/line_diff.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/model_sections.h"
#include "ir/status.h"
#include "ir/text/text.h"
#include "passes/pipeline.h"

namespace brine::cli {
namespace {

constexpr size_t kContext = 3;            // lines before and after a change
constexpr size_t kMostBytes = 48 * 1024;  // of the changes of one pass that are shown

const char* ReasonOf(const std::string& name) {
  for (const passes::Pass& pass : passes::AllPasses()) {
    if (pass.name == name) return pass.reason;
  }
  return "";
}

// The element of lines that changed so, and the sign before each of them.
struct Markup {
  const char* tag;
  const char* sign;
};
constexpr Markup MarkupOf(LineChange change) {
  return change == LineChange::kSame    ? Markup{"span", "  "}
         : change == LineChange::kAdded ? Markup{"ins", "+ "}
                                        : Markup{"del", "- "};
}

// The changed lines with some lines around them.  Lines of one kind share a tag.
std::string WriteDiff(absl::Span<const DiffLine> lines) {
  std::vector<bool> shown(lines.size(), false);
  for (size_t index = 0; index < lines.size(); ++index) {
    if (lines[index].change == LineChange::kSame) continue;
    const size_t begin = index < kContext ? 0 : index - kContext, end = std::min(index + kContext + 1, lines.size());
    for (size_t near = begin; near < end; ++near) shown[near] = true;
  }
  std::string out = "<pre class=\"diff\" tabindex=\"0\">";
  size_t hidden = 0;
  const char* open = nullptr;  // the tag that is open
  const auto close = [&] {
    if (open != nullptr) absl::StrAppend(&out, "</", open, ">");
    open = nullptr;
  };
  for (size_t index = 0; index < lines.size(); ++index) {
    if (!shown[index]) {
      if (index > 0 && shown[index - 1] && out.size() <= kMostBytes) {
        close();
        absl::StrAppend(&out, "<span class=\"gap\">⋯\n</span>");
      }
      continue;
    }
    if (out.size() > kMostBytes) {
      hidden += lines[index].change != LineChange::kSame;
      continue;
    }
    const auto [tag, sign] = MarkupOf(lines[index].change);
    if (open == nullptr || absl::string_view(open) != tag) {
      close();
      absl::StrAppend(&out, "<", tag, ">");
      open = tag;
    }
    absl::StrAppend(&out, sign, Escaped(lines[index].text), "\n");
  }
  close();
  absl::StrAppend(&out, "</pre>\n");
  if (hidden > 0) {
    absl::StrAppend(&out, "<p class=\"note\">", hidden,
                    " more changed lines are left out; <code>brine summary MODEL "
                    "--dump-ir DIR</code> writes the graph after each pass.</p>\n");
  }
  return out;
}

// Without places, lines are short enough to be compared by eye.
std::string TextWithoutPlaces(ir::Graph graph) {
  const auto clear = [](ir::Node& node) {
    node.locations.clear();
    for (ir::Node& inner : node.body) inner.locations.clear();
  };
  for (ir::Node& node : graph.nodes) clear(node);
  for (ir::State& state : graph.states) state.location = {};
  return ir::Print(graph);
}

}  // namespace

absl::StatusOr<PassHistory> RecordPasses(ir::Graph graph) {
  PassHistory history;
  history.first = TextWithoutPlaces(graph);
  passes::PipelineOptions options;
  options.after_pass = [&](int, const std::string& name, const ir::Graph& after) {
    history.changes.push_back({name, TextWithoutPlaces(after)});
    return absl::OkStatus();
  };
  BRINE_RETURN_IF_ERROR(passes::RunPipeline(graph, options).status());
  return history;
}

std::string PassSection(const PassHistory& history) {
  std::string out;
  absl::string_view before = history.first;
  for (const PassHistory::Change& change : history.changes) {
    const std::vector<DiffLine> lines = DiffLines(before, change.text);
    size_t added = 0, removed = 0;
    for (const DiffLine& line : lines) {
      added += line.change == LineChange::kAdded;
      removed += line.change == LineChange::kRemoved;
    }
    absl::StrAppend(&out, "<details class=\"pass\"><summary><strong>", Escaped(change.pass), "</strong> +", added, " −",
                    removed, " <span class=\"note\">", Escaped(ReasonOf(change.pass)), "</span></summary>\n",
                    WriteDiff(lines), "</details>\n");
    before = change.text;
  }
  if (out.empty()) return "";
  return "<p>The passes that changed the graph, in their order, with the lines that each added and removed and the "
         "reason "
         "for its place.</p>\n" +
         out;
}

}  // namespace brine::cli
