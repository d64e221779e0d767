#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <functional>
#include <set>

#include "runtime/core/checkpoint.h"
#include "runtime/core/safetensors.h"
#include "runtime/trainer/trainer.h"
#include "tests/runtime/message.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr int kEpochs = 3;

// The bytes of all parameters and slots.
std::string State(Trainer& trainer) {
  std::string bytes;
  for (int32_t index = 0; index < kSoftmaxProgram.variable_count; ++index) {
    bytes.append(reinterpret_cast<const char*>(brine_variable_data(trainer.state(), index)),
                 static_cast<size_t>(brine_variable_bytes(&kSoftmaxProgram, index)));
  }
  return bytes;
}

// A callback that changes the rate after every epoch, as a schedule does.
Callback Schedule() {
  Callback callback;
  callback.on_epoch_end = [](Trainer& t, const EpochResult&) { t.set_learning_rate(t.learning_rate() / 3); };
  return callback;
}

Callback AfterStep(uint64_t step, const std::function<void(Trainer&)>& act) {
  Callback callback;
  callback.on_batch_end = [=](Trainer& t, const EpochResult&) {
    if (brine_steps_done(t.state()) == step) act(t);
  };
  return callback;
}

std::set<std::string> Names(const TemporaryFolder& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    names.insert(entry.path().filename().string());
  return names;
}

class ResumeTest : public ::testing::Test {
 protected:
  ResumeTest() : images_(100), data_(images_.data()) {
    Trainer trainer(kSoftmaxProgram, {.seed = 4});
    uninterrupted_ = trainer.Fit(data_, {.epochs = kEpochs, .callbacks = {Schedule()}, .verbose = false});
    expected_ = State(trainer);
  }
  History Fit(Trainer& trainer, bool resume, std::vector<Callback> more = {}) {
    more.push_back(Schedule());
    return trainer.Fit(
        data_,
        {.epochs = kEpochs, .callbacks = more, .checkpoint = folder_.path(), .resume = resume, .verbose = false});
  }
  void ExpectTheSameEnd(Trainer& trainer, const History& history) {
    EXPECT_EQ(State(trainer), expected_);
    EXPECT_EQ(history.epochs.back().train["loss"], uninterrupted_.epochs.back().train["loss"]);
    EXPECT_EQ(history.epochs.back().train["accuracy"], uninterrupted_.epochs.back().train["accuracy"]);
    EXPECT_EQ(history.epochs.back().epoch, kEpochs - 1);
  }

  TemporaryFolder folder_;
  Images images_;
  Dataset data_;
  History uninterrupted_;
  std::string expected_;
};

TEST_F(ResumeTest, GoesOnBitForBitAfterAStopWithinAnEpoch) {
  for (uint64_t step : {1, 6, 7, 9, 20}) {  // an epoch has 7 steps: within one, before its last step, and after it
    Trainer first(kSoftmaxProgram, {.seed = 4});
    EXPECT_TRUE(Fit(first, false, {AfterStep(step, [](Trainer& t) { t.Stop(); })}).stopped);
    Trainer second(kSoftmaxProgram, {.seed = 99, .threads = 3});  // the seed of the checkpoint replaces this one
    ExpectTheSameEnd(second, Fit(second, true));
    EXPECT_EQ(brine_seed(second.state()), 4u);
    for (const std::string& name : Names(folder_)) std::filesystem::remove(folder_ / name);
  }
}

TEST_F(ResumeTest, GoesOnBitForBitAfterKill9) {
  for (uint64_t step : {8, 13, 15}) {
    const pid_t child = fork();
    if (child == 0) {
      Trainer trainer(kSoftmaxProgram, {.seed = 4});
      Fit(trainer, step != 8, {AfterStep(step, [](Trainer&) { raise(SIGKILL); })});
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  }
  Trainer trainer(kSoftmaxProgram);
  ExpectTheSameEnd(trainer, Fit(trainer, true));
}

// While a run writes to the folder, no other run may, neither a new one nor one that resumes.  When it has ended, the
// next one may.
TEST_F(ResumeTest, ASecondRunIsRefusedTheFolder) {
  Trainer first(kSoftmaxProgram, {.seed = 4}), second(kSoftmaxProgram, {.seed = 5});
  int refused = 0;
  const auto try_second = [&](Trainer&) {
    for (bool resume : {false, true}) {
      EXPECT_EQ(Message([&] { Fit(second, resume); }, kExitFailed),
                folder_.path() + ": another run writes its checkpoints there; wait for its end or take another folder");
      ++refused;
    }
  };
  ExpectTheSameEnd(first, Fit(first, false, {AfterStep(8, try_second)}));
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(brine_steps_done(second.state()), 0u);
  EXPECT_TRUE(Fit(second, true).epochs.empty());  // the first run has done all epochs
  EXPECT_EQ(State(second), expected_);
}

TEST_F(ResumeTest, KeepsTheNewestTwoCheckpoints) {
  Trainer trainer(kSoftmaxProgram, {.seed = 4});
  Fit(trainer, false);
  EXPECT_EQ(State(trainer), expected_);
  EXPECT_THAT(Names(folder_), UnorderedElementsAre("lock", "step-14.safetensors", "step-21.safetensors"));
}

TEST_F(ResumeTest, TheSameRunWritesTheSameBytes) {
  Trainer one(kSoftmaxProgram, {.seed = 4}), two(kSoftmaxProgram, {.seed = 4, .threads = 2});
  Fit(one, false);
  const std::string bytes = folder_.Read("step-21.safetensors");
  for (const std::string& name : Names(folder_)) std::filesystem::remove(folder_ / name);
  Fit(two, false);
  EXPECT_EQ(folder_.Read("step-21.safetensors"), bytes);
}

TEST_F(ResumeTest, SkipsADamagedCheckpointWithAWarning) {
  Trainer first(kSoftmaxProgram, {.seed = 4});
  Fit(first, false);
  std::string bytes = folder_.Read("step-21.safetensors");
  folder_.Write("step-21.safetensors", bytes.substr(0, bytes.size() - 100));
  bytes[bytes.size() / 2] ^= 1;
  folder_.Write("step-22.safetensors", bytes);
  folder_.Write("step-23.safetensors", "");
  folder_.Write("step-x.safetensors", "not ours");
  Trainer second(kSoftmaxProgram);
  ::testing::internal::CaptureStderr();
  const History history = Fit(second, true);
  const std::string warnings = ::testing::internal::GetCapturedStderr();
  ExpectTheSameEnd(second, history);
  EXPECT_EQ(history.epochs.size(), 1u);  // the second epoch, from step 14
  EXPECT_THAT(warnings, HasSubstr("warning: passed over a broken checkpoint: " + (folder_ / "step-21.safetensors") +
                                  ": the tensors need"));
  EXPECT_THAT(warnings, HasSubstr("step-22.safetensors: the checksum does not fit: the file was damaged\n"));
  EXPECT_THAT(warnings, HasSubstr("step-23.safetensors: is not a safetensors file: 0 bytes"));
}

TEST_F(ResumeTest, NeverStartsAnewInSilence) {
  Trainer trainer(kSoftmaxProgram, {.seed = 4});
  EXPECT_EQ(Message([&] { Fit(trainer, true); }), folder_.path() + ": holds no checkpoint step-N.safetensors");
  folder_.Write("step-5.safetensors", "broken");
  EXPECT_EQ(Message([&] { Fit(trainer, true); }), folder_.path() + ": holds no checkpoint that is whole");
  EXPECT_EQ(Message([&] { Fit(trainer, false); }),
            folder_ / "step-5.safetensors: is of an earlier run; --resume goes on with it, another folder starts anew");
}

TEST_F(ResumeTest, RefusesWhatDoesNotFit) {
  Trainer first(kSoftmaxProgram, {.seed = 4});
  Fit(first, false, {AfterStep(2, [](Trainer& t) { t.Stop(); })});
  const std::string path = folder_ / "step-2.safetensors";
  const FitOptions options = {.epochs = 9, .checkpoint = folder_.path(), .resume = true, .verbose = false};
  Trainer trainer(kSoftmaxProgram);
  const std::string before = State(trainer);
  FitOptions other = options;
  other.batch_size = 8;
  EXPECT_EQ(Message([&] { trainer.Fit(data_, other); }),
            path + ": stands within an epoch of batch size 16, which cannot go on with 8");
  EXPECT_EQ(Message([&] { trainer.Fit(data_.Slice(0, 90), options); }),
            path + ": stands within an epoch of a number of samples of 100, which cannot go on with 90");
  EXPECT_EQ(State(trainer), before);

  brine_program program = kSoftmaxProgram;
  std::vector<brine_variable> variables(program.variables, program.variables + program.variable_count);
  program.variables = variables.data();
  const auto load = [&] {
    Trainer another(program);
    another.Fit(data_, options);
  };
  program.graph_hash = 1;
  EXPECT_EQ(Message(load), path + ": is of another model: its graph hash differs");
  variables[0].dtype = BRINE_I32;
  EXPECT_EQ(Message(load),
            path + ": is not of the model softmax: dense/kernel is F32[4,192] there and I32[4,192] in the model");
  variables[0].dtype = BRINE_F32;
  variables[0].dims[0] = 3;
  EXPECT_EQ(Message(load),
            path + ": is not of the model softmax: dense/kernel is F32[4,192] there and F32[3,192] in the model");
  variables[0].name = "conv2d/kernel";
  EXPECT_EQ(Message(load), path + ": is not of the model softmax: it has no tensor conv2d/kernel");
}

// The epoch's loss is the sum of all batches, so a run cannot go on without the sum of those before.
TEST_F(ResumeTest, RefusesASumThatIsNoNumber) {
  const auto text = [](const char* characters) { return brine_text{characters, std::strlen(characters)}; };
  for (const char* sum : {"", "1.8p", "1.8p+1 ", "nan"}) {
    Trainer trainer(kSoftmaxProgram);
    const std::string path = folder_ / "step-2.safetensors";
    const brine_note notes[] = {{text("epoch"), text("0")},     {text("batch"), text("2")},
                                {text("rows"), text("32")},     {text("batch_size"), text("16")},
                                {text("samples"), text("100")}, {text("shuffle"), text("1")},
                                {text("loss_sum"), text(sum)},  {text("accuracy_sum"), text("1p+4")}};
    ASSERT_EQ(brine_save_with_notes(trainer.state(), path.c_str(), notes, std::size(notes)), BRINE_OK);
    EXPECT_EQ(Message([&] { Fit(trainer, true); }),
              path + ": stands within an epoch, and does not say what loss was so far")
        << sum;
  }
}

// An epoch of 100 samples in batches of 16 has 7 batches, and a run never stops after the last one.
TEST_F(ResumeTest, RefusesABatchThatTheEpochDoesNotHave) {
  const auto text = [](const char* characters) { return brine_text{characters, std::strlen(characters)}; };
  for (const char* batch : {"7", "9223372036854775807"}) {
    Trainer trainer(kSoftmaxProgram);
    const std::string path = folder_ / "step-2.safetensors";
    const brine_note notes[] = {{text("epoch"), text("0")},       {text("batch"), text(batch)},
                                {text("rows"), text("32")},       {text("batch_size"), text("16")},
                                {text("samples"), text("100")},   {text("shuffle"), text("1")},
                                {text("loss_sum"), text("1p+4")}, {text("accuracy_sum"), text("1p+4")}};
    ASSERT_EQ(brine_save_with_notes(trainer.state(), path.c_str(), notes, std::size(notes)), BRINE_OK);
    EXPECT_EQ(Message([&] { Fit(trainer, true); }),
              path + ": stands after batch " + batch + " of an epoch that ends with batch 7");
  }
}

TEST_F(ResumeTest, WarnsIfOtherKernelsContinue) {
  Trainer first(kSoftmaxProgram, {.seed = 4});
  Fit(first, false, {AfterStep(2, [](Trainer& t) { t.Stop(); })});
  brine_program program = kSoftmaxProgram;
  program.numerics_id = "other";
  Trainer second(program);
  ::testing::internal::CaptureStderr();
  second.Fit(data_, {.epochs = 1, .checkpoint = folder_.path(), .resume = true, .verbose = false});
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "warning: " + (folder_ / "step-2.safetensors") +
                ": was made by other kernels, so the run goes on, but not bit for bit\n");
}

TEST_F(ResumeTest, SaveAndLoadCarryTheWholeState) {
  Trainer first(kSoftmaxProgram, {.seed = 4}), second(kSoftmaxProgram), third(kSoftmaxProgram);
  first.Fit(data_, {.callbacks = {Schedule()}, .verbose = false});
  first.Save(folder_ / "weights.safetensors");
  second.Load(folder_ / "weights.safetensors");
  EXPECT_EQ(State(second), State(first));
  EXPECT_EQ(brine_steps_done(second.state()), 7u);
  EXPECT_EQ(brine_seed(second.state()), 4u);
  EXPECT_EQ(second.learning_rate(), first.learning_rate());
  third.LoadParameters(folder_ / "weights.safetensors");
  EXPECT_EQ(brine_steps_done(third.state()), 0u);
  EXPECT_EQ(third.Evaluate(data_)["loss"], first.Evaluate(data_)["loss"]);
  EXPECT_NE(State(third), State(first));  // the slots are not loaded
  EXPECT_THAT(Message([&] { third.Load(folder_ / "none.safetensors"); }),
              HasSubstr("none.safetensors: cannot be opened: No such file"));
}

TEST_F(ResumeTest, AFolderThatCannotBeWrittenIsAnError) {
  Trainer trainer(kSoftmaxProgram);
  folder_.Write("file", "");
  const std::string inside = folder_ / "file/inside";
  EXPECT_THAT(Message([&] { trainer.Fit(data_, {.checkpoint = inside, .verbose = false}); }, kExitFailed),
              HasSubstr(inside + ": cannot be created"));
  // What cannot be listed is no folder without checkpoints.
  EXPECT_EQ(Message([&] { trainer.Fit(data_, {.checkpoint = folder_ / "file", .resume = true, .verbose = false}); }),
            folder_ / "file: cannot be listed: Not a directory");
}

}  // namespace
}  // namespace brine::testing
