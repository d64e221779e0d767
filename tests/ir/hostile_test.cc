// Tests that damaged files give a sentence and not a crash.  Mutations of valid files, with a fixed seed, are read and
// verified.  A file that can be read can also be printed.
#include <google/protobuf/stubs/logging.h>

#include <random>
#include <utility>

#include "absl/strings/ascii.h"
#include "gtest/gtest.h"
#include "ir/proto/graph.pb.h"
#include "ir/proto/proto.h"
#include "ir/text/memory_table.h"
#include "ir/text/text.h"
#include "ir/verify/verify.h"
#include "tests/ir/test_graphs.h"

namespace brine::ir {
namespace {

constexpr absl::string_view kPieces[] = {
    "n",      "-1",     "0",    "1",      "2",        "2147483647", "9223372036854775807",
    "1e308",  "nan",    "inf",  "[",      "]",        "{",          "}",
    "(",      ")",      "<",    ">",      ",",        ":",          "=",
    "%",      "\"",     "@",    "f32",    "u8",       "mask",       "%x",
    "%w",     "kernel", "relu", "matmul", "\n",       "#",          "true",
    "loc",    "i32",    "[n]",  "[]",     "f32[n,5]", "f32[]",      "0,0",
    "groups", "conv2d"};

class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed) {}

  std::string Mutate(std::string bytes, FileFormat format) {
    for (size_t count = 1 + Below(2); count > 0; --count) {
      if (Below(4) == 0)
        ChangeBytes(bytes);
      else if (format == FileFormat::kText)
        ChangeWord(bytes);
      else
        bytes[Below(bytes.size())] = static_cast<char>(Below(2) == 0 ? random_() : Below(8));
    }
    return bytes;
  }

 private:
  size_t Below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  // Changes a byte, removes some, or repeats some.
  void ChangeBytes(std::string& bytes) {
    const size_t offset = Below(bytes.size()), size = Below(std::min<size_t>(bytes.size() - offset, 24));
    switch (Below(3)) {
      case 0:
        bytes[offset] = static_cast<char>(random_());
        break;
      case 1:
        bytes.erase(offset, size);
        break;
      default:
        bytes.insert(Below(bytes.size()), bytes.substr(offset, size));
    }
  }

  // Replaces a word by another one of the same text or by a word of the language.
  void ChangeWord(std::string& bytes) {
    const auto [begin, size] = WordAt(bytes, Below(bytes.size()));
    const auto [other, other_size] = WordAt(bytes, Below(bytes.size()));
    const std::string word =
        Below(2) == 0 ? bytes.substr(other, other_size) : std::string(kPieces[Below(std::size(kPieces))]);
    bytes.replace(begin, size, word);
  }

  static std::pair<size_t, size_t> WordAt(const std::string& bytes, size_t offset) {
    const auto in_word = [&](size_t i) {
      return absl::ascii_isalnum(static_cast<unsigned char>(bytes[i])) || bytes[i] == '%' || bytes[i] == '_' ||
             bytes[i] == '.';
    };
    size_t begin = offset, end = offset;
    while (begin > 0 && in_word(begin - 1)) --begin;
    while (end < bytes.size() && in_word(end)) ++end;
    return {begin, end - begin};
  }

  std::mt19937 random_;
};

// Reads `bytes` as LoadGraphs does, and counts which of its steps succeeded.
struct Reached {
  int read = 0, verified = 0;
};
void Feed(const std::string& bytes, FileFormat format, Reached& reached) {
  absl::StatusOr<std::vector<Graph>> graphs;
  if (format == FileFormat::kText) {
    graphs = Parse(bytes, "t.ir");
  } else {
    proto::Module module;
    if (!module.ParseFromString(bytes)) return;
    graphs = FromProto(module);
  }
  if (!graphs.ok()) return;
  ++reached.read;
  for (const Graph& graph : *graphs) {
    if (!Verify(graph).ok()) continue;
    ++reached.verified;
    const auto again = Parse(Print(graph), "t.ir");
    ASSERT_TRUE(again.ok()) << again.status().message() << "\n" << Print(graph);
    EXPECT_EQ(Print(*again), Print(graph));
    if (graph.stage == Stage::kPlanned) MemoryTable(graph);
  }
}

TEST(Hostile, MutatedFilesGiveASentenceInsteadOfACrash) {
  Mutator mutator(20240607);
  for (FileFormat format : {FileFormat::kText, FileFormat::kBinary}) {
    Reached reached;
    std::vector<std::string> seeds;
    for (absl::string_view text : StageTexts()) seeds.push_back(*WriteGraphs({ReadGraph(text)}, format));
    google::protobuf::LogSilencer quiet;
    for (int round = 0; round < 25000; ++round)
      Feed(mutator.Mutate(seeds[static_cast<size_t>(round) % seeds.size()], format), format, reached);
    // If no mutation passed the parser, only the parser would be tested.
    EXPECT_GT(reached.read, 1000) << static_cast<int>(format);
    EXPECT_GT(reached.verified, 250) << static_cast<int>(format);
  }
}

// The time for the largest legal files must be in proportion to their size.
TEST(Hostile, LargestLegalGraphsTakeLinearTime) {
  std::string chain = "graph \"g\" {\ninput %x : f32[n] data\n%v0 = relu(%x) : f32[n]\n";
  for (int node = 1; node < 100'000; ++node)
    chain += "%v" + std::to_string(node) + " = add(%v" + std::to_string(node - 1) + ", %v" + std::to_string(node / 2) +
             ") : f32[n]\n";
  chain += "output \"y\" = %v99999 }";
  const auto graphs = Parse(chain, "t.ir");
  ASSERT_TRUE(graphs.ok()) << graphs.status().message();
  EXPECT_EQ(graphs->front().nodes.size(), 100'000u);
  EXPECT_EQ(Verify(graphs->front()), absl::OkStatus());
}

}  // namespace
}  // namespace brine::ir
