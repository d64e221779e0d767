// Tests the reader of archives on what Python wrote (make_archives.py), and on files that lie.
#include "frontend/data/archive.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <cstring>

#include "tests/data/scratch.h"

namespace brine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string LongName() {
  std::string name;
  for (int copy = 0; copy < 12; ++copy) name += "a-long-folder/";
  return name + "file.txt";
}

std::string AllBytes() {
  std::string bytes;
  for (int index = 0; index < 3 * 256; ++index) bytes += static_cast<char>(index);
  return bytes;
}

std::vector<std::pair<std::string, std::string>> Content(const std::string& path) {
  const Archive archive(path);
  std::vector<std::pair<std::string, std::string>> files;
  for (const ArchiveEntry& entry : archive.entries())
    files.emplace_back(entry.name, std::string(entry.bytes.begin(), entry.bytes.end()));
  return files;
}

TEST(Archive, ReadsWhatPythonWrote) {
  for (const char* name :
       {"ustar.tar", "ustar.tar.gz", "gnu.tar.gz", "pax.tar.gz", "stored.zip", "deflated.zip", "zip64.zip"}) {
    EXPECT_THAT(Content(Golden("archives/") + name),
                ElementsAre(Pair("one.txt", "first\n"), Pair("folder/empty", ""), Pair(LongName(), AllBytes()),
                            Pair("große.txt", std::string(513, '\0'))))
        << name;
  }
}

TEST(Archive, RefusesTruncatedAndSurvivesDamagedFiles) {
  const Scratch scratch;
  for (const char* name : {"ustar.tar", "pax.tar.gz", "deflated.zip", "zip64.zip"}) {
    std::string bytes = ReadBytes(Golden("archives/") + name);
    // Behind the block that ends a tar there is padding, without which it is complete.
    if (name == std::string("ustar.tar")) bytes.resize(bytes.find_last_not_of('\0') / 512 * 512 + 2 * 512);
    const auto read = [](const std::string& path) { return Content(path); };
    ExpectTruncationsRefused(scratch, name, bytes, read);
    ExpectDamageSurvived(scratch, name, bytes, read);
  }
}

// A tar with one entry, whose header has this text in the field of the size.
std::string Tar(const std::string& size, const std::string& content, char type = '0') {
  std::string header(512, '\0');
  header.replace(0, 5, "x.bin");
  header.replace(124, size.size(), size);
  header.replace(148, 8, "        ");
  header[156] = type;
  header.replace(257, 6, std::string("ustar\0", 6));
  unsigned sum = 0;
  for (char byte : header) sum += static_cast<uint8_t>(byte);
  char checksum[8];
  std::snprintf(checksum, sizeof(checksum), "%06o", sum);
  header.replace(148, 7, checksum, 7);
  std::string padded = content;
  padded.resize((content.size() + 511) / 512 * 512);
  return header + padded + std::string(1024, '\0');
}

TEST(Archive, RefusesTarsThatLie) {
  const Scratch scratch;
  const auto error = [&](const std::string& bytes) {
    const std::string path = scratch.Write("a.tar", bytes);
    return ErrorOf(scratch, [&] { Content(path); });
  };
  EXPECT_EQ(error(Tar("5", "hello")), "");
  EXPECT_EQ(error(Tar(std::string("\x80\0\0\0\0\0\0\0\0\0\0\x05", 12), "hello")), "");  // GNU's form of large numbers
  EXPECT_EQ(error(Tar("77777777777", "hello")),
            "3: a.tar: the entry x.bin has 8589934591 bytes, of which 1536 are there");
  EXPECT_EQ(error(Tar("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "")),
            "3: a.tar: the entry x.bin has no size");
  EXPECT_EQ(error(Tar("9", "")), "3: a.tar: the entry x.bin has no size");
  EXPECT_EQ(error(Tar("5", "hello", 'S')), "3: a.tar: the entry x.bin is a sparse file, which cannot be read");
  EXPECT_EQ(error(Tar("5", "hello", 'x')), "3: a.tar: the attributes of an entry cannot be read");
  EXPECT_EQ(error(Tar("27", "23 size=99999999999999\n", 'x') + Tar("1", "a")), "");  // the block of zeros is the end
  std::string described = Tar("33", "27 size=999999999999999999\n", 'x');
  described.resize(1024);
  EXPECT_EQ(error(described + Tar("1", "a")),
            "3: a.tar: the entry x.bin has 999999999999999999 bytes, of which 1536 are there");
  EXPECT_EQ(error("a text"), "3: a.tar: is not an archive (tar or zip)");
  EXPECT_EQ(error(std::string(600, 'x')), "3: a.tar: is not an archive (tar or zip)");
  EXPECT_EQ(error(Tar("5", "hello").substr(0, 1024)), "3: a.tar: ends without the mark of its end; is it complete?");
  std::string damaged = Tar("5", "hello").substr(0, 1024) + Tar("1", "a");
  damaged[1024] = 'y';
  EXPECT_EQ(error(damaged), "3: a.tar: is damaged: the header at byte 1024 has another checksum");
  EXPECT_EQ(ErrorOf(scratch, [&] { Content(scratch.path("absent.tar")); }),
            "3: absent.tar: cannot be opened: No such file or directory");
}

// The bytes with a number of the little-endian type T at `offset` replaced.
template <typename T>
std::string With(std::string bytes, size_t offset, T number) {
  std::memcpy(&bytes[offset], &number, sizeof(number));
  return bytes;
}

TEST(Archive, RefusesZipsThatLie) {
  const Scratch scratch;
  const auto error = [&](const std::string& bytes) {
    const std::string path = scratch.Write("a.npz", bytes);
    return ErrorOf(scratch, [&] { Content(path); });
  };
  const std::string stored = ReadBytes(Golden("archives/stored.zip"));
  const std::string deflated = ReadBytes(Golden("archives/deflated.zip"));
  const auto entry = [](const std::string& bytes, const char* name) {  // of the directory, 46 bytes before the name
    return bytes.rfind(name) - 46;
  };
  const size_t one = entry(deflated, "one.txt"), last = entry(deflated, "große.txt");
  EXPECT_EQ(error(With<uint16_t>(deflated, one + 8, 1)), "3: a.npz: one.txt: is encrypted");
  EXPECT_EQ(error(With<uint16_t>(deflated, one + 10, 14)),
            "3: a.npz: one.txt: is packed by method 14; stored and deflated can be read");
  EXPECT_EQ(error(With<uint32_t>(deflated, one + 16, 0)), "3: a.npz: one.txt: is damaged: it has another CRC-32");
  EXPECT_EQ(error(With<uint32_t>(deflated, one + 24, 7)), "3: a.npz: one.txt: unpacks to 6 bytes instead of 7");
  EXPECT_EQ(error(With<uint32_t>(deflated, one + 24, 5)), "3: a.npz: one.txt: unpacks to more than 5 bytes");
  EXPECT_EQ(error(With<uint32_t>(deflated, one + 24, 0x7fffffff)),
            "3: a.npz: one.txt: unpacks to more than 500 times its size, as no data do");
  EXPECT_EQ(error(With<uint32_t>(deflated, one + 20, 0xfffffffe)),
            "3: a.npz: one.txt: has 4294967294 bytes, which are not all there");
  EXPECT_EQ(error(With<uint32_t>(deflated, one + 42, 1 << 20)), "3: a.npz: one.txt: is not where the directory says");
  EXPECT_EQ(error(With<uint32_t>(deflated, last + 42, 0)), "3: a.npz: has entries that overlap");
  EXPECT_EQ(error(With<uint32_t>(stored, entry(stored, "one.txt") + 24, 0x7fffffff)),
            "3: a.npz: one.txt: is stored in 6 bytes, but has 2147483647");
  const size_t end = deflated.rfind("PK\5\6");
  EXPECT_EQ(error(With<uint16_t>(deflated, end + 10, 60000)), "3: a.npz: is damaged: its directory cannot be read");
  EXPECT_EQ(error(With<uint32_t>(deflated, end + 16, 0xfffffff0)),
            "3: a.npz: is damaged: its directory cannot be read");
  // An empty entry without a name: its records in the directory and before it are nothing but their fixed bytes.
  std::string nameless(30 + 46 + 22, '\0');
  nameless.replace(0, 4, "PK\3\4").replace(30, 4, "PK\1\2").replace(76, 4, "PK\5\6");
  nameless = With<uint16_t>(With<uint32_t>(With<uint32_t>(nameless, 76 + 12, 46), 76 + 16, 30), 76 + 10, 1);
  EXPECT_EQ(error(nameless), "");
  EXPECT_THAT(Content(scratch.path("a.npz")), ElementsAre(Pair("", "")));
  EXPECT_EQ(error(deflated + "x"), "3: a.npz: ends before its directory; is it complete?");
}

TEST(Archive, RefusesBombs) {
  const Scratch scratch;
  const std::string zeros = ReadBytes(Golden("archives/zeros.gz"));  // 1 MiB in 1 KB
  std::string bomb;
  for (int copy = 0; copy < 129; ++copy) bomb += zeros;
  const std::string path = scratch.Write("bomb.tar.gz", bomb);
  EXPECT_EQ(ErrorOf(scratch, [&] { Archive archive(path); }),
            "3: bomb.tar.gz: unpacks to more than 500 times its size, as no data do");
  EXPECT_EQ(ErrorOf(scratch, [] { Archive archive(Golden("archives/pax.tar.gz"), 5000); }),
            "3: " + Golden("archives/pax.tar.gz") + ": unpacks to more than 5000 bytes");
  EXPECT_EQ(ErrorOf(scratch, [] { Archive archive(Golden("archives/deflated.zip"), 1000); }),
            "3: " + Golden("archives/deflated.zip") + ": unpacks to more than 1000 bytes");
}

}  // namespace
}  // namespace brine
