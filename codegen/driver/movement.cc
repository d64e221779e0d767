#include "codegen/driver/movement.h"

#include <algorithm>
#include <map>

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
    Move(node.inputs, movement.near, movement.read);
    Move(node.outputs, movement.near, movement.written);
    moved_before_ += movement.near + movement.read + movement.written;
    return movement;
  }

 private:
  struct Page {
    int64_t moved = -1;  // the bytes that had been moved before the kernel that touched it last; -1 if none has
  };

  // Adds the bytes of the values to `near` or to `far`.
  void Move(const std::vector<ir::ValueId>& values, int64_t& near, int64_t& far) {
    for (ir::ValueId value : values) {
      if (!graph_.value(value).placement) far += Bytes(graph_, value);
      VisitPages(value, [&](Page& page, int64_t bytes) {
        const bool is_near = page.moved >= 0 && moved_before_ - page.moved <= cache_bytes_;
        (is_near ? near : far) += bytes;
        page.moved = moved_before_;
      });
    }
  }

  // Calls visit(page, bytes) with the bytes of the value on each of its pages; never for a value without a place.
  template <typename Visit>
  void VisitPages(ir::ValueId value, const Visit& visit) {
    if (!graph_.value(value).placement) return;
    const int64_t begin = graph_.value(value).placement->offset, end = begin + Bytes(graph_, value);
    std::vector<Page>& pages = pages_[graph_.value(value).placement->block];
    if (static_cast<int64_t>(pages.size()) * kPage < end) pages.resize(static_cast<size_t>((end + kPage - 1) / kPage));
    for (int64_t page = begin / kPage; page * kPage < end; ++page)
      visit(pages[static_cast<size_t>(page)], std::min(end, (page + 1) * kPage) - std::max(begin, page * kPage));
  }

  const ir::Graph& graph_;
  const int64_t cache_bytes_;
  int64_t moved_before_ = 0;
  std::map<ir::Block, std::vector<Page>> pages_;
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
  return static_cast<double>(movement.near) / (machine.near_gigabytes_per_second * 1e6) +
         static_cast<double>(movement.read) / (machine.read_gigabytes_per_second * 1e6) +
         static_cast<double>(movement.written) / (machine.write_gigabytes_per_second * 1e6);
}

}  // namespace brine::codegen
