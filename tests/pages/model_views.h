// What the page of a model shows, for tests.
#ifndef BRINE_TESTS_PAGES_MODEL_VIEWS_H_
#define BRINE_TESTS_PAGES_MODEL_VIEWS_H_

#include "frontend/cli/html/model_page.h"
#include "frontend/graph_of.h"
#include "gtest/gtest.h"
#include "passes/derive.h"
#include "passes/pipeline.h"

namespace brine {

// The training graph of a model at the stage, or the model itself for Stage::kGraph.
inline ir::Graph AtStage(const ir::Graph& model, ir::Stage stage) {
  if (stage == ir::Stage::kGraph) return model;
  absl::StatusOr<ir::Graph> graph = passes::Derive(model, ir::Function::kTrain, 8);
  EXPECT_TRUE(graph.ok()) << graph.status();
  if (!graph.ok()) return model;
  passes::PipelineOptions options;
  options.until = stage;
  const absl::Status status = passes::RunPipeline(*graph, options).status();
  EXPECT_TRUE(status.ok()) << status;
  return *std::move(graph);
}

inline cli::ModelViews ViewsOf(const ir::Graph& model, ir::Stage stage) {
  cli::ModelViews views = {"model.cc", AtStage(model, stage), AtStage(model, ir::Stage::kPlanned), "", {}};
  absl::StatusOr<ir::Graph> source = passes::Derive(model, ir::Function::kTrain, 8);
  EXPECT_TRUE(source.ok()) << source.status();
  absl::StatusOr<cli::PassHistory> history = cli::RecordPasses(*std::move(source));
  EXPECT_TRUE(history.ok()) << history.status();
  views.history = *std::move(history);
  return views;
}

}  // namespace brine

#endif  // BRINE_TESTS_PAGES_MODEL_VIEWS_H_
