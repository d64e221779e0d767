// The work and the memory of the training step of each example, and of each model of tests/bench, as text.  A lost
// fusion, a strategy that is no longer chosen or a value that is kept too long changes a line here.  It is for two
// pinned targets, so that every machine gives the same numbers.
#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>

#include "absl/strings/str_format.h"
#include "codegen/driver/compile.h"
#include "codegen/driver/files.h"
#include "codegen/driver/toolchain.h"
#include "ir/text/text.h"
#include "passes/derive.h"
#include "passes/kernel_query.h"
#include "passes/pipeline.h"
#include "passes/plan_memory.h"
#include "tests/golden.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

constexpr struct {
  const char* name;
  const char* halide;
} kTargets[] = {
    {"avx2", "x86-64-linux-avx-avx2-f16c-fma-sse41"},
    {"avx512", "x86-64-linux-avx-avx2-avx512-avx512_skylake-f16c-fma-sse41"},
};
constexpr int64_t kBatchSize = 32;

ir::Graph Planned(const std::string& example) {
  const std::string path = absl::StrCat(BRINE_SOURCE_DIR, "/tests/frontend/golden/", example, ".ir");
  const auto graphs = ir::Parse(ReadFile(path).value(), path);
  EXPECT_TRUE(graphs.ok()) << graphs.status();
  auto graph = passes::Derive(graphs->front(), ir::Function::kTrain, kBatchSize);
  EXPECT_TRUE(graph.ok()) << graph.status();
  EXPECT_TRUE(passes::RunPipeline(*graph).ok());
  return *graph;
}

// What a program loads of an object.  The rest holds names, and with them depends on the hash of codegen's sources.
int64_t LoadedBytes(const std::string& object) {
  Elf64_Ehdr header;
  std::memcpy(&header, object.data(), sizeof(header));
  int64_t bytes = 0;
  for (int index = 0; index < header.e_shnum; ++index) {
    Elf64_Shdr section;
    std::memcpy(&section, object.data() + header.e_shoff + static_cast<size_t>(index) * sizeof(section),
                sizeof(section));
    if ((section.sh_flags & SHF_ALLOC) != 0) bytes += static_cast<int64_t>(section.sh_size);
  }
  return bytes;
}

std::string Budget(const ir::Graph& graph, const CompiledKernels& kernels) {
  std::string text = absl::StrFormat("%-12s %-19s %14s %12s %10s %8s  %s\n", "kernel", "strategy", "flops", "bytes",
                                     "scratch", "loaded", "makes");
  int64_t count = 0, flops = 0, bytes = 0, scratch = 0, loaded = 0;
  for (size_t index = 0; index < graph.nodes.size(); ++index) {
    const ir::Node& node = graph.nodes[index];
    if (!node.is_kernel()) continue;
    const CompiledKernel& kernel = kernels.kernels.at(kernels.symbols[0][index]);
    const int64_t own_flops = passes::KernelFlops(graph, node, graph.batch_size),
                  own_bytes = passes::KernelBytes(graph, node);
    absl::StrAppendFormat(&text, "%-12s %-19s %14s %12d %10d %8d  %s\n", node.region, kernel.facts.strategy,
                          absl::StrCat(kernel.facts.sparse_argument >= 0 ? "<= " : "", own_flops), own_bytes,
                          kernel.facts.scratch_bytes, LoadedBytes(kernel.object), graph.value(node.outputs[0]).name);
    ++count;
    flops += own_flops;
    bytes += own_bytes;
    scratch = std::max(scratch, kernel.facts.scratch_bytes);
  }
  for (const auto& [symbol, kernel] : kernels.kernels) loaded += LoadedBytes(kernel.object);
  absl::StrAppendFormat(&text, "%-12s %-19s %14d %12d %10d %8d\n", absl::StrCat(count, " kernels"), "", flops, bytes,
                        scratch, loaded);
  const passes::MemoryReport memory = passes::ReportMemory(graph);
  absl::StrAppend(&text, "arena ", memory.arena_bytes(), ", bound ", memory.arena_bound_bytes, "\n");
  return text;
}

class BudgetTest : public testing::TestWithParam<const char*> {};

TEST_P(BudgetTest, OfATrainingStep) {
  const ir::Graph graph = Planned(GetParam());
  const auto toolchain = FindToolchain();
  const auto cache = Cache::Open(TestOptions().cache_folder);
  ASSERT_TRUE(toolchain.ok() && cache.ok()) << toolchain.status() << cache.status();
  for (const auto& target : kTargets) {
    CompileOptions options;
    options.worker = toolchain->worker;
    options.target = target.halide;
    const ir::Graph* const graphs[] = {&graph};
    const auto kernels = CompileKernels(graphs, options, *cache);
    ASSERT_TRUE(kernels.ok()) << kernels.status();
    ExpectGolden(Budget(graph, *kernels), absl::StrCat("kernel/golden/budget/", GetParam(), ".", target.name, ".txt"));
  }
}

INSTANTIATE_TEST_SUITE_P(Examples, BudgetTest,
                         testing::Values("cifar10_cnn", "cifar10_cnn_64", "cifar10_avg_pool", "cifar10_dropout_augment",
                                         "mnist_mlp", "in_memory", "cifar10_augment", "cifar10_frozen", "stride2_cnn",
                                         "vgg_like"),
                         [](const testing::TestParamInfo<const char*>& info) { return std::string(info.param); });

}  // namespace
}  // namespace brine::codegen
