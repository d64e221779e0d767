#include "codegen/driver/tuning.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "codegen/driver/region.h"
#include "codegen/sources_hash.h"
#include "ir/text/text.h"

namespace brine::codegen {

std::string KernelSignature(const ir::Graph& graph, const ir::Node& kernel) {
  return ir::Print(CanonicalRegion(graph, kernel));
}

Tuning::Tuning(const Cache& cache, std::string target)
    : cache_(&cache),
      machine_(absl::StrCat("tuned\nhalide ", kHalideVersion, "\nsources ", kSourcesHash, "\ntarget ", target, "\n",
                            ProcessorText())) {}

std::string Tuning::Key(const std::string& signature) const { return machine_ + signature; }

std::string Tuning::Find(const std::string& signature) const { return cache_->Find(Key(signature)).value_or(""); }

absl::Status Tuning::Keep(const std::string& signature, const std::string& strategy) const {
  return cache_->Put(Key(signature), strategy);
}

StrategyOfKernel Tuning::strategies() const {
  return [tuning = *this](const ir::Graph& graph, const ir::Node& kernel) {
    return tuning.Find(KernelSignature(graph, kernel));
  };
}

}  // namespace brine::codegen
