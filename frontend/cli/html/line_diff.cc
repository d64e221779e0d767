#include "frontend/cli/html/line_diff.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace brine::cli {
namespace {

constexpr size_t kMostCells = size_t{1} << 20;  // of the table for a longest common subsequence

struct Part {
  size_t begin, end;
  size_t size() const { return end - begin; }
};

class Differ {
 public:
  Differ(absl::string_view before, absl::string_view after) : before_(Split(before)), after_(Split(after)) {
    for (const absl::string_view line : before_) before_ids_.push_back(Id(line));
    for (const absl::string_view line : after_) after_ids_.push_back(Id(line));
  }

  std::vector<DiffLine> Run() {
    Compare({0, before_.size()}, {0, after_.size()});
    return std::move(out_);
  }

 private:
  static std::vector<absl::string_view> Split(absl::string_view text) {
    std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
    if (lines.back().empty()) lines.pop_back();  // what follows the last line break is no line
    return lines;
  }

  int Id(absl::string_view line) {
    return ids_.try_emplace(absl::StripLeadingAsciiWhitespace(line), static_cast<int>(ids_.size())).first->second;
  }

  void Same(size_t after) { out_.push_back({LineChange::kSame, after_[after]}); }
  void Changed(Part before, Part after) {
    for (size_t i = before.begin; i < before.end; ++i) out_.push_back({LineChange::kRemoved, before_[i]});
    for (size_t j = after.begin; j < after.end; ++j) out_.push_back({LineChange::kAdded, after_[j]});
  }

  void Compare(Part before, Part after) {
    while (before.size() > 0 && after.size() > 0 && before_ids_[before.begin] == after_ids_[after.begin]) {
      Same(after.begin);
      ++before.begin;
      ++after.begin;
    }
    size_t tail = 0;
    while (before.size() > tail && after.size() > tail &&
           before_ids_[before.end - tail - 1] == after_ids_[after.end - tail - 1])
      ++tail;
    before.end -= tail;
    after.end -= tail;
    if (before.size() == 0 || after.size() == 0)
      Changed(before, after);
    else
      CompareBetweenAnchors(before, after);
    for (size_t j = after.end; j < after.end + tail; ++j) Same(j);
  }

  struct Anchor {
    size_t before, after;
  };

  void CompareBetweenAnchors(Part before, Part after) {
    const std::vector<Anchor> anchors = FindAnchors(before, after);
    if (anchors.empty()) {
      CompareByTable(before, after);
      return;
    }
    for (const Anchor& anchor : anchors) {
      Compare({before.begin, anchor.before}, {after.begin, anchor.after});
      Same(anchor.after);
      before.begin = anchor.before + 1;
      after.begin = anchor.after + 1;
    }
    Compare(before, after);
  }

  // The lines that occur once in each part: of these, the longest sequence whose order is the same in both.
  std::vector<Anchor> FindAnchors(Part before, Part after) const {
    struct Count {
      int before = 0, after = 0;
      size_t place = 0;  // in `before`
    };
    absl::flat_hash_map<int, Count> counts;
    for (size_t i = before.begin; i < before.end; ++i) {
      Count& count = counts[before_ids_[i]];
      ++count.before;
      count.place = i;
    }
    for (size_t j = after.begin; j < after.end; ++j) ++counts[after_ids_[j]].after;
    // Patience sorting: `tops` has, for each length, the sequence of that length with the least last place in `before`.
    struct Link {
      Anchor anchor;
      int previous;
    };
    std::vector<Link> links;
    std::vector<int> tops;
    for (size_t j = after.begin; j < after.end; ++j) {
      const Count& count = counts[after_ids_[j]];
      if (count.before != 1 || count.after != 1) continue;
      const auto top = std::lower_bound(tops.begin(), tops.end(), count.place, [&](int link, size_t place) {
        return links[static_cast<size_t>(link)].anchor.before < place;
      });
      const int previous = top == tops.begin() ? -1 : *(top - 1);
      links.push_back({{count.place, j}, previous});
      const int link = static_cast<int>(links.size()) - 1;
      if (top == tops.end())
        tops.push_back(link);
      else
        *top = link;
    }
    std::vector<Anchor> anchors;
    for (int link = tops.empty() ? -1 : tops.back(); link >= 0; link = links[static_cast<size_t>(link)].previous)
      anchors.push_back(links[static_cast<size_t>(link)].anchor);
    std::reverse(anchors.begin(), anchors.end());
    return anchors;
  }

  // lengths(i, j) is the length of the longest common subsequence of the lines from i and from j on.
  void CompareByTable(Part before, Part after) {
    const size_t rows = before.size(), columns = after.size();
    if (rows * columns > kMostCells) {
      Changed(before, after);
      return;
    }
    std::vector<int> table((rows + 1) * (columns + 1), 0);
    const auto lengths = [&](size_t i, size_t j) -> int& { return table[i * (columns + 1) + j]; };
    const auto same = [&](size_t i, size_t j) { return before_ids_[before.begin + i] == after_ids_[after.begin + j]; };
    for (size_t i = rows; i-- > 0;) {
      for (size_t j = columns; j-- > 0;)
        lengths(i, j) = same(i, j) ? lengths(i + 1, j + 1) + 1 : std::max(lengths(i + 1, j), lengths(i, j + 1));
    }
    size_t i = 0, j = 0;
    while (i < rows || j < columns) {
      if (i < rows && j < columns && same(i, j)) {
        Same(after.begin + j);
        ++i, ++j;
      } else if (j == columns || (i < rows && lengths(i + 1, j) >= lengths(i, j + 1))) {
        out_.push_back({LineChange::kRemoved, before_[before.begin + i++]});
      } else {
        out_.push_back({LineChange::kAdded, after_[after.begin + j++]});
      }
    }
  }

  const std::vector<absl::string_view> before_, after_;
  absl::flat_hash_map<absl::string_view, int> ids_;  // equal for equal lines
  std::vector<int> before_ids_, after_ids_;
  std::vector<DiffLine> out_;
};

}  // namespace

std::vector<DiffLine> DiffLines(absl::string_view before, absl::string_view after) {
  return Differ(before, after).Run();
}

}  // namespace brine::cli
