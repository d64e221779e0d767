#include <algorithm>
#include <cstdio>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/model_file.h"
#include "frontend/cli/session.h"
#include "ir/dot.h"
#include "ir/memory_table.h"
#include "ir/proto.h"
#include "ir/status.h"
#include "ir/text.h"
#include "passes/derive.h"
#include "passes/pipeline.h"

namespace brine::cli {
namespace {

constexpr int64_t kDefaultBatchSize = 32;

absl::StatusOr<std::string> Format(const ir::Graph& graph, const std::string& format) {
  if (format == "text") return ir::Print(graph);
  if (format == "pb") return ir::WriteGraphs({graph}, ir::FileFormat::kBinary);
  if (format == "pbtxt") return ir::WriteGraphs({graph}, ir::FileFormat::kProtoText);
  if (format == "dot") return ir::Dot(graph);
  return ir::MemoryTable(graph);
}

// The graph of `stage` for `function`, of any batch size where that is 0: one that the file holds, or what the passes
// make of the file's model.
absl::StatusOr<ir::Graph> Select(const std::vector<ir::Graph>& graphs, ir::Stage stage, ir::Function function,
                                 int64_t batch_size, std::vector<std::string>* remarks) {
  const ir::Graph* source = nullptr;
  for (const ir::Graph& graph : graphs) {
    const bool fits = graph.function == function && (batch_size == 0 || graph.batch_size == batch_size);
    if (graph.stage == stage && (fits || stage == ir::Stage::kGraph) && remarks == nullptr) return graph;
    if (graph.stage == ir::Stage::kGraph) source = &graph;
    if (graph.stage != ir::Stage::kGraph && fits && graph.stage < stage && source == nullptr) source = &graph;
  }
  if (source == nullptr)
    return absl::InvalidArgumentError(
        absl::StrCat("holds nothing that stage ", ir::StageName(stage), " could be made of"));
  ir::Graph graph = *source;
  if (graph.stage == ir::Stage::kGraph) {
    if (stage == ir::Stage::kGraph) return graph;
    BRINE_ASSIGN_OR_RETURN(graph, passes::Derive(*source, function, batch_size == 0 ? kDefaultBatchSize : batch_size));
  }
  passes::PipelineOptions options;
  options.until = stage;
  options.remarks = remarks;
  BRINE_RETURN_IF_ERROR(passes::RunPipeline(graph, options).status());
  return graph;
}

}  // namespace

int RunInspect(const Command&, const Arguments& arguments) {
  std::optional<ir::Stage> stage = ir::FindStage(arguments.Get("stage", "graph"));
  if (!stage.has_value())
    return Fail(absl::InvalidArgumentError("--stage must be graph, train, fused or planned"), kUsage);
  const std::optional<ir::Function> function = ir::FindFunction(arguments.Get("function", "train"));
  if (!function.has_value() || *function == ir::Function::kModel) {
    return Fail(absl::InvalidArgumentError("--function must be train, evaluate or predict"), kUsage);
  }
  const std::string format = arguments.Get("format", "text");
  const std::vector<std::string> formats = {"text", "pb", "pbtxt", "dot", "table"};
  if (std::find(formats.begin(), formats.end(), format) == formats.end()) {
    return Fail(absl::InvalidArgumentError("--format must be text, pb, pbtxt, dot or table"), kUsage);
  }
  const absl::StatusOr<int64_t> batch_size = arguments.GetInt("batch-size", kDefaultBatchSize, 1, 1 << 20);
  if (!batch_size.ok()) return Fail(batch_size.status(), kUsage);

  const absl::StatusOr<Session> session = OpenSession();
  if (!session.ok()) return Fail(session.status(), kFailed);
  const auto graphs = LoadModelFile(arguments.words[0], session->toolchain, session->cache);
  if (!graphs.ok())
    return Fail(graphs.status(), graphs.status().code() == absl::StatusCode::kUnavailable ? kCompileFailed : kBadInput);
  // A file of one graph is shown as it is.
  if (!arguments.Has("stage") && graphs->size() == 1) stage = (*graphs)[0].stage;
  if (format == "table" && *stage != ir::Stage::kPlanned)
    return Fail(absl::InvalidArgumentError("--format table needs --stage planned"), kUsage);
  std::vector<std::string> remarks;
  const int64_t rows = arguments.Has("batch-size") ? *batch_size : 0;
  const absl::StatusOr<ir::Graph> graph =
      Select(*graphs, *stage, *function, rows, arguments.Has("remarks") ? &remarks : nullptr);
  if (!graph.ok())
    return Fail(absl::InvalidArgumentError(absl::StrCat(arguments.words[0], ": ", graph.status().message())),
                kBadInput);
  for (const std::string& remark : remarks) std::fprintf(stderr, "%s\n", remark.c_str());
  const absl::StatusOr<std::string> text = Format(*graph, format);
  return text.ok() ? Print(*text) : Fail(text.status(), kFailed);
}

int RunOpt(const Command&, const Arguments& arguments) {
  if (arguments.Has("list-passes")) {
    std::string list;
    for (const passes::Pass& pass : passes::AllPasses()) absl::StrAppend(&list, pass.name, "  ", pass.reason, "\n");
    return Print(list);
  }
  if (arguments.words.empty())
    return Fail(absl::InvalidArgumentError("opt needs a file; see brine opt --help"), kUsage);
  passes::PipelineOptions options;
  if (arguments.Has("passes")) options.only = absl::StrSplit(arguments.Get("passes", ""), ',', absl::SkipEmpty());
  if (arguments.Has("without")) options.without = absl::StrSplit(arguments.Get("without", ""), ',', absl::SkipEmpty());
  const absl::StatusOr<int64_t> stop = arguments.GetInt("stop-after", -1, 0, 1000),
                                batch_size = arguments.GetInt("batch-size", 32, 1, 1 << 20);
  if (!stop.ok()) return Fail(stop.status(), kUsage);
  if (!batch_size.ok()) return Fail(batch_size.status(), kUsage);
  options.stop_after = static_cast<int>(*stop);
  const std::string print_after = arguments.Get("print-after", "");
  for (const std::vector<std::string>& names :
       {options.only, options.without,
        arguments.Has("print-after") ? std::vector<std::string>{print_after} : std::vector<std::string>()}) {
    if (const absl::Status status = passes::CheckNames(names); !status.ok()) return Fail(status, kUsage);
  }
  const std::optional<ir::Function> function = ir::FindFunction(arguments.Get("function", "train"));
  if (!function.has_value())
    return Fail(absl::InvalidArgumentError("--function must be train, evaluate or predict"), kUsage);

  absl::StatusOr<std::vector<ir::Graph>> graphs = ir::LoadGraphs(arguments.words[0]);
  if (!graphs.ok()) return Fail(graphs.status(), kBadInput);
  std::string text;
  options.after_pass = [&](int, const std::string& name, const ir::Graph& graph) {
    if (name == print_after) absl::StrAppend(&text, "# after ", name, "\n", ir::Print(graph));
    return absl::OkStatus();
  };
  for (ir::Graph& graph : *graphs) {
    if (graph.stage == ir::Stage::kGraph) {
      absl::StatusOr<ir::Graph> derived = passes::Derive(graph, *function, *batch_size);
      if (!derived.ok()) return Fail(derived.status(), kBadInput);
      graph = *std::move(derived);
    }
    const absl::StatusOr<bool> changed = passes::RunPipeline(graph, options);
    if (!changed.ok()) return Fail(changed.status(), kBadInput);
    if (print_after.empty()) absl::StrAppend(&text, ir::Print(graph));
  }
  if (text.empty()) std::fprintf(stderr, "%s changed nothing\n", print_after.c_str());
  return Print(text);
}

}  // namespace brine::cli
