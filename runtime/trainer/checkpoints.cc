#include "runtime/trainer/checkpoints.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>

#include "runtime/core/checkpoint.h"
#include "runtime/trainer/appended_file.h"
#include "runtime/trainer/class_names.h"
#include "runtime/trainer/run_path.h"
#include "runtime/trainer/shapes.h"
#include "runtime/trainer/tensor_file.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

constexpr char kCallbackKey[] = "callback/";
constexpr char kPrefix[] = "step-", kSuffix[] = ".safetensors";

[[noreturn]] void FailWithoutCheckpoint(const std::string& folder) {
  ThrowError(kExitBadInput, {folder, ": holds no checkpoint step-N.safetensors"});
}

// Reads the newest checkpoint that is not damaged, and returns its path.
std::string ReadNewest(const std::string& folder, TensorFile& file) {
  const std::vector<CheckpointEntry> entries = ListCheckpoints(folder);
  for (const CheckpointEntry& entry : entries) {
    std::string why;
    if (file.Read(entry.path, why)) return entry.path;
    std::fprintf(stderr, "warning: passed over a broken checkpoint: %s\n", why.c_str());
  }
  if (entries.empty()) FailWithoutCheckpoint(folder);
  ThrowError(kExitBadInput, {folder, ": holds no checkpoint that is whole"});
}

// A double as hexadecimal text, which is exact, and back.
std::string ToHexadecimal(double number) {
  char text[40];
  return std::string(text, std::to_chars(text, text + sizeof(text), number, std::chars_format::hex).ptr);
}

std::optional<double> ParseHexadecimal(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::hex);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Numbers as text, separated by spaces, and back.
std::string ToHexadecimal(const std::vector<double>& numbers) {
  std::string text;
  for (double number : numbers) text += (text.empty() ? "" : " ") + ToHexadecimal(number);
  return text;
}

std::optional<std::vector<double>> ParseNumbers(const std::string& text) {
  std::vector<double> numbers;
  for (size_t begin = 0; begin <= text.size() && !text.empty();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::optional<double> number = ParseHexadecimal(text.substr(begin, end - begin));
    if (!number) return std::nullopt;
    numbers.push_back(*number);
    begin = end + 1;
  }
  return numbers;
}

// The key under which a checkpoint has the sums of an output, such as "loss_sum".
std::string SumKey(const brine_output& output) { return std::string(output.name) + "_sum"; }

std::optional<int64_t> ParseWholeNumber(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// Deletes all but the newest two.
void DeleteOldCheckpoints(const std::string& folder) {
  const std::vector<CheckpointEntry> entries = ListCheckpoints(folder);
  for (size_t index = 2; index < entries.size(); ++index) {
    std::error_code ignored;
    fs::remove(entries[index].path, ignored);
  }
}

// Opens and locks the file.  Returns the descriptor, or −1 if another process has the lock.  If the file system has no
// locks, the run goes on without one.
int OpenLock(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) ThrowError(kExitFailed, {path, ": cannot be opened: ", std::strerror(errno)});
  int failed;
  while ((failed = flock(file, LOCK_EX | LOCK_NB)) != 0 && errno == EINTR) {
  }
  if (failed == 0 || errno != EWOULDBLOCK) return file;
  close(file);
  return -1;
}

}  // namespace

std::vector<CheckpointEntry> ListCheckpoints(const std::string& folder) {
  std::vector<CheckpointEntry> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const size_t digits = name.size() - std::min(name.size(), sizeof(kPrefix) - 1 + sizeof(kSuffix) - 1);
    if (digits == 0 || !name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    const char *begin = name.data() + sizeof(kPrefix) - 1, *stop = begin + digits;
    uint64_t step = 0;
    if (std::from_chars(begin, stop, step).ptr == stop) entries.push_back({step, entry->path().string()});
  }
  if (error && error != std::errc::no_such_file_or_directory)
    ThrowError(kExitBadInput, {folder, ": cannot be listed: ", error.message()});
  std::sort(entries.begin(), entries.end(),
            [](const CheckpointEntry& a, const CheckpointEntry& b) { return a.step > b.step; });
  return entries;
}

FolderLock::FolderLock(const std::string& folder, bool resume) {
  if (!resume)
    MakeFolder(folder);
  else if (ListCheckpoints(folder).empty())
    FailWithoutCheckpoint(folder);
  file_ = OpenLock(folder + "/lock");
  if (file_ < 0)
    ThrowError(kExitFailed,
               {folder, ": another run writes its checkpoints there; wait for its end or take another folder"});
  const std::vector<CheckpointEntry> entries = ListCheckpoints(folder);
  if (resume || entries.empty()) return;
  close(file_);
  ThrowError(kExitBadInput,
             {entries.front().path, ": is of an earlier run; --resume goes on with it, another folder starts anew"});
}

FolderLock::~FolderLock() { close(file_); }

void SaveCheckpoint(brine_state* state, const std::string& folder, const FitPosition& position, const FitShape& shape) {
  MakeFolder(folder);
  std::vector<std::pair<std::string, std::string>> values = {
      {"epoch", std::to_string(position.epoch)},        {"batch", std::to_string(position.batch)},
      {"batch_size", std::to_string(shape.batch_size)}, {"accumulation", std::to_string(shape.accumulation)},
      {"samples", std::to_string(shape.samples)},       {"shuffle", shape.shuffle ? "1" : "0"},
      {"rows", std::to_string(position.sums.rows)}};
  for (size_t index = 0; index < position.sums.sums.size(); ++index)
    values.emplace_back(SumKey(position.sums.function->outputs[index]), ToHexadecimal(position.sums.sums[index]));
  for (const auto& [name, numbers] : position.callbacks)
    values.emplace_back(kCallbackKey + name, ToHexadecimal(numbers));
  if (!position.class_names.empty()) values.emplace_back(kClassNamesNote, EncodeClassNames(position.class_names));
  if (!position.element_names.empty()) values.emplace_back(kElementNamesNote, EncodeClassNames(position.element_names));
  std::vector<brine_note> notes;
  for (const auto& [key, value] : values) notes.push_back({{key.data(), key.size()}, {value.data(), value.size()}});
  const std::string path = folder + "/" + kPrefix + std::to_string(brine_steps_done(state)) + kSuffix;
  ThrowIfFailed(brine_save_with_notes(state, path.c_str(), notes.data(), notes.size()), state);
  DeleteOldCheckpoints(folder);
}

namespace {

FitPosition Restore(brine_state* state, const TensorFile& file, const std::string& path, const FitShape& shape,
                    bool warns) {
  const auto epoch = ParseWholeNumber(file.Note("epoch")), batch = ParseWholeNumber(file.Note("batch")),
             rows = ParseWholeNumber(file.Note("rows"));
  if (!epoch || !batch || !rows || *epoch > INT32_MAX)
    ThrowError(kExitBadInput, {path, ": does not say where its run stood"});
  // In the middle of an epoch, the order of the samples and the batches must be those of the earlier run.
  const auto check = [&](const char* key, int64_t ours, const char* what) {
    if (*batch == 0 || file.Note(key) == std::to_string(ours)) return;
    ThrowError(kExitBadInput,
               {path, ": stands within an epoch of ", what, " ", file.Note(key), ", which cannot go on with ", ours});
  };
  check("batch_size", shape.batch_size, "batch size");
  // A checkpoint without this note is of a run that did not accumulate.
  if (!file.Note("accumulation").empty() || shape.accumulation != 1)
    check("accumulation", shape.accumulation, "an accumulation of");
  check("samples", shape.samples, "a number of samples of");
  check("shuffle", shape.shuffle ? 1 : 0, "shuffle");
  const int64_t rows_of_step = shape.batch_size * shape.accumulation;
  const int64_t batches = (shape.samples + rows_of_step - 1) / rows_of_step;
  if (*batch >= batches)  // after its last batch, a run stands before the next epoch
    ThrowError(kExitBadInput, {path, ": stands after batch ", *batch, " of an epoch that ends with batch ", batches});
  ThrowIfFailed(brine_restore(state, &file.tensors, path.c_str()), state);
  const char* const numerics = brine_state_program(state)->numerics_id;
  if (warns && file.Note("numerics_id") != (numerics == nullptr ? "" : numerics)) {
    std::fprintf(stderr, "warning: %s: was made by other kernels, so the run goes on, but not bit for bit\n",
                 path.c_str());
  }
  const brine_function& function = FunctionOf(*brine_state_program(state), "train");
  FitPosition position = {*epoch, *batch, ResultSums(function)};
  position.class_names = DecodeClassNames(file.Note(kClassNamesNote));
  position.element_names = DecodeClassNames(file.Note(kElementNamesNote));
  position.sums.rows = *rows;
  for (size_t index = 0; index < position.sums.sums.size() && *batch != 0; ++index) {
    const brine_output& output = function.outputs[index];
    const std::vector<double> sums = ParseNumbers(file.Note(SumKey(output).c_str())).value_or(std::vector<double>());
    const bool are_finite = std::all_of(sums.begin(), sums.end(), [](double sum) { return std::isfinite(sum); });
    if (sums.size() != position.sums.sums[index].size() || !are_finite)
      ThrowError(kExitBadInput, {path, ": stands within an epoch, and does not say what ", output.name, " was so far"});
    std::copy(sums.begin(), sums.end(), position.sums.sums[index].begin());
  }
  for (const brine_note& note : std::span(file.tensors.notes, file.tensors.note_count)) {
    const std::string key(note.key.data, note.key.size);
    if (!key.starts_with(kCallbackKey)) continue;
    const auto numbers = ParseNumbers(std::string(note.value.data, note.value.size));
    if (!numbers) ThrowError(kExitBadInput, {path, ": the state of a callback is not made of numbers"});
    position.callbacks[key.substr(sizeof(kCallbackKey) - 1)] = *numbers;
  }
  return position;
}

}  // namespace

FitPosition LoadNewestCheckpoint(const Ranks& ranks, brine_state* state, const std::string& folder,
                                 const FitShape& shape) {
  TensorFile file;
  std::string path;
  ranks.Together([&] {
    if (ranks.is_first()) path = ReadNewest(folder, file);
  });
  ranks.Share(path);
  file.Share(ranks);
  return ranks.Together([&] { return Restore(state, file, path, shape, ranks.is_first()); });
}

std::string BestFile(const std::string& folder) { return folder + "/best.safetensors"; }

std::string NewestCheckpoint(const std::string& folder) {
  TensorFile file;
  const std::string of_run = CheckpointsOf(folder);
  std::error_code ignored;
  return ReadNewest(fs::is_directory(of_run, ignored) ? of_run : folder, file);
}

}  // namespace brine
