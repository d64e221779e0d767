// Tests the sentence about each mistake of a user, with the place that it names.
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "tests/e2e/project.h"

namespace brine {
namespace {

constexpr char kSmallModel[] = R"(#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("small", Input({8, 8, 3}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(Conv2D({.filters = 8, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D({.pool_size = 2}));
  net.Add(Dropout(0.1));
  net.Add(Flatten());
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  net.Compile({.optimizer = Adam({.learning_rate = 1e-3f}), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
)";

struct Row {
  const char* name;
  const char* command;
  int code;
  const char* error;  // the whole standard error; … at the end stands for any text
};

class BadInput : public testing::Test {
 protected:
  void SetUp() override { project_.Write("model.cc", kSmallModel); }

  void Expect(const Row& row) {
    const CommandResult run = project_.Try(row.command);
    EXPECT_EQ(run.code, row.code) << row.name;
    EXPECT_EQ(run.out, "") << row.name;
    const std::string error = row.error, rest = "…";
    if (error.size() > rest.size() && error.compare(error.size() - rest.size(), rest.size(), rest) == 0) {
      EXPECT_THAT(run.err, testing::StartsWith(error.substr(0, error.size() - rest.size()))) << row.name;
    } else {
      EXPECT_EQ(run.err, error + "\n") << row.name;
    }
  }

  void WriteNpy(const std::string& file, const std::string& dtype, const std::string& shape, const std::string& bytes) {
    const std::string head = "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': " + shape + ", }";
    project_.Write(file, std::string("\x93NUMPY\x01\x00", 8) + std::string("\x76\x00", 2) + head +
                             std::string(117 - head.size(), ' ') + "\n" + bytes);
  }

  // Writes a copy of model.cc with some of its text changed.
  void Change(const std::string& file, const std::string& from, const std::string& to) {
    std::string text = kSmallModel;
    for (size_t found = text.find(from); found != std::string::npos; found = text.find(from, found + to.size()))
      text.replace(found, from.size(), to);
    project_.Write(file, text);
  }

  const Project project_;
};

TEST_F(BadInput, OnTheCommandLine) {
  const Row rows[] = {
      {"command", "brine trian model.cc", 2, "brine: unknown command 'trian'; did you mean train?"},
      {"no model", "brine train", 2, "brine: train needs MODEL"},
      {"two models", "brine train model.cc model.cc", 2, "brine: train does not take 'model.cc'"},
      {"flag", "brine train model.cc --epoch 3", 2, "brine: unknown flag '--epoch'; did you mean --epochs?"},
      {"no command", "brine", 2, "usage: brine COMMAND …"},
      {"a flag for a command", "brine --quiet train model.cc", 2, "brine: unknown command '--quiet'"},
      {"no value", "brine train model.cc --epochs", 2, "brine: --epochs needs a value: N"},
      {"a value of a switch", "brine train model.cc --quiet=true", 2, "brine: --quiet takes no value"},
      {"a value of nothing of a switch", "brine train model.cc --quiet=", 2, "brine: --quiet takes no value"},
      {"another command's flag", "brine compile model.cc --epochs 3", 2, "brine: --epochs is not a flag of compile"},
      {"dashes", "brine train model.cc --", 2, "brine: unknown flag '--'"},
      {"a short flag", "brine train model.cc -e 3", 2, "brine: unknown flag '-e'"},
      {"no verb", "brine cache", 2, "brine: cache needs stats|clean"},
      {"another verb", "brine cache stat", 2, "brine: cache takes stats or clean, got 'stat'"},
      {"a word", "brine doctor now", 2, "brine: doctor does not take 'now'"},
      {"number", "brine train model.cc --epochs 0", 2,
       "brine: --epochs must be a whole number from 1 to 1000000, got '0'"},
      {"batch size", "brine train model.cc --batch-size 9999999999", 2,
       "brine: --batch-size must be a whole number from 1 to 1048576, got '9999999999'"},
      {"stage", "brine inspect model.cc --stage plan", 2,
       "brine: --stage must be graph, train, fused or planned, got 'plan'"},
      {"no weights", "brine evaluate model.cc", 2,
       "error: trained weights are missing: --weights FILE or --checkpoint DIR"},
      {"nothing to predict", "brine train model.cc --quiet --save w >/dev/null; brine predict model.cc --weights w", 2,
       "brine: predict needs a file or the number of a test image"},
      {"no folder to save to", "brine train model.cc --save nowhere/w", 1,
       "error: nowhere/w: cannot be written: No such file or directory"},
      {"a folder to save to", "mkdir weights; brine train model.cc --save weights", 1,
       "error: weights: is not a regular file"},
      {"no folder to write to", "brine compile model.cc -o nowhere/small", 1,
       "brine: nowhere/small: No such file or directory"},
      {"over the model", "brine compile model.cc -o model.cc", 2, "brine: model.cc: is the model itself"},
      {"over a folder", "mkdir folder; brine compile model.cc -o folder", 2, "brine: folder: is not a regular file"},
      {"a header of the user's",
       "echo mine >small.h; brine compile model.cc -o other 2>&1 | cat >&2; mv small.h kept.h; grep -q mine kept.h", 0,
       "brine: small.h: the C header would be written there, over a file that is not brine's"},
      {"another machine", "brine compile model.cc --target arm-64-linux", 2,
       "brine: --target must begin with x86-64-linux, got \"arm-64-linux\": brine cannot compile for another "
       "architecture or system than this machine's"},
      {"another system", "brine compile model.cc --target=x86-64-windows", 2,
       "brine: --target must begin with x86-64-linux, got \"x86-64-windows\": …"},
      {"more bits", "brine compile model.cc --target x86-64-linuxy", 2, "brine: --target must begin with …"},
      {"unknown feature", "brine compile model.cc --target x86-64-linux-foo", 2,
       "brine: --target: Halide knows no target \"x86-64-linux-foo\"; this machine's is x86-64-linux…"},
      {"a feature without a test", "brine compile model.cc --target x86-64-linux-avx-fma4", 2,
       "brine: --target: a program cannot test its processor for fma4; it can for sse41, avx, …"},
      {"no target", "brine compile model.cc --target=", 2, "brine: --target must begin with x86-64-linux, got \"\": …"},
      {"unknown pass", "brine compile model.cc --without=fusion", 2, "brine: unknown pass \"fusion\"; known are …"},
      {"unknown pass of opt", "brine inspect model.cc >model.ir; brine opt model.ir --print-after=fusion", 2,
       "brine: unknown pass \"fusion\"; known are …"},
      {"full disk for a program",
       "brine inspect model.cc --format pb >model.pb; brine compile model.pb -o big; rm big; ulimit -f 100; brine "
       "compile model.pb -o big",
       1, "brine: big: File too large"},
      {"full disk for dumps", "brine summary model.cc --dump-ir=/dev/full", 1, "brine: /dev/full/train/…"},
      {"full disk", "brine summary model.cc >/dev/full", 1, "brine: standard output: No space left on device"},
      {"open cache",
       "mkdir -m 777 cache; BRINE_CACHE=$PWD/cache brine compile model.cc -o small 2>&1 | sed \"s:$PWD/::\" >&2; true",
       0, "brine: cache: the cache folder has mode 0777, others may enter it; chmod 700 it"},
  };
  for (const Row& row : rows) Expect(row);
}

TEST_F(BadInput, InAModel) {
  Change("no_flatten.cc", "  net.Add(Flatten());\n", "");
  Change("no_loss.cc", "  net.Compile", "  // net.Compile");
  Change("misspelt.cc", "return net;", "return nett;");
  Change("unnamed.cc", "BRINE_MODEL(BuildModel)\n", "");
  project_.Write("ends.cc", "int main() { return 7; }\n");
  project_.Write("cut.ir", "graph \"x\" {\n");
  project_.Write("cut.pb", "abc");
  std::string deep_nodes, deep_fields = "graph { nodes { ";
  for (int depth = 0; depth < 10000; ++depth) {
    deep_nodes += "%a = kernel() <generic> {\n";
    deep_fields += "body { ";
  }
  project_.Write("deep.pbtxt", deep_fields);
  project_.Write("deep.ir", "graph \"x\" {\n" + deep_nodes);
  Change("prints.cc", "  using namespace brine;", "  using namespace brine;\n  __builtin_puts(\"hi\");\n  throw 3;");
  std::string many = kSmallModel;
  for (const auto& [from, to] : {std::pair("filters = 8", "filters = -8"),
                                 {"kernel_size = 3", "kernel_size = 30"},
                                 {"relu", "rellu"},
                                 {"units = 10", "units = -10"}}) {
    many.replace(many.find(from), std::string(from).size(), to);
  }
  project_.Write("many.cc", many);
  const Row rows[] = {
      {"no file", "brine train nothing.cc", 3, "nothing.cc: no such file"},
      {"no Flatten", "brine train no_flatten.cc", 3,
       "no_flatten.cc:10: dense: output is (n, 3, 3, 10), labels are (n, 3, 3, 10); is a Flatten() missing before "
       "dense? For classes of pixels, end in a Conv2D"},
      {"no loss", "brine train no_loss.cc", 3,
       "no_loss.cc: has no loss (Compile() was not called), so there is nothing to train"},
      {"all mistakes", "brine compile many.cc", 3,
       "many.cc:7: conv2d: filters must be positive, got -8\n"
       "many.cc:7: conv2d: unknown activation \"rellu\"; did you mean relu?\n"
       "many.cc:7: conv2d: kernel_size 30 is larger than the input's height 8\n"
       "many.cc:11: dense: units must be positive, got -10"},
      {"C++", "brine train misspelt.cc", 3, "misspelt.cc: In function…"},
      {"no BRINE_MODEL", "brine train unnamed.cc", 3,
       "unnamed.cc: BRINE_MODEL(BuildModel), which names the function that builds the model, is missing"},
      {"no graph", "brine train ends.cc", 3, "ends.cc: the model's program ended with code 7"},
      {"cut text", "brine train cut.ir", 3,
       "cut.ir:2:1: expected layer, compile, loss, input, state, a value, update, penalty, output, result or }, got "
       "the end of "
       "the "
       "text"},
      {"no protobuf", "brine train cut.pb", 3,
       "cut.pb: is not a Brine graph in protobuf, is cut off, or nests more than 100 deep"},
      {"deep protobuf text", "brine train deep.pbtxt", 3, "deep.pbtxt:…"},
      {"deep text", "brine train deep.ir", 3, "deep.ir:…"},
      {"a model that throws", "brine train prints.cc 2>&1 | tail -n 1 >&2; true", 0,
       "prints.cc: the model's program ended with code 134"},
      {"no C++ compiler", "CXX=nowhere BRINE_CACHE=$PWD/new brine train model.cc", 4,
       "brine: no C++ compiler: nowhere: cannot be started: No such file or directory; install g++ or set CXX"},
  };
  for (const Row& row : rows) Expect(row);
}

TEST_F(BadInput, InAFile) {
  ASSERT_EQ(
      project_
          .Try("brine train model.cc --quiet --save w.safetensors --checkpoint kept && brine compile model.cc -o small")
          .code,
      0);
  Change("real.cc", "  net.Add(Rescaling(1.0f / 255));\n", "");
  Change("wider.cc", ".filters = 8", ".filters = 16");
  project_.Write("text.npy", "hello");
  WriteNpy("flat.npy", "|u1", "(8, 8)", std::string(64, 'x'));
  WriteNpy("channels.npy", "|u1", "(3, 8, 8)", std::string(192, 'x'));
  project_.Write(
      "prices.cc",
      "#include <brine.h>\nbrine::Model BuildModel() {\n  using namespace brine;\n  Sequential net(\"prices\", "
      "Input({8, 8}, {.dtype = \"uint8\"}));\n  net.Add(Rescaling(1.0f / 255));\n  net.Add(Flatten());\n  "
      "net.Add(Dense({.units = 1}));\n  net.Compile({.optimizer = \"sgd\", .loss = "
      "\"mean_squared_error\"});\n  return net;\n}\nBRINE_MODEL(BuildModel)\n");
  WriteNpy("prices.npy", "<f4", "(3, 1)", std::string("\0\0\x80\x3f\0\0\0\x3f\0\0\0\0", 12));
  std::string pixels(192 * 4, '\0');
  const float not_a_number = std::nanf("");
  std::memcpy(pixels.data() + 20, &not_a_number, sizeof(not_a_number));
  WriteNpy("nan.npy", "<f4", "(8, 8, 3)", pixels);
  std::filesystem::create_directories(project_.path("larger/cifar-10-batches-bin"));
  for (const char* file : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                           "data_batch_5.bin", "test_batch.bin"}) {
    project_.Write(std::string("larger/cifar-10-batches-bin/") + file, std::string(3073, '\1'));
  }
  const std::string label = std::string("\0\0\x08\x01\0\0\0\x01", 8),
                    image = std::string("\0\0\x08\x03\0\0\0\x01\0\0\0\x08\0\0\0\x18", 16) + std::string(192, '\7');
  for (const char* part : {"train", "t10k"}) {
    std::filesystem::create_directories(project_.path("mnist"));
    std::filesystem::create_directories(project_.path("cifar/cifar-10-batches-bin"));
    project_.Write(std::string("mnist/") + part + "-images-idx3-ubyte", image);
    project_.Write(std::string("mnist/") + part + "-labels-idx1-ubyte", label + "\x0b");
  }
  for (const char* file : {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"})
    project_.Write(std::string("cifar/cifar-10-batches-bin/") + file + ".bin", std::string(100, '\0'));
  std::filesystem::create_directories(project_.path("cut"));
  project_.Write("cut/step-9.safetensors", project_.Read("w.safetensors").substr(0, 999));
  std::filesystem::create_directories(project_.path("empty"));
  Change("huge.cc", "1.0f / 255", "1e19f");
  const Row rows[] = {
      {"gradients too large to square", "brine train huge.cc", 5, "error: huge.cc:11: dense, loss, accuracy: …"},
      {"no data", "brine train model.cc --data nowhere", 3, "nowhere: does not exist"},
      {"size of a CIFAR-10 file", "brine train model.cc --data cifar", 3,
       "error: cifar/cifar-10-batches-bin/data_batch_1.bin: has 100 bytes, which are no whole number of records of "
       "3073"},
      {"label out of range", "brine train model.cc --data mnist", 3,
       "error: sample 0: label 11 is out of range: there are 10 classes"},
      {"magic", "cp w.safetensors mnist/train-labels-idx1-ubyte; brine train model.cc --data mnist", 3,
       "error: mnist/train-labels-idx1-ubyte: begins with 0x…"},
      {"no checkpoint", "brine train model.cc --checkpoint empty --resume", 3,
       "error: empty: holds no checkpoint step-N.safetensors"},
      {"cut checkpoint", "brine train model.cc --checkpoint cut --resume 2>&1 | tail -n 1 >&2; true", 0,
       "error: cut: holds no checkpoint that is whole"},
      {"another model's checkpoint", "brine train wider.cc --checkpoint kept --resume", 3,
       "error: kept/step-313.safetensors: is not of the model small: …"},
      {"another model's weights", "brine evaluate wider.cc --weights w.safetensors", 3,
       "error: w.safetensors: is not of the model small: …"},
      {"no .npy", "brine predict model.cc text.npy --weights w.safetensors", 3, "error: text.npy: is not a .npy file"},
      {"shape of a .npy", "brine predict model.cc flat.npy --weights w.safetensors", 3,
       "error: flat.npy: has shape (8, 8), the model's input x is (n, 8, 8, 3)"},
      {"channels first", "brine predict model.cc channels.npy --weights w.safetensors", 3,
       "error: channels.npy: has shape (3, 8, 8), the model's input x is (n, 8, 8, 3)"},
      {"weights of classes of what has none",
       "brine train prices.cc --data x=channels.npy --data label=prices.npy --class-weights 0:2", 3,
       "error: sample 1: label: its label 0.5 is neither class 0 nor class 1, and classes have weights"},
      {"a pixel that is no number", "brine predict real.cc nan.npy --weights w.safetensors", 3,
       "error: nan.npy: sample 0: …"},
      {"images of another size", "brine train model.cc --data larger", 3,
       "error: larger: a sample has 3072 elements, the model's input x is (n, 8, 8, 3)"},
      {"image that is not there", "brine predict model.cc 2000 --weights w.safetensors", 3,
       "error: image 2000 was asked for, the test data hold 2000"},
  };
  for (const Row& row : rows) Expect(row);

  // A newer checkpoint that is damaged is skipped with a warning.
  ASSERT_EQ(project_.Try("cp cut/step-9.safetensors kept/step-999.safetensors").code, 0);
  const CommandResult resumed = project_.Try("brine train model.cc --quiet --epochs 2 --checkpoint kept --resume");
  EXPECT_EQ(resumed.code, 0);
  EXPECT_THAT(resumed.err,
              testing::StartsWith("warning: passed over a broken checkpoint: kept/step-999.safetensors: "));
}

// Ctrl-C while kernels are compiled ends all processes and removes all temporary files.
TEST_F(BadInput, InterruptedWhileItCompiles) {
  const CommandResult result = project_.Try(
      "mkdir tmp; export TMPDIR=$PWD/tmp BRINE_CACHE=$PWD/new; brine train model.cc & tool=$!; while [ -z \"$(ls "
      "tmp)\" ]; do sleep 0.01; done; sleep 0.2; kill -TERM $tool; "
      "wait $tool; code=$?; sleep 0.1; ls tmp; exit $code");
  EXPECT_EQ(result.code, 130);
  EXPECT_EQ(result.out, "");  // the files that are left in tmp
  EXPECT_EQ(result.err, "brine: interrupted\n");
}

// A kernel that was damaged in the cache is compiled again.
TEST_F(BadInput, InTheCache) {
  const std::string train = "BRINE_CACHE=$PWD/own brine train model.cc --quiet";
  const CommandResult whole = project_.Try(train);
  ASSERT_EQ(whole.code, 0) << whole.err;
  ASSERT_EQ(
      project_.Try("for entry in own/*; do printf x | dd of=$entry bs=1 seek=900 conv=notrunc status=none; done").code,
      0);
  const CommandResult again = project_.Try(train);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, whole.out);
}

}  // namespace
}  // namespace brine
