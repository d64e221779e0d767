// Folders of runs as the trainer writes them, with numbers from formulas, for tests of pages.
#ifndef BRINE_TESTS_PAGES_FAKE_RUN_H_
#define BRINE_TESTS_PAGES_FAKE_RUN_H_

#include <string>

namespace brine {

struct FakeRun {
  int epochs = 10;
  int classes = 10;
  double learning_rate = 1e-3;
  double quality = 1;            // the greater, the faster the loss falls
  bool validates = true;         // whether there are validation data
  std::string class_name = {};   // of class 0; the others are called "class 1" and so on
  std::string sample_name = {};  // of the first sample that was got wrong; the others are called "class 3/17.png"
};

// The path of a file or folder of this name in a folder that is removed at the end of the program.
std::string ScratchPath(const std::string& name);

// Writes the run into a new folder ScratchPath(name), in place of one that is there, and returns its path.
std::string WriteFakeRun(const std::string& name, const FakeRun& run);

void WriteText(const std::string& path, const std::string& text);
std::string ReadText(const std::string& path);

}  // namespace brine

#endif  // BRINE_TESTS_PAGES_FAKE_RUN_H_
