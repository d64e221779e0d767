#include "codegen/driver/build_step.h"

#include <dlfcn.h>

#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "absl/strings/str_cat.h"
#include "codegen/driver/compile.h"
#include "codegen/driver/files.h"
#include "codegen/driver/region.h"
#include "codegen/driver/toolchain.h"
#include "ir/check.h"
#include "ir/kinds.h"
#include "ir/status.h"
#include "runtime/base/alignment.h"
#include "runtime/program.h"

namespace brine::codegen {
namespace {

constexpr int64_t kRedZoneBytes = 256;  // before and after each allocation
constexpr uint8_t kRedByte = 0xA5;
constexpr uint8_t kPoisonByte = 0xFF;  // a float of such bytes is NaN

// Functions of the shared library that holds Halide's runtime and Brine's backend.  A process has one such library.
struct Runtime {
  int (*set_threads)(int32_t) = nullptr;
  uint32_t (*flush_denormals)() = nullptr;
  void (*restore_denormals)(uint32_t) = nullptr;
};

// Links `inputs` to a shared library in `folder` and loads it.  Returns the handle of dlopen.
absl::StatusOr<void*> LinkAndLoad(const Toolchain& toolchain, const std::vector<std::string>& inputs,
                                  const TemporaryFolder& folder, int flags) {
  const std::string library = absl::StrCat(folder.path(), "/linked.so");
  std::vector<std::string> command = {toolchain.c_compiler, "-shared", "-o", library};
  command.insert(command.end(), inputs.begin(), inputs.end());
  BRINE_ASSIGN_OR_RETURN(ProcessResult result, RunProcess(command));
  if (result.exit_code != 0) return absl::InternalError(absl::StrCat("linking failed: ", result.errors));
  void* handle = dlopen(library.c_str(), RTLD_NOW | flags);
  if (handle == nullptr) return absl::InternalError(absl::StrCat("loading failed: ", dlerror()));
  return handle;
}

// The runtime, which is loaded on first use and kept, since the kernels of all steps share its threads.
absl::StatusOr<Runtime> LoadRuntime(const Toolchain& toolchain, const CompileOptions& options, const Cache& cache) {
  static std::mutex mutex;
  static std::optional<Runtime> loaded;
  const std::lock_guard<std::mutex> lock(mutex);
  if (loaded.has_value()) return *loaded;
  BRINE_ASSIGN_OR_RETURN(std::string object, RuntimeObject(options, cache));
  BRINE_ASSIGN_OR_RETURN(TemporaryFolder folder, TemporaryFolder::Create());
  const std::string path = absl::StrCat(folder.path(), "/runtime.o");
  BRINE_RETURN_IF_ERROR(WriteFile(path, object));
  BRINE_ASSIGN_OR_RETURN(void* handle,
                         LinkAndLoad(toolchain,
                                     {path, "-Wl,--whole-archive", toolchain.libraries + "/libbrine_backend.a",
                                      "-Wl,--no-whole-archive", "-lpthread", "-ldl", "-lm"},
                                     folder, RTLD_GLOBAL));
  Runtime runtime;
  runtime.set_threads = reinterpret_cast<int (*)(int32_t)>(dlsym(handle, "brine_backend_set_threads"));
  runtime.flush_denormals = reinterpret_cast<uint32_t (*)()>(dlsym(handle, "brine_backend_flush_denormals"));
  runtime.restore_denormals = reinterpret_cast<void (*)(uint32_t)>(dlsym(handle, "brine_backend_restore"));
  BRINE_CHECK(runtime.set_threads != nullptr && runtime.flush_denormals != nullptr &&
              runtime.restore_denormals != nullptr);
  loaded = runtime;
  return runtime;
}

using Kernel = int (*)(void**);  // <symbol>_argv of an object; returns 0 or an error

// A buffer of a tensor as a kernel expects it.
struct BufferView {
  brine_buffer buffer = {};
  brine_dimension dims[BRINE_MAX_RANK] = {};

  BufferView(const ir::Type& type, int64_t rows, uint8_t* host) {
    buffer.host = host;
    buffer.type_lanes = 1;
    buffer.type_bits = static_cast<uint8_t>(ir::BitWidth(type.dtype));
    // The codes of halide_type_t: 2 for a float, 0 for a signed and 1 for an unsigned integer.
    buffer.type_code = type.dtype == ir::DType::kF32 ? 2 : type.dtype == ir::DType::kI32 ? 0 : 1;
    buffer.dimensions = type.rank();
    buffer.dim = dims;
    int32_t stride = 1;
    for (int axis = 0; axis < type.rank(); ++axis) {
      const ir::Dim dim = type.shape[static_cast<size_t>(type.rank() - 1 - axis)];
      dims[axis] = {0, static_cast<int32_t>(dim == ir::kBatch ? rows : dim), stride, 0};
      stride *= dims[axis].extent;
    }
  }
};

void ToBytes(const ir::Tensor<float>& tensor, uint8_t* bytes) {
  if (ir::IsReal(tensor.dtype)) {
    std::memcpy(bytes, tensor.real.data(), tensor.real.size() * sizeof(float));
    return;
  }
  for (size_t element = 0; element < tensor.integers.size(); ++element) {
    if (tensor.dtype == ir::DType::kU8)
      bytes[element] = static_cast<uint8_t>(tensor.integers[element]);
    else
      reinterpret_cast<uint32_t*>(bytes)[element] = static_cast<uint32_t>(tensor.integers[element]);
  }
}

void FromBytes(const uint8_t* bytes, ir::Tensor<float>& tensor) {
  if (ir::IsReal(tensor.dtype)) {
    std::memcpy(tensor.real.data(), bytes, tensor.real.size() * sizeof(float));
    return;
  }
  for (size_t element = 0; element < tensor.integers.size(); ++element) {
    switch (tensor.dtype) {
      case ir::DType::kU8:
        tensor.integers[element] = bytes[element];
        break;
      case ir::DType::kI32:
        tensor.integers[element] = reinterpret_cast<const int32_t*>(bytes)[element];
        break;
      default:
        tensor.integers[element] = reinterpret_cast<const uint32_t*>(bytes)[element];
    }
  }
}

class Memory;

}  // namespace

struct CompiledStep::State {
  ir::Graph graph;
  BuildOptions options;
  Runtime runtime;
  void* library = nullptr;
  // By node.
  std::vector<Kernel> kernels;  // null for views and constants
  std::vector<std::vector<ir::ValueId>> arguments;
  std::vector<int64_t> scratch_bytes;
  std::vector<std::string> strategies;

  int compiled = 0;

  ~State() {
    if (library != nullptr) dlclose(library);
  }

  // Runs the kernel of node `node_index` and checks the red zones.
  absl::Status RunKernel(size_t node_index, int64_t rows, Memory& memory) const;
};

CompiledStep::CompiledStep(std::unique_ptr<State> state) : state_(std::move(state)) {}
CompiledStep::CompiledStep(CompiledStep&&) noexcept = default;
CompiledStep::~CompiledStep() = default;
int CompiledStep::compiled_kernels() const { return state_->compiled; }
const std::vector<std::string>& CompiledStep::strategies() const { return state_->strategies; }

namespace {

// What building needs to know of this machine.
struct Setup {
  Toolchain toolchain;
  Cache cache;
  CompileOptions options;  // without Halide's checks, for the runtime
};

absl::StatusOr<Setup> SetUp(const BuildOptions& build) {
  BRINE_ASSIGN_OR_RETURN(Toolchain toolchain, FindToolchain());
  std::string folder_name = build.cache_folder;
  if (folder_name.empty()) {
    BRINE_ASSIGN_OR_RETURN(folder_name, Cache::DefaultFolder());
  }
  BRINE_ASSIGN_OR_RETURN(Cache cache, Cache::Open(folder_name));
  CompileOptions options;
  options.worker = build.worker.empty() ? toolchain.worker : build.worker;
  if (!build.worker.empty()) options.worker_id = HashName(ReadFile(build.worker).value_or(""));
  options.target = build.target;
  options.strategy = build.strategy;
  if (options.target.empty()) {
    BRINE_ASSIGN_OR_RETURN(options.target, HostTarget(options.worker, cache));
  }
  return Setup{std::move(toolchain), std::move(cache), std::move(options)};
}

}  // namespace

absl::StatusOr<std::vector<KernelFacts>> ConsiderStrategies(const ir::Graph& graph, const BuildOptions& build) {
  BRINE_ASSIGN_OR_RETURN(const Setup setup, SetUp(build));
  return ConsiderKernels(graph, setup.options);
}

absl::StatusOr<CompiledStep> BuildStep(const ir::Graph& graph, const BuildOptions& build) {
  auto state = std::make_unique<CompiledStep::State>();
  state->graph = graph;
  state->options = build;
  BRINE_ASSIGN_OR_RETURN(Setup setup, SetUp(build));
  auto& [toolchain, cache, options] = setup;
  BRINE_ASSIGN_OR_RETURN(state->runtime, LoadRuntime(toolchain, options, cache));
  options.asserts = build.asserts;

  const ir::Graph* const graphs[] = {&graph};
  BRINE_ASSIGN_OR_RETURN(CompiledKernels compiled, CompileKernels(graphs, options, cache));
  state->compiled = compiled.compiled;
  BRINE_ASSIGN_OR_RETURN(TemporaryFolder folder, TemporaryFolder::Create());
  std::vector<std::string> objects;
  for (const auto& [symbol, kernel] : compiled.kernels) {
    objects.push_back(absl::StrCat(folder.path(), "/", symbol, ".o"));
    BRINE_RETURN_IF_ERROR(WriteFile(objects.back(), kernel.object));
  }
  BRINE_ASSIGN_OR_RETURN(state->library, LinkAndLoad(toolchain, objects, folder, RTLD_LOCAL));
  for (size_t node_index = 0; node_index < graph.nodes.size(); ++node_index) {
    const std::string& symbol = compiled.symbols[0][node_index];
    state->kernels.push_back(nullptr);
    state->scratch_bytes.push_back(0);
    state->arguments.push_back(KernelArguments(graph.nodes[node_index]));
    state->strategies.push_back(symbol.empty() ? "" : compiled.kernels.at(symbol).facts.strategy);
    if (symbol.empty()) continue;
    state->kernels.back() = reinterpret_cast<Kernel>(dlsym(state->library, absl::StrCat(symbol, "_argv").c_str()));
    state->scratch_bytes.back() = compiled.kernels.at(symbol).facts.scratch_bytes;
    if (state->kernels.back() == nullptr)
      return absl::InternalError(absl::StrCat(symbol, " is missing from its object"));
  }
  return CompiledStep(std::move(state));
}

namespace {

// The memory of the values of one run: the planned blocks, or an allocation for each value.  Each lies between red
// zones.
class Memory {
 public:
  Memory(const ir::Graph& graph, int64_t rows, bool use_placements) : hosts_(graph.values.size(), nullptr) {
    std::vector<bool> is_inside_kernel(graph.values.size(), false);
    for (const ir::Node& node : graph.nodes) {
      for (const ir::Node& part : node.body) {
        for (ir::ValueId value : part.outputs) is_inside_kernel[Index(value)] = true;
      }
      for (ir::ValueId value : node.outputs) is_inside_kernel[Index(value)] = false;
    }
    std::map<ir::Block, int64_t> block_bytes;
    for (size_t value_index = 0; value_index < graph.values.size(); ++value_index) {
      const ir::Value& value = graph.values[value_index];
      if (is_inside_kernel[value_index]) continue;
      if (use_placements && value.placement.has_value()) {
        int64_t& bytes = block_bytes[value.placement->block];
        bytes = std::max(bytes, value.placement->offset + ir::ByteCount(value.type, graph.batch_size).value());
      } else {
        // The result of a view gets its own memory here; Run makes it share the memory of its source.
        hosts_[value_index] = Allocate(value.name, ir::ByteCount(value.type, rows).value());
      }
    }
    for (const auto& [block, bytes] : block_bytes) blocks_[block] = Allocate(std::string(ir::BlockName(block)), bytes);
    for (size_t value_index = 0; value_index < graph.values.size(); ++value_index) {
      const ir::Value& value = graph.values[value_index];
      if (use_placements && value.placement.has_value() && !is_inside_kernel[value_index])
        hosts_[value_index] = blocks_[value.placement->block] + value.placement->offset;
    }
  }

  // The address of a value.  It may be changed.
  uint8_t*& host(ir::ValueId value) { return hosts_[Index(value)]; }

  // Errors (kInternal): a byte of a red zone has changed.
  absl::Status CheckRedZones() const {
    for (const Allocation& allocation : allocations_) {
      for (int64_t distance = 0; distance < kRedZoneBytes; ++distance) {
        const bool is_before = allocation.Data()[-1 - distance] != kRedByte,
                   is_after = allocation.Data()[allocation.bytes + distance] != kRedByte;
        if (is_before || is_after)
          return absl::InternalError(absl::StrCat(allocation.name, ": a kernel wrote ", distance + 1, " bytes ",
                                                  is_before ? "before" : "past", " it"));
      }
    }
    return absl::OkStatus();
  }

 private:
  struct Allocation {
    std::string name;
    int64_t bytes;
    std::vector<uint8_t> storage;

    uint8_t* Data() const {
      const auto begin = reinterpret_cast<uintptr_t>(storage.data()) + kRedZoneBytes;
      return reinterpret_cast<uint8_t*>(base::RoundUp(begin));
    }
  };

  uint8_t* Allocate(std::string name, int64_t bytes) {
    allocations_.push_back(
        {std::move(name), bytes, std::vector<uint8_t>(static_cast<size_t>(bytes + 2 * kRedZoneBytes + 64), kRedByte)});
    std::memset(allocations_.back().Data(), kPoisonByte, static_cast<size_t>(bytes));
    return allocations_.back().Data();
  }

  std::vector<Allocation> allocations_;
  std::map<ir::Block, uint8_t*> blocks_;
  std::vector<uint8_t*> hosts_;
};

// The tensor that a constant node makes if n = 1.
ir::Tensor<float> ConstantOf(const ir::Graph& graph, const ir::Node& node) {
  const std::vector<double>& values = ir::SourceValues(node);
  ir::Tensor<float> tensor = ir::MakeTensor<float>(graph.type(node.outputs[0]), 1);
  for (int64_t element = 0; element < tensor.size(); ++element) {
    const double value = values[values.size() == 1 ? 0 : static_cast<size_t>(element)];
    if (ir::IsReal(tensor.dtype))
      tensor.real[static_cast<size_t>(element)] = static_cast<float>(value);
    else
      tensor.integers[static_cast<size_t>(element)] = static_cast<int64_t>(value);
  }
  return tensor;
}

}  // namespace

absl::Status CompiledStep::State::RunKernel(size_t node_index, int64_t rows, Memory& memory) const {
  std::vector<uint8_t> scratch(static_cast<size_t>(scratch_bytes[node_index]) + base::kAlignment);
  brine_context context = {};
  context.scratch = reinterpret_cast<uint8_t*>(base::RoundUp(reinterpret_cast<uintptr_t>(scratch.data())));
  context.scratch_bytes = scratch_bytes[node_index];
  brine_context* context_pointer = &context;
  std::vector<BufferView> views;
  views.reserve(arguments[node_index].size());
  std::vector<void*> pointers = {&context_pointer};
  for (ir::ValueId value : arguments[node_index]) {
    views.emplace_back(graph.type(value), rows, memory.host(value));
    views.back().buffer.dim = views.back().dims;
    pointers.push_back(&views.back().buffer);
  }
  const uint32_t denormals = runtime.flush_denormals();
  const int failed = kernels[node_index](pointers.data());
  runtime.restore_denormals(denormals);
  if (failed != 0 || context.error[0] != '\0') {
    return absl::InternalError(absl::StrCat(graph.value(graph.nodes[node_index].outputs[0]).name, ": ", context.error));
  }
  return memory.CheckRedZones();
}

absl::StatusOr<ir::Tensors<float>> CompiledStep::Run(const ir::Tensors<float>& given, int64_t rows, int threads) {
  const ir::Graph& graph = state_->graph;
  Memory memory(graph, rows, state_->options.use_placements);
  const auto load = [&](ir::ValueId value) -> absl::Status {
    const auto it = given.find(graph.value(value).name);
    if (it == given.end()) return absl::InvalidArgumentError(absl::StrCat("no tensor for ", graph.value(value).name));
    ToBytes(it->second, memory.host(value));
    return absl::OkStatus();
  };
  for (const ir::Input& input : graph.inputs) BRINE_RETURN_IF_ERROR(load(input.value));
  for (const ir::State& state : graph.states) BRINE_RETURN_IF_ERROR(load(state.value));

  const auto store = [&](ir::ValueId value, ir::Tensors<float>& results) {
    ir::Tensor<float> tensor = ir::MakeTensor<float>(graph.type(value), rows);
    FromBytes(memory.host(value), tensor);
    results[graph.value(value).name] = std::move(tensor);
  };
  ir::Tensors<float> results;
  state_->runtime.set_threads(threads);
  for (size_t node_index = 0; node_index < graph.nodes.size(); ++node_index) {
    const ir::Node& node = graph.nodes[node_index];
    if (state_->kernels[node_index] != nullptr) {
      BRINE_RETURN_IF_ERROR(state_->RunKernel(node_index, rows, memory));
    } else if (!node.op->is_view()) {
      ToBytes(ConstantOf(graph, node), memory.host(node.outputs[0]));
    } else if (!state_->options.use_placements) {
      memory.host(node.outputs[0]) = memory.host(node.inputs[0]);
    }
    for (ir::ValueId value : node.outputs) store(value, results);
  }
  for (const ir::State& state : graph.states) store(state.value, results);
  // The result for a state is its new value, which may lie in memory of its own.
  for (const ir::Update& update : graph.updates)
    results[graph.value(update.state).name] = results.at(graph.value(update.value).name);
  return results;
}

}  // namespace brine::codegen
