#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/report_sections.h"
#include "frontend/number_text.h"

namespace brine::cli {
namespace {

constexpr int64_t kMostTableClasses = 30;  // a matrix of more is a picture
constexpr size_t kMostPairs = 12;

std::string Percent(double share) {
  return share > 0 && share < 0.0005 ? "< 0.1 %" : absl::StrFormat("%.1f %%", 100 * share);
}

// A confusion matrix with the sums of its rows.
class Matrix {
 public:
  explicit Matrix(const OutputEvaluation& output)
      : output_(output),
        classes_(static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(output.confusion.size()))))) {
    for (int64_t label = 0; label < classes_; ++label) {
      int64_t sum = 0;
      for (int64_t guess = 0; guess < classes_; ++guess) {
        sum += count(label, guess);
        if (guess == label) right_ += count(label, guess);
        if (guess != label) most_wrong_ = std::max(most_wrong_, count(label, guess));
      }
      rows_.push_back(sum);
      all_ += sum;
    }
  }

  int64_t classes() const { return classes_; }
  int64_t all() const { return all_; }
  int64_t right() const { return right_; }
  int64_t count(int64_t label, int64_t guess) const {
    return output_.confusion[static_cast<size_t>(label * classes_ + guess)];
  }
  double share(int64_t label, int64_t guess) const {
    const int64_t sum = rows_[static_cast<size_t>(label)];
    return sum == 0 ? 0 : static_cast<double>(count(label, guess)) / static_cast<double>(sum);
  }
  // How strongly a cell is coloured, from 0 to 1: right guesses by their share of the class, wrong ones beside the most
  // frequent mistake, as they would otherwise all be pale.
  double strength(int64_t label, int64_t guess) const {
    if (label == guess) return share(label, guess);
    return most_wrong_ == 0 ? 0 : static_cast<double>(count(label, guess)) / static_cast<double>(most_wrong_);
  }
  std::string Name(int64_t number) const { return output_.ClassName(number); }

 private:
  const OutputEvaluation& output_;
  const int64_t classes_;
  std::vector<int64_t> rows_;
  int64_t all_ = 0, right_ = 0, most_wrong_ = 0;
};

std::string CellSentence(const Matrix& matrix, int64_t label, int64_t guess) {
  return absl::StrCat(matrix.Name(label), label == guess ? " recognized: " : " taken for ",
                      label == guess ? "" : absl::StrCat(matrix.Name(guess), ": "),
                      internal::WithCommas(matrix.count(label, guess)), ", ", Percent(matrix.share(label, guess)),
                      " of the class");
}

std::string MatrixTable(const Matrix& matrix) {
  std::string out =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Confusion matrix\">"
      "<table class=\"matrix\"><caption>Rows are the classes of the labels, columns those predicted</caption>"
      "<thead><tr><td></td>";
  for (int64_t guess = 0; guess < matrix.classes(); ++guess)
    absl::StrAppend(&out, "<th scope=\"col\"><span>", Escaped(matrix.Name(guess)), "</span></th>");
  absl::StrAppend(&out, "</tr></thead><tbody>\n");
  for (int64_t label = 0; label < matrix.classes(); ++label) {
    absl::StrAppend(&out, "<tr><th scope=\"row\">", Escaped(matrix.Name(label)), "</th>");
    for (int64_t guess = 0; guess < matrix.classes(); ++guess) {
      absl::StrAppend(&out, "<td class=\"", label == guess ? "right-guess" : "wrong-guess",
                      "\" style=\"--s:", absl::StrFormat("%.3g", matrix.strength(label, guess)), "\" title=\"",
                      Escaped(CellSentence(matrix, label, guess)), "\">", matrix.count(label, guess), "</td>");
    }
    absl::StrAppend(&out, "</tr>\n");
  }
  return out + "</tbody></table></div>\n<output class=\"reading\" aria-live=\"polite\"></output>\n";
}

// A pixel for each cell; right guesses are blue, wrong ones red.
std::string MatrixPicture(const Matrix& matrix) {
  const int size = static_cast<int>(matrix.classes());
  Picture picture = {size, size, 3, {}};
  constexpr double kRight[] = {31, 95, 191}, kWrong[] = {179, 55, 28};
  for (int64_t label = 0; label < size; ++label) {
    for (int64_t guess = 0; guess < size; ++guess) {
      const double strength = std::sqrt(matrix.strength(label, guess));  // so that rare mistakes are seen
      for (const int channel : {0, 1, 2}) {
        const double full = label == guess ? kRight[channel] : kWrong[channel];
        picture.pixels.push_back(static_cast<uint8_t>(std::lround(255 + (full - 255) * strength)));
      }
    }
  }
  const int scale = std::clamp(480 / size, 1, 8);
  return absl::StrCat(
      "<figure class=\"matrix-picture\">",
      WriteImage(picture, scale,
                 absl::StrCat("Confusion matrix of ", size,
                              " classes: rows are the labels, columns the "
                              "classes predicted, right guesses lie on the diagonal")),
      "<figcaption>Rows are the classes of the labels, columns those predicted.</figcaption></figure>\n");
}

std::string MostConfused(const Matrix& matrix) {
  struct Pair {
    int64_t label, guess, count;
  };
  std::vector<Pair> pairs;
  for (int64_t label = 0; label < matrix.classes(); ++label) {
    for (int64_t guess = 0; guess < matrix.classes(); ++guess) {
      if (label != guess && matrix.count(label, guess) > 0) pairs.push_back({label, guess, matrix.count(label, guess)});
    }
  }
  const size_t shown = std::min(pairs.size(), kMostPairs);
  std::partial_sort(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(shown), pairs.end(),
                    [](const Pair& a, const Pair& b) {
                      return std::tuple(-a.count, a.label, a.guess) < std::tuple(-b.count, b.label, b.guess);
                    });
  HtmlTable table = {
      "The most confused classes", {{"Label"}, {"Taken for"}, {"Samples", true}, {"Of the class", true}}, {}};
  for (size_t index = 0; index < shown; ++index) {
    const Pair& pair = pairs[index];
    table.rows.push_back({Escaped(matrix.Name(pair.label)), Escaped(matrix.Name(pair.guess)),
                          internal::WithCommas(pair.count), Escaped(Percent(matrix.share(pair.label, pair.guess)))});
  }
  return shown == 0 ? "<p>No sample was taken for one of another class.</p>\n" : WriteTable(table);
}

// The heading of an output, where there are several.
std::string OutputHeading(const Evaluation& evaluation, const OutputEvaluation& output) {
  return evaluation.outputs.size() < 2 ? "" : absl::StrCat("<h3>Output <code>", Escaped(output.name), "</code></h3>\n");
}

// "0.5, 1.25"
std::string NumbersText(const std::vector<double>& numbers) {
  return absl::StrJoin(numbers, ", ",
                       [](std::string* out, double number) { absl::StrAppendFormat(out, "%.4g", number); });
}

std::string SampleCard(const OutputEvaluation& output, const WorstSample& sample) {
  const std::string name = sample.name.empty() ? absl::StrCat("sample ", sample.number) : sample.name;
  const std::string label = sample.label ? output.ClassName(*sample.label) : NumbersText(sample.wanted);
  std::string out = "<li class=\"card\">";
  if (sample.picture) {
    constexpr int kExtent = 96;  // of the picture on the page
    const int scale = std::max(1, kExtent / std::max(sample.picture->width, sample.picture->height));
    absl::StrAppend(&out, WriteImage(*sample.picture, scale, absl::StrCat(name, ", ", label)));
  }
  absl::StrAppend(&out, "<div><p class=\"name\">", Escaped(name), "</p><p>", sample.label ? "is " : "label ",
                  "<strong>", Escaped(label), "</strong></p>");
  if (!sample.predicted.empty())
    absl::StrAppend(&out, "<p>predicted <strong>", NumbersText(sample.predicted), "</strong></p>");
  absl::StrAppend(&out, "<ol>");
  for (const WorstSample::Guess& guess : sample.top) {
    absl::StrAppend(&out, "<li>", Escaped(output.ClassName(guess.label)), " ", Escaped(Percent(guess.probability)),
                    "</li>");
  }
  absl::StrAppend(&out, "</ol>");
  if (std::isfinite(sample.loss)) absl::StrAppendFormat(&out, "<p class=\"name\">loss %.3g</p>", sample.loss);
  return out + "</div></li>\n";
}

std::string Source(const Evaluation& evaluation) {
  return absl::StrCat(Escaped(evaluation.data.empty() ? "validation" : evaluation.data), " data after epoch ",
                      evaluation.epoch);
}

}  // namespace

std::string Confusions(const Run& run) {
  std::string out;
  for (const OutputEvaluation& output : run.evaluation.outputs) {
    if (output.confusion.empty()) continue;
    const Matrix matrix(output);
    absl::StrAppend(&out, OutputHeading(run.evaluation, output), "<p>", internal::WithCommas(matrix.right()), " of ",
                    internal::WithCommas(matrix.all()), " samples of the ", Source(run.evaluation), " are right.</p>\n",
                    "<div class=\"row\">",
                    matrix.classes() <= kMostTableClasses ? absl::StrCat("<div>", MatrixTable(matrix), "</div>")
                                                          : MatrixPicture(matrix),
                    "<div>", MostConfused(matrix), "</div></div>\n");
  }
  return out;
}

std::string WorstSamples(const Run& run) {
  std::string out;
  for (const OutputEvaluation& output : run.evaluation.outputs) {
    if (output.worst.empty()) continue;
    absl::StrAppend(&out, OutputHeading(run.evaluation, output), "<p>The samples of the ", Source(run.evaluation),
                    " with the largest losses.</p>\n<ul class=\"cards\">\n");
    for (const WorstSample& sample : output.worst) absl::StrAppend(&out, SampleCard(output, sample));
    absl::StrAppend(&out, "</ul>\n");
  }
  return out;
}

}  // namespace brine::cli
