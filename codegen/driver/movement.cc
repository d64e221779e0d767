#include "codegen/driver/movement.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "codegen/driver/compile.h"
#include "codegen/driver/region.h"
#include "ir/check.h"

namespace brine::codegen {
namespace {

constexpr int64_t kPage = 16 << 10;  // the places that are told apart

int64_t Bytes(const ir::Graph& graph, ir::ValueId value) {
  const absl::StatusOr<int64_t> bytes = ir::ByteCount(graph.type(value), std::max<int64_t>(graph.batch_size, 1));
  BRINE_CHECK(bytes.ok());  // the verifier has checked all types
  return *bytes;
}

// The kernels of a step, executed one after another.
class Steps {
 public:
  Steps(const ir::Graph& graph, int64_t cache_bytes) : graph_(graph), cache_bytes_(cache_bytes) {}

  Movement Execute(const ir::Node& node) {
    Movement movement;
    std::set<Page> touched;
    for (ir::ValueId input : node.inputs) {
      movement.read += Bytes(graph_, input);
      VisitPages(input, [&](const Page& page, int64_t) { touched.insert(page); });
    }
    for (ir::ValueId output : node.outputs) {
      if (!graph_.value(output).placement) movement.written_far += Bytes(graph_, output);
      VisitPages(output, [&](const Page& page, int64_t bytes) {
        if (!touched.insert(page).second) {
          movement.read += bytes;
          return;
        }
        const auto last = moved_when_touched_.find(page);
        const bool is_near = last != moved_when_touched_.end() && moved_ - last->second <= cache_bytes_;
        (is_near ? movement.written : movement.written_far) += bytes;
      });
    }
    moved_ += movement.read + movement.written + movement.written_far;
    for (const Page& page : touched) moved_when_touched_[page] = moved_;
    return movement;
  }

 private:
  using Page = std::pair<ir::Block, int64_t>;

  // Calls visit(page, bytes) with the bytes of the value on each of its pages; never for a value without a place.
  template <typename Visit>
  void VisitPages(ir::ValueId value, const Visit& visit) const {
    if (!graph_.value(value).placement) return;
    const int64_t begin = graph_.value(value).placement->offset, end = begin + Bytes(graph_, value);
    for (int64_t page = begin / kPage; page * kPage < end; ++page)
      visit({graph_.value(value).placement->block, page},
            std::min(end, (page + 1) * kPage) - std::max(begin, page * kPage));
  }

  const ir::Graph& graph_;
  const int64_t cache_bytes_;
  int64_t moved_ = 0;
  std::map<Page, int64_t> moved_when_touched_;
};

}  // namespace

std::vector<Movement> FindMovements(const ir::Graph& graph, int64_t cache_bytes) {
  std::vector<Movement> movements(graph.nodes.size());
  Steps steps(graph, cache_bytes);
  for (int step = 0; step < 2; ++step) {
    for (size_t index = 0; index < graph.nodes.size(); ++index) {
      if (NeedsKernel(graph.nodes[index])) movements[index] = steps.Execute(graph.nodes[index]);
    }
  }
  return movements;
}

double MovementMilliseconds(const Movement& movement, const Machine& machine) {
  return static_cast<double>(movement.read) / (machine.read_gigabytes_per_second * 1e6) +
         static_cast<double>(movement.written) / (machine.write_gigabytes_per_second * 1e6) +
         static_cast<double>(movement.written_far) / (machine.far_write_gigabytes_per_second * 1e6);
}

}  // namespace brine::codegen
