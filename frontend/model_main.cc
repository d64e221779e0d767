// The main function that BRINE_MODEL defines.
#include <cstdio>
#include <exception>
#include <string>

#include "frontend/graph_of.h"
#include "frontend/summary.h"
#include "ir/text/text.h"

namespace brine::internal {
namespace {

// The exit codes of the tool (cli/commands.h).
enum ExitCode { kOk = 0, kFailed = 1, kUsage = 2, kBadInput = 3 };

bool Write(const std::string& text, const std::string& path) {
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return (file == stdout ? std::fflush(file) : std::fclose(file)) == 0 && written;
}

int Run(int argc, char** argv, Model (*build)()) {
  const std::string flag = argc > 1 ? argv[1] : "";
  if (argc != 1 && !(argc == 3 && flag == "--emit")) {
    std::fprintf(stderr, "usage: %s [--emit FILE|-]\n", argv[0]);
    return kUsage;
  }
  const absl::StatusOr<ir::Graph> graph = BuildGraph(build());
  if (!graph.ok()) {
    std::fprintf(stderr, "%s\n", std::string(graph.status().message()).c_str());
    return kBadInput;
  }
  const std::string path = argc == 3 ? argv[2] : "-";
  if (Write(argc == 3 ? ir::Print(*graph) : Summary(*graph, nullptr, {}), path)) return kOk;
  std::perror(path == "-" ? "standard output" : path.c_str());
  return kFailed;
}

}  // namespace

int ModelMain(int argc, char** argv, Model (*build)()) {
  try {
    return Run(argc, argv, build);
  } catch (const std::exception& exception) {  // from the user's code, or std::bad_alloc
    std::fprintf(stderr, "the model could not be built: %s\n", exception.what());
    return kBadInput;
  }
}

}  // namespace brine::internal
