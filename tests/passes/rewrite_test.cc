// Compares the tables of rules with their headers and cases, and the counts of the rewriter with counts of the result.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "passes/canonicalize.h"
#include "passes/edit.h"
#include "passes/rewrite_rules.h"
#include "passes/simplify.h"
#include "tests/golden.h"
#include "tests/passes/golden_cases.h"
#include "tests/passes/models.h"
#include "tests/passes/pass_test_util.h"

namespace brine::passes {
namespace {

struct RulePass {
  const char* name;
  absl::Span<const RewriteRule> rules;
};

const RulePass kRulePasses[] = {{"canonicalize", CanonicalizeRules()}, {"simplify", SimplifyRules()}};

// The second paragraph of the comment of a header, with each run of spaces and line ends replaced by one space.
std::string TableOf(const std::string& header) {
  std::ifstream file(header);
  std::vector<std::string> words;
  int empty_lines = 0;
  for (std::string line; std::getline(file, line) && empty_lines < 2;) {
    if (line == "//") ++empty_lines;
    if (empty_lines != 1) continue;
    for (absl::string_view word : absl::StrSplit(line, ' ', absl::SkipEmpty())) {
      if (word != "//") words.emplace_back(word);
    }
  }
  return absl::StrJoin(words, " ");
}

TEST(RewriteRules, TheHeaderIsTheTable) {
  for (const RulePass& pass : kRulePasses) {
    std::vector<std::string> rows;
    for (const RewriteRule& rule : pass.rules) {
      const char* comma = *rule.condition == 0 ? "" : ", ";
      rows.push_back(absl::StrCat(rule.name, " ", rule.equation, comma, rule.condition));
    }
    EXPECT_EQ(TableOf(absl::StrCat(BRINE_SOURCE_DIR "/passes/", pass.name, ".h")), absl::StrJoin(rows, " "));
  }
}

// Each rule is applied alone, so that no other rule does its work.
TEST(RewriteRules, EachRuleHasACaseInWhichItApplies) {
  for (const RulePass& pass : kRulePasses) {
    const std::vector<GoldenCase> cases = CasesOf(ReadGolden(absl::StrCat("passes/golden/", pass.name, ".ir")));
    for (const RewriteRule& rule : pass.rules) {
      const std::string heading = absl::StrCat("## before: ", rule.name, ":");
      const auto own = std::find_if(cases.begin(), cases.end(),
                                    [&](const GoldenCase& one) { return absl::StartsWith(one.heading, heading); });
      ASSERT_NE(own, cases.end()) << pass.name << " lacks the case " << heading;
      ir::Graph graph = GraphFrom(own->text);
      const Tensors before = Observed(graph, 2);
      EXPECT_TRUE(ApplyRules(graph, {rule})) << rule.name;
      EXPECT_TRUE(ir::Verify(graph).ok()) << ir::Verify(graph);
      ExpectSame(before, Observed(graph, 2), 1e-12, rule.name);
      EXPECT_FALSE(ApplyRules(graph, {rule})) << rule.name << " fits again:\n" << ir::Print(graph);
    }
  }
}

TEST(RewriteRules, RulesThatUndoEachOtherEnd) {
  const RewriteRule swap = {"swap", "a + b = b + a", "", &ir::kAdd, [](Rewriter& rewriter) {
                              const ir::ValueId a = rewriter.node().inputs[0], b = rewriter.node().inputs[1];
                              rewriter.SetInput(0, b);
                              rewriter.SetInput(1, a);
                            }};
  ir::Graph graph = GraphFrom(
      "graph \"m\" stage=train function=train batch=2 {\n  input %a : f32[n] data\n  input %b : f32[n] data\n"
      "  %y = add(%a, %b) : f32[n]\n  output \"output\" = %y\n}\n");
  EXPECT_TRUE(ApplyRules(graph, {swap}));
}

// The numbers of reads at the last node must be those that are counted in the resulting graph.
TEST(Rewriter, CountsReadsThroughAllEdits) {
  int changed = 0;
  for (const NamedModel& model : AllModels()) {
    ir::Graph graph = DeriveOrDie(model.graph, ir::Function::kTrain, 4);
    PipelineOptions options;
    options.only = {"add-loss", "autodiff"};
    RunOrDie(graph, options);
    for (const RulePass& pass : kRulePasses) {
      std::vector<int> reads;
      changed += Rewrite(graph, [&](Rewriter& rewriter) {
        for (const RewriteRule& rule : pass.rules) {
          if (rule.outermost_op == nullptr || rule.outermost_op == rewriter.node().op) rule.apply(rewriter);
        }
        rewriter.EraseUnread(rewriter.node().outputs[0]);
        reads.clear();
        for (ir::ValueId value : graph.value_ids()) reads.push_back(rewriter.Reads(value));
      });
      std::vector<int> expected(graph.values.size(), 0);
      for (const ir::Node& node : graph.nodes) {
        for (ir::ValueId input : node.inputs) ++expected[Index(input)];
      }
      for (const ir::Update& update : graph.updates) ++expected[Index(update.value)];
      for (ir::ValueId penalty : graph.penalties) ++expected[Index(penalty)];
      for (const ir::Output& output : graph.outputs) ++expected[Index(output.value)];
      EXPECT_EQ(reads, expected) << model.name << " " << pass.name;
    }
  }
  EXPECT_GT(changed, 20);
}

}  // namespace
}  // namespace brine::passes
