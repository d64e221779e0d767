// The patterns of the region table.  Each takes its root's position and answers with the nodes of the region
// (regions.h).
#ifndef BRINE_PASSES_PATTERNS_H_
#define BRINE_PASSES_PATTERNS_H_

#include "passes/regions.h"

namespace brine::passes {

// conv2d → [add bias] → [max_pool, avg_pool or relu_avg_pool] → [relu, sigmoid or tanh]
RegionMatch MatchConvPool(const Surroundings& surroundings, int root);

// The same without a pool, where x is made by a relu that stands behind no max-pool
RegionMatch MatchConvOfLive(const Surroundings& surroundings, int root);

// conv2d_grad_filter(x, dy) with reduce_sum(dy) over all axes but the last; dy = max_pool_grad(d, index) is computed
// inside, and then the sum may be that of d, which is the same; and so is dy = relu_avg_pool_grad(d, mask)
RegionMatch MatchConvGradFilter(const Surroundings& surroundings, int root);

// The same where dy is what a relu's gradient leaves, and no pool's
RegionMatch MatchConvGradFilterOfLive(const Surroundings& surroundings, int root);

// conv2d_grad_input(dy, w) → [relu_grad]; dy = max_pool_grad(d, index) or relu_avg_pool_grad(d, mask) is computed
// inside
RegionMatch MatchConvGradInput(const Surroundings& surroundings, int root);

// The same where dy is what a relu's gradient leaves, and no pool's
RegionMatch MatchConvGradInputOfLive(const Surroundings& surroundings, int root);

// matmul(x, w) → [add bias] → [relu, sigmoid or tanh]
RegionMatch MatchDense(const Surroundings& surroundings, int root);

// matmul(dy, w) {transpose_b} → [relu_grad]
RegionMatch MatchDenseGradInput(const Surroundings& surroundings, int root);

// matmul(x, dy) {transpose_a} with reduce_sum(dy) over all axes but the last
RegionMatch MatchDenseGradFilter(const Surroundings& surroundings, int root);

// The same where an operand is made by a relu, behind no max-pool, or by its gradient: x, dy, x or else dy
RegionMatch MatchDenseOfLive(const Surroundings& surroundings, int root);
RegionMatch MatchDenseGradInputOfLive(const Surroundings& surroundings, int root);
RegionMatch MatchDenseGradFilterOfLiveInput(const Surroundings& surroundings, int root);
RegionMatch MatchDenseGradFilterOfLive(const Surroundings& surroundings, int root);

// Around a log_softmax of logits z = matmul(x, w) + bias with at most 128 classes: that product, loss, metric and their
// gradients as far as they are no larger than z, and what z's gradient gives w, bias and x, with x's relu_grad
// (patterns_head.cc)
RegionMatch MatchHead(const Surroundings& surroundings, int root);

}  // namespace brine::passes

#endif  // BRINE_PASSES_PATTERNS_H_
