#include "codegen/compile.h"

#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "codegen/files.h"
#include "codegen/region.h"
#include "codegen/sources_hash.h"
#include "ir/op.h"
#include "ir/status.h"
#include "ir/text.h"

namespace brine::codegen {
namespace {

// A kernel that must be there: `key` names everything that decides its bytes.  Without a text it is Halide's runtime.
struct Wanted {
  std::string text, key;
  OutputForm form = OutputForm::kObject;
};

constexpr char kRuntime[] = "halide_runtime";

std::string Key(absl::string_view what, const CompileOptions& options, absl::string_view text) {
  return absl::StrCat(what, "\nhalide ", kHalideVersion, "\nsources ", kSourcesHash, "\ntarget ", options.target,
                      "\nasserts ", options.asserts ? 1 : 0, "\n", text);
}

// A cached payload is the scratch bytes, a space, the algorithm, a newline, and the object.
std::string Pack(const CompiledKernel& kernel) {
  return absl::StrCat(kernel.scratch_bytes, " ", kernel.algorithm, "\n", kernel.object);
}

std::optional<CompiledKernel> Unpack(const std::string& symbol, const std::string& payload) {
  const size_t end = payload.find('\n'), space = payload.find(' ');
  CompiledKernel kernel = {symbol, "", 0, ""};
  if (end == std::string::npos || space > end || !absl::SimpleAtoi(payload.substr(0, space), &kernel.scratch_bytes))
    return std::nullopt;
  kernel.algorithm = payload.substr(space + 1, end - space - 1);
  kernel.object = payload.substr(end + 1);
  return kernel;
}

std::string ObjectPath(const TemporaryFolder& folder, const std::string& symbol) {
  return absl::StrCat(folder.path(), "/", symbol, ".o");
}

// What takes the compiler long goes first, so that no core waits for it in the end: Halide's runtime, convolutions,
// kernels of many ops.
size_t CompileWeight(const Wanted& wanted) {
  if (wanted.text.empty()) return std::string::npos;
  return wanted.text.size() + (absl::StrContains(wanted.text, "conv2d") ? size_t{1} << 30 : 0);
}

// Compiles `missing` in worker processes and adds the results to `kernels` and, unless it is null, the cache.
absl::Status RunWorker(const std::map<std::string, Wanted>& missing, const CompileOptions& options, const Cache* cache,
                       std::map<std::string, CompiledKernel>& kernels) {
  BRINE_ASSIGN_OR_RETURN(TemporaryFolder folder, TemporaryFolder::Create());
  std::vector<std::string> order;
  for (const auto& [symbol, wanted] : missing) order.push_back(symbol);
  std::stable_sort(order.begin(), order.end(), [&](const std::string& a, const std::string& b) {
    return CompileWeight(missing.at(a)) > CompileWeight(missing.at(b));
  });
  std::string requests;
  for (const std::string& symbol : order) {
    const Wanted& wanted = missing.at(symbol);
    requests += WriteRequest({{symbol, options.asserts, wanted.form}, ObjectPath(folder, symbol), wanted.text});
  }
  const std::string request_path = absl::StrCat(folder.path(), "/requests");
  BRINE_RETURN_IF_ERROR(WriteFile(request_path, requests));
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
  int64_t number = 0;
  size_t answered = 0;
  while (answers >> verdict >> symbol >> number) {
    const auto wanted = missing.find(symbol);
    if (wanted == missing.end()) return absl::InternalError(absl::StrCat("the kernel compiler answered for ", symbol));
    if (verdict != "ok") {
      answers.get();
      std::string text(static_cast<size_t>(number), '\0');
      answers.read(text.data(), number);
      return absl::InternalError(
          absl::StrCat("a kernel does not compile: ", text, "\n", result.errors, wanted->second.text));
    }
    std::string algorithm;
    answers >> algorithm;
    BRINE_ASSIGN_OR_RETURN(std::string object, ReadFile(ObjectPath(folder, symbol)));
    CompiledKernel kernel = {symbol, std::move(object), number, algorithm};
    // A cache that cannot be written to (a full disk) costs time later, not the result now.
    if (cache != nullptr) cache->Put(wanted->second.key, Pack(kernel)).IgnoreError();
    kernels[symbol] = std::move(kernel);
    ++answered;
  }
  if (answered != missing.size()) return absl::InternalError("the kernel compiler left kernels unanswered");
  return absl::OkStatus();
}

}  // namespace

bool NeedsKernel(const ir::Node& node) { return node.is_kernel() || (!node.op->view && node.op != &ir::kConstant); }

absl::StatusOr<CompiledKernels> CompileKernels(absl::Span<const ir::Graph* const> graphs, const CompileOptions& options,
                                               const Cache& cache) {
  CompiledKernels result;
  std::map<std::string, Wanted> missing;
  for (const ir::Graph* graph : graphs) {
    std::vector<std::string>& symbols = result.symbols.emplace_back();
    for (const ir::Node& node : graph->nodes) {
      symbols.emplace_back();
      if (!NeedsKernel(node)) continue;
      const std::string text = ir::Print(CanonicalRegion(*graph, node));
      const std::string key = Key("kernel", options, text);
      const std::string symbol = symbols.back() = absl::StrCat("k_", HashName(key));
      if (result.kernels.count(symbol) != 0 || missing.count(symbol) != 0) continue;
      std::optional<CompiledKernel> kernel;
      if (const std::optional<std::string> payload = cache.Get(key)) kernel = Unpack(symbol, *payload);
      if (kernel.has_value())
        result.kernels[symbol] = std::move(*kernel);
      else
        missing[symbol] = {text, key};
    }
  }
  result.compiled = static_cast<int>(missing.size());
  if (missing.empty()) return result;
  const std::string runtime = Key("runtime", options, "");
  if (options.runtime && !cache.Get(runtime).has_value()) missing[kRuntime] = {"", runtime};
  BRINE_RETURN_IF_ERROR(RunWorker(missing, options, &cache, result.kernels));
  result.kernels.erase(kRuntime);
  return result;
}

absl::StatusOr<std::string> KernelText(const ir::Graph& graph, const ir::Node& node, OutputForm form,
                                       const CompileOptions& options) {
  const std::string text = ir::Print(CanonicalRegion(graph, node)), key = Key("kernel", options, text);
  const std::string symbol = absl::StrCat("k_", HashName(key));  // as in the object
  std::map<std::string, CompiledKernel> compiled;
  BRINE_RETURN_IF_ERROR(RunWorker({{symbol, {text, key, form}}}, options, nullptr, compiled));
  return std::move(compiled.at(symbol).object);
}

absl::StatusOr<std::string> RuntimeObject(const CompileOptions& options, const Cache& cache) {
  const std::string key = Key("runtime", options, "");
  if (const std::optional<std::string> payload = cache.Get(key)) {
    if (const std::optional<CompiledKernel> runtime = Unpack(kRuntime, *payload)) return runtime->object;
  }
  std::map<std::string, CompiledKernel> compiled;
  BRINE_RETURN_IF_ERROR(RunWorker({{kRuntime, {"", key}}}, options, &cache, compiled));
  return compiled.at(kRuntime).object;
}

absl::StatusOr<std::string> HostTarget(const std::string& worker, const Cache& cache) {
  std::string key = absl::StrCat("host target\nhalide ", kHalideVersion, "\n");
  const std::string processors = ReadFile("/proc/cpuinfo").value_or("");
  for (absl::string_view line : absl::StrSplit(processors, '\n')) {
    if (line.empty()) break;  // of the first processor
    for (absl::string_view field : {"vendor_id", "cpu family", "model\t", "stepping", "flags"}) {
      if (absl::StartsWith(line, field)) absl::StrAppend(&key, line, "\n");
    }
  }
  if (std::optional<std::string> payload = cache.Get(key)) return *std::move(payload);
  BRINE_ASSIGN_OR_RETURN(ProcessResult result, RunProcess({worker, "--host-target"}));
  if (result.exit_code != 0) return absl::InternalError(absl::StrCat(worker, " does not run: ", result.errors));
  const std::string target(absl::StripSuffix(result.output, "\n"));
  cache.Put(key, target).IgnoreError();
  return target;
}

}  // namespace brine::codegen
