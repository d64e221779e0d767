#include "runtime/trainer/ranks.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

namespace brine {
namespace {

// How something ended on a rank, as ranks send it to each other.
struct Outcome {
  int32_t code = kExitOk;
  char sentence[508] = {};

  Outcome() = default;
  Outcome(ExitCode exit_code, const std::string& text) : code(exit_code) {
    std::memcpy(sentence, text.data(), std::min(text.size(), sizeof(sentence) - 1));
  }
};

ExitCode CodeOf(const std::exception& error) {
  const auto* const with_code = dynamic_cast<const Error*>(&error);
  return with_code == nullptr || with_code->code() == kExitOk ? kExitFailed : with_code->code();
}

std::string SentenceOf(const std::exception& error) {
  return dynamic_cast<const std::bad_alloc*>(&error) == nullptr ? error.what() : "there is not enough memory";
}

std::vector<Outcome> GatherOutcomes(const Ranks& ranks, const Outcome& mine) {
  std::vector<Outcome> all(static_cast<size_t>(ranks.size()));
  ranks.communicator().gather(&mine, sizeof(mine), all.data());
  return all;
}

// Texts one after another, and back.  A text is preceded by its size.
void AppendText(std::string& packed, const std::string& text) {
  const uint64_t size = text.size();
  packed.append(reinterpret_cast<const char*>(&size), sizeof(size)).append(text);
}

std::string TakeText(std::string_view& packed) {
  uint64_t size = 0;
  std::memcpy(&size, packed.data(), sizeof(size));
  const std::string text(packed.substr(sizeof(size), size));
  packed.remove_prefix(sizeof(size) + size);
  return text;
}

// " 0.01"; a flag that takes no value has an empty one.
std::string After(const std::optional<std::string>& value, const char* if_empty) {
  return value->empty() ? if_empty : " " + *value;
}

std::string Difference(int32_t rank, const Fact& mine, const std::optional<std::string>& first) {
  if (!mine.value) return Concat({"rank ", rank, " has no ", mine.name, ", rank 0 has", After(first, " it")});
  return Concat({"rank ", rank, " has ", mine.name, After(mine.value, ""), ", rank 0 has",
                 first ? After(first, " it") : " none"});
}

}  // namespace

void Ranks::Abort(const std::exception& error) const {
  const ExitCode code = CodeOf(error);
  std::fprintf(stderr, "rank %d: %s\n", rank(), SentenceOf(error).c_str());
  // A pipe that nobody reads takes nothing, and the others must not wait for that.
  pollfd output = {STDOUT_FILENO, POLLOUT, 0};
  if (poll(&output, 1, 0) == 1 && (output.revents & POLLOUT) != 0) std::fflush(stdout);
  communicator_->abort(code);
  std::_Exit(code);
}

void Ranks::CallTogether(const std::function<void()>& act) const {
  Outcome mine;
  try {
    act();
  } catch (const std::exception& error) {
    mine = Outcome(CodeOf(error), SentenceOf(error));
  }
  const std::vector<Outcome> all = GatherOutcomes(*this, mine);
  const auto failed = std::find_if(all.begin(), all.end(), [](const Outcome& one) { return one.code != kExitOk; });
  if (failed == all.end()) return;
  const bool alike = std::all_of(all.begin(), all.end(), [&](const Outcome& one) {
    return one.code == failed->code && std::strcmp(one.sentence, failed->sentence) == 0;
  });
  throw SharedError(static_cast<ExitCode>(failed->code),
                    alike ? failed->sentence : Concat({"rank ", failed - all.begin(), ": ", failed->sentence}));
}

void Ranks::Share(std::string& text) const {
  if (!several()) return;
  auto size = static_cast<int64_t>(text.size());
  communicator_->broadcast(&size, sizeof(size));
  text.resize(static_cast<size_t>(size));
  communicator_->broadcast(text.data(), size);
}

void Ranks::Compare(const std::vector<Fact>& facts) const {
  if (!several()) return;
  std::string packed;
  for (const Fact& fact : facts) {
    if (!fact.value) continue;
    AppendText(packed, fact.name);
    AppendText(packed, *fact.value);
  }
  Share(packed);
  std::vector<std::pair<std::string, std::string>> of_first;
  for (std::string_view rest = packed; !rest.empty();) {
    std::string name = TakeText(rest);
    of_first.emplace_back(std::move(name), TakeText(rest));
  }
  Outcome mine;
  for (const Fact& fact : facts) {
    std::optional<std::string> first;
    for (const auto& [name, value] : of_first) {
      if (name == fact.name) first = value;
    }
    if (first == fact.value) continue;
    mine = Outcome(fact.code, Difference(rank(), fact, first));
    break;
  }
  for (const Outcome& outcome : GatherOutcomes(*this, mine)) {
    if (outcome.code != kExitOk) throw SharedError(static_cast<ExitCode>(outcome.code), outcome.sentence);
  }
}

}  // namespace brine
