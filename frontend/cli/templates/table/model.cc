// Predicts a number from the columns of a table.
#include <brine.h>

namespace {

constexpr int kColumns = 8;  // without the target; a column of texts counts once for each text that occurs in it
constexpr double kMean = 0, kDeviation = 1;  // of the target, roughly

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("NAME_OF_MODEL", Input({kColumns}));
  net.Add(Normalization());  // learns the mean and the variance of each column before the first epoch
  for (int layer = 0; layer < 2; ++layer) net.Add(Dense({.units = 64, .activation = "silu"}));
  net.Add(Dense({.units = 1}));
  net.Add(Rescaling(kDeviation, kMean));  // the layers before it need not learn the scale of the target
  net.Compile({.optimizer = Adam({.learning_rate = 1e-3}),
               .loss = "mean_squared_error",
               .metrics = {"mean_absolute_error", "r2_score"}});
  return net;
}

}  // namespace

BRINE_MODEL(BuildModel)
