#include "codegen/driver/build_program.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "codegen/driver/files.h"
#include "codegen/driver/join_updates.h"
#include "codegen/sources_hash.h"
#include "ir/status.h"
#include "passes/derive.h"

namespace brine::codegen {
namespace {

using Command = std::vector<std::string>;

constexpr char kCommunicatorSource[] = "/runtime/mpi/communicator.c";  // in the folder of headers

// Runs a compiler or linker.  `what` is the subject of the message of an error: "linking".
absl::Status Run(const Command& command, const char* what) {
  const absl::StatusOr<ProcessResult> result = RunProcess(command);
  if (!result.ok())
    return absl::NotFoundError(
        absl::StrCat("no C compiler: ", result.status().message(), "; install gcc or set CC and CXX"));
  if (result->exit_code == 0) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat(what, " failed: ", command[0], " ended with code ", result->exit_code, "\n", result->errors));
}

// What `mpicc -show` prints: the compiler that it calls, with the folders and libraries of MPI.
absl::StatusOr<std::string> DescribeMpi(const Toolchain& toolchain) {
  const absl::StatusOr<ProcessResult> result = RunProcess({toolchain.mpi_compiler, "-show"});
  if (absl::IsCancelled(result.status())) return result.status();
  if (!result.ok()) {
    return absl::NotFoundError(absl::StrCat("a program for several processes needs mpicc: ", result.status().message(),
                                            "; on Debian: apt-get install libopenmpi-dev openmpi-bin; or set MPICC"));
  }
  if (result->exit_code == 0) return absl::StrCat(toolchain.mpi_compiler, "\n", result->output);
  return absl::InternalError(
      absl::StrCat(toolchain.mpi_compiler, " is no compiler of MPI: -show failed\n", result->errors));
}

// The object files of one link.
struct Objects {
  std::string folder;   // the temporary folder that holds them
  std::string program;  // the tables
  std::vector<std::string> kernels;
};

// Compiles the tables, and writes all objects to `folder`.
absl::StatusOr<Objects> WriteObjects(const std::string& folder, const ProgramText& text, const CompiledKernels& kernels,
                                     const Toolchain& toolchain) {
  Objects objects = {folder, folder + "/program.o", {}};
  BRINE_RETURN_IF_ERROR(WriteFile(folder + "/program.c", text.source));
  BRINE_RETURN_IF_ERROR(WriteFile(absl::StrCat(folder, "/", kGraphsFile), text.graphs));
  BRINE_RETURN_IF_ERROR(Run({toolchain.c_compiler, "-std=c11", "-Os", "-fPIC", "-I" + toolchain.include, "-Xassembler",
                             "-I" + folder, "-c", folder + "/program.c", "-o", objects.program},
                            "compiling the program's tables"));
  for (const auto& [symbol, kernel] : kernels.kernels) {
    objects.kernels.push_back(absl::StrCat(folder, "/", symbol, ".o"));
    BRINE_RETURN_IF_ERROR(WriteFile(objects.kernels.back(), kernel.object));
  }
  return objects;
}

void Append(Command& command, const std::vector<std::string>& more) {
  command.insert(command.end(), more.begin(), more.end());
}

// Links one relocatable object of the tables, the kernels and Brine's backend, which has all that kernels call.
absl::Status LinkObject(const Objects& objects, const Toolchain& toolchain, const std::string& output) {
  Command command = {toolchain.c_compiler, "-r", "-nostdlib", "-o", output, objects.program};
  Append(command, objects.kernels);
  Append(command, {"-Wl,--whole-archive", toolchain.libraries + "/libbrine_backend.a", "-Wl,--no-whole-archive"});
  return Run(command, "linking");
}

// The main function of an executable; with `mpi`, of one whose ranks train together.  All of those end with the same
// code, which the first one returns alone: mpirun ends all if another does so, and the first one's tool may be drawing.
std::string MainSource(const std::string& program, bool mpi) {
  const std::string text =
      absl::StrCat("#include \"runtime/program.h\"\nconst brine_program* ", program, "_program(void);\n");
  if (!mpi) {
    return absl::StrCat(text,
                        "int brine_trainer_main(const brine_program* program, int argc, char** argv);\n"
                        "int main(int argc, char** argv) { return brine_trainer_main(",
                        program, "_program(), argc, argv); }\n");
  }
  return absl::StrCat(
      "#include \"runtime/mpi/communicator.h\"\n", text,
      "int brine_trainer_main_with(const brine_program* program, const brine_communicator* ranks, int argc, char** "
      "argv);\n"
      "int main(int argc, char** argv) {\n"
      "  const brine_communicator* const ranks = brine_mpi_begin(&argc, &argv);\n"
      "  const int code = brine_trainer_main_with(",
      program,
      "_program(), ranks, argc, argv);\n"
      "  brine_mpi_end();\n"
      "  return ranks->rank == 0 ? code : 0;\n}\n");
}

// Links an executable with the trainer.  For MPI, the trainer is the library for programs of one's own, which has what
// a program of one process does not need.
absl::Status LinkExecutable(const Objects& objects, const std::string& program, bool mpi, const Toolchain& toolchain,
                            const std::string& output) {
  const std::string main_source = objects.folder + "/main.c";
  BRINE_RETURN_IF_ERROR(WriteFile(main_source, MainSource(program, mpi)));
  const std::string &c_compiler = mpi ? toolchain.mpi_compiler : toolchain.c_compiler,
                    &linker = mpi ? toolchain.mpi_compiler : toolchain.cxx_compiler;
  // With noseparate-code, read-only data and code share pages, which makes the file two pages smaller.  At a fixed
  // address, the pointers in the tables need no relocation, of 24 bytes each.
  Command command = {linker, "-O2", "-no-pie", "-Wl,--gc-sections", "-Wl,-z,noseparate-code", "-s", "-o", output};
  Command sources = {main_source};
  if (mpi) sources.push_back(toolchain.include + kCommunicatorSource);
  for (size_t index = 0; index < sources.size(); ++index) {
    const std::string object = absl::StrCat(objects.folder, "/main", index, ".o");
    BRINE_RETURN_IF_ERROR(
        Run({c_compiler, "-std=c11", "-O1", "-fPIC", "-I" + toolchain.include, "-c", sources[index], "-o", object},
            "compiling main"));
    command.push_back(object);
  }
  command.push_back(objects.program);
  Append(command, objects.kernels);
  Append(command, {toolchain.libraries + (mpi ? "/libbrine_trainer.a" : "/libbrine_main.a"),
                   toolchain.libraries + "/libbrine_core.a", "-Wl,--whole-archive",
                   toolchain.libraries + "/libbrine_backend.a", "-Wl,--no-whole-archive"});
  if (mpi) command.push_back("-lstdc++");  // mpicc links C
  Append(command, {"-lm", "-lpthread", "-ldl"});
  return Run(command, "linking");
}

// Links the file `output` in the form that the options say.
absl::Status Link(const Objects& objects, const ProgramText& text, const ProgramOptions& options,
                  const Toolchain& toolchain, const std::string& output) {
  const std::string core = toolchain.libraries + "/libbrine_core.a",
                    backend = toolchain.libraries + "/libbrine_backend.a";
  switch (options.emit) {
    case Emit::kExe:
      return LinkExecutable(objects, text.name, options.mpi, toolchain, output);
    case Emit::kShared: {
      Command command = {toolchain.c_compiler, "-shared", "-Wl,-z,defs", "-O2", "-s", "-o", output, objects.program};
      Append(command, objects.kernels);
      Append(command, {"-Wl,--whole-archive", core, backend, "-Wl,--no-whole-archive", "-lm", "-lpthread", "-ldl"});
      return Run(command, "linking");
    }
    case Emit::kStatic: {
      const std::string model_object = objects.folder + "/" + text.name + ".o",
                        core_object = objects.folder + "/core.o";
      BRINE_RETURN_IF_ERROR(LinkObject(objects, toolchain, model_object));
      BRINE_RETURN_IF_ERROR(Run({toolchain.c_compiler, "-r", "-nostdlib", "-o", core_object, "-Wl,--whole-archive",
                                 core, "-Wl,--no-whole-archive"},
                                "linking"));
      return Run({"ar", "rcsD", output, model_object, core_object}, "archiving");
    }
    case Emit::kObject:
      return LinkObject(objects, toolchain, output);
  }
  return absl::InternalError("unknown form of output");
}

// The hashes of the installed files that go into a link, and the names of the compilers, so that a new library causes a
// new link.
absl::StatusOr<std::string> LibraryKey(const Toolchain& toolchain, bool mpi) {
  std::string key = absl::StrCat(toolchain.c_compiler, "\n", toolchain.cxx_compiler, "\n");
  std::vector<std::string> files;
  for (const char* name : {"/libbrine_core.a", "/libbrine_backend.a"}) files.push_back(toolchain.libraries + name);
  if (mpi) {
    BRINE_ASSIGN_OR_RETURN(const std::string compiler, DescribeMpi(toolchain));
    absl::StrAppend(&key, compiler, "\n");
    files.insert(files.end(), {toolchain.libraries + "/libbrine_trainer.a", toolchain.include + kCommunicatorSource});
  } else {
    files.push_back(toolchain.libraries + "/libbrine_main.a");
  }
  for (const std::string& file : files) {
    const absl::StatusOr<std::string> bytes = ReadFile(file);
    absl::StrAppend(&key, file, " ", bytes.ok() ? HashName(*bytes) : "missing", "\n");
  }
  return key;
}

// `planned` with the working memory of each kernel, as the compiler counted it.  `compiled` is the same graph after
// JoinUpdates, whose kernels are those that `symbols` names, by node.  Joined kernels need no working memory.
ir::Graph WithScratch(ir::Graph planned, const ir::Graph& compiled, const std::vector<std::string>& symbols,
                      const CompiledKernels& kernels) {
  std::map<ir::ValueId, int64_t> scratch_bytes;  // by the first output of a kernel
  for (size_t node_index = 0; node_index < symbols.size(); ++node_index) {
    if (symbols[node_index].empty()) continue;
    scratch_bytes[compiled.nodes[node_index].outputs[0]] = kernels.kernels.at(symbols[node_index]).facts.scratch_bytes;
  }
  for (ir::Node& node : planned.nodes) {
    const auto found = scratch_bytes.find(node.outputs[0]);
    if (node.is_kernel() && found != scratch_bytes.end()) node.scratch_bytes = found->second;
  }
  return planned;
}

// Whether the model has this function: training needs a trainable weight, and both training and evaluation a loss.
bool HasFunction(const ir::Graph& model, ir::Function function) {
  if (function == ir::Function::kPredict) return true;
  const bool is_trainable = std::any_of(model.states.begin(), model.states.end(),
                                        [](const ir::State& state) { return state.role == ir::Role::kParameter; });
  return !model.training.objectives.empty() && (function == ir::Function::kEvaluate || is_trainable);
}

}  // namespace

const ir::Graph* PlannedModel::Find(ir::Function function) const {
  for (const ir::Graph& graph : functions) {
    if (graph.function == function) return &graph;
  }
  return nullptr;
}

absl::StatusOr<PlannedModel> PlanModel(const ir::Graph& model, int64_t batch_size,
                                       const passes::PipelineOptions& passes, const std::string& dump_folder) {
  PlannedModel planned;
  planned.model = model;
  for (ir::Function function : {ir::Function::kTrain, ir::Function::kEvaluate, ir::Function::kPredict}) {
    if (!HasFunction(model, function)) continue;
    BRINE_ASSIGN_OR_RETURN(ir::Graph graph, passes::Derive(model, function, batch_size));
    passes::PipelineOptions options = passes;
    if (!dump_folder.empty()) {
      const std::string folder = absl::StrCat(dump_folder, "/", ir::FunctionName(function));
      mkdir(dump_folder.c_str(), 0777);
      mkdir(folder.c_str(), 0777);
      options.after_pass = passes::DumpPassesTo(folder);
    }
    BRINE_RETURN_IF_ERROR(passes::RunPipeline(graph, options).status());
    planned.functions.push_back(std::move(graph));
  }
  return planned;
}

absl::StatusOr<BuiltProgram> BuildProgram(const PlannedModel& planned, const ProgramOptions& options,
                                          const std::string& summary, const Toolchain& toolchain, const Cache& cache) {
  // First, since the compiler of MPI may be missing.
  BRINE_ASSIGN_OR_RETURN(const std::string libraries, LibraryKey(toolchain, options.mpi));
  CompileOptions compile;
  compile.worker = toolchain.worker;
  compile.target = options.target;
  compile.strategy = options.strategy;
  if (compile.target.empty()) {
    BRINE_ASSIGN_OR_RETURN(compile.target, HostTarget(compile.worker, cache));
  }
  ProgramGraphs graphs;
  std::vector<ir::Graph> joined, embedded = {planned.model};
  joined.reserve(planned.functions.size());
  for (const ir::Graph& graph : planned.functions) graphs.functions.push_back(&joined.emplace_back(JoinUpdates(graph)));
  BRINE_ASSIGN_OR_RETURN(CompiledKernels kernels, CompileKernels(graphs.functions, compile, cache));
  for (size_t function = 0; function < joined.size(); ++function)
    embedded.push_back(WithScratch(planned.functions[function], joined[function], kernels.symbols[function], kernels));
  for (const ir::Graph& graph : embedded) graphs.embedded.push_back(&graph);
  BRINE_ASSIGN_OR_RETURN(ProgramText text, EmitProgram(graphs, kernels, compile.target, summary));

  BuiltProgram result;
  result.name = text.name;
  result.header = text.header;
  result.kernels = static_cast<int>(kernels.kernels.size());
  result.compiled = kernels.compiled;
  const std::string key = absl::StrCat("program\nform ", static_cast<int>(options.emit), "\nsources ", kSourcesHash,
                                       "\n", libraries, text.source, text.graphs);
  if (std::optional<std::string> bytes = cache.Get(key)) {
    result.bytes = *std::move(bytes);
    return result;
  }
  BRINE_ASSIGN_OR_RETURN(TemporaryFolder folder, TemporaryFolder::Create());
  BRINE_ASSIGN_OR_RETURN(Objects objects, WriteObjects(folder.path(), text, kernels, toolchain));
  const std::string output = folder.path() + "/" + text.name + ".out";
  BRINE_RETURN_IF_ERROR(Link(objects, text, options, toolchain, output));
  BRINE_ASSIGN_OR_RETURN(result.bytes, ReadFile(output));
  cache.Put(key, result.bytes).IgnoreError();
  return result;
}

}  // namespace brine::codegen
