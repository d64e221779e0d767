#include "codegen/driver/emit_program.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "codegen/driver/c_text.h"
#include "codegen/driver/cpu_features.h"
#include "codegen/driver/gzip.h"
#include "codegen/driver/join_updates.h"
#include "codegen/driver/machine.h"
#include "codegen/driver/movement.h"
#include "codegen/driver/region.h"
#include "codegen/driver/runtime_names.h"
#include "ir/check.h"
#include "ir/kinds.h"
#include "ir/philox.h"
#include "ir/status.h"
#include "ir/text/text.h"
#include "ir/training.h"
#include "passes/kernel_query.h"
#include "passes/plan_memory.h"
#include "runtime/base/alignment.h"
#include "runtime/program.h"

namespace brine::codegen {
namespace {

using ir::Graph;
using ir::Node;
using ir::ValueId;

// The largest number of values in a function, since the tables of program.h number them in 16 bits.
constexpr size_t kMaxValues = std::numeric_limits<uint16_t>::max();

// The extents of a type, as elements of a C initializer.
std::string DimsText(const ir::Type& type) {
  return absl::StrJoin(type.shape, ", ", [](std::string* out, ir::Dim dim) {
    absl::StrAppend(out, dim == ir::kBatch ? "BRINE_BATCH" : absl::StrCat(dim));
  });
}

// "file:line" of the first location that has a file; empty if none has.
std::string PlaceText(const std::vector<ir::Location>& locations) {
  for (const ir::Location& location : locations) {
    if (!location.file.empty()) return absl::StrCat(location.file, ":", location.line);
  }
  return "";
}

// The distinct names of the layers of some locations.
std::string LayersText(const std::vector<ir::Location>& locations) {
  std::vector<std::string> names;
  for (const ir::Location& location : locations) {
    if (!location.layer.empty() && std::find(names.begin(), names.end(), location.layer) == names.end())
      names.push_back(location.layer);
  }
  return absl::StrJoin(names, ", ");
}

bool SquaresGradient(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) {
    return std::any_of(node.body.begin(), node.body.end(),
                       [](const Node& inner) { return inner.op->squares_gradient; });
  });
}

// The values of one function that have a place in memory, in the order of the table of values, and their numbers in it.
class ValueTable {
 public:
  explicit ValueTable(const Graph& graph) : numbers_(graph.values.size(), -1) {
    for (ValueId value : graph.value_ids()) {
      if (!graph.value(value).placement.has_value()) continue;
      numbers_[Index(value)] = static_cast<int>(order_.size());
      order_.push_back(value);
    }
  }
  const std::vector<ValueId>& order() const { return order_; }
  int Number(ValueId value) const {
    BRINE_CHECK(numbers_[Index(value)] >= 0);
    return numbers_[Index(value)];
  }

 private:
  std::vector<int> numbers_;
  std::vector<ValueId> order_;
};

class ProgramEmitter {
 public:
  ProgramEmitter(const ProgramGraphs& graphs, const CompiledKernels& kernels, const std::string& target,
                 const std::string& summary)
      : functions_(graphs.functions),
        embedded_(graphs.embedded),
        kernels_(kernels),
        target_(target),
        summary_(summary) {
    BRINE_CHECK(!functions_.empty() && functions_.size() == kernels.symbols.size());
    name_ = ToIdentifier(functions_[0]->name);
  }

  absl::StatusOr<ProgramText> Run() {
    BRINE_RETURN_IF_ERROR(CheckFunctions());
    absl::StrAppend(&out_,
                    "// Written by brine; the tables of runtime/program.h.\n#include <stddef.h>\n\n#include "
                    "\"runtime/program.h\"\n\n"
                    "int brine_backend_parallel_for(void* user_context, brine_task task, int32_t min, int32_t size, "
                    "uint8_t* closure);\n"
                    "int brine_backend_set_threads(int32_t count);\n");
    for (const auto& [symbol, kernel] : kernels_.kernels)
      absl::StrAppend(&out_, "int ", symbol, "_argv(void** argv);\n");
    for (size_t function = 0; function < functions_.size(); ++function)
      EmitFunction(*functions_[function], kernels_.symbols[function]);
    EmitVariables();
    EmitConstants();
    EmitBackend();
    EmitGraphs();
    EmitProgramTable();
    return ProgramText{out_, graphs_, Header(), name_};
  }

 private:
  // Checks the functions, see EmitProgram.  They share the blocks of states, so each state must have the same place in
  // all of them.
  absl::Status CheckFunctions() const {
    const Graph& first = *functions_[0];
    for (const Graph* graph : functions_) {
      if (graph->stage != ir::Stage::kPlanned)
        return absl::InternalError(absl::StrCat(ir::FunctionName(graph->function), " is not planned"));
      if (const size_t values = ValueTable(*graph).order().size(); values > kMaxValues)
        return absl::InvalidArgumentError(absl::StrCat(ir::FunctionName(graph->function), " keeps ", values,
                                                       " values in memory; a program can number ", kMaxValues));
      for (const ir::State& state : graph->states) {
        const ir::Value& value = graph->value(state.value);
        const ValueId other = first.FindValue(value.name);
        if (other == ir::kNoValue)
          return absl::InternalError(absl::StrCat(value.name, " is missing from ", ir::FunctionName(first.function)));
        if (first.value(other).placement != value.placement || first.type(other) != value.type) {
          return absl::InternalError(absl::StrCat(value.name, " lies at different places in ",
                                                  ir::FunctionName(first.function), " and ",
                                                  ir::FunctionName(graph->function)));
        }
      }
    }
    return absl::OkStatus();
  }

  // Writes the tables of one function.  `symbols` are those of its kernels, by node.
  void EmitFunction(const Graph& graph, const std::vector<std::string>& symbols) {
    const std::string prefix(ir::FunctionName(graph.function));
    const ValueTable table(graph);
    EmitValues(graph, table, prefix);

    const std::vector<Movement> movements = FindMovements(graph, MachineOf(target_).l3_bytes);
    std::string calls;
    int call_count = 0, shard_calls = -1, first_update = -1;
    std::vector<int> means;
    std::set<std::pair<ir::Block, int64_t>> averaged;  // places: a gradient may be another one in another shape
    for (size_t node_index = 0; node_index < graph.nodes.size(); ++node_index) {
      const Node& node = graph.nodes[node_index];
      if (symbols[node_index].empty()) {
        if (!node.op->is_view()) StoreConstant(graph, node);
        if (!node.op->ends_shard) continue;
        const ir::Placement& place = *graph.value(node.outputs[0]).placement;
        if (averaged.insert({place.block, place.offset}).second) means.push_back(table.Number(node.outputs[0]));
        continue;
      }
      const std::string arguments = absl::StrCat(prefix, "_", call_count);
      EmitArguments(table, node, arguments);
      calls += CallRow(graph, node, kernels_.kernels.at(symbols[node_index]), movements[node_index], arguments);
      if (first_update < 0 && WritesStates(graph, node)) first_update = call_count;
      if (shard_calls < 0 && (first_update >= 0 || !means.empty())) shard_calls = call_count;
      ++call_count;
    }
    if (first_update < 0) first_update = call_count;
    if (shard_calls < 0) shard_calls = call_count;
    EmitTable("brine_call", prefix + "_calls", calls);

    EmitInputs(graph, table, prefix);
    EmitOutputs(graph, table, prefix);
    EmitResults(graph, prefix);
    EmitTable("uint16_t", prefix + "_shard_means", means.empty() ? "" : absl::StrCat(absl::StrJoin(means, ", "), "\n"));
    absl::StrAppend(&program_functions_, "  {.name = ", CString(prefix), ", .values = ", prefix,
                    "_values, .calls = ", prefix, "_calls, .inputs = ", prefix, "_inputs, .outputs = ", prefix,
                    "_outputs, .results = ", prefix, "_results, .shard_means = ", prefix,
                    "_shard_means, .value_count = ", table.order().size(), ", .call_count = ", call_count,
                    ", .input_count = ", graph.inputs.size(), ", .output_count = ", graph.outputs.size(),
                    ", .result_count = ", graph.results.size(), ", .shard_mean_count = ", means.size(),
                    ", .shard_calls = ", shard_calls, ", .first_update = ", first_update,
                    ", .squares_gradient = ", SquaresGradient(graph) ? 1 : 0, "},\n");
    arena_bound_bytes_ = std::max(arena_bound_bytes_, passes::ReportMemory(graph).arena_bound_bytes);
  }

  void EmitValues(const Graph& graph, const ValueTable& table, const std::string& prefix) {
    absl::StrAppend(&out_, "\nstatic const brine_value ", prefix, "_values[] = {\n");
    for (ValueId id : table.order()) {
      const ir::Value& value = graph.value(id);
      GrowBlock(graph, value);
      absl::StrAppend(&out_, "  {", CString(value.name), ", ", RuntimeName(value.type.dtype), ", ",
                      RuntimeName(value.placement->block), ", ", value.type.rank(), ", {",
                      value.type.rank() == 0 ? "0" : DimsText(value.type), "}, ", value.placement->offset, "},\n");
    }
    absl::StrAppend(&out_, "};\n");
  }

  // Writes the numbers of a kernel's operands in the table of values, as an array `name`.
  void EmitArguments(const ValueTable& table, const Node& node, const std::string& name) {
    const auto append = [&](std::string* text, ValueId value) { absl::StrAppend(text, table.Number(value)); };
    absl::StrAppend(&out_, "static const uint16_t ", name, "[] = {", absl::StrJoin(KernelArguments(node), ", ", append),
                    "};\n");
  }

  // A row of the table of calls; `arguments` names the array of the kernel's operands.
  std::string CallRow(const Graph& graph, const Node& node, const CompiledKernel& kernel, const Movement& movement,
                      const std::string& arguments) {
    const Machine& machine = MachineOf(target_);
    const double movement_ms = MovementMilliseconds(movement, machine), batches = BatchesOf(graph, node);
    // Without an operand whose zeros are counted, the expected share has to do.
    const bool is_sparse = kernel.facts.sparse_argument >= 0;
    const CandidateFact& built = kernel.facts.built();
    const double flops_per_ms = FlopsPerMillisecond(machine);
    scratch_bytes_ = std::max(scratch_bytes_, kernel.facts.scratch_bytes);
    const size_t values = KernelArguments(node).size();
    const int64_t flops = node.is_kernel() ? passes::KernelFlops(graph, node, graph.batch_size) : 0;
    return absl::StrCat(
        "  {.run = &", kernel.symbol, "_argv, .values = ", arguments, ", .input_count = ", values - node.outputs.size(),
        ", .value_count = ", values, ", .scratch_bytes = ", kernel.facts.scratch_bytes,
        ", .name = ", CString(graph.value(node.outputs[0]).name), ", .layers = ", CString(LayersText(node.locations)),
        ", .location = ", CString(PlaceText(node.locations)), ", .flops = ", flops,
        ", .sparse_operand = ", kernel.facts.sparse_argument + 1, ", .strategy = ", CString(kernel.facts.strategy),
        ", .predicted_flops = ", CNumber(batches * flops_per_ms * built.At(is_sparse ? 0 : kNonzeroShare)),
        ", .nonzero_flops = ", CNumber(is_sparse ? batches * flops_per_ms * built.nonzero_milliseconds : 0),
        ", .movement_ms = ", CNumber(movement_ms),
        ", .candidates = ", CString(DescribeCandidates(Adjusted(kernel.facts, batches, movement_ms))), "},\n");
  }

  void EmitInputs(const Graph& graph, const ValueTable& table, const std::string& prefix) {
    std::string rows;
    for (const ir::Input& input : graph.inputs) {
      const std::string terms = absl::StrCat(prefix, "_terms_", table.Number(input.value));
      EmitTerms(graph, input.expression, terms);
      absl::StrAppend(&rows, "  {", table.Number(input.value), ", ", RuntimeName(input.source), ", ",
                      CNumber(input.initial), ", ", input.expression.empty() ? "NULL" : terms, ", ",
                      input.expression.size(), ", ", LabelText(graph.value(input.value).name), "},\n");
    }
    EmitTable("brine_input", prefix + "_inputs", rows);
  }

  // The last fields of a row of the table of inputs, which say to which output a label or a weight belongs.
  std::string LabelText(const std::string& input) const {
    const ir::Objective* const objective = ir::ObjectiveOf(Model().training, input);
    if (objective == nullptr) return absl::StrCat(0, ", ", 0, ", ", 0, ", ", CString(""));
    const bool ignores = objective->arguments.Has("ignore_class");
    return absl::StrCat(ir::LabelClasses(Model(), input), ", ", ignores ? 1 : 0, ", ",
                        ignores ? objective->arguments.Int("ignore_class") : int64_t{0}, ", ",
                        CString(objective->output));
  }

  // The graph that has the losses and the outputs: the model, or, if it is not embedded, the last function.
  const Graph& Model() const {
    const bool has_model = !embedded_.empty() && embedded_[0]->function == ir::Function::kModel;
    return has_model ? *embedded_[0] : *functions_.back();
  }

  void EmitOutputs(const Graph& graph, const ValueTable& table, const std::string& prefix) {
    std::string rows;
    for (const ir::Output& output : graph.outputs) {
      const ir::Type& type = graph.type(output.value);
      const bool predicts = graph.function == ir::Function::kPredict;
      absl::StrAppend(&rows, "  {", CString(output.name), ", ", table.Number(output.value), ", ",
                      output.is_sum                 ? "BRINE_SUM"
                      : predicts || type.rank() > 0 ? "BRINE_PREDICTION"
                                                    : "BRINE_MEAN",
                      ", ", predicts ? ir::OutputClasses(Model(), output.name) : 0, ", ",
                      RuntimeName(ir::BetterOf(Model().training, output.name)), "},\n");
    }
    EmitTable("brine_output", prefix + "_outputs", rows);
  }

  void EmitResults(const Graph& graph, const std::string& prefix) {
    std::string rows;
    for (size_t index = 0; index < graph.results.size(); ++index) {
      const ir::Result& result = graph.results[index];
      const std::string terms = absl::StrCat(prefix, "_result_", index);
      EmitTerms(graph, result.expression, terms);
      absl::StrAppend(&rows, "  {", CString(result.name), ", ", terms, ", ", result.expression.size(), ", ",
                      result.summands, ", ", RuntimeName(ir::BetterOf(Model().training, result.name)), "},\n");
    }
    EmitTable("brine_result", prefix + "_results", rows);
  }

  void EmitTerms(const Graph& graph, const ir::Expression& expression, const std::string& name) {
    if (expression.empty()) return;
    std::string rows;
    for (const ir::Term& term : expression) {
      const auto position = term.kind == ir::TermKind::kScalar ? graph.FindInput(term.scalar) - graph.inputs.data()
                                                               : std::ptrdiff_t{term.output};
      absl::StrAppend(&rows, "  {", RuntimeName(term.kind), ", ", position, ", ", CNumber(term.number), "},\n");
    }
    EmitTable("brine_term", name, rows);
  }

  // Writes a table.  An empty one is a null pointer, since C has no arrays of length 0.
  void EmitTable(const std::string& type, const std::string& name, const std::string& rows) {
    if (rows.empty())
      absl::StrAppend(&out_, "static const ", type, "* const ", name, " = NULL;\n");
    else
      absl::StrAppend(&out_, "static const ", type, " ", name, "[] = {\n", rows, "};\n");
  }

  // Makes the block of `value` large enough for it.
  void GrowBlock(const Graph& graph, const ir::Value& value) {
    int64_t& bytes = block_bytes_[static_cast<size_t>(value.placement->block)];
    const int64_t end = value.placement->offset + ir::ByteCount(value.type, graph.batch_size).value();
    bytes = std::max(bytes, base::RoundUp(end));
  }

  // Writes the value of a constant to its place in the block of constants.
  void StoreConstant(const Graph& graph, const Node& node) {
    const ir::Value& value = graph.value(node.outputs[0]);
    const std::vector<double>& values = ir::SourceValues(node);
    const int64_t elements = ir::ElementCount(value.type.shape, graph.batch_size).value();
    const int64_t bytes = ir::BitWidth(value.type.dtype) / 8;
    const size_t begin = static_cast<size_t>(value.placement->offset);
    if (constants_.size() < begin + static_cast<size_t>(elements * bytes))
      constants_.resize(begin + static_cast<size_t>(elements * bytes));
    for (int64_t element = 0; element < elements; ++element) {
      const double number = values[values.size() == 1 ? 0 : static_cast<size_t>(element)];
      const float real = static_cast<float>(number);
      const uint32_t whole = static_cast<uint32_t>(static_cast<int64_t>(number));
      const void* from = ir::IsReal(value.type.dtype) ? static_cast<const void*>(&real) : &whole;
      std::copy_n(static_cast<const char*>(from), bytes,
                  constants_.begin() + static_cast<std::ptrdiff_t>(begin) + element * bytes);
    }
  }

  // Writes the table of states, by role and place, and collects their names and types, whose hash identifies the format
  // of saved states.
  void EmitVariables() {
    const Graph& graph = *functions_[0];
    std::vector<ir::State> states = graph.states;
    const auto key = [&](const ir::State& state) {
      return std::make_pair(state.role, graph.value(state.value).placement->offset);
    };
    std::sort(states.begin(), states.end(), [&](const ir::State& a, const ir::State& b) { return key(a) < key(b); });
    std::string rows, identity;
    for (const ir::State& state : states) {
      const ir::Value& value = graph.value(state.value);
      absl::StrAppend(
          &rows, "  {.name = ", CString(value.name), ", .dtype = ", RuntimeName(value.type.dtype),
          ", .block = ", RuntimeName(value.placement->block), ", .role = ", RuntimeName(state.role),
          ", .rank = ", value.type.rank(), ", .initializer = ", RuntimeName(state.initializer.kind), ", .dims = {",
          value.type.rank() == 0 ? "0" : DimsText(value.type), "}, .offset = ", value.placement->offset,
          ", .argument = ", CNumber(state.initializer.argument), ", .mean = ", CNumber(state.initializer.mean),
          ", .id = ", ir::NameId(state.role == ir::Role::kAverage ? ir::ParameterOfAverage(value.name) : value.name),
          "u, .location = ", CString(PlaceText({state.location})),
          ", .data = ", CString(state.initializer.is_of_data() ? graph.value(state.initializer.data).name : ""),
          "},\n");
      absl::StrAppend(&identity, value.name, " ", ir::ToString(value.type), "\n");
    }
    variable_count_ = states.size();
    identity_ = identity;
    absl::StrAppend(&out_, "\n");
    EmitTable("brine_variable", "variables", rows);
  }

  void EmitConstants() {
    if (!constants_.empty())
      absl::StrAppend(&out_, "\n_Alignas(64) static const uint8_t constants[] =", CByteArray(constants_), ";\n");
  }

  void EmitBackend() {
    std::vector<std::string> features;
    for (const std::string& feature : CpuFeatures(target_)) features.push_back(CString(feature));
    features.push_back("NULL");
    absl::StrAppend(
        &out_, "\nstatic const char* const cpu_features[] = {", absl::StrJoin(features, ", "), "};\n",
        "static const brine_backend backend = {&brine_backend_parallel_for, &brine_backend_set_threads, cpu_features, ",
        CString(target_), ", .device = 0};\n");
  }

  // Embeds the graphs.  The assembler includes them as a file: as an initializer of an array, those of a thousand
  // layers would take the C compiler longer than Halide takes for their kernels.
  void EmitGraphs() {
    std::vector<Graph> all;
    for (const Graph* graph : embedded_) all.push_back(*graph);
    const std::string packed = Gzip(ir::Print(all));
    graph_bytes_ = packed.size();
    const std::string mark = absl::StrCat(kGraphMark, packed.size(), "\n");
    mark_bytes_ = mark.size();
    graphs_ = mark + packed;
    absl::StrAppend(&out_,
                    "\nextern const uint8_t brine_graphs[] __attribute__((visibility(\"hidden\")));\n"
                    "__asm__(\".pushsection .rodata\\nbrine_graphs: .incbin \\\"",
                    kGraphsFile, "\\\"\\n.popsection\");\n");
  }

  void EmitProgramTable() {
    std::vector<std::string> symbols;
    for (const auto& [symbol, kernel] : kernels_.kernels) symbols.push_back(symbol);
    const std::string numerics = absl::StrCat(target_, " ", HashName(absl::StrJoin(symbols, " ")));
    absl::StrAppend(&out_, "\n");
    EmitTable("brine_function", "functions", program_functions_);
    absl::StrAppend(&out_, "\nstatic const brine_program program = {\n  .abi_version = BRINE_ABI_VERSION,\n  .name = ",
                    CString(functions_[0]->name), ",\n  .batch_size = ", functions_[0]->batch_size,
                    ",\n  .block_bytes = {", absl::StrJoin(block_bytes_, ", "),
                    "},\n  .scratch_bytes = ", scratch_bytes_, ",\n  .arena_bound_bytes = ", arena_bound_bytes_,
                    ",\n  .functions = functions,\n  .function_count = ", functions_.size(),
                    ",\n  .variables = variables,\n  .variable_count = ", variable_count_,
                    ",\n  .constants = ", constants_.empty() ? "NULL" : "constants",
                    ",\n  .backend = &backend,\n  .summary = ", CString(summary_), ",\n  .graph = brine_graphs + ",
                    mark_bytes_, ",\n  .graph_bytes = ", graph_bytes_, ",\n  .graph_hash = 0x",
                    HashName(identity_).substr(0, 16), "ull,\n  .numerics_id = ", CString(numerics),
                    ",\n};\n\nconst brine_program* ", name_, "_program(void) { return &program; }\n");
  }

  // The header for C and C++ programs that use the model.
  std::string Header() const {
    const std::string upper = absl::AsciiStrToUpper(name_);
    return absl::StrReplaceAll(
        "// The compiled model $name.  Written by brine.\n"
        "#ifndef $UPPER_H_\n#define $UPPER_H_\n\n#include \"runtime/core/state.h\"\n\n#ifdef __cplusplus\nextern \"C\" "
        "{\n#endif\n\n"
        "#define $UPPER_BATCH_SIZE $batch  // the largest number of rows of a step\n"
        "#define $UPPER_ARENA_BYTES $arena  // memory for values that live within one step\n\n"
        "const brine_program* $name_program(void);\n\n"
        "// A state lies in 64-byte aligned memory of the caller.  No globals: two states may live in two threads.\n"
        "static inline size_t $name_state_bytes(void) { return brine_state_bytes($name_program()); }\n"
        "static inline brine_state* $name_init(void* memory, uint64_t seed) { return brine_state_init($name_program(), "
        "memory, seed); }\n\n"
        "#ifdef __cplusplus\n}\n\nnamespace $name {\ninline const brine_program& Program() { return *$name_program(); "
        "}\n}\n#endif\n#endif  // $UPPER_H_\n",
        {{"$name", name_},
         {"$UPPER", upper},
         {"$batch", absl::StrCat(functions_[0]->batch_size)},
         {"$arena", absl::StrCat(block_bytes_[0])}});
  }

  const std::vector<const Graph*>&functions_, &embedded_;
  const CompiledKernels& kernels_;
  const std::string &target_, &summary_;
  std::string name_;               // the name of the model as a C identifier
  std::string out_;                // the source so far
  std::string graphs_;             // see ProgramText
  std::string program_functions_;  // the rows of the table of functions
  std::string constants_;          // the bytes of the block of constants
  std::string identity_;           // the names and types of all states
  std::array<int64_t, BRINE_BLOCK_COUNT> block_bytes_ = {};
  int64_t scratch_bytes_ = 0, arena_bound_bytes_ = 0;
  size_t variable_count_ = 0, graph_bytes_ = 0, mark_bytes_ = 0;
};

}  // namespace

absl::StatusOr<ProgramText> EmitProgram(const ProgramGraphs& graphs, const CompiledKernels& kernels,
                                        const std::string& target, const std::string& summary) {
  return ProgramEmitter(graphs, kernels, target, summary).Run();
}

std::string EmbeddedGraphs(absl::string_view program) {
  constexpr size_t kMostBytes = size_t{1} << 30;
  const absl::string_view mark = kGraphMark;
  for (size_t position = program.find(mark); position != absl::string_view::npos;
       position = program.find(mark, position + 1)) {
    const absl::string_view rest = program.substr(position + mark.size());
    const size_t end = rest.find('\n');  // of the length, which has fewer than 20 digits
    uint64_t bytes = 0;
    if (end >= 20 || !absl::SimpleAtoi(rest.substr(0, end), &bytes) || bytes > rest.size() - end - 1) continue;
    if (std::optional<std::string> text = Gunzip(rest.substr(end + 1, bytes), kMostBytes)) return *std::move(text);
  }
  return {};
}

}  // namespace brine::codegen
