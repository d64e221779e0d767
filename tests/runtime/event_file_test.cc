#include "runtime/trainer/event_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "runtime/trainer/base64.h"
#include "tests/runtime/message.h"
#include "tests/runtime/read_events.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

using ::testing::ElementsAre;

// RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms.
TEST(EventFile, ChecksumIsThatOfTheStandard) {
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  std::string ascending;
  for (char byte = 0; byte < 32; ++byte) ascending += byte;
  EXPECT_EQ(Crc32c(ascending), 0x46dd794eu);
  EXPECT_EQ(Crc32c(""), 0u);
}

// RFC 4648, section 10.
TEST(Base64, IsThatOfTheStandard) {
  const char* const rows[][2] = {{"", ""},
                                 {"f", "Zg=="},
                                 {"fo", "Zm8="},
                                 {"foo", "Zm9v"},
                                 {"foob", "Zm9vYg=="},
                                 {"fooba", "Zm9vYmE="},
                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : rows)
    EXPECT_EQ(Base64({reinterpret_cast<const uint8_t*>(bytes), std::strlen(bytes)}), text);
  const uint8_t high[] = {0xfb, 0xef, 0xbe, 0xff, 0xff};
  EXPECT_EQ(Base64(high), "++++//8=");
}

bool KeepAll(std::string_view, int64_t) { return true; }

TEST(EventFile, HoldsWhatWasAdded) {
  const TemporaryFolder folder;
  EventFile file(folder / "train", KeepAll);
  file.Add(0, {{"epoch_loss", 1.5}, {"epoch_accuracy", NAN}, {"epoch_learning_rate", 0.001}});
  file.Add(300, {{"batch_loss", -2}});
  file.Add(int64_t{1} << 40, {{"batch_loss", 1e9}});
  file.Add(301, {{"batch_loss", NAN}});
  const std::vector<ReadEvent> events = ReadEvents(file.path());
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0].version, "brain.Event:2");
  EXPECT_THAT(events[1].values, ElementsAre(std::pair("epoch_loss", 1.5f), std::pair("epoch_learning_rate", 0.001f)));
  EXPECT_EQ(events[1].step, 0);
  EXPECT_THAT(events[2].values, ElementsAre(std::pair("batch_loss", -2.0f)));
  EXPECT_EQ(events[2].step, 300);
  EXPECT_THAT(events[3].values, ElementsAre(std::pair("batch_loss", 1e9f)));
  EXPECT_EQ(events[3].step, int64_t{1} << 40);
  const auto now = static_cast<double>(std::time(nullptr));
  for (const ReadEvent& event : events) EXPECT_NEAR(event.wall_time, now, 60);
  EXPECT_THAT(std::filesystem::path(file.path()).filename(), ::testing::StartsWith("events.out.tfevents.1"));
}

// A second process begins a file of its own; the first one loses what the second will write again, and what is broken.
TEST(EventFile, DropsWhatAKilledProcessWroteTooMuch) {
  const TemporaryFolder folder;
  EventFile first(folder.path(), KeepAll);
  first.Add(0, {{"epoch_loss", 1}});
  first.Add(1, {{"epoch_loss", 2}});
  first.Add(5, {{"batch_loss", 3}});
  first.Add(6, {{"batch_loss", 4}});
  const std::string whole = folder.Read(std::filesystem::path(first.path()).filename());
  const std::string name = std::filesystem::path(first.path()).filename();
  const auto keep = [](std::string_view tag, int64_t step) { return tag == "epoch_loss" ? step < 1 : step <= 5; };
  for (size_t part = 0; part <= 16; ++part) {
    const size_t cut = whole.size() * part / 16;
    folder.Write(name, whole.substr(0, cut));
    const EventFile second(folder.path(), keep);
    EXPECT_NE(second.path(), first.path());
    EXPECT_EQ(ReadEvents(second.path()).size(), 1u);
    std::vector<std::string> kept;
    for (const ReadEvent& event : ReadEvents(first.path()))
      kept.push_back(event.values.empty() ? event.version : event.values[0].first + " " + std::to_string(event.step));
    const std::vector<std::string> all = {"brain.Event:2", "epoch_loss 0", "batch_loss 5"};
    ASSERT_LE(kept.size(), all.size());
    EXPECT_TRUE(std::equal(kept.begin(), kept.end(), all.begin())) << cut;
    EXPECT_EQ(kept == all, part > 12) << kept.size();
    std::filesystem::remove(second.path());
  }
  // A byte that a disk has changed ends what can be read.
  std::string damaged = whole;
  damaged[damaged.size() - 70] ^= 1;
  folder.Write(name, damaged);
  const EventFile third(folder.path(), KeepAll);
  EXPECT_LT(ReadEvents(first.path()).size(), 5u);
}

TEST(EventFile, SaysWhereItCannotWrite) {
  const TemporaryFolder folder;
  folder.Write("file", "");
  EXPECT_THAT(Message([&] { EventFile(folder / "file/train", KeepAll); }, kExitFailed),
              ::testing::HasSubstr("file/train: cannot be created: "));
}

}  // namespace
}  // namespace brine::testing
