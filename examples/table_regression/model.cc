// examples/table_regression/model.cc: predicts a number from ten columns of a table, which have different scales
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("table_regression", Input({10}));
  net.Add(Normalization());  // learns the scales of the columns before the first epoch
  for (int layer = 0; layer < 2; ++layer) net.Add(Dense({.units = 64, .activation = "silu"}));
  net.Add(Dense({.units = 1}));
  net.Compile({.optimizer = AdamW({.learning_rate = 3e-3, .weight_decay = 0.01}),
               .loss = Huber(),
               .metrics = {"mean_absolute_error", "root_mean_squared_error", "r2_score"}});
  return net;
}
BRINE_MODEL(BuildModel)
