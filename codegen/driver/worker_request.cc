#include "codegen/driver/worker_request.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace brine::codegen {
namespace {

constexpr absl::string_view kForms[] = {"object", "stmt", "asm", "facts"};  // in the order of OutputForm

std::string WriteForm(OutputForm form) { return std::string(kForms[static_cast<size_t>(form)]); }

bool ReadForm(absl::string_view word, OutputForm& form) {
  const auto* const found = std::find(std::begin(kForms), std::end(kForms), word);
  form = static_cast<OutputForm>(found - std::begin(kForms));
  return found != std::end(kForms);
}

// Reads the length of a string that follows the line, and gives `text` this length.
bool ReadLength(absl::string_view word, std::string& text) {
  size_t bytes = 0;
  const bool is_valid = absl::SimpleAtoi(word, &bytes);
  if (is_valid) text.resize(bytes);
  return is_valid;
}

// A word `name=value` of the line.
struct Word {
  absl::string_view name;
  std::string (*write)(const WorkerRequest& request);
  bool (*read)(absl::string_view word, WorkerRequest& request);  // returns false if the value is malformed
};

constexpr Word kWords[] = {
    {"symbol", [](const WorkerRequest& request) { return request.options.symbol; },
     [](absl::string_view word, WorkerRequest& request) {
       return !(request.options.symbol = std::string(word)).empty();
     }},
    {"asserts", [](const WorkerRequest& request) { return std::string(request.options.asserts ? "1" : "0"); },
     [](absl::string_view word, WorkerRequest& request) {
       request.options.asserts = word == "1";
       return word == "0" || word == "1";
     }},
    {"form", [](const WorkerRequest& request) { return WriteForm(request.options.form); },
     [](absl::string_view word, WorkerRequest& request) { return ReadForm(word, request.options.form); }},
    {"strategy", [](const WorkerRequest& request) { return request.options.strategy; },
     [](absl::string_view word, WorkerRequest& request) {
       request.options.strategy = std::string(word);
       return true;
     }},
    {"path", [](const WorkerRequest& request) { return absl::StrCat(request.path.size()); },
     [](absl::string_view word, WorkerRequest& request) { return ReadLength(word, request.path); }},
    {"text", [](const WorkerRequest& request) { return absl::StrCat(request.text.size()); },
     [](absl::string_view word, WorkerRequest& request) { return ReadLength(word, request.text); }},
};

bool ReadWord(const std::pair<absl::string_view, absl::string_view>& word, WorkerRequest& request) {
  const auto* const known =
      std::find_if(std::begin(kWords), std::end(kWords), [&](const Word& row) { return row.name == word.first; });
  return known != std::end(kWords) && known->read(word.second, request);
}

}  // namespace

std::string WriteRequest(const WorkerRequest& request) {
  std::string line = "kernel";
  for (const Word& word : kWords) absl::StrAppend(&line, " ", word.name, "=", word.write(request));
  return absl::StrCat(line, "\n", request.path, request.text);
}

absl::StatusOr<WorkerRequest> ReadRequest(std::istream& in) {
  std::string line;
  if (!std::getline(in, line)) return absl::OutOfRangeError("no more requests");
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  WorkerRequest request;
  bool is_valid = words[0] == "kernel" && words.size() == std::size(kWords) + 1;
  for (size_t word = 1; word < words.size() && is_valid; ++word)
    is_valid = ReadWord(absl::StrSplit(words[word], absl::MaxSplits('=', 1)), request);
  if (!is_valid) return absl::InvalidArgumentError(absl::StrCat("malformed request: ", line));
  in.read(request.path.data(), static_cast<std::streamsize>(request.path.size()));
  in.read(request.text.data(), static_cast<std::streamsize>(request.text.size()));
  if (!in) return absl::InvalidArgumentError(absl::StrCat("request cut short: ", line));
  return request;
}

}  // namespace brine::codegen
