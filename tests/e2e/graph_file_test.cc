// Tests that a model's graph in a file can replace its C++ source.
#include "tests/e2e/project.h"

namespace brine {
namespace {

std::string Weights(const Project& project, const std::string& model) {
  project.Run("rm -f w && brine train " + model + " --data data --quiet --epochs 2 --save w");
  return project.Read("w");
}

// digits.cc with another statement instead of `return net;`.
void WriteVariant(const Project& project, const std::string& name, const std::string& end) {
  std::string text = project.Read("digits.cc");
  const std::string last = "  return net;\n";
  text.replace(text.find(last), last.size(), end);
  project.Write(name, text);
}

TEST(GraphFile, TrainsToTheBitsOfItsModel) {
  const Project project;
  const std::string reference = Weights(project, "digits.cc");
  ASSERT_FALSE(reference.empty());
  WriteVariant(project, "save.cc",
               "  for (const char* path : {\"saved.pb\", \"saved.pbtxt\", \"saved.ir\"}) SaveGraph(net, path);\n  "
               "return net;\n");
  project.Run("brine inspect save.cc > inspected.ir");
  project.Run("brine inspect digits.cc --format pb > inspected.pb");
  project.Write("load.cc",
                "#include <brine.h>\nbrine::Model BuildModel() { return "
                "brine::Model::FromGraph(brine::LoadGraph(\"saved.pb\")); }\nBRINE_MODEL(BuildModel)\n");
  for (const char* file : {"saved.pb", "saved.pbtxt", "saved.ir", "inspected.ir", "inspected.pb", "load.cc"})
    EXPECT_EQ(Weights(project, file), reference) << file;
}

TEST(GraphFile, ALoadedGraphCanBeCompiledAnew) {
  const Project project;
  project.Run("brine inspect digits.cc --format pb > digits.pb");
  const std::string sgd =
      "net.Compile({.optimizer = SGD({.momentum = 0.9f}), .loss = \"sparse_categorical_crossentropy\", .metrics = "
      "{\"accuracy\"}});\n  return net;\n";
  WriteVariant(project, "written.cc", "  " + sgd);
  project.Write("loaded.cc",
                "#include <brine.h>\nbrine::Model BuildModel() {\n  using namespace brine;\n  Model net = "
                "Model::FromGraph(LoadGraph(\"digits.pb\"));\n  " +
                    sgd + "}\nBRINE_MODEL(BuildModel)\n");
  const std::string loaded = Weights(project, "loaded.cc");
  EXPECT_NE(loaded, Weights(project, "digits.cc"));
  project.Run("sed -i '/Adam/d' written.cc");  // removes the call of Compile(), which the graph replaces
  EXPECT_EQ(loaded, Weights(project, "written.cc"));
}

}  // namespace
}  // namespace brine
