#include "runtime/trainer/progress.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace brine {
namespace {

constexpr int kBarWidth = 20;  // characters, as in Keras

// Four decimals, or an exponent if the magnitude is below a thousandth, as in Keras.
std::string NumberText(double value) {
  char text[40];
  std::snprintf(text, sizeof(text), value != 0 && std::fabs(value) < 1e-3 ? "%.4e" : "%.4f", value);
  return text;
}

std::string TimesText(const EpochResult& result, const char* between) {
  char text[80];
  const double step = result.steps > 0 ? result.seconds / static_cast<double>(result.steps) : 0;
  const char* const unit = step >= 1 ? "s" : step >= 1e-3 ? "ms" : "us";
  std::snprintf(text, sizeof(text), "%.0fs%s%.0f%s/step", result.seconds, between,
                step >= 1      ? step
                : step >= 1e-3 ? step * 1e3
                               : step * 1e6,
                unit);
  return text;
}

std::string ValuesText(const EpochResult& result) {
  std::string text;
  for (const auto& [name, value] : Logs(result)) {
    if (!std::isnan(value)) text += " - " + name + ": " + NumberText(value);
  }
  return text;
}

// Whether the locale that the environment names uses UTF-8.  The locale of the process is not changed.
bool IsLocaleUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0')
      return strcasestr(value, "utf-8") != nullptr || strcasestr(value, "utf8") != nullptr;
  }
  return false;
}

struct Terminal {
  bool ascii = !IsLocaleUtf8();
  std::chrono::steady_clock::time_point last_drawn = {};

  void Draw(const EpochResult& result, bool is_last) {
    const auto now = std::chrono::steady_clock::now();
    if (!is_last && now - last_drawn < std::chrono::milliseconds(100)) return;
    last_drawn = now;
    std::fprintf(stderr, "\r%s\033[K%s", ProgressBar(result, ascii).c_str(), is_last ? "\n" : "");
    std::fflush(stderr);
  }
};

}  // namespace

std::string ProgressBar(const EpochResult& result, bool ascii) {
  const auto filled = static_cast<int>(result.batches == 0 ? 0 : kBarWidth * result.batch / result.batches);
  const std::string total = std::to_string(result.batches), done = std::to_string(result.batch);
  std::string bar = std::string(total.size() - std::min(total.size(), done.size()), ' ') + done + "/" + total + " ";
  for (int cell = 0; cell < kBarWidth; ++cell) bar += cell < filled ? (ascii ? "=" : "━") : (ascii ? "." : "─");
  return bar + " " + TimesText(result, " ") + ValuesText(result);
}

std::string ProgressLine(const EpochResult& result, int epochs) {
  return "Epoch " + std::to_string(result.epoch + 1) + "/" + std::to_string(epochs) + " - " + TimesText(result, " - ") +
         ValuesText(result);
}

Callback ProgressCallback(int epochs) {
  const char* const term = std::getenv("TERM");
  if (isatty(STDERR_FILENO) == 0 || (term != nullptr && std::strcmp(term, "dumb") == 0)) {
    return {.on_epoch_end = [epochs](Trainer&, const EpochResult& result) {
      std::fprintf(stderr, "%s\n", ProgressLine(result, epochs).c_str());
    }};
  }
  const auto terminal = std::make_shared<Terminal>();
  return {.on_epoch_begin =
              [epochs](Trainer&, const EpochResult& result) {
                std::fprintf(stderr, "Epoch %d/%d\n", result.epoch + 1, epochs);
              },
          .on_batch_end = [terminal](Trainer&, const EpochResult& result) { terminal->Draw(result, false); },
          .on_epoch_end = [terminal](Trainer&, const EpochResult& result) { terminal->Draw(result, true); }};
}

}  // namespace brine
