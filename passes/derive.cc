#include "passes/derive.h"

#include "absl/strings/str_cat.h"
#include "ir/limits.h"
#include "ir/status.h"
#include "passes/edit.h"

namespace brine::passes {

absl::StatusOr<ir::Graph> Derive(const ir::Graph& model, ir::Function function, int64_t batch_size) {
  const auto refuse = [&](absl::string_view sentence) {
    return ErrorAt({}, absl::StrCat("model ", model.name), sentence);
  };
  if (model.stage != ir::Stage::kGraph)
    return refuse(absl::StrCat("expected a graph of stage graph, got ", ir::StageName(model.stage)));
  if (function == ir::Function::kModel) return refuse("the function must be train, evaluate or predict");
  if (batch_size < 1 || batch_size > ir::kMaxBatchSize)
    return refuse(absl::StrCat("the batch size must lie between 1 and ", ir::kMaxBatchSize, ", got ", batch_size));
  if (function != ir::Function::kPredict && model.training.objectives.empty())
    return refuse("it has no loss: Compile() was not called");

  ir::Graph graph = model;
  graph.stage = ir::Stage::kTrain;
  graph.function = function;
  graph.batch_size = batch_size;
  // Sizes that were legal for one row must be legal for the whole batch.
  for (const ir::Value& value : graph.values) {
    const absl::Status bytes = ir::ByteCount(value.type, batch_size).status();
    if (!bytes.ok()) {
      return refuse(absl::StrCat("a batch of ", batch_size, " is too large for ", value.name, ": ", bytes.message(),
                                 ", the limit of a tensor; choose a smaller batch size"));
    }
  }
  return graph;
}

}  // namespace brine::passes
