#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "codegen/driver/compile.h"
#include "codegen/driver/join_updates.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/find_kernel.h"
#include "frontend/cli/html/model_page.h"
#include "frontend/cli/model_file.h"
#include "frontend/cli/select_graph.h"
#include "frontend/cli/session.h"
#include "ir/proto/proto.h"
#include "ir/status.h"
#include "ir/text/dot.h"
#include "ir/text/memory_table.h"
#include "ir/text/text.h"
#include "passes/derive.h"
#include "passes/pipeline.h"

namespace brine::cli {
namespace {

absl::StatusOr<std::string> Format(const ir::Graph& graph, const std::string& format) {
  if (format == "text") return ir::Print(graph);
  if (format == "pb") return ir::WriteGraphs({graph}, ir::FileFormat::kBinary);
  if (format == "pbtxt") return ir::WriteGraphs({graph}, ir::FileFormat::kProtoText);
  if (format == "dot") return ir::Dot(graph);
  return ir::MemoryTable(graph);
}

// The page of the chosen graph, with the kernels and the memory of the planned one and what each pass changed.
absl::StatusOr<std::string> MakePage(const std::string& file, const std::vector<ir::Graph>& graphs,
                                     const ir::Graph& shown, GraphChoice choice) {
  ModelViews views = {file, shown, {}, "", {}};
  choice.stage = ir::Stage::kPlanned;
  if (absl::StatusOr<ir::Graph> planned = SelectOrMake(graphs, choice, nullptr); planned.ok()) {
    choice.batch_size = planned->batch_size;
    views.planned = codegen::JoinUpdates(*planned);  // the compiled program has the kernels of this graph
    if (shown.stage == ir::Stage::kPlanned) views.shown = *views.planned;
  } else {
    views.why_not_planned = std::string(planned.status().message());
  }
  // A file that holds planned graphs only does not say what the passes did.
  if (const absl::StatusOr<ir::Graph> source = SourceOf(graphs, choice); source.ok() && views.planned) {
    BRINE_ASSIGN_OR_RETURN(views.history, RecordPasses(*source));
  }
  return ModelPage(views);
}

// The values of --format, which the table of flags (main.cc) has, too.
struct FormatRow {
  const char* name;
  std::optional<codegen::OutputForm> kernel;  // empty if the format is one of graphs, not of kernels
};
constexpr FormatRow kFormats[] = {{"text", {}},
                                  {"pb", {}},
                                  {"pbtxt", {}},
                                  {"dot", {}},
                                  {"table", {}},
                                  {"html", {}},
                                  {"stmt", codegen::OutputForm::kStatement},
                                  {"asm", codegen::OutputForm::kAssembly}};

// Why the flags do not go together, as a sentence; empty if they do.
std::string Conflict(const Arguments& arguments, const FormatRow& format, ir::Stage stage) {
  if (std::strcmp(format.name, "table") == 0 && stage != ir::Stage::kPlanned)
    return "--format table needs --stage planned";
  if (!format.kernel.has_value()) return arguments.Has("kernel") ? "--kernel needs --format stmt or asm" : "";
  if (!arguments.Has("kernel")) return absl::StrCat("--format ", format.name, " needs --kernel NAME");
  return stage != ir::Stage::kPlanned ? absl::StrCat("--format ", format.name, " needs --stage planned") : "";
}

// The stage without --stage: kPlanned for kernels, otherwise that of a file of one graph, or kGraph.
ir::Stage DefaultStage(const std::vector<ir::Graph>& graphs, const FormatRow& format) {
  const ir::Stage stage = graphs.size() == 1 ? graphs[0].stage : ir::Stage::kGraph;
  return format.kernel.has_value() ? ir::Stage::kPlanned : stage;
}

int PrintKernel(const Session& session, const ir::Graph& planned, const Arguments& arguments,
                codegen::OutputForm form) {
  const ir::Graph graph = codegen::JoinUpdates(planned);  // the compiled program has the kernels of this graph
  const std::string name = arguments.Get("kernel", "");
  const absl::StatusOr<const ir::Node*> kernel = FindKernel(graph, name);
  if (!kernel.ok()) return Fail(kernel.status(), kUsage);
  const absl::StatusOr<std::string> target = TargetOrHost(session, "");
  if (!target.ok()) return Fail(target.status(), kCompileFailed);
  codegen::CompileOptions options;
  options.worker = session.toolchain.worker;
  options.target = *target;
  absl::StatusOr<codegen::StrategyOfKernel> strategy = Strategies(session, arguments);
  if (!strategy.ok())
    return Fail(strategy.status(), absl::IsInvalidArgument(strategy.status()) ? kUsage : kCompileFailed);
  options.strategy = *std::move(strategy);
  const absl::StatusOr<std::string> text = codegen::KernelText(graph, **kernel, form, options);
  return text.ok() ? Print(*text) : Fail(text.status(), kCompileFailed);
}

}  // namespace

int RunInspect(const Command&, const Arguments& arguments) {
  ir::Stage stage = *ir::FindStage(arguments.Get("stage", "graph"));
  const ir::Function function = *ir::FindFunction(arguments.Get("function", "train"));
  const std::string wanted = arguments.Get("format", "text");
  const FormatRow* const format =
      std::find_if(std::begin(kFormats), std::end(kFormats), [&](const FormatRow& row) { return wanted == row.name; });
  const absl::StatusOr<int64_t> batch_size = BatchSize(arguments);
  if (!batch_size.ok()) return Fail(batch_size.status(), kUsage);

  const absl::StatusOr<Session> session = OpenSession();
  if (!session.ok()) return Fail(session.status(), kFailed);
  const auto graphs = LoadModelFile(arguments.words[0], session->toolchain, session->cache);
  if (!graphs.ok())
    return Fail(graphs.status(), graphs.status().code() == absl::StatusCode::kUnavailable ? kCompileFailed : kBadInput);
  if (!arguments.Has("stage")) stage = DefaultStage(*graphs, *format);
  if (const std::string conflict = Conflict(arguments, *format, stage); !conflict.empty())
    return Fail(absl::InvalidArgumentError(conflict), kUsage);
  std::vector<std::string> remarks;
  const GraphChoice choice = {stage, function, arguments.Has("batch-size") ? *batch_size : 0};
  const absl::StatusOr<ir::Graph> graph = SelectOrMake(*graphs, choice, arguments.Has("remarks") ? &remarks : nullptr);
  if (!graph.ok())
    return Fail(absl::InvalidArgumentError(absl::StrCat(arguments.words[0], ": ", graph.status().message())),
                kBadInput);
  for (const std::string& remark : remarks) std::fprintf(stderr, "%s\n", remark.c_str());
  if (arguments.Has("remarks") && graph->stage >= ir::Stage::kFused) {
    const absl::Status status = PrintCandidates(*session, *graph, arguments);
    if (!status.ok()) return Fail(status, absl::IsInvalidArgument(status) ? kUsage : kCompileFailed);
  }
  if (format->kernel.has_value()) return PrintKernel(*session, *graph, arguments, *format->kernel);
  const absl::StatusOr<std::string> text =
      wanted == "html" ? MakePage(arguments.words[0], *graphs, *graph, choice) : Format(*graph, wanted);
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
  const absl::StatusOr<int64_t> stop = arguments.GetInt("stop-after", -1, 0, 1000), batch_size = BatchSize(arguments);
  if (!stop.ok()) return Fail(stop.status(), kUsage);
  if (!batch_size.ok()) return Fail(batch_size.status(), kUsage);
  options.stop_after = static_cast<int>(*stop);
  const std::string print_after = arguments.Get("print-after", "");
  for (const std::vector<std::string>& names :
       {options.only, options.without,
        arguments.Has("print-after") ? std::vector<std::string>{print_after} : std::vector<std::string>()}) {
    if (const absl::Status status = passes::CheckPassNames(names); !status.ok()) return Fail(status, kUsage);
  }
  const ir::Function function = *ir::FindFunction(arguments.Get("function", "train"));

  absl::StatusOr<std::vector<ir::Graph>> graphs = ir::LoadGraphs(arguments.words[0]);
  if (!graphs.ok()) return Fail(graphs.status(), kBadInput);
  std::string text;
  options.after_pass = [&](int, const std::string& name, const ir::Graph& graph) {
    if (name == print_after) absl::StrAppend(&text, "# after ", name, "\n", ir::Print(graph));
    return absl::OkStatus();
  };
  for (ir::Graph& graph : *graphs) {
    if (graph.stage == ir::Stage::kGraph) {
      absl::StatusOr<ir::Graph> derived = passes::Derive(graph, function, *batch_size);
      if (!derived.ok()) return Fail(derived.status(), kBadInput);
      graph = *std::move(derived);
    }
    const absl::StatusOr<bool> changed = passes::RunPipeline(graph, options);
    if (!changed.ok()) return Fail(changed.status(), PassesExitCode(changed.status()));
    if (print_after.empty()) absl::StrAppend(&text, ir::Print(graph));
  }
  if (text.empty()) std::fprintf(stderr, "%s changed nothing\n", print_after.c_str());
  return Print(text);
}

}  // namespace brine::cli
