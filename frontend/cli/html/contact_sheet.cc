#include "frontend/cli/html/contact_sheet.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "frontend/cli/embedded_files.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/png.h"
#include "frontend/data/resize.h"
#include "frontend/number_text.h"
#include "frontend/table.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/read_sample.h"

namespace brine::cli {
namespace {

using internal::WithCommas;

constexpr size_t kMostPictures = 400, kMostOfClass = 12, kMostClasses = 100, kMostRows = 200;
constexpr int kMostPixels = 128, kLeastPixels = 64;  // of a side, by which large and small pictures are scaled

// The parts that have samples.
std::vector<PartRow> PartsOf(const DataFacts& facts) {
  std::vector<PartRow> parts;
  for (const PartRow& part : kPartRows) {
    if ((facts.*part.facts).samples > 0) parts.push_back(part);
  }
  return parts;
}

// The table, with a line below it about the rows that it leaves out.
std::string ShortTable(HtmlTable table) {
  const size_t more = internal::LimitRows(table.rows, kMostRows);
  std::string out = WriteTable(table);
  if (more > 0)
    absl::StrAppend(&out, "<p class=\"note\">", WithCommas(static_cast<int64_t>(more)),
                    " more rows are left out.</p>\n");
  return out;
}

std::string Counts(const Source& source, const DataFacts& facts) {
  const std::vector<PartRow> parts = PartsOf(facts);
  HtmlTable table = {.caption = "Samples of each class", .columns = {{"class"}}, .rows = {{"all"}}};
  for (const PartRow& part : parts) {
    table.columns.push_back({part.name, true});
    table.rows[0].push_back(WithCommas((facts.*part.facts).samples));
  }
  for (size_t number = 0; number < facts.train.of_class.size(); ++number) {
    table.rows.push_back({Escaped(ClassName(source, number))});
    for (const PartRow& part : parts) table.rows.back().push_back(WithCommas((facts.*part.facts).of_class[number]));
  }
  return ShortTable(std::move(table));
}

std::string Statistics(const Source& source, const DataFacts& facts) {
  HtmlTable table = {.caption = "Mean and standard deviation of the training data",
                     .columns = {{ElementKind(source)}, {"mean", true}, {"deviation", true}},
                     .rows = {}};
  for (size_t index = 0; index < facts.mean.size(); ++index)
    table.rows.push_back({Escaped(ElementName(source, index)), absl::StrFormat("%.6g", facts.mean[index]),
                          absl::StrFormat("%.6g", std::sqrt(facts.variance[index]))});
  return facts.mean.empty() ? "" : ShortTable(std::move(table));
}

std::string Duplicates(const DataFacts& facts) {
  if (facts.duplicate_count == 0) return "";
  HtmlTable table = {.caption = absl::StrCat(WithCommas(facts.duplicate_count),
                                             " samples for tests or validation are also training samples"),
                     .columns = {{"held out"}, {"training"}},
                     .rows = {}};
  for (const Duplicate& duplicate : facts.duplicates)
    table.rows.push_back({Escaped(duplicate.sample), Escaped(duplicate.train)});
  return WriteTable(table);
}

// The sample as a picture.  Empty if it cannot be read.
std::optional<Picture> ReadPicture(const Dataset& data, int64_t sample) {
  const Field& field = data.fields()[0];
  std::vector<std::vector<uint8_t>> bytes;
  try {
    bytes = ReadSample(data, sample);
  } catch (const Error&) {
    return std::nullopt;
  }
  brine::Picture picture = {field.height, field.width, field.channels, std::move(bytes[0])};
  const int64_t side = std::max(field.height, field.width);
  if (side > kMostPixels) {
    const auto shrunk = [&](int64_t extent) { return std::max<int64_t>(1, extent * kMostPixels / side); };
    picture = ResizePicture(picture, {.height = static_cast<double>(field.height),
                                      .width = static_cast<double>(field.width),
                                      .new_height = shrunk(field.height),
                                      .new_width = shrunk(field.width)});
  }
  return Picture{static_cast<int>(picture.width), static_cast<int>(picture.height), static_cast<int>(picture.channels),
                 std::move(picture.pixels)};
}

// A list of pictures, of which there are at most `most`, taken at equal distances.
std::string List(const Dataset& data, const std::vector<int64_t>& samples, size_t most, const std::string& of_what) {
  std::string out = "<ul class=\"sheet\">\n";
  const size_t count = std::min(most, samples.size());
  for (size_t index = 0; index < count; ++index) {
    const int64_t sample = samples[index * samples.size() / count];
    const std::optional<Picture> picture = ReadPicture(data, sample);
    if (!picture.has_value()) continue;
    const std::string name = data.source().NameOf(data.first() + sample);
    const int scale = std::max(1, kLeastPixels / std::max(picture->height, picture->width));
    const std::string called = name.empty() ? absl::StrCat(sample) : name;
    absl::StrAppend(&out, "<li>", WriteImage(*picture, scale, absl::StrCat(of_what, ", ", called)), Escaped(called),
                    "</li>\n");
  }
  return absl::StrCat(out, "</ul>\n");
}

std::string Pictures(const Source& source, const DataFacts& facts) {
  const Dataset& train = source.splits.train;
  if (train.fields().empty()) return "";
  const Field& field = train.fields()[0];
  const bool are_pictures = field.type == ElementType::kByte && (field.channels == 1 || field.channels == 3);
  if (!are_pictures) return "";
  std::vector<std::vector<int64_t>> of_class(facts.train.of_class.size());
  for (size_t sample = 0; sample < source.train_classes.size(); ++sample) {
    const auto number = static_cast<size_t>(source.train_classes[sample]);
    if (number < of_class.size()) of_class[number].push_back(static_cast<int64_t>(sample));
  }
  if (of_class.empty()) {
    std::vector<int64_t> all;
    for (int64_t sample = 0; sample < train.size(); ++sample) all.push_back(sample);
    return List(train, all, kMostOfClass * 4, "a sample");
  }
  const size_t shown = std::min(of_class.size(), kMostClasses);
  std::string out;
  for (size_t number = 0; number < shown; ++number) {
    const std::string name = ClassName(source, number);
    absl::StrAppend(&out, "<h3>", Escaped(name), "</h3>\n",
                    of_class[number].empty()
                        ? "<p class=\"note\">No training sample has this class.</p>\n"
                        : List(train, of_class[number], std::min(kMostOfClass, kMostPictures / shown), name));
  }
  if (shown < of_class.size())
    absl::StrAppend(&out, "<p class=\"note\">", WithCommas(static_cast<int64_t>(of_class.size() - shown)),
                    " more classes are left out.</p>\n");
  return out;
}

std::string Head(const std::string& path, const Source& source, const DataFacts& facts) {
  std::string line = Escaped(source.kind);
  for (const PartRow& part : PartsOf(facts))
    absl::StrAppend(&line, " · ", WithCommas((facts.*part.facts).samples), " ", part.name);
  if (source.drawn_share > 0)
    absl::StrAppend(&line, " · ", absl::StrFormat("%.3g", 100 * source.drawn_share),
                    source.train_classes.empty() ? "&nbsp;% of the samples" : "&nbsp;% of each class",
                    " drawn for tests, since the source has no test data");
  if (facts.broken > 0) absl::StrAppend(&line, " · ", WithCommas(facts.broken), " broken samples left out");
  return absl::StrCat("<p class=\"kicker\">Data</p>\n<h1>", Escaped(path), "</h1>\n<p>", line, "</p>\n");
}

}  // namespace

std::string ContactSheet(const std::string& path, const Source& source, const DataFacts& facts) {
  Page page;
  page.title = path;
  page.head = Head(path, source, facts);
  page.style = Embedded("html/contact_sheet.css");
  page.sections = {
      {"counts", "Classes", Counts(source, facts)},
      {"duplicates", "Duplicates", Duplicates(facts)},
      {"statistics", "Statistics", Statistics(source, facts)},
      {"pictures", "Pictures", Pictures(source, facts)},
  };
  return WritePage(page);
}

}  // namespace brine::cli
