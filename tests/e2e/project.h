// The folder of a new user: a small model and a few images.
#ifndef BRINE_TESTS_E2E_PROJECT_H_
#define BRINE_TESTS_E2E_PROJECT_H_

#include <string>

#include "tests/e2e/command.h"

namespace brine {

// Holds digits.cc, a convolution, a pool, dropout and a dense layer on images of 12×12, and data/, MNIST's files with
// 400 + 100 such images of ten classes.  All projects hold the same bytes, so that their kernels are compiled once.
class Project {
 public:
  Project();
  ~Project();
  Project(const Project&) = delete;
  Project& operator=(const Project&) = delete;

  // In the folder.  The second form fails the test unless the command ends well, and returns what it printed.
  CommandResult Try(const std::string& command) const;
  std::string Run(const std::string& command) const;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string Read(const std::string& name) const { return ReadText(path(name)); }
  void Write(const std::string& name, const std::string& text) const;
  // MNIST's files with this many training images of `side`², and 100 test images, in a folder.
  void WriteMnist(const std::string& folder, int images, int side) const;
  // CIFAR-10's files with this many training images and 100 test images, coloured stripes on noise.
  void WriteCifar10(int images) const;

 private:
  std::string folder_;
};

}  // namespace brine

#endif  // BRINE_TESTS_E2E_PROJECT_H_
