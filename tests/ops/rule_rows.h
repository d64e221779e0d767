// Rows for tests of shape rules: the inputs of an op, and the answer of its shape rule.
#ifndef BRINE_TESTS_OPS_RULE_ROWS_H_
#define BRINE_TESTS_OPS_RULE_ROWS_H_

#include <limits>
#include <string>
#include <vector>

#include "tests/ops/op_test_util.h"

namespace brine::ir {

inline constexpr int64_t kMax = std::numeric_limits<int64_t>::max(), kLeast = std::numeric_limits<int64_t>::min();

struct RuleRow {
  const Op* op;
  std::vector<const char*> inputs;
  Attributes attributes;
  const char* answer;  // the types of the results, or the sentence of the error
};

inline std::string Answer(const RuleRow& row) {
  Attributes attributes = row.attributes;
  const absl::Status schema = CompleteAttributes(*row.op, attributes);
  if (!schema.ok()) return std::string(schema.message());
  std::vector<Type> types;
  for (const char* input : row.inputs) types.push_back(TypeOf(input));
  const absl::StatusOr<std::vector<Type>> results = InferTypes(*row.op, types, attributes);
  if (!results.ok()) return std::string(results.status().message());
  EXPECT_EQ(results->size(), row.op->results.size());
  return absl::StrJoin(*results, ", ", [](std::string* out, const Type& type) { out->append(ToString(type)); });
}

inline void ExpectAnswers(const std::vector<RuleRow>& rows) {
  for (const RuleRow& row : rows)
    EXPECT_EQ(Answer(row), row.answer) << row.op->name << "(" << absl::StrJoin(row.inputs, ", ") << ")";
}

}  // namespace brine::ir

#endif  // BRINE_TESTS_OPS_RULE_ROWS_H_
