// Tests that what is packed is what LoadPacked and PackIntoMemory have, and that a failed Pack leaves nothing.
#include "frontend/data/pack.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <thread>

#include "runtime/core/safetensors.h"
#include "runtime/trainer/readers.h"
#include "tests/runtime/message.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

constexpr int64_t kPixels = 5;

// Images of 1×5×1 bytes with a label: sample i has the bytes 5·i, 5·i + 1 and so on, and the label i % 2.  Those in
// `broken` cannot be read.
class CountingSource : public SampleSource {
 public:
  explicit CountingSource(int64_t count, std::vector<int64_t> broken = {})
      : count_(count), broken_(std::move(broken)) {}
  int64_t size() const override { return count_; }
  std::span<const Field> fields() const override { return fields_; }
  std::string NameOf(int64_t index) const override { return "sample\n" + std::to_string(index); }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    ASSERT_EQ(indices.size(), 1u);
    const int64_t index = indices[0];
    if (std::count(broken_.begin(), broken_.end(), index) > 0)
      throw Error(kExitBadInput, std::to_string(index) + ".png: is broken");
    if (index % 50 == 7) std::this_thread::sleep_for(std::chrono::milliseconds(1));  // so that chunks end in any order
    for (int64_t byte = 0; byte < kPixels; ++byte)
      static_cast<uint8_t*>(targets[0])[byte] = static_cast<uint8_t>(kPixels * index + byte);
    const auto label = static_cast<int32_t>(index % 2);
    std::memcpy(targets[1], &label, sizeof(label));
  }

 private:
  const int64_t count_;
  const std::vector<int64_t> broken_;
  const std::vector<Field> fields_ = ImageFields(1, kPixels, 1);
};

Source MakeSource(int64_t train, int64_t test, const std::vector<int64_t>& broken = {}) {
  Source source;
  source.kind = "numbers";
  if (train > 0) source.splits.train = Dataset(std::make_shared<CountingSource>(train, broken));
  if (test > 0) source.splits.test = Dataset(std::make_shared<CountingSource>(test));
  for (Dataset* part : {&source.splits.train, &source.splits.test}) part->class_names = {"even", "odd"};
  return source;
}

struct AllSamples {
  std::vector<uint8_t> bytes;
  std::vector<int32_t> labels;
  std::vector<std::string> names;
};
AllSamples ReadAll(const Dataset& data) {
  AllSamples all;
  for (int64_t index = 0; index < data.size(); ++index) {
    uint8_t bytes[kPixels];
    int32_t label = -1;
    void* const targets[] = {bytes, &label};
    data.source().Read({&index, 1}, targets);
    all.bytes.insert(all.bytes.end(), bytes, bytes + kPixels);
    all.labels.push_back(label);
    all.names.push_back(data.source().NameOf(index));
  }
  return all;
}

// What ReadAll must give for the samples with these numbers.
void ExpectSamples(const Dataset& data, const std::vector<int64_t>& numbers) {
  AllSamples expected;
  for (int64_t number : numbers) {
    for (int64_t byte = 0; byte < kPixels; ++byte)
      expected.bytes.push_back(static_cast<uint8_t>(kPixels * number + byte));
    expected.labels.push_back(static_cast<int32_t>(number % 2));
    expected.names.push_back("sample?" + std::to_string(number));
  }
  const AllSamples all = ReadAll(data);
  EXPECT_EQ(all.bytes, expected.bytes);
  EXPECT_EQ(all.labels, expected.labels);
  EXPECT_EQ(all.names, expected.names);
  ASSERT_EQ(data.fields().size(), 2u);
  EXPECT_EQ(data.fields()[0].height, 1);
  EXPECT_EQ(data.fields()[0].width, kPixels);
  EXPECT_EQ(data.fields()[0].channels, 1);
  EXPECT_TRUE(data.fields()[1].label);
  EXPECT_THAT(data.class_names, ElementsAre("even", "odd"));
}

std::vector<int64_t> Range(int64_t count) {
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST(Pack, WhatIsPackedIsRead) {
  const TemporaryFolder folder;
  const Source source = MakeSource(301, 65);
  const PackReport report = Pack(source, folder / "x.brd", {.threads = 3});
  EXPECT_EQ(report.train, 301);
  EXPECT_EQ(report.validation, 0);
  EXPECT_EQ(report.test, 65);
  for (const Splits& data : {LoadPacked(folder / "x.brd"), PackIntoMemory(source, {.threads = 3})}) {
    ExpectSamples(data.train, Range(301));
    ExpectSamples(data.test, Range(65));
    EXPECT_EQ(data.validation.size(), 0);
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Pack, TheBytesDoNotDependOnThreads) {
  const TemporaryFolder folder;
  for (const int threads : {1, 2, 5})
    Pack(MakeSource(301, 65, {3, 77}), folder / std::to_string(threads), {.threads = threads, .skip_broken = true});
  EXPECT_EQ(folder.Read("1"), folder.Read("2"));
  EXPECT_EQ(folder.Read("1"), folder.Read("5"));
}

// The tensors fill the file in an order that keeps numbers aligned.
TEST(Pack, TheFileIsAsItsHeaderSays) {
  const TemporaryFolder folder;
  Pack(MakeSource(3, 2), folder / "x.brd", {});
  const std::string file = folder.Read("x.brd");
  uint64_t header = 0;
  std::memcpy(&header, file.data(), sizeof(header));
  ASSERT_LT(header, file.size());
  EXPECT_EQ((header + 8) % 64, 0u);
  EXPECT_THAT(
      file.substr(8, header),
      MatchesRegex("\\{\"__metadata__\":\\{\"format\":\"brine\\.data 1\",\"hash\":\"[0-9a-f]{32}\"\\},"
                   "\"train/data\":\\{\"dtype\":\"U8\",\"shape\":\\[3,1,5,1\\],\"data_offsets\":\\[0,15\\]\\},"
                   "\"test/data\":\\{\"dtype\":\"U8\",\"shape\":\\[2,1,5,1\\],\"data_offsets\":\\[15,25\\]\\},"
                   "\"padding\":\\{\"dtype\":\"U8\",\"shape\":\\[39\\],\"data_offsets\":\\[25,64\\]\\},"
                   "\"train/label\":\\{\"dtype\":\"I32\",\"shape\":\\[3\\],\"data_offsets\":\\[64,76\\]\\},"
                   "\"test/label\":\\{\"dtype\":\"I32\",\"shape\":\\[2\\],\"data_offsets\":\\[76,84\\]\\},"
                   "\"train/names\":\\{\"dtype\":\"U8\",\"shape\":\\[27\\],\"data_offsets\":\\[84,111\\]\\},"
                   "\"test/names\":\\{\"dtype\":\"U8\",\"shape\":\\[18\\],\"data_offsets\":\\[111,129\\]\\},"
                   "\"class_names\":\\{\"dtype\":\"U8\",\"shape\":\\[9\\],\"data_offsets\":\\[129,138\\]\\}\\} *"));
  EXPECT_EQ(file.size(), 8 + header + 138);
  brine_tensors tensors;
  char error[200];
  EXPECT_EQ(
      brine_parse_tensors(reinterpret_cast<const uint8_t*>(file.data()), file.size(), &tensors, error, sizeof(error)),
      0)
      << error;
  brine_release_tensors(&tensors);
  // Other content has another hash.
  Pack(MakeSource(3, 1), folder / "y.brd", {});
  EXPECT_NE(file.substr(8, 90), folder.Read("y.brd").substr(8, 90));
}

TEST(Pack, SeveralFieldsAndRealNumbers) {
  const std::vector<float> rows = {1, 2, 3, 4, 5, 6};
  const std::vector<uint8_t> flags = {7, 8, 9};
  const std::vector<float> targets = {10, 20, 30};
  Source source;
  source.kind = "arrays";
  source.splits.validation = Dataset({{"flag", 3, std::span<const uint8_t>(flags)},
                                      {"row", 3, std::span<const float>(rows)},
                                      {"target", 3, std::span<const float>(targets)}});
  const TemporaryFolder folder;
  Pack(source, folder / "x.brd", {});
  for (const Splits& data : {LoadPacked(folder / "x.brd"), PackIntoMemory(source, {})}) {
    ASSERT_EQ(data.validation.size(), 3);
    float row[2], target;
    uint8_t flag;
    std::vector<void*> to;
    for (const Field& field : data.validation.fields())
      to.push_back(field.name == "row"    ? static_cast<void*>(row)
                   : field.name == "flag" ? static_cast<void*>(&flag)
                                          : &target);
    const int64_t index = 1;
    data.validation.source().Read({&index, 1}, to);
    EXPECT_THAT(row, ElementsAre(3, 4));
    EXPECT_EQ(flag, 8);
    EXPECT_EQ(target, 20);
    EXPECT_THAT(data.validation.class_names, IsEmpty());
    EXPECT_EQ(data.validation.source().NameOf(0), "");
  }
}

// Of the fields that are written at the end, memory holds a megabyte.
TEST(Pack, LargeFieldsAreKeptInTemporaryFiles) {
  std::vector<int32_t> left(2 << 20), right(left.size());
  std::iota(left.begin(), left.end(), 0);
  std::iota(right.begin(), right.end(), 7);
  const auto source_of = [&](int64_t samples) {
    Source source;
    source.kind = "arrays";
    source.splits.train = Dataset(
        {{"left", samples, std::span<const int32_t>(left)}, {"right", samples, std::span<const int32_t>(right)}});
    return source;
  };
  const TemporaryFolder folder;
  Pack(source_of(1024), folder / "x.brd", {});
  const std::string file = folder.Read("x.brd");
  for (const std::vector<int32_t>& all : {left, right})  // whatever the order is in which they were written
    EXPECT_NE(file.find(std::string(reinterpret_cast<const char*>(all.data()), 4 * all.size())), std::string::npos);
  const char* const before = std::getenv("TMPDIR");
  const std::string saved = before == nullptr ? "" : before;
  setenv("TMPDIR", "/absent", 1);
  EXPECT_EQ(Message([&] { Pack(source_of(1024), folder / "y.brd", {}); }, kExitFailed),
            "/absent: a temporary file cannot be created: No such file or directory");
  EXPECT_NO_THROW(Pack(MakeSource(301, 65), folder / "y.brd", {}));  // its labels are few
  if (before == nullptr)
    unsetenv("TMPDIR");
  else
    setenv("TMPDIR", saved.c_str(), 1);
}

TEST(Pack, ASliceIsPacked) {
  Source source = MakeSource(200, 0);
  source.splits.train = source.splits.train.Slice(100, 3);
  ExpectSamples(PackIntoMemory(source, {}).train, {100, 101, 102});
}

TEST(Pack, ASerialSourceIsReadByOneThread) {
  Source source;
  source.kind = "a callback";
  std::atomic<int> readers = 0;
  source.splits.train = Dataset::FromCallback<float>(
      500, 1, [&](std::span<const int64_t> indices, std::span<float> samples, std::span<int32_t> labels) {
        EXPECT_EQ(++readers, 1);
        samples[0] = static_cast<float>(indices[0]);
        labels[0] = static_cast<int32_t>(indices[0]);
        --readers;
      });
  const Splits data = PackIntoMemory(source, {.threads = 4});
  float sample = 0;
  int32_t label = 0;
  const int64_t index = 499;
  void* const targets[] = {&sample, &label};
  data.train.source().Read({&index, 1}, targets);
  EXPECT_EQ(sample, 499);
  EXPECT_EQ(label, 499);
}

TEST(Pack, AllBrokenSamplesAreNamedAtOnce) {
  const TemporaryFolder folder;
  folder.Write("x.brd", "old");
  EXPECT_EQ(Message([&] {
              Pack(MakeSource(301, 2, {3, 77, 300}), folder / "x.brd", {.threads = 3});
            }),
            "3.png: is broken\n77.png: is broken\n300.png: is broken");
  EXPECT_EQ(folder.Read("x.brd"), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Pack, BrokenSamplesCanBeLeftOut) {
  const TemporaryFolder folder;
  const Source source = MakeSource(6, 2, {0, 3, 5});
  const PackReport report = Pack(source, folder / "x.brd", {.skip_broken = true});
  EXPECT_EQ(report.train, 3);
  EXPECT_THAT(report.skipped, ElementsAre("0.png: is broken", "3.png: is broken", "5.png: is broken"));
  for (const Splits& data : {LoadPacked(folder / "x.brd"), PackIntoMemory(source, {.skip_broken = true})}) {
    ExpectSamples(data.train, {1, 2, 4});
    ExpectSamples(data.test, {0, 1});
  }
  EXPECT_EQ(Message([] {
              PackIntoMemory(MakeSource(2, 0, {0, 1}), {.skip_broken = true});
            }),
            "0.png: is broken\n1.png: is broken");
}

TEST(Pack, ProgressReachesTheTotalAndMayThrow) {
  const TemporaryFolder folder;
  int64_t last = 0;
  Pack(MakeSource(300, 10, {1}), folder / "x.brd", {.skip_broken = true, .progress = [&](int64_t done, int64_t total) {
                                                      EXPECT_GT(done, last);
                                                      EXPECT_EQ(total, 310);
                                                      last = done;
                                                    }});
  EXPECT_EQ(last, 310);
  EXPECT_EQ(Message(
                [&] {
                  Pack(MakeSource(300, 10), folder / "y.brd",
                       {.progress = [](int64_t, int64_t) { throw Error(kExitInterrupted, "interrupted"); }});
                },
                kExitInterrupted),
            "interrupted");
  EXPECT_FALSE(std::filesystem::exists(folder / "y.brd"));
}

TEST(Pack, PartsWithOtherFieldsAreRefusedWhenTheyAreLoaded) {
  const TemporaryFolder folder;
  const std::vector<uint8_t> bytes(6);
  const std::vector<float> floats(6);
  const std::vector<int32_t> labels = {0, 1};
  const std::pair<Samples, std::string> kRows[] = {{Samples(std::span(bytes).first(4)), "bytes of shape [2]"},
                                                   {Samples(std::span(floats)), "floats of shape [3]"}};
  for (const auto& [test, shape] : kRows) {
    Source source;
    source.splits.train = Dataset(2, Samples(std::span(bytes)), Labels(std::span(labels)));
    source.splits.test = Dataset(2, test, Labels(std::span(labels)));
    const std::string path = folder / "x.brd";
    Pack(source, path, {});
    EXPECT_EQ(
        Message([&] { LoadPacked(path); }),
        path + ": each sample of the training data has bytes of shape [3], but each of the test data has " + shape);
  }
}

TEST(Pack, WhatCannotBePackedIsNamed) {
  const TemporaryFolder folder;
  EXPECT_EQ(Message([&] { Pack(MakeSource(0, 0), folder / "x.brd", {}); }), "there are no samples to pack");
  EXPECT_EQ(Message([&] { Pack(MakeSource(2, 0), folder / "none/x.brd", {}); }, kExitFailed),
            (folder / "none/x.brd") + ": cannot be written: No such file or directory");
  EXPECT_EQ(Message([&] { Pack(MakeSource(2, 0), folder.path(), {}); }, kExitFailed),
            folder.path() + ": is not a regular file");
  Source source = MakeSource(2, 0);
  source.splits.train.class_names.resize(65536, "x");
  EXPECT_EQ(Message([&] { Pack(source, folder / "x.brd", {}); }),
            "numbers of 65536 classes; at most 65535 can be packed");
  source.splits.train.class_names = {"a\tb", "c", "a\nb"};  // names are written without control characters
  EXPECT_EQ(Message([&] { Pack(source, folder / "x.brd", {}); }), "numbers with two classes that are called a?b");
  const std::vector<uint8_t> byte = {1};
  source.splits.train = Dataset({{"a \"name\"", 1, std::span<const uint8_t>(byte)}});
  EXPECT_EQ(Message([&] { Pack(source, folder / "x.brd", {}); }), "the name a \"name\" of an input cannot be packed");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Pack, AKilledProcessLeavesNothing) {
  const TemporaryFolder folder;
  folder.Write("x.brd", "old");
  int begun[2];
  ASSERT_EQ(pipe(begun), 0);
  const pid_t child = fork();
  if (child == 0) {
    Pack(MakeSource(1000, 0), folder / "x.brd", {.progress = [&](int64_t, int64_t) {
           if (write(begun[1], "x", 1) == 1) pause();
         }});
    _exit(0);
  }
  close(begun[1]);
  char byte;
  ASSERT_EQ(read(begun[0], &byte, 1), 1);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(begun[0]);
  EXPECT_EQ(folder.Read("x.brd"), "old");
  const int unnamed = open(folder.path().c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (unnamed < 0) return;  // a file system where files cannot be without a name
  close(unnamed);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

}  // namespace
}  // namespace brine::testing
