// The commands and the flags of a compiled program.  The program reads both tables (runtime/trainer/flags.h), and so
// does the tool, which passes these flags on to the program.
#ifndef BRINE_RUNTIME_BASE_FLAGS_H_
#define BRINE_RUNTIME_BASE_FLAGS_H_

namespace brine::base {

// Each command is a bit, so that a set of commands is a number.
enum Command : unsigned { kTrain = 1, kEvaluate = 2, kPredict = 4, kBench = 8, kSummary = 16, kHelp = 32 };

inline constexpr int kMaxBatchSize = 1 << 20;  // the largest value of --batch-size

struct CommandRow {
  const char* name;
  Command command;
  const char* help;
};
inline constexpr CommandRow kCommands[] = {
    {"train", kTrain, "train the model and test it"},
    {"evaluate", kEvaluate, "loss and accuracy on test data"},
    {"predict", kPredict, "classes with their probabilities"},
    {"bench", kBench,
     "time of a training step and of each kernel, and its share of the machine's limit that it comes nearest to"},
    {"summary", kSummary, "the model's layers"},
    {"help", kHelp, "this text"},
};

struct Flag {
  const char* name;   // "--batch-size"
  const char* value;  // the name of its value in messages, or the choices: "min|max"; empty if the flag has none
  const char* help;
  unsigned commands;  // the set of commands that take it
};
inline constexpr unsigned kRuns = kTrain | kEvaluate | kPredict | kBench, kReads = kTrain | kEvaluate | kBench;
inline constexpr Flag kFlags[] = {
    {"--data", "SRC",
     "a packed file (.brd), a folder with CIFAR-10's binary files or MNIST's IDX files, or NAME=FILE.npy, once for "
     "each "
     "input and label; brine also takes what brine data packs: pictures, archives, arrays, tables; without it, the "
     "built-in images; for bench, noise where they do not fit",
     kRuns},
    {"--epochs", "N", "passes over the training data, those of a resumed run included (1)", kTrain},
    {"--batch-size", "N", "the largest number of rows of a step (32; of a program, those that it was compiled for)",
     kReads},
    {"--accumulate", "N", "a step is N batches, with the mean of their gradients (1)", kTrain},
    {"--shards", "N",
     "cut each batch into N equal shards, which several processes share; N alone decides about the bits of the result "
     "(the number of processes)",
     kTrain},
    {"--seed", "N", "of weights, shuffling and augmentation (0)", kReads},
    {"--threads", "N", "exactly this many (as many as the process may use)", kRuns},
    {"--learning-rate", "F", "of the optimizer", kTrain},
    {"--class-weights", "CLASS:F",
     "factors of the loss of samples, by the number or the name of their class, as in 0:1,1:5 (1)", kTrain},
    {"--validation-split", "F", "share of the training data, from its end, to validate on after each epoch (0)",
     kTrain},
    {"--no-shuffle", "", "take the samples in their order", kTrain},
    {"--checkpoint", "DIR",
     "where step-N.safetensors are written at each epoch's end and on Ctrl-C, and best.safetensors at the end of the "
     "best epoch; or read from",
     kTrain | kEvaluate | kPredict},
    {"--monitor", "NAME", "the result by which the best epoch is found, as it is displayed (val_loss)", kTrain},
    {"--mode", "min|max",
     "which results of --monitor are better (as the metric says: min for losses, max for accuracies)", kTrain},
    {"--early-stopping", "N", "end the training after N epochs without a better result", kTrain},
    {"--restore-best-weights", "", "with --early-stopping: end with the weights of the best epoch", kTrain},
    {"--reduce-lr-on-plateau", "N", "divide the learning rate by 10 after N epochs without a better result", kTrain},
    {"--run", "DIR",
     "the folder for what there is to see of the run: log, curves, checkpoints (runs/MODEL-N if stderr is a terminal)",
     kTrain},
    {"--no-run", "", "no such folder", kTrain},
    {"--csv-log", "FILE", "write a line with the results of each epoch; a resumed run adds to it", kTrain},
    {"--resume", "", "go on from the newest checkpoint of --run DIR or --checkpoint DIR", kTrain},
    {"--init", "FILE", "begin with these weights (.safetensors)", kRuns},
    {"--weights", "FILE", "the same as --init", kRuns},
    {"--save", "FILE", "write the trained state (.safetensors)", kTrain},
    {"--input", "FILE",
     "what to predict: samples in a packed file (.brd) or a .npy, NAME=FILE.npy once for each input, or the number of "
     "a "
     "test sample; for the tool also pictures, folders of them, - for one from standard input, and a table",
     kPredict},
    {"--top", "K", "print the K most probable classes (all)", kPredict},
    {"--warm-up", "N", "how many steps to train before those that are timed (200)", kBench},
    {"--steps", "N", "how many steps to time (100)", kBench},
    {"--trace", "FILE", "write when each kernel of some steps ran, as JSON for Perfetto or chrome://tracing", kBench},
    {"--json", "", "results as JSON, one object a line", kRuns},
    {"--progress", "auto|bar|line|json|none",
     "on stderr; json is an object for each epoch, auto a bar on a terminal and lines elsewhere (auto)", kTrain},
    {"--quiet", "", "no progress", kRuns},
};

}  // namespace brine::base

#endif  // BRINE_RUNTIME_BASE_FLAGS_H_
