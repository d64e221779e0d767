// A folder with a small model and a few images, as a new user may have.
#ifndef BRINE_TESTS_E2E_PROJECT_H_
#define BRINE_TESTS_E2E_PROJECT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/e2e/command.h"

namespace brine {

// The folder has digits.cc, a convolution, a pool, dropout and a dense layer on images of 12×12, and data/, MNIST's
// files with 400 training and 100 test images of ten classes.  All projects have the same content, so that kernels are
// compiled once.
class Project {
 public:
  Project();
  ~Project();
  Project(const Project&) = delete;
  Project& operator=(const Project&) = delete;

  // Both run a command in the folder.  The second one fails the test unless the exit code is 0, and returns the output.
  CommandResult Try(const std::string& command) const;
  std::string Run(const std::string& command) const;

  // Resumes the run of the folder `run` until it has done `epochs` epochs, and compares the result with that of a run
  // that was not interrupted.  `train` is the command without flags for this.  The weights are in `resumed` and
  // `whole`.
  void ExpectResumedAsWhole(const std::string& train, uint64_t epochs) const;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string Read(const std::string& name) const { return ReadText(path(name)); }
  void Write(const std::string& name, const std::string& text) const;
  // Writes MNIST's files with this many training images of `side`×`side` and 100 test images to a folder.
  void WriteMnist(const std::string& folder, int images, int side) const;
  // Writes CIFAR-10's files with this many training images and 100 test images, which are coloured stripes on noise.
  void WriteCifar10(int images) const;
  // Writes a folder of classes class_0, class_1 and so on, each of which is a folder of pictures of its own colour.
  void WritePictures(const std::string& folder, int classes, int pictures) const;
  // Writes a table of numbers, whose last column is the sum of the others.
  void WriteTable(const std::string& file, int columns, int rows) const;
  // Writes an array of numpy; `shape` is a tuple in the language of Python.
  void WriteNpy(const std::string& file, const std::string& shape, const std::vector<float>& numbers) const;

 private:
  std::string folder_;
};

}  // namespace brine

#endif  // BRINE_TESTS_E2E_PROJECT_H_
