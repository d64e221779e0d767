#include "tests/frontend/mistakes.h"

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace brine {

Model Chain(const Tensor& input, std::initializer_list<Layer> layers, Line line) {
  Sequential net("net", input, line);
  for (const Layer& layer : layers) net.Add(layer);
  return net;
}

Model Compiled(Model model, CompileOptions options, Line line) {
  model.Compile(std::move(options), line);
  return model;
}

void ExpectMistakes(const std::vector<WrongModel>& rows, const std::string& file) {
  for (const WrongModel& row : rows) {
    std::vector<std::string> actual;
    for (const std::string& line : row.model.Mistakes()) {
      const size_t end = line.find(": ");
      ASSERT_NE(end, std::string::npos) << row.name << ": " << line;
      EXPECT_EQ(line.substr(0, file.size() + 1), file + ":") << row.name;
      actual.push_back(line.substr(end + 2));
    }
    EXPECT_EQ(absl::StrJoin(actual, "\n"), absl::StrJoin(row.mistakes, "\n")) << row.name;
  }
}

}  // namespace brine
