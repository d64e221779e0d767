// The command `data`: packs data, or says what they are like.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/data_flags.h"
#include "frontend/cli/html/contact_sheet.h"
#include "frontend/cli/pack_data.h"
#include "frontend/cli/report.h"
#include "frontend/data/describe.h"
#include "frontend/data/one_line.h"
#include "frontend/data/source.h"
#include "frontend/number_text.h"
#include "frontend/table.h"
#include "ir/status.h"
#include "runtime/trainer/json.h"

namespace brine::cli {
namespace {

using internal::WithCommas;

constexpr size_t kShownRows = 50;  // of a table on the terminal; JSON has all

// "64×64×3" of pictures, the number of elements of other samples.
std::string SampleShape(const Field& field) {
  return field.height > 0 ? absl::StrCat(field.height, "×", field.width, "×", field.channels)
                          : absl::StrCat(field.elements, field.elements == 1 ? " number" : " numbers");
}

// The table with its first rows, and how many more there are.
std::string ShortTable(const std::vector<internal::Column>& columns, std::vector<std::vector<std::string>> rows) {
  const size_t more = internal::LimitRows(rows, kShownRows);
  std::string text = internal::FormatTable(columns, rows, /*ascii=*/false);
  if (more > 0) absl::StrAppend(&text, "and ", WithCommas(static_cast<int64_t>(more)), " more; --json has all\n");
  return text;
}

std::string CountTable(const Source& source, const DataFacts& facts) {
  std::vector<internal::Column> columns = {{"class"}};
  std::vector<const PartFacts*> parts;
  for (const PartRow& part : kPartRows) {
    if ((facts.*part.facts).samples == 0) continue;
    columns.push_back({part.name, true});
    parts.push_back(&(facts.*part.facts));
  }
  std::vector<std::vector<std::string>> rows;
  for (size_t number = 0; number < facts.train.of_class.size(); ++number) {
    rows.push_back({OneLine(ClassName(source, number))});
    for (const PartFacts* part : parts) rows.back().push_back(WithCommas(part->of_class[number]));
  }
  std::vector<std::string> all = {"all"};
  for (const PartFacts* part : parts) all.push_back(WithCommas(part->samples));
  rows.insert(rows.begin(), std::move(all));
  return ShortTable(columns, std::move(rows));
}

std::string StatisticsTable(const Source& source, const DataFacts& facts) {
  std::vector<std::vector<std::string>> rows;
  for (size_t index = 0; index < facts.mean.size(); ++index)
    rows.push_back({OneLine(ElementName(source, index)), absl::StrFormat("%.6g", facts.mean[index]),
                    absl::StrFormat("%.6g", std::sqrt(facts.variance[index]))});
  return ShortTable({{ElementKind(source)}, {"mean", true}, {"deviation", true}}, std::move(rows));
}

// "the pictures have 3 sizes, from 80×60 to 4000×3000 pixels, most often 640×480 (210 of 3,670)".
std::string SizesText(const PictureSizes& sizes) {
  const auto text = [](const PictureSizes::value_type& size) {
    return absl::StrCat(size.first.first, "×", size.first.second);
  };
  const auto pixels = [](const auto& a, const auto& b) {
    return a.first.first * a.first.second < b.first.first * b.first.second;
  };
  const auto count = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [least, most] = std::minmax_element(sizes.begin(), sizes.end(), pixels);
  const auto usual = std::max_element(sizes.begin(), sizes.end(), count);
  int64_t all = 0;
  for (const auto& [size, number] : sizes) all += number;
  if (sizes.size() == 1) return absl::StrCat("the pictures have ", text(*least), " pixels\n");
  return absl::StrCat("the pictures have ", WithCommas(static_cast<int64_t>(sizes.size())), " sizes, from ",
                      text(*least), " to ", text(*most), " pixels, most often ", text(*usual), " (",
                      WithCommas(usual->second), " of ", WithCommas(all), ")\n");
}

std::string FactsText(const std::string& path, const Source& source, const DataFacts& facts,
                      const PictureSizes& sizes) {
  const Dataset& train = source.splits.train;
  std::string text = absl::StrCat(OneLine(path), ": ", source.kind, "\n");
  if (!sizes.empty()) absl::StrAppend(&text, SizesText(sizes));
  if (!train.fields().empty())
    absl::StrAppend(&text, ArePictures(source) ? "each picture is read as " : "each sample has ",
                    SampleShape(train.fields()[0]), "\n");
  if (!source.remark.empty()) absl::StrAppend(&text, source.remark, "\n");
  if (source.drawn_share > 0)
    absl::StrAppend(&text, "there are no test data, so ", absl::StrFormat("%.3g", 100 * source.drawn_share),
                    source.train_classes.empty() ? " % of the samples" : " % of each class",
                    " are drawn; --test-split sets another share\n");
  if (facts.broken > 0) absl::StrAppend(&text, WithCommas(facts.broken), " broken samples are left out\n");
  absl::StrAppend(&text, CountTable(source, facts), "\nof the training data\n", StatisticsTable(source, facts));
  if (facts.duplicate_count == 0) return text;
  absl::StrAppend(&text, "\n", WithCommas(facts.duplicate_count),
                  " samples for tests or validation are also training samples:\n");
  for (const Duplicate& duplicate : facts.duplicates)
    absl::StrAppend(&text, "  ", duplicate.sample, " is ", duplicate.train, "\n");
  return text;
}

std::string NumbersJson(const std::vector<double>& numbers) {
  JsonList list;
  for (const double number : numbers) list.Add(JsonNumber(number));
  return list.text();
}

std::string PartJson(const Source& source, const PartFacts& facts) {
  JsonObject classes;
  for (size_t number = 0; number < facts.of_class.size(); ++number)
    classes.Whole(ClassName(source, number), facts.of_class[number]);
  return JsonObject().Whole("samples", facts.samples).Json("classes", classes.text()).text();
}

std::string FactsJson(const Source& source, const DataFacts& facts, const PictureSizes& sizes) {
  const std::span<const Field> fields = source.splits.train.fields();
  const Field field = fields.empty() ? Field() : fields[0];
  JsonList names, duplicates, counts;
  for (const std::string& name : source.splits.train.element_names) names.Add(JsonString(name));
  for (const Duplicate& duplicate : facts.duplicates)
    duplicates.Add(JsonList().Add(JsonString(duplicate.sample)).Add(JsonString(duplicate.train)).text());
  for (const auto& [size, count] : sizes)
    counts.Add(
        NumbersJson({static_cast<double>(size.first), static_cast<double>(size.second), static_cast<double>(count)}));
  JsonObject object;
  object.Text("kind", source.kind).Whole("height", field.height).Whole("width", field.width);
  object.Whole("channels", field.channels).Whole("elements", field.elements).Number("drawn_share", source.drawn_share);
  for (const PartRow& part : kPartRows) object.Json(part.name, PartJson(source, facts.*part.facts));
  object.Json("names", names.text()).Json("mean", NumbersJson(facts.mean));
  object.Json("variance", NumbersJson(facts.variance)).Whole("broken", facts.broken);
  object.Whole("duplicates", facts.duplicate_count).Json("first_duplicates", duplicates.text());
  return object.Json("sizes", counts.text()).text() + "\n";
}

std::string NumberList(const std::vector<double>& numbers) {
  return absl::StrCat(
      "{",
      absl::StrJoin(numbers, ", ", [](std::string* out, double number) { absl::StrAppendFormat(out, "%.9g", number); }),
      "}");
}

int RunPack(const std::string& path, DataOptions options, const Arguments& arguments) {
  if (!arguments.Has("o")) return Fail(absl::InvalidArgumentError("data pack needs -o FILE"), kUsage);
  const absl::Status status = PackData(path, options, arguments.Get("o", ""), arguments.Has("quiet"));
  return status.ok() ? kOk : Fail(status, absl::IsInvalidArgument(status) ? kBadInput : kFailed);
}

int RunShow(const std::string& path, DataOptions options, const Arguments& arguments) {
  const auto [source, sizes] = OpenToShow(path, options);
  const DataFacts facts = Describe(source, options);
  if (arguments.Has("html")) {
    const absl::Status status = WritePage(arguments.Get("html", ""), ContactSheet(path, source, facts));
    if (!status.ok()) return Fail(status, kFailed);
  }
  return Print(arguments.Has("json") ? FactsJson(source, facts, sizes) : FactsText(path, source, facts, sizes));
}

int RunStats(const std::string& path, DataOptions options, const Arguments& arguments) {
  const DataFacts facts = Describe(OpenSource(path, options), options);
  if (facts.mean.empty()) return Fail(absl::InvalidArgumentError(path + ": has no training data"), kBadInput);
  if (!arguments.Has("quiet"))
    std::fprintf(stderr, "Normalization({.mean = %s, .variance = %s})\n", NumberList(facts.mean).c_str(),
                 NumberList(facts.variance).c_str());
  const JsonObject object =
      JsonObject().Json("mean", NumbersJson(facts.mean)).Json("variance", NumbersJson(facts.variance));
  return Print(object.text() + "\n");
}

struct Verb {
  absl::string_view name;
  int (*run)(const std::string& path, DataOptions options, const Arguments& arguments);
};
constexpr Verb kVerbs[] = {{"pack", &RunPack}, {"show", &RunShow}, {"stats", &RunStats}};

}  // namespace

int RunData(const Command&, const Arguments& arguments) {
  const std::string& name = arguments.words[0];
  const auto verb =
      std::find_if(std::begin(kVerbs), std::end(kVerbs), [&](const Verb& row) { return row.name == name; });
  if (verb == std::end(kVerbs))
    return Fail(absl::InvalidArgumentError("data takes pack, show or stats, and where the data are"), kUsage);
  if (arguments.words.size() != 2)
    return Fail(absl::InvalidArgumentError(absl::StrCat("data ", name, " takes one file or folder")), kUsage);
  absl::StatusOr<DataOptions> options = ReadDataOptions(arguments);
  if (!options.ok()) return Fail(options.status(), kUsage);
  const absl::StatusOr<int64_t> threads = arguments.GetInt("threads", 0, 1, 1024);
  if (!threads.ok()) return Fail(threads.status(), kUsage);
  options->threads = static_cast<int>(*threads);
  try {
    return verb->run(arguments.words[1], *options, arguments);
  } catch (const std::exception& error) {
    const absl::Status status = StatusOf(error);
    return Fail(status, absl::IsInvalidArgument(status) ? kBadInput : kFailed);
  }
}

}  // namespace brine::cli
