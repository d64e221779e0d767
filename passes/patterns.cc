#include "passes/patterns.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "ir/fault_list.h"
#include "ir/op.h"

namespace brine::passes {
namespace {

using ir::Node;
using ir::Op;
using ir::ValueId;

using Ops = std::initializer_list<const Op*>;

bool IsOneOf(const Node& node, Ops ops) { return std::find(ops.begin(), ops.end(), node.op) != ops.end(); }

constexpr Ops kPools = {&ir::kMaxPool, &ir::kAvgPool, &ir::kReluAvgPool};
constexpr Ops kActivations = {&ir::kRelu, &ir::kSigmoid, &ir::kTanh};

// A region that grows from its root along the values that its last node makes.
class Chain {
 public:
  Chain(const Surroundings& surroundings, int root) : at_(surroundings), end_(root) { match_.nodes.push_back(root); }

  // Takes in the reader of the chain's end that is one of `ops` and reads it as operand `operand`, if `fits` agrees. An
  // end with other readers would have to be stored after all: that declines, with a remark.
  template <typename Fits>
  bool Take(Ops ops, size_t operand, Fits fits) {
    const ValueId value = at_.node(end_).outputs[0];
    const std::vector<int>& readers = at_.uses.Readers(value);
    for (int reader : readers) {
      const Node& node = at_.node(reader);
      if (!IsOneOf(node, ops) || node.inputs[operand] != value || !fits(node)) continue;
      if (readers.size() == 1 && !at_.uses.Leaves(value)) {
        match_.nodes.push_back(reader);
        end_ = reader;
        return true;
      }
      Decline(node, value, reader);
      return false;
    }
    return false;
  }
  bool Take(Ops ops, size_t operand = 0) {
    return Take(ops, operand, [](const Node&) { return true; });
  }

  // add(end, bias), bias: f32[channels]
  bool TakeBias() {
    return Take({&ir::kAdd}, 0, [&](const Node& node) {
      return at_.graph.type(node.inputs[1]).rank() == 1 && node.inputs[0] != node.inputs[1];
    });
  }

  // The maker of `value` is computed inside when it is `op`; returns its first operand, or `value`.
  ValueId CopyMaker(ValueId value, const Op& op) {
    const int producer = at_.uses.Producer(value);
    if (producer == Uses::kNone || at_.node(producer).op != &op) return value;
    match_.copies.push_back(producer);
    return at_.node(producer).inputs[0];
  }

  // reduce_sum(value) over all axes but the last
  void TakeSum(ValueId value) {
    const int rank = at_.graph.type(value).rank();
    for (int reader : at_.uses.Readers(value)) {
      const Node& node = at_.node(reader);
      if (node.op != &ir::kReduceSum || static_cast<int>(node.attributes.Ints("axes").size()) != rank - 1) continue;
      if (node.attributes.Ints("axes").back() == rank - 1) continue;
      match_.nodes.push_back(reader);
      return;
    }
  }

  RegionMatch Done() && {
    std::sort(match_.nodes.begin(), match_.nodes.end());
    return std::move(match_);
  }

 private:
  void Decline(const Node& node, ValueId value, int reader) {
    std::string other = "an output of the graph";
    for (int candidate : at_.uses.Readers(value)) {
      if (candidate != reader) other = at_.graph.value(at_.node(candidate).outputs[0]).name;
    }
    const ir::Location* location = node.locations.empty() ? nullptr : &node.locations[0];
    std::string place = ir::PlaceOf(location, at_.graph.value(node.outputs[0]).name);
    if (location != nullptr && !location->file.empty()) place = absl::StrCat(location->file, ":", location->line);
    match_.declined.push_back(
        absl::StrCat(place, ": ", node.op->name, " not fused: its input is also read by ", other));
  }

  const Surroundings& at_;
  int end_;
  RegionMatch match_;
};

bool Is(const Surroundings& surroundings, int root, const Op& op) { return surroundings.node(root).op == &op; }

// transpose_a and transpose_b of a product
bool IsProduct(const Surroundings& surroundings, int root, bool transpose_a, bool transpose_b) {
  const Node& node = surroundings.node(root);
  return node.op == &ir::kMatmul && node.attributes.Bool("transpose_a") == transpose_a &&
         node.attributes.Bool("transpose_b") == transpose_b;
}

// What made operand `operand` of `node`, views left aside.
int Maker(const Surroundings& surroundings, const Node& node, size_t operand) {
  int producer = surroundings.uses.Producer(node.inputs[operand]);
  while (producer != Uses::kNone && surroundings.node(producer).op->is_view())
    producer = surroundings.uses.Producer(surroundings.node(producer).inputs[0]);
  return producer;
}

// Whether operand `operand` of the root is what `op` made, in the same or in another shape.
bool IsMadeBy(const Surroundings& surroundings, int root, size_t operand, const Op& op) {
  const int maker = Maker(surroundings, surroundings.node(root), operand);
  return maker != Uses::kNone && surroundings.node(maker).op == &op;
}

// By a relu that turns off much of it.  One behind a max-pool does not: all elements of a window would have to be
// negative.
bool IsMadeByRelu(const Surroundings& surroundings, int root, size_t operand) {
  if (!IsMadeBy(surroundings, root, operand, ir::kRelu)) return false;
  const int pool = Maker(surroundings, surroundings.node(Maker(surroundings, surroundings.node(root), operand)), 0);
  return pool == Uses::kNone || surroundings.node(pool).op != &ir::kMaxPool;
}

}  // namespace

RegionMatch MatchConvPool(const Surroundings& surroundings, int root) {
  if (!Is(surroundings, root, ir::kConv2D)) return {};
  Chain chain(surroundings, root);
  chain.TakeBias();
  chain.Take(kPools);
  chain.Take(kActivations);
  return std::move(chain).Done();
}

RegionMatch MatchConvOfLive(const Surroundings& surroundings, int root) {
  if (!Is(surroundings, root, ir::kConv2D) || !IsMadeByRelu(surroundings, root, 0)) return {};
  RegionMatch match = MatchConvPool(surroundings, root);
  const bool pooled = std::any_of(match.nodes.begin(), match.nodes.end(),
                                  [&](int at) { return IsOneOf(surroundings.node(at), kPools); });
  return pooled ? RegionMatch() : match;
}

RegionMatch MatchConvGradFilter(const Surroundings& surroundings, int root) {
  if (!Is(surroundings, root, ir::kConv2DGradFilter)) return {};
  Chain chain(surroundings, root);
  const ValueId dy = surroundings.node(root).inputs[1];
  const ValueId d = chain.CopyMaker(dy, ir::kMaxPoolGrad);
  chain.TakeSum(d);
  if (d != dy)
    chain.TakeSum(dy);
  else
    chain.CopyMaker(dy, ir::kReluAvgPoolGrad);
  return std::move(chain).Done();
}

RegionMatch MatchConvGradFilterOfLive(const Surroundings& surroundings, int root) {
  if (!Is(surroundings, root, ir::kConv2DGradFilter) || !IsMadeBy(surroundings, root, 1, ir::kReluGrad)) return {};
  return MatchConvGradFilter(surroundings, root);
}

RegionMatch MatchConvGradInput(const Surroundings& surroundings, int root) {
  if (!Is(surroundings, root, ir::kConv2DGradInput)) return {};
  Chain chain(surroundings, root);
  for (const Op* op : {&ir::kMaxPoolGrad, &ir::kReluAvgPoolGrad})
    chain.CopyMaker(surroundings.node(root).inputs[0], *op);
  chain.Take({&ir::kReluGrad});
  return std::move(chain).Done();
}

RegionMatch MatchConvGradInputOfLive(const Surroundings& surroundings, int root) {
  if (!Is(surroundings, root, ir::kConv2DGradInput) || !IsMadeBy(surroundings, root, 0, ir::kReluGrad)) return {};
  return MatchConvGradInput(surroundings, root);
}

RegionMatch MatchDense(const Surroundings& surroundings, int root) {
  if (!IsProduct(surroundings, root, false, false)) return {};
  Chain chain(surroundings, root);
  chain.TakeBias();
  chain.Take(kActivations);
  return std::move(chain).Done();
}

RegionMatch MatchDenseGradInput(const Surroundings& surroundings, int root) {
  if (!IsProduct(surroundings, root, false, true)) return {};
  Chain chain(surroundings, root);
  chain.Take({&ir::kReluGrad});
  return std::move(chain).Done();
}

RegionMatch MatchDenseGradFilter(const Surroundings& surroundings, int root) {
  if (!IsProduct(surroundings, root, true, false)) return {};
  Chain chain(surroundings, root);
  chain.TakeSum(surroundings.node(root).inputs[1]);
  return std::move(chain).Done();
}

// Behind a max-pool, too: half of what is there may be zero, and a dense layer that is deep gains from that.
RegionMatch MatchDenseOfLive(const Surroundings& surroundings, int root) {
  return Is(surroundings, root, ir::kMatmul) && IsMadeBy(surroundings, root, 0, ir::kRelu)
             ? MatchDense(surroundings, root)
             : RegionMatch();
}

RegionMatch MatchDenseGradInputOfLive(const Surroundings& surroundings, int root) {
  return Is(surroundings, root, ir::kMatmul) && IsMadeBy(surroundings, root, 0, ir::kReluGrad)
             ? MatchDenseGradInput(surroundings, root)
             : RegionMatch();
}

RegionMatch MatchDenseGradFilterOfLiveInput(const Surroundings& surroundings, int root) {
  return Is(surroundings, root, ir::kMatmul) && IsMadeByRelu(surroundings, root, 0)
             ? MatchDenseGradFilter(surroundings, root)
             : RegionMatch();
}

RegionMatch MatchDenseGradFilterOfLive(const Surroundings& surroundings, int root) {
  return Is(surroundings, root, ir::kMatmul) && IsMadeBy(surroundings, root, 1, ir::kReluGrad)
             ? MatchDenseGradFilter(surroundings, root)
             : RegionMatch();
}

}  // namespace brine::passes
