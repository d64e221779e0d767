#include "codegen/driver/compile.h"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "codegen/driver/cpu_features.h"
#include "codegen/driver/files.h"
#include "codegen/driver/machine.h"
#include "codegen/driver/movement.h"
#include "codegen/driver/region.h"
#include "codegen/sources_hash.h"
#include "ir/kinds.h"
#include "ir/op.h"
#include "ir/status.h"
#include "ir/text/text.h"

namespace brine::codegen {
namespace {

// A kernel that the worker is to compile.
struct PendingKernel {
  std::string text;      // its canonical region; empty: Halide's runtime
  std::string key;       // names everything that decides its bytes
  std::string strategy;  // see KernelOptions
  OutputForm form = OutputForm::kObject;
  bool has_convolution = false;  // or a gradient of one
};

constexpr char kRuntime[] = "halide_runtime";

// The cache key of a kernel ("kernel") or of Halide's runtime ("runtime").
std::string CacheKey(absl::string_view kind, const CompileOptions& options, absl::string_view strategy,
                     absl::string_view text) {
  return absl::StrCat(kind, "\nhalide ", kHalideVersion, "\nsources ", kSourcesHash, "\nworker ", options.worker_id,
                      "\ntarget ", options.target, "\nasserts ", options.asserts ? 1 : 0, "\nstrategy ", strategy, "\n",
                      text);
}

// The payload of a cache entry is the facts as text, an empty line and the object.
constexpr char kEndOfFacts[] = "\n\n";

// A kernel as the payload of a cache entry.
std::string Pack(const CompiledKernel& kernel) { return absl::StrCat(Print(kernel.facts), "\n", kernel.object); }

// The kernel in a payload; nothing if the payload is malformed.
std::optional<CompiledKernel> Unpack(const std::string& symbol, const std::string& payload) {
  const size_t end = payload.find(kEndOfFacts);
  if (end == std::string::npos) return std::nullopt;
  absl::StatusOr<KernelFacts> facts = ParseFacts(absl::string_view(payload).substr(0, end));
  if (!facts.ok()) return std::nullopt;
  return CompiledKernel{symbol, payload.substr(end + 2), *std::move(facts)};
}

std::string StrategyFor(const ir::Graph& graph, const ir::Node& node, const CompileOptions& options) {
  return options.strategy == nullptr ? "" : options.strategy(graph, node);
}

std::string ObjectPath(const TemporaryFolder& folder, const std::string& symbol) {
  return absl::StrCat(folder.path(), "/", symbol, ".o");
}

bool HasConvolution(const ir::Node& node) {
  if (!node.is_kernel()) return ir::IsConvolution(*node.op);
  return std::any_of(node.body.begin(), node.body.end(),
                     [](const ir::Node& inner) { return ir::IsConvolution(*inner.op); });
}

// A number that grows with the time that a kernel takes to compile: convolutions take longest, then kernels of many
// ops.
size_t CompileWeight(const PendingKernel& pending) {
  return pending.text.size() + (pending.has_convolution ? size_t{1} << 30 : 0);
}

// The requests for `missing`, by symbol.  Kernels that take long to compile come first, so that no core waits for one
// at the end.
std::string WriteRequests(const std::map<std::string, PendingKernel>& missing, const CompileOptions& options,
                          const TemporaryFolder& folder) {
  std::vector<std::string> order;
  for (const auto& [symbol, pending] : missing) order.push_back(symbol);
  std::stable_sort(order.begin(), order.end(), [&](const std::string& a, const std::string& b) {
    return CompileWeight(missing.at(a)) > CompileWeight(missing.at(b));
  });
  std::string requests;
  for (const std::string& symbol : order) {
    const PendingKernel& pending = missing.at(symbol);
    requests += WriteRequest(
        {{symbol, options.asserts, pending.form, pending.strategy}, ObjectPath(folder, symbol), pending.text});
  }
  return requests;
}

// Has a worker compile `missing`, by symbol, and adds the kernels to `kernels` and, unless `cache` is null, to the
// cache.
absl::Status RunWorker(const std::map<std::string, PendingKernel>& missing, const CompileOptions& options,
                       const Cache* cache, std::map<std::string, CompiledKernel>& kernels) {
  BRINE_ASSIGN_OR_RETURN(TemporaryFolder folder, TemporaryFolder::Create());
  const std::string request_path = absl::StrCat(folder.path(), "/requests");
  BRINE_RETURN_IF_ERROR(WriteFile(request_path, WriteRequests(missing, options, folder)));
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  const int jobs = options.jobs > 0 ? options.jobs : static_cast<int>(std::max(1L, cores));
  BRINE_ASSIGN_OR_RETURN(
      ProcessResult result,
      RunProcess({options.worker, "--target", options.target, "--jobs", absl::StrCat(jobs)}, request_path));
  if (result.exit_code != 0) {
    return absl::InternalError(
        absl::StrCat("the kernel compiler ended with code ", result.exit_code, ": ", result.errors));
  }
  std::istringstream answers(result.output);
  std::string verdict, symbol;
  int64_t text_bytes = 0;
  size_t answered = 0;
  while (answers >> verdict >> symbol >> text_bytes) {
    const auto pending = missing.find(symbol);
    if (pending == missing.end() || text_bytes < 0)
      return absl::InternalError(absl::StrCat("the kernel compiler answered for ", symbol));
    answers.get();  // the end of the line
    std::string text(static_cast<size_t>(text_bytes), '\0');
    answers.read(text.data(), text_bytes);
    if (verdict != "ok") {
      return absl::InternalError(
          absl::StrCat("a kernel does not compile: ", text, "\n", result.errors, pending->second.text));
    }
    BRINE_ASSIGN_OR_RETURN(KernelFacts facts, ParseFacts(text));
    std::string object;
    if (pending->second.form != OutputForm::kFacts) {
      BRINE_ASSIGN_OR_RETURN(object, ReadFile(ObjectPath(folder, symbol)));
    }
    CompiledKernel kernel = {symbol, std::move(object), std::move(facts)};
    // If the cache cannot be written, for example because the disk is full, the kernel is compiled again later.
    if (cache != nullptr) cache->Put(pending->second.key, Pack(kernel)).IgnoreError();
    kernels[symbol] = std::move(kernel);
    ++answered;
  }
  if (answered != missing.size()) return absl::InternalError("the kernel compiler left kernels unanswered");
  return absl::OkStatus();
}

}  // namespace

bool NeedsKernel(const ir::Node& node) { return node.is_kernel() || (!node.op->is_view() && !node.op->is_source()); }

absl::StatusOr<CompiledKernels> CompileKernels(absl::Span<const ir::Graph* const> graphs, const CompileOptions& options,
                                               const Cache& cache) {
  CompiledKernels result;
  std::map<std::string, PendingKernel> missing;
  for (const ir::Graph* graph : graphs) {
    std::vector<std::string>& symbols = result.symbols.emplace_back();
    for (const ir::Node& node : graph->nodes) {
      symbols.emplace_back();
      if (!NeedsKernel(node)) continue;
      const std::string text = ir::Print(CanonicalRegion(*graph, node));
      const std::string strategy = StrategyFor(*graph, node, options),
                        key = CacheKey("kernel", options, strategy, text);
      const std::string symbol = symbols.back() = absl::StrCat("k_", HashName(key));
      if (result.kernels.count(symbol) != 0 || missing.count(symbol) != 0) continue;
      std::optional<CompiledKernel> kernel;
      if (const std::optional<std::string> payload = cache.Get(key)) kernel = Unpack(symbol, *payload);
      if (kernel.has_value())
        result.kernels[symbol] = std::move(*kernel);
      else
        missing[symbol] = {text, key, strategy, OutputForm::kObject, HasConvolution(node)};
    }
  }
  result.compiled = static_cast<int>(missing.size());
  if (!missing.empty()) BRINE_RETURN_IF_ERROR(RunWorker(missing, options, &cache, result.kernels));
  return result;
}

absl::StatusOr<std::string> KernelText(const ir::Graph& graph, const ir::Node& node, OutputForm form,
                                       const CompileOptions& options) {
  const std::string text = ir::Print(CanonicalRegion(graph, node)), strategy = StrategyFor(graph, node, options);
  const std::string key = CacheKey("kernel", options, strategy, text);
  const std::string symbol = absl::StrCat("k_", HashName(key));  // the same as that of the object
  std::map<std::string, CompiledKernel> compiled;
  BRINE_RETURN_IF_ERROR(RunWorker({{symbol, {text, key, strategy, form}}}, options, nullptr, compiled));
  return std::move(compiled.at(symbol).object);
}

absl::StatusOr<std::vector<KernelFacts>> ConsiderKernels(const ir::Graph& graph, const CompileOptions& options) {
  std::map<std::string, PendingKernel> pending;
  const auto symbol = [](size_t node_index) { return absl::StrCat("node", node_index); };
  for (size_t node_index = 0; node_index < graph.nodes.size(); ++node_index) {
    const ir::Node& node = graph.nodes[node_index];
    if (!NeedsKernel(node)) continue;
    pending[symbol(node_index)] = {ir::Print(CanonicalRegion(graph, node)), "", StrategyFor(graph, node, options),
                                   OutputForm::kFacts};
  }
  std::map<std::string, CompiledKernel> considered;
  BRINE_RETURN_IF_ERROR(RunWorker(pending, options, nullptr, considered));
  const Machine& machine = MachineOf(options.target);
  const std::vector<Movement> movements = FindMovements(graph, machine.l3_bytes);
  std::vector<KernelFacts> facts;
  for (size_t node_index = 0; node_index < graph.nodes.size(); ++node_index)
    facts.push_back(Adjusted(considered[symbol(node_index)].facts, BatchesOf(graph, graph.nodes[node_index]),
                             MovementMilliseconds(movements[node_index], machine)));
  return facts;
}

absl::StatusOr<StrategyOfKernel> ParseStrategies(const std::string& text, const std::string& worker) {
  BRINE_ASSIGN_OR_RETURN(const ProcessResult list, RunProcess({worker, "--list-strategies"}));
  std::vector<std::pair<std::string, std::string>> rows;  // prefix of an op's name, strategy
  for (absl::string_view row : absl::StrSplit(text, ',')) {
    const size_t equals = row.find('=');
    const bool is_for_all = equals == absl::string_view::npos;
    const std::string op(is_for_all ? "" : row.substr(0, equals)), strategy(is_for_all ? row : row.substr(equals + 1));
    if (strategy.empty() || (!is_for_all && op.empty())) {
      return absl::InvalidArgumentError(absl::StrCat("expected OP=STRATEGY or STRATEGY, got \"", row, "\""));
    }
    std::set<std::string> known;
    for (absl::string_view line : absl::StrSplit(list.output, '\n', absl::SkipEmpty())) {
      const std::pair<absl::string_view, absl::string_view> words = absl::StrSplit(line, absl::MaxSplits(' ', 1));
      if (words.first == "any" || absl::StartsWith(words.first, op)) known.emplace(words.second);
    }
    if (known.count(strategy) == 0) {
      return absl::InvalidArgumentError(absl::StrCat("unknown strategy \"", strategy, "\"",
                                                     is_for_all ? "" : absl::StrCat(" for ", op), "; known are ",
                                                     absl::StrJoin(known, ", ")));
    }
    rows.emplace_back(op, strategy);
  }
  return [rows](const ir::Graph&, const ir::Node& kernel) {
    std::string strategy;
    for (const auto& [op, name] : rows) {
      bool is_for_kernel = op.empty();
      for (const ir::Node& node : kernel.body) {
        const bool is_named = absl::StartsWith(node.op->name, op) ||
                              (node.op->form != nullptr && absl::StartsWith(node.op->form->name, op));
        is_for_kernel = is_for_kernel || (node.op->kind == ir::OpKind::kContraction && is_named);
      }
      if (is_for_kernel) strategy = name;
    }
    return strategy;
  };
}

absl::StatusOr<std::string> RuntimeObject(const CompileOptions& options, const Cache& cache) {
  const std::string key = CacheKey("runtime", options, "", "");
  if (const std::optional<std::string> payload = cache.Get(key)) {
    if (const std::optional<CompiledKernel> runtime = Unpack(kRuntime, *payload)) return runtime->object;
  }
  std::map<std::string, CompiledKernel> compiled;
  BRINE_RETURN_IF_ERROR(RunWorker({{kRuntime, {"", key, ""}}}, options, &cache, compiled));
  return compiled.at(kRuntime).object;
}

std::string ProcessorText() {
  std::string text;
  const std::string processors = ReadFile("/proc/cpuinfo").value_or("");
  for (absl::string_view line : absl::StrSplit(processors, '\n')) {
    if (line.empty()) break;  // the first processor's lines end here
    for (absl::string_view field : {"vendor_id", "cpu family", "model\t", "stepping", "flags"}) {
      if (absl::StartsWith(line, field)) absl::StrAppend(&text, line, "\n");
    }
  }
  return text;
}

absl::StatusOr<std::string> HostTarget(const std::string& worker, const Cache& cache) {
  const std::string key = absl::StrCat("host target\nhalide ", kHalideVersion, "\n", ProcessorText());
  if (std::optional<std::string> payload = cache.Get(key)) return TestableTarget(*payload);
  BRINE_ASSIGN_OR_RETURN(ProcessResult result, RunProcess({worker, "--host-target"}));
  if (result.exit_code != 0) return absl::InternalError(absl::StrCat(worker, " does not run: ", result.errors));
  const std::string target(absl::StripSuffix(result.output, "\n"));
  cache.Put(key, target).IgnoreError();
  return TestableTarget(target);
}

absl::StatusOr<bool> IsTarget(const std::string& target, const std::string& worker) {
  BRINE_ASSIGN_OR_RETURN(const ProcessResult result, RunProcess({worker, "--target", target}));  // without requests
  return result.exit_code == 0;
}

}  // namespace brine::codegen
