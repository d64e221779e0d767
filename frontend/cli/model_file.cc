#include "frontend/cli/model_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "codegen/driver/emit_program.h"
#include "codegen/driver/files.h"
#include "frontend/cli/commands.h"
#include "ir/proto/proto.h"
#include "ir/status.h"
#include "ir/text/text.h"
#include "ir/verify/verify.h"
#include "runtime/base/job.h"

namespace brine::cli {
namespace {

using codegen::Cache;
using codegen::HashName;
using codegen::ReadFile;
using codegen::Toolchain;

// The files that the dependency file of a compiler lists.
std::vector<std::string> ParseDependencies(absl::string_view text) {
  std::vector<std::string> files;
  const std::string joined = absl::StrReplaceAll(text, {{"\\\n", " "}});
  const size_t colon = joined.find(": ");
  if (colon == std::string::npos) return files;
  const std::string list = joined.substr(colon + 2, joined.find('\n', colon) - colon - 2);
  std::string name;
  for (size_t index = 0; index <= list.size(); ++index) {
    const char c = index < list.size() ? list[index] : ' ';
    if (c == '\\' && index + 1 < list.size() && list[index + 1] == ' ') {
      name += list[++index];
    } else if (c == ' ') {
      if (!name.empty()) files.push_back(name);
      name.clear();
    } else {
      name += c;
    }
  }
  return files;
}

// Whether the errors say that there is no main function, in the words of GNU ld or of lld.
bool LacksMain(absl::string_view errors) {
  return absl::StrContains(errors, "undefined reference to `main'") ||
         absl::StrContains(errors, "undefined symbol: main\n");
}

// The cache's key of a model's program, which depends on the command and the contents of all files of which the program
// was made.  Empty if one of the files cannot be read.
std::string ProgramKey(const std::string& command, absl::string_view files) {
  std::string key = absl::StrCat("model program\n", command, "\n");
  for (absl::string_view file : absl::StrSplit(files, '\n', absl::SkipEmpty())) {
    const absl::StatusOr<std::string> content = ReadFile(std::string(file));
    if (!content.ok()) return "";
    absl::StrAppend(&key, file, " ", HashName(*content), "\n");
  }
  return key;
}

absl::StatusOr<std::string> CompileModel(const std::string& path, const Toolchain& toolchain, const Cache& cache) {
  const std::string library = toolchain.libraries + "/libbrine_model.so";
  const std::string headers = toolchain.include + "/frontend";
  const std::vector<std::string> command = {toolchain.cxx_compiler, "-O0",
                                            "-std=c++20",           "-I" + toolchain.libraries + "/precompiled",
                                            "-I" + headers,         "-I" + toolchain.include};
  char* absolute = realpath(path.c_str(), nullptr);
  const std::string full = absolute == nullptr ? path : absolute;
  std::free(absolute);
  // The name as the user gave it is part of the key, since the program reports mistakes with it.
  std::string described = absl::StrCat(full, "\n", path);
  for (const std::string& word : command) absl::StrAppend(&described, "\n", word);
  const std::string list_key = absl::StrCat("model files\n", described);
  if (const auto files = cache.Get(list_key)) {
    if (const std::string key = ProgramKey(described, *files); !key.empty()) {
      if (auto program = cache.Get(key)) return *std::move(program);
    }
  }

  BRINE_ASSIGN_OR_RETURN(codegen::TemporaryFolder folder, codegen::TemporaryFolder::Create());
  const std::string output = folder.path() + "/model", depfile = folder.path() + "/model.d";
  std::vector<std::string> run = command;
  for (const std::string& word : {std::string("-MD"), std::string("-MF"), depfile, std::string("-o"), output, path,
                                  library, "-Wl,-rpath," + toolchain.libraries})
    run.push_back(word);
  const absl::StatusOr<codegen::ProcessResult> result = codegen::RunProcess(run);
  if (absl::IsCancelled(result.status())) return result.status();
  if (!result.ok())
    return absl::UnavailableError(
        absl::StrCat("no C++ compiler: ", result.status().message(), "; install g++ or set CXX"));
  if (result->exit_code != 0) {
    if (LacksMain(result->errors))
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": BRINE_MODEL(BuildModel), which names the function that builds the model, is missing"));
    return absl::InvalidArgumentError(absl::StrCat(result->errors, path, ": the model does not compile"));
  }
  BRINE_ASSIGN_OR_RETURN(std::string program, ReadFile(output));
  BRINE_ASSIGN_OR_RETURN(std::string rules, ReadFile(depfile));
  std::vector<std::string> files = ParseDependencies(rules);
  files.push_back(library);
  // The compiler does not list headers that were precompiled.
  std::set<std::string> precompiled = {headers + "/brine.h"};
  std::error_code error;
  for (std::filesystem::directory_iterator header(headers + "/brine", error), end; !error && header != end;
       header.increment(error))
    precompiled.insert(header->path().string());
  files.insert(files.end(), precompiled.begin(), precompiled.end());
  std::string list;
  for (const std::string& file : files) absl::StrAppend(&list, file, "\n");
  cache.Put(list_key, list).IgnoreError();
  if (const std::string key = ProgramKey(described, list); !key.empty()) cache.Put(key, program).IgnoreError();
  return program;
}

absl::StatusOr<std::vector<ir::Graph>> Verified(absl::StatusOr<std::vector<ir::Graph>> graphs) {
  if (!graphs.ok()) return graphs;
  for (const ir::Graph& graph : *graphs) BRINE_RETURN_IF_ERROR(ir::Verify(graph));
  return graphs;
}

absl::StatusOr<std::vector<ir::Graph>> RunModel(const std::string& path, const Toolchain& toolchain,
                                                const Cache& cache) {
  BRINE_ASSIGN_OR_RETURN(std::string program, CompileModel(path, toolchain, cache));
  BRINE_ASSIGN_OR_RETURN(codegen::TemporaryFolder folder, codegen::TemporaryFolder::Create());
  const std::string file = folder.path() + "/model", graphs = folder.path() + "/graphs";
  BRINE_RETURN_IF_ERROR(codegen::WriteFile(file, program));
  chmod(file.c_str(), 0700);
  BRINE_ASSIGN_OR_RETURN(codegen::ProcessResult result, codegen::RunProcess({file, "--emit", graphs}));
  if (brine_this_job().rank == 0) std::fputs(result.output.c_str(), stderr);  // what the user's code printed
  if (result.exit_code == kBadInput) {
    if (!result.errors.empty() && result.errors.back() == '\n') result.errors.pop_back();
    return absl::InvalidArgumentError(result.errors);
  }
  const absl::StatusOr<std::string> text = ReadFile(graphs);
  if (result.exit_code != 0 || !text.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(result.errors, path, ": the model's program ended with code ",
                                                   result.exit_code,
                                                   result.exit_code == 0 ? " and wrote no graph" : ""));
  }
  return Verified(ir::Parse(*text, path));
}

}  // namespace

absl::StatusOr<std::vector<ir::Graph>> LoadModelFile(const std::string& path, const Toolchain& toolchain,
                                                     const Cache& cache) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return absl::InvalidArgumentError(absl::StrCat(path, ": no such file"));
  if (S_ISDIR(info.st_mode)) return absl::InvalidArgumentError(absl::StrCat(path, ": is a folder, not a model"));
  for (const char* extension : {".cc", ".cpp", ".cxx"}) {
    if (absl::EndsWith(path, extension)) return RunModel(path, toolchain, cache);
  }
  if (ir::FormatOf(path).ok()) return ir::LoadGraphs(path);
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return absl::InvalidArgumentError(bytes.status().message());
  const std::string text = codegen::EmbeddedGraphs(*bytes);
  if (text.empty())
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": neither a model (.cc, .pb, .pbtxt, .ir) nor a compiled program"));
  return Verified(ir::Parse(text, path));
}

absl::StatusOr<ir::Graph> LoadModel(const std::string& path, const Toolchain& toolchain, const Cache& cache) {
  BRINE_ASSIGN_OR_RETURN(std::vector<ir::Graph> graphs, LoadModelFile(path, toolchain, cache));
  for (ir::Graph& graph : graphs) {
    if (graph.stage == ir::Stage::kGraph) return std::move(graph);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": holds no graph of stage graph, which is what can be compiled"));
}

}  // namespace brine::cli
