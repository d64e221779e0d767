// Tests which folders may include which, what the core may link, and which files are at the top level.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

const fs::path kRoot = BRINE_SOURCE_DIR;

// The folders whose headers a folder may include, besides its own and runtime/base.  Only tests may
// include frontend/cli.
const std::map<std::string, Names> kFolders = {
    {"runtime/base", {}},
    {"runtime", {}},
    {"runtime/mpi", {"runtime"}},  // which brine compile --mpi compiles; the build does not
    {"ir", {}},
    {"passes", {"ir"}},
    {"frontend", {"ir"}},
    {"codegen", {"ir", "passes", "runtime"}},
    {"frontend/cli", {"ir", "passes", "frontend", "frontend/data", "codegen", "runtime"}},
    {"frontend/data", {"runtime"}},
    {"examples", {"frontend", "frontend/data", "runtime"}},
    {"tests",
     {"ir", "passes", "frontend", "frontend/cli", "frontend/data", "codegen", "runtime", "runtime/mpi", "examples"}},
    {"tests/bench/peers", {}},
};

// Packages, by the first part of the paths of their headers, and the folders that may include them.
const std::map<std::string, Names> kPackages = {
    {"Halide.h", {"codegen"}},
    {"HalideBuffer.h", {"codegen"}},
    {"HalideRuntime.h", {"codegen"}},
    {"absl", {"ir", "passes", "frontend", "frontend/cli", "codegen", "tests"}},
    {"google", {"ir", "frontend/cli", "tests"}},
    {"CLI", {"frontend/cli"}},
    {"xxhash.h", {"codegen", "frontend/data"}},
    {"zlib.h", {"codegen", "frontend/cli", "frontend/data", "tests"}},
    {"jpeglib.h", {"frontend/data"}},
    {"jerror.h", {"frontend/data"}},
    {"png.h", {"frontend/data"}},
    {"mpi.h", {"runtime/mpi"}},
    {"webp", {"frontend/data"}},
    {"gtest", {"tests"}},
    {"gmock", {"tests"}},
    {"dlib", {"tests/bench/peers"}},
    {"oneapi", {"tests/bench/peers"}},
    {"torch", {"tests/bench/peers"}},
};

// Headers of the C library.  Unlike these, the headers of the C++ library have neither dot nor slash in their names.
const std::regex kCLibrary("((sys|arpa|netinet)/)?[a-z0-9]+\\.h|x86intrin\\.h|immintrin\\.h");

std::string FolderOf(const fs::path& relative) {
  const std::string path = relative.generic_string();
  for (const char* folder : {"tests/e2e/consumer/", "frontend/cli/templates/"}) {  // users' projects
    if (path.rfind(folder, 0) == 0) return "examples";
  }
  for (const char* folder : {"frontend/cli", "frontend/data", "runtime/base", "runtime/mpi", "tests/bench/peers"}) {
    if (path.rfind(std::string(folder) + "/", 0) == 0) return folder;
  }
  return path.substr(0, path.find('/'));
}

struct Include {
  std::string file;    // "passes/cse.cc"
  std::string folder;  // "passes"
  std::string path;    // "ir/op.h"
  bool quoted;
};

std::vector<Include> ReadIncludes() {
  static const Names kExtensions = {".h", ".hpp", ".c", ".cc", ".cpp", ".def"};
  std::vector<Include> includes;
  for (const auto& [folder, allowed] : kFolders) {
    if (folder.find('/') != std::string::npos || !fs::exists(kRoot / folder))
      continue;  // it is within another folder of the list
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      if (kExtensions.count(entry.path().extension()) == 0) continue;
      const fs::path relative = entry.path().lexically_relative(kRoot);
      std::ifstream file(entry.path());
      bool literal = false;  // whether the line is in a raw string, which may contain a program
      for (std::string line; std::getline(file, line);) {
        if (literal || line.find("R\"(") != std::string::npos) literal = line.rfind(")\"") == std::string::npos;
        if (literal) continue;
        std::istringstream words(line);
        char hash = 0;
        std::string word;
        if (!(words >> hash) || hash != '#' || !(words >> word) || word.rfind("include", 0) != 0) continue;
        const size_t begin = line.find_first_of("\"<"), end = line.find_first_of("\">", begin + 1);
        if (begin == std::string::npos || end == std::string::npos) continue;
        includes.push_back({relative.generic_string(), FolderOf(relative), line.substr(begin + 1, end - begin - 1),
                            line[begin] == '"'});
      }
    }
  }
  return includes;
}

const std::vector<Include>& AllIncludes() {
  static const std::vector<Include> includes = ReadIncludes();
  return includes;
}

TEST(Layering, IncludesFollowTheTable) {
  EXPECT_GT(AllIncludes().size(), 500u);  // fails if the sources were not found
  for (const Include& include : AllIncludes()) {
    const std::string where = include.file + " includes " + include.path + ": ";
    const std::string first = FolderOf(include.path);
    if (kFolders.count(first) != 0) {
      EXPECT_TRUE(first == include.folder || first == "runtime/base" || kFolders.at(include.folder).count(first) != 0)
          << where << include.folder << " may not include " << first;
    } else if (kPackages.count(first) != 0) {
      EXPECT_EQ(kPackages.at(first).count(include.folder), 1u) << where << include.folder << " may not name it";
    } else if (include.folder == "examples") {
      // A user's program includes <brine.h>, the header that was generated for its model, and standard headers.
    } else if (include.file == "frontend/brine.h" || fs::path(include.file).parent_path() == "frontend/brine") {
      // What a model includes must be found wherever it is installed, hence beside the file that includes it.
    } else {
      // Paths must begin at the root, so that the table applies to all of them.
      EXPECT_FALSE(include.quoted) << where << "neither a folder nor a known package";
      const bool standard =
          include.path.find_first_of("./") == std::string::npos || std::regex_match(include.path, kCLibrary);
      EXPECT_TRUE(standard || include.path == "brine.h") << where << "neither a standard header nor a known package";
    }
  }
}

TEST(Layering, CodegenSeesTheRuntimesCHeadersOnly) {
  for (const Include& include : AllIncludes()) {
    if (include.folder != "codegen" || FolderOf(include.path) != "runtime") continue;
    EXPECT_TRUE(include.path == "runtime/program.h" || include.path.rfind("runtime/core/", 0) == 0)
        << include.file << " includes " << include.path;
  }
}

// The driver does not use Halide.  Of the driver, the code that does uses what the two tell each other.  A compiled
// program uses neither.
TEST(Layering, FoldersOfCodegenKeepTheirSides) {
  const auto in = [](const std::string& path, const char* folder) { return path.rfind(folder, 0) == 0; };
  for (const Include& include : AllIncludes()) {
    const std::string where = include.file + " includes " + include.path;
    if (in(include.file, "codegen/driver/")) {
      EXPECT_FALSE(in(include.path, "codegen/halide/") || in(include.path, "Halide")) << where;
    }
    if (in(include.file, "codegen/halide/") && in(include.path, "codegen/driver/")) {
      const Names shared = {"codegen/driver/kernel_facts.h", "codegen/driver/machine.h",
                            "codegen/driver/worker_request.h"};
      EXPECT_EQ(shared.count(include.path), 1u) << where;
    }
    if (in(include.file, "codegen/native/")) {
      EXPECT_FALSE(in(include.path, "codegen/halide/") || in(include.path, "codegen/driver/")) << where;
    }
  }
}

TEST(Layering, OneHeaderBringsHalide) {
  Names files;
  for (const Include& include : AllIncludes()) {
    if (include.path == "Halide.h") files.insert(include.file);
  }
  EXPECT_EQ(files, Names{"codegen/halide/precompiled.h"});
}

// Only one file may include CLI11, since it takes long to compile.
TEST(Layering, OneFileIncludesCLI11) {
  Names files;
  for (const Include& include : AllIncludes()) {
    if (include.path.rfind("CLI/", 0) == 0) files.insert(include.file);
  }
  EXPECT_EQ(files, Names{"frontend/cli/command_line.cc"});
}

TEST(Layering, TheCoreNeedsTheCLibraryOnly) {
  Names files;  // the sources of the core, and the headers of runtime/base that they include
  for (const Include& include : AllIncludes()) {
    if (include.file.rfind("runtime/core/", 0) != 0) continue;
    files.insert(include.file);
    if (FolderOf(include.path) == "runtime/base") files.insert(include.path);
  }
  for (const Include& include : AllIncludes()) {
    const std::string folder = FolderOf(include.path);
    if (files.count(include.file) == 0 || folder == "runtime" || folder == "runtime/base") continue;
    EXPECT_TRUE(std::regex_match(include.path, kCLibrary)) << include.file << " includes " << include.path;
  }
  FILE* symbols = popen("nm -C --undefined-only " BRINE_BINARY_DIR "/lib/libbrine_core.a", "r");
  ASSERT_NE(symbols, nullptr);
  int seen = 0;
  char line[1024];
  while (std::fgets(line, sizeof line, symbols) != nullptr) {
    const std::string symbol(line);
    ++seen;
    for (const char* part :
         {"std::", "__cxa", "__gxx", "operator new", "operator delete", "typeinfo", "vtable", "_Unwind"}) {
      EXPECT_EQ(symbol.find(part), std::string::npos) << "libbrine_core.a needs " << symbol;
    }
  }
  EXPECT_EQ(pclose(symbols), 0);
  EXPECT_GT(seen, 3);
}

// The files outside ir/ that may name ops, and why.  All others must ask for the kind and the traits of an op.
const std::map<std::string, std::string> kNamesOps = {
    {"passes/add_loss.cc", "adds up losses"},    {"passes/add_optimizer.cc", "makes nodes around updates"},
    {"passes/autodiff.cc", "makes nodes"},       {"passes/canonicalize.cc", "rewrites"},
    {"passes/fold_constants.cc", "rewrites"},    {"passes/simplify.cc", "rewrites"},
    {"passes/state_updates.cc", "makes copies"},
};

// The sources in which `pattern` occurs, except those in ir/ and codegen/halide/ops, where ops are implemented, and
// those of layers, which are made of ops.  If `words` is not empty, the first group of the pattern must be one of them.
Names FilesWith(const std::regex& pattern, const Names& words) {
  Names files;
  for (const char* folder : {"passes", "codegen", "frontend", "runtime"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      const std::string path = entry.path().lexically_relative(kRoot).generic_string();
      if (!entry.is_regular_file() || path.rfind("codegen/halide/ops/", 0) == 0) continue;
      std::stringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      const std::string all = text.str();
      if (std::string(folder) == "frontend" && all.find("LayerBuilder") != std::string::npos) continue;
      for (std::sregex_iterator match(all.begin(), all.end(), pattern), end; match != end; ++match) {
        if (words.empty() || words.count((*match)[1]) != 0) files.insert(path);
      }
    }
  }
  return files;
}

// The file of an op in codegen/halide/ops implements it.  Every other file must be in the table above.
TEST(Layering, OpsAreNamedByThoseWhoImplementOrRewriteThem) {
  Names constants;
  std::ifstream rows(kRoot / "ir/ops.def");
  const std::regex row("BRINE_(?:OP|ELEMENTWISE|UPDATE)\\(([a-z0-9_]+), (k[A-Za-z0-9]+)\\)");
  for (std::string line; std::getline(rows, line);) {
    std::smatch match;
    if (std::regex_match(line, match, row)) constants.insert(match[2]);
  }
  EXPECT_GT(constants.size(), 30u);
  const Names naming = FilesWith(std::regex("\\bir::(k[A-Z][A-Za-z0-9]*)\\b"), constants);
  for (const std::string& path : naming)
    EXPECT_EQ(kNamesOps.count(path), 1u) << path << " names an op: ask what it is instead";
  for (const auto& [path, reason] : kNamesOps) EXPECT_EQ(naming.count(path), 1u) << path << " names no op any more";
}

TEST(Layering, AttributesAreReadByThoseWhoNameTheOp) {
  const std::regex reading("\\bFindAttribute\\(|\\battributes(\\(\\))?\\.(Bool|Int|Float|String|Ints|Floats)\\(");
  for (const std::string& path : FilesWith(reading, {}))
    EXPECT_EQ(kNamesOps.count(path), 1u) << path << " reads an attribute: ask ir/kinds.h instead";
}

TEST(Layering, TheTopLevelIsAsDesigned) {
  const Names allowed = {
      "frontend",          "ir",        "passes",  "codegen", "runtime", "examples", "tests", "CMakeLists.txt",
      "CMakePresets.json", "README.md", "LICENSE", "NOTICE",  "build",   "runs"};
  for (const fs::directory_entry& entry : fs::directory_iterator(kRoot)) {
    const std::string name = entry.path().filename();
    EXPECT_TRUE(name[0] == '.' || allowed.count(name) != 0) << name;
  }
}

TEST(Layering, EachTopFolderExplainsItself) {
  for (const char* folder : {"frontend", "ir", "passes", "codegen", "runtime", "tests"}) {
    EXPECT_TRUE(fs::exists(kRoot / folder / "README.md")) << folder;
  }
}

}  // namespace
