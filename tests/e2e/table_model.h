#ifndef BRINE_TESTS_E2E_TABLE_MODEL_H_
#define BRINE_TESTS_E2E_TABLE_MODEL_H_

namespace brine {

// A model for tables of two numbers and a text with the values a and b, and three classes.
inline constexpr char kTableModel[] = R"(#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("table", Input({4}));
  net.Add(Dense({.units = 3, .activation = "softmax"}));
  net.Compile({.optimizer = SGD(), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
)";

}  // namespace brine

#endif  // BRINE_TESTS_E2E_TABLE_MODEL_H_
