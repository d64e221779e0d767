#include "runtime/trainer/progress.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <vector>

#include "runtime/trainer/json.h"
#include "runtime/trainer/terminal.h"
#include "runtime/trainer/text.h"

namespace brine {
namespace {

constexpr int kBarWidth = 20;  // characters, as in Keras
constexpr int kCurveWidth = 60;

// Four decimals, or an exponent if the magnitude is below a thousandth, as in Keras.
std::string NumberText(double value) {
  char text[40];
  std::snprintf(text, sizeof(text), value != 0 && std::fabs(value) < 1e-3 ? "%.4e" : "%.4f", value);
  return text;
}

double SecondsAStep(const EpochResult& result) {
  return result.steps > 0 ? result.seconds / static_cast<double>(result.steps) : 0;
}

// "8ms/step"
std::string StepText(const EpochResult& result) {
  char text[40];
  const double step = SecondsAStep(result);
  const char* const unit = step >= 1 ? "s" : step >= 1e-3 ? "ms" : "us";
  std::snprintf(text, sizeof(text), "%.0f%s/step", step >= 1 ? step : step >= 1e-3 ? step * 1e3 : step * 1e6, unit);
  return text;
}

// "12s"
std::string SecondsText(double seconds) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.0fs", seconds);
  return text;
}

// "45s", "1:05" or "1:00:05", as in Keras.
std::string TimeLeftText(const EpochResult& result) {
  const auto seconds = std::llround(SecondsAStep(result) * static_cast<double>(result.batches - result.batch));
  char text[40];
  if (seconds > 3600)
    std::snprintf(text, sizeof(text), "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
  else if (seconds > 60)
    std::snprintf(text, sizeof(text), "%lld:%02lld", seconds / 60, seconds % 60);
  else
    std::snprintf(text, sizeof(text), "%llds", seconds);
  return text;
}

// " - accuracy: 0.4461", and so on.
std::vector<std::string> ValueTexts(const EpochResult& result) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : Logs(result)) {
    if (!std::isnan(value)) texts.push_back(Concat({" - ", name, ": ", NumberText(value)}));
  }
  return texts;
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

// The losses of the epochs by their names, in alphabetical order.
std::map<std::string, std::vector<double>> LossesOf(const std::vector<EpochResult>& epochs) {
  std::map<std::string, std::vector<double>> losses;
  for (const EpochResult& epoch : epochs) {
    for (const auto& [name, value] : Logs(epoch)) {
      if (name.ends_with("loss") && !std::isnan(value)) losses[name].push_back(value);
    }
  }
  return losses;
}

struct Bar {
  bool ascii = !IsLocaleUtf8();
  std::chrono::steady_clock::time_point last_drawn = {};
  std::vector<EpochResult> epochs = {};

  void Begin(const EpochResult& result, int of) { std::fprintf(stderr, "Epoch %d/%d\n", result.epoch + 1, of); }

  void Draw(const EpochResult& result) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_drawn < std::chrono::milliseconds(100)) return;
    last_drawn = now;
    // A line that fills the last column may wrap.
    const int columns = TerminalColumns();
    Put(ProgressBar(result, ascii, columns == 0 ? 0 : std::max(columns - 1, 1)), "");
  }

  // The complete line, which is not drawn again and may wrap.
  void End(const EpochResult& result) {
    Put(ProgressBar(result, ascii), "\n");
    epochs.push_back(result);
  }

  void DrawCurves() const {
    if (epochs.size() < 2) return;
    const auto losses = LossesOf(epochs);
    size_t width = 0;
    for (const auto& [name, values] : losses) width = std::max(width, name.size());
    for (const auto& [name, values] : losses) {
      const std::string padded = name + std::string(width - name.size(), ' ');
      std::fprintf(stderr, "%s %s %s %s\n", padded.c_str(), NumberText(values.front()).c_str(),
                   Sparkline(values, CurveWidth(width), ascii).c_str(), NumberText(values.back()).c_str());
    }
  }

 private:
  static void Put(const std::string& line, const char* end) {
    std::fprintf(stderr, "\r%s\033[K%s", line.c_str(), end);
    std::fflush(stderr);
  }
  static int CurveWidth(size_t name_width) {
    constexpr int kTwoNumbers = 24;
    const int columns = TerminalColumns();
    return columns == 0 ? kCurveWidth
                        : std::clamp(columns - static_cast<int>(name_width) - kTwoNumbers, 1, kCurveWidth);
  }
};

Callback BarCallback(int epochs) {
  const auto bar = std::make_shared<Bar>();
  return {.on_epoch_begin = [bar, epochs](Trainer&, const EpochResult& result) { bar->Begin(result, epochs); },
          .on_batch_end = [bar](Trainer&, const EpochResult& result) { bar->Draw(result); },
          .on_epoch_end = [bar](Trainer&, const EpochResult& result) { bar->End(result); },
          .on_train_end = [bar](Trainer&, const EpochResult&) { bar->DrawCurves(); }};
}

Callback FormCallback(int epochs, ProgressForm form) {
  switch (form) {
    case ProgressForm::kAuto:
      return FormCallback(epochs, CanRedraw() ? ProgressForm::kBar : ProgressForm::kLine);
    case ProgressForm::kBar:
      return BarCallback(epochs);
    case ProgressForm::kLine:
      return {.on_epoch_end = [epochs](Trainer&, const EpochResult& result) {
        std::fprintf(stderr, "%s\n", ProgressLine(result, epochs).c_str());
      }};
    case ProgressForm::kJson:
      return {.on_epoch_end = [](Trainer&, const EpochResult& result) {
        std::fprintf(stderr, "%s\n", ProgressJson(result).c_str());
      }};
    case ProgressForm::kNone:
      break;
  }
  return {};
}

}  // namespace

std::string ProgressBar(const EpochResult& result, bool ascii, int columns) {
  const std::string total = std::to_string(result.batches), done = std::to_string(result.batch);
  const std::string counts =
      Concat({std::string(total.size() - std::min(total.size(), done.size()), ' '), done, "/", total});
  const bool is_done = result.batch == result.batches;
  const std::string times =
      Concat({" ", is_done ? SecondsText(result.seconds) : TimeLeftText(result), " ", StepText(result)});
  std::vector<std::string> values = ValueTexts(result);
  // The columns that are left for the bar.
  const auto left = [&] {
    return columns == 0 ? kBarWidth : columns - ColumnsOf(Concat({counts, " ", times, Joined(values)}));
  };
  while (left() < 1 && !values.empty()) values.pop_back();
  if (left() < 1) return counts.substr(0, static_cast<size_t>(columns));
  const int width = std::min(left(), kBarWidth);
  const auto filled = static_cast<int>(result.batches == 0 ? 0 : width * result.batch / result.batches);
  std::string bar;
  for (int cell = 0; cell < width; ++cell) bar += cell < filled ? (ascii ? "=" : "━") : (ascii ? "." : "─");
  return Concat({counts, " ", bar, times, Joined(values)});
}

std::string ProgressLine(const EpochResult& result, int epochs) {
  return Concat({"Epoch ", std::to_string(result.epoch + 1), "/", std::to_string(epochs), " - ",
                 SecondsText(result.seconds), " - ", StepText(result), Joined(ValueTexts(result))});
}

std::string ProgressJson(const EpochResult& result) {
  JsonObject object;
  object.Whole("epoch", result.epoch + 1);
  for (const auto& [prefix, results] : {std::pair("", &result.train), std::pair("val_", &result.validation)}) {
    for (const Result& row : results->all) object.Numbers({{Concat({prefix, row.name}), row.value}});
  }
  object.Numbers({{"seconds", result.seconds}});
  if (kHasRanks && result.communication_seconds > 0)
    object.Numbers(
        {{"communication_seconds", result.communication_seconds}, {"waiting_seconds", result.waiting_seconds}});
  return object.text();
}

std::string Sparkline(std::span<const double> numbers, int columns, bool ascii) {
  static constexpr const char* kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr const char* kAscii[] = {"_", ".", "-", "=", "+", "*", "%", "#"};
  constexpr double kLevels = 8;
  const size_t cells = std::min(numbers.size(), static_cast<size_t>(columns));
  std::vector<double> means;
  for (size_t cell = 0; cell < cells; ++cell) {
    const size_t begin = cell * numbers.size() / cells, end = (cell + 1) * numbers.size() / cells;
    double sum = 0;
    for (const double number : numbers.subspan(begin, end - begin)) sum += number;
    means.push_back(sum / static_cast<double>(end - begin));
  }
  double least = INFINITY, most = -INFINITY;
  for (const double mean : means) {
    if (!std::isfinite(mean)) continue;
    least = std::min(least, mean);
    most = std::max(most, mean);
  }
  std::string text;
  for (const double mean : means) {
    const double level = most > least ? std::floor((mean - least) / (most - least) * kLevels) : 0;
    const auto index = static_cast<size_t>(std::isfinite(level) ? std::min(level, kLevels - 1) : 0);
    text += !std::isfinite(mean) ? " " : ascii ? kAscii[index] : kBlocks[index];
  }
  return text;
}

Callback ProgressCallback(int epochs, ProgressForm form) {
  Callback callback = FormCallback(epochs, form);
  callback.first_rank_only = true;
  return callback;
}

}  // namespace brine
