#include "frontend/cli/html/layered_layout.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "ir/check.h"

namespace brine::cli {
namespace {

constexpr int kOrderSweeps = 12, kPositionSweeps = 150;
constexpr int64_t kMostPlaces = 100000;  // at which edges pass ranks
constexpr double kPassWidth = 4;         // of an edge that passes a rank
constexpr double kLongEdgeWeight = 8;    // how much straighter edges that pass ranks are than others

// A node, or a place at which an edge passes a rank.
struct Item {
  int rank = 0;
  double width = 0, x = 0;
  bool passes = false;
  std::vector<int> above, below;  // neighbours on the ranks before and after
};

std::vector<int> Ranks(size_t nodes, absl::Span<const LayoutEdge> edges) {
  std::vector<std::vector<int>> following(nodes), preceding(nodes);
  std::vector<int> open(nodes, 0), rank(nodes, 0), order;
  for (const LayoutEdge& edge : edges) {
    following[static_cast<size_t>(edge.from)].push_back(edge.to);
    preceding[static_cast<size_t>(edge.to)].push_back(edge.from);
    ++open[static_cast<size_t>(edge.to)];
  }
  for (size_t node = 0; node < nodes; ++node) {
    if (open[node] == 0) order.push_back(static_cast<int>(node));
  }
  for (size_t next = 0; next < order.size(); ++next) {
    const size_t node = static_cast<size_t>(order[next]);
    for (const int after : following[node]) {
      int& later = rank[static_cast<size_t>(after)];
      later = std::max(later, rank[node] + 1);
      if (--open[static_cast<size_t>(after)] == 0) order.push_back(after);
    }
  }
  BRINE_CHECK(order.size() == nodes);  // otherwise there is a cycle
  for (size_t node = 0; node < nodes; ++node) {
    if (!preceding[node].empty() || following[node].empty()) continue;
    int first = std::numeric_limits<int>::max();
    for (const int after : following[node]) first = std::min(first, rank[static_cast<size_t>(after)]);
    rank[node] = first - 1;
  }
  return rank;
}

// The number of inversions among `values`, by merge sort.
long Inversions(std::vector<int> values) {
  long count = 0;
  std::vector<int> merged(values.size());
  for (size_t size = 1; size < values.size(); size *= 2) {
    for (size_t begin = 0; begin < values.size(); begin += 2 * size) {
      const size_t middle = std::min(begin + size, values.size()), end = std::min(begin + 2 * size, values.size());
      size_t left = begin, right = middle;
      for (size_t out = begin; out < end; ++out) {
        if (right == end || (left < middle && values[left] <= values[right])) {
          merged[out] = values[left++];
        } else {
          count += static_cast<long>(middle - left);
          merged[out] = values[right++];
        }
      }
    }
    values.swap(merged);
  }
  return count;
}

class Layout {
 public:
  Layout(absl::Span<const double> widths, absl::Span<const LayoutEdge> edges, double gap) : gap_(gap) {
    const std::vector<int> ranks = Ranks(widths.size(), edges);
    for (size_t node = 0; node < widths.size(); ++node) items_.push_back({ranks[node], widths[node], 0, false, {}, {}});
    int64_t places = 0;
    for (const LayoutEdge& edge : edges) places += At(edge.to).rank - At(edge.from).rank - 1;
    for (const LayoutEdge& edge : edges) {
      std::vector<int>& path = paths_.emplace_back(1, edge.from);
      if (places > kMostPlaces && At(edge.to).rank > At(edge.from).rank + 1) {
        path.push_back(edge.to);
        continue;
      }
      for (int rank = At(edge.from).rank + 1; rank < At(edge.to).rank; ++rank) {
        items_.push_back({rank, kPassWidth, 0, true, {}, {}});
        Connect(path.back(), static_cast<int>(items_.size()) - 1);
        path.push_back(static_cast<int>(items_.size()) - 1);
      }
      Connect(path.back(), edge.to);
      path.push_back(edge.to);
    }
    for (size_t item = 0; item < items_.size(); ++item) {
      const size_t rank = static_cast<size_t>(items_[item].rank);
      if (rank >= rows_.size()) rows_.resize(rank + 1);
      rows_[rank].push_back(static_cast<int>(item));
    }
  }

  LayeredLayout Run(size_t nodes) {
    Order();
    Position();
    LayeredLayout layout;
    layout.ranks = static_cast<int>(rows_.size());
    double left = std::numeric_limits<double>::infinity(), right = -left;
    for (const Item& item : items_) {
      left = std::min(left, item.x - item.width / 2);
      right = std::max(right, item.x + item.width / 2);
    }
    layout.width = items_.empty() ? 0 : right - left;
    const auto place = [&](int item) { return NodePlace{At(item).rank, At(item).x - left}; };
    for (size_t node = 0; node < nodes; ++node) layout.nodes.push_back(place(static_cast<int>(node)));
    for (const std::vector<int>& path : paths_) {
      std::vector<NodePlace>& places = layout.edges.emplace_back();
      for (const int item : path) places.push_back(place(item));
    }
    return layout;
  }

 private:
  Item& At(int item) { return items_[static_cast<size_t>(item)]; }
  const Item& At(int item) const { return items_[static_cast<size_t>(item)]; }

  void Connect(int above, int below) {
    At(above).below.push_back(below);
    At(below).above.push_back(above);
  }

  // The position of each item on its rank.
  std::vector<int> Positions() const {
    std::vector<int> positions(items_.size());
    for (const std::vector<int>& row : rows_) {
      for (size_t index = 0; index < row.size(); ++index)
        positions[static_cast<size_t>(row[index])] = static_cast<int>(index);
    }
    return positions;
  }

  long Crossings() const {
    const std::vector<int> positions = Positions();
    long count = 0;
    for (const std::vector<int>& row : rows_) {
      std::vector<int> ends;  // of the edges, by their starts
      for (const int item : row) {
        const size_t begin = ends.size();
        for (const int below : At(item).below) ends.push_back(positions[static_cast<size_t>(below)]);
        std::sort(ends.begin() + static_cast<std::ptrdiff_t>(begin), ends.end());
      }
      count += Inversions(std::move(ends));
    }
    return count;
  }

  void SortRow(std::vector<int>& row, const std::vector<int> Item::*neighbours, std::vector<int>& positions) {
    std::vector<std::pair<double, int>> keys;
    for (const int item : row) {
      double sum = 0;
      for (const int neighbour : At(item).*neighbours) sum += positions[static_cast<size_t>(neighbour)];
      const size_t count = (At(item).*neighbours).size();
      keys.emplace_back(count == 0 ? positions[static_cast<size_t>(item)] : sum / static_cast<double>(count), item);
    }
    std::stable_sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (size_t index = 0; index < row.size(); ++index) {
      row[index] = keys[index].second;
      positions[static_cast<size_t>(row[index])] = static_cast<int>(index);
    }
  }

  void Order() {
    std::vector<std::vector<int>> best = rows_;
    long fewest = Crossings();
    std::vector<int> positions = Positions();
    for (int sweep = 0; sweep < kOrderSweeps && fewest > 0; ++sweep) {
      if (sweep % 2 == 0) {
        for (std::vector<int>& row : rows_) SortRow(row, &Item::above, positions);
      } else {
        for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) SortRow(*row, &Item::below, positions);
      }
      if (const long crossings = Crossings(); crossings < fewest) {
        fewest = crossings;
        best = rows_;
      }
    }
    rows_ = best;
  }

  double Separation(int left, int right) const { return (At(left).width + At(right).width) / 2 + gap_; }

  void Position() {
    for (const std::vector<int>& row : rows_) {
      double x = 0;
      for (size_t index = 0; index < row.size(); ++index) {
        if (index > 0) x += Separation(row[index - 1], row[index]);
        At(row[index]).x = x;
      }
      const double middle = x / 2;
      for (const int item : row) At(item).x -= middle;
    }
    for (int sweep = 0; sweep < kPositionSweeps; ++sweep) {
      if (sweep % 2 == 0) {
        for (const std::vector<int>& row : rows_) PlaceRow(row);
      } else {
        for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) PlaceRow(*row);
      }
    }
  }

  // The weighted mean of the neighbours' positions, and the sum of the weights.
  std::pair<double, double> Wish(int item) const {
    double sum = 0, weights = 0;
    for (const std::vector<int>* neighbours : {&At(item).above, &At(item).below}) {
      for (const int neighbour : *neighbours) {
        const double weight = At(item).passes && At(neighbour).passes ? kLongEdgeWeight : 1;
        sum += weight * At(neighbour).x;
        weights += weight;
      }
    }
    return weights == 0 ? std::pair(At(item).x, 0.1) : std::pair(sum / weights, weights);
  }

  // Moves the items of a row to the positions nearest to their wishes, by least weighted squares, that keep the order
  // and the separations.  Without the separations this is isotonic regression, which pooling adjacent violators solves.
  void PlaceRow(const std::vector<int>& row) {
    struct Block {
      double sum, weight;  // of the wishes
      size_t size;
      double mean() const { return sum / weight; }
    };
    std::vector<Block> blocks;
    std::vector<double> offsets;
    for (size_t index = 0; index < row.size(); ++index) {
      offsets.push_back(index == 0 ? 0 : offsets.back() + Separation(row[index - 1], row[index]));
      const auto [wish, weight] = Wish(row[index]);
      blocks.push_back({weight * (wish - offsets.back()), weight, 1});
      while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() > blocks.back().mean()) {
        const Block last = blocks.back();
        blocks.pop_back();
        blocks.back().sum += last.sum;
        blocks.back().weight += last.weight;
        blocks.back().size += last.size;
      }
    }
    size_t index = 0;
    for (const Block& block : blocks) {
      for (size_t end = index + block.size; index < end; ++index) At(row[index]).x = block.mean() + offsets[index];
    }
  }

  const double gap_;
  std::vector<Item> items_;              // the nodes, then the places of edges
  std::vector<std::vector<int>> paths_;  // by edge: the items from its start to its end
  std::vector<std::vector<int>> rows_;   // by rank: its items from left to right
};

}  // namespace

LayeredLayout LayOut(absl::Span<const double> widths, absl::Span<const LayoutEdge> edges, double gap) {
  return Layout(widths, edges, gap).Run(widths.size());
}

}  // namespace brine::cli
